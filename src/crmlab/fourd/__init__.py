"""The 4D scorecard: Demand 需求, Data 数据, Deliver 传递, Dynamic 动态, measured on a company's own tables.

The four words are those of Zhao Zhanbo (赵占波, PKU Business Review 2014 no. 10). The indicators, bounds and weights are
ours: a measuring instrument to argue with, all of it shown and all of it a parameter. An indicator whose table or column
is missing is never scored; it lowers the coverage. Intervals resample customers (bootstrap, percentile, 95%).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from crmlab import data
from crmlab.fourd.indicators import (
    BENEFITS,
    COSTS,
    INDICATORS,
    KEY_FIELDS,
    NEEDS,
    arrived,
    in_force,
    opportunities,
    over_contacted,
)
from crmlab.fourd.studies import (
    clv,
    draw_lots,
    frequency_test,
    gap_chances,
    gap_of_gaps,
    price_tier,
    promise_and_return,
    revenue_drivers,
    silent_return,
    tier_by_message,
)
from crmlab.language import t

__all__ = [
    "BENEFITS", "COSTS", "DS", "INDICATORS", "KEY_FIELDS", "NEEDS", "arrived", "catalogue", "clv", "compare", "draw_lots",
    "frequency_test", "gap_chances", "gap_of_gaps", "load_tables", "missing", "opportunities", "over_contacted", "points", "price_tier",
    "promise_and_return",    "rank_stability", "revenue_drivers", "scorecard", "silent_return", "summary", "tier_by_message",
]  # fmt: skip
DS = ("demand", "data", "deliver", "dynamic")
TABLES = tuple(dict.fromkeys(need.split(".")[0] for one in INDICATORS.values() for need in one.needs))


def load_tables(company) -> dict[str, pd.DataFrame]:
    """Those of the scorecard's tables that a shipped or made company has."""
    return {name: data.load(company, name) for name in TABLES if data.has(company, name)}


def catalogue(bounds: Mapping[str, tuple[float, float]] | None = None) -> pd.DataFrame:
    """What is measured: d, indicator, better ("more" or "less"), zero, hundred, weight, needs (table.column)."""
    rows = []
    for key, one in INDICATORS.items():
        zero, hundred = (bounds or {}).get(key, (one.zero, one.hundred))
        better = "more" if hundred > zero else "less"
        rows.append((one.d, key, better, float(zero), float(hundred), 1.0, ", ".join(one.needs)))
    return pd.DataFrame(rows, columns=["d", "indicator", "better", "zero", "hundred", "weight", "needs"])


def missing(tables: Mapping[str, pd.DataFrame], key: str) -> list[str]:
    """What an indicator would need and the tables have not got: table, or table.column."""
    gaps = []
    for need in INDICATORS[key].needs:
        table, column = need.split(".")
        if table not in tables:
            gaps.append(table)
        elif column not in tables[table]:
            gaps.append(need)
    return list(dict.fromkeys(gaps))


def points(value, zero: float, hundred: float):
    """0 to 100 on the straight line between two bounds, not beyond."""
    return 100 * np.clip((np.asarray(value, dtype=float) - zero) / (hundred - zero), 0, 1)


def scorecard(
    tables: Mapping[str, pd.DataFrame],
    as_of,
    weights: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    who: Iterable[str] | None = None,
    draws: int = 400,
    seed: int = 11,
) -> pd.DataFrame:
    """Every indicator's value, its interval, and its points.

    Parameters
    ----------
    tables : name -> table, with the columns of the shipped companies; any may be missing.
    as_of : reference day; rows of later days are not read.
    weights : weight inside its D (default 1 each). bounds : indicator -> (value of 0 points, value of 100 points).
    who : only these customers (a segment).
    draws, seed : resamples of the customers, and their seed.

    Returns
    -------
    DataFrame, one row an indicator: d, indicator, value (a share unless its card says otherwise), low, high (95%,
    bootstrap), score, score_low, score_high (points), weight, n (customers behind it), covered, missing (what to ask
    for). Not covered: value and points NaN. ``attrs`` holds the resampled points for :func:`summary`.

    Raises
    ------
    KeyError
        A weight or bound for an indicator that does not exist.
    """
    as_of = pd.Timestamp(as_of).normalize()
    if unknown := sorted({*(weights or {}), *(bounds or {})} - set(INDICATORS)):
        raise KeyError(f"{unknown}; {', '.join(INDICATORS)}")
    tables = dict(tables)
    if "members" in tables and "joined_at" in tables["members"]:
        tables["members"] = tables["members"][in_force(tables["members"]["joined_at"], as_of)]
    found = {key: one.people(tables, as_of) for key, one in INDICATORS.items() if not missing(tables, key)}
    people = pd.Index(sorted(set().union(*(part.index for part in found.values()))), dtype="str")
    people = people if who is None else people.intersection(pd.Index(list(who), dtype="str"))
    rng = np.random.default_rng(seed)
    times = np.ones((1 + draws, max(len(people), 1)))  # how often each customer is in a resample; the first is the data
    for i in range(1, 1 + draws):
        times[i] = np.bincount(rng.integers(times.shape[1], size=times.shape[1]), minlength=times.shape[1])
    rows, replicates = [], {}
    for rule in catalogue(bounds).itertuples():
        gaps = missing(tables, rule.indicator)
        value, n = np.full(1 + draws, np.nan), 0
        if not gaps:
            part = found[rule.indicator].reindex(people)
            n = int(part.notna().any(axis=1).sum())
            if n:
                with np.errstate(invalid="ignore", divide="ignore"):
                    value = INDICATORS[rule.indicator].value(times @ part.fillna(0).to_numpy())
        gaps = gaps or ([] if n else [t("fourd_no_rows")])
        score = points(value, rule.zero, rule.hundred)
        interval = np.nanquantile(value, [0.025, 0.975]) if n else (np.nan, np.nan)
        scores = sorted(points(np.array(interval), rule.zero, rule.hundred))
        weight = float((weights or {}).get(rule.indicator, rule.weight))
        rows.append((
            rule.d,
            rule.indicator,
            value[0],
            *interval,
            score[0],
            *scores,
            weight,
            n,
            not gaps,
            ", ".join(gaps),
        ))
        replicates[rule.indicator] = tuple(score)
    names = [
        "d",
        "indicator",
        "value",
        "low",
        "high",
        "score",
        "score_low",
        "score_high",
        "weight",
        "n",
        "covered",
        "missing",
    ]
    card = pd.DataFrame(rows, columns=names)
    card.attrs = {"as_of": f"{as_of:%Y-%m-%d}", "replicates": replicates}
    return card


