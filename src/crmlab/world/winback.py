"""Win-back campaigns: who has lapsed, who is contacted at random, and what that changes in the orders (effect 10).

Every wave takes those who have lapsed by its day and were in no wave before. What an offer does to each of them is in
the latent state: it persuades some, is wasted on those who return anyway or never, and puts some off.
"""

import numpy as np
import pandas as pd

from crmlab.world import feeding
from crmlab.world.build import DAYS, World
from crmlab.world.campaigns import CAMPAIGNS, HOLDOUT, listed, price_allowed_from, register_campaign
from crmlab.world.consents import DAY, agreed, allowed
from crmlab.world.latent import GRADUATION, LOST_CAUSE, MONTH, OFFERS, PERSUADABLE, SLEEPING_DOG, SURE_THING

# days since the tins of the last order should have run out (yunmu) or since the last order (morningcup): from, to
LAPSED = {"yunmu": (35, 400), "morningcup": (39, 330)}
WAVES = {
    "yunmu": ("2024-12-16", "2025-02-17", "2025-04-14", "2025-06-23", "2025-08-18", "2025-10-20", "2025-12-15",
              "2026-02-23", "2026-04-20"),
    "morningcup": ("2024-12-16", "2025-02-17", "2025-04-14", "2025-06-23", "2025-08-18", "2025-10-20", "2025-12-15",
                   "2026-02-23", "2026-04-20"),
}  # fmt: skip
PILOT = "2025-11-17"  # a small trial of video calls: too few to tell
PILOT_SIZE, PILOT_WORKS = 44, 0.3  # customers; times the usual chance to persuade
CARE_COST = 3.0
OFFER_COST = {"yunmu": 95.0, "morningcup": 8.0}  # yuan for everyone contacted: the sample sent with the coupon
FACE = {"yunmu": (60.0, 149.0), "morningcup": (8.0, 12.0)}  # value of the coupon, least spend
ARMS = {"yunmu": (47, 6, 47), "morningcup": (34, 32, 34), "care": (0, 50, 50)}  # coupon, service, hold-out
VALID = 40  # days
RETURN_BY = 28  # days within which the persuaded order
WORKS, PUTS_OFF = 0.74, 0.85  # chance that an offer persuades a persuadable, and puts off a sleeping dog
NEXT = {"yunmu": 0.80, "morningcup": 0.84}  # chance of another order after each order of the second life
LIFE = {"yunmu": 3.2, "morningcup": 6.0}  # orders of a second life within half a year (expected)
GAP = {"morningcup": 9.0}  # days between those orders (mean)
OPT_OUT = 0.20  # of sleeping dogs who are contacted


def _register():
    for company, days in WAVES.items():
        who_zh, who_en = ("奶粉", "formula") if company == "yunmu" else ("咖啡", "coffee")
        for i, day in enumerate(days, start=1):
            last = str(np.datetime64(day) + 2)
            names = f"好久不见：{who_zh}老朋友召回第 {i} 批", f"Long time no see: {who_en} win-back, wave {i}"
            more = {"randomised": True, "offer_cost": OFFER_COST[company], "assigned": True}
            register_campaign(
                [company], f"win_back {i}", *names, "win_back", day, last, "sample_and_coupon_or_service", **more
            )
            if company == "yunmu":  # no offer about prices to families with a baby under 12 months
                names = f"最近还好吗：顾问关怀第 {i} 批", f"How are you getting on: call by the consultant, wave {i}"
                more = {"randomised": True, "offer_cost": CARE_COST, "assigned": True}
                register_campaign([company], f"win_back care {i}", *names, "win_back", day, last, "service", **more)
        names = "视频回访小范围试点", "Video call, a small pilot"
        register_campaign(
            [company], "win_back pilot", *names, "win_back", PILOT, str(np.datetime64(PILOT) + 2), "service",
            randomised=True, offer_cost=12.0, assigned=True,
        )  # fmt: skip


_register()
assert all(any(c.kind == "win_back" for c in found) for found in CAMPAIGNS.values())


