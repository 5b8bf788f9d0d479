"""Speed and memory as ratios, measured side by side on this machine: ``make bench``.

Each pair is measured in turn, three times, each time in a process of its own; the medians are compared. Set
CRMLAB_BENCH_LIFETIMES to a Python that has the package lifetimes for that comparison, CRMLAB_BENCH_ORDERS to a number
below ten million for a quicker look.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ORDERS = int(os.environ.get("CRMLAB_BENCH_ORDERS", 10_000_000))
TIMES = 3

MAKE = """
import duckdb
duckdb.sql('set enable_progress_bar = false')
duckdb.sql('''
    copy (
        select 'T' || lpad(i::varchar, 12, '0') as order_id,
               'member-' || lpad((hash(i) % {customers})::varchar, 9, '0') as customer_id,
               timestamp '2024-07-01' + to_seconds((hash(i + 1) % 63072000)::bigint) as paid_at,
               ((hash(i + 2) % 50000) / 100 - case when hash(i + 3) % 200 = 0 then 600 else 0 end)::double as amount,
               case hash(i + 4) % 20 when 0 then 'unpaid' when 1 then 'part_refunded' when 2 then 'refunded'
                    else 'completed' end as status
        from range({orders}) as made(i)
    ) to '{path}' (format parquet)''')
"""

# what both ways must do: one row a customer, quintile scores, class by the mean rule, segment of the grid
HELPER = """
from crmlab import rfm
def work():
    return rfm.score(rfm.summary(path, as_of='2026-06-30'))
"""
SQL = """
def work():
    return duckdb.sql(f'''
        with kept as (
            select * from read_parquet('{path}')
            where customer_id is not null and paid_at < timestamp '2026-07-01' and
                  (amount < 0 or (amount > 0 and status in ('paid', 'shipped', 'completed', 'part_refunded', 'disputed')))
        ), customers as (
            select customer_id, round(sum(amount), 2) as monetary, count(*) filter (amount > 0) as frequency,
                   min(paid_at) filter (amount > 0) as first_paid, max(paid_at) filter (amount > 0) as last_paid
            from kept group by customer_id
        ), measured as (
            select *, date '2026-06-30' - last_paid::date as recency from customers where last_paid is not null
        ), scored as (
            select *, 6 - ((rank() over (order by recency) - 1) * 5 // count(*) over () + 1) as r,
                   (rank() over (order by frequency) - 1) * 5 // count(*) over () + 1 as f,
                   (rank() over (order by monetary) - 1) * 5 // count(*) over () + 1 as m,
                   'R' || (recency < avg(recency) over ())::int || 'F' || (frequency > avg(frequency) over ())::int ||
                   'M' || (monetary > avg(monetary) over ())::int as code
            from measured
        )
        select customer_id, recency, frequency, monetary, first_paid, last_paid, r, f, m, code,
               case when r <= 2 and f <= 2 then 'hibernating' when r <= 2 and f <= 4 then 'at_risk'
                    when r <= 2 then 'cant_lose' when r = 3 and f <= 2 then 'about_to_sleep'
                    when r = 3 and f = 3 then 'need_attention' when r <= 4 and f >= 4 then 'loyal'
                    when r = 4 and f = 1 then 'promising' when r = 5 and f = 1 then 'new'
                    when f <= 3 then 'potential_loyalist' else 'champions' end as segment
        from scored order by customer_id''').df()
"""
SHORT_SQL = (
    SQL.split("        select customer_id, recency, frequency, monetary, first_paid")[0].replace(
        """,
                   'R' || (recency < avg(recency) over ())::int || 'F' || (frequency > avg(frequency) over ())::int ||
                   'M' || (monetary > avg(monetary) over ())::int as code""",
        "",
    )
    + "        select customer_id, recency, frequency, monetary, r, f, m from scored''').df()\n"
)
# libraries load before the clock starts, on both sides
MEASURED = """
import json, sys, time
import pandas
{libraries}
path = sys.argv[1]
{work}
try:
    import resource
except ImportError:
    resource = None
start, busy = time.perf_counter(), time.process_time()
table = work()
seconds, busy = time.perf_counter() - start, time.process_time() - busy
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10) if resource else None
if len(sys.argv) > 2:
    table.to_pickle(sys.argv[2])
print(json.dumps({{'seconds': seconds, 'busy': busy, 'megabytes': peak}}))
"""
IN_MEMORY = """
import pandas as pd
orders = pd.read_csv(path, parse_dates=['paid_at'], dtype={'customer_id': str})
"""
HELPER_IN_MEMORY = (
    IN_MEMORY
    + """
from crmlab import rfm
def work():
    return rfm.summary(orders, as_of='2026-06-30')
"""
)
LIFETIMES = (
    IN_MEMORY
    + """
import warnings
warnings.simplefilter('ignore')
from lifetimes.utils import summary_data_from_transaction_data
def work():
    return summary_data_from_transaction_data(
        orders, 'customer_id', 'paid_at', monetary_value_col='amount', observation_period_end='2026-06-30')
