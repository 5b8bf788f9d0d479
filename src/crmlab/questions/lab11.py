"""Lab 11, RFM: three decisions and eight questions, on any company."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from crmlab import data, rfm
from crmlab.feedback import Decision, Question, Wrong, differ, need_number, need_same_keys, need_table
from crmlab.language import say
from crmlab.orders import counted_orders

DAYS = 91  # one quarter: how long we look at what people did next
FIRST = 50


class Answers:
    """Reference answers, computed from the tables of one company at one reference day."""

    def __init__(self, company: str, as_of: str):
        self.company, self.as_of = company, pd.Timestamp(as_of)
        self.earlier = self.as_of - pd.Timedelta(days=DAYS)
        self.orders = data.load(company, "orders")

    @cached_property
    def raw(self) -> pd.DataFrame:
        return read_raw(self.company)

    @cached_property
    def mended(self) -> pd.DataFrame:
        raw = self.raw.drop_duplicates()
        raw = raw[raw["customer_id"].isin(data.load(self.company, "members")["customer_id"])].copy()
        in_fen = raw["refund"] > raw["gross"] - raw["discount"]
        raw.loc[in_fen, "refund"] = raw["refund"] / 100
        raw["amount"] = (raw["gross"] - raw["discount"] - raw["refund"]).round(2)
        late = raw["paid_at"] > self.as_of + pd.Timedelta(days=1)
        raw.loc[late, "paid_at"] = raw.loc[late, "paid_at"].map(lambda at: at.replace(year=self.as_of.year))
        return raw.sort_values("order_id", ignore_index=True)

    @cached_property
    def counted(self) -> pd.DataFrame:
        return counted_orders(self.orders)

    @cached_property
    def users(self) -> pd.DataFrame:
        return rfm.summary(self.orders, self.as_of)

    @cached_property
    def gaps(self) -> pd.Series:
        """Days between one purchase and the next of the same customer, on different days."""
        days = self.counted.sort_values("paid_at")
        gap = days["paid_at"].dt.normalize().groupby(days["customer_id"]).diff().dt.days
        return gap[gap > 0]

    @cached_property
    def r_lines(self) -> dict[str, int]:
        """The options of 11.A1: half, nine in ten, ninety-nine in a hundred repeat purchases; and the mean of R."""
        a, b, c = (int(np.ceil(self.gaps.quantile(q))) for q in (0.5, 0.9, 0.99))
        return {"a": a, "b": b, "c": c, "d": round(self.users["recency"].mean())}

    @cached_property
    def scored(self) -> pd.DataFrame:
        return rfm.score(self.users, "business", cuts={"lines": self.lines(self.users)})

    def lines(self, users: pd.DataFrame) -> dict:
        """R from decision 11.A1; F and M above their mean."""
        return rfm.score(users, "mean").attrs["cuts"]["lines"] | {"recency": self.r_lines["b"]}

    @cached_property
    def before(self) -> pd.DataFrame:
        users = rfm.summary(self.orders, self.earlier)
        return rfm.score(users, "business", cuts={"lines": self.lines(users)})

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        return rfm.outcome(self.before, self.orders, self.earlier, DAYS)

    @cached_property
    def first_list(self) -> list[str]:
        wanted = self.scored[self.scored["code"] == "R0F1M1"]
        return (
            wanted.sort_values(["monetary", "customer_id"], ascending=[False, True])["customer_id"].head(FIRST).tolist()
        )

    def moved(self, cuts=None) -> pd.DataFrame:
        """Class of a quarter ago and of now, both by the lines of a quarter ago unless ``cuts`` says otherwise."""
        now = rfm.score(self.users, "business", cuts={"lines": (cuts or self.before.attrs["cuts"])["lines"]})
        return self.before[["customer_id", "code"]].merge(
            now[["customer_id", "code"]], on="customer_id", suffixes=("", "_now")
        )

    def moved_share(self, cuts=None) -> float:
        pair = self.moved(cuts)
        best = pair[pair["code"] == "R1F1M1"]
        return float((best["code_now"] == "R0F1M1").mean())

    @cached_property
    def returned(self) -> tuple[int, int]:
        """Buyers and customers of the class R0F1M1 of a quarter ago."""
        bought = self.outcomes.loc[self.outcomes["code"] == "R0F1M1", "bought"]
        return int(bought.sum()), len(bought)

    @cached_property
    def interval(self) -> tuple[float, float]:
        from statsmodels.stats.proportion import proportion_confint

        return tuple(float(edge) for edge in proportion_confint(*self.returned, method="wilson"))

    @cached_property
    def equals(self) -> pd.DataFrame:
        """Customers who scored 5, 5, 5 a quarter ago: newer or older half, and what they spent since."""
        best = self.outcomes[self.outcomes[["r", "f", "m"]].eq(5).all(axis=1)].copy()
        best["tenure"] = (self.earlier - best["first_paid"]).dt.days
        best["newer"] = best["tenure"] <= best["tenure"].median()
        return best

    @cached_property
    def spend_gap(self) -> tuple[float, float, float]:
        """Newer minus older customers at 5-5-5: the difference in mean spend since, and its 95% interval (Welch)."""
        from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

        newer, older = (DescrStatsW(self.equals.loc[self.equals["newer"] == side, "spend"]) for side in (True, False))
        low, high = CompareMeans(newer, older).tconfint_diff(usevar="unequal")
        return float(newer.mean - older.mean), float(low), float(high)


def read_raw(company: str) -> pd.DataFrame:
    """The shop's own slice of orders, faults included, as it lies in ``raw/orders_2026q2.csv``."""
    text = {"order_id": "str", "customer_id": "str", "status": "str", "channel": "str", "store_id": "str"}
    path = data.raw_folder(company) / "orders_2026q2.csv"
    return pd.read_csv(path, encoding="utf-8-sig", dtype=text, parse_dates=["paid_at"])


# Part A


