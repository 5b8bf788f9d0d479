"""Win-back: lists that account for everybody, effects against groups worked by hand, and no effect where there is none."""

import numpy as np
import pandas as pd
import pytest

from crmlab import experiment, winback


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


def test_groups_are_read_by_their_means_and_small_ones_are_not_read():
    rng = np.random.default_rng(19)
    big = campaign(rng, 4000, lift=0.3).assign(kind="keen")
    small = campaign(rng, 30, lift=0.3).assign(kind="few")
    found = winback.by_group(pd.concat([big, small]), "kind", ["coupon"]).set_index("kind")
    keen = big.groupby("arm")["returned"].mean()
    assert found.loc["keen", "lift"] == pytest.approx(keen["coupon"] - keen["holdout"])
    assert found.loc["keen", "verdict"] == "pays" and found.loc["few", "verdict"] == "too_small"
