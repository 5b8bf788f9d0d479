"""Which cells of the notebook failed: a name that such a cell should have set holds an old value, or none."""

import ast
import re
from difflib import get_close_matches
from types import ModuleType

from crmlab.language import Said, say

_failed: dict[str, Said] = {}  # name -> the error of the last cell that was to set it


def watch(shell) -> None:
    """Follow the cells that `shell` (IPython's InteractiveShell) runs from now on."""
    shell.events.register("pre_run_cell", _begin)  # IPython registers a function once
    shell.events.register("post_run_cell", _end)


def failure(name: str) -> Said | None:
    """The error of the last cell that sets `name`, in a few words; None where that cell ran through."""
    return _failed.get(name)


def misspelt(name: str, namespace: dict) -> str | None:
    """A name of `namespace` so like `name` that a slip of the pen is likely, or None."""
    own = {
        other.casefold(): other
        for other, value in namespace.items()
        if not (other == name or other.startswith("_") or value is ... or value is None)
        and not (callable(value) or isinstance(value, ModuleType))
    }
    # 0.85 tells score from scores; users_ok, which the lab itself provides, stays apart from users
    near = get_close_matches(name.casefold(), own, n=1, cutoff=0.85)
    return own[near[0]] if near else None


def _begin(info) -> None:
    for name in _assigned(info.raw_cell):
        _failed.pop(name, None)


def _end(result) -> None:
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        _failed.update(dict.fromkeys(_assigned(result.info.raw_cell), _words(error)))


def _assigned(source: str) -> set[str]:
    """The names that the cell sets or changes: ``a = ...``, ``a["x"] = ...``, ``a.loc[...] = ...``."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a slip, or a magic: the first word of each part left of an equals sign
        left = re.findall(r"(?m)^([^=\n]+?)[-+*/|&]?=(?!=)", source)
        return {name for part in left for name in re.findall(r"(?:^|,)\s*(?:%+\w+\s+)?([^\W\d]\w*)", part)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(getattr(node, "ctx", None), ast.Store):
            while isinstance(node, (ast.Attribute, ast.Subscript)):
                node = node.value
            if isinstance(node, ast.Name):
                found.add(node.id)
    return found


def _words(error: BaseException) -> Said:
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return say(zh=f"{kind}：第 {error.lineno} 行，{error.msg}", en=f"{kind}: line {error.lineno}, {error.msg}")
    what = next(iter(str(error).splitlines()), "")[:100]
    return say(zh=f"{kind}：{what}", en=f"{kind}: {what}") if what else Said(kind)
