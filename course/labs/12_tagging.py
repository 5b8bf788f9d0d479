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
# # 实验 12：哪些标签信得过
#
# 您接手**晨杯**的标签。目录里有八十来个标签，企业微信里挂着两批推过的标签，店员还手打了两年。下周要定三件事：“常客”怎么写，手打的还用不用，哪些能进企业微信。
#
# **两条路都行。** 不写代码：做 A 部分，看图看表，选一选，写备忘录，约 25 分钟。会一点 pandas：再做 B 部分，七题，约 60 分钟。
#
# 每题下面有 `check`。它不打分，只告诉您接着看哪里。

# %% [markdown] tags=["en"]
# # Lab 12: which tags can you trust
#
# You have taken over the tags of **Morningcup**. The catalogue holds some eighty tags, two batches of them are set in WeCom, and staff have typed their own for two years. Three things must be settled next week: how to write "regular", whether typed tags stay in use, and which tags may go to WeCom.
#
# **Two ways in.** Without code: do part A, look at pictures and tables, choose, write the memo, about 25 minutes. With a little pandas: do part B as well, seven questions, about 60 minutes.
#
# Below each question stands a `check`. It gives no marks; it tells you where to look next.

# %% [markdown] tags=["zh"]
# 先按菜单“运行 → 运行所有单元格”，控件才会动；第一次要等半分钟左右，在给所有用户打标签、跑模型。没做的题会显示“还没作答”，这是正常的。做完一题，只要重新运行那一格和它下面的 `check`（按 Shift + Enter）。

# %% [markdown] tags=["en"]
# First choose "Run → Run All Cells" in the menu, so that the controls come alive; the first time takes about half a minute, while every user is tagged and the model runs. Questions you have not answered say "not done yet"; that is as it should be. After each answer, run its cell and the `check` below it again (Shift + Enter).

# %% tags=["parameters"]
language = "zh"
company = "morningcup"
as_of = "2026-06-30"

# %% tags=["fold"]
import difflib

import numpy as np
import pandas as pd

from crmlab import charts, check, checkpoint, counted_orders, decide, experiment, explore, hint, load, memo, say
from crmlab import score_card, show, start_lab, t, tagging, use_style
from crmlab.feedback import decision
from crmlab.questions.lab12 import Answers

use_style(language)
as_of = pd.Timestamp(as_of)
orders = load(company, "orders")
provided = Answers(str(company), f"{as_of:%Y-%m-%d}")
catalogue, facts = provided.catalogue, provided.facts.copy()
start_lab("12", company, as_of=f"{as_of:%Y-%m-%d}")

# %% [markdown] tags=["zh"]
# ## A 部分：拿主意
#
# ### 12.A1 什么叫“常客”
#
# 同一个词，四种写法，打出来的是四批人。先看表，再拖一拖第三种写法的单数，看四个数怎么跟着变。

# %% [markdown] tags=["en"]
# ## Part A: decide
#
# ### 12.A1 What is a "regular"
#
# One word, four ways to write it, four different lists. Read the table, then move the number of orders in the third and see what the four figures do.

# %% tags=["fold"]
titles = {
    "coverage": say(zh="盖住", en="covers"),
    "kept": say(zh="上个月有的，现在还有", en="last month's holders who still hold it"),
    "seen": say(zh=f"有它的人，{provided.recent} 天内来过", en=f"holders who came within {provided.recent} days"),
    "alike": say(zh="和“在买”重合", en="overlap with 'buying'"),
}
table = provided.definitions.drop(columns="broken").astype("float64").rename_axis("option").reset_index()
table["customers"] = table["customers"].astype("int64")
table["option"] = [f"{letter}. {decision('12.A1').options[letter]}" for letter in table["option"]]
show(table.rename(columns={"option": say(zh="写法", en="option"), **titles}), percent=list(titles.values()))


# %% tags=["fold"]
def regulars(orders=6):
    row = provided.regular_line(orders)
    row.insert(0, say(zh="至少几单", en="orders at least"), orders)
    return show(row.rename(columns=titles), percent=list(titles.values()))


explore(regulars, orders=(1, 12, 1))

# %% tags=["starter"]
decide("12.A1")

