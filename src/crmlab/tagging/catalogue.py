"""The tag catalogue: a table that business people edit, checked line by line."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from crmlab.language import Said, language, say
from crmlab.tagging import rules
from crmlab.tagging.fact_table import CATALOGUES
from crmlab.text import Problem, closest

COLUMNS = (
    "tag", "group", "group_zh", "group_en", "name_zh", "name_en", "type", "rule", "value", "exclusive", "use", "owner",
    "refresh", "validity_days", "synonyms", "note_zh", "note_en",
)  # fmt: skip
MUST = ("tag", "group", "group_zh", "group_en", "name_zh", "name_en", "rule", "owner")
CHOICES = {
    "type": ("fact", "rule", "model"),
    "exclusive": ("yes", "no"),
    "refresh": ("daily", "weekly", "monthly", "by_run"),
    "use": ("internal", "service", "marketing", "price"),
}
NAME, IN_GROUP, IN_ALL = 15, 100, 3000  # WeCom: characters of a name, tags a group, tags in all


class TagProblem(Problem):
    """What is wrong with a catalogue, a line a fault naming row, tag and column; ``faults`` holds all the lines."""

    def __init__(self, faults: list[Said], source: str):
        self.faults = faults
        lines = "\n".join(faults[:10]) + ("\n…" if len(faults) > 10 else "")
        super().__init__(
            zh=f"{source} 有 {len(faults)} 处要改：\n{lines}", en=f"{source}, to mend: {len(faults)}\n{lines}"
        )


def read_catalogue(source: str | Path, own_facts: pd.DataFrame | None = None) -> pd.DataFrame:
    """A catalogue of tags, checked: the shipped one of "yunmu" or "morningcup", or a CSV file (UTF-8 or GBK).

    Columns of the file: tag (key that never changes), group, group_zh, group_en, name_zh, name_en (15 characters at
    most), type (fact / rule / model), rule, value, exclusive (yes: a customer has at most one of its group), use
    (internal / service / marketing / price: what it may be used for, see :func:`for_wecom`), owner, refresh (daily /
    weekly / monthly / by_run), validity_days, synonyms (other words for it, separated by |), note_zh, note_en.
    ``own_facts``: a fact table with further columns that rules may use.

    Returns the rows with ``row``, their number as a spreadsheet shows it. Raises TagProblem with every fault found, also
    where two rules of an exclusive group can hold together.
    """
    shipped = CATALOGUES / f"{source}.csv"
    path = shipped if str(source) in {"yunmu", "morningcup"} else Path(source)
    try:
        raw = path.read_bytes()
    except OSError:
        raise Problem(
            zh=f"读不到标签目录 {path}，请核对路径。", en=f"Cannot read the tag catalogue {path}; check the path."
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # saved by a Chinese spreadsheet
        text = raw.decode("gb18030", errors="replace")
    table = _read(text)
    table = table.apply(lambda column: column.str.strip()).assign(row=np.arange(2, len(table) + 2))
    table = table[(table.drop(columns="row") != "").any(axis=1)]
    return check(table, path.name, rules.fact_types(own_facts))


def check(table: pd.DataFrame, source: str, types: dict[str, str]) -> pd.DataFrame:
    """The catalogue, validity as a number; TagProblem if anything is wrong."""
    if missing := [name for name in COLUMNS if name not in table]:
        raise TagProblem(
            [say(zh=f"缺列：{'、'.join(missing)}。", en=f"columns missing: {', '.join(missing)}.")], source
        )
    table = table if "row" in table else table.assign(row=np.arange(2, len(table) + 2))
    if found := _faults(table.to_csv(index=False), tuple(types.items()), language()):
        raise TagProblem(list(found), source)
    return table.assign(validity_days=table["validity_days"].astype(int)).reset_index(drop=True)


@lru_cache(maxsize=16)
def _faults(text: str, types: tuple, _language: str) -> tuple[Said, ...]:
    """Every fault of a catalogue; remembered, since each run of the tags checks the same one again."""
    table, types = _read(text), dict(types)
    found = [*_cells(table, types), *_together(table)]
    if not found:
        for first, second, example in rules.meetings(table, types):
            zh = f"和第 {first.row} 行的 {first.tag} 互斥，可是两条规则能同时成立，例如 {example}。"
            en = f"excludes {first.tag} of row {first.row}, yet both rules can hold, e.g. {example}."
            found.append(_fault(second, "rule", zh, en))
    return tuple(found)


def _read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False).rename(columns=str.strip)


def _fault(row, column: str, zh: str, en: str) -> Said:
    return say(
        zh=f"第 {row.row} 行，标签 {row.tag or '？'}，{column} 列：{zh}",
        en=f"row {row.row}, tag {row.tag or '?'}, column {column}: {en}",
    )


def _cells(table: pd.DataFrame, types: dict[str, str]):
    """Faults of a row by itself."""
    for row in table.itertuples():
        for column in MUST:
            if not getattr(row, column):
                yield _fault(row, column, "不能空着。", "must not be empty.")
        for column, choices in CHOICES.items():
            given = getattr(row, column)
            if given not in choices:
                near = closest(given, choices)
                zh, en = (f"是不是 {near}？", f" Did you mean {near}?") if near else ("", "")
                yield _fault(
                    row,
                    column,
                    f"没有“{given}”这一项，可填 {'、'.join(choices)}。{zh}",
                    f"no '{given}'; one of {', '.join(choices)}.{en}",
                )
        if not re.fullmatch(r"[1-9]\d{0,4}", str(row.validity_days)):
            yield _fault(row, "validity_days", "要填有效的天数，例如 30。", "give a number of days, such as 30.")
        for column in ("name_zh", "name_en", "group_zh", "group_en"):
            if len(getattr(row, column)) > NAME:
                yield _fault(row, column, f"最多 {NAME} 个字。", f"{NAME} characters at most.")
        for zh, en in rules.faults(row.rule, types) if row.rule else ():
            yield _fault(row, "rule", zh, en)


def _together(table: pd.DataFrame):
    """Faults of rows beside each other: keys and names twice, groups that disagree or are too large."""
    for column, within in (("tag", []), ("name_zh", ["group"]), ("name_en", ["group"])):
        for row in table[table.duplicated([*within, column]) & (table[column] != "")].itertuples():
            yield _fault(
                row, column, f"“{getattr(row, column)}”重复了。", f"'{getattr(row, column)}' stands there twice."
            )
    for column in ("group_zh", "group_en", "exclusive"):
        for row in table[table[column] != table.groupby("group")[column].transform("first")].itertuples():
            yield _fault(row, column, "和同组第一行写的不一样。", "differs from the first row of its group.")
    for row in table[table.groupby("group").cumcount() >= IN_GROUP].itertuples():
        yield _fault(row, "group", f"一组最多 {IN_GROUP} 个标签。", f"{IN_GROUP} tags a group at most.")
    for row in table.iloc[IN_ALL:].itertuples():
        yield _fault(row, "tag", f"总共最多 {IN_ALL:,} 个标签。", f"{IN_ALL:,} tags in all at most.")


def wecom_plan(catalogue: pd.DataFrame, as_of) -> pd.DataFrame:
    """What WeCom is to hold, in the reader's language: group, tag_name, order, tag, use, owner, refresh, version.

    Tags for internal use stay out. ``version`` is the day, as text, so that a later plan can be told from this one.
    """
    lang = language()
    plan = catalogue[catalogue["use"] != "internal"]
    plan = plan.assign(
        order=plan.groupby("group", sort=False).cumcount() + 1, version=f"{pd.Timestamp(as_of):%Y-%m-%d}"
    )
    shown = plan[[f"group_{lang}", f"name_{lang}", "order", "tag", "use", "owner", "refresh", "version"]]
    return shown.set_axis(["group", "tag_name", *shown.columns[2:]], axis=1).reset_index(drop=True)
