"""Feedback in the labs: says what to look at, in the reader's language, and never stops a class.

A lab module (``crmlab.questions.lab11``) holds ``Answers``, a class made with ``(company, as_of)`` whose methods compute
the reference answers from the loaded data, and two tuples, QUESTIONS and DECISIONS. Nothing is stored, and nothing
depends on the notebook's name, its cell ids or its metadata.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab import cells
from crmlab.data import AS_OF
from crmlab.language import Said, label, say
from crmlab.work import saved_answers, set_subject

PASS, FAIL, OPEN = "✔", "✘", "○"


class Wrong(Exception):
    """An answer that is not right yet; the sentence says what to look at."""

    def __init__(self, *, zh: str, en: str):
        super().__init__(say(zh=zh, en=en))


@dataclass(frozen=True)
class Question:
    """A part-B question: the variable ``name`` is judged against the reference answers.

    ``judge(value, answers)`` returns a sentence for a right answer and raises :class:`Wrong` otherwise.
    ``reference(answers)`` is a right answer; ``mistakes(answers)`` are usual wrong ones, each with a name: the tests
    hold that each is refused with a message of its own.
    """

    key: str
    name: str
    hint: Callable[[], Said]
    judge: Callable[[object, object], Said]
    reference: Callable[[object], object]
    mistakes: Callable[[object], dict[str, object]]


@dataclass(frozen=True)
class Decision:
    """A part-A decision: options by letter, the one that can be defended, and a reason for each, with own figures."""

    key: str
    prompt: Callable[[object], Said]
    options: Callable[[object], dict[str, Said]]
    right: Callable[[object], str]
    why: Callable[[object], dict[str, Said]]


@dataclass
class _Lab:
    company: str
    as_of: str
    module: object = field(repr=False)

    @property
    def answers(self):
        return _answers(self.module, self.company, self.as_of)


@cache
def _answers(module, company: str, as_of: str):
    return module.Answers(company, as_of)


_labs: dict[str, _Lab] = {}


def start_lab(no: str, company: str = "morningcup", as_of: str = AS_OF) -> Said:
    """Begin lab ``no`` on a company ("morningcup", "yunmu" or a folder made by ``crmlab world``).

    What is answered from now on is kept for this company.
    """
    set_subject(company)
    if shell := _shell():
        cells.watch(shell)
    lab = _Lab(str(company), str(as_of), import_module(f"crmlab.questions.lab{no}"))
    _labs[no] = lab
    n, subject = len(lab.module.QUESTIONS) + len(lab.module.DECISIONS), label(Path(lab.company).name)
    return say(
        zh=f"实验 {no} 开始：{subject}的数据，参考日 {as_of}，共 {n} 题。",
        en=f"Lab {no} begins: data of {subject}, reference day {as_of}, {n} questions.",
    )


def _lab(no: str) -> _Lab:
    if no not in _labs:
        start_lab(no)
    return _labs[no]


def _find(key: str) -> tuple[_Lab, Question | Decision]:
    key = str(key)
    lab = _lab(key.split(".")[0])
    known = {item.key: item for item in (*lab.module.DECISIONS, *lab.module.QUESTIONS)}
    if key not in known:
        raise KeyError(
            say(zh=f"没有第 {key} 题，有：{'、'.join(known)}。", en=f"No question {key}; there are {', '.join(known)}.")
        )
    return lab, known[key]


def _shell():
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _namespace() -> dict:
    shell = _shell()
    return shell.user_ns if shell else vars(sys.modules["__main__"])


def judge(key: str, namespace: dict | None = None) -> tuple[str, Said]:
    """The verdict on ``key`` as (mark, sentence): ✔ right, ✘ not yet, ○ not done.

    Under ``CRMLAB_STRICT=1`` a wrong answer raises :class:`Wrong`, and an error in the judging is not caught.
    """
    strict = os.environ.get("CRMLAB_STRICT") == "1"
    lab, item = _find(key)
    try:
        if isinstance(item, Decision):
            return _judge_decision(lab, item)
        names = _namespace() if namespace is None else namespace
        value = names.get(item.name, ...)
        done = value is not ... and value is not None
        if namespace is None and (error := cells.failure(item.name)):
            raise _failed(error, done)
        if not done:
            return OPEN, _not_done(item.name, cells.misspelt(item.name, names))
        return PASS, item.judge(value, lab.answers)
    except Wrong as wrong:
        if strict:
            raise
        return FAIL, wrong.args[0]
    except Exception as error:
        if strict:
            raise
        return FAIL, say(
            zh=f"这个答案的格式没法核对（{type(error).__name__}：{error}）。请对照题目里要求的类型和列名。",
            en=f"This answer cannot be checked ({type(error).__name__}: {error}). Compare its type and column names with the question.",
        )


def _failed(error: Said, done: bool) -> Wrong:
    old = say(zh="现在看到的还是以前的值", en="the value here is still an earlier one")
    return Wrong(
        zh=f"作答的那一格报错了（{error}）：先改好那一格再运行{f'；{old}' if done else ''}。",
        en=f"Your answer's cell failed ({error}). Mend that cell and run it first{f'; {old}' if done else ''}.",
    )


def _not_done(name: str, near: str | None) -> Said:
    if near:
        return say(
            zh=f"{name} 还没有值，倒有一个 {near}，是不是写错了名字？",
            en=f"{name} has no value, but there is a {near}. Is the name misspelt?",
        )
    return say(
        zh=f"还没作答：请给 {name} 赋值，再运行一次。",
        en=f"not done yet: give {name} a value, then run again.",
    )


def _judge_decision(lab: _Lab, item: Decision) -> tuple[str, Said]:
    choice = saved_answers(f"lab{item.key.split('.')[0]}").get(item.key)
    options = item.options(lab.answers)
    if choice not in options:
        return OPEN, say(
            zh=f'还没作答：点一个选项，或运行 decide("{item.key}", choice="a")。',
            en=f'not done yet: click an option, or run decide("{item.key}", choice="a").',
        )
    reason = item.why(lab.answers)[choice]
    if choice == item.right(lab.answers):
        return PASS, reason
    raise Wrong(zh=reason, en=reason)


def check(key: str):
    """Judge the answer to question ``key`` and say what to look at. Never raises in class (see :func:`judge`).

    Returns a sentence; for a decision, one that redraws itself as soon as something is chosen.
    """
    mark, sentence = judge(key)
    if isinstance(_find(key)[1], Question):
        return Said(f"{mark} **{key}** {sentence}")
    from crmlab.controls.live import Answer  # loads ipywidgets, which a part-B question does not need

    def content() -> tuple[str, str]:
        try:
            mark, sentence = judge(key)
        except Wrong as wrong:  # strict; a later click is no reason to stop
            mark, sentence = FAIL, wrong.args[0]
        return f"<p>{mark} <b>{key}</b> {escape(sentence)}</p>", f"{mark} **{key}** {sentence}"

    return Answer(f"check {key}", content)


def hint(key: str) -> Said:
    """A push in the right direction for question ``key``, without its answer."""
    _, item = _find(key)
    if isinstance(item, Decision):
        return say(
            zh="先看上面的图表，有控件就动一动，想想每个选项会带来什么。",
            en="Look at what stands above first, move the control if there is one, and think where each option leads.",
        )
    return item.hint()


def checkpoint(key: str):
    """A right answer to question ``key``, so that the next one can be worked on whatever was answered."""
    lab, item = _find(key)
    if isinstance(item, Decision):
        return say(
            zh=f'{key} 是选择题，没有检查点：选一项，再运行 check("{key}")。',
            en=f'{key} is a decision and has no checkpoint: choose an option, then run check("{key}").',
        )
    return item.reference(lab.answers)


def decision(key: str):
    """Prompt and options of decision ``key`` for the control that asks it: ``.prompt`` and ``.options`` (by letter)."""
    lab, item = _find(key)

    @dataclass(frozen=True)
    class Asked:
        prompt: Said
        options: dict[str, Said]

    return Asked(item.prompt(lab.answers), item.options(lab.answers))


def memo_fields(no: str) -> dict[str, Said]:
    """The prompts of the lab's decision memo, by field name."""
    return _lab(no).module.memo_fields()


