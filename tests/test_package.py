"""The package as a whole: its front door, its floors, its weight."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import crmlab

SOURCE = Path(crmlab.__file__).parent


def test_every_public_name_opens_and_no_name_is_hidden_by_a_module():
    for name in crmlab.__all__:
        found = getattr(crmlab, name)
        home = crmlab._HOMES.get(name)
        if home:
            assert found is getattr(import_module(f"crmlab.{home}"), name)
            assert not (SOURCE / f"{name}.py").exists(), f"a module {name} would replace the function {name}"


def test_import_leaves_the_heavy_libraries_alone():
    code = (
        "import sys, crmlab; "
        "print([m for m in ('matplotlib', 'seaborn', 'statsmodels', 'duckdb', 'sklearn', 'ipywidgets') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert shown.stdout.strip() == "[]"


# the four floors of the design: a module imports from its own floor or from below
FLOORS = [
    {"language", "figures", "tables", "definitions", "data", "engine", "work", "text", "cells", "syllabus", "world"}
    | {"experiment"},
    {"orders", "sources", "textfiles", "reading", "cleaning", "settling", "headers", "keys", "import_report"}
    | {"rfm", "lifecycle", "feedback"}
    | {"members", "shapes", "retention", "funnel", "value", "fourd", "tagging", "winback"},
    {"charts", "questions", "health", "findings", "sales", "report", "deliver", "doctor"} | {"returning", "recall"},
    {"cli", "console", "controls", "__main__", "__init__"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS, 1) for name in names}


def imported(path: Path) -> set[str]:
    """First-floor-down names: what a module imports from crmlab when it is itself imported."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module == "crmlab":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("crmlab."):
            names.add(node.module.split(".")[1])
    return {crmlab._HOMES.get(name, name) for name in names} - {"__version__"}


def upward(own: str, path: Path) -> list[str]:
    return [f"{own} -> {name}" for name in sorted(imported(path)) if FLOOR[name] > FLOOR[own]]


def test_imports_point_down(tmp_path):
    broken = tmp_path / "rfm.py"
    broken.write_text("from crmlab import explore, say\nfrom crmlab.report import run\n", encoding="utf-8")
    assert upward("rfm", broken) == ["rfm -> controls", "rfm -> report"]
    for path in SOURCE.rglob("*.py"):
        assert not upward(path.relative_to(SOURCE).parts[0].removesuffix(".py"), path)
