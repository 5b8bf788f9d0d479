"""The shipped companies, and companies made by ``crmlab world``: their tables, typed from the data dictionary."""

import os
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import pandas as pd

from crmlab.language import say

AS_OF = "2026-06-30"  # the reference day of both shipped companies: their last day
# the member and the user followed through all chapters: joined in 2025, among the best, silent since early spring 2026
THREAD = {"yunmu": "Y003041", "morningcup": "M003538"}
_PACKAGE = Path(__file__).resolve().parent
# an installed wheel carries the tables beside the package; a checkout keeps them in its own folder
_PLACES = (_PACKAGE / "datasets", _PACKAGE.parents[1] / "datasets")


def load(company: str | Path, table: str) -> pd.DataFrame:
    """A table of a company: ids as text, times as naive ``datetime64[us]``, money as float64 (yuan).

    ``company`` is "yunmu", "morningcup" or a folder made by ``crmlab world``. Raises ValueError with a sentence for
    a company or table that does not exist.
    """
    folder = _folder(company)
    path = _path(folder, table)
    if path is None:
        names = tables(company)
        near = get_close_matches(str(table), names, n=1)
        raise ValueError(
            say(
                zh=f"{folder.name} 没有“{table}”这张表。"
                + (f"是不是想要“{near[0]}”？" if near else "")
                + f"现有的表：{'、'.join(names)}。",
                en=f"{folder.name} has no table '{table}'. "
                + (f"Did you mean '{near[0]}'? " if near else "")
                + f"It has: {', '.join(names)}.",
            )
        )
    return _read(path, table)


def has(company: str | Path, table: str) -> bool:
    """Whether the company has the table."""
    return _path(_folder(company), table) is not None


def tables(company: str | Path) -> list[str]:
    """Names of the company's tables, in the order of the dictionary."""
    return list(_listing(_folder(company))["table"].unique())


def dictionary(company: str | Path | None = None) -> pd.DataFrame:
    """The data dictionary: table, column, type, unit, values, meaning in both languages, what is planted.

    Without a company: both shipped companies, told apart by a column ``company``.
    """
    if company is not None:
        return _listing(_folder(company)).copy()
    return pd.concat([_listing(_folder(c)).assign(company=c) for c in ("yunmu", "morningcup")], ignore_index=True)


def raw_folder(company: str | Path) -> Path:
    """The folder with the damaged files of the company (see the README in it)."""
    return _folder(company) / "raw"


def _folder(company: str | Path) -> Path:
    for place in _PLACES:
        if isinstance(company, str) and (place / company / "dictionary.csv").is_file():
            return place / company
    folder = Path(os.path.expanduser(company))
    if (folder / "dictionary.csv").is_file():
        return folder
    known = ("yunmu", "morningcup")
    near = get_close_matches(str(company), known, n=1)
    raise ValueError(
        say(
            zh=f"没有“{company}”这家公司。"
            + (f"是不是想要“{near[0]}”？" if near else "")
            + "可以填 yunmu、morningcup，或 crmlab world 造出的文件夹（里面要有 dictionary.csv）。",
            en=f"There is no company '{company}'. "
            + (f"Did you mean '{near[0]}'? " if near else "")
            + "Give yunmu, morningcup, or a folder made by crmlab world (it must hold dictionary.csv).",
        )
    )


def _path(folder: Path, table: str) -> Path | None:
    if table not in set(_listing(folder)["table"]):
        return None
    candidates = (folder / f"{table}.csv", folder / f"{table}.csv.gz")
    return next((path for path in candidates if path.is_file()), None)


@cache
def _listing(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "dictionary.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _read(path: Path, table: str) -> pd.DataFrame:
    listing = _listing(path.parent)
    specs = listing[listing["table"] == table].set_index("column")
    kinds, optional = specs["type"], specs["may_be_empty"] == "yes"
    dtypes = {
        column: ("Int64" if optional[column] else "int64") if kind == "int" else "float64"
        for column, kind in kinds.items()
        if kind in {"int", "number", "money"}
    }
    frame = pd.read_csv(
        path,
        dtype={column: dtypes.get(column, "str") for column in kinds.index},
        keep_default_na=False,
        na_values=[""],
        encoding="utf-8-sig",
    )
    for column in kinds.index[kinds.isin(["date", "datetime"])]:
        frame[column] = pd.to_datetime(frame[column], format="ISO8601").astype("datetime64[us]")
    return frame
