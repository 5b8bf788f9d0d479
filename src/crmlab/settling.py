"""From rows to orders: what the shop keeps of each, what became of it, each order once; the rest is set aside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import cleaning, shapes
from crmlab.cleaning import exports, plain
from crmlab.import_report import note
from crmlab.keys import choose_customer
from crmlab.tables import mask

MONEY = ("gross", "discount", "refund", "amount")
# What the reader makes of each field of exports.toml: cents, numbers, times, ids with a look for damage, text
MONEY_FIELDS = (*MONEY, "freight", "discount_2", "discount_3")
NUMBER_FIELDS = ("items", "unit_price", "kinds")
DATE_FIELDS = ("paid_at", "created_at")
ID_FIELDS = ("order_id", "customer_id", "line_id")
TEXT_FIELDS = ("channel", "store_id", "phone", "email", "nickname", "status", "after_sale", "item", "note") + (
    "close_reason", "gift", "currency",
)  # fmt: skip
CORE = ("order_id", "customer_id", "paid_at", *MONEY, "status")
OPTIONAL = ("channel", "store_id", "phone", "items")
CENT = 0.006  # two amounts closer than this are the same to the cent


class Aside:
    """Rows set aside so far, each once, with the reason met first: file, row, reason, column, value."""

    def __init__(self) -> None:
        self.parts = [pd.DataFrame({"file": [], "row": [], "reason": [], "column": [], "value": []}, dtype="str")]

    def put(self, frame: pd.DataFrame, rows: pd.Series, reason: str, column: str, value: pd.Series) -> pd.DataFrame:
        """Set `rows` (a mask) of `frame` aside and return the rest. Text is masked; amounts and times stand as they are."""
        if not rows.any():
            return frame  # millions of rows are not copied for nothing
        shown = value.loc[rows.index[rows]]
        if shown.dtype.kind not in "fM":
            shown = shown.map(lambda cell: mask(str(cell)[:60]), na_action="ignore").astype("object").fillna("")
        gone = frame.loc[rows, ["_file", "_row"]].set_axis(["file", "row"], axis=1)
        self.parts.append(gone.assign(reason=reason, column=column, value=shown.astype("str")))
        return frame[~rows]

    def table(self) -> pd.DataFrame:
        table = pd.concat(self.parts, ignore_index=True).astype({"row": int})
        return table.sort_values(["file", "row"], ignore_index=True)


def settle(
    frame: pd.DataFrame,
    given,
    has_pay_column: bool,
    file: str,
    rules: dict,
    aside: Aside,
    report: dict,
    platform: dict | None = None,
) -> pd.DataFrame:
    """One file's typed rows as orders: gross, discount, refund, amount, status, order_id, customer_id, one row an order.

    `given` = the fields that the file has; `platform` = :func:`crmlab.shapes.platform_of`, {} if none. A paid column that
    is still before refunds gets them taken off; one that is net already is left alone (:func:`paid_column`). Rows whose
    amount is missing or below its refund go to `aside`; rows merged into an order are counted in ``report["folded"]``.
    """
    platform = platform or {}
    if platform.get("day_in_order_id") and not frame["paid_at"].notna().any():
        has_pay_column = False  # a column of blanks says nobody's pay time, not that nobody paid
    given = shapes.compute(frame, given, platform, rules, report)
    _to_shop_clock(frame, platform, rules)
    frame = shapes.leave_out(frame, platform, rules, aside, report)
    frame, shape = shapes.fold(frame, platform, aside, report)
    if platform:
        entry = {key: platform[key] for key in ("key", "zh", "en", "by") if key in platform}
        report["files"][-1]["platform"] = entry | {"rows": shape}
    frame = _settle_rows(frame, given, has_pay_column, file, rules, aside, report, platform)
    if shape == "sum":
        frame = shapes.total(frame, report)
    frame["_detail"] = platform.get("detail", False)
    _say_currencies(frame, file, report)
    return _name_orders(choose_customer(frame, given, platform, report))


def _to_shop_clock(frame: pd.DataFrame, platform: dict, rules: dict) -> None:
    """Times without an offset that an export writes on another clock, moved to the shop's (in place)."""
    zone = rules.get("timezone") or exports()["dates"]["zone"]
    for field in DATE_FIELDS:
        if "clock" in platform and field in frame:
            there = frame[field].dt.tz_localize(platform["clock"], ambiguous=True, nonexistent="shift_forward")
            frame[field] = there.dt.tz_convert(zone).dt.tz_localize(None)


