"""Who the customers are: members and their babies."""

import numpy as np
import pandas as pd

from crmlab.world.build import COMPANIES, DAYS, START, World, table
from crmlab.world.days import HOURS
from crmlab.world.latent import CHANNELS

ROLES = {
    "yunmu": ((0.80, 0.13, 0.07), ("mother", "father", "grandparent")),
    "morningcup": ((0.46, 0.30, 0.16, 0.08), ("single", "couple", "parent", "with_parents")),
}
MOTIVES = {
    "yunmu": (
        (30, 22, 18, 12, 10, 8),
        ("trust_in_quality", "advice_of_consultant", "friend", "price", "points_and_gifts", "convenience"),
    ),
    "morningcup": ((32, 22, 18, 14, 14), ("commute", "price", "taste", "friend", "place_to_work")),
}


def ids(world: World, numbers=None) -> np.ndarray:
    """Customer ids for customer numbers (all by default)."""
    letter = COMPANIES[world.company]["letter"]
    numbers = np.arange(world.customers) if numbers is None else numbers
    return np.array([f"{letter}{i:06d}" for i in range(1, world.customers + 1)], dtype=object)[numbers]


def moment(day, seconds) -> np.ndarray:
    """Local time from a day number and seconds of that day."""
    seconds = np.asarray(day, dtype="int64") * 86400 + np.asarray(seconds, dtype="int64")
    return START.astype("datetime64[us]") + seconds.astype("timedelta64[s]")


def joined_second(world: World) -> np.ndarray:
    """Second of the day at which each customer joined: later fractions of a day give later hours, none after 23:00."""
    by_hour = np.cumsum((0, *HOURS[world.company]))
    hours = np.interp(world.people.joined % 1, by_hour / by_hour[-1], np.arange(25))
    return np.floor(np.minimum(hours, 23) * 3600).astype(int)


def homes(world: World) -> None:
    """``home``: the position of each customer's usual store, in a town of the customer's size."""
    p, stores, draw = world.people, world["stores"], world.draw("homes")
    pool = [np.flatnonzero(stores["city_tier"] == tier) for tier in (1, 2, 3, 4)]
    sizes = np.array([len(x) for x in pool])
    within = np.floor(draw.uniform(world.customers) ** 1.5 * sizes[p.city_tier - 1]).astype(int)
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    p.home = np.concatenate(pool)[start[p.city_tier - 1] + within]


@table("members")
def members(world: World) -> pd.DataFrame:
    p, draw, n = world.people, world.draw("members"), world.customers
    customer = ids(world)
    share, roles = ROLES[world.company]
    role = np.array(roles, dtype=object)[draw.pick(share, n)]
    if world.company == "yunmu":
        female = np.where(role == "mother", True, np.where(role == "father", False, draw.chance(0.7, n)))
        born = np.select([role == "grandparent"], [draw.normal(n, 1964, 4)], draw.normal(n, 1993, 3.6))
    else:
        female = draw.chance(0.57, n)
        born = draw.normal(n, 1996, 6)
    born = np.clip(np.round(born), 1950, 2006).astype(int)
    birthday = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.floor(draw.uniform(n, 0, 365)), unit="D")
    weights, motives = MOTIVES[world.company]
    referrer = np.floor(draw.uniform(n) * np.arange(n)).astype(int)
    referred = (np.array(CHANNELS)[p.channel] == "referral") & (np.arange(n) > 0)
    homes(world)
    return pd.DataFrame({
        "customer_id": customer,
        "joined_at": moment(np.floor(p.joined), joined_second(world)),
        "join_channel": np.array(CHANNELS, dtype=object)[p.channel],
        "city_tier": p.city_tier,
        "gender": np.where(draw.chance(0.08, n), "unknown", np.where(female, "female", "male")).astype(object),
        "household_role": role,
        "birthday_md": pd.Series(birthday.strftime("%m-%d")).mask(draw.chance(0.22, n)),
        "birth_year": pd.Series(born, dtype="Int64").mask(draw.chance(0.22, n)),
        "home_store_id": world["stores"]["store_id"].to_numpy()[p.home],
        "joining_motive": pd.Series(np.array(motives, dtype=object)[draw.pick(weights, n)]).mask(draw.chance(0.3, n)),
        "referrer_id": pd.Series(customer[referrer]).where(referred),
    })


@table("babies", companies=("yunmu",))
def babies(world: World) -> pd.DataFrame:
    p, customer = world.people, ids(world)
    first = pd.DataFrame({
        "customer_id": customer,
        "baby_no": 1,
        "born_on": pd.Series(moment(p.born, 0)).where(p.birth_known),
        "feeding": np.where(p.feeding_known, np.where(p.mixed, "mixed", "exclusive"), "unknown").astype(object),
    })
    has = np.isfinite(p.born2)
    second = pd.DataFrame({
        "customer_id": customer[has],
        "baby_no": 2,
        "born_on": moment(p.born2[has], 0),
        "feeding": "exclusive",
    })
    return pd.concat([first, second], ignore_index=True).sort_values(["customer_id", "baby_no"], kind="stable")


@table("truth")
def truth(world: World) -> pd.DataFrame:
    world["orders"]  # the purchases decide who is still there
    p = world.people
    here = np.isfinite(p.alive_until) & (p.alive_until < DAYS)
    left = pd.Series(moment(np.floor(np.where(here, p.alive_until, 0)), 0)).where(here)
    frame = pd.DataFrame({
        "customer_id": ids(world),
        "alive_until": left,
        "true_rate": np.round(p.true_rate, 2),
        "true_spend_mean": np.round(p.true_spend_mean, 2),
        "price_sensitivity": p.price_sensitivity,
        "lapse_2026q2": p.lapse.astype(int),
    })
    if world.company == "yunmu":
        known = np.minimum(p.alive_until, DAYS)[p.away["who"]]  # what lies later has not happened
        pauses = p.away[~p.away["left"] & (p.away["start"] < known)]
        came_back = p.away[p.away["left"] & (p.away["end"] < known)]
        frame["pauses"] = np.bincount(pauses["who"], minlength=world.customers)
        frame["came_back"] = np.bincount(came_back["who"], minlength=world.customers)
    return frame
