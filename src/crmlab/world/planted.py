"""The page for trainers: what is planted in a company and where it shows, in both languages.

The words stand in ``planted.yaml``, the figures are the generator's own constants, the tables come from the notes in
``schema.yaml``: a changed generator changes the page.
"""

import re
from importlib import resources

import yaml

from crmlab.world import (
    activity,
    channels,
    days,
    feeding,
    latent,
    levels,
    messages,
    purchases,
    referral,
    tags,
    visiting,
    winback,
)
from crmlab.world.build import World, columns_of, schema
from crmlab.world.campaigns import NEW_VERSION
from crmlab.world.invites import REWARD

TITLES = {
    "zh": ("云牧里埋了什么", "晨杯里埋了什么"),
    "en": ("What is planted in yunmu", "What is planted in morningcup"),
}
LEADS = {
    "zh": "给教师：这一页是答案，不发给学员。共 {customers:,} 位客户，种子 {seed}。编号与数据字典“planted”两列一致。",
    "en": "For trainers: this page holds the answers. {customers:,} customers, seed {seed}. "
    "The numbers are those of the columns 'planted' of the data dictionary.",
}
WORDS = {
    "zh": ("看哪里", "怎么找", "本次关掉了这一条。"),
    "en": ("Where", "How to find it", "Switched off in this company."),
}


def figures(company: str) -> dict[str, str]:
    """The figures of the page, from the constants of the generator."""
    percent = "{:.0%}".format
    events = days.EVENTS[company]
    cost = list(channels.CAC[company])
    cost[latent.CHANNELS.index("referral")] = f"{cost[1]} + {REWARD[company]}"
    click = messages.TIER_CLICK
    return {
        "cac": ", ".join(f"{c} {x}" for c, x in zip(latent.CHANNELS, cost, strict=True)),
        "causal": f"{activity.CAUSAL[company]:g}",
        "onboarding": " – ".join(latent.ONBOARDING[company]),
        "stock_out": events.get("stock_out", ""),
        "app_outage": events.get("app_outage", ""),
        "bad_cohort": f"{100 * (feeding if company == 'yunmu' else visiting).BAD_COHORT:.0f}",
        "switch": ", ".join(f"{month} m {percent(extra)}" for month, extra in feeding.SWITCH.items()),
        "lapse": f"{100 * purchases.LAPSE_SHARE[company]:.0f}",
        "tier_click": ", ".join(f"{tier} / {kind} {percent(x)}" for (tier, kind), x in click.items()),
        "reasons": ", ".join(latent.REASONS),
        "competitor": events["competitor_launch"],
        "returners": percent(latent.RETURNERS),
        "pilot": str(winback.PILOT_SIZE // 2),
        "weekly": str(messages.ONCE_A_WEEK),
        "usual": f"{messages.USUAL:.1%}",
        "too_many": f"{messages.TOO_MANY:.1%}",
        "wrong": f"{tags.WRONG:.1%}",
        "new_version": " / ".join(map(percent, NEW_VERSION)),
        "better": f"{100 * messages.BETTER:.0f}",
        "conversion": ", ".join(f"{w} {percent(x)}" for w, x in zip(referral.WAYS, referral.CONVERSION, strict=True)),
        "star": f"{company[0].upper()}G{referral.STAR:02d}",
        "missing": percent(1 - levels.NEAR),
        "within": str(levels.WITHIN),
        "pull": f"{100 * levels.PULL:.0f}",
        "thresholds": ", ".join(f"{x:,}" for x in levels.THRESHOLDS[company][1:]),
    }


def tables_of(effect: int, world: World) -> list[str]:
    """Tables whose note in the dictionary names the effect."""
    noted = {name: spec.get("planted", {}).get("en", "") for name, spec in schema().items() if name in world}
    found = [name for name, note in noted.items() if re.search(rf"(^|; ?){effect}\b", note)]
    return found or (["raw/"] if effect == 16 else [])


def pages(world: World) -> dict[str, bytes]:
    """File name -> content: planted.zh.md and planted.en.md."""
    text = resources.files(__package__).joinpath("planted.yaml").read_text(encoding="utf-8")
    effects, made = yaml.safe_load(text), {}
    values = figures(world.company)
    for language, titles in TITLES.items():
        lead = LEADS[language].format(customers=world.customers, seed=world.seed)
        where, how, off = WORDS[language]
        lines = [f"# {titles[0 if world.company == 'yunmu' else 1]}", "", lead, ""]
        for number, effect in effects.items():
            if effect.get("only", world.company) != world.company:
                continue
            own = effect.get("companies", {}).get(world.company, {}).get(language, "")
            space = " " if language == "en" and own else ""
            lines += [
                f"## {number} {effect['title'][language]}",
                "",
                (own + space + effect[language]).format(**values),
                "",
            ]
            if not world.on(number):
                lines += [off, ""]
            names = ", ".join(f"`{name}`" for name in tables_of(number, world))
            mark = "：" if language == "zh" else ": "
            lines += [f"- {where}{mark}{names}", f"- {how}{mark}{effect['find'][language]}", ""]
        truth = columns_of("truth", world.company)
        lines += [
            "## truth",
            "",
            *(f"- `{c}`{'：' if language == 'zh' else ': '}{truth[c][language]}" for c in truth),
            "",
        ]
        made[f"planted.{language}.md"] = "\n".join(lines).encode("utf-8")
    return made
