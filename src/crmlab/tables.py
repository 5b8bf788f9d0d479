"""Tables made for reading: translated titles, rounded numbers, personal data masked."""

import re
from collections.abc import Sequence
from html import unescape
from itertools import count

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_float_dtype, is_integer_dtype
from pandas.api.types import is_numeric_dtype as is_numeric
from pandas.io.formats.style import Styler

from crmlab.language import PALETTE, label, say

SHOWN = 20  # rows shown unless more are asked for

_SHIPPED_ID = re.compile(r"[YM]\d{6}")
_PHONE = re.compile(r"(?:\+?86[- ]?)?(1\d{2})[- ]?(?:\d{4}|\*{4})[- ]?(\d{4})")
_EMAIL = re.compile(r"([^@\s])[^@\s]*@([^@\s]+)")
_HAN_NAME = re.compile(r"([\u4e00-\u9fff])[\u4e00-\u9fff·*]{1,3}")
# "name" alone is a person's; product_name or segment_name is not
_PERSONAL = re.compile(
    r"^(?:(?:member|customer|user|full|baby|receiver|buyer)_?)?name$|customer_id|member_id|user_id|buyer(?!s)|receiver"
    r"|phone|mobile|^tel|e-?mail|wechat|openid|unionid|address|nick|id_?card"
    r"|手机|电话|姓名|收货人|收件人|地址|邮箱|微信|昵称|会员名|会员号|客户编号|买家|身份证",
    re.IGNORECASE,
)
_ids = count(1)


def mask(text) -> str:
    """Hide a personal value: 138****1234, a***@x.com, 张*; anything else keeps its first and its last two characters.

    Ids of the shipped, made-up companies (``Y000123``, ``M000123``) pass. A missing value gives "".
    """
    if pd.isna(text):
        return ""
    text = str(int(text)) if isinstance(text, float) and text.is_integer() else str(text).strip()
    if _SHIPPED_ID.fullmatch(text):
        return text
    if phone := _PHONE.fullmatch(text):
        return f"{phone[1]}****{phone[2]}"
    if email := _EMAIL.fullmatch(text):
        return f"{email[1]}***@{email[2]}"
    if name := _HAN_NAME.fullmatch(text):
        return f"{name[1]}*"
    return f"{text[0]}***{text[-2:]}" if len(text) >= 4 else f"{text[:1]}***"


def _masked(column: pd.Series) -> pd.Series:
    if _PERSONAL.search(str(column.name)):
        return column.map(mask)
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        # a phone or an address under any other title
        loose = column.map(lambda v: isinstance(v, str) and bool(_PHONE.fullmatch(v) or _EMAIL.fullmatch(v)))
        if loose.any() and not str(column.name).endswith("_id"):
            return column.where(~loose.astype(bool), column.map(mask))
    return column


def yuan(value: float, digits: int = 0) -> str:
    """Money in a sentence: ¥1,234, and −¥12 below zero."""
    return f"{'−' if value < 0 else ''}¥{abs(value):,.{digits}f}"


def points(share: float, sign: str = "", digits: int = 0) -> str:
    """A difference of shares in points, for a sentence: 0.27 is 27; −3 below zero; +27 with ``sign="+"``."""
    number = round(100 * share, digits) + 0.0  # no minus before a zero
    return f"{number:{sign}.{digits}f}".replace("-", "−")


def _money(values: pd.Series):
    whole = values.dropna().abs()
    digits = 0 if (whole % 1 == 0).all() or whole.max() >= 10_000 else 2
    return lambda value: yuan(value, digits)


def _signed(pattern: str):
    """A number with a minus sign, not a hyphen, below zero."""
    return lambda value: format(value, pattern).replace("-", "−")


def _format(values: pd.Series):
    if is_bool_dtype(values):
        return lambda value: say(zh="是", en="yes") if value else say(zh="否", en="no")
    if is_integer_dtype(values):
        return _signed("d" if values.name == "year" else ",")
    if is_float_dtype(values):
        return _signed(",.0f" if (values.dropna() % 1 == 0).all() else ",.2f")
    if is_datetime64_any_dtype(values):
        days = (values.dropna() == values.dropna().dt.normalize()).all()
        return "{:%Y-%m-%d}" if days else "{:%Y-%m-%d %H:%M}"
    return None