def memo_heading(no: str) -> tuple[Said, Said]:
    """The memo's title (the lab's ``memo_title()``, where it has one), and which data it is about."""
    lab = _lab(no)
    title = getattr(lab.module, "memo_title", lambda: say(zh=f"实验 {no}：决策备忘录", en=f"Lab {no}: decision memo"))
    company = label(Path(lab.company).name)
    return title(), say(zh=f"数据：{company}，参考日 {lab.as_of}", en=f"Data: {company}, reference day {lab.as_of}")


def score_card(no: str) -> Said:
    """Exactly what was checked: how many passed, and which are wrong or open."""
    lab = _lab(no)
    verdicts = {item.key: judge(item.key)[0] for item in (*lab.module.DECISIONS, *lab.module.QUESTIONS)}
    by_mark = {mark: [key for key, found in verdicts.items() if found == mark] for mark in (PASS, FAIL, OPEN)}
    text = say(
        zh=f"{len(verdicts)} 题里过了 {len(by_mark[PASS])} 题",
        en=f"{len(by_mark[PASS])} of {len(verdicts)} passed",
    )
    if by_mark[FAIL]:
        text += say(zh="；要再看：", en="; look again: ") + ", ".join(by_mark[FAIL])
    if by_mark[OPEN]:
        text += say(zh="；没作答：", en="; open: ") + ", ".join(by_mark[OPEN])
    return Said(text + say(zh="。", en="."))


