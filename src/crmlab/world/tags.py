"""Tags that staff typed by hand: synonyms, slips, stale ones, contradictions; about one in eight is wrong (effect 12)."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, World, table
from crmlab.world.clock import MONTH, moment

WRONG = 0.125  # share of tags against the truth when they were typed
SYNONYM, SLIP = 0.42, 0.06  # a synonym in place of the agreed word; a slip of the pen
PER_CONTACT = 0.9  # tags a WeCom contact, on average
# topic -> value -> the agreed word first, then synonyms, then slips: (as typed, in English)
WORDS = {
    "price": {
        "yes": ((("价格敏感", "price-sensitive"),),
                (("爱等活动", "waits for offers"), ("看价格", "looks at the price"), ("优惠型", "bargain hunter")),
                (("价格敏敢", "price-sensative"), ("价格感敏", "price-sensitve"))),
        "no": ((("价格不敏感", "not price-sensitive"),), (("不看价格", "does not look at the price"), ("要好的", "wants the best")),
               (("价格不敏敢", "not price-sensative"),)),
    },
    "feeding": {
        "mixed": ((("混合喂养", "mixed feeding"),), (("混喂", "mixed-fed"), ("母乳加奶粉", "breast and formula")), (("混和喂养", "mixed feedng"),)),
        "exclusive": ((("纯奶粉", "formula only"),), (("全奶粉", "all formula"), ("奶粉宝宝", "formula baby")), (("纯奶份", "formula olny"),)),
    },
    "stage": {
        "1": ((("1 段", "stage 1"),), (("一段", "stage one"), ("1段宝宝", "stage-1 baby")), (("1 断", "stgae 1"),)),
        "2": ((("2 段", "stage 2"),), (("二段", "stage two"), ("2段宝宝", "stage-2 baby")), (("2 断", "stgae 2"),)),
        "3": ((("3 段", "stage 3"),), (("三段", "stage three"), ("3段宝宝", "stage-3 baby")), (("3 断", "stgae 3"),)),
        "4": ((("4 段", "stage 4"),), (("四段", "stage four"), ("大童", "older child")), (("4 断", "stgae 4"),)),
    },
    "drink": {
        "coffee": ((("咖啡客", "coffee drinker"),), (("爱喝咖啡", "likes coffee"), ("每天咖啡", "daily coffee")), (("加啡客", "cofee drinker"),)),
        "tea": ((("奶茶客", "tea drinker"),), (("爱喝奶茶", "likes milk tea"), ("不喝咖啡", "no coffee")), (("奶查客", "tea drnker"),)),
    },
    "rhythm": {
        "often": ((("常客", "regular"),), (("老客户", "old friend of the shop"), ("天天来", "comes every day")), (("长客", "regualr"),)),
        "seldom": ((("偶尔来", "now and then"),), (("路过型", "passing by"), ("来得少", "comes seldom")), (("偶而来", "now and thn"),)),
    },
}  # fmt: skip
TOPICS = {"yunmu": ("price", "feeding", "stage"), "morningcup": ("price", "drink", "rhythm")}
OFTEN = 8.0  # orders in 30 days of one who comes often


def meaning() -> pd.DataFrame:
    """Every tag that occurs: tag, tag_en, topic, value. For trainers and tests; a reader of the tags finds it out."""
    rows = [
        (zh, en, topic, value)
        for topic, values in WORDS.items()
        for value, kinds in values.items()
        for words in kinds
        for zh, en in words
    ]
    return pd.DataFrame(rows, columns=["tag", "tag_en", "topic", "value"])


def stage_on(world: World, who, day) -> np.ndarray:
    """Stage 1 to 4 of the youngest child born by a day, in completed months."""
    p = world.people
    born = np.where(p.born2[who] <= day, p.born2[who], p.born[who])
    months = (day - born) / MONTH
    return np.select([months < 6, months < 12, months < 36], [1, 2, 3], 4)


@table("manual_tags")
def manual_tags(world: World) -> pd.DataFrame:
    """Stage tags grow stale because nobody takes them off; a tag is wrong or right on the day it is typed."""
    p, draw = world.people, world.draw("tags")
    contacts = world["wecom_contacts"]
    position = contacts["customer_id"].str[1:].astype(int).to_numpy() - 1
    added = ((contacts["added_at"] - pd.Timestamp("2024-07-01")) // pd.Timedelta(days=1)).to_numpy().astype(int)
    count = draw.poisson(np.full(len(contacts), PER_CONTACT))
    row = np.repeat(np.arange(len(contacts)), count)
    m, who = len(row), position[row]
    last = np.minimum(np.maximum(np.floor(np.minimum(p.alive_until[who], DAYS)), added[row] + 2), DAYS - 1)
    day = (added[row] + 1 + np.floor(draw.uniform(m) ** 2 * (last - added[row]))).astype(int)
    keep = day < DAYS
    row, who, day = row[keep], who[keep], day[keep]
    m = len(row)
    topics = TOPICS[world.company]
    topic = np.array(topics, dtype=object)[np.floor(draw.uniform(m) * len(topics)).astype(int)]
    true = {"price": np.where(p.price_sensitivity[who] >= 0.5, "yes", "no").astype(object)}
    if world.company == "yunmu":
        true["feeding"] = np.where(p.mixed[who], "mixed", "exclusive").astype(object)
        true["stage"] = stage_on(world, who, day).astype(str).astype(object)
    else:
        true["drink"] = np.where(_drinks_coffee(world)[who], "coffee", "tea").astype(object)
        true["rhythm"] = np.where(p.true_rate[who] >= OFTEN, "often", "seldom").astype(object)
    value = np.select([topic == t for t in topics], [true[t] for t in topics], None)
    wrong = draw.chance(WRONG * world.on(12), m)
    shift, kind = draw.uniform(m), draw.uniform(m)
    kind = np.where(kind < SLIP, 2, np.where(kind < SLIP + SYNONYM, 1, 0)) * world.on(12)
    which = draw.uniform(m)
    zh, en = np.full(m, None, dtype=object), np.full(m, None, dtype=object)
    for t in topics:
        values = list(WORDS[t])
        for v in values:
            hit = (topic == t) & (value == v)
            others = [x for x in values if x != v]
            other = np.array(others, dtype=object)[np.floor(shift[hit] * len(others)).astype(int)]
            value[hit] = np.where(wrong[hit], other, v)
            topic[hit] = t + "!"  # done; a changed value is not to be met again
        topic = np.where(topic == t + "!", t, topic)
        for v in values:
            for k in range(3):
                hit = (topic == t) & (value == v) & (kind == k)
                words = WORDS[t][v][k]
                place = np.floor(which[hit] * len(words)).astype(int)
                zh[hit] = np.array([w[0] for w in words], dtype=object)[place]
                en[hit] = np.array([w[1] for w in words], dtype=object)[place]
    frame = pd.DataFrame({
        "customer_id": contacts["customer_id"].to_numpy()[row],
        "tag": zh,
        "tag_en": en,
        "tagged_by": contacts["staff_id"].to_numpy()[row],
        "tagged_at": moment(day, 9 * 3600 + np.floor(draw.uniform(m) * 11 * 3600)),
    })
    return frame.sort_values(["tagged_at", "customer_id"], kind="stable")


def _drinks_coffee(world: World) -> np.ndarray:
    """Whether more coffee than tea is in each user's orders."""
    lines = world["order_lines"].merge(world["products"][["sku", "category"]], on="sku")
    lines = lines.merge(world["orders"][["order_id", "customer_id"]], on="order_id")
    who = lines["customer_id"].str[1:].astype(int) - 1
    sign = lines["quantity"] * (lines["category"].eq("coffee").astype(int) - lines["category"].eq("tea").astype(int))
    return np.bincount(who, weights=sign, minlength=world.customers) >= 0
