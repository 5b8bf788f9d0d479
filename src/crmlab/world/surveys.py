"""Surveys twice a year: recommendation, reasons and needs, all from the latent state (effects 9 and 14)."""

import numpy as np
import pandas as pd

from crmlab.world.build import DAYS, START, World, table
from crmlab.world.clock import MONTH, clock, ids, moment
from crmlab.world.latent import REASONS

WAVES = ("2024-12-10", "2025-06-10", "2025-12-09", "2026-06-09")
ASKED_AT = 10 * 3600  # second of the day
INVITED, ANSWERED = 0.42, 0.40  # of the eligible; of the invited
LAPSED_DAYS = 240  # those who left longer ago are not asked
TRUE_REASON = 0.75  # of those who left and answer; the others name any reason
NEEDS = ("control", "comfort", "safety", "care", "belonging", "joy", "achievement", "anticipation")
# mean importance and satisfaction (1 to 5) of each need, and what shifts them
IMPORTANCE = {"yunmu": (3.6, 3.7, 4.6, 4.1, 3.2, 3.1, 3.3, 3.0), "morningcup": (3.9, 4.1, 3.4, 2.9, 3.0, 4.0, 3.1, 3.3)}
MET = {"yunmu": (3.2, 3.7, 4.1, 3.1, 2.9, 3.4, 2.8, 3.2), "morningcup": (3.3, 3.9, 3.9, 3.0, 2.8, 3.9, 2.7, 3.0)}
PRAISE = ("product", "consultant", "convenience", "benefits")
BENEFITS = ("function_benefit", "emotion_benefit", "relation_benefit")
COSTS = ("time_cost", "learning_cost", "opportunity_cost", "switching_cost", "addon_cost")
# mean (1 to 5) of what one gets and of what it costs beside the price
PERCEIVED = {  # benefits: function, emotion, relation; costs: time, learning, opportunity, switching, add-ons
    "yunmu": ((4.1, 3.5, 3.2), (2.3, 2.6, 2.5, 3.2, 2.1)),
    "morningcup": ((3.7, 3.8, 2.6), (2.9, 1.7, 2.6, 1.7, 2.3)),
}
ON_VALUE_TOO = 0.9  # of those who answered a wave from VALUE_FROM on
VALUE_FROM = "2025-12"
# what people write, by reason: yunmu, morningcup
COMMENTS = {
    "product": (
        (("宝宝喝着一直很稳", "It has agreed with the baby all along"), ("冲得开，不挂壁", "Mixes well, nothing sticks")),
        (("豆子新鲜，味道稳", "Fresh beans, the same taste every day"), ("拿铁一直好喝", "The latte is always good")),
    ),
    "consultant": (
        (("顾问会记得我家宝宝几个月", "The consultant remembers how old my baby is"), ("问什么都回得快", "Quick answers to anything")),
        (("店员记得我要少冰", "They remember that I take less ice"), ("早上打招呼很舒服", "A kind word in the morning")),
    ),
    "convenience": (
        (("楼下就能买到", "I can buy it downstairs"), ("小程序下单第二天到", "Ordered in the mini program, here the next day")),
        (("提前下单到店就拿", "Order ahead, pick up on arrival"), ("出地铁口就是店", "Right at the metro exit")),
    ),
    "benefits": (
        (("积分换的湿巾很实用", "The wipes for points are useful"), ("金卡的生日礼不错", "A nice birthday gift with the gold card")),
        (("月卡算下来便宜", "The monthly card saves money"), ("积分换咖啡", "Free coffee for points")),
    ),
    "experience": (
        (("送慢了两次，客服推来推去", "Late twice, and service sent me round in circles"),
         ("罐子瘪了，换货很麻烦", "A dented tin and a tiresome exchange")),
        (("排队太久，还做错了", "A long queue, and then the wrong drink"), ("退款等了一周", "A week for the refund")),
    ),
    "no_personalisation": (
        (("宝宝都一岁多了还给我发新生儿内容", "My child is over one and I still get newborn articles"),
         ("发的东西和我们没关系", "What they send has nothing to do with us")),
        (("总推我不喝的奶茶", "They keep offering me milk tea, which I never drink"),
         ("消息都是群发的味道", "The messages read like mass mail")),
    ),
    "price": (
        (("比别家贵不少", "A good deal dearer than others"), ("没有券就不划算", "Not worth it without a coupon")),
        (("涨价以后就少买了", "I buy less since the price went up"), ("没券不想买", "Not without a coupon")),
    ),
    "no_interaction": (
        (("买完就没人管了", "After buying nobody cared"), ("顾问加了微信再没说过话", "The consultant added me and never wrote again")),
        (("用了一年没收到过一句问候", "A year without a word"), ("换了区域，没人告诉我附近有店", "I moved and nobody told me there is a shop near by")),
    ),
    "better_substitute": (
        (("亲戚从外地带了别的牌子", "A relative brought another brand"), ("试了一款新出的，宝宝更爱喝", "We tried a new one and the baby likes it better")),
        (("公司楼下开了一家新的", "A new shop opened below the office"), ("买了咖啡机自己做", "I bought a machine and make my own")),
    ),
}  # fmt: skip


