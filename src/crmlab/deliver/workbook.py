"""report.xlsx: the report's sentences and tables as sheets; ids are text cells."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from crmlab import rfm
from crmlab.language import label, say
from crmlab.text import unmarked

XLSX_ROWS = 100_000  # customers in the workbook; segments.csv always has all
_MONEY = {"monetary", "median_monetary", "revenue", "spend_per_head", "gross", "refund", "amount"}
_SHARES = {"customer_share", "revenue_share", "rate", "low", "high", "share"}


def write_workbook(h, customers: pd.DataFrame | None, path: Path, plan=None) -> None:
    """Sheets: summary, sales by time, channel and store; of customers eight classes, R x F grid, retention, repurchase, what classes
    did, moves, tags, win-back (`crmlab.recall.Plan`), all, cuts."""
    safe = {f"strings_to_{kind}": False for kind in ("formulas", "urls", "numbers")} | {"nan_inf_to_errors": True}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": safe}) as writer:
        book = writer.book
        book.set_properties({
            "created": (h.as_of or pd.Timestamp(2000, 1, 1)).to_pydatetime()
        })  # the time of writing would change the file's hash
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#E3E7EB", "text_wrap": True, "valign": "top", "border": 1, "border_color": "#B4BCC4"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "money": book.add_format({"num_format": "¥#,##0.00"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "text": book.add_format({"num_format": "@"}),
        }  # fmt: skip
        for name, table in _sheets(h, customers, plan):
            _sheet(writer, styles, name, table)


def _sheet(writer: pd.ExcelWriter, styles: dict, name: str, table: pd.DataFrame) -> None:
    table.to_excel(writer, sheet_name=name, index=False, header=False, startrow=1)
    sheet = writer.sheets[name]
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for i, column in enumerate(table.columns):
        title = label(column)
        sheet.write_string(0, i, title, styles["head"])
        kind = (
            "money" if column in _MONEY
            else "share" if column in (*_SHARES, *table.attrs.get("shares", ()))
            else "text" if column == "customer_id"
            else "count" if pd.api.types.is_numeric_dtype(table[column])
            else "wrap"
        )  # fmt: skip
        longest = max((_width(value) for value in table[column].head(1000)), default=0)
        sheet.set_column(i, i, min(max(longest, _width(title), 9) + 2, 90), styles[kind])
    if len(table) > 20:
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)


def _width(value: object) -> int:
    """Columns a value takes on screen: a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in str(value))


def _sheets(h, customers: pd.DataFrame | None, plan):
    from crmlab import findings, health, recall, returning, sales
    from crmlab.deliver import tags

    sections = [
        (say(zh="发现了什么", en="Findings"), findings.findings(h)),
        *([(say(zh="周一做什么", en="What to do on Monday"), findings.monday_lines(h))] if h.by_customer else []),
        (say(zh="说不准的", en="What we cannot tell"), findings.unknowns(h)),
        (say(zh="范围", en="Scope"), [findings.headline(h)]),
    ]
    if returning.long_enough(h):
        sections.insert(
            1, (say(zh="留存和复购", en="Retention and repurchase"), [returning.stayed(h), returning.again(h)])
        )
    if h.tagged is not None:
        sections.insert(-2, (say(zh="标签", en="Tags"), tags.sentences(h.tagged)))
    if plan is not None:
        sections.insert(-2, (say(zh="召回计划", en="Win-back plan"), recall.sentences(plan)))
    if customers is not None and len(customers) > XLSX_ROWS:
        sections[-1][1].append(
            say(
                zh=f"“客户”表只放付得最多的 {XLSX_ROWS:,} 位，全部名单见 segments.csv。",
                en=f"The sheet of customers holds the {XLSX_ROWS:,} who paid most; segments.csv has all.",
            )
        )
    part, sentence = say(zh="部分", en="part"), say(zh="内容", en="sentence")
    lines = [(head, unmarked(line)) for head, found in sections for line in found]
    yield say(zh="摘要", en="Summary"), pd.DataFrame(lines, columns=[part, sentence])
    if h.by_customer:
        yield say(zh="八类", en="Classes"), health.class_table(h)
        cells = rfm.class_table(h.scored, by="segment")
        yield say(zh="R×F 格", en="R x F grid"), cells.assign(segment=cells["segment"].map(rfm.segment_name))
    for name, table in (
        (say(zh="按时间", en="By time"), sales.periods_table(h)),
        (say(zh="按渠道", en="By channel"), sales.groups_table(h, "channel")),
        (say(zh="按门店", en="By store"), sales.groups_table(h, "store_id")),
    ):
        if table is not None:
            yield name, table
    if returning.long_enough(h):
        yield say(zh="留存", en="Retention"), returning.triangle_table(h)
        yield say(zh="复购", en="Repurchase"), returning.steps_table(h)
    if h.returns is not None:
        yield say(zh="上一季做了什么", en="Last quarter"), health.returns_table(h)
        yield say(zh="换类", en="Moves"), health.moves_table(h)
    if h.tagged is not None:
        yield say(zh="标签", en="Tags"), tags.coverage(h.tagged)
    if plan is not None:
        yield say(zh="召回名单", en="Win-back list"), recall.account_table(plan)
    if h.by_customer:
        yield say(zh="客户", en="Customers"), customers.head(XLSX_ROWS)
        yield say(zh="切点", en="Cuts"), health.cuts_table(h)
