import base64
import io
import os
from pathlib import Path

import build
import nbformat
import pytest
from PIL import Image

from conftest import HEADER, ROOT, make_course


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = make_course(tmp_path_factory.mktemp("built"))
    assert build.main(["--root", str(course)]) == 0
    return course


def read(course: Path, name: str) -> nbformat.NotebookNode:
    return nbformat.read(course / name, as_version=4)


def text_of(nb: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in nb.cells)


def files(course: Path) -> dict[str, bytes]:
    return {path.relative_to(course).as_posix(): path.read_bytes() for path in sorted(course.rglob("*.ipynb"))}


def test_builds_every_edition_in_both_languages(built: Path) -> None:
    expected = {f"{f}/{lang}/11_trial.ipynb" for f in ("notebooks", "labs", "solutions") for lang in ("zh", "en")}
    assert set(files(built)) == expected


def test_each_edition_has_its_own_language_only(built: Path) -> None:
    zh, en = read(built, "notebooks/zh/11_trial.ipynb"), read(built, "notebooks/en/11_trial.ipynb")
    assert "试一试" in text_of(zh) and "A trial" not in text_of(zh)
    assert "A trial" in text_of(en) and "试一试" not in text_of(en)
    assert [c.outputs[0].text for c in zh.cells if c.cell_type == "code" and "print" in c.source] == ["zh: 6\n"]
    assert [c.outputs[0].text for c in en.cells if c.cell_type == "code" and "print" in c.source] == ["en: 6\n"]


def test_code_is_the_same_in_both_languages_but_for_the_parameter(built: Path) -> None:
    zh, en = (
        [(c.id, c.source) for c in read(built, f"notebooks/{lang}/11_trial.ipynb").cells if c.cell_type == "code"]
        for lang in ("zh", "en")
    )
    assert [(i, s.replace('"en"', '"zh"')) for i, s in en] == zh


def test_notes_reach_no_student(built: Path) -> None:
    for name, data in files(built).items():
        assert "为什么是" not in data.decode("utf-8"), name


def test_lab_keeps_starter_and_solution_keeps_answer(built: Path) -> None:
    lab, solution = read(built, "labs/zh/11_trial.ipynb"), read(built, "solutions/zh/11_trial.ipynb")
    assert "total = ..." in text_of(lab) and "range(1, 5)" not in text_of(lab) and "常见的错" not in text_of(lab)
    assert "total = ..." not in text_of(solution) and "range(1, 5)" in text_of(solution)
    code = [cell for cell in lab.cells if cell.cell_type == "code"]
    assert all(cell.execution_count is None and not cell.outputs for cell in code)
    assert [c.execution_count for c in solution.cells if c.cell_type == "code"] == [1, 2, 3, 4]


def test_a_failing_answer_stops_neither_run_all_nor_the_memo(built: Path) -> None:
    lab, solution = read(built, "labs/zh/11_trial.ipynb"), read(built, "solutions/zh/11_trial.ipynb")
    assert [c.id for c in lab.cells if "raises-exception" in build.tags_of(c)] == ["lab11-1"]
    assert not any("raises-exception" in build.tags_of(cell) for cell in solution.cells)
    next(cell for cell in lab.cells if cell.id == "lab11-1").source = "total = ...\n1 / 0"
    lab.cells[-1].source = "print('to the end')"
    build.run(lab, built)
    assert lab.cells[-1].outputs[0].text == "to the end\n"


def test_lab_and_solution_share_ids_of_shared_cells(built: Path) -> None:
    lab, solution = (
        {cell.id: cell.source for cell in read(built, f"{folder}/zh/11_trial.ipynb").cells}
        for folder in ("labs", "solutions")
    )
    shared = lab.keys() & solution.keys()
    assert len(shared) == 4 and all(lab[i] == solution[i] for i in shared)
    assert lab.keys() - shared == {"lab11-1"}


def test_equal_cells_have_different_ids(built: Path) -> None:
    cells = read(built, "labs/zh/11_trial.ipynb").cells
    twins = [cell.id for cell in cells if cell.source.startswith('print("blank"')]
    assert len(twins) == 2 and len(set(twins)) == 2


def test_control_is_frozen_to_a_small_picture(built: Path) -> None:
    nb = read(built, "notebooks/zh/11_trial.ipynb")
    data = next(c for c in nb.cells if c.source == "Control()").outputs[0].data
    assert set(data) == {"text/plain", "image/png"}
    stored = base64.b64decode(data["image/png"])
    assert len(Image.open(io.BytesIO(stored)).getcolors()) <= 64
    assert len(Image.open(built / "notebooks/zh/dot.png").convert("RGB").getcolors()) > 64  # it was not small before
    assert "widgets" not in nb.metadata


