"""A very small course for the tests of the build and its gates, and an empty my_work folder for every test."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "course"))

HEADER = """\
# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,slideshow,id,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

"""

CHAPTER = (
    HEADER
    + '''\
# %% [markdown] tags=["zh"]
# # 11 试一试
# 两位会员，各买了 3 罐，共 1.2 万元。

# %% [markdown] tags=["en"]
# # 11 A trial
# Two members bought 3 tins each, 12,000 yuan in all.

# %% tags=["parameters"]
language = "zh"

# %% tags=["fold"]
import base64
from pathlib import Path


class Control:
    """Stands for a control: a live view, and the first picture for readers without a kernel."""

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = base64.b64encode(Path("dot.png").read_bytes()).decode()
        view = {"model_id": hex(id(self)), "version_major": 2, "version_minor": 0}
        return {"text/plain": "a dot", "image/png": png, "application/vnd.jupyter.widget-view+json": view}


# %%
tins = 3
print(f"{language}: {tins * 2}")

# %%
Control()

# %% [markdown] tags=["notes", "zh"]
# 问：为什么是 6 罐？

# %% [markdown] tags=["notes", "en"]
# Ask: why 6 tins?
'''
)

LAB = (
    HEADER
    + """\
# %% [markdown] tags=["zh"]
# # 实验 11
# 把答案放进 `total`。

# %% [markdown] tags=["en"]
# # Lab 11
# Put the answer into `total`.

# %% tags=["parameters"]
language = "zh"

# %% id="lab11-1" tags=["starter"]
total = ...

# %% id="lab11-1-solution" tags=["solution"]
total = sum(range(1, 5)) * 3
total

# %% [markdown] tags=["solution", "zh"]
# 常见的错：少算了最后一天的订单。

# %% [markdown] tags=["solution", "en"]
# The usual mistake: the last day's orders are left out.

# %%
print("blank" if total is ... else total)

# %%
print("blank" if total is ... else total)
"""
)


@pytest.fixture(autouse=True)
def _own_work_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRMLAB_WORK", str(tmp_path / "my_work"))


@pytest.fixture
def root() -> Path:
    return ROOT


def make_course(folder: Path) -> Path:
    """A course of one chapter and one lab in `folder`; its path has a space and Chinese characters."""
    from PIL import Image

    course = folder / "我的 course"
    for kind, text in {"chapters": CHAPTER, "labs": LAB}.items():
        source = course / "course" / kind / "11_trial.py"
        source.parent.mkdir(parents=True)
        source.write_text(text, encoding="utf-8", newline="\n")
    for language in ("zh", "en"):
        here = course / "notebooks" / language
        here.mkdir(parents=True)
        Image.linear_gradient("L").convert("RGBA").save(here / "dot.png")
    return course


@pytest.fixture
def small_course(tmp_path: Path) -> Path:
    return make_course(tmp_path)


def pytest_terminal_summary(terminalreporter):
    """How many damaged files the run has read (test_fuzz.py), whichever worker read them."""
    passed = terminalreporter.stats.get("passed", [])
    read = sum(n for report in passed for name, n in report.user_properties if name == "damaged files")
    if read:
        terminalreporter.write_line(f"damaged files read: {read:,}")
