"""The campaign side of the synthetic world: consents, campaigns, messages, coupons, and what is planted in them.

Every placebo is a world in which effects 8 to 11 and 13 are all off.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from worlds import SIZES_AND_SEEDS, counted, detectable, world

from crmlab.world import COMPANIES
from crmlab.world.days import EVENTS
from crmlab.world.latent import PERSUADED, RETURNERS
from crmlab.world.messages import BETTER, TIER_CLICK
from crmlab.world.winback import CARE_COST, PILOT_WORKS, WORKS

both = pytest.mark.parametrize("company", list(COMPANIES))
worlds = pytest.mark.parametrize(("company", "customers", "seed"), SIZES_AND_SEEDS)
OFF = (8, 9, 10, 11, 13)
HERE, AWAY = (), OFF


def interval(p, n, q, m):
    """Standard error of the difference of two rates."""
    return np.sqrt(p * (1 - p) / n + q * (1 - q) / m)


# ---- integrity


@worlds
def test_arms_and_messages_of_campaigns(company, customers, seed):
    tables = world(company, customers, seed)
    assigned, touches = tables["assignments"], tables["touches"]
    campaigns = tables["campaigns"].set_index("campaign_id")
    assert not assigned.duplicated(["campaign_id", "customer_id"]).any()
    assert (campaigns["starts_on"] <= campaigns["ends_on"]).all() and (campaigns["ends_on"] <= "2026-06-30").all()
    joined = assigned["customer_id"].map(tables["members"].set_index("customer_id")["joined_at"])
    assert (assigned["assigned_at"] > joined).all(), "assigned before joining"
    sent = touches.merge(assigned, on=["campaign_id", "customer_id"], suffixes=("", "_drawn"))
    assert not (sent["arm_drawn"] == "holdout").any(), "a message to the hold-out"
    assert (sent["arm"] == sent["arm_drawn"]).all() and (sent["sent_at"] > sent["assigned_at"]).all()
    with_arms = touches["arm"].notna()
    assert with_arms.sum() == len(sent), "a message of an arm to somebody outside it"
    assert touches["campaign_id"].notna().ne(touches["journey_id"].isin(["welcome", "first_order", "quiet"])).all()
    day = touches["sent_at"].dt.normalize()
    start, end = (touches["campaign_id"].map(campaigns[c]) for c in ("starts_on", "ends_on"))
    onboarding = touches["journey_id"] == "onboarding"  # goes on for the last who joined
    assert ((day >= start) & (day <= end))[touches["campaign_id"].notna() & ~onboarding].all()


@worlds
def test_messages_only_with_consent_and_by_day(company, customers, seed):
    tables = world(company, customers, seed)
    touches = tables["touches"]
    key = ["customer_id", "channel", "purpose"]
    assert not tables["consents"].duplicated(key).any()
    agreed = touches.merge(tables["consents"], on=key, how="left")
    assert (agreed["granted_at"] < agreed["sent_at"]).all(), "a message without consent"
    assert not (agreed["sent_at"] > agreed["withdrawn_at"]).any(), "a message after consent was taken back"
    assert touches["sent_at"].dt.hour.between(9, 20).all(), "a message in the quiet hours"
    out = touches[touches["opted_out"] == 1].set_index("customer_id")["sent_at"]
    assert out.index.is_unique
    marketing = touches[touches["purpose"] == "marketing"]
    assert not (marketing["sent_at"] > marketing["customer_id"].map(out)).any(), "a message after the opt-out"
    still = tables["consents"].query("purpose == 'marketing' and customer_id in @out.index")
    assert still["withdrawn_at"].notna().all()
    assert (tables["consents"]["withdrawn_at"] > tables["consents"]["granted_at"]).sum() == (
        tables["consents"]["withdrawn_at"].notna().sum()
    )


@worlds
def test_what_happens_to_a_message_is_possible(company, customers, seed):
    touches = world(company, customers, seed)["touches"]
    delivered = touches["delivered"] == 1
    assert (touches["failed_reason"].isna() == delivered).all()
    assert not (touches["opened_at"].notna() & ~delivered).any()
    assert not (touches["clicked_at"].notna() & touches["opened_at"].isna()).any()
    assert not (touches["opened_at"] < touches["sent_at"]).any()
    assert not (touches["clicked_at"] < touches["opened_at"]).any()
    assert not (touches["triggered_at"] >= touches["sent_at"]).any()
    assert touches["sent_at"].is_monotonic_increasing and touches["touch_id"].is_unique
    for column in ("sent_at", "opened_at", "clicked_at"):
        assert (touches[column].dropna() < "2026-07-01").all()


@pytest.mark.parametrize(("customers", "seed"), [(200, 1), (1500, 2), (4000, 3)])
def test_nothing_about_prices_before_12_months(customers, seed):
    tables = world("yunmu", customers, seed)
    babies = tables["babies"]
    known = babies.groupby("customer_id")["born_on"].agg(lambda born: born.notna().all())
    youngest = babies.groupby("customer_id")["born_on"].max()
    for name, column in (("touches", "sent_at"), ("coupons", "issued_at")):
        frame = tables[name]
        frame = frame[frame["price_message"] == 1] if name == "touches" else frame
        assert len(frame) > 50
        assert frame["customer_id"].map(known).all(), "age of a baby unknown"
        birthday = frame["customer_id"].map(youngest) + pd.DateOffset(years=1)
        assert (frame[column] >= birthday).all(), "a baby under 12 months"


@worlds
def test_coupons_are_used_once_and_in_time(company, customers, seed):
    tables = world(company, customers, seed)
    coupons, orders = tables["coupons"], tables["orders"]
    assert coupons["coupon_id"].is_unique
    used = coupons.dropna(subset=["used_order_id"]).merge(orders, left_on="used_order_id", right_on="order_id")
    assert len(used) == coupons["used_order_id"].nunique() == orders["coupon_id"].notna().sum()
    assert (used["coupon_id_x"] == used["coupon_id_y"]).all() and (used["customer_id_x"] == used["customer_id_y"]).all()
    assert (used["paid_at"] > used["issued_at"]).all() and (used["paid_at"].dt.normalize() <= used["expires_on"]).all()
    assert (used["min_spend"] <= used["gross"]).all() and (used["face_value"] <= used["discount"] + 1e-9).all()
    joined = coupons["customer_id"].map(tables["members"].set_index("customer_id")["joined_at"])
    assert (coupons["issued_at"] >= joined).all() and (coupons["issued_at"] < "2026-07-01").all()
    given = coupons.dropna(subset=["campaign_id"]).merge(tables["assignments"], on=["campaign_id", "customer_id"])
    assert len(given) == coupons["campaign_id"].notna().sum() and (given["arm"] == "coupon").all()


# ---- effect 8: price tier x kind of message (about 800 a cell or more: 5 points of a click rate of 15% are seen)


def price_tier(tables):
    """Price tier of each customer by what most of their orders' first lines are: True = premium."""
    kinds = tables["products"].set_index("sku").query("category in ['formula', 'coffee', 'tea']")["price_tier"]
    lines = tables["order_lines"].query("line_no == 1").assign(premium=lambda x: x["sku"].map(kinds) == "premium")
    lines = lines[lines["sku"].isin(kinds.index)].merge(tables["orders"][["order_id", "customer_id"]], on="order_id")
    return lines.groupby("customer_id")["premium"].mean() > 0.5


