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
# # 02 4D 营销模型
#
# **大促那一周，每位会员发 2 条消息，还是 5 条？**
#
# 4D 是赵占波老师 2014 年提出的四个词：Demand 需求、Data 数据、Deliver 传递、Dynamic 动态。这一章把它们变成一张量得出来的记分卡。
#
# 讲解 60 分钟（短课 30 分钟：第 1、3、7、10、11 节），练习是实验 02：A 部分 25 分钟，B 部分 60 分钟。会看表格就够了，不用会写代码。

# %% [markdown] tags=["en"]
# # 02 The 4D model
#
# **In the week of the big sale, do you send each member 2 messages, or 5?**
#
# The four D's were named by Zhao Zhanbo in 2014: Demand, Data, Deliver, Dynamic. This chapter turns them into a scorecard that can be measured.
#
# 60 minutes of teaching (short course 30 minutes: sections 1, 3, 7, 10 and 11); the exercise is lab 02, part A 25 minutes and part B 60. If you can read a table, you know enough; you need not write code.

# %% [markdown] tags=["zh"]
# 学完这一章，您能做到五件事，每一件在实验 02 里都有题：
#
# 1. 找出哪一项需求最要紧、又最没做到（02.3）。
# 2. 说清楚营销消息能发给几成人，答应的事做到了几成（02.1、02.2）。
# 3. 分清哪些消息是接客户的事、哪些是群发，有没有打扰过头（02.4、02.5、02.A4）。
# 4. 给公司打一张 4D 分，每个分数带着区间，缺什么写明白（02.6、02.A1、02.A2）。
# 5. 讲得出为什么要留一些人什么都不给，价格和服务该对谁讲（02.7、02.A3）。

# %% [markdown] tags=["en"]
# After this chapter you can do five things, and lab 02 has questions on each:
#
# 1. Find the need that matters most and is met least (02.3).
# 2. Say what share of people you may send marketing to, and how many of your promises were kept (02.1, 02.2).
# 3. Tell messages that respond to the customer from messages that just go out, and see whom you write to too often (02.4, 02.5, 02.A4).
# 4. Score a company on the four D's, with an interval on every score and a note of what is missing (02.6, 02.A1, 02.A2).
# 5. Explain why some people should get nothing, and whom to talk to about price and whom about service (02.7, 02.A3).

# %% [markdown] tags=["zh"]
# 先点菜单“运行 → 运行所有单元格”，要跑一分钟左右。跑完会停在页尾，滚回最上面再读。灰条里藏着代码，想看就点右边的 •••。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu. It takes a minute or so and leaves you at the foot of the page; scroll back to the top and read. Grey bars hide code: click the ••• to open one.

# %% tags=["parameters"]
language = "zh"
company = "yunmu"
orders_file = ""
mapping_file = ""
as_of = "2026-06-30"

# %% tags=["fold"]
import pandas as pd
from IPython.display import display

from crmlab import after_bet, bet, calibration, card, charts, experiment, explore, fourd, load, read_orders, reveal
from crmlab import say, show, t, use_style, value
from crmlab.data import THREAD, has
from crmlab.rfm import last_day
from crmlab.work import set_subject

use_style(language)
set_subject(orders_file or company)
own = bool(orders_file)
imported = read_orders(orders_file, mapping_file or None) if own else None
extra = [name for name in ("campaigns", "assignments", "order_lines", "products") if not own and has(company, name)]
tables = {"orders": imported.orders} if own else fourd.load_tables(company) | {name: load(company, name) for name in extra}
orders = tables["orders"]
as_of = pd.Timestamp(as_of or last_day(orders))
thread = None if own else THREAD.get(company)
skip = say(zh="这份数据里没有需要的表，这一格跳过。", en="The tables this needs are not in your data: skipped.")
imported.summary() if own else None

# %% [markdown] tags=["zh"]
# ## 1. 先下注：多发三条，多赚多少
#
# 云牧是本课虚构的奶粉品牌。它做过一次试验：大促那一周，抽签决定谁收 2 条消息，谁收 5 条，别的都一样。市场部想要 5 条：“多说几遍，总会多卖一点。”
#
# 每 1,000 位会员，从开始那天起 30 天，多出来多少毛利（扣掉货款和配送）？先拖一个数，负数也行。

# %% [markdown] tags=["en"]
# ## 1. Place your bet: three messages more, how much more money?
#
# Yunmu is an infant-formula brand, invented for this course. It tried this out: in the week of a sale, a draw decided who got 2 messages and who got 5; everything else was the same. Marketing wants 5: "say it more often and you will sell a little more."
#
# For every 1,000 members, how much more margin do the extra messages bring in the 30 days from the first day? Margin is what is left after the goods and the delivery. Guess first; it may be below zero.

# %% tags=["fold"]
bet(
    "02.five",
    say(zh="每 1,000 位会员，发 5 条比发 2 条多带来多少毛利（30 天）？", en="Per 1,000 members: how much more margin do 5 messages bring than 2, in 30 days?"),
    low=-20_000, high=50_000, unit=say(zh="元", en="yuan"), step=1_000,
)

# %% tags=["fold"]
def signed(number, digits=0):
    return f"{number:+,.{digits}f}".replace("-", "−")


trial, gain = None, None
if {"touches", *extra} <= set(tables) and not own:
    margins = value.margins(orders, tables["order_lines"], tables["products"])
    trial = fourd.frequency_test(tables["campaigns"], tables["assignments"], tables["touches"], margins, as_of)
    few, many = (trial[trial["arm"] == arm] for arm in ("light", "heavy"))
    gain = experiment.mean_difference(many["margin"], few["margin"]) if min(len(few), len(many)) > 1 else None
reveal("02.five", 1000 * gain.value) if gain else skip

# %% [markdown] tags=["zh"]
# 下面是抽签的两组人。先看毛利，再看退订；两个差都要带着区间看。

# %% [markdown] tags=["en"]
# Here are the two groups. Look at the margin first, then at the opt-outs, and read each difference with its interval.

# %% tags=["fold"]
if gain:
    plans = trial.groupby("arm").agg(customers=("customer_id", "size"), messages_each=("messages", "mean"), opt_outs=("opted_out", "mean"), margin_each=("margin", "mean"))
    plans = plans.loc[["light", "heavy"]].rename(index=lambda arm: t(f"arm_{arm}")).rename_axis("plan")
    display(after_bet("02.five", show(plans.reset_index(), money=["margin_each"], percent=["opt_outs"])))

# %% tags=["fold"]
if gain:
    out = experiment.difference(many["opted_out"].sum(), len(many), few["opted_out"].sum(), len(few))
    left = trial.loc[trial["opted_out"], "year"]
    unsure = gain.low < 0 < gain.high
    display(
        after_bet("02.five", say(
            zh=f"每 1,000 位会员，发 5 条比发 2 条，毛利{'多' if gain.value > 0 else '少'} {abs(1000 * gain.value):,.0f} 元（差额大约在 {signed(1000 * gain.low)} 到 {signed(1000 * gain.high)} 元之间）：{'样本太小，还下不了结论' if unsure else '看得出来'}。退订{'多' if out.value > 0 else '少'} {abs(1000 * out.value):.0f} 位（{1000 * out.low:.0f} 到 {1000 * out.high:.0f}）。退订的人，前一年每人带来毛利 ¥{left.mean():,.0f}；她们没有走，可往后我们说话，她们听不到了。",
            en=f"Per 1,000 members, 5 messages bring {abs(1000 * gain.value):,.0f} yuan {'more' if gain.value > 0 else 'less'} margin than 2 (interval {signed(1000 * gain.low)} to {signed(1000 * gain.high)}): {'the sample is too small to tell' if unsure else 'a difference you can see'}. {abs(1000 * out.value):.0f} {'more' if out.value > 0 else 'fewer'} opt out ({signed(1000 * out.low)} to {signed(1000 * out.high)}). Those who opted out had brought ¥{left.mean():,.0f} of margin each, on average, in the year before. They have not left, but they no longer hear us.",
        ))
    )

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）先让赞成 5 条的坐左边，赞成 2 条的坐右边，各说一句理由。揭晓以后问：“退订的人还会买，那损失在哪里？”常见的错：只看回来的钱，不看谁以后听不见了；把区间跨过零的差当成“发得多反而亏”。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Those for 5 messages sit on the left, those for 2 on the right; one reason each. After the answer, ask: "They still buy, so what was lost?"
# Usual mistakes: seeing the money only, not the people who can no longer be reached; taking a gap whose interval crosses zero for "more messages lose money".

