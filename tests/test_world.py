"""The synthetic world: integrity over seeds and sizes, planted effects found, and not found where switched off.

``detectable(p, n)`` is the power calculation that stands beside each effect that is a rate.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds import SIZES_AND_SEEDS, counted, detectable, world

from crmlab.world import COMPANIES, build, make_world, write_world
from crmlab.world.raw import COLUMNS, clean_slice

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
MONTH = 30.4375
AS_OF = pd.Timestamp("2026-06-30")
both = pytest.mark.parametrize("company", list(COMPANIES))
worlds = pytest.mark.parametrize(("company", "customers", "seed"), SIZES_AND_SEEDS)


def cents(column):
    return (column * 100).round().astype("int64")


def test_power_calculation_gives_the_figures_of_the_specification():
    assert detectable(0.10, 196) == pytest.approx(0.10, abs=0.005)


# ---- integrity


@worlds
def test_tables_keep_the_dictionary(company, customers, seed):
    tables = world(company, customers, seed)
    assert list(tables) == [n for n, spec in build.schema().items() if company in spec.get("companies", COMPANIES)]
    for name, frame in tables.items():
        columns = build.columns_of(name, company)
        assert list(frame.columns) == list(columns), name
        for column, spec in columns.items():
            values, place = frame[column], f"{name}.{column}"
            if not spec.get("empty"):
                assert values.notna().all(), place
            values = values.dropna()
            if "values" in spec:
                assert set(values) <= set(spec["values"]), place
            if "pattern" in spec:
                assert values.str.fullmatch(spec["pattern"]).all(), place
            if "key" in spec:
                target, key = spec["key"].split(".")
                assert set(values) <= set(tables[target][key]), place
            if spec["type"] == "money":
                assert np.allclose(values * 100, (values * 100).round(), atol=1e-6) and (values >= 0).all(), place
            if spec["type"] in {"date", "datetime"}:
                assert values.dtype == "datetime64[us]", place


@worlds
def test_orders_add_up(company, customers, seed):
    tables = world(company, customers, seed)
    orders, lines = tables["orders"], tables["order_lines"]
    assert len(tables["members"]) == customers and tables["members"]["customer_id"].is_unique
    assert orders["order_id"].is_unique and not lines.duplicated(["order_id", "line_no"]).any()
    kept = cents(orders["gross"]) - cents(orders["discount"]) - cents(orders["refund"])
    assert (kept == cents(orders["amount"])).all() and (orders["amount"] >= 0).all()
    per_order = (lines["quantity"] * cents(lines["unit_price"])).groupby(lines["order_id"]).sum()
    assert per_order.reindex(orders["order_id"]).to_numpy().tolist() == cents(orders["gross"]).tolist()
    assert (orders["paid_at"].isna() == orders["status"].isin(["unpaid", "closed"])).all()
    assert (orders.loc[orders["status"] == "refunded", "amount"] == 0).all()
    part = orders["status"] == "part_refunded"
    assert (orders.loc[part, "refund"] > 0).all() and (orders.loc[part, "amount"] > 0).all()
    assert (orders.loc[~part & (orders["status"] != "refunded"), "refund"] == 0).all()


@worlds
def test_times_are_possible(company, customers, seed):
    tables = world(company, customers, seed)
    people = tables["members"].merge(tables["truth"][["customer_id", "alive_until"]], on="customer_id")
    orders = tables["orders"].merge(people[["customer_id", "joined_at", "alive_until"]], on="customer_id")
    paid = orders.dropna(subset=["paid_at"])
    assert paid["paid_at"].between("2024-07-01", "2026-06-30 23:59:59").all()
    assert people["joined_at"].between("2024-07-01", "2026-06-30 23:59:59").all()
    assert (paid["paid_at"] > paid["joined_at"]).all(), "an order before joining"
    assert paid["paid_at"].is_monotonic_increasing, "order numbers follow time"
    last_day = paid["alive_until"].fillna(AS_OF)
    assert (paid["paid_at"].dt.normalize() <= last_day).all(), "an order after leaving"
    assert not (orders["delivered_at"] < orders["paid_at"]).any()
    assert not (orders["delivered_at"] > "2026-06-30 23:59:59").any()
    joined = people.set_index("customer_id")["joined_at"]
    referred = tables["members"].dropna(subset=["referrer_id"])
    assert (joined.loc[referred["referrer_id"]].to_numpy() < referred["joined_at"].to_numpy()).all()


@pytest.mark.parametrize(("customers", "seed"), [(200, 1), (1500, 2), (None, None)])
def test_no_formula_of_stage_1_to_3_after_36_months(customers, seed):
    tables = world("yunmu", customers, seed)
    lines = tables["order_lines"].merge(tables["products"][["sku", "stage"]], on="sku")
    lines = lines[lines["stage"] <= 3].merge(tables["orders"][["order_id", "customer_id", "paid_at"]], on="order_id")
    known = tables["babies"].groupby("customer_id").filter(lambda b: b["born_on"].notna().all())
    pairs = lines.dropna(subset=["paid_at"]).merge(known, on="customer_id")
    completed_months = (
        (pairs["paid_at"].dt.year - pairs["born_on"].dt.year) * 12
        + (pairs["paid_at"].dt.month - pairs["born_on"].dt.month)
        - (pairs["paid_at"].dt.day < pairs["born_on"].dt.day)
    )
    fed = completed_months >= np.where(pairs["baby_no"] == 1, -4, -1)  # a second baby is fed from its birth
    youngest = completed_months[fed].groupby([pairs["order_id"], pairs["stage"]]).min()
    assert len(youngest) == len(pairs.drop_duplicates(["order_id", "stage"])), "formula bought with no baby to feed"
    assert len(youngest) > 1000 * (customers or 8000) / 8000 and youngest.max() < 36
    stage = youngest.index.get_level_values("stage")
    right = np.select([youngest < 6, youngest < 12], [1, 2], 3)
    assert (stage == right).mean() > 0.98  # a few purchases fall on the day of a switch


@both
def test_any_size_and_no_other(company):
    seen = []
    made = make_world(company, customers=300, seed=5, progress=lambda names: seen.extend(names) or names)
    assert len(made["members"]) == 300 and seen == list(made)
    for wrong in (199, 100_001):
        with pytest.raises(ValueError, match="100,000"):
            make_world(company, customers=wrong)
    with pytest.raises(ValueError, match="yunmu"):
        make_world("nobody")
    with pytest.raises(ValueError, match="17"):
        make_world(company, customers=300, effects_off=[17])


@both
def test_tables_do_not_depend_on_the_order_in_which_they_are_made(company):
    forth = make_world(company, customers=400, seed=9)
    back = build.World(company, 400, 9)
    for name in reversed(list(back)):
        pd.testing.assert_frame_equal(back[name], forth[name])
    assert not make_world(company, customers=400, seed=10)["orders"].equals(forth["orders"])


@both
def test_shipped_files_are_what_the_seed_gives(company, tmp_path):
    def content(path):
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()

    write_world(world(company), tmp_path)
    made = {p.relative_to(tmp_path): content(p) for p in tmp_path.rglob("*") if p.is_file()}
    shipped = {p.relative_to(DATASETS / company): content(p) for p in (DATASETS / company).rglob("*") if p.is_file()}
    assert made.keys() == shipped.keys()
    assert [p for p in made if made[p] != shipped[p]] == []
    assert all(name.as_posix() == name.as_posix().lower().replace("readme.md", "README.md") for name in made)


def test_shipped_data_stays_small():
    assert sum(p.stat().st_size for p in DATASETS.rglob("*") if p.is_file()) < 24e6


# ---- effect 3: a bad month of joining (repeat within 90 days, cohorts of about 300: 13 points are seen)


def repeat_gap(tables, company):
    """Share with a second order within 90 days, bad cohort minus the other cohorts of 2025."""
    orders = counted(tables)
    first = orders.groupby("customer_id")["paid_at"].min()
    later = orders[orders["paid_at"].dt.normalize() > orders["customer_id"].map(first).dt.normalize()]
    second = later.groupby("customer_id")["paid_at"].min().reindex(first.index)
    came = (second - first).dt.days <= 90
    month = first.dt.to_period("M")
    bad = month == ("2025-09" if company == "yunmu" else "2025-11")
    return came[bad].mean() - came[(month.dt.year == 2025) & ~bad].mean()


@both
def test_effect_3_bad_join_month(company):
    assert detectable(0.65, 300) < 0.15
    assert repeat_gap(world(company), company) < -0.10
    assert abs(repeat_gap(world(company, effects_off=(3,)), company)) < 0.08


# ---- effect 4: the consumption cycle


def cycles(tables, last=False):
    """Days between purchases beside tins x days a tin, one-baby families with known birth and feeding.

    With ``last`` also the last purchase of each family, whose gap is missing.
    """
    lines = tables["order_lines"].merge(tables["products"][["sku", "stage"]], on="sku").dropna(subset=["stage"])
    tins = lines.groupby("order_id").agg(tins=("quantity", "sum"), stage=("stage", "first")).reset_index()
    babies = tables["babies"].groupby("customer_id").filter(lambda b: len(b) == 1)
    babies = babies[babies["born_on"].notna() & (babies["feeding"] != "unknown")]
    orders = counted(tables).merge(tins, on="order_id").merge(babies, on="customer_id")
    orders = orders.sort_values(["customer_id", "paid_at"], kind="stable")
    day = orders["paid_at"].dt.normalize()
    months = (day - orders["born_on"]).dt.days / MONTH
    table = tables["consumption"]
    band = np.searchsorted(table["month_from"], months.clip(lower=0), side="right") - 1
    days = table["days_per_unit"].to_numpy()[band]
    days = np.where((orders["feeding"] == "mixed") & (months < 12), days * 2, days)
    gap = (day.groupby(orders["customer_id"]).shift(-1) - day).dt.days
    orders = orders.assign(gap=gap, months=months, expected=orders["tins"] * days)
    return orders[(orders["stage"] <= 3) & (months > 0) & ((gap > 0) | (gap.isna() & last))]


def test_effect_4_gaps_follow_the_tins():
    found = cycles(world("yunmu"))
    assert len(found) > 20_000  # a correlation of 0.03 would be seen
    ratio = found["gap"] / found["expected"]
    assert ratio.median() == pytest.approx(1, abs=0.06)
    assert np.corrcoef(np.log(found["gap"]), np.log(found["expected"]))[0, 1] > 0.75
    on_time = ratio < 1.3
    fixed_says_late = found["gap"] > 30
    assert (fixed_says_late & on_time).sum() / on_time.sum() > 0.25, "a fixed 30-day window mislabels many"
    per_tin = (found["gap"] / found["tins"]).groupby([found["stage"], found["feeding"]]).median()
    assert per_tin[1, "exclusive"] < 9.5 and 14 < per_tin[3, "exclusive"] < 18
    assert per_tin[1, "mixed"] == pytest.approx(2 * per_tin[1, "exclusive"], rel=0.15)


def test_effect_4_off_gaps_ignore_the_tins():
    found = cycles(world("yunmu", effects_off=(4,)))
    assert abs(np.corrcoef(np.log(found["gap"]), np.log(found["expected"]))[0, 1]) < 0.10
    assert found["gap"].median() == pytest.approx(34, abs=2)


def test_graduates_are_in_the_tables_and_frequency_counts_months_fed():
    tables = world("yunmu")
    first = tables["babies"].query("baby_no == 1").set_index("customer_id")["born_on"]
    months = (AS_OF - first).dt.days / MONTH
    assert 0.10 < (months >= 36).mean() < 0.18
    assert 0.02 < first.isna().mean() < 0.05 and 0.005 < (months < 0).mean() < 0.05
    per_member = counted(tables).groupby("customer_id").agg(f=("amount", "size"), m=("amount", "sum"))
    last = counted(tables).groupby("customer_id")["paid_at"].max()
    still = per_member[(AS_OF - last).dt.days <= 90].join(months.rename("age")).dropna()
    still = still[still["age"] < 36].rank()
    assert still["f"].corr(still["age"]) > 0.55 and still["m"].corr(still["age"]) > 0.55


# ---- effect 5: leaving at a stage switch


def switch_excess(tables):
    """Share of purchases that were a family's last, those before a stage switch minus the others; and how many.

    Second and later purchases, babies of 2 to 18 months, done by January so that the next one was due in time.
    """
    bought = cycles(tables, last=True)
    later = bought.groupby("customer_id").cumcount() > 0
    bought = bought[later & (bought["paid_at"] < "2026-02-01") & bought["months"].between(2, 18)]
    due = bought["months"] + bought["expected"] / MONTH
    switch = ((bought["months"] < 6) & (due >= 6)) | ((bought["months"] < 12) & (due >= 12))
    final = bought["gap"].isna()
    return final[switch].mean() - final[~switch].mean(), int(switch.sum())


def test_effect_5_leaving_at_the_stage_switch():
    excess, n = switch_excess(world("yunmu"))
    assert detectable(0.04, n) < 0.03
    assert excess == pytest.approx(0.09, abs=0.03)  # planted: 0.10 at 6 months, 0.08 at 12
    placebo, _ = switch_excess(world("yunmu", effects_off=(5,)))
    assert abs(placebo) < 0.025


# ---- effect 6: heavy tails and one-time buyers


def tails(tables):
    """Share of revenue of the top fifth of buyers, and share of one-time buyers."""
    per_customer = counted(tables).groupby("customer_id")["amount"].agg(["sum", "size"])
    ranked = per_customer["sum"].sort_values(ascending=False)
    top = ranked.iloc[: int(np.ceil(len(ranked) / 5))].sum() / ranked.sum()
    return top, (per_customer["size"] == 1).mean(), len(ranked)


@both
def test_effect_6_heavy_tail(company):
    top, once, n = tails(world(company))
    assert 0.55 <= top <= 0.65
    assert 0.30 <= once <= 0.45 and n > 6500  # with 6,500 buyers a share of 35% is known to +-1.2 points
    top, once, _ = tails(world(company, effects_off=(6,)))
    assert top < 0.50 and once < 0.20


# ---- effect 7: best customers turn "must keep" in 2026 Q2


def must_keep(tables, company, before, after):
    """Best customers (R, F and M high) at a day, and which of them are low in R only at a later day."""
    near = 60 if company == "yunmu" else 30
    orders = counted(tables)

    def high(day):
        day = pd.Timestamp(day)
        past = orders[orders["paid_at"].dt.normalize() <= day]
        x = past.groupby("customer_id").agg(last=("paid_at", "max"), f=("amount", "size"), m=("amount", "sum"))
        recent = (day - x["last"].dt.normalize()).dt.days <= near
        return recent, (x["f"] > x["f"].mean()) & (x["m"] > x["m"].mean())

    recent, big = high(before)
    best = recent.index[recent & big]
    recent, big = high(after)
    return (~recent & big).loc[best]


@both
def test_effect_7_best_customers_lapse(company):
    tables = world(company)
    flags = tables["truth"].set_index("customer_id")["lapse_2026q2"] == 1
    quiet = must_keep(tables, company, "2025-12-31", "2026-03-31").mean()
    moved = must_keep(tables, company, "2026-03-31", "2026-06-30")
    planted = flags.loc[moved.index]
    assert detectable(0.35, len(moved)) < 0.06
    assert planted.mean() == pytest.approx(0.26, abs=0.04)  # 28-30% of the best, those about to leave anyway left out
    assert moved[planted].mean() > 0.95
    assert moved.mean() - quiet > 0.12
    off = world(company, effects_off=(7,))
    assert off["truth"]["lapse_2026q2"].sum() == 0
    natural = must_keep(off, company, "2026-03-31", "2026-06-30").mean()
    assert abs(natural - must_keep(off, company, "2025-12-31", "2026-03-31").mean()) < 0.06
    assert moved.mean() - natural == pytest.approx(planted.mean() * (1 - natural), abs=0.03)


# ---- those who come back by themselves


def lapsed(tables, company, day, alone=False):
    """Customers beyond the line of recency at a day, formula not outgrown: recency, frequency, back within 91 days.

    With ``alone`` those whom a win-back campaign contacts near that day or later are left out.
    """
    day, line = pd.Timestamp(day), 60 if company == "yunmu" else 39
    orders = counted(tables)
    past = orders[orders["paid_at"].dt.normalize() <= day]
    later = orders[orders["paid_at"].dt.normalize().between(day + pd.Timedelta(days=1), day + pd.Timedelta(days=91))]
    x = past.groupby("customer_id").agg(last=("paid_at", "max"), frequency=("amount", "size"))
    x = x.assign(recency=(day - x["last"].dt.normalize()).dt.days, back=x.index.isin(later["customer_id"]))
    if company == "yunmu":
        babies = tables["babies"].query("born_on <= @day")
        x = x[((day - babies.groupby("customer_id")["born_on"].max()).dt.days / MONTH).reindex(x.index) < 36]
    sent = tables["campaigns"].query("kind == 'win_back'")["campaign_id"]  # noqa: F841 (named in the query)
    arms = tables["assignments"].query("campaign_id in @sent and arm != 'holdout'")
    contacted = arms.loc[arms["assigned_at"] > day - pd.Timedelta(days=45), "customer_id"]
    return x[(x["recency"] > line) & ~(x.index.isin(contacted) & alone)]


@both
@pytest.mark.parametrize("day", ["2025-12-31", "2026-03-31"])
def test_some_lapsed_customers_come_back_by_themselves(company, day):
    quiet = lapsed(world(company), company, day, alone=True)
    often = quiet["frequency"] >= 6
    assert detectable(0.04, often.sum()) < 0.05
    low, high = (0.08, 0.15) if company == "yunmu" else (0.08, 0.20)
    assert low < quiet.loc[often, "back"].mean() < high
    low, high = (0.03, 0.07) if company == "yunmu" else (0.015, 0.05)
    assert low < quiet.loc[~often, "back"].mean() < high


@both
@pytest.mark.parametrize("day", ["2025-12-31", "2026-03-31"])
def test_the_latent_state_says_who_comes_back(company, day):
    tables = world(company)
    quiet = lapsed(tables, company, day, alone=True)
    number = (pd.Timestamp(day) - pd.Timestamp("2024-07-01")).days
    position = quiet.index.str[1:].astype(int) - 1
    here = tables.people.alive_until[position] > number + 91
    if company == "morningcup":  # a good week comes again while a user is here
        assert here.sum() > 90 and quiet.loc[here, "back"].mean() > 0.9
    else:  # a due date moves by at most four days; the others have not been quiet for long
        away = tables.people.away
        due = away[(away["start"] <= number) & away["end"].between(number + 5, number + 87)]["who"]
        around = away[(away["start"] < number + 91) & (away["end"] > number - 5)]["who"]
        assert quiet.loc[position.isin(due), "back"].mean() > 0.95 and position.isin(due).sum() > 60
        long = ~position.isin(around) & (quiet["recency"] > 90)
        assert long.sum() > 1500 and quiet.loc[long, "back"].mean() < 0.015
    gone = tables["truth"].set_index("customer_id")["alive_until"].loc[quiet.index] <= day
    assert gone.mean() > 0.8 and not quiet.loc[gone, "back"].any()


def test_pauses_last_months_and_the_truth_counts_them():
    tables = world("yunmu")
    away, truth = tables.people.away, tables["truth"]
    paused = away[~away["left"]]
    assert (paused["end"] - paused["start"]).between(60, 180).all()
    assert not away.loc[away["left"], "who"].duplicated().any(), "nobody comes back twice"
    assert 0.03 < (truth["pauses"] > 0).mean() < 0.10 and 0.02 < truth["came_back"].mean() < 0.08
    # a family that came back has a gap of more than two months between orders; so has one whose pause is over
    days = counted(tables).assign(day=lambda x: x["paid_at"].dt.normalize())
    longest = days.groupby("customer_id")["day"].agg(lambda day: day.diff().dt.days.max())
    assert (longest.reindex(truth.loc[truth["came_back"] == 1, "customer_id"]) > 60).mean() > 0.95
    assert (
        longest.reindex(truth.loc[(truth["came_back"] == 0) & (truth["pauses"] == 0), "customer_id"]) > 150
    ).mean() < 0.05


# ---- effect 16: damaged files in raw/


def mend(raw, members):
    """The mending that raw/README.md describes."""
    rows = raw.drop_duplicates()
    rows = rows[rows["customer_id"].isin(members)].copy()
    wrong = rows["refund"] > rows["gross"] - rows["discount"]
    rows.loc[wrong, "refund"] /= 100
    rows["amount"] = rows["gross"] - rows["discount"] - rows["refund"]
    rows["paid_at"] = pd.to_datetime(rows["paid_at"].str.replace("2062", "2026")).astype("datetime64[us]")
    rows[["refund", "amount"]] = rows[["refund", "amount"]].round(2)
    return rows.sort_values("order_id").reset_index(drop=True)


@both
def test_effect_16_mended_rows_are_the_clean_ones(company):
    tables = world(company)
    raw = pd.read_csv(DATASETS / company / "raw" / "orders_2026q2.csv", encoding="utf-8-sig")
    clean = clean_slice(tables["orders"])
    assert len(clean) == 2000
    assert raw.duplicated().sum() == 24
    raw_once = raw.drop_duplicates()
    assert (~raw_once["customer_id"].isin(tables["members"]["customer_id"])).sum() == 18
    assert (raw_once["amount"] < 0).sum() == 15
    assert raw["paid_at"].str.startswith("2062").sum() >= 1
    mended = mend(raw, tables["members"]["customer_id"])
    pd.testing.assert_frame_equal(mended, clean.astype(mended.dtypes.to_dict()), check_dtype=False)


@both
def test_effect_16_the_gbk_file_holds_the_same_orders(company):
    path = DATASETS / company / "raw" / "orders_2026q2_gbk.csv"
    with pytest.raises(UnicodeDecodeError):
        path.read_text(encoding="utf-8")
    shop = pd.read_csv(path, encoding="gbk")
    clean = clean_slice(world(company)["orders"])
    assert shop["订单编号"].tolist() == clean["order_id"].tolist()
    assert cents(shop["实收金额"]).tolist() == cents(clean["amount"]).tolist()
    assert shop["订单状态"].nunique() == clean["status"].nunique() and len(shop.columns) == len(COLUMNS)


@both
def test_effect_16_off_no_faults(company, tmp_path):
    tables = world(company, 600, 4, (16,))
    write_world(tables, tmp_path)
    raw = pd.read_csv(tmp_path / "raw" / "orders_2026q2.csv", encoding="utf-8-sig")
    assert not raw.duplicated().any() and (raw["amount"] >= 0).all()
    assert raw["customer_id"].isin(tables["members"]["customer_id"]).all()
    assert not raw["paid_at"].str.startswith("2062").any()
