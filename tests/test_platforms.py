"""Every known export: recognised, its orders right to the cent, its rows accounted for; and the traps of each."""

import csv
import io

import pandas as pd
import platforms
import pytest
from platforms import MAKERS, ORDERS, Export, phone, table, yuan

from crmlab import cleaning, headers, language, rfm
from crmlab.orders import ImportProblem, capabilities, counted_orders, read_orders
from crmlab.reading import read_table
from crmlab.shapes import platform_of


@pytest.fixture(autouse=True)
def _language():
    before = language.language()
    language.set_language("zh")
    yield
    language.set_language(before)


def write(tmp_path, export: Export):
    path = tmp_path / export.name
    path.write_bytes(export.data)
    return path


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_known_totals(tmp_path, maker):
    """Order by order: money, status, pay time, customer; the expectations come from the list of true orders."""
    export = maker()
    imported = read_orders(write(tmp_path, export))
    orders, report = imported.orders.set_index("order_id"), imported.report
    entry = report["files"][0]
    assert entry["platform"]["key"] == export.key and len(entry["platform"]["by"]) >= 2
    assert set(orders.index) == set(export.orders)
    for number, true in export.orders.items():
        read = orders.loc[number]
        assert read["status"] == true.state, (number, true, read.to_dict())
        assert read["amount"] == true.net / 100, (number, true, read.to_dict())
        if true.live:
            money = (read["gross"], read["refund"], read["discount"])
            assert money == (true.gross / 100, true.back / 100, true.discount / 100), (number, true)
            time = pd.Timestamp(true.created if "order_time" in export.facts else true.paid)
            time = time.normalize() if export.day_only else time.floor("min")
            assert read["paid_at"].floor("min") == time, (number, true)
        key = read["customer_id"]
        assert (None if pd.isna(key) else key) == export.customers[number]
    live = [true for true in export.orders.values() if true.live]
    assert report["totals"]["amount"] == sum(true.net for true in live) / 100
    assert report["totals"]["refund"] == sum(true.back for true in live) / 100
    people = {key for key in export.customers.values() if key}
    assert (report["totals"]["orders"], report["totals"]["customers"]) == (len(export.orders), len(people))
    counted = [number for number, true in export.orders.items() if true.net > 0 and export.customers[number]]
    assert sorted(counted_orders(imported.orders)["order_id"]) == sorted(counted)

    rows = report["rows"]
    aside = sum(each["rows"] for each in rows["set_aside"].values())
    assert rows["read"] == export.rows == rows["kept"] + rows["merged"]["rows"] + aside
    assert aside == export.facts.get("total_rows", 0) + export.facts.get("not_a_sale", 0)
    assert report.get("folded", {"rows": 0})["rows"] == rows["merged"]["rows"]
    key = report["customer_key"]
    assert (key["grade"], key["kind"]) == (export.grade, export.kind)
    assert all(key["sentence"].values()) and (key["masked"] > 0.9) == ("masked" in export.facts)
    assert capabilities(imported).set_index("key").loc["rfm", "ok"] == bool(counted)
    assert imported.summary()


def test_every_platform_has_a_fixture_and_names_fields_that_exist():
    assert {maker().key for maker in MAKERS} == {entry["key"] for entry in cleaning.exports()["platforms"]}
    for entry in cleaning.exports()["platforms"]:
        assert entry["zh"] and entry["en"] and entry["rows"] in ("order", "repeat", "sum", "continued")
        assert len(entry["recognise"]) >= entry["enough"]
        assert {*entry.get("columns", {}), *entry["customer"]} <= set(cleaning.exports()["columns"])


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_a_platform_is_told_from_the_others_by_its_headers_alone(tmp_path, maker):
    export = maker()
    found = platform_of(read_table(write(tmp_path, export), {}).headers)
    assert found["key"] == export.key
    assert platform_of(found["by"][: found["enough"] - 1]) == {}


