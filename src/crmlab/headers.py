"""Which column is which: by the mapping, or by the names known in ``exports.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.language import say
from crmlab.reading import ImportProblem, Table, read_bytes

KEYS = ("header", "separator", "widths", "encoding", "date_format", "timezone", "latest", "paid_is_net")
SECTIONS = ("columns", "constants")
_TYPES = {"header": bool, "paid_is_net": bool, "widths": list, "columns": dict, "constants": dict}


def load_mapping(mapping: str | Path | dict | None, fields: list[str]) -> dict:
    """A mapping (TOML file or dict) checked key by key; ``{}`` without one.

    Keys: ``header`` (true/false), ``separator`` or ``widths`` (characters a column), ``encoding``, ``date_format``
    (strptime), ``timezone``, ``latest`` (last day that can be true), ``paid_is_net``; tables ``[columns]`` (field =
    header name or position from 1) and ``[constants]`` (field = value). Raises ImportProblem naming the key.
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
                say(
                    zh=f"映射文件 {name} 不是有效的 UTF-8 TOML：{error}。",
                    en=f"{name} is not valid UTF-8 TOML: {error}.",
                )
            ) from None
    for key, value in mapping.items():
        _known(name, key, [*KEYS, *SECTIONS], "")
        if not isinstance(value, _TYPES.get(key, object)):
            kind = {bool: "true / false", list: "[6, 5, 9]", dict: f"[{key}]"}[_TYPES[key]]
            raise ImportProblem(
                say(zh=f"映射文件 {name}：{key} 应写成 {kind}。", en=f"{name}: {key} must be written as {kind}.")
            )
    for section in SECTIONS:
        for key in mapping.get(section, {}):
            _known(name, key, fields, f"[{section}] ")
    if "widths" in mapping and not all(isinstance(n, int) and n > 0 for n in mapping["widths"]):
        raise ImportProblem(say(zh=f"{name}：widths 应是正整数。", en=f"{name}: widths must be whole numbers above 0."))
    _check_values(name, mapping)
    return {"name": name, **mapping}


def _check_values(name: str, mapping: dict) -> None:
    day = pd.Timestamp("2026-01-02 03:04:05")
    trials = {
        "separator": lambda value: len(value) == 1 and not value.isalnum() and value not in '"\r\n',
        "timezone": lambda value: day.tz_localize("UTC").tz_convert(value),
        "date_format": lambda value: pd.to_datetime(day.strftime(value), format=value),
        "latest": lambda value: pd.Timestamp(str(value)) > pd.Timestamp("1980-01-01"),
        "encoding": lambda value: "".encode(value) == b"" or True,
        "columns": lambda value: all(type(each) in {str, int} for each in value.values()),
    }
    examples = {
        "separator": '";"',
        "timezone": '"Asia/Shanghai"',
        "date_format": '"%Y-%m-%d"',
        "latest": '"2026-06-30"',
    }
    examples |= {"encoding": '"gb18030"', "columns": 'amount = "实付金额" / amount = 5'}
    for key, passes in trials.items():
        if key not in mapping:
            continue
        try:
            good = bool(passes(mapping[key]))
        except Exception:  # pandas, zoneinfo and the codecs each raise their own
            good = False
        if not good:
            raise ImportProblem(
                say(
                    zh=f"映射文件 {name}：{key} 的值用不了（{mapping[key]}）。例如：{examples[key]}。",
                    en=f"{name}: the value of {key} cannot be used ({mapping[key]}). For example: {examples[key]}.",
                )
            )


def _known(name: str, key: str, allowed: list[str], where: str) -> None:
    if key in allowed:
        return
    near = get_close_matches(key, allowed, 1, 0.5)
    zh = f"是不是 {near[0]}？" if near else f"可用：{'、'.join(allowed)}。"
    en = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(allowed)}."
    raise ImportProblem(
        say(zh=f"映射文件 {name}：不认识 {where}{key}。{zh}", en=f"{name}: unknown key {where}{key}. {en}")
    )


def match_headers(headers: Sequence[str], rules: dict) -> dict[str, int]:
    """Field -> position of its column: as the mapping says, else by the first known name that a header has."""
    names = [plain(str(header).strip()) for header in headers]
    if "columns" in rules:
        wanted = rules["columns"].items()
        found = {
            field: key - 1 if isinstance(key, int) else names.index(plain(key))
            for field, key in wanted
            if isinstance(key, int) or plain(key) in names
        }
        return {field: position for field, position in found.items() if 0 <= position < len(names)}
    found = {}
    for field, aliases in exports()["columns"].items():
        if field in rules.get("constants", {}):
            continue
        position = next((names.index(plain(alias)) for alias in aliases if plain(alias) in names), None)
        if position is not None and position not in found.values():
            found[field] = position
    return found


