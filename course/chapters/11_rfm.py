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
# 讲解 60 分钟，练习 30 分钟（短课 40 分钟：第 1、3、6、8、9 节）。会用表格就够了，不需要会写代码；代码都折起来了，点左边的小点可以展开。

# %% [markdown] tags=["en"]
# # 11 RFM
#
# **This month you can look after one thousand members properly. Which thousand?**
#
# 60 minutes of teaching, 30 of exercise (short course 40 minutes: sections 1, 3, 6, 8 and 9). You need to be able to read a table; you need not write code. The code is folded: click the dots on the left to open it.

# %% [markdown] tags=["zh"]
# 学完这一章，您能做到四件事，每一件在实验 11 里都有一题：
#
# 1. 说清楚一笔订单算不算数，退款怎么扣（11.1、11.2）。
# 2. 亲手算出 R、F、M，并且不把 R 打反（11.3、11.4）。
# 3. 把会员分成八类，知道换一条线会有多少人换类（11.5）。
# 4. 为每一类定下周一要做的事，并且算得出不做会怎样（11.6、11.7、11.8）。

# %% [markdown] tags=["en"]
# After this chapter you can do four things, and lab 11 asks for each of them:
#
# 1. Say whether an order counts, and how a refund comes off (11.1, 11.2).
# 2. Work out R, F and M yourself, and keep R the right way up (11.3, 11.4).
# 3. Put members into eight classes, and know how many change class with another rule (11.5).
# 4. Decide what to do on Monday for each class, and what happens if you do nothing (11.6, 11.7, 11.8).

# %% tags=["parameters"]
language = "zh"
company = "yunmu"
orders_file = ""
mapping_file = ""
as_of = "2026-06-30"

# %% tags=["fold"]
import pandas as pd
from IPython.display import display

from crmlab import bet, calibration, card, charts, counted_orders, explore, lifecycle, load, read_orders, reveal
from crmlab import rfm, say, show, t, use_style
from crmlab.data import THREAD, has

use_style(language)
own = bool(orders_file)
orders = read_orders(orders_file, mapping_file or None).orders if own else load(company, "orders")
as_of = pd.Timestamp(as_of or rfm.last_day(orders))
babies = load(company, "babies") if not own and has(company, "babies") else None
thread = None if own else THREAD.get(company)

# %% [markdown] tags=["zh"]
# ## 1. 先下注：谁在养活这家公司
#
# 云牧是一个奶粉品牌的会员俱乐部。把会员按两年里花的钱从多到少排好，只看前 20%。他们带来了百分之几的收入？先拖一个数，再往下看。猜错不要紧，这一章会替您记着。

# %% [markdown] tags=["en"]
# ## 1. Place your bet: who keeps this company alive?
#
# Yunmu is the member club of an infant-formula brand. Line its members up by what they spent in two years and look at the top 20% only.
# What share of revenue do they bring? Set a number first, then read on. A wrong guess costs nothing; the chapter keeps it for you.

# %% tags=["fold"]
bet("11.top20", say(zh="前 20% 的会员带来百分之几的收入？", en="What share of revenue comes from the top 20%?"), low=0, high=100, unit="%")

# %% tags=["fold"]
users = rfm.summary(orders, as_of)
reveal("11.top20", 100 * rfm.top_share(users["monetary"]), unit="%")

# %% [markdown] tags=["zh"]
# 猜过了，再看图：人从左到右按花钱多少排队，曲线是一路累计下来的收入。曲线越往右下角弯，钱越集中在少数人手里。

# %% [markdown] tags=["en"]
# Now the picture: people stand in line from the smallest spender to the largest, and the curve adds up their money. The more it sags towards the lower right, the fewer hands hold the revenue.

# %% tags=["fold"]
charts.rfm.lorenz(users["monetary"])