def _a1_options(a: Answers):
    line = a.r_lines
    return {
        "a": say(zh=f"{line['a']} 天", en=f"{line['a']} days"),
        "b": say(zh=f"{line['b']} 天", en=f"{line['b']} days"),
        "c": say(zh=f"{line['c']} 天", en=f"{line['c']} days"),
        "d": say(zh=f"{line['d']} 天，也就是 R 的均值", en=f"{line['d']} days, the mean of R"),
    }


def _a1_why(a: Answers):
    line, late = a.r_lines, {key: float((a.gaps > days).mean()) for key, days in a.r_lines.items()}
    gone = float((a.users["recency"] > 180).mean())
    return {
        "a": say(
            zh=f"{line['a']} 天太急：{late['a']:.0%} 的回头购买本来就隔得比这久，这些人都会被您白白打扰。",
            en=f"{line['a']} days is too eager: {late['a']:.0%} of repeat purchases take longer than that anyway, and you would disturb all of them.",
        ),
        "b": say(
            zh=f"十次回头购买有九次不超过 {line['b']} 天。过了这条线还没来，才值得问一句；等得也不算久。",
            en=f"Nine in ten repeat purchases come within {line['b']} days. Past that line it is worth asking, and you have not waited too long.",
        ),
        "c": say(
            zh=f"{line['c']} 天太晚：只剩 {late['c']:.0%} 的回头购买会隔这么久。等您发现，走的人早走远了。",
            en=f"{line['c']} days is too late: only {late['c']:.0%} of repeat purchases take that long. By then they have gone.",
        ),
        "d": say(
            zh=f"R 的均值被走了很久的人拉大了：{gone:.0%} 的人半年没来。它说的不是正常的购买间隔。",
            en=f"The mean of R is pulled up by those long gone: {gone:.0%} have stayed away for half a year. It says nothing about the usual gap.",
        ),
    }


A1 = Decision(
    "11.A1",
    lambda a: say(
        zh="多少天没来，才算“最近没来”？要求：少打扰本来就会回来的人（十次里最多错一次），也别等得太久。",
        en="After how many days does a customer count as away? Do not disturb those who would return anyway (at most one in ten), and do not wait too long.",
    ),
    _a1_options,
    lambda a: "b",
    _a1_why,
)


def _a2_why(a: Answers):
    k, n = a.returned
    buyers = a.users["customer_id"]
    never = int((~data.load(a.company, "members")["customer_id"].isin(buyers)).sum())
    asleep = a.outcomes[a.outcomes["code"].str.startswith("R0")]
    return {
        "a": say(
            zh=f"全发了，就没有人可比。上一季这一类 {n:,} 人里，不另外发券也有 {k:,} 人（{k / n:.0%}）自己回来了；您分不清券的功劳。",
            en=f"With coupons for all there is nobody to compare with. Last quarter {k:,} of the {n:,} in this class ({k / n:.0%}) came back with no coupon at all; you could not tell which returns the coupon brought.",
        ),
        "b": say(
            zh=f"对。上一季这一类有 {k / n:.0%} 自己会回来，留一半不发，差出来的才是券带来的。",
            en=f"Right. Last quarter {k / n:.0%} of this class came back by themselves; with half left out, only the difference is the coupon's.",
        ),
        "c": say(
            zh=f"沉睡客户这一季人均只花了 ¥{asleep['spend'].mean():,.2f}，其中最值钱的那类是 ¥{a.outcomes.loc[a.outcomes['code'] == 'R0F1M1', 'spend'].mean():,.2f}。随机发，钱大多花在不会回来的人身上。",
            en=f"Sleeping customers spent ¥{asleep['spend'].mean():,.2f} a head in the quarter; the most valuable class among them ¥{a.outcomes.loc[a.outcomes['code'] == 'R0F1M1', 'spend'].mean():,.2f}. Spread at random, most of the money goes to people who will not return.",
        ),
        "d": say(
            zh=f"注册了没下单的有 {never:,} 人，一笔订单也没有，RFM 看不见他们。那是激活的事（第 6 章），不是召回。",
            en=f"Registered and never bought: {never:,} people. RFM cannot see them. Winning a first order is activation (chapter 6), not win-back.",
        ),
    }


A2 = Decision(
    "11.A2",
    lambda a: say(zh="预算只够给 500 人发券。怎么发？", en="The budget buys 500 coupons. Who gets them?"),
    lambda a: {
        "a": say(zh="“重要保持”里花得最多的 500 位，全发", en="the 500 biggest spenders in 'Key keep', all of them"),
        "b": say(
            zh="“重要保持”里随机抽 1,000 位（不够就全要）：一半发，一半不发，四周后比",
            en="1,000 at random from 'Key keep' (or all, if fewer): coupons to one half, none to the other, compare after four weeks",
        ),
        "c": say(
            zh="从四类“没来”的（R0 开头）里随机抽 500 位，全发",
            en="500 at random from the four absent classes (R0...), all of them",
        ),
        "d": say(zh="注册了还没下单的人", en="people who registered and never bought"),
    },
    lambda a: "b",
    _a2_why,
)


def _yuan(value: float) -> str:
    return f"{'−' if value < 0 else ''}¥{abs(value):,.{1 if abs(value) < 100 else 0}f}"


def _a3_right(a: Answers) -> str:
    _, low, high = a.spend_gap
    return "b" if low > 0 else "a" if high < 0 else "d"


