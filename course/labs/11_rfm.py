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
# # 实验 11：先请谁回来
#
# 您刚接手**晨杯**的用户运营。晨杯是一家咖啡连锁，用户用小程序下单。老板给了一笔钱，只够联系 500 个人。
#
# **两条路都行。** 不写代码：做 A 部分，拖一拖，选一选，写备忘录，约 25 分钟。会一点 pandas：再做 B 部分，八题，约 60 分钟。
#
# 每题下面有 `check`。它不打分，只告诉您接着看哪里。

# %% [markdown] tags=["en"]
# # Lab 11: whom to invite back first
#
# You have just taken over user operations at **Morningcup**, a coffee chain whose users order in an app. The boss has given you money to contact 500 people.
#
# **Two ways in.** Without code: do part A, move the controls, choose, write the memo, about 25 minutes. With a little pandas: do part B as well, eight questions, about 60 minutes.
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
import pandas as pd

from crmlab import charts, check, checkpoint, counted_orders, decide, explore, hint, load, memo, rfm, say, score_card
from crmlab import show, start_lab, use_style
from crmlab.questions.lab11 import Answers, read_raw

use_style(language)
as_of = pd.Timestamp(as_of)
orders = load(company, "orders")
members = load(company, "members")
provided = Answers(company, f"{as_of:%Y-%m-%d}")
start_lab("11", company, as_of=f"{as_of:%Y-%m-%d}")

# %% [markdown] tags=["zh"]
# ## A 部分：拿主意
#
# ### 11.A1 多少天没来，才算“最近没来”
#
# 拖动下面的线。图上是同一位用户两次购买之间隔了几天。标题说的是：有多少次回头购买，隔得比这条线还久。

# %% [markdown] tags=["en"]
# ## Part A: decide
#
# ### 11.A1 After how many days is a user away?
#
# Move the line below. The picture shows the days between two purchases of the same user; its title says what share of repeat purchases lie to the right of the line. They came although nobody asked.

# %% tags=["fold"]
bought = counted_orders(orders).sort_values("paid_at")
gaps = bought["paid_at"].dt.normalize().groupby(bought["customer_id"]).diff().dt.days
gaps = gaps[gaps > 0].rename("gap_days")


def gap_line(days=30):
    ax = charts.rfm.histogram(gaps, line=days, count="repeat_purchases")
    late = (gaps > days).mean()
    title = say(zh=f"线画在 {days} 天：{late:.0%} 的回头购买比这更久", en=f"Line at {days} days: {late:.0%} of repeat purchases take longer")
    ax.set_title(title)
    return ax


explore(gap_line, days=(2, 90, 1))

# %% tags=["starter"]
decide("11.A1")

# %% tags=["solution"]
decide("11.A1", choice="b")

# %%
check("11.A1")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）每桌先口头报一个数，再拖。追问：“打扰一个本来会来的人，代价是什么？”别急着公布答案。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Each table names a number first, then moves the line. Ask: "What does it cost to disturb somebody who would have come?" Do not give the answer away.

# %% [markdown] tags=["zh"]
# ### 11.A2 五百张券
#
# 下面是一个季度前的八类用户。**没有为他们另外做什么**，后来 91 天里，每一类回来了多少？

# %% [markdown] tags=["en"]
# ### 11.A2 Five hundred coupons
#
# Below are the eight classes of a quarter ago, and how many of them came back in the next 91 days **with nothing done beyond the usual**.

# %% tags=["fold"]
outcomes = provided.outcomes
charts.rfm.returns(rfm.return_table(outcomes), days=91)

# %% tags=["starter"]
decide("11.A2")

# %% tags=["solution"]
decide("11.A2", choice="b")

# %%
check("11.A2")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）先投票，再看图。选“全发”的人最多，问他们：“四周后回来的人里，哪几位是券请来的？”指给大家看图上那一类自己会回来的比例。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Vote first, then look at the picture. Most choose "all of them"; ask: "Of those who come back in four weeks, which came because of the coupon?" Point at the share of that class which returns by itself.

# %% [markdown] tags=["zh"]
# ### 11.A3 两位都是 5-5-5
#
# 三个分数一模一样，来的时间不一样长。表里是早来的三位和新来的三位，一个季度前都是 5-5-5。您先凭直觉选。

# %% [markdown] tags=["en"]
# ### 11.A3 Both are 5-5-5
#
# The three scores are the same, but they were earned over different lengths of time. The table shows three users of each kind, all at 5-5-5 a quarter ago. Choose by instinct first.

# %% tags=["fold"]
best = outcomes[outcomes[["r", "f", "m"]].eq(5).all(axis=1)].sort_values("first_paid")
pick = pd.concat([best.head(3), best.tail(3)]).reset_index(drop=True)
show(pick[["customer_id", "first_paid", "recency", "frequency", "monetary", "r", "f", "m"]], money=["monetary"])

