# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,slideshow,id,-all
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] tags=["zh"]
# # 06 AARRR 增长漏斗
#
# **市场部说：哪个渠道拉人最便宜，明年的预算就全投给它。您签字吗？**
#
# AARRR 把增长拆成五步：拉新、激活、留存、变现、自传播。这一章把每一步变成一个数，再把数变成钱。
#
# 讲解 75 分钟（短课 27 分钟：第 1、4、9、10 节），练习是实验 06：A 部分 25 分钟，B 部分 60 分钟。会看表格就够了，不用会写代码。

# %% [markdown] tags=["en"]
# # 06 The AARRR funnel
#
# **Marketing says: put next year's whole budget into the channel with the cheapest new members. Do you sign?**
#
# AARRR splits growth into five steps: acquisition, activation, retention, revenue, referral. This chapter puts a number on each step, and then a price.
#
# 75 minutes of teaching (short course 27 minutes: sections 1, 4, 9 and 10); the exercise is lab 06, part A 25 minutes and part B 60. If you can read a table, you know enough; no code needed.

# %% [markdown] tags=["zh"]
# 学完这一章，您能做到五件事，每一件在实验 06 里都有题：
#
# 1. 画出自家的漏斗，每一步报出环节转化率，并说清有多准（06.1、06.2）。
# 2. 读懂留存三角：哪一格还没到时候，平均该怎么算（06.3、06.4）。
# 3. 分清“用了它的人留得多”和“用了它，人才留得多”（06.5）。
# 4. 按渠道算出回本的那一天（06.6）。
# 5. 算出一位老客带来几位新客，知道靠它长不长得起来（06.7）。

# %% [markdown] tags=["en"]
# After this chapter you can do five things, and lab 06 has a question on each:
#
# 1. Draw your own funnel, give the step rate of every step, and say how sure you are of it (06.1, 06.2).
# 2. Read a cohort triangle: which cells are not ready yet, and how to average the rest (06.3, 06.4).
# 3. Retention again: tell "those who used it stayed" from "using it made them stay" (06.5).
# 4. Find the day on which each channel has paid for itself (06.6).
# 5. Work out how many newcomers one member brings, and whether you could grow on that alone (06.7).

# %% [markdown] tags=["zh"]
# 先点菜单“运行 → 运行所有单元格”。跑完会停在页尾，滚回最上面再读。灰条里藏着代码，想看就点右边的 •••。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu. That takes you to the foot of the page; scroll back to the top and start reading. Code is folded away in the grey bars: click the ••• to see it.

# %% tags=["parameters"]
language = "zh"
company = "yunmu"
orders_file = ""
mapping_file = ""
as_of = "2026-06-30"

# %% tags=["fold"]
import pandas as pd
from IPython.display import display

from crmlab import after_bet, bet, calibration, card, charts, counted_orders, experiment, explore, funnel, lab_button
from crmlab import load, read_orders, retention, reveal, rfm, say, show, t, use_style, value
from crmlab.data import THREAD, has
from crmlab.figures import short_yuan
from crmlab.work import set_subject

use_style(language)
set_subject(orders_file or company)
own = bool(orders_file)
imported = read_orders(orders_file, mapping_file or None) if own else None
orders = imported.orders if own else load(company, "orders")
as_of = pd.Timestamp(as_of or rfm.last_day(orders))
imported.summary() if own else None

# %% tags=["fold"]
full = not own  # the whole company, or orders alone
names = ("members", "events", "spend", "invites", "campaigns", "assignments", "touches", "coupons")
members, events, spend, invites, campaigns, assignments, touches, coupons = (load(company, n) if full else None for n in names)
margins = value.margins(orders, load(company, "order_lines"), load(company, "products")) if full else None
daily = full and not has(company, "babies")  # coffee is bought daily, formula is not
key_act, key_times, first_days, window = ("order", 2, 7, (30, 90)) if daily else ("growth_curve", 3, 14, (60, 120))
thread = THREAD.get(company) if full else None

bought = counted_orders(orders)
bought = bought[bought["paid_at"] < as_of + pd.Timedelta(days=1)].copy()
first_paid = bought.groupby("customer_id")["paid_at"].min()
start = members.set_index("customer_id")["joined_at"] if full else first_paid.rename("joined_at")
bought["age"] = (bought["paid_at"].dt.normalize() - bought["customer_id"].map(start).dt.normalize()).dt.days
skipped = say(zh="这一步不能只看订单，还要会员、行为或花费的表，跳过。", en="This step needs more than orders (members, events, spend): skipped.")

# %% [markdown] tags=["zh"]
# ## 1. 先下注：便宜的新会员，贵不贵
#
# 云牧是一个奶粉品牌的会员俱乐部，从六个渠道拉新会员。先看单价最低的那个渠道：来 100 位，180 天内买到第三次的有几位？写下您的数，再往下看。

# %% [markdown] tags=["en"]
# ## 1. Place your bet: what does a cheap member cost?
#
# Yunmu is the member club of an infant-formula brand. It acquires new members through six channels. Take the one with the lowest cost per new member.
# Of every 100 it brings, how many buy a third time within 180 days? Write your number down before you read on.

# %% tags=["fold"]
price = value.cac(spend).set_index("channel")["cac"] if full else None
cheapest = price.idxmin() if full else None
source_zh, source_en = (f"从“{t('channel_' + cheapest)}”来的", f" from '{t('channel_' + cheapest)}'") if full else ("", "")
bet(
    "06.third",
    say(zh=f"100 位{source_zh}新客，180 天内买到第三次的有几位？", en=f"Of 100 newcomers{source_en}, how many buy a third time within 180 days?"),
    low=0, high=100, unit=say(zh="位", en="people"),
)

