"""Who has which tag, since when and until when; coverage, overlap, conflict, freshness; and which may go to WeCom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.language import say
from crmlab.tagging import rules
from crmlab.tagging.catalogue import check
from crmlab.winback import contact_list

BABY_MONTHS = 12  # nothing about a price to families with a younger baby, or one of unknown age


def tag(facts: pd.DataFrame, catalogue: pd.DataFrame, as_of, previous: pd.DataFrame | None = None) -> pd.DataFrame:
    """Tag every customer by every rule of the catalogue, all rules in one query.

    Parameters
    ----------
    facts : :func:`crmlab.tagging.facts`, columns of one's own included. A listed fact that is not there is blank.
    catalogue : :func:`read_catalogue`.
    as_of : the day of the facts.
    previous : tags of an earlier run: whoever still holds a tag that had not run out keeps its ``since``.

    Returns
    -------
    One row a customer and tag, in order of ``facts`` and catalogue: customer_id, tag, value, since, until (``as_of`` plus
    the tag's validity), source (fact / rule / model). tag, value and source are categories; those of tag are the whole
    catalogue, so that tags nobody has are not forgotten. Raises TagProblem if the catalogue is not sound.
    """
    as_of, types = pd.Timestamp(as_of).normalize(), rules.fact_types(facts)
    catalogue = check(catalogue, say(zh="标签目录", en="tag catalogue"), types)
    used = list(dict.fromkeys(name for rule in catalogue["rule"] for name in rules.columns(rule)))
    database = rules.engine()
    here = facts[[name for name in used if name in facts]]
    database.register("known", rules.arrow(here.assign(_row=np.arange(len(facts)))))
    blank = "".join(f', null::{types[name]} as "{name}"' for name in used if name not in facts)
    every = ", ".join(f"coalesce({sql}, false) as t{i}" for i, sql in enumerate(map(rules.sql, catalogue["rule"])))
    held = database.execute(f"select _row, {every} from (select *{blank} from known)").fetchnumpy()
    who = [held["_row"][np.asarray(held[f"t{i}"], dtype=bool)] for i in range(len(catalogue))]
    what = np.repeat(np.arange(len(catalogue)), [len(each) for each in who])
    who = np.concatenate(who)
    order = np.lexsort((what, who))
    who, what = who[order], what[order]
    values = pd.Categorical(catalogue["value"])
    table = pd.DataFrame({
        "customer_id": facts["customer_id"].array.take(who),
        "tag": pd.Categorical.from_codes(what, categories=catalogue["tag"]),
        "value": pd.Categorical.from_codes(values.codes[what], categories=values.categories),
        "since": as_of.as_unit("us"),
        "until": (as_of + pd.to_timedelta(catalogue["validity_days"], unit="D"))
        .astype("datetime64[us]")
        .array.take(what),
        "source": pd.Categorical(catalogue["type"]).take(what),
    })
    if previous is not None:
        keys = ["customer_id", "tag"]
        kept = previous.loc[(previous["until"] >= as_of) & (previous["since"] <= as_of), [*keys, "since"]].astype({
            "tag": "str"
        })
        earlier = (
            table[keys].astype({"tag": "str"}).merge(kept.groupby(keys, as_index=False)["since"].min(), "left", keys)
        )
        table["since"] = earlier["since"].fillna(as_of).array
    return table


def coverage(tags: pd.DataFrame, n: int) -> pd.DataFrame:
    """How many of ``n`` customers have each tag: tag, customers, share (0..1), tags nobody has included."""
    held = tags.drop_duplicates(["customer_id", "tag"])["tag"].value_counts(sort=False)
    return pd.DataFrame({"tag": held.index.astype("str"), "customers": held.to_numpy(), "share": held.to_numpy() / n})


def overlap(tags: pd.DataFrame, given: bool = False) -> pd.DataFrame:
    """Tags against tags. Jaccard: those with both over those with either; NaN where nobody has either.

    With ``given``: of those with the row's tag, the share that has the column's as well.
    """
    from scipy.sparse import csr_array

    pairs = tags.drop_duplicates(["customer_id", "tag"])
    column = pairs["tag"].astype("category")
    who = pd.factorize(pairs["customer_id"])[0]
    matrix = csr_array((np.ones(len(pairs)), (who, column.cat.codes)), shape=(len(pairs), len(column.cat.categories)))
    both = (matrix.T @ matrix).toarray()
    alone = both.diagonal()
    base = alone[:, None] if given else alone[:, None] + alone[None, :] - both
    share = np.divide(both, base, out=np.full_like(both, np.nan), where=base > 0)
    return pd.DataFrame(share, index=column.cat.categories, columns=column.cat.categories)


def conflicts(tags: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Customers with more than one tag of an exclusive group, one row each: customer_id, group, tags ("a + b")."""
    group = catalogue.loc[catalogue["exclusive"] == "yes"].set_index("tag")["group"]
    pairs = tags.drop_duplicates(["customer_id", "tag"])[["customer_id", "tag"]].astype({"tag": "str"})
    pairs = pairs.assign(group=pairs["tag"].map(group)).dropna(subset=["group"])
    pairs = pairs[pairs.duplicated(["customer_id", "group"], keep=False)]
    return pairs.groupby(["customer_id", "group"], sort=True)["tag"].agg(" + ".join).rename("tags").reset_index()


def freshness(tags: pd.DataFrame, as_of) -> pd.DataFrame:
    """Age of tags a tag and source: rows, median_days held, expired (share past ``until``), ending_30d (share within 30 days)."""
    as_of = pd.Timestamp(as_of).normalize()
    left = (tags["until"].dt.normalize() - as_of).dt.days
    flags = pd.DataFrame({
        "tag": tags["tag"].astype("str"),
        "source": tags["source"].astype("str"),
        "days": (as_of - tags["since"].dt.normalize()).dt.days,
        "expired": left < 0,
        "ending_30d": left.between(0, 30),
    })
    return flags.groupby(["tag", "source"], as_index=False).agg(
        rows=("days", "size"),
        median_days=("days", "median"),
        expired=("expired", "mean"),
        ending_30d=("ending_30d", "mean"),
    )


def for_wecom(tags: pd.DataFrame, facts: pd.DataFrame, catalogue: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tags that may be marked in WeCom, and the account of those that may not: rule, removed, left.

    Internal tags stay at home; only contacts can be marked; a tag for service needs consent to service on WeCom, one for
    marketing or price consent to marketing there; one that invites a price message also a baby of 12 months or more,
    where the facts hold babies. Unknown counts as no.
    """
    use = tags["tag"].astype("str").map(catalogue.set_index("tag")["use"])
    person = facts.set_index("customer_id").reindex(tags["customer_id"]).reset_index(drop=True)
    rows = tags.reset_index(drop=True)
    use = use.reset_index(drop=True)
    flags = person[["wecom_contact", "serve_wecom", "may_wecom"]].astype("boolean")
    consent = flags["serve_wecom"].where(use == "service", flags["may_wecom"])
    removal = {
        say(zh="只在内部用", en="for internal use"): use == "internal",
        say(zh="不是企业微信好友", en="no WeCom contact"): ~flags["wecom_contact"],
        say(zh="没有同意，或不知道", en="no consent, or unknown"): ~consent,
    }
    if "baby_months" in person:
        young = ~(person["baby_months"] >= BABY_MONTHS) & (use == "price")
        removal[say(zh="价格类：宝宝不满 12 个月或月龄不详", en="price: baby under 12 months or of unknown age")] = (
            young
        )
    return contact_list(rows, {str(name): mask for name, mask in removal.items()})
