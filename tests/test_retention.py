"""Retention against a slow count in plain Python, on random tables and on every engine."""

import calendar
import datetime as dt
from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_rfm import STATUSES, random_orders, spark, to_engine  # noqa: F401  (spark is a fixture)

from crmlab import load, retention
from crmlab.language import use_style
from crmlab.world import days

KEPT = {"paid", "shipped", "completed", "part_refunded", "disputed"}
AS_OFS = ["2026-03-31", "2026-03-30", "2026-02-28", "2025-12-01", "2026-01-15"]


def edges(seed: int) -> pd.DataFrame:
    """Random orders with what goes wrong at the edges: last seconds of a month, first ones, leap days, two a day."""
    orders = random_orders(seed, n=120, customers=25)
    draw = np.random.default_rng(seed + 10_000)
    special = [
        "2025-01-31 23:59:59.999999",
        "2025-02-01 00:00:00",
        "2025-02-28 12:00",
        "2025-12-31 23:59",
        "2026-03-31 08:00",
    ]
    hit = draw.random(len(orders)) < 0.3
    orders.loc[hit, "paid_at"] = pd.to_datetime(draw.choice(special, hit.sum()), format="mixed").astype(
        "datetime64[us]"
    )
    orders.loc[draw.random(len(orders)) < 0.1, "paid_at"] = pd.NaT
    return orders


def rows_by(orders: pd.DataFrame, as_of: str):
    """(customer, day, counts, money) of every row that says anything, one after the other."""
    for row in orders.to_dict("records"):
        if (
            pd.isna(row["customer_id"])
            or pd.isna(row["paid_at"])
            or row["paid_at"].date() > dt.date.fromisoformat(as_of)
        ):
            continue
        counts = row["status"] in KEPT and row["amount"] > 0
        if counts or row["amount"] < 0:
            yield row["customer_id"], row["paid_at"].date(), counts, Fraction(str(row["amount"]))


def slow_cohorts(orders: pd.DataFrame, as_of: str) -> dict:
    day_of = dt.date.fromisoformat(as_of)
    rows = list(rows_by(orders, as_of))
    first = {}
    for who, day, counts, _ in rows:
        if counts:
            first[who] = min(day, first.get(who, day))
    cells = {}
    for start in sorted({(day.year, day.month) for day in first.values()}):
        members = {who for who, day in first.items() if (day.year, day.month) == start}
        age, (year, month) = 0, start
        while (year, month) <= (day_of.year, day_of.month):
            buyers = {
                who
                for who, day, counts, _ in rows
                if counts and who in members and (day.year, day.month) == (year, month)
            }
            money = sum(
                amount
                for who, day, _, amount in rows
                if who in members
                and ((day.year, day.month) == (year, month) or (age == 0 and (day.year, day.month) < (year, month)))
            )
            over = dt.date(year, month, calendar.monthrange(year, month)[1]) <= day_of
            cells[f"{start[0]}-{start[1]:02d}", age] = (len(members), len(buyers), round(float(money), 2), over)
            year, month, age = (year + 1, 1, age + 1) if month == 12 else (year, month + 1, age + 1)
    return cells


@pytest.mark.parametrize("block", range(10))
def test_cohorts_equal_a_slow_count_on_200_random_tables(block):
    for seed in range(20 * block, 20 * block + 20):
        orders, as_of = edges(seed), AS_OFS[seed % len(AS_OFS)]
        found = retention.cohorts(orders, as_of)
        columns = found[["cohort", "age", "size", "active", "revenue", "complete"]]
        cells = {(cohort, age): tuple(rest) for cohort, age, *rest in columns.itertuples(index=False)}
        assert cells == slow_cohorts(orders, as_of), seed
        assert found["rate"].isna().equals(~found["complete"])
        ready = found[found["complete"]]
        assert np.allclose(ready["rate"], ready["active"] / ready["size"])


def slow_repurchase(orders: pd.DataFrame, as_of: str, within: int, steps: int) -> list[tuple]:
    visits: dict[str, set] = {}
    for who, day, counts, _ in rows_by(orders, as_of):
        if counts:
            visits.setdefault(who, set()).add(day)
    result = []
    for step in range(1, steps + 1):
        base = again = young = 0
        for found in visits.values():
            line = sorted(found)
            if len(line) < step:
                continue
            if (dt.date.fromisoformat(as_of) - line[step - 1]).days < within:
                young += 1
                continue
            base += 1
            again += len(line) > step and (line[step] - line[step - 1]).days <= within
        result.append((step, base, again, young))
    return result


@pytest.mark.parametrize("within", [1, 30, 90])
def test_repurchase_equals_a_slow_count(within):
    for seed in range(40):
        orders, as_of = edges(seed), AS_OFS[seed % len(AS_OFS)]
        found = retention.repurchase(orders, as_of, within=within, steps=3)
        expected = slow_repurchase(orders, as_of, within, 3)
        assert list(found[["step", "base", "again", "too_young"]].itertuples(index=False, name=None)) == expected


