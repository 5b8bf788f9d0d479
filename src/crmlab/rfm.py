"""RFM: how recently, how often and how much a customer bought (近度、频度、额度).

Stage 1, :func:`summary`, reduces orders to one row a customer on any engine. Everything after it is pandas.
R is always the score in which high means recent. Equal values always get equal scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import narwhals as nw
import numpy as np
import pandas as pd

from crmlab.engine import collect, lazy
from crmlab.language import say, t
from crmlab.orders import COUNTED

RULES = ("mean", "median", "business", "quintile")
MEASURES = {"recency": "r", "frequency": "f", "monetary": "m"}
CLASSES = tuple(
    f"R{r}F{f}M{m}"
    for m, r, f in [(1, 1, 1), (1, 0, 1), (1, 1, 0), (1, 0, 0), (0, 1, 1), (0, 0, 1), (0, 1, 0), (0, 0, 0)]
)
LABEL_SETS = ("textbook", "quick_audience", "volcengine")


def _grid() -> dict[tuple[int, int], str]:
    areas = {
        "hibernating": ("12", "12"),
        "at_risk": ("12", "34"),
        "cant_lose": ("12", "5"),
        "about_to_sleep": ("3", "12"),
        "need_attention": ("3", "3"),
        "loyal": ("34", "45"),
        "promising": ("4", "1"),
        "new": ("5", "1"),
        "potential_loyalist": ("45", "23"),
        "champions": ("5", "45"),
    }
    return {(int(r), int(f)): key for key, (rs, fs) in areas.items() for r, f in product(rs, fs)}


# the international R x F grid: (r, f) -> segment key; each of the 25 cells belongs to exactly one segment
GRID = _grid()


def last_day(orders) -> pd.Timestamp:
    """The date of the last kept order: the reference day when none is given."""
    last = collect(lazy(orders).select(nw.col("paid_at").max()))["paid_at"].iloc[0]
    return pd.Timestamp(last).normalize()


def summary(orders, as_of=None, months: int | None = None) -> pd.DataFrame:
    """Reduce orders to one row a customer.

    An order counts if its status is paid, shipped, completed, part_refunded or disputed and the shop keeps money from
    it (``amount`` > 0). A credit note (``amount`` < 0) lowers the customer's money and is no purchase.

    Parameters
    ----------
    orders : canonical orders (customer_id, paid_at, amount, status) on any engine, see :func:`crmlab.engine.lazy`.
    as_of : reference day (date or text); orders of later days do not exist yet. Default: date of the last kept order.
    months : count F and M only in the last so many calendar months before ``as_of``; R always looks at all history.

    Returns
    -------
    DataFrame, one row a customer with at least one counted order by ``as_of``, sorted by customer_id:
    customer_id, recency (whole days from the last counted order's date to ``as_of``), frequency (counted orders),
    monetary (yuan kept, rounded to cents), first_paid, last_paid. ``attrs["as_of"]`` holds the day used.
    """
    as_of = last_day(orders) if as_of is None else pd.Timestamp(as_of).normalize()
    end = as_of + pd.Timedelta(days=1)
    counts = nw.col("status").is_in(sorted(COUNTED)) & (nw.col("amount") > 0)
    rows = lazy(orders).filter(
        ~nw.col("customer_id").is_null(), nw.col("paid_at") < end.to_pydatetime(), counts | (nw.col("amount") < 0)
    )
    is_order = nw.col("amount") > 0
    inside = is_order
    money = nw.col("amount")
    if months is not None:
        start = end - pd.DateOffset(months=months)
        in_window = nw.col("paid_at") >= start.to_pydatetime()
        inside = is_order & in_window
        money = nw.when(in_window).then(nw.col("amount")).otherwise(0.0)
    rows = rows.select(
        "customer_id",
        nw.when(is_order).then(nw.col("paid_at")).alias("at"),
        nw.when(inside).then(1).otherwise(0).alias("one"),
        money.alias("money"),
    )
    table = collect(
        rows
        .group_by("customer_id")
        .agg(
            nw.col("one").sum().alias("frequency"),
            nw.col("money").sum().alias("monetary"),
            nw.col("at").min().alias("first_paid"),
            nw.col("at").max().alias("last_paid"),
        )
        .filter(~nw.col("last_paid").is_null())
        .with_columns(nw.col("frequency").cast(nw.Int64))  # DuckDB sums whole numbers into 128 bits
        .sort("customer_id")
    ).reset_index(drop=True)
    # engines add floats in different orders; cents make the sums, and so the scores, the same everywhere
    table["monetary"] = table["monetary"].astype("float64").round(2)
    table.insert(1, "recency", (as_of - table["last_paid"].dt.normalize()).dt.days)
    table.attrs["as_of"] = f"{as_of:%Y-%m-%d}"
    return table


def quintile(values: pd.Series, high_is_good: bool = True) -> pd.Series:
    """Scores 1..5 by fifths, ties kept together: ``(min_rank - 1) * 5 // n + 1`` on ascending values.

    With ``high_is_good=False`` (recency in days) the score is mirrored to ``6 - s``, so that 5 is always best.
    With many ties some scores stay empty: that is honest, and the cuts say so.
    """
    rank = values.rank(method="min").astype("int64")
    level = (rank - 1) * 5 // len(values) + 1
    return level if high_is_good else 6 - level


def _bounds(values: pd.Series, level: pd.Series) -> list[float | None]:
    """The lowest value of level 2, 3, 4 and 5; a level nobody reached takes the next one's, or None."""
    return [_number(values[level >= k].min()) for k in range(2, 6)]


def _number(value):
    if pd.isna(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _apply_bounds(values: pd.Series, bounds, high_is_good: bool) -> pd.Series:
    edges = np.array([np.inf if b is None else b for b in bounds], dtype=float)
    level = pd.Series(np.searchsorted(edges, values.to_numpy(dtype=float), side="right") + 1, index=values.index)
    return level if high_is_good else 6 - level


def _line(values: pd.Series, middle: float, days: bool):
    """The worst observed value that is still strictly better than ``middle``; None if nobody is better."""
    return _number(values[values < middle].max() if days else values[values > middle].min())


def _lines(table: pd.DataFrame, rule: str) -> dict:
    if rule == "quintile":  # the two best fifths
        return {c: _number(table.loc[table[s] >= 4, c].agg("max" if s == "r" else "min")) for c, s in MEASURES.items()}
    return {c: _line(table[c], table[c].agg(rule), days=c == "recency") for c in MEASURES}


def is_high(table: pd.DataFrame, lines: Mapping) -> pd.DataFrame:
    """True where R is at most, F and M at least, their line. Columns recency, frequency, monetary."""
    none = pd.Series(False, index=table.index)
    return pd.DataFrame({
        c: none if lines[c] is None else table[c] <= lines[c] if c == "recency" else table[c] >= lines[c]
        for c in MEASURES
    })


def score(table: pd.DataFrame, rule: str = "mean", cuts: Mapping | None = None, within: pd.Series | None = None):
    """Score, classify and place every customer of a :func:`summary`.

    Parameters
    ----------
    table : columns customer_id, recency, frequency, monetary.
    rule : where "high" begins for the eight classes: strictly better than the "mean" (the Chinese default) or the
        "median"; a "business" line given in ``cuts``; the two best fifths ("quintile").
    cuts : cuts of an earlier run (its ``attrs["cuts"]``), so that this month is measured with last month's ruler:
        ``{"scores": {measure: four lower bounds}, "lines": {measure: one bound}}``, either part may be missing.
    within : a group for each customer (Series by customer_id, e.g. the baby's month-age band); scores and lines are
        then taken inside each group, and members are compared with their own age only.

    Returns
    -------
    The table with r, f, m (1..5, 5 is best), code (``R1F1M1`` .. ``R0F0M0``, 1 is high) and segment (key of GRID).
    ``attrs["cuts"]`` holds the cuts used (one set a group with ``within``), ready for JSON.

    Raises
    ------
    ValueError
        Unknown rule, a business rule without lines, a cut that is missing or out of order, or no customers.
    """
    if within is not None:
        group = table["customer_id"].map(within)
        parts = {key: score(part, rule, cuts) for key, part in table.groupby(group, observed=True, sort=True)}
        scored = pd.concat(parts.values()).sort_index()
        scored.attrs = {**table.attrs, "cuts": {str(key): part.attrs["cuts"] for key, part in parts.items()}}
        return scored
    cuts = dict(cuts or {})
    _check_call(table, rule, cuts)
    scored = table.copy()
    bounds = {}
    for measure, letter in MEASURES.items():
        good = measure != "recency"
        if "scores" in cuts:
            bounds[measure] = list(cuts["scores"][measure])
            scored[letter] = _apply_bounds(scored[measure], bounds[measure], good)
        else:
            scored[letter] = quintile(scored[measure], good)
            bounds[measure] = _bounds(scored[measure], scored[letter] if good else 6 - scored[letter])
    lines = dict(cuts["lines"]) if "lines" in cuts else _lines(scored, rule)
    high = is_high(scored, lines)
    scored["code"] = _pick(sorted(CLASSES), high["recency"] * 4 + high["frequency"] * 2 + high["monetary"])
    scored["segment"] = _pick([GRID[pair] for pair in sorted(GRID)], (scored["r"] - 1) * 5 + scored["f"] - 1)
    scored.attrs = {**table.attrs, "rule": rule, "cuts": {"scores": bounds, "lines": lines}}
    return scored


def _pick(names: list[str], positions: pd.Series) -> pd.Series:
    """The name at each position, as text."""
    return pd.Series(pd.array(names, dtype="str").take(positions.to_numpy()), index=positions.index)


def _check_call(table: pd.DataFrame, rule: str, cuts: dict) -> None:
    if table.empty:
        raise ValueError(
            say(
                zh="没有一位客户有算数的订单，算不出 RFM。",
                en="No customer has a counted order: there is nothing to score.",
            )
        )
    if rule not in RULES:
        raise ValueError(
            say(
                zh=f"没有“{rule}”这种划线规则，可选：{'、'.join(RULES)}。",
                en=f"No rule '{rule}'; choose one of {', '.join(RULES)}.",
            )
        )
    if rule == "business" and "lines" not in cuts:
        raise ValueError(
            say(
                zh='业务规则要给出三条线，例如 cuts={"lines": {"recency": 60, "frequency": 3, "monetary": 1000}}。',
                en='The business rule needs its lines, e.g. cuts={"lines": {"recency": 60, "frequency": 3, "monetary": 1000}}.',
            )
        )
    for part, size in (("scores", 4), ("lines", None)):
        for measure in MEASURES if part in cuts else ():
            found = cuts[part].get(measure, "missing")
            edges = [np.inf if b is None else b for b in found] if isinstance(found, list | tuple) else None
            wrong = (
                found == "missing" if size is None else edges is None or len(edges) != size or edges != sorted(edges)
            )
            if wrong:
                raise ValueError(
                    say(
                        zh=f"切点 {part}.{measure} 不对：{found}。scores 要四个从小到大的数，lines 要一个数。",
                        en=f"Cut {part}.{measure} is wrong: {found}. scores needs four ascending numbers, lines one number.",
                    )
                )


def first_match(scored: pd.DataFrame, classes: pd.DataFrame, otherwise: str = "others") -> pd.Series:
    """Classes by any published table of score intervals; the first row that fits wins.

    ``classes`` has one row a class: segment, r_min, r_max, f_min, f_max, m_min, m_max (inclusive).
    """
    conditions = [
        np.logical_and.reduce([scored[s].between(row[f"{s}_min"], row[f"{s}_max"]) for s in "rfm"])
        for _, row in classes.iterrows()
    ]
    return pd.Series(np.select(conditions, list(classes["segment"]), default=otherwise), index=scored.index)


def class_name(code: str, labels: str = "textbook") -> str:
    """Name of a class in the reader's language: labels "textbook", "quick_audience" (Alibaba) or "volcengine"."""
    return t(f"class_{labels}_{code}")


def action(code: str) -> str:
    """What one does with a class on Monday morning, one sentence."""
    return t(f"action_{code}")


def segment_name(key: str) -> str:
    """Name of a segment of the international grid in the reader's language."""
    return t(f"segment_{key}")


def class_table(scored: pd.DataFrame, by: str = "code") -> pd.DataFrame:
    """One row a class: customers, revenue (yuan), their shares (0..1), and the medians of R, F and M.

    All eight codes (or ten segments) are listed, empty ones with 0.
    """
    keys = list(CLASSES) if by == "code" else list(dict.fromkeys(GRID.values()))
    grouped = scored.groupby(by)
    table = grouped.agg(
        customers=("customer_id", "size"),
        revenue=("monetary", "sum"),
        recency=("recency", "median"),
        frequency=("frequency", "median"),
        monetary=("monetary", "median"),
    ).reindex(keys)
    table[["customers", "revenue"]] = table[["customers", "revenue"]].fillna(0)
    table["customers"] = table["customers"].astype("int64")
    table.insert(1, "customer_share", table["customers"] / len(scored))
    table.insert(3, "revenue_share", table["revenue"] / scored["monetary"].sum())
    return table.rename_axis(by).reset_index()


def outcome(scored: pd.DataFrame, orders, after, days: int) -> pd.DataFrame:
    """What scored customers did next: ``bought`` (bool) and ``spend`` (yuan) in the ``days`` after day ``after``.

    This turns a class into an expected return that was measured, not promised: score at an earlier day, then look.
    """
    after = pd.Timestamp(after).normalize()
    end = after + pd.Timedelta(days=days)
    later = summary(
        collect(lazy(orders).filter(nw.col("paid_at") >= (after + pd.Timedelta(days=1)).to_pydatetime())), as_of=end
    ).set_index("customer_id")
    result = scored.copy()
    result["spend"] = result["customer_id"].map(later["monetary"]).fillna(0.0)
    result["bought"] = result["customer_id"].isin(later.index)
    return result


def return_table(outcomes: pd.DataFrame, by: str = "code", confidence: float = 0.95) -> pd.DataFrame:
    """Return rate a class with its Wilson interval (statsmodels), and yuan a head, from :func:`outcome`.

    Columns: the class, customers, buyers, rate, low, high (0..1), spend_per_head (yuan, buyers and others together).
    """
    from statsmodels.stats.proportion import proportion_confint

    table = outcomes.groupby(by).agg(
        customers=("bought", "size"), buyers=("bought", "sum"), spend_per_head=("spend", "mean")
    )
    table["rate"] = table["buyers"] / table["customers"]
    table["low"], table["high"] = proportion_confint(
        table["buyers"].to_numpy(), table["customers"].to_numpy(), alpha=1 - confidence, method="wilson"
    )
    order = [key for key in (CLASSES if by == "code" else dict.fromkeys(GRID.values())) if key in table.index]
    return table.loc[order, ["customers", "buyers", "rate", "low", "high", "spend_per_head"]].reset_index()


def moves(before: pd.DataFrame, after: pd.DataFrame, by: str = "code") -> pd.DataFrame:
    """Who moved from which class to which between two scorings.

    Returns from, to, customers, share (of the customers of ``from``). Customers without a class before are from
    ``"none"`` (they bought for the first time in between); nobody disappears, since a customer once counted stays.
    """
    classes = list(CLASSES) if by == "code" else list(dict.fromkeys(GRID.values()))
    pair = after[["customer_id", by]].merge(
        before[["customer_id", by]], on="customer_id", how="left", suffixes=("_to", "_from")
    )
    pair[f"{by}_from"] = pair[f"{by}_from"].fillna("none")
    flows = pair.groupby([f"{by}_from", f"{by}_to"]).size().rename("customers").reset_index()
    flows.columns = ["from", "to", "customers"]
    flows["share"] = flows["customers"] / flows.groupby("from")["customers"].transform("sum")
    rank = {key: i for i, key in enumerate([*classes, "none"])}
    return flows.sort_values(["from", "to"], key=lambda s: s.map(rank), ignore_index=True)


def lorenz(values: pd.Series) -> pd.DataFrame:
    """Lorenz curve of non-negative values: customer_share, revenue_share (0..1), poorest first, from (0, 0) to (1, 1)."""
    money = np.sort(values.to_numpy(dtype=float).clip(min=0))
    share = np.concatenate([[0.0], money.cumsum() / money.sum()])
    return pd.DataFrame({"customer_share": np.linspace(0, 1, len(share)), "revenue_share": share})


def gini(values: pd.Series) -> float:
    """Gini coefficient: twice the area between the Lorenz curve and the diagonal (0 equal, 1 one takes all)."""
    curve = lorenz(values)
    return float(1 - 2 * np.trapezoid(curve["revenue_share"], curve["customer_share"]))


def top_share(values: pd.Series, share: float = 0.2) -> float:
    """Part of the money that comes from the best ``share`` of the customers (by count, rounded up)."""
    best = values.sort_values(ascending=False).to_numpy(dtype=float)
    return float(best[: int(np.ceil(len(best) * share - 1e-9))].sum() / best.sum())
