"""A tag by a model: who looks like the customers one would like more of."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from crmlab.experiment import Interval, rate
from crmlab.language import say

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
    Logistic regression (scikit-learn), blanks filled with the median and marked; a seeded, stratified 30% of customers is
    held out. Raises ValueError if fewer than 20 are wanted or unwanted.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    y = facts["customer_id"].map(wanted).astype("boolean").fillna(False).to_numpy(bool)
    if min(y.sum(), (~y).sum()) < 20:
        raise ValueError(
            say(
                zh="想要的和其他的客户都要有 20 位以上，模型才学得到。",
                en="A model needs at least 20 wanted and 20 other customers.",
            )
        )
    x = facts.drop(columns=["customer_id", *(name for name in without if name in facts)]).dropna(axis=1, how="all")
    codes = list(x.select_dtypes("str"))
    numbers = [name for name in x if name not in codes]
    x = x.astype(dict.fromkeys(numbers, "float64") | dict.fromkeys(codes, object)).fillna(dict.fromkeys(codes, "blank"))
    train, test = train_test_split(range(len(x)), test_size=HELD_OUT, random_state=SEED, stratify=y)
    filled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = make_column_transformer((filled, numbers), (OneHotEncoder(handle_unknown="ignore"), codes))
    model = make_pipeline(columns, LogisticRegression(C=0.1, max_iter=1000))
    score = model.fit(x.iloc[train], y[train]).predict_proba(x)[:, 1]
    scores = pd.DataFrame({"customer_id": facts["customer_id"], "wanted": y, "score": score, "held_out": False})
    scores.loc[test, "held_out"] = True
    picked, right = score[test] >= cut, y[test]
    hits = (picked & right).sum()
    return Lookalike(scores, cut, rate(right.sum(), len(right)), rate(hits, picked.sum()), rate(hits, right.sum()))
