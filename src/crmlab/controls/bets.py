"""Bet first, look second: a guess before the number, kept, and at the chapter's end all guesses beside the truth."""

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape

import ipywidgets as widgets
import matplotlib.pyplot as plt
import pandas as pd

from crmlab import figures
from crmlab.controls.explore import WIDE, Control, as_figure, as_words, paragraphs, png
from crmlab.controls.live import Answer, on_refresh, refresh
from crmlab.language import Said, say, t
from crmlab.tables import as_html, as_text, show
from crmlab.work import save_answer, saved_answers

GROUP = "bets"
_asked: dict[str, "Bet"] = {}  # bets of this session, for reveal and calibration in the language in use


def _amount(value: float, unit: str) -> str:
    size = abs(value)
    number = f"{size:,.0f}" if size >= 1000 else f"{round(size, 1):,g}"
    minus = "−" if value < 0 and number != "0" else ""
    if unit == "¥":
        return f"{minus}¥{number}"
    number = minus + number
    return f"{number}{unit}" if unit in {"", "%", "‰"} else f"{number} {unit}"


def _plain_value(value):
    """A NumPy scalar as the Python number it is: JSON knows no other."""
    return value.item() if hasattr(value, "item") else value


class Bet(Control):
    """See `bet`."""

    def __init__(self, name, question, low, high, unit, step, options):
        self.name, self.question, self.low, self.high, self.unit = name, question, low, high, unit
        self.options = dict(options) if isinstance(options, Mapping) else {o: o for o in options or ()}
        if not self.options and (low is None or high is None or not low < high):
            raise ValueError(
                say(
                    zh=f"bet({name!r})：请给 low < high 的范围，或给 options。",
                    en=f"bet({name!r}): give a range low < high, or options.",
                )
            )
        self.again = False  # a second guess, made after the answer was seen
        self.step = step or (None if self.options else (high - low) / 100)

    @property
    def guess(self):
        return saved_answers(GROUP).get(self.name, {}).get("guess")

    def save(self, guess) -> Said:
        """Keep `guess`, unless the answer is out: then the first one counts.

        Raises ValueError, with a sentence, when it is out of range.
        """
        guess = _plain_value(guess)
        if not self._fits(guess):
            wanted = " / ".join(map(str, self.options)) or f"{self.words(self.low)} – {self.words(self.high)}"
            raise ValueError(say(zh=f"请猜这个范围里的：{wanted}", en=f"Please guess within: {wanted}"))
        kept = saved_answers(GROUP).get(self.name, {})
        self.again = "truth" in kept and self._fits(kept["guess"]) and guess != kept["guess"]
        if not self.again:
            save_answer(GROUP, self.name, kept | {"guess": guess, "question": str(self.question)})
        refresh()
        return self.noted()

    def _fits(self, guess) -> bool:
        if self.options:
            return guess in self.options
        return isinstance(guess, (int, float)) and self.low <= guess <= self.high

    def words(self, value) -> str:
        return str(self.options.get(value, value)) if self.options else _amount(value, self.unit)

    def noted(self) -> Said:
        if self.guess is None:
            return say(zh="还没猜", en="no guess yet")
        guess = self.words(self.guess)
        if self.again:
            return say(
                zh=f"答案已经揭晓了。第一次猜的是 {guess}，算这个。",
                en=f"The answer is out already. Your first guess was {guess}, and that one counts.",
            )
        return say(zh=f"记下了：{guess}", en=f"Noted: {guess}")

    def _plain(self) -> dict[str, str]:
        choices = [f"{key}: {text}" if key != text else str(text) for key, text in self.options.items()]
        within = " / ".join(choices) or f"{self.words(self.low)} – {self.words(self.high)}"
        lines = [f"{self.question}", within]
        if self.guess is None:
            lines.append(
                say(
                    zh="▶ 运行这一格再选；或在括号里加上 guess=…，再运行",
                    en="▶ Run this cell, then choose; or add guess=… inside the brackets and run it",
                )
            )
        else:
            lines.append(self.noted())
        return {"text/plain": "\n".join(lines), "text/html": paragraphs(*lines)}

    @cached_property
    def widget(self) -> widgets.VBox:
        guess = self.guess
        if self.options:
            choice = widgets.RadioButtons(
                options=[(str(text), key) for key, text in self.options.items()],
                value=guess if guess in self.options else None,
                **WIDE,
            )
        else:
            value = guess if self._fits(guess) else self.low  # the middle would whisper an answer
            whole = all(float(number).is_integer() for number in (self.low, self.high, self.step))
            kind = widgets.IntSlider if whole else widgets.FloatSlider
            choice = kind(
                value=int(value) if whole else value,
                min=self.low,
                max=self.high,
                step=self.step,
                description=say(zh="我猜", en="My guess") + (f" ({self.unit})" if self.unit else ""),
                readout_format=",d" if whole else ",.1f",
                **WIDE,
            )
        button = widgets.Button(description=say(zh="就猜这个", en="That is my guess"), button_style="primary")
        note = widgets.HTML(paragraphs("" if guess is None else self.noted()))

        def keep(_):
            if choice.value is None:
                note.value = paragraphs(say(zh="请先选一个。", en="Please choose one first."))
            else:
                note.value = paragraphs(self.save(choice.value))

        button.on_click(keep)
        return widgets.VBox([widgets.HTML(f"<p><b>{escape(self.question)}</b></p>"), choice, button, note])


