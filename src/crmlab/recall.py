"""The plan of a win-back campaign: who has lapsed and may be contacted, who is held out, and what it would bring if ...

The list is computed from the `crmlab.health.Health` of a report. What a campaign will change nobody knows before it is run:
lift, margin and cost of the offer are assumptions, and are called so wherever they are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from crmlab import experiment, lifecycle, rfm, winback
from crmlab.deliver import lists
from crmlab.experiment import Interval
from crmlab.language import Said, label, say
from crmlab.members import CHANNELS
from crmlab.orders import counted_orders
from crmlab.sales import yuan
from crmlab.text import Problem, plain

# campaign: name; with the month of as_of it draws the arms. lapsed_days: 0 = twice one's own gap, else so many days for all.
# holdout: share that gets nothing. lift: share more that returns. order_margin, offer_cost: shares of the average order.
TERMS = {
    "campaign": "winback",
    "lapsed_days": 0,
    "holdout": 0.5,
    "lift": 0.05,
    "order_margin": 0.3,
    "offer_cost": 0.1,
}
BACK_WITHIN = 40  # days in which an order counts as a return, as in chapter 15
SHORTEST = 90  # days of record: before that a pause is only a pause
LONGEST = 365  # days: of those gone longer hardly anybody returns
HOURS = "-".join(winback.HOURS)
BABY_MONTHS = 12  # nothing about a price to families with a younger baby, or one of unknown age
COLUMNS = ("customer_id", "arm", "send_between", "channel", "rule", "reason", "recency", "gap")


@dataclass(frozen=True)
class Plan:
    """A campaign before it is run.

    listed : COLUMNS, a row a customer, those to be contacted first, best spender first in each arm.
    account : rule, removed, left: what each rule took off. lapsed : customers before the rules.
    base : share of those lapsed ``BACK_WITHIN`` days ago who have bought since, with its interval and their number
        ``base_n``; None where the record is too short to look back.
    smallest : the smallest rise that the two groups would show (NaN: none). order : yuan, the average order of those
        listed. profit : yuan, expected if the assumptions hold (None without base). pays_from : lift where it breaks even.
    """

    terms: dict
    salt: str
    listed: pd.DataFrame
    account: pd.DataFrame
    lapsed: int
    base: Interval | None
    base_n: int
    smallest: float
    order: float
    profit: float | None
    pays_from: float | None
    asked: bool

    @property
    def sizes(self) -> dict[str, int]:
        """Customers an arm."""
        return self.listed["arm"].value_counts().reindex(["treated", "holdout"], fill_value=0).to_dict()

    def facts(self) -> dict:
        """For the manifest."""
        return {
            "salt": self.salt,
            "lapsed": self.lapsed,
            "removed": dict(zip(self.account["rule"], self.account["removed"].tolist(), strict=True)),
            "listed": len(self.listed),
            "arms": self.sizes,
            "base_return_rate": None if self.base is None else {**self.base._asdict(), "customers": self.base_n},
            "smallest_visible_lift": None if pd.isna(self.smallest) else self.smallest,
            "average_order": round(self.order, 2),
            "expected_profit": None if self.profit is None else round(self.profit, 2),
            "assumptions": {name: self.terms[name] for name in ("lift", "order_margin", "offer_cost")},
        }


def check(terms: dict) -> None:
    """Raise Problem for a term that means nothing (`TERMS` says what they are)."""
    for name, value in terms.items():
        if name in ("holdout", "lift", "order_margin", "offer_cost") and not 0 <= value < 1:
            raise Problem(
                zh=f"参数 {name} 是一个比例，在 0 和 1 之间（0.05 是百分之五），不是 {value}。",
                en=f"Parameter {name} is a share between 0 and 1 (0.05 is five in a hundred), not {value}.",
            )
        if name == "lapsed_days" and not 0 <= value < LONGEST:
            raise Problem(
                zh=f"参数 lapsed_days 是天数，不满 {LONGEST}；0 表示按各人自己的间隔。这里写的是 {value}。",
                en=f"Parameter lapsed_days is a number of days below {LONGEST}, or 0 for each customer's own gap, not {value}.",
            )
        if name == "campaign" and not value.strip():
            raise Problem(
                zh="参数 campaign 不能空着：换一个名字才会重新抽签。",
                en="Parameter campaign must not be empty: a new name draws the groups anew.",
            )


def plan(h, assume_consent: bool = False) -> Plan | None:
    """The win-back plan of a report on customers (`Health.terms` says on which terms).

    None without customers or terms, and where the record is shorter than ``SHORTEST`` days.
    """
    if not h.by_customer or h.terms is None or h.history < SHORTEST:
        return None
    terms = TERMS | h.terms
    lapsed = _lapsed(h.scored, terms)
    people = lists.people(h).merge(lapsed[["customer_id", "gap", "own", "rule"]], on="customer_id")
    consent = _consent(people, assume_consent)
    listed, account = winback.contact_list(people.assign(channel=consent["channel"]), _rules(h, people, consent))
    salt = f"{terms['campaign']}-{h.as_of:%Y-%m}"
    arms = experiment.assign(
        listed["customer_id"], {"treated": 1 - terms["holdout"], "holdout": terms["holdout"]}, salt
    )
    listed = listed.assign(
        arm=arms.to_numpy(), reason=[_reason(*row) for row in listed[["recency", "gap", "rule"]].to_numpy()]
    )
    listed["send_between"] = listed["arm"].map({"treated": HOURS, "holdout": ""})
    listed = listed.sort_values("arm", ascending=False, kind="stable", ignore_index=True)[list(COLUMNS)]
    base, base_n = _base(h, terms)
    sizes = [int((listed["arm"] == arm).sum()) for arm in ("treated", "holdout")]
    known = base is not None and min(sizes) >= 2
    smallest = experiment.smallest_effect(*sizes, base.value) if known else float("nan")
    theirs = h.counted[h.counted["customer_id"].isin(listed["customer_id"])] if len(listed) else h.counted
    order = float(theirs["amount"].mean())
    margin, offer = terms["order_margin"] * order, terms["offer_cost"] * order
    profit = pays_from = None
    if base is not None:
        # whoever would have come anyway uses the offer as well
        lift = min(terms["lift"], 1 - base.value)
        profit = sizes[0] * (lift * margin - (base.value + lift) * offer)
        pays_from = base.value * offer / (margin - offer) if margin > offer else None
    return Plan(
        terms, salt, listed, account, len(people), base, base_n, smallest, order, profit, pays_from, h.members is not None
    )  # fmt: skip


def too_short(h) -> Said | None:
    """Why the plan is left out; nothing where all sections on customers are."""
    if not h.by_customer or h.history >= SHORTEST:
        return None
    return say(
        zh=f"没有召回名单：记录只有 {h.history} 天，要满 {SHORTEST} 天才分得出谁走了、谁只是还没来。",
        en=f"No win-back list: the record covers {h.history} days; it takes {SHORTEST} to tell who has left from who is "
        "merely between two orders.",
    )


def _lapsed(summary: pd.DataFrame, terms: dict) -> pd.DataFrame:
    """The customers who have lapsed, with gap, own (whether the gap is their own) and rule."""
    table = winback.lapsed(summary, window=terms["lapsed_days"])
    spread = table["last_paid"].dt.normalize() > table["first_paid"].dt.normalize()
    table["own"] = (table["frequency"] >= 3) & spread
    table["rule"] = table["own"].map({True: "by_own_gap", False: "by_usual_gap"})
    if terms["lapsed_days"]:
        return table[table["by_window"]].assign(rule="by_days")
    return table[table["by_gap"]]


def _consent(people: pd.DataFrame, assume: bool) -> pd.DataFrame:
    """refused, unknown and channel (";" between) of each customer; one no is a no unless another channel has a yes."""
    said = pd.DataFrame({name: people[f"{name}_consent"].astype("boolean") for name in CHANNELS})
    no = said.eq(False).fillna(False).any(axis=1)
    may = said.fillna(False).astype(bool)
    if assume:
        may |= said.isna() & ~no.to_numpy()[:, None]
    channel = [";".join(name for name, yes in zip(CHANNELS, row, strict=True) if yes) for row in may.to_numpy()]
    yes = may.any(axis=1)
    return pd.DataFrame({"refused": no & ~yes, "unknown": ~no & ~yes, "channel": channel}, index=people.index)


def _rules(h, people: pd.DataFrame, consent: pd.DataFrame) -> dict[str, pd.Series]:
    """Why a lapsed customer is not on the list, in the order of `winback.contact_list`."""
    rules = {
        "gone_too_long": people["recency"] > LONGEST,
        "contact_refused": consent["refused"],
        "consent_unknown": consent["unknown"],
    }
    months = baby_months(h, people)
    if months is not None:
        rules["graduated_family"] = (months >= lifecycle.GRADUATION_MONTHS).fillna(False)
        rules["baby_unknown"] = months.isna()
        rules["baby_under_12"] = (months < BABY_MONTHS).fillna(False)
    stays = ~pd.concat([mask.astype(bool) for mask in rules.values()], axis=1).any(axis=1)
    twice = pd.Series(False, index=people.index)
    for contact in ("phone", "external_id"):
        here = people.loc[stays, contact].dropna()
        twice |= here.duplicated().reindex(people.index, fill_value=False)
    return rules | {"same_contact": twice}


def baby_months(h, people: pd.DataFrame) -> pd.Series | None:
    """Age of the youngest baby in months, one a row of `lists.people`; None where the member list has no such column."""
    if h.members is None or "baby_birthday" not in h.members.report["columns"]:
        return None
    born = people[["customer_id", "baby_birthday"]].set_axis(["customer_id", "born_on"], axis=1)
    months = people["customer_id"].map(lifecycle.baby_months(born, h.as_of))
    return months.astype("Float64")


def _reason(recency, gap, rule: str) -> str:
    usual = {
        "by_own_gap": say(zh=f"，自己平常隔 {gap:,.0f} 天", en=f"; usually {gap:,.0f} between orders"),
        "by_usual_gap": say(zh=f"，大家平常隔 {gap:,.0f} 天", en=f"; others usually take {gap:,.0f}"),
        "by_days": "",
    }[rule]
    return say(zh=f"{recency:,} 天没来{usual}", en=f"{recency:,} days since the last order{usual}")


def _base(h, terms: dict) -> tuple[Interval | None, int]:
    """Of those lapsed ``BACK_WITHIN`` days ago (and not gone too long), the share that has bought since."""
    then = h.as_of - pd.Timedelta(days=BACK_WITHIN)
    if h.history < 2 * BACK_WITHIN:
        return None, 0
    people = _lapsed(rfm.summary(h.orders, then), terms)
    people = people[people["recency"] <= LONGEST]
    if people.empty:
        return None, 0
    counted = counted_orders(h.orders)
    later = counted.loc[counted["paid_at"] >= then + pd.Timedelta(days=1), "customer_id"]
    return experiment.rate(people["customer_id"].isin(later).sum(), len(people)), len(people)


def account_table(plan: Plan) -> pd.DataFrame:
    """What each rule took off the list, in words: list_rule, removed, left."""
    return plan.account.rename(columns={"rule": "list_rule"}).assign(list_rule=lambda t: t["list_rule"].map(label))


def sentences(plan: Plan) -> Iterator[str]:
    """Who is on the list, how the groups were drawn, what they can show, and what it would bring if the assumptions hold."""
    days, n = plan.terms["lapsed_days"], plan.sizes
    rule = (
        say(zh=f"超过 {days:,} 天没来", en=f"more than {days:,} days without an order")
        if days
        else say(
            zh="离上次购买超过自己平常间隔的两倍；不满 3 单的，用大家间隔的中位数",
            en="no order for twice their own usual gap, or for twice the median gap where there are fewer than three orders",
        )
    )
    yield say(
        zh=f"算流失的有 {plan.lapsed:,} 位（{rule}）。照下表一条条请出之后，名单上有 **{len(plan.listed):,} 位**。",
        en=f"Lapsed customers: {plan.lapsed:,} ({rule}). After the rules in the table below, **{len(plan.listed):,}** are on "
        "the list.",
    )
    if plan.listed.empty:
        if not plan.asked and plan.lapsed:
            yield say(
                zh="没有客户名单，就不知道谁同意联系，不知道就当没同意：用 `--members` 给出同意记录，这里才会有名单。",
                en="Without a list of customers nobody is known to have agreed, and unknown counts as no: give the consents with "
                "`--members`, and there will be a list.",
            )
        return
    yield say(
        zh=f"抽到联系的 {n['treated']:,} 位，空白组 {n['holdout']:,} 位，空白组这次什么都不发。谁在哪组由客户编号和"
        f"“{plain(plan.salt)}”算出来，哪天算都一样。只在 {HOURS} 发。",
        en=f"Drawn to be contacted: {n['treated']:,}; held out and sent nothing: {n['holdout']:,}. The groups follow from "
        f"the customer's id and “{plain(plan.salt)}”, the same on any day. Send between {HOURS} only.",
    )
    if plan.base is None:
        yield say(
            zh="记录太短，或者以前没有流失的人，看不出他们自己会回来多少，所以不算预期利润。",
            en="The record is too short, or nobody had lapsed before, so it does not show how many return unasked; no "
            "profit is worked out.",
        )
        return
    base = plan.base
    yield say(
        zh=f"不去管，{BACK_WITHIN} 天里大约有 **{base.value:.1%}** 会自己回来：{BACK_WITHIN} 天前算流失的 {plan.base_n:,} 位"
        f"就是这样（{base.low:.1%} 到 {base.high:.1%}）。",
        en=f"Left alone, about **{base.value:.1%}** return within {BACK_WITHIN} days: so it was with the {plan.base_n:,} who "
        f"had lapsed {BACK_WITHIN} days ago ({base.low:.1%} to {base.high:.1%}).",
    ) + _visible(plan)
    yield _profit(plan)


def _visible(plan: Plan) -> str:
    if pd.isna(plan.smallest):
        return say(
            zh="人太少，或没留空白组，这次看不出效果。",
            en=" With so few customers, or none held out, this campaign will not show what it changed.",
        )
    small = say(
        zh="，比下面假设的还大：多半看不出来，几批攒在一起再看",
        en=", which is more than assumed below: you will probably not see it, so read several waves together",
    )
    return say(
        zh=f"多回来 **{100 * plan.smallest:.1f} 个百分点**以上，才有八成把握看出来",
        en=f" It takes **{100 * plan.smallest:.1f} points** more to be seen four times in five",
    ) + (small if plan.smallest > plan.terms["lift"] else "") + say(zh="。", en=".")  # fmt: skip


def _profit(plan: Plan) -> str:
    terms, order = plan.terms, plan.order
    margin, offer = (terms[name] * order for name in ("order_margin", "offer_cost"))
    zh_pays = en_pays = ""
    if plan.pays_from is None:
        zh_pays = "优惠不比毛利少，怎么发都不会赚。"
        en_pays = " The offer costs no less than the margin, so it cannot pay."
    elif plan.pays_from > 0:
        zh_pays = f"要多回来 {100 * plan.pays_from:.1f} 个百分点才保本。"
        en_pays = f" It breaks even at {100 * plan.pays_from:.1f} points."
    gain = plan.profit >= 0
    return say(
        zh=f"预期利润是**按假设算的**：多回来 {100 * terms['lift']:.4g} 个百分点；每单毛利 {_yuan(margin)}（名单上的人每单 "
        f"{_yuan(order)}，算 {terms['order_margin']:.0%}）；优惠每单 {_yuan(offer)}（{terms['offer_cost']:.0%}），回来的人都用，"
        f"自己会回来的也用。这样这一批{'多赚' if gain else '亏'} **{_yuan(abs(plan.profit))}**，没算短信和人工。{zh_pays}"
        "换成自己的数：`-p lift`、`-p order_margin`、`-p offer_cost`。",
        en=f"The expected profit rests on **assumptions**: {100 * terms['lift']:.4g} points more return; an order earns "
        f"{_yuan(margin)} ({terms['order_margin']:.0%} of {_yuan(order)}, the average order of those listed); the offer costs "
        f"{_yuan(offer)} an order ({terms['offer_cost']:.0%}) and everybody who returns uses it, those who would have "
        f"returned anyway included. Then this wave {'earns' if gain else 'loses'} **{_yuan(abs(plan.profit))}**, messages "
        f"and staff not counted.{en_pays} Put in your own figures: `-p lift`, `-p order_margin`, `-p offer_cost`.",
    )


def _yuan(value: float) -> str:
    return yuan(value) if abs(value) >= 100 else f"¥{value:,.2f}"
