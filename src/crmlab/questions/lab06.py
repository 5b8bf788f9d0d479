"""Lab 06, AARRR: four decisions and seven questions, on any company."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from crmlab import experiment
from crmlab.feedback import Decision, Question, Slip, Wrong, differ, need_close, need_number, need_numbers, need_table
from crmlab.language import Said, say, t
from crmlab.questions.answers06 import AGAIN, HORIZON, MONTH, STEPS, WAIT, Answers, apart, k_of, steps_of, waited_of
from crmlab.tables import points

__all__ = ["DECISIONS", "QUESTIONS", "Answers", "memo_fields", "memo_title"]


def _points(share: float) -> str:
    return points(share, digits=1)


def _channel(code: str) -> str:
    return t(f"channel_{code}")


# Part A


def _a1_why(a: Answers):
    table = a.channels().set_index("channel")
    days, best = HORIZON, a.best
    top = best or max(a.choice, key=lambda channel: a.returns[channel].mean())
    reasons = {}
    for letter, code in zip("abc", a.choice, strict=False):
        row = table.loc[code]
        when_zh = "还没回本" if np.isnan(row["payback"]) else f"第 {row['payback']:.0f} 天回本"
        when_en = "not paid back yet" if np.isnan(row["payback"]) else f"paid back on day {row['payback']:.0f}"
        seen = say(
            zh=f"{_channel(code)}：一位新客户花 ¥{row['cac']:,.0f}，{when_zh}；{days} 天里，花的每 1 元赚回 ¥{row['per_yuan']:.2f}。",
            en=f"{_channel(code).capitalize()}: a new customer costs ¥{row['cac']:,.0f}, {when_en}; in {days} days every 1 yuan spent has earned ¥{row['per_yuan']:.2f}. ",
        )
        if code == best:
            equal = [_channel(c) for c in a.cac.index if c != code and a.ahead(code, c).low <= 0]
            more = say(
                zh=f"比另外两个都多，不是碰巧。{'与它分不出高下的还有：' + '、'.join(equal) + '。' if equal else ''}先加一部分，看新招来的人激活得是不是一样多：以前平均好，多投的钱不一定也好。",
                en=f"That is more than the other two, and not by luck. {'Just as good, as far as we can tell: ' + ', '.join(equal) + '. ' if equal else ''}Add part of the money first and see whether the extra people activate as well as before: a past average is not the next yuan.",
            )
        elif code == top:
            more = say(
                zh="它排在最前，可区间和别的分不开，现在还不能说它最好。",
                en="It comes first, but we cannot tell it from the others, so it is too early to call it the best.",
            )
        else:
            gap = a.ahead(top, code)
            more = say(
                zh=f"{_channel(top)}每 1 元多赚 ¥{gap.value:.2f}，大约在 ¥{gap.low:.2f} 到 ¥{gap.high:.2f} 之间。便宜也好，贵也好，都不说明这些人会留下来买。",
                en=f"With {_channel(top)} each yuan earns ¥{gap.value:.2f} more, somewhere between ¥{gap.low:.2f} and ¥{gap.high:.2f}. A low price does not mean people will stay and buy, and neither does a high one.",
            )
        reasons[letter] = seen + more
    gap = a.ahead(top, next(c for c in a.choice if c != top))
    reasons["d"] = (
        say(
            zh=f"分得出：{_channel(top)}每 1 元在 {days} 天里赚回 ¥{table.at[top, 'per_yuan']:.2f}，比另外两个渠道都高，区间都不含零。平分等于把钱让给差的。",
            en=f"You can tell: every 1 yuan spent on {_channel(top)} earned ¥{table.at[top, 'per_yuan']:.2f} in {days} days, more than the other two, and neither interval of the difference includes zero. An equal split hands money to the worse ones.",
        )
        if best
        else say(
            zh=f"对。排在最前的{_channel(top)}与别的渠道相差 ¥{gap.value:.2f}，大约在 ¥{gap.low:.2f} 到 ¥{gap.high:.2f} 之间：人少，还分不出。",
            en=f"Right. {_channel(top).capitalize()} comes first, ahead by ¥{gap.value:.2f} per yuan, somewhere between ¥{gap.low:.2f} and ¥{gap.high:.2f}: too few people to tell.",
        )
    )
    return reasons


A1 = Decision(
    "06.A1",
    lambda a: say(
        zh=f"下个月拉新多出 ¥{a.extra:,.0f}（差不多是平常一个月的花费）。先加给谁？",
        en=f"Next month there is an extra ¥{a.extra:,.0f} for acquisition, about what a usual month costs. Who gets it first?",
    ),
    lambda a: {
        **dict(zip("abc", [Said(_channel(code)) for code in a.choice], strict=False)),
        "d": say(zh="分不出高下，每个渠道平分", en="you cannot tell which is best: split it equally"),
    },
    lambda a: "abc"[a.choice.index(a.best)] if a.best else "d",
    _a1_why,
)


def _a2_right(a: Answers) -> str:
    return "b" if a.effect.low > 0 else "d"


def _a2_why(a: Answers):
    by = a.activation().set_index("group")["retained"].tolist()
    uptake = apart(a.arms["activated"], a.invited)
    value, low, high = a.effect
    lot = say(
        zh=f"随机抽签的引导：激活多 {_points(uptake.value)} 个百分点，留存多 {_points(value)} 个百分点，大约在 {_points(low)} 到 {_points(high)} 之间。",
        en=f"The guide, given by lot, raised activation by {_points(uptake.value)} points and retention by {_points(value)}, somewhere between {_points(low)} and {_points(high)}. ",
    )
    if _a2_right(a) == "b":
        b = say(
            zh="区间在零以上，引导真有用。券没试过，先留一组不发，比过再说。",
            en="The interval is above zero: the guide works. The coupon has never been tried: hold a group out and compare before you pay for it.",
        )
        c = say(
            zh="所以不全是“本来就会留”。有一部分能推出来，什么都不做就把它丢了。",
            en="So it is not only people who would have stayed anyway. Some of it you can bring about, and doing nothing throws that away.",
        )
        d = say(
            zh="区间整个在零以上，人数够下结论了：引导可以推，该再试的是券。",
            en="The interval is clear of zero, so you know enough about the guide. What still needs a trial is the coupon.",
        )
    else:
        b = say(
            zh="区间没有整个在零以上，还不能当它有用来推。",
            en="The interval is not clear above zero, so you cannot roll out the guide as if it were proved.",
        )
        c = say(
            zh="“没有作用”和“还看不出作用”不是一回事。",
            en="'No effect' and 'no effect seen yet' are not the same.",
        )
        d = say(
            zh="人太少，还下不了结论：接着抽签，等人够了再定。",
            en="Too few people to tell: go on drawing lots and decide when there are enough.",
        )
    reasons = {
        "a": say(
            zh=f"激活了的留下 {by[0]:.0%}，没激活的 {by[1]:.0%}，差 {_points(by[0] - by[1])} 个百分点，可前者本来就更爱来。",
            en=f"Of those who activated, {by[0]:.0%} stayed; of the others, {by[1]:.0%}. That is a gap of {_points(by[0] - by[1])} points, but the first were keener to begin with. ",
        )
        + lot
        + say(
            zh="券能推动几成人，推动了又留不留，没试过，谁也不知道。",
            en="How many a coupon would move, and whether they would then stay, nobody knows without a trial.",
        ),
        "b": lot + b,
        "c": lot + c,
        "d": lot + d,
    }
    return {letter: Said(reason) for letter, reason in reasons.items()}


A2 = Decision(
    "06.A2",
    lambda a: say(
        zh=f"同事说：“激活了的人（{a.behaviour()}）留存高得多，给每位新客户发一张券，让他们都激活吧。”您怎么办？",
        en=f'A colleague says: "People who activate ({a.behaviour()}) have far better retention. Let us give every newcomer a coupon, so that they all activate." What do you do?',
    ),
    lambda a: {
        "a": say(zh="同意，人人发券", en="agree: a coupon for everybody"),
        "b": say(
            zh="先把抽签试过的引导推给所有新客户，留一成不给；发券另外抽签试",
            en="roll out the guide that was tested by lot, holding out a tenth; test the coupon by lot too",
        ),
        "c": say(zh="什么都不做：激活的人本来就会留下", en="nothing: those who activate would have stayed anyway"),
        "d": say(
            zh="引导和券都先不推，再抽签试一轮，人够了再定",
            en="neither guide nor coupon yet: draw lots for another round, until there are enough people",
        ),
    },
    _a2_right,
    _a2_why,
)


def _a3_right(a: Answers) -> str:
    return "b" if a.bad_month["gap"].high < 0 else "d"


def _a3_why(a: Answers):
    m, (event, first, last) = a.bad_month, a.outage
    value, low, high = m["gap"]
    told = _a3_right(a) == "b"
    what = {
        "app_outage": say(zh="应用故障", en="the app was down"),
        "stock_out": say(zh="断货", en="goods were out of stock"),
    }[event]
    gap = say(
        zh=f"{m['month']} 第一次买的 {m['n']:,} 位，{AGAIN} 天内再买的有 {m['rate']:.1%}，前后各月是 {m['others']:.1%}：差 {_points(value)} 个百分点，大约在 {_points(low)} 到 {_points(high)} 之间。",
        en=f"Of the {m['n']:,} who first bought in {m['month']}, {m['rate']:.1%} bought again within {AGAIN} days; in the months around it, {m['others']:.1%}. The gap is {_points(value)} points, somewhere between {_points(low)} and {_points(high)}. ",
    )
    reasons = {
        "a": say(
            zh=f"前后各月再买的有 {m['others']:.1%}；把它们的渠道比例换成和 {m['month']} 一样，该有 {m['same_mix']:.1%}；实际只有 {m['rate']:.1%}。渠道只解释得了 {_points(abs(m['same_mix'] - m['others']))} 个百分点，换渠道治不了。",
            en=f"In the months around it, {m['others']:.1%} bought again. Give those months the channel mix of {m['month']}, and it would be {m['same_mix']:.1%}. In fact it was {m['rate']:.1%}. The channel mix explains only {_points(abs(m['same_mix'] - m['others']))} points, so changing channels is no cure.",
        ),
        "b": gap
        + (
            say(
                zh=f"日历上写着 {first.month} 月 {first.day} 日到 {last.month} 月 {last.day} 日{what}。这批人值得单独补救；留一半不做，才知道补救值多少。",
                en=f"The calendar says {what} from {first.day} {first.month_name()} to {last.day} {last.month_name()}. Make it up to these people; leave half of them out, to learn what that is worth.",
            )
            if told
            else say(
                zh=f"日历上那个月有{what}，可区间含着零，这批人还不能说更差。",
                en=f"The calendar says {what} in that month, but the interval includes zero: you cannot say this cohort is worse.",
            )
        ),
        "c": say(
            zh=f"要真是一批不如一批，后来的各月该比这个月更低。之前各月 {m['before']:.1%}，这个月 {m['rate']:.1%}，之后各月 {m['after']:.1%}：{'后来又上去了，全面改版会改错地方' if m['after'] > m['rate'] else '只凭这几个月，还说不上一路往下'}。",
            en=f"If each cohort were worse than the last, later ones would be below this month. Before it: {m['before']:.1%}; that month: {m['rate']:.1%}; after it: {m['after']:.1%}. {'It went up again; rebuilding everything would fix the wrong thing' if m['after'] > m['rate'] else 'Too few months to call it a slide'}.",
        ),
        "d": gap
        + (
            say(
                zh="区间整个在零以下，不是平常的起伏。",
                en="All of that is below zero: these are not the usual ups and downs.",
            )
            if told
            else say(
                zh="区间含着零：人太少，分不出是事故还是起伏。",
                en="The interval includes zero: too few people to tell an accident from the usual ups and downs.",
            )
        ),
    }
    return {letter: Said(reason) for letter, reason in reasons.items()}


A3 = Decision(
    "06.A3",
    lambda a: say(
        zh=f"老板指着 {a.bad_month['month']} 那一批：“这个月的新客户怎么这么差？”您怎么答？",
        en=f'The boss points at the cohort of {a.bad_month["month"]}: "Why is this month so bad?" What is your answer?',
    ),
    lambda a: {
        "a": say(zh="投放招来的人变差了：换渠道", en="acquisition brought worse people: change the channels"),
        "b": say(
            zh="那个月出过事：渠道和产品先不动，只补救这批人，随机留一半不做，好比较",
            en="something went wrong that month: leave channels and product alone, make it up to this cohort, all but a random half, and compare",
        ),
        "c": say(
            zh="新客户一批不如一批：新客流程全面改版",
            en="each cohort is worse than the last: rebuild everything newcomers see",
        ),
        "d": say(zh="人少，是平常的起伏：先不动", en="few people, the usual ups and downs: leave it"),
    },
    _a3_right,
    _a3_why,
)


def _a4_right(a: Answers) -> str:
    return "b" if a.star["low"] > 1 else "c"


def _a4_why(a: Answers):
    star, (guests, inviting, again) = a.star, a.second_round
    groups = a.k_by().shape[0]
    everyone = a.waited.groupby("inviter_id")["came"].sum().mean()
    name, told = star["community_id"], _a4_right(a) == "b"
    k = say(
        zh=f"{name} 有 {star['inviters']:,} 位邀请人，每人带来 {star['k']:.2f} 位。从 {groups} 个群里挑最高的，区间要放宽，大约在 {star['low']:.2f} 到 {star['high']:.2f} 之间。",
        en=f"{name} has {star['inviters']:,} inviters, who brought {star['k']:.2f} each on average. We picked the highest of {groups} groups, so the interval has to be wider: somewhere between {star['low']:.2f} and {star['high']:.2f}. ",
    )
    reasons = {
        "a": say(
            zh=f"{name} 带来的 {guests:,} 位里，自己也去邀请的有 {inviting:,} 位，他们又带来 {again:,} 位：第二轮平均每人只有 {again / guests:.2f} 位，会一轮比一轮少。全公司每位邀请人带来 {everyone:.2f} 位。停了投放，新客户就断了。",
            en=f"Of the {guests:,} people whom {name} brought, {inviting:,} invited in turn and brought {again:,}: in the second round only {again / guests:.2f} each, so every round is smaller than the last. In the whole company an inviter brings {everyone:.2f}. Stop advertising and the newcomers stop too.",
        ),
        "b": k
        + (
            say(
                zh="下限也高过 1，不是碰巧。为什么，数据没说：去群里看，再随机挑几个群照着做，和别的群比。",
                en="Even the lower edge is above 1, so this is not luck. The data do not say why: go and look, try the same in a few groups drawn by lot, and compare with the rest.",
            )
            if told
            else say(
                zh="下限没到 1，还不知道有没有东西可学，先别到处照搬。",
                en="The lower edge is below 1: we do not know yet whether there is anything to copy.",
            )
        ),
        "c": k
        + (
            say(zh="这么高，碰巧说不过去。", en="That is too high to be luck.")
            if told
            else say(
                zh="下限没到 1，人太少，现在下结论太早。",
                en="The lower edge is below 1: too few people for a conclusion.",
            )
        ),
        "d": say(
            zh=f"奖励各群都一样，{name} 每位邀请人带来 {star['k']:.2f} 位，别的群最高也只有 {a.k_by()['k'].iloc[1]:.2f} 位。差别不在奖励，翻倍多半是白花钱。",
            en=f"The reward is the same everywhere, yet an inviter in {name} brings {star['k']:.2f}, and one in the next best group {a.k_by()['k'].iloc[1]:.2f}. So the reward is not what makes the difference; doubling it is mostly money thrown away.",
        ),
    }
    return {letter: Said(reason) for letter, reason in reasons.items()}


A4 = Decision(
    "06.A4",
    lambda a: say(
        zh=f"社群 {a.star['community_id']} 的 K 是 {a.star['k']:.2f}。有人说：“让它自己长，投放可以停了。”您怎么办？",
        en=f'In community {a.star["community_id"]} K is {a.star["k"]:.2f}. Somebody says: "It grows by itself, we can stop advertising." What do you do?',
    ),
    lambda a: {
        "a": say(zh="停掉投放，全靠邀请", en="stop advertising, rely on invitations"),
        "b": say(
            zh="去看这个群怎么做的，随机挑几个群照着做，一个月后和别的群比；投放不停",
            en="see how this group does it, try the same in a few groups drawn by lot, compare after a month; keep advertising",
        ),
        "c": say(
            zh="先不动，再攒一个月数据：人少，可能是碰巧", en="wait another month for data: few people, it may be luck"
        ),
        "d": say(zh="所有群的邀请奖励翻倍", en="double the reward for inviting in every group"),
    },
    _a4_right,
    _a4_why,
)

DECISIONS = (A1, A2, A3, A4)


# Part B. A slip is written once: the check recognises it, the tests make it.


def _table(name: str, key: str, columns: list[str], keys):
    """A reader of frames: the right columns, one row for each of ``keys(answers)``; numbers only."""

    def read(value, a: Answers) -> pd.DataFrame:
        table = need_table(value, name, [key, *columns], key)
        wanted = list(keys(a))
        if sorted(found := table[key].astype("str").tolist()) != sorted(wanted):
            raise Wrong(
                zh=f"{name} 的 {key} 应当是 {'、'.join(wanted)}；现在是{'、'.join(found[:8]) or '空的'}。",
                en=f"{key} of {name} should be {', '.join(wanted)}; it is {', '.join(found[:8]) or 'empty'}.",
            )
        for column in columns:
            if pd.api.types.is_timedelta64_dtype(table[column]):
                raise Wrong(
                    zh=f"{column} 应当是天数，不是时间差：用 .dt.total_seconds() / 86400。",
                    en=f"{column} should be a number of days, not a time span: use .dt.total_seconds() / 86400.",
                )
            _no_text(table[column], f'{name}["{column}"]')
        return table[[key, *columns]].assign(**{c: pd.to_numeric(table[c], errors="coerce") for c in columns})

    return read


def _no_text(values: pd.Series, name: str) -> None:
    """Wrong where a column holds words such as "43%" in place of numbers."""
    if (values.notna() & pd.to_numeric(values, errors="coerce").isna()).any():
        raise Wrong(
            zh=f'{name} 里是文字，不是数：例如 0.25，不要写成 "25%"。',
            en=f'{name} holds text, not numbers: write 0.25, for example, not "25%".',
        )


def _alike(**tolerance: float):
    """Whether two frames hold the same numbers; two missing ones are equal."""

    def same(found: pd.DataFrame, truth: pd.DataFrame) -> bool:
        return not any(differ(found[c].fillna(-1), truth[c].fillna(-1), edge) for c, edge in tolerance.items())

    return same


def _interval(name: str):
    return lambda value, a: need_numbers(value, name, ("difference", "low", "high"))


def _agree(found, truth) -> bool:
    """The value to a millionth, the edges to a fifth of a point: any sound method of the interval will do."""
    return abs(found[0] - truth[0]) < 1e-6 and all(abs(x - y) < 2e-3 for x, y in zip(found[1:], truth[1:], strict=True))


def _off(found, truth, zh: str, en: str) -> Wrong:
    """What to say of a difference with interval that is no known slip."""
    if abs(found[0] - truth[0]) < 1e-6:
        return Wrong(
            zh="差对了，区间不对：要 95% 的区间，先写下限，再写上限。",
            en="The difference is right, its interval is not: take the 95% interval, lower end first.",
        )
    for unit in (1, 100):
        if any(
            np.allclose(found, np.round(unit * np.array(truth), digits), rtol=0, atol=1e-9) for digits in (1, 2, 3, 4)
        ):
            return Wrong(
                zh="数是对的，只是写法不合：用小数（0.05，不是 5），也不要四舍五入。",
                en="The right numbers in the wrong form: write shares (0.05, not 5), and do not round them.",
            )
    return Wrong(zh=zh, en=en)


def _question(key, name, hint, *, read, reference, same, slips, praise, off, odd) -> Question:
    """A question from its parts.

    ``read(value, answers)`` climbs the ladder (kind, columns, rows), ``same(found, truth)`` compares what it gives;
    ``slips(answers)`` are the usual mistakes by name, ``off(found, truth, answers)`` the message for any other, and
    ``odd(answers)`` further wrong answers for the tests.
    """

    slips = cache(slips)  # of the same answers in either language

    def judge(value, a: Answers) -> Said:
        found, truth = read(value, a), read(reference(a), a)
        if same(found, truth):
            return praise(a)
        for slip in slips(a).values():
            if same(found, read(slip.value, a)):
                raise Wrong(zh=slip.zh, en=slip.en)
        raise off(found, truth, a)

    def mistakes(a: Answers) -> dict[str, object]:
        return {name: slip.value for name, slip in slips(a).items()} | odd(a)

    return Question(key, name, hint, judge, reference, mistakes)


# 06.1


def _steps_slips(a: Answers):
    good, n0 = a.steps, len(a.mature)
    return {
        "the young as well": Slip(
            steps_of(a.people),
            "刚加入的人也算进来了，他们还没到该走后几步的时候：只留 joined_on 不晚于 last_join 的。",
            "Those who have just joined are in it, and have had no time for the later steps: keep joined_on up to last_join.",
        ),
        "the last day left out": Slip(
            steps_of(a.people[a.people["joined_on"] < a.last_join]),
            "last_join 那一天加入的人也要：用 <=，不是 <。",
            "Those who joined on last_join itself belong in it: use <=, not <.",
        ),
        "of everybody": Slip(
            good.assign(rate=good["n"] / n0),
            "每一步都除以了全部的人。环节转化率的分母，是走完上一步的人。",
            "Every step is divided by everybody. A step rate divides by those who took the step before it.",
        ),
        "each step alone": Slip(
            steps_of(a.mature, nested=False),
            "每一步是单独数的：没走上一步的人也算进来了。要走完前面每一步，才算到这一步。",
            "Each step is counted by itself, with people who skipped an earlier one. Count those who took all steps so far.",
        ),
        "each step alone, of everybody": Slip(
            (alone := steps_of(a.mature, nested=False)).assign(rate=alone["n"] / n0),
            "两处要改：要走完前面每一步才算（cummin），再除以上一步的人数，不是除以全部。",
            "Two things: count those who took all steps so far (cummin), and divide by the step before, not by everybody.",
        ),
        "nothing for the first": Slip(
            good.assign(rate=good["rate"].where(good.index > 0)),
            "第一步的 rate 空着：它的分母是全部 mature，shift 以后要补上 len(mature)。",
            "rate of the first step is missing: its denominator is everybody in mature, so fill what shift leaves empty with len(mature).",
        ),
        "those who stopped": Slip(
            good.assign(rate=1 - good["rate"]),
            "这是停在这一步的比例，要的是走过去的。",
            "This is the share who stopped; the question is who went on.",
        ),
        "one row late": Slip(
            good.assign(rate=good["rate"].shift(-1)),
            "rate 错了一行：这一步的人数要除以上一步的，不是下一步除以这一步。",
            "rate is one row out: divide this step by the one before it, not the next step by this one.",
        ),
        "per cent": Slip(
            good.assign(rate=100 * good["rate"]),
            "rate 是百分数，请写成 0 到 1 之间的小数。",
            "rate is in per cent; write it as a number between 0 and 1.",
        ),
    }


def _steps_praise(a: Answers) -> Said:
    low = a.steps.loc[a.steps["rate"].idxmin()]
    n = 0.01 * a.steps["n"].iloc[-1] / low["rate"]
    return say(
        zh=f"对。{len(a.mature):,} 人里，最窄的一步是 {low['step']}（{low['rate']:.1%}）。后面各步不变的话，这一步多一个百分点，走到底的多 {n:.0f} 人。",
        en=f"Right. Of {len(a.mature):,} people the narrowest step is {low['step']} ({low['rate']:.1%}). If the later rates hold, one more point there brings {n:.0f} more people to the end.",
    )


def _steps_off(found: pd.DataFrame, truth: pd.DataFrame, a: Answers) -> Wrong:
    wrong = (found["n"] - truth["n"]).abs() > 0.5
    if wrong.any():
        names = [step for step in STEPS if wrong[found["step"] == step].any()]
        return Wrong(zh=f"人数不对的步：{'、'.join(names)}。", en=f"n is wrong in: {', '.join(names)}.")
    if found["rate"].isna().any():
        return Wrong(
            zh="人数都对，rate 里有空的：每一步都要一个数。",
            en="The numbers of people are right, but rate has gaps: every step needs a number.",
        )
    if not differ(found["rate"].where(found["rate"] <= 1, found["rate"] / 100), truth["rate"], 0.0051):
        return Wrong(
            zh="人数都对，rate 也几乎对：写成小数（0.25，不是 25），不要四舍五入。",
            en="n is right and rate very nearly: write shares (0.25, not 25), and do not round.",
        )
    return Wrong(
        zh="人数都对，rate 不对：除以上一步的人数，别四舍五入。",
        en="The numbers of people are right, rate is not: divide by those of the step before, and do not round.",
    )


# 06.2


def _gap_slips(a: Answers):
    one, n1, two, n2 = a.two()
    value, low, high = a.gap
    rest = a.mature.loc[a.mature["bought"] & (a.mature["join_channel"] != "paid_social"), "activated"]
    first, second = experiment.rate(one, n1), experiment.rate(two, n2)
    return {
        "turned round": Slip(
            (-value, -high, -low),
            "方向反了：题目问的是 paid_social 减 referral。",
            "The wrong way round: the question is paid_social minus referral.",
        ),
        "everybody who joined": Slip(
            experiment.difference(*a.two("joined")),
            "分母是所有加入的人。这一步问的是买过的人里有几成激活：先筛 bought。",
            "The denominator is everybody who joined. This step asks about those who bought: keep bought first.",
        ),
        "the young as well": Slip(
            experiment.difference(*a.two(people=a.people)),
            "刚加入、还没看满的人也算进来了：用 mature，不用 people。",
            "Those not seen long enough are in it: use mature, not people.",
        ),
        "everybody, the young as well": Slip(
            experiment.difference(*a.two("joined", people=a.people)),
            "两处要改：用 mature，不用 people；只留买过的人（bought）。",
            "Two things: use mature, not people, and keep those who bought.",
        ),
        "by size": Slip(
            (low, value, high),
            "三个数的顺序是：差在最前，再是下限、上限。",
            "The order of the three numbers: the difference first, then low, then high.",
        ),
        "edges of two intervals": Slip(
            (value, first.low - second.high, first.high - second.low),
            "差对了，区间太宽：不能拿两个区间的端点相减。差有它自己的区间，用 experiment.difference。",
            "The difference is right, its interval too wide: you cannot subtract the ends of two intervals. A difference has an interval of its own; use experiment.difference.",
        ),
        "all other channels": Slip(
            experiment.difference(one, n1, rest.sum(), len(rest)),
            "减的是其余所有渠道。题目只要减 referral。",
            "You took off all the other channels. The question is referral alone.",
        ),
        "one channel": Slip(
            tuple(first),
            "这是 paid_social 一个渠道的比例，还没有减 referral。",
            "This is the rate of paid_social alone; referral has not been taken off.",
        ),
        "the other channel": Slip(
            tuple(second),
            "这是 referral 一个渠道的比例。要的是 paid_social 减 referral。",
            "This is the rate of referral alone. The question is paid_social minus referral.",
        ),
        "per cent": Slip(
            tuple(100 * x for x in a.gap),
            "三个数都是百分数，请写成小数，例如 0.05。",
            "All three are in per cent; write them as shares, such as 0.05.",
        ),
    }


def _told(interval: experiment.Interval) -> Said:
    if interval.low > 0 or interval.high < 0:
        return say(zh="区间不含零：差别分得出。", en=" The interval does not include zero: the two do differ.")
    return say(zh="区间含着零：样本太小，还下不了结论。", en=" The interval includes zero: too few people to tell.")


def _gap_praise(a: Answers) -> Said:
    value, low, high = a.gap
    one, n1, two, n2 = a.two()
    seen = say(
        zh=f"{one / n1:.1%} 对 {two / n2:.1%}，差 {_points(value)} 个百分点，大约在 {_points(low)} 到 {_points(high)} 之间。",
        en=f"{one / n1:.1%} against {two / n2:.1%}, a difference of {_points(value)} points, somewhere between {_points(low)} and {_points(high)}.",
    )
    return Said(seen + _told(a.gap))


# 06.3


def _read_triangle(value, a: Answers) -> pd.DataFrame:
    if not isinstance(value, pd.DataFrame):
        kind = type(value).__name__
        raise Wrong(
            zh=f"triangle 应当是一张表，一行一批人，现在是 {kind}。",
            en=f"triangle should be a table with a row for each cohort; its type is {kind}.",
        )
    table = value.set_index("cohort") if "cohort" in value.columns else value
    want = a.triangle
    rows = table.index.astype("str").str[:7].str.replace("/", "-")
    columns = [str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in table.columns]
    if "age" in columns:
        raise Wrong(
            zh="这是一行一格的长表，要摊开：一行一批，一列一个月（unstack 或 pivot）。",
            en="This is a long table with a row for each cell. Spread it out, a row a cohort and a column a month (unstack or pivot).",
        )
    if set(want.index) & {column[:7] for column in columns}:
        raise Wrong(
            zh="行和列放反了：一行一批人（月份），一列是首单后第几个月（0、1、2……）。",
            en="Rows and columns have changed places: a row is a cohort (a month), a column an age (0, 1, 2 ...).",
        )
    if set(rows) != set(want.index) or rows.has_duplicates:
        raise Wrong(
            zh=f"应当有 {len(want)} 行，从 {want.index[0]} 到 {want.index[-1]}，每个月一行；现在有 {len(rows)} 行。",
            en=f"There should be {len(want)} rows, one a month from {want.index[0]} to {want.index[-1]}; there are {len(rows)}.",
        )
    if set(columns) > {str(column) for column in want.columns}:
        raise Wrong(
            zh=f"列太多了，应当是 0 到 {want.columns[-1]}：数自然月，不是 30 天一段。",
            en=f"Too many columns, they should run from 0 to {want.columns[-1]}: count calendar months, not stretches of 30 days.",
        )
    if set(columns) != {str(column) for column in want.columns}:
        raise Wrong(
            zh=f"列应当是 0 到 {want.columns[-1]}（首单那个月是 0）；现在是 {', '.join(columns[:3])}……{columns[-1] if columns else ''}。",
            en=f"The columns should run from 0, the month of the first order, to {want.columns[-1]}; they are {', '.join(columns[:3])} ... {columns[-1] if columns else ''}.",
        )
    table = table.set_axis(rows, axis=0).set_axis([int(column) for column in columns], axis=1)
    table = table.loc[want.index, want.columns]
    _no_text(table.stack(), "triangle")
    return table.apply(pd.to_numeric, errors="coerce").astype("float64")


def _same_triangle(found: pd.DataFrame, truth: pd.DataFrame) -> bool:
    return np.allclose(found, truth, rtol=0, atol=1e-6, equal_nan=True)


def _triangle_slips(a: Answers):
    good = a.triangle
    counts, _ = a.triangle_of(a.counted)
    active = counts.where(a.over(counts)).set_axis(good.index, axis=0)
    joined = a.members.set_index("customer_id")["joined_at"].dt.to_period("M")
    every = a.orders[a.orders["paid_at"].notna() & (a.orders["paid_at"] < a.end)]
    return {
        "zero for not yet": Slip(
            good.fillna(0),
            "还没到的月份填成了 0，看上去像人全走了。没到的格子要空着（NaN）。",
            "Months that have not come are 0, as if everybody had left. Leave those cells empty (NaN).",
        ),
        "thirty days": Slip(
            a.rates(a.counted, days=30),
            "您按 30 天一段来数。这里数自然月：首单在 1 月 31 日，2 月 1 日就算第 1 个月。",
            "You count stretches of 30 days. Here months are calendar months: after a first order on 31 January, 1 February is month 1.",
        ),
        "orders that do not count": Slip(
            a.rates(every),
            "全额退款和金额为零的订单也算进来了：先过一遍 counted_orders。",
            "Fully refunded orders and gifts are in it: use counted_orders first.",
        ),
        "month of joining": Slip(
            a.rates(a.counted, cohort=joined),
            "您按加入的月份分批。这里按首单的月份分，没买过的人不在里面。",
            "You made cohorts by the month of joining. Make them by the month of the first order; those who never bought are not in them.",
        ),
        "of last month's buyers": Slip(
            active / active.shift(axis=1).fillna(active),
            "分母用了上个月来过的人。留存的分母始终是这一批的全部人数。",
            "The denominator is those who came the month before. It stays the whole cohort at every age.",
        ),
        "orders, not people": Slip(
            a.rates(a.counted, unit="orders"),
            "您数的是订单。一个人一个月买三次也只算一位：用 nunique。",
            "You counted orders. Somebody who buys three times in a month is one person: use nunique.",
        ),
        "orders over orders": Slip(
            (orders := a.triangle_of(a.counted, unit="orders")[0].where(a.over(counts)).set_axis(good.index)).div(
                orders[0], axis=0
            ),
            "上面和下面数的都是订单。要数人：nunique，不是 size。",
            "You counted orders above the line and below it. Count people: nunique, not size.",
        ),
        "people, not shares": Slip(
            active,
            "这是人数，还要除以每一批的人数。",
            "These are numbers of people; divide them by the size of each cohort.",
        ),
        "per cent": Slip(
            100 * good,
            "请写成 0 到 1 之间的小数，不要乘 100。",
            "Write shares between 0 and 1; do not multiply by 100.",
        ),
    }


def _triangle_praise(a: Answers) -> Said:
    first = a.triangle[1].dropna()
    low = first.idxmin()
    return say(
        zh=f"{len(a.triangle)} 批都对。首单后第 1 个月，留得最少的是 {low} 那批：{first.min():.1%}，各批的中位数是 {first.median():.1%}。",
        en=f"All {len(a.triangle)} cohorts are right. In month 1, the cohort of {low} kept the fewest: {first.min():.1%}; the median cohort kept {first.median():.1%}.",
    )


def _triangle_off(found: pd.DataFrame, truth: pd.DataFrame, a: Answers) -> Wrong:
    if any(np.allclose(found / unit, truth, rtol=0, atol=0.0051, equal_nan=True) for unit in (1, 100)):
        return Wrong(
            zh="数是对的，只是写法不合：用小数（0.43，不是 43），也不要四舍五入。",
            en="The right numbers in the wrong form: write shares (0.43, not 43), and do not round them.",
        )
    wrong = ~np.isclose(found, truth, rtol=0, atol=1e-6, equal_nan=True)
    row, column = (int(place[0]) for place in np.nonzero(wrong))
    return Wrong(
        zh=f"{int(wrong.sum()):,} 格不对，第一格是 {truth.index[row]} 那一行、第 {column} 列。拿这一格手工数一遍。",
        en=f"Cells that are wrong: {int(wrong.sum()):,}, the first in row {truth.index[row]}, column {column}. Count that cell by hand.",
    )


# 06.4


def _month3_slips(a: Answers):
    rate = a.triangle[MONTH].dropna()
    truth = a.weighted(MONTH)
    return {
        "mean of rates": Slip(
            float(rate.mean()),
            "您把各批的比例直接平均了，小批和大批一样重。要按人数加权。",
            "You took the plain mean of the rates, so a small cohort counts as much as a large one. Weight by people.",
        ),
        "young cohorts below the line": Slip(
            float((rate * a.sizes[rate.index]).sum() / a.sizes.sum()),
            "分母里有还没满 3 个月的批次，他们没有机会。只留这一列不空的批次。",
            "You divided by cohorts that have not reached month 3 as well; they had no chance. Keep the cohorts whose cell is not empty.",
        ),
        "plain mean with noughts": Slip(
            float(a.triangle[MONTH].fillna(0).mean()),
            "还没满 3 个月的批次当成了 0，又把各批直接平均了。先 dropna，再按人数加权。",
            "Cohorts younger than three months count as 0, and all cohorts weigh alike. Use dropna first, then weigh by people.",
        ),
        "column 2": Slip(
            a.weighted(MONTH - 1),
            "您取了第 2 列。首单那个月是 0，所以首单后第 3 个月是第 3 列。",
            "You took column 2. The month of the first order is 0, so three months on is column 3.",
        ),
        "thirty days": Slip(
            a.weighted(MONTH, a.rates(a.counted, days=30)),
            "这是按 30 天一段数出来的。用 triangle_ok，里面是自然月。",
            "This comes from stretches of 30 days. Use triangle_ok, which has calendar months.",
        ),
        "those lost": Slip(1 - truth, "这是没来的比例。", "This is the share who did not come."),
        "per cent": Slip(
            100 * truth,
            "这是百分数，请写成 0 到 1 之间的小数。",
            "This is in per cent; write a number between 0 and 1.",
        ),
    }


def _month3_praise(a: Answers) -> Said:
    seen = a.triangle[MONTH].dropna()
    return say(
        zh=f"{a.weighted(MONTH):.1%}，来自 {len(seen)} 批、{a.sizes[seen.index].sum():,} 人。各批里最低的是 {seen.idxmin()}（{seen.min():.1%}）。",
        en=f"{a.weighted(MONTH):.1%}, from {len(seen)} cohorts and {a.sizes[seen.index].sum():,} people. The lowest cohort is {seen.idxmin()} ({seen.min():.1%}).",
    )


def _month3_off(found: float, truth: float, a: Answers) -> Wrong:
    if abs(found / 100 - truth) < 0.0051:
        found = 100 * truth
    otherwise = Wrong(
        zh="不对。只看第 3 列不空的批次：来的人加起来，除以这些批次的人数之和。",
        en="Not yet. Take the cohorts whose column 3 is not empty: add up those who came, and divide by the people of these cohorts.",
    )
    need_close(found, truth, _month3_slips(a), otherwise)
    return otherwise


# 06.5


def _effect_slips(a: Answers):
    kept, invited = a.arms["retained"], a.invited
    value, low, high = a.effect
    others = a.mature[~a.mature["customer_id"].isin(a.arms["customer_id"])]
    held, went = kept[~invited], kept[invited & a.arms["activated"]]
    return {
        "activated or not": Slip(
            apart(a.mature["retained"], a.mature["activated"]),
            "您比的是激活和没激活的人。谁激活是自己选的，爱来的人本来就更会留下。比抽签分的两组。",
            "You compared those who activated with those who did not. They chose that themselves, and the keen stay anyway. Compare the two groups made by lot.",
        ),
        "activated or not, in the campaign": Slip(
            apart(kept, a.arms["activated"]),
            "人是活动里的人，可您还是按激活与否分的。要按 arm 分。",
            "The people of the campaign, but still split by whether they activated. Split them by arm.",
        ),
        "only those who took it up": Slip(
            experiment.difference(went.sum(), len(went), held.sum(), len(held)),
            "引导组里只留了激活的人，抽签就白抽了。抽到引导的人，没激活也要算。",
            "You kept only the activated of the guide group, which undoes the lot. Whoever drew the guide counts, activated or not.",
        ),
        "turned round": Slip(
            (-value, -high, -low),
            "方向反了：要引导组减空白组。",
            "The wrong way round: guide minus hold-out.",
        ),
        "no hold-out": Slip(
            experiment.difference(kept[invited].sum(), invited.sum(), others["retained"].sum(), len(others)),
            "您拿活动之外的人来比，他们是别的月份加入的。空白组在 lot 里：arm 是 holdout。",
            "You compared with people outside the campaign, who joined in other months. The hold-out is in lot: arm is holdout.",
        ),
        "everybody else as the hold-out": Slip(
            experiment.difference(
                kept[invited].sum(), invited.sum(), held.sum() + others["retained"].sum(), len(held) + len(others)
            ),
            '没进活动的人也当成空白组了（多半是合并时用了 how="left"）。空白组只有 arm 是 holdout 的人。',
            'People outside the campaign are in your hold-out (a merge with how="left" does that). The hold-out is arm holdout, nobody else.',
        ),
        "activated of both groups": Slip(
            apart(kept[a.arms["activated"]], invited[a.arms["activated"]]),
            "两组都只留了激活的人，抽签就白抽了：两组里的每个人都要算。",
            "You kept only the activated of both groups, which undoes the lot: count everybody in both.",
        ),
        "buyers only": Slip(
            apart(kept[a.arms["bought"]], invited[a.arms["bought"]]),
            "您先筛了买过的人，这一题不筛：抽过签的，买没买过都要算。",
            "You kept buyers first. Not here: everybody who was drawn counts, buyer or not.",
        ),
        "divided by activation": Slip(
            tuple(x / apart(a.arms["activated"], invited).value for x in a.effect),
            "您又除以了激活率的差：那是被推动的人多留了多少。这一题要的是抽到引导的全体。",
            "You divided by the gap in activation, which gives those whom the guide moved. This question is about everybody who drew it.",
        ),
        "activation, not retention": Slip(
            apart(a.arms["activated"], invited),
            "这是激活率的差。引导当然让人激活，要问的是他们留下了没有：用 retained。",
            "This is the gap in activation. Of course a guide activates; the question is whether they stayed: use retained.",
        ),
        "per cent": Slip(
            tuple(100 * x for x in a.effect),
            "三个数都是百分数，请写成小数。",
            "All three are in per cent; write them as shares.",
        ),
    }


def _effect_praise(a: Answers) -> Said:
    value, low, high = a.effect
    naive = apart(a.mature["retained"], a.mature["activated"]).value
    uptake = apart(a.arms["activated"], a.invited).value
    seen = say(
        zh=f"引导让留存多 {_points(value)} 个百分点，大约在 {_points(low)} 到 {_points(high)} 之间。",
        en=f"The guide adds {_points(value)} points of retention, somewhere between {_points(low)} and {_points(high)}.",
    )
    ratio = say(
        zh=f"激活率多 {_points(uptake)} 个百分点，两者相除：被推动激活的人，留存多约 {_points(value / uptake)} 个百分点；直接比激活与没激活，差 {_points(naive)} 个。",
        en=f" It also adds {_points(uptake)} points of activation. Divide the two: people who activated because of the guide have about {_points(value / uptake)} points more retention. Comparing activated with not activated, you would have said {_points(naive)}.",
    )
    return Said(seen + _told(a.effect) + ratio)


# 06.6


def _payback_slips(a: Answers):
    heads = a.newcomers["join_channel"].value_counts()
    sold = a.sales[a.sales["customer_id"].isin(a.newcomers["customer_id"]) & a.sales["age"].between(0, HORIZON)]
    buyers = sold.groupby("join_channel")["customer_id"].nunique()
    no_delivery = a.sales["amount"] - a.sales["goods_cost"]
    everybody = a.earned(a.margin, a.members, a.members["join_channel"].value_counts())
    # half a day off, so that the pace is recognised rounded up, down or not at all
    mean = a.payback.assign(days=np.floor((a.cac * HORIZON / a.curves[HORIZON]).to_numpy()) + 0.5)
    no_goods = a.sales["amount"] - a.sales["fulfilment_cost"]
    return {
        "revenue": Slip(
            a.days_to(a.earned(a.sales["amount"], a.newcomers, heads)),
            "您累计的是实付金额，不是边际贡献：还要减 goods_cost 和 fulfilment_cost。",
            "You added up revenue, not margin: take off goods_cost and fulfilment_cost.",
        ),
        "delivery forgotten": Slip(
            a.days_to(a.earned(no_delivery, a.newcomers, heads)),
            "少减了一项：履约成本 fulfilment_cost 也是钱。",
            "One cost is missing: fulfilment_cost is money as well.",
        ),
        "goods forgotten": Slip(
            a.days_to(a.earned(no_goods, a.newcomers, heads)),
            "少减了一项：商品成本 goods_cost。",
            "One cost is missing: goods_cost.",
        ),
        "everybody's orders": Slip(
            a.days_to(a.earned(a.margin, a.members, heads)),
            "订单是全部客户的，人数只有 newcomers：先把 sales 筛成 newcomers 的订单。",
            "The orders are everybody's and the heads only newcomers: keep the orders of newcomers first.",
        ),
        "the day before": Slip(
            a.payback.assign(days=a.payback["days"] - 1),
            "少了一天：要的是累计够到 cac 的那一天，不是前一天。",
            "One day too few: name the day on which the sum reaches cac, not the one before.",
        ),
        "a buyer": Slip(
            a.days_to(a.earned(a.margin, a.newcomers, buyers)),
            "您除的是买过的人。没买的人也是花钱招来的，分母是所有新客户。",
            "You divided by buyers. Those who never bought cost money too: divide by all newcomers.",
        ),
        "one day at a time": Slip(
            a.days_to(a.earned(a.margin, a.newcomers, heads, cumulated=False)),
            "没有累计：拿一天赚的去比成本，几乎没有渠道够得到（NaN）。先 cumsum，再看哪天达到；人均的分母是人数，不是单数。",
            "Nothing was added up: the margin of a single day hardly ever reaches the cost (NaN). Use cumsum first, then look for the day; a head means people, not orders.",
        ),
        "average pace": Slip(
            mean,
            f"您用 {HORIZON} 天的平均速度推算。新客户刚来时买得多，后来少，要看累计曲线哪天过线。",
            f"You used the average pace of {HORIZON} days. Newcomers buy more at first and less later: see on which day the running total crosses the line.",
        ),
        "the young as well": Slip(
            a.days_to(everybody),
            "还没看满的新客户也算进了人数，他们还没来得及买。只用 newcomers。",
            "You divided by people who joined too recently as well; they have not had time to buy. Use newcomers only.",
        ),
        "joining is day 1": Slip(
            a.payback.assign(days=a.payback["days"] + 1),
            "多了一天：加入当天是第 0 天。",
            "One day too many: the day of joining is day 0.",
        ),
    }


def _payback_praise(a: Answers) -> Said:
    table = a.payback.set_index("channel")["days"]
    fast, cheap = table.idxmin(), a.cac.index[0]
    rank = int(table.rank(method="min")[cheap]) if table.notna()[cheap] else len(table)
    return say(
        zh=f"最快的是{_channel(fast)}，第 {table[fast]:.0f} 天回本；最便宜的{_channel(cheap)}在 {len(table)} 个渠道里排第 {rank}。",
        en=f"Fastest: {_channel(fast)}, paid back on day {table[fast]:.0f}. The cheapest, {_channel(cheap)}, is number {rank} of {len(table)}.",
    )


def _payback_off(found: pd.DataFrame, truth: pd.DataFrame, a: Answers) -> Wrong:
    wrong = (found["days"].fillna(-1) - truth["days"].fillna(-1)).abs() > 0.5
    names = ", ".join(found.loc[wrong, "channel"])
    return Wrong(
        zh=f"天数不对的渠道：{names}。先核对第 0 天：这些人加入当天的边际贡献之和，除以这个渠道的 newcomers 人数。",
        en=f"Days are wrong for: {names}. Check day 0 first: the margin of the day of joining, divided by all newcomers of the channel.",
    )


# 06.7


def _k_slips(a: Answers):
    good, waited = a.k_table, a.waited
    by = waited.groupby("channel")
    sent, came = (by[column].agg(how).to_numpy() for column, how in (("came", "size"), ("came", "sum")))
    return {
        "an invitation": Slip(
            good.assign(k=came / sent),
            "这是接受率（每条邀请）。K 是每位邀请人带来几位：分母是不同的邀请人。",
            "This is the share accepted, per invitation. K is per inviter: divide by the number of different inviters.",
        ),
        "a customer": Slip(
            good.assign(k=came / len(a.members)),
            "您除的是全部客户。这里的 K 按发过邀请的人算。",
            "You divided by all customers. K here is per customer who sent an invitation.",
        ),
        "inviters of any way": Slip(
            good.assign(k=came / waited["inviter_id"].nunique()),
            "分母用了全部邀请人。每种方式各数各的邀请人：groupby 以后再 nunique。",
            "You divided by the inviters of all ways together. Count those of each way: nunique after groupby.",
        ),
        "inviters who succeeded": Slip(
            good.assign(k=came / waited[waited["came"]].groupby("channel")["inviter_id"].nunique().to_numpy()),
            "分母里只有请到人的邀请人。发了没人来的也要算。",
            "Only inviters who brought somebody are below the line. Count those who sent in vain as well.",
        ),
        "sent, not accepted": Slip(
            good.assign(k=sent / good["inviters"].to_numpy()),
            "这是每人发出几条，还没看有几位接受。",
            "This is invitations sent per inviter; count those accepted.",
        ),
        "the young as well": Slip(
            k_of(waited_of(a.invites)),
            f"最近 {WAIT} 天发的邀请也算进来了，对方还没来得及接受。",
            f"Invitations of the last {WAIT} days are in it; people have not had time to accept.",
        ),
        "median": Slip(
            good.assign(cycle_days=by["days"].median().to_numpy()),
            "cycle_days 用了中位数，这里要平均数。",
            "cycle_days is a median; the question asks for the mean.",
        ),
        "calendar days": Slip(
            good.assign(
                cycle_days=(waited["accepted_at"].dt.normalize() - waited["sent_at"].dt.normalize())
                .where(waited["came"])
                .dt.days.groupby(waited["channel"])
                .mean()
                .to_numpy()
            ),
            "cycle_days 是两个日期相减，时刻丢了。用两个时间直接相减，带小数。",
            "cycle_days comes from two dates, without the time of day. Subtract the two times as they are.",
        ),
        "hours": Slip(
            good.assign(cycle_days=24 * good["cycle_days"]),
            "cycle_days 是小时，这里要天：除以 24（秒就除以 86400）。",
            "cycle_days is in hours; the question asks for days: divide by 24 (seconds by 86400).",
        ),
        "whole days": Slip(
            good.assign(cycle_days=np.floor(waited["days"]).groupby(waited["channel"]).mean().to_numpy()),
            "cycle_days 丢了零头：.dt.days 只留整天。用 .dt.total_seconds() / 86400。",
            "cycle_days has lost the hours: .dt.days keeps whole days. Use .dt.total_seconds() / 86400.",
        ),
    }


def _k_praise(a: Answers) -> Said:
    top = a.k_table.loc[a.k_table["k"].idxmax()]
    name = t(f"channel_{top['channel']}")
    return say(
        zh=f"最高的是{name}：K = {top['k']:.2f}，一轮 {top['cycle_days']:.1f} 天。100 位邀请人一轮带来 {100 * top['k']:.0f} 位。",
        en=f"Highest: {name}, K = {top['k']:.2f}, a round of {top['cycle_days']:.1f} days. 100 inviters bring {100 * top['k']:.0f} people in one round.",
    )


def _k_off(found: pd.DataFrame, truth: pd.DataFrame, a: Answers) -> Wrong:
    if not any(
        differ(found[c].fillna(-1), truth[c], 0.051 if c == "cycle_days" else 0.0051) for c in ("k", "cycle_days")
    ):
        return Wrong(
            zh="很接近了：不要四舍五入；last_sent 那一天发出的也要算（比日期，用 .dt.normalize()）。",
            en="Very nearly: do not round, and keep invitations sent on last_sent itself (compare dates, with .dt.normalize()).",
        )
    if differ(found["k"].fillna(-1), truth["k"], 1e-6):
        return Wrong(
            zh="k 不对：接受的人数，除以这种方式里不同的 inviter_id 个数；都只看 last_sent 以前发出的。",
            en="k is wrong: people who accepted, divided by the different inviter_id of that way; both for invitations sent up to last_sent.",
        )
    return Wrong(
        zh="k 对了，cycle_days 不对：接受时间减发出时间，单位是天，只看接受了的。",
        en="k is right, cycle_days is not: time of accepting minus time of sending, in days, accepted ones only.",
    )


_NEAR = {"zh": "不对。先核对两组各有几人。", "en": "Not yet. Check first how many people each group has."}

QUESTIONS = (
    _question(
        "06.1",
        "steps",
        lambda: say(
            zh="先 mature = people[people['joined_on'] <= last_join]。mature[path].cummin(axis=1) 让没走上一步的人从那里起都是 False；再 .sum()。分母是上一行的人数，第一行是 len(mature)。",
            en="First mature = people[people['joined_on'] <= last_join]. mature[path].cummin(axis=1) makes a step False for those who missed an earlier one; then .sum(). The denominator is the row above, and len(mature) for the first.",
        ),
        read=_table("steps", "step", ["n", "rate"], lambda a: STEPS),
        reference=lambda a: a.steps,
        same=_alike(n=0.5, rate=1e-6),
        slips=_steps_slips,
        praise=_steps_praise,
        off=_steps_off,
        odd=lambda a: {
            "half of the steps": a.steps.head(2),
            "n from nowhere": a.steps.assign(n=a.steps["n"] + 7),
            "rate from nowhere": a.steps.assign(rate=0.123),
        },
    ),
    _question(
        "06.2",
        "gap",
        lambda: say(
            zh="buyers = mature[mature['bought']]，按 join_channel 数 activated 的 sum 和 size，四个数交给 experiment.difference。",
            en="buyers = mature[mature['bought']]; count sum and size of activated by join_channel; give the four numbers to experiment.difference.",
        ),
        read=_interval("gap"),
        reference=lambda a: a.gap,
        same=_agree,
        slips=_gap_slips,
        praise=_gap_praise,
        off=lambda found, truth, a: _off(found, truth, **_NEAR),
        odd=lambda a: {
            "one number": a.gap.value,
            "rounded": tuple(round(x, 3) for x in a.gap),
            "another interval": (a.gap.value, a.gap.value - 0.3, a.gap.value + 0.3),
            "elsewhere": (0.5, 0.4, 0.6),
        },
    ),
    _question(
        "06.3",
        "triangle",
        lambda: say(
            zh="首单月 = groupby('customer_id')['paid_at'].transform('min').dt.to_period('M')。第几个月 = 两个月份的 .astype('int64') 相减。按两者数不同的人，unstack，除以第 0 列。unstack 会把没到的格子留空。",
            en="First month = groupby('customer_id')['paid_at'].transform('min').dt.to_period('M'). Age = the difference of the two months as .astype('int64'). Count different people by both, unstack, divide by column 0. unstack leaves cells that have not come empty.",
        ),
        read=_read_triangle,
        reference=lambda a: a.triangle,
        same=_same_triangle,
        slips=_triangle_slips,
        praise=_triangle_praise,
        off=_triangle_off,
        odd=lambda a: {
            "on its side": a.triangle.T,
            "from 1": a.triangle.set_axis(a.triangle.columns + 1, axis=1),
            "a series": a.triangle[0],
            "a month short": a.triangle.iloc[1:],
            "a column made up": a.triangle.assign(**{"1": 0.5}).drop(columns=1),
        },
    ),
    _question(
        "06.4",
        "month3",
        lambda: say(
            zh="triangle_ok[3].dropna() 留下够大的批次，它的 .index 就是这些批次。比例 × 人数 = 来的人数；把来的人和总人数各加起来，再相除。",
            en="triangle_ok[3].dropna() keeps the cohorts old enough; its .index names them. Rate times people gives those who came; add up those who came and all people, then divide.",
        ),
        read=lambda value, a: need_number(value, "month3"),
        reference=lambda a: a.weighted(MONTH),
        same=lambda found, truth: abs(found - truth) < 1e-6,
        slips=_month3_slips,
        praise=_month3_praise,
        off=_month3_off,
        odd=lambda a: {"rounded": a.weighted(MONTH) + 3e-4, "text": "43%", "elsewhere": 0.9876},
    ),
    _question(
        "06.5",
        "effect",
        lambda: say(
            zh="先把 mature 和 lot 按 customer_id 合并，再按 arm 数 retained 的 sum 和 size。四个数交给 experiment.difference，谁减谁，谁在前。",
            en="Merge mature and lot on customer_id, then count sum and size of retained by arm. Give the four numbers to experiment.difference; the group that the other is taken from comes first.",
        ),
        read=_interval("effect"),
        reference=lambda a: a.effect,
        same=_agree,
        slips=_effect_slips,
        praise=_effect_praise,
        off=lambda found, truth, a: _off(found, truth, **_NEAR),
        odd=lambda a: {
            "one number": a.effect.value,
            "rounded": tuple(round(x, 3) for x in a.effect),
            "another interval": (a.effect.value, a.effect.value - 0.3, a.effect.value + 0.3),
            "elsewhere": (0.9, 0.8, 0.95),
        },
    ),
    _question(
        "06.6",
        "payback",
        lambda: say(
            zh="先算每单边际贡献；只留 newcomers 的、age 不超过 270 的；按 join_channel 和 age 求和，unstack(fill_value=0)，cumsum(axis=1)，除以各渠道的 newcomers 人数；.ge(cac, axis=0).idxmax(axis=1) 就是第一天。",
            en="Margin of each order first; keep newcomers and age up to 270; sum by join_channel and age, unstack(fill_value=0), cumsum(axis=1), divide by the newcomers of each channel; .ge(cac, axis=0).idxmax(axis=1) is the first day.",
        ),
        read=_table("payback", "channel", ["days"], lambda a: a.cac.index),
        reference=lambda a: a.payback,
        same=_alike(days=0.5),
        slips=_payback_slips,
        praise=_payback_praise,
        off=_payback_off,
        odd=lambda a: {"a channel short": a.payback.iloc[1:], "elsewhere": a.payback.assign(days=500.0)},
    ),
    _question(
        "06.7",
        "k_table",
        lambda: say(
            zh="先留下 last_sent 以前发出的，再 groupby('channel')：inviter_id 的 nunique、accepted_at 的 count，还有天数的 mean。k 是后一个除以前一个。",
            en="Keep those sent up to last_sent, then groupby('channel'): nunique of inviter_id, count of accepted_at, and the mean of the days. k is the second over the first.",
        ),
        read=_table("k_table", "channel", ["k", "cycle_days"], lambda a: a.k_table["channel"]),
        reference=lambda a: a.k_table,
        same=_alike(k=1e-6, cycle_days=1e-4),
        slips=_k_slips,
        praise=_k_praise,
        off=_k_off,
        odd=lambda a: {
            "time spans": a.k_table.assign(cycle_days=pd.to_timedelta(a.k_table["cycle_days"], unit="D")),
            "k from nowhere": a.k_table.assign(k=0.5),
            "days from nowhere": a.k_table.assign(cycle_days=1.0),
        },
    ),
)


def memo_fields() -> dict:
    """Prompts of the decision memo, by field name."""
    return {
        "channel": say(
            zh="钱先加给哪个渠道，加多少；看哪个数决定要不要再加",
            en="Which channel gets more, how much, and which number decides whether it gets the rest",
        ),
        "activation": say(
            zh="激活怎么推：给谁，留多少人不给（空白组）",
            en="How you will raise activation: for whom, and how many you hold out",
        ),
        "retention": say(zh="哪一批人要补救，做什么", en="Which cohort you make it up to, and how"),
        "referral": say(
            zh="邀请：先在哪里试，怎么挑试点", en="Invitations: where you try first, and how you pick the groups"
        ),
        "unknown": say(
            zh="哪个数还下不了结论，要再等多久", en="Which number is still too uncertain, and how long you will wait"
        ),
        "stop": say(
            zh="哪一天看结果；看到什么就停", en="The day you will look at the results, and what would make you stop"
        ),
    }


def memo_title():
    """Title of the memo's page."""
    return say(zh="下个月的增长：决策备忘录", en="Growth next month: a decision memo")
