"""The command `crmlab`: open the course, copy a lab, check the computer, make a report, make a company.

Exit codes: 0 done; 1 it could not be done with this data or on this computer, a sentence says why; 2 wrong call.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import crmlab
from crmlab.cleaning import exports
from crmlab.console import Parser, asked, system_language
from crmlab.language import LANGUAGES, language, say, set_language
from crmlab.text import Problem, closest

_PACKAGE = Path(__file__).resolve().parent


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code. Wrong calls leave by SystemExit(2), as argparse does."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a GBK console shows ? for what it has not got, and goes on
            stream.reconfigure(errors="replace")
    argv = sys.argv[1:] if argv is None else argv
    set_language(asked(argv) or system_language())
    parser, commands = _parser()
    if argv and argv[0] in commands and argv[0] != "start":  # start hands what it does not know to JupyterLab
        commands[argv[0]].check_options(argv[1:])
    options, rest = parser.parse_known_args(argv)
    if not hasattr(options, "run"):
        parser.print_help()
        return 0
    if rest and options.command != "start":
        options.parser.stop(rest[0])
    options.rest = rest
    return options.run(options)


def _parser() -> tuple[Parser, dict[str, Parser]]:
    lang = Parser(add_help=False)
    lang.add_argument("--lang", choices=LANGUAGES, help=say(zh="语言：zh 或 en", en="language: zh or en"))
    parser = Parser(prog="crmlab", description=say(zh="用计算学用户运营", en="User operations by computing"))
    parser.add_argument("--version", action="version", version=f"crmlab {crmlab.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, run, help_: str) -> Parser:
        made = commands.add_parser(name, parents=[lang], help=help_, description=help_)
        made.set_defaults(run=run, parser=made)
        return made

    command("start", _start, say(zh="在 JupyterLab 里打开课程", en="open the course in JupyterLab"))
    lab = command("lab", _lab, say(zh="复制一份实验到 my_work", en="copy a lab into my_work"))
    lab.add_argument("number", help=say(zh="实验编号，如 11", en="number of the lab, e.g. 11"))

    doctor = command(
        "doctor",
        _doctor,
        say(zh="检查这台电脑，或看一份订单能做什么", en="check this computer, or what an order file can carry"),
    )
    doctor.add_argument("orders", nargs="*", metavar="ORDERS", help=say(zh="订单文件", en="order files"))
    _add_inputs(doctor)
    doctor.add_argument(
        "--out",
        metavar="DIR",
        default="",
        help=say(zh="映射草稿放在哪个文件夹，默认 my_work", en="folder for a draft mapping; default: my_work"),
    )

    report = command("report", _report, say(zh="用自己的订单出报告", en="make the report from your own orders"))
    deliver = command(
        "deliver",
        _deliver,
        say(
            zh="只出名单：分群、CRM 表、企微标签、可联系的人",
            en="the lists alone: segments, CRM table, WeCom tags, contacts",
        ),
    )
    for made in (report, deliver):
        _add_orders(made)
    report.add_argument(
        "--template",
        default="member_health",
        metavar="NAME",
        help=say(zh="模板，默认 member_health", en="template, member_health by default"),
    )
    report.add_argument(
        "--store",
        nargs="+",
        default=[],
        metavar="S",
        help=say(zh="只看这家店；写几家就出几份", en="this store only; several make one report each"),
    )
    report.add_argument(
        "--require",
        default="",
        choices=[part["key"] for part in exports()["parts"]],
        help=say(zh="少了这部分就不出报告，如 rfm", en="no report without this part, e.g. rfm"),
    )
    report.add_argument(
        "-p",
        dest="parameters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help=say(zh="模板的其他参数", en="another parameter of the template"),
    )

    world = command("world", _world, say(zh="造一家练习用的公司", en="make a company to practise on"))
    world.add_argument(
        "--company",
        choices=("yunmu", "morningcup"),
        default="yunmu",
        help=say(zh="照哪一家的样子", en="which one to follow"),
    )
    world.add_argument("--customers", type=int, metavar="N", help=say(zh="多少位客户", en="how many customers"))
    world.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help=say(zh="随机种子", en="seed of the random numbers: the same seed makes the same company"),
    )
    world.add_argument("--out", required=True, metavar="DIR", help=say(zh="放在哪个文件夹", en="folder to write to"))
    return parser, commands.choices


def _add_inputs(command: Parser) -> None:
    """Options that say what is in the files."""
    command.add_argument(
        "--mapping",
        metavar="FILE",
        default="",
        help=say(zh="映射文件（TOML），说明哪列是什么", en="mapping of columns (TOML)"),
    )
    command.add_argument(
        "--members",
        nargs="+",
        metavar="FILE",
        default=[],
        help=say(
            zh="客户名单：会员表、企微客户导出、同意记录", en="member tables, WeCom customer exports, lists of consents"
        ),
    )


def _add_orders(command: Parser) -> None:
    """What `report` and `deliver` have in common: files in, the ruler, lists out."""
    command.add_argument(
        "orders",
        nargs="+",
        metavar="ORDERS",
        help=say(zh="订单文件，几个文件合成一张表", en="order files; several make one table"),
    )
    command.add_argument(
        "--out", required=True, metavar="DIR", help=say(zh="结果放在哪个文件夹", en="folder for the results")
    )
    _add_inputs(command)
    command.add_argument(
        "--as-of",
        default="",
        metavar="DATE",
        help=say(zh="参考日，默认最后一单那天", en="reference day; default: day of the last order"),
    )
    command.add_argument(
        "--rule",
        default="",
        choices=("mean", "median", "business", "quintile"),
        help=say(zh="高低怎么划线，默认均值", en="how the line between high and low is drawn; default: the mean"),
    )
    command.add_argument(
        "--cuts",
        default="",
        metavar="FILE",
        help=say(zh="沿用的切点，如上个月的 manifest.json", en="cuts to reuse, e.g. last month's manifest.json"),
    )
    command.add_argument(
        "--crm-mapping",
        metavar="FILE",
        default="",
        help=say(zh="CRM 要哪些列（TOML），写出 crm_table.csv", en="columns your CRM wants (TOML), for crm_table.csv"),
    )
    command.add_argument(
        "--wecom",
        metavar="FILE",
        default="",
        help=say(
            zh="企微标签库（JSON 或表），用来填标签 ID", en="your WeCom tag library (JSON or table), for the tag ids"
        ),
    )
    command.add_argument(
        "--catalogue",
        metavar="FILE",
        default="",
        help=say(
            zh="标签目录：yunmu、morningcup 或自己的表（CSV），写出 tags.csv，也进 tag_plan",
            en="tag catalogue: yunmu, morningcup or a table of yours (CSV), for tags.csv and the tag plan",
        ),
    )
    command.add_argument(
        "--assume-consent",
        action="store_true",
        help=say(
            zh="没有记录的当作同意联系，写进 manifest.json", en="take unknown consent as given; stands in manifest.json"
        ),
    )


def _start(options) -> int:
    from crmlab import work

    here = _PACKAGE.parents[1]
    root = work.course_root() or (here if (here / "notebooks").is_dir() else None)
    if root is None:
        return _sorry(
            say(
                zh="这里不是课程文件夹。请先进入课程文件夹（里面有 notebooks 的那个），再试一次。",
                en="This is not the course folder. Go into the folder that holds notebooks, then try again.",
            )
        )
    page = Path("notebooks", language(), "00_start.ipynb")
    home = f"/lab/tree/{page.as_posix()}" if (root / page).exists() else "/lab"
    folders = [str(_PACKAGE / "jupyter" / language()), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    env = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, folders))}
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", f"--LabApp.default_url={home}"]
    return _become([*command, *options.rest], env, root)


def _become(command: list[str], env: dict[str, str], folder: Path) -> int:
    """Run `command` in this one's place, so that whatever ends this ends that."""
    if os.name == "posix":
        os.chdir(folder)
        os.execve(command[0], command, env)
    # Windows has no such call: its exec leaves a second program behind the prompt. Ctrl+C reaches both programs.
    with subprocess.Popen(command, env=env, cwd=folder) as server:
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:  # JupyterLab asks whether to stop, or stops
                continue


