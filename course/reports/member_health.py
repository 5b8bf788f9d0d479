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
out_dir = ""

# %% tags=["fold"]
from crmlab import charts, deliver, findings, health, rfm, show, use_style

use_style(language)
h = health.examine(orders_file, mapping_file, as_of, rule, cuts_file, store, out_dir)
findings.headline(h)

# %% [markdown] tags=["zh"]
# ## 三个发现

# %% [markdown] tags=["en"]
# ## Three findings

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
# 悬着的钱最多的几类先动手。悬着的钱，是这类客户一年付的钱里，照上一季的样子不会自己回来的那一份；一年从各人最后一单往前数。三样都低的一类不排，那里先不花钱。

# %% [markdown] tags=["en"]
# ## What to do on Monday
# Begin where most money is at stake: of what a class paid in a year, the part that will not come back unasked if this quarter goes like the last. The year is counted back from each customer's last order. The class low on all three is left out; spend nothing there yet.

# %% tags=["fold"]
findings.listed(findings.monday_lines(h), numbered=True)

# %% [markdown] tags=["zh"]
# 每一类都随机留出两成先不联系，四周后两组一比，才知道多出来的钱是不是联系换来的。

# %% [markdown] tags=["en"]
# In each class leave a random fifth alone and compare after four weeks. Nothing else tells whether the calls earned the money.

# %% [markdown] tags=["zh"]
# ## 读进来了什么

# %% [markdown] tags=["en"]
# ## What was read

# %% tags=["fold"]
findings.reading(h)

# %% tags=["fold"]
show(health.orders_table(h), money="amount")

# %% [markdown] tags=["zh"]
# ## 八类客户
# R、F、M 各分高低，合成八类。R 高是最近来过，F 高是买得勤，M 高是付得多。先看人数和钱差得最远的那一类。

# %% [markdown] tags=["en"]
# ## Eight classes
# Each of R, F and M is high or low, which makes eight classes. High R came lately, high F buys often, high M pays more. Look first at the class whose share of people and share of money lie furthest apart.

# %% tags=["fold"]
classes = health.class_table(h)
show(classes.drop(columns="action"), money=["revenue", "median_monetary"], percent=["customer_share", "revenue_share"])

# %% tags=["fold"]
charts.rfm.classes(classes)

# %% [markdown] tags=["zh"]
# ## R × F 方格
# 只看来得近不近、勤不勤，不看钱。右上角是最好的客户；左上角以前最勤，现在不来了，先从这一角打电话。

# %% [markdown] tags=["en"]
# ## The R x F grid
# How lately and how often, money left aside. The best customers stand top right. Those top left used to come most often and have stopped: begin calling there.

# %% tags=["fold"]
charts.rfm.grid(h.scored)

# %% [markdown] tags=["zh"]
# ## 钱集中在谁手里

# %% [markdown] tags=["en"]
# ## Who brings the money

# %% tags=["fold"]
charts.rfm.lorenz(h.scored["monetary"]) if len(h.scored) >= 10 else findings.too_few(h)

# %% [markdown] tags=["zh"]
# ## 上一季，每一类后来怎样
# 用同一把尺子量 91 天前的客户，再看这 91 天里谁又买了。区间越宽，越不能当真。

# %% [markdown] tags=["en"]
# ## What each class did last quarter
# Customers as they stood 91 days ago, measured with the same ruler, and who has bought since. The wider the interval, the less it should be trusted.

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
# 下表一行是 91 天前的一类，一列是现在的一类。

# %% [markdown] tags=["en"]
# In the table a row is a class 91 days ago, a column a class now.

# %% tags=["fold"]
show(health.moves_table(h)) if h.before is not None else findings.left_out(h)

# %% tags=["fold"]
move = health.largest_move(h) if h.before is not None else None
if move:
    charts.rfm.flow(rfm.moves(h.before, h.scored), *move)

# %% [markdown] tags=["zh"]
# ## 尺子和口径
# 切点也写在 manifest.json 里。下个月加上 `--cuts manifest.json`，两个月才是同一把尺子量的。

# %% [markdown] tags=["en"]
# ## Ruler and definitions
# The cuts also stand in manifest.json. Add `--cuts manifest.json` next month, and both months are measured with one ruler.

# %% tags=["fold"]
show(health.cuts_table(h))

# %% tags=["fold"]
findings.listed(findings.definitions(h))

# %% tags=["fold"]
if out_dir:
    deliver.write(h, out_dir)
