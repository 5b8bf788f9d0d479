"""The language of the rules: one yes/no expression over the fact table, read by DuckDB's parser and nothing else.

Allowed: facts, numbers, 'text', ``= <> < <= > >=``, ``and or not``, ``between``, ``in``, ``is null``, ``+ - * /``, brackets.
What is not on this list is refused before it is run, and what runs, runs in a closed, empty database: no file, network,
extension or setting can be reached from a rule.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd

from crmlab.language import say
from crmlab.tagging.fact_table import listing
from crmlab.text import closest

TYPES = {"count": "BIGINT", "days": "BIGINT", "flag": "BOOLEAN", "code": "VARCHAR"}  # all others DOUBLE
PROBES = 200_000  # mixes of values tried on two rules that exclude each other
_CLASSES = {"CONJUNCTION", "COMPARISON", "BETWEEN", "CONSTANT", "COLUMN_REF"}
_OPERATORS = {"OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "COMPARE_IN", "COMPARE_NOT_IN"}
_SIGNS = str.maketrans({"≤": "<=", "≥": ">=", "≠": "<>", "‘": "'", "’": "'", "“": "'", "”": "'", "、": ","})


def engine():
    """A DuckDB of its own: in memory, without files, network or extensions, its settings locked."""
    import duckdb

    config = {"enable_external_access": "false", "autoload_known_extensions": "false", "lock_configuration": "true"}
    return duckdb.connect(":memory:", config=config | {"python_enable_replacements": "false"})


_shared = cache(engine)  # for reading rules; it never holds a table


def arrow(table: pd.DataFrame):
    """For the database: blank stays blank (a NaN would be a number there)."""
    import pyarrow as pa

    return pa.Table.from_pandas(table, preserve_index=False)


def fact_types(table: pd.DataFrame | None = None) -> dict[str, str]:
    """Database type of every fact; further columns of ``table`` by their pandas type."""
    types = {name: TYPES.get(kind, "DOUBLE") for name, kind in listing()["kind"].items()}
    is_ = pd.api.types
    for name, dtype in {} if table is None else table.drop(columns="customer_id").dtypes.items():
        guess = "BOOLEAN" if is_.is_bool_dtype(dtype) else "DOUBLE" if is_.is_numeric_dtype(dtype) else "VARCHAR"
        types.setdefault(name, guess)
    return types


def sql(rule: str) -> str:
    """The rule in brackets, the full-width signs of a Chinese keyboard made half-width."""
    return f"(\n{unicodedata.normalize('NFKC', rule.translate(_SIGNS)).translate(_SIGNS)}\n)"


@cache
def _tree(rule: str) -> tuple[dict | None, str]:
    """The tree of the one expression, or None and the text near which it ceases to be one."""
    if remark := re.search(r"--|/\*", re.sub(r"'[^']*'", "", sql(rule))):
        return None, remark[0]
    ask = "select json_serialize_sql(?), json_serialize_sql('select (true)')"
    read, model = (json.loads(each) for each in _shared().execute(ask, [f"select {sql(rule)}"]).fetchall()[0])
    if read["error"]:
        near = re.search(r'near "?([^"]*)', read["error_message"])
        return None, near[1] if near else rule[-10:]
    first, plain = read["statements"][0]["node"], model["statements"][0]["node"]
    found, _ = first.pop("select_list", []), plain.pop("select_list")
    rest, bare = (re.sub(r'"query_location(_length)?": \d+', "", json.dumps(each)) for each in (first, plain))
    # all but the expression must be what a bare "select (true)" has: no from, where, second column, second statement
    return (found[0], "") if len(read["statements"]) == len(found) == 1 and rest == bare else (None, rule[-10:])


def _nodes(tree):
    if isinstance(tree, dict):
        yield from [tree] if "class" in tree else []
        tree = list(tree.values())
    for each in tree if isinstance(tree, list) else ():
        yield from _nodes(each)


@cache
def columns(rule: str) -> list[str]:
    """Facts that a rule looks at."""
    names = [node["column_names"] for node in _nodes(_tree(rule)[0]) if node["class"] == "COLUMN_REF"]
    return list(dict.fromkeys(".".join(each) for each in names))


def _texts(rule: str) -> list[str]:
    return [text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", sql(rule))]


_USUAL = (  # slips with a name of their own: sign, zh, en
    (r"^\s*$", "规则读不懂：是空的。", "not one yes/no expression: it is empty."),
    (r"=[<>]", "规则读不懂：大于等于写成 >=，小于等于写成 <=。", "not one yes/no expression: write >= for 'at least', <= for 'at most'."),
    (r"[&|]", "不能用 & 和 |：写 and、or。", "& or | is not allowed: write and, or."),
    (r"\[", "不能用 [ ]：直接写事实列的名字，例如 orders_90d。", "[ ] is not allowed: write the bare name of the fact, such as orders_90d."),
    (r"^[^(]*,", "规则读不懂：条件之间用 and 或 or 连，不用逗号。", "not one yes/no expression: join conditions by and or or, not by a comma."),
)  # fmt: skip


def faults(rule: str, types: dict[str, str]):
    """What is wrong with a rule: sentences as (zh, en), none if it may be run."""
    bare = re.sub(
        r"'[^']*'", "''", sql(rule)[1:-1]
    )  # signs of a Chinese keyboard read, brackets around it and texts off
    for sign, zh, en in _USUAL:
        if re.search(sign, bare):
            yield zh, en
            return
    tree, near = _tree(rule)
    if tree is None:
        yield (
            f"规则读不懂，应当是一句能判断是或否的式子，请看“{near}”附近。",
            f"not one yes/no expression; look near '{near}'.",
        )
        return
    for node in _nodes(tree):
        kind, name = node["class"], node.get("function_name", "")
        arithmetic = kind == "FUNCTION" and node.get("is_operator") and name in {"+", "-", "*", "/"}
        if kind not in _CLASSES and not arithmetic and not (kind == "OPERATOR" and node["type"] in _OPERATORS):
            yield (
                f"不能用 {name or kind.lower()}：只能写事实列、数、'文字'、比较、and、or、not、between、in、is null、加减乘除和括号。",
                f"{name or kind.lower()} is not allowed: only facts, numbers, 'text', comparisons, and, or, not, between, in, "
                "is null, + - * / and brackets.",
            )
            return
    unknown = [name for name in columns(rule) if name not in types]
    for name in unknown:
        near = closest(name.lower(), types)
        yield (
            f"没有 {name} 这个事实列。"
            + (f"是不是 {near}？" if near else f"文字要加单引号：'{name}'；Python 的变量写不进规则，请写数。"),
            f"there is no fact {name}. "
            + (
                f"Did you mean {near}?"
                if near
                else f"Text needs single quotes: '{name}'; a rule knows no Python variable, so write the number."
            ),
        )
    values = " ".join(listing()["values"].reindex(columns(rule)).dropna()).split()
    for text in [text for text in _texts(rule) if values and text not in values]:
        near = closest(text, values)
        named = [name for name in columns(rule) if isinstance(listing()["values"].get(name), str)]
        yield (
            f"{'、'.join(named)} 没有 '{text}' 这个值。"
            + (f"是不是 '{near}'？" if near else f"可填 {'、'.join(values)}。"),
            f"{', '.join(named)} has no value '{text}'. "
            + (f"Did you mean '{near}'?" if near else f"One of {', '.join(values)}."),
        )
    if not unknown:
        yield from _kind_faults(rule, types)


def _kind_faults(rule: str, types: dict[str, str]):
    import duckdb

    # a value in each column: a blank would be compared with anything
    tries = {name: "null" if types[name] in ("DATE", "TIMESTAMP") else "'0'" for name in columns(rule)}
    values = ", ".join(f'{value}::{types[name]} as "{name}"' for name, value in tries.items()) or "1"
    try:
        tried = _shared().sql(f"select {sql(rule)} from (select {values})")
        kind = tried.types[0]
        tried.fetchall()  # a number compared with text that is none fails only when it runs
    except duckdb.Error:
        yield (
            "拿不同的东西比了：数只能和数比，文字只能和文字比。",
            "compares unlike things: numbers go with numbers, text with text.",
        )
    else:
        if str(kind) != "BOOLEAN":
            yield (
                "结果应当是“是”或“否”，例如 recency_days <= 30。",
                "must come out yes or no, such as recency_days <= 30.",
            )


def meetings(table: pd.DataFrame, types: dict[str, str]):
    """Two rules of an exclusive group that hold together for some mix of values: first row, second row, the mix as text
    (of the facts that both name, if any).

    Tried are the values at, between and beyond the bounds that the two rules name. Where rules compare facts with
    numbers and texts this misses nothing; with arithmetic between facts, or more than PROBES mixes (then a seeded
    sample of them), it may: :func:`crmlab.tagging.conflicts` finds those in the data.
    """
    database = engine()
    for _, rows in table[table["exclusive"] == "yes"].groupby("group", sort=False):
        for pair in combinations(rows.itertuples(), 2):
            used = {
                name: [row.rule for row in pair if name in columns(row.rule)]
                for row in pair
                for name in columns(row.rule)
            }
            both = [name for name, named in used.items() if len(named) == 2] or list(used)
            possible = "true"
            if {"recency_days", "days_since_first"} <= set(used):  # nobody's last order is older than the first
                possible = "(recency_days <= days_since_first) is not false"
                used["days_since_first"] = used["days_since_first"] + used["recency_days"]
            choices = {name: _probes(types[name], named) for name, named in used.items()}
            shape = [len(each) for each in choices.values()]
            size = int(np.prod(shape, dtype=float))
            mixes = np.arange(size) if size <= PROBES else np.random.default_rng(1).integers(0, size, PROBES)
            at = dict(zip(choices, np.unravel_index(mixes, shape), strict=True))
            database.register("grid", arrow(pd.DataFrame({name: choices[name].take(at[name]).array for name in at})))
            hit = database.execute(
                f"select * from grid where {sql(pair[0].rule)} and {sql(pair[1].rule)} and {possible} limit 1"
            ).fetchall()
            if hit:
                shown = {
                    name: f"{value:g}" if isinstance(value, float) else value
                    for name, value in zip(choices, hit[0], strict=True)
                }
                yield *pair, say(zh="，", en=", ").join(f"{name} = {shown[name]}" for name in both)


def _probes(kind: str, rules: list[str]) -> pd.Series:
    """Values worth trying for a fact: each number or text of the rules, what lies between and beyond, and blank."""
    if kind == "BOOLEAN":
        return pd.Series([True, False, None], dtype="boolean")
    if kind == "VARCHAR":
        return pd.Series([*dict.fromkeys(text for rule in rules for text in _texts(rule)), "?", None], dtype="str")
    numbers = sorted(
        {float(each) for rule in rules for each in re.findall(r"(?<![\w'.])-?\d+(?:\.\d+)?", sql(rule))} or {0.0}
    )
    between = [(low + high) / 2 for low, high in zip(numbers, numbers[1:], strict=False)]
    return pd.Series([*numbers, *between, numbers[0] - 1, numbers[-1] + 1, None], dtype="Float64")
