"""The data dictionary as a table, from ``schema.yaml``."""

from collections.abc import Iterable

import pandas as pd

from crmlab.world.build import columns_of, schema

UNITS = {"money": ("元", "yuan"), "datetime": ("北京时间", "Asia/Shanghai, local"), "date": ("", "")}


def dictionary_table(company: str, tables: Iterable[str]) -> pd.DataFrame:
    """One row a column of each table: its type, unit, allowed values and key, its meaning and what is planted in the table."""
    rows = []
    for name in tables:
        planted = schema()[name].get("planted", {"zh": "", "en": ""})
        for column, spec in columns_of(name, company).items():
            unit = spec.get("unit") or dict(zip(("zh", "en"), UNITS.get(spec["type"], ("", "")), strict=True))
            rows.append({
                "table": name,
                "column": column,
                "type": spec["type"],
                "unit_zh": unit["zh"],
                "unit_en": unit["en"],
                "values": " ".join(map(str, spec.get("values", []))),
                "may_be_empty": "yes" if spec.get("empty") else "no",
                "key": spec.get("key", ""),
                "meaning_zh": spec["zh"],
                "meaning_en": spec["en"],
                "planted_zh": planted["zh"],
                "planted_en": planted["en"],
            })
    return pd.DataFrame(rows)
