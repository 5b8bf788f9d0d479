"""Orders from any export to the canonical table, with an account of every row.

Canonical orders: order_id, customer_id (text), paid_at (naive local time), gross, discount, refund,
amount = gross - discount - refund = what the shop keeps, status; optional channel, store_id, phone, items.
Rows read = orders kept + rows merged + rows set aside; this is asserted on every import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.import_report import capabilities, note, summarise
from crmlab.language import Said, say
from crmlab.reading import ImportProblem, Table, load_mapping, read_table

__all__ = ["COUNTED", "STATUSES", "ImportProblem", "Imported", "capabilities", "counted_orders", "read_orders"]

STATUSES = ("paid", "shipped", "completed", "refunded", "part_refunded", "closed", "unpaid", "disputed")
COUNTED = frozenset({"paid", "shipped", "completed", "part_refunded", "disputed"})
MONEY = ("gross", "discount", "refund", "amount")
CORE = ("order_id", "customer_id", "paid_at", *MONEY, "status")
OPTIONAL = ("channel", "store_id", "phone", "items")
CENT = 0.006  # two amounts closer than this are the same to the cent


@dataclass(frozen=True)
class Imported:
    """What :func:`read_orders` hands back.

    orders : canonical orders, one row an order.
    set_aside : rows not taken: file, row (as a spreadsheet numbers it), reason, column, value (masked).
    report : the import report, ready for JSON.
    """

    orders: pd.DataFrame
    set_aside: pd.DataFrame
    report: dict

    def summary(self) -> Said:
        """The import report in plain words."""
        return summarise(self.report)


def counted_orders(orders):
    """The orders that count for F and R, on pandas or any frame narwhals knows (lazy ones stay lazy).

    An order counts if its status is one of ``COUNTED``, the shop keeps money from it (amount > 0), and customer and
    pay time are known.
    """
    frame = nw.from_native(orders)
    kept = frame.filter(
        nw.col("status").is_in(sorted(COUNTED)),
        nw.col("amount") > 0,
        ~nw.col("customer_id").is_null(),
        ~nw.col("paid_at").is_null(),
    )
    return kept if isinstance(orders, (nw.DataFrame, nw.LazyFrame)) else kept.to_native()


def read_orders(
    paths: str | Path | Sequence[str | Path], mapping: str | Path | dict | None = None, *, progress: bool = False
) -> Imported:
    """Read order exports (.csv, .tsv, .txt, also gzipped, .xlsx, .parquet) into canonical orders.

    Headers are recognised by the names in ``exports.toml``; any other table needs a `mapping`
    (see :func:`crmlab.reading.load_mapping`). Several files are one table: the same order in two files counts once,
    as the later file has it. Raises ImportProblem with one plain sentence if a file cannot be read as orders.
    """
    if isinstance(paths, (str, Path)):
        paths = [paths]
    fields = [*exports()["columns"]]
    rules = load_mapping(mapping, fields)
    files = [Path(path) for path in paths]
    if not files:
        raise ImportProblem(say(zh="没有给出订单文件。", en="No order file was given."))
    if progress:
        from tqdm.auto import tqdm

        files = tqdm(files, unit="file")
    parts, aside, report = [], Aside(), {"files": [], "columns": {}, "paid_column": [], "notes": []}
    for n, path in enumerate(files, start=1):
        table = read_table(path, rules, lambda cells: len(_match(cells, rules)))
        parts.append(_canonical(table, n, rules, aside, report))
    orders = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    orders = _drop_future(orders, rules, aside, report)
    orders, merged = _once_each(orders, aside, report)
    set_aside = aside.table()
    read = sum(each["rows"] for each in report["files"])
    if read != len(orders) + merged["rows"] + len(set_aside):
        raise AssertionError(f"rows read {read} != kept {len(orders)} + merged {merged} + set aside {len(set_aside)}")
    reasons = {
        reason: {"rows": len(group), "lines": group["row"].head(20).tolist()}
        for reason, group in set_aside.groupby("reason", sort=False)
    }
    report["rows"] = {"read": read, "kept": len(orders), "merged": merged, "set_aside": reasons}
    _describe(orders, report)
    keep = [*CORE, *(column for column in OPTIONAL if column in orders)]
    return Imported(orders[keep].reset_index(drop=True), set_aside, report)


class Aside:
    """Rows set aside so far, each once, with the reason met first."""

    columns = ("file", "row", "reason", "column", "value")

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []

    def put(self, frame: pd.DataFrame, rows: pd.Series, reason: str, column: str = "", value=None) -> pd.DataFrame:
        """Set `rows` (a mask) of `frame` aside and return the rest."""
        if not rows.any():
            return frame
        from crmlab.tables import mask

        shown = pd.Series("", index=frame.index) if value is None else value
        self.parts.append(
            pd.DataFrame({
                "file": frame.loc[rows, "_file"],
                "row": frame.loc[rows, "_row"],
                "reason": reason,
                "column": column,
                "value": shown[rows].map(lambda cell: "" if pd.isna(cell) else str(mask(str(cell)[:60]))),
            })
        )
        return frame[~rows]

    def table(self) -> pd.DataFrame:
        if not self.parts:
            return pd.DataFrame({"file": [], "row": [], "reason": [], "column": [], "value": []}).astype({"row": int})
        return pd.concat(self.parts, ignore_index=True).sort_values(["file", "row"], ignore_index=True)


def _match(headers: Sequence[str], rules: dict) -> dict[str, int]:
    """Field -> position of its column: as the mapping says, else by the first known name that a header has."""
    names = [plain(str(header).strip()) for header in headers]
    if "columns" in rules:
        wanted = rules["columns"].items()
        found = {
            field: key - 1 if isinstance(key, int) else names.index(plain(key))
            for field, key in wanted
            if isinstance(key, int) or plain(key) in names
        }
        return {field: position for field, position in found.items() if 0 <= position < len(names)}
    found = {}
    for field, aliases in exports()["columns"].items():
        if field in rules.get("constants", {}):
            continue
        position = next((names.index(plain(alias)) for alias in aliases if plain(alias) in names), None)
        if position is not None and position not in found.values():
            found[field] = position
    return found


def _columns(table: Table, rules: dict) -> dict[str, int]:
    found = _match(table.headers, rules)
    shown = [header for header in table.headers if header]
    for field, key in rules.get("columns", {}).items():
        if field not in found:
            near = get_close_matches(str(key), shown, 1, 0.4)
            raise ImportProblem(
                say(
                    zh=f"映射文件 {rules['name']}：{field} 要的列 {key} 在 {table.name} 里没有。"
                    + (
                        f"是不是“{near[0]}”？" if near else f"表里有 {len(table.headers)} 列：{'、'.join(shown[:15])}。"
                    ),
                    en=f"{rules['name']}: {table.name} has no column {key} for {field}. "
                    + (f"Did you mean “{near[0]}”?" if near else f"It has {len(shown)}: {', '.join(shown[:15])}."),
                )
            )
    have = {*found, *rules.get("constants", {})}
    if not have & {"amount", "gross"} or not have & {"order_id", "customer_id", "paid_at", "created_at"}:
        known = {plain(alias): alias for aliases in exports()["columns"].values() for alias in aliases}
        close = {header: get_close_matches(plain(header), known, 1, 0.6) for header in shown[:30]}
        guesses = [(header, known[near[0]]) for header, near in close.items() if near]
        zh = "、".join(f"“{header}”像 {alias}" for header, alias in guesses[:3])
        en = ", ".join(f"“{header}” looks like {alias}" for header, alias in guesses[:3])
        listed = shown[:12]
        raise ImportProblem(
            say(
                zh=f"{table.name} 不像订单表：至少要有金额列（如实付金额），和订单编号、客户编号、付款时间之一。"
                f"读到的表头：{'、'.join(listed)}。{zh + '。' if zh else ''}列名不同，请写一个映射文件说明哪列是什么。",
                en=f"{table.name} does not look like orders: it needs an amount (such as 实付金额) and an order id, "
                f"a customer id or a pay time. Headers read: {', '.join(listed)}. {en + '. ' if en else ''}"
                "If the names differ, say in a mapping file which column is which.",
            )
        )
    for field, position in found.items():
        _refuse_twins(table, field, position, rules)
    return found


def _refuse_twins(table: Table, field: str, position: int, rules: dict) -> None:
    """Two columns of one name are harmless when equal; otherwise nobody can say which is meant."""
    if table.header_row is None or isinstance(rules.get("columns", {}).get(field), int):
        return
    name = plain(table.headers[position])
    for other, header in enumerate(table.headers):
        if other != position and plain(header) == name:
            differ = cleaning.text(table.cells[position]).fillna("") != cleaning.text(table.cells[other]).fillna("")
            if differ.any():
                row = differ.index[differ][0]
                raise ImportProblem(
                    say(
                        zh=f"{table.name} 有两列都叫“{header}”（第 {position + 1} 列和第 {other + 1} 列），"
                        f"第 {row} 行起内容不同。请改名，或在映射文件里按位置写：{field} = {position + 1}。",
                        en=f"{table.name} has two columns called “{header}” ({position + 1} and {other + 1}) that differ "
                        f"from row {row} on. Rename one, or name it by position in a mapping: {field} = {position + 1}.",
                    )
                )


def _canonical(table: Table, number: int, rules: dict, aside: Aside, report: dict) -> pd.DataFrame:
    """One file's canonical rows; what cannot be read goes to `aside`, what was decided to `report`."""
    columns = _columns(table, rules)
    cells = table.cells
    blank = _is_blank(cells)
    cells = cells[~blank]
    if cells.empty:
        raise ImportProblem(
            say(zh=f"{table.name} 只有表头，没有订单。", en=f"{table.name} has a header and no orders below it.")
        )
    report["files"].append({
        "file": table.name,
        "kind": table.kind,
        "encoding": table.encoding,
        "separator": table.separator,
        "sheet": table.sheet,
        "header_row": table.header_row,
        "rows": len(cells),
        "blank_lines": int(blank.sum()),
    })
    constants = rules.get("constants", {})
    for field, position in columns.items():
        how = "mapping" if "columns" in rules else "name"
        report["columns"].setdefault(field, {"header": table.headers[position], "how": how})
    for field, value in constants.items():
        report["columns"].setdefault(field, {"header": str(value), "how": "constant"})

    frame = pd.DataFrame({"_file": table.name, "_number": number, "_row": cells.index}, index=cells.index)
    raw = {field: cells[position] for field, position in columns.items()}
    raw |= {field: pd.Series(str(value), index=cells.index) for field, value in constants.items()}
    frame = _drop_non_orders(frame, cells, raw, columns, table, aside)

    form, zone = rules.get("date_format"), rules.get("timezone")
    for field in [*MONEY, "items"]:
        if field in raw:
            values, bad = cleaning.money(raw[field][frame.index])
            frame[field] = values.round(2)
            if field != "items":
                frame = aside.put(frame, bad, "amount_unreadable", report["columns"][field]["header"], raw[field])
    for field in ("paid_at", "created_at"):
        if field in raw:
            frame[field], bad, forms = cleaning.dates(raw[field][frame.index], form, zone)
            header = report["columns"][field]["header"]
            frame = aside.put(frame, bad, "date_unreadable", header, raw[field])
            if forms:
                report["files"][-1].setdefault("date_forms", {})[field] = forms
    has_pay_column = "paid_at" in raw and bool(frame["paid_at"].notna().any() or "created_at" not in raw)
    if not has_pay_column:
        frame["paid_at"] = frame["created_at"] if "created_at" in raw else pd.Series(pd.NaT, index=frame.index)
        if "created_at" in raw:
            report["notes"].append(
                note(
                    f"{table.name} 没有付款时间，用下单时间（{report['columns']['created_at']['header']}）代替。",
                    f"{table.name} has no pay time; the order time ({report['columns']['created_at']['header']}) stands in.",
                )
            )
    for field in ("order_id", "customer_id"):
        frame[field], damaged = cleaning.ids(raw[field][frame.index]) if field in raw else (None, None)
        frame[f"_damaged_{field}"] = False if damaged is None else damaged
    for field in ("channel", "store_id", "phone", "status", "after_sale"):
        if field in raw:
            frame[field] = cleaning.text(raw[field][frame.index])
    from crmlab.settling import settle

    return settle(frame, raw.keys(), has_pay_column, table, rules, aside, report)


