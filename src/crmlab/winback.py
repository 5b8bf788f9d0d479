"""Winning customers back: who has lapsed, who may be contacted, what a campaign changed, and whom to contact next time.

Nothing here says what one person would have done: effects are gaps between randomised groups, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from crmlab.experiment import Interval, difference, mean_difference, rate
from crmlab.lifecycle import baby_months
from crmlab.text import Problem

HOURS = ("08:00", "22:00")  # marketing messages go out between them; the rest of the day is quiet
SHARES = np.arange(0, 21) / 20  # where a targeting curve is read


def lapsed(
    users: pd.DataFrame, window: int = 90, times: float = 2.0, overdue: pd.Series | None = None, grace: int = 14
):
    """Three definitions of "lapsed", side by side.

    users : customer_id, recency (days), frequency, first_paid, last_paid (:func:`crmlab.rfm.summary`).
    window : days; ``by_window`` = recency above it, the same for everybody.
    times : ``by_gap`` = recency above ``times`` x the customer's own mean gap between purchases (three or more purchases;
        else the median of all such gaps).
    overdue : optional, by customer_id: days since what was bought should have been used up; ``by_run_out`` = more than
        ``grace`` days. Customers without a value stay NA.
    Returns ``users`` + gap (days), by_window, by_gap, and by_run_out where ``overdue`` is given.
    """
    days = (users["last_paid"].dt.normalize() - users["first_paid"].dt.normalize()).dt.days
    own = (days / (users["frequency"] - 1)).where((users["frequency"] >= 3) & (days > 0))
    table = users.assign(gap=own.fillna(own.median()))
    table["by_window"] = table["recency"] > window
    table["by_gap"] = table["recency"] > times * table["gap"]
    if overdue is not None:
        days_over = table["customer_id"].map(overdue)
        table["by_run_out"] = (days_over > grace).astype("boolean").mask(days_over.isna())
    return table


def contact_list(people: pd.DataFrame, rules: dict[str, pd.Series]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Apply rules one after the other; each row that goes is counted under the first rule that removes it.

    people : one row a customer. rules : name -> mask over ``people`` (True = must go; NA = unknown = must go).
    Returns the rows that stay and the account [rule, removed, left]: people = left + all removed.
    """
    stays, account = pd.Series(True, index=people.index), []
    for name, mask in rules.items():
        gone = stays & mask.reindex(people.index).astype("boolean").fillna(True).astype(bool)
        stays &= ~gone
        account.append({"rule": name, "removed": int(gone.sum()), "left": int(stays.sum())})
    return people[stays].reset_index(drop=True), pd.DataFrame(account, columns=["rule", "removed", "left"])


def blockers(
    people: pd.DataFrame,
    consents: pd.DataFrame,
    touches: pd.DataFrame,
    at,
    channel: str = "sms",
    babies: pd.DataFrame | None = None,
    cap: int = 3,
    broadcasts: int = 4,
    months: int = 12,
) -> dict[str, pd.Series]:
    """Why somebody may not get a marketing message with a price in ``channel`` at the time ``at``; for :func:`contact_list`.

    opted_out: asked us to stop before ``at``. withdrawn: took the marketing consent for this channel back. no_consent: none
    on record, which counts as none. too_often: ``cap`` marketing messages or more in the 7 days before. broadcast_full:
    ``broadcasts`` or more in the 30 days before that nothing the customer did had triggered. baby_young, where ``babies`` is
    given: youngest baby below ``months`` months or of unknown age (no advertising of infant formula).
    Both caps are a company's own choice. Raises Problem where ``at`` lies outside ``HOURS``.
    """
    ids, at = people["customer_id"], pd.Timestamp(at)
    if not HOURS[0] <= f"{at:%H:%M}" < HOURS[1]:
        raise Problem(
            zh=f"{at:%Y-%m-%d %H:%M} 在免打扰时段：营销消息只在 {HOURS[0]} 到 {HOURS[1]} 之间发，请换一个时间。",
            en=f"{at:%Y-%m-%d %H:%M} falls in the quiet hours: marketing messages go out between {HOURS[0]} and {HOURS[1]}. "
            "Choose another time.",
        )
    past = touches[touches["sent_at"] < at]
    given = consents[
        (consents["channel"] == channel) & (consents["purpose"] == "marketing") & (consents["granted_at"] <= at)
    ]
    stands = ~(given["withdrawn_at"] <= at)
    heard = past[past["purpose"] == "marketing"]
    week = heard[heard["sent_at"] >= at - pd.Timedelta(days=7)]
    month = heard[(heard["sent_at"] >= at - pd.Timedelta(days=30)) & heard["triggered_at"].isna()]
    found = {
        "opted_out": ids.isin(past.loc[past["opted_out"] == 1, "customer_id"]),
        "withdrawn": ids.isin(given.loc[~stands, "customer_id"]) & ~ids.isin(given.loc[stands, "customer_id"]),
        "no_consent": ~ids.isin(given["customer_id"]),
        "too_often": ids.map(week["customer_id"].value_counts()).fillna(0) >= cap,
        "broadcast_full": ids.map(month["customer_id"].value_counts()).fillna(0) >= broadcasts,
    }
    if babies is not None:
        age = ids.map(baby_months(babies, at))
        found["baby_young"] = ~(age >= months)
    return found


