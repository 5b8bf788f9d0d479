"""Member lists: what is read, what is merged, what stays unknown, and how orders find their customer."""

import io
import json
import zipfile

import pandas as pd
import pytest

from crmlab import data, doctor, health, members, set_language
from crmlab.cli import main
from crmlab.members import join_customers, read_both, read_members, whole_phone
from crmlab.orders import ImportProblem, read_orders

WECOM = """\
客户列表
客户名称,描述,添加人,添加人账号,添加人所属部门,添加时间,来源,手机,企业,邮箱,地址,职务,电话,标签组1(孩子月龄),标签组2（肤质）
陈梅,,小王,wangxm,一店,2026-01-05 10:00:00,扫码,13812345678,,,,,,0-6 月,敏感;干性
=HYPERLINK(1),,小李,lixl,一店,2026-02-01 09:00:00,名片,,,,,,+86 139 1111 2222,6-12 月，12-24 月,
陈梅,,小李,lixl,一店,2025-12-01 08:00:00,扫码,8613812345678,,,,,,,敏感
王五,,小李,lixl,一店,2026-03-01 08:00:00,扫码,137****0000,,,,,,,
赵六,,小李,lixl,一店,2026-03-02 08:00:00,扫码,,,,,,,,
"""


@pytest.fixture(autouse=True)
def english():
    set_language("en")
    yield
    set_language("zh")


def write(path, text: str, encoding="utf-8-sig") -> str:
    path.write_text(text, encoding=encoding)
    return str(path)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_wecom_export_with_a_column_a_tag_group(encoding, tmp_path):
    got = read_members(write(tmp_path / "客户.csv", WECOM, encoding))
    assert got.members["customer_id"].tolist() == ["13812345678", "13911112222"]  # the phones: the file has no id
    chen = got.members.iloc[0]
    assert (chen["nickname"], chen["staff_id"]) == ("陈梅", "wangxm") and chen["joined_at"] == pd.Timestamp(
        "2025-12-01 08:00"
    )
    assert got.members[["sms_consent", "wecom_consent"]].isna().all(axis=None)  # being a contact is no consent
    assert {tuple(row) for row in got.tags[["customer_id", "group", "tag"]].to_numpy()} == {
        ("13812345678", "孩子月龄", "0-6 月"),
        ("13812345678", "肤质", "敏感"),
        ("13812345678", "肤质", "干性"),
        ("13911112222", "孩子月龄", "6-12 月"),
        ("13911112222", "孩子月龄", "12-24 月"),
    }
    rows = got.report["rows"]
    assert rows["read"] == 5 == rows["members"] + rows["merged"] + 2 and rows["merged"] == 1
    assert dict(zip(got.set_aside["row"], got.set_aside["reason"], strict=True)) == {
        6: "member_masked",
        7: "member_no_key",
    }
    assert set(got.set_aside["value"]) == {"王*", "赵*"}


def test_everything_printed_is_masked(tmp_path):
    got = read_members(write(tmp_path / "a.csv", WECOM))
    for lang in ("zh", "en"):
        set_language(lang)
        said = got.summary() + json.dumps(got.report, ensure_ascii=False) + got.set_aside.to_csv()
        assert not [secret for secret in ("13812345678", "13911112222", "陈梅", "王五", "HYPERLINK") if secret in said]
    assert "Rows read: 5 = 2 customers + 1 merged into them + 2 set aside" in got.summary()
    set_language("zh")
    assert "读入 5 行 = 2 位客户 + 同一客户合并 1 行 + 搁置 2 行" in got.summary()


def test_whole_phones_alone_are_keys():
    given = ["13812345678", "+86 138-1234-5678", "8613812345678", "'13812345678", "13812345678.0", "１３８１２３４５６７８",
             "138****5678", "1.38E+10", "13812345678-1234", "138 12", "", "13812345678转0012"]  # fmt: skip
    assert whole_phone(pd.Series(given)).tolist()[:6] == ["13812345678"] * 6
    assert whole_phone(pd.Series(given))[6:].isna().all()


