# SPDX-License-Identifier: GPL-2.0-or-later
"""How one setting describes itself: default, meaning, unit, bounds, and whether it needs a restart.

Everything that speaks of settings (loader, template, generated documentation, reload) reads these
descriptions, so that a setting is written down in one place only.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")

_METADATA_KEY = "mss"


@dataclass(frozen=True)
class Rule:
    """What is known of one setting beside its type and default.

    ``kind`` names a syntax: "listener", "network", "host", "path", "url" or "phrase"; empty means any value of the
    type.  For a list, ``kind``, ``choices``, ``minimum`` and ``maximum`` apply to each of its items.  The value of a
    ``secret`` setting is left out of the section's repr, so that it does not reach a log.
    """

    description: str
    unit: str = ""
    restart: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    kind: str = ""
    secret: bool = False


@dataclass(frozen=True)
class SettingInfo:
    """One setting of one section, with its rule.  ``type_name`` is "str", "int", "float", "bool" or "list"."""

    section: str
    name: str
    type_name: str
    default: object
    rule: Rule

    @property
    def key(self) -> str:
        """The full name, as in ``sip.realm``."""
        return f"{self.section}.{self.name}"


def setting(
    default: T,
    description: str,
    *,
    unit: str = "",
    restart: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    kind: str = "",
    secret: bool = False,
) -> T:
    """Declare a setting as a dataclass field with this default; the parameters are those of ``Rule``."""
    rule = Rule(description, unit, restart, minimum, maximum, choices, kind, secret)
    return cast(T, field(default=cast(Any, default), repr=not secret, metadata={_METADATA_KEY: rule}))


def describe(section: str, settings_class: type[Any]) -> Iterator[SettingInfo]:
    """Yield the settings of a section class in the order of its fields."""
    for item in dataclasses.fields(settings_class):
        rule = item.metadata[_METADATA_KEY]
        type_name = "list" if str(item.type).startswith("tuple") else str(item.type)
        yield SettingInfo(section, item.name, type_name, item.default, rule)
