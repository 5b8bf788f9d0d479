"""What goes out: lists for people are disarmed, files for machines are checked and not altered, consent is never guessed."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import deliver, health, members, rfm, set_language
from crmlab.cli import main
from crmlab.deliver import lists, wecom
from crmlab.text import Problem

TEMPLATE = Path(__file__).parents[1] / "course" / "mappings" / "crm_table.toml"
EVIL = "=HYPERLINK(1)"


@pytest.fixture(autouse=True)
def english():
    set_language("en")
    yield
    set_language("zh")


def write(path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def shop(tmp_path) -> dict[str, str]:
    """40 customers C00..C39 with orders; the first 30 in a member list that says of some what they agreed to."""
    rng = np.random.default_rng(3)
    ids = [f"C{i:02d}" for i in range(40)]
    rows = pd.DataFrame({
        "order_id": [f"T{i:03d}" for i in range(200)],
        "customer_id": np.concatenate([ids, rng.choice(ids, 160)]),
        "paid_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 90, 200)), unit="D"),
        "amount": rng.gamma(2, 50, 200).round(2) + 1,
    })
    people = pd.DataFrame({"customer_id": ids[:30], "nickname": [f"人{i}" for i in range(30)]})
    people["nickname"] = people["nickname"].mask(people["customer_id"] == "C03", EVIL)
    people["phone"] = [f"138{i:08d}" for i in range(30)]
    people.loc[4, "phone"] = "138****0004"
    people["external_userid"] = [f"wm{i}" if i % 2 else "" for i in range(30)]
    people["添加人账号"] = "wangxm"
    people["短信授权"] = ["是"] * 10 + ["否"] * 5 + [""] * 15
    people["企微授权"] = [""] * 20 + ["是"] * 10
    orders, list_ = tmp_path / "订 单.csv", tmp_path / "名 单.csv"
    rows.to_csv(orders, index=False)
    people.to_csv(list_, index=False)
    return {"orders": str(orders), "members": str(list_), "out": str(tmp_path / "out")}


def call(shop: dict, *more: str, lang: str = "en") -> int:
    return main(["deliver", shop["orders"], "--members", shop["members"], "--out", shop["out"], "--lang", lang, *more])


def table(shop: dict, name: str) -> pd.DataFrame:
    return pd.read_csv(Path(shop["out"]) / name, dtype="str", keep_default_na=False, encoding="utf-8-sig")


def manifest(shop: dict) -> dict:
    return json.loads((Path(shop["out"]) / "manifest.json").read_text(encoding="utf-8"))


def test_unknown_consent_is_not_on_the_contact_list(shop, capsys):
    assert call(shop) == 0
    listed = table(shop, "contacts.csv")
    sms, by_wecom = (listed[listed["channel"] == channel] for channel in ("sms", "wecom"))
    agreed = {f"C{i:02d}" for i in range(10)} - {"C04"}  # whose phone is masked
    assert set(sms["customer_id"]) == agreed and set(sms["consent"]) == {"known"}
    assert set(by_wecom["customer_id"]) == {f"C{i}" for i in range(21, 30, 2)}
    assert set(sms["contact"]) == {f"138{int(each[1:]):08d}" for each in agreed}
    have = manifest(shop)
    assert have["contacts"]["sms"] == {
        "listed": 9,
        "assumed": 0,
        "refused": 5,
        "unknown": 25,
        "no_contact": 1,
        "same_contact": 0,
    }
    assert have["contacts"]["wecom"]["unknown"] == 30 and have["contacts"]["wecom"]["no_contact"] == 5
    assert have["parameters"]["assume_consent"] is False
    shown = capsys.readouterr().out
    assert "SMS: 9 on the contact list; not on it: refused 5, unknown 25, agreed, no contact known 1" in shown
    assert not re.search(r"138\d{8}|wm\d|人\d|HYPERLINK", shown)


def test_assumed_consent_is_explicit_and_stands_in_the_manifest(shop, capsys):
    assert call(shop, "--assume-consent", lang="zh") == 0
    listed = table(shop, "contacts.csv").query("channel == 'sms'")
    refused = {f"C{i}" for i in range(10, 15)}
    assert set(listed["customer_id"]) == {f"C{i:02d}" for i in range(30)} - refused - {"C04"}
    assert listed["consent"].value_counts().to_dict() == {"assumed": 15, "known": 9}
    have = manifest(shop)
    assert have["parameters"]["assume_consent"] is True and have["contacts"]["sms"]["assumed"] == 15
    assert "按 --assume-consent 当作同意" in capsys.readouterr().out


def test_without_a_member_list_nobody_may_be_contacted(shop):
    assert main(["deliver", shop["orders"], "--out", shop["out"], "--lang", "en"]) == 0
    assert len(table(shop, "contacts.csv")) == 0 and manifest(shop)["contacts"]["sms"]["unknown"] == 40
    assert len(table(shop, "segments.csv")) == 40


def test_lists_for_people_are_disarmed_and_machine_files_are_not_altered(shop, capsys):
    assert call(shop, "--crm-mapping", str(TEMPLATE)) == 0
    people = table(shop, "contacts.csv")
    assert f"'{EVIL}" in set(people["nickname"]) and EVIL not in set(people["nickname"])
    machine = table(shop, "crm_table.csv")
    assert EVIL in set(machine["昵称"]) and set(machine["来源"]) == {"crmlab"}
    assert "do not open it in Excel" in " ".join(capsys.readouterr().out.split())
    assert manifest(shop)["cells_like_formulas"] == {"crm_table.csv": 1}
    assert (
        list(machine)[:2] == ["手机号", "会员编号"] and len(machine) == 29
    )  # 40 less 10 not listed, less a masked phone
    assert manifest(shop)["crm_table"] == {"rows": 29, "left_out": 11}
    scored = health.examine(shop["orders"]).scored.set_index("customer_id")
    for row in machine.itertuples():
        mine = scored.loc[row.会员编号]
        assert (row.客户分类, row.累计消费金额) == (rfm.class_name(mine["code"]), f"{mine['monetary']:.2f}")
        assert row.最近消费日期 == f"{mine['last_paid']:%Y-%m-%d}"


@pytest.mark.parametrize(("lang", "words"), [("zh", "换行、控制字符"), ("en", "a line break")])
@pytest.mark.parametrize("bad", ["a\nb", "a\x07b", "a\u2028b"])
def test_a_value_that_breaks_a_machine_file_is_refused_with_its_row(bad, lang, words, shop, capsys):
    people = pd.read_csv(shop["members"], dtype="str", keep_default_na=False)
    people["nickname"] = people["nickname"].mask(people["customer_id"] == "C07", bad)
    people.to_csv(shop["members"], index=False)
    Path(shop["out"]).mkdir()
    (Path(shop["out"]) / "crm_table.csv").write_text("last month's", encoding="utf-8")
    assert call(shop, "--crm-mapping", str(TEMPLATE), lang=lang) == 1
    said = capsys.readouterr().err
    assert words in said and "昵称" in said and len(said.strip().splitlines()) == 1
    row = int(re.search(r"第 (\d+) 行|row (\d+)", said)[0].strip("第 行row"))
    order = health.examine(shop["orders"], members_file=shop["members"])
    made = lists.crm_table(lists.people(order), lists.read_crm_mapping(TEMPLATE))[0]
    assert made.loc[row - 2, "会员编号"] == "C07"  # row 1 is the header
    assert {path.name for path in Path(shop["out"]).iterdir()} == {
        "import_report.json",
        "set_aside.csv",
        "manifest.json",
    }
    assert manifest(shop)["status"] == "refused"


def test_a_letter_the_encoding_has_not_got_is_refused():
    table = pd.DataFrame({"name": ["甲", "😀", "=1"]})
    with pytest.raises(Problem, match="row 3"):
        lists.check_machine_file(table, "x.csv", "gbk")
    assert lists.check_machine_file(table, "x.csv", "gb18030") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[columns]\n'a' = 'fone'\n", "did you mean phone"),
        ("required = ['b']\n[columns]\n'a' = 'phone'\n", "required"),
        ("encoding = 'nonsense'\n[columns]\n'a' = 'phone'\n", "encoding"),
        ("max_row = 3\n[columns]\n'a' = 'phone'\n", "max_row"),
        ("[constants]\n'a' = 'b'\n", "[columns]"),
        ("not toml", "cannot be used"),
    ],
)
def test_a_crm_mapping_that_does_not_hold_is_a_wrong_call(text, words, shop, capsys):
    mapping = write(Path(shop["orders"]).with_name("crm.toml"), text)
    with pytest.raises(SystemExit) as left:
        call(shop, "--crm-mapping", mapping)
    said = capsys.readouterr().err
    assert left.value.code == 2 and words in said and "crm.toml" in said and not Path(shop["out"]).exists()


def test_more_rows_than_the_crm_takes_are_refused(shop, capsys):
    mapping = write(Path(shop["orders"]).with_name("crm.toml"), "max_rows = 39\n[columns]\n'id' = 'customer_id'\n")
    assert (
        call(shop, "--crm-mapping", mapping) == 1 and "40 rows; the limit in crm.toml is 39" in capsys.readouterr().err
    )


def test_every_field_of_the_template_exists_and_every_field_is_named_there():
    rules = lists.read_crm_mapping(TEMPLATE)
    assert rules["required"] == ["手机号"] and rules["max_rows"] == 100_000
    text = TEMPLATE.read_text(encoding="utf-8")
    assert not [field for field in lists.FIELDS if not re.search(rf"\b{field}\b", text)]


# -- the tag plan ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_of_segments_keep_to_the_limits_in_both_languages(lang):
    set_language(lang)
    tags = wecom.library_of_segments()
    wecom.check(tags)
    assert len(tags) == len(rfm.CLASSES) + len(set(rfm.GRID.values())) == 18
    assert tags["tag"].str.len().max() <= 15 and tags["group"].str.len().max() <= 15


def tags(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["group", "tag"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (tags(("g", "x" * 16)), "16 characters"),
        (tags(("g" * 16, "x")), "takes the group|take the group"),
        (tags(("g", "")), "0 characters"),
        (tags(("g", "a\tb")), "visible"),
        (
            tags(
                ("g", "a "),
            ),
            "visible",
        ),
        (tags(("g", "a"), ("g", "A")), "twice"),
        (tags(*(("g", f"t{i}") for i in range(101))), "101"),
        (tags(*((f"g{i % 31}", f"t{i}") for i in range(3001))), "3,001"),
    ],
)
def test_a_plan_beyond_the_limits_is_refused(wrong, words):
    with pytest.raises(Problem, match=words):
        wecom.check(wrong)
    set_language("zh")
    with pytest.raises(Problem, match="[\u4e00-\u9fff]"):
        wecom.check(wrong)


def test_the_limits_themselves_pass_and_what_wecom_has_already_counts():
    wecom.check(tags(("g" * 15, "x" * 15), ("h", "x" * 15)))
    wecom.check(tags(*(("g", f"t{i}") for i in range(100))))
    wecom.check(tags(*((f"g{i % 30}", f"t{i}") for i in range(3000))))
    have = pd.DataFrame({"group_name": "g", "group_id": "1", "name": [f"old{i}" for i in range(99)], "id": "x"})
    wecom.check(tags(("g", "old0"), ("g", "new")), have)
    with pytest.raises(Problem, match="101"):
        wecom.check(tags(("g", "new"), ("g", "newer")), have)
    with pytest.raises(Problem, match="3,001"):
        wecom.check(tags(("other", "new")), pd.concat([have.assign(group_name=f"g{n}") for n in range(31)])[:3000])


def library(groups: dict[str, list[str]]) -> dict:
    tag_group = [
        {
            "group_id": f"et-{group}",
            "group_name": group,
            "tag": [{"id": f"id-{group}-{name}", "name": name} for name in names],
        }
        for group, names in groups.items()
    ]
    return {"errcode": 0, "errmsg": "ok", "tag_group": tag_group}


def test_plan_resolves_ids_from_the_users_own_library(shop, capsys):
    names = [rfm.class_name(code) for code in rfm.CLASSES]
    own = library({"RFM class": names[:-1], "other": ["x"]})
    own["tag_group"][0]["tag"].append({"id": "gone", "name": names[-1], "deleted": True})
    file = write(Path(shop["orders"]).with_name("tags.json"), json.dumps(own, ensure_ascii=False))
    assert call(shop, "--wecom", file) == 0
    assert (
        "not in the tag library, so to be created first, id blank: 11" in capsys.readouterr().out
    )  # 1 + 10 of the grid
    plan = table(shop, "tag_plan.csv")
    scored = health.examine(shop["orders"]).scored.set_index("customer_id")
    assert set(plan["version"]) == {f"{scored['last_paid'].max():%Y-%m-%d}"}
    assert plan.groupby("customer_id").size().eq(2).all() and set(plan["customer_id"]) == set(scored.index)
    of_class = plan[plan["group_name"] == "RFM class"].set_index("customer_id")
    for customer, row in of_class.iterrows():
        name = rfm.class_name(scored.loc[customer, "code"])
        assert row["tag_name"] == name and row["tag_id"] == ("" if name == names[-1] else f"id-RFM class-{name}")
    assert set(plan.loc[plan["group_name"] == "RxF segment", "tag_id"]) == {""}
    document = json.loads((Path(shop["out"]) / "tag_plan.json").read_text(encoding="utf-8"))
    groups = {group["group_name"]: group for group in document["groups"]}
    assert groups["RFM class"]["group_id"] == "et-RFM class" and groups["RxF segment"]["group_id"] is None
    assert sum(tag["customers"] for tag in groups["RFM class"]["tag"]) == 40
    ready = of_class[(of_class["external_userid"] != "") & (of_class["tag_id"] != "")]
    marks = {mark["external_userid"]: mark for mark in document["mark_tag"]}
    assert set(marks) == set(ready["external_userid"]) and len(document["mark_tag"]) == len(ready) > 0
    for row in ready.itertuples():
        mark = marks[row.external_userid]
        assert mark["add_tag"] == [row.tag_id] and mark["userid"] == "wangxm"
        assert set(mark["remove_tag"]) == {f"id-RFM class-{name}" for name in names[:-1]} - {row.tag_id}
    assert manifest(shop)["inputs"][-1]["name"] == "tags.json"


def test_plan_without_a_library_says_that_ids_are_blank(shop, capsys):
    for lang, words in (("en", "no --wecom was given, so tag ids are blank"), ("zh", "没有给 --wecom，标签 ID 空着")):
        assert call(shop, lang=lang) == 0 and words in capsys.readouterr().out
        assert set(table(shop, "tag_plan.csv")["tag_id"]) == {""}
    document = json.loads((Path(shop["out"]) / "tag_plan.json").read_text(encoding="utf-8"))
    assert document["mark_tag"] == [] and document["tags_without_id"] == 18 and document["ids_from"] is None


def test_library_as_a_table_and_two_tags_of_one_name(tmp_path):
    text = "标签组名称,标签组ID,标签名称,标签ID\ng,G1,a,A\ng,G1,b,B1\ng,G1,b,B2\n"
    have = wecom.read_library(write(tmp_path / "tags.csv", text))
    people = pd.DataFrame({"customer_id": ["1", "2"], "external_id": ["w1", "w2"], "staff_id": ["s", None]})
    given = pd.DataFrame({"customer_id": ["1", "2"], "group": "g", "tag": ["a", "b"]})
    plan, document = wecom.plan(given, "2026-06", people, have)
    assert plan["tag_id"].tolist()[0] == "A" and pd.isna(plan["tag_id"][1])  # nobody can say which b is meant
    assert document["mark_tag"] == [{"userid": "s", "external_userid": "w1", "add_tag": ["A"], "remove_tag": []}]
    set_language("zh")
    for wrong in ('{"errcode": 40001}', "[1]", "{broken", "商品,价格\nx,1\n"):
        with pytest.raises(Problem, match="不是企微标签库"):
            wecom.read_library(write(tmp_path / "no.json", wrong))


def test_a_library_that_is_none_is_refused_and_leaves_no_lists(shop, capsys):
    assert call(shop, "--wecom", shop["members"]) == 1
    assert "is no WeCom tag library" in capsys.readouterr().err
    assert manifest(shop)["status"] == "refused" and not (Path(shop["out"]) / "segments.csv").exists()


# -- the folder ---------------------------------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_in_a_checkout_the_folder_hides_itself_from_git(shop, tmp_path):
    git(tmp_path, "init", "-q")
    assert call(shop) == 0
    ignore = Path(shop["out"]) / ".gitignore"
    assert ignore.read_text(encoding="utf-8") == "*\n"
    seen = git(tmp_path, "status", "--porcelain", "-uall").stdout
    assert "segments.csv" not in seen and "out/" not in seen
    ignore.write_text("notes.txt", encoding="utf-8")
    assert call(shop) == 0 and ignore.read_text(encoding="utf-8") == "notes.txt\n*\n"


def test_a_folder_that_git_ignores_already_is_left_alone(shop, tmp_path):
    git(tmp_path, "init", "-q")
    write(tmp_path / ".gitignore", "out/\n")
    assert call(shop) == 0 and not (Path(shop["out"]) / ".gitignore").exists()


def test_outside_a_checkout_no_gitignore_is_written(shop):
    deliver.keep_out_of_git(Path(shop["orders"]).parent)
    assert not (Path(shop["orders"]).parent / ".gitignore").exists()


def test_orders_without_customers_deliver_nothing(shop, tmp_path, capsys):
    rows = pd.read_csv(shop["orders"]).drop(columns="customer_id")
    rows.to_csv(shop["orders"], index=False)
    assert main(["deliver", shop["orders"], "--out", shop["out"], "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "not possible" in said.err and manifest(shop)["status"] == "refused"
    assert not (Path(shop["out"]) / "segments.csv").exists()


def test_several_files_and_the_same_lists_as_the_report(shop, tmp_path):
    rows = pd.read_csv(shop["orders"])
    rows[:120].to_csv(tmp_path / "a.csv", index=False)
    rows[100:].to_csv(tmp_path / "b.csv", index=False)  # the overlap counts once
    assert main(["deliver", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--out", str(tmp_path / "two")]) == 0
    assert main(["deliver", shop["orders"], "--out", shop["out"]]) == 0
    for name in ("segments.csv", "tag_plan.csv", "tag_plan.json"):
        assert (tmp_path / "two" / name).read_bytes() == (Path(shop["out"]) / name).read_bytes()
    deliver.write(health.examine(shop["orders"]), tmp_path / "report")
    for name in ("segments.csv", "contacts.csv", "tag_plan.csv"):
        assert (tmp_path / "report" / name).read_bytes() == (Path(shop["out"]) / name).read_bytes()


def test_customers_are_found_by_the_phone_of_their_orders(shop):
    rows = pd.read_csv(shop["orders"])
    rows["phone"] = rows["customer_id"].map({f"C{i:02d}": f"138{i:08d}" for i in range(40)})
    rows["customer_id"] = "nick_" + rows["customer_id"]  # the platform's names, which the member list does not know
    rows.to_csv(shop["orders"], index=False)
    h = health.examine(shop["orders"], members_file=shop["members"])
    people = lists.people(h).set_index("customer_id")
    assert people.loc["nick_C05", "found"] == "phone" and people.loc["nick_C05", "external_id"] == "wm5"
    assert people["found"].eq("phone").sum() == 29 and people["found"].isna().sum() == 11
    assert isinstance(h.members, members.Members) and people.loc["nick_C39", "phone"] == "13800000039"


def test_one_contact_stands_once_on_the_list():
    row = {"customer_id": ["A", "B"], "phone": "13800000001", "external_id": None, "nickname": "x", "code": "R1F1M1"}
    table = pd.DataFrame(row).assign(class_name="y", action="z", external_id=pd.Series([pd.NA] * 2, dtype="str"))
    table["sms_consent"] = table["wecom_consent"] = pd.Series([True, True], dtype="boolean")
    listed, counts = lists.contacts(table)
    assert listed["customer_id"].tolist() == ["A"] and counts["sms"]["same_contact"] == 1
    assert counts["wecom"] == {
        "listed": 0,
        "assumed": 0,
        "refused": 0,
        "unknown": 0,
        "no_contact": 2,
        "same_contact": 0,
    }
