"""The minutes a chapter promises are those its trainer notes add up to, in both languages."""

import re
from pathlib import Path

import pytest

CHAPTERS = Path(__file__).parents[1] / "course" / "chapters"
PROMISE = {
    "zh": r"讲解 (?P<full>\d+) 分钟（短课 (?P<short>\d+) 分钟：第 (?P<sections>[\d、 ]+) 节）",
    "en": r"(?P<full>\d+) minutes of teaching \(short course (?P<short>\d+) minutes: sections (?P<sections>[\d, and]+)\)",
}
NOTE = {"zh": r"\*\*讲师\*\*（(\d+) 分钟）", "en": r"\*\*Trainer\*\* \((\d+) minutes?\)"}


def minutes(text: str, lang: str) -> tuple[re.Match, dict[int, int]]:
    """What the head promises, and the minutes noted in each numbered section."""
    cells = [cell for cell in re.split(r"(?m)^# %%", text) if f'"{lang}"' in cell.splitlines()[0]]
    found, section = {}, 0
    for cell in cells:
        if heading := re.search(r"(?m)^# ## (\d+)\. ", cell):
            section = int(heading[1])
        if note := re.search(NOTE[lang], cell):
            found[section] = found.get(section, 0) + int(note[1])
    return re.search(PROMISE[lang], text), found


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(CHAPTERS.glob("*.py")) if not path.name.startswith("00_")],
    ids=lambda path: path.stem,
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_notes_add_up_to_the_promise(path, lang):
    promise, found = minutes(path.read_text(encoding="utf-8"), lang)
    assert promise, "the head of the chapter states its minutes"
    assert sum(found.values()) == int(promise["full"])
    short = [int(number) for number in re.findall(r"\d+", promise["sections"])]
    assert sum(found[number] for number in short) == int(promise["short"])
