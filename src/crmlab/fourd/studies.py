"""Studies of chapter 02 beside the scorecard: value in three parts, price tier x message, revenue drivers, hold-out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.experiment import Interval, rate
from crmlab.fourd.indicators import QUARTER, within
from crmlab.orders import counted_orders

PARTS = ("historic", "current", "potential")
_BANDS = (-1, 30, 60, 90, 180, 365, np.inf)  # days since the last purchase


def _tiered_lines(orders, lines, products) -> pd.DataFrame:
    """customer_id, paid_at, price_tier and money of the counted lines whose product has a price tier."""
    tier = lines["sku"].map(products.set_index("sku")["price_tier"])
    rows = lines.assign(price_tier=tier, money=lines["quantity"] * lines["unit_price"]).dropna(subset=["price_tier"])
    counted = counted_orders(orders)[["order_id", "customer_id", "paid_at"]]
    return rows[["order_id", "price_tier", "money"]].merge(counted, on="order_id")


def _tier(rows: pd.DataFrame) -> pd.Series:
    money = rows.pivot_table(index="customer_id", columns="price_tier", values="money", aggfunc="sum", fill_value=0.0)
    money = money.reindex(columns=["value", "premium"], fill_value=0.0)
    return (money["premium"] > money["value"]).map({True: "premium", False: "value"}).rename("tier")


def price_tier(orders: pd.DataFrame, lines: pd.DataFrame, products: pd.DataFrame, before) -> pd.Series:
    """The tier ("value" or "premium") where more of a customer's money went before day ``before``, by customer_id.

    Counted orders and products with a price tier only; a customer without any is not listed.
    """
    rows = _tiered_lines(orders, lines, products)
    return _tier(rows[rows["paid_at"] < pd.Timestamp(before)])


def tier_by_message(campaigns, touches, orders, lines, products) -> pd.DataFrame:
    """Clicks on price and on service messages in each price tier, from the randomised comparisons (price_or_service).

    The tier is that of the purchases before each comparison began. Returns tier, arm ("price", "service"), n (messages
    sent), clicks, rate, low, high (0..1, Wilson).
    """
    rows, parts = _tiered_lines(orders, lines, products), []
    for one in campaigns[(campaigns["kind"] == "price_or_service") & campaigns["randomised"].eq(1)].itertuples():
        sent = touches.loc[touches["campaign_id"] == one.campaign_id, ["customer_id", "arm", "clicked_at"]]
        tier = _tier(rows[rows["paid_at"] < one.starts_on])
        parts.append(sent.assign(tier=sent["customer_id"].map(tier), click=sent["clicked_at"].notna()))
    sent = pd.concat(parts).dropna(subset=["tier"])
    table = sent.groupby(["tier", "arm"])["click"].agg(n="size", clicks="sum").reset_index()
    table["rate"], table["low"], table["high"] = rate(table["clicks"], table["n"])
    return table.sort_values(["tier", "arm"], ascending=[False, True], ignore_index=True)


def gap_of_gaps(first: Interval, second: Interval) -> Interval:
    """First minus second of two independent differences, with its interval (MOVER, Zou and Donner 2008)."""
    gap = first.value - second.value
    down = np.hypot(first.value - first.low, second.high - second.value)
    up = np.hypot(first.high - first.value, second.value - second.low)
    return Interval(gap, float(gap - down), float(gap + up))


def clv(orders, lines, products, members, as_of, days: int = 365) -> pd.DataFrame:
    """Customer lifetime value in three parts, on contribution margin, read off what happened in the last ``days`` days.

    historic: margin of all orders to date. current: what one brings in the next ``days`` days by going on as before;
    her own margin of the last ``days`` days times the share that customers with the same time since the last purchase
    kept a year ago. potential: product categories she has not bought yet, and people she refers; the mean of the same
    group a year ago. A first reading without age or forecast model; a member without an order has no row.

    Returns customer_id, recency (days), historic, current, potential (yuan).
    """
    as_of = pd.Timestamp(as_of).normalize()
    rows = _line_margins(orders, lines, products)
    rows = rows[rows["paid_at"] < as_of + pd.Timedelta(days=1)]
    then = as_of - pd.Timedelta(days=days)
    past, future = (part for _, part in sorted(rows.groupby(rows["paid_at"] >= then + pd.Timedelta(days=1))))
    start = _standing(past, then, days)
    bought = set(zip(past["customer_id"], past["category"], strict=True))
    known = pd.Series(
        [pair in bought for pair in zip(future["customer_id"], future["category"], strict=True)], future.index
    )
    referrer = members.loc[members["joined_at"] >= then + pd.Timedelta(days=1)].set_index("customer_id")["referrer_id"]
    brought = future["margin"].groupby(future["customer_id"].map(referrer)).sum()
    gains = {
        "same": future.loc[known, "margin"].groupby(future.loc[known, "customer_id"]).sum(),
        "cross": future.loc[~known, "margin"].groupby(future.loc[~known, "customer_id"]).sum(),
        "referred": brought,
    }
    for name, gain in gains.items():
        start[name] = gain.reindex(start.index).fillna(0.0)
    bands = start.groupby("band", observed=False)
    keep = (bands["same"].sum() / bands["last"].sum().where(lambda x: x > 0)).fillna(0.0)
    extra = (bands[["cross", "referred"]].sum().sum(axis=1) / bands.size().clip(lower=1)).fillna(0.0)
    now = _standing(rows, as_of, days)
    band = now["band"].astype("int64")
    now["current"] = now["last"] * band.map(keep)
    now["potential"] = band.map(extra)
    return now.reset_index()[["customer_id", "recency", *PARTS]]


def _line_margins(orders, lines, products) -> pd.DataFrame:
    """customer_id, paid_at, category, margin of each line; an order's money and delivery shared out by line value."""
    counted = counted_orders(orders)[["order_id", "customer_id", "paid_at", "amount", "fulfilment_cost"]]
    rows = lines.merge(products[["sku", "category", "unit_cost"]], on="sku").merge(counted, on="order_id")
    worth = rows["quantity"] * rows["unit_price"]
    whole = worth.groupby(rows["order_id"]).transform("sum")
    share = (worth / whole.where(whole > 0)).fillna(0.0)
    rows["margin"] = (rows["amount"] - rows["fulfilment_cost"]) * share - rows["quantity"] * rows["unit_cost"]
    return rows[["customer_id", "paid_at", "category", "margin"]]


