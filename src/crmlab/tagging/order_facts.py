"""What orders and their lines say about a customer."""

from __future__ import annotations

import narwhals as nw
import pandas as pd

from crmlab import lifecycle, rfm
from crmlab.engine import collect, lazy
from crmlab.orders import COUNTED
from crmlab.tagging.reducing import days_to, moment, reduce, since, top

CHANNELS = ("store", "mini_program", "consultant", "marketplace", "app", "counter")
CATEGORIES = ("formula", "adult_milk", "food", "care", "coffee", "tea")
WEEKS = 8


def of_orders(tables, end) -> pd.DataFrame:
    orders, column = tables["orders"], nw.col
    has = set(lazy(orders).collect_schema().names())
    counted = column("status").is_in(sorted(COUNTED)) & (column("amount") > 0)
    year, hour = since("paid_at", end, months=12), column("paid_at").dt.hour()

    def money(name, when=counted):
        return nw.when(when).then(column(name).cast(nw.Float64)).otherwise(0.0)

    # a credit note (amount below 0) lowers the money and is no purchase, as in rfm.summary
    kept = counted | (column("amount") < 0)
    half = (end - pd.Timedelta(days=1)).to_period("Q").start_time
    half = half if half.month in {1, 7} else half - pd.DateOffset(months=3)
    counts = {
        "orders": counted,
        "orders_30d": counted & since("paid_at", end, days=30),
        "orders_90d": counted & since("paid_at", end, days=90),
        "orders_180d": counted & since("paid_at", end, days=180),
        "orders_12m": counted & year,
        "_morning": counted & year & (hour >= 5) & (hour < 11),
        "_afternoon": counted & year & (hour >= 13) & (hour < 18),
        # Saturday and Sunday; narwhals 2.29 calls Sunday 0 on Spark, 7 elsewhere
        "_weekend": counted & year & column("paid_at").dt.weekday().is_in([0, 6, 7]),
    }
    for week in range(WEEKS):
        young = since("paid_at", end, days=7 * week + 7)
        counts[f"_week{week}"] = counted & young & (~since("paid_at", end, days=7 * week) if week else young)
    if "coupon_id" in has:
        counts["coupon_orders_12m"] = counted & year & ~column("coupon_id").is_null()
    if "refund" in has:
        counts["refunds_12m"] = year & (column("refund").cast(nw.Float64) > 0)
    if {"promised_at", "delivered_at"} <= has:
        late = (column("delivered_at") > column("promised_at")) & (column("delivered_at") < moment(end))
        counts["late_180d"] = counted & late & since("paid_at", end, days=180)
    if "channel" in has:
        counts |= {f"_by_{name}": counted & year & (column("channel") == name) for name in CHANNELS}
    sums = {
        "amount": money("amount", kept),
        "amount_12m": money("amount", kept & year),
        "amount_half_year": money("amount", kept & (column("paid_at") >= moment(half))),
    }
    if {"discount", "gross"} <= has:
        sums |= {"_discount": money("discount", counted & year), "_gross": money("gross", counted & year)}
    table = reduce(orders, end, "paid_at", counts, sums, {"_last": counted}, {"_first": counted})
    table = table[table["orders"] > 0].sort_index()
    # engines add floats in different orders; cents make them equal
    table[list(sums)] = table[list(sums)].astype("float64").round(2)
    table["recency_days"], table["days_since_first"] = days_to(table["_last"], end), days_to(table["_first"], end)
    table["mean_amount"] = table["amount"] / table["orders"]
    span = table["days_since_first"] - table["recency_days"]
    table["gap_days"] = (span / (table["orders"] - 1)).where((table["orders"] >= 3) & (span > 0))
    table["late_times"] = table["recency_days"] / table["gap_days"]
    table["orders_before_90d"] = table["orders_180d"] - table["orders_90d"]
    for part in ("morning", "afternoon", "weekend"):
        table[f"{part}_share"] = table[f"_{part}"] / table["orders_12m"].where(table["orders_12m"] > 0)
    weeks = table[[f"_week{week}" for week in range(WEEKS)]].to_numpy() > 0
    table["weeks_active"], table["week_streak"] = weeks.sum(axis=1), weeks.cumprod(axis=1).sum(axis=1)
    if "_gross" in table:
        table["discount_share"] = table["_discount"] / table["_gross"].where(table["_gross"] > 0)
    if "_by_store" in table:
        table["main_channel"] = top(table, "_by_")
        table["order_channels"] = (table[[f"_by_{name}" for name in CHANNELS]] > 0).sum(axis=1)
    measures = table.reset_index()[["customer_id", "recency_days", "orders", "amount"]]
    scored = rfm.score(measures.set_axis(["customer_id", *rfm.MEASURES], axis=1)) if len(measures) else None
    names = {"r": "r", "f": "f", "m": "m", "code": "rfm_code", "segment": "rfm_segment"}
    return table if scored is None else table.join(scored.set_index("customer_id")[list(names)].rename(columns=names))


def of_lines(tables, end) -> pd.DataFrame:
    counts = nw.col("status").is_in(sorted(COUNTED)) & (nw.col("amount") > 0) & (nw.col("paid_at") < moment(end))
    orders = collect(
        lazy(tables["orders"]).filter(counts).select("order_id", "customer_id", "paid_at", "amount", "status")
    )
    products = collect(lazy(tables["products"]).select("sku", "category", "stage", "price_tier"))
    lines_read = collect(lazy(tables["order_lines"]))
    lines = lines_read.merge(orders, on="order_id").merge(products, on="sku")
    year = lines[(lines["paid_at"] >= end - pd.DateOffset(months=12)) & (lines["category"] != "gift")]
    items = year.pivot_table(index="customer_id", columns="category", values="quantity", aggfunc="sum", fill_value=0)
    table = items.reindex(lines["customer_id"].unique(), fill_value=0).reindex(columns=CATEGORIES, fill_value=0)
    table = table.add_prefix("items_").rename_axis("customer_id")
    value = year["quantity"] * year["unit_price"]
    premium = value.where(year["price_tier"] == "premium", 0).groupby(year["customer_id"]).sum()
    table["premium_share"] = premium / value.groupby(year["customer_id"]).sum()
    tier = table["premium_share"].ge(0.5).map({True: "premium", False: "value"})
    table["price_tier"] = tier.where(table["premium_share"].notna())
    table["top_category"] = top(table, "items_")
    formula = lines[lines["category"] == "formula"]
    table["last_stage"] = formula.sort_values(["paid_at", "stage"]).groupby("customer_id")["stage"].last()
    if "babies" in tables and "consumption" in tables:
        rest = (collect(lazy(tables[name])) for name in ("babies", "consumption"))
        table["days_left"] = -lifecycle.run_out(orders, lines_read, products, *rest, end - pd.Timedelta(days=1)).round()
    return table
