"""Sentences and tables on the page that redraw themselves when an answer is given: no cell to run again."""

from collections.abc import Callable
from functools import cached_property

import ipywidgets as widgets

from crmlab.controls.explore import Control

_on_page: dict[str, Callable[[], None]] = {}


class Answer(Control):
    """Shows what ``content()`` gives, as (HTML, text); `refresh` asks for it again. One of a name redraws itself."""

    def __init__(self, name: str, content: Callable[[], tuple[str, str]]):
        self.name, self.content = name, content

    def _plain(self) -> dict[str, str]:
        html, text = self.content()
        return {"text/plain": text, "text/html": html}

    @cached_property
    def widget(self) -> widgets.HTML:
        shown = widgets.HTML(self.content()[0])
        shown.add_class("jp-RenderedHTMLCommon")  # tables and text as in every other output of JupyterLab

        def redraw():
            shown.value = self.content()[0]

        on_refresh(self.name, redraw)
        return shown


def on_refresh(name: str, redraw: Callable[[], None]) -> None:
    """Have ``redraw`` called whenever something is saved; the last one of a name counts."""
    _on_page[name] = redraw


def refresh() -> None:
    """Redraw every answer on the page: something was saved."""
    for redraw in list(_on_page.values()):
        redraw()
