"""Baby age, formula stage and tin cycle: the life that stands behind an infant-formula member's orders."""

from __future__ import annotations

import pandas as pd

GRADUATION_MONTHS = 36
BANDS = ("expecting", "0-5", "6-11", "12-23", "24-35", "graduated", "unknown")


def baby_months(babies: pd.DataFrame, as_of) -> pd.Series:
    """Age in completed calendar months of each member's youngest baby, as a Series by customer_id.

    Negative before birth; NaN where a birth date is unknown for all of the member's babies.
    """
    born = pd.to_datetime(babies["born_on"])
    as_of = pd.Timestamp(as_of)
    months = (as_of.year - born.dt.year) * 12 + as_of.month - born.dt.month - (born.dt.day > as_of.day)
    return months.groupby(babies["customer_id"]).min().rename("baby_months")


def age_band(months: pd.Series) -> pd.Series:
    """Feeding life in bands: expecting, 0-5, 6-11 (stages 1, 2), 12-23, 24-35 (stage 3), graduated (36 up), unknown."""
    edges = [float("-inf"), 0, 6, 12, 24, GRADUATION_MONTHS, float("inf")]
    band = pd.cut(months, edges, right=False, labels=BANDS[:-1]).cat.add_categories(["unknown"]).fillna("unknown")
    return band.rename("age_band")


def days_per_tin(consumption: pd.DataFrame, months: pd.Series, mixed: pd.Series | None = None) -> pd.Series:
    """Days one tin lasts at the baby's age (from the consumption table); NaN before birth and after graduation.

    ``mixed`` (bool, same index): babies also breast-fed drink about half, so a tin lasts twice as long.
    """
    table = consumption.sort_values("month_from")
    starts = table["month_from"].to_numpy()
    position = starts.searchsorted(months.fillna(-1).to_numpy(), side="right") - 1
    inside = (months >= 0) & (months < table["month_to"].max() + 1)
    days = pd.Series(table["days_per_unit"].to_numpy()[position.clip(min=0)], index=months.index).where(inside)
    return days if mixed is None else days.mask(mixed, days * 2)
