"""What members do in the app: what activation does to staying (effect 2), events, and the contents they read."""

from types import SimpleNamespace

import numpy as np

from crmlab.world.build import World

FIRST_DAYS = {"yunmu": 14, "morningcup": 7}  # the behaviour counts within so many days of joining
USES = 3  # yunmu: growth-curve tool at least so often; morningcup: two orders
BY_CHANNEL = np.array((0.2, 0.6, -1.0, 0.0, -0.1, 0.1))  # log odds of activation by channel of joining (effect 1)
CAUSAL = 0.42  # what activation multiplies the hazard of leaving by
SELECTED = 0.35  # the engaged stay longer anyway: log hazard per unit of engagement


def stay(world: World, p: SimpleNamespace) -> None:
    """Activated members leave less (caused) and so do engaged ones (selection); sets ``soon`` and ``love`` too."""
    n, draw = len(p.joined), world.draw("activation")
    p.soon = draw.uniform(n)  # where in the first days the second order falls
    p.love = 0.5 * p.engagement + draw.normal(n, 0, 0.6) - 0.25 * np.log(p.frailty) + 1.5 * (p.satisfaction - 0.65)
    if world.on(2):
        causal = np.where(p.activated, CAUSAL, 1.0)
        p.leaves = p.leaves * causal * np.exp(-SELECTED * p.engagement) / (causal.mean() * np.exp(SELECTED**2 / 2))
