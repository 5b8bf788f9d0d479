"""Speed and memory as ratios, measured side by side on this machine: ``make bench``.

Each pair is measured in turn, three times, each time in a process of its own; the medians are compared. Set
CRMLAB_BENCH_LIFETIMES to a Python that has the package lifetimes for that comparison, CRMLAB_BENCH_ORDERS to a number
below ten million for a quicker look. ``python tools/bench.py reader`` compares read_orders with pandas.read_csv, once
each, on a made-up Taobao file of five million rows (CRMLAB_BENCH_ROWS) as UTF-8 and as GB18030.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ORDERS = int(os.environ.get("CRMLAB_BENCH_ORDERS", 10_000_000))
ROWS = int(os.environ.get("CRMLAB_BENCH_ROWS", 5_000_000))
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


TAOBAO = """
select '26' || lpad(((i * 7919) % 100000000000000)::varchar, 14, '0') || '117' as 订单编号,
    'tb' || (h1 % {customers}) || '_' || (h1 % 97) as 买家会员名, 'a' || (h1 % {customers}) || '@example.com' as 买家支付宝账号,
    price as 买家应付货款, 0.00::decimal(4, 2) as 买家应付邮费, 0 as 买家支付积分, price as 总金额, 0 as 返点积分,
    case when state = 1 then 0.00 when state = 4 then price - back else price end as 买家实际支付金额,
    0 as 买家实际支付积分, case state when 1 then '等待买家付款' when 2 then '卖家已发货，等待买家确认' when 3 then '交易关闭'
        else '交易成功' end as 订单状态,
    case when h2 % 50 = 0 then '尽快发货，谢谢' when h2 % 991 = 0 then '放门卫, 打电话' else 'null' end as 买家留言,
    '张' || (h2 % 900) as 收货人姓名, '江苏省 南京市 鼓楼区 中山北路 ' || (h2 % 999) || ' 号 ' || (h2 % 1200) || ' 室(210009)' as "收货地址 ",
    '快递' as 运送方式, '' as "联系电话 ", chr(39) || '138' || lpad((h1 % 100000000)::varchar, 8, '0') as 联系手机,
    strftime(made, '%Y-%m-%d %H:%M:%S') as 订单创建时间,
    case when state in (1, 3) then '' else strftime(made + to_seconds(h2 % 600), '%Y-%m-%d %H:%M:%S') end as "订单付款时间 ",
    '婴幼儿配方奶粉 ' || (h2 % 3 + 1) || ' 段 900 克 罐装' as "宝贝标题 ", h2 % 3 + 1 as "宝贝种类 ",
    'No:' || (7000000000000 + h2) as "物流单号 ", '中通快递' as 物流公司, 'null' as 订单备注, h2 % 4 + 1 as 宝贝总数量,
    '0' as 店铺Id, '云牧旗舰店' as 店铺名称, case when state in (1, 3) then '买家未付款' else '订单未关闭' end as 订单关闭原因,
    '0' as 卖家服务费, '0元' as 买家服务费, '' as 发票抬头, '手机订单' as 是否手机订单, '' as 分阶段订单信息, '' as 定金排名,
    '' as 修改后的sku, '' as 修改后的收货地址, '' as 异常信息, case when state = 4 then back else 0.00 end as 退款金额
from (
    select *, (price / 2)::decimal(10, 2) as back from (
        select *, (hash(i + 2) % 80000 / 100 + 9.9)::decimal(10, 2) as price, hash(i) as h1, (hash(i + 1) % 1000003)::bigint as h2,
            case hash(i + 3) % 40 when 0 then 1 when 1 then 3 when 2 then 4 when 3 then 2 else 0 end as state,
            timestamp '2024-01-01' + to_seconds((i * 12 + hash(i + 4) % 5000)::bigint) as made
        from range({rows}) as t(i)))
"""
READ = """
from crmlab.orders import read_orders
def work():
    imported = read_orders(path)
    assert imported.report['rows']['kept'] == {rows} and not len(imported.set_aside), imported.summary()
    assert imported.report['files'][0]['platform']['key'] == 'taobao'
    return imported.orders
"""
READ_PANDAS = """
import pandas as pd
def work():
    return pd.read_csv(path, dtype=str, encoding='{encoding}')
"""


def reader(folder: Path) -> list[tuple[str, str, str]]:
    """read_orders against pandas.read_csv of all columns as text; memory is that of the whole process."""
    import duckdb

    rows, path = [], folder / "utf-8.csv"
    duckdb.sql("set enable_progress_bar = false")
    duckdb.sql(f"copy ({TAOBAO.format(customers=max(ROWS // 4, 1), rows=ROWS)}) to '{path}' (header)")
    for encoding in ("utf-8", "gb18030"):
        if encoding == "gb18030":
            utf8, path = path, folder / "gb18030.csv"
            with utf8.open(encoding="utf-8", newline="") as old, path.open("w", encoding=encoding, newline="") as new:
                shutil.copyfileobj(old, new, 2**22)
        libraries = "import crmlab.orders, pyarrow"
        theirs = run(MEASURED.format(libraries=libraries, work=READ_PANDAS.format(encoding=encoding)), str(path))
        ours = run(MEASURED.format(libraries=libraries, work=READ.format(rows=ROWS)), str(path))
        size = path.stat().st_size / 2**20
        times = {key: f"{ours[key] / theirs[key]:.2f}" for key in ("seconds", "busy")}
        rows.append((f"{ROWS:,} rows, {size:,.0f} MB, {encoding}: time / read_csv", times["seconds"], "<= 3"))
        rows.append((f"  ({ours['seconds']:.1f} s against {theirs['seconds']:.1f} s)", "", ""))
        rows.append(("  processor seconds of all threads", times["busy"], ""))
        if ours["megabytes"]:
            rows.append(("  peak memory / size of the file", f"{ours['megabytes'] / size:.2f}", "<= 3"))
            rows.append(("  peak memory of read_csv / size of the file", f"{theirs['megabytes'] / size:.2f}", ""))
    return rows


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


def analysis(folder: Path) -> list[tuple[str, str, str]]:
    """The helpers against SQL and lifetimes, import and redraw."""
    rows: list[tuple[str, str, str]] = []
    me = sys.executable
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
    return rows


def main() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        rows = reader(Path(name)) if "reader" in sys.argv[1:] else analysis(Path(name))
    for what, value, target in rows:
        print(f"{what:<58}{value:>8}  {target}")


if __name__ == "__main__":
    main()
