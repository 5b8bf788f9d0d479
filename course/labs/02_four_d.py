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
# # 实验 02：四个 D，先修哪一个
#
# 您刚当上**晨杯**的增长负责人。晨杯是一家咖啡连锁，用户用小程序下单。下周一开会，老板要您用 4D 记分卡说清楚：哪里弱，先修什么，凭什么。
#
# **两条路都行。** 不写代码：做 A 部分，四个决定加一页备忘录，约 25 分钟。会一点 pandas：再做 B 部分，七题，约 60 分钟。
#
# 每题下面有 `check`。它不打分，只告诉您接着看哪里。

# %% [markdown] tags=["en"]
# # Lab 02: four D's, which one first
#
# You have just become head of growth at **Morningcup**, a coffee chain whose users order in an app. On Monday the boss wants to hear, from the 4D scorecard: where are we weak, what do we fix first, and how do you know?
#
# **Two ways in.** Without code: do part A, four decisions and a one-page memo, about 25 minutes. With a little pandas: do part B as well, seven questions, about 60 minutes.
#
# Below each question there is a `check`. It gives no marks; it tells you where to look next.

# %% [markdown] tags=["zh"]
# 先按菜单“运行 → 运行所有单元格”，控件才会动。没做的题会显示“还没作答”，这是正常的。做完一题，只要重新运行那一格和它下面的 `check`（按 Shift + Enter）。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu, so that the controls come alive. Questions you have not answered say "not done yet"; that is as it should be. In part A the check answers as soon as you click. In part B, after each answer, run its cell and the `check` below it again (Shift + Enter).

# %% tags=["parameters"]
language = "zh"
company = "morningcup"
as_of = "2026-06-30"

# %% tags=["fold"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from crmlab import charts, check, decide, explore, fourd, hint, load, memo, say, score_card
from crmlab import show, start_lab, use_style
from crmlab.questions.lab02 import Answers

use_style(language)
as_of = pd.Timestamp(as_of)
end = as_of + pd.Timedelta(days=1)
start = end - pd.Timedelta(days=90)  # the last 90 days: from start, before end
members, orders = load(company, "members"), load(company, "orders")
consents, touches = load(company, "consents"), load(company, "touches")
provided = Answers(company, f"{as_of:%Y-%m-%d}")
start_lab("02", company, as_of=f"{as_of:%Y-%m-%d}")

# %% [markdown] tags=["zh"]
# ## A 部分：拿主意
#
# ### 02.A1 四个 D 都打了分，先谈哪一项
#
# 下面是记分卡，粗线是区间；写着“覆盖 75%”的，是有指标缺表、没打分。停在 0，各指标权重相同；往右拖，每一格随机换一套权重。看看：哪些名次一换就变，哪些多半不变？

# %% [markdown] tags=["en"]
# ## Part A: decide
#
# ### 02.A1 All four D's have a score. Which one first?
#
# Below is the scorecard; the thick lines are intervals, and "coverage 75%" means that an indicator has no table and no score. At 0 all indicators weigh the same; each step to the right draws another set of weights. Watch: which places change with the weights, and which hardly ever do?

# %% tags=["fold"]
card = fourd.scorecard(fourd.load_tables(company), as_of)


def other_weights(again=0):
    draw = np.random.default_rng(again).exponential(size=len(card)) if again else 1.0
    table = fourd.summary(card.assign(weight=draw))
    return charts.fourd.by_d({say(zh="记分卡", en="Scorecard"): table})


explore(other_weights, again=(0, 20, 1))

# %% tags=["starter"]
decide("02.A1")

# %% tags=["solution"]
lowest, second = provided.ranks.iloc[0], provided.ranks.iloc[1]
clear = lowest["high"] < second["low"] and lowest["same"] > 0.5
decide("02.A1", choice="a" if clear else "d")