def _standing(rows: pd.DataFrame, day: pd.Timestamp, days: int) -> pd.DataFrame:
    """By customer: recency and its band, historic margin, and margin of the last ``days`` days (last)."""
    grouped = rows.groupby("customer_id")
    table = pd.DataFrame({
        "recency": (day - grouped["paid_at"].max().dt.normalize()).dt.days,
        "historic": grouped["margin"].sum(),
    })
    late = rows[within(rows["paid_at"], day, days)]
    table["last"] = late.groupby("customer_id")["margin"].sum().reindex(table.index).fillna(0.0).clip(lower=0)
    table["band"] = pd.cut(table["recency"], list(_BANDS), labels=range(len(_BANDS) - 1))
    return table


def revenue_drivers(orders: pd.DataFrame, as_of) -> dict[str, float]:
    """What the revenue of the last 90 days is made of; the product of the parts is exactly the revenue.

    before (buyers of the 90 days before), came_back (share of them who bought again), back_spend (yuan a head of
    those), others (buyers who had not bought in the 90 days before), other_spend (yuan a head), revenue.
    """
    as_of = pd.Timestamp(as_of).normalize()
    counted = counted_orders(orders)
    now = counted[within(counted["paid_at"], as_of, QUARTER)].groupby("customer_id")["amount"].sum()
    earlier = within(counted["paid_at"], as_of - pd.Timedelta(days=QUARTER), QUARTER)
    before = counted.loc[earlier, "customer_id"].unique()
    back = now[now.index.isin(before)]
    others = now[~now.index.isin(before)]
    return {
        "before": len(before),
        "came_back": len(back) / len(before) if len(before) else 0.0,
        "back_spend": float(back.mean()) if len(back) else 0.0,
        "others": len(others),
        "other_spend": float(others.mean()) if len(others) else 0.0,
        "revenue": float(now.sum()),
    }


def silent_return(
    orders: pd.DataFrame, as_of, silent: tuple[int, int] = (30, 90), days: int = QUARTER
) -> tuple[int, int]:
    """(came back, all) of the customers whose last purchase lay ``silent`` days back (from, to; both included) on the
    day ``days`` days before ``as_of``; back: bought between that day and ``as_of``."""
    as_of = pd.Timestamp(as_of).normalize()
    counted = counted_orders(orders)
    then = as_of - pd.Timedelta(days=days)
    last = counted[counted["paid_at"] < then + pd.Timedelta(days=1)].groupby("customer_id")["paid_at"].max()
    asleep = last.index[(then - last.dt.normalize()).dt.days.between(*silent)]
    awake = counted.loc[within(counted["paid_at"], as_of, days), "customer_id"]
    return int(asleep.isin(awake).sum()), len(asleep)