def _is_blank(cells: pd.DataFrame) -> pd.Series:
    blank = pd.Series(True, index=cells.index)
    for column in cells:
        todo = cells.loc[blank, column]
        if pd.api.types.is_string_dtype(todo.dtype):
            todo = todo.mask(todo.str.strip().eq(""))
        blank.loc[todo.index] = todo.isna()
    return blank


def _drop_non_orders(frame, cells, raw, columns, table: Table, aside: Aside) -> pd.DataFrame:
    """Total rows, headers met again further down, rows with more cells than the header."""
    if table.kind == "parquet":
        return frame
    words = {plain(word) for word in exports()["marks"]["total"]}
    first = cells.columns[0]
    is_total = pd.Series(False, index=cells.index)
    for position in {
        first,
        *(columns[f] for f in ("order_id", "customer_id", "paid_at", "created_at") if f in columns),
    }:
        short = cells.loc[cells[position].str.len() <= 20, position].str.strip().str.strip(":：")
        is_total.loc[short.index] |= short.isin([w for w in short.unique() if plain(w) in words])
    for field in ("paid_at", "created_at"):
        if field in columns:  # a customer may be called Total; a total row has no date
            has_date = cells[columns[field]].str.contains(r"\d", regex=True)
            is_total &= ~has_date
    frame = aside.put(frame, is_total, "total_row", value=cells[first])
    if table.header_row is not None:
        again = pd.Series(True, index=frame.index)
        for position in columns.values():
            again &= cells.loc[frame.index, position].str.strip().eq(table.headers[position])
        frame = aside.put(frame, again, "header_again", value=cells[first])
        width = max((n for n, header in enumerate(table.headers) if header), default=0) + 1
        extra = cells.loc[frame.index, [c for c in cells.columns if c >= width]]
        too_many = extra.ne("").any(axis=1)
        frame = aside.put(frame, too_many, "too_many_cells", value=extra.max(axis=1) if len(extra.columns) else None)
    return frame


