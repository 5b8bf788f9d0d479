"""Build the course's notebooks from its text sources: one source, four editions, two languages.

    python course/build.py               every notebook, run and stored with its outputs
    python course/build.py --only 11     the notebooks of the sources whose names start with 11
    python course/build.py --check       compare stored notebooks with the sources; runs nothing
    python course/build.py --trainer     the trainer edition (solutions and notes) into trainer/
    python course/build.py --tidy        write the sources in jupytext's normal form

Sources are jupytext py:percent files in course/chapters, course/labs and course/reports. The tags of a cell say
which editions it reaches: zh / en (prose of one language), solution / starter (labs), notes (trainers only).
"""

import argparse
import base64
import hashlib
import io
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors import TagRemovePreprocessor
from nbformat import NotebookNode
from PIL import Image
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("zh", "en")
WIDGET = "application/vnd.jupyter.widget-view+json"
CHINESE = "[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef“”‘’]"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class Edition(NamedTuple):
    folder: str
    sources: str
    drop: frozenset[str]
    run: bool


STUDENT = (
    Edition("notebooks", "chapters", frozenset({"notes"}), run=True),
    Edition("notebooks", "reports", frozenset({"notes"}), run=True),
    Edition("labs", "labs", frozenset({"notes", "solution"}), run=False),
    Edition("solutions", "labs", frozenset({"notes", "starter"}), run=True),
)
TRAINER = (
    Edition("trainer/notebooks", "chapters", frozenset(), run=True),
    Edition("trainer/solutions", "labs", frozenset({"starter"}), run=True),
)


class Target(NamedTuple):
    source: Path
    edition: Edition
    language: str
    path: Path


def targets(root: Path = ROOT, only: Iterable[str] = (), editions: tuple[Edition, ...] = STUDENT) -> list[Target]:
    """What is built from the sources under `root`; `only` keeps the sources whose names start with one of its words."""
    return [
        Target(source, edition, language, root / edition.folder / language / f"{source.stem}.ipynb")
        for edition in editions
        for source in sorted((root / "course" / edition.sources).glob("*.py"))
        if not only or source.name.startswith(tuple(only))
        for language in LANGUAGES
    ]


