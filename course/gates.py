"""Gates over the course: what a source, a built notebook or a pair of editions must not be.

    python course/gates.py        every gate over every source and notebook; prints what to mend

Each gate takes a parsed notebook and yields (cell, what is wrong and how to mend it); cells count from 1.
"""

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import build
import nbformat
import prose
from nbformat import NotebookNode

Found = Iterator[tuple[int, str]]

CODE_LINES, CODE_MEDIAN = 20, 6
PROSE_WORDS, PROSE_SIGNS = 150, 260
NOTEBOOK_BYTES = 300_000


def _code(nb: NotebookNode) -> list[tuple[int, NotebookNode]]:
    return [(i, cell) for i, cell in enumerate(nb.cells, 1) if cell.cell_type == "code"]


def _python(cell: NotebookNode) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None  # a magic or a shell line; `code_habits` says so


def pairs(nb: NotebookNode) -> Iterator[tuple[int, prose.Pair, NotebookNode]]:
    """(cell, pair, Chinese or code cell) for every prose pair and every zh=/en= pair in code."""
    for i, cell in enumerate(nb.cells, 1):
        after = nb.cells[i] if i < len(nb.cells) else None
        if cell.cell_type == "markdown" and "zh" in build.tags_of(cell):
            if after is not None and "en" in build.tags_of(after):
                yield i, prose.Pair(cell.source, after.source), cell
        elif cell.cell_type == "code" and (tree := _python(cell)):
            for pair in prose.said(tree):
                yield i, pair, cell


# -- sources ---------------------------------------------------------------------------------------------------------


def pairs_complete(nb: NotebookNode) -> Found:
    """Prose comes as a Chinese cell directly followed by its English one, with the same headings and other tags."""

    def headings(cell: NotebookNode) -> list[int]:
        text = re.sub(r"(?ms)^```.*?^```", "", cell.source)
        return [len(marks) for marks in re.findall(r"(?m)^(#{1,6}) ", text)]

    for i, cell in enumerate(nb.cells, 1):
        tags = build.tags_of(cell)
        langs = tags & set(build.LANGUAGES)
        if cell.cell_type == "code":
            if langs:
                yield i, "code cell tagged with a language: both editions share code; take the tag off"
            continue
        if len(langs) != 1:
            yield i, f"prose cell tagged {sorted(tags)}: tag it zh or en, not both"
            continue
        (lang,) = langs
        step = 1 if lang == "zh" else -1
        other = nb.cells[i - 1 + step] if 0 <= i - 1 + step < len(nb.cells) else None
        if other is None or build.tags_of(other) & set(build.LANGUAGES) != set(build.LANGUAGES) - langs:
            where = "followed by its English cell" if lang == "zh" else "preceded by its Chinese cell"
            yield i, f"{lang} cell is not {where}: put the two one after the other, Chinese first"
        elif lang == "zh":
            if headings(cell) != headings(other):
                yield i, f"headings of level {headings(cell)} in Chinese, {headings(other)} in English: make them equal"
            if tags - {"zh"} != build.tags_of(other) - {"en"}:
                yield i, "the Chinese and the English cell have different tags: make them equal but for zh / en"


def numbers(nb: NotebookNode) -> Found:
    """The two sides of a pair give the same numbers; the tag numbers-differ excuses a cell."""
    for i, pair, cell in pairs(nb):
        if "numbers-differ" not in build.tags_of(cell):
            for fault in prose.numbers_agree(pair):
                yield i, f"{fault}: mend it, or tag both cells numbers-differ"


def _prose(rule: Callable[[prose.Pair], Iterator[str]]) -> Callable[[NotebookNode], Found]:
    def gate(nb: NotebookNode) -> Found:
        for i, pair, _ in pairs(nb):
            for fault in rule(pair):
                yield i, fault

    gate.__name__, gate.__doc__ = rule.__name__, rule.__doc__
    return gate


