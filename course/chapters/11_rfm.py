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
# # 11 RFM 价值模型
#
# **这个月，您只有精力好好照顾一千位会员。是哪一千位？**
#
# RFM 看三件事：最近一次买离今天多久（R），买过几次（F），一共付了多少钱（M）。
#
# 讲解 70 分钟（短课 40 分钟：第 1、3、6、8、9 节），练习是实验 11：A 部分 25 分钟，B 部分 60 分钟。会看表格就够了，不用会写代码。

# %% [markdown] tags=["en"]
# # 11 RFM
#
# **This month you can look after one thousand members properly. Which thousand?**
#
# RFM sorts members by three things: how recently they bought (R, recency), how often (F, frequency) and how much they paid (M, monetary value).
#
# 70 minutes of teaching (short course 40 minutes: sections 1, 3, 6, 8 and 9); the exercise is lab 11, part A 25 minutes and part B 60. If you can read a table, you know enough; you need not write code.

# %% [markdown] tags=["zh"]
# 学完这一章，您能做到四件事，每一件在实验 11 里都有一题：
#
# 1. 说清楚一笔订单算不算数，退款怎么扣（11.1、11.2）。
# 2. 亲手算出 R、F、M，并且不把 R 打反（11.3、11.4）。
# 3. 把会员分成八类，知道换一条线会有多少人换类（11.5）。
# 4. 为每一类定好星期一要做的事，并且算得出不另外做什么会怎样（11.6、11.7、11.8）。

# %% [markdown] tags=["en"]
# After this chapter you can do four things, and lab 11 has a question on each:
#
# 1. Say whether an order counts, and how a refund is taken off (11.1, 11.2).
# 2. Work out R, F and M yourself, and keep R the right way up (11.3, 11.4).
# 3. Put members into eight classes, and say how many change class under another rule (11.5).
# 4. Decide what to do on Monday for each class, and what happens if you do nothing extra (11.6, 11.7, 11.8).

# %% [markdown] tags=["zh"]
# 先点菜单“运行 → 运行所有单元格”。跑完会停在页尾，滚回最上面再读。灰条里藏着代码，想看就点右边的 •••。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu. It ends at the foot of the page; scroll back to the top and read. Grey bars hide code: click the ••• to open one.

# %% tags=["parameters"]
language = "zh"
company = "yunmu"
orders_file = ""
mapping_file = ""
as_of = "2026-06-30"

# %% tags=["fold"]
import pandas as pd
from IPython.display import display

from crmlab import after_bet, bet, calibration, card, charts, counted_orders, explore, lifecycle, load, read_orders
from crmlab import reveal, rfm, say, show, t, use_style
from crmlab.data import THREAD, has
from crmlab.work import set_subject

use_style(language)
set_subject(orders_file or company)
own = bool(orders_file)
imported = read_orders(orders_file, mapping_file or None) if own else None
orders = imported.orders if own else load(company, "orders")
as_of = pd.Timestamp(as_of or rfm.last_day(orders))
babies = load(company, "babies") if not own and has(company, "babies") else None
thread = None if own else THREAD.get(company)
imported.summary() if own else None

# %% [markdown] tags=["zh"]
# ## 1. 先下注：谁在养活这家公司
#
# 云牧是一个奶粉品牌的会员俱乐部。把会员按两年里花的钱从多到少排好，只看前 20%。他们带来了百分之几的收入？先拖一个数，再往下看。猜错不要紧，这一章会替您记着。

# %% [markdown] tags=["en"]
# ## 1. Place your bet: who keeps this company alive?
#
# Yunmu is the member club of an infant-formula brand. Line its members up by what they spent in two years and look at the top 20% only.
# What share of revenue do they bring? Guess first, then read on. A wrong guess costs nothing, and the chapter will remember it for you.

# %% tags=["fold"]
bet(
    "11.top20",
    say(zh="前 20% 的会员带来百分之几的收入？", en="What share of revenue comes from the top 20%?"),
    low=0, high=100, unit="%",
)

# %% tags=["fold"]
users = rfm.summary(orders, as_of)
reveal("11.top20", 100 * rfm.top_share(users["monetary"]), unit="%")

# %% [markdown] tags=["zh"]
# 猜过了，再看图。会员从左到右排队，花得少的在前，花得多的在后；曲线是一路累计下来的收入。曲线越往右下角弯，钱越集中在少数人手里。标题里的基尼系数也是量这个的，越大越集中。

# %% [markdown] tags=["en"]
# Now the picture: people stand in line from the smallest spender to the largest, and the curve adds up their money. The more it sags towards the lower right, the fewer people the revenue depends on.

# %% tags=["fold"]
after_bet("11.top20", charts.rfm.lorenz(users["monetary"]))