def _lab(options) -> int:
    from crmlab import work

    try:
        print(work.copy_lab(options.number, language()))
    except FileNotFoundError as problem:
        return _sorry(str(problem))
    return 0


def _doctor(options) -> int:
    from crmlab import doctor

    if options.orders:
        _must_exist(options, [*options.orders, *options.members, options.mapping])
        return doctor.look_at(options.orders, options.mapping, options.members, options.out)
    return doctor.print_check_up()


def _check_call(options) -> None:
    """Leave with 2 for files that are not there, a day that is none, a ruler that measures nothing, a catalogue with faults."""
    from crmlab import deliver, health, tagging
    from crmlab.deliver import lists

    if (
        options.catalogue not in ("", *deliver.SHIPPED)
        and not Path(options.catalogue).exists()
        and (near := closest(options.catalogue, deliver.SHIPPED))
    ):
        options.parser.leave(
            say(
                zh=f"没有标签目录 {options.catalogue}，是不是 {near}？",
                en=f"There is no tag catalogue {options.catalogue}; did you mean {near}?",
            )
        )
    own_catalogue = "" if options.catalogue in deliver.SHIPPED else options.catalogue
    given = [options.mapping, options.cuts, options.crm_mapping, options.wecom, own_catalogue]
    _must_exist(options, [*options.orders, *options.members, *given])
    try:
        if options.as_of:
            date.fromisoformat(options.as_of)
    except ValueError:
        options.parser.leave(
            say(
                zh=f"--as-of 要写成 2026-06-30 这样，不是 {options.as_of}。",
                en=f"--as-of looks like 2026-06-30, not {options.as_of}.",
            )
        )
    try:
        cuts, cut_rule = health.read_cuts(options.cuts) if options.cuts else ({}, None)
        if (options.rule or cut_rule) == "business" and "lines" not in cuts:
            raise ValueError(
                say(
                    zh="--rule business 要用 --cuts 给出三条线（lines）。",
                    en="--rule business needs its three lines from --cuts.",
                )
            )
        if options.crm_mapping:
            lists.read_crm_mapping(options.crm_mapping)
        if options.catalogue:
            tagging.read_catalogue(options.catalogue)
    except (ValueError, Problem) as problem:
        options.parser.leave(str(problem))


