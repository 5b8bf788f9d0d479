"""Orders from any export to the canonical table, with an account of every row.

Canonical orders: order_id, customer_id (text), paid_at (naive local time), gross, discount, refund,
amount = gross - discount - refund = what the shop keeps (0 of an order never paid), status; optional channel, store_id, phone, items.
Rows read = orders kept + rows merged + rows set aside; this is asserted on every import.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import narwhals as nw
import pandas as pd
from tqdm import tqdm

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.headers import find_columns, load_mapping, platform_of
from crmlab.import_report import capabilities, note, summarise
from crmlab.keys import key_quality
from crmlab.language import Said
from crmlab.reading import ImportProblem, Table, match_headers, open_table, unpack
from crmlab.settling import (
    CORE,
    DATE_FIELDS,
    ID_FIELDS,
    MONEY,
    MONEY_FIELDS,
    NUMBER_FIELDS,
    OPTIONAL,
    Aside,
    drop_future,
    once_each,
    settle,
)  # fmt: skip

__all__ = ["COUNTED", "STATUSES", "ImportProblem", "Imported", "capabilities", "counted_orders", "read_orders"]

STATUSES = ("paid", "shipped", "completed", "refunded", "part_refunded", "closed", "unpaid", "disputed")
COUNTED = frozenset({"paid", "shipped", "completed", "part_refunded", "disputed"})


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
    """Read order exports (.csv, .tsv, .txt, also gzipped, .xlsx, .xls, .parquet, .zip of these) into canonical orders.

    Headers are recognised by the names in ``exports.toml``; any other table needs a `mapping`
    (see :func:`crmlab.headers.load_mapping`). Several files are one table: the same order in two files counts once,
    as the later file has it. `progress` shows a bar. A text file is read in pieces: memory goes with the orders kept.
    Raises ImportProblem with one plain sentence if a file cannot be read as orders.
    """
    rules = load_mapping(mapping)
    files = [Path(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    if not files:
        raise ImportProblem(zh="没有给出订单文件。", en="No order file was given.")
    parts, aside, report = [], Aside(), {"files": [], "columns": {}, "paid_column": [], "notes": []}
    with tqdm(disable=not progress, total=0, unit="B", unit_scale=True, leave=False) as bar:
        try:
            for number, table in enumerate(_tables(files, rules, report, bar), start=1):
                parts.append(_canonical(table, number, rules, aside, report))
        except ImportProblem as problem:
            problem.report = report
            raise
    orders = drop_future(pd.concat(parts, ignore_index=True), rules, aside, report)
    del parts
    orders, merged = once_each(orders, aside, report)
    merged["rows"] += report.get("folded", {}).get("rows", 0)
    set_aside = aside.table().astype({"file": "str"})
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


def _tables(files: list[Path], rules: dict, report: dict, bar: tqdm) -> Iterator[Table]:
    """Every table of every file; what a zip holds besides goes to the report."""
    for path in files:
        bar.set_description(path.name)
        sources, skipped = unpack(path, bar.update)
        bar.total += 2 * path.stat().st_size  # once to check it, once to read it
        for source in sources:
            table = open_table(source, rules)
            if source.member and source.name.lower().endswith(".txt") and not match_headers(table.headers, rules):
                skipped.append(source.member)
            else:
                yield table
        if skipped:
            names = "、".join(skipped[:5])
            note(
                report,
                zh=f"{path.name} 里有 {len(skipped)} 个不是表格的文件没有读：{names}。",
                en=f"Files in {path.name} that are no tables and were not read: {len(skipped)} ({names.replace('、', ', ')}).",
            )


def _canonical(table: Table, number: int, rules: dict, aside: Aside, report: dict) -> pd.DataFrame:
    """One file's canonical rows; what cannot be read goes to `aside`, what was decided to `report`."""
    columns, platform = find_columns(table, rules), platform_of(table.headers, rules)
    facts = {name: getattr(table, name) for name in ("kind", "encoding", "separator", "sheet", "header_row")}
    entry = {"file": table.name, **facts, "packed": table.packed, "member": table.member, "rows": 0, "blank_lines": 0}
    how = "mapping" if "columns" in rules else "name"
    for field, position in columns.items():
        report["columns"].setdefault(field, {"header": table.headers[position], "how": how})
    for field, value in rules.get("constants", {}).items():
        report["columns"].setdefault(field, {"header": str(value), "how": "constant"})
    names = {plain(table.headers[position]) for position in columns.values()}
    same_name = {position for position, header in enumerate(table.headers) if plain(header) in names}
    typed = []
    for cells in table.chunks({0, *columns.values(), *same_name}):
        if same_name - set(columns.values()):
            find_columns(replace(table, cells=cells), rules)  # refuses columns of one name that differ
        if table.has_blank_rows:
            blank = _is_blank(cells)
            entry["blank_lines"] += int(blank.sum())
            cells = cells[~blank]
        entry["rows"] += len(cells)
        kept = replace(table, cells=cells)
        typed.append(_typed(kept, number, columns, rules, platform, aside, report, entry))
    if not entry["rows"]:
        raise ImportProblem(
            zh=f"{table.name} 只有表头，没有订单。", en=f"{table.name} has a header and no orders below it."
        )
    report["files"].append(entry)
    frame = pd.concat(typed)
    del typed
    raw = {*columns, *rules.get("constants", {})}
    has_pay_column = "paid_at" in raw and bool(frame["paid_at"].notna().any() or "created_at" not in raw)
    if not has_pay_column:
        frame["paid_at"] = frame["created_at"] if "created_at" in raw else pd.NaT
        if "created_at" in raw:
            header = report["columns"]["created_at"]["header"]
            note(
                report,
                zh=f"{table.name} 没有付款时间，用下单时间（{header}）代替。",
                en=f"{table.name} has no pay time; the order time ({header}) stands in.",
            )
    frame["paid_at"] = frame["paid_at"].astype("datetime64[us]")
    for field in ID_FIELDS if "line_id" in raw else ID_FIELDS[:2]:  # judged by the whole column
        frame[field], frame[f"_damaged_{field}"] = cleaning.ids(frame[field]) if field in raw else (None, False)
    return settle(frame, raw, has_pay_column, table.name, rules, aside, report, platform)


