"""The doctor: everything well on this computer, each fault seen, and what an order file can carry."""

import importlib.metadata
import platform

import pytest

from crmlab import doctor, set_language
from crmlab.cli import main

GOOD = "订单编号,客户编号,付款时间,实付金额\nT1,U1,2026-01-02,10\nT2,U2,2026-02-03,20\nT3,U1,2026-03-04,30\n"


@pytest.fixture(autouse=True)
def english(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMLAB_WORK", str(tmp_path / "my_work"))
    set_language("en")
    yield
    set_language("zh")


def test_this_computer_is_ready(capsys):
    assert main(["doctor", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert said.count("[ ok ]") >= 6 and "[fail]" not in said and said.rstrip().endswith("Ready.")
    for item in ("Python", "packages", "kernel", "Chinese font", "data", "my_work", "encoding"):
        assert f"{item}: " in said


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_table_for_the_start_page(lang):
    set_language(lang)
    table = doctor.check_up()
    assert list(table) == ["item", "state", "found", "fix"] and len(table) == 7
    assert set(table["state"]) <= ({"正常", "留意"} if lang == "zh" else {"ok", "note"})


def failing(capsys) -> list[str]:
    assert main(["doctor", "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    found = [i for i, line in enumerate(lines) if line.startswith("[fail]")]
    assert all(lines[i + 1].strip().startswith("fix: ") for i in found) and "Checks that fail: 1." in lines[-1]
    return [lines[i] for i in found]


def test_old_and_missing_packages_are_named(monkeypatch, capsys):
    wanted = ["pandas>=99", "no-such-package>=1", "numpy>=1", 'windows-only>=1; sys_platform == "nowhere"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: wanted)
    (line,) = failing(capsys)
    assert "pandas 3" in line and "no-such-package missing" in line and "numpy" not in line and "windows" not in line


def test_old_python_is_found(monkeypatch, capsys):
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.2")
    (line,) = failing(capsys)
    assert line == "[fail] Python: 3.10.2"


def test_font_that_cannot_draw_is_found(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "GLYPHS", "会\U0001f600")
    (line,) = failing(capsys)
    assert "Chinese font" in line and "\U0001f600" in line


def test_folder_that_cannot_be_written_is_found(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CRMLAB_WORK", str(tmp_path / "file" / "my_work"))
    (line,) = failing(capsys)
    assert "my_work" in line and "cannot write" in line


def test_missing_data_is_found(monkeypatch, capsys):
    from crmlab import data

    def lost(company, table):
        raise ValueError("There is no company")

    monkeypatch.setattr(data, "load", lost)
    (line,) = failing(capsys)
    assert line.startswith("[fail] data") and "There is no company" in line


def test_missing_kernel_is_found(monkeypatch, capsys):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def gone(self, name):
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", gone)
    (line,) = failing(capsys)
    assert "kernel" in line


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (GOOD, 0, "[yes] RFM"),
        (GOOD.replace("客户编号", "备注"), 1, "[no ] RFM"),
        ("", 1, "orders.csv"),
    ],
)
def test_what_an_order_file_can_carry(text, code, words, tmp_path, capsys):
    file = tmp_path / "orders.csv"
    file.write_text(text, encoding="utf-8")
    assert main(["doctor", str(file), "--lang", "en"]) == code
    shown = capsys.readouterr()
    assert words in shown.out + shown.err and "Traceback" not in shown.err
    if code and text:
        line = next(line for line in shown.out.splitlines() if line.startswith("[no ] RFM"))
        assert "客户编号" in line  # the column to ask for


def test_import_summary_is_masked(tmp_path, capsys):
    file = tmp_path / "orders.csv"
    file.write_text(GOOD.replace("U1", "13812345678") + "T4,13987654321,not a date,5\n", encoding="utf-8")
    assert main(["doctor", str(file), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "Rows read: 4 = 3 kept" in shown and "13812345678" not in shown and "13987654321" not in shown
