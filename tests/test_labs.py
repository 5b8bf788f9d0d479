"""The labs' feedback, two-sided: right answers pass, every usual mistake is refused with a message of its own."""

import ast
import html
import importlib
import json
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from crmlab import cells, data, questions, work
from crmlab import feedback as check
from crmlab.controls import decide
from crmlab.language import set_language
from crmlab.work import save_answer

LABS = sorted(path.stem[3:] for path in Path(questions.__file__).parent.glob("lab*.py"))
COMPANIES = ["morningcup", "yunmu"]


def items(kind):
    return [(no, item) for no in LABS for item in getattr(importlib.import_module(f"crmlab.questions.lab{no}"), kind)]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMLAB_WORK", str(tmp_path))
    monkeypatch.delenv("CRMLAB_STRICT", raising=False)
    monkeypatch.setattr(work, "_subject", "")
    yield
    set_language("zh")


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize(("no", "question"), items("QUESTIONS"), ids=lambda x: getattr(x, "key", x))
def test_reference_passes_and_each_mistake_is_refused_in_its_own_words(no, question, company):
    check.start_lab(no, company)
    answers = check._lab(no).answers
    for lang in ("zh", "en"):
        set_language(lang)
        mark, praise = check.judge(question.key, {question.name: question.reference(answers)})
        assert mark == check.PASS, praise
        said = {}
        for mistake, value in question.mistakes(answers).items():
            mark, sentence = check.judge(question.key, {question.name: value})
            assert mark == check.FAIL, mistake
            assert not any(name in sentence for name in ("Error", "Exception")), (mistake, sentence)
            said[mistake] = str(sentence)
        assert len(set(said.values())) == len(said), said
        assert question.hint()


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize(("no", "decision"), items("DECISIONS"), ids=lambda x: getattr(x, "key", x))
def test_a_decision_has_one_right_option_and_a_reason_with_figures_for_each(no, decision, company):
    check.start_lab(no, company)
    answers = check._lab(no).answers
    for lang in ("zh", "en"):
        set_language(lang)
        options, reasons = decision.options(answers), decision.why(answers)
        assert list(options) == list(reasons)
        assert len(set(options.values())) == len(set(reasons.values())) == len(options) >= 3
        assert all(any(c.isdigit() for c in reason) for reason in reasons.values())
        assert check.judge(decision.key)[0] == check.OPEN or lang == "en"
        for letter in options:
            save_answer(f"lab{no}", decision.key, letter)
            mark, sentence = check.judge(decision.key)
            assert (mark == check.PASS) == (letter == decision.right(answers))
            assert sentence == reasons[letter]


@pytest.mark.parametrize("no", LABS)
def test_unsolved_lab_is_open_everywhere_and_never_raises(no):
    check.start_lab(no, "morningcup")
    module = importlib.import_module(f"crmlab.questions.lab{no}")
    for question in module.QUESTIONS:
        for namespace in ({}, {question.name: ...}, {question.name: None}):
            assert check.judge(question.key, namespace)[0] == check.OPEN
    n = len(module.QUESTIONS) + len(module.DECISIONS)
    assert f"{n} 题里过了 0 题" in check.score_card(no)
    assert all(question.key in check.score_card(no) for question in module.QUESTIONS)


ODD = [
    0,
    -1.5,
    "text",
    b"bytes",
    [],
    {},
    (1, 2, 3),
    object(),
    pd.DataFrame(),
    pd.DataFrame({"customer_id": [1]}),
    pd.Series([1]),
    int,
]


@pytest.mark.parametrize(("no", "question"), items("QUESTIONS"), ids=lambda x: getattr(x, "key", x))
def test_no_odd_answer_passes_or_raises(no, question):
    check.start_lab(no, "morningcup")
    for value in ODD:
        mark, sentence = check.judge(question.key, {question.name: value})
        assert mark == check.FAIL, value
        assert sentence


def test_parts_that_are_named_are_read_by_name():
    check.start_lab("15", "morningcup")
    gain, roi = check._lab("15").answers.worth
    for value in ({"roi": roi, "gain": gain}, pd.Series({"roi": roi, "gain": gain})):
        assert check.judge("15.5", {"worth": value})[0] == check.PASS
    assert "roi" in check.judge("15.5", {"worth": {"roi": 2 * roi, "gain": gain}})[1]


def test_a_decision_has_no_checkpoint_and_says_so():
    check.start_lab("15", "morningcup")
    assert "15.A2" in check.checkpoint("15.A2")


def test_strict_raises_on_a_wrong_answer(monkeypatch):
    monkeypatch.setenv("CRMLAB_STRICT", "1")
    check.start_lab("11", "morningcup")
    with pytest.raises(check.Wrong):
        check.judge("11.7", {"moved_share": 2.0})


def test_unknown_question_names_the_known_ones():
    with pytest.raises(KeyError, match=r"11\.A1"):
        check.judge("11.99")


def test_mended_orders_are_the_clean_ones():
    """The reference of 11.1 against the clean table, which the mending never reads."""
    from crmlab.questions.lab11 import Answers

    for company in COMPANIES:
        mended = Answers(company, data.AS_OF).mended
        clean = data.load(company, "orders").set_index("order_id").loc[mended["order_id"]]
        for column in ("gross", "refund", "amount"):
            assert (mended[column].to_numpy() == clean[column].to_numpy()).all(), (company, column)
        same_time = (mended["paid_at"].to_numpy() == clean["paid_at"].to_numpy()) | mended["paid_at"].isna().to_numpy()
        assert same_time.all()
        assert len(mended) == 2000


