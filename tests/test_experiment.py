"""Intervals against published figures, and against their own promise: 95 of 100 hold the truth."""

import numpy as np
import pytest

from crmlab import experiment


def test_wilson_is_the_published_one():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81/263 and 15/148, method 3
    assert experiment.rate(81, 263)[1:] == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert experiment.rate(15, 148)[1:] == pytest.approx((0.0624, 0.1605), abs=5e-5)
    found = experiment.rate([81, 0, 0], [263, 29, 0])
    assert found.high[1] == pytest.approx(0.1170, abs=5e-5) and found.low[1] == 0
    assert np.isnan(found.value[2])


def test_the_gap_of_two_rates_is_the_published_one():
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II: 56/70 - 48/80, method 10
    assert experiment.difference(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    with pytest.raises(ValueError, match="both groups"):
        experiment.difference(1, 2, 0, 0)


def test_mean_difference_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        found = experiment.mean_difference(rng.normal(3, 4, 40), rng.normal(1, 1, 25))
        held += found.low <= 2 <= found.high
    low, high = experiment.rate(held, 400)[1:]
    assert low <= 0.95 <= high
    with pytest.raises(ValueError, match="two values"):
        experiment.mean_difference([1.0], [1.0, 2.0])


def test_sample_sizes_are_the_published_ones():
    assert experiment.sample_size(0.10, 0.02) == pytest.approx(3835, abs=1)
    assert experiment.sample_size(0.20, 0.05) == pytest.approx(1092, abs=1)
    for n in (196, 750, 3835):
        lift = experiment.smallest_effect(n, n, 0.10)
        assert experiment.sample_size(0.10, lift) == pytest.approx(n, abs=1)
    assert experiment.smallest_effect(400, 100, 0.1) > experiment.smallest_effect(400, 400, 0.1)
    assert np.isnan(experiment.smallest_effect(4, 4, 0.9)) and np.isnan(experiment.smallest_effect(0, 9, 0.1))


def test_the_draw_is_stable_fair_and_new_for_every_campaign():
    ids = [f"Y{n:06d}" for n in range(20_000)]
    shares = {"treated": 0.7, "holdout": 0.3}
    arms = experiment.assign(ids, shares, "june")
    assert arms.equals(experiment.assign(ids[::-1], shares, "june")[ids])
    assert arms.head(6).tolist() == experiment.assign(ids[:6], shares, "june").tolist()
    other = experiment.assign(ids, shares, "july")
    assert (arms == "holdout").mean() == pytest.approx(0.3, abs=0.01)
    both = ((arms == "holdout") & (other == "holdout")).mean()
    assert both == pytest.approx(0.09, abs=0.007), "a new salt draws independently"
    assert experiment.assign(ids[:3], {"a": 0.0, "b": 1.0}, "x").tolist() == ["b"] * 3
    with pytest.raises(ValueError, match=r"0\.9"):
        experiment.assign(ids, {"a": 0.5, "b": 0.4}, "x")


def test_the_draw_of_a_customer_never_changes():
    """A campaign drawn last year must be drawn the same today: these four are fixed for good."""
    drawn = experiment.assign(["Y000001", "Y000002", "M000003", "张三"], {"a": 0.5, "b": 0.5}, "2026-07")
    assert drawn.tolist() == ["b", "a", "a", "a"]
