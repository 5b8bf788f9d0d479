"""Controls without a browser: what they draw, keep and say; and that a stored, frozen one stays comparable."""

import base64
import json
import os
import subprocess
import sys

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest

mpl.use("agg")
import matplotlib.pyplot as plt
from nbclient import NotebookClient

import crmlab.feedback
from crmlab import work
from crmlab.controls import after_bet, bet, calibration, decide, explore, lab_button, memo, reveal
from crmlab.controls import bets as bets_module
from crmlab.language import say, set_language, use_style
from crmlab.work import copy_lab, save_answer, saved_answers, set_subject, work_dir

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMLAB_WORK", str(tmp_path / "my_work"))
    monkeypatch.setattr(work, "_subject", "")
    bets_module._asked.clear()
    use_style("en")
    yield
    plt.close("all")
    set_language("zh")


def late(days=90):
    ax = plt.subplots()[1]
    ax.bar(["in time", "late"], [1000 - days, days])
    ax.set_title(f"{days} days")
    return ax


# --- explore ---------------------------------------------------------------------------------------------------------


def test_explore_shows_both_the_widget_and_the_first_picture():
    bundle = explore(late, days=(30, 150, 60))._repr_mimebundle_()
    assert set(bundle) == {VIEW, "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"].splitlines() == [
        "90 days",
        "x axis: in time, late",
        "bars: in time=910, late=90",
        "▶ Run this cell to move: days",
        "or type: late(days=90)",
    ]
    assert not plt.get_fignums()


def test_moving_a_control_redraws_in_place():
    made = explore(late, days=(30, 180, 30))
    assert made.values == {"days": 90}  # the function's default, not the middle
    before = (made.widget, made._view.value, made._words.value)
    made.controls["days"].value = 150
    assert made.widget is before[0] and made._view.value != before[1]
    assert "late=90" in before[2] and "late=150" in made._words.value
    assert made.controls["days"].continuous_update is False and not plt.get_fignums()


def test_explore_takes_tables_and_sentences_and_reports_a_failure():
    def table(n=2):
        if n == 5:
            raise ValueError("<five>")
        return pd.DataFrame({"amount": [n * 1000]})

    made = explore(table, n=(1, 5))
    bundle = made._repr_mimebundle_()
    assert set(bundle) == {VIEW, "text/html", "text/plain"} and "2,000" in bundle["text/html"]
    made.controls["n"].value = 4
    assert "4,000" in made._view.value
    made.controls["n"].value = 5
    assert "4,000" in made._view.value and "cannot be drawn: &lt;five&gt;" in made._words.value
    made.controls["n"].value = 1
    assert "1,000" in made._view.value and made._words.value == ""
    said = explore(lambda n: say(zh="", en=f"{n} < 5"), n=(1, 5))._repr_mimebundle_()
    assert "3 &lt; 5" in said["text/html"]
    with pytest.raises(TypeError, match="days=None"):
        explore(late, days=None)


# --- bets ------------------------------------------------------------------------------------------------------------


def test_bet_by_slider_and_by_typing_keep_the_same():
    made = bet("11.share", "What share?", 0, 100, "%")
    assert VIEW in made._repr_mimebundle_() and "0% – 100%" in repr(made) and "guess=" in repr(made)
    assert saved_answers("bets") == {}  # a slider nobody touched is no guess
    _, slider, button, note = made.widget.children
    assert slider.value == 0  # the low end: no place on the slider leans towards the answer
    slider.value = 40
    button.click()
    assert saved_answers("bets")["11.share"]["guess"] == 40 and "40%" in note.value
    bet("11.share", "What share?", 0, 100, "%", guess=np.int64(55))
    assert saved_answers("bets")["11.share"]["guess"] == 55
    assert bet("11.share", "What share?", 0, 100, "%").widget.children[1].value == 55
    with pytest.raises(ValueError, match="within: 0% – 100%"):
        bet("11.share", "What share?", 0, 100, "%", guess=140)
    with pytest.raises(ValueError, match="low < high"):
        bet("11.none", "What?")


def test_bet_by_choice():
    made = bet("11.class", "Which?", options={"a": "champions", "b": "lost"})
    radio, button, note = made.widget.children[1:]
    button.click()
    assert "choose one first" in note.value and saved_answers("bets") == {}
    radio.value = "b"
    button.click()
    assert repr(reveal("11.class", "a")) == "You guessed lost; it is champions."
    bet("11.other", "Which?", options={"a": "champions", "b": "lost"}, guess="a")
    assert repr(reveal("11.other", "a")) == "You guessed champions; it is champions: right."


