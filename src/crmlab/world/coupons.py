"""Coupons: those used in orders, those that ran out, those of the win-back campaigns."""

import numpy as np
import pandas as pd

from crmlab.world.build import COMPANIES, DAYS, World, table
from crmlab.world.campaigns import campaign_ids, price_allowed_from
from crmlab.world.clock import ids, joined_second, moment
from crmlab.world.consents import DAY
from crmlab.world.winback import FACE, VALID

UNUSED = 0.7  # coupons that run out for each one used
LIVES = (14, 30)  # days
BORNE = ((78, 14, 8), ("brand", "store", "platform"))


@table("coupons")
def coupons(world: World) -> pd.DataFrame:
    world["orders"]
    return world.people.coupons


def hand_out(world: World, orders: pd.DataFrame, heads: pd.DataFrame) -> np.ndarray:
    """The coupon of each order, or None; the table of all coupons is kept in the people.

    ``heads`` has ``face`` (cents, 0 = no coupon) and ``won`` (key of the win-back campaign whose coupon it is, or "").
    """
    p, draw = world.people, world.draw("coupons")
    used = np.flatnonzero(heads["face"].to_numpy() > 0)
    who, face, key = (heads[c].to_numpy()[used] for c in ("who", "face", "won"))
    paid = (orders["paid_at"].to_numpy()[used] - np.datetime64("2024-07-01")).astype("timedelta64[s]").astype(np.int64)
    from_ = _earliest(world)
    sent = p.won_sent
    lag = np.floor(draw.uniform(len(used)) ** 2 * 12 * DAY).astype(np.int64) + 60
    issued = np.maximum(paid - lag, np.minimum(from_[who], paid - 60))
    if len(used) and (key != "").any():
        issued = np.where(key != "", [sent.get((k, w), 0) for k, w in zip(key, who, strict=True)], issued)
    lives = np.where(key != "", VALID, np.maximum(np.floor(draw.uniform(len(used), *LIVES)), 13)).astype(np.int64)
    least = np.floor(heads["gross"].to_numpy()[used] * 0.9 / 1000) * 10
    least = np.where(key != "", FACE[world.company][1], least)
    parts = [pd.DataFrame({
        "who": who, "key": key, "face": face / 100, "least": least, "issued": issued, "lives": lives, "used": used,
    })]  # fmt: skip
    # coupons nobody used
    m = int(UNUSED * len(used))
    able = np.flatnonzero(from_ < (DAYS - 1) * DAY)
    if m and len(able):
        whose = able[np.floor(draw.uniform(m) * len(able)).astype(int)]
        at = from_[whose] + np.floor(draw.uniform(m) * (DAYS * DAY - from_[whose] - 60)).astype(np.int64)
        some = np.floor(draw.uniform(m) * len(used)).astype(int)
        lives = np.floor(draw.uniform(m, *LIVES)).astype(np.int64)
        parts.append(pd.DataFrame({
            "who": whose, "key": "", "face": face[some] / 100, "least": parts[0]["least"].to_numpy()[some],
            "issued": at, "lives": lives, "used": -1,
        }))  # fmt: skip
    taken = set(zip(key[key != ""], who[key != ""], strict=True))
    open_ = [(k, w, at) for (k, w), at in sent.items() if (k, w) not in taken]
    if open_:
        k, w, at = zip(*open_, strict=True)
        value, least = FACE[world.company]
        parts.append(pd.DataFrame({
            "who": w, "key": k, "face": value, "least": least, "issued": at, "lives": VALID, "used": -1,
        }))  # fmt: skip
    every = pd.concat(parts, ignore_index=True)
    every = every.iloc[np.lexsort((every["used"], every["who"], every["issued"]))].reset_index(drop=True)
    letter, number = COMPANIES[world.company]["letter"], campaign_ids(world)
    code = np.array([f"{letter}U{i:06d}" for i in range(1, len(every) + 1)], dtype=object)
    position, is_used = every["used"].to_numpy(), every["used"].to_numpy() >= 0
    of_order = np.full(len(orders), None, dtype=object)
    of_order[position[is_used]] = code[is_used]
    weights, payers = BORNE
    issued = every["issued"].to_numpy().astype(np.int64)
    expires = issued // DAY + every["lives"].to_numpy()
    order_id = orders["order_id"].to_numpy()
    p.coupons = pd.DataFrame({
        "coupon_id": code,
        "customer_id": ids(world, every["who"].to_numpy().astype(int)),
        "campaign_id": every["key"].map(number),
        "face_value": every["face"].astype(float),
        "min_spend": every["least"].astype(float),
        "issued_at": moment(0, issued),
        "expires_on": moment(expires, 0),
        "used_order_id": pd.Series(order_id[np.maximum(position, 0)]).where(is_used),
        "borne_by": np.array(payers, dtype=object)[draw.pick(weights, len(every))],
    })
    return of_order


def _earliest(world: World) -> np.ndarray:
    """Second from which each customer may be given a coupon."""
    joined = np.floor(world.people.joined).astype(np.int64) * DAY + joined_second(world) + 60
    adult = np.where(np.isfinite(price_allowed_from(world)), price_allowed_from(world), DAYS + 1).astype(np.int64) * DAY
    return np.maximum(joined, adult)