def _a3_why(a: Answers):
    gap, low, high = a.spend_gap
    n, middle = len(a.equals), a.equals["tenure"].median()
    text = say(
        zh=f"看历史：一季前 {n:,} 位 5-5-5 的客户，按首购时间对半分（{middle:.0f} 天为界）。来得晚的那一半，后来每人比早来的{'多' if gap > 0 else '少'}花 ¥{abs(gap):,.0f}，大约在 {_yuan(low)} 到 {_yuan(high)} 之间。",
        en=f"Look at history: {n:,} customers at 5-5-5 a quarter ago, split in two by their first purchase (at {middle:.0f} days). The later half has since spent ¥{abs(gap):,.0f} {'more' if gap > 0 else 'less'} each, somewhere between {_yuan(low)} and {_yuan(high)}.",
    )
    right = _a3_right(a)
    verdict = {
        "a": say(
            zh="区间整个在零以下：早来的更值。",
            en=" All of the interval is below zero: the earlier ones are worth more.",
        ),
        "b": say(
            zh="区间整个在零以上：来得晚的更值。",
            en=" All of the interval is above zero: the later ones are worth more.",
        ),
        "d": say(
            zh="区间跨过零：这一季的数据分不出谁更值。",
            en=" The interval spans zero: this quarter's data cannot tell them apart.",
        ),
    }[right]
    end = {
        "a": say(zh="早来不等于更值，先看数。", en=" Coming early is no merit by itself; look at the figures."),
        "b": say(
            zh="用的时间短，听起来更值，也要数据撑得住。", en=" Faster sounds better, but the data must bear it out."
        ),
        "c": say(
            zh="分数藏起了时间长短，“谁都行”要比过才能说。",
            en=" The scores hide how long it took; 'either will do' needs a comparison too.",
        ),
        "d": say(
            zh="先比，再看区间，才能说够不够。",
            en=" Compare, look at the interval, and only then say whether it is enough.",
        ),
    }
    return {key: text + verdict + ("" if key == right else end[key]) for key in end}


A3 = Decision(
    "11.A3",
    lambda a: say(
        zh="两位客户都是 5-5-5：一位来得早，一位来得晚。这周的半小时，先花在谁身上？",
        en="Two customers both score 5-5-5: one first came early, one later. Who gets your half hour this week?",
    ),
    lambda a: {
        "a": say(zh="早来的那位", en="the one who came early"),
        "b": say(zh="晚来的那位", en="the one who came later"),
        "c": say(zh="分数一样，谁都行，不用比", en="equal scores, either will do, no need to compare"),
        "d": say(
            zh="拿历史比过再说：分不出，就先不分高下",
            en="compare their history first; if it cannot tell them apart, neither do I",
        ),
    },
    _a3_right,
    _a3_why,
)

DECISIONS = (A1, A2, A3)


# Part B


def _judge_mended(value, a: Answers):
    if isinstance(value, pd.DataFrame) and "order_id" in value and value["order_id"].duplicated().any():
        n = int(value["order_id"].duplicated().sum())
        raise Wrong(
            zh=f"还有 {n} 行是重复的订单，一个订单号只留一行。",
            en=f"Rows that still repeat an order: {n}. Keep one row per order number.",
        )
    table = need_table(value, "mended", ["order_id", "customer_id", "paid_at", "refund", "amount"], key="order_id")
    strangers = int((~table["customer_id"].isin(data.load(a.company, "members")["customer_id"])).sum())
    if strangers:
        raise Wrong(
            zh=f"还有 {strangers} 笔订单的客户编号在 members 里查不到，是测试单，要去掉。",
            en=f"Orders whose customer is not in members: {strangers}. They are test orders; take them out.",
        )
    missing = a.mended[~a.mended["order_id"].isin(table["order_id"])]
    short = len(missing)
    if short and missing["paid_at"].isna().all():
        raise Wrong(
            zh=f"少了 {short} 笔，它们没有付款时间：是没付款的单，不是毛病，留着。",
            en=f"Orders missing: {short}, all without a pay time. They were never paid, which is no fault; keep them.",
        )
    if short:
        raise Wrong(
            zh=f"少了 {short} 笔。退款写错、年份写错的单要改，不要删：删了就少算了钱。",
            en=f"Orders missing: {short}. Mend an order with a wrong refund or year, do not delete it: deleting it loses money.",
        )
    late = int((pd.to_datetime(table["paid_at"]) > a.as_of + pd.Timedelta(days=1)).sum())
    if late:
        raise Wrong(
            zh=f"还有 {late} 笔的付款时间在参考日之后，看看年份。",
            en=f"Payments after the reference day: {late}. Look at the year.",
        )
    truth = a.mended
    if n := differ(pd.to_datetime(table["paid_at"]).fillna(a.as_of), truth["paid_at"].fillna(a.as_of)):
        raise Wrong(
            zh=f"{n} 笔的付款时间改错了：这段订单都在 {a.as_of.year} 年，别的时间不要动。",
            en=f"Pay times mended wrongly: {n}. All orders of this slice are of {a.as_of.year}; leave the other times alone.",
        )
    before = (
        a.raw.drop_duplicates("order_id").set_index("order_id")["refund"].loc[truth["order_id"]].reset_index(drop=True)
    )
    sound = before == truth["refund"]
    if n := differ(table["refund"][sound], truth["refund"][sound], 0.005):
        raise Wrong(
            zh=f"{n} 笔本来没错的退款也被改了：只改比付的钱还多的那几笔。",
            en=f"Refunds changed that were right: {n}. Mend only those above what was paid.",
        )
    if n := differ(table["refund"], truth["refund"], 0.005):
        raise Wrong(
            zh=f"{n} 笔的退款还不对：退款不会比付的钱还多，这些填的是分，不是元。",
            en=f"Refunds still wrong: {n}. A refund cannot exceed what was paid; these were entered in fen (the cents of the yuan).",
        )
    if n := differ(table["amount"], truth["amount"], 0.005):
        raise Wrong(
            zh=f"退款改好了，{n} 笔的 amount 还是旧的。amount = gross − discount − refund，要重算。",
            en=f"The refunds are right, but some amounts are still the old ones ({n}). amount = gross − discount − refund: work it out again.",
        )
    return say(
        zh=f"{len(a.raw):,} 行进来，{len(truth):,} 笔留下；实付合计 ¥{truth['amount'].sum():,.2f}，和账本一致。",
        en=f"{len(a.raw):,} rows in, {len(truth):,} orders kept; ¥{truth['amount'].sum():,.2f} in all, as the books say.",
    )