def _typed(
    table: Table,
    number: int,
    columns: dict[str, int],
    rules: dict,
    platform: dict,
    aside: Aside,
    report: dict,
    entry: dict,
) -> pd.DataFrame:
    """Some rows of a file with every field in its type; rows that are no orders or cannot be read go to `aside`."""
    cells = table.cells
    raw = {field: cells[position] for field, position in columns.items()}
    for field, value in rules.get("constants", {}).items():
        raw[field] = pd.Series(str(value), index=cells.index)
    frame = pd.DataFrame({"_number": number, "_row": cells.index}, index=cells.index)
    frame["_file"] = pd.Categorical.from_codes([0] * len(frame), [table.name])
    frame = _drop_non_orders(frame, cells, columns, table, aside)
    for field, column in raw.items():
        header = report["columns"][field]["header"]
        if field in (*MONEY_FIELDS, *NUMBER_FIELDS):
            values, bad = cleaning.money(column[frame.index], platform.get("decimal_comma", False))
            frame[field] = values if field == "unit_price" else values.round(2)
            if field in MONEY:
                frame = aside.put(frame, bad, "amount_unreadable", header, column)
        elif field in DATE_FIELDS:
            clock = rules.get("date_format"), rules.get("timezone"), platform.get("date_formats", ())
            frame[field], bad, forms = cleaning.dates(column[frame.index], *clock)
            frame = aside.put(frame, bad, "date_unreadable", header, column)
            for form, n in forms.items():
                seen = entry.setdefault("date_forms", {}).setdefault(field, {})
                seen[form] = seen.get(form, 0) + n
        else:
            frame[field] = cleaning.text(column[frame.index])
    return frame


def _is_blank(cells: pd.DataFrame) -> pd.Series:
    blank = pd.Series(True, index=cells.index)
    for column in cells:
        todo = cells.loc[blank, column]
        if pd.api.types.is_string_dtype(todo.dtype):
            todo = todo.mask(todo.str.strip().eq(""))
        blank.loc[todo.index] = todo.isna()
    return blank


def _drop_non_orders(
    frame: pd.DataFrame, cells: pd.DataFrame, columns: dict[str, int], table: Table, aside: Aside
) -> pd.DataFrame:
    """Total rows, headers met again further down, rows with more cells than the header."""
    if table.kind == "parquet":
        return frame
    words = [form for word in exports()["marks"]["total"] for form in (word, word.upper(), word.title())]
    dates = [columns[field] for field in ("paid_at", "created_at") if field in columns]
    first = cells.columns[0]
    is_total = pd.Series(False, index=cells.index)
    for position in {first, *dates, *(columns[field] for field in ("order_id", "customer_id") if field in columns)}:
        short = cells.loc[cells[position].str.len() <= 20, position].str.strip().str.strip(":：")
        is_total.loc[short.index] |= short.isin(words)
    for position in dates:  # a customer may be called Total; a total row has no date
        has_date = cells.loc[is_total, position].str.contains("[0-9]", regex=True)
        is_total.loc[has_date.index[has_date]] = False
    frame = aside.put(frame, is_total, "total_row", "", cells[first])
    if table.header_row is not None:
        again = pd.Series(True, index=frame.index)
        for position in columns.values():
            again &= cells.loc[frame.index, position].str.strip().eq(table.headers[position])
        frame = aside.put(frame, again, "header_again", "", cells[first])
    beyond = [position for position in cells if table.width and position >= table.width]
    if beyond:
        extra = cells.loc[frame.index, beyond]
        frame = aside.put(frame, extra.ne("").any(axis=1), "too_many_cells", "", extra.max(axis=1))
    return frame


def _describe(orders: pd.DataFrame, report: dict) -> None:
    """Damaged ids, customer key, dates and totals into the report."""
    known = orders["customer_id"].notna()
    report["damaged_ids"] = {field: int(orders[f"_damaged_{field}"].sum()) for field in ("order_id", "customer_id")}
    report["masked_customer_ids"] = int(orders["_masked"].sum())
    report["customer_key"] = {
        **key_quality(orders, report),
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
