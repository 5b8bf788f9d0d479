"""morningcup: people come on good weeks and stay away on others, until they leave.

The loop runs over weeks; within a week all users are handled at once.
"""

import numpy as np
import pandas as pd

from crmlab.world.activity import FIRST_DAYS
from crmlab.world.build import DAYS, World
from crmlab.world.days import EVENTS, appeal, span
from crmlab.world.latent import REASONS

LIFE = {"trier": 75, "regular": 500}  # days until leaving (mean), before channel and frailty
TRIERS = 0.28  # of those who come more than once
ONCE = 0.27  # users who only come once, before channel
RATE = 0.50  # visits a week while a streak lasts (median)
STOP, START_AGAIN = (0.06, 0.16), (0.45, 0.25)  # a streak ends / begins, a week: others, those who tend to return
LEAST = (0.36, 0.30)  # visits a week of the rarest guests: others, those who tend to return
HABIT = 35  # days without a visit after which the others, in a streak, come in that week
TEMPTED = 0.08  # who leaves for a better substitute: chance a week in the launch month
OUTAGE_VISITS, OUTAGE_LEAVE, BAD_COHORT = 0.45, 0.05, 0.20  # effect 3


def purchases(world: World) -> pd.DataFrame:
    """One row an attempted order: who, day, fate; and ``alive_until`` written into the people."""
    p, draw, n = world.people, world.draw("visiting"), world.customers
    weight = appeal(world)
    out_from, out_to = span(EVENTS["morningcup"]["app_outage"])
    once = ONCE * p.leaves * (1.0 if world.on(6) else 0.2)
    bad = (p.joined >= out_from - 7) & (p.joined < out_from + 21) & world.on(3)
    only_once = p.ever_buys & (p.once < np.where(bad, once + BAD_COHORT, once))
    rate = np.clip(RATE * p.spread**0.28, np.array(LEAST)[(p.returner & world.on(6)).astype(int)], 8.0)
    life = np.where(draw.chance(TRIERS * world.on(6), n), LIFE["trier"], LIFE["regular"]) * draw.exponential(n)
    life = life / (p.leaves * np.sqrt(p.frailty))
    first = p.joined + draw.exponential(n, 1.5) * draw.chance(0.5, n)
    # activation is a second order within the first days; whoever is not activated comes again later (effect 2)
    closed = np.floor(p.joined) + FIRST_DAYS["morningcup"]
    first = np.where(p.activated, np.minimum(first, np.maximum(closed - 4, p.joined)), first)
    second = np.floor(first) + 1 + np.floor(p.soon * (closed - np.floor(first) - 1))
    tends = (p.returner & world.on(6)).astype(int)
    stop, resume = np.array(STOP)[tends], np.array(START_AGAIN)[tends]
    tempted = (p.churn_reason == REASONS.index("better_substitute")) & world.on(9)
    launch_from, launch_to = span(EVENTS["morningcup"]["competitor_launch"])
    p.alive_until = np.where(p.ever_buys, first + life, p.joined)
    p.alive_until = np.where(only_once, first + 1, p.alive_until)
    p.alive_until = np.where(p.activated, np.maximum(p.alive_until, second + 1), p.alive_until)
    p.true_rate = np.where(only_once, 0.0, rate * 30 / 7 * resume / (stop + resume))
    began = np.where(p.activated, second, first)
    latest = np.floor(began)
    starters = np.flatnonzero(p.ever_buys & (first < DAYS))
    again = np.flatnonzero(p.activated & (second < DAYS))
    taken = [(starters, np.floor(first[starters]).astype(int)), (again, second[again].astype(int))]
    regular = np.flatnonzero(p.ever_buys & ~only_once)
    streak = draw.chance(0.8, n)
    for monday in range(0, DAYS, 7):
        days = np.arange(monday, min(monday + 7, DAYS))
        flips = draw.uniform(n)
        streak = np.where(streak, flips >= stop, flips < resume)
        outage = world.on(3) and days[0] <= out_to and days[-1] >= out_from
        if outage:
            hit = draw.chance(OUTAGE_LEAVE, n) & (p.alive_until > monday) & p.ever_buys & (began < monday)
            p.alive_until = np.where(hit, monday + 1.0, p.alive_until)
        if days[0] <= launch_to and days[-1] >= launch_from:
            hit = tempted & draw.chance(TEMPTED, n) & (p.alive_until > monday) & p.ever_buys & (began < monday)
            p.alive_until = np.where(hit, monday + 1.0, p.alive_until)
        here = regular[(first[regular] < days[-1]) & (p.alive_until[regular] > days[0]) & streak[regular]]
        open_ = (days >= closed[here][:, None]) & (days > np.floor(first[here])[:, None])
        pull = np.where(open_ & (days < p.alive_until[here][:, None]), weight[days], 0)
        visits = draw.poisson(rate[here] * pull.sum(axis=1) / 7 * (OUTAGE_VISITS if outage else 1.0))
        due = ~p.returner[here] & (monday - latest[here] > HABIT) & ~outage
        visits = np.where(due & (pull.sum(axis=1) > 0), np.maximum(visits, 1), visits)
        latest[here[visits > 0]] = monday + 3
        chosen = np.repeat(np.arange(len(here)), visits)
        taken.append((here[chosen], days[draw.pick_rows(pull[chosen])]))
    who, day = (np.concatenate(x) for x in zip(*taken, strict=True))
    fate = draw.pick((0.962, 0.014, 0.008, 0.016), len(who))
    return pd.DataFrame({"who": who, "day": day, "fate": fate})
