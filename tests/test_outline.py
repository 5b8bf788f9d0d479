"""Every item of the outlines has its place: the target exists, a chapter that is written leaves none open."""

import re
from importlib import import_module
from pathlib import Path

import prose
import pytest
import yaml

from conftest import ROOT

COURSE = ROOT / "course"
ITEMS = yaml.safe_load((COURSE / "outline.yaml").read_text(encoding="utf-8"))
PLACED = {key: item for key, item in ITEMS.items() if "target" in item}


def sections(source: str, lang: str = "zh") -> dict[int, str]:
    """Text of each numbered section of a chapter's source, one language."""
    found, number = {}, 0
    for cell in re.split(r"(?m)^# %%", source):
        head = cell.splitlines()[0] if cell else ""
        if "[markdown]" in head and f'"{lang}"' not in head:
            continue
        if heading := re.search(r"(?m)^# ## (\d+)\. ", cell):
            number = int(heading[1])
        found[number] = found.get(number, "") + cell
    return found


def fault(item: dict, course: Path = COURSE) -> str:
    """What is wrong with an item's target; "" if it stands."""
    kind, _, where = item["target"].partition(" ")
    if kind == "question":
        no = where.split(".")[0]
        try:
            lab = import_module(f"crmlab.questions.lab{no}")
        except ModuleNotFoundError:
            return f"there is no lab {no}"
        return "" if where in {one.key for one in (*lab.QUESTIONS, *lab.DECISIONS)} else f"no question {where}"
    source = next(iter(course.glob(f"chapters/{item['chapter']}_*.py")), None)
    if source is None:
        return f"chapter {item['chapter']} is not written"
    text = sections(source.read_text(encoding="utf-8")).get(int(where), "").replace("\\_", "_")
    signs = {"section": "", "note": "**讲师**", "frame": "______"}
    if kind not in signs:
        return f"an unknown kind of target: {kind}"
    return "" if text and signs[kind] in text else f"chapter {item['chapter']} has no {item['target']}"


@pytest.mark.parametrize("key", PLACED)
def test_the_target_exists(key):
    assert fault(PLACED[key]) == ""


def test_a_chapter_that_is_written_leaves_no_item_open():
    written = {path.name[:2] for path in COURSE.glob("chapters/*.py")} - {"00"}
    assert [key for key, item in ITEMS.items() if item["chapter"] in written and "target" not in item] == []


def test_placed_items_keep_the_language_rules():
    pairs = [prose.Pair(item["zh"], item["en"]) for item in PLACED.values()]
    assert [f for pair in pairs for rule in (prose.numbers_agree, *prose.RULES) for f in rule(pair)] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_states_the_coverage(name):
    found = re.findall(r"(\d+) (?:of|/) (\d+)", (ROOT / name).read_text(encoding="utf-8"))
    assert (str(len(PLACED)), str(len(ITEMS))) in found


def test_a_wrong_target_is_seen(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "06_x.py").write_text(
        '# %% [markdown] tags=["zh"]\n# ## 1. 一\n\n# %% [markdown] tags=["notes", "zh"]\n# **讲师**（5 分钟）\n',
        encoding="utf-8",
    )

    def said(target):
        return fault({"chapter": "06", "target": target}, tmp_path)

    assert said("section 1") == said("note 1") == ""
    assert said("section 2") and said("frame 1") and said("page 1")
    assert said("question 98.1") == "there is no lab 98"
    assert said("question 11.99") == "no question 11.99"
    assert fault({"chapter": "07", "target": "section 1"}, tmp_path) == "chapter 07 is not written"
