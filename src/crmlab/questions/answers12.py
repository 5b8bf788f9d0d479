"""Reference answers of lab 12, by plain pandas: an independent check of what the tagging package counts."""

from __future__ import annotations

import difflib
from functools import cache, cached_property

import pandas as pd

from crmlab import data, experiment, tagging
from crmlab.language import Said, language, say
from crmlab.orders import counted_orders

TABLES = (
    "members", "orders", "order_lines", "products", "coupons", "consents", "wecom_contacts", "level_history", "levels",
    "babies",
)  # fmt: skip
BACK = 92  # days since the tags were last put into WeCom, and not taken off again
AHEAD = 30  # days in which the model's customers may buy
CUT = 0.6  # the cut of 12.6
CALLS = 200  # invitations of 12.A3
NAME = 15  # characters of a name in WeCom
NEAR = 0.6  # similarity from which a misspelt word is read
WITHIN = 90  # days of the rule of 12.1
STEPS = ("again", "stale", "contradicted")  # the order of 12.4
DRAFT = (
    "new_buyer", "active", "quiet", "long_gone", "tier_premium", "tier_value", "level_4", "near_next_level",
    "coupon_regular", "price_sensitive", "rfm_r0f1m1",
)  # fmt: skip
TOO_LONG = {"zh": "老客户一到三个月没有来买过请关心", "en": "Quiet for one to three months"}
AT_LIMIT = {"zh": "三个月以上没有来买过的老客户们", "en": "Away for months"}  # NAME characters