# %%
check("02.A1")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）每桌先定一套自己的权重，再拖。追问：“四个名次里，哪一个您敢在老板面前担保？”分数只说先看哪里，不说值多少钱，钱在 A3、A4。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Each table first agrees on weights of its own, then moves the slider. Ask: "Which of the four places would you vouch for in front of the boss?" A score says where to look, not what it is worth; the money is in A3 and A4.

# %% [markdown] tags=["zh"]
# ### 02.A2 NPS 变了几分，怎么汇报
#
# NPS = 打 9、10 分的占比 − 打 0 到 6 分的占比。先看各期的数，再拖一拖：每期收多少份回答，才看得出多大的变化？

# %% [markdown] tags=["en"]
# ### 02.A2 NPS moved a few points. What do you report?
#
# NPS = share of 9 and 10 − share of 0 to 6. Look at the waves first, then move the slider: the more answers a wave has, the smaller the change it can show. How many would you need?

# %% tags=["fold"]
last = provided.waves.iloc[-1]
spread = 100 * np.sqrt(last["promoters"] + last["detractors"] - (last["nps"] / 100) ** 2)
many = np.arange(100, 20_001, 100)
x_name = say(zh="每期回答数", en="answers per wave")
y_name = say(zh="两期相差（分）", en="gap between two waves (points)")
show(provided.waves, percent=["promoters", "detractors"])

# %% tags=["fold"]
def smallest_change(answers=700):
    chance = 1.96 * spread * np.sqrt(2 / answers)
    ax = plt.subplots()[1]
    ax.plot(many, 1.96 * spread * np.sqrt(2 / many))
    ax.plot(answers, chance, "o", markersize=11)
    title = say(
        zh=f"每期 {answers:,} 份：差在 {chance:.1f} 分以内，没准只是碰巧",
        en=f"{answers:,} answers per wave: a gap below {chance:.1f} points may be mere chance",
    )
    ax.set(xlabel=x_name, ylabel=y_name, title=title)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    return ax


explore(smallest_change, answers=(100, 20_000, 100))

# %% tags=["starter"]
decide("02.A2")

# %% tags=["solution"]
change, low, high = provided.nps_change
decide("02.A2", choice="c" if low <= 0 <= high else "a")

# %%
check("02.A2")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）让一位学员扮老板，一位汇报。老板只问一句：“到底涨了没有？”看汇报的人会不会编原因。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). One student plays the boss, one reports. The boss asks only: "So is it up or not?" See whether the other makes up a reason.

# %% [markdown] tags=["zh"]
# ### 02.A3 召回活动有多少功劳
#
# 每批召回，沉睡用户抽签分组：有人收到样品和券，有人收到关怀，还有一组什么也不收（空白组）。四周里各有多少人回来买？

# %% [markdown] tags=["en"]
# ### 02.A3 How much did the win-back campaign do?
#
# In each win-back campaign, dormant users were split by lot: some got a sample and a coupon, some a friendly message, and one group got nothing (the hold-out). How many bought again within four weeks?

# %% tags=["fold"]
groups = provided.win_back.groupby("contacted").agg(
    people=("returned", "size"), returned=("returned", "sum"), redeemed=("redeemed", "sum")
)
show(
    groups.assign(returned_share=groups["returned"] / groups["people"]).reset_index(),
    percent=["returned_share"],
)

# %% tags=["starter"]
decide("02.A3")

# %% tags=["solution"]
decide("02.A3", choice="c")

# %%
check("02.A3")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）先不看表，只念联系了多少、回来多少，让大家举手：干得好不好？再亮出空白组。选 b 的人最多，问他们：“不发券也会来的人，会不会用券？”

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Read out only how many were contacted and how many returned, before the table; hands up: well done or not? Then show the hold-out. Many choose b; ask: "Would somebody who comes anyway use a coupon?"