# %% tags=["solution"]
whole = [letter for letter, broken in provided.definitions["broken"].items() if not broken]
decide("12.A1", choice=max(whole, key=provided.definitions["kept"].get, default="e"))

# %%
check("12.A1")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）先不看表，每桌写一句“常客”。收上来念，多半四种都有。追问：“上个月的常客，这个月只剩三成还是，店员还认得过来吗？”

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). Before the table is shown, each group writes one line for "regular". Read them out; usually all four appear. Ask: "If only a third of last month's regulars are still on the list, can staff learn it?"

# %% [markdown] tags=["zh"]
# ### 12.A2 手打的和规则对不上
#
# 查得到的事，店员也手打。图里每一行是一批手打标签，按打了多久分：有多少和规则今天打的对不上。横杠是 95% 区间。先猜：打得越久，错得越多吗？

# %% [markdown] tags=["en"]
# ### 12.A2 When the typed tag and the rule disagree
#
# Staff type even what can be looked up. Each row of the picture is a batch of typed tags, by how long ago they were typed: the share that disagrees with today's rule. The bar is the 95% interval. Guess first: the older, the worse?

# %% tags=["fold"]
ages = provided.by_age()
names = [say(zh=f"{row.age}，{row.n:,} 个", en=f"{row.age}: {row.n:,} tags") for row in ages.itertuples()]
first, last = ages["rate"].iloc[0], ages["rate"].iloc[-1]
meet = ages["high"].iloc[0] >= ages["low"].iloc[-1]
title = say(
    zh=f"对不上的：新打的 {first:.0%}，最老的 {last:.0%}{'，区间碰在一起' if meet else ''}",
    en=f"Disagree: {first:.0%} of the newest, {last:.0%} of the oldest{'; the intervals meet' if meet else ''}",
)
axis = say(zh="和规则对不上的比例", en="share that disagrees with the rule")
charts.funnel.dots(ages, names, title, axis)

# %% tags=["starter"]
decide("12.A2")

# %% tags=["solution"]
decide("12.A2", choice="b")

# %%
check("12.A2")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）举手：自己公司里，谁有权删标签？多半没人。追问：喝什么，几年不变；宝宝几段，半年就变。同样是手打，有效期该一样吗？可以把 `company` 换成 yunmu 看另一张图。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Hands up: who may delete a tag in your company? Usually nobody. Ask: what one drinks stays for years, a baby's stage for half a year; should both typed tags live equally long? Set `company` to yunmu for the other picture.

# %% [markdown] tags=["zh"]
# ### 12.A3 二百个座位请谁
#
# 模型按三月底知道的事打分：往后 30 天会不会买。拖一拖线：几分以上打标签。查准率是打上的人里真买了的，查全率是买了的人里打上的。两条线都只在模型没见过的用户上量。

# %% [markdown] tags=["en"]
# ### 12.A3 Two hundred seats
#
# From what was known at the end of March, a model scored who would buy within the next 30 days. Move the cut: from which score on is the tag given? Precision is the share of those tagged who bought; recall is the share of those who bought who were tagged. Both are measured only on users the model never saw.

# %% tags=["fold"]
scores = provided.scores.copy()


def line(cut_score=0.5):
    return charts.tagging.cut(scores.rename(columns={"bought": "wanted"}), cut_score)


explore(line, cut_score=(0.1, 0.9, 0.05))

# %% tags=["starter"]
decide("12.A3")

# %% tags=["solution"]
decide("12.A3", choice=provided.ways()["rate"].astype("float64").idxmax())

# %%
check("12.A3")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）先问：“少请一位会来的，和多请一位不来的，哪个亏？”座位有限时看查准率；怕漏时（比如停售通知）看查全率。再问：“这些人不打电话会不会来？”模型答不了。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Ask: "Which costs more, to miss one who would come, or to invite one who will not?" With few seats precision matters; where nobody may be missed (a safety notice, say), recall. Then: "Would they have come without the call?" The model cannot tell.

# %% [markdown] tags=["zh"]
# ### 12.A4 标签能不能定价
#
# “价格敏感”是规则猜的：12 个月里至少 3 单，其中三成以上用了券。下面是它的账。

