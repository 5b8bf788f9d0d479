"""Value: what an order leaves, revenue a head, what a new member costs and when she has paid it back.

All money is contribution margin (边际贡献) unless a name says revenue. Margin of an order = amount - goods - delivery:
``amount`` has discounts, coupons and refunds off already; goods are quantity x unit cost of its lines; delivery is its
fulfilment cost. Not in it: gifts to inviters (they are in the spend of their channel), points, rent and salaries.
"""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd

from crmlab.engine import collect, lazy
from crmlab.orders import counted_orders

DRAWS = 400  # resamples of a bootstrap


def margins(orders, lines, products) -> pd.DataFrame:
    """Contribution margin of every counted order, on any engine.

    Parameters
    ----------
    orders : order_id, customer_id, paid_at, amount, status, fulfilment_cost. lines : order_id, sku, quantity.
        products : sku, unit_cost.

    Returns
    -------
    order_id, customer_id, paid_at, amount, goods, fulfilment_cost, margin (yuan), sorted by order_id. A part-refunded
    order keeps the full cost of its goods. An order without lines has goods and margin NaN, never 0.
    """
    goods = (
        lazy(lines)
        .join(lazy(products).select("sku", "unit_cost"), on="sku", how="inner")
        .select("order_id", (nw.col("quantity") * nw.col("unit_cost")).alias("goods"))
        .group_by("order_id")
        .agg(nw.col("goods").sum())
    )
    columns = ["order_id", "customer_id", "paid_at", "amount", "fulfilment_cost"]
    rows = counted_orders(lazy(orders)).select(*columns).join(goods, on="order_id", how="left")
    table = collect(rows.sort("order_id")).reset_index(drop=True)
    table["goods"] = table["goods"].astype("float64").round(2)
    table["margin"] = (table["amount"] - table["goods"] - table["fulfilment_cost"]).round(2)
    return table[["order_id", "customer_id", "paid_at", "amount", "goods", "fulfilment_cost", "margin"]]


def arpu(orders, members: pd.DataFrame, consents: pd.DataFrame, events: pd.DataFrame, first, last) -> pd.DataFrame:
    """Revenue a head from day ``first`` to day ``last`` over four denominators; the last one is ARPPU.

    registered: joined by ``last``. reachable: of them, with a marketing consent standing on ``last``. active: with an
    event or a counted order in the window. paying: with a counted order in the window.

    Returns denominator, people, revenue (yuan, the same in every row), per_head.
    """
    first, end = pd.Timestamp(first).normalize(), pd.Timestamp(last).normalize() + pd.Timedelta(days=1)
    kept = counted_orders(orders)
    kept = kept[(kept["paid_at"] >= first) & (kept["paid_at"] < end)]
    registered = set(members.loc[members["joined_at"] < end, "customer_id"])
    agreed = consents[(consents["purpose"] == "marketing") & (consents["granted_at"] < end)]
    agreed = agreed[~(agreed["withdrawn_at"] < end)]
    seen = events.loc[(events["at"] >= first) & (events["at"] < end), "customer_id"]
    paying = set(kept["customer_id"])
    people = {
        "registered": len(registered),
        "reachable": len(registered & set(agreed["customer_id"])),
        "active": len(set(seen) | paying),
        "paying": len(paying),
    }
    table = pd.DataFrame({"denominator": people.keys(), "people": people.values()})
    table["revenue"] = round(float(kept["amount"].sum()), 2)
    table["per_head"] = table["revenue"] / table["people"].where(table["people"] > 0)
    return table


def cac(spend: pd.DataFrame, first=None, last=None) -> pd.DataFrame:
    """Cost of a new member (CAC) by channel over the whole months from ``first`` to ``last``: spend / new members.

    Returns channel, media_type, spend (yuan, gifts to inviters included), new_members, cac; cheapest first.
    """
    month = spend["month"]
    inside = spend[(month >= (pd.Timestamp(first) if first is not None else month.min()))]
    inside = inside[inside["month"] <= (pd.Timestamp(last) if last is not None else month.max())]
    table = inside.groupby(["channel", "media_type"])[["spend", "new_members"]].sum().reset_index()
    table["cac"] = table["spend"] / table["new_members"].where(table["new_members"] > 0)
    return table.sort_values("cac", ignore_index=True)


def mature(joined_at: pd.Series, as_of, days: int) -> pd.Series:
    """True for those of calendar months whose last day lies at least ``days`` days before ``as_of``."""
    month_end = joined_at.dt.to_period("M").dt.end_time.dt.normalize()
    return month_end + pd.Timedelta(days=days) <= pd.Timestamp(as_of).normalize()


