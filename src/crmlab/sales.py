"""Sales without customers: orders by time, channel and store, and what can be said of a file that does not tell who bought.

Everything takes the `crmlab.health.Health` of a report; money is in yuan.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from crmlab.figures import short_yuan
from crmlab.language import Said, label, say
from crmlab.text import plain


def yuan(value: float) -> str:
    """Money for a sentence: four figures are enough for a decision."""
    return short_yuan(float(f"{value:.4g}") if abs(value) >= 10_000 else round(value))


def _sums(groups) -> pd.DataFrame:
    return groups.agg(
        orders=("amount", "size"), gross=("gross", "sum"), refund=("refund", "sum"), amount=("amount", "sum")
    ).round(2)


def periods_table(h) -> pd.DataFrame | None:
    """Paid orders by calendar month, or by week (its Monday) where the file has fewer than three months; None without times.

    Columns period, orders, gross, refund, amount (yuan), whole: whether the file covers the period from end to end.
    """
    days = h.paid["paid_at"].dropna().dt.normalize()
    if days.empty:
        return None
    weekly = days.dt.to_period("M").nunique() < 3
    period = days.dt.to_period("W-SUN" if weekly else "M")
    table = _sums(h.paid.loc[days.index].groupby(period.rename("period"))).reset_index()
    first, last = days.min(), h.as_of or days.max()
    whole = (table["period"].dt.start_time >= first) & (table["period"].dt.end_time.dt.normalize() <= last)
    named = table["period"].dt.start_time.dt.strftime("%Y-%m-%d") if weekly else table["period"].astype("str")
    return table.assign(period=named, whole=whole)


def groups_table(h, column: str) -> pd.DataFrame | None:
    """Paid orders by channel or store, most money first: orders, gross, refund, amount (yuan), share of amount (0..1).

    None where the file does not have the column, or only one value in it.
    """
    if column not in h.paid or h.paid[column].nunique() < 2:
        return None
    table = _sums(h.paid.groupby(column)).reset_index()
    total = table["amount"].sum()
    table["share"] = table["amount"] / total if total > 0 else 0.0
    return table.sort_values(["amount", column], ascending=[False, True], ignore_index=True)


def headline(h) -> Said:
    """Orders, paid ones, money kept, and the days they were paid."""
    n, paid, money = len(h.orders), len(h.paid), yuan(h.paid["amount"].sum())
    days = h.paid["paid_at"].dropna()
    zh, en = "付款时间不详。", "When they were paid is not known."
    if len(days):
        zh = f"付款从 {days.min():%Y-%m-%d} 到 {days.max():%Y-%m-%d}。"
        en = f"They were paid from {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}."
    return say(
        zh=f"{n:,} 笔订单，付过款的 {paid:,} 笔，店里留下 {money}。{zh}",
        en=f"Orders: {n:,}, of them paid {paid:,}, with {money} kept. {en}",
    )


def findings(h) -> list[str]:
    """What came in and went back, what was never paid, the best and the weakest month, where the money is."""
    return [line for line in (_money_back(h), _never_paid(h), _best_period(h), *_where(h)) if line]


def _money_back(h) -> str:
    gross, refund, kept = (h.paid[column].sum() for column in ("gross", "refund", "amount"))
    whole = int(h.paid["amount"].eq(0).mul(h.paid["refund"].gt(0)).sum())
    if not refund > 0:
        return say(
            zh=f"{len(h.paid):,} 笔付过款的订单，原价 **{yuan(gross)}**，店里留下 {yuan(kept)}；文件里没有退款。",
            en=f"The {len(h.paid):,} paid orders were worth **{yuan(gross)}** gross, and {yuan(kept)} was kept. The file "
            "holds no refund.",
        )
    return say(
        zh=f"{len(h.paid):,} 笔付过款的订单，原价 **{yuan(gross)}**，退回 **{yuan(refund)}**（{refund / gross:.0%}），"
        f"店里留下 {yuan(kept)}；其中 {whole:,} 笔全退了。",
        en=f"The {len(h.paid):,} paid orders were worth **{yuan(gross)}** gross; **{yuan(refund)}** ({refund / gross:.0%}) "
        f"went back and {yuan(kept)} was kept. Orders refunded in full: {whole:,}.",
    )


def _never_paid(h) -> str:
    lost = h.orders[h.orders["status"].isin(["unpaid", "closed"])]
    if lost.empty:
        return ""
    return say(
        zh=f"{len(lost):,} 笔没有付款就结束了（{len(lost) / len(h.orders):.0%}），原价 {yuan(lost['gross'].sum())}。",
        en=f"Orders that ended without payment: {len(lost):,} ({len(lost) / len(h.orders):.0%}), {yuan(lost['gross'].sum())} "
        "gross.",
    )


def _best_period(h) -> str:
    table = periods_table(h)
    table = table[table["whole"]] if table is not None else None
    if table is None or len(table) < 2:
        return ""
    best, least = table.loc[table["amount"].idxmax()], table.loc[table["amount"].idxmin()]
    zh, en = ("这一周", "the week of ") if len(best["period"]) == 10 else ("", "")
    return say(
        zh=f"收入最多的是 {best['period']} {zh}，**{yuan(best['amount'])}**；最少的是 {least['period']} {zh}，"
        f"{yuan(least['amount'])}。首尾不完整的不比。",
        en=f"Most money came in {en}{best['period']}, **{yuan(best['amount'])}**; least in {en}{least['period']}, "
        f"{yuan(least['amount'])}. Periods the file covers in part are left out.",
    )


def _where(h) -> Iterator[str]:
    for column in ("channel", "store_id"):
        table = groups_table(h, column)
        if table is not None:
            top = table.iloc[0]
            yield say(
                zh=f"{label(column)}里收入最多的是{plain(top[column])}，{yuan(top['amount'])}，占 {top['share']:.0%}。",
                en=f"The {label(column)} with most money is {plain(top[column])}: {yuan(top['amount'])}, "
                f"{top['share']:.0%} of all.",
            )


def unknowns() -> Iterator[str]:
    """What orders alone cannot tell."""
    yield say(
        zh="不知道谁买的，所以说不了有多少位客户、谁回来买过、谁走了：同一个人买十次，和十个人各买一次，在这里是一样的。",
        en="It is not known who bought, so nothing can be said of how many customers there are, who came back and who "
        "left: one person buying ten times looks the same here as ten people buying once.",
    )
    yield say(
        zh="文件里没有成本，所以这里说的都是收入，不是利润。",
        en="The file holds no costs, so this is revenue, not profit.",
    )


def definitions() -> list[str]:
    """How the figures on orders were counted."""
    return [
        say(
            zh="付过款的订单：已付款、已发货、已完成、售后处理中、部分退款和全额退款的，按付款时间归到月或周。",
            en="A paid order is paid, shipped, completed, in dispute, part-refunded or refunded in full; it belongs to the "
            "month or week of its payment.",
        ),
        say(zh="店里留下的钱 = 原价 − 优惠 − 退款。", en="Money kept = gross − discount − refund."),
    ]
