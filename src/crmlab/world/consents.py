"""Consents: who allowed which messages on which channel, and when somebody took it back."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, World, table
from crmlab.world.clock import ids, joined_second, moment
from crmlab.world.latent import MESSAGE_CHANNELS

DAY = 86_400  # seconds
NEVER = np.iinfo(np.int64).max // 4
# chance of consent on each of MESSAGE_CHANNELS (marketing on WeCom: among those who agreed to service there)
CONSENT = {
    "yunmu": {"marketing": (0.62, 0.55, 0.88, 0.25), "service": (0.96, 0.82, 0.74, 0.60)},
    "morningcup": {"marketing": (0.55, 0.76, 0.84, 0.04), "service": (0.94, 0.90, 0.42, 0.10)},
}
LATER, TAKEN_BACK, BABY_DATA = 0.15, 0.07, 0.88
SOURCES = {
    "yunmu": ((46, 30, 24), ("registration", "mini_program", "consultant")),
    "morningcup": ((62, 26, 12), ("registration", "mini_program", "counter")),
}


def agreed(world: World) -> None:
    """Set in the people: ``consent`` (purpose -> customers x channels), ``consent_from`` (purpose -> second), and
    ``taken_back`` (customers x channels, the second at which marketing consent ends by itself)."""
    p, draw, n = world.people, world.draw("consents"), world.customers
    if hasattr(p, "consent"):
        return
    shape = (n, len(MESSAGE_CHANNELS))
    p.consent = {x: draw.uniform(shape) < np.array(CONSENT[world.company][x]) for x in ("marketing", "service")}
    wecom = MESSAGE_CHANNELS.index("wecom")
    p.consent["marketing"][:, wecom] &= p.consent["service"][:, wecom]  # nobody but a contact can be written to
    joined = np.floor(p.joined).astype(np.int64) * DAY + joined_second(world)
    later = joined + np.floor(draw.uniform(n, 5, 200) * DAY).astype(np.int64)
    p.consent_from = {"service": joined + 60, "marketing": np.where(draw.chance(LATER, n), later, joined + 60)}
    p.consent["marketing"] &= (p.consent_from["marketing"] < DAYS * DAY)[:, None]
    back = p.consent_from["marketing"][:, None] + np.floor(draw.uniform(shape, 10, 500) * DAY).astype(np.int64)
    p.taken_back = np.where(draw.chance(TAKEN_BACK, shape), back, NEVER)


def allowed(world: World, purpose: str, who: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Customers x channels: whether a message of the purpose may go out to ``who`` at second ``at``, opt-outs apart."""
    p = world.people
    open_ = p.consent[purpose][who] & (p.consent_from[purpose][who] < at)[:, None]
    return open_ & (p.taken_back[who] > at[:, None]) if purpose == "marketing" else open_


@table("consents")
def consents(world: World) -> pd.DataFrame:
    agreed(world)
    world["orders"]  # the last opt-outs follow from the win-back campaigns
    p, draw = world.people, world.draw("consent sources")
    end = np.minimum(p.taken_back, np.where(p.opt_out < NEVER, p.opt_out + 600, NEVER)[:, None])
    parts = []
    for purpose, given in p.consent.items():
        who, channel = np.nonzero(given)
        until = end[who, channel] if purpose == "marketing" else np.full(len(who), NEVER)
        parts.append((who, channel, np.full(len(who), purpose, dtype=object), p.consent_from[purpose][who], until))
    if world.company == "yunmu":
        who = np.flatnonzero(draw.chance(BABY_DATA, world.customers))
        push = np.full(len(who), MESSAGE_CHANNELS.index("push"))
        start = p.consent_from["service"][who]
        parts.append((who, push, np.full(len(who), "baby_data", dtype=object), start, np.full(len(who), NEVER)))
    who, channel, purpose, start, until = (np.concatenate(x) for x in zip(*parts, strict=True))
    here = start < until
    order = np.lexsort((channel, purpose, who))
    order = order[here[order]]
    who, channel, purpose, start, until = (x[order] for x in (who, channel, purpose, start, until))
    weights, sources = SOURCES[world.company]
    over = until < DAYS * DAY
    return pd.DataFrame({
        "customer_id": ids(world, who),
        "channel": np.array(MESSAGE_CHANNELS, dtype=object)[channel],
        "purpose": purpose,
        "granted_at": moment(0, start),
        "withdrawn_at": pd.Series(moment(0, np.where(over, until, 0))).where(over),
        "source": np.array(sources, dtype=object)[draw.pick(weights, len(who))],
    })