def outcomes(
    campaigns: pd.DataFrame,
    assignments: pd.DataFrame,
    touches: pd.DataFrame,
    margins: pd.DataFrame,
    as_of,
    days: int = 90,
    back_within: int = 40,
    service_cost: float = 3.0,
) -> pd.DataFrame:
    """What became of everybody in the randomised win-back campaigns that are at least ``days`` days old.

    margins : contribution of every counted order (:func:`crmlab.value.margins`); coupons used are off already, also those
        of customers who would have come anyway.
    The window of a customer begins the day after the campaign starts, the same in every arm. Offer cost: the sample of arm
    coupon (``offer_cost``); staff time of arm service (``offer_cost`` where the offer is service, else ``service_cost``).
    Returns a row a customer: campaign_id, customer_id, arm, starts_on, returned (an order within ``back_within`` days),
    margin (yuan in ``days`` days), cost (offer and messages), profit = margin - cost.
    """
    chosen = campaigns[(campaigns["kind"] == "win_back") & (campaigns["randomised"] == 1)]
    chosen = chosen.assign(starts_on=pd.to_datetime(chosen["starts_on"]))
    chosen = chosen[chosen["starts_on"] + pd.Timedelta(days=days) <= pd.Timestamp(as_of)]
    keys = ["campaign_id", "customer_id"]
    people = assignments[[*keys, "arm"]].merge(chosen[["campaign_id", "starts_on", "offer", "offer_cost"]])
    later = people[[*keys, "starts_on"]].merge(margins[["customer_id", "paid_at", "margin"]])
    day = (later["paid_at"].dt.normalize() - later["starts_on"]).dt.days
    seen = later[(day >= 1) & (day <= days)].groupby(keys)["margin"].sum().rename("margin")
    back = later[(day >= 1) & (day <= back_within)].groupby(keys).size().gt(0).rename("returned")
    sent = touches.groupby(keys)["cost"].sum().rename("messages")
    for column in (seen, back, sent):
        people = people.merge(column.reset_index(), how="left")
    people["returned"] = people["returned"].eq(True)
    staff = np.where(people["offer"] == "service", people["offer_cost"], service_cost)
    offer = np.select([people["arm"] == "coupon", people["arm"] == "service"], [people["offer_cost"], staff], 0.0)
    people["margin"] = people["margin"].fillna(0.0)
    people["cost"] = offer + people["messages"].fillna(0.0)
    people["profit"] = people["margin"] - people["cost"]
    return people[[*keys, "arm", "starts_on", "returned", "margin", "cost", "profit"]]


