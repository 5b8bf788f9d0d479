"""The funnel and K against counts done one person at a time; chapter 06 finds what is planted, on both companies."""

import io
import os
from contextlib import redirect_stdout

import jupytext
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint
from test_rfm import spark  # noqa: F401  (a fixture)

from conftest import ROOT
from crmlab import funnel, load
from crmlab.language import use_style
from crmlab.world import activity, days, referral

NAMES = ["a", "b", "c"]


def crowd(seed: int, n: int = 200) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    people = pd.DataFrame(draw.random((n, 3)) < [0.7, 0.5, 0.4], columns=NAMES)
    return people.assign(group=draw.choice(list("xy"), n), worth=draw.integers(0, 500, n).astype(float))


@pytest.mark.parametrize("seed", range(5))
def test_a_person_stands_in_a_step_only_after_all_steps_before(seed):
    people = crowd(seed)
    table = funnel.steps(people, NAMES, by="group").set_index(["group", "step"])
    for group in "xy":
        rows = [row for row in people.to_dict("records") if row["group"] == group]
        before = len(rows)
        for place, name in enumerate(NAMES):
            n = sum(all(row[one] for one in NAMES[: place + 1]) for row in rows)
            row = table.loc[(group, name)]
            assert (row["n"], row["base"]) == (n, before)
            assert (row["low"], row["high"]) == pytest.approx(proportion_confint(n, before, method="wilson"))
            assert row["of_all"] == pytest.approx(n / len(rows))
            before = n


def test_a_step_nobody_reached_has_no_rate():
    people = pd.DataFrame({"a": [True, False], "b": [False, False], "c": [True, True]})
    table = funnel.steps(people, NAMES)
    assert table["n"].tolist() == [1, 0, 0] and np.isnan(table["rate"].iloc[2])


@pytest.mark.parametrize("seed", range(5))
def test_the_value_of_one_point_is_what_moving_people_would_bring(seed):
    people = crowd(seed)
    table = funnel.one_point(people, NAMES, "worth")
    assert funnel.what_if(table, table["rate"])["worth"].sum() == pytest.approx(people["worth"].sum())
    more = table["rate"].copy()
    more.iloc[-1] += 0.01  # only the last step: those who go on are worth what its passers are
    assert funnel.what_if(table, more)["worth"].sum() - people["worth"].sum() == pytest.approx(table["gain"].iloc[-1])
    reach = people["a"] & people["b"]
    gap = people.loc[reach & people["c"], "worth"].mean() - people.loc[reach & ~people["c"], "worth"].mean()
    assert table["gain"].iloc[-1] == pytest.approx(0.01 * reach.sum() * gap)


def slow_k(invites: pd.DataFrame, as_of: str, wait: int) -> tuple:
    people, accepted, sent, young = {}, 0, 0, 0
    for row in invites.to_dict("records"):
        if row["sent_at"].date() > pd.Timestamp(as_of).date():
            continue
        if (pd.Timestamp(as_of).date() - row["sent_at"].date()).days < wait:
            young += 1
            continue
        sent += 1
        came = pd.notna(row["accepted_at"]) and row["accepted_at"] - row["sent_at"] <= pd.Timedelta(days=wait)
        accepted += came
        people[row["inviter_id"]] = people.get(row["inviter_id"], 0) + came
    return len(people), sent, accepted, young


@pytest.mark.parametrize(("company", "as_of"), [("yunmu", "2026-06-30"), ("morningcup", "2025-03-15")])
def test_k_equals_a_slow_count_and_young_invitations_stay_out(company, as_of):
    invites = load(company, "invites")
    row = funnel.k_factor(invites, None, as_of).iloc[0]
    assert (row["inviters"], row["invites"], row["accepted"], row["too_young"]) == slow_k(invites, as_of, 30)
    assert row["k"] == pytest.approx(row["per_inviter"] * row["acceptance"]) and row["low"] < row["k"] < row["high"]
    later = funnel.k_factor(invites[invites["sent_at"] <= row_day(as_of)], None, as_of).iloc[0]
    assert later["k"] == pytest.approx(row["k"])  # what was sent after the day changes nothing


def row_day(as_of: str) -> pd.Timestamp:
    return pd.Timestamp(as_of) + pd.Timedelta(hours=23, minutes=59, seconds=59)


def test_every_engine_gives_the_same_k(spark):  # noqa: F811
    import duckdb

    invites = load("yunmu", "invites").head(3000)
    expected = funnel.k_factor(invites, "channel", "2025-06-30")
    pd.testing.assert_frame_equal(funnel.k_factor(duckdb.from_df(invites), "channel", "2025-06-30"), expected)
    few = invites.head(400)[["inviter_id", "channel", "sent_at", "accepted_at"]]
    kinds = "inviter_id string, channel string, sent_at timestamp_ntz, accepted_at timestamp_ntz"
    rows = spark.createDataFrame(few.astype(object).where(few.notna(), None), kinds)
    pd.testing.assert_frame_equal(
        funnel.k_factor(rows, "channel", "2025-06-30"), funnel.k_factor(few, "channel", "2025-06-30")
    )


def test_waves_add_up_to_the_geometric_series():
    table = funnel.waves(0.5, start=100, rounds=8, runs=2000)
    assert table["total"].iloc[-1] == pytest.approx(100 * (1 - 0.5**9) / 0.5, rel=0.02)
    assert funnel.waves(1.5, rounds=8)["total"].iloc[-1] > 5 * table["total"].iloc[-1]
    assert (table["low"] <= table["high"]).all() and table["total"].is_monotonic_increasing


