"""From the rows of a table to one row a customer, in one pass, on any engine."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from crmlab.engine import collect, lazy


def moment(at: pd.Timestamp) -> nw.Expr:
    """A local time as a constant: read by the engine itself, whose time zone (Spark's) may not be the one of Python."""
    return nw.lit(f"{at:%Y-%m-%d %H:%M:%S}").str.to_datetime(format="%Y-%m-%d %H:%M:%S")


def since(time: str, end: pd.Timestamp, **window) -> nw.Expr:
    """Whether a time lies in the last days (or calendar months) before `end`."""
    return nw.col(time) >= moment(end - pd.DateOffset(**window))


def reduce(source, end, time, counts=None, sums=None, last=None, first=None, key="customer_id") -> pd.DataFrame:
    """One pass over rows before `end`: counts and last/first are name -> condition, sums are name -> number."""
    rows = lazy(source).filter(nw.col(time) < moment(end), ~nw.col(key).is_null())
    counts, sums, last, first = (each or {} for each in (counts, sums, last, first))
    numbers = {name: nw.when(each).then(1).otherwise(0) for name, each in counts.items()} | sums
    times = {name: nw.when(each).then(nw.col(time)) for name, each in {**last, **first}.items()}
    reduced = rows.select(key, **numbers, **times).group_by(key)
    reduced = reduced.agg(nw.col(*numbers).sum(), *map(nw.max, last), *map(nw.min, first))
    # DuckDB sums whole numbers into 128 bits
    return collect(reduced.with_columns(nw.col(*counts).cast(nw.Int64))).set_index(key).rename_axis("customer_id")


def days_to(times: pd.Series, end: pd.Timestamp) -> pd.Series:
    """Whole days from the date of a time to the reference day (the day before `end`)."""
    return (end - pd.Timedelta(days=1) - times.dt.normalize()).dt.days


def top(table: pd.DataFrame, prefix: str, least: float = 1) -> pd.Series:
    """Which of the columns that begin with `prefix` is largest (the first of equals); blank below `least`."""
    part = table[[name for name in table if name.startswith(prefix)]]
    return part.idxmax(axis=1).str.removeprefix(prefix).where(part.max(axis=1) >= least)


def valid(start: str, stop: str, end: pd.Timestamp) -> nw.Expr:
    """Whether a record that runs from `start` to `stop` (blank: open) holds at the end of the reference day."""
    at = moment(end)
    return (nw.col(start) < at) & (nw.col(stop).is_null() | (nw.col(stop) >= at))
