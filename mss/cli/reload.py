# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss reload``: new settings for the running server."""
from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mss.cli.installation import Installation, pass_installation
from mss.cli.output import json_option, print_json

if TYPE_CHECKING:
    from mss.server.facade import ReloadReport


@click.command()
@json_option
@pass_installation
def reload(installation: Installation, as_json: bool) -> None:
    """Let the running server read its settings again.

    Calls go on.  If the files have a mistake it is named, and the server keeps the settings that it has.
    """
    report: ReloadReport = installation.control.ask("settings.reload")
    if as_json:
        print_json(report)
        return
    if not report["changed"] and not report["restart_needed"]:
        click.echo("No setting has changed.")
    for key in report["changed"]:
        click.echo(f"{key}: in force now")
    for key in report["restart_needed"]:
        click.echo(f"{key}: will be in force after a restart")
