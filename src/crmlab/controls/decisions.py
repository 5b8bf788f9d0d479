"""Part A of a lab without code: choose, write the memo, start the lab. Answers are kept in my_work."""

import json
import os
from datetime import date
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import quote

import ipywidgets as widgets

from crmlab.controls.explore import WIDE, Control, paragraphs
from crmlab.controls.live import refresh
from crmlab.language import Said, language, say
from crmlab.work import copy_lab, course_root, save_answer, saved_answers, subject, work_dir


def _near(path: Path) -> str:
    """`path` as a reader in the course folder would write it."""
    root = course_root() or Path.cwd()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


class Decision(Control):
    """See `decide`."""

    def __init__(self, key: str):
        from crmlab.feedback import decision

        self.key, self.group = key, f"lab{key.split('.')[0]}"
        self.prompt, self.options = decision(key).prompt, decision(key).options

    @property
    def choice(self) -> str | None:
        kept = saved_answers(self.group).get(self.key)
        return kept if kept in self.options else None

    def save(self, choice: str) -> None:
        """Keep the letter `choice`; ValueError, with a sentence, for a letter that is not offered."""
        choice = choice.lower() if isinstance(choice, str) else choice
        if choice not in self.options:
            letters = " / ".join(self.options)
            raise ValueError(say(zh=f"{self.key} 只能选 {letters}", en=f"{self.key}: choose one of {letters}"))
        save_answer(self.group, self.key, choice)
        refresh()

    def _noted(self) -> str:
        return "" if self.choice is None else say(zh=f"已保存：{self.choice}", en=f"Saved: {self.choice}")

    def _plain(self) -> dict[str, str]:
        lines = [self.prompt, *(f"{letter}. {text}" for letter, text in self.options.items())]
        lines.append(
            self._noted()
            or say(
                zh=f'▶ 运行这一格再选；或者写 decide("{self.key}", "字母")',
                en=f'▶ Run this cell, then choose; or type decide("{self.key}", "letter")',
            )
        )
        return {"text/plain": "\n".join(lines), "text/html": paragraphs(*lines)}

    @cached_property
    def widget(self) -> widgets.VBox:
        # Radio labels of ipywidgets do not wrap; so the letters are chosen and the texts stand above them.
        texts = widgets.HTML(paragraphs(self.prompt, *(f"{letter}. {text}" for letter, text in self.options.items())))
        radio = widgets.RadioButtons(
            options=list(self.options),
            value=self.choice,
            description=say(zh="我选", en="I choose"),
            orientation="horizontal",
            **WIDE,
        )
        note = widgets.HTML(paragraphs(self._noted()))

        def keep(change):
            self.save(change["new"])
            note.value = paragraphs(self._noted())

        radio.observe(keep, "value")
        return widgets.VBox([texts, radio, note])


def decide(key: str, choice: str | None = None) -> Decision:
    """The decision `key` ("11.A1") as radio buttons; `choice="b"` is the typed twin. The check explains, not this."""
    made = Decision(key)
    if choice is not None:
        made.save(choice)
    return made


