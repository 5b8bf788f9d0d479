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
# # 实验 06：下个月的增长
#
# 您接手**晨杯**的用户增长。晨杯是一家咖啡连锁，用户用小程序下单。老板下周要听三件事：钱先加在哪里，新用户怎么留住，邀请能不能自己滚起来。
#
# **两条路都行。** 不写代码：做 A 部分，看图，选一选，写备忘录，约 25 分钟。会一点 pandas：再做 B 部分，七题，约 60 分钟。
#
# 每题下面有 `check`。它不打分，只告诉您接着看哪里。

# %% [markdown] tags=["en"]
# # Lab 06: growth next month
#
# You have taken over user growth at **Morningcup**, a coffee chain whose users order in an app. Next week the boss wants three answers: where the extra money goes first, how to keep new users, and whether invitations can take off by themselves.
#
# **Two ways in.** No code: do part A. Look at the pictures, choose, write the memo; about 25 minutes. A little pandas: do part B as well, seven questions, about 60 minutes.
#
# Each question has a `check` below it. It gives no marks; it tells you where to look next.

# %% [markdown] tags=["zh"]
# 先按菜单“运行 → 运行所有单元格”，控件才会动。没做的题会显示“还没作答”，这是正常的。A 部分点选项就行；B 部分做完一题，重新运行那一格和它下面的 `check`（按 Shift + Enter）。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu, so that the controls work. Questions you have not answered say "not done yet"; that is fine. In part A just click. In part B, after each answer run its cell and the `check` below it again (Shift + Enter).

# %% tags=["parameters"]
language = "zh"
company = "morningcup"
as_of = "2026-06-30"

# %% tags=["fold"]
import numpy as np
import pandas as pd

from crmlab import charts, check, checkpoint, counted_orders, decide, experiment, explore, funnel, hint, load, memo
from crmlab import retention, say, score_card, show, start_lab, t, use_style, value
from crmlab.questions.lab06 import Answers

use_style(language)
as_of = pd.Timestamp(as_of)
orders, members, invites = (load(company, name) for name in ("orders", "members", "invites"))
lines, products, spend = (load(company, name) for name in ("order_lines", "products", "spend"))
provided = Answers(company, f"{as_of:%Y-%m-%d}")
start_lab("06", company, as_of=f"{as_of:%Y-%m-%d}")

# %% [markdown] tags=["zh"]
# ## A 部分：拿主意
#
# ### 06.A1 多出来的钱先给谁
#
# 表里的用户，加入都满 270 天了。先猜：最便宜的渠道，是不是最先回本？猜好了，再把图里的天数往后拖，看哪条线先过零。

# %% [markdown] tags=["en"]
# ## Part A: decide
#
# ### 06.A1 Who gets the extra money
#
# Everybody in the table joined at least 270 days ago. Guess first: does the cheapest channel pay back first? Then move the days slider and see which line crosses zero first.

# %% tags=["fold"]
table = provided.channels()
table["channel"] = [t(f"channel_{code}") for code in table["channel"]]
show(table[["channel", "customers", "cac"]], money="cac")

# %% tags=["fold"]
margins = value.margins(orders, lines, products)
curves = value.curves(members, margins, as_of, days=270)
paid_back = value.payback(members, margins, spend, as_of, days=270)


def margin_so_far(days=30):
    ax = charts.value.payback(curves, paid_back, days=days)
    done = (paid_back["payback"] <= days).sum()
    title = say(zh=f"到第 {days} 天，{done} 个渠道回了本", en=f"Paid back by day {days}: {done} of {len(paid_back)} channels")
    ax.set_title(title)
    return ax


explore(margin_so_far, days=(30, 270, 30))

# %% tags=["fold"]
ratio = paid_back.rename(columns={"ratio_low": "low", "ratio_high": "high"})
names = [f"{t('channel_' + row.channel)}  ¥{row.cac:,.0f}" for row in ratio.itertuples()]
top = ratio.loc[ratio["ratio"].idxmax()]
best = t(f"channel_{top['channel']}")
title = say(zh=f"270 天里，{best}每花一元赚回 {top['ratio']:.2f} 元", en=f"Each yuan spent on {best} earned {top['ratio']:.2f} in 270 days")
axis = say(zh="边际贡献 ÷ 获客成本（横杠是 95% 区间）", en="contribution margin ÷ CAC (bar: 95% interval)")
charts.funnel.dots(ratio, names, title, axis, line=1, value="ratio", share=False)

