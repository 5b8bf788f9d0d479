"""The indicators of the 4D scorecard: which columns each needs, and how it is counted customer by customer.

Every indicator has a definition card ``fourd_<name>``. All look at rows up to the reference day only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.orders import counted_orders

NEEDS = ("control", "comfort", "safety", "care", "belonging", "joy", "achievement", "anticipation")
BENEFITS = ("function_benefit", "emotion_benefit", "relation_benefit")
COSTS = ("time_cost", "learning_cost", "opportunity_cost", "switching_cost", "addon_cost")
KEY_FIELDS = ("gender", "birthday_md", "birth_year", "household_role")
QUARTER, YEAR = 90, 365  # days looked back: behaviour and messages; surveys and tags
TOO_MANY = 3  # marketing messages in seven days beyond which a customer is over-contacted


@dataclass(frozen=True)
class Indicator:
    """``people(tables, as_of)`` gives numbers by customer_id; ``value`` makes the indicator of their sums.

    ``zero`` and ``hundred``: the values that earn 0 and 100 points; where zero is above hundred, less is better.
    """

    d: str
    needs: tuple[str, ...]
    zero: float
    hundred: float
    people: Callable[[Mapping[str, pd.DataFrame], pd.Timestamp], pd.DataFrame]
    value: Callable[[np.ndarray], np.ndarray] = lambda sums: sums[..., 0] / sums[..., 1]


INDICATORS: dict[str, Indicator] = {}


def _indicator(d: str, needs: Iterable[str], zero: float, hundred: float, **more):
    def add(people):
        INDICATORS[people.__name__.strip("_")] = Indicator(d, tuple(needs), zero, hundred, people, **more)
        return people

    return add


def _columns(table: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in ("customer_id", *names))


def _ratio(customers: pd.Series, hit, base=1.0) -> pd.DataFrame:
    """Numerator and denominator of a share, added up by customer; unknown customers are left out."""
    rows = pd.DataFrame({"top": np.asarray(hit, dtype=float), "base": base})
    return rows.groupby(customers.to_numpy()).sum()


def within(at: pd.Series, as_of: pd.Timestamp, days: int) -> pd.Series:
    """Whether ``at`` falls on one of the last ``days`` days up to and including the reference day."""
    end = as_of + pd.Timedelta(days=1)
    return (at >= end - pd.Timedelta(days=days)) & (at < end)


def in_force(at: pd.Series, as_of: pd.Timestamp) -> pd.Series:
    return at < as_of + pd.Timedelta(days=1)


def _latest(answers: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Each customer's latest answer of the last year."""
    kept = answers[within(answers["answered_at"], as_of, YEAR)]
    return kept.sort_values("answered_at").drop_duplicates("customer_id", keep="last")


# ---- Demand


def _boxes(answers: pd.DataFrame) -> pd.DataFrame:
    """For each need in turn: answered, marked important (4 or 5), marked satisfied (4 or 5)."""
    parts = {}
    for need in NEEDS:
        both = answers[[f"{need}_importance", f"{need}_satisfaction"]].astype("float64")
        full = both.notna().all(axis=1)
        parts[need, "n"] = full.astype(float)
        parts[need, "importance"] = (full & (both.iloc[:, 0] >= 4)).astype(float)
        parts[need, "satisfaction"] = (full & (both.iloc[:, 1] >= 4)).astype(float)
    return pd.DataFrame(parts)


