"""Tagging in one pass over the orders against one query a tag, side by side on this machine, and whether both agree.

Each way runs in turn, in a process of its own; medians are compared. CRMLAB_BENCH_CUSTOMERS (1,000,000) have ten orders
each on average; CRMLAB_BENCH_TIMES (3) is how often each way runs.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CUSTOMERS = int(os.environ.get("CRMLAB_BENCH_CUSTOMERS", 1_000_000))
TIMES = int(os.environ.get("CRMLAB_BENCH_TIMES", 3))
AS_OF = "2026-06-30"

MAKE = """
import duckdb
duckdb.sql('set enable_progress_bar = false')
duckdb.sql('''
    copy (
        select 'T' || lpad(i::varchar, 12, '0') as order_id,
               'member-' || lpad((hash(i) % {customers})::varchar, 9, '0') as customer_id,
               timestamp '2024-07-01' + to_seconds((hash(i + 1) % 63072000)::bigint) as paid_at,
               ((hash(i + 2) % 50000) / 100)::double as gross,
               ((hash(i + 5) % 3) * (hash(i + 2) % 50000) / 1000)::double as discount,
               0.0 as refund, gross - discount as amount,
               case hash(i + 4) % 20 when 0 then 'unpaid' when 1 then 'part_refunded' else 'completed' end as status,
               case when hash(i + 6) % 5 = 0 then 'U' || i end as coupon_id,
               ['store', 'mini_program', 'consultant', 'marketplace'][1 + (hash(i + 7) % 4)::int] as channel
        from range({orders}) as made(i)
    ) to '{path}' (format parquet)''')
"""
# fact -> the same as an aggregate, for the loop
YEAR = "paid_at >= timestamp '2025-07-01'"
FACTS = {
    "recency_days": "date '2026-06-30' - max(paid_at)::date",
    "days_since_first": "date '2026-06-30' - min(paid_at)::date",
    "orders": "count(*)",
    "orders_30d": "count(*) filter (paid_at >= timestamp '2026-06-01')",
    "orders_90d": "count(*) filter (paid_at >= timestamp '2026-04-02')",
    "orders_12m": f"count(*) filter ({YEAR})",
    "amount_12m": f"round(coalesce(sum(amount) filter ({YEAR}), 0), 2)",
    "coupon_orders_12m": f"count(coupon_id) filter ({YEAR})",
    "morning_share": f"count(*) filter ({YEAR} and hour(paid_at) between 5 and 10) / nullif(count(*) filter ({YEAR}), 0)",
    "weekend_share": f"count(*) filter ({YEAR} and isodow(paid_at) >= 6) / nullif(count(*) filter ({YEAR}), 0)",
}
BOUNDS = {
    "recency_days": (7, 14, 30, 60, 90, 180), "days_since_first": (30, 90, 365, 600), "orders": (2, 5, 10, 15),
    "orders_30d": (1, 2, 3), "orders_90d": (1, 2, 4), "orders_12m": (1, 3, 5, 8, 12), "amount_12m": (100, 500, 1000, 2000, 4000),
    "coupon_orders_12m": (1, 2, 3, 5), "morning_share": (0.3, 0.6, 0.9), "weekend_share": (0.3, 0.6, 0.9),
}  # fmt: skip
RULES = [f"{fact} >= {bound}" for fact, bounds in BOUNDS.items() for bound in bounds]
ONE_PASS = """
from crmlab import tagging
def work():
    tags = tagging.tag(tagging.facts({'orders': path}, as_of), catalogue, as_of)
    return tags[['customer_id', 'tag']]
"""
LOOP = """
def work():
    parts = []
    for i, rule in enumerate(loop):
        part = duckdb.sql(f'''
            select customer_id from read_parquet('{path}')
            where customer_id is not null and paid_at < timestamp '2026-07-01' and amount > 0
                  and status in ('paid', 'shipped', 'completed', 'part_refunded', 'disputed')
            group by customer_id having {rule}''').to_arrow_table().to_pandas()
        parts.append(part.assign(tag=f't{i}'))
    tags = pd.concat(parts)
    return tags.assign(tag=tags['tag'].astype('category'))
"""
MEASURED = """
import json, sys, time
import duckdb, numpy, pyarrow, narwhals
import pandas as pd
import crmlab.tagging
duckdb.sql('set enable_progress_bar = false')
path, as_of, rules, loop = sys.argv[1], sys.argv[2], *json.loads(sys.argv[3])
catalogue = crmlab.tagging.read_catalogue('yunmu').iloc[[0] * len(rules)].reset_index(drop=True).astype(str)
names = [f't{{i}}' for i in range(len(rules))]
catalogue = catalogue.assign(tag=names, name_zh=names, name_en=names, rule=rules, exclusive='no', row=range(2, len(rules) + 2))
{work}
start, busy = time.perf_counter(), time.process_time()
table = work()
seconds, busy = time.perf_counter() - start, time.process_time() - busy
marks = pd.util.hash_pandas_object(table['customer_id'], index=False).groupby(table['tag'].to_numpy(), observed=True)
check = {{str(tag): f'{{len(each)}} {{each.sum()}}' for tag, each in marks}}
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10)
except ImportError:
    peak = 0
print(json.dumps({{'seconds': seconds, 'busy': busy, 'megabytes': peak, 'check': check, 'rows': len(table)}}))
"""


def main() -> None:
    aggregated = [f"({FACTS[rule.split()[0]]}) >= {rule.split()[2]}" for rule in RULES]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = (Path(folder) / "orders.parquet").as_posix()
        make = MAKE.format(customers=CUSTOMERS, orders=10 * CUSTOMERS, path=path)
        subprocess.run([sys.executable, "-c", make], check=True)
        found: dict[str, list[dict]] = {"one pass": [], "a query a tag": []}
        for _ in range(TIMES):
            for name, work in zip(found, (ONE_PASS, LOOP), strict=True):
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", MEASURED.format(work=work), path, AS_OF, json.dumps([RULES, aggregated])],
                    stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8",
                )  # fmt: skip
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
    print(
        f"{CUSTOMERS:,} customers, {10 * CUSTOMERS:,} orders, {len(RULES)} tags, {found['one pass'][0]['rows']:,} rows"
    )
    print(
        "same customers for every tag:",
        "yes"
        if len({json.dumps(each["check"], sort_keys=True) for way in found.values() for each in way}) == 1
        else "NO",
    )
    middle = {
        name: {key: statistics.median(each[key] for each in way) for key in ("seconds", "busy", "megabytes")}
        for name, way in found.items()
    }
    for key, words in (("seconds", "seconds"), ("busy", "processor seconds"), ("megabytes", "peak memory, MB")):
        first, second = (middle[name][key] for name in found)
        print(f"{words:<20} one pass {first:>10,.1f}   a query a tag {second:>10,.1f}   ratio {second / first:.1f}")


if __name__ == "__main__":
    main()
