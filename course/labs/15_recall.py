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
# # 实验 15：把走了的人请回来
#
# 您负责**晨杯**的流失召回。晨杯是一家咖啡连锁，用户用小程序下单。老板批了一笔预算，给很久没来的用户寄试用装和券。他只问一句：这笔钱，赚得回来吗？
#
# **两条路都行。** 不写代码：做 A 部分，看图，选，写备忘录，约 25 分钟。会一点 pandas：再做 B 部分，七题，约 60 分钟。
#
# 每题下面有 `check`。它不打分，只告诉您接着看哪里。

# %% [markdown] tags=["en"]
# # Lab 15: winning customers back
#
# You look after win-back at **Morningcup**, a coffee chain whose users order in an app. The boss has set a budget aside: a sample and a coupon for users who have not come for a long time. He has one question: will the money come back?
#
# **Two ways in.** Without code: do part A, look at the pictures, choose, write the memo, about 25 minutes. With a little pandas: do part B as well, seven questions, about 60 minutes.
#
# Below each question stands a `check`. It gives no marks; it tells you where to look next.

# %% [markdown] tags=["zh"]
# 先按菜单“运行 → 运行所有单元格”，控件才会动。没做的题会显示“还没作答”，这是正常的。做完一题，只要重新运行那一格和它下面的 `check`（按 Shift + Enter）。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu, so that the controls come alive. Questions you have not answered say "not done yet"; that is as it should be. After each answer, run its cell and the `check` below it again (Shift + Enter).

# %% tags=["parameters"]
language = "zh"
company = "morningcup"
as_of = "2026-06-30"

# %% tags=["fold"]
import numpy as np
import pandas as pd

from crmlab import charts, check, checkpoint, counted_orders, decide, experiment, explore, hint, load, memo, rfm, say
from crmlab import score_card, show, start_lab, t, use_style, value, winback
from crmlab.questions.lab15 import Answers
from crmlab.tables import yuan

use_style(language)
as_of = pd.Timestamp(as_of)
orders, consents, touches = (load(company, name) for name in ("orders", "consents", "touches"))
provided = Answers(company, f"{as_of:%Y-%m-%d}")
start_lab("15", company, as_of=f"{as_of:%Y-%m-%d}")

# %% [markdown] tags=["zh"]
# ## A 部分：拿主意
#
# ### 15.A1 谁算流失
#
# 站到半年前，用四条规则各判一次，再看往后 180 天谁其实又来了。图里每一条横杠是一条规则，分成三段：叫对的，冤枉的，漏掉的。a：90 天没买；b：超过自己平常间隔的两倍；c：30 天没买；d：这个月还没买过。

# %% [markdown] tags=["en"]
# ## Part A: decide
#
# ### 15.A1 Who has lapsed
#
# Stand half a year back, judge everybody by four rules, and see who did come in the next 180 days. Each bar is a rule, in three parts: named rightly, named wrongly, missed. (a) no order for 90 days; (b) away for more than twice her own usual gap; (c) no order for 30 days; (d) no order yet this calendar month.

# %% tags=["fold"]
verdicts = provided.verdicts.assign(definition=[f"({letter})" for letter in "abcd"])
ax = charts.winback.definitions(verdicts)
missing, blaming = verdicts.loc[verdicts["missed"].idxmax()], verdicts.loc[verdicts["back"].idxmax()]
title = say(
    zh=f"{missing['definition']} 漏掉 {missing['missed']:,} 位；{blaming['definition']} 冤枉 {blaming['back']:,} 位",
    en=f"{missing['definition']} misses {missing['missed']:,}; {blaming['definition']} blames {blaming['back']:,} wrongly",
)
ax.set(title=title, xlabel=say(zh="人数（右边：叫到的人里，后来又买的）", en="customers (right: of those named, the share that bought again)"))
ends = verdicts[["gone", "back", "missed"]].sum(axis=1)
for place, end, wrong in zip(range(len(verdicts))[::-1], ends, verdicts["wrong"]):
    ax.annotate(f"{wrong:.1%}", (end, place), xytext=(6, -4), textcoords="offset points")
ax.set_xlim(0, 1.1 * ends.max())
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncol=3)
ax

# %% tags=["starter"]
decide("15.A1")

