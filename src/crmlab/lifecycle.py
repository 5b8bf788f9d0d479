"""Baby age: the life that stands behind an infant-formula member's orders."""

from __future__ import annotations

import pandas as pd

GRADUATION_MONTHS = 36
BANDS = ("expecting", "0-5", "6-11", "12-23", "24-35", "graduated", "unknown")


def baby_months(babies: pd.DataFrame, as_of) -> pd.Series:
    """Age in completed calendar months of each member's youngest born baby, as a Series by customer_id.

    Negative where all her babies are still to be born (months to go); NaN where no birth date is known.
    """
    born = pd.to_datetime(babies["born_on"])
    as_of = pd.Timestamp(as_of)
    # born on the 31st, a month older on the 30th where the month ends there
    unfinished = born.dt.day.clip(upper=as_of.days_in_month) > as_of.day
    months = (as_of.year - born.dt.year) * 12 + as_of.month - born.dt.month - unfinished
    by_member = babies["customer_id"]
    youngest = months.where(months >= 0).groupby(by_member).min()
    return youngest.fillna(months.groupby(by_member).max()).rename("baby_months")


def age_band(months: pd.Series) -> pd.Series:
    """Feeding life in bands: expecting, 0-5, 6-11 (stages 1, 2), 12-23, 24-35 (stage 3), graduated (36 up), unknown."""
    edges = [float("-inf"), 0, 6, 12, 24, GRADUATION_MONTHS, float("inf")]
    band = pd.cut(months, edges, right=False, labels=BANDS[:-1]).cat.add_categories(["unknown"]).fillna("unknown")
    return band.rename("age_band")
