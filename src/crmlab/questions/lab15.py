"""Lab 15, winning customers back: three decisions and seven questions, on any company."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import experiment
from crmlab.feedback import (
    Decision,
    Slip,
    Wrong,
    away,
    need_figures,
    need_number,
    need_numbers,
    need_same_keys,
    need_table,
    slips_question,
)
from crmlab.language import Said, say, t
from crmlab.questions.answers15 import POINTS, RULES, WRONG, Answers, ways
from crmlab.tables import points, yuan

SEEN = 5  # points in the reply to 15.A3: not those of 15.3

__all__ = ["DECISIONS", "QUESTIONS", "Answers", "memo_fields", "memo_title"]


def _money(gain) -> str:
    """A gain with its interval."""
    return say(
        zh=f"{yuan(gain.value, 1)}（{yuan(gain.low, 1)} 到 {yuan(gain.high, 1)}）",
        en=f"{yuan(gain.value, 1)} ({yuan(gain.low, 1)} to {yuan(gain.high, 1)})",
    )


# Part A


def _a1_right(a: Answers) -> str:
    table = a.verdicts
    fair = table[table["wrong"] <= WRONG]
    return str(fair["missed"].idxmin() if len(fair) else table["wrong"].idxmin())


def _a1_options():
    return {
        "a": say(zh="90 天没买", en="no order for 90 days"),
        "b": say(zh="没来的天数，超过自己平常间隔的两倍", en="away for more than twice her own usual gap"),
        "c": say(zh="30 天没买", en="no order for 30 days"),
        "d": say(zh="这个月还没买过", en="no order yet this calendar month"),
    }


def _a1_why(a: Answers):
    table, right, options = a.verdicts, _a1_right(a), _a1_options()
    best, reasons = table.loc[right], {}
    for letter, row in table.iterrows():
        seen = say(
            zh=f"叫到 {row['gone'] + row['back']:,} 位，其中 {row['wrong']:.1%} 后来又买了；漏掉 {row['missed']:,} 位。",
            en=f"It names {row['gone'] + row['back']:,}, of whom {row['wrong']:.1%} bought again, and misses {row['missed']:,}. ",
        )
        more = row["missed"] - best["missed"]
        if letter == right:
            end = say(zh="守住了一成，漏得又最少。", en="It keeps within one in ten and misses fewest.")
        elif row["wrong"] > WRONG:
            end = say(
                zh="冤枉的超过一成：这些人后来又买了，试用装多半白寄。",
                en="More than one in ten are named wrongly: they bought again, and their samples may well be wasted.",
            )
        else:
            end = say(
                zh=f"比“{options[right]}”多漏 {more:,} 位，他们走了您还不知道。",
                en=f"That is {more:,} more missed than with '{options[right]}': they have gone, and you do not know.",
            )
            if letter == "b" and more < 0.1 * best["missed"]:
                end += say(
                    zh="不过只差一点。打平时，用说得出口的那条。",
                    en=" The two are close, though. Where two tie, take the one you can say aloud.",
                )
        if letter == "d":
            late, everybody = a.month_jump
            first = a.then.replace(day=1)
            before = first - pd.Timedelta(days=1)
            end += say(
                zh=f"它还看日子：{before:%Y-%m-%d} 判，叫 {late:,} 位；{first:%Y-%m-%d} 一早判，买过的 {everybody:,} 位全叫上。",
                en=f" It also depends on the date: judged on {before:%Y-%m-%d} it names {late:,}; first thing on {first:%Y-%m-%d}, everybody who ever bought, {everybody:,}.",
            )
        reasons[letter] = Said(seen + end)
    return reasons


A1 = Decision(
    "15.A1",
    lambda a: say(
        zh="要寄试用装，先得认出谁流失了。用哪条规则？要求：叫到的人里，后来又买的不超过一成；守住这一条，再看谁漏得少。",
        en="Samples are to go to those who have lapsed. Which rule finds them? Of those it names, at most one in ten may turn out to buy again; within that, miss as few as possible.",
    ),
    lambda a: _a1_options(),
    _a1_right,
    _a1_why,
)


def _a2_why(a: Answers):
    table, best, held = a.settled, a.best_way, a.people[a.arm("holdout")]
    own = held.loc[a.biggest[held.index], "returned"].mean()
    lift = a.apart(a.arm("coupon") & a.used, a.arm("holdout") & a.used).value
    open_yet = a.past_gain["b"].low <= 0
    bet_zh = "只是以往的区间还碰着零，这是一次押注，所以才先寄这一小群。" if open_yet else ""
    bet_en = (
        "The interval of the past waves still touches zero, so this is a bet, and a small one. " if open_yet else ""
    )
    lesson = {
        "a": say(
            zh=f"钱够，不等于该花：什么都不寄，也有 {a.base:.0%} 的人回来，试用装和券也寄给了他们。",
            en=f"That the money is there is no reason to spend it: {a.base:.0%} come back with nothing sent, and they would get the parcel too.",
        ),
        "b": say(
            zh=f"以往这些人寄了比不寄多回来 {points(lift)} 个百分点。规则看得懂，也说得出口。{bet_zh}剩下的钱退给老板，不丢人；下一批照样留空白组。",
            en=f"With a parcel, {points(lift)} points more of them came back than without. The rule is plain and can be said aloud. {bet_en}It is no shame to hand the rest of the money back; hold some out next time too.",
        ),
        "c": say(
            zh=f"花得多，不等于请得动：空白组里这样的人有 {own:.0%} 自己回来了。价值高和值得寄，是两回事。",
            en=f"A big spender is not one whom you can move: of such people in the hold-out {own:.0%} came back by themselves. Valuable and worth writing to are two things.",
        ),
        "d": say(
            zh=f"随机一半，平均下来每位的结果和全发一样，这一次多些少些是手气。要留空白组，先选对人，再随机。这样的比较，看满 90 天的已经有 {a.people['campaign_id'].nunique()} 批。",
            en=f"On average a random half does as well per head as everybody; this one draw is luck. A hold-out is right, but choose the group first. Of such waves {a.people['campaign_id'].nunique()} have run their 90 days already.",
        ),
    }
    reasons = {}
    for letter, row in table.iterrows():
        past, gap = _money(a.past_gain[letter]), table.at[best, "profit"] - row["profit"]
        did = say(zh="会赚", en="would have earned") if row["profit"] > 0 else say(zh="会亏", en="would have lost")
        rank = (
            say(zh="四种里最好。", en="the best of the four. ")
            if letter == best
            else say(zh=f"比最好的少 ¥{gap:,.0f}。", en=f"¥{gap:,.0f} less than the best. ")
        )
        reasons[letter] = Said(
            say(
                zh=f"以往各批里，这样的人每寄一位，与空白组一比，损益是 {past}。答案揭开：这次寄 {row['customers']:,} 位，花 ¥{row['outlay']:,.0f}，本来{did} ¥{abs(row['profit']):,.0f}，{rank}",
                en=f"In the waves so far, the gain over the hold-out was {past} for each such person written to. The envelope: {row['customers']:,} parcels for ¥{row['outlay']:,.0f} {did} ¥{abs(row['profit']):,.0f}, {rank}",
            )
            + lesson[letter]
        )
    return reasons


A2 = Decision(
    "15.A2",
    lambda a: say(
        zh=f"名单上有 {len(a.listed):,} 位能联系的沉睡客户，一份试用装加消息 ¥{a.unit:.2f}。预算 ¥{a.budget:,}，够寄给每一位；花不完的退回。寄给谁？",
        en=f"The list holds {len(a.listed):,} dormant customers who may be contacted; a sample with its message costs ¥{a.unit:.2f}. The budget of ¥{a.budget:,} is enough for all; what you do not spend goes back. Who gets the sample and the coupon?",
    ),
    lambda a: ways(),
    lambda a: a.best_way,
    _a2_why,
)


def _a3_right(a: Answers) -> str:
    lift = a.pilot["lift"]
    return "a" if lift.low > 0 else "b" if lift.high < 0 else "c"


def _a3_why(a: Answers):
    (_, n, _, n0), lift, gain = a.pilot["counts"], a.pilot["lift"], a.pilot["gain"]
    low, high = points(lift.low, "+"), points(lift.high, "+")
    need, least = experiment.sample_size(a.base, SEEN / 100), experiment.smallest_effect(n, n0, a.base)
    looks, ever, last = a.peeking
    told = _a3_right(a)
    edge = say(
        zh=f"多回来 {low} 到 {high} 个百分点、人均多赚 {yuan(gain.low)} 到 {yuan(gain.high)}，都说得通。",
        en=f"Anything from {low} to {high} points more returns is possible, and from {yuan(gain.low)} to {yuan(gain.high)} a head. ",
    )
    end = {
        "a": say(
            zh="可能赚，也可能越打越走。照这个推广，是在赌。",
            en="It may pay; it may drive people off. To roll it out on this is a gamble.",
        ),
        "b": say(
            zh=f"区间上头还有 {high} 个百分点：停掉的，也许是个好办法。看不出来，不等于没用。",
            en=f"At the upper end stand {high} points: you may be stopping something good. Not seen is not the same as not there.",
        ),
    }
    if told in end:
        end[told] = say(zh="区间不含零，看得出来了。", en="The interval is clear of zero, so this can be told.")
    visible = say(zh="", en="")
    if least == least:
        visible = say(
            zh=f"一组 {n} 位、一组 {n0} 位，要多回来 {points(least)} 个百分点以上才多半看得出。",
            en=f"With {n} and {n0} people one would often miss anything smaller than {points(least)} points. ",
        )
    return {
        "a": Said(edge + end["a"]),
        "b": Said(edge + end["b"]),
        "c": Said(
            visible
            + say(
                zh=f"想看出多回来 {SEEN} 个百分点，每组要 {need:,} 位。先把人数定死，几批攒够了再算一次，中途不下结论。",
                en=f"To see {SEEN} points more, each group needs {need:,}. Fix the number first, add up several waves, and work it out once, with no verdict on the way.",
            )
            + (
                ""
                if told == "c"
                else say(zh="不过这一次区间已经离开零。", en=" This time, though, the interval is clear of zero.")
            )
        ),
        "d": say(
            zh=f"拿空白组试过：随机分成两半，两边什么都没给，不可能有差别。边攒边看 {looks} 次，{ever:.0%} 的时候至少有一次“显著”；只在最后看一次，是 {last:.0%}。明明没有差别，看的次数一多，也常等得来“显著”。",
            en=f"Tried on the hold-out: split it at random into two halves, neither of which got anything, so nothing can differ. Look {looks} times as people come in, and {ever:.0%} of the time at least one look is 'significant'; look once, at the end, and it is {last:.0%}. Wait for significance, and luck will often supply it.",
        ),
    }


def _a3_prompt(a: Answers):
    (k, n, k0, n0), lift = a.pilot["counts"], a.pilot["lift"]
    boss = (
        say(zh="有用，推广吧", en="It works, roll it out")
        if lift.value > 0
        else say(zh="没用，停掉吧", en="It does not work, stop it")
    )
    return say(
        zh=f"视频回访试点：打了 {n} 位，回来 {k} 位；没打的 {n0} 位，回来 {k0} 位。相差 {points(lift.value, '+')} 个百分点。同事说：“{boss}。”您怎么办？",
        en=f'A pilot of video calls: {n} were called and {k} came back; {n0} were not, and {k0} came back. A gap of {points(lift.value, "+")} points. A colleague says: "{boss}." What do you do?',
    )


A3 = Decision(
    "15.A3",
    _a3_prompt,
    lambda a: {
        "a": say(zh="推广：所有流失客户都打", en="roll it out to all who have lapsed"),
        "b": say(zh="停掉", en="stop it"),
        "c": say(
            zh="人太少，还下不了结论：先定好要多少人，照样抽签，攒够了再看",
            en="too small to tell: fix how many people it takes, go on drawing lots, and look when they are there",
        ),
        "d": say(
            zh="接着打，每周看一次，什么时候显著就停", en="go on, look every week, and stop once it is significant"
        ),
    },
    _a3_right,
    _a3_why,
)

DECISIONS = (A1, A2, A3)


# Part B. A slip is written once: the check recognises it, the tests make it.


# 15.1


def _read_rhythm(value, a: Answers) -> np.ndarray:
    table = need_table(value, "rhythm", ["customer_id", "gap", "gone"])
    keys = set(table["customer_id"])
    if keys != set(a.rhythm["customer_id"]):
        if keys in (set(a.uncounted["customer_id"]), set(a.regulars(a.orders)["customer_id"])):
            raise Wrong(
                zh="没付款、全额退款的单也算进来了。先用 counted_orders 挑出算数的订单。",
                en="Orders never paid or fully refunded are in it. Take counted_orders first.",
            )
        if keys == set(a.regulars(least=2)["customer_id"]):
            raise Wrong(
                zh="只买过两单的也在里面：只有一个间隔，说不上“平常”。要三单及以上。",
                en="Customers with two orders are in it: one gap is no habit. Take three orders or more.",
            )
        need_same_keys(table, a.rhythm, "rhythm")
    if pd.api.types.is_timedelta64_dtype(table["gap"]):
        raise Wrong(zh="gap 应当是天数，不是时间差。", en="gap should be a number of days, not a time span.")
    if not table["gone"].isin([True, False]).all():  # 1 and 0 as well
        raise Wrong(zh="gone 应当是 True 或 False。", en="gone should be True or False.")
    return need_figures(table.assign(gone=table["gone"].astype(bool)), "rhythm", "gap", "gone")


def _rhythm_slips(a: Answers):
    good = a.rhythm
    mean = good["gap"].mean()
    return {
        "a fixed window": Slip(
            good.assign(gone=good["recency"] > 90),
            "gone 用了固定 90 天。这一题每人用自己的线：2 × gap。",
            "gone uses 90 days for all. Here each customer has her own line: 2 × gap.",
        ),
        "one gap for all": Slip(
            good.assign(gap=mean, gone=good["recency"] > 2 * mean),
            "gap 人人一样：您算了全体的平均。要按 customer_id 分开算。",
            "gap is the same for everybody: the mean of all. Work it out by customer_id.",
        ),
        "orders, not gaps": Slip(
            a.regulars(less=0),
            "除以了单数。三单之间只有两个间隔：除以单数减 1。",
            "You divided by orders. Three orders have two gaps between them: divide by orders minus 1.",
        ),
        "hours": Slip(
            a.regulars(span="hours"),
            "间隔带了钟点。先 .dt.normalize()，按天算。",
            "The gaps hold hours. Use .dt.normalize() first and count days.",
        ),
        "hours in both": Slip(
            a.regulars(span="hours", away="hours"),
            "gap 和没来的天数都带了钟点。日期先 .dt.normalize()，再相减。",
            "Both gap and the days away hold hours. Use .dt.normalize() on the dates before you subtract.",
        ),
        "hours cut off": Slip(
            a.regulars(span="floor", away="floor"),
            "带着钟点相减再取 .dt.days，会少算一天。先 .dt.normalize()，再相减。",
            "Subtract times and take .dt.days, and a day goes missing. Use .dt.normalize() first, then subtract.",
        ),
        "hours in the days away": Slip(
            a.regulars(away="floor"),
            "gap 对了，gone 不对：没来的天数带着钟点，少算了一天。最后一天也要 .dt.normalize()。",
            "gap is right, gone is not: the days away hold hours, and a day goes missing. Use .dt.normalize() on the last day too.",
        ),
        "once the gap": Slip(
            a.regulars(times=1),
            "线画在一倍间隔上：正常的来往，差不多一半会过线。题目要两倍。",
            "You drew the line at one gap, which about half of all normal visits pass. The question says twice.",
        ),
        "turned round": Slip(
            good.assign(gone=~good["gone"]),
            "gone 反了：没来的天数大于 2 × gap 才是 True。",
            "gone is the wrong way round: True where the days away are more than 2 × gap.",
        ),
        "repeated and refunded orders": Slip(
            a.uncounted[a.uncounted["customer_id"].isin(good["customer_id"])],
            "人对了，可 gap 是按所有订单算的，没付款和全额退款的也在内。",
            "The people are right, but gap comes from all orders, those unpaid or refunded as well.",
        ),
    }


def _rhythm_off(found, truth, a: Answers) -> Wrong:
    half = len(truth) // 2
    gaps, verdicts = (int((~(np.abs(found - truth) < 1e-6))[part].sum()) for part in (slice(half), slice(half, None)))
    if not gaps:
        return Wrong(
            zh=f"gap 全对，gone 有 {verdicts:,} 位不对：as_of 减最后一天，大于（不是大于等于）2 × gap 才是 True。",
            en=f"gap is right; gone is wrong for {verdicts:,}: True where as_of minus the last day is more than (not equal to) 2 × gap.",
        )
    return Wrong(
        zh=f"gap 有 {gaps:,} 位不对，gone 有 {verdicts:,} 位不对。先核对一位：最后一天减第一天，除以单数减 1。",
        en=f"gap is wrong for {gaps:,}, gone for {verdicts:,}. Check one customer first: last day minus first day, divided by orders minus 1.",
    )


def _rhythm_praise(a: Answers) -> Said:
    table = a.rhythm
    both = table["gone"] & (table["recency"] <= 90)
    return say(
        zh=f"对。{len(table):,} 位里有 {table['gone'].sum():,} 位过了自己的线，其中 {both.sum():,} 位还没到 90 天，固定 90 天的规则现在还看不见他们。",
        en=f"Right. Of {len(table):,} customers {table['gone'].sum():,} are past their own line; {both.sum():,} of them are not yet past 90 days, and a fixed rule does not see them.",
    )


# 15.2


def _read_account(value, a: Answers) -> np.ndarray:
    table = need_table(value, "account", ["rule", "removed"], "rule").set_index("rule")
    if set(table.index) != set(RULES):
        raise Wrong(
            zh=f"rule 应当是 {', '.join(RULES)}；现在是 {', '.join(map(str, table.index)) or '空的'}。",
            en=f"rule should be {', '.join(RULES)}; it is {', '.join(map(str, table.index)) or 'empty'}.",
        )
    return need_figures(table.loc[list(RULES)], "account", "removed")


def _account_slips(a: Answers):
    masks, count = a.barred(), a.one_by_one
    none = pd.Series(False, a.asleep.index)
    alone = pd.DataFrame({"rule": list(masks), "removed": [int(mask.sum()) for mask in masks.values()]})
    swapped = count({rule: masks[rule] for rule in ("opted_out", "too_often", "withdrawn", "no_consent")})
    late = count(a.barred(at=pd.Timestamp("2100-01-01")) | {"too_often": masks["too_often"]})
    anywhere = ("sms", "push", "wecom", "phone")
    found = {
        "unknown kept": Slip(
            count(masks | {"no_consent": none}),
            "没有同意记录的都留下了。不知道，就当没同意。",
            "Those without a consent on record are still there. Unknown counts as no.",
        ),
        "withdrawn kept": Slip(
            count(masks | {"withdrawn": none}),
            "同意过又撤回的还在名单上：看 withdrawn_at。",
            "Those who took their consent back are still on the list: look at withdrawn_at.",
        ),
        "another channel": Slip(
            count(a.barred(channel=anywhere)),
            "别的渠道的同意也算了。发短信，要有短信的同意：channel 是 sms。",
            "Consents for other channels are counted. A text needs a consent for texts: channel is sms.",
        ),
        "another purpose": Slip(
            count(a.barred(purpose=("marketing", "service"))),
            "服务的同意也算了。同意收取餐通知，不等于同意收广告：purpose 是 marketing。",
            "Consents for service are counted. To agree to order notices is not to agree to advertising: purpose is marketing.",
        ),
        "opted out in this channel only": Slip(
            count(a.barred(opted="sms")),
            "只看了短信里的退订。在哪个渠道说别再发，都算。",
            "You looked at opt-outs from texts alone. Wherever somebody said stop, it counts.",
        ),
        "each rule alone": Slip(
            alone,
            "每条规则是单独数的，一个人数了几遍。要一条接一条：前面请走的，后面不再数。",
            "Each rule is counted by itself, some people several times. Go one rule after the other: whoever is gone is not counted again.",
        ),
        "added up": Slip(
            a.account.assign(removed=a.account["removed"].cumsum()),
            "removed 是一条一条加起来的数。每一行只写这一条请走的。",
            "removed is added up from the top. Each row holds what this rule alone takes off.",
        ),
        "those left": Slip(
            a.account.assign(removed=len(a.asleep) - a.account["removed"].cumsum()),
            "removed 写成了还剩几位。要的是这一条请走的。",
            "removed holds how many are left. It should be how many this rule takes off.",
        ),
        "another order": Slip(
            swapped,
            "规则的先后换了，各条的人数就变了（剩下的人一样）。按题目的顺序。",
            "The rules stand in another order, so the counts differ (those left are the same). Keep the order of the question.",
        ),
        "not in a week": Slip(
            count(a.barred(days=10_000)),
            "一周上限数了所有日子的消息，只看 send_at 之前 7 天的。",
            "The weekly limit counts messages of all time; take the 7 days before send_at.",
        ),
        "after the sending, everywhere": Slip(
            count(a.barred(later=True)),
            "四条都没看 send_at：那以后发的、退订的、同意的、撤回的都算进来了。",
            "None of the four looks at send_at: what was sent, opted out, agreed or withdrawn after it is in.",
        ),
        "only what arrived": Slip(
            count(a.barred(arrived=True)),
            "只数了送到的消息。发了就算，送没送到都算。",
            "You counted only messages that arrived. Count what was sent, delivered or not.",
        ),
        "more than three": Slip(
            count(a.barred(cap=4)),
            "满 3 条就不能再发：是 >= 3，不是 > 3。",
            "Three messages are the limit: >= 3, not > 3.",
        ),
    }
    if late.equals(a.account):  # nothing happened after send_at that matters
        return found
    return found | {
        "after the sending": Slip(
            late,
            "看到 send_at 以后去了：那时还没退订、没同意、没撤回的，都不能算。",
            "You looked past send_at: what was opted out, agreed or withdrawn after it does not count.",
        )
    }


def _account_off(found, truth, a: Answers) -> Wrong:
    names = ", ".join(rule for rule, one, other in zip(RULES, found, truth, strict=True) if one != other)
    if found.sum() == truth.sum():
        return Wrong(
            zh=f"加起来对，单条不对：{names}。多半是先后换了：按题目的次序一条一条来，前面请走的，后面不再数。",
            en=f"The total is right, these are not: {names}. Most likely the rules were applied in another order: keep that of the question, and do not count again whoever is gone.",
        )
    return Wrong(
        zh=f"这几条的人数不对：{names}。从最上面那条查起，后面的会跟着变。",
        en=f"Wrong counts: {names}. Begin with the uppermost; those below follow from it.",
    )


def _account_praise(a: Answers) -> Said:
    top = a.account.loc[a.account["removed"].idxmax()]
    return say(
        zh=f"对。{len(a.asleep):,} 位里能发的有 {len(a.listed):,} 位。请走最多的是“{t(top['rule'])}”，{top['removed']:,} 位。",
        en=f"Right. Of {len(a.asleep):,} you may write to {len(a.listed):,}. '{t(top['rule'])}' takes off most: {top['removed']:,}.",
    )


# 15.3


def _size(p: float, q: float, z: float = 2.8016, arms: int = 2) -> int:
    """Customers a group (normal approximation, arcsine scale)."""
    return int(np.ceil(arms * (z / (2 * np.arcsin(np.sqrt(q)) - 2 * np.arcsin(np.sqrt(p)))) ** 2))


def _needed_slips(a: Answers):
    p, good = a.base, _size(a.base, a.base + POINTS / 100)
    return {
        "the second share for the lift": Slip(
            _size(p, min(2 * p + POINTS / 100, 0.99)),
            f"sample_size 的第二个数是多出来的部分：写 {POINTS / 100}，不是 base + {POINTS / 100}。",
            f"The second number of sample_size is the rise itself: {POINTS / 100}, not base + {POINTS / 100}.",
        ),
        "both groups": Slip(
            2 * good,
            "这是两组加起来的人数，题目问每组。",
            "This is both groups together; the question is one group.",
        ),
        "relative": Slip(
            _size(p, p * (1 + POINTS / 100)),
            f"您算的是多 {POINTS}%（相对）。题目是多 {POINTS} 个百分点：{p:.1%} 变成 {p + POINTS / 100:.1%}。",
            f"You took a relative rise of {POINTS}%. The question is {POINTS} points more: {p:.1%} becomes {p + POINTS / 100:.1%}.",
        ),
        "one-sided": Slip(
            _size(p, p + POINTS / 100, 2.4865),
            "这是单侧检验的人数。活动也可能把人叫走，要双侧。",
            "This is for a one-sided test. A campaign may also drive people off: take two sides.",
        ),
        "no power": Slip(
            _size(p, p + POINTS / 100, 1.96),
            "没把八成把握算进去：这样多的人，有一半的可能看不出来。",
            "The four chances in five are left out: with so many people, you miss the effect half of the time.",
        ),
        "one group known": Slip(
            _size(p, p + POINTS / 100, arms=1),
            "把空白组当成早就知道的数了。空白组也是抽来的，也有误差。",
            "You took the hold-out's rate as known. It is a sample as well, with an error of its own.",
        ),
        "from nothing to the points": Slip(
            _size(p, POINTS / 100) if p > POINTS / 100 else _size(0.5, 0.5 + POINTS / 100),
            f"第二个数应当是 base + {POINTS / 100}，不是 {POINTS / 100} 本身。",
            f"The second share is base + {POINTS / 100}, not {POINTS / 100} itself.",
        ),
    }


def _needed_praise(a: Answers) -> Said:
    need, half = _size(a.base, a.base + POINTS / 100), len(a.listed) // 2
    least = experiment.smallest_effect(half, half, a.base)
    return say(
        zh=f"对：每组 {need:,} 位。A2 的名单对半分，每组只有 {half:,} 位，要多回来 {points(least)} 个百分点以上才多半看得出。所以要把几批攒在一起看。",
        en=f"Right: {need:,} a group. Halve the list of A2 and each group has only {half:,}, enough for {points(least)} points or more. That is why one reads several waves together.",
    )


# 15.4


def _effect_slips(a: Answers):
    value, low, high = a.effect
    coupon, held, service = (a.arm(name) for name in ("coupon", "holdout", "service"))
    back = a.people["returned"]
    one, two = (experiment.rate(back[side].sum(), side.sum()) for side in (coupon, held))
    return {
        "treated only": Slip(
            tuple(one),
            "这是收到券的人回来的比例，没减空白组：有人本来就会回来。",
            "This is the return rate of those written to. Take the hold-out off: some come back anyway.",
        ),
        "turned round": Slip(
            (-value, -high, -low), "减反了：要 coupon 减 holdout。", "The wrong way round: coupon minus holdout."
        ),
        "only those who opened": Slip(
            a.apart(coupon & a.people["opened"], held),
            "只留了打开过消息的人。打开的人本来就更热心，抽签就白抽了：抽到的都要算。",
            "You kept only those who opened the message. They are keener to begin with, which undoes the random draw: count everybody drawn.",
        ),
        "against everybody else": Slip(
            a.apart(coupon, held | service),
            "比的是“其余所有人”，里面还有收到关怀的。空白组只有 holdout。",
            "You compared with everybody else, service included. The hold-out is arm holdout alone.",
        ),
        "all who were contacted": Slip(
            a.apart(coupon | service, held),
            "关怀组也算进来了。这一题只问试用装加券：arm 是 coupon。",
            "The service arm is in it. This question is about sample and coupon only: arm is coupon.",
        ),
        "relative": Slip(
            tuple(part / a.base for part in a.effect),
            "您除以了空白组的比例，那是相对多了几成。题目要两个比例相减。",
            "You divided by the hold-out's share: that is the relative rise. Subtract the two shares.",
        ),
        "the other offer": Slip(
            a.apart(service, held),
            "这是关怀组的结果。题目问试用装加券：arm 是 coupon。",
            "This is the result of the service arm. The question is about sample and coupon: arm is coupon.",
        ),
        "edges of two intervals": Slip(
            (value, one.low - two.high, one.high - two.low),
            "差对了，区间太宽：不能拿两个区间的端点相减。用 experiment.difference。",
            "The difference is right, its interval too wide: the edges of two intervals cannot be subtracted. Use experiment.difference.",
        ),
        "per cent": Slip(
            tuple(100 * x for x in a.effect),
            "三个数都是百分数，请写成小数。",
            "All three are in per cent; write them as shares.",
        ),
    }


def _effect_off(found, truth, a: Answers) -> Wrong:
    if away(found[:1], truth[:1]) <= 5e-3:  # also where it was rounded
        return Wrong(
            zh="差对了，区间不对：按差、下限、上限的次序，95%，两组的误差都要算进去。experiment.difference 给的就是这三个数。",
            en="The difference is right, the interval is not: (difference, low, high) in this order, 95%, with the errors of both groups in it. experiment.difference gives all three.",
        )
    return Wrong(
        zh="不对。先核对两组各有几人、各回来几人。",
        en="Not yet. Check first how many people each arm has and how many returned.",
    )


def _effect_praise(a: Answers) -> Said:
    value, low, high = a.effect
    told = say(
        zh="区间不含零，光靠碰巧很难差这么多。", en="The interval is clear of zero: luck alone would rarely do this."
    )
    if low < 0 < high:
        told = say(zh="跨过零，还下不了结论。", en="That spans zero: too small to tell.")
    return say(
        zh=f"对：多回来 {points(value)} 个百分点，大约在 {points(low)} 到 {points(high)} 之间。{told}寄 100 位，多请回来 {points(value)} 位。赚不赚，下一题看。",
        en=f"Right: {points(value)} points more, somewhere between {points(low)} and {points(high)}. {told} For every 100 parcels {points(value)} more come back. Whether that pays is the next question.",
    )


# 15.5


def _worth_slips(a: Answers):
    p, profit, gain, roi = a.people, a.profit, *a.worth
    heads = profit.groupby(p["arm"]).mean()
    return {
        "revenue": Slip(
            a.worth_of(profit + p["goods"] + p["delivery"]),
            "您用的是实付金额。货本 goods 和配送 delivery 也要减。",
            "You used revenue. Take off goods and delivery as well.",
        ),
        "delivery forgotten": Slip(a.worth_of(profit + p["delivery"]), "漏了配送 delivery。", "Delivery is left out."),
        "goods forgotten": Slip(a.worth_of(profit + p["goods"]), "漏了货本 goods。", "Goods are left out."),
        "no offer": Slip(
            a.worth_of(profit + p["offer"], p["messages"]),
            "漏了试用装的钱：减 offer。",
            "The samples are not paid for: take off offer.",
        ),
        "no messages": Slip(
            a.worth_of(profit + p["messages"], p["offer"]),
            "漏了消息费：减 messages。",
            "The messages are not paid for: take off messages.",
        ),
        "nothing but what was paid": Slip(
            a.worth_of(p["amount"]),
            "只用了实付金额：货本、配送、试用装、消息费都还没减。",
            "This is what was paid and nothing else: goods, delivery, samples and messages are still to come off.",
        ),
        "the other order": Slip(
            (roi, gain), "两个数的次序反了：先 gain，后 roi。", "The two stand in the wrong order: gain first."
        ),
        "no cost of the campaign": Slip(
            (a.worth_of(profit + p["offer"] + p["messages"])[0], roi),
            "活动的钱一分没减：试用装 offer 和消息 messages 都是成本。",
            "The campaign itself is not paid for: offer and messages are costs too.",
        ),
        "only those who opened": Slip(
            a.worth_of(profit.where(p["opened"] | a.arm("holdout"))),
            "只留了打开过消息的人。抽到的都要算。",
            "You kept only those who opened the message. Count everybody drawn.",
        ),
        "coupons twice": Slip(
            a.worth_of(profit - p["coupons"]),
            "券减了两次：amount 已经是用券以后的钱。",
            "Coupons are taken off twice: amount is what was paid after the coupon.",
        ),
        "treated only": Slip(
            (float(heads["coupon"]), float(heads["coupon"] / a.unit)),
            "这是收到券的人的平均利润，没减空白组。",
            "This is the mean profit of those written to; the hold-out has not been taken off.",
        ),
        "turned round": Slip(
            (-gain, -roi), "减反了：要 coupon 减 holdout。", "The wrong way round: coupon minus holdout."
        ),
        "in all": Slip(
            (gain * int(a.arm("coupon").sum()), roi),
            "gain 是总数。题目问人均。",
            "gain is a total. The question is per head.",
        ),
        "ROI before costs": Slip(
            (gain, roi + 1),
            "gain 对了，ROI 的分子没减活动成本。投一元多赚几元：gain ÷ 人均活动成本。",
            "gain is right, but ROI leaves the cost of the campaign in. It is gain divided by the campaign's cost a head.",
        ),
        "ROI of samples alone": Slip(
            (gain, gain / float(p.loc[a.arm("coupon"), "offer"].mean())),
            "gain 对了，ROI 只除了试用装。活动成本是 offer 加 messages。",
            "gain is right, but ROI is per yuan of samples. The campaign's cost is offer plus messages.",
        ),
        "per cent": Slip((gain, 100 * roi), "ROI 请写成小数，不是百分数。", "Write ROI as a number, not in per cent."),
    }


def _worth_off(found, truth, a: Answers) -> Wrong:
    if away(found[:1], truth[:1]) <= 5e-3:  # also where it was rounded
        return Wrong(
            zh="gain 对了，roi 不对：拿 gain 除以 coupon 组人均的 offer + messages。",
            en="gain is right, roi is not: divide gain by the mean of offer + messages in arm coupon.",
        )
    return Wrong(
        zh="不对。先算 coupon 组一位的 profit，一项一项对：amount、goods、delivery、offer、messages。",
        en="Not yet. Work out profit for one person of arm coupon, item by item: amount, goods, delivery, offer, messages.",
    )


def _worth_praise(a: Answers) -> Said:
    gain, roi = a.worth
    return say(
        zh=f"对：每寄一位{'亏' if gain < 0 else '赚'} ¥{abs(gain):.2f}（区间 {yuan(a.gain().low, 1)} 到 {yuan(a.gain().high, 1)}），每投一元{'亏' if roi < 0 else '赚'} ¥{abs(roi):.2f}。多请回来的人，养不养得起这么多份试用装，看的就是这个数。",
        en=f"Right: each person written to {'costs' if gain < 0 else 'brings'} ¥{abs(gain):.2f} (interval {yuan(a.gain().low, 1)} to {yuan(a.gain().high, 1)}), and each yuan spent {'loses' if roi < 0 else 'earns'} ¥{abs(roi):.2f}. That number says whether those who return pay for all the samples.",
    )


# 15.6


def _read_habits(value, a: Answers) -> np.ndarray:
    table = need_table(value, "habits", ["habit", "lift", "gain"], "habit").set_index("habit")
    if set(table.index) != {"used_coupon", "full_price"}:
        raise Wrong(
            zh="habit 应当有两行：used_coupon 和 full_price。",
            en="habit should have two rows: used_coupon and full_price.",
        )
    return need_figures(table.loc[["full_price", "used_coupon"]], "habits", "lift", "gain")


def _habits_slips(a: Answers):
    good = a.habits()
    latest = a.counted.drop_duplicates("customer_id", keep="last").set_index("customer_id")["used_coupon"]
    ever = a.by_person(a.earlier.groupby(["campaign_id", "customer_id"])["used_coupon"].any()).eq(True)
    return {
        "measured afterwards": Slip(
            a.habits(a.people["customer_id"].map(latest).eq(True)),
            "“上一单”看到活动以后去了：用了召回券的人，全算成了爱用券的。只看 starts_on 之前的订单。",
            "The 'last order' is one after the campaign: whoever used the win-back coupon became a coupon user. Take orders before starts_on.",
        ),
        "any coupon ever": Slip(
            a.habits(ever),
            "以前用过一次券就算了。题目看的是最后那一单（groupby 的 .last() 会跳过空值，取最后一行用 .tail(1) 或 drop_duplicates）。",
            "One coupon at any time is enough in yours. The question is about the last order (.last() of a groupby skips missing values; take the last row with .tail(1) or drop_duplicates).",
        ),
        "no hold-out": Slip(
            a.habits(base=None),
            "两个数都没减空白组：先在每一组里分 coupon 和 holdout，再相减。",
            "The hold-out is not taken off: within each group, coupon minus holdout.",
        ),
        "hold-out of everybody": Slip(
            a.habits(base="all"),
            "减的是全体空白组。要减同一组的空白组：两组人本来就不一样。",
            "You took off the hold-out of everybody. Take that of the same group: the two groups differ to begin with.",
        ),
        "service as well": Slip(
            a.habits(treated=("coupon", "service")),
            "关怀组混进来了。只比 coupon 和 holdout。",
            "The service arm is in it. Compare coupon and holdout only.",
        ),
        "turned round": Slip(
            good.assign(lift=-good["lift"], gain=-good["gain"]),
            "减反了：要 coupon 减 holdout。",
            "The wrong way round: coupon minus holdout.",
        ),
        "names swapped": Slip(
            good.assign(habit=good["habit"].to_numpy()[::-1]),
            "两组的名字对调了：coupon_id 不空才是用了券。",
            "The names are swapped: a coupon was used where coupon_id is not missing.",
        ),
        "per cent": Slip(
            good.assign(lift=100 * good["lift"]), "lift 请写成小数。", "Write lift as a share, not in per cent."
        ),
    }


def _habits_praise(a: Answers) -> Said:
    used, full = (a.habits().set_index("habit").loc[one] for one in ("used_coupon", "full_price"))
    return say(
        zh=f"对。用过券的多回来 {points(used['lift'])} 个百分点，人均 {_money(a.gain(a.used))}；没用过的多回来 {points(full['lift'])} 个百分点，人均 {yuan(full['gain'], 1)}。",
        en=f"Right. Coupon users: {points(used['lift'])} points more, {_money(a.gain(a.used))} a head. The others: {points(full['lift'])} points, {yuan(full['gain'], 1)} a head.",
    )


# 15.7


def _read_curve(value, a: Answers) -> np.ndarray:
    table = need_table(value, "curve", ["share", "gain"], "share")
    share = need_figures(table, "curve", "share")
    if (share > 1.5).any():
        raise Wrong(zh="share 请写成小数：0.1 到 1。", en="Write share as a number from 0.1 to 1.")
    if len(share) != 10 or away(share, np.arange(1, 11) / 10) > 1e-6:
        raise Wrong(
            zh="share 应当是 0.1、0.2……1.0 这十行。",
            en="share should be the ten rows 0.1, 0.2 ... 1.0.",
        )
    return need_figures(table, "curve", "gain")


def _curve_slips(a: Answers):
    good, queue = a.curve, a.queue
    return {
        "worst first": Slip(
            a.curve_of(len(queue) + 1 - queue["place"]),
            "队排反了：place 是 1 的人最值得寄，排在最前。",
            "The queue is the wrong way round: place 1 is the most promising.",
        ),
        "per head of those contacted": Slip(
            a.curve_of(scaled=False),
            "没乘 share：这是联系到的人的人均。题目要全队的人均，才能比哪一段最划算。",
            "Not multiplied by share: this is per head of those contacted. The question is per head of the whole queue, so that shares can be compared.",
        ),
        "treated only": Slip(
            a.curve_of(base=None),
            "没减空白组：同一段里，coupon 的平均减 holdout 的平均。",
            "The hold-out is not taken off: within the same front part, mean of coupon minus mean of holdout.",
        ),
        "hold-out of everybody": Slip(
            a.curve_of(base="all"),
            "减的是整队的空白组。要减同一段里的空白组。",
            "You took off the hold-out of the whole queue. Take that of the same front part.",
        ),
        "each tenth alone": Slip(
            a.curve_of(single=True),
            "每一成是单独算的。要从最前面一路加到 share。",
            "Each tenth stands alone. Take everybody from the front up to share.",
        ),
        "turned round": Slip(
            good.assign(gain=-good["gain"]),
            "减反了：要 coupon 减 holdout。",
            "The wrong way round: coupon minus holdout.",
        ),
    }


def _curve_off(found, truth, a: Answers) -> Wrong:
    share = 0.1 * (1 + np.argmin(np.abs(found - truth) <= 1e-6))  # the first that is off
    return Wrong(
        zh=f"从 share = {share:.1f} 起就不对了：place 从小到大，取最前面 round({share:.1f} × len(queue)) 位，两组一起取，各算平均 profit，相减，再乘一次 share。",
        en=f"Wrong from share = {share:.1f} on: take the first round({share:.1f} × len(queue)) places, both arms together, then mean profit of each arm, subtract, and multiply by share once.",
    )


def _curve_praise(a: Answers) -> Said:
    top, last = a.curve.loc[a.curve["gain"].idxmax()], a.curve["gain"].iloc[-1]
    if top["gain"] <= 0:
        return say(
            zh=f"对。整条线都在零以下，全发是 {yuan(last, 1)}：这个模型排的队，谁都不寄最划算。",
            en=f"Right. All of the curve lies below zero ({yuan(last, 1)} for everybody): by this model's queue, contact nobody.",
        )
    return say(
        zh=f"对。寄到 {top['share']:.0%} 最划算，全队人均 {yuan(top['gain'], 2)}；全发是 {yuan(last, 2)}。不过十个点里挑最高的，总会偏好看一点。",
        en=f"Right. {top['share']:.0%} is best: {yuan(top['gain'], 2)} per head of the queue; everybody: {yuan(last, 2)}. Mind that the highest of ten points always flatters a little.",
    )


def _same_off(zh: str, en: str):
    return lambda found, truth, a: Wrong(zh=zh, en=en)


QUESTIONS = (
    slips_question(
        "15.1",
        "rhythm",
        lambda: say(
            zh="bought = counted_orders(orders)。按 customer_id 求 paid_at 的 min、max、size，日期先 .dt.normalize()。gap = (最后一天 − 第一天).dt.days ÷ (单数 − 1)。",
            en="bought = counted_orders(orders). By customer_id take min, max and size of paid_at, with .dt.normalize() on the dates. gap = (last day − first day).dt.days ÷ (orders − 1).",
        ),
        read=_read_rhythm,
        truth=lambda a: a.rhythm,
        slips=_rhythm_slips,
        praise=_rhythm_praise,
        off=_rhythm_off,
        odd=lambda a: {
            "refunded orders": a.uncounted,
            "two orders": a.regulars(least=2),
            "half of the customers": a.rhythm.iloc[::2],
            "gap from nowhere": a.rhythm.assign(gap=5.0),
            "time spans": a.rhythm.assign(gap=pd.to_timedelta(a.rhythm["gap"], unit="D")),
        },
    ),
    slips_question(
        "15.2",
        "account",
        lambda: say(
            zh="给每条规则做一列 True/False：ids.isin(……)。再一条一条往下：gone = mask & stays，数 gone.sum()，然后 stays &= ~gone。",
            en="Make one True/False column per rule with ids.isin(...). Then go down: gone = mask & stays, count gone.sum(), then stays &= ~gone.",
        ),
        read=_read_account,
        truth=lambda a: a.account,
        slips=_account_slips,
        praise=_account_praise,
        off=_account_off,
        odd=lambda a: {
            "a rule short": a.account.head(2),
            "from nowhere": a.account.assign(removed=[3, 1, 4, 1]),
        },
        stages=((slice(None), 1e-9, 1e-9),),
    ),
    slips_question(
        "15.3",
        "needed",
        lambda: say(
            zh="工具 experiment.sample_size(base, lift) 给的就是每组人数。手算：h = 2·arcsin√p₂ − 2·arcsin√p₁，每组 2 × (1.96 + 0.84)² ÷ h²。",
            en="The helper experiment.sample_size(base, lift) gives one group. By hand: h = 2·arcsin√p₂ − 2·arcsin√p₁, and one group is 2 × (1.96 + 0.84)² ÷ h².",
        ),
        read=lambda value, a: np.array([need_number(value, "needed")]),
        truth=lambda a: _size(a.base, a.base + POINTS / 100),
        slips=_needed_slips,
        praise=_needed_praise,
        off=_same_off(
            "人数不对。p₁ 是空白组的 base，p₂ 是 base + 0.04，双侧 5%，八成把握。",
            "Not yet. p₁ is the hold-out's base, p₂ is base + 0.04; two-sided 5%, four chances in five.",
        ),
        odd=lambda a: {"text": "1,400", "from nowhere": 100},
        stages=((slice(None), 0.02, 0.02),),
    ),
    slips_question(
        "15.4",
        "effect",
        lambda: say(
            zh="按 arm 分组，数 returned 的 sum 和 size，四个数交给 experiment.difference，coupon 在前。",
            en="Group by arm, take sum and size of returned, and give the four numbers to experiment.difference, coupon first.",
        ),
        read=lambda value, a: need_numbers(
            value, "effect", say(zh="差|下限|上限", en="difference|low|high").split("|")
        ),
        truth=lambda a: a.effect,
        slips=_effect_slips,
        praise=_effect_praise,
        off=_effect_off,
        odd=lambda a: {
            "one number": a.effect.value,
            "rounded": (a.effect.value + 1e-4, *a.effect[1:]),
            "elsewhere": (0.9, 0.8, 0.95),
        },
        stages=((slice(1), 1e-6, 5e-4), (slice(None), 2e-3, 2e-3)),
    ),
    slips_question(
        "15.5",
        "worth",
        lambda: say(
            zh="cost = offer + messages；profit = amount − goods − delivery − cost。按 arm 求平均，coupon 减 `holdout` 是 gain；roi = gain ÷ coupon 组的平均 cost。",
            en="cost = offer + messages; profit = amount − goods − delivery − cost. Take means by arm: coupon minus `holdout` is gain; roi = gain ÷ mean cost of arm coupon.",
        ),
        read=lambda value, a: need_numbers(value, "worth", ("gain", "roi")),
        truth=lambda a: a.worth,
        slips=_worth_slips,
        praise=_worth_praise,
        off=_worth_off,
        odd=lambda a: {
            "one number": a.worth[0],
            "rounded": (a.worth[0] * 1.0002, a.worth[1]),
            "rounded, and the rest wrong": (a.worth[0] * 1.001, 99.0),
            "elsewhere": (5.5, 3.3),
        },
        stages=((slice(1), 1e-6, 5e-4), (slice(None), 1e-6, 5e-4)),
    ),
    slips_question(
        "15.6",
        "habits",
        lambda: say(
            zh="people_ok 与 bought 按 customer_id 合并，只留 paid_at < starts_on 的，按 paid_at 排序，每个 campaign_id 和 customer_id 留最后一单，看 coupon_id 空不空。",
            en="Merge people_ok with bought on customer_id, keep paid_at < starts_on, sort by paid_at, keep the last order of each campaign_id and customer_id, and see whether coupon_id is missing.",
        ),
        read=_read_habits,
        truth=lambda a: a.habits(),
        slips=_habits_slips,
        praise=_habits_praise,
        off=_same_off(
            "不对。先数两组各几人：每组里 coupon 和 holdout 各占差不多一半。",
            "Not yet. Count the people of the two groups first: within each, coupon and holdout are about equal.",
        ),
        odd=lambda a: {
            "one row": a.habits().head(1),
            "text": a.habits().assign(lift="6%"),
            "empty": a.habits().assign(lift=np.nan),
            "from nowhere": a.habits().assign(gain=0.5),
        },
    ),
    slips_question(
        "15.7",
        "curve",
        lambda: say(
            zh="对每个 share：top = queue[queue['place'] <= round(share * len(queue))]；gain = share × (top 里 coupon 的平均 profit − `holdout` 的平均 profit)。",
            en="For each share: top = queue[queue['place'] <= round(share * len(queue))]; gain = share × (mean profit of coupon in top − mean profit of `holdout` in top).",
        ),
        read=_read_curve,
        truth=lambda a: a.curve,
        slips=_curve_slips,
        praise=_curve_praise,
        off=_curve_off,
        odd=lambda a: {
            "half of the rows": a.curve.head(5),
            "per cent": a.curve.assign(share=range(10, 101, 10)),
            "from nowhere": a.curve.assign(gain=0.5),
        },
    ),
)


def memo_fields() -> dict:
    """Prompts of the decision memo, by field name."""
    return {
        "who": say(
            zh="寄给谁：一条说得出口的规则，一共几位",
            en="Whom you write to: a rule one can say aloud, and how many people",
        ),
        "list": say(
            zh="名单怎么来：按哪几条规则，剩下几位", en="How the list was made: by which rules, and how many are left"
        ),
        "offer": say(zh="寄什么，一份多少元，一共多少元", en="What you send, the price of one, and of all"),
        "holdout": say(
            zh="留多少人不寄（空白组），要多大的差才看得出",
            en="How many are held out, and how large a gap you could see",
        ),
        "result": say(zh="哪一天看结果，看哪一个数", en="On which day you look at the result, and at which number"),
        "unknown": say(
            zh="哪件事还下不了结论，打算怎么办", en="What is still too small to tell, and what you do about it"
        ),
        "stop": say(zh="看到什么，就停下来不做了", en="What would make you stop"),
    }


def memo_title():
    """Title of the memo's page."""
    return say(zh="把走了的人请回来：决策备忘录", en="Winning customers back: a decision memo")
