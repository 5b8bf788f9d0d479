"""Pictures of the funnel: steps, what a point is worth, invitations, and the driver tree."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from crmlab.language import PALETTE


def _axes(ax: Axes | None, height: float = 1.0) -> Axes:
    if ax is not None:
        return ax
    width, usual = plt.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, usual * height))[1]


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
    ax = _axes(ax, max(0.24 * leaves, 0.6))
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
