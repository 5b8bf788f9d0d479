"""Service: cases, staff, WeCom contacts, and the numbers under which other systems know a customer."""

from zlib import crc32

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, START, World, table
from crmlab.world.clock import clock, ids, joined_second, moment
from crmlab.world.latent import CHANNELS, REASONS

KINDS = ("late_delivery", "wrong_item", "quality_question", "refund_question", "points_question", "app_question")
RANDOM_KINDS = (0, 12, 22, 20, 26, 20)
LATE = {"yunmu": 0.09, "morningcup": 0.03}  # share of late deliveries that become a case
BY_CHANCE = 0.012  # cases a month
BEFORE_LEAVING = 0.62  # of those who leave for a bad experience (effect 9)
STAFF_PER_STORE = 2
DELETES = 0.6  # of those who refuse marketing on WeCom
SOURCES = ("store_qr", "parcel_card", "community", "referral", "event")
SOURCE_SHARE = (46, 20, 16, 8, 10)
SYSTEMS = {
    "yunmu": (("pos", 0.70), ("mini_program", 0.86), ("marketplace", 0.24)),
    "morningcup": (("pos", 0.42), ("mini_program", 0.80), ("app", 0.74)),
}


@table("tickets")
def tickets(world: World) -> pd.DataFrame:
    orders, p, n, draw = world["orders"], world.people, world.customers, world.draw("tickets")
    start = pd.Timestamp(START)
    late = (orders["delivered_at"] > orders["promised_at"]).to_numpy() & draw.chance(LATE[world.company], len(orders))
    arrived = ((orders["delivered_at"] - start) // pd.Timedelta(seconds=1))[late].to_numpy().astype(np.int64)
    rows = [(world.purchases.heads["who"].to_numpy()[late], arrived + 3600, np.zeros(late.sum(), dtype=int))]
    joined = np.floor(p.joined).astype(np.int64)
    end = np.floor(np.minimum(p.alive_until, DAYS)).astype(np.int64)
    some = np.repeat(np.arange(n), draw.poisson(np.clip(BY_CHANCE * (end - joined) / 30, 0, 20)))
    day = joined[some] + np.floor(draw.uniform(len(some)) * (end - joined)[some]).astype(np.int64)
    rows.append((some, day * 86400 + clock(world, draw, len(some)), draw.pick(RANDOM_KINDS, len(some))))
    bad = (p.churn_reason == REASONS.index("experience")) & (p.alive_until < DAYS) & p.ever_buys & world.on(9)
    bad = np.flatnonzero(bad & draw.chance(BEFORE_LEAVING, n) & (end > joined))
    day = np.maximum(end[bad] - 1 - np.floor(draw.uniform(len(bad), 0, 40)).astype(np.int64), joined[bad])
    rows.append((bad, day * 86400 + clock(world, draw, len(bad)), draw.pick((5, 25, 40, 20, 4, 6), len(bad))))
    who, at, kind = (np.concatenate(x) for x in zip(*rows, strict=True))
    at = np.maximum(at, (joined * 86400 + joined_second(world))[who] + 300)
    keep = at < DAYS * 86400
    order = np.lexsort((who[keep], at[keep]))
    who, at, kind = who[keep][order], at[keep][order], kind[keep][order]
    m = len(who)
    closed = at + np.round(draw.lognormal(m, 0.9, 9) * 3600).astype(np.int64)
    done = closed < DAYS * 86400
    leaving = np.isin(p.churn_reason[who], REASONS.index("experience")) & (p.alive_until[who] < DAYS)
    marks = np.where(leaving & world.on(9), draw.pick((34, 26, 20, 14, 6), m), draw.pick((6, 9, 20, 36, 29), m)) + 1
    return pd.DataFrame({
        "customer_id": ids(world, who),
        "opened_at": moment(0, at),
        "kind": np.array(KINDS, dtype=object)[kind],
        "resolved_at": pd.Series(moment(0, closed)).where(done),
        "satisfaction": pd.Series(marks, dtype="Int64").where(done & draw.chance(0.6, m)),
    })


@table("staff")
def staff(world: World) -> pd.DataFrame:
    stores = world["stores"]["store_id"].to_numpy()
    letter = world.company[0].upper()
    return pd.DataFrame({
        "staff_id": [f"{letter}T{i:03d}" for i in range(1, STAFF_PER_STORE * len(stores) + 1)],
        "store_id": np.repeat(stores, STAFF_PER_STORE),
    })


@table("wecom_contacts")
def wecom_contacts(world: World) -> pd.DataFrame:
    """Added on joining by those who consent to service on WeCom; some of those who refuse marketing there delete it."""
    p, n, draw, consents = world.people, world.customers, world.draw("wecom"), world["consents"]
    given = consents[consents["channel"] == "wecom"]
    added = given[given["purpose"] == "service"]
    refused = given[given["purpose"] == "marketing"].set_index("customer_id")["withdrawn_at"]
    refused = refused.reindex(added["customer_id"]).reset_index(drop=True)
    who = added["customer_id"].str[1:].astype(int).to_numpy() - 1
    place = p.home * STAFF_PER_STORE + np.floor(draw.uniform(n) * STAFF_PER_STORE).astype(int)
    source = np.array(SOURCES, dtype=object)[draw.pick(SOURCE_SHARE, n)]
    source = np.where((np.array(CHANNELS)[p.channel] == "referral") & draw.chance(0.6, n), "referral", source)
    return pd.DataFrame({
        "customer_id": added["customer_id"].to_numpy(),
        "staff_id": world["staff"]["staff_id"].to_numpy()[place[who]],
        "added_at": added["granted_at"].to_numpy() - np.timedelta64(15, "s"),
        "source": source[who],
        "deleted_at": refused.where(draw.chance(DELETES, len(who))),
    })


@table("identities")
def identities(world: World) -> pd.DataFrame:
    """External numbers are hashes of made-up keys; not every customer is matched in every system."""
    p, n, draw = world.people, world.customers, world.draw("identities")
    joined = np.floor(p.joined).astype(np.int64)
    contacts = world["wecom_contacts"]
    parts = []
    for system, share in SYSTEMS[world.company]:
        day = joined + np.floor(draw.exponential(n, 12)).astype(np.int64)
        second = np.where(day == joined, joined_second(world) + 20, clock(world, draw, n))
        who = np.flatnonzero(draw.chance(share, n) & (day < DAYS))
        parts.append((np.full(len(who), system, dtype=object), ids(world, who), moment(day[who], second[who])))
    known = contacts["customer_id"].to_numpy(), contacts["added_at"].to_numpy()
    parts.append((np.full(len(contacts), "wecom", dtype=object), *known))
    system, customer, at = (np.concatenate(x) for x in zip(*parts, strict=True))
    prefix = {"pos": "P", "mini_program": "o", "marketplace": "t", "app": "A", "wecom": "wm"}
    external = [
        f"{prefix[s]}{crc32(f'{s}/{c}'.encode()):08x}{crc32(f'{c}+{s}'.encode()) % 0x10000:04x}"
        for s, c in zip(system, customer, strict=True)
    ]
    frame = pd.DataFrame({"customer_id": customer, "system": system, "external_id": external, "matched_at": at})
    return frame.sort_values(["customer_id", "system"], kind="stable")
