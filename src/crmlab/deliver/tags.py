"""Tags of a catalogue for the customers of a report: what their orders can tell, and which of it may go to WeCom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from crmlab import tagging, winback
from crmlab.language import language, say, t
from crmlab.recall import BABY_MONTHS, baby_months
from crmlab.tagging import rules
from crmlab.tagging.order_facts import CHANNELS
from crmlab.text import plain

SCORES = {"r": "r", "f": "f", "m": "m", "code": "rfm_code", "segment": "rfm_segment"}


@dataclass(frozen=True)
class Tagged:
    """rules : the rows of the catalogue that could be computed. tags : `crmlab.tagging.tag` of them. missing : tag -> the
    facts that the orders do not tell. customers : how many were tagged."""

    rules: pd.DataFrame
    tags: pd.DataFrame
    missing: dict[str, list[str]]
    catalogue: pd.DataFrame
    customers: int


def of_orders(h) -> Tagged | None:
    """Every customer of the report by every rule that orders alone can answer; None without customers or a catalogue."""
    if not h.by_customer or h.catalogue is None:
        return None
    facts = _facts(h)
    missing = {
        row.tag: gone
        for row in h.catalogue.itertuples()
        if (gone := [name for name in rules.columns(row.rule) if name not in facts])
    }
    kept = h.catalogue[~h.catalogue["tag"].isin(missing)].reset_index(drop=True)
    tags = tagging.tag(facts, kept, h.as_of)
    return Tagged(kept, tags, missing, h.catalogue, len(facts))


def _facts(h) -> pd.DataFrame:
    """The facts of orders, without those that rest on a column the file does not have; scores as in this report."""
    orders, known = h.orders, set(h.imported.report["columns"])
    unknown = [name for name in ("refund", "discount") if name not in known]
    if "channel" in orders and not orders["channel"].dropna().isin(CHANNELS).all():
        unknown.append("channel")  # the shop's own words: nobody told us which channel they mean
    facts = tagging.facts({"orders": orders.drop(columns=unknown)}, h.as_of)
    times = h.counted["paid_at"]
    if (times == times.dt.normalize()).all():  # days without hours
        facts = facts.drop(columns=["morning_share", "afternoon_share"])
    return facts.drop(columns=list(SCORES.values())).merge(
        h.scored[["customer_id", *SCORES]].rename(columns=SCORES), on="customer_id"
    )


def coverage(tagged: Tagged) -> pd.DataFrame:
    """How many customers have each tag, most first: tag_group, tag_name, customers, share (0..1), tag_use (in words)."""
    table = tagging.coverage(tagged.tags, tagged.customers).merge(_named(tagged.rules), on="tag")
    table = table.assign(tag_use=table["use"].map(lambda use: t(f"use_{use}"))).rename(columns={"group": "tag_group"})
    table = table[["tag_group", "tag_name", "customers", "share", "tag_use"]]
    return table.sort_values("customers", ascending=False, kind="stable", ignore_index=True)


def _named(catalogue: pd.DataFrame) -> pd.DataFrame:
    lang = language()
    table = catalogue[["tag", f"group_{lang}", f"name_{lang}", "use"]]
    return table.set_axis(["tag", "group", "tag_name", "use"], axis=1)


def table(tagged: Tagged) -> pd.DataFrame:
    """tags.csv: customer_id, tag, group, tag_name, value, since, until, source, use."""
    made = tagged.tags.astype({"tag": "str"}).merge(_named(tagged.rules), on="tag", how="left")
    for name in ("since", "until"):
        made[name] = made[name].dt.strftime("%Y-%m-%d")
    order = ["customer_id", "tag", "group", "tag_name", "value", "since", "until", "source", "use"]
    return made[order].astype({"value": "str", "source": "str"})


def for_plan(h, people: pd.DataFrame, assume_consent: bool = False) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What of it goes into the tag plan: assignments, vocabulary (both group, tag) and the account rule, removed, left.

    Internal tags stay at home. A tag for marketing or price needs consent to marketing by WeCom (unknown is none, unless
    assumed); one for price also a baby of 12 months or more where the member list tells of babies.
    """
    tagged = h.tagged
    rows = table(tagged)[["customer_id", "group", "tag_name", "use"]]
    person = people.drop_duplicates("customer_id").set_index("customer_id").reindex(rows["customer_id"])
    person = person.reset_index().set_axis(rows.index)
    may = person["wecom_consent"].astype("boolean").fillna(assume_consent)
    removal = {"use_internal": rows["use"] == "internal", "no_consent": rows["use"].isin(["marketing", "price"]) & ~may}
    months = baby_months(h, person)
    if months is not None:
        removal["baby_young"] = (rows["use"] == "price") & ~(months >= BABY_MONTHS).fillna(False)
    stays, account = winback.contact_list(rows, removal)
    names = _named(tagged.rules)
    vocabulary = names.loc[names["use"] != "internal", ["group", "tag_name"]]
    title = {"tag_name": "tag"}
    return stays.drop(columns="use").rename(columns=title), vocabulary.rename(columns=title), account


def sentences(tagged: Tagged) -> Iterator[str]:
    """How much of the catalogue the orders could answer, and what the rest would need."""
    n, done = len(tagged.catalogue), len(tagged.rules)
    yield say(
        zh=f"标签目录里有 {n:,} 条规则，这份订单答得出 **{done:,} 条**，给 {tagged.customers:,} 位客户打上了 "
        f"{len(tagged.tags):,} 个标签。",
        en=f"Of the {n:,} rules in the catalogue these orders answer **{done:,}**; {tagged.customers:,} customers got "
        f"{len(tagged.tags):,} tags.",
    )
    if tagged.missing:
        without = _named(tagged.catalogue[tagged.catalogue["tag"].isin(tagged.missing)])
        groups = [plain(name) for name in without["group"].drop_duplicates()]
        shown, more = groups[:8], len(groups) > 8
        yield say(
            zh=f"另外 {n - done:,} 条没有算，订单里没有它们要的数据。它们在这些组里：{'、'.join(shown)}{'等' if more else ''}。",
            en=f"The other {n - done:,} were left out, because orders do not hold what they ask for. They belong to "
            f"these groups: {', '.join(shown)}{' and others' if more else ''}.",
        )


def account_sentence(account: pd.DataFrame) -> str:
    """Tags kept out of the tag plan, by reason; "" where none was."""
    parts = [f"{t(row.rule)} {row.removed:,}" for row in account.itertuples() if row.removed]
    if not parts:
        return ""
    return say(
        zh=f"tags.csv 里不进 tag_plan 的标签：{'，'.join(parts)}",
        en=f"Tags of tags.csv that stay out of the tag plan: {', '.join(parts)}",
    )