def _ulwick(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Importance, satisfaction (ten times the top-two-box share) and opportunity I + max(I - S, 0) of each need."""
    three = sums.reshape(*sums.shape[:-1], len(NEEDS), 3)
    importance, satisfaction = (10 * three[..., i] / three[..., 0] for i in (1, 2))
    return importance, satisfaction, importance + np.maximum(importance - satisfaction, 0)


_NEED_COLUMNS = [f"{need}_{side}" for need in NEEDS for side in ("importance", "satisfaction")]


@_indicator(
    "demand", _columns("surveys", "answered_at", *_NEED_COLUMNS), 15, 10, value=lambda sums: _ulwick(sums)[2].max(-1)
)
def _opportunity(tables, as_of):
    answers = _latest(tables["surveys"], as_of)
    return _boxes(answers).set_axis(answers["customer_id"])


@_indicator("demand", _columns("members", "joining_motive"), 0.3, 0.9)
def _need_known(tables, as_of):
    return _ratio(tables["members"]["customer_id"], tables["members"]["joining_motive"].notna())


@_indicator("demand", [*_columns("babies", "born_on"), "members.customer_id"], 0.5, 1.0)
def _stage_known(tables, as_of):
    known = tables["babies"].loc[tables["babies"]["born_on"].notna(), "customer_id"]
    return _ratio(tables["members"]["customer_id"], tables["members"]["customer_id"].isin(known))


@_indicator("demand", _columns("surveys", "answered_at", "must_have"), 0.2, 0.6)
def _must_have(tables, as_of):
    answers = _latest(tables["surveys"], as_of).dropna(subset=["must_have"])
    return _ratio(answers["customer_id"], answers["must_have"].eq("very_disappointed"))


def opportunities(surveys: pd.DataFrame, as_of, by: pd.Series | None = None) -> pd.DataFrame:
    """Opportunity scores by Ulwick: which need matters and is not met, over all or in each segment.

    ``by``: a segment for each customer_id. Columns: (segment), need, n, importance, satisfaction (0..10: ten times the
    share who mark 4 or 5), opportunity = importance + max(importance - satisfaction, 0), largest first.
    """
    answers = _latest(surveys, pd.Timestamp(as_of).normalize())
    segment = pd.Series("", index=answers.index) if by is None else answers["customer_id"].map(by)
    parts = []
    for name, sums in _boxes(answers).groupby(segment).sum().iterrows():
        importance, satisfaction, opportunity = _ulwick(sums.to_numpy())
        part = pd.DataFrame({
            "need": NEEDS,
            "n": sums.to_numpy()[::3].astype(int),
            "importance": importance,
            "satisfaction": satisfaction,
            "opportunity": opportunity,
        })
        part.insert(0, "segment", name)
        parts.append(part.sort_values("opportunity", ascending=False))
    table = pd.concat(parts, ignore_index=True)
    return table.drop(columns="segment") if by is None else table


# ---- Data


@_indicator("data", _columns("members", *KEY_FIELDS), 0.5, 1.0)
def _complete(tables, as_of):
    fields = tables["members"][list(KEY_FIELDS)]
    filled = (fields.notna() & fields.ne("unknown")).sum(axis=1)
    return _ratio(tables["members"]["customer_id"], filled, base=float(len(KEY_FIELDS)))


@_indicator("data", ["members.customer_id", *_columns("orders", "paid_at"), *_columns("events", "at")], 0.2, 0.8)
def _fresh(tables, as_of):
    orders, events = tables["orders"], tables["events"]
    seen = [
        orders.loc[within(orders["paid_at"], as_of, QUARTER), "customer_id"],
        events.loc[within(events["at"], as_of, QUARTER), "customer_id"],
    ]
    return _ratio(tables["members"]["customer_id"], tables["members"]["customer_id"].isin(pd.concat(seen)))


@_indicator("data", ["members.customer_id", *_columns("consents", "purpose", "granted_at", "withdrawn_at")], 0.5, 0.95)
def _consent(tables, as_of):
    grants = tables["consents"]
    standing = in_force(grants["granted_at"], as_of) & ~in_force(grants["withdrawn_at"], as_of)
    yes = grants.loc[standing & grants["purpose"].eq("marketing"), "customer_id"]
    return _ratio(tables["members"]["customer_id"], tables["members"]["customer_id"].isin(yes))


@_indicator("data", ["members.customer_id", *_columns("identities", "system", "matched_at")], 0.5, 0.95)
def _matched(tables, as_of):
    links = tables["identities"][in_force(tables["identities"]["matched_at"], as_of)]
    systems = links.groupby("customer_id")["system"].nunique().reindex(tables["members"]["customer_id"])
    return _ratio(tables["members"]["customer_id"], systems >= 2)


@_indicator("data", ["members.customer_id", *_columns("manual_tags", "tag", "tagged_at")], 0.0, 0.6)
def _tagged(tables, as_of):
    tags = tables["manual_tags"]
    fresh = tags.loc[within(tags["tagged_at"], as_of, YEAR), "customer_id"]
    return _ratio(tables["members"]["customer_id"], tables["members"]["customer_id"].isin(fresh))


# ---- Deliver


@_indicator("deliver", _columns("perceived_value", "answered_at", *BENEFITS, *COSTS), 0, 2)
def _value_gap(tables, as_of):
    answers = _latest(tables["perceived_value"], as_of).dropna(subset=[*BENEFITS, *COSTS])
    gap = answers[list(BENEFITS)].mean(axis=1) - answers[list(COSTS)].mean(axis=1)
    return _ratio(answers["customer_id"], gap)


@_indicator("deliver", _columns("orders", "promised_at", "delivered_at"), 0.7, 0.98)
def _promise(tables, as_of):
    due = tables["orders"][within(tables["orders"]["promised_at"], as_of, QUARTER)]
    return _ratio(due["customer_id"], due["delivered_at"] <= due["promised_at"])  # not arrived yet: broken


@_indicator("deliver", _columns("surveys", "answered_at", "satisfaction"), 0.3, 0.8)
def _satisfied(tables, as_of):
    answers = _latest(tables["surveys"], as_of).dropna(subset=["satisfaction"])
    return _ratio(answers["customer_id"], answers["satisfaction"] >= 4)


@_indicator("deliver", _columns("tickets", "opened_at", "resolved_at"), 0.5, 0.95)
def _resolved(tables, as_of):
    cases = tables["tickets"]
    cases = cases[within(cases["opened_at"], as_of - pd.Timedelta(days=1), QUARTER)]  # each had its 24 hours
    return _ratio(cases["customer_id"], cases["resolved_at"] - cases["opened_at"] <= pd.Timedelta(hours=24))


@_indicator("deliver", _columns("orders", "paid_at", "amount", "status"), 0.2, 0.8)
def _came_back(tables, as_of):
    counted = counted_orders(tables["orders"])
    now = counted.loc[within(counted["paid_at"], as_of, QUARTER), "customer_id"]
    before = counted.loc[within(counted["paid_at"], as_of - pd.Timedelta(days=QUARTER), QUARTER), "customer_id"]
    before = before.drop_duplicates()
    return _ratio(before, before.isin(now))


# ---- Dynamic


def arrived(touches: pd.DataFrame, as_of, days: int = QUARTER) -> pd.DataFrame:
    """The messages of the last ``days`` days that reached a phone."""
    return touches[within(touches["sent_at"], pd.Timestamp(as_of).normalize(), days) & touches["delivered"].eq(1)]


_MESSAGE = _columns("touches", "sent_at", "delivered")


@_indicator("dynamic", [*_MESSAGE, "touches.triggered_at"], 0.0, 0.5)
def _triggered(tables, as_of):
    messages = arrived(tables["touches"], as_of)
    return _ratio(messages["customer_id"], messages["triggered_at"].notna())


@_indicator("dynamic", [*_MESSAGE, "touches.triggered_at"], 0.2, 0.9)
def _quick(tables, as_of):
    messages = arrived(tables["touches"], as_of).dropna(subset=["triggered_at"])
    return _ratio(messages["customer_id"], messages["sent_at"] - messages["triggered_at"] <= pd.Timedelta(hours=24))


@_indicator("dynamic", [*_MESSAGE, "touches.channel"], 1.0, 2.0)
def _channels(tables, as_of):
    used = arrived(tables["touches"], as_of).groupby("customer_id")["channel"].nunique().reset_index()
    return _ratio(used["customer_id"], used["channel"])


def over_contacted(touches: pd.DataFrame, as_of, days: int = QUARTER, most: int = TOO_MANY) -> pd.Series:
    """Whether a customer got more than ``most`` marketing messages within seven days, by customer_id.

    Only customers with a message (any purpose) that arrived in the last ``days`` days are listed.
    """
    messages = arrived(touches, as_of, days)
    sent = messages[messages["purpose"].eq("marketing")].sort_values("sent_at")
    earlier = sent.groupby("customer_id")["sent_at"].shift(most)  # the message so many before this one
    too_many = (sent["sent_at"] - earlier < pd.Timedelta(days=7)).groupby(sent["customer_id"]).any()
    return too_many.reindex(np.sort(messages["customer_id"].unique()), fill_value=False)


@_indicator("dynamic", [*_MESSAGE, "touches.purpose"], 0.2, 0.0)
def _over_contact(tables, as_of):
    often = over_contacted(tables["touches"], as_of)
    return _ratio(often.index.to_series(), often)
