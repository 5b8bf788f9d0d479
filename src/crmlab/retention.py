"""Retention: of those who came in one month, how many are still buying months later (留存).

Stage 1 reduces orders to one row a customer and day (or month) on any engine; everything after it is pandas. An order
counts as in :mod:`crmlab.rfm`; a cell whose time is not over at ``as_of`` is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable

import narwhals as nw
import pandas as pd

from crmlab import experiment
from crmlab.engine import collect, lazy
from crmlab.orders import COUNTED
from crmlab.rfm import last_day

DAY, MONTH = "1d", "1mo"


def _reduced(orders, as_of: pd.Timestamp, unit: str) -> pd.DataFrame:
    """Stage 1: customer_id, at (first moment of the local day or month), orders (counted ones), revenue (yuan)."""
    counts = nw.col("status").is_in(sorted(COUNTED)) & (nw.col("amount") > 0)
    rows = lazy(orders).filter(
        ~nw.col("customer_id").is_null(),
        nw.col("paid_at") < (as_of + pd.Timedelta(days=1)).to_pydatetime(),
        counts | (nw.col("amount") < 0),  # a credit note lowers the revenue and is no purchase
    )
    table = collect(
        rows
        .select(
            "customer_id",
            nw.col("paid_at").dt.truncate(unit).alias("at"),
            nw.when(nw.col("amount") > 0).then(1).otherwise(0).alias("one"),
            "amount",
        )
        .group_by("customer_id", "at")
        .agg(nw.col("one").sum().alias("orders"), nw.col("amount").sum().alias("revenue"))
        .with_columns(nw.col("orders").cast(nw.Int64))  # DuckDB sums whole numbers into 128 bits
        .sort("customer_id", "at")
    ).reset_index(drop=True)
    table["revenue"] = table["revenue"].astype("float64").round(2)
    return table


def _day(as_of, orders) -> pd.Timestamp:
    return last_day(orders) if as_of is None else pd.Timestamp(as_of).normalize()


def cohorts(orders, as_of=None) -> pd.DataFrame:
    """Cohorts by calendar month of the first counted order, and what each did in every later calendar month.

    Parameters
    ----------
    orders : canonical orders (customer_id, paid_at, amount, status) on any engine, see :func:`crmlab.engine.lazy`.
    as_of : reference day; later orders do not exist yet. Default: date of the last order.

    Returns
    -------
    DataFrame, one row a cohort and age, every age up to the month of ``as_of``: cohort ("2025-03"), age (months after
    the first, 0 is the first itself), size (customers), active (of them, with a counted order in that month), rate
    (active / size, 0..1), revenue (yuan kept in that month, credit notes off), complete. A month that is not over at
    ``as_of`` has complete False and rate NaN; active and revenue are then what was seen so far.
    """
    as_of = _day(as_of, orders)
    table = _reduced(orders, as_of, MONTH)
    month = table["at"].dt.year * 12 + table["at"].dt.month - 1
    bought = table["orders"] > 0
    first = month[bought].groupby(table["customer_id"][bought]).min()
    table["first"] = table["customer_id"].map(first)
    table["age"] = (month - table["first"]).clip(lower=0)  # a credit note before the first purchase belongs to it
    seen = (
        table
        .dropna(subset=["first"])
        .assign(active=bought)
        .groupby(["first", "age"])
        .agg(active=("active", "sum"), revenue=("revenue", "sum"))
    )
    last = as_of.year * 12 + as_of.month - 1
    cells = [(start, age) for start in sorted(first.unique()) for age in range(last - start + 1)]
    index = pd.MultiIndex.from_tuples(cells, names=["first", "age"])
    result = seen.reindex(index, fill_value=0).reset_index()
    result["first"] = result["first"].astype("int64")
    result["size"] = result["first"].map(first.value_counts()).astype("int64")
    over = last - 1 + ((as_of + pd.Timedelta(days=1)).month != as_of.month)  # the last month that is over
    result["complete"] = result["first"] + result["age"] <= over
    result["rate"] = (result["active"] / result["size"]).where(result["complete"])
    result["revenue"] = result["revenue"].astype("float64").round(2)
    result["cohort"] = [f"{month // 12}-{month % 12 + 1:02d}" for month in result["first"]]
    result = result[["cohort", "age", "size", "active", "rate", "revenue", "complete"]]
    result = result.astype({"age": "int64", "active": "int64"})
    result.attrs["as_of"] = f"{as_of:%Y-%m-%d}"
    return result


def triangle(cohorts: pd.DataFrame, value: str = "rate") -> pd.DataFrame:
    """A :func:`cohorts` table wide: one row a cohort, one column an age, NaN where the month is not over or not come."""
    return cohorts[value].where(cohorts["complete"]).groupby([cohorts["cohort"], cohorts["age"]]).first().unstack()


def average(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Retention by age over all cohorts, each weighing as many customers as it has (never a mean of percentages).

    Returns age, cohorts (how many are old enough), size and active (their sums), rate, low, high (0..1, Wilson).
    """
    table = (
        cohorts[cohorts["complete"]]
        .groupby("age")
        .agg(cohorts=("cohort", "size"), size=("size", "sum"), active=("active", "sum"))
        .reset_index()
    )
    table["rate"], table["low"], table["high"] = experiment.rate(table["active"], table["size"])
    return table