# %% [markdown] tags=["en"]
# ### 12.A4 May a tag set a price
#
# "Price-sensitive" is a guess by rule: of three orders or more in 12 months, three in ten or more used a coupon. Here is its record.

# %% tags=["fold"]
now = set(provided.tags.query("tag == 'price_sensitive'")["customer_id"])
then = set(provided.spring_tags.query("tag == 'price_sensitive'")["customer_id"])
say(
    zh=f"今天有这个标签的 {len(now):,} 位，三个月前有的 {len(then):,} 位；三个月里掉了 {len(then - now):,} 位，新添了 {len(now - then):,} 位。",
    en=f"The tag is on {len(now):,} today and was on {len(then):,} three months ago: {len(then - now):,} have lost it since, {len(now - then):,} have gained it.",
)

# %% tags=["starter"]
decide("12.A4")

# %% tags=["solution"]
decide("12.A4", choice="c")

# %%
check("12.A4")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）让选 b 的人当场念给“拿小券的用户”听。念不出口的规则，不用。法律只点到第二十四条，细节问法务。B 部分（60 分钟）让会代码的两人一组，卡住五分钟再看提示。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Whoever chose b reads the rule aloud to "the user with the small coupon". A rule one cannot say is not used. Mention article 24 and leave the detail to the lawyers. Part B (60 minutes): pairs who code; a hint after five minutes of being stuck.

# %% [markdown] tags=["zh"]
# 只走 A 部分的，可以直接跳到最后写**决策备忘录**。

# %% [markdown] tags=["en"]
# If you do part A only, go straight to the **decision memo** at the end.

# %% [markdown] tags=["zh"]
# ## B 部分：算出来
#
# ### 12.1 写一条规则，算它盖住多少人
#
# “常客”的意思，在下面这一行。写成目录看得懂的规则，再从 `orders` 自己数一遍：打上的人占全部用户（`facts` 一行一位）的多少。两样一起放进 `regular`，写成 `("规则", 比例)`。
#
# 近 90 天的订单数叫 `orders_90d`，最近一单到今天几天叫 `recency_days`，`as_of` 是第 0 天，所以近 90 天是第 0 到第 89 天。哪些单算数，用 `counted_orders(orders)` 挑，时间看 `paid_at`。卡住了就运行 `hint("12.1")`。没做完也能往下做：每题要用的数据都备好了。

# %% [markdown] tags=["en"]
# ## Part B: compute
#
# ### 12.1 Write a rule and count whom it covers
#
# The line below says what "regular" means. Write it as a rule of the catalogue; then count from `orders` yourself what share of all users (`facts` has a row for each) it covers. Put both into `regular` as `("the rule", share)`.
#
# The fact `orders_90d` is the number of orders in the last 90 days, `recency_days` the days since the last order; `as_of` is day 0, so the last 90 days are days 0 to 89. `counted_orders(orders)` keeps the orders that count; their time is `paid_at`. Stuck? Run `hint("12.1")`. You can go on without it: each question brings its own data.

# %% tags=["checkpoint"]
least, recent = provided.least, provided.recent
say(
    zh=f"常客：近 90 天至少 {least} 单，最近一单不超过 {recent} 天。只算算数的订单。",
    en=f"A regular: at least {least} orders in the last 90 days, the last one no more than {recent} days ago. Only orders that count.",
)

# %% tags=["starter"]
regular = ...

# %% tags=["solution"]
counted = counted_orders(orders)
ago = (as_of - counted["paid_at"].dt.normalize()).dt.days
by_customer = ago[ago >= 0].groupby(counted["customer_id"])
many = by_customer.agg(lambda days: (days < 90).sum()) >= least
who = many.index[many & (by_customer.min() <= recent)]
regular = (f"orders_90d >= {least} and recency_days <= {recent}", len(who) / len(facts))

# %%
check("12.1")

# %% tags=["solution"]
rows = catalogue.head(1).assign(tag="regular", rule=regular[0])
by_helper = tagging.coverage(tagging.tag(facts, rows, as_of), len(facts))
by_helper["customers"].item() == len(who)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 覆盖率的分母是全部用户：没买过的人也在名册里，打不上也要算。`tag` 按规则打，`coverage` 数人，和手算一样。常见的错：and 写成 or；>= 写成 >；没付款的单也数；只除以买过的人。