# %% [markdown] tags=["zh"]
# ### 02.A4 大促发 2 条还是 5 条
#
# 过去几场大促，用户抽签分成两组：一组收 2 条，一组收 5 条。表里都按每千人算；卖出的钱是开场起四周的实付。

# %% [markdown] tags=["en"]
# ### 02.A4 Two messages in a sale, or five?
#
# In past sales, a draw decided who got two messages and who got five. Apart from the number of people, the table counts per thousand people; sales are what they paid in the four weeks from the first day of the sale.

# %% tags=["fold"]
sale = provided.sale.rename(columns={"out": "opt_outs", "cost": "message_cost"})
arms = (1000 * sale.groupby("arm")[["clicks", "opt_outs", "message_cost", "sales"]].mean()).round()
arms.insert(0, "people", sale["arm"].value_counts())
names = {"light": say(zh="2 条", en="2 messages"), "heavy": say(zh="5 条", en="5 messages")}
arms = arms.loc[list(names)].rename(index=names).rename_axis("plan").reset_index()
show(arms, money=["message_cost", "sales"])

# %% tags=["starter"]
decide("02.A4")

# %% tags=["solution"]
more_sales, more_out = provided.sales_gap, provided.out_gap
decide("02.A4", choice="a" if more_sales.low > 0 else "b" if more_out.low > 0 else "d")

# %%
check("02.A4")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）板书两列：多得的、多丢的，都写成元。有人会说“点击多了一倍”，请他把点击换算成钱。B 部分（60 分钟）让会代码的两人一组，卡住五分钟再看提示。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Two columns on the board: what five messages gain and what they lose, both in yuan. Somebody will say "twice the clicks": ask them to put that in money. Part B (60 minutes): those who code work in pairs; a hint after five minutes of being stuck.

# %% [markdown] tags=["zh"]
# 只走 A 部分的，可以直接跳到最后写**决策备忘录**。

# %% [markdown] tags=["en"]
# If you do part A only, go straight to the **decision memo** at the end.

# %% [markdown] tags=["zh"]
# ## B 部分：算出来
#
# 记分卡上的数，自己算一遍才敢拿去开会。下面每题一个指标。卡住了就运行 `hint("02.1")`（换成那一题的题号）。
#
# ### 02.1 Data：营销消息能发给几成用户
#
# 全部用户（`members`）里，有几成到 `as_of` 那天为止同意收营销消息（`purpose` 是 marketing），而且没有撤回？任何一个渠道都算。写成 0 到 1 之间的小数，放进 `consented`。同意和撤回都在 `consents` 表里，有 `withdrawn_at` 的就是撤回了。

# %% [markdown] tags=["en"]
# ## Part B: compute
#
# Work the scorecard's figures out yourself before you take them to a meeting. Each question is one indicator. Stuck? Run `hint("02.1")` (with the number of your question).
#
# ### 02.1 Data: what share of users may we send marketing to?
#
# Of all users (`members`), what share had consented to marketing messages (`purpose` is marketing) by the end of `as_of` and not withdrawn, on any channel? Put it into `consented`, as a number between 0 and 1. The table is `consents`; a time in `withdrawn_at` means withdrawn.

# %% tags=["fold"]
consents.head(4)

# %% tags=["starter"]
consented = ...

# %% tags=["solution"]
standing = (consents["granted_at"] < end) & ~(consents["withdrawn_at"] < end)
yes = consents.loc[standing & (consents["purpose"] == "marketing"), "customer_id"]
consented = members["customer_id"].isin(yes).mean()

# %%
check("02.1")

