"""Who stays and who buys again: what a report says of retention and repurchase.

Everything takes the `crmlab.health.Health` of a report; the tables are those of :mod:`crmlab.retention`.
"""

from __future__ import annotations

import pandas as pd

from crmlab import experiment, retention
from crmlab.language import Said, say

WITHIN = 90  # days to the next purchase; also the shortest record that shows anything


def long_enough(h) -> bool:
    """Whether the record has customers and covers three months."""
    return h.by_customer and h.history >= WITHIN


def too_short(h) -> Said | None:
    """Why retention and repurchase are left out; nothing where all sections on customers are."""
    return why_short(h.history) if h.by_customer else None


def why_short(history: int) -> Said:
    """The sentence for a record of so many days."""
    return say(
        zh=f"没有留存和复购：记录只有 {history} 天，要满 {WITHIN} 天才看得出谁还在买。",
        en=f"No retention and repurchase: the record covers {history} days; it takes {WITHIN} to see who is still buying.",
    )


def stayed(h) -> Said:
    """How many still buy a month and more after their first, and whether the newest month does better or worse."""
    usual = retention.average(h.cohorts).set_index("age")
    one, later = usual.loc[1], usual[usual["cohorts"] >= 2].index.max()
    zh = f"首单之后第 1 个月还在买的，平均 **{one['rate']:.0%}**（{one['low']:.0%} 到 {one['high']:.0%}，{one['size']:,.0f} 位）"
    en = (
        f"In the month after their first purchase **{one['rate']:.0%}** are still buying ({one['low']:.0%} to "
        f"{one['high']:.0%}, {one['size']:,.0f} customers)"
    )
    if later == later and later > 1:
        there = usual.loc[later := int(min(later, 6))]
        zh += f"，到第 {later} 个月是 {there['rate']:.0%}"
        en += f", by month {later} it is {there['rate']:.0%}"
    newest = _newest(h)
    return say(zh=f"{zh}。{newest[0]}" if newest else f"{zh}。", en=f"{en}. {newest[1]}" if newest else f"{en}.")


def _newest(h) -> tuple[str, str] | None:
    """The newest cohort whose first month is over, against all before it; None where either has too few customers."""
    from crmlab.health import SMALL

    first = h.cohorts[(h.cohorts["age"] == 1) & h.cohorts["complete"]]
    row, before = first.iloc[-1], first.iloc[:-1]
    if row["size"] < SMALL or before["size"].sum() < SMALL:
        return None
    gap = experiment.difference(row["active"], row["size"], before["active"].sum(), before["size"].sum())
    zh, en = (
        ("比以前的高", "more than those before")
        if gap.low > 0
        else ("比以前的低", "fewer than those before")
        if gap.high < 0
        else ("和以前的分不出高低", "no clear difference from those before")
    )
    return (
        f"最近一批看得全的是 {row['cohort']} 来的 {row['size']:,} 位：{row['rate']:.0%}，{zh}。",
        f"The newest month seen in full is {row['cohort']} ({row['size']:,} customers): {row['rate']:.0%}, {en}.",
    )


def again(h) -> Said:
    """How many buy a second time within 90 days, how soon, and which step is the hardest."""
    table = firm_steps(h)
    one, worst = table.iloc[0], table.loc[table["rate"].idxmin()]
    n, young = int(worst["step"]), int(h.steps["too_young"].iloc[0])
    zh = (
        f"首单满 {WITHIN} 天的 {one['base']:,.0f} 位里，{WITHIN} 天内买第二次的有 **{one['rate']:.0%}**"
        f"（{one['low']:.0%} 到 {one['high']:.0%}）"
    )
    en = (
        f"Of the {one['base']:,.0f} customers whose first purchase is {WITHIN} days old or more, **{one['rate']:.0%}** "
        f"({one['low']:.0%} to {one['high']:.0%}) bought a second time within {WITHIN} days"
    )
    if one["again"]:
        zh += f"，一半的人至多隔了 {one['median_days']:,.0f} 天" if one["again"] > 1 else ""
        en += f", half of them in {one['median_days']:,.0f} days or fewer" if one["again"] > 1 else ""
    en += "."
    if len(table) > 1:
        zh += f"；最难的是第 {n} 次到第 {n + 1} 次，{worst['rate']:.0%}"
        en += f" The hardest step is from purchase {n} to {n + 1}: {worst['rate']:.0%}."
    if young:
        zh += f"。还有 {young:,} 位首单不满 {WITHIN} 天，先不算"
        en += f" Left out as too young: {young:,}."
    return say(zh=f"{zh}。", en=en)


def firm_steps(h) -> pd.DataFrame:
    """`Health.steps` without the steps that too few customers have reached; the first one always stands."""
    from crmlab.health import SMALL

    return h.steps[(h.steps["base"] >= SMALL) | (h.steps["step"] == 1)]


def triangle_table(h) -> pd.DataFrame:
    """The cohort triangle for a sheet: cohort, size, and a share (0..1) a month; blank where the month is not over."""
    wide = retention.triangle(h.cohorts)
    sizes = h.cohorts.drop_duplicates("cohort").set_index("cohort")["size"].reindex(wide.index)
    wide.columns = [str(say(zh=f"第 {age} 月", en=f"month {age}")) for age in wide.columns]
    table = pd.concat([sizes, wide], axis=1).reset_index()
    table.attrs["shares"] = list(wide.columns)
    return table


def steps_table(h) -> pd.DataFrame:
    """`crmlab.retention.repurchase` for reading: step ("1 → 2"), base, bought_again, rate, low, high, median_days, too_young."""
    step = [f"{n} → {n + 1}" for n in h.steps["step"]]
    return h.steps.assign(step=step).rename(columns={"again": "bought_again"})