# %% [markdown] tags=["solution", "en"]
# **Why.** Coverage divides by all users: those who never bought are on the books too. `tag` applies the rule, `coverage` counts, and both agree with the count by hand. Usual mistakes: or for and; > for >=; counting unpaid orders; dividing by buyers only.

# %% [markdown] tags=["zh"]
# ### 12.2 几位用户自相矛盾
#
# `marked` 是企业微信里现在挂着的标签，一行一个：92 天前推过一批，今天又推一批，旧的没人摘。互斥的组里（`catalogue` 的 `exclusive` 是 yes），一位用户最多该有一个标签。有几位在同一组里挂着不止一个**不同**的？把人数放进 `clash`。

# %% [markdown] tags=["en"]
# ### 12.2 How many users contradict themselves
#
# `marked` lists the tags set in WeCom, one per row: a batch was pushed 92 days ago and another today, and nobody took the old ones off. In an exclusive group (`exclusive` in `catalogue` is yes) a user should have one tag at most. How many users have two or more **different** tags of the same such group? Put the number into `clash`.

# %% tags=["checkpoint"]
marked = provided.marked.copy()
marked.head(3)

# %% tags=["checkpoint"]
catalogue.loc[:2, ["tag", "group", "rule", "refresh", "validity_days", "exclusive", "use"]]

# %% tags=["starter"]
clash = ...

# %% tags=["solution"]
single = catalogue.loc[catalogue["exclusive"] == "yes", ["tag", "group"]]
pairs = marked[["customer_id", "tag"]].drop_duplicates().merge(single, on="tag")
sizes = pairs.groupby(["customer_id", "group"]).size()
clash = sizes[sizes > 1].reset_index()["customer_id"].nunique()

# %%
check("12.2")

# %% tags=["solution"]
by_helper = tagging.conflicts(marked, catalogue)
by_helper["customer_id"].nunique() == clash

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 同一个标签推了两次只是重复，不是矛盾，所以先去重。`conflicts` 一行给出客户、组和那两个标签。常见的错：把不互斥的组也算上；数了“客户 × 组”；数了标签。

# %% [markdown] tags=["solution", "en"]
# **Why.** The same tag pushed twice is a repeat and no contradiction, so repeats go first. `conflicts` names customer, group and the tags in one line. Usual mistakes: including groups that are not exclusive; counting pairs of customer and group; counting tags.

# %% [markdown] tags=["zh"]
# ### 12.3 多少标签过期了
#
# `until` 是标签还算数的最后一天。按目录写的刷新周期（`catalogue` 的 `refresh`）分开，`marked` 里各有多大比例在 `as_of` 这天已经过期？做一张表 `fresh`：`refresh`、`expired`（小数）。

# %% [markdown] tags=["en"]
# ### 12.3 How many tags are out of date
#
# `until` is the last day on which a tag holds. By how often the catalogue wants it refreshed (`refresh` in `catalogue`): what share of the rows in `marked` has run out on the day `as_of`? Make a table `fresh`: `refresh`, `expired` (a share).

# %% tags=["starter"]
fresh = ...

# %% tags=["solution"]
hanging = marked.merge(catalogue[["tag", "refresh"]], on="tag")
fresh = (hanging["until"] < as_of).groupby(hanging["refresh"]).mean().rename("expired").reset_index()
show(fresh.rename(columns={"refresh": "tag_refresh"}), percent="expired")

# %%
check("12.3")

# %% tags=["solution"]
by_helper = tagging.freshness(marked, as_of).merge(catalogue[["tag", "refresh"]], on="tag")
gone = (by_helper["rows"] * by_helper["expired"]).groupby(by_helper["refresh"]).sum()
np.allclose(gone / by_helper.groupby("refresh")["rows"].sum(), fresh["expired"])

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 到 `until` 那天还算数，所以是 `<`。写成 `<=`，今天正好是最后一天的就被误判了。`freshness` 按标签给，再按行数合起来，和手算一样。过期只是说该再查一遍，不是说它错。

# %% [markdown] tags=["solution", "en"]
# **Why.** On the day of `until` a tag still holds, hence `<`. With `<=`, those whose last day is today would be condemned. `freshness` gives the share by tag; weighted by rows it agrees with the count by hand. Out of date means: look again. It does not mean wrong.

