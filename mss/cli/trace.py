# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss trace``: SIP messages as they come and go."""
from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from mss.cli.complete import complete_call, complete_number
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import json_option, print_json_line, printable


@click.group()
def trace() -> None:
    """Watch SIP messages as they come and go."""


@trace.command()
@click.option("--user", metavar="NUMBER", help="Messages from, to, or authenticated as this user, and the rest of "
              "their calls.", shell_complete=complete_number)
@click.option("--address", metavar="IP", help="Messages from and to this address or network (192.0.2.0/24).")
@click.option("--call", metavar="CALL", help="Messages of one call: its id as in `mss call list`, or a SIP Call-ID.",
              shell_complete=complete_call)
@click.option("--all", "everything", is_flag=True, help="All messages.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Stop after so many messages.")
@json_option
@pass_installation
def on(
    installation: Installation, user: str | None, address: str | None, call: str | None, everything: bool,
    limit: int | None, as_json: bool,
) -> None:
    """Show SIP messages of the running server until Ctrl-C.

    Several conditions must hold together.  Passwords, digest responses and media keys are masked.  If this terminal is
    slower than the server, messages are left out and counted; calls are never held up.  With --json each line is one
    message: {"time", "direction", "transport", "peer", "call_id", "message", "dropped"}.
    """
    if not (user or address or call or everything):
        raise click.UsageError("Say what to watch: --user, --address, --call or --all.")
    events = installation.control.stream("trace.start", user=user or "", address=address or "", call=call or "")
    try:
        next(events)
        if not as_json:
            click.echo("Tracing; Ctrl-C stops.", err=True)
        _show(events, as_json, limit)
    except KeyboardInterrupt:
        # The usual end of a trace, not a failure.
        click.echo("", err=True)


def _show(events: Any, as_json: bool, limit: int | None) -> None:
    dropped = 0
    for count, event in enumerate(events, 1):
        if as_json:
            print_json_line(event)
        else:
            if event["dropped"] > dropped:
                click.secho(f"... {event['dropped'] - dropped} messages left out", fg="red")
                dropped = event["dropped"]
            _print_message(event)
        if count == limit:
            return


def _print_message(event: Mapping[str, Any]) -> None:
    """A line of our own and the message, without anything that could steer the terminal."""
    at = event["time"]
    clock = f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at % 1 * 1000):03}"
    is_in = event["direction"] == "in"
    arrow = "<--" if is_in else "-->"
    click.secho(f"{clock} {arrow} {event['transport']} {event['peer']}", fg="cyan" if is_in else "green", bold=True)
    for line in event["message"].replace("\r\n", "\n").rstrip("\n").split("\n"):
        click.echo(printable(line))
    click.echo("")
