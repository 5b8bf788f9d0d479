"""Members and customer lists to one table a customer: the canonical table, a WeCom customer export, any table with a mapping.

Rows read = customers + rows merged into them + rows set aside; this is asserted on every import. What headers and words
mean stands in ``exports.toml`` under ``[members]``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain
from crmlab.import_report import note
from crmlab.language import Said, say, t
from crmlab.orders import Imported, counted_orders, read_orders
from crmlab.reading import ImportProblem, Table, open_table, read_bytes, unpack
from crmlab.tables import mask
from crmlab.text import closest

KEYS = ("customer_id", "external_id", "phone")
CHANNELS = ("sms", "wecom")
COLUMNS = ("customer_id", "external_id", "nickname", "phone", "joined_at", "staff_id", "baby_birthday")
COLUMNS += tuple(f"{channel}_consent" for channel in CHANNELS)
_READING = ("header", "separator", "encoding", "widths", "date_format", "timezone")


@dataclass(frozen=True)
class Members:
    """What :func:`read_members` hands back.

    members : one row a customer; columns ``COLUMNS``. customer_id is the file's own, else the WeCom external_userid,
        else the phone; phone is a whole number or missing; the consents are True, False or missing = unknown.
    tags : customer_id, external_id, group, tag: one row a tag of a customer.
    links : order_id, customer_id, where a file says who placed an order.
    set_aside : rows not taken: file, row, reason, column, value (masked).
    report : ready for JSON.
    """

    members: pd.DataFrame
    tags: pd.DataFrame
    links: pd.DataFrame
    set_aside: pd.DataFrame
    report: dict

    def summary(self) -> Said:
        """The report in plain words (Markdown)."""
        return Said("\n".join(f"- {sentence}" for sentence in _sentences(self.report)))


def split_mapping(mapping: str | Path | None) -> tuple[str | Path | dict | None, dict]:
    """A mapping file as (what `read_orders` takes, the file's ``[members]`` table). Raises ImportProblem."""
    if not mapping:
        return None, {}
    path = Path(mapping)
    try:
        found = tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return mapping, {}  # read_orders says what is wrong with it
    if "members" not in found:
        return mapping, {}
    members = found.pop("members")
    fields, known = exports()["members"]["columns"], (*_READING, "columns", "tags", "on")
    for where, key, allowed in [
        *(("[members] ", key, known) for key in members),
        *(("[members.columns] ", key, fields) for key in members.get("columns", {})),
        *(("[members] on = ", key, ("order_id", *KEYS, "nickname")) for key in [members.get("on", "phone")]),
    ]:
        if key not in allowed:
            near = closest(key, allowed, 0.5)
            raise ImportProblem(
                zh=f"映射文件 {path.name}：不认识 {where}{key}。"
                + (f"是不是 {near}？" if near else f"可用：{'、'.join(allowed)}。"),
                en=f"{path.name}: unknown key {where}{key}. "
                + (f"Did you mean {near}?" if near else f"Known: {', '.join(allowed)}."),
            )
    return found or None, {"name": path.name, **members}


def read_members(paths: str | Path | Sequence[str | Path], mapping: str | Path | None = None) -> Members:
    """Read member tables, WeCom customer exports and lists of consents into one row a customer.

    Several files are one table: rows of one customer id are one customer, and so are rows of one external_userid or one
    phone where that leads to a single customer id. Of two unlike values the first stands, of joining times the earliest,
    of babies the youngest; of consents a no wins. A mapping file says which column is which under ``[members.columns]``
    (field = header), which columns hold tags (``tags = [...]``), and how orders find their customer (``on``).
    Raises ImportProblem with one plain sentence.
    """
    rules = split_mapping(mapping)[1]
    files = [Path(path) for path in ([paths] if isinstance(paths, (str, Path)) else paths)]
    report = {"files": [], "columns": {}, "unreadable": {}, "unknown_consent_words": 0, "notes": []}
    parts = [_canonical(table, rules, report) for path in files for table in _tables(path, rules)]
    for field, header in rules.get("columns", {}).items():
        if field not in report["columns"]:
            near = closest(str(header), [name for each in report["files"] for name in each["headers"]], 0.4)
            raise ImportProblem(
                zh=f"映射文件 {rules['name']}：{field} 要的列 {header} 在名单里没有。" + (f"是不是“{near}”？" if near else ""),
                en=f"{rules['name']}: the member list has no column {header} for {field}."
                + (f" Did you mean “{near}”?" if near else ""),
            )  # fmt: skip
    rows = pd.concat([part[0] for part in parts], ignore_index=True)
    tags = pd.concat([part[1] for part in parts], ignore_index=True)
    _link(rows)
    reason = pd.Series("", index=rows.index).mask(rows["_other_purpose"], "member_other_purpose")
    masked = rows["customer_id"].isna() & rows["_masked"]
    reason = reason.mask(rows["customer_id"].isna(), "member_no_key").mask(masked, "member_masked")
    reason = reason.mask(rows["_other_system"], "member_other_system")
    aside = rows.assign(reason=reason, column="", value=rows["nickname"].map(mask).astype("str"))[reason.ne("")]
    aside = aside[["_file", "_row", "reason", "column", "value"]].rename(columns={"_file": "file", "_row": "row"})
    used = rows[reason.eq("")].sort_values("granted_at", kind="stable", na_position="first")
    # a list of consents may tell of one customer several times: the last word stands
    is_later = used["granted_at"].notna() & used.duplicated(["customer_id", "_channel"], keep="last")
    used.loc[is_later, [f"{channel}_consent" for channel in CHANNELS]] = pd.NA
    used = used.sort_index()
    how = dict.fromkeys(COLUMNS, "first") | {"joined_at": "min", "baby_birthday": "max"}
    how |= {f"{channel}_consent": "min" for channel in CHANNELS}
    del how["customer_id"]
    members = used.groupby("customer_id", sort=False).agg(how).reset_index()[list(COLUMNS)]
    tags = tags.merge(used[["_file", "_row", "customer_id"]], on=["_file", "_row"])
    tags = tags.merge(members[["customer_id", "external_id"]], on="customer_id")
    tags = tags[["customer_id", "external_id", "group", "tag"]].drop_duplicates(ignore_index=True)
    links = used.loc[used["order_id"].notna(), ["order_id", "customer_id"]].drop_duplicates(ignore_index=True)
    _describe(rows, aside, members, tags, report)
    return Members(members, tags, links, aside.reset_index(drop=True), report)


def whole_phone(cells: pd.Series) -> pd.Series:
    """Phones as keys (`crmlab.cleaning.whole_phones`), else missing.

    A masked number, a relay number with an extension (it changes with every order) and a damaged one are not whole.
    """
    words = cleaning.text(cells).str.normalize("NFKC").str.replace(r"\.0$", "", regex=True)
    relay = words.str.contains(r"1\d{10}\s*(?:-|转|#|,|ext)\s*\d{1,6}$", regex=True).fillna(False).astype(bool)
    found, _ = cleaning.whole_phones(words.mask(relay))
    return found.str.replace(r"^(?:\+|00)?86(?=1\d{10}$)", "", regex=True)


def _tables(path: Path, rules: dict) -> Iterator[Table]:
    """The tables of a file (a zip may hold several), each as a whole."""
    known = exports()["members"]["columns"].values()
    headers = [*rules.get("columns", {}).values(), *(each for names in known for each in names)]
    reading = {key: rules[key] for key in _READING if key in rules}
    # every known header looked for under its own name: so the row with most of them is the header
    reading["columns"] = {str(each): each for each in headers}
    for source in unpack(path)[0]:
        table = open_table(source, reading)
        yield replace(table, cells=pd.concat(list(table.chunks())), stream=None)


def _canonical(table: Table, rules: dict, report: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows and tags of one table; what was met goes to the report."""
    columns = _columns(table, rules)
    if not columns.keys() & {*KEYS}:
        shown = [header for header in table.headers if header][:12]
        raise ImportProblem(
            zh=f"{table.name} 不像客户名单：要有客户编号、external_userid 或手机号中的一列。读到的表头：{'、'.join(shown)}。"
            "列名不同，请在映射文件的 [members.columns] 里说明。",
            en=f"{table.name} does not look like a list of customers: it needs a customer id, an external_userid or a "
            f"phone. Headers read: {', '.join(shown)}. If yours have other names, say so in a mapping file under "
            "[members.columns].",
        )
    cells = table.cells[table.cells.apply(cleaning.text).notna().any(axis=1)]
    for field, positions in columns.items():
        report["columns"].setdefault(field, {"file": table.name, "header": table.headers[positions[0]]})
    raw = {field: cells[positions[0]] for field, positions in columns.items()}
    frame = pd.DataFrame({"_file": table.name, "_row": cells.index}, index=cells.index)
    clock = rules.get("date_format"), rules.get("timezone")
    for field in ("joined_at", "baby_birthday", "granted_at"):
        frame[field] = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
        if field in raw:
            frame[field], bad, _ = cleaning.dates(raw[field], *clock)
            report["unreadable"][field] = report["unreadable"].get(field, 0) + int(bad.sum())
    wecom = {plain(word) for word in exports()["members"]["words"]["wecom"]}
    frame["_other_system"] = (
        ~cleaning.text(raw["system"]).map(plain, na_action="ignore").isin(wecom) if "system" in raw else False
    )
    frame["_masked"] = False
    for field in ("customer_id", "external_id", "order_id"):
        values, damaged = (
            cleaning.ids(raw[field]) if field in raw else (pd.Series(pd.NA, cells.index, dtype="str"), False)
        )
        starred = values.str.contains("*", regex=False).fillna(False).astype(bool)
        frame["_masked"] |= starred & (field != "order_id")
        frame[field] = values.mask(starred | damaged | (frame["_other_system"] & (field == "external_id")))
    for field in ("nickname", "staff_id"):
        frame[field] = cleaning.text(raw[field]) if field in raw else pd.Series(pd.NA, cells.index, dtype="str")
    frame["phone"] = pd.Series(pd.NA, cells.index, dtype="str")
    for position in columns.get("phone", []):  # a list may have a mobile and a telephone column
        frame["phone"] = frame["phone"].fillna(whole_phone(cells[position]))
        frame["_masked"] |= cells[position].astype("str").str.contains("*", regex=False).fillna(False).astype(bool)
    _consents(frame, raw, report)
    report["files"].append({
        "file": table.name,
        "rows": len(cells),
        "headers": [each for each in table.headers if each],
    })
    return frame, _tags(table, cells, rules)


def _columns(table: Table, rules: dict) -> dict[str, list[int]]:
    """Field -> positions of its columns: as the mapping says, else by the known names, the best first."""
    names, found = [plain(header) for header in table.headers], {}
    for field, aliases in exports()["members"]["columns"].items():
        header = rules.get("columns", {}).get(field)
        if isinstance(header, int):
            positions = [header - 1] if 0 < header <= len(names) else []
        else:
            positions = [names.index(plain(header))] if header and plain(header) in names else []
        taken = {each for others in found.values() for each in others}
        positions = positions or [names.index(plain(each)) for each in aliases if plain(each) in names]
        if positions := [each for each in dict.fromkeys(positions) if each not in taken]:
            found[field] = positions
    if not found.keys() & {"granted_at", "withdrawn_at"}:  # a channel alone is the channel of joining
        found.pop("channel", None)
    return found


def _consents(frame: pd.DataFrame, raw: dict, report: dict) -> None:
    """sms_consent and wecom_consent of each row: an opt-out is a no, a consent given is a yes, else unknown.

    What an opt-out column says in words nobody knows makes a consent unknown; a day of withdrawal, readable or not, is a no.
    """
    words = {key: {plain(word) for word in found} for key, found in exports()["members"]["words"].items()}

    def read(field: str, yes: set, no: set) -> tuple[pd.Series, pd.Series]:
        said = pd.Series(pd.NA, index=frame.index, dtype="boolean")
        unclear = pd.Series(False, index=frame.index)
        if field in raw:
            cells = cleaning.text(raw[field])
            plain_cells = cells.map(plain, na_action="ignore")
            said = said.mask(plain_cells.isin(yes), True).mask(plain_cells.isin(no), False)
            rest = cells[said.isna() & cells.notna()]
            dated, bad, _ = cleaning.dates(rest)  # the day of a consent or of an opt-out
            said.loc[dated.index[dated.notna()]] = True
            unclear.loc[bad.index[bad]] = True
            report["unknown_consent_words"] += int(bad.sum())
        return said, unclear

    is_list = "granted_at" in raw
    channel = cleaning.text(raw["channel"]).map(plain, na_action="ignore") if is_list and "channel" in raw else None
    purpose = cleaning.text(raw["purpose"]).map(plain, na_action="ignore") if is_list and "purpose" in raw else None
    frame["_channel"] = pd.Series("", index=frame.index, dtype="str")
    frame["_other_purpose"] = False
    refused = words["refused"]
    general, _ = read("consent", words["yes"] - refused, words["no"] | refused)
    out = read("opt_out", words["yes"], words["no"])
    for name in CHANNELS:
        said = read(f"{name}_consent", words["yes"] - refused, words["no"] | refused)[0].fillna(general)
        for gone, unclear in (out, read(f"{name}_opt_out", words["yes"], words["no"])):
            said = said.mask(unclear & said.fillna(False), pd.NA).mask(gone.fillna(False).astype(bool), False)
        if is_list:
            here = channel.isin(words[name]) if channel is not None else pd.Series(True, index=frame.index)
            gone = cleaning.text(raw["withdrawn_at"]).notna() if "withdrawn_at" in raw else ~here
            said = said.mask(here & frame["granted_at"].notna(), True).mask(here & gone, False)
            frame["_channel"] = frame["_channel"].mask(here, name)
        frame[f"{name}_consent"] = said
    if is_list:
        other = frame["_channel"].eq("")
        if purpose is not None:
            other |= ~purpose.isin(words["marketing"])
        frame["_other_purpose"] = other


def _tags(table: Table, cells: pd.DataFrame, rules: dict) -> pd.DataFrame:
    known, asked = exports()["members"]["tags"], {plain(header) for header in rules.get("tags", [])}
    parts = [pd.DataFrame({"_file": [], "group": [], "tag": []}, dtype="str").assign(_row=pd.Series(dtype="int64"))]
    for position, header in enumerate(table.headers):
        group = next(
            (m["group"] for form in known["headers"] if (m := re.fullmatch(form, header, re.IGNORECASE))), None
        )
        if group := header if plain(header) in asked else group:
            tags = (
                cleaning.text(cells[position]).dropna().str.split(known["separators"], regex=True).explode().str.strip()
            )
            tags = tags[tags.ne("") & tags.notna()]
            parts.append(
                pd.DataFrame({"_file": table.name, "_row": tags.index, "group": group, "tag": tags.to_numpy()})
            )
    return pd.concat(parts, ignore_index=True).astype({"_row": "int64"})


def _link(rows: pd.DataFrame) -> None:
    """Give every row its customer's id: its own, that of its external_userid or phone, else those themselves."""
    for key in ("external_id", "phone"):
        for other in ("external_id", "phone"):
            pairs = rows[[other, "customer_id"]].dropna().drop_duplicates()
            pairs = pairs[~pairs[other].duplicated(keep=False)].set_index(other)["customer_id"]
            rows["customer_id"] = rows["customer_id"].fillna(rows[other].map(pairs).astype("str"))
        rows["customer_id"] = rows["customer_id"].fillna(rows[key])


def _describe(rows: pd.DataFrame, aside: pd.DataFrame, members: pd.DataFrame, tags: pd.DataFrame, report: dict) -> None:
    reasons = {
        reason: {"rows": len(group), "lines": group["row"].head(20).tolist()}
        for reason, group in aside.groupby("reason", sort=False)
    }
    merged = len(rows) - len(aside) - len(members)
    if merged < 0 or len(rows) != sum(each["rows"] for each in report["files"]):
        raise AssertionError(f"rows read {len(rows)} != {len(members)} + {merged} merged + {len(aside)} set aside")
    report["rows"] = {"read": len(rows), "members": len(members), "merged": merged, "set_aside": reasons}
    counts = {channel: members[f"{channel}_consent"] for channel in CHANNELS}
    report["consent"] = {
        channel: {"yes": int(said.eq(True).sum()), "no": int(said.eq(False).sum()), "unknown": int(said.isna().sum())}
        for channel, said in counts.items()
    }
    phones = members["phone"].dropna()
    report["phones"] = {"whole": len(phones), "shared": int(phones.duplicated(keep=False).sum())}
    report["tags"] = {"groups": int(tags["group"].nunique()), "tags": len(tags)}


def _sentences(report: dict):
    rows = report["rows"]
    for each in report["files"]:
        yield say(zh=f"{each['file']}：{each['rows']:,} 行", en=f"{each['file']}: {each['rows']:,} rows")
    pairs = [f"{t('member_' + field)} ← {each['header']}" for field, each in report["columns"].items()]
    yield say(zh=f"列：{'；'.join(pairs)}", en=f"Columns: {'; '.join(pairs)}")
    aside = sum(each["rows"] for each in rows["set_aside"].values())
    yield say(
        zh=f"读入 {rows['read']:,} 行 = {rows['members']:,} 位客户 + 同一客户合并 {rows['merged']:,} 行 + 搁置 {aside:,} 行",
        en=f"Rows read: {rows['read']:,} = {rows['members']:,} customers + {rows['merged']:,} merged into them "
        f"+ {aside:,} set aside",
    )
    for reason, each in rows["set_aside"].items():
        lines = ", ".join(str(row) for row in each["lines"][:5]) + (" …" if each["rows"] > 5 else "")
        yield say(
            zh=f"搁置 {each['rows']:,} 行：{t('aside_' + reason)}（第 {lines} 行）",
            en=f"Set aside: {each['rows']:,}, {t('aside_' + reason)} (row {lines})",
        )
    phones = report["phones"]
    yield say(
        zh=f"手机号完整的 {phones['whole']:,} 位" + (f"，其中 {phones['shared']:,} 位与别人同号，不用来对人" if phones["shared"] else ""),
        en=f"Customers with a whole phone: {phones['whole']:,}"
        + (f"; sharing it with another, so not used to find people: {phones['shared']:,}" if phones["shared"] else ""),
    )  # fmt: skip
    for channel, each in report["consent"].items():
        yield say(
            zh=f"{t('channel_' + channel)}营销：同意 {each['yes']:,} 位，不同意 {each['no']:,} 位，不详 {each['unknown']:,} 位",
            en=f"{t('channel_' + channel)} marketing: agreed {each['yes']:,}, refused {each['no']:,}, "
            f"unknown {each['unknown']:,}",
        )
    if report["tags"]["tags"]:
        yield say(
            zh=f"标签 {report['tags']['tags']:,} 个，分在 {report['tags']['groups']:,} 组",
            en=f"Tags: {report['tags']['tags']:,}, in {report['tags']['groups']:,} groups",
        )
    for field, n in report["unreadable"].items():
        if n:
            yield say(
                zh=f"{t('member_' + field)}有 {n:,} 格读不懂，当作空缺",
                en=f"Cells of {t('member_' + field)} that cannot be read, taken as blank: {n:,}",
            )
    if report["unknown_consent_words"]:
        n = report["unknown_consent_words"]
        yield say(
            zh=f"同意或退订的列里有 {n:,} 格看不懂，当作不详",
            en=f"Cells about consent that say neither yes nor no, taken as unknown: {n:,}",
        )


def read_both(
    orders: Sequence[str | Path] | str | Path,
    members: Sequence[str | Path] | str | Path | None = None,
    mapping: str | Path | None = None,
    progress: bool = False,
) -> tuple[Imported, Members | None]:
    """Orders and, if given, member lists, one mapping file for both; the orders' customers are looked up in the lists.

    That is done where the orders have no customer key or a phone for one, and where the mapping says how (``on``).
    """
    order_mapping, rules = split_mapping(mapping)
    imported = read_orders(orders, mapping=order_mapping, progress=progress)
    if not members:
        return imported, None
    people = read_members(members, mapping)
    if "on" in rules or imported.report["customer_key"]["kind"] in ("none", "phone"):
        imported = join_customers(imported, people, rules.get("on"))
    return replace(imported, report={**imported.report, "member_list": people.report}), people


def join_customers(imported: Imported, members: Members, on: str | None = None) -> Imported:
    """The orders with the customer of each looked up in the member list; what was found stands in the report.

    on: "phone" (whole on both sides), "order_id" (a member list that names orders), or "customer_id", "nickname",
    "external_id": the member column that the orders' customer column is looked up in. Without it: by phone, else by
    order id. A key that leads to two customers leads to nobody. An order that finds nobody keeps the key it has.
    """
    orders, people = imported.orders, members.members
    phones = whole_phone(orders["phone"]) if "phone" in orders else pd.Series(pd.NA, orders.index, dtype="str")
    on = on or ("phone" if phones.notna().any() or members.links.empty else "order_id")
    book = members.links if on == "order_id" else people[["customer_id"]].assign(**{on: people[on]})
    key = phones if on == "phone" else orders[on if on == "order_id" else "customer_id"]
    book = book.dropna().drop_duplicates()
    several = book[on].duplicated(keep=False)
    found = key.map(book[~several].set_index(on)["customer_id"])
    n = {
        "on": on,
        "orders": len(orders),
        "found": int(found.notna().sum()),
        "no_key": int(key.isna().sum()),
        "several": int(key.isin(book.loc[several, on]).sum()),
    }
    n["not_listed"] = n["orders"] - n["found"] - n["no_key"] - n["several"]
    orders = orders.assign(customer_id=found.fillna(orders["customer_id"]).astype("str"))
    report = {**imported.report, "members": n, "notes": [*imported.report["notes"]]}
    note(report, **_joined(n))
    if n["found"]:
        counted, nobody = counted_orders(orders), orders["customer_id"].isna()
        list_name, filled = members.report["files"][0]["file"], 1 - float(nobody.mean())
        report["columns"] = report["columns"] | {"customer_id": {"header": list_name, "how": "members"}}
        report["customer_key"] = {
            **report["customer_key"],
            "header": list_name,
            "kind": "member",
            "filled": round(filled, 4),
            "grade": "good" if filled >= 0.9 else "weak",
            "sentence": _joined(n),
            "rows_without": int(nobody.sum()),
            "amount_without": round(float(orders.loc[nobody, "amount"].sum()), 2),
        }
        report["totals"] = {
            **report["totals"],
            "customers": int(orders["customer_id"].nunique()),
            "counted_orders": len(counted),
            "counted_customers": int(counted["customer_id"].nunique()),
            "counted_amount": round(float(counted["amount"].sum()), 2),
        }
    return replace(imported, orders=orders, report=report)


def _joined(n: dict) -> dict[str, str]:
    keys = {"phone": ("手机号", "phone"), "order_id": ("订单号", "order id"), "nickname": ("昵称", "nickname")}
    zh, en = keys.get(n["on"], ("客户编号", "customer id"))
    rest = {
        "no_key": (f"没有完整的{zh} {{:,}} 笔", f"without a whole {en} {{:,}}"),
        "not_listed": ("名单里没有 {:,} 笔", "not in the list {:,}"),
        "several": (f"一个{zh}对着几位客户 {{:,}} 笔", f"{en} leads to several customers {{:,}}"),
    }
    why = [(zh.format(n[key]), en.format(n[key])) for key, (zh, en) in rest.items() if n[key]]
    share = f"{n['found'] / n['orders']:.0%}" if n["orders"] else "0%"
    return {
        "zh": f"按{zh}到名单里找客户：{n['orders']:,} 笔订单，找到 {n['found']:,} 笔（{share}）"
        + (f"；没找到的：{'，'.join(zh for zh, _ in why)}" if why else ""),
        "en": f"Customers looked up in the member list by {en}: found for {n['found']:,} of {n['orders']:,} orders "
        f"({share})" + (f"; not found: {', '.join(en for _, en in why)}" if why else ""),
    }
