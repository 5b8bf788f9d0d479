"""Win-back: lists that account for everybody, effects against groups worked by hand, and no effect where there is none."""

import numpy as np
import pandas as pd
import pytest

from crmlab import data, experiment, value, winback
from crmlab.text import Problem


def users():
    day = pd.Timestamp
    table = pd.DataFrame({
        "customer_id": ["often", "seldom", "once", "new"],
        "recency": [40, 100, 100, 5],
        "frequency": [11, 3, 1, 2],
        "first_paid": [day("2026-02-20"), day("2025-01-01"), day("2026-03-22"), day("2026-06-20")],
        "last_paid": [day("2026-05-21 23:50"), day("2026-03-22 01:00"), day("2026-03-22"), day("2026-06-25")],
    })
    return table


def test_three_definitions_disagree_where_they_should():
    over = pd.Series({"often": 30, "seldom": 10, "once": 60})
    found = winback.lapsed(users(), window=90, times=2, overdue=over).set_index("customer_id")
    assert found["gap"].round(1).tolist() == [9.0, 222.5, 115.8, 115.8]  # 90 / 10; 445 / 2; the median of the two
    assert found["by_window"].tolist() == [False, True, True, False]
    assert found["by_gap"].tolist() == [True, False, False, False]
    assert found["by_run_out"].tolist()[:3] == [True, False, True] and found["by_run_out"].isna()["new"]


def test_every_customer_is_on_the_list_or_counted_once():
    people = pd.DataFrame({"customer_id": list("abcdef")})
    rules = {
        "opted_out": pd.Series([True, True, False, False, False, False]),
        "no_consent": pd.Series([True, False, False, True, pd.NA, False], dtype="boolean"),
        "too_often": pd.Series([False, False, True, False, False, False]),
    }
    kept, account = winback.contact_list(people, rules)
    assert kept["customer_id"].tolist() == ["f"]
    assert account["removed"].tolist() == [2, 2, 1] and account["left"].tolist() == [4, 2, 1]
    assert len(people) == len(kept) + account["removed"].sum()


def campaign(rng, n, base=0.1, lift=0.0, coupon=20.0, margin=100.0):
    """A campaign in which the truth is known: a coupon given to everybody contacted who returns."""
    arm = rng.choice(["coupon", "holdout"], n)
    returned = rng.random(n) < base + lift * (arm == "coupon")
    cost = np.where(arm == "coupon", 1.0 + coupon * returned, 0.0)
    return pd.DataFrame({"arm": arm, "returned": returned, "profit": margin * returned - cost, "cost": cost})


def test_a_result_worked_by_hand():
    people = pd.DataFrame({
        "arm": ["holdout"] * 4 + ["coupon"] * 5,
        "returned": [1, 0, 0, 0, 1, 1, 1, 0, 0],
        "profit": [100, 0, 0, 0, 79, 79, 79, -1, -1],
        "cost": [0, 0, 0, 0, 21, 21, 21, 1, 1],
    })
    base, coupon = (row for _, row in winback.result(people).iterrows())
    assert (base["arm"], base["n"], base["rate"], base["profit"]) == ("holdout", 4, 0.25, 25.0)
    assert pd.isna(base["lift"]) and pd.isna(base["verdict"])
    assert coupon["lift"] == pytest.approx(0.6 - 0.25) and coupon["gain"] == pytest.approx(47 - 25)
    assert coupon["roi"] == pytest.approx(22 / 13) and coupon["verdict"] == "too_small"
    # Newcombe's interval by its own formula, from the two Wilson intervals
    (p1, l1, u1), (p0, l0, u0) = experiment.rate(3, 5), experiment.rate(1, 4)
    assert coupon["low"] == pytest.approx(0.35 - np.hypot(p1 - l1, u0 - p0))
    assert coupon["high"] == pytest.approx(0.35 + np.hypot(u1 - p1, p0 - l0))
    with pytest.raises(ValueError, match="no arm none"):
        winback.result(people, base="none")


def test_a_placebo_is_seen_as_nothing_at_the_stated_rate():
    """500 campaigns that do nothing: 5% are called an effect, within what 500 draws allow."""
    rng = np.random.default_rng(15)
    called = sum(
        winback.result(campaign(rng, 600, base=0.2, coupon=0.0).assign(profit=lambda t: t["profit"] + t["cost"]))[
            "verdict"
        ].iloc[1]
        != "too_small"
        for _ in range(500)
    )
    low, high = experiment.rate(called, 500)[1:]
    assert low <= 0.05 <= high, called


def test_verdicts_follow_the_money_and_not_the_returns():
    rng = np.random.default_rng(16)
    pays = winback.result(campaign(rng, 6000, lift=0.10)).iloc[1]
    loses = winback.result(campaign(rng, 6000, lift=0.02, coupon=95.0)).iloc[1]
    assert pays["verdict"] == "pays" and loses["verdict"] == "loses"
    assert loses["lift"] > 0, "more came back, and each cost more than he brought"


