"""Cells to values: ids, money, dates and status words, each from a column of text, never row by row.

What a mark, a status word or a date may look like stands in ``exports.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

EXPORTS = resources.files("crmlab").joinpath("exports.toml")
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?\.\d+"


@cache
def exports() -> dict:
    """The content of ``exports.toml``."""
    return tomllib.loads(EXPORTS.read_text(encoding="utf-8"))


@cache
def plain(header: str) -> str:
    """A header or status word as it is compared: without case, blanks, underscores and a bracketed unit of money."""
    text = unicodedata.normalize("NFKC", header).casefold().replace("\ufeff", "")
    return re.sub(r"[\s_]+|\((?:元|¥|cny|rmb)\)", "", text)


def text(cells: pd.Series) -> pd.Series:
    """Text without the wrappings of a spreadsheet (``="123"``, a leading ``'``, tabs); blank marks become NA."""
    if not pd.api.types.is_string_dtype(cells.dtype):
        cells = cells.astype("Int64") if pd.api.types.is_integer_dtype(cells.dtype) else cells
        cells = cells.astype(object).where(cells.notna(), None).map(str, na_action="ignore")
    cells = cells.astype("str").str.strip().str.strip("\ufeff\u200b")
    for start, form, inside in (('="', r'="[^"]*"', slice(2, -1)), ("'", r"'\+?\d[^']*'?", slice(1, None))):
        wrapped = cells[cells.str.startswith(start).fillna(False)]
        wrapped = wrapped[wrapped.str.fullmatch(form)]
        if len(wrapped):
            cells.loc[wrapped.index] = wrapped.str[inside].str.rstrip("'").str.strip()
    marks = {form for mark in exports()["marks"]["blank"] for form in (mark, mark.upper(), mark.capitalize())}
    return cells.mask(cells.isin(marks))


def ids(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Ids as text, and which of them a spreadsheet has damaged.

    Damaged: a power of ten (``1.23E+18``); 18 digits or more whose digits after the 15th are all zero, as Excel leaves
    them; 16 or 17 such digits when more than half of the ids of that length are so. ``13085.0``, which a table program
    writes beside missing ids, is mended to ``13085`` when every id is so.
    """
    values = text(cells)
    known = values.dropna()
    if len(known) and known.str.endswith(".0").all() and known.str[:-2].str.isdecimal().all():
        values = values.str[:-2]
    damaged = pd.Series(False, index=cells.index)
    power = known[known.str.contains("E+", regex=False, case=False)]
    damaged.loc[power.index[power.str.fullmatch(r"\d(?:\.\d+)?[eE]\+\d+")]] = True
    lengths = known.str.len()
    for length in lengths[lengths > 15].unique():
        of_length = known[lengths == length]
        of_length = of_length[of_length.str.isdecimal()]
        zeros = of_length.index[of_length.str.endswith("0" * (length - 15))]
        if len(zeros) and (length >= 18 or len(zeros) > len(of_length) / 2):
            damaged.loc[zeros] = True
    return values, damaged


def whole_phones(words: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Whole phone numbers of cleaned text (NA where there is none), and which cells hold a masked or ciphered one.

    A mainland mobile number is found wherever it stands (``86-138...``, name, phone and address in one cell). Other
    numbers must fill their cell: digits with an optional ``+``, blanks, dashes, brackets.
    """
    words = words.astype("str")
    plain_ones = words.str.len().eq(11) & words.str.startswith("1").fillna(False) & words.str.isdecimal().fillna(False)
    found = words.where(plain_ones)
    rest = words[~plain_ones & words.notna()]
    if len(rest):
        mobile = rest.str.extract(r"(?<!\d)(1[3-9]\d{9})(?!\d)", expand=False)
        other = rest.str.replace(r"[\s().-]", "", regex=True)
        found.loc[rest.index] = mobile.fillna(other.where(other.str.fullmatch(r"\+?\d{7,15}").astype(bool)))
    return found, found.isna() & words.notna()


def money(cells: pd.Series, decimal_comma: bool = False) -> tuple[pd.Series, pd.Series]:
    """Amounts as float64 (NaN = blank), and which cells hold something that is no number.

    Understands thousands commas, currency marks, full-width digits, a note in brackets, ``(12.00)`` for minus 12, and
    the amounts of several lines joined by ``;`` (their sum). With `decimal_comma` ``1.234,56`` and ``12,5`` are numbers as
    well: a comma before three digits is still one of thousands.
    """
    if pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.astype("float64")
        return values, values.abs().eq(float("inf"))
    words = text(cells)
    values = pd.to_numeric(words, errors="coerce").astype("float64")
    rest = words[(values.isna() | values.abs().eq(float("inf"))) & words.notna()]
    if len(rest):
        rest = rest.str.normalize("NFKC").str.replace(r"\s+", "", regex=True)
        bracket = rest.str.fullmatch(rf"\((?:{_NUMBER})\)").astype(bool)
        rest = rest.mask(bracket, "-" + rest.str[1:-1]).str.replace(r"\(.*?\)", "", regex=True)
        marks = sorted(exports()["marks"]["currency"], key=len, reverse=True)
        rest = rest.str.replace("|".join(map(re.escape, marks)), "", case=False, regex=True)
        rest = rest.str.replace("\u2212", "-")
        if decimal_comma:
            comma = rest.str.fullmatch(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}").astype(bool)
            rest = rest.mask(comma, rest.str.replace(".", "", regex=False).str.replace(",", ".", regex=False))
        joined = rest[rest.str.fullmatch(rf"(?:{_NUMBER})(?:;(?:{_NUMBER}))+").astype(bool)]
        rest = rest.where(lambda cell: cell.str.fullmatch(_NUMBER).astype(bool))
        values.loc[rest.index] = pd.to_numeric(rest.str.replace(",", ""), errors="coerce")
        if len(joined):
            values.loc[joined.index] = joined.map(lambda cell: sum(float(n.replace(",", "")) for n in cell.split(";")))
    values = values.mask(values.abs().eq(float("inf")))
    return values, values.isna() & words.notna()


def dates(
    cells: pd.Series, form: str | None = None, zone: str | None = None, more: Sequence[str] = ()
) -> tuple[pd.Series, pd.Series, dict]:
    """Times as naive local ``datetime64[us]``, which cells hold no date, and how many of each unusual form were met.

    Forms may be mixed in a column: ISO, slashes, dots, 年月日, ``20260607``, Excel serial days (since 1899-12-30).
    A time with an offset is moved to the shop's clock `zone`; one without is taken as it stands.
    `form` (strptime) says the one form there is; `more` are forms that a platform uses besides (``date_formats`` of its
    entry). Day-first dates are never guessed.
    """
    zone, seen = zone or exports()["dates"]["zone"], {}
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        if cells.dt.tz is not None:
            cells, seen = cells.dt.tz_convert(zone).dt.tz_localize(None), {"offset": int(cells.notna().sum())}
        values = cells.astype("datetime64[us]")
        return values, values.notna() & (values < exports()["dates"]["earliest"]), seen
    words = text(cells)
    if form:
        aware = "%z" in form.lower()
        values = pd.to_datetime(words, format=form, errors="coerce", utc=aware)
        if aware:
            values = values.dt.tz_convert(zone).dt.tz_localize(None)
    else:
        # Slices, not patterns: this runs over every row, and a pattern costs ten times as much.
        ends = words.str[-1:].isin(["Z", "z"]) | words.str.endswith("UTC").fillna(False)
        for place in (-6, -5, -4, -3, -2):  # +08:00, +0800, +08; the others are damaged and belong to no form
            ends |= words.str[place : place + 1].isin(["+", "-"]) & (words.str.len() > 15)
        offset = ends & (words.str.len() > 10)
        iso = words.str[4:5].eq("-") & (words.str.len() >= 8) & ~offset
        values = pd.to_datetime(words.where(iso), format="ISO8601", errors="coerce").astype("datetime64[us]")
        if offset.any():
            moved = pd.to_datetime(words[offset].str.replace("UTC", "Z"), format="ISO8601", errors="coerce", utc=True)
            values.loc[offset] = moved.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[us]")
            seen["offset"] = int(moved.notna().sum())
        rest = words[values.isna() & words.notna()]
        if len(rest):
            found, serials = _unusual_dates(rest, more)
            values.loc[rest.index] = found
            seen |= {name: n for name, n in (("serial", serials), ("other", int(found.notna().sum()) - serials)) if n}
    # A workbook keeps a time as a fraction of a day: midnight may read 23:59:59.999997 of the day before.
    values = values.astype("datetime64[us]").dt.round("ms")
    values = values.mask(values < exports()["dates"]["earliest"])
    return values, values.isna() & words.notna(), seen


def _unusual_dates(words: pd.Series, more: Sequence[str]) -> tuple[pd.Series, int]:
    words = words.str.normalize("NFKC").str.strip()
    found = pd.Series(pd.NaT, index=words.index, dtype="datetime64[us]")
    for form in more:
        found = found.fillna(pd.to_datetime(words, format=form, errors="coerce").astype("datetime64[us]"))
    words = words.mask(found.notna())
    # Days 20000 to 80000 are 1954 to 2119: no other date form is five digits long.
    serial = words.str.fullmatch(r"[2-7]\d{4}(?:\.\d+)?").astype(bool)
    if serial.any():
        days = pd.to_timedelta((pd.to_numeric(words[serial]) * 86400).round(), unit="s")
        found.loc[serial] = (pd.Timestamp("1899-12-30") + days).astype("datetime64[us]")
    words = words.mask(serial)
    for old, new in ((r"(\d)\s*[年月/.]\s*(?=\d)", r"\1-"), (r"日\s*", " "), (r"[时点分]", ":"), (r"[:秒\s]+$", "")):
        words = words.str.replace(old, new, regex=True)
    words = words.str.replace(r"^(\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{1,2}:\d{1,2})[-.]\d+$", r"\1", regex=True)
    for form in exports()["dates"]["formats"]:
        todo = found.isna() & words.notna()
        if not todo.any():
            break
        found.loc[todo] = pd.to_datetime(words[todo], format=form, errors="coerce").astype("datetime64[us]")
    return found, int(serial.sum())


def statuses(
    word: pd.Series, after_sale: pd.Series, has_pay_time: pd.Series, first: Sequence[dict] = ()
) -> tuple[pd.Series, pd.Series]:
    """Canonical status of each order (NA = nothing said), and which status words no rule of ``exports.toml`` knows.

    What the after-sale column says goes before the status column; the rules `first` (a platform's own words) are tried
    before the general ones.
    """
    rules = [*first, *exports()["status"]]
    known = {plain(rule["is"]): rule["is"] for rule in exports()["status"] if rule["is"]}

    def look_up(cell: str, paid: bool) -> str | None:
        cell = plain(cell)
        if cell in known:
            return known[cell]
        for rule in rules:
            if rule.get("pay_time", paid) == paid and any(plain(each) in cell for each in rule["words"]):
                return rule["is"]
        return None

    def column(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
        codes, seen = pd.factorize(cells)
        sides = np.array(
            [[look_up(cell, side) for side in (False, True)] for cell in seen] + [[None, None]], dtype=object
        )
        result = pd.Series(sides[codes, has_pay_time.to_numpy(dtype=int)], index=cells.index, dtype="str")
        return result.mask(result.eq("")), result.isna() & cells.notna()

    after, _ = column(after_sale)
    status, unknown = column(word)
    before = after.notna() & ~after.isin(["paid", "shipped", "completed", "closed", "unpaid"])
    return after.where(before, status), unknown & ~before
