"""Rules for what the course says: pairs of Chinese and English, words, numbers, spacing, punctuation, spelling.

A pair is a Chinese and an English text that say the same thing: two prose cells, or the two arguments of one
`say(zh=..., en=...)`. Every rule yields one sentence per fault: what it is, and what to write instead.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numerals
import yaml

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
FULL = "，。、；：？！（）《》“”‘’…—【】「」"
OPEN, CLOSE = "（《“‘【「", "，。、；：？！）》”’】」"
UNKNOWN = "\ufffc"  # a value of unknown kind inside an f-string


class Pair(NamedTuple):
    zh: str
    en: str
    line: int = 0


@cache
def glossary() -> dict:
    return yaml.safe_load((Path(__file__).parent / "glossary.yaml").read_text(encoding="utf-8"))


def plain(text: str, code: str = "x", formula: str = "x") -> str:
    """Markdown without what is not prose: code, formulas, addresses, HTML, emphasis marks, list and heading marks."""
    text = re.sub(r"(?ms)^ *(`{3,}|~{3,}).*?^ *\1 *$", "", text)
    text = re.sub(r"(?s)\$\$.*?\$\$", "", text)
    text = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", code, text)
    text = re.sub(r"\b[A-Za-z_.]+\([^()\n]*\)", code, text)  # a call in a message: decide("11.A1", "b")
    text = re.sub(r"(?<![\\\d])\$(?![\s\d])[^$\n]+\$", formula, text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<https?://[^>]*>|https?://[\w./?=&%#~:+-]+", code, text)
    text = re.sub(r"</?[a-zA-Z][^>]*>|<!--.*?-->", "", text)
    text = re.sub(r"(?m)^[ \t]*(>[ \t]*)*(#{1,6}[ \t]+|[-*+][ \t]+|\d+[.)][ \t]+)?(\[[ x]\][ \t]+)?", "", text)
    return re.sub(r"\*\*|__|(?<!\w)[*_]|[*_](?!\w)", "", text)


def numbers_agree(pair: Pair) -> Iterator[str]:
    """A number in digits on one side stands on the other, in digits or in words.

    Zero is free ("above 0" is 正数), and so are numbers in words alone: the two sides are not translations of each other's sentences.
    """
    zh, zh_all = numerals.chinese(plain(pair.zh))
    en, en_all = numerals.english(plain(pair.en))
    for values in zh:
        if not values & (en_all | {0}):
            yield f"the number {min(values):,g} of the Chinese is not in the English"
    for values in en:
        if not values & (zh_all | {0}):
            yield f"the number {min(values):,g} of the English is not in the Chinese"


# -- words -----------------------------------------------------------------------------------------------------------


def _has(text: str, forms: list[str]) -> bool:
    return any(re.search(rf"\b{form}", text, re.IGNORECASE) for form in forms)


def terms_used(pair: Pair) -> Iterator[str]:
    """Where the Chinese has a term of the glossary, the English has its word."""
    zh, en = plain(pair.zh), plain(pair.en).replace("\n", " ")
    for term in sorted(glossary()["terms"], key=lambda term: -len(term["zh"])):
        if term["zh"] not in zh:
            continue
        zh = zh.replace(term["zh"], "")  # 流失召回 holds no 流失
        if not _has(en, term["en"]) and ("rivals" not in term or _has(en, term["rivals"])):
            yield f"{term['zh']} is in the Chinese, but none of {', '.join(term['en'])} in the English"


def banned_words(pair: Pair) -> Iterator[str]:
    """No variant that the glossary bans."""
    zh, en = plain(pair.zh), plain(pair.en)
    for word, advice in glossary()["banned"]["zh"].items():
        if word in zh:
            yield f"{word}: {advice}"
    for pattern, advice in glossary()["banned"]["en"].items():
        allowed = glossary()["allowed"].get(pattern, {})
        right = any(word in zh for word in allowed.get("zh", ())) or any(
            re.search(p, en) for p in allowed.get("en", ())
        )
        if not right and (found := re.search(pattern, en, re.IGNORECASE)):
            yield f"{found[0]}: {advice}"


def british(pair: Pair) -> Iterator[str]:
    """British spelling in the English."""
    text = plain(pair.en)
    for stem, right in glossary()["british"].items():
        if found := re.search(rf"\b{stem}\w*", text, re.IGNORECASE):
            yield f"{found[0]}: British spelling is {right}"
    for word in re.findall(r"\b[a-z]+[iy]z(?:e|ed|es|er|ers|ing|ation|ations)\b", text, re.IGNORECASE):
        if not re.fullmatch(r"(.*-)?(over|down|re|cap|out|under)?(siz|priz|seiz|maiz)\w*", word, re.IGNORECASE):
            yield f"{word}: British spelling has s, not z"


# -- spacing and punctuation -----------------------------------------------------------------------------------------

_WIDTH = {
    ",": "，",
    ";": "；",
    ":": "：",
    "?": "？",
    "!": "！",
    ".": "。",
    "(": "（",
    ")": "）",
    '"': "“ ”",
    "'": "‘ ’",
}


def chinese_typing(pair: Pair) -> Iterator[str]:
    """Full-width marks beside Han, one space between Han and Latin or digits, none beside full-width marks."""
    text = plain(pair.zh)
    text = re.sub(r"\([^()\n]*(?:, | [−+×*/-]+ )[^()\n]*\)", UNKNOWN, text)  # a tuple or a formula: (low, high)
    for found in re.finditer(
        rf"(?<=[{HAN}])(?:[,;:?!\"']|\.(?![\w.]))|(?<=[{HAN}]) ?\(|\) ?(?=[{HAN}])|[,;:?!\"'(](?=[{HAN}])", text
    ):
        mark = found[0].strip()
        yield f"half-width {mark} beside a Han character ({_around(text, found)}): write {_WIDTH[mark]}"
    for found in re.finditer(rf"(?<=[{HAN}{FULL}])\.\.\.+|(?<=[{HAN}{FULL}])--+", text):
        yield f"{found[0]} ({_around(text, found)}): write {'……' if '.' in found[0] else '——'}"
    for found in re.finditer(rf"[{HAN}][A-Za-z0-9¥`]|[A-Za-z0-9%`][{HAN}]", text):
        yield f"no space between Han and Latin or digits ({_around(text, found)}): put one"
    for found in re.finditer(rf"[{HAN}]  +[A-Za-z0-9¥]|[A-Za-z0-9%]  +[{HAN}]", text):
        yield f"more than one space ({_around(text, found)}): put one"
    # Emphasis marks stand here on purpose: after "？**" Markdown needs the space.
    marked = re.sub(r"(?m)^[ \t]*(?:[-*+>]|#+|\d+[.)])[ \t]+", "", pair.zh)
    marked = re.sub(r"(`+).+?\1", "x", re.sub(r"[ \t]*\|[ \t]*", "|", marked))
    for found in re.finditer(rf"[{CLOSE}][ \t]+(?=[^\s*_])|(?<=[^\s*_])[ \t]+[{OPEN}，。、；：？！]", marked):
        yield f"space beside a full-width mark ({_around(marked, found)}): take it out"
    for found in re.finditer(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff05]", text):
        yield f"full-width {found[0]}: write it half-width"


def english_typing(pair: Pair) -> Iterator[str]:
    """No full-width marks in English, but inside a Chinese term."""
    text = plain(pair.en)
    for found in re.finditer(rf"(?<![{HAN}])[，。、；：？！（）](?![{HAN}])", text):
        yield f"full-width {found[0]} in English ({_around(text, found)})"


def _around(text: str, found: re.Match) -> str:
    return text[max(found.start() - 6, 0) : found.end() + 6].replace("\n", " ")


RULES = (terms_used, banned_words, british, chinese_typing, english_typing)


# -- sentences inside code -------------------------------------------------------------------------------------------


def _literal(node: ast.expr) -> str | None:
    """The text of a string or f-string; a value shows as 0 if its format is a number's, else as an unknown."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = []
        for value in node.values:
            if isinstance(value, ast.Constant):
                parts.append(str(value.value))
            else:
                spec = ast.unparse(value.format_spec) if value.format_spec else ""
                parts.append("0" if re.search(r"[\d,][fdg%]?'$", spec) else UNKNOWN)
        return "".join(parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left), _literal(node.right)
        return None if left is None or right is None else left + right
    return None


def said(code: str | ast.Module) -> Iterator[Pair]:
    """The pairs of `f(zh=..., en=...)` calls and of `{"zh": ..., "en": ...}` tables in Python code."""
    for node in ast.walk(ast.parse(code) if isinstance(code, str) else code):
        found: dict = {}
        if isinstance(node, ast.Call):
            found = {word.arg: _literal(word.value) for word in node.keywords if word.arg in {"zh", "en"}}
        elif isinstance(node, ast.Dict):
            keys = {k.value: v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)}
            found = {lang: _literal(keys[lang]) for lang in ("zh", "en") if lang in keys}
        if found.get("zh") is not None and found.get("en") is not None:
            yield Pair(found["zh"], found["en"], node.lineno)
