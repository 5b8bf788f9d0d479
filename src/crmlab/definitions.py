"""口径卡, the definition card: what stands above and below the line of a ratio, and who owns it."""

from __future__ import annotations

from functools import cache
from importlib import resources

from crmlab.language import Said, language, t

FIELDS = ("numerator", "denominator", "window", "excludes", "owner")


@cache
def definitions() -> dict[str, dict]:
    """The catalogue: key -> name, numerator, denominator, window, excludes, owner, each ``{zh, en}``."""
    import yaml

    text = resources.files("crmlab").joinpath("definitions.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=yaml.BaseLoader)


def card(key: str) -> Said:
    """The definition card of ``key`` as a small table in the reader's language.

    Raises KeyError, listing the known keys, for an unknown one.
    """
    catalogue = definitions()
    if key not in catalogue:
        raise KeyError(f"definitions.yaml: {key}; {', '.join(catalogue)}")
    lang, entry = language(), catalogue[key]
    rows = [f"| **{t('card_' + field)}** | {entry[field][lang]} |" for field in FIELDS]
    return Said("\n".join([f"| {t('card')} | {entry['name'][lang]} |", "|:--|:--|", *rows]))