CONSENT = """\
会员编号,会员昵称,手机号,注册时间,宝宝生日,营销授权,短信授权,短信退订
V1,a,13800000001,2026-01-01,2025-06-01,是,,
V2,b,13800000002,2026-01-01,,是,否,
V3,c,13800000003,2026-01-01,,,是,是
V4,d,13800000004,2026-01-01,,,,否
V5,e,13800000005,不记得,,,2026-02-01,
V6,f,13800000006,2026-01-01,,,,2026-03-01
V7,g,13800000007,2026-01-01,,看情况,,
V8,h,13800000008,2026-01-01,,已退订,,
V9,i,13800000009,2026-01-01,,,是,问过再说
V1,a,13800000001,2026-01-01,2026-05-01,是,,已退订
"""


def test_consent_is_yes_no_or_unknown_and_a_no_wins(tmp_path):
    got = read_members(write(tmp_path / "crm.csv", CONSENT))
    table = got.members.set_index("customer_id")
    says = {True: "yes", False: "no"}
    sms = {key: "unknown" if pd.isna(value) else says[bool(value)] for key, value in table["sms_consent"].items()}
    wecom = {key: "unknown" if pd.isna(value) else says[bool(value)] for key, value in table["wecom_consent"].items()}
    assert sms == {
        "V1": "no",
        "V2": "no",
        "V3": "no",
        "V4": "unknown",
        "V5": "yes",
        "V6": "no",
        "V7": "unknown",
        "V8": "no",
        "V9": "unknown",
    }
    assert wecom == dict.fromkeys(sms, "unknown") | {"V1": "yes", "V2": "yes", "V8": "no"}
    assert table.loc["V1", "baby_birthday"] == pd.Timestamp("2026-05-01")  # the youngest
    assert got.report["consent"]["sms"] == {"yes": 1, "no": 5, "unknown": 3}
    assert got.report["unknown_consent_words"] == 2 and got.report["unreadable"]["joined_at"] == 1
    assert "neither yes nor no" in got.summary()


def test_list_of_consents_the_last_word_stands(tmp_path):
    base = write(tmp_path / "m.csv", "customer_id,joined_at\nA,2026-01-01\nB,2026-01-01\n")
    consents = """\
customer_id,channel,purpose,granted_at,withdrawn_at
A,sms,marketing,2026-01-01,2026-02-01
A,sms,marketing,2026-03-01,
A,wecom,service,2026-01-01,
B,sms,marketing,2026-01-01,2026-02-01
B,push,marketing,2026-01-01,
C,sms,marketing,2026-01-01,some time
D,sms,marketing,?,
"""
    got = read_members([base, write(tmp_path / "c.csv", consents)])
    table = got.members.set_index("customer_id")
    assert table["sms_consent"].tolist() == [True, False, False, pd.NA] and table["wecom_consent"].isna().all()
    assert got.set_aside["reason"].tolist() == ["member_other_purpose"] * 2
    assert got.report["rows"]["read"] == 9 and got.report["rows"]["merged"] == 3


def test_shipped_tables_agree_with_an_independent_count():
    folder = data.raw_folder("yunmu").parent
    got = read_members([
        next(folder.glob(f"{name}.csv*")) for name in ("members", "consents", "identities", "wecom_contacts")
    ])
    people, consents = data.load("yunmu", "members"), data.load("yunmu", "consents")
    gone = set(data.load("yunmu", "wecom_contacts").query("deleted_at.notna()")["customer_id"])
    assert set(got.members["customer_id"]) == set(people["customer_id"]) and len(got.members) == len(people)
    for channel in ("sms", "wecom"):
        own = consents.query("channel == @channel and purpose == 'marketing'").sort_values("granted_at")
        last = own.groupby("customer_id")["withdrawn_at"].last(skipna=False)
        yes = set(last.index[last.isna()]) - (gone if channel == "wecom" else set())
        have = got.members.loc[got.members[f"{channel}_consent"].eq(True).fillna(False), "customer_id"]
        assert set(have) == yes
    ids = data.load("yunmu", "identities").query("system == 'wecom'").set_index("customer_id")["external_id"]
    have = got.members.dropna(subset=["external_id"]).set_index("customer_id")["external_id"]
    assert have.to_dict() == ids.to_dict()


@pytest.mark.parametrize("kind", ["xlsx", "zip"])
def test_workbooks_and_zips(kind, tmp_path):
    path = tmp_path / f"名单.{kind}"
    if kind == "xlsx":
        pd.read_csv(io.StringIO(CONSENT), dtype="str").to_excel(path, index=False)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("一月.csv", CONSENT)
            archive.writestr("二月.csv", "会员编号,手机号\nV10,13800000010\n")
    got = read_members(path)
    assert len(got.members) == (9 if kind == "xlsx" else 10)