# %% [markdown] tags=["zh"]
# ### 12.4 洗手打的标签，账要平
#
# `manual` 是店员手打的，原样。`words` 里是认得的词：正式名字和同义词，各对应一个标签。不在里面的，按最像的算：`difflib.get_close_matches(词, list(words.index), 1, 0.6)`，再不行就是认不出。
#
# 按打的时间先后排好，一步一步拿掉：认不出的（`unknown`）；同一位用户同一个标签，只留最后一次（`again`）；过期的，打的日期加目录里的 `validity_days` 早于 `as_of`（`stale`）；同一位用户同一组，只留最后一个（`contradicted`）。剩下的是 `used`。把行数记进字典 `account`，键是 `read`、`unknown`、`again`、`stale`、`contradicted`、`used`。

# %% [markdown] tags=["en"]
# ### 12.4 Clean the typed tags, and balance the account
#
# `manual` is what staff typed, as it stands (`tag_en` translates). `words` holds the words that are known: official names and synonyms, each with its tag. Any other word is read as the one it resembles most, by `difflib.get_close_matches(word, list(words.index), 1, 0.6)`; else it is unknown.
#
# Sort by time, then take out step by step: unknown words (`unknown`); the same tag for the same user, all but the last (`again`); those out of date, where the day typed plus `validity_days` of the catalogue lies before `as_of` (`stale`); of the same group for the same user, all but the last (`contradicted`). What remains is `used`. Put the numbers of rows into a dict `account` with the keys `read`, `unknown`, `again`, `stale`, `contradicted`, `used`.

# %% tags=["checkpoint"]
manual, words = provided.manual.copy(), provided.words.copy()
manual.tail(3)

# %% tags=["checkpoint"]
words.head(3)

# %% tags=["starter"]
account = ...

# %% tags=["solution"]
def meaning(word):
    near = difflib.get_close_matches(word, list(words.index), 1, 0.6)
    return words.get(word, words[near[0]] if near else None)


rows = manual.assign(tag=manual["tag"].map({word: meaning(word) for word in manual["tag"].unique()}))
rows = rows.merge(catalogue[["tag", "group", "validity_days"]], "left", on="tag").sort_values("tagged_at", kind="stable")
until = rows["tagged_at"].dt.normalize() + pd.to_timedelta(rows["validity_days"], unit="D")
account = {"read": len(rows)}
for name, gone in {
    "unknown": lambda left: left["tag"].isna(),
    "again": lambda left: left.duplicated(["customer_id", "tag"], keep="last"),
    "stale": lambda left: until[left.index] < as_of,
    "contradicted": lambda left: left.duplicated(["customer_id", "group"], keep="last"),
}.items():
    mask = gone(rows)
    account[name], rows = int(mask.sum()), rows[~mask]
account["used"] = len(rows)
show(pd.Series(account, name="tag_rows").rename_axis("tag_part"))

# %%
check("12.4")

# %% tags=["checkpoint"]
hand = provided.hand.copy()
hand.head(3)

# %% tags=["solution"]
cleaned, by_helper = tagging.clean_manual(manual, catalogue, as_of)
aside = by_helper[by_helper["part"] == "set_aside"].set_index("reason")["rows"]
[len(cleaned), *aside[["unknown_word", "typed_again", "stale", "contradicted"]]] == [account[name] for name in ("used", "unknown", "again", "stale", "contradicted")]

# %% tags=["solution"]
words_of = {"part": [t(f"part_{part}") for part in by_helper["part"]], "reason": [t(f"typed_{why}") if why else "" for why in by_helper["reason"]]}
show(by_helper.assign(**words_of).rename(columns={"part": "tag_part", "rows": "tag_rows"}))

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 账平了，才知道没有一行悄悄丢掉。`clean_manual` 的账和手算的一样，还写了怎么认出来的。常见的错：留了最早的；先去过期再去重，账目就变了；错字全当不认识。

# %% [markdown] tags=["solution", "en"]
# **Why.** Only an account that balances shows that no row was quietly lost. `clean_manual` gives the same account, and says how each word was read. Usual mistakes: keeping the oldest; removing the stale before the repeats, which changes the account; treating every misspelling as unknown.