HABITS = {
    r"\bset_theme\(|\brcParams\b|\bplt\.style\b": "look set by hand: use_style() sets it once",
    r"font_?manager|FontProperties|\baddfont\(|fontname|fontfamily|font_family": "font set by hand: use_style() sets it",
    r"\.\./|\.\.\\\\": "path that climbs out of the folder: load tables with load(company, table)",
    r"https?://|\burllib\b|\brequests\.": "reads from the network: the course works without one",
    r"(?m)^\s*[!%]": "shell or magic line: plain Python runs everywhere",
    r"\binteract(ive)?(_output)?\(|\bOutput\(": "raw widget: use explore(function, ...)",
    r";\s*\Z": "ends with a semicolon, which the tests cannot honour: take it off",
}


def code_habits(nb: NotebookNode) -> Found:
    """No look, font, path, address, shell line or raw widget of its own in a code cell, and no `;` at its end."""
    for i, cell in _code(nb):
        for pattern, advice in HABITS.items():
            if found := re.search(pattern, cell.source):
                yield i, f"{found[0].strip()!r}: {advice}"
        if not cell.source.strip():
            yield i, "empty code cell: take it out"


def cell_lengths(nb: NotebookNode) -> Found:
    """Code cells of at most 20 lines, prose of at most 150 English words or 260 Chinese characters."""
    for i, cell in enumerate(nb.cells, 1):
        text = cell.source
        if cell.cell_type == "code":
            if (lines := len(text.splitlines())) > CODE_LINES:
                yield i, f"code cell of {lines} lines, at most {CODE_LINES}: split it, or move it into the package"
            continue
        text = re.sub(r"[|]|:?-{3,}:?", " ", prose.plain(text))
        if "zh" in build.tags_of(cell):
            # As word processors count: a Han character or full-width mark is one, so is a run of Latin or digits.
            size = len(re.findall(rf"[{prose.HAN}{prose.FULL}]|[^\s{prose.HAN}{prose.FULL}]+", text))
            limit, unit = PROSE_SIGNS, "characters"
        else:
            size, limit, unit = len(text.split()), PROSE_WORDS, "words"
        if size > limit:
            yield i, f"prose cell of {size} {unit}, at most {limit}: split it or cut it"


def code_median(nb: NotebookNode) -> Found:
    """Half of a chapter's code cells have at most 6 lines."""
    lines = [len(cell.source.splitlines()) for _, cell in _code(nb)]
    if lines and median(lines) > CODE_MEDIAN:
        yield 0, f"the median code cell has {median(lines):g} lines, at most {CODE_MEDIAN}: shorter steps"


def round_trip(text: str) -> Found:
    """A source is in normal form, so that saving it from JupyterLab changes nothing else."""
    if build.tidy(text) != build.unversioned(text):
        yield 0, "not in normal form; run: python course/build.py --tidy"
    if "cell_metadata_filter: tags,slideshow,id,-all" not in text:
        yield 0, "header without 'cell_metadata_filter: tags,slideshow,id,-all': copy it from another source"


# -- built notebooks -------------------------------------------------------------------------------------------------


def outputs_stored(nb: NotebookNode) -> Found:
    """A chapter or solution was run from top to bottom: counts 1..n, and outputs."""
    cells = _code(nb)
    for n, (i, cell) in enumerate(cells, 1):
        if cell.execution_count != n:
            yield i, f"execution count {cell.execution_count} where {n} should be: build it again"
            break
    if cells and not any(cell.outputs for _, cell in cells):
        yield 0, "no outputs: build it again"


def outputs_absent(nb: NotebookNode) -> Found:
    """A lab is stored clean."""
    for i, cell in _code(nb):
        if cell.outputs or cell.execution_count is not None:
            yield i, "has an output or an execution count: labs are stored clean; build it again"


def _texts(output: NotebookNode) -> str:
    data = {mime: text for mime, text in output.get("data", {}).items() if not mime.startswith("image/")}
    parts = [*data.values(), output.get("text", ""), output.get("evalue", "")]
    return "\n".join(part if isinstance(part, str) else json.dumps(part) for part in parts)


MACHINE = r"(?<![\w.:/~-])/(?:home|Users|root|tmp|work|private|var/folders|opt|usr|mnt)/\w|\b[A-Za-z]:\\\\?\w"