# %% tags=["starter"]
decide("11.A3")

# %% tags=["solution"]
gap, low, high = provided.spend_gap
decide("11.A3", choice="b" if low > 0 else "a" if high < 0 else "d")

# %%
check("11.A3")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）两位分数一样，让大家说出还想知道什么。等有人问“他来了多久”，再看 `check` 里的数字。B 部分（60 分钟）让会代码的两人一组，卡住五分钟再看提示。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Two users, equal scores: ask what else one would like to know. Wait for "how long have they been with us", then read the figures in the `check`. Part B (60 minutes): pairs who code; a hint after five minutes of being stuck.

# %% [markdown] tags=["zh"]
# 只走 A 部分的，可以直接跳到最后写**决策备忘录**。

# %% [markdown] tags=["en"]
# If you do part A only, go straight to the **decision memo** at the end.

# %% [markdown] tags=["zh"]
# ## B 部分：算出来
#
# ### 11.1 先把脏数据收拾干净
#
# `raw` 是门店发来的一段订单，没有整理过。里面有四种毛病：有的行整行重复；有的客户在 `members` 里查不到；有的退款比付的钱还多（该填元，填成了分，大了 100 倍）；有一笔的年份写错了。
#
# 前两种去掉，后两种**改好**，不要删。改好的表放进 `mended`，列名不变，记得重算 `amount`（= `gross` − `discount` − `refund`）。

# %% [markdown] tags=["en"]
# ## Part B: compute
#
# ### 11.1 Clean the dirty data first
#
# `raw` is a slice of orders as a shop sent it. It has four kinds of fault: some rows are complete repeats; some customers are unknown to `members`; some refunds are larger than what was paid (entered in fen, the cents of the yuan, so 100 times too large); one payment has the wrong year.
#
# Remove the first two kinds. **Mend** the other two; do not delete them. Put the mended table into `mended` with the same columns, and work `amount` out again (= `gross` − `discount` − `refund`).

# %%
raw = read_raw(company)
raw.describe().loc[["count", "min", "max"]]

# %% tags=["starter"]
mended = ...

# %% tags=["solution"]
mended = raw.drop_duplicates()
mended = mended[mended["customer_id"].isin(members["customer_id"])].copy()
in_fen = mended["refund"] > mended["gross"] - mended["discount"]
mended.loc[in_fen, "refund"] /= 100
mended["amount"] = (mended["gross"] - mended["discount"] - mended["refund"]).round(2)
late = mended["paid_at"] > as_of + pd.Timedelta(days=1)
mended.loc[late, "paid_at"] = mended.loc[late, "paid_at"].map(lambda at: at.replace(year=as_of.year))

# %%
check("11.1")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 重复的行和测试单不是真买卖，去掉；退款或年份写错的，是真买卖，删了就少算了钱。常见的错：改了 `refund` 忘了重算 `amount`，或者一看见负数就删。

# %% [markdown] tags=["solution", "en"]
# **Why.** Repeats and test orders are not real sales: remove them. A wrong refund or year belongs to a real sale: delete it and you lose money. Usual mistakes: mending `refund` but not working out `amount` again, and deleting whatever is negative.

# %% [markdown] tags=["zh"]
# 卡住了就运行 `hint("11.1")`。往下的题用的都是整理好的 `orders`，这一题没做完也能继续。

# %% [markdown] tags=["en"]
# Stuck? Run `hint("11.1")`. The questions below use the clean `orders`, so you can go on without this one.

# %% [markdown] tags=["zh"]
# ### 11.2 哪些订单算数
#
# 从 `orders` 里挑出算数的订单，放进 `counted`：状态是 paid、shipped、completed、part_refunded、disputed 之一，而且 `amount` 大于 0。

# %% [markdown] tags=["en"]
# ### 11.2 Which orders count
#
# Take the orders that count out of `orders` and put them into `counted`: the status is paid, shipped, completed, part_refunded or disputed, and `amount` is above 0.

# %% tags=["starter"]
counted = ...

# %% tags=["solution"]
paid = orders["status"].isin(["paid", "shipped", "completed", "part_refunded", "disputed"])
counted = orders[paid & (orders["amount"] > 0)]

# %%
check("11.2")

# %% tags=["checkpoint"]
counted_ok = checkpoint("11.2")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 部分退款的单留下了一部分钱，要算；全额退款的单金额是 0，自然出局。常见的错：只留 completed，把还在路上的单丢了。

# %% [markdown] tags=["solution", "en"]
# **Why.** The shop kept some money from a part-refunded order, so it counts; a full refund leaves 0 and drops out. Usual mistake: keeping only completed orders, which loses those still on their way.