def run_chapter(tmp_path, company: str, **parameters) -> dict:
    """The names of chapter 06 after its code cells ran from top to bottom."""
    os.environ["CRMLAB_WORK"] = str(tmp_path)
    cells = jupytext.read(ROOT / "course" / "chapters" / "06_aarrr.py", fmt="py:percent").cells
    names: dict = {"__name__": "chapter"}
    with redirect_stdout(io.StringIO()):
        for cell in (cell for cell in cells if cell.cell_type == "code"):
            exec(compile(cell.source, "06_aarrr.py", "exec"), names)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {"language": "en", "company": company} | parameters
            plt.close("all")
    use_style("zh")
    return names


@pytest.fixture(scope="module", params=["yunmu", "morningcup"])
def chapter(request, tmp_path_factory):
    return run_chapter(tmp_path_factory.mktemp("work"), request.param)


def test_effect_1_cheapest_channel_pays_back_late(chapter):
    paid = chapter["paid"].set_index("channel")
    assert chapter["cheapest"] == paid["cac"].idxmin() == "paid_social"
    rank = paid["payback"].rank()
    assert rank["paid_social"] >= 4 and rank["referral"] <= 2
    assert paid.at["paid_social", "payback_low"] > paid.at["referral", "payback_high"]
    assert paid.at["paid_social", "ratio_high"] < paid.at["referral", "ratio_low"]
    active = chapter["by_channel"]
    assert active.idxmin() == "paid_social" and active.idxmax() == "referral"
    assert (
        list(activity.BY_CHANNEL).index(activity.BY_CHANNEL.min()) == 2
    )  # what is planted: paid social activates least


def test_effect_2_the_draw_by_lot_shows_less_than_the_users(chapter):
    assert chapter["naive"].value > 0.25 and 0.25 < chapter["uptake"].value < 0.42
    assert chapter["effect"].low > 0 and 0.035 < chapter["effect"].value < 0.11
    assert 0.1 < chapter["moved"][0] < chapter["naive"].value
    assert activity.CAUSAL[chapter["company"]] < 1  # planted: it does keep people


def test_effect_3_the_bad_month_is_found(chapter):
    month = days.EVENTS[chapter["company"]][{"yunmu": "stock_out", "morningcup": "app_outage"}[chapter["company"]]][:7]
    assert chapter["worst"] == month and chapter["cause"]
    assert -0.32 < chapter["drop"].value < -0.12 and chapter["drop"].high < -0.08


def test_effect_14_one_community_and_the_promoters(chapter):
    assert chapter["star"]["community_id"][-2:] == f"{referral.STAR:02d}" and chapter["star"]["low"] > 1
    assert (chapter["ranked"]["high"][1:] < 1).all() and chapter["ways"]["k"].max() < 1
    accepted = chapter["ways"].set_index("channel")["acceptance"]
    for way, planted in zip(referral.WAYS, referral.CONVERSION, strict=True):
        if way != "group":  # the one community lifts it
            assert accepted[way] == pytest.approx(planted, abs=0.03)
    assert chapter["word"].low > 0.19


def test_what_the_chapter_does_by_hand_is_what_the_helpers_give(chapter):
    assert chapter["same"] and chapter["by_hand"] == pytest.approx(chapter["again"]["rate"].iloc[0])
    assert chapter["left"] == pytest.approx(chapter["order"]["margin"], abs=0.005)
    assert chapter["arppu"] == pytest.approx(chapter["heads"]["per_head"].iloc[-1])


def test_the_chapter_runs_on_orders_alone(tmp_path):
    orders = load("morningcup", "orders").query("paid_at < '2024-12-01'")
    orders.to_csv(tmp_path / "my.csv", index=False, encoding="utf-8-sig")
    names = run_chapter(tmp_path, "yunmu", orders_file=str(tmp_path / "my.csv"), as_of="")
    assert names["own"] and len(names["ready"]) >= 2 and names["again"]["base"].iloc[0] > 0 and names["same"]


def test_the_pictures_show_what_is_in_the_tables():
    from crmlab import charts

    use_style("zh")

    people = crowd(1)
    table = funnel.steps(people, NAMES)
    ax = charts.funnel.steps(table, "all")
    assert [bar.get_width() for bar in ax.patches] == [200, *table["n"]]
    assert f"{table['rate'].min():.0%}" in ax.get_title(loc="left")
    nodes = pd.DataFrame({
        "key": ["root", "left", "right", "leaf"],
        "parent": [None, "root", "root", "right"],
        "name": ["R", "A", "B", "C"],
        "value": ["6", "2", "3", "3"],
        "sign": ["", "", "×", ""],
        "lit": [False, False, False, True],
    })
    tree = charts.funnel.driver_tree(nodes, "six")
    boxes = {key: box.get_extents() for key, box in zip(["root", "left", "right", "leaf"], tree.patches, strict=True)}
    assert len(tree.patches) == 4 and [text.get_text() for text in tree.texts].count("×") == 1
    corners = list(boxes.values())
    assert not any(a.overlaps(b) for place, a in enumerate(corners) for b in corners[place + 1 :])
    plt.close("all")
