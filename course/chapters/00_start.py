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
# # 从这里开始
#
# [English edition](../en/00_start.ipynb)
#
# **您的客户里，谁明天不来了，您会最心疼？** 这门课教您用自己的数据回答这个问题，再算出值得花多少钱留住他。
#
# 上面菜单里点“运行 → 运行所有单元格”，这一页的按钮和表就能用了。

# %% [markdown] tags=["en"]
# # Start here
#
# [中文版](../zh/00_start.ipynb)
#
# **Which of your customers would you miss most if they stopped coming tomorrow?** This course teaches you to answer that from your own data, and to work out how much it is worth spending to keep them.
#
# Choose "Run → Run All Cells" in the menu above, and the buttons and tables on this page come alive.

# %% tags=["parameters"]
language = "zh"

# %% tags=["fold"]
from crmlab import after_bet, bet, lab_button, load, reveal, rfm, say, show, use_style
from crmlab.doctor import check_up
from crmlab.syllabus import syllabus
from crmlab.work import set_subject

use_style(language)
set_subject("morningcup")

# %% [markdown] tags=["zh"]
# ## 先猜一个数
#
# 晨杯是一家咖啡连锁。下过单的用户里，有多少人到目前只来过一次？先拖一个数，再看答案。

# %% [markdown] tags=["en"]
# ## First, guess a number
#
# Morningcup is a coffee chain. Of the users who ever ordered, what share came once and never again? Move the slider, then look at the answer.

# %% tags=["fold"]
bet("00.once", say(zh="只来过一次的用户，占百分之几？", en="What share of users came only once?"), low=0, high=100, unit="%")

# %% tags=["fold"]
users = rfm.summary(load("morningcup", "orders"), "2026-06-30")
once = users[users["frequency"] == 1]
reveal("00.once", 100 * len(once) / len(users), unit="%")

# %% tags=["fold"]
others = users[users["frequency"] > 1]["monetary"].mean()
after_bet("00.once", say(
    zh=f"{len(once):,} 人只来过一次，每人留下 ¥{once['monetary'].mean():,.0f}；后来又来过的，每人 ¥{others:,.0f}。差别从第二次来不来开始。",
    en=f"{len(once):,} people came once and left ¥{once['monetary'].mean():,.0f} each; those who came again left ¥{others:,.0f} each. The money is with the people who come back.",
))

# %% [markdown] tags=["zh"]
# ## 怎么用这门课
#
# - **不写代码**：读文字，看图，拖控件。代码都折起来了，不用管它。
# - **会一点 pandas**：点开折起来的格子，改一改，按 Shift + Enter 重新运行。
# - **带自己的数据**：每章第一个代码格里有 `orders_file`，填上您的订单文件再从头运行。文件留在您的电脑上，哪儿也不去。
#
# 您写的东西都放在 `my_work` 文件夹里，升级课程不会碰它。

# %% [markdown] tags=["en"]
# ## How to use this course
#
# - **Without code**: read the text, look at the pictures, move the controls. The code is folded away; leave it there.
# - **With a little pandas**: open a folded cell, change it, run it again with Shift + Enter.
# - **With your own data**: the first code cell of each chapter has `orders_file`. Fill in the name of your order file and run the chapter again from the top. The file stays on your computer.
#
# Whatever you write lives in the folder `my_work`; an update of the course never touches it.

# %% [markdown] tags=["zh"]
# ## 开始做实验
#
# 按下按钮，实验会复制一份到 `my_work`，随便改，改坏了删掉再按一次。第一次来，先读第 11 章，再做实验 11。别的实验，按钮在各章的末尾。

# %% [markdown] tags=["en"]
# ## Start a lab
#
# The button puts a copy of the lab into `my_work`. Change it as you like; if you spoil it, delete the copy and press again. New here? Read chapter 11 first, then do lab 11. The buttons of the other labs stand at the end of their chapters.

# %% tags=["fold"]
lab_button("11")

# %% [markdown] tags=["zh"]
# ## 课程地图

# %% [markdown] tags=["en"]
# ## Map of the course

# %% tags=["fold"]
syllabus()

# %% [markdown] tags=["zh"]
# ## 两家公司
#
# 课上用两家虚构的公司：**云牧**是一个奶粉品牌的会员俱乐部，各章拿它讲课；**晨杯**是一家咖啡连锁，实验拿它出题。数据按写明的规律生成，里面没有一个真人，也没有一家真店。

# %% [markdown] tags=["en"]
# ## Two companies
#
# The course uses two invented companies. **Yunmu**, the member club of an infant-formula brand, is the example in the chapters. **Morningcup**, a coffee chain, is the company of the labs. Their data were made by written rules; no person and no shop in them is real.

# %% [markdown] tags=["zh"]
# ## 这台电脑行不行
#
# 下表有一行说“不行”，就照“怎么办”那一列做。想知道您的订单文件够做哪几章，在命令行运行 `crmlab doctor 您的文件.csv`。

# %% [markdown] tags=["en"]
# ## Is this computer ready?
#
# If a row says "fails", do what its last column says. To see which chapters your own order file is good for, type `crmlab doctor YOUR_FILE.csv` on the command line (on Windows, in the course folder: `.venv\Scripts\crmlab doctor YOUR_FILE.csv`).

# %% tags=["fold", "nbval-ignore-output"]
show(check_up()[["item", "state", "fix"]])
