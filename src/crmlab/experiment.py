"""Who is drawn into which group, how large groups must be, and whether a difference is more than luck.

Every interval is a 95% one. `rate` and `difference` take counts; arrays of counts give arrays back.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import pandas as pd

from crmlab.language import say


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


def assign(customer_ids, shares: dict[str, float], salt: str) -> pd.Series:
    """Arm of each customer by a hash of ``salt`` and id: the same on every day, machine and order of rows.

    ``shares``: arm -> share, adding up to 1 (ValueError otherwise). Another ``salt`` (the campaign's id) draws anew.
    """
    if abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"the shares of the arms add up to {sum(shares.values()):g}, not to 1")
    ids = pd.Index(customer_ids)
    digests = (blake2b(f"{salt}:{each}".encode(), digest_size=8).digest() for each in ids)
    place = np.array([int.from_bytes(digest, "big") / 2**64 for digest in digests])
    edges = np.cumsum(list(shares.values()))[:-1]
    return pd.Series(
        np.array(list(shares), dtype=object)[np.searchsorted(edges, place, side="right")], ids, dtype="str"
    )


def sample_size(base: float, lift: float, power: float = 0.8) -> int:
    """Customers needed in each of two equal groups to see ``base`` rise to ``base + lift`` (normal approximation).

    Cohen (1988), effect size h; two-sided 5%. Raises ValueError, with a sentence, unless both rates lie between 0 and 1.
    """
    if not (0 < base < 1 and 0 < base + lift < 1 and lift):
        raise ValueError(
            say(
                zh=f"base 和 base + lift 都要在 0 和 1 之间，lift 不是 0：4 个百分点写成 0.04。现在是 {base:g} 和 {lift:g}。",
                en=f"base and base + lift must lie between 0 and 1, and lift must not be 0: write 4 points as 0.04. They are {base:g} and {lift:g}.",
            )
        )
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    size = proportion_effectsize(base + lift, base)
    return int(np.ceil(NormalIndPower().solve_power(size, alpha=0.05, power=power)))


def smallest_effect(n: int, base_n: int, base: float, power: float = 0.8) -> float:
    """The smallest rise above ``base`` (0..1) that groups of ``n`` and ``base_n`` see with ``power``; NaN if none is.

    The inverse of :func:`sample_size`, for groups of any two sizes.
    """
    from statsmodels.stats.power import NormalIndPower

    if not n or not base_n:
        return float("nan")
    size = NormalIndPower().solve_power(None, nobs1=n, alpha=0.05, power=power, ratio=base_n / n)
    angle = np.arcsin(np.sqrt(base)) + size / 2
    return float(np.sin(angle) ** 2 - base) if angle <= np.pi / 2 else float("nan")
