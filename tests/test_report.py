"""The member-health report: its figures against independent ones, its files, its refusals, its page."""

import ast
import hashlib
import json
import re

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest

from crmlab import deliver, findings, health, report, rfm, sales, set_language
from crmlab.cli import main
from crmlab.language import Said

WRITTEN = set(deliver.FILES) - {"crm_table.csv", "tags.csv"}  # these need a mapping, a catalogue
EVIL_STORE = "<b>甲店</b> ![x](http://evil.test/x.png)"
PHONE, MAIL, FORMULA, LONG, PAGE = (
    "13812345678",
    "chenmei@example.com",
    "=HYPERLINK(1)",
    "1234567890123456789",
    "<i>page</i>",
)


@pytest.fixture(autouse=True)
def chinese():
    set_language("zh")
    yield
    set_language("zh")


def make_orders(days: int = 540, customers: int = 60, seed: int = 7, start: str = "2025-01-01") -> pd.DataFrame:
    """Two shops' orders in the platform's own Chinese columns; ids are what real files hold: phones, formulas, tags."""
    rng = np.random.default_rng(seed)
    names = [PHONE, MAIL, FORMULA, LONG, PAGE, "007"] + [f"U{i:04d}" for i in range(customers - 6)]
    n = customers * 8
    rows = pd.DataFrame({
        "订单编号": [f"T{i:06d}" for i in range(n)],
        "客户编号": np.concatenate([names, rng.choice(names, n - customers, p=_shares(customers))]),
        "付款时间": pd.Timestamp(start) + pd.to_timedelta(np.sort(rng.integers(0, days, n)), unit="D"),
        "实付金额": rng.gamma(2, 90, n).round(2) + 1,
        "退款金额": 0.0,
        "订单状态": "交易成功",
        "店铺ID": np.where(np.arange(n) % 3 > 0, EVIL_STORE, "乙店"),
    })
    closed = rng.choice(n, 12, replace=False)
    rows.loc[closed, ["实付金额", "订单状态"]] = [0.0, "交易关闭"]
    return rows


def _shares(customers: int) -> np.ndarray:
    weight = 1 / np.arange(1, customers + 1) ** 0.7
    return weight / weight.sum()


def save(rows: pd.DataFrame, path) -> str:
    rows.to_csv(path, index=False, encoding="gb18030")
    return str(path)


@pytest.fixture(scope="module")
def run_zh(tmp_path_factory):
    """Two stores in one call, the second of which does not exist: (exit code, folder of the first, folder, file)."""
    folder = tmp_path_factory.mktemp("报告 with space")
    file = save(make_orders(), folder / "订单 1.csv")
    code = main(["report", file, "--lang", "zh", "--store", EVIL_STORE, "丙店", "--out", str(folder / "out")])
    good, bad = (folder / "out" / report.folder_name(store) for store in (EVIL_STORE, "丙店"))
    return code, good, bad, file


@pytest.fixture(scope="module")
def of_store() -> pd.DataFrame:
    """The counted orders of the first store, by hand."""
    rows = make_orders()
    return rows[(rows["店铺ID"] == EVIL_STORE) & (rows["订单状态"] == "交易成功")]


def by_hand(rows: pd.DataFrame) -> pd.DataFrame:
    """R, F, M and the class by the mean rule with nothing of crmlab."""
    day = make_orders().query("店铺ID == @EVIL_STORE")["付款时间"].max().normalize()
    table = rows.groupby("客户编号").agg(last=("付款时间", "max"), f=("订单编号", "size"), m=("实付金额", "sum"))
    table["r"] = (day - table["last"].dt.normalize()).dt.days
    table["m"] = table["m"].round(2)
    high = (table["r"] < table["r"].mean(), table["f"] > table["f"].mean(), table["m"] > table["m"].mean())
    table["code"] = [f"R{int(r)}F{int(f)}M{int(m)}" for r, f, m in zip(*high, strict=True)]
    return table