def tier_interaction(tables):
    """(price - service) of the value tier minus the same of the premium tier, in click rate; and the smallest cell."""
    tests = tables["campaigns"].query("kind == 'price_or_service'")["campaign_id"]
    sent = tables["touches"][tables["touches"]["campaign_id"].isin(tests)]
    sent = sent.assign(premium=sent["customer_id"].map(price_tier(tables)), click=sent["clicked_at"].notna())
    cells = sent.dropna(subset="premium").groupby(["premium", "arm"])["click"].agg(["mean", "size"])
    rate = cells["mean"].unstack()
    answer = rate["price"] - rate["service"]
    return answer[False] - answer.get(True, np.nan), cells["size"].min(), answer


@both
def test_effect_8_price_tier_and_kind_of_message(company):
    found, n, answer = tier_interaction(world(company))
    assert n > 700 and detectable(0.10, n) < 0.07
    planted = (
        TIER_CLICK["value", "price"]
        - TIER_CLICK["value", "service"]
        - TIER_CLICK["premium", "price"]
        + TIER_CLICK["premium", "service"]
    )
    assert planted >= 0.08
    assert found == pytest.approx(planted, abs=0.07) and found > 0.08  # some show the other tier
    assert answer[False] > 0 > answer[True]
    placebo, _, _ = tier_interaction(world(company, effects_off=AWAY))
    assert abs(placebo) < 0.06  # three standard errors


