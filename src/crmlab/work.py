"""The reader's own folder `my_work/`: answers, bets, memos and copies of labs. An update never touches it."""

import hashlib
import json
import os
import shutil
import time
import warnings
from pathlib import Path

from crmlab.language import language, say

_subject = ""  # whose data is open, as the name of a folder


def _upward(*names: str) -> Path | None:
    """The nearest folder from the working directory upward that holds a folder of one of `names`."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if any((folder / name).is_dir() for name in names)), None)


def course_root() -> Path | None:
    """The folder that holds `labs/` or `course/`, from the working directory upward; None outside the course."""
    return _upward("labs", "course")


def work_dir() -> Path:
    """`CRMLAB_WORK`, or `my_work/` of the course the working directory lies in. Not created here."""
    if given := os.environ.get("CRMLAB_WORK"):
        return Path(given)
    return (_upward("my_work", "course") or Path.cwd()) / "my_work"


def set_subject(source: str | Path) -> None:
    """Say whose data is open: "yunmu", "morningcup", a company's folder, or the reader's own order file.

    Answers are kept apart by it: a guess about one company is no guess about another.
    """
    global _subject
    path = Path(source).expanduser()
    if source not in {"yunmu", "morningcup"} and path.exists():  # two files may have one name
        _subject = f"{path.stem}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:6]}"
    else:
        _subject = path.stem


def subject() -> str:
    """Whose data is open, as part of a file's name: "morningcup", "orders_june-1a2b3c"; "" before `set_subject`."""
    return _subject


def _file(group: str) -> Path:
    return work_dir() / "answers" / _subject / f"{group}.json"


def saved_answers(group: str) -> dict:
    """What was saved under `group` for the data that is open, ``{key: value}``, the oldest key first.

    A damaged file is set aside with a warning, never deleted.
    """
    path = _file(group)
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(answers, dict):
            return answers
    except FileNotFoundError:
        return {}
    except ValueError:  # not UTF-8, or not JSON
        pass
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
    path.replace(aside)
    warnings.warn(
        say(
            zh=f"{path.name} 读不出来了，已改名为 {aside.name} 另存；请把这一组答案再填一次。",
            en=f"{path.name} cannot be read; it is kept as {aside.name}. Please give this group of answers again.",
        ),
        stacklevel=2,
    )
    return {}


def save_answer(group: str, key: str, value) -> None:
    """Keep one JSON-able `value`. The file is replaced in one step, so a crash leaves the old one whole."""
    answers = saved_answers(group) | {key: value}
    path = _file(group)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    draft.replace(path)


def copy_lab(no: str, lang: str | None = None) -> Path:
    """Copy lab `no` ("11") of the language in use into `my_work/`; a copy already there is kept as it is.

    ``labs/en/11_rfm.ipynb`` becomes ``my_work/11_rfm_en.ipynb``, so that both editions have room.
    Returns the copy's path. Raises FileNotFoundError, with a sentence, outside the course or for an unknown number.
    """
    root = course_root()
    lang = lang or language()
    found = sorted((root / "labs" / lang).glob(f"{no}_*.ipynb")) if root else []
    if not found:
        raise FileNotFoundError(
            say(
                zh=f"没找到实验 {no}。请在课程文件夹（里面有 labs 的那个）里打开，再试一次。",
                en=f"Lab {no} was not found. Open the course folder (the one that holds labs), then try again.",
            )
        )
    target = work_dir() / f"{found[0].stem}_{lang}.ipynb"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found[0], target)
    return target