def _mended_mistakes(a: Answers):
    good, raw = a.mended, a.raw
    stale = good.drop(columns="amount").merge(raw.drop_duplicates("order_id")[["order_id", "amount"]], on="order_id")
    return {
        "duplicates left in": raw,
        "strangers left in": raw.drop_duplicates("order_id"),
        "faulty rows deleted": good[good["refund"] == 0],
        "year left": good.assign(paid_at=good["paid_at"].where(good.index > 0, pd.Timestamp("2062-05-01"))),
        "refund left in fen": good.assign(
            refund=stale["order_id"].map(raw.drop_duplicates("order_id").set_index("order_id")["refund"])
        ),
        "all refunds divided": good.assign(refund=good["refund"] / 100),
        "year too early": good.assign(paid_at=good["paid_at"].where(good.index != 5, pd.Timestamp("2025-05-01"))),
        "unpaid dropped": good[good["paid_at"].notna()],
        "amount not renewed": stale,
    }


def _judge_counted(value, a: Answers):
    table = need_table(value, "counted", ["order_id", "status", "amount"], key="order_id")
    if len(table) == len(a.orders):
        raise Wrong(
            zh="这还是整张订单表，一笔也没有筛掉。", en="This is still the whole order table; nothing was taken out."
        )
    extra = table[~table["order_id"].isin(a.counted["order_id"])]
    for statuses, zh, en in (
        (("unpaid", "closed"), "没付款或已关闭", "unpaid or closed"),
        (("refunded",), "全额退款", "fully refunded"),
    ):
        n = int(extra["status"].isin(statuses).sum())
        if n:
            raise Wrong(
                zh=f"里面有 {n:,} 笔{zh}的单，钱没有留下，不能算。",
                en=f"Your table still holds {en} orders ({n:,}). No money was kept, so they do not count.",
            )
    if n := int((extra["amount"] <= 0).sum()):
        raise Wrong(
            zh=f"里面有 {n:,} 笔金额为零的单（赠品），不能算。",
            en=f"Your table still holds orders of zero amount, gifts ({n:,}). They do not count.",
        )
    short = a.counted[~a.counted["order_id"].isin(table["order_id"])]
    if (short["status"] == "part_refunded").any():
        n = int((short["status"] == "part_refunded").sum())
        raise Wrong(
            zh=f"少了 {n:,} 笔部分退款的单：钱还留下一部分，要算。",
            en=f"Part-refunded orders are missing ({n:,}): some money was kept, so they count.",
        )
    if len(short):
        kinds = ", ".join(sorted(short["status"].unique()))
        raise Wrong(
            zh=f"少了 {len(short):,} 笔，状态是 {kinds}。",
            en=f"Orders missing: {len(short):,}, with status {kinds}.",
        )
    table = table[table["order_id"].isin(a.counted["order_id"])]
    if n := differ(table["amount"], a.counted.sort_values("order_id")["amount"], 0.005):
        raise Wrong(
            zh=f"订单挑对了，可是 {n:,} 笔的 amount 变了：退款已经扣过，不要再减。",
            en=f"The right orders, but amounts have changed: {n:,}. Refunds are already off; do not subtract them again.",
        )
    return say(
        zh=f"{len(a.counted):,} 笔算数，留下 ¥{a.counted['amount'].sum():,.0f}。",
        en=f"{len(a.counted):,} orders count, and the shop kept ¥{a.counted['amount'].sum():,.0f} from them.",
    )


def _counted_mistakes(a: Answers):
    orders = a.orders
    return {
        "everything": orders,
        "amount above zero only": orders[orders["amount"] > 0],
        "status only": orders[
            orders["status"].isin(["paid", "shipped", "completed", "part_refunded", "disputed", "refunded"])
        ],
        "completed only": a.counted[a.counted["status"] == "completed"],
        "refund off again": a.counted.assign(amount=a.counted["amount"] - a.counted["refund"]),
        "gifts kept": orders[orders["status"].isin(["paid", "shipped", "completed", "part_refunded", "disputed"])],
    }