# %% tags=["starter"]
decide("06.A1")

# %% tags=["solution"]
decide("06.A1", choice="abc"[provided.choice.index(provided.best)] if provided.best else "d")

# %%
check("06.A1")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）先让每桌按获客成本排名次，写在白板左边；拖完图再按回本排，写在右边，连线。追问：“多给一倍的钱，多来的人还和以前一样好吗？”

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). Each table ranks the channels by cost on the left of the board, then by payback on the right; then join them up with lines. Ask: "With twice the money, are the extra people as good as the ones you get now?"

# %% [markdown] tags=["zh"]
# ### 06.A2 人人发券？
#
# 激活是新用户头几天做的关键动作（题目里写了是哪一个），留存是过了一到三个月还在买。先看“自己激活没激活”，再换成“抽签抽到什么”：去年有一批新用户是抽签决定给不给引导的。

# %% [markdown] tags=["en"]
# ### 06.A2 A coupon for everybody?
#
# Activation is the key thing a new user does in the first days (the question says what); retention is still buying one to three months later. First look at those who activated by themselves. Then switch to the lots: last year, for one batch of new users, a draw decided who got a guide.

# %% tags=["fold"]
def who_stayed(by="behaviour"):
    groups = provided.activation(by)
    gap = groups["retained"].iloc[0] - groups["retained"].iloc[1]
    title = say(zh=f"留存相差 {100 * gap:.1f} 个百分点", en=f"Retention differs by {100 * gap:.1f} points")
    names = groups["group"].tolist()
    if by == "lot":
        names = [f"{row.group}\n{t('activated')} {row.activated:.0%}" for row in groups.itertuples()]
    first, last = provided.window
    axis = say(zh=f"加入后第 {first + 1} 到 {last} 天又买过", en=f"bought between day {first + 1} and day {last}")
    return charts.funnel.dots(groups, names, title, axis, value="retained")


kinds = [(say(zh="自己激活没激活", en="activated or not"), "behaviour"), (say(zh="抽签抽到什么", en="guide or not, by lot"), "lot")]
explore(who_stayed, by=kinds)

# %% tags=["starter"]
decide("06.A2")

# %% tags=["solution"]
decide("06.A2", choice="b" if provided.effect.low > 0 else "d")

# %%
check("06.A2")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）停在第一张图上投票，再切到第二张。多数人会改主意。追问：“差距为什么小了这么多？”两个原因：引导只推动了一部分人；自己激活的人，本来就更爱来。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Vote on the first picture, then switch to the second; most change their minds. Ask: "Why is the gap so much smaller?" Two reasons: the guide moved only some people, and those who activate on their own were keener to begin with.

# %% [markdown] tags=["zh"]
# ### 06.A3 坏月份
#
# 每一行是一批用户：首单在那个月的人，90 天内又买过的有多少。横杠是 95% 区间。换个渠道看看，这个月是不是只坏在一个渠道里。

# %% [markdown] tags=["en"]
# ### 06.A3 The bad month
#
# Each row is a cohort: of those whose first order was in that month, how many bought again within 90 days. The bar is the 95% interval. Switch the channel: is the month bad in one channel only?

# %% tags=["fold"]
def second_orders(channel="all"):
    months = provided.months(channel)
    lit = months.index[months["cohort"] == provided.bad_month["month"]][0]
    rate = months.loc[lit, "rate"]
    title = say(zh=f"{months.loc[lit, 'cohort']} 那批，{rate:.0%} 又买了", en=f"{rate:.0%} of the {months.loc[lit, 'cohort']} cohort bought again")
    axis = say(zh="首单后 90 天内又买过", en="bought again within 90 days of the first order")
    return charts.funnel.dots(months, months["cohort"].tolist(), title, axis, lit=lit)


names = [(say(zh="全部", en="all"), "all"), *[(t(f"channel_{code}"), code) for code in provided.cac.index]]
explore(second_orders, channel=names)

# %% tags=["starter"]
decide("06.A3")

# %% tags=["solution"]
decide("06.A3", choice="b" if provided.bad_month["gap"].high < 0 else "d")

