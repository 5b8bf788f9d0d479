"""A tag plan for WeCom: which tags in which groups, which customer gets which, and the ids of the tags where known.

Limits (the safe rule: consoles and interfaces differ): a name at most 15 characters, 100 tags a group, 3,000 in all, a name once in
its group. A plan beyond them is refused, never cut to fit.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from crmlab import cleaning, rfm
from crmlab.cleaning import exports, plain
from crmlab.language import say
from crmlab.reading import ImportProblem, read_bytes, read_table
from crmlab.text import Problem

NAME, GROUP, TOTAL = 15, 100, 3000


def of_segments(scored: pd.DataFrame) -> pd.DataFrame:
    """A `crmlab.rfm.score` as assignments: customer_id, group, tag; a group of the eight classes, one of the R x F grid."""
    names = {key: rfm.segment_name(key) for key in set(rfm.GRID.values())}
    names["potential_loyalist"] = say(zh="潜在忠诚", en="Potential loyal")  # the full English name has 18 characters
    parts = [
        (say(zh="RFM 八类", en="RFM class"), scored["code"].map({code: rfm.class_name(code) for code in rfm.CLASSES})),
        (say(zh="R×F 分群", en="RxF segment"), scored["segment"].map(names)),
    ]
    tables = [
        pd.DataFrame({"customer_id": scored["customer_id"], "group": str(name), "tag": tag}) for name, tag in parts
    ]
    return pd.concat(tables, ignore_index=True)


def library_of_segments() -> pd.DataFrame:
    """group, tag: every tag a plan of segments may use, so that last month's can be taken off."""
    grid = list(dict.fromkeys(rfm.GRID.values()))
    codes = [rfm.CLASSES[n % len(rfm.CLASSES)] for n in range(len(grid))]
    every = pd.DataFrame({"customer_id": "", "code": codes, "segment": grid})
    return of_segments(every)[["group", "tag"]].drop_duplicates(ignore_index=True)