def _deliver(options) -> int:
    from crmlab import deliver, health

    _check_call(options)
    try:
        h = health.examine(
            options.orders,
            options.mapping,
            options.as_of,
            options.rule,
            options.cuts,
            out_dir=options.out,
            members_file=options.members,
            require="rfm",
            catalogue=options.catalogue,
        )
        said = deliver.write(h, options.out, options.crm_mapping, options.wecom, options.assume_consent, workbook=False)
    except health.CannotReport as problem:
        return _sorry(str(problem))
    except OSError as error:
        return _sorry(deliver.unwritable(error, options.out))
    for line in said:
        print(line)
    print(say(zh=f"写在 {options.out}", en=f"Written to {options.out}"))
    return 0


def _report(options) -> int:
    from crmlab import recall, report

    _check_call(options)
    try:
        template = report.find_template(options.template, language())
        more = report.convert(template, dict(options.parameters))
        recall.check({name: more[name] for name in recall.TERMS if name in more})
    except Problem as problem:
        options.parser.leave(str(problem))
    values = {
        "orders_file": options.orders[0] if len(options.orders) == 1 else options.orders,
        "mapping_file": options.mapping,
        "as_of": options.as_of,
        "rule": options.rule,
        "cuts_file": options.cuts,
        "members_file": options.members[0] if len(options.members) == 1 else options.members or "",
        "require": options.require,
        "crm_mapping": options.crm_mapping,
        "wecom_file": options.wecom,
        "assume_consent": options.assume_consent,
        "catalogue": options.catalogue,
        **more,
    }
    out = Path(options.out)
    if len(options.store) > 1:
        runs = report.run_all(template, values, out, options.store)
    else:
        runs = [report.run(template, values, out, *options.store)]
    for run in runs:
        name = f"{run.store}: " if len(runs) > 1 else ""
        print(f"{name}{run.message}", file=sys.stderr if run.code else sys.stdout)
    failed = sum(run.code != 0 for run in runs)
    if len(runs) > 1:
        print(
            say(
                zh=f"{len(runs)} 家店，做好 {len(runs) - failed} 份，没做成 {failed} 份。",
                en=f"Stores: {len(runs)}; reports made: {len(runs) - failed}; not made: {failed}.",
            )
        )
    return 1 if failed else 0


def _world(options) -> int:
    from tqdm import tqdm

    from crmlab.world import make_world, write_world

    def progress(names):
        return tqdm(names, unit=say(zh=" 张表", en=" tables"), leave=False)

    try:
        paths = write_world(
            make_world(options.company, options.customers, options.seed, progress=progress), options.out
        )
    except ValueError as problem:
        options.parser.leave(str(problem))
    print(say(zh=f"写好 {len(paths)} 个文件：{options.out}", en=f"Files written: {len(paths)}, to {options.out}"))
    return 0


def _must_exist(options, paths: list[str]) -> None:
    for path in map(Path, filter(None, paths)):
        if not path.exists():
            near = closest(path.name, [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else [])
            options.parser.leave(
                say(
                    zh=f"没有这个文件：{path}" + (f"，是不是 {path.with_name(near)}？" if near else "。"),
                    en=f"There is no file {path}" + (f"; did you mean {path.with_name(near)}?" if near else "."),
                )
            )


def _sorry(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
