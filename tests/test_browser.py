"""The course in a real browser: it opens by the reader's one command, runs, its controls move, nothing leaves.

Needs a Chromium (the environment variable CRMLAB_CHROMIUM, or one on the PATH); skipped without. CRMLAB_SHOTS names a
folder for screenshots.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from conftest import ROOT

CHROMIUM = os.environ.get("CRMLAB_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here; set CRMLAB_CHROMIUM to run the browser test"
)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MENU = {"zh": ("文件", "运行", "空闲"), "en": ("File", "Run", "Idle")}
LANGUAGES = tuple(MENU)


class Course(NamedTuple):
    folder: Path
    url: str
    token: str


def wait_for(what: Callable, seconds: float = 60, step: float = 0.2):
    """The first true value of `what()`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(step)
    raise TimeoutError(f"{what.__name__} stayed false for {seconds:g} s")


@contextmanager
def started(folder: Path, language: str) -> Iterator[Course]:
    """A copy of the course in `folder`, opened by `crmlab start` with a fresh user's settings."""
    course = folder / f"我的 course {language}"
    for name in ("notebooks", "labs", "solutions", "course"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, course / name)
    fresh = {name: str(folder / language / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    runtime = folder / language / "runtime"
    environment = {**os.environ, **fresh, "JUPYTER_RUNTIME_DIR": str(runtime)}
    del environment["CRMLAB_WORK"]  # the reader's own folder is the course's my_work
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "crmlab.cli", "start", "--lang", language, "--no-browser", "--allow-root"]
    with open(folder / f"server-{language}.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [*command, f"--ServerApp.port={port}", "--ServerApp.port_retries=0"],
            cwd=course,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=os.name == "posix",
        )
        try:
            note = wait_for(lambda: next(runtime.glob("jpserver-*.json"), None))
            about = wait_for(lambda: note.read_text(encoding="utf-8"))
            yield Course(course, f"http://127.0.0.1:{port}", json.loads(about)["token"])
        finally:
            stop(server)


def stop(server: subprocess.Popen) -> None:
    """End the server and the JupyterLab it started."""
    if os.name == "posix":
        os.killpg(server.pid, 15)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(server.pid)], check=False, capture_output=True)
    server.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def course(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Course]]:
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMLAB_WORK", "unused")
        with started(folder, request.param) as opened:
            yield request.param, opened


@pytest.fixture
def page(browser: Browser, course: tuple[str, Course]) -> Iterator[Page]:
    """A page that remembers every address it asked for, and fails the test if one is not this machine's."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda websocket: asked.append(websocket.url))
    yield page
    context.close()
    url = course[1].url
    own = (url, url.replace("http", "ws"), "data:", "blob:")
    assert asked and [address for address in asked if not address.startswith(own)] == []


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("CRMLAB_SHOTS"):
        page.screenshot(path=Path(folder, f"{name}.png"))


def open_page(page: Page, course: Course, path: str = "") -> None:
    page.goto(f"{course.url}{path}?token={course.token}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)


WAITING = """document.querySelectorAll('.jp-Notebook .jp-InputPrompt').values().some(
    e => ['[*]:', '[ ]:'].includes(e.textContent))"""


def run_all(page: Page, language: str) -> None:
    """Run > Run All Cells, once the status bar says that the kernel is idle.

    JupyterLab loses cells, and controls stay at "Loading widget...", when it is told to run before that.
    """
    menu, idle = MENU[language][1:]
    page.locator("#jp-main-statusbar", has_text=idle).wait_for(timeout=60_000)
    page.locator(".lm-MenuBar-itemLabel", has_text=menu).first.click()
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
    page.wait_for_timeout(500)  # every cell that is to run shows a star at once
    page.wait_for_function(f"!{WAITING}", timeout=120_000)
    assert page.locator('.jp-OutputArea-output[data-mime-type*="error"]').count() == 0


def picture(page: Page, locator: str) -> str:
    """The bytes of the picture a control shows now, as one string."""
    return page.locator(locator).first.evaluate("async img => (await (await fetch(img.src)).bytes()).toString()")


def test_start_page_opens_first_and_its_button_copies_the_lab(page: Page, course: tuple[str, Course]) -> None:
    language, opened = course
    open_page(page, opened, "/")
    assert page.url.split("?")[0].endswith(f"notebooks/{language}/00_start.ipynb")
    shot(page, f"start-{language}")
    run_all(page, language)
    button = page.locator(".jp-OutputArea button.jupyter-button", has_text="11").first
    button.scroll_into_view_if_needed()
    button.click()
    copy = opened.folder / "my_work" / f"11_rfm_{language}.ipynb"
    wait_for(copy.exists, 20)
    link = page.locator(".jp-OutputArea a", has_text=copy.name).first
    link.wait_for()
    shot(page, f"start-button-{language}")
    assert copy.read_bytes() == (ROOT / f"labs/{language}/11_rfm.ipynb").read_bytes()


EXPLORER = ".jp-OutputArea .widget-vbox:has(img.widget-image):has(.noUi-handle)"


def test_chapter_runs_and_its_control_redraws(page: Page, course: tuple[str, Course]) -> None:
    language, opened = course
    # In a workspace of its own, so that JupyterLab does not open what an earlier test left open.
    open_page(page, opened, f"/lab/workspaces/chapter/tree/notebooks/{language}/11_rfm.ipynb")
    assert page.locator(".lm-MenuBar-itemLabel").first.inner_text() == MENU[language][0]
    shot(page, f"chapter-opened-{language}")
    run_all(page, language)
    control = page.locator(EXPLORER).first
    control.evaluate("e => e.scrollIntoView({block: 'center'})")
    shown = f"{EXPLORER} img"
    before = picture(page, shown)
    shot(page, f"chapter-run-{language}")
    handle = control.locator(".noUi-handle").first
    handle.focus()
    value = handle.get_attribute("aria-valuenow")
    for _ in range(2):
        handle.press("ArrowRight")
    assert handle.get_attribute("aria-valuenow") != value
    wait_for(lambda: picture(page, shown) != before, 20)
    shot(page, f"chapter-moved-{language}")
    assert page.locator(".jp-toast, .Toastify__toast, .jp-Dialog").count() == 0  # no news, no question
