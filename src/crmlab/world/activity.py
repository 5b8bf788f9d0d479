"""What members do in the app: the activation behaviour and its cause (effect 2), events, and the contents they read.

``activate`` belongs to the latent state: it runs before any purchase, because activation changes who stays.
"""

from types import SimpleNamespace

import numpy as np

from crmlab.world.build import START, World

FIRST_DAYS = {"yunmu": 14, "morningcup": 7}  # the behaviour counts within so many days of joining
USES = 3  # yunmu: growth-curve tool at least so often; morningcup: two orders
BASE = {"yunmu": -1.25, "morningcup": -0.95}  # log-odds of activating
ENGAGED = 0.9  # log-odds per unit of the hidden engagement
BY_CHANNEL = (0.2, 0.6, -0.9, 0.0, -0.1, 0.1)  # log-odds, in the order of latent.CHANNELS (effect 1)
NUDGED = 1.5  # log-odds added by the onboarding campaign
CAUSAL = 0.42  # what activation multiplies the hazard of leaving by
SELECTED = 0.35  # an engaged member stays longer anyway: log hazard per unit of engagement
ONBOARDING = ("2025-01-06", "2026-03-31")  # joiners of these days are randomised
ARMS = ("treatment", "holdout")


def activate(world: World, p: SimpleNamespace) -> None:
    """Set ``engaged``, ``love``, ``onboarding`` (0 treatment, 1 hold-out, -1 not in it), ``activated``; change ``leaves``."""
    n, draw = len(p.joined), world.draw("activation")
    p.engaged = draw.normal(n)
    frail = np.log(p.frailty)
    p.love = 0.45 * p.engaged + draw.normal(n, 0, 0.85) - 0.3 * frail
    first, last = ((np.datetime64(day) - START).astype(int) for day in ONBOARDING)
    inside = (p.joined >= first) & (p.joined < last + 1)
    p.onboarding = np.where(inside, draw.chance(0.5, n).astype(int), -1)
    by_channel = np.array(BY_CHANNEL)[p.channel] if world.on(1) else 0.0
    odds = BASE[world.company] + ENGAGED * p.engaged + by_channel + NUDGED * (p.onboarding == 0)
    p.activated = draw.chance(1 / (1 + np.exp(-odds)), n)
    if world.company == "morningcup":
        p.activated &= p.ever_buys
    p.soon = draw.uniform(n)  # when within the first days the second order falls
    if world.on(2):
        causal = np.where(p.activated, CAUSAL, 1.0)
        p.leaves = p.leaves * causal * np.exp(-SELECTED * p.engaged) / (causal.mean() * np.exp(SELECTED**2 / 2))
