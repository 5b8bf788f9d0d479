"""Synthetic exports of every platform, with the quirks of the real ones, made from one hand-made list of true orders.

A maker returns an :class:`Export`: the bytes, and what must come out of them, computed from the list and never by the reader.
All names, numbers and ids are made up.
"""
# ruff: noqa: E501, SIM905  (header rows stand as the exports have them: one line of names with commas)

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Order:
    """One true order; money in fen. `back` = refunded; `state` = canonical status."""

    n: int
    who: int
    paid: datetime | None
    lines: tuple[tuple[str, int, int], ...]  # title, pieces, price
    state: str
    discount: int = 0
    freight: int = 0
    back: int = 0

    @property
    def gross(self) -> int:
        return sum(pieces * price for _, pieces, price in self.lines) + self.freight

    @property
    def due(self) -> int:
        return self.gross - self.discount

    @property
    def live(self) -> bool:
        return self.state not in ("unpaid", "closed")

    @property
    def net(self) -> int:
        return self.due - self.back if self.live else 0

    @property
    def created(self) -> datetime:
        return (self.paid or datetime(2026, 5, 17, 9, 30, self.n)) - timedelta(minutes=2)

    @property
    def pieces(self) -> int:
        return sum(pieces for _, pieces, _ in self.lines)


def at(month: int, day: int, hour: int = 10, minute: int = 5) -> datetime:
    return datetime(2026, month, day, hour, minute, 37)


MILK, RICE, BIB, HAT = ("奶粉一段", 2, 26800), ("米粉", 1, 4550), ("围嘴", 3, 1990), ("小帽子", 1, 123456)
ORDERS = [
    Order(1, 1, at(5, 1), (MILK, RICE), "completed", discount=2000),
    Order(2, 1, at(5, 20, 23, 59), (MILK,), "completed"),
    Order(3, 2, at(5, 3), (RICE, BIB), "part_refunded", back=4550),
    Order(4, 2, at(5, 4), (BIB,), "refunded", back=5970),
    Order(5, 3, None, (HAT,), "closed"),
    Order(6, 3, at(5, 6, 0, 3), (HAT, BIB), "shipped", discount=3456),
    Order(7, 4, at(5, 7), (RICE,), "paid", freight=800),
    Order(8, 4, at(5, 8), (BIB, RICE), "disputed"),
    Order(9, 5, None, (RICE,), "unpaid"),
    Order(10, 5, at(5, 10), (MILK, RICE, BIB), "completed"),
]


@dataclass
class Export:
    """A file and the truth about it: order id -> Order, order id -> customer key or None, facts the tests look at."""

    key: str
    name: str
    data: bytes
    orders: dict[str, Order]
    customers: dict[str, str | None]
    rows: int
    grade: str
    kind: str
    day_only: bool = False
    facts: dict = field(default_factory=dict)


def yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


def stamp(moment: datetime | None, form: str = "%Y-%m-%d %H:%M:%S", blank: str = "") -> str:
    return moment.strftime(form) if moment else blank


def phone(who: int) -> str:
    return f"1380000{who:04d}"


def table(headers: list[str], rows: list[dict], encoding: str = "utf-8", quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=quoting)
    writer.writerow(headers)
    writer.writerows([row.get(header.strip(), "") for header in headers] for row in rows)
    return out.getvalue().encode(encoding)


def only(*states: str) -> list[Order]:
    return [order for order in ORDERS if order.state in states]


ALL = ("completed", "part_refunded", "refunded", "closed", "shipped", "paid", "disputed", "unpaid")
WHOLE = tuple(state for state in ALL if state != "part_refunded")  # for exports that know a refund as a word only

TAOBAO_38 = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,"
    "收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,"
    "订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,是否上传小票,是否代付,定金排名"
).split(",")
TAOBAO_STATUS = {
    "completed": "交易成功", "part_refunded": "交易成功", "refunded": "交易关闭", "closed": "交易关闭", "unpaid": "等待买家付款",
    "shipped": "卖家已发货，等待买家确认", "paid": "买家已付款，等待卖家发货", "disputed": "退款中",
}  # fmt: skip


