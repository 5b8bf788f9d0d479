"""The funnel: how many take each step, what one point more of a step is worth, and whether invitations feed it.

Tables of people are pandas; :func:`k_factor` reduces invitations to one row an inviter on any engine first.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import numpy as np
import pandas as pd

from crmlab import experiment
from crmlab.engine import collect, lazy


def steps(people: pd.DataFrame, names: Sequence[str], by: str | None = None) -> pd.DataFrame:
    """Counts and step rates (环节转化率) of a funnel, over all people or for each value of ``by``.

    Parameters
    ----------
    people : one row a person; boolean columns ``names`` in the order of the steps. A person stands in a step only
        after taking every step before it.

    Returns
    -------
    (by), step, n (took it), base (could: took the one before; at first everybody), rate (n / base), low, high (0..1,
    Wilson), of_all (n / everybody of the group).
    """
    groups = [(None, people)] if by is None else people.groupby(by, observed=True)
    parts = []
    for key, group in groups:
        n = group[list(names)].astype(bool).cummin(axis=1).sum().to_numpy()
        part = pd.DataFrame({"step": list(names), "n": n, "base": np.append(len(group), n[:-1])})
        part["rate"], part["low"], part["high"] = experiment.rate(part["n"], part["base"])
        part["of_all"] = part["n"] / max(len(group), 1)
        if by is not None:
            part.insert(0, by, key)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def one_point(people: pd.DataFrame, names: Sequence[str], worth: str) -> pd.DataFrame:
    """What one percentage point more of each step rate is worth, in the unit of the column ``worth``.

    If one per cent of those before a step went on and were then worth what those who went on are worth on average,
    the total would rise by ``0.01 * base * (passed - stopped)``. That is a ceiling: those who go on of themselves
    are keener than those one has to push.

    Returns step, base, rate, stopped and passed (mean worth a head of those who stop here and who go on), gain.
    """
    took = people[list(names)].astype(bool).cummin(axis=1)
    before = pd.Series(True, index=people.index)
    rows = []
    for name in names:
        passed, stopped = (people.loc[before & chosen, worth] for chosen in (took[name], ~took[name]))
        rows.append((name, int(before.sum()), took[name][before].mean(), stopped.mean(), passed.mean()))
        before = took[name]
    table = pd.DataFrame(rows, columns=["step", "base", "rate", "stopped", "passed"])
    table["gain"] = 0.01 * table["base"] * (table["passed"] - table["stopped"].fillna(0))
    return table


def what_if(table: pd.DataFrame, rates: Sequence[float]) -> pd.DataFrame:
    """The funnel of a :func:`one_point` table with other step rates (0..1): step, rate, n, worth (of those who stop there).

    Row 0 is "everybody before the first step"; ``worth`` sums to the total. With the table's own rates it is the
    total of today.
    """
    reach = table["base"].iloc[0] * np.append(1.0, np.cumprod(rates))
    stop = np.append(reach[:-1] - reach[1:], reach[-1])
    a_head = np.append(table["stopped"].fillna(0), table["passed"].iloc[-1])
    return pd.DataFrame({
        "step": ["start", *table["step"]],
        "rate": np.append(np.nan, rates),
        "n": reach,
        "worth": stop * a_head,
    })


def k_factor(invites, by: str | None = None, as_of=None, wait: int = 30) -> pd.DataFrame:
    """K: new members an inviter brings = invitations an inviter x share accepted.

    Parameters
    ----------
    invites : inviter_id, sent_at, accepted_at (and ``by``) on any engine, one row an invitation.
    as_of : reference day; default: date of the last invitation.
    wait : an invitation counts if it was sent at least so many days before ``as_of``, and as accepted if that came
        within so many days of sending; younger ones stand in ``too_young``.

    Returns
    -------
    (by), inviters, invites, accepted, per_inviter, acceptance, k, low, high (interval of the mean over inviters, who
    differ a lot), cycle_days (mean days from sending to joining), too_young.
    """
    rows = lazy(invites)
    if as_of is None:
        as_of = collect(rows.select(nw.col("sent_at").max()))["sent_at"].iloc[0]
    as_of = pd.Timestamp(as_of).normalize()
    last = as_of - pd.Timedelta(days=wait - 1)  # sent before this moment: a full wait is over
    key = [] if by is None else [by]
    table = collect(
        rows.filter(nw.col("sent_at") < (as_of + pd.Timedelta(days=1)).to_pydatetime()).select(
            *key, "inviter_id", "sent_at", "accepted_at"
        )
    )
    mature = table["sent_at"] < last
    lag = (table["accepted_at"] - table["sent_at"]).dt.total_seconds() / 86400
    table["accepted"] = mature & (lag <= wait)
    table["lag"] = lag.where(table["accepted"])
    table["mature"] = mature
    groups = [(None, table)] if by is None else table.groupby(by)
    return pd.DataFrame([({} if by is None else {by: name}) | _k(group) for name, group in groups])


def _k(group: pd.DataFrame) -> dict:
    from statsmodels.stats.weightstats import DescrStatsW

    old = group[group["mature"]]
    brought = old.groupby("inviter_id")["accepted"].sum()
    people = len(brought)
    low, high = DescrStatsW(brought.to_numpy(float)).tconfint_mean() if people > 1 else (np.nan, np.nan)
    return {
        "inviters": people,
        "invites": len(old),
        "accepted": int(brought.sum()),
        "per_inviter": len(old) / people if people else np.nan,
        "acceptance": old["accepted"].mean() if people else np.nan,
        "k": brought.mean() if people else np.nan,
        "low": max(low, 0.0),
        "high": high,
        "cycle_days": old["lag"].mean(),
        "too_young": int((~group["mature"]).sum()),
    }


def waves(k: float, start: int = 100, rounds: int = 8, runs: int = 500, seed: int = 6) -> pd.DataFrame:
    """A branching simulation: each new member brings a Poisson number of new members, ``k`` on average, once.

    Returns round (0 is the start), new (mean over the runs), total, low, high (total in the middle 90% of the runs).
    """
    draw = np.random.default_rng(seed)
    new = np.full((runs, rounds + 1), start)
    for number in range(1, rounds + 1):
        new[:, number] = draw.poisson(k * new[:, number - 1])
    total = new.cumsum(axis=1)
    low, high = np.quantile(total, [0.05, 0.95], axis=0)
    return pd.DataFrame({
        "round": range(rounds + 1),
        "new": new.mean(axis=0),
        "total": total.mean(axis=0),
        "low": low,
        "high": high,
    })
