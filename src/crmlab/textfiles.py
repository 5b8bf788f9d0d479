"""Text files line by line and piece by piece: decoding without replacement, a scan of all lines, cells in pieces."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from crmlab.language import say
from crmlab.sources import ImportProblem, Source

ROWS = 100_000  # rows in memory as text at a time
_BLANKS = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())


class Damage(Exception):
    """A byte that is no character: its row, and the bytes around it."""

    def __init__(self, row: int, near: bytes) -> None:
        self.row, self.near = row, near

    def is_slight(self) -> bool:
        """Whether it is UTF-8 with a few damaged bytes, which as gb18030 would turn every Chinese cell into other words."""
        letters = self.near.decode("utf-8", errors="surrogateescape")
        broken = sum("\udc80" <= letter <= "\udcff" for letter in letters)
        return sum(letter > "\x7f" for letter in letters) - broken > 5 * broken


def decoded(source: Source, encoding: str, newline: str | None = "") -> io.TextIOWrapper:
    """The source as text; a byte that is no character raises UnicodeDecodeError."""
    text = io.TextIOWrapper(source.open(), encoding=encoding, newline=newline)
    text._CHUNK_SIZE = 2**18
    return text


@dataclass
class Scan:
    """What all the lines of a file say: how many there are, the most cells in one, whether the rows need a closer look."""

    lines: int = 0
    widest: int = 1
    tangled: bool = False
    quoted: bool = False


def scan_lines(source: Source, encoding: str, separator: str) -> Scan:
    """Read all lines once. Tangled: a blank line, or one with an odd number of quotation marks (`quoted`: a cell over two lines)."""
    lines = most = 0
    tangled, quoted, hollow = False, False, f'{separator}"{_BLANKS}'
    with decoded(source, encoding) as handle:
        try:
            for line in handle:
                lines += 1
                n = line.count(separator)
                if n > most:
                    most = n
                if not quoted and line.count('"') & 1:
                    tangled = quoted = True
                if not tangled and not line.strip(hollow):
                    tangled = True
        except UnicodeDecodeError as error:
            raise _damaged(source, handle, error, lines) from None
        except UnicodeError:  # said to be utf-16, and does not start like it
            raise Damage(1, b"") from None
    return Scan(lines, most + 1, tangled, quoted)


def refuse_loose_quotes(source: Source, encoding: str, separator: str) -> None:
    """A cell over several lines must end where a cell may end; a stray mark closes at the next one, in the middle of a cell."""
    csv.field_size_limit(2**31 - 1)
    row = 0
    with decoded(source, encoding) as handle:
        while True:
            records = csv.reader(handle, delimiter=separator, strict=True)
            begun = 0
            try:
                for _ in records:
                    row, begun = row + 1, records.line_num
                return
            except csv.Error:
                row += 1
                if records.line_num - begun > 1:
                    raise _open_quote(source.name, say(zh=f"第 {row} 行", en=f"row {row}")) from None


def _damaged(source: Source, handle: io.TextIOWrapper, error: UnicodeDecodeError, lines: int) -> Damage:
    end = handle.buffer.tell() - len(error.object) + error.start
    with source.open() as again:
        first = max(0, end - 50_000)
        for _ in range(first // 50_000):  # a packed file cannot be entered in its middle
            again.read(50_000)
        near = again.read(150_000)
    return Damage(lines + error.object[: error.start].count(b"\n") + 1, near)


class _Titled:
    """A text file with one line more at its top."""

    def __init__(self, title: str, rest: io.TextIOWrapper) -> None:
        self.start, self.rest = title + "\n" + rest.read(1).removeprefix("\ufeff"), rest

    def read(self, n: int = -1) -> str:
        start, self.start = self.start, ""
        return start or self.rest.read(n)

    def __iter__(self):
        return io.StringIO(self.read() + self.rest.read(), newline="")


def parse(source: Source, encoding: str, separator: str, keep: int, columns: Sequence[int]) -> Iterator[pd.DataFrame]:
    """The cells of `columns`, ROWS rows at a time, index = row number from 1; a short row is filled with "".

    A first line of our own names `keep` columns: so the parser takes rows of any length and lets go what is beyond.
    """
    options = {"sep": separator, "header": 0, "usecols": columns, "dtype": str, "na_filter": False}
    options |= {"skip_blank_lines": False, "index_col": False, "chunksize": ROWS}
    if len(separator.encode()) > 1:  # only pandas' slower parser knows it, and it wants each row cut
        options |= {"engine": "python", "on_bad_lines": lambda cells: cells[:keep]}
    title = separator.join(map(str, range(keep)))
    with decoded(source, encoding) as handle:
        try:
            for cells in pd.read_csv(_Titled(title, handle), **options):
                cells.columns = cells.columns.astype(int)
                cells.index += 1
                yield cells.fillna("")
        except pd.errors.ParserError as error:
            number = re.search(r"row (\d+)", str(error))
            row = say(zh=f"第 {number[1]} 行起", en=f"from row {number[1]} on") if number else str(error)
            raise _open_quote(source.name, row) from None


def first_records(text: str, separator: str) -> list[list[str]]:
    """The cells of the first 20 rows."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    csv.field_size_limit(2**31 - 1)
    records = []
    try:
        for record in csv.reader(io.StringIO(text), delimiter=separator):
            records.append(record or [""])
            if len(records) == 20:
                break
    except csv.Error:
        pass
    return records or [[""]]


def _open_quote(name: str, row: object) -> ImportProblem:
    return ImportProblem(
        zh=f"{name}：有一格的双引号只开不合，后面的行都被吞了进去（{row}）。请补上或删去这个引号。",
        en=f"{name}: a quotation mark opens a cell and never closes, so the rows after it are swallowed ({row}). "
        "Close that quotation mark or delete it.",
    )


def refuse_swallowed_rows(cells: pd.DataFrame, separator: str, width: int, name: str) -> None:
    """A stray quotation mark that closes at the next one swallows whole rows without a word: look for them."""
    for column in cells:
        broken = cells.loc[cells[column].str.contains("[\r\n]", regex=True), column]
        for row, cell in broken.items():
            if any(line.count(separator) >= max(width - 1, 1) for line in re.split("[\r\n]+", cell)[1:]):
                raise _open_quote(name, say(zh=f"第 {row} 行", en=f"row {row}"))
