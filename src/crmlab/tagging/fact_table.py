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

from crmlab import data, lifecycle, rfm
from crmlab.engine import collect, lazy
from crmlab.orders import COUNTED

CATALOGUES = Path(__file__).parents[1] / "tag_catalogues"
CHANNELS = ("store", "mini_program", "consultant", "marketplace", "app", "counter")  # of orders
MESSAGES = ("sms", "push", "wecom", "phone")
CATEGORIES = ("formula", "adult_milk", "food", "care", "coffee", "tea")
WEEKS = 8
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
            nw.col("purpose") == "baby_data", _valid("granted_at", "withdrawn_at", end)
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


def _since(time: str, end: pd.Timestamp, **window) -> nw.Expr:
    """Whether a time lies in the last days (or calendar months) before `end`."""
    return nw.col(time) >= (end - pd.DateOffset(**window)).to_pydatetime()


def _reduce(source, end, time, counts=None, sums=None, last=None, first=None, key="customer_id") -> pd.DataFrame:
    """One pass over rows before `end`: counts and last/first are name -> condition, sums are name -> number."""
    rows = lazy(source).filter(nw.col(time) < end.to_pydatetime(), ~nw.col(key).is_null())
    counts, sums, last, first = (each or {} for each in (counts, sums, last, first))
    numbers = {name: nw.when(each).then(1).otherwise(0) for name, each in counts.items()} | sums
    times = {name: nw.when(each).then(nw.col(time)) for name, each in {**last, **first}.items()}
    reduced = rows.select(key, **numbers, **times).group_by(key)
    reduced = reduced.agg(nw.col(*numbers).sum(), *map(nw.max, last), *map(nw.min, first))
    # DuckDB sums whole numbers into 128 bits
    return collect(reduced.with_columns(nw.col(*counts).cast(nw.Int64))).set_index(key).rename_axis("customer_id")


def _days(times: pd.Series, end: pd.Timestamp) -> pd.Series:
    """Whole days from the date of a time to the reference day (the day before `end`)."""
    return (end - pd.Timedelta(days=1) - times.dt.normalize()).dt.days


def _top(table: pd.DataFrame, prefix: str, least: float = 1) -> pd.Series:
    """Which of the columns that begin with `prefix` is largest (the first of equals); blank below `least`."""
    part = table[[name for name in table if name.startswith(prefix)]]
    return part.idxmax(axis=1).str.removeprefix(prefix).where(part.max(axis=1) >= least)


def _orders(tables, end) -> pd.DataFrame:
    orders, column = tables["orders"], nw.col
    has = set(lazy(orders).collect_schema().names())
    counted = column("status").is_in(sorted(COUNTED)) & (column("amount") > 0)
    year, hour = _since("paid_at", end, months=12), column("paid_at").dt.hour()

    def money(name, when=counted):
        return nw.when(when).then(column(name).cast(nw.Float64)).otherwise(0.0)

    # a credit note (amount below 0) lowers the money and is no purchase, as in rfm.summary
    kept = counted | (column("amount") < 0)
    half = (end - pd.Timedelta(days=1)).to_period("Q").start_time
    half = half if half.month in {1, 7} else half - pd.DateOffset(months=3)
    counts = {
        "orders": counted,
        "orders_30d": counted & _since("paid_at", end, days=30),
        "orders_90d": counted & _since("paid_at", end, days=90),
        "orders_180d": counted & _since("paid_at", end, days=180),
        "orders_12m": counted & year,
        "_morning": counted & year & (hour >= 5) & (hour < 11),
        "_afternoon": counted & year & (hour >= 13) & (hour < 18),
        "_weekend": counted & year & (column("paid_at").dt.weekday() >= 6),
    }
    for week in range(WEEKS):
        young = _since("paid_at", end, days=7 * week + 7)
        counts[f"_week{week}"] = counted & young & (~_since("paid_at", end, days=7 * week) if week else young)
    if "coupon_id" in has:
        counts["coupon_orders_12m"] = counted & year & ~column("coupon_id").is_null()
    if "refund" in has:
        counts["refunds_12m"] = year & (column("refund").cast(nw.Float64) > 0)
    if {"promised_at", "delivered_at"} <= has:
        late = column("delivered_at") > column("promised_at")
        counts["late_180d"] = counted & late & _since("paid_at", end, days=180)
    if "channel" in has:
        counts |= {f"_by_{name}": counted & year & (column("channel") == name) for name in CHANNELS}
    sums = {
        "amount": money("amount", kept),
        "amount_12m": money("amount", kept & year),
        "amount_half_year": money("amount", kept & (column("paid_at") >= half.to_pydatetime())),
    }
    if {"discount", "gross"} <= has:
        sums |= {"_discount": money("discount", counted & year), "_gross": money("gross", counted & year)}
    table = _reduce(orders, end, "paid_at", counts, sums, {"_last": counted}, {"_first": counted})
    table = table[table["orders"] > 0].sort_index()
    money_columns = ["amount", "amount_12m", "amount_half_year"]
    table[money_columns] = table[money_columns].astype("float64").round(2)
    table["recency_days"], table["days_since_first"] = _days(table["_last"], end), _days(table["_first"], end)
    table["mean_amount"] = table["amount"] / table["orders"]
    span = table["days_since_first"] - table["recency_days"]
    table["gap_days"] = (span / (table["orders"] - 1)).where((table["orders"] >= 3) & (span > 0))
    table["late_times"] = table["recency_days"] / table["gap_days"]
    table["orders_before_90d"] = table["orders_180d"] - table["orders_90d"]
    for part in ("morning", "afternoon", "weekend"):
        table[f"{part}_share"] = table[f"_{part}"] / table["orders_12m"].where(table["orders_12m"] > 0)
    weeks = table[[f"_week{week}" for week in range(WEEKS)]].to_numpy() > 0
    table["weeks_active"], table["week_streak"] = weeks.sum(axis=1), weeks.cumprod(axis=1).sum(axis=1)
    if "_gross" in table:
        table["discount_share"] = table["_discount"] / table["_gross"].where(table["_gross"] > 0)
    if "_by_store" in table:
        table["main_channel"] = _top(table, "_by_")
        table["order_channels"] = (table[[f"_by_{name}" for name in CHANNELS]] > 0).sum(axis=1)
    measures = table.reset_index()[["customer_id", "recency_days", "orders", "amount"]]
    scored = rfm.score(measures.set_axis(["customer_id", *rfm.MEASURES], axis=1)) if len(measures) else None
    names = {"r": "r", "f": "f", "m": "m", "code": "rfm_code", "segment": "rfm_segment"}
    return table if scored is None else table.join(scored.set_index("customer_id")[list(names)].rename(columns=names))