# %% tags=["solution"]
table = provided.verdicts
fair = table[table["wrong"] <= 0.10]
decide("15.A1", choice=fair["missed"].idxmin() if len(fair) else table["wrong"].idxmin())

# %%
check("15.A1")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）每桌先说自己公司的规则是几天，再看图。追问：“寄的要是一条推送，不是一份试用装，您还选这条吗？”冤枉一位便宜了，线就可以画早一点。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Each table says how many days its own company uses, then looks at the picture. Ask: "If it were a push message and not a parcel, would you choose the same?" When a wrong name costs little, the line may be drawn earlier.

# %% [markdown] tags=["zh"]
# ### 15.A2 这笔预算寄给谁
#
# 大促那几天，名单已经按规矩拉好：退订的、撤回同意的、没同意的、这一周收够的，都请走了。以往各批都随机留了空白组，选一类人，看寄一份比不寄多赚多少，再看这类人回来了几成。

# %% [markdown] tags=["en"]
# ### 15.A2 Who gets the budget
#
# It is sale time, and the list has been drawn up by the rules: those who opted out, took their consent back, never agreed, or had enough messages this week are off it. Every wave so far had a random hold-out. Choose a kind of user and see what a parcel earned compared with sending nothing, and how many came back.

# %% tags=["fold"]
def what_it_brought(kind="a"):
    found = winback.result(provided.past(kind))
    ax = charts.winback.arms(found)
    (held, sent), gain = found["rate"], yuan(found["gain"].iloc[1], 1)
    ax.set_title(say(zh=f"每寄一位 {gain}；回来的：空白组 {held:.0%}，寄了的 {sent:.0%}", en=f"{gain} per parcel; came back: hold-out {held:.0%}, parcel {sent:.0%}"))
    return ax


kinds = [
    (say(zh="全部", en="everybody"), "a"),
    (t("used_coupon"), "b"),
    (t("full_price"), "n"),
    (say(zh="花钱最多的", en="the biggest spenders"), "c"),
]
explore(what_it_brought, kind=kinds)

# %% tags=["starter"]
decide("15.A2")

# %% tags=["solution"]
decide("15.A2", choice=provided.best_way)

# %%
check("15.A2")

# %% [markdown] tags=["zh"]
# 选好了，运行下一格拆信封。这家公司是造出来的，我们知道每一位**本来会**让公司多赚多少；真实的公司永远看不到。

# %% [markdown] tags=["en"]
# Once you have chosen, run the next cell to open the envelope. This company is made up, so we know what a parcel **would have** earned with each user; a real company never sees it.

# %% tags=["fold"]
chosen = decide("15.A2").choice is not None
spent, earned = say(zh="花费", en="spent"), say(zh="本来会赚", en="would have earned")
envelope = provided.settled.rename(columns={"outlay": spent, "profit": earned}) if chosen else None
show(envelope.reset_index(drop=True), money=[spent, "gain_head", earned]) if chosen else say(zh="先选，再拆信封。", en="Choose first, then open it.")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）每桌写下选项和理由，再一起拆信封，念四个数。选“花钱最多的”的桌最多，问他们：“值钱和请得动，是一回事吗？”选“用过券的”也别急着夸：以往的区间还碰着零，下一批照样要留空白组。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Each table writes down its choice and reason; then open the envelope together and read out the four figures. Most choose the biggest spenders; ask: "Is being valuable the same as being movable?" Do not praise the coupon users too soon: the interval of the past waves still touches zero, so the next wave keeps a hold-out too.

# %% [markdown] tags=["zh"]
# ### 15.A3 试点的结果怎么读
#
# 去年试过视频回访：给流失的用户打一个视频电话，每位 12 元人工。题目里有结果。先拖一拖：人数多少，才看得出多大的差？

# %% [markdown] tags=["en"]
# ### 15.A3 How to read a pilot
#
# Last year video calls were tried on lapsed users, at 12 yuan of staff time each. The question holds the result. Move the control first: with how many people does one see how large a gap?

# %% tags=["fold"]
def seen(people=20):
    points = 100 * experiment.smallest_effect(people, people, provided.base)
    return say(
        zh=f"平常回来 {provided.base:.0%}，每组 {people} 位：多回来 {points:.0f} 个百分点以上，才多半看得出来（八成把握）。",
        en=f"{provided.base:.0%} return anyway. With {people} people a group, only a gap of {points:.0f} points or more would probably show (four chances in five).",
    )