def _judge_users(value, a: Answers):
    table = need_table(value, "users", ["customer_id", "recency", "frequency", "monetary"])
    never = int((~table["customer_id"].isin(a.users["customer_id"])).sum())
    if never and (pd.to_numeric(table["frequency"], errors="coerce") == 0).sum() == never:
        raise Wrong(
            zh=f"多了 {never:,} 位一单也没有的人。RFM 只看买过的人，从 counted_ok 出发。",
            en=f"People without a single order are in it: {never:,}. RFM looks at buyers only; start from counted_ok.",
        )
    need_same_keys(table, a.users, "users")
    truth = a.users
    gap = pd.to_numeric(table["recency"], errors="coerce") - truth["recency"]
    if gap.isna().any():
        raise Wrong(
            zh="recency 应当是天数（整数），不是时间差。", en="recency should be a number of days, not a time span."
        )
    if gap.between(-1, 0).all() and (gap < 0).any():
        raise Wrong(
            zh=f"{int((gap < 0).sum()):,} 人的 recency 少了一天：付款时间里还带着几点几分。先 .dt.normalize()，再相减。",
            en=f"recency is one day short (customers: {int((gap < 0).sum()):,}): the time of day is still in it. Use .dt.normalize() first, then subtract.",
        )
    if differ(table["recency"], -truth["recency"]) == 0:
        raise Wrong(
            zh="天数是负的：用 as_of 减去最近一笔，不要反过来。",
            en="The days are negative: subtract the last order from as_of, not the other way round.",
        )
    if gap.nunique() == 1 and gap.iloc[0] != 0:
        n = int(gap.iloc[0])
        raise Wrong(
            zh=f"每个人的 recency 都{'多' if n > 0 else '少'}了 {abs(n)} 天：参考日要用 as_of，不是今天，也不是最后一笔订单。",
            en=f"Every recency is {abs(n)} day{'' if abs(n) == 1 else 's'} too {'large' if n > 0 else 'small'}: the reference day is as_of, not today and not the last order.",
        )
    first = (a.as_of - truth["first_paid"].dt.normalize()).dt.days
    if differ(table["recency"], first) == 0:
        raise Wrong(
            zh="您用的是第一笔订单。R 看的是最近一笔。", en="You used the first order. R looks at the last one."
        )
    if n := differ(table["recency"], truth["recency"]):
        raise Wrong(zh=f"{n:,} 人的 recency 不对。", en=f"recency is wrong (customers: {n:,}).")
    if n := differ(table["frequency"], truth["frequency"]):
        raise Wrong(
            zh=f"{n:,} 人的 frequency 不对：数的是算数的订单，不是件数，也不是天数。",
            en=f"frequency is wrong (customers: {n:,}). Count orders in counted_ok, not items and not days.",
        )
    sums = a.counted.groupby("customer_id")[["gross", "refund", "discount", "amount"]].sum().loc[truth["customer_id"]]
    sums = sums.reset_index(drop=True)
    for guess, zh, en in (
        (sums["gross"], "用的是原价：优惠和退款都没有扣", "this is gross; take off discounts and refunds"),
        (sums["amount"] + sums["refund"], "退款没有扣", "refunds have not been taken off"),
        (
            sums["amount"] - sums["refund"],
            "退款扣了两次：amount 里已经扣过了",
            "refunds were taken off twice; amount is already net of them",
        ),
    ):
        if differ(table["monetary"], guess, 0.02) == 0:
            raise Wrong(zh=f"monetary {zh}。", en=f"monetary: {en}.")
    if n := differ(table["monetary"], truth["monetary"], 0.02):
        raise Wrong(zh=f"{n:,} 人的 monetary 不对。", en=f"monetary is wrong (customers: {n:,}).")
    return say(
        zh=f"{len(truth):,} 位客户，R、F、M 都对。R 的中位数是 {truth['recency'].median():.0f} 天。",
        en=f"{len(truth):,} customers with the right R, F and M. The median of R is {truth['recency'].median():.0f} days.",
    )


def _users_mistakes(a: Answers):
    good = a.users
    sums = a.counted.groupby("customer_id")[["gross", "refund"]].sum().loc[good["customer_id"]].reset_index(drop=True)
    hours = (a.as_of - good["last_paid"]).dt.days
    return {
        "today": good.assign(recency=good["recency"] + 144),
        "time of day": good.assign(recency=hours),
        "negative days": good.assign(recency=-good["recency"]),
        "people who never bought": pd.concat([
            good,
            good.head(9).assign(customer_id=[f"X{i}" for i in range(9)], frequency=0),
        ]),
        "first order": good.assign(recency=(a.as_of - good["first_paid"].dt.normalize()).dt.days),
        "time spans": good.assign(recency=pd.to_timedelta(good["recency"], unit="D").astype("str")),
        "gross": good.assign(monetary=sums["gross"]),
        "refunds not off": good.assign(monetary=good["monetary"] + sums["refund"]),
        "refunds off twice": good.assign(monetary=good["monetary"] - sums["refund"]),
        "all orders": rfm.summary(a.orders.assign(status="paid", amount=a.orders["gross"]), a.as_of),
        "one too many": good.assign(frequency=good["frequency"] + 1),
        "a series": good["recency"],
    }


def _judge_scores(value, a: Answers):
    table = need_table(value, "scores", ["customer_id", "r", "f", "m"])
    need_same_keys(table, a.scored, "scores")
    truth = a.scored
    if differ(table["r"], 6 - truth["r"]) == 0:
        raise Wrong(
            zh="R 打反了。R 分越高，最近一次下单离参考日越近；您给刚来过的人打了 1 分。",
            en="R is inverted. A high R score means a recent order; you gave 1 to those who have just been here.",
        )
    if differ(table["f"], truth["m"]) == 0 and differ(table["m"], truth["f"]) == 0:
        raise Wrong(
            zh="F 和 M 放反了：f 看次数，m 看金额。",
            en="F and M have changed places: f is about orders, m about money.",
        )
    for letter, measure in (("r", "recency"), ("f", "frequency"), ("m", "monetary")):
        split = table[letter].groupby(truth[measure]).nunique()
        if (split > 1).any():
            example = int((truth[measure] == split[split > 1].index[0]).sum())
            raise Wrong(
                zh=f"{letter} 分把一样的人拆开了：有 {example:,} 位 {measure} 完全相同，分数却不同。排名用 method='min'。",
                en=f"The {letter} score splits equals: {example:,} customers share one {measure} and differ in score. Rank with method='min'.",
            )
        values = pd.to_numeric(table[letter], errors="coerce")
        if not values.between(1, 5).all():
            raise Wrong(
                zh=f"{letter} 分要在 1 到 5 之间，现在从 {values.min():g} 到 {values.max():g}。",
                en=f"The {letter} score should lie between 1 and 5; it runs from {values.min():g} to {values.max():g}.",
            )
        if n := differ(values, truth[letter]):
            raise Wrong(
                zh=f"{n:,} 位的 {letter} 分不对：公式是 (名次 − 1) × 5 // 人数 + 1。",
                en=f"The {letter} score is wrong (customers: {n:,}). The formula is (rank − 1) × 5 // n + 1.",
            )
    best = int(truth[["r", "f", "m"]].eq(5).all(axis=1).sum())
    return say(
        zh=f"三个分数都对。5-5-5 的有 {best:,} 位。", en=f"All three scores are right. Customers at 5-5-5: {best:,}."
    )


