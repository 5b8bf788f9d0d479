"""The gates over the real course, and their language rules over every sentence of the package."""

from collections.abc import Iterator
from pathlib import Path

import build
import gates
import prose
import pytest
import yaml

from conftest import ROOT

TARGETS = build.targets()
SOURCES = list(dict.fromkeys(target.source for target in TARGETS))
PACKAGE = ROOT / "src" / "crmlab"


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_a_course() -> None:
    assert SOURCES and TARGETS


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_source_passes_the_gates(source: Path) -> None:
    assert "\n".join(gates.source_problems(source)) == ""


def test_stored_notebooks_are_what_their_sources_say() -> None:
    assert "\n".join(build.problems()) == ""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: name(target.path))
def test_stored_notebook_passes_the_gates(target: build.Target) -> None:
    assert "\n".join(gates.built_problems(target)) == ""


def pairs_in(value: object) -> Iterator[prose.Pair]:
    """Every {zh: ..., en: ...} in a parsed YAML file."""
    if isinstance(value, dict):
        if isinstance(value.get("zh"), str) and isinstance(value.get("en"), str):
            yield prose.Pair(value["zh"], value["en"])
        for inner in value.values():
            yield from pairs_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pairs_in(inner)


def faults(pairs: Iterator[prose.Pair]) -> str:
    rules = (prose.numbers_agree, *prose.RULES)
    return "\n".join(f"{pair.zh} / {pair.en}: {fault}" for pair in pairs for rule in rules for fault in rule(pair))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.yaml")), ids=name)
def test_catalogues_keep_the_language_rules(path: Path) -> None:
    assert faults(pairs_in(yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader))) == ""


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=name)
def test_messages_keep_the_language_rules(path: Path) -> None:
    assert faults(prose.said(path.read_text(encoding="utf-8"))) == ""


def test_a_broken_message_is_seen() -> None:
    assert "half-width" in faults(prose.said('say(zh="错了,再来", en="wrong")'))
    assert "colour" in faults(pairs_in({"a": [{"zh": "颜色", "en": "color"}]}))