def _lines(tables, end) -> pd.DataFrame:
    counts = (
        nw.col("status").is_in(sorted(COUNTED)) & (nw.col("amount") > 0) & (nw.col("paid_at") < end.to_pydatetime())
    )
    orders = collect(
        lazy(tables["orders"]).filter(counts).select("order_id", "customer_id", "paid_at", "amount", "status")
    )
    products = collect(lazy(tables["products"]).select("sku", "category", "stage", "price_tier"))
    lines_read = collect(lazy(tables["order_lines"]))
    lines = lines_read.merge(orders, on="order_id").merge(products, on="sku")
    year = lines[(lines["paid_at"] >= end - pd.DateOffset(months=12)) & (lines["category"] != "gift")]
    items = year.pivot_table(index="customer_id", columns="category", values="quantity", aggfunc="sum", fill_value=0)
    table = items.reindex(lines["customer_id"].unique(), fill_value=0).reindex(columns=CATEGORIES, fill_value=0)
    table = table.add_prefix("items_").rename_axis("customer_id")
    value = year["quantity"] * year["unit_price"]
    premium = value.where(year["price_tier"] == "premium", 0).groupby(year["customer_id"]).sum()
    table["premium_share"] = premium / value.groupby(year["customer_id"]).sum()
    tier = table["premium_share"].ge(0.5).map({True: "premium", False: "value"})
    table["price_tier"] = tier.where(table["premium_share"].notna())
    table["top_category"] = _top(table, "items_")
    formula = lines[lines["category"] == "formula"]
    table["last_stage"] = formula.sort_values(["paid_at", "stage"]).groupby("customer_id")["stage"].last()
    if "babies" in tables and "consumption" in tables:
        rest = (collect(lazy(tables[name])) for name in ("babies", "consumption"))
        table["days_left"] = -lifecycle.run_out(orders, lines_read, products, *rest, end - pd.Timedelta(days=1)).round()
    return table


def _valid(start: str, stop: str, end: pd.Timestamp) -> nw.Expr:
    """Whether a record that runs from `start` to `stop` (blank: open) holds at the end of the reference day."""
    at = end.to_pydatetime()
    return (nw.col(start) < at) & (nw.col(stop).is_null() | (nw.col(stop) >= at))


def _events(tables, end) -> pd.DataFrame:
    windows = {"visits_30d": ("visit", 30), "reads_90d": ("read", 90), "check_ins_30d": ("check_in", 30)}
    windows |= {
        "shares_90d": ("share", 90),
        "growth_curve_90d": ("growth_curve", 90),
        "ask_expert_90d": ("ask_expert", 90),
    }
    counts = {
        name: (nw.col("event") == event) & _since("at", end, days=days) for name, (event, days) in windows.items()
    }
    contents = collect(lazy(tables["contents"]))
    for scene, rows in contents.groupby("scene", sort=False):
        hit = (nw.col("event") == "read") & nw.col("object_id").is_in(rows["content_id"].tolist())
        counts[f"_scene_{scene}"] = hit & _since("at", end, days=180)
    table = _reduce(
        tables["events"], end, "at", counts, last={"_seen": ~nw.col("event").is_in(["unsubscribe", "complaint"])}
    )
    table["silent_days"] = _days(table["_seen"], end)
    table["top_scene"] = _top(table, "_scene_", least=2)
    return table


