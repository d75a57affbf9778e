# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss device``: the devices that the server can reach users on."""
from __future__ import annotations

import click

from mss.cli.complete import complete_number
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import Column, json_option, or_dash, print_rows, when, yes_no

_COLUMNS = (
    Column("user", "User"),
    Column("state", "State"),
    Column("source", "Source"),
    Column("contact", "Contact"),
    Column("via_nat", "Behind NAT", yes_no),
    Column("expires_at", "Until", when),
    Column("ping_ms", "Ping ms", lambda value: f"{value:.0f}" if value >= 0 else "-", is_number=True),
    Column("user_agent", "Device", or_dash),
)


@click.group()
def device() -> None:
    """Show which devices are registered."""


@device.command("list")
@click.option("--user", metavar="NUMBER", default="", help="Only the devices of this user.",
              shell_complete=complete_number)
@json_option
@pass_installation
def list_devices(installation: Installation, user: str, as_json: bool) -> None:
    """List registered and fixed devices with their state by the last ping.

    The state is reachable, unreachable or unknown (not asked yet).  A device that the users' settings name as a fixed
    contact has no end of registration.
    """
    print_rows(installation.control.ask_all("devices.list", user=user), _COLUMNS, as_json)