def win_back(world: World, attempts: pd.DataFrame) -> pd.DataFrame:
    """Run the waves over the attempted orders; sets ``won`` (key -> who, arm, second) and ``won_back`` in the people."""
    agreed(world)
    p, n = world.people, world.customers
    p.won, p.won_back, seen = {}, np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    p.won_at, p.won_heard = {}, {}
    for c in listed(world):
        if c.kind != "win_back":
            continue
        draw = world.draw(c.key)
        who = _lapsed(world, c, attempts, seen)
        if world.company == "yunmu" and c.key != "win_back pilot":
            younger = price_allowed_from(world)[who] > c.starts
            who = who[younger == c.key.startswith("win_back care")]
        if c.key == "win_back pilot":
            who = np.sort(who[np.argsort(draw.uniform(len(who)), kind="stable")[:PILOT_SIZE]])
            arm = np.where(draw.chance(0.5, len(who)), "service", HOLDOUT).astype(object)
        else:
            parts = ARMS["care" if "care" in c.key else world.company]
            arm = np.array(("coupon", "service", HOLDOUT), dtype=object)[draw.pick(parts, len(who))]
        seen[who] = True
        p.won[c.key] = who, arm, np.full(len(who), (c.starts - 1) * DAY + 15 * 3600)
        attempts = _answer(world, draw, c, who, arm, attempts)
    return attempts


def _lapsed(world, c, attempts, seen):
    """Customers past the line of recency on the day before, who may be contacted and were in no wave before."""
    p, n = world.people, world.customers
    near, far = LAPSED[world.company]
    past = attempts[(attempts["day"] < c.starts) & (attempts["fate"] == 0)]
    last = np.full(n, -10_000)
    np.maximum.at(last, past["who"].to_numpy(), past["day"].to_numpy())
    if world.company == "yunmu":
        last = last + _supply(p, past)
    quiet = c.starts - last
    morning, night = (np.full(n, day * DAY) for day in (c.starts, c.starts + 1))  # allowed all day
    open_ = allowed(world, "marketing", np.arange(n), morning) & allowed(world, "marketing", np.arange(n), night)
    reachable = open_.any(axis=1) & (p.opt_out > night)
    fits = (quiet > near) & (quiet <= far) & reachable & ~seen
    if world.company == "yunmu":
        age, _ = feeding.age_fed(p, np.arange(n), np.full(n, float(c.starts)))
        fits &= age < GRADUATION - 1.5
    return np.flatnonzero(fits)


def _supply(p, past):
    """Days that the tins of each family's last order last."""
    latest = past.iloc[np.lexsort((past["day"], past["who"]))].drop_duplicates("who", keep="last")
    who = latest["who"].to_numpy()
    age, second = feeding.age_fed(p, who, latest["day"].to_numpy())
    days = np.zeros(len(p.joined))
    days[who] = (
        latest["tins"].to_numpy() * feeding.days_per_tin(age, p.mixed[who] & ~second) + np.maximum(-age, 0) * MONTH
    )
    return days


def _answer(world, draw, c, who, arm, attempts):
    """Orders of the persuaded added, orders of those put off taken out."""
    p, m = world.people, len(who)
    kind = np.full(m, LOST_CAUSE)
    for offer in OFFERS:
        kind = np.where(arm == offer, p.offer_class[offer][who], kind)
    works = WORKS * (PILOT_WORKS if c.key == "win_back pilot" else 1.0)
    comes = (kind == PERSUADABLE) & draw.chance(works, m) & world.on(10)
    angry = (kind == SLEEPING_DOG) & draw.chance(PUTS_OFF, m) & world.on(10)
    first = c.starts + 1 + np.floor(RETURN_BY * draw.uniform(m) ** 1.6)
    complain = angry & draw.chance(OPT_OUT, m)
    at = c.starts * DAY + 10 * 3600 + np.floor(draw.uniform(m, 0, 8 * 3600)).astype(np.int64)
    p.won_at[c.key], p.won_heard[c.key] = at, comes | angry  # when the message goes out, and whom it moves
    p.opt_out[who[complain]] = np.minimum(p.opt_out[who[complain]], at[complain])
    day, whose = attempts["day"].to_numpy(), attempts["who"].to_numpy()
    changed = np.zeros(world.customers, dtype=bool)
    changed[who[comes | angry]] = True
    kept = attempts[~(changed[whose] & (day >= c.starts))]
    if world.company == "yunmu":  # the returns that now do not happen
        p.away = p.away[~(changed[p.away["who"]] & (p.away["end"] >= c.starts))]
    p.alive_until[who[angry]] = np.minimum(p.alive_until[who[angry]], c.starts)
    p.won_back[who[comes]] = True
    new = _second_life(world, draw, who[comes], first[comes])
    return pd.concat([kept, new[list(kept)].astype(kept.dtypes.to_dict())], ignore_index=True)


