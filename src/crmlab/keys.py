"""Who bought: the customer key of each order, and how far it can be trusted."""

from __future__ import annotations

import pandas as pd

from crmlab import cleaning
from crmlab.cleaning import exports, plain

_KINDS = {"customer_id": "account", "email": "email", "phone": "phone", "nickname": "name"}


def choose_customer(frame: pd.DataFrame, given, platform: dict, report: dict) -> pd.DataFrame:
    """Who bought, by the fields that the platform allows, the best first; a damaged, masked or ciphered value is no key.

    A name serves only where no order of the file has anything better. ``_key`` says the kind, ``_masked`` which orders
    have nothing but masked values.
    """
    masked = pd.Series(False, index=frame.index)
    if "phone" in given:
        frame["phone"], hidden = cleaning.whole_phones(frame["phone"])
        masked |= hidden
    wanted = platform.get("customer", ["customer_id"] if "customer_id" in given else ["email", "phone"])
    own, frame["customer_id"] = frame["customer_id"].astype("str"), pd.Series(pd.NA, index=frame.index, dtype="str")
    frame["_key"] = pd.Series(pd.NA, index=frame.index, dtype="str")
    masked &= "phone" in wanted
    for field in wanted:
        if field not in given or (field == "nickname" and frame["customer_id"].notna().any()):
            continue
        values = own if field == "customer_id" else frame[field].astype("str")
        hidden = values.str.contains("*", regex=False).fillna(False).astype(bool)
        masked |= hidden
        values = values.mask(hidden)
        if field == "customer_id":
            values = values.mask(frame["_damaged_customer_id"])
        if field == "email":
            values = values.where(values.str.contains("@", regex=False).fillna(False).astype(bool)).str.lower()
        todo = frame["customer_id"].isna() & values.notna()
        frame["customer_id"] = frame["customer_id"].where(~todo, values)
        frame["_key"] = frame["_key"].mask(todo, _KINDS[field])
        if todo.any():
            report["columns"].setdefault("customer_id", {**report["columns"][field], "how": _KINDS[field]})
    frame["_masked"] = masked & frame["customer_id"].isna()
    frame["_damaged_customer_id"] &= frame["customer_id"].isna()
    return frame


def key_quality(orders: pd.DataFrame, report: dict) -> dict:
    """How far the customer key can be trusted: kind, filled, masked (shares of the paid orders), grade, sentence {zh, en}.

    good: an account, e-mail or phone on at least 90 % of the orders; weak: fewer, several kinds, or names; none.
    """
    paid = orders[~orders["_unpaid"]] if not orders["_unpaid"].all() else orders
    n = max(len(paid), 1)
    kinds = (paid["_key"].value_counts() / n).to_dict()
    kind = max(kinds, key=kinds.get, default="none")
    header = report["columns"].get({v: k for k, v in _KINDS.items()}.get(kind, ""), {}).get("header", "")
    if kind == "account" and plain(str(header)) in {plain(name) for name in exports()["marks"]["names"]}:
        kind = "name"
    filled, masked = (
        float(paid["customer_id"].notna().mean()) if len(paid) else 0.0,
        float(paid["_masked"].mean() or 0.0),
    )
    reasons = []
    if kind == "name":
        reasons.append(("姓名和昵称会重复，也会改", "names and nicknames repeat and change"))
    if 0 < filled < 0.9:
        reasons.append((
            f"{1 - filled:.0%} 的已付订单没有可用的客户标识",
            f"{1 - filled:.0%} of the paid orders have no usable key",
        ))
    if len(kinds) > 1 and sorted(kinds.values())[-2] > 0.05:
        reasons.append((
            "两种标识混用，同一个人可能算成两个",
            "two kinds of key stand side by side, so one person may count as two",
        ))
    grade = "none" if filled == 0 else "weak" if reasons else "good"
    platforms = [each["platform"] for each in report["files"] if "platform" in each]
    if grade == "none" and masked > 0:
        zh, en = (
            "客户列全部打了码，认不出人，不能用",
            "every value that says who bought is masked, so it cannot be used",
        )
    elif grade == "none" and platforms:
        zh, en = f"{platforms[0]['zh']}里没有能用的客户标识", f"{platforms[0]['en']}: no usable customer key"
    elif grade == "none":
        zh, en = "没有可用的客户标识", "there is no usable customer key"
    else:
        words = {"account": ("账号", "an account"), "email": ("邮箱", "an e-mail address")}
        words |= {"phone": ("完整手机号", "a whole phone number"), "name": ("姓名或昵称", "a name")}
        zh = f"客户按{words[kind][0]}（{header}）区分" + "".join(f"；{each[0]}" for each in reasons)
        en = f"customers are told apart by {words[kind][1]} ({header})" + "".join(f"; {each[1]}" for each in reasons)
    return {
        "header": header or None,
        "kind": kind,
        "filled": round(filled, 4),
        "masked": round(masked, 4),
        "grade": grade,
        "sentence": {"zh": f"{zh}。", "en": f"{en[0].upper()}{en[1:]}."},
    }