def test_one_failing_store_does_not_stop_the_other(run_zh):
    code, good, bad, _ = run_zh
    assert code == 1
    assert {path.name for path in good.iterdir()} == WRITTEN
    assert {path.name for path in bad.iterdir()} == {"import_report.json", "set_aside.csv", "manifest.json"}
    manifest = json.loads((bad / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "refused" and "丙店" in manifest["message"]


def test_segments_are_those_computed_by_hand(run_zh, of_store):
    text = (run_zh[1] / "segments.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    have = pd.read_csv(run_zh[1] / "segments.csv", dtype={"customer_id": "str"}, encoding="utf-8-sig")
    assert list(have) == [
        "customer_id", "recency", "frequency", "monetary", "r", "f", "m", "code", "class_name", "segment",
    ]  # fmt: skip
    want = by_hand(of_store)
    ids = have["customer_id"].str.removeprefix("'")
    assert set(ids) == set(want.index) and have["monetary"].is_monotonic_decreasing
    want = want.loc[ids]
    for column, name in (("recency", "r"), ("frequency", "f"), ("monetary", "m"), ("code", "code")):
        assert list(have[column]) == list(want[name]), column
    assert f"'{FORMULA}" in set(have["customer_id"]) and PHONE in set(have["customer_id"])  # full ids: a delivery file


def test_page_states_what_was_computed_by_hand(run_zh, of_store):
    page = (run_zh[1] / "report.html").read_text(encoding="utf-8")
    money = of_store.groupby("客户编号")["实付金额"].sum().sort_values(ascending=False)
    top = -(-len(money) // 5)
    best = money.iloc[:top].sum()
    assert (
        f"前 20% 的客户（{top} 位）" in page
        and f"{findings.yuan(best)}</strong>，占全部的 {best / money.sum():.0%}" in page
    )
    table = by_hand(of_store)
    quiet = table[table["code"].isin(["R0F1M1", "R0F0M1"])]
    assert f"有 {len(quiet)} 位大客户最近没来" in page and findings.yuan(quiet["m"].sum()) in page
    day = table["last"].max().normalize()
    last = of_store[of_store["付款时间"].dt.normalize() > day - pd.Timedelta(days=91)]["实付金额"].sum()
    assert f"最近 91 天收入 <strong>{findings.yuan(last)}</strong>" in page


def test_page_is_self_contained_and_shows_no_code(run_zh):
    page = (run_zh[1] / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and '<html lang="zh-CN">' in page
    assert not re.search(r"<script|<link|<iframe|@import|url\(", page)
    sources = re.findall(r"""(?:src|href|srcset|data)\s*=\s*["']([^"']{0,30})""", page)
    assert sources and all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert "use_style" not in page and "examine(" not in page and "Traceback" not in page
    assert "@page { size: A4" in page


def test_pictures_speak(run_zh):
    page = (run_zh[1] / "report.html").read_text(encoding="utf-8")
    alts = re.findall(r'<img alt="([^"]*)"', page)
    assert len(alts) == page.count("<img") >= 4
    assert any("带来" in alt and "基尼系数" in alt for alt in alts) and all(len(alt) > 60 for alt in alts)


def test_page_tells_no_customer_and_runs_nothing_of_the_file(run_zh):
    page = (run_zh[1] / "report.html").read_text(encoding="utf-8")
    for secret in (PHONE, MAIL, LONG):
        assert secret not in page
    assert "&lt;b&gt;甲店&lt;/b&gt;" in page and "<b>甲店" not in page and PAGE not in page


def test_workbook_keeps_ids_as_text(run_zh):
    book = openpyxl.load_workbook(run_zh[1] / "report.xlsx")
    assert book.sheetnames == [
        "摘要",
        "八类",
        "R×F 格",
        "按时间",
        "留存",
        "复购",
        "上一季做了什么",
        "换类",
        "召回名单",
        "客户",
        "切点",
    ]
    assert all(book[name].freeze_panes == "A2" for name in book.sheetnames)
    cells = {cell.value: cell for cell in book["客户"]["A"][1:]}
    assert {PHONE, FORMULA, LONG, "007", PAGE} <= set(cells)
    assert {cell.data_type for cell in cells.values()} == {"s"}
    classes = [[cell.value for cell in row] for row in book["八类"].iter_rows()]
    assert classes[0][:3] == ["代码", "类别", "人数"] and sum(row[2] for row in classes[1:]) == len(cells)
    assert "**" not in "".join(str(cell.value) for cell in book["摘要"]["B"])


def test_manifest_accounts_for_every_file(run_zh):
    _, folder, _, file = run_zh
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {each["name"] for each in manifest["outputs"]} == WRITTEN - {"manifest.json"}
    for each in manifest["outputs"]:
        content = (folder / each["name"]).read_bytes()
        assert (each["bytes"], each["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    with open(file, "rb") as stream:
        assert manifest["inputs"] == [
            {"name": "订单 1.csv", "bytes": len(stream.read()), "sha256": manifest["inputs"][0]["sha256"]}
        ]
    rows = manifest["rows"]
    assert rows["customers"] == sum(rows["customers_by_class"].values())
    assert rows["orders"] > rows["orders_counted"] > rows["customers"]
    assert manifest["status"] == "done" and manifest["rule"] == "mean" and manifest["parameters"]["store"] == EVIL_STORE


def test_next_month_is_measured_with_last_months_ruler(run_zh, tmp_path):
    last = json.loads((run_zh[1] / "manifest.json").read_text(encoding="utf-8"))
    file = save(make_orders(days=620, seed=8), tmp_path / "next.csv")
    cuts = str(run_zh[1] / "manifest.json")
    call = ["report", file, "--lang", "en", "--store", "乙店", "--cuts", cuts, "--out", str(tmp_path / "out")]
    assert main(call) == 0
    now = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert now["cuts"] == last["cuts"] and now["rule"] == "mean" and now["language"] == "en"
    own = health.examine(file, store="乙店").cuts
    assert own != last["cuts"]  # else the test would prove nothing
    line = last["cuts"]["lines"]["monetary"]
    have = pd.read_csv(tmp_path / "out" / "segments.csv", encoding="utf-8-sig")
    assert (have["code"].str.endswith("M1") == (have["monetary"] >= line)).all()
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert '<html lang="en-GB">' in page and "What to do on Monday" in page
    prose = re.sub(r"<style.*?</style>|乙店|[（）]|alt=\"[^\"]*\"", "", page, flags=re.S)
    found = re.findall(r"[\u4e00-\u9fff]{2,}", prose)
    known = set(make_orders().columns) | {
        "订单编号",
        "客户编号",
        "付款时间",
        "实付金额",
        "退款金额",
        "订单状态",
        "店铺",
    }
    assert not [word for word in found if word not in known]  # nothing but the file's own headers


def test_no_customer_column_makes_a_report_of_orders(tmp_path, capfd):
    out = tmp_path / "out"
    out.mkdir()
    (out / "segments.csv").write_text("an earlier report", encoding="utf-8")
    rows = make_orders().drop(columns="客户编号")
    file = save(rows, tmp_path / "shop.csv")
    assert main(["report", file, "--lang", "en", "--out", str(out)]) == 0
    shown = capfd.readouterr()
    first, done = shown.out.strip().splitlines()
    assert first.startswith("This report is about orders, not customers.") and "客户编号" in first and "Done" in done
    assert shown.err == ""
    files = {"report.html", "report.xlsx", "import_report.json", "set_aside.csv", "manifest.json"}
    assert {path.name for path in out.iterdir()} == files  # and the earlier list of segments is gone
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "done" and manifest["level"] == "orders" and manifest["message"] == first
    page = (out / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<body") :]
    heads = re.findall(r"<h2[^>]*>([^<]*)", body)
    assert heads[:3] == ["Findings", "What this report cannot tell", "What was read"]
    assert "Sales over time" in heads and "Stores" in heads
    assert not {"What to do on Monday", "Eight classes", "Who brings the money", "Ruler", "Channels"} & set(heads)
    assert body.index("about orders, not customers") < body.index("<h2")
    paid = rows  # the closed ones have a pay time: their money came and went back
    assert f"The {len(paid):,} paid orders were worth" in body and findings.yuan(paid["实付金额"].sum()) in body
    book = openpyxl.load_workbook(out / "report.xlsx")
    assert book.sheetnames == ["Summary", "By time", "By store"]
    stores = {row[0].value: (row[1].value, row[4].value) for row in list(book["By store"].iter_rows())[1:]}
    for store, part in paid.groupby("店铺ID"):
        assert stores[store] == (len(part), pytest.approx(part["实付金额"].sum().round(2)))


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", "做不了：文件里没有客户编号"), ("en", "not possible. The file has no customer")]
)
def test_required_customers_are_refused_in_one_sentence(lang, words, tmp_path, capfd):
    file, out = save(make_orders().drop(columns="客户编号"), tmp_path / "shop.csv"), tmp_path / "out"
    assert main(["report", file, "--lang", lang, "--require", "rfm", "--out", str(out)]) == 1
    shown = capfd.readouterr()  # of the kernel's process too
    assert shown.out == "" and len(shown.err.strip().splitlines()) == 1
    assert words in shown.err and "Traceback" not in shown.err
    assert {path.name for path in out.iterdir()} == {"import_report.json", "set_aside.csv", "manifest.json"}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "refused" and manifest["message"] in shown.err
    assert json.loads((out / "import_report.json").read_text(encoding="utf-8"))["rows"]["read"] == len(make_orders())
    assert health.examine(file, require="months").missing  # another part that the file can carry


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "case", ["one order", "no pay times", "nothing paid", "credit notes", "two stores, two channels"]
)
def test_orders_alone_make_a_report_however_few(case, lang, tmp_path):
    rows = make_orders().drop(columns="客户编号").head(1 if case == "one order" else 40)
    if case == "no pay times":
        rows = rows.drop(columns="付款时间")
    elif case == "nothing paid":
        rows = rows.assign(订单状态="等待买家付款", 付款时间="")
    elif case == "credit notes":
        rows.loc[::4, "实付金额"] *= -1
    elif case == "two stores, two channels":
        rows["渠道"] = np.where(rows.index % 2, "门店", "小程序")
    else:
        rows = rows.drop(columns="店铺ID")
    file = save(rows, tmp_path / "shop.csv")
    space = run_cells(lang, {"language": lang, "orders_file": file, "out_dir": str(tmp_path / "out")})
    h = space["h"]
    assert not h.by_customer and findings.headline(h).startswith((
        "**这份报告只看订单",
        "**This report is about orders",
    ))
    assert findings.findings(h) and all(
        "nan" not in line.lower() for line in [*findings.findings(h), findings.headline(h)]
    )
    assert (space["channels"] is not None) == (space["periods"] is not None and case.endswith("channels"))
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["level"] == "orders"


def test_weeks_where_there_are_few_months_and_what_is_covered_in_full(tmp_path):
    days = pd.date_range("2026-06-03", "2026-06-24")  # a Wednesday to a Wednesday
    rows = pd.DataFrame({
        "order_id": [f"T{i}" for i in range(22)],
        "paid_at": days,
        "gross": 12.0,
        "amount": 10.0,
        "refund": 0.0,
    })
    table = sales.periods_table(health.examine(save(rows.assign(refund=0), tmp_path / "a.csv")))
    assert table["period"].tolist() == ["2026-06-01", "2026-06-08", "2026-06-15", "2026-06-22"]
    assert table["orders"].tolist() == [5, 7, 7, 3] and table["whole"].tolist() == [False, True, True, False]
    months = make_orders()
    table = sales.periods_table(health.examine(save(months, tmp_path / "b.csv")))
    paid = months[months["订单状态"] == "交易成功"]
    want = paid.groupby(paid["付款时间"].dt.strftime("%Y-%m"))["实付金额"].sum().round(2)
    assert table["period"].tolist() == want.index.tolist() and table["amount"].tolist() == pytest.approx(want.tolist())


def test_a_member_list_tells_who_bought(tmp_path):
    orders = make_orders()
    ids = {name: f"1{3000000000 + i}" for i, name in enumerate(orders["客户编号"].unique())}
    orders["手机号"] = orders["客户编号"].map(ids)
    members = pd.DataFrame({"会员编号": list(ids), "手机": [f"+86 {phone}" for phone in ids.values()]})
    known = health.examine(save(orders, tmp_path / "a.csv")).scored
    file = save(orders.drop(columns="客户编号"), tmp_path / "b.csv")
    assert set(health.examine(file).scored["customer_id"]) == set(ids.values())  # told apart by phone
    h = health.examine(file, members_file=save(members, tmp_path / "m.csv"))
    assert h.by_customer and h.missing == ""
    pd.testing.assert_frame_equal(h.scored, known)
    assert f"找到 {len(orders)} 笔（100%）" in findings.reading(h)
    assert "不详的不在 contacts.csv 上" in list(findings.unknowns(h))[-1]


@pytest.mark.parametrize("content", [b"", "订单编号,客户编号,付款时间,实付金额\n".encode(), b"\x00\x01\x02\xff" * 50])
def test_unreadable_file_leaves_a_manifest_with_the_sentence(content, tmp_path):
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    with pytest.raises(health.CannotReport) as stopped:
        health.examine(str(file), out_dir=str(tmp_path / "out"))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert (
        manifest["status"] == "refused"
        and manifest["message"] == str(stopped.value)
        and "bad.csv" in manifest["message"]
    )
    assert manifest["inputs"][0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_store_that_is_not_there_gets_a_suggestion(tmp_path):
    file = save(make_orders(), tmp_path / "a.csv")
    with pytest.raises(health.CannotReport, match="是不是“乙店”"):
        health.examine(file, store="乙 店")
    file = save(make_orders().drop(columns="店铺ID"), tmp_path / "b.csv")
    with pytest.raises(health.CannotReport, match="store_id"):
        health.examine(file, store="乙店")


def test_store_without_a_paid_order_is_refused(tmp_path):
    rows = make_orders()
    rows["付款时间"] = rows["付款时间"].where(rows["店铺ID"] != "乙店")
    with pytest.raises(health.CannotReport, match="没有一位客户"):
        health.examine(save(rows, tmp_path / "a.csv"), store="乙店", out_dir=str(tmp_path / "out"))
    assert (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize(("day", "words"), [("2020-01-01", "没有一位客户"), ("下周一", "2026-06-30")])
def test_reference_day_before_every_order_or_no_day_is_refused(day, words, tmp_path):
    file = save(make_orders(), tmp_path / "a.csv")
    with pytest.raises(health.CannotReport, match=words):
        health.examine(file, as_of=day, out_dir=str(tmp_path / "out"))
    assert (tmp_path / "out" / "manifest.json").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "out").write_text("a file, not a folder", encoding="utf-8")
    made = report.run(report.find_template("member_health", "zh"), {}, tmp_path / "out")
    assert made.code == report.REFUSED and "写不进" in made.message and str(tmp_path / "out") in made.message


def run_cells(lang: str, parameters: dict) -> dict:
    """Every code cell of the template in this process, the last line of each shown as a notebook would."""
    import matplotlib.pyplot as plt

    book, space = nbformat.read(report.find_template("member_health", lang), as_version=4), {}
    for cell in (cell for cell in book.cells if cell.cell_type == "code"):
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), space)
        if "parameters" in cell.metadata.get("tags", []):
            space.update(parameters)
        shown = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space) if last else None
        if hasattr(shown, "to_html"):
            shown.to_html()
        elif isinstance(shown, Said):
            assert shown and "nan" not in shown.lower()
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()
        plt.close("all")
    return space


TINY = {
    "one customer, one order": (["A"], [1]),
    "one customer, years of orders": (["A"] * 9, [1, 90, 180, 270, 360, 450, 540, 630, 720]),
    "all with one order": ([f"C{i}" for i in range(40)], list(range(1, 41))),
    "all alike": (["A", "B", "C"] * 2, [1, 1, 1, 200, 200, 200]),
    "two customers a year apart": (["A", "B"], [1, 400]),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("case", TINY)
def test_tiny_files_make_a_report(case, lang, tmp_path):
    ids, days = TINY[case]
    rows = pd.DataFrame({
        "order_id": [f"T{i}" for i in range(len(ids))],
        "customer_id": ids,
        "paid_at": pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"),
        "amount": 100.0,
    })
    file = save(rows, tmp_path / "tiny.csv")
    space = run_cells(lang, {"language": lang, "orders_file": file, "out_dir": str(tmp_path / "out")})
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"]["customers"] == len(set(ids)) and manifest["status"] == "done"
    assert manifest["as_of"] == str(rows["paid_at"].max().date())
    lines = findings.unknowns(space["h"])
    assert any("182" in line for line in lines) == (max(days) - min(days) < 182)


def test_unknowns_name_what_is_missing(tmp_path):
    rows = make_orders()
    rows.loc[3, "实付金额"] = np.nan
    rows.loc[[5, 9], "客户编号"] = ""
    h = health.examine(save(rows, tmp_path / "gaps.csv"))
    said = " ".join(findings.unknowns(h))
    assert "有 1 行没读进来" in said and "有 2 笔订单" in said and "样本太小" in said
    assert findings.yuan(rows.loc[[5, 9], "实付金额"].sum()) in said
    rows.loc[[5, 9], "订单状态"] = "已发货"  # a status that no known customer's order has
    assert "有 2 笔订单" in " ".join(findings.unknowns(health.examine(save(rows, tmp_path / "sent.csv"))))


@pytest.mark.parametrize(("left", "far"), [(20, True), (0, False)])
def test_r_line_stands_beside_the_usual_pause(left, far, tmp_path):
    """Ten customers come every 10 days; `left` others bought once, 30 to 410 days before the reference day."""
    day = pd.Timestamp("2026-06-30")
    came = [(f"S{i}", day - pd.Timedelta(days=i + n)) for i in range(10) for n in range(0, 101, 10)]
    came += [(f"L{i}", day - pd.Timedelta(days=30 + 20 * i)) for i in range(left)]
    rows = pd.DataFrame(came, columns=["customer_id", "paid_at"]).assign(amount=10.0)
    file = save(rows.assign(order_id=[f"T{i}" for i in range(len(rows))]), tmp_path / "a.csv")
    h = health.examine(file)
    recency = [*range(10), *range(30, 30 + 20 * left, 20)]
    line = max(days for days in recency if days < sum(recency) / len(recency))
    (said,) = [text for text in (*findings.unknowns(h), *findings.definitions(h)) if "R 高的线在" in text]
    assert f"线在 {line} 天；十次回头购买有九次不超过 10 天" in said
    assert ("走了很久" in said and "10 天上下" in said) == far == (said in findings.unknowns(h))
    set_language("en")
    (said,) = [text for text in (*findings.unknowns(h), *findings.definitions(h)) if "High R reaches" in text]
    assert f"to {line} days" in said and "within 10." in said and ("gone for long" in said) == far


def test_money_at_stake_by_hand(tmp_path):
    h = health.examine(save(make_orders(), tmp_path / "a.csv"))
    table = health.monday(h, most=8).set_index("code")
    assert "R0F0M0" not in table.index and table["at_stake"].is_monotonic_decreasing
    rates = rfm.return_table(rfm.outcome(h.before, h.orders, h.as_of - pd.Timedelta(days=91), 91)).set_index("code")
    for code, row in table.iterrows():
        people = h.scored[h.scored["code"] == code]
        year = 0.0
        for person in people.itertuples():
            theirs = h.counted[h.counted["customer_id"] == person.customer_id]
            year += theirs.loc[theirs["paid_at"] > person.last_paid - pd.Timedelta(days=364), "amount"].sum()
        known = code in rates.index and rates.loc[code, "customers"] >= 30
        stays = rates.loc[code, "rate"] if known else 0.0
        assert row["customers"] == len(people)
        assert row["at_stake"] == pytest.approx(year * (1 - stays), abs=0.02)


def test_typo_in_a_parameter_is_a_wrong_call_with_a_suggestion(tmp_path, capsys):
    file = save(make_orders(), tmp_path / "a.csv")
    with pytest.raises(SystemExit) as left:
        main(["report", file, "--lang", "zh", "--out", str(tmp_path / "out"), "-p", "stroe", "乙店"])
    assert left.value.code == 2 and "是不是 store" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_store_may_be_given_as_a_parameter_of_the_template(tmp_path):
    file, template = save(make_orders(), tmp_path / "a.csv"), report.find_template("member_health", "zh")
    made = report.run(template, {"orders_file": file, "store": "丙店"}, tmp_path / "out")
    assert made.code == report.REFUSED and "没有店铺“丙店”" in made.message


def test_parameters_keep_the_types_of_the_template(tmp_path):
    template = report.find_template("member_health", "zh")
    assert report.convert(template, {"store": "001"}) == {"store": "001"}
    with pytest.raises(report.WrongCall, match="member_health"):
        report.find_template("member_helth", "zh")


def test_cuts_of_another_file(tmp_path):
    (tmp_path / "cuts.toml").write_text("[lines]\nrecency = 60\nfrequency = 3\nmonetary = 500\n", encoding="utf-8")
    cuts, rule = health.read_cuts(tmp_path / "cuts.toml")
    assert cuts == {"lines": {"recency": 60, "frequency": 3, "monetary": 500}} and rule is None
    file = save(make_orders(), tmp_path / "a.csv")
    scored = health.examine(file, rule="business", cuts_file=str(tmp_path / "cuts.toml")).scored
    high = (scored["recency"] <= 60) & (scored["frequency"] >= 3) & (scored["monetary"] >= 500)
    assert high.any() and (high == (scored["code"] == "R1F1M1")).all()
    for wrong in ('{"a": 1}', '{"lines": [60, 3, 500]}', '{"lines": {"recency": "60", "frequency": 3, "monetary": 5}}'):
        (tmp_path / "other.json").write_text(wrong, encoding="utf-8")
        with pytest.raises(ValueError, match=r"other\.json"):
            health.read_cuts(tmp_path / "other.json")
        with pytest.raises(health.CannotReport, match=r"other\.json"):  # as plain papermill meets it
            health.examine(file, cuts_file=str(tmp_path / "other.json"), out_dir=str(tmp_path / "out"))
    assert (tmp_path / "out" / "manifest.json").exists()


def test_ruler_table_says_what_score_does(tmp_path):
    h = health.examine(save(make_orders(), tmp_path / "a.csv"))
    table = health.cuts_table(h)
    for (measure, letter), (_, row) in zip(rfm.MEASURES.items(), table.iterrows(), strict=True):
        for k in range(2, 6):
            if not row[f"score_{k}"]:
                continue
            sign, bound = row[f"score_{k}"].split()
            bound = float(bound.replace(",", ""))
            reached = h.scored[measure] < bound if sign == "<" else h.scored[measure] >= bound
            assert (reached == (h.scored[letter] >= k)).all(), (measure, k)


@pytest.mark.parametrize(
    ("store", "name"), [("a/b:c", "a_b_c"), ("..", "store"), ("CON", "CON_"), ("乙店", "乙店"), (" x. ", "x")]
)
def test_store_names_become_folders(store, name):
    assert report.folder_name(store) == name


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@x", "\tx", "\rx", "\nx", "＝1+1", "＠x"])
def test_text_that_a_spreadsheet_would_run_is_disarmed(text):
    from crmlab.text import for_spreadsheet

    assert for_spreadsheet(text) == "'" + text and for_spreadsheet("a=1") == "a=1" and for_spreadsheet(-1) == -1