def test_a_new_platform_is_an_entry_and_no_code(tmp_path, monkeypatch):
    entry = """
[[platforms]]
key = "moon"
zh = "月亮商城订单"
en = "Moon Mall orders"
recognise = ["月单", "月客", "月价"]
enough = 3
rows = "repeat"
net = false
customer = ["customer_id"]
[platforms.columns]
order_id = ["月单"]
customer_id = ["月客"]
created_at = ["月时"]
amount = ["月价"]
[[platforms.status]]
is = "refunded"
words = ["坠月"]
"""
    whole = cleaning.EXPORTS.read_text(encoding="utf-8") + entry
    (tmp_path / "more.toml").write_text(whole, encoding="utf-8")
    monkeypatch.setattr(cleaning, "EXPORTS", tmp_path / "more.toml")
    cleaning.exports.cache_clear()
    try:
        text = "月单,月客,月价,月时,状态\n1,A,9,2026-01-01,满月\n1,A,9,2026-01-01,满月\n2,B,5,2026-01-02,坠月\n"
        (tmp_path / "m.csv").write_text(text, encoding="utf-8")
        imported = read_orders(tmp_path / "m.csv")
    finally:
        monkeypatch.undo()
        cleaning.exports.cache_clear()
    assert imported.report["files"][0]["platform"]["en"] == "Moon Mall orders"
    assert imported.orders["amount"].tolist() == [9, 0] and imported.orders["status"].tolist() == ["paid", "refunded"]


# --- traps -------------------------------------------------------------------------------------------------------------


def test_a_refund_is_never_taken_off_twice(tmp_path):
    """The same orders in a net and in a gross paid column keep the same money."""
    net = platforms.taobao_new()
    before = net.data.decode("gb18030")
    for order in ORDERS:
        if order.back:
            before = before.replace(f"{yuan(order.net)}元,交易", f"{yuan(order.due)}元,交易")
    assert before.encode("gb18030") != net.data
    kept = []
    for name, data in (("net.csv", net.data), ("before.csv", before.encode("gb18030"))):
        (tmp_path / name).write_bytes(data)
        imported = read_orders(tmp_path / name)
        assert imported.report["paid_column"][0]["basis"] == "data"
        assert imported.report["paid_column"][0]["net_of_refunds"] == (name == "net.csv")
        kept.append(imported.report["totals"]["amount"])
    assert kept[0] == kept[1] == sum(order.net for order in ORDERS) / 100


def test_a_gift_makes_no_order_and_does_not_close_one(tmp_path):
    imported = read_orders(write(tmp_path, platforms.douyin()))
    assert imported.set_aside["reason"].tolist() == ["not_a_sale"]
    assert imported.report["not_sales"]["gift_row"]["rows"] == 3
    third = imported.orders[imported.orders["order_id"].str.endswith("00003")].iloc[0]
    assert third["status"] == "part_refunded" and third["items"] == 4  # the gift is no piece bought


def test_jd_amounts_that_are_not_repeated_are_added_up(tmp_path):
    """The shape is verified: where rows of an order differ, they are the items' own money."""
    rows = [
        {"订单号": str(n), "订购数量": "1", "京东价": str(price), "订单金额": str(price), "应付金额": str(price), "下单帐号": "a",
         "结算金额": str(price), "付款确认时间": "2026-05-01 10:00:00", "订单状态": "完成"}
        for n, price in [(1, 10), (1, 20), (2, 5), (2, 7), (3, 9)]
    ]  # fmt: skip
    (tmp_path / "jd.csv").write_bytes(table(platforms.JD_30, rows, "gb18030"))
    imported = read_orders(tmp_path / "jd.csv")
    assert imported.orders["amount"].tolist() == [30, 12, 9]
    assert imported.report["files"][0]["platform"]["rows"] == "sum" and "按各行相加" in imported.summary()
    odd = [row | {"应付金额": "10", "订单金额": "10"} if row["订单号"] == "1" else row for row in rows]
    odd = [row | {"应付金额": "5", "订单金额": "5"} if row["订单号"] == "2" else row for row in odd]
    odd += [odd[-1] | {"应付金额": "8"}]
    (tmp_path / "jd.csv").write_bytes(table(platforms.JD_30, odd, "gb18030"))
    imported = read_orders(tmp_path / "jd.csv")
    assert imported.orders["amount"].tolist() == [10, 5]
    assert imported.report["rows"]["set_aside"] == {"lines_disagree": {"rows": 2, "lines": [6, 7]}}