# %% [markdown] tags=["zh"]
# ### 12.5 手打的有多准
#
# `hand` 是洗好的手打标签，`by_rule` 是规则今天打的，`fact_tag` 那一组。看 `fact_tag` 这一个标签，规则查的是记录，拿它当对的。这一组里规则没给标签的用户，无从核对，查准率的分母里去掉。
#
# 查准率（手打的里面，规则也这么说的）连同 95% 区间，查全率（规则说该有的里面，手打到的），放进 `quality`，写成 `(查准率, 下限, 上限, 查全率)`。可以用 `experiment.rate(对的, 打了的)`。

# %% [markdown] tags=["en"]
# ### 12.5 How right are the typed tags
#
# `hand` holds the typed tags, cleaned; `by_rule` the tags that today's rules give in the group of `fact_tag`. Look at the one tag `fact_tag`; the rule looks things up in the record, so take it as right. Users on whom the rule of the group is silent are neither right nor wrong: leave them out of the typed ones.
#
# Put precision (of those typed, the share that the rule confirms) with its 95% interval, and recall (of those who have the tag by rule, the share typed) into `quality` as `(precision, low, high, recall)`. You may use `experiment.rate(right, typed)`.

# %% tags=["checkpoint"]
fact_tag, by_rule = provided.fact_tag, provided.by_rule.copy()
say(zh=f"fact_tag 是 {fact_tag}：{provided.name(fact_tag)}", en=f"fact_tag is {fact_tag}: {provided.name(fact_tag)}")

# %% tags=["starter"]
quality = ...

# %% tags=["solution"]
typed = set(hand.loc[hand["tag"] == fact_tag, "customer_id"])
should = set(by_rule.loc[by_rule["tag"] == fact_tag, "customer_id"])
able = typed & set(by_rule["customer_id"])
quality = (*experiment.rate(len(typed & should), len(able)), len(typed & should) / len(should))
np.round(quality, 3)

# %%
check("12.5")

# %% tags=["solution"]
by_helper = tagging.compare(hand, by_rule, catalogue).set_index("tag").loc[fact_tag]
np.allclose(by_helper[["precision", "precision_low", "precision_high", "recall"]].astype("float64"), quality)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 两个分母不同：查准率除以打了的，查全率除以该打的。`compare` 一行给出每个标签的两个数和区间。常见的错：两个弄反；拿准确率当查准率，没打的人都算对了；不知道的算成错。

# %% [markdown] tags=["solution", "en"]
# **Why.** Two denominators: precision divides by those typed, recall by those who should have the tag. `compare` gives both with their intervals for every tag. Usual mistakes: swapping them; accuracy in place of precision, where everybody without the tag counts as right; counting unknown as wrong.

# %% [markdown] tags=["zh"]
# ### 12.6 模型的线放在 0.6
#
# `scores` 里每位用户有分数 `score`、后来 30 天买没买 `bought`、是不是留着没给模型看的 `held_out`。0.6 分以上（含）打标签。在没给模型看过的用户上，查准率和查全率各是多少？放进 `at_cut`，写成 `(查准率, 查全率)`。

# %% [markdown] tags=["en"]
# ### 12.6 The model's cut at 0.6
#
# For each user, `scores` has the `score`, whether she bought in the 30 days after (`bought`), and whether the model never saw her (`held_out`). The tag is for scores of 0.6 and above. On users the model never saw, what are precision and recall? Put them into `at_cut` as `(precision, recall)`.

# %% tags=["checkpoint"]
scores = provided.scores.copy()
scores.head(3)

# %% tags=["starter"]
at_cut = ...

# %% tags=["solution"]
held = scores[scores["held_out"]]
picked = held["score"] >= 0.6
at_cut = (held.loc[picked, "bought"].mean(), picked[held["bought"]].mean())
np.round(at_cut, 3)

# %%
check("12.6")

# %% tags=["solution"]
by_helper = tagging.lookalike(provided.spring_facts, provided.bought, cut=0.6)
np.allclose((by_helper.precision.value, by_helper.recall.value), at_cut)

# %% [markdown] tags=["solution", "zh"]
# **为什么。** 训练用的用户，答案模型见过，在他们身上量，量的是记性。`lookalike` 自己就留出三成，给的两个数都在这三成上量。常见的错：全部用户一起量；线的方向反了；两个数换了位置。