def tags_of(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def read_source(path: Path) -> NotebookNode:
    """The source as a notebook whose cell ids depend on nothing but the cells (jupytext draws new ones at each read).

    An id is the one written in the cell's header, else a hash of type, tags, text and how often they came before: so
    a lab and its solution share the ids of the cells they share.
    """
    nb = jupytext.read(path, fmt="py:percent")
    seen: Counter[str] = Counter()
    for cell in nb.cells:
        key = "\n".join([cell.cell_type, " ".join(sorted(tags_of(cell))), cell.source])
        seen[key] += 1
        cell.id = cell.metadata.pop("id", None) or hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()[:12]
    nb.nbformat, nb.nbformat_minor = 4, 5
    return nb


def edit(source: NotebookNode, edition: Edition, language: str) -> NotebookNode:
    """The edition of `source` in `language`, without outputs."""
    nb = nbformat.from_dict(source)
    drop = edition.drop | {other for other in LANGUAGES if other != language}
    nb, _ = TagRemovePreprocessor(remove_cell_tags=set(drop)).preprocess(nb, {})
    for cell in nb.cells:
        tags = tags_of(cell)
        if "parameters" in tags:
            cell.source = re.sub(r'(?m)^language = ".*"', f'language = "{language}"', cell.source)
        if "fold" in tags:
            cell.metadata["jupyter"] = {"source_hidden": True}
        if "starter" in tags and cell.cell_type == "code":
            # a wrong answer must not keep "Run All" from the memo and the score at the end
            cell.metadata["tags"].append("raises-exception")
    nb.metadata = nbformat.from_dict(METADATA)
    return nb


def run(nb: NotebookNode, folder: Path) -> None:
    """Run `nb` in `folder` and keep its outputs in a form that is the same at every run.

    Raises CellExecutionError where a cell fails.
    """
    # Without this the kernel of ipykernel 7.3 and later warns about TCP without encryption at every start.
    auto = {"transport_encryption": "auto"}
    config = Config(KernelManager=auto, AsyncKernelManager=auto)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        # An empty my_work folder and no user profile: nothing of this machine reaches an output.
        mine = {"CRMLAB_WORK": str(Path(scratch, "my_work")), "IPYTHONDIR": str(Path(scratch, "ipython"))}
        env = {**os.environ, "CRMLAB_STRICT": "1", "PYTHONHASHSEED": "0", **mine}
        # store_widget_state=False makes nbclient fail on Output widgets; the state is dropped below instead.
        NotebookClient(
            nb,
            config=config,
            kernel_name="python3",
            timeout=300,
            coalesce_streams=True,
            record_timing=False,
            store_widget_state=True,
            resources={"metadata": {"path": str(folder)}},
        ).execute(env=env)
    nb.metadata = nbformat.from_dict(METADATA)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            freeze(output)


def freeze(output: NotebookNode) -> None:
    """Keep a control's first picture instead of its live view, and pictures in 64 colours."""
    data = output.get("data", {})
    if WIDGET in data and {"image/png", "text/html", "text/markdown"} & set(data):
        del data[WIDGET]
    if "image/png" in data:
        data["image/png"] = small_png(data["image/png"])


def small_png(text: str) -> str:
    """A base64 PNG in at most 64 colours on white: a quarter of the bytes, and no word of the version that drew it."""
    picture = Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    stream = io.BytesIO()
    flat.quantize(64, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def build(target: Target) -> str | None:
    """Build one notebook; None, or the sentence that says why it could not be built."""
    nb = edit(read_source(target.source), target.edition, target.language)
    target.path.parent.mkdir(parents=True, exist_ok=True)
    if target.edition.run:
        try:
            run(nb, target.path.parent)
        except CellExecutionError as error:
            return f"{target.source.name} ({target.language}): a cell failed.\n{error}"
    nbformat.validate(nb)
    target.path.write_text(nbformat.writes(nb) + "\n", encoding="utf-8", newline="\n")
    return None


def _stored(root: Path) -> Iterator[Path]:
    for folder in dict.fromkeys(edition.folder for edition in STUDENT):
        for language in LANGUAGES:
            yield from sorted((root / folder / language).glob("*.ipynb"))


def _skeleton(nb: NotebookNode) -> tuple:
    cells = [(cell.cell_type, cell.id, cell.source, dict(cell.metadata)) for cell in nb.cells]
    return cells, dict(nb.metadata)


def problems(root: Path = ROOT, only: Iterable[str] = ()) -> Iterator[str]:
    """One sentence for each stored notebook that is not what its source says; runs nothing."""
    fix = "run: python course/build.py --only"
    for target in targets(root, only):
        name = target.path.relative_to(root).as_posix()
        if not target.path.exists():
            yield f"{name}: not built yet; {fix} {target.source.stem}"
            continue
        want = _skeleton(edit(read_source(target.source), target.edition, target.language))
        have = _skeleton(nbformat.read(target.path, as_version=4))
        if have == want:
            continue
        pairs = zip(want[0], have[0], strict=False)
        first = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), min(len(want[0]), len(have[0])) + 1)
        yield f"{name}: differs from {target.source.name} from cell {first} on; {fix} {target.source.stem}"
    if not only:
        known = {target.path for target in targets(root)}
        for path in _stored(root):
            if path not in known:
                yield f"{path.relative_to(root).as_posix()}: has no source; delete it"


def unversioned(text: str) -> str:
    """A source's text without the two version lines that jupytext writes into its header."""
    return re.sub(r"(?m)^# +(jupytext|format)_version: .*\n", "", text)


def tidy(text: str) -> str:
    """The text of a source in normal form: as jupytext writes it, no versions, no line break inside Chinese prose.

    Markdown shows such a break as a space between two Chinese characters; headings, code and tables are left alone.
    """
    nb = jupytext.reads(text, fmt="py:percent")
    for cell in nb.cells:
        if cell.cell_type == "markdown" and "zh" in tags_of(cell) and "```" not in cell.source:
            cell.source = re.sub(rf"(?m)^(?!#)(.*{CHINESE})\n(?={CHINESE})", r"\1", cell.source)
    return unversioned(jupytext.writes(nb, fmt="py:percent"))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the course's notebooks from its text sources.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NN", help="sources whose names start with NN")
    parser.add_argument("--check", action="store_true", help="compare stored notebooks with the sources; run nothing")
    parser.add_argument("--trainer", action="store_true", help="build the trainer edition into trainer/")
    parser.add_argument("--tidy", action="store_true", help="write the sources in jupytext's normal form")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    root = options.root.resolve()
    todo = targets(root, options.only, TRAINER if options.trainer else STUDENT)
    if options.tidy:
        for source in dict.fromkeys(target.source for target in todo):
            source.write_text(tidy(source.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        return 0
    if options.check:
        found = list(problems(root, options.only))
        print("\n".join(found) or f"{len(todo)} notebooks match their sources")
        return 1 if found else 0

    def timed(target: Target) -> str | None:
        start = time.perf_counter()
        failure = build(target)
        name = target.path.relative_to(root).as_posix()
        print(f"{'FAILED' if failure else 'built '} {name} ({time.perf_counter() - start:.1f} s)", flush=True)
        return failure

    with ThreadPoolExecutor(max_workers=2) as pool:
        failures = [failure for failure in pool.map(timed, todo) if failure]
    print("\n".join(failures) or f"{len(todo)} notebooks built", file=sys.stderr if failures else sys.stdout)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
