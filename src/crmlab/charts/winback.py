"""Pictures of chapter 15. Each function takes a table of :mod:`crmlab.winback` and returns Axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlab import winback
from crmlab.figures import new_axes, thousands, yuan
from crmlab.language import PALETTE, label, say
from crmlab.tables import points
from crmlab.tables import yuan as money

PERCENT = PercentFormatter(1.0, decimals=0)


def _counted(arm: str, n: int) -> str:
    name = label(f"arm_{arm}")
    return say(zh=f"{name}（{n:,} 人）", en=f"{name} ({n:,})")


def _dots(ax: Axes, names: list[str], value, low, high, texts: list[str]) -> None:
    """One dot a row with its interval, the first row on top, the text beside the interval."""
    y = np.arange(len(names))[::-1]
    ax.hlines(y, low, high, color=PALETTE["muted"], linewidth=6)
    ax.plot(value, y, "o", color=PALETTE["accent"], markersize=8)
    for row, end, text in zip(y, np.where(np.isnan(high), value, high), texts, strict=True):
        ax.annotate(
            text,
            (end, row),
            xytext=(8, -4),
            textcoords="offset points",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    ax.set_yticks(y, names)
    ax.set_ylim(-0.6, len(names) - 0.4)


def _span(shares: pd.Series) -> str:
    """From the least to the most; one figure where they agree."""
    low, high = (f"{share:.0%}" for share in (shares.min(), shares.max()))
    return low if low == high else say(zh=f"{low} 到 {high}", en=f"{low} to {high}")


def definitions(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """How well each definition of "lapsed" did: of those it named, who came back; and whom it missed.

    table : definition (label key), gone (named, did not come back), back (named, came back), missed (not named, gone).
    """
    ax = new_axes(ax, 0.9)
    rows = table.iloc[::-1]
    y, left = np.arange(len(rows)), np.zeros(len(rows))
    parts = [("gone", PALETTE["accent"]), ("back", PALETTE["muted"]), ("missed", PALETTE["bad"])]
    for name, colour in parts:
        ax.barh(y, rows[name], left=left, color=colour, height=0.6, label=label(f"lapsed_{name}"))
        for position, start, count in zip(y, left, rows[name], strict=True):
            if count > 0.04 * rows[["gone", "back", "missed"]].sum(axis=1).max():
                ink = PALETTE["ink"] if name == "back" else "white"
                ax.text(start + count / 2, position, f"{count:,}", ha="center", va="center", color=ink)
        left = left + rows[name].to_numpy()
    ax.set_yticks(y, [label(name) for name in rows["definition"]])
    thousands(ax.xaxis)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncol=3)
    best = table.loc[table["missed"].idxmin()]
    ax.set(
        xlabel=label("customers"),
        title=say(
            zh=f"“{label(best['definition'])}”漏得最少：{best['missed']:,} 人；冤枉 {best['back']:,} 人",
            en=f"'{label(best['definition'])}' misses fewest: {best['missed']:,}; it blames {best['back']:,} wrongly",
        ),
    )
    return ax


def arms(result: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """What each arm gained in yuan a head over the hold-out, with its interval (:func:`crmlab.winback.result`)."""
    ax = new_axes(ax, 0.75)
    rows = result[result["gain"].notna()]
    names = [_counted(row["arm"], row["n"]) for _, row in rows.iterrows()]
    texts = [label(f"verdict_{verdict}") for verdict in rows["verdict"]]
    _dots(ax, names, rows["gain"], rows["gain_low"], rows["gain_high"], texts)
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    spread = rows["gain_high"].max() - min(rows["gain_low"].min(), 0)
    ax.set_xlim(min(rows["gain_low"].min(), 0) - 0.06 * spread, max(rows["gain_high"].max(), 0) + 0.3 * spread)
    yuan(ax.xaxis)
    worst = rows.loc[rows["gain"].idxmin()]
    name, money = label(f"arm_{worst['arm']}"), f"¥{abs(worst['gain']):,.1f}"
    ax.set(
        xlabel=say(
            zh="比空白组每人多赚多少（线是 95% 区间）", en="more per head than the hold-out (line: 95% interval)"
        ),
        title=say(zh=f"“{name}”平均每联系一人，亏 {money}", en=f"'{name}' costs us {money} a person on average")
        if worst["gain"] < 0
        else say(zh=f"“{name}”平均每联系一人，多赚 {money}", en=f"'{name}' brings {money} a person on average"),
    )
    return ax


def groups(table: pd.DataFrame, group: str, ax: Axes | None = None) -> Axes:
    """Extra returns by group and arm, with intervals (:func:`crmlab.winback.by_group`)."""
    ax = new_axes(ax, 0.4 + 0.13 * len(table))
    names = [f"{label(str(row[group]))} · {label('arm_' + row['arm'])}" for _, row in table.iterrows()]
    texts = [f"{row['base_rate']:.0%} → {row['rate']:.0%}" for _, row in table.iterrows()]
    _dots(ax, names, table["lift"], table["low"], table["high"], texts)
    ax.axvline(0, color=PALETTE["ink"], linewidth=1)
    ax.set_xlim(min(table["low"].min(), 0) - 0.02, table["high"].max() + 0.12)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=""))
    best, least = table.loc[table["lift"].idxmax()], table.loc[table["lift"].idxmin()]
    ax.set(
        xlabel=say(
            zh="比空白组多回来几个百分点（线是 95% 区间；右边：空白组 → 本组）",
            en="points more returns than the hold-out (line: 95% interval; right: hold-out → arm)",
        ),
        title=say(
            zh=f"同样的东西，有一组多回来 {points(best['lift'])} 个百分点，有一组只多 {points(least['lift'])} 个",
            en=f"Same offer: {points(best['lift'])} points more come back in one group, {points(least['lift'])} in another",
        ),
    )
    return ax


def targeting(curve: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Gain by the share contacted, best-scored first, against a share drawn at random (:func:`crmlab.winback.targeting_curve`)."""
    ax = new_axes(ax)
    ax.fill_between(curve["share"], curve["low"], curve["high"], color=PALETTE["accent"], alpha=0.15, linewidth=0)
    ax.plot(curve["share"], curve["gain"], color=PALETTE["accent"], linewidth=2.5, label=label("targeted"))
    ax.plot(curve["share"], curve["random"], color=PALETTE["muted"], linestyle="--", label=label("at_random"))
    ax.axhline(0, color=PALETTE["ink"], linewidth=1)
    share = winback.best_share(curve)
    top = curve.loc[curve["share"] == share, "gain"].iloc[0]
    ax.plot([share], [top], "o", color=PALETTE["ink"])
    ax.xaxis.set_major_formatter(PERCENT)
    yuan(ax.yaxis)
    ax.legend(loc="lower left")
    ax.set(
        xlim=(0, 1),
        xlabel=say(
            zh="联系名单里的百分之几（最值得的排在前）", en="share of the list contacted, the most promising first"
        ),
        ylabel=say(zh="全名单人均多赚（带 95% 区间）", en="gain per head of the whole list (with 95% interval)"),
        title=say(
            zh=f"最高点在 {share:.0%}：人均 {money(top, 1)}；全发是 {money(curve['gain'].iloc[-1], 1)}",
            en=f"Highest at {share:.0%}: {money(top, 1)} per head; contact all: {money(curve['gain'].iloc[-1], 1)}",
        )
        if share
        else say(zh="谁都不联系最划算", en="Contacting nobody is best"),
    )
    return ax


def second_life(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Of those who came back, the share with at least 1, 2, 3 ... orders since (columns: arm, order, share, n)."""
    ax = new_axes(ax)
    for arm, colour, line in zip(table["arm"].unique(), PALETTE["series"], ["-", "--", ":"], strict=False):
        rows = table[table["arm"] == arm]
        name = _counted(arm, rows["n"].iloc[0])
        ax.plot(rows["order"], rows["share"], line, color=colour, marker="o", linewidth=2, label=name)
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set_xticks(sorted(table["order"].unique()))
    ax.set_ylim(0, 1.05)
    ax.legend()
    last_order = table["order"].max()
    second, last = (_span(table.loc[table["order"] == each, "share"]) for each in (2, last_order))
    ax.set(
        xlabel=say(zh="回来以后的第几单", en="order number since the return"),
        ylabel=say(zh="还有这一单的人", en="customers who placed it"),
        title=say(
            zh=f"回来以后，{second} 有第 2 单，{last} 有第 {last_order} 单",
            en=f"Once back, {second} place order 2, {last} order {last_order}",
        ),
    )
    return ax