# %% [markdown] tags=["zh"]
# ## 2. 从 4P 到 4D：问的话变了
#
# 营销学一百多年前在美国起步，归在管理学里：计划、组织、执行、反馈。教科书每过一代换四个词。短缺的年代问“我有什么”（4P，“消费者请注意”）；货多了，问“他要什么”（4C，“请注意消费者”）；再后来问关系（4R，课上只点了名，下面按教科书列）。4D 问的是：**我了解他吗，拿得出数吗？**

# %% [markdown] tags=["en"]
# ## 2. From 4P to 4D: the question changed
#
# Marketing began in America over a century ago, as a part of management: plan, organise, carry out, get feedback. Every generation has had its four words.
# When goods were scarce, the question was "what have I got?" (4P: consumers, pay attention). Once there was plenty, it became "what do they want?" (4C: pay attention to consumers). Then came relationships (4R, which the course only names; the words below are the textbook's). 4D asks: **do I understand them, and can I show it in numbers?**

# %% tags=["fold"]
words = pd.DataFrame({
    "4P": say(zh="产品 价格 渠道 促销", en="product price place promotion").split(),
    "4C": say(zh="消费者 成本 便利 沟通", en="consumer cost convenience communication").split(),
    "4R": say(zh="关联 反应 关系 回报", en="relevance reaction relationship reward").split(),
    "4D": [t(f"d_{d}") for d in fourd.DS],
    say(zh="4D 问的话", en="what 4D asks"): [
        say(zh="最要紧又最没做到的是哪一项？", en="Which need matters most and is met least?"),
        say(zh="我们知道多少，哪些能用？", en="What do we know, and what of it may we use?"),
        say(zh="答应的事做到了几成？", en="How much of what we promised was kept?"),
        say(zh="他一有事，我们多久有回应？", en="When something happens, how soon do we respond?"),
    ],
})
show(words)

# %% [markdown] tags=["zh"]
# 横着读一行，比如渠道：4P 问货铺到哪里，4C 问他买着方便不方便，4D 问东西和价值到没到他手里。4R 一列和左右不是一一对应，只是并排放着。

# %% [markdown] tags=["en"]
# Read across a row, say place: 4P asks where the goods are sold, 4C whether they are easy to buy, 4D whether the goods and their value have actually reached the person. The 4R column does not match the others word for word; it only stands beside them.

# %% [markdown] tags=["zh"]
# 老办法从需求出发，做出产品去交换，却是一个方向喊话、一层一层卖货：反馈慢，留不住人。手机普及以后，媒体多了，信息碎了，人都在社群里，这样喊，没有人听得见。
#
# 课上说的智慧营销，是把大数据、物联网、区块链、VR 合起来，让找人更准、转化更高。平台、场景、行业、虚实之间的界线淡了，形式也混着来（AR、OTT、音箱）。以人为中心，人脑和电脑、创意和技术、品牌和实效要配着用：数据说找谁，人来想说什么。

# %% [markdown] tags=["en"]
# The old way also starts from a need, makes a product and sells it. But it talks in one direction and sells through layer upon layer: feedback is slow, and people drift away. Now everybody has a phone. There are more media, information comes in scraps, and people gather in groups; talking at them no longer works.
#
# What the course calls intelligent marketing combines big data, connected devices, blockchain and VR, to find the right people more precisely and convert more of them. The lines blur between platforms, settings, industries, the real and the virtual, and formats mix (AR, OTT, smart speakers). People stay at the centre, and things work in pairs: brain and computer, ideas and technology, brand and sales. Data tells you whom to talk to; people work out what to say.

# %% [markdown] tags=["zh"]
# **请小组自己填**：您这一行，下面每个词现在是谁在管，用哪张表？填不出来的格子，就是这门课后面要做的事。
#
# | | 谁在管 | 哪张表 | 多久看一次 |
# |:--|:--|:--|:--|
# | Demand 需求 | | | |
# | Data 数据 | | | |
# | Deliver 传递 | | | |
# | Dynamic 动态 | | | |

# %% [markdown] tags=["en"]
# **For your group to fill in**: in your business, who looks after each of these today, which table is it in, and how often does anybody look? Each cell you cannot fill is work for the rest of this course.
#
# | | who looks after it | which table | how often looked at |
# |:--|:--|:--|:--|
# | Demand | | | |
# | Data | | | |
# | Deliver | | | |
# | Dynamic | | | |

# %% [markdown] tags=["notes", "zh"]
# **讲师**（4 分钟）不要讲史，讲问题：每个时代让一位学员用本公司的话问一遍。4D 出自赵占波，《北大商业评论》2014 年第 10 期；记分卡是本课程做的，不是作者的。常见的错：以为 4D 代替了 4P。价格和产品还在，只是多问了四句。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (4 minutes). Do not teach history; teach the questions: for each age, one participant asks the question in the words of their own company. 4D is by Zhao Zhanbo, PKU Business Review 2014 no. 10; the scorecard is this course's, not the author's.
# Usual mistake: thinking that 4D replaces 4P. Price and product are still there; four questions were added.

# %% [markdown] tags=["zh"]
# ## 3. Demand：最要紧、又最没做到的
#
# 问卷里有八项需求，每项问两遍：有多重要，做到了几分（1 到 5）。只看重要，会选到大家早就做好的事；只看满意，会选到没人在乎的事。Ulwick 的机会分把两个合起来：
#
# **机会分 = 重要 + max(重要 − 满足, 0)**，重要和满足都取“打 4、5 分的占比 × 10”。12 分以上，值得动手。

# %% [markdown] tags=["en"]
# ## 3. Demand: what matters most and is met least
#
# The survey lists eight needs and asks twice about each: how important is it, and how well is it met (1 to 5)? Importance alone picks what everybody does well already. Satisfaction alone picks what nobody cares about. Ulwick's opportunity score joins the two:
#
# **opportunity = importance + max(importance − satisfaction, 0)**, where each of the two is ten times the share of people who give a 4 or a 5. Above 12, it is worth acting.

# %% tags=["fold"]
bet(
    "02.need",
    say(zh="哪一项需求的机会分最高？", en="Which need has the largest opportunity score?"),
    options={need: t(f"need_{need}") for need in fourd.NEEDS},
)

# %%
surveys = tables.get("surveys")
needs = fourd.opportunities(surveys, as_of) if surveys is not None else None
reveal("02.need", needs.iloc[0]["need"]) if needs is not None else skip

# %% [markdown] tags=["zh"]
# 亲手算一项，和工具对一对。一人只算最近一年里最后那次回答，免得爱答题的人说了算。

# %% [markdown] tags=["en"]
# Work out one need by hand and compare it with the helper. Each person counts once, with their latest answer of the last year, so that people who love surveys do not decide for everybody.

# %%
if needs is not None:
    year = surveys[surveys["answered_at"] > as_of + pd.Timedelta(days=1 - 365)]
    latest = year.sort_values("answered_at").drop_duplicates("customer_id", keep="last")
    matters, met = (10 * (latest[f"care_{side}"] >= 4).mean() for side in ("importance", "satisfaction"))
    by_hand = matters + max(matters - met, 0)

