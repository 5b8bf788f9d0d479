"""Reference answers of lab 15, by plain pandas from the tables: an independent check of the win-back helpers."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from crmlab import data, experiment, rfm, winback
from crmlab.experiment import Interval
from crmlab.language import say
from crmlab.lifecycle import GRADUATION_MONTHS, baby_months
from crmlab.orders import counted_orders

AHEAD = 180  # days: a verdict of 15.A1 is judged by who buys in them
DORMANT = (90, 365)  # days without an order: more than, at most
EARLY = 13  # the campaign of 15.A2 and 15.2 goes out so many days before the reference day, during a sale
CHANNEL, CAP, WEEK = "sms", 3, 7
WRONG = 0.10  # 15.A1: of those named, the share who may return by themselves
POINTS = 4  # 15.3: points more that one would like to see
RETURN, WINDOW = 40, 90  # days after the start of a campaign: for a return, for the money
DRAWS = 500
RULES = ("opted_out", "withdrawn", "no_consent", "too_often")
KEYS = ["campaign_id", "customer_id"]
FEATURES = ["orders", "basket", "coupons", "discount", "last_coupon"]
DEFINITIONS = {"a": "by_window", "b": "by_gap", "c": "by_30", "d": "by_month"}


class Answers:
    """Reference answers by plain pandas from the tables of one company at one reference day."""

    def __init__(self, company: str, as_of: str):
        self.company, self.as_of = company, pd.Timestamp(as_of)
        self.orders = self.load("orders")
        self.send_at = self.as_of - pd.Timedelta(days=EARLY) + pd.Timedelta(hours=10)

    def load(self, table: str) -> pd.DataFrame:
        return data.load(self.company, table)

    @cached_property
    def counted(self) -> pd.DataFrame:
        kept = counted_orders(self.orders)
        kept = kept[kept["paid_at"] < self.as_of + pd.Timedelta(days=1)]
        return kept.sort_values("paid_at", kind="stable").assign(used_coupon=lambda x: x["coupon_id"].notna())

    def aged(self, customers: pd.Series, at, low: float, high: float) -> pd.Series:
        """Whether the youngest baby is ``low`` to ``high`` months old; True for all where there are no babies."""
        if not data.has(self.company, "babies"):
            return pd.Series(True, customers.index)
        months = customers.map(baby_months(self.load("babies"), at))
        return (months >= low) & (months < high)

    # 15.A1: four definitions

    @cached_property
    def then(self) -> pd.Timestamp:
        return self.as_of - pd.Timedelta(days=AHEAD)

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Every buyer AHEAD days ago: the four verdicts, and whether she came since."""
        users = rfm.summary(self.orders, self.then)
        young = self.aged(users["customer_id"], self.then, -np.inf, GRADUATION_MONTHS - AHEAD / 30)
        table = winback.lapsed(users[young].reset_index(drop=True), window=90)
        table["by_30"] = table["recency"] > 30
        table["by_month"] = table["last_paid"] < self.then.replace(day=1)
        later = self.counted.loc[self.counted["paid_at"] >= self.then + pd.Timedelta(days=1), "customer_id"]
        return table.assign(came=table["customer_id"].isin(later))

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """definition, gone (named, did not come), back (named, came), missed (not named, did not come), by option."""
        table, rows = self.judged, []
        for letter, rule in DEFINITIONS.items():
            named, came = table[rule].astype(bool), table["came"]
            rows.append((letter, rule, (named & ~came).sum(), (named & came).sum(), (~named & ~came).sum()))
        made = pd.DataFrame(rows, columns=["letter", "definition", "gone", "back", "missed"])
        return made.assign(wrong=made["back"] / (made["gone"] + made["back"])).set_index("letter")

    @cached_property
    def month_jump(self) -> tuple[int, int]:
        """Whom "no order this month" names on the last day of a month, and on the first day of the next."""
        first = self.then.replace(day=1)
        before = rfm.summary(self.orders, first - pd.Timedelta(days=1))["last_paid"]
        return int((before < first - pd.offsets.MonthBegin(1)).sum()), len(before)

    # 15.1

    def regulars(self, orders=None, least=3, less=1, span="dates", away="dates", times=2) -> pd.DataFrame:
        """customer_id, recency, gap (days), gone, of customers with ``least`` purchases on more than one day; the
        arguments make the usual mistakes ("hours": times of day left in; "floor": then cut to whole days)."""

        def days(later, earlier, how):
            if how == "dates":
                return (later.dt.normalize() - earlier.dt.normalize()).dt.days
            return (later - earlier).dt.days if how == "floor" else (later - earlier) / pd.Timedelta(days=1)

        table = self.counted if orders is None else orders
        by = table.groupby("customer_id")["paid_at"].agg(["min", "max", "size"]).reset_index()
        first, last = by["min"].dt.normalize(), by["max"].dt.normalize()
        today = pd.Series(self.as_of, by.index)
        by = by.assign(recency=days(today, by["max"], away), gap=days(by["max"], by["min"], span) / (by["size"] - less))
        by = by[(by["size"] >= least) & (last > first)].reset_index(drop=True)
        return by.assign(gone=by["recency"] > times * by["gap"])[["customer_id", "recency", "gap", "gone"]]

    @cached_property
    def rhythm(self) -> pd.DataFrame:
        return self.regulars()

    @cached_property
    def uncounted(self) -> pd.DataFrame:
        """The same from every order that was paid, those refunded or cancelled as well."""
        kept = self.orders["paid_at"] < self.as_of + pd.Timedelta(days=1)
        return self.regulars(self.orders[kept].dropna(subset=["customer_id"]))

    # the list

    @cached_property
    def asleep(self) -> pd.DataFrame:
        """Dormant at the sending: customer_id, recency, monetary, used_coupon (on the last order)."""
        users = rfm.summary(self.orders, self.send_at.normalize() - pd.Timedelta(days=1))
        dormant = (users["recency"] > DORMANT[0]) & (users["recency"] <= DORMANT[1])
        dormant &= self.aged(users["customer_id"], self.send_at, 12, GRADUATION_MONTHS)
        last = self.counted[self.counted["paid_at"] < self.send_at.normalize()].drop_duplicates(
            "customer_id", keep="last"
        )
        table = users.loc[dormant, ["customer_id", "recency", "monetary"]].reset_index(drop=True)
        return table.assign(used_coupon=table["customer_id"].map(last.set_index("customer_id")["used_coupon"]))

    def barred(
        self,
        channel=(CHANNEL,),
        purpose=("marketing",),
        opted=None,
        cap=CAP,
        days=WEEK,
        arrived=False,
        at=None,
        later=False,
    ):
        """Four masks over ``asleep``, each rule by itself; the arguments make the usual mistakes."""
        ids, at = self.asleep["customer_id"], at or self.send_at
        past = self.touches if later else self.touches[self.touches["sent_at"] < at]
        past = past[past["delivered"] == 1] if arrived else past
        stop = past[past["opted_out"] == 1]
        stop = stop if opted is None else stop[stop["channel"] == opted]
        given = self.consents if later else self.consents[self.consents["granted_at"] <= at]
        given = given[given["channel"].isin(channel) & given["purpose"].isin(purpose)]
        live = given[given["withdrawn_at"].isna() | ((given["withdrawn_at"] > at) & (not later))]
        week = past[past["sent_at"] >= at - pd.Timedelta(days=days)]
        heard = ids.map(week.loc[week["purpose"] == "marketing", "customer_id"].value_counts()).fillna(0)
        return {
            "opted_out": ids.isin(stop["customer_id"]),
            "withdrawn": ids.isin(given["customer_id"]) & ~ids.isin(live["customer_id"]),
            "no_consent": ~ids.isin(given["customer_id"]),
            "too_often": heard >= cap,
        }

    @staticmethod
    def one_by_one(masks: dict[str, pd.Series]) -> pd.DataFrame:
        """How many each rule takes off after the rules above it: rule, removed."""
        gone, rows = pd.Series(False, next(iter(masks.values())).index), []
        for rule, mask in masks.items():
            rows.append((rule, int((mask & ~gone).sum())))
            gone |= mask
        return pd.DataFrame(rows, columns=["rule", "removed"])

    @cached_property
    def account(self) -> pd.DataFrame:
        return self.one_by_one(self.barred())

    @cached_property
    def listed(self) -> pd.DataFrame:
        gone = np.logical_or.reduce(list(self.barred().values()))
        return self.asleep[~gone].reset_index(drop=True)

    # the campaigns that were run

    @cached_property
    def touches(self) -> pd.DataFrame:
        return self.load("touches")

    @cached_property
    def consents(self) -> pd.DataFrame:
        return self.load("consents")

    @cached_property
    def campaigns(self) -> pd.DataFrame:
        table = self.load("campaigns").assign(starts_on=lambda x: pd.to_datetime(x["starts_on"]))
        ended = table["starts_on"] + pd.Timedelta(days=WINDOW) <= self.as_of
        return table[(table["kind"] == "win_back") & (table["randomised"] == 1) & ended]

    @cached_property
    def drawn(self) -> pd.DataFrame:
        """Everybody in a finished win-back campaign: keys, arm, starts_on, returned, opened, and money over WINDOW days
        (amount, goods, delivery, offer, messages, coupons: yuan)."""
        table = self.load("assignments")[[*KEYS, "arm"]].merge(
            self.campaigns[["campaign_id", "starts_on", "offer", "offer_cost"]].rename(columns={"offer": "kind"})
        )
        lines = self.load("order_lines").merge(self.load("products")[["sku", "unit_cost"]], on="sku")
        goods = (lines["quantity"] * lines["unit_cost"]).groupby(lines["order_id"]).sum().rename("goods")
        bought = self.counted.merge(goods, on="order_id", how="left").rename(columns={"fulfilment_cost": "delivery"})
        after = table[[*KEYS, "starts_on"]].merge(bought, on="customer_id")
        day = (after["paid_at"].dt.normalize() - after["starts_on"]).dt.days
        money = after[day.between(1, WINDOW)].groupby(KEYS)[["amount", "goods", "delivery"]].sum()
        soon = after[day.between(1, RETURN)].groupby(KEYS).size().rename("returned")
        sent = self.touches.groupby(KEYS).agg(messages=("cost", "sum"), opened=("opened_at", "count"))
        used = self.load("coupons").dropna(subset=["campaign_id", "used_order_id"])
        used = used.groupby(KEYS)["face_value"].sum().rename("coupons")
        for part in (money, soon, sent, used):
            table = table.merge(part.reset_index(), on=KEYS, how="left")
        numbers = ["amount", "goods", "delivery", "returned", "messages", "opened", "coupons"]
        table[numbers] = table[numbers].fillna(0.0)
        staff = np.where(table["kind"] == "service", table["offer_cost"], 3.0)
        table["offer"] = np.select(
            [table["arm"] == "coupon", table["arm"] == "service"], [table["offer_cost"], staff], 0.0
        )
        return table.assign(returned=table["returned"] > 0, opened=table["opened"] > 0)

    @cached_property
    def people(self) -> pd.DataFrame:
        """Those of the campaigns with samples and coupons."""
        waves = self.drawn.loc[self.drawn["arm"] == "coupon", "campaign_id"]
        names = [*KEYS, "arm", "starts_on", "returned", "opened", *self.money]
        return self.drawn.loc[self.drawn["campaign_id"].isin(waves), names].reset_index(drop=True)

    money = ("amount", "goods", "delivery", "coupons", "offer", "messages")

    @cached_property
    def profit(self) -> pd.Series:
        p = self.people
        return p["amount"] - p["goods"] - p["delivery"] - p["offer"] - p["messages"]

    def arm(self, name: str, of: pd.DataFrame | None = None) -> pd.Series:
        return (self.people if of is None else of)["arm"] == name

    def apart(self, treated: pd.Series, base: pd.Series) -> Interval:
        """Returns of ``treated`` minus returns of ``base``, as shares."""
        back = self.people["returned"]
        return experiment.difference(back[treated].sum(), treated.sum(), back[base].sum(), base.sum())

    @cached_property
    def effect(self) -> Interval:
        return self.apart(self.arm("coupon"), self.arm("holdout"))

    @cached_property
    def base(self) -> float:
        """Share of the hold-out that returns by itself."""
        return float(self.people.loc[self.arm("holdout"), "returned"].mean())

    def gain(self, chosen: pd.Series | None = None) -> Interval:
        """Profit a head of sample and coupon over the hold-out, among ``chosen``."""
        chosen = pd.Series(True, self.people.index) if chosen is None else chosen
        pair = (self.profit[chosen & self.arm(name)] for name in ("coupon", "holdout"))
        return experiment.mean_difference(*pair)

    @cached_property
    def unit(self) -> float:
        """Yuan for a sample and its messages."""
        sent = self.people[self.arm("coupon")]
        return float((sent["offer"] + sent["messages"]).mean())

    def worth_of(self, profit: pd.Series, cost: pd.Series | None = None) -> tuple[float, float]:
        """Gain a head in ``profit``, and that gain for each yuan of ``cost``."""
        heads = profit.groupby(self.people["arm"]).mean()
        gain = heads["coupon"] - heads["holdout"]
        return float(gain), float(gain / (self.unit if cost is None else cost[self.arm("coupon")].mean()))

    @cached_property
    def worth(self) -> tuple[float, float]:
        return self.worth_of(self.profit)

    # who they were before

    @cached_property
    def earlier(self) -> pd.DataFrame:
        """Counted orders of those people before their campaign began."""
        rows = self.people[[*KEYS, "starts_on"]].merge(self.counted, on="customer_id")
        return rows[rows["paid_at"] < rows["starts_on"]].sort_values("paid_at", kind="stable")

    def by_person(self, values: pd.Series) -> pd.Series:
        """Values by campaign and customer, in the order of ``people``."""
        return pd.Series(values.reindex(pd.MultiIndex.from_frame(self.people[KEYS])).to_numpy(), self.people.index)

    @cached_property
    def used(self) -> pd.Series:
        """Whether the last order before the campaign used a coupon."""
        last = self.earlier.drop_duplicates(KEYS, keep="last").set_index(KEYS)["used_coupon"]
        return self.by_person(last).eq(True)

    @cached_property
    def spent(self) -> pd.Series:
        return self.by_person(self.earlier.groupby(KEYS)["amount"].sum()).fillna(0.0)

    def past(self, who: str) -> pd.DataFrame:
        """Sample-and-coupon and hold-out of the waves so far, with profit, among "a" everybody, "b" whose last order used a
        coupon, "n" whose did not, "c" the biggest spenders."""
        inside = {"a": self.used | True, "b": self.used, "n": ~self.used, "c": self.biggest}[who]
        return self.people.assign(profit=self.profit)[inside & (self.arm("coupon") | self.arm("holdout"))]

    @cached_property
    def biggest(self) -> pd.Series:
        """As many of the highest spenders as there are people whose last order used a coupon."""
        return self.spent.rank(ascending=False, method="first") <= self.used.sum()

    def habits(self, used: pd.Series | None = None, treated=("coupon",), base="group") -> pd.DataFrame:
        """habit, lift (share), gain (yuan a head) against the hold-out of the same group; arguments make mistakes."""
        used, rows = self.used if used is None else used, []
        for name, inside in (("full_price", ~used), ("used_coupon", used)):
            sent = inside & self.people["arm"].isin(treated)
            kept = self.arm("holdout") & (inside if base == "group" else True)
            less = {"returned": 0.0, "profit": 0.0}
            if base:
                less = {"returned": self.people.loc[kept, "returned"].mean(), "profit": self.profit[kept].mean()}
            lift = self.people.loc[sent, "returned"].mean() - less["returned"]
            rows.append((name, lift, self.profit[sent].mean() - less["profit"]))
        return pd.DataFrame(rows, columns=["habit", "lift", "gain"])

    # whom to write to

    @cached_property
    def queue(self) -> pd.DataFrame:
        """Sample-and-coupon and hold-out: keys, arm, profit, place (1 = most promising, by a model that never saw them)."""
        past = self.earlier.groupby(KEYS)
        table = pd.DataFrame({
            "orders": past.size(),
            "basket": past["amount"].mean(),
            "coupons": past["used_coupon"].mean(),
            "discount": past["discount"].sum() / past["gross"].sum(),
        })
        known = self.people[[*KEYS, "arm"]].assign(profit=self.profit, last_coupon=self.used.astype(float))
        known = known[known["arm"].isin(["coupon", "holdout"])].merge(table.reset_index(), on=KEYS)
        score = winback.uplift(known[FEATURES].fillna(0.0), known["arm"].eq("coupon"), known["profit"])
        place = score.rank(ascending=False, method="first").astype(int)
        return known[[*KEYS, "arm", "profit"]].assign(score=score, place=place)

    def curve_of(self, place=None, scaled=True, base="top", single=False) -> pd.DataFrame:
        """share (0.1 ... 1), gain in yuan per head of the whole queue; arguments make the usual mistakes."""
        table, rows = self.queue, []
        place, n, before = table["place"] if place is None else place, len(table), 0
        for share in np.arange(1, 11) / 10:
            edge = round(share * n)
            top = (place <= edge) & (place > (before if single else 0))
            sent, kept = top & self.arm("coupon", table), (top | (base == "all")) & self.arm("holdout", table)
            gain = table.loc[sent, "profit"].mean() - (table.loc[kept, "profit"].mean() if base else 0.0)
            rows.append((share, gain * ((0.1 if single else share) if scaled else 1.0)))
            before = edge
        return pd.DataFrame(rows, columns=["share", "gain"])

    @cached_property
    def curve(self) -> pd.DataFrame:
        return self.curve_of()

    # 15.A2: what each choice would really have earned

    @cached_property
    def chosen(self) -> dict[str, pd.Series]:
        """Whom of the list each option writes to, as masks by letter."""
        people = self.listed
        half = experiment.assign(people["customer_id"], {"yes": 0.5, "no": 0.5}, salt="lab15").eq("yes")
        rank = people["monetary"].rank(ascending=False, method="first")
        return {
            "a": pd.Series(True, people.index),
            "b": people["used_coupon"].astype(bool),
            "c": rank <= people["used_coupon"].sum(),
            "d": pd.Series(half.to_numpy(), people.index),
        }

    @cached_property
    def past_gain(self) -> dict[str, Interval]:
        """What the campaigns so far say of each option: yuan a head more than the hold-out."""
        everybody = self.gain()
        return {"a": everybody, "b": self.gain(self.used), "c": self.gain(self.biggest), "d": everybody}

    @cached_property
    def settled(self) -> pd.DataFrame:
        """The envelope: way, customers, outlay (yuan), gain_head and profit that each option would really have earned."""
        truth = self.listed["customer_id"].map(self.load("truth").set_index("customer_id")["coupon_margin"])
        rows = [
            {"letter": letter, "way": name, "customers": int(mask.sum()), "outlay": mask.sum() * self.unit}
            | {"gain_head": truth[mask].mean(), "profit": truth[mask].sum()}
            for (letter, mask), name in zip(self.chosen.items(), ways().values(), strict=True)
        ]
        return pd.DataFrame(rows).set_index("letter")

    @cached_property
    def best_way(self) -> str:
        return str(self.settled["profit"].idxmax())

    @property
    def budget(self) -> int:
        return int(np.ceil(len(self.listed) * self.unit / 500) * 500)

    # 15.A3

    @cached_property
    def pilot(self) -> dict:
        """The small pilot of video calls: n, base_n, returned, base_returned, lift and gain (intervals)."""
        ids = self.campaigns.loc[self.campaigns["name_en"].str.contains("pilot"), "campaign_id"]
        rows = self.drawn[self.drawn["campaign_id"].isin(ids)]
        profit = rows["amount"] - rows["goods"] - rows["delivery"] - rows["offer"] - rows["messages"]
        held = rows["arm"] == "holdout"
        counts = (int(rows.loc[~held, "returned"].sum()), int((~held).sum()))
        counts += (int(rows.loc[held, "returned"].sum()), int(held.sum()))
        return {
            "counts": counts,
            "lift": experiment.difference(*counts),
            "gain": experiment.mean_difference(profit[~held], profit[held]),
            "outlay": float((rows["offer"] + rows["messages"]).sum()),
        }

    @cached_property
    def peeking(self) -> tuple[int, float, float]:
        """The hold-out split by lot, so that nothing can differ: looks, and in what share of DRAWS a gap in returns looks
        significant at one of them, and at the last."""
        held = self.people[self.arm("holdout")].sort_values("starts_on", kind="stable")
        back, n = held["returned"].to_numpy(dtype=float), len(held)
        ends = np.unique(np.linspace(n / 10, n, 10).round().astype(int))
        side = np.random.default_rng(15).random((DRAWS, n)) < 0.5
        one, first = side.cumsum(axis=1)[:, ends - 1], (side * back).cumsum(axis=1)[:, ends - 1]
        both, second = ends - one, back.cumsum()[ends - 1] - first
        pooled = (back.cumsum() / np.arange(1, n + 1))[ends - 1]
        spread = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(one, 1) + 1 / np.maximum(both, 1)))
        gap = np.abs(first / np.maximum(one, 1) - second / np.maximum(both, 1))
        seen = gap > 1.96 * np.where(spread > 0, spread, np.inf)
        return len(ends), float(seen.any(axis=1).mean()), float(seen[:, -1].mean())


def ways() -> dict:
    """The options of 15.A2 in a few words, by letter."""
    return {
        "a": say(zh="名单上每一位", en="everybody on the list"),
        "b": say(zh="上一单用过券的", en="those whose last order used a coupon"),
        "c": say(zh="花钱最多的，人数与“用过券的”一样", en="the biggest spenders, as many as used a coupon"),
        "d": say(zh="随机一半", en="a random half"),
    }
