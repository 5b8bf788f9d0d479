"""Messages: what campaigns and triggers send to whom, who opens, clicks and opts out.

``plan`` runs before any purchase, because whoever opts out is in no later win-back campaign.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from crmlab.world.build import COMPANIES, DAYS, World, table
from crmlab.world.campaigns import HOLDOUT, assignments_of, campaign_ids, listed, price_allowed_from
from crmlab.world.clock import ids, joined_second, moment
from crmlab.world.consents import DAY, NEVER, agreed, allowed
from crmlab.world.latent import MESSAGE_CHANNELS, REASONS

OPENS = np.array((0.55, 0.80, 1.20, 1.30))  # times the customer's own rate, by channel
COST = np.array((0.05, 0.01, 0.02, 2.50))  # yuan
FAILS = np.array((0.035, 0.06, 0.01, 0.12))
FAILURES = ("number_invalid", "app_removed", "blocked", "no_answer")  # the usual failure of each channel
CLICK = 0.24  # of those who open
MATCH = (0.65, 1.45)  # effect 8 on ordinary messages: times CLICK, wrong and right kind for the price tier
TIER_CLICK = {
    ("value", "price"): 0.20,
    ("value", "service"): 0.10,
    ("premium", "price"): 0.08,
    ("premium", "service"): 0.17,
}
FLAT_CLICK = 0.14  # of the same test with effect 8 off
# effect 13: clicks on the usual card by city tier; added by the new one
BY_TIER, BETTER = (0.04, 0.13, 0.28, 0.46), 0.10
ONCE_A_WEEK = 3  # messages in seven days up to which nobody minds
TOO_MANY, USUAL = 0.022, 0.003  # opt-outs a marketing message: above that count, up to it (effect 11)
REACH = {  # share of the reachable whom a broadcast goes to
    "yunmu": {"service": 0.22, "price": 0.22, "promotion": 0.36},
    "morningcup": {"service": 0.16, "price": 0.15, "promotion": 0.28},
}
FORGOTTEN = 0.35  # times as many messages to those who leave for want of contact (effect 9)
BURST = (0.34, 0.30, 0.14, 0.10, 0.07, 0.05)  # 1 to 6 messages of a promotion to a customer
ARM_MESSAGES = {"light": 2, "heavy": 5}
JOURNEYS = {  # key: trigger, days after it (from, to), purpose of the consent
    "welcome": ("joined", (0, 1), "service"),
    "first_order": ("first_order", (1, 4), "service"),
    "quiet": ("no_order", (0, 2), "service"),
}
QUIET = {"yunmu": 45, "morningcup": 21}  # days without an order that trigger a service message
SAMPLE = 0.45  # of the quiet are written to


def _batch(world, draw, who, day, *, key="", arm="", purpose="marketing", price=False, opens=None, clicks=None, **more):
    """Messages to ``who`` on ``day`` between 9:00 and 20:59 on a channel they allow; others are left out."""
    p, n = world.people, len(who)
    at = more.pop("at", None)
    if at is None:
        at = np.asarray(day, dtype=np.int64) * DAY + 9 * 3600 + np.floor(draw.uniform(n) * 12 * 3600).astype(np.int64)
        at = np.maximum(at, more.pop("not_before", at))
    may = allowed(world, purpose, who, at) * np.array((1.0, 1.0, 1.0, 0.06))
    may[np.arange(n), p.channel_liked[who]] *= 4
    go = (may.sum(axis=1) > 0) & (at % DAY >= 9 * 3600) & (at % DAY < 21 * 3600) & (at < DAYS * DAY - 2 * 3600)
    channel = draw.pick_rows(may + 1e-12)
    opens = np.clip(p.open_rate[who] * OPENS[channel], 0, 0.92) if opens is None else opens
    if clicks is None:
        fit = np.array(MATCH)[(p.premium[who] != price).astype(int)] if world.on(8) else 1.0
        clicks = opens * CLICK * fit
    frame = {"who": who, "at": at, "channel": channel, "opens": opens, "clicks": clicks, "key": key, "arm": arm}
    frame = {
        **frame,
        "marketing": purpose == "marketing",
        "price": price,
        "journey": "",
        "trigger": "",
        "since": -1,
        **more,
    }
    return pd.DataFrame(frame)[go]


def plan(world: World) -> pd.DataFrame:
    """Everything sent by campaigns but win-back, in order of time; sets ``opt_out`` (second) in the people."""
    p, n = world.people, world.customers
    if hasattr(p, "plan"):
        return p.plan
    agreed(world)
    everyone, price_from, parts = np.arange(n), price_allowed_from(world), []
    forgotten = (p.churn_reason == REASONS.index("no_interaction")) & world.on(9)
    eager = world.draw("eagerness").lognormal(n, 0.5) * np.where(forgotten, FORGOTTEN, 1.0)
    arms = assignments_of(world)
    for c in listed(world):
        draw, add = world.draw(f"messages {c.key}"), parts.append
        if c.key in arms:
            who, arm, second = arms[c.key]
        if c.kind in ("service", "price", "promotion"):
            price = c.kind != "service"
            ready = (p.joined < c.starts - 1) & ((price_from <= c.starts) | (not price))
            who_all = everyone[ready & draw.chance(np.minimum(REACH[world.company][c.kind] * eager, 1), n)]
            times = 1 + draw.pick(BURST, n) if c.kind == "promotion" else np.ones(n, dtype=int)
            arm_of = np.full(n, "", dtype=object)
            if c.key in arms:  # randomised frequency takes the place of chance
                who_all = np.setdiff1d(who_all, who)
                who_all = np.union1d(who_all, who[arm != HOLDOUT])
                for name, count in ARM_MESSAGES.items():
                    times[who[arm == name]] = count
                    arm_of[who[arm == name]] = name
            last = min(c.ends, c.starts + 6)
            offset = draw.uniform(n)
            for k in range(times.max()):
                who_k = who_all[times[who_all] > k]
                step = (last - c.starts + 1) / times[who_k]
                day = c.starts + np.floor((k + offset[who_k] * 0.99) * step)
                add(_batch(world, draw, who_k, day, key=c.key, arm=arm_of[who_k], price=price))
        elif c.kind == "price_or_service":
            for name in ("price", "service"):
                to = who[arm == name]
                tier = np.where(p.premium[to], "premium", "value")
                clicks = np.where(tier == "premium", TIER_CLICK["premium", name], TIER_CLICK["value", name])
                clicks = clicks if world.on(8) else np.full(len(to), FLAT_CLICK)
                opens = np.clip(p.open_rate[to] * 1.3, clicks, 0.92)
                more = {"key": c.key, "arm": name, "price": name == "price"}
                add(
                    _batch(
                        world, draw, to, c.starts + draw.pick(np.ones(5), len(to)), opens=opens, clicks=clicks, **more
                    )
                )
        elif c.kind == "new_version":
            base = np.array(BY_TIER)[p.city_tier[who] - 1] if world.on(13) else np.full(len(who), 0.2)
            clicks = base + np.where(arm == "new", BETTER * world.on(13), 0)
            opens = np.clip(clicks + 0.25, 0, 0.92)
            day = c.starts + draw.pick(np.ones(5), len(who))
            add(_batch(world, draw, who, day, key=c.key, arm=arm, opens=opens, clicks=clicks))
        elif c.kind == "onboarding":
            to, since = who[arm == "treatment"], second[arm == "treatment"]
            for later in (1, 5):
                more = {
                    "purpose": "service",
                    "journey": "onboarding",
                    "trigger": "joined",
                    "since": since,
                    "arm": "treatment",
                }
                add(_batch(world, draw, to, since // DAY + later, key=c.key, not_before=since + 1800, **more))
    p.plan = pd.concat(parts, ignore_index=True)
    p.plan = p.plan.iloc[np.lexsort((p.plan["who"], p.plan["at"]))].reset_index(drop=True)
    _opt_out(world, p)
    return p.plan


def _opt_out(world: World, p: SimpleNamespace) -> None:
    """Each marketing message may be one too many: the more so the more came in seven days."""
    draw, every = world.draw("opt-outs"), p.plan
    week = in_a_week(every["who"].to_numpy(), every["at"].to_numpy(), every["marketing"].to_numpy())
    often = (week > ONCE_A_WEEK) & world.on(11)
    delivered = ~draw.chance(FAILS[every["channel"]], len(every))
    every["delivered"] = delivered
    out = draw.chance(np.where(often, TOO_MANY, USUAL), len(every)) & every["marketing"].to_numpy() & delivered
    p.opt_out = np.full(world.customers, NEVER)
    np.minimum.at(p.opt_out, every["who"].to_numpy()[out], every["at"].to_numpy()[out])


def in_a_week(who: np.ndarray, at: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """For each message the number of counted messages to the same customer in the seven days up to it, itself included."""
    order = np.lexsort((at, who))
    clock = who[order].astype(np.int64) * (4 * DAYS * DAY) + at[order]
    total = np.concatenate([[0], np.cumsum(counts[order])])
    first = np.searchsorted(clock, clock - 7 * DAY, side="right")
    found = np.empty(len(who), dtype=np.int64)
    found[order] = total[np.searchsorted(clock, clock, side="right")] - total[first]
    return found


def _win_back(world: World):
    p, parts = world.people, []
    for key, (who, arm, _) in p.won.items():
        draw, at = world.draw(f"messages {key}"), p.won_at[key]
        for offer in ("coupon", "service"):
            to = arm == offer
            heard = p.won_heard[key][to]
            opens = np.where(heard, 0.99, p.open_rate[who[to]])
            more = {"key": key, "arm": offer, "price": offer == "coupon", "opens": opens, "clicks": opens * 0.3}
            more["delivered"] = np.where(heard, True, None)
            parts.append(_batch(world, draw, who[to], at[to] // DAY, at=at[to], **more))
    return parts


def _triggered(world: World):
    """Service messages set off by what a customer did, or did not do."""
    p, draw, n = world.people, world.draw("journeys"), world.customers
    joined = np.floor(p.joined).astype(np.int64) * DAY + joined_second(world)
    paid = world["orders"].dropna(subset=["paid_at"])
    at = (paid["paid_at"].to_numpy() - np.datetime64("2024-07-01")).astype("timedelta64[s]").astype(np.int64)
    who = paid["customer_id"].str[1:].to_numpy().astype(int) - 1
    order = np.lexsort((at, who))
    who, at = who[order], at[order]
    starts = np.flatnonzero(np.r_[True, who[1:] != who[:-1]])
    next_at = np.where(np.r_[who[1:] == who[:-1], False], np.r_[at[1:], 0], NEVER)
    silent = at + QUIET[world.company] * DAY
    quiet = (silent < next_at) & (silent < DAYS * DAY) & draw.chance(SAMPLE, len(who))
    found = {
        "welcome": (np.arange(n), joined),
        "first_order": (who[starts], at[starts]),
        "quiet": (who[quiet], silent[quiet]),
    }
    parts = []
    for name, (to, since) in found.items():
        trigger, (low, high), purpose = JOURNEYS[name]
        day = since // DAY + low + draw.pick(np.ones(high - low + 1), len(to))
        more = {"journey": name, "trigger": trigger, "since": since, "not_before": since + 300}
        parts.append(_batch(world, draw, to, day, purpose=purpose, **more))
    return parts


@table("touches")
def touches(world: World) -> pd.DataFrame:
    world["orders"]
    p, draw = world.people, world.draw("touches")
    every = pd.concat([plan(world), *_win_back(world), *_triggered(world)], ignore_index=True)
    every = every[~(every["marketing"] & (every["at"] > p.opt_out[every["who"]]))]
    every = every.iloc[np.lexsort((every["who"], every["at"]))].reset_index(drop=True)
    n, who, at, channel = len(every), *(every[c].to_numpy() for c in ("who", "at", "channel"))
    arrives = ~draw.chance(FAILS[channel], n)
    delivered = np.where(every["delivered"].isna(), arrives, every["delivered"].eq(True))
    last = every["marketing"].to_numpy() & (at == p.opt_out[who])
    delivered = delivered | last
    clicked = delivered & draw.chance(every["clicks"].to_numpy(), n)
    rest = (every["opens"] - every["clicks"]) / (1 - every["clicks"])
    opened = delivered & (clicked | draw.chance(np.clip(rest, 0, 1), n))
    opened_at = at + 60 + np.floor(np.minimum(draw.exponential(n, 3 * 3600), 40 * 3600)).astype(np.int64)
    clicked_at = opened_at + 5 + np.floor(draw.uniform(n, 0, 240)).astype(np.int64)
    opened_at, clicked_at = (np.minimum(x, DAYS * DAY - 1) for x in (opened_at, clicked_at))
    number, key = campaign_ids(world), every["key"]
    letter = COMPANIES[world.company]["letter"]
    reason = np.array(FAILURES, dtype=object)[channel]
    since = every["since"].to_numpy().astype(np.int64)
    return pd.DataFrame({
        "touch_id": [f"{letter}T{i:07d}" for i in range(1, n + 1)],
        "campaign_id": key.map(number),
        "journey_id": every["journey"].replace("", None),
        "trigger_event": every["trigger"].replace("", None),
        "triggered_at": pd.Series(moment(0, np.maximum(since, 0))).where(since >= 0),
        "customer_id": ids(world, who),
        "arm": every["arm"].replace("", None),
        "channel": np.array(MESSAGE_CHANNELS, dtype=object)[channel],
        "purpose": np.where(every["marketing"], "marketing", "service").astype(object),
        "price_message": every["price"].astype(int),
        "content_id": _contents(world, draw, every),
        "sent_at": moment(0, at),
        "delivered": delivered.astype(int),
        "failed_reason": pd.Series(reason).where(~delivered),
        "opened_at": pd.Series(moment(0, opened_at)).where(opened),
        "clicked_at": pd.Series(moment(0, clicked_at)).where(clicked),
        "opted_out": last.astype(int),
        "cost": COST[channel],
    })


def _contents(world: World, draw, every: pd.DataFrame) -> pd.Series:
    """Content shown: about an offer in price messages, anything else in the others."""
    if "contents" not in world:
        return pd.Series([None] * len(every), dtype=object)
    listing = world["contents"]
    offer = (listing["topic"] == "offer").to_numpy()
    level, found = draw.uniform(len(every)), np.full(len(every), None, dtype=object)
    for about in (True, False):
        codes = listing["content_id"].to_numpy()[offer == about]
        rows = every["price"].to_numpy() == about
        if len(codes):
            found[rows] = codes[np.floor(level[rows] * len(codes)).astype(int)]
    return pd.Series(found)