def test_rows_without_an_id_find_it_by_phone_or_external_id(tmp_path):
    shop = write(
        tmp_path / "shop.csv", "会员编号,手机号\nV1,13800000001\nV2,13800000002\nV3,13800000003\nV4,13800000003\n"
    )
    wecom = write(tmp_path / "wecom.csv", "external_userid,昵称,手机\nwm1,a,13800000001\nwm3,c,13800000003\nwm9,z,\n")
    got = read_members([shop, wecom])
    have = got.members.set_index("customer_id")["external_id"]
    # 13800000003 is two members' phone: nobody knows which of them wm3 is
    assert have.dropna().to_dict() == {"V1": "wm1", "wm3": "wm3", "wm9": "wm9"} and set(have.index) == {
        "V1",
        "V2",
        "V3",
        "V4",
        "wm3",
        "wm9",
    }
    assert got.report["phones"] == {"whole": 5, "shared": 3}


def test_mapping_of_a_member_table(tmp_path):
    table = write(tmp_path / "t.csv", "号;名;电;群\nV1;a;13800000001;宝妈|团长\n")
    text = '[members]\nseparator = ";"\ntags = ["群"]\n[members.columns]\ncustomer_id = "号"\nphone = "电"\n'
    got = read_members(table, write(tmp_path / "m.toml", text, "utf-8"))
    assert got.members.loc[0, ["customer_id", "phone"]].tolist() == ["V1", "13800000001"]
    assert got.tags["tag"].tolist() == ["宝妈", "团长"]
    for broken, words in (
        (text.replace('"电"', '"电话号"'), "no column 电话号"),
        (text.replace("phone =", "fone ="), "did you mean phone"),
        (text.replace("separator", "seperator"), "did you mean separator"),
        (text.replace("[members]\n", '[members]\non = "fone"\n'), "did you mean phone"),
    ):
        with pytest.raises(ImportProblem, match=r"m\.toml") as stopped:
            read_members(table, write(tmp_path / "m.toml", broken, "utf-8"))
        assert words.lower() in str(stopped.value).lower()


@pytest.mark.parametrize(("lang", "words"), [("zh", "不像客户名单"), ("en", "does not look like a list of customers")])
def test_a_table_that_is_no_member_list_is_refused(lang, words, tmp_path):
    set_language(lang)
    with pytest.raises(ImportProblem, match=words) as stopped:
        read_members(write(tmp_path / "t.csv", "商品,价格\n奶粉,1\n"))
    assert "商品" in str(stopped.value) and "[members.columns]" in str(stopped.value)


# -- orders find their customer ---------------------------------------------------------------------------------------

ORDERS = """\
订单编号,付款时间,实付金额,联系手机
T1,2026-01-01 10:00:00,10,13800000001
T2,2026-01-02 10:00:00,20,86-13800000001
T3,2026-01-03 10:00:00,30,13800000002
T4,2026-01-04 10:00:00,40,138****0002
T5,2026-01-05 10:00:00,50,13800000003
T6,2026-01-06 10:00:00,60,13899999999
"""
LIST = "会员编号,手机号\nV1,13800000001\nV2,13800000002\nV3,13800000003\nV4,13800000003\n"


def test_orders_find_their_customer_by_phone_whole_on_both_sides(tmp_path):
    orders, people = write(tmp_path / "o.csv", ORDERS), write(tmp_path / "m.csv", LIST)
    imported, got = read_both(orders, people)
    owners = imported.orders.set_index("order_id")["customer_id"]
    assert owners[["T1", "T2", "T3"]].tolist() == ["V1", "V1", "V2"] and pd.isna(owners["T4"])
    assert not {"V3", "V4"} & set(owners.dropna())  # one phone, two members
    n = imported.report["members"]
    assert n == {"on": "phone", "orders": 6, "found": 3, "no_key": 1, "several": 1, "not_listed": 1}
    assert imported.report["totals"]["customers"] == owners.nunique()
    assert imported.report["customer_key"]["rows_without"] == int(owners.isna().sum())
    said = imported.summary()
    assert "found for 3 of 6 orders (50%)" in said and "1380000" not in said
    set_language("zh")
    assert "6 笔订单，找到 3 笔（50%）" in imported.summary()
    alone = read_orders(orders)
    assert "V1" not in set(alone.orders["customer_id"].dropna())


