"""What the rules of a tag catalogue look at: one row a customer, every column explained in tag_catalogues/facts.csv.

Each table is reduced once, by named expressions, on whatever engine holds it (:mod:`crmlab.engine`); only the lines of
orders are read beside their orders. A table that is not there leaves its facts blank: blank is "we do not know", 0 is
"nothing happened". Nothing later than ``as_of`` is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import narwhals as nw
import pandas as pd

from crmlab import data, lifecycle
from crmlab.engine import collect, lazy
from crmlab.tagging.order_facts import of_lines, of_orders
from crmlab.tagging.reducing import days_to, moment, reduce, since, top, valid

CATALOGUES = Path(__file__).parents[1] / "tag_catalogues"
MESSAGES = ("sms", "push", "wecom", "phone")
_DTYPES = {"count": "Int64", "days": "Int64", "flag": "boolean", "code": "str"}  # all others float64
_NONE = {"count": 0, "yuan": 0.0, "flag": False}


@cache
def listing() -> pd.DataFrame:
    """Every fact: source table, kind, values of a code, what stands for a customer without a record, meaning zh and en."""
    return pd.read_csv(CATALOGUES / "facts.csv", encoding="utf-8-sig", dtype="str", keep_default_na=False).set_index(
        "fact"
    )


def facts(tables: Mapping | str | Path, as_of) -> pd.DataFrame:
    """The fact table of a company on a day.

    Parameters
    ----------
    tables : table name -> pandas frame, DuckDB relation, PySpark frame or path; or a company (see :func:`data.load`).
        A table that is not there leaves its facts out. Where both ``babies`` and ``consents`` are there, only families
        that agreed to the use of baby data have facts of the baby.
    as_of : reference day; later rows do not exist yet.

    Returns
    -------
    DataFrame sorted by customer_id: customer_id and the facts of :func:`listing` in its order, typed by kind (count and
    days Int64, flag boolean, code str, else float64). Customers are the members who had joined by then; without the
    table ``members``, whoever is in the first table that is there.
    """
    if not isinstance(tables, Mapping):
        tables = {name: data.load(tables, name) for name in data.tables(tables) if name in _NEEDED}
    end = pd.Timestamp(as_of).normalize() + pd.Timedelta(days=1)
    if "babies" in tables and "consents" in tables:
        agreed = lazy(tables["consents"]).filter(
            nw.col("purpose") == "baby_data", valid("granted_at", "withdrawn_at", end)
        )
        babies = collect(lazy(tables["babies"]))
        tables = {**tables, "babies": babies[babies["customer_id"].isin(collect(agreed)["customer_id"])]}
    parts = {
        name: make(tables, end) for name, (make, *needed) in _SOURCES.items() if all(each in tables for each in needed)
    }
    people = next(iter(parts.values())).index
    columns = {}
    for fact, row in listing().iterrows():
        if fact in parts.get(row["source"], ()):
            values = parts[row["source"]][fact].reindex(people).astype(_DTYPES.get(row["kind"], "float64"))
            columns[fact] = values.fillna(_NONE[row["kind"]]) if row["if_none"] else values
    return pd.DataFrame(columns, index=people.rename("customer_id")).sort_index().reset_index()


def _events(tables, end) -> pd.DataFrame:
    windows = {"visits_30d": ("visit", 30), "reads_90d": ("read", 90), "check_ins_30d": ("check_in", 30)}
    windows |= {
        "shares_90d": ("share", 90),
        "growth_curve_90d": ("growth_curve", 90),
        "ask_expert_90d": ("ask_expert", 90),
    }
    counts = {name: (nw.col("event") == event) & since("at", end, days=days) for name, (event, days) in windows.items()}
    contents = collect(lazy(tables["contents"]))
    for scene, rows in contents.groupby("scene", sort=False):
        hit = (nw.col("event") == "read") & nw.col("object_id").is_in(rows["content_id"].tolist())
        counts[f"_scene_{scene}"] = hit & since("at", end, days=180)
    table = reduce(
        tables["events"], end, "at", counts, last={"_seen": ~nw.col("event").is_in(["unsubscribe", "complaint"])}
    )
    table["silent_days"] = days_to(table["_seen"], end)
    table["top_scene"] = top(table, "_scene_", least=2)
    return table


def _touches(tables, end) -> pd.DataFrame:
    reached, clicked = (
        nw.col("delivered") == 1,
        ~nw.col("clicked_at").is_null() & (nw.col("clicked_at") < moment(end)),
    )
    opened = ~nw.col("opened_at").is_null() & (nw.col("opened_at") < moment(end))
    within = {days: since("sent_at", end, days=days) for days in (7, 30, 90, 180)}
    marketing = reached & (nw.col("purpose") == "marketing")
    counts = {
        "messages_7d": marketing & within[7],
        "messages_30d": marketing & within[30],
        "_sent_180d": reached & within[180],
        "opens_180d": opened & within[180],
        "price_clicks_180d": clicked & within[180] & (nw.col("price_message") == 1),
        "other_clicks_180d": clicked & within[180] & (nw.col("price_message") == 0),
        "opt_outs": nw.col("opted_out") == 1,
        **{f"_on_{name}": opened & within[180] & (nw.col("channel") == name) for name in MESSAGES},
    }
    table = reduce(tables["touches"], end, "sent_at", counts)
    table["open_rate"] = table["opens_180d"] / table["_sent_180d"].where(table["_sent_180d"] >= 3)
    table["liked_channel"] = top(table, "_on_", least=2)
    return table


def _coupons(tables, end) -> pd.DataFrame:
    paid = collect(
        lazy(tables["orders"])
        .filter(~nw.col("coupon_id").is_null(), nw.col("paid_at") < moment(end))
        .select("coupon_id")
    )
    coupons = collect(lazy(tables["coupons"]).filter(nw.col("issued_at") < moment(end)))
    today = end - pd.Timedelta(days=1)
    used = coupons["coupon_id"].isin(paid["coupon_id"])
    open_ = ~used & (coupons["expires_on"] >= today)
    flags = pd.DataFrame({
        "coupons": 1,
        "coupons_used": used,
        "coupons_open": open_,
        "coupons_ending_7d": open_ & (coupons["expires_on"] <= today + pd.Timedelta(days=7)),
        "_over": used | (coupons["expires_on"] < today),
    })
    table = flags.astype(int).groupby(coupons["customer_id"]).sum()
    table["coupon_use_share"] = table["coupons_used"] / table["_over"].where(table["_over"] > 0)
    return table


def _members(tables, end) -> pd.DataFrame:
    members = collect(lazy(tables["members"]).filter(nw.col("joined_at") < moment(end))).set_index("customer_id")
    today = end - pd.Timedelta(days=1)
    codes = ["join_channel", "city_tier", "gender", "household_role", "joining_motive"]
    table = members[[name for name in codes if name in members]].copy()
    table["days_since_joined"] = days_to(members["joined_at"], end)
    table["age"] = today.year - members["birth_year"]
    day = pd.to_datetime(
        members["birthday_md"].replace("02-29", "02-28").map(lambda md: f"{today.year}-{md}", na_action="ignore")
    )
    ahead = (day - today).dt.days
    table["days_to_birthday"] = ahead.where(ahead >= 0, ahead + 365)
    table["referred"] = members["referrer_id"].notna()
    return table


def _babies(tables, end) -> pd.DataFrame:
    babies, today = collect(lazy(tables["babies"])), end - pd.Timedelta(days=1)
    born = babies[babies["born_on"] <= today].sort_values("born_on").groupby("customer_id")
    table = lifecycle.baby_months(babies, today).to_frame()
    table["children"] = born.size()
    table["feeding"] = born["feeding"].last()
    return table


def _consents(tables, end) -> pd.DataFrame:
    holds = valid("granted_at", "withdrawn_at", end)
    marketing = holds & (nw.col("purpose") == "marketing")
    counts = {f"may_{name}": marketing & (nw.col("channel") == name) for name in MESSAGES}
    counts["serve_wecom"] = holds & (nw.col("purpose") == "service") & (nw.col("channel") == "wecom")
    counts["baby_data"] = holds & (nw.col("purpose") == "baby_data")
    table = reduce(tables["consents"], end, "granted_at", counts) > 0
    table["marketing_channels"] = table[[f"may_{name}" for name in MESSAGES]].sum(axis=1)
    return table


def _contacts(tables, end) -> pd.DataFrame:
    return (
        reduce(tables["wecom_contacts"], end, "added_at", {"wecom_contact": valid("added_at", "deleted_at", end)}) > 0
    )


def _levels(tables, end) -> pd.DataFrame:
    table = collect(lazy(tables["level_history"]).filter(valid("from", "to", end))).set_index("customer_id")[["level"]]
    levels = collect(lazy(tables["levels"])).set_index("level")["threshold"]
    return table.assign(next_threshold=(table["level"] + 1).map(levels))


def _points(tables, end) -> pd.DataFrame:
    points, earned = nw.col("points"), nw.col("points") > 0
    soon = earned & (nw.col("expires_on") < moment(end + pd.Timedelta(days=60)))
    sums = {
        "points": points,
        "_due": nw.when(soon).then(points).otherwise(0),
        "_gone": nw.when(earned).then(0).otherwise(points),
    }
    table = reduce(tables["points_ledger"], end, "at", sums=sums)
    # points that end first are used first: what falls due in 60 days less all that was ever used or has ended
    table["points_ending_60d"] = (table["_due"] + table["_gone"]).clip(lower=0)
    return table


def _invites(tables, end) -> pd.DataFrame:
    accepted = ~nw.col("accepted_at").is_null() & (nw.col("accepted_at") < moment(end))
    counts = {
        "invites_12m": since("sent_at", end, months=12),
        "brought": accepted,
        "community_invites": ~nw.col("community_id").is_null(),
    }
    return reduce(tables["invites"], end, "sent_at", counts, key="inviter_id")


def _surveys(tables, end) -> pd.DataFrame:
    answers = collect(lazy(tables["surveys"]).filter(nw.col("answered_at") < moment(end)))
    return answers.sort_values("answered_at").groupby("customer_id")[["nps"]].last()


def _tickets(tables, end) -> pd.DataFrame:
    done = ~nw.col("resolved_at").is_null() & (nw.col("resolved_at") < moment(end))
    return reduce(
        tables["tickets"], end, "opened_at", {"tickets_180d": since("opened_at", end, days=180), "tickets_open": ~done}
    )


# source of a fact -> its maker, and the tables it needs; whoever is in the first one that is there is a customer
_SOURCES = {
    "members": (_members, "members"),
    "orders": (of_orders, "orders"),
    "lines": (of_lines, "orders", "order_lines", "products"),
    "events": (_events, "events", "contents"),
    "touches": (_touches, "touches"),
    "coupons": (_coupons, "coupons", "orders"),
    "babies": (_babies, "babies"),
    "consents": (_consents, "consents"),
    "contacts": (_contacts, "wecom_contacts"),
    "levels": (_levels, "level_history", "levels"),
    "points": (_points, "points_ledger"),
    "invites": (_invites, "invites"),
    "surveys": (_surveys, "surveys"),
    "tickets": (_tickets, "tickets"),
}
_NEEDED = {name for _, *needed in _SOURCES.values() for name in needed} | {"consumption"}
