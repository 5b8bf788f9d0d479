"""Lab 02, the 4D model: four decisions and seven questions, on any company."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
import pandas as pd

from crmlab import data, fourd
from crmlab.experiment import Interval, difference, mean_difference
from crmlab.feedback import Decision, Question, Slip, Wrong, away, need_close, need_number, need_numbers, need_table
from crmlab.language import say, t
from crmlab.orders import counted_orders

NEEDS = ("control", "comfort", "safety", "care", "belonging", "joy", "achievement", "anticipation")
QUARTER, YEAR, FOUR_WEEKS = 90, 365, 28  # days
MOST = 3  # marketing messages in seven days
DRAWS = 10_000  # of the reference interval; a student needs 2,000
POINTS = 3  # of NPS, the change one would like to see


class Answers:
    """Reference answers, computed from the tables of one company at one reference day, without the scorecard."""

    def __init__(self, company: str, as_of: str):
        self.company, self.as_of = company, pd.Timestamp(as_of)
        self.end = self.as_of + pd.Timedelta(days=1)
        self.members = data.load(company, "members")
        self.orders = data.load(company, "orders")

    def lately(self, at: pd.Series, days: int = QUARTER) -> pd.Series:
        return (at >= self.end - pd.Timedelta(days=days)) & (at < self.end)

    # Part A

    @cached_property
    def card(self) -> pd.DataFrame:
        return fourd.scorecard(fourd.load_tables(self.company), self.as_of)

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """The four D's, lowest first: d, score, low, high, same (share of random weights that keep its place)."""
        table = fourd.summary(self.card).merge(fourd.rank_stability(self.card)[["d", "same"]], on="d")
        return table.sort_values("score", ignore_index=True)

    @cached_property
    def order_stays(self) -> float:
        return fourd.rank_stability(self.card).attrs["order"]

    @cached_property
    def waves(self) -> pd.DataFrame:
        """NPS by wave: wave, answers, promoters, detractors (shares), nps (points)."""
        by = self._nps.groupby("wave")["points"]
        table = by.agg(
            answers="size", promoters=lambda x: (x > 0).mean(), detractors=lambda x: (x < 0).mean(), nps="mean"
        )
        return table.assign(nps=100 * table["nps"]).reset_index()

    @cached_property
    def _nps(self) -> pd.DataFrame:
        answered = self.surveys[self.surveys["answered_at"] < self.end].dropna(subset=["nps"])
        promoter, detractor = answered["nps"] >= 9, answered["nps"] <= 6
        return answered.assign(points=promoter.astype(int) - detractor.astype(int))

    @cached_property
    def nps_change(self) -> Interval:
        """Last wave minus the one before, in points of NPS."""
        before, last = (self._nps.loc[self._nps["wave"] == w, "points"] for w in self.waves["wave"].iloc[-2:])
        return Interval(*(100 * each for each in mean_difference(last, before)))

    @cached_property
    def answers_needed(self) -> int:
        """Answers a wave that show a change of POINTS four times in five (80% power, 5% level)."""
        return round(2 * (1.96 + 0.84) ** 2 * self._nps["points"].var() / (POINTS / 100) ** 2, -2)

    @cached_property
    def win_back(self) -> pd.DataFrame:
        """One row a customer drawn in a win-back campaign: contacted, returned (in four weeks), redeemed a coupon."""
        drawn = self._drawn("win_back").rename(columns={"assigned_at": "since"})
        used = self._campaign_coupons
        pair = pd.MultiIndex.from_frame(drawn[["campaign_id", "customer_id"]])
        return drawn.assign(
            contacted=drawn["arm"] != "holdout",
            returned=self._spent(drawn)["orders"] > 0,
            redeemed=pair.isin(pd.MultiIndex.from_frame(used[["campaign_id", "customer_id"]])),
        )

    @cached_property
    def _campaign_coupons(self) -> pd.DataFrame:
        return data.load(self.company, "coupons").dropna(subset=["campaign_id", "used_order_id"])

    @cached_property
    def lift(self) -> Interval:
        side = self.win_back.groupby("contacted")["returned"].agg(["sum", "size"])
        return difference(*side.loc[True], *side.loc[False])

    @cached_property
    def sale(self) -> pd.DataFrame:
        """One row a customer drawn in a sale: arm, sales (four weeks), buyer (in the four weeks before), clicks, out
        (opted out), cost of the messages."""
        drawn = self._drawn("promotion")
        drawn = drawn.merge(self.campaigns[["campaign_id", "starts_on"]]).rename(columns={"starts_on": "since"})
        by = self.touches.groupby(["campaign_id", "customer_id"])
        sent = by.agg(clicks=("clicked_at", "count"), out=("opted_out", "sum"), cost=("cost", "sum")).reset_index()
        drawn = drawn.merge(sent, how="left", on=["campaign_id", "customer_id"])
        drawn = drawn.fillna({"clicks": 0, "out": 0, "cost": 0.0})
        earlier = drawn.assign(since=drawn["since"] - pd.Timedelta(days=FOUR_WEEKS))
        return drawn.assign(sales=self._spent(drawn)["amount"], buyer=self._spent(earlier)["orders"] > 0)

    def _drawn(self, kind: str) -> pd.DataFrame:
        """Who was assigned at random in finished campaigns of a kind: their four weeks are over."""
        fits = (self.campaigns["kind"] == kind) & (self.campaigns["randomised"] == 1)
        fits &= self.campaigns["starts_on"] + pd.Timedelta(days=FOUR_WEEKS) <= self.end
        drawn = data.load(self.company, "assignments")
        return drawn[drawn["campaign_id"].isin(self.campaigns.loc[fits, "campaign_id"])].reset_index(drop=True)

    def _spent(self, drawn: pd.DataFrame) -> pd.DataFrame:
        """Counted orders and their amount in the four weeks from ``since``, row by row of ``drawn``."""
        paid = (
            drawn[["customer_id", "since"]]
            .reset_index()
            .merge(counted_orders(self.orders)[["customer_id", "paid_at", "amount"]], on="customer_id")
        )
        within = paid["paid_at"].between(paid["since"], paid["since"] + pd.Timedelta(days=FOUR_WEEKS), inclusive="left")
        found = paid[within].groupby("index")["amount"].agg(orders="size", amount="sum")
        return found.reindex(drawn.index, fill_value=0)

    @cached_property
    def sales_gap(self) -> Interval:
        """Five messages minus two: yuan a customer in four weeks."""
        return mean_difference(*(self.sale.loc[self.sale["arm"] == arm, "sales"] for arm in ("heavy", "light")))

    @cached_property
    def out_gap(self) -> Interval:
        """Five messages minus two: share of customers who opt out."""
        by = self.sale.groupby("arm")["out"].agg(["sum", "size"])
        return difference(*by.loc["heavy"], *by.loc["light"])

    @cached_property
    def new_member_cost(self) -> float:
        """Yuan a new member in the last year, over all channels."""
        spend = data.load(self.company, "spend")
        spend = spend[self.lately(spend["month"], YEAR)]
        return float(spend["spend"].sum() / spend["new_members"].sum())

    # Part B

    @cached_property
    def campaigns(self) -> pd.DataFrame:
        return data.load(self.company, "campaigns")

    @cached_property
    def surveys(self) -> pd.DataFrame:
        return data.load(self.company, "surveys")

    @cached_property
    def touches(self) -> pd.DataFrame:
        return data.load(self.company, "touches")

    @cached_property
    def consents(self) -> pd.DataFrame:
        return data.load(self.company, "consents")

    @cached_property
    def consented(self) -> float:
        return self._members_among(self.standing.loc[self.standing["purpose"] == "marketing", "customer_id"])

    @cached_property
    def standing(self) -> pd.DataFrame:
        """Consents given and not withdrawn by the reference day."""
        return _standing(self.consents, self.end)

    def _members_among(self, customers: pd.Series) -> float:
        return float(self.members["customer_id"].isin(customers).mean())

    @cached_property
    def due(self) -> pd.DataFrame:
        return self.orders[self.lately(self.orders["promised_at"])]

    @cached_property
    def kept(self) -> float:
        return _on_time(self.due)

    @cached_property
    def asked(self) -> pd.DataFrame:
        """One row a customer asked in the last year: the latest answer, or else the invitation left unanswered."""
        open_ = self.surveys["answered_at"].isna() & self.lately(self.surveys["invited_at"], YEAR)
        last = self.surveys[self.lately(self.surveys["answered_at"], YEAR) | open_]
        last = last.sort_values("answered_at", na_position="first").drop_duplicates("customer_id", keep="last")
        return last.sort_values("customer_id", ignore_index=True)

    @cached_property
    def opportunity(self) -> pd.DataFrame:
        return ulwick(self.asked.dropna(subset=["answered_at"]))

    @cached_property
    def messages(self) -> pd.DataFrame:
        """The messages of the last 90 days that arrived."""
        return self.touches[self.lately(self.touches["sent_at"]) & (self.touches["delivered"] == 1)]

    @cached_property
    def triggered(self) -> tuple[float, float]:
        return _triggered(self.messages)

    @cached_property
    def over(self) -> float:
        return float(len(_too_often(self.messages)) / self.messages["customer_id"].nunique())

    @cached_property
    def per_user(self) -> pd.DataFrame:
        """customer_id, triggered, messages: counts of the last 90 days."""
        by = self.messages.groupby("customer_id")["triggered_at"]
        return by.agg(triggered="count", messages="size").reset_index()

    @cached_property
    def replicates(self) -> np.ndarray:
        """The triggered share in resamples of the customers."""
        top, base = self.per_user["triggered"].to_numpy(), self.per_user["messages"].to_numpy()
        rng, n = np.random.default_rng(2), len(top)
        picks = (rng.integers(n, size=n) for _ in range(DRAWS))
        return np.array([top[pick].sum() / base[pick].sum() for pick in picks])

    @cached_property
    def interval(self) -> tuple[float, float]:
        return tuple(float(edge) for edge in np.percentile(self.replicates, [2.5, 97.5]))

    @cached_property
    def mailed(self) -> pd.DataFrame:
        """Messages about price or about service: campaign_id, kind of the campaign, customer_id, tier, message, opened,
        clicked. ``tier``: where more of the money went before the campaign began; missing for those who had not bought.
        """
        kinds = self.campaigns[self.campaigns["kind"].isin(["price", "service", "price_or_service"])]
        sent = self.touches.merge(kinds[["campaign_id", "kind", "starts_on"]], on="campaign_id").sort_values(
            "starts_on"
        )
        sent = pd.merge_asof(
            sent,
            self._spending,
            left_on="starts_on",
            right_on="paid_at",
            by="customer_id",
            allow_exact_matches=False,
        )
        return pd.DataFrame({
            **sent[["campaign_id", "kind", "customer_id"]],
            "tier": np.select([sent["premium"] > sent["value"], sent["value"].notna()], ["premium", "value"], None),
            "message": np.where(sent["price_message"] == 1, "price", "service"),
            "opened": sent["opened_at"].notna(),
            "clicked": sent["clicked_at"].notna(),
        })

    @cached_property
    def _spending(self) -> pd.DataFrame:
        """customer_id, paid_at, value, premium: yuan spent in each price tier up to and including each order."""
        lines = data.load(self.company, "order_lines").merge(data.load(self.company, "products"), on="sku")
        lines = lines.merge(counted_orders(self.orders)[["order_id", "customer_id", "paid_at"]], on="order_id")
        lines = lines.dropna(subset=["price_tier"]).sort_values("paid_at", kind="stable")
        money = lines["quantity"] * lines["unit_price"]
        for tier in ("value", "premium"):
            lines[tier] = money.where(lines["price_tier"] == tier, 0.0).groupby(lines["customer_id"]).cumsum()
        last = ~lines.duplicated(["customer_id", "paid_at"], keep="last")
        return lines.loc[last, ["customer_id", "paid_at", "value", "premium"]]

    @cached_property
    def compared(self) -> pd.DataFrame:
        return self.mailed[self.mailed["kind"] == "price_or_service"]

    @cached_property
    def interaction(self) -> Interval:
        return _interaction(self.compared)


