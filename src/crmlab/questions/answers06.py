"""Reference answers of lab 06, by plain pandas from the tables: an independent check of the funnel and value helpers."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from crmlab import data, experiment
from crmlab.language import Said, say
from crmlab.orders import counted_orders

STEPS = ("bought", "activated", "retained", "invited")
PAIR = ("paid_social", "referral")  # the two channels of 06.2
AGAIN = 90  # days in which a first purchase is followed by a second one
HORIZON = 270  # days over which a new customer has to earn the cost of winning her
WAIT = 30  # days an invitation is given to be accepted
MONTH = 3  # the age, in calendar months, of 06.4


class Answers:
    """Reference answers by plain pandas from the tables of one company at one reference day."""

    def __init__(self, company: str, as_of: str):
        self.company, self.as_of = company, pd.Timestamp(as_of)
        self.end = self.as_of + pd.Timedelta(days=1)
        self.formula = data.has(company, "babies")  # a company that follows yunmu
        self.first_days, self.window = (14, (60, 120)) if self.formula else (7, (30, 90))
        self.members = self.load("members").query("joined_at < @self.end", engine="python").reset_index(drop=True)
        self.members["joined_on"] = self.members["joined_at"].dt.normalize()

    def load(self, table: str) -> pd.DataFrame:
        return data.load(self.company, table)

    def age(self, customers: pd.Series, times: pd.Series) -> pd.Series:
        """Whole days from the day of joining, which is day 0."""
        joined = self.members.set_index("customer_id")["joined_on"]
        return (times.dt.normalize() - customers.map(joined)).dt.days

    @cached_property
    def orders(self) -> pd.DataFrame:
        return self.load("orders")

    @cached_property
    def counted(self) -> pd.DataFrame:
        kept = counted_orders(self.orders)
        return kept[kept["paid_at"] < self.end]

    @cached_property
    def invites(self) -> pd.DataFrame:
        sent = self.load("invites")
        return sent[sent["sent_at"] < self.end].reset_index(drop=True)

    # the funnel

    @cached_property
    def people(self) -> pd.DataFrame:
        """One row a customer who joined: joined_on, join_channel, and for each step whether it was ever taken."""
        early, late = self.window
        age = self.age(self.counted["customer_id"], self.counted["paid_at"])
        buyer = self.counted["customer_id"]
        if self.formula:
            uses = self.load("events").query("event == 'growth_curve'")
            uses = uses.loc[self.age(uses["customer_id"], uses["at"]) < self.first_days, "customer_id"].value_counts()
            active = uses.index[uses >= 3]
        else:
            soon = buyer[age < self.first_days].value_counts()
            active = soon.index[soon >= 2]
        sent = self.invites["inviter_id"][self.age(self.invites["inviter_id"], self.invites["sent_at"]) < late]
        took = {
            "bought": buyer[age < 30],
            "activated": active,
            "retained": buyer[(age >= early) & (age < late)],
            "invited": sent,
        }
        table = self.members[["customer_id", "joined_on", "join_channel"]]
        return table.assign(**{step: table["customer_id"].isin(who) for step, who in took.items()})

    def behaviour(self) -> Said:
        """What activation means at this company."""
        if self.formula:
            return say(zh="加入后 14 天内用过三次生长曲线", en="the growth curve three times in the first 14 days")
        return say(zh="加入后 7 天内下了两单", en="two orders in the first 7 days")

    def words(self) -> Said:
        """What the steps in ``people`` mean at this company."""
        early, late = self.window
        return say(
            zh=f"bought：加入后 30 天内买过。activated：{self.behaviour()}。retained：加入后第 {early + 1} 到 {late} 天又买过。invited：加入后 {late} 天内发过邀请。last_join 是 {self.last_join:%Y-%m-%d}：到参考日满 {late} 天。",
            en=f"bought: within 30 days of joining. activated: {self.behaviour()}. retained: bought again between day {early + 1} and day {late}. invited: sent an invitation in the first {late} days. last_join is {self.last_join:%Y-%m-%d}, {late} days before the reference day.",
        )

    @cached_property
    def last_join(self) -> pd.Timestamp:
        """Those who joined later have not been seen for the whole window."""
        return self.as_of - pd.Timedelta(days=self.window[1])

    @cached_property
    def mature(self) -> pd.DataFrame:
        return self.people[self.people["joined_on"] <= self.last_join]

    @cached_property
    def steps(self) -> pd.DataFrame:
        return steps_of(self.mature)

    def two(self, base: str = "bought", people: pd.DataFrame | None = None) -> tuple[int, int, int, int]:
        """Activated and all who took ``base``, in each channel of ``PAIR``: paid social first, then referral."""
        people = self.mature if people is None else people
        people = people[people[base]] if base != "joined" else people
        counts = people.groupby("join_channel")["activated"].agg(["sum", "size"])
        return tuple(int(counts.at[channel, column]) for channel in PAIR for column in ("sum", "size"))

    @cached_property
    def gap(self) -> experiment.Interval:
        return experiment.difference(*self.two())

    # retention

    def triangle_of(self, orders: pd.DataFrame, cohort: pd.Series | None = None, days: int = 0, unit: str = "people"):
        """Counts and cohort sizes; a cohort is the month of the first order unless a month by customer is given."""
        first = orders.groupby("customer_id")["paid_at"].min()
        cohort = first.dt.to_period("M") if cohort is None else cohort
        start = orders["customer_id"].map(cohort)
        month = orders["paid_at"].dt.to_period("M")
        if days:
            age = (orders["paid_at"] - orders["customer_id"].map(first)).dt.days // days
        else:
            age = pd.Series(month.astype("int64") - start.astype("int64"), orders.index)
        rows = pd.DataFrame({"cohort": start, "age": age, "customer_id": orders["customer_id"]})
        cells = rows.groupby(["cohort", "age"])["customer_id"]
        counts = (cells.nunique() if unit == "people" else cells.size()).unstack(fill_value=0)
        months = pd.period_range(cohort.min(), self.as_of, freq="M")
        counts = counts.reindex(index=months, columns=range(len(months)), fill_value=0)
        return counts, cohort.value_counts().reindex(months, fill_value=0)

    def over(self, counts: pd.DataFrame) -> np.ndarray:
        """True for the cells whose calendar month is over at the reference day."""
        last = self.end.to_period("M").ordinal - 1
        return np.add.outer(counts.index.astype("int64").to_numpy(), counts.columns.to_numpy()) <= last

    def rates(self, *args, **kwargs) -> pd.DataFrame:
        counts, sizes = self.triangle_of(*args, **kwargs)
        table = counts.div(sizes, axis=0).where(self.over(counts))
        return table.set_axis(counts.index.astype("str"), axis=0).rename_axis(index="cohort", columns="age")

    @cached_property
    def triangle(self) -> pd.DataFrame:
        return self.rates(self.counted)

    @cached_property
    def sizes(self) -> pd.Series:
        """Customers of each cohort."""
        sizes = self.triangle_of(self.counted)[1]
        return sizes.set_axis(sizes.index.astype("str")).rename_axis("cohort").rename("size")

    def weighted(self, age: int, rates: pd.DataFrame | None = None) -> float:
        rate = (self.triangle if rates is None else rates)[age].dropna()
        return float(np.average(rate, weights=self.sizes[rate.index]))

    @cached_property
    def outage(self) -> tuple[str, pd.Timestamp, pd.Timestamp]:
        """What went wrong by the calendar, its first and its last day."""
        days = self.load("calendar").query("event in ('stock_out', 'app_outage')")
        return days["event"].iloc[0], days["date"].min(), days["date"].max()

    @cached_property
    def starters(self) -> pd.DataFrame:
        """One row a buyer of the seven months before and after the bad one: cohort, join_channel, again (within 90 days)."""
        day, buyer = self.counted["paid_at"].dt.normalize(), self.counted["customer_id"]
        first = day.groupby(buyer).min()
        later = (day - buyer.map(first)).dt.days
        table = pd.DataFrame({
            "cohort": first.dt.to_period("M"),
            "again": first.index.isin(buyer[later.between(1, AGAIN)]),
        })
        table["join_channel"] = table.index.map(self.members.set_index("customer_id")["join_channel"])
        seen = table["cohort"].dt.end_time <= self.end - pd.Timedelta(days=AGAIN)
        bad = self.outage[1].to_period("M")
        return table[seen & table["cohort"].between(bad - 6, bad + 6)].assign(bad=table["cohort"] == bad)

    def months(self, channel: str = "all") -> pd.DataFrame:
        """By month of the first order: customers, share who bought again within 90 days, its interval."""
        people = self.starters if channel == "all" else self.starters.query("join_channel == @channel")
        table = people.groupby("cohort")["again"].agg(customers="size", again="sum").reset_index()
        table["rate"], table["low"], table["high"] = experiment.rate(table.pop("again"), table["customers"])
        return table.assign(cohort=table["cohort"].astype("str"))

    @cached_property
    def bad_month(self) -> dict:
        """The bad month against the months around it."""
        people = self.starters
        bad, others = people[people["bad"]], people[~people["bad"]]
        month = bad["cohort"].iloc[0]
        by_channel = others.groupby("join_channel")["again"].mean()
        return {
            "month": str(month),
            "n": len(bad),
            "rate": bad["again"].mean(),
            "others": others["again"].mean(),
            "before": others.loc[others["cohort"] < month, "again"].mean(),
            "after": others.loc[others["cohort"] > month, "again"].mean(),
            "same_mix": bad["join_channel"].map(by_channel).mean(),
            "gap": experiment.difference(bad["again"].sum(), len(bad), others["again"].sum(), len(others)),
        }

    # the randomised onboarding

    @cached_property
    def lot(self) -> pd.DataFrame:
        """Who was drawn in the randomised onboarding campaign: customer_id, arm (treatment or holdout)."""
        campaigns = self.load("campaigns").query("kind == 'onboarding' and randomised == 1")
        chosen = self.load("assignments").merge(campaigns[["campaign_id"]], on="campaign_id")
        return chosen[["customer_id", "arm"]]

    @cached_property
    def arms(self) -> pd.DataFrame:
        return self.mature.merge(self.lot, on="customer_id")

    @cached_property
    def invited(self) -> pd.Series:
        return self.arms["arm"] != "holdout"

    @cached_property
    def effect(self) -> experiment.Interval:
        return apart(self.arms["retained"], self.invited)

    def activation(self, by: str = "behaviour") -> pd.DataFrame:
        """Who stayed, by what customers did themselves ("behaviour") or by what the lot gave them ("lot")."""
        people = self.mature if by == "behaviour" else self.arms
        yes = people["activated"] if by == "behaviour" else self.invited
        names = {
            "behaviour": {True: say(zh="激活了", en="activated"), False: say(zh="没激活", en="not activated")},
            "lot": {True: say(zh="抽到引导", en="guide, by lot"), False: say(zh="抽到空白组", en="hold-out, by lot")},
        }[by]
        table = people.groupby(yes)[["activated", "retained"]].agg(["sum", "size"])
        rate, low, high = experiment.rate(table["retained", "sum"], table["retained", "size"])
        return pd.DataFrame({
            "group": [names[bool(key)] for key in table.index],
            "customers": table["retained", "size"].to_numpy(),
            "activated": (table["activated", "sum"] / table["activated", "size"]).to_numpy(),
            "retained": rate,
            "low": low,
            "high": high,
        })[::-1].reset_index(drop=True)

    # money

    @cached_property
    def sales(self) -> pd.DataFrame:
        """Counted orders with the cost of their goods and the age of the customer: day 0 is the day of joining."""
        lines = self.load("order_lines").merge(self.load("products")[["sku", "unit_cost"]], on="sku")
        goods = (lines["quantity"] * lines["unit_cost"]).groupby(lines["order_id"]).sum()
        table = self.counted[["order_id", "customer_id", "amount", "fulfilment_cost"]].copy()
        table["goods_cost"] = table["order_id"].map(goods).round(2)
        table["age"] = self.age(self.counted["customer_id"], self.counted["paid_at"])
        table["join_channel"] = table["customer_id"].map(self.members.set_index("customer_id")["join_channel"])
        return table.reset_index(drop=True)

    @cached_property
    def newcomers(self) -> pd.DataFrame:
        """Those who joined in months that ended at least ``HORIZON`` days before the reference day."""
        ended = self.members["joined_on"].dt.to_period("M").dt.end_time.dt.normalize()
        old = ended + pd.Timedelta(days=HORIZON) <= self.as_of
        return self.members.loc[old, ["customer_id", "joined_on", "join_channel"]]

    @cached_property
    def cac(self) -> pd.Series:
        """Yuan spent on a new customer in the months in which the newcomers joined, by channel, cheapest first."""
        spend = self.load("spend")
        spend = spend[spend["month"] <= self.newcomers["joined_on"].max()]
        total = spend.groupby("channel")[["spend", "new_members"]].sum()
        return (total["spend"] / total["new_members"]).sort_values().rename("cac")

    def earned(self, worth: pd.Series, people: pd.DataFrame, heads: pd.Series, cumulated: bool = True) -> pd.DataFrame:
        """Yuan a head by channel (row) and day since joining (column)."""
        inside = self.sales["customer_id"].isin(people["customer_id"]) & self.sales["age"].between(0, HORIZON)
        sales = self.sales[inside]
        daily = worth[inside].groupby([sales["join_channel"], sales["age"]]).sum().unstack(fill_value=0)
        daily = daily.reindex(index=self.cac.index, columns=range(HORIZON + 1), fill_value=0)
        return (daily.cumsum(axis=1) if cumulated else daily).div(heads.reindex(daily.index), axis=0)

    @cached_property
    def margin(self) -> pd.Series:
        return self.sales["amount"] - self.sales["goods_cost"] - self.sales["fulfilment_cost"]

    @cached_property
    def curves(self) -> pd.DataFrame:
        return self.earned(self.margin, self.newcomers, self.newcomers["join_channel"].value_counts())

    def days_to(self, curves: pd.DataFrame) -> pd.DataFrame:
        """First day on which what a head has earned covers the cost of winning her; NaN if it never does."""
        paid = curves.ge(self.cac, axis=0)
        days = paid.idxmax(axis=1).where(paid.any(axis=1)).astype("float64")
        return days.rename("days").rename_axis("channel").reset_index()

    @cached_property
    def payback(self) -> pd.DataFrame:
        return self.days_to(self.curves)

    def channels(self) -> pd.DataFrame:
        """By channel, cheapest first: newcomers, cost of each, what a yuan of it earned in ``HORIZON`` days, payback day."""
        table = pd.DataFrame({"channel": self.cac.index, "cac": self.cac.to_numpy()})
        table["customers"] = table["channel"].map(self.newcomers["join_channel"].value_counts())
        table["per_yuan"] = table["channel"].map(self.curves[HORIZON]) / table["cac"]
        table["payback"] = table["channel"].map(self.payback.set_index("channel")["days"])
        return table

    @cached_property
    def returns(self) -> dict[str, pd.Series]:
        """Margin of each newcomer in ``HORIZON`` days for one yuan of the channel's cost, by channel."""
        inside = self.sales["age"].between(0, HORIZON)
        earned = self.margin[inside].groupby(self.sales["customer_id"]).sum()
        people = self.newcomers.set_index("customer_id")["join_channel"]
        each = earned.reindex(people.index, fill_value=0) / people.map(self.cac)
        return {str(channel): own for channel, own in each.groupby(people)}

    @cached_property
    def choice(self) -> list[str]:
        """The channels of 06.A1: the cheapest, the one that returns most for a yuan, the dearest; cheapest first."""
        best = max(self.returns, key=lambda channel: self.returns[channel].mean())
        wanted = dict.fromkeys([self.cac.index[0], best, self.cac.index[-1], *self.cac.index])
        return sorted(list(wanted)[:3], key=self.cac.get)

    @cached_property
    def best(self) -> str | None:
        """Of ``choice``, the channel that returns more for a yuan than either of the others; None if one cannot tell."""
        best = max(self.choice, key=lambda channel: self.returns[channel].mean())
        others = [channel for channel in self.choice if channel != best]
        return best if all(self.ahead(best, other).low > 0 for other in others) else None

    def ahead(self, channel: str, other: str) -> experiment.Interval:
        return experiment.mean_difference(self.returns[channel], self.returns[other])

    @cached_property
    def extra(self) -> float:
        """About a month's spend on new customers, as a round sum."""
        spend = self.load("spend")
        monthly = spend[spend["month"] > self.as_of - pd.DateOffset(years=1)].groupby("month")["spend"].sum().mean()
        return float(f"{monthly:.0e}")

    # invitations

    @cached_property
    def waited(self) -> pd.DataFrame:
        """Invitations sent long enough ago, with ``came`` and ``days`` from sending to joining."""
        return waited_of(self.invites[self.invites["sent_at"].dt.normalize() <= self.as_of - pd.Timedelta(days=WAIT)])

    @cached_property
    def k_table(self) -> pd.DataFrame:
        return k_of(self.waited)

    def k_by(self, by: str = "community_id") -> pd.DataFrame:
        """K and its interval, the interval widened for picking the highest of so many groups."""
        from statsmodels.stats.weightstats import DescrStatsW

        brought = self.waited.groupby([by, "inviter_id"])["came"].sum()
        level = 0.05 / brought.index.get_level_values(0).nunique()
        rows = []
        for name, each in brought.groupby(level=0):
            few = len(each) < 2
            low, high = (np.nan, np.nan) if few else DescrStatsW(each.to_numpy(float)).tconfint_mean(alpha=level)
            rows.append((name, len(each), int(each.sum()), each.mean(), max(low, 0.0), high))
        table = pd.DataFrame(rows, columns=[by, "inviters", "brought", "k", "low", "high"])
        return table.sort_values("k", ascending=False, ignore_index=True)

    @cached_property
    def star(self) -> pd.Series:
        return self.k_by().iloc[0]

    @cached_property
    def second_round(self) -> tuple[int, int, int]:
        """Of the star's community: who was brought in, how many of them have invited, how many these brought in turn."""
        inside = self.waited["community_id"] == self.star["community_id"]
        guests = self.waited.loc[inside, "accepted_customer_id"].dropna()
        sent = self.waited[self.waited["inviter_id"].isin(guests)]
        return len(guests), sent["inviter_id"].nunique(), int(sent["came"].sum())


def steps_of(people: pd.DataFrame, nested: bool = True) -> pd.DataFrame:
    took = people[list(STEPS)].cummin(axis=1) if nested else people[list(STEPS)]
    n = took.sum()
    rate = n / n.shift(fill_value=len(people))
    return pd.DataFrame({"step": STEPS, "n": n.to_numpy(), "rate": rate.to_numpy()})


def apart(outcome: pd.Series, first: pd.Series) -> experiment.Interval:
    """Share with the outcome among ``first``, minus that among the others."""
    return experiment.difference(outcome[first].sum(), first.sum(), outcome[~first].sum(), (~first).sum())


def waited_of(invites: pd.DataFrame) -> pd.DataFrame:
    days = (invites["accepted_at"] - invites["sent_at"]).dt.total_seconds() / 86400
    came = days <= WAIT
    return invites.assign(came=came, days=days.where(came))


def k_of(invites: pd.DataFrame) -> pd.DataFrame:
    table = invites.groupby("channel").agg(
        inviters=("inviter_id", "nunique"), came=("came", "sum"), cycle_days=("days", "mean")
    )
    table["k"] = table["came"] / table["inviters"]
    return table.reset_index()[["channel", "inviters", "k", "cycle_days"]]