def summary(card: pd.DataFrame) -> pd.DataFrame:
    """One row a D: score (weighted mean of its covered indicators), low, high (95%), covered, indicators, coverage.

    ``coverage`` is the share of the D's weight that could be measured; with none of it the score is NaN.
    """
    rows = []
    for d in DS:
        part = card[card["d"] == d]
        seen = part[part["covered"] & (part["weight"] > 0)]
        score, low, high = (np.nan,) * 3
        if len(seen):
            draws = np.array([card.attrs["replicates"][key] for key in seen["indicator"]])
            score = float(np.average(seen["score"], weights=seen["weight"]))
            low, high = np.nanquantile(np.average(draws, axis=0, weights=seen["weight"])[1:], [0.025, 0.975])
        coverage = seen["weight"].sum() / part["weight"].sum() if part["weight"].sum() else 0.0
        rows.append((d, score, low, high, int(part["covered"].sum()), len(part), float(coverage)))
    return pd.DataFrame(rows, columns=["d", "score", "low", "high", "covered", "indicators", "coverage"])


def _random_scores(card: pd.DataFrame, draws: int, rng) -> pd.DataFrame:
    """Scores of the D's under weights drawn at random (each way of sharing out the weight as likely as any other)."""
    found = {}
    for d in DS:
        scores = card.loc[(card["d"] == d) & card["covered"], "score"].to_numpy()
        if len(scores):
            found[d] = rng.dirichlet(np.ones(len(scores)), draws) @ scores
    return pd.DataFrame(found)


def rank_stability(card: pd.DataFrame, draws: int = 2000, seed: int = 11) -> pd.DataFrame:
    """Does the order of the four D's hang on the weights? Random weights inside each D, bounds and data as they are.

    Returns one row a measured D, best first: d, score, rank, same (share of draws in which it keeps this rank).
    ``attrs["order"]`` is the share of draws in which the whole order stays.
    """
    table = summary(card).dropna(subset=["score"]).sort_values("score", ascending=False)[["d", "score"]]
    ranks = _random_scores(card, draws, np.random.default_rng(seed))[list(table["d"])].rank(axis=1, ascending=False)
    table = table.reset_index(drop=True)
    table["rank"] = table.index + 1
    kept = ranks.to_numpy() == table["rank"].to_numpy()
    table["same"] = kept.mean(axis=0)
    table.attrs["order"] = float(kept.all(axis=1).mean())
    return table


def compare(card: pd.DataFrame, other: pd.DataFrame, draws: int = 2000, seed: int = 11) -> pd.DataFrame:
    """Two scorecards side by side, on the indicators that both could measure.

    Returns one row a D: d, shared (indicators in both), first, second, gap (points), low, high (95%, sampling of both),
    same (share of random weights under which the one in front stays in front). No shared indicator: NaN.
    """
    rng, rows = np.random.default_rng(seed), []
    for d in DS:
        both = card[(card["d"] == d) & card["covered"]].merge(
            other.loc[other["covered"], ["indicator", "score"]], on="indicator", suffixes=("", "_other")
        )
        if both.empty or not both["weight"].sum():
            rows.append((d, 0, *(np.nan,) * 6))
            continue
        a, b = (
            np.average(
                np.array([each.attrs["replicates"][key] for key in both["indicator"]]), axis=0, weights=both["weight"]
            )
            for each in (card, other)
        )
        k = min(len(a), len(b))
        low, high = np.nanquantile((a[:k] - b[:k])[1:], [0.025, 0.975])
        gaps = rng.dirichlet(np.ones(len(both)), draws) @ (both["score"] - both["score_other"]).to_numpy()
        rows.append((
            d,
            len(both),
            a[0],
            b[0],
            a[0] - b[0],
            low,
            high,
            float((np.sign(gaps) == np.sign(a[0] - b[0])).mean()),
        ))
    return pd.DataFrame(rows, columns=["d", "shared", "first", "second", "gap", "low", "high", "same"])
