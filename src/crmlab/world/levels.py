"""Levels by spending in a half-year, points that expire, and the pull of a threshold that is near (effect 15)."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, START, World, table
from crmlab.world.clock import ids, joined_second, moment

NAMES = (("普卡", "Basic"), ("银卡", "Silver"), ("金卡", "Gold"), ("黑金卡", "Black"))
THRESHOLDS = {"yunmu": (0, 1_200, 3_000, 6_000), "morningcup": (0, 120, 280, 520)}  # yuan in a half-year
EARN_RATE = (1.0, 1.2, 1.5, 2.0)  # points a yuan
HALVES = ("2025-01-01", "2025-07-01", "2026-01-01")
COUNTED = ("paid", "shipped", "completed", "part_refunded", "disputed")
NEAR, PULL, WITHIN = 0.85, 0.30, 10  # from this share of the threshold; chance of one more order; days
KEPT_OF_GROSS = 0.93  # what discounts leave, on average
NEVER_REDEEM, REDEEM = 0.07, {"yunmu": 0.38, "morningcup": 0.18}  # share of customers; chance at an order
LAST_REDEEM, LAST_DAYS = 0.74, (10, 200)  # others empty their account in the points mall some days after the last order
GOODWILL = 0.03  # customers who once got points for a mishap


def half_of(day: np.ndarray) -> np.ndarray:
    """Half-year (0 to 3) of day numbers."""
    edges = [int((np.datetime64(text) - START).astype(int)) for text in HALVES]
    return np.searchsorted(edges, day, side="right")


def running(who, half, amount) -> np.ndarray:
    """Spending of the customer in the half-year up to and including each order (orders in order of time)."""
    return pd.Series(amount).groupby([who, half]).cumsum().to_numpy()


def top_up(world: World, heads: pd.DataFrame) -> pd.DataFrame:
    """Add the orders of those who want the next level: when little is missing, some buy one thing more within days."""
    if not world.on(15):
        return heads
    p, draw, catalogue = world.people, world.draw("levels/top_up"), world["products"]
    steps = np.array(THRESHOLDS[world.company][1:], dtype=float)
    done = heads[heads["fate"].to_numpy() == 0].sort_values(["day", "who"], kind="stable")
    who, day = done["who"].to_numpy(), done["day"].to_numpy()
    spent = running(who, half_of(day), done["gross"].to_numpy() / 100 * KEPT_OF_GROSS)
    ahead = np.searchsorted(steps, spent, side="right")
    near = (ahead < len(steps)) & (spent >= NEAR * steps[np.minimum(ahead, len(steps) - 1)])
    near &= day >= np.floor(p.joined[who]) + 14
    marks = pd.DataFrame({"who": who, "half": half_of(day), "step": ahead})[near]
    marks = marks[~marks.duplicated()]
    who, from_day = marks["who"].to_numpy(), day[marks.index.to_numpy()]
    n = len(marks)
    day = from_day + 1 + np.floor(draw.uniform(n) * WITHIN).astype(int)
    buys = draw.chance(PULL, n) & (day < np.minimum(p.alive_until[who], DAYS)) & (half_of(day) == marks["half"])
    who, day, n = who[buys], day[buys], int(buys.sum())
    groups = ["food", "care", "adult_milk"] if world.company == "yunmu" else ["coffee", "tea"]
    goods = np.flatnonzero(catalogue["category"].isin(groups))
    first = goods[np.floor(draw.uniform(n) * len(goods)).astype(int)]
    quantity = 1 + draw.poisson(np.full(n, 1.2 if world.company == "yunmu" else 0.3))
    price = np.round(catalogue["list_price"].to_numpy() * 100).astype(np.int64)
    added = pd.DataFrame(0, index=range(n), columns=heads.columns).astype(heads.dtypes.to_dict())
    added = added.assign(who=who, day=day, first=first, quantity=quantity, extra=-1, gross=price[first] * quantity)
    return pd.concat([heads, added.astype(heads.dtypes.to_dict())], ignore_index=True)


@table("levels")
def levels(world: World) -> pd.DataFrame:
    return pd.DataFrame({
        "level": [1, 2, 3, 4],
        "name_zh": [zh for zh, _ in NAMES],
        "name_en": [en for _, en in NAMES],
        "threshold": [float(x) for x in THRESHOLDS[world.company]],
        "keep_rule": ["none", *["half_year_spend"] * 3],
        "earn_rate": EARN_RATE,
    })


def _paid(world: World) -> pd.DataFrame:
    """Counted orders in order of time: who, at (seconds of history), day, half, cents, order_id, spent and reached level."""
    orders = world["orders"]
    frame = pd.DataFrame({
        "who": world.purchases.heads["who"].to_numpy(),
        "at": ((orders["paid_at"] - pd.Timestamp(START)) // pd.Timedelta(seconds=1)).fillna(-1).astype("int64"),
        "cents": np.round(orders["amount"].to_numpy() * 100).astype(np.int64),
        "order_id": orders["order_id"],
    })[(orders["status"].isin(COUNTED) & (orders["amount"] > 0)).to_numpy()]
    frame = frame.sort_values(["at", "who"], kind="stable").reset_index(drop=True)
    frame["day"] = frame["at"] // 86400
    frame["half"] = half_of(frame["day"].to_numpy())
    spent = running(frame["who"].to_numpy(), frame["half"].to_numpy(), frame["cents"].to_numpy())
    steps = np.array(THRESHOLDS[world.company]) * 100
    frame["reached"] = np.searchsorted(steps, spent, side="right")
    frame["before"] = np.searchsorted(steps, spent - frame["cents"], side="right")
    return frame


def _reached(world: World, paid: pd.DataFrame) -> np.ndarray:
    """Level reached in each half-year, one row a customer."""
    best = np.ones((world.customers, len(HALVES) + 1), dtype=int)
    np.maximum.at(best, (paid["who"].to_numpy(), paid["half"].to_numpy()), paid["reached"].to_numpy())
    return best


@table("level_history")
def level_history(world: World) -> pd.DataFrame:
    """A level reached holds to the end of the following half-year."""
    p, n, paid = world.people, world.customers, _paid(world)
    best = _reached(world, paid)
    carried = np.column_stack([np.ones(n, dtype=int), best[:, :-1]])  # brought from the half-year before
    who, half = paid["who"].to_numpy(), paid["half"].to_numpy()
    rises = paid[paid["reached"].to_numpy() > np.maximum(paid["before"].to_numpy(), carried[who, half])]
    changes = [
        (np.arange(n), np.floor(p.joined).astype(np.int64) * 86400 + joined_second(world), np.ones(n, dtype=int))
    ]
    changes.append((rises["who"].to_numpy(), rises["at"].to_numpy(), rises["reached"].to_numpy()))
    for i, text in enumerate(HALVES, start=1):
        was = np.maximum(carried[:, i - 1], best[:, i - 1])
        falls = np.flatnonzero(carried[:, i] < was)
        second = int((np.datetime64(text) - START).astype(int)) * 86400
        changes.append((falls, np.full(len(falls), second), carried[falls, i]))
    who, at, level = (np.concatenate(x) for x in zip(*changes, strict=True))
    order = np.lexsort((at, who))
    who, at, level = who[order], at[order], level[order]
    last = np.append(who[1:] != who[:-1], True)
    return pd.DataFrame({
        "customer_id": ids(world, who),
        "level": level,
        "from": moment(0, at),
        "to": pd.Series(moment(0, np.append(at[1:], 0))).where(~last),
    })


@table("points_ledger")
def points_ledger(world: World) -> pd.DataFrame:
    """Each lot of points is redeemed whole at the customer's next redemption, or expires, or is still open."""
    draw, n, paid = world.draw("points"), world.customers, _paid(world)
    carried = np.column_stack([np.ones(n, dtype=int), _reached(world, paid)[:, :-1]])
    who, at = paid["who"].to_numpy(), paid["at"].to_numpy()
    level = np.maximum(carried[who, paid["half"].to_numpy()], paid["before"].to_numpy())
    rate = np.round(np.array(EARN_RATE) * 10).astype(np.int64)[level - 1]
    given = np.flatnonzero(draw.chance(GOODWILL, n)[who] & ~paid["who"].duplicated().to_numpy())
    never = draw.chance(NEVER_REDEEM * world.on(15), n)
    redeems = ~never[who] & draw.chance(REDEEM[world.company], len(paid))
    final = np.full(n, -1)
    np.maximum.at(final, who, at)
    mall = final + (np.floor(draw.uniform(n, *LAST_DAYS)) * 86400).astype(np.int64)
    mall = np.where(mall < DAYS * 86400, mall, -1)
    clears = np.flatnonzero(~never & draw.chance(LAST_REDEEM, n) & (final >= 0) & (mall >= 0))
    order_id = paid["order_id"].to_numpy()
    lots = pd.DataFrame({
        "who": np.concatenate([who, who[given]]),
        "at": np.concatenate([at, np.minimum(at[given] + 2 * 86400, DAYS * 86400 - 1)]),
        "kind": np.repeat(np.array(["earn", "adjust"], dtype=object), (len(paid), len(given))),
        "points": np.concatenate([paid["cents"].to_numpy() * rate // 1000, np.full(len(given), 100)]),
        "order_id": np.concatenate([order_id, np.full(len(given), None)]),
    })
    lots = lots[lots["points"] > 0]
    month = (START + (lots["at"].to_numpy() // 86400).astype("timedelta64[D]")).astype("datetime64[M]")
    ends = (month + 13).astype("datetime64[D]") - 1  # last day of the same month next year
    expires = (ends - START).astype(np.int64)
    big = np.int64(DAYS + 1) * 86400
    spots = np.concatenate([who[redeems].astype(np.int64) * big + at[redeems], clears * big + mall[clears]])
    spots.sort()
    key = lots["who"].to_numpy().astype(np.int64) * big + lots["at"].to_numpy()
    found = np.searchsorted(spots, key, side="right")
    spot = np.append(spots, -1)[found]
    used = (spot // big == lots["who"].to_numpy()) & ((spot % big) // 86400 <= expires)
    gone = ~used & (expires < DAYS) & world.on(15)
    points = lots["points"].to_numpy()
    redeemed = pd.Series(points[used]).groupby(spot[used]).sum()
    orders_at = pd.Series(order_id[redeems], index=who[redeems].astype(np.int64) * big + at[redeems])
    orders_at = orders_at[~orders_at.index.duplicated()]
    lost = pd.Series(points[gone]).groupby(lots["who"].to_numpy()[gone].astype(np.int64) * big + expires[gone]).sum()
    parts = [
        lots.assign(expires=expires),
        pd.DataFrame({"who": redeemed.index // big, "at": redeemed.index % big, "kind": "redeem",
                      "points": -redeemed.to_numpy(), "order_id": orders_at.reindex(redeemed.index).to_numpy()}),
        pd.DataFrame({"who": lost.index // big, "at": lost.index % big * 86400 + 86399, "kind": "expire",
                      "points": -lost.to_numpy(), "order_id": None}),
    ]  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    rows["turn"] = rows["kind"].map({"redeem": 0, "earn": 1, "adjust": 2, "expire": 3})
    rows = rows.sort_values(["at", "who", "turn"], kind="stable")
    limited = rows["expires"].notna() & world.on(15)
    day = moment(rows["expires"].fillna(0).to_numpy(), 0)
    return pd.DataFrame({
        "customer_id": ids(world, rows["who"].to_numpy()),
        "at": moment(0, rows["at"].to_numpy()),
        "kind": rows["kind"].to_numpy(),
        "points": rows["points"].to_numpy(),
        "order_id": rows["order_id"].to_numpy(),
        "expires_on": pd.Series(day).where(limited.to_numpy()),
    })