# The rungs of the ladder that most questions share: kind, columns, rows, values.


def need_number(value, name: str) -> float:
    """The answer as a number, or Wrong."""
    if isinstance(value, bool) or not pd.api.types.is_number(value):
        kind = say(zh="文字", en="text") if isinstance(value, str) else type(value).__name__
        raise Wrong(zh=f"{name} 应当是一个数，现在是 {kind}。", en=f"{name} should be one number; its type is {kind}.")
    if not np.isfinite(value):
        raise Wrong(
            zh=f"{name} 现在是 {value}，不是一个数：看看有没有除以零，或者挑完一行也不剩。",
            en=f"{name} is {value}, which is no number. Is something divided by zero, or has the selection no rows left?",
        )
    return float(value)


def need_numbers(value, name: str, parts: tuple[str, ...]) -> np.ndarray:
    """The answer as the numbers called ``parts``, in this order (or under these names), or Wrong."""
    if isinstance(value, dict | pd.Series) and set(value.keys()) == set(parts):
        value = [value[part] for part in parts]
    if not isinstance(value, tuple | list | np.ndarray | pd.Series) or len(value) != len(parts):
        raise Wrong(
            zh=f"{name} 应当是 {len(parts)} 个数：（{'、'.join(parts)}）。",
            en=f"{name} should be {len(parts)} numbers: ({', '.join(parts)}).",
        )
    return np.array([need_number(one, part) for one, part in zip(value, parts, strict=True)])


class Slip(NamedTuple):
    """A usual mistake: the answer it leads to, and what to say to whoever gives it."""

    value: object
    zh: str
    en: str


def away(found, target) -> float:
    """How far the numbers ``found`` lie from ``target`` at the most: relative above 1, absolute below."""
    found, target = np.atleast_1d(found).astype(float), np.atleast_1d(target).astype(float)
    return float(np.nan_to_num(np.abs(found - target) / np.maximum(1, np.abs(target)), nan=np.inf).max())


def need_close(
    found,
    truth,
    slips: dict[str, Slip],
    otherwise: Wrong,
    tolerance: float = 1e-6,
    reach: float = 5e-4,
    rounded: bool | None = None,
) -> None:
    """Wrong unless ``found`` (a number or several) lies within ``tolerance`` of ``truth``, and nearer to it than to a slip.

    Whoever lies within ``reach`` of a slip hears what it says (a slip that lies as near to the truth itself must be hit
    exactly, or rounding would look like it); who gave the truth rounded, not to round; who lies near it, that a few rows
    differ; everybody else ``otherwise``. Distances as in :func:`away`. ``rounded``: whether the whole answer, of which
    ``found`` may be a part, is the truth rounded.
    """
    gap = away(found, truth)
    slip = min(slips.values(), key=lambda one: away(found, one.value), default=None)
    if slip is not None:
        near = away(found, slip.value)
        if near < gap and near <= (reach if away(slip.value, truth) > 2 * reach else tolerance):
            raise Wrong(zh=slip.zh, en=slip.en)
    if gap <= tolerance:
        return
    if _rounded(found, truth) if rounded is None else rounded:
        raise Wrong(zh="数是对的，只是四舍五入了：小数全留着再交。", en="Right, but rounded: keep all the decimals.")
    if gap <= reach:
        raise Wrong(
            zh="差一点点：多半是时间边界差了一天，或者多算、漏算了几行，也可能中间四舍五入了。",
            en="Very nearly. Usually the window is a day out, a few rows too many or too few are counted, or something was rounded on the way.",
        )
    raise otherwise


def _rounded(found, truth) -> bool:
    """Whether each of ``found`` is ``truth`` or that cut to some decimals (to less than two: not off by over a twentieth)."""
    found, truth = np.atleast_1d(found).astype(float), np.atleast_1d(truth).astype(float)
    near, same = np.abs(found - truth) <= np.abs(truth) / 20, np.abs(found - truth) <= 1e-9
    # two decimals or more are rounding whatever the size; fewer could be any number
    cut = [(np.abs(found - np.round(truth, digits)) <= 1e-9) & (near | (digits >= 2)) for digits in range(5)]
    return bool((same | np.logical_or.reduce(cut)).all() and not same.all())


