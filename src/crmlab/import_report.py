"""The import report in words, and what an order file can carry."""

from __future__ import annotations

import pandas as pd

from crmlab.cleaning import exports
from crmlab.language import Said, language, say, t

_SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
_HELPERS = {
    "item",
    "note",
    "kinds",
    "gift",
    "close_reason",
    "line_id",
    "currency",
}  # fields read to judge rows, in the JSON only


def note(report: dict, zh: str, en: str) -> None:
    """Add a sentence to the report, in both languages."""
    report["notes"].append({"zh": zh, "en": en})


def summarise(report: dict) -> Said:
    """The report as a list of plain sentences (Markdown)."""
    return Said("\n".join(f"- {sentence}" for sentence in _sentences(report)))


def _sentences(report: dict):
    lang = language()
    rows, totals, dates, key = report["rows"], report["totals"], report["dates"], report["customer_key"]
    for each in report["files"]:
        facts = [each["platform"][lang]] if "platform" in each else []
        facts.append(say(zh=f"编码 {each['encoding']}", en=each["encoding"]) if each["encoding"] else each["kind"])
        if each["separator"]:
            name = _SEPARATORS.get(each["separator"])
            shown = t(f"separator_{name}") if name else repr(each["separator"])
            facts.append(say(zh=f"{shown}分隔", en=f"{shown} separated"))
        if each["header_row"]:
            facts.append(say(zh=f"第 {each['header_row']} 行是表头", en=f"header in row {each['header_row']}"))
        yield say(
            zh=f"{each['file']}：{'，'.join(facts)}，{each['rows']:,} 行",
            en=f"{each['file']}: {', '.join(facts)}, {each['rows']:,} rows",
        )
    pairs = [f"{t(field)} ← {each['header']}" for field, each in report["columns"].items() if field not in _HELPERS]
    yield say(zh=f"列：{'；'.join(pairs)}", en=f"Columns: {'; '.join(pairs)}")
    aside = sum(each["rows"] for each in rows["set_aside"].values())
    yield say(
        zh=f"读入 {rows['read']:,} 行 = 留下 {rows['kept']:,} 单 + 合并 {rows['merged']['rows']:,} 行 + 搁置 {aside:,} 行",
        en=f"Rows read: {rows['read']:,} = {rows['kept']:,} kept as orders + {rows['merged']['rows']:,} merged "
        f"+ {aside:,} set aside",
    )
    if folded := report.get("folded", {}).get("rows"):
        n = report["folded"]["orders"]
        yield say(
            zh=f"合并的行里，{folded:,} 行是同一订单的商品行，归到 {n:,} 单",
            en=f"Of the rows merged, {folded:,} are items of an order of several rows: {n:,} orders",
        )
    for reason, each in rows["set_aside"].items():
        lines = ", ".join(str(row) for row in each["lines"][:5]) + (" …" if each["rows"] > 5 else "")
        yield say(
            zh=f"搁置 {each['rows']:,} 行：{t('aside_' + reason)}（第 {lines} 行）",
            en=f"Set aside: {each['rows']:,}, {t('aside_' + reason)} (row {lines})",
        )
    for each in report.get("not_sales", {}).values():
        if not each["left_out"]:
            yield say(
                zh=f"疑似不是真实成交：{each['zh']}，{each['orders']:,} 单，照样计入；要排除，在映射文件里写 exclude",
                en=f"Perhaps not real sales: {each['en']}, {each['orders']:,} orders, counted all the same; "
                "to leave them out, set exclude in a mapping file",
            )
    if dates["first"]:
        yield say(
            zh=f"付款时间从 {dates['first'][:10]} 到 {dates['last'][:10]}；{dates['without_pay_time']:,} 单没有付款时间",
            en=f"Paid from {dates['first'][:10]} to {dates['last'][:10]}; "
            f"orders without a pay time: {dates['without_pay_time']:,}",
        )
    yield say(
        zh=f"原价 {totals['gross']:,.2f}，优惠 {totals['discount']:,.2f}，退款 {totals['refund']:,.2f}，"
        f"实收 {totals['amount']:,.2f}",
        en=f"Gross {totals['gross']:,.2f}, discounts {totals['discount']:,.2f}, refunds {totals['refund']:,.2f}, "
        f"kept {totals['amount']:,.2f}",
    )
    for each in report["paid_column"]:
        yield _paid_column(each)
    if key["header"]:
        yield say(
            zh=f"{totals['customers']:,} 位客户；{key['rows_without']:,} 单没有可用的客户编号"
            f"（金额 {key['amount_without']:,.2f}），不计入客户",
            en=f"Customers: {totals['customers']:,}; orders without a usable customer id, counted for nobody: "
            f"{key['rows_without']:,} ({key['amount_without']:,.2f})",
        )
        if key["grade"] == "weak":
            yield Said(key["sentence"][lang].rstrip("。."))
        yield say(
            zh=f"算数的订单 {totals['counted_orders']:,} 单，{totals['counted_customers']:,} 位客户，"
            f"金额 {totals['counted_amount']:,.2f}；零元的 {totals['zero_orders']:,} 单留着，但不算数",
            en=f"Orders that count: {totals['counted_orders']:,}, from {totals['counted_customers']:,} customers, "
            f"{totals['counted_amount']:,.2f} in all; orders of zero amount, kept but not counted: {totals['zero_orders']:,}",
        )
    else:
        yield say(
            zh=f"{key['sentence']['zh'].rstrip('。')}，算不到每位客户头上；"
            f"有付款的 {totals['paid_orders']:,} 单，原价合计 {totals['paid_gross']:,.2f}",
            en=f"{key['sentence']['en']} Nothing can be computed per customer. Orders paid: "
            f"{totals['paid_orders']:,}, {totals['paid_gross']:,.2f} gross",
        )
    if totals["credit_notes"]:
        yield say(
            zh=f"{totals['credit_notes']:,} 行金额是负数，当作退款单：减这位客户的金额，不算一次购买",
            en=f"Negative rows: {totals['credit_notes']:,}. They are read as credit notes (refunds booked on their own): "
            "each lowers the customer's money and is not a purchase",
        )
    for field, n in report["damaged_ids"].items():
        if n:
            yield say(
                zh=f"{n:,} 个{t(field)}被表格软件改坏了（E+ 或末位全是 0），不能用；请把该列设为文本后重新导出",
                en=f"Cells of {t(field)} damaged by a spreadsheet (E+ or zeros at the end): {n:,}. They cannot be "
                "used; export again with the column as text",
            )
    if report["masked_customer_ids"]:
        n = report["masked_customer_ids"]
        yield say(
            zh=f"{n:,} 个客户编号带星号（已脱敏），不同的人会混成一个，不能用",
            en=f"Customer ids masked with stars: {n:,}. Different people would share one, so they cannot be used",
        )
    if "latest" in report:
        yield say(
            zh=f"付款时间晚于 {report['latest']['day']} 的当作未来日期；不对的话，在映射文件里写 latest",
            en=f"Dates after {report['latest']['day']} are taken to be in the future; if that is wrong, set latest in a mapping file",
        )
    if report.get("unknown_status"):
        words = "、".join(f"{word}（{n:,}）" for word, n in list(report["unknown_status"].items())[:5])
        yield say(
            zh=f"不认识的订单状态：{words}；按有无付款时间判断",
            en=f"Unknown order status: {words.replace('、', ', ').replace('（', ' (').replace('）', ')')}; "
            "judged by whether there is a pay time",
        )
    for each in report["notes"]:
        yield Said(each[lang])