@pytest.mark.parametrize("engine", ["duckdb", "parquet", "csv"])
def test_every_engine_gives_the_same_tables(engine, tmp_path):
    orders = random_orders(11, n=3000)
    source = to_engine(orders, engine, tmp_path)
    pd.testing.assert_frame_equal(retention.cohorts(source, "2026-03-31"), retention.cohorts(orders, "2026-03-31"))
    pd.testing.assert_frame_equal(
        retention.repurchase(source, "2026-03-31"), retention.repurchase(orders, "2026-03-31")
    )


def test_spark_gives_the_same_tables(spark):  # noqa: F811
    orders = random_orders(12, n=400)
    frame = spark.createDataFrame(orders.astype({"customer_id": object}).where(orders.notna(), None))
    pd.testing.assert_frame_equal(retention.cohorts(frame, "2026-03-31"), retention.cohorts(orders, "2026-03-31"))
    pd.testing.assert_frame_equal(retention.repurchase(frame, "2026-03-31"), retention.repurchase(orders, "2026-03-31"))


def test_cells_that_are_not_over_are_empty_and_never_nought():
    orders = edges(3)
    wide = retention.triangle(retention.cohorts(orders, "2026-03-15"))
    last = [wide.loc[cohort, 12 * 2026 + 2 - 12 * int(cohort[:4]) - int(cohort[5:]) + 1] for cohort in wide.index]
    assert all(np.isnan(value) for value in last)  # March is not over on the 15th
    over = retention.triangle(retention.cohorts(orders, "2026-03-31"))
    assert np.isfinite(over.iloc[0]).sum() == over.shape[1]


def test_the_average_weighs_people_not_cohorts():
    table = pd.DataFrame({
        "cohort": ["a", "b", "c"],
        "age": [1, 1, 1],
        "size": [900, 100, 50],
        "active": [90, 50, 50],
        "rate": [0.1, 0.5, np.nan],
        "complete": [True, True, False],
    })
    row = retention.average(table).iloc[0]
    assert (row["cohorts"], row["size"], row["rate"]) == (2, 1000, 0.14)
    assert row["low"] < 0.14 < row["high"]


def test_money_of_all_cohorts_is_what_rfm_counts():
    from crmlab import rfm

    orders = load("morningcup", "orders")
    cohorts, summary = retention.cohorts(orders, "2026-06-30"), rfm.summary(orders, "2026-06-30")
    assert cohorts["revenue"].sum() == pytest.approx(summary["monetary"].sum(), abs=0.01)
    assert cohorts.drop_duplicates("cohort")["size"].sum() == len(summary)


def test_by_day_asks_for_the_exact_day_and_waits_for_it_to_be_over():
    began = ["2026-06-01 23:30", "2026-06-01 08:00", "2026-06-29 09:00", "2026-06-30 09:00"]
    did = [
        "2026-06-02 00:10",
        "2026-06-02 20:00",
        "2026-06-08 01:00",
        "2026-06-30 01:00",
        "2026-06-30 10:00",
        "2026-07-01 01:00",
    ]
    starts = pd.Series(pd.to_datetime(began), index=list("abcd"))
    events = pd.DataFrame({"customer_id": list("aabcdd"), "at": pd.to_datetime(did)})
    found = retention.by_day(starts, events, "2026-06-30", days=(1, 7))
    assert found[["day", "base", "active", "too_young"]].to_numpy().tolist() == [[1, 3, 2, 1], [7, 2, 1, 2]]


@pytest.mark.parametrize(("company", "month"), [("yunmu", "stock_out"), ("morningcup", "app_outage")])
def test_effect_3_the_planted_month_has_the_worst_row(company, month):
    cohorts = retention.cohorts(load(company, "orders"), "2026-06-30")
    wide = retention.triangle(cohorts).loc[:, lambda w: w.columns > 0]
    behind = (wide - retention.average(cohorts).set_index("age")["rate"]).where(wide.notna())
    behind = behind[behind.notna().sum(axis=1) >= 3].mean(axis=1)
    assert behind.idxmin() == days.EVENTS[company][month][:7]


def test_the_picture_shows_every_cell_that_is_over_and_frames_the_one_asked_for():
    from crmlab import charts

    use_style("zh")

    cohorts = retention.cohorts(load("yunmu", "orders"), "2026-06-30")
    ax = charts.retention.triangle(cohorts, lit="2025-09")
    wide = retention.triangle(cohorts).loc[:, lambda w: (w.columns > 0) & (w.columns <= 8)].dropna(how="all").tail(13)
    shown = [text.get_text() for text in ax.texts]
    assert shown == [f"{100 * share:.0f}" for share in wide.to_numpy().ravel() if np.isfinite(share)]
    assert ax.patches[0].get_xy()[1] == wide.index.get_loc("2025-09") - 0.5
    assert f"{wide.loc['2025-09', 1]:.0%}" in ax.get_title(loc="left")
    older = charts.retention.triangle(cohorts, lit="2024-09")  # one that is framed is always in the picture
    assert older.get_yticklabels()[0].get_text().startswith("2024-09")
    table = retention.repurchase(load("yunmu", "orders"), "2026-06-30")
    bars = charts.retention.repurchase(table, 90).patches
    assert [bar.get_height() for bar in bars] == pytest.approx(list(table["rate"]))
    plt.close("all")
