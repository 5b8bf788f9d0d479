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
# # 15 流失召回
#
# **老板批了一笔钱，要把走了的会员请回来。寄给谁，寄什么，怎么知道没白花？**
#
# 这一章从“谁算走了”讲到“这笔钱到底赚了没有”，中间每一步都有一个可以算的数。
#
# 讲解 80 分钟（短课 40 分钟：第 1、2、5、7、9 节），练习是实验 15：A 部分 25 分钟，B 部分 60 分钟。先读过第 11 章最好。

# %% [markdown] tags=["en"]
# # 15 Winning customers back (recall)
#
# **You have been given a budget to bring lapsed members back. Whom do you write to, what do you offer, and how will you know the money was not wasted?**
#
# This chapter goes from "who has gone?" to "did it pay?", with a number you can compute at every step.
#
# 80 minutes of teaching (short course 40 minutes: sections 1, 2, 5, 7 and 9); the exercise is lab 15, part A 25 minutes and part B 60. It helps to have read chapter 11.

# %% [markdown] tags=["zh"]
# 学完这一章，您能做到五件事，每一件在实验 15 里都有一题：
#
# 1. 说清楚谁算流失，谁只是还没喝完（15.1）。
# 2. 拉一份不违规、不惹人烦的名单，说得出每条规则请走了几位（15.2）。
# 3. 事先算好要多少人，才看得出效果（15.3）。
# 4. 算出这次活动多带回几位、多赚几元，误差有多大（15.4、15.5）。
# 5. 下一次只发给值得发的人（15.6、15.7）。

# %% [markdown] tags=["en"]
# After this chapter you can do five things, and lab 15 has a question on each:
#
# 1. Say who has lapsed, and who has simply not finished the last tin (15.1).
# 2. Draw up a list that breaks no rule and annoys nobody, and say how many each rule took off it (15.2).
# 3. Work out in advance how many people you need to see an effect (15.3).
# 4. Say how many more came back, what that earned, and how sure you are (15.4, 15.5).
# 5. Next time, write only to those it pays to write to (15.6, 15.7).

# %% [markdown] tags=["zh"]
# 先点菜单“运行 → 运行所有单元格”，再滚回最上面读。灰条里藏着代码，想看就点右边的 •••。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu, then scroll back to the top and read. Grey bars hide code: click the ••• to open one.

# %% tags=["parameters"]
language = "zh"
company = "yunmu"
orders_file = ""
mapping_file = ""
as_of = "2026-06-30"

# %% tags=["fold"]
import pandas as pd
from IPython.display import display

from crmlab import after_bet, bet, calibration, card, charts, counted_orders, experiment, explore, lab_button
from crmlab import lifecycle, load, read_orders, reveal, rfm, say, show, t, tagging, use_style, value, winback
from crmlab.data import THREAD, has
from crmlab.tables import points, yuan
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

# %% tags=["fold"]
campaigns, assignments, touches = (load(company, table) for table in ("campaigns", "assignments", "touches"))
margins = value.margins(load(company, "orders"), load(company, "order_lines"), load(company, "products"))
waves = winback.outcomes(campaigns, assignments, touches, margins, "2026-06-30")
offered = waves[waves["campaign_id"].isin(waves.loc[waves["arm"] == "coupon", "campaign_id"])].reset_index(drop=True)
say(
    zh="第 2、5、6 节用您的订单；别的几节要有做过的活动才讲得清，仍用课程自带的公司。",
    en="Sections 2, 5 and 6 use your orders. The others need campaigns that were run, so they stay with the company that comes with the course.",
) if own else None

# %% [markdown] tags=["zh"]
# ## 1. 先下注：寄一份试用装、配一张券，赚还是亏
#
# 有人很久没来买了。公司打算给他们寄一份试用装，附一张券，看谁回来。
#
# 寄出去之前，先抽签留下差不多一半人，什么都不给，叫**空白组**（为什么有人什么都没有，第 02 章讲过）。谁回来，看开始后 40 天；赚多少，看 90 天。现在请您猜：和空白组比，每寄一位，公司平均多赚多少元？赔了就填负数。

# %% [markdown] tags=["en"]
# ## 1. Place your bet: a sample and a coupon. Does it pay?
#
# Some members have not bought for a long time. The company plans to send them a sample with a coupon and see who comes back.
#
# Before it does so, it draws lots: about half of them get nothing. They are the **hold-out** (chapter 02 says why some get nothing). Returns are counted for 40 days from the start, money for 90. Your guess, please. Compared with the hold-out, how much more did the company earn for each person it wrote to? A loss is a negative number.

# %% tags=["fold"]
bet(
    "15.blanket",
    say(zh="每寄一位，平均多赚多少元？（亏就填负数）", en="How many yuan more did each person written to bring? (A loss is negative.)"),
    low=-100, high=100, unit=say(zh="元", en="yuan"),
)

# %% tags=["fold"]
effects = winback.result(offered)
coupon = effects.set_index("arm").loc["coupon"]
control = effects.set_index("arm").loc["holdout"]
reveal("15.blanket", coupon["gain"], unit=say(zh="元", en="yuan"))

# %% tags=["fold"]
after_bet("15.blanket", say(
    zh=f"寄了的人里 {coupon['rate']:.0%} 回来了，看着不错。可什么都没收到的人，也有 {control['rate']:.0%} 回来。真正多带回来的是 {points(coupon['lift'])} 个百分点；付掉试用装、短信和券，每寄一位，公司{'亏' if coupon['gain'] < 0 else '赚'} ¥{abs(coupon['gain']):,.0f}（大约在 {yuan(coupon['gain_low'])} 到 {yuan(coupon['gain_high'])} 之间，95% 区间）。",
    en=f"Of those written to, {coupon['rate']:.0%} came back, which looks good. But of those who got nothing, {control['rate']:.0%} came back too. The real gain is {points(coupon['lift'])} points; once samples, messages and coupons are paid for, the company's profit changed by {yuan(coupon['gain'])} for each person written to (95% interval: {yuan(coupon['gain_low'])} to {yuan(coupon['gain_high'])}).",
))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）先举手：赚的、亏的各多少人。请一位猜“赚”的说理由，多半会说“两成人回来了”。不要马上反驳，在黑板上写下两个回来的比例，问：差多少？这个差，要养活多少份试用装？

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Hands up: profit or loss? Ask one who said profit for the reason; it is usually "one in five came back". Do not argue. Write on the board what share came back on either side and ask: what is the gap, and how many samples must that gap pay for?

# %% [markdown] tags=["zh"]
# ## 2. 谁算流失：三种说法，三份名单
#
# 没来不等于走了。最常见的说法是**固定 90 天**：谁都一把尺子。第二种看**自己的间隔**，过了两倍才算：平常十天来一次的，二十天没来就该问问；平常三个月来一次的，三个月没来很正常。不满三单的，用大家间隔的中位数。奶粉还有第三种：按罐数和月龄算出哪天**该喝完**，过了两周还没补才算（算不出的，仍看自己的间隔）。
#
# 满三十六个月的不在这里面。那是毕业，该收到的是祝贺和下一段的产品。

