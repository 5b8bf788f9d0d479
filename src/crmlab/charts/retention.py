"""Pictures of retention: the cohort triangle, the weighted curve, from one purchase to the next."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmlab import retention
from crmlab.figures import new_axes, percent
from crmlab.language import PALETTE, say


def triangle(
    cohorts: pd.DataFrame, lit: str | None = None, rows: int = 13, ages: int = 8, ax: Axes | None = None
) -> Axes:
    """The cohort triangle: share still buying, one row a cohort; months not over yet are grey, never 0.

    ``cohorts``: :func:`crmlab.retention.cohorts`; the newest ``rows`` of them are drawn, more if the one to be framed,
    ``lit`` ("2025-09"), is older.
    """
    wide = retention.triangle(cohorts).loc[:, lambda w: (w.columns > 0) & (w.columns <= ages)].dropna(how="all")
    sizes = cohorts.drop_duplicates("cohort").set_index("cohort")["size"]
    usual = retention.average(cohorts).set_index("age")["rate"]
    first = len(wide) - rows if lit not in wide.index else min(len(wide) - rows, wide.index.get_loc(lit))
    wide = wide.iloc[max(first, 0) :]
    ax = new_axes(ax, max(0.5, 0.075 * len(wide) + 0.28))
    values = np.ma.masked_invalid(wide.to_numpy())
    top = max(float(np.nanmax(wide.to_numpy())), 0.01)
    ax.set_facecolor(PALETTE["grid"])
    bounds = {"vmin": 0.4 * float(values.min()), "vmax": 1.15 * top}
    ax.pcolormesh(np.arange(wide.shape[1] + 1) - 0.5, np.arange(len(wide) + 1) - 0.5, values, cmap="Blues", **bounds)
    ax.invert_yaxis()
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
    title = say(
        zh=f"首单之后第 1 个月，还有 {usual[1]:.0%} 在买", en=f"{usual[1]:.0%} buy in the month after their first"
    )
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
            zh="首单之后第几个自然月（格里是还在买的百分比，灰的是还没到）",
            en="calendar months after the first (numbers: % still buying; grey: not over yet)",
        ),
        ylabel=say(zh="首单月份（人数）", en="month of first purchase (people)"),
        title=title,
    )
    return ax


def repurchase(table: pd.DataFrame, within: int, ax: Axes | None = None) -> Axes:
    """From one purchase to the next: rate with interval a step (:func:`crmlab.retention.repurchase`)."""
    rows = table[table["base"] > 0]
    ax = new_axes(ax, 0.85)
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
