"""Run a report template with papermill and make one self-contained page of it.

The template does the work and writes the files (see `crmlab.health` and `crmlab.deliver`); this module finds it, checks
the call, runs it quietly, and turns what it showed into report.html.
"""

from __future__ import annotations

import ast
import logging
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crmlab import deliver
from crmlab.language import language, say
from crmlab.text import Problem, closest

_PACKAGE = Path(__file__).resolve().parent
DONE, REFUSED = 0, 1


class WrongCall(Problem):
    """The call itself is wrong; the message is one sentence with the way out."""


@dataclass(frozen=True)
class Run:
    """One report: exit code, the folder it stands in, and one sentence for the user."""

    code: int
    folder: Path
    message: str
    store: str = ""


def templates(lang: str) -> dict[str, Path]:
    """Report templates by name: built notebooks of a checkout, else those the wheel carries."""
    sources = _PACKAGE.parents[1] / "course" / "reports"
    places = [_PACKAGE / "templates" / lang, _PACKAGE.parents[1] / "notebooks" / lang]
    names = {path.stem for path in sources.glob("*.py")}
    found = [path for place in places for path in sorted(place.glob("*.ipynb"))]
    return {path.stem: path for path in found if path.parent == places[0] or path.stem in names}


def find_template(name: str, lang: str) -> Path:
    """Path of a template. Raises WrongCall for an unknown name."""
    known = templates(lang)
    if name not in known:
        near = closest(name, known) or "member_health"
        raise WrongCall(
            zh=f"没有叫 {name} 的模板，是不是 {near}？", en=f"No template is called {name}; did you mean {near}?"
        )
    return known[name]


def convert(template: Path, given: dict[str, str]) -> dict:
    """Parameters given as text, as the template's own types: a number stays text where the default is text.

    Raises WrongCall, with a suggestion, for a name the template does not have (papermill alone only logs it).
    """
    from papermill import inspect_notebook

    known = inspect_notebook(template)
    values = {}
    for name, text in given.items():
        if name not in known:
            near = closest(name, known)
            raise WrongCall(
                zh=f"模板没有参数 {name}" + (f"，是不是 {near}？" if near else f"，它有：{'、'.join(known)}。"),
                en=f"The template has no parameter {name}"
                + (f"; did you mean {near}?" if near else f"; it has: {', '.join(known)}."),
            )
        default = ast.literal_eval(known[name]["default"])
        try:
            values[name] = text if isinstance(default, str) else type(default)(ast.literal_eval(text))
        except (ValueError, SyntaxError, TypeError):
            raise WrongCall(
                zh=f"参数 {name} 应当像 {default!r} 这样，不是 {text}。",
                en=f"Parameter {name} should look like {default!r}, not {text}.",
            ) from None
    return values


def run(template: Path, parameters: dict, folder: Path, store: str = "") -> Run:
    """One report into `folder`, which is made if needed. Never raises for bad data: the code says how it went."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        deliver.clear(folder)
        values = {**parameters, "language": language(), "out_dir": str(folder)} | ({"store": store} if store else {})
        problem, notebook = _execute(template, values)
        if problem is not None:
            return Run(REFUSED, folder, problem, store)
        (folder / "report.html").write_text(to_html(notebook), encoding="utf-8", newline="\n")
        notice = deliver.seal(folder)
    except OSError as error:
        return Run(REFUSED, folder, deliver.unwritable(error, folder), store)
    done = say(zh=f"做好了：{folder / 'report.html'}", en=f"Done: {folder / 'report.html'}")
    return Run(DONE, folder, f"{notice}\n{done}" if notice else done, store)


def run_all(template: Path, parameters: dict, out: Path, stores: Iterable[str]) -> list[Run]:
    """One report a store, each in a folder of its own below `out`; a store that fails does not stop the next."""
    from tqdm import tqdm

    names: dict[str, str] = {}
    for store in dict.fromkeys(stores):
        name = base = folder_name(store)
        while name.casefold() in {taken.casefold() for taken in names}:
            name = f"{base}_{len(names)}"
        names[name] = store
    bar = tqdm(names.items(), unit=say(zh=" 家店", en=" stores"), leave=False)
    return [run(template, parameters, out / name, store) for name, store in bar]


def folder_name(store: str) -> str:
    """A store's name as a folder name that Windows takes too."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", store).strip(" .")[:80] or "store"
    return f"{name}_" if re.fullmatch(r"(?i)con|prn|aux|nul|(com|lpt)\d", name.split(".")[0]) else name


def _execute(template: Path, values: dict) -> tuple[str | None, object]:
    """(None, the notebook that ran) or (the sentence that says why not, None). The kernel's chatter is kept apart."""
    import nbformat
    import papermill
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.exceptions import PapermillExecutionError

    with tempfile.TemporaryFile() as chatter:

        class Quiet(NBClientEngine):
            """papermill's own engine, with the kernel's stderr in a file and pictures inline whatever MPLBACKEND says."""

            @classmethod
            def execute_managed_notebook(cls, nb_man, kernel_name, **_):
                env = {**os.environ, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
                PapermillNotebookClient(nb_man, kernel_name=kernel_name).execute(env=env, stderr=chatter)

        papermill_engines.register("crmlab", Quiet)
        logging.getLogger("papermill").setLevel(logging.ERROR)
        try:
            # papermill fills {…} in paths it is given: the notebook itself has none
            book = nbformat.read(template, as_version=4)
            options = {"engine_name": "crmlab", "progress_bar": False, "cwd": Path.cwd()}
            return None, papermill.execute_notebook(book, None, parameters=values, **options)
        except PapermillExecutionError as error:
            if error.ename == "CannotReport":
                return error.evalue, None
            why = f"{error.ename}: {error.evalue}"
        except Exception as error:  # the kernel did not start, or died
            chatter.seek(0)
            why = f"{type(error).__name__}: {error} {chatter.read()[-500:].decode('utf-8', 'replace')}".strip()
    return say(zh=f"报告没有做成：{why}", en=f"The report could not be made: {why}"), None


def to_html(notebook) -> str:
    """The page: no code, no scripts, nothing loaded from elsewhere; every picture has its text as alt.

    A section (from one ``##`` to the next) whose code shows nothing is left out: this file cannot carry it.
    """
    from nbconvert import HTMLExporter

    notebook = _without_empty_sections(notebook)

    exporter = HTMLExporter(template_name="report_html", extra_template_basedirs=[str(_PACKAGE)], exclude_input=True)
    heading = next((c.source for c in notebook.cells if c.cell_type == "markdown" and c.source.startswith("# ")), "")
    title = heading.splitlines()[0].removeprefix("# ") if heading else "crmlab"
    body, _ = exporter.from_notebook_node(notebook, resources={"title": title, "language": language()})
    return body


def _without_empty_sections(notebook):
    sections: list[list] = [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            sections.append([])
        sections[-1].append(cell)
    kept = [
        section
        for n, section in enumerate(sections)
        if n == 0 or any(cell.get("outputs") for cell in section) or all(c.cell_type == "markdown" for c in section)
    ]
    return type(notebook)({**notebook, "cells": [cell for section in kept for cell in section]})
