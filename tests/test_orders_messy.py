"""The order reader on files as they come: each fault gives the right result or one clear sentence."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlab import cleaning, language
from crmlab.orders import ImportProblem, capabilities, read_orders

HEADER = "订单编号,客户编号,付款时间,实付金额\n"
ROWS = "1001,C01,2026-03-01 10:00:00,100.00\n1002,C02,2026-03-02 11:30:00,250.50\n1003,C01,2026-03-05 09:15:00,49.50\n"
CLEAN = HEADER + ROWS


@pytest.fixture(autouse=True)
def _language():
    before = language.language()
    language.set_language("zh")
    yield
    language.set_language(before)


def write(tmp_path: Path, text: str | bytes, name: str = "orders.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def assert_clean(imported) -> None:
    """The three orders of CLEAN, whatever they were wrapped in."""
    orders = imported.orders
    assert orders["order_id"].tolist() == ["1001", "1002", "1003"]
    assert orders["customer_id"].tolist() == ["C01", "C02", "C01"]
    assert orders["amount"].tolist() == [100.0, 250.5, 49.5]
    assert orders["paid_at"].tolist() == list(
        pd.to_datetime(["2026-03-01 10:00", "2026-03-02 11:30", "2026-03-05 09:15"])
    )


def problem(path, mapping=None) -> str:
    """The sentence of the refusal, after a look that it is there in both languages."""
    sentences = []
    for lang in ("en", "zh"):
        language.set_language(lang)
        with pytest.raises(ImportProblem) as refused:
            read_orders(path, mapping)
        sentences.append(str(refused.value))
    assert sentences[0] != sentences[1] and len(max(sentences, key=len)) < 400
    return sentences[1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(tmp_path, encoding):
    imported = read_orders(write(tmp_path, CLEAN, encoding=encoding))
    assert_clean(imported)
    assert imported.report["files"][0]["encoding"].startswith(encoding[:3].replace("gbk", "gb1"))


def test_damaged_utf8_is_refused_not_guessed(tmp_path):
    data = (HEADER + "1001,张三丰的客户编号很长,2026-03-01,100\n" * 40).encode()
    cut = data[:700] + b"\xff" + data[700:]
    row = cut[:700].count(b"\n") + 1
    assert f"第 {row} 行" in problem(write(tmp_path, cut))


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_other_separators(tmp_path, separator):
    imported = read_orders(write(tmp_path, CLEAN.replace(",", separator)))
    assert_clean(imported)
    assert imported.report["files"][0]["separator"] == separator


@pytest.mark.parametrize("newline", ["\r\n", "\r", "\n\n"])
def test_line_ends_and_blank_lines(tmp_path, newline):
    assert_clean(read_orders(write(tmp_path, CLEAN.replace("\n", newline))))


def test_title_row_total_row_and_repeated_header(tmp_path):
    text = "某某旗舰店 2026 年 3 月订单,,,\n\n" + CLEAN + "合计,,,400.00\n" + HEADER + "总计：,,,\nTotal,,,400\n"
    imported = read_orders(write(tmp_path, text))
    assert_clean(imported)
    assert imported.report["files"][0]["header_row"] == 3
    assert imported.report["rows"]["set_aside"] == {
        "total_row": {"rows": 3, "lines": [7, 9, 10]},
        "header_again": {"rows": 1, "lines": [8]},
    }


def test_a_customer_called_total_is_a_customer(tmp_path):
    imported = read_orders(write(tmp_path, CLEAN.replace("C02", "Total")))
    assert imported.orders["customer_id"].tolist() == ["C01", "Total", "C01"] and imported.set_aside.empty


def test_wrappings_of_spreadsheets(tmp_path):
    rows = '="1001",\tC01,"\'2026-03-01 10:00:00","¥100.00"\n\'1002,C02\t,2026/3/2 11:30,２５０.50元\n'
    rows += "1003 ,C01,2026年3月5日 9时15分,CNY 49.50（系统计算中）\n"
    assert_clean(read_orders(write(tmp_path, "订单编号 ,客户编号,付款时间 ,\ufeff实付金额(元)\n" + rows)))


AMOUNTS = {
    "1,028.90": 1028.9, "¥1,234,567.00": 1234567, "￥12": 12, "12.00元": 12, "CNY 3.5": 3.5, "１２３．４５": 123.45,
    "499.00（该值仅供参考）": 499, "(12.50)": -12.5, "-3": -3, "+7": 7, "1.2E+03": 1200, " 8 ": 8, ".5": 0.5, "¥-6.00": -6,
}  # fmt: skip
NO_AMOUNTS = ["12,50", "1,2,3", "abc", "1_000", "0x10", "inf", "12 34x", "12.3.4", "True", "<b>5</b>"]


def test_amounts():
    values, bad = cleaning.money(pd.Series(list(AMOUNTS), dtype="str"))
    assert values.tolist() == list(AMOUNTS.values()) and not bad.any()
    values, bad = cleaning.money(pd.Series(NO_AMOUNTS, dtype="str"))
    assert values.isna().all() and bad.all()
    values, bad = cleaning.money(pd.Series(["", "-", "null", "NULL", "无", "N/A", None], dtype="str"))
    assert values.isna().all() and not bad.any()


DATES = {
    "2026-06-07 15:12:37": "2026-06-07 15:12:37", "2026-06-07": "2026-06-07", "2026-6-7 5:02": "2026-06-07 05:02",
    "2026/6/6 13:41": "2026-06-06 13:41", "2019.01.02": "2019-01-02", "2019.1.2 8:00:09": "2019-01-02 08:00:09",
    "2026年6月7日": "2026-06-07", "2026年06月07日15时12分37秒": "2026-06-07 15:12:37", "2026年6月7日 15:12": "2026-06-07 15:12",
    "20260607": "2026-06-07", "20260607151237": "2026-06-07 15:12:37", "44197": "2021-01-01", "44197.5": "2021-01-01 12:00",
    "2026-06-01T10:01:02": "2026-06-01 10:01:02", "2026-05-31 16:30:00 +0000": "2026-06-01 00:30",
    "2026-05-31T16:30:00Z": "2026-06-01 00:30", "2026-06-01 00:30:00+08:00": "2026-06-01 00:30",
    "2026-05-31 11:30:00 -0500": "2026-06-01 00:30", "２０２６-０６-０７": "2026-06-07",
}  # fmt: skip
NO_DATES = ["2026-13-01", "2026-02-30", "01/02/2026", "yesterday", "1970-01-01", "2026", "123", "0000-00-00 00:00:00"]


def test_mixed_dates_in_one_column():
    values, bad, forms = cleaning.dates(pd.Series(list(DATES), dtype="str"))
    assert values.tolist() == list(pd.to_datetime(list(DATES.values()), format="ISO8601")) and not bad.any()
    assert forms["serial"] == 2 and forms["offset"] == 4
    values, bad, _ = cleaning.dates(pd.Series(NO_DATES, dtype="str"))
    assert values.isna().all() and bad.all()


def test_offsets_of_every_length_beside_plain_times():
    said = ["2026-06-01 00:30:00+08", "2026-05-31T1630Z", "2026-05-31 16:30:00.5 UTC", "2026-05-31 11:30:00-0500"]
    values, bad, forms = cleaning.dates(pd.Series([*said, "2026-06-01 00:30:00"], dtype="str"))
    assert not bad.any() and forms == {"offset": 4}
    assert set(values.dt.floor("s")) == {pd.Timestamp("2026-06-01 00:30")}


def test_a_stated_form_may_hold_an_offset(tmp_path):
    path = write(tmp_path, HEADER + "1,A,31/05/2026 16:30 +0000,5\n2,A,31/05/2026 17:30 +0100,5\n")
    orders = read_orders(path, {"date_format": "%d/%m/%Y %H:%M %z"}).orders
    assert orders["paid_at"].tolist() == [pd.Timestamp("2026-06-01 00:30")] * 2


def test_time_zone_of_the_shop(tmp_path):
    path = write(tmp_path, HEADER + "1,A,2026-05-31 16:30:00 +0000,5\n")
    assert read_orders(path).orders["paid_at"][0] == pd.Timestamp("2026-06-01 00:30")
    assert read_orders(path, {"timezone": "Europe/London"}).orders["paid_at"][0] == pd.Timestamp("2026-05-31 17:30")


def test_day_first_dates_are_asked_for_not_guessed(tmp_path):
    path = write(tmp_path, HEADER + "1,A,03/04/2026,5\n")
    assert read_orders(path).report["rows"]["set_aside"]["date_unreadable"]["rows"] == 1
    assert read_orders(path, {"date_format": "%d/%m/%Y"}).orders["paid_at"][0] == pd.Timestamp("2026-04-03")


def daily(n: int = 60) -> str:
    days = pd.date_range("2026-01-01", periods=n).strftime("%Y-%m-%d")
    return HEADER + "".join(f"{i},C{i % 9},{day},10\n" for i, day in enumerate(days))


def test_future_dates_are_judged_by_the_file_or_by_the_mapping(tmp_path):
    path = write(tmp_path, daily() + "900,C1,2062-03-01,10\n901,C1,2026-12-01,10\n902,C1,2026-03-10,10\n")
    imported = read_orders(path)
    assert imported.report["rows"]["set_aside"]["date_future"]["lines"] == [62, 63]
    assert imported.report["latest"] == {"day": "2026-03-10", "from": "file"}
    strict = read_orders(path, {"latest": "2026-02-28"})
    assert strict.report["rows"]["set_aside"]["date_future"]["rows"] == 4
    assert "latest" not in read_orders(write(tmp_path, daily())).report


def test_a_quiet_shop_has_no_future(tmp_path):
    rows = "".join(
        f"{i},C,{year}-0{month}-01,10\n" for i, (year, month) in enumerate([(2019, 1), (2021, 5), (2024, 2)])
    )
    assert len(read_orders(write(tmp_path, HEADER + rows)).orders) == 3


def test_repeated_order_ids(tmp_path):
    text = CLEAN + "1001,C01,2026-03-01 10:00:00,100.00\n1002,C02,2026-03-02 11:30:00,200.00\n"
    imported = read_orders(write(tmp_path, text))
    assert imported.report["rows"]["merged"] == {"rows": 1, "lines": [2]}
    assert imported.report["rows"]["set_aside"] == {"older_version": {"rows": 1, "lines": [3]}}
    assert imported.orders.set_index("order_id")["amount"].to_dict() == {"1001": 100, "1002": 200, "1003": 49.5}


def test_missing_ids_are_kept_and_count_for_nobody(tmp_path):
    imported = read_orders(
        write(tmp_path, CLEAN + ",C03,2026-03-06,7\n,C03,2026-03-06,7\n1006,-,2026-03-07,20\n1007,,2026-03-08,30\n")
    )
    assert len(imported.orders) == 7 and imported.orders["order_id"].is_unique
    assert imported.report["customer_key"]["rows_without"] == 2
    assert imported.report["customer_key"]["amount_without"] == 50
    assert imported.report["totals"]["counted_orders"] == 5
    assert any("equal to an earlier row but without an order id: 1." in note["en"] for note in imported.report["notes"])


def test_the_name_given_to_an_order_is_no_other_orders_id(tmp_path):
    orders = read_orders(write(tmp_path, HEADER + "1-3,A,2026-01-01,5\n,B,2026-01-02,6\n")).orders
    assert orders["order_id"].is_unique and orders["order_id"].iloc[0] == "1-3"


def test_long_ids_and_leading_zeros_survive(tmp_path):
    text = HEADER + "2000000000000000123,00123,2026-03-01,1\n2000000000000000124,00124,2026-03-02,2\n"
    orders = read_orders(write(tmp_path, text)).orders
    assert orders["order_id"].tolist() == ["2000000000000000123", "2000000000000000124"]
    assert orders["customer_id"].tolist() == ["00123", "00124"]


def test_damaged_ids_are_counted_and_never_merge_two_orders(tmp_path):
    text = (
        HEADER + "1.23457E+18,C1,2026-03-01,1\n1.23457E+18,C2,2026-03-02,2\n2000000000000010000,1.3E+04,2026-03-03,4\n"
    )
    text += "2000000000000010000,138****1234,2026-03-04,8\n2000000000000010007,13085.0,2026-03-04,16\n"
    imported = read_orders(write(tmp_path, text))
    assert len(imported.orders) == 5 and imported.report["totals"]["amount"] == 31
    assert imported.report["damaged_ids"] == {"order_id": 4, "customer_id": 1}
    assert imported.report["masked_customer_ids"] == 1
    assert imported.report["totals"]["counted_amount"] == 1 + 2 + 16
    language.set_language("en")
    assert "damaged by a spreadsheet" in imported.summary()


def test_ids_read_beside_missing_ones_are_mended():
    values, damaged = cleaning.ids(pd.Series(["13085.0", None, "13086.0"], dtype="str"))
    assert values.dropna().tolist() == ["13085", "13086"] and not damaged.any()
    sixteen, damaged = cleaning.ids(pd.Series([f"{6222000000000001 + i}" for i in range(40)], dtype="str"))
    assert not damaged.any() and sixteen.str.endswith("0").sum() == 4  # one in ten ends so by nature
    nineteen = [f"{2_000_000_000_000_001_111 + i}" for i in range(40)] + ["2000000000000010000"]
    assert cleaning.ids(pd.Series(nineteen, dtype="str"))[1].tolist() == [False] * 40 + [True]


def test_a_refund_above_the_amount_is_set_aside(tmp_path):
    text = "order_id,customer_id,paid_at,gross,discount,refund,amount\n1,A,2026-01-01,100,0,20,80\n2,A,2026-01-02,100,0,2000,-1900\n"
    imported = read_orders(write(tmp_path, text))
    assert imported.report["rows"]["set_aside"] == {"refund_exceeds_amount": {"rows": 1, "lines": [3]}}
    assert imported.set_aside["column"].tolist() == ["refund"] and imported.set_aside["value"].tolist() == ["2000.0"]


def test_a_credit_note_may_repeat_itself_in_the_refund_column(tmp_path):
    text = (
        "order_id,customer_id,paid_at,amount,refund\n1,A,2026-01-01,100,0\n1,A,2026-01-05,-40,40\n,A,2026-01-06,-5,5\n"
    )
    imported = read_orders(write(tmp_path, text))
    assert imported.set_aside.empty and imported.orders["amount"].tolist() == [60, -5]
    assert imported.orders["refund"].tolist() == [40, 0]


def test_unreadable_cells_are_set_aside_with_row_and_column(tmp_path):
    imported = read_orders(
        write(
            tmp_path, CLEAN + "1004,C9,soon,5\n1005,C9,2026-03-09,five\n1006,C9,2026-03-09,\n1007,C9,2026-03-09,5,6\n"
        )
    )
    assert_clean(imported)
    aside = imported.set_aside
    assert aside["row"].tolist() == [5, 6, 7, 8]
    assert aside["reason"].tolist() == ["date_unreadable", "amount_unreadable", "amount_missing", "too_many_cells"]
    assert aside["column"].tolist() == ["付款时间", "实付金额", "实付金额", ""]


def test_formula_and_html_in_a_nickname_stay_text_and_are_masked_in_messages(tmp_path):
    names = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "@SUM(A1:A9)"]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([
        ["订单编号", "买家会员名", "付款时间", "实付金额"],
        *([i, name, "2026-03-01", 5] for i, name in enumerate(names)),
    ])
    writer.writerow(["9", "张三丰", "2026-03-01", "13812345678 张三丰"])
    imported = read_orders(write(tmp_path, out.getvalue()))
    assert imported.orders["customer_id"].tolist() == names
    shown = imported.summary() + imported.set_aside.to_csv() + str(imported.report)
    assert imported.set_aside["reason"].tolist() == ["amount_unreadable"]
    for secret in (*names, "张三丰", "13812345678", "script"):
        assert secret not in shown


def test_two_columns_of_one_name(tmp_path):
    text = "订单编号,客户编号,付款时间,实付金额,实付金额\n1,A,2026-03-01,10,10\n2,B,2026-03-02,20,2\n"
    sentence = problem(write(tmp_path, text))
    assert "实付金额" in sentence and "第 3 行" in sentence and "amount = 4" in sentence
    by_place = {"columns": {"order_id": 1, "customer_id": 2, "paid_at": 3, "amount": 5}}
    assert read_orders(tmp_path / "orders.csv", by_place).report["totals"]["amount"] == 12
    assert read_orders(write(tmp_path, text.replace("20,2\n", "20,20\n"))).report["totals"]["amount"] == 30


def test_an_open_quotation_mark_swallows_nothing(tmp_path):
    stray = HEADER + '1001,"C01,2026-03-01,100\n1002,C02,2026-03-02,1\n1003,"C03",2026-03-05,2\n'
    for text in (stray, stray.replace('"C03"', "C03")):
        assert "双引号" in problem(write(tmp_path, text))


def test_a_note_over_several_lines_is_one_cell(tmp_path):
    text = CLEAN.replace("\n", ",ok\n").replace("实付金额,ok", "实付金额,备注").replace("250.50,ok", '250.50,"a, b\nc"')
    imported = read_orders(write(tmp_path, text))
    assert_clean(imported)
    assert imported.report["rows"]["read"] == 3


def test_a_row_of_many_cells_does_not_stop_the_rest(tmp_path):
    imported = read_orders(write(tmp_path, CLEAN + "1004,C9,2026-03-09,5" + ",x" * 3_000 + "\n"))
    assert_clean(imported)
    assert imported.report["rows"]["set_aside"]["too_many_cells"]["lines"] == [5]


def test_a_very_long_cell(tmp_path):
    text = CLEAN.replace("实付金额\n", "实付金额,备注\n").replace("100.00\n", "100.00," + "好" * 200_000 + "\n")
    assert_clean(read_orders(write(tmp_path, text)))


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n \r\n", b"\0\0\0\0"])
def test_empty_file(tmp_path, data):
    assert "空文件" in problem(write(tmp_path, data))


def test_header_only(tmp_path):
    assert "只有表头" in problem(write(tmp_path, HEADER))


def test_missing_file_and_folder(tmp_path):
    write(tmp_path, CLEAN, "orders_may.csv")
    assert "orders_may.csv" in problem(tmp_path / "order_may.csv")
    assert "文件夹" in problem(tmp_path) and "orders_may.csv" in problem(tmp_path)
    assert "没有给出" in problem([])


def test_other_files_under_the_name_csv(tmp_path):
    assert ".xls" in problem(write(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600))
    assert "网页" in problem(write(tmp_path, "\n<HTML><body><table><tr><td>订单编号</td></tr></table>"))
    assert "PDF" in problem(write(tmp_path, b"%PDF-1.7\n"))
    assert "gzip" in problem(write(tmp_path, b"\x1f\x8b\x08broken"))
    assert "Parquet" in problem(write(tmp_path, b"PAR1broken"))
    with zipfile.ZipFile(tmp_path / "orders.csv", "w") as archive:
        archive.writestr("2026-05.csv", CLEAN)
    assert_clean(read_orders(tmp_path / "orders.csv"))
    (tmp_path / "orders.csv").write_bytes((tmp_path / "orders.csv").read_bytes()[:40])
    assert "损坏" in problem(tmp_path / "orders.csv")


def test_a_workbook_called_csv_is_read_as_the_workbook_it_is(tmp_path):
    frame = pd.read_csv(io.StringIO(CLEAN), dtype={"订单编号": str})
    frame["付款时间"] = pd.to_datetime(frame["付款时间"])
    with pd.ExcelWriter(tmp_path / "book.xlsx") as book:
        pd.DataFrame({"说明": ["导出说明"]}).to_excel(book, sheet_name="说明", index=False)
        frame.to_excel(book, sheet_name="订单", index=False, startrow=1)
    path = write(tmp_path, (tmp_path / "book.xlsx").read_bytes())
    imported = read_orders(path)
    assert_clean(imported)
    assert imported.report["files"][0]["sheet"] == "订单"


def test_a_table_that_holds_no_orders_says_what_it_saw(tmp_path):
    sentence = problem(write(tmp_path, "商品名称,库存,付款时刻\n奶粉,3,2026-01-01\n"))
    assert "商品名称" in sentence and "映射文件" in sentence and "付款时间" in sentence


def test_a_table_without_header_asks_for_positions_and_shows_nobody(tmp_path):
    sentence = problem(
        write(tmp_path, "1001,张三丰,13812345678,2026-01-01,55.00\n1002,李四,13812345679,2026-01-02,5\n")
    )
    assert "header = false" in sentence and "张三丰" not in sentence and "1381" not in sentence
    sentence = problem(write(tmp_path, "张三丰,13812345678,奶粉\n李四,13812345679,奶粉\n"))
    assert "header = false" in sentence and "张三丰" not in sentence and "1381" not in sentence


def test_a_refusal_brings_the_report_of_the_files_before_it(tmp_path):
    with pytest.raises(ImportProblem) as refused:
        read_orders([write(tmp_path, CLEAN, "a.csv"), write(tmp_path, HEADER, "b.csv")])
    assert [each["rows"] for each in refused.value.report["files"]] == [3]


def test_one_customer_only_and_one_order_each(tmp_path):
    language.set_language("zh")
    one = capabilities(read_orders(write(tmp_path, CLEAN.replace("C02", "C01")))).set_index("key").loc["rfm"]
    assert one["ok"] and "只有一位客户" in one["sentence"]
    each = read_orders(write(tmp_path, HEADER + "1,A,2026-03-01,5\n2,B,2026-03-02,6\n3,C,2026-03-03,7\n"))
    row = capabilities(each).set_index("key").loc["rfm"]
    assert each.report["totals"]["counted_customers"] == 3 and row["ok"] and "只有一单" in row["sentence"]


def test_nothing_counts_is_said(tmp_path):
    language.set_language("zh")
    imported = read_orders(write(tmp_path, HEADER + "1,A,,5\n2,B,2026-03-02,0\n"))
    row = capabilities(imported).set_index("key").loc["rfm"]
    assert not row["ok"] and "没有一单算数" in row["sentence"]


WORDS = [
    "",
    "-",
    "null",
    "1001",
    "1002",
    "C01",
    "2026-03-01",
    "2026/3/2",
    "44197",
    "12.5",
    "-12.5",
    "¥1,000.00",
    "合计",
]
WORDS += ["=1+1", "1.2E+18", "交易关闭", "订单编号", '"', "a,b", "好\n的"]
CELL = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="gb18030", exclude_categories=["Cs"]), max_size=8))


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.lists(CELL, min_size=1, max_size=8), min_size=1, max_size=12),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_rows_read_are_rows_kept_merged_or_set_aside(tmp_path, rows, encoding, separator):
    header = ["订单编号", "客户编号", "付款时间", "总金额", "退款金额", "订单状态"]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([header, *rows])
    try:
        imported = read_orders(write(tmp_path, out.getvalue(), encoding=encoding))
    except ImportProblem as refused:
        assert str(refused)
        return
    report, orders = imported.report["rows"], imported.orders
    filled = sum(any(cell.strip() for cell in row) for row in rows)
    aside = sum(each["rows"] for each in report["set_aside"].values())
    assert report["read"] == report["kept"] + report["merged"]["rows"] + aside == filled
    assert (report["kept"], aside) == (len(orders), len(imported.set_aside))
    assert orders["order_id"].is_unique and orders["order_id"].notna().all()
    paid = orders[~orders["status"].isin(["unpaid", "closed"])]
    np.testing.assert_allclose(paid["gross"] - paid["discount"] - paid["refund"], paid["amount"], atol=0.011)
    assert (orders.loc[orders["refund"] > 0, "amount"] >= 0).all()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_never_give_a_traceback(tmp_path, data):
    raw = bytearray((HEADER + ROWS * 3).encode(data.draw(st.sampled_from(["utf-8", "gb18030", "utf-16"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(1, len(raw)))]
    try:
        imported = read_orders(write(tmp_path, bytes(raw)))
    except ImportProblem as refused:
        assert str(refused)
    else:
        assert imported.summary() and len(capabilities(imported))
