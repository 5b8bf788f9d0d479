"""Pictures of value: margin cumulated until it has paid for the acquisition, and two rankings side by side."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes

from crmlab.figures import end_labels, yuan
from crmlab.language import PALETTE, label, say


def _axes(ax: Axes | None, height: float = 1.0) -> Axes:
    if ax is not None:
        return ax
    width, usual = plt.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, usual * height))[1]


def payback(curves: pd.DataFrame, table: pd.DataFrame, days: int = 180, ax: Axes | None = None) -> Axes:
    """Margin a head less the cost of acquiring her, day by day; a dot where it crosses zero.

    ``curves``: :func:`crmlab.value.curves`; ``table``: :func:`crmlab.value.payback`. The cheapest channel and the one
    that pays back first are drawn in colour.
    """
    ax = _axes(ax, 1.15)
    table = table.set_index("channel")
    cheapest, fastest = table["cac"].idxmin(), table["payback"].idxmin()
    for channel, rows in curves[(curves["day"] <= days) & (curves["day"] % 5 == 0)].groupby("channel"):
        lit = {cheapest: PALETTE["bad"], fastest: PALETTE["accent"]}.get(channel)
        ax.plot(
            rows["day"], rows["margin"] - table.at[channel, "cac"], color=lit or PALETTE["muted"],
            linewidth=2.8 if lit else 1.5, zorder=3 if lit else 2, label=label(f"channel_{channel}"),
        )  # fmt: skip
        if table.at[channel, "payback"] <= days:
            ax.plot([table.at[channel, "payback"]], [0], "o", color=lit or PALETTE["muted"], zorder=4)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    yuan(ax.yaxis)
    ax.set_xlim(0, 1.22 * days)
    ax.set_xticks(range(0, days + 1, 30))
    end_labels(ax)
    a, b = table.loc[cheapest], table.loc[fastest]
    name, other = label(f"channel_{cheapest}"), label(f"channel_{fastest}")
    late = (
        say(zh="一直没回本", en="never")
        if pd.isna(a["payback"])
        else say(zh=f"第 {a['payback']:.0f} 天才回本", en=f"day {a['payback']:.0f}")
    )
    ax.set(
        xlabel=say(zh="入会后第几天", en="days since joining"),
        ylabel=say(zh="人均累计边际贡献 − 获客成本", en="margin a head so far − CAC"),
        title=say(
            zh=f"“{name}”最便宜（¥{a['cac']:,.0f}），{late}；“{other}”第 {b['payback']:.0f} 天",
            en=f"'{name}' is cheapest (¥{a['cac']:,.0f}), payback {late}; '{other}' day {b['payback']:.0f}",
        ),
    )
    return ax


def ranks(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Channels ranked by cost of a new member and by payback day, joined by lines (:func:`crmlab.value.payback`)."""
    ax = _axes(ax, 0.95)
    rows = table.set_index("channel")
    cost, back = rows["cac"].rank(method="first"), rows["payback"].rank(method="first", na_option="bottom")
    for channel in rows.index:
        left, right = cost[channel], back[channel]
        colour = PALETTE["bad"] if left == 1 else PALETTE["accent"] if right == 1 else PALETTE["muted"]
        ink = colour if colour != PALETTE["muted"] else PALETTE["ink"]
        ax.plot([0, 1], [left, right], color=colour, linewidth=3, marker="o", markersize=9)
        name, day = label(f"channel_{channel}"), rows.at[channel, "payback"]
        ax.text(-0.05, left, f"{name}  ¥{rows.at[channel, 'cac']:,.0f}", ha="right", va="center", color=ink)
        ends = say(zh="没回本", en="not yet") if pd.isna(day) else say(zh=f"{day:.0f} 天", en=f"{day:.0f} days")
        ax.text(1.05, right, f"{ends}  {name}", ha="left", va="center", color=ink)
    ax.text(0, 0.3, say(zh="获客成本，从低到高", en="by cost of a new member"), ha="center", fontweight="bold")
    ax.text(1, 0.3, say(zh="回本，从快到慢", en="by payback"), ha="center", fontweight="bold")
    cheapest = rows["cac"].idxmin()
    ax.set(xlim=(-0.75, 1.75), ylim=(len(rows) + 0.5, 0))
    ax.set_title(
        say(
            zh=f"最便宜的“{label(f'channel_{cheapest}')}”，回本排第 {back[cheapest]:.0f}（共 {len(rows)} 个渠道）",
            en=f"Cheapest of {len(rows)}, '{label(f'channel_{cheapest}')}' comes {_nth(int(back[cheapest]))} in payback",
        )
    )
    ax.axis("off")
    return ax


def _nth(number: int) -> str:
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number, 'th')}"
