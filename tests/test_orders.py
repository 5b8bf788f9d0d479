"""The order reader on good input: canonical files, mappings, money, status, what counts, what a file can carry."""

import json
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlab import language
from crmlab.cleaning import exports
from crmlab.orders import COUNTED, STATUSES, ImportProblem, capabilities, counted_orders, read_orders

MAPPINGS = Path(__file__).parents[1] / "course" / "mappings"


@pytest.fixture(autouse=True, params=["zh", "en"])
def _language(request):
    before = language.language()
    language.set_language(request.param)
    yield
    language.set_language(before)


def canonical(n: int = 200, seed: int = 7) -> pd.DataFrame:
    """Made-up canonical orders; every third refund is a full one."""
    rng = np.random.default_rng(seed)
    gross = rng.integers(1_000, 90_000, n) / 100
    discount = np.round(gross * rng.choice([0, 0.1], n), 2)
    paid = np.round(gross - discount, 2)
    refund = np.where(rng.random(n) < 0.1, np.where(np.arange(n) % 3 == 0, paid, np.round(paid / 2, 2)), 0.0)
    amount = np.round(paid - refund, 2)
    status = np.where(refund == 0, "completed", np.where(amount > 0, "part_refunded", "refunded"))
    return pd.DataFrame({
        "order_id": [f"{2_000_000_000_000_000_123 + i}" for i in range(n)],
        "customer_id": [f"{i:05d}" for i in rng.integers(0, 60, n)],
        "paid_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 180 * 86_400, n), unit="s"),
        "gross": gross,
        "discount": discount,
        "refund": refund,
        "amount": amount,
        "status": status,
    })


@pytest.mark.parametrize(
    "name", ["orders.csv", "订 单.tsv", "orders.txt", "orders.xlsx", "orders.parquet", "orders.csv.gz"]
)
def test_a_canonical_file_comes_back_as_it_was(tmp_path, name):
    wanted, path = canonical(), tmp_path / name
    if name.endswith("xlsx"):
        wanted.to_excel(path, index=False)
    elif name.endswith("parquet"):
        wanted.to_parquet(path)
    else:
        wanted.to_csv(path, index=False, sep="\t" if name.endswith("tsv") else ",", encoding="utf-8")
    imported = read_orders(path)
    wanted["paid_at"] = wanted["paid_at"].astype("datetime64[us]")
    pd.testing.assert_frame_equal(imported.orders, wanted, check_dtype=False)
    assert imported.orders["paid_at"].dtype == "datetime64[us]"
    assert imported.report["rows"] == {"read": 200, "kept": 200, "merged": {"rows": 0, "lines": []}, "set_aside": {}}
    assert imported.set_aside.empty and list(imported.set_aside) == ["file", "row", "reason", "column", "value"]
    json.dumps(imported.report, ensure_ascii=False, allow_nan=False)
    assert imported.report["paid_column"][0]["net_of_refunds"] and imported.report["paid_column"][0]["basis"] == "data"


def test_totals_are_those_of_the_file(tmp_path):
    orders, path = canonical(), tmp_path / "o.csv"
    orders.to_csv(path, index=False)
    totals = read_orders(path).report["totals"]
    cents = {column: int((orders[column] * 100).round().sum()) for column in ("gross", "discount", "refund", "amount")}
    assert {column: round(totals[column] * 100) for column in cents} == cents
    assert cents["gross"] - cents["discount"] - cents["refund"] == cents["amount"]
    assert totals["customers"] == orders["customer_id"].nunique()
    assert totals["counted_orders"] == int((orders["amount"] > 0).sum())