def _drop_future(orders: pd.DataFrame, rules: dict, aside: Aside, report: dict) -> pd.DataFrame:
    """Dates that cannot have happened yet, judged by the mapping's ``latest`` or by the file itself.

    No clock is asked, so that a file gives the same result on every day and machine. Without ``latest``: at most 1 %
    of the orders (or 3) that come after a gap of at least 30 days and ten times the largest gap before it; with fewer
    than 20 dated orders only after a gap of ten years.
    """
    paid_at = orders["paid_at"]
    if "latest" in rules:
        try:
            last = pd.Timestamp(str(rules["latest"])).normalize()
        except ValueError:
            raise ImportProblem(
                say(zh='latest 应写成日期，如 "2026-06-30"。', en='latest must be a date such as "2026-06-30".')
            ) from None
    else:
        days = np.sort(paid_at.dropna().to_numpy().astype("datetime64[D]").astype("int64"))
        if len(days) < 2:
            return orders
        gaps = np.diff(days)
        start = len(days) - 1 - max(len(days) // 100, min(3, len(days) - 1))
        limit = max(30, 10 * int(gaps[:start].max(initial=0))) if len(days) >= 20 else 3650
        jumps = np.flatnonzero(gaps[start:] > limit)
        if not len(jumps):
            return orders
        last = pd.Timestamp(np.datetime64(int(days[start + jumps[0]]), "D"))
    future = paid_at >= last + pd.Timedelta(days=1)
    report["latest"] = {"day": str(last.date()), "from": "mapping" if "latest" in rules else "file"}
    return aside.put(orders, future, "date_future", "paid_at", paid_at.dt.strftime("%Y-%m-%d"))


def _once_each(orders: pd.DataFrame, aside: Aside, report: dict) -> tuple[pd.DataFrame, dict]:
    """Each order id once. Equal rows merge; a negative row lowers the order it names; else the last row read stands."""
    named = orders["_named"]
    content = [column for column in (*CORE, *OPTIONAL) if column in orders]
    equal_unnamed = int(orders.loc[~named].duplicated([c for c in content if c != "order_id"]).sum())
    if equal_unnamed:
        report["notes"].append(
            note(
                f"有 {equal_unnamed:,} 行与前面某行完全相同，但没有订单编号，无法断定是重复，都留下了。",
                f"{equal_unnamed:,} rows equal an earlier row but carry no order id, so they may be orders: all kept.",
            )
        )
    again = orders[named & orders.duplicated("order_id", keep=False)]
    merged = again.duplicated(content, keep="last")
    lines = again.loc[merged, "_row"].tolist()
    orders = orders.drop(index=merged.index[merged])
    again = again[~merged & again.duplicated("order_id", keep=False)]
    again = again[again.duplicated("order_id", keep=False)]
    credit = again["amount"] < 0
    if credit.any():
        orders, linked = _credit(orders, again, credit, aside)
        lines += linked
        again = again.loc[again.index.intersection(orders.index)]
    older = again.index[again.duplicated("order_id", keep="last")]
    if len(older):
        gone = orders.index.isin(older)
        money = float(orders.loc[gone, "amount"].sum())
        report["notes"].append(
            note(
                f"有 {len(older):,} 行的订单编号又出现在后面，内容不同：以最后一行为准，前面的搁置（金额合计 {money:,.2f}）。"
                "如果一行是一件商品而不是一单，请先按订单汇总。",
                f"{len(older):,} rows carry an order id that comes again with other content: the last row stands, "
                f"the earlier are set aside ({money:,.2f} in all). If a row is an item, not an order, sum by order first.",
            )
        )
        orders = aside.put(orders, pd.Series(gone, index=orders.index), "older_version", "order_id", orders["order_id"])
    return orders, {"rows": len(lines), "lines": lines[:20]}


def _credit(orders: pd.DataFrame, again: pd.DataFrame, credit: pd.Series, aside: Aside) -> tuple[pd.DataFrame, list]:
    """Take credit notes off the order whose id they carry (its last row); more than the order held is set aside."""
    target = again[~credit].drop_duplicates("order_id", keep="last")
    back = again[credit & again["order_id"].isin(target["order_id"])]
    total = target["order_id"].map(-back.groupby("order_id")["amount"].sum())
    fits = total.notna() & (total <= target["amount"] + CENT)
    rows = target.index[fits]
    orders = orders.copy()
    orders.loc[rows, "refund"] = (orders.loc[rows, "refund"] + total[fits]).round(2)
    orders.loc[rows, "amount"] = (orders.loc[rows, "amount"] - total[fits]).round(2)
    orders.loc[rows, "status"] = np.where(orders.loc[rows, "amount"] > 0, "part_refunded", "refunded")
    linked = back.index[back["order_id"].isin(target.loc[rows, "order_id"])]
    too_much = back.index.difference(linked)
    lines = orders.loc[linked, "_row"].tolist()
    orders = orders.drop(index=linked)
    beyond = pd.Series(orders.index.isin(too_much), index=orders.index)
    return aside.put(orders, beyond, "refund_exceeds_amount", "amount", orders["amount"].astype(str)), lines


def _describe(orders: pd.DataFrame, report: dict) -> None:
    """Damaged ids, customer key, dates and totals into the report."""
    known = orders["customer_id"].notna()
    report["damaged_ids"] = {field: int(orders[f"_damaged_{field}"].sum()) for field in ("order_id", "customer_id")}
    report["masked_customer_ids"] = int(orders["_masked"].sum())
    report["customer_key"] = {
        "header": report["columns"].get("customer_id", {}).get("header"),
        "customers": int(orders["customer_id"].nunique()),
        "rows_without": int((~known).sum()),
        "amount_without": round(float(orders.loc[~known, "amount"].sum()), 2),
    }
    dated = orders["paid_at"].dropna()
    report["dates"] = {
        "first": str(dated.min()) if len(dated) else None,
        "last": str(dated.max()) if len(dated) else None,
        "without_pay_time": int(orders["paid_at"].isna().sum()),
    }
    counted = counted_orders(orders)
    paid = orders["status"].isin(COUNTED | {"refunded"}) & (orders["gross"] >= 0)
    report["totals"] = {
        "orders": len(orders),
        "customers": int(orders["customer_id"].nunique()),
        **{column: round(float(orders[column].sum()), 2) for column in MONEY},
        "paid_orders": int(paid.sum()),
        "paid_gross": round(float(orders.loc[paid, "gross"].sum()), 2),
        "zero_orders": int((orders["amount"].eq(0) & orders["status"].isin(COUNTED)).sum()),
        "credit_notes": int((orders["amount"] < 0).sum()),
        "counted_orders": len(counted),
        "counted_customers": int(counted["customer_id"].nunique()),
        "counted_amount": round(float(counted["amount"].sum()), 2),
    }
    report["status"] = {status: int(n) for status, n in orders["status"].value_counts().items()}
