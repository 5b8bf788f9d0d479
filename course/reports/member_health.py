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
# # 会员健康报告

# %% [markdown] tags=["en"]
# # Member health report

# %% tags=["parameters"]
language = "zh"
orders_file = ""
mapping_file = ""
as_of = ""
rule = ""
cuts_file = ""
store = ""
members_file = ""
require = ""
crm_mapping = ""
wecom_file = ""
assume_consent = False
catalogue = ""
campaign = "winback"
lapsed_days = 0
holdout = 0.5
lift = 0.05
order_margin = 0.3
offer_cost = 0.1
out_dir = ""

# %% tags=["fold"]
from crmlab import charts, deliver, findings, health, recall, returning, rfm, sales, show, use_style
from crmlab.deliver import tags

use_style(language)
terms = {"campaign": campaign, "lapsed_days": lapsed_days, "holdout": holdout}
terms |= {"lift": lift, "order_margin": order_margin, "offer_cost": offer_cost}
h = health.examine(
    orders_file, mapping_file, as_of, rule, cuts_file, store, out_dir, members_file, require, catalogue, terms
)
findings.headline(h)

# %% [markdown] tags=["zh"]
# ## 发现了什么

# %% [markdown] tags=["en"]
# ## Findings

# %% tags=["fold"]
findings.listed(findings.findings(h), numbered=True)

# %% [markdown] tags=["zh"]
# ## 这份报告说不准什么

# %% [markdown] tags=["en"]
# ## What this report cannot tell

# %% tags=["fold"]
findings.listed(findings.unknowns(h))

# %% [markdown] tags=["zh"]
# ## 周一做什么
# 先从悬着的钱最多的几类动手。悬着的钱，是这类客户一年付的钱里，照上一季的样子，不会自己回来的那一份。一年从各人最后一单往前数。R、F、M 都低的那一类不排，先不在那里花钱。

# %% [markdown] tags=["en"]
# ## What to do on Monday
# Start with the classes that have most money at stake. "At stake" is the part of a class's spend in a year that will not come back unasked, if this quarter goes like the last. The year is counted back from each customer's last order. The class that is low on all three is left out; spend nothing there yet.

# %% tags=["fold"]
findings.listed(findings.monday_lines(h), numbered=True) if h.by_customer else None

# %% [markdown] tags=["zh"]
# 每一类都随机留出两成先不联系，四周后两组一比，才知道多出来的钱是不是联系换来的。

# %% [markdown] tags=["en"]
# In each class, leave a random fifth alone for now and compare the two groups after four weeks. Only that tells you whether your contact earned the extra money.

# %% [markdown] tags=["zh"]
# ## 读进来了什么

# %% [markdown] tags=["en"]
# ## What was read

# %% tags=["fold"]
findings.reading(h)

# %% tags=["fold"]
show(health.orders_table(h), money="amount")

# %% [markdown] tags=["zh"]
# ## 收入走势
# 付过款的订单，按付款时间归月；不满三个月的文件按周，日期是那一周的周一。首尾两段可能不完整，不要拿来比。

# %% [markdown] tags=["en"]
# ## Sales over time
# Paid orders by the month of payment; by week, dated by its Monday, where the file has fewer than three months. The first and the last may be covered in part: do not compare those.

# %% tags=["fold"]
periods = sales.periods_table(h)
show(periods, money=["gross", "refund", "amount"], bars="amount", rows=60) if periods is not None else None

# %% [markdown] tags=["zh"]
# ## 各渠道

# %% [markdown] tags=["en"]
# ## Channels

# %% tags=["fold"]
channels = sales.groups_table(h, "channel")
show(channels, money=["gross", "refund", "amount"], percent="share", bars="share") if channels is not None else None

# %% [markdown] tags=["zh"]
# ## 各门店

# %% [markdown] tags=["en"]
# ## Stores

# %% tags=["fold"]
stores = sales.groups_table(h, "store_id")
show(stores, money=["gross", "refund", "amount"], percent="share", bars="share") if stores is not None else None

# %% [markdown] tags=["zh"]
# ## 八类客户
# R、F、M 各分高低，合成八类。R 高是最近来过，F 高是买得勤，M 高是付得多。先看哪一类的人数占比和收入占比差得最远。

# %% [markdown] tags=["en"]
# ## Eight classes
# Each of R, F and M is high or low, which makes eight classes. High R: bought recently. High F: buys often. High M: has paid a lot. Look first at the class whose share of customers and share of money lie furthest apart.

# %% tags=["fold"]
classes = health.class_table(h) if h.by_customer else None
show(
    classes.drop(columns="action"), money=["revenue", "median_monetary"], percent=["customer_share", "revenue_share"]
) if h.by_customer else None

# %% tags=["fold"]
charts.rfm.classes(classes) if h.by_customer else None

# %% [markdown] tags=["zh"]
# ## R × F 方格
# 只看最近来没来、来得勤不勤，不看钱。右上角是最好的客户。左上角以前来得最勤，现在不来了，电话先从这一角打起。