def test_several_files_are_one_table_and_the_overlap_counts_once(tmp_path):
    orders = canonical()
    orders.iloc[:120].to_csv(tmp_path / "5.csv", index=False)
    late = orders.iloc[80:].copy()
    late.iloc[0, late.columns.get_loc("status")] = "shipped"  # row 80 of the frame changed after the first export
    late.to_csv(tmp_path / "6.csv", index=False, encoding="gb18030", sep=";")
    imported = read_orders([tmp_path / "5.csv", tmp_path / "6.csv"])
    assert len(imported.orders) == 200 and imported.orders["order_id"].is_unique
    assert imported.report["rows"]["merged"]["rows"] == 39
    assert imported.report["rows"]["set_aside"]["older_version"] == {"rows": 1, "lines": [82]}
    assert imported.orders.set_index("order_id").loc[orders["order_id"][80], "status"] == "shipped"
    assert imported.report["totals"]["amount"] == pytest.approx(orders["amount"].sum(), abs=0.005)


def test_fixed_width_mapping(tmp_path):
    lines = [" 00004 0001 19970101  2   29.33", " 00004 0001 19970118  2   29.73", " 00021 0002 19970101  3   63.34"]
    lines += [" 00050 0003 19970102  1    0.00", lines[0]]
    path = tmp_path / "sales.txt"
    path.write_text("\r\n".join(lines) + "\r\n\x1a", encoding="ascii", newline="")
    imported = read_orders(path, MAPPINGS / "fixed_width.toml")
    totals = imported.report["totals"]
    # the last line is not an order: an end-of-file mark of old systems
    assert (totals["orders"], totals["customers"], totals["amount"]) == (5, 3, 151.73)
    assert (totals["zero_orders"], totals["counted_orders"], totals["counted_customers"]) == (1, 4, 2)
    assert imported.orders["customer_id"].tolist() == ["0001", "0001", "0002", "0003", "0001"]
    assert imported.orders["paid_at"][0] == pd.Timestamp("1997-01-01")
    assert imported.orders["order_id"].is_unique
    assert any("equal to an earlier row but without an order id: 1." in note["en"] for note in imported.report["notes"])


def test_mapping_by_names_and_by_position_agree(tmp_path):
    text = "who,customer_id,order_date,revenue\nx,Ann Lee,2004-12-20,32\ny,Bo Li,2005-05-02,36\n"
    path = tmp_path / "sales.csv"
    path.write_text(text, encoding="utf-8")
    by_name = read_orders(path, MAPPINGS / "names_and_dates.toml").orders
    by_place = read_orders(path, {"columns": {"customer_id": 2, "paid_at": 3, "amount": 4}}).orders
    pd.testing.assert_frame_equal(by_name, by_place)
    path.write_text(text.split("\n", 1)[1], encoding="utf-8")
    bare = read_orders(path, {"header": False, "columns": {"customer_id": 2, "paid_at": 3, "amount": 4}}).orders
    pd.testing.assert_frame_equal(bare.drop(columns="order_id"), by_place.drop(columns="order_id"))
    assert by_name["amount"].tolist() == [32, 36] and by_name["status"].tolist() == ["paid", "paid"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ('colums = {amount = "revenue"}', ["colums", "columns"]),
        ('[columns]\namont = "revenue"', ["amont", "amount"]),
        ('[columns]\namount = "revenu"\npaid_at = "order_date"', ["revenu", "revenue"]),
        ("[columns]\namount = 9\npaid_at = 3", ["9"]),
        ('header = "yes"', ["header", "true"]),
        ("widths = [3, 0]", ["widths"]),
        ("header = maybe", ["my.toml", "TOML"]),
        ('[constants]\nstatu = "paid"', ["statu", "status"]),
        ('separator = "tab"', ["separator", "tab"]),
        ('timezone = "Beijing"', ["timezone", "Asia/Shanghai"]),
        ('latest = "soon"', ["latest", "2026-06-30"]),
        ('encoding = "gkb"', ["encoding", "gb18030"]),
        ("[columns]\namount = 1.5", ["columns", "1.5"]),
    ],
)
def test_a_wrong_mapping_is_named_and_mended(tmp_path, mapping, words):
    path, rules = tmp_path / "s.csv", tmp_path / "my.toml"
    path.write_text("customer_id,name,order_date,revenue\nA,x,2026-01-01,3\n", encoding="utf-8")
    rules.write_text(mapping, encoding="utf-8")
    with pytest.raises(ImportProblem) as problem:
        read_orders(path, rules)
    assert "my.toml" in str(problem.value)
    for word in words:
        assert word in str(problem.value)


