"""The files of a report and of a delivery. Names are fixed; ids are text everywhere and stand here in full.

For people: segments.csv, contacts.csv, tags.csv, winback_list.csv, set_aside.csv, report.xlsx: text that looks like a formula is disarmed. For machines:
crm_table.csv, tag_plan.csv, tag_plan.json: checked, never altered. Everything but the time stamp of manifest.json is the same
for the same input.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from crmlab import rfm
from crmlab.deliver import lists, wecom
from crmlab.deliver.workbook import write_workbook
from crmlab.language import Said, language, say
from crmlab.text import Problem, for_spreadsheet, unmarked

LISTS = (
    "segments.csv",
    "contacts.csv",
    "crm_table.csv",
    "tags.csv",
    "tag_plan.csv",
    "tag_plan.json",
    "winback_list.csv",
)
FILES = ("report.html", "report.xlsx", *LISTS, "import_report.json", "set_aside.csv", "manifest.json")
SHIPPED = ("yunmu", "morningcup")  # catalogues that come with the package
VERSIONS = ("crmlab", "pandas", "numpy", "narwhals", "duckdb", "matplotlib", "papermill", "nbconvert", "xlsxwriter")


def clear(folder: Path) -> None:
    """Take away the files of an earlier run, so that none can be mistaken for this one's."""
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


def segments(h) -> pd.DataFrame:
    """`lists.segments`: one row a customer, best spender first."""
    return lists.segments(h)


def write(
    h,
    out_dir: str | Path,
    crm_mapping: str = "",
    wecom_file: str = "",
    assume_consent: bool = False,
    workbook: bool = True,
) -> list[Said]:
    """Write what one `Health` can carry: lists of customers where it has customers, and report.xlsx, import report, manifest.

    crm_mapping: TOML of a CRM's columns, for crm_table.csv. wecom_file: the user's own tag library, for the ids in the tag
    plan. tags.csv where `Health.catalogue`, winback_list.csv where `Health.terms` were asked for. Returns a sentence on each
    list. Raises `crmlab.health.CannotReport`, with refusal and manifest written, where a list cannot be made.
    """
    from crmlab import recall
    from crmlab.health import CannotReport

    folder = Path(out_dir)
    given = {"crm_mapping": crm_mapping, "wecom_file": wecom_file, "assume_consent": bool(assume_consent)}
    parameters = h.parameters | given
    try:
        plan = recall.plan(h, assume_consent)
        tables, facts, said = _lists(h, plan, **given) if h.by_customer else ({}, {}, [])
    except Problem as problem:
        write_refusal(folder, str(problem), parameters, h.sources, h.imported.report, h.set_aside)
        raise CannotReport(str(problem)) from None
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    keep_out_of_git(folder)
    for name, (table, for_people, options) in tables.items():
        write_for_people(table, folder / name) if for_people else _for_machines(table, folder / name, options)
    write_for_people(h.set_aside, folder / "set_aside.csv")
    _json(h.imported.report, folder / "import_report.json")
    if workbook:
        customers = tables["segments.csv"][0] if h.by_customer else None
        write_workbook(h, customers, folder / "report.xlsx", plan)
    rows = {"orders": len(h.orders), "orders_counted": len(h.counted), "rows_set_aside": len(h.imported.set_aside)}
    facts["level"] = "customers" if h.by_customer else "orders"
    facts["as_of"] = f"{h.as_of:%Y-%m-%d}" if h.as_of is not None else None
    if h.by_customer:
        by_class = h.scored["code"].value_counts().reindex(rfm.CLASSES, fill_value=0).to_dict()
        rows |= {"customers": len(h.scored), "customers_by_class": by_class}
        facts |= {"rule": h.rule, "cuts": h.cuts}
    if h.members is not None:
        facts["members"] = h.members.report | {"set_aside_rows": len(h.members.set_aside)}
    _manifest(folder, "done", h.missing, parameters, h.sources, facts | {"rows": rows})
    return said