def bet(
    name: str,
    question: str,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    step: float | None = None,
    guess=None,
    options: Sequence[str] | Mapping[str, str] | None = None,
) -> Bet:
    """Ask for a guess before the number is shown: a slider from `low` to `high`, or a choice of `options`.

    name: "11.top_share", the chapter first. unit: "¥", "%" (then 0 to 100), or a word. `guess=` is the typed twin.
    The guess is kept in my_work. Raises ValueError, with a sentence, for a guess out of range.
    """
    made = _asked[name] = Bet(name, question, low, high, unit, step, options)
    if guess is not None:
        made.save(guess)
    return made


def _distance(gap: float, unit: str) -> str:
    if unit == "%":
        return say(zh=f"{round(abs(gap), 1):g} 个百分点", en=f"{round(abs(gap), 1):g} percentage points")
    return _amount(abs(gap), unit)


def _close(guess, truth, made: Bet | None, tolerance: float | None) -> bool:
    if isinstance(truth, str) or (made and made.options):
        return guess == truth
    if tolerance is None:
        tolerance = (made.high - made.low) * 0.05 if made else abs(truth) * 0.1
    return abs(guess - truth) <= tolerance


def reveal(name: str, truth, unit: str | None = None, tolerance: float | None = None) -> Answer:
    """The guess beside the truth, in a sentence. Without a guess the answer is there, folded away.

    truth: in the unit of the bet (an option's key where the bet is a choice). unit: only where the bet is not in this
    notebook. tolerance: how near counts as close (default: a twentieth of the bet's range).
    """

    def content() -> tuple[str, str]:
        sentence = _verdict(name, truth, unit, tolerance)
        if "guess" in saved_answers(GROUP).get(name, {}):
            return paragraphs(sentence), sentence
        fold = say(
            zh="先在上面猜一个数，这里就会揭晓；不想猜，点开看",
            en="Guess above and the answer appears here; or open it without a guess",
        )
        return f"<details><summary>{escape(fold)}</summary>{paragraphs(sentence)}</details>", sentence

    return Answer(f"reveal {name}", content)


class AfterBet(Control):
    """See `after_bet`."""

    def __init__(self, name: str, thing):
        self.name, self.thing = name, thing

    @cached_property
    def _shown(self) -> tuple[str, dict[str, str]]:
        """HTML for the live page, and what a stored notebook keeps."""
        if figure := as_figure(self.thing):
            picture, text = base64.b64encode(png(figure)).decode("ascii"), figures.describe(figure)
            plt.close(figure)
            live = f'<img src="data:image/png;base64,{picture}" alt="{escape(text)}" style="max-width: 100%">'
            return live, {"image/png": picture, "text/plain": text}
        live, text = as_words(self.thing)
        if isinstance(self.thing, Said):
            live = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", live)
            return live, {"text/plain": text, "text/markdown": self.thing._repr_markdown_()}
        return live, {"text/plain": text, "text/html": live}

    def _plain(self) -> dict[str, str]:
        return self._shown[1]

    @cached_property
    def widget(self) -> widgets.HTML:
        shown = widgets.HTML()
        shown.add_class("jp-RenderedHTMLCommon")

        def redraw():
            live = self._shown[0]
            fold = say(
                zh="猜过以后，接下来的就在这里；也可以点开先看",
                en="What comes next appears once you have guessed; or open it now",
            )
            guessed = "guess" in saved_answers(GROUP).get(self.name, {})
            shown.value = live if guessed else f"<details><summary>{escape(fold)}</summary>{live}</details>"

        redraw()
        on_refresh(f"after {self.name} {self._shown[1]['text/plain']}", redraw)
        return shown