@table("surveys")
def surveys(world: World) -> pd.DataFrame:
    world["orders"]  # they decide who is still there
    p, draw, n = world.people, world.draw("surveys"), world.customers
    parts = []
    for wave in WAVES:
        day = int((np.datetime64(wave) - START).astype(int))
        eligible = p.ever_buys & (p.joined + 30 < day) & (p.alive_until > day - LAPSED_DAYS)
        who = np.flatnonzero(eligible & draw.chance(INVITED, n))
        parts.append((who, np.full(len(who), wave[:7], dtype=object), np.full(len(who), day)))
    who, wave, day = (np.concatenate(x) for x in zip(*parts, strict=True))
    m, left = len(who), p.alive_until[who] <= day
    love = p.love[who]
    odds = np.log(ANSWERED / (1 - ANSWERED)) + 0.35 * love - 0.7 * left
    answered = draw.chance(1 / (1 + np.exp(-odds)), m)
    second = np.floor(draw.uniform(m, 0, 9)) * 86400 + clock(world, draw, m)
    at = moment(day, np.maximum(second, ASKED_AT + 120))
    answered &= at < moment(DAYS, 0)
    nps = np.clip(np.round(7.9 + 2.1 * love - 2.2 * left + draw.normal(m, 0, 1.0)), 0, 10).astype(int)
    # what they name: the true reason of leaving if they left or are unhappy, else what they like
    reasons = np.array(REASONS, dtype=object)
    named = np.where(
        draw.chance(TRUE_REASON, m), p.churn_reason[who], np.floor(draw.uniform(m) * len(REASONS)).astype(int)
    )
    why = reasons[named] if world.on(9) else reasons[np.floor(draw.uniform(m) * len(REASONS)).astype(int)]
    liked = np.array(PRAISE, dtype=object)[draw.pick((38, 22, 24, 16), m)]
    reason = np.where(nps >= 7, liked, why)
    satisfaction = np.clip(np.round(3.6 + 0.75 * love - 0.7 * left + draw.normal(m, 0, 0.6)), 1, 5).astype(int)
    missed = np.array(("very_disappointed", "somewhat", "not"), dtype=object)[
        np.clip(np.digitize(-(love + draw.normal(m, 0, 0.7) - 0.8 * left), (-0.25, 0.9)), 0, 2)
    ]
    frame = pd.DataFrame({
        "customer_id": ids(world, who),
        "wave": wave,
        "invited_at": moment(day, ASKED_AT),
        "answered_at": pd.Series(at).where(answered),
        "nps": pd.Series(nps, dtype="Int64").where(answered),
        "nps_reason": pd.Series(reason).where(answered & draw.chance(0.86, m)),
        "satisfaction": pd.Series(satisfaction, dtype="Int64").where(answered),
        "churn_reason": pd.Series(why).where(answered & left),
        "must_have": pd.Series(missed).where(answered),
    })
    write = (answered & frame["nps_reason"].notna() & draw.chance(0.45, m)).to_numpy()
    which = np.floor(draw.uniform(m) * 2).astype(int)
    side = 0 if world.company == "yunmu" else 1
    for i, language in enumerate(("zh", "en")):
        words = np.full(m, None, dtype=object)
        for code, both in COMMENTS.items():
            hit = write & (reason == code)
            words[hit] = np.array([pair[i] for pair in both[side]], dtype=object)[which[hit]]
        frame[f"comment_{language}"] = words
    for need, (importance, met) in _needs(world, draw, who, day).items():
        frame[f"{need}_importance"] = pd.Series(importance, dtype="Int64").where(answered)
        frame[f"{need}_satisfaction"] = pd.Series(met, dtype="Int64").where(answered)
    order = np.lexsort((frame["customer_id"], frame["wave"]))
    return frame.iloc[order]


