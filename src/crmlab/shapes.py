"""Which platform an export comes from, and how its rows make orders: one each, repeated, summed or continued."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from crmlab.cleaning import exports, plain
from crmlab.import_report import note

_YES = {"是", "yes", "y", "true", "1"}


def platform_of(headers: Iterable[str], rules: dict | None = None) -> dict:
    """The entry of ``exports.toml`` that these headers give away, with ``by`` = the headers that did; {} if none does.

    The entry with most of its headers present wins. A mapping (`rules`) may name the platform (``platform = "jd"``,
    ``"none"``) and has the last word on ``rows`` and ``decimal_comma``.
    """
    rules, names = rules or {}, {plain(str(header).strip()) for header in headers}
    best: dict = {}
    for entry in exports()["platforms"]:
        found = [header for header in entry["recognise"] if plain(header) in names]
        must = all(plain(header) in names for header in entry.get("must", []))
        without = any(plain(header) in names for header in entry.get("without", []))
        fits = len(found) >= entry["enough"] and must and not without
        if rules.get("platform", entry["key"] if fits else None) == entry["key"] and len(found) >= len(
            best.get("by", [])
        ):
            best = {**entry, "by": found}
    return best | {key: rules[key] for key in ("rows", "decimal_comma") if key in rules}


def compute(frame: pd.DataFrame, given: set, platform: dict, rules: dict, report: dict) -> set:
    """Put fields together as ``compute`` says (in place) and return the fields that are now given.

    The first term must be there; further terms, and blanks in them, count as 0. A column that the mapping names stays.
    """
    given, headers = set(given), report["columns"]
    for field, formula in platform.get("compute", {}).items():
        terms = [[factor.strip() for factor in term.split("*")] for term in formula.split("+")]
        if field in rules.get("columns", {}) or not given.issuperset(terms[0]):
            continue
        first, *others = (frame[term].prod(axis=1, skipna=False) for term in terms if given.issuperset(term))
        frame[field] = (first + sum(other.fillna(0.0) for other in others)).round(2)
        if field not in given:
            shown = " × ".join(headers[factor]["header"] for factor in terms[0])
            headers.setdefault(field, {"header": shown, "how": "computed"})
        given.add(field)
    return given


def _order(frame: pd.DataFrame) -> pd.Series:
    """What rows of one order share: its id; where a spreadsheet has damaged that, the id with customer and times."""
    # a name of its own: pandas drops a column from the groups if it is the key itself
    key = frame["order_id"].astype("str").rename("_order")
    damaged = frame["_damaged_order_id"]
    if damaged.any():
        parts = [
            frame[each].astype("str").fillna("") for each in ("customer_id", "paid_at", "created_at") if each in frame
        ]
        for part in parts:
            key = key.mask(damaged, key + "|" + part)
    return key.where(key.notna(), "#" + frame["_row"].astype("str"))


def _says(cells: pd.Series, words: list[str]) -> pd.Series:
    """Cells that hold one of the words; of items joined by ; each must."""
    values = pd.Series(cells.dropna().unique(), dtype="str")
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    values = values[values.str.contains(pattern)]
    every = values.map(lambda cell: all(pattern.search(part) for part in re.split("[;；]", cell) if part.strip()))
    return cells.isin(values[every.astype(bool)])


def leave_out(frame: pd.DataFrame, platform: dict, rules: dict, aside, report: dict) -> pd.DataFrame:
    """Set gift rows aside (or fold them into their order), and the orders that a rule of ``not_sales`` is asked to leave out.

    Every rule that finds something stands in ``report["not_sales"]``: name -> rows, orders, left_out.
    """
    main = "amount" if "amount" in frame else "gross"
    zero = frame[main].fillna(0.0).eq(0) if main in frame else pd.Series(True, index=frame.index)
    if gift := platform.get("gift"):
        frame = _without_gifts(frame, gift, zero, aside, report)
    wanted = rules.get("exclude", [rule["name"] for rule in exports()["not_sales"] if rule.get("default")])
    own = rules.get("not_sales", [])
    for rule in [*exports()["not_sales"], *own]:
        found = pd.Series(False, index=frame.index)
        for column in rule["columns"]:
            if column in frame:
                says = _says(frame[column], rule["words"])
                found |= says & ~frame["kinds"].gt(1) if column == "item" and "kinds" in frame else says
        if rule.get("zero"):
            found &= zero.loc[frame.index]
        if not found.any():
            continue
        order = _order(frame)
        found &= found.groupby(order).transform("all")
        left_out = rule["name"] in wanted or rule in own
        _count(report, rule["name"], rule.get("zh", rule["name"]), rule.get("en", rule["name"]), found, order, left_out)
        if left_out:
            column = next(column for column in rule["columns"] if column in frame)
            frame = aside.put(frame, found, "not_a_sale", rule["name"], frame[column])
    return frame


def _without_gifts(frame: pd.DataFrame, words: list[str], zero: pd.Series, aside, report: dict) -> pd.DataFrame:
    """Gift rows folded into the order that they came with; gifts that came with nothing set aside."""
    is_gift = frame["gift"].str.lower().isin(_YES) if "gift" in frame else pd.Series(False, index=frame.index)
    for column in ("item", "close_reason"):
        if column in frame:
            is_gift |= _says(frame[column], words)
    is_gift &= zero
    if not is_gift.any():
        return frame
    order = _order(frame)
    alone = is_gift & is_gift.groupby(order).transform("all")
    _count(report, "gift_row", "零元赠品行", "rows of gifts at no price", is_gift, order, True)
    _folded(report, int((is_gift & ~alone).sum()), order[is_gift & ~alone].nunique())
    frame = aside.put(frame, alone, "not_a_sale", "gift", frame["order_id"])
    return frame[~is_gift.loc[frame.index]]


def _count(report: dict, name: str, zh: str, en: str, rows: pd.Series, order: pd.Series, left_out: bool) -> None:
    seen = report.setdefault("not_sales", {}).setdefault(name, {"zh": zh, "en": en, "rows": 0, "orders": 0})
    seen["rows"] += int(rows.sum())
    seen["orders"] += int(order[rows].nunique())
    seen["left_out"] = left_out


def _folded(report: dict, rows: int, orders: int) -> None:
    folded = report.setdefault("folded", {"rows": 0, "orders": 0})
    folded["rows"] += rows
    folded["orders"] += orders


def fold(frame: pd.DataFrame, platform: dict, aside, report: dict) -> tuple[pd.DataFrame, str]:
    """One row an order where the order's money is repeated on each row, or stands on the first row only.

    Returns the frame and the row shape that holds: a file whose rows do not repeat the money although its platform says
    so is "sum", and the report says it. Orders whose rows disagree about the money go to `aside`.
    """
    shape = platform.get("rows", "order")
    main = "amount" if "amount" in frame else "gross"
    if shape == "continued" and main in frame:  # a continuation row may lack even the order's number
        bare = frame["order_id"].isna() & frame[main].isna() & frame["paid_at"].isna()
        frame = frame.assign(order_id=frame["order_id"].mask(bare, frame["order_id"].ffill()))
    if "line_id" in frame:  # the same line twice, as files pasted together have it
        whole = frame["line_id"].notna() & ~frame["_damaged_line_id"] & frame["order_id"].notna()
        again = whole & frame.duplicated(["order_id", "line_id"], keep="last")
        _folded(report, int(again.sum()), frame.loc[again, "order_id"].nunique())
        frame = frame[~again]
    if shape not in ("repeat", "continued"):
        return frame, shape
    order = _order(frame)
    many = order.duplicated(keep=False)
    if not many.any():
        return frame, shape
    each = [field for field in platform.get("each", ["items"]) if field in frame]
    money = [field for field in ("gross", "discount", "refund", "amount") if field in frame and field not in each]
    positive = frame.loc[many, main].where(frame[main] > 0)
    differ = positive.groupby(order).transform("nunique") > 1
    differ = differ.reindex(frame.index, fill_value=False)
    if shape == "repeat" and order[differ].nunique() * 2 > order[many].nunique():
        file = frame["_file"].iloc[0]
        note(
            report,
            zh=f"{file} 同一订单的各行金额不同，不是整单金额的重复：按各行相加。",
            en=f"{file}: the rows of an order differ in their amounts, so these are the items' own: they are added up.",
        )
        return frame, "sum"
    frame = aside.put(frame, differ, "lines_disagree", report["columns"][main]["header"], frame[main])
    order, many = order.loc[frame.index], many.loc[frame.index]
    groups = frame[many].groupby(order[many], sort=False)
    rows = groups.first()
    if shape == "repeat":
        rows[money] = groups[money].max()
    rows[each] = groups[each].sum(min_count=1)
    return _put_back(frame, rows, order, many, report), shape


def _put_back(frame: pd.DataFrame, rows: pd.DataFrame, order: pd.Series, many: pd.Series, report: dict) -> pd.DataFrame:
    """The folded `rows` (index = order) in the place of each order's first row."""
    rows.index = frame.index[many & ~order.duplicated()]
    _folded(report, int(many.sum()) - len(rows), len(rows))
    return pd.concat([frame[~many], rows]).sort_index()