def _standing(consents: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    return consents[(consents["granted_at"] < end) & ~(consents["withdrawn_at"] < end)]


def ulwick(answers: pd.DataFrame, fits=lambda mark: mark.ge(4).fillna(False).mean(), most=True) -> pd.DataFrame:
    """need, importance, satisfaction, opportunity: ten times the share that ``fits``, and I + max(I − S, 0)."""
    table = pd.DataFrame({
        "need": NEEDS,
        **{side: [10 * float(fits(answers[f"{need}_{side}"])) for need in NEEDS] for side in SIDES},
    })
    gap = table["importance"] - table["satisfaction"]
    return table.assign(opportunity=table["importance"] + (gap.clip(lower=0) if most else gap))


SIDES = ("importance", "satisfaction")
SCORES = [*SIDES, "opportunity"]


def _triggered(messages: pd.DataFrame) -> tuple[float, float]:
    """Share of the messages that something set off, and the median hours from there to the message."""
    wait = (messages["sent_at"] - messages["triggered_at"]).dropna()
    return len(wait) / len(messages), float(wait.median() / pd.Timedelta(hours=1))


def _too_often(messages: pd.DataFrame, most: int = MOST, purposes=("marketing",), days: int = 7) -> np.ndarray:
    """Customers with more than ``most`` messages within so many days."""
    sent = messages[messages["purpose"].isin(purposes)].sort_values("sent_at")
    span = sent["sent_at"] - sent.groupby("customer_id")["sent_at"].shift(most)
    return sent.loc[span < pd.Timedelta(days=days), "customer_id"].unique()


def _interaction(sent: pd.DataFrame) -> Interval:
    """(price − service) among value customers minus the same among premium customers, in click rate."""
    cells = sent.groupby(["tier", "message"])["clicked"].agg(["mean", "size"])
    rate = cells["mean"]
    value = (rate["value", "price"] - rate["value", "service"]) - (
        rate["premium", "price"] - rate["premium", "service"]
    )
    half = 1.96 * np.sqrt((rate * (1 - rate) / cells["size"]).sum())
    return Interval(float(value), float(value - half), float(value + half))


# Part A


def _called(d: str):
    return say(zh=f"“{t('d_' + d)}”", en=t("d_" + d))


def _a1_right(a: Answers) -> str:
    lowest, second = (row for _, row in a.ranks.head(2).iterrows())
    return "a" if lowest["high"] < second["low"] and lowest["same"] > 0.5 else "d"


def _a1_why(a: Answers):
    first, second = (row for _, row in a.ranks.head(2).iterrows())
    one, two = _called(first["d"]), _called(second["d"])
    seen = say(
        zh=f"{one}得 {first['score']:.1f} 分，大约在 {first['low']:.1f} 到 {first['high']:.1f} 之间；倒数第二的{two}大约在 {second['low']:.1f} 到 {second['high']:.1f} 之间。随机换 2,000 次权重，{one}有 {first['same']:.0%} 的时候垫底。",
        en=f"{one} scores {first['score']:.1f}, somewhere between {first['low']:.1f} and {first['high']:.1f}; {two}, second from the bottom, between {second['low']:.1f} and {second['high']:.1f}. Under 2,000 random sets of weights {one} comes last in {first['same']:.0%} of cases. ",
    )
    if _a1_right(a) == "a":
        end = {
            "a": say(
                zh="两段不重叠，换权重也多半垫底：先谈这一项站得住。修它值多少元，分数不会说，要看 A3、A4 那样的对照。",
                en="The two ranges do not touch, and it stays last under most weights: you can defend starting there. What fixing it is worth in yuan, no score can say; that takes comparisons such as A3 and A4.",
            ),
            "d": say(
                zh="上面三项的名次随权重变，垫底的稳得多：别因为排名不全稳，就什么都不说。",
                en="The upper three swap places as the weights change, the last one far less: that part of the order is shaky is no reason to say nothing.",
            ),
        }
    else:
        end = {
            "a": say(
                zh="区间碰在一起，或者换换权重就换人垫底：现在说“就是它”太早。",
                en="The ranges touch, or other weights change who is last: it is too early to name one.",
            ),
            "d": say(
                zh="分不清就说分不清，先补样本、定权重。",
                en="If you cannot tell them apart, say so; get more answers and agree on weights first.",
            ),
        }
    middle = a.ranks.iloc[1:]
    return {
        "a": seen + end["a"],
        "b": seen
        + say(
            zh=f"{two}排在它前面，找不到先谈的理由。",
            en=f"{two} stands above it; nothing here says start with it.",
        ),
        "c": say(
            zh=f"随机换权重，四项的名次完全不变的只有 {a.order_stays:.0%}。上面三项从 {middle['score'].min():.1f} 到 {middle['score'].max():.1f} 分，差得不多，权重一变名次就变。",
            en=f"Under random weights the whole order stays in only {a.order_stays:.0%} of draws. The upper three run from {middle['score'].min():.1f} to {middle['score'].max():.1f}: so close that other weights change their order.",
        ),
        "d": seen + end["d"],
    }


def _a1_options(a: Answers):
    one, two = (_called(d) for d in a.ranks["d"].head(2))
    return {
        "a": say(
            zh=f"{one}：分数最低",
            en=f"{one}: the lowest score",
        ),
        "b": say(zh=f"{two}：分数也低", en=f"{two}: its score is low as well"),
        "c": say(zh="四项都谈，按名次从低到高", en="all four, from the lowest rank up"),
        "d": say(
            zh="先不点名：权重是人定的，谁先谁后说不准",
            en="name none: the weights are somebody's opinion, so no order can be trusted",
        ),
    }


A1 = Decision(
    "02.A1",
    lambda a: say(
        zh="四个 D 都打了分。下周一的会只够谈一项，先谈哪一项？",
        en="All four D's have a score. Monday's meeting has time for one. Which?",
    ),
    _a1_options,
    _a1_right,
    _a1_why,
)


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _a2_right(a: Answers) -> str:
    return "c" if a.nps_change.low <= 0 <= a.nps_change.high else "a"


def _a2_options(a: Answers):
    change = a.nps_change.value
    return {
        "a": say(
            zh=f"“NPS {'涨' if change > 0 else '跌'}了 {abs(change):.1f} 分”，再说说原因",
            en=f"'NPS is {'up' if change > 0 else 'down'} by {abs(change):.1f} points', and then the reasons",
        ),
        "b": say(zh="“和上期一样，没有变化”", en="'The same as last time, no change'"),
        "c": say(
            zh="“看到的变化和区间一起报，这点人数还分不出涨跌”",
            en="'Here is the change with its interval; with so few answers we cannot tell up from down'",
        ),
        "d": say(
            zh="“下期多问老客，分数会好看”", en="'Next time we ask more of our regulars; the score will look better'"
        ),
    }


def _a2_why(a: Answers):
    change, low, high = a.nps_change
    last = a.waves.iloc[-1]
    asked = a.surveys[(a.surveys["wave"] == last["wave"])]
    seen = say(
        zh=f"两期相差 {_signed(change)} 分，大约在 {_signed(low)} 到 {_signed(high)} 分之间。",
        en=f"The two waves differ by {_signed(change)} points, somewhere between {_signed(low)} and {_signed(high)}. ",
    )
    unclear = _a2_right(a) == "c"
    more = say(
        zh=f"要看清 {POINTS} 分的变化，每期得有 {a.answers_needed:,.0f} 份回答（五次里看得出四次），现在只有 {last['answers']:,} 份。",
        en=f"To see a change of {POINTS} points four times in five takes {a.answers_needed:,.0f} answers per wave; there are {last['answers']:,}.",
    )
    return {
        "a": seen
        + (
            say(
                zh="区间跨过零：您解释的那个变化，没准根本没有。",
                en="The interval spans zero: you would be explaining a change that may not be there.",
            )
            if unclear
            else say(zh="区间不跨零，可以报。", en="The interval does not span zero: you can report it.")
        ),
        "b": seen
        + say(
            zh="“看不清”不等于“没变”：区间里也有好几分的变化。",
            en="'Cannot tell' is not 'no change': the interval holds changes of several points.",
        ),
        "c": seen
        + (
            more
            if unclear
            else say(
                zh="区间整个在零的一边，这回分得出。",
                en="All of it lies on one side of zero: this time you can tell.",
            )
        ),
        "d": say(
            zh=f"这一期请了 {len(asked):,} 人，答了 {asked['answered_at'].notna().mean():.0%}，没答的人怎么想，已经不知道了。再挑人问，分数好看了，两期却没法比。",
            en=f"Of {len(asked):,} people invited {asked['answered_at'].notna().mean():.0%} answered; nobody knows what the rest think. Pick whom you ask, and the score looks better but can no longer be compared.",
        ),
    }


A2 = Decision(
    "02.A2",
    lambda a: say(
        zh="老板要一句话：这一期的 NPS 比上一期怎么样？",
        en="The boss wants one sentence: how does this wave's NPS compare with the one before?",
    ),
    _a2_options,
    _a2_right,
    _a2_why,
)


def _a3_numbers(a: Answers):
    """People contacted, returned and redeemed; the hold-out's rate; what it makes of them."""
    got, kept_out = a.win_back[a.win_back["contacted"]], a.win_back[~a.win_back["contacted"]]
    return len(got), int(got["returned"].sum()), int(got["redeemed"].sum()), float(kept_out["returned"].mean())


def _a3_options(a: Answers):
    n, returned, redeemed, base = _a3_numbers(a)
    return {
        "a": say(
            zh=f"{returned:,} 人：四周里回来的都算", en=f"{returned:,}: everybody who came back in the four weeks"
        ),
        "b": say(zh=f"{redeemed:,} 人：用了券的才算", en=f"{redeemed:,}: those who used the coupon"),
        "c": say(
            zh=f"约 {a.lift.value * n:,.0f} 人：比空白组多回来的才算",
            en=f"About {a.lift.value * n:,.0f}: only those over and above what the hold-out would give",
        ),
        "d": say(
            zh="0 人：空白组也有人回来，可见活动没用",
            en="0: people in the hold-out came back too, so the campaign does nothing",
        ),
    }


def _a3_why(a: Answers):
    n, returned, redeemed, base = _a3_numbers(a)
    _, low, high = a.lift
    return {
        "a": say(
            zh=f"空白组什么也没收到，四周里也回来了 {base:.1%}。照这个比例，联系的 {n:,} 人里约有 {base * n:,.0f} 人本来就会回来。",
            en=f"The hold-out got nothing, and {base:.1%} of it came back within four weeks. At that rate about {base * n:,.0f} of the {n:,} contacted would have come anyway.",
        ),
        "b": say(
            zh=f"用券的 {redeemed:,} 人里有本来就会来的，白送了他们一张；收到关怀没有券的，回来了却不算。用券数两头都不准。",
            en=f"Some of the {redeemed:,} who used the coupon would have come anyway: you gave it away. And those who came back after a message without a coupon are not counted. Coupons used are wrong in both directions.",
        ),
        "c": say(
            zh=f"对。多回来 {a.lift.value * 100:.1f} 个百分点，大约在 {low * 100:.1f} 到 {high * 100:.1f} 之间，合 {low * n:,.0f} 到 {high * n:,.0f} 人。谁收谁不收是抽签定的，所以差出来的就是活动的。",
            en=f"Right. {a.lift.value * 100:.1f} percentage points more, somewhere between {low * 100:.1f} and {high * 100:.1f}: {low * n:,.0f} to {high * n:,.0f} people. A draw decided who was contacted, so the difference is the campaign's.",
        ),
        "d": say(
            zh=f"空白组回来 {base:.1%}，联系的人回来 {returned / n:.1%}，差 {a.lift.value * 100:.1f} 个百分点：有人自己回来，不等于活动没用。",
            en=f"{base:.1%} of the hold-out came back and {returned / n:.1%} of those contacted, {a.lift.value * 100:.1f} percentage points apart: some coming by themselves does not mean the campaign does nothing.",
        ),
    }


A3 = Decision(
    "02.A3",
    lambda a: say(
        zh=f"召回活动联系了 {_a3_numbers(a)[0]:,} 人，四周里回来了 {_a3_numbers(a)[1]:,} 人。该记给活动的是多少人？",
        en=f"The win-back campaigns contacted {_a3_numbers(a)[0]:,} people; {_a3_numbers(a)[1]:,} bought again within four weeks. How many did the campaigns bring?",
    ),
    _a3_options,
    lambda a: "c",
    _a3_why,
)


def _yuan(value: float) -> str:
    return f"{'−' if value < 0 else ''}¥{abs(value):,.0f}"


def _a4_right(a: Answers) -> str:
    if a.sales_gap.low > 0:
        return "a"
    return "b" if a.out_gap.low > 0 else "d"


def _a4_why(a: Answers):
    by = a.sale.groupby("arm")[["clicks", "out", "cost"]].mean().mul(1000)
    heavy, light = by.loc["heavy"], by.loc["light"]
    gap, low, high = (1000 * each for each in a.sales_gap)
    _, out_low, out_high = (1000 * each for each in a.out_gap)
    more = heavy["out"] - light["out"]
    again = round(more) * round(a.new_member_cost)
    money = say(
        zh=f"每千人，发 5 条比发 2 条四周里{'多' if gap > 0 else '少'}卖 {_yuan(abs(gap))}（差额大约在 {_yuan(low)} 到 {_yuan(high)} 之间）。",
        en=f"Per thousand people, five messages sold {_yuan(abs(gap))} {'more' if gap > 0 else 'less'} in four weeks than two (the gap lies somewhere between {_yuan(low)} and {_yuan(high)}). ",
    )
    leave = say(
        zh=f"退订的多了 {more:.0f} 人（{out_low:.0f} 到 {out_high:.0f}）。他们也许还会来买，只是听不到我们了。拉一位新客户约 ¥{a.new_member_cost:,.0f}，要补回这么多听得到的人，得 {_yuan(again)}，还多花 ¥{heavy['cost'] - light['cost']:,.0f} 消息费。",
        en=f"{more:.0f} more opted out ({out_low:.0f} to {out_high:.0f}). They may still buy, but no longer hear from us. A new customer costs about ¥{a.new_member_cost:,.0f}: finding as many people to write to takes {_yuan(again)}, on top of ¥{heavy['cost'] - light['cost']:,.0f} more for messages.",
    )
    wins = {
        "a": say(
            zh="多卖的钱看得清，先算够不够付这笔账。", en=" The extra sales are clear; check that they pay this bill."
        ),
        "b": say(
            zh="多卖的看不出来，多走的看得很清楚：发 2 条。",
            en=" There is no sign of more sales, and a clear sign of more opt-outs: send two.",
        ),
        "d": say(
            zh="卖得多不多、走得多不多，都还看不清。",
            en=" There is no clear sign yet of more sales or of more opt-outs.",
        ),
    }[_a4_right(a)]
    often, few = (
        a.sale[a.sale["buyer"] & (a.sale["arm"] == arm)]["out"].agg(["sum", "size"]) for arm in ("heavy", "light")
    )
    loyal = difference(*often, *few)
    return {
        "a": money + leave + wins
        if _a4_right(a) == "a"
        else say(
            zh=f"每千人的点击从 {light['clicks']:.0f} 次涨到 {heavy['clicks']:.0f} 次，可是点击不是钱。",
            en=f"Clicks per thousand rise from {light['clicks']:.0f} to {heavy['clicks']:.0f}, but clicks are not money. ",
        )
        + money,
        "b": money + leave + wins,
        "c": say(
            zh=f"活动前四周买过的人也一样：发 5 条，每千人多 {1000 * loyal.value:.0f} 人退订（{1000 * loyal.low:.0f} 到 {1000 * loyal.high:.0f}）。走的正是您最不想丢的。",
            en=f"Those who bought in the four weeks before are no different: with five messages {1000 * loyal.value:.0f} more per thousand opt out ({1000 * loyal.low:.0f} to {1000 * loyal.high:.0f}), and these are the people you least want to stop hearing you.",
        ),
        "d": money
        + say(
            zh=f"每千人退订从 {light['out']:.0f} 人到 {heavy['out']:.0f} 人。",
            en=f"Opt-outs per thousand go from {light['out']:.0f} to {heavy['out']:.0f}.",
        )
        + wins,
    }


A4 = Decision(
    "02.A4",
    lambda a: say(
        zh="下一场大促，同一批人发 2 条还是 5 条？过去几场是抽签定的，可以直接比。",
        en="The next sale: two messages to everybody, or five? In past sales a draw decided, so the two groups can be compared.",
    ),
    lambda a: {
        "a": say(zh="5 条：点击多，卖得也会多", en="five: more clicks, so more sales"),
        "b": say(
            zh="2 条：多发的没多卖，退订倒多了", en="two: more messages did not sell more, and more people opted out"
        ),
        "c": say(zh="常买的人发 5 条，他们不会嫌烦", en="five to those who bought lately; they will not mind"),
        "d": say(zh="看不出差别，再试一场", en="no visible difference; test once more"),
    },
    _a4_right,
    _a4_why,
)

DECISIONS = (A1, A2, A3, A4)


# Part B: each question's slips are listed once; its judge recognises them, and the tests hold that it refuses them


def _apart(truth, slips: dict[str, Slip]) -> dict[str, Slip]:
    """The slips that these data can tell from the right answer."""
    return {name: slip for name, slip in slips.items() if away(slip.value, truth) > 1e-6}


def _values(slips: dict[str, Slip]) -> dict[str, object]:
    return {name: slip.value for name, slip in slips.items()}


def _per_cent(truth) -> Slip:
    return Slip(
        100 * np.asarray(truth) if np.ndim(truth) else 100 * truth,
        "这是百分数，请写成 0 到 1 之间的小数。",
        "This is in per cent; write it as a number between 0 and 1.",
    )


@cache
def _consented_slips(a: Answers) -> dict[str, Slip]:
    ever, yes = a.consents, a.standing[a.standing["purpose"] == "marketing"]
    buyers = counted_orders(a.orders)["customer_id"].unique()
    return _apart(
        a.consented,
        {
            "withdrawn counted": Slip(
                a._members_among(ever.loc[ever["purpose"] == "marketing", "customer_id"]),
                "撤回的也算进来了：withdrawn_at 有时间的，已经不同意了。",
                "Withdrawn consents are in it: where withdrawn_at holds a time, they no longer agree.",
            ),
            "any purpose": Slip(
                a._members_among(a.standing["customer_id"]),
                "服务类的同意也算进来了：只看 purpose 是 marketing 的。",
                "Consents to service messages are in it: take purpose marketing only.",
            ),
            "grants": Slip(
                len(yes) / len(a.members),
                "分子数的是同意的条数。一个人可以同意好几个渠道，要数人。",
                "The numerator counts consents. One person may consent to several channels: count people.",
            ),
            "buyers as base": Slip(
                float(pd.Series(buyers).isin(yes["customer_id"]).mean()),
                "分母用了买过的人。注册了没买的也在您的名册里，分母是 members。",
                "The denominator is buyers. Those who registered and never bought are on your list too; the denominator is members.",
            ),
            "last day lost": Slip(
                a._members_among(_standing(ever[ever["purpose"] == "marketing"], a.as_of)["customer_id"]),
                "as_of 是那天零点，那天白天的同意和撤回都漏了：和 end 比，用 <。",
                "as_of is midnight at the start of that day, so that day's consents and withdrawals are lost: compare with end, using <.",
            ),
            "consents as base": Slip(
                yes["customer_id"].nunique() / ever["customer_id"].nunique(),
                "分母只有 consents 里出现过的人；什么也没同意过的也是用户，分母是 members。",
                "The denominator is the people in consents. Those who never consented to anything are users too: it is members.",
            ),
            "rows": Slip(
                len(yes) / int((ever["purpose"] == "marketing").sum()),
                "上下数的都是同意的条数。要数人：分母是 members 里的全部用户。",
                "Both numbers count consents. Count people: the denominator is everybody in members.",
            ),
            "once consented as base": Slip(
                yes["customer_id"].nunique() / ever.loc[ever["purpose"] == "marketing", "customer_id"].nunique(),
                "分母用了同意过的人。从没同意的也在您的名册里，分母是 members。",
                "The denominator is those who ever consented. Those who never did are on your list too: it is members.",
            ),
            "people": Slip(
                int(a.members["customer_id"].isin(yes["customer_id"]).sum()),
                "这是人数，还要除以全部人数。",
                "This is a number of people; divide it by all people.",
            ),
            "per cent": _per_cent(a.consented),
            "no consent": Slip(1 - a.consented, "这是没有同意的比例。", "This is the share without consent."),
        }
        | {
            f"{channel} only": Slip(
                a._members_among(part["customer_id"]),
                f"您只看了 {channel} 这一个渠道。任何一个渠道上同意就算。",
                f"You looked at the channel {channel} alone. Consent on any channel counts.",
            )
            for channel, part in yes.groupby("channel")
        },
    )


def _judge_consented(value, a: Answers):
    found = need_number(value, "consented")
    need_close(
        found,
        a.consented,
        _consented_slips(a),
        Wrong(
            zh="不对。先挑出营销类、没撤回的同意，再看 members 里有多少人在其中。",
            en="Not yet. Take the marketing consents that still stand, then see how many of members are among them.",
        ),
    )
    n = round((1 - a.consented) * len(a.members))
    return say(
        zh=f"{a.consented:.1%}。另外 {n:,} 人，营销消息一条也不能发。",
        en=f"{a.consented:.1%}. The other {n:,} people may not be sent a single marketing message.",
    )


def _on_time(orders: pd.DataFrame) -> float:
    return float((orders["delivered_at"] <= orders["promised_at"]).mean())


@cache
def _kept_slips(a: Answers) -> dict[str, Slip]:
    due = a.due
    late = due["delivered_at"] - due["promised_at"]
    return _apart(
        a.kept,
        {
            "late share": Slip(
                1 - a.kept,
                "这是晚了的比例，要的是准时的。",
                "This is the share that was late; the question is on time.",
            ),
            "before only": Slip(
                float((late < pd.Timedelta(0)).mean()),
                "正好在答应的那一刻到，也算做到：用 <=。",
                "Arriving exactly at the promised time is on time: use <=.",
            ),
            "same day": Slip(
                float((due["delivered_at"].dt.normalize() <= due["promised_at"].dt.normalize()).mean()),
                "您比的是日期。答应的是几点几分，晚一小时也是晚。",
                "You compared dates. The promise names the hour; an hour late is late.",
            ),
            "not arrived left out": Slip(
                _on_time(due.dropna(subset=["delivered_at"])),
                "过了答应的时间还没到的被去掉了：那正是没做到，要留在分母里。",
                "Orders past their time and not there yet were dropped. They are broken promises: keep them in the denominator.",
            ),
            "returned left out": Slip(
                _on_time(counted_orders(due)),
                "退掉的单被去掉了。它们也答应过时间，没准正是因为晚了才退。",
                "Refunded orders were dropped. They had a promise too, and perhaps were returned because they came late.",
            ),
            "whole history": Slip(
                _on_time(a.orders[a.orders["promised_at"] < a.end]),
                "这是两年的数。只看 promised_at 在最近 90 天里的。",
                "This is over two years. Take those whose promised_at lies in the last 90 days.",
            ),
            "completed only": Slip(
                _on_time(due[due["status"] == "completed"]),
                "只留了 status 是 completed 的。退了款、有争议的单也答应过时间，都要留着。",
                "You kept only orders with status completed. Refunded and disputed orders had a promise too: keep them all.",
            ),
            "by customer": Slip(
                float((due["delivered_at"] <= due["promised_at"]).groupby(due["customer_id"]).mean().mean()),
                "您先算了每个人的占比再平均。这里一单算一次，不是一人算一次。",
                "You averaged each customer's own share. Here every order counts once, not every customer.",
            ),
            "a day too many": Slip(
                _on_time(a.orders[a.lately(a.orders["promised_at"], QUARTER + 1)]),
                "多了一天：从 as_of 往前数 90 天，是 91 天。用备好的 start 和 end。",
                "One day too many: as_of minus 90 days makes 91. Use start and end, which are provided.",
            ),
            "last day left out": Slip(
                _on_time(due[due["promised_at"] < a.as_of]),
                "最后一天没算进去：as_of 是那天的零点，上限请用 end。",
                "The last day is missing: as_of is that day's midnight, so use end as the upper limit.",
            ),
            "orders": Slip(
                int((late <= pd.Timedelta(0)).sum()),
                "这是准时的单数，还要除以答应过时间的单数。",
                "This is a number of orders; divide it by the orders promised.",
            ),
            "all orders as base": Slip(
                _on_time(a.orders),
                "分母用了整张订单表：没付款的、没答应过时间的都在里面，也没有只看最近 90 天。",
                "The denominator is the whole table: unpaid orders and those without a promise are in it, and it is not the last 90 days.",
            ),
            "mean delay": Slip(
                float(late.mean() / pd.Timedelta(minutes=1)),
                "这是平均差了多少分钟。早到和晚到会抵消；要的是准时的占几成。",
                "This is the mean gap in minutes, where early ones make up for late ones. The question is the share on time.",
            ),
            "per cent": _per_cent(a.kept),
        },
    )


def _judge_kept(value, a: Answers):
    need_close(
        need_number(value, "kept"),
        a.kept,
        _kept_slips(a),
        Wrong(
            zh=f"不对。分母应有 {len(a.due):,} 单：promised_at 在最近 {QUARTER} 天里的。",
            en=f"Not yet. The denominator has {len(a.due):,} orders: those whose promised_at lies in the last {QUARTER} days.",
        ),
    )
    n = round((1 - a.kept) * len(a.due))
    return say(
        zh=f"{a.kept:.1%}，最近 {QUARTER} 天有 {n:,} 单没做到。",
        en=f"{a.kept:.1%}; in the last {QUARTER} days {n:,} orders broke their promise.",
    )


@cache
def _opportunity_slips(a: Answers) -> dict[str, Slip]:
    answered, good = a.asked.dropna(subset=["answered_at"]), a.opportunity
    every = a.surveys[a.surveys["answered_at"] < a.end]
    swapped = good.rename(columns=dict(zip(SIDES, SIDES[::-1], strict=True)))
    gap = swapped["importance"] - swapped["satisfaction"]
    return {
        "means": Slip(
            ulwick(answered, lambda mark: mark.mean() / 5),
            "您用的是平均分。这里数的是打 4 分或 5 分的人占几成：平均分把“很要紧”和“无所谓”混在一起。",
            "You used average marks. Count the share who give 4 or 5: an average mixes 'vital' with 'do not care'.",
        ),
        "means as they are": Slip(
            ulwick(answered, lambda mark: mark.mean() / 10),
            "这是 1 到 5 分的平均分，不是占比。先看谁打了 4、5 分（>= 4），再取平均，乘 10。",
            "These are average marks from 1 to 5, not shares. First see who gave 4 or 5 (>= 4), then take the mean, times 10.",
        ),
        "three counted": Slip(
            ulwick(answered, lambda mark: mark.ge(3).fillna(False).mean()),
            "3 分也算进来了：只数 4 分和 5 分。",
            "You counted 3s as well: only 4 and 5 count.",
        ),
        "gap both ways": Slip(
            good.assign(opportunity=good["importance"] + (good["importance"] - good["satisfaction"]).abs()),
            "您用了绝对值：满足超过重要的，差要算 0，不能再加分。",
            "You took the absolute gap: where a need is met more than it matters, the gap is 0, not a bonus.",
        ),
        "top box only": Slip(
            ulwick(answered, lambda mark: mark.eq(5).fillna(False).mean()),
            "您只数了 5 分，4 分也算。",
            "You counted 5 alone; 4 counts as well.",
        ),
        "no max": Slip(
            ulwick(answered, most=False),
            "少了 max(…, 0)：已经满足得比需要还多的，不倒扣分。",
            "max(…, 0) is missing: a need that is met more than it matters is not marked down.",
        ),
        "gap alone": Slip(
            good.assign(opportunity=(good["importance"] - good["satisfaction"]).clip(lower=0)),
            "机会分少加了一次重要：I + max(I − S, 0)，您只算了后半段。",
            "The opportunity lacks the importance itself: I + max(I − S, 0); you took the second half alone.",
        ),
        "unanswered counted": Slip(
            ulwick(a.asked),
            "没答问卷的人也在分母里：先去掉 answered_at 为空的。",
            "People who did not answer are still in the denominator: drop the rows without answered_at first.",
        ),
        "all waves": Slip(
            ulwick(every),
            "两年的问卷混在一起了，同一个人算了几次：用备好的 asked。",
            "Two years of surveys are mixed and people count several times: use asked, which is provided.",
        ),
        "not ten times": Slip(
            good.assign(**{column: good[column] / 10 for column in SCORES}),
            "占比要乘 10：满分是 10，机会分最高 20。",
            "Multiply the shares by 10: each runs to 10, and the opportunity to 20.",
        ),
        "per cent": Slip(
            good.assign(**{column: good[column] * 10 for column in SCORES}),
            "这是百分数。占比（0 到 1）乘 10，不是乘 100。",
            "These are per cent. Multiply the shares (0 to 1) by 10, not by 100.",
        ),
        "swapped": Slip(
            swapped.assign(opportunity=swapped["importance"] + gap.clip(lower=0)),
            "重要和满足放反了。",
            "Importance and satisfaction have been swapped.",
        ),
    }


def _matrix(table: pd.DataFrame) -> np.ndarray:
    return table.sort_values("need")[SCORES].astype(float).to_numpy().ravel()


def _judge_opportunity(value, a: Answers):
    table = need_table(value, "opportunity", ["need", *SCORES], key="need")
    if set(table["need"]) != set(NEEDS):
        raise Wrong(
            zh=f"need 一列应当正好是这 8 个：{'、'.join(NEEDS)}。",
            en=f"The column need should hold these 8: {', '.join(NEEDS)}.",
        )
    found, truth = _matrix(table), _matrix(a.opportunity)
    gap = np.abs(found - truth).reshape(-1, len(SCORES)).max(axis=0)
    wrong = [name for name, most in zip(SCORES, gap, strict=True) if not most <= 0.005]
    slips = {name: slip._replace(value=_matrix(slip.value)) for name, slip in _opportunity_slips(a).items()}
    need_close(
        found,
        truth,
        _apart(truth, slips),
        Wrong(
            zh=f"{'、'.join(wrong)} 不对。先把一项需求算对：打 4、5 分的人 ÷ 答了的人 × 10。",
            en=f"Not yet right: {', '.join(wrong)}. Get one need right first: people who gave 4 or 5 ÷ people who answered × 10.",
        )
        if wrong != ["opportunity"]
        else Wrong(
            zh="importance 和 satisfaction 都对，opportunity 不对：I + max(I − S, 0)。",
            en="importance and satisfaction are right, opportunity is not: I + max(I − S, 0).",
        ),
        tolerance=0.005,
        reach=0.005,
    )
    best = a.opportunity.nlargest(1, "opportunity").iloc[0]
    return say(
        zh=f"机会最大的是“{t('need_' + best['need'])}”：重要 {best['importance']:.1f}，满足 {best['satisfaction']:.1f}，机会分 {best['opportunity']:.1f}。",
        en=f"The largest opportunity is '{t('need_' + best['need'])}': importance {best['importance']:.1f}, satisfaction {best['satisfaction']:.1f}, opportunity {best['opportunity']:.1f}.",
    )


@cache
def _share_slips(a: Answers) -> dict[str, Slip]:
    share, rest = a.triggered[0], a.touches
    sent = rest[a.lately(rest["sent_at"])]
    by = a.per_user["triggered"] > 0
    return _apart(
        share,
        {
            "whole history": Slip(
                _triggered(rest[rest["delivered"] == 1])[0],
                "这是两年的数。只看 sent_at 在最近 90 天里的。",
                "This is over two years. Take those sent in the last 90 days.",
            ),
            "undelivered counted": Slip(
                _triggered(sent)[0],
                "没送达的也算进来了：只看 delivered 等于 1 的。",
                "Messages that never arrived are counted: keep only those with delivered equal to 1.",
            ),
            "people": Slip(
                float(by.mean()),
                "您算的是收到过触发消息的人占几成。这里数的是消息。",
                "You counted people with a triggered message. Count messages.",
            ),
            "marketing only": Slip(
                _triggered(a.messages[a.messages["purpose"] == "marketing"])[0],
                "只算了营销消息。这一题服务消息也算。",
                "You took marketing messages only. Here service messages count too.",
            ),
            "last day lost": Slip(
                _triggered(a.messages[a.messages["sent_at"] <= a.as_of])[0],
                "少了最后一天：as_of 是那天零点。到 end 之前为止。",
                "The last day is missing: as_of is midnight at its start. Go up to end.",
            ),
            "mean of the users' shares": Slip(
                float((a.per_user["triggered"] / a.per_user["messages"]).mean()),
                "您先算每个人的占比再平均。这里一条消息算一条：合计除以合计。",
                "You averaged each user's own share. Here each message counts once: a sum divided by a sum.",
            ),
            "to broadcasts": Slip(
                share / (1 - share),
                "您除以的是群发的条数。分母是全部消息，触发的也在里面。",
                "You divided by the broadcasts. The denominator is all messages, the triggered ones too.",
            ),
            "messages": Slip(
                int(a.messages["triggered_at"].notna().sum()),
                "这是条数，还要除以全部消息的条数。",
                "This is a number of messages; divide it by all messages.",
            ),
            "places changed": Slip(
                a.triggered[1],
                "两个数的位置反了：占比在前，小时数在后。",
                "The two numbers are swapped: the share first, then the hours.",
            ),
            "broadcast": Slip(1 - share, "这是群发的占比。", "This is the broadcast share."),
            "per cent": _per_cent(share),
        },
    )


@cache
def _hours_slips(a: Answers) -> dict[str, Slip]:
    hours = a.triggered[1]
    wait = (a.messages["sent_at"] - a.messages["triggered_at"]).dropna()
    return _apart(
        hours,
        {
            "mean": Slip(
                float(wait.mean() / pd.Timedelta(hours=1)),
                "这是平均数，被等了好几天的拉大了。要中位数。",
                "This is the mean, pulled up by those that waited for days. Take the median.",
            ),
            "days lost": Slip(
                float((wait.dt.seconds / 3600).median()),
                ".dt.seconds 只留下不满一天的零头，整天都丢了：用 .dt.total_seconds() / 3600。",
                ".dt.seconds keeps only what is left over after whole days: use .dt.total_seconds() / 3600.",
            ),
            "whole days": Slip(
                float(wait.dt.days.median()),
                ".dt.days 只留整天：用 .dt.total_seconds() / 3600。",
                ".dt.days keeps whole days only: use .dt.total_seconds() / 3600.",
            ),
            "minutes": Slip(60 * hours, "这是分钟，要小时。", "These are minutes; the question is hours."),
            "seconds": Slip(3600 * hours, "这是秒，要小时。", "These are seconds; the question is hours."),
            "days": Slip(hours / 24, "这是天，要小时。", "These are days; the question is hours."),
            "negative": Slip(
                -hours,
                "时间差是负的：用发送时间减去触发时间。",
                "The time is negative: subtract the trigger from the sending, not the other way round.",
            ),
            "whole history": Slip(
                _triggered(a.touches[a.touches["delivered"] == 1])[1],
                "中位数是两年的，只看最近 90 天。",
                "The median is over two years; take the last 90 days.",
            ),
        },
    )


def _judge_triggered(value, a: Answers):
    share, hours = need_numbers(value, "triggered", ("share", "hours"))
    need_close(
        share,
        a.triggered[0],
        _share_slips(a),
        Wrong(
            zh=f"占比不对。分母应有 {len(a.messages):,} 条：最近 {QUARTER} 天送达的；分子是 triggered_at 有时间的。",
            en=f"The share is wrong. The denominator has {len(a.messages):,} messages: those that arrived in the last {QUARTER} days; the numerator those with a time in triggered_at.",
        ),
    )
    need_close(
        hours,
        a.triggered[1],
        _hours_slips(a),
        Wrong(
            zh="占比对了，小时数不对：触发的那些消息，sent_at 减 triggered_at，取中位数。",
            en="The share is right, the hours are not: for the triggered messages, sent_at minus triggered_at, the median.",
        ),
        tolerance=1e-3,
        reach=1e-3,
    )
    return say(
        zh=f"{share:.1%} 的消息是触发的；一半要等 {hours:.1f} 小时以上才发。",
        en=f"{share:.1%} of the messages are triggered, and half of those wait more than {hours:.1f} hours.",
    )


def _triggered_mistakes(a: Answers):
    share, hours = a.triggered
    return (
        {f"share: {name}": (value, hours) for name, value in _values(_share_slips(a)).items()}
        | {f"hours: {name}": (share, value) for name, value in _values(_hours_slips(a)).items()}
        | {"one number": share}
    )


@cache
def _over_slips(a: Answers) -> dict[str, Slip]:
    people = a.messages["customer_id"].nunique()
    sent = a.touches[a.lately(a.touches["sent_at"])]
    marketing = a.messages[a.messages["purpose"] == "marketing"]
    weeks = marketing.groupby(["customer_id", marketing["sent_at"].dt.to_period("W")]).size().groupby(level=0)
    often = _too_often(a.messages)
    blocks = marketing.groupby(["customer_id", pd.Grouper(key="sent_at", freq="7D")]).size().groupby(level=0)
    days = a.messages.assign(sent_at=a.messages["sent_at"].dt.normalize())
    return _apart(
        a.over,
        {
            "five needed": Slip(
                len(_too_often(a.messages, MOST + 1)) / people,
                "您要满 5 条才算。超过 3 条，4 条就算：往前数三条。",
                "You asked for 5. More than 3 means that 4 will do: look three messages back.",
            ),
            "whole quarter": Slip(
                float((marketing["customer_id"].value_counts() > MOST).sum() / people),
                "您数的是 90 天里超过 3 条的人，要的是任意连续 7 天。",
                "You counted more than 3 in 90 days; the question is any 7 days in a row.",
            ),
            "fixed blocks": Slip(
                float((blocks.max() > MOST).sum() / people),
                "您把 90 天切成了固定的 7 天一段。跨两段的几条就漏了：任意连续 7 天都要看。",
                "You cut the 90 days into fixed blocks of 7 and miss what straddles two: look at any seven days in a row.",
            ),
            "dates alone": Slip(
                len(_too_often(days)) / people,
                "您去掉了钟点，只比日期。这里 7 天是 7 × 24 小时，用 sent_at 原来的时间。",
                "You dropped the hours and compared dates. Seven days are 7 × 24 hours here: use sent_at as it is.",
            ),
            "eight days": Slip(
                len(_too_often(a.messages, days=8)) / people,
                "多了一天：.dt.days <= 7 连不到 8 天的也算了。要不到 7 天的。",
                "One day too many: .dt.days <= 7 lets in anything under 8 days. It must be under 7.",
            ),
            "not over": Slip(
                1 - a.over,
                "这是没被打扰过头的比例。",
                "This is the share that is not over-contacted.",
            ),
            "three are too many": Slip(
                len(_too_often(a.messages, MOST - 1)) / people,
                "您把正好 3 条的也算进来了：超过 3 条，是 4 条起。",
                "You counted those with exactly 3: more than 3 means 4 or more.",
            ),
            "service counted": Slip(
                len(_too_often(a.messages, purposes=("marketing", "service"))) / people,
                "服务消息也算进来了：只数 purpose 是 marketing 的。",
                "Service messages are in it: count purpose marketing only.",
            ),
            "calendar weeks": Slip(
                float((weeks.max() > MOST).sum() / people),
                "您按日历周数的。周六两条、下周一两条，三天四条，日历周里却看不见：任意连续 7 天都要看。",
                "You counted calendar weeks. Two on Saturday and two on Monday are four in three days, and no calendar week shows it: look at any seven days in a row.",
            ),
            "weekly average": Slip(
                float((weeks.sum() / (QUARTER / 7) > MOST).sum() / people),
                "您用的是平均每周几条。一平均，大促那一周就看不见了。",
                "You used the average per week, which hides the week of a sale.",
            ),
            "undelivered counted": Slip(
                len(_too_often(sent)) / sent["customer_id"].nunique(),
                "没送达的也算进来了：没收到的，打扰不了人。",
                "Messages that never arrived are counted: they disturbed nobody.",
            ),
            "marketing receivers as base": Slip(
                len(often) / marketing["customer_id"].nunique(),
                "分母只有收到过营销消息的人；这里的分母是收到过任何一条消息的人。",
                "The denominator is those with a marketing message; here it is those with any message that arrived.",
            ),
            "members as base": Slip(
                len(often) / len(a.members),
                "分母用了全部的人；一条也没收到过的，谈不上打扰。",
                "The denominator is everybody; those who got nothing cannot be over-contacted.",
            ),
            "people": Slip(
                len(often),
                "这是人数，还要除以收到过消息的人数。",
                "This is a number of people; divide it by those who got a message.",
            ),
            "per cent": _per_cent(a.over),
        },
    )


def _judge_over(value, a: Answers):
    need_close(
        need_number(value, "over"),
        a.over,
        _over_slips(a),
        Wrong(
            zh="不对。同一个人的营销消息按时间排好，第 4 条离第 1 条不到 7 天的，就算；一个人只算一次。",
            en="Not yet. Sort each person's marketing messages by time; whoever has a fourth less than 7 days after the first is over-contacted, and counts once.",
        ),
        reach=5e-5,
    )
    n = round(a.over * a.messages["customer_id"].nunique())
    return say(zh=f"{a.over:.1%}，{n:,} 人被打扰过头。", en=f"{a.over:.1%}: {n:,} people are over-contacted.")


@cache
def _interval_slips(a: Answers) -> dict[str, Slip]:
    top, base = a.per_user["triggered"], a.per_user["messages"]
    share, n = a.triggered[0], base.sum()
    each = top / base
    rows = np.random.default_rng(2).binomial(n, share, DRAWS) / n  # what resampling the rows comes to
    means = each.mean() + 1.96 * each.std() / np.sqrt(len(each)) * np.array([-1, 1])
    return {
        "rows": Slip(
            np.percentile(rows, [2.5, 97.5]),
            "太窄了：您抽的是一条条消息。同一个人的几条消息很像，要抽人，抽中谁，就带上他全部的消息。",
            "Too narrow: you drew single messages. Messages of one person are alike; draw people, each with all their messages.",
        ),
        "90%": Slip(
            np.percentile(a.replicates, [5, 95]),
            "这是 90% 的区间：95% 要取分位数 2.5% 和 97.5%。",
            "This is the 90% interval; for 95% take the quantiles 2.5% and 97.5%.",
        ),
        "spread of the data": Slip(
            share + 1.96 * each.std() * np.array([-1, 1]),
            "这是一个个用户之间差多少，不是占比有多准：取 2,000 次重抽出来的占比的分位数。",
            "This is how much users differ, not how sure the share is: take quantiles of the 2,000 resampled shares.",
        ),
        "mean of the users' shares": Slip(
            means,
            "您先算每个人的占比再平均，问的成了另一个数：每次重抽，都用消息数的合计去除。",
            "You averaged each user's own share, which is another number: in each resample divide the sums.",
        ),
        "wrong way round": Slip(a.interval[::-1], "下限在前，上限在后。", "The lower edge comes first."),
        "per cent": _per_cent(a.interval),
    }


def _judge_interval(value, a: Answers):
    found, width = need_numbers(value, "interval", ("low", "high")), a.interval[1] - a.interval[0]
    if 0 <= found[1] - found[0] < width / 100:
        raise Wrong(
            zh="上下限一样：没有放回，抽到的总是同样那些人。rng.integers(n, size=n) 会重复抽到同一个人。",
            en="Both edges are the same: without replacement the same people are drawn every time. rng.integers(n, size=n) may draw a person more than once.",
        )
    if found[0] < found[1] < np.percentile(a.replicates, 2) and found[0] > a.replicates.min() - width:
        raise Wrong(
            zh="分位数取错了：np.percentile 要写 2.5 和 97.5；0.025 和 0.975 是写给 np.quantile 的。",
            en="The wrong quantiles: np.percentile wants 2.5 and 97.5; 0.025 and 0.975 are for np.quantile.",
        )
    need_close(
        found,
        a.interval,
        _interval_slips(a),
        Wrong(
            zh="不对。per_user 里有放回地抽同样多的人，用抽到的人的 triggered 合计 ÷ messages 合计；做 2,000 次，取分位数 2.5% 和 97.5%。",
            en="Not yet. From per_user draw as many people with replacement, divide the sum of triggered by the sum of messages, do so 2,000 times, and take the quantiles 2.5% and 97.5%.",
        ),
        tolerance=0.08 * width,
        reach=0.08 * width,
    )
    return say(
        zh=f"触发占比 {a.triggered[0]:.1%}，大约在 {found[0]:.1%} 到 {found[1]:.1%} 之间。下个月再量一次，两次相差不到 {width / 2**0.5 * 100:.1f} 个百分点，没准只是碰巧。",
        en=f"The triggered share is {a.triggered[0]:.1%}, somewhere between {found[0]:.1%} and {found[1]:.1%}. Measure it again next month: a gap of less than {width / 2**0.5 * 100:.1f} percentage points between the two may be mere chance.",
    )


@cache
def _gap_slips(a: Answers) -> dict[str, Slip]:
    sent, value = a.compared, a.interaction.value
    rate = sent.groupby(["tier", "message"])["clicked"].mean()
    return _apart(
        value,
        {
            "value tier alone": Slip(
                rate["value", "price"] - rate["value", "service"],
                "这只是实惠档里的差。还要减去高端档里的同一个差。",
                "This is the gap in the value tier alone. Subtract the same gap in the premium tier.",
            ),
            "premium tier alone": Slip(
                rate["premium", "price"] - rate["premium", "service"],
                "这只是高端档里的差。用实惠档里的差减去它。",
                "This is the gap in the premium tier alone. Subtract it from the gap in the value tier.",
            ),
            "reversed": Slip(
                -value,
                "减反了：实惠档的差减高端档的差，每个差都是价格减服务。",
                "The wrong way round: the value tier's gap minus the premium tier's, each gap price minus service.",
            ),
            "sum": Slip(
                rate["value", "price"]
                - rate["value", "service"]
                + rate["premium", "price"]
                - rate["premium", "service"],
                "两个差要相减，不是相加。",
                "Subtract the two gaps; do not add them.",
            ),
            "messages pooled": Slip(
                float(sent.groupby("message")["clicked"].mean().diff().mul(-1).iloc[-1]),
                "两档合在一起算了，对谁灵就看不出来了：先分实惠档、高端档。",
                "The two tiers are pooled, and whom a message suits is lost: take the value and the premium tier apart.",
            ),
            "price alone": Slip(
                rate["value", "price"] - rate["premium", "price"],
                "您只比了价格消息。实惠档也许什么都爱点，要再减去服务消息里的同一个差。",
                "You compared price messages alone. The value tier may click more on anything: subtract the same gap for service.",
            ),
            "lower edge first": Slip(
                a.interaction.low,
                "顺序不对：先 value，再 low，最后 high。",
                "The order is value, then low, then high.",
            ),
            "of those opened": Slip(
                _interaction(sent[sent["opened"]]).value,
                "分母用了打开的消息。打开是发出以后的事，会随内容变；分母用发出的。",
                "The denominator is opened messages. Opening comes after sending and may depend on the message: use all that were sent.",
            ),
            "everyday campaigns": Slip(
                _interaction(a.mailed).value,
                "平时的价格、服务消息也混进来了：它们发给谁是挑过的。只用随机对比（price_or_service）。",
                "Everyday price and service messages are mixed in, and those went to hand-picked people. Use the randomised comparisons (price_or_service) alone.",
            ),
            "no tier as value": Slip(
                _interaction(sent.fillna({"tier": "value"})).value,
                "没有价格档的人被算成了实惠档：分不出的就去掉。",
                "People without a tier were taken for the value tier: leave them out.",
            ),
            "per cent": _per_cent(value),
        },
    )


@cache
def _edge_slips(a: Answers) -> dict[str, Slip]:
    value, low, high = a.interaction
    one = (high - low) / 2 / 1.96
    return {
        "one standard error": Slip((value - one, value + one), "少乘了 1.96。", "The factor 1.96 is missing."),
        "90%": Slip(
            (value - 1.645 * one, value + 1.645 * one),
            "1.645 给的是 90% 的区间，这里用 1.96。",
            "1.645 gives the 90% interval; use 1.96.",
        ),
        "roots added": Slip(
            value + 1.96 * np.sqrt(_variances(a)).sum() * np.array([-1, 1]),
            "先把四格的 p(1 − p)/n 加起来再开方，您是各自开方再加。",
            "Add up p(1 − p)/n over the four cells, then take the root; you took each root first.",
        ),
        "no root": Slip(
            value + 1.96 * _variances(a).sum() * np.array([-1, 1]),
            "忘了开方：1.96 乘的是四格之和的平方根。",
            "The root is missing: 1.96 times the square root of the sum.",
        ),
        "two cells": Slip(
            value + 1.96 * np.sqrt(_variances(a).loc["value"].sum()) * np.array([-1, 1]),
            "四个格子的方差都要加进来，您只加了实惠档的两个。",
            "Add the variances of all four cells; you added the two of the value tier.",
        ),
        "wrong way round": Slip((high, low), "下限在前，上限在后。", "The lower edge comes first."),
    }


def _variances(a: Answers) -> pd.Series:
    """p(1 − p)/n of the four cells."""
    cells = a.compared.groupby(["tier", "message"])["clicked"].agg(["mean", "size"])
    return cells["mean"] * (1 - cells["mean"]) / cells["size"]


def _judge_interaction(value, a: Answers):
    gap, low, high = need_numbers(value, "interaction", ("value", "low", "high"))
    need_close(
        gap,
        a.interaction.value,
        _gap_slips(a),
        Wrong(
            zh="第一个数不对。先按 tier 和 message 分四格算 clicked 的均值。",
            en="The first number is wrong. Begin with the mean of clicked in the four cells of tier and message.",
        ),
    )
    need_close(
        (low, high),
        a.interaction[1:],
        _edge_slips(a),
        Wrong(
            zh="差对了，区间不对：四格的 p(1 − p)/n 加起来，开方，乘 1.96。",
            en="The difference is right, its interval is not: add up p(1 − p)/n over the four cells, take the root, times 1.96.",
        ),
        tolerance=2e-4,
        reach=2e-4,
    )
    unclear = low <= 0 <= high
    return say(
        zh=f"差了 {gap * 100:.1f} 个百分点，大约在 {low * 100:.1f} 到 {high * 100:.1f} 之间："
        + ("跨过零，还分不出。" if unclear else "实惠档听价格，高端档听服务，别发同一条。"),
        en=f"{gap * 100:.1f} percentage points, somewhere between {low * 100:.1f} and {high * 100:.1f}: "
        + (
            "it spans zero, so the tiers cannot be told apart yet."
            if unclear
            else "the value tier answers to price, the premium tier to service. Do not send them the same message."
        ),
    )


def _interaction_mistakes(a: Answers):
    value, low, high = a.interaction
    return (
        {name: (wrong, low, high) for name, wrong in _values(_gap_slips(a)).items()}
        | {f"edges: {name}": (value, *edges) for name, edges in _values(_edge_slips(a)).items()}
        | {"without interval": value}
    )


QUESTIONS = (
    Question(
        "02.1",
        "consented",
        lambda: say(
            zh="consents 一行是一条同意，不是一个人。挑好以后，用 members['customer_id'].isin(…).mean()。",
            en="A row of consents is one consent, not one person. Pick the rows, then members['customer_id'].isin(…).mean().",
        ),
        _judge_consented,
        lambda a: a.consented,
        lambda a: _values(_consented_slips(a)),
    ),
    Question(
        "02.2",
        "kept",
        lambda: say(
            zh="先挑 promised_at 落在最近 90 天里的订单。和空的时间比大小，得到的是 False：没到的自然算没做到。",
            en="Take the orders whose promised_at lies in the last 90 days. A comparison with an empty time gives False, so what has not arrived counts as broken.",
        ),
        _judge_kept,
        lambda a: a.kept,
        lambda a: _values(_kept_slips(a)),
    ),
    Question(
        "02.3",
        "opportunity",
        lambda: say(
            zh="先去掉没答的。占比：先判断这一列 `>= 4`，再 `.mean()`；I − S 里小于 0 的变成 0，用 .clip(lower=0)。",
            en="Drop those who did not answer. For a share, ask whether the column is `>= 4`, then `.mean()`; where I − S is below 0 make it 0 with .clip(lower=0).",
        ),
        _judge_opportunity,
        lambda a: a.opportunity,
        lambda a: _values(_opportunity_slips(a)),
    ),
    Question(
        "02.4",
        "triggered",
        lambda: say(
            zh="triggered_at 有时间的就是触发消息。两个时间相减，再 .dt.total_seconds() / 3600，就是小时。",
            en="A message with a time in triggered_at is triggered. Subtract the two times; .dt.total_seconds() / 3600 makes hours.",
        ),
        _judge_triggered,
        lambda a: a.triggered,
        _triggered_mistakes,
    ),
    Question(
        "02.5",
        "over",
        lambda: say(
            zh="按时间排好，groupby('customer_id')['sent_at'].shift(3) 给出往前数第三条的时间。两者相隔不到 7 天，就是 7 天里至少 4 条。",
            en="Sort by time; groupby('customer_id')['sent_at'].shift(3) is the time of the third message before. Less than 7 days between the two means at least 4 in 7 days.",
        ),
        _judge_over,
        lambda a: a.over,
        lambda a: _values(_over_slips(a)),
    ),
    Question(
        "02.6",
        "interval",
        lambda: say(
            zh="rng.integers(n, size=n) 给出抽中的行号。把两列先变成数组，重抽才快。",
            en="rng.integers(n, size=n) gives the rows drawn. Turn the two columns into arrays first; resampling is quick then.",
        ),
        _judge_interval,
        lambda a: a.interval,
        lambda a: (
            _values(_interval_slips(a))
            | {
                "without replacement": (a.triggered[0], a.triggered[0]),
                "shares for percentile": np.percentile(a.replicates, [0.025, 0.975]),
            }
        ),
    ),
    Question(
        "02.7",
        "interaction",
        lambda: say(
            zh="先 groupby(['tier', 'message'])['clicked'].agg(['mean', 'size'])，四格都有了。",
            en="Begin with groupby(['tier', 'message'])['clicked'].agg(['mean', 'size']): that gives the four cells.",
        ),
        _judge_interaction,
        lambda a: tuple(a.interaction),
        _interaction_mistakes,
    ),
)


def memo_fields() -> dict:
    """Prompts of the decision memo, by field name."""
    return {
        "which": say(
            zh="先动哪个 D、哪一个指标？现在是多少，区间多宽",
            en="Which D and which indicator first? Its value now, and how wide its interval is",
        ),
        "why": say(zh="为什么是它，不是分数更低的别的", en="Why this one and not one with a lower score"),
        "what": say(zh="做什么，谁来做，一句话", en="What you will do and who does it, in one sentence"),
        "nothing": say(
            zh="谁什么也不收（空白组），占几成，怎么抽",
            en="Who gets nothing (the hold-out), what share of people, and how they are drawn",
        ),
        "yuan": say(zh="要花多少元，盼它多带来多少元", en="What it costs in yuan, and how much you expect it to bring"),
        "when": say(
            zh="哪一天看哪一个数，低于多少就停",
            en="Which number you will look at, on which day, and below what value you stop",
        ),
    }


def memo_title():
    """Title of the memo's page."""
    return say(zh="先修哪个 D：决策备忘录", en="Which D to fix first: a decision memo")