# %%
check("06.A3")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）先问：“换哪个渠道，这个月就不坏了？”试一圈，没有。再让人去翻日历表。别让大家只凭一个月的数改产品。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Ask: "In which channel is that month not bad?" Try them all: none. Then send somebody to the calendar table. Nobody should rebuild a product on one month's figure.

# %% [markdown] tags=["zh"]
# ### 06.A4 自己会长的群
#
# K = 每位邀请人带来几位新用户。虚线是 1：过了线，看上去就会自己长。区间是按“从这么多群里挑最高的”放宽过的。

# %% [markdown] tags=["en"]
# ### 06.A4 The group that grows by itself
#
# K = new users per inviter. The dashed line is 1: beyond it, a group looks as if it grows by itself. The intervals are wider than usual, because we pick the highest of so many groups.

# %% tags=["fold"]
def invitations(by="community_id"):
    groups = provided.k_by(by)
    names = groups[by] if by == "community_id" else [t(f"channel_{code}") for code in groups[by]]
    top = groups["k"].iloc[0]
    title = say(zh=f"最高的是 {names[0]}：K = {top:.2f}", en=f"Highest: {names[0]}, K = {top:.2f}")
    axis = say(zh="每位邀请人带来几位", en="newcomers per inviter")
    return charts.funnel.dots(groups, list(names), title, axis, line=1, lit=0, value="k", share=False)


ways = [(say(zh="按社群", en="by community"), "community_id"), (say(zh="按方式", en="by way of inviting"), "channel")]
explore(invitations, by=ways)

# %% tags=["starter"]
decide("06.A4")

# %% tags=["solution"]
decide("06.A4", choice="b" if provided.star["low"] > 1 else "c")

# %%
check("06.A4")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）让大家先算：100 人、K 等于 2，三轮以后多少人？再读 `check` 里第二轮的数。K 是邀请人的，新来的人不一定去邀请。B 部分（60 分钟）让会代码的两人一组，卡住五分钟再看提示。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Let them work it out: 100 people, K of 2, how many after three rounds? Then read the second round in the `check`. K is about those who invite; newcomers may not invite at all. Part B (60 minutes): those who code work in pairs; a hint after five minutes of being stuck.

# %% [markdown] tags=["zh"]
# 只走 A 部分的，可以直接跳到最后写**决策备忘录**。

# %% [markdown] tags=["en"]
# Doing part A only? Go straight to the **decision memo** at the end.

# %% [markdown] tags=["zh"]
# ## B 部分：算出来
#
# ### 06.1 漏斗
#
# `people` 里每位用户一行，四个环节各有一列，按时走过是 True。

# %% [markdown] tags=["en"]
# ## Part B: compute
#
# ### 06.1 The funnel
#
# `people` has one row per user and one column per step, four of them; True means the step was taken in time.

# %% tags=["checkpoint"]
people, last_join = provided.people, provided.last_join
path = ["bought", "activated", "retained", "invited"]
people.head(3)

# %% tags=["fold"]
provided.words()

# %% [markdown] tags=["zh"]
# 只看 `joined_on` 不晚于 `last_join` 的用户：再晚的，还没到该走完的时候。做一张表 `steps`：`step`（四个环节，按 `path` 的顺序）、`n`（走完它和它前面每一步的人数）、`rate`（除以上一步的人数；第一步除以全部）。
#
# 卡住了就运行 `hint("06.1")`。没做完也能往下做：后面要用的结果都备好了。

# %% [markdown] tags=["en"]
# Keep users with `joined_on` up to and including `last_join`; the others have not had time for every step. Make a table `steps` with the columns `step` (all four, in the order of `path`), `n` (people who took it and every step before it) and `rate` (`n` ÷ the `n` of the step before; for the first step, ÷ everybody kept).
#
# Stuck? Run `hint("06.1")`. You can also just move on: whatever a later question needs is provided.

# %% tags=["starter"]
steps = ...

# %% tags=["solution"]
mature = people[people["joined_on"] <= last_join]
n = mature[path].cummin(axis=1).sum()
steps = pd.DataFrame({"step": path, "n": n.to_numpy(), "rate": (n / n.shift(fill_value=len(mature))).to_numpy()})
show(steps.rename(columns={"n": "customers", "rate": "step_rate"}), percent="step_rate")

# %%
check("06.1")

# %% tags=["checkpoint"]
mature = provided.mature

