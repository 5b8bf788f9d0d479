"""``raw/``: a slice of the orders as a shop would send it, with a few listed faults (effect 16). Mended, it is the clean slice."""

from importlib import resources

import numpy as np
import pandas as pd

from crmlab.world.build import COMPANIES, World

SLICE = 2_000
COLUMNS = [
    "order_id",
    "customer_id",
    "paid_at",
    "gross",
    "discount",
    "refund",
    "amount",
    "status",
    "channel",
    "store_id",
]
REPEATED, IN_FEN, STRANGERS = 24, 15, 18  # rows, at most
RIGHT_YEAR, WRONG_YEAR = "2026", "2062"
HEADERS = {
    "order_id": "订单编号",
    "customer_id": "会员编号",
    "paid_at": "付款时间",
    "gross": "总金额",
    "discount": "优惠金额",
    "refund": "退款金额",
    "amount": "实收金额",
    "status": "订单状态",
    "channel": "渠道",
    "store_id": "门店编号",
}
STATUS = {
    "unpaid": "待付款",
    "paid": "待发货",
    "shipped": "已发货",
    "completed": "交易成功",
    "part_refunded": "部分退款成功",
    "refunded": "退款成功",
    "disputed": "售后处理中",
    "closed": "交易关闭",
}


def clean_slice(orders: pd.DataFrame) -> pd.DataFrame:
    """The first 2,000 orders (fewer in a small company) from the first payment of 2026 Q2 on."""
    quarter = orders.index[orders["paid_at"] >= "2026-04-01"]
    start = quarter[0] if len(quarter) else len(orders)
    return orders.loc[start : start + SLICE - 1, COLUMNS].reset_index(drop=True)


def raw_files(world: World) -> dict[str, bytes]:
    """File name -> content of ``raw/``."""
    clean = clean_slice(world["orders"])
    damaged, counts = _damage(world, clean) if world.on(16) else (_as_text(clean), dict.fromkeys(_COUNTS, 0))
    shop = _as_text(clean).assign(status=lambda x: x["status"].map(STATUS)).rename(columns=HEADERS)
    who_zh, who_en = ("云牧会员", "yunmu") if world.company == "yunmu" else ("晨杯用户", "morningcup")
    days = clean["paid_at"].dropna().dt.strftime("%Y-%m-%d")
    template = resources.files(__package__).joinpath("raw_readme.md").read_text(encoding="utf-8")
    readme = template.format(
        who_zh=who_zh,
        who_en=who_en,
        first=days.min() if len(days) else "-",
        last=days.max() if len(days) else "-",
        rows=len(clean),
        right=RIGHT_YEAR,
        wrong=WRONG_YEAR,
        **counts,
    )
    return {
        "orders_2026q2.csv": damaged.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"),
        "orders_2026q2_gbk.csv": shop.to_csv(index=False, lineterminator="\r\n").encode("gbk"),
        "README.md": readme.encode("utf-8"),
    }


_COUNTS = ("repeated", "in_fen", "strangers", "wrong_year")


def _as_text(orders: pd.DataFrame) -> pd.DataFrame:
    text = orders.copy()
    text["paid_at"] = orders["paid_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    for column in ("gross", "discount", "refund", "amount"):
        text[column] = orders[column].map("{:.2f}".format)
    return text


def _damage(world: World, clean: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    draw, n = world.draw("raw"), len(clean)
    share = n / SLICE
    wrong = clean.copy()
    net = wrong["gross"] - wrong["discount"]
    refunds = np.flatnonzero((wrong["refund"] > 0) & (wrong["refund"] * 100 > net))[: int(np.ceil(IN_FEN * share))]
    wrong.loc[refunds, "refund"] = (wrong.loc[refunds, "refund"] * 100).round(2)
    wrong.loc[refunds, "amount"] = (net[refunds] - wrong.loc[refunds, "refund"]).round(2)
    text = _as_text(wrong)
    kept = np.flatnonzero(clean["paid_at"].notna())
    mistyped = kept[len(kept) // 3 : len(kept) // 3 + 1]
    text.loc[mistyped, "paid_at"] = text.loc[mistyped, "paid_at"].str.replace(RIGHT_YEAR, WRONG_YEAR)
    order = np.argsort(draw.uniform(n), kind="stable")
    repeated = text.iloc[order[: int(np.ceil(REPEATED * share))]]
    strangers = text.iloc[order[-int(np.ceil(STRANGERS * share)) :]] if n else text
    strangers = strangers[~strangers.index.isin([*refunds, *mistyped])].reset_index(drop=True)
    letter = COMPANIES[world.company]["letter"]
    strangers["order_id"] = [f"{letter}O9{i:06d}" for i in range(1, len(strangers) + 1)]
    strangers["customer_id"] = [f"{letter}9{i:05d}" for i in range(1, len(strangers) + 1)]
    together = pd.concat([text, repeated, strangers], ignore_index=True)
    place = np.concatenate([np.arange(n), draw.uniform(len(repeated) + len(strangers), 0, n)])
    together = together.iloc[np.argsort(place, kind="stable")]
    counts = (len(repeated), len(refunds), len(strangers), len(mistyped))
    return together, dict(zip(_COUNTS, counts, strict=True))
