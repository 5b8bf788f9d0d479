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
# # 12 标签体系
#
# **系统里给客户打了一大堆标签。哪些信得过，能拿来做什么，过了多久就不能再信？**
#
# 这一章从顾问手打的标签讲起，建一本标签目录，让电脑按规则打，再把能用的送进企业微信。
#
# 讲解 75 分钟（短课 30 分钟：第 1、2、3、5、10 节），练习是实验 12：A 部分 25 分钟，B 部分 60 分钟。先读过第 11 章最好。

# %% [markdown] tags=["en"]
# # 12 Tagging
#
# **The system is full of tags on customers. Which of them can you trust, what may you use them for, and how soon do they go off?**
#
# This chapter starts from tags typed by consultants, builds a catalogue of tags, lets rules do the tagging, and takes what may be used to WeCom.
#
# 75 minutes of teaching (short course 30 minutes: sections 1, 2, 3, 5 and 10); the exercise is lab 12, part A 25 minutes and part B 60. It helps to have read chapter 11.

# %% [markdown] tags=["zh"]
# 学完这一章，您能做到五件事，每一件在实验 12 里都有题：
#
# 1. 把一个标签写成一条谁都看得懂的规则，说出它盖住多少人（12.1）。
# 2. 查出互相打架的标签、过期的标签（12.2、12.3）。
# 3. 把手打的标签洗干净，说出它有多准，误差多大（12.4、12.5）。
# 4. 给模型打的标签定一条线，用没见过的客户去量（12.6）。
# 5. 出一份企业微信标签方案，只带同意过的人（12.7）。

# %% [markdown] tags=["en"]
# After this chapter you can do five things, and lab 12 asks about each:
#
# 1. Write a tag as a rule that anybody can read, and say how many customers it covers (12.1).
# 2. Find tags that contradict each other, and tags past their date (12.2, 12.3).
# 3. Clean tags typed by hand and say how right they are, and how sure you are of that (12.4, 12.5).
# 4. Draw the line for a tag that comes from a model, and measure it on customers the model never saw (12.6).
# 5. Hand over a tag plan for WeCom with only those on it who agreed (12.7).

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

from crmlab import after_bet, bet, calibration, card, charts, counted_orders, experiment, explore, lab_button, load
from crmlab import read_orders, reveal, rfm, say, show, t, tagging, use_style, winback
from crmlab.data import AS_OF, THREAD, has
from crmlab.tables import points, yuan
from crmlab.work import set_subject

use_style(language)
set_subject(orders_file or company)
own = bool(orders_file)
imported = read_orders(orders_file, mapping_file or None) if own else None
orders = imported.orders if own else load(company, "orders")
as_of = pd.Timestamp(as_of or rfm.last_day(orders))
day = pd.Timestamp(AS_OF) if own else as_of
thread = THREAD.get(company)
imported.summary() if own else None

# %% tags=["fold"]
formula = has(company, "babies")
catalogue = tagging.read_catalogue("yunmu" if formula else "morningcup")
named = catalogue.set_index("tag")
name, group_of = named[f"name_{language}"], named["group"]
group_name = catalogue.drop_duplicates("group").set_index("group")[f"group_{language}"]
facts = tagging.facts(company, day)
tags = tagging.tag(facts, catalogue, day).astype({"tag": "str"})
people = tagging.facts({"orders": orders}, as_of) if own else facts
mine = tagging.tag(people, catalogue, as_of).astype({"tag": "str"}) if own else tags
say(
    zh="第 3、4 节用您的订单，只有订单能说的标签；宝宝、等级、同意、内容这些，您的文件里没有，别的几节仍用课程自带的公司。目录和试用装的价钱也是那家公司的，换成您自己的再下结论。",
    en="Sections 3 and 4 use your orders, with the tags that orders alone can tell. Ages, levels, consents and reading are not in your file, so the other sections stay with the company that comes with the course. The catalogue and the price of a sample are that company's as well: put in your own before you conclude anything.",
) if own else None

# %% [markdown] tags=["zh"]
# ## 1. 先下注：照着标签寄，多少钱寄错了人家
#
# 顾问在企业微信里给客户打标签：“3 段”“三段”“3 段宝宝”，想到什么写什么。现在市场部要给某一个标签的客户每人寄一份试用装（喝 3 段的，或者爱喝奶茶的），名单就照最近一次手打的标签拉。
#
# 在能核对的人家里，每花 100 元，您猜有几元寄给了今天不是这种情况的？

# %% [markdown] tags=["en"]
# ## 1. Place your bet: post by tag, and how much goes to the wrong home?
#
# Consultants tag customers in WeCom by hand: "stage 3", "stage three", "stage-3 baby", whatever comes to mind. Now marketing wants to send a sample to everybody with one such tag (babies on stage 3, or people who like milk tea), and takes each customer's latest typed tag as it stands.
#
# Of every 100 yuan that go to homes we can check, how many go where the tag is not true today?

# %% tags=["fold"]
bet(
    "12.parcel",
    say(zh="每花 100 元，几元寄错了人家？", en="Of every 100 yuan, how many go to the wrong home?"),
    low=0, high=100, unit=say(zh="元", en="yuan"),
)

# %% tags=["fold"]
aim = "stage_3" if formula else "drinks_tea"
typed = load(company, "manual_tags").sort_values("tagged_at")
typed = typed[typed["tagged_at"] < day + pd.Timedelta(days=1)].reset_index(drop=True)
meaning = tagging.read_words(typed["tag"], catalogue).set_index("typed")["tag"]
typed["meant"] = typed["tag"].map(meaning)
typed["group"] = typed["meant"].map(group_of)
now = tags.assign(group=tags["tag"].map(group_of)).rename(columns={"tag": "now"})[["customer_id", "group", "now"]]
newest = typed.drop_duplicates(["customer_id", "group"], keep="last")
sent = newest[newest["meant"] == aim].merge(now, "left", ["customer_id", "group"])
known = sent.dropna(subset=["now"])
wrong = known[known["now"] != aim]
reveal("12.parcel", round(100 * len(wrong) / max(len(known), 1)), unit=say(zh="元", en="yuan"))

# %% tags=["fold"]
campaigns = load(company, "campaigns")
parcel = campaigns.loc[campaigns["offer"] == "sample_and_coupon_or_service", "offer_cost"].iloc[-1]
young = wrong["now"].isin(["expecting", "stage_1", "stage_2"]).sum()
display(after_bet("12.parcel", say(
    zh=f"手打“{name[aim]}”的 {len(sent):,} 位里，{len(known):,} 位能核对，{len(wrong):,} 位今天不是。一份 {yuan(parcel)}，光这些就白寄了 {yuan(parcel * len(wrong))}。",
    en=f"Of the {len(sent):,} customers typed '{name[aim]}', {len(known):,} can be checked, and for {len(wrong):,} it is not true today. At {yuan(parcel)} a sample, {yuan(parcel * len(wrong))} goes to the wrong homes.",
)))
after_bet("12.parcel", say(
    zh=f"更麻烦的是 {young:,} 家的宝宝还不满 12 个月：奶粉的试用装和优惠，寄到那里就违规了。",
    en=f"Worse, in {young:,} of these homes the baby is under 12 months old, and there a sample of formula breaks the rules.",
) if young else None)

# %% tags=["fold"]
card("tag_precision")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）先问：“你们公司的标签，最近一次有人删是什么时候？”多半没人答得上。常见的错：以为不准是顾问不认真。先按住不说，第 5 节会看到，大半是放旧了的。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Ask: "When did anybody in your company last take a tag off?" Usually nobody knows. The usual mistake is to blame careless consultants. Keep your counsel until section 5, which shows that most of these tags simply grew old.

# %% [markdown] tags=["zh"]
# ## 2. 标签目录：一张业务自己能改的表
#
# 标签按怎么来的，分三种。**事实**：查得到的，比如月龄、来源。**规则**：拿事实划一条线，比如“60 天没买”。**模型**：算出来的可能性。越往后，越要说清楚有多准。
#
# 按变不变，又分两种。性别、来源是**静态**的，打一次就行；段数、近况是**动态**的，要定好多久刷新一次、多久过期。年龄、性别、购买频率，也照这几栏一行一行写进来。

