"""Bytes to a table of text: what kind of file it is, its encoding and separator, where its header stands."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from crmlab.cleaning import exports, plain
from crmlab.language import say
from crmlab.text import Problem, closest

EXTRA = 30  # cells beyond the header that are still read, so that a broken row can be set aside and shown


class ImportProblem(Problem):
    """The file cannot be read as orders. ``report`` is the import report up to there, if any."""

    report: dict | None = None


@dataclass
class Table:
    """A file as text. ``cells``: columns 0..n-1, index = row number as a spreadsheet shows it, the header left out."""

    name: str
    kind: str
    cells: pd.DataFrame
    headers: list[str] = field(default_factory=list)
    header_row: int | None = None
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    width: int | None = None  # cells of the header, where the bytes say


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, or an ImportProblem that says what stands there instead."""
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if each.suffix.lower() in {".csv", ".parquet", ".xlsx"})
        raise ImportProblem(
            zh=f"{path} 是文件夹，不是订单文件。请给出里面的文件，例如：{'、'.join(names[:3]) or '—'}。",
            en=f"{path} is a folder, not an order file. Name the files in it, such as: {', '.join(names[:3]) or '—'}.",
        )
    try:
        return path.read_bytes()
    except FileNotFoundError:
        near = closest(path.name, [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else [])
        raise ImportProblem(
            zh=f"找不到文件 {path}。{f'是不是 {near}？' if near else '请核对路径。'}",
            en=f"There is no file {path}. {f'Did you mean {near}?' if near else 'Check the path.'}",
        ) from None
    except OSError as error:
        raise ImportProblem(
            zh=f"打不开 {path}（{error.strerror}）。文件是不是还开在 Excel 里？",
            en=f"{path} cannot be opened ({error.strerror}). Is it still open in Excel?",
        ) from None


def read_table(path: Path, mapping: dict) -> Table:
    """One file as a table of text. The bytes decide the kind, not the file's ending. Raises ImportProblem."""
    data, name = read_bytes(path), path.name
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            raise _not_a_table(name, "gzip（已损坏）", "a damaged gzip file") from None
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise ImportProblem(zh=f"{name} 是空文件，里面没有任何一行。", en=f"{name} is empty: it has no row at all.")
    head = data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data[:4] == b"PAR1":
        return _parquet(data, name)
    if data[:4] == b"PK\x03\x04":
        return _workbook(data, name, mapping)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _not_a_table(name, "旧版 Excel（.xls）", "an old Excel workbook (.xls)")
    if head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise _not_a_table(name, "网页（HTML/XML）", "a web page (HTML or XML)")
    if head.startswith(b"%pdf"):
        raise _not_a_table(name, "PDF", "a PDF")
    text, encoding = decode(data, name, mapping.get("encoding"))
    text = text.removeprefix("\ufeff")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    table = _fixed_width(text, name, mapping) if "widths" in mapping else _delimited(text, name, mapping)
    table.encoding = encoding
    return table


def _not_a_table(name: str, zh: str, en: str) -> ImportProblem:
    return ImportProblem(
        zh=f"{name} 其实是{zh}，不是 CSV。请用 Excel 或 WPS 打开，另存为 .xlsx 或“CSV UTF-8”再导入。",
        en=f"{name} is really {en}, not a CSV. Open it in Excel or WPS and save it as .xlsx or CSV UTF-8.",
    )


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """Text and encoding: utf-8-sig, gb18030, utf-16 in that order; never with replacement characters.

    A UTF-8 file with a few damaged bytes would pass as gb18030 and turn every Chinese cell into other words, so it is
    refused with the row of the first damage.
    """
    if encoding:
        trials = [encoding]
    elif data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        trials = ["utf-16"]
    elif data[:200].count(0) > len(data[:200]) // 4:
        trials = ["utf-16-le" if data[1:200:2].count(0) > data[:200:2].count(0) else "utf-16-be"]
    else:
        trials = exports()["marks"]["encodings"]
    for trial in trials:
        try:
            return data.decode(trial), trial
        except UnicodeDecodeError as error:
            row = data[: error.start].count(b"\n") + 1
            if trial == "utf-8-sig":
                near = data[max(0, error.start - 50_000) : error.start + 50_000]
                letters = near.decode("utf-8", errors="surrogateescape")
                broken = sum("\udc80" <= letter <= "\udcff" for letter in letters)
                whole = sum(letter > "\x7f" for letter in letters) - broken
                if whole > 5 * broken:
                    break
    raise ImportProblem(
        zh=f"{name} 第 {row} 行有损坏的字符，按 {trial} 读不出来。请从平台重新导出，或另存为“CSV UTF-8”。",
        en=f"{name}, row {row}: there is a damaged character that cannot be read as {trial}. "
        "Export the file again, or save it as CSV UTF-8.",
    )


def _delimited(text: str, name: str, mapping: dict) -> Table:
    csv.field_size_limit(2**31 - 1)
    separators = [mapping["separator"]] if "separator" in mapping else exports()["marks"]["delimiters"]
    best: tuple = ()
    for separator in separators:
        records = _first_records(text, separator)
        row, hits = _header_row(records, mapping)
        rank = (hits, len(records[row]) if mapping.get("header", True) else min(len(each) for each in records))
        if not best or rank > best[0]:
            best = (rank, separator, records, row)
    _, separator, records, row = best
    width = len(records[row])
    body = io.BytesIO(text.encode("utf-8"))
    widest = max(line.count(separator.encode()) for line in body) + 1
    body.seek(0)
    keep = min(max(widest, width), width + EXTRA)
    options = {"header": None, "dtype": str, "na_filter": False, "skip_blank_lines": False, "encoding": "utf-8"}
    options |= {"sep": separator, "index_col": False, "names": range(keep)}
    if widest > keep:  # only pandas' slower parser can cut a row short
        options |= {"engine": "python", "on_bad_lines": lambda cells: cells[:keep]}
    try:
        cells = pd.read_csv(body, **options).fillna("")
    except pd.errors.ParserError as error:
        raise _open_quote(name, str(error)) from None
    cells.index += 1
    _refuse_swallowed_rows(cells, separator, width, name)
    return _with_header(Table(name, "csv", cells, separator=separator, width=width), row, mapping)


def _first_records(text: str, separator: str) -> list[list[str]]:
    records = []
    try:
        for record in csv.reader(io.StringIO(text[:400_000]), delimiter=separator):
            records.append(record or [""])
            if len(records) == 20:
                break
    except csv.Error:
        pass
    return records or [[""]]


def match_headers(headers: Sequence[str], rules: dict) -> dict[str, int]:
    """Field -> position of its column: as the mapping says, else by the first known name that a header has."""
    names = [plain(str(header).strip()) for header in headers]
    if "columns" in rules:
        found = {
            field: key - 1 if isinstance(key, int) else names.index(plain(key))
            for field, key in rules["columns"].items()
            if isinstance(key, int) or plain(key) in names
        }
        return {field: position for field, position in found.items() if 0 <= position < len(names)}
    found = {}
    for field_, aliases in exports()["columns"].items():
        position = next((names.index(plain(alias)) for alias in aliases if plain(alias) in names), None)
        if position is not None and position not in found.values() and field_ not in rules.get("constants", {}):
            found[field_] = position
    return found


def _header_row(records: list[list[str]], mapping: dict) -> tuple[int, int]:
    """The row, from 0, whose cells are most often known headers, and how many are; else the row with most cells."""
    if not mapping.get("header", True):
        return 0, 0
    hits = [len(match_headers(record, mapping)) for record in records]
    filled = [sum(bool(cell.strip()) for cell in record) for record in records]
    best = hits if max(hits) > 0 else filled
    return best.index(max(best)), max(hits)


def _with_header(table: Table, row: int, mapping: dict) -> Table:
    """Take the header out of the cells; `row` counts from 0."""
    if mapping.get("header", True):
        table.header_row = row + 1
        table.headers = [plain_title(cell) for cell in table.cells.iloc[row]]
        table.cells = table.cells.iloc[row + 1 :]
    else:
        table.headers = [f"#{n}" for n in range(1, table.cells.shape[1] + 1)]
    return table


def plain_title(cell: object) -> str:
    """A header as it is shown: no byte-order mark, no blanks around it."""
    return str(cell).strip().strip("\ufeff").strip()


def _open_quote(name: str, row: object) -> ImportProblem:
    return ImportProblem(
        zh=f"{name}：有一格的双引号只开不合，后面的行都被吞了进去（{row}）。请补上或删去这个引号。",
        en=f"{name}: a quotation mark opens a cell and never closes, so the rows after it are swallowed ({row}). "
        "Close that quotation mark or delete it.",
    )


def _refuse_swallowed_rows(cells: pd.DataFrame, separator: str, width: int, name: str) -> None:
    """A stray quotation mark that closes at the next one swallows whole rows without a word: look for them."""
    for column in cells:
        broken = cells.loc[cells[column].str.contains("\n", regex=False), column]
        swallowed = broken[broken.str.contains("\n.*" + (f"[{separator}].*" * max(width - 1, 1)), regex=True)]
        if len(swallowed):
            row = swallowed.index[0]
            raise _open_quote(name, say(zh=f"第 {row} 行", en=f"row {row}"))


def _fixed_width(text: str, name: str, mapping: dict) -> Table:
    lines = pd.Series(text.split("\n"), dtype="str").str.rstrip("\r\x1a")
    ends = [sum(mapping["widths"][:n]) for n in range(len(mapping["widths"]) + 1)]
    cells = pd.DataFrame({
        n: lines.str.slice(start, end).str.strip()
        for n, (start, end) in enumerate(zip(ends, [*ends[1:], None], strict=True))
    })
    cells.index += 1
    return _with_header(Table(name, "fixed width", cells), 0, {"header": False, **mapping})


def _workbook(data: bytes, name: str, mapping: dict) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.namelist()
        if "xl/workbook.xml" not in inside:
            raise ImportProblem(
                zh=f"{name} 其实是 zip 压缩包（里面有 {'、'.join(inside[:3])}）。请先解压，再导入里面的文件。",
                en=f"{name} is really a zip archive (holding {', '.join(inside[:3])}). Unpack it first.",
            )
        sheets = pd.read_excel(io.BytesIO(data), sheet_name=None, header=None, dtype=str, na_filter=False)
    except ImportProblem:
        raise
    except Exception as error:  # openpyxl raises many kinds on a damaged workbook
        raise ImportProblem(
            zh=f"{name} 是损坏的 Excel 文件：{error}。", en=f"{name} is a damaged Excel workbook: {error}."
        ) from None
    rows = {sheet: _header_row(cells.head(20).values.tolist() or [[""]], mapping) for sheet, cells in sheets.items()}
    sheet = max(sheets, key=lambda each: (rows[each][1], len(sheets[each])))
    cells = sheets[sheet]
    if cells.empty:
        raise ImportProblem(zh=f"{name} 的工作表都是空的。", en=f"Every sheet of {name} is empty.")
    cells.index += 1
    return _with_header(Table(name, "xlsx", cells, sheet=sheet), rows[sheet][0], mapping)


def _parquet(data: bytes, name: str) -> Table:
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except Exception as error:  # pyarrow's errors have no common base of their own
        raise ImportProblem(
            zh=f"{name} 是损坏的 Parquet 文件：{error}。", en=f"{name} is a damaged Parquet file: {error}."
        ) from None
    headers = [plain_title(column) for column in frame.columns]
    frame.columns = range(frame.shape[1])
    frame.index = range(1, len(frame) + 1)
    return Table(name, "parquet", frame, headers)