def taobao_old() -> Export:
    """GB18030, the 38 columns, ids as ="...", phones with ', null, trailing blanks in headers; a closed order shows 0.00 paid."""
    orders = {f"20260500000000{order.n:05d}": order for order in only(*WHOLE)}
    rows = [
        {
            "订单编号": f'="{number}"', "买家会员名": f"tb_买家{order.who}", "买家应付货款": yuan(order.gross - order.freight),
            "买家应付邮费": yuan(order.freight), "总金额": yuan(order.gross), "买家实际支付金额": yuan(order.net),
            "订单状态": TAOBAO_STATUS[order.state], "收货人姓名": "王某某", "收货地址": "浙江省 杭州市 西湖区 某路 1 号", "联系电话": "'null",
            "联系手机": f"'{phone(order.who)}", "订单创建时间": stamp(order.created), "订单付款时间": stamp(order.paid, blank="null"),
            "宝贝标题": "，".join(title for title, _, _ in order.lines), "宝贝种类": str(len(order.lines)), "物流公司": "null",
            "宝贝总数量": str(order.pieces), "订单备注": "null", "订单关闭原因": "订单未关闭",
        }
        for number, order in orders.items()
    ]  # fmt: skip
    who = {number: f"tb_买家{order.who}" for number, order in orders.items()}
    data = table(TAOBAO_38, rows, "gb18030")
    return Export("taobao", "ExportOrderList202605.csv", data, orders, who, len(rows), "good", "account")


def taobao_new() -> Export:
    """Newer headers: 买家实付金额, 商品标题, 退款金额, phone inside the address, 元 behind a sum, times as Excel re-saves them."""
    headers = "订单编号,买家会员名,总金额,买家实付金额,订单状态,收货地址,订单创建时间,订单付款时间 ,商品标题,宝贝总数量,退款金额,确认收货时间,打款商家金额,店铺名称"
    orders = {f"33670000000000{order.n:05d}": order for order in only(*ALL)}
    rows = [
        {
            "订单编号": number, "买家会员名": f"tb_买家{order.who}", "总金额": f"¥{order.gross / 100:,.2f}",
            "买家实付金额": f"{yuan(order.net)}元", "订单状态": TAOBAO_STATUS[order.state],
            "收货地址": f"王某，86-{phone(order.who)}，浙江省 杭州市 西湖区 某路 1 号", "订单创建时间": stamp(order.created, "%Y/%m/%d %H:%M:%S"),
            "订单付款时间": stamp(order.paid, "%Y年%m月%d日%H时%M分%S秒"), "商品标题": order.lines[0][0],
            "宝贝总数量": str(order.pieces), "退款金额": f"{yuan(order.back)}元", "打款商家金额": f"{yuan(order.net)}元",
        }
        for number, order in orders.items()
    ]  # fmt: skip
    who = {number: f"tb_买家{order.who}" for number, order in orders.items()}
    data = table(headers.split(","), rows, "gb18030")
    return Export("taobao", "订单.csv", data, orders, who, len(rows), "good", "account", facts={"phones": True})


def tmall_report() -> Export:
    """The small teaching file: seven columns, no customer, no status."""
    headers = ["订单编号", "总金额", "买家实际支付金额", "收货地址 ", "订单创建时间", "订单付款时间 ", "退款金额"]
    kept = [order for order in ORDERS if order.state not in ("disputed", "shipped", "completed", "closed")]
    kept = [replace(order, discount=0) for order in [*kept, ORDERS[1], ORDERS[9]]]
    kept = [replace(order, state="paid") if order.state == "completed" else order for order in kept]
    orders = {str(order.n): order for order in kept}
    rows = [
        {
            "订单编号": number, "总金额": yuan(order.gross), "买家实际支付金额": yuan(order.net), "收货地址": "上海",
            "订单创建时间": stamp(order.created), "订单付款时间": stamp(order.paid), "退款金额": yuan(order.back),
        }
        for number, order in orders.items()
    ]  # fmt: skip
    none = dict.fromkeys(orders)
    return Export("tmall_report", "tmall.csv", table(headers, rows), orders, none, len(rows), "none", "none")