def _lists(h, offer, crm_mapping: str, wecom_file: str, assume_consent: bool) -> tuple[dict, dict, list[Said]]:
    """{file: (table, for people, how a machine's file is written)}, facts for the manifest, and sentences."""
    from crmlab.deliver import tags

    people = lists.people(h)
    listed, counts = lists.contacts(people, assume_consent)
    tables: dict = {
        "segments.csv": (people[list(lists.SEGMENTS)], True, {}),
        "contacts.csv": (listed, True, {}),
    }
    facts: dict = {"contacts": counts}
    said = [say(zh=f"segments.csv：{len(people):,} 位客户", en=f"segments.csv: {len(people):,} customers")]
    if h.members is not None:
        n, by_phone = int(people["found"].notna().sum()), int(people["found"].eq("phone").sum())
        facts["customers_found_in_members"] = {"found": n, "by_phone": by_phone}
        said.append(
            say(
                zh=f"名单里找到其中 {n:,} 位" + (f"（{by_phone:,} 位凭手机号）" if by_phone else ""),
                en=f"Of them in the member list: {n:,}" + (f" ({by_phone:,} by phone)" if by_phone else ""),
            )
        )
    said += [say(zh=f"contacts.csv：{each}", en=f"contacts.csv: {each}") for each in lists.contact_sentences(counts)]
    library = wecom.read_library(wecom_file) if wecom_file else None
    version = f"{h.as_of:%Y-%m-%d}"
    known = people.drop_duplicates("customer_id")[["customer_id", "external_id", "staff_id"]]
    assigned, vocabulary = wecom.of_segments(h.scored), wecom.library_of_segments()
    if h.tagged is not None:
        more, names, account = tags.for_plan(h, people, assume_consent)
        assigned = pd.concat([assigned, more], ignore_index=True).drop_duplicates(ignore_index=True)
        vocabulary = pd.concat([vocabulary, names], ignore_index=True).drop_duplicates(ignore_index=True)
        tables["tags.csv"] = tags.table(h.tagged), True, {}
        facts["tags"] = {
            "rules": len(h.tagged.catalogue),
            "rules_computed": len(h.tagged.rules),
            "facts_missing": h.tagged.missing,
            "tags": len(h.tagged.tags),
            "not_in_tag_plan": dict(zip(account["rule"], account["removed"].tolist(), strict=True)),
        }
        said += [unmarked(line) for line in (*tags.sentences(h.tagged), tags.account_sentence(account)) if line]
    plan, document = wecom.plan(assigned, version, known, library, vocabulary)
    document["ids_from"] = Path(wecom_file).name if wecom_file else None
    facts["tag_plan"] = {
        "version": version,
        "tags": sum(len(group["tag"]) for group in document["groups"]),
        "tags_without_id": document["tags_without_id"],
        "customers_without_external_userid": int(known["external_id"].isna().sum()),
    }
    tables["tag_plan.csv"] = plan, False, {}
    tables["tag_plan.json"] = document, False, {}
    said.append(_of_plan(facts["tag_plan"], document))
    if offer is not None:
        tables["winback_list.csv"], facts["winback"] = (offer.listed, True, {}), offer.facts()
    if crm_mapping:
        rules = lists.read_crm_mapping(crm_mapping)
        table, facts["crm_table"] = lists.crm_table(people, rules)
        tables["crm_table.csv"] = table, False, {"encoding": rules["encoding"], "sep": rules["separator"]}
        n = facts["crm_table"]
        said.append(
            say(
                zh=f"crm_table.csv：{n['rows']:,} 行"
                + (f"；{n['left_out']:,} 位客户缺必填的列，没有写" if n["left_out"] else ""),
                en=f"crm_table.csv: {n['rows']:,} rows"
                + (f"; customers left out for want of a required value: {n['left_out']:,}" if n["left_out"] else ""),
            )
        )
    for name in ("tag_plan.csv", "crm_table.csv"):
        if name in tables:
            table, _, options = tables[name]
            if formulas := lists.check_machine_file(table, name, options.get("encoding", "utf-8")):
                facts.setdefault("cells_like_formulas", {})[name] = formulas
                said.append(
                    say(
                        zh=f"{name} 里有 {formulas:,} 格以 = + - @ 开头，照原样写着：请直接上传，不要用 Excel 打开。",
                        en=f"{name}: cells that begin with = + - @ and stand as they are: {formulas:,}. Upload the file, do "
                        "not open it in Excel.",
                    )
                )
    return tables, facts, said


