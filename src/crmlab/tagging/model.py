"""A tag by a model: who looks like the customers one would like more of."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from crmlab.experiment import Interval, rate

HELD_OUT = 0.3  # share of customers the model never sees
SEED = 20260630


class Lookalike(NamedTuple):
    """scores: customer_id, wanted, score (0..1), held_out. precision, recall, base (share wanted): held-out customers only."""

    scores: pd.DataFrame
    cut: float
    base: Interval
    precision: Interval
    recall: Interval


def lookalike(facts: pd.DataFrame, wanted: pd.Series, cut: float = 0.5, without: tuple[str, ...] = ()) -> Lookalike:
    """Score how much each customer looks like the wanted ones, and measure it on customers the model has not seen.

    facts : :func:`crmlab.tagging.facts` of a day before the outcome; numbers, flags and codes are used, blanks as they are.
    wanted : by customer_id, True or False; customers not in it count as False.
    cut : the tag is for scores of at least so much. without : facts that would give the answer away.
    Gradient-boosted trees (scikit-learn), seeded; a stratified 30% of customers is held out. ValueError if fewer than 20
    are wanted or unwanted.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import train_test_split

    y = facts["customer_id"].map(wanted).astype("boolean").fillna(False).to_numpy(bool)
    if min(y.sum(), (~y).sum()) < 20:
        raise ValueError("a model needs at least 20 wanted and 20 other customers")
    x = facts.drop(columns=["customer_id", *(name for name in without if name in facts)])
    codes = x.select_dtypes("str").columns
    x = x.astype({name: "category" if name in codes else "float64" for name in x})
    train, test = train_test_split(range(len(x)), test_size=HELD_OUT, random_state=SEED, stratify=y)
    model = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.06, l2_regularization=1.0, random_state=SEED)
    score = model.fit(x.iloc[train], y[train]).predict_proba(x)[:, 1]
    picked, right = score[test] >= cut, y[test]
    scores = pd.DataFrame({"customer_id": facts["customer_id"], "wanted": y, "score": score, "held_out": False})
    scores.loc[test, "held_out"] = True
    hits = int((picked & right).sum())
    return Lookalike(scores, cut, rate(right.sum(), len(right)), rate(hits, picked.sum()), rate(hits, right.sum()))
