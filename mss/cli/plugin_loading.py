# SPDX-License-Identifier: GPL-2.0-or-later
"""Plugins in the process of the command line."""
from __future__ import annotations

from collections.abc import Mapping

import click

from mss.cli.errors import EXPECTED
from mss.cli.installation import Installation, installation_of
from mss.cli.stored import has_database, open_store
from mss.config.settings import PluginSettings
from mss.plugin.collect import collect
from mss.plugin.manager import build_plugin_manager
from mss.server.plugin_settings import with_disabled


def load_commands(context: click.Context, taken: frozenset[str]) -> Mapping[str, click.Command]:
    """The commands of all enabled plugins by name.

    A name that is taken already is left out, with a warning; so is whatever a broken plugin gives.
    """
    manager = build_plugin_manager(effective_plugin_settings(installation_of(context)))
    commands: dict[str, click.Command] = {}
    for plugin, answer in collect(manager, "mss_cli_commands"):
        for command in answer if isinstance(answer, list | tuple) else ():
            name = command.name or ""
            if name in taken or name in commands:
                click.echo(f"Warning: plugin {plugin}: command {name!r} is left out, the name is taken", err=True)
            else:
                commands[name] = command
    return commands


def effective_plugin_settings(installation: Installation) -> PluginSettings:
    """What settings and database say; the defaults where there is no installation yet, or a broken one."""
    try:
        settings = installation.settings.plugins
        if not has_database(installation):
            return settings
        with open_store(installation) as store:
            return with_disabled(settings, store.plugins.list())
    except (*EXPECTED, OSError):
        return PluginSettings()