def _needs(world: World, draw, who, day) -> dict:
    """Importance and satisfaction, 1 to 5: young babies want safety, toddlers joy; what annoys a person is met less."""
    p, m = world.people, len(who)
    reason = np.array(REASONS, dtype=object)[p.churn_reason[who]]
    if world.company == "yunmu":
        months = (day - p.born[who]) / MONTH
        small, grown = months < 12, months >= 18
    else:
        small, grown = p.true_rate[who] > 8, p.true_rate[who] <= 8
    wants = {"safety": 0.3 * small, "care": 0.4 * small, "joy": 0.6 * grown, "achievement": 0.4 * grown}
    wants["control"] = 0.5 * p.sensitive[who]
    lacks = {
        "control": 0.7 * (reason == "price"),
        "comfort": 0.7 * (reason == "experience"),
        "care": 0.8 * (reason == "no_interaction"),
        "belonging": 0.5 * (reason == "no_interaction"),
        "anticipation": 0.7 * (reason == "no_personalisation"),
        "joy": 0.5 * (reason == "better_substitute"),
    }
    mood, found = 0.25 * p.love[who], {}
    for i, need in enumerate(NEEDS):
        importance = IMPORTANCE[world.company][i] + wants.get(need, 0) + draw.normal(m, 0, 0.8)
        met = MET[world.company][i] + mood - lacks.get(need, 0) * world.on(9) + draw.normal(m, 0, 0.8)
        found[need] = tuple(np.clip(np.round(x), 1, 5).astype(int) for x in (importance, met))
    return found


@table("perceived_value")
def perceived_value(world: World) -> pd.DataFrame:
    """The last page of the questionnaire: benefits and costs as they are felt, 1 to 5. What annoys a person costs more."""
    asked, draw = world["surveys"], world.draw("perceived value")
    asked = asked[asked["answered_at"].notna() & (asked["wave"] >= VALUE_FROM)]
    asked = asked[draw.chance(ON_VALUE_TOO, len(asked))]
    who, m = asked["customer_id"].str[1:].to_numpy().astype(int) - 1, len(asked)
    love = world.people.love[who]
    reason = np.array(REASONS, dtype=object)[world.people.churn_reason[who]]
    dear, slow, alone = (reason == name for name in ("price", "experience", "no_interaction"))
    felt = {
        "relation_benefit": -0.6 * alone,
        "time_cost": 0.7 * slow,
        "opportunity_cost": 0.6 * dear,
        "addon_cost": 0.4 * dear,
    }
    frame = asked[["customer_id", "wave", "answered_at"]].copy()
    benefits, costs = PERCEIVED[world.company]
    for names, means, sign in ((BENEFITS, benefits, 0.45), (COSTS, costs, -0.2)):
        for name, mean in zip(names, means, strict=True):
            marks = mean + sign * love + felt.get(name, 0) * world.on(9) + draw.normal(m, 0, 0.8)
            frame[name] = np.clip(np.round(marks), 1, 5).astype(int)
    return frame