class Memo(Control):
    """See `memo`."""

    def __init__(self, lab: str):
        from crmlab.feedback import memo_fields

        self.lab, self.group, self.fields = lab, f"memo{lab}", memo_fields(lab)

    def save(self, **fields: str) -> None:
        """Keep the fields given; ValueError, with a sentence, for a field the memo has not got."""
        for name, text in fields.items():
            if name not in self.fields:
                known = ", ".join(self.fields)
                raise ValueError(
                    say(zh=f"备忘录里没有 {name}，只有：{known}", en=f"The memo has no {name}; it has: {known}")
                )
            save_answer(self.group, name, str(text))

    def _plain(self) -> dict[str, str]:
        kept = saved_answers(self.group)
        lines = [f"{name}: {prompt} {kept.get(name) or '______'}" for name, prompt in self.fields.items()]
        first = next(iter(self.fields))
        lines.append(
            say(
                zh=f'▶ 运行这一格再填；或者写 memo("{self.lab}", {first}="……")；打印用 memo("{self.lab}").page()',
                en=f'▶ Run this cell, then fill in; or type memo("{self.lab}", {first}="..."); '
                f'memo("{self.lab}").page() makes the page to print',
            )
        )
        return {"text/plain": "\n".join(lines), "text/html": paragraphs(*lines)}

    @cached_property
    def widget(self) -> widgets.VBox:
        kept = saved_answers(self.group)
        note, page = widgets.HTML(), widgets.HTML()
        rows = []
        for name, prompt in self.fields.items():
            area = widgets.Textarea(value=kept.get(name, ""), rows=2, layout=widgets.Layout(width="min(48em, 98%)"))
            area.tooltip = str(prompt)

            def keep(change, name=name):
                self.save(**{name: change["new"]})
                note.value = paragraphs(say(zh="已保存", en="Saved"))
                if page.value:  # the page that is linked to says what stands here
                    self.page()

            area.observe(keep, "value")
            rows += [widgets.HTML(paragraphs(prompt)), area]
        button = widgets.Button(description=say(zh="生成一页备忘", en="Make it one page"), button_style="primary")

        def make(_):
            self.page()
            words = say(zh="做好了，点开就能打印：", en="Done; open it to print: ")
            page.value = f"<p>{escape(words)}{_link(self.target)}</p>"

        button.on_click(make)
        return widgets.VBox([*rows, note, button, page])

    @property
    def target(self) -> Path:
        return work_dir() / f"{'_'.join(filter(None, ['memo', self.lab, subject()]))}.html"

    def page(self) -> Said:
        """Write the memo as one page to print, ``my_work/memo_<lab>_<company>.html``, and say where it is."""
        from crmlab.feedback import memo_heading

        kept = saved_answers(self.group)
        title, about = memo_heading(self.lab)
        fields = "".join(
            f"<h2>{escape(prompt)}</h2><p>{escape(kept.get(name, '')) or '&nbsp;'}</p>"
            for name, prompt in self.fields.items()
        )
        written = say(zh=f"写于 {date.today()}", en=f"written {date.today()}")
        small = say(zh=f"{about}；{written}", en=f"{about}; {written}")
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.target.write_text(
            _PAGE.format(lang=language(), title=escape(title), small=escape(small), fields=fields),
            encoding="utf-8",
            newline="\n",
        )
        return say(
            zh=f"写好了：{_near(self.target)}，打开就能打印。", en=f"Written: {_near(self.target)}; open it to print."
        )


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 2cm }}
body {{ font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; max-width: 44em; margin: 2em auto; color: #22303C }}
h2 {{ font-size: 1em; margin: 1.4em 0 .2em }}
p {{ white-space: pre-wrap; border-bottom: 1px solid #B4BCC4; margin: 0; min-height: 1.6em }}
</style></head><body><h1>{title}</h1><small>{small}</small>{fields}</body></html>
"""


def memo(lab: str, **fields: str) -> Memo:
    """The decision memo of a lab: text areas that are saved. The typed twin: ``memo("11", action="...")``."""
    made = Memo(lab)
    made.save(**fields)
    return made


def _servers() -> list[dict]:
    """The Jupyter servers of this machine, this kernel's own first. (Importing jupyter_server takes seconds.)"""
    from jupyter_core.paths import jupyter_runtime_dir

    notes = [
        json.loads(path.read_text(encoding="utf-8")) for path in Path(jupyter_runtime_dir()).glob("jpserver-*.json")
    ]
    return sorted(notes, key=lambda one: str(one["pid"]) != os.environ.get("JPY_PARENT_PID"))


def _link(path: Path) -> str:
    """An HTML link to `path` through the Jupyter server this kernel belongs to, whatever prefix it runs under.

    A notebook opens beside the one in use: JupyterLab runs the command that the link carries, other programs follow
    its address. A page opens in a window of its own, from which it can be printed.
    """
    name, path = escape(_near(path)), path.resolve()
    for server in _servers():
        root = Path(server["root_dir"]).resolve()
        if path.is_relative_to(root):
            inside = path.relative_to(root).as_posix()
            if path.suffix == ".ipynb":
                view = "lab/tree"
                how = f'data-commandlinker-command="docmanager:open" data-commandlinker-args="{escape(json.dumps({"path": inside}))}"'
            else:
                view, how = "files", 'target="_blank"'
            target = escape(f"{server['base_url']}{view}/{quote(inside)}")
            return f'<a href="{target}" {how} style="{_LINK}">{name}</a>'
    return name


# Inside a control JupyterLab colours no link by itself.
_LINK = "color: var(--jp-content-link-color, #1565C0); text-decoration: underline; font-weight: bold"


class LabButton(Control):
    """See `lab_button`."""

    def __init__(self, no: str):
        self.no = no

    def _plain(self) -> dict[str, str]:
        text = say(
            zh=f"▶ 运行这一格，按钮就会出来；也可以在终端写 crmlab lab {self.no}",
            en=f"▶ Run this cell and a button appears; or type crmlab lab {self.no} in a terminal",
        )
        return {"text/plain": text, "text/html": paragraphs(text)}

    @cached_property
    def widget(self) -> widgets.VBox:
        button = widgets.Button(
            description=say(zh=f"开始实验 {self.no}", en=f"Start lab {self.no}"),
            button_style="primary",
            layout=widgets.Layout(width="max-content"),
        )
        note = widgets.HTML()

        def start(_):
            try:
                before = {path.name for path in work_dir().glob("*.ipynb")}
                path = copy_lab(self.no).resolve()
            except OSError as problem:
                note.value = paragraphs(str(problem))
                return
            if path.name in before:
                words = say(zh="您的那份还在，接着做：", en="Your copy is still there; go on with it: ")
            else:
                words = say(zh="复制好了，打开：", en="Copied; open it: ")
            note.value = f"<p>{escape(words)}{_link(path)}</p>"

        button.on_click(start)
        return widgets.VBox([button, note])


def lab_button(no: str) -> LabButton:
    """A button that copies lab `no` ("11") into my_work and links to it; ``crmlab lab 11`` does the same."""
    return LabButton(no)