def repurchase(orders, as_of=None, within: int = 90, steps: int = 4) -> pd.DataFrame:
    """From the first purchase to the second, from the second to the third, ...: who goes on ``within`` so many days.

    All orders of one local day are one purchase. A customer whose nth purchase is younger than ``within`` days at
    ``as_of`` stands in ``too_young`` and not in ``base``.

    Returns step (1: first to second), base, again, rate, low, high (0..1, Wilson), median_days (between the two, of
    those who bought again in time), too_young.
    """
    as_of = _day(as_of, orders)
    days = _reduced(orders, as_of, DAY)
    days = days[days["orders"] > 0]
    nth = days.groupby("customer_id").cumcount() + 1
    gap = -days.groupby("customer_id")["at"].diff(-1).dt.days  # NaN after the last purchase
    mature = (as_of - days["at"]).dt.days >= within
    rows = []
    for step in range(1, steps + 1):
        here = nth == step
        base = here & mature
        again = gap[base & (gap <= within)]
        rows.append((step, int(base.sum()), len(again), again.median(), int((here & ~mature).sum())))
    table = pd.DataFrame(rows, columns=["step", "base", "again", "median_days", "too_young"])
    table["rate"], table["low"], table["high"] = experiment.rate(table["again"], table["base"])
    return table[["step", "base", "again", "rate", "low", "high", "median_days", "too_young"]]


def by_day(starts: pd.Series, activity, as_of, days: Iterable[int] = (1, 7, 30), at: str = "at") -> pd.DataFrame:
    """D1, D7, D30: of those who started, who was active on exactly that day after (day 0 is the start's own date).

    Parameters
    ----------
    starts : time of the start by customer_id, e.g. ``members.set_index("customer_id")["joined_at"]``.
    activity : rows with customer_id and a time ``at`` (events, or counted orders) on any engine.

    Returns
    -------
    day, base (started long enough ago for that day to be over at ``as_of``), active, rate, low, high (0..1, Wilson),
    too_young.
    """
    as_of = pd.Timestamp(as_of).normalize()
    end = (as_of + pd.Timedelta(days=1)).to_pydatetime()
    rows = lazy(activity).filter(~nw.col("customer_id").is_null(), nw.col(at) < end)
    rows = collect(rows.select("customer_id", nw.col(at).dt.truncate(DAY).alias("day")).unique())
    start = starts.dropna().dt.normalize()
    start = start[start <= as_of]
    age = (rows["day"] - rows["customer_id"].map(start)).dt.days
    table = pd.DataFrame({"day": list(days)})
    seen = (as_of - start).dt.days.to_numpy()
    table["base"] = [int((seen >= day).sum()) for day in table["day"]]
    table["active"] = [int((age == day).sum()) for day in table["day"]]
    table["rate"], table["low"], table["high"] = experiment.rate(table["active"], table["base"])
    table["too_young"] = len(start) - table["base"]
    return table
