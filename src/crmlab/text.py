"""Small things done to text that came from outside."""

import difflib
import re
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely meant, or None."""
    found = difflib.get_close_matches(word, [str(name) for name in known], n=1, cutoff=0.6)
    return found[0] if found else None


def plain(text: object) -> str:
    """Text of a reader's file as it stands, for a Markdown sentence: it makes no link, picture or emphasis."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~:-])", r"\\\1", " ".join(str(text).split()))


def for_spreadsheet(text: object) -> object:
    """A leading ' before text that a spreadsheet would run as a formula (OWASP: = + - @ tab and carriage return)."""
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
