"""The 4D scorecard and the studies of chapter 02, against counts made another way, hand-made tables and planted effects."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from crmlab import charts, counted_orders, experiment, fourd, load, value
from crmlab.definitions import definitions
from crmlab.language import use_style

AS_OF = "2026-06-30"
END = pd.Timestamp("2026-07-01")
COMPANIES = ("yunmu", "morningcup")
both = pytest.mark.parametrize("company", COMPANIES)


@pytest.fixture(scope="module")
def company_tables():
    return {company: fourd.load_tables(company) for company in COMPANIES}


@pytest.fixture(scope="module")
def cards(company_tables):
    return {company: fourd.scorecard(tables, AS_OF) for company, tables in company_tables.items()}


def at(*texts):
    return pd.to_datetime(pd.Series(texts, dtype="str"), format="ISO8601").astype("datetime64[us]")


@pytest.fixture(scope="module")
def tiny():
    """Four customers, all that can be counted on the fingers; A is good at everything, D does nothing."""
    needs = {f"{need}_{side}": [3, 3] for need in fourd.NEEDS for side in ("importance", "satisfaction")}
    needs |= {"care_importance": [5, 4], "care_satisfaction": [2, 4]}
    marks = dict.fromkeys(fourd.BENEFITS, [4, 5]) | dict.fromkeys(fourd.COSTS, [2, 4])
    answered = at("2026-06-10", "2026-06-11")
    return {
        "members": pd.DataFrame({
            "customer_id": list("ABCD"), "joined_at": at(*["2025-01-01"] * 4), "joining_motive": ["price", None, "friend", None],
            "gender": ["female", "unknown", "male", "unknown"], "birthday_md": ["01-02", None, None, None],
            "birth_year": [1990, pd.NA, 1991, pd.NA], "household_role": ["mother", "mother", None, None],
        }),
        "babies": pd.DataFrame({"customer_id": ["A", "B", "B"], "born_on": at("2025-01-01", None, None)}),
        "orders": pd.DataFrame({
            "order_id": list("12345"), "customer_id": ["A", "B", "A", "C", "A"], "status": "paid", "amount": 10.0,
            "paid_at": at("2026-02-01", "2026-02-02", "2026-05-01", "2026-06-01", "2026-07-02"),
            "promised_at": at(None, None, "2026-05-02", "2026-06-02", "2026-07-03"),
            "delivered_at": at(None, None, "2026-05-02", None, "2026-07-03"),
        }),
        "events": pd.DataFrame({"customer_id": ["D"], "at": at("2026-01-01")}),
        "consents": pd.DataFrame({
            "customer_id": ["A", "B", "C"], "purpose": ["marketing", "service", "marketing"],
            "granted_at": at(*["2025-01-01"] * 3), "withdrawn_at": at(None, None, "2026-06-30 09:00"),
        }),
        "identities": pd.DataFrame({
            "customer_id": ["A", "A", "B", "B"], "system": ["pos", "app", "pos", "pos"], "matched_at": at(*["2025-01-01"] * 4),
        }),
        "manual_tags": pd.DataFrame({"customer_id": ["A", "B"], "tag": "x", "tagged_at": at("2026-06-30 23:00", "2025-06-30")}),
        "surveys": pd.DataFrame({
            "customer_id": ["A", "B"], "answered_at": answered, "must_have": ["very_disappointed", "not"], "satisfaction": [4, 3],
            **needs,
        }),
        "perceived_value": pd.DataFrame({"customer_id": ["A", "B"], "answered_at": answered, **marks}),
        "tickets": pd.DataFrame({
            "customer_id": list("ABC"), "opened_at": at("2026-06-01 10:00", "2026-06-02 10:00", "2026-06-30 10:00"),
            "resolved_at": at("2026-06-02 10:00", "2026-06-03 10:01", None),
        }),
        "touches": pd.DataFrame({
            "customer_id": ["A"] * 4 + ["B"] * 4, "delivered": [1] * 7 + [0], "channel": ["sms"] * 3 + ["push"] + ["sms"] * 4,
            "sent_at": at(*[f"2026-06-{day:02d} 10:00" for day in (1, 2, 3, 7, 1, 2, 3, 4)]),
            "purpose": "marketing", "triggered_at": at("2026-05-31 11:00", "2026-05-30 10:00", *[None] * 6),
        }),
    }  # fmt: skip


BY_HAND = {  # complete: A 4 fields, B the role, C gender and year, D none
    "opportunity": 10 + (10 - 5), "need_known": 2 / 4, "stage_known": 1 / 4, "must_have": 1 / 2, "complete": 7 / 16,
    "fresh": 2 / 4, "consent": 1 / 4, "matched": 1 / 4, "tagged": 1 / 4, "value_gap": (2 + 1) / 2, "promise": 1 / 2,
    "satisfied": 1 / 2, "resolved": 1 / 2, "came_back": 1 / 2, "triggered": 2 / 7, "quick": 1 / 2, "channels": 3 / 2,
    "over_contact": 1 / 2,
}  # fmt: skip


def test_every_indicator_counted_on_the_fingers(tiny):
    card = fourd.scorecard(tiny, AS_OF, draws=20).set_index("indicator")
    assert set(BY_HAND) == set(fourd.INDICATORS)
    assert card["covered"].all()
    assert dict(card["value"]) == pytest.approx(BY_HAND)


def test_points_lie_on_the_line_between_the_bounds(tiny):
    card = fourd.scorecard(tiny, AS_OF, bounds={"consent": (0, 0.5), "over_contact": (1, 0)}, draws=20).set_index(
        "indicator"
    )
    assert card.at["consent", "score"] == pytest.approx(50)
    assert card.at["over_contact", "score"] == pytest.approx(50)
    assert list(fourd.points([-1, 0, 1, 2, 3], 0, 2)) == [0, 0, 50, 100, 100]
    with pytest.raises(KeyError, match="consnt"):
        fourd.scorecard(tiny, AS_OF, weights={"consnt": 1})


def test_weights_and_missing_tables(tiny):
    card = fourd.scorecard(tiny, AS_OF, weights={"must_have": 3}, draws=20)
    score = card.set_index("indicator")["score"]
    expected = (score["opportunity"] + score["need_known"] + score["stage_known"] + 3 * score["must_have"]) / 6
    whole = fourd.summary(card).set_index("d")
    assert whole.at["demand", "score"] == pytest.approx(expected)
    assert (whole["coverage"] == 1).all()
    less = {name: table for name, table in tiny.items() if name not in {"surveys", "babies"}}
    card = fourd.scorecard(less, AS_OF, draws=20)
    gone = card[~card["covered"]]
    assert set(gone["indicator"]) == {"opportunity", "stage_known", "must_have", "satisfied"}
    assert gone[["value", "low", "high", "score"]].isna().all(axis=None)
    assert set(gone["missing"]) == {"surveys", "babies"}
    part = fourd.summary(card).set_index("d")
    assert part.at["demand", "coverage"] == pytest.approx(1 / 4)
    assert part.at["demand", "score"] == pytest.approx(score["need_known"])  # the rest is not scored 0
    less["touches"] = less["touches"].drop(columns="triggered_at")
    card = fourd.scorecard(less, AS_OF, draws=20).set_index("indicator")
    assert card.loc[["triggered", "quick"], "missing"].eq("touches.triggered_at").all()
    assert card.at["over_contact", "covered"]


def test_a_window_without_rows_is_not_a_zero(tiny):
    card = fourd.scorecard(tiny | {"tickets": tiny["tickets"].iloc[:0]}, AS_OF, draws=20).set_index("indicator")
    assert (
        not card.at["resolved", "covered"] and np.isnan(card.at["resolved", "score"]) and card.at["resolved", "missing"]
    )


def test_orders_alone():
    card = fourd.scorecard(
        {"orders": load("yunmu", "orders")[["customer_id", "paid_at", "amount", "status"]]}, AS_OF, draws=50
    )
    assert list(card.loc[card["covered"], "indicator"]) == ["came_back"]
    assert fourd.summary(card).set_index("d")["coverage"].to_dict() == pytest.approx({
        "demand": 0,
        "data": 0,
        "deliver": 0.2,
        "dynamic": 0,
    })
    assert fourd.rank_stability(card)["d"].to_list() == ["deliver"]


@both
def test_company_values_counted_another_way(company, company_tables, cards):
    tables, value_of = company_tables[company], cards[company].set_index("indicator")["value"]
    members, since = set(tables["members"]["customer_id"]), END - pd.Timedelta(days=90)
    granted = {
        row.customer_id
        for row in tables["consents"].itertuples()
        if row.purpose == "marketing" and row.granted_at < END and not row.withdrawn_at < END
    }
    assert value_of["consent"] == pytest.approx(len(granted & members) / len(members))
    due = [row for row in tables["orders"].itertuples() if since <= row.promised_at < END]
    assert value_of["promise"] == pytest.approx(sum(row.delivered_at <= row.promised_at for row in due) / len(due))
    messages = [row for row in tables["touches"].itertuples() if since <= row.sent_at < END and row.delivered == 1]
    waits = [row.sent_at - row.triggered_at for row in messages if not pd.isna(row.triggered_at)]
    assert value_of["triggered"] == pytest.approx(len(waits) / len(messages))
    assert value_of["quick"] == pytest.approx(sum(wait <= pd.Timedelta("24h") for wait in waits) / len(waits))
    times = {row.customer_id: [] for row in messages}
    for row in messages:
        if row.purpose == "marketing":
            times[row.customer_id].append(row.sent_at)
    often = [any(sum(a <= b < a + pd.Timedelta(days=7) for b in sent) > 3 for a in sent) for sent in times.values()]
    assert value_of["over_contact"] == pytest.approx(np.mean(often))


@both
def test_opportunity_by_hand(company, company_tables, cards):
    surveys = company_tables[company]["surveys"]
    kept = surveys[(surveys["answered_at"] >= END - pd.Timedelta(days=365)) & (surveys["answered_at"] < END)]
    kept = kept.loc[kept.groupby("customer_id")["answered_at"].idxmax()]
    scores = {}
    for need in fourd.NEEDS:
        i, s = (10 * np.mean([mark >= 4 for mark in kept[f"{need}_{side}"]]) for side in ("importance", "satisfaction"))
        scores[need] = i + max(i - s, 0)
    table = fourd.opportunities(surveys, AS_OF)
    assert table.set_index("need")["opportunity"].to_dict() == pytest.approx(scores)
    assert cards[company].set_index("indicator")["value"]["opportunity"] == pytest.approx(max(scores.values()))
    halves = fourd.opportunities(surveys, AS_OF, by=pd.Series(np.arange(len(kept)) % 2, kept["customer_id"]))
    assert halves.groupby("need")["n"].sum().eq(len(kept)).all()


def test_rows_after_the_reference_day_are_not_read(company_tables):
    day, columns = "2026-03-31", {"orders": "paid_at", "events": "at", "touches": "sent_at", "surveys": "answered_at"}
    columns |= {"consents": "granted_at", "identities": "matched_at", "tickets": "opened_at", "members": "joined_at"}
    tables = company_tables["yunmu"]
    cut = {
        name: table[~(table[columns[name]] >= "2026-04-01")] if name in columns else table
        for name, table in tables.items()
    }
    first, second = (fourd.scorecard(each, day, draws=5).set_index("indicator")["value"] for each in (tables, cut))
    pd.testing.assert_series_equal(
        first.drop("promise"), second.drop("promise")
    )  # orders may be promised later than paid


def test_intervals_cover_the_truth_in_about_95_of_100():
    rng, hits, runs, n, truth = np.random.default_rng(2), 0, 300, 250, 0.7
    for run in range(runs):
        per_person = rng.poisson(2.0, n)  # several orders a person: the customer is what is drawn, not the order
        good = rng.beta(7, 3, n)
        who = np.repeat(np.arange(n), per_person)
        kept = rng.random(len(who)) < good[who]
        due = pd.Timestamp("2026-06-01")
        orders = pd.DataFrame({"customer_id": who.astype(str), "promised_at": due})
        orders["delivered_at"] = np.where(kept, due, due + pd.Timedelta(days=1))
        row = fourd.scorecard({"orders": orders}, AS_OF, draws=200, seed=run).set_index("indicator").loc["promise"]
        hits += row["low"] <= truth <= row["high"]
    assert 0.91 <= hits / runs <= 0.98


def test_the_same_seed_gives_the_same_card_and_a_segment_is_a_subset(company_tables, cards):
    tables = company_tables["yunmu"]
    pd.testing.assert_frame_equal(fourd.scorecard(tables, AS_OF), cards["yunmu"])
    city = tables["members"].loc[tables["members"]["city_tier"] == 1, "customer_id"]
    part = fourd.scorecard(tables, AS_OF, who=city, draws=50).set_index("indicator")
    known = tables["members"].loc[tables["members"]["city_tier"] == 1, "joining_motive"].notna()
    assert part.at["need_known", "value"] == pytest.approx(known.mean()) and part.at["need_known", "n"] == len(city)


def test_rank_stability_and_comparison(cards):
    card = cards["yunmu"].copy()
    card["score"] = card["d"].map({"demand": 90.0, "data": 70.0, "deliver": 50.0, "dynamic": 30.0})
    clear = fourd.rank_stability(card)
    assert list(clear["d"]) == list(fourd.DS) and clear.attrs["order"] == 1
    real = fourd.rank_stability(cards["yunmu"])
    assert real["same"].between(real.attrs["order"], 1).all() and real.attrs["order"] < 0.5
    table = fourd.compare(cards["yunmu"], cards["morningcup"]).set_index("d")
    assert table.at["demand", "shared"] == 3  # no babies at morningcup: children's age is left out on both sides
    three = cards["yunmu"].set_index("indicator").loc[["opportunity", "need_known", "must_have"], "score"]
    assert table.at["demand", "first"] == pytest.approx(three.mean())
    assert (table["low"] < table["gap"]).all() and (table["gap"] < table["high"]).all()
    mirror = fourd.compare(cards["morningcup"], cards["yunmu"]).set_index("d")
    assert mirror["gap"].to_dict() == pytest.approx((-table["gap"]).to_dict())


@both
def test_effect_8_the_tiers_answer_different_messages(company):
    tables = {name: load(company, name) for name in ("campaigns", "touches", "orders", "order_lines", "products")}
    table = fourd.tier_by_message(*tables.values()).set_index(["tier", "arm"])
    tests = tables["campaigns"].loc[tables["campaigns"]["kind"] == "price_or_service", "campaign_id"]
    assert table["n"].sum() <= tables["touches"]["campaign_id"].isin(tests).sum()
    gaps = [
        experiment.difference(
            *table.loc[(tier, "price"), ["clicks", "n"]], *table.loc[(tier, "service"), ["clicks", "n"]]
        )
        for tier in ("value", "premium")
    ]
    both_gaps = fourd.gap_of_gaps(*gaps)
    assert gaps[0].low > 0 > gaps[1].high
    assert (
        both_gaps.low > 0.08 and both_gaps.low < 0.19 < both_gaps.high + 0.05
    )  # planted: 19 points, blurred by the tier


def test_tiers_are_those_of_earlier_purchases():
    orders = pd.DataFrame({
        "order_id": list("123"), "customer_id": ["A", "A", "B"], "status": "paid", "amount": 9.0,
        "paid_at": at("2026-01-01", "2026-03-01", "2026-01-01"),
    })  # fmt: skip
    lines = pd.DataFrame({"order_id": list("123"), "sku": ["v", "p", "p"], "quantity": [1, 5, 1], "unit_price": 9.0})
    products = pd.DataFrame({"sku": ["v", "p"], "price_tier": ["value", "premium"]})
    assert fourd.price_tier(orders, lines, products, "2026-02-01").to_dict() == {"A": "value", "B": "premium"}
    assert fourd.price_tier(orders, lines, products, "2026-04-01").to_dict() == {"A": "premium", "B": "premium"}


@both
def test_value_in_three_parts(company):
    orders, lines, products, members = (
        load(company, name) for name in ("orders", "order_lines", "products", "members")
    )
    parts = fourd.clv(orders, lines, products, members, AS_OF)
    margins = value.margins(orders, lines, products)
    assert parts["historic"].sum() == pytest.approx(margins["margin"].sum(), abs=1)
    assert parts["customer_id"].is_unique and len(parts) == margins["customer_id"].nunique()
    assert (parts[["current", "potential"]] >= 0).all(axis=None)
    late = margins[margins["paid_at"] >= END - pd.Timedelta(days=365)].groupby("customer_id")["margin"].sum()
    ahead = parts.set_index("customer_id")["current"]
    assert (ahead.reindex(late.index) <= late.clip(lower=0) * 2).all()  # going on as before, not growing
    assert parts.loc[parts["recency"] > 365, "current"].eq(0).all()


@both
def test_the_draw_of_two_or_five_messages(company):
    names = ("campaigns", "assignments", "touches", "orders", "order_lines", "products")
    campaigns, assignments, touches, *rest = (load(company, name) for name in names)
    trial = fourd.frequency_test(campaigns, assignments, touches, value.margins(*rest), AS_OF)
    few, many = (trial[trial["arm"] == arm] for arm in ("light", "heavy"))
    assert few["messages"].mean() < 2.1 < 4.5 < many["messages"].mean()
    sent = touches[touches["campaign_id"] == trial.attrs["campaign_id"]]
    assert trial["opted_out"].sum() == sent.loc[sent["customer_id"].isin(trial["customer_id"]), "opted_out"].sum()
    out = experiment.difference(many["opted_out"].sum(), len(many), few["opted_out"].sum(), len(few))
    assert out.low > 0.01  # effect 11
    gain = experiment.mean_difference(many["margin"], few["margin"])
    assert gain.low < 0 < gain.high


@both
def test_drivers_multiply_to_the_revenue_and_promises(company):
    orders = load(company, "orders")
    counted = counted_orders(orders)
    recent = counted[(counted["paid_at"] >= END - pd.Timedelta(days=90)) & (counted["paid_at"] < END)]
    parts = fourd.revenue_drivers(orders, AS_OF)
    product = parts["before"] * parts["came_back"] * parts["back_spend"] + parts["others"] * parts["other_spend"]
    assert parts["revenue"] == pytest.approx(recent["amount"].sum()) == pytest.approx(product)
    some, last = (fourd.promise_and_return(orders, AS_OF, any_order=way).set_index("late") for way in (True, False))
    assert some["n"].sum() == last["n"].sum() and some["back"].sum() == last["back"].sum()
    assert some.at[True, "rate"] > some.at[False, "rate"]  # more orders, more chances of a late one
    gap = experiment.difference(*last.loc[True, ["back", "n"]], *last.loc[False, ["back", "n"]])
    assert gap.low < 0 < gap.high  # nothing is planted there


def test_the_game_is_exact():
    chances = fourd.gap_chances(20, 20, 0.3, 0.1)
    assert chances["chance"].sum() == pytest.approx(1)
    assert (chances["gap"] * chances["chance"]).sum() == pytest.approx(0.1, abs=1e-3)
    rounds = [fourd.draw_lots(40, 0.3, 0.1, seed).groupby("got")["back"].mean() for seed in range(2000)]
    seen = np.array([rates[True] - rates[False] for rates in rounds])
    exact = chances.loc[chances["gap"] >= 0.2 - 1e-9, "chance"].sum()
    assert (seen >= 0.2 - 1e-9).mean() == pytest.approx(exact, abs=0.03)
    assert all(fourd.draw_lots(40, 0.3, seed=seed)["got"].sum() == 20 for seed in range(5))


def test_silent_customers_are_counted_at_the_earlier_day():
    days = {
        "A": ["2026-02-20", "2026-05-01"],
        "B": ["2026-02-20"],
        "C": ["2026-03-20"],
        "D": ["2025-11-01"],
        "E": ["2026-02-20", "2026-07-05"],
    }
    rows = [(who, day) for who, listed in days.items() for day in listed]
    orders = pd.DataFrame(rows, columns=["customer_id", "paid_at"]).assign(status="paid", amount=5.0)
    orders["paid_at"] = pd.to_datetime(orders["paid_at"]).astype("datetime64[us]")
    assert fourd.silent_return(orders, AS_OF) == (1, 3)  # A came back; B did not; E only after the reference day


def test_every_indicator_has_a_card():
    assert {f"fourd_{key}" for key in fourd.INDICATORS} <= set(definitions())
    assert fourd.catalogue().groupby("d").size().between(3, 5).all()


def test_pictures_say_what_the_tables_say(company_tables, cards):
    use_style("en")
    ax = charts.fourd.scorecard(cards["morningcup"])
    lowest = cards["morningcup"]["score"].min()
    assert "17/18" in ax.get_title(loc="left") and f"({lowest:.0f} points)" in ax.get_title(loc="left")
    assert any(text.get_text() == "missing: babies" for text in ax.texts)
    ax = charts.fourd.needs(fourd.opportunities(company_tables["yunmu"]["surveys"], AS_OF))
    assert "being cared for" in ax.get_title(loc="left")
    empty = fourd.scorecard(
        {"orders": pd.DataFrame({"customer_id": ["A"], "paid_at": at("2026-06-01")})}, AS_OF, draws=5
    )
    assert "No indicator" in charts.fourd.scorecard(empty).get_title(loc="left")
    charts.fourd.by_d({"mine": fourd.summary(empty)})
    room = pd.DataFrame({"got": [True, True, False, False], "back": [True, True, True, False]})
    figure = charts.fourd.lots(room, fourd.gap_chances(2, 2, 0.5))
    assert "+50 points" in figure.axes[0].get_title(loc="left")
    plt.close("all")
    use_style("zh")