# %% tags=["fold"]
ranked = users.sort_values("monetary", ascending=False)["monetary"]
n_top = -(-len(ranked) // 5)
top, rest = ranked.iloc[:n_top].mean(), ranked.iloc[n_top:].mean() if len(ranked) > n_top else 0.0
after_bet("11.top20", say(
    zh=f"前 20% 是 {n_top:,} 位，每人平均留下 ¥{top:,.0f}；其余 {len(ranked) - n_top:,} 位，每人 ¥{rest:,.0f}。少一位这样的大户，等于少 {top / max(rest, 0.01):.0f} 位其余的会员。",
    en=f"The top 20% are {n_top:,} members, and each has brought ¥{top:,.0f} on average; the other {len(ranked) - n_top:,} brought ¥{rest:,.0f} each. Losing one of the first costs as much as losing {top / max(rest, 0.01):.0f} of the others.",
))

# %% [markdown] tags=["zh"]
# 这张图的口径（谁算进来、怎么算）写在下面这张卡上。开会时先把卡念一遍，再看数字；两个部门算出来不一样，多半是卡不一样。

# %% [markdown] tags=["en"]
# The card below says what the picture counts. In a meeting, read the card aloud before you quote the number. When two departments disagree, it is usually the cards that differ.

# %% tags=["fold"]
card("top_20_share")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）先让每个人把数写在纸上，再请最高和最低的两位说理由。常见的错：背“二八定律”直接写 80%。板书：横轴人、纵轴钱，画一条对角线，问“如果人人一样多，线在哪里”。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Everyone writes a number on paper; ask the highest and the lowest for their reasons. The usual mistake: writing 80% because of "the 80/20 rule".
# Board: people across, money up, draw the diagonal and ask where the line would lie if all spent alike.

# %% [markdown] tags=["zh"]
# ## 2. 一笔订单，什么时候才算数
#
# 订单表里躺着各种订单：有人拍下没付款，有人付了又全退，还有零元的赠品。我们只数一种：**付了款，而且商家最后留下了钱**。退款只减一次：表的最后一列已经减过，不要再减。

# %% [markdown] tags=["en"]
# ## 2. When does an order count?
#
# An order table holds all sorts of orders: some were never paid, some were paid and fully refunded, some are free gifts.
# We count one sort only: **the order was paid, and in the end the shop kept some of the money**. A refund is taken off once: the last column has it off already, so never take it off again.

# %%
by_status = orders.groupby("status").agg(
    orders=("order_id", "size"), gross=("gross", "sum"), discount=("discount", "sum"),
    refund=("refund", "sum"), net=("amount", "sum"),
)
by_status.index = [t(f"status_{one}") for one in by_status.index]
show(by_status.rename_axis("status").reset_index(), money=["gross", "discount", "refund", "net"])

# %% [markdown] tags=["zh"]
# 没付款的和已关闭的，表里也写着金额。那是该付的钱，没有收到，不能加。用 pandas 写出来是三个条件：付了款，留下了钱，知道是谁买的。`disputed` 是售后处理中的单，钱还在我们手里，先算着。

# %% [markdown] tags=["en"]
# Unpaid and closed orders show an amount too. It was due and never arrived, so it is not added. In pandas this takes three conditions: the order was paid, some money was kept, and we know who bought. A `disputed` order is still being argued over: the money is with us, so it counts for now.

# %%
paid = orders["status"].isin(["paid", "shipped", "completed", "part_refunded", "disputed"])
counted = orders[paid & (orders["amount"] > 0) & orders["customer_id"].notna()]
same = counted["order_id"].equals(counted_orders(orders)["order_id"])
left_out = len(orders) - len(counted)

# %% tags=["fold"]
say(
    zh=f"{len(orders):,} 笔里有 {len(counted):,} 笔算数，{left_out:,} 笔（{left_out / len(orders):.1%}）不算。手写的条件和 counted_orders {'一致' if same else '不一致'}。",
    en=f"Of {len(orders):,} orders, {len(counted):,} count and {left_out:,} ({left_out / len(orders):.1%}) do not. Our conditions and counted_orders {'agree' if same else 'disagree'}.",
)

# %% [markdown] tags=["zh"]
# 如果忘了扣退款，谁会被看错？这个错不会摊到每个人身上，只落在少数人头上。

# %% [markdown] tags=["en"]
# Forget the refunds, and whom do you misjudge? The error does not spread evenly. It lands on a few people.

# %%
refunded = orders.loc[paid & orders["customer_id"].notna()].groupby("customer_id")["refund"].sum()
hit = refunded[refunded > 0]

# %% tags=["fold"]
average, most = (hit.mean(), hit.max()) if len(hit) else (0, 0)
say(
    zh=f"{len(hit):,} 位会员有过部分退款，每人平均退了 ¥{average:,.0f}，最多的一位退了 ¥{most:,.0f}。不扣退款，她们就显得比实际花得多。",
    en=f"{len(hit):,} members had part of their money back, ¥{average:,.0f} each on average and ¥{most:,.0f} at most. Forget to take it off, and they look like bigger spenders than they are.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）念三种订单：拍下没付、付了全退、退了一半。每念一种，让大家举手说算不算。常见的错：把部分退款整单扔掉；或者 `amount` 已经减过退款，又减一次。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Read out three orders: never paid, fully refunded, half refunded. Hands up after each: does it count? Usual mistakes: throwing a part-refunded order away, or taking the refund off `amount` a second time.

# %% [markdown] tags=["zh"]
# ## 3. R：最近一次买，离参考日几天
#
# 先看两位会员，都是六十天前买的。甲一次买了六罐 3 段，一罐约喝十七天，家里还够喝一个多月。乙只买了一罐 1 段，约喝八天，早该喝完了。宝宝不会停奶；没在我们这儿买，多半换了牌子，或换了地方买。
#
# 同样的 R，意思可以相反。R 只是第一眼，第 10 节再把月龄加进来看。

# %% [markdown] tags=["en"]
# ## 3. R: how many days since the last purchase
#
# Take two members. Both bought sixty days ago. One bought six tins of stage 3, the toddlers' formula. A tin lasts about seventeen days, so she has more than a month's supply left.
# The other bought a single tin of stage 1, for a newborn. It lasts about eight days. It ran out long ago, and a baby does not stop drinking: she probably buys another brand now, or buys elsewhere.
#
# The same R can mean opposite things. R is only a first look; section 10 comes back to it with the baby's age.

# %% [markdown] tags=["zh"]
# 算 R 要先定**参考日** `as_of`。报告里永远写明它，不用“今天”：下个月重跑，数字才对得上。天数按日期相减，不看几点几分；早上买的和晚上买的，都算同一天。

# %% [markdown] tags=["en"]
# R needs a **reference day**, `as_of`. A report states it and never uses "today": run it again next month, and the numbers must still match.
# Days are counted from date to date; the hour does not matter. A morning and an evening purchase fall on the same day.

# %%
last_paid = counted.groupby("customer_id")["paid_at"].max()
r_days = (as_of - last_paid.dt.normalize()).dt.days.rename("recency")

# %% tags=["fold"]
say(
    zh=f"参考日 {as_of:%Y-%m-%d}。一半的会员在 {r_days.median():.0f} 天内买过，{(r_days > 180).mean():.0%} 的人半年没来。",
    en=f"Reference day {as_of:%Y-%m-%d}. Half the members bought in the last {r_days.median():.0f} days; {(r_days > 180).mean():.0%} have not bought for half a year.",
)

# %% tags=["fold"]
charts.rfm.histogram(r_days)

# %% [markdown] tags=["zh"]
# 打 R 分，最容易犯一个错：天数是越小越好，分数却要越大越好。天数大的给了高分，名单就整个倒过来，这叫“R 打反了”。
#
# 本课程每项都打 1 到 5 分（打法见第 5 节），约定 **R 分高 = 最近来过**。先猜一猜，打反了会怎样。

# %% [markdown] tags=["en"]
# R invites a mistake that almost everybody makes once. With days, fewer is better; with a score, higher is better. Use the days as the score, and the list is upside down: R is inverted.
# Scores run from 1 to 5 (section 5 shows how). In this course **a high R score means recent**. Guess first what happens when R is inverted.

# %% tags=["fold"]
bet(
    "11.inverted",
    say(zh="R 打反之后，“R、F 都在 4 分以上”的人，平均多少天没来了？", en="With R inverted, you pick everybody with R and F scores of 4 or more. How many days have they stayed away, on average?"),
    low=0, high=700, unit=say(zh="天", en="days"),
)

# %%
scored = rfm.score(users)
right = scored[(scored["r"] >= 4) & (scored["f"] >= 4)]
wrong = scored[(scored["r"] <= 2) & (scored["f"] >= 4)]
reveal("11.inverted", wrong["recency"].mean(), unit=say(zh="天", en="days"))

# %% tags=["fold"]
after_bet("11.inverted", say(
    zh=f"打对了，选出 {len(right):,} 位，平均 {right['recency'].mean():.0f} 天前来过。打反了，选出 {len(wrong):,} 位，平均 {wrong['recency'].mean():.0f} 天没来，您却在给她们发“感谢您一直在”。",
    en=f"The right way round: {len(right):,} members, who last came {right['recency'].mean():.0f} days ago on average. Inverted: {len(wrong):,} members who have stayed away {wrong['recency'].mean():.0f} days on average, and you would be thanking them for staying with you.",
) if len(wrong) and len(right) else say(zh="这份数据里没有这样的人，换一份大一些的再看。", en="This file has no such people; try a larger one."))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）问：“两位都六十天没来，您先联系谁？”等有人问“买了几罐”再往下讲。常见的错：用数据里最后一天代替参考日；用小时数去掉小数，R 差一天。短课从这里接第 6 节。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Ask: "Neither has come for sixty days. Whom do you call first?" Wait until somebody asks how many tins they bought.
# Usual mistakes: the last day in the data in place of the reference day; subtracting times and cutting off the hours, so that R is a day short. The short course goes on with section 6.

# %% [markdown] tags=["zh"]
# ## 4. F 和 M：来过几次，一共留下多少钱
#
# F 数订单，一个订单号算一单。M 加金额，加的是商家留下的钱。三个数放在一张表里，一人一行，RFM 的原料就齐了。

# %% [markdown] tags=["en"]
# ## 4. F and M: how often, and how much was kept
#
# F counts orders, one per order number. M adds up the money the shop kept. Put the three numbers in one table, one row for each member, and the raw material of RFM is complete.

# %%
by_hand = counted.groupby("customer_id").agg(frequency=("order_id", "size"), monetary=("amount", "sum"))
by_hand.insert(0, "recency", r_days)
by_hand["monetary"] = by_hand["monetary"].round(2)
by_hand.describe().loc[["mean", "50%", "max"]].round(1)

# %% [markdown] tags=["zh"]
# 工具箱里的 `rfm.summary` 做的是同一件事，外加一条：退款单没写退的是哪一单，就只减这位会员的钱，R 和 F 不动。只要一行，换成您自己的文件也能用。

# %% [markdown] tags=["en"]
# `rfm.summary` does the same in one line, and it runs on your own file as well. It adds one thing: a refund booked without its order number (a credit note) lowers the member's money and leaves R and F alone.

# %%
users = rfm.summary(orders, as_of)
check = users.set_index("customer_id")[["recency", "frequency"]].equals(by_hand[["recency", "frequency"]].astype("int64"))
gap = (users.set_index("customer_id")["monetary"] - by_hand["monetary"]).abs()

# %% tags=["fold"]
say(
    zh=f"{len(users):,} 位会员，R 和 F {'逐行一致' if check else '不一致'}；因为退款单而 M 不同的有 {int((gap > 0.005).sum()):,} 位。",
    en=f"{len(users):,} members: R and F {'agree row by row' if check else 'disagree'}; credit notes change M for {int((gap > 0.005).sum()):,} of them.",
)

# %% [markdown] tags=["zh"]
# 下表里点亮的那一行，是我们要跟一整门课的会员：从入会，到流失，再到召回。现在先认识她。

# %% [markdown] tags=["en"]
# The member whose row is lit will stay with us through the whole course, from joining to leaving to being won back. Meet her now.

# %%
sample = pd.concat([users.head(4), users[users["customer_id"] == thread]]).reset_index(drop=True)
show(sample.drop(columns=["first_paid"]), money=["monetary"], light=thread)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（4 分钟）不会代码的，只看结论那一句：手算和工具一致。会代码的，让他们把一行改错，再看那句话怎么变。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (4 minutes). Those who do not code read only the sentence: by hand and by helper agree. Those who do, change one line for the worse and watch the sentence change.

# %% [markdown] tags=["zh"]
# ## 5. 平局：很多人一模一样
#
# 下一步要打分：R、F、M 各打 1 到 5 分，按人数分五档，每档 20%。听起来简单，问题出在 F。先猜：只买过一次的会员占百分之几？

# %% [markdown] tags=["en"]
# ## 5. Ties: many people are exactly alike
#
# Next come the scores, from 1 to 5: cut the members into five groups of 20% each. It sounds simple, but F spoils it. Guess first: what share of members bought only once?

# %% tags=["fold"]
bet(
    "11.once",
    say(zh="只买过一次的会员，占百分之几？", en="What share of members bought only once?"),
    low=0, high=100, unit="%",
)

# %%
once = (users["frequency"] == 1).mean()
reveal("11.once", 100 * once, unit="%")

# %% [markdown] tags=["zh"]
# 这么多人都是 F = 1，五等分的第一刀就切在他们中间。pandas 的 `qcut` 会直接报错；网上常见的补救办法是先排名再切，它不报错，但更糟。

# %% [markdown] tags=["en"]
# With so many at F = 1, the first cut falls in the middle of them. The pandas function `qcut` gives up with an error. The usual repair is to rank first and cut afterwards. It raises no error, and it is worse.

# %%
try:
    pd.qcut(users["frequency"], 5)
    refused = ""
except ValueError as error:
    refused = str(error).split(":")[0]
in_line = users["frequency"].rank(method="first").astype(int)
split = (in_line - 1) * 5 // len(users) + 1
alike = split[users["frequency"] == 1].value_counts().sort_index()
parts_zh = "，".join(f"{n:,} 位得 {s} 分" for s, n in alike.items())
parts_en = ", ".join(f"{n:,} scored {s}" for s, n in alike.items())

# %% tags=["fold"]
say(
    zh=f"qcut：{refused or '没有报错'}。先排名再切：同样只买一次的人，{parts_zh}，只因为在表里的位置有先有后。",
    en=f"qcut: {refused or 'no error'}. Rank first, then cut: of the members who all bought exactly once, {parts_en}, only because of their place in the table.",
)

# %% [markdown] tags=["zh"]
# 我们的规则只有一句：**数值一样，分数就一样**。各档的人数会不一样多，有时还会空出一档。这是实情，比凑得整齐更重要。

# %% [markdown] tags=["en"]
# Our rule is one sentence: **equal values get equal scores**. The five groups then differ in size, and sometimes one stays empty. That is what the data look like, and it matters more than tidy groups.

# %%
rank = users["frequency"].rank(method="min").astype(int)
f_by_hand = (rank - 1) * 5 // len(users) + 1
scored = rfm.score(users)
same = f_by_hand.equals(scored["f"].rename("frequency"))
sizes = scored["f"].value_counts().reindex(range(1, 6), fill_value=0)
levels = scored.groupby("f")["frequency"].agg(f_from="min", f_to="max", customers="size")
display(show(levels.reset_index()))

# %% tags=["fold"]
say(
    zh=f"手算与工具{'一致' if same else '不一致'}。得 {sizes.idxmax()} 分的最多，{sizes.max():,} 人；最少的一档 {sizes.min():,} 人，空着的 {(sizes == 0).sum()} 档。",
    en=f"Our own calculation and the helper {'agree' if same else 'disagree'}. Score {sizes.idxmax()} has the most members, {sizes.max():,}; the smallest group has {sizes.min():,}. Empty groups: {(sizes == 0).sum()}.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）请十个人站起来，六个人各拿一张“1 单”的纸，让大家把他们平分成五组。分不开的那一刻，就是平局。板书：名次、人数、公式。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Ten people stand up, six of them with a sheet saying "1 order"; the room divides them into five equal groups. The moment it cannot be done is a tie. Board: rank, number, formula.

# %% [markdown] tags=["zh"]
# ## 6. 四种划线法，八类会员
#
# R、F、M 各分高低，二乘二乘二，就是八类。难的不是分类，是**线画在哪里**。常见的有四种：均值、中位数、业务线、五等分的前两档。代码也好读：1 是高，0 是低，R0F1M1 就是 R 低、F 高、M 高。
#
# 先动手：拖动三条线，看“重要价值”里剩多少人、多少钱。

# %% [markdown] tags=["en"]
# ## 6. Four ways to draw the line, eight classes
#
# R, F and M are each high or low; two times two times two makes eight classes. The sorting is easy. The hard part is **where to draw the line**. Four ways are common: the mean (the average), the median (the member in the middle), a business line, the top two fifths.
# A class has a code: 1 is high, 0 is low, so R0F1M1 reads R low, F high, M high.
#
# Try it: move the three lines and watch how many members, and how much money, stay in "Key value", the class that is high on all three.

# %%
middle = users[["frequency", "monetary"]].mean().round().astype(int)


def draw(recency=60, frequency=int(middle["frequency"]), monetary=int(middle["monetary"])):
    lines = {"recency": recency, "frequency": frequency, "monetary": monetary}
    return charts.rfm.classes(rfm.class_table(rfm.score(users, "business", cuts={"lines": lines})))


step = max(int(middle["monetary"]) // 20, 1)
explore(draw, recency=(5, 365, 5), frequency=(1, 3 * int(middle["frequency"]) + 1, 1), monetary=(0, 80 * step, step))

# %% [markdown] tags=["zh"]
# 业务线要有业务的理由。R 的理由最好找：会员两次购买之间，一般隔几天？十次里有九次不超过的那个数，就是一条站得住的线。

# %% [markdown] tags=["en"]
# A business line needs a business reason. For R it is easy to find: how many days usually pass between two purchases? Take the number of days that nine gaps in ten do not exceed. That is a line you can defend.

# %%
in_order = counted.sort_values("paid_at")
gaps = in_order["paid_at"].dt.normalize().groupby(in_order["customer_id"]).diff().dt.days
gaps = gaps[gaps > 0]
r_line = int(gaps.quantile(0.9)) if len(gaps) else int(users["recency"].median())
mean_line = rfm.score(users).attrs["cuts"]["lines"]["recency"] or r_line

# %% tags=["fold"]
say(
    zh=f"十次回头购买有九次不超过 {r_line} 天。均值规则的线却在 {mean_line} 天：走了很久的人把它拉远了 {mean_line / r_line:.1f} 倍。",
    en=f"Nine repeat purchases in ten come within {r_line} days. The mean puts its line at {mean_line} days, {mean_line / r_line:.1f} times as far out: members who left long ago pull it there.",
) if len(gaps) else say(
    zh=f"没有人买过第二次，找不出购买间隔。这里先用 R 的中位数 {r_line} 天当线。",
    en=f"Nobody bought a second time, so there is no usual gap. The median of R, {r_line} days, serves as the line here.",
)

# %% [markdown] tags=["zh"]
# 均值是国内最常见的默认。用在 F 和 M 上，它会被少数大户拉高；用在 R 上，等一位会员越过那条线，她早就走了。中位数不怕大户，却怕平局：一半以上的人只买过一次，中位数就是 1。
#
# 下面的“业务线”：R 用刚才那条，F 和 M 用均值。

# %% [markdown] tags=["en"]
# The mean is the usual default in China. On F and M, a few big spenders pull it up. On R, a member who crosses it has long gone. The median does not mind big spenders, but it minds ties: when more than half bought once, the median is 1.
#
# "Business line" below means: R by the line we have just found, F and M by their mean.

# %%
business = {"lines": rfm.score(users).attrs["cuts"]["lines"] | {"recency": r_line}}
by_rule = {rule: rfm.score(users, rule, cuts=business if rule == "business" else None) for rule in rfm.RULES}
lines = pd.DataFrame([{"rule": t(f"rule_{rule}")} | table.attrs["cuts"]["lines"] for rule, table in by_rule.items()])
lines["monetary"] = lines["monetary"].astype(float).round()
show(lines, money=["monetary"])

# %% [markdown] tags=["zh"]
# 表里写的是刚好算“高”的那个数：R 不超过它，F 和 M 不低于它。所以中位数那一行，会和第 3、4 节的中位数差一点点。

# %% [markdown] tags=["en"]
# The table shows the value that is just high: R at most, F and M at least that much. So the median's row differs by a little from the medians in sections 3 and 4.

# %%
codes = pd.DataFrame({rule: table["code"] for rule, table in by_rule.items()})
charts.rfm.agreement(codes)

# %% [markdown] tags=["zh"]
# 换一条规则就有这么多人换类。所以两件事必须写在报告上：用了哪条规则，线是多少。下个月沿用同一把尺子，才分得清是人变了，还是尺子变了。

# %% [markdown] tags=["en"]
# Take another rule, and that many members change class. So a report must state two things: which rule, and where the lines were. Use the same ruler next month, or you will not know whether the members changed or the ruler did.

# %%
best_size = {rule: int((table["code"] == "R1F1M1").sum()) for rule, table in by_rule.items()}
smallest, largest = min(best_size, key=best_size.get), max(best_size, key=best_size.get)

# %% tags=["fold"]
say(
    zh=f"同一批会员，“重要价值”最少 {best_size[smallest]:,} 人（{t('rule_' + smallest)}），最多 {best_size[largest]:,} 人（{t('rule_' + largest)}）。",
    en=f"With the same members, 'Key value' holds as few as {best_size[smallest]:,} ({t('rule_' + smallest)}) and as many as {best_size[largest]:,} ({t('rule_' + largest)}).",
)

# %% tags=["fold"]
card("class_change")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（10 分钟）分三组，各守一条线：R、F、M。每组说出自己的线和一句理由，写在板上，再一起拖。常见的错：把线拖到“人数好看”为止。追问：这条线，您的店长听得懂吗？

# %% [markdown] tags=["notes", "en"]
# **Trainer** (10 minutes). Three groups, one line each: R, F, M. Each group gives its line and one reason; write them on the board, then move the sliders together.
# Usual mistake: moving the line until the count looks right. Ask: would your shop manager understand this line?

# %% [markdown] tags=["zh"]
# ## 7. 同一类，三个名字
#
# 八类的名字，教科书、阿里的 Quick Audience、火山引擎各有一套。“重要保持”和“重要唤回”是同一群人：以前买得勤、花得多，最近没来。跟别的部门对名单，对代码，不要对名字。

# %% [markdown] tags=["en"]
# ## 7. One class, three names
#
# The textbook, Alibaba's Quick Audience and Volcengine each name the eight classes in their own way. "Key keep" and "Key win-back" are the same people: they used to buy often and spend a lot, and they have not come lately. When you compare lists with another department, compare codes, not names.

# %% tags=["fold"]
names = pd.DataFrame({"code": rfm.CLASSES})
for labels in rfm.LABEL_SETS:
    names[t(f"labels_{labels}")] = [rfm.class_name(code, labels) for code in rfm.CLASSES]
show(names)

# %% [markdown] tags=["zh"]
# 国际上更常见的是只看 R 和 F 的五乘五格子，二十五格分成十块，每一格都有归属，不重不漏。M 不参加分块，因为买得勤的人，多半也花得多。

# %% [markdown] tags=["en"]
# Outside China, a grid of R and F is more common: five by five, twenty-five cells in ten areas. Every cell belongs to exactly one area. M is left out, because people who buy often mostly spend a lot too.

# %% tags=["fold"]
charts.rfm.grid(scored)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（4 分钟）问各部门平时用哪套叫法，把三套名字写成三列，用线连起来。常见的错：以为换了名字就是换了人。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (4 minutes). Ask which names each department uses; write the three sets in three columns and join them with lines. Usual mistake: thinking that another name means other people.

# %% [markdown] tags=["zh"]
# ## 8. 每一类值多少，周一做什么
#
# 分类本身不赚钱，动作才赚钱。动作之前先问一句：**照平常那样，不另外做什么，会回来多少？**
# 答案在过去的订单里。站到三个月前，用当时的数据分好类，再看这些人后来买没买。先猜一猜。

# %% [markdown] tags=["en"]
# ## 8. What each class is worth, and what to do on Monday
#
# Classes earn nothing; actions do. Before you act, ask: **with nothing done beyond the usual, how many come back?**
# The answer lies in the past. Go back three months, sort the members with the data of that day, and look at what they did next. Guess first.

# %% tags=["fold"]
history = (as_of - users["first_paid"].min().normalize()).days
days = min(91, history // 2)
earlier = as_of - pd.Timedelta(days=days)
say(
    zh=f"站到 {earlier:%Y-%m-%d}，往后看 {days} 天。" + ("" if days == 91 else "历史不够长，只能看这么久；这一节和下一节的数仅供练习。"),
    en=f"Stand on {earlier:%Y-%m-%d} and look {days} days ahead." + ("" if days == 91 else " The history is short: take the figures of this section and the next as an exercise only."),
)

# %% tags=["fold"]
bet(
    "11.return",
    say(zh=f"{days} 天前的“重要价值”会员，后来又买过的占百分之几？", en=f"Of the 'Key value' members {days} days ago, what share have bought again since?"),
    low=0, high=100, unit="%",
)

# %%
past = rfm.summary(orders, earlier)
ruler = {"lines": rfm.score(past).attrs["cuts"]["lines"] | {"recency": r_line}}
before = rfm.score(past, "business", cuts=ruler)
outcomes = rfm.outcome(before, orders, after=earlier, days=days)
returns = rfm.return_table(outcomes)
best_rate = returns.set_index("code")["rate"].reindex(rfm.CLASSES)
reveal("11.return", 100 * best_rate["R1F1M1"], unit="%")

# %% tags=["fold"]
after_bet("11.return", charts.rfm.returns(returns, days))

# %% tags=["fold"]
card("return_rate")

# %% tags=["fold"]
best = returns.loc[returns["rate"].idxmax()]
after_bet("11.return", say(
    zh=f"回来得最多的是“{rfm.class_name(best['code'])}”（{best['rate']:.0%}）"
    + ("，和直觉一样。" if best["code"] == "R1F1M1" else f"，不是“重要价值”（{best_rate['R1F1M1']:.0%}）。买得多的人里，有的快用不上了，有的正在换地方；第 9、10 节接着看。"),
    en=f"'{rfm.class_name(best['code'])}' returns most ({best['rate']:.0%})"
    + (", as one would expect." if best["code"] == "R1F1M1" else f", not 'Key value' ({best_rate['R1F1M1']:.0%}). Of those who bought a lot, some will soon have no need and some are moving elsewhere; sections 9 and 10 go on with this."),
) if best_rate.notna()["R1F1M1"] else say(zh="那时候还没有“重要价值”会员。", en="There was no 'Key value' member then."))

# %% [markdown] tags=["zh"]
# 横线是区间：人少，线就长，意思是“大约在这一段里”（统计上叫 95% Wilson 区间）。两类的线叠在一起，就别说谁高谁低。
#
# 现在把钱和动作放到一张表里。“人均再买”是这三个月里真实发生的，没回来的人也摊在里面。它是**不另外做什么时的底数**，不是动作的功劳。

# %% [markdown] tags=["en"]
# The dot is the share we saw. The bar says "somewhere along here" (a 95% Wilson interval): the fewer the people, the longer the bar. Where two bars overlap, do not claim that one class is higher.
#
# Now put money and actions into one table. "Spend per head" is what really happened in those three months, members who did not return included. It is **what comes in if you do nothing extra**, not what an action earns.

# %%
scored = by_rule["business"]
plan = rfm.class_table(scored)[["code", "customers", "revenue"]].merge(returns[["code", "rate", "spend_per_head"]], how="left")
plan.insert(1, "class_name", [rfm.class_name(code) for code in plan["code"]])
plan["action"] = [rfm.action(code) for code in plan["code"]]
show(plan, money=["revenue", "spend_per_head"], percent=["rate"], bars=["revenue"])

# %% [markdown] tags=["zh"]
# **为什么要留一些人什么都不给。** 给整类人发券，三个月后回来一批，您会说是券的功劳。可上面的表说，不发也会回来一批。随机留出一部分不发（空白组），四周后两边一比，差出来的才是券带来的。第 15 章专讲这件事。

# %% [markdown] tags=["en"]
# **Why some get nothing.** Send a coupon to a whole class, and some come back within three months. You will give the coupon the credit. But the table above says that some would have come anyway.
# So leave a random part of the class without a coupon (the hold-out), and compare the two groups after four weeks. Only the difference is the coupon's doing. All of chapter 15 is about this.

# %% tags=["fold"]
keep = plan.set_index("code").loc["R0F1M1"]
anyway = 0 if pd.isna(keep["rate"]) else keep["rate"] * keep["customers"]
say(
    zh=f"比如“重要保持”现在有 {keep['customers']:,} 位。照过去三个月的比例，不联系也会有约 {anyway:,.0f} 位回来。不设空白组，这 {anyway:,.0f} 位都会算成活动的功劳。",
    en=f"'Key keep' has {keep['customers']:,} members now. At the rate of the past three months, about {anyway:,.0f} will come back without a call. Without a hold-out, the campaign takes the credit for all {anyway:,.0f}.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（10 分钟）让每桌为一类写一句周一早上能做的事：谁、做什么、几点前做完。“加强关怀”不算。追问：做完怎么知道有用？等有人说出“留一半不做”。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (10 minutes). Each table writes one thing that can be done on Monday morning for its class: who, what, by when. "Show more care" does not count.
# Then ask: how will you know it worked? Wait for "leave half of them alone".

# %% [markdown] tags=["zh"]
# ## 9. 谁正在离开：两个日期之间的流动
#
# 一张 RFM 表是一张照片。两张照片放在一起，才看得见人在动。最该看的是三个月前最好的那一类：现在去了哪里？两次用同一把尺子：三个月前的线，今天照用。

# %% [markdown] tags=["en"]
# ## 9. Who is leaving: moves between two dates
#
# One RFM table is a photograph. It takes two to see people move. Look first at the best class of three months ago: where are they now?
# Both photographs use the same ruler: the lines of three months ago serve today as well.

# %%
now = rfm.score(users, "business", cuts=ruler)
moves = rfm.moves(before, now)
charts.rfm.flow(moves, "R1F1M1", highlight="R0F1M1")

# %% tags=["fold"]
pair = before[["customer_id", "code", "monetary"]].merge(now[["customer_id", "code"]], on="customer_id", suffixes=("", "_now"))
leaving = pair[(pair["code"] == "R1F1M1") & (pair["code_now"] == "R0F1M1")]
spend = outcomes.set_index("customer_id")["spend"]
loyal = pair[(pair["code"] == "R1F1M1") & (pair["code_now"] == "R1F1M1")]
usual, theirs = (spend.reindex(group["customer_id"]).mean() if len(group) else 0 for group in (loyal, leaving))
missed = len(leaving) * (usual - theirs)
say(
    zh=f"这 {len(leaving):,} 位以前一共付过 ¥{leaving['monetary'].sum():,.0f}。还留在“重要价值”里的人，这 {days} 天每人买了 ¥{usual:,.0f}；他们自己只买了 ¥{theirs:,.0f}。一减一乘，这一季少了约 ¥{missed:,.0f}。",
    en=f"These {len(leaving):,} had spent ¥{leaving['monetary'].sum():,.0f} with us in all. Members still in 'Key value' spent ¥{usual:,.0f} each in these {days} days; they themselves only ¥{theirs:,.0f}. Subtract and multiply: this quarter went short by about ¥{missed:,.0f}.",
)

# %% tags=["fold"]
path = pd.concat([before, now])[lambda table: table["customer_id"] == thread].drop(columns=["first_paid", "segment"])
path["class_name"] = [rfm.class_name(code) for code in path["code"]]
path.insert(0, "as_of", [f"{earlier:%Y-%m-%d}", f"{as_of:%Y-%m-%d}"][: len(path)])
path = path.drop(columns=["last_paid"]).reset_index(drop=True)
show(path, money=["monetary"], light=thread) if thread else say(zh="您自己的数据，没有这位会员。", en="This is your own data, so our member is not in it.")

# %% [markdown] tags=["zh"]
# 点亮的还是那位会员。两张照片只隔三个月，还说不上她“流失”了，可她已经换了一类。这时候就打个电话问一句，别等半年后再发券。

# %% [markdown] tags=["en"]
# The lit rows are our member again. The photographs are only three months apart. Nobody would call her lost yet, but look at her class. A call may be enough now; in half a year it may take a coupon.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）问：“这些人里，有多少是宝宝长大了，本来就该走？”把答案留到下一节。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Ask: "How many of these left because the baby grew up?" Keep the answer for the next section.

# %% [markdown] tags=["zh"]
# ## 10. 月龄：奶粉会员的 F 和 M，数的多半是喂了几个月
#
# 一个三十个月大的宝宝，妈妈买了快二十单；一个四个月大的，才买了两三单。前者就更忠诚吗？她只是买得更久。下图只看还在买的会员。没有月龄的公司（比如咖啡店），这一节会自动跳过。

# %% [markdown] tags=["en"]
# ## 10. Age: a formula member's F and M mostly count months of feeding
#
# One mother has a child of thirty months and has placed nearly twenty orders. Another has a baby of four months and has placed two or three. Is the first more loyal? She has simply been buying for longer.
# The picture shows members who are still buying. A company that knows no babies' ages, a coffee chain for instance, skips this section by itself.

# %% tags=["fold"]
aged = None
if babies is not None:
    aged = users.merge(lifecycle.baby_months(babies, as_of).reset_index(), how="left")
    aged["age_band"] = lifecycle.age_band(aged["baby_months"])
charts.rfm.by_age(aged[aged["recency"] <= r_line]) if aged is not None else say(zh="没有月龄，跳过。", en="No baby's age: skipped.")

# %% [markdown] tags=["zh"]
# 满三十六个月的会员是**毕业**，不是流失。她们不会再买 3 段，却把看起来“没来”的那几类撑大了。所以打分之前，先请她们离场；她们该进的是 4 段、二胎或成人奶粉的名单。

# %% [markdown] tags=["en"]
# A member whose child is past thirty-six months has **graduated**; she is not lost. She has no more need of stage 3, yet she swells the classes that look lost. Take graduates out before you score. They belong on the list for stage 4, a second child or adult milk.

# %% tags=["fold"]
feeding = None
if aged is not None:
    gone = aged["age_band"] == "graduated"
    lost = scored["code"].isin(["R0F1M1", "R0F0M1", "R0F1M0", "R0F0M0"])
    feeding = aged[~gone & ~aged["age_band"].isin(["expecting", "unknown"])].reset_index(drop=True)
    display(
        say(
            zh=f"{gone.sum():,} 位已经毕业。在看起来“没来”的四类里，她们占 {(gone & lost).sum() / lost.sum():.0%}。",
            en=f"{gone.sum():,} members have graduated. Graduates make up {(gone & lost).sum() / lost.sum():.0%} of the four classes that have not come lately.",
        )
    )

# %% [markdown] tags=["zh"]
# 剩下的会员，只和宝宝在**同一月龄段**的人比：四个月的和四个月上下的比，三十个月的和三十个月上下的比。再看有多少人换了类。

# %% [markdown] tags=["en"]
# Compare everybody else only with members whose babies are **in the same age band**: four months against four months, thirty against thirty. Then see how many change class.

# %% tags=["fold"]
if feeding is not None:
    raw = rfm.score(feeding)
    fair = rfm.score(feeding, within=feeding.set_index("customer_id")["age_band"])
    changed = (raw["code"] != fair["code"]).mean()
    young = feeding["baby_months"] < 6
    up = (young & (raw["code"].str[3] == "0") & (fair["code"].str[3] == "1")).sum()
    display(
        say(
            zh=f"按同月龄比，{changed:.0%} 的会员换了类。其中有 {up:,} 位会员，宝宝不满六个月，F 从“低”变成了“高”：她们不是不爱买，是刚开始买。",
            en=f"Compared within their age band, {changed:.0%} of members change class. Of these, {up:,} have a baby under six months and move from low F to high: they are not slow buyers, they have only just begun.",
        )
    )

# %% [markdown] tags=["zh"]
# **两位会员，三个分数一模一样，谁更值得花时间？** 看她们的宝宝还能喝几个月。四个月大的，前面还有两年半多；三十三个月大的，只剩三个月。分数看过去，月龄看将来。

# %% [markdown] tags=["en"]
# **Two members with the same three scores: who deserves your time?** See how many months of feeding are left. A baby of four months has over two and a half years to go; a child of thirty-three months has three months. Scores look back. Age looks ahead.

# %% tags=["fold"]
if feeding is not None:
    fair["left"] = 36 - fair["baby_months"]
    group = fair[(fair["code"] == "R1F1M1") & fair["age_band"].isin(["0-5", "24-35"])]
    left = group.groupby("age_band", observed=True)["left"].agg(["size", "median"])
    text = {band: (int(row["size"]), row["median"]) for band, row in left.iterrows()}
    (n1, m1), (n2, m2) = text.get("0-5", (0, 0)), text.get("24-35", (0, 0))
    display(
        say(
            zh=f"同为“重要价值”：0–5 月龄的 {n1:,} 位，中位数还剩 {m1:.0f} 个月；24–35 月龄的 {n2:,} 位，还剩 {m2:.0f} 个月。",
            en=f"All are 'Key value'. Of the {n1:,} with a baby of 0–5 months, half have {m1:.0f} months or more to go; of the {n2:,} at 24–35 months, half have {m2:.0f} or more.",
        )
    )

# %% [markdown] tags=["zh"]
# **回到开头：哪一千位？** 我们的答案：以前买得勤、付得多，最近没来，而且还没毕业的，先请；名额有多的，再给正在变远的老客户。

# %% [markdown] tags=["en"]
# **Back to the start: which thousand?** Our answer: first those who used to buy often and spend a lot, have not come lately, and have not graduated. If places are left, good customers who are drifting away come next.

# %% tags=["fold"]
eligible = scored if aged is None else scored[(aged["age_band"] != "graduated").to_numpy()]
away = eligible[eligible["code"] == "R0F1M1"].nlargest(1000, "monetary")
drifting = eligible[eligible["code"] == "R1F1M1"].nlargest(1000 - len(away), "recency")
say(
    zh=f"一千个名额：{len(away):,} 位“重要保持”，以前一共付过 ¥{away['monetary'].sum():,.0f}；余下 {len(drifting):,} 个给“重要价值”里隔得最久的。名单按这条规则选，写得清楚，下个月也能照做。",
    en=f"A thousand places: {len(away):,} go to 'Key keep', who have paid ¥{away['monetary'].sum():,.0f} so far; {len(drifting):,} go to those in 'Key value' whose last order is the longest ago. The rule is written down, so next month can follow it.",
)

# %% [markdown] tags=["zh"]
# 别的行业没有月龄，但有同样的毛病：F 和 M 从第一单数起，老客户总是占便宜。办法是给 F 和 M 一个窗口，比如最近 12 个月。

# %% [markdown] tags=["en"]
# Other trades have no babies' ages, but they have the same weakness: counted over all history, F and M always favour long-standing customers. The cure is a window for F and M, the last 12 months for instance.

# %%
recent = rfm.score(rfm.summary(orders, as_of, months=12))
both = scored.merge(recent[["customer_id", "code"]], on="customer_id", suffixes=("", "_12"))

# %% tags=["fold"]
say(
    zh=f"F 和 M 改看最近 12 个月，{(both['code'] != both['code_12']).mean():.0%} 的会员换了类。",
    en=f"With F and M over the last 12 months, {(both['code'] != both['code_12']).mean():.0%} of members change class.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）问：“两位都是 5-5-5，宝宝一个四个月、一个三十三个月，半小时给谁？”让两边各出一人辩一分钟。没有月龄的公司，改讲最后那个 12 个月的窗口。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Ask: "Both are 5-5-5, one baby is four months old, one thirty-three. Who gets your half hour?" One speaker a side, one minute each. Where no ages are known, teach the 12-month window at the end instead.

# %% [markdown] tags=["zh"]
# ## 11. 案例：某奶粉品牌把会员分成三种人
#
# 课程里讲过一个案例（课堂口述，未经核实）：一家奶粉品牌用 RFM 分出了“忠诚”“需挽留”和其他。用这一章的方法读它，要问三个问题：线画在哪里？毕业的算在哪一类？“需挽留”里有多少人不挽留也会回来？

# %% [markdown] tags=["en"]
# ## 11. Case: a formula brand sorts its members into three
#
# The course tells of a formula brand that used RFM to find "loyal" members, those "to be retained", and others (as told in class, unverified). Read it with the method of this chapter and ask three things. Where were the lines? In which class were the graduates? And how many of those "to be retained" would have come back anyway?

# %% tags=["fold"]
three = scored["code"].map({"R1F1M1": "loyal", "R1F1M0": "loyal", "R0F1M1": "retain", "R0F0M1": "retain"}).fillna("others")
groups = ["loyal", "retain", "others"]
size = three.value_counts(normalize=True).reindex(groups, fill_value=0)
money = (users.groupby(three)["monetary"].sum() / users["monetary"].sum()).reindex(groups, fill_value=0)
share = (aged["age_band"] == "graduated")[three == "retain"].mean() if aged is not None else None
tail_zh = f"需挽留里 {share:.0%} 其实已经毕业，电话打了也是白打。" if share is not None else ""
tail_en = f" Of those to be retained, {share:.0%} have graduated: a call would be wasted." if share is not None else ""
say(
    zh=f"照样分一遍：忠诚 {size['loyal']:.0%} 的人、{money['loyal']:.0%} 的钱；需挽留 {size['retain']:.0%} 的人、{money['retain']:.0%} 的钱。{tail_zh}",
    en=f"The same three groups here: the loyal are {size['loyal']:.0%} of members with {money['loyal']:.0%} of the money; those to be retained are {size['retain']:.0%} with {money['retain']:.0%}.{tail_en}",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（3 分钟）案例是课上讲的，没有核实过，要当面说清楚。请大家只用三句问话去读它，不要评价那家公司。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (3 minutes). The case is told, not verified: say so. The room reads it with the three questions only and does not judge the company.

# %% [markdown] tags=["zh"]
# ## 12. 您猜得准不准

# %% [markdown] tags=["en"]
# ## 12. How good were your guesses?

# %% tags=["fold"]
calibration("11")

# %% [markdown] tags=["zh"]
# ## 小结
#
# 1. 先说口径，再报数字：什么算一单，参考日是哪天。
# 2. R 分高就是最近来过；数值一样，分数就一样。
# 3. 八类靠线，线要写下来，下个月照用。
# 4. 不做动作也有人回来。没有空白组，就说不清是谁的功劳。
# 5. 老客户分数高，可能只是买得久；和同月龄的人比，或者给 F 和 M 一个窗口。

# %% [markdown] tags=["en"]
# ## In five lines
#
# 1. Definition first, number second: what counts as an order, and which day is the reference.
# 2. A high R means recent; equal values get equal scores.
# 3. Lines make the classes. Write the lines down and use them again next month.
# 4. Some come back whatever you do. Without a hold-out, you can claim no credit.
# 5. Long-standing customers may score high only because they have bought for longer. Compare within the baby's age band, or give F and M a window.

# %% [markdown] tags=["zh"]
# ## 自测
#
# **一、同事的名单上，“R=5、F=5”的人平均三百天没来。最可能是？**
# <details><summary>a. 会员质量差</summary>先别怪会员：F=5 的人本来买得最勤。再看看分数是怎么打的。</details>
# <details><summary>b. R 打反了</summary>对。天数大的给了高分，名单整个倒过来。</details>
# <details><summary>c. 参考日选早了</summary>参考日早几天，R 只差几天，差不出三百天。</details>

# %% [markdown] tags=["en"]
# ## Quiz
#
# **1. On a colleague's list, the members with R=5, F=5 have stayed away three hundred days on average. What is the most likely reason?**
# <details><summary>a. Poor members</summary>Do not blame the members yet: F=5 means they bought most often. Look at how the score was made.</details>
# <details><summary>b. R is inverted</summary>Right. Many days away got a high score, so the list is upside down.</details>
# <details><summary>c. The reference day is too early</summary>That moves R by a few days, not by three hundred.</details>

# %% [markdown] tags=["zh"]
# **二、一半以上的会员只买过一次，用中位数划 F 的线，会怎样？**
# <details><summary>a. 正好一半高一半低</summary>中位数是 1。用“大于等于”，所有人都高；用“大于”，买过不止一次的才高，不到一半。</details>
# <details><summary>b. 线落在 1，高低取决于用“大于”还是“大于等于”</summary>对。平局多的时候，中位数这条线很脆。</details>
# <details><summary>c. 没有影响</summary>第 6 节说过，中位数怕平局：线挪一格，只买过一次的人全体换边，他们可占一半以上。</details>

# %% [markdown] tags=["en"]
# **2. More than half the members bought only once, and the line for F is the median. What happens?**
# <details><summary>a. Exactly half are high</summary>The median is 1. With "at least", everybody is high. With "more than", only those with two orders or more are high. Neither is exactly half.</details>
# <details><summary>b. The line falls on 1, and everything hangs on "more than" or "at least"</summary>Right. With many ties, the median is a fragile line.</details>
# <details><summary>c. Nothing in particular</summary>Try it with the F slider in section 6. One step decides whether all who bought once are high or low, and they are more than half.</details>

# %% [markdown] tags=["zh"]
# **三、给“重要保持”全体发券，四周后 20% 回来了。券有用吗？**
# <details><summary>a. 有用，20% 很高</summary>高不高要和不发券的人比。第 8 节说，不发也会回来一批。</details>
# <details><summary>b. 没用</summary>也不能这么说，没有比较，两边都下不了结论。</details>
# <details><summary>c. 看不出来</summary>对。缺一个随机的空白组。</details>

# %% [markdown] tags=["en"]
# **3. Everybody in "Key keep" got a coupon. After four weeks, 20% had come back. Did the coupon work?**
# <details><summary>a. Yes, 20% is a lot</summary>A lot compared with whom? Section 8 says that some come back without one.</details>
# <details><summary>b. No</summary>You cannot say that either. Without a comparison, neither answer holds.</details>
# <details><summary>c. We cannot tell</summary>Right. A random hold-out is missing.</details>

# %% [markdown] tags=["zh"]
# ## 换成您自己的订单
#
# 把第一个代码格里的 `orders_file` 改成您的文件，再从头运行。文件放在 `my_work` 里，就写 `"../../my_work/orders.csv"`；放在别处，就写完整路径，用正斜杠。需要四列：订单号、客户编号、付款时间、实付金额。读不了的行会先放在一边；是哪几行、为什么，在命令行运行 `crmlab doctor 您的文件.csv` 就会列出来。
#
# 接下来做**实验 11**：在“从这里开始”页点按钮。谁该请回来、怎么请，第 15 章“流失召回”接着讲。

# %% [markdown] tags=["en"]
# ## Your own orders
#
# Set `orders_file` in the first code cell to your file and run the chapter from the top. For a file in the folder `my_work`, write `"../../my_work/orders.csv"`. It needs four columns: order number, customer, time paid, amount paid. Rows that cannot be read are left out; `crmlab doctor` with the name of the file tells you which, and why.
#
# Next: **lab 11** (press the button on the start page), and later chapter 15, on winning customers back.