def test_damaged_order_numbers_of_jd_fold_by_customer_and_time(tmp_path):
    export = platforms.jd()
    text = export.data.decode("gb18030")
    for number in export.orders:
        text = text.replace(f"\n{number},", "\n3.00123E+11,")
    (tmp_path / "jd.csv").write_bytes(text.encode("gb18030"))
    imported = read_orders(tmp_path / "jd.csv")
    assert imported.report["damaged_ids"]["order_id"] == len(export.orders) == len(imported.orders)
    assert imported.report["totals"]["amount"] == sum(order.net for order in export.orders.values()) / 100


def test_cancellations_lower_the_money_and_never_frequency_or_recency(tmp_path):
    export = platforms.uci()
    orders = read_orders(write(tmp_path, export)).orders
    with_them = rfm.summary(orders).set_index("customer_id")
    without = rfm.summary(orders[~orders["order_id"].str.startswith("C")]).set_index("customer_id")
    assert with_them["frequency"].equals(without["frequency"]) and with_them["recency"].equals(without["recency"])
    back = dict.fromkeys(without.index, 0)
    for number, true in export.orders.items():
        if number.startswith("C"):
            back[export.customers[number]] -= true.net / 100
    assert (without["monetary"] - with_them["monetary"]).round(2).to_dict() == {k: round(v, 2) for k, v in back.items()}
    assert sum(back.values()) > 0


def test_overlapping_months_of_lines_count_once_and_lines_add_nothing_to_their_order_file(tmp_path):
    order_file, lines = platforms.taobao_new(), platforms.taobao_lines()
    data = order_file.data.decode("gb18030").replace("33670000000000", "20260500000000").encode("gb18030")
    (tmp_path / "orders.csv").write_bytes(data)
    (tmp_path / "lines.csv").write_bytes(lines.data)
    alone = read_orders(tmp_path / "orders.csv")
    both = read_orders([tmp_path / "orders.csv", tmp_path / "lines.csv", tmp_path / "lines.csv"])
    pd.testing.assert_frame_equal(both.orders[alone.orders.columns], alone.orders)
    assert both.set_aside.empty
    twice = read_orders([tmp_path / "lines.csv", tmp_path / "lines.csv"])
    assert twice.report["totals"]["amount"] == sum(order.net for order in ORDERS) / 100


def test_a_line_pasted_twice_counts_once(tmp_path):
    export = platforms.douyin()
    header, *rows = export.data.decode("utf-8-sig").splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([header, *rows, *rows[:5]]), encoding="utf-8-sig")
    imported = read_orders(tmp_path / "twice.csv")
    assert imported.report["totals"]["amount"] == sum(order.net for order in ORDERS) / 100


def test_phones_are_found_whole_and_masked_ones_are_no_key(tmp_path):
    imported = read_orders(write(tmp_path, platforms.taobao_new()))
    assert imported.orders["phone"].tolist() == [phone(order.who) for order in ORDERS]
    cells = ["'13812345678", "86-13812345678", "+1 (555) 123-4567", "138****5678", "$$密文", "0571-88888888", "-"]
    found, hidden = cleaning.whole_phones(cleaning.text(pd.Series(cells)))
    assert found.fillna("").tolist() == ["13812345678", "13812345678", "+15551234567", "", "", "057188888888", ""]
    assert hidden.tolist() == [False, False, False, True, True, False, False]


