"""Write requirements.txt and requirements-hashes.txt anew from pyproject.toml. For maintainers; needs uv on the PATH.

requirements.txt          every package of the course and its tests, for every platform and Python 3.11 or later
requirements-hashes.txt   the same versions with PySpark, the build tools and a hash for each file; for `.ci/run`

An existing pin stays as it is; `python tools/pins.py --upgrade` lets all of them move.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD_TOOLS = "hatchling\neditables\nsetuptools\nwheel\n"
PLAIN = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]


def compile_pins(*arguments: str, given: str = "") -> None:
    command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", *PLAIN, *arguments]
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run(command, cwd=ROOT, env=environment, input=given, encoding="utf-8", check=True)


upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
compile_pins("--extra", "test", "-o", "requirements.txt", *upgrade)
hashed = ["-", "--extra", "test", "--extra", "spark", "--generate-hashes", "-c", "requirements.txt"]
compile_pins(*hashed, "-o", "requirements-hashes.txt", *upgrade, given=BUILD_TOOLS)