# %% [markdown] tags=["en"]
# ## 2. The catalogue: a table the business can edit itself
#
# Tags come in three kinds. A **fact** can be looked up: the baby's age, where a member came from. A **rule** draws a line through facts: "60 days without an order". A **model** gives a likelihood. The further down this list, the more you must say about how accurate it is.
#
# Some are **static**, such as sex or origin: tag once. Others are **dynamic**, such as the formula stage: they need a date by which they are refreshed, and one on which they expire. Age, sex and frequency of purchase are written in the same way, a row each.

# %% tags=["fold"]
shown = ["from_store", "stage_3", "drinks_tea", "quiet", "supply_due", "streak_4", "price_sensitive", "coupon_ending", "rfm_r0f1m1", "likely_buyer"]
rows = named.loc[[tag for tag in shown if tag in named.index]]
show(pd.DataFrame({
    "tag_group": rows[f"group_{language}"],
    "tag_name": rows[f"name_{language}"],
    "tag_kind": [t(f"kind_{kind}") for kind in rows["type"]],
    "tag_rule": rows["rule"],
    "tag_owner": [t("owner_" + owner.replace(" ", "_")) for owner in rows["owner"]],
    "tag_refresh": [t(f"refresh_{often}") for often in rows["refresh"]],
    "tag_validity": rows["validity_days"].to_numpy(),
    "tag_exclusive": rows["exclusive"].eq("yes").to_numpy(),
    "tag_use": [t(f"use_{use}") for use in rows["use"]],
}).reset_index(drop=True))

# %% tags=["fold"]
kinds, uses = catalogue["type"].value_counts(), catalogue["use"].value_counts()
say(
    zh=f"整本目录 {len(catalogue)} 个标签，{catalogue['group'].nunique()} 组：事实 {kinds['fact']} 个，规则 {kinds['rule']} 个，模型 {kinds['model']} 个；{(catalogue['validity_days'] <= 31).sum()} 个一个月内就过期。每一行都有负责的人。{uses['internal']} 个只在内部用，不给客户看，也不进企业微信。",
    en=f"The whole catalogue has {len(catalogue)} tags in {catalogue['group'].nunique()} groups: {kinds['fact']} facts, {kinds['rule']} rules, {kinds['model']} by a model; {(catalogue['validity_days'] <= 31).sum()} expire within a month. Each row has an owner. {uses['internal']} are for internal use: the customer never sees them, and they stay out of WeCom.",
)

# %% [markdown] tags=["zh"]
# “互斥”那一栏的意思是：同一组里，一位客户最多有一个。“用途”那一栏管着它能去哪里。**价格态度**只挑内容，从不定价：按推测给不同的人不同的价，法律（《个人信息保护法》第二十四条）不许不合理的差别，客户也不会原谅。这里不是法律意见。

# %% [markdown] tags=["en"]
# "Only one of its group" means that a customer has at most one tag of that group. "Use" says where a tag may go. **Price attitude** chooses what to talk about and never what to charge. China's personal-information law (article 24) forbids unreasonable differences in price by profile, and customers do not forgive them either. This is not legal advice.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）请每桌说一个自己公司的标签，放进三种里的一种，再填负责人和有效期。填不出负责人的，多半没人在用。常见的错：把“高价值客户”说成事实，其实是规则，线在谁手里要写清楚。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Each table names a tag of its own company, puts it into one of the three kinds, and fills in owner and validity. A tag without an owner is usually one nobody uses. Usual mistake: calling "high-value customer" a fact. It is a rule, and somebody holds the pen that draws the line.

# %% [markdown] tags=["zh"]
# ## 3. 一条规则：先手算，再让目录去打
#
# “有阵子没来”是什么意思？说不清，就没法打。写成规则只有一句：买过，最近一单在若干天以前，但还没太久。先用 pandas 从订单里数一遍。

# %% [markdown] tags=["en"]
# ## 3. One rule: first by hand, then by the catalogue
#
# What does "gone quiet" mean? If nobody can say, nobody can tag it. As a rule it is one line: has bought, and the last order lies a certain number of days back, but not too many. First count it from the orders in pandas.

# %%
low, high = (60, 180) if formula else (30, 90)
bought = counted_orders(orders)
bought = bought[bought["paid_at"] < as_of + pd.Timedelta(days=1)]
last = bought.groupby("customer_id")["paid_at"].max().dt.normalize()
silent = (as_of - last).dt.days
by_hand = set(silent.index[(silent > low) & (silent <= high)])

# %% [markdown] tags=["zh"]
# 再换目录的写法：同一句话写进 `rule` 那一格，交给 `tag` 去打。

# %% [markdown] tags=["en"]
# Now the catalogue's way: the same sentence goes into the cell `rule`, and `tag` does the work.

# %%
row = catalogue[catalogue["tag"] == "quiet"]
simple = row.assign(rule=f"orders >= 1 and recency_days > {low} and recency_days <= {high}")
by_rule = set(tagging.tag(people, simple, as_of)["customer_id"])
in_catalogue = set(mine.loc[mine["tag"] == "quiet", "customer_id"])

# %% tags=["fold"]
say(
    zh=f"手算 {len(by_hand):,} 位，规则打出 {len(by_rule):,} 位，{'一位不差' if by_hand == by_rule else f'差 {len(by_hand ^ by_rule):,} 位，要查'}。目录里正式的那一条{'更细，宝宝满 36 个月的（毕业）不算' if formula and not own else '条件写得更全'}，打到 {len(in_catalogue):,} 位，少 {len(by_rule - in_catalogue):,} 位。",
    en=f"By hand {len(by_hand):,}, by the rule {len(by_rule):,}: {'the same people' if by_hand == by_rule else f'{len(by_hand ^ by_rule):,} differ, and somebody must find out why'}. The rule that stands in the catalogue {'is finer and leaves out families whose child is past 36 months (graduates)' if formula and not own else 'states more conditions'}: it tags {len(in_catalogue):,}, {len(by_rule - in_catalogue):,} fewer.",
)

# %% [markdown] tags=["zh"]
# 线划在哪里，是一笔账。拖一拖：线往左，盖住的人多，花的钱也多（图里上限放宽到 365 天，所以人比刚才多）。里面有几位本来就会来，光看这张图看不出，要靠空白组（第 15 章）。

# %% [markdown] tags=["en"]
# Where to draw the line is a matter of money. Move it: to the left it covers more people and costs more (the picture counts up to 365 days back, so it shows more than the rule above). How many of them were coming anyway, this picture cannot show; that takes a hold-out (chapter 15).

# %%
def draw(days=low):
    return charts.tagging.line(silent, days, parcel, len(people))

explore(draw, days=(7, 360, 1))

# %% [markdown] tags=["zh"]
# 规则是人写的，会写错。列名、取值、句式写错了，目录不会照打，它停下来，说是哪一行、哪个标签、哪一列。数写错了（60 写成 600），它看不出来，要请人核一遍。

# %% [markdown] tags=["en"]
# People write rules, and people make slips. A misspelt column, value or sentence is not run: the catalogue stops and names the row, the tag and the column. A wrong number (600 for 60) it cannot see; that takes a second reader.

# %%
def refusal(rows):
    try:
        tagging.tag(people.head(1), rows, as_of)
    except tagging.TagProblem as problem:
        return problem.faults[0]

slips = ["recency_day > 60", "price_tier = 'premum'", "recency_days", "orders >= 1 an recency_days > 60"]

# %% tags=["fold"]
show(pd.DataFrame({"tag_rule": slips, "catalogue_says": [str(refusal(row.assign(rule=slip))) for slip in slips]}))

# %% tags=["fold"]
card("tag_coverage")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）请一位学员念一遍规则，另一位当客户听：听得懂，就能用。然后全班投票，线放在多少天，报出要花的钱再投一次，看多少人改了主意。常见的错：忘了上限，把两年没来的也叫“有阵子没来”。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). One person reads the rule aloud, another listens as the customer: if it is understood, it can be used. Then the room votes for a line, hears what it costs, and votes again. Who has changed sides? Usual mistake: no upper bound, so that people unseen for two years count as "gone quiet".

# %% [markdown] tags=["zh"]
# ## 4. 全部打一遍：盖住谁，重不重，打不打架，旧不旧
#
# 整本目录一次打完。打完别急着用，先问四句：**覆盖**多少人？哪些标签其实是同一件事（**重叠**）？有没有自相矛盾（**冲突**）？到今天还算不算数（**新鲜度**）？

# %% [markdown] tags=["en"]
# ## 4. Tag everybody: coverage, overlap, conflict, freshness
#
# The whole catalogue is run in one go. Before you use it, ask four questions. How many people does it **cover**? Which tags say the same thing twice (**overlap**)? Do any contradict each other (**conflict**)? And are they still true today (**freshness**)?

