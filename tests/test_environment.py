"""One list of versions: pyproject.toml asks, requirements.txt pins, every way in uses the same pins."""

import re
import sys
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import wheelhouse


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name: str) -> list[Requirement]:
    """The requirement lines of a file, without hashes and comments."""
    lines = (line.split(" \\")[0] for line in text(name).splitlines() if re.match(r"\w", line))
    return [Requirement(line) for line in lines]


def project() -> dict:
    return tomllib.loads(text("pyproject.toml"))["project"]


def asked(*extras: str) -> list[Requirement]:
    optional = project()["optional-dependencies"]
    return [Requirement(line) for line in [*project()["dependencies"], *(x for e in extras for x in optional[e])]]


def unmet(wanted: list[Requirement], pinned: list[Requirement]) -> list[str]:
    """What no pin satisfies; a package may have several pins, for different Pythons, and each has to fit."""
    versions: dict[str, list[str]] = {}
    for pin in pinned:
        versions.setdefault(canonicalize_name(pin.name), []).append(next(iter(pin.specifier)).version)
    return [
        str(want)
        for want in wanted
        if not (found := versions.get(canonicalize_name(want.name))) or not all(v in want.specifier for v in found)
    ]


def test_every_direct_dependency_is_pinned_within_its_range() -> None:
    assert unmet(asked("test"), pins("requirements.txt")) == []
    assert unmet(asked("test", "spark"), pins("requirements-hashes.txt")) == []


def test_unmet_sees_a_missing_and_a_wrong_pin() -> None:
    wanted = [Requirement("pandas>=3,<4"), Requirement("duckdb")]
    assert unmet(wanted, [Requirement("pandas==3.1.0"), Requirement("DuckDB==1.4")]) == []
    assert unmet(wanted, [Requirement("pandas==2.3")]) == ["pandas<4,>=3", "duckdb"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-hashes.txt"])
def test_every_line_is_one_exact_version(name: str) -> None:
    for pin in pins(name):
        assert [spec.operator for spec in pin.specifier] == ["=="], pin


def test_hashes_cover_the_pins() -> None:
    hashed = {str(pin) for pin in pins("requirements-hashes.txt")}
    assert {str(pin) for pin in pins("requirements.txt")} <= hashed
    blocks = re.split(r"\n(?=\w)", text("requirements-hashes.txt"))
    assert len(blocks) == len(pins("requirements-hashes.txt"))
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-hashes.txt", "environment.yml", "pyproject.toml"])
def test_no_address_and_no_index(name: str) -> None:
    found = re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|\b\w+\.(com|org|net|cn|io)\b", text(name))
    assert found is None, found


def test_conda_uses_the_same_pins() -> None:
    environment = yaml.safe_load(text("environment.yml"))
    plain = [item for item in environment["dependencies"] if isinstance(item, str)]
    (pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    # Only Python and pip come from conda; every package comes from the one file of pins, for every system.
    assert {re.split("[=<>]", item)[0] for item in plain} == {"python", "pip"}
    assert pip == ["-r requirements.txt", "-e ."]
    (python,) = [item for item in plain if item.startswith("python=")]
    minor = python.split("=")[1]
    assert f"{minor}.0" in Requirement(f"x{project()['requires-python']}").specifier
    environment_311 = wheelhouse.environment("win_amd64", minor)
    assert len(wheelhouse.wanted(text("requirements.txt").splitlines(), environment_311)) > 100


def test_wheelhouse_reads_markers_for_the_other_machine() -> None:
    lines = [
        "a==1",
        "b==1 ; sys_platform == 'win32'",
        "c==1 ; sys_platform == 'darwin'",
        "d==1 ; python_version < '3.12'",
    ]
    assert wheelhouse.wanted(lines, wheelhouse.environment("win_amd64", "3.11")) == ["a==1", "b==1", "d==1"]
    assert wheelhouse.wanted(lines, wheelhouse.environment("macosx_11_0_arm64", "3.13")) == ["a==1", "c==1"]
    assert wheelhouse.wanted(lines, wheelhouse.environment("manylinux_2_28_x86_64", "3.12")) == ["a==1"]