# ---- effect 9: five reasons to leave, each with its trace


@cache
def traces(company, off):
    """Of those who left, by true reason: share of orders with a coupon (where coupons are allowed), share of marketing
    messages opened, number of marketing messages, share who left in the month of the competitor's launch; and how many."""
    tables = world(company, effects_off=off)
    left = tables["truth"].dropna(subset=["churn_reason"]).set_index("customer_id")
    orders = tables["orders"].dropna(subset=["paid_at"])
    if company == "yunmu":
        born = tables["babies"].groupby("customer_id")["born_on"].agg(lambda x: x.max() if x.notna().all() else pd.NaT)
        orders = orders[orders["paid_at"] > orders["customer_id"].map(born) + pd.Timedelta(days=370)]
    used = orders["coupon_id"].notna().groupby(orders["customer_id"]).mean()
    sent = tables["touches"].query("purpose == 'marketing'")
    sent = sent[sent["sent_at"] < sent["customer_id"].map(left["alive_until"])]
    opened = sent["opened_at"].notna().groupby(sent["customer_id"]).mean()
    here = (left["alive_until"] - tables["members"].set_index("customer_id")["joined_at"]).dt.days
    first, last = (pd.Timestamp(day) for day in EVENTS[company]["competitor_launch"].split("/"))
    found = left.assign(
        coupon=used.reindex(left.index),
        opened=opened.reindex(left.index),
        messages=sent.groupby("customer_id").size().reindex(left.index).fillna(0).where(here > 60) / here * 30,
        launch=left["alive_until"].between(first - pd.Timedelta(days=25), last),
    )
    return found.groupby("churn_reason")[["coupon", "opened", "messages", "launch"]].agg(["mean", "count", "std"])


TRACES = {
    "coupon": ("price", 0.15, 0.08),  # the reason, least distance from the others' mean, most without the effect
    "opened": ("no_personalisation", -0.08, 0.05),
    "launch": ("better_substitute", 0.04, 0.02),
}


@both
@pytest.mark.parametrize("trace", list(TRACES))
def test_effect_9_each_reason_leaves_its_trace(company, trace):
    reason, least, most = TRACES[trace]

    def distance(off):
        table = traces(company, off)[trace]
        rest = table.drop(index=reason)
        apart = table.loc[reason, "mean"] - np.average(rest["mean"], weights=rest["count"])
        return apart, 2.8 * table.loc[reason, "std"] / np.sqrt(table.loc[reason, "count"])

    found, seen = distance(HERE)
    assert seen < abs(least), "too few have left for this reason"
    assert found > least if least > 0 else found < least
    assert abs(distance(AWAY)[0]) < most


@both
def test_effect_9_those_who_miss_contact_were_contacted_less(company):
    def ratio(off):
        mean = traces(company, off)["messages"]["mean"]
        return mean["no_interaction"] / mean.drop("no_interaction").mean()

    assert traces(company, HERE)["messages"]["count"].min() > 300  # a fifth of the mean is seen
    assert ratio(HERE) < 0.75
    assert 0.88 < ratio(AWAY) < 1.12


