"""Every gate is seen green on good material and red on a broken copy of it."""

from collections.abc import Callable

import build
import gates
import jupytext
import nbformat
import numerals
import prose
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from prose import Pair

from conftest import CHAPTER, HEADER, LAB, make_course


def source(*cells: str) -> nbformat.NotebookNode:
    return jupytext.reads(HEADER + "\n\n".join(cells) + "\n", fmt="py:percent")


def zh(text: str, tags: str = "") -> str:
    return f'# %% [markdown] tags=["zh"{tags}]\n' + "\n".join(f"# {line}".rstrip() for line in text.split("\n"))


def en(text: str, tags: str = "") -> str:
    return zh(text, tags).replace('"zh"', '"en"', 1)


def code(text: str, tags: str = "") -> str:
    return f"# %% {tags}".rstrip() + "\n" + text


def faults(gate: Callable, *args) -> list[str]:
    return [what for _, what in gate(*args)]


@pytest.mark.parametrize("text", [CHAPTER, LAB], ids=["chapter", "lab"])
@pytest.mark.parametrize("gate", [*gates.SOURCE_GATES, gates.code_median], ids=lambda gate: gate.__name__)
def test_good_source_passes_every_gate(gate: Callable, text: str) -> None:
    assert faults(gate, jupytext.reads(text, fmt="py:percent")) == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([zh("一句话")], "not followed by its English"),
        ([en("A sentence")], "not preceded by its Chinese"),
        ([en("A sentence"), zh("一句话")], "Chinese first"),
        ([zh("一"), code("1"), en("One")], "not followed"),
        ([zh("一"), zh("二"), en("Two")], "not followed"),
        ([zh("## 标题"), en("# Title")], "headings of level [2] in Chinese, [1] in English"),
        ([zh("# 一\n\n## 二"), en("# One")], "headings"),
        ([zh("一", ', "notes"'), en("One")], "different tags"),
        (["# %% [markdown]\n# 没有标签"], "tag it zh or en"),
        (["# %% [markdown] tags=['zh', 'en']\n# both"], "tag it zh or en"),
        ([code("x = 1", 'tags=["zh"]')], "code cell tagged with a language"),
    ],
)
def test_pairs_complete(cells: list[str], said: str) -> None:
    assert any(said in fault for fault in faults(gates.pairs_complete, source(*cells)))


SAME_NUMBERS = [
    ("共 3.5 万元", "35,000 yuan in all"),
    ("共 1.2 亿元", "120 million yuan in all"),
    ("6 月 30 日", "30 June"),
    ("打 8 折", "20% off"),
    ("打 85 折", "15% off"),
    ("打八五折", "15% off"),
    ("占 2 成", "20% of them"),
    ("两位会员买了六罐", "2 members bought 6 tins"),
    ("2 位会员买了 6 罐", "two members bought six tins"),
    ("一百二十三人", "123 people"),
    ("123 人", "one hundred and twenty-three people"),
    ("一千位", "1,000 of them"),
    ("第三节", "section 3"),
    ("第 3 节", "the third section"),
    ("一半的人", "50% of them"),
    ("已有六十天", "some time ago"),  # numbers in words alone are free
    ("见 `x[:5]`，$n = 7$", "see the code"),  # code and formulas are not prose
    ("R1F0M1 这一类", "the class R1F0M1"),
]


@pytest.mark.parametrize(("chinese", "english"), SAME_NUMBERS)
def test_same_numbers_pass(chinese: str, english: str) -> None:
    assert list(prose.numbers_agree(Pair(chinese, english))) == []


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("共 3.5 万元", "3.5 yuan in all"),
        ("6 月 30 日", "30 July"),
        ("打 8 折", "30% off"),
        ("60 天", "sixteen days"),
        ("六十天", "61 days"),
        ("20% 的人", "people"),
        ("123 人", "one hundred and twenty-four people"),
    ],
)
def test_other_numbers_fail(chinese: str, english: str) -> None:
    assert list(prose.numbers_agree(Pair(chinese, english)))