def after_bet(name: str, thing):
    """A sentence, table or picture that would give away the answer to bet ``name``: on a live page folded until the guess.

    A stored notebook shows it as it is, and so does a page on which the bet was not asked. thing: text, DataFrame, Styler,
    Axes or Figure; None shows nothing.
    """
    return thing if thing is None or name not in _asked else AfterBet(name, thing)


def _verdict(name: str, truth, unit: str | None, tolerance: float | None) -> Said:
    made = _asked.get(name)
    unit = (made.unit if made else "") if unit is None else unit
    truth = _plain_value(truth)
    if truth is None or truth != truth:  # NaN
        return say(
            zh="这份数据里没有这样的人，答不出这个数。",
            en="Nobody in this data is of that kind, so there is no answer.",
        )
    words = made.words if made and made.options else lambda v: v if isinstance(v, str) else _amount(v, unit)
    kept = saved_answers(GROUP).get(name, {})
    guess = kept.get("guess")
    if guess is None:
        return say(
            zh=f"答案是 {words(truth)}。您还没猜；下一个数，先猜再看。",
            en=f"The answer is {words(truth)}. You made no guess; next time, guess before you look.",
        )
    close = _close(guess, truth, made, tolerance)
    high = None if isinstance(truth, (str, bool)) else guess > truth
    save_answer(
        GROUP,
        name,
        kept | {"truth": words(truth), "mine": words(guess), "close": close, "high": None if close else high},
    )
    both = say(zh=f"您猜 {words(guess)}，实际 {words(truth)}", en=f"You guessed {words(guess)}; it is {words(truth)}")
    if close:
        return say(
            zh=f"{both}：{'猜对了' if high is None else '很接近'}。",
            en=f"{both}: {'right' if high is None else 'close'}.",
        )
    if high is None:
        return say(zh=f"{both}。", en=f"{both}.")
    gap = _distance(guess - truth, unit)
    return say(zh=f"{both}：猜{'高' if high else '低'}了 {gap}。", en=f"{both}: {gap} too {'high' if high else 'low'}.")


def calibration(prefix: str) -> Answer:
    """All revealed bets of a chapter (`prefix` "11" for "11.top_share"): a table of guess, truth, verdict, with a summary.

    Without a guess: one sentence.
    """

    def content() -> tuple[str, str]:
        found = _guesses(prefix)
        return (paragraphs(found), found) if isinstance(found, Said) else (as_html(found), as_text(found))

    return Answer(f"calibration {prefix}", content)


def _guesses(prefix: str):
    saved = {
        name: one for name, one in saved_answers(GROUP).items() if name.startswith(f"{prefix}.") and "truth" in one
    }
    asked = [name for name in _asked if name in saved]  # in the chapter's order; the rest as they were first guessed
    kept = {name: saved[name] for name in dict.fromkeys([*asked, *saved])}
    if not kept:
        return say(
            zh="这一章您还没下过注。回到前面，先猜再看：猜过的数，记得牢。",
            en="You have made no bet in this chapter yet. Go back and guess first: a number you have guessed is one you remember.",
        )
    verdicts = {None: t("bet_other"), True: t("bet_high"), False: t("bet_low")}
    table = pd.DataFrame({
        "bet_question": [_asked[name].question if name in _asked else one["question"] for name, one in kept.items()],
        "bet_guess": [one["mine"] for one in kept.values()],
        "bet_truth": [one["truth"] for one in kept.values()],
        "bet_verdict": [t("bet_close") if one["close"] else verdicts[one["high"]] for one in kept.values()],
    })
    close, high, low = (
        sum(one[key] is value for one in kept.values())
        for key, value in (("close", True), ("high", True), ("high", False))
    )
    style = show(table, rows=len(table)).set_table_styles(
        [{"selector": "th, td", "props": "padding: 0.3em 1.2em 0.3em 0"}], overwrite=False
    )
    return style.set_caption(
        say(
            zh=f"猜了 {len(kept)} 次：{close} 次接近，{high} 次猜高，{low} 次猜低",
            en=f"{len(kept)} {'guess' if len(kept) == 1 else 'guesses'}: {close} close, {high} too high, {low} too low",
        )
    )
