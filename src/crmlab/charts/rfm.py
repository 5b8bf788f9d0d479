"""Pictures of chapter 11. Each function takes a table of :mod:`crmlab.rfm` and returns Axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator, PercentFormatter

from crmlab import rfm
from crmlab.figures import new_axes, thousands
from crmlab.language import PALETTE, label, say

PERCENT = PercentFormatter(1.0, decimals=0)


def histogram(values: pd.Series, line: float | None = None, count: str = "customers", ax: Axes | None = None) -> Axes:
    """How many rows have which value; ``line`` marks a cut. ``values`` is a named column (recency, ...).

    ``count`` is the label of what is counted. Values beyond the 99th percentile stand in the last bar, so that one
    giant does not flatten the picture; the axis says so.
    """
    ax = new_axes(ax)
    top = max(values.quantile(0.99), values.min() + 1)
    whole = pd.api.types.is_integer_dtype(values) and top <= 60
    bins = np.arange(values.min() - 0.5, top + 1.5) if whole else np.linspace(values.min(), top, 41)
    ax.hist(values.clip(upper=top), bins=bins, color=PALETTE["accent"], edgecolor="white", linewidth=0.5)
    middle, mean = values.median(), values.mean()
    rest = say(zh=f"；最后一根柱含 {top:,.0f} 以上的", en=f"; the last bar holds all above {top:,.0f}")
    rest = rest if (values > top).any() else ""
    ax.set(
        xlabel=label(values.name) + rest,
        ylabel=label(count),
        title=say(
            zh=f"一半的人不超过 {middle:,.0f}，平均却是 {mean:,.1f}",
            en=f"Half are at or below {middle:,.0f}, yet the average is {mean:,.1f}",
        ),
    )
    thousands(ax.yaxis)
    for value, name in ((middle, say(zh="中位数", en="median")), (mean, say(zh="均值", en="mean"))):
        ax.axvline(value, color=PALETTE["ink"], linestyle=":" if value == middle else "--", linewidth=1.2, label=name)
    if line is not None:
        ax.axvline(line, color=PALETTE["bad"], linewidth=2, label=say(zh="线", en="line"))
    ax.legend()
    return ax


def lorenz(values: pd.Series, share: float = 0.2, ax: Axes | None = None) -> Axes:
    """Lorenz curve of money by customer, with the best ``share`` of customers marked."""
    ax = new_axes(ax)
    curve = rfm.lorenz(values)
    part, inequality = rfm.top_share(values, share), rfm.gini(values)
    step = max(len(curve) // 400, 1)
    shown = pd.concat([curve.iloc[::step], curve.iloc[[-1]]])
    ax.plot(shown["customer_share"], shown["revenue_share"], color=PALETTE["accent"], linewidth=2.5)
    ax.plot([0, 1], [0, 1], color=PALETTE["muted"], linestyle="--", linewidth=1)
    ax.axvspan(1 - share, 1, color=PALETTE["accent"], alpha=0.12)
    ax.plot([1 - share], [1 - part], "o", color=PALETTE["ink"])
    ax.annotate(
        say(
            zh=f"其余 {1 - share:.0%} 的人：{1 - part:.0%} 的收入",
            en=f"the other {1 - share:.0%}: {1 - part:.0%} of revenue",
        ),
        (1 - share, 1 - part),
        xytext=(-12, 10),
        textcoords="offset points",
        ha="right",
    )
    ax.text(0.10, 0.16, say(zh="人人一样多", en="if all spent alike"), color=PALETTE["ink"], rotation=28, alpha=0.6)
    ax.xaxis.set_major_formatter(PERCENT)
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=say(zh="客户，从花得最少的排到最多的", en="customers, from smallest spender to largest"),
        ylabel=say(zh="累计收入", en="cumulative revenue"),
        title=say(
            zh=f"前 {share:.0%} 的客户带来 {part:.0%} 的收入（基尼系数 {inequality:.2f}）",
            en=f"The top {share:.0%} of customers bring {part:.0%} of revenue (Gini {inequality:.2f})",
        ),
    )
    return ax


def classes(table: pd.DataFrame, labels: str = "textbook", ax: Axes | None = None) -> Axes:
    """Share of customers against share of revenue for each of the eight classes (a :func:`crmlab.rfm.class_table`)."""
    ax = new_axes(ax, 1.1)
    rows = table.iloc[::-1]
    y = np.arange(len(rows))
    names = [f"{rfm.class_name(code, labels)}  {code}" for code in rows["code"]]
    ax.hlines(y, rows["customer_share"], rows["revenue_share"], color=PALETTE["muted"], linewidth=3, zorder=1)
    ax.scatter(rows["customer_share"], y, color=PALETTE["series"][1], s=70, zorder=2, label=label("customer_share"))
    ax.scatter(
        rows["revenue_share"], y, color=PALETTE["accent"], s=70, marker="D", zorder=2, label=label("revenue_share")
    )
    best = table.loc[(table["revenue_share"] - table["customer_share"]).idxmax()]
    ax.set_yticks(y, names)
    ax.xaxis.set_major_formatter(PERCENT)
    ax.set_xlim(0, max(0.7, 1.05 * rows[["customer_share", "revenue_share"]].to_numpy().max()))
    ax.legend(loc="best")
    name = rfm.class_name(best["code"], labels)
    ax.set_title(
        say(
            zh=f"“{name}”只占 {best['customer_share']:.0%} 的人，带来 {best['revenue_share']:.0%} 的收入",
            en=f"'{name}': {best['customer_share']:.0%} of customers, {best['revenue_share']:.0%} of revenue",
        )
    )
    return ax


def grid(scored: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The international R x F grid: customers a cell, each cell under the name of its segment."""
    ax = new_axes(ax, 1.15)
    count = pd.crosstab(scored["f"], scored["r"]).reindex(index=range(5, 0, -1), columns=range(1, 6), fill_value=0)
    ax.imshow(count.to_numpy(), cmap="Blues", aspect="auto", vmin=0, vmax=max(count.to_numpy().max() * 1.35, 1))
    for (i, f), (j, r) in ((a, b) for a in enumerate(count.index) for b in enumerate(count.columns)):
        number = count.loc[f, r]
        ink = "white" if number > 0.75 * count.to_numpy().max() else PALETTE["ink"]
        ax.text(
            j, i, f"{rfm.segment_name(rfm.GRID[r, f])}\n{number:,}", ha="center", va="center", color=ink, fontsize=9.5
        )
    ax.set_xticks(range(5), count.columns)
    ax.set_yticks(range(5), count.index)
    ax.grid(False)
    largest = scored["segment"].value_counts().index[0]
    share = (scored["segment"] == largest).mean()
    name = rfm.segment_name(largest)
    ax.set(
        xlabel=say(zh="R 分（5 = 最近来过）", en="R score (5 = most recent)"),
        ylabel=say(zh="F 分（5 = 买得最勤）", en="F score (5 = most often)"),
        title=say(zh=f"人最多的一块叫“{name}”：{share:.0%}", en=f"The largest segment is '{name}': {share:.0%}"),
    )
    return ax


