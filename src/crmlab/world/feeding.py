"""yunmu: a family buys again when the tins are used up, until it leaves or the child has outgrown formula.

Now and then a family pauses for some months (stock from elsewhere, another brand, travel) and returns by itself, and
some of those who leave come back once. Nobody returns for a child who has outgrown formula meanwhile.

Step k of the loop handles the k-th purchase of every family at once; the work grows with the number of orders.
"""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, World, table
from crmlab.world.days import EVENTS, appeal, span
from crmlab.world.latent import GRADUATION, MIXED_FACTOR, MONTH, REASONS

# stage, from month, to month (exclusive), days a 900 g tin lasts one baby fed on formula alone
CONSUMPTION = (
    (1, 0, 1, 11.0),
    (1, 1, 3, 9.0),
    (1, 3, 6, 8.0),
    (2, 6, 9, 9.5),
    (2, 9, 12, 12.5),
    (3, 12, 18, 15.0),
    (3, 18, 24, 17.0),
    (3, 24, 36, 18.0),
    (4, 36, 72, 30.0),
)
BASE_HAZARD = 0.013  # of leaving, a month, before channel and frailty
ONCE = 0.30  # families that only try one order, before channel
SWITCH = {6: 0.10, 12: 0.08}  # extra chance to leave when the next tin is of another stage (effect 5)
STOCK_OUT = 0.22  # extra chance to leave when the next order falls into the stock-out (effect 3)
BAD_COHORT = 0.25  # extra chance of a single order for those who join in that month
PAUSE = (0.005, 0.027)  # chance of a pause when the tins run out: others, those who tend to return
SUBSTITUTE, TEMPTED = 0.7, 0.30  # who leaves for a better substitute: hazard at other times, chance in the launch month
PAUSE_DAYS = (60, 180)  # beyond the day the tins run out
COME_BACK = (0.02, 0.42)  # of those who leave, once each: others, those who tend to return
COME_BACK_DAYS = (60, 100)  # beyond the day the tins run out: the soonest, and the mean after that
CONSTANT_GAP = 34.0  # effect 4 off
SHIFTS = np.arange(-4, 5)


@table("consumption", companies=("yunmu",))
def consumption(world: World) -> pd.DataFrame:
    return pd.DataFrame(CONSUMPTION, columns=["stage", "month_from", "month_to", "days_per_unit"])


def days_per_tin(months: np.ndarray, mixed: np.ndarray) -> np.ndarray:
    """Days a tin lasts at an age in months (before birth: as in the first month)."""
    starts = np.array([row[1] for row in CONSUMPTION])
    days = np.array([row[3] for row in CONSUMPTION])
    band = np.clip(np.searchsorted(starts, months, side="right") - 1, 0, len(days) - 1)
    return days[band] * np.where(mixed & (months < 12), MIXED_FACTOR, 1.0)