# %% tags=["fold"]
ranked = users.sort_values("monetary", ascending=False)["monetary"]
n_top = -(-len(ranked) // 5)
top, rest = ranked.iloc[:n_top].mean(), ranked.iloc[n_top:].mean()
say(
    zh=f"前 20% 是 {n_top:,} 位，每人平均留下 ¥{top:,.0f}；其余 {len(ranked) - n_top:,} 位，每人 ¥{rest:,.0f}。少了一位前者，等于少了 {top / rest:.0f} 位后者。",
    en=f"The top 20% are {n_top:,} members at ¥{top:,.0f} each; the other {len(ranked) - n_top:,} bring ¥{rest:,.0f} each. Losing one of the first costs as much as losing {top / rest:.0f} of the others.",
)

# %% [markdown] tags=["zh"]
# 这张图的口径在下面这张卡上。开会时先把卡念一遍，再看数字；两个部门算出来不一样，多半是卡不一样。

# %% [markdown] tags=["en"]
# The card below says what the picture counts. Read it aloud before the number. When two departments disagree, it is usually the cards that differ.

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
# 订单表里躺着各种订单：有人拍下没付款，有人付了又全退，还有零元的赠品。我们只数一种：**付了款，而且商家最后留下了钱**。退款只减一次，减在金额里，不再另外减。

# %% [markdown] tags=["en"]
# ## 2. When does an order count?
#
# An order table holds all sorts: never paid, paid and fully refunded, gifts at zero.
# We count one sort only: **it was paid, and in the end the shop kept some money**. A refund comes off once, inside the amount, and never again.

# %%
by_status = orders.groupby("status").agg(
    orders=("order_id", "size"), gross=("gross", "sum"), refund=("refund", "sum"), amount=("amount", "sum")
)
show(by_status.reset_index(), money=["gross", "refund", "amount"])

# %% [markdown] tags=["zh"]
# 用 pandas 写出来就是两个条件。`disputed` 是售后处理中的单，钱还在我们手里，先算着。

# %% [markdown] tags=["en"]
# In pandas these are two conditions. `disputed` orders are in after-sales: the money is still ours, so they count for now.

# %%
paid = orders["status"].isin(["paid", "shipped", "completed", "part_refunded", "disputed"])
counted = orders[paid & (orders["amount"] > 0) & orders["customer_id"].notna()]
same = counted["order_id"].equals(counted_orders(orders)["order_id"])
left_out = len(orders) - len(counted)

# %% tags=["fold"]
say(
    zh=f"{len(orders):,} 笔里有 {len(counted):,} 笔算数，{left_out:,} 笔（{left_out / len(orders):.1%}）不算。手写的条件和 counted_orders {'一致' if same else '不一致'}。",
    en=f"Of {len(orders):,} orders {len(counted):,} count and {left_out:,} ({left_out / len(orders):.1%}) do not. Our conditions and counted_orders {'agree' if same else 'disagree'}.",
)

# %% [markdown] tags=["zh"]
# 如果忘了扣退款，错在谁身上？不是平均分摊的，是落在少数人头上。

# %% [markdown] tags=["en"]
# Forget the refunds, and who is misjudged? The error does not spread evenly. It lands on a few people.

# %%
refunded = orders.loc[paid & orders["customer_id"].notna()].groupby("customer_id")["refund"].sum()
hit = refunded[refunded > 0]

# %% tags=["fold"]
average, most = (hit.mean(), hit.max()) if len(hit) else (0, 0)
say(
    zh=f"{len(hit):,} 位会员退过款，每人平均 ¥{average:,.0f}，最多的一位退了 ¥{most:,.0f}。不扣退款，他们会被当成花得更多的人。",
    en=f"{len(hit):,} members had refunds, ¥{average:,.0f} each on average and ¥{most:,.0f} for the largest. Leave refunds in, and they look like bigger spenders than they are.",
)

# %% [markdown] tags=["zh"]
# ## 3. R：最近一次买，离今天几天
#
# 先看两位会员，都是六十天前买的。甲一次买了六罐 3 段，一罐约喝十七天，家里还够喝一个多月。乙只买了一罐 1 段，约喝八天，早该喝完了。宝宝不会停奶；没在我们这儿买，多半换了牌子，或换了地方买。
#
# 同样的 R，意思可以相反。R 只是第一眼，第 10 节再回来说它和月龄的关系。

# %% [markdown] tags=["en"]
# ## 3. R: how many days since the last purchase
#
# Two members, both bought sixty days ago. One took six stage-3 tins at about seventeen days each: she has more than a month left.
# The other took a single stage-1 tin, which lasts about eight days. It ran out long ago, and a baby does not stop drinking.
#
# The same R can mean opposite things. R is a first look; section 10 comes back to it with the baby's age.

# %% [markdown] tags=["zh"]
# 算 R 要先定**参考日** `as_of`。报告里永远写明它，不用“今天”：下个月重跑，数字才对得上。天数按日期相减，不看几点几分；早上买的和晚上买的，都算同一天。

# %% [markdown] tags=["en"]
# R needs a **reference day**, `as_of`. A report states it and never uses "today": run it again next month and the numbers must still match.
# Days are counted between dates, not hours. A morning and an evening purchase fall on the same day.

# %%
last_paid = counted.groupby("customer_id")["paid_at"].max()
r_days = (as_of - last_paid.dt.normalize()).dt.days.rename("recency")

# %% tags=["fold"]
say(
    zh=f"参考日 {as_of:%Y-%m-%d}。一半的会员在 {r_days.median():.0f} 天内买过，{(r_days > 180).mean():.0%} 的人半年没来。",
    en=f"Reference day {as_of:%Y-%m-%d}. Half the members bought within {r_days.median():.0f} days; {(r_days > 180).mean():.0%} have not come for half a year.",
)

# %% tags=["fold"]
charts.rfm.histogram(r_days)

# %% [markdown] tags=["zh"]
# R 有一个全行业都犯的错：天数越小越好，分数却要越大越好。把天数直接当分数，名单就整个倒过来了。本课程约定：**R 分高 = 最近来过**。先猜一猜，打反了会怎样。

# %% [markdown] tags=["en"]
# R invites one mistake that the whole field makes. Fewer days are better, but a higher score should be better. Use the days as the score, and the list turns upside down.
# In this course **a high R score means recent**. Guess first what happens when it is inverted.

# %% tags=["fold"]
bet(
    "11.inverted",
    say(zh="R 打反之后，“R、F 都在 4 分以上”的人，平均多少天没来了？", en="With R inverted, how many days have the people with R and F of 4 or more stayed away, on average?"),
    low=0, high=700, unit=say(zh="天", en="days"),
)

# %%
scored = rfm.score(users)
right = scored[(scored["r"] >= 4) & (scored["f"] >= 4)]
wrong = scored[(scored["r"] <= 2) & (scored["f"] >= 4)]
reveal("11.inverted", wrong["recency"].mean(), unit=say(zh="天", en="days"))

# %% tags=["fold"]
say(
    zh=f"打对了，选出 {len(right):,} 位，平均 {right['recency'].mean():.0f} 天前来过。打反了，选出 {len(wrong):,} 位，平均 {wrong['recency'].mean():.0f} 天没来，您却在给她们发“感谢您一直在”。",
    en=f"The right way: {len(right):,} members who came {right['recency'].mean():.0f} days ago on average. Inverted: {len(wrong):,} who stayed away {wrong['recency'].mean():.0f} days, and you thank them for being with you.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（10 分钟）问：“两位都六十天没来，您先联系谁？”等有人问“买了几罐”再往下讲。常见的错：用数据里最后一天代替参考日；用小时数去掉小数，R 差一天。短课从这里接第 6 节。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (10 minutes). Ask: "Both stayed away sixty days. Whom do you call first?" Wait until somebody asks how many tins they bought.
# Usual mistakes: the last day in the data in place of the reference day; hours cut off, so that R is one day short. The short course goes on with section 6.

# %% [markdown] tags=["zh"]
# ## 4. F 和 M：来过几次，一共留下多少钱
#
# F 数订单，一个订单号算一单。M 加金额，加的是商家留下的钱。三个数放在一张表里，一人一行，RFM 的原料就齐了。

# %% [markdown] tags=["en"]
# ## 4. F and M: how often, and how much was kept
#
# F counts orders, one per order number. M adds up the money the shop kept. Put the three numbers in one table, one row a member, and the raw material of RFM is complete.

# %%
by_hand = counted.groupby("customer_id").agg(frequency=("order_id", "size"), monetary=("amount", "sum"))
by_hand.insert(0, "recency", r_days)
by_hand["monetary"] = by_hand["monetary"].round(2)
by_hand.describe().loc[["mean", "50%", "max"]].round(1)

# %% [markdown] tags=["zh"]
# 工具箱里的 `rfm.summary` 做的是同一件事，外加一条：退货单没写原订单号时，只减她的钱，不动 R 和 F。一行代码，可以换成您自己的文件。

# %% [markdown] tags=["en"]
# `rfm.summary` does the same, plus one thing: a credit note that names no order lowers the member's money and leaves R and F alone. One line, and it runs on your own file as well.

# %%
users = rfm.summary(orders, as_of)
check = users.set_index("customer_id")[["recency", "frequency"]].equals(by_hand[["recency", "frequency"]].astype("int64"))
gap = (users.set_index("customer_id")["monetary"] - by_hand["monetary"]).abs()

# %% tags=["fold"]
say(
    zh=f"{len(users):,} 位会员，R 和 F {'逐行一致' if check else '不一致'}；M 因为退货单而不同的有 {int((gap > 0.005).sum()):,} 位。",
    en=f"{len(users):,} members: R and F {'agree row by row' if check else 'disagree'}; credit notes change M for {int((gap > 0.005).sum()):,} of them.",
)

# %% [markdown] tags=["zh"]
# 下面这一行点亮的会员，整门课都会跟着她走，从入会到流失再到召回。现在先认识她。

# %% [markdown] tags=["en"]
# The member whose row is lit will stay with us through the whole course, from joining to leaving to winning back. Meet her now.

# %%
sample = pd.concat([users.head(4), users[users["customer_id"] == thread]]).reset_index(drop=True)
show(sample.drop(columns=["first_paid"]), money=["monetary"], light=thread)

# %% [markdown] tags=["zh"]
# ## 5. 平局：很多人一模一样
#
# 下一步要打分：每人五分制，按人数五等分，各占 20%。听起来简单，问题出在 F。先猜：只买过一次的会员占几成？

# %% [markdown] tags=["en"]
# ## 5. Ties: many people are exactly alike
#
# Next come scores from 1 to 5, by fifths of the members, 20% in each. It sounds simple, and F spoils it. Guess first: what share of members bought only once?

# %% tags=["fold"]
bet("11.once", say(zh="只买过一次的会员，占百分之几？", en="What share of members bought only once?"), low=0, high=100, unit="%")

# %%
once = (users["frequency"] == 1).mean()
reveal("11.once", 100 * once, unit="%")

# %% [markdown] tags=["zh"]
# 这么多人都是 F = 1，五等分的第一刀就切在他们中间。pandas 的 `qcut` 会直接报错；网上常见的补救办法是先排名再切，它不报错，但更糟。

# %% [markdown] tags=["en"]
# With so many at F = 1, the first cut of the fifths falls in the middle of them. `qcut` of pandas gives up. The common repair, ranking first and then cutting, raises no error, and is worse.

# %%
try:
    pd.qcut(users["frequency"], 5)
    refused = ""
except ValueError as error:
    refused = str(error).split(":")[0]
split = pd.qcut(users["frequency"].rank(method="first"), 5, labels=[1, 2, 3, 4, 5]).astype(int)
alike = split[users["frequency"] == 1].value_counts().sort_index()
parts_zh = "，".join(f"{n:,} 位得 {s} 分" for s, n in alike.items())
parts_en = ", ".join(f"{n:,} scored {s}" for s, n in alike.items())

# %% tags=["fold"]
say(
    zh=f"qcut：{refused or '没有报错'}。先排名再切：同样只买一次的人，{parts_zh}，只因为在表里的先后不同。",
    en=f"qcut: {refused or 'no error'}. Rank first, then cut: of the members who all bought once, {parts_en}, merely by their place in the table.",
)

# %% [markdown] tags=["zh"]
# 我们的规则只有一句：**数值一样，分数就一样**。各档的人数会不一样多，有时还会空出一档。这是实情，比凑得整齐更重要。

# %% [markdown] tags=["en"]
# Our rule is one sentence: **equal values get equal scores**. The five boxes then hold unequal numbers, and sometimes one stays empty. That is how the data are; it matters more than tidy boxes.

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
    en=f"By hand and by helper {'agree' if same else 'disagree'}. Score {sizes.idxmax()} has the most, {sizes.max():,} members; the smallest box has {sizes.min():,}, and {(sizes == 0).sum()} are empty.",
)

# %% [markdown] tags=["zh"]
# ## 6. 四种划线法，八类会员
#
# R、F、M 各分高低，二乘二乘二，就是八类。难的不是分类，是**线画在哪里**。常见的有四种：均值、中位数、业务线、五等分的前两档。先动手：拖动三条线，看“重要价值”里剩多少人、多少钱。

# %% [markdown] tags=["en"]
# ## 6. Four ways to draw the line, eight classes
#
# R, F and M are each high or low; two times two times two makes eight classes. Sorting is easy. **Where the line goes** is hard. Four ways are common: the mean, the median, a business line, the best two fifths.
# Try it: move the three lines and watch how many members, and how much money, stay in "Key value".

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
# A business line needs a business reason. For R it is easy to find: how many days usually lie between two purchases? The number that nine gaps in ten do not exceed is a line you can defend.

# %%
in_order = counted.sort_values("paid_at")
gaps = in_order["paid_at"].dt.normalize().groupby(in_order["customer_id"]).diff().dt.days
r_line = int(gaps[gaps > 0].quantile(0.9))
mean_line = rfm.score(users).attrs["cuts"]["lines"]["recency"]

# %% tags=["fold"]
say(
    zh=f"十次回头购买有九次不超过 {r_line} 天。均值规则的线却在 {mean_line} 天：走了很久的人把它拉远了 {mean_line / r_line:.1f} 倍。",
    en=f"Nine repeat purchases in ten come within {r_line} days. The mean puts its line at {mean_line} days: those long gone pull it {mean_line / r_line:.1f} times as far out.",
)

# %% [markdown] tags=["zh"]
# 均值是国内最常见的默认。用在 F 和 M 上，它会被少数大户拉高；用在 R 上，等一位会员越过那条线，她早就走了。中位数不怕大户，却怕平局：一半人只买一次时，中位数就是 1。
#
# 下面的“业务线”：R 用刚才那条，F 和 M 用均值。

# %% [markdown] tags=["en"]
# The mean is the usual default in China. On F and M a few big spenders pull it up; on R a member who crosses it has long gone. The median fears no big spender but it fears ties: when half bought once, the median is 1.
#
# "Business line" below means: R by the line just found, F and M by their mean.

# %%
business = {"lines": rfm.score(users).attrs["cuts"]["lines"] | {"recency": r_line}}
by_rule = {rule: rfm.score(users, rule, cuts=business if rule == "business" else None) for rule in rfm.RULES}
lines = pd.DataFrame([{"rule": t(f"rule_{rule}")} | table.attrs["cuts"]["lines"] for rule, table in by_rule.items()])
show(lines, money=["monetary"])

# %%
codes = pd.DataFrame({rule: table["code"] for rule, table in by_rule.items()})
charts.rfm.agreement(codes)

# %% [markdown] tags=["zh"]
# 换一条规则就有这么多人换类。所以两件事必须写在报告上：用了哪条规则，线是多少。下个月沿用同一把尺子，才看得出人变了还是尺子变了。

# %% [markdown] tags=["en"]
# That many change class with the rule. So a report must state two things: which rule, and where the lines were. Use the same ruler next month, or you will not know whether the members changed or the ruler did.

# %%
best_size = {rule: int((table["code"] == "R1F1M1").sum()) for rule, table in by_rule.items()}
smallest, largest = min(best_size, key=best_size.get), max(best_size, key=best_size.get)

# %% tags=["fold"]
say(
    zh=f"同一批会员，“重要价值”最少 {best_size[smallest]:,} 人（{t('rule_' + smallest)}），最多 {best_size[largest]:,} 人（{t('rule_' + largest)}）。",
    en=f"From the same members, 'Key value' has as few as {best_size[smallest]:,} ({t('rule_' + smallest)}) and as many as {best_size[largest]:,} ({t('rule_' + largest)}).",
)

# %% tags=["fold"]
card("class_change")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（12 分钟）分三组，各守一条线：R、F、M。每组说出自己的线和一句理由，写在板上，再一起拖。常见的错：把线拖到“人数好看”为止。追问：这条线，您的店长听得懂吗？

# %% [markdown] tags=["notes", "en"]
# **Trainer** (12 minutes). Three groups, one line each: R, F, M. Each group gives its line and one reason; write them on the board, then move the sliders together.
# Usual mistake: moving the line until the count looks right. Ask: would your shop manager understand this line?

# %% [markdown] tags=["zh"]
# ## 7. 同一类，三个名字
#
# 八类的名字，教科书、阿里的 Quick Audience、火山引擎各有一套。“重要保持”和“重要唤回”是同一群人：以前买得勤、花得多，最近没来。跟别的部门对名单，对代码，不要对名字。

# %% [markdown] tags=["en"]
# ## 7. One class, three names
#
# The textbook, Alibaba's Quick Audience and Volcengine each name the eight classes in their own way. "Key keep" and "Key win-back" are the same people: they bought often and much, and lately did not come. When you compare lists with another department, compare codes, not names.

# %% tags=["fold"]
names = pd.DataFrame({"code": rfm.CLASSES})
for labels in rfm.LABEL_SETS:
    names[t(f"labels_{labels}")] = [rfm.class_name(code, labels) for code in rfm.CLASSES]
show(names)

# %% [markdown] tags=["zh"]
# 国际上更常见的是只看 R 和 F 的五乘五格子，二十五格分成十块，每一格都有归属，不重不漏。M 不参加分块：买得勤的人，花得多半也多。

# %% [markdown] tags=["en"]
# Elsewhere a grid of R and F is more common: five by five, twenty-five cells in ten areas, each cell in exactly one. M takes no part in it, since those who buy often mostly spend much too.

# %% tags=["fold"]
charts.rfm.grid(scored)

# %% [markdown] tags=["zh"]
# ## 8. 每一类值多少，周一做什么
#
# 分类本身不赚钱，动作才赚钱。动作之前先问一句：**什么都不做，他们自己会回来多少？**
# 答案在历史里。站到三个月前，用当时的数据分好类，再看这些人后来买没买。先猜一猜。

# %% [markdown] tags=["en"]
# ## 8. What each class is worth, and what to do on Monday
#
# Classes earn nothing; actions do. Before acting, ask: **if we do nothing, how many come back by themselves?**
# History knows. Stand three months back, sort the members with the data of that day, and look at what they did next. Guess first.

# %% tags=["fold"]
bet(
    "11.return",
    say(zh="三个月前的“重要价值”会员，后来 91 天里又买过的占百分之几？", en="Of the 'Key value' members three months ago, what share bought again in the next 91 days?"),
    low=0, high=100, unit="%",
)

# %%
days = 91
earlier = as_of - pd.Timedelta(days=days)
past = rfm.summary(orders, earlier)
ruler = {"lines": rfm.score(past).attrs["cuts"]["lines"] | {"recency": r_line}}
before = rfm.score(past, "business", cuts=ruler)
outcomes = rfm.outcome(before, orders, after=earlier, days=days)
returns = rfm.return_table(outcomes)
best_rate = returns.set_index("code")["rate"].reindex(rfm.CLASSES)
reveal("11.return", 100 * best_rate["R1F1M1"], unit="%")

# %% tags=["fold"]
charts.rfm.returns(returns, days)

# %% tags=["fold"]
card("return_rate")

# %% [markdown] tags=["zh"]
# 横线是区间：人少，线就长，意思是“大约在这一段里”（统计上叫 95% Wilson 区间）。两类的线叠在一起，就别说谁高谁低。
#
# 现在把钱和动作放到一张表里。“人均再买”是这三个月里真实发生的，包括没回来的人；它是**不另外做什么时的底数**，不是动作的功劳。

# %% [markdown] tags=["en"]
# The bar is an interval: few people, long bar, meaning "somewhere along here" (a 95% Wilson interval). Where two bars overlap, do not say which is higher.
#
# Now money and actions in one table. "Spend a head" really happened in these three months, with those who did not return counted in. It is **what comes without extra effort**, not what an action earns.

# %%
scored = by_rule["business"]
plan = rfm.class_table(scored)[["code", "customers", "revenue"]].merge(returns[["code", "rate", "spend_per_head"]], how="left")
plan.insert(1, "class_name", [rfm.class_name(code) for code in plan["code"]])
plan["action"] = [rfm.action(code) for code in plan["code"]]
show(plan, money=["revenue", "spend_per_head"], percent=["rate"], bars=["revenue"])

# %% [markdown] tags=["zh"]
# **为什么要留一些人什么都不给。** 给整类人发券，三个月后回来一批，您会说是券的功劳。可上面的表说，不发也会回来一批。随机留出一部分不发（空白组），四周后两边一比，差出来的才是券带来的。第 15 章整章都在讲这件事。

# %% [markdown] tags=["en"]
# **Why some get nothing.** Send a coupon to a whole class, and some come back within three months. You will thank the coupon. The table says some would have come anyway.
# Leave a random part without one (the hold-out) and compare after four weeks. Only the difference is the coupon's. Chapter 15 is about nothing else.

# %% tags=["fold"]
keep = plan.set_index("code").loc["R0F1M1"]
anyway = keep["rate"] * keep["customers"]
say(
    zh=f"比如“重要保持”现在有 {keep['customers']:,} 位。照过去三个月的比例，不联系也会有约 {anyway:,.0f} 位回来。不设空白组，这 {anyway:,.0f} 位都会记在活动头上。",
    en=f"'Key keep' has {keep['customers']:,} members now. At the rate of the past three months about {anyway:,.0f} return uncalled. Without a hold-out the campaign takes the credit for all {anyway:,.0f}.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（12 分钟）让每桌为一类写一句周一早上能做的事：谁、做什么、几点前做完。“加强关怀”不算。追问：做完怎么知道有用？等有人说出“留一半不做”。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (12 minutes). Each table writes one thing that can be done on Monday morning for its class: who, what, by when. "Show more care" does not count.
# Then ask: how will you know it worked? Wait for "leave half of them alone".

# %% [markdown] tags=["zh"]
# ## 9. 谁正在离开：两个日期之间的流动
#
# 一张 RFM 表是一张照片。两张照片放在一起，才看得见人在动。最该看的是三个月前最好的那一类：现在去了哪里？两次用同一把尺子：三个月前的线，今天照用。

# %% [markdown] tags=["en"]
# ## 9. Who is leaving: moves between two dates
#
# One RFM table is a photograph. Only two of them show people moving. Look first at the best class of three months ago: where are they now?
# Both photographs use one ruler: the lines of three months ago serve today as well.

# %%
now = rfm.score(users, "business", cuts=ruler)
moves = rfm.moves(before, now)
charts.rfm.flow(moves, "R1F1M1", highlight="R0F1M1")

# %% tags=["fold"]
pair = before[["customer_id", "code", "monetary"]].merge(now[["customer_id", "code"]], on="customer_id", suffixes=("", "_now"))
leaving = pair[(pair["code"] == "R1F1M1") & (pair["code_now"] == "R0F1M1")]
stayed = outcomes[(outcomes["code"] == "R1F1M1") & outcomes["bought"]]["spend"].mean()
say(
    zh=f"这 {len(leaving):,} 位以前一共留下 ¥{leaving['monetary'].sum():,.0f}。没走的那些人，这三个月平均又买了 ¥{stayed:,.0f}；按这个数，少来一季约是 ¥{len(leaving) * stayed:,.0f}。",
    en=f"These {len(leaving):,} had left ¥{leaving['monetary'].sum():,.0f} with us. Those who stayed spent ¥{stayed:,.0f} each in the three months; at that rate one missed quarter is about ¥{len(leaving) * stayed:,.0f}.",
)

# %% tags=["fold"]
path = pd.concat([before, now])[lambda table: table["customer_id"] == thread].drop(columns=["first_paid", "segment"])
path["class_name"] = [rfm.class_name(code) for code in path["code"]]
path.insert(0, "as_of", [f"{earlier:%Y-%m-%d}", f"{as_of:%Y-%m-%d}"][: len(path)])
path = path.drop(columns=["last_paid"]).reset_index(drop=True)
show(path, money=["monetary"], light=thread) if thread else say(zh="您自己的数据，没有这位会员。", en="Your own data: this member is not in it.")

# %% [markdown] tags=["zh"]
# 点亮的还是那位会员。照片之间只隔三个月，她还没有“流失”，但已经变了颜色。这时候打电话，比半年后发券便宜。

# %% [markdown] tags=["en"]
# The lit row is our member again. Only three months lie between the photographs. Nobody would call her lost, but she has changed colour. A call now costs less than a coupon in half a year.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）问：“这些人里，有多少是宝宝长大了，本来就该走？”把答案留到下一节。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Ask: "How many of these left because the baby grew up?" Keep the answer for the next section.

# %% [markdown] tags=["zh"]
# ## 10. 月龄：奶粉会员的 F 和 M，数的多半是喂了几个月
#
# 一个三十个月大的宝宝，妈妈买了二十几单；一个四个月大的，才买了三单。前者就更忠诚吗？她只是买得更久。没有月龄的公司（比如咖啡店），这一节会自动跳过。

# %% [markdown] tags=["en"]
# ## 10. Age: F and M of a formula member mostly count the months fed
#
# The mother of a child of thirty months has placed twenty-odd orders; the mother of one of four months has placed three. Is the first more loyal? She has simply been buying for longer.
# A company without babies, a coffee chain for instance, skips this section by itself.

# %% tags=["fold"]
aged = None
if babies is not None:
    aged = users.merge(lifecycle.baby_months(babies, as_of).reset_index(), how="left")
    aged["age_band"] = lifecycle.age_band(aged["baby_months"])
charts.rfm.by_age(aged) if aged is not None else say(zh="没有月龄，跳过。", en="No baby's age: skipped.")

# %% [markdown] tags=["zh"]
# 满三十六个月的会员是**毕业**，不是流失。他们不会再买 3 段，却把“重要挽留”撑得很大。打分之前，先请他们离场；他们该去的是 4 段、二胎或成人奶粉的名单。

# %% [markdown] tags=["en"]
# A member whose child is past thirty-six months has **graduated**; she is not lost. She will never buy stage 3 again, yet she swells the classes that look lost. Let graduates leave before you score. They belong on the list for stage 4, a second child or adult milk.

# %% tags=["fold"]
feeding = None
if aged is not None:
    gone = aged["age_band"] == "graduated"
    lost = scored["code"].isin(["R0F1M1", "R0F0M1", "R0F1M0", "R0F0M0"])
    feeding = aged[~gone & ~aged["age_band"].isin(["expecting", "unknown"])].reset_index(drop=True)
    display(
        say(
            zh=f"{gone.sum():,} 位已经毕业。在看起来“没来”的四类里，他们占 {(gone & lost).sum() / lost.sum():.0%}。",
            en=f"{gone.sum():,} have graduated. They are {(gone & lost).sum() / lost.sum():.0%} of the four classes that look absent.",
        )
    )

# %% [markdown] tags=["zh"]
# 剩下的人，只和**同月龄段**的人比：四个月的和四个月的比，三十个月的和三十个月的比。再看有多少人换了类。

# %% [markdown] tags=["en"]
# Compare the rest with members whose babies are **in the same age band**: four months against four months, thirty against thirty. Then see how many change class.

# %% tags=["fold"]
if feeding is not None:
    raw = rfm.score(feeding)
    fair = rfm.score(feeding, within=feeding.set_index("customer_id")["age_band"])
    changed = (raw["code"] != fair["code"]).mean()
    young = feeding["baby_months"] < 6
    up = (young & (raw["code"].str[3] == "0") & (fair["code"].str[3] == "1")).sum()
    display(
        say(
            zh=f"按同月龄比，{changed:.0%} 的会员换了类。其中有 {up:,} 位宝宝不满六个月的妈妈，F 从“低”变成了“高”：她们不是不爱买，是刚开始买。",
            en=f"Compared within their age, {changed:.0%} of members change class. Among them {up:,} mothers of babies under six months move from low F to high: they are not slow, they have only just begun.",
        )
    )

# %% [markdown] tags=["zh"]
# **两位会员，三个分数一模一样，谁更值得花时间？** 看她们的宝宝还能喝几个月。四个月大的，前面还有两年半；三十三个月大的，只剩三个月。分数看过去，月龄看将来。

# %% [markdown] tags=["en"]
# **Two members with the same three scores: who deserves your time?** See how many months of feeding are left. At four months there are over two and a half years to come; at thirty-three months, three. Scores look back. Age looks ahead.

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
            en=f"Both are 'Key value': the {n1:,} at 0–5 months have a median of {m1:.0f} months left, the {n2:,} at 24–35 months have {m2:.0f}.",
        )
    )