def result(people: pd.DataFrame, base: str = "holdout") -> pd.DataFrame:
    """What each arm of a randomised campaign changed against the hold-out.

    people : one row a customer: arm, returned (0/1), profit (yuan; contribution in the window less every cost of the
        campaign for this customer: messages, samples, coupons used by whoever would have come anyway) and, optional,
        cost (yuan of the campaign itself).
    Returns a row an arm, the base first: arm, n, returned, rate, rate_low, rate_high, lift, low, high (share; Newcombe),
    profit (yuan a head), gain, gain_low, gain_high (yuan a head more than the base; Welch), cost (yuan a head), roi
    (gain per yuan of campaign cost; NaN without cost) and verdict for ``gain``: "pays", "loses" or "too_small".
    Raises ValueError without a base arm or with fewer than two customers in an arm.
    """
    if base not in set(people["arm"]):
        raise ValueError(f"there is no arm {base} to compare with")
    groups = {arm: people[people["arm"] == arm] for arm in [base, *sorted(set(people["arm"]) - {base})]}
    rows, control = [], groups[base]
    for arm, group in groups.items():
        seen = rate(group["returned"].sum(), len(group))
        row = {"arm": arm, "n": len(group), "returned": int(group["returned"].sum())}
        row |= dict(zip(("rate", "rate_low", "rate_high"), seen, strict=True)) | {"profit": group["profit"].mean()}
        row["cost"] = group["cost"].mean() if "cost" in group else 0.0
        if arm != base:
            lift = difference(row["returned"], row["n"], control["returned"].sum(), len(control))
            gain = mean_difference(group["profit"], control["profit"])
            row |= dict(zip(("lift", "low", "high"), lift, strict=True))
            row |= dict(zip(("gain", "gain_low", "gain_high"), gain, strict=True))
            row["roi"] = gain.value / row["cost"] if row["cost"] else float("nan")
            row["verdict"] = verdict(gain)
        rows.append(row)
    intervals = ["rate", "rate_low", "rate_high", "lift", "low", "high", "profit", "gain", "gain_low", "gain_high"]
    order = ["arm", "n", "returned", *intervals, "cost", "roi", "verdict"]
    return pd.DataFrame(rows, columns=order)


def verdict(gain: Interval) -> str:
    """The gain in a word: "pays" or "loses" where the interval lies on one side of zero, else "too_small"."""
    return "pays" if gain.low > 0 else "loses" if gain.high < 0 else "too_small"


def uplift(
    features: pd.DataFrame, treated: pd.Series, outcome: pd.Series, method: str = "two_models", model=None, seed=0
):
    """Expected gain of contacting customers like this one, each scored by a model that never saw this customer.

    features : numbers without gaps, one row a customer. treated : bool, drawn at random. outcome : yuan or 0/1.
    method : "two_models" = expected outcome if treated minus expected outcome if not; "transformed" = one model of
        outcome x (treated - p) / (p (1 - p)), whose mean is the effect (Athey and Imbens 2015).
    model : a scikit-learn regressor; standardised ridge regression by default, which small groups need.
    Returns a score by the index of ``features``: good for ranking groups of people, no fact about anybody.
    """
    from sklearn.base import clone
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if method not in ("two_models", "transformed"):
        raise ValueError(f"unknown method {method}")
    model = model or make_pipeline(StandardScaler(), RidgeCV(np.logspace(0, 5, 11)))
    x, w, y = features.to_numpy(dtype=float), treated.to_numpy(dtype=bool), outcome.to_numpy(dtype=float)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    if method == "transformed":
        p = w.mean()
        found = cross_val_predict(model, x, y * (w - p) / (p * (1 - p)), cv=list(folds.split(x, w)))
        return pd.Series(found, features.index)
    found = np.zeros(len(x))
    for fit, score in folds.split(x, w):
        arms = [clone(model).fit(x[fit][w[fit] == arm], y[fit][w[fit] == arm]) for arm in (True, False)]
        found[score] = arms[0].predict(x[score]) - arms[1].predict(x[score])
    return pd.Series(found, features.index)


