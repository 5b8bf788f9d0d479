"""What was planted, customer by customer: for trainers and tests only."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, World, table
from crmlab.world.clock import ids, moment
from crmlab.world.latent import CLASSES, REASON_GROUPS, REASONS
from crmlab.world.winback import margins


@table("truth")
def truth(world: World) -> pd.DataFrame:
    world["orders"]  # the purchases decide who is still there
    p = world.people
    here = np.isfinite(p.alive_until) & (p.alive_until < DAYS)
    margin = margins(world)
    left = pd.Series(moment(np.floor(np.where(here, p.alive_until, 0)), 0)).where(here)
    frame = pd.DataFrame({
        "customer_id": ids(world),
        "alive_until": left,
        "true_rate": np.round(p.true_rate, 2),
        "true_spend_mean": np.round(p.true_spend_mean, 2),
        "price_sensitivity": p.price_sensitivity,
        "churn_reason": pd.Series(np.array(REASONS, dtype=object)[p.churn_reason]).where(here),
        "reason_group": np.array(REASON_GROUPS, dtype=object)[p.reason_group],
        "coupon_class": np.array(CLASSES, dtype=object)[p.offer_class["coupon"]],
        "service_class": np.array(CLASSES, dtype=object)[p.offer_class["service"]],
        "coupon_margin": margin["coupon"],
        "service_margin": margin["service"],
        "won_back": p.won_back.astype(int),
        "lapse_2026q2": p.lapse.astype(int),
    })
    if world.company == "yunmu":
        known = np.minimum(p.alive_until, DAYS)[p.away["who"]]  # what lies later has not happened
        pauses = p.away[~p.away["left"] & (p.away["start"] < known)]
        came_back = p.away[p.away["left"] & (p.away["end"] < known)]
        frame["pauses"] = np.bincount(pauses["who"], minlength=world.customers)
        frame["came_back"] = np.bincount(came_back["who"], minlength=world.customers)
    return frame
