"""What each channel of acquisition cost, month by month (effect 1: the cheapest members are not the ones that pay back)."""

import numpy as np
import pandas as pd

from crmlab.world.build import START, World, table
from crmlab.world.latent import CHANNELS

MEDIA = ("owned", "earned", "paid", "paid", "paid", "owned")
# yuan a new member, in the order of latent.CHANNELS; that of referral on top of the rewards paid for accepted invitations
CAC = {"yunmu": (560, 320, 520, 640, 610, 700), "morningcup": (36, 16, 33, 42, 40, 46)}
IMPRESSIONS = (9, 6, 210, 60, 120, 14)  # for each new member
CLICK_RATE = (0.30, 0.34, 0.018, 0.055, 0.03, 0.22)


@table("spend")
def spend(world: World) -> pd.DataFrame:
    p, draw = world.people, world.draw("spend")
    months = np.arange(START.astype("datetime64[M]"), np.datetime64("2026-07"))
    month = ((START + np.floor(p.joined).astype(int)).astype("datetime64[M]") - months[0]).astype(int)
    k, m = len(CHANNELS), len(months)
    new = np.bincount(p.channel * m + month, minlength=k * m).reshape(k, m)
    price = np.array(CAC[world.company], dtype=float)
    sent = world["invites"].dropna(subset=["accepted_at"])
    paid = sent.groupby(sent["accepted_at"].dt.to_period("M"))["reward_cost"].sum()
    rewards = paid.reindex(pd.PeriodIndex(months, freq="M"), fill_value=0).to_numpy()
    noise = np.exp(draw.normal((k, m), 0, 0.12))
    cost = np.round(new * price[:, None] * noise, -1)
    cost[CHANNELS.index("referral")] += rewards
    shown = np.round(new * np.array(IMPRESSIONS)[:, None] * np.exp(draw.normal((k, m), 0, 0.15)))
    clicks = np.round(shown * np.array(CLICK_RATE)[:, None] * np.exp(draw.normal((k, m), 0, 0.08)))
    return pd.DataFrame({
        "month": np.tile(months.astype("datetime64[us]"), k),
        "channel": np.repeat(np.array(CHANNELS, dtype=object), m),
        "media_type": np.repeat(np.array(MEDIA, dtype=object), m),
        "spend": cost.ravel(),
        "impressions": shown.ravel().astype(int),
        "clicks": np.maximum(clicks, new).ravel().astype(int),
        "new_members": new.ravel(),
    }).sort_values(["month", "channel"], kind="stable")
