"""Who the customers are: members and their babies."""

import numpy as np
import pandas as pd

from crmlab.world.build import World, table
from crmlab.world.clock import ids, joined_second, moment
from crmlab.world.latent import CHANNELS
from crmlab.world.referral import referrals

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
    referrer = referrals(world).referrer
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
        "referrer_id": pd.Series(customer[referrer]).where(referrer >= 0),
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
