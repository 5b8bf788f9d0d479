"""The order reader on kinds of files: packed ones, workbooks old and new, large ones in pieces, damage anywhere."""

import gzip
import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import language, sources, textfiles
from crmlab.orders import ImportProblem, read_orders
from crmlab.reading import read_table

HEADER = "订单编号,买家会员名,订单付款时间,买家实际支付金额,买家留言,退款金额\n"
OLD_WORKBOOK = Path(__file__).parent / "files" / "orders.xls"  # written once with xlwt 1.3


@pytest.fixture(autouse=True)
def _language():
    before = language.language()
    language.set_language("zh")
    yield
    language.set_language(before)


def month(number: int, days: range = range(1, 29), start: int = 0) -> str:
    rows = [f"{number}{start + day:05d},C{day % 7},2026-{number:02d}-{day:02d} 10:00:00,{day}.50,,0.00" for day in days]
    return HEADER + "\n".join(rows) + "\n"


def write(path: Path, data: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return path


def packed(path: Path, members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def problem(path: Path) -> str:
    """The Chinese sentence of the refusal, after a look that there is another one in English."""
    sentences = []
    for lang in ("en", "zh"):
        language.set_language(lang)
        with pytest.raises(ImportProblem) as refused:
            read_orders(path)
        sentences.append(str(refused.value))
    assert sentences[0] != sentences[1] and len(sentences[0]) < 500
    return sentences[1]


def gbk_names(path: Path) -> None:
    """Say nothing of the names' encoding, as archivers of Chinese Windows do."""
    with zipfile.ZipFile(path) as archive:
        names = {info.filename for info in archive.infolist() if not info.filename.isascii()}
    data = path.read_bytes()
    for name in names:
        old, new = name.encode(), name.encode("gbk")
        assert len(new) <= len(old)
        new = new.replace(b".csv", b".csv".rjust(4 + len(old) - len(new), b"_"))  # of one length: offsets stand
        data = data.replace(old, new)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            flags = struct.unpack_from("<H", data, start + place)[0] & ~0x800
            data = data[: start + place] + struct.pack("<H", flags) + data[start + place + 2 :]
            start = data.find(mark, start + 4)
    path.write_bytes(data)


def test_a_zip_of_months_is_read_file_by_file_and_the_overlap_counts_once(tmp_path):
    june = HEADER + "\n".join(month(5, range(20, 29)).splitlines()[1:] + month(6).splitlines()[1:]) + "\n"
    members = {"5月.csv": month(5), "sub/6月.csv": june.encode("gb18030")}
    members |= {"__MACOSX/._5月.csv": b"\0\5", "店铺说明.txt": "请勿外传\n", "cover.png": b"\x89PNG", "sub/": b""}
    path = packed(tmp_path / "上半年.zip", members)
    imported = read_orders(path)
    assert [each["member"] for each in imported.report["files"]] == ["5月.csv", "sub/6月.csv"]
    assert [each["encoding"] for each in imported.report["files"]] == ["utf-8-sig", "gb18030"]
    assert {each["packed"] for each in imported.report["files"]} == {"zip"}
    assert imported.report["rows"]["read"] == 28 + 9 + 28 and imported.report["rows"]["merged"]["rows"] == 9
    assert len(imported.orders) == 56 and imported.report["totals"]["amount"] == 2 * sum(
        day + 0.5 for day in range(1, 29)
    )
    assert any("cover.png" in each["zh"] and "店铺说明.txt" in each["zh"] for each in imported.report["notes"])
    assert "上半年.zip/5月.csv" in imported.summary()
    pd.testing.assert_frame_equal(
        imported.orders, read_orders([write(tmp_path / "5.csv", month(5)), write(tmp_path / "6.csv", june)]).orders
    )


def test_names_in_a_zip_made_on_chinese_windows(tmp_path):
    path = packed(tmp_path / "a.zip", {"五月订单明细.csv": month(5)})
    gbk_names(path)
    with zipfile.ZipFile(path) as archive:
        assert not archive.namelist()[0].startswith("五月")
    assert read_orders(path).report["files"][0]["member"].startswith("五月订单明细")


def test_zips_that_cannot_be_read_say_why(tmp_path):
    whole = packed(tmp_path / "whole.zip", {"a.csv": month(5), "b.csv": month(6)}, zipfile.ZIP_STORED).read_bytes()
    assert "没有表格" in problem(packed(tmp_path / "a.zip", {"a.png": b"1", "读我.docx": b"2"}))
    assert "里面还有压缩包（b.zip）" in problem(packed(tmp_path / "a.zip", {"a.csv": month(5), "b.zip": whole}))
    assert "损坏" in problem(write(tmp_path / "a.zip", whole[:-30]))
    assert "损坏" in problem(write(tmp_path / "a.zip", whole.replace(b"C3,2026-05-03", b"C3,2026-05-04")))
    locked = bytearray(whole)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + place] |= 1
    assert "密码" in problem(write(tmp_path / "a.zip", bytes(locked)))
    assert "RAR" in problem(write(tmp_path / "a.rar", b"Rar!\x1a\x07\x01\0"))


@pytest.mark.parametrize("kind", ["zip", "xlsx", "gz"])
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path, kind):
    path, line = tmp_path / f"bomb.{kind}", b"1,A,2026-01-01,1," + b"x" * 1_000_000 + b",0\n"
    if kind == "gz":
        path.write_bytes(gzip.compress(HEADER.encode() + line * 70))
    else:
        packed(path, {"xl/workbook.xml" if kind == "xlsx" else "a.csv": line * 70})
    assert path.stat().st_size < 1_000_000
    assert "大得不正常" in problem(path)


