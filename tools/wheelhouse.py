"""Download every wheel that a room without internet needs into wheelhouse/.

    python tools/wheelhouse.py                                      for machines like this one
    python tools/wheelhouse.py --platform win_amd64 --python 3.12   for others

In the room, with the checkout and the folder on a stick:

    python -m pip install --no-index --find-links wheelhouse -r requirements.txt
    python -m pip install --no-index --find-links wheelhouse --no-deps -e .
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
BUILD_TOOLS = ["hatchling", "editables", "pathspec", "pluggy", "trove-classifiers", "packaging"]
SYSTEMS = {
    "win": ("win32", "nt", "Windows"),
    "macosx": ("darwin", "posix", "Darwin"),
    "linux": ("linux", "posix", "Linux"),
}


def environment(platform: str, python: str) -> dict[str, str]:
    """The values of requirement markers on another machine; pip itself would read those of this one."""
    sys_platform, os_name, system = next(
        v for k, v in SYSTEMS.items() if platform.startswith((k, "many" + k, "musl" + k))
    )
    return {
        "sys_platform": sys_platform,
        "os_name": os_name,
        "platform_system": system,
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def wanted(lines: list[str], env: dict[str, str] | None) -> list[str]:
    """The pins whose markers hold in `env` (this machine if None), without the markers."""
    pins = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return [f"{pin.name}{pin.specifier}" for pin in pins if pin.marker is None or pin.marker.evaluate(env)]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Download every wheel that a room without internet needs.")
    parser.add_argument("--platform", nargs="+", default=[], help="platform tags, e.g. win_amd64, macosx_11_0_arm64")
    parser.add_argument("--python", default="{}.{}".format(*sys.version_info), help="Python version, e.g. 3.12")
    parser.add_argument("--out", type=Path, default=ROOT / "wheelhouse")
    options = parser.parse_args(argv)
    env = environment(options.platform[0], options.python) if options.platform else None
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = wanted(lines, env)
    with tempfile.TemporaryDirectory() as folder:
        pins, constraints = Path(folder, "pins.txt"), Path(folder, "constraints.txt")
        constraints.write_text("\n".join(pinned), encoding="utf-8")
        pins.write_text("\n".join([*pinned, *BUILD_TOOLS]), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-r", str(pins), "-c", str(constraints)]
        if options.platform:
            command += ["--only-binary=:all:", "--python-version", options.python, "--implementation", "cp"]
            command += [part for tag in options.platform for part in ("--platform", tag)]
        return subprocess.run([*command, "-d", str(options.out)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
