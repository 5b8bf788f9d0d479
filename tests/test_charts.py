"""Pictures: titles state a finding that is recomputed here another way; no picture fails on a tiny table."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from crmlab import charts, lifecycle, load, rfm
from crmlab.figures import describe
from crmlab.language import use_style


@pytest.fixture(autouse=True)
def closed():
    use_style("en")
    yield
    plt.close("all")
    use_style("zh")


@pytest.fixture(scope="module")
def users():
    return rfm.summary(load("yunmu", "orders"), "2026-06-30")


@pytest.fixture(scope="module")
def scored(users):
    return rfm.score(users)


def title(ax) -> str:
    return ax.get_title(loc="left")


def test_lorenz_title_is_the_share_of_the_largest_fifth(users):
    money = sorted(users["monetary"], reverse=True)
    share = sum(money[: -(-len(money) // 5)]) / sum(money)
    assert f"The top 20% of customers bring {share:.0%} of revenue" in title(charts.rfm.lorenz(users["monetary"]))


def test_histogram_counts_everybody_once(users):
    for measure in rfm.MEASURES:
        ax = charts.rfm.histogram(users[measure], line=60)
        assert sum(bar.get_height() for bar in ax.patches) == len(users)
        assert f"average is {users[measure].mean():,.1f}" in title(ax)


def test_classes_picture_shows_both_shares(scored):
    ax = charts.rfm.classes(rfm.class_table(scored))
    people = sorted(scored["code"].value_counts(normalize=True))
    drawn = sorted(x for x, _ in ax.collections[1].get_offsets())
    assert drawn[-len(people) :] == pytest.approx(people)


def test_grid_shows_each_cell_count(scored):
    text = [shown.get_text() for shown in charts.rfm.grid(scored).texts]
    assert len(text) == 25
    assert sum(int(one.split("\n")[1].replace(",", "")) for one in text) == len(scored)
    assert f"Champions\n{((scored['r'] == 5) & (scored['f'] == 5)).sum():,}" in text


def test_agreement_is_the_share_with_the_same_code(users):
    codes = pd.DataFrame({rule: rfm.score(users, rule)["code"] for rule in ("mean", "median")})
    changed = sum(a != b for a, b in zip(codes["mean"], codes["median"], strict=True)) / len(codes)
    assert f"up to {changed:.0%} of customers" in title(charts.rfm.agreement(codes))


def test_flow_and_returns_name_what_they_count(users):
    orders = load("yunmu", "orders")
    before = rfm.score(rfm.summary(orders, "2026-03-31"), "quintile")
    now = rfm.score(users, "quintile", cuts=before.attrs["cuts"])
    both = before[["customer_id", "code"]].merge(now[["customer_id", "code"]], on="customer_id")
    left = ((both["code_x"] == "R1F1M1") & (both["code_y"] == "R0F1M1")).sum()
    ax = charts.rfm.flow(rfm.moves(before, now), "R1F1M1", highlight="R0F1M1")
    assert title(ax).startswith(f"{left:,} of 'Key value'")
    table = rfm.return_table(rfm.outcome(before, orders, "2026-03-31", 91))
    assert f"{table['rate'].max():.0%} of" in title(charts.rfm.returns(table, 91))


def test_by_age_uses_the_medians(users):
    table = users.merge(lifecycle.baby_months(load("yunmu", "babies"), "2026-06-30").reset_index())
    table["age_band"] = lifecycle.age_band(table["baby_months"])
    middle = table.groupby("age_band", observed=True)["frequency"].median()
    assert f"Median {middle.max():,.0f}" in title(charts.rfm.by_age(table))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_customer_is_enough_for_every_picture(lang):
    use_style(lang)
    one = pd.DataFrame({"customer_id": ["C1"], "recency": [3], "frequency": [1], "monetary": [9.9]})
    scored = rfm.score(one)
    drawn = [
        charts.rfm.lorenz(one["monetary"]),
        charts.rfm.histogram(one["recency"]),
        charts.rfm.classes(rfm.class_table(scored)),
        charts.rfm.grid(scored),
        charts.rfm.agreement(pd.DataFrame({"mean": scored["code"], "median": scored["code"]})),
        charts.rfm.flow(rfm.moves(scored, scored), scored["code"].iloc[0]),
    ]
    for ax in drawn:
        ax.figure.canvas.draw()
        assert title(ax)
        assert title(ax) in describe(ax.figure)