def test_reveal_says_how_far_off():
    bet("11.p", "?", 0, 100, "%", guess=40)
    assert repr(reveal("11.p", 61.2)) == "You guessed 40%; it is 61.2%: 21.2 percentage points too low."
    assert repr(reveal("11.p", np.float64(44.0))) == "You guessed 40%; it is 44%: close."
    assert repr(reveal("11.p", 44.0, tolerance=1)).endswith("4 percentage points too low.")
    bet("11.y", "?", 0, 100_000, "¥", guess=61_000)
    assert repr(reveal("11.y", 40_000.4)) == "You guessed ¥61,000; it is ¥40,000: ¥21,000 too high."
    set_language("zh")
    assert repr(reveal("11.p", 61.2)) == "您猜 40%，实际 61.2%：猜低了 21.2 个百分点。"
    assert repr(reveal("11.nobody", float("nan"), unit="天")) == "这份数据里没有这样的人，答不出这个数。"
    assert repr(reveal("11.never", 3, unit="天")) == "答案是 3 天。您还没猜；下一个数，先猜再看。"


def test_what_would_give_the_answer_away_is_folded_on_a_live_page_until_the_guess():
    figure = plt.figure()
    figure.gca().set_title("80% <b>")
    things = [say(zh="八成", en="eight in **ten**"), pd.DataFrame({"share": [0.8]}), figure]
    bet("11.hidden", "?", low=0, high=100, unit="%")
    held = [after_bet("11.hidden", thing) for thing in things]
    assert all(one.widget.value.startswith("<details>") for one in held)
    stored = [one._plain() for one in held]  # a stored notebook shows the thing itself, guessed or not
    assert [set(one) - {"text/plain"} for one in stored] == [{"text/markdown"}, {"text/html"}, {"image/png"}]
    assert stored[0]["text/markdown"] == "eight in **ten**" and "80% <b>" in stored[2]["text/plain"]
    assert "<b>" not in held[2].widget.value and not plt.get_fignums()
    bet("11.hidden", "?", low=0, high=100, unit="%", guess=50)
    assert not any("<details>" in one.widget.value for one in held)
    assert "data:image/png" in held[2].widget.value and "eight in <b>ten</b>" in held[0].widget.value
    assert after_bet("11.hidden", None) is None
    assert after_bet("11.not_asked", things[0]) is things[0]  # no bet stands on this page


def test_after_the_answer_the_first_guess_counts():
    made = bet("11.p", "?", 0, 100, "%", guess=40)
    made.save(45)
    assert made.guess == 45  # nothing seen yet
    repr(reveal("11.p", 61.2))
    assert made.save(61) == "The answer is out already. Your first guess was 45%, and that one counts."
    again = bet("11.p", "?", 0, 100, "%", guess=61)
    assert "first guess was 45%" in repr(again) and saved_answers("bets")["11.p"]["guess"] == 45
    assert made.save(45) == "Noted: 45%"
    assert bet("11.p", "?", 50, 100, "%", guess=61).guess == 61  # the question has changed: 45 is no answer to it


def test_a_guess_about_one_company_is_none_about_another(tmp_path):
    mine = [tmp_path / folder / "orders.csv" for folder in ("a", "b")]
    for guess, source in enumerate(["yunmu", "morningcup", *mine], 10):
        if source in mine:
            source.parent.mkdir()
            source.touch()
        set_subject(source)
        assert bet("11.p", "?", 0, 100, "%").guess is None
        bet("11.p", "?", 0, 100, "%", guess=guess)
    for guess, source in enumerate(["yunmu", "morningcup", str(mine[0]), mine[1]], 10):
        set_subject(source)
        assert bet("11.p", "?", 0, 100, "%").guess == guess


def test_calibration_counts_close_high_and_low_of_its_chapter_only():
    assert "no bet in this chapter" in repr(calibration("11"))
    for name, guess, truth in (("11.a", 10, 50), ("11.b", 50, 52), ("11.c", 90, 50), ("12.a", 1, 50)):
        bet(name, f"question {name}", 0, 100, "%", guess=guess)
        repr(reveal(name, truth))
    bet("11.open", "not revealed", 0, 100, "%", guess=5)
    text = repr(calibration("11"))
    assert text.splitlines()[-1] == "3 guesses: 1 close, 1 too high, 1 too low"
    assert "question 11.a" in text and "12.a" not in text and "not revealed" not in text


def test_calibration_lists_the_bets_as_they_were_asked():
    for name in ("11.z", "11.m", "11.a"):
        bet(name, f"question {name}", 0, 100, "%", guess=50)
    for name in ("11.a", "11.m", "11.z"):
        repr(reveal(name, 50))
    order = [line.split()[1] for line in repr(calibration("11")).splitlines()[1:4]]
    assert order == ["11.z", "11.m", "11.a"]
    bets_module._asked.clear()  # another day, before the bets are asked again
    assert [line.split()[1] for line in repr(calibration("11")).splitlines()[1:4]] == order


