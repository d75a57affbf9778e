# SPDX-License-Identifier: GPL-2.0-or-later
"""Values that the Tab key offers; whatever goes wrong, it offers none."""
from __future__ import annotations

from typing import Final

import click
from click.shell_completion import CompletionItem

from mss.cli.errors import EXPECTED, CommandFailed
from mss.cli.installation import installation_of
from mss.cli.lazy_group import load_target
from mss.plugin.discovery import installed_entry_points

_MOST: Final = 200


def complete_number(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Numbers of users."""
    # Loaded here because commands that only talk to the server have no other use for the database.
    open_store = load_target("mss.cli.stored:open_store")
    try:
        with open_store(installation_of(context)) as store:
            users = store.users.list()
    except (*EXPECTED, OSError):
        return []
    chosen = [user for user in users if user.number.startswith(incomplete)]
    return [CompletionItem(user.number, help=user.display_name) for user in chosen[:_MOST]]


def complete_call(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of calls in progress."""
    try:
        calls = list(installation_of(context).control.ask_all("calls.list", user=""))
    except CommandFailed:
        return []
    found = [
        CompletionItem(call["id"], help=f"{call['caller']} to {call['dialled']}")
        for call in calls
        if call["id"].startswith(incomplete)
    ]
    return found[:_MOST]


def complete_plugin(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of installed plugins."""
    return [CompletionItem(point.name) for point in installed_entry_points() if point.name.startswith(incomplete)]
