"""The loader: typed tables from any place, and sentences for what does not exist."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crmlab import data
from crmlab.language import set_language
from crmlab.world import COMPANIES, make_world, write_world

KINDS = {
    "id": "str",
    "text": "str",
    "code": "str",
    "int": "int64",
    "number": "float64",
    "money": "float64",
    "date": "datetime64[us]",
    "datetime": "datetime64[us]",
}


@pytest.mark.parametrize("company", list(COMPANIES))
def test_every_table_is_typed_as_the_dictionary_says(company):
    listing = data.dictionary(company)
    assert data.tables(company) == list(listing["table"].unique())
    for name, columns in listing.groupby("table", sort=False):
        frame = data.load(company, name)
        assert list(frame.columns) == list(columns["column"])
        for row in columns.itertuples():
            kind = str(frame[row.column].dtype)
            wanted = "Int64" if row.type == "int" and row.may_be_empty == "yes" else KINDS[row.type]
            assert kind == wanted, f"{name}.{row.column}"
            if row.may_be_empty == "no":
                assert frame[row.column].notna().all(), f"{name}.{row.column}"
            if row.values:
                assert set(frame[row.column].dropna().astype(str)) <= set(row.values.split()), f"{name}.{row.column}"


@pytest.mark.parametrize("company", list(COMPANIES))
def test_what_is_loaded_is_what_was_made(company):
    world = make_world(company)
    for name in world:
        pd.testing.assert_frame_equal(data.load(company, name), world[name])


def test_dictionary_speaks_both_languages_and_ships_with_the_files():
    everything = data.dictionary()
    assert set(everything["company"]) == set(COMPANIES)
    for column in ("meaning_zh", "meaning_en"):
        assert (everything[column].str.len() > 0).all()
    for company in COMPANIES:
        path = data.raw_folder(company).parent / "dictionary.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_has():
    assert data.has("yunmu", "babies")
    assert not data.has("morningcup", "babies")
    assert not data.has("yunmu", "dictionary")


def test_thread_is_shipped_and_lapsed():
    for company, customer in data.THREAD.items():
        truth = data.load(company, "truth").set_index("customer_id")
        assert truth.loc[customer, "lapse_2026q2"] == 1
        assert (data.load(company, "orders")["customer_id"] == customer).sum() > 10


def test_from_any_working_directory(tmp_path):
    code = "from crmlab.data import load; print(len(load('yunmu', 'members')))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(COMPANIES["yunmu"]["customers"])


def test_beside_the_package_before_the_repository(tmp_path, monkeypatch):
    wheel = tmp_path / "site packages" / "crmlab" / "datasets"
    shutil.copytree(data.raw_folder("yunmu").parent, wheel / "yunmu")
    monkeypatch.setattr(data, "_PLACES", (wheel, data._PLACES[1]))
    assert data.raw_folder("yunmu").is_relative_to(wheel)
    assert len(data.load("yunmu", "orders")) == len(data.load(data._PLACES[1] / "yunmu", "orders"))


def test_a_company_of_ones_own(tmp_path):
    folder = tmp_path / "我的 公司"
    world = make_world("morningcup", customers=250, seed=3)
    paths = write_world(world, folder)
    assert all(path.is_file() for path in paths)
    for place in (folder, str(folder)):
        pd.testing.assert_frame_equal(data.load(place, "members"), world["members"])
    before = {path: path.stat().st_mtime_ns for path in paths}
    os.utime(paths[0], ns=(1, 1))
    write_world(world, folder)
    assert paths[0].stat().st_mtime_ns == 1, "a file that is already right is left alone"
    assert before[paths[1]] == paths[1].stat().st_mtime_ns


@pytest.mark.parametrize(
    ("company", "table", "words"),
    [
        (
            "yunmoo",
            "orders",
            {"zh": ["yunmoo", "yunmu", "dictionary.csv"], "en": ["yunmoo", "yunmu", "dictionary.csv"]},
        ),
        (Path("no such folder"), "orders", {"zh": ["no such folder"], "en": ["no such folder"]}),
        ("yunmu", "order", {"zh": ["是不是想要", "orders"], "en": ["Did you mean", "orders"]}),
        ("morningcup", "babies", {"zh": ["babies", "members"], "en": ["babies", "members"]}),
    ],
)
def test_what_does_not_exist_is_said_in_a_sentence(company, table, words):
    try:
        for language, expected in words.items():
            set_language(language)
            with pytest.raises(ValueError) as caught:
                data.load(company, table)
            assert all(word in str(caught.value) for word in expected)
    finally:
        set_language("zh")