def _scores_mistakes(a: Answers):
    good = a.scored[["customer_id", "r", "f", "m"]]
    first = a.users["frequency"].rank(method="first").astype(int)
    return {
        "R inverted": good.assign(r=6 - good["r"]),
        "F and M swapped": good.assign(f=good["m"], m=good["f"]),
        "ties split": good.assign(f=(first - 1) * 5 // len(first) + 1),
        "from zero": good.assign(r=good["r"] - 1, f=good["f"] - 1, m=good["m"] - 1),
        "equal width": good.assign(m=pd.cut(a.users["monetary"], 5, labels=False) + 1),
        "no m": good.drop(columns="m"),
    }


def _judge_codes(value, a: Answers):
    table = need_table(value, "codes", ["customer_id", "code"])
    need_same_keys(table, a.scored, "codes")
    odd = sorted(set(table["code"].astype(str)) - set(rfm.CLASSES))
    if odd:
        raise Wrong(
            zh=f"代码的样子是 R1F1M1，您的表里有 {odd[0]}。", en=f"A code looks like R1F1M1; yours has {odd[0]}."
        )
    truth, found = a.scored["code"], table["code"].astype(str)
    flipped = "R" + (1 - truth.str[1].astype(int)).astype(str) + truth.str[2:]
    if differ(found, flipped) == 0:
        raise Wrong(
            zh="R 的高低反了：天数**少**才是高（1）。", en="R is the wrong way round: **few** days are high (1)."
        )
    less = a.scored["recency"] == a.r_lines["b"]
    if less.any() and differ(found[~less], truth[~less]) == 0 and differ(found[less], truth[less]) == less.sum():
        raise Wrong(zh="正好等于 r_line 的也算高：用 <=。", en="A recency equal to r_line is high as well: use <=.")
    if (found.str[1] != truth.str[1]).mean() > 0.9:
        raise Wrong(zh="R 几乎全反了：天数少的才是 1。", en="R is upside down for nearly everybody: few days make a 1.")
    swapped = truth.str[:3] + truth.str[5] + "M" + truth.str[3]
    if differ(found, swapped) == 0:
        raise Wrong(zh="F 和 M 放反了。", en="F and M have changed places.")
    for rule in ("mean", "median", "quintile"):
        if differ(found, rfm.score(a.users, rule)["code"]) == 0:
            name = {"mean": ("均值", "mean"), "median": ("中位数", "median"), "quintile": ("五等分", "fifths")}[rule]
            raise Wrong(
                zh=f"您的三条线都用了{name[0]}。这里 R 用 r_line（{a.r_lines['b']} 天以内算高），F、M 才用均值。",
                en=f"All three of your lines use the {name[1]}. Here R uses r_line (high within {a.r_lines['b']} days); F and M use the mean.",
            )
    for position, letter in ((1, "R"), (3, "F"), (5, "M")):
        if n := differ(found.str[position], truth.str[position]):
            raise Wrong(
                zh=f"{n:,} 位的 {letter} 高低不对。",
                en=f"{letter} is on the wrong side of the line (customers: {n:,}).",
            )
    best = int((truth == "R1F1M1").sum())
    return say(
        zh=f"八类都对。“重要价值”有 {best:,} 位。",
        en=f"All eight classes are right. Customers in 'Key value': {best:,}.",
    )


def _codes_mistakes(a: Answers):
    good = a.scored[["customer_id", "code"]]
    one = good["code"].str
    return {
        "R flipped": good.assign(code="R" + (1 - one[1].astype(int)).astype(str) + one[2:]),
        "below the line only": good.assign(
            code=good["code"].mask(a.scored["recency"] == a.r_lines["b"], "R0" + one[2:])
        ),
        "F and M swapped": good.assign(code=one[:3] + one[5] + "M" + one[3]),
        "R flipped and F by the median": good.assign(
            code="R"
            + (1 - one[1].astype(int)).astype(str)
            + "F"
            + rfm.score(a.users, "median")["code"].str[3]
            + one[4:]
        ),
        "all by the mean": good.assign(code=rfm.score(a.users, "mean")["code"]),
        "all by the median": good.assign(code=rfm.score(a.users, "median")["code"]),
        "bare digits": good.assign(code=one[1] + one[3] + one[5]),
        "F by the median": good.assign(code=one[:3] + rfm.score(a.users, "median")["code"].str[3] + one[4:]),
    }


def _judge_first(value, a: Answers):
    if isinstance(value, pd.DataFrame):
        raise Wrong(
            zh='first_list 应当是编号的列表，不是整张表：取 "customer_id" 那一列，再 .tolist()。',
            en='first_list should be a list of ids, not a table: take the column "customer_id" and .tolist().',
        )
    found = [str(one) for one in value]
    truth = a.first_list
    spent = a.scored[a.scored["code"] == "R0F1M1"].set_index("customer_id")["monetary"]
    money = spent.loc[truth]
    fits = len(set(found)) == len(truth) and set(found) <= set(spent.index)
    # equal spenders may stand in either order, and either may take the last place
    if fits and spent.loc[found].tolist() == money.tolist():
        return say(
            zh=f"对。这 {len(truth)} 位以前一共留下 ¥{money.sum():,.0f}，电话从第一位打起。",
            en=f"Right. These {len(truth)} have spent ¥{money.sum():,.0f} in all. Call the first on the list first.",
        )
    classes = a.scored.set_index("customer_id")["code"]
    if len(found) != len(truth):
        raise Wrong(
            zh=f"要 {len(truth)} 位，现在是 {len(found)} 位。",
            en=f"The list should have {len(truth)} ids; it has {len(found)}.",
        )
    strangers = [one for one in found if one not in classes.index]
    if strangers:
        raise Wrong(
            zh=f"{len(strangers)} 个编号不在客户表里。",
            en=f"Ids that are not in the customer table: {len(strangers)}.",
        )
    if fits and sorted(spent.loc[found]) == sorted(money):
        raise Wrong(
            zh="人对了，顺序不对：累计实付最高的排最前。",
            en="The right people in the wrong order: highest spend first.",
        )
    recent = int(classes[found].str.startswith("R1").sum())
    if recent > len(found) // 2:
        raise Wrong(
            zh=f"R 分高是最近来过。您选的人里有 {recent} 位刚来过，用不着请。",
            en=f"High R means recent. {recent} of those you chose have just been here and need no invitation.",
        )
    wanted = a.scored[a.scored["code"] == "R0F1M1"]
    spend = a.counted.assign(before=a.counted["amount"] + a.counted["refund"]).groupby("customer_id")["before"].sum()
    order = spend.reindex(wanted["customer_id"]).sort_values(ascending=False, kind="stable").index[:FIRST]
    if set(found) == set(order):
        n = len(set(found) - set(truth))
        raise Wrong(zh=f"有 {n} 位没扣退款才排进来。", en=f"On the list only because refunds were not taken off: {n}.")
    outside = int((classes[found] != "R0F1M1").sum())
    if outside:
        raise Wrong(
            zh=f"有 {outside} 位不是“买得勤、花得多、最近没来”。要的代码只有一个。",
            en=f"On the list, but not 'often, a lot, and not lately': {outside}. Only one code fits.",
        )
    raise Wrong(
        zh="类别对了，但不是花得最多的 50 位：先按 monetary 从高到低排，再取前 50。",
        en="The right class, but not the 50 who spent most: sort by monetary, highest first, then take 50.",
    )


def _first_mistakes(a: Answers):
    scored, good = a.scored, a.first_list
    best = scored[scored["code"] == "R1F1M1"].nlargest(FIRST, "monetary")["customer_id"].tolist()
    everyone = scored[scored["code"].str.startswith("R0")].nlargest(FIRST, "monetary")["customer_id"].tolist()
    lowest = scored[scored["code"] == "R0F1M1"].nsmallest(FIRST, "monetary")["customer_id"].tolist()
    return {
        "R the wrong way": best,
        "wrong order": good[::-1],
        "too few": good[:10],
        "a table": scored.head(FIRST),
        "F and M forgotten": everyone[:-1] + [scored.loc[scored["code"] == "R0F0M0", "customer_id"].iloc[0]],
        "smallest first": lowest,
        "not ids": [f"X{i}" for i in range(FIRST)],
    }


def _judge_moved(value, a: Answers):
    found, truth = need_number(value, "moved_share"), a.moved_share()
    if abs(found - truth) < 5e-4:
        pair = a.moved()
        n = int(((pair["code"] == "R1F1M1") & (pair["code_now"] == "R0F1M1")).sum())
        return say(
            zh=f"{truth:.1%}，也就是 {n:,} 位。他们刚停下来不久，电话现在就打。",
            en=f"{truth:.1%}, in people: {n:,}. They have not been gone long; call now.",
        )
    pair = a.moved()
    both = (pair["code"] == "R1F1M1") & (pair["code_now"] == "R0F1M1")
    new_lines = a.moved_share(a.scored.attrs["cuts"])
    for guess, zh, en in (
        (
            100 * truth,
            "这是百分数，请写成 0 到 1 之间的小数",
            "this is in per cent; write it as a number between 0 and 1",
        ),
        (
            both.mean(),
            "分母用了所有人；只看三个月前“重要价值”的那些人",
            "the denominator is everybody; take only those who were 'Key value' a quarter ago",
        ),
        (
            both.sum() / (pair["code_now"] == "R0F1M1").sum(),
            "分母用了现在的“重要保持”；分母应当是三个月前的“重要价值”",
            "the denominator is today's 'Key keep'; start from the 'Key value' of a quarter ago",
        ),
        (
            new_lines,
            "两个日期用了两把尺子：三个月前的线，今天也要照用",
            "two days, two rulers: use the lines of a quarter ago for today as well",
        ),
        (1 - truth, "这是留下来的比例", "this is the share who stayed"),
        (both.sum(), "这是人数，还要除以分母", "this is a number of people; divide it by the denominator"),
    ):
        if abs(found - guess) < 5e-4 * max(1, abs(guess)):
            raise Wrong(zh=f"{zh}。", en=f"{en[0].upper()}{en[1:]}.")
    if abs(found - truth) < 0.01:
        raise Wrong(zh="很接近了，别四舍五入。", en="Very close; do not round.")
    raise Wrong(
        zh="不对。先取三个月前 code 是 R1F1M1 的人，再看他们现在的 code。",
        en="Not yet. Take those with code R1F1M1 a quarter ago, then look at their code now.",
    )


def _moved_mistakes(a: Answers):
    pair = a.moved()
    both = (pair["code"] == "R1F1M1") & (pair["code_now"] == "R0F1M1")
    return {
        "per cent": 100 * a.moved_share(),
        "of everybody": float(both.mean()),
        "of today's class": float(both.sum() / (pair["code_now"] == "R0F1M1").sum()),
        "stayed": 1 - a.moved_share(),
        "people": int(both.sum()),
        "nearly": a.moved_share() + 0.004,
        "text": "12%",
        "elsewhere": 0.987654,
    }


def _judge_interval(value, a: Answers):
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 2:
        raise Wrong(zh="interval 应当是两个数：(下限, 上限)。", en="interval should be two numbers: (low, high).")
    low, high = (need_number(edge, "interval") for edge in value)
    k, n = a.returned
    truth = a.interval
    if max(abs(low - truth[0]), abs(high - truth[1])) < 6e-4:
        return say(
            zh=f"{k:,} / {n:,}，大约在 {low:.1%} 到 {high:.1%} 之间。不另外做什么，就会回来这么多。",
            en=f"{k:,} of {n:,} came back: somewhere between {low:.1%} and {high:.1%}. Expect that many with nothing extra done.",
        )
    if low > high:
        raise Wrong(zh="下限在前，上限在后。", en="The lower edge comes first.")
    if high > 1:
        raise Wrong(zh="请写成 0 到 1 之间的小数。", en="Write the edges as numbers between 0 and 1.")
    if max(abs(low + truth[1] - 1), abs(high + truth[0] - 1)) < 6e-4:
        raise Wrong(
            zh="这是没回来的比例，要的是回来的。", en="This is the share who did not return; the question is who did."
        )
    p = k / n
    half = 1.959964 * np.sqrt(p * (1 - p) / n)
    if abs(low - (p - half)) < 6e-4 and abs(high - (p + half)) < 6e-4:
        raise Wrong(
            zh="这是正态近似的区间，人少或比例接近 0 时不准。加上 method='wilson'。",
            en="This is the normal approximation; with few people or a rate near 0 it can fall below 0. Add method='wilson'.",
        )
    raise Wrong(
        zh=f"不对。应当是 {n:,} 人里回来的那些：三个月前的“重要保持”，其后 {DAYS} 天买过的。",
        en=f"Not yet. Take the {n:,} people who were 'Key keep' a quarter ago, and count those who bought in the {DAYS} days after.",
    )


def _interval_mistakes(a: Answers):
    from statsmodels.stats.proportion import proportion_confint

    low, high = a.interval
    return {
        "normal approximation": proportion_confint(*a.returned),
        "one number": (low + high) / 2,
        "per cent": (100 * low, 100 * high),
        "wrong way round": (high, low),
        "did not return": (1 - high, 1 - low),
        "wrong people": proportion_confint(int(a.outcomes["bought"].sum()), len(a.outcomes), method="wilson"),
    }


QUESTIONS = (
    Question(
        "11.1",
        "mended",
        lambda: say(
            zh="去掉：drop_duplicates() 和 customer_id.isin(members['customer_id'])。改好：refund 大于 gross − discount 的除以 100；paid_at 晚于 as_of 的换年份，用 .map(lambda at: at.replace(year=2026))。最后重算 amount。",
            en="Remove with drop_duplicates() and customer_id.isin(members['customer_id']). Mend: where refund is above gross − discount, divide it by 100; where paid_at is after as_of, change the year with .map(lambda at: at.replace(year=2026)). Then work amount out again.",
        ),
        _judge_mended,
        lambda a: a.mended,
        _mended_mistakes,
    ),
    Question(
        "11.2",
        "counted",
        lambda: say(
            zh="两个条件用 & 连起来：状态在那五种里，而且 amount 大于 0。",
            en="Two conditions joined by &: the status is one of the five, and amount is above 0.",
        ),
        _judge_counted,
        lambda a: a.counted,
        _counted_mistakes,
    ),
    Question(
        "11.3",
        "users",
        lambda: say(
            zh="groupby 客户，取 paid_at 的最大值、order_id 的个数、amount 的合计。日期相减前先用 .dt.normalize() 去掉几点几分。",
            en="Group by customer: the maximum of paid_at, the count of order_id, the sum of amount. Before you subtract dates, drop the time with .dt.normalize().",
        ),
        _judge_users,
        lambda a: a.users,
        _users_mistakes,
    ),
    Question(
        "11.4",
        "scores",
        lambda: say(
            zh="名次用 rank(method='min')，分数是 (名次 − 1) × 5 // 人数 + 1。recency 越小越好，所以 R 分最后要倒过来：用 6 减去它。",
            en="Rank with rank(method='min'); the score is (rank − 1) × 5 // n + 1. Small recency is good, so subtract the R score from 6.",
        ),
        _judge_scores,
        lambda a: a.scored[["customer_id", "r", "f", "m"]],
        _scores_mistakes,
    ),
    Question(
        "11.5",
        "codes",
        lambda: say(
            zh="先写三个判断：recency <= r_line、frequency 大于均值、monetary 大于均值，再拼成 R1F0M1 这样的代码。",
            en="Write three conditions first: recency <= r_line, frequency above its mean, monetary above its mean. Then join them into text such as R1F0M1.",
        ),
        _judge_codes,
        lambda a: a.scored[["customer_id", "code"]],
        _codes_mistakes,
    ),
    Question(
        "11.6",
        "first_list",
        lambda: say(
            zh="上一题已经有了每位客户的代码。“最近没来”是哪一个字母，高还是低？",
            en="The last question gave each customer a code. Which letter stands for 'not lately', and is it high or low?",
        ),
        _judge_first,
        lambda a: a.first_list,
        _first_mistakes,
    ),
    Question(
        "11.7",
        "moved_share",
        lambda: say(
            zh="两张表按 customer_id 合并。分母是三个月前的“重要价值”，分子是其中现在变成“重要保持”的人。",
            en="Merge the two tables on customer_id. The denominator is 'Key value' a quarter ago. The numerator is those of them who are 'Key keep' now.",
        ),
        _judge_moved,
        lambda a: a.moved_share(),
        _moved_mistakes,
    ),
    Question(
        "11.8",
        "interval",
        lambda: say(
            zh="先数两个数：三个月前“重要保持”有几人，其中 bought 是 True 的有几人。再交给 proportion_confint(..., method='wilson')。",
            en="Count two numbers: how many were 'Key keep' a quarter ago, and for how many of them bought is True. Then call proportion_confint(..., method='wilson').",
        ),
        _judge_interval,
        lambda a: a.interval,
        _interval_mistakes,
    ),
)


def memo_fields() -> dict:
    """Prompts of the decision memo, by field name."""
    return {
        "who": say(zh="先找谁？写一类，用一句话说为什么", en="Whom first? One class, and why in one sentence"),
        "how_many": say(
            zh="联系多少人，留多少人不联系（空白组）", en="How many, and how many are left out (the hold-out)"
        ),
        "offer": say(zh="给他们什么，或者问他们什么", en="What you offer them, or ask them"),
        "cost": say(zh="一共花多少元", en="What it costs in all, in yuan"),
        "when": say(zh="哪一天看结果，看哪一个数", en="On which day you will look at the result, and at which number"),
        "stop": say(zh="看到什么情况，就停下来不做了", en="What would make you stop"),
    }


def memo_title():
    """Title of the memo's page."""
    return say(zh="先请谁回来：决策备忘录", en="Whom to invite back first: a decision memo")