def test_a_nickname_is_a_weak_key_and_says_so(tmp_path):
    export = platforms.youzan()
    text = export.data.decode("utf-8-sig")
    for who in range(1, 6):
        text = text.replace(phone(who), f"138****000{who}")
    (tmp_path / "y.csv").write_text(text, encoding="utf-8-sig")
    key = read_orders(tmp_path / "y.csv").report["customer_key"]
    assert (key["kind"], key["grade"]) == ("name", "weak") and "昵称" in key["sentence"]["zh"]


def test_amounts_with_a_decimal_comma_only_where_asked():
    cells = pd.Series(["1.234,56", "12,5", "1,234.50", "1,234", "€ 7,00", "12.50"])
    values, bad = cleaning.money(cells, decimal_comma=True)
    assert values.tolist() == [1234.56, 12.5, 1234.5, 1234, 7, 12.5] and not bad.any()
    assert cleaning.money(cells)[1].tolist() == [True, True, False, False, True, False]
    assert cleaning.money(pd.Series(["9.90;0.00; 1,000.00", "9;x"]))[0].tolist()[0] == 1009.9


def test_several_currencies_are_said(tmp_path):
    export = platforms.stripe()
    data = export.data.decode().replace("cny", "usd", 1).encode()
    (tmp_path / "s.csv").write_bytes(data)
    assert "USD 1 单" in read_orders(tmp_path / "s.csv").summary()


# --- rows that are no sales --------------------------------------------------------------------------------------------


def not_sales(tmp_path):
    rows = [("1", "A", "奶粉", "1", 100, ""), ("2", "A", "补差价专拍 1 元", "1", 30, ""), ("3", "B", "奶粉", "1", 50, "刷单，勿发"),
            ("4", "B", "奶粉，补差价", "2", 70, ""), ("5", "C", "奶粉;补差价", "2", 80, ""), ("6", "C", "补邮费链接", "1", 8, "")]  # fmt: skip
    headers_ = [
        "订单编号",
        "买家会员名",
        "宝贝标题",
        "宝贝种类",
        "买家实际支付金额",
        "订单备注",
        "订单付款时间",
        "宝贝总数量",
    ]
    rows = [dict(zip(headers_, [*map(str, row), "2026-05-01 10:00:00", "1"], strict=True)) for row in rows]
    (tmp_path / "t.csv").write_bytes(table(headers_, rows, "gb18030"))
    return tmp_path / "t.csv"


def test_what_looks_like_no_sale_is_counted_and_stays_until_asked(tmp_path):
    path = not_sales(tmp_path)
    seen = read_orders(path)
    found = {name: (each["orders"], each["left_out"]) for name, each in seen.report["not_sales"].items()}
    assert found == {"price_difference": (1, False), "postage": (1, False), "brushing": (1, False)}
    assert len(seen.orders) == 6
    asked = read_orders(path, {"exclude": ["price_difference", "brushing"]})
    assert asked.orders["order_id"].tolist() == ["1", "4", "5", "6"]
    assert asked.report["rows"]["set_aside"] == {"not_a_sale": {"rows": 2, "lines": [3, 4]}}
    own = {"not_sales": [{"name": "milk", "columns": ["item"], "words": ["奶粉"]}]}
    assert read_orders(path, own).orders["order_id"].tolist() == ["2", "4", "5", "6"]
    with pytest.raises(ImportProblem, match="exclude"):
        read_orders(path, {"exclude": ["gifts"]})


# --- tables of unknown headers -----------------------------------------------------------------------------------------