# %% [markdown] tags=["zh"]
# 别的行业没有月龄，但有同样的毛病：F 和 M 从开天辟地数起，老客户永远高分。办法是给 F 和 M 一个窗口，比如最近 12 个月。

# %% [markdown] tags=["en"]
# Other trades have no baby's age but the same weakness: counted from the beginning of time, F and M always favour old customers. The cure is a window for F and M, the last 12 months for instance.

# %%
recent = rfm.score(rfm.summary(orders, as_of, months=12))
both = scored.merge(recent[["customer_id", "code"]], on="customer_id", suffixes=("", "_12"))

# %% tags=["fold"]
say(
    zh=f"F 和 M 改看最近 12 个月，{(both['code'] != both['code_12']).mean():.0%} 的会员换了类。",
    en=f"With F and M over the last 12 months, {(both['code'] != both['code_12']).mean():.0%} of members change class.",
)

# %% [markdown] tags=["zh"]
# ## 11. 案例：某奶粉品牌把会员分成三种人
#
# 课程里讲过一个案例（课堂口述，未经核实）：一家奶粉品牌用 RFM 分出了“忠诚”“需挽留”和其他。用这一章的方法读它，我们要问三句话：线画在哪里？毕业的算在哪一类？“需挽留”里有多少人不挽留也会回来？