def test_number_gate_reads_cells_and_code_and_honours_its_tag() -> None:
    assert faults(gates.numbers, source(zh("3 罐"), en("4 tins")))
    assert faults(gates.numbers, source(code('say(zh="3 罐", en="4 tins")')))
    assert not faults(gates.numbers, source(zh("3 罐", ', "numbers-differ"'), en("4 tins", ', "numbers-differ"')))


def test_values_in_f_strings_are_not_compared_as_numbers() -> None:
    (pair,) = prose.said('say(zh=f"有 {n:,} 位，{name}的店", en=f"{n:,} of {name}, {n / 2:.0%}")')
    assert pair.zh == f"有 0 位，{prose.UNKNOWN}的店"
    assert list(prose.numbers_agree(pair)) == [] and list(prose.chinese_typing(pair)) == []


@pytest.mark.parametrize(
    ("word", "value"),
    [("二十", 20), ("两百零三", 203), ("三万五千", 35_000), ("一亿二千万", 120_000_000), ("十二", 12)],
)
def test_chinese_numerals(word: str, value: int) -> None:
    assert value in numerals.chinese(word + "个")[1]


@pytest.mark.parametrize(
    ("word", "value"),
    [("two hundred and three", 203), ("thirty-five thousand", 35_000), ("one million", 1_000_000), ("twelve", 12)],
)
def test_english_numerals(word: str, value: int) -> None:
    assert value in numerals.english(word + " tins")[1]


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (prose.terms_used, Pair("复购率高", "the repurchase rate is high"), Pair("复购率高", "loyalty is high")),
        (prose.terms_used, Pair("流失召回", "winning customers back"), Pair("流失召回", "churned customers")),
        (prose.terms_used, Pair("三位会员", "three members"), Pair("三位会员", "three customers")),
        (prose.terms_used, Pair("三位会员", "three of them"), Pair("三位用户", "three members")),
        (prose.terms_used, Pair("空白组", "the hold-out"), Pair("空白组", "the others")),
        (prose.banned_words, Pair("空白组", ""), Pair("控制组", "")),
        (prose.banned_words, Pair("写 `控制组` 的人", ""), Pair("召回率", "")),
        (prose.banned_words, Pair("", "win-back"), Pair("", "we recall members")),
        (prose.banned_words, Pair("查全率", "recall"), Pair("", "a control group")),
        (prose.banned_words, Pair("", "per cent of"), Pair("", "20 percent of")),
        (prose.british, Pair("", "colour, behaviour, centre"), Pair("", "behavior")),
        (prose.british, Pair("", "organised sizes of a prize"), Pair("", "organized")),
        (prose.british, Pair("", "run `df.color`"), Pair("", "analyze it")),
        (prose.chinese_typing, Pair("前 20% 的会员，R 分高（近）。", ""), Pair("前 20% 的会员,R 分高", "")),
        (prose.chinese_typing, Pair("用 `x` 和 $R$ 算", ""), Pair("用`x`算", "")),
        (prose.chinese_typing, Pair("三位（会员）", ""), Pair("三位(会员)", "")),
        (prose.chinese_typing, Pair('或者写 decide("11.A1", "字母")', ""), Pair("或者写(字母)", "")),
        (prose.chinese_typing, Pair("公式是 (名次 − 1) × 5，请给 (最小, 最大)", ""), Pair("三位 (会员,好)", "")),
        (prose.chinese_typing, Pair("花了 ¥3 元", ""), Pair("花了3 元", "")),
        (prose.chinese_typing, Pair("2026-06-30 那天", ""), Pair("30日那天", "")),
        (prose.chinese_typing, Pair("**谁？** 有些人", ""), Pair("好。 有些人", "")),
        (prose.chinese_typing, Pair("说：“来”", ""), Pair('说："来"', "")),
        (prose.chinese_typing, Pair("好……", ""), Pair("好...", "")),
        (prose.chinese_typing, Pair("R——近度", ""), Pair("近度--R", "")),
        (prose.chinese_typing, Pair("- “来”\n- 走", ""), Pair("甲 （乙）", "")),
        (prose.chinese_typing, Pair("| “来” | 走！ |", ""), Pair("第３节", "")),
        (prose.chinese_typing, Pair("看 [这里](../a b(1).md)", ""), Pair("看[here](a.md)", "")),
        (prose.chinese_typing, Pair("```\n中文x(y)\n```", ""), Pair("会员  3 位", "")),
        (prose.english_typing, Pair("", "hold-out (空白组)"), Pair("", "one，two")),
    ],
)
def test_prose_rules(rule: Callable, good: Pair, bad: Pair) -> None:
    assert list(rule(good)) == []
    assert list(rule(bad))


