"""Pictures of chapter 12. Each function takes a table made with :mod:`crmlab.tagging` and returns Axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlab.experiment import rate
from crmlab.figures import new_axes, thousands
from crmlab.language import PALETTE, label, say
from crmlab.tables import yuan as money

PERCENT = PercentFormatter(1.0, decimals=0)


def line(silent: pd.Series, days: int, cost: float, n: int, longest: int = 365, ax: Axes | None = None) -> Axes:
    """Whom a rule "more than ``days`` days since the last order" names, and what one parcel each costs.

    silent : days since the last order, one a customer; only those up to ``longest`` count. n : all customers, with those
    who never bought. cost : yuan a parcel.
    """
    ax = new_axes(ax, 0.85)
    grid = np.arange(0, longest)
    within = np.sort(silent[silent <= longest])
    counts = len(within) - np.searchsorted(within, grid, side="right")
    named = int(counts[min(days, longest - 1)])
    share = named / max(n, 1)
    digits = 0 if share >= 0.01 else 1
    ax.plot(grid, counts, color=PALETTE["accent"], linewidth=2.5)
    ax.fill_between(grid, counts, where=grid >= days, color=PALETTE["accent"], alpha=0.15, linewidth=0)
    ax.axvline(days, color=PALETTE["bad"], linewidth=1.5)
    ax.plot([days], [named], "o", color=PALETTE["ink"])
    thousands(ax.yaxis)
    ax.set_xlim(0, longest)
    ax.set_ylim(0)
    ax.set(
        xlabel=say(zh="线放在多少天", en="where the line is drawn (days since the last order)"),
        ylabel=say(zh=f"打上标签的人（{longest} 天内买过的）", en=f"tagged (last order within {longest} days)"),
        title=say(
            zh=f"线放在 {days} 天：{named:,} 位，覆盖 {share:.{digits}%}；每人一份要 {money(named * cost)}",
            en=f"Line at {days} days: {named:,} tagged, {share:.{digits}%}; a parcel each costs {money(named * cost)}",
        ),
    )
    return ax


def coverage(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Share of customers with at least one tag of each group (columns: group, customers, share), most first."""
    rows = table.sort_values("share")
    ax = new_axes(ax, 0.35 + 0.045 * len(rows))
    y = np.arange(len(rows))
    colours = np.where(rows["share"] < 0.5, PALETTE["muted"], PALETTE["accent"])
    ax.barh(y, rows["share"], color=colours, height=0.7)
    for position, share in zip(y, rows["share"], strict=True):
        ax.annotate(f"{share:.0%}", (share, position), xytext=(4, -4), textcoords="offset points")
    ax.set_yticks(y, rows["group"])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlim(0, 1.08)
    ax.xaxis.set_major_formatter(PERCENT)
    wide = int((rows["share"] >= 0.5).sum())
    ax.set(
        xlabel=say(zh="至少有一个这组标签的客户", en="customers with at least one tag of the group"),
        title=say(
            zh=f"{len(rows)} 组标签，只有 {wide} 组盖住一半以上的人",
            en=f"{len(rows)} groups of tags; {wide} of them cover half the customers or more",
        ),
    )
    return ax


def ageing(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """How many typed tags still agree today, by quarters since they were typed, a line a group with its interval.

    table : group (its name), quarter (0, 1, 2 ...), right, n.
    """
    ax = new_axes(ax)
    slopes = {}
    for (group, rows), colour, style in zip(
        table.groupby("group", sort=False), PALETTE["series"], ["-", "--", ":"], strict=False
    ):
        months = rows["quarter"] * 3 + 1.5
        share, low, high = rate(rows["right"], rows["n"])
        ax.fill_between(months, low, high, color=colour, alpha=0.15, linewidth=0)
        ax.plot(months, share, style, color=colour, marker="o", linewidth=2, label=group)
        slopes[group] = (share[0], share[-1])
    worst = min(slopes, key=lambda each: slopes[each][1] - slopes[each][0])
    first, last = slopes[worst]
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_ylim(0, 1.02)
    ax.legend()
    ax.set(
        xlabel=say(zh="打上以后过了几个月", en="months since the tag was typed"),
        ylabel=say(zh="今天还和自动标签一致（带 95% 区间）", en="agrees with the rule today (95% interval)"),
        title=say(
            zh=f"“{worst}”：最新的 {first:.0%} 对得上，最老的 {last:.0%}",
            en=f"'{worst}': {first:.0%} of the newest agree, {last:.0%} of the oldest",
        ),
    )
    return ax


def cut(scores: pd.DataFrame, cut: float = 0.5, ax: Axes | None = None) -> Axes:
    """Precision and recall of a model tag at every cut, on held-out customers (scores of :func:`crmlab.tagging.lookalike`).

    Precision is drawn where the cut leaves 30 tagged or more: a share of fewer jumps about.
    """
    ax = new_axes(ax)
    held = scores[scores["held_out"]]
    cuts = np.round(np.arange(0.05, 0.96, 0.05), 2)
    picked = [held["score"] >= each for each in cuts]
    hits = np.array([(mask & held["wanted"]).sum() for mask in picked])
    sizes = np.array([mask.sum() for mask in picked])
    lines = {
        "precision": np.where(sizes >= 30, hits / np.maximum(sizes, 1), np.nan),
        "recall": hits / held["wanted"].sum(),
    }
    for (name, values), style in zip(lines.items(), ["-", "--"], strict=True):
        ax.plot(cuts, values, style, color=PALETTE["accent"], linewidth=2.5, label=label(name))
    ax.axhline(held["wanted"].mean(), color=PALETTE["muted"], linestyle=":", label=label("everybody_tagged"))
    ax.axvline(cut, color=PALETTE["bad"], linewidth=1.5)
    chosen = held["score"] >= cut
    both = (chosen & held["wanted"]).sum()
    precision, recall = both / max(chosen.sum(), 1), both / held["wanted"].sum()
    ax.plot([cut, cut], [precision, recall], "o", color=PALETTE["ink"])
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    ax.legend(loc="lower left")
    ax.set(
        xlabel=say(zh="几分以上打标签", en="tag at this score and above"),
        ylabel=say(zh="没给模型看过的客户里占几成", en="share of customers the model never saw"),
        title=say(
            zh=f"线放在 {cut:.2f}：打了 {chosen.sum():,} 位，对的占 {precision:.0%}；该打的打到 {recall:.0%}",
            en=f"Cut at {cut:.2f}: {chosen.sum():,} tagged, {precision:.0%} of them rightly; {recall:.0%} are found",
        ),
    )
    return ax
