"""What every test run needs, notebooks included: strict messages, and for each notebook an empty my_work folder."""

import os
import tempfile

import pytest

os.environ["CRMLAB_STRICT"] = "1"
os.environ["PYTHONHASHSEED"] = "0"
os.environ.setdefault("MPLBACKEND", "agg")

_current: pytest.Collector | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before nbval starts a notebook's kernel, point that kernel at a folder in which nobody has worked yet."""
    global _current
    if item.path.suffix == ".ipynb" and item.parent is not _current:
        _current = item.parent
        os.environ["CRMLAB_WORK"] = os.path.join(tempfile.mkdtemp(prefix="crmlab-"), "my_work")
