# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss example``: what the plugin adds to the command line."""
from __future__ import annotations

import json
import os
from pathlib import Path

import click

from mss_example.aliases import FILE_NAME, VARIABLE, AliasError, load_aliases


@click.group()
def example() -> None:
    """Aliases for numbers (plugin mss-example)."""


@example.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def aliases(context: click.Context, as_json: bool) -> None:
    """List the aliases that are configured."""
    home = context.find_root().params.get("home")
    config_dir = Path(home or "/etc/mss")
    try:
        found = load_aliases(config_dir, os.environ)
    except AliasError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([{"alias": alias, "number": number} for alias, number in found.items()]))
        return
    if not found:
        click.echo(f"No aliases. Put them into {config_dir / FILE_NAME} or the variable {VARIABLE}.")
    for alias, number in found.items():
        click.echo(f"{alias:<20} {number}")
