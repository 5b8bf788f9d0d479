"""Pictures of chapter 02: the 4D scorecard, needs, price tier x message, and the hold-out game."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from crmlab import fourd
from crmlab.figures import new_axes
from crmlab.language import PALETTE, label, say, t
from crmlab.tables import points

PERCENT = PercentFormatter(1, decimals=0)
COLOURS = dict(zip(fourd.DS, PALETTE["series"], strict=False))


def reading(indicator: str, value: float) -> str:
    """An indicator's value as people say it: a share in per cent, the four others as the number they are."""
    if pd.isna(value):
        return "—"
    return (
        f"{value:.2f}"
        if indicator in {"value_gap", "channels"}
        else f"{value:.1f}"
        if indicator == "opportunity"
        else f"{value:.0%}"
    )


def scorecard(card: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Points of every indicator with its 95% interval, D by D; what could not be measured says what is missing."""
    ax = new_axes(ax, 1.85)
    names, y, place = [], [], 0.0
    for d, part in card.groupby("d", sort=False):
        ax.text(0.5, place - 0.82, t(f"d_{d}"), color=COLOURS[d], fontweight="bold", va="center")
        for one in part.itertuples():
            if one.covered:
                ax.barh(place, one.score, height=0.62, color=COLOURS[d], alpha=0.8)
                ax.plot([one.score_low, one.score_high], [place, place], color=PALETTE["ink"], linewidth=2)
                text = f"{one.score:.0f}  ({reading(one.indicator, one.value)})"
                ax.text(max(one.score_high, one.score) + 1.5, place, text, va="center", fontsize="small")
            else:
                text = say(zh=f"缺 {one.missing}", en=f"missing: {one.missing}")
                ax.text(1.5, place, text, va="center", fontsize="small", color=PALETTE["bad"])
            names.append(label(f"fourd_{one.indicator}"))
            y.append(place)
            place += 1
        place += 1.1
    ax.set_yticks(y, names)
    ax.set(
        xlim=(0, 115),
        ylim=(place - 1.3, -1.4),
        xlabel=say(
            zh="得分（黑线是 95% 区间；括号里是现在的数）",
            en="points (black line: 95% interval; in brackets the value itself)",
        ),
    )
    ax.set_xticks(range(0, 101, 20))
    seen = card[card["covered"]]
    share = f"{len(seen)}/{len(card)}"
    if seen.empty:
        title = say(zh="一个指标也量不到", en="No indicator can be measured")
    else:
        worst = label(f"fourd_{seen.loc[seen['score'].idxmin(), 'indicator']}")
        title = say(
            zh=f"量得到 {share} 个指标；分数最低的是“{worst}”（{seen['score'].min():.0f} 分）",
            en=f"{share} indicators measured; the lowest is '{worst}' ({seen['score'].min():.0f} points)",
        )
    ax.set_title(title)
    return ax


def by_d(summaries: Mapping[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """The four D's of one company or of several (name -> :func:`crmlab.fourd.summary`), with intervals and coverage."""
    ax = new_axes(ax, 0.95)
    offsets = np.linspace(-0.18, 0.18, len(summaries)) if len(summaries) > 1 else [0.0]
    for (name, table), offset, colour in zip(summaries.items(), offsets, PALETTE["series"], strict=False):
        y = np.arange(len(table)) + offset
        ax.hlines(y, table["low"], table["high"], color=colour, linewidth=5, alpha=0.45)
        ax.plot(table["score"], y, "o", color=colour, markersize=9, label=name)
        for place, row in zip(y, table.itertuples(), strict=True):
            part = (
                ""
                if row.coverage == 1
                else say(zh=f"（覆盖 {row.coverage:.0%}）", en=f" (coverage {row.coverage:.0%})")
            )
            if row.coverage > 0:
                ax.text(row.high + 1.2, place, f"{row.score:.0f}{part}", va="center", fontsize="small", color=colour)
            else:
                ax.text(
                    1.2,
                    place,
                    say(zh="量不到", en="cannot be measured"),
                    va="center",
                    fontsize="small",
                    color=PALETTE["bad"],
                )
    ax.set_yticks(range(len(fourd.DS)), [t(f"d_{d}") for d in fourd.DS])
    ax.set(
        xlim=(0, 100),
        ylim=(len(fourd.DS) - 0.5, -0.5),
        xlabel=say(zh="得分（粗线是 95% 区间）", en="points (thick line: 95% interval)"),
    )
    first = next(iter(summaries.values())).dropna(subset=["score"])
    if len(summaries) > 1:
        ax.legend(loc="lower left")
    if len(first):
        name = next(iter(summaries))
        low, high = (t(f"d_{first.loc[getattr(first['score'], pick)(), 'd']}") for pick in ("idxmin", "idxmax"))
        ax.set_title(
            say(zh=f"{name}：最高的是 {high}，最低的是 {low}", en=f"{name}: highest {high}, lowest {low}")
            if len(first) > 1
            else say(zh=f"只量得到 {high}", en=f"Only {high} can be measured")
        )
    return ax


def needs(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Needs by importance and satisfaction (:func:`crmlab.fourd.opportunities`, one segment); the worst-served is lit."""
    ax = new_axes(ax, 1.25)
    best = table.loc[table["opportunity"].idxmax()]
    boxes = [(x - 0.15, x + 0.15, y - 0.15, y + 0.15) for x, y in table[["importance", "satisfaction"]].to_numpy()]
    boxes.append((6.6, 7.6, 6.9, 8.0))  # the name of the diagonal
    for row in table.itertuples():  # the worst-served need first: it gets the best place for its name
        lit = row.need == best["need"]
        colour = PALETTE["bad"] if lit else PALETTE["accent"]
        x, y = row.importance, row.satisfaction
        ax.plot(x, y, "o", color=colour, markersize=11 if lit else 8)
        text = f"{t('need_' + row.need)}  {row.opportunity:.1f}"
        half, high = sum(0.17 if ord(one) > 255 else 0.095 for one in text), 0.24
        places = [(x, y + 0.5, "center"), (x, y - 0.55, "center"), (x + 0.25, y, "left"), (x - 0.25, y, "right")]
        for at, height, side in places:
            left = at - half * {"center": 1, "left": 0, "right": 2}[side]
            box = (left, left + 2 * half, height - high, height + high)
            if not any(box[0] < b[1] and b[0] < box[1] and box[2] < b[3] and b[2] < box[3] for b in boxes):
                break
        boxes.append(box)
        ink = colour if lit else PALETTE["ink"]
        ax.text(at, height, text, ha=side, va="center", fontweight="bold" if lit else "normal", color=ink)
    ax.plot([0, 10], [0, 10], color=PALETTE["muted"], linestyle="--", linewidth=1)
    ax.text(
        6.6,
        6.95,
        say(zh="重要 = 满足", en="importance = satisfaction"),
        rotation=34,
        color=PALETTE["muted"],
        fontsize="small",
    )
    ax.text(9.9, 0.25, say(zh="重要，却没做到", en="matters, not met"), ha="right", color=PALETTE["bad"])
    ax.text(0.1, 9.6, say(zh="做得很好，没人在意", en="met, matters little"), color=PALETTE["muted"], va="top")
    ax.set(
        xlim=(0, 11), ylim=(0, 10),
        xlabel=say(zh="重要（打 4、5 分的占比 × 10）", en="importance (share marking 4 or 5, × 10)"),
        ylabel=say(zh="满足（同样的算法）", en="satisfaction (same scale)"),
        title=say(
            zh=f"机会最大的需求：{t('need_' + best['need'])}，机会分 {best['opportunity']:.1f}",
            en=f"The largest opportunity: {t('need_' + best['need'])}, {best['opportunity']:.1f}",
        ),
    )  # fmt: skip
    ax.set_xticks(range(0, 11, 2))
    return ax


def tiers(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Click rates of price and service messages in each price tier (:func:`crmlab.fourd.tier_by_message`)."""
    ax = new_axes(ax)
    x = {"price": 0, "service": 1}
    for tier, colour in zip(("value", "premium"), (PALETTE["series"][1], PALETTE["accent"]), strict=True):
        part = table[table["tier"] == tier].set_index("arm").reindex(list(x))
        at = np.arange(2) + (0.02 if tier == "premium" else -0.02)
        ax.plot(at, part["rate"], "o-", color=colour, linewidth=2.5, markersize=9)
        ax.vlines(at, part["low"], part["high"], color=colour, linewidth=5, alpha=0.35)
        for arm, side in (("price", -1), ("service", 1)):
            ax.annotate(
                f"{t('tier_' + tier)} {part.loc[arm, 'rate']:.0%}", (at[x[arm]], part.loc[arm, "rate"]), xytext=(side * 12, 0),
                textcoords="offset points", ha="right" if side < 0 else "left", va="center", color=colour, fontweight="bold",
            )  # fmt: skip
    rate = table.set_index(["tier", "arm"])["rate"]
    gap = (rate["value", "price"] - rate["value", "service"]) - (rate["premium", "price"] - rate["premium", "service"])
    crossed = np.prod([rate["value", arm] - rate["premium", arm] for arm in x]) < 0
    ax.set_xticks([0, 1], [t("message_price"), t("message_service")])
    ax.yaxis.set_major_formatter(PERCENT)
    ax.set(
        xlim=(-0.55, 1.55), ylim=(0, table["high"].max() * 1.15), ylabel=t("click_rate"),
        title=say(
            zh=f"{'两条线交叉：' if crossed else ''}差异的差异是 {100 * gap:.0f} 个百分点",
            en=f"{'The lines cross: the' if crossed else 'The'} gap between the gaps is {100 * gap:.0f} points",
        ),
    )  # fmt: skip
    return ax


def lots(room: pd.DataFrame, chances: pd.DataFrame) -> Figure:
    """One round of the hold-out game (:func:`crmlab.fourd.draw_lots`) over all the rounds that could have come out.

    ``chances``: the exact distribution (:func:`crmlab.fourd.gap_chances`). The bars at or beyond the gap seen are lit.
    """
    width, height = plt.rcParams["figure.figsize"]
    figure, (top, below) = plt.subplots(2, 1, figsize=(width, height * 1.35), height_ratios=(1, 1.5))
    per_row = min(40, -(-len(room) // 2))
    row, ticks = 0, []
    for got, name in ((True, say(zh="发了", en="got it")), (False, say(zh="没发", en="nothing"))):
        back = np.sort(room.loc[room["got"] == got, "back"].to_numpy())[::-1]
        place = np.arange(len(back))
        colours = np.where(back, PALETTE["accent"], PALETTE["grid"])
        top.scatter(
            place % per_row, row + place // per_row, c=colours, s=70, edgecolors=PALETTE["muted"], linewidths=0.5
        )
        lines = -(-len(back) // per_row)
        ticks.append((row + (lines - 1) / 2, f"{name}\n{back.sum()} / {len(back)}"))
        row += lines + 0.6
    top.set_yticks([at for at, _ in ticks], [name for _, name in ticks])
    top.set(xlim=(-1, per_row), ylim=(row - 0.9, -0.7))
    top.set_xticks([])
    top.grid(False)
    rates = room.groupby("got")["back"].mean()
    gap = rates[True] - rates[False]
    beyond = chances["gap"].abs() >= abs(gap) - 0.0006
    chance = chances.loc[beyond, "chance"].sum()
    # exact chances, gathered into bars of about four points, whole steps of one person
    half = len(room) // 2
    step = max(1, round(0.04 * half)) / half
    bars = (
        chances
        .assign(at=(chances["gap"] / step).round() * step, lit=beyond)
        .groupby(["at", "lit"])["chance"]
        .sum()
        .unstack(fill_value=0)
    )
    bottom = 0
    for lit, colour in ((False, PALETTE["muted"]), (True, PALETTE["bad"])):
        if lit in bars:
            below.bar(bars.index, bars[lit], width=step * 0.9, bottom=bottom, color=colour)
            bottom = bars[lit]
    below.axvline(gap, color=PALETTE["ink"], linewidth=2)
    below.yaxis.set_major_formatter(PERCENT)
    below.xaxis.set_major_formatter(lambda value, _: points(value, "+") if abs(value) > 1e-9 else "0")
    below.set(
        xlim=(-0.6, 0.6),
        xlabel=say(
            zh="发了的回来率 − 没发的回来率（百分点；黑线是这一轮）",
            en="return rate with − without (points; black line: this round)",
        ),
        ylabel=say(zh="机会", en="chance"),
    )
    top.set_title(
        say(
            zh=f"名单上回来了 {room.loc[room['got'], 'back'].sum()} 位；和没发的比，差 {points(gap, '+')} 个百分点",
            en=f"{room.loc[room['got'], 'back'].sum()} on the list came back; against nothing, {points(gap, '+')} points",
        )
    )
    below.set_title(
        say(
            zh=f"就算发了完全没用，差这么多或更多（橙色）的机会也有 {chance:.0%}",
            en=f"Even if it did nothing, the chance of a gap this large or larger (orange) is {chance:.0%}",
        )
    )
    return figure


def drivers(
    now: Mapping[str, float], moved: str | None = None, before: float | None = None, ax: Axes | None = None
) -> Axes:
    """Revenue of the last 90 days as a tree of its drivers (:func:`crmlab.fourd.revenue_drivers`).

    ``moved`` lights one box; ``before`` is the revenue before the move, for the title.
    """
    from crmlab.charts.funnel import driver_tree
    from crmlab.figures import short_yuan

    back = now["before"] * now["came_back"]
    total = back * now["back_spend"] + now["others"] * now["other_spend"]
    rows = [
        ("revenue", None, t("tree_revenue"), short_yuan(total), ""),
        ("back", "revenue", t("tree_back"), short_yuan(back * now["back_spend"]), ""),
        ("before", "back", t("tree_before"), f"{now['before']:,.0f}", ""),
        ("came_back", "back", t("tree_came_back"), f"{now['came_back']:.1%}", "×"),
        ("back_spend", "back", t("tree_spend"), f"¥{now['back_spend']:,.0f}", "×"),
        ("new", "revenue", t("tree_new"), short_yuan(now["others"] * now["other_spend"]), "+"),
        ("others", "new", t("tree_others"), f"{now['others']:,.0f}", ""),
        ("other_spend", "new", t("tree_spend"), f"¥{now['other_spend']:,.0f}", "×"),
    ]
    nodes = pd.DataFrame(rows, columns=["key", "parent", "name", "value", "sign"])
    nodes["lit"] = nodes["key"] == moved
    more = total - (total if before is None else before)
    title = say(zh=f"90 天收入 {short_yuan(total)}", en=f"Revenue of 90 days: {short_yuan(total)}")
    if before is not None:
        size = short_yuan(abs(more))
        title = say(
            zh=f"{title}，比现在{'多' if more >= 0 else '少'} {size}",
            en=f"{title}, {size} {'more' if more >= 0 else 'less'} than today",
        )
    return driver_tree(nodes, title, ax)