# %% tags=["solution"]
by_helper = funnel.steps(mature, path)
np.allclose(by_helper[["n", "rate"]], steps[["n", "rate"]])

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 环节转化率的分母是走完上一步的人，这样才看得出哪一步窄。上一格的 `funnel.steps` 一行就好，结果相同。常见的错：每步都除以全部；每步单独数；把昨天刚加入的人也算作“没留下”。

# %% [markdown] tags=["solution", "en"]
# **Why.** A step rate divides by those who took the step before, so you can see which step is narrow. `funnel.steps` in the cell above does it in one line, with the same result. Usual mistakes: dividing every step by everybody; counting each step on its own; counting somebody who joined yesterday as lost.

# %% [markdown] tags=["zh"]
# ### 06.2 两个渠道差多少
#
# `mature` 里买过的人（`bought`），有几成激活？算 paid_social（社交广告）减 referral（老客推荐）的差，连同 95% 区间，放进 `gap`，写成 `(差, 下限, 上限)`，用小数（0.05，不是 5）。可以用 `experiment.difference(激活1, 人数1, 激活2, 人数2)`。

# %% [markdown] tags=["en"]
# ### 06.2 How far apart are two channels
#
# Of the people in `mature` who bought (`bought`), what share activated? Take paid_social minus referral, with its 95% interval, and put the three numbers into `gap` as `(difference, low, high)`, as shares (0.05, not 5). You may use `experiment.difference(activated1, people1, activated2, people2)`.

# %% tags=["starter"]
gap = ...

# %% tags=["solution"]
buyers = mature[mature["bought"]]
counts = buyers.groupby("join_channel")["activated"].agg(["sum", "size"])
gap = experiment.difference(*counts.loc["paid_social"], *counts.loc["referral"])

# %%
check("06.2")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 区间不含零，才说得上两个渠道不一样。常见的错：拿两个渠道各自的区间端点相减，得到的区间太宽；分母用了没买过的人，那就不是这一步了。

# %% [markdown] tags=["solution", "en"]
# **Why.** You can only say the two channels differ when the interval does not include zero. Usual mistakes: subtracting the ends of two separate intervals, which comes out too wide; dividing by people who never bought, which makes it a different step.

# %% [markdown] tags=["zh"]
# ### 06.3 留存三角
#
# 一批 = 首单在同一个自然月的人；首单那个月记作第 0 个月，往后数自然月。做一张表 `triangle`：一行一批（`2024-07` 这样的月份），一列一个月（0、1、2……），格子里是这批人里那个月又买过的比例。只用算数的订单（`counted`）；还没过完的月份空着（NaN）。

# %% [markdown] tags=["en"]
# ### 06.3 The retention triangle
#
# A cohort is everybody whose first order was in the same calendar month. Call that month 0 and count calendar months from there. Make a table `triangle`: one row per cohort (a month such as `2024-07`), one column per month since (0, 1, 2 ...), and in each cell the share of the cohort who bought in that month. Use only orders that count (`counted`); a month that is not over stays empty (NaN).

# %% tags=["checkpoint"]
counted = counted_orders(orders)
counted[["customer_id", "paid_at", "amount"]].tail(3)

# %% tags=["starter"]
triangle = ...

# %% tags=["solution"]
month = counted["paid_at"].dt.to_period("M")
first = month.groupby(counted["customer_id"]).transform("min")
age = (month.astype("int64") - first.astype("int64")).rename("age")
active = counted.groupby([first.rename("cohort"), age])["customer_id"].nunique().unstack()
triangle = active.div(active[0], axis=0)
triangle.iloc[-9:, :9].round(3)

# %%
check("06.3")

# %% tags=["checkpoint"]
triangle_ok = checkpoint("06.3")
sizes = provided.sizes

# %% tags=["solution"]
by_helper = retention.cohorts(orders, as_of)
np.allclose(retention.triangle(by_helper), triangle, equal_nan=True)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 空着的格子是“还没到”，不是“没人来”：填 0，最近几批看上去就像全走了。横着一行一行比，就能认出 A3 里的那批人。常见的错：按 30 天切段，和自然月越错越远；数订单不数人；分母换成上个月来过的人。

# %% [markdown] tags=["solution", "en"]
# **Why.** An empty cell means "not yet", not "nobody": with 0, the latest cohorts look as if everybody had left. Compare the rows and you will spot the cohort of A3. Usual mistakes: stretches of 30 days, which drift away from calendar months; counting orders instead of people; dividing by those who came the month before.

