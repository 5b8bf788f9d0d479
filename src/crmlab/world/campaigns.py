"""Campaigns and who was assigned to which arm.

A campaign is added by ``register_campaign(...)`` from any module of this package; those that are randomised or compare
groups say by ``assigned`` who is in which arm. Arm "holdout" gets no message of its campaign.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlab.world.build import COMPANIES, DAYS, START, World, table
from crmlab.world.clock import ids, joined_second, moment
from crmlab.world.consents import DAY, agreed, allowed
from crmlab.world.days import PROMOTIONS, span
from crmlab.world.latent import ONBOARDING

HOLDOUT = "holdout"
ADULT_DAYS = 366  # a baby of at least 12 months, however months are counted


@dataclass(frozen=True)
class Campaign:
    """``starts`` and ``ends`` are day numbers; ``assigned(world, campaign)`` gives arrays (who, arm, second)."""

    key: str
    name_zh: str
    name_en: str
    kind: str
    starts: int
    ends: int
    offer: str
    offer_cost: float = 0.0
    randomised: bool = False
    assigned: Callable | None = None


CAMPAIGNS: dict[str, list[Campaign]] = {company: [] for company in COMPANIES}


def register_campaign(companies, key, name_zh, name_en, kind, starts_on, ends_on, offer, **more) -> None:
    """Add a campaign to the companies' lists; ``more`` are the other fields of ``Campaign``."""
    first, last = span(f"{starts_on}/{ends_on}")
    for company in companies:
        CAMPAIGNS[company].append(Campaign(key, name_zh, name_en, kind, first, last, offer, **more))


def listed(world: World) -> list[Campaign]:
    """The company's campaigns in the order of their numbers."""
    return sorted(CAMPAIGNS[world.company], key=lambda c: (c.starts, c.key))


def campaign_ids(world: World) -> dict[str, str]:
    """Key of a campaign -> campaign_id."""
    letter = COMPANIES[world.company]["letter"]
    return {c.key: f"{letter}A{i:03d}" for i, c in enumerate(listed(world), start=1)}


def price_allowed_from(world: World) -> np.ndarray:
    """Day from which each customer may get price messages and coupons: every baby known and 12 months old (yunmu)."""
    p = world.people
    if world.company == "morningcup":
        return np.full(world.customers, -1.0)
    youngest = np.where(np.isfinite(p.born2), np.maximum(p.born, p.born2), p.born)
    return np.where(p.birth_known, youngest + ADULT_DAYS, np.inf)


def _members_then(world: World, c: Campaign, purpose="marketing", price=False, since=30):
    """Customers who joined ``since`` days before a campaign, consent to some channel, and may get price messages."""
    agreed(world)
    p, n = world.people, world.customers
    reachable = allowed(world, purpose, np.arange(n), np.full(n, c.starts * DAY)).any(axis=1)
    old_enough = price_allowed_from(world) <= c.starts if price else True
    return np.flatnonzero(reachable & (p.joined < c.starts - since) & old_enough)


def _halves(arms, price=False, share=1.0):
    """Randomised in equal parts over ``arms``."""

    def assigned(world, c):
        draw = world.draw(f"assigned {c.key}")
        who = _members_then(world, c, price=price)
        who = who[draw.chance(share, len(who))]
        arm = np.array(arms, dtype=object)[draw.pick(np.ones(len(arms)), len(who))]
        return who, arm, np.full(len(who), (c.starts - 1) * DAY + 10 * 3600)

    return assigned


def _onboarding(world, c):
    p = world.people
    who = np.flatnonzero(p.onboarding >= 0)
    second = np.floor(p.joined[who]).astype(np.int64) * DAY + joined_second(world)[who] + 60
    return who, np.where(p.onboarding[who] == 1, "treatment", HOLDOUT).astype(object), second


NEW_VERSION = (0.84, 0.70, 0.30, 0.16)  # share who got the new version, by city tier: not randomised (effect 13)


def _by_city(world, c):
    draw = world.draw(f"assigned {c.key}")
    who = _members_then(world, c)
    share = np.array(NEW_VERSION if world.on(13) else (0.5,) * 4)[world.people.city_tier[who] - 1]
    arm = np.where(draw.chance(share, len(who)), "new", "usual").astype(object)
    return who, arm, np.full(len(who), (c.starts - 1) * DAY + 10 * 3600)


def assignments_of(world: World) -> dict[str, tuple]:
    """Key -> arrays (who, arm, second) of every campaign with arms but the win-back campaigns; made once."""
    p = world.people
    if not hasattr(p, "assigned"):
        p.assigned = {c.key: c.assigned(world, c) for c in listed(world) if c.assigned and c.kind != "win_back"}
    return p.assigned


@table("campaigns")
def campaigns(world: World) -> pd.DataFrame:
    number = campaign_ids(world)
    return pd.DataFrame([
        {
            "campaign_id": number[c.key],
            "name_zh": c.name_zh,
            "name_en": c.name_en,
            "kind": c.kind,
            "starts_on": START.astype("datetime64[us]") + np.timedelta64(c.starts, "D"),
            "ends_on": START.astype("datetime64[us]") + np.timedelta64(c.ends, "D"),
            "offer": c.offer,
            "offer_cost": c.offer_cost,
            "randomised": int(c.randomised),
        }
        for c in listed(world)
    ])