def show(
    table: pd.DataFrame | pd.Series,
    money: str | Sequence[str] = (),
    percent: str | Sequence[str] = (),
    bars: str | Sequence[str] = (),
    light: str | None = None,
    rows: int | None = None,
) -> Styler:
    """A table formatted for people, as a pandas Styler.

    table: any DataFrame or Series; a named index becomes columns. money, percent (shares 0 to 1), bars: column names.
    light: a customer_id whose rows are marked. rows: how many rows to show (default 20); lit rows always show.
    Personal columns are masked. Raises KeyError, with a sentence, for a column that is not there.
    """
    money, percent, bars = ([names] if isinstance(names, str) else list(names) for names in (money, percent, bars))
    if isinstance(table, pd.Series):
        table = table.to_frame()
    if not isinstance(table.index, pd.RangeIndex):
        table = table.reset_index(names=[name if name is not None else " " for name in table.index.names])
    for name in (*money, *percent, *bars):
        if name not in table.columns:
            raise KeyError(
                say(
                    zh=f"表里没有“{name}”这一列，只有：{'、'.join(map(str, table.columns))}",
                    en=f"The table has no column {name!r}; it has: {', '.join(map(str, table.columns))}",
                )
            )
    total = len(table)
    table = table.reset_index(drop=True)
    lit = table["customer_id"].astype(str).eq(light) if light and "customer_id" in table else table.index < 0
    kept = lit | (table.index < (rows or SHOWN))
    part, lit_rows = table[kept].reset_index(drop=True), set(np.flatnonzero(np.asarray(lit)[kept]))

    part = part.apply(_masked)
    formats = {name: _money(part[name]) for name in money} | dict.fromkeys(percent, _signed(".1%"))
    formats |= {name: made for name in part.columns if name not in formats and (made := _format(part[name]))}
    if lit_rows:
        part["customer_id"] = [f"▸ {v}" if i in lit_rows else v for i, v in part["customer_id"].items()]
    titles = {name: _title(name) for name in part.columns}
    if len(set(titles.values())) < len(titles):  # two columns of one title: their own names tell them apart
        titles = {name: str(name) for name in titles}
    part.columns = list(titles.values())

    style = Styler(part, cell_ids=False).hide(axis="index").format_index(escape="html", axis=1)
    numbers = {title for title in part.columns if is_numeric(part[title]) and not is_bool_dtype(part[title])}
    formats = {titles[name]: made for name, made in formats.items()}
    # a figure, a day, an id or a short word keeps to its line; only long text may wrap
    wraps = set(part.columns) - set(formats) - {titles.get("customer_id")}
    wraps = {title for title in wraps if part[title].astype("str").str.len().max() > 12}
    style = style.format(formats, na_rep="—", escape="html").set_table_styles([
        {"selector": "td", "props": "white-space: nowrap"}
    ])
    style = style.set_table_styles(
        {
            title: [
                {
                    "selector": "",
                    "props": f"text-align: {'right' if title in numbers else 'left'}"
                    + ("; white-space: normal" if title in wraps else ""),
                }
            ]
            for title in part.columns
        },
        overwrite=False,
    )
    for name in bars:
        low = min(0, part[titles[name]].min())
        style = style.bar(subset=[titles[name]], color="#BFD9EC", vmin=low, align="zero" if low < 0 else "left")
    if lit_rows:
        mark = f"font-weight: bold; background-color: #FFF1CC; color: {PALETTE['ink']}"
        style = style.apply(lambda row: [mark if row.name in lit_rows else ""] * len(row), axis=1)
    if not total:
        style = style.set_caption(say(zh="没有符合条件的行", en="no rows"))
    if total > len(part):
        style = style.set_caption(
            say(zh=f"共 {total:,} 行，这里是 {len(part)} 行", en=f"{len(part)} of {total:,} rows")
        ).set_table_styles(
            [{"selector": "caption", "props": "caption-side: bottom; text-align: left"}], overwrite=False
        )
    return style


def _title(name) -> str:
    return " · ".join(map(label, filter(None, name))) if isinstance(name, tuple) else label(name)


def as_text(styler) -> str:
    """The plain-text twin of a table: the same rows, aligned."""
    head, *rows = (unescape(line).split("\x1f") for line in styler.to_string(delimiter="\x1f").splitlines())
    with pd.option_context("display.unicode.east_asian_width", True):
        plain = pd.DataFrame([[cell.strip() for cell in row] for row in rows], columns=head).to_string(index=False)
    return f"{plain}\n{styler.caption}" if styler.caption else plain


def as_html(styler) -> str:
    """HTML with an id that counts up in place of a random one: the same notebook gives the same bytes."""
    return styler.to_html(table_uuid=f"t{next(_ids)}")


def register() -> None:
    """In a notebook: Stylers show as `as_html`, with `as_text` as their text."""
    from IPython import get_ipython

    if shell := get_ipython():
        formatters = shell.display_formatter.formatters
        formatters["text/html"].for_type(Styler, as_html)
        formatters["text/plain"].for_type(Styler, lambda styler, printer, cycle: printer.text(as_text(styler)))
