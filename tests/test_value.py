"""Margins, revenue a head, cost and payback against sums done one by one."""

import numpy as np
import pandas as pd
import pytest
from test_rfm import spark  # noqa: F401  (a fixture)

from crmlab import load, value
from crmlab.world import channels
from crmlab.world.invites import REWARD
from crmlab.world.latent import CHANNELS

AS_OF = "2026-06-30"
TABLES = ("orders", "order_lines", "products")


@pytest.fixture(scope="module", params=["yunmu", "morningcup"])
def company(request):
    return request.param


@pytest.fixture(scope="module")
def margins(company):
    return value.margins(*(load(company, table) for table in TABLES))


def test_margin_of_an_order_by_hand(company, margins):
    orders, lines, products = (load(company, table) for table in TABLES)
    cost = products.set_index("sku")["unit_cost"]
    for order in margins.iloc[:: len(margins) // 40].itertuples():
        row = orders[orders["order_id"] == order.order_id].iloc[0]
        goods = sum(line.quantity * cost[line.sku] for line in lines[lines["order_id"] == order.order_id].itertuples())
        kept = row["gross"] - row["discount"] - row["refund"]
        assert order.margin == pytest.approx(kept - goods - row["fulfilment_cost"], abs=0.005)
    assert margins["order_id"].is_unique and margins["margin"].notna().all()


def test_an_order_without_lines_has_no_margin_rather_than_a_large_one():
    orders, lines, products = (load("morningcup", table) for table in TABLES)
    orders = orders.head(200)
    gone = value.margins(orders, lines[lines["order_id"] != orders["order_id"].iloc[0]], products)
    assert gone["margin"].isna().sum() == 1


def test_every_engine_gives_the_same_margins(spark):  # noqa: F811
    import duckdb

    tables = [load("morningcup", table) for table in TABLES]
    expected = value.margins(*tables)
    pd.testing.assert_frame_equal(value.margins(*(duckdb.from_df(table) for table in tables)), expected)
    needed = ["order_id", "customer_id", "paid_at", "amount", "status", "fulfilment_cost"]
    few = tables[0][needed].dropna().head(300)
    lines = tables[1][tables[1]["order_id"].isin(few["order_id"])]
    frames = [
        spark.createDataFrame(table.astype(dict.fromkeys(table.select_dtypes("str"), object)))  # times stay as they are
        for table in (few, lines, tables[2][["sku", "unit_cost"]])
    ]
    pd.testing.assert_frame_equal(value.margins(*frames), value.margins(few, lines, tables[2]))


def test_arpu_has_one_income_and_four_denominators(company):
    orders, members, consents, events = (load(company, table) for table in ("orders", "members", "consents", "events"))
    table = value.arpu(orders, members, consents, events, "2026-05-01", "2026-05-31").set_index("denominator")
    in_may = orders[orders["paid_at"].dt.strftime("%Y-%m") == "2026-05"]
    kept = in_may[
        in_may["status"].isin(["paid", "shipped", "completed", "part_refunded", "disputed"]) & (in_may["amount"] > 0)
    ]
    assert table["revenue"].nunique() == 1 and table["revenue"].iloc[0] == pytest.approx(kept["amount"].sum(), abs=0.01)
    assert table.at["paying", "people"] == kept["customer_id"].nunique()
    assert table.at["registered", "people"] == (members["joined_at"] < "2026-06-01").sum()
    did = set(events.loc[events["at"].dt.strftime("%Y-%m") == "2026-05", "customer_id"]) | set(kept["customer_id"])
    assert table.at["active", "people"] == len(did)
    agreed = consents[(consents["purpose"] == "marketing") & (consents["granted_at"] < "2026-06-01")]
    stands = agreed["withdrawn_at"].isna() | (agreed["withdrawn_at"] >= "2026-06-01")
    assert table.at["reachable", "people"] == agreed.loc[stands, "customer_id"].nunique()
    assert table["per_head"].is_monotonic_increasing


def test_cost_of_a_new_member_is_what_is_planted(company):
    spend = load(company, "spend")
    table = value.cac(spend).set_index("channel")["cac"]
    planted = dict(zip(CHANNELS, channels.CAC[company], strict=True))
    for channel, price in planted.items():
        price += REWARD[company] if channel == "referral" else 0
        assert table[channel] == pytest.approx(price, rel=0.1), channel  # the months scatter by 12%
    one = value.cac(spend, "2025-03-01", "2025-03-01").set_index("channel")
    row = spend[(spend["month"] == "2025-03-01") & (spend["channel"] == "store")].iloc[0]
    assert one.at["store", "cac"] == pytest.approx(row["spend"] / row["new_members"])


def test_payback_by_hand_on_mature_cohorts(company, margins):
    members, spend = load(company, "members"), load(company, "spend")
    table = value.payback(members, margins, spend, AS_OF, days=270).set_index("channel")
    people = members[
        (members["joined_at"] < "2025-10-01") & (members["join_channel"] == "referral")
    ]  # 270 days: September
    assert table.at["referral", "people"] == len(people)
    months = spend[(spend["month"] < "2025-10-01") & (spend["channel"] == "referral")]
    price = months["spend"].sum() / months["new_members"].sum()
    assert table.at["referral", "cac"] == pytest.approx(price)
    joined = dict(zip(people["customer_id"], people["joined_at"].dt.date, strict=True))
    by_day = np.zeros(271)
    for row in margins[margins["customer_id"].isin(joined)].itertuples():
        age = (row.paid_at.date() - joined[row.customer_id]).days
        if age <= 270:
            by_day[age] += row.margin
    a_head = by_day.cumsum() / len(people)
    assert table.at["referral", "ltv"] == pytest.approx(a_head[-1])
    assert table.at["referral", "payback"] == next(day for day in range(271) if a_head[day] >= price)
    curve = value.curves(members, margins, AS_OF, days=270).query("channel == 'referral'")
    assert np.allclose(curve["margin"], a_head)
    for column in ("payback", "ratio"):
        assert (table[f"{column}_low"] <= table[column]).all() and not (table[f"{column}_high"] < table[column]).any()


def test_what_is_not_paid_back_in_time_is_missing_and_not_day_nought(margins, company):
    members, spend = load(company, "members"), load(company, "spend")
    dear = spend.assign(spend=spend["spend"] * 50)
    assert value.payback(members, margins, dear, AS_OF, days=90)["payback"].isna().all()


def test_young_cohorts_stay_out():
    joined = pd.Series(pd.to_datetime(["2026-03-31 23:00", "2026-04-01 00:10", "2026-01-02 09:00"]))
    assert value.mature(joined, AS_OF, 91).tolist() == [True, False, True]
    assert value.mature(joined, AS_OF, 92).tolist() == [False, False, True]


def test_cost_of_keeping_one_more():
    found = value.cost_per_kept(n=1000, kept=600, base_n=1000, base_kept=500, cost=3000)
    assert (found["effect"], found["a_head"], found["cost"]) == (pytest.approx(0.1), 3.0, pytest.approx(30))
    assert found["cost_low"] < 30 < found["cost_high"] < np.inf
    assert value.cost_per_kept(20, 5, 20, 5, 100)["cost_high"] == np.inf  # too small to tell
