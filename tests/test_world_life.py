"""The life side of the synthetic world: channels, invitations, activity, levels and points, service, surveys, tags.

Integrity over seeds and sizes; then each planted effect found on the shipped data with its power calculation beside
it, and not found in a placebo world where it is off.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds import SIZES_AND_SEEDS, counted, detectable, world

from crmlab.world import COMPANIES
from crmlab.world.build import EFFECTS
from crmlab.world.planted import pages, tables_of
from crmlab.world.tags import meaning

DATASETS = Path(__file__).resolve().parents[1] / "datasets"
MONTH = 30.4375
AS_OF = pd.Timestamp("2026-06-30")
END = pd.Timestamp("2026-06-30 23:59:59")
both = pytest.mark.parametrize("company", list(COMPANIES))
worlds = pytest.mark.parametrize(("company", "customers", "seed"), SIZES_AND_SEEDS)


def joined(tables):
    return tables["members"].set_index("customer_id")["joined_at"]


def days_since_joining(tables, frame, at):
    return (frame[at].dt.normalize() - frame["customer_id"].map(joined(tables)).dt.normalize()).dt.days


# ---- integrity


@worlds
def test_spend_matches_the_members_by_channel_and_month(company, customers, seed):
    tables = world(company, customers, seed)
    members, spend = tables["members"], tables["spend"]
    made = members.groupby([members["joined_at"].dt.to_period("M"), "join_channel"]).size()
    table = spend.set_index([spend["month"].dt.to_period("M"), "channel"])
    assert not table.index.duplicated().any()
    assert (table["new_members"] - made.reindex(table.index, fill_value=0) == 0).all() and table[
        "new_members"
    ].sum() == customers
    assert (spend["clicks"] >= spend["new_members"]).all() and (spend.loc[spend["new_members"] > 0, "spend"] > 0).all()
    invites = tables["invites"]
    assert spend.loc[spend["channel"] == "referral", "spend"].sum() >= invites["reward_cost"].sum()


@worlds
def test_an_accepted_invitation_is_a_referred_member(company, customers, seed):
    tables = world(company, customers, seed)
    invites, members = tables["invites"], tables["members"].set_index("customer_id")
    accepted = invites.dropna(subset=["accepted_customer_id"])
    assert invites["invite_id"].is_unique and accepted["accepted_customer_id"].is_unique
    assert accepted["accepted_at"].notna().all() and invites["accepted_at"].notna().sum() == len(accepted)
    referrer = members["referrer_id"].dropna()
    assert set(referrer.index) == set(accepted["accepted_customer_id"])
    assert (referrer.loc[accepted["accepted_customer_id"]].to_numpy() == accepted["inviter_id"].to_numpy()).all()
    assert (accepted["sent_at"] < accepted["accepted_at"]).all()
    assert (
        accepted["accepted_at"].to_numpy() <= members.loc[accepted["accepted_customer_id"], "joined_at"].to_numpy()
    ).all()
    assert (invites["sent_at"] > invites["inviter_id"].map(members["joined_at"])).all()
    left = invites["inviter_id"].map(tables["truth"].set_index("customer_id")["alive_until"]).fillna(AS_OF)
    assert (invites["sent_at"].dt.normalize() <= left).all() and (invites["sent_at"] <= END).all()
    assert (invites["community_id"].notna() == (invites["channel"] == "group")).all()
    assert ((invites["reward_cost"] > 0) == invites["accepted_at"].notna()).all()


@worlds
def test_nothing_before_joining_and_nothing_after_the_reference_day(company, customers, seed):
    tables = world(company, customers, seed)
    start = joined(tables)
    for name, column in (
        ("events", "at"),
        ("tickets", "opened_at"),
        ("wecom_contacts", "added_at"),
        ("identities", "matched_at"),
        ("points_ledger", "at"),
        ("level_history", "from"),
        ("surveys", "invited_at"),
        ("manual_tags", "tagged_at"),
    ):
        frame = tables[name]
        assert (frame[column] >= frame["customer_id"].map(start)).all(), name
        assert (frame[column] <= END).all(), name
    assert not (tables["tickets"]["resolved_at"] < tables["tickets"]["opened_at"]).any()
    assert not (tables["wecom_contacts"]["deleted_at"] < tables["wecom_contacts"]["added_at"]).any()
    assert not (tables["surveys"]["answered_at"] < tables["surveys"]["invited_at"]).any()


@worlds
def test_events_point_to_what_they_are_about(company, customers, seed):
    tables = world(company, customers, seed)
    events = tables["events"]
    assert set(events.loc[events["event"] == "read", "object_id"]) <= set(tables["contents"]["content_id"])
    assert events.loc[events["event"] == "share", "object_id"].tolist() == tables["invites"]["invite_id"].tolist()
    assert (events["event"] == "complaint").sum() == len(tables["tickets"])
    own = events[events["event"].isin(["visit", "read", "check_in", "growth_curve", "ask_expert"])]
    left = own["customer_id"].map(tables["truth"].set_index("customer_id")["alive_until"]).fillna(AS_OF)
    newcomer = days_since_joining(tables, own, "at") <= 14  # one who never buys may still look around
    assert ((own["at"].dt.normalize() <= left) | newcomer).all(), "active after leaving"


@worlds
def test_a_wecom_contact_has_agreed_and_hand_made_tags_are_typed_by_the_staff_who_has_the_contact(
    company, customers, seed
):
    tables = world(company, customers, seed)
    contacts, given = tables["wecom_contacts"], tables["consents"].query("channel == 'wecom'")
    assert contacts["customer_id"].is_unique
    assert set(contacts["customer_id"]) == set(given.query("purpose == 'service'")["customer_id"])
    refused = given.query("purpose == 'marketing'").set_index("customer_id")["withdrawn_at"]
    lost = contacts.dropna(subset=["deleted_at"])
    assert (lost["deleted_at"].to_numpy() == refused.loc[lost["customer_id"]].to_numpy()).all()
    staff = contacts.set_index("customer_id")["staff_id"]
    tags = tables["manual_tags"]
    assert (tags["customer_id"].map(staff) == tags["tagged_by"]).all()
    known = tables["identities"].query("system == 'wecom'")
    assert set(known["customer_id"]) == set(contacts["customer_id"])
    assert not tables["identities"].duplicated(["system", "external_id"]).any()


@pytest.mark.parametrize(("customers", "seed"), [(1500, 2), (None, None)])
def test_no_offer_is_read_in_a_family_with_a_baby_under_twelve_months(customers, seed):
    tables = world("yunmu", customers, seed)
    offers = tables["contents"].query("topic == 'offer'")
    assert (offers["age_from"] >= 12).all()
    formula = tables["products"].query("category == 'formula'")["sku"]
    young = tables["contents"].query("age_from < 12")
    assert not young["hero_sku"].isin(formula).any()
    read = tables["events"].query("event == 'read'")
    read = read[read["object_id"].isin(offers["content_id"])]
    first = tables["babies"].query("baby_no == 1").set_index("customer_id")["born_on"]
    assert len(read) > 50 and ((read["at"] - read["customer_id"].map(first)).dt.days / MONTH).min() >= 12


@worlds
def test_points_add_up_and_match_the_levels(company, customers, seed):
    tables = world(company, customers, seed)
    ledger, orders = tables["points_ledger"], counted(tables).set_index("order_id")
    assert ledger["at"].is_monotonic_increasing and (ledger["points"] != 0).all()
    assert ((ledger["points"] > 0) == ledger["kind"].isin(["earn", "adjust"])).all()
    assert (ledger["points"].groupby(ledger["customer_id"]).cumsum() >= 0).all(), "more points spent than there were"
    earn = ledger[ledger["kind"] == "earn"]
    assert (
        earn["order_id"].is_unique
        and (earn["at"].to_numpy() == orders.loc[earn["order_id"], "paid_at"].to_numpy()).all()
    )
    rate = tables["levels"].set_index("level")["earn_rate"]
    history = tables["level_history"].sort_values("from", kind="stable")
    spells = pd.merge_asof(
        earn.sort_values("at"), history, left_on="at", right_on="from", by="customer_id", allow_exact_matches=False
    )
    cents = (orders.loc[spells["order_id"], "amount"].to_numpy() * 100).round().astype("int64")
    tenths = (rate.loc[spells["level"]].to_numpy() * 10).round().astype("int64")
    assert (spells["points"].to_numpy() == cents * tenths // 1000).all()
    # nothing is used after its day: what is left of the lots due by a day is what expired
    due = ledger[ledger["expires_on"] < AS_OF]["points"].groupby(ledger["customer_id"]).sum()
    used = -ledger[ledger["kind"].isin(["redeem", "expire"])]["points"].groupby(ledger["customer_id"]).sum()
    assert (used.reindex(due.index, fill_value=0) >= due).all(), "points that came due are neither used nor expired"


@worlds
def test_level_history_is_what_the_spending_gives(company, customers, seed):
    tables = world(company, customers, seed)
    history = tables["level_history"]
    following = history.groupby("customer_id")["from"].shift(-1)
    assert (history["to"].fillna(END) == following.fillna(END)).all(), "spells neither overlap nor leave holes"
    assert history.groupby("customer_id")["to"].apply(lambda to: to.isna().sum()).eq(1).all()
    assert history.drop_duplicates("customer_id")["level"].eq(1).all() and history["customer_id"].nunique() == customers
    now = history[history["to"].isna()].set_index("customer_id")["level"]
    orders = counted(tables)
    steps = tables["levels"]["threshold"].to_numpy()

    def reached(first, last):
        spent = orders[orders["paid_at"].between(first, last)].groupby("customer_id")["amount"].sum()
        return pd.Series(np.searchsorted(steps, spent.round(2), side="right"), spent.index).reindex(
            now.index, fill_value=1
        )

    expected = np.maximum(reached("2026-01-01", "2026-06-30 23:59:59"), reached("2025-07-01", "2025-12-31 23:59:59"))
    assert (now == expected).all()


# ---- effect 1: channels (about 600 members or more a channel in the cohorts used: activation moves 8 points from 0.25)


def channels(tables):
    """Cost of a new member, and days until the mean margin of a member has paid it back, by channel of joining."""
    members = tables["members"].query("joined_at < '2025-10-01'")
    costs = tables["order_lines"].merge(tables["products"][["sku", "unit_cost"]], on="sku")
    costs = (costs["quantity"] * costs["unit_cost"]).groupby(costs["order_id"]).sum()
    orders = counted(tables).merge(members[["customer_id", "joined_at", "join_channel"]], on="customer_id")
    margin = orders["amount"] - orders["order_id"].map(costs) - orders["fulfilment_cost"]
    age = (orders["paid_at"] - orders["joined_at"]).dt.days
    table = (
        margin
        .groupby([orders["join_channel"], age])
        .sum()
        .unstack(fill_value=0)
        .reindex(columns=range(270), fill_value=0)
    )
    earned = table.cumsum(axis=1).div(members.groupby("join_channel").size(), axis=0)
    spent = tables["spend"].groupby("channel")[["spend", "new_members"]].sum()
    cac = spent["spend"] / spent["new_members"]
    paid = earned.ge(cac, axis=0)
    return pd.DataFrame({"cac": cac, "payback": paid.idxmax(axis=1).where(paid.any(axis=1), 999)})


@both
def test_effect_1_the_cheapest_channel_is_not_the_one_that_pays_back(company):
    tables = world(company)
    found = channels(tables)
    assert found["cac"].idxmin() == "paid_social"
    assert found["payback"].rank()["paid_social"] >= 5 and found["payback"].rank()["referral"] <= 2
    by_channel = activated(tables).groupby(tables["members"].set_index("customer_id")["join_channel"])
    assert detectable(0.25, by_channel.size().min()) < 0.09
    rate = by_channel.mean()
    assert rate["paid_social"] < rate.drop("paid_social").min() - 0.06 and rate["referral"] == rate.max()
    off = channels(world(company, effects_off=(1,)))
    assert off["cac"].idxmin() == "paid_social" and off["payback"].rank()["paid_social"] <= 2
    assert off["cac"].rank().corr(off["payback"].rank()) > 0.7
    assert found["cac"].rank().corr(found["payback"].rank()) < 0.5


# ---- effect 2: activation (arms of about 1,900: a retention of 0.5 moves 4.5 points)


def activated(tables):
    """yunmu: growth curve three times in the first 14 days; morningcup: two orders in the first 7."""
    members = tables["members"]["customer_id"]
    if tables.company == "yunmu":
        rows, days, times = tables["events"].query("event == 'growth_curve'"), 14, 3
        age = days_since_joining(tables, rows, "at")
    else:
        rows, days, times = counted(tables), 7, 2
        age = days_since_joining(tables, rows, "paid_at")
    return rows[age < days].groupby("customer_id").size().reindex(members, fill_value=0) >= times


def retained(tables):
    """Whether a counted order came in days 60-120 (morningcup 30-90) after joining; those seen long enough."""
    first, last = (60, 120) if tables.company == "yunmu" else (30, 90)
    orders = counted(tables)
    age = days_since_joining(tables, orders, "paid_at")
    start = joined(tables)
    start = start[(AS_OF - start.dt.normalize()).dt.days > last]
    return pd.Series(start.index.isin(orders[age.between(first, last)]["customer_id"]), start.index)


def onboarding(tables):
    """Retention: activated minus not among buyers; invited minus hold-out; activation: invited minus hold-out; n an arm."""
    kept, active = retained(tables), activated(tables)
    buyers = kept[kept.index.isin(counted(tables)["customer_id"])]
    apart = buyers.groupby(active.reindex(buyers.index)).mean()
    arms = tables["assignments"].merge(
        tables["campaigns"].query("kind == 'onboarding' and randomised == 1"), on="campaign_id"
    )
    arms = arms.set_index("customer_id")["arm"].reindex(kept.index).dropna()
    held = arms == "holdout"
    by_arm = kept.loc[arms.index].groupby(held).mean()
    uptake = active.loc[arms.index].groupby(held).mean()
    return apart[True] - apart[False], by_arm[False] - by_arm[True], uptake[False] - uptake[True], held.sum()


@both
def test_effect_2_activation_is_part_cause_part_selection(company):
    naive, caused, uptake, n = onboarding(world(company))
    assert detectable(0.5, n) < 0.055
    assert 0.25 < uptake < 0.42
    assert naive > 0.20
    assert 0.045 < caused < 0.13
    assert caused / uptake < naive + 0.08  # what activation does to those who were nudged into it
    naive, caused, uptake, n = onboarding(world(company, effects_off=(2,)))
    assert abs(naive) < 0.04 and abs(caused) < 0.035 and uptake > 0.25


# ---- effect 9, its trace in service


def complained_before_leaving(tables):
    """Share with a case in the 45 days before leaving, by true reason."""
    truth = tables["truth"].dropna(subset=["alive_until"])
    truth = truth[truth["customer_id"].isin(counted(tables)["customer_id"])]
    cases = tables["tickets"].merge(truth, on="customer_id")
    before = (cases["alive_until"] - cases["opened_at"].dt.normalize()).dt.days.between(0, 45)
    told = truth["customer_id"].isin(cases.loc[before, "customer_id"])
    return told.groupby(truth["churn_reason"]).agg(["mean", "size"])


@both
def test_effect_9_bad_experience_shows_in_complaints_and_the_survey(company):
    tables = world(company)
    share = complained_before_leaving(tables)
    assert detectable(0.05, share["size"].min()) < 0.06
    assert share.loc["experience", "mean"] > 0.45 and share.drop("experience")["mean"].max() < 0.15
    answers = (
        tables["surveys"]
        .dropna(subset=["churn_reason"])
        .merge(tables["truth"], on="customer_id", suffixes=("", "_true"))
    )
    agree = (answers["churn_reason"] == answers["churn_reason_true"]).mean()
    assert len(answers) > 150 and agree == pytest.approx(
        0.80, abs=0.08
    )  # planted: 0.75, and a fifth of the rest by chance
    off = world(company, effects_off=(9,))
    share = complained_before_leaving(off)
    assert share["mean"].max() - share["mean"].min() < 0.05
    answers = (
        off["surveys"].dropna(subset=["churn_reason"]).merge(off["truth"], on="customer_id", suffixes=("", "_true"))
    )
    assert (answers["churn_reason"] == answers["churn_reason_true"]).mean() == pytest.approx(0.2, abs=0.09)


# ---- effect 12: tags by hand (about 1,000 a topic: the share of wrong ones is known to +-2 points)


def wrong_tags(tables):
    """Share of tags against the truth on the day they were typed, over topics that can be checked, and stale stages."""
    tags = tables["manual_tags"].merge(meaning(), on=["tag", "tag_en"])
    assert len(tags) == len(tables["manual_tags"])
    truth = tables["truth"].set_index("customer_id")
    price = tags[tags["topic"] == "price"]
    wrong = [(price["customer_id"].map(truth["price_sensitivity"]) >= 0.5) != (price["value"] == "yes")]
    stale = np.nan
    if tables.company == "yunmu":
        babies = tables["babies"].groupby("customer_id").filter(lambda b: len(b) == 1).set_index("customer_id")
        fed = tags[tags["topic"] == "feeding"]
        known = fed["customer_id"].map(babies["feeding"])
        wrong.append((known != fed["value"])[known.isin(["mixed", "exclusive"])])
        stage = tags[(tags["topic"] == "stage") & tags["customer_id"].isin(babies.index[babies["born_on"].notna()])]
        born = stage["customer_id"].map(babies["born_on"])

        def off_stage(day):
            months = (day - born).dt.days / MONTH
            return np.select([months < 6, months < 12, months < 36], ["1", "2", "3"], "4") != stage["value"]

        wrong.append(off_stage(stage["tagged_at"].dt.normalize()))
        stale = off_stage(AS_OF).mean()
    else:
        often = tags[tags["topic"] == "rhythm"]
        wrong.append((often["customer_id"].map(truth["true_rate"]) >= 8) != (often["value"] == "often"))
    return pd.concat(wrong), stale


@both
def test_effect_12_one_hand_made_tag_in_eight_is_wrong(company):
    tables = world(company)
    wrong, stale = wrong_tags(tables)
    assert 1.96 * np.sqrt(0.125 * 0.875 / len(wrong)) < 0.02
    assert wrong.mean() == pytest.approx(0.125, abs=0.025)
    assert not stale < 0.4, "stages typed long ago are stale"
    words = tables["manual_tags"].merge(meaning(), on=["tag", "tag_en"])
    assert words.groupby(["topic", "value"])["tag"].nunique().min() >= 3, "synonyms and slips"
    per_person = words.groupby(["customer_id", "topic"])["value"].nunique()
    assert (per_person > 1).sum() > 50, "contradictions"
    off = world(company, effects_off=(12,))
    wrong, _ = wrong_tags(off)
    assert wrong.mean() == 0
    words = off["manual_tags"].merge(meaning(), on=["tag", "tag_en"])
    assert words.groupby(["topic", "value"])["tag"].nunique().max() == 1


# ---- effect 14: promoters invite, and K


def inviting(tables):
    """Share who sent an invitation in the 90 days before a survey, promoters and detractors still here; the smaller n."""
    asked = tables["surveys"].dropna(subset=["nps"])
    asked = asked[asked["churn_reason"].isna() & (days_since_joining(tables, asked, "invited_at") > 90)]
    sent = asked.merge(tables["invites"], left_on="customer_id", right_on="inviter_id")
    sent = sent[(sent["invited_at"] - sent["sent_at"]).dt.days.between(0, 90)]
    keys = pd.MultiIndex.from_frame(asked[["customer_id", "wave"]])
    did = keys.isin(pd.MultiIndex.from_frame(sent[["customer_id", "wave"]]))
    promoter, detractor = (asked["nps"] >= 9).to_numpy(), (asked["nps"] <= 6).to_numpy()
    return did[promoter].mean(), did[detractor].mean(), min(promoter.sum(), detractor.sum())


def referral_factor(tables, by):
    """K: accepted invitations an inviter (= invitations an inviter x share accepted)."""
    table = tables["invites"].groupby(by).agg(people=("inviter_id", "nunique"), came=("accepted_customer_id", "count"))
    return table["came"] / table["people"], table["people"]


@both
def test_effect_14_promoters_invite_and_one_community_grows_by_itself(company):
    tables = world(company)
    promoters, detractors, n = inviting(tables)
    assert detectable(0.35, n) < 0.19
    assert promoters - detractors > 0.19
    k, _ = referral_factor(tables, "channel")
    assert k.max() < 0.6 and k["direct"] > 2.5 * k["moments"]
    k, people = referral_factor(tables, "community_id")
    star = k.index[k > 1]
    assert list(star.str[-2:]) == ["07"] and people[star[0]] > 40
    assert k[star[0]] - 2 * np.sqrt(k[star[0]] / people[star[0]]) > 1  # Poisson
    assert k.drop(star).max() < 0.5
    off = world(company, effects_off=(14,))
    promoters, detractors, _ = inviting(off)
    assert abs(promoters - detractors) < 0.12
    k, _ = referral_factor(off, "channel")
    assert k.max() / k.min() < 1.6
    assert referral_factor(off, "community_id")[0].max() < 0.6


# ---- effect 15: points and levels


def expired_share(tables):
    """Points expired of those that came due by the reference day."""
    ledger = tables["points_ledger"]
    due = ledger.loc[ledger["kind"].isin(["earn", "adjust"]) & (ledger["at"] < "2025-06-01"), "points"].sum()
    return -ledger.loc[ledger["kind"] == "expire", "points"].sum() / due


def pull_of_the_threshold(tables):
    """Share with another order within 10 days: at 86-100% of the next threshold minus at 60-80% of it; the smaller n."""
    orders = counted(tables).sort_values("paid_at", kind="stable")
    day = orders["paid_at"].dt.normalize()
    half = day.dt.year * 2 + (day.dt.month > 6)
    spent = orders["amount"].groupby([orders["customer_id"], half]).cumsum()
    steps = tables["levels"]["threshold"].to_numpy()[1:]
    step = np.searchsorted(steps, spent, side="right")
    share = spent / np.append(steps, np.inf)[step]
    room = half == (day + pd.Timedelta(days=10)).dt.year * 2 + ((day + pd.Timedelta(days=10)).dt.month > 6)
    room &= days_since_joining(tables, orders, "paid_at") > 14
    following = day.groupby(orders["customer_id"]).shift(-1)
    again = (following - day).dt.days <= 10

    def rate(low, high):
        inside = room & share.between(low, high, inclusive="left")
        once = ~pd.DataFrame({"c": orders["customer_id"], "h": half, "s": step})[inside].duplicated()
        return again[inside][once.to_numpy()]

    near, far = rate(0.86, 1.0), rate(0.6, 0.8)
    return near.mean() - far.mean(), min(len(near), len(far))


@both
def test_effect_15_points_expire_and_a_near_threshold_pulls(company):
    tables = world(company)
    assert 0.10 < expired_share(tables) < 0.20
    pull, n = pull_of_the_threshold(tables)
    assert detectable(0.5, n) < 0.03
    assert pull > 0.07
    off = world(company, effects_off=(15,))
    assert expired_share(off) == 0
    placebo, _ = pull_of_the_threshold(off)
    assert abs(placebo) < 0.035


# ---- the page for trainers


@both
def test_the_trainers_page_names_every_effect_and_where_it_shows(company):
    tables = world(company)
    made = pages(tables)
    for language in ("zh", "en"):
        text = made[f"planted.{language}.md"].decode("utf-8")
        assert "{" not in text and (DATASETS / company / f"planted.{language}.md").read_bytes() == text.encode("utf-8")
        for number in EFFECTS:
            here = f"\n## {number} " in text
            assert here == (company == "yunmu" or number not in (4, 5)), number
            if here:
                assert tables_of(number, tables), f"no table of {company} is said to show effect {number}"
    assert "Switched off" in pages(world(company, 200, 1, (14,)))["planted.en.md"].decode("utf-8")
