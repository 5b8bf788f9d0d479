"""The files of the member-health report. Names are fixed; ids are text everywhere and stand here in full.

Everything but the time stamp of manifest.json is the same for the same input.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from crmlab import rfm
from crmlab.language import label, language, say
from crmlab.text import for_spreadsheet

FILES = ("report.html", "report.xlsx", "segments.csv", "import_report.json", "set_aside.csv", "manifest.json")
XLSX_ROWS = 100_000  # customers in the workbook; segments.csv always has all
_MONEY = {"monetary", "median_monetary", "revenue", "spend_per_head"}
_SHARES = {"customer_share", "revenue_share", "rate", "low", "high"}
VERSIONS = ("crmlab", "pandas", "numpy", "narwhals", "duckdb", "matplotlib", "papermill", "nbconvert", "xlsxwriter")


def clear(folder: Path) -> None:
    """Take away the report files of an earlier run, so that none can be mistaken for this one's."""
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


def segments(h) -> pd.DataFrame:
    """One row a customer, best spender first: the list that other systems read. Column names never change."""
    table = h.scored.sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)
    table["class_name"] = table["code"].map(rfm.class_name)
    columns = ["customer_id", "recency", "frequency", "monetary", "r", "f", "m", "code", "class_name", "segment"]
    return table[columns]


def write(h, out_dir: str | Path) -> None:
    """Write report.xlsx, segments.csv, import_report.json, set_aside.csv and manifest.json of one `Health`."""
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    table = segments(h)
    _csv(table, folder / "segments.csv")
    _csv(h.imported.set_aside, folder / "set_aside.csv")
    _json(h.imported.report, folder / "import_report.json")
    _workbook(h, table, folder / "report.xlsx")
    rows = {
        "orders": len(h.orders),
        "orders_counted": len(h.counted),
        "rows_set_aside": len(h.imported.set_aside),
        "customers": len(h.scored),
        "customers_by_class": h.scored["code"].value_counts().reindex(rfm.CLASSES, fill_value=0).to_dict(),
    }  # fmt: skip
    facts = {"as_of": f"{h.as_of:%Y-%m-%d}", "rule": h.rule, "cuts": h.cuts, "rows": rows}
    _manifest(folder, "done", "", h.parameters, h.sources, facts)


def write_refusal(folder: Path, sentence: str, parameters: dict, sources, report: dict, set_aside=None) -> None:
    """What is left when no report can be made: the import report, the rows set aside, and a manifest that says why."""
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    _json(report, folder / "import_report.json")
    if set_aside is not None:
        _csv(set_aside, folder / "set_aside.csv")
    _manifest(folder, "refused", sentence, parameters, sources, {})


def seal(folder: Path) -> None:
    """Enter the files now in `folder` into its manifest: to be called after report.html was added."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["outputs"] = _outputs(folder)
    _json(manifest, path)


def _manifest(folder: Path, status: str, message: str, parameters: dict, sources, facts: dict) -> None:
    """`parameters` may hold paths; sources are named without their folders."""
    manifest = {
        "template": "member_health",
        "status": status,
        "message": message,
        "language": language(),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": parameters,
        **facts,
        "versions": {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in VERSIONS},
        "inputs": [_fingerprint(Path(path)) for path in (*sources, parameters["mapping_file"], parameters["cuts_file"]) if path],
        "outputs": _outputs(folder),
    }  # fmt: skip
    _json(manifest, folder / "manifest.json")


def _outputs(folder: Path) -> list[dict]:
    return [_fingerprint(folder / name) for name in FILES if name != "manifest.json" and (folder / name).exists()]


def _fingerprint(path: Path) -> dict:
    if not path.is_file():
        return {"name": path.name, "bytes": None, "sha256": None}
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def _json(value, path: Path) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _csv(table: pd.DataFrame, path: Path) -> None:
    """For people and spreadsheets: UTF-8 with a mark, text that looks like a formula disarmed."""
    texts = table.select_dtypes(["object", "str", "category"]).columns
    table.assign(**{name: table[name].astype(object).map(for_spreadsheet) for name in texts}).to_csv(
        path, index=False, encoding="utf-8-sig", lineterminator="\r\n", float_format="%.2f"
    )


def _workbook(h, customers: pd.DataFrame, path: Path) -> None:
    """Sheets: summary, eight classes, R x F grid, what classes did, moves, customers, cuts. Ids are text cells."""
    safe = {f"strings_to_{kind}": False for kind in ("formulas", "urls", "numbers")} | {"nan_inf_to_errors": True}
    with pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": safe}) as writer:
        book = writer.book
        book.set_properties({"created": h.as_of.to_pydatetime()})  # the time of writing would change the file's hash
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#E3E7EB", "text_wrap": True, "valign": "top", "border": 1, "border_color": "#B4BCC4"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "money": book.add_format({"num_format": "¥#,##0.00"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "text": book.add_format({"num_format": "@"}),
        }  # fmt: skip
        for name, table in _sheets(h, customers):
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
            else "share" if column in _SHARES
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


def _sheets(h, customers: pd.DataFrame):
    from crmlab import findings, health

    sections = [
        (say(zh="三个发现", en="Three findings"), findings.findings(h)),
        (say(zh="周一做什么", en="What to do on Monday"), findings.monday_lines(h)),
        (say(zh="说不准的", en="What we cannot tell"), findings.unknowns(h)),
        (say(zh="范围", en="Scope"), [findings.headline(h)]),
    ]
    if len(customers) > XLSX_ROWS:
        sections[-1][1].append(
            say(
                zh=f"“客户”表只放付得最多的 {XLSX_ROWS:,} 位，全部名单见 segments.csv。",
                en=f"The sheet of customers holds the {XLSX_ROWS:,} who paid most; segments.csv has all.",
            )
        )
    part, sentence = say(zh="部分", en="part"), say(zh="内容", en="sentence")
    # Markdown marks mean nothing in a cell
    lines = [(head, re.sub(r"\*\*|`|\\(?=[^\w\s])", "", str(line))) for head, found in sections for line in found]
    yield say(zh="摘要", en="Summary"), pd.DataFrame(lines, columns=[part, sentence])
    yield say(zh="八类", en="Classes"), health.class_table(h)
    cells = rfm.class_table(h.scored, by="segment")
    yield say(zh="R×F 格", en="R x F grid"), cells.assign(segment=cells["segment"].map(rfm.segment_name))
    if h.returns is not None:
        yield say(zh="上一季做了什么", en="Last quarter"), health.returns_table(h)
        yield say(zh="换类", en="Moves"), health.moves_table(h)
    yield say(zh="客户", en="Customers"), customers.head(XLSX_ROWS)
    yield say(zh="切点", en="Cuts"), health.cuts_table(h)
