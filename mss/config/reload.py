# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the configuration again while the server runs."""
from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mss.config.errors import ConfigError, InvalidConfig
from mss.config.loader import load
from mss.config.paths import Paths
from mss.config.settings import Settings, all_settings, get_value
from mss.config.var_param import VARIABLES


class Change(NamedTuple):
    """One setting whose value is another one now.  Values are not kept here: a URL may hold a password."""

    key: str
    needs_restart: bool


class Reloaded(NamedTuple):
    """The result: with ``errors`` the settings are the old ones, else the new ones, and ``changes`` tells them apart.

    A change that needs a restart is in the new settings as well; the server has it after its next start.
    """

    settings: Settings
    errors: tuple[ConfigError, ...]
    changes: tuple[Change, ...]


def reload(old: Settings, paths: Paths, environ: Mapping[str, str] | None = None) -> Reloaded:
    """Load the settings of ``paths`` again; a configuration with mistakes leaves the old one in force."""
    try:
        new = load(paths, environ)
    except InvalidConfig as invalid:
        return Reloaded(old, invalid.errors, ())
    return Reloaded(new, (), tuple(compare(old, new)))


def compare(old: Settings, new: Settings) -> list[Change]:
    """Return what differs, in the order of the settings."""
    changes = [
        Change(info.key, info.rule.restart)
        for info in all_settings()
        if get_value(old, info) != get_value(new, info)
    ]
    for variable in VARIABLES:
        if old.var_params[variable.name] != new.var_params[variable.name]:
            changes.append(Change(f"[{variable.section}] {variable.name}", variable.restart))
    return changes
