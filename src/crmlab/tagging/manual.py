"""Tags typed by hand: cleaned with an account of every row, and held against other tags."""

from __future__ import annotations

import difflib
import re
import unicodedata

import pandas as pd

from crmlab.experiment import rate
from crmlab.language import say

NEAR = 0.6  # least similarity (difflib) of a slip of the pen to the word that was meant


def clean_manual(manual: pd.DataFrame, catalogue: pd.DataFrame, as_of) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring tags typed by hand to the tags of the catalogue.

    Words are read by :func:`read_words`. Then, in this order, rows are set aside: unknown word; typed after ``as_of``; the
    same tag typed again later (the newest stays); older than the tag's validity; another tag of the same exclusive group
    typed later (the newest word holds).

    Parameters
    ----------
    manual : customer_id, tag (as typed), tagged_at; other columns are kept.
    catalogue : :func:`read_catalogue`.

    Returns
    -------
    (tags, account). tags: customer_id, tag, value, since (when typed), until, source "manual", typed, how (name /
    synonym / slip), contradicted (an older word said otherwise). account: part (read / used / set_aside), reason, rows;
    read = used + set aside.
    """
    as_of = pd.Timestamp(as_of).normalize()
    found = read_words(manual["tag"], catalogue).set_index("typed")
    rows = manual.rename(columns={"tag": "typed"})
    rows["tag"], rows["how"] = rows["typed"].map(found["tag"]), rows["typed"].map(found["how"])
    known = catalogue.set_index("tag")
    rows["value"], rows["group"] = rows["tag"].map(known["value"]), rows["tag"].map(known["group"])
    rows["since"], rows["source"] = rows["tagged_at"], "manual"
    rows["until"] = rows["since"].dt.normalize() + pd.to_timedelta(rows["tag"].map(known["validity_days"]), unit="D")
    rows["single"] = rows["tag"].map(known["exclusive"]) == "yes"
    rows = rows.sort_values("tagged_at", kind="stable")
    aside, left = {}, rows
    for reason, gone in {
        "unknown_word": lambda each: each["tag"].isna(),
        "later": lambda each: each["since"] >= as_of + pd.Timedelta(days=1),
        "typed_again": lambda each: each.duplicated(["customer_id", "tag"], keep="last"),
        "stale": lambda each: each["until"] < as_of,
        "contradicted": lambda each: each["single"] & each.duplicated(["customer_id", "group"], keep="last"),
    }.items():
        mask = gone(left)
        aside[reason], left = left[mask], left[~mask]
    old = pd.MultiIndex.from_frame(aside["contradicted"][["customer_id", "group"]])
    left = left.assign(contradicted=pd.MultiIndex.from_frame(left[["customer_id", "group"]]).isin(old))
    account = [
        ("read", "", len(manual)),
        *(("used", how, (left["how"] == how).sum()) for how in ("name", "synonym", "slip")),
    ]
    account += [("set_aside", reason, len(part)) for reason, part in aside.items()]
    account = pd.DataFrame(account, columns=["part", "reason", "rows"])
    assert account["rows"].iloc[0] == account["rows"].iloc[1:].sum()
    left = left.assign(tag=pd.Categorical(left["tag"], categories=catalogue["tag"]))
    first = ["customer_id", "tag", "value", "since", "until", "source", "typed", "how", "contradicted"]
    rest = [name for name in manual if name not in {"customer_id", "tag", "tagged_at"}]
    return left[[*first, *rest]].sort_values(["customer_id", "since"], ignore_index=True), account


def read_words(typed: pd.Series, catalogue: pd.DataFrame) -> pd.DataFrame:
    """What each word typed by hand means: typed, rows (how often), tag, how; most frequent first.

    how: "name" of a tag in either language, one of its "synonym"s, or a "slip": the one tag whose words it resembles most,
    at least 0.6 by difflib, and never across a "not". Blank: nobody can tell; a person adds it to the synonyms.
    """
    words = _words(catalogue)
    table = typed.value_counts().rename_axis("typed").rename("rows").reset_index()
    meant = [_meant(word, words) for word in table["typed"]]
    return table.assign(tag=[each[0] for each in meant], how=[each[1] for each in meant])


def _plain(word: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", str(word))).strip().lower()


def _words(catalogue: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Plain word -> its tag, and whether it is the name or a synonym; a name goes before a synonym."""
    words = {}
    for row in catalogue.itertuples():
        words |= {_plain(word): (row.tag, "synonym") for word in row.synonyms.split("|") if word.strip()} | words
    return words | {
        _plain(name): (row.tag, "name") for row in catalogue.itertuples() for name in (row.name_zh, row.name_en)
    }


def _not(word: str) -> bool:
    return bool(re.search(r"[不没无非]|\b(not?|never)\b", word))


def _meant(typed: str, words: dict) -> tuple[str | None, str | None]:
    word = _plain(typed)
    if word in words:
        return words[word]
    like: dict[str, float] = {}
    for known, (tag, _) in words.items():
        if _not(known) == _not(word):
            like[tag] = max(like.get(tag, 0), difflib.SequenceMatcher(None, word, known).ratio())
    best = sorted(like, key=like.get, reverse=True)[:2]
    clear = best and like[best[0]] >= NEAR and (len(best) == 1 or like[best[0]] > like[best[1]])
    return (best[0], "slip") if clear else (None, None)


def compare(found: pd.DataFrame, reference: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """How good tags are against others that are taken as right (automatic ones, or for trainers the truth).

    Only tags that both tables use are compared. Whoever has no tag of the group in the reference is unknown, not wrong,
    and left out of ``found``.

    Returns a row a tag and a last one for all: tag, found, unknown, reference (customers who should have it), both;
    precision (查准率) = both / found and recall (查全率) = both / reference, each with its 95% Wilson bounds:
    precision_low, precision_high, recall_low, recall_high.
    """
    group = catalogue.set_index("tag")["group"]
    first, second = (
        each[["customer_id", "tag"]].astype({"tag": "str"}).drop_duplicates().assign(group=lambda x: x["tag"].map(group))
        for each in (found, reference)
    )  # fmt: skip
    first = first[first["tag"].isin(second["tag"])]
    judged = first.merge(second[["customer_id", "group"]].drop_duplicates(), on=["customer_id", "group"])
    counts = pd.DataFrame({
        "found": judged["tag"].value_counts(),
        "unknown": first["tag"].value_counts() - judged["tag"].value_counts(),
        "reference": second.loc[second["tag"].isin(first["tag"]), "tag"].value_counts(),
        "both": judged.merge(second, on=["customer_id", "group", "tag"])["tag"].value_counts(),
    })
    counts = counts.reindex([each for each in catalogue["tag"] if each in counts.index]).fillna(0).astype(int)
    counts.loc[say(zh="合计", en="all")] = counts.sum()
    for name, base in (("precision", "found"), ("recall", "reference")):
        each = rate(counts["both"], counts[base])
        counts[name], counts[f"{name}_low"], counts[f"{name}_high"] = each
    return counts.rename_axis("tag").reset_index()
