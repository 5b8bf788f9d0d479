"""Invitations sent: those accepted made the referred members, most came to nothing (effect 14)."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, World, table
from crmlab.world.clock import clock, ids, joined_second, moment
from crmlab.world.referral import CONVERSION, CONVERSION_STAR, EVEN, STAR, WAYS, referrals

REWARD = {"yunmu": 268, "morningcup": 22}  # yuan an accepted invitation costs, both gifts together


@table("invites")
def invites(world: World) -> pd.DataFrame:
    p, r, draw = world.people, referrals(world), world.draw("invites")
    accepted = np.flatnonzero(r.referrer >= 0)
    joined = p.joined[accepted].astype(int) * 86400 + joined_second(world)[accepted]
    sent = np.maximum(joined - np.round(r.lag[accepted] * 86400).astype(np.int64), 0)
    rows = [(r.referrer[accepted], r.way[accepted], sent, accepted, joined - 60)]
    end = np.minimum(p.alive_until, DAYS)
    weight = np.where(end > p.joined + 1, r.weight * (end - p.joined), 0)
    in_star = r.community == STAR
    groups = [(w, ~r.star & (r.way == w), CONVERSION[w] if world.on(14) else EVEN, ~in_star) for w in range(len(WAYS))]
    groups.append((0, r.star, CONVERSION_STAR, in_star))
    for way, made, conversion, may in groups:
        n = round((made & (r.referrer >= 0)).sum() * (1 - conversion) / conversion)
        chances = np.where(may & ((way > 0) | (r.community > 0)), weight, 0)
        if n == 0 or chances.sum() == 0:
            continue
        who = draw.pick(chances, n)
        day = np.floor(draw.uniform(n, p.joined[who] + 1, end[who]))
        at = (day * 86400 + clock(world, draw, n)).astype(np.int64)
        rows.append((who, np.full(n, way), at, np.full(n, -1), np.full(n, -1)))
    who, way, sent, guest, at = (np.concatenate(x) for x in zip(*rows, strict=True))
    order = np.lexsort((who, sent))
    who, way, sent, guest, at = who[order], way[order], sent[order], guest[order], at[order]
    came, letter = guest >= 0, world.company[0].upper()
    group = np.array([f"{letter}G{i:02d}" for i in range(100)], dtype=object)[r.community[who]]
    return pd.DataFrame({
        "invite_id": [f"{letter}I{i:06d}" for i in range(1, len(who) + 1)],
        "inviter_id": ids(world, who),
        "channel": np.array(WAYS, dtype=object)[way],
        "community_id": pd.Series(group).where(way == 0),
        "sent_at": moment(0, sent),
        "accepted_customer_id": pd.Series(ids(world, guest)).where(came),
        "accepted_at": pd.Series(moment(0, at)).where(came),
        "reward_cost": np.where(came, REWARD[world.company], 0.0),
    })