def shares(order: Order) -> list[int]:
    """The discount of an order on its lines, in fen, the rest on the last."""
    goods = order.gross - order.freight
    parts = [order.discount * pieces * price // goods for _, pieces, price in order.lines]
    return [*parts[:-1], order.discount - sum(parts[:-1])]


def taobao_lines() -> Export:
    """One row an item; the item's refund in its own column; 主订单编号 over 子订单编号; no customer."""
    headers = "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间 "
    orders, rows = {f"20260500000000{order.n:05d}": order for order in only(*ALL)}, []
    for number, order in orders.items():
        for n, ((title, pieces, price), off) in enumerate(zip(order.lines, shares(order), strict=True)):
            due = pieces * price - off + (order.freight if n == 0 else 0)
            back = due if order.state == "refunded" else order.back if n == 0 else 0
            rows.append({
                "子订单编号": f'="{number}{n}"', "主订单编号": f'="{number}"', "标题": title, "价格": yuan(price), "购买数量": str(pieces),
                "订单状态": TAOBAO_STATUS[order.state], "买家应付货款": yuan(pieces * price - off),
                "买家实际支付金额": yuan(due - back) if order.live else "0.00", "退款状态": "退款成功" if back else "没有申请退款",
                "退款金额": yuan(back) if back else "无", "订单创建时间": stamp(order.created), "订单付款时间": stamp(order.paid, blank="null"),
            })  # fmt: skip
    data = table(headers.split(","), rows, "gb18030")
    return Export(
        "taobao_lines", "ExportOrderDetailList.csv", data, orders, dict.fromkeys(orders), len(rows), "none", "none"
    )


JD_30 = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,发票类型,"
    "发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道"
).split(",")


def jd() -> Export:
    """One row a SKU with the order's amounts on each, a note inside the number, masked phones, GB18030, a total at the end."""
    states = {
        "completed": "完成",
        "refunded": "(删除)取消",
        "closed": "取消",
        "unpaid": "等待付款",
        "shipped": "等待确认收货",
    }
    states |= {"paid": "等待出库", "disputed": "锁定"}
    orders, rows = {f"30012345{order.n:04d}": order for order in only(*WHOLE)}, []
    for number, order in orders.items():
        for title, pieces, price in order.lines:
            rows.append({
                "订单号": number, "商品ID": str(price), "商品名称": title, "订购数量": str(pieces), "下单时间": stamp(order.created),
                "京东价": yuan(price), "订单金额": yuan(order.gross), "结算金额": yuan(order.due), "余额支付": "0.00",
                "应付金额": f"{yuan(order.due)}（系统计算中，该值仅供参考）", "订单状态": states[order.state], "下单帐号": f"jd_{order.who:03d}",
                "客户姓名": "李*", "联系电话": f"138****{order.who:04d}", "付款确认时间": stamp(order.paid), "订单来源": "APP",
            })  # fmt: skip
    data = table(JD_30, [*rows, {"订单号": "合计", "订单金额": "9999.00"}], "gb18030")
    who = {number: f"jd_{order.who:03d}" for number, order in orders.items()}
    return Export("jd", "京东订单.csv", data, orders, who, len(rows) + 1, "good", "account", facts={"total_rows": 1})


PDD_23 = (
    "订单成交时间,商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),商家实收金额(元),商品数量(件),发货时间,"
    "确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,快递单号,快递公司"
).split(",")


