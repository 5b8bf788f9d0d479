"""Which column is which: by the mapping, or by the names known in ``exports.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.reading import ImportProblem, Table, match_headers, read_bytes
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
    "columns": (
        'amount = "实付金额" / amount = 5',
        lambda value: {type(each) for each in value.values()} <= {str, int},
    ),
    "constants": ('channel = "微信"', lambda value: isinstance(value, dict)),
}


def load_mapping(mapping: str | Path | dict | None) -> dict:
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


def find_columns(table: Table, rules: dict) -> dict[str, int]:
    """Field -> position in `table`, or an ImportProblem that says which column is missing or meant twice."""
    found = match_headers(table.headers, rules)
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
    if not have & {"amount", "gross"} or not have & {"order_id", "customer_id", "paid_at", "created_at"}:
        known = {plain(alias): alias for aliases in exports()["columns"].values() for alias in aliases}
        close = {header: closest(plain(header), known) for header in shown[:30]}
        guesses = [(header, known[near]) for header, near in close.items() if near][:3]
        zh = "、".join(f"“{header}”像 {alias}" for header, alias in guesses) + ("。" if guesses else "")
        en = ", ".join(f"“{header}” looks like {alias}" for header, alias in guesses) + (". " if guesses else "")
        raise ImportProblem(
            zh=f"{table.name} 不像订单表：至少要有金额列（如实付金额），和订单编号、客户编号、付款时间之一。"
            f"读到的表头：{'、'.join(shown[:12])}。{zh}列名不同，请写一个映射文件说明哪列是什么。",
            en=f"{table.name} does not look like orders: it needs an amount (such as 实付金额) and an order id, "
            f"a customer id or a pay time. Headers read: {', '.join(shown[:12])}. {en}"
            "If your columns have other names, say in a mapping file which is which.",
        )
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