def agreement(codes: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Share of customers who get the same class under two rules, for each pair of columns of ``codes``."""
    ax = new_axes(ax)
    rules = list(codes.columns)
    same = np.array([[(codes[a] == codes[b]).mean() for b in rules] for a in rules])
    ax.imshow(same, cmap="Blues", vmin=0, vmax=1.4)
    for (i, j), value in np.ndenumerate(same):
        ink = "white" if value > 0.9 else PALETTE["ink"]
        ax.text(j, i, f"{value:.0%}", ha="center", va="center", color=ink, fontweight="bold")
    names = [label(f"rule_{rule}") for rule in rules]
    ax.set_xticks(range(len(rules)), names)
    ax.set_yticks(range(len(rules)), names)
    ax.grid(False)
    worst = same[~np.eye(len(rules), dtype=bool)].min()
    ax.set_title(
        say(
            zh=f"换一条规则，最多有 {1 - worst:.0%} 的人换了类",
            en=f"Another rule, and up to {1 - worst:.0%} of customers change class",
        )
    )
    return ax


def returns(table: pd.DataFrame, days: int, ax: Axes | None = None) -> Axes:
    """Share of each class that bought again within ``days``, with its 95% interval (:func:`crmlab.rfm.return_table`)."""
    ax = new_axes(ax)
    rows = table.iloc[::-1]
    y = np.arange(len(rows))
    ax.hlines(y, rows["low"], rows["high"], color=PALETTE["muted"], linewidth=6)
    ax.plot(rows["rate"], y, "o", color=PALETTE["accent"], markersize=8)
    for position, (_, row) in zip(y, rows.iterrows(), strict=True):
        ax.annotate(
            f"{row['rate']:.0%}  ¥{row['spend_per_head']:,.0f}",
            (row["high"], position),
            xytext=(8, -4),
            textcoords="offset points",
        )
    ax.set_yticks(y, [rfm.class_name(code) for code in rows["code"]])
    ax.xaxis.set_major_formatter(PERCENT)
    ax.set_xlim(0, min(1.0, rows["high"].max() + 0.2))
    best, worst = table.loc[table["rate"].idxmax()], table.loc[table["rate"].idxmin()]
    top, bottom = rfm.class_name(best["code"]), rfm.class_name(worst["code"])
    ax.set(
        xlabel=say(
            zh=f"其后 {days} 天内又买过的人（线是 95% 区间，金额是人均）",
            en=f"bought again within {days} days (line: 95% interval; ¥ per head)",
        ),
        title=say(
            zh=f"不另外做什么，“{top}”有 {best['rate']:.0%} 又买了，“{bottom}”只有 {worst['rate']:.0%}",
            en=f"With nothing extra done, {best['rate']:.0%} of '{top}' buy again, {worst['rate']:.0%} of '{bottom}'",
        ),
    )
    return ax


def flow(moves: pd.DataFrame, start: str, highlight: str | None = None, ax: Axes | None = None) -> Axes:
    """Where the customers of class ``start`` went between two dates (:func:`crmlab.rfm.moves`), one ribbon a class."""
    ax = new_axes(ax, 1.1)
    rows = moves[moves["from"] == start].sort_values("customers", ascending=False)
    total = rows["customers"].sum()
    gap, left, right = 0.04 * total, 0.0, 0.0
    for _, row in rows.iterrows():
        n = row["customers"]
        lit = row["to"] == (highlight or rows.iloc[0]["to"])
        curve = [
            (0, left),
            (0.5, left),
            (0.5, right),
            (1, right),
            (1, right + n),
            (0.5, right + n),
            (0.5, left + n),
            (0, left + n),
            (0, left),
        ]
        steps = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        ax.add_patch(
            PathPatch(
                Path(curve, steps),
                color=PALETTE["bad"] if lit else PALETTE["muted"],
                alpha=0.85 if lit else 0.5,
                linewidth=0,
            )
        )
        ax.text(
            1.02,
            right + n / 2,
            f"{rfm.class_name(row['to'])}  {n:,} ({row['share']:.0%})",
            va="center",
            fontweight="bold" if lit else "normal",
        )
        left, right = left + n, right + n + gap
    ax.text(-0.02, total / 2, f"{rfm.class_name(start)}\n{total:,}", ha="right", va="center", fontweight="bold")
    ax.axis("off")
    if rows.empty:
        ax.set_title(
            say(zh=f"那时候没有“{rfm.class_name(start)}”", en=f"There was nobody in '{rfm.class_name(start)}' then")
        )
        return ax
    ax.set(xlim=(-0.35, 1.6), ylim=(right, -gap))
    shown = rows[rows["to"] == (highlight or rows.iloc[0]["to"])]
    if len(shown):
        row = shown.iloc[0]
        ax.set_title(
            say(
                zh=f"“{rfm.class_name(start)}”里有 {row['customers']:,} 人（{row['share']:.0%}）成了“{rfm.class_name(row['to'])}”",
                en=f"{row['customers']:,} of '{rfm.class_name(start)}' ({row['share']:.0%}) became '{rfm.class_name(row['to'])}'",
            )
        )
    return ax


def by_age(table: pd.DataFrame, measure: str = "frequency", ax: Axes | None = None) -> Axes:
    """Median of ``measure`` in each age band with the middle half (25th to 75th percentile); needs ``age_band``."""
    ax = new_axes(ax)
    spread = table.groupby("age_band", observed=True)[measure].quantile([0.25, 0.5, 0.75]).unstack()
    x = np.arange(len(spread))
    ax.vlines(x, spread[0.25], spread[0.75], color=PALETTE["muted"], linewidth=12)
    ax.plot(x, spread[0.5], "o", color=PALETTE["accent"], markersize=9)
    ax.set_xticks(x, [label(f"band_{band}") for band in spread.index])
    least, most = (label(f"band_{band}") for band in (spread[0.5].idxmin(), spread[0.5].idxmax()))
    lowest, highest = spread[0.5].min(), spread[0.5].max()
    ax.set(
        xlabel=say(
            zh="宝宝月龄（点是中位数，灰条里是中间的一半人）",
            en="baby's age in months (dot: median; grey bar: the middle half)",
        ),
        ylabel=label(measure),
        title=say(
            zh=f"“{most}”的中位数是 {highest:,.0f}，“{least}”只有 {lowest:,.0f}",
            en=f"Median {highest:,.0f} at '{most}', only {lowest:,.0f} at '{least}'",
        ),
    )
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(bottom=0)
    return ax
