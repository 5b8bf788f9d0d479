"""The latent state: who joins, how they use the product, how much they spend, how easily they leave.

Customers are numbered by the time they join. Everything the tables show follows from these arrays.
"""

from types import SimpleNamespace

import numpy as np

from crmlab.world.build import DAYS, World

MONTH = 30.4375  # days
CHANNELS = ("store", "referral", "paid_social", "search", "marketplace", "event")
# share of joiners; chance of ever buying; chance that the first order is the last; hazard of leaving (effect 1)
CHANNEL_MIX = {
    "yunmu": ((30, 13, 22, 10, 17, 8), (0.95, 0.97, 0.80, 0.92, 0.93, 0.93), (0.85, 0.55, 1.7, 1.0, 1.1, 0.9)),
    "morningcup": ((34, 16, 24, 8, 6, 12), (0.96, 0.96, 0.80, 0.92, 0.92, 0.92), (0.85, 0.65, 1.5, 1.0, 1.1, 1.0)),
}
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
    return p


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
