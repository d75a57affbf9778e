# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss serve``: the server itself."""
from __future__ import annotations

import os
from collections.abc import Callable

import click

from mss.cli.installation import Installation, pass_installation
from mss.cli.output import is_terminal
from mss.cli.setup import set_up
from mss.cli.stored import open_store
from mss.config.template import InitOptions
from mss.server.build import run_server
from mss.server.log import is_connected_to_journal
from mss.server.machine_addresses import machine_addresses
from mss.server.phone_help import FEW_USERS, phone_help

#: Standard output.
_STDOUT = 1


@click.command()
@click.option("--show-phones/--hide-phones", default=None,
              help="Print what to type into a phone, with the passwords of the first users. [default: on a terminal, "
              "and at the first start; never into the journal]")
@pass_installation
def serve(installation: Installation, show_phones: bool | None) -> None:
    """Run the server until SIGTERM, SIGINT or Ctrl-C.

    The first start creates everything that `mss init` creates.  SIGHUP makes it read its settings again, as
    `mss reload` does.
    """
    made = set_up(installation, InitOptions(), demo_users=True)
    settings = installation.settings
    shows = is_terminal() or made.wrote_settings(installation) if show_phones is None else show_phones
    shows = shows and not is_connected_to_journal(os.environ, _STDOUT)
    on_ready = _phone_help_printer(installation) if shows else None
    raise click.exceptions.Exit(run_server(installation.paths, settings, on_ready))


def _phone_help_printer(installation: Installation) -> Callable[[], None]:
    """A function that prints the help; the database is read now, before the server runs."""
    with open_store(installation) as store:
        users = store.users.list()
    count, shown = len(users), users[:FEW_USERS]
    settings = installation.settings

    def print_help() -> None:
        text = phone_help(settings.sip.listeners, machine_addresses(), shown, count, settings.tls_certificate)
        click.echo(text)

    return print_help
