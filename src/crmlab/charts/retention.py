"""Pictures of retention: the cohort triangle, the weighted curve, from one purchase to the next."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmlab import retention
from crmlab.figures import percent
from crmlab.language import PALETTE, say


def _axes(ax: Axes | None, height: float = 1.0) -> Axes:
    if ax is not None:
        return ax
    width, usual = plt.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, usual * height))[1]


def triangle(cohorts: pd.DataFrame, lit: str | None = None, ages: int = 12, ax: Axes | None = None) -> Axes:
    """The cohort triangle: share still buying, one row a cohort; months not over yet are hatched, never 0.

    ``cohorts``: :func:`crmlab.retention.cohorts`. ``lit``: a cohort ("2025-09") to frame; without one, the cohort of at
    least three ages that lies furthest below the weighted average of its ages.
    """
    wide = retention.triangle(cohorts).loc[:, lambda w: (w.columns > 0) & (w.columns <= ages)]
    wide = wide.dropna(how="all")
    sizes = cohorts.drop_duplicates("cohort").set_index("cohort")["size"]
    usual = retention.average(cohorts).set_index("age")["rate"]
    below = (
        (wide - usual.reindex(wide.columns))
        .where(wide.notna())
        .mean(axis=1)[wide.notna().sum(axis=1) >= min(3, wide.shape[1])]
    )
    lit = lit or (below.idxmin() if len(below) else wide.index[0])
    ax = _axes(ax, max(0.5, 0.075 * len(wide) + 0.28))
    values = np.ma.masked_invalid(wide.to_numpy())
    top = max(float(np.nanmax(wide.to_numpy())), 0.01)
    ax.patch.set(hatch="///", edgecolor=PALETTE["grid"], facecolor="white")
    ax.imshow(values, cmap="Blues", aspect="auto", vmin=0.4 * float(np.nanmin(wide.to_numpy())), vmax=1.15 * top)
    for (i, j), share in np.ndenumerate(wide.to_numpy()):
        if np.isfinite(share):
            ax.text(
                j,
                i,
                f"{100 * share:.0f}",
                ha="center",
                va="center",
                fontsize="x-small",
                color="white" if share > 0.8 * top else PALETTE["ink"],
            )
    ax.set_xticks(range(wide.shape[1]), wide.columns)
    ax.set_yticks(range(len(wide)), [f"{cohort}  ({sizes[cohort]:,})" for cohort in wide.index], fontsize="small")
    ax.grid(False)
    title = say(zh=f"{len(wide)} 批客户，{wide.shape[1]} 个月", en=f"{len(wide)} cohorts, {wide.shape[1]} months")
    if lit in wide.index:
        row = wide.index.get_loc(lit)
        last = int(wide.loc[lit].notna().sum())
        frame = plt.Rectangle((-0.5, row - 0.5), last, 1, fill=False, edgecolor=PALETTE["bad"], linewidth=2.5)
        ax.add_patch(frame)
        title = say(
            zh=f"{lit} 来的这批人，第 1 个月只剩 {wide.loc[lit, 1]:.0%}，平均是 {usual[1]:.0%}",
            en=f"Of those who came in {lit}, {wide.loc[lit, 1]:.0%} bought in month 1; {usual[1]:.0%} is usual",
        )
    ax.set(
        xlabel=say(
            zh="首单之后第几个自然月（格里是还在买的百分比，斜纹是还没到）",
            en="calendar months after the first (numbers: % still buying; hatched: not over yet)",
        ),
        ylabel=say(zh="首单月份（人数）", en="month of first purchase (people)"),
        title=title,
    )
    return ax


def curve(average: pd.DataFrame, plain: pd.Series | None = None, ax: Axes | None = None) -> Axes:
    """Weighted retention by age with its 95% band (:func:`crmlab.retention.average`); ``plain``: unweighted, to compare."""
    ax = _axes(ax)
    rows = average[average["age"] > 0]
    ax.fill_between(rows["age"], rows["low"], rows["high"], color=PALETTE["accent"], alpha=0.2, linewidth=0)
    ax.plot(
        rows["age"],
        rows["rate"],
        color=PALETTE["accent"],
        linewidth=2.5,
        label=say(zh="按人数加权", en="weighted by people"),
    )
    if plain is not None:
        shown = plain[plain.index > 0]
        ax.plot(
            shown.index,
            shown,
            color=PALETTE["bad"],
            linewidth=1.5,
            linestyle="--",
            label=say(zh="百分比直接平均", en="mean of percentages"),
        )
        ax.legend()
    percent(ax.yaxis)
    ax.set_ylim(0, min(1, 1.25 * rows["high"].max()))
    first, last = rows.iloc[0], rows.iloc[-1]
    ax.set(
        xlabel=say(zh="首单之后第几个自然月", en="calendar months after the first purchase"),
        ylabel=say(zh="当月又买过的占比", en="share who bought in that month"),
        title=say(
            zh=f"第 {first['age']:.0f} 个月留下 {first['rate']:.0%}，第 {last['age']:.0f} 个月 {last['rate']:.0%}",
            en=f"{first['rate']:.0%} are there in month {first['age']:.0f}, {last['rate']:.0%} in month {last['age']:.0f}",
        ),
    )
    return ax


def repurchase(table: pd.DataFrame, within: int, ax: Axes | None = None) -> Axes:
    """From one purchase to the next: rate with interval a step (:func:`crmlab.retention.repurchase`)."""
    rows = table[table["base"] > 0]
    ax = _axes(ax)
    x = np.arange(len(rows))
    worst = int(rows["rate"].to_numpy().argmin())
    colours = [PALETTE["bad"] if i == worst else PALETTE["accent"] for i in x]
    bars = ax.bar(x, rows["rate"], color=colours, width=0.7)
    ax.errorbar(
        x,
        rows["rate"],
        [rows["rate"] - rows["low"], rows["high"] - rows["rate"]],
        fmt="none",
        ecolor=PALETTE["ink"],
        capsize=4,
    )
    ax.bar_label(
        bars,
        [
            f"{rate:.0%}\n{again:,}/{base:,}"
            for rate, again, base in zip(rows["rate"], rows["again"], rows["base"], strict=True)
        ],
        label_type="center",
        color="white",
        fontweight="bold",
    )
    ax.set_xticks(
        x,
        [
            say(zh=f"第 {n} 次 → 第 {n + 1} 次\n隔 {days:.0f} 天", en=f"{n} → {n + 1}\n{days:.0f} days")
            for n, days in zip(rows["step"], rows["median_days"].fillna(0), strict=True)
        ],
    )
    percent(ax.yaxis)
    ax.set_ylim(0, 1)
    row = rows.iloc[worst]
    n = int(row["step"])
    ax.set(
        ylabel=say(zh=f"{within} 天内又买的占比", en=f"share who bought again within {within} days"),
        title=say(
            zh=f"最难的是第 {n} 次到第 {n + 1} 次：{row['rate']:.0%}",
            en=f"Purchase {n} to {n + 1} is the hardest: {row['rate']:.0%}",
        ),
    )
    ax.grid(axis="x", visible=False)
    return ax