@both
def test_effect_9_all_five_reasons_occur(company):
    share = world(company)["truth"]["churn_reason"].value_counts(normalize=True)
    assert len(share) == 5 and share.min() > 0.12


# ---- effect 10: win-back campaigns


@cache
def win_back(company, off=()):
    """One row an assigned customer: arm, truth, whether an order came in the window (60 days at yunmu, else 30), the
    margin of the orders of half a year less the cost of the offer."""
    tables = world(company, effects_off=off)
    campaigns = tables["campaigns"].query("kind == 'win_back'")
    rows = tables["assignments"].merge(campaigns, on="campaign_id").merge(tables["truth"], on="customer_id")
    lines = tables["order_lines"].merge(tables["products"][["sku", "unit_cost"]], on="sku")
    goods = (lines["quantity"] * lines["unit_cost"]).groupby(lines["order_id"]).sum()
    orders = counted(tables)
    orders = orders.assign(margin=orders["amount"] - orders["order_id"].map(goods) - orders["fulfilment_cost"])
    after = rows[["customer_id", "starts_on"]].merge(orders, on="customer_id")
    days = (after["paid_at"] - after["starts_on"]).dt.days
    window = 60 if company == "yunmu" else 30
    margin = after[days.between(1, 180)].groupby("customer_id")["margin"].sum()
    cost = np.select([rows["arm"] == "coupon", rows["arm"] == "service"], [rows["offer_cost"], CARE_COST], 0.0)
    return rows.assign(
        back=rows["customer_id"].isin(after.loc[days.between(1, window), "customer_id"]),
        net=rows["customer_id"].map(margin).fillna(0) - cost,
        sensitive=rows["price_sensitivity"] > 0.5,
        coupons=rows["offer"] != "service",
    )


def uplift(rows, arm):
    """Return rate of an arm minus that of the hold-out, both rates and sizes; only campaigns that have the arm."""
    rows = rows[rows["coupons"]] if arm == "coupon" else rows
    table = rows.groupby("arm")["back"].agg(["mean", "size"])
    (p, n), (q, m) = table.loc[arm], table.loc["holdout"]
    return p - q, p, q, interval(p, n, q, m), min(n, m)


@both
def test_effect_10_enough_lapsed_customers_are_in_the_campaigns(company):
    rows = win_back(company)
    assert rows["customer_id"].nunique() >= 3_000 and not rows["customer_id"].duplicated().any()
    assert set(rows.loc[rows["coupons"], "arm"]) == {"coupon", "service", "holdout"}
    orders = counted(world(company))
    last = orders.merge(rows[["customer_id", "starts_on"]], on="customer_id").query("paid_at < starts_on")
    quiet = (rows.set_index("customer_id")["starts_on"] - last.groupby("customer_id")["paid_at"].max()).dt.days
    assert quiet.notna().all() and (quiet >= 39).mean() > 0.99  # a few buy more to reach a level


@both
@pytest.mark.parametrize("offer", ["coupon", "service"])
def test_effect_10_the_four_kinds_of_customers_exist(company, offer):
    rows = win_back(company)
    kinds = {kind: uplift(group, offer) for kind, group in rows.groupby(f"{offer}_class")}
    found, _, natural, error, _ = kinds["persuadable"]
    assert found == pytest.approx(WORKS * (1 - natural), abs=2.5 * error) and found > 0.4
    found, _, natural, _, _ = kinds["sure_thing"]
    assert natural > 0.12 and abs(found) < 0.10
    found, treated, natural, _, _ = kinds["lost_cause"]
    assert treated < 0.16 and natural < 0.14 and abs(found) < 0.06
    found, treated, natural, error, _ = kinds["sleeping_dog"]
    assert natural > 0.12 and found < -0.08 and found < -1.9 * error
    blind = win_back(company, AWAY)
    for kind, group in blind.groupby(f"{offer}_class"):
        found, _, _, error, _ = uplift(group, offer)
        assert abs(found) < max(0.07, 3 * error), kind


