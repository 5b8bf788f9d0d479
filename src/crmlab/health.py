"""What the member-health report says: an orders file in, the figures and sentences of the report out.

The report template calls `examine` once; every section of it is one function of the `Health` that comes back.
"""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from crmlab import retention, rfm, tagging
from crmlab.language import label, say, t
from crmlab.members import Members, read_both
from crmlab.orders import COUNTED, Imported, capabilities, counted_orders
from crmlab.text import Problem, closest

QUARTER = 91  # days: thirteen whole weeks, so that weekdays match between two quarters
YEAR = 364
SMALL = 30  # a class of fewer customers is too small to say anything of its rate


class CannotReport(Problem):
    """The data cannot carry the report; the message is one sentence for the reader."""


@dataclass
class Health:
    """One store's orders on one day and, where the file says who bought, its customers.

    `scored` is a `crmlab.rfm.score` and `before` the same 91 days earlier; both are None in a report of orders alone, which
    `missing` explains. `as_of` is None only where no order has a pay time. `catalogue`: `crmlab.tagging.read_catalogue`;
    `terms`: of a win-back plan, see `crmlab.recall.TERMS`; both None where not asked for.
    """

    orders: pd.DataFrame
    counted: pd.DataFrame
    scored: pd.DataFrame | None
    before: pd.DataFrame | None
    returns: pd.DataFrame | None
    as_of: pd.Timestamp | None
    imported: Imported
    parameters: dict
    sources: list[Path]
    members: Members | None = None
    missing: str = ""
    catalogue: pd.DataFrame | None = None
    terms: dict | None = None

    @property
    def by_customer(self) -> bool:
        return self.scored is not None

    @cached_property
    def sold(self) -> pd.DataFrame:
        """Orders the shop kept money from, whoever bought."""
        return self.orders[self.orders["amount"].gt(0) & self.orders["status"].isin(COUNTED)]

    @cached_property
    def paid(self) -> pd.DataFrame:
        """Orders that money came in for, those refunded since included; credit notes left out."""
        return self.orders[self.orders["status"].isin(COUNTED | {"refunded"}) & self.orders["gross"].ge(0)]

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """`crmlab.retention.cohorts` of the orders."""
        return retention.cohorts(self.orders, self.as_of)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """`crmlab.retention.repurchase` of the orders."""
        return retention.repurchase(self.orders, self.as_of)

    @cached_property
    def tagged(self):
        """`crmlab.deliver.tags.of_orders`."""
        from crmlab.deliver import tags

        return tags.of_orders(self)

    @property
    def set_aside(self) -> pd.DataFrame:
        """Rows not taken, of the orders and of the member list."""
        parts = [self.imported.set_aside, *([self.members.set_aside] if self.members else [])]
        return pd.concat(parts, ignore_index=True)

    @property
    def rule(self) -> str:
        return self.scored.attrs["rule"]

    @property
    def cuts(self) -> dict:
        return self.scored.attrs["cuts"]

    @property
    def first_day(self) -> pd.Timestamp:
        return (self.counted if self.by_customer else self.sold)["paid_at"].min().normalize()

    @property
    def history(self) -> int:
        """Whole days between the first counted order and `as_of`."""
        return (self.as_of - self.first_day).days

    def money_between(self, after_days_ago: int, until_days_ago: int = 0) -> pd.DataFrame:
        """Counted orders of the days (as_of - after_days_ago, as_of - until_days_ago]."""
        day = self.counted["paid_at"].dt.normalize()
        low, high = (self.as_of - pd.Timedelta(days=d) for d in (after_days_ago, until_days_ago))
        return self.counted[(day > low) & (day <= high)]