# %%
horizon = min(180, (as_of - start.min().normalize()).days // 2)
old_enough = start[(as_of - start.dt.normalize()).dt.days >= horizon]
days_bought = bought.loc[bought["age"].between(0, horizon), ["customer_id", "age"]].drop_duplicates()
times = days_bought.groupby("customer_id").size().reindex(old_enough.index, fill_value=0)
people = old_enough.to_frame().assign(**{f"buy{n}": times >= n for n in (1, 2, 3, 4)}).reset_index()
people["join_channel"] = people["customer_id"].map(members.set_index("customer_id")["join_channel"]) if full else "all"
third = people.groupby("join_channel")["buy3"].mean()
reveal("06.third", 100 * third[cheapest if full else "all"], unit=say(zh="位", en="people"))

# %% tags=["fold"]
if full:
    each = (price / third).sort_values()
    best = each.index[0]
    answer = say(
        zh=f"“{t('channel_' + cheapest)}”拉一位新会员 ¥{price[cheapest]:,.0f}，{len(price)} 个渠道里最便宜。可 100 位里只有 {100 * third[cheapest]:.0f} 位买到第三次，摊下来，**一位买到第三次的会员花 ¥{each[cheapest]:,.0f}**。“{t('channel_' + best)}”单价 ¥{price[best]:,.0f}，摊下来只要 ¥{each[best]:,.0f}。",
        en=f"'{t('channel_' + cheapest)}' brings in a member for ¥{price[cheapest]:,.0f}, the cheapest of {len(price)} channels. But only {100 * third[cheapest]:.0f} in 100 buy a third time, so **each one who does has cost ¥{each[cheapest]:,.0f}**. '{t('channel_' + best)}' costs ¥{price[best]:,.0f} a member, and only ¥{each[best]:,.0f} for each one who gets that far.",
    )
else:
    left = bought[bought["age"] <= horizon].groupby("customer_id")["amount"].sum().reindex(people["customer_id"], fill_value=0).to_numpy()
    far, short = left[people["buy3"]], left[~people["buy3"]]
    answer = say(
        zh=f"往后看 {horizon} 天：买到第三次的 {len(far):,} 位每人付了 ¥{far.mean() if len(far) else 0:,.0f}，其余 {len(short):,} 位每人 ¥{short.mean() if len(short) else 0:,.0f}。",
        en=f"Looking {horizon} days ahead: the {len(far):,} who bought a third time paid ¥{far.mean() if len(far) else 0:,.0f} each, the other {len(short):,} ¥{short.mean() if len(short) else 0:,.0f}.",
    )
after_bet("06.third", answer)

# %% [markdown] tags=["zh"]
# 便宜的是“拉来一位”，贵的是“留下一位”。只看第一步，钱会投错地方。这就是 AARRR 要五步一起看的理由。

# %% [markdown] tags=["en"]
# Getting people in is cheap; getting them to stay is not. Judge by the first step alone and your money goes to the wrong place. That is why AARRR looks at all five steps together.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）会员数字化运营说到底是三件事：吸引新会员、留住老会员、让每位会员更值。先问：“贵公司报获客成本，分母是谁？”多数人答“注册数”。板书两个除法：花费 ÷ 来的人，花费 ÷ 买到第三次的人。常见的错：两个渠道来的人数差很多，只比人数不比留下的人。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Digital member operations come down to three jobs: attract new members, keep the old ones, make each worth more. Ask first: "When your company reports the cost of a new member, what is it divided by?" Most say "registrations".
# Board: two divisions, spend over people who came and spend over people who bought a third time. Usual mistake: comparing how many came, not how many stayed.

# %% [markdown] tags=["zh"]
# ## 2. 五个字母，一张漏斗
#
# 五个字母各问一个问题。**拉新**：来了多少人？**激活**：头几天有没有用上最要紧的那个功能？云牧定的是：头 14 天里，生长曲线用满 3 次。**留存**：第 60 到 120 天还在买吗？**变现**：她付的钱扣掉货和配送，够不够当初拉她的钱？**自传播**：她带新人来了吗？换成晨杯，激活是头 7 天下两单，留存看第 30 到 90 天。

# %% [markdown] tags=["en"]
# ## 2. Five letters, one funnel
#
# Each letter asks one question. **Acquisition**: how many came? **Activation**: in their first days, did they use what matters most? At Yunmu that means opening the growth curve 3 times in the first 14 days. **Retention**: are they still buying in days 60 to 120? **Revenue**: has their margin covered what it cost to win them? **Referral**: did they bring anybody?
# At Morningcup, activation is two orders in the first 7 days, and retention looks at days 30 to 90.

# %% tags=["fold"]
if full:
    orders_as_acts = bought[["customer_id", "paid_at"]].set_axis(["customer_id", "at"], axis=1).assign(event="order")
    acts = pd.concat([events[["customer_id", "at", "event"]], orders_as_acts])
    acts["age"] = (acts["at"].dt.normalize() - acts["customer_id"].map(start).dt.normalize()).dt.days
    early = acts[acts["age"].between(0, first_days - 1)].groupby(["customer_id", "event"]).size().unstack(fill_value=0)
    early = early.reindex(people["customer_id"], fill_value=0)
    came = invites[(invites["accepted_at"] - invites["inviter_id"].map(start)).dt.days <= horizon]
    people["activated"] = (early[key_act] >= key_times).to_numpy()
    people["kept"] = people["customer_id"].isin(bought.loc[bought["age"].between(*window), "customer_id"])
    people["margin"] = value.per_day(people, margins, horizon)[:, -1]
    people["paid_back"] = people["margin"] >= people["join_channel"].map(price)
    people["brought"] = people["customer_id"].isin(came["inviter_id"])

# %%
if full:
    shares = people.groupby("join_channel")[["activated", "kept", "paid_back", "brought"]].mean()
    shares.insert(0, "people", people.groupby("join_channel").size())
    shares.index = [t(f"channel_{channel}") for channel in shares.index]
    display(show(shares.rename_axis("join_channel").reset_index(), percent=["activated", "kept", "paid_back", "brought"], bars=["activated"]))

# %% tags=["fold"]
by_channel = people.groupby("join_channel")["activated"].mean() if full else None
low, top = (by_channel.idxmin(), by_channel.idxmax()) if full else (None, None)
say(
    zh=f"激活率最低的是“{t('channel_' + low)}”（{by_channel[low]:.0%}），最高的是“{t('channel_' + top)}”（{by_channel[top]:.0%}）。这里只算加入满 {horizon} 天的 {len(people):,} 人：{people['kept'].mean():.0%} 留了下来，{people['paid_back'].mean():.0%} 在 {horizon} 天内回本，{people['brought'].mean():.0%} 带来过新人。",
    en=f"Activation is lowest for '{t('channel_' + low)}' ({by_channel[low]:.0%}) and highest for '{t('channel_' + top)}' ({by_channel[top]:.0%}). Of all {len(people):,} people who joined at least {horizon} days ago, {people['kept'].mean():.0%} stayed, {people['paid_back'].mean():.0%} paid back within {horizon} days, and {people['brought'].mean():.0%} brought somebody.",
) if full else skipped

# %% [markdown] tags=["zh"]
# 上面四个比率，分母都是“加入的人”，谁也不套着谁。漏斗是另一种看法：一步套一步，走过上一步的人里，有几成走过这一步，叫**环节转化率**。

# %% [markdown] tags=["en"]
# All four shares divide by everybody who joined; none builds on another. A funnel does: of those who took one step, what share took the next? That is the **step rate**.

# %%
steps = ["buy1", "buy2", "buy3", "buy4"]
table = funnel.steps(people, steps)
by_hand = people["buy2"].sum() / people["buy1"].sum()

# %% tags=["fold"]
row = table.set_index("step").loc["buy2"]
say(
    zh=f"手算第二步：{people['buy2'].sum():,} ÷ {people['buy1'].sum():,} = {by_hand:.1%}，和工具{'一致' if abs(by_hand - row['rate']) < 1e-9 else '不一致'}。区间 {row['low']:.1%} 到 {row['high']:.1%}：换一批同样的人，多半落在这一段（95% Wilson 区间）。",
    en=f"The second step by hand: {people['buy2'].sum():,} ÷ {people['buy1'].sum():,} = {by_hand:.1%}; the helper {'agrees' if abs(by_hand - row['rate']) < 1e-9 else 'disagrees'}. With another crowd of the same kind, expect somewhere from {row['low']:.1%} to {row['high']:.1%} (a 95% Wilson interval).",
)

# %%
quarter = people["joined_at"].dt.to_period("Q").astype(str)


def draw_funnel(join_channel="all", quarter_joined="all"):
    part = people[people["join_channel"].eq(join_channel) | (join_channel == "all")]
    part = part[quarter[part.index].eq(quarter_joined) | (quarter_joined == "all")]
    return charts.funnel.steps(funnel.steps(part, steps), t("step_start")) if len(part) else say(zh="没有这样的人", en="nobody")


every = [(say(zh="全部", en="all"), "all")]
channels = every + [(t(f"channel_{c}"), c) for c in sorted(people["join_channel"].unique())] if full else every
explore(draw_funnel, join_channel=channels, quarter_joined=every + [(q, q) for q in sorted(quarter.unique())])

# %% tags=["fold"]
card("step_rate")

# %% tags=["fold"]
sample = pd.concat([people.head(3), people[people["customer_id"] == thread]]).drop_duplicates("customer_id").reset_index(drop=True)
sample["join_channel"] = [t(f"channel_{one}") if full else one for one in sample["join_channel"]]
columns = ["customer_id", "joined_at", "join_channel", "activated", "kept", "paid_back", "brought"]
show(sample[columns], light=thread) if full else skipped

# %% [markdown] tags=["zh"]
# 点亮的是我们要跟一整门课的会员。她激活了吗？留下了吗？后面几节还会碰到她。
#
# 课程大纲里还有一句“会员数字化运营的使命、方向、目标”，没有展开。各组用自己的公司填：使命 \_\_\_\_\_\_，方向 \_\_\_\_\_\_，今年的目标（五个字母里选一个，写成数）\_\_\_\_\_\_。

# %% [markdown] tags=["en"]
# The highlighted row is the member we follow through the whole course. Did she activate? Did she stay? You will meet her again below.
#
# The course outline also lists "mission, direction and goals of member operations" and says no more. Fill them in for your own company: mission \_\_\_\_\_\_, direction \_\_\_\_\_\_, this year's goal (one of the five letters, as a number) \_\_\_\_\_\_.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）先让各桌给自己的公司写五个字母各一个数，写不出的画圈。多数人圈在激活和自传播。常见的错：两张表的比率分母不同，直接相乘。拖一拖渠道和季度，问：“哪个渠道的第二步最窄？”板书：五个圈，圈里写分母。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Each table writes down one number per letter for its own company and circles the letters it cannot fill in; usually activation and referral. Usual mistake: multiplying rates with different denominators.
# Move channel and quarter and ask: whose second step is the narrowest? Board: five circles, the denominator inside each.

# %% [markdown] tags=["zh"]
# ## 3. 激活：谁先谁后，谁因谁果
#
# 找“激活行为”的常用办法：把头几天的每一种行为都列出来，比一比，做了的人和没做的人，后来留存差多少。差得最大的，就当成激活行为，全公司去推。先照这个办法做一遍。

# %% [markdown] tags=["en"]
# ## 3. Activation: what comes first, and what causes what
#
# The usual way to find the activation behaviour: list everything people do in their first days, and for each compare later retention between those who did it and those who did not. The biggest gap wins, and the whole company pushes it. Let us do just that first.

# %%
rows = []
for act, times in [(act, n) for act in (early if full else []) for n in (1, 2, 3)]:
    did = (early[act] >= times).to_numpy()
    if did.sum() >= 100:
        kept = people["kept"]
        gap = experiment.difference(kept[did].sum(), did.sum(), kept[~did].sum(), (~did).sum())
        rows.append((t(f"act_{act}") + f" ≥ {times}", did.mean(), kept[did].mean(), kept[~did].mean(), *gap))
found = pd.DataFrame(rows, columns=["behaviour", "share", "with_it", "without_it", "difference", "low", "high"])
found = found.sort_values("difference", ascending=False, ignore_index=True)
show(found.head(6), percent=list(found.columns[1:])) if full else skipped

# %% tags=["fold"]
naive = experiment.difference(*people.groupby("activated")["kept"].agg(["sum", "size"]).sort_index(ascending=False).to_numpy().ravel()) if full else None
leads, topmost = (found["behaviour"].iloc[0], t("act_order")) if full else ("", "")
first_zh, first_en = (f"排第一的“{leads}”先放一边：下单是我们要的结果，不是能教会的动作。", f" '{leads}' comes first; leave it: an order is the result we want, not something one can teach.") if full and not daily and leads.startswith(topmost) else ("", "")
say(
    zh=f"看“{t('act_' + key_act)} ≥ {key_times}”这一行：做到的人留下 {people.loc[people['activated'], 'kept'].mean():.0%}，其余的人 {people.loc[~people['activated'], 'kept'].mean():.0%}，差 {100 * naive.value:.0f} 个百分点。{first_zh}",
    en=f"Of those with '{t('act_' + key_act)} ≥ {key_times}', {people.loc[people['activated'], 'kept'].mean():.0%} stayed; of the others {people.loc[~people['activated'], 'kept'].mean():.0%}: a gap of {100 * naive.value:.0f} points.{first_en}",
) if full else skipped

# %% [markdown] tags=["zh"]
# **先别推。** 肯把工具用满三次的妈妈，本来就更上心，不用工具多半也会留下。这叫**自己选出来的差别**（自选偏差）。要知道工具本身的作用，得有一批人是**抽签**决定去不去引导的。云牧做过这件事：新会员随机一半有人教，一半没有。猜猜看，有人教的那一半，留存多几个百分点？

# %% [markdown] tags=["en"]
# **Do not push it yet.** A mother who takes the trouble to use a tool three times is keen already, and would probably stay without it. Part of the gap is **who chose to use it** (selection bias).
# To learn what the tool itself does, you have to draw lots. Yunmu did: a random half of its new members were shown how to use it, the other half were not. Guess: by how many points is retention higher in the guided half?

# %% tags=["fold"]
bet(
    "06.guided",
    say(zh="随机一半新会员有人引导，她们的留存高几个百分点？", en="A random half of newcomers are guided. By how many points is their retention higher?"),
    low=0, high=40, unit=say(zh="个百分点", en="points"),
) if full else skipped

# %%
if full:
    lots = assignments[assignments["campaign_id"].isin(campaigns.loc[campaigns["kind"] == "onboarding", "campaign_id"])]
    trial = people.merge(lots[["customer_id", "arm"]], on="customer_id")
    arms = trial.groupby("arm")[["kept", "activated"]].agg(["sum", "size"]).loc[["treatment", "holdout"]]
    effect = experiment.difference(*arms["kept"].to_numpy().ravel())
    uptake = experiment.difference(*arms["activated"].to_numpy().ravel())
    display(reveal("06.guided", 100 * effect.value, unit=say(zh="个百分点", en="points")))

# %% tags=["fold"]
if full:
    moved = [effect[i] / uptake.value for i in range(3)]
    gaps = pd.DataFrame([naive, effect, moved], columns=["rate", "low", "high"])
    lines = [
        say(zh="用了 − 没用（自己选的）", en="used it − did not\n(chose themselves)"),
        say(zh="有人教 − 没人教（抽签）", en="guided − not guided\n(by lot)"),
        say(zh="因为有人教才用的人", en="those who used it\nbecause guided"),
    ]
    title = say(zh=f"光看谁用了，差 {100 * naive.value:.0f} 点；抽签来比，引导多留下 {100 * effect.value:.0f} 点", en=f"Those who used it: {100 * naive.value:.0f} points more. Guidance by lot: {100 * effect.value:.0f}")
    display(after_bet("06.guided", charts.funnel.dots(gaps, lines, title, say(zh="留存相差（百分点）", en="difference in retention (points)"), line=0, lit=0, symbol="")))

# %% tags=["fold"]
after_bet("06.guided", say(
    zh=f"抽签的结果：引导让激活多了 {100 * uptake.value:.0f} 个百分点，让留存多了 {100 * effect.value:.1f} 个百分点（{100 * effect.low:.1f} 到 {100 * effect.high:.1f}）。两个数一除：因为有人教才用起来的人，留存多 {100 * moved[0]:.0f} 个百分点，是表面差距的 {moved[0] / naive.value:.0%}；其余是人家本来就上心。拿第一张表当引导的作用，就报成了实际的 {naive.value / effect.value:.1f} 倍。每引导 1,000 位，多留下 {1000 * effect.value:.0f} 位。",
    en=f"By lot: guidance adds {100 * uptake.value:.0f} points of activation and {100 * effect.value:.1f} points of retention ({100 * effect.low:.1f} to {100 * effect.high:.1f}). Divide the second by the first: people who took the tool up because they were guided stay {100 * moved[0]:.0f} points more. That is {moved[0] / naive.value:.0%} of the gap in the first table; the rest was keen people being keen. Report that gap as the effect of guidance and you claim {naive.value / effect.value:.1f} times what it did. For every 1,000 guided, {1000 * effect.value:.0f} more stay.",
) if full else skipped)

# %% tags=["fold"]
card("activation_rate")

# %% [markdown] tags=["zh"]
# 推不推？推。作用是真的，只是没有第一张表说的那么大；预算要按抽签的那个数报。没做过抽签，就在报告上写一句“只是一起出现，不知道谁因谁果”。

# %% [markdown] tags=["en"]
# So, push the tool? Yes. The effect is real, just smaller than the first table says; budget on the figure from the draw. If nobody drew lots, write on the report: "seen together; which causes which is not known".

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）问：“冰淇淋卖得多的月份，溺水也多，该不该禁冰淇淋？”再回到表上。常见的错：把头 14 天下过两单也当作可以推的行为。大纲里的激活手段（清楚的引导、顺手的界面、券和积分、按喜好推荐）都一样：先抽签，再推广。新客用券提高兴趣，也要把券的钱算进成本。晨杯的激活是头 7 天两单，照样成立。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Ask: "Months with more ice cream sold have more drownings. Ban ice cream?" Then come back to the table. Usual mistake: taking two orders in the first 14 days for something one can push.
# The outline's means of activation (clear guidance, a smooth interface, coupons and points, recommendation by taste) all get the same treatment: draw lots first, then roll out. Coupons that tempt newcomers are part of the cost. At Morningcup activation is two orders in 7 days; the argument is the same.

# %% [markdown] tags=["zh"]
# ## 4. 留存三角：一格一格看
#
# 把首单在同一个月的人算作一批，看她们以后每个月还有百分之几在买。一批一行，一个月一列，就是**留存三角**。右下角空着，因为那些月份还没到；还没到，不等于零。先手算一格，再让工具算完。

# %% [markdown] tags=["en"]
# ## 4. The retention triangle, cell by cell
#
# Put everybody who first bought in the same month into one cohort, and see what share of them buys in each later month. One row per cohort, one column per month: the **retention triangle**. The lower right is empty because those months have not come yet. Not yet is not zero.
# Work out one cell by hand, then let the helper do the rest.

# %%
cohorts = retention.cohorts(orders, as_of)
first_month, month = first_paid.dt.to_period("M"), bought["paid_at"].dt.to_period("M")
group = first_month.index[first_month == first_month.min()]
active = bought.loc[bought["customer_id"].isin(group) & (month == first_month.min() + 1), "customer_id"].nunique()
cell = cohorts[(cohorts["cohort"] == str(first_month.min())) & (cohorts["age"] == 1)]
same = len(cell) > 0 and int(cell["active"].iloc[0]) == active and int(cell["size"].iloc[0]) == len(group)

# %% tags=["fold"]
say(
    zh=f"{first_month.min()} 首单的有 {len(group):,} 人，第 1 个月又买的有 {active:,} 人，{active / len(group):.0%}。手算和工具{'一致' if same else '不一致'}。",
    en=f"{len(group):,} people first bought in {first_month.min()}; {active:,} of them bought in month 1, {active / len(group):.0%}. The helper {'agrees' if same else 'disagrees'}.",
) if len(cell) else say(zh="历史不到两个自然月，还排不出三角。", en="Less than two calendar months of history: no triangle yet.")

# %% tags=["fold"]
ready = retention.average(cohorts).query("age > 0")
behind = retention.triangle(cohorts).loc[:, lambda wide: wide.columns > 0]
behind = (behind - ready.set_index("age")["rate"]).where(behind.notna())
behind = behind[behind.notna().sum(axis=1) >= min(3, behind.shape[1])].mean(axis=1)
worst = behind.idxmin() if len(ready) else None
charts.retention.triangle(cohorts, lit=worst) if len(ready) else say(zh="还没有一个完整的月份可看，跳过。", en="No month is over yet: skipped.")

# %% [markdown] tags=["zh"]
# 三角有三种读法。**横着读**：这一批人来得好不好。**竖着读**：同样是第 3 个月，后来的几批比前面的强不强。**斜着读**：某一个自然月，所有人一起怎么了。框出来的那一行，是横着读最差的一批。图上只画最近的一段，表 `cohorts` 里全都有。

# %% [markdown] tags=["en"]
# Read it in three ways. **Across**: was this a good cohort? **Down**: at the same age, are newcomers doing better than before? **Along the diagonal**: what happened to everybody in one calendar month? The framed row is the worst one read across. The picture shows the latest stretch; the table `cohorts` holds it all.

# %%
nth = bought[["customer_id", "paid_at"]].assign(day=bought["paid_at"].dt.normalize()).drop_duplicates(["customer_id", "day"]).sort_values("day")
second = nth[nth.groupby("customer_id").cumcount() == 1].set_index("customer_id")["day"]
firsts = pd.DataFrame({"first": first_paid.dt.normalize(), "month": first_month.astype(str)})
firsts["again"] = ((second - firsts["first"]).dt.days <= 90).reindex(firsts.index, fill_value=False)
firsts = firsts[(as_of - firsts["first"]).dt.days >= 90]
bad, rest = (firsts.loc[firsts["month"].eq(worst) == flag, "again"] for flag in (True, False))

# %% tags=["fold"]
why = load(company, "calendar").dropna(subset=["event"]).query("event in ['stock_out', 'app_outage']") if full else None
cause = why["event"].iloc[0] if full and f"{why['date'].min():%Y-%m}" == worst else None
because_zh, because_en = (f"那个月{t('event_' + cause)}。", f" That month had {t('event_' + cause)}.") if cause else ("", "")
drop = experiment.difference(bad.sum(), len(bad), rest.sum(), len(rest)) if len(bad) and len(rest) else None
say(
    zh=f"{worst} 首单的 {len(bad):,} 人，90 天内买第二次的占 {bad.mean():.0%}，其余各批 {rest.mean():.0%}：低 {-100 * drop.value:.0f} 个百分点（{-100 * drop.high:.0f} 到 {-100 * drop.low:.0f}）。{because_zh}",
    en=f"Of the {len(bad):,} who first bought in {worst}, {bad.mean():.0%} bought again within 90 days; in the other cohorts it was {rest.mean():.0%}. That is {-100 * drop.value:.0f} points less ({-100 * drop.high:.0f} to {-100 * drop.low:.0f}).{because_en}",
) if drop and drop.high < 0 else say(zh="看不出哪一批的第二单特别差：历史太短，或者差别在误差之内。", en="No cohort stands out by its second order: the history is too short, or the differences are within chance.")

# %% [markdown] tags=["zh"]
# **平均怎么算。** 每一批人数不同，小批的百分比跳得厉害。把各批的百分比直接平均，等于让 200 人的一批和 900 人的一批说话一样响。正确的办法：还在买的人相加，除以到了这个月份的人相加。还没到的格子，上面下面都不能算。

# %% [markdown] tags=["en"]
# **How to average.** Cohorts differ in size, and small ones jump about. Averaging their percentages lets a cohort of 200 speak as loudly as one of 900. Instead add up the people still buying, and divide by the people in the cohorts that have reached that month. A cell whose month has not come stays out of both sums.

# %%
plain = cohorts[cohorts["complete"]].groupby("age")["rate"].mean()

# %% tags=["fold"]
if len(ready):
    later = ready.iloc[(ready["cohorts"] - cohorts["cohort"].nunique() / 2).abs().argmin()]
    at = int(later["age"])
    as_nought = later["active"] / cohorts.drop_duplicates("cohort")["size"].sum()
    display(
        say(
            zh=f"第 {at} 个月只有一部分批次到了时候，按人数加权留下 {later['rate']:.1%}，百分比直接平均是 {plain[at]:.1%}。把还没到的格子当成零，就只剩 {as_nought:.1%}：少掉的 {100 * (later['rate'] - as_nought):.1f} 个百分点，一个人也没走，是您自己算丢的。",
            en=f"Only some cohorts have reached month {at}. Of those, {later['rate']:.1%} still buy by the weighted average, {plain[at]:.1%} by the plain mean of percentages. Count the empty cells as zero and it drops to {as_nought:.1%}: nobody left in those {100 * (later['rate'] - as_nought):.1f} points, the sum lost them.",
        )
    )

# %% tags=["fold"]
card("cohort_retention")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）先不说日历，问：“哪一行颜色不对？”再问斜着那条浅色是怎么回事：断货那个月，老会员也买不到。常见的错：把空着的格子读成零；拿去年的第 1 个月比今年的第 3 个月。板书一个四行的三角，划掉还没到的格子，让大家算平均。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Do not mention the calendar yet. Ask: "Which row has the wrong colour?" Then the pale diagonal: in the month of the stock-out, old members found nothing to buy either. Usual mistakes: reading an empty cell as zero; comparing month 1 of last year's cohort with month 3 of this year's.
# Board: a triangle of four rows; cross out the months not over yet and let the room average the rest.

# %% [markdown] tags=["zh"]
# ## 5. 从第一次到第四次
#
# 月留存有个毛病：买得慢的好会员，有的月份看着像走了。所以再看一种：买过一次的人，90 天内买第二次的有几成？第二次到第三次呢？首单还不满 90 天的人先不算，给她们时间。先猜：第一次到第二次，走过去几成？

# %% [markdown] tags=["en"]
# ## 5. From the first purchase to the fourth
#
# Monthly retention has a weakness: a good member who buys slowly looks gone in some months. So look at it another way. Of those who bought once, what share buys a second time within 90 days? And of those, a third time?
# Anybody whose first purchase is less than 90 days old is not counted yet; give them time. Guess first: what share gets from the first to the second?

# %% tags=["fold"]
bet("06.second", say(zh="买过一次的人，90 天内买第二次的占百分之几？", en="Of those who bought once, what share buys again within 90 days?"), low=0, high=100, unit="%")

# %%
again = retention.repurchase(orders, as_of, within=90)
by_hand = firsts["again"].mean() if len(firsts) else float("nan")
reveal("06.second", 100 * again["rate"].iloc[0], unit="%") if again["base"].iloc[0] else say(zh="还没有人的首单满 90 天。", en="Nobody's first purchase is 90 days old yet.")

# %%
def draw_repurchase(days=90):
    return charts.retention.repurchase(retention.repurchase(orders, as_of, within=days), days)


most = max(min(180, (as_of - first_paid.min().normalize()).days // 2), 2)
explore(draw_repurchase, days=(1, most, 1) if most < 30 else (15, most, 15)) if again["base"].iloc[0] else draw_repurchase(most)

# %% tags=["fold"]
one, two = again["rate"].iloc[0], again["rate"].iloc[1]
say(
    zh=f"手算第一步 {by_hand:.1%}，工具 {one:.1%}。第一次到第二次，走过去 {one:.0%}；第二次到第三次，走过去 {two:.0%}：{'最难的是第二单，过了这一关就稳了，新会员的钱要花在第二单上' if two > one + 0.1 else '两步差不多，没有哪一关特别难'}。还有 {again['too_young'].iloc[0]:,} 人的首单太新，没有算。第 2 节给的时间不同，从加入起 {horizon} 天，所以那里是 {row['rate']:.0%}。",
    en=f"The first step is {by_hand:.1%} by hand and {one:.1%} by the helper. {one:.0%} get from the first purchase to the second, and {two:.0%} from the second to the third: {'the second order is the hard one, and past it people stay; that is where money for newcomers belongs' if two > one + 0.1 else 'much the same, and no step stands out'}. {again['too_young'].iloc[0]:,} people are too new to count. Section 2 gave people {horizon} days from joining, which is why it said {row['rate']:.0%}.",
) if again["base"].iloc[1] else say(zh="第二次购买的人还太新，往后看不了。", en="Second purchases are too recent to look further.")

# %% tags=["fold"]
card("repurchase_step")

# %% [markdown] tags=["zh"]
# **那 D1、D7、D30 呢？** 次日、第 7 日、第 30 日留存，是给天天用的东西准备的，比如咖啡和小程序里的工具。奶粉二十多天才买一次，问她第二天买没买，没有意义。所以云牧只看生长曲线这个工具，晨杯看来店和下单。

# %% [markdown] tags=["en"]
# **And D1, D7, D30?** Retention on day 1, day 7 and day 30 suits things people use daily: coffee, or a tool in the mini program. Formula is bought every three weeks or so; asking whether she bought again the next day makes no sense. So Yunmu uses it for the growth curve only, Morningcup for visits and orders.

# %%
if full:
    used = acts[acts["event"].isin(["visit", "order"] if daily else ["growth_curve"])]
    begun = start if daily else used.groupby("customer_id")["at"].min()
    exact = retention.by_day(begun, used, as_of)
    display(show(exact.rename(columns={"rate": "share", "day": "day_after", "active": "active_then"}), percent=["share", "low", "high"]))

# %% tags=["fold"]
say(
    zh=f"第 1 天 {exact['rate'].iloc[0]:.0%}，第 7 天 {exact['rate'].iloc[1]:.0%}，第 30 天 {exact['rate'].iloc[2]:.1%}。网上常说“40、20、10”，另一页又说 40、30、20，都没有出处。和自己上一季比就好。",
    en=f"Day 1 {exact['rate'].iloc[0]:.0%}, day 7 {exact['rate'].iloc[1]:.0%}, day 30 {exact['rate'].iloc[2]:.1%}. Some web pages say 40, 20, 10 is normal, others 40, 30, 20, and none says where it got that. Compare with your own last quarter.",
) if full else skipped

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）把天数拖到 30，问：“留存一下子掉了，是会员变坏了吗？”奶粉一罐喝二十来天，窗口太短，买得多的人反而被算成没回来。常见的错：同一天的两单算成第二次购买；首单才一周的人放进分母。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Move the days to 30 and ask: "Retention has just dropped. Have members got worse?" A tin lasts about three weeks; in too short a window, those who stocked up look as if they never came back. Usual mistakes: two orders on one day counted as a second purchase; last week's first buyers left in the denominator.

# %% [markdown] tags=["zh"]
# ## 6. 三种留存：功能、内容、社交
#
# 人为什么留下？大纲分了三种。**功能留存**：东西好用，或者有补贴引着用核心功能。**内容留存**：有东西看，而且是给她看的。**社交留存**：有人可聊，有人可叫。看头 30 天里碰过哪一种，后来留下几成。只比买过的人，免得把从没买过的混进来。

# %% [markdown] tags=["en"]
# ## 6. Three kinds of retention: functional, content, social
#
# Why do people stay? The outline names three kinds of retention. **Functional**: the thing is useful, or a subsidy gets people to try its core. **Content**: there is something to read that suits them. **Social**: there is somebody to talk to, somebody to bring along.
# See which of them people touched in their first 30 days, and what share stayed. Only buyers are compared, so that people who never bought do not muddy the picture.

# %%
KINDS = {"functional": ["growth_curve", "check_in"], "content": ["read"], "social": ["share", "ask_expert"]}
if full:
    buyers = people[people["buy1"]].reset_index(drop=True)
    month_one = acts[acts["age"].between(0, 29)]
    rows = []
    for kind, list_of in KINDS.items():
        did = buyers["customer_id"].isin(month_one.loc[month_one["event"].isin(list_of), "customer_id"])
        with_it, without = buyers.loc[did, "kept"], buyers.loc[~did, "kept"]
        rows.append((kind, did.mean(), with_it.mean(), without.mean(), *experiment.difference(with_it.sum(), len(with_it), without.sum(), len(without))))
    kinds = pd.DataFrame(rows, columns=["kind", "share", "with_it", "without_it", "rate", "low", "high"])

# %% tags=["fold"]
most_kind, least_kind = (kinds.loc[kinds["rate"].idxmax()], kinds.loc[kinds["rate"].idxmin()]) if full else (None, None)
columns = ["kind", "share", "with_it", "without_it", "difference", "low", "high"]
show(kinds.assign(kind=[t(f"kind_{kind}") for kind in kinds["kind"]]).rename(columns={"rate": "difference"})[columns], percent=columns[1:]) if full else skipped

# %% tags=["fold"]
say(
    zh=f"碰过“{t('kind_' + most_kind['kind'])}”的占 {most_kind['share']:.0%}，留下 {most_kind['with_it']:.0%}，没碰过的 {most_kind['without_it']:.0%}。差得最少的是“{t('kind_' + least_kind['kind'])}”，{100 * least_kind['rate']:.0f} 个百分点。这些人都是自己走进来的，和第 3 节的第一张表一样，不能直接当成作用。",
    en=f"{most_kind['share']:.0%} touched '{t('kind_' + most_kind['kind'])}'; {most_kind['with_it']:.0%} of them stayed, against {most_kind['without_it']:.0%} of the others. The smallest gap is '{t('kind_' + least_kind['kind'])}', {100 * least_kind['rate']:.0f} points. All of them chose for themselves: as in the first table of section 3, the gap is not an effect.",
) if full else skipped

# %% [markdown] tags=["zh"]
# 要知道哪一种值得花钱，三种各抽一次签：补贴随机发一半，专题内容随机推一半，社群随机邀一半。没抽签之前，差得最大的那一种只是“先试哪一个”的理由。

# %% [markdown] tags=["en"]
# To find out which kind deserves money, draw lots three times: give a random half the subsidy, a random half the reading list, a random half an invitation to the group. Until then, the biggest gap only tells you what to try first.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）让每桌为自己的产品各举一例：功能、内容、社交。追问“内容和人对得上吗”：推荐准不准，是第 4 章的事。常见的错：把社群里的人留得多，说成社群留住了人；她们本来就爱说话。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Each table gives one example of its own for each kind. Then ask: does the content suit the reader? (Recommendation is chapter 4.) Usual mistake: "people in the group stay longer, so the group keeps them". They were the talkative ones to begin with.

# %% [markdown] tags=["zh"]
# ## 7. 变现：同一笔收入，四个 ARPU
#
# 同一个月，市场部报的人均收入和财务报的差好几倍，用的是同一份收入。差别只在分母：注册的人、触达得到的人、活跃的人、付费的人。除以付费的人，另有一个名字，叫 ARPPU。先猜，最大的是最小的几倍？

# %% [markdown] tags=["en"]
# ## 7. Revenue: one income, four ARPUs
#
# For the same month and the same income, marketing and finance report revenue per head that differs several times over. They divide by different people: everybody registered, those you can reach, those active, those who paid. Divided by those who paid, it has its own name: ARPPU.
# Guess: how many times the smallest is the largest?

# %% tags=["fold"]
bet("06.arpu", say(zh="同一个月，最大的 ARPU 是最小的几倍？", en="In one month, how many times the smallest ARPU is the largest?"), low=1, high=10, step=0.5, unit=say(zh="倍", en="times")) if full else skipped

# %%
month_start = as_of.replace(day=1)
heads = value.arpu(orders, members, load(company, "consents"), events, month_start, as_of) if full else None
in_month = bought[bought["paid_at"] >= month_start]
arppu = in_month["amount"].sum() / max(in_month["customer_id"].nunique(), 1)
reveal("06.arpu", heads["per_head"].max() / heads["per_head"].min(), unit=say(zh="倍", en="times")) if full else skipped

# %%
named = heads.assign(denominator=[t(f"who_{who}") for who in heads["denominator"]]).rename(columns={"revenue": "month_revenue"}) if full else None
after_bet("06.arpu", show(named, money=["month_revenue", "per_head"], bars=["per_head"]) if full else skipped)

# %% tags=["fold"]
after_bet("06.arpu", say(
    zh=f"手算 ARPPU：¥{in_month['amount'].sum():,.0f} ÷ {in_month['customer_id'].nunique():,} 人 = ¥{arppu:,.0f}" + (f"，和表里{'一致' if abs(arppu - heads['per_head'].iloc[-1]) < 0.01 else '不一致'}。把触达不到的人从名单里删掉一半，“注册 ARPU”就涨了，公司一分钱也没多收。" if full else "。"),
    en=f"ARPPU by hand: ¥{in_month['amount'].sum():,.0f} ÷ {in_month['customer_id'].nunique():,} people = ¥{arppu:,.0f}" + (f"; the table {'agrees' if abs(arppu - heads['per_head'].iloc[-1]) < 0.01 else 'disagrees'}. Delete half the people you cannot reach, and ARPU per registered member goes up although not one more yuan came in." if full else "."),
))

# %% tags=["fold"]
display(card("arpu"))
card("arppu")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）两边各站一人，一位市场，一位财务，各报一个 ARPU，互相问分母。常见的错：拿活跃的 ARPU 乘注册人数，算出一个从来没有过的收入。ARPU 往上走有两种办法，多卖，或者少数几个人；先问是哪一种。板书：收入在上，四个分母在下。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Two people stand up as marketing and finance; each reports an ARPU and asks the other what it is divided by. Usual mistake: multiplying the ARPU of active people by everybody registered, an income nobody ever saw. ARPU rises when you sell more, or when you count fewer people; ask which. Board: income on top, four denominators below.

# %% [markdown] tags=["zh"]
# ## 8. 自传播：一位老客带来几位新客
#
# **K = 每位邀请人发出的邀请 × 接受的比例**。K 大于 1，一轮带来的人比上一轮多，不花钱也会长；小于 1，一轮比一轮少，只是给别的渠道添一点。还要看**周期**：从发出邀请到新人加入要几天，一轮就是几天。最近 30 天的邀请还没到时候，先不算。

# %% [markdown] tags=["en"]
# ## 8. Referral: how many newcomers does one member bring?
#
# **K = invitations an inviter sends × the share accepted.** Above 1, every round brings more people than the last, and you grow without spending. Below 1 each round is smaller, and referral only tops up the other channels.
# Watch the **cycle** too: a round lasts as long as it takes from sending an invitation to joining. Invitations from the last 30 days have not had their time and stay out.

# %% tags=["fold"]
bet("06.k", say(zh="一位发过邀请的会员，平均带来几位新会员？", en="On average, how many new members does a member who sends invitations bring?"), low=0, high=3, step=0.1, unit=say(zh="位", en="people")) if full else skipped

# %%
k_all = funnel.k_factor(invites, None, as_of).iloc[0] if full else None
reveal("06.k", k_all["k"], unit=say(zh="位", en="people")) if full else skipped

# %%
ways = funnel.k_factor(invites, "channel", as_of) if full else None
groups = funnel.k_factor(invites, "community_id", as_of) if full else None
columns = ["channel", "inviters", "invites", "per_inviter", "acceptance", "k", "cycle_days"]
after_bet("06.k", show(ways.assign(channel=[t(f"channel_{way}") for way in ways["channel"]])[columns], percent=["acceptance"]) if full else skipped)

# %% tags=["fold"]
after_bet("06.k", say(
    zh=f"手算：{k_all['per_inviter']:.2f} 次 × {k_all['acceptance']:.1%} = {k_all['per_inviter'] * k_all['acceptance']:.2f}，工具给的是 {k_all['k']:.2f}（一位会员常常几种办法都用，所以次数比表里每一行都多）。四种办法里最高的是“{t('channel_' + ways.loc[ways['k'].idxmax(), 'channel'])}”，K = {ways['k'].max():.2f}，{'也不到 1' if ways['k'].max() < 1 else '超过了 1'}。一轮大约 {k_all['cycle_days']:.0f} 天。除以全部会员而不是邀请人，K 只有 {k_all['accepted'] / len(members):.2f}。",
    en=f"By hand: {k_all['per_inviter']:.2f} invitations × {k_all['acceptance']:.1%} = {k_all['per_inviter'] * k_all['acceptance']:.2f}; the helper gives {k_all['k']:.2f}. (One member often uses several ways, so the number of invitations is higher than in any row of the table.) The best of the four ways is '{t('channel_' + ways.loc[ways['k'].idxmax(), 'channel'])}' with K = {ways['k'].max():.2f}, {'still below 1' if ways['k'].max() < 1 else 'above 1'}. A round takes about {k_all['cycle_days']:.0f} days. Divide by all members instead of inviters, and K is only {k_all['accepted'] / len(members):.2f}.",
) if full else skipped)

# %% [markdown] tags=["zh"]
# 平均数底下也许藏着例外。把社群一个一个算出来。

# %% [markdown] tags=["en"]
# An average can hide an exception. So work it out community by community.

# %%
ranked = groups.sort_values("k", ascending=False, ignore_index=True) if full else None
star = ranked.iloc[0] if full else None
show(ranked.head(5)[["community_id", "inviters", "invites", "accepted", "acceptance", "k", "low", "high"]], percent=["acceptance"], bars=["k"]) if full else skipped

# %% tags=["fold"]
say(
    zh=f"{len(ranked)} 个社群里，K 的整个区间都在 1 以上的有 {(ranked['low'] > 1).sum()} 个。{star['community_id']} 的 {star['inviters']:,} 位邀请人带来 {star['accepted']:,} 位新会员，占社群里带来的 {star['accepted'] / ranked['accepted'].sum():.0%}。接受率 {star['acceptance']:.0%}，其余社群 {(ranked['accepted'][1:].sum() / ranked['invites'][1:].sum()):.0%}。周一要做的事：去这个群里住三天，看谁在说、说什么，再试着在第二个群里照做。",
    en=f"Communities whose whole interval for K lies above 1: {(ranked['low'] > 1).sum()} of {len(ranked)}. The {star['inviters']:,} inviters in {star['community_id']} brought {star['accepted']:,} new members, {star['accepted'] / ranked['accepted'].sum():.0%} of all that communities brought. There, {star['acceptance']:.0%} of invitations are accepted; elsewhere, {(ranked['accepted'][1:].sum() / ranked['invites'][1:].sum()):.0%}. On Monday, join that group for three days, see who talks and about what, then try the same in a second one.",
) if full else skipped

# %% [markdown] tags=["zh"]
# 口碑从哪里来？问卷里打 9 分、10 分的叫**推荐者**，6 分及以下的叫贬损者。看她们答卷之前的 90 天里，有没有发过邀请。

# %% [markdown] tags=["en"]
# Where does word of mouth come from? In the survey, whoever gives 9 or 10 is a **promoter**, 6 or less a detractor. Who of them had sent an invitation in the 90 days before we asked?

# %%
if full:
    asked = load(company, "surveys").dropna(subset=["nps"]).reset_index(drop=True).reset_index(names="answer")
    asked = asked[(asked["invited_at"].dt.normalize() - asked["customer_id"].map(start).dt.normalize()).dt.days > 90]
    sent = asked.merge(invites[["inviter_id", "sent_at"]], left_on="customer_id", right_on="inviter_id")
    sent = sent[(sent["invited_at"] - sent["sent_at"]).dt.days.between(0, 90)]
    asked["did"] = asked["answer"].isin(sent["answer"])
    promoter, detractor = asked.loc[asked["nps"] >= 9, "did"], asked.loc[asked["nps"] <= 6, "did"]
    word = experiment.difference(promoter.sum(), len(promoter), detractor.sum(), len(detractor))

# %% tags=["fold"]
say(
    zh=f"推荐者 {promoter.mean():.0%} 发过邀请，贬损者 {detractor.mean():.0%}，差 {100 * word.value:.0f} 个百分点（{100 * word.low:.0f} 到 {100 * word.high:.0f}）。这也只是一起出现，不能说谁因谁果；要试邀请，先从推荐者试起。",
    en=f"{promoter.mean():.0%} of promoters had invited somebody and {detractor.mean():.0%} of detractors, {100 * word.value:.0f} points apart ({100 * word.low:.0f} to {100 * word.high:.0f}). Again, seen together; which causes which is not known. If you want to try invitations, start with promoters.",
) if full else skipped

# %% [markdown] tags=["zh"]
# 下面从 100 个人开始，让每一轮的新人都去邀请。拖一拖：每人邀请几位，接受率多少。K 跨过 1 的那一下，8 轮之后的数就变了样。

# %% [markdown] tags=["en"]
# Start with 100 people and let each round of newcomers invite the next. Move the invitations and the acceptance, and watch the number after 8 rounds as K crosses 1.

# %%
def draw_waves(invitations=3, accept_percent=30):
    k = invitations * accept_percent / 100
    end, halfway = (funnel.waves(k, rounds=n, runs=200).iloc[-1] for n in (8, 4))
    return say(
        zh=f"K = {invitations} × {accept_percent}% = {k:.2f}：100 个人开始，4 轮之后一共约 {halfway['total']:,.0f} 人，8 轮之后约 {end['total']:,.0f} 人（十次里有九次在 {end['low']:,.0f} 到 {end['high']:,.0f} 之间）。",
        en=f"K = {invitations} × {accept_percent}% = {k:.2f}: 100 people start; after 4 rounds there are about {halfway['total']:,.0f} in all, after 8 rounds about {end['total']:,.0f} (between {end['low']:,.0f} and {end['high']:,.0f} nine times in ten).",
    )


explore(draw_waves, invitations=(1, 8, 1), accept_percent=(5, 60, 5))

# %% tags=["fold"]
card("k_factor")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）问：“K 等于 0.9，再等一年会不会爆发？”不会，100 个人最多变成一千左右。常见的错：只数还在发邀请的人做分母；把奖励的钱算在营销费里，忘了算进这个渠道的获客成本。裂变分销、两级佣金：层级和入门费碰法律，先问法务。接受率会随轮次下降，熟人请完就没有了，模拟没有算这一层。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). Ask: "K is 0.9. Will it take off if we wait a year?" No: 100 people become about a thousand and stop. Usual mistakes: dividing only by those who still invite; booking rewards as marketing, so that this channel's cost of a new member leaves them out.
# Referral selling with two levels of commission: levels and entry fees can break the law, so ask a lawyer first. Acceptance falls from round to round once everybody's friends have been asked; the simulation leaves that out.

# %% [markdown] tags=["zh"]
# ## 9. 拉新：便宜不等于回本快
#
# 流量有三种来源：**自有**（门店、自己的活动）、**购买**（广告、搜索、平台）、**赚来**（老客推荐、口碑）。三种都要花钱，只是记在不同的账上。把拉一位新会员的花费（CAC）和她以后带来的边际贡献放在一起，哪一天持平，那天就是**回本**。先猜：最便宜的渠道，第几天回本？

# %% [markdown] tags=["en"]
# ## 9. Acquisition: cheap does not mean quick to pay back
#
# Traffic has three sources: **owned** (shops, your own events), **paid** (advertising, search, marketplaces) and **earned** (referral, word of mouth). All three cost money, only booked in different places. Set what a new member cost (CAC) against the contribution margin she brings later; the day the two are level is **payback**.
# Guess: on which day does the cheapest channel pay back?

# %% tags=["fold"]
bet("06.payback", say(zh=f"“{t('channel_' + cheapest)}”的新会员，第几天回本？", en=f"On which day do members from '{t('channel_' + cheapest)}' pay back?"), low=1, high=365, unit=say(zh="天", en="days")) if full else skipped

# %% [markdown] tags=["zh"]
# 边际贡献 = 实付 − 商品成本 − 配送。优惠、券和退款已经在实付里扣过；给邀请人的奖励已经在推荐渠道的花费里，不再扣一遍；积分、房租和工资不在里面。先手算一笔，再让工具算全部。

# %% [markdown] tags=["en"]
# Contribution margin = what she paid − cost of the goods − delivery. Discounts, coupons and refunds have already come off what she paid; gifts to inviters sit in the referral channel's spend and are not taken off twice; points, rent and salaries are not in it. One order by hand, then all of them by the helper.

# %%
if full:
    order = margins.iloc[-1]
    goods = load(company, "order_lines").query("order_id == @order.order_id").merge(load(company, "products"), on="sku")
    left = order["amount"] - (goods["quantity"] * goods["unit_cost"]).sum() - order["fulfilment_cost"]
    paid = value.payback(members, margins, spend, as_of)
    curves = value.curves(members, margins, as_of)
    last = paid.set_index("channel").loc[cheapest]
    display(reveal("06.payback", last["payback"], unit=say(zh="天", en="days")))

# %% tags=["fold"]
after_bet("06.payback", say(
    zh=f"最后一笔：¥{order['amount']:,.2f} − ¥{order['goods']:,.2f} − ¥{order['fulfilment_cost']:,.2f} = ¥{left:,.2f}，工具 ¥{order['margin']:,.2f}。全部订单：每收 100 元，留下 {100 * margins['margin'].sum() / margins['amount'].sum():.0f} 元边际贡献。",
    en=f"The last order: ¥{order['amount']:,.2f} − ¥{order['goods']:,.2f} − ¥{order['fulfilment_cost']:,.2f} = ¥{left:,.2f}; the helper says ¥{order['margin']:,.2f}. Over all orders, {100 * margins['margin'].sum() / margins['amount'].sum():.0f} of every 100 yuan are left as contribution margin.",
) if full else skipped)

# %% tags=["fold"]
if full:
    together = paid.copy()
    together["payback_range"] = [f"{a:.0f}–{b:.0f}" if pd.notna(b) else f"{a:.0f}–" for a, b in zip(paid["payback_low"], paid["payback_high"], strict=True)]
    together["ratio_range"] = [f"{a:.1f}–{b:.1f}" for a, b in zip(paid["ratio_low"], paid["ratio_high"], strict=True)]
    together["channel"] = [t(f"channel_{one}") for one in paid["channel"]]
    together["media_type"] = [t(f"media_{one}") for one in paid["media_type"]]
    columns = ["channel", "media_type", "people", "cac", "payback", "payback_range", "ltv", "ratio", "ratio_range"]
    display(after_bet("06.payback", show(together[columns].round({"cac": 0, "ltv": 0}), money=["cac", "ltv"])))

# %% tags=["fold"]
soonest = paid.loc[paid["payback"].idxmin()] if full else None
order_now = int(paid.set_index("channel")["payback"].rank(method="first")[cheapest]) if full else 0
after_bet("06.payback", say(
    zh=f"“{t('channel_' + cheapest)}”单价排第 1，回本排第 {order_now}：第 {last['payback']:.0f} 天（{last['payback_low']:.0f} 到 {last['payback_high']:.0f} 天）。“{t('channel_' + soonest['channel'])}”第 {soonest['payback']:.0f} 天就回本，一年里每花 1 元收回 {soonest['ratio']:.1f} 元，“{t('channel_' + cheapest)}”收回 {last['ratio']:.1f} 元。表里只有满一年的人，所以单价 ¥{last['cac']:,.0f} 和第 1 节的 ¥{price[cheapest]:,.0f} 略有不同。",
    en=f"'{t('channel_' + cheapest)}' is number 1 by price and number {order_now} by payback: day {last['payback']:.0f} ({last['payback_low']:.0f} to {last['payback_high']:.0f}). '{t('channel_' + soonest['channel'])}' pays back on day {soonest['payback']:.0f}; in a year, each yuan spent on it brings back {soonest['ratio']:.1f}, against {last['ratio']:.1f} for '{t('channel_' + cheapest)}'. The table holds only people who joined at least a year ago, so its cost of ¥{last['cac']:,.0f} is not quite the ¥{price[cheapest]:,.0f} of section 1.",
) if full else skipped)

# %% [markdown] tags=["zh"]
# 曲线从“花出去的钱”出发，一天天往上爬，过零那天就是回本。便宜的渠道起点高，爬得慢。拖一拖：它还要再便宜多少，才能追上第一名？

# %% [markdown] tags=["en"]
# Each line starts at the money spent and climbs day by day; where it crosses zero, the channel has paid back. The cheap channel starts higher but climbs more slowly. Move the slider: how much cheaper must it get to catch up with the winner?

# %%
def draw_payback(cheaper=0):
    table = paid.copy()
    hit = table["channel"] == cheapest
    table.loc[hit, "cac"] *= 1 - cheaper / 100
    line = curves[curves["channel"] == cheapest]
    table.loc[hit, "payback"] = line["day"][line["margin"] >= table.loc[hit, "cac"].iloc[0]].min()
    return charts.value.payback(curves, table)


explore(draw_payback, cheaper=(0, 60, 5)) if full else skipped

# %% [markdown] tags=["zh"]
# 为什么只算满一年的人？刚来的人还没来得及买，放进来一平均，LTV 就低了；拿平均 ARPU 乘“预计寿命”，又常常高了。下面看看刚来的人差多少。

# %% [markdown] tags=["en"]
# Why only people a full year old? Those who have just come have had no time to buy; average them in and LTV comes out too low. Multiply ARPU by an "expected lifetime", and it often comes out too high. See how far off the newcomers are.

# %% tags=["fold"]
if full:
    mixed = members[members["join_channel"] == cheapest]
    so_far = margins["customer_id"].isin(mixed["customer_id"]) & (margins["customer_id"].map(start) > as_of - pd.Timedelta(days=365))
    young = mixed[mixed["joined_at"] > as_of - pd.Timedelta(days=365)]
    pressed = margins.loc[so_far, "margin"].sum() / len(young)
    display(
        say(
            zh=f"“{t('channel_' + cheapest)}”满一年的人，一年边际贡献 ¥{last['ltv']:,.0f}。最近一年才来的人，到今天为止每人 ¥{pressed:,.0f}，只有 {pressed / last['ltv']:.0%}：不是变差了，是还没到时候。",
            en=f"Members from '{t('channel_' + cheapest)}' who have been here a year brought ¥{last['ltv']:,.0f} each in that year. Those who joined within the last year stand at ¥{pressed:,.0f} so far, {pressed / last['ltv']:.0%} of it: they are not worse, it is just too early.",
        )
    )
    hers = margins[margins["customer_id"] == thread].sort_values("paid_at")
    her_cost = price[members.set_index("customer_id").at[thread, "join_channel"]]
    crossed = hers[hers["margin"].cumsum() >= her_cost]

# %% tags=["fold"]
say(
    zh=f"我们跟着的那位会员：当初花了 ¥{her_cost:,.0f}，第 {(crossed['paid_at'].iloc[0].normalize() - start[thread].normalize()).days} 天回本，到今天一共带来 ¥{hers['margin'].sum():,.0f}。",
    en=f"The member we follow cost ¥{her_cost:,.0f}, paid back on day {(crossed['paid_at'].iloc[0].normalize() - start[thread].normalize()).days}, and has brought ¥{hers['margin'].sum():,.0f} so far.",
) if thread and len(crossed) else say(zh="这份数据里没有她。", en="She is not in this data.")

# %% tags=["fold"]
display(card("cac"), card("payback"))
card("ltv_cac")

# %% [markdown] tags=["zh"]
# 大纲里的拉新计划只列了标题。各组挑一个渠道填满：目标人群 ______，渠道 ______，内容 ______，时间 ______，先花多少钱试 ______，第几天没回本就停 ______。

# %% [markdown] tags=["en"]
# The outline's acquisition plan is only headings. Each group takes one channel and fills them in: target group ______, channel ______, content ______, timing ______, money for the trial ______, stop if not paid back by day ______.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）流量是增长的起点，可三种流量的账要记在一起。请大家把短信、信息流、搜索、电梯广告、门店、代理、口碑分进三格：自有、购买、赚来，争起来就对了。常见的错：推荐渠道忘了奖励；线下渠道忘了店员的时间；最后一次点击拿走全部功劳。再问：这个渠道翻一倍，下一位还是这个价吗？平均价不是边际价。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Growth starts with traffic, but put all three kinds in one account. Have the room sort SMS, feed ads, search, lift posters, shops, agents and word of mouth into owned, paid and earned; if people argue, good.
# Usual mistakes: referral without its rewards; offline channels without the staff's time; the last click taking all the credit. Then ask: if this channel doubles, does the next member cost the same? The average price is not the marginal one.

# %% [markdown] tags=["zh"]
# ## 10. 拉新比留存贵 5 到 25 倍吗
#
# 这句话到处有人引用，没有人说得清是谁的数。别人家的倍数，拿来做不了预算；自家的算得出来：拉一位的花费，除以**多留住一位**的花费。多留住一位，要从抽签的活动里算：花掉的钱，除以比空白组多出来的人数。先猜自家的倍数，拿顾问问候的活动来说。

# %% [markdown] tags=["en"]
# ## 10. Does acquisition cost 5 to 25 times as much as retention?
#
# Everybody quotes it and nobody can say whose number it is. You cannot budget on another company's multiple, but you can work out your own: the cost of one new member, divided by the cost of keeping **one more**. "One more" takes a campaign drawn by lot: money spent, divided by the people who stayed over and above the hold-out.
# Guess the multiple for Yunmu's service calls, which win lapsed members back.

# %% tags=["fold"]
bet("06.multiple", say(zh="拉一位新会员的花费，是顾问问候多请回一位的几倍？", en="A new member costs how many times as much as one more member won back by a service call?"), low=0, high=50, unit=say(zh="倍", en="times")) if full else skipped

# %%
if full:
    calls = assignments.merge(campaigns.loc[campaigns["kind"] == "win_back", ["campaign_id", "offer", "offer_cost"]], on="campaign_id")
    span = window[1] - window[0]
    calls = calls[(as_of - calls["assigned_at"].dt.normalize()).dt.days >= span].reset_index(names="call")
    after = calls.merge(bought[["customer_id", "paid_at"]], on="customer_id")
    after = after[(after["paid_at"].dt.normalize() - after["assigned_at"].dt.normalize()).dt.days.between(1, span)]
    calls["back"] = calls["call"].isin(after["call"])
    keys = ["campaign_id", "customer_id"]
    spent = pd.concat([touches[[*keys, "cost"]], coupons.dropna(subset=["used_order_id"])[[*keys, "face_value"]].set_axis([*keys, "cost"], axis=1)])
    calls["cost"] = spent.groupby(keys)["cost"].sum().reindex(pd.MultiIndex.from_frame(calls[keys])).fillna(0).to_numpy()
    sample_sent = calls["arm"].eq("coupon") | (calls["arm"].eq("service") & calls["offer"].eq("service"))
    calls["cost"] += calls["offer_cost"].where(sample_sent, calls["arm"].eq("service") * 3.0)

# %%
if full:
    guide_cost = touches.loc[touches["campaign_id"].isin(lots["campaign_id"]), "cost"].sum() / lots["arm"].eq("treatment").sum()
    (kept_with, n_with), (kept_out, n_out) = arms["kept"].to_numpy()
    results = [{"programme": "guide"} | value.cost_per_kept(n_with, kept_with, n_out, kept_out, guide_cost * n_with)]
    for (offer, arm), told in calls[calls["arm"] != "holdout"].groupby(["offer", "arm"]):
        base = calls[(calls["offer"] == offer) & (calls["arm"] == "holdout")]
        if len(told) >= 100:
            results.append({"programme": arm} | value.cost_per_kept(len(told), told["back"].sum(), len(base), base["back"].sum(), told["cost"].sum()))
    keep = pd.DataFrame(results)
    one_new = spend["spend"].sum() / spend["new_members"].sum()
    keep["multiple"], keep["low"], keep["high"] = (one_new / keep[c] for c in ("cost", "cost_high", "cost_low"))
    display(reveal("06.multiple", keep.set_index("programme").at["service", "multiple"], unit=say(zh="倍", en="times")))

# %% tags=["fold"]
table = keep.assign(programme=[t(f"programme_{one}") for one in keep["programme"]]).rename(columns={"cost": "cost_per_kept"}) if full else None
columns = ["programme", "effect", "a_head", "cost_per_kept", "multiple", "low", "high"]
after_bet("06.multiple", show(table[columns].round({"a_head": 2, "cost_per_kept": 2}), money=["a_head", "cost_per_kept"], percent=["effect"]) if full else skipped)

# %% tags=["fold"]
dear, service = (keep.set_index("programme").loc[one] for one in ("coupon", "service")) if full else (None, None)
after_bet("06.multiple", say(
    zh=f"拉一位新会员平均 ¥{one_new:,.0f}。顾问问候多请回一位 ¥{service['cost']:,.0f}，倍数 {service['multiple']:.1f}（{service['low']:.1f} 到 {service['high']:.1f}）；寄样品加券多请回一位 ¥{dear['cost']:,.0f}，倍数只有 {dear['multiple']:.1f}，{'留一位比拉一位还贵' if dear['multiple'] < 1 else '留一位还是便宜'}。**同一家公司就有好几个倍数**，它说的是一种做法，不是一条规律。",
    en=f"A new member costs ¥{one_new:,.0f} on average. One more won back by a service call costs ¥{service['cost']:,.0f}, a multiple of {service['multiple']:.1f} ({service['low']:.1f} to {service['high']:.1f}); by sample and coupon ¥{dear['cost']:,.0f}, a multiple of only {dear['multiple']:.1f}: {'keeping one costs more than winning one' if dear['multiple'] < 1 else 'keeping is still cheaper'}. **One company has several multiples.** A multiple belongs to a programme; it is no law of nature.",
) if full else skipped)

# %% [markdown] tags=["zh"]
# 新人引导的倍数高得不像真的：账上只有消息费，没有顾问的时间。给每位加上几元人工，看倍数怎么变。

# %% [markdown] tags=["en"]
# The multiple of the onboarding guide is too good to be true: the books hold the cost of the messages, not the consultants' time. Add a few yuan of staff cost per head and watch it fall.

# %%
def with_staff(staff_cost=10):
    cost = (guide_cost + staff_cost) / effect.value
    return say(
        zh=f"每位加 ¥{staff_cost} 人工：多留一位 ¥{cost:,.0f}，倍数 {one_new / cost:.1f}。",
        en=f"With ¥{staff_cost} of staff cost per head: ¥{cost:,.0f} for one more kept, a multiple of {one_new / cost:.1f}.",
    )


explore(with_staff, staff_cost=(0, 60, 5)) if full else skipped

# %% tags=["fold"]
card("keep_multiple")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（4 分钟）问：“5 到 25 倍，分子是谁的，分母是谁的？”没有人答得出，就对了。常见的错：用活动总花费除以全部回来的人；空白组也会回来的那些，不是您留住的。云牧的券不寄给宝宝不满 12 个月的家庭，所以两种活动找的人不完全一样，倍数不能横着比得太细。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (4 minutes). Ask: "5 to 25 times: whose cost divided by whose?" Nobody knows, and that is the point. Usual mistake: dividing the cost of the campaign by everybody who came back; people come back in the hold-out too, and that is not your doing.
# Yunmu sends no coupon to families with a baby under 12 months, so the two campaigns reach somewhat different people: do not compare the multiples too finely.

# %% [markdown] tags=["zh"]
# ## 11. 瓶颈：哪一步高 1 个百分点最值钱
#
# 比率最低的一步不一定是瓶颈。要看它后面挂着多少钱：这一步高 1 个百分点，多出来的人后来带来多少边际贡献？下表最后一列是**上限**，它假设推过去的人和自己走过去的人一样好；第 3 节说过，推过去的人往往差一些。

# %% [markdown] tags=["en"]
# ## 11. The bottleneck: where is 1 point worth most?
#
# The step with the lowest rate need not be the bottleneck. What counts is the money behind it: if 1 point more people took the step, how much margin would they bring? The last column is a **ceiling**. It assumes that people you push are as good as those who go by themselves, and section 3 showed that they usually are not.

# %%
points = funnel.one_point(people, steps, "margin") if full else None
named = points.rename(columns={"rate": "step_rate"}).assign(step=[t(f"step_{one}") for one in steps]).round({"gain": 0, "passed": 0, "stopped": 0}) if full else None
show(named, money=["stopped", "passed", "gain"], percent=["step_rate"], bars=["gain"]) if full else skipped

# %% tags=["fold"]
biggest, after = (row for _, row in points.nlargest(2, "gain").iterrows()) if full else (None, None)
say(
    zh=f"最值钱的是“{t('step_' + biggest['step'])}”。走到它前面的有 {biggest['base']:,} 人：走过去的，{horizon} 天里每人带来 ¥{biggest['passed']:,.0f}；停下的 ¥{biggest['stopped']:,.0f}；相差 ¥{biggest['passed'] - biggest['stopped']:,.0f}。1 个百分点是 {biggest['base'] / 100:,.0f} 人，最多多出 ¥{biggest['gain']:,.0f}。紧跟着的是“{t('step_' + after['step'])}”，¥{after['gain']:,.0f}，可它的环节转化率已经 {after['rate']:.0%}，还有多少可加，要另想。",
    en=f"Worth most: '{t('step_' + biggest['step'])}'. {biggest['base']:,} people stand before it. Those who pass bring ¥{biggest['passed']:,.0f} each in {horizon} days, those who stop ¥{biggest['stopped']:,.0f}: ¥{biggest['passed'] - biggest['stopped']:,.0f} apart. 1 point is {biggest['base'] / 100:,.0f} people, ¥{biggest['gain']:,.0f} more at most. Next comes '{t('step_' + after['step'])}' with ¥{after['gain']:,.0f}, but its step rate is {after['rate']:.0%} already: ask how much there is left to add.",
) if full else skipped

# %% [markdown] tags=["zh"]
# 拖四条线，每条给一步的环节转化率加几个百分点。哪一条动一点，钱动得最多？

# %% [markdown] tags=["en"]
# Four sliders, each adding points to one step rate. Which one moves the money most?

# %%
today = funnel.what_if(points, points["rate"]) if full else None


def draw_what_if(buy1=0, buy2=5, buy3=0, buy4=0):
    rates = points["rate"] + pd.Series([buy1, buy2, buy3, buy4]) / 100
    then = funnel.what_if(points, rates.clip(upper=1))
    change = then["worth"].sum() - today["worth"].sum()
    both = pd.DataFrame({"step": [t(f"step_{one}") for one in then["step"]], "today": today["n"].round(), "then": then["n"].round()})
    caption = say(zh=f"边际贡献一共 ¥{then['worth'].sum():,.0f}，比今天多 ¥{change:,.0f}", en=f"Margin ¥{then['worth'].sum():,.0f} in all, ¥{change:,.0f} more than today")
    one_line = [{"selector": "caption", "props": "white-space: nowrap; text-align: left"}]
    return show(both, bars=["then"]).set_caption(caption).set_table_styles(one_line, overwrite=False)


explore(draw_what_if, buy1=(0, 20, 1), buy2=(0, 20, 1), buy3=(0, 20, 1), buy4=(0, 20, 1)) if full else skipped

# %% [markdown] tags=["zh"]
# 给老板看，画成一棵树更清楚：这个月的收入是哪几个数乘出来的。每个数都在前面出现过。挪动其中一个，看树根变多少。

# %% [markdown] tags=["en"]
# For the boss, draw it as a tree: this month's income is a few numbers multiplied, all of which you have met above. Move one and watch the root.

# %% tags=["fold"]
def branch(key, parent, name, number, sign="", lit=False):
    return {"key": key, "parent": parent, "name": name, "value": number, "sign": sign, "lit": bool(lit)}


# %% tags=["fold"]
def draw_tree(point_active=0, point_buying=5, percent_orders=0, percent_basket=0):
    n = dict(zip(heads["denominator"], heads["people"], strict=True))
    active, buying = n["active"] / n["registered"] + point_active / 100, n["paying"] / n["active"] + point_buying / 100
    each, basket = len(in_month) / n["paying"] * (1 + percent_orders / 100), in_month["amount"].mean() * (1 + percent_basket / 100)
    income = n["registered"] * active * buying * each * basket
    gain = round(income - in_month["amount"].sum(), -2)
    size = short_yuan(abs(gain))
    tree = [
        branch("income", None, say(zh="这个月的收入", en="income this month"), short_yuan(round(income, -3))),
        branch("people", "income", say(zh="付费的人", en="people paying"), f"{n['registered'] * active * buying:,.0f}"),
        branch("members", "people", say(zh="注册", en="registered"), f"{n['registered']:,}"),
        branch("active", "people", say(zh="活跃占比", en="share active"), f"{active:.0%}", "×", point_active),
        branch("buying", "people", say(zh="活跃者下单", en="active who buy"), f"{buying:.0%}", "×", point_buying),
        branch("head", "income", say(zh="人均收入", en="income a head"), f"¥{each * basket:,.1f}", "×"),
        branch("each", "head", say(zh="人均单数", en="orders each"), f"{each:.2f}", "", percent_orders),
        branch("basket", "head", say(zh="客单价", en="basket"), f"¥{basket:,.1f}", "×", percent_basket),
    ]
    return charts.funnel.driver_tree(pd.DataFrame(tree), say(zh=f"挪动之后，收入多 {size}", en=f"After the move: {size} more income"))


# %%
explore(draw_tree, point_active=(0, 20, 1), point_buying=(0, 20, 1), percent_orders=(0, 50, 5), percent_basket=(0, 50, 5)) if full else skipped

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）每桌有 10 个百分点可以分给四步，先写下分法，再拖。常见的错：全给比率最低的一步。追问：哪一步真的推得动？推得动和值钱是两回事，要乘起来看。板书：人数 × 一个百分点 × 差价。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Each table may spend 10 points on the four steps; write the split down, then move the sliders. Usual mistake: everything on the lowest rate. Ask: which step can you really push? Whether you can push it and whether it is worth pushing are two things; multiply them. Board: people × one point × the gap in yuan.

# %% [markdown] tags=["zh"]
# ## 12. 案例：拼多多、BOSS 直聘、Facebook
#
# 课上讲“不动手也能自增长”，举了这三家（课堂口述，未经核实，也没有给数字）。用这一章读，问四句：一位老客带来几位新客？一轮几天？送出去的钱算进获客成本没有？来的人 90 天后还在吗？查得到的填上，查不到的留空：拼多多 ______，BOSS 直聘 ______，Facebook ______。

# %% [markdown] tags=["en"]
# ## 12. Case: Pinduoduo, BOSS Zhipin, Facebook
#
# The course names these three for "growing without lifting a finger" (as told in class, unverified, without figures). Read them with this chapter and ask four things. How many newcomers does one member bring? How long is a round? Is the money they give away counted in the cost of a new member? Are they still there after 90 days?
# Fill in what you can find and leave the rest empty: Pinduoduo ______, BOSS Zhipin ______, Facebook ______.

# %% [markdown] tags=["zh"]
# 拼团的玩法可以算。几人团，每位团长叫几个人，凑得齐的机会有多大？接受率用我们自己社群里的。

# %% [markdown] tags=["en"]
# Group buying, though, can be worked out. If a leader needs a group of so many and asks so many people, how likely is it to fill? Acceptance is that of our own communities.

# %%
def group_order(group_size=3, invitations=10):
    from scipy.stats import binom

    accept = ways.set_index("channel").at["group", "acceptance"] if full else 0.1
    fills = binom.sf(group_size - 2, invitations, accept)
    return say(
        zh=f"{group_size} 人团，叫 {invitations} 个人，每人有 {accept:.0%} 会来：凑得齐的机会 {fills:.0%}，每位团长平均带来 {fills * (group_size - 1):.2f} 位。",
        en=f"A group of {group_size}; {invitations} are asked, each with a {accept:.0%} chance of coming: it fills {fills:.0%} of the time and brings {fills * (group_size - 1):.2f} people per leader.",
    )


explore(group_order, group_size=(2, 10, 1), invitations=(1, 30, 1))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（2 分钟）先说清楚：案例没有核实，数字一个也没有。问：“比玩法更重要的是什么？”等有人说“东西本身值得说”。常见的错：学了砍一刀的样子，没算补贴进获客成本。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (2 minutes). Say first that the cases are unverified and come without a single figure. Ask: "What matters more than the trick?" Wait for "the product itself is worth talking about". Usual mistake: copying the "cut the price" game and leaving the subsidy out of the cost of a new member.

# %% [markdown] tags=["zh"]
# ## 13. 您猜得准不准

# %% [markdown] tags=["en"]
# ## 13. How good were your guesses?

# %% tags=["fold"]
calibration("06")

# %% [markdown] tags=["zh"]
# ## 小结
#
# 1. 便宜的新会员可能最贵：花费要除以留下的人。
# 2. 每一步报环节转化率，写明分母；人少，就多说一句“大约”。
# 3. 没到时候的格子不算，更不是零；各批按人数加权。
# 4. 用了的人留得多，不等于用了才留得多；抽签以后再推广。
# 5. 回本、倍数、K 都用自家的数算；一个百分点值多少钱，决定先修哪一步。

# %% [markdown] tags=["en"]
# ## In five lines
#
# 1. The cheapest new member may cost you most: divide the spend by those who stay.
# 2. Give every step rate with its denominator, and say "about" when the numbers are small.
# 3. A month that is not over is left out; it is not zero. Weight cohorts by their people.
# 4. Users stay; that does not mean using it made them stay. Draw lots, then roll out.
# 5. Work out payback, multiple and K from your own figures; what a point is worth decides which step to fix first.

# %% [markdown] tags=["zh"]
# ## 自测
#
# **一、三角的右下角是空的，同事填了零再求平均。结果会怎样？**
# <details><summary>a. 没有影响，反正是零</summary>零会进分子，那些人会进分母。人没走，率先掉了。</details>
# <details><summary>b. 平均被压低，看着像留存变差</summary>对。还没到的月份，上面下面都不算。</details>
# <details><summary>c. 平均被抬高</summary>加零只会往下压，不会往上抬。</details>

# %% [markdown] tags=["en"]
# ## Quiz
#
# **1. The lower right of the triangle is empty; a colleague fills in zeros and takes the average. What happens?**
# <details><summary>a. Nothing, zero adds nothing</summary>The zeros go in above, but those people also go in below. Nobody left, and yet the rate falls.</details>
# <details><summary>b. The average comes out too low, as if retention had got worse</summary>Right. Months that are not over stay out of both sums.</details>
# <details><summary>c. The average rises</summary>Adding zeros can only pull it down.</details>

# %% [markdown] tags=["zh"]
# **二、渠道甲拉一位 50 元，渠道乙 80 元。预算给谁？**
# <details><summary>a. 甲，便宜</summary>便宜的是来，不是留。先看各自第几天回本。</details>
# <details><summary>b. 乙，贵有贵的道理</summary>贵也不等于好。没有看到后来的钱，两边都下不了结论。</details>
# <details><summary>c. 先按渠道算回本，再定</summary>对。同一个窗口，同样满龄的批次，边际贡献对花费。</details>

# %% [markdown] tags=["en"]
# **2. Channel A brings a member for 50 yuan, channel B for 80. Who gets the budget?**
# <details><summary>a. A, it is cheaper</summary>Coming is cheap; staying is another matter. First see on which day each pays back.</details>
# <details><summary>b. B, you get what you pay for</summary>A higher price is no proof either. Without the money that came later, you cannot tell.</details>
# <details><summary>c. Work out payback by channel first</summary>Right. The same window, cohorts old enough, contribution margin against spend.</details>

# %% [markdown] tags=["zh"]
# **三、进了社群的会员，留存高 20 个百分点。下个月该做什么？**
# <details><summary>a. 把所有人拉进群</summary>进群的人是自己选的，爱说话的人本来就留得多。</details>
# <details><summary>b. 解散社群，差别是假的</summary>也不能这么说。里面可能有一部分是真作用，只是还没量出来。</details>
# <details><summary>c. 随机邀一半人进群，两个月后比</summary>对。抽签以后，差出来的才是社群的作用。</details>

# %% [markdown] tags=["en"]
# **3. Retention is 20 points higher among members in the group. What do you do next month?**
# <details><summary>a. Put everybody into the group</summary>Those inside chose to be there; talkative people stay longer anyway.</details>
# <details><summary>b. Close the group, the gap is an illusion</summary>You cannot say that either. Part of it may be real; it has not been measured.</details>
# <details><summary>c. Invite a random half and compare in two months</summary>Right. After a draw by lot, the difference is what the group itself does for retention.</details>

# %% [markdown] tags=["zh"]
# **四、K = 0.9，一轮 4 天。不花钱，一年后会怎样？**
# <details><summary>a. 翻好多倍，0.9 快到 1 了</summary>小于 1 就一轮比一轮少。100 个人加起来到一千左右就停了。</details>
# <details><summary>b. 慢慢停在某个数上</summary>对。一轮九成，加到头是最初的 10 倍。</details>
# <details><summary>c. 归零</summary>新来的越来越少，已经来的人还在。</details>

# %% [markdown] tags=["en"]
# **4. K = 0.9, a round takes 4 days. You spend nothing. Where are you in a year?**
# <details><summary>a. Many times larger, 0.9 is nearly 1</summary>Below 1, each round is smaller than the last. 100 people become about a thousand and stop.</details>
# <details><summary>b. It levels off</summary>Right. Nine tenths a round add up to 10 times the start.</details>
# <details><summary>c. Back to zero</summary>Fewer and fewer come, but those who came are still there.</details>

# %% [markdown] tags=["zh"]
# ## 换成您自己的订单
#
# 把第一个代码格里的 `orders_file` 改成您的文件，再从头运行。只有订单也能跑第 1、4、5 节和第 2 节的漏斗；其余各节会说一句缺什么，然后跳过。文件里最早的那一批，其实是“导出之前就在的老客”，三角的第一行别当真。
#
# 接下来做**实验 06**：按下面的按钮，再点出来的链接。花钱请人回来，第 15 章接着讲。

# %% [markdown] tags=["en"]
# ## Your own orders
#
# Set `orders_file` in the first code cell to your file and run the chapter from the top. Orders alone are enough for sections 1, 4 and 5 and the funnel of section 2; the others say what is missing and skip. The earliest cohort in your file is really "customers from before the export": do not trust the first row of the triangle.
#
# Next: **lab 06**. Press the button below, then follow the link. Paying to win people back is chapter 15.

# %% tags=["fold"]
lab_button("06")