# %% tags=["fold"]
if needs is not None:
    same = abs(by_hand - needs.set_index("need")["opportunity"]["care"]) < 1e-9
    display(
        say(
            zh=f"“{t('need_care')}”：重要 {matters:.1f}，满足 {met:.1f}，机会分 {by_hand:.1f}；和工具{'一致' if same else '不一致'}。共 {len(latest):,} 人回答。",
            en=f"'{t('need_care')}': importance {matters:.1f}, satisfaction {met:.1f}, opportunity {by_hand:.1f}; the helper {'agrees' if same else 'disagrees'}. {len(latest):,} people answered.",
        )
    )

# %% tags=["fold"]
charts.fourd.needs(needs) if needs is not None else skip

# %% [markdown] tags=["zh"]
# 右下角是机会：要紧，没做到。左上角是白费的力气。把还在买的人和没在买的人分开，再看一遍，有时候答案会换。

# %% [markdown] tags=["en"]
# Lower right is opportunity: it matters, and it is not met. Upper left is wasted effort. Now look at those who still buy and those who do not, one group at a time. Sometimes the answer changes.

# %% tags=["fold"]
if needs is not None:
    buying = orders.loc[orders["paid_at"] > as_of - pd.Timedelta(days=90), "customer_id"]
    state = latest["customer_id"].isin(buying).map({True: say(zh="90 天内买过", en="bought in 90 days"), False: say(zh="90 天没买", en="nothing in 90 days")})
    split = fourd.opportunities(surveys, as_of, by=state.set_axis(latest["customer_id"]))
    top = split.groupby("segment").head(3).assign(need=lambda table: table["need"].map(lambda need: t(f"need_{need}")))
    display(show(top.rename(columns={"n": "people"}).reset_index(drop=True), bars=["opportunity"]))

# %% tags=["fold"]
card("fourd_opportunity")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）请大家先按直觉给八项排个名，再看图。问：“哪一项是我们天天在做、图上却在左上角的？”常见的错：把答题的人当成全体；满意的人更爱答，满足这一边会偏高。板书：横轴重要，纵轴满足，画对角线。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). The room ranks the eight needs by instinct before seeing the picture. Ask: "What do we work on every day that sits in the upper left?"
# Usual mistake: treating those who answer as if they were everybody; happy people answer more, so satisfaction runs high. Board: importance across, satisfaction up, the diagonal.

# %% [markdown] tags=["zh"]
# ## 4. Data：知道多少，能用多少
#
# 先看一个人。这位会员，整门课都会遇到她。下面是各张表里有她的什么：“是”就是填了，“否”就是空着。

# %% [markdown] tags=["en"]
# ## 4. Data: how much we know, and how much we may use
#
# One person first: a member you will meet throughout the course. Here is what the tables hold about her; "yes" means filled in, "no" means empty.

# %% tags=["fold"]
if thread and {"members", "identities", "consents"} <= set(tables):
    one = {name: tables[name][tables[name]["customer_id"] == thread] for name in ("members", "identities", "consents")}
    standing = one["consents"][one["consents"]["withdrawn_at"].isna()]
    filled = one["members"][[*fourd.KEY_FIELDS, "joining_motive"]]
    shown = (filled.notna() & filled.ne("unknown")).assign(
        systems=len(one["identities"]), marketing=", ".join(t(f"channel_{name}") for name in standing.loc[standing["purpose"] == "marketing", "channel"]) or "—"
    )
    shown.insert(0, "customer_id", thread)
    display(show(shown, light=thread))
else:
    display(skip)

# %% [markdown] tags=["zh"]
# 每个字段单独看都不难，难在每个人都要齐，而且**有授权**。没有营销授权，知道得再多也不能拿来推销。先猜：至少在一个渠道上能合法给他发营销消息的，占百分之几？

# %% [markdown] tags=["en"]
# Each field is easy on its own. The hard part is having all of them, for everybody, **with consent**. Without consent to marketing, nothing you know may be used to sell. Guess first: what share of members may you send marketing messages to, on at least one channel?

# %% tags=["fold"]
bet("02.consent", say(zh="至少一个渠道上有营销授权的会员，占百分之几？", en="What share of members have agreed to marketing on at least one channel?"), low=0, high=100, unit="%")

# %%
consent = None
if "consents" in tables:
    grants = tables["consents"]
    standing = grants[(grants["granted_at"] < as_of + pd.Timedelta(days=1)) & ~(grants["withdrawn_at"] < as_of + pd.Timedelta(days=1))]
    yes = standing[standing["purpose"] == "marketing"]
    consent = tables["members"]["customer_id"].isin(yes["customer_id"]).mean()
reveal("02.consent", 100 * consent, unit="%") if consent is not None else skip

# %% tags=["fold"]
if consent is not None:
    n = len(tables["members"])
    by_channel = yes.groupby("channel")["customer_id"].nunique().sort_values(ascending=False)
    first, last = by_channel.index[0], by_channel.index[-1]
    most, least = t(f"channel_{first}"), t(f"channel_{last}")
    display(
        after_bet("02.consent", say(
            zh=f"任何一个渠道都算，是 {consent:.0%}。分开看，最多的是{most}（{by_channel.iloc[0] / n:.0%}），最少的是{least}（{by_channel.iloc[-1] / n:.0%}）。“能触达 {consent:.0%}”这句话，要带上“用哪个渠道”。",
            en=f"If any channel will do, it is {consent:.0%}. One by one, {most} has the most ({by_channel.iloc[0] / n:.0%}) and {least} the least ({by_channel.iloc[-1] / n:.0%}). Never say 'we can reach {consent:.0%}' without saying on which channel.",
        ))
    )

# %% tags=["fold"]
card("fourd_consent")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）请一位学员扮那位会员，问：“这些都是您愿意让我们知道的吗？”再问：缺的字段，去要，还是去猜？常见的错：把服务通知的同意当成营销授权；性别填“未知”也算填了。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). One participant plays the member; ask: "Is all this what you wanted us to know?" Then: a field is missing; do we ask for it or guess it?
# Usual mistakes: taking consent to service messages for consent to marketing; counting the entry "unknown" as filled.

# %% [markdown] tags=["zh"]
# ## 5. Deliver：得到的，减去付出的
#
# 客户拿到的不只是货。他心里有一杆秤：一边是得到的（好用、安心、有人管），一边是付出的。付出的不光是货款，还有五样：花时间、要研究、放弃别的、换过来费事、另外花钱。下面是问卷里的平均分，1 到 5：得到的越高越好，付出的越低越好。

# %% [markdown] tags=["en"]
# ## 5. Deliver: what they get, less what it costs them
#
# You deliver more than goods. Every customer weighs it up: on one side what they get (it works, peace of mind, somebody cares), on the other what it costs them. Besides the price there are five costs: time, having to learn, giving up other choices, the trouble of changing over, paying for extras. The survey's marks run from 1 to 5.

# %%
felt = tables.get("perceived_value")
if felt is not None:
    marks = felt[felt["answered_at"] > as_of + pd.Timedelta(days=1 - 365)].sort_values("answered_at").drop_duplicates("customer_id", keep="last")
    means = marks[[*fourd.BENEFITS, *fourd.COSTS]].mean()

# %% tags=["fold"]
if felt is not None:
    gap = means[list(fourd.BENEFITS)].mean() - means[list(fourd.COSTS)].mean()
    listing = pd.DataFrame({"item": [t(name) for name in means.index], "score": means.to_numpy()})
    display(show(listing, bars=["score"]))
    weak, heavy = means[list(fourd.BENEFITS)].idxmin(), means[list(fourd.COSTS)].idxmax()
    display(
        say(
            zh=f"得到的平均 {means[list(fourd.BENEFITS)].mean():.2f} 分，付出的 {means[list(fourd.COSTS)].mean():.2f} 分，差 {gap:.2f} 分（{len(marks):,} 人）。最弱的利益是“{t(weak)}”，最重的成本是“{t(heavy)}”。要拉大差距，先动这两样。",
            en=f"Benefits average {means[list(fourd.BENEFITS)].mean():.2f}, costs {means[list(fourd.COSTS)].mean():.2f}: a gap of {gap:.2f} before rounding ({len(marks):,} people). Weakest on the one side: '{t(weak)}'; heaviest on the other: '{t(heavy)}'. Start with these two.",
        )
    )
