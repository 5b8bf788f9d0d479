"""Language, labels, look and the text of figures."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import yaml

mpl.use("agg")
import matplotlib.pyplot as plt
import seaborn as sns
from fontTools.ttLib import TTFont
from matplotlib import font_manager

import crmlab
from crmlab import figures
from crmlab.language import (
    FONT,
    PALETTE,
    label,
    language,
    missing_glyphs,
    say,
    set_language,
    t,
    use_style,
)

PACKAGE = Path(crmlab.__file__).parent
LABELS = (PACKAGE / "labels.yaml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _restore(monkeypatch):
    monkeypatch.delenv("CRMLAB_STRICT", raising=False)
    yield
    plt.close("all")
    set_language("zh")


def test_say_and_t_follow_the_language():
    set_language("zh")
    assert (say(zh="会员", en="member"), t("amount"), label("no such column")) == ("会员", "实付金额", "no such column")
    set_language("en")
    assert (say(zh="会员", en="member"), t("amount"), language()) == ("member", "amount kept", "en")
    with pytest.raises(KeyError, match="no_such_key"):
        t("no_such_key")
    with pytest.raises(ValueError, match="fr"):
        set_language("fr")


def test_a_sentence_shows_as_prose_and_cannot_bring_html():
    said = say(zh="**粗** <script> 138****1234 与 139****1234，$5", en="")
    assert repr(said) == str(said)
    assert said._repr_markdown_() == r"**粗** &lt;script> 138\*\*\*\*1234 与 139\*\*\*\*1234，\$5"


def test_labels_are_complete_and_stand_once():
    keys = [key.value for key, _ in yaml.compose(LABELS).value]
    assert len(keys) == len(set(keys)), sorted({key for key in keys if keys.count(key) > 1})
    for key, pair in yaml.load(LABELS, Loader=yaml.BaseLoader).items():
        assert set(pair) == {"zh", "en"} and all(isinstance(text, str) and text.strip() for text in pair.values()), key


def test_language_loads_without_the_drawing_libraries():
    code = (
        "import sys, crmlab.language as l; l.set_language('en'); l.t('amount'); import crmlab.work, crmlab.tables;"
        "print([m for m in ('matplotlib', 'seaborn', 'ipywidgets', 'IPython') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("style", "weight"), [("Regular", 400), ("Bold", 700)])
def test_font_has_all_of_gb2312_and_keeps_its_licence(style, weight):
    font = TTFont(PACKAGE / "fonts" / f"CrmLabSansSC-{style}.ttf")
    drawn = font.getBestCmap()
    wanted = bytes(b for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF) for b in (row, cell))
    hanzi = wanted.decode("gb2312", errors="ignore")
    hanzi = {c for c in hanzi if "\u4e00" <= c <= "\u9fff"}
    assert len(hanzi) == 6763
    assert {c for c in hanzi | set("¥￥−（）《》“”…％①あΩé€〇") if ord(c) not in drawn} == set()
    names = {record.nameID: str(record) for record in font["name"].names}
    assert (names[1], font["OS/2"].usWeightClass) == (FONT, weight)
    assert "Adobe" in names[0] and "Open Font License" in names[13]
    assert "SIL OPEN FONT LICENSE" in (PACKAGE / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_pictures_use_the_bundled_font_and_a_real_bold():
    use_style("zh")
    for weight, name in (("normal", "Regular"), ("bold", "Bold")):
        found = font_manager.findfont(font_manager.FontProperties(family=FONT, weight=weight))
        assert Path(found) == PACKAGE / "fonts" / f"CrmLabSansSC-{name}.ttf"


def test_missing_glyph_is_an_error_when_strict(monkeypatch):
    monkeypatch.setenv("CRMLAB_STRICT", "1")
    use_style("zh")
    figure, ax = plt.subplots()
    ax.plot([-2, 1], [-1, 1])
    ax.set_title("前 20% 的会员 ¥−3 ✔ ✘ ○")
    figure.canvas.draw()
    ax.set_title("喆")
    with pytest.raises(UserWarning, match="missing from"):
        figure.canvas.draw()


def test_missing_glyph_is_counted_on_own_data():
    use_style("zh")
    figure, ax = plt.subplots()
    ax.set_title("陶喆")
    before = missing_glyphs()["喆"]
    figure.canvas.draw()
    assert missing_glyphs()["喆"] > before and missing_glyphs()["陶"] == 0


def test_projector_pictures_are_larger():
    use_style("en", projector=True)
    large, letters = plt.rcParams["figure.figsize"], plt.rcParams["font.size"]
    use_style("en")
    assert list(plt.rcParams["figure.figsize"]) == [8, 4.5] and large[0] > 8 and letters > plt.rcParams["font.size"]


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def _lab(colour: str, kind: str) -> np.ndarray:
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(BLIND[kind]) @ linear, 0, 1)
    xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]] @ linear
    x, y, z = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLIND)
def test_palette_stays_apart_for_colour_blind_readers(kind):
    pairs = [(a, b) for i, a in enumerate(PALETTE["series"]) for b in PALETTE["series"][:i]]
    pairs += [(PALETTE["good"], PALETTE["bad"]), (PALETTE["accent"], PALETTE["muted"])]
    distances = {pair: np.linalg.norm(_lab(pair[0], kind) - _lab(pair[1], kind)) for pair in pairs}
    assert min(distances.values()) > 12, sorted(distances.items(), key=lambda item: item[1])[:3]
    assert np.linalg.norm(_lab("#d62728", "deutan") - _lab("#7f7f00", "deutan")) < 25  # the yardstick sees a bad pair


def test_figure_text_names_bars_axes_and_values():
    set_language("en")
    _, ax = plt.subplots()
    bars = ax.bar(["champions", "lost"], [3100.0, 1240.0], label="members")
    ax.bar_label(bars, ["3,100", "1,240"])
    ax.set(title="2.5 times as many", xlabel="class", ylabel="members")
    figures.thousands(ax.yaxis)
    assert figures.describe(ax.figure).splitlines() == [
        "2.5 times as many",
        "x axis: class: champions, lost",
        "y axis: members",
        "bars members: champions=3100, lost=1240",
        "text: 3,100 | 1,240",
    ]
    set_language("zh")
    assert "柱 members: champions=3100" in figures.describe(ax.figure)


def test_figure_text_sees_a_change_hidden_in_a_long_line():
    values = np.arange(1000.0)
    _, ax = plt.subplots()
    (line,) = ax.plot(values, label="2026")
    before = figures.describe(ax.figure)
    assert "n=1000, sum=499500" in before and len(before) < 200
    values[500] += 10
    line.set_ydata(values)
    assert figures.describe(ax.figure) != before


def test_figure_text_of_heat_map_scatter_pie_dates_and_areas():
    set_language("en")
    figure, axes = plt.subplots(1, 5)
    grid = pd.DataFrame([[1, 2.5], [3, np.nan]], index=["R1", "R2"], columns=["F1", "F2"])
    sns.heatmap(grid, ax=axes[0], annot=True, cbar_kws={"label": "members"})
    axes[1].scatter([1, 2], [3, 4], label="shops")
    axes[2].pie([1, 3], labels=["new", "old"])
    axes[3].plot(pd.to_datetime(["2026-06-01", "2026-06-30"]), [1, 2])
    axes[4].fill_between([0, 1], [0, 0], [5, 7])
    text = figures.describe(figure)
    for part in (
        "x axis: F1, F2", "y axis: R1, R2", "heat map: 1 2.5 / 3 -", "colour scale: members", "text: 1 | 2.5 | 3",
        "points shops: x 1 2; y 3 4", "wedge new: 25%", "wedge old: 75%", "x 2026-06-01 2026-06-30; y 1 2", "7 7",
    ):  # fmt: skip
        assert part in text


def test_grouped_bars_of_seaborn_keep_their_names():
    set_language("en")
    frame = pd.DataFrame({"shop": ["A", "A", "B", "B"], "n": [1, 2, 3, 4], "year": ["2025", "2026"] * 2})
    ax = sns.barplot(frame, x="n", y="shop", hue="year")
    text = figures.describe(ax.figure)
    assert "bars: A=1, B=3" in text and "bars: A=2, B=4" in text and "legend: year, 2025, 2026" in text


def test_money_is_short_on_axes():
    set_language("zh")
    assert [figures.short_yuan(v) for v in (0, -800, 125_000, 3.2e8)] == ["¥0", "−¥800", "¥12.5 万", "¥3.2 亿"]
    set_language("en")
    assert [figures.short_yuan(v) for v in (999, 125_000, 3.2e8)] == ["¥999", "¥125k", "¥320m"]


def test_line_names_stand_apart_at_the_end():
    use_style("zh")
    _, ax = plt.subplots()
    for name in ("a", "b", "c"):
        ax.plot([0, 1], [0, 1], label=name)
    figures.end_labels(ax)
    heights = sorted(text.get_window_extent().y0 for text in ax.texts)
    assert len(heights) == 3 and np.diff(heights).min() > 10
