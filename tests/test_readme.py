"""The README's command blocks that are marked to run are run, word for word, in a copy of nothing: the checkout itself."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}


def blocks(path: Path) -> list[str]:
    return re.findall(r"<!-- run -->\n```bash\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_both_readmes_promise_the_same_commands():
    def commands(path):
        text = re.sub(r"--lang (zh|en)|notebooks/(zh|en)", "L", path.read_text(encoding="utf-8"))
        return [
            line.split("#")[0].strip()
            for block in re.findall(r"```\w+\n(.*?)```", text, re.DOTALL)
            for line in block.splitlines()
        ]

    assert commands(READMES["en"]) == commands(READMES["zh"])


@pytest.mark.parametrize("lang", READMES)
def test_marked_commands_run(lang, tmp_path):
    lines = [line for block in blocks(READMES[lang]) for line in block.splitlines()]
    assert lines
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "crmlab"
        words = [str(tmp_path / word) if word.startswith("out/") else word for word in words[1:]]
        done = subprocess.run(
            [sys.executable, "-m", "crmlab", *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    made = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    paragraph = next(
        line for line in READMES[lang].read_text(encoding="utf-8").splitlines() if line.startswith("`out/june/`")
    )
    promised = set(re.findall(r"`(\w+\.(?:html|xlsx|csv|json))`", paragraph))
    assert len(promised) == 6
    assert promised <= made