def test_what_an_archive_says_of_its_size_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "SMALL", 1_000)
    path = packed(tmp_path / "a.zip", {"a.csv": HEADER + "1,A,2026-01-01,1,,0\n" * 20_000})
    assert "大得不正常" in problem(path)
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.find(mark) + place, 900)
    assert "损坏" in problem(write(path, bytes(data)))


def test_old_and_new_workbooks_are_read_alike(tmp_path):
    old = read_orders(OLD_WORKBOOK)
    assert old.report["files"][0]["kind"] == "xls" and old.report["files"][0]["sheet"] == "订单"
    assert old.orders["order_id"].tolist() == ["1001", "1002", "1003"]
    assert old.orders["paid_at"].tolist() == list(
        pd.to_datetime(["2026-03-01 10:00", "2026-03-02 11:30", "2026-03-05 09:15"])
    )
    sheets = pd.read_excel(OLD_WORKBOOK, sheet_name=None, engine="calamine")
    with pd.ExcelWriter(tmp_path / "new.xlsx") as book:
        for name, sheet in sheets.items():
            sheet.to_excel(book, sheet_name=name, index=False)
    pd.testing.assert_frame_equal(read_orders(tmp_path / "new.xlsx").orders, old.orders)
    zipped = packed(tmp_path / "books.zip", {"a.xls": OLD_WORKBOOK.read_bytes(), "b.csv": month(5)})
    assert [each["kind"] for each in read_orders(zipped).report["files"]] == ["xls", "csv"]
    assert len(read_orders(zipped).orders) == 3 + 28


@pytest.mark.parametrize("cut", [100, 2_000, 5_000])
def test_a_damaged_workbook(tmp_path, cut):
    assert "损坏" in problem(write(tmp_path / "a.xls", OLD_WORKBOOK.read_bytes()[:cut]))
    pd.DataFrame({"订单编号": range(2_000)}).to_excel(tmp_path / "a.xlsx", index=False)
    data = bytearray((tmp_path / "a.xlsx").read_bytes())
    data[cut : cut + 40] = bytes(40)
    assert problem(write(tmp_path / "a.xlsx", bytes(data)))


def messy(n: int = 60) -> str:
    """Every fault that is found by looking at whole rows or at the whole column, spread over many pieces."""
    rng = np.random.default_rng(11)
    rows = ["某店导出,,,,,", *HEADER.splitlines()]
    for i in range(n):
        rows.append(f"20260000000000{i:04d},C{rng.integers(9)},2026-03-{i % 28 + 1:02d},{rng.integers(900)}.00,好,0")
    rows[10] = ",,,,,"
    rows[17] = rows[17] + ",,x"
    rows[23] = HEADER.strip()
    rows[31] = "合计,,,9999,,"
    rows[36] = '36,C1,2026-03-09,5,"两行\n留言, 有逗号",0'
    rows[41] = ""
    rows[47] = "47,C1,not a day,5,,0"
    rows[52] = ",,,,只有留言,"
    rows[53] = "53,C2,2026-03-01,7"
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("drop", [(), (36,), (10, 36, 41), (10, 17, 36, 41)])
def test_pieces_of_any_size_give_the_same(tmp_path, monkeypatch, drop):
    """With and without the rows that make the reader look at every column (`drop`: records put right)."""
    lines = messy().split("\n")
    lines[36:38] = ["\n".join(lines[36:38])]
    for row in drop:
        lines[row] = f"{row},C5,2026-03-04,5,,0"
    path = write(tmp_path / "a.csv", "\n".join(lines))
    whole = read_orders(path)
    assert whole.report["rows"]["set_aside"]["total_row"]["lines"] == [32]
    assert "#1-53" in set(whole.orders["order_id"])  # nothing but a note, in a column that is not needed: no blank line
    assert whole.report["files"][0]["blank_lines"] == 2 * (10 not in drop)
    assert ("too_many_cells" in whole.report["rows"]["set_aside"]) == (17 not in drop)
    monkeypatch.setattr(textfiles, "ROWS", 13)
    pieces = read_orders(path)
    pd.testing.assert_frame_equal(pieces.orders, whole.orders)
    pd.testing.assert_frame_equal(pieces.set_aside, whole.set_aside)
    assert pieces.report == whole.report


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_needed_columns_alone_give_what_all_columns_give(tmp_path, encoding):
    text = month(5)
    plain = read_orders(write(tmp_path / "a.csv", text, encoding))
    blank_line = read_orders(write(tmp_path / "b.csv", text + "\u3000\n", encoding))  # makes it look at every column
    pd.testing.assert_frame_equal(plain.orders, blank_line.orders)
    assert (plain.report["files"][0]["blank_lines"], blank_line.report["files"][0]["blank_lines"]) == (0, 1)


