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