# %% [markdown] tags=["solution", "en"]
# **Why.** The model has seen the answers of the training users; measured on them, one measures its memory. `lookalike` holds out 30% and reports both numbers on them. Usual mistakes: measuring on everybody; the cut the wrong way round; the two numbers swapped.

# %% [markdown] tags=["zh"]
# ### 12.7 能进企业微信的标签
#
# 同事拟了一份 `draft`：`tag`、`group`、`tag_name`（要建的名字）、`use`（用途）。`today` 是今天谁有这些标签，`people` 是好友和同意。
#
# 先筛标签：名字最多 15 个字；同一组里重名的，几个都先不带；`use` 是 internal 的不带。再筛人：现在是好友（`wecom_contact`）；`use` 是 service 的要 `serve_wecom`，别的要 `may_wecom`；不知道算没同意。做一张表 `marks`：`tag`、`customers`（能标几位）。

# %% [markdown] tags=["en"]
# ### 12.7 Tags that may go to WeCom
#
# A colleague has made a `draft`: `tag`, `group`, `tag_name` (the name to create), `use`. `today` says who has these tags today, `people` who is a contact and has agreed to what.
#
# First the tags: a name has 15 characters at most; where a name stands twice in a group, leave out all of them for now; `use` internal stays at home. Then the people: a contact today (`wecom_contact`); `serve_wecom` where `use` is service, `may_wecom` elsewhere; unknown counts as no. Make a table `marks`: `tag`, `customers` (how many may be marked).

# %% tags=["checkpoint"]
draft, today, people = provided.draft, provided.today.copy(), provided.people.copy()
draft

# %% tags=["checkpoint"]
people.merge(today.head(3))

# %% tags=["fold"]
provided.baby_rule()

# %% tags=["starter"]
marks = ...

# %% tags=["solution"]
bad = (draft["tag_name"].str.len() > 15) | draft.duplicated(["group", "tag_name"], keep=False)
sound = draft[~bad & (draft["use"] != "internal")]
rows = today.merge(sound, on="tag").merge(people, on="customer_id")
agreed = rows["serve_wecom"].where(rows["use"] == "service", rows["may_wecom"])
ok = rows["wecom_contact"].fillna(False) & agreed.fillna(False)
if "baby_months" in rows:
    ok &= (rows["use"] != "price") | (rows["baby_months"] >= 12).fillna(False)
marks = rows[ok].groupby("tag").size().rename("customers").reset_index()
show(marks)

# %%
check("12.7")

# %% tags=["solution"]
allowed, removed = tagging.for_wecom(today[today["tag"].isin(sound["tag"])], facts, catalogue)
allowed["tag"].value_counts().sort_index().tolist() == marks.sort_values("tag")["customers"].tolist()

# %% tags=["solution"]
show(removed.rename(columns={"rule": "list_rule"}))

# %% [markdown] tags=["solution", "zh"]
# **为什么。** `for_wecom` 一条一条去，还记着每条去掉几次。名字和重名，`read_catalogue` 读目录时就会拦下。常见的错：以为好友就是同意；重名的留一个，可您不知道是哪一个写错了；把内部用的标签也推过去，店员一打开就看见。

# %% [markdown] tags=["solution", "en"]
# **Why.** `for_wecom` removes by one rule after another and keeps the account. Long and repeated names are refused by `read_catalogue` as soon as the catalogue is read. Usual mistakes: taking a contact for consent; keeping one of two equal names without knowing which is wrong; pushing internal tags, which staff then see at a glance.

# %% [markdown] tags=["zh"]
# ## 决策备忘录
#
# 写给老板，一页纸。边写边存。要打印，点“生成一页备忘”，再点出来的链接；那一页存在 `my_work/`。

# %% [markdown] tags=["en"]
# ## Decision memo
#
# One page for the boss. It is saved as you type. To print, press "Make it one page" and follow the link; the page is kept in `my_work/`.

# %%
memo("12")

# %% [markdown] tags=["zh"]
# ## 做到哪儿了

# %% [markdown] tags=["en"]
# ## How far you are

# %%
score_card("12")
