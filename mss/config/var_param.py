# SPDX-License-Identifier: GPL-2.0-or-later
"""System variables: ``mss_var_param.ini`` with lines such as ``gVarSipRegSameDialog=0`` below ``[sip]``.

The names are case-sensitive.  A name that is not known here is an error with its file and line, because a variable
that is silently ignored looks like one that has no effect.
"""
from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from mss.config.errors import ConfigError


class Variable(NamedTuple):
    """A known variable; all are whole numbers from ``minimum`` to ``maximum``."""

    section: str
    name: str
    default: int
    minimum: int
    maximum: int
    description: str
    restart: bool


VARIABLES: Final = (
    Variable(
        section="sip",
        name="gVarSipRegSameDialog",
        default=1,
        minimum=0,
        maximum=1,
        description="1: all REGISTER requests of an external line share one Call-ID (RFC 3261 10.2.4). "
        "0: each has a Call-ID of its own, for carriers that reject the CSeq of the request with the credentials.",
        restart=True,
    ),
)


def _defaults() -> dict[str, int]:
    return {variable.name: variable.default for variable in VARIABLES}


@dataclass(frozen=True)
class VarParams:
    """The value of each known variable."""

    values: Mapping[str, int] = field(default_factory=_defaults)

    def __getitem__(self, name: str) -> int:
        """Return a variable's value; KeyError for a name that is not in ``VARIABLES``."""
        return self.values[name]


def read_var_params(path: Path, errors: list[ConfigError]) -> VarParams:
    """Read the file, adding what is wrong in it to ``errors``; a missing file gives the defaults."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return VarParams()
    except (OSError, UnicodeDecodeError) as error:
        errors.append(ConfigError(str(path), 0, "", f"cannot be read: {error}", "make it a readable UTF-8 text file"))
        return VarParams()
    return parse_var_params(text, str(path), errors)


def parse_var_params(text: str, file: str, errors: list[ConfigError]) -> VarParams:
    """Read the text of the file called ``file``, adding what is wrong in it to ``errors``."""
    values = _defaults()
    seen: dict[str, int] = {}
    for line, section, name, value in _entries(text, file, errors):
        key = f"[{section}] {name}"
        variable = _find(section, name, ConfigError(file, line, key, "", ""), errors)
        if variable is None:
            continue
        if name in seen:
            errors.append(
                ConfigError(file, line, key, f"is already set in line {seen[name]}", "remove one of the two lines")
            )
            continue
        seen[name] = line
        number = _number(variable, value)
        if number is None:
            allowed = f"{variable.minimum} to {variable.maximum}"
            errors.append(
                ConfigError(file, line, key, f"value {value!r} is not a number from {allowed}", "correct the value")
            )
            continue
        values[name] = number
    return VarParams(values)


def _entries(text: str, file: str, errors: list[ConfigError]) -> Iterator[tuple[int, str, str, str]]:
    """Yield (line, section, name, value) of each assignment."""
    section = ""
    for line, raw in enumerate(text.splitlines(), 1):
        content = raw.strip()
        if not content or content[0] in ";#":
            continue
        if content.startswith("[") and content.endswith("]"):
            section = content[1:-1].strip()
            continue
        name, equals, value = content.partition("=")
        if not equals:
            errors.append(
                ConfigError(file, line, "", f"{content!r} is neither [section] nor name=value", "correct the line")
            )
            continue
        # A comment may follow the value: none of the values can contain these characters.
        yield line, section, name.strip(), value.split(";")[0].split("#")[0].strip()


def _find(section: str, name: str, place: ConfigError, errors: list[ConfigError]) -> Variable | None:
    """Return the variable, or add an error for this place and return None."""
    for variable in VARIABLES:
        if variable.name != name:
            continue
        if variable.section == section:
            return variable
        remedy = f"move it below [{variable.section}]"
        errors.append(place._replace(problem=f"stands in section [{section}]", remedy=remedy))
        return None
    known = [variable.name for variable in VARIABLES]
    folded = {variable.lower(): variable for variable in known}
    close = difflib.get_close_matches(name.lower(), list(folded), n=1)
    remedy = f"did you mean {folded[close[0]]}?" if close else f"remove it; known variables: {', '.join(known)}"
    errors.append(place._replace(problem="unknown variable", remedy=remedy))
    return None


def _number(variable: Variable, text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if variable.minimum <= number <= variable.maximum else None
