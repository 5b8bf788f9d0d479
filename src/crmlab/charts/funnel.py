"""Pictures of the funnel: its steps, values with their intervals, and the driver tree."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import PercentFormatter

from crmlab.figures import new_axes
from crmlab.language import PALETTE, label, say


def driver_tree(nodes: pd.DataFrame, title: str = "", ax: Axes | None = None) -> Axes:
    """A driver tree, root at the left: what a number is made of, and what that is made of in turn.

    nodes : one row a box, children in the order they are drawn: key, parent (missing for the root), name, value (both
        text as shown, at most two short lines), sign (what joins it to the sibling above: "×", "+", "−"; "" for the
        first), lit (optional, True marks the box that was moved).
    """
    tree = nodes.set_index("key")
    children = {key: list(tree.index[tree["parent"] == key]) for key in tree.index}
    root = tree.index[tree["parent"].isna()][0]
    place: dict[str, tuple[float, float]] = {}

    def put(key, depth: int, next_row: float) -> float:
        below = next_row
        for child in children[key]:
            below = put(child, depth + 1, below)
        rows = [place[child][1] for child in children[key]]
        place[key] = (depth, sum(rows) / len(rows) if rows else next_row)
        return below if rows else next_row + 1

    leaves = put(root, 0, 0)
    levels = 1 + max(x for x, _ in place.values())
    ax = new_axes(ax, max(0.24 * leaves, 0.6))
    wide, high = 0.74, 0.66
    for key, (x, y) in place.items():
        row = tree.loc[key]
        lit = bool(row.get("lit", False))
        face, ink = (
            (PALETTE["bad"], "white")
            if lit
            else (PALETTE["accent"], "white")
            if key == root
            else ("white", PALETTE["ink"])
        )
        box = FancyBboxPatch(
            (x, y - high / 2), wide, high, boxstyle="round,pad=0,rounding_size=0.06", facecolor=face, edgecolor=PALETTE["ink"], zorder=2,
        )  # fmt: skip
        ax.add_patch(box)
        ax.text(x + wide / 2, y - 0.15, row["name"], ha="center", va="center", color=ink, fontsize="small", zorder=3)
        ax.text(x + wide / 2, y + 0.14, row["value"], ha="center", va="center", color=ink, fontweight="bold", zorder=3)
        for child in children[key]:
            to = place[child][1]
            ax.plot(
                [x + wide, x + 0.87, x + 0.87, x + 1], [y, y, to, to], color=PALETTE["muted"], linewidth=1.5, zorder=1
            )
        for above, child in zip(children[key], children[key][1:], strict=False):
            middle = (place[above][1] + place[child][1]) / 2
            ax.text(
                x + 1 + wide / 2, middle, tree.at[child, "sign"], ha="center", va="center", fontweight="bold", zorder=3
            )
    ax.set(xlim=(-0.02, levels - 1 + wide + 0.02), ylim=(leaves - 0.5, -0.5), title=title)
    ax.axis("off")
    return ax


def steps(table: pd.DataFrame, everybody: str, ax: Axes | None = None) -> Axes:
    """The funnel as bars that narrow from step to step (:func:`crmlab.funnel.steps`, one group).

    ``everybody`` names the bar before the first step. Beside each bar stands the step rate with its 95% interval; the
    step that loses the largest share is lit.
    """
    table = table[table["base"] > 0]
    ax = new_axes(ax, 0.28 + 0.2 * len(table))
    counts = [table["base"].iloc[0], *table["n"]]
    names = [everybody, *(label(f"step_{step}") for step in table["step"])]
    worst = int(table["rate"].to_numpy().argmin())
    top = max(counts[0], 1)
    for y, (count, name) in enumerate(zip(counts, names, strict=True)):
        lit = y == worst + 1
        ax.barh(y, count, left=(top - count) / 2, height=0.62, color=PALETTE["bad"] if lit else PALETTE["accent"])
        ax.text(top / 2, y, f"{count:,}", ha="center", va="center", color="white", fontweight="bold")
        ax.text(-0.02 * top, y, name, ha="right", va="center")
        if y:
            row = table.iloc[y - 1]
            rate = f"{row['rate']:.0%}  ({row['low']:.0%}–{row['high']:.0%})"
            weight = "bold" if lit else "normal"
            ax.text(1.02 * top, y - 0.5, f"↘ {rate}", ha="left", va="center", fontweight=weight)
    row = table.iloc[worst]
    step = label(f"step_{row['step']}")
    ax.set(xlim=(-0.26 * top, 1.3 * top), ylim=(len(counts) - 0.5, -0.6))
    ax.set_title(
        say(
            zh=f"掉得最多的一步是“{step}”：{row['base']:,} 人里 {row['rate']:.0%} 走了过去",
            en=f"The narrowest step is '{step}': {row['rate']:.0%} of {row['base']:,} pass",
        )
    )
    ax.axis("off")
    return ax


def dots(
    table: pd.DataFrame, names: list[str], title: str, xlabel: str, line: float | None = None, lit: int | None = None,
    value: str = "rate", share: bool = True, symbol: str = "%", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """A value and its 95% interval a row, first row on top: ``value``, low and high of ``table`` beside ``names``.

    ``line`` draws a bound (K = 1, no effect = 0); ``lit`` is the number of the row to light. ``share``: 0..1, as per
    cent; ``symbol=""`` leaves the sign out, for points.
    """
    ax = new_axes(ax, 0.25 + 0.11 * len(table))
    for y, (_, row) in enumerate(table.iterrows()):
        colour = PALETTE["bad"] if y == lit else PALETTE["accent"]
        ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="round")
        ax.plot([row[value]], [y], "o", color=colour, markersize=8)
        number = f"{100 * row[value]:.0f}{symbol}" if share else f"{row[value]:.2f}"
        ax.annotate(number, (row["high"], y), xytext=(8, -4), textcoords="offset points", color=colour)
    if line is not None:
        ax.axvline(line, color=PALETTE["ink"], linewidth=1, linestyle="--")
    ax.set_yticks(range(len(table)), names)
    left, right = ax.get_xlim()
    ax.set(ylim=(len(table) - 0.4, -0.6), xlim=(left, right + 0.08 * (right - left)), xlabel=xlabel, title=title)
    ax.grid(axis="y", visible=False)
    if share:
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=symbol))
    return ax