def purchases(world: World) -> pd.DataFrame:
    """One row an attempted purchase: who, day, stage, tins, fate; and ``alive_until`` and ``away`` set in the people."""
    p, draw, absent, n = world.people, world.draw("feeding"), world.draw("absences"), world.customers
    weight = appeal(world)
    out_from, out_to = span(EVENTS["yunmu"]["stock_out"])
    basket = 1.42 * np.exp(0.36 * draw.normal(n)) if world.on(6) else np.full(n, 2.4)
    once = ONCE * p.leaves * (1.0 if world.on(6) else 0.2)
    bad = (p.joined >= out_from - 7) & (p.joined < out_from + 23) & world.on(3)
    once = np.where(bad, once + BAD_COHORT, once)
    only_once = p.once < once
    hazard = BASE_HAZARD * p.leaves * p.frailty
    tempted = (p.churn_reason == REASONS.index("better_substitute")) & world.on(9)
    hazard = np.where(tempted, hazard * SUBSTITUTE, hazard)
    launch_from, launch_to = span(EVENTS["yunmu"]["competitor_launch"])
    wait_for_birth = p.born - 10 + draw.uniform(n, 0, 25)
    first = np.maximum(p.joined + draw.exponential(n, 3), wait_for_birth)
    p.alive_until = np.full(n, np.inf)
    p.alive_until[~p.ever_buys] = p.joined[~p.ever_buys]
    p.true_rate = 30 / (np.maximum(basket, 1) + 0.6) / 14
    who, when = np.flatnonzero(p.ever_buys), first[p.ever_buys]
    returned = np.zeros(n, dtype=bool)
    taken, away = [], []
    latest = np.maximum(p.joined, 0)  # an order does not move before the one that came first
    while True:
        keep = when < DAYS
        who, when = who[keep], when[keep]
        if len(who) == 0:
            break
        p.alive_until[who] = np.inf  # those who had left are back
        when = _shift(draw, when, weight, latest[who])
        latest[who] = when
        age, second = age_fed(p, who, when)
        grown = age > GRADUATION - 0.1
        stays = ~grown | p.stage4[who]
        p.alive_until[who[~stays]] = np.minimum(when[~stays], DAYS)
        who, when, age, second, grown = (x[stays] for x in (who, when, age, second, grown))
        stage = np.where(grown, 4, np.select([age < 6, age < 12], [1, 2], 3))
        promo = weight[np.floor(when).astype(int)] > 2.5
        tins = np.clip(np.round(basket[who] * draw.lognormal(len(who), 0.25) + 0.3 + promo), 1, 9).astype(int)
        tins = np.where(age < 0, np.minimum(tins, 2), tins)
        fate = draw.pick((0.948, 0.021, 0.013, 0.018), len(who))  # kept, unpaid, closed, refunded
        taken.append((who, when, stage, tins, fate))
        # when do the tins run out, and does the family come back?
        if world.on(4):
            gap = tins * days_per_tin(age, p.mixed[who] & ~second) * p.appetite[who] + np.maximum(-age, 0) * MONTH
            gap = gap * draw.lognormal(len(who), 0.16) * np.where(draw.chance(0.06, len(who)), 1.7, 1.0)
        else:
            gap = CONSTANT_GAP * draw.lognormal(len(who), 0.16)
        failed = fate > 0
        gap = np.where(failed, draw.uniform(len(who), 1, 4), np.maximum(gap, 3))
        following = when + gap
        leave = 1 - np.exp(-hazard[who] * gap / 30)
        leave = np.where(only_once[who] & ~failed, 1.0, leave)
        if world.on(5):
            for month, extra in SWITCH.items():
                crosses = (age < month) & (age + gap / MONTH >= month)
                leave = np.where(crosses, leave + extra, leave)
        launch = (following >= launch_from) & (following <= launch_to) & tempted[who]
        leave = np.where(launch, leave + TEMPTED, leave)
        out = (following >= out_from) & (following <= out_to)
        if world.on(3):
            leave = np.where(out, leave + STOCK_OUT, leave)
        following = np.where(out & draw.chance(0.6, len(who)), out_to + draw.uniform(len(who), 1, 9), following)
        gone = draw.chance(leave, len(who))
        p.alive_until[who[gone]] = (when + gap * draw.uniform(len(who), 0.05, 0.6))[gone]
        back, pause, until = _absences(p, absent, who, following, gone & ~returned[who], ~gone & ~failed)
        returned[who[back]], only_once[who[back]] = True, False
        out = back | pause
        away.append((who[out], following[out], until[out], back[out]))
        following = np.where(out, until, following)
        who, when = who[~gone | back], following[~gone | back]
    p.away = _columns(("who", "start", "end", "left"), away)  # pauses, and leavers who come back
    frame = _columns(("who", "day", "stage", "tins", "fate"), taken)
    return frame.assign(day=np.floor(frame["day"]).astype(int))


def _columns(names, steps) -> pd.DataFrame:
    """One frame from the arrays gathered in each step."""
    return pd.DataFrame({c: np.concatenate(x) for c, x in zip(names, zip(*steps, strict=True), strict=True)})


def _absences(p, draw, who, due, may_return, may_pause):
    """Which leavers come back, which families pause, and until when; nobody past the last months of formula."""
    n, (soonest, mean), tends = len(who), COME_BACK_DAYS, p.returner[who].astype(int)
    back = may_return & draw.chance(np.array(COME_BACK)[tends], n)
    pause = may_pause & draw.chance(np.array(PAUSE)[tends], n)
    until = due + np.where(back, soonest + draw.exponential(n, mean), draw.uniform(n, *PAUSE_DAYS))
    in_time = age_fed(p, who, until)[0] < GRADUATION - 0.5
    return back & in_time, pause & in_time, until


def age_fed(p, who, when):
    """Months of the child who is fed, and whether it is the second."""
    second = (when - p.born2[who]) / MONTH > -0.3
    return (when - np.where(second, p.born2[who], p.born[who])) / MONTH, second


def _shift(draw, when, weight, earliest):
    """Move planned days by a few, towards days that invite a purchase."""
    day = np.floor(when).astype(int)
    options = np.clip(day[:, None] + SHIFTS, 0, DAYS - 1)
    pull = weight[options] * np.exp(-np.abs(SHIFTS) / 1.5) * (day[:, None] + SHIFTS < DAYS)
    pull = np.where(options >= np.floor(earliest)[:, None], pull, 0)
    pull[:, SHIFTS == 0] = np.maximum(pull[:, SHIFTS == 0], 1e-9)
    return np.clip(day + SHIFTS[draw.pick_rows(pull)], 0, DAYS - 1).astype(float)