def read_cuts(path: str | Path) -> tuple[dict, str | None]:
    """Cuts (and the rule, where it stands there) of last month's manifest.json, or of a JSON or TOML file of cuts.

    Raises ValueError, with a sentence, for a file that holds no cuts.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        cuts = found.get("cuts", found)
        cuts = {part: cuts[part] for part in ("scores", "lines") if part in cuts}
        numbers = [
            each
            for part in cuts.values()
            for cut in part.values()
            for each in (cut if isinstance(cut, list) else [cut])
        ]
        if not numbers or not all(each is None or isinstance(each, int | float) for each in numbers):
            raise ValueError
        return cuts, found.get("rule")
    except (OSError, ValueError, AttributeError, TypeError):
        raise ValueError(
            say(
                zh=f"{path.name} 里没有切点。请用上个月的 manifest.json，或写有 scores、lines 的 JSON、TOML 文件。",
                en=f"{path.name} holds no cuts. Use last month's manifest.json, or a JSON or TOML file with scores "
                "or lines.",
            )
        ) from None


def examine(
    orders_file: str | list[str] = "",
    mapping_file: str = "",
    as_of: str = "",
    rule: str = "",
    cuts_file: str = "",
    store: str = "",
    out_dir: str = "",
    members_file: str | list[str] = "",
    require: str = "",
    catalogue: str = "",
    terms: dict | None = None,
) -> Health:
    """Read the orders (of one `store`, if named), score the customers, and look a quarter back where history allows.

    "" means: the shipped yunmu orders, no mapping, the last order's day, the cuts' own rule or the mean, no cuts, every
    store, no files, no member list, nothing required. Where the orders do not say who bought, the member list may (see
    `crmlab.members.join_customers`); else the result is of orders alone. `require` is a part (key of ``[[parts]]`` in
    exports.toml) without which there is to be no report. `catalogue`: of tags, as `crmlab.tagging.read_catalogue` takes
    it. `terms`: of a win-back plan, some or all of `crmlab.recall.TERMS`. Raises CannotReport with one sentence where the data cannot
    carry it; with `out_dir` the import report, the manifest and a draft mapping are written before that.
    """
    parameters = {k: v for k, v in locals().items() if k not in ("out_dir", "terms")} | (terms or {})
    from crmlab import deliver, recall, returning

    sources, lists = (
        [Path(p) for p in ([given] if isinstance(given, str) else given) if p] for given in (orders_file, members_file)
    )
    imported = members = scored = before = returns = None
    try:
        recall.check(terms or {})
        cuts, cut_rule = read_cuts(cuts_file) if cuts_file else ({}, None)
        rules = tagging.read_catalogue(catalogue) if catalogue else None
        imported, members = read_both(sources or shipped_orders(), lists, mapping_file, sys.stderr.isatty())
        orders = _of_store(imported.orders, store)
        parts = capabilities(imported).set_index("key")
        if require and not parts["ok"].get(require, False):
            raise CannotReport(_sentence_of(parts, require))
        day = _reference_day(orders, imported.orders, as_of)
        if day is not None:
            orders = orders[orders["paid_at"].isna() | (orders["paid_at"] < day + pd.Timedelta(days=1))]
        if parts.loc["rfm", "ok"]:
            table = rfm.summary(orders, day)
            scored = rfm.score(table, rule or cut_rule or "mean", cuts=cuts)
            history = (day - table["first_paid"].min().normalize()).days
            if require == "retention" and history < returning.WITHIN:
                raise CannotReport(returning.why_short(history))
        missing = "" if scored is not None else _only_orders(parts.loc["rfm", "sentence"])
    except (Problem, ValueError) as problem:
        if out_dir:
            report = imported.report if imported else getattr(problem, "report", None) or {}
            aside = imported.set_aside if imported else None
            deliver.write_refusal(Path(out_dir), str(problem), parameters, [*sources, *lists], report, aside)
            if draft := getattr(problem, "mapping", None):
                deliver.save_draft(draft, Path(out_dir))
        raise CannotReport(str(problem)) from None
    if scored is not None and history >= 2 * QUARTER:
        earlier = day - pd.Timedelta(days=QUARTER)
        before = rfm.score(rfm.summary(orders, earlier), scored.attrs["rule"], scored.attrs["cuts"])
        returns = rfm.return_table(rfm.outcome(before, orders, earlier, QUARTER))
    return Health(
        orders, counted_orders(orders), scored, before, returns, day, imported, parameters, [*sources, *lists], members, missing,
        rules, terms,
    )  # fmt: skip


def _sentence_of(parts: pd.DataFrame, key: str) -> str:
    if key in parts.index:
        return parts.loc[key, "sentence"]
    near = closest(key, parts.index)
    return say(
        zh=f"没有叫 {key} 的部分" + (f"，是不是 {near}？" if near else f"，可以写：{'、'.join(parts.index)}。"),
        en=f"There is no part called {key}" + (f"; did you mean {near}?" if near else f"; possible: {', '.join(parts.index)}."),
    )  # fmt: skip


def _only_orders(why: str) -> str:
    """The first line of a report of orders alone."""
    return say(zh=f"这份报告只看订单，不看客户。{why}", en=f"This report is about orders, not customers. {why}")


def _reference_day(orders: pd.DataFrame, every: pd.DataFrame, as_of: str) -> pd.Timestamp | None:
    """`as_of`, else the day of the last paid order; None where no order has a pay time. CannotReport: nothing up to it."""
    day = _day(as_of) if as_of else None
    dated = (orders if orders["paid_at"].notna().any() else every)["paid_at"].dropna()
    if day is None or dated.empty:
        return day if dated.empty else dated.max().normalize()
    if not (orders["paid_at"] < day + pd.Timedelta(days=1)).any():
        raise CannotReport(
            zh=f"{day:%Y-%m-%d} 之前没有一位客户付过款：最早的一笔在 {dated.min():%Y-%m-%d}。",
            en=f"Nobody paid up to {day:%Y-%m-%d}: the first order is of {dated.min():%Y-%m-%d}.",
        )
    return day


def _day(text: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(text).normalize()
    except ValueError:
        raise CannotReport(
            zh=f"参考日要写成 2026-06-30 这样，不是 {text}。",
            en=f"The reference day looks like 2026-06-30, not {text}.",
        ) from None


def shipped_orders() -> Path:
    """The shipped yunmu orders, so that the stored template shows something."""
    from crmlab import data

    return next(data.raw_folder("yunmu").parent.glob("orders.csv*"))


def _of_store(orders: pd.DataFrame, store: str) -> pd.DataFrame:
    if not store:
        return orders
    names = orders["store_id"].dropna().astype(str) if "store_id" in orders else pd.Series([], dtype=str)
    if names.empty:
        raise CannotReport(
            zh="文件里没有店铺这一列（store_id），不能按店铺出报告。请在映射文件里指出是哪一列，或去掉 --store。",
            en="The file has no store column (store_id). Name the column in a mapping file, or leave --store out.",
        )
    if store not in set(names):
        near = closest(store, names.unique())
        raise CannotReport(
            zh=f"文件里没有店铺“{store}”" + (f"，是不是“{near}”？" if near else f"，里面有 {names.nunique()} 家店。"),
            en=f"The file has no store '{store}'"
            + (f"; did you mean '{near}'?" if near else f"; it has {names.nunique()} stores."),
        )
    return orders[orders["store_id"].astype("str") == store]


def monday(h: Health, most: int = 3) -> pd.DataFrame:
    """The classes with most money at stake, without the one whose three letters are all low (there nothing is spent).

    Columns code, customers, year (yuan paid in the 364 days up to each customer's own last order), at_stake = year x
    the share of that class that did not buy by itself in the quarter before (all of it where history is short), and
    low, high (0..1): that quarter's return rate, 95% Wilson interval; missing for fewer than 30 customers.
    """
    orders = h.counted[["customer_id", "paid_at", "amount"]].merge(h.scored[["customer_id", "code", "last_paid"]])
    orders = orders[orders["paid_at"] > orders["last_paid"] - pd.Timedelta(days=YEAR)]
    table = orders.groupby("code").agg(customers=("customer_id", "nunique"), year=("amount", "sum")).reset_index()
    table = table[table["code"] != "R0F0M0"]
    if h.returns is None:
        table = table.assign(rate=0.0, low=float("nan"), high=float("nan"))
    else:
        known = h.returns.loc[h.returns["customers"] >= SMALL, ["code", "rate", "low", "high"]]
        table = table.merge(known, on="code", how="left")
    table["at_stake"] = (table["year"] * (1 - table.pop("rate").fillna(0.0))).round(2)
    return table.nlargest(most, "at_stake").reset_index(drop=True)


def _names() -> dict[str, str]:
    return {code: rfm.class_name(code) for code in rfm.CLASSES} | {"none": t("none")}


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the class's name beside its code."""
    table = table.copy()
    table.insert(1, "class_name", table["code"].map(_names()))
    return table


def class_table(h: Health) -> pd.DataFrame:
    """`crmlab.rfm.class_table` of the eight classes with names, medians (median_recency ...) and actions."""
    table = named(rfm.class_table(h.scored))
    whole = {column: table[column].round() for column in ("recency", "monetary")}
    table = table.assign(**whole, action=table["code"].map(rfm.action))
    return table.rename(columns={measure: f"median_{measure}" for measure in rfm.MEASURES})


def cuts_table(h: Health) -> pd.DataFrame:
    """The ruler of this report: a row a measure; where scores 2 to 5 begin, and where "high" begins."""
    rows = []
    for measure, letter in rfm.MEASURES.items():
        bounds, days = h.cuts["scores"][measure], measure == "recency"
        # recency is mirrored: the fewest days make the best score
        edges = [None, *bounds] if not days else [None, *reversed(bounds)]
        sign = "<" if days else "≥"
        cells = {
            f"score_{k}": "" if e is None else f"{sign} {e:,.10g}" for k, e in zip(range(2, 6), edges[1:], strict=True)
        }
        line = h.cuts["lines"][measure]
        high = say(zh="无人", en="nobody") if line is None else f"{'≤' if days else '≥'} {line:,.10g}"
        rows.append({"measure": label(measure), "letter": letter.upper(), **cells, "high_line": high})
    return pd.DataFrame(rows)


def orders_table(h: Health) -> pd.DataFrame:
    """Orders by status: orders, how many of them count (for a known customer, where there are customers), money kept (yuan)."""
    counts = h.counted if h.by_customer else h.sold
    table = h.orders.assign(counted=h.orders.index.isin(counts.index)).groupby("status", sort=False)
    table = table.agg(orders=("amount", "size"), counted=("counted", "sum"), amount=("amount", "sum")).reset_index()
    table["status"] = table["status"].map(lambda status: t(f"status_{status}"))
    return table.sort_values("orders", ascending=False, ignore_index=True)


def movers(h: Health) -> pd.DataFrame:
    """The customers of both days: code_before, code, monetary."""
    return h.before[["customer_id", "code"]].merge(h.scored, on="customer_id", suffixes=("_before", ""))


def largest_move(h: Health) -> tuple[str, str] | None:
    """(class before, class now) of the move that carries most money; None if nobody moved."""
    moved = movers(h).query("code != code_before").groupby(["code_before", "code"])["monetary"].sum()
    return moved.idxmax() if len(moved) else None


def moves_table(h: Health) -> pd.DataFrame:
    """Customers by class 91 days ago (rows) and now (columns); newcomers in the last row."""
    table = (
        rfm.moves(h.before, h.scored).pivot(index="from", columns="to", values="customers").fillna(0).astype("int64")
    )
    keys = [key for key in (*rfm.CLASSES, "none") if key in table.index]
    table = table.reindex(index=keys, columns=[code for code in rfm.CLASSES if code in table.columns])
    return table.rename(index=_names(), columns=_names()).rename_axis(index="from", columns=None).reset_index()


def returns_table(h: Health) -> pd.DataFrame:
    """`crmlab.rfm.return_table` of the quarter before `as_of`, class names beside the codes."""
    return named(h.returns).rename(columns={"buyers": "bought_again"})