def _second_life(world, draw, who, when):
    """Orders of those won back, from their first day on; sets ``alive_until``."""
    p, taken = world.people, []
    p.alive_until[who] = when
    while len(who) or not taken:
        here = when < DAYS
        p.alive_until[who[~here]] = np.inf
        who, when = who[here], np.floor(when[here])
        frame = pd.DataFrame({"who": who, "day": when.astype(int)})
        if world.company == "yunmu":
            age, second = feeding.age_fed(p, who, when)
            feeds = age < GRADUATION - 0.1
            p.alive_until[who[~feeds]] = when[~feeds]
            who, when, age, second, frame = (x[feeds] for x in (who, when, age, second, frame))
            tins = 1 + draw.pick((35, 40, 25), len(who))
            frame = frame.assign(stage=np.select([age < 6, age < 12], [1, 2], 3), tins=tins)
            gap = tins * feeding.days_per_tin(age, p.mixed[who] & ~second) * p.appetite[who]
            gap = gap * draw.lognormal(len(who), 0.16)
        else:
            gap = draw.exponential(len(who), GAP[world.company])
        taken.append(frame.assign(fate=0))
        following = when + np.maximum(gap, 1)
        goes_on = draw.chance(NEXT[world.company], len(who))
        p.alive_until[who[~goes_on]] = (when + 1 + np.minimum(gap, 20) * 0.5)[~goes_on]
        who, when = who[goes_on], following[goes_on]
    return pd.concat(taken, ignore_index=True)


def redeemed(world: World, heads: pd.DataFrame) -> np.ndarray:
    """For each order the key of the win-back campaign whose coupon it uses, or "": the first kept order while it is valid.

    ``won_sent`` ((key, customer) -> second of issue) is set in the people.
    """
    p = world.people
    found = np.full(len(heads), "", dtype=object)
    p.won_sent = {}
    least = round(FACE[world.company][1] * 100)
    fits = ((heads["fate"] == 0) & ~heads["gift"] & (heads["gross"] >= least)).to_numpy()
    whose, day = heads["who"].to_numpy(), heads["day"].to_numpy()
    for key, (who, arm, _) in p.won.items():
        to, at = who[arm == "coupon"], p.won_at[key][arm == "coupon"]
        p.won_sent.update({(key, w): t for w, t in zip(to, at, strict=True)})
        if not len(to):
            continue
        start = at[0] // DAY
        rows = np.flatnonzero(fits & (day > start) & (day <= start + VALID) & np.isin(whose, to))
        rows = rows[np.lexsort((day[rows], whose[rows]))]
        found[rows[np.r_[True, whose[rows][1:] != whose[rows][:-1]][: len(rows)]]] = key
    return found


def margins(world: World) -> dict[str, np.ndarray]:
    """Expected incremental margin (yuan) of each offer for each customer, had they lapsed: an order's margin is half its value.

    A persuaded customer brings the margin of a second life; a returner uses the coupon anyway, or is lost when put off.
    """
    p = world.people
    life = 0.5 * p.true_spend_mean * LIFE[world.company]
    found = {}
    for offer in OFFERS:
        kind, coupon = p.offer_class[offer], FACE[world.company][0] * (offer == "coupon")
        cost = OFFER_COST[world.company] if offer == "coupon" else CARE_COST
        natural = 0.2  # chance that a returner comes within the window
        gain = np.select(
            [kind == PERSUADABLE, kind == SLEEPING_DOG, kind == SURE_THING],
            [WORKS * (life - coupon), -natural * PUTS_OFF * life, -natural * coupon],
            0.0,
        )
        found[offer] = np.round(gain * world.on(10) - cost, 2)
    return found
