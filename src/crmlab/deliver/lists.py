"""The lists that leave the house: segments, a table for the shop's CRM, and who may be contacted.

Lists for people are disarmed against formulas when written; tables for machines are checked and written as they stand.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path

import pandas as pd

from crmlab import rfm
from crmlab.language import say, t
from crmlab.members import CHANNELS, whole_phone
from crmlab.tables import mask
from crmlab.text import Problem, closest

SEGMENTS = ("customer_id", "recency", "frequency", "monetary", "r", "f", "m", "code", "class_name", "segment")
PEOPLE = ("nickname", "phone", "external_id", "staff_id", "joined_at", "baby_birthday", "sms_consent", "wecom_consent")
FIELDS = (*SEGMENTS, "segment_name", "action", "first_paid", "last_paid", "as_of", *PEOPLE, "tags")
BREAKS = "[\x00-\x1f\x7f\x85\u2028\u2029]"


def segments(h) -> pd.DataFrame:
    """One row a customer, best spender first: the list that other systems read. Column names never change."""
    table = h.scored.sort_values(["monetary", "customer_id"], ascending=[False, True], ignore_index=True)
    table["class_name"] = table["code"].map(rfm.class_name)
    return table[list(SEGMENTS)]


def people(h) -> pd.DataFrame:
    """`segments` with what the member list knows of each customer: columns FIELDS, and `found` ("id", "phone" or missing).

    A customer is looked up by id, else by the one whole phone of his orders where that is one customer's in the list.
    """
    table = segments(h)
    when = h.scored.set_index("customer_id")[["first_paid", "last_paid"]]
    table = table.join(when, on="customer_id")
    table["segment_name"], table["action"] = table["segment"].map(rfm.segment_name), table["code"].map(rfm.action)
    table["as_of"] = h.as_of
    own = pd.Series(pd.NA, index=table.index, dtype="str")
    if "phone" in h.orders:
        pairs = pd.DataFrame({"customer_id": h.orders["customer_id"], "phone": whole_phone(h.orders["phone"])})
        pairs = pairs.dropna().drop_duplicates()
        pairs = pairs[~pairs["customer_id"].duplicated(keep=False)].set_index("customer_id")["phone"]
        own = table["customer_id"].map(pairs)
    table["found"] = pd.Series(pd.NA, index=table.index, dtype="str")
    if h.members is None:
        blank = {name: pd.Series(pd.NA, index=table.index, dtype="str") for name in (*PEOPLE, "tags")}
        blank |= {f"{channel}_consent": pd.Series(pd.NA, index=table.index, dtype="boolean") for channel in CHANNELS}
        return table.assign(**blank).assign(phone=own)
    known = h.members.members
    row = table["customer_id"].map(pd.Series(known.index, index=known["customer_id"]))
    table["found"] = table["found"].mask(row.notna(), "id")
    single = known["phone"].dropna()
    single = single[~single.duplicated(keep=False)]
    by_phone = own.map(pd.Series(single.index, index=single))
    table["found"] = table["found"].mask(row.isna() & by_phone.notna(), "phone")
    row = row.fillna(by_phone)
    theirs = known.reindex(row)[list(PEOPLE)].set_axis(table.index)
    theirs["phone"] = theirs["phone"].fillna(own)
    tags = h.members.tags.groupby("customer_id")["tag"].agg(lambda each: ";".join(dict.fromkeys(each)))
    ids = known["customer_id"].reindex(row).set_axis(table.index)
    return table.join(theirs).assign(tags=ids.map(tags).astype("str"))


def contacts(table: pd.DataFrame, assume_consent: bool = False) -> tuple[pd.DataFrame, dict]:
    """Whom one may write to, one row a customer and channel, and how many stand on the list and why the others do not.

    table: `people`. On the list: the customer agreed to marketing by that channel, and there is a whole phone (SMS) or an
    external_userid (WeCom). Unknown is no consent, unless `assume_consent`; a refusal stays one. Counts a channel:
    listed, of them assumed, refused, unknown, no_contact, same_contact (somebody else's contact is the same).
    """
    parts, counts = [], {}
    for channel, contact in zip(CHANNELS, ("phone", "external_id"), strict=True):
        said = table[f"{channel}_consent"]
        agreed = said.fillna(assume_consent).astype(bool)
        here = table[agreed & table[contact].notna()]
        twice = here.duplicated(contact)
        here = here[~twice]
        state = said[here.index].map({True: "known"}).fillna("assumed")
        columns = {"channel": channel, "contact": here[contact], "consent": state}
        parts.append(here[["customer_id", "nickname", "code", "class_name", "action"]].assign(**columns))
        counts[channel] = {
            "listed": len(here),
            "assumed": int(state.eq("assumed").sum()),
            "refused": int(said.eq(False).sum()),
            "unknown": 0 if assume_consent else int(said.isna().sum()),
            "no_contact": int((agreed & table[contact].isna()).sum()),
            "same_contact": int(twice.sum()),
        }
    listed = pd.concat(parts, ignore_index=True)
    order = ["channel", "contact", "consent", "customer_id", "nickname", "code", "class_name", "action"]
    return listed[order], counts


def read_crm_mapping(path: str | Path) -> dict:
    """A CRM mapping (TOML): [columns] target title = our field; encoding, separator, max_rows, required, [constants].

    Raises Problem with one sentence naming what is not known.
    """
    path = Path(path)
    try:
        found = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        checks = {
            "encoding": lambda value: bool(codecs.lookup(value)),
            "separator": lambda value: isinstance(value, str) and len(value) == 1,
            "max_rows": lambda value: isinstance(value, int) and value > 0,
            "required": lambda value: set(value) <= {*found["columns"]},
            "columns": lambda value: bool(value) and all(isinstance(each, str) for each in value.values()),
            "constants": lambda value: not set(value) & {*found["columns"]},
        }
        wrong = next((key for key in found if key not in checks or not checks[key](found[key])), None)
        if wrong or "columns" not in found:
            raise ValueError(wrong or "[columns]")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Problem(
            zh=f"{path.name} 不是可用的 CRM 映射（{error}）。要有 [columns]：目标列名 = 我们的字段；样例见 course/mappings/crm_table.toml。",
            en=f"{path.name} cannot be used as a CRM mapping ({error}). It needs [columns]: target title = our field; see "
            "course/mappings/crm_table.toml.",
        ) from None
    for title, field in found["columns"].items():
        if field not in FIELDS:
            near = closest(field, FIELDS)
            raise Problem(
                zh=f"{path.name}：“{title}”要的字段 {field} 没有" + (f"，是不是 {near}？" if near else f"。可用：{'、'.join(FIELDS)}。"),
                en=f"{path.name}: there is no field {field} for “{title}”" + (f"; did you mean {near}?" if near else f". Known: {', '.join(FIELDS)}."),
            )  # fmt: skip
    return {"name": path.name, "encoding": "utf-8-sig", "separator": ",", "required": [], "constants": {}, **found}


def crm_table(table: pd.DataFrame, rules: dict) -> tuple[pd.DataFrame, dict]:
    """`people` under the titles of a CRM (`read_crm_mapping`), as text, and counts: rows, left_out (a required cell is blank).

    Nothing is altered: a value the file cannot hold is refused by `check_machine_file`.
    """
    made = pd.DataFrame({title: _as_text(table[field]) for title, field in rules["columns"].items()})
    made = made.assign(**{title: str(value) for title, value in rules["constants"].items()})
    whole = made[list(rules["required"])].ne("").all(axis=1)
    made = made[whole].reset_index(drop=True)
    if len(made) > rules.get("max_rows", len(made)):
        raise Problem(
            zh=f"crm_table.csv 会有 {len(made):,} 行，{rules['name']} 里写的上限是 {rules['max_rows']:,} 行。",
            en=f"crm_table.csv would have {len(made):,} rows; the limit in {rules['name']} is {rules['max_rows']:,}.",
        )
    return made, {"rows": len(made), "left_out": int((~whole).sum())}


def _as_text(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.dt.strftime("%Y-%m-%d").astype("str").fillna("")
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map("{:.2f}".format, na_action="ignore").astype("str").fillna("")
    if column.dtype == "boolean":
        return column.map({True: "true", False: "false"}).astype("str").fillna("")
    return column.astype("str").fillna("")


def check_machine_file(table: pd.DataFrame, file: str, encoding: str = "utf-8") -> int:
    """Raise Problem, with the row, for a value that breaks a file machines read; else how many look like a formula.

    Breaking: a line break or another control character, half a character, a letter that `encoding` does not have.
    """
    formulas = 0
    for title in table.select_dtypes(["object", "str", "category"]):
        cells = table[title].astype("str")
        found = cells.str.contains(BREAKS, regex=True).fillna(False).astype(bool)
        if not found.any() and not encoding.lower().startswith("utf"):
            found = cells.fillna("").map(lambda cell: not _can(cell, encoding)).astype(bool)
        if found.any():
            at = int(found.to_numpy().argmax())
            raise Problem(
                zh=f"{file} 没有写：第 {at + 2} 行的“{title}”（{_shown(cells.iloc[at])}）里有换行、控制字符或 {encoding} "
                "里没有的字，对方的系统会读错。请在来源里改好，或不要这一列。",
                en=f"{file} was not written: row {at + 2}, “{title}” ({_shown(cells.iloc[at])}) holds a line break, a "
                f"control character or a letter that {encoding} has not got, which the other system would misread. Mend it "
                "at its source, or leave that column out.",
            )
        formulas += int(cells.str.match("[=+@＝＋＠-]").fillna(False).sum())
    return formulas


def _shown(value: str) -> str:
    return mask(re.sub(BREAKS, " ", value))


def _can(cell: str, encoding: str) -> bool:
    try:
        cell.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def contact_sentences(counts: dict):
    """What stands on the contact list and what does not, a sentence a channel."""
    for channel, n in counts.items():
        zh = [
            (n["refused"], "不同意"),
            (n["unknown"], "不详"),
            (n["no_contact"], "同意但没有号码"),
            (n["same_contact"], "同号"),
        ]
        en = [
            (n["refused"], "refused"),
            (n["unknown"], "unknown"),
            (n["no_contact"], "agreed, no contact known"),
            (n["same_contact"], "same contact as another"),
        ]
        zh, en = [f"{words} {k:,} 位" for k, words in zh if k], [f"{words} {k:,}" for k, words in en if k]
        yield say(
            zh=f"{t('channel_' + channel)}可联系 {n['listed']:,} 位"
            + (f"（其中 {n['assumed']:,} 位没有记录，按 --assume-consent 当作同意）" if n["assumed"] else "")
            + (f"；不在名单上：{'，'.join(zh)}" if zh else ""),
            en=f"{t('channel_' + channel)}: {n['listed']:,} on the contact list"
            + (
                f" (of them {n['assumed']:,} without a record, taken as agreed by --assume-consent)"
                if n["assumed"]
                else ""
            )
            + (f"; not on it: {', '.join(en)}" if en else ""),
        )
