"""From attempted purchases to baskets: what is bought, what it costs, and the shock of 2026 Q2 (effect 7).

Money is kept in cents here, as whole numbers.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from crmlab.world import feeding, messages, visiting, winback
from crmlab.world.build import DAYS, START, World
from crmlab.world.campaigns import price_allowed_from
from crmlab.world.latent import GRADUATION, MONTH, REASON_GROUPS, REASONS
from crmlab.world.levels import top_up
from crmlab.world.people import homes

KEPT, UNPAID, CLOSED, REFUNDED = range(4)
QUARTER = int((np.datetime64("2026-04-01") - START).astype(int))  # first day after the reference day of effect 7
LAPSE_SHARE = {"yunmu": 0.30, "morningcup": 0.28}  # of the best at the end of 2026-03 who are not about to leave anyway
BEST_RECENCY = {"yunmu": 60, "morningcup": 30}  # days
CLEARLY = 1.08  # "best" is well above the mean in F and M, so that a quarter of growth does not undo it
GIFTS = 0.012  # zero-amount orders per order
COUPONS = {"yunmu": 0.20, "morningcup": 0.12}  # chance of a coupon in an order, times price sensitivity
CHEAP, KEEN = (
    0.14,
    0.48,
)  # added: the price would be the reason to leave; and price-sensitive besides (effects 9 and 10)
ADD_ONS = {"yunmu": 0.26, "morningcup": 0.20}


def purchases(world: World) -> SimpleNamespace:
    """``heads``: one row an order (who, day, fate, gross, discount, units); ``lines``: parallel arrays of lines."""
    p, draw = world.people, world.draw("baskets")
    homes(world)
    attempts = (feeding if world.company == "yunmu" else visiting).purchases(world)
    messages.plan(world)  # whoever opts out is in no later win-back campaign
    attempts = winback.win_back(world, attempts)
    attempts = attempts.sort_values(["day", "who"], kind="stable").reset_index(drop=True)
    catalogue = world["products"]
    first, quantity = (_tins if world.company == "yunmu" else _cups)(p, draw, attempts, catalogue)
    price = np.round(catalogue["list_price"].to_numpy() * 100).astype(np.int64)
    extra, more = _extras(world, draw, attempts, catalogue)
    gross = price[first] * quantity + np.where(extra >= 0, price[extra] * more, 0)
    heads = attempts.assign(first=first, quantity=quantity, extra=extra, more=more, gross=gross, gift=False)
    if world.on(7):
        heads = _lapse(world, heads)
    heads = top_up(world, heads)
    heads = _with_gifts(draw, heads, catalogue, price)
    off, heads["face"], heads["won"] = _discounts(world, draw, heads)
    heads["discount"] = np.where(heads["gift"], heads["gross"], off + heads["face"])
    units, total = np.bincount(heads["who"], minlength=world.customers), heads["gross"] - heads["discount"]
    spent = np.bincount(heads["who"], weights=total / 100, minlength=world.customers)
    p.true_spend_mean = spent / np.maximum(units, 1)
    return SimpleNamespace(heads=heads.reset_index(drop=True), price=price, skus=catalogue["sku"].to_numpy())


def _tins(p, draw, attempts, catalogue):
    """Formula of the child's stage in the family's price tier."""
    place = {sku: i for i, sku in enumerate(catalogue["sku"])}
    value = np.array([place[f"YV{stage}"] for stage in (1, 2, 3, 4)])
    premium = np.array([place[f"YP{stage}"] for stage in (1, 2, 3, 4)])
    stage = attempts["stage"].to_numpy() - 1
    return np.where(p.premium[attempts["who"]], premium[stage], value[stage]), attempts["tins"].to_numpy()


def _cups(p, draw, attempts, catalogue):
    """The favourite drink two times in three, else any; sometimes cups for two or three."""
    who, n = attempts["who"].to_numpy(), len(attempts)
    drinks = np.flatnonzero(catalogue["category"].isin(["coffee", "tea"]))
    popularity = np.array((20, 26, 12, 8, 3, 9, 12, 10.0))
    dear = (catalogue["price_tier"] == "premium").to_numpy()[drinks]
    own = dear == p.premium[:, None]  # the favourite shows the price tier (effect 8)
    favourite = drinks[draw.pick_rows(popularity * np.where(own, 1.0, 0.03))]
    drink = np.where(
        draw.chance(0.66, n), favourite[who], drinks[draw.pick_rows(popularity * np.where(own, 1.0, 0.4)[who])]
    )
    treats = np.clip(0.05 + 0.07 * np.log1p(p.spread)[who], 0.02, 0.3)
    return drink, 1 + draw.chance(treats, n) + draw.chance(0.02, n)


def _extras(world, draw, attempts, catalogue):
    """Position of a second product in the order, or -1, and how many of it."""
    n, spread = len(attempts), world.people.spread[attempts["who"]]
    groups = ["food", "care", "adult_milk"] if world.company == "yunmu" else ["food"]
    others = np.flatnonzero(catalogue["category"].isin(groups))
    chosen = others[np.floor(draw.uniform(n) * len(others)).astype(int)]
    has = draw.chance(np.minimum(ADD_ONS[world.company] * np.sqrt(spread), 0.8), n)
    heavy = np.minimum(1 + np.floor(1.6 * spread * draw.uniform(n)), 10) if world.company == "yunmu" else np.ones(n)
    return np.where(has, chosen, -1), heavy.astype(int)


def _lapse(world: World, heads: pd.DataFrame) -> pd.DataFrame:
    """A share of the best customers at the end of 2026-03 places no order after a day in early April."""
    p, draw, n = world.people, world.draw("lapse"), world.customers
    past = heads[(heads["day"] < QUARTER) & (heads["fate"] == KEPT)]
    frequency = np.bincount(past["who"], minlength=n)
    monetary = np.bincount(past["who"], weights=past["gross"], minlength=n)
    last = np.full(n, -10_000)
    np.maximum.at(last, past["who"], past["day"])
    best = (QUARTER - 1 - last <= BEST_RECENCY[world.company]) & (frequency > CLEARLY * frequency[frequency > 0].mean())
    best &= monetary > CLEARLY * monetary[frequency > 0].mean()
    if world.company == "yunmu":  # those who outgrow formula in the quarter leave for another reason
        youngest = np.where(p.born2 < QUARTER, p.born2, p.born)
        best &= (DAYS - youngest) / MONTH < GRADUATION
    chosen = draw.chance(LAPSE_SHARE[world.company], n) & best & (p.alive_until > QUARTER)
    until = QUARTER + np.floor(draw.uniform(n, 0, 10))
    p.lapse = chosen
    p.alive_until = np.where(chosen, np.minimum(p.alive_until, until), p.alive_until)
    after = chosen[heads["who"]] & (heads["day"].to_numpy() >= until[heads["who"]])
    return heads[~after].reset_index(drop=True)


def _with_gifts(draw, heads, catalogue, price):
    """Gifts are orders of their own, sent with a kept order and fully discounted."""
    sent = draw.chance(GIFTS, len(heads)) & (heads["fate"].to_numpy() == KEPT)
    gift = int(np.flatnonzero(catalogue["category"] == "gift")[0])
    gifts = heads[sent].assign(first=gift, quantity=1, extra=-1, gross=price[gift], gift=True)
    together = pd.concat([heads, gifts])
    return together.sort_index(kind="stable")


def _discounts(world, draw, heads):
    """Promotion days take a percentage off, coupons a round sum; never the whole amount.

    Gives the percentage in cents, the value of the coupon in cents, and the win-back campaign the coupon is from. Only
    those whose babies are all 12 months old have coupons; those who would leave for the price use more (effect 9).
    """
    n, gross = len(heads), heads["gross"].to_numpy()
    promo = world["calendar"]["promo"].notna().to_numpy()[heads["day"]]
    who, day, p = heads["who"].to_numpy(), heads["day"].to_numpy(), world.people
    cheap = (p.churn_reason == REASONS.index("price")) & world.on(9)
    keen = (p.reason_group == REASON_GROUPS.index("price")) & p.sensitive & world.on(9)
    uses = 0.05 + COUPONS[world.company] * p.price_sensitivity + CHEAP * cheap + KEEN * keen
    coupon = draw.chance(uses[who], n)
    coupon &= (day > price_allowed_from(world)[who]) & heads["fate"].isin((KEPT, REFUNDED)).to_numpy()
    coupon &= ~heads["gift"].to_numpy()
    if world.company == "yunmu":
        off = np.where(promo, np.round(gross * 0.10, -2), 0)
        face = np.select([gross >= 150_000, gross >= 80_000, gross >= 39_900], [12_000, 6_000, 3_000], 1_000)
    else:
        off = np.where(promo, np.round(gross * 0.2, -1), 0)
        face = np.select([gross >= 4_500, gross >= 3_000], [1_000, 600], 300)
    won, face = winback.redeemed(world, heads), np.where(coupon, face, 0)
    face = np.where(won != "", np.int64(winback.FACE[world.company][0] * 100), face)
    return off.astype(np.int64), face.astype(np.int64), won
