# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss call``: calls in progress, and what would become of a call."""
from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from mss.cli.complete import complete_call, complete_number
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import (
    Column,
    duration,
    json_option,
    or_dash,
    print_json,
    print_record,
    print_rows,
    printable,
    when,
)

_COLUMNS = (
    Column("id", "Call"),
    Column("state", "State"),
    Column("caller", "From"),
    Column("dialled", "Dialled"),
    Column("called", "To", or_dash),
    Column("started_at", "Started", when),
    Column("answered_at", "Answered for", lambda value: duration(time.time() - value) if value else "-"),
)

if TYPE_CHECKING:
    from mss.server.facade import CallDetails, Explanation


@click.group()
def call() -> None:
    """Show, end and explain calls.

    CALL is an id as in `mss call list`, or the SIP Call-ID of one of the call's legs.
    """


@call.command("list")
@click.option("--user", metavar="NUMBER", default="", help="Only calls from or to this user.",
              shell_complete=complete_number)
@json_option
@pass_installation
def list_calls(installation: Installation, user: str, as_json: bool) -> None:
    """List the calls in progress, the oldest first."""
    print_rows(installation.control.ask_all("calls.list", user=user), _COLUMNS, as_json)


@call.command()
@click.argument("call_id", metavar="CALL", shell_complete=complete_call)
@json_option
@pass_installation
def show(installation: Installation, call_id: str, as_json: bool) -> None:
    """Show a call in progress: its legs, their devices, and what happened so far."""
    found: CallDetails = installation.control.ask("calls.show", call=call_id)
    if as_json:
        print_json(found)
        return
    print_record([
        ("Call", found["id"]),
        ("State", found["state"]),
        ("From", found["caller"]),
        ("Dialled", found["dialled"]),
        ("To", or_dash(found["called"])),
        ("Started", when(found["started_at"])),
        ("Answered", when(found["answered_at"])),
        ("Media", found["media"]),
    ])
    for leg in found["legs"]:
        click.echo(f"\nLeg of the {leg['side']}")
        print_record([
            ("  User", or_dash(leg["user"])),
            ("  State", leg["state"]),
            ("  SIP Call-ID", leg["call_id"]),
            ("  Peer", or_dash(leg["peer"])),
            ("  Contact", or_dash(leg["contact"])),
            ("  Device", or_dash(leg["user_agent"])),
        ])
    click.echo("")
    for step in found["steps"]:
        click.echo(f"{when(step['at'])}  {printable(step['text'])}")


@call.command()
@click.argument("call_ids", metavar="CALL...", nargs=-1, shell_complete=complete_call)
@click.option("--all", "all_calls", is_flag=True, help="End all calls.")
@click.option("--user", metavar="NUMBER", help="End all calls from or to this user.", shell_complete=complete_number)
@pass_installation
def hangup(installation: Installation, call_ids: tuple[str, ...], all_calls: bool, user: str | None) -> None:
    """End calls; both sides are told so."""
    if sum((bool(call_ids), all_calls, user is not None)) != 1:
        raise click.UsageError("Name calls, or --user, or --all.")
    control = installation.control
    chosen = call_ids or [each["id"] for each in control.ask_all("calls.list", user=user or "")]
    for call_id in chosen:
        control.ask("calls.hangup", call=call_id)
    click.echo(f"{len(chosen)} ended.")


@call.command()
@click.argument("caller", metavar="FROM", shell_complete=complete_number)
@click.argument("dialled", metavar="TO", shell_complete=complete_number)
@json_option
@pass_installation
def explain(installation: Installation, caller: str, dialled: str, as_json: bool) -> None:
    """Tell step by step what would become of a call, without making it.

    FROM is a user's number or the address a call comes from; TO is what would be dialled.
    """
    found: Explanation = installation.control.ask("calls.explain", caller=caller, dialled=dialled)
    if as_json:
        print_json(found)
        return
    for number, step in enumerate(found["steps"], 1):
        # A step that has no name of its own is named by its number.
        name = "" if step["step"].isdecimal() else f"{printable(step['step'])}: "
        click.echo(f"{number:>2}. {name}{printable(step['outcome'])}")
    if found["status"]:
        click.echo(f"Result: {found['result']}, {found['status']} {printable(found['reason'])}")
    else:
        click.echo(f"Result: {found['result']} {printable(', '.join(found['targets']))}".rstrip())