# %% [markdown] tags=["en"]
# ## 2. Who has lapsed? Three definitions, three lists
#
# Not coming is not the same as gone. The usual definition is **90 days for everybody**. The second takes **twice one's own gap**: if you come every ten days, twenty days of silence mean something; if you come every three months, three months mean nothing. Under three orders, the median gap of all stands in. Formula has a third: by tins and the baby's age, **the last tin has been empty for more than two weeks** (where that cannot be worked out, one's own gap stands in).
#
# Once the child is past thirty-six months, a member is left out. She has graduated, and what she should get is good wishes and the next product.

# %% tags=["fold"]
history = (as_of - orders["paid_at"].min().normalize()).days
ahead = min(180, max(history // 3, 1))
then = as_of - pd.Timedelta(days=ahead)
members = rfm.summary(orders, then)
overdue, apart_zh, apart_en = None, "", ""
if babies is not None:
    tables = [load(company, table) for table in ("order_lines", "products", "babies", "consumption")]
    overdue = lifecycle.run_out(orders, *tables, then)
    age = members["customer_id"].map(lifecycle.baby_months(babies, then))
    stays = age < lifecycle.GRADUATION_MONTHS - ahead / 30
    aside, members = int((~stays).sum()), members[stays].reset_index(drop=True)
    apart_zh = f"（到时会毕业的、月龄不详的共 {aside:,} 位，先放一边）"
    apart_en = f" ({aside:,} who will have graduated by the end of those {ahead} days, or whose baby's age is unknown, are set aside)"

# %% tags=["fold"]
say(
    zh=f"站到 {then:%Y-%m-%d}，给 {len(members):,} 位会员判一次{apart_zh}；再看往后 {ahead} 天，谁其实又来了。",
    en=f"Stand on {then:%Y-%m-%d} and judge {len(members):,} members{apart_en}; then see who did buy again in the next {ahead} days.",
) if history >= 270 else say(
    zh=f"您的订单只有 {history:,} 天，看不出谁是真的走了：这一节的数只供练习。",
    en=f"Your orders cover only {history:,} days, too few to see who has really gone: take the numbers of this section as an exercise.",
)

# %%
judged = winback.lapsed(members, window=90, times=2, overdue=overdue)
if overdue is not None:  # no tins, no age: one's own gap stands in
    judged["by_run_out"] = judged["by_run_out"].fillna(judged["by_gap"]).astype(bool)
later = counted_orders(orders)["customer_id"][counted_orders(orders)["paid_at"] >= then + pd.Timedelta(days=1)]
came = judged["customer_id"].isin(later)

# %% tags=["fold"]
rules = [rule for rule in ("by_window", "by_gap", "by_run_out") if rule in judged]
verdicts = pd.DataFrame([
    {"definition": rule, "gone": (judged[rule] & ~came).sum(), "back": (judged[rule] & came).sum(), "missed": (~judged[rule] & ~came).sum()}
    for rule in rules
])
charts.winback.definitions(verdicts)

# %% tags=["fold"]
by_rule = verdicts.set_index("definition")
best = by_rule["missed"].idxmin()
window, least = by_rule.loc["by_window"], by_rule.loc[best]
say(
    zh=f"往后 {ahead} 天真没再买的人里，“{t('by_window')}”漏了 {window['missed']:,} 位，“{t(best)}”漏了 {least['missed']:,} 位。叫了、后来又买的，分别是 {window['back']:,} 位和 {least['back']:,} 位。",
    en=f"Of those who did not buy in the next {ahead} days, '{t('by_window')}' misses {window['missed']:,} and '{t(best)}' {least['missed']:,}. Named, and yet they bought: {window['back']:,} by the former, {least['back']:,} by the latter.",
) if best != "by_window" else say(
    zh=f"这份数据里，“{t(best)}”漏得最少：{least['missed']:,} 位；叫了、后来又买的有 {least['back']:,} 位。",
    en=f"In these data '{t(best)}' misses fewest: {least['missed']:,}. Named, and yet they bought: {least['back']:,}.",
)

# %% tags=["fold"]
left = judged[judged[best] & ~came]
say(
    zh=f"“{t(best)}”叫对了 {len(left):,} 位。走之前，他们每位平均付过 {yuan(left['monetary'].mean())}，一共 {yuan(left['monetary'].sum())}。这些钱已经进了账；丢掉的，是往后要买的那些。流失不响。",
    en=f"'{t(best)}' rightly named {len(left):,}. Until then each had paid {yuan(left['monetary'].mean())} on average, {yuan(left['monetary'].sum())} in all. That money is in the till; what is lost is what they would have bought next. Churn makes no noise.",
)

# %% [markdown] tags=["zh"]
# 没有一把尺子全对。漏掉一位，少一次请回来的机会；冤枉一位，多花一份钱，还可能吵到一位好好的客户。哪个更贵，看您寄的是一条提醒，还是一份试用装。

# %% [markdown] tags=["en"]
# No ruler is right every time. Miss somebody, and a chance is gone. Blame somebody wrongly, and you pay for a sample and perhaps annoy a good customer. Which of the two costs more depends on what you send: a reminder or a parcel.

# %% tags=["fold"]
card("lapsed_share")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）问全班：“你们公司，多久没来算流失？”把几个不同的天数写在板上，问是谁定的、凭什么。常见的错：把毕业的、季节性的都算成流失；拿平均间隔当线，一半的好客户被叫醒。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Ask the room: "After how many days do you call somebody lapsed?" Write the different answers on the board and ask who set them, and on what grounds. Usual mistakes: counting graduates or seasonal buyers as lapsed; taking the average gap as the line, so that half the good customers get woken up.

# %% [markdown] tags=["zh"]
# ## 3. 为什么走：嘴上说的，和手上做的
#
# 课程大纲列了五种原因：体验不好，没人懂我，价格，没人理，有了更好的。问卷里有人勾了一个。可填问卷的人少，勾的也不一定准。所以再去行为里找**痕迹**：嫌贵的，以前用券该比别人多；体验不好的，走的前后该找过客服。

# %% [markdown] tags=["en"]
# ## 3. Why they left: what they say and what they did
#
# The course names five reasons: a bad experience, nobody knows me, the price, nobody talks to me, something better came along. In the survey some members ticked one. Few answer surveys, though, and not everybody ticks what is true. So look for **traces** in what they did: those who left for the price should have used more coupons than others; those with a bad experience should have contacted customer service around the time they left.

# %% tags=["fold"]
GROUPS = {"price": "price", "better_substitute": "price", "experience": "experience", "no_personalisation": "care", "no_interaction": "care"}
survey = load(company, "surveys").dropna(subset=["churn_reason"]).sort_values("answered_at")
said = survey.drop_duplicates("customer_id", keep="last")[["customer_id", "churn_reason"]]
bought = counted_orders(load(company, "orders"))
last = bought.groupby("customer_id")["paid_at"].max()
tickets, heard = load(company, "tickets"), touches[touches["delivered"] == 1]
late = tickets[tickets["opened_at"] > tickets["customer_id"].map(last) - pd.Timedelta(days=30)]
said["churn_group"] = said["churn_reason"].map(GROUPS)
said["coupon_share"] = said["customer_id"].map(bought["coupon_id"].notna().groupby(bought["customer_id"]).mean())
said["complained_late"] = said["customer_id"].isin(late["customer_id"])
said["opened_share"] = said["customer_id"].map(heard["opened_at"].notna().groupby(heard["customer_id"]).mean())

# %%
traces = ["coupon_share", "complained_late", "opened_share"]
reasons = said.groupby("churn_group")[traces].mean()
reasons.insert(0, "customers", said["churn_group"].value_counts())
shown = reasons.reset_index()
shown["churn_group"] = [t(f"reason_{group}") for group in shown["churn_group"]]
show(shown, percent=traces)

# %% tags=["fold"]
say(
    zh=f"勾了嫌贵或有了更好的，平均每人 {reasons.loc['price', 'coupon_share']:.0%} 的订单用了券，体验不好的是 {reasons.loc['experience', 'coupon_share']:.0%}。体验不好的，{reasons.loc['experience', 'complained_late']:.0%} 走的前后找过客服，前一组是 {reasons.loc['price', 'complained_late']:.0%}。没人懂、没人理的，平均每人打开 {reasons.loc['care', 'opened_share']:.0%} 的消息，嫌贵的一组打开 {reasons.loc['price', 'opened_share']:.0%}。",
    en=f"Those who named the price or a better substitute used coupons in {reasons.loc['price', 'coupon_share']:.0%} of their orders on average; those who named a bad experience, in {reasons.loc['experience', 'coupon_share']:.0%}. Of those with a bad experience, {reasons.loc['experience', 'complained_late']:.0%} contacted customer service around the time they left; of the price group, {reasons.loc['price', 'complained_late']:.0%}. Those who felt unknown or neglected opened {reasons.loc['care', 'opened_share']:.0%} of our messages on average, the price group {reasons.loc['price', 'opened_share']:.0%}.",
)

# %% [markdown] tags=["zh"]
# 五种原因合成了三组。五种都有道理，只是回答的人不多，分得越细，每组的数跳得越厉害。合并也有代价：两种原因之间的差别看不见了。等人多了再拆。

# %% [markdown] tags=["en"]
# The five reasons became three groups. Nothing is wrong with the five, but few people answered, and a share measured on few people jumps about. Pooling has its price: a difference between two reasons no longer shows. Split again when you have more answers.

# %% tags=["fold"]
if babies is not None:
    steps = bought[bought["paid_at"] < as_of - pd.Timedelta(days=90)].sort_values("paid_at")
    born = pd.to_datetime(babies["born_on"]).groupby(babies["customer_id"]).max()
    months = (steps["paid_at"] - steps["customer_id"].map(born)).dt.days / 30.4375
    final_one = ~steps["customer_id"].duplicated(keep="last") & ~steps["customer_id"].isin(bought.loc[bought["paid_at"] >= as_of - pd.Timedelta(days=90), "customer_id"])
    turning = months.between(5, 6) | months.between(11, 12)
    usual = months.between(0, 34) & ~turning
    a, b = final_one[turning], final_one[usual]
    jump = experiment.difference(a.sum(), len(a), b.sum(), len(b))
    display(say(
        zh=f"奶粉还要看一个时刻：转段。宝宝满 6 个月、12 个月之前那一个月里下的单，{a.mean():.1%} 成了最后一单，别的月龄是 {b.mean():.1%}，相差 {points(jump.value, '+', 1)} 个百分点（{points(jump.low, '+', 1)} 到 {points(jump.high, '+', 1)}）。",
        en=f"Formula has one more moment to look at: the change of stage. Of orders placed in the month before 6 or 12 months, {a.mean():.1%} were the family's last; at other ages, {b.mean():.1%}: {points(jump.value, '+', 1)} points ({points(jump.low, '+', 1)} to {points(jump.high, '+', 1)}).",
    ))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）请大家写下自己最近一次离开某个品牌的原因，收上来念几张，归到五类里。问：这家公司从自己的数据里，看得出您为什么走吗？常见的错：把问卷勾选当成事实，按它给每个人贴标签。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). Everyone writes down why he or she last left a brand; read out a few and sort them into the five. Ask: could that company have seen your reason in its own data? Usual mistake: taking the tick in a survey for a fact and labelling each person by it.

# %% [markdown] tags=["zh"]
# ## 4. 给什么：按原因配，按做过的事说
#
# 嫌贵的给券，没人理的派人去问候，体验不好的先把那件事解决。这是“因人施策”。
#
# 但规则要说得出口。“您上一单用过券，九十天没来了，这张券给您”，客户听了不觉得奇怪。“系统判断您对价格敏感”，听了就想投诉；同样的东西，按推测给不同的人不同的价，还可能踩到法律（《个人信息保护法》第二十四条讲自动化决策，这里不是法律意见）。

# %% [markdown] tags=["en"]
# ## 4. What to offer: match the reason, name what they did
#
# A coupon for those who left for the price, a person for those nobody talked to, and for a bad experience first of all a solution.
#
# But you must be able to say your rule aloud. "You used a coupon on your last order and have not been here for ninety days; this one is for you": nobody finds that strange. "Our system has judged you price-sensitive": now you have a complaint. And different prices for different people on the strength of a guess may break the law (in China article 24 of the personal-information law deals with automated decisions; this is not legal advice).

# %%
before = offered[["campaign_id", "customer_id", "starts_on"]].merge(bought, on="customer_id")
before = before[before["paid_at"] < before["starts_on"]].sort_values("paid_at")
final = before.drop_duplicates(["campaign_id", "customer_id"], keep="last")
with_coupon = final.loc[final["coupon_id"].notna(), ["campaign_id", "customer_id"]].apply(tuple, axis=1)
keys = offered[["campaign_id", "customer_id"]].apply(tuple, axis=1)
offered["habit"] = keys.isin(set(with_coupon)).map({True: "used_coupon", False: "full_price"})

# %% tags=["fold"]
habits = offered["habit"].value_counts(normalize=True)
say(
    zh=f"公司做过的寄试用装的召回，看满 90 天的有 {offered['campaign_id'].nunique()} 批。名单上的人，{habits['used_coupon']:.0%} 上一单用了券。这是一条说得出口的规则，后面几节就用它。",
    en=f"Of the company's win-back campaigns with samples, {offered['campaign_id'].nunique()} have run their 90 days; we call each a wave. Of the people in them, {habits['used_coupon']:.0%} had used a coupon on their last order. That is a rule one can say aloud, and the next sections use it.",
)

# %% [markdown] tags=["zh"]
# 奶粉还多一条：宝宝不满十二个月，或者不知道多大的，不发价格和券，只发喂养内容，或者请顾问联系。《广告法》第二十条管着婴儿乳制品的广告，公司从严定了这一条（这里不是法律意见）。那么小的宝宝，妈妈要的也不是便宜。

# %% [markdown] tags=["en"]
# Formula has one rule more. If the baby is under twelve months, or you do not know its age, send neither prices nor coupons: send feeding advice, or let the consultant call. China's advertising law (article 20) restricts advertising for babies; the company draws the line on the safe side (this is not legal advice). And a bargain is not what the mother of so small a baby is looking for.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）请每桌写一句能印在券上的话，说清楚“为什么给您”。写不出来的规则，就不用。常见的错：把模型分数写进话术。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Each table writes the sentence to print on the coupon: why you get this. A rule that cannot be printed is not used. Usual mistake: putting the model's score into the wording.

# %% [markdown] tags=["zh"]
# ## 5. 名单：每一条规则，请走了几位
#
# 谁沉睡，第 2 节有三把尺子，名单先用最说得出口的那一把：90 天。谁**可以联系**，是另一回事。说过“别再发”的，同意撤回了的，压根没有同意记录的，都要请出名单。不知道，就当没同意。再加两条公司自己定的上限：一周三条营销消息，一个月四次群发。
#
# 短信只在 8:00 到 22:00 之间发，结尾写明怎么退订。先猜：一百位沉睡会员，最后能发带券短信的有几位？

# %% [markdown] tags=["en"]
# ## 5. The list: how many does each rule take off?
#
# Section 2 had three rulers for who is asleep; the list takes the one that is easiest to say aloud, 90 days. Whom you **may contact** is another question. Members who asked us to stop, who took their consent back, or who never gave one come off the list. Where we do not know, we have no consent. The company adds two limits of its own: three marketing messages a week, and four broadcasts a month.
#
# Texts go out between 8:00 and 22:00 only and end with how to opt out. Guess first: of a hundred dormant members, how many may get a text with a coupon?

# %% tags=["fold"]
bet(
    "15.list",
    say(zh="一百位沉睡会员，能发带券短信的有几位？", en="Of a hundred dormant members, how many may get a text with a coupon?"),
    low=0, high=100, unit=say(zh="位", en="members"),
)

# %%
now = winback.lapsed(rfm.summary(orders, as_of), window=90)
asleep = now[now["by_window"] & (now["recency"] <= 365)]
if babies is not None:  # graduates have not lapsed
    months = asleep["customer_id"].map(lifecycle.baby_months(babies, as_of))
    asleep = asleep[~(months >= lifecycle.GRADUATION_MONTHS)]
asleep = asleep.reset_index(drop=True)
barred = {}
if not own:
    send_at = as_of + pd.Timedelta(days=1, hours=10)
    barred = winback.blockers(asleep, load(company, "consents"), touches, send_at, "sms", babies)
listed, account = winback.contact_list(asleep, barred)

# %% tags=["fold"]
reveal("15.list", round(100 * len(listed) / max(len(asleep), 1)), unit=say(zh="位", en="members")) if not own else say(
    zh=f"您的文件里有 {len(asleep):,} 位沉睡客户，没有同意记录：发之前先补上，没有同意的一位也不能发。",
    en=f"Your file has {len(asleep):,} dormant customers and no consents. Add them before you send anything: without a consent, nobody may be written to.",
)

# %% tags=["fold"]
shown = account.rename(columns={"rule": "list_rule"})
shown["list_rule"] = [t(rule) for rule in shown["list_rule"]]
after_bet("15.list", show(shown, bars=["removed"]) if len(shown) else None)

# %% tags=["fold"]
worst = account.loc[account["removed"].idxmax()] if len(account) else None
after_bet("15.list", say(
    zh=f"{len(asleep):,} 位沉睡会员（90 到 365 天没买{'，毕业的除外' if babies is not None else ''}），请出 {account['removed'].sum():,} 位，还剩 {len(listed):,} 位。请走最多的是“{t(worst['rule'])}”，{worst['removed']:,} 位。" + ("想多发，先在门店、小程序、下单时把同意要来。" if worst["rule"] == "no_consent" else ""),
    en=f"Of {len(asleep):,} dormant members (90 to 365 days without an order{', graduates left out' if babies is not None else ''}), {account['removed'].sum():,} come off and {len(listed):,} are left. '{t(worst['rule'])}' takes off most: {worst['removed']:,}." + (" To reach more people, ask for consent where they meet you: in the shop, in the app, with an order." if worst["rule"] == "no_consent" else ""),
) if len(account) else None)

# %% tags=["fold"]
drawn = campaigns.loc[(campaigns["kind"] == "promotion") & (campaigns["randomised"] == 1), "campaign_id"]
sent = touches[touches["campaign_id"].isin(drawn)].groupby("arm")["opted_out"].agg(["sum", "size"])
more = experiment.difference(*sent.loc["heavy"], *sent.loc["light"])
say(
    zh=f"为什么一周要有上限？大促时随机分过两组：一组少发，一组多发。每发 1,000 条，多发的那组多退订 {1000 * more.value:.0f} 位（{1000 * more.low:.0f} 到 {1000 * more.high:.0f}）。退订了的，没有重新同意，营销消息一条也不能再发。",
    en=f"Why a weekly limit? During sales, two groups were drawn at random, one with few messages and one with many. For every 1,000 messages, {1000 * more.value:.0f} more opted out in the second ({1000 * more.low:.0f} to {1000 * more.high:.0f}). After an opt-out, no marketing message may follow unless the customer agrees again.",
)

# %% [markdown] tags=["zh"]
# 名单有了，还要一个**由头**。大纲里讲了几种：入会时的动机，老朋友还在，账上有快过期的积分，生日快到了。由头不是套路，得是客户自己的事。下表数一数，名单上的人各有哪几样。

# %% [markdown] tags=["en"]
# You have a list; now you need **something to say**. The course names several openings: why she joined, a friend who is still here, points about to expire, a birthday coming up. An opening is no trick if it is really about her. The table counts who on the list has which.

# %% tags=["fold"]
if not own:
    ids, people = listed["customer_id"], load(company, "members").set_index("customer_id")
    invites = load(company, "invites")
    points_of = tagging.facts({name: load(company, name) for name in ("members", "points_ledger")}, as_of)
    active = set(bought.loc[bought["paid_at"] > as_of - pd.Timedelta(days=60), "customer_id"])
    pairs = invites.dropna(subset=["accepted_customer_id"])[["inviter_id", "accepted_customer_id"]]
    ends = pd.concat([pairs.set_axis(["who", "friend"], axis=1), pairs.set_axis(["friend", "who"], axis=1)])
    ending = points_of.loc[points_of["points_ending_60d"] > 0, "customer_id"]
    soon = {f"{as_of + pd.Timedelta(days=n):%m-%d}" for n in range(1, 31)}
    openings = pd.Series({
        say(zh="知道入会动机", en="we know why she joined"): ids.map(people["joining_motive"]).notna().sum(),
        say(zh="有朋友还在买", en="a friend still buys"): ids.isin(ends.loc[ends["friend"].isin(active), "who"]).sum(),
        say(zh="有没用的积分 60 天内过期", en="unspent points expire within 60 days"): ids.isin(ending).sum(),
        say(zh="30 天内过生日", en="birthday within 30 days"): ids.map(people["birthday_md"]).isin(soon).sum(),
    }, name="customers").rename_axis("opening").reset_index()
    display(show(openings, bars=["customers"]))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）让法务或客服的同学来念表：哪一条请走的人最多，为什么。常见的错：把“不知道”当“同意”；一个人说了别再发，换个渠道接着发。画板：一个漏斗，每一层写规则和人数。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Let somebody from legal or customer service read the table: which rule takes off most, and why? Usual mistakes: reading "unknown" as "yes"; writing through another channel to somebody who asked us to stop. Board: a funnel with a rule and a number at each layer.

# %% [markdown] tags=["zh"]
# ## 6. 空白组：先想好，多少人才看得清
#
# 名单先分两份：一份联系，一份什么都不给。怎么分？按客户编号和活动名算一个“抽签数”，谁在哪一组，哪天算、谁来算都一样，没人能把自己喜欢的客户挪过来。

# %% [markdown] tags=["en"]
# ## 6. The hold-out: decide first how many people it takes to see anything
#
# The list is split: one part is contacted, the other gets nothing. How do you split it? A "lot" is computed from the customer's number and the campaign's name. It gives the same answer on any day and any machine, so nobody can move a favourite customer across.

# %%
arms = experiment.assign(listed["customer_id"], {"treated": 0.5, "holdout": 0.5}, salt="recall-2026-07")
n_treated, n_holdout = (arms == "treated").sum(), (arms == "holdout").sum()
smallest = experiment.smallest_effect(int(n_treated), int(n_holdout), control["rate"])

# %% tags=["fold"]
say(
    zh=f"名单 {len(listed):,} 位，抽到联系的 {n_treated:,} 位，空白组 {n_holdout:,} 位。空白组大约 {control['rate']:.0%} 会自己回来；要多回来 {100 * smallest:.0f} 个百分点以上，这次才多半看得出来（八成把握）。",
    en=f"Of {len(listed):,} on the list, {n_treated:,} are drawn to be contacted and {n_holdout:,} are held out. About {control['rate']:.0%} of the hold-out will return by themselves; the campaign must add {100 * smallest:.0f} points or more for us to be likely to see it (four chances in five).",
) if smallest == smallest else say(
    zh=f"名单上只有 {len(listed):,} 位，分成两组什么也看不出来。",
    en=f"With only {len(listed):,} on the list, two groups would show nothing.",
)


# %%
def needed(base_percent=10, visible_points=5):
    people = experiment.sample_size(base_percent / 100, visible_points / 100)
    enough = people <= len(listed) // 2
    return say(
        zh=f"平常回来 {base_percent}%，想看出多回来 {visible_points} 个百分点：每组要 {people:,} 人，两组 {2 * people:,} 人。您的名单{'够' if enough else '不够'}。",
        en=f"If {base_percent}% return anyway and you want to see {visible_points} points more, each group needs {people:,}, both together {2 * people:,}. Your list is {'large enough' if enough else 'too small'}.",
    )


explore(needed, base_percent=(2, 40, 1), visible_points=(1, 20, 1))

# %% [markdown] tags=["zh"]
# 人不够，有三条路：事先定好几批，攒齐了一起看；把空白组留满一半，不要只留一成；或者承认这次看不出来，只当练手。**不能走的路**是一边发一边看，看到好看的那天就停。

# %% [markdown] tags=["en"]
# Too few people? There are three ways out. Settle on several waves in advance and read them together at the end. Hold out a full half, not a tenth. Or admit that this one will tell you nothing and treat it as practice. **What you must not do** is look every day and stop on the day it looks good.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）动滑块：效果小一半，要的人差不多多到四倍。请人用一句话说为什么。常见的问题：“留一半不发，老板心疼怎么办？”答：如果是亏的，留的那一半替您省了钱；看第 1 节。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). Move the slider: half the effect needs about four times the people. Ask somebody to say why in one sentence. The usual objection: "My boss will hate holding out half." Answer: if the offer loses money, that half saved you money; look at section 1.

# %% [markdown] tags=["zh"]
# ## 7. 结果：多带回几位，多赚几元
#
# 一次活动只看四个数（回来看 40 天，钱看 90 天）：**多回来几个百分点**，**每人多赚几元**，**误差多大**，**投一元多赚几元**（ROI）。利润用边际贡献：实付（用掉的券已经扣过）减货本、减配送，再减试用装和短信。自己本来就会回来、顺手把券用掉的人，那张券也是成本。

# %% [markdown] tags=["en"]
# ## 7. The result: how many more came back, and what it earned
#
# A campaign comes down to four numbers (returns over 40 days, money over 90): **how many points more returned**, **how many yuan more each person brought**, **how sure we are**, and **what each yuan spent on it gained** (ROI). Profit means contribution margin: what was paid (coupons used are off already) less goods and delivery, less samples and messages. If somebody who would have come anyway uses the coupon on the way, that coupon is a cost too.

# %%
columns = ["arm", "customers", "returned", "extra_returns", "gain", "gain_low", "gain_high", "roi", "verdict"]
shown = effects.assign(extra_returns=(100 * effects["lift"]).round(1)).rename(columns={"n": "customers"})
shown = shown[columns].rename(columns={"gain": "gain_head"})
shown["arm"] = [t(f"arm_{arm}") for arm in shown["arm"]]
shown["verdict"] = [t(f"verdict_{one}") if isinstance(one, str) else "" for one in shown["verdict"]]
show(shown, money=["gain_head", "gain_low", "gain_high"])

# %% tags=["fold"]
charts.winback.arms(effects)

# %% tags=["fold"]
card("incremental_return")

# %% [markdown] tags=["zh"]
# 用手算一遍：两组各自的平均利润，一减就是“人均多赚”。

# %% [markdown] tags=["en"]
# By hand: take the average profit of each group and subtract.

# %%
heads = offered.groupby("arm")["profit"].mean()
by_hand = heads["coupon"] - heads["holdout"]
same = abs(by_hand - coupon["gain"]) < 0.005

# %% tags=["fold"]
pilot_id = campaigns.loc[campaigns["name_en"].str.contains("pilot"), "campaign_id"]
pilot = winback.result(waves[waves["campaign_id"].isin(pilot_id)]).iloc[1]
say(
    zh=f"手算 {yuan(by_hand, 2)}，工具 {yuan(coupon['gain'], 2)}，{'一致' if same else '不一致'}。再看去年那个视频回访试点：每组约 {pilot['n']:,} 人，回来的差 {points(pilot['lift'], '+')} 个百分点，可真实的差在 {points(pilot['low'], '+')} 到 {points(pilot['high'], '+')} 之间都说得通。{t('verdict_too_small') if pilot['low'] < 0 < pilot['high'] else '看得出来'}。",
    en=f"By hand {yuan(by_hand, 2)}, by helper {yuan(coupon['gain'], 2)}: they {'agree' if same else 'disagree'}. Now last year's pilot of video calls: about {pilot['n']:,} people a group, {points(pilot['lift'], '+')} points of returns, but anything from {points(pilot['low'], '+')} to {points(pilot['high'], '+')} is possible. {'It is too small to tell' if pilot['low'] < 0 < pilot['high'] else 'We can tell'}.",
)

# %% tags=["fold"]
young = waves[~waves["campaign_id"].isin(offered["campaign_id"]) & ~waves["campaign_id"].isin(pilot_id)]
care = winback.result(young).iloc[1] if len(young) else effects.set_index("arm").loc["service"]
say(
    zh=("另有几批，给的是宝宝不满 12 个月或月龄不详的人家，各有自己的空白组，不能和试用装直接比。" if len(young) else "") + f"不寄东西、只由人来关心一句的 {care['n']:,} 位，多回来 {points(care['lift'])} 个百分点（{points(care['low'])} 到 {points(care['high'])}），人均多赚 {yuan(care['gain'])}（{yuan(care['gain_low'])} 到 {yuan(care['gain_high'])}）：{t('verdict_' + care['verdict'])}。",
    en=("Other waves went to families whose baby is under 12 months or of unknown age, each with its own hold-out: do not compare them with the parcel. " if len(young) else "") + f"Where nothing was sent and somebody simply asked how they were ({care['n']:,} people), {points(care['lift'])} points more came back ({points(care['low'])} to {points(care['high'])}), worth {yuan(care['gain'])} a head ({yuan(care['gain_low'])} to {yuan(care['gain_high'])}): {t('verdict_' + care['verdict'])}.",
)

# %% [markdown] tags=["zh"]
# “样本太小，还下不了结论”是一个结论。它不说没用，也不说有用，它说：别按这个结果花钱，也别按这个结果砍掉。

# %% [markdown] tags=["en"]
# "Too small to tell" is a result. It does not say that it failed, and it does not say that it worked. It says: spend nothing on the strength of this, and cancel nothing either.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）请一位财务来挑毛病：成本漏了哪一项？（人工、退货、门店抽成都可以加。）常见的错：只数回来的人数，不数钱；把用掉的券全当成效果；区间跨过零，还说“略有提升”。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Ask somebody from finance to find the cost we forgot (staff, returns, the shop's share: all may be added). Usual mistakes: counting heads and not money; taking every coupon used as a success; an interval across zero, reported as "a slight improvement".

# %% [markdown] tags=["zh"]
# ## 8. 四种人，只看组，不看个人
#
# 收到券的人有四种：一叫就来的（营销敏感），不叫也来的（自然回来），怎么叫都不来的，越叫越走的。谁是哪一种？**看不出来**：同一个人，不能又发又不发。
#
# 看得出来的是一组人：一组里随机发一半，两边一减。下图按“上一单用没用券”分两组，每组都拿收到的人和空白组比（不足 200 人的联系方式不画）。

# %% [markdown] tags=["en"]
# ## 8. Four kinds of people: read groups, never persons
#
# Those who get an offer are of four kinds: they come because of it (persuadables), they would have come anyway (sure things), they will not come whatever you do (lost causes), or it drives them off (sleeping dogs). Who is which? **Nobody can see that**: the same person cannot both get the offer and not get it.
#
# What you can see is a group: give the offer to a random half of it and subtract. The picture shows two groups, by whether the last order used a coupon. In each, those contacted are held against their own hold-out (ways of contact with fewer than 200 people are left out).

# %%
kinds = [arm for arm in ("coupon", "service") if (offered["arm"] == arm).sum() >= 200]
groups = winback.by_group(offered, "habit", kinds)
charts.winback.groups(groups, "habit")

# %% tags=["fold"]
at = groups[groups["arm"] == "coupon"].set_index("habit")
used, full = at.loc["used_coupon"], at.loc["full_price"]
clear = max(used["gain_low"], full["gain_low"]) > min(used["gain_high"], full["gain_high"])
say(
    zh=f"上一单用过券的人，寄券多回来 {points(used['lift'])} 个百分点，人均多赚 {yuan(used['gain'])}（{yuan(used['gain_low'])} 到 {yuan(used['gain_high'])}，{t('verdict_' + used['verdict'])}）；没用过的多回来 {points(full['lift'])} 个百分点，人均 {yuan(full['gain'])}（{yuan(full['gain_low'])} 到 {yuan(full['gain_high'])}，{t('verdict_' + full['verdict'])}）。" + ("两组的区间不重叠：同一份东西，寄给谁，差得很多。" if clear else "两组的区间有重叠：该寄给哪一组，还说不死。"),
    en=f"Those who used a coupon last time: {points(used['lift'])} points more came back, {yuan(used['gain'])} a head ({yuan(used['gain_low'])} to {yuan(used['gain_high'])}: {t('verdict_' + used['verdict'])}). Those who did not: {points(full['lift'])} points more, {yuan(full['gain'])} a head ({yuan(full['gain_low'])} to {yuan(full['gain_high'])}: {t('verdict_' + full['verdict'])}). " + ("The two intervals lie apart: the same parcel, and it matters a great deal whom you send it to." if clear else "The two intervals overlap: which group to write to is not settled."),
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）画一个两乘两的格子：发了来不来、不发来不来，四格四个名字。问：“这张图里，哪一位是营销敏感？”等全班说“不知道”。常见的错：把回来了的人都叫营销敏感。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Draw two by two: comes or not if written to, comes or not if left alone; four cells, four names. Ask: "Which person in this picture is a persuadable?" Wait until the room says that nobody knows. Usual mistake: calling everybody who came back persuadable.

# %% [markdown] tags=["zh"]
# ## 9. 下一次，发给谁
#
# 把名单按“值不值得寄”排个队，最值得的排最前，一路加人，看总共多赚多少。队排得好，线会先涨后跌，最高的那一点就是下一批预算的起点。排队的分数来自模型（买过几单、客单价、用券多不多），每个人的分数都由**没见过他的**模型来打。
#
# 先猜：从名单最前面寄起，寄到百分之几最划算？

# %% [markdown] tags=["en"]
# ## 9. Whom to write to next time
#
# Put the list in a queue, the most promising first, add people one after another, and watch the total. If the queue is any good, the line rises and then falls; its highest point is the budget to try next. The order comes from a model (how many orders, what size, how often with a coupon), and each person is scored by a model that **has not seen that person**.
#
# Guess first: starting from the front of the queue, what share of the list is it best to write to?

# %% tags=["fold"]
bet(
    "15.share",
    say(zh="寄到名单的百分之几最划算？", en="What share of the list is it best to write to?"),
    low=0, high=100, unit="%",
)

# %%
past = before.groupby(["campaign_id", "customer_id"])
features = pd.DataFrame({
    "orders": past.size(),
    "basket": past["amount"].mean(),
    "coupons": past["coupon_id"].apply(lambda used: used.notna().mean()),
    "discount": past["discount"].sum() / past["gross"].sum(),
}).reset_index()
pair = offered[offered["arm"].isin(["coupon", "holdout"])].merge(features).reset_index(drop=True)
pair["last_coupon"] = pair["habit"].eq("used_coupon")
treated = pair["arm"].eq("coupon")
score = winback.uplift(pair[["orders", "basket", "coupons", "discount", "last_coupon"]], treated, pair["profit"])
curve = winback.targeting_curve(score, treated, pair["profit"])

# %% tags=["fold"]
share = winback.best_share(curve)
reveal("15.share", 100 * share, unit="%")

# %% tags=["fold"]
after_bet("15.share", charts.winback.targeting(curve))

# %% tags=["fold"]
at_best = curve.set_index("share").loc[share]
sure = at_best["low"] > 0
area = winback.qini_interval(score, treated, pair["profit"])
told = "helps" if area.low > 0 else "harms" if area.high < 0 else "unsure"
after_bet("15.share", say(
    zh=(f"最高点在 {share:.0%}，全名单人均多赚 ¥{at_best['gain']:,.1f}。" + ("它的区间在零以上。" if sure else "它的区间跨过零，还不能说这样寄一定赚。") + f"再说，{len(curve)} 个点里挑最高的，总会偏好看。" if share else "最高点在 0%：照这条队，谁都不寄最划算。") + f"曲线与随机线之间的面积（Qini），人均 {yuan(area.value, 1)}（{yuan(area.low, 1)} 到 {yuan(area.high, 1)}）：{t('queue_' + told)}。",
    en=(f"The highest point is at {share:.0%}: ¥{at_best['gain']:,.1f} more per head of the whole list. " + ("Its interval lies above zero." if sure else "Its interval crosses zero, so we cannot say that it earns money.") + f" And the highest of {len(curve)} points always flatters. " if share else "The highest point is at 0%: by this queue, write to nobody. ") + f"The area between the curve and the random line (Qini) is {yuan(area.value, 1)} a head ({yuan(area.low, 1)} to {yuan(area.high, 1)}): {t('queue_' + told)}.",
))

# %% [markdown] tags=["zh"]
# 模型赢不赢，要看没见过的人。人少的时候，一条说得出口的规则（上一单用过券），常常不比模型差，还更好解释。**模型的分数是用来排队的，不是对哪个人的判断。**

# %% [markdown] tags=["en"]
# Whether a model wins is decided on people it has not seen. With few people, a rule you can say aloud (used a coupon last time) is often as good, and easier to explain. **A model's score is for queueing; it is no verdict on anybody.**

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）问：“队排得好，线为什么会先涨后跌？”等有人说出“后面的人，多寄一份就多亏一份”。短课在这里收尾：把第 1 节的赌注念一遍。常见的错：拿训练用的同一批人去画曲线，什么模型都赢。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Ask: "If the queue is good, why does the line rise and then fall?" Wait for "from there on every further parcel loses money". The short course ends here: read the bet of section 1 again. Usual mistake: drawing the curve on the people the model was trained on, where every model wins.

# %% [markdown] tags=["zh"]
# ## 10. 揭开答案：普发对定向
#
# 真实的公司永远看不到答案。这家公司是造出来的，我们手里有一份答案：给每一位会员寄券，公司**本来会**多赚或多亏多少。平时锁着，现在拆开，看看三种做法各赚多少。

# %% [markdown] tags=["en"]
# ## 10. Open the envelope: blanket against targeted
#
# A real company never sees the answer. This one is made up, so we have it: what a coupon **would have** earned or lost with each member. It stays locked away in all other sections. Open it now, and see what three ways of sending would have brought.

# %%
truth = load(company, "truth").set_index("customer_id")["coupon_margin"]
would = pair["customer_id"].map(truth)
front = score.rank(ascending=False, method="first") <= round(share * len(score))
plans = {
    say(zh="普发：人人都寄", en="blanket: everybody"): pd.Series(True, would.index),
    say(zh="定向：上一单用过券的", en="targeted: coupon on the last order"): pair["last_coupon"],
    say(zh="定向：模型排在最前的", en="targeted: front of the model's queue"): front,
}
earned = pd.DataFrame([{"way": name, "customers": int(mask.sum()), "gain_head": would[mask].mean(), "gain_in_all": would[mask].sum()} for name, mask in plans.items()])
show(earned, money=["gain_head", "gain_in_all"])

# %% tags=["fold"]
everybody, by_deed = earned["gain_in_all"].iloc[0], earned["gain_in_all"].iloc[1]
say(
    zh=f"普发{'亏' if everybody < 0 else '赚'} ¥{abs(everybody):,.0f}；只寄给上一单用过券的，{'亏' if by_deed < 0 else '赚'} ¥{abs(by_deed):,.0f}。一条看得懂的规则，差出 {yuan(by_deed - everybody)}。",
    en=f"The blanket mailing {'loses' if everybody < 0 else 'earns'} ¥{abs(everybody):,.0f}; writing only to those who used a coupon last time {'loses' if by_deed < 0 else 'earns'} ¥{abs(by_deed):,.0f}. One plain rule, and {yuan(by_deed - everybody)} between the two.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）强调：除了这里，谁也没有这份答案。问：“没有答案的时候，我们靠什么知道？”回到空白组。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Stress that nobody else has this envelope. Ask: "Without it, how would we know?" Back to the hold-out.

# %% [markdown] tags=["zh"]
# ## 11. 回来以后：留得住吗
#
# 回来一单，不算赢回。要看第二单、第三单：是真回来了，还是用完券又走。

# %% [markdown] tags=["en"]
# ## 11. After the return: a second life
#
# One order is not a customer won back. Look at the second and the third: has she returned, or did she use the coupon and leave again?

# %%
returned = offered[offered["returned"]][["campaign_id", "customer_id", "arm", "starts_on"]]
since = returned.merge(margins[["customer_id", "paid_at"]])
day = (since["paid_at"].dt.normalize() - since["starts_on"]).dt.days
counts = since[day.between(1, 90)].groupby(["campaign_id", "customer_id", "arm"]).size()
lives = pd.DataFrame([
    {"arm": arm, "order": order, "share": (rows >= order).mean(), "n": len(rows)}
    for arm, rows in counts.groupby("arm")
    for order in range(1, 6)
])
charts.winback.second_life(lives[lives["n"] >= 30])

# %% tags=["fold"]
second = lives[lives["order"] == 2].set_index("arm")["share"]
sizes = lives[lives["order"] == 2].set_index("arm")["n"]
stays = experiment.difference(round(second["coupon"] * sizes["coupon"]), int(sizes["coupon"]), round(second["holdout"] * sizes["holdout"]), int(sizes["holdout"]))
say(
    zh=f"90 天里，收到券又回来的人 {second['coupon']:.0%} 有第二单，空白组里回来的 {second['holdout']:.0%}，差 {points(stays.value, '+')} 个百分点（{points(stays.low, '+')} 到 {points(stays.high, '+')}）。" + ("两边分不出高下。" if stays.low < 0 < stays.high else "两边不一样。可都是已经回来的人，不再是抽签分的：看得出差别，说不出原因。"),
    en=f"Within 90 days, {second['coupon']:.0%} of those who came back with a coupon placed a second order, and {second['holdout']:.0%} of those who came back in the hold-out: {points(stays.value, '+')} points ({points(stays.low, '+')} to {points(stays.high, '+')}). " + ("The two cannot be told apart." if stays.low < 0 < stays.high else "The two differ. But those who came back are no longer groups drawn by lot: you can see that they differ, not why."),
)

# %% tags=["fold"]
mine = bought[bought["customer_id"] == thread].sort_values("paid_at", ascending=False).head(4)
mine["status"] = [t(f"status_{one}") for one in mine["status"]]
show(mine[["customer_id", "paid_at", "amount", "status"]].reset_index(drop=True), money=["amount"], light=thread) if thread else None

# %% tags=["fold"]
silent = int((as_of - mine["paid_at"].iloc[0].normalize()).days) if thread and len(mine) else None
hers = asleep.index[asleep["customer_id"] == thread]
why = next((t(rule) for rule, mask in barred.items() if mask[hers].any()), None)
say(
    zh=f"这是一路跟过来的那位会员：{silent} 天没买了。" + (f"她算沉睡，可是名单上没有她：{why}。先做哪一件事，您现在说得出来了。" if why else "她在第 5 节的名单上。给她什么，您现在说得出来了。" if len(hers) else "她还不算沉睡。"),
    en=f"Here is the member we have followed all along: {silent} days without an order. " + (f"She counts as dormant, and yet she is not on the list: {why}. You can now say what has to come first." if why else "She is on the list of section 5. You can now say what to offer her." if len(hers) else "She does not count as dormant yet."),
) if silent is not None else None

# %% [markdown] tags=["notes", "zh"]
# **讲师**（4 分钟）提醒：这里两边都只看回来了的人，不再是随机分的，看得出像不像，说不出为什么。然后请大家给点亮的那位会员写一句话，念两三句。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (4 minutes). A warning: both sides hold only those who returned, so they are no longer random groups. You may say whether they differ, not why. Then everybody writes one sentence to the lit member; read out two or three.

# %% [markdown] tags=["zh"]
# ## 12. 案例：一家音乐平台请老听众回来
#
# 课程里讲过 Spotify 的做法（课堂口述，未经核实）：认出要走的人的特征，推他爱听的歌，再给一个回归优惠。用这一章读它，要问四句：谁算走了？空白组在哪里？歌和优惠，是哪一样起的作用？回来以后听了多久？
#
# 您自己的公司，也填一遍：
#
# | 谁算走了 | 说得出口的规则 | 给什么 | 空白组几成 | 看多少天 | 多少算成 |
# |:--|:--|:--|:--|:--|:--|
# | ______ | ______ | ______ | ______ | ______ | ______ |

# %% [markdown] tags=["en"]
# ## 12. Case: a music service asks its listeners back
#
# The course tells how Spotify does it (as told in class, unverified): spot the signs of leaving, play them songs they like, add an offer to return. Read it with this chapter and ask four things. Who counts as gone? Where is the hold-out? Was it the songs or the offer? And how long did they stay?
#
# Now fill in the same for your own company:
#
# | Who has gone | A rule one can say aloud | The offer | Share held out | Days to watch | What counts as success |
# |:--|:--|:--|:--|:--|:--|
# | ______ | ______ | ______ | ______ | ______ | ______ |

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）每桌填一行，贴到墙上，互相挑一处说不清的。填好的这一行，就是下个月活动的方案。做完一轮，把结果写回第二行，再改一处，再做一轮。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Each table fills in its row and pins it to the wall; the others mark one thing that is not clear. The finished row is next month's plan. After the first round, write the result below it, change one thing, and run it again.

# %% [markdown] tags=["zh"]
# ## 您猜得准不准

# %% [markdown] tags=["en"]
# ## How good were your guesses?

# %% tags=["fold"]
calibration("15")

# %% [markdown] tags=["zh"]
# ## 小结
#
# 1. 没来不等于走了。先说清楚谁算流失，毕业的另算。
# 2. 名单先守规矩：不知道，就当没同意。
# 3. 发之前就留好空白组，算好要多少人。
# 4. 看钱，不只看人；区间跨过零，就说还下不了结论。
# 5. 下一次只发给值得发的一组人，规则要说得出口。

# %% [markdown] tags=["en"]
# ## In five lines
#
# 1. Not coming is not the same as gone. Say who has lapsed; graduates are another matter.
# 2. The list keeps the rules first: unknown means no consent.
# 3. Set the hold-out aside before you send, and know how many people it takes.
# 4. Count money and not only heads. An interval across zero means: too small to tell.
# 5. Next time write only to the group it pays to write to, by a rule you can say aloud.

# %% [markdown] tags=["zh"]
# ## 自测
#
# **一、召回活动，两成人回来了，没有空白组。该怎么汇报？**
# <details><summary>a. 两成回来了，效果很好</summary>第 1 节里，什么都没收到的人也回来了一批。没有空白组，这两成里有多少是自己回来的，谁也不知道。</details>
# <details><summary>b. 回来了两成，是不是活动的功劳说不清</summary>对。下一次先留空白组。</details>
# <details><summary>c. 拿上个月的回来比例当空白组</summary>月份不同、人不同，差出来的可能是季节。随机留的那一半才比得。</details>

# %% [markdown] tags=["en"]
# ## Quiz
#
# **1. One in five came back after a win-back campaign. There was no hold-out. What do you report?**
# <details><summary>a. One in five came back: a success</summary>In section 1 people who got nothing came back too. Without a hold-out nobody knows how many of these came by themselves.</details>
# <details><summary>b. One in five came back; whether the campaign did it, we cannot say</summary>Right. Next time, hold some out first.</details>
# <details><summary>c. Use last month's share who came back as the hold-out</summary>Another month, other people: the gap may be the season. Only a random half can be compared.</details>

# %% [markdown] tags=["zh"]
# **二、两组一比，人均多赚 3 元，区间从 -2 元到 8 元。怎么办？**
# <details><summary>a. 有效，推广</summary>区间里还有亏的可能。按它花钱，是在赌。</details>
# <details><summary>b. 没效，停掉</summary>区间里也有赚 8 元的可能。看不出来，不等于没用。</details>
# <details><summary>c. 样本太小，还下不了结论：定好总共要多少人，攒够了再看一次</summary>对。照样抽签，人数定死，中途不下结论。</details>

# %% [markdown] tags=["en"]
# **2. The two groups differ by 3 yuan a head, with an interval from -2 to 8 yuan. What do you do?**
# <details><summary>a. It works: roll it out</summary>A loss is still possible. Spending on this is a gamble.</details>
# <details><summary>b. It does not work: stop it</summary>A gain of 8 yuan is possible as well. Not seen is not the same as not there.</details>
# <details><summary>c. Too small to tell: settle how many people it takes, and read once you have them</summary>Right. Go on drawing lots in the same way, keep to the number, and pass no verdict on the way.</details>

# %% [markdown] tags=["zh"]
# **三、一位会员收到券后回来了。他是“营销敏感”吗？**
# <details><summary>a. 是，券把他请回来了</summary>他也许本来就要来。没法同时看到他没收到券的样子。</details>
# <details><summary>b. 不是，他本来就会来</summary>这也没法知道。</details>
# <details><summary>c. 一个人看不出来，只能看一组人</summary>对。一组里随机发一半，两边一减。</details>

# %% [markdown] tags=["en"]
# **3. A member got a coupon and came back. Is he a persuadable?**
# <details><summary>a. Yes, the coupon brought him back</summary>Perhaps he was coming anyway. Nobody can see what he would have done without it.</details>
# <details><summary>b. No, he would have come anyway</summary>Nobody can know that either.</details>
# <details><summary>c. It cannot be said of one person, only of a group</summary>Right. Give it to a random half of the group and subtract.</details>

# %% [markdown] tags=["zh"]
# ## 换成您自己的订单
#
# 把第一个代码格里的 `orders_file` 改成您的文件，`as_of` 改成 `""`（取文件里最后一天），再从头运行：第 2、5、6 节就换成您的客户。没有同意记录，名单一位也不能发；先去要同意。
#
# 接下来做**实验 15**：按下面的按钮，再点出来的链接。

# %% [markdown] tags=["en"]
# ## Your own orders
#
# Set `orders_file` in the first code cell to your file, and `as_of` to `""` (the last day in the file), and run the chapter from the top: sections 2, 5 and 6 then show your customers. Without consents on record nobody on the list may be written to; ask for them first.
#
# Next: **lab 15**. Press the button below, then follow the link.

# %% tags=["fold"]
lab_button("15")
