# SPDX-License-Identifier: GPL-2.0-or-later
"""Write docs/settings.md from the settings classes: ``python scripts/generate_settings_doc.py``."""
from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from mss.config.setting import Rule, SettingInfo, describe
from mss.config.settings import SECTIONS
from mss.config.value import toml_text
from mss.config.var_param import VARIABLES, Variable

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "settings.md"

HEAD = """\
<!-- Made by scripts/generate_settings_doc.py from mss/config; do not edit. -->
# Settings

What the process needs before it can open its database stands in `mss.toml`: in `/etc/mss`, or in the directory that
`mss --home DIR` names. `mss init` writes it with every setting, its meaning and its default. Files in `conf.d/` (ending
in `.toml`) are read after it, in order of their names; a setting in a later file wins. Last comes the environment:
`MSS__SECTION__NAME`, as in `MSS__SIP__REALM=example.org`. A list there is a TOML array, or its items with commas.

A mistake stops the start and is named with its file, line, key and remedy; `mss check` tells the same beforehand.
`mss reload` reads everything again: with a mistake in it the old settings stay in force, and a setting that needs a
restart is in force after the next one.

Users and other objects are no settings: they are in the database, see `mss user --help`.
"""

VARIABLES_HEAD = """\
## mss_var_param.ini

System variables, in the same directory as `mss.toml`. The file is plain INI with one `name=value` in each line; names
are case-sensitive, values whole numbers. An unknown name is a mistake.
"""


def bounds(rule: Rule) -> str:
    """The values that are allowed, or nothing if the type says it all."""
    if rule.choices:
        return ", ".join(f"`{choice}`" for choice in rule.choices)
    if rule.minimum is None or rule.maximum is None:
        return ""
    return f"{rule.minimum} to {rule.maximum}"


def setting_row(info: SettingInfo) -> str:
    """One line of a section's table."""
    unit = f" ({info.rule.unit})" if info.rule.unit else ""
    restart = "yes" if info.rule.restart else ""
    default = f"`{toml_text(info.default)}`"
    cells = [f"`{info.name}`", f"{info.type_name}{unit}", default, bounds(info.rule), restart, info.rule.description]
    return table_row(cells)


def variable_row(variable: Variable) -> str:
    """One line of the table of variables."""
    allowed = f"{variable.minimum} to {variable.maximum}"
    restart = "yes" if variable.restart else ""
    cells = [f"`[{variable.section}]`", f"`{variable.name}`", f"`{variable.default}`", allowed, restart]
    return table_row([*cells, variable.description])


def table_row(cells: list[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def section(name: str, settings_class: type) -> Iterator[str]:
    """The lines on one section."""
    yield f"## [{name}]\n"
    yield f"{inspect.getdoc(settings_class)}\n"
    yield table_row(["Setting", "Type", "Default", "Allowed", "Restart", "Meaning"])
    yield table_row(["---"] * 6)
    yield from (setting_row(info) for info in describe(name, settings_class))
    yield ""


def render() -> str:
    """The whole page."""
    lines = [HEAD]
    for name, settings_class in SECTIONS.items():
        lines.extend(section(name, settings_class))
    lines += [VARIABLES_HEAD, table_row(["Section", "Variable", "Default", "Allowed", "Restart", "Meaning"])]
    lines += [table_row(["---"] * 6), *(variable_row(variable) for variable in VARIABLES)]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"written: {TARGET}")