def read_library(path: str | Path) -> pd.DataFrame:
    """The user's own tag library: group_name, group_id, name, id; from get_corp_tag_list (JSON) or a table of tags.

    Deleted tags are left out. Raises ImportProblem for anything else.
    """
    path = Path(path)
    data = read_bytes(path)
    columns = exports()["members"]["taglist"]
    try:
        found = (
            json.loads(data.decode("utf-8-sig")) if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[") else None
        )
        if found is not None:
            groups = found if isinstance(found, list) else found["tag_group"]
            rows = [
                (group["group_name"], group.get("group_id"), tag["name"], tag.get("id"))
                for group in groups
                for tag in group.get("tag", [])
                if not tag.get("deleted") and not group.get("deleted")
            ]
            return pd.DataFrame(rows, columns=["group_name", "group_id", "name", "id"], dtype="str")
        table = read_table(path, {"columns": {name: name for names in columns.values() for name in names}})
        heads = [plain(header) for header in table.headers]
        at = {
            field: next((heads.index(plain(each)) for each in names if plain(each) in heads), None)
            for field, names in columns.items()
        }
        if at["group_name"] is None or at["name"] is None or at["id"] is None:
            raise KeyError("group_name, name, id")
        cells = {
            field: cleaning.text(table.cells[n]) if n is not None else pd.Series(pd.NA, table.cells.index, dtype="str")
            for field, n in at.items()
        }
        return pd.DataFrame(cells).dropna(subset=["name"]).reset_index(drop=True)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise ImportProblem(
            zh=f"{path.name} 不是企微标签库：要 get_corp_tag_list 的 JSON，或带“标签组名称、标签名称、标签 ID”三列的表。",
            en=f"{path.name} is no WeCom tag library: it needs the JSON of get_corp_tag_list, or a table with the columns "
            "group_name, name and id.",
        ) from None


def plan(
    assignments: pd.DataFrame,
    version: str,
    people: pd.DataFrame | None = None,
    library: pd.DataFrame | None = None,
    vocabulary: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, dict]:
    """The plan as a table (one row a customer and group) and as a document for machines.

    assignments: customer_id, group, tag. Whoever has none in a group is asked to hold none of it. people: customer_id, external_id, staff_id.
    library: `read_library`. vocabulary: group, tag: further tags of the groups, which are taken off where they stood.
    Names stay the same from month to month, so that next month's plan finds this month's ids; `version` says which month.
    Raises Problem, with the group and the tag, beyond WeCom's limits.
    """
    tags = pd.concat([vocabulary, assignments[["group", "tag"]]]).drop_duplicates(ignore_index=True)
    check(tags, library)
    tags["tag_id"], group_ids = _ids(tags, library)
    table = assignments.merge(tags, on=["group", "tag"], how="left")
    known = people.set_index("customer_id") if people is not None else pd.DataFrame(columns=["external_id", "staff_id"])
    for column in ("external_id", "staff_id"):
        table[column] = table["customer_id"].map(known[column]).astype("str")
    table = table.rename(
        columns={"external_id": "external_userid", "staff_id": "userid", "group": "group_name", "tag": "tag_name"}
    )
    table["version"] = version
    table = table[["version", "customer_id", "external_userid", "userid", "group_name", "tag_name", "tag_id"]]
    counts = assignments.value_counts(["group", "tag"])
    ids_of = {group: part["tag_id"].dropna().tolist() for group, part in tags.groupby("group", sort=False)}
    ready = table.dropna(subset=["external_userid", "tag_id"])
    held = ready.groupby(["customer_id", "group_name"], sort=False)
    held = held.agg(userid=("userid", "first"), external_userid=("external_userid", "first"), add=("tag_id", list))
    marks = [
        {
            "userid": None if pd.isna(row.userid) else row.userid,
            "external_userid": row.external_userid,
            "add_tag": row.add,
            "remove_tag": [each for each in ids_of[row.Index[1]] if each not in row.add],
        }
        for row in held.itertuples()
    ]
    friends = known.dropna(subset=["external_id"])
    for group, ids in ids_of.items():
        if ids:  # no tag of this group this time
            rest = friends[~friends.index.isin(assignments.loc[assignments["group"] == group, "customer_id"])]
            marks += [
                {
                    "userid": None if pd.isna(row.staff_id) else row.staff_id,
                    "external_userid": row.external_id,
                    "add_tag": [],
                    "remove_tag": ids,
                }
                for row in rest.itertuples()
            ]
    groups = [
        {
            "group_name": group,
            "group_id": group_ids.get(group),
            "tag": [
                {"name": row.tag, "id": None if pd.isna(row.tag_id) else row.tag_id, "customers": int(counts.get((group, row.tag), 0))}
                for row in part.itertuples()
            ],
        }
        for group, part in tags.groupby("group", sort=False)
    ]  # fmt: skip
    return table, {"version": version, "limits": {"name": NAME, "tags_a_group": GROUP, "tags": TOTAL},
                   "tags_without_id": int(tags["tag_id"].isna().sum()), "groups": groups, "mark_tag": marks}  # fmt: skip


def check(tags: pd.DataFrame, library: pd.DataFrame | None = None) -> None:
    """Raise Problem where the tags (columns group, tag), with those that WeCom has already, go beyond its limits."""
    for what, names in ((say(zh="标签组", en="group"), tags["group"]), (say(zh="标签", en="tag"), tags["tag"])):
        for name in names:
            if not name or len(name) > NAME or not name.isprintable() or name != name.strip():
                raise Problem(
                    zh=f"{what}“{name}”（{len(name)} 个字符）企微收不下：要 1 到 {NAME} 个能显示的字符。",
                    en=f"WeCom does not take the {what} “{name}” ({len(name)} characters): it wants 1 to {NAME} visible ones.",
                )
    twice = tags[tags.assign(tag=tags["tag"].str.casefold()).duplicated()]
    if len(twice):
        group, name = twice.iloc[0][["group", "tag"]]
        raise Problem(
            zh=f"标签组“{group}”里有两个“{name}”，同一组里不能重名。", en=f"Group “{group}” has the tag “{name}” twice."
        )
    have = (
        library.rename(columns={"group_name": "group", "name": "tag"})[["group", "tag"]]
        if library is not None
        else None
    )
    every = pd.concat([have, tags[["group", "tag"]]]).drop_duplicates()
    sizes = every["group"].value_counts()
    sizes = sizes[sizes.index.isin(tags["group"])]
    if sizes.max() > GROUP:
        raise Problem(
            zh=f"标签组“{sizes.idxmax()}”要放 {sizes.max():,} 个标签，一组最多 {GROUP} 个。",
            en=f"Group “{sizes.idxmax()}” would hold {sizes.max():,} tags; a group holds {GROUP} at most.",
        )
    if len(every) > TOTAL:
        raise Problem(
            zh=f"标签一共会有 {len(every):,} 个，企微最多 {TOTAL:,} 个。先删去不用的再来。",
            en=f"There would be {len(every):,} tags in all; WeCom takes {TOTAL:,}. Delete those not in use first.",
        )


def _ids(tags: pd.DataFrame, library: pd.DataFrame | None) -> tuple[pd.Series, dict]:
    """Id of each tag, missing where the library has none or two of that name; id of each group."""
    if library is None:
        return pd.Series(pd.NA, index=tags.index, dtype="str"), {}
    one = library.dropna(subset=["id"])
    one = one[~one.duplicated(["group_name", "name"], keep=False)]
    ids = one.set_index(["group_name", "name"])["id"]
    found = [ids.get((row.group, row.tag)) for row in tags.itertuples()]
    groups = library.dropna(subset=["group_id"]).drop_duplicates("group_name").set_index("group_name")["group_id"]
    return pd.Series(found, index=tags.index, dtype="str"), groups.to_dict()
