"""Tables for people: what is shown, and what is never shown."""

import re

import pandas as pd
import pytest

from crmlab.language import set_language
from crmlab.tables import as_html, as_text, mask, points, show


@pytest.fixture(autouse=True)
def _language():
    set_language("en")
    yield
    set_language("zh")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("138****5678", "138****5678"),
        (13812345678.0, "138****5678"),
        ("anna.w@qq.com", "a***@qq.com"),
        ("张三丰", "张*"),
        ("欧阳娜娜", "欧*"),
        ("Y000123", "Y000123"),
        ("M000123", "M000123"),
        ("Y00012", "Y***12"),
        ("oX1y2z3wechat", "o***at"),
        ("C001", "C***01"),
        ("C089", "C***89"),
        ("C01", "C***"),
        ("ab", "a***"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_mask(raw, shown):
    assert mask(raw) == shown


def members(n=30):
    return pd.DataFrame({
        "customer_id": [f"Y{i:06d}" for i in range(n)],
        "amount": [1234.5 + i for i in range(n)],
        "share": [i / n for i in range(n)],
        "count": range(1000, 1000 + n),
        "paid_at": pd.Timestamp("2026-06-30"),
    })


def test_numbers_are_written_for_people_in_both_languages():
    table = show(members(2), money="amount", percent=["share"])
    assert [line.split() for line in as_text(table).splitlines()] == [
        ["customer", "amount", "kept", "share", "count", "paid", "at"],
        ["Y000000", "¥1,234.50", "0.0%", "1,000", "2026-06-30"],
        ["Y000001", "¥1,235.50", "50.0%", "1,001", "2026-06-30"],
    ]
    set_language("zh")
    assert "实付金额" in as_text(show(members(2))) and "实付金额" in as_html(show(members(2)))


def test_personal_columns_never_leave_unmasked():
    own = pd.DataFrame({
        "customer_id": ["wx_8812345", "Y000001"],
        "收货人": ["张三丰", "李四"],
        "手机号": [13812345678, 13912345678],
        "remark": ["13712345678", "ok"],
        "product_name": ["牛初乳奶粉", "三段奶粉"],
    })
    table = show(own)
    for shown in (as_text(table), as_html(table)):
        for secret in ("8812345", "三丰", "1234567", "13712345678"):
            assert secret not in shown
        for open_ in ("Y000001", "138****5678", "137****5678", "牛初乳奶粉"):
            assert open_ in shown
    assert own.loc[0, "收货人"] == "张三丰"  # the table itself is left alone


def test_html_in_a_value_or_a_title_is_text():
    html = as_html(show(pd.DataFrame({"<b>x</b>": ["<script>alert(1)</script>"]})))
    assert "<script" not in html and "<b>" not in html and "&lt;script&gt;" in html


def test_the_lit_row_shows_even_beyond_the_first_rows():
    table = show(members(), light="Y000025", rows=3)
    lines = as_text(table).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["Y000000", "Y000001", "Y000002"]
    assert lines[4].startswith("▸ Y000025") and lines[5] == "4 of 30 rows"
    assert as_html(table).count("background-color: #FFF1CC") >= 1
    assert "▸" not in as_text(show(members(), light="Y999999"))


def test_long_tables_are_cut_and_say_so():
    assert as_text(show(members(30))).splitlines()[-1] == "20 of 30 rows"
    assert len(as_text(show(members(30), rows=30)).splitlines()) == 31
    assert "no rows" in as_html(show(members(0)))


def test_grouped_tables_keep_their_index_as_columns():
    by_day = members(4).groupby("paid_at").agg(amount=("amount", "sum"))
    assert as_text(show(by_day, money="amount")).split() == ["paid", "at", "amount", "kept", "2026-06-30", "¥4,944"]


def test_series_years_and_yes_or_no():
    counts = pd.Series([1200, 3], index=pd.Index(["paid", "closed"], name="status"), name="n")
    assert as_text(show(counts)).split() == ["status", "n", "paid", "1,200", "closed", "3"]
    assert as_text(show(pd.DataFrame({"year": [2026], "new": [True]}))).split() == ["year", "new", "2026", "yes"]


def test_bars_start_at_zero():
    html = as_html(show(pd.DataFrame({"amount": [50.0, 100.0]}), bars="amount"))
    assert "#BFD9EC 50.0%" in html and "#BFD9EC 100.0%" in html


def test_an_unknown_column_is_named():
    with pytest.raises(KeyError, match="no column 'spend'.*amount"):
        show(members(), money="spend")


def test_ids_count_up_so_that_stored_bytes_do_not_change():
    table = show(members(2), bars="amount")
    first, second = as_html(table), as_html(table)
    ids = [int(re.search(r'id="T_t(\d+)"', html)[1]) for html in (first, second)]
    assert ids[1] == ids[0] + 1
    assert first.replace(f"T_t{ids[0]}", "") == second.replace(f"T_t{ids[1]}", "")


def test_points_of_a_difference_in_words():
    assert [points(x, "+") for x in (0.271, -0.034, -0.002, 0.0)] == ["+27", "−3", "+0", "+0"]
    assert points(-0.0349, digits=1) == "−3.5" and points(0.05) == "5"