def gap_chances(n: int, held: int, anyway: float, effect: float = 0.0) -> pd.DataFrame:
    """Exact distribution of the difference in return rates between ``n`` who got something and ``held`` who did not.

    Both numbers of returns are binomial, with chances ``anyway + effect`` and ``anyway``. Returns gap (0..1, rounded to
    a thousandth), chance; the chances sum to 1.
    """
    from scipy.stats import binom

    k, j = np.arange(n + 1), np.arange(held + 1)
    chance = np.outer(binom.pmf(k, n, min(anyway + effect, 1.0)), binom.pmf(j, held, anyway))
    gap = np.round(k[:, None] / n - j[None, :] / held, 3)
    table = pd.DataFrame({"gap": gap.ravel(), "chance": chance.ravel()})
    return table.groupby("gap", as_index=False)["chance"].sum()


def draw_lots(people: int, anyway: float, effect: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """One round of the game: half of the room at random gets something; who comes back? got (bool), back (bool)."""
    rng = np.random.default_rng(seed)
    got = rng.permutation(people) < people // 2
    return pd.DataFrame({"got": got, "back": rng.random(people) < anyway + effect * got})


def frequency_test(campaigns, assignments, touches, margins, as_of, days: int = 30) -> pd.DataFrame:
    """The latest campaign that drew by lot who got few and who got many messages ("light", "heavy"), member by member.

    Parameters
    ----------
    margins : :func:`crmlab.value.margins`. days : window of the outcome, from the campaign's first day.

    Returns
    -------
    customer_id, arm, messages, cost (yuan), opted_out (by a message of the campaign), margin (yuan inside the window),
    year (yuan in the 365 days before). ``attrs``: campaign_id, name_zh, name_en, starts_on. Empty without such a campaign.
    """
    as_of = pd.Timestamp(as_of).normalize()
    over = campaigns[campaigns["randomised"].eq(1) & (campaigns["starts_on"] + pd.Timedelta(days=days) <= as_of)]
    arms = assignments[assignments["arm"].isin(["light", "heavy"])]
    over = over[over["campaign_id"].isin(arms["campaign_id"])].sort_values("starts_on").tail(1)
    table = arms[arms["campaign_id"].isin(over["campaign_id"])][["customer_id", "arm"]].reset_index(drop=True)
    if over.empty:
        return table
    one = over.iloc[0]
    sent = touches[touches["campaign_id"] == one["campaign_id"]].groupby("customer_id")
    start = one["starts_on"].normalize()
    at = margins["paid_at"]
    spent = {
        "margin": margins[(at >= start) & (at < start + pd.Timedelta(days=days))],
        "year": margins[(at >= start - pd.Timedelta(days=365)) & (at < start)],
    }
    found = {"messages": sent.size(), "cost": sent["cost"].sum(), "opted_out": sent["opted_out"].max()}
    found |= {name: rows.groupby("customer_id")["margin"].sum() for name, rows in spent.items()}
    for name, values in found.items():
        table[name] = table["customer_id"].map(values).fillna(0)
    table["opted_out"] = table["opted_out"].astype(bool)
    table.attrs = {name: one[name] for name in ("campaign_id", "name_zh", "name_en", "starts_on")}
    return table


def promise_and_return(orders: pd.DataFrame, as_of, any_order: bool = False) -> pd.DataFrame:
    """Did a broken promise cost the next purchase? Buyers of the quarter before, by whether their last order came late.

    With ``any_order``: whether any of their orders came late; that misleads, because whoever orders more has more
    chances of a late one. Nobody drew lots either way, so neither is a proof.

    Returns late (bool), n, back (bought again in the last 90 days), rate, low, high; ``attrs["promised"]`` is the share
    of that quarter's buyers who had been promised a time.
    """
    as_of = pd.Timestamp(as_of).normalize()
    counted = counted_orders(orders)
    before = counted[within(counted["paid_at"], as_of - pd.Timedelta(days=QUARTER), QUARTER)]
    now = set(counted.loc[within(counted["paid_at"], as_of, QUARTER), "customer_id"])
    promised = before.dropna(subset=["promised_at"]).sort_values("paid_at")
    every = (~(promised["delivered_at"] <= promised["promised_at"])).set_axis(promised["customer_id"])
    late = (
        every.groupby(level=0).any().rename("late")
        if any_order
        else every[~every.index.duplicated(keep="last")].rename("late")
    )
    back = pd.Series(late.index.isin(now), index=late.index)
    table = back.groupby(late).agg(n="size", back="sum").reset_index()
    table["rate"], table["low"], table["high"] = rate(table["back"], table["n"])
    table.attrs["promised"] = len(late) / max(before["customer_id"].nunique(), 1)
    return table
