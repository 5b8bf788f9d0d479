"""crmlab: user operations by computing.

Everything loads when it is first used, so that ``import crmlab`` costs little more than pandas.
"""

from importlib import import_module

__version__ = "0.1.0"

# public name -> module that defines it; a module's own name maps to itself
_HOMES = {
    "use_style": "language",
    "set_language": "language",
    "t": "language",
    "say": "language",
    "show": "tables",
    "card": "definitions",
    "load": "data",
    "read_orders": "orders",
    "counted_orders": "orders",
    "check": "feedback",
    "hint": "feedback",
    "checkpoint": "feedback",
    "start_lab": "feedback",
    "score_card": "feedback",
    "explore": "controls",
    "bet": "controls",
    "reveal": "controls",
    "after_bet": "controls",
    "calibration": "controls",
    "decide": "controls",
    "memo": "controls",
    "lab_button": "controls",
}
_MODULES = (
    "charts",
    "data",
    "experiment",
    "fourd",
    "funnel",
    "lifecycle",
    "retention",
    "rfm",
    "tagging",
    "value",
    "winback",
)
__all__ = ["__version__", *_HOMES, *_MODULES]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"crmlab.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"crmlab.{name}")
    raise AttributeError(f"module 'crmlab' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