def orders_csv(tmp_path, text: str) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_paid_column_before_refunds_gets_them_taken_off_once(tmp_path):
    before = "订单编号,客户编号,付款时间,总金额,实付金额,退款金额\n1,A,2026-01-01,100,100,30\n2,A,2026-01-02,80,80,80\n3,B,2026-01-03,50,50,\n"
    net = before.replace("100,100,30", "100,70,30").replace("80,80,80", "80,0,80")
    for text, is_net in ((before, False), (net, True)):
        imported = read_orders(orders_csv(tmp_path, text))
        assert imported.orders["amount"].tolist() == [70, 0, 50]
        assert imported.orders["refund"].tolist() == [30, 80, 0]
        assert imported.orders["status"].tolist() == ["part_refunded", "refunded", "paid"]
        decision = imported.report["paid_column"][0]
        assert (decision["net_of_refunds"], decision["basis"], decision["rows_with_refund"]) == (is_net, "data", 2)


def test_paid_column_without_evidence_says_so_and_obeys_the_mapping(tmp_path):
    path = orders_csv(
        tmp_path, "order_id,customer_id,paid_at,实付金额,退款金额\n1,A,2026-01-01,100,30\n2,B,2026-01-02,50,0\n"
    )
    unsure = read_orders(path)
    assert unsure.report["paid_column"][0]["basis"] == "default" and unsure.orders["amount"].tolist() == [70, 50]
    assert "paid_is_net" in unsure.summary()
    told = read_orders(path, {"paid_is_net": True})
    assert told.orders["amount"].tolist() == [100, 50] and told.report["paid_column"][0]["basis"] == "mapping"
    assert told.orders["gross"].tolist() == [130, 50]


STATUS_CASES = [
    ("等待买家付款", "", "unpaid"),
    ("待发货", "2026-01-01", "paid"),
    ("等待卖家发货", "2026-01-01", "paid"),
    ("卖家部分发货", "2026-01-01", "shipped"),
    ("已发货，待收货", "2026-01-01", "shipped"),
    ("交易成功", "2026-01-01", "completed"),
    ("已完成", "2026-01-01", "completed"),
    ("未发货，退款成功", "2026-01-01", "refunded"),
    ("未完成", "2026-01-01", "paid"),
    ("未完成", "", "unpaid"),
    ("已取消，退款成功", "2026-01-01", "refunded"),
    ("部分退款成功", "2026-01-01", "part_refunded"),
    ("partially_refunded", "2026-01-01", "part_refunded"),
    ("交易关闭", "", "closed"),
    ("交易关闭", "2026-01-01", "refunded"),
    ("在线支付超时", "", "closed"),
    ("退款中", "2026-01-01", "disputed"),
    ("Refunded", "2026-01-01", "refunded"),
    ("pending", "", "unpaid"),
]


def test_status_words(tmp_path):
    rows = [f"{n},A,{day},100,{word}" for n, (word, day, _) in enumerate(STATUS_CASES)]
    path = orders_csv(tmp_path, "订单编号,客户编号,付款时间,实付金额,订单状态\n" + "\n".join(rows))
    orders = read_orders(path).orders
    assert orders["status"].tolist() == [status for _, _, status in STATUS_CASES]
    kept = {"paid": 100, "shipped": 100, "completed": 100, "part_refunded": 100, "disputed": 100}
    assert orders["amount"].tolist() == [kept.get(status, 0) for _, _, status in STATUS_CASES]
    assert {rule["is"] for rule in exports()["status"]} - {""} == set(STATUSES) and set(STATUSES) >= COUNTED