# --- decisions, memo -------------------------------------------------------------------------------------------------


@pytest.fixture
def lab(monkeypatch):
    class Asked:
        prompt = say(zh="怎么发？", en="Who gets <them>?")
        options = {"a": say(zh="全发", en="all"), "b": say(zh="一半", en="a random half")}

    monkeypatch.setattr(crmlab.feedback, "decision", lambda key: Asked)
    fields = {"action": say(zh="先做什么？", en="What first?"), "doubt": say(zh="凭什么？", en="Why?")}
    monkeypatch.setattr(crmlab.feedback, "memo_fields", lambda no: fields)
    about = say(zh="先请谁：决策备忘录", en="Whom <first>: decision memo"), say(zh="数据：x", en="Data: x")
    monkeypatch.setattr(crmlab.feedback, "memo_heading", lambda no: about)


def test_decide_keeps_a_choice_and_says_no_more(lab):
    made = decide("11.A1")
    bundle = made._repr_mimebundle_()
    assert "Who gets &lt;them&gt;?" in bundle["text/html"] and 'decide("11.A1", "letter")' in bundle["text/plain"]
    made.widget.children[1].value = "b"
    assert saved_answers("lab11") == {"11.A1": "b"} and made.widget.children[2].value == "<p>Saved: b</p>"
    decide("11.A1", "a")
    assert saved_answers("lab11") == {"11.A1": "a"} and decide("11.A1").widget.children[1].value == "a"
    with pytest.raises(ValueError, match="choose one of a / b"):
        decide("11.A1", "z")


def test_memo_is_saved_and_makes_one_page_with_text_only(lab):
    made = memo("11", action="<script>alert(1)</script> & 先做对照")
    area = made.widget.children[3]
    area.value = "because"
    assert saved_answers("memo11") == {"action": "<script>alert(1)</script> & 先做对照", "doubt": "because"}
    said = made.page()
    page = (work_dir() / "memo_11.html").read_text(encoding="utf-8")
    assert (
        "memo_11.html" in said and "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 先做" in page
    )
    assert "because" in page and 'lang="en"' in page and "http" not in page
    assert "<h1>Whom &lt;first&gt;: decision memo</h1><small>Data: x; written 20" in page
    with pytest.raises(ValueError, match="no reason; it has: action, doubt"):
        memo("11", reason="x")


def test_memo_saves_while_typing_and_its_page_keeps_up(lab):
    set_subject("yunmu")
    made = memo("11")
    area, button, link = made.widget.children[1], *made.widget.children[-2:]
    assert area.continuous_update and button.description == "Make it one page" and not link.value
    area.value = "call th"
    assert memo("11").widget.children[1].value == "call th" and not made.target.exists()
    button.click()
    assert "memo_11_yunmu.html" in link.value
    area.value = "call them"
    assert "<p>call them</p>" in (work_dir() / "memo_11_yunmu.html").read_text(encoding="utf-8")


def test_heading_of_the_memo_names_lab_company_and_day(monkeypatch):
    crmlab.feedback.start_lab("11", "morningcup", "2026-03-31")
    module = crmlab.feedback._lab("11").module
    monkeypatch.setattr(module, "memo_title", lambda: say(zh="先请谁", en="Whom first: memo"), raising=False)
    assert crmlab.feedback.memo_heading("11") == (
        "Whom first: memo",
        "Data: Morningcup, reference day 2026-03-31",
    )
    monkeypatch.delattr(module, "memo_title")
    assert crmlab.feedback.memo_heading("11")[0] == "Lab 11: decision memo"


# --- the reader's folder ---------------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path, monkeypatch):
    root = tmp_path / "我的 course"
    for lang in ("zh", "en"):
        (root / "labs" / lang).mkdir(parents=True)
        (root / "labs" / lang / "11_rfm.ipynb").write_text(f'"{lang}"', encoding="utf-8")
    (root / "course").mkdir()
    (root / "notebooks" / "zh").mkdir(parents=True)
    monkeypatch.delenv("CRMLAB_WORK")
    monkeypatch.chdir(root / "notebooks" / "zh")
    return root


def test_lab_button_copies_once_and_never_overwrites(course):
    button, note = lab_button("11").widget.children
    button.click()
    copy = course / "my_work" / "11_rfm_en.ipynb"
    assert (
        copy.read_text(encoding="utf-8") == '"en"'
        and "Copied" in note.value
        and "my_work/11_rfm_en.ipynb" in note.value
    )
    copy.write_text("mine", encoding="utf-8")
    button.click()
    assert copy.read_text(encoding="utf-8") == "mine" and "still there" in note.value
    assert copy_lab("11", "zh").read_text(encoding="utf-8") == '"zh"'
    button, note = lab_button("99").widget.children
    button.click()
    assert "Lab 99 was not found" in note.value