# %% [markdown] tags=["en"]
# ## 11. Case: a formula brand sorts its members into three
#
# The course tells of a formula brand that used RFM to find "loyal" members, those "to be retained", and others (as told in class, unverified). Read it with this chapter and ask three things: where were the lines? In which class were the graduates? And how many of those "to be retained" would have come back anyway?

# %% tags=["fold"]
three = scored["code"].map({"R1F1M1": "loyal", "R1F1M0": "loyal", "R0F1M1": "retain", "R0F0M1": "retain"}).fillna("others")
groups = ["loyal", "retain", "others"]
size = three.value_counts(normalize=True).reindex(groups, fill_value=0)
money = (users.groupby(three)["monetary"].sum() / users["monetary"].sum()).reindex(groups, fill_value=0)
share = (aged["age_band"] == "graduated")[three == "retain"].mean() if aged is not None else None
tail_zh = f"需挽留里 {share:.0%} 其实已经毕业，打了电话也没用。" if share is not None else ""
tail_en = f" Of the latter {share:.0%} have graduated: a call would be wasted." if share is not None else ""
say(
    zh=f"照样分一遍：忠诚 {size['loyal']:.0%} 的人、{money['loyal']:.0%} 的钱；需挽留 {size['retain']:.0%} 的人、{money['retain']:.0%} 的钱。{tail_zh}",
    en=f"The same three here: loyal, {size['loyal']:.0%} of members and {money['loyal']:.0%} of money; to be retained, {size['retain']:.0%} and {money['retain']:.0%}.{tail_en}",
)

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
# 4. 不做动作也有人回来。没有空白组，就没有功劳。
# 5. 老客户分数高，可能只是买得久；和同月龄的人比，或者给 F 和 M 一个窗口。

