"""Orders and their lines, as the shop's system stores them."""

import numpy as np
import pandas as pd

from crmlab.world.build import COMPANIES, DAYS, World, table
from crmlab.world.coupons import hand_out
from crmlab.world.days import HOURS
from crmlab.world.people import ids, joined_second, moment
from crmlab.world.purchases import CLOSED, REFUNDED, UNPAID

CHANNELS = {
    "yunmu": (("store", "mini_program", "consultant", "marketplace"), (38, 30, 14, 18)),
    "morningcup": (("app", "mini_program", "counter"), (52, 36, 12)),
}
PART_REFUND, DISPUTED = 0.016, 0.01  # the latter among orders of the last thirty days


@table("orders")
def orders(world: World) -> pd.DataFrame:
    p, draw, heads = world.people, world.draw("orders"), world.purchases.heads
    n, who, day, fate = len(heads), *(heads[c].to_numpy() for c in ("who", "day", "fate"))
    second = draw.pick(HOURS[world.company], n) * 3600 + np.floor(draw.uniform(n, 0, 3600)).astype(int)
    on_first_day = day == np.floor(p.joined[who])
    after_joining = joined_second(world)[who] + 120 + second % 1800
    second = np.where(on_first_day, np.maximum(second, after_joining), second)
    order = np.lexsort((who, second, day))
    heads, who, day, fate, second = heads.iloc[order], who[order], day[order], fate[order], second[order]
    world.purchases.heads = heads.reset_index(drop=True)
    at = moment(day, second)

    gross, discount = heads["gross"].to_numpy(), heads["discount"].to_numpy()
    net, gift = gross - discount, heads["gift"].to_numpy()
    age = DAYS - day
    part = draw.chance(PART_REFUND, n) & (fate == 0) & ~gift & (age > 3)
    refund = np.where(fate == REFUNDED, net, np.where(part, np.round(net * draw.uniform(n, 0.15, 0.6), -1), 0))
    disputed = draw.chance(DISPUTED, n) & (fate == 0) & ~part & (age <= 30) & ~gift
    slow = world.company == "yunmu"
    status = np.select(
        [fate == UNPAID, fate == CLOSED, fate == REFUNDED, part, disputed, slow & (age <= 1), slow & (age <= 4)],
        ["unpaid", "closed", "refunded", "part_refunded", "disputed", "paid", "shipped"],
        "completed",
    ).astype(object)
    paid = ~np.isin(fate, (UNPAID, CLOSED))
    channels, weights = CHANNELS[world.company]
    favourite = draw.pick(weights, world.customers)
    channel = np.where(draw.chance(0.8, n), favourite[who], draw.pick(weights, n))
    channel = np.array(channels, dtype=object)[channel]
    stores = world["stores"]["store_id"].to_numpy()
    elsewhere = np.floor(draw.uniform(n) * len(stores)).astype(int)
    store = stores[np.where(draw.chance(0.86, n), p.home[who], elsewhere)]
    in_store = np.isin(channel, ("store", "consultant")) if slow else np.ones(n, dtype=bool)
    promised, delivered, cost = _delivery(world, draw, at, second, in_store, heads["quantity"].to_numpy())
    arrived = paid & ~np.isin(status, ("paid", "shipped")) & (delivered < moment(DAYS, 0))
    letter = COMPANIES[world.company]["letter"]
    frame = pd.DataFrame({
        "order_id": [f"{letter}O{i:07d}" for i in range(1, n + 1)],
        "customer_id": ids(world, who),
        "paid_at": pd.Series(at).where(paid),
        "gross": gross / 100,
        "discount": discount / 100,
        "refund": refund / 100,
        "amount": (net - refund) / 100,
        "status": status,
        "channel": channel,
        "store_id": pd.Series(store).where(in_store),
        "group_id": pd.Series([None] * n, dtype=object),
        "fulfilment_cost": np.where(paid, cost, 0) / 100,
        "promised_at": pd.Series(promised).where(paid & ~(slow & in_store)),
        "delivered_at": pd.Series(delivered).where(arrived & ~(slow & in_store)),
    })
    frame["coupon_id"] = hand_out(world, frame, world.purchases.heads)
    return frame


def _delivery(world, draw, at, second, in_store, quantity):
    """Promised and real arrival, and what fulfilment costs the shop (cents)."""
    n = len(at)
    if world.company == "yunmu":
        day = at.astype("datetime64[D]").astype("datetime64[us]")
        promised = day + np.timedelta64(3, "D") + np.timedelta64(20, "h")
        hours = np.round(np.minimum(draw.lognormal(n, 0.4, 46), 200)).astype("timedelta64[h]")
        cost = np.where(in_store, 300, 900 + 120 * quantity)
        return promised, at.astype("datetime64[h]").astype("datetime64[us]") + hours, cost
    rush = (second >= 7.5 * 3600) & (second < 9.5 * 3600)
    minute = at.astype("datetime64[m]").astype("datetime64[us]")
    promised = minute + np.where(rush, 12, 8).astype("timedelta64[m]")
    waited = np.ceil(np.minimum(draw.lognormal(n, 0.35, 6) + np.where(rush, 4, 0), 60)).astype("timedelta64[m]")
    return promised, minute + waited, 110 + 60 * quantity


@table("order_lines")
def order_lines(world: World) -> pd.DataFrame:
    orders, bought = world["orders"], world.purchases
    heads = bought.heads
    has = heads["extra"].to_numpy() >= 0
    rows = np.concatenate([np.arange(len(heads)), np.flatnonzero(has)])
    by_order = np.argsort(rows, kind="stable")  # order numbers follow the rows; sorting numbers beats sorting texts
    product = np.concatenate([heads["first"].to_numpy(), heads["extra"].to_numpy()[has]])
    frame = pd.DataFrame({
        "order_id": orders["order_id"].to_numpy()[rows],
        "line_no": np.repeat((1, 2), (len(heads), has.sum())),
        "sku": bought.skus[product],
        "quantity": np.concatenate([heads["quantity"].to_numpy(), heads["more"].to_numpy()[has]]),
        "unit_price": bought.price[product] / 100,
    })
    return frame.iloc[by_order]