# %% [markdown] tags=["en"]
# ## The R x F grid
# How recently and how often customers bought, money left aside. The best customers stand top right. Those top left used to come most often and have stopped: start calling there.

# %% tags=["fold"]
charts.rfm.grid(h.scored) if h.by_customer else None

# %% [markdown] tags=["zh"]
# ## 钱集中在谁手里

# %% [markdown] tags=["en"]
# ## Who brings the money

# %% tags=["fold"]
enough = h.by_customer and len(h.scored) >= 10
charts.rfm.lorenz(h.scored["monetary"]) if enough else findings.too_few(h)

# %% [markdown] tags=["zh"]
# ## 谁留下来了
# 一行是同一个月第一次买的人，往右看他们之后每个月还有百分之几在买。还没过完的月份是灰的。

# %% [markdown] tags=["en"]
# ## Who stayed
# A row holds those who first bought in one month; read to the right for the share still buying in each later month. Months that are not over are grey.

# %% tags=["fold"]
returning.stayed(h) if returning.long_enough(h) else returning.too_short(h)

# %% tags=["fold"]
charts.retention.triangle(h.cohorts) if returning.long_enough(h) else None

# %% [markdown] tags=["zh"]
# ## 谁买了下一次

# %% [markdown] tags=["en"]
# ## Who bought again

# %% tags=["fold"]
returning.again(h) if returning.long_enough(h) else None

# %% tags=["fold"]
charts.retention.repurchase(returning.firm_steps(h), returning.WITHIN) if returning.long_enough(h) else None

# %% [markdown] tags=["zh"]
# ## 上一季，每一类后来怎样
# 用同一把尺子量 91 天前的客户，再看这 91 天里谁又买了。区间越宽，越不能当真。

# %% [markdown] tags=["en"]
# ## What each class did last quarter
# We take the customers as they stood 91 days ago, measure them with the same ruler, and see who has bought since. The wider the interval, the less you should trust the rate.

# %% tags=["fold"]
show(
    health.returns_table(h), money="spend_per_head", percent=["rate", "low", "high"]
) if h.before is not None else findings.left_out(h)

# %% tags=["fold"]
if h.before is not None:
    charts.rfm.returns(h.returns, health.QUARTER)

# %% [markdown] tags=["zh"]
# ## 谁换了类

# %% [markdown] tags=["en"]
# ## Who moved between classes

# %% tags=["fold"]
findings.moved(h)

# %% [markdown] tags=["zh"]
# 下表横着看：每一行是 91 天前的一类，每一列是这些人现在的类。

# %% [markdown] tags=["en"]
# Each row is a class 91 days ago; each column is a class now.

# %% tags=["fold"]
show(health.moves_table(h)) if h.before is not None else None

# %% tags=["fold"]
move = health.largest_move(h) if h.before is not None else None
if move:
    charts.rfm.flow(rfm.moves(h.before, h.scored), *move)

# %% [markdown] tags=["zh"]
# ## 标签
# 按目录里的规则，从订单算出来的。谁有哪些标签，在 tags.csv；可以放进企微的，在 tag_plan.csv。

# %% [markdown] tags=["en"]
# ## Tags
# Worked out from the orders by the rules of the catalogue. Who has which tag stands in tags.csv; what may go to WeCom, in tag_plan.csv.

# %% tags=["fold"]
findings.listed(tags.sentences(h.tagged)) if h.tagged is not None else None

# %% tags=["fold"]
show(tags.coverage(h.tagged), percent="share", bars="share", rows=60) if h.tagged is not None else None

# %% [markdown] tags=["zh"]
# ## 召回计划
# 名单在 `winback_list.csv`：谁走了、可以联系谁、谁留在空白组。空白组什么都不发，过后两组一比，才知道钱花得值不值。

# %% [markdown] tags=["en"]
# ## Win-back plan
# The list is `winback_list.csv`: who has lapsed, who may be contacted, and who is held out. Send the hold-out nothing; only the comparison afterwards tells whether the money was well spent.

# %% tags=["fold"]
plan = recall.plan(h, assume_consent)
findings.listed(recall.sentences(plan)) if plan else recall.too_short(h)

# %% tags=["fold"]
show(recall.account_table(plan)) if plan else None

# %% [markdown] tags=["zh"]
# ## 尺子
# 切点也写在 manifest.json 里。下个月加上 `--cuts manifest.json`，两个月才是同一把尺子量的。

# %% [markdown] tags=["en"]
# ## Ruler
# The cuts (where each score and class begins) are also in manifest.json. Add `--cuts manifest.json` next month, and both months are measured with the same ruler.

# %% tags=["fold"]
show(health.cuts_table(h)) if h.by_customer else None

# %% [markdown] tags=["zh"]
# ## 口径

# %% [markdown] tags=["en"]
# ## Definitions

# %% tags=["fold"]
findings.listed(findings.definitions(h))

# %% tags=["fold"]
if out_dir:
    deliver.write(h, out_dir, crm_mapping, wecom_file, assume_consent)
