"""What is sold and where: products and stores, with names in both languages (all of them made up)."""

import numpy as np
import pandas as pd

from crmlab.world.build import World, table

# sku, name_zh, name_en, category, function, stage, price_tier, list_price, unit_cost
_LINES = (
    ("V", "晴川", "Qingchuan", "value", (208, 198, 188, 158)),
    ("P", "月白", "Yuebai", "premium", (428, 418, 398, 298)),
)
YUNMU = [
    (
        f"Y{code}{stage}",
        f"云牧{zh}婴幼儿配方奶粉 {stage} 段 900 克" if stage < 4 else f"云牧{zh}儿童配方奶粉 4 段 900 克",
        f"Yunmu {en} formula, stage {stage}, 900 g",
        "formula",
        "daily_feeding",
        stage,
        tier,
        price,
        round(price * 0.46),
    )
    for code, zh, en, tier, prices in _LINES
    for stage, price in enumerate(prices, start=1)
] + [
    (
        "YA1",
        "云牧妈妈配方奶粉 800 克",
        "Yunmu mothers' milk powder, 800 g",
        "adult_milk",
        "mother",
        None,
        "value",
        168,
        80,
    ),
    (
        "YA2",
        "云牧全家高钙奶粉 800 克",
        "Yunmu family high-calcium milk powder, 800 g",
        "adult_milk",
        "family",
        None,
        "value",
        128,
        62,
    ),
    ("YF1", "原味婴儿米粉 225 克", "Plain baby rice cereal, 225 g", "food", "weaning", None, "value", 39, 16),
    ("YF2", "草莓酸奶溶豆 20 克", "Strawberry yoghurt melts, 20 g", "food", "snack", None, "value", 29, 11),
    ("YF3", "胡萝卜泥 100 克 × 6", "Carrot purée, 6 × 100 g", "food", "weaning", None, "premium", 69, 30),
    ("YC1", "婴儿手口湿巾 80 抽 × 5", "Baby hand and mouth wipes, 5 × 80", "care", "care", None, "value", 45, 19),
    ("YG1", "会员礼盒", "Member's gift box", "gift", "gift", None, "value", 59, 21),
]
MORNINGCUP = [
    ("MC1", "美式咖啡", "Americano", "coffee", "wake_up", None, "value", 16, 4.2),
    ("MC2", "拿铁", "Latte", "coffee", "wake_up", None, "value", 20, 6.1),
    ("MC3", "燕麦拿铁", "Oat latte", "coffee", "wake_up", None, "premium", 24, 7.6),
    ("MC4", "桂花拿铁", "Osmanthus latte", "coffee", "treat", None, "premium", 26, 8.0),
    ("MC5", "手冲单品", "Single-origin pour-over", "coffee", "treat", None, "premium", 32, 9.5),
    ("MC6", "冷萃", "Cold brew", "coffee", "wake_up", None, "value", 19, 4.9),
    ("MT1", "茉莉奶绿", "Jasmine milk tea", "tea", "treat", None, "value", 18, 5.2),
    ("MT2", "柠檬红茶", "Lemon black tea", "tea", "treat", None, "value", 15, 3.8),
    ("MF1", "火腿芝士可颂", "Ham and cheese croissant", "food", "breakfast", None, "premium", 18, 8.0),
    ("MF2", "全麦鸡蛋三明治", "Wholemeal egg sandwich", "food", "breakfast", None, "value", 14, 6.2),
    ("MF3", "红豆贝果", "Red bean bagel", "food", "breakfast", None, "value", 12, 5.0),
    ("MF4", "巴斯克蛋糕", "Basque cheesecake", "food", "treat", None, "premium", 22, 9.4),
    ("MG1", "会员赠饮", "Member's free drink", "gift", "gift", None, "value", 20, 6.1),
]
PRODUCTS = {"yunmu": YUNMU, "morningcup": MORNINGCUP}
ROADS = {
    "梧桐": "Wutong",
    "青石": "Qingshi",
    "望湖": "Wanghu",
    "南桥": "Nanqiao",
    "杏林": "Xinglin",
    "槐荫": "Huaiyin",
    "听雨": "Tingyu",
    "东篱": "Dongli",
    "柳浦": "Liupu",
    "云栖": "Yunqi",
    "松涛": "Songtao",
    "芳草": "Fangcao",
    "映月": "Yingyue",
    "银杏": "Yinxing",
    "小满": "Xiaoman",
}
KINDS = {
    "yunmu": (("路母婴店", "Road baby shop"), ("里母婴店", "Lane baby shop"), ("广场母婴馆", "Square baby centre")),
    "morningcup": (("路店", "Road"), ("写字楼店", "Tower"), ("广场店", "Square"), ("地铁站店", "Metro station")),
}
STORES_PER_TIER = {"yunmu": (8, 11, 12, 9), "morningcup": (18, 20, 14, 8)}


@table("products")
def products(world: World) -> pd.DataFrame:
    columns = ["sku", "name_zh", "name_en", "category", "function", "stage", "price_tier", "list_price", "unit_cost"]
    frame = pd.DataFrame(PRODUCTS[world.company], columns=columns)
    return frame.astype({"stage": "Int64", "list_price": float, "unit_cost": float})


@table("stores")
def stores(world: World) -> pd.DataFrame:
    tiers = np.repeat((1, 2, 3, 4), STORES_PER_TIER[world.company])
    kinds = KINDS[world.company]
    names = [(road + zh, f"{ROADS[road]} {en}") for zh, en in kinds for road in ROADS]
    order = np.argsort(world.draw("stores").uniform(len(names)), kind="stable")[: len(tiers)]
    return pd.DataFrame({
        "store_id": [f"{world.company[0].upper()}S{i:03d}" for i in range(1, len(tiers) + 1)],
        "name_zh": [names[i][0] for i in order],
        "name_en": [names[i][1] for i in order],
        "city_tier": tiers,
    })