# %%
counts = tagging.coverage(mine, len(people)).set_index("tag").reindex(catalogue["tag"], fill_value=0)
held = mine.assign(group=mine["tag"].map(group_of)).groupby("group")["customer_id"].nunique()
by_group = pd.DataFrame({"group": group_name, "customers": held})
by_group = by_group.dropna() if own else by_group.fillna({"customers": 0})
by_group["share"] = by_group["customers"] / len(people)

# %% tags=["fold"]
charts.tagging.coverage(by_group)

# %% tags=["fold"]
none = counts.index[counts["customers"] == 0]
each = mine.groupby("customer_id").size().reindex(people["customer_id"], fill_value=0)
say(
    zh=f"{len(people):,} 位客户打了 {len(mine):,} 个标签，中间那位有 {each.median():.0f} 个。{len(none):,} 个标签一个人也没有，{(each == 0).sum():,} 位客户一个标签也没有。没人有的标签，要么缺数据，要么模型还没跑，要么该删。",
    en=f"{len(people):,} customers got {len(mine):,} tags; the median customer has {each.median():.0f}. Tags held by nobody: {len(none):,}; customers without a tag: {(each == 0).sum():,}. A tag nobody holds lacks its data, waits for its model, or should go.",
)

# %%
same = tagging.overlap(mine).rename_axis("tag").rename_axis("other", axis=1).stack().rename("jaccard").reset_index()
same = same[(same["tag"] < same["other"]) & (same["tag"].map(group_of) != same["other"].map(group_of))]
same = same.nlargest(5, "jaccard").reset_index(drop=True)

# %% tags=["fold"]
show(same.assign(tag=same["tag"].map(name), other=same["other"].map(name)).rename(columns={"tag": "tag_name", "other": "other_tag"}), percent=["jaccard"])

# %% tags=["fold"]
twin = same.iloc[0] if len(same) else None
say(
    zh=f"“{name[twin['tag']]}”和“{name[twin['other']]}”最像：有其中一个的人，{twin['jaccard']:.0%} 两个都有。" + ("不是错，只是拿它们一起筛人，等于只筛了一次。" if twin["jaccard"] >= 0.8 else "还算不上同一件事，两个都留着。"),
    en=f"'{name[twin['tag']]}' and '{name[twin['other']]}' are most alike: of those with either, {twin['jaccard']:.0%} have both. " + ("No mistake, but selecting by both is hardly more than selecting by one." if twin["jaccard"] >= 0.8 else "They are not the same thing, so keep both."),
) if twin is not None else None

# %% [markdown] tags=["zh"]
# 冲突最好在写目录时就拦住。下面故意把“有阵子没来”的上限往后挪，和“很久没来”重了一段，看目录怎么说。

# %% [markdown] tags=["en"]
# Conflicts are best stopped while the catalogue is written. Here the upper bound of "gone quiet" is moved, on purpose, into the range of "long gone". See what the catalogue answers.

# %%
pair = catalogue[catalogue["tag"].isin(["quiet", "long_gone"])].copy()
pair.loc[pair["tag"] == "quiet", "rule"] = row["rule"].iloc[0].replace(f"recency_days <= {high}", f"recency_days <= {high + 20}")
clash = tagging.conflicts(mine, catalogue)

# %% tags=["fold"]
say(
    zh=f"目录说：{refusal(pair)}正式的目录打完 {len(mine):,} 个标签，冲突 {len(clash):,} 处。",
    en=f"The catalogue answers: {refusal(pair)} In the catalogue in use, conflicts among {len(mine):,} tags: {len(clash):,}.",
)

# %% [markdown] tags=["zh"]
# 最后看新鲜度。假如上一次打标签是几个月前，之后没人再跑，那批标签今天还剩多少是对的？按目录写的刷新周期分开看。

# %% [markdown] tags=["en"]
# Last, freshness. Suppose the tags were last run a few months ago and nobody has touched them since. How many are still true? The table goes by how often the catalogue wants them refreshed.

