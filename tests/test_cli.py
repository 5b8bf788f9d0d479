"""The command line: languages, exit codes, suggestions, and what each command starts."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import crmlab
from crmlab import cli, data, set_language


@pytest.fixture(autouse=True)
def chinese():
    set_language("zh")
    yield
    set_language("zh")


def stopped(capsys, *argv: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        cli.main(list(argv))
    return left.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "zh", "en"),
    [
        (["reprot", "x.csv"], "是不是 report", "did you mean report"),
        (["report", "x.csv", "--ouf", "d"], "是不是 --out", "did you mean --out"),
        (["report", "x.csv", "--out", "d", "--rule", "maen"], "是不是 mean", "did you mean mean"),
        (["report", "--out", "d"], "还缺：ORDERS", "Still needed: ORDERS"),
        (["report", "x.csv", "--out"], "后面还要写内容", "needs a value"),
        (["report", "no-such.csv", "--out", "d"], "没有这个文件：no-such.csv", "There is no file no-such.csv"),
        (["report", __file__, "--out", "d", "--as-of", "2026-6-31"], "--as-of 要写成", "--as-of looks like"),
        (
            ["report", __file__, "--out", "d", "--template", "member_helth"],
            "是不是 member_health",
            "mean member_health",
        ),
        (["report", __file__, "--out", "d", "--rule", "business"], "给出三条线", "needs its three lines"),
        (["report", __file__, "--out", "d", "--cuts", __file__], "里没有切点", "holds no cuts"),
        (["report", __file__, "--out", "d", "--require", "rmf"], "是不是 rfm", "did you mean rfm"),
        (["report", __file__, "--out", "d", "--members", "no.csv"], "没有这个文件：no.csv", "There is no file no.csv"),
        (
            ["deliver", __file__, "--out", "d", "--wecom", "no.json"],
            "没有这个文件：no.json",
            "There is no file no.json",
        ),
        (["deliver", __file__, "--out", "d", "--asume-consent"], "是不是 --assume-consent", "mean --assume-consent"),
        (
            ["deliver", __file__, "--out", "d", "--crm-mapping", __file__],
            "不是可用的 CRM 映射",
            "used as a CRM mapping",
        ),
        (["deliver", "--out", "d"], "还缺：ORDERS", "Still needed: ORDERS"),
        (["doctor", __file__, "--members", "no.csv"], "没有这个文件：no.csv", "There is no file no.csv"),
        (["world", "--out", "d", "--customers", "many"], "要一个整数", "needs a whole number"),
        (["doctor", "extra.csv", "--fast"], "不认识 --fast", "--fast is not known"),
    ],
)
def test_wrong_calls_leave_with_2_and_a_way_out(argv, zh, en, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for lang, words in (("zh", zh), ("en", en)):
        at = 1 if argv[0] != "reprot" else len(argv)
        code, said = stopped(capsys, *argv[:at], "--lang", lang, *argv[at:])
        assert code == 2 and words in said and "Traceback" not in said
        assert said.count("\n") == 2  # a sentence, and where the help is
    assert not list(tmp_path.iterdir())


def test_missing_file_names_its_neighbour(capsys, tmp_path):
    (tmp_path / "orders_june.csv").touch()
    code, said = stopped(capsys, "report", str(tmp_path / "order_june.csv"), "--out", "d", "--lang", "en")
    assert code == 2 and "orders_june.csv" in said


def test_version(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["--version"])
    assert left.value.code == 0 and capsys.readouterr().out.split() == ["crmlab", crmlab.__version__]


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"LANG": "zh_CN.GBK"}, "造一家练习用的公司"),
        ({"LANG": "de_DE.UTF-8"}, "make a company to practise on"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "make a company to practise on"),
    ],
)
def test_language_follows_the_locale(env, words, capsys, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert cli.main([]) == 0 and words in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_any_console_gets_through(encoding, tmp_path):
    """A console that has not got a character shows a question mark; a GBK one shows the Chinese."""
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "CRMLAB_WORK": str(tmp_path / "用 户")}
    done = subprocess.run([sys.executable, "-m", "crmlab", "lab", "99", "--lang", "zh"], env=env, capture_output=True)
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    said = done.stderr.decode(encoding)
    assert ("没找到实验 99" in said) if encoding == "gbk" else ("99" in said and "?" in said)


def test_lab_is_copied_once_and_never_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CRMLAB_WORK", raising=False)
    for lang in ("zh", "en"):
        (tmp_path / "labs" / lang).mkdir(parents=True)
        (tmp_path / "labs" / lang / "11_rfm.ipynb").write_text(lang, encoding="utf-8")
    (tmp_path / "course").mkdir()
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab", "11", "--lang", "en"]) == 0
    copy = Path(capsys.readouterr().out.strip())
    assert copy.read_text(encoding="utf-8") == "en" and copy.parent == tmp_path / "my_work"
    copy.write_text("my answers", encoding="utf-8")
    assert cli.main(["lab", "11", "--lang", "en"]) == 0 and copy.read_text(encoding="utf-8") == "my answers"
    assert cli.main(["lab", "12", "--lang", "en"]) == 1 and "Lab 12 was not found" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_start_opens_the_page_of_the_language(lang, tmp_path, monkeypatch):
    page = tmp_path / "notebooks" / lang / "00_start.ipynb"
    page.parent.mkdir(parents=True)
    page.touch()
    (tmp_path / "course").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    called = {}
    monkeypatch.setattr(cli, "_become", lambda *given: called.update(command=given[0], env=given[1]) or 0)
    assert cli.main(["start", "--lang", lang, "--no-browser", "--port", "9999"]) == 0
    assert called["command"][1:3] == ["-m", "jupyterlab"] and called["command"][-3:] == [
        "--no-browser",
        "--port",
        "9999",
    ]
    assert f"--ServerApp.root_dir={tmp_path}" in called["command"]
    assert f"--LabApp.default_url=/lab/tree/notebooks/{lang}/00_start.ipynb" in called["command"]
    ours, *others = called["env"]["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert others == ["mine"] and Path(ours).name == lang


STAND_IN = """
import os, pathlib, time
pathlib.Path("ready").write_text(f"{os.getpid()} {os.environ['MARK']}", encoding="utf-8")
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_what_ends_start_ends_jupyterlab(sign, tmp_path):
    """A program in JupyterLab's place, its folder and environment; the signal goes to `crmlab start` alone."""
    code = (
        "import os, sys; from pathlib import Path; from crmlab import cli; "
        f"cli._become([sys.executable, '-c', {STAND_IN!r}], {{**os.environ, 'MARK': 'x'}}, Path({str(tmp_path)!r}))"
    )
    ready = tmp_path / "ready"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, start_new_session=True) as started:
        while not (ready.exists() and ready.read_text(encoding="utf-8")):
            assert started.poll() is None
            time.sleep(0.05)
        pid, mark = ready.read_text(encoding="utf-8").split()
        started.send_signal(sign)
        assert started.wait(20) != 0 and mark == "x"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_on_windows_ctrl_c_waits_for_jupyterlab(tmp_path, monkeypatch):
    class Server:
        asked = 0

        def __init__(self, command, env, cwd):
            assert (command, env, cwd) == (["jupyter"], {"A": "b"}, tmp_path)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def wait(self):
            Server.asked += 1
            if Server.asked < 3:  # Ctrl+C, then Ctrl+C again
                raise KeyboardInterrupt
            return 7

    monkeypatch.setattr(cli.os, "name", "nt")
    monkeypatch.setattr(subprocess, "Popen", Server)
    assert cli._become(["jupyter"], {"A": "b"}, tmp_path) == 7


@pytest.mark.parametrize(("lang", "locale"), [("zh", "zh_CN"), ("en", "en")])
def test_jupyter_takes_the_settings_from_there(lang, locale, monkeypatch):
    """JupyterLab's own reader of settings: no news pop-up, menus in the reader's language."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(Path(crmlab.__file__).parent / "jupyter" / lang))
    from jupyterlab_server.settings_utils import _get_overrides

    settings, error = _get_overrides("no-such-folder")
    assert not error
    assert settings["@jupyterlab/translation-extension:plugin"]["locale"] == locale
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_start_outside_the_course_says_where_to_go(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_PACKAGE", tmp_path / "a" / "b" / "crmlab")
    assert cli.main(["start", "--lang", "en"]) == 1 and "the folder that holds notebooks" in capsys.readouterr().err


def test_world_writes_a_company_that_loads(tmp_path, capsys):
    out = tmp_path / "新 公司"
    assert cli.main(["world", "--company", "morningcup", "--customers", "200", "--seed", "5", "--out", str(out)]) == 0
    orders = data.load(out, "orders")
    assert len(orders) and orders["customer_id"].nunique() <= 200
    capsys.readouterr()
    assert stopped(capsys, "world", "--customers", "3", "--out", str(out))[0] == 2
