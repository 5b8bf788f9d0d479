"""Rows that do not become an order of their own: set aside with a reason, or merged into the order they belong to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlab.import_report import note

MONEY = ("gross", "discount", "refund", "amount")
CORE = ("order_id", "customer_id", "paid_at", *MONEY, "status")
OPTIONAL = ("channel", "store_id", "phone", "items")
CENT = 0.006  # two amounts closer than this are the same to the cent


class Aside:
    """Rows set aside so far, each once, with the reason met first."""

    columns = ("file", "row", "reason", "column", "value")

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []

    def put(
        self, frame: pd.DataFrame, rows: pd.Series, reason: str, column: str = "", value=None, *, hide=True
    ) -> pd.DataFrame:
        """Set `rows` (a mask) of `frame` aside and return the rest; values read as they stand are masked (`hide`)."""
        if not rows.any():
            return frame
        from crmlab.tables import mask

        shown = pd.Series("", index=frame.index) if value is None else value.loc[frame.index]
        self.parts.append(
            pd.DataFrame({
                "file": frame.loc[rows, "_file"],
                "row": frame.loc[rows, "_row"],
                "reason": reason,
                "column": column,
                "value": shown[rows].map(
                    lambda cell: "" if pd.isna(cell) else mask(str(cell)[:60]) if hide else str(cell)
                ),
            })
        )
        return frame[~rows]

    def table(self) -> pd.DataFrame:
        if not self.parts:
            return pd.DataFrame({"file": [], "row": [], "reason": [], "column": [], "value": []}).astype({"row": int})
        return pd.concat(self.parts, ignore_index=True).sort_values(["file", "row"], ignore_index=True)


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
    future = paid_at >= last + pd.Timedelta(days=1)
    report["latest"] = {"day": str(last.date()), "from": "mapping" if "latest" in rules else "file"}
    return aside.put(orders, future, "date_future", "paid_at", paid_at.dt.strftime("%Y-%m-%d"), hide=False)


def once_each(orders: pd.DataFrame, aside: Aside, report: dict) -> tuple[pd.DataFrame, dict]:
    """Each order id once. Equal rows merge; a negative row lowers the order it names; else the last row read stands."""
    named = orders["_named"]
    content = [column for column in (*CORE, *OPTIONAL) if column in orders]
    equal_unnamed = int(orders.loc[~named].duplicated([c for c in content if c != "order_id"]).sum())
    if equal_unnamed:
        report["notes"].append(
            note(
                f"有 {equal_unnamed:,} 行与前面某行完全相同，但没有订单编号，无法断定是重复，都留下了。",
                f"Rows equal to an earlier row but without an order id: {equal_unnamed:,}. They may be real orders, so all are kept.",
            )
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
    older = again.index[again.duplicated("order_id", keep="last")]
    if len(older):
        gone = orders.index.isin(older)
        money = float(orders.loc[gone, "amount"].sum())
        report["notes"].append(
            note(
                f"有 {len(older):,} 行的订单编号又出现在后面，内容不同：以最后一行为准，前面的搁置（金额合计 {money:,.2f}）。"
                "如果一行是一件商品而不是一单，请先按订单汇总。",
                f"Rows whose order id comes again later with different content: {len(older):,}. The last row stands, "
                f"the earlier ones are set aside ({money:,.2f} in all). If a row is an item, not an order, sum by order first.",
            )
        )
        orders = aside.put(orders, pd.Series(gone, index=orders.index), "older_version", "order_id", orders["order_id"])
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
    too_much = back.index.difference(linked)
    lines = orders.loc[linked, "_row"].tolist()
    orders = orders.drop(index=linked)
    beyond = pd.Series(orders.index.isin(too_much), index=orders.index)
    return aside.put(orders, beyond, "refund_exceeds_amount", "amount", orders["amount"].astype(str), hide=False), lines