def targeting_curve(score: pd.Series, treated: pd.Series, outcome: pd.Series) -> pd.DataFrame:
    """Contact the best-scored share only: what would be gained in all? (Qini curve; Radcliffe 2007, per customer.)

    Returns a row for each of 21 shares: share, n, gain (outcome per customer of the whole group: mean treated minus mean
    not treated among the contacted, times their share), low, high, random (the same for a share drawn at random). Ties
    in ``score`` keep the order of ``treated``'s index.
    """
    order = np.argsort(-score.to_numpy(dtype=float), kind="stable")
    w, y = treated.to_numpy(dtype=bool)[order], outcome.to_numpy(dtype=float)[order]
    everybody = y[w].mean() - y[~w].mean()
    rows = []
    for share in SHARES:
        n = round(share * len(y))
        top, arm = y[:n], w[:n]
        enough = min(arm.sum(), (~arm).sum()) >= 2
        gap = (
            mean_difference(top[arm], top[~arm]) if enough else Interval(0.0, np.nan, np.nan) if not n else [np.nan] * 3
        )
        rows.append((share, n, *(share * each for each in gap), share * everybody))
    return pd.DataFrame(rows, columns=["share", "n", "gain", "low", "high", "random"])


def qini_interval(
    score: pd.Series, treated: pd.Series, outcome: pd.Series, draws: int = 300, seed: int = 15
) -> Interval:
    """:func:`qini` of the :func:`targeting_curve` with a 95% interval: customers drawn anew, their scores kept (bootstrap)."""
    s, w, y = score.to_numpy(dtype=float), treated.to_numpy(dtype=bool), outcome.to_numpy(dtype=float)
    rng = np.random.default_rng(seed)
    ends = np.round(SHARES * len(y)).astype(int)

    def area(rows: np.ndarray) -> float:
        rows = rows[np.argsort(-s[rows], kind="stable")]
        sent, kept = (np.concatenate([[0], side.cumsum()])[ends] for side in (w[rows], ~w[rows]))
        earned, base = (np.concatenate([[0.0], (side * y[rows]).cumsum()])[ends] for side in (w[rows], ~w[rows]))
        gap = earned / np.maximum(sent, 1) - base / np.maximum(kept, 1)
        known = ((sent >= 2) & (kept >= 2)) | (ends == 0)
        return np.trapezoid((SHARES * (gap - gap[-1]))[known], SHARES[known])

    found = [area(rng.integers(len(y), size=len(y))) for _ in range(draws)]
    return Interval(float(area(np.arange(len(y)))), *map(float, np.quantile(found, [0.025, 0.975])))


def qini(curve: pd.DataFrame) -> float:
    """Area between the targeting curve and the random line, in outcome per customer (trapezoids; 0 = no better than random)."""
    known = curve.dropna(subset=["gain"])
    return float(np.trapezoid(known["gain"] - known["random"], known["share"]))


def best_share(curve: pd.DataFrame) -> float:
    """The share to contact where the curve is highest: 0 if contacting nobody is best."""
    return float(curve.loc[curve["gain"].idxmax(), "share"])


def by_group(people: pd.DataFrame, group: str, arms: Iterable[str], base: str = "holdout", smallest: int = 30):
    """:func:`result` of each arm in each group, for reading uplift by group means; groups too small for a result are left out.

    Returns [group, arm, n, base_n, rate, base_rate, lift, low, high, gain, gain_low, gain_high, verdict]; a group with
    fewer than ``smallest`` customers in either arm has verdict "too_small" whatever its interval says.
    """
    rows = []
    for name, part in people.groupby(group, observed=True):
        for arm in arms:
            pair = part[part["arm"].isin([arm, base])]
            sizes = pair["arm"].value_counts()
            if min(sizes.get(arm, 0), sizes.get(base, 0)) < 2:
                continue
            control, row = (each for _, each in result(pair, base).iterrows())
            few = min(row["n"], control["n"]) < smallest
            more = {"base_n": control["n"], "base_rate": control["rate"]}
            rows.append({group: name, **row, **more, "verdict": "too_small" if few else row["verdict"]})
    columns = [
        "arm",
        "n",
        "base_n",
        "rate",
        "base_rate",
        "lift",
        "low",
        "high",
        "gain",
        "gain_low",
        "gain_high",
        "verdict",
    ]
    return pd.DataFrame(rows, columns=[group, *columns])