def _day_from_order_id(frame: pd.DataFrame, file: str, platform: dict, report: dict) -> None:
    """The day in the order's number, where a paid order has no time (in place)."""
    todo = frame["paid_at"].isna() & ~frame["_unpaid"] & frame["order_id"].notna()
    if "day_in_order_id" in platform and todo.any():
        digits = frame.loc[todo, "order_id"].str.extract(r"^(\d{6})-", expand=False)
        days = pd.to_datetime(digits, format=platform["day_in_order_id"], errors="coerce").astype("datetime64[us]")
        frame.loc[todo, "paid_at"] = days
        note(
            report,
            zh=f"{file} 有 {days.notna().sum():,} 单没有时间，日期取自订单号开头的六位数字。",
            en=f"{file}: orders without a time, whose day is taken from the first six digits of the order number: "
            f"{days.notna().sum():,}.",
        )


def _say_currencies(frame: pd.DataFrame, file: str, report: dict) -> None:
    if "currency" in frame and frame["currency"].str.upper().nunique() > 1:
        counts = frame["currency"].str.upper().value_counts().head(5)
        zh = "、".join(f"{word} {n:,} 单" for word, n in counts.items())
        en = ", ".join(f"{word} {n:,}" for word, n in counts.items())
        note(
            report,
            zh=f"{file} 里有几种货币（{zh}），金额没有换算就加在了一起：请按货币分成几个文件再导入。",
            en=f"{file} holds several currencies ({en}), and their amounts are added without conversion: "
            "import one currency at a time.",
        )


def _settle_rows(frame, given, has_pay_column, file, rules, aside, report, platform) -> pd.DataFrame:
    """Money and status of each row by itself."""
    for field in ("refund", "discount"):  # some exports write them with a minus
        frame[field] = frame[field].abs().fillna(0.0) if field in given else 0.0
    frame["status"] = _status(frame, given, has_pay_column, report, platform)
    frame["_unpaid"] = frame["status"].isin(("unpaid", "closed"))
    _day_from_order_id(frame, file, platform, report)
    main = "amount" if "amount" in given else "gross"
    header = report["columns"][main]["header"]
    frame = aside.put(frame, frame[main].isna() & ~frame["_unpaid"], "amount_missing", header, frame[main])
    # A negative amount is the refund itself: a refund column beside it says the same again.
    bare = frame["gross"].fillna(0.0) <= 0 if "gross" in given else True
    frame["refund"] = frame["refund"].mask((frame[main] < 0) & bare, 0.0)
    unpaid = frame["_unpaid"]
    if main == "amount":
        net, decision = paid_column(frame[~unpaid], given, header, rules, platform)
        report["paid_column"].append({"file": file, **decision})
        kept = frame["amount"] if net else frame["amount"] - frame["refund"]
        total = kept.fillna(0.0) + frame["refund"] + frame["discount"]
        gross = frame["gross"].fillna(total) if "gross" in given else total
    else:
        gross = frame["gross"].fillna(0.0)
        kept = gross - frame["discount"] - frame["refund"]
    # The status word says the money went back, no column says how much: all of it.
    word_only = frame["status"].eq("refunded") & frame["refund"].eq(0) & (kept > 0)
    frame["refund"] = frame["refund"].where(~word_only, kept)
    if word_only.any():
        n, money = int(word_only.sum()), float(kept[word_only].sum())
        note(
            report,
            zh=f"{file} 有 {n:,} 行的状态说已退款，但没有退款金额：按全额退款记（{money:,.2f}）。",
            en=f"{file}: rows whose status says refunded while no column says how much: {n:,}, taken as refunded in full "
            f"({money:,.2f}).",
        )
    kept = kept.where(~word_only & ~unpaid, 0.0)
    if "refund" not in given and "gross" in given:  # ... and a net column says that nothing was left
        gone = frame["status"].eq("refunded") & kept.eq(0) & frame["refund"].eq(0) & ~unpaid
        frame["refund"] = frame["refund"].mask(gone, (gross - frame["discount"]).clip(lower=0.0))
    frame["gross"], frame["amount"] = gross.round(2), kept.round(2)
    too_much = ~unpaid & (frame["refund"] > 0) & ((kept < -CENT) | (frame["refund"] > gross + CENT))
    refund_header = report["columns"].get("refund", {}).get("header", "")
    frame = aside.put(frame, too_much, "refund_exceeds_amount", refund_header, frame["refund"])

    unpaid, stated = frame["_unpaid"], frame["discount"]
    rest = (frame["gross"] - frame["refund"] - frame["amount"]).round(2)
    # Paid more than the goods cost (postage, tax): gross is raised, so that the sum holds.
    raised = ~unpaid & (rest < 0)
    frame["gross"] = frame["gross"].where(~raised, frame["amount"] + frame["refund"]).round(2)
    frame["discount"] = stated.where(unpaid, rest.clip(lower=0.0)).round(2)
    if raised.any():
        note(
            report,
            zh=f"{file} 有 {raised.sum():,} 单实付加退款高于原价（多半是邮费），原价按实付加退款记。",
            en=f"{file}: {raised.sum():,} orders were paid above their price (postage, most likely); "
            "their gross is what was paid.",
        )
    wrong = ~unpaid & ~raised & ((rest - stated).abs() > CENT)
    if {"gross", "discount", "amount"} <= set(given) and wrong.any():
        n, row = wrong.sum(), frame["_row"][wrong].iloc[0]
        note(
            report,
            zh=f"{file} 有 {n:,} 单，原价减优惠减退款不等于实收（如第 {row} 行）：以实收为准，优惠按差额记。",
            en=f"{file}: in {n:,} orders gross, discount and refund do not add up to what was paid "
            f"(row {row}, for one): what was paid stands, the discount is the difference.",
        )
    back = ~unpaid & (frame["refund"] > 0)
    settled = back & ~frame["status"].eq("disputed")
    frame.loc[settled & (frame["amount"] > 0), "status"] = "part_refunded"
    frame.loc[back & (frame["amount"] <= 0) | (frame["amount"] < 0), "status"] = "refunded"
    return frame


