# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that plugins add to ``mss``: nothing is imported for them on a machine without plugins."""
from __future__ import annotations

from collections.abc import Mapping

import click

from mss.cli.lazy_group import MoreCommands, load_target
from mss.plugin.discovery import installed_entry_points


def find_plugin_commands(context: click.Context, taken: frozenset[str]) -> Mapping[str, click.Command]:
    """The commands of plugins by name; none of them has a name in ``taken``."""
    if not installed_entry_points():
        return {}
    # Plugin manager and database take longer to import than all the rest of a command line.
    load: MoreCommands = load_target("mss.cli.plugin_loading:load_commands")
    return load(context, taken)