def outputs_clean(nb: NotebookNode) -> Found:
    """Outputs hold no error, no stderr, no missing glyph, nothing of this machine or run, no live view alone."""
    for i, cell in _code(nb):
        for output in cell.outputs:
            text = _texts(output)
            if output.output_type == "error" and "raises-exception" not in build.tags_of(cell):
                yield i, f"stores an error ({output.ename}): mend the cell"
            if output.get("name") == "stderr":
                yield i, f"stores a warning ({text.strip()[:60]}): mend what warns"
            if "Glyph" in text and "missing" in text:
                yield i, "a glyph is missing from the font: use a character that the bundled font has"
            if found := re.search(MACHINE, text):
                yield i, f"path of a machine in the output ({text[found.start() :][:40]!r}): print a relative one"
            if found := re.search(r"\bat 0x[0-9a-fA-F]+", text):
                yield i, f"address {found[0]!r} in the output changes at every run: show something else"
            if build.WIDGET in output.get("data", {}):
                yield i, "live control without a picture or text of its first state: show it through explore()"


def size(path: Path) -> Found:
    """A notebook file stays below 300 KB."""
    if (count := path.stat().st_size) >= NOTEBOOK_BYTES:
        yield 0, f"{count / 1000:.0f} KB, below {NOTEBOOK_BYTES / 1000:.0f} KB: fewer or smaller outputs"


def hidden_text(source: NotebookNode, student: NotebookNode, hidden: frozenset[str]) -> Found:
    """No tag and no line of the cells tagged `hidden` in a student's edition."""
    lines: dict[bool, set[str]] = {True: set(), False: set()}
    for cell in source.cells:
        lines[bool(build.tags_of(cell) & hidden)] |= {line.strip(" #\t") for line in cell.source.splitlines()}
    secret = {line for line in lines[True] - lines[False] if len(line) > 5}
    for i, cell in enumerate(student.cells, 1):
        if tags := build.tags_of(cell) & hidden:
            yield i, f"cell tagged {', '.join(sorted(tags))} in a student's edition: build it again"
        text = cell.source + "\n" + json.dumps(cell.metadata, ensure_ascii=False)
        text += "\n".join(_texts(output) for output in cell.get("outputs", []))
        for line in sorted(secret):
            if line in text:
                yield i, f"text of a hidden cell ({line[:40]!r}) in a student's edition: build it again"


# -- all of them over the course -------------------------------------------------------------------------------------

PROSE_GATES = [numbers, *map(_prose, prose.RULES)]
SOURCE_GATES = [pairs_complete, *PROSE_GATES, code_habits, cell_lengths]


def source_problems(path: Path) -> Iterator[str]:
    """One sentence per fault of a source file: file, cell, what, how to mend it."""
    text = path.read_text(encoding="utf-8")
    nb = build.read_source(path)
    found = [*round_trip(text), *(fault for gate in SOURCE_GATES for fault in gate(nb))]
    if path.parent.name == "chapters":
        found += code_median(nb)
    yield from (_sentence(path, cell, what) for cell, what in sorted(found))


def built_problems(target: build.Target) -> Iterator[str]:
    """One sentence per fault of a built notebook."""
    nb = nbformat.read(target.path, as_version=4)
    found = [
        *(outputs_stored(nb) if target.edition.run else outputs_absent(nb)),
        *outputs_clean(nb),
        *size(target.path),
    ]
    hidden = target.edition.drop - {"starter"}
    found += hidden_text(build.read_source(target.source), nb, hidden)
    yield from (_sentence(target.path, cell, what) for cell, what in sorted(found))


def _sentence(path: Path, cell: int, what: str) -> str:
    name = "/".join(path.parts[-3:])
    return f"{name}, cell {cell}: {what}" if cell else f"{name}: {what}"


def problems(root: Path = build.ROOT) -> Iterator[str]:
    """Every fault of the course under `root`."""
    todo = build.targets(root)
    for source in dict.fromkeys(target.source for target in todo):
        yield from source_problems(source)
    yield from build.problems(root)
    for target in todo:
        if target.path.exists():
            yield from built_problems(target)


if __name__ == "__main__":
    faults = list(problems())
    print("\n".join(faults) or "every gate is green")
    sys.exit(bool(faults))
