"""The latent state: who joins, how they use the product, how much they spend, how easily they leave.

Customers are numbered by the time they join. Everything the tables show follows from these arrays.
"""

from types import SimpleNamespace

import numpy as np

from crmlab.world import activity
from crmlab.world.build import DAYS, START, World

MONTH = 30.4375  # days
CHANNELS = ("store", "referral", "paid_social", "search", "marketplace", "event")
# share of joiners; chance of ever buying; chance that the first order is the last; hazard of leaving (effect 1)
CHANNEL_MIX = {
    "yunmu": ((30, 13, 22, 10, 17, 8), (0.95, 0.97, 0.80, 0.92, 0.93, 0.93), (0.85, 0.55, 1.7, 1.0, 1.1, 0.9)),
    "morningcup": ((34, 16, 24, 8, 6, 12), (0.96, 0.96, 0.80, 0.92, 0.92, 0.92), (0.85, 0.65, 1.5, 1.0, 1.1, 1.0)),
}
# why a customer leaves, when it happens (effect 9); pooled to three groups where the sample needs it
REASONS = ("experience", "no_personalisation", "price", "no_interaction", "better_substitute")
REASON_GROUPS = ("experience", "care", "price")
GROUP_OF_REASON = np.array((0, 1, 2, 1, 2))
# what an offer does to one who has lapsed (effect 10)
CLASSES = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")
PERSUADABLE, SURE_THING, LOST_CAUSE, SLEEPING_DOG = range(4)
OFFERS = ("coupon", "service")
RETURNERS = 0.30  # lapsed customers who tend to return by themselves
# by reason group: share of non-returners whom the offer persuades, price sensitivity low and high; share of returners it puts off
PERSUADED = {
    "coupon": ((0.04, 0.06), (0.05, 0.08), (0.13, 0.66)),
    "service": ((0.22, 0.16), (0.55, 0.40), (0.06, 0.04)),
}
PUT_OFF = {"coupon": (0.75, 0.35, 0.10), "service": (0.25, 0.05, 0.30)}
MESSAGE_CHANNELS = ("sms", "push", "wecom", "phone")
PREFERRED = {"yunmu": (28, 14, 50, 8), "morningcup": (18, 54, 26, 2)}
OPEN_RATE = 0.30
# the randomised onboarding campaign (effect 2): joiners of these days, half of them invited
ONBOARDING = {"yunmu": ("2024-11-01", "2026-01-31"), "morningcup": ("2025-01-01", "2025-10-31")}
ACTIVATION = {"yunmu": -1.6, "morningcup": -1.5}  # log odds of activation without the campaign
ONBOARDED, ENGAGED = 1.9, 1.0  # added log odds: invited; one standard deviation of engagement
GROWTH = 1.8  # joiners a day at the end against the beginning
CITY_TIERS = (18, 27, 30, 25)
GRADUATION = 36.0  # months: the end of stage 3
MIXED_FACTOR = 2.0  # before 12 months a mixed-fed baby drinks half: a tin lasts so much longer


def people(world: World) -> SimpleNamespace:
    """Arrays of length ``customers``; days count from the first day of history."""
    n, draw = world.customers, world.draw("people")
    mix, ever_buys, leaves = (np.array(x, dtype=float) for x in CHANNEL_MIX[world.company])
    if not world.on(1):
        ever_buys, leaves = np.full(6, ever_buys.mean()), np.ones(6)
    # a launch crowd, then a steady and slightly growing stream
    launch_share = 0.22 if world.company == "yunmu" else 0.06
    launch = draw.chance(launch_share, n)
    steady = DAYS * (np.sqrt(1 + draw.uniform(n) * (GROWTH**2 - 1)) - 1) / (GROWTH - 1)
    joined = np.where(launch, np.minimum(draw.exponential(n, 35), 120), np.minimum(steady, DAYS - 0.5))
    order = np.argsort(joined, kind="stable")
    joined, launch = joined[order], launch[order]
    channel = draw.pick(mix, n)
    p = SimpleNamespace(
        joined=joined,
        launch=launch,
        channel=channel,
        city_tier=1 + draw.pick(CITY_TIERS, n),
        ever_buys=draw.chance(ever_buys[channel], n),
        leaves=leaves[channel],
        price_sensitivity=np.round(1 / (1 + np.exp(-draw.normal(n, 0, 1.2))), 2),
        once=draw.uniform(n),
        frailty=draw.lognormal(n, 1.0 if world.on(6) else 0.0),
        spread=draw.lognormal(n, 1.0) if world.on(6) else np.ones(n),
        lapse=np.zeros(n, dtype=bool),
    )
    p.premium = draw.uniform(n) < 0.55 - 0.4 * p.price_sensitivity
    if not world.on(6):
        p.premium[:] = False
    if world.company == "yunmu":
        _babies(world, p)
    _minds(world, p)
    _first_weeks(world, p)
    return p


