"""Retention, tags and the win-back plan of the report: against counts by hand; who is on no list, and why."""

import json
import re

import numpy as np
import openpyxl
import pandas as pd
import pytest

from crmlab import deliver, experiment, findings, health, recall, returning, rfm, set_language
from crmlab.cli import main
from crmlab.deliver import tags, wecom
from crmlab.text import Problem

DAY = pd.Timestamp("2026-06-30")
EVIL = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def chinese():
    set_language("zh")
    yield
    set_language("zh")


def save(rows: pd.DataFrame, path) -> str:
    rows.to_csv(path, index=False, encoding="utf-8")
    return str(path)


def make_orders(n: int = 3000, customers: int = 400, days: int = 420, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    ids = np.array([EVIL] + [f"C{i:04d}" for i in range(1, customers)])
    start = rng.integers(0, days - 30, customers)
    who = np.concatenate([np.arange(customers), rng.integers(0, customers, n - customers)])
    ago = np.concatenate([start, np.zeros(n - customers)])
    life = np.minimum(rng.exponential(120, customers), days - 1 - start)  # after that a customer is gone
    later = rng.uniform(0, 1, n) * life[who]
    day = np.where(np.arange(n) < customers, ago, start[who] + later).astype(int)
    return pd.DataFrame({
        "order_id": [f"T{i:05d}" for i in range(n)],
        "customer_id": ids[who],
        "paid_at": DAY - pd.to_timedelta(days - 1 - day, unit="D") + pd.Timedelta(hours=9),
        "amount": rng.gamma(2, 20, n).round(2) + 1,
    }).sort_values("paid_at", ignore_index=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict:
    """Orders, and a member list: consents yes, no and blank; babies young, old enough, grown up and blank; two of one phone."""
    folder = tmp_path_factory.mktemp("parts")
    orders = make_orders()
    ids = sorted(orders["customer_id"].unique())
    rng = np.random.default_rng(2)
    people = pd.DataFrame({
        "customer_id": ids,
        "phone": [f"138{i:08d}" for i in range(len(ids))],
        "external_userid": [f"wm{i}" for i in range(len(ids))],
        "sms_consent": rng.choice(["是", "否", ""], len(ids), p=[0.7, 0.1, 0.2]),
        "wecom_consent": rng.choice(["是", "否", ""], len(ids), p=[0.2, 0.1, 0.7]),
        "宝宝生日": rng.choice(["2026-01-05", "2024-08-09", "2022-01-01", ""], len(ids), p=[0.1, 0.7, 0.1, 0.1]),
    })
    people.loc[people.index % 6 == 1, "phone"] = "13900000000"
    return {
        "orders": save(orders, folder / "orders.csv"),
        "members": save(people, folder / "members.csv"),
        "rows": orders,
        "people": people.set_index("customer_id"),
    }


@pytest.fixture(scope="module")
def h(files) -> health.Health:
    set_language("zh")
    return health.examine(
        files["orders"], as_of="2026-06-30", members_file=files["members"], catalogue="morningcup", terms={}
    )


def test_first_cohort_and_second_purchase_by_hand(h, files):
    rows = files["rows"].assign(
        month=lambda r: r["paid_at"].dt.to_period("M"), day=lambda r: r["paid_at"].dt.normalize()
    )
    first = rows.groupby("customer_id")["month"].min()
    theirs = rows[rows["customer_id"].map(first) == first.min()]
    have = h.cohorts[h.cohorts["cohort"] == str(first.min())]
    want = theirs.groupby("month")["customer_id"].nunique()
    assert have["size"].iloc[0] == (first == first.min()).sum()
    months = pd.period_range(first.min(), DAY, freq="M")
    assert have["active"].tolist() == want.reindex(months, fill_value=0).tolist()
    days = rows.drop_duplicates(["customer_id", "day"]).sort_values("day")
    one = days.groupby("customer_id")["day"].first()
    two = days.groupby("customer_id")["day"].nth(1)
    two.index = days.loc[two.index, "customer_id"]
    old = one[one <= DAY - pd.Timedelta(days=90)]
    again = ((two.reindex(old.index) - old).dt.days <= 90).sum()
    assert (h.steps["base"][0], h.steps["again"][0]) == (len(old), again)
    assert f"首单满 90 天的 {len(old)} 位里" in returning.again(h) and f"**{again / len(old):.0%}**" in returning.again(
        h
    )
    usual = h.cohorts[(h.cohorts["age"] == 1) & h.cohorts["complete"]]
    assert f"**{usual['active'].sum() / usual['size'].sum():.0%}**" in returning.stayed(h)


def test_a_short_record_says_so_and_may_be_refused(files, tmp_path):
    late = files["rows"][files["rows"]["paid_at"] > DAY - pd.Timedelta(days=60)]
    file = save(late, tmp_path / "late.csv")
    short = health.examine(file, terms={})
    assert not returning.long_enough(short) and f"{short.history} 天" in returning.too_short(short)
    assert recall.plan(short, True) is None and f"{short.history} 天" in recall.too_short(short)
    deliver.write(short, tmp_path / "out")
    assert not (tmp_path / "out" / "winback_list.csv").exists()
    assert not {"留存", "复购", "召回名单"} & set(openpyxl.load_workbook(tmp_path / "out" / "report.xlsx").sheetnames)
    with pytest.raises(health.CannotReport, match="要满 90 天"):
        health.examine(file, require="retention", out_dir=str(tmp_path / "no"))
    assert json.loads((tmp_path / "no" / "manifest.json").read_text(encoding="utf-8"))["status"] == "refused"
    health.examine(files["orders"], require="retention")


def slow_list(h, people: pd.DataFrame, assume: bool = False) -> tuple[dict, list]:
    """Each lapsed customer by each rule, one at a time: counts by reason, and who stays."""
    table = h.scored.sort_values(["monetary", "customer_id"], ascending=[False, True])
    days = (table["last_paid"].dt.normalize() - table["first_paid"].dt.normalize()).dt.days
    gap = (days / (table["frequency"] - 1)).where((table["frequency"] >= 3) & (days > 0))
    table["gap"] = gap.fillna(gap.median())
    removed, stays, phones = {}, [], set()
    for row in table[table["recency"] > 2 * table["gap"]].itertuples():
        person = people.loc[row.customer_id]
        said = [person["sms_consent"], person["wecom_consent"]]
        born = person["宝宝生日"]
        why = (
            "gone_too_long" if row.recency > 365
            else "contact_refused" if "是" not in said and "否" in said
            else "consent_unknown" if "是" not in said and not assume
            else "graduated_family" if born == "2022-01-01"
            else "baby_unknown" if not born
            else "baby_under_12" if born == "2026-01-05"
            else "same_contact" if person["phone"] in phones
            else ""
        )  # fmt: skip
        if why:
            removed[why] = removed.get(why, 0) + 1
        else:
            phones.add(person["phone"])
            stays.append(row.customer_id)
    return removed, stays


@pytest.mark.parametrize("assume", [False, True])
def test_list_and_account_are_those_of_one_at_a_time(h, files, assume):
    plan = recall.plan(h, assume)
    removed, stays = slow_list(h, files["people"], assume)
    account = plan.account.set_index("rule")["removed"]
    assert account[account > 0].to_dict() == removed and len(removed) >= 5
    assert set(plan.listed["customer_id"]) == set(stays) and len(stays) == plan.account["left"].iloc[-1] > 20
    assert plan.lapsed == len(stays) + sum(removed.values())
    said = files["people"].loc[plan.listed["customer_id"], ["sms_consent", "wecom_consent"]].to_numpy()
    for channel, (sms, wecom_) in zip(plan.listed["channel"], said, strict=True):
        assert channel and ("sms" in channel) <= (sms == "是" or (assume and sms == "")) and "否" not in (
            sms if "sms" in channel else "", wecom_ if "wecom" in channel else ""
        )  # fmt: skip


def test_groups_are_drawn_by_hash_and_only_one_is_sent_anything(h):
    plan = recall.plan(h)
    want = experiment.assign(plan.listed["customer_id"], {"treated": 0.5, "holdout": 0.5}, "winback-2026-06")
    assert plan.listed["arm"].tolist() == want.tolist() and set(want) == {"treated", "holdout"}
    treated = plan.listed["arm"] == "treated"
    assert set(plan.listed.loc[treated, "send_between"]) == {"08:00-22:00"}
    assert set(plan.listed.loc[~treated, "send_between"]) == {""}
    assert treated.tolist() == sorted(treated, reverse=True)
    other = health.Health(**{**vars_of(h), "terms": {"campaign": "summer", "holdout": 0.2}})
    less = recall.plan(other)
    assert less.salt == "summer-2026-06" and less.sizes["holdout"] < plan.sizes["holdout"]
    assert set(less.listed["customer_id"]) == set(plan.listed["customer_id"])


def vars_of(h) -> dict:
    return {name: getattr(h, name) for name in health.Health.__dataclass_fields__}


def test_base_rate_and_profit_by_hand(h, files):
    plan, then = recall.plan(h), DAY - pd.Timedelta(days=40)
    past = files["rows"][files["rows"]["paid_at"] < then + pd.Timedelta(days=1)]
    before = rfm.summary(past.assign(status="paid"), then)
    days = (before["last_paid"].dt.normalize() - before["first_paid"].dt.normalize()).dt.days
    gap = (days / (before["frequency"] - 1)).where((before["frequency"] >= 3) & (days > 0))
    lapsed = before[(before["recency"] > 2 * gap.fillna(gap.median())) & (before["recency"] <= 365)]
    later = files["rows"].loc[files["rows"]["paid_at"] >= then + pd.Timedelta(days=1), "customer_id"]
    base = lapsed["customer_id"].isin(later).mean()
    assert (plan.base.value, plan.base_n) == (pytest.approx(base), len(lapsed)) and 0 < base < 1
    order = files["rows"].loc[files["rows"]["customer_id"].isin(plan.listed["customer_id"]), "amount"].mean()
    want = plan.sizes["treated"] * (0.05 * 0.3 * order - (base + 0.05) * 0.1 * order)
    assert plan.profit == pytest.approx(want) and plan.order == pytest.approx(order)
    at_zero = plan.pays_from * 0.3 - (base + plan.pays_from) * 0.1
    assert at_zero == pytest.approx(0)
    assert plan.smallest == pytest.approx(
        experiment.smallest_effect(plan.sizes["treated"], plan.sizes["holdout"], base)
    )
    words = " ".join(recall.sentences(plan))
    assert "按假设算的" in words and findings.yuan(plan.lapsed)[1:] in words and "nan" not in words.lower()


def test_without_members_nobody_is_on_the_list(files):
    alone = health.examine(files["orders"], terms={"lapsed_days": 90})
    plan = recall.plan(alone)
    assert plan.listed.empty and plan.account.set_index("rule").loc["consent_unknown", "removed"] > 50
    assert "--members" in " ".join(recall.sentences(plan)) and "baby_unknown" not in set(plan.account["rule"])
    assert set(recall.plan(alone, True).listed["rule"]) == {"by_days"}
    assert recall.plan(alone, True).listed["recency"].between(91, 365).all()
    set_language("en")
    assert "there will be a list" in " ".join(recall.sentences(plan))


@pytest.mark.parametrize(
    ("name", "value"), [("holdout", "1"), ("lift", "-0.1"), ("lapsed_days", "365"), ("campaign", " "), ("holdout", "half")]
)  # fmt: skip
def test_terms_that_mean_nothing_are_a_wrong_call(name, value, files, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["report", files["orders"], "--lang", "en", "--out", str(tmp_path / "out"), "-p", name, value])
    assert left.value.code == 2 and name in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_terms_are_checked_where_papermill_alone_runs(files, tmp_path):
    with pytest.raises(health.CannotReport, match="holdout"):
        health.examine(files["orders"], terms={"holdout": 1.0}, out_dir=str(tmp_path))
    with pytest.raises(Problem, match="offer_cost"):
        recall.check({"offer_cost": 3})


def test_tags_are_those_that_orders_can_tell(h, files):
    have = tags.table(h.tagged)
    rows = files["rows"]
    last = rows.groupby("customer_id")["paid_at"].max().dt.normalize()
    first = rows.groupby("customer_id")["paid_at"].min().dt.normalize()
    gone = set(last[((DAY - last).dt.days > 90) & ((DAY - first).dt.days > 14)].index)
    assert set(have.loc[have["tag"] == "long_gone", "customer_id"]) == gone and gone
    codes = have[have["tag"].str.startswith("rfm_")].set_index("customer_id")["value"]
    assert codes.sort_index().tolist() == h.scored.set_index("customer_id")["code"].sort_index().tolist()
    missing = h.tagged.missing
    assert missing["may_sms"] == ["may_sms"] and "had_refund" not in have["tag"].unique()
    assert len(missing) + len(h.tagged.rules) == len(h.catalogue) and not set(missing) & set(have["tag"])
    # the file has no channel, refund or discount, and all orders at one hour
    assert {"main_channel", "refunds_12m"} <= {fact for facts in missing.values() for fact in facts}
    words = " ".join(tags.sentences(h.tagged))
    assert f"另外 {len(missing)} 条没有算" in words


def test_scores_in_tags_follow_the_rule_of_the_report(files):
    other = health.examine(files["orders"], rule="quintile", catalogue="morningcup")
    codes = tags.table(other.tagged).query("tag.str.startswith('rfm_')").set_index("customer_id")["value"]
    assert codes.sort_index().tolist() == other.scored.set_index("customer_id")["code"].sort_index().tolist()
    assert codes.value_counts().to_dict() != health.examine(files["orders"]).scored["code"].value_counts().to_dict()


def own_catalogue(path) -> str:
    table = pd.read_csv(tagcsv(), encoding="utf-8-sig", dtype="str", keep_default_na=False).head(3)
    table["tag"], table["name_zh"], table["name_en"] = ["a", "b", "c"], ["甲", "乙", "丙"], ["A", "B", "C"]
    table["group"], table["group_zh"], table["group_en"], table["exclusive"] = "own", "自定", "Own", "no"
    table["rule"], table["use"] = ["orders >= 1", "orders >= 2", "orders >= 1"], ["service", "marketing", "price"]
    return save(table, path)


def tagcsv():
    from crmlab.tagging.fact_table import CATALOGUES

    return CATALOGUES / "morningcup.csv"


def test_tag_plan_keeps_use_consent_and_babies_apart(files, tmp_path):
    file = own_catalogue(tmp_path / "own.csv")
    made = health.examine(files["orders"], members_file=files["members"], catalogue=file)
    people = deliver.lists.people(made)
    stays, _, account = tags.for_plan(made, people)
    who = files["people"]
    yes = set(who.index[who["wecom_consent"] == "是"])
    often = set(made.scored.loc[made.scored["frequency"] >= 2, "customer_id"])
    old = set(who.index[who["宝宝生日"].isin(["2024-08-09", "2022-01-01"])])
    by_tag = stays.groupby("tag")["customer_id"].agg(set)
    assert by_tag["甲"] == set(who.index) and by_tag["乙"] == yes & often and by_tag["丙"] == yes & old
    assert account.set_index("rule")["removed"]["baby_young"] == len(yes - old)
    library = [{"group_name": "自定", "group_id": "G", "tag": [{"name": n, "id": n} for n in "甲乙丙"]}]
    (tmp_path / "tags.json").write_text(json.dumps(library), encoding="utf-8")
    deliver.write(made, tmp_path / "out", wecom_file=str(tmp_path / "tags.json"))
    marks = json.loads((tmp_path / "out" / "tag_plan.json").read_text(encoding="utf-8"))["mark_tag"]
    assert len(marks) == len(who)  # one a customer and group, however many tags
    for mark in marks:
        assert sorted(mark["add_tag"] + mark["remove_tag"]) == sorted("甲乙丙") and "甲" in mark["add_tag"]


def test_whoever_has_no_tag_of_a_group_any_more_loses_it():
    people = pd.DataFrame({"customer_id": ["1", "2"], "external_id": ["w1", "w2"], "staff_id": ["s", None]})
    library = pd.DataFrame({"group_name": ["g"], "group_id": ["G"], "name": ["a"], "id": ["A"]})
    given = pd.DataFrame({"customer_id": ["1"], "group": ["g"], "tag": ["a"]})
    marks = wecom.plan(given, "2026-06", people, library)[1]["mark_tag"]
    assert marks[1] == {"userid": None, "external_userid": "w2", "add_tag": [], "remove_tag": ["A"]}


def test_files_sheets_and_manifest(h, tmp_path):
    said = deliver.write(h, tmp_path)
    assert not any("**" in line for line in said)
    listed = pd.read_csv(tmp_path / "winback_list.csv", encoding="utf-8-sig", dtype="str")
    assert list(listed) == list(recall.COLUMNS)
    have = pd.read_csv(tmp_path / "tags.csv", encoding="utf-8-sig", dtype="str")
    assert f"'{EVIL}" in set(have["customer_id"]) and EVIL not in set(have["customer_id"])
    plan = pd.read_csv(tmp_path / "tag_plan.csv", encoding="utf-8-sig", dtype="str")
    assert not set(plan["tag_name"]) & {"可发营销短信", "价格敏感"} and plan["tag_name"].str.len().max() <= 15
    facts = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert facts["winback"]["arms"] == {
        "treated": (listed["arm"] == "treated").sum(),
        "holdout": (listed["arm"] == "holdout").sum(),
    }
    assert facts["winback"]["lapsed"] == sum(facts["winback"]["removed"].values()) + len(listed)
    assert facts["winback"]["assumptions"] == {"lift": 0.05, "order_margin": 0.3, "offer_cost": 0.1}
    assert facts["tags"]["facts_missing"] == h.tagged.missing and facts["tags"]["tags"] == len(have)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert {"留存", "复购", "标签", "召回名单"} <= set(book.sheetnames)
    assert book["复购"]["B2"].value == h.steps["base"][0] and book["留存"]["B2"].value == h.cohorts["size"][0]
    assert book["留存"]["D2"].number_format == "0.0%"


def test_a_catalogue_that_is_none_is_a_wrong_call(files, tmp_path, capsys):
    call = ["report", files["orders"], "--lang", "en", "--out", str(tmp_path / "out"), "--catalogue"]
    broken = pd.read_csv(own_catalogue(tmp_path / "own.csv"), dtype="str", keep_default_na=False)
    broken.loc[1, "rule"] = "ordres >= 2"
    for given, words in (
        ("morningcap", "did you mean morningcup"),
        (save(broken, tmp_path / "x.csv"), "Did you mean orders?"),
    ):
        with pytest.raises(SystemExit) as left:
            main([*call, given])
        assert left.value.code == 2 and words in capsys.readouterr().err and not (tmp_path / "out").exists()
    with pytest.raises(health.CannotReport, match="ordres"):
        health.examine(files["orders"], catalogue=str(tmp_path / "x.csv"), out_dir=str(tmp_path / "out"))
    assert (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_has_the_parts_and_no_whole_id(files, tmp_path, lang):
    call = ["report", files["orders"], "--members", files["members"], "--catalogue", "morningcup", "--lang", lang]
    assert main([*call, "--out", str(tmp_path), "-p", "lapsed_days", "60"]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    heads = {
        "zh": ["谁留下来了", "谁买了下一次", "标签", "召回计划"],
        "en": ["Who stayed", "Who bought again", "Tags", "Win-back plan"],
    }
    assert all(f">{head}" in page for head in heads[lang])
    text = re.sub(r"base64,[^\"]*", "", page)  # letters of a picture may spell an id
    assert not [customer for customer in files["people"].index if customer in text]
    words = {"zh": "60 天没来", "en": "more than 60 days without an order"}
    assert words[lang] in page and page.count("<img") >= 7