# %% tags=["solution"]
on_card = card.set_index("indicator")["value"]
say(
    zh=f"记分卡上是 {on_card['consent']:.4f}，手算是 {consented:.4f}",
    en=f"On the scorecard {on_card['consent']:.4f}, by hand {consented:.4f}",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 问的是人，所以用 `isin` 数人；一个人同意了三个渠道，也只算一个。常见的错：把撤回的也算上，往退订的人那儿发；或者拿买过的人当分母，名册上从没买过的就不见了。

# %% [markdown] tags=["solution", "en"]
# **Why.** The question is about people, so count people with `isin`: three channels are still one person. Usual mistakes: counting withdrawn consents, so that messages go to people who said no; and taking buyers as the denominator, which loses everybody who never bought.

# %% [markdown] tags=["zh"]
# ### 02.2 Deliver：答应的时间，做到了几成
#
# 取 `promised_at`（答应几点到）落在最近 90 天里的订单：从 `start` 起，到 `end` 之前，两个时间都备好了。其中几成准时，也就是 `delivered_at`（几点到的）不晚于 `promised_at`？到现在还没送到的，算没做到。写成 0 到 1 之间的小数，放进 `kept`。

# %% [markdown] tags=["en"]
# ### 02.2 Deliver: what share of promises was kept?
#
# Take the orders whose `promised_at` lies in the last 90 days (from `start`, before `end`; both are provided). What share arrived (`delivered_at`) before the promised time or exactly then? What has not arrived counts as broken. Put it into `kept`, as a number between 0 and 1.

# %% tags=["starter"]
kept = ...

# %% tags=["solution"]
due = orders[(orders["promised_at"] >= start) & (orders["promised_at"] < end)]
kept = (due["delivered_at"] <= due["promised_at"]).mean()

# %%
check("02.2")

# %% tags=["solution"]
say(
    zh=f"记分卡上是 {on_card['promise']:.4f}，手算是 {kept:.4f}",
    en=f"On the scorecard {on_card['promise']:.4f}, by hand {kept:.4f}",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 退掉的单也答应过时间，要留着；没到的单，和空时间一比就是 False，正好算没做到。常见的错：算平均晚了几分钟，早到的和晚到的一抵消，看着像没事。

# %% [markdown] tags=["solution", "en"]
# **Why.** A refunded order had a promise too, so it stays; an order that has not arrived compares as False, so it counts as broken. Usual mistake: the mean delay, where early orders cancel out late ones and all looks well.

# %% [markdown] tags=["zh"]
# ### 02.3 Demand：哪个需求又要紧又没满足
#
# `asked` 一人一行，是最近一年请来答问卷的人；没答的，`answered_at` 是空的。八个需求各有“重要”（如 `control_importance`）和“满足”（如 `control_satisfaction`），1 到 5 分。
#
# 做一张表 `opportunity`，八行四列：`need`；`importance` = 10 × 打 4、5 分的占比；`satisfaction` 同样算；`opportunity` = I + max(I − S, 0)（Ulwick 的机会分，最高 20）。

# %% [markdown] tags=["en"]
# ### 02.3 Demand: which need matters most and is met least?
#
# `asked` has one row per person invited to a survey in the last year; those who did not answer have no `answered_at`. Each of eight needs has an importance (such as `control_importance`) and a satisfaction (`control_satisfaction`), from 1 to 5.
#
# Make a table `opportunity`, eight rows and four columns: `need`; `importance` = 10 × the share of answers that are 4 or 5; `satisfaction` likewise; `opportunity` = I + max(I − S, 0) (Ulwick's opportunity score, at most 20).

# %% tags=["checkpoint"]
asked = provided.asked
needs = ["control", "comfort", "safety", "care", "belonging", "joy", "achievement", "anticipation"]
asked[["customer_id", "answered_at", "control_importance", "control_satisfaction"]].head(4)

# %% tags=["starter"]
opportunity = ...

# %% tags=["solution"]
answered = asked.dropna(subset=["answered_at"])
rows = [
    (
        need,
        10 * (answered[f"{need}_importance"] >= 4).mean(),
        10 * (answered[f"{need}_satisfaction"] >= 4).mean(),
    )
    for need in needs
]
opportunity = pd.DataFrame(rows, columns=["need", "importance", "satisfaction"])
gap = opportunity["importance"] - opportunity["satisfaction"]
opportunity["opportunity"] = opportunity["importance"] + gap.clip(lower=0)

# %%
check("02.3")

# %% tags=["solution"]
by_helper = fourd.opportunities(load(company, "surveys"), as_of)
far = (opportunity.set_index("need") - by_helper.set_index("need"))["opportunity"].abs().max()
say(
    zh=f"和 fourd.opportunities 最多相差 {far:.4f}",
    en=f"Largest difference from fourd.opportunities: {far:.4f}",
)

# %% tags=["solution"]
charts.fourd.needs(opportunity)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 数“打 4、5 分的占比”，才看得出有多少人真在乎；平均分会把两头抹平。`clip(lower=0)`：已经够好的，不倒扣。常见的错：没答的人留在分母里，八个需求一起缩水。

# %% [markdown] tags=["solution", "en"]
# **Why.** The share of 4s and 5s says how many people really care; an average hides both ends. `clip(lower=0)`: a need that is met well enough is not marked down. Usual mistake: leaving people who did not answer in the denominator, which shrinks all eight.

# %% [markdown] tags=["zh"]
# ### 02.4 Dynamic：几成消息是触发的，等了多久
#
# 取最近 90 天发出并送达的消息（`sent_at` 在 `start` 和 `end` 之间，`delivered` 是 1）。`triggered_at` 有时间的是触发消息，空的是群发。
#
# 算两个数，放进 `triggered = (share, hours)`：触发消息占全部消息的几成；触发消息从触发到发出要几小时，取中位数。

# %% [markdown] tags=["en"]
# ### 02.4 Dynamic: what share is triggered, and how long did it wait?
#
# Take the messages sent in the last 90 days that arrived (`sent_at` from `start` and before `end`, `delivered` is 1). Those with a time in `triggered_at` are triggered; the others are broadcasts.
#
# Work out two numbers and put them into `triggered = (share, hours)`: the share of triggered messages among all messages, and the median number of hours from trigger to sending.

# %% tags=["starter"]
triggered = ...

# %% tags=["solution"]
sent = touches[
    (touches["sent_at"] >= start) & (touches["sent_at"] < end) & (touches["delivered"] == 1)
]
wait = (sent["sent_at"] - sent["triggered_at"]).dropna()
triggered = (len(wait) / len(sent), wait.dt.total_seconds().median() / 3600)

# %%
check("02.4")

# %% tags=["checkpoint"]
per_user = provided.per_user  # one row a user: triggered, messages
messages = provided.messages  # the messages of the last 90 days that arrived

# %% tags=["solution"]
say(
    zh=f"记分卡上是 {on_card['triggered']:.4f}，手算是 {triggered[0]:.4f}",
    en=f"On the scorecard {on_card['triggered']:.4f}, by hand {triggered[0]:.4f}",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 用中位数，几条压了好几天的不会带偏。常见的错：`.dt.seconds` 只剩不满一天的零头，等了两天的看着像几小时，什么毛病也查不出。

# %% [markdown] tags=["solution", "en"]
# **Why.** A median is not moved by a few messages that were held up for days. Usual mistake: `.dt.seconds` keeps only what is left over after whole days, so a wait of two days looks like a few hours, and the fault stays hidden.

# %% [markdown] tags=["zh"]
# ### 02.5 Dynamic：几成人被打扰过头
#
# `messages` 就是上一题的消息（备好了）。任意连续 7 天（7 × 24 小时）里，收到营销消息（`purpose` 是 marketing）**超过 3 条**的用户，算被打扰过头。收到过消息的用户（哪一类消息都算）里，几成被打扰过头？放进 `over`。

# %% [markdown] tags=["en"]
# ### 02.5 Dynamic: what share is over-contacted?
#
# `messages` holds the messages of the last question (provided). Whoever got **more than 3** marketing messages (`purpose` is marketing) within any 7 days in a row (7 × 24 hours) is over-contacted. Of the users with any message at all, what share is over-contacted? Put it into `over`.

# %% tags=["starter"]
over = ...

# %% tags=["solution"]
marketing = messages[messages["purpose"] == "marketing"].sort_values("sent_at")
three_before = marketing.groupby("customer_id")["sent_at"].shift(3)
often = marketing.loc[marketing["sent_at"] - three_before < pd.Timedelta(days=7), "customer_id"]
over = often.nunique() / messages["customer_id"].nunique()

# %%
check("02.5")

# %% tags=["solution"]
say(
    zh=f"记分卡上是 {on_card['over_contact']:.4f}，手算是 {over:.4f}",
    en=f"On the scorecard {on_card['over_contact']:.4f}, by hand {over:.4f}",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 第 4 条离第 1 条不到 7 天，就是 7 天里至少 4 条，所以往前数三条。常见的错：按日历周数，周末和周一那几条就分到两周里去了；或者用每周平均，大促那一周看不见。

# %% [markdown] tags=["solution", "en"]
# **Why.** If the fourth message comes less than 7 days after the first, there are at least 4 in 7 days: hence three back. Usual mistakes: calendar weeks, which split the weekend from Monday; and the average per week, which hides the week of a sale.

# %% [markdown] tags=["zh"]
# ### 02.6 这个占比有多准
#
# 触发占比换一批用户来算，会差多少？用 `per_user`（一人一行，`triggered` 条触发、共 `messages` 条）做自助法（bootstrap）：有放回地抽同样多的**人**，用抽到的人算 `triggered` 合计 ÷ `messages` 合计；做 2,000 次，取分位数 2.5% 和 97.5%。放进 `interval = (low, high)`。随机数用下面的 `rng`。

# %% [markdown] tags=["en"]
# ### 02.6 How certain is that share?
#
# How different might the triggered share be with another set of users? Take `per_user` (one row a user: `triggered` messages out of `messages`) and bootstrap: draw the same number of **people** with replacement, and divide their total of `triggered` by their total of `messages`; do this 2,000 times and take the 2.5% and 97.5% quantiles. Put them into `interval = (low, high)`. Take your random numbers from `rng` below.

# %% tags=["checkpoint"]
rng = np.random.default_rng(1)
per_user.head(3)

# %% tags=["starter"]
interval = ...

# %% tags=["solution"]
top, base, n = per_user["triggered"].to_numpy(), per_user["messages"].to_numpy(), len(per_user)
picks = (rng.integers(n, size=n) for _ in range(2000))
shares = [top[pick].sum() / base[pick].sum() for pick in picks]
interval = tuple(np.percentile(shares, [2.5, 97.5]))

# %%
check("02.6")

# %% tags=["solution"]
low, high = card.set_index("indicator").loc["triggered", ["low", "high"]]
by_message = 2 * 1.96 * np.sqrt(triggered[0] * (1 - triggered[0]) / len(messages))
wide = interval[1] - interval[0]
say(
    zh=f"记分卡（抽 400 次）：{low:.4f} 到 {high:.4f}；手算：{interval[0]:.4f} 到 {interval[1]:.4f}，宽 {wide:.4f}；"
    f"要是抽消息，只有 {by_message:.4f} 宽",
    en=f"Scorecard (400 draws): {low:.4f} to {high:.4f}; by hand: {interval[0]:.4f} to {interval[1]:.4f}, "
    f"a width of {wide:.4f}; drawing messages would make it {by_message:.4f}",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 同一个人收到的几条消息常是一类的。抽消息，就把一个人当成了好几个人，区间假装很窄。记分卡和手算抽的签不同，末几位不一样，正常。

# %% [markdown] tags=["solution", "en"]
# **Why.** The messages one person gets are often of one kind. Drawing messages treats one person as several, so the interval looks narrower than it is. The scorecard and your own interval used different random draws, so their last digits differ; that is normal.

# %% [markdown] tags=["zh"]
# ### 02.7 同一条消息，对两种人一样吗
#
# `mailed` 是讲价格或讲服务的消息，一条一行：`kind` 活动类型，`tier` 价格档（value 实惠，premium 高端；看活动前钱花在哪一档，没买过的空着），`message` 讲价格还是讲服务，`clicked` 点没点。只用抽签的活动：`kind` 是 price_or_service。
#
# 算 `interaction = (value, low, high)`：value = 实惠档（价格 − 服务）的点击率差 − 高端档的同一个差；区间是 value ± 1.96 × 四格 p(1 − p)/n 之和的平方根。

# %% [markdown] tags=["en"]
# ### 02.7 The same message, two kinds of people
#
# `mailed` holds messages about price or about service, one per row: `kind` (of campaign), `tier` (value or premium: where the person had spent more before the campaign; missing for those who had not bought), `message` (price or service), `clicked`. Use only the campaigns where a draw decided who got which: `kind` is price_or_service.
#
# Work out `interaction = (value, low, high)`: value = gap in click rate (price − service) in the value tier minus the same gap in the premium tier; the interval is value ± 1.96 × the square root of the sum of p(1 − p)/n over the four cells.

# %% tags=["checkpoint"]
mailed = provided.mailed
mailed.groupby(["kind", "message"])[["clicked"]].agg(["size", "mean"]).round(3)

# %% tags=["starter"]
interaction = ...

# %% tags=["solution"]
drawn = mailed[mailed["kind"] == "price_or_service"]
cells = drawn.groupby(["tier", "message"])["clicked"].agg(["mean", "size"])
p = cells["mean"].unstack()
value = (p.loc["value", "price"] - p.loc["value", "service"]) - (
    p.loc["premium", "price"] - p.loc["premium", "service"]
)
half = 1.96 * np.sqrt((cells["mean"] * (1 - cells["mean"]) / cells["size"]).sum())
interaction = (value, value - half, value + half)

# %%
check("02.7")

# %% tags=["solution"]
tables = [
    load(company, name) for name in ("campaigns", "touches", "orders", "order_lines", "products")
]
by_helper = fourd.tier_by_message(*tables).set_index(["tier", "arm"])["rate"]
far = (by_helper - cells["mean"].rename_axis(["tier", "arm"])).abs().max()
say(
    zh=f"四格点击率和 fourd.tier_by_message 最多相差 {far:.4f}",
    en=f"Largest difference of the four click rates from fourd.tier_by_message: {far:.4f}",
)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 只看一档的差，分不清是价格消息对谁都灵，还是只合这一档；两个差再相减，才知道档和消息合不合。平时的价格消息挑过人发，混进来就说不清了。常见的错：拿打开的当分母；内容不同，打开的人就不同。

# %% [markdown] tags=["solution", "en"]
# **Why.** One tier's gap cannot tell whether price messages work on everybody or suit this tier alone; only the gap of the two gaps says whether message and tier fit. Everyday price messages went to hand-picked people, which muddies the comparison. Usual mistake: taking opened messages as the denominator; who opens may depend on the message.

# %% [markdown] tags=["zh"]
# ## 决策备忘录
#
# 写给老板，一页纸。边写边存。要打印，点“生成一页备忘”，再点出来的链接；那一页存在 `my_work/`。

# %% [markdown] tags=["en"]
# ## Decision memo
#
# One page for the boss, saved as you type. To print it, press "Make it one page" and follow the link; the page is kept in `my_work/`.

# %%
memo("02")

# %% [markdown] tags=["zh"]
# ## 做到哪儿了
#
# 做完几题，就重新运行下面这一格（Shift + Enter）。

# %% [markdown] tags=["en"]
# ## How far you are
#
# After a few questions, run the cell below again (Shift + Enter).

# %%
score_card("02")