def per_day(people: pd.DataFrame, margins: pd.DataFrame, days: int) -> np.ndarray:
    """Cumulated margin, one row a person of ``people`` (customer_id, joined_at), one column a day 0..``days`` after joining."""
    place = pd.Series(np.arange(len(people)), index=people["customer_id"])
    rows = margins[margins["customer_id"].isin(place.index)]
    joined = people.set_index("customer_id")["joined_at"].dt.normalize()
    age = (rows["paid_at"].dt.normalize() - rows["customer_id"].map(joined)).dt.days
    inside = age.between(0, days) & rows["margin"].notna()
    table = np.zeros((len(people), days + 1))
    at = rows.loc[inside, "customer_id"].map(place).to_numpy(), age[inside].to_numpy(int)
    np.add.at(table, at, rows.loc[inside, "margin"].to_numpy())
    return table.cumsum(axis=1)


def curves(
    members: pd.DataFrame, margins: pd.DataFrame, as_of, days: int = 365, by: str = "join_channel"
) -> pd.DataFrame:
    """Cumulated margin a head by day since joining, one curve a channel; cohorts younger than ``days`` are left out.

    Returns channel, day, people, margin (yuan a head, over all who joined, buyers or not).
    """
    people = members[mature(members["joined_at"], as_of, days)].reset_index(drop=True)
    table = per_day(people, margins, days)
    parts = [
        pd.DataFrame({"channel": key, "day": range(days + 1), "people": len(rows), "margin": table[rows].mean(axis=0)})
        for key, rows in people.groupby(by).indices.items()
    ]
    return pd.concat(parts, ignore_index=True)


def payback(members: pd.DataFrame, margins: pd.DataFrame, spend: pd.DataFrame, as_of, days: int = 365) -> pd.DataFrame:
    """CAC, payback day (回本周期) and LTV : CAC of each channel, from cohorts that are all at least ``days`` days old.

    LTV here is the margin a head in the first ``days`` days: what was seen, no forecast. The CAC is that of the months
    in which these members joined. Intervals: bootstrap over members (95%), the CAC taken as known.

    Returns channel, media_type, people, cac, payback, payback_low, payback_high (days; NaN: not within ``days``), ltv,
    ratio, ratio_low, ratio_high; cheapest CAC first.
    """
    people = members[mature(members["joined_at"], as_of, days)].reset_index(drop=True)
    months = people["joined_at"].dt.to_period("M").dt.start_time
    cost = cac(spend, months.min(), months.max()).set_index("channel")
    table, draw, rows = per_day(people, margins, days), np.random.default_rng(6), []
    for channel, place in people.groupby("join_channel").indices.items():
        price, own = cost.at[channel, "cac"], table[place]
        n = len(own)
        drawn = draw.multinomial(n, np.full(n, 1 / n), size=DRAWS) @ own / n
        reached = np.where((drawn >= price).any(axis=1), (drawn >= price).argmax(axis=1), np.inf)
        low, high = np.quantile(reached, [0.025, 0.975], method="closest_observation")
        mean = own.mean(axis=0)
        ratios = np.quantile(drawn[:, -1] / price, [0.025, 0.975])
        day = (mean >= price).argmax() if (mean >= price).any() else np.inf
        kind = cost.at[channel, "media_type"]
        rows.append((channel, kind, n, price, day, low, high, mean[-1], mean[-1] / price, *ratios))
    names = ["channel", "media_type", "people", "cac", "payback", "payback_low", "payback_high", "ltv"]
    result = pd.DataFrame(rows, columns=[*names, "ratio", "ratio_low", "ratio_high"])
    return result.replace({np.inf: np.nan}).sort_values("cac", ignore_index=True)


def cost_per_kept(n: int, kept: int, base_n: int, base_kept: int, cost: float) -> dict[str, float]:
    """Cost of keeping one member more, from a randomised programme: its cost / members kept beyond the hold-out.

    ``n``, ``kept``: members in the programme and how many of them stayed; ``base_n``, ``base_kept``: the hold-out.
    ``cost``: yuan spent on the ``n``. Returns effect, effect_low, effect_high (0..1, Newcombe), a_head, cost, cost_low,
    cost_high (yuan a member kept). Where the interval reaches 0 the upper cost is inf: too small to tell.
    """
    from crmlab import experiment

    effect = experiment.difference(kept, n, base_kept, base_n)
    each = cost / n
    low, middle, high = (each / x if x > 0 else np.inf for x in (effect.high, effect.value, effect.low))
    return {
        "effect": effect.value,
        "effect_low": effect.low,
        "effect_high": effect.high,
        "a_head": each,
        "cost": middle,
        "cost_low": low,
        "cost_high": high,
    }
