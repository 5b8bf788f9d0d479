"""Make a company: a list of table makers over one latent state, and their files on disk.

A table is added by writing a function marked ``@table("name", ...)`` in a module of this package, and its columns
into ``schema.yaml``; nothing else changes, because every maker draws from a random stream of its own name.
"""

import gzip
import io
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from importlib import import_module, resources
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from crmlab.language import say
from crmlab.world.draw import Draw

COMPANIES = {
    "yunmu": {"customers": 8_000, "seed": 11, "letter": "Y"},
    "morningcup": {"customers": 10_000, "seed": 12, "letter": "M"},
}
START = np.datetime64("2024-07-01")
DAYS = 730  # the last day of history is 2026-06-30
SIZES = (200, 100_000)
EFFECTS = tuple(range(1, 17))  # the numbers of the planted effects
LARGE = 1_000_000  # bytes: a larger table is stored as .csv.gz

_MAKERS: dict[str, tuple[Callable, tuple[str, ...]]] = {}


def table(name: str, companies: Iterable[str] = tuple(COMPANIES)):
    """Mark a function ``maker(world) -> DataFrame`` as the maker of a table."""

    def register(maker):
        _MAKERS[name] = (maker, tuple(companies))
        return maker

    return register


@cache
def schema() -> dict:
    """The data dictionary as written in ``schema.yaml``: table -> {grain, companies, zh, en, columns}."""
    text = resources.files(__package__).joinpath("schema.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def columns_of(name: str, company: str) -> dict:
    """Columns of a table, without those that only the other company has."""
    return {c: spec for c, spec in schema()[name]["columns"].items() if company in spec.get("companies", COMPANIES)}


def dtypes(name: str, company: str) -> dict[str, str]:
    """pandas types of a table's columns, as ``crmlab.data.load`` gives them."""
    kinds = {"number": "float64", "money": "float64", "date": "datetime64[us]", "datetime": "datetime64[us]"}
    specs = columns_of(name, company)
    whole = {c: "Int64" if spec.get("empty") else "int64" for c, spec in specs.items() if spec["type"] == "int"}
    return {c: whole.get(c) or kinds.get(spec["type"], "str") for c, spec in specs.items()}


class World(Mapping):
    """The tables of one company by name; a table is made when it, or one that needs it, is first asked for."""

    def __init__(self, company: str, customers: int, seed: int, effects_off: Iterable[int] = ()):
        self.company, self.customers, self.seed = company, customers, seed
        self.effects_off = frozenset(effects_off)
        self._made: dict[str, pd.DataFrame] = {}
        for module in pkgutil.iter_modules(import_module(__package__).__path__):
            if module.name != "__main__":
                import_module(f"{__package__}.{module.name}")
        self._names = [n for n in schema() if n in _MAKERS and company in _MAKERS[n][1]]

    def on(self, effect: int) -> bool:
        return effect not in self.effects_off

    def draw(self, name: str) -> Draw:
        return Draw(self.seed, f"{self.company}/{name}")

    @cached_property
    def people(self):
        return import_module(f"{__package__}.latent").people(self)

    @cached_property
    def purchases(self):
        return import_module(f"{__package__}.purchases").purchases(self)

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            made = _MAKERS[name][0](self)
            types = dtypes(name, self.company)
            self._made[name] = made[list(types)].reset_index(drop=True).astype(types)
        return self._made[name]

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)


def make_world(
    company: str,
    customers: int | None = None,
    seed: int | None = None,
    effects_off: Iterable[int] = (),
    progress: Callable | None = None,
) -> World:
    """All tables of a company, as a mapping table name -> DataFrame.

    ``customers`` is 200 to 100,000 (default: the shipped size), ``effects_off`` the numbers of planted effects to leave
    out, ``progress`` wraps the iterable of table names (``tqdm`` fits). Raises ValueError for an unknown company,
    size or effect.
    """
    if company not in COMPANIES:
        known = ", ".join(COMPANIES)
        raise ValueError(
            say(zh=f"没有“{company}”这家公司，可选：{known}。", en=f"No company '{company}'; choose one of {known}.")
        )
    customers = COMPANIES[company]["customers"] if customers is None else int(customers)
    if not SIZES[0] <= customers <= SIZES[1]:
        low, high = SIZES
        raise ValueError(
            say(
                zh=f"客户数要在 {low:,} 到 {high:,} 之间，不能是 {customers:,}。",
                en=f"The number of customers should be {low:,} to {high:,}, not {customers:,}.",
            )
        )
    if unknown := set(effects_off) - set(EFFECTS):
        raise ValueError(f"effects_off holds numbers from 1 to 16; unknown: {sorted(unknown)}")
    world = World(company, customers, COMPANIES[company]["seed"] if seed is None else int(seed), effects_off)
    for name in progress(list(world)) if progress else world:
        world[name]
    return world


def write_world(tables: World, folder: str | Path) -> list[Path]:
    """Write the tables, their dictionary, the trainers' page and ``raw/`` into ``folder``; returns the paths written.

    CSV in UTF-8 with a byte order mark, large ones gzipped. A file whose content is already right is left alone, so
    that another zlib does not touch it.
    """
    from crmlab.world.dictionary import dictionary_table
    from crmlab.world.planted import pages
    from crmlab.world.raw import raw_files

    folder = Path(folder)
    paths = [_write(folder, f"{name}.csv", to_csv(name, frame, tables.company)) for name, frame in tables.items()]
    listed = dictionary_table(tables.company, list(tables))
    paths.append(_write(folder, "dictionary.csv", listed.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")))
    paths += [_write(folder, name, content) for name, content in pages(tables).items()]
    paths += [_write(folder / "raw", name, content) for name, content in raw_files(tables).items()]
    return paths


def to_csv(name: str, frame: pd.DataFrame, company: str) -> bytes:
    """The bytes of a table's file (before compression): money with two decimals, ISO 8601 times."""
    frame = frame.copy()
    for column, spec in columns_of(name, company).items():
        if spec["type"] in {"date", "datetime"}:
            form = "%Y-%m-%d" if spec["type"] == "date" else "%Y-%m-%d %H:%M:%S"
            frame[column] = frame[column].dt.strftime(form)
    return frame.to_csv(index=False, float_format="%.2f", lineterminator="\n").encode("utf-8-sig")


def _write(folder: Path, name: str, content: bytes) -> Path:
    large = len(content) > LARGE
    path = folder / (f"{name}.gz" if large else name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (name if large else f"{name}.gz")).unlink(missing_ok=True)
    if path.exists() and (gzip.decompress(path.read_bytes()) if large else path.read_bytes()) == content:
        return path
    if large:
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
            stream.write(content)
        content = packed.getvalue()
    path.write_bytes(content)
    return path
