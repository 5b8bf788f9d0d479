"""Small things done to text that came from outside, and the error that is one sentence for the reader."""

import difflib
import re
from collections.abc import Iterable

from crmlab.language import say


class Problem(Exception):
    """The work stops; ``str()`` is one plain sentence in the reader's language (`zh` alone: as it stands)."""

    def __init__(self, zh: str, en: str | None = None):
        super().__init__(zh if en is None else say(zh=zh, en=en))


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that `word` most likely meant, or None."""
    found = difflib.get_close_matches(word, [str(name) for name in known], n=1, cutoff=cutoff)
    return found[0] if found else None


def plain(text: object) -> str:
    """Text of a reader's file as it stands, for a Markdown sentence: it makes no link, picture or emphasis."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~:-])", r"\\\1", " ".join(str(text).split()))


def unmarked(sentence: object) -> str:
    """A Markdown sentence as plain text, for a cell or a console: no stars, no backticks, no escapes."""
    return re.sub(r"\*\*|`|\\(?=[^\w\s])", "", str(sentence))


def for_spreadsheet(text: object) -> object:
    """A leading ' before text that a spreadsheet would run as a formula (the signs of OWASP, full-width ones as well)."""
    return f"'{text}" if isinstance(text, str) and text.startswith(tuple("=+-@\t\r\n＝＋－＠")) else text
