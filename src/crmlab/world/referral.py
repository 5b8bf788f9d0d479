"""Who invited whom (effect 14): happy customers invite more, and one community grows by itself.

Part of the latent state: the members' referrers and the table of invitations both follow from it.
"""

from types import SimpleNamespace

import numpy as np

from crmlab.world.build import World
from crmlab.world.latent import CHANNELS

WAYS = ("group", "moments", "direct", "poster")
ACCEPTED_BY_WAY = (0.34, 0.19, 0.33, 0.14)  # how the accepted invitations were sent
CONVERSION = (0.09, 0.05, 0.24, 0.08)  # accepted of those sent
EVEN = 0.12  # effect 14 off
COMMUNITIES, STAR = 12, 7  # STAR is the community with K above 1
MEMBERS_OF_STAR, ACCEPTED_BY_STAR, CONVERSION_STAR = 0.013, 0.12, 0.34
LOVE = 0.6  # log weight of inviting per unit of love
CYCLE, LONGEST = 4.0, 25  # days from sending to joining: mean, at most
TRIES = 20


def referrals(world: World) -> SimpleNamespace:
    """Arrays over customers: ``referrer`` (position or -1), ``way`` (index of WAYS), ``lag`` (days), ``star``, ``community``."""
    if hasattr(world.people, "referrals"):
        return world.people.referrals
    world["orders"]  # one who has left does not invite
    p, n, draw = world.people, world.customers, world.draw("referrals")
    on = world.on(14)
    weight = np.where(p.ever_buys, np.exp(LOVE * p.love * on), 0.0)
    community = np.where(draw.chance(0.55, n), 1 + np.floor(draw.uniform(n) * COMMUNITIES).astype(int), 0)
    community = np.where(community == STAR, STAR + 1, community)
    in_star = draw.chance(MEMBERS_OF_STAR, n) & p.ever_buys & on
    community = np.where(in_star, STAR, community)
    lag = np.minimum(draw.exponential(n, CYCLE), LONGEST) + 0.05
    wanted = np.flatnonzero(np.array(CHANNELS)[p.channel] == "referral")
    through_star = draw.chance(ACCEPTED_BY_STAR * on, n)
    level = draw.uniform((len(wanted), TRIES))
    total = np.cumsum(np.where(in_star, 0, weight))
    anyone = np.searchsorted(total, level * np.concatenate([[0], total])[wanted][:, None], side="right")
    stars = np.flatnonzero(in_star)
    if len(stars):
        before = np.searchsorted(stars, wanted)
        star = stars[np.minimum(np.floor(level * before[:, None]).astype(int), len(stars) - 1)]
        anyone = np.where((through_star[wanted] & (before > 0))[:, None], star, anyone)
    anyone = np.minimum(anyone, n - 1)
    sent = (p.joined - lag)[wanted][:, None]
    fits = (p.joined[anyone] + 0.5 < sent) & (p.alive_until[anyone] > sent) & (weight[anyone] > 0)
    first = anyone[np.arange(len(wanted)), fits.argmax(axis=1)]
    referrer = np.full(n, -1)
    referrer[wanted] = np.where(fits.any(axis=1), first, -1)
    way = draw.pick(ACCEPTED_BY_WAY, n)
    lonely = (way == 0) & (community[referrer] == 0)
    way = np.where(lonely, 1 + draw.pick(ACCEPTED_BY_WAY[1:], n), way)
    star = (referrer >= 0) & in_star[referrer]
    p.referrals = SimpleNamespace(
        referrer=referrer, way=np.where(star, 0, way), lag=lag, star=star, community=community, weight=weight
    )
    return p.referrals