def test_control_without_a_picture_keeps_its_view_for_the_gate_to_refuse() -> None:
    output = nbformat.v4.new_output("display_data", {"text/plain": "IntSlider()", build.WIDGET: {"model_id": "1"}})
    build.freeze(output)
    assert build.WIDGET in output.data


def test_folded_cell_is_stored_folded(built: Path) -> None:
    folded = [
        c.metadata.get("jupyter", {}).get("source_hidden") for c in read(built, "notebooks/zh/11_trial.ipynb").cells
    ]
    assert folded.count(True) == 1 and folded[2] is True


def test_rebuild_without_a_change_changes_no_byte(built: Path) -> None:
    before = files(built)
    assert build.main(["--root", str(built), "--only", "11"]) == 0
    assert files(built) == before
    assert all(b"\r" not in data and data.endswith(b"}\n") for data in before.values())


def test_nothing_of_this_machine_is_stored(built: Path) -> None:
    for name, data in files(built).items():
        text = data.decode("utf-8")
        assert str(built) not in text and os.path.expanduser("~") not in text, name
        assert "signature" not in text and "iopub" not in text, name


def test_check_is_silent_after_a_build(built: Path, capsys: pytest.CaptureFixture) -> None:
    assert build.main(["--root", str(built), "--check"]) == 0
    assert "6 notebooks match" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new"), [("tins = 3", "tins = 4"), ('tags=["fold"]', 'tags=["fold", "x"]'), ("# # 11 A trial", "# # 11 B")]
)
def test_check_sees_a_changed_source(tmp_path: Path, old: str, new: str) -> None:
    course = make_course(tmp_path)
    for target in build.targets(course):
        build.build(target._replace(edition=target.edition._replace(run=False)))
    assert list(build.problems(course)) == []
    source = course / "course/chapters/11_trial.py"
    source.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8", newline="\n")
    found = list(build.problems(course))
    assert found and all("notebooks/" in line and "--only 11_trial" in line for line in found)


def test_check_sees_an_edited_a_missing_and_an_orphaned_notebook(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    for target in build.targets(course):
        build.build(target._replace(edition=target.edition._replace(run=False)))
    edited = course / "labs/en/11_trial.ipynb"
    edited.write_text(
        edited.read_text(encoding="utf-8").replace("Put the", "Place the"), encoding="utf-8", newline="\n"
    )
    (course / "solutions/zh/11_trial.ipynb").rename(course / "solutions/zh/12_other.ipynb")
    assert [line.split(":")[0] for line in build.problems(course)] == [
        "labs/en/11_trial.ipynb",
        "solutions/zh/11_trial.ipynb",
        "solutions/zh/12_other.ipynb",
    ]


def test_trainer_edition_has_notes_and_solutions_in_its_own_folder(small_course: Path) -> None:
    todo = build.targets(small_course, editions=build.TRAINER)
    for target in todo:
        build.build(target._replace(edition=target.edition._replace(run=False)))
    assert "为什么是" in text_of(read(small_course, "trainer/notebooks/zh/11_trial.ipynb"))
    assert "range(1, 5)" in text_of(read(small_course, "trainer/solutions/en/11_trial.ipynb"))
    assert "trainer/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_a_failing_cell_is_reported_with_its_source(small_course: Path, capsys: pytest.CaptureFixture) -> None:
    source = small_course / "course/chapters/11_trial.py"
    text = source.read_text(encoding="utf-8").replace("tins = 3", "tins = 3 / 0")
    source.write_text(text, encoding="utf-8", newline="\n")
    assert build.main(["--root", str(small_course), "--only", "11"]) == 1
    assert "11_trial.py (zh)" in (message := capsys.readouterr().err) and "ZeroDivisionError" in message


def test_tidy_is_the_round_trip(small_course: Path) -> None:
    source = small_course / "course/labs/11_trial.py"
    normal = source.read_text(encoding="utf-8")
    untidy = normal.replace("# %% id=", "# %%   id=").replace(
        "percent\n", "percent\n#       jupytext_version: 1.19.0\n"
    )
    source.write_text(untidy, encoding="utf-8", newline="\n")
    assert build.main(["--root", str(small_course), "--tidy"]) == 0
    assert source.read_text(encoding="utf-8") == normal == build.tidy(normal)


def test_tidy_joins_chinese_lines_and_nothing_else() -> None:
    head = '# %% [markdown] tags=["zh"]\n'
    keep = "# ## 标题\n# 正文，\n# - 甲\n# - 乙 R\n# 丙\n#\n# | 甲 | 乙 |\n# | 丙 | 丁 |\n"
    assert head + keep in build.tidy(HEADER + head + keep)
    assert head + "# 甲，乙“丙”丁\n" in build.tidy(HEADER + head + "# 甲，\n# 乙\n# “丙”\n# 丁\n")