def test_after_sale_goes_before_status_and_unknown_words_are_reported(tmp_path):
    text = "订单编号,客户编号,付款时间,实付金额,订单状态,售后状态\n1,A,2026-01-01,10,已发货,退款成功\n2,A,2026-01-02,10,已发货,无售后或售后取消\n"
    imported = read_orders(orders_csv(tmp_path, text + "3,A,2026-01-03,10,天马行空,-\n4,A,,10,天马行空,-\n"))
    assert imported.orders["status"].tolist() == ["refunded", "shipped", "paid", "unpaid"]
    assert imported.report["unknown_status"] == {"天马行空": 2} and "天马行空" in imported.summary()
    once = read_orders(orders_csv(tmp_path, text + "3,A,2026-01-03,10,找张小姐 13812345678,-\n"))
    assert "13812345678" not in str(once.report) and "找张小姐" not in str(once.report)


def test_credit_notes(tmp_path):
    """One that names its order lowers that order; one that names none stays, lowers the customer and counts for nothing."""
    text = "order_id,customer_id,paid_at,amount\n1,A,2026-01-01,100\n1,A,2026-01-05,-40\n,A,2026-01-06,-10\n2,B,2026-01-02,30\n2,B,2026-01-03,-50\n"
    imported = read_orders(orders_csv(tmp_path, text))
    assert imported.orders["amount"].tolist() == [60, -10, 30]
    assert imported.orders["status"].tolist() == ["part_refunded", "refunded", "paid"]
    assert imported.report["rows"]["merged"] == {"rows": 1, "lines": [3]}
    assert imported.report["rows"]["set_aside"] == {"refund_exceeds_amount": {"rows": 1, "lines": [6]}}
    assert len(counted_orders(imported.orders)) == 2 and imported.report["totals"]["credit_notes"] == 1


def test_what_counts(tmp_path):
    orders = canonical(20)
    orders.loc[0, "customer_id"] = None
    orders.loc[1, "paid_at"] = pd.NaT
    orders.loc[2, ["gross", "discount", "refund", "amount"]] = 0.0
    orders.loc[3, "status"] = "closed"
    wanted = orders.iloc[4:].query("amount > 0")["order_id"].tolist()
    assert counted_orders(orders)["order_id"].tolist() == wanted
    lazy = counted_orders(nw.from_native(orders).lazy())
    assert isinstance(lazy, nw.LazyFrame) and lazy.collect()["order_id"].to_list() == wanted


def test_a_shop_file_without_customers_is_read_and_rfm_names_what_is_missing(tmp_path):
    text = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\n"
    text += (
        "1,178.8,0.0,上海,2020-02-21 00:00:00,,0.0\n2,21.0,21.0,江苏省,2020-02-20 23:59:54,2020-02-21 00:00:02,0.0\n"
    )
    text += "3,50.0,0.0,江苏省,2020-02-20 23:59:54,2020-02-21 00:00:02,50.0\n"
    imported = read_orders(orders_csv(tmp_path, text))
    totals = imported.report["totals"]
    assert (totals["orders"], totals["paid_orders"], totals["gross"], totals["paid_gross"]) == (3, 2, 249.8, 71)
    assert (totals["refund"], totals["amount"], totals["customers"]) == (50, 21, 0)
    table = capabilities(imported).set_index("key")
    assert table.loc["totals", "ok"] and table.loc["refunds", "ok"] and not table.loc["rfm", "ok"]
    assert table.loc["rfm", "missing_column"] == "customer_id"
    assert "客户编号" in table.loc["rfm", "sentence"]


def test_capabilities_of_a_full_file(tmp_path):
    path = tmp_path / "o.csv"
    canonical().assign(channel="mini", store_id="S1").to_csv(path, index=False)
    table = capabilities(read_orders(path))
    assert table["ok"].all() and list(table) == ["part", "key", "ok", "missing_column", "sentence"]


def test_every_part_and_field_has_words_in_both_languages():
    for reason in (
        "total_row",
        "header_again",
        "too_many_cells",
        "amount_unreadable",
        "amount_missing",
        "date_unreadable",
        "date_future",
        "refund_exceeds_amount",
        "older_version",
    ):
        assert language.t(f"aside_{reason}")
    for field in exports()["columns"]:
        assert language.t(field)
    for part in exports()["parts"]:
        assert part["zh"] and part["en"] and set(part["needs"]) <= set(exports()["columns"])
