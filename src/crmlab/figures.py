"""Figures that say in text what they show, and the few helpers for axes that every chart shares.

The text stands beside the picture in a stored notebook: a reader who cannot see the picture hears it, and a test
that compares stored outputs sees a changed number.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from crmlab.language import language, say

MOST = 24  # values written out; a longer series is cut, with its length and sum


def _number(value) -> str:
    """Six significant digits, no exponent below 10^15."""
    if value is None or value is np.ma.masked:
        return "-"
    if isinstance(value, (np.datetime64, np.timedelta64)) or hasattr(value, "isoformat"):
        return str(value)[:10]
    try:
        value = float(value)
    except (TypeError, ValueError):
        return str(value)
    if not np.isfinite(value):
        return "-"
    text = f"{value:.6g}"
    if "e+" in text and abs(value) < 1e15:
        text = f"{float(text):.0f}"
    return "0" if text == "-0" else text


def _series(values: Iterable, separator: str = " ") -> str:
    values = list(np.ma.ravel(values) if isinstance(values, np.ndarray) else values)
    if len(values) <= MOST:
        return separator.join(map(_number, values))
    ends = separator.join([*map(_number, values[:3]), "…", *map(_number, values[-3:])])
    try:
        total = f", sum={_number(np.nansum(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)))}"
    except (TypeError, ValueError):
        total = ""
    return f"{ends} (n={len(values)}{total})"


def _names(axis) -> dict[str, str]:
    """Written tick labels by position, for axes whose ticks are names; empty for an axis of numbers."""
    from matplotlib import category, ticker

    if not isinstance(axis.get_major_locator(), (ticker.FixedLocator, category.StrCategoryLocator)):
        return {}
    places = axis.get_majorticklocs()
    names = axis.get_major_formatter().format_ticks(places)
    return {_number(place): name for place, name in zip(places, names, strict=False) if name}


def _named(artist) -> str:
    name = str(artist.get_label() or "")
    return "" if name.startswith("_") else f" {name}"


def _bars(ax, container) -> str:
    upright = container.orientation != "horizontal"
    names = _names(ax.xaxis if upright else ax.yaxis)
    places = []
    for bar in container.patches:
        centre = bar.get_x() + bar.get_width() / 2 if upright else bar.get_y() + bar.get_height() / 2
        # bars of a group stand beside their tick: the nearest named tick is theirs
        nearest = min(names, key=lambda place: abs(float(place) - centre), default=None)
        places.append(names[nearest] if nearest is not None else _number(centre))
    values = [f"{place}={_number(value)}" for place, value in zip(places, container.datavalues, strict=False)]
    return f"{say(zh='柱', en='bars')}{_named(container)}: {_series(values, ', ')}"


def _collection(item) -> str | None:
    from matplotlib.collections import PathCollection, QuadMesh

    if isinstance(item, QuadMesh):
        cells = np.ma.asarray(item.get_array())
        shape = tuple(n - 1 for n in item.get_coordinates().shape[:2])
        rows = cells.reshape(shape) if cells.size == np.prod(shape) else np.ma.atleast_2d(cells)
        if cells.size > 200:
            return f"{say(zh='热力图', en='heat map')} {shape[0]}×{shape[1]}: {_series(cells)}"
        return f"{say(zh='热力图', en='heat map')}: " + " / ".join(" ".join(map(_number, row)) for row in rows)
    if isinstance(item, PathCollection):
        x, y = np.ma.asarray(item.get_offsets()).reshape(-1, 2).T
        colours = item.get_array()
        third = f"; {say(zh='色', en='colour')} {_series(np.ma.asarray(colours))}" if colours is not None else ""
        return f"{say(zh='点', en='points')}{_named(item)}: x {_series(x)}; y {_series(y)}{third}" if len(x) else None
    corners = [path.vertices for path in item.get_paths() if len(path.vertices)]
    if not corners:
        return None
    corners = np.concatenate(corners)
    return f"{say(zh='形', en='shapes')}{_named(item)}: x {_series(corners[:, 0])}; y {_series(corners[:, 1])}"


def _axes(ax) -> list[str]:
    from matplotlib.container import BarContainer
    from matplotlib.patches import Wedge

    if ax.get_label() == "<colorbar>":
        name = ax.get_ylabel() or ax.get_xlabel()
        return [f"{say(zh='色标', en='colour scale')}: {name}"] if name else []
    lines = [" | ".join(filter(None, (ax.get_title(loc=place) for place in ("left", "center", "right"))))]
    for axis, name in ((ax.xaxis, say(zh="横轴", en="x axis")), (ax.yaxis, say(zh="纵轴", en="y axis"))):
        names = list(_names(axis).values()) if axis.get_visible() else []
        if axis.get_label_text() or names:
            lines.append(f"{name}: " + ": ".join(filter(None, [axis.get_label_text(), _series(names, ", ")])))
    containers = [item for item in ax.containers if isinstance(item, BarContainer)]
    lines += [_bars(ax, container) for container in containers]
    for line in ax.lines:
        x, y = (np.atleast_1d(values) for values in line.get_data(orig=True))
        if not np.all(pd.isna(y)):  # seaborn draws empty error bars
            lines.append(f"{say(zh='线', en='line')}{_named(line)}: x {_series(x)}; y {_series(y)}")
    lines += [text for item in ax.collections if (text := _collection(item))]
    lines += [f"{say(zh='图像', en='image')}: {_series(np.ma.asarray(item.get_array()))}" for item in ax.images]
    in_bars = {id(bar) for container in containers for bar in container.patches}
    for patch in (patch for patch in ax.patches if id(patch) not in in_bars):
        if isinstance(patch, Wedge):
            share = f"{(patch.theta2 - patch.theta1) / 3.6:.4g}%"
            lines.append(f"{say(zh='扇形', en='wedge')}{_named(patch)}: {share}")
        else:
            box = patch.get_path().transformed(patch.get_patch_transform()).get_extents()
            if box.width or box.height:  # seaborn leaves empty ones for its legend
                lines.append(f"{say(zh='形', en='shape')}{_named(patch)}: {_series([box.x0, box.y0, box.x1, box.y1])}")
    texts = [text.get_text().replace("\n", " ") for text in ax.texts if text.get_visible() and text.get_text()]
    if texts:
        lines.append(f"{say(zh='文字', en='text')}: {_series(texts, ' | ')}")
    if legend := ax.get_legend():
        names = [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())]
        lines.append(f"{say(zh='图例', en='legend')}: {', '.join(filter(None, names))}")
    return [line for line in lines if line]


def describe(figure) -> str:
    """What a figure shows: per axes its title, labels, series (six significant digits), texts and legend."""
    lines = [text.get_text() for text in figure.texts if text.get_text()]  # the title above all axes is one of them
    for ax in (ax for ax in figure.axes if ax.get_visible()):
        lines += _axes(ax)
    return "\n".join(lines) or str(say(zh="空白图", en="an empty figure"))


def register() -> None:
    """In a notebook: figures carry `describe` as their text, and Axes as a cell's last line show nothing twice."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if hasattr(shell, "kernel"):
        # whatever MPLBACKEND says; and now, because it drops every formatter that Figure has
        shell.enable_matplotlib("inline")
    formatter = shell.display_formatter
    formatter.formatters["text/plain"].for_type(Figure, lambda figure, printer, cycle: printer.text(describe(figure)))
    formatter.ipython_display_formatter.for_type(Axes, lambda axes: None)