# %% [markdown] tags=["en"]
# ## In five lines
#
# 1. Definition first, number second: what counts as an order, and which day is the reference.
# 2. A high R means recent; equal values get equal scores.
# 3. Lines make the classes. Write the lines down and use them again next month.
# 4. Some return without any action. Without a hold-out there is no credit to take.
# 5. Old customers score high because they have bought for long. Compare within the same age, or give F and M a window.

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
# **1. On a colleague's list the members with R=5, F=5 stayed away three hundred days on average. Most likely?**
# <details><summary>a. Poor members</summary>Do not blame them yet: F=5 means they bought most often. Look at how the score was made.</details>
# <details><summary>b. R is inverted</summary>Right. Many days got a high score, and the list is upside down.</details>
# <details><summary>c. The reference day is too early</summary>That moves R by a few days, not by three hundred.</details>

# %% [markdown] tags=["zh"]
# **二、一半会员只买过一次，用中位数划 F 的线，会怎样？**
# <details><summary>a. 正好一半高一半低</summary>中位数是 1，用“大于等于”所有人都高；用“大于”，买过两次的都高。哪样都不是一半。</details>
# <details><summary>b. 线落在 1，高低取决于用“大于”还是“大于等于”</summary>对。平局多的时候，中位数这条线很脆。</details>
# <details><summary>c. 没有影响</summary>用第 6 节的表看一眼中位数那一行。</details>

