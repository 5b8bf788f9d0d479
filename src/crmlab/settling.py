"""From rows to orders: what the shop keeps of each, what became of it, each order once; the rest is set aside."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.import_report import note
from crmlab.tables import mask

MONEY = ("gross", "discount", "refund", "amount")
CORE = ("order_id", "customer_id", "paid_at", *MONEY, "status")
OPTIONAL = ("channel", "store_id", "phone", "items")
CENT = 0.006  # two amounts closer than this are the same to the cent


class Aside:
    """Rows set aside so far, each once, with the reason met first: file, row, reason, column, value."""

    def __init__(self) -> None:
        self.parts = [pd.DataFrame({"file": [], "row": [], "reason": [], "column": [], "value": []}, dtype="str")]

    def put(self, frame: pd.DataFrame, rows: pd.Series, reason: str, column: str, value: pd.Series) -> pd.DataFrame:
        """Set `rows` (a mask) of `frame` aside and return the rest. Text is masked; amounts and times stand as they are."""
        if rows.any():
            shown = value.loc[rows.index[rows]]
            if shown.dtype.kind not in "fM":
                shown = shown.map(lambda cell: mask(str(cell)[:60]), na_action="ignore").fillna("")
            gone = frame.loc[rows, ["_file", "_row"]].set_axis(["file", "row"], axis=1)
            self.parts.append(gone.assign(reason=reason, column=column, value=shown.astype("str")))
        return frame[~rows]

    def table(self) -> pd.DataFrame:
        table = pd.concat(self.parts, ignore_index=True).astype({"row": int})
        return table.sort_values(["file", "row"], ignore_index=True)


def settle(frame: pd.DataFrame, given, has_pay_column: bool, file: str, rules: dict, aside: Aside, report: dict):
    """Fill gross, discount, refund, amount, status, order_id of one file's rows (amount = gross - discount - refund).

    `given` = the fields that the file has. A paid column that is still before refunds gets them taken off; one that is
    net already is left alone (:func:`paid_column`). Rows whose amount is missing or below its refund go to `aside`.
    """
    for field in ("refund", "discount"):  # some exports write them with a minus
        frame[field] = frame[field].abs().fillna(0.0) if field in given else 0.0
    frame["status"] = _status(frame, given, has_pay_column, report)
    frame["_unpaid"] = frame["status"].isin(("unpaid", "closed"))
    main = "amount" if "amount" in given else "gross"
    header = report["columns"][main]["header"]
    frame = aside.put(frame, frame[main].isna() & ~frame["_unpaid"], "amount_missing", header, frame[main])
    # A negative amount is the refund itself: a refund column beside it says the same again.
    bare = frame["gross"].fillna(0.0) <= 0 if "gross" in given else True
    frame["refund"] = frame["refund"].mask((frame[main] < 0) & bare, 0.0)
    unpaid = frame["_unpaid"]
    if main == "amount":
        net, decision = paid_column(frame[~unpaid], given, header, rules)
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
    kept = kept.where(~word_only & ~unpaid, 0.0)
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
    return _name_orders(frame)


def _status(frame: pd.DataFrame, given, has_pay_column: bool, report: dict) -> pd.Series:
    """What the words say; where they say nothing, whether there is a pay time. Unknown words go to the report."""
    nothing = pd.Series(pd.NA, index=frame.index, dtype="str")
    word, after = (frame[field] if field in given else nothing for field in ("status", "after_sale"))
    paid = frame["paid_at"].notna()
    status, unknown = cleaning.statuses(word, after, paid & has_pay_column)
    for each, n in word[unknown].value_counts().head(20).items():
        # a word met once, or one with a digit, may be a note about somebody
        shown = each if n > 1 and not any(map(str.isdigit, each)) else mask(each)
        seen = report.setdefault("unknown_status", {})
        seen[shown[:30]] = seen.get(shown[:30], 0) + int(n)
    return status.fillna((paid | (not has_pay_column)).map({True: "paid", False: "unpaid"}))


def _name_orders(frame: pd.DataFrame) -> pd.DataFrame:
    """Give rows without a usable order id one of their own (#file-row); a damaged or masked customer id is no key."""
    frame["_named"] = frame["order_id"].notna() & ~frame["_damaged_order_id"]
    own = "#" + frame["_number"].astype("str") + "-" + frame["_row"].astype("str")
    frame["order_id"] = frame["order_id"].where(frame["_named"], own).astype("str")
    customer = frame["customer_id"].astype("str")
    frame["_masked"] = customer.str.contains("**", regex=False).fillna(False).astype(bool)
    frame["customer_id"] = customer.mask(frame["_masked"] | frame["_damaged_customer_id"])
    return frame


def paid_column(frame: pd.DataFrame, given, header: str, rules: dict) -> tuple[bool, dict]:
    """Is the paid column already net of refunds? Asked of the rows with a refund, one by one.

    Total - discount - refund = paid speaks for net, total - discount = paid against. Where the discount is not known:
    paid < refund can only be net; paid = refund (a full refund) or paid + refund > total only before refunds.
    The majority decides; ``paid_is_net`` of the mapping goes before it. Without evidence the maker's word in
    ``exports.toml`` stands, else the refund is taken off.
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
    expected = plain(header) in {plain(each) for each in exports()["paid_column"]["net_of_refunds"]}
    if "paid_is_net" in rules:
        net, basis = rules["paid_is_net"], "mapping"
    elif votes_net != votes_before:
        net, basis = votes_net > votes_before, "data"
    else:
        net, basis = expected, "maker" if expected else "default"
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
    again = orders[named & orders.duplicated("order_id", keep=False)]
    merged = again.duplicated(content, keep="last")
    lines = again.loc[merged, "_row"].tolist()
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