def new_axes(ax=None, height: float = 1.0):
    """``ax``, or the Axes of a new figure of the usual width and ``height`` times the usual height."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    width, usual = plt.rcParams["figure.figsize"]
    return plt.subplots(figsize=(width, usual * height))[1]


def short_yuan(value: float, _position=None) -> str:
    """Money short enough for an axis: ¥12 万 in Chinese, ¥120k in English."""
    steps = ((1e8, " 亿"), (1e4, " 万")) if language() == "zh" else ((1e6, "m"), (1e3, "k"))
    size, unit = next(((size, unit) for size, unit in steps if abs(value) >= size), (1, ""))
    return f"{'−' if value < 0 else ''}¥{round(abs(value) / size, 2):,g}{unit}"


def yuan(axis) -> None:
    """Write the ticks of `ax.xaxis` or `ax.yaxis` as money."""
    axis.set_major_formatter(short_yuan)


def percent(axis) -> None:
    """Write the ticks of an axis of shares (0 to 1) as per cent."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1))


def thousands(axis) -> None:
    """Write the ticks of an axis of counts with thousands separators."""
    axis.set_major_formatter("{x:,.0f}")


def end_labels(ax) -> None:
    """Name every line at its right end, in its colour, in place of a legend. Call it when the limits are set."""
    from matplotlib import rcParams

    lines = [line for line in ax.lines if _named(line)]
    heights = {line: ax.transData.transform((0, float(line.get_ydata()[-1])))[1] for line in lines}
    lowest, apart = -np.inf, 1.35 * rcParams["font.size"] * ax.figure.dpi / 72
    for line in sorted(lines, key=heights.get):
        lowest = max(heights[line], lowest + apart)  # names of lines that end together stand one above the other
        ax.annotate(
            line.get_label(),
            (line.get_xdata()[-1], line.get_ydata()[-1]),
            xytext=(6, (lowest - heights[line]) * 72 / ax.figure.dpi),
            textcoords="offset points",
            color=line.get_color(),
            va="center",
            annotation_clip=False,
        )