def test_orders_find_their_customer_by_a_column_the_mapping_names(tmp_path):
    orders = write(
        tmp_path / "o.csv", "单,钱,时间,谁\nT1,10,2026-01-01,昵称一\nT2,20,2026-01-02,昵称一\nT3,30,2026-01-03,别人\n"
    )
    columns = '[columns]\norder_id = "单"\namount = "钱"\npaid_at = "时间"\n'
    people = write(tmp_path / "m.csv", "会员编号,昵称,订单编号\nV1,昵称一,T1\nV2,昵称二,T3\n")
    by_nickname = write(tmp_path / "a.toml", columns + 'customer_id = "谁"\n[members]\non = "nickname"\n', "utf-8")
    owners = read_both(orders, people, by_nickname)[0].orders["customer_id"]
    assert owners.tolist() == ["V1", "V1", "别人"]
    by_order = write(tmp_path / "b.toml", columns + '[members]\non = "order_id"\n', "utf-8")
    owners = read_both(orders, people, by_order)[0].orders["customer_id"]
    assert owners.tolist()[::2] == ["V1", "V2"] and pd.isna(owners[1])
    without = read_both(orders, people, write(tmp_path / "c.toml", columns, "utf-8"))[0]
    assert without.orders["customer_id"].tolist()[::2] == ["V1", "V2"]  # no phone, but the list names orders


def test_orders_that_know_their_customer_keep_it(tmp_path):
    orders = write(tmp_path / "o.csv", ORDERS.replace("联系手机", "客户编号"))
    imported, got = read_both(orders, write(tmp_path / "m.csv", LIST))
    assert "members" not in imported.report and got is not None
    assert read_both(orders)[1] is None
    joined = join_customers(imported, got, "phone").report["members"]  # no phone column: nobody is found
    assert joined["found"] == 0 and joined["no_key"] == 6


@pytest.mark.parametrize(("lang", "words"), [("zh", "客户名单："), ("en", "Customer list:")])
def test_doctor_shows_the_member_list(lang, words, tmp_path, capsys):
    orders, people = write(tmp_path / "o.csv", ORDERS), write(tmp_path / "m.csv", LIST)
    assert main(["doctor", orders, "--members", people, "--lang", lang]) == 0
    shown = capsys.readouterr().out
    assert words in shown and "50%" in shown and "1380000" not in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_doctor_writes_a_draft_mapping_and_never_over_another(lang, tmp_path, capsys):
    orders = write(
        tmp_path / "o.csv",
        "编码,实际付款,成交日,谁买的\nT1,10,2026-01-01,甲甲\nT2,20,2026-01-02,乙乙\nT3,30,2026-01-03,甲甲\n",
    )
    for n, name in enumerate(["my_mapping.toml", "my_mapping_2.toml"]):
        assert main(["doctor", orders, "--lang", lang, "--out", str(tmp_path / "drafts")]) == 1
        shown = capsys.readouterr()
        draft = (tmp_path / "drafts" / name).read_text(encoding="utf-8")
        assert name in shown.out and "[columns]" in draft and "Traceback" not in shown.err
        assert all(line in shown.out for line in draft.splitlines() if line and not line.startswith("#"))
        if n == 0:
            (tmp_path / "drafts" / name).write_text("mine", encoding="utf-8")
    assert (tmp_path / "drafts" / "my_mapping.toml").read_text(encoding="utf-8") == "mine"
    with pytest.raises(health.CannotReport):
        health.examine(orders, out_dir=str(tmp_path / "out"))
    assert (tmp_path / "out" / "my_mapping.toml").exists()


def test_draft_goes_to_my_work_by_default(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CRMLAB_WORK", str(tmp_path / "my_work"))
    problem = ImportProblem(zh="不认识", en="unknown headers")
    problem.mapping = '[columns]\namount = "x"\n'

    def stop(*_args, **_kwargs):
        raise problem

    monkeypatch.setattr(members, "read_orders", stop)
    assert doctor.look_at(["a.csv"]) == 1
    assert (tmp_path / "my_work" / "my_mapping.toml").read_text(encoding="utf-8") == problem.mapping
    assert "unknown headers" in capsys.readouterr().err