def find_columns(table: Table, rules: dict) -> dict[str, int]:
    found = match_headers(table.headers, rules)
    shown = [header for header in table.headers if header]
    for field, key in rules.get("columns", {}).items():
        if field not in found:
            near = get_close_matches(str(key), shown, 1, 0.4)
            raise ImportProblem(
                say(
                    zh=f"映射文件 {rules['name']}：{field} 要的列 {key} 在 {table.name} 里没有。"
                    + (
                        f"是不是“{near[0]}”？" if near else f"表里有 {len(table.headers)} 列：{'、'.join(shown[:15])}。"
                    ),
                    en=f"{rules['name']}: {table.name} has no column {key} for {field}. "
                    + (f"Did you mean “{near[0]}”?" if near else f"It has {len(shown)}: {', '.join(shown[:15])}."),
                )
            )
    _refuse_data_as_header(table, found)
    have = {*found, *rules.get("constants", {})}
    if not have & {"amount", "gross"} or not have & {"order_id", "customer_id", "paid_at", "created_at"}:
        known = {plain(alias): alias for aliases in exports()["columns"].values() for alias in aliases}
        close = {header: get_close_matches(plain(header), known, 1, 0.6) for header in shown[:30]}
        guesses = [(header, known[near[0]]) for header, near in close.items() if near]
        zh = "、".join(f"“{header}”像 {alias}" for header, alias in guesses[:3])
        en = ", ".join(f"“{header}” looks like {alias}" for header, alias in guesses[:3])
        listed = shown[:12]
        raise ImportProblem(
            say(
                zh=f"{table.name} 不像订单表：至少要有金额列（如实付金额），和订单编号、客户编号、付款时间之一。"
                f"读到的表头：{'、'.join(listed)}。{zh + '。' if zh else ''}列名不同，请写一个映射文件说明哪列是什么。",
                en=f"{table.name} does not look like orders: it needs an amount (such as 实付金额) and an order id, "
                f"a customer id or a pay time. Headers read: {', '.join(listed)}. {en + '. ' if en else ''}"
                "If your columns have other names, say in a mapping file which is which.",
            )
        )
    for field, position in found.items():
        _refuse_twins(table, field, position, rules)
    return found


def _refuse_data_as_header(table: Table, found: dict) -> None:
    """The first row of a table without a header is somebody's order: it is not printed in a message."""
    values = sum(bool(re.fullmatch(r"[\d\s:/.,+¥*-]*\d[\d\s:/.,+¥*-]*", header)) for header in table.headers)
    if not found and values >= 2 and table.header_row is not None:
        raise ImportProblem(
            say(
                zh=f"{table.name} 第 {table.header_row} 行像是订单，不像表头。没有表头的表要写映射文件：header = false，"
                "并按位置说明哪列是什么，例如 amount = 4。",
                en=f"{table.name}: row {table.header_row} looks like an order, not like a header. A table without a header "
                "needs a mapping file: header = false, and each column by its position, such as amount = 4.",
            )
        )


def _refuse_twins(table: Table, field: str, position: int, rules: dict) -> None:
    """Two columns of one name are harmless when equal; otherwise nobody can say which is meant."""
    if table.header_row is None or isinstance(rules.get("columns", {}).get(field), int):
        return
    name = plain(table.headers[position])
    for other, header in enumerate(table.headers):
        if other != position and plain(header) == name:
            differ = cleaning.text(table.cells[position]).fillna("") != cleaning.text(table.cells[other]).fillna("")
            if differ.any():
                row = differ.index[differ][0]
                raise ImportProblem(
                    say(
                        zh=f"{table.name} 有两列都叫“{header}”（第 {position + 1} 列和第 {other + 1} 列），"
                        f"第 {row} 行起内容不同。请改名，或在映射文件里按位置写：{field} = {position + 1}。",
                        en=f"{table.name} has two columns called “{header}” ({position + 1} and {other + 1}) that differ "
                        f"from row {row} on. Rename one, or give its position in a mapping file: {field} = {position + 1}.",
                    )
                )