def total(frame: pd.DataFrame, report: dict) -> pd.DataFrame:
    """One row an order from settled rows of items: money and items added up over the items paid for.

    Status of the sum: in dispute if an item is; else refunded in part or whole as the money says; else completed if
    every item kept is, paid if none is sent yet, shipped otherwise.
    """
    order = _order(frame)
    many = order.duplicated(keep=False)
    if not many.any():
        return frame
    lines, order_ = frame[many], order[many]
    live = ~lines["_unpaid"]
    any_live = live.groupby(order_).transform("any")
    sums = [field for field in ("gross", "discount", "refund", "amount", "items") if field in lines]
    added = lines[sums].where(live | ~any_live, 0.0).groupby(order_, sort=False).sum()
    rows = lines.groupby(order_, sort=False).first()
    if "paid_at" in lines:
        rows["paid_at"] = lines["paid_at"].groupby(order_, sort=False).min()
    rows[sums] = added.round(2)
    kept = live & (lines["amount"] > 0)
    count = (
        pd
        .DataFrame({
            word: (kept & lines["status"].eq(word))
            for word in ("paid", "shipped", "completed", "part_refunded", "disputed")
        })
        .groupby(order_, sort=False)
        .sum()
    )
    kept_n = count.sum(axis=1)
    status = pd.Series("shipped", index=rows.index, dtype="str")
    status[count["completed"] + count["part_refunded"] == kept_n] = "completed"
    status[count["paid"] == kept_n] = "paid"
    status[(rows["refund"] > 0) & (rows["amount"] > 0)] = "part_refunded"
    status[count["disputed"] > 0] = "disputed"
    nothing = (kept_n == 0) | (rows["amount"] <= 0)
    status[nothing] = _of_nothing(lines, order_, live, rows)[nothing]
    rows["status"] = status
    rows["_unpaid"] = status.isin(("unpaid", "closed"))
    return _put_back(frame, rows, order, many, report)


def _of_nothing(lines: pd.DataFrame, order: pd.Series, live: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Status of orders of which the shop keeps nothing: refunded, or the first status of the rows that were paid, or of all."""
    first = lines["status"].where(live).groupby(order, sort=False).first()
    first = first.fillna(lines["status"].groupby(order, sort=False).first())
    return first.mask((rows["refund"] > 0) | (rows["amount"] < 0), "refunded")