@cache  # the lab and its checks share one: the facts take seconds
class Answers:
    """Reference answers by plain pandas from the tables of one company at one reference day."""

    def __init__(self, company: str, as_of: str):
        self.company, self.as_of = company, pd.Timestamp(as_of)
        self.spring = self.as_of - pd.Timedelta(days=BACK)
        self.formula = data.has(company, "babies")  # a company that follows yunmu
        self.catalogue = tagging.read_catalogue("yunmu" if self.formula else "morningcup")
        self.known = self.catalogue.set_index("tag")
        self.least, self.recent = (4, 60) if self.formula else (6, 30)
        self.fact_group, self.fact_tag = ("stage", "stage_1") if self.formula else ("drink", "drinks_tea")

    def name(self, tag: str) -> str:
        return self.known.at[tag, f"name_{language()}"]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        return {name: data.load(self.company, name) for name in TABLES if data.has(self.company, name)}

    @cached_property
    def facts(self) -> pd.DataFrame:
        return tagging.facts(self.tables, self.as_of)

    @cached_property
    def spring_facts(self) -> pd.DataFrame:
        return tagging.facts(self.tables, self.spring)

    def tagged(self, facts: pd.DataFrame, day) -> pd.DataFrame:
        return tagging.tag(facts, self.catalogue, day).astype({"tag": "str", "source": "str"})

    @cached_property
    def tags(self) -> pd.DataFrame:
        return self.tagged(self.facts, self.as_of)

    @cached_property
    def spring_tags(self) -> pd.DataFrame:
        return self.tagged(self.spring_facts, self.spring)

    @cached_property
    def ago(self) -> pd.DataFrame:
        """Every order up to the reference day: customer_id, days ago, whether it counts."""
        orders = self.tables["orders"]
        table = pd.DataFrame({"customer_id": orders["customer_id"], "paid_at": orders["paid_at"]})
        table["counts"] = orders["order_id"].isin(counted_orders(orders)["order_id"])
        table["ago"] = (self.as_of - table["paid_at"].dt.normalize()).dt.days
        return table[(table["ago"] >= 0) & table["customer_id"].notna()]

    # 12.A1

    def holders(self, what: str, least: int, back: int = 0) -> set[str]:
        """Whom a definition of "regular" names ``back`` days before the reference day.

        recent: an order in the last ``least`` days; weeks: orders in so many of the last 8 weeks; orders: so many orders in
        90 days, the last of them up to ``recent`` days ago; ever: so many orders since joining.
        """
        rows = self.ago[self.ago["counts"] & (self.ago["ago"] >= back)]
        ago = rows["ago"] - back
        who = rows["customer_id"]
        if what == "recent":
            return set(who[ago <= least])
        if what == "weeks":
            counts = (ago[ago < 56] // 7).groupby(who).nunique()
        else:
            counts = who[ago < WITHIN].value_counts() if what == "orders" else who.value_counts()
        found = set(counts.index[counts >= least])
        return found & set(who[ago <= self.recent]) if what == "orders" else found

    def measures(self, what: str, least: int) -> dict:
        """customers, coverage; kept: of those it named 30 days ago, the share it names today; seen: the share of its
        customers with an order in the last 30 (60) days; alike: overlap (Jaccard) with the tag "active"."""
        now, then = self.holders(what, least), self.holders(what, least, back=30)
        seen = self.holders("recent", self.recent)
        active = set(self.tags.loc[self.tags["tag"] == "active", "customer_id"])
        return {
            "customers": len(now),
            "coverage": len(now) / len(self.facts),
            "kept": len(now & then) / max(len(then), 1),
            "seen": len(now & seen) / max(len(now), 1),
            "alike": len(now & active) / max(len(now | active), 1),
        }

    @cached_property
    def choices(self) -> dict[str, tuple[str, int]]:
        return {"a": ("recent", self.recent), "b": ("weeks", 5), "c": ("orders", self.least), "d": ("ever", 20)}

    @cached_property
    def definitions(self) -> pd.DataFrame:
        """The definitions of 12.A1 by letter, measured; which of the four demands each breaks."""
        table = pd.DataFrame({letter: self.measures(*choice) for letter, choice in self.choices.items()}).T
        table["broken"] = [
            [
                name
                for name, bad in {
                    "coverage": not 0.05 <= row.coverage <= 0.15,
                    "kept": row.kept < 0.6,
                    "seen": row.seen < 0.8,
                    "alike": row.alike >= 0.5,
                }.items()
                if bad
            ]
            for row in table.itertuples()
        ]
        return table

    def regular_line(self, least: int) -> pd.DataFrame:
        """12.A1's third definition with another line, measured."""
        return pd.DataFrame([self.measures("orders", least)])

    # 12.1

    @cached_property
    def rule(self) -> str:
        return f"orders_90d >= {self.least} and recency_days <= {self.recent}"

    def regulars(self, least=None, days=WITHIN, recent=None, counted=True, join="and", midnight=False) -> set[str]:
        rows = self.ago[self.ago["counts"]] if counted else self.ago
        rows = rows[rows["paid_at"] <= self.as_of] if midnight else rows
        counts = rows.loc[rows["ago"] < days, "customer_id"].value_counts()
        many = set(counts.index[counts >= (least or self.least)])
        last = rows.groupby("customer_id")["ago"].min()
        late = set(last.index[last <= (recent or self.recent)])
        return many & late if join == "and" else many | late

    # what hangs in WeCom: 12.2, 12.3

    @cached_property
    def marked(self) -> pd.DataFrame:
        """Tags in WeCom: those of ``spring``, never taken off, and those of today; contacts of today only."""
        rows = pd.concat([self.spring_tags, self.tags], ignore_index=True)
        contacts = self.facts.loc[self.facts["wecom_contact"].fillna(False).astype(bool), "customer_id"]
        use = rows["tag"].map(self.known["use"])
        rows = rows[rows["customer_id"].isin(contacts) & (use != "internal")]
        rows = rows[["customer_id", "tag", "since", "until", "source"]]
        return rows.sort_values(["customer_id", "since", "tag"], ignore_index=True)

    def contradicted(
        self, exclusive_only: bool = True, distinct: bool = True, live=False, grouped=True
    ) -> pd.DataFrame:
        """Customer and group with more than one tag: customer_id, group, tags (how many)."""
        rows = self.marked.assign(group=self.marked["tag"].map(self.known["group"]))
        rows = rows[rows["until"] >= self.as_of] if live else rows
        if exclusive_only:
            rows = rows[rows["tag"].map(self.known["exclusive"]) == "yes"]
        by = rows.assign(group=rows["group"] if grouped else "")
        by = by.groupby(["customer_id", "group"])["tag"]
        tags = (by.nunique() if distinct else by.size()).rename("tags").reset_index()
        return tags[tags["tags"] > 1]

    @cached_property
    def clash(self) -> int:
        return self.contradicted()["customer_id"].nunique()

    def expired(self, gone: pd.Series | None = None) -> pd.DataFrame:
        gone = self.marked["until"] < self.as_of if gone is None else gone
        return (
            gone
            .groupby(self.marked["tag"].map(self.known["refresh"]).rename("refresh"))
            .mean()
            .rename("expired")
            .reset_index()
        )

    # typed by hand: 12.4, 12.5

    @cached_property
    def manual(self) -> pd.DataFrame:
        rows = data.load(self.company, "manual_tags")
        return rows[rows["tagged_at"] < self.as_of + pd.Timedelta(days=1)].reset_index(drop=True)

    @cached_property
    def words(self) -> pd.Series:
        """Tag by word: the Chinese names and synonyms of the tags that people type by hand."""
        rows = self.catalogue[self.catalogue["synonyms"] != ""]
        words = {}
        for row in rows.itertuples():
            for word in row.synonyms.split("|"):
                if not word.isascii():
                    words[word] = row.tag
        return pd.Series(words | dict(zip(rows["name_zh"], rows["tag"], strict=True)), name="tag").rename_axis("word")

    def read(self, slips: bool = True, synonyms: bool = True) -> pd.Series:
        """The tag of each row of ``manual``; blank where nobody can tell."""
        words = self.words if synonyms else self.words[self.words.index.isin(self.catalogue["name_zh"])]
        meant = {}
        for word in self.manual["tag"].unique():
            near = difflib.get_close_matches(word, list(words.index), 1, NEAR) if slips else []
            meant[word] = words.get(word, words[near[0]] if near else None)
        return self.manual["tag"].map(meant)

    def cleaned(self, read=None, keep: str = "last", steps=STEPS, one_each=False, last_day=False) -> tuple:
        """The tags that stay, and the account: read, unknown, again, stale, contradicted, used."""
        rows = self.manual.assign(typed=self.manual["tag"], tag=self.read() if read is None else read)
        account = {"read": len(rows), "unknown": int(rows["tag"].isna().sum())}
        rows = rows.dropna(subset=["tag"]).sort_values("tagged_at", kind="stable")
        rows["group"] = rows["tag"].map(self.known["group"])
        last = rows["tagged_at"].dt.normalize() + pd.to_timedelta(
            rows["tag"].map(self.known["validity_days"]) - last_day, unit="D"
        )

        def drop(name, gone):
            account[name] = int(gone.sum())
            return rows[~gone]

        for step in steps:
            repeated = ["customer_id", "tag"] if step == "again" else ["customer_id", "group"]
            gone = rows.duplicated(["customer_id"] if one_each and step == "contradicted" else repeated, keep=keep)
            rows = drop(step, last[rows.index] < self.as_of if step == "stale" else gone)
        order = ("read", "unknown", "again", "stale", "contradicted", "used")
        account["used"] = len(rows)
        return rows, {name: account[name] for name in order}

    @cached_property
    def hand(self) -> pd.DataFrame:
        rows = self.cleaned()[0]
        return rows[["customer_id", "tag", "group", "tagged_at"]].sort_values("customer_id", ignore_index=True)

    @cached_property
    def by_rule(self) -> pd.DataFrame:
        """Tags of the group that can be looked up, by rule, of today: customer_id, tag."""
        group = self.tags["tag"].map(self.known["group"])
        return self.tags.loc[group == self.fact_group, ["customer_id", "tag"]].reset_index(drop=True)

    def held_against(self, rows: pd.DataFrame) -> dict[str, int]:
        """found, unknown (no tag of the group by rule), reference, both: of ``fact_tag``."""
        found = set(rows.loc[rows["tag"] == self.fact_tag, "customer_id"])
        able, right = (
            set(self.by_rule["customer_id"]),
            set(self.by_rule.loc[self.by_rule["tag"] == self.fact_tag, "customer_id"]),
        )
        return {
            "found": len(found & able), "unknown": len(found - able), "reference": len(right), "both": len(found & right)
        }  # fmt: skip

    @cached_property
    def quality(self) -> tuple[float, float, float, float]:
        """precision, its low and high, recall: of the hand tag against the rule."""
        n = self.held_against(self.hand)
        return (*experiment.rate(n["both"], n["found"]), n["both"] / n["reference"])

    @cached_property
    def quarrel(self) -> pd.DataFrame:
        """The newest word of the group for each customer, with the tag by rule: customer_id, tag, now, days (its age), wrong."""
        rows = self.manual.assign(tag=self.read()).dropna(subset=["tag"])
        rows = rows[rows["tag"].map(self.known["group"]) == self.fact_group].sort_values("tagged_at", kind="stable")
        rows = rows.drop_duplicates("customer_id", keep="last")
        rows = rows.merge(self.by_rule.rename(columns={"tag": "now"}), "left", "customer_id")
        rows["days"] = (self.as_of - rows["tagged_at"].dt.normalize()).dt.days
        return rows.assign(wrong=(rows["tag"] != rows["now"]) & rows["now"].notna())

    def by_age(self) -> pd.DataFrame:
        """Share of hand tags that disagree with the rule, by their age: age, n, rate, low, high."""
        rows = self.quarrel.dropna(subset=["now"])
        names = [
            say(zh=zh, en=en)
            for zh, en in (
                ("半年以内", "up to half a year"),
                ("半年到一年", "half a year to a year"),
                ("一年以上", "over a year"),
            )
        ]
        part = pd.cut(rows["days"], [-1, 182, 365, 10_000], labels=names)
        table = rows.groupby(part, observed=True)["wrong"].agg(["sum", "size"])
        rate, low, high = experiment.rate(table["sum"], table["size"])
        return pd.DataFrame({
            "age": table.index.astype("str"),
            "n": table["size"].to_numpy(),
            "rate": rate,
            "low": low,
            "high": high,
        }).reset_index(drop=True)

    # the model: 12.A3, 12.6

    @cached_property
    def bought(self) -> pd.Series:
        """True by customer_id for those who bought in the ``AHEAD`` days after ``spring``."""
        ahead = self.ago[self.ago["counts"] & self.ago["ago"].between(BACK - AHEAD, BACK - 1)]
        return pd.Series(True, index=ahead["customer_id"].unique())

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores from the facts of ``spring``: customer_id, score, held_out, bought (in the ``AHEAD`` days after)."""
        made = tagging.lookalike(self.spring_facts, self.bought)
        return made.scores.rename(columns={"wanted": "bought"})[["customer_id", "score", "held_out", "bought"]]

    def tagged_at(self, cut: float = CUT, rows: str = "held", above: bool = True) -> tuple[float, float]:
        """Precision and recall of the tag at a cut."""
        table = self.scores
        table = {"held": table[table["held_out"]], "train": table[~table["held_out"]], "all": table}[rows]
        picked = (table["score"] >= cut) == above
        both = (picked & table["bought"]).sum()
        return both / max(picked.sum(), 1), both / max(table["bought"].sum(), 1)

    def ways(self) -> pd.DataFrame:
        """Who is invited in each way of 12.A3, held-out customers only: n (the pool), hits, rate, low, high, recall; clear:
        whether the highest scores differ from the rest of the pool by more than luck."""
        held = self.scores[self.scores["held_out"]].sort_values("score", ascending=False, kind="stable")
        top = round(CALLS * len(held) / len(self.scores))
        ever = set(self.spring_facts.loc[self.spring_facts["orders"] >= 1, "customer_id"])
        pools = {
            "a": held["score"] >= 0.2,
            "b": pd.Series(range(len(held)), index=held.index) < top,
            "c": held["score"] >= 0.5,
            "d": held["customer_id"].isin(ever),
        }
        rows = {}
        for letter, pool in pools.items():
            hits, n = int(held.loc[pool, "bought"].sum()), int(pool.sum())
            best, rest = held.loc[pools["b"], "bought"], held.loc[pool & ~pools["b"], "bought"]
            apart = experiment.difference(best.sum(), len(best), rest.sum(), len(rest)) if len(rest) else None
            rows[letter] = {
                "clear": apart is not None and (apart.low > 0 or apart.high < 0),
                "n": n,
                "hits": hits,
                **experiment.rate(hits, n)._asdict(),
                "recall": hits / held["bought"].sum(),
            }
        return pd.DataFrame(rows).T.rename(columns={"value": "rate"})

    # WeCom: 12.7

    @cached_property
    def draft_tags(self) -> list[str]:
        """The tags of a colleague's draft."""
        return [*self.catalogue.loc[self.catalogue["group"] == self.fact_group, "tag"].head(2), *DRAFT]

    @property
    def draft(self) -> pd.DataFrame:
        """A colleague's draft for WeCom, in the reader's language: tag, group, tag_name, use. One name too long, one as long as may be, one twice."""
        lang = language()
        plan = self.known.loc[self.draft_tags, [f"group_{lang}", f"name_{lang}", "use"]].reset_index()
        plan = plan.set_axis(["tag", "group", "tag_name", "use"], axis=1)
        plan.loc[plan["tag"] == "quiet", "tag_name"] = TOO_LONG[lang]
        plan.loc[plan["tag"] == "long_gone", "tag_name"] = AT_LIMIT[lang]
        plan.loc[plan["tag"] == "tier_value", "tag_name"] = self.known.at["tier_premium", f"name_{lang}"]
        return plan

    @cached_property
    def today(self) -> pd.DataFrame:
        """Today's tags of the draft: customer_id, tag."""
        return self.tags.loc[self.tags["tag"].isin(self.draft_tags), ["customer_id", "tag"]].reset_index(drop=True)

    @cached_property
    def people(self) -> pd.DataFrame:
        flags = ["wecom_contact", "serve_wecom", "may_wecom", *(["baby_months"] if self.formula else [])]
        return self.facts[["customer_id", *flags]]

    def marks(self, limit=NAME, twice=False, internal=False, contact=True, consent="use", baby=True) -> pd.DataFrame:
        """Customers that may be marked, by tag; each argument undoes one rule."""
        plan = self.draft
        keep = plan["tag_name"].str.len() <= limit
        if twice != "both":
            keep &= ~plan.duplicated(["group", "tag_name"], keep=twice if twice in ("first", "last") else False)
        if not internal:
            keep &= plan["use"] != "internal"
        rows = self.today.merge(plan[keep], on="tag").merge(self.people, on="customer_id")
        flag = {
            name: rows[name].astype("boolean").fillna(False) for name in ("wecom_contact", "serve_wecom", "may_wecom")
        }
        allowed = {
            "use": flag["serve_wecom"].where(rows["use"] == "service", flag["may_wecom"]),
            "exchanged": flag["may_wecom"].where(rows["use"] == "service", flag["serve_wecom"]),
            "none": ~rows["tag"].isna(),
        }
        ok = allowed[consent] if consent in allowed else flag[consent]
        if contact:
            ok &= flag["wecom_contact"]
        if baby and self.formula:
            ok &= ~((rows["use"] == "price") & ~(rows["baby_months"] >= 12).fillna(False))
        return rows.loc[ok, "tag"].value_counts().rename_axis("tag").rename("customers").reset_index()

    def baby_rule(self) -> Said | None:
        """The rule that only a company with babies has."""
        return (
            say(
                zh="这家还有一条：价格类的标签（use 是 price），只标宝宝满 12 个月的（baby_months >= 12）；月龄不知道的，不标。",
                en="One more rule here: a price tag (use is price) goes only to families whose baby is 12 months or more (baby_months >= 12); unknown counts as no.",
            )
            if self.formula
            else None
        )
