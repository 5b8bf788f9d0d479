"""The package as a whole: its front door, its floors, its weight."""

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
