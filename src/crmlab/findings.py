"""The sentences of the member-health report, every number in them computed from a `crmlab.health.Health`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

import pandas as pd

from crmlab import rfm, sales
from crmlab.health import QUARTER, SMALL, YEAR, Health, largest_move, monday, movers
from crmlab.language import Said, label, say
from crmlab.sales import yuan
from crmlab.text import plain


def headline(h: Health) -> Said:
    """What the report covers: store, days, customers, orders, money, reference day; first of all what it cannot cover."""
    store = f"{plain(h.parameters['store'])} · " if h.parameters["store"] else ""
    if not h.by_customer:
        return Said(f"**{plain(h.missing)}**\n\n{store}{sales.headline(h)}")
    n, orders, money = len(h.scored), len(h.counted), yuan(h.scored["monetary"].sum())
    return say(
        zh=f"{store}{n:,} 位客户，{orders:,} 笔算数的订单，共付 {money}。订单从 {h.first_day:%Y-%m-%d} 到 "
        f"{h.as_of:%Y-%m-%d}，天数都数到 **{h.as_of:%Y-%m-%d}** 这一天。",
        en=f"{store}{n:,} customers, {orders:,} counted orders, {money} kept. Orders run from "
        f"{h.first_day:%Y-%m-%d} to {h.as_of:%Y-%m-%d}; days are counted up to **{h.as_of:%Y-%m-%d}**.",
    )


def findings(h: Health) -> list[str]:
    """Three findings in yuan: who brings the money, whose money has gone quiet, how the last quarter went.

    Of orders alone: `crmlab.sales.findings`.
    """
    if not h.by_customer:
        return sales.findings(h)
    return [_concentration(h), _quiet(h), _last_quarter(h) if h.history >= 2 * QUARTER else _one_timers(h)]


def _concentration(h: Health) -> str:
    money = h.scored["monetary"].sort_values(ascending=False)
    n, total = len(money), money.sum()
    if n < 10 or total <= 0:
        return say(
            zh=f"一共只有 {n} 位客户，合计 {yuan(total)}。人太少，分不出谁是大客户。",
            en=f"Customers: {n}, with {yuan(total)} in all. That is too few to speak of a top group.",
        )
    top = -(-n // 5)
    best, rest = money.iloc[:top].sum(), money.iloc[n - n // 2 :].sum()
    return say(
        zh=f"前 20% 的客户（{top:,} 位）付了 **{yuan(best)}**，占全部的 {best / total:.0%}。花得最少的那一半客户，"
        f"合起来付了 {yuan(rest)}。",
        en=f"The top 20% of customers ({top:,}) paid **{yuan(best)}**, {best / total:.0%} of everything. The half "
        f"that spends least paid {yuan(rest)} between them.",
    )


def _quiet(h: Health) -> str:
    quiet = h.scored[h.scored["code"].isin(["R0F1M1", "R0F0M1"])]
    if quiet.empty:
        return say(
            zh="按这次的线，累计付得多的客户最近都来过，没有哪位大客户停了下来。",
            en="By this report's lines every big spender has bought recently; none has gone quiet.",
        )
    money, share = quiet["monetary"].sum(), quiet["monetary"].sum() / h.scored["monetary"].sum()
    return say(
        zh=f"有 {len(quiet):,} 位大客户最近没来。他们一共付过 **{yuan(money)}**，占全部的 {share:.0%}；"
        f"其中一半的人，已经有 {quiet['recency'].median():,.0f} 天以上没下单。",
        en=f"Big spenders who have gone quiet: {len(quiet):,}. They have paid **{yuan(money)}** so far, {share:.0%} of "
        f"everything; half of them last ordered {quiet['recency'].median():,.0f} days ago or earlier.",
    )


def _last_quarter(h: Health) -> str:
    back = YEAR if h.history >= YEAR + QUARTER else QUARTER
    now, then = h.money_between(QUARTER), h.money_between(back + QUARTER, back)
    new = h.scored.loc[h.scored["first_paid"].dt.normalize() > h.as_of - pd.Timedelta(days=QUARTER), "customer_id"]
    money, change = now["amount"].sum(), now["amount"].sum() - then["amount"].sum()
    fresh = now.loc[now["customer_id"].isin(new), "amount"].sum()
    part = f"{abs(change) / then['amount'].sum():.0%}" if len(then) else "—"
    zh_then, en_then = (
        ("去年同期", "the same days a year ago") if back == YEAR else ("再往前 91 天", "the 91 days before")
    )
    return say(
        zh=f"最近 {QUARTER} 天收入 **{yuan(money)}**，比{zh_then}{'多' if change >= 0 else '少'}了 "
        f"{yuan(abs(change))}（{part}）。新客户付了 {yuan(fresh)}，老客户付了 {yuan(money - fresh)}。",
        en=f"The last {QUARTER} days brought **{yuan(money)}**, {yuan(abs(change))} ({part}) "
        f"{'more' if change >= 0 else 'less'} than {en_then}. New customers paid {yuan(fresh)}, existing ones "
        f"{yuan(money - fresh)}.",
    )


def _one_timers(h: Health) -> str:
    once = h.scored[h.scored["frequency"] == 1]
    more = h.scored[h.scored["frequency"] > 1]
    n, total = len(h.scored), h.scored["monetary"].sum()
    if more.empty:
        return say(
            zh=f"{n:,} 位客户都只买过一次，合计 **{yuan(total)}**。第二单还没有发生。",
            en=f"No customer has bought a second time yet. Customers: {n:,}, with **{yuan(total)}** in all.",
        )
    return say(
        zh=f"{len(once):,} 位客户（{len(once) / n:.0%}）只买过一次，一共付了 **{yuan(once['monetary'].sum())}**；"
        f"买过两次以上的 {len(more):,} 位付了 {yuan(more['monetary'].sum())}。",
        en=f"{len(once):,} customers ({len(once) / n:.0%}) bought once and paid **{yuan(once['monetary'].sum())}**; "
        f"the {len(more):,} who came back paid {yuan(more['monetary'].sum())}.",
    )


def monday_lines(h: Health) -> list[str]:
    """One sentence a class of `crmlab.health.monday`: who, how many, what is at stake, what to do."""
    lines = []
    for row in monday(h).itertuples():
        name, action, year = rfm.class_name(row.code), rfm.action(row.code), yuan(row.year)
        stake = likely = ""
        if not pd.isna(row.low):
            stake = say(zh=f"，悬着的有 {yuan(row.at_stake)}", en=f"; {yuan(row.at_stake)} of it is at stake")
            likely = say(
                zh=f"照上一季看，不去管，{QUARTER} 天里有 {row.low:.0%} 到 {row.high:.0%} 的人自己会再买。",
                en=f"Going by last quarter, {row.low:.0%} to {row.high:.0%} of them buy again within {QUARTER} days unasked. ",
            )
        # in Chinese the closing stars must not stand between a full stop and a character: Markdown would show them
        lines.append(
            say(
                zh=f"**{name}，{row.customers:,} 位，一年付 {year}{stake}**。{likely}{action}。",
                en=f"**{name}: {row.customers:,} customers who paid {year} in a year{stake}.** {likely}{action}.",
            )
        )
    return lines or [say(zh="没有哪一类值得单独安排。", en="No class calls for a plan of its own.")]


def unknowns(h: Health) -> Iterator[str]:
    """What this report cannot tell, each with its size."""
    orders, counted = h.orders, h.counted if h.by_customer else h.sold
    nobody = h.sold[h.sold["customer_id"].isna()] if h.by_customer else h.sold[:0]
    if len(h.imported.set_aside):
        yield say(
            zh=f"有 {len(h.imported.set_aside):,} 行没读进来，原因逐行写在 set_aside.csv；它们的钱不在上面的数里。",
            en=f"Rows set aside: {len(h.imported.set_aside):,}, each with its reason in set_aside.csv. Their money "
            "is not in the figures above.",
        )
    if len(nobody):
        yield say(
            zh=f"有 {len(nobody):,} 笔订单（{yuan(nobody['amount'].sum())}）没写是谁买的，归不到任何客户。",
            en=f"Orders that do not say who bought: {len(nobody):,} ({yuan(nobody['amount'].sum())}). They belong to "
            "no customer here.",
        )
    if not_counted := len(orders) - len(counted) - len(nobody):
        yield say(
            zh=f"有 {not_counted:,} 笔没付款、全额退款、已关闭或金额为零，不算一次购买。",
            en=f"Orders unpaid, closed, fully refunded or of zero amount: {not_counted:,}. They do not count as "
            "purchases.",
        )
    if not h.by_customer:
        yield from sales.unknowns()
        return
    sizes = h.scored["code"].value_counts()
    if small := [rfm.class_name(code) for code in rfm.CLASSES if 0 < sizes.get(code, 0) < SMALL]:
        yield say(
            zh=f"{'、'.join(small)}不到 {SMALL} 位，样本太小，还下不了结论。",
            en=f"Fewer than {SMALL} customers in {', '.join(small)}: too few to tell.",
        )
    if h.scored["frequency"].median() == 1:
        line = h.cuts["lines"]["frequency"]
        yield say(
            zh="一半以上的客户只买过一次，F 分不细；"
            + (f"这次从第 {line:,.4g} 次起才算买得勤。" if line else "这次没有人算买得勤。"),
            en="At least half of the customers bought only once, so F tells little; "
            + (f"here 'often' begins at {line:,.4g} purchases." if line else "here nobody counts as buying often."),
        )
    if h.before is None:
        yield say(
            zh=f"记录只有 {h.history} 天，不满 {2 * QUARTER} 天，看不出谁在换类，也说不准谁会自己回来。",
            en=f"The record covers {h.history} days, fewer than {2 * QUARTER}: too short to see who moves "
            "between classes or who comes back unasked.",
        )
    if (r_line := _r_line(h)) and r_line[1]:
        yield r_line[0]
    yield say(
        zh="订单里只看得出谁没来，看不出为什么：用不上了，换了牌子，还是换了账号在买，要问才知道。",
        en="Orders show who stopped, not why: no more need, another brand, or the same person under another "
        "account. You have to ask.",
    )
    yield _contact(h)


def _contact(h: Health) -> Said:
    if h.members is None:
        return say(
            zh="文件里没有成本，所以这里说的都是收入，不是利润；也没有谁同意接收消息，所以 segments.csv "
            "还不是可以直接群发的名单。",
            en="The file holds no costs, so this is revenue, not profit; nor does it say who agreed to be "
            "contacted, so segments.csv is not yet a mailing list.",
        )
    counts = h.members.report["consent"]
    return say(
        zh="文件里没有成本，所以这里说的都是收入，不是利润。客户名单里，"
        + "；".join(f"{label('channel_' + c)}营销同意 {n['yes']:,} 位、不详 {n['unknown']:,} 位" for c, n in counts.items())
        + "。不详的不在 contacts.csv 上。",
        en="The file holds no costs, so this is revenue, not profit. In the member list, "
        + "; ".join(f"{n['yes']:,} agreed to marketing by {label('channel_' + c)} and {n['unknown']:,} are unknown" for c, n in counts.items())
        + ". Those unknown are not on contacts.csv.",
    )  # fmt: skip


def _r_line(h: Health) -> tuple[str, bool] | None:
    """The R line beside the days within which nine in ten repeat purchases came, and whether it is over twice as far."""
    line, orders = h.cuts["lines"]["recency"], h.counted.sort_values("paid_at")
    gaps = orders["paid_at"].dt.normalize().groupby(orders["customer_id"]).diff().dt.days
    gaps = gaps[gaps > 0]  # two orders of one day are one visit
    if line is None or gaps.empty:
        return None
    usual = math.ceil(gaps.quantile(0.9))
    said = say(
        zh=f"R 高的线在 {line:,.10g} 天；十次回头购买有九次不超过 {usual} 天。",
        en=f"High R reaches to {line:,.10g} days; nine repeat purchases in ten came within {usual}.",
    )
    if line <= 2 * usual:
        return said, False
    fifths = rfm.score(h.scored, "quintile").attrs["cuts"]["lines"]["recency"]
    other = say(
        zh=f"，或用 `--rule quintile`（线在 {fifths} 天）", en=f", or `--rule quintile` (line at {fifths} days)"
    )
    other = other if fifths < line else ""
    advice = say(
        zh="等一位客户越过这条线，已经走了很久。要早些看见，用 `--rule business`，在 `--cuts` 里把 R 线定在 "
        f"{usual} 天上下{other}。",
        en=" A customer who crosses that line has been gone for long. To see it earlier, use `--rule business` with an R "
        f"line near {usual} days in `--cuts`{other}.",
    )
    return said + advice, True


def listed(lines: Iterable[str], numbered: bool = False) -> Said:
    """Sentences as one list, for the last line of a cell."""
    return Said("\n".join(f"{i}. {line}" if numbered else f"- {line}" for i, line in enumerate(lines, 1)))


def left_out(h: Health) -> Said | None:
    """Why the sections that look a quarter back are left out; nothing where all sections on customers are."""
    if not h.by_customer:
        return None
    return say(
        zh=f"这一节略去：记录只有 {h.history} 天，要满 {2 * QUARTER} 天才能和 {QUARTER} 天前比。",
        en=f"Left out: the record covers {h.history} days; a look back over {QUARTER} days needs {2 * QUARTER}.",
    )


def moved(h: Health) -> Said | None:
    """How many customers changed class within the quarter, and the move that carries most money."""
    if h.before is None:
        return left_out(h)
    pair, most = movers(h), largest_move(h)
    changed = pair[pair["code_before"] != pair["code"]]
    if most is None:
        return say(zh=f"{QUARTER} 天里没有人换类。", en=f"Nobody changed class within {QUARTER} days.")
    start, end = (rfm.class_name(code) for code in most)
    flow = changed[(changed["code_before"] == most[0]) & (changed["code"] == most[1])]
    return say(
        zh=f"{QUARTER} 天里有 {len(changed):,} 位换了类（{len(changed) / len(pair):.0%}）。钱最多的一股，"
        f"是从{start}到{end}的 {len(flow):,} 位，"
        f"他们一共付过 {yuan(flow['monetary'].sum())}。",
        en=f"Customers who changed class within {QUARTER} days: {len(changed):,} ({len(changed) / len(pair):.0%}). The "
        "move that carries most money is from "
        f"{start} to {end} (customers: {len(flow):,}, who have paid {yuan(flow['monetary'].sum())} so far).",
    )


def definitions(h: Health) -> list[str]:
    """How everything in the report was counted."""
    if not h.by_customer:
        return sales.definitions()
    rule = {
        "mean": say(zh="比平均数好才算高", en="high means better than the mean"),
        "median": say(zh="比中位数好才算高", en="high means better than the median"),
        "business": say(zh="线由业务定", en="the lines are set by the business"),
        "quintile": say(zh="排在前两个五分之一才算高", en="high means one of the two best fifths"),
    }[h.rule]
    reused = bool(h.parameters["cuts_file"])
    r_line = _r_line(h)
    return [
        say(
            zh=f"参考日 {h.as_of:%Y-%m-%d}。R 是最近一笔算数的订单那天到参考日的整天数，分数反过来：5 分是最近来过。",
            en=f"Reference day {h.as_of:%Y-%m-%d}. R is whole days since the last paid order that counts; its score "
            "is turned round, so 5 means most recent.",
        ),
        say(
            zh="算数的订单：已付款、已发货、已完成、部分退款或售后处理中，并且店里留下了钱。留下的钱 = 原价 − 优惠 "
            "− 退款。F 数这样的订单，M 加这样的钱，都从头算起。",
            en="An order counts if it is paid, shipped, completed, part-refunded or in dispute, and the shop kept "
            "money from it: gross − discount − refund. F counts these orders and M adds their money, over the "
            "whole record.",
        ),
        say(
            zh=f"八类的线：{label(f'rule_{h.rule}')}，{rule}。" + ("切点沿用给定的文件。" if reused else ""),
            en=f"Lines of the eight classes: {label(f'rule_{h.rule}')}; {rule}."
            + (" The cuts (where each score and class begins) are those of the file given." if reused else ""),
        ),
        *([r_line[0]] if r_line and not r_line[1] else []),
        say(
            zh="1 到 5 分按五等分，数值相同的人分数相同，所以有的分数可能没有人。",
            en="Scores 1 to 5 are fifths; equal values get equal scores, so a score can stay empty.",
        ),
        say(
            zh="类别代码 R1F0M1 读作：R 高、F 低、M 高。别处同一代码可能叫别的名字，以代码为准。",
            en="Code R1F0M1 reads: R high, F low, M high. Elsewhere the same code may carry another name; go by the "
            "code.",
        ),
    ]


def reading(h: Health) -> Said:
    """The import report in words; the file's own words cannot become links or pictures."""
    return Said(re.sub(r"([\[\]!`|]|:(?=//))", r"\\\1", h.imported.summary()))


def too_few(h: Health) -> Said | None:
    """Why concentration is not drawn; nothing where all sections on customers are left out."""
    if not h.by_customer:
        return None
    return say(zh=f"只有 {len(h.scored)} 位客户，画不出集中度。", en=f"Too few customers to draw: {len(h.scored)}.")