def pdd() -> Export:
    """UTF-8 with TABs, every time blank, refunds as text only, no customer; discounts in three columns."""
    states = {
        "completed": "已收货",
        "refunded": "未发货，退款成功",
        "closed": "已取消",
        "unpaid": "待付款",
        "shipped": "已发货，待收货",
    }
    states |= {"paid": "待发货", "disputed": "已发货，待收货"}
    after = {"refunded": "退款成功", "disputed": "售后处理中，退款中"}
    orders = {f"{order.created:%y%m%d}-60719897434{order.n:04d}": order for order in only(*WHOLE)}
    rows = [
        {
            "商品": order.lines[0][0], "订单号": f"{number}\t", "订单状态": f"{states[order.state]}\t",
            "商品总价(元)": yuan(order.gross - order.freight), "邮费(元)": yuan(order.freight), "店铺优惠折扣(元)": yuan(order.discount // 2),
            "平台优惠折扣(元)": yuan(order.discount // 4), "多多支付立减金额(元)": yuan(order.discount - order.discount // 2 - order.discount // 4),
            "用户实付金额(元)": f"{yuan(order.due)}\t", "商家实收金额(元)": yuan(order.gross - order.discount // 2),
            "商品数量(件)": str(order.pieces), "订单成交时间": "\t", "售后状态": after.get(order.state, "无售后或售后取消"),
        }
        for number, order in orders.items()
    ]  # fmt: skip
    none = dict.fromkeys(orders)
    return Export(
        "pdd", "orders_export.csv", table(PDD_23, rows), orders, none, len(rows), "none", "none", day_only=True
    )


DOUYIN_21 = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,商家备注,订单完成时间,订单状态,售后状态,取消原因,发货时间,"
    "平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额"
).split(",")


def douyin() -> Export:
    """Byte-order mark, TAB before text, cipher text, one row a sub-order, gift rows, one order's lines joined by ;."""
    states = {
        "completed": "已完成",
        "part_refunded": "已完成",
        "refunded": "已关闭",
        "closed": "已关闭",
        "unpaid": "待支付",
    }
    states |= {"shipped": "已发货", "paid": "待发货", "disputed": "已发货"}
    orders, rows = {f"69179267688236{order.n:05d}": order for order in only(*ALL)}, []
    gift = {
        "选购商品": "\t赠品-试用装", "商品数量": "1", "订单应付金额": "0.00", "运费": "0.00", "订单状态": "已关闭", "售后状态": "-",
        "取消原因": "主品订单售后完成", "平台实际承担优惠金额": "0.00", "商家实际承担优惠金额": "0.00", "达人实际承担优惠金额": "0.00",
    }  # fmt: skip
    for number, order in orders.items():
        lines = []
        for n, ((title, pieces, price), off) in enumerate(zip(order.lines, shares(order), strict=True)):
            back = order.state == "refunded" or (order.state == "part_refunded" and n == 0)
            after = "退款成功" if back else "售后处理中" if order.state == "disputed" else "-"
            lines.append({
                "主订单编号": f"\t{number}", "子订单编号": f"\t{number}{n}", "选购商品": f"\t{title}", "商品数量": str(pieces),
                "订单应付金额": yuan(pieces * price - off + (order.freight if n == 0 else 0)), "运费": yuan(order.freight if n == 0 else 0),
                "收件人": "##kP3s密文", "收件人手机号": "$$j8Zq密文", "订单提交时间": stamp(order.created), "订单状态": states[order.state],
                "售后状态": after, "平台实际承担优惠金额": yuan(off // 2), "商家实际承担优惠金额": yuan(off - off // 2), "达人实际承担优惠金额": "0.00",
            })  # fmt: skip
        if order.n == 10:
            joined = {
                key: ";".join(line[key].strip() for line in lines)
                for key in ("子订单编号", "选购商品", "商品数量", "订单应付金额")
            }
            lines = [lines[0] | joined]
        if order.n in (3, 4):
            own = {"主订单编号": f"\t{number}", "子订单编号": f"\t{number}9", "订单提交时间": stamp(order.created)}
            lines.insert(0, gift | own)
        rows += lines
    rows.append(
        gift
        | {
            "主订单编号": "\t6917926768823699999",
            "子订单编号": "\t69179267688236999990",
            "订单提交时间": "2026-05-09 08:00:00",
        }
    )
    data = table(DOUYIN_21, rows, "utf-8-sig")
    return Export(
        "douyin", "1791430000_x.csv", data, orders, dict.fromkeys(orders), len(rows), "none", "none",
        facts={"gifts": 3, "not_a_sale": 1, "order_time": True},
    )  # fmt: skip


def youzan() -> Export:
    """One row an order, items joined by ;, a whole phone of the buyer beside his nickname, refunds in a column."""
    headers = "订单号,归属店铺,订单状态,订单创建时间,买家付款时间,交易成功时间,商品金额合计,运费,店铺优惠合计,应收订单金额,订单实付金额,全部商品名称,商品种类数,订单商品总件数,收货人手机号/提货人手机号,买家昵称,买家是否会员,买家手机号,分销员,订单退款状态,订单已退款金额"
    states = {
        "completed": "交易完成",
        "part_refunded": "交易完成",
        "refunded": "交易关闭",
        "closed": "交易关闭",
        "unpaid": "待付款",
    }
    states |= {"shipped": "已发货", "paid": "待发货", "disputed": "退款中"}
    orders = {f"E202605100000{order.n:04d}": order for order in only(*ALL)}
    rows = [
        {
            "订单号": number, "归属店铺": "总店", "订单状态": states[order.state], "订单创建时间": stamp(order.created),
            "买家付款时间": stamp(order.paid), "商品金额合计": yuan(order.gross - order.freight), "运费": yuan(order.freight),
            "店铺优惠合计": yuan(order.discount), "应收订单金额": yuan(order.due), "订单实付金额": yuan(order.due if order.live else 0),
            "全部商品名称": ";".join(title for title, _, _ in order.lines), "商品种类数": str(len(order.lines)),
            "订单商品总件数": str(order.pieces), "买家昵称": "=cmd|calc" if order.who == 1 else "宝妈", "买家手机号": phone(order.who),
            "订单已退款金额": yuan(order.back),
        }
        for number, order in orders.items()
    ]  # fmt: skip
    who = {number: phone(order.who) for number, order in orders.items()}
    data = table(headers.split(","), rows, "utf-8-sig")
    return Export("youzan", "youzan.csv", data, orders, who, len(rows), "good", "phone")


def wechat_shop() -> Export:
    """One row a product: what the order paid on each, what was refunded on the product's own; masked phones."""
    headers = "订单号,订单下单时间,订单状态,收件人姓名,收件人手机,商品总价,订单实际支付金额,订单实际收款金额,订单运费,支付时间,技术服务费,带货方式,商品名称,商品实际价格(单件),商品数量,商品售后,商品已退款金额"
    states = {
        "completed": "已完成",
        "part_refunded": "已完成",
        "refunded": "已取消",
        "closed": "已取消",
        "unpaid": "待付款",
    }
    states |= {"shipped": "已发货", "paid": "待发货"}
    orders, rows = {f"37123456789012{order.n:05d}": order for order in only(*states)}, []
    for number, order in orders.items():
        for n, (title, pieces, price) in enumerate(order.lines):
            back = pieces * price if order.state == "refunded" else order.back if n == 0 else 0
            rows.append({
                "订单号": number, "订单下单时间": stamp(order.created), "订单状态": states[order.state], "收件人手机": f"138****{order.who:04d}",
                "商品总价": yuan(order.gross - order.freight), "订单实际支付金额": yuan(order.due), "订单实际收款金额": yuan(order.due),
                "订单运费": yuan(order.freight), "支付时间": stamp(order.paid), "商品名称": title, "商品实际价格(单件)": yuan(price),
                "商品数量": str(pieces), "商品售后": "退款完成" if back else "", "商品已退款金额": yuan(back),
            })  # fmt: skip
    data = table(headers.split(","), rows, "utf-8-sig")
    return Export(
        "wechat_shop",
        "视频号.csv",
        data,
        orders,
        dict.fromkeys(orders),
        len(rows),
        "none",
        "none",
        facts={"masked": True},
    )


def kuaishou() -> Export:
    """One row an order, refunds as text, masked phones, pay times as the days of a spreadsheet."""
    start = datetime(1899, 12, 30)
    headers = "订单号,订单创建时间,订单支付时间,订单状态,实付款(元),店铺优惠,平台补贴,成交数量,售后状态,商品名称,CPS达人ID,收货人电话,快递单号"
    states = {
        "completed": "交易成功",
        "refunded": "交易关闭",
        "closed": "交易关闭",
        "unpaid": "待付款",
        "shipped": "已发货",
    }
    states |= {"paid": "待发货", "disputed": "已发货"}
    orders = {f"2612300000{order.n:05d}": order for order in only(*WHOLE)}
    rows = [
        {
            "订单号": number, "订单创建时间": stamp(order.created), "订单支付时间": f"{(order.paid - start) / timedelta(days=1):.9f}" if order.paid else "", "订单状态": states[order.state],
            "实付款(元)": f"¥{yuan(order.due)}", "店铺优惠": yuan(order.discount), "平台补贴": "0", "成交数量": str(order.pieces),
            "售后状态": {"refunded": "售后成功，退款成功", "disputed": "售后处理中"}.get(order.state, ""), "收货人电话": "1**********",
        }
        for number, order in orders.items()
    ]  # fmt: skip
    data = table(headers.split(","), rows, "utf-8-sig")
    return Export(
        "kuaishou", "ks.csv", data, orders, dict.fromkeys(orders), len(rows), "none", "none", facts={"masked": True}
    )


def xiaohongshu() -> Export:
    """One row a SKU with its own money, a gift flagged as one, the user's number as key."""
    headers = "订单号,订单状态,售后状态,收件人电话,小红书编码,SKU名称,SKU件数,是否为赠品,商品总价(元),用户应付金额(元),平台优惠(元),店铺优惠(元),商家应收金额(元)（支付金额）,支付时间,订单创建时间,用户编号,商家编码"
    states = {
        "completed": "已完成",
        "refunded": "已取消",
        "closed": "已取消",
        "unpaid": "待付款",
        "shipped": "已发货",
        "paid": "待发货",
    }
    chosen = [replace(order, freight=0) for order in only(*states)]
    orders, rows = {f"P7300000000{order.n:05d}": order for order in chosen}, []
    for number, order in orders.items():
        common = {
            "订单号": number,
            "订单状态": states[order.state],
            "用户编号": f"xhs{order.who:06d}",
            "支付时间": stamp(order.paid),
        }
        common |= {
            "订单创建时间": stamp(order.created),
            "售后状态": "退款成功" if order.state == "refunded" else "无售后",
            "是否为赠品": "否",
        }
        for (title, pieces, price), off in zip(order.lines, shares(order), strict=True):
            money = {"商品总价(元)": yuan(pieces * price), "用户应付金额(元)": yuan(pieces * price - off)}
            rows.append(common | money | {"SKU名称": title, "SKU件数": str(pieces), "店铺优惠(元)": yuan(off)})
        if order.n == 1:
            zero = {"商品总价(元)": "0.00", "用户应付金额(元)": "0.00"}
            rows.append(common | zero | {"SKU名称": "小样", "SKU件数": "1", "是否为赠品": "是", "订单状态": "已取消"})
    who = {number: f"xhs{order.who:06d}" for number, order in orders.items()}
    data = table(headers.split(","), rows, "utf-8-sig")
    return Export("xiaohongshu", "xhs.csv", data, orders, who, len(rows), "good", "account", facts={"gifts": 1})


def shopify() -> Export:
    """An order's cells on its first row only, times with an offset, e-mail in two spellings."""
    headers = "Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Phone,Notes,Cancelled at,Refunded Amount,Vendor,Id,Tags,Source,Phone"
    states = {
        "completed": "paid",
        "part_refunded": "partially_refunded",
        "refunded": "refunded",
        "closed": "voided",
        "unpaid": "pending",
    }
    orders, rows = {f"#{1000 + order.n}": order for order in only(*states)}, []
    for number, order in orders.items():
        spelling = f"Buyer{order.who}@Example.com" if order.n % 2 else f"buyer{order.who}@example.com"
        utc = "%Y-%m-%d %H:%M:%S +0000"
        for n, (title, pieces, price) in enumerate(order.lines):
            row = {
                "Name": number,
                "Lineitem quantity": str(pieces),
                "Lineitem name": title,
                "Lineitem price": yuan(price),
                "Vendor": "v",
            }
            if n == 0:
                row |= {
                    "Email": spelling, "Financial Status": states[order.state], "Currency": "CNY", "Shipping": yuan(order.freight),
                    "Paid at": stamp(order.paid and order.paid - timedelta(hours=8), utc), "Subtotal": yuan(order.due - order.freight),
                    "Total": yuan(order.due), "Discount Amount": yuan(order.discount), "Refunded Amount": yuan(order.back),
                    "Created at": stamp(order.created - timedelta(hours=8), utc), "Source": "web",
                }  # fmt: skip
            rows.append(row)
    orders = {
        number: replace(order, state="paid") if order.state == "completed" else order
        for number, order in orders.items()
    }
    who = {number: f"buyer{order.who}@example.com" for number, order in orders.items()}
    return Export(
        "shopify", "orders_export_1.csv", table(headers.split(","), rows), orders, who, len(rows), "good", "email"
    )


def woocommerce() -> Export:
    """Currency text with a decimal comma, net of refunds already, and no customer but a name."""
    headers = (
        "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Attribution"
    )
    states = {
        "completed": "completed",
        "part_refunded": "completed",
        "refunded": "refunded",
        "unpaid": "pending",
        "closed": "cancelled",
    }
    states |= {"paid": "processing"}
    orders, rows = {}, []
    for order in only(*states):
        net = order.net if order.live else order.due
        text = f"{net / 100:,.2f}".translate(str.maketrans(",.", ".,"))
        rows.append({
            "Date": stamp(order.created), "Order #": str(500 + order.n), "N. Revenue (formatted)": f"{text}\xa0€", "Status": states[order.state],
            "Customer": f"Ann Lee{order.who}", "Customer type": "new", "Product(s)": "1× x", "Items sold": str(order.pieces),
        })  # fmt: skip
        seen = "completed" if order.state == "part_refunded" else order.state
        line = (("x", 1, order.net),) if order.live else (("x", 1, order.due),)
        orders[str(500 + order.n)] = Order(order.n, order.who, order.paid and order.created, line, seen)
    data = table(headers.split(","), rows)
    return Export("woocommerce", "orders.csv", data, orders, dict.fromkeys(orders), len(rows), "none", "none")


def stripe() -> Export:
    """Times in UTC without an offset, a decimal comma, a part refund under the status Paid, failed payments."""
    headers = "id,Description,Created (UTC),Amount,Amount Refunded,Currency,Converted Amount,Converted Amount Refunded,Fee,Status,Customer ID,Customer Email,Captured,Card ID"
    states = {"completed": "Paid", "part_refunded": "Paid", "refunded": "Refunded", "closed": "Failed"}
    orders, rows = {f"ch_3N{order.n:020d}": order for order in only(*states)}, []
    for number, order in orders.items():
        comma = {"Amount": yuan(order.due).replace(".", ","), "Amount Refunded": yuan(order.back).replace(".", ",")}
        rows.append(comma | {
            "id": number, "Created (UTC)": stamp(order.created - timedelta(hours=8), "%Y-%m-%d %H:%M"), "Currency": "cny", "Fee": "0,50",
            "Converted Amount": comma["Amount"], "Converted Amount Refunded": comma["Amount Refunded"], "Status": states[order.state],
            "Customer ID": f"cus_{order.who:06d}", "Customer Email": f"buyer{order.who}@example.com", "Captured": "true",
        })  # fmt: skip
    bare = {
        number: Order(
            order.n, order.who, order.created.replace(second=0), (("x", 1, order.due),), order.state, back=order.back
        )
        for number, order in orders.items()
    }
    bare = {
        number: replace(order, state="paid") if order.state == "completed" else order for number, order in bare.items()
    }
    who = {number: f"cus_{order.who:06d}" for number, order in orders.items()}
    return Export(
        "stripe", "unified_payments.csv", table(headers.split(","), rows), bare, who, len(rows), "good", "account"
    )


def uci(second: bool = True) -> Export:
    """One row a line, ids as 13085.0, some blank; cancellations as invoices of their own (C...) with negative quantities."""
    names = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    if not second:
        names = [
            "InvoiceNo",
            "StockCode",
            "Description",
            "Quantity",
            "InvoiceDate",
            "UnitPrice",
            "CustomerID",
            "Country",
        ]
    invoice, _, _, _, _, price_, customer, _ = names
    form = "%Y-%m-%d %H:%M:%S" if second else "%m/%d/%Y %H:%M"
    orders, who, rows = {}, {}, []
    for order in only("completed", "part_refunded", "refunded"):
        number, moment = f"5363{order.n:02d}", order.paid.replace(second=0)
        key = None if order.n == 10 else f"1308{order.who}"
        for title, pieces, price in order.lines:
            rows.append({
                invoice: number, "StockCode": "85123A", "Description": title, "Quantity": str(pieces), "InvoiceDate": stamp(moment, form),
                price_: yuan(price), customer: f"{key}.0" if key else "", "Country": "United Kingdom",
            })  # fmt: skip
        orders[number] = Order(order.n, order.who, moment, order.lines, "paid")
        who[number] = key
        if order.back:
            title, pieces, price = order.lines[0]
            rows.append(rows[-len(order.lines)] | {invoice: f"C{number}", "Quantity": str(-pieces)})
            orders[f"C{number}"] = Order(order.n, order.who, moment, ((title, -pieces, price),), "refunded")
            who[f"C{number}"] = key
    return Export("uci", "online_retail.csv", table(names, rows), orders, who, len(rows), "weak", "account")


def uci_first() -> Export:
    """The spellings and the month-first dates of the first edition."""
    return uci(second=False)


MAKERS: list[Callable[[], Export]] = [
    taobao_old, taobao_new, tmall_report, taobao_lines, jd, pdd, douyin, youzan, wechat_shop, kuaishou, xiaohongshu, shopify,
    woocommerce, stripe, uci, uci_first,
]  # fmt: skip
