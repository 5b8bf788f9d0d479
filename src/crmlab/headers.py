"""Which column is which: by the mapping, or by the names known in ``exports.toml``; a first mapping where neither says."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.language import say, t
from crmlab.reading import ImportProblem, Table, match_headers, read_bytes
from crmlab.settling import DATE_FIELDS, ID_FIELDS, MONEY_FIELDS, NUMBER_FIELDS
from crmlab.shapes import platform_of
from crmlab.text import closest

_DAY = pd.Timestamp("2026-01-02 03:04:05", tz="UTC")
# key of a mapping -> how it is written, and whether a value will do (an error is a no)
_KEYS = {
    "header": ("true / false", lambda value: isinstance(value, bool)),
    "separator": ('";"', lambda value: len(value) == 1 and not value.isalnum() and value not in '"\r\n'),
    "widths": ("[6, 5, 9]", lambda value: isinstance(value, list) and all(type(n) is int and n > 0 for n in value)),
    "encoding": ('"gb18030"', lambda value: isinstance("".encode(value), bytes)),
    "date_format": ('"%Y-%m-%d"', lambda value: pd.to_datetime(_DAY.strftime(value), format=value)),
    "timezone": ('"Asia/Shanghai"', lambda value: _DAY.tz_convert(value)),
    "latest": ('"2026-06-30"', lambda value: pd.Timestamp(str(value)) > pd.Timestamp("1980-01-01")),
    "paid_is_net": ("true / false", lambda value: isinstance(value, bool)),
    "platform": ('"jd"', lambda value: value in {"none", *(entry["key"] for entry in exports()["platforms"])}),
    "rows": (
        '"order" / "repeat" / "sum" / "continued"',
        lambda value: value in {"order", "repeat", "sum", "continued"},
    ),
    "decimal_comma": ("true / false", lambda value: isinstance(value, bool)),
    "exclude": (
        '["price_difference", "postage"]',
        lambda value: isinstance(value, list) and set(value) <= {rule["name"] for rule in exports()["not_sales"]},
    ),
    "not_sales": (
        '[[not_sales]] name = "...", columns = ["item"], words = ["..."]',
        lambda value: all({"name", "columns", "words"} <= set(rule) and rule["words"] for rule in value),
    ),
    "columns": (
        'amount = "实付金额" / amount = 5',
        lambda value: {type(each) for each in value.values()} <= {str, int},
    ),
    "constants": ('channel = "微信"', lambda value: isinstance(value, dict)),
}


def load_mapping(mapping: str | Path | dict | None) -> dict:
    """A mapping (TOML file or dict) checked key by key; ``{}`` without one.

    Keys: ``header`` (true/false), ``separator`` or ``widths`` (characters a column), ``encoding``, ``date_format``
    (strptime), ``timezone``, ``latest`` (last day that can be true), ``paid_is_net``, ``platform`` (a key of
    ``exports.toml`` or "none"), ``rows`` (order, repeat, sum, continued), ``decimal_comma``, ``exclude`` (names of
    ``not_sales``); tables ``[columns]`` (field = header name or position from 1), ``[constants]`` (field = value) and
    ``[[not_sales]]`` (rules of one's own). Raises ImportProblem naming the key.
    """
    if mapping is None:
        return {}
    name = "mapping"
    if not isinstance(mapping, dict):
        path = Path(mapping)
        name, raw = path.name, read_bytes(path)
        try:
            mapping = tomllib.loads(raw.decode("utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ImportProblem(
                zh=f"映射文件 {name} 不是有效的 UTF-8 TOML：{error}。", en=f"{name} is not valid UTF-8 TOML: {error}."
            ) from None
    for key, value in mapping.items():
        _known(name, key, _KEYS)
        written, will_do = _KEYS[key]
        try:
            good = bool(will_do(value))
        except Exception:  # pandas, zoneinfo and the codecs each raise their own
            good = False
        if not good:
            raise ImportProblem(
                zh=f"映射文件 {name}：{key} 的值用不了（{value}）。例如：{written}。",
                en=f"{name}: the value of {key} cannot be used ({value}). For example: {written}.",
            )
        if key in ("columns", "constants"):
            for field in value:
                _known(name, field, exports()["columns"], f"[{key}] ")
    return {"name": name, **mapping}


def _known(name: str, key: str, allowed: dict, where: str = "") -> None:
    if key not in allowed:
        near = closest(key, allowed, 0.5)
        raise ImportProblem(
            zh=f"映射文件 {name}：不认识 {where}{key}。"
            + (f"是不是 {near}？" if near else f"可用：{'、'.join(allowed)}。"),
            en=f"{name}: unknown key {where}{key}. "
            + (f"Did you mean {near}?" if near else f"Known: {', '.join(allowed)}."),
        )


def match(headers: Sequence[str], rules: dict, platform: dict) -> dict[str, int]:
    """Field -> position of its column: as the mapping says, else by the platform's names, else by the general ones."""
    general = match_headers(headers, rules)
    if "columns" in rules or "columns" not in platform:
        return general
    names, own = [plain(str(header).strip()) for header in headers], {}
    for field, aliases in platform["columns"].items():
        position = next((names.index(plain(alias)) for alias in aliases if plain(alias) in names), None)
        if position is not None and field not in rules.get("constants", {}):
            own[field] = position
    none = {field for field, aliases in platform["columns"].items() if not aliases}
    others = {field: at for field, at in general.items() if field not in none and at not in own.values()}
    return others | own


def find_columns(table: Table, rules: dict) -> dict[str, int]:
    """Field -> position in `table`, or an ImportProblem that says which column is missing or meant twice.

    Where the headers are unknown the problem carries ``guesses`` (:func:`guess`) and ``mapping``, a mapping file to edit
    (:func:`draft_mapping`).
    """
    platform = platform_of(table.headers, rules)
    found = match(table.headers, rules, platform)
    shown = [header for header in table.headers if header]
    for field, key in rules.get("columns", {}).items():
        if field not in found:
            near = closest(str(key), shown, 0.4)
            raise ImportProblem(
                zh=f"映射文件 {rules['name']}：{field} 要的列 {key} 在 {table.name} 里没有。"
                + (f"是不是“{near}”？" if near else f"表里有 {len(table.headers)} 列：{'、'.join(shown[:15])}。"),
                en=f"{rules['name']}: {table.name} has no column {key} for {field}. "
                + (f"Did you mean “{near}”?" if near else f"It has {len(shown)}: {', '.join(shown[:15])}."),
            )
    _refuse_data_as_header(table, found)
    have = {*found, *rules.get("constants", {})}
    for field, formula in platform.get("compute", {}).items():
        have |= {field} if have.issuperset(factor.strip() for factor in formula.split("+")[0].split("*")) else set()
    if not have & {"amount", "gross"} or not have & {"order_id", "customer_id", "paid_at", "created_at"}:
        guesses = guess(table)
        best = [each for each in guesses if each["confidence"] >= 0.5][:4]
        zh = "、".join(f"“{each['header']}”像{t(each['field'])}（{each['confidence']:.0%}）" for each in best)
        en = ", ".join(f"“{each['header']}” looks like {t(each['field'])} ({each['confidence']:.0%})" for each in best)
        problem = ImportProblem(
            zh=f"{table.name} 不像订单表：至少要有金额列（如实付金额），和订单编号、客户编号、付款时间之一。"
            f"读到的表头：{'、'.join(shown[:12])}。{zh + '。' if zh else ''}列名不同，请写一个映射文件说明哪列是什么。",
            en=f"{table.name} does not look like orders: it needs an amount (such as 实付金额) and an order id, "
            f"a customer id or a pay time. Headers read: {', '.join(shown[:12])}. {en + '. ' if en else ''}"
            "If your columns have other names, say in a mapping file which is which.",
        )
        problem.guesses, problem.mapping = guesses, draft_mapping(table, guesses)
        raise problem
    for field, position in found.items():
        _refuse_twins(table, field, position, rules)
    return found


def _refuse_data_as_header(table: Table, found: dict) -> None:
    """The first row of a table without a header is somebody's order: it is not printed in a message."""
    is_value = re.compile(r"[\d\s:/.,+¥*-]*\d[\d\s:/.,+¥*-]*|\S+@\S+")
    if not found and table.header_row is not None and any(map(is_value.fullmatch, table.headers)):
        raise ImportProblem(
            zh=f"{table.name} 第 {table.header_row} 行像是订单，不像表头。没有表头的表要写映射文件：header = false，"
            "并按位置说明哪列是什么，例如 amount = 4。",
            en=f"{table.name}: row {table.header_row} looks like an order, not like a header. A table without a header "
            "needs a mapping file: header = false, and each column by its position, such as amount = 4.",
        )


def _refuse_twins(table: Table, field: str, position: int, rules: dict) -> None:
    """Two columns of one name are harmless when equal; otherwise nobody can say which is meant."""
    if table.header_row is None or isinstance(rules.get("columns", {}).get(field), int):
        return
    for other, header in enumerate(table.headers):
        if other != position and plain(header) == plain(table.headers[position]):
            differ = cleaning.text(table.cells[position]).fillna("") != cleaning.text(table.cells[other]).fillna("")
            if differ.any():
                raise ImportProblem(
                    zh=f"{table.name} 有两列都叫“{header}”（第 {position + 1} 列和第 {other + 1} 列），"
                    f"第 {differ.idxmax()} 行起内容不同。请改名，或在映射文件里按位置写：{field} = {position + 1}。",
                    en=f"{table.name} has two columns called “{header}” ({position + 1} and {other + 1}) that differ "
                    f"from row {differ.idxmax()} on. Rename one, or give its position in a mapping file: "
                    f"{field} = {position + 1}.",
                )


def guess(table: Table) -> list[dict]:
    """What each unknown column most likely is: header, field, confidence (0 to 1), best first, a field once.

    Confidence = 0.7 x how near the header comes to a known name (1: the same; 0.75: one holds the other; else the letters
    shared, from 0.55 on; much less where the cells cannot be that) + 0.3 where the first cells look like the field: times,
    amounts, numbers that differ on every row (orders) or come again (customers).
    """
    known = {field: [plain(alias) for alias in names] for field, names in exports()["columns"].items() if names}
    scored = []
    for position, header in enumerate(table.headers):
        if not header or position not in table.cells:
            continue
        looks, name = _looks(table.cells[position].head(300)), plain(header)
        for field, aliases in known.items():
            near = max(_likeness(name, alias) for alias in aliases)
            kind = "time" if field in DATE_FIELDS else "money" if field in (*MONEY_FIELDS, *NUMBER_FIELDS) else "other"
            fits = 1.0 if looks["kind"] in (kind, "empty") else 0.4
            seen = {
                "paid_at": "time",
                "created_at": "time",
                "amount": "money",
                "order_id": "unique",
                "customer_id": "again",
            }
            look = 0.5 * (fits == 1.0) if field not in seen else float(seen[field] in looks.values())
            confidence = round(0.7 * near * fits * (near >= 0.55) + 0.3 * look, 2)
            scored.append({"header": header, "position": position + 1, "field": field, "confidence": confidence})
    chosen, fields, columns = [], set(), set()
    for each in sorted(scored, key=lambda each: -each["confidence"]):
        if each["confidence"] >= 0.3 and each["field"] not in fields and each["position"] not in columns:
            chosen.append(each)
            fields.add(each["field"])
            columns.add(each["position"])
    return chosen


def _likeness(name: str, alias: str) -> float:
    """1 for the same word; a name that holds the other, or ends as it does, comes next; else the letters they share."""
    if name == alias:
        return 1.0
    shared = SequenceMatcher(None, name, alias, autojunk=False).ratio()
    return (
        max(shared, 0.75)
        if len(alias) > 1 and (alias in name or name in alias) and min(len(alias), len(name)) > 1
        else shared
    )


def _looks(cells: pd.Series) -> dict[str, str]:
    """What cells can be: kind (time, money, other, empty), and whether they are numbers of something: unique or again."""
    words = cleaning.text(cells).dropna().astype("str")
    if words.empty:
        return {"kind": "empty", "number": ""}
    amounts, _ = cleaning.money(words)
    times, _, _ = cleaning.dates(words)
    number = words.str.fullmatch(r"#?[A-Za-z_]*\d[\w-]*").mean() > 0.8 and words.str.len().mean() >= 2
    kind = "other"
    if times.notna().mean() > 0.8 and words.str.len().mean() > 5:
        kind, number = "time", False
    elif amounts.notna().mean() > 0.8 and words.str.len().mean() < 9:
        kind, number = "money", number and words.str.len().mean() >= 4
    return {"kind": kind, "number": ("unique" if words.is_unique else "again") if number else ""}


def draft_mapping(table: Table, guesses: list[dict] | None = None) -> str:
    """A mapping file (TOML) for a table of unknown headers: the likely columns filled in, the doubtful ones as comments."""
    guesses = guess(table) if guesses is None else guesses
    sure = sorted((each for each in guesses if each["confidence"] >= 0.6), key=lambda each: each["position"])
    unsure = sorted((each for each in guesses if each["confidence"] < 0.6), key=lambda each: each["position"])
    used = {each["position"] for each in guesses}
    unused = [header for n, header in enumerate(table.headers, 1) if header and n not in used]
    fields = ", ".join(
        each for each in exports()["columns"] if each in (*ID_FIELDS, *DATE_FIELDS, *MONEY_FIELDS, "status")
    )
    lines = [
        f"# {say(zh='映射文件', en='Mapping file')}: {table.name}",
        say(
            zh="# 请逐行核对：左边是字段，右边是你表里的列名（或从 1 数起的列号）。不要的行前面加 #。",
            en="# Check each line: a field on the left, your column's name (or its number, from 1) on the right. "
            "Put # before a line you do not want.",
        ),
        say(
            zh="# 至少要有 amount 或 gross，和 order_id、customer_id、paid_at、created_at 之一。",
            en="# Needed: amount or gross, and one of order_id, customer_id, paid_at, created_at.",
        ),
        say(
            zh='# rows = "sum"            # 一行是一件商品、金额要按订单相加时去掉前面的 #；整单金额在每行重复时写 "repeat"',
            en='# rows = "sum"            # if a row is an item and amounts are to be added up by order; '
            '"repeat" if each row repeats the whole order\'s amount',
        ),
        say(
            zh='# date_format = "%d/%m/%Y" # 日期先写日时去掉前面的 #',
            en='# date_format = "%d/%m/%Y" # if the day comes first',
        ),
        "",
        "[columns]",
    ]
    for each, mark in [(each, "") for each in sure] + [(each, "# ") for each in unsure]:
        shown = json.dumps(each["header"], ensure_ascii=False)
        lines.append(f"{mark}{each['field']} = {shown}  # {t(each['field'])}, {each['confidence']:.0%}")
    lines += ["", f"# {say(zh='可用的字段', en='Fields')}: {fields}"]
    if unused:
        shown = json.dumps(unused[:40], ensure_ascii=False)
        lines.append(f"# {say(zh='没有用到的列', en='Columns not used')}: {shown}")
    return "\n".join(lines) + "\n"