else:
    display(skip)

# %% [markdown] tags=["zh"]
# 感觉要问，承诺可以查。订单上写着答应几点到，也写着几点到的。那么，上一季收货晚过的人，这一季还回来吗？猜猜看：晚到过的，和从没晚到的，哪边回来得多？

# %% [markdown] tags=["en"]
# Feelings you have to ask about; promises you can check. The order says when it was due and when it came. Do customers whose order came late buy again the next quarter? Guess: who comes back more, those who have had a late order or those who never have?

# %% tags=["fold"]
bet(
    "02.late",
    say(zh="上一季有过晚到的人，和从没晚到的人，哪一边这一季回来得多？", en="Who came back more this quarter: those who had a late order last quarter, or those who had none?"),
    options={"kept": say(zh="没晚到的", en="never late"), "late": say(zh="晚到过的", en="late at least once")},
)

# %%
checked = {"promised_at", "delivered_at"} <= set(orders.columns)
if checked:
    any_late, last_late = (fourd.promise_and_return(orders, as_of, any_order=way).set_index("late") for way in (True, False))
reveal("02.late", "late" if any_late["rate"].get(True, 0) > any_late["rate"].get(False, 0) else "kept") if checked else skip

# %% tags=["fold"]
if checked and len(any_late) == len(last_late) == 2:
    a, b = (experiment.difference(*table.loc[True, ["back", "n"]], *table.loc[False, ["back", "n"]]) for table in (any_late, last_late))
    display(
        after_bet("02.late", say(
            zh=f"晚到过的人，回来得{'多' if a.value > 0 else '少'} {abs(100 * a.value):.0f} 个百分点。这么比不公平：买得勤的人，碰上晚到的机会也多。每人只看上一季的最后一单，晚到的人回来得{'多' if b.value > 0 else '少'} {abs(100 * b.value):.1f} 个百分点（大约在 {signed(100 * b.low, 1)} 到 {signed(100 * b.high, 1)} 之间）。",
            en=f"The return rate of those with a late order is {abs(100 * a.value):.0f} percentage points {'higher' if a.value > 0 else 'lower'}. The comparison is unfair: people who buy often have more chances of a late order. Look at each person's last order only, and the gap is {signed(100 * b.value, 1)} points (interval {signed(100 * b.low, 1)} to {signed(100 * b.high, 1)}).",
        ))
    )

# %% [markdown] tags=["zh"]
# 记住这个坑，第 8 节还要用。客户得到价值，价值也会回到我们这里：这叫客户终身价值，课上分三块。**历史**：到今天为止的毛利。**当前**：照老样子买下去，往后一年的毛利。**潜在**：还没买过的品类，加上带来的人。后两块用一年前同样情形的人后来怎样来估，第 5 章再细算。

# %% [markdown] tags=["en"]
# Remember this trap; section 8 needs it. Delivering also works the other way: value comes back to us. The course splits customer lifetime value in three. **Historic**: margin to date. **Current**: margin over the next year if they carry on as before. **Potential**: categories they have not bought yet, and people they refer. The last two are estimated from people in the same position a year ago and what they did next; chapter 05 goes deeper.

# %% tags=["fold"]
worth = None
if {"order_lines", "products", "members"} <= set(tables):
    worth = fourd.clv(orders, tables["order_lines"], tables["products"], tables["members"], as_of)
    worth["state"] = pd.cut(worth["recency"], [-1, 30, 90, 180, 10_000], labels=["≤ 30", "31–90", "91–180", "> 180"]).astype("str")
    parts = ["historic", "current", "potential"]
    mean = worth.groupby("state", sort=False).agg(customers=("customer_id", "size"), **{name: (name, "mean") for name in parts})
    display(show(mean.round().sort_values("current", ascending=False).reset_index().rename(columns={"state": "recency"}), money=parts))
    display(show(worth[worth["customer_id"] == thread][["customer_id", "recency", *parts]].round(), money=parts, light=thread))

# %% tags=["fold"]
if worth is not None:
    total = worth[["historic", "current", "potential"]].sum()
    ahead, old = total["current"] + total["potential"], worth.loc[worth["recency"] > 180, ["historic", "current"]].mean()
    display(
        say(
            zh=f"历史价值共 ¥{total['historic']:,.0f}，往后一年还有 ¥{ahead:,.0f}，其中潜在的占 {total['potential'] / ahead:.0%}。历史和当前是两回事：180 天没买的人，历史价值平均 ¥{old['historic']:,.0f}，当前只有 ¥{old['current']:,.0f}。",
            en=f"Historic value adds up to ¥{total['historic']:,.0f}; another ¥{ahead:,.0f} is expected in the coming year, {total['potential'] / ahead:.0%} of it potential. Historic and current are two different things: those who have not bought for 180 days average ¥{old['historic']:,.0f} historic and only ¥{old['current']:,.0f} current.",
        )
    )

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）“晚到的人回来得更多”先别解释，等人起疑。问：“什么样的人更容易碰上晚到？”板书：买 1 单的人和买 10 单的人，至少晚一次的机会各是多少。常见的错：给每个相关都编一个道理。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). "Those with late orders come back more": do not explain; wait until somebody doubts it. Ask: "Who is likely to have a late order?"
# Board: the chance of at least one late order for a person with 1 order and for one with 10. Usual mistake: inventing a reason for every correlation.

# %% [markdown] tags=["zh"]
# ## 6. Dynamic：他动了，我们多快接上
#
# 促销是我们想说就说；动态是客户有事，我们接上。刚加入、下了首单、该补货了没来，都是事。为这样一件事发的消息叫触发消息，别的是群发。先猜：最近 90 天送达的消息里，触发消息占百分之几？

# %% [markdown] tags=["en"]
# ## 6. Dynamic: something happened; how soon did we respond?
#
# A promotion goes out when we feel like it. Dynamic means that something happens to the customer and we respond: they have just joined, placed a first order, or were due to buy and did not. Guess first: of the messages that arrived in the last 90 days, what share was set off by something like that?

# %% tags=["fold"]
bet("02.triggered", say(zh="90 天里送达的消息，触发消息（为客户的一件事发的）占百分之几？", en="Of the messages that arrived in 90 days, what share was set off by something the customer did or did not do?"), low=0, high=100, unit="%")

# %%
messages = fourd.arrived(tables["touches"], as_of) if "touches" in tables else None
answers = messages.dropna(subset=["triggered_at"]) if messages is not None else None
reveal("02.triggered", 100 * len(answers) / len(messages), unit="%") if messages is not None else skip

# %% tags=["fold"]
if messages is not None:
    hours = ((answers["sent_at"] - answers["triggered_at"]).dt.total_seconds() / 3600).rename("hours_to_touch")
    slow = (hours > 24).mean()
    ax = charts.rfm.histogram(hours, line=24, count="triggered_messages")
    ax.get_legend().get_texts()[-1].set_text(say(zh="24 小时", en="24 hours"))
    ax.set_title(say(zh=f"{slow:.0%} 的触发消息，24 小时以后才发", en=f"{slow:.0%} of triggered messages go out more than 24 hours after the event"))

# %% tags=["fold"]
if messages is not None:
    display(
        say(
            zh=f"{len(answers):,} 条触发消息，一半在 {hours.median():.0f} 小时以内发出，最慢的一成过了 {hours.quantile(0.9):.0f} 小时。触发不等于及时：两天以后才到的“欢迎”，和群发没多大分别。",
            en=f"Of {len(answers):,} triggered messages, half went out within {hours.median():.0f} hours of the event; the slowest tenth took more than {hours.quantile(0.9):.0f}. Triggered is not the same as prompt: a welcome that comes two days later reads like a broadcast.",
        )
    )

# %% [markdown] tags=["zh"]
# 另一头是打扰过头。7 天里超过几条营销消息算太多？这条线可以自己拖。第 1 节的抽签说明了代价：条数一多，退订就往上走。