def _status(frame: pd.DataFrame, given, has_pay_column: bool, report: dict, platform: dict) -> pd.Series:
    """What the words say; where they say nothing, whether there is a pay time. Unknown words go to the report."""
    nothing = pd.Series(pd.NA, index=frame.index, dtype="str")
    word, after = (frame[field] if field in given else nothing for field in ("status", "after_sale"))
    paid = frame["paid_at"].notna()
    status, unknown = cleaning.statuses(word, after, paid & has_pay_column, platform.get("status", ()))
    for each, n in word[unknown].value_counts().head(20).items():
        # a word met once, or one with a digit, may be a note about somebody
        shown = each if n > 1 and not any(map(str.isdigit, each)) else mask(each)
        seen = report.setdefault("unknown_status", {})
        seen[shown[:30]] = seen.get(shown[:30], 0) + int(n)
    return status.fillna((paid | (not has_pay_column)).map({True: "paid", False: "unpaid"}))


def _name_orders(frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows without a usable order id one of their own (#file-row)."""
    frame["_named"] = frame["order_id"].notna() & ~frame["_damaged_order_id"]
    bare = frame[~frame["_named"]]
    frame["order_id"] = frame["order_id"].astype("str")
    frame.loc[bare.index, "order_id"] = "#" + bare["_number"].astype("str") + "-" + bare["_row"].astype("str")
    return frame


def paid_column(frame: pd.DataFrame, given, header: str, rules: dict, platform: dict) -> tuple[bool, dict]:
    """Is the paid column already net of refunds? Asked of the rows with a refund, one by one.

    Total - discount - refund = paid speaks for net, total - discount = paid against. Where the discount is not known:
    paid < refund can only be net; paid = refund (a full refund) or paid + refund > total only before refunds.
    The majority decides; ``paid_is_net`` of the mapping goes before it. Without evidence the platform's or the header's
    word in ``exports.toml`` stands, else the refund is taken off.
    """
    rows = frame[(frame["refund"] > 0) & frame["amount"].notna()]
    paid, refund = rows["amount"], rows["refund"]
    gross = rows["gross"] if "gross" in given else pd.Series(float("nan"), index=rows.index)
    due = gross - rows["discount"]
    is_net = (due - refund - paid).abs() < CENT
    is_before = (due - paid).abs() < CENT
    weak_net = ~is_before & (paid < refund - CENT)
    weak_before = ~is_net & (((paid - refund).abs() < CENT) | (paid + refund > gross + CENT))
    votes_net = int((is_net | (weak_net & ~weak_before)).sum())
    votes_before = int((is_before | (weak_before & ~weak_net)).sum())
    usual = plain(header) in {plain(each) for each in exports()["paid_column"]["net_of_refunds"]}
    expected = platform.get("net", usual)
    if "paid_is_net" in rules:
        net, basis = rules["paid_is_net"], "mapping"
    elif votes_net != votes_before:
        net, basis = votes_net > votes_before, "data"
    else:
        net, basis = expected, "maker" if expected or "net" in platform else "default"
    return net, {
        "header": header,
        "net_of_refunds": net,
        "basis": basis if len(rows) else "no_refunds",
        "rows_with_refund": len(rows),
        "speak_for_net": votes_net,
        "speak_for_before": votes_before,
    }


def drop_future(orders: pd.DataFrame, rules: dict, aside: Aside, report: dict) -> pd.DataFrame:
    """Dates that cannot have happened yet, judged by the mapping's ``latest`` or by the file itself.

    No clock is asked, so that a file gives the same result on every day and machine. Without ``latest``: at most 1 %
    of the orders (or 3) that come after a gap of at least 180 days and ten times the largest gap before it; with fewer
    than 20 dated orders only after a gap of ten years.
    """
    paid_at = orders["paid_at"]
    if "latest" in rules:
        last = pd.Timestamp(str(rules["latest"])).normalize()
    else:
        days = np.sort(paid_at.dropna().to_numpy().astype("datetime64[D]").astype("int64"))
        if len(days) < 2:
            return orders
        gaps = np.diff(days)
        start = len(days) - 1 - max(len(days) // 100, min(3, len(days) - 1))
        limit = max(180, 10 * int(gaps[:start].max(initial=0))) if len(days) >= 20 else 3650
        jumps = np.flatnonzero(gaps[start:] > limit)
        if not len(jumps):
            return orders
        last = pd.Timestamp(np.datetime64(int(days[start + jumps[0]]), "D"))
    report["latest"] = {"day": str(last.date()), "from": "mapping" if "latest" in rules else "file"}
    return aside.put(orders, paid_at >= last + pd.Timedelta(days=1), "date_future", "paid_at", paid_at)


def once_each(orders: pd.DataFrame, aside: Aside, report: dict) -> tuple[pd.DataFrame, dict]:
    """Each order id once. Equal rows merge; a negative row lowers the order it names; else the last row read stands."""
    named = orders["_named"]
    content = [column for column in (*CORE, *OPTIONAL) if column in orders]
    if n := int(orders.loc[~named].duplicated([column for column in content if column != "order_id"]).sum()):
        note(
            report,
            zh=f"有 {n:,} 行与前面某行完全相同，但没有订单编号，无法断定是重复，都留下了。",
            en=f"Rows equal to an earlier row but without an order id: {n:,}. They may be real orders, so all are kept.",
        )
    # The items of an order that another file holds whole add nothing to it.
    whole = (
        orders.loc[named & ~orders["_detail"], "order_id"] if orders["_detail"].any() else orders["order_id"].head(0)
    )
    detail = named & orders["_detail"] & orders["order_id"].isin(whole)
    lines = orders.loc[detail, "_row"].tolist()
    orders, named = orders[~detail], named[~detail]
    again = orders[named & orders.duplicated("order_id", keep=False)]
    merged = again.duplicated(content, keep="last")
    lines += again.loc[merged, "_row"].tolist()
    orders = orders.drop(index=merged.index[merged])
    again = again[~merged & again.duplicated("order_id", keep=False)]
    again = again[again.duplicated("order_id", keep=False)]
    credit = again["amount"] < 0
    if credit.any():
        orders, linked = _credit(orders, again, credit, aside)
        lines += linked
        again = again.loc[again.index.intersection(orders.index)]
    older = orders.index.isin(again.index[again.duplicated("order_id", keep="last")])
    if older.any():
        n, money = older.sum(), orders.loc[older, "amount"].sum()
        note(
            report,
            zh=f"有 {n:,} 行的订单编号又出现在后面，内容不同：以最后一行为准，前面的搁置（金额合计 {money:,.2f}）。"
            "如果一行是一件商品而不是一单，请先按订单汇总。",
            en=f"Rows whose order id comes again later with different content: {n:,}. The last row stands, "
            f"the earlier ones are set aside ({money:,.2f} in all). If a row is an item, not an order, sum by order first.",
        )
    orders = aside.put(orders, pd.Series(older, orders.index), "older_version", "order_id", orders["order_id"])
    return orders, {"rows": len(lines), "lines": lines[:20]}


def _credit(orders: pd.DataFrame, again: pd.DataFrame, credit: pd.Series, aside: Aside) -> tuple[pd.DataFrame, list]:
    """Take credit notes off the order whose id they carry (its last row); more than the order held is set aside."""
    target = again[~credit].drop_duplicates("order_id", keep="last")
    back = again[credit & again["order_id"].isin(target["order_id"])]
    total = target["order_id"].map(-back.groupby("order_id")["amount"].sum())
    fits = total.notna() & (total <= target["amount"] + CENT)
    rows = target.index[fits]
    orders = orders.copy()
    orders.loc[rows, "refund"] = (orders.loc[rows, "refund"] + total[fits]).round(2)
    orders.loc[rows, "amount"] = (orders.loc[rows, "amount"] - total[fits]).round(2)
    orders.loc[rows, "status"] = np.where(orders.loc[rows, "amount"] > 0, "part_refunded", "refunded")
    linked = back.index[back["order_id"].isin(target.loc[rows, "order_id"])]
    beyond = pd.Series(orders.index.isin(back.index.difference(linked)), orders.index)
    lines = orders.loc[linked, "_row"].tolist()
    orders = aside.put(orders, beyond, "refund_exceeds_amount", "amount", orders["amount"])
    return orders.drop(index=linked), lines