# %% [markdown] tags=["zh"]
# ### 11.3 一人一行
#
# 用 `counted_ok`（上一题的正确结果，已经备好）做一张表 `users`，四列：`customer_id`；`recency`，最近一笔离 `as_of` 几天（整天）；`frequency`，几单；`monetary`，`amount` 的合计。

# %% [markdown] tags=["en"]
# ### 11.3 One row per user
#
# From `counted_ok` (the right result of the last question, provided) make a table `users` with four columns: `customer_id`; `recency`, whole days from the last order to `as_of`; `frequency`, the number of orders; `monetary`, the sum of `amount`.

# %% tags=["starter"]
users = ...

# %% tags=["solution"]
users = counted_ok.groupby("customer_id", as_index=False).agg(
    last_paid=("paid_at", "max"), frequency=("order_id", "size"), monetary=("amount", "sum")
)
users["recency"] = (as_of - users["last_paid"].dt.normalize()).dt.days

# %%
check("11.3")

# %% tags=["checkpoint"]
users_ok = checkpoint("11.3")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 先 `normalize` 再相减，早上买和晚上买才是同一天。常见的错：`amount` 已经扣过退款，又减了一次 `refund`；或者拿“今天”当参考日。

# %% [markdown] tags=["solution", "en"]
# **Why.** With `normalize` first, a morning and an evening purchase are the same day. Usual mistakes: taking `refund` off again although `amount` is net, and using today as the reference day.

# %% [markdown] tags=["zh"]
# ### 11.4 打分
#
# 用 `users_ok` 给每人打三个分，放进 `scores`：`customer_id`、`r`、`f`、`m`，都是 1 到 5。公式：升序名次（并列取最小）记作 rank，分数 = (rank − 1) × 5 // 人数 + 1。**R 分高 = 最近来过**，所以 `r` 最后要倒过来：用 6 减去它。

# %% [markdown] tags=["en"]
# ### 11.4 Scores
#
# From `users_ok` give each user three scores and put them into `scores`: `customer_id`, `r`, `f`, `m`, each 1 to 5. With rank the ascending rank (ties take the smallest), the score is (rank − 1) × 5 // n + 1. **A high R means recent**, so subtract `r` from 6.

# %% tags=["starter"]
scores = ...

# %% tags=["solution"]
def fifth(values):
    return (values.rank(method="min").astype(int) - 1) * 5 // len(values) + 1


scores = users_ok[["customer_id"]].assign(
    r=6 - fifth(users_ok["recency"]), f=fifth(users_ok["frequency"]), m=fifth(users_ok["monetary"])
)

# %%
check("11.4")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 名次取最小，一样的人才会同分；直接 `qcut` 会因为平局报错。常见的错：忘了把 R 反过来，名单从“最好”变成“最久没来”。

# %% [markdown] tags=["solution", "en"]
# **Why.** The smallest rank keeps equals together; a plain `qcut` fails on ties. Usual mistake: forgetting to turn R round, so that the list of the best becomes the list of those longest away.

# %% [markdown] tags=["zh"]
# ### 11.5 八类
#
# 给每人一个代码，放进 `codes`：`customer_id` 和 `code`，样子是 `R1F0M1`，1 是高。R 高：`recency` 不超过 `r_line`（就是 A1 里那条线，十次回头购买有九次不超过它，下面备好了）。F 高、M 高：大于各自的均值。

# %% [markdown] tags=["en"]
# ### 11.5 Eight classes
#
# Give each user a code and put them into `codes`: `customer_id` and `code`, written like `R1F0M1`, where 1 is high.
# R is high if `recency` is at most `r_line` (the nine-in-ten line of A1, provided below). F and M are high above their own mean.

# %% tags=["checkpoint"]
r_line = provided.r_lines["b"]
r_line

# %% tags=["starter"]
codes = ...

# %% tags=["solution"]
r = (users_ok["recency"] <= r_line).astype(int).astype(str)
f = (users_ok["frequency"] > users_ok["frequency"].mean()).astype(int).astype(str)
m = (users_ok["monetary"] > users_ok["monetary"].mean()).astype(int).astype(str)
codes = users_ok[["customer_id"]].assign(code="R" + r + "F" + f + "M" + m)

# %%
check("11.5")

# %% tags=["checkpoint"]
codes_ok = users_ok.merge(checkpoint("11.5"), on="customer_id")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 三条线来自三个理由：R 来自购买间隔，F 和 M 与大家比。常见的错：三条线都用均值，R 的线就会被走了很久的人拉得很远。

# %% [markdown] tags=["solution", "en"]
# **Why.** Each line has its own reason: R comes from the gaps, F and M compare with everybody. Usual mistake: the mean for all three; users who left long ago then pull the R line far out.

