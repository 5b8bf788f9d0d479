"""argparse in the reader's language: which language that is, and errors that say what was most likely meant."""

from __future__ import annotations

import argparse
import locale
import os
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NoReturn

from crmlab.language import LANGUAGES, say
from crmlab.text import closest


def asked(argv: list[str]) -> str | None:
    """The language asked for with --lang, found before parsing so that errors speak it too."""
    for word, following in pairwise([*argv, ""]):
        given = word.removeprefix("--lang=") if word.startswith("--lang=") else following if word == "--lang" else ""
        if given in LANGUAGES:
            return given
    return None


def system_language() -> str:
    """Chinese where the locale is Chinese, else English."""
    names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    name = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


class Parser(argparse.ArgumentParser):
    """argparse that speaks the reader's language and says what was most likely meant."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        if choice := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            self.stop(choice[1], re.findall(r"[\w-]+", choice[2]))
        said = message
        if missing := re.search(r"arguments are required: (.*)", message):
            said = say(zh=f"还缺：{missing[1]}。", en=f"Still needed: {missing[1]}.")
        elif short := re.search(r"argument (\S+): expected (.*)", message):
            said = say(zh=f"{short[1]} 后面还要写内容。", en=f"{short[1]} needs a value after it.")
        elif value := re.search(r"argument (\S+): invalid \w+ value: '(.*)'", message):
            said = say(
                zh=f"{value[1]} 要一个整数，不是 {value[2]}。", en=f"{value[1]} needs a whole number, not {value[2]}."
            )
        self.leave(said)

    def check_options(self, words: list[str]) -> None:
        """Leave at the first mistyped option: before argparse can complain of what is missing because of it."""
        for word in words:
            if re.match(r"--[A-Za-z]", word) and word.split("=")[0] not in self._option_string_actions:
                self.stop(word)

    def stop(self, word: str, known: Iterable[str] = ()) -> NoReturn:
        """Leave because of a word that is none of `known` (or none of the options), with the nearest one that is."""
        word, known = word.split("=")[0], list(known or self._option_string_actions)
        near = closest(word, known)
        listed = [name for name in known if name not in ("-h", "--help")]
        self.leave(
            say(
                zh=f"不认识 {word}" + (f"，是不是 {near}？" if near else f"，可以写：{'、'.join(listed)}。"),
                en=f"{word} is not known"
                + (f"; did you mean {near}?" if near else f"; possible: {', '.join(listed)}."),
            )
        )

    def leave(self, said: str) -> NoReturn:
        """Leave with exit code 2 and a sentence."""
        help_ = say(zh=f"用法见 {self.prog} --help", en=f"See {self.prog} --help")
        self.exit(2, f"{said}\n{help_}\n")