# %% [markdown] tags=["zh"]
# ### 06.4 首单后第 3 个月，平均还剩多少
#
# 用 `triangle_ok` 的第 3 列和 `sizes`（每批的人数）。各批大小不一样，要按人数加权；没到第 3 个月的批次不算。写成小数，放进 `month3`。

# %% [markdown] tags=["en"]
# ### 06.4 How many are left in month 3, on average
#
# Use column 3 of `triangle_ok` and `sizes` (the number of people in each cohort). Cohorts differ in size, so weight them by people, and leave out those that have not reached month 3. Put the share into `month3`, as one number between 0 and 1.

# %% tags=["starter"]
month3 = ...

# %% tags=["solution"]
rate = triangle_ok[3].dropna()
month3 = (rate * sizes[rate.index]).sum() / sizes[rate.index].sum()

# %%
check("06.4")

# %% tags=["solution"]
average = retention.average(by_helper).set_index("age")
np.allclose(average.loc[3, "rate"], month3)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 加权平均就是“来的人数之和 ÷ 总人数”。常见的错：把各批的百分数直接平均，小批就和大批一样重；把还没到 3 个月的批次放进分母。

# %% [markdown] tags=["solution", "en"]
# **Why.** The weighted mean is simply all who came ÷ all who could have come. Usual mistakes: averaging the percentages, so that a small cohort counts as much as a large one; dividing by cohorts that have not reached month 3 as well.

# %% [markdown] tags=["zh"]
# ### 06.5 引导到底有没有用
#
# `lot` 是抽签分组的名单：`arm` 是 `treatment`（给了引导）或 `holdout`（空白组）。和 `mature` 合并，算留存（`retained`）的差，引导组减空白组，连同 95% 区间，放进 `effect`，写成 `(差, 下限, 上限)`。

# %% [markdown] tags=["en"]
# ### 06.5 Does the guide work
#
# `lot` says what each person drew: `arm` is `treatment` (got the guide) or `holdout` (no guide). Merge it with `mature`. How much higher is retention (`retained`), guide minus hold-out, with its 95% interval? Put the three numbers into `effect` as `(difference, low, high)`, as shares.

# %% tags=["checkpoint"]
lot = provided.lot
lot["arm"].value_counts()

# %% tags=["starter"]
effect = ...

# %% tags=["solution"]
arms = mature.merge(lot, on="customer_id").groupby("arm")["retained"].agg(["sum", "size"])
effect = experiment.difference(*arms.loc["treatment"], *arms.loc["holdout"])

# %%
check("06.5")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 抽签让两组人一开始就一样，后来的差只能来自引导。抽到引导却没激活的人也留在引导组里：把他们拿掉，剩下的又是“爱来的人”了。常见的错：拿激活的比没激活的。

# %% [markdown] tags=["solution", "en"]
# **Why.** The draw makes the two groups alike at the start, so a gap later on can only come from the guide. People who drew the guide but did not activate stay in its group: take them out and only the keen are left. Usual mistake: comparing activated with not activated.

# %% [markdown] tags=["zh"]
# ### 06.6 第几天回本
#
# `newcomers` 是看满 270 天的新用户，`cac` 是各渠道一位的获客成本，`sales` 是全部用户每笔算数的订单（`age` 是加入后第几天，当天是 0）。边际贡献 = `amount` − `goods_cost` − `fulfilment_cost`。
#
# 每个渠道，人均累计的边际贡献第一次达到 `cac` 是第几天？做一张表 `payback`：`channel`、`days`（270 天还没到就是 NaN）。人均的分母是这个渠道的全部 `newcomers`，没买过的也算。

# %% [markdown] tags=["en"]
# ### 06.6 On which day is it paid back
#
# `newcomers` are the users who joined at least 270 days ago, `cac` is what one of them cost, by channel, and `sales` holds every order that counts, of all users (`age` is days since joining; the day of joining is 0). Contribution margin = `amount` − `goods_cost` − `fulfilment_cost`.
#
# For each channel, add up the margin per head day by day: on which day does it first reach `cac`? Make a table `payback` with the columns `channel` and `days` (NaN if not within 270 days). "Per head" divides by all of the channel's `newcomers`, whether they bought or not.

# %% tags=["checkpoint"]
newcomers, cac, sales = provided.newcomers, provided.cac, provided.sales
sales.head(3)

