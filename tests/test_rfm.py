"""RFM against slow, independent computations, published figures and properties that must hold on any orders."""

import json
import shutil
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab import rfm
from crmlab.language import set_language

STATUSES = ["paid", "shipped", "completed", "part_refunded", "disputed", "refunded", "closed", "unpaid"]


def random_orders(seed: int, n: int = 400, customers: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2025-01-01").value // 1000
    at = pd.to_datetime(start + rng.integers(0, 500 * 86400, n) * 1_000_000, unit="us")
    amount = rng.choice([0, 19.9, 30.1, 30.1, 258, 1288.88], n) * rng.choice([1, 1, 1, -1], n, p=[0.4, 0.3, 0.25, 0.05])
    ids = pd.array([f"C{i:03d}" for i in rng.integers(0, customers, n)], dtype="str")
    ids[rng.random(n) < 0.03] = pd.NA
    return pd.DataFrame({
        "order_id": [f"O{i:05d}" for i in range(n)],
        "customer_id": pd.Series(ids, dtype="str"),
        "paid_at": pd.Series(at).astype("datetime64[us]"),
        "amount": amount + 0.0,
        "status": rng.choice(STATUSES, n),
    })


def slow_summary(orders: pd.DataFrame, as_of: str, months: int | None = None) -> dict:
    """One customer after the other, in plain Python, money as exact fractions."""
    as_of = pd.Timestamp(as_of).date()
    start = (pd.Timestamp(as_of) + pd.Timedelta(days=1) - pd.DateOffset(months=months)).date() if months else None
    result = {}
    for row in orders.to_dict("records"):
        day = row["paid_at"].date()
        if pd.isna(row["customer_id"]) or day > as_of:
            continue
        counts = row["amount"] > 0 and row["status"] in {"paid", "shipped", "completed", "part_refunded", "disputed"}
        if not counts and row["amount"] >= 0:
            continue
        one = result.setdefault(row["customer_id"], {"last": None, "f": 0, "m": Fraction(0)})
        inside = start is None or day >= start
        if inside:
            one["m"] += Fraction(str(row["amount"]))
        if counts:
            one["last"] = max(day, one["last"] or day)
            one["f"] += inside
    return {
        key: ((as_of - one["last"]).days, one["f"], round(float(one["m"]), 2))
        for key, one in result.items()
        if one["last"]
    }


def as_dict(table: pd.DataFrame) -> dict:
    return {
        row.customer_id: (row.recency, row.frequency, round(row.monetary, 2)) for row in table.itertuples(index=False)
    }


@pytest.mark.parametrize("months", [None, 6])
@pytest.mark.parametrize("seed", range(5))
def test_summary_equals_a_slow_count(seed, months):
    orders = random_orders(seed)
    assert as_dict(rfm.summary(orders, "2026-03-31", months)) == slow_summary(orders, "2026-03-31", months)


def to_engine(orders: pd.DataFrame, engine: str, tmp_path):
    if engine == "pandas":
        return orders
    if engine == "duckdb":
        import duckdb

        return duckdb.from_df(orders)
    if engine == "parquet":
        orders.to_parquet(tmp_path / "orders.parquet")
        return tmp_path / "orders.parquet"
    if engine == "csv":
        orders.to_csv(tmp_path / "orders.csv", index=False, encoding="utf-8")
        return tmp_path / "orders.csv"
    return None


@pytest.mark.parametrize("engine", ["duckdb", "parquet", "csv"])
def test_every_engine_gives_the_same_table(engine, tmp_path):
    orders = random_orders(11, n=3000)
    for months in (None, 12):
        expected = rfm.summary(orders, "2026-03-31", months)
        found = rfm.summary(to_engine(orders, engine, tmp_path), "2026-03-31", months)
        pd.testing.assert_frame_equal(found, expected)
    assert rfm.last_day(to_engine(orders, engine, tmp_path)) == rfm.last_day(orders)


@pytest.fixture(scope="module")
def spark():
    pyspark = pytest.importorskip("pyspark", reason="PySpark is an optional extra: pip install crmlab[spark]")
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java, and no java is on the path")
    session = (
        pyspark.sql.SparkSession.builder
        .master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "Asia/Shanghai")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_spark_gives_the_same_table(spark):
    orders = random_orders(12, n=500)
    expected = rfm.summary(orders, "2026-03-31", 12)
    found = rfm.summary(
        spark.createDataFrame(orders.astype({"customer_id": object}).where(orders.notna(), None)), "2026-03-31", 12
    )
    pd.testing.assert_frame_equal(found, expected)


def table_of(recency, frequency, monetary) -> pd.DataFrame:
    n = len(recency)
    return pd.DataFrame({
        "customer_id": [f"C{i}" for i in range(n)],
        "recency": recency,
        "frequency": frequency,
        "monetary": np.asarray(monetary, dtype=float),
    })


values = st.lists(
    st.tuples(st.integers(0, 700), st.integers(1, 12), st.integers(1, 99999).map(lambda cents: cents / 100)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(values, st.sampled_from(["mean", "median", "quintile"]))
def test_scores_keep_order_and_ties_and_cuts_reproduce_them(rows, rule):
    scored = rfm.score(table_of(*zip(*rows, strict=True)), rule)
    for measure, letter in rfm.MEASURES.items():
        by_value = scored.groupby(measure)[letter]
        assert (by_value.nunique() == 1).all()  # equal values, equal scores
        levels = by_value.first().sort_index()
        assert levels.is_monotonic_decreasing if measure == "recency" else levels.is_monotonic_increasing
        assert levels.between(1, 5).all()
    # the cuts, after a journey through JSON, give every score and class again
    again = rfm.score(scored[["customer_id", *rfm.MEASURES]], rule, json.loads(json.dumps(scored.attrs["cuts"])))
    pd.testing.assert_frame_equal(again, scored, check_dtype=False)


@settings(max_examples=100, deadline=None)
@given(values)
def test_quintile_is_the_stated_formula(rows):
    money = pd.Series([row[2] for row in rows])
    n = len(money)
    expected = [sum(other < value for other in money) * 5 // n + 1 for value in money]
    assert rfm.quintile(money).tolist() == expected
    assert rfm.quintile(money, high_is_good=False).tolist() == [6 - level for level in expected]


@pytest.mark.parametrize("rule", ["mean", "median"])
@settings(max_examples=60, deadline=None)
@given(values)
def test_high_is_strictly_better_than_the_middle(rule, rows):
    table = table_of(*zip(*rows, strict=True))
    scored = rfm.score(table, rule)
    for measure, position in (("recency", 1), ("frequency", 3), ("monetary", 5)):
        middle = table[measure].agg(rule)
        better = table[measure] < middle if measure == "recency" else table[measure] > middle
        assert (scored["code"].str[position] == better.map({True: "1", False: "0"})).all()


def test_recent_is_high():
    scored = rfm.score(table_of([1, 30, 60, 90, 400], [1, 1, 1, 1, 1], [5, 5, 5, 5, 5]))
    assert scored["r"].tolist() == [5, 4, 3, 2, 1]
    assert scored["code"].str[:2].tolist() == ["R1", "R1", "R1", "R1", "R0"]


def test_the_scores_of_the_r_package_come_out():
    """Six customers, cuts and scores printed in the documentation of the R package rfm (reference rfm_segment_summary)."""
    cuts = {
        "scores": {
            "recency": [115, 181, 297.4, 482],
            "frequency": [4, 5, 6, 8],
            "monetary": [255.8, 382, 506.4, 666],
        }
    }
    table = table_of([205, 140, 194, 98, 90, 246], [6, 3, 4, 7, 9, 4], [472, 340, 405, 596, 843, 157])
    scored = rfm.score(table, cuts=cuts)
    assert (scored["r"] * 100 + scored["f"] * 10 + scored["m"]).tolist() == [343, 412, 323, 544, 555, 321]
    classes = pd.DataFrame(
        [
            ("Champions", 5, 5, 5, 5, 5, 5),
            ("Potential Loyalist", 3, 5, 3, 5, 2, 5),
            ("Loyal Customers", 2, 4, 2, 4, 2, 4),
            ("New Customers", 4, 5, 1, 3, 1, 5),
            ("About To Sleep", 2, 3, 1, 3, 1, 4),
        ],
        columns=["segment", "r_min", "r_max", "f_min", "f_max", "m_min", "m_max"],
    )
    assert rfm.first_match(scored, classes).tolist() == [
        "Potential Loyalist",
        "New Customers",
        "Loyal Customers",
        "Potential Loyalist",
        "Champions",
        "About To Sleep",
    ]


def test_grid_and_classes_are_complete_and_apart():
    assert sorted(rfm.GRID) == [(r, f) for r in range(1, 6) for f in range(1, 6)]
    assert len(set(rfm.GRID.values())) == 10
    # field table: the ten areas and how many of the 25 cells each has
    assert Counter(rfm.GRID.values()) == {
        "hibernating": 4, "at_risk": 4, "cant_lose": 2, "about_to_sleep": 2, "need_attention": 1,
        "loyal": 4, "promising": 1, "new": 1, "potential_loyalist": 4, "champions": 2,
    }  # fmt: skip
    assert sorted(rfm.CLASSES) == sorted(f"R{r}F{f}M{m}" for r in (0, 1) for f in (0, 1) for m in (0, 1))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_class_has_a_name_in_each_set_and_an_action(lang):
    set_language(lang)
    for labels in rfm.LABEL_SETS:
        assert len({rfm.class_name(code, labels) for code in rfm.CLASSES}) == 8
    assert len({rfm.action(code) for code in rfm.CLASSES}) == 8
    assert len({rfm.segment_name(key) for key in set(rfm.GRID.values())}) == 10
    set_language("zh")


def test_textbook_names_follow_the_field_table():
    set_language("zh")
    assert [rfm.class_name(code) for code in ("R1F1M1", "R0F1M1", "R1F0M1", "R0F0M1")] == [
        "重要价值",
        "重要保持",
        "重要发展",
        "重要挽留",
    ]
    assert rfm.class_name("R0F1M1", "volcengine") == "重要唤回"
    assert rfm.class_name("R0F0M0", "quick_audience") == "潜在"


def test_within_compares_each_member_with_its_own_group():
    table = table_of([10, 20, 10, 20], [2, 4, 20, 40], [20, 40, 200, 400])
    band = pd.Series(["young", "young", "old", "old"], index=table["customer_id"])
    assert rfm.score(table)["code"].tolist() == ["R1F0M0", "R0F0M0", "R1F1M1", "R0F1M1"]
    scored = rfm.score(table, within=band)
    assert scored["code"].tolist() == ["R1F0M0", "R0F1M1"] * 2
    assert set(scored.attrs["cuts"]) == {"young", "old"}


def test_moves_keep_everybody():
    before = rfm.score(rfm.summary(random_orders(3), "2025-09-30"))
    after = rfm.score(rfm.summary(random_orders(3), "2026-03-31"))
    flows = rfm.moves(before, after)
    assert flows["customers"].sum() == len(after)
    assert flows.loc[flows["from"] != "none", "customers"].sum() == len(before)
    np.testing.assert_allclose(flows.groupby("from")["share"].sum(), 1)
    one = flows.iloc[0]
    pair = (
        before.set_index("customer_id")["code"].to_frame("a").join(after.set_index("customer_id")["code"].rename("b"))
    )
    assert one["customers"] == ((pair["a"] == one["from"]) & (pair["b"] == one["to"])).sum()


def test_outcome_counts_what_came_after_and_nothing_else():
    orders = random_orders(4)
    scored = rfm.score(rfm.summary(orders, "2025-12-31"))
    outcomes = rfm.outcome(scored, orders, "2025-12-31", days=91).set_index("customer_id")
    later = orders[(orders["paid_at"] >= "2026-01-01") & (orders["paid_at"] < "2026-04-02")]
    slow = slow_summary(later, "2026-04-01")
    assert outcomes["bought"].to_dict() == {key: key in slow for key in scored["customer_id"]}
    assert outcomes["spend"].round(2).to_dict() == {key: slow.get(key, (0, 0, 0.0))[2] for key in scored["customer_id"]}
    table = rfm.return_table(outcomes.reset_index())
    assert table["customers"].sum() == len(scored)
    assert ((table["low"] <= table["rate"]) & (table["rate"] <= table["high"])).all()


def test_wilson_interval_is_the_published_one():
    """Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 gives 0.2553 to 0.3662."""
    outcomes = pd.DataFrame({"code": "R1F1M1", "bought": [True] * 81 + [False] * 182, "spend": 0.0})
    row = rfm.return_table(outcomes).iloc[0]
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.2553, 0.3662)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=80))
def test_gini_and_top_share_by_definition(cents):
    money = pd.Series(cents) / 100
    n = len(money)
    # mean absolute difference over twice the mean
    expected = sum(abs(a - b) for a in money for b in money) / (2 * n * n * money.mean())
    assert rfm.gini(money) == pytest.approx(expected, abs=1e-9)
    best = sorted(cents, reverse=True)[: -(-n // 5)]
    assert rfm.top_share(money) == pytest.approx(sum(best) / sum(cents))


def test_class_table_lists_all_eight_and_adds_up():
    scored = rfm.score(table_of([1, 2, 300], [5, 1, 1], [900, 10, 10]))
    table = rfm.class_table(scored)
    assert list(table["code"]) == list(rfm.CLASSES)
    assert table["customers"].sum() == 3
    assert table["revenue_share"].sum() == pytest.approx(1)


def test_calls_that_cannot_be_right_say_so():
    table = table_of([1, 2], [1, 2], [1, 2])
    set_language("zh")
    with pytest.raises(ValueError, match="没有“avg”这种划线规则"):
        rfm.score(table, "avg")
    with pytest.raises(ValueError, match="三条线"):
        rfm.score(table, "business")
    with pytest.raises(ValueError, match="没有一位客户"):
        rfm.score(table.iloc[:0])
    with pytest.raises(ValueError, match="scores.recency"):
        rfm.score(
            table, cuts={"scores": {"recency": [4, 3, 2, 1], "frequency": [1, 2, 3, 4], "monetary": [1, 2, 3, 4]}}
        )
    with pytest.raises(ValueError, match="lines.monetary"):
        rfm.score(table, "business", cuts={"lines": {"recency": 3, "frequency": 2}})