@pytest.mark.parametrize("rule", prose.RULES, ids=lambda rule: rule.__name__)
def test_prose_rules_reach_cells_and_sentences_in_code(rule: Callable) -> None:
    bad = {
        "terms_used": ("复购率", "loyalty"),
        "banned_words": ("控制组", "others"),
        "british": ("颜色", "color"),
        "chinese_typing": ("好,来", "good"),
        "english_typing": ("好", "good，yes"),
    }[rule.__name__]
    gate = next(gate for gate in gates.SOURCE_GATES if gate.__name__ == rule.__name__)
    assert faults(gate, source(zh(bad[0]), en(bad[1])))
    assert faults(gate, source(code(f"say(zh={bad[0]!r}, en={bad[1]!r})")))
    assert faults(gate, source(code(f"t = {{'zh': {bad[0]!r}, 'en': {bad[1]!r}}}")))


@pytest.mark.parametrize(
    "line",
    [
        "sns.set_theme()",
        'plt.rcParams["font.size"] = 3',
        'plt.style.use("ggplot")',
        "from matplotlib import font_manager",
        'ax.set_title("x", fontname="SimHei")',
        'pd.read_csv("../datasets/x.csv")',
        'pd.read_csv("https://x.y/z.csv")',
        "!pip install x",
        "%pip install x",
        "interact(f, x=3)",
        "users.head();",
    ],
)
def test_code_habits(line: str) -> None:
    assert faults(gates.code_habits, new_notebook(cells=[new_code_cell("x = 1\n" + line)]))
    assert not faults(gates.code_habits, new_notebook(cells=[new_code_cell("users.head()")]))


def test_empty_code_cell() -> None:
    assert faults(gates.code_habits, new_notebook(cells=[new_code_cell("  \n")]))


def test_cell_lengths() -> None:
    def long(n: int) -> list[list[str]]:
        lines = "\n".join(["x = 1"] * n)
        return [[code(lines)], [zh("字" * n * 13), en("a")], [zh("字"), en("word " * int(n * 7.5))]]

    assert all(not faults(gates.cell_lengths, source(*cells)) for cells in long(20))
    assert all(len(faults(gates.cell_lengths, source(*cells))) == 1 for cells in long(21))


def test_code_median() -> None:
    def with_lines(n: int) -> nbformat.NotebookNode:
        return source(*[code("\n".join(["x = 1"] * k)) for k in (1, n, 20)])

    assert not faults(gates.code_median, with_lines(6))
    assert faults(gates.code_median, with_lines(7))


def test_round_trip() -> None:
    assert not faults(gates.round_trip, CHAPTER)
    assert faults(gates.round_trip, CHAPTER.replace("# %% tags", "# %%   tags"))
    assert faults(gates.round_trip, CHAPTER.replace("tags,slideshow,id,-all", "all"))
    broken = CHAPTER.replace("各买了 3 罐，共", "各买了 3 罐，\n# 共")
    assert faults(gates.round_trip, broken) and build.tidy(broken) == CHAPTER


def ran(*outputs: nbformat.NotebookNode, count: int | None = 1) -> nbformat.NotebookNode:
    return new_notebook(cells=[new_code_cell("x", outputs=list(outputs), execution_count=count)])


