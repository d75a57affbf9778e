# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss status``: the running server in figures."""
from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mss.cli.installation import Installation, pass_installation
from mss.cli.output import duration, json_option, print_json, print_record, when

if TYPE_CHECKING:
    from mss.server.facade import Status


@click.command()
@json_option
@click.option("--metrics", is_flag=True, help="Print all counters in the text format of Prometheus instead.")
@pass_installation
def status(installation: Installation, as_json: bool, metrics: bool) -> None:
    """Show how the running server is doing.

    Fails (exit code 1) when no server is running here.
    """
    if metrics:
        click.echo(installation.control.ask("metrics")["text"], nl=False)
        return
    found: Status = installation.control.ask("status")
    if as_json:
        print_json(found)
        return
    print_record(_lines(found))
    for warning in found["warnings"]:
        click.echo(f"Warning: {warning}", err=True)


def _lines(found: Status) -> list[tuple[str, object]]:
    failed = ", ".join(found["plugins_failed"])
    return [
        ("Version", f"{found['version']}, {found['mode']}"),
        ("Running", f"{duration(found['uptime_seconds'])} since {when(found['started_at'])} (pid {found['pid']})"),
        ("Configuration", found["config_dir"]),
        ("Database", found["database"]),
        ("Listening on", ", ".join(found["listeners"]) or "nothing"),
        ("Users", found["users"]),
        ("Devices", found["devices"]),
        ("Calls", f"{found['calls']} now, {found['calls_total']} since the start "
                  f"({found['calls_answered']} answered, {found['calls_failed']} failed)"),
        ("Messages", f"{found['messages_received']} in, {found['messages_repeated']} sent again, "
                     f"{found['messages_rejected']} malformed"),
        ("Transactions", found["transactions"]),
        ("Connections", found["connections"]),
        ("Call records to be written", found["records_pending"]),
        ("Plugins", f"{found['plugins_active']} active" + (f", failed: {failed}" if failed else "")),
        ("CPU", f"{found['cpu_seconds']:.1f} s"),
        ("Memory", f"{found['memory_bytes'] / 1e6:.0f} MB"),
    ]  # fmt: skip
