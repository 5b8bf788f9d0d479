"""Baby age against the calendar, day by day."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlab import lifecycle


@settings(max_examples=200, deadline=None)
@given(st.dates(pd.Timestamp("2021-01-01").date(), pd.Timestamp("2026-12-31").date()))
def test_months_are_the_completed_ones(born):
    as_of = pd.Timestamp("2026-06-30")
    months = lifecycle.baby_months(pd.DataFrame({"customer_id": ["C1"], "born_on": [pd.Timestamp(born)]}), as_of)["C1"]
    assert pd.Timestamp(born) + pd.DateOffset(months=months) <= as_of
    assert pd.Timestamp(born) + pd.DateOffset(months=months + 1) > as_of


def test_youngest_born_baby_counts_and_unknown_stays_unknown():
    babies = pd.DataFrame({
        "customer_id": ["C1", "C1", "C2", "C3", "C4", "C4"],
        "born_on": pd.to_datetime(["2022-01-01", "2026-01-15", None, "2026-09-01", "2024-06-30", "2026-08-20"]),
    })
    months = lifecycle.baby_months(babies, "2026-06-30")
    assert months["C1"] == 5
    assert pd.isna(months["C2"])
    assert months["C3"] < 0
    assert months["C4"] == 24  # the one she feeds, not the one she expects
    assert lifecycle.age_band(months).to_dict() == {"C1": "0-5", "C2": "unknown", "C3": "expecting", "C4": "24-35"}


def test_bands_begin_where_the_stages_do():
    months = pd.Series([0, 5, 6, 11, 12, 23, 24, 35, 36])
    assert lifecycle.age_band(months).tolist() == ["0-5"] * 2 + ["6-11"] * 2 + ["12-23"] * 2 + ["24-35"] * 2 + [
        "graduated"
    ]