def _of_plan(n: dict, document: dict) -> Said:
    missing, nobody = n["tags_without_id"], n["customers_without_external_userid"]
    why = (
        say(zh="没有给 --wecom，标签 ID 空着", en="no --wecom was given, so tag ids are blank")
        if document["ids_from"] is None
        else say(zh=f"{missing:,} 个在标签库里没有，要先建，ID 空着", en=f"not in the tag library, so to be created first, id blank: {missing:,}")
        if missing
        else say(zh="ID 都找到了", en="every id was found")
    )  # fmt: skip
    return say(
        zh=f"tag_plan：{n['tags']} 个标签，版本 {n['version']}；{why}"
        + (f"；{nobody:,} 位客户没有 external_userid，要在企微里另找" if nobody else ""),
        en=f"tag_plan: {n['tags']} tags, version {n['version']}; {why}"
        + (f"; customers without an external_userid: {nobody:,}" if nobody else ""),
    )


def write_refusal(folder: Path, sentence: str, parameters: dict, sources, report: dict, set_aside=None) -> None:
    """What is left when no report can be made: the import report, the rows set aside, and a manifest that says why."""
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    _json(report, folder / "import_report.json")
    if set_aside is not None:
        write_for_people(set_aside, folder / "set_aside.csv")
    _manifest(folder, "refused", sentence, parameters, sources, {})


def unwritable(error: OSError, folder: str | Path) -> Said:
    """The sentence for a file that cannot be written."""
    place = error.filename or folder
    return say(
        zh=f"写不进 {place}。是不是还开在 Excel 里，或者是一个不能写的位置？",
        en=f"{place} cannot be written. Is it still open in Excel, or a place you may not write to?",
    )


def save_draft(text: str, folder: Path) -> Path:
    """A draft mapping as my_mapping.toml in `folder`; the next free number where that name is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    path, n = folder / "my_mapping.toml", 1
    while path.exists():
        n += 1
        path = folder / f"my_mapping_{n}.toml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def keep_out_of_git(folder: Path) -> None:
    """In a git checkout that does not ignore `folder` already, a .gitignore of its own that ignores everything in it."""
    folder = folder.resolve()
    if not any((each / ".git").exists() for each in (folder, *folder.parents)):
        return
    try:
        asked = ["git", "-C", str(folder), "check-ignore", "-q", "--no-index", "segments.csv"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return
    except OSError:  # no git here: better one .gitignore too many
        pass
    path = folder / ".gitignore"
    lines = path.read_text(encoding="utf-8") if path.exists() else ""
    if "*" not in lines.splitlines():
        path.write_text(
            f"{lines}{'' if lines.endswith(chr(10)) or not lines else chr(10)}*\n", encoding="utf-8", newline="\n"
        )


def seal(folder: Path) -> str:
    """Enter the files now in `folder` into its manifest, after report.html was added; returns the manifest's message."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["outputs"] = _outputs(folder)
    _json(manifest, path)
    return manifest["message"]


def _manifest(folder: Path, status: str, message: str, parameters: dict, sources, facts: dict) -> None:
    """`parameters` may hold paths; sources are named without their folders."""
    given = [parameters.get(name) for name in ("mapping_file", "cuts_file", "crm_mapping", "wecom_file", "catalogue")]
    manifest = {
        "template": "member_health",
        "status": status,
        "message": message,
        "language": language(),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": parameters,
        **facts,
        "versions": {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in VERSIONS},
        "inputs": [_fingerprint(Path(path)) for path in (*sources, *given) if path and path not in SHIPPED],
        "outputs": _outputs(folder),
    }  # fmt: skip
    _json(manifest, folder / "manifest.json")


def _outputs(folder: Path) -> list[dict]:
    return [_fingerprint(folder / name) for name in FILES if name != "manifest.json" and (folder / name).exists()]


def _fingerprint(path: Path) -> dict:
    if not path.is_file():
        return {"name": path.name, "bytes": None, "sha256": None}
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def _json(value, path: Path) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_for_people(table: pd.DataFrame, path: Path) -> None:
    """For people and spreadsheets: UTF-8 with a mark, text that looks like a formula disarmed."""
    texts = table.select_dtypes(["object", "str", "category"]).columns
    table.assign(**{name: table[name].astype(object).map(for_spreadsheet) for name in texts}).to_csv(
        path, index=False, encoding="utf-8-sig", lineterminator="\r\n", float_format="%.2f"
    )


def _for_machines(content: pd.DataFrame | dict, path: Path, options: dict) -> None:
    """As it stands: it was checked by `lists.check_machine_file`."""
    if isinstance(content, dict):
        return _json(content, path)
    content.to_csv(path, **{"index": False, "encoding": "utf-8-sig", "lineterminator": "\r\n", **options})
