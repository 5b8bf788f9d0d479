"""Pictures of value: margin cumulated until it has paid for the acquisition, channel by channel."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from crmlab.figures import end_labels, new_axes, yuan
from crmlab.language import PALETTE, label, say


def payback(curves: pd.DataFrame, table: pd.DataFrame, days: int = 180, ax: Axes | None = None) -> Axes:
    """Margin a head less the cost of acquiring her, day by day; a dot where it crosses zero.

    ``curves``: :func:`crmlab.value.curves`; ``table``: :func:`crmlab.value.payback`. The cheapest channel and the one
    that pays back first are drawn in colour.
    """
    ax = new_axes(ax, 0.95)
    table = table.set_index("channel")
    cheapest, fastest = table["cac"].idxmin(), table["payback"].idxmin()
    for channel, rows in curves[(curves["day"] <= days) & (curves["day"] % 10 == 0)].groupby("channel"):
        lit = {cheapest: PALETTE["bad"], fastest: PALETTE["accent"]}.get(channel)
        ax.plot(
            rows["day"], rows["margin"] - table.at[channel, "cac"], color=lit or PALETTE["muted"],
            linewidth=2.8 if lit else 1.5, zorder=3 if lit else 2, label=label(f"channel_{channel}"),
        )  # fmt: skip
        if table.at[channel, "payback"] <= days:
            ax.plot([table.at[channel, "payback"]], [0], "o", color=lit or PALETTE["muted"], zorder=4)
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    yuan(ax.yaxis)
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.grid(False)
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