def test_lab_link_stands_under_the_prefix_of_its_server(course, tmp_path, monkeypatch):
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for pid, base in ((1, "/other/"), (2, "/user/zhang/")):
        note = {"pid": pid, "root_dir": str(course), "base_url": base}
        (runtime / f"jpserver-{pid}.json").write_text(json.dumps(note), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("JPY_PARENT_PID", "2")
    button, note = lab_button("11").widget.children
    button.click()
    assert 'href="/user/zhang/lab/tree/my_work/11_rfm_en.ipynb"' in note.value
    assert "{&quot;path&quot;: &quot;my_work/11_rfm_en.ipynb&quot;}" in note.value and "_blank" not in note.value


def test_work_folder_is_found_from_any_notebook(course, monkeypatch):
    assert work_dir() == course / "my_work" and not work_dir().exists()
    save_answer("bets", "x", 1)
    monkeypatch.chdir(course / "my_work")
    assert saved_answers("bets") == {"x": 1}


@pytest.mark.parametrize("damage", [b"{not json", b"\xff\xfe\x00", b"[1]"])
def test_a_damaged_answer_file_is_kept_aside(damage):
    save_answer("bets", "x", 1)
    path = work_dir() / "answers" / "bets.json"
    path.write_bytes(damage)
    with pytest.warns(UserWarning, match="cannot be read; it is kept as bets.damaged-"):
        assert saved_answers("bets") == {}
    assert [p.read_bytes() for p in path.parent.glob("bets.damaged-*")] == [damage]
    save_answer("bets", "y", 2)
    assert saved_answers("bets") == {"y": 2}


# --- stored notebooks ------------------------------------------------------------------------------------------------

CELLS = [
    "import os\nimport pandas as pd, matplotlib.pyplot as plt",
    'from crmlab import bet, calibration, explore, lab_button, reveal, show, use_style\nuse_style("zh")',
    'def late(days=90):\n    ax = plt.subplots()[1]\n    ax.bar(["早", "晚"], [days, int(os.environ["LATE"])])\n'
    '    ax.set_title("谁晚了")\n    return ax\nlate()',
    "explore(late, days=(30, 150, 60))",
    "explore(lambda n: plt.subplots()[1].bar([1], [n])[0], n=(1, 5))",
    'bet("11.x", "多少？", 0, 100, "%")',
    'reveal("11.x", 61)',
    'calibration("11")',
    'lab_button("11")',
    'show(pd.DataFrame({"customer_id": ["Y000001"], "amount": [1.5]}), money="amount", light="Y000001")',
]


def test_stored_controls_and_figures_are_compared_and_a_change_is_seen(tmp_path):
    env = {**os.environ, "CRMLAB_STRICT": "1", "LATE": "1240", "MPLBACKEND": "agg", "PYTHONUTF8": "1"}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(book, kernel_name="python3", store_widget_state=True).execute(cwd=str(tmp_path), env=env)
    frozen = 0
    for cell in book.cells:
        for output in cell.outputs:
            assert output.output_type != "stream", output
            frozen += output.data.pop(VIEW, None) is not None
    assert frozen == 6  # two answers redraw themselves, so they are controls too
    kinds = [[sorted(output.data) for output in cell.outputs] for cell in book.cells]
    assert kinds[2] == [["image/png", "text/plain"]]  # the figure alone: its Axes show nothing
    assert kinds[3] == [["image/png", "text/plain"]]
    book.metadata.pop("widgets")
    path = tmp_path / "stored.ipynb"
    nbformat.write(book, path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval",
        "--nbval-current-env",
        path.name,
    ]
    changed = subprocess.run(command, cwd=tmp_path, env=env | {"LATE": "1250"}, capture_output=True, encoding="utf-8")
    assert f"2 failed, {len(CELLS) - 2} passed" in changed.stdout, changed.stdout  # both pictures of `late`, no other
    assert changed.stdout.count("晚=1250") >= 2


def test_an_answer_is_folded_until_the_guess_and_then_redraws_itself():
    asked = bet("11.live", "how many", 0, 100, "%")
    answer, table = reveal("11.live", 61.2), calibration("11")
    assert "<details>" in answer.widget.value and "61.2%" in answer.widget.value
    assert "no bet in this chapter" in table.widget.value
    asked.save(60)
    assert "<details>" not in answer.widget.value and "close" in answer.widget.value
    assert "61.2%" in table.widget.value