def _paid_column(each: dict) -> Said:
    net, header, n = each["net_of_refunds"], each["header"], each["rows_with_refund"]
    if each["basis"] == "no_refunds":
        return say(
            zh=f"“{header}”就是实收，没有退款要扣", en=f"“{header}” is what was kept: there is no refund to take off"
        )
    votes = each["speak_for_net"] if net else each["speak_for_before"]
    unsure = say(zh=f"{n:,} 单有退款，但数据验证不了", en=f"orders with a refund: {n:,}, and they do not settle it")
    why = {
        "data": say(
            zh=f"{n:,} 单有退款，其中 {votes:,} 单对得上", en=f"orders with a refund that agree: {votes:,} of {n:,}"
        ),
        "mapping": say(zh="按映射文件", en="as the mapping file says"),
        "maker": unsure + say(zh="，按该列的惯例", en="; as is usual for this column"),
        "default": unsure
        + say(
            zh="；不对的话，在映射文件里写 paid_is_net = true",
            en="; if this is wrong, set paid_is_net = true in a mapping file",
        ),
    }[each["basis"]]
    taken = say(zh=f"已经扣过退款（{why}），不再扣", en=f"has refunds taken off already ({why})")
    before = say(zh=f"还没扣退款（{why}），已从中扣除", en=f"is before refunds ({why}); taken off here")
    return say(zh=f"“{header}”{taken if net else before}", en=f"“{header}” {taken if net else before}")