# %% tags=["starter"]
payback = ...

# %% tags=["solution"]
margin = sales["amount"] - sales["goods_cost"] - sales["fulfilment_cost"]
inside = sales["customer_id"].isin(newcomers["customer_id"]) & sales["age"].between(0, 270)
daily = margin[inside].groupby([sales["join_channel"], sales["age"]]).sum().unstack(fill_value=0)
a_head = daily.cumsum(axis=1).div(newcomers["join_channel"].value_counts(), axis=0)
reached = a_head.ge(cac, axis=0)
payback = reached.idxmax(axis=1).where(reached.any(axis=1)).rename("days").rename_axis("channel").reset_index()
show(payback)

# %%
check("06.6")

# %% tags=["solution"]
by_helper = value.payback(members, value.margins(orders, lines, products), spend, as_of, days=270)
np.array_equal(by_helper.sort_values("channel")["payback"], payback["days"], equal_nan=True)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 便宜的渠道，人少买、走得快，回本反而慢。常见的错：用收入当边际贡献，回本快得不真实；只除以买过的人；用平均速度推算，可新用户一开始买得最勤。

# %% [markdown] tags=["solution", "en"]
# **Why.** People from a cheap channel may buy less and leave sooner, so it pays back later. Usual mistakes: using revenue instead of margin, which pays back too fast to be true; dividing by buyers only; going by the average pace, although new users buy most at the start.

# %% [markdown] tags=["zh"]
# ### 06.7 每位邀请人带来几位，一轮多久
#
# 只看参考日 30 天以前发出的邀请（`sent_at` 的日期不晚于 `last_sent`），好让对方有时间接受。做一张表 `k_table`，每种方式（`channel`）一行：`k`（K：接受的人数 ÷ 不同的邀请人）、`cycle_days`（从发出到接受平均几天，带小数）。

# %% [markdown] tags=["en"]
# ### 06.7 How many an inviter brings, and how long a round takes
#
# Keep invitations sent at least 30 days before the reference day (the date of `sent_at` up to and including `last_sent`), so that people have had time to accept. Make a table `k_table` with one row per way of inviting (`channel`), `k` (invitations accepted ÷ different inviters of that way) and `cycle_days` (mean days from sending to accepting, with decimals).

# %% tags=["checkpoint"]
last_sent = as_of - pd.Timedelta(days=30)
invites[["inviter_id", "channel", "sent_at", "accepted_at"]].head(3)

# %% tags=["starter"]
k_table = ...

# %% tags=["solution"]
waited = invites[invites["sent_at"].dt.normalize() <= last_sent].copy()
waited["days"] = (waited["accepted_at"] - waited["sent_at"]).dt.total_seconds() / 86400
by_way = waited.groupby("channel")
k_table = pd.DataFrame({
    "k": by_way["accepted_at"].count() / by_way["inviter_id"].nunique(),
    "cycle_days": by_way["days"].mean(),
}).reset_index()
k_table.round(3)

# %%
check("06.7")

# %% tags=["solution"]
by_helper = funnel.k_factor(invites, "channel", as_of)
np.allclose(by_helper[["k", "cycle_days"]], k_table[["k", "cycle_days"]])

# %% [markdown] tags=["solution", "zh"]
# **为什么。** K 看每位邀请人，接受率看每条邀请，两个数回答两个问题。K 小于 1 也有用：它让每一笔投放多带来几个人。常见的错：把刚发出的邀请算作没人接受；`.dt.days` 丢了零头。

# %% [markdown] tags=["solution", "en"]
# **Why.** K is per inviter, acceptance is per invitation: two numbers for two questions. A K below 1 is still worth having: those you pay for bring a few more. Usual mistakes: counting fresh invitations as refused; `.dt.days`, which drops the hours.

# %% [markdown] tags=["zh"]
# ## 决策备忘录
#
# 写给老板，一页纸。边写边存。要打印，点“生成一页备忘”，再点出来的链接；那一页存在 `my_work/`。

# %% [markdown] tags=["en"]
# ## Decision memo
#
# One page for the boss. It is saved as you type. To print, press "Make it one page" and follow the link; the page is kept in `my_work/`.

# %%
memo("06")

# %% [markdown] tags=["zh"]
# ## 做到哪儿了

# %% [markdown] tags=["en"]
# ## How far you are

# %%
score_card("06")
