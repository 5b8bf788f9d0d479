"""One stated change in a table, and the notebooks that load it turn red: the stored outputs really are compared."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]


def largest_amount_times_ten(table: pd.DataFrame) -> pd.DataFrame:
    row = table["amount"].astype(float).idxmax()
    table.loc[row, ["gross", "amount"]] = [f"{10 * float(table.loc[row, c]):.2f}" for c in ("gross", "amount")]
    return table


def one_baby_in_ten_a_year_younger(table: pd.DataFrame) -> pd.DataFrame:
    born = table["born_on"].iloc[::10].str.replace(r"^\d{4}", lambda year: str(int(year[0]) + 1), regex=True)
    table.loc[born.index, "born_on"] = born
    return table


def members_who_never_bought_leave(table: pd.DataFrame) -> pd.DataFrame:
    return table.iloc[: len(table) // 2]


def one_message_in_ten_lost(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[::10, "delivered"] = "0"
    return table


def paid_social_costs_double(table: pd.DataFrame) -> pd.DataFrame:
    dear = table["channel"] == "paid_social"
    table.loc[dear, "spend"] = (2 * table.loc[dear, "spend"].astype(float)).map("{:.2f}".format)
    return table


def one_consent_in_ten_taken_back(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[::10, "withdrawn_at"] = table.loc[::10, "granted_at"]
    return table


def one_typed_word_in_ten_another(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[::10, "tag"] = "路人"
    return table


# notebook, company, table, change
CASES = [
    ("notebooks/zh/11_rfm.ipynb", "yunmu", "orders", largest_amount_times_ten),
    ("notebooks/en/11_rfm.ipynb", "yunmu", "babies", one_baby_in_ten_a_year_younger),
    ("solutions/zh/11_rfm.ipynb", "morningcup", "members", members_who_never_bought_leave),
    ("solutions/en/02_four_d.ipynb", "morningcup", "touches", one_message_in_ten_lost),
    ("solutions/zh/06_aarrr.ipynb", "morningcup", "spend", paid_social_costs_double),
    ("solutions/en/15_recall.ipynb", "morningcup", "consents", one_consent_in_ten_taken_back),
    ("solutions/zh/12_tagging.ipynb", "morningcup", "manual_tags", one_typed_word_in_ten_another),
    ("notebooks/zh/00_start.ipynb", "morningcup", "orders", largest_amount_times_ten),
]


@pytest.mark.parametrize(("notebook", "company", "table", "change"), CASES, ids=lambda x: getattr(x, "__name__", x))
def test_a_changed_table_turns_its_notebook_red(notebook, company, table, change, tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "datasets", tmp_path / "datasets")
    copy = tmp_path / notebook
    copy.parent.mkdir(parents=True)
    shutil.copy(ROOT / notebook, copy)
    path = next((tmp_path / "datasets" / company).glob(f"{table}.csv*"))
    change(pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)).to_csv(
        path, index=False, encoding="utf-8-sig"
    )
    env = os.environ | {"PYTHONPATH": str(tmp_path / "src"), "CRMLAB_WORK": str(tmp_path / "work")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "-q",
        str(copy),
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    assert done.returncode == 1, done.stdout[-3000:]
    assert re.search(r"\d+ failed", done.stdout)
    assert "mismatch" in done.stdout or "did not match" in done.stdout, done.stdout[-3000:]
