"""What members do in the app: what activation does to staying (effect 2), events, and the contents they read."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, World, table
from crmlab.world.clock import MONTH, clock, ids, joined_second, moment

FIRST_DAYS = {"yunmu": 14, "morningcup": 7}  # the behaviour counts within so many days of joining
USES = 3  # yunmu: growth-curve tool at least so often; morningcup: two orders
BY_CHANNEL = np.array((0.2, 0.6, -1.0, 0.0, -0.1, 0.1))  # log odds of activation by channel of joining (effect 1)
CAUSAL = {"yunmu": 0.22, "morningcup": 0.42}  # what activation multiplies the hazard of leaving by
SELECTED = 0.35  # the engaged stay longer anyway: log hazard per unit of engagement


def stay(world: World, p: SimpleNamespace) -> None:
    """Activated members leave less (caused) and so do engaged ones (selection); sets ``soon`` and ``love`` too."""
    n, draw = len(p.joined), world.draw("activation")
    p.soon = draw.uniform(n)  # where in the first days the second order falls
    p.love = 0.5 * p.engagement + draw.normal(n, 0, 0.6) - 0.25 * np.log(p.frailty) + 1.5 * (p.satisfaction - 0.65)
    if world.on(2):
        causal = np.where(p.activated, CAUSAL[world.company], 1.0)
        p.leaves = p.leaves * causal * np.exp(-SELECTED * p.engagement) / (causal.mean() * np.exp(SELECTED**2 / 2))


VISITS = {"yunmu": 0.45, "morningcup": 0.5}  # a month, without orders
CURIOUS, FADES = 1.5, 6  # visits in the first days, and the days (mean) in which that interest fades
READS, CHECK_INS = 0.40, {"yunmu": 0.4, "morningcup": 0.8}  # a month
GROWTH, ASKS = 0.28, 0.06  # a month (yunmu), after the first days
UNUSED = (0.52, 0.30, 0.18)  # uses of the growth tool in the first days by those not activated
LOOK_AROUND = 14  # days in which a newcomer may look around without ever buying
MOST = 28.0  # events of a kind a customer, on average, at most

# title_zh, title_en, scene, topic, age_from, age_to (months), hero_sku; nothing sold under twelve months of age
CONTENTS = {
    "yunmu": [
        ("待产包里真正用得上的 12 样", "Twelve things you will really use from the hospital bag", "pregnancy", "mother", -9, 0, None),
        ("产后第一周怎么吃、怎么睡", "Eating and sleeping in the first week after birth", "pregnancy", "mother", -1, 2, "YA1"),
        ("新生儿一天喝几次、喝多少", "How often and how much a newborn drinks", "feeding", "feeding", 0, 3, None),
        ("冲奶的水温和顺序", "Water temperature and order when mixing formula", "feeding", "feeding", 0, 12, None),
        ("打嗝、吐奶和拍嗝手法", "Burping, spitting up and how to hold the baby", "feeding", "feeding", 0, 6, None),
        ("生长曲线怎么看：百分位不是分数", "Reading the growth curve: a percentile is not a mark", "growth_tool", "growth", 0, 36, None),
        ("体重增长慢，先看这三件事", "Slow weight gain: look at three things first", "growth_tool", "growth", 1, 12, None),
        ("夜醒三次以上的家庭怎么排班", "Sharing the nights when the baby wakes three times", "home", "sleep", 1, 12, None),
        ("接觉和哄睡：把灯光调暗之后", "Back to sleep: after the lights are low", "home", "sleep", 4, 18, None),
        ("第一口辅食：什么时候、从哪里开始", "First solid food: when, and with what", "feeding", "weaning", 4, 9, None),
        ("一周辅食表：7 个月", "A week of solid food at 7 months", "feeding", "weaning", 6, 9, None),
        ("手指食物与防噎", "Finger food without choking", "feeding", "weaning", 8, 14, None),
        ("6 个月转 2 段：七天过渡表", "Stage 2 at six months: a seven-day change-over", "stage_switch", "stage_switch", 5, 7, None),
        ("12 个月转 3 段：要不要换", "Stage 3 at twelve months: to change or not", "stage_switch", "stage_switch", 11, 14, None),
        ("转段时便便变了，是不是不适应", "A change in the nappy at the switch: is it a problem?", "stage_switch", "stage_switch", 5, 14, None),
        ("一岁以后还要喝多少奶", "How much milk after the first birthday", "feeding", "feeding", 12, 24, "YV3"),
        ("学步期的磕碰和家里的边角", "First steps and the corners at home", "home", "growth", 10, 20, None),
        ("说话晚不晚：18 个月的对照表", "Late to talk? A checklist at 18 months", "growth_tool", "growth", 15, 24, None),
        ("入园前一个月的准备", "The month before nursery school", "home", "growth", 28, 40, "YV4"),
        ("三岁之后喝什么", "What to drink after three", "graduation", "stage_switch", 33, 48, "YV4"),
        ("二胎家庭的时间表", "A timetable for two children", "home", "mother", 18, 48, None),
        ("晴川 3 段会员价，本月有效", "Qingchuan stage 3 at the members' price this month", "mall", "offer", 12, 36, "YV3"),
        ("月白 3 段两罐装，到店领礼", "Yuebai stage 3, two tins, with a gift in the shop", "mall", "offer", 12, 36, "YP3"),
        ("全家高钙奶粉尝鲜装", "A trial of the family's high-calcium milk", "mall", "offer", 24, 72, "YA2"),
    ],
    "morningcup": [
        ("早高峰不排队：提前 8 分钟下单", "No queue at rush hour: order eight minutes ahead", "commute", "service", None, None, "MC1"),
        ("美式、拿铁和手冲，差在哪里", "Americano, latte, pour-over: what differs", "taste", "knowledge", None, None, "MC5"),
        ("燕麦奶为什么打得出奶泡", "Why oat milk froths", "taste", "knowledge", None, None, "MC3"),
        ("下午三点以后还能喝咖啡吗", "Coffee after three in the afternoon?", "health", "knowledge", None, None, "MT1"),
        ("冷萃在家也能做", "Cold brew at home", "taste", "knowledge", None, None, "MC6"),
        ("桂花季：今年的桂花从哪里来", "Osmanthus season: where this year's flowers come from", "season", "new_product", None, None, "MC4"),
        ("春天的红豆贝果", "Red bean bagels for spring", "season", "new_product", None, None, "MF3"),
        ("一杯咖啡的 12 道检查", "Twelve checks behind one cup", "brand", "brand", None, None, None),
        ("豆子的旅程：从合作社到你手里", "The beans' journey, from the co-operative to you", "brand", "brand", None, None, "MC5"),
        ("和同事拼一单，少走一趟", "One order for the whole desk", "office", "service", None, None, "MC2"),
        ("连续打卡 5 天的人怎么安排早晨", "How people with a five-day streak plan their morning", "commute", "habit", None, None, "MC1"),
        ("自带杯的三个理由", "Three reasons to bring your own cup", "brand", "brand", None, None, None),
        ("早餐组合：三明治加美式", "Breakfast set: sandwich and Americano", "commute", "offer", None, None, "MF2"),
        ("周三第二杯半价", "Second cup half price on Wednesdays", "office", "offer", None, None, "MC2"),
        ("会员月卡怎么算划算", "When the monthly card pays", "office", "offer", None, None, "MC2"),
        ("雨天外带的杯套和袋子", "Sleeves and bags for rainy days", "commute", "service", None, None, None),
    ],
}  # fmt: skip


@table("contents")
def contents(world: World) -> pd.DataFrame:
    columns = ["title_zh", "title_en", "scene", "topic", "age_from", "age_to", "hero_sku"]
    frame = pd.DataFrame(CONTENTS[world.company], columns=columns)
    letter = world.company[0].upper()
    frame.insert(0, "content_id", [f"{letter}K{i:03d}" for i in range(1, len(frame) + 1)])
    return frame.astype({"age_from": "Int64", "age_to": "Int64"})


@table("events")
def events(world: World) -> pd.DataFrame:
    """Visits, reading, tools and check-ins from the latent state; shares, coupon claims, complaints from their tables."""
    world["orders"]  # they decide who is still there
    p, n, draw = world.people, world.customers, world.draw("events")
    yunmu = world.company == "yunmu"
    start = np.floor(p.joined).astype(int)
    end = np.minimum(np.maximum(np.floor(np.minimum(p.alive_until, DAYS)), start + LOOK_AROUND), DAYS).astype(int)
    months = np.maximum(end - start, 0) / 30
    eager = np.exp(0.45 * p.engagement)

    def spread(rate):
        """Customers and days of events at a rate a month, over the time each is here."""
        count = draw.poisson(np.minimum(rate * eager * months, MOST))
        who = np.repeat(np.arange(n), count)
        return who, start[who] + np.floor(draw.uniform(len(who)) * (end - start)[who]).astype(int)

    curious = np.repeat(np.arange(n), draw.poisson(np.minimum(CURIOUS * eager, MOST)))
    soon = start[curious] + np.floor(draw.exponential(len(curious), FADES)).astype(int)
    still = soon < np.maximum(end, start + 1)[curious]
    steady, when = spread(VISITS[world.company] + 0 * months)
    parts = {
        "visit": (np.append(curious[still], steady), np.append(soon[still], when)),
        "read": spread(READS + 0 * months),
        "check_in": spread(np.where(draw.chance(0.3, n), CHECK_INS[world.company], 0.0)),
    }
    if yunmu:
        few = draw.pick(UNUSED, n)
        uses = np.where(p.activated, USES + draw.poisson(np.full(n, 1.0)), few)
        who = np.repeat(np.arange(n), uses)
        early = start[who] + np.floor(draw.uniform(len(who)) * FIRST_DAYS["yunmu"]).astype(int)
        later_who, later = spread(GROWTH * np.where(p.activated, 1.6, 0.4))
        keep = later >= start[later_who] + FIRST_DAYS["yunmu"]
        parts["growth_curve"] = np.append(who, later_who[keep]), np.append(early, later[keep])
        parts["ask_expert"] = spread(ASKS + 0 * months)
    kind = np.repeat(np.array(list(parts), dtype=object), [len(w) for w, _ in parts.values()])
    who, day = (np.concatenate(x) for x in zip(*parts.values(), strict=True))
    inside = day < DAYS
    kind, who, day = kind[inside], who[inside], day[inside]
    m = len(who)
    second = clock(world, draw, m)
    second = np.where(day == start[who], np.maximum(second, np.minimum(joined_second(world)[who] + 60, 86399)), second)
    value = np.select(
        [kind == "visit", kind == "read", kind == "ask_expert"],
        [np.ceil(draw.exponential(m, 3.2)), np.round(draw.uniform(m) ** 0.6, 1), np.ceil(draw.exponential(m, 9))],
        np.nan,
    )
    own = pd.DataFrame({
        "customer_id": ids(world, who),
        "at": moment(day, second),
        "event": kind,
        "object_id": np.where(kind == "read", _chosen(world, draw, who, day), None),
        "channel": np.where(draw.chance(0.72, m), "mini_program", "wecom" if yunmu else "app").astype(object),
        "value": value,
    })
    return pd.concat([own, *_from_tables(world)], ignore_index=True).sort_values(["at", "customer_id"], kind="stable")


def _chosen(world: World, draw, who, day) -> np.ndarray:
    """The content read: at yunmu one for the age of the baby, where there is one."""
    listed = world["contents"]
    ids_, m = listed["content_id"].to_numpy(), len(who)
    if world.company == "morningcup":
        return ids_[np.floor(draw.uniform(m) * len(ids_)).astype(int)]
    p = world.people
    age = np.clip((day - p.born[who]) / MONTH, -9, 71)
    grid = np.arange(-9, 72)
    fits = (grid[:, None] >= listed["age_from"].to_numpy(int)) & (grid[:, None] < listed["age_to"].to_numpy(int))
    offers = (listed["topic"] == "offer").to_numpy()
    fits = fits & (~offers | (grid[:, None] >= 13))
    weights = np.where(fits.any(axis=1)[:, None], fits, ~offers)
    return ids_[draw.pick_rows(weights[np.floor(age).astype(int) + 9].astype(float))]


def _from_tables(world: World) -> list[pd.DataFrame]:
    """What other tables know already: shares, claims of coupons, complaints."""
    sent, cases = world["invites"], world["tickets"]
    rows = [
        pd.DataFrame({"customer_id": sent["inviter_id"], "at": sent["sent_at"], "event": "share", "object_id": sent["invite_id"]}),
        pd.DataFrame({"customer_id": cases["customer_id"], "at": cases["opened_at"], "event": "complaint", "object_id": None}),
    ]  # fmt: skip
    if "coupons" in world:
        given = world["coupons"].dropna(subset=["used_order_id"])  # the others are left out: the file is to stay small
        rows.append(
            pd.DataFrame({
                "customer_id": given["customer_id"],
                "at": given["issued_at"],
                "event": "coupon_claim",
                "object_id": given["coupon_id"],
                "value": given["face_value"],
            })
        )
    if "consents" in world:
        gone = world["consents"].query("purpose == 'marketing'").dropna(subset=["withdrawn_at"])
        rows.append(
            pd.DataFrame({
                "customer_id": gone["customer_id"],
                "at": gone["withdrawn_at"],
                "event": "unsubscribe",
                "object_id": None,
            })
        )
    return [r.assign(channel="mini_program") for r in rows]
