"""Files as streams of bytes: as they lie there, gzipped, or as members of a zip. Nothing is unpacked as a whole."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from crmlab.language import say
from crmlab.text import Problem, closest

TABLES = {".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet"}
ARCHIVES = {".zip", ".gz", ".rar", ".7z"}
LIMIT = 16 * 2**30  # bytes that a packed file may hold in all; a workbook, which is read at once, an eighth of it
RATIO, SMALL = 200, 64 * 2**20  # times its packed size, where that comes to more than SMALL: no export packs so well


class ImportProblem(Problem):
    """The file cannot be read as orders. ``report`` is the import report up to there, if any."""

    report: dict | None = None


@dataclass(frozen=True)
class Source:
    """One table on disk. ``open()`` starts reading at its first byte, unpacking on the way; ``size`` = bytes on disk."""

    name: str
    size: int
    open: Callable[[], BinaryIO]
    packed: str | None = None  # "gzip" or "zip"
    member: str | None = None  # its name inside the zip


class _Counted(io.FileIO):
    """A file that tells how many bytes were read from it."""

    advance: Callable[[int], object] | None = None

    def readinto(self, buffer) -> int:
        n = super().readinto(buffer)
        if self.advance:
            self.advance(n)
        return n


class _Limited(io.RawIOBase):
    """A packed stream that stops once it gives more than `most` bytes, whatever the archive says of its size."""

    def __init__(self, name: str, inner: BinaryIO, most: int) -> None:
        self.name, self.inner, self.most, self.left = name, inner, most, most

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.most - self.left

    def readinto(self, buffer) -> int:
        data = self.inner.read(len(buffer))
        self.left -= len(data)
        if self.left < 0:
            raise too_large(self.name)
        buffer[: len(data)] = data
        return len(data)


def most_unpacked(packed: int, limit: int = LIMIT) -> int:
    """Bytes that `packed` bytes may come to when unpacked."""
    return min(limit, max(SMALL, RATIO * packed))


def too_large(name: str) -> ImportProblem:
    return ImportProblem(
        zh=f"{name} 解压后大得不正常（超过 {LIMIT // 2**30} GB，或压缩前后相差 {RATIO} 倍以上；工作簿上限 "
        f"{LIMIT // 2**33} GB），没有读取。请核对来源；确实是订单的话，请先解压，再导入里面的文件。",
        en=f"{name} unpacks to far more than an export holds (above {LIMIT // 2**30} GB, or {RATIO} times its size; for a "
        f"workbook, {LIMIT // 2**33} GB), so it was not read. Check where it came from; if it does hold orders, unpack it first.",
    )


def damaged(name: str, kind: str) -> ImportProblem:
    return ImportProblem(
        zh=f"{name} 是损坏的 {kind} 文件，读不下去。请从平台重新下载或导出。",
        en=f"{name} is a damaged {kind} file and cannot be read on. Download or export it again.",
    )


def read_bytes(path: Path) -> bytes:
    """The bytes of a small file, or an ImportProblem that says what stands there instead."""
    with _opened(path) as handle:
        return handle.read()


def _opened(path: Path, advance: Callable[[int], object] | None = None) -> BinaryIO:
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if each.suffix.lower() in {*TABLES, ".gz", ".zip"})
        raise ImportProblem(
            zh=f"{path} 是文件夹，不是订单文件。请给出里面的文件，例如：{'、'.join(names[:3]) or '—'}。",
            en=f"{path} is a folder, not an order file. Name the files in it, such as: {', '.join(names[:3]) or '—'}.",
        )
    try:
        raw = _Counted(path)
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
    raw.advance = advance
    return io.BufferedReader(raw, 2**20)


def unpack(path: Path, advance: Callable[[int], object] | None = None) -> tuple[list[Source], list[str]]:
    """The tables of a file, and the members of a zip that are none. The bytes decide what the file is, not its ending.

    `advance` is told the number of bytes at every reading from disk. Raises ImportProblem.
    """
    with _opened(path) as handle:
        start = handle.read(4)
        size = handle.seek(0, io.SEEK_END)

    if start[:2] == b"\x1f\x8b":

        def gunzip() -> BinaryIO:
            return _limited(path.name, gzip.GzipFile(fileobj=_opened(path, advance)), most_unpacked(size))

        return [Source(path.name, size, gunzip, packed="gzip")], []
    if start == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as archive:
                inside = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError):
            raise damaged(path.name, "zip / xlsx") from None
        if not any(info.filename.startswith("xl/") for info in inside):
            return _members(path, size, inside, advance)
    return [Source(path.name, size, lambda: _opened(path, advance))], []


def _limited(name: str, inner: BinaryIO, most: int) -> BinaryIO:
    return io.BufferedReader(_Limited(name, inner, most), 2**20)


def _members(
    path: Path, size: int, inside: list[zipfile.ZipInfo], advance: Callable[[int], object] | None
) -> tuple[list[Source], list[str]]:
    if sum(info.file_size for info in inside) > most_unpacked(size):
        raise too_large(path.name)
    tables, others = [], []
    for info in inside:
        member = _member_name(info)
        place = PurePosixPath(member)
        if info.is_dir() or "__MACOSX" in place.parts:
            continue
        if place.suffix.lower() in ARCHIVES:
            raise ImportProblem(
                zh=f"{path.name} 里面还有压缩包（{member}）。请先解压外面这一层，再导入。",
                en=f"{path.name} holds another archive ({member}). Unpack the outer one first.",
            )
        if place.suffix.lower() not in TABLES or place.name.startswith((".", "~$")):
            others.append(member)
        elif info.flag_bits & 1:
            raise ImportProblem(
                zh=f"{path.name} 有密码（{member}）。请用密码解压后，再导入里面的文件。",
                en=f"{path.name} is protected by a password ({member}). Unpack it with the password first.",
            )
        else:

            def start(info: zipfile.ZipInfo = info) -> BinaryIO:
                stream = zipfile.ZipFile(_opened(path, advance)).open(info)  # noqa: SIM115
                return _limited(path.name, stream, most_unpacked(info.compress_size))

            name = f"{path.name}/{member}"
            tables.append(Source(name, info.compress_size, start, packed="zip", member=member))
    if not tables:
        names = "、".join(others[:3]) or "—"
        raise ImportProblem(
            zh=f"压缩包 {path.name} 里没有表格文件（里面有：{names}）。可读的有 {'、'.join(sorted(TABLES))}。",
            en=f"The archive {path.name} holds no table (only {say(zh=names, en=names.replace('、', ', '))}). "
            f"Readable: {', '.join(sorted(TABLES))}.",
        )
    return tables, others


def _member_name(info: zipfile.ZipInfo) -> str:
    """Zips made on Chinese Windows keep GBK names, macOS UTF-8, both without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    raw = info.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
