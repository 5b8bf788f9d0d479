"""Is this computer ready, and what can this order file carry? Every finding comes with its way out."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from crmlab.language import Said, say
from crmlab.work import work_dir

OK, WARN, FAIL = "ok", "warn", "fail"
GLYPHS = "会员价值分层流失召回¥−"


class Finding(NamedTuple):
    item: str
    state: str
    found: str
    fix: str = ""


def check_up() -> pd.DataFrame:
    """Every check of this computer: item, state (in words), found, fix. Nothing is changed."""
    words = {OK: say(zh="正常", en="ok"), WARN: say(zh="留意", en="note"), FAIL: say(zh="不行", en="fails")}
    return pd.DataFrame([each._replace(state=words[each.state]) for each in _findings()])


def print_check_up() -> int:
    """The check-up for a console; returns 1 if anything fails, else 0."""
    found = list(_findings())
    for each in found:
        print(f"[{each.state:^4}] {each.item}{say(zh='：', en=': ')}{each.found}")
        if each.fix:
            print(f"       {say(zh='怎么办：', en='fix: ')}{each.fix}")
    failed = sum(each.state == FAIL for each in found)
    wrong, ready = (
        say(zh=f"有 {failed} 项不行。", en=f"Checks that fail: {failed}."),
        say(zh="可以上课了。", en="Ready."),
    )
    print(wrong if failed else ready)
    return 1 if failed else 0


def _findings() -> Iterator[Finding]:
    checks = [
        ("Python", _python),
        (say(zh="软件包", en="packages"), _packages),
        (say(zh="内核", en="kernel"), _kernel),
        (say(zh="中文字体", en="Chinese font"), _font),
        (say(zh="数据", en="data"), _data),
        ("my_work", _writing),
        (say(zh="编码", en="encoding"), _encoding),
    ]
    for item, check in checks:
        try:
            found = check()
        except Exception as problem:  # a check that breaks has found something too
            found = FAIL, f"{type(problem).__name__}: {problem}", _reinstall()
        yield Finding(*map(str, (item, *found)))


def _reinstall() -> Said:
    command = "python -m pip install -r requirements.txt -e ."
    return say(zh=f"在课程文件夹里运行：{command}", en=f"in the course folder run: {command}")


def _python():
    from packaging.specifiers import SpecifierSet

    version, need = platform.python_version(), importlib.metadata.metadata("crmlab")["Requires-Python"]
    if SpecifierSet(need).contains(version, prereleases=True):
        return OK, f"{version} ({sys.executable})"
    return FAIL, version, say(zh=f"请安装 Python {need}", en=f"install Python {need}")


def _packages():
    """Against the one list there is: what the installed crmlab itself says it needs."""
    from packaging.requirements import Requirement

    wrong, n = [], 0
    for text in importlib.metadata.requires("crmlab") or []:
        need = Requirement(text)
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        n += 1
        try:
            have = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            have = say(zh="没有装", en="missing")
        if not need.specifier.contains(have, prereleases=True) if have[0].isdigit() else True:
            wrong.append(f"{need.name} {have} ({need.specifier})")
    if wrong:
        return FAIL, ", ".join(wrong), _reinstall()
    return OK, say(zh=f"{n} 个都符合要求", en=f"all {n} are as required")


def _kernel():
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    command = "python -m ipykernel install --sys-prefix --name python3"
    fix = say(zh=f"运行：{command}", en=f"run: {command}")
    try:
        kernel = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return FAIL, say(zh="没有叫 python3 的内核", en="there is no kernel called python3"), fix
    program = shutil.which(kernel)
    if program is None:
        return (
            FAIL,
            say(zh=f"内核 python3 指向不存在的 {kernel}", en=f"kernel python3 points to {kernel}, not there"),
            fix,
        )
    folders = {os.path.normcase(os.path.dirname(each)) for each in (program, sys.executable)}
    if len(folders) > 1 and os.path.isabs(kernel):
        found = say(
            zh=f"内核 python3 用的是另一个 Python：{kernel}", en=f"kernel python3 uses another Python: {kernel}"
        )
        return WARN, found, fix
    return OK, "python3"


def _font():
    from matplotlib.ft2font import FT2Font

    for name in ("CrmLabSansSC-Regular.ttf", "CrmLabSansSC-Bold.ttf"):
        with resources.as_file(resources.files("crmlab") / "fonts" / name) as path:
            font = FT2Font(str(path))
            if lacking := [letter for letter in GLYPHS if not font.get_char_index(ord(letter))]:
                return FAIL, say(zh=f"{name} 画不出 {lacking}", en=f"{name} cannot draw {lacking}"), _reinstall()
    return OK, say(zh="随课程自带，画得出中文", en="comes with the course and draws Chinese")


def _data():
    from crmlab import data

    counts = {company: len(data.load(company, "orders")) for company in ("yunmu", "morningcup")}
    return OK, ", ".join(f"{company} {n:,}" for company, n in counts.items()) + say(zh=" 笔订单", en=" orders")


def _writing():
    from crmlab import work

    folder = work.work_dir()
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError:
        fix = say(
            zh="换一个能写的文件夹放课程，或把环境变量 CRMLAB_WORK 设成能写的文件夹",
            en="move the course to a folder you may write to, or set CRMLAB_WORK to one",
        )
        return FAIL, say(zh=f"写不进 {folder}", en=f"cannot write to {folder}"), fix
    return OK, folder


def _encoding():
    preferred, console = locale.getpreferredencoding(False), sys.stdout.encoding
    facts = f"UTF-8 mode {sys.flags.utf8_mode}, locale {preferred}, console {console}"
    try:
        GLYPHS.encode(console or "ascii")
    except (UnicodeEncodeError, LookupError):
        fix = say(
            zh="这个窗口有的字会显示成 ?，文件不受影响",
            en="this console shows some characters as ?; files are not affected",
        )
        return WARN, facts, fix
    return OK, facts


def look_at(orders: list[str], mapping: str = "", members: Sequence[str] = (), out: str = "") -> int:
    """Print what was read from order files (and member lists) and what they can carry; nothing personal in it.

    Unknown headers: a draft mapping, the best guesses filled in, is written to `out` (default: my_work) and never over
    another. Returns 1 if the files cannot be read or not carry RFM.
    """
    from crmlab.members import read_both
    from crmlab.orders import ImportProblem, capabilities

    try:
        imported, people = read_both(orders, members, mapping, sys.stderr.isatty())
    except ImportProblem as problem:
        print(problem, file=sys.stderr)
        if draft := getattr(problem, "mapping", None):
            _offer(draft, Path(out) if out else work_dir(), orders)
        return 1
    print(imported.summary())
    if people:
        print(say(zh="\n客户名单：", en="\nCustomer list:"))
        print(people.summary())
    print()
    parts = capabilities(imported)
    can, cannot = say(zh="能", en="yes"), say(zh="缺", en="no ")
    for row in parts.itertuples():
        print(f"[{can if row.ok else cannot}] {row.sentence}")
    return 0 if parts.set_index("key")["ok"]["rfm"] else 1


def _offer(draft: str, folder: Path, orders: list[str]) -> None:
    from crmlab.deliver import save_draft

    print(say(zh="猜的映射：", en="The mapping as guessed:"))
    print("\n".join(f"    {line}" for line in draft.strip().splitlines()))
    path = save_draft(draft, folder)
    print(
        say(
            zh=f"已写进 {path}。改好以后：crmlab doctor {orders[0]} --mapping {path}",
            en=f"Written to {path}. Mend it, then: crmlab doctor {orders[0]} --mapping {path}",
        )
    )