explore(seen, people=(20, 2000, 20))

# %% tags=["starter"]
decide("15.A3")

# %% tags=["solution"]
lift = provided.pilot["lift"]
decide("15.A3", choice="a" if lift.low > 0 else "b" if lift.high < 0 else "c")

# %%
check("15.A3")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）先举手：推广、停掉、再看。多数人会说“先停”。问：“要是它其实有用呢？”再念 `check` 里每周看一次的那个比例。B 部分（60 分钟）让会代码的两人一组，卡住五分钟再看提示。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Hands up: roll out, stop, wait? Most will say stop. Ask: "And if it does work?" Then read from the `check` how often looking every week finds something that is not there. Part B (60 minutes): pairs who code; a hint after five minutes of being stuck.

# %% [markdown] tags=["zh"]
# 只走 A 部分的，可以直接跳到最后写**决策备忘录**。

# %% [markdown] tags=["en"]
# If you do part A only, go straight to the **decision memo** at the end.

# %% [markdown] tags=["zh"]
# ## B 部分：算出来
#
# ### 15.1 每人自己的节奏
#
# 下过三单及以上、不全在同一天的用户，每人一行，放进 `rhythm`：`customer_id`；`gap`，平均隔几天买一次（最后一天减第一天，除以单数减 1）；`gone`，到 `as_of` 没来的天数是不是大于 2 × `gap`（True / False）。只算**算数的**订单，只数日期，不数钟点。

# %% [markdown] tags=["en"]
# ## Part B: compute
#
# ### 15.1 Everybody's own rhythm
#
# One row for each user with three orders or more, not all on one day, in a table `rhythm`: `customer_id`; `gap`, the mean days between orders (last day minus first day, divided by orders minus 1); `gone`, whether the days away at `as_of` are more than 2 × `gap` (True / False). Use only orders that **count**, and dates without hours.

# %% tags=["starter"]
rhythm = ...

# %% tags=["solution"]
bought = counted_orders(orders)
rhythm = bought.groupby("customer_id")["paid_at"].agg(["min", "max", "size"]).reset_index()
first, last = rhythm["min"].dt.normalize(), rhythm["max"].dt.normalize()
rhythm["gap"] = (last - first).dt.days / (rhythm["size"] - 1)
rhythm["gone"] = (as_of - last).dt.days > 2 * rhythm["gap"]
rhythm = rhythm[(rhythm["size"] >= 3) & (last > first)]

# %%
check("15.1")

