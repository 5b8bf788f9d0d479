"""Stage 1 of every computation: order-level rows, on whatever engine holds them, reduced to small tables.

The reducing functions are written once with narwhals. pandas frames are reduced in memory; a path is read by the
embedded DuckDB without loading the file; DuckDB relations and PySpark frames stay where they are. Everything after the
reduction (ranks, quantiles, scores, charts) is pandas: that is where lazy engines differ from each other.
"""

from __future__ import annotations

from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from crmlab.language import say

TEXT = pd.StringDtype(na_value=np.nan)  # what pandas 3 calls "str"


def lazy(source) -> nw.LazyFrame:
    """Make a narwhals LazyFrame of ``source``.

    Parameters
    ----------
    source : pandas DataFrame, DuckDB relation, PySpark DataFrame, narwhals frame, or the path of a canonical
        ``.parquet`` or ``.csv`` file (read by DuckDB, ids as text).

    Raises
    ------
    ValueError
        The path has another ending.
    """
    if isinstance(source, str | Path):
        import duckdb

        path = Path(source)
        if path.suffix == ".parquet":
            source = duckdb.read_parquet(str(path))
        elif path.suffix == ".csv":
            source = duckdb.read_csv(str(path), all_varchar=True).select(
                "* replace (cast(paid_at as timestamp) as paid_at, cast(amount as double) as amount)"
            )
        else:
            raise ValueError(
                say(
                    zh=f"{path.name}：只能直接读 .parquet 或 .csv，其他文件请先用 read_orders 读入。",
                    en=f"{path.name}: only .parquet or .csv can be scanned; read other files with read_orders first.",
                )
            )
    return nw.from_native(source).lazy()


def collect(frame: nw.LazyFrame) -> pd.DataFrame:
    """The reduced table as pandas, with the types every later step expects (text ids, microsecond times)."""
    table = frame.collect(backend="pandas").to_native() if _is_spark(frame) else _to_pandas(frame)
    for column in table.columns:
        if pd.api.types.is_datetime64_any_dtype(table[column]) and table[column].dtype != "datetime64[us]":
            table[column] = table[column].astype("datetime64[us]")
        elif table[column].dtype == object:
            table[column] = table[column].astype("str")
    return table


def _is_spark(frame: nw.LazyFrame) -> bool:
    return frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect()


def _to_pandas(frame: nw.LazyFrame) -> pd.DataFrame:
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        return native
    if frame.implementation.is_duckdb():
        # text arrives as Arrow and stays so; .df() would make a Python object of every id first
        return native.to_arrow_table().to_pandas(types_mapper={pa.string(): TEXT, pa.large_string(): TEXT}.get)
    return frame.collect().to_pandas()
