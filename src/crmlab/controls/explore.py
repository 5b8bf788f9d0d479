"""`explore`: a chart function with controls above it."""

import base64
import inspect
import io
from collections.abc import Callable
from functools import cached_property
from html import escape

import ipywidgets as widgets
import pandas as pd
from pandas.io.formats.style import Styler

from crmlab import figures, tables
from crmlab.language import PALETTE, label, say

WIDE = {"layout": widgets.Layout(width="min(40em, 98%)"), "style": {"description_width": "initial"}}


class Control:
    """What every control is: a live widget, and the same in text (and HTML or a picture) where no kernel runs."""

    def _plain(self) -> dict[str, str]:
        """The fallback, MIME type -> content; ``text/plain`` is always in it."""
        raise NotImplementedError

    @cached_property
    def widget(self) -> widgets.Widget:
        raise NotImplementedError

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        # The build drops the widget's own entry from stored notebooks; what is left is the fallback.
        return {**self.widget._repr_mimebundle_(), **self._plain()}

    def __repr__(self) -> str:
        return self._plain()["text/plain"]


def paragraphs(*texts: str) -> str:
    """Texts as HTML paragraphs, escaped."""
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text)


def as_figure(result):
    """The figure of an Axes or Figure; None for anything else."""
    from matplotlib.figure import Figure

    return result if isinstance(result, Figure) else getattr(result, "figure", None)


def png(figure) -> bytes:
    """A figure as a picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi)
    return buffer.getvalue()


def as_words(result) -> tuple[str, str]:
    """(HTML, text) of a result that is not a figure."""
    if isinstance(result, pd.DataFrame):
        result = tables.show(result)
    if isinstance(result, Styler):
        left = '<table style="margin-left: 0"'  # in a widget JupyterLab would centre it
        return tables.as_html(result).replace("<table", left, 1), tables.as_text(result)
    return paragraphs(str(result)), str(result)


class Explorer(Control):
    """See `explore`."""

    def __init__(self, function: Callable, controls: dict):
        self.function = function
        known = inspect.signature(function).parameters
        defaults = {name: known[name].default if name in known else inspect.Parameter.empty for name in controls}
        self.controls = {name: _control(name, spec, defaults[name]) for name, spec in controls.items()}

    @property
    def values(self) -> dict:
        return {name: control.value for name, control in self.controls.items()}

    @cached_property
    def _first(self) -> tuple[bytes | str, dict[str, str]]:
        """The first state: what the live widget shows, and the fallback. Drawn once."""
        import matplotlib.pyplot as plt

        call = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        name = getattr(self.function, "__name__", "<lambda>")
        twin = "" if name == "<lambda>" else f"{name}({call})"
        names = say(zh="、", en=", ").join(control.description for control in self.controls.values())
        hint = say(zh=f"▶ 运行这一格，就能调：{names}", en=f"▶ Run this cell to move: {names}")
        typed = f"{hint}\n" + say(zh=f"也可以直接写：{twin}", en=f"or type: {twin}") if twin else hint
        result = self.function(**self.values)
        if figure := as_figure(result):
            live = png(figure)
            text = figures.describe(figure)
            figure.supxlabel(hint, x=0.01, ha="left", fontsize="small", color=PALETTE["ink"])
            still = base64.b64encode(png(figure)).decode("ascii")
            plt.close(figure)
            return live, {"image/png": still, "text/plain": f"{text}\n{typed}"}
        html, text = as_words(result)
        return html, {"text/html": html + paragraphs(*typed.split("\n")), "text/plain": f"{text}\n{typed}"}

    def _plain(self) -> dict[str, str]:
        return self._first[1]

    @cached_property
    def widget(self) -> widgets.VBox:
        first, plain = self._first
        self._words = widgets.HTML()
        if "image/png" in plain:
            self._view = widgets.Image(value=first, format="png", layout=widgets.Layout(max_width="100%"))
            self._describe(plain["text/plain"].split("\n▶")[0])
        else:
            self._view = widgets.HTML(value=first)
            self._view.add_class("jp-RenderedHTMLCommon")  # a table looks as in every other output of JupyterLab
        for control in self.controls.values():
            control.observe(self._redraw, "value")
        return widgets.VBox([*self.controls.values(), self._view, self._words])

    def _describe(self, text: str) -> None:
        lines = "<br>".join(escape(line) for line in text.splitlines())
        self._words.value = (
            f"<details><summary>{say(zh='图的文字说明', en='The picture in words')}</summary>{lines}</details>"
        )

    def _redraw(self, _change) -> None:
        import matplotlib.pyplot as plt

        try:
            result = self.function(**self.values)
            if figure := as_figure(result):
                self._view.value = png(figure)
                self._describe(figures.describe(figure))
                plt.close(figure)
            else:
                self._view.value, self._words.value = as_words(result)[0], ""
        except Exception as problem:  # in a callback nobody would ever see it
            self._words.value = paragraphs(say(zh=f"这样画不出来：{problem}", en=f"This cannot be drawn: {problem}"))


def _control(name: str, spec, default) -> widgets.Widget:
    control = spec if isinstance(spec, widgets.Widget) else widgets.interactive.widget_from_abbrev(spec, default)
    if control is None:
        raise TypeError(
            say(
                zh=f"{name}={spec!r} 做不成控件；请给 (最小, 最大, 步长)、一个列表或一个控件。",
                en=f"{name}={spec!r} cannot become a control; give (low, high, step), a list or a widget.",
            )
        )
    control.description = control.description or label(name)
    if control.has_trait("continuous_update"):
        control.continuous_update = False  # one redraw when the hand lets go
    control.style.description_width = "initial"
    control.layout.width = control.layout.width or "min(40em, 98%)"
    return control


def explore(function: Callable, **controls) -> Explorer:
    """Controls above the picture (or table, or sentence) that ``function(**values)`` gives; moving one redraws it.

    function: returns Axes, Figure, Styler, DataFrame or text. controls: a widget, or what ``interact`` takes —
    ``(low, high, step)``, a list, True or False; it starts at the function's own default. A name that labels.yaml has
    becomes the description.
    The typed twin is the function itself: ``function(days=90)``.
    """
    return Explorer(function, controls)