# %% tags=["solution"]
tool = winback.lapsed(rfm.summary(orders, as_of), times=2).set_index("customer_id").loc[rhythm["customer_id"]]
say(
    zh=f"工具 `winback.lapsed` 一行得出，{'与手算一致' if (tool['by_gap'].to_numpy() == rhythm['gone']).all() else '与手算不一致'}：{tool['by_gap'].sum():,} 位。",
    en=f"One line of `winback.lapsed` {'agrees' if (tool['by_gap'].to_numpy() == rhythm['gone']).all() else 'disagrees'}: {tool['by_gap'].sum():,}.",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 天天来的人，十天没来就该问；一月来一次的，十天很平常。三单之间只有两个间隔，所以除以单数减 1。在 A1 里拿它和 30 天比一比：大家的两倍间隔都在 30 天上下，两条才差不多；间隔长的生意，30 天会冤枉很多人。常见的错：拿全体的平均当每个人的线；把退款和没付款的单也数进去。

# %% [markdown] tags=["solution", "en"]
# **Why.** For somebody who comes daily, ten days of silence mean something; for somebody who comes monthly, nothing. Three orders have two gaps between them, hence orders minus 1. In A1, hold it against the 30 days: the two come out alike only where twice the usual gap is about 30 days. Where people come less often, 30 days would blame many. Usual mistakes: the mean of all as everybody's line, and counting orders unpaid or refunded.

# %% [markdown] tags=["zh"]
# 卡住了就运行 `hint("15.1")`；想先看正确答案的样子，运行 `checkpoint("15.1")`。每一题要用的表都备好了，上一题没做完也能继续。

# %% [markdown] tags=["en"]
# Stuck? Run `hint("15.1")`; to see what a right answer looks like, `checkpoint("15.1")`. What a question needs is provided, so you can go on without the one before.

# %% [markdown] tags=["zh"]
# ### 15.2 谁可以发短信
#
# `asleep` 是 90 到 365 天没买的用户，短信定在 `send_at` 发，里面有价格。用 `touches` 和 `consents` 两张表，只看 `send_at` 之前的事。照下面的顺序请人，每条只数**前面没请走的**，放进 `account`：`rule` 和 `removed` 两列，四行：
#
# - `opted_out`：收到哪条消息后退订过，不管哪个渠道；
# - `withdrawn`：同意过短信营销，都撤回了；
# - `no_consent`：从没同意过短信营销；
# - `too_often`：之前 7 天发了 3 条或更多营销消息，送没送到都算。

# %% [markdown] tags=["en"]
# ### 15.2 Whom you may text
#
# `asleep` holds users 90 to 365 days without an order. A text with a price is to go out at `send_at`. Use the tables `touches` and `consents`, and only what happened before `send_at`. Apply the rules in this order, count for each **only those not yet gone**, and put `rule` and `removed` into `account`, four rows:
#
# - `opted_out`: opted out after some message, in whatever channel;
# - `withdrawn`: agreed to marketing texts and took every such consent back;
# - `no_consent`: never agreed to marketing texts;
# - `too_often`: three marketing messages or more sent in the 7 days before, delivered or not.

# %% tags=["checkpoint"]
asleep, send_at = provided.asleep[["customer_id", "recency"]], provided.send_at
say(zh=f"{len(asleep):,} 位，{send_at:%Y-%m-%d %H:%M} 发", en=f"{len(asleep):,} users, to be sent at {send_at:%Y-%m-%d %H:%M}")

# %% tags=["starter"]
account = ...

# %% tags=["solution"]
ids, past = asleep["customer_id"], touches[touches["sent_at"] < send_at]
given = consents[(consents["channel"] == "sms") & (consents["purpose"] == "marketing") & (consents["granted_at"] <= send_at)]
live = given[~(given["withdrawn_at"] <= send_at)]
week = past[(past["sent_at"] >= send_at - pd.Timedelta(days=7)) & (past["purpose"] == "marketing")]
rules = {
    "opted_out": ids.isin(past.loc[past["opted_out"] == 1, "customer_id"]),
    "withdrawn": ids.isin(given["customer_id"]) & ~ids.isin(live["customer_id"]),
    "no_consent": ~ids.isin(given["customer_id"]),
    "too_often": ids.map(week["customer_id"].value_counts()).fillna(0) >= 3,
}
stays, rows = pd.Series(True, ids.index), []
for rule, mask in rules.items():
    rows.append((rule, (mask & stays).sum()))
    stays &= ~mask
account = pd.DataFrame(rows, columns=["rule", "removed"])

# %%
check("15.2")

# %% tags=["solution"]
barred = winback.blockers(asleep, consents, touches, send_at, "sms")
listed, counted = winback.contact_list(asleep, {rule: barred[rule] for rule in rules})
same = counted["removed"].tolist() == account["removed"].tolist()
say(
    zh=f"工具 `winback.blockers` 加 `contact_list`，{'与手算一致' if same else '与手算不一致'}：还剩 {len(listed):,} 位。",
    en=f"`winback.blockers` with `contact_list` {'agrees' if same else 'disagrees'}: {len(listed):,} are left.",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 不知道，就当没同意；同意是按渠道、按用途给的，同意取餐通知不等于同意广告。退订却不分渠道：他说的是“别再发”。常见的错：一个人在几条规则里数了几遍，加起来比名单还多。

# %% [markdown] tags=["solution", "en"]
# **Why.** Unknown counts as no. A consent is given for a channel and a purpose: agreeing to order notices is not agreeing to advertising. An opt-out, though, holds in every channel, for "stop" was what was said. Usual mistake: counting somebody under several rules, until more people are removed than there were.

# %% [markdown] tags=["zh"]
# ### 15.3 要多少人才看得出
#
# 空白组里自己回来的比例是 `base`。想看出多回来 4 个**百分点**，每组要多少人？双侧 5%，八成把握，两组一样大。放进 `needed`。

# %% [markdown] tags=["en"]
# ### 15.3 How many people it takes
#
# Of the hold-out, a share `base` returns anyway. How many people must each group have to see 4 **points** more? Two-sided 5%, four chances in five, two equal groups. Put the number into `needed`.

# %% tags=["checkpoint"]
base = provided.base
round(base, 4)

# %% tags=["starter"]
needed = ...

# %% tags=["solution"]
step = 2 * np.arcsin(np.sqrt(base + 0.04)) - 2 * np.arcsin(np.sqrt(base))
needed = int(np.ceil(2 * (1.96 + 0.84) ** 2 / step**2))

# %%
check("15.3")

# %% tags=["solution"]
say(
    zh=f"手算 {needed:,}，工具 `experiment.sample_size` 给 {experiment.sample_size(base, 0.04):,}：差几位，是 1.96 和 0.84 只取了两位小数。",
    en=f"By hand {needed:,}, by `experiment.sample_size` {experiment.sample_size(base, 0.04):,}; the few between them come from rounding 1.96 and 0.84.",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 两组都是抽来的，都有误差，所以前面乘 2；1.96 管“别把碰巧当效果”，0.84 管“别把效果漏掉”。常见的错：把 4 个百分点当成 4%；报了两组的总数；用了单侧检验。

# %% [markdown] tags=["solution", "en"]
# **Why.** Both groups are drawn, and both have an error: hence the 2. The 1.96 guards against taking luck for an effect, the 0.84 against missing an effect. Usual mistakes: 4% for 4 points, the total of both groups, a one-sided test.

# %% [markdown] tags=["zh"]
# ### 15.4 多带回来几位
#
# `people` 是看满 90 天的各批试用装活动里抽过签的人，`arm` 是 `coupon`（试用装加券）、`service`（关怀）或 `holdout`（空白组），`returned` 是开始后 40 天里回来没有。试用装加券比空白组多回来几个百分点？把差和 95% 区间放进 `effect`：`(差, 下限, 上限)`，写成小数，0.05 就是 5 个百分点。

# %% [markdown] tags=["en"]
# ### 15.4 How many more came back
#
# `people` holds everybody drawn in the sample campaigns that have run their 90 days; `arm` is `coupon` (sample and coupon), `service` or `holdout`, and `returned` says whether they came within 40 days of the start. What share more returned with sample and coupon than in the hold-out? Put the difference and its 95% interval into `effect`: `(difference, low, high)`, as shares (0.05 is 5 points).

# %% tags=["checkpoint"]
people = provided.people
people.groupby("arm")["returned"].size()

# %% tags=["starter"]
effect = ...

# %% tags=["solution"]
arms = people.groupby("arm")["returned"].agg(["sum", "size"])
effect = experiment.difference(*arms.loc["coupon"], *arms.loc["holdout"])

# %%
check("15.4")

# %% tags=["solution"]
tables = [load(company, name) for name in ("campaigns", "assignments", "touches")]
margins = value.margins(orders, load(company, "order_lines"), load(company, "products"))
waves = winback.outcomes(*tables, margins, as_of)
tool = winback.result(waves[waves["campaign_id"].isin(people["campaign_id"])]).set_index("arm").loc["coupon"]
by_hand = arms["sum"]["coupon"] / arms["size"]["coupon"] - arms["sum"]["holdout"] / arms["size"]["holdout"]
say(
    zh=f"两个比例直接相减 {by_hand:.4f}，工具 `winback.result` 从原始各表算起 {tool['lift']:.4f}。",
    en=f"Subtracting the two shares gives {by_hand:.4f}; `winback.result`, from the tables up, {tool['lift']:.4f}.",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 只有抽签抽出来的空白组，才说得出“没寄会怎样”。常见的错：只报寄了的人回来几成；只看打开了消息的人，那等于把热心的挑出来比；拿别的组一起当空白组。

# %% [markdown] tags=["solution", "en"]
# **Why.** Only a hold-out drawn by lot can say what would have happened without the parcel. Usual mistakes: the share of those written to who came back, standing alone; only those who opened, which picks the keen ones; other arms thrown into the hold-out.

# %% [markdown] tags=["zh"]
# ### 15.5 赚还是亏
#
# `people` 里还有开始后 90 天的钱，每人一行，单位元：`amount` 实付（券已经扣过），`goods` 货本，`delivery` 配送，`offer` 试用装或人工，`messages` 消息费，`coupons` 用掉的召回券。算试用装加券比空白组**人均**多赚几元，再算 ROI：多赚的，除以这一组人均的活动成本（`offer` 加 `messages`）。放进 `worth`：`(gain, roi)`。

# %% [markdown] tags=["en"]
# ### 15.5 Profit or loss
#
# `people` also has the money of the 90 days after the start, in yuan per person: `amount` paid (coupons are off already), `goods`, `delivery`, `offer` (sample or staff time), `messages`, and `coupons`, the win-back coupons used. How many yuan **per head** more than the hold-out did sample and coupon earn? And what is its ROI: that gain divided by the campaign's cost a head in this arm (`offer` plus `messages`)? Put `(gain, roi)` into `worth`.

# %% tags=["starter"]
worth = ...

# %% tags=["solution"]
cost = people["offer"] + people["messages"]
profit = people["amount"] - people["goods"] - people["delivery"] - cost
heads = profit.groupby(people["arm"]).mean()
gain = heads["coupon"] - heads["holdout"]
worth = (gain, gain / cost[people["arm"] == "coupon"].mean())

# %%
check("15.5")

# %% tags=["solution"]
same = np.allclose(worth, tool[["gain", "roi"]].astype(float))
say(
    zh=f"工具 `winback.result` 的 gain 和 roi，{'与手算一致' if same else '与手算不一致'}。",
    en=f"gain and roi of `winback.result` {'agree' if same else 'disagree'} with those by hand.",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 人多回来了，钱不一定：自己会回来的人也拿了试用装、用了券。券已经在 `amount` 里扣掉，再减就减了两次。常见的错：拿实付金额当利润；漏了试用装；只看寄了的人赚多少。

# %% [markdown] tags=["solution", "en"]
# **Why.** More people need not mean more money: those who come anyway got a sample and used the coupon too. The coupon is off `amount` already; take it off again and it counts twice. Usual mistakes: revenue for profit, the samples forgotten, only the profit of those written to.

# %% [markdown] tags=["zh"]
# ### 15.6 哪一类人请得动
#
# `people_ok` 多了一列 `profit`。按活动开始**之前**最后一笔算数的订单有没有用券（`coupon_id` 空不空）分两类，每类里试用装加券减空白组。放进 `habits`，两行：`habit`（`used_coupon`、`full_price`），`lift`（多回来几个百分点，写成小数），`gain`（人均多赚几元）。

# %% [markdown] tags=["en"]
# ### 15.6 Which kind can be moved
#
# `people_ok` has a further column, `profit`. Sort people into two kinds by their last order that counts **before** the campaign began: with a coupon or not (`coupon_id` missing or not). Within each kind, sample and coupon minus hold-out. Put two rows into `habits`: `habit` (`used_coupon`, `full_price`), `lift` (share more who returned), `gain` (yuan per head more).

# %% tags=["checkpoint"]
people_ok = people.assign(profit=provided.profit)
bought = counted_orders(orders)

# %% tags=["starter"]
habits = ...

# %% tags=["solution"]
keys = ["campaign_id", "customer_id"]
before = people_ok[[*keys, "starts_on"]].merge(bought, on="customer_id")
before = before[before["paid_at"] < before["starts_on"]].sort_values("paid_at").drop_duplicates(keys, keep="last")
kinds = people_ok.merge(before[[*keys, "coupon_id"]], on=keys, how="left")
kinds["habit"] = np.where(kinds["coupon_id"].notna(), "used_coupon", "full_price")
means = kinds.groupby(["habit", "arm"])[["returned", "profit"]].mean().unstack()
habits = pd.DataFrame({
    "lift": means["returned"]["coupon"] - means["returned"]["holdout"],
    "gain": means["profit"]["coupon"] - means["profit"]["holdout"],
}).reset_index()

# %%
check("15.6")

# %% tags=["solution"]
tool = winback.by_group(kinds, "habit", ["coupon"])
same = np.allclose(tool[["lift", "gain"]].astype(float), habits[["lift", "gain"]])
print(say(zh="与手算一致" if same else "与手算不一致", en="as by hand" if same else "not as by hand"))
shown = tool.rename(columns={"habit": "kind", "gain": "gain_head"}).assign(kind=[t(one) for one in tool["habit"]])
shown[["extra_returns", "low", "high"]] = (100 * shown[["lift", "low", "high"]]).astype(float).round(1)
show(shown[["kind", "extra_returns", "low", "high", "gain_head", "gain_low", "gain_high"]])

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 分类要用活动开始前就有的东西，不然等于按结果分人：用了召回券的，当然都“用过券”。每一类减自己那一类的空白组，因为两类人本来就不一样。这是一组人的差，不是哪个人的性格。

# %% [markdown] tags=["solution", "en"]
# **Why.** Sort by what was known before the start, or you sort by the result: whoever used the win-back coupon has of course "used a coupon". Each kind has its own hold-out, because the two differ to begin with. It is a gap between groups and says nothing about any one person.

# %% [markdown] tags=["zh"]
# ### 15.7 寄到队里的第几成
#
# `queue` 是 `coupon` 和 `holdout` 两组人，`place` 是排队的名次，1 最值得寄，由**没见过他**的模型排。对 0.1、0.2……1.0 每个 `share`：取最前面 `round(share * len(queue))` 位，算其中 `coupon` 的平均 `profit` 减 `holdout` 的，再乘 `share`，就是**全队人均**多赚几元。放进 `curve`，两列：`share`、`gain`。

# %% [markdown] tags=["en"]
# ### 15.7 How far down the queue
#
# `queue` holds the arms `coupon` and `holdout`; `place` is the place in the queue, 1 the most promising, given by a model that **has not seen that person**. For each `share` of 0.1, 0.2 ... 1.0: take the first `round(share * len(queue))`, work out the mean `profit` of `coupon` minus that of `holdout` among them, and multiply by `share`. That is the gain **per head of the whole queue**. Put `share` and `gain` into `curve`.

# %% tags=["checkpoint"]
queue = provided.queue[["customer_id", "arm", "profit", "place"]]
queue.groupby("arm")["place"].agg(["size", "mean"]).round(1)

# %% tags=["starter"]
curve = ...

# %% tags=["solution"]
rows = []
for share in np.arange(1, 11) / 10:
    top = queue[queue["place"] <= round(share * len(queue))]
    mean = top.groupby("arm")["profit"].mean()
    rows.append((share, share * (mean["coupon"] - mean["holdout"])))
curve = pd.DataFrame(rows, columns=["share", "gain"])

# %%
check("15.7")

# %% tags=["solution"]
tool = winback.targeting_curve(-queue["place"], queue["arm"].eq("coupon"), queue["profit"])
gap = np.abs(tool["gain"].iloc[2::2].to_numpy() - curve["gain"]).max()
print(say(zh="与手算一致" if gap < 1e-6 else "与手算不一致", en="as by hand" if gap < 1e-6 else "not as by hand"))
charts.winback.targeting(tool)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 先涨，是前面的人请得动；后跌，是后面的多寄一份多亏一份。乘 `share` 才能拿同一把尺子比。曲线的带子很宽，最高点又是挑出来的，所以它只是下一批的起点，照样要留空白组。常见的错：不减同一段里的空白组；拿训练用的人画曲线。

# %% [markdown] tags=["solution", "en"]
# **Why.** It rises because those in front can be moved, and falls because every further parcel loses money. Multiplying by `share` puts all points on one scale. The band is wide and the highest point is a picked one, so it is where the next wave starts, with a hold-out again. Usual mistakes: not taking the hold-out of the same front part, and drawing the curve on the people the model was trained on.

# %% [markdown] tags=["zh"]
# ## 决策备忘录
#
# 写给老板，一页纸。边写边存。要打印，点“生成一页备忘”，再点出来的链接；那一页存在 `my_work/`。

# %% [markdown] tags=["en"]
# ## Decision memo
#
# One page for the boss. It is saved as you type. To print, press "Make it one page" and follow the link; the page is kept in `my_work/`.

# %%
memo("15")

# %% [markdown] tags=["zh"]
# ## 做到哪儿了

# %% [markdown] tags=["en"]
# ## How far you are

# %%
score_card("15")