def planted(rng, n=6000):
    """Half gain 10 yuan from contact, half lose 6; which half is in x, with three columns of noise."""
    x = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    treated = pd.Series(rng.random(n) < 0.5)
    effect = np.where(x["a"] > 0, 10.0, -6.0)
    return x, treated, pd.Series(20 + 5 * x["b"] + effect * treated + rng.normal(0, 10, n)), effect


@pytest.mark.parametrize("method", ["two_models", "transformed"])
def test_uplift_finds_those_who_gain(method):
    rng = np.random.default_rng(17)
    x, treated, outcome, effect = planted(rng)
    score = winback.uplift(x, treated, outcome, method)
    assert np.corrcoef(score, effect)[0, 1] > 0.7
    curve = winback.targeting_curve(score, treated, outcome)
    assert winback.best_share(curve) == pytest.approx(0.5, abs=0.1)
    assert curve["gain"].iloc[-1] == pytest.approx(outcome[treated].mean() - outcome[~treated].mean())
    # the best curve there can be: contact exactly those who gain -> 0.5 x 10 a head
    assert 4 < curve["gain"].max() < 6
    assert winback.qini(curve) > 1
    area = winback.qini_interval(score, treated, outcome)
    assert area.value == pytest.approx(winback.qini(curve)) and 0 < area.low < area.value < area.high
    noise = winback.targeting_curve(pd.Series(rng.random(len(x))), treated, outcome)
    assert abs(winback.qini(noise)) < 0.5
    assert score.equals(winback.uplift(x, treated, outcome, method))


def test_a_score_never_comes_from_a_model_that_saw_the_customer():
    """Pure noise: scores fitted on the same rows would seem to find an effect, held-out ones find none."""
    rng = np.random.default_rng(18)
    found = []
    for _ in range(20):
        x = pd.DataFrame(rng.normal(size=(200, 12)))
        treated, outcome = pd.Series(rng.random(200) < 0.5), pd.Series(rng.normal(0, 10, 200))
        found.append(winback.qini(winback.targeting_curve(winback.uplift(x, treated, outcome), treated, outcome)))
    assert abs(np.mean(found)) < 2 * np.std(found) / np.sqrt(20) + 0.1
    with pytest.raises(ValueError, match="unknown method"):
        winback.uplift(x, treated, outcome, "magic")


def test_the_interval_of_the_qini_holds_the_truth_as_often_as_it_says():
    """The queue is no better than chance: in 200 campaigns of 400 the interval holds 0 about 19 times in 20."""
    rng, held = np.random.default_rng(20), 0
    for _ in range(200):
        treated, outcome = pd.Series(rng.random(400) < 0.5), pd.Series(rng.normal(0, 10, 400))
        found = winback.qini_interval(pd.Series(rng.random(400)), treated, outcome, draws=200)
        held += found.low <= 0 <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_groups_are_read_by_their_means_and_small_ones_are_not_read():
    rng = np.random.default_rng(19)
    big = campaign(rng, 4000, lift=0.3).assign(kind="keen")
    small = campaign(rng, 30, lift=0.3).assign(kind="few")
    found = winback.by_group(pd.concat([big, small]), "kind", ["coupon"]).set_index("kind")
    keen = big.groupby("arm")["returned"].mean()
    assert found.loc["keen", "lift"] == pytest.approx(keen["coupon"] - keen["holdout"])
    assert found.loc["keen", "verdict"] == "pays" and found.loc["few", "verdict"] == "too_small"