def price_group(rows):
    return (rows["reason_group"] == "price") & rows["sensitive"]


@both
def test_effect_10_reason_and_price_sensitivity_decide_what_a_coupon_brings(company):
    rows = win_back(company)
    mine = price_group(rows)
    here, _, natural, error, n = uplift(rows[mine], "coupon")
    there, _, _, other, _ = uplift(rows[~mine], "coupon")
    assert detectable(0.12, n) < 0.20
    planted = (1 - RETURNERS) * WORKS * PERSUADED["coupon"][2][1] * (1 - natural)
    assert here == pytest.approx(planted, abs=2.5 * error)
    assert here - there > 0.10 and here - there > 2 * np.hypot(error, other)
    blind = win_back(company, AWAY)
    mine = price_group(blind)
    here, _, _, error, _ = uplift(blind[mine], "coupon")
    there, _, _, other, _ = uplift(blind[~mine], "coupon")
    assert abs(here - there) < 2.6 * np.hypot(error, other)


@both
def test_effect_10_care_brings_back_those_who_missed_it(company):
    rows = win_back(company)
    care, _, _, error, n = uplift(rows[rows["reason_group"] == "care"], "service")
    price, _, _, other, _ = uplift(rows[rows["reason_group"] == "price"], "service")
    assert detectable(0.12, n) < 0.10
    assert care - price > 0.10 and care - price > 2 * np.hypot(error, other)
    blind = win_back(company, AWAY)
    care, _, _, error, _ = uplift(blind[blind["reason_group"] == "care"], "service")
    price, _, _, other, _ = uplift(blind[blind["reason_group"] == "price"], "service")
    assert abs(care - price) < 2.6 * np.hypot(error, other)


@both
def test_effect_10_coupons_for_all_lose_and_for_some_earn(company):
    rows = win_back(company)
    rows = rows[rows["coupons"]]
    mine = price_group(rows)
    assert rows["coupon_margin"].mean() < 0 < rows.loc[mine, "coupon_margin"].mean()  # by the truth
    net = {name: rows[part].groupby("arm")["net"].mean() for name, part in (("all", mine | True), ("some", mine))}
    gain = {name: table["coupon"] - table["holdout"] for name, table in net.items()}
    assert gain["all"] < 0 < gain["some"]  # and by the orders of the half year that followed


@both
def test_effect_10_shows_by_what_customers_did_before(company):
    """Who used coupons in two of five orders or more is worth a coupon; nothing here is read from the truth."""
    rows = win_back(company)
    rows = rows[rows["coupons"]]
    past = (
        counted(world(company)).merge(rows[["customer_id", "starts_on"]], on="customer_id").query("paid_at < starts_on")
    )
    often = rows["customer_id"].map(past["coupon_id"].notna().groupby(past["customer_id"]).mean()) >= 0.4
    here, _, _, error, n = uplift(rows[often], "coupon")
    there, _, _, other, _ = uplift(rows[~often], "coupon")
    assert detectable(0.12, n) < 0.25
    assert here - there > 0.07 and here - there > 2 * np.hypot(error, other)
    net = rows.groupby([often, "arm"])["net"].mean().unstack()
    assert net["coupon"][False] < net["holdout"][False] and net["coupon"][True] > net["holdout"][True]


@both
def test_effect_10_the_pilot_is_too_small_to_tell(company):
    rows = win_back(company)
    rows = rows[rows["name_en"].str.contains("pilot")]
    found, _, _, error, n = uplift(rows, "service")
    error = max(error, np.sqrt(2 * 0.1 * 0.9 / n))  # an arm without a return is no proof of a rate of nought
    assert 12 <= n <= 32 and detectable(0.12, n) > 0.20
    true = (rows["service_class"] == "persuadable").mean() * WORKS * PILOT_WORKS
    assert found - 1.96 * error < 0 < found + 1.96 * error, "the interval covers no effect"
    assert found - 1.96 * error < true < found + 1.96 * error, "and the true one"