# %% [markdown] tags=["en"]
# The opposite fault is writing too often. How many marketing messages within 7 days are too many? Move the line yourself. The draw in section 1 showed the price: more messages, more opt-outs.

# %%
def over(most_messages=3):
    often = fourd.over_contacted(tables["touches"], as_of, most=most_messages)
    return say(
        zh=f"7 天里收到超过 {most_messages} 条的有 {often.sum():,} 位，占 90 天里收到过消息的人的 {often.mean():.1%}。",
        en=f"{often.sum():,} people got more than {most_messages} within 7 days: {often.mean():.1%} of all who got a message in 90 days.",
    )


explore(over, most_messages=(1, 6, 1)) if messages is not None else skip

# %% tags=["fold"]
card("fourd_over_contact")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）请每桌写一件“客户发生的事”和一句当天就能发的话，贴到墙上。常见的错：把生日祝福也算触发，却提前一个月排好了群发；只数发出的，不数送到的。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Each table writes down one thing that can happen to a customer and one sentence that could go out the same day; put them on the wall.
# Usual mistakes: a birthday greeting counted as triggered although it was scheduled as a broadcast a month before; counting what was sent instead of what arrived.

# %% [markdown] tags=["zh"]
# ## 7. 一张 4D 记分卡
#
# 把前面的指标放到一起。每个指标有一张口径卡，有 0 分线和 100 分线，有权重。**线和权重是我们定的，不是作者定的，也不是真理**：全摆出来，都能改。缺了表的指标不打分，只写缺什么。

# %% [markdown] tags=["en"]
# ## 7. The 4D scorecard
#
# Now put the indicators together. Each has a definition card, a value that scores 0 points, a value that scores 100, and a weight. **These limits and weights are ours; they are not the author's, and they are not the truth**: all are shown, and all can be changed. An indicator whose table is missing gets no score, only a note of what to ask for.

# %%
scores = fourd.scorecard(tables, as_of)
charts.fourd.scorecard(scores)

# %% [markdown] tags=["zh"]
# 黑线是区间：换一批同样的会员来量，分数大约在这一段里（把会员有放回地重抽 400 次，统计上叫自助法 bootstrap）。人少的指标，线就长，比如只问得到答卷的人、提过工单的人。
#
# 有两个指标是反着算的：机会分越高，说明越没做到，得分越低；过度打扰率也一样。下表是每条线定在哪里。

# %% [markdown] tags=["en"]
# The black line is the interval: with another set of members like these, the score would land somewhere along it (members are drawn again 400 times, with replacement; statisticians call it the bootstrap). Few people make a long line: the survey, the service cases.
#
# Two indicators run the other way: a high opportunity score means that much is left undone, so it earns few points; the same goes for over-contact. The table shows what we set for each.

# %% tags=["fold"]
rules = fourd.catalogue().merge(scores[["indicator", "value", "n"]], on="indicator")
for column in ("value", "zero", "hundred"):
    rules[column] = [charts.fourd.reading(key, number) for key, number in zip(rules["indicator"], rules[column], strict=True)]
rules = rules.assign(d=rules["d"].map(lambda d: t(f"d_{d}")), indicator=rules["indicator"].map(lambda key: t(f"fourd_{key}")))
show(rules[["d", "indicator", "value", "zero", "hundred", "weight", "n"]].rename(columns={"value": "reading", "n": "people"}))

# %% [markdown] tags=["zh"]
# 四个 D 里，哪个最弱？先别急着下结论。权重是拍脑袋定的，换一套权重，名次还是这样吗？下面随机换 2,000 套权重来试。

# %% [markdown] tags=["en"]
# Which of the four D's is weakest? Not so fast: the weights are a matter of opinion. Would the order hold with other weights? The next cell tries 2,000 sets of random weights.

# %%
four = fourd.summary(scores)
ranks = fourd.rank_stability(scores)
known = four[four["coverage"] > 0]

# %% tags=["fold"]
if len(ranks) > 1:
    best, worst = ranks.iloc[0], ranks.iloc[-1]
    order, last = ranks.attrs["order"] >= 0.5, worst["same"] >= 0.5
    verdict_zh = "名次站得住" if order else "只有垫底的那个敢说，上面几个别排座次" if last else "名次多半是权重定的，报告上只说分数，不排座次"
    verdict_en = "the order holds" if order else "name the last if you like, but do not rank the others" if last else "the weights decide the order: report the scores, not the ranks"
    sentence = say(
        zh=f"{t('d_' + best['d'])} {best['score']:.0f} 分最高，{t('d_' + worst['d'])} {worst['score']:.0f} 分最低。换权重，四个的次序只在 {ranks.attrs['order']:.0%} 的时候不变；排最后的那个，{worst['same']:.0%} 的时候还是最后。所以：{verdict_zh}。",
        en=f"{t('d_' + best['d'])} is highest with {best['score']:.0f} points, {t('d_' + worst['d'])} lowest with {worst['score']:.0f}. Under random weights the whole order stays the same in {ranks.attrs['order']:.0%} of cases; the last stays last in {worst['same']:.0%}. So {verdict_en}.",
    )
else:
    asked = ", ".join(sorted({name for gaps in scores["missing"] for name in gaps.split(", ") if "." not in name and name}))
    sentence = say(
        zh=f"{len(scores)} 个指标里量得到 {int(scores['covered'].sum())} 个，只够看 {len(known)} 个 D。要补齐，去要这些表：{asked}。",
        en=f"Of {len(scores)} indicators {int(scores['covered'].sum())} can be measured, enough for {len(known)} of the D's. To fill the gaps, ask for these tables: {asked}.",
    )
sentence

# %% [markdown] tags=["zh"]
# 换一家公司（晨杯，本课虚构的咖啡连锁），用同一把尺子再量。拖权重，看谁在前面会不会变。只在两家都量得到的指标上比，才算公平。

# %% [markdown] tags=["en"]
# Measure another company with the same ruler: Morningcup, the course's invented coffee chain. Move the weights and see whether the leader changes. Only indicators that both can measure make a fair comparison.

# %% tags=["fold"]
titles = {"yunmu": say(zh="云牧", en="Yunmu"), "morningcup": say(zh="晨杯", en="Morningcup")}
rival = "morningcup" if company == "yunmu" or own else "yunmu"
mine = say(zh="您的公司", en="your company") if own else titles.get(str(company), str(company))
theirs = fourd.scorecard(fourd.load_tables(rival), as_of if not own else "2026-06-30")
versus = fourd.compare(scores, theirs)
charts.fourd.by_d({mine: four, titles[rival]: fourd.summary(theirs)})

# %%
def total(demand=1, data=1, deliver=1, dynamic=1):
    both = versus.dropna(subset=["gap"]).set_index("d")
    weights = pd.Series({"demand": demand, "data": data, "deliver": deliver, "dynamic": dynamic}).reindex(both.index)
    if not weights.sum():
        return say(zh="至少给一个 D 一点权重。", en="Give at least one D some weight.")
    a, b = ((both[side] * weights).sum() / weights.sum() for side in ("first", "second"))
    return say(
        zh=f"{mine} {a:.0f} 分，{titles[rival]} {b:.0f} 分（两家都量得到的指标：{both['shared'].sum()} 个）：{'差不多' if abs(a - b) < 0.5 else (mine if a > b else titles[rival]) + '在前面'}。",
        en=f"{mine} {a:.0f} points, {titles[rival]} {b:.0f} (indicators measured in both: {both['shared'].sum()}): {'about equal' if abs(a - b) < 0.5 else (mine if a > b else titles[rival]) + ' is in front'}.",
    )


explore(total, demand=(0, 4, 1), data=(0, 4, 1), deliver=(0, 4, 1), dynamic=(0, 4, 1))

# %% tags=["fold"]
shown = versus.assign(d=versus["d"].map(lambda d: t(f"d_{d}"))).rename(columns={"first": mine, "second": titles[rival], "same": "ahead"})
for column in (mine, titles[rival], "gap", "low", "high"):
    shown[column] = [f"{number:.1f}" if pd.notna(number) else "—" for number in shown[column]]