def _touches(tables, end) -> pd.DataFrame:
    reached, clicked = (
        nw.col("delivered") == 1,
        ~nw.col("clicked_at").is_null() & (nw.col("clicked_at") < end.to_pydatetime()),
    )
    opened = ~nw.col("opened_at").is_null() & (nw.col("opened_at") < end.to_pydatetime())
    within = {days: _since("sent_at", end, days=days) for days in (7, 30, 90, 180)}
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
    table = _reduce(tables["touches"], end, "sent_at", counts)
    table["open_rate"] = table["opens_180d"] / table["_sent_180d"].where(table["_sent_180d"] >= 3)
    table["liked_channel"] = _top(table, "_on_", least=2)
    return table


def _coupons(tables, end) -> pd.DataFrame:
    paid = collect(
        lazy(tables["orders"])
        .filter(~nw.col("coupon_id").is_null(), nw.col("paid_at") < end.to_pydatetime())
        .select("coupon_id")
    )
    coupons = collect(lazy(tables["coupons"]).filter(nw.col("issued_at") < end.to_pydatetime()))
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
    members = collect(lazy(tables["members"]).filter(nw.col("joined_at") < end.to_pydatetime())).set_index(
        "customer_id"
    )
    today = end - pd.Timedelta(days=1)
    codes = ["join_channel", "city_tier", "gender", "household_role", "joining_motive"]
    table = members[[name for name in codes if name in members]].copy()
    table["days_since_joined"] = _days(members["joined_at"], end)
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
    holds = _valid("granted_at", "withdrawn_at", end)
    marketing = holds & (nw.col("purpose") == "marketing")
    counts = {f"may_{name}": marketing & (nw.col("channel") == name) for name in MESSAGES}
    counts["serve_wecom"] = holds & (nw.col("purpose") == "service") & (nw.col("channel") == "wecom")
    counts["baby_data"] = holds & (nw.col("purpose") == "baby_data")
    table = _reduce(tables["consents"], end, "granted_at", counts) > 0
    table["marketing_channels"] = table[[f"may_{name}" for name in MESSAGES]].sum(axis=1)
    return table


def _contacts(tables, end) -> pd.DataFrame:
    return (
        _reduce(tables["wecom_contacts"], end, "added_at", {"wecom_contact": _valid("added_at", "deleted_at", end)}) > 0
    )


def _levels(tables, end) -> pd.DataFrame:
    table = collect(lazy(tables["level_history"]).filter(_valid("from", "to", end))).set_index("customer_id")[["level"]]
    levels = collect(lazy(tables["levels"])).set_index("level")["threshold"]
    return table.assign(next_threshold=(table["level"] + 1).map(levels))


def _points(tables, end) -> pd.DataFrame:
    points, earned = nw.col("points"), nw.col("points") > 0
    soon = earned & (nw.col("expires_on") < (end + pd.Timedelta(days=60)).to_pydatetime())
    sums = {
        "points": points,
        "_due": nw.when(soon).then(points).otherwise(0),
        "_gone": nw.when(earned).then(0).otherwise(points),
    }
    table = _reduce(tables["points_ledger"], end, "at", sums=sums)
    # points that end first are used first: what falls due in 60 days less all that was ever used or has ended
    table["points_ending_60d"] = (table["_due"] + table["_gone"]).clip(lower=0)
    return table


def _invites(tables, end) -> pd.DataFrame:
    accepted = ~nw.col("accepted_at").is_null() & (nw.col("accepted_at") < end.to_pydatetime())
    counts = {
        "invites_12m": _since("sent_at", end, months=12),
        "brought": accepted,
        "community_invites": ~nw.col("community_id").is_null(),
    }
    return _reduce(tables["invites"], end, "sent_at", counts, key="inviter_id")


def _surveys(tables, end) -> pd.DataFrame:
    answers = collect(lazy(tables["surveys"]).filter(nw.col("answered_at") < end.to_pydatetime()))
    return answers.sort_values("answered_at").groupby("customer_id")[["nps"]].last()


def _tickets(tables, end) -> pd.DataFrame:
    done = ~nw.col("resolved_at").is_null() & (nw.col("resolved_at") < end.to_pydatetime())
    return _reduce(
        tables["tickets"], end, "opened_at", {"tickets_180d": _since("opened_at", end, days=180), "tickets_open": ~done}
    )


# source of a fact -> its maker, and the tables it needs; whoever is in the first one that is there is a customer
_SOURCES = {
    "members": (_members, "members"),
    "orders": (_orders, "orders"),
    "lines": (_lines, "orders", "order_lines", "products"),
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