@table("assignments")
def assignments(world: World) -> pd.DataFrame:
    world["orders"]  # the win-back campaigns choose among those who have lapsed
    number, every = campaign_ids(world), {**assignments_of(world), **world.people.won}
    keys = [c.key for c in listed(world) if c.key in every]
    who, arm, second = (np.concatenate([every[key][i] for key in keys]) for i in range(3))
    code = np.repeat([number[key] for key in keys], [len(every[key][0]) for key in keys]).astype(object)
    order = np.lexsort((who, second, code))
    return pd.DataFrame({
        "campaign_id": code[order],
        "customer_id": ids(world, who[order]),
        "arm": arm[order],
        "assigned_at": moment(0, second[order].astype(np.int64)),
    })


# ---- the list

MONTHS = {
    "yunmu": (
        ("夏天冲奶水温小课堂", "Summer class: the right water for a bottle"),
        ("入托准备清单", "Ready for nursery: a checklist"),
        ("秋季腹泻怎么护理", "Looking after tummy upsets in autumn"),
        ("国庆带娃出行攻略", "Travelling with a baby in the holidays"),
        ("宝宝厌奶期别着急", "When a baby goes off milk: no hurry"),
        ("换季保湿与洗护", "Skin care when the season turns"),
        ("宝宝冬季喂养问答", "Feeding in winter: your questions"),
        ("春节作息不打乱", "Keeping the routine over Spring Festival"),
        ("春天长高记录行动", "Spring: measure and note the height"),
        ("辅食添加时间表", "When to add which solid food"),
        ("母亲节写给自己", "Mother's Day: a letter to yourself"),
        ("转段冲调小贴士", "Changing the stage: small tips"),
    ),
    "morningcup": (
        ("冰咖啡在家怎么存", "Keeping iced coffee cold"),
        ("豆子产地小故事：云南", "Where the beans grow: Yunnan"),
        ("第一杯秋天的拿铁", "The first latte of autumn"),
        ("假期门店营业时间", "Opening hours in the holidays"),
        ("咖啡因与午睡", "Caffeine and the nap"),
        ("带自己的杯子", "Bring your own cup"),
        ("冬日热饮地图", "A map of hot drinks for winter"),
        ("春节留守营业店", "Shops open over Spring Festival"),
        ("樱花季限定杯套", "Cup sleeves for the blossom season"),
        ("早八人不排队指南", "Skip the eight o'clock queue"),
        ("燕麦奶问答", "Oat milk: your questions"),
        ("门店咖啡课报名", "Sign up for a coffee class"),
    ),
}
PRICE = {
    "yunmu": (("会员日满减", "Members' day: money off"), ("第二罐优惠", "Second tin for less")),
    "morningcup": (
        ("周三会员价", "Members' price on Wednesday"),
        ("下午茶第二杯半价", "Second afternoon cup at half price"),
    ),
}
PROMO_NAMES = {
    "double11": ("双 11 大促", "Double 11"),
    "double12": ("双 12 返场", "Double 12, once more"),
    "mid_year": ("年中大促", "Mid-year sale"),
    "new_year_stock": ("年货节", "New Year stock-up"),
    "womens_day": ("女神节", "Women's Day"),
}
FREQUENCY_TESTS = ("mid_year 2025", "double11 2025", "womens_day 2026")  # randomised: few or many messages (effect 11)


def _register_all():
    for company in COMPANIES:
        for i, month in enumerate(pd.period_range("2024-07", "2026-06", freq="M")):
            zh, en = MONTHS[company][i % 12]
            first, last = f"{month}-05", f"{month}-11"
            register_campaign([company], f"service {month}", zh, en, "service", first, last, "advice")
            zh, en = PRICE[company][i % 2]
            when = f"{month.year} 年 {month.month} 月", month.strftime("%B %Y")
            first, last = f"{month}-20", f"{month}-26"
            names = f"{zh}（{when[0]}）", f"{en} ({when[1]})"
            register_campaign([company], f"price {month}", *names, "price", first, last, "money_off")
        for code, spans in PROMOTIONS.items():
            for text in spans:
                day = text.split("/")
                key, year = f"{code} {text[:4]}", text[:4]
                first = str(np.datetime64(day[0]) - 6)
                zh, en = PROMO_NAMES[code]
                test = key in FREQUENCY_TESTS
                more = {"randomised": True, "assigned": _halves((HOLDOUT, "light", "heavy"), True, 0.8)} if test else {}
                names = f"{zh} {year}", f"{en} {year}"
                register_campaign([company], key, *names, "promotion", first, day[1], "percent_off", **more)
    both, tests = tuple(COMPANIES), _halves(("price", "service", HOLDOUT), price=True)
    days = (("2025-04-14", "2025-04-20"), ("2025-10-13", "2025-10-19"), ("2026-04-13", "2026-04-19"))
    for i, (first, last) in enumerate(days, start=1):
        names = f"讲价格还是讲服务：第 {i} 次对比", f"Price or service: comparison {i}"
        more = {"randomised": True, "assigned": tests}
        register_campaign(both, f"tier {i}", *names, "price_or_service", first, last, "money_off_or_advice", **more)
    names = "新版问候卡片（按城市开通）", "New greeting card (opened city by city)"
    more = {"assigned": _by_city}
    register_campaign(both, "new version", *names, "new_version", "2026-01-12", "2026-01-18", "greeting", **more)
    for company, (first, last) in ONBOARDING.items():
        names = {
            "yunmu": ("新会员：两周学会用生长曲线", "New members: the growth curve in two weeks"),
            "morningcup": ("新用户：七天第二杯", "New users: a second cup within seven days"),
        }[company]
        more = {"randomised": True, "assigned": _onboarding}
        register_campaign([company], "onboarding", *names, "onboarding", first, last, "guide", **more)


_register_all()
assert all(c.ends < DAYS for found in CAMPAIGNS.values() for c in found)