show(shown, percent=["ahead"])

# %% [markdown] tags=["zh"]
# 怎么读：图上是各家量得到的全部指标，表里只算两家都有的，所以同一个 D 的分会不一样。区间不跨零，而且换权重多半不变，才说谁在前面。还要再问一句：一家卖奶粉，一家卖咖啡，比它做什么？和自己的上个季度比，才是正用。

# %% [markdown] tags=["en"]
# How to read it: the picture uses everything each company can measure, the table only what both can, so the score of one D may differ between them. Say who is in front only where the interval does not cross zero and most weights agree. And then: one sells formula, the other coffee, so why compare them at all? The proper use is to compare with your own last quarter.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）让每桌先各自定四个权重，写在板上，再拖。问：“您的权重是怎么来的？”没有人答得上来，就到了要点：权重是主张，不是测量。常见的错：缺表的指标按 0 分算；拿两家公司排座次。雷达图好看，但面积没有意思，所以不用。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Each table sets its four weights and writes them on the board before the sliders move. Ask: "Where do your weights come from?" When nobody can say, the point is made: a weight is a claim, not a measurement.
# Usual mistakes: scoring a missing table as 0; ranking two companies. A radar chart looks good, but its area means nothing, so we do without.

# %% [markdown] tags=["zh"]
# ## 8. 分数通到钱吗
#
# 提一个分数，收入动不动？把最近 90 天的收入拆开：上一季的买家 × 回来的比例 × 人均实付，再加上新来的人和隔了一季以上才回来的人。回购率就在树上，它提几分，收入跟着动，这是算术。准时送达不在树上，要先让更多人回来，才碰得到收入，那得有凭据。

# %% [markdown] tags=["en"]
# ## 8. Does a score lead to money?
#
# Raise a score: does revenue move? Split the revenue of the last 90 days: buyers of the quarter before × the share who came back × what each paid, plus people who are new or had been away a long time. The return rate is in the tree, so raising it moves revenue: that is arithmetic. "Promise kept" is not in the tree; it would have to push the return rate, and that needs evidence.

# %%
drivers = fourd.revenue_drivers(orders, as_of)
parts = drivers["before"] * drivers["came_back"] * drivers["back_spend"] + drivers["others"] * drivers["other_spend"]
push = b.value * fourd.promise_and_return(orders, as_of).attrs["promised"] if checked and len(last_late) == 2 else 0.0
links = {"came_back": 1.0, "promise": -push}

# %%
def move(score_moved="came_back", points_more=10):
    rule = fourd.INDICATORS[score_moved]
    rise = links[score_moved] * points_more * (rule.hundred - rule.zero) / 100
    then = drivers | {"came_back": min(drivers["came_back"] + rise, 1.0)}
    return charts.fourd.drivers(then, "came_back", before=drivers["revenue"])


choices = [(t(f"fourd_{key}"), key) for key in links if key == "came_back" or checked]
explore(move, score_moved=choices, points_more=(0, 30, 5))

# %% tags=["fold"]
gain_a, gain_b = (
    drivers["before"] * links[key] * 0.1 * abs(fourd.INDICATORS[key].hundred - fourd.INDICATORS[key].zero) * drivers["back_spend"] for key in links
)
exact = abs(parts - drivers["revenue"]) < 0.01
up = 10 * (fourd.INDICATORS["came_back"].hundred - fourd.INDICATORS["came_back"].zero)
say(
    zh=f"树上的乘积和收入{'对得上' if exact else '对不上'}。回购率的得分提 10 分，就是多 {up:.0f} 个百分点的人回来，90 天多 ¥{gain_a:,.0f}。准时送达提 10 分，照第 5 节量到的关系，只{'多' if gain_b > 0 else '少'} ¥{abs(gain_b):,.0f}；那个关系的区间{'跨过零，眼下没有凭据说它通到钱' if b.low < 0 < b.high else '不跨零，值得做个试验'}。",
    en=f"The products of the tree {'give' if exact else 'do not give'} the revenue. Ten points more on the score of the return rate, which means {up:.0f} percentage points more people back, bring ¥{gain_a:,.0f} in 90 days. Ten points more on 'promise kept' bring only ¥{abs(gain_b):,.0f} {'more' if gain_b > 0 else 'less'} by the link measured in section 5, whose interval {'crosses zero: so far there is no evidence that it leads to money' if b.low < 0 < b.high else 'does not cross zero: worth an experiment'}.",
) if checked and len(last_late) == 2 else say(
    zh=f"树上的乘积和收入{'对得上' if exact else '对不上'}。回购率提 10 分，90 天多 ¥{gain_a:,.0f}。",
    en=f"The products of the tree {'give' if exact else 'do not give'} the revenue. Ten points more on the score of the return rate bring ¥{gain_a:,.0f} in 90 days.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）先拖“季度回购率”，大家都高兴；再拖“准时送达率”，树几乎不动。问：“那准时送达还做不做？”答：要做，但别拿收入立项；要么做个试验，量出它的作用。常见的错：把算术当成因果，“提 10 分”说起来容易，怎么提才是事。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). First move the return rate: everybody is pleased. Then "promise kept": the tree hardly moves. Ask: "So shall we stop delivering on time?" No; but do not justify it by revenue, or run an experiment and measure what it does.
# Usual mistake: taking arithmetic for cause. "Ten points more" is easily said; how to get them is the work.

# %% [markdown] tags=["zh"]
# ## 9. 同一句话，换个人听：价格档 × 消息
#
# 需求落到一条消息上，就是：对谁讲价格，对谁讲服务？云牧抽签比过三次：随机一半收到讲价格的，一半收到讲服务的。价格消息只发给宝宝满 12 个月的会员。先猜高端档的人（钱更多花在高端产品上）。

# %% [markdown] tags=["en"]
# ## 9. Same words, different person: price tier × message
#
# When it comes to one message, demand means: whom do we talk to about price, and whom about service? Yunmu drew lots three times: a random half got a message about price, the other half one about service. Price messages go only to members whose baby is at least 12 months old. Guess for the premium tier, those who spend more on premium products than on cheaper ones.

# %% tags=["fold"]
bet(
    "02.premium",
    say(zh="买高端档的人，哪种消息点得多？", en="Which message do buyers of the premium tier click more?"),
    options={"price": t("message_price"), "service": t("message_service"), "same": say(zh="差不多", en="about the same")},
)

# %%
clicks = None
if {"campaigns", "touches", "order_lines", "products"} <= set(tables):
    clicks = fourd.tier_by_message(*(tables[name] for name in ("campaigns", "touches", "orders", "order_lines", "products")))
    cell = clicks.set_index(["tier", "arm"])[["clicks", "n"]]
    tilt = {tier: experiment.difference(*cell.loc[tier, "price"], *cell.loc[tier, "service"]) for tier in ("value", "premium")}
    premium = "price" if tilt["premium"].low > 0 else "service" if tilt["premium"].high < 0 else "same"
reveal("02.premium", premium) if clicks is not None else skip

# %% tags=["fold"]
after_bet("02.premium", charts.fourd.tiers(clicks) if clicks is not None else skip)

# %% [markdown] tags=["zh"]
# 把两档的人合起来，只剩一个差：哪条消息略好，就全发它。分开看，才知道对谁好、对谁不好。要看的不是哪条消息好，是**差异的差异**（统计上叫交互作用）：换个人，差别变多少。

# %% [markdown] tags=["en"]
# Pool the two tiers and you are left with one difference: the message that does slightly better would go to everybody. Keep them apart and you see for whom it works and for whom it backfires. The question is not which message is better but the **gap between the gaps** (statisticians say interaction): how much the difference changes from one kind of person to the other.

# %% tags=["fold"]
if clicks is not None:
    pooled = clicks.groupby("arm")[["clicks", "n"]].sum()
    together = experiment.difference(*pooled.loc["price"], *pooled.loc["service"])
    both = fourd.gap_of_gaps(tilt["value"], tilt["premium"])
    display(
        after_bet("02.premium", say(
            zh=f"合起来，价格减服务差 {signed(100 * together.value, 1)} 个百分点。分开：实惠档 {signed(100 * tilt['value'].value, 1)}，高端档 {signed(100 * tilt['premium'].value, 1)}。差异的差异 {100 * both.value:.0f} 个百分点，大约在 {100 * both.low:.0f} 到 {100 * both.high:.0f} 之间。",
            en=f"Pooled, price minus service is {signed(100 * together.value, 1)} percentage points. Apart: value tier {signed(100 * tilt['value'].value, 1)}, premium tier {signed(100 * tilt['premium'].value, 1)}. The gap between the gaps is {100 * both.value:.0f} points, roughly between {100 * both.low:.0f} and {100 * both.high:.0f}.",
        ))
    )

# %% [markdown] tags=["zh"]
# 还要查一条规矩：价格消息里，有没有发给宝宝不满 12 个月的？这条规矩来自法律，不是来自点击率；这家公司再赚也不能破。

# %% [markdown] tags=["en"]
# One rule must be checked as well: did any price message go to a member whose baby was under 12 months? The rule comes from the law, not from click rates, and no profit is a reason to break it.

# %% tags=["fold"]
if clicks is not None and "babies" in tables:
    priced = tables["touches"][tables["touches"]["price_message"].eq(1)]
    born = tables["babies"].groupby("customer_id")["born_on"].agg(lambda days: days.max(skipna=False))
    birthday = priced["customer_id"].map(born) + pd.DateOffset(years=1)
    broken = int((~(priced["sent_at"] >= birthday)).sum())
    display(
        say(
            zh=f"{len(priced):,} 条价格消息，{broken:,} 条发给了宝宝不满 12 个月或出生日期不明的家庭。",
            en=f"Of {len(priced):,} price messages, {broken:,} went to a family whose baby was under 12 months or of unknown age.",
        )
    )

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）课上讲过一家奶粉品牌（合生元）按价格档分开说话，未经核实；这里用云牧的抽签来量。问：“按会员猜出来的‘价格敏感’发券，行不行？”答：不行，按他说的、做的来（买的是哪一档），不按推断。第 3 章接着做。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). The course tells of a formula brand (Biostime) that speaks differently to each price tier, unverified; here Yunmu's draw measures it. Ask: "May we hand out coupons by an inferred 'price sensitivity'?" No: go by what people say and do (the tier they buy), not by inference. Chapter 03 goes on with this.

