"""Baby age: the life that stands behind an infant-formula member's orders."""

from __future__ import annotations

import pandas as pd

from crmlab.orders import counted_orders

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


def run_out(
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    products: pd.DataFrame,
    babies: pd.DataFrame,
    consumption: pd.DataFrame,
    as_of,
) -> pd.Series:
    """Days at ``as_of`` since the tins of a member's last counted order should be empty, by customer_id.

    Run-out = last purchase + tins x days a tin for the baby's age on that day (``consumption``: stage, month_from, month_to,
    days_per_unit; twice as long in mixed feeding before 12 months). Negative: still supplied. Only members whose last order
    holds formula and whose baby's age is known. A forecast of need, not of loyalty.
    """
    counted = counted_orders(orders)
    day = pd.Timestamp(as_of).normalize()
    counted = counted[counted["paid_at"] < day + pd.Timedelta(days=1)].sort_values("paid_at")
    last = counted.drop_duplicates("customer_id", keep="last")[["order_id", "customer_id", "paid_at"]]
    tins = lines.merge(products.loc[products["stage"].notna(), ["sku", "stage"]]).merge(last, on="order_id")
    tins = tins.groupby(["customer_id", "paid_at", "stage"], as_index=False)["quantity"].sum()
    born = pd.to_datetime(babies["born_on"]).groupby(babies["customer_id"]).max()
    tins["age"] = (tins["paid_at"] - tins["customer_id"].map(born)).dt.days / 30.4375
    mixed = babies.loc[babies["feeding"] == "mixed", "customer_id"]
    pace = tins.merge(consumption, on="stage")
    pace = pace[(pace["age"] >= pace["month_from"]) & (pace["age"] < pace["month_to"])].copy()
    slower = pace["customer_id"].isin(mixed) & (pace["age"] < 12)
    pace["days"] = pace["quantity"] * pace["days_per_unit"] * (1 + slower)
    supply = pace.groupby("customer_id")["days"].sum()
    since = (day - last.set_index("customer_id")["paid_at"].dt.normalize()).dt.days
    return (since.reindex(supply.index) - supply).rename("overdue")