@both
def test_nobody_is_won_back_without_a_message(company):
    tables, rows = world(company), win_back(company)
    won = rows[rows["won_back"] == 1]
    assert len(won) > 120 and set(won["arm"]) == {"coupon", "service"}
    assert tables["truth"]["won_back"].sum() == len(won)
    opened = tables["touches"].merge(won[["customer_id", "campaign_id"]], on=["customer_id", "campaign_id"])
    assert len(opened) == len(won) and (opened["delivered"] == 1).all()
    assert won["back"].mean() > 0.95
    assert win_back(company, AWAY)["won_back"].sum() == 0


# ---- effect 11: too many messages


def opt_outs(tables):
    """Opt-out rate of marketing messages above three in seven days, and up to three; sizes."""
    sent = tables["touches"].query("purpose == 'marketing'").set_index("sent_at")
    count = sent.groupby("customer_id")["opted_out"].rolling("7D").count()
    many = count.to_numpy() > 3
    out = sent.sort_index().sort_values("customer_id", kind="stable")["opted_out"].to_numpy() == 1
    return out[many].mean(), out[~many].mean(), many.sum()


@both
def test_effect_11_opt_outs_rise_with_too_many_messages(company):
    many, few, n = opt_outs(world(company))
    assert detectable(0.003, n) < 0.006
    assert many == pytest.approx(0.022, abs=0.005) and few == pytest.approx(0.003, abs=0.001)
    many, few, _ = opt_outs(world(company, effects_off=AWAY))
    assert abs(many - few) < 0.003


@both
def test_effect_11_the_randomised_frequency_says_the_same(company):
    def rates(off):
        tables = world(company, effects_off=off)
        arms = tables["assignments"].query("arm in ['light', 'heavy']")
        keys = ["campaign_id", "customer_id"]
        out = tables["touches"].groupby(keys)["opted_out"].max().rename("out").reset_index()
        arms = arms.merge(out, on=keys)
        return arms.groupby("arm")["out"].agg(["mean", "size"])

    table = rates(HERE)
    assert detectable(0.006, table["size"].min()) < 0.025
    assert table["mean"]["heavy"] - table["mean"]["light"] > 0.02
    table = rates(AWAY)  # five messages at the usual risk against two
    assert table["mean"]["heavy"] - table["mean"]["light"] < 0.018


# ---- effect 13: Simpson's paradox


def cards(tables):
    """Click rate of the new minus the usual card, overall and by city tier; size of the smaller arm by tier."""
    new = tables["campaigns"].query("kind == 'new_version'")
    assert (new["randomised"] == 0).all()
    sent = tables["touches"][tables["touches"]["campaign_id"].isin(new["campaign_id"])]
    sent = sent.assign(click=sent["clicked_at"].notna())
    sent["tier"] = sent["customer_id"].map(tables["members"].set_index("customer_id")["city_tier"])
    overall = sent.groupby("arm")["click"].mean()
    table = sent.groupby(["tier", "arm"])["click"].agg(["mean", "size"]).unstack()
    return overall["new"] - overall["usual"], table["mean"]["new"] - table["mean"]["usual"], table["size"].min(axis=1)


@both
def test_effect_13_worse_overall_and_better_in_every_tier(company):
    overall, by_tier, n = cards(world(company))
    assert n.min() > 120
    assert overall < -0.03 and (by_tier > 0).all()
    assert np.average(by_tier, weights=n) == pytest.approx(BETTER, abs=0.035)
    overall, by_tier, n = cards(world(company, effects_off=AWAY))
    assert abs(overall) < 0.025 and abs(np.average(by_tier, weights=n)) < 0.025
    assert n.min() > 300  # no unequal mix
