"""Our two companies beside real shops: ``python tools/compare_real.py cdnow_sample.txt rfm_orders.csv tmall_order_report.csv``.

The files are the public ones of those names (see their publishers); any other CSV needs the columns customer_id,
order_date and revenue. A file without a customer column shows its weekday pattern alone. Prints one Markdown table.
"""

import sys
from pathlib import Path

import pandas as pd

from crmlab.data import AS_OF, load
from crmlab.rfm import top_share

COUNTED = ["paid", "shipped", "completed", "part_refunded", "disputed"]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def read(path: Path) -> pd.DataFrame:
    """customer (may be missing), day, amount; orders that count."""
    if path.name == "cdnow_sample.txt":
        frame = pd.read_csv(
            path, sep=r"\s+", header=None, names=["customer", "sample", "day", "units", "amount"], encoding="ascii"
        )
        frame["day"] = pd.to_datetime(frame["day"].astype(str))
    else:
        frame = pd.read_csv(path, encoding="utf-8-sig").rename(columns=str.strip)
        names = {
            "customer_id": "customer",
            "order_date": "day",
            "revenue": "amount",
            "订单付款时间": "day",
            "买家实际支付金额": "amount",
        }
        frame = frame.rename(columns=names)
        frame["day"] = pd.to_datetime(frame["day"]).dt.normalize()
    return frame[(frame["amount"] > 0) & frame["day"].notna()]


def ours(company: str) -> pd.DataFrame:
    orders = load(company, "orders")
    orders = orders[
        orders["status"].isin(COUNTED) & (orders["amount"] > 0) & (orders["paid_at"] <= f"{AS_OF} 23:59:59")
    ]
    return orders.assign(customer=orders["customer_id"], day=orders["paid_at"].dt.normalize())[
        ["customer", "day", "amount"]
    ]


def measures(orders: pd.DataFrame) -> dict[str, str]:
    """The distributions as one column of the table."""
    by_day = orders["day"].dt.day_of_week.value_counts(normalize=True).reindex(range(7), fill_value=0)
    found = {"orders": f"{len(orders):,}"}
    if "customer" in orders:
        people = orders.groupby("customer").agg(first=("day", "min"), n=("amount", "size"), spend=("amount", "sum"))
        days = orders.drop_duplicates(["customer", "day"]).sort_values(["customer", "day"])
        gap = days.groupby("customer")["day"].diff().dt.days.dropna()
        found |= {
            "buyers": f"{len(people):,}",
            "bought once": f"{(people['n'] == 1).mean():.0%}",
            "orders a buyer, mean": f"{people['n'].mean():.1f}",
            "revenue of the top 20%": f"{top_share(people['spend']):.0%}",
            "gap, 25 / 50 / 75 / 90% (days)": " / ".join(f"{x:.0f}" for x in gap.quantile([0.25, 0.5, 0.75, 0.9])),
            "gap, 75% over 25%": f"{gap.quantile(0.75) / gap.quantile(0.25):.1f}",
        }
        end = orders["day"].max()
        since = (orders["day"] - orders["customer"].map(people["first"])).dt.days // 30
        for month in (1, 2, 3, 6, 9, 12):
            seen = people.index[people["first"] <= end - pd.Timedelta(days=30 * (month + 1))]
            back = orders.loc[since == month, "customer"].unique()
            found[f"buys again in month {month}"] = f"{seen.isin(back).mean():.0%}" if len(seen) > 50 else "-"
    found |= {day: f"{share:.0%}" for day, share in zip(DAYS, by_day, strict=True)}
    return found


if __name__ == "__main__":
    tables = {company: ours(company) for company in ("yunmu", "morningcup")} | {
        Path(p).stem: read(Path(p)) for p in sys.argv[1:]
    }
    table = pd.DataFrame({name: measures(orders) for name, orders in tables.items()}).fillna("-")
    print("| | " + " | ".join(table.columns) + " |\n|---|" + "---|" * len(table.columns))
    for name, row in table.iterrows():
        print(f"| {name} | " + " | ".join(row) + " |")