# %% [markdown] tags=["zh"]
# ## 10. 为什么有人什么都收不到
#
# 一份名单，发了一条消息，几个星期后一批人回来了。老板问：有用吗？先看不发会怎样。三个月前，有一批会员已经 30 到 90 天没买。**照平常那样**，后来 90 天里自己回来的占百分之几？

# %% [markdown] tags=["en"]
# ## 10. Why some get nothing
#
# A list gets a message, and a few weeks later some of them are back. The boss asks: did it work? First see what happens without it. Three months ago, some members had not bought for 30 to 90 days. **With nothing beyond the usual**, what share came back within the next 90 days?

# %% tags=["fold"]
bet("02.anyway", say(zh="30 到 90 天没买的人，照平常那样，后来 90 天里回来了百分之几？", en="Of those silent for 30 to 90 days, what share came back in the next 90 days with nothing beyond the usual?"), low=0, high=100, unit="%")

# %%
back, asleep = fourd.silent_return(orders, as_of)
anyway = back / asleep if asleep >= 20 else 0.3
reveal("02.anyway", 100 * anyway, unit="%") if asleep >= 20 else say(zh="这样的人不到 20 位，下面先按 30% 来玩。", en="Fewer than 20 such people; below we play with 30%.")

# %% [markdown] tags=["zh"]
# **现在玩一次，全屋都上。** 每人写下自己会不会回来：掷一枚硬币，正面就是回来。第一轮：老师给**每个人**发一张“优惠券”，其实是白纸。请回来的站起来，数一数。这张白纸“带回来”的人，够写进战报了。
#
# 第二轮：抽签，一半人发白纸，一半人什么都没有。两边都数，再相减。

# %% [markdown] tags=["en"]
# **Now play it, the whole room.** Everybody tosses a coin: heads, you come back. Round one: the trainer hands **everyone** a "coupon", really a blank sheet of paper. Those who come back stand up; count them. The blank sheet has "brought back" enough people for a success story.
#
# Round two: draw lots. Half get the sheet, half get nothing. Count both sides and subtract.