def need_table(value, name: str, columns: list[str], key: str = "customer_id") -> pd.DataFrame:
    """The answer as a frame with at least ``columns``, one row a ``key``, sorted by it; or Wrong."""
    if not isinstance(value, pd.DataFrame):
        kind = type(value).__name__
        raise Wrong(
            zh=f"{name} 应当是一张表（DataFrame），现在是 {kind}。",
            en=f"{name} should be a table (DataFrame); its type is {kind}.",
        )
    table = value.reset_index() if key not in value.columns and value.index.name == key else value
    absent = [column for column in columns if column not in table.columns]
    if absent:
        raise Wrong(
            zh=f"{name} 缺少列 {', '.join(absent)}；现有的列是 {', '.join(map(str, table.columns))}。",
            en=f"Missing in {name}: {', '.join(absent)}. Its columns are {', '.join(map(str, table.columns))}.",
        )
    repeated = int(table[key].duplicated().sum())
    if repeated:
        raise Wrong(
            zh=f"{name} 里有 {repeated:,} 行的 {key} 重复了，每个 {key} 只留一行。",
            en=f"Rows of {name} that repeat a {key}: {repeated:,}. Keep one row per {key}.",
        )
    return table.sort_values(key, ignore_index=True)


def need_figures(table: pd.DataFrame, name: str, *columns: str) -> np.ndarray:
    """Columns of the answer one under another, as numbers; Wrong where one holds text or a cell is empty."""
    for column in columns:
        values = table[column]
        if text := next((one for one in values if isinstance(one, str)), None):
            raise Wrong(
                zh=f"{name} 的 {column} 这一列是文字，例如“{text}”，应当是数。",
                en=f"The column {column} of {name} holds text, such as '{text}'; it should hold numbers.",
            )
        if empty := int(pd.to_numeric(values, errors="coerce").isna().sum()):
            raise Wrong(
                zh=f"{name} 的 {column} 这一列有 {empty:,} 格不是数（空着，或者除以了零）。",
                en=f"In the column {column} of {name} {empty:,} cells hold no number (empty, or divided by zero).",
            )
    return np.concatenate([pd.to_numeric(table[one]).to_numpy(dtype=float) for one in columns])


def need_same_keys(table: pd.DataFrame, truth: pd.DataFrame, name: str, key: str = "customer_id") -> None:
    """Wrong if ``table`` has other keys than ``truth``; says how many are too many and too few."""
    extra = int((~table[key].isin(truth[key])).sum())
    short = int((~truth[key].isin(table[key])).sum())
    if extra or short:
        look = say(zh="先看哪些订单该算、哪些不该算。", en="Look first at which orders count.")
        if not extra:
            look = say(zh="没有多出来的：是不是筛掉了该留的行？", en="No row is too many: have you filtered some away?")
        elif extra == len(table):
            look = say(zh="一个也对不上：是不是用了别家公司的表？", en="Not one fits: is this another company's table?")
        raise Wrong(
            zh=f"{name} 应有 {len(truth):,} 行，现在 {len(table):,} 行：多了 {extra:,} 个，少了 {short:,} 个。{look}",
            en=f"{name} should have {len(truth):,} rows and has {len(table):,}: {extra:,} too many, {short:,} missing. {look}",
        )


def differ(found: pd.Series, truth: pd.Series, tolerance: float = 0.0) -> int:
    """How many values differ by more than ``tolerance`` (both in the same order)."""
    if pd.api.types.is_numeric_dtype(truth):
        gap = (pd.to_numeric(found, errors="coerce").to_numpy(dtype=float) - truth.to_numpy(dtype=float)).__abs__()
        return int((~(gap <= tolerance)).sum())
    return int((found.astype("str").to_numpy() != truth.astype("str").to_numpy()).sum())


EXACT = ((slice(None), 1e-6, 5e-4),)  # which numbers, how near is right, how near is close


def slips_question(key, name, hint, *, read, truth, slips, praise, off, odd, stages=EXACT) -> Question:
    """A question whose answer ``read(value, answers)`` turns into numbers or refuses.

    ``slips(answers)`` are the usual mistakes, ``off(found, truth, answers)`` what any other wrong answer hears, and
    ``odd(answers)`` further wrong answers for the tests. ``stages``: which numbers are compared, one after another.
    """
    slips = cache(slips)  # a slip holds both languages

    def judge(value, a) -> Said:
        found, right = read(value, a), read(truth(a), a)
        known = {slip: one._replace(value=read(one.value, a)) for slip, one in slips(a).items()}
        if "per cent" in known and _rounded(found, known["per cent"].value):
            raise Wrong(zh=known["per cent"].zh, en=known["per cent"].en)
        for part, tolerance, reach in stages:
            near = {slip: one._replace(value=one.value[part]) for slip, one in known.items()}
            whole = _rounded(found, right)
            need_close(found[part], right[part], near, off(found, right, a), tolerance, reach, whole)
        return praise(a)

    return Question(
        key, name, hint, judge, truth, lambda a: {slip: one.value for slip, one in slips(a).items()} | odd(a)
    )