def capabilities(imported) -> pd.DataFrame:
    """What an import can carry.

    Returns part (its name), key, ok, missing_column (canonical names, comma between), sentence. ``ok`` is False
    where a column is missing, or where it is there and no order counts.
    """
    report, lang = imported.report, language()
    have = {
        field for field, n in imported.orders.notna().sum().items() if n and field in {*report["columns"], "paid_at"}
    }
    if {"gross", "amount"} & set(report["columns"]):
        have.add("amount")
    rows = []
    for part in exports()["parts"]:
        missing = [field for field in part["needs"] if field not in have]
        ok = not missing and ("customer_id" not in part["needs"] or report["totals"]["counted_orders"] > 0)
        rows.append((part[lang], part["key"], ok, ", ".join(missing), _verdict(part, missing, report)))
    return pd.DataFrame(rows, columns=["part", "key", "ok", "missing_column", "sentence"])


def _verdict(part: dict, missing: list[str], report: dict) -> Said:
    zh_name, en_name, totals = part["zh"], part["en"], report["totals"]
    if missing == ["customer_id"] and "customer_id" in report["columns"]:
        return say(
            zh=f"{zh_name}做不了：有客户列，但没有一个可用的客户编号。",
            en=f"{en_name}: not possible. There is a customer column, but no usable id in it.",
        )
    if missing:
        names = {field: exports()["columns"][field][1:4] for field in missing}
        zh = "；".join(f"{t(field)}（列名如{'、'.join(names[field])}）" for field in missing)
        en = "; ".join(f"{t(field)} (a column such as {', '.join(names[field])})" for field in missing)
        return say(
            zh=f"{zh_name}做不了：文件里没有{zh}。请向平台或店铺要带这一列的导出。",
            en=f"{en_name}: not possible. The file has no {en}. Ask for an export with that column.",
        )
    if "customer_id" in part["needs"]:
        if totals["counted_orders"] == 0:
            return say(
                zh=f"{zh_name}做不了：{totals['orders']:,} 单里没有一单算数（要付了款、金额大于 0、有客户编号）。",
                en=f"{en_name}: not possible. No order counts, of {totals['orders']:,} (it must be paid, above 0, with a customer).",
            )
        if totals["counted_customers"] == 1:
            return say(
                zh=f"{zh_name}可以算，但只有一位客户，没有可比的人。", en=f"{en_name}: possible, for one customer only."
            )
        if totals["counted_customers"] == totals["counted_orders"]:
            return say(
                zh=f"{zh_name}可以算，但每位客户都只有一单，频次分不出高低。",
                en=f"{en_name}: possible, but every customer has one order, so frequency tells nobody apart.",
            )
    return say(zh=f"{zh_name}可以做。", en=f"{en_name}: possible.")
