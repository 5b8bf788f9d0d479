"""Money and status of each order settled: what the shop keeps, and what became of the order."""

from __future__ import annotations

import pandas as pd

from crmlab import cleaning
from crmlab.asides import CENT, Aside
from crmlab.cleaning import exports, plain
from crmlab.import_report import note
from crmlab.reading import Table

UNPAID = ("unpaid", "closed")


def settle(frame: pd.DataFrame, given, has_pay_column: bool, table: Table, rules: dict, aside: Aside, report: dict):
    """Fill gross, discount, refund, amount, status, order_id of one file's rows (amount = gross - discount - refund).

    `given` = the fields that the file has. A paid column that is still before refunds gets them taken off; one that is
    net already is left alone (:func:`paid_column`). Rows whose amount is missing or below its refund go to `aside`.
    """
    for field in ("refund", "discount"):  # some exports write them with a minus
        frame[field] = frame[field].abs().fillna(0.0) if field in given else 0.0
    has_paid = frame["paid_at"].notna()
    nothing = pd.Series(pd.NA, index=frame.index, dtype="str")
    word = frame["status"] if "status" in given else nothing
    after = frame["after_sale"] if "after_sale" in given else nothing
    status, unknown = cleaning.statuses(word, after, has_paid & has_pay_column)
    if unknown.any():
        from crmlab.tables import mask

        seen = report.setdefault("unknown_status", {})
        for each, n in word[unknown].value_counts().head(20).items():
            # a word met once, or one with a digit, may be a note about somebody
            shown = str(each) if n > 1 and not any(map(str.isdigit, each)) else str(mask(each))
            seen[shown[:30]] = seen.get(shown[:30], 0) + int(n)
    fallback = pd.Series("paid", index=frame.index, dtype="str")
    if has_pay_column:
        fallback = fallback.where(has_paid, "unpaid")
    frame["status"] = status.fillna(fallback)
    unpaid = frame["status"].isin(UNPAID)

    main = "amount" if "amount" in given else "gross"
    header = report["columns"][main]["header"]
    missing = frame[main].isna() & ~unpaid
    frame = aside.put(frame, missing, "amount_missing", header)
    unpaid = unpaid[frame.index]
    if "amount" in given:
        net, decision = paid_column(frame[~unpaid], given, header, rules)
        report["paid_column"].append({"file": table.name, **decision})
        kept = frame["amount"] if net else frame["amount"] - frame["refund"]
        gross = frame["gross"] if "gross" in given else pd.Series(float("nan"), index=frame.index)
        gross = gross.fillna(kept.fillna(0.0) + frame["refund"] + frame["discount"])
    else:
        gross = frame["gross"].fillna(0.0)
        kept = gross - frame["discount"] - frame["refund"]
    # The status word says the money went back, no column says how much: all of it.
    word_only = frame["status"].eq("refunded") & frame["refund"].eq(0) & (kept > 0)
    frame["refund"] = frame["refund"].where(~word_only, kept)
    kept = kept.where(~word_only, 0.0).where(~unpaid, 0.0)
    too_much = ~unpaid & (frame["refund"] > 0) & ((kept < -CENT) | (frame["refund"] > gross + CENT))
    shown = frame["refund"].astype(str)
    frame["gross"], frame["amount"] = gross.round(2), kept.round(2)
    frame = aside.put(
        frame,
        too_much,
        "refund_exceeds_amount",
        report["columns"].get("refund", {}).get("header", ""),
        shown,
        hide=False,
    )

    unpaid, stated = unpaid[frame.index], frame["discount"]
    rest = (frame["gross"] - frame["refund"] - frame["amount"]).round(2)
    # Paid more than the goods cost (postage, tax): gross is raised, so that the sum holds.
    raised = ~unpaid & (rest < 0)
    frame["gross"] = frame["gross"].where(~raised, frame["amount"] + frame["refund"]).round(2)
    frame["discount"] = frame["discount"].where(unpaid, rest.clip(lower=0.0)).round(2)
    if raised.any():
        report["notes"].append(
            note(
                f"{table.name} 有 {raised.sum():,} 单实付加退款高于原价（多半是邮费），原价按实付加退款记。",
                f"{table.name}: {raised.sum():,} orders were paid above their price (postage, most likely); "
                "their gross is what was paid.",
            )
        )
    if {"gross", "discount", "amount"} <= set(given):
        wrong = ~unpaid & ~raised & ((rest - stated[frame.index]).abs() > CENT)
        if wrong.any():
            report["notes"].append(
                note(
                    f"{table.name} 有 {wrong.sum():,} 单，原价减优惠减退款不等于实收（如第 {frame['_row'][wrong].iloc[0]} 行）："
                    "以实收为准，优惠按差额记。",
                    f"{table.name}: in {wrong.sum():,} orders gross, discount and refund do not add up to what was paid "
                    f"(row {frame['_row'][wrong].iloc[0]}, for one): what was paid stands, the discount is the difference.",
                )
            )
    back = ~unpaid & (frame["refund"] > 0)
    settled = frame["status"].isin(("paid", "shipped", "completed", "refunded", "part_refunded")) & back
    frame.loc[settled & (frame["amount"] > 0), "status"] = "part_refunded"
    frame.loc[back & (frame["amount"] <= 0), "status"] = "refunded"
    frame.loc[frame["amount"] < 0, "status"] = "refunded"
    return _name_orders(frame, given)


def _name_orders(frame: pd.DataFrame, given) -> pd.DataFrame:
    """Give rows without a usable order id one of their own (file-row); a damaged or masked customer id is no key."""
    frame["_named"] = frame["order_id"].notna() & ~frame["_damaged_order_id"]
    own = frame["_number"].astype(str) + "-" + frame["_row"].astype(str)
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
