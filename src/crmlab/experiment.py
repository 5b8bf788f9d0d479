"""Is the difference more than luck? Intervals for rates, for the gap between two groups, and for means.

Every interval is a 95% one. `rate` and `difference` take counts; arrays of counts give arrays back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd


class Interval(NamedTuple):
    """What was seen, and between which bounds the truth plausibly lies."""

    value: float
    low: float
    high: float


def rate(successes, n) -> Interval:
    """Share ``successes / n`` (0..1) with its Wilson interval (Wilson 1927; statsmodels). NaN where ``n`` is 0."""
    from statsmodels.stats.proportion import proportion_confint

    many = isinstance(successes, (pd.Series, np.ndarray, list))
    successes, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    known = np.where(n > 0, n, np.nan)
    low, high = proportion_confint(successes, known, method="wilson")
    values = (successes / known, np.clip(low, 0, 1), np.clip(high, 0, 1))
    return Interval(*values) if many else Interval(*(float(each) for each in values))


def difference(successes, n, base_successes, base_n) -> Interval:
    """First share minus second (0..1) with the interval of Newcombe (1998, method 10; statsmodels).

    Raises ValueError if a group is empty.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    if not n or not base_n:
        raise ValueError("a difference needs people in both groups")
    low, high = confint_proportions_2indep(successes, n, base_successes, base_n, method="newcomb")
    return Interval(float(successes / n - base_successes / base_n), float(low), float(high))


def mean_difference(values, base_values) -> Interval:
    """Mean of ``values`` minus mean of ``base_values`` with Welch's interval (unequal variances; statsmodels).

    Raises ValueError if a group has fewer than two values.
    """
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    first, second = (DescrStatsW(np.asarray(each, dtype=float)) for each in (values, base_values))
    if min(first.nobs, second.nobs) < 2:
        raise ValueError("a difference of means needs at least two values in each group")
    low, high = CompareMeans(first, second).tconfint_diff(usevar="unequal")
    return Interval(float(first.mean - second.mean), float(low), float(high))