def test_saved_answers_hold_the_choice(tmp_path):
    check.start_lab("11", "morningcup")
    save_answer("lab11", "11.A1", "b")
    files = list(tmp_path.rglob("lab11.json"))
    assert json.loads(files[0].read_text(encoding="utf-8"))["11.A1"] == "b"
    assert files[0].parent.name == "morningcup"
    check.start_lab("11", "yunmu")
    assert check.judge("11.A1")[0] == check.OPEN


def test_the_check_of_a_decision_redraws_itself():
    check.start_lab("11", "morningcup")
    reasons = check._find("11.A1")[1].why(check._lab("11").answers)
    shown = check.check("11.A1")
    assert repr(shown) == "○ **11.A1** " + check.judge("11.A1")[1] and "还没作答" in shown.widget.value
    decide("11.A1").widget.children[1].value = "a"
    assert html.escape(reasons["a"]) in shown.widget.value and shown.widget.value.startswith("<p>✘ <b>11.A1</b>")
    decide("11.A1", "b")
    assert html.escape(reasons["b"]) in shown.widget.value and repr(shown) == f"✔ **11.A1** {reasons['b']}"
    assert set(shown._repr_mimebundle_()) >= {"text/plain", "text/html"}
    assert isinstance(check.check("11.7"), str)


# --- a cell that failed ----------------------------------------------------------------------------------------------


@pytest.fixture
def shell(monkeypatch):
    """A notebook's own interpreter, with lab 11 begun in it."""
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    monkeypatch.setattr(cells, "_failed", {})
    made.run_cell('from crmlab.feedback import start_lab\nstart_lab("11", "morningcup")', silent=True)
    yield made
    InteractiveShell.clear_instance()


BROKEN = {
    "moved_share = no_such": "NameError：name 'no_such' is not defined",
    "moved_share = {}['回来']": "KeyError：'回来'",
    "moved_share = (0.1": "SyntaxError：第 1 行，",
    "%time moved_share = )": "SyntaxError：",
    "moved_share = 0.5\n1 / 0": "ZeroDivisionError：division by zero",
    "share = moved_share = [][1]": "IndexError：",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_failed_answer_is_not_judged_by_an_earlier_value(shell, code, capsys):
    right = check._find("11.7")[1].reference(check._lab("11").answers)
    shell.run_cell(code, store_history=True)
    mark, sentence = check.judge("11.7")
    assert mark == check.FAIL and BROKEN[code] in sentence, sentence
    assert ("以前的值" in sentence) == ("moved_share" in shell.user_ns)
    shell.run_cell(f"moved_share = {right}")
    assert check.judge("11.7")[0] == check.PASS
    shell.run_cell(code)
    mark, sentence = check.judge("11.7")
    assert mark == check.FAIL and BROKEN[code] in sentence and sentence.endswith("以前的值。")
    shell.run_cell("1 / 0\nother = 3")  # a failure elsewhere changes nothing
    shell.run_cell(f"moved_share = {right}\nfrom crmlab.feedback import judge\nverdict = judge('11.7')")
    assert shell.user_ns["verdict"][0] == check.PASS == check.judge("11.7")[0]


def test_a_change_in_place_that_failed_is_seen(shell, capsys):
    for code in ("users['recency'] = 1 / 0", "users.loc[0] = 1 / 0", "users.attrs['x'] += 1 / 0", "users['x'] = )"):
        shell.run_cell("users = ...")
        assert check.judge("11.3")[0] == check.OPEN
        shell.run_cell(code)
        assert check.judge("11.3")[0] == check.FAIL, code


@pytest.mark.parametrize(
    ("key", "code", "near"),
    [
        ("11.4", "score = [1]", "score"),
        ("11.4", "scores = ...\nScores = [1]", "Scores"),
        ("11.6", "firstlist = [1]", "firstlist"),
        ("11.3", "users_ok = [1]", None),  # the lab provides these
        ("11.2", "from crmlab import counted_orders\ncounted_ok = [1]", None),
        ("11.4", "def score(x): return x", None),
        ("11.4", "score = ...", None),
    ],
)
def test_a_misspelt_name_is_named(shell, key, code, near):
    shell.run_cell(code)
    mark, sentence = check.judge(key)
    assert mark == check.OPEN
    assert (f"倒有一个 {near}，是不是写错了名字？" if near else "请给") in sentence


@pytest.mark.parametrize(("no", "question"), items("QUESTIONS"), ids=lambda x: getattr(x, "key", x))
def test_no_name_that_the_lab_itself_sets_is_taken_for_a_misspelt_answer(no, question):
    lab = next((Path(__file__).parents[1] / "labs" / "zh").glob(f"{no}_*.ipynb"))
    given = set()
    for cell in json.loads(lab.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "starter" not in cell["metadata"].get("tags", []):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.alias):
                    given.add(node.asname or node.name)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    given.add(node.id)
    assert {"Answers", "provided"} <= given
    assert cells.misspelt(question.name, dict.fromkeys(given, 1)) is None


def test_strict_raises_on_a_failed_cell(shell, monkeypatch, capsys):
    monkeypatch.setenv("CRMLAB_STRICT", "1")
    shell.run_cell("moved_share = no_such")
    with pytest.raises(check.Wrong, match="NameError"):
        check.judge("11.7")