# %% [markdown] tags=["zh"]
# ### 11.6 先请谁回来
#
# 有些用户以前买得勤、花得多，最近却没来。把他们的 `customer_id` 放进列表 `first_list`，按累计实付从高到低，取前 50 位。表在 `codes_ok` 里。

# %% [markdown] tags=["en"]
# ### 11.6 Whom to invite first
#
# Some users used to buy often and spend a lot, but have not come lately. Put their `customer_id` into a list `first_list`, highest total spend first, the first 50 only. The table is `codes_ok`.

# %% tags=["starter"]
first_list = ...

# %% tags=["solution"]
wanted = codes_ok[codes_ok["code"] == "R0F1M1"]
first_list = wanted.sort_values("monetary", ascending=False)["customer_id"].head(50).tolist()

# %%
check("11.6")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** “最近没来”是 R 低，“买得勤、花得多”是 F、M 高，只有 R0F1M1 一类。常见的错：拿 R 高的人，请的都是昨天刚来过的。

# %% [markdown] tags=["solution", "en"]
# **Why.** "Not lately" is low R; "often" and "a lot" are high F and high M. Only one class fits: R0F1M1. Usual mistake: taking high R, and inviting people who came yesterday.

# %% [markdown] tags=["zh"]
# ### 11.7 三个月走了多少
#
# `before` 是 91 天前的分类，`now` 是今天的分类，两次用的是同一把尺子。91 天前的“重要价值”（R1F1M1）里，有多大比例现在成了“重要保持”（R0F1M1）？写成 0 到 1 之间的小数，放进 `moved_share`。

# %% [markdown] tags=["en"]
# ### 11.7 How many left in a quarter
#
# `before` holds the classes of 91 days ago, `now` those of today, by the same ruler. Of "Key value" (R1F1M1) 91 days ago, what share is "Key keep" (R0F1M1) now? Put it into `moved_share`, as a number between 0 and 1.

# %% tags=["checkpoint"]
before = provided.before[["customer_id", "code"]]
ruler = {"lines": provided.before.attrs["cuts"]["lines"]}
now = rfm.score(users_ok, "business", cuts=ruler)[["customer_id", "code"]]

# %% tags=["starter"]
moved_share = ...

# %% tags=["solution"]
pair = before.merge(now, on="customer_id", suffixes=("", "_now"))
best = pair[pair["code"] == "R1F1M1"]
moved_share = (best["code_now"] == "R0F1M1").mean()

# %%
check("11.7")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 分母是三个月前的那群人。换成今天的人当分母，问的就是另一个问题了。

# %% [markdown] tags=["solution", "en"]
# **Why.** The denominator is the people of a quarter ago. Put today's people there, and you answer another question.

# %% [markdown] tags=["zh"]
# ### 11.8 不另外做什么，会回来多少
#
# `outcomes` 里是 91 天前的每一位用户，`bought` 说他后来有没有再买。“重要保持”（R0F1M1）的回来比例，95% 区间是多少？放进 `interval`，写成 `(下限, 上限)`。可以用 `statsmodels.stats.proportion.proportion_confint(人数, 总数, method="wilson")`。

# %% [markdown] tags=["en"]
# ### 11.8 How many return with nothing extra done
#
# `outcomes` holds every user of 91 days ago; `bought` says whether they bought since. What is the 95% interval of the share of "Key keep" (R0F1M1) who came back? Put it into `interval` as `(low, high)`.
# You may use `statsmodels.stats.proportion.proportion_confint(count, nobs, method="wilson")`.

# %% tags=["starter"]
interval = ...

# %% tags=["solution"]
from statsmodels.stats.proportion import proportion_confint

keep = outcomes[outcomes["code"] == "R0F1M1"]
interval = proportion_confint(keep["bought"].sum(), len(keep), method="wilson")

# %%
check("11.8")

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 这是没人去请时的底数，让您先心里有数。召回活动有没有功劳，要和同一时间的空白组比。常见的错：用默认的正态近似，人少或比例接近 0 时，它不准。

# %% [markdown] tags=["solution", "en"]
# **Why.** This interval is what a hold-out would show: the returns you get for nothing. A win-back campaign has to come out clearly above it before it can take credit. Usual mistake: the default normal approximation, whose lower edge can fall below 0 when people are few.

# %% [markdown] tags=["zh"]
# ## 决策备忘录
#
# 写给老板，一页纸。边写边存。要打印，点“生成一页备忘”，再点出来的链接；那一页存在 `my_work/`。

# %% [markdown] tags=["en"]
# ## Decision memo
#
# One page for the boss. It is saved as you type. To print, press "Make it one page" and follow the link; the page is kept in `my_work/`.

# %%
memo("11")

# %% [markdown] tags=["zh"]
# ## 做到哪儿了

# %% [markdown] tags=["en"]
# ## How far you are

# %%
score_card("11")
