"""A file to a table of text, a piece at a time: what kind it is, its encoding and separator, where its header stands."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pandas as pd

from crmlab import textfiles
from crmlab.cleaning import exports, plain
from crmlab.sources import LIMIT, ImportProblem, Source, damaged, most_unpacked, read_bytes, too_large, unpack
from crmlab.textfiles import (
    Damage,
    decoded,
    first_records,
    parse,
    refuse_loose_quotes,
    refuse_swallowed_rows,
    scan_lines,
)

__all__ = ["ImportProblem", "Source", "Table", "match_headers", "open_table", "read_bytes", "read_table", "unpack"]

EXTRA = 30  # cells beyond the header that are still read, so that a broken row can be set aside and shown
HEAD = 400_000  # characters in which the header must stand
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError)


@dataclass
class Table:
    """A file as text. ``cells``: columns 0..n-1, index = row number as a spreadsheet shows it, the header left out.

    ``stream`` gives the cells of a text file in pieces; ``cells`` then holds the first rows alone.
    """

    name: str
    kind: str
    cells: pd.DataFrame
    headers: list[str] = field(default_factory=list)
    header_row: int | None = None
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    width: int | None = None  # cells of the header, where the bytes say
    packed: str | None = None
    member: str | None = None
    has_blank_rows: bool = True  # False: it is known that there are none
    stream: Callable[[Collection[int] | None], Iterator[pd.DataFrame]] | None = None

    def chunks(self, wanted: Collection[int] | None = None) -> Iterator[pd.DataFrame]:
        """All cells, piece by piece; columns that are not `wanted` may be left out, unless a row may be blank."""
        return self.stream(wanted) if self.stream else iter([self.cells])


def read_table(path: Path, mapping: dict) -> Table:
    """The one table of a file, as a whole. Raises ImportProblem; so does a zip of several tables."""
    sources, _ = unpack(path)
    if len(sources) > 1:
        names = [source.member for source in sources[:3]]
        raise ImportProblem(
            zh=f"{path.name} 里有 {len(sources)} 个表（{'、'.join(names)} 等）。请解压，只给出要用的那一个。",
            en=f"{path.name} holds {len(sources)} tables ({', '.join(names)} ...). Unpack it and give the one to use.",
        )
    table = open_table(sources[0], mapping)
    table.cells, table.stream = pd.concat(list(table.chunks())), None
    return table


def open_table(source: Source, mapping: dict) -> Table:
    """One source as a table of text, to be read with :meth:`Table.chunks`. Raises ImportProblem."""
    try:
        table = _open(source, mapping)
    except _BROKEN:
        raise damaged(source.name, source.packed or source.name.rpartition(".")[2]) from None
    table.packed, table.member = source.packed, source.member
    return table


def _open(source: Source, mapping: dict) -> Table:
    name, whole = source.name, source.open
    with source.open() as handle:
        head = handle.read(4000)
        block = head
        while block and not block.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
            block = handle.read(2**20)
    if not block:
        raise ImportProblem(zh=f"{name} 是空文件，里面没有任何一行。", en=f"{name} is empty: it has no row at all.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head[:4] == b"PAR1":
        return _parquet(whole, name)
    if head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _workbook(whole, name, mapping, "xlsx" if head[:2] == b"PK" else "xls")
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise _not_a_table(name, "网页（HTML/XML）", "a web page (HTML or XML)")
    if start.startswith(b"%pdf"):
        raise _not_a_table(name, "PDF", "a PDF")
    if head[:4] == b"Rar!" or head[:4] == b"7z\xbc\xaf":
        raise ImportProblem(
            zh=f"{name} 是 RAR 或 7z 压缩包，读不了。请先解压，再导入里面的文件。",
            en=f"{name} is a RAR or 7z archive, which cannot be read. Unpack it first.",
        )
    return _text(source, mapping, head)


def _not_a_table(name: str, zh: str, en: str) -> ImportProblem:
    return ImportProblem(
        zh=f"{name} 其实是{zh}，不是 CSV。请用 Excel 或 WPS 打开，另存为 .xlsx 或“CSV UTF-8”再导入。",
        en=f"{name} is really {en}, not a CSV. Open it in Excel or WPS and save it as .xlsx or CSV UTF-8.",
    )


def _text(source: Source, mapping: dict, head: bytes) -> Table:
    """Try the encodings utf-8-sig, gb18030, utf-16 in that order, on the whole file; never with replacement characters."""
    if "encoding" in mapping:
        trials = [mapping["encoding"]]
    elif head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        trials = ["utf-16"]
    elif head[:200].count(0) > len(head[:200]) // 4:
        trials = ["utf-16-le" if head[1:200:2].count(0) > head[:200:2].count(0) else "utf-16-be"]
    else:
        trials = [each for each in exports()["marks"]["encodings"] if each != "utf-16"]
        trials += ["utf-16-le"] if 0 in head else []  # without a mark: a comma or line end of it holds a zero
    for encoding in trials:
        try:
            table = (_fixed_width if "widths" in mapping else _delimited)(source, encoding, mapping)
        except Damage as found:
            damage = found
            if encoding == "utf-8-sig" and damage.is_slight():
                break
        else:
            table.encoding = encoding
            return table
    raise ImportProblem(
        zh=f"{source.name} 第 {damage.row} 行有损坏的字符，按 {encoding} 读不出来。请从平台重新导出，或另存为“CSV UTF-8”。",
        en=f"{source.name}, row {damage.row}: there is a damaged character that cannot be read as {encoding}. "
        "Export the file again, or save it as CSV UTF-8.",
    )


def _delimited(source: Source, encoding: str, mapping: dict) -> Table:
    with decoded(source, encoding) as handle:
        try:
            head = handle.read(HEAD).removeprefix("\ufeff")
        except UnicodeError:
            head = ""  # the scan below says where
    separators = [mapping["separator"]] if "separator" in mapping else exports()["marks"]["delimiters"]
    best: tuple = ()
    for separator in separators:
        records = first_records(head, separator)
        row, hits = _header_row(records, mapping)
        rank = (hits, len(records[row]) if mapping.get("header", True) else min(len(each) for each in records))
        if not best or rank > best[0]:
            best = (rank, separator, records, row)
    _, separator, records, row = best
    width = len(records[row])
    first = pd.DataFrame(map(dict, map(enumerate, records)), dtype="str").fillna("")
    first.index += 1
    table = _with_header(Table(source.name, "csv", first, separator=separator, width=width), row, mapping)
    table.headers = table.headers[:width]
    scan = scan_lines(source, encoding, separator)
    table.has_blank_rows = scan.tangled
    if scan.quoted:
        refuse_loose_quotes(source, encoding, separator)

    def stream(wanted: Collection[int] | None) -> Iterator[pd.DataFrame]:
        whole, seen = wanted is None or scan.tangled, 0
        # a row of several lines may be wider than any line
        keep = width + EXTRA if scan.tangled else min(max(scan.widest, width), width + EXTRA)
        columns = range(keep) if whole else sorted({*wanted, *range(width, keep)})
        for cells in parse(source, encoding, separator, keep, columns):
            if whole:
                refuse_swallowed_rows(cells, separator, width, source.name)
            seen += len(cells)
            yield cells.loc[(table.header_row or 0) + 1 :]
        if not whole and seen != scan.lines:
            for cells in parse(source, encoding, separator, keep, range(keep)):
                refuse_swallowed_rows(cells, separator, width, source.name)

    table.stream = stream
    return table


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


def _fixed_width(source: Source, encoding: str, mapping: dict) -> Table:
    ends = [sum(mapping["widths"][:n]) for n in range(len(mapping["widths"]) + 1)]
    scan_lines(source, encoding, "\n")

    def stream(wanted: Collection[int] | None = None) -> Iterator[pd.DataFrame]:
        row = 1
        with decoded(source, encoding, None) as handle:
            while lines := list(islice(handle, textfiles.ROWS)):
                text = pd.Series(lines, dtype="str", index=range(row, row + len(lines))).str.rstrip("\r\n\x1a")
                row += len(lines)
                yield pd.DataFrame({
                    n: text.str.slice(start, end).str.strip()
                    for n, (start, end) in enumerate(zip(ends, [*ends[1:], None], strict=True))
                }).loc[(table.header_row or 0) + 1 :]

    table = Table(source.name, "fixed width", pd.DataFrame())
    table.cells = next(stream(), pd.DataFrame(columns=range(len(ends)), dtype="str"))
    table = _with_header(table, 0, {"header": False, **mapping})
    table.stream = stream
    return table


def _workbook(whole: Callable, name: str, mapping: dict, kind: str) -> Table:
    with whole() as handle:
        data = io.BytesIO(handle.read())
    try:
        if kind == "xlsx":
            with zipfile.ZipFile(data) as archive:
                if sum(info.file_size for info in archive.infolist()) > most_unpacked(
                    data.getbuffer().nbytes, LIMIT // 8
                ):
                    raise too_large(name)
                if bad := archive.testzip():  # unpacks all of it and stops where more comes than was stated above
                    raise zipfile.BadZipFile(bad)
        sheets = pd.read_excel(data, sheet_name=None, header=None, dtype=str, na_filter=False, engine="calamine")
    except ImportProblem:
        raise
    except Exception as error:  # the reader and pandas raise many kinds on a damaged workbook
        raise ImportProblem(
            zh=f"{name} 是损坏的 Excel 文件（.{kind}），或者有密码：{error}。请用 Excel 或 WPS 打开，去掉密码，另存为 .xlsx。",
            en=f"{name} is a damaged Excel workbook (.{kind}), or one with a password: {error}. "
            "Open it in Excel or WPS and save it as .xlsx without a password.",
        ) from None
    rows = {sheet: _header_row(cells.head(20).values.tolist() or [[""]], mapping) for sheet, cells in sheets.items()}
    sheet = max(sheets, key=lambda each: (rows[each][1], len(sheets[each])))
    cells = sheets[sheet]
    if cells.empty:
        raise ImportProblem(zh=f"{name} 的工作表都是空的。", en=f"Every sheet of {name} is empty.")
    cells.index += 1
    return _with_header(Table(name, kind, cells, sheet=sheet), rows[sheet][0], mapping)


def _parquet(whole: Callable, name: str) -> Table:
    with whole() as handle:
        data = io.BytesIO(handle.read())
    try:
        frame = pd.read_parquet(data)
    except Exception as error:  # pyarrow's errors have no common base of their own
        raise ImportProblem(
            zh=f"{name} 是损坏的 Parquet 文件：{error}。", en=f"{name} is a damaged Parquet file: {error}."
        ) from None
    headers = [plain_title(column) for column in frame.columns]
    frame.columns = range(frame.shape[1])
    frame.index = range(1, len(frame) + 1)
    return Table(name, "parquet", frame, headers)