# %% [markdown] tags=["en"]
# **2. Half the members bought once, and the line for F is the median. What happens?**
# <details><summary>a. Exactly half are high</summary>The median is 1. With "at least" all are high; with "more than" everyone with two orders is. Neither is a half.</details>
# <details><summary>b. The line falls on 1, and everything hangs on "more than" or "at least"</summary>Right. With many ties the median is a brittle line.</details>
# <details><summary>c. Nothing</summary>Look at the median's row in section 6.</details>

# %% [markdown] tags=["zh"]
# **三、给“重要保持”全体发券，四周后 20% 回来了。券有用吗？**
# <details><summary>a. 有用，20% 很高</summary>高不高要和不发券的人比。第 8 节说，不发也会回来一批。</details>
# <details><summary>b. 没用</summary>也不能这么说，没有比较，两边都下不了结论。</details>
# <details><summary>c. 看不出来</summary>对。缺一个随机的空白组。</details>

# %% [markdown] tags=["en"]
# **3. All of "Key keep" got a coupon; after four weeks 20% were back. Did it work?**
# <details><summary>a. Yes, 20% is a lot</summary>A lot compared with whom? Section 8 says some return without one.</details>
# <details><summary>b. No</summary>You cannot say that either. Without a comparison neither holds.</details>
# <details><summary>c. We cannot tell</summary>Right. A random hold-out is missing.</details>

# %% [markdown] tags=["zh"]
# ## 换成您自己的订单
#
# 把第一个代码格里的 `orders_file` 改成您的文件，例如 `"my_work/orders.csv"`，再从头运行。需要四列：订单号、客户编号、付款时间、实付金额。读不了的行会告诉您是哪一行、为什么。
#
# 接下来：做**实验 11**（在“从这里开始”页点按钮）；往后读第 15 章，流失召回。

# %% [markdown] tags=["en"]
# ## Your own orders
#
# Set `orders_file` in the first code cell to your file, `"my_work/orders.csv"` for instance, and run from the top. It needs four columns: order number, customer, time paid, amount paid. Rows that cannot be read are listed with their number and the reason.
#
# Next: **lab 11** (press the button on the start page), and later chapter 15, on winning customers back.
