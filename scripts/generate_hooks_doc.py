# SPDX-License-Identifier: GPL-2.0-or-later
"""Write docs/hooks.md from the hook specifications: ``python scripts/generate_hooks_doc.py``."""
from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from mss.plugin import api, hookspecs
from mss.plugin.types import API_VERSION

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "hooks.md"

HEAD = """\
<!-- Made by scripts/generate_hooks_doc.py from mss/plugin; do not edit. -->
# Plugin hooks

A plugin is a Python package with an entry point in the group `mss`, installed into the server's environment.
`plugins/mss-example` is one to copy. It implements hooks: functions or methods with `@hookimpl` and the names below.
All it needs is imported from `mss.plugin.api`. Plugin API version: {version}.

{introduction}

What a plugin does wrong stays its own: a hook that raises, returns a wrong value or does not answer in time is named
in the log, counted in `mss plugin list` and skipped. After three time-outs in a row the plugin is suspended until its
thread has come back. A plugin that cannot be imported, or with a hook or argument that does not exist, is not used at
all; `mss plugin check` tells what was probably meant.
"""


def code_marked(text: str) -> str:
    """The text of a docstring as Markdown."""
    text = re.sub(r"(?<=\S)  +(?=\S)", " ", text)
    text = re.sub(r":(?:class|func|mod):`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", text)
    return text.replace("``", "`")


def class_node(name: str) -> ast.ClassDef:
    """A type of ``mss.plugin.api`` as it stands in its file; compiled classes have lost their docstrings."""
    module = getattr(api, name).__module__
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    return next(node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name)


def field_line(field: ast.AnnAssign) -> str:
    """``name: type``, with its default where that is a plain value."""
    default = f" = {ast.unparse(field.value)}" if isinstance(field.value, ast.Constant) else ""
    return f"    {ast.unparse(field.target)}: {ast.unparse(field.annotation)}{default}"


def hook_names() -> list[str]:
    """All hooks in the order of the specification."""
    return [name for name, value in vars(hookspecs).items() if name.startswith("mss_") and inspect.isfunction(value)]


def hook_section(name: str) -> Iterator[str]:
    """The lines on one hook."""
    function = getattr(hookspecs, name)
    arguments = ", ".join(
        f"{parameter.name}: {parameter.annotation}" for parameter in inspect.signature(function).parameters.values()
    )
    yield f"### {name}\n"
    yield f"```python\ndef {name}({arguments}) -> {function.__annotations__['return']}\n```\n"
    yield code_marked(inspect.getdoc(function) or "") + "\n"


def type_section(name: str) -> Iterator[str]:
    """The lines on one type of ``mss.plugin.api``."""
    node = class_node(name)
    fields = [field_line(field) for field in node.body if isinstance(field, ast.AnnAssign)]
    yield f"### {name}\n"
    yield "\n".join(["```python", f"class {name}:", *fields, "```\n"])
    yield code_marked(ast.get_docstring(node) or "") + "\n"


def render() -> str:
    """The whole page."""
    introduction = code_marked((inspect.getdoc(hookspecs) or "").partition("\n\n")[2])
    lines = [HEAD.format(version=API_VERSION, introduction=introduction), "## Hooks\n"]
    for name in hook_names():
        lines.extend(hook_section(name))
    lines.append("## Types\n")
    for name in api.__all__:
        if inspect.isclass(getattr(api, name)):
            lines.extend(type_section(name))
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"written: {TARGET}")