# %% tags=["fold"]
history = (as_of - orders["paid_at"].min().normalize()).days
back = min(90, max(history // 3, 1))
before = tagging.facts({"orders": orders} if own else company, as_of - pd.Timedelta(days=back))
say(
    zh=f"您的订单只有 {history:,} 天，短了：下面这张表只供练习。",
    en=f"Your orders cover only {history:,} days, which is short: take the table below as an exercise.",
) if history < 270 else None

# %%
old = tagging.tag(before, catalogue, as_of - pd.Timedelta(days=back)).astype({"tag": "str"})
old = old.merge(mine[["customer_id", "tag"]], "left", indicator="still")
old["refresh"] = old["tag"].map(named["refresh"])
ages = old.groupby("refresh").agg(
    tags=("tag", "size"), expired=("until", lambda until: (until < as_of).mean()), true_today=("still", lambda still: (still == "both").mean())
).reindex(["daily", "weekly", "monthly", "by_run"]).dropna()

# %% tags=["fold"]
display(show(ages.reset_index().assign(refresh=[t(f"refresh_{each}") for each in ages.index]).rename(columns={"refresh": "tag_refresh", "tags": "tag_rows"}), percent=["expired", "true_today"]))
gone, fresh = old["until"] < as_of, old["still"] == "both"
say(
    zh=f"{back} 天没跑，{gone.mean():.0%} 的标签过了有效期。" + (f"没过期的里面，{(~fresh[~gone]).mean():.0%} 已经不对。" if (~gone).any() else "") + (f"过了期的，{fresh[gone].mean():.0%} 其实还对。" if gone.any() else "") + "过期是提醒您再查一遍，不是判它错。",
    en=f"After {back} days without a run, {gone.mean():.0%} of the tags are past their date. " + (f"Of those still in date, {(~fresh[~gone]).mean():.0%} are no longer true. " if (~gone).any() else "") + (f"Of those out of date, {fresh[gone].mean():.0%} still are. " if gone.any() else "") + "A date says: look again. It does not say: wrong.",
)

# %% tags=["fold"]
card("tag_freshness")

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）看覆盖图时问：最短的那几条，该去补数据，还是该删？没有标准答案，要说出拿它做什么。黑板上画一条时间线，写上“打上”“有效到”“今天”，让大家把“段数”“来源”各放一个有效期。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). At the coverage picture ask: the shortest bars, should we collect more data or drop the tag? No right answer, but they must say what it would be used for. Board: a time line with "tagged", "valid until", "today"; the room sets a validity for formula stage and for origin.

# %% [markdown] tags=["zh"]
# ## 5. 手打的标签：洗干净，再量它有多准
#
# 人打的标签有系统看不到的东西，也有四种毛病：**同义词**（“三段”“3 段宝宝”），**错字**（“3 断”），**前后矛盾**，**没人更新**。洗的办法：认得出的归到目录里的那个词；同一个人先后说法不同，听最近的；过了有效期的放一边。读进来的每一行，要么用上，要么写明为什么放下。

# %% [markdown] tags=["en"]
# ## 5. Tags typed by hand: clean them, then measure them
#
# People know things the system cannot see. Their tags also have four faults: **synonyms** ("stage three", "stage-3 baby"), **slips of the pen**, **contradictions**, and nobody **brings them up to date**. To clean them, take each word to the tag that was meant; where two words contradict each other, believe the newer; set aside what is past its date. Every row that is read is either used or set aside for a reason.

# %% tags=["fold"]
bet(
    "12.typed",
    say(zh="手打的标签洗过、没过期：能核对的一百个里，几个和自动标签一致？", en="Typed tags, cleaned and in date: of a hundred that can be checked, how many agree with the automatic ones?"),
    low=0, high=100, unit=say(zh="个", en="tags"),
)

# %%
manual = load(company, "manual_tags")
clean, account = tagging.clean_manual(manual, catalogue, day)
against = tagging.compare(clean, tags, catalogue)

# %% tags=["fold"]
whole = against.iloc[-1]
reveal("12.typed", round(100 * whole["precision"]), unit=say(zh="个", en="tags"))

# %% tags=["fold"]
shown = account.assign(part=[t(f"part_{part}") for part in account["part"]], reason=[t(f"typed_{reason}") if reason else "" for reason in account["reason"]])
show(shown.rename(columns={"part": "tag_part", "rows": "tag_rows"}), bars=["tag_rows"])

# %% tags=["fold"]
ways, lost = (account[account["part"] == part].set_index("reason")["rows"] for part in ("used", "set_aside"))
say(
    zh=f"读进来 {len(manual):,} 行 = 用上 {ways.sum():,} + 放下 {lost.sum():,}。放下最多的是“{t('typed_' + lost.idxmax())}”，{lost.max():,} 行。{manual['tag'].nunique()} 种写法，归成了 {clean['tag'].nunique()} 个标签。",
    en=f"{len(manual):,} rows read = {ways.sum():,} used + {lost.sum():,} set aside. The commonest reason to set one aside: '{t('typed_' + lost.idxmax())}', {lost.max():,} rows. {manual['tag'].nunique()} spellings turned out to be {clean['tag'].nunique()} tags.",
)

# %% [markdown] tags=["zh"]
# 量准不准，有两个数，少一个都会骗人。**查准率**：打了的里面，几成是对的。**查全率**：该打的里面，打到了几成。只打有把握的，查准率好看，可大多数人没打到。

# %% [markdown] tags=["en"]
# How good is a tag? It takes two numbers, and either alone misleads. **Precision**: of those tagged, how many are right. **Recall**: of those who should be tagged, how many are. Tag only when you are certain, and precision looks fine while most people are never reached.

# %% tags=["fold"]
shown = against[["tag", "found", "unknown", "reference", "both", "precision", "precision_low", "precision_high", "recall"]]
shown = shown.assign(tag=shown["tag"].map(name).fillna(shown["tag"]))
after_bet("12.typed", show(shown.rename(columns={"tag": "tag_name", "found": "tag_found", "unknown": "tag_unknown", "reference": "tag_reference", "both": "tag_both"}), percent=["precision", "precision_low", "precision_high", "recall"]))

# %% tags=["fold"]
factual = against.iloc[:-1].loc[lambda x: x["tag"].map(group_of) != "price"]  # on price attitude no fact decides
unsure = factual.loc[(factual["precision_high"] - factual["precision_low"]).idxmax()]
after_bet("12.typed", say(
    zh=f"合计：打了的里 {whole['precision']:.0%} 对得上（{whole['precision_low']:.0%} 到 {whole['precision_high']:.0%}），该有的 {whole['reference']:,} 个标签，只打到 {whole['recall']:.0%}。能核对的人越少，区间往往越宽；这里最宽的是“{name[unsure['tag']]}”，{unsure['found']} 位能核对，真实的查准率在 {unsure['precision_low']:.0%} 到 {unsure['precision_high']:.0%} 之间，都说得通。",
    en=f"In all, {whole['precision']:.0%} of the typed tags agree ({whole['precision_low']:.0%} to {whole['precision_high']:.0%}), and of the {whole['reference']:,} tags that should be there, {whole['recall']:.0%} are. The fewer can be checked, the wider the interval tends to be; widest here is '{name[unsure['tag']]}' with {unsure['found']} people, whose true precision may be anything from {unsure['precision_low']:.0%} to {unsure['precision_high']:.0%}.",
))

# %% tags=["fold"]
card("tag_recall")

# %% [markdown] tags=["zh"]
# 对不上，是打的那天就错了，还是放旧了？把没洗过的标签按打上的时间分开看。（价格态度不画：它没有查得到的事实，自动的那一边也只是一条线，对不上不知道该怪谁。）

# %% [markdown] tags=["en"]
# Where they disagree, was the tag wrong from the start, or did it grow old? Split the uncleaned tags by when they were typed. (Price attitude is not drawn: no fact settles it. The automatic side is a line somebody drew, so a disagreement does not say who is wrong.)

# %% tags=["fold"]
checked = typed.merge(now, on=["customer_id", "group"])
checked = checked[checked["group"] != "price"].assign(right=lambda x: x["meant"] == x["now"], quarter=lambda x: (day - x["tagged_at"].dt.normalize()).dt.days // 91)
decay = checked.groupby(["group", "quarter"])["right"].agg(right="sum", n="size").reset_index()
decay = decay[decay["n"] >= 30]
charts.tagging.ageing(decay.assign(group=decay["group"].map(group_name)))

# %% tags=["fold"]
if formula:
    stages = checked[checked["group"] == "stage"].reset_index().merge(load(company, "babies")[["customer_id", "born_on"]], on="customer_id")
    stages["months"] = (stages["tagged_at"] - stages["born_on"]).dt.days / 30.4375
    then = stages[stages["months"] > -9].groupby("index")["months"].min().clip(lower=0)
    bands = pd.cut(then, [0, 6, 12, 36, 999], right=False, labels=["stage_1", "stage_2", "stage_3", "stage_4"]).astype(str)
    true_then = checked.loc[bands.index, "meant"] == bands
    on_day, today = experiment.rate(true_then.sum(), len(true_then)), checked.loc[bands.index, "right"].mean()
    display(say(
        zh=f"段数可以按生日倒推：打的那天，{on_day.value:.0%} 是对的（{on_day.low:.0%} 到 {on_day.high:.0%}），今天只剩 {today:.0%}。顾问没有那么粗心，是宝宝长大了，标签没跟着长。",
        en=f"For the stage, birthdays let us look back: on the day it was typed, {on_day.value:.0%} were right ({on_day.low:.0%} to {on_day.high:.0%}); today {today:.0%} are. The consultants were not so careless. The babies grew, and the tags did not.",
    ))

# %% [markdown] tags=["zh"]
# 所以两种标签要配着用，先定好谁听谁的：**查得到的听系统，查不到的听人**，人说的写上日期。段数按生日自动打，顾问不必再打；“混合喂养”要问过才知道，系统里空着的，就请顾问问，一年后再问一次。还有一件：没同意使用宝宝信息的人家，段数标签打得再准，也要删掉。

# %% [markdown] tags=["en"]
# So use both kinds, and settle who overrules whom. **What can be looked up comes from the system; what only a talk reveals comes from people**, with its date. Nobody need type the stage, for birthdays give it. "Mixed feeding" is known only where somebody asked: let the consultant ask where the record is blank, and again in a year. One thing more: where a family never agreed to the use of baby data, a stage tag goes, however right it is.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）答案在 planted 第 12 条：埋的是每 8 个手打标签约错 1 个（12.5%），按打的那天算；其余的差距，是段数没人更新，越放越旧。常见的错：把“和规则不一致”当成“打错了”，价格态度两边都可能错。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). The answer is planted effect 12: about 1 typed tag in 8 (12.5%) is wrong on the day it is typed; the rest of the gap is age, for nobody updates stages. Usual mistake: reading "disagrees with the rule" as "wrong". On price attitude either side may be mistaken.

# %% [markdown] tags=["zh"]
# ## 6. 模型打的标签：像不像会再买的人
#
# 规则一条一条写，模型一次看几十个事实，给每位客户一个 0 到 1 的分，越高越像“往后 90 天会买”的人（**找相似**）。它只许看当时已经知道的事，再拿没给它看过的三成客户来量。

# %% [markdown] tags=["en"]
# ## 6. A tag by a model: who looks like a buyer?
#
# Rules are written one at a time. A model looks at dozens of facts together and gives each customer a score from 0 to 1: how much he or she resembles those who buy within 90 days (a **lookalike**). It may see only what was known at the time, and is then measured on the three customers in ten it never saw.

# %%
start = day - pd.Timedelta(days=90)
past = tagging.facts(company, start) if own or back != 90 else before
sales = counted_orders(load(company, "orders"))
after = sales[(sales["paid_at"] >= start + pd.Timedelta(days=1)) & (sales["paid_at"] < day + pd.Timedelta(days=1))]
wanted = pd.Series(True, index=after["customer_id"].unique())
model = tagging.lookalike(past, wanted, cut=0.5)

# %% tags=["fold"]
say(
    zh=f"没给模型看过的客户里，{model.base.value:.0%} 在那 90 天里买了。0.5 分以上打标签：打中的占 {model.precision.value:.0%}（{model.precision.low:.0%} 到 {model.precision.high:.0%}），会买的人里打到 {model.recall.value:.0%}（{model.recall.low:.0%} 到 {model.recall.high:.0%}）。",
    en=f"Of the customers it never saw, {model.base.value:.0%} bought in those 90 days. Tagging from 0.5 up, {model.precision.value:.0%} of those tagged did ({model.precision.low:.0%} to {model.precision.high:.0%}), and {model.recall.value:.0%} of the buyers are found ({model.recall.low:.0%} to {model.recall.high:.0%}).",
)

# %% [markdown] tags=["zh"]
# 线往右，打得少而准；往左，打得全而杂。拖一拖：如果顾问一周只打得了几十个电话，您放在哪里？如果只是换一张首页图呢？

# %% [markdown] tags=["en"]
# To the right, fewer tags and more of them right; to the left, nearly everybody is found along with many who should not be. Move the line. Where would you put it if the consultants can make only a few dozen calls a week? And if all that changes is a picture in the app?

# %%
def choose(cut_score=0.5):
    return charts.tagging.cut(model.scores, cut_score)

explore(choose, cut_score=(0.1, 0.95, 0.05))

# %% [markdown] tags=["zh"]
# 模型值不值得养？拿一条最土的规则比：“近 60 天买过”。同样的客户，同样的 90 天。

# %% [markdown] tags=["en"]
# Is the model worth its trouble? Hold it against the plainest rule there is: "bought in the last 60 days". The same customers, the same 90 days.

# %%
unseen = model.scores[model.scores["held_out"]]
recent = unseen["customer_id"].isin(past.loc[past["recency_days"] <= 60, "customer_id"])
hits = (recent & unseen["wanted"]).sum()
plain, reach = experiment.rate(hits, recent.sum()), experiment.rate(hits, unseen["wanted"].sum())
picked = unseen.index.isin(unseen.nlargest(int(recent.sum()), "score").index)
only_model, only_rule = unseen.loc[picked & ~recent, "wanted"], unseen.loc[~picked & recent, "wanted"]
apart = experiment.difference(only_model.sum(), len(only_model), only_rule.sum(), len(only_rule))

# %% tags=["fold"]
say(
    zh=f"土规则打了 {recent.sum():,} 位，查准率 {plain.value:.0%}，查全率 {reach.value:.0%}。模型挑同样多的人，两边各有 {len(only_rule):,} 位不一样：只有模型挑的，{only_model.mean():.0%} 买了；只有规则挑的，{only_rule.mean():.0%}，差 {points(apart.value, '+')} 个百分点（{points(apart.low, '+')} 到 {points(apart.high, '+')}）。" + ("还不能说哪个更准。" if apart.low < 0 < apart.high else f"换成模型，{recent.sum():,} 位里多打中 {only_model.sum() - only_rule.sum():,} 位；值不值，和养它的钱比。"),
    en=f"The plain rule tags {recent.sum():,}, with a precision of {plain.value:.0%} and a recall of {reach.value:.0%}. Let the model choose as many, and {len(only_rule):,} on each side differ. Of those whom only the model chose, {only_model.mean():.0%} bought; of those whom only the rule chose, {only_rule.mean():.0%}: {points(apart.value, '+')} points ({points(apart.low, '+')} to {points(apart.high, '+')}). " + ("Which does better cannot be told." if apart.low < 0 < apart.high else f"With the model, {only_model.sum() - only_rule.sum():,} more of {recent.sum():,} are hits; hold that against what it costs to keep."),
)

# %% [markdown] tags=["zh"]
# 模型标签永远不给客户看，也不进企业微信：说不出理由的话，说出来就伤人，错了也没法更正。还要小心一件事：“很可能再买”的人，也许不联系也会买。该不该联系，要看空白组（第 15 章），不看这个分。

# %% [markdown] tags=["en"]
# A model's tag is never shown to the customer and never goes to WeCom. A tag you cannot explain gives offence, and nobody can correct it. And take care: many of those "likely to buy" may buy without hearing from you. Whether to contact them is for a hold-out to say (chapter 15), and not for this score.

# %% [markdown] tags=["notes", "zh"]
# **讲师**（9 分钟）板书一个两行两列的表：打了、没打，会买、没买，让学员自己填出查准率和查全率。常见的错：在训练过的客户身上量；只报查准率；用了结果之后才知道的列。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (9 minutes). Board: a table of two rows and two columns, tagged or not, bought or not; the room fills it in and works out precision and recall. Usual mistakes: measuring on customers the model has learnt from; reporting precision alone; using a column that is known only after the outcome.

# %% [markdown] tags=["zh"]
# ## 7. 一个人的画像，一群人的画像
#
# 两样东西都叫“画像”，常被混着说。一个人身上的**标签**，是用来服务她的：该说什么，不该说什么。一群人的**典型用户**，是用来做产品、写内容的：这群人和别人哪里不一样。拿典型用户去猜某一个人，常常会猜错。下表是我们每一章都跟着看的那位。

# %% [markdown] tags=["en"]
# ## 7. The profile of one, and the persona of a group
#
# Two different things go by one name. The **tags** of one person help to serve her: what to say, and what not to. The **persona** of a group helps to make products and write: what sets them apart from the rest. Guess at one person from the persona, and you will often guess wrong. The table shows the person we follow through every chapter.

# %% tags=["fold"]
one = thread if thread in set(tags["customer_id"]) else tags["customer_id"].value_counts().index[0]
hers = tags[tags["customer_id"] == one]
profile = pd.DataFrame({
    "customer_id": one,
    "tag_group": hers["tag"].map(group_of).map(group_name).to_numpy(),
    "tag_name": hers["tag"].map(name).to_numpy(),
    "tag_kind": [t(f"kind_{kind}") for kind in hers["source"]],
    "tag_use": [t(f"use_{use}") for use in hers["tag"].map(named["use"])],
    "tag_until": hers["until"].to_numpy(),
})
show(profile, light=one, rows=30)

# %% tags=["fold"]
code = next((tag for tag in hers["tag"] if group_of[tag] == "rfm"), "rfm_r0f1m1")
group = set(tags.loc[tags["tag"] == code, "customer_id"])
shares = tagging.coverage(tags, len(facts)).set_index("tag")["share"]
inside = tagging.coverage(tags[tags["customer_id"].isin(group)], len(group)).set_index("tag")["share"]
kin = ["rfm", "lifecycle", "own_gap", "trend", "reach", "level"]
persona = pd.DataFrame({"in_group": inside, "in_all": shares}).drop([tag for tag in shares.index if group_of[tag] in kin])
persona["times"] = persona["in_group"] / persona["in_all"]
persona = persona[persona["in_group"] >= 0.25].nlargest(5, "times")
show(persona.assign(tag_name=name).reset_index(drop=True)[["tag_name", "in_group", "in_all", "times"]], percent=["in_group", "in_all"])

# %% tags=["fold"]
bet(
    "12.persona",
    say(zh=f"“{name[code]}”这一群里，一百位有几位这 {len(persona)} 个标签全中？", en=f"Of a hundred in '{name[code]}', how many have all {len(persona)} of these tags?"),
    low=0, high=100, unit=say(zh="位", en="customers"),
)

# %% tags=["fold"]
fits = tags[tags["tag"].isin(persona.index) & tags["customer_id"].isin(group)].groupby("customer_id").size()
all_of_them = int((fits == len(persona)).sum())
reveal("12.persona", round(100 * all_of_them / max(len(group), 1), 1), unit=say(zh="位", en="customers"), tolerance=2)

# %% tags=["fold"]
top = persona.iloc[0]
after_bet("12.persona", say(
    zh=f"“{name[code]}”有 {len(group):,} 位，最突出的是“{name[persona.index[0]]}”：这群人里 {top['in_group']:.0%} 有，全体只有 {top['in_all']:.0%}，是 {top['times']:.1f} 倍。可 {len(persona)} 样全中的只有 {all_of_them:,} 位；点亮的那位中了 {int(fits.get(one, 0))} 样。",
    en=f"'{name[code]}' has {len(group):,} customers. What stands out most is '{name[persona.index[0]]}': {top['in_group']:.0%} here against {top['in_all']:.0%} of all, {top['times']:.1f} times the share. Yet only {all_of_them:,} have all {len(persona)}, and our highlighted customer has {int(fits.get(one, 0))} of them.",
))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（7 分钟）请每桌给这群人起个名字、写三句话的典型用户，再读点亮那位的标签，看哪一句不合。常见的错：典型用户写得有鼻子有眼，却没有一个数来自数据。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (7 minutes). Each table gives the group a name and writes its persona, the typical user, in three sentences, then reads the lit customer's tags and marks what does not fit. Usual mistake: a lively persona without one number from the data.

# %% [markdown] tags=["zh"]
# ## 8. 等级、RFM、标签，三样放在一起看
#
# **等级**是答应客户的，写在卡上。**RFM** 是最近的行为，公司自己看。**标签**说为什么、怎么办。三样说的一样，照常服务；对不上的，才是今天要看的。

# %% [markdown] tags=["en"]
# ## 8. Level, RFM and tags side by side
#
# The **level** is a promise to the customer and stands on the card. **RFM** is recent behaviour, for our own eyes. **Tags** say why, and what to do. Where the three agree, carry on. Where they do not, you have found today's work.

# %%
both = facts.dropna(subset=["level", "rfm_code"])
cross = pd.crosstab(both["rfm_code"], both["level"]).reindex([code for code in rfm.CLASSES if code in set(both["rfm_code"])])
adult = both["baby_months"] >= 36 if formula else pd.Series(False, both.index)  # graduates have not left
high_card, silent_now = both["level"] >= 3, both["rfm_code"].str.startswith("R0")
slipping, rising = both[high_card & silent_now & ~adult], both[(both["level"] == 1) & (both["rfm_code"] == "R1F1M1")]

# %% tags=["fold"]
cards = load(company, "levels").set_index("level")[f"name_{language}"]
shown = cross.rename(columns=cards).rename_axis(None, axis=1)
shown.index = pd.Index([rfm.class_name(code) for code in shown.index], name=t("rfm_class_column"))
show(shown)

# %% tags=["fold"]
usual = both[high_card & ~silent_now & ~adult]
sides = [tags[tags["customer_id"].isin(side["customer_id"])].groupby("tag")["customer_id"].nunique() for side in (slipping, usual)]
marks = pd.concat(sides, axis=1, keys=["n", "rest"]).fillna(0)
marks = marks[~marks.index.map(group_of).isin([*kin, "supply", "upgrade", "rhythm", "streak"])]
seen = experiment.rate(marks["n"], len(slipping))
marks = marks.assign(in_group=seen.value, low=seen.low, high=seen.high, in_rest=marks["rest"] / len(usual), tag_name=name)
tried = len(marks)
marks = marks[(marks["low"] > marks["in_rest"]) & (marks["n"] >= 10)].assign(times=marks["in_group"] / marks["in_rest"]).nlargest(4, "times")
show(marks[["tag_name", "in_group", "low", "high", "in_rest", "times"]].reset_index(drop=True), percent=["in_group", "low", "high", "in_rest"]) if len(marks) else None

# %% tags=["fold"]
sign = marks.iloc[0] if len(marks) else None
display(say(
    zh=f"{cards[3]}以上、最近却没来的有 {len(slipping):,} 位，一年付过 {yuan(slipping['amount_12m'].sum())}：卡还有效，单子停了。" + (f"{tried} 个标签，看不出他们有什么不同，只能去问。" if sign is None else f"{tried} 个标签里，按倍数最突出的是“{sign['tag_name']}”：他们 {sign['in_group']:.0%}，其余高等级 {sign['in_rest']:.0%}。试的标签多，总有碰巧突出的，只当线索，打电话问。"),
    en=f"{len(slipping):,} hold {cards[3]} or better and have not come lately; they paid {yuan(slipping['amount_12m'].sum())} in a year. The card is still good; the orders have stopped. " + (f"Of {tried} tags, none sets them apart, so somebody must ask." if sign is None else f"Of {tried} tags, '{sign['tag_name']}' stands out most by the ratio: {sign['in_group']:.0%} have it, against {sign['in_rest']:.0%} of the other high levels. With so many tried, some stand out by luck: a lead, and a call will tell."),
))
grown = (high_card & silent_now & adult).sum()
display(say(
    zh=f"还有 {grown:,} 位没算进来，宝宝已经满 36 个月：那是毕业，不是流失，该收到的是祝贺。",
    en=f"Not counted here: {grown:,} more whose child is past 36 months. They have outgrown the product and not left it; send good wishes.",
)) if grown else None
say(
    zh=f"反过来，{cards[1]}却是“{rfm.class_name('R1F1M1')}”的有 {len(rising):,} 位：卡没跟上人，可以告知离下一级还差多少。",
    en=f"The other way round, {len(rising):,} are '{rfm.class_name('R1F1M1')}' on a {cards[1]} card: the card lags behind, so tell them how much is missing to the next.",
)

# %% tags=["fold"]
level, rfm_code = facts.set_index("customer_id").loc[one, ["level", "rfm_code"]]
worry = [name[tag] for tag in hers["tag"] if tag in ("gap_very_late", "gap_late", "supply_over", "buys_less", "complained", "detractor")]
say(
    zh=f"点亮的那位：卡是{cards[level]}，RFM 是“{rfm.class_name(rfm_code)}”，标签是“{'”“'.join(worry) or '没有异样'}”。三样放在一起，先看哪一样，决定了今天打不打这个电话。",
    en=f"Our highlighted customer: a {cards[level]} card; '{rfm.class_name(rfm_code)}' by RFM; and the tags say: {', '.join(worry) or 'nothing unusual'}. Do the three tell the same story? Which you look at first decides whether anybody calls today.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）让大家先指出表里最奇怪的一格，再问：打电话之前，想看这位的哪一个标签？表里区间宽，人数少，只能当线索。常见的错：把等级当成价值，给卡不给人。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). The room points at the oddest cell of the table; then ask which tag they would want to see before they call. The intervals are wide and the people few: a lead and no more. Usual mistake: taking the level for the value, and serving the card.

# %% [markdown] tags=["zh"]
# ## 9. 场景 → 内容 → 主推商品
#
# 标签最后要变成一句话、一篇内容。客户最近在读什么，就是**场景**；一个场景配几篇内容；有的内容带一件主推商品，有的只帮忙，不卖东西。给得出来吗？数一数，谁收不到带商品的内容，为什么。

# %% [markdown] tags=["en"]
# ## 9. Scene → content → hero product
#
# In the end a tag must become something to say. What a customer has been reading is the **scene**; each scene has a few pieces; some pieces lead to one product, others only help and sell nothing. Is there something for everybody? Count who gets no piece that leads to a product, and why.

# %%
contents = load(company, "contents")
readers = facts[["customer_id", "top_scene", "price_tier", *(["baby_months"] if formula else [])]]
match = readers.merge(contents[["content_id", "scene", "topic", "age_from", "age_to", "hero_sku"]], left_on="top_scene", right_on="scene")
if formula:
    match = match[(match["baby_months"] >= match["age_from"]) & (match["baby_months"] < match["age_to"])]
served, hero = match["customer_id"], match.loc[match["hero_sku"].notna(), "customer_id"]
ids = readers["customer_id"]
reasons = {"no_scene": readers["top_scene"].isna()}
if formula:
    reasons["no_age"] = readers["baby_months"].isna()
reasons |= {"no_content": ~ids.isin(served), "help_only": ~ids.isin(hero)}
led, left_out = winback.contact_list(readers, reasons)

# %% tags=["fold"]
display(show(left_out.assign(rule=[t(f"scene_{rule}") for rule in left_out["rule"]]).rename(columns={"rule": "list_rule"}), bars=["removed"]))
first = left_out.set_index("rule")["removed"]
say(
    zh=f"{len(readers):,} 位里，{first['no_scene']:,} 位没有场景标签：半年里同一场景没读满两篇，不硬猜。有场景、也有内容可看的 {ids.isin(served).sum():,} 位；其中 {len(led):,} 位的内容带主推商品，{first['help_only']:,} 位只有帮忙的内容。",
    en=f"Of {len(readers):,}, {first['no_scene']:,} have no scene: they have not read two pieces on one subject in half a year, and we do not guess. {ids.isin(served).sum():,} have a scene and something to read; for {len(led):,} of them it leads to a product, for {first['help_only']:,} it only helps.",
)

# %% tags=["fold"]
grid = pd.DataFrame({
    "content": contents["scene"].value_counts(), "with_hero": contents[contents["hero_sku"].notna()]["scene"].value_counts(),
    "customers": readers["top_scene"].value_counts(), "served": match.drop_duplicates("customer_id")["top_scene"].value_counts(),
}).fillna(0).astype(int).sort_values("customers", ascending=False)
grid["tag_share"] = grid["served"] / grid["customers"].where(grid["customers"] > 0)
grid.index = pd.Index([name.get(f"scene_{scene}", scene) for scene in grid.index], name=t("scene_column"))
show(grid, percent=["tag_share"])

# %% tags=["fold"]
baby = set(load(company, "products").query("category == 'formula'")["sku"])
early = contents[(contents["age_from"] < 12) & contents["hero_sku"].isin(baby)] if formula else contents.head(0)
say(
    zh=f"奶粉有一条硬规矩：给不满 12 个月宝宝看的内容，不推婴幼儿奶粉。查过了，{len(contents)} 篇里违规的有 {len(early)} 篇。不知道月龄的，一律当不满 12 个月。",
    en=f"Formula has one hard rule: what is meant for babies under 12 months never leads to infant formula. Checked: of {len(contents)} pieces, {len(early)} break it. Where the age is unknown, treat the baby as under 12 months.",
) if formula else None

# %% [markdown] tags=["zh"]
# 同一个场景，讲价格还是讲服务？公司随机试过。按试之前买的价格档分开看（标签只挑说什么，不定价钱）。

# %% [markdown] tags=["en"]
# Within a scene, do you talk about price or about service? The company tried it at random. Split the answer by the price tier bought before the trial. (The tag chooses the words and never the price.)

# %%
trial = campaigns.loc[(campaigns["kind"] == "price_or_service") & (campaigns["starts_on"] > start), "campaign_id"]
heard = load(company, "touches").query("delivered == 1")
heard = heard[heard["campaign_id"].isin(trial)].assign(clicked=lambda x: x["clicked_at"].notna())
heard["tier"] = heard["customer_id"].map(past.set_index("customer_id")["price_tier"])
clicks = heard.groupby(["tier", "arm"])["clicked"].agg(["sum", "size"])
value = experiment.difference(*clicks.loc[("value", "price")], *clicks.loc[("value", "service")])
premium = experiment.difference(*clicks.loc[("premium", "price")], *clicks.loc[("premium", "service")])
opposite = max(value.low, premium.low) > 0 > min(value.high, premium.high)  # each interval on its own side of zero

# %% tags=["fold"]
say(
    zh=f"买实惠档的人，讲价格比讲服务{'多' if value.value > 0 else '少'} {100 * abs(value.value):.0f} 个百分点的点击（{points(value.low, '+')} 到 {points(value.high, '+')}）；买高端档的人{'正相反，' if value.value * premium.value < 0 else '也是，'}{'多' if premium.value > 0 else '少'} {100 * abs(premium.value):.0f} 个（{points(premium.low, '+')} 到 {points(premium.high, '+')}）。{'对这两群人，要说不同的话' if opposite else '该不该说不同的话，还看不出'}；价钱一样。",
    en=f"Among buyers of value goods, the price message got {100 * abs(value.value):.0f} points {'more' if value.value > 0 else 'fewer'} clicks than the service message ({points(value.low, '+')} to {points(value.high, '+')}). Among buyers of premium goods it is {'the other way round' if value.value * premium.value < 0 else 'the same'}: {100 * abs(premium.value):.0f} points {'more' if premium.value > 0 else 'fewer'} ({points(premium.low, '+')} to {points(premium.high, '+')}). {'Change what you say to each' if opposite else 'Whether to say something different to each is open'}; do not change what you charge.",
)

# %% [markdown] tags=["notes", "zh"]
# **讲师**（8 分钟）每桌挑一个场景，写一篇标题和一句“为什么推给您”。月龄不详的那几位，问大家给什么。常见的错：没内容就塞优惠券；一个场景只有卖货的内容，客户很快不读了。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (8 minutes). Each table takes a scene, writes one headline and the sentence "why you get this". Ask what to give those whose baby's age is unknown. Usual mistakes: no content, so a coupon instead; a scene in which everything sells, until nobody reads it.

# %% [markdown] tags=["zh"]
# ## 10. 送进企业微信：多少个、给谁、谁先答应
#
# | 系统 | 管什么 | 一个例子 |
# |:--|:--|:--|
# | CRM | 会员、订单、等级、积分；公司的账本 | 她上一单是哪天 |
# | SCRM（企业微信等） | 谁加了谁、聊过什么、群、手打的标签；顾问的工作台 | 她说过宝宝爱吐奶 |
#
# 两边靠同一个客户编号连起来。事实和规则在 CRM 里算，挑用得上的送过去；聊天里听来的，带日期送回来。
#
# 企业微信的标签有限额，说法不一，我们按最稳的：名称不超过 15 个字，一组不超过 100 个，总共不超过 3,000 个。

# %% [markdown] tags=["en"]
# ## 10. To WeCom: how many tags, on whom, and who agreed
#
# | System | What it holds | An example |
# |:--|:--|:--|
# | CRM | members, orders, levels, points: the company's books | the day of her last order |
# | SCRM (WeCom and the like) | who added whom, what was said, group chats, tags typed by hand: the consultant's desk | she said the baby spits up |
#
# One customer number joins the two. Facts and rules are worked out in the CRM, and those that are useful go across. What was heard in a chat comes back with its date.
#
# WeCom limits tags, and its pages disagree on the figures. We keep to the safest reading: a name of at most 15 characters, 100 tags a group, 3,000 in all.

# %% tags=["fold"]
bet(
    "12.wecom",
    say(zh="一百个自动标签，最后能打进企业微信的有几个？", en="Of a hundred automatic tags, how many may be set in WeCom?"),
    low=0, high=100, unit=say(zh="个", en="tags"),
)

# %%
plan = tagging.wecom_plan(catalogue, day)
allowed, removed = tagging.for_wecom(tags, facts, catalogue)

# %% tags=["fold"]
reveal("12.wecom", round(100 * len(allowed) / len(tags)), unit=say(zh="个", en="tags"))

# %% tags=["fold"]
display(after_bet("12.wecom", show(removed.rename(columns={"rule": "list_rule"}), bars=["removed"])))
widest = plan.groupby("group").size()
after_bet("12.wecom", say(
    zh=f"方案 {len(plan)} 个标签，{plan['group'].nunique()} 组；最长的名称 {plan['tag_name'].str.len().max()} 个字，最大的一组 {widest.max()} 个，都在限额里。{len(tags):,} 个打好的标签留下 {len(allowed):,} 个，落在 {allowed['customer_id'].nunique():,} 位客户身上。",
    en=f"The plan has {len(plan)} tags in {plan['group'].nunique()} groups; the longest name has {plan['tag_name'].str.len().max()} characters, the largest group {widest.max()} tags: all within the limits. Of {len(tags):,} tags, {len(allowed):,} remain, on {allowed['customer_id'].nunique():,} customers.",
))

# %% tags=["fold"]
show(plan[["group", "tag_name", "order", "use", "refresh", "version"]].assign(use=[t(f"use_{use}") for use in plan["use"]], refresh=[t(f"refresh_{often}") for often in plan["refresh"]]).rename(columns={"group": "tag_group", "use": "tag_use", "refresh": "tag_refresh", "order": "tag_order", "version": "tag_version"}), rows=6)

# %% [markdown] tags=["zh"]
# 标签进去以后，自动化就是一张“如果……就……”的表。每一行都要写清楚：谁触发，说什么，凭哪一种同意，最多多久一次。下表数的是今天会触发几位。

# %% [markdown] tags=["en"]
# Once the tags are there, automation is a table of "if this, then that". Each row says who sets it off, what is said, which consent it rests on, and how often at most. The table counts whom it would reach today.

# %% tags=["fold"]
journeys = ["supply_due", "switch_3", "complained", "near_next_level", "birthday_soon", "coupon_ending"]
journeys = [tag for tag in journeys if tag in named.index]
show(pd.DataFrame({
    "tag_name": [name[tag] for tag in journeys],
    "then_say": [t(f"then_{tag}") for tag in journeys],
    "consent_needed": [t(f"use_{named['use'][tag]}") for tag in journeys],
    "tagged": [(tags["tag"] == tag).sum() for tag in journeys],
    "may_reach": [(allowed["tag"] == tag).sum() for tag in journeys],
}))

# %% [markdown] tags=["notes", "zh"]
# **讲师**（5 分钟）请人念请出名单的表：哪一条请走最多，能不能靠多加好友、多要同意补回来？常见的错：把“很可能再买”“价格敏感”也打进企业微信，顾问截图发出去就成了投诉。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (5 minutes). Somebody reads the account aloud: which line takes most away, and could more contacts or more consents win it back? Usual mistake: putting "likely to buy" or "price-sensitive" into WeCom, where one screenshot by a consultant becomes a complaint.

# %% [markdown] tags=["zh"]
# ## 11. 案例：一家公司的企业微信精细化标签
#
# 课程里讲过一个案例：用企业微信给客户分细标签，再按标签自动发内容（课堂口述，未经核实；大纲只有题目，没有数字，我们不补）。用这一章读它，问四句：谁打的？多准？多久过期？谁同意了？
#
# 填您自己的，一行一个标签：
#
# | 标签 | 一句说得出口的规则 | 事实／规则／模型 | 谁负责 | 几天过期 | 打给谁、不打给谁 | 打了以后做什么 |
# |:--|:--|:--|:--|:--|:--|:--|
# | ______ | ______ | ______ | ______ | ______ | ______ | ______ |
# | ______ | ______ | ______ | ______ | ______ | ______ | ______ |

# %% [markdown] tags=["en"]
# ## 11. Case: one company's fine-grained tags in WeCom
#
# The course tells of a company that cut its tags fine in WeCom and sent content by tag, automatically (as told in class, unverified; the outline has the title and no figures, and we add none). Read it with this chapter and ask four things. Who set the tags? How right are they? When do they expire? Who agreed?
#
# Fill in your own, a row a tag:
#
# | Tag | Its rule, as you would say it aloud | Fact / rule / model | Owner | Days valid | For whom, and for whom not | What it sets off |
# |:--|:--|:--|:--|:--|:--|:--|
# | ______ | ______ | ______ | ______ | ______ | ______ | ______ |
# | ______ | ______ | ______ | ______ | ______ | ______ | ______ |

# %% [markdown] tags=["notes", "zh"]
# **讲师**（6 分钟）每桌填两行，互换，照别人的规则给一位真实的老客户打标签：打不出来的规则退回去改。会员管理的三件要务——需求分析、精准划分群体、完善标签体系——今天做了第三件，问大家前两件缺什么。

# %% [markdown] tags=["notes", "en"]
# **Trainer** (6 minutes). Each table fills in two rows and swaps: tag a real customer by the other table's rule, and send back any rule that does not tell you how. Of the three tasks of member management (needs analysis, precise segments, a complete tag system) today dealt with the third: what is missing for the first two?

# %% [markdown] tags=["zh"]
# ## 您猜得准不准

# %% [markdown] tags=["en"]
# ## How good were your guesses?

# %% tags=["fold"]
calibration("12")

# %% [markdown] tags=["zh"]
# ## 小结
#
# 1. 一个标签，一条规则，一个负责的人，一个过期的日子。
# 2. 查得到的听系统，查不到的听人，人说的写上日期。
# 3. 查准率和查全率一起报；人少，就报区间。
# 4. 一个人的标签用来服务她，典型用户用来做产品，不要互相猜。
# 5. 标签挑话说，不定价钱；没有同意，一个也不送出去。

# %% [markdown] tags=["en"]
# ## In five lines
#
# 1. One tag, one rule, one owner, one date on which it expires.
# 2. What can be looked up comes from the system, the rest from people, with a date.
# 3. Report precision and recall together, and an interval where people are few.
# 4. Tags serve one person; a persona helps to make products. Do not guess one from the other.
# 5. Tags choose what to say and never what to charge. Without consent, none leaves the house.

# %% [markdown] tags=["zh"]
# ## 自测
#
# **一、“高端客户”标签：打了 100 位，90 位是对的；真正的高端客户有 3,000 位。怎么说？**
# <details><summary>a. 九成准，很好</summary>打了的确实九成准，可第 5 节说，还要看该打的打到了几成。</details>
# <details><summary>b. 查准率 90%，查全率 3%。</summary>对。打了的多半对，可是几乎谁也没打到。</details>
# <details><summary>c. 查准率 3%。</summary>把两个分母弄反了：查准率除以打了的，查全率除以该打的。</details>

# %% [markdown] tags=["en"]
# ## Quiz
#
# **1. The tag "premium customer" is on 100 people, 90 of them rightly. There are 3,000 premium customers. What do you report?**
# <details><summary>a. Nine in ten right: very good</summary>Of those tagged, yes. Section 5 asks as well how many of those who should be tagged are.</details>
# <details><summary>b. Precision 90%, recall 3%</summary>Right. Nearly always correct, and almost nobody is reached.</details>
# <details><summary>c. Precision 3%</summary>The denominators are swapped: precision is out of those tagged, recall out of those who should be.</details>

# %% [markdown] tags=["zh"]
# **二、顾问打的“1 段”，一年后大多不对了。先做什么？**
# <details><summary>a. 培训顾问，要求打准</summary>打的那天多半是对的，第 5 节看过了。培训治不了放旧。</details>
# <details><summary>b. 全删，以后不许手打</summary>“混合喂养”这样的事，只有人问得到。</details>
# <details><summary>c. 段数改由生日自动打，给标签定有效期</summary>对。查得到的让系统打，到期自己落下。</details>

# %% [markdown] tags=["en"]
# **2. A year later, most of the "stage 1" tags typed by consultants are wrong. What comes first?**
# <details><summary>a. Train the consultants to be exact</summary>On the day most of them were right, as section 5 showed. Training does not stop tags from ageing.</details>
# <details><summary>b. Delete them all and forbid typing</summary>Things such as mixed feeding only a person can ask.</details>
# <details><summary>c. Set the stage from the birthday, and give tags a date of expiry</summary>Right. Let the system tag what it can look up, and let the tag fall off when its time is over.</details>

# %% [markdown] tags=["zh"]
# **三、有“价格敏感”标签的客户，给他们的券面额大一些，行吗？**
# <details><summary>a. 行，精准营销就该这样</summary>按推测给不同的价，说不出口，也可能违法。</details>
# <details><summary>b. 不行。可以给他们多讲优惠内容，券要按人人看得见的规则发</summary>对。标签挑话说，不定价钱。</details>
# <details><summary>c. 行，只要客户不知道</summary>一张截图就知道了。说不出口的规则，不用。</details>

# %% [markdown] tags=["en"]
# **3. May customers tagged "price-sensitive" get a larger coupon?**
# <details><summary>a. Yes, that is what targeting is for</summary>A price that rests on a guess about the person cannot be said aloud, and may be illegal.</details>
# <details><summary>b. No. Tell them about offers by all means, but give coupons by a rule that everybody can see</summary>Right. Tags choose what to say and never what to charge.</details>
# <details><summary>c. Yes, so long as they do not find out</summary>One screenshot, and they have. A rule you cannot say aloud is not used.</details>

# %% [markdown] tags=["zh"]
# **四、典型用户是“二线城市、混合喂养、爱逛商城的妈妈”。来了一位这一群的客户，顾问该怎么做？**
# <details><summary>a. 按典型用户推荐</summary>第 7 节数过，样样都中的没有几位。</details>
# <details><summary>b. 看她自己的标签，缺的就问</summary>对。典型用户是给写内容的人看的。</details>
# <details><summary>c. 给她补打这几个标签</summary>那就是拿猜测当事实，以后谁也分不清了。</details>

# %% [markdown] tags=["en"]
# **4. The persona, our typical user, is "a mother in a second-tier city, mixed feeding, fond of the mall". A customer of that group walks in. What does the consultant do?**
# <details><summary>a. Recommend by the persona</summary>Section 7 counted: hardly anybody has every trait.</details>
# <details><summary>b. Look at her own tags, and ask what is missing</summary>Right. The persona is for those who write the content.</details>
# <details><summary>c. Add these tags to her</summary>Then a guess stands there as a fact, and nobody will be able to tell them apart again.</details>

# %% [markdown] tags=["zh"]
# ## 换成您自己的订单
#
# 把第一个代码格里的 `orders_file` 改成您的文件，`as_of` 改成 `""`（取文件里最后一天），再从头运行：第 3、4 节就换成您的客户，打的是订单能说的标签。目录也能换成自己的：照 `src/crmlab/tag_catalogues/` 里的表改一份，用 `tagging.read_catalogue("文件.csv")` 读，写错的地方它会一行一行告诉您。
#
# 接下来做**实验 12**：按下面的按钮，再点出来的链接。

# %% [markdown] tags=["en"]
# ## Your own orders
#
# Set `orders_file` in the first code cell to your file, and `as_of` to `""` (the last day in the file), and run the chapter from the top: sections 3 and 4 then show your customers, with the tags orders can tell. You can bring your own catalogue too: change a copy of the table in `src/crmlab/tag_catalogues/` and read it with `tagging.read_catalogue("file.csv")`, which lists your slips row by row.
#
# Next: **lab 12**. Press the button below, then follow the link.

# %% tags=["fold"]
lab_button("12")