def printed(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return new_output("stream", name=name, text=text)


def test_outputs_stored() -> None:
    assert not faults(gates.outputs_stored, ran(printed("1")))
    assert faults(gates.outputs_stored, ran())
    assert faults(gates.outputs_stored, ran(printed("1"), count=2))
    assert faults(gates.outputs_stored, ran(printed("1"), count=None))


def test_outputs_absent_from_labs() -> None:
    assert not faults(gates.outputs_absent, ran(count=None))
    assert faults(gates.outputs_absent, ran(printed("1"), count=None))
    assert faults(gates.outputs_absent, ran(count=1))


@pytest.mark.parametrize(
    "output",
    [
        new_output("error", ename="ValueError", evalue="no", traceback=[]),
        printed("FutureWarning: x", name="stderr"),
        printed("Glyph 20013 (CJK) missing from font(s)"),
        printed("saved to /home/li/my_work/memo.html"),
        printed("saved to /tmp/x1/memo.html"),
        printed(r"saved to C:\Users\li"),
        new_output("display_data", {"text/html": '<a href="/root/x">x</a>'}),
        new_output("execute_result", {"text/plain": "<object at 0x7f00aa>"}),
        new_output("display_data", {"text/plain": "IntSlider()", build.WIDGET: {"model_id": "1"}}),
    ],
)
def test_outputs_clean(output: nbformat.NotebookNode) -> None:
    assert faults(gates.outputs_clean, ran(output))


def test_ordinary_outputs_are_clean() -> None:
    good = [
        printed("my_work/memo.html, 3/4, https://x.y/home/z, a: b"),
        new_output("display_data", {"image/png": "/tmp/"}),
    ]
    assert not faults(gates.outputs_clean, ran(*good))


def test_an_expected_error_may_be_stored() -> None:
    nb = ran(new_output("error", ename="ValueError", evalue="no", traceback=[]))
    nb.cells[0].metadata["tags"] = ["raises-exception"]
    assert not faults(gates.outputs_clean, nb)


def test_size(tmp_path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_bytes(b"x" * 299_999)
    assert not faults(gates.size, path)
    path.write_bytes(b"x" * 300_000)
    assert faults(gates.size, path)


@pytest.fixture
def lab() -> tuple[nbformat.NotebookNode, nbformat.NotebookNode, frozenset[str]]:
    whole = jupytext.reads(LAB, fmt="py:percent")
    edition = next(edition for edition in build.STUDENT if edition.folder == "labs")
    return whole, build.edit(whole, edition, "zh"), edition.drop


def test_hidden_text_is_absent_from_a_lab(lab) -> None:
    assert not faults(gates.hidden_text, *lab)


@pytest.mark.parametrize("leak", ["cell", "code", "prose", "tag", "output", "metadata"])
def test_hidden_text_sees_every_leak(lab, leak: str) -> None:
    whole, student, hidden = lab
    answer = "total = sum(range(1, 5)) * 3"
    if leak == "cell":
        student.cells += [cell for cell in whole.cells if "solution" in build.tags_of(cell)]
    elif leak == "code":
        student.cells.append(new_code_cell("# " + answer))
    elif leak == "prose":
        student.cells.append(new_markdown_cell("常见的错：少算了最后一天的订单。"))
    elif leak == "tag":
        student.cells.append(new_markdown_cell("x", metadata={"tags": ["notes"]}))
    elif leak == "output":
        student.cells.append(new_code_cell("x", outputs=[printed(answer)]))
    else:
        student.cells[0].metadata["answer"] = answer
    assert faults(gates.hidden_text, whole, student, hidden)


def test_whole_course_green_then_red_for_each_stage(tmp_path) -> None:
    course = make_course(tmp_path)
    assert build.main(["--root", str(course)]) == 0
    assert list(gates.problems(course)) == []
    source_file = course / "course/chapters/11_trial.py"
    source_file.write_text(CHAPTER.replace("3 tins each", "4 tins each"), encoding="utf-8", newline="\n")
    found = list(gates.problems(course))
    assert [line.split(":")[0] for line in found] == [
        "course/chapters/11_trial.py, cell 1",
        "course/chapters/11_trial.py, cell 1",
        "notebooks/en/11_trial.ipynb",
    ]
    stored = course / "labs/zh/11_trial.ipynb"
    stored.write_bytes((course / "solutions/zh/11_trial.ipynb").read_bytes())
    assert any("labs/zh/11_trial.ipynb" in line and "solution" in line for line in gates.problems(course))