def test_a_stray_quotation_mark_in_a_column_nobody_needs_swallows_nothing(tmp_path, monkeypatch):
    rows = month(5).splitlines()
    rows[9] = rows[9].replace(",,", ',"急,')
    rows[14] = rows[14].replace(",,", ',急",')
    for size in (3, 100_000):
        monkeypatch.setattr(textfiles, "ROWS", size)
        assert "第 10 行" in problem(write(tmp_path / "a.csv", "\n".join(rows)))
    with pytest.raises(ImportProblem, match="第 10 行"):
        read_orders(write(tmp_path / "a.csv", "\r".join(rows)))
    rows[9] = rows[9].replace('"急', '5" 6",7"')  # an even number of marks in the line
    with pytest.raises(ImportProblem):
        read_orders(write(tmp_path / "a.csv", "\n".join(rows).replace('7",', '"7')))


@pytest.mark.parametrize("where", [0.0, 0.3, 0.7, 0.9999, 1.0])
def test_damage_anywhere_in_a_long_file_is_found_with_its_row(tmp_path, where):
    data = (HEADER + "1001,张三丰旗舰店客户,2026-03-01,100,请尽快发货谢谢,0\n" * 20_000).encode()
    at = len(HEADER.encode()) + int(where * (len(data) - len(HEADER.encode())))
    at = data.rfind("张".encode(), 0, max(at, 120)) if where else len(HEADER.encode()) + 5
    row = data[:at].count(b"\n") + 1
    assert f"第 {row} 行" in problem(write(tmp_path / "a.csv", data[:at] + b"\xff" + data[at + 1 :]))
    assert f"第 {row} 行" in problem(write(tmp_path / "a.csv", data[: at + 1]))
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(data[:at] + b"\xff" + data[at + 1 :], mtime=0))
    assert f"第 {row} 行" in problem(path)


def test_damage_in_gb18030_is_found_with_its_row(tmp_path):
    data = (HEADER + "1001,张三丰旗舰店客户,2026-03-01,100,请尽快发货谢谢,0\n" * 20_000).encode("gb18030")
    at = data.rfind(b"1001,", 0, 700_000)
    row = data[:at].count(b"\n") + 1
    assert f"第 {row} 行" in problem(write(tmp_path / "a.csv", data[:at] + b"\xff\xff" + data[at:]))


def test_chinese_far_down_an_english_file_is_read_right(tmp_path):
    text = "order_id,customer_id,paid_at,amount\n" + "".join(f"{i},C{i},2026-03-01,1\n" for i in range(20_000))
    for encoding in ("utf-8-sig", "gb18030"):
        imported = read_orders(write(tmp_path / "a.csv", text + "90001,王五,2026-03-02,5\n", encoding))
        assert imported.orders["customer_id"].iloc[-1] == "王五" and imported.report["rows"]["kept"] == 20_001
        assert imported.report["files"][0]["encoding"] == encoding


def test_a_cell_of_200_000_characters_in_any_column(tmp_path):
    long = "好" * 200_000
    rows = f"1,{long},2026-03-01,5,,0\n2,B,2026-03-02,5,{long},0\n3,C,{long},5,,0\n4,D,2026-03-04,{long},,0\n5,E,2026-03-05,6,,0\n"
    imported = read_orders(write(tmp_path / "a.csv", HEADER + rows))
    assert imported.orders["order_id"].tolist() == ["1", "2", "5"]
    assert imported.set_aside["reason"].tolist() == ["date_unreadable", "amount_unreadable"]
    assert imported.set_aside["value"].str.len().max() <= 60 and long not in imported.summary()


def test_columns_of_one_name_that_differ_far_down(tmp_path, monkeypatch):
    monkeypatch.setattr(textfiles, "ROWS", 10)
    text = month(5).replace("退款金额", "买家实际支付金额").replace(",,0.00", ",,")
    rows = [row + row.split(",")[3] if n else row for n, row in enumerate(text.splitlines())]
    assert len(read_orders(write(tmp_path / "a.csv", "\n".join(rows))).orders) == 28
    rows[25] += "9"
    assert "第 26 行" in problem(write(tmp_path / "a.csv", "\n".join(rows)))


def test_read_table_gives_one_table_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(textfiles, "ROWS", 5)
    table = read_table(packed(tmp_path / "a.zip", {"5.csv": month(5)}), {})
    assert table.cells.shape == (28, 6) and table.cells.index.tolist() == list(range(2, 30))
    with pytest.raises(ImportProblem, match="2 个表"):
        read_table(packed(tmp_path / "a.zip", {"5.csv": month(5), "6.csv": month(6)}), {})


def test_progress_is_shown_when_asked(tmp_path, capsys):
    path = write(tmp_path / "a.csv", month(5))
    read_orders(path)
    assert capsys.readouterr().err == ""
    read_orders(path, progress=True)
    assert "a.csv" in capsys.readouterr().err
