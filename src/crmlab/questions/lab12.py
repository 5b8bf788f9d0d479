"""Lab 12, tagging: four decisions and seven questions, on any company."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from crmlab import experiment, tagging
from crmlab.feedback import (
    Decision,
    Question,
    Slip,
    Wrong,
    need_close,
    need_figures,
    need_number,
    need_numbers,
    need_table,
    slips_question,
)
from crmlab.language import Said, say
from crmlab.questions.answers12 import AHEAD, BACK, CALLS, CUT, NAME, WITHIN, Answers
from crmlab.tagging import rules

__all__ = ["DECISIONS", "QUESTIONS", "Answers", "memo_fields", "memo_title"]


# Part A


def _a1_options(a: Answers) -> dict[str, Said]:
    return {
        "a": say(zh=f"{a.recent} 天内买过", en=f"an order within {a.recent} days"),
        "b": say(zh="最近 8 周里，有 5 周以上买过", en="orders in at least 5 of the last 8 weeks"),
        "c": say(
            zh=f"近 {WITHIN} 天至少 {a.least} 单，最近一单不超过 {a.recent} 天",
            en=f"at least {a.least} orders in {WITHIN} days, the last no more than {a.recent} days ago",
        ),
        "d": say(zh="加入以来满 20 单", en="20 orders or more since joining"),
        "e": say(zh="四条都不合要求，重新想", en="none of the four will do; think again"),
    }


def _a1_right(a: Answers) -> str:
    good = a.definitions[[not each for each in a.definitions["broken"]]]
    return str(good["kept"].astype(float).idxmax()) if len(good) else "e"


def _a1_why(a: Answers):
    table, right = a.definitions, _a1_right(a)
    reasons = {}
    for letter, row in table.iterrows():
        seen = say(
            zh=f"盖住 {row['customers']:,.0f} 位（{row['coverage']:.0%}）；上个月有的，{row['kept']:.0%} 现在还有；有它的人，{row['seen']:.0%} 近 {a.recent} 天来过；和“{a.name('active')}”重合 {row['alike']:.0%}。",
            en=f"It covers {row['customers']:,.0f} customers ({row['coverage']:.0%}). Of last month's holders {row['kept']:.0%} still hold it; of today's {row['seen']:.0%} came within {a.recent} days; overlap with '{a.name('active')}': {row['alike']:.0%}. ",
        )
        words = {
            "coverage": say(
                zh="人太多，等于没挑" if row["coverage"] > 0.15 else "人太少，写成标签不值得",
                en="it names too many to be a choice"
                if row["coverage"] > 0.15
                else "it names too few to be worth a tag",
            ),
            "kept": say(
                zh=f"一个月就掉了 {1 - row['kept']:.0%}，店员记不住",
                en=f"{1 - row['kept']:.0%} of the list is gone within a month, so staff cannot learn it",
            ),
            "seen": say(zh="里面好些人早就不来了", en="many on it stopped coming long ago"),
            "alike": say(zh="目录里已经有差不多的标签", en="the catalogue has much the same tag already"),
        }
        broken = say(zh="，", en=", and ").join(words[name] for name in row["broken"])
        if letter == right:
            end = say(zh="四条要求都合。", en="It meets all four demands.")
        elif row["broken"]:
            end = say(zh=f"不行：{broken}。", en=f"Not good: {broken}.")
        else:
            end = say(
                zh="也合要求，只是每月换的人更多。", en="It will do too, but more of the list changes each month."
            )
        reasons[letter] = Said(seen + end)
    good = [letter for letter, row in table.iterrows() if not row["broken"]]
    reasons["e"] = (
        say(
            zh=f"再看一遍表：四个要求都合的有 {len(good)} 条。拿盖住 5% 到 15% 先筛一遍，剩下的再看后三列。",
            en=f"Look at the table again: of the four, {len(good)} pass every demand. Begin with coverage, 5% to 15%, and hold the other three columns against what is left.",
        )
        if good
        else say(
            zh="对，4 条都不合。先改线，再看一遍这四个数，不要为了交差硬选一条。",
            en="Right, none of the 4 will do. Move the lines and look at the four figures again; do not pick one just to be done.",
        )
    )
    return reasons


A1 = Decision(
    "12.A1",
    lambda a: say(
        zh=f"目录里要写一条“常客”，给店员认人用。要求四条：盖住 5% 到 15% 的客户；上个月有的，这个月至少六成还有；有它的人，八成以上近 {a.recent} 天来过；和“{a.name('active')}”重合不到一半。写哪一条？",
        en=f"The catalogue needs a rule for 'regular', so that staff know whom to greet. Four demands: it covers 5% to 15% of customers; at least six in ten of last month's holders still hold it; at least eight in ten of its holders came within {a.recent} days; it overlaps with '{a.name('active')}' by less than half. Which rule?",
    ),
    _a1_options,
    _a1_right,
    _a1_why,
)


def _a2_why(a: Answers):
    rows = a.quarrel
    judged, only = rows.dropna(subset=["now"]), int(rows["now"].isna().sum())
    wrong = int(judged["wrong"].sum())
    rate, low, high = experiment.rate(wrong, len(judged))
    ages = a.by_age()
    first, last = ages.iloc[0], ages.iloc[-1]
    seen = say(
        zh=f"两边都有的 {len(judged):,} 位里，{wrong:,} 位对不上（{rate:.0%}，大约 {low:.0%} 到 {high:.0%}）；",
        en=f"Of {len(judged):,} customers with both, {wrong:,} disagree ({rate:.0%}, somewhere between {low:.0%} and {high:.0%}); ",
    )
    old = say(
        zh=f"{first['age']}打的 {first['rate']:.0%} 对不上，{last['age']}的 {last['rate']:.0%}。",
        en=f"for tags typed {first['age']} ago it is {first['rate']:.0%}, for {last['age']} {last['rate']:.0%}. ",
    )
    if first["high"] >= last["low"]:
        old += say(
            zh="区间碰在一起，看不出越久越错。", en="The intervals meet: that older is worse cannot be seen here. "
        )
    return {
        "a": Said(
            seen
            + old
            + say(
                zh="打标签的人看了一眼，规则看的是记录。而且打上以后，没有人回头更新。",
                en="Whoever typed it looked once; the rule looks at the record. And nobody goes back to correct what was typed.",
            )
        ),
        "b": Said(
            seen
            + old
            + say(
                zh=f"这些听规则的。另有 {only:,} 位规则说不上来，只有手打的，留着，写清是谁哪天打的。问得到、查不到的事（替谁买、为什么买），照样要靠人。",
                en=f"for these the rule decides. For another {only:,} the rule has nothing to say; keep what was typed, with name and date. What can be asked and not looked up (whom they buy for, and why) still needs people.",
            )
        ),
        "c": Said(
            seen
            + say(
                zh="都留着，他们就各有两个互相打架的标签。看的人只挑自己想要的那个。",
                en="keep both, and each of them carries two tags that contradict each other. Readers will pick the one they like.",
            )
        ),
        "d": say(
            zh=f"有 {only:,} 位规则说不上来，只有手打的知道；能核对的 {len(judged):,} 位里，也有 {len(judged) - wrong:,} 位是对的。该管的是有效期，不是不许打。",
            en=f"For {only:,} customers only the typed tag knows anything; and of the {len(judged):,} that can be checked, {len(judged) - wrong:,} agree. What is needed is an expiry date, not a ban.",
        ),
    }


A2 = Decision(
    "12.A2",
    lambda a: say(
        zh=f"“{a.name(a.fact_tag)}”这一组，{'顾问' if a.formula else '店员'}手打过，规则也打得出（照{'宝宝的月龄' if a.formula else '近 12 个月买了什么'}）。两边对不上时，听谁的？",
        en=f"Tags of the group of '{a.name(a.fact_tag)}' are typed by {'consultants' if a.formula else 'staff'}, and a rule gives them too (from {'the age of the baby' if a.formula else 'what was bought in 12 months'}). Where the two disagree, which holds?",
    ),
    lambda a: {
        "a": say(zh="手打的：他们认识人", en="the typed one: staff know the person"),
        "b": say(
            zh="查得到的听规则；规则说不上来的，留手打的，带上日期和有效期",
            en="the rule where it can be looked up; where the rule is silent the typed one stays, with date and expiry",
        ),
        "c": say(zh="两个都留着，用的人自己看", en="keep both and let the reader decide"),
        "d": say(zh="手打的全删，以后不许打", en="delete all typed tags and forbid typing"),
    },
    lambda a: "b",
    _a2_why,
)


def _a3_right(a: Answers) -> str:
    return str(a.ways()["rate"].astype(float).idxmax())


def _a3_why(a: Answers):
    table, right = a.ways(), _a3_right(a)
    held = int(a.scores["held_out"].sum())
    best = table.loc[right]
    reasons = {}
    for letter, row in table.iterrows():
        seen = say(
            zh=f"在模型没见过的 {held:,} 位里量：这样能挑的有 {row['n']:,.0f} 位，{row['rate']:.0%} 在后来 {AHEAD} 天里买了（大约 {row['low']:.0%} 到 {row['high']:.0%}）。要是会买的就会来，{CALLS} 个座位坐 {CALLS * row['rate']:.0f} 个。",
            en=f"Measured on {held:,} customers the model never saw: {row['n']:,.0f} qualify, and {row['rate']:.0%} bought in the {AHEAD} days after (somewhere between {row['low']:.0%} and {row['high']:.0%}). If those who buy would also come, {CALLS * row['rate']:.0f} of {CALLS} seats are taken. ",
        )
        if letter == "b":
            seen += say(
                zh=f"（前 {CALLS} 位里，模型没见过的只有这几位。）",
                en=f"(Of the top {CALLS}, only these few were never seen by the model.) ",
            )
        fewer = round(CALLS * best["rate"]) - round(CALLS * row["rate"])
        if letter == right:
            end = say(
                zh=f"四种里最高，可只量了 {row['n']:,.0f} 位，别把这个数当承诺。模型说的是谁会买，不是谁因为电话才来；要知道电话有没有用，得留空白组。",
                en=f"That is the highest of the four, but it rests on {row['n']:,.0f} people: do not promise the figure. The model says who will buy, not who comes because of a call; for that you need a hold-out.",
            )
        elif letter == "b":
            end = say(
                zh=f"预计比最好的少坐 {fewer:.0f} 个：分数的最高一段只有这么几位，在这批客户上没有更准。",
                en=f"Expect {fewer:.0f} fewer seats taken than in the best way: the very top of the scores is few people, and here it was no better.",
            )
        else:
            end = say(
                zh=f"查全率 {row['recall']:.0%}，可座位只有 {CALLS} 个，找全了也坐不下；预计比最好的少坐 {fewer:.0f} 个。",
                en=f"Recall is {row['recall']:.0%}, but there are only {CALLS} seats, so finding everybody is of no use; expect {fewer:.0f} fewer seats taken than in the best way.",
            )
            if not row["clear"]:
                end += say(
                    zh="最高分的几位和其余的人，差别还下不了定论；座位有限，仍该从高分请起。",
                    en=" Between the highest scores and the rest of these the difference is not certain; with few seats one still begins at the top.",
                )
        reasons[letter] = Said(seen + end)
    return reasons


A3 = Decision(
    "12.A3",
    lambda a: say(
        zh=f"新品试喝会有 {CALLS} 个座位，打电话一位一位请；座位订了，空着也要付钱。模型给每位客户打了分：{AHEAD} 天里会不会买。请谁？",
        en=f"A tasting of new products has {CALLS} seats, offered one by one on the phone, and an empty seat costs as much as a taken one. A model has scored each customer: will she buy within {AHEAD} days? Whom do you invite?",
    ),
    lambda a: {
        "a": say(
            zh=f"0.2 分以上的随机抽 {CALLS} 位：别漏掉会来的人",
            en=f"{CALLS} drawn from scores of 0.2 and above, so that nobody who would come is missed",
        ),
        "b": say(zh=f"按分数从高到低请 {CALLS} 位", en=f"the {CALLS} with the highest scores"),
        "c": say(
            zh=f"0.5 分以上的随机抽 {CALLS} 位：模型的标签就是这条线",
            en=f"{CALLS} drawn from scores of 0.5 and above, where the model's tag has its line",
        ),
        "d": say(
            zh=f"不看分数，从买过的人里随机抽 {CALLS} 位",
            en=f"{CALLS} drawn from all who ever bought, whatever the score",
        ),
    },
    _a3_right,
    _a3_why,
)


def _a4_why(a: Answers):
    now = set(a.tags.loc[a.tags["tag"] == "price_sensitive", "customer_id"])
    then = set(a.spring_tags.loc[a.spring_tags["tag"] == "price_sensitive", "customer_id"])
    typed = a.hand[a.hand["tag"].str.startswith("price_")].set_index("customer_id")["tag"]
    rule = a.tags[a.tags["tag"].isin(["price_sensitive", "price_insensitive"])].set_index("customer_id")["tag"]
    both = typed.index.intersection(rule.index)
    apart = int((typed[both] != rule[both]).sum())
    silent = set(a.facts.loc[(a.facts["orders"] >= 1) & (a.facts["recency_days"] > 90), "customer_id"])
    left = len(then - now)
    return {
        "a": say(
            zh=f"标签盖住 {len(now):,} 位，另外 {len(a.facts) - len(now):,} 位买同样的东西要多付钱，只因为规则没把他们算成价格敏感。规则和人说的也常对不上：两边都有的 {len(both):,} 位里 {apart:,} 位相反。《个人信息保护法》第二十四条不许在价格上搞不合理的差别（这里不是法律意见）。",
            en=f"The tag is on {len(now):,}; the other {len(a.facts) - len(now):,} would pay more for the same thing because no rule calls them price-sensitive. Rule and people often differ as well: of {len(both):,} customers with both, {apart:,} are opposite. Article 24 of China's personal-information law forbids unreasonable differences in price by profile (this is not legal advice).",
        ),
        "b": say(
            zh=f"换个叫法，还是按猜测定价。{BACK} 天前有这个标签的 {len(then):,} 位，{left:,} 位现在已经没有了：同一个人，那时大券，现在小券，您怎么解释？",
            en=f"Under another name, a guess still sets the price. Of the {len(then):,} who had the tag {BACK} days ago, {left:,} have lost it since. The same customer had a large coupon then and a small one now: how do you explain it?",
        ),
        "c": say(
            zh=f"“90 天没下单就有券”说得出口，谁都能自己核对，现在有 {len(silent):,} 位，其中 {len(silent & now):,} 位带着标签。标签照样有用：给他们多讲优惠的内容。",
            en=f"'No order for 90 days: a coupon' can be said aloud and checked by anybody. It names {len(silent):,} today, {len(silent & now):,} of them with the tag. The tag keeps its use: it says to whom one talks about offers.",
        ),
        "d": say(
            zh=f"标签不定价，可挑内容还用得着：{len(now):,} 位爱看优惠的人，少收几条不相干的消息。错的是拿它定价，不是它本身。",
            en=f"The tag sets no price, but it still chooses content: {len(now):,} people who like offers get fewer messages that are not for them. Pricing by it is wrong; the tag itself is not.",
        ),
    }


A4 = Decision(
    "12.A4",
    lambda a: say(
        zh="同事想用“价格敏感”这个标签提业绩。哪一种能做？",
        en="A colleague wants to raise sales with the tag 'price-sensitive'. Which of these can be done?",
    ),
    lambda a: {
        "a": say(zh="给有标签的人显示低一点的价", en="show tagged customers a lower price"),
        "b": say(zh="价格一样，给有标签的人券大一点", en="the same price, but a larger coupon for tagged customers"),
        "c": say(
            zh="价格人人一样；券按说得出口的规则发（90 天没下单）；标签只挑讲什么内容",
            en="one price for all; coupons by a rule one can say aloud (no order for 90 days); the tag only chooses the content",
        ),
        "d": say(zh="什么都不做，把标签删掉", en="nothing; delete the tag"),
    },
    lambda a: "c",
    _a4_why,
)

DECISIONS = (A1, A2, A3, A4)


# Part B. A slip is written once: the check recognises it, the tests make it.

# 12.1


@cache
def _named(rule: str, a: Answers) -> frozenset[str]:
    """Whom a rule names."""
    row = a.catalogue.iloc[[0]].assign(rule=rule)
    return frozenset(tagging.tag(a.facts, row, a.as_of)["customer_id"])


@cache
def _rule_slips(a: Answers) -> dict[str, Slip]:
    n, late = a.least, f"recency_days <= {a.recent}"
    return {
        "or for and": Slip(
            f"orders_90d >= {n} or {late}",
            "两个条件要同时成立，用 and；用了 or，来过一次的人也成了常客。",
            "Both conditions must hold: use and. With or, somebody who came once is a regular.",
        ),
        "more than": Slip(
            f"orders_90d > {n} and {late}",
            f"“至少 {n} 单”包括正好 {n} 单：用 >=。",
            f"'At least {n}' includes exactly {n}: use >=.",
        ),
        "a year": Slip(
            f"orders_12m >= {n} and {late}",
            f"您数的是 12 个月的订单，题目是近 {WITHIN} 天：orders_90d。",
            f"You count the orders of 12 months; the question says {WITHIN} days: orders_90d.",
        ),
        "ever": Slip(
            f"orders >= {n} and {late}",
            f"orders 是加入以来的全部订单；近 {WITHIN} 天是 orders_90d。",
            f"orders is every order since joining; those of {WITHIN} days are orders_90d.",
        ),
        "a month": Slip(
            f"orders_30d >= {n} and {late}",
            f"您数的是 30 天的订单，题目是近 {WITHIN} 天：orders_90d。",
            f"You count the orders of 30 days; the question says {WITHIN}: orders_90d.",
        ),
        "long ago": Slip(
            f"orders_90d >= {n} and recency_days >= {a.recent}",
            f"天数的方向反了：recency_days 越大，离上一单越久。要 <= {a.recent}。",
            f"The days are the wrong way round: the larger recency_days, the longer ago. Use <= {a.recent}.",
        ),
        "less than": Slip(
            f"orders_90d >= {n} and recency_days < {a.recent}",
            f"“不超过 {a.recent} 天”包括第 {a.recent} 天：用 <=。",
            f"'No more than {a.recent} days' includes day {a.recent}: use <=.",
        ),
        "only how many": Slip(
            f"orders_90d >= {n}",
            "只写了单数，没写最近一单的条件。",
            "Only the number of orders stands there; the condition on the last order is missing.",
        ),
    }


@cache
def _share_slips(a: Answers) -> dict[str, Slip]:
    n, everybody = len(a.regulars()), len(a.facts)
    return {
        "of buyers": Slip(
            n / int((a.facts["orders"] >= 1).sum()),
            "比例除以了买过的人。覆盖率的分母是全部客户，没买过的也算。",
            "The share is of buyers. Coverage divides by all customers, those who never bought included.",
        ),
        "unpaid as well": Slip(
            len(a.regulars(counted=False)) / everybody,
            "没付款、全额退款的单也数进去了。先 counted_orders(orders)。",
            "Orders never paid, or refunded in full, are counted. Take counted_orders(orders) first.",
        ),
        "a day too many": Slip(
            len(a.regulars(days=WITHIN + 1)) / everybody,
            f"规则对了，比例多数了一天：今天是第 0 天，近 {WITHIN} 天是第 0 到第 {WITHIN - 1} 天。",
            f"The rule is right, the share counts a day too many: today is day 0, so {WITHIN} days are days 0 to {WITHIN - 1}.",
        ),
        "without today": Slip(
            len(a.regulars(midnight=True)) / everybody,
            "规则对了，比例漏了 as_of 当天的单：as_of 是零点，先把 paid_at .dt.normalize() 再比。",
            "The rule is right, the share misses the orders of the day as_of itself: as_of is midnight. Use .dt.normalize() on paid_at before you compare.",
        ),
        "only how many orders": Slip(
            len(a.regulars(recent=100_000)) / everybody,
            "规则对了，比例只看了单数，没看最近一单。",
            "The rule is right, the share looks at the number of orders only, not at the last one.",
        ),
        "only how recent": Slip(
            len(a.regulars(least=1, days=100_000)) / everybody,
            "规则对了，比例只看了最近一单，没看单数。",
            "The rule is right, the share looks at the last order only, not at how many there are.",
        ),
        "of regulars by or": Slip(
            len(a.regulars(join="or")) / everybody,
            "规则对了，比例却是 or 的：两个条件都要满足。",
            "The rule is right, but the share is that of 'or': both conditions must hold.",
        ),
        "per cent": Slip(
            100 * n / everybody,
            "比例写成了百分数，请写 0 到 1 之间的小数。",
            "The share is in per cent; write it as a number between 0 and 1.",
        ),
        "a count": Slip(
            n, "第二个数是人数，要的是比例。", "The second part is a number of customers; it should be a share."
        ),
    }


def _judge_rule(value, a: Answers) -> Said:
    value = list(value) if isinstance(value, tuple | list | np.ndarray | pd.Series) else []
    if len(value) != 2 or not isinstance(value[0], str):
        raise Wrong(
            zh='regular 应当是两样东西：("规则", 比例)，规则写在引号里。',
            en='regular should be two things: ("the rule", share), with the rule in quotes.',
        )
    rule, share = value[0], need_number(value[1], "regular[1]")
    for zh, en in rules.faults(rule, rules.fact_types()):
        raise Wrong(zh=f"规则：{zh}", en=f"The rule: {en}")
    found, truth = _named(rule, a), frozenset(a.regulars())
    if found != truth:
        for slip in _rule_slips(a).values():
            if found == _named(slip.value, a):
                raise Wrong(zh=slip.zh, en=slip.en)
        raise Wrong(
            zh=f"规则打出 {len(found):,} 位，多了 {len(found - truth):,} 位，少了 {len(truth - found):,} 位。先核对两个事实列和两条线。",
            en=f"The rule names {len(found):,} customers: {len(found - truth):,} too many, {len(truth - found):,} missing. Check the two facts and the two lines.",
        )
    off = Wrong(
        zh=f"规则对了，比例不对。分子：第 0 到第 {WITHIN - 1} 天的单数够、最近一单也够近的人；分母：全部客户。",
        en=f"The rule is right, the share is not. On top: customers with enough orders on days 0 to {WITHIN - 1} and a last one recent enough; below: all customers.",
    )
    need_close(share, len(truth) / len(a.facts), _share_slips(a), off)
    low, high = (len(a.regulars(least=a.least + step)) for step in (1, -1))
    return say(
        zh=f"对。打上 {len(truth):,} 位，覆盖 {share:.1%}。线放到 {a.least + 1} 单只剩 {low:,} 位，放到 {a.least - 1} 单有 {high:,} 位：线画在哪里，名单就有多长，画之前先说好拿它做什么。",
        en=f"Right. {len(truth):,} tagged, {share:.1%} covered. With the line at {a.least + 1} orders {low:,} are left, at {a.least - 1} there are {high:,}. The line makes the list, so settle first what the list is for.",
    )


Q1 = Question(
    "12.1",
    "regular",
    lambda: say(
        zh="规则里可用的事实列：orders_90d（近 90 天的订单数）、recency_days（最近一单到今天几天）。两个条件用 and 连。比例：先 counted_orders(orders)，数每人近 90 天的订单和最近一单的天数，都满足的人数 ÷ len(facts)。",
        en="Facts for the rule: orders_90d (orders in 90 days) and recency_days (days since the last order); join two conditions by and. For the share: counted_orders(orders), then for each customer orders in 90 days and days since the last one; customers who meet both over len(facts).",
    ),
    _judge_rule,
    lambda a: (a.rule, len(a.regulars()) / len(a.facts)),
    lambda a: (
        {
            name: (slip.value, len(a.regulars()) / len(a.facts))
            for name, slip in _rule_slips(a).items()
            if _named(slip.value, a) != frozenset(a.regulars())  # in some company nobody stands on the line
        }
        | {name: (a.rule, slip.value) for name, slip in _share_slips(a).items()}
        | {
            "not a rule": (f"orders_90d > {a.least} an recency_days", 0.1),
            "a fact misspelt": (f"order_90d >= {a.least} and recency_days <= {a.recent}", 0.1),
            "another rule": ("level = 4", 0.1),
            "another share": (a.rule, 0.987),
            "only the rule": a.rule,
        }
    ),
)


# 12.2


def _clash_slips(a: Answers):
    rows = a.contradicted()
    twice, all_groups = a.contradicted(distinct=False), a.contradicted(exclusive_only=False)
    return {
        "groups": Slip(
            len(rows),
            "您数的是“客户 × 组”，同一位客户在两组里打架就数了两次。要不重复的客户：nunique()。",
            "You counted pairs of customer and group; whoever has a clash in two groups is counted twice. Count different customers: nunique().",
        ),
        "tags": Slip(
            int(rows["tags"].sum()),
            "您数的是标签，要的是客户。",
            "You counted tags; the question is how many customers.",
        ),
        "the same tag twice": Slip(
            twice["customer_id"].nunique(),
            "同一个标签推过两次，不是打架。先按 customer_id、tag 去重，再看一组里有没有两个不同的。",
            "The same tag put there twice is no contradiction. Drop duplicates of customer_id and tag first, then look for two different ones in a group.",
        ),
        "other groups": Slip(
            all_groups["customer_id"].nunique(),
            "不互斥的组也算进来了。那些组本来就可以有好几个：只看 exclusive 是 yes 的。",
            "Groups that are not exclusive are in it; there, several tags are fine. Keep those with exclusive equal to yes.",
        ),
        "no groups": Slip(
            a.contradicted(grouped=False)["customer_id"].nunique(),
            "您没分组：一位客户有两个互斥组的标签很正常，要看的是同一组里有没有两个。",
            "You did not look group by group: tags from two exclusive groups are fine; two tags of one group are not.",
        ),
        "what still holds": Slip(
            a.contradicted(live=True)["customer_id"].nunique(),
            "您先去掉了过期的。挂着的都算：没摘，看的人就看得见。",
            "You took those out of date off first. All that are set count: what was not taken off is still seen.",
        ),
        "a share": Slip(
            a.clash / a.marked["customer_id"].nunique(),
            "这是比例，要的是几位。",
            "This is a share; the question is how many.",
        ),
    }


def _clash_praise(a: Answers) -> Said:
    rows = a.contradicted()
    top = rows["group"].value_counts()
    name = a.catalogue.drop_duplicates("group").set_index("group")
    return say(
        zh=f"对。挂着标签的 {a.marked['customer_id'].nunique():,} 位里，{a.clash:,} 位自相矛盾，最多的是“{name.at[top.index[0], 'group_zh']}”这一组，{top.iloc[0]:,} 位。规则没有错，错在旧的没人摘。",
        en=f"Right. Of {a.marked['customer_id'].nunique():,} customers with tags, {a.clash:,} have tags that contradict each other, most of them in the group '{name.at[top.index[0], 'group_en']}' ({top.iloc[0]:,}). No rule is wrong; nobody took the old ones off.",
    )


Q2 = slips_question(
    "12.2",
    "clash",
    lambda: say(
        zh="给 marked 添上 group 和 exclusive（用 catalogue 合并），只留 exclusive 是 yes 的；去掉重复的 customer_id、tag；再按 customer_id 和 group 数，超过 1 的有几位。",
        en="Add group and exclusive to marked (merge with catalogue), keep exclusive equal to yes, drop repeated customer_id and tag, then count by customer_id and group: how many customers have more than 1?",
    ),
    read=lambda value, a: np.array([need_number(value, "clash")]),
    truth=lambda a: a.clash,
    slips=_clash_slips,
    praise=_clash_praise,
    off=lambda found, truth, a: Wrong(
        zh=f"不对。核对第一步：只留互斥的组、去掉重复以后，应有 {len(a.marked[a.marked['tag'].map(a.known['exclusive']) == 'yes'].drop_duplicates(['customer_id', 'tag'])):,} 行。",
        en=f"Not yet. Check the first step: exclusive groups only and without repeats, there are {len(a.marked[a.marked['tag'].map(a.known['exclusive']) == 'yes'].drop_duplicates(['customer_id', 'tag'])):,} rows.",
    ),
    odd=lambda a: {"elsewhere": 0.5 * a.clash + 3, "a table": a.contradicted()},
)


# 12.3


def _read_fresh(value, a: Answers) -> np.ndarray:
    table = need_table(value, "fresh", ["refresh", "expired"], "refresh")
    wanted = a.expired()["refresh"].tolist()
    if (found := table["refresh"].astype("str").tolist()) != wanted:
        raise Wrong(
            zh=f"fresh 的 refresh 应当是 {', '.join(wanted)}；现在是 {', '.join(found[:6]) or '空的'}。",
            en=f"refresh in fresh should be {', '.join(wanted)}; it is {', '.join(found[:6]) or 'empty'}.",
        )
    return need_figures(table, "fresh", "expired")


def _fresh_slips(a: Answers):
    good, m = a.expired(), a.marked
    gone = m["until"] < a.as_of
    refresh = m["tag"].map(a.known["refresh"])
    people = m[gone].groupby(refresh[gone])["customer_id"].nunique() / m.groupby(refresh)["customer_id"].nunique()
    return {
        "the last day": Slip(
            a.expired(m["until"] <= a.as_of),
            "until 是最后还算数的那天，当天没有过期：用 <，不用 <=。",
            "until is the last day on which the tag holds; on that day it has not run out: use <, not <=.",
        ),
        "a month for all": Slip(
            a.expired((a.as_of - m["since"]).dt.days > 30),
            "您给所有标签同一个有效期。有效到哪天，各看自己的 until。",
            "You gave every tag the same validity. Each has its own until.",
        ),
        "still good": Slip(
            good.assign(expired=1 - good["expired"]),
            "这是没过期的比例。",
            "This is the share that still holds.",
        ),
        "of all tags": Slip(
            good.assign(expired=good["refresh"].map(gone.groupby(refresh).sum()).to_numpy() / len(m)),
            "分母是全部标签。每一行只除以自己那种刷新周期的标签。",
            "The denominator is all tags. Each row divides by the tags of its own refresh only.",
        ),
        "how many": Slip(
            good.assign(expired=good["refresh"].map(gone.groupby(refresh).sum()).to_numpy()),
            "这是过期的个数，要的是比例：求平均，不求和。",
            "This is how many are out of date; the question is the share: a mean, not a sum.",
        ),
        "customers": Slip(
            good.assign(expired=good["refresh"].map(people).fillna(0).to_numpy()),
            "您数的是客户，要数标签：一行一个。",
            "You counted customers; count tags, one a row.",
        ),
        "per cent": Slip(
            good.assign(expired=100 * good["expired"]),
            "expired 是百分数，请写成小数。",
            "expired is in per cent; write it as a share.",
        ),
    }


def _fresh_praise(a: Answers) -> Said:
    gone = a.marked["until"] < a.as_of
    top = a.expired().sort_values("expired").iloc[-1]
    word = {
        "daily": ("每天刷新", "refreshed daily"), "weekly": ("每周刷新", "refreshed weekly"),
        "monthly": ("每月刷新", "refreshed monthly"), "by_run": ("有新数据才刷新", "refreshed on new data"),
    }[top["refresh"]]  # fmt: skip
    return say(
        zh=f"对。挂着的 {len(a.marked):,} 个标签里 {gone.sum():,} 个过期了，{word[0]}的最多，{top['expired']:.0%}。下次推新的以前，先把过期的摘掉。",
        en=f"Right. Of the {len(a.marked):,} tags set there {gone.sum():,} are out of date, most among those {word[1]}: {top['expired']:.0%}. Take the old ones off before you push new ones.",
    )


Q3 = slips_question(
    "12.3",
    "fresh",
    lambda: say(
        zh="给 marked 添上 refresh（用 catalogue 合并），算一列 until < as_of，再按 refresh 求平均，reset_index()，列名 refresh 和 expired。",
        en="Add refresh to marked (merge with catalogue), make a column until < as_of, take its mean by refresh, reset_index(); columns refresh and expired.",
    ),
    read=_read_fresh,
    truth=lambda a: a.expired(),
    slips=_fresh_slips,
    praise=_fresh_praise,
    off=lambda found, truth, a: Wrong(
        zh=f"比例不对。核对总数：marked 有 {len(a.marked):,} 行，过期的 {(a.marked['until'] < a.as_of).sum():,} 行。",
        en=f"The shares are wrong. Check the totals: marked has {len(a.marked):,} rows, of which {(a.marked['until'] < a.as_of).sum():,} are out of date.",
    ),
    odd=lambda a: {"a row short": a.expired().iloc[1:], "elsewhere": a.expired().assign(expired=0.123)},
)


# 12.4

ACCOUNT = ("read", "unknown", "again", "stale", "contradicted", "used")


def _read_account(value, a: Answers) -> np.ndarray:
    if isinstance(value, pd.Series):
        value = value.to_dict()
    if not isinstance(value, dict):
        raise Wrong(
            zh=f"account 应当是字典，像 `{{'read': 几行, ...}}`，键是 {', '.join(ACCOUNT)}。",
            en=f"account should be a dict such as `{{'read': rows, ...}}` with the keys {', '.join(ACCOUNT)}.",
        )
    if absent := [key for key in ACCOUNT if key not in value]:
        raise Wrong(zh=f"account 缺少 {', '.join(absent)}。", en=f"Missing in account: {', '.join(absent)}.")
    numbers = np.array([need_number(value[key], f"account['{key}']") for key in ACCOUNT])
    if abs(numbers[0] - numbers[1:].sum()) > 0.5:
        raise Wrong(
            zh=f"账不平：读入 {numbers[0]:,.0f} 行，去向加起来 {numbers[1:].sum():,.0f} 行。一行只能有一个去向，一步一步从剩下的里面拿。",
            en=f"The account does not balance: {numbers[0]:,.0f} rows read, {numbers[1:].sum():,.0f} accounted for. A row goes one way only; take each step from what is left.",
        )
    return numbers


def _account_slips(a: Answers):
    slips = {
        "slips unread": Slip(
            a.cleaned(a.read(slips=False))[1],
            "错字没认出来，都算成了认不出的。用 difflib.get_close_matches(词, 认识的词, 1, 0.6) 找最像的。",
            "Misspelt words were not read and count as unknown. Find the nearest with difflib.get_close_matches(word, known words, 1, 0.6).",
        ),
        "synonyms unread": Slip(
            a.cleaned(a.read(slips=False, synonyms=False))[1],
            "只认了标签的正式名字。同义词也在 words 里。",
            "Only the official names were read. The synonyms are in words too.",
        ),
        "the oldest kept": Slip(
            a.cleaned(keep="first")[1],
            '您留下的是最早的一次。重复和矛盾，都留最近打的：先按 tagged_at 排序，keep="last"。',
            'You kept the oldest. Of repeats and contradictions keep the newest: sort by tagged_at and use keep="last".',
        ),
        "stale first": Slip(
            a.cleaned(steps=("stale", "again", "contradicted"))[1],
            "留下的行一样，账目不同：您先拿掉了过期的。照题目的顺序，先去重复，再去过期。",
            "The same rows remain, but the account differs: you took the stale ones first. In the order of the question repeats go first, then the stale.",
        ),
        "one tag a customer": Slip(
            a.cleaned(one_each=True)[1],
            "每位客户只剩一个标签了。不同的组可以各有一个：按 customer_id 和 group 去重。",
            "Each customer has one tag left. Different groups may have one each: look at customer_id and group.",
        ),
    }
    slips["the last day"] = Slip(
        a.cleaned(last_day=True)[1],
        "打的日期 + validity_days 那一天还算数：早于 as_of 才过期，用 <，不用 <=。",
        "On the day typed + validity_days the tag still holds: it is stale if that lies before as_of. Use <, not <=.",
    )
    slips["contradicted first"] = Slip(
        a.cleaned(steps=("again", "contradicted", "stale"))[1],
        "留下的行数对不上：您先拿掉了矛盾的。照题目的顺序，先去过期，再去矛盾。",
        "You took the contradicted ones before the stale. In the order of the question the stale go first.",
    )
    forgiven = a.cleaned()[1]
    slips["nothing stale"] = Slip(
        forgiven | {"stale": 0, "used": forgiven["used"] + forgiven["stale"]},
        "过期的没拿掉：打的那天加 validity_days，早于 as_of 的不再算数。",
        "Stale ones are still in it: the day typed plus validity_days, if before as_of, no longer holds.",
    )
    return slips


def _account_praise(a: Answers) -> Said:
    n = a.cleaned()[1]
    exact = a.cleaned(a.read(slips=False))[1]["unknown"]
    slips, share = exact - n["unknown"], n["used"] / n["read"]
    return say(
        zh=f"对，账平了：{n['read']:,} 行，用得上 {n['used']:,} 行（{share:.0%}）。认回 {slips:,} 行错字；{n['stale']:,} 行过期。还认不出的 {n['unknown']:,} 行，交给人看，别硬猜。",
        en=f"Right, the account balances: of {n['read']:,} rows {n['used']:,} can be used ({share:.0%}). {slips:,} misspelt rows were recovered; {n['stale']:,} are stale. Leave the {n['unknown']:,} that are still unknown to a person, and do not force a guess.",
    )


def _account_off(found, truth, a: Answers) -> Wrong:
    wrong = ", ".join(key for key, x, y in zip(ACCOUNT, found, truth, strict=True) if abs(x - y) > 0.5)
    first = wrong.split(", ")[0] or ACCOUNT[0]
    return Wrong(
        zh=f"账是平的，可这几项不对：{wrong}。先看最前面的 {first}，它后面的都跟着它变。",
        en=f"It balances, but these are off: {wrong}. Look at {first} first; the later ones follow from it.",
    )


Q4 = slips_question(
    "12.4",
    "account",
    lambda: say(
        zh='先认词：word 在 words 里就取，不在就 difflib.get_close_matches(word, list(words.index), 1, 0.6)。按 tagged_at 排序后一步一步去：没认出的；duplicated(["customer_id", "tag"], keep="last")；打的日期 + validity_days < as_of；duplicated(["customer_id", "group"], keep="last")。',
        en='Read the words first: take it if it is in words, else difflib.get_close_matches(word, list(words.index), 1, 0.6). Sort by tagged_at, then remove step by step: unknown; duplicated(["customer_id", "tag"], keep="last"); day typed + validity_days < as_of; duplicated(["customer_id", "group"], keep="last").',
    ),
    read=_read_account,
    truth=lambda a: a.cleaned()[1],
    slips=_account_slips,
    praise=_account_praise,
    off=_account_off,
    odd=lambda a: {
        "no balance": a.cleaned()[1] | {"used": 7},
        "a key short": {"read": 1, "used": 1},
        "elsewhere": {"read": 60, "unknown": 10, "again": 10, "stale": 10, "contradicted": 10, "used": 20},
    },
    stages=((slice(None), 1e-9, 1e-9),),
)


# 12.5


def _quality_slips(a: Answers):
    precision, low, high, recall = a.quality
    n, everybody = a.held_against(a.hand), len(a.facts)
    raw = a.held_against(a.manual.assign(tag=a.read()))
    agree = everybody - (n["found"] - n["both"]) - (n["reference"] - n["both"])
    return {
        "the interval of recall": Slip(
            (precision, *experiment.rate(n["both"], n["reference"])[1:], recall),
            "区间算成查全率的了：要查准率的，分母是能核对的手打标签。",
            "The interval is that of recall. Take that of precision, out of the typed tags that can be checked.",
        ),
        "swapped": Slip(
            (*experiment.rate(n["both"], n["reference"]), precision),
            "两个弄反了：查准率除以手打的，查全率除以规则说该有的。",
            "The two are swapped: precision divides by those typed, recall by those who should have it by the rule.",
        ),
        "unknown as wrong": Slip(
            (*experiment.rate(n["both"], n["found"] + n["unknown"]), recall),
            "规则说不上来的人，也当成打错了。不知道不等于错：分母里先去掉他们。",
            "Customers on whom the rule is silent count as wrong. Unknown is not wrong: leave them out of the denominator.",
        ),
        "not cleaned": Slip(
            (*experiment.rate(raw["both"], raw["found"]), raw["both"] / raw["reference"]),
            "您用的是没洗过的标签，过期的也在里面。用 hand。",
            "These are the tags before cleaning, stale ones included. Use hand.",
        ),
        "accuracy": Slip(
            (*experiment.rate(agree, everybody), recall),
            "第一个数是准确率：没打标签的人都算对了，所以高得好看。查准率只看打了的。",
            "The first number is accuracy: everybody without the tag counts as right, which looks fine. Precision looks at those tagged only.",
        ),
        "recall of everybody": Slip(
            (precision, low, high, n["both"] / everybody),
            "查全率除以了全部客户，要除以规则说该有这个标签的人。",
            "Recall is divided by all customers; divide by those who should have the tag.",
        ),
        "the wrong ones": Slip(
            (1 - precision, 1 - high, 1 - low, recall),
            "第一个数是打错的比例，要的是打对的。",
            "The first number is the share that is wrong; the question is how many are right.",
        ),
        "per cent": Slip(
            (100 * precision, 100 * low, 100 * high, 100 * recall),
            "四个数都写成了百分数，请写成小数。",
            "All four are in per cent; write them as shares.",
        ),
        "edges exchanged": Slip(
            (precision, high, low, recall),
            "上下限的次序反了：先下限，后上限。",
            "The two ends of the interval are exchanged: low first, then high.",
        ),
        "edges only": Slip(
            (precision, 0.0, 1.0, recall),
            "区间没算：experiment.rate(打对的, 打了的) 给出三个数。",
            "The interval is missing: experiment.rate(right, tagged) gives three numbers.",
        ),
    }


def _recall_off(found, truth, base: int) -> Wrong | None:
    """Where precision, the first number, is right and recall, the last, is not."""
    if abs(found[0] - truth[0]) <= 5e-4 < abs(found[-1] - truth[-1]):
        return Wrong(
            zh=f"查准率对了，查全率不对：分母是该打的 {base:,} 位，分子是打了、也对的。",
            en=f"Precision is right, recall is not: below the line are the {base:,} who should have the tag, above it those who have it rightly.",
        )
    return None


def _quality_off(found, truth, a: Answers) -> Wrong:
    n = a.held_against(a.hand)
    return _recall_off(found, truth, n["reference"]) or Wrong(
        zh=f"不对。先核对人数：手打了、能核对的有 {n['found']:,} 位。",
        en=f"Not yet. Check the numbers first: typed and able to be checked are {n['found']:,} customers.",
    )


def _quality_praise(a: Answers) -> Said:
    precision, low, high, recall = a.quality
    n = a.held_against(a.hand)
    return say(
        zh=f"对。手打“{a.name(a.fact_tag)}”、能核对的 {n['found']:,} 位里，{precision:.0%} 是对的（大约 {low:.0%} 到 {high:.0%}）；该有的 {n['reference']:,} 位，只打到 {recall:.0%}。手打的能参考，当名单用，漏得太多。",
        en=f"Right. Of {n['found']:,} customers typed '{a.name(a.fact_tag)}' that can be checked, {precision:.0%} are right (somewhere between {low:.0%} and {high:.0%}); of the {n['reference']:,} who should have it, {recall:.0%} do. A typed tag is a hint; as a list it misses too many.",
    )


Q5 = slips_question(
    "12.5",
    "quality",
    lambda: say(
        zh="四个集合就够：手打这个标签的人、规则在这一组里说得上来的人、规则说有这个标签的人。found = 手打的 ∩ 说得上来的；both = 手打的 ∩ 规则说有的。experiment.rate(both, found) 给查准率和区间，查全率 = both ÷ 规则说有的。",
        en="Three sets will do: those typed with the tag, those for whom the rule gives any tag of the group, those with the tag by rule. found = typed and given one; both = typed and tagged by rule. experiment.rate(both, found) gives precision and interval; recall = both over those tagged by rule.",
    ),
    read=lambda value, a: need_numbers(
        value, "quality", say(zh="查准率|下限|上限|查全率", en="precision|low|high|recall").split("|")
    ),
    truth=lambda a: a.quality,
    slips=_quality_slips,
    praise=_quality_praise,
    off=_quality_off,
    odd=lambda a: {"one number": a.quality[0], "elsewhere": (0.011, 0.001, 0.021, 0.99)},
    # any sound method of the interval will do
    stages=(([0, 3], 1e-6, 5e-4), ([1, 2], 1e-2, 1e-2)),
)


# 12.6


def _cut_slips(a: Answers):
    precision, recall = a.tagged_at()
    held = a.scores[a.scores["held_out"]]
    picked = held["score"] >= CUT
    return {
        "on training rows": Slip(
            a.tagged_at(rows="train"),
            "您在训练用的客户上量，模型见过他们的答案。只用 held_out 是 True 的。",
            "You measured on training customers, whose answers the model has seen. Use only those with held_out True.",
        ),
        "on all rows": Slip(
            a.tagged_at(rows="all"),
            "全部客户都用了，里面七成是训练用的。只用 held_out 是 True 的。",
            "All customers are in it, seven in ten of them used for training. Keep held_out True.",
        ),
        "the usual cut": Slip(
            a.tagged_at(0.5),
            f"线放在了 0.5。题目是 {CUT}。",
            f"The cut is at 0.5. The question says {CUT}.",
        ),
        "below the cut": Slip(
            a.tagged_at(above=False),
            "方向反了：分数 >= 这条线的才打标签。",
            "The wrong way round: those with a score >= the cut get the tag.",
        ),
        "swapped": Slip(
            (recall, precision),
            "两个数的次序反了：先查准率，后查全率。",
            "The two stand in the wrong order: precision first.",
        ),
        "accuracy": Slip(
            ((picked == held["bought"]).mean(), recall),
            "第一个数是准确率，没打上又没来的也算对了。查准率只看打上的。",
            "The first number is accuracy, where those not tagged who did not come count as right. Precision looks at those tagged.",
        ),
        "how many are tagged": Slip(
            (precision, picked.mean()),
            "第二个数是打上标签的比例。查全率 = 打上又来了的 ÷ 来了的。",
            "The second number is the share tagged. Recall = tagged and came, over all who came.",
        ),
        "per cent": Slip(
            (100 * precision, 100 * recall),
            "两个数都写成了百分数。",
            "Both numbers are in per cent; write them as shares.",
        ),
    }


def _cut_praise(a: Answers) -> Said:
    precision, recall = a.tagged_at()
    seen = a.tagged_at(rows="train")[0]
    lower, higher = a.tagged_at(CUT - 0.2), a.tagged_at(CUT + 0.2)
    steps = [a.tagged_at(cut)[0] for cut in np.arange(CUT - 0.2, CUT + 0.25, 0.05)]
    memory = (
        say(zh="比没见过的好看，那是记性", en="which flatters: it measures memory")
        if seen > precision
        else say(zh="这一次没有更好看，那是碰巧", en="which here is no better, by chance")
    )
    trade = (
        say(
            zh="线越高，打上的越准，漏掉的也越多",
            en="the higher the cut, the more of those tagged are right, and the more are missed",
        )
        if steps == sorted(steps)
        else say(
            zh="线越高，漏掉的越多；打上的大体更准，只是会跳",
            en="the higher the cut, the more are missed; those tagged are by and large more often right, with jumps",
        )
    )
    return say(
        zh=f"对。线在 {CUT}：打上的 {precision:.1%} 真的买了，买了的打到 {recall:.1%}。放低到 {CUT - 0.2:.1f}，{lower[0]:.0%} 和 {lower[1]:.0%}；抬高到 {CUT + 0.2:.1f}，{higher[0]:.0%} 和 {higher[1]:.0%}：{trade}。训练用的客户上量是 {seen:.1%}，{memory}；算数的只有没见过的客户。",
        en=f"Right. At {CUT}: {precision:.1%} of those tagged bought, and {recall:.1%} of those who bought were tagged. At {CUT - 0.2:.1f} it is {lower[0]:.0%} and {lower[1]:.0%}, at {CUT + 0.2:.1f} {higher[0]:.0%} and {higher[1]:.0%}: {trade}. On training customers one would have read {seen:.1%}, {memory}; only customers the model never saw count.",
    )


Q6 = slips_question(
    "12.6",
    "at_cut",
    lambda: say(
        zh="先留下 held_out 是 True 的。打上的 = score >= 0.6。查准率：打上的人里 bought 的平均；查全率：bought 的人里打上的平均。",
        en="Keep held_out True first. Tagged = score >= 0.6. Precision: the mean of bought among those tagged; recall: the mean of tagged among those who bought.",
    ),
    read=lambda value, a: need_numbers(value, "at_cut", say(zh="查准率|查全率", en="precision|recall").split("|")),
    truth=lambda a: a.tagged_at(),
    slips=_cut_slips,
    praise=_cut_praise,
    off=lambda found, truth, a: (
        _recall_off(found, truth, int((a.scores["held_out"] & a.scores["bought"]).sum()))
        or Wrong(
            zh=f"不对。先核对人数：没见过的客户有 {int(a.scores['held_out'].sum()):,} 位，其中 {int((a.scores['held_out'] & (a.scores['score'] >= CUT)).sum()):,} 位打上。",
            en=f"Not yet. Check the numbers: {int(a.scores['held_out'].sum()):,} customers are held out, and {int((a.scores['held_out'] & (a.scores['score'] >= CUT)).sum()):,} of them get the tag.",
        )
    ),
    odd=lambda a: {"one number": 0.5, "elsewhere": (0.0123, 0.0456)},
)


# 12.7


def _read_marks(value, a: Answers) -> np.ndarray:
    table = need_table(value, "marks", ["tag", "customers"], "tag")
    unknown = sorted(set(table["tag"].astype("str")) - set(a.draft_tags))
    if unknown:
        raise Wrong(
            zh=f"marks 里有草稿没有的标签：{', '.join(unknown[:5])}。tag 用草稿里的 tag 列。",
            en=f"marks holds tags that are not in the draft: {', '.join(unknown[:5])}. Use the column tag of the draft.",
        )
    counts = pd.Series(need_figures(table, "marks", "customers"), index=table["tag"].astype("str"))
    return counts.reindex(a.draft_tags).fillna(0).to_numpy(dtype=float)


def _marks_slips(a: Answers):
    slips = {
        "too long": Slip(
            a.marks(limit=100),
            f"有一个标签的名字超过 {NAME} 个字，企业微信建不了，先放一边。",
            f"One tag has a name of more than {NAME} characters; WeCom cannot create it. Leave it out for now.",
        ),
        "one character short": Slip(
            a.marks(limit=NAME - 1),
            f"正好 {NAME} 个字的名字可以建：是 <= {NAME}，不是 < {NAME}。",
            f"A name of exactly {NAME} characters may be created: <= {NAME}, not < {NAME}.",
        ),
        "consents exchanged": Slip(
            a.marks(consent="exchanged"),
            "两种同意对调了：use 是 service 的看 serve_wecom，别的看 may_wecom。",
            "The two consents are exchanged: serve_wecom where use is service, may_wecom elsewhere.",
        ),
        "the first of two": Slip(
            a.marks(twice="first"),
            "同一组里重名的，您留了第一个。是哪一个写错了，现在不知道：两个都先不带。duplicated(..., keep=False)。",
            "Of two tags with the same name in a group you kept the first. Nobody knows yet which is misnamed: leave both out. duplicated(..., keep=False).",
        ),
        "the last of two": Slip(
            a.marks(twice="last"),
            "同一组里重名的，您留了最后一个。是哪一个写错了，现在不知道：两个都先不带，keep=False。",
            "Of two tags with the same name in a group you kept the last. Nobody knows yet which is misnamed: leave both out, keep=False.",
        ),
        "both of two": Slip(
            a.marks(twice="both"),
            "同一组里有两个标签重名，企业微信不收。",
            "Two tags of one group have the same name, which WeCom does not accept.",
        ),
        "internal": Slip(
            a.marks(internal=True),
            "use 是 internal 的只在内部用，不进企业微信。",
            "Tags with use equal to internal stay at home and do not go to WeCom.",
        ),
        "no consent": Slip(
            a.marks(consent="none"),
            "没看营销同意。是好友，不等于同意收营销：use 不是 service 的，要 may_wecom。",
            "Consent to marketing was not looked at. A contact has not agreed to it by being one: where use is not service, may_wecom is needed.",
        ),
        "marketing for all": Slip(
            a.marks(consent="may_wecom"),
            "服务类的标签不用营销同意，看 serve_wecom 就行。",
            "Service tags do not need consent to marketing; serve_wecom is enough.",
        ),
        "no contact": Slip(
            a.marks(contact=False),
            "有的人已经不是企业微信好友了，标不上：wecom_contact 应当是 True。",
            "Some are WeCom contacts no longer and cannot be marked: wecom_contact must be True.",
        ),
        "nothing checked": Slip(
            a.today["tag"].value_counts().rename_axis("tag").rename("customers").reset_index(),
            "这是打上标签的全部人，一条规则也没用上。",
            "This is everybody who has the tag; no rule has been applied.",
        ),
    }
    if a.formula:
        slips["young babies"] = Slip(
            a.marks(baby=False),
            "价格类的标签带上了宝宝不满 12 个月、或月龄不详的家庭。",
            "A price tag is on families whose baby is under 12 months or of unknown age.",
        )
    return slips


def _marks_praise(a: Answers) -> Said:
    n, before = int(a.marks()["customers"].sum()), len(a.today)
    kept = a.marks()["tag"].nunique()
    return say(
        zh=f"对。草稿 {len(a.draft_tags)} 个标签，能用 {kept} 个；{before:,} 次标记里，能标的 {n:,} 次。名字要改的，改好再补；只在内部用的、不是好友的、没同意的，本来就不能标。",
        en=f"Right. Of the draft's {len(a.draft_tags)} tags {kept} can go; of {before:,} marks {n:,} may be made. Mend the names, and those tags can follow. The rest is no loss: internal tags stay at home, and whoever is no contact or has not agreed may not be marked.",
    )


def _marks_off(found, truth, a: Answers) -> Wrong:
    extra = [tag for tag, x, y in zip(a.draft_tags, found, truth, strict=True) if not abs(x - y) <= 0.5]
    return Wrong(
        zh=f"人数不对的标签：{', '.join(extra)}。一条一条核对：名字、用途、好友、同意。",
        en=f"Numbers are off for: {', '.join(extra)}. Check one rule after another: name, use, contact, consent.",
    )


Q7 = slips_question(
    "12.7",
    "marks",
    lambda: say(
        zh='先筛草稿：tag_name 的字数不超过 15；同组不重名（duplicated(["group", "tag_name"], keep=False)）；use 不是 internal。再把 today 和它合并、和 people 合并：好友，并且 use 是 service 的看 serve_wecom，别的看 may_wecom。最后按 tag 数。',
        en='Filter the draft first: tag_name of at most 15 characters, no name twice in a group (duplicated(["group", "tag_name"], keep=False)), use not internal. Merge today with it and with people: contacts only, and serve_wecom where use is service, may_wecom elsewhere. Count by tag.',
    ),
    read=_read_marks,
    truth=lambda a: a.marks(),
    slips=_marks_slips,
    praise=_marks_praise,
    off=_marks_off,
    odd=lambda a: {"a tag short": a.marks().iloc[:-1], "another tag": a.marks().assign(tag=a.marks()["tag"] + "_x")},
    stages=((slice(None), 1e-9, 1e-9),),
)

QUESTIONS = (Q1, Q2, Q3, Q4, Q5, Q6, Q7)


def memo_fields() -> dict:
    """Prompts of the decision memo, by field name."""
    return {
        "rule": say(
            zh="“常客”写成哪一句规则；拿它做什么；谁负责", en="The rule for 'regular', what it is for, and who owns it"
        ),
        "manual": say(
            zh="手打的标签：哪些听规则，哪些留着，有效期多久",
            en="Typed tags: where the rule decides, which stay, and for how long",
        ),
        "old": say(
            zh="过期的、打架的，谁在哪天摘掉", en="Tags out of date or in contradiction: who takes them off, and when"
        ),
        "model": say(
            zh="模型的线划在哪里；在哪批人上量的；量到多少",
            en="Where the model's cut lies, on whom it was measured, and the result",
        ),
        "wecom": say(
            zh="进企业微信的标签；没同意的人怎么办",
            en="Tags that go to WeCom, and what happens about those who have not agreed",
        ),
        "never": say(zh="哪些标签绝不用来定价", en="Which tags never set a price"),
    }


def memo_title():
    """Title of the memo's page."""
    return say(zh="标签怎么用：决策备忘录", en="How we use tags: a decision memo")