def unknown(tmp_path):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["流水", "谁买的", "成交日", "到账", "门店名", "随手记"])
    writer.writerows(
        [f"LS2026{n:06d}", f"C{n % 3}", f"2026-05-{n + 1:02d}", f"{n * 10}.50", "总店", "=1+1"] for n in range(20)
    )
    (tmp_path / "own.csv").write_text(out.getvalue(), encoding="utf-8")
    return tmp_path / "own.csv"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_unknown_headers_bring_guesses_and_a_mapping_to_edit(tmp_path, lang):
    language.set_language(lang)
    path = unknown(tmp_path)
    with pytest.raises(ImportProblem) as refused:
        read_orders(path)
    guesses = {each["header"]: each for each in refused.value.guesses}
    assert guesses["成交日"]["field"] == "paid_at" or guesses["成交日"]["field"] == "created_at"
    assert all(0.3 <= each["confidence"] < 1 for each in guesses.values())
    draft = refused.value.mapping
    assert "随手记" in draft and "到账" in draft and ("核对" in draft) == (lang == "zh")
    # a reader fills in what the draft left open
    lines = [
        line
        for line in draft.splitlines()
        if not line.startswith(("paid_at", "created_at", "amount", "order_id", "customer_id"))
    ]
    lines += ['order_id = "流水"', 'customer_id = "谁买的"', 'paid_at = "成交日"', 'amount = "到账"']
    (tmp_path / "my.toml").write_text("\n".join(lines), encoding="utf-8")
    assert read_orders(path, tmp_path / "my.toml").report["totals"]["orders"] == 20


def test_a_draft_of_near_names_works_as_it_stands(tmp_path):
    text = "订单单号码,会员卡号码,支付成功时间,实付总金额\n" + "".join(
        f"NO20260501{n:04d},K{n % 4},2026-05-{n + 1:02d} 10:00:00,{n + 1}.00\n" for n in range(20)
    )
    (tmp_path / "near.csv").write_text(text, encoding="utf-8")
    draft = headers.draft_mapping(read_table(tmp_path / "near.csv", {}))
    (tmp_path / "near.toml").write_text(draft, encoding="utf-8")
    imported = read_orders(tmp_path / "near.csv", tmp_path / "near.toml")
    totals = imported.report["totals"]
    assert (totals["orders"], totals["customers"], totals["amount"]) == (20, 4, sum(range(1, 21)))


def test_the_mapping_has_the_last_word_on_platform_and_rows(tmp_path):
    text = "单,客,日,元\n1,A,2026-01-01,10\n1,A,2026-01-01,15\n2,B,2026-01-02,5\n"
    (tmp_path / "l.csv").write_text(text, encoding="utf-8")
    columns = {"order_id": "单", "customer_id": "客", "paid_at": "日", "amount": "元"}
    assert read_orders(tmp_path / "l.csv", {"columns": columns, "rows": "sum"}).orders["amount"].tolist() == [25, 5]
    assert read_orders(tmp_path / "l.csv", {"columns": columns}).orders["amount"].tolist() == [15, 5]
    with pytest.raises(ImportProblem, match="repeat"):
        read_orders(tmp_path / "l.csv", {"columns": columns, "rows": "lines"})
    export = platforms.jd()
    none = read_orders(write(tmp_path, export), {"platform": "none"})
    assert "platform" not in none.report["files"][0]


def test_statuses_are_words_in_data_and_refund_goes_before_not_sent():
    """The raw words of section 1.4 of the field notes, as (words, pay time known) -> status."""
    cases = {
        "等待买家付款": "unpaid", "等待卖家发货": "paid", "卖家部分发货": "shipped", "已发货，待收货": "shipped", "交易成功": "completed",
        "已签收": "completed", "未发货，退款成功": "refunded", "已取消，退款成功": "refunded", "订单退款成功": "refunded",
        "部分退款成功": "part_refunded", "售后处理中": "disputed", "交易异常": "disputed", "拒绝签收": "disputed", "配货中": "paid",
    }  # fmt: skip
    words = pd.Series(list(cases), dtype="str")
    nothing = pd.Series(pd.NA, index=words.index, dtype="str")
    status, unknown_ = cleaning.statuses(words, nothing, pd.Series(True, index=words.index))
    assert status.tolist() == list(cases.values()) and not unknown_.any()
