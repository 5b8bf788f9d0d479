"""The reader's language, and the look of every picture.

Importing this module is light: matplotlib and seaborn load in `use_style` only.
"""

import os
import re
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LANGUAGES = ("zh", "en")
FONT = "CrmLab Sans SC"

# Blue against orange stays apart for every common colour blindness; red and green carry no meaning
# (to a Chinese reader red is "up").
PALETTE = {
    "ink": "#22303C",
    "accent": "#0072B2",
    "muted": "#B4BCC4",
    "good": "#0072B2",
    "bad": "#D55E00",
    "grid": "#E3E7EB",
    "series": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#7A4B12"],
}

_language = "zh"
_missing: Counter = Counter()
_GLYPH = re.compile(r"Glyph (\d+) .*missing from")


class Said(str):
    """A sentence in the reader's language; as the last line of a cell it shows as prose."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        # A value of the reader's own file may stand in it: no HTML, and the stars of a masked phone stay stars.
        text = self.replace("&", "&amp;").replace("<", "&lt;").replace("$", r"\$")
        return re.sub(r"\*{3,}", lambda stars: r"\*" * len(stars[0]), text)


def set_language(lang: str) -> None:
    """Set the language of every message, ``"zh"`` or ``"en"``. Raises ValueError for anything else."""
    global _language
    if lang not in LANGUAGES:
        raise ValueError(f'语言只能是 "zh" 或 "en"，不是 {lang!r}。 / The language is "zh" or "en", not {lang!r}.')
    _language = lang


def language() -> str:
    """The language in use: ``"zh"`` or ``"en"``."""
    return _language


def say(*, zh: str, en: str) -> Said:
    """The one of two sentences that the reader reads."""
    return Said(zh if _language == "zh" else en)


@cache
def _labels() -> dict[str, dict[str, str]]:
    import yaml

    text = (HERE / "labels.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)  # BaseLoader: every value is text, so `no` stays "no"


def t(key: str, **values) -> str:
    """The label `key` of labels.yaml in the reader's language, its ``{fields}`` filled in.

    Raises KeyError, naming the key, if the catalogue has not got it.
    """
    try:
        text = _labels()[key][_language]
    except KeyError:
        raise KeyError(f"labels.yaml: {key}") from None
    return text.format(**values) if values else text


def label(name: object) -> str:
    """`t(name)` where the catalogue has it, else the name itself: for column titles of any table."""
    return t(name) if name in _labels() else str(name)


def missing_glyphs() -> Counter:
    """Characters that no bundled font could draw since the kernel started, and how often each was met."""
    return Counter(_missing)


def use_style(lang: str = "zh", projector: bool = False) -> None:
    """Set language, theme, bundled fonts, palette and figure size; in a notebook also how figures and tables show.

    `projector` draws larger pictures and letters. Under ``CRMLAB_STRICT=1`` a character that no bundled font has is
    an error; otherwise it is drawn as a box and counted (`missing_glyphs`).
    """
    set_language(lang)
    import matplotlib as mpl
    import seaborn as sns
    from matplotlib import font_manager

    from crmlab import figures, tables

    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in sorted((HERE / "fonts").glob("*.ttf")):
        if str(path) not in known:
            font_manager.fontManager.addfont(str(path))
    figures.register()  # before the theme: loading the inline backend sets a figure size of its own
    tables.register()
    ink, grid = PALETTE["ink"], PALETTE["grid"]
    sns.set_theme(context="talk" if projector else "notebook", style="whitegrid", palette=PALETTE["series"])
    mpl.rcParams.update({
        "font.family": [FONT, "DejaVu Sans"],
        "axes.unicode_minus": True,
        "figure.figsize": (12, 6.75) if projector else (8, 4.5),
        "figure.dpi": 100,
        "savefig.dpi": 100,
        "figure.constrained_layout.use": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.titlepad": 12,
        "axes.edgecolor": PALETTE["muted"],
        "grid.color": grid,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.titlecolor": ink,
        "xtick.color": ink,
        "ytick.color": ink,
        "legend.frameon": False,
    })
    _watch_glyphs()


def _watch_glyphs() -> None:
    strict = os.environ.get("CRMLAB_STRICT") == "1"
    warnings.filterwarnings("error" if strict else "always", message=r"Glyph \d+ .*missing from")
    if strict or getattr(warnings.showwarning, "counts_glyphs", False):
        return
    shown = warnings.showwarning

    def showwarning(message, *args, **kwargs):
        glyph = _GLYPH.match(str(message))
        if glyph:
            _missing[chr(int(glyph[1]))] += 1
        else:
            shown(message, *args, **kwargs)

    showwarning.counts_glyphs = True
    warnings.showwarning = showwarning