"""
)
IMPORT = """
import json, time
import pandas
start = time.perf_counter()
import crmlab
print(json.dumps({'seconds': time.perf_counter() - start}))
"""
REDRAW = """
import json, time
import crmlab
from crmlab import charts, data, rfm
crmlab.use_style('zh')
table = rfm.summary(data.load('yunmu', 'orders'), as_of='2026-06-30')
def draw(recency=60, frequency=4, monetary=2000):
    lines = {'recency': recency, 'frequency': frequency, 'monetary': monetary}
    return charts.rfm.classes(rfm.class_table(rfm.score(table, 'business', cuts={'lines': lines})))
shown = crmlab.explore(draw, recency=(15, 180, 15), frequency=(2, 20, 1), monetary=(500, 8000, 500))
shown.widget
times = []
for days in range(15, 181, 15):
    start = time.perf_counter()
    shown.controls['recency'].value = days
    times.append(time.perf_counter() - start)
print(json.dumps({'seconds': sorted(times)[len(times) // 2]}))
"""


def run(code: str, *arguments: str, python: str = sys.executable) -> dict:
    """What `code` prints last, as JSON, from a process of its own."""
    done = subprocess.run(
        [python, "-W", "ignore", "-c", code, *arguments],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        encoding="utf-8",
    )
    return json.loads(done.stdout.splitlines()[-1])


def medians(pairs: dict[str, tuple[str, str]], *arguments: str) -> dict[str, dict]:
    """name -> median of each reading; the ways take turns, so that a busy minute hits all of them."""
    readings: dict[str, list[dict]] = {name: [] for name in pairs}
    for _ in range(TIMES):
        for name, (code, python) in pairs.items():
            readings[name].append(run(code, *arguments, python=python))
    return {
        name: {key: statistics.median(each[key] for each in found) for key in found[0] if found[0][key] is not None}
        for name, found in readings.items()
    }


def same(folder: Path, path: str) -> bool:
    """Whether helper and SQL give the same table, or the comparison is of two different things."""
    import pandas as pd

    for name, work in (("helper", HELPER), ("sql", SQL)):
        run(MEASURED.format(libraries="import duckdb, pyarrow", work=work), path, str(folder / f"{name}.pkl"))
    ours, theirs = (pd.read_pickle(folder / f"{name}.pkl") for name in ("helper", "sql"))
    columns = ["recency", "frequency", "r", "f", "m"]
    return (
        ours["customer_id"].tolist() == theirs["customer_id"].tolist()
        and (ours[columns].to_numpy() == theirs[columns].to_numpy()).all()
        and (
            ours[["code", "segment"]].astype(str).to_numpy() == theirs[["code", "segment"]].astype(str).to_numpy()
        ).all()
    )


def main() -> None:
    rows: list[tuple[str, str, str]] = []
    me = sys.executable
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        path = str(folder / "orders.parquet")
        subprocess.run([me, "-c", MAKE.format(customers=ORDERS // 10, orders=ORDERS, path=path)], check=True)
        ways = {
            key: (MEASURED.format(libraries="import duckdb, pyarrow", work=work), me)
            for key, work in (("helper", HELPER), ("sql", SQL), ("short", SHORT_SQL))
        }
        print("same result by helper and by SQL:", "yes" if same(folder, path) else "NO", flush=True)
        found = medians(ways, path)
        ours = found["helper"]
        for key, words in (("sql", "SQL, same columns"), ("short", "SQL, scores only")):
            other = found[key]
            rows.append((f"{ORDERS:,} orders: helper / {words}", f"{ours['seconds'] / other['seconds']:.2f}", "<= 1.1"))
            rows.append((f"  ({ours['seconds']:.1f} s against {other['seconds']:.1f} s)", "", ""))
            rows.append(("  processor seconds of all threads", f"{ours['busy'] / other['busy']:.2f}", ""))
            if "megabytes" in ours:
                rows.append(("  peak memory", f"{ours['megabytes'] / other['megabytes']:.2f}", "<= 1"))
        if python := os.environ.get("CRMLAB_BENCH_LIFETIMES"):
            table = str(folder / "orders.csv")
            query = f"copy (from '{path}' where amount > 0 limit 1000000) to '{table}'"
            subprocess.run([me, "-c", f"import duckdb; duckdb.sql({query!r})"], check=True)
            pairs = {
                "helper": (MEASURED.format(libraries="", work=HELPER_IN_MEMORY), me),
                "lifetimes": (MEASURED.format(libraries="", work=LIFETIMES), python),
            }
            found = medians(pairs, table)
            times = found["lifetimes"]["seconds"] / found["helper"]["seconds"]
            rows.append(("1,000,000 orders in memory: lifetimes / helper", f"{times:.1f}", ">= 5"))
        found = medians({"import": (IMPORT, me), "redraw": (REDRAW, me)})
        rows.append(("import crmlab after pandas, s", f"{found['import']['seconds']:.2f}", "<= 0.3"))
        rows.append(("a control redraws, s", f"{found['redraw']['seconds']:.2f}", "< 0.4"))
    for what, value, target in rows:
        print(f"{what:<58}{value:>8}  {target}")


if __name__ == "__main__":
    main()