def test_nobody_is_contacted_against_a_rule():
    at = pd.Timestamp("2026-06-30 10:00")
    people = pd.DataFrame({
        "customer_id": ["fine", "stopped", "took_back", "never", "flooded", "broadcast", "newborn", "renewed"]
    })
    consents = pd.DataFrame(
        [
            (who, "sms", "marketing", pd.Timestamp("2026-01-01"), back)
            for who, back in [
                ("fine", pd.NaT),
                ("stopped", pd.NaT),
                ("took_back", pd.Timestamp("2026-06-01")),
                ("flooded", pd.NaT),
                ("broadcast", pd.NaT),
                ("newborn", pd.NaT),
                ("renewed", pd.Timestamp("2026-02-01")),
            ]
        ]
        + [
            ("renewed", "sms", "marketing", pd.Timestamp("2026-03-01"), pd.NaT),
            ("never", "push", "marketing", pd.Timestamp("2026-01-01"), pd.NaT),
            ("never", "sms", "service", pd.Timestamp("2026-01-01"), pd.NaT),
            ("never", "sms", "marketing", pd.Timestamp("2026-07-01"), pd.NaT),
        ],
        columns=["customer_id", "channel", "purpose", "granted_at", "withdrawn_at"],
    )
    sent = [("stopped", "2026-03-01", "marketing", 1)] + [
        ("flooded", f"2026-06-2{d}", "marketing", 0) for d in (5, 7, 9)
    ]
    sent += [("fine", f"2026-06-2{d}", "service", 0) for d in (5, 7, 9)] + [("fine", "2026-06-29", "marketing", 0)]
    month = ("2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22")
    sent += [("broadcast", day, "marketing", 0) for day in month] + [
        ("renewed", day, "marketing", 0) for day in month[:3]
    ]
    sent += [("renewed", "2026-05-30", "marketing", 0)]  # 31 days before
    touches = pd.DataFrame(sent, columns=["customer_id", "sent_at", "purpose", "opted_out"])
    touches["sent_at"] = pd.to_datetime(touches["sent_at"])
    touches["triggered_at"] = pd.NaT
    asked = [("fine", day, "marketing", 0, day) for day in month]  # set off by what the customer did: no broadcast
    touches = pd.concat([
        touches,
        pd.DataFrame(asked, columns=touches.columns).assign(
            sent_at=lambda x: pd.to_datetime(x["sent_at"]), triggered_at=lambda x: pd.to_datetime(x["triggered_at"])
        ),
    ])
    babies = pd.DataFrame({"customer_id": people["customer_id"], "baby_no": 1, "born_on": pd.Timestamp("2024-01-01")})
    babies.loc[babies["customer_id"] == "newborn", "born_on"] = pd.Timestamp("2025-07-15")
    rules = winback.blockers(people, consents, touches, at, babies=babies)
    kept, account = winback.contact_list(people, rules)
    assert kept["customer_id"].tolist() == ["fine", "renewed"]
    assert account.set_index("rule")["removed"].to_dict() == {
        "opted_out": 1,
        "withdrawn": 1,
        "no_consent": 1,
        "too_often": 1,
        "broadcast_full": 1,
        "baby_young": 1,
    }
    for night in ("2026-06-30 22:00", "2026-07-01 07:59"):
        with pytest.raises(Problem, match="08:00"):
            winback.blockers(people, consents, touches, night, babies=babies)


@pytest.fixture(scope="module", params=["morningcup", "yunmu"])
def waves(request):
    load = lambda table: data.load(request.param, table)  # noqa: E731
    margins = value.margins(load("orders"), load("order_lines"), load("products"))
    people = winback.outcomes(load("campaigns"), load("assignments"), load("touches"), margins, data.AS_OF)
    return request.param, people, margins


def test_outcomes_of_one_customer_worked_by_hand(waves):
    company, people, margins = waves
    coupon = people[(people["arm"] == "coupon") & people["returned"]].iloc[0]
    own = margins[margins["customer_id"] == coupon["customer_id"]]
    days = (own["paid_at"].dt.normalize() - coupon["starts_on"]).dt.days
    touches = data.load(company, "touches")
    mine = (touches["campaign_id"] == coupon["campaign_id"]) & (touches["customer_id"] == coupon["customer_id"])
    sample = {"morningcup": 8.0, "yunmu": 95.0}[company]
    assert coupon["margin"] == pytest.approx(own.loc[days.between(1, 90), "margin"].sum())
    assert coupon["cost"] == pytest.approx(sample + touches.loc[mine, "cost"].sum())
    assert (people.loc[people["arm"] == "holdout", "cost"] == 0).all()
    assert people["starts_on"].max() + pd.Timedelta(days=90) <= pd.Timestamp(data.AS_OF)
    assert not people.duplicated(["campaign_id", "customer_id"]).any()


def test_blanket_loses_and_discount_buyers_are_the_better_list(waves):
    """Effect 10: a coupon for everybody loses money; for those who always bought on discount the truth says it earns."""
    company, people, _ = waves
    big = people[people["campaign_id"].isin(people.loc[people["arm"] == "coupon", "campaign_id"])]
    table = winback.result(big).set_index("arm")
    assert table.loc["coupon", "verdict"] == "loses" and table.loc["coupon", "low"] > 0
    coupon = big[big["arm"].isin(["coupon", "holdout"])]
    orders = data.load(company, "orders")
    before = coupon.merge(orders[["customer_id", "paid_at", "gross", "discount"]])
    before = before[before["paid_at"] < before["starts_on"]].groupby("customer_id")[["gross", "discount"]].sum()
    share = (before["discount"] / before["gross"]).rename("share")
    truth = data.load(company, "truth").set_index("customer_id")["coupon_margin"].reindex(share.index)
    top = share.rank(method="first", pct=True) > 2 / 3
    assert truth.mean() < -2 and truth[top].mean() > 0