def _minds(world: World, p: SimpleNamespace) -> None:
    """Why each would leave, what would bring each back, how each reads messages.

    ``churn_reason`` (index of REASONS), ``reason_group`` (of REASON_GROUPS), ``sensitive`` (price sensitivity above one
    half), ``returner``, ``offer_class`` (offer -> index of CLASSES), ``open_rate``, ``channel_liked`` (index of
    MESSAGE_CHANNELS), ``satisfaction`` (0 to 1).
    """
    n, draw = world.customers, world.draw("minds")
    sense = p.price_sensitivity
    ones = np.ones(n)
    cheap = sense if world.on(9) else 0.5 * ones
    weights = (20 * ones, 18 * ones, 4 + 44 * cheap, 18 * ones, 14 + 6 * cheap)
    p.churn_reason = draw.pick_rows(np.column_stack(weights))
    p.reason_group = GROUP_OF_REASON[p.churn_reason]
    p.sensitive = sense > 0.5
    p.returner = draw.chance(RETURNERS, n)
    p.offer_class = {}
    for offer in OFFERS:
        persuaded = np.array(PERSUADED[offer])[p.reason_group, p.sensitive.astype(int)]
        put_off = np.array(PUT_OFF[offer])[p.reason_group]
        level = draw.uniform(n)
        p.offer_class[offer] = np.where(
            p.returner,
            np.where(level < put_off, SLEEPING_DOG, SURE_THING),
            np.where(level < persuaded, PERSUADABLE, LOST_CAUSE),
        )
    odds = np.log(OPEN_RATE / (1 - OPEN_RATE)) + draw.normal(n, 0, 0.7)
    ignored = (p.churn_reason == REASONS.index("no_personalisation")) & world.on(9)
    p.open_rate = 1 / (1 + np.exp(-(odds - 1.1 * ignored)))
    p.channel_liked = draw.pick(PREFERRED[world.company], n)
    p.satisfaction = 1 / (1 + np.exp(-(0.9 + draw.normal(n) - 0.9 * (p.churn_reason == REASONS.index("experience")))))


def _first_weeks(world: World, p: SimpleNamespace) -> None:
    """``engagement``; ``onboarding`` (-1 not in the campaign, 0 hold-out, 1 invited); ``activated`` (effect 2)."""
    n, draw = world.customers, world.draw("first weeks")
    p.engagement = draw.normal(n)
    first, last = (int((np.datetime64(day) - START).astype(int)) for day in ONBOARDING[world.company])
    inside = (p.joined >= first) & (p.joined < last + 1)
    p.onboarding = np.where(inside, draw.chance(0.5, n).astype(int), -1)
    odds = ACTIVATION[world.company] + ENGAGED * p.engagement + ONBOARDED * (p.onboarding == 1)
    odds = odds + activity.BY_CHANNEL[p.channel] * world.on(1)
    p.activated = draw.chance(1 / (1 + np.exp(-odds)), n) & (p.ever_buys | (world.company == "yunmu"))
    activity.stay(world, p)


def _babies(world: World, p: SimpleNamespace) -> None:
    """Days of birth (first and perhaps a second child), feeding, appetite."""
    n, draw = world.customers, world.draw("babies")
    band = draw.pick((16, 48, 18, 9, 9), n)
    low, high = np.array((-4, 0, 3, 6, 12.0)), np.array((0, 3, 6, 12, 30.0))
    u = draw.uniform(n)
    months = np.where(p.launch, -1 + 34.5 * draw.uniform(n) ** 1.1, low[band] + (high[band] - low[band]) * u)
    p.born = np.floor(p.joined - months * MONTH)
    spacing = draw.uniform(n, 22, 40) * MONTH
    second = draw.chance(0.16, n) & (p.born + spacing < DAYS + 120) & (p.born + spacing > p.joined)
    p.born2 = np.where(second, np.floor(p.born + spacing), np.inf)
    p.mixed = draw.chance(0.48, n)
    p.feeding_known = draw.chance(0.90, n)
    p.birth_known = draw.chance(0.965, n)
    p.appetite = draw.lognormal(n, 0.10)
    p.stage4 = draw.chance(0.22, n)