# %%
def play(room=40, lift_points=0, again=1):
    result = fourd.draw_lots(room, anyway, lift_points / 100, seed=again)
    return charts.fourd.lots(result, fourd.gap_chances(room // 2, room - room // 2, anyway))


explore(play, room=(20, 400, 20), lift_points=(0, 30, 5), again=(1, 20, 1))

# %% [markdown] tags=["zh"]
# 图里用的是这家公司的真实底数，不是硬币。“真实作用”停在 0，多抽几次：名单上每次都有人回来，差有时正、有时负。再把作用拖到 10，把人数从 40 拖到 400：人少的时候，有用没用看着都一样。

# %% [markdown] tags=["en"]
# The picture uses this company's real base rate in place of the coin. Leave the true effect at 0 and draw again and again: every time some come back, and the gap is sometimes above zero, sometimes below. Then set the effect to 10 and move the room from 40 to 400: with few people, useful and useless look the same.

# %% tags=["fold"]
def fluke(half):
    gaps = fourd.gap_chances(half, half, anyway)
    return gaps.loc[gaps["gap"] >= 0.1 - 1e-9, "chance"].sum()


needed = experiment.sample_size(anyway, 0.1) if anyway <= 0.85 else None
say(
    zh=f"一张白纸，名单 40 人，也会“带回”{40 * anyway:.0f} 位。各 20 人时，白纸看上去好 10 个百分点以上的机会是 {fluke(20):.0%}；各 200 人，只剩 {fluke(200):.1%}。",
    en=f"A blank sheet sent to a list of 40 'brings back' {40 * anyway:.0f}. With 20 on each side, the chance that it looks at least 10 points better is {fluke(20):.0%}; with 200 on each side, only {fluke(200):.1%}.",
)

# %% tags=["fold"]
say(
    zh=f"真有 10 个百分点的作用，想有八成把握看出来，每组要 {needed:,} 人。只发不留，一辈子也看不出来。",
    en=f"To see a true effect of 10 points with a chance of eight in ten, each group needs {needed:,} people. Send to everybody, and no number is large enough.",
) if needed else skip

# %% [markdown] tags=["zh"]
# 所以每次都随机留一些人什么都不给，这叫**空白组**。他们不一定吃亏：在知道有没有用之前，谁也不知道哪一边吃亏。第 1 节里，多收三条的人，退订反而多。以后凡是说“有效果”，就先问：空白组呢？

# %% [markdown] tags=["en"]
# So every time, some people, drawn at random, get nothing: the **hold-out**. They do not necessarily lose out. Until we know whether it works, nobody knows which side loses; in section 1, it was those who got three messages more who opted out more. From now on, whenever somebody claims an effect, ask first: where is the hold-out?

# %% [markdown] tags=["notes", "zh"]
# **讲师**（10 分钟）1 分钟讲规则，3 分钟第一轮（只报好消息：“白纸带回了一半人！”，等人笑），3 分钟第二轮抽签，3 分钟拖图。没有硬币就看生日，单数算正面。常见的错：把“发了的”和“没打开的”比，那不是抽签；人太少就下结论；嫌空白组浪费，只留 1%。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (10 minutes). 1 minute for the rules, 3 for round one (report only the good news: "the blank sheet brought back half the room!", and wait for the laugh), 3 for round two with lots, 3 for the picture. Without coins, use birthdays: odd days are heads.
# Usual mistakes: comparing people who got it with people who did not open it, which is no draw; concluding from too few people; thinking the hold-out a waste and leaving it only 1%.

# %% [markdown] tags=["zh"]
# ## 11. 案例：京东白条，用 4D 读一遍
#
# 课上用 4D 讲过京东白条（课堂口述，未经核实）。案例给了三个词的做法，Dynamic 没有展开。我们不替它编，只问：每一条，拿什么数能证明？空着的格子请小组填。

# %% [markdown] tags=["en"]
# ## 11. Case: JD Baitiao through the four D's
#
# The course looks at JD Baitiao, a pay-later service, through 4D (as told in class, unverified). It covers three of the four; Dynamic is not spelled out, and we will not make it up. We only ask of each line: which number would prove it? The empty cells are for your group.

# %% tags=["fold"]
blank = "……"
case = pd.DataFrame({
    "d": [t(f"d_{d}") for d in fourd.DS],
    say(zh="课上怎么讲（未经核实）", en="as told (unverified)"): [
        say(zh="购物分期，先买后付", en="shopping by instalments"),
        say(zh="生命周期管理；风控授信模型", en="lifecycle management; a credit-risk model"),
        say(zh="口号“年轻不留白”", en="a slogan for the young: leave no blank in your youth"),
        blank,
    ],
    say(zh="拿什么数证明", en="which number would prove it"): [
        say(zh="想分期、原先分不了的人有多少（机会分）", en="how many wanted instalments and could not get them (opportunity score)"),
        say(zh="批了的人里，还不上的占几成", en="share of the approved who did not pay back"),
        say(zh="感知利益减感知成本，年轻人和别人比", en="perceived benefit minus cost, young people against the rest"),
        blank,
    ],
    say(zh="贵公司", en="your company"): [blank] * 4,
})
show(case)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（2 分钟）案例没有核实过，要当面说。口号是 Deliver 吗？请大家争一分钟：它传的是情感价值，送没送到，要问客户。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (2 minutes). The case is told, not verified: say so. Is a slogan "Deliver"? Let the room argue for one minute: it offers emotional value; whether that arrived, only customers can say.

# %% [markdown] tags=["zh"]
# ## 12. 您猜得准不准

# %% [markdown] tags=["en"]
# ## 12. How good were your guesses?

# %% tags=["fold"]
calibration("02")

# %% [markdown] tags=["zh"]
# ## 小结
#
# 1. 4D 是四句问话：要什么、知道多少、做到几成、多快接上。
# 2. 记分卡的线和权重是主张，摆出来；缺的表写明白，不打分。
# 3. 每个分数带区间；次序经不起换权重，就别排座次。
# 4. 相关会骗人：晚到的人回来得多，是因为他们买得多。
# 5. 说“有效果”之前，先随机留一些人什么都不给。

# %% [markdown] tags=["en"]
# ## In five lines
#
# 1. 4D is four questions: what do they need, what do we know, how much did we deliver, how soon do we respond?
# 2. The scorecard's lines and weights are claims: show them. A missing table is named, never scored.
# 3. Every score has an interval. If other weights change the order, do not rank.
# 4. Correlation can fool you: people with late orders come back more because they buy more.
# 5. Before you claim an effect, draw some people at random and send them nothing.

# %% [markdown] tags=["zh"]
# ## 自测
#
# **一、某项需求重要 9 分、满足 8 分，另一项重要 7 分、满足 3 分。先做哪一项？**
# <details><summary>a. 第一项，它更重要</summary>机会分 9 + 1 = 10。要紧，但已经做得不错。</details>
# <details><summary>b. 第二项</summary>对。7 + 4 = 11，要紧，而且没做到。</details>
# <details><summary>c. 满足分最高的那项，发扬优势</summary>那是大家已经满意的地方，再投也难见效。</details>

# %% [markdown] tags=["en"]
# ## Quiz
#
# **1. One need has importance 9 and satisfaction 8, another importance 7 and satisfaction 3. Which comes first?**
# <details><summary>a. The first: it matters more</summary>Its score is 9 + 1 = 10. It matters, but it is already met well.</details>
# <details><summary>b. The second</summary>Right: 7 + 4 = 11. It matters and is not met.</details>
# <details><summary>c. The one met best: build on your strength</summary>People are happy there already; more money will hardly show.</details>

# %% [markdown] tags=["zh"]
# **二、我们没有 `surveys` 这张表。记分卡该怎么打 Demand？**
# <details><summary>a. 问卷那几项按 0 分算</summary>没量过不等于差。按 0 分算，等于编了一个数。</details>
# <details><summary>b. 用别家的平均分补上</summary>那也是编的，还看不出来是编的。</details>
# <details><summary>c. 不打分，写明缺这张表，覆盖降下来</summary>对。报告里要看得见哪一块没量。</details>

# %% [markdown] tags=["en"]
# **2. We have no table `surveys`. How should the scorecard mark Demand?**
# <details><summary>a. Score those indicators 0</summary>Not measured is not bad. A 0 would be an invented number.</details>
# <details><summary>b. Fill in the average of other companies</summary>Invented too, and nobody can see that it is.</details>
# <details><summary>c. No score; name the missing table, and let the coverage fall</summary>Right. The report must show what was not measured.</details>

# %% [markdown] tags=["zh"]
# **三、送晚过的客户，下一季回来得更多。该怎么办？**
# <details><summary>a. 故意送晚一点</summary>别急。买得勤的人，碰上晚到的机会本来就多。</details>
# <details><summary>b. 每人只比一单，再想办法做试验</summary>对。机会要一样多才好比；要下结论，还得抽签。</details>
# <details><summary>c. 说明送货快慢没关系，不用管</summary>看不出来，不等于没有；样本能看出多大的作用，也要算。</details>

# %% [markdown] tags=["en"]
# **3. Customers who had a late order return more in the next quarter. What now?**
# <details><summary>a. Deliver a little late on purpose</summary>Not so fast. People who buy often simply meet more late orders.</details>
# <details><summary>b. Compare one order a person, then look for a way to run an experiment</summary>Right. Compare only where the chances are equal; for a conclusion you need a draw.</details>
# <details><summary>c. Speed of delivery does not matter; forget it</summary>Not seen is not the same as not there. Work out how small an effect this sample could have shown.</details>

# %% [markdown] tags=["zh"]
# **四、给 500 位沉睡会员发券，四周后 210 位回来。券有用吗？**
# <details><summary>a. 有用，回来了四成多</summary>第 10 节：什么都不给，也有一批会回来。</details>
# <details><summary>b. 没用</summary>也说不准，没有比较。</details>
# <details><summary>c. 看不出来，缺空白组</summary>对。下一次先抽签，留一些人不发。</details>

# %% [markdown] tags=["en"]
# **4. A coupon goes to 500 dormant members; four weeks later 210 are back. Did it work?**
# <details><summary>a. Yes, more than four in ten returned</summary>Section 10: with nothing at all, some come back too.</details>
# <details><summary>b. No</summary>That cannot be said either, without a comparison.</details>
# <details><summary>c. We cannot tell: there is no hold-out</summary>Right. Next time draw lots first and leave some out.</details>

# %% [markdown] tags=["zh"]
# ## 换成您自己的数据
#
# 只有订单也能走：把第一个代码格里的 `orders_file` 改成您的文件，从头运行。第 7 节会说量得到几个指标、还要去要哪些表；第 8、10 节照常能用。文件放在 `my_work` 里，就写 `"../../my_work/orders.csv"`。
#
# 接下来做**实验 02**：在“从这里开始”页点按钮。Demand 往下是第 3 章，Data 是第 4 章，Deliver 是第 5 章，Dynamic 是第 7 章。

# %% [markdown] tags=["en"]
# ## Your own data
#
# Orders alone are enough to begin: set `orders_file` in the first code cell to your file and run from the top. Section 7 then says how many indicators can be measured and which tables to ask for; sections 8 and 10 work as they are. For a file in the folder `my_work`, write `"../../my_work/orders.csv"`.
#
# Next: **lab 02** (press the button on the start page). Demand goes on in chapter 03, Data in 04, Deliver in 05, Dynamic in 07.
