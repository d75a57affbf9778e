# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss user``: the users (extensions) in the database."""
from __future__ import annotations

import sys
from typing import Any

import click

from mss.cli.complete import complete_number
from mss.cli.installation import Installation, pass_installation
from mss.cli.output import Column, is_terminal, json_option, or_dash, print_json, print_record, print_rows, yes_no
from mss.cli.stored import open_store
from mss.cli.user_import import import_users
from mss.cli.user_options import generate_password, parse_options, read_password, user_options
from mss.model.user import User
from mss.model.user_rules import USER_FIELDS

_COLUMNS = (
    Column("number", "Number"),
    Column("display_name", "Name", or_dash),
    Column("enabled", "Enabled", yes_no),
    Column("multi_device", "Several devices", yes_no),
    Column("forward_all", "Forwarded to", or_dash),
    Column("description", "Description", or_dash),
)
_PASSWORD_COLUMN = Column("password", "Password")


@click.group()
def user() -> None:
    """Add, import, list, change and delete users.

    Users are kept in the database.  A running server takes over every change at once; calls go on.
    """


@user.command()
@click.argument("number")
@click.option("--password", metavar="PW", help="Password; - reads it from standard input. [default: a random one]")
@user_options
@json_option
@pass_installation
def add(installation: Installation, number: str, password: str | None, as_json: bool, **options: str | None) -> None:
    """Add the user NUMBER.

    Without --password a random one is made and shown this once.
    """
    is_generated = password is None
    secret = generate_password() if password is None else read_password(password)
    new = User(number, secret, **parse_options(number, options))
    with open_store(installation) as store:
        store.users.add(new)
    installation.control.tell_users_changed([number])
    if as_json:
        print_json(as_row(new, passwords=is_generated))
    elif is_generated:
        click.echo(f"User {number} added, password {secret}")
    else:
        click.echo(f"User {number} added.")


user.add_command(import_users)


@user.command("list")
@click.option("--search", metavar="TEXT", default="", help="Only users with this text in number, name or description.")
@click.option("--passwords", is_flag=True, help="Show passwords too.")
@json_option
@pass_installation
def list_users(installation: Installation, search: str, passwords: bool, as_json: bool) -> None:
    """List the users by number."""
    with open_store(installation) as store:
        found = store.users.list()
    wanted = search.lower()
    rows = [
        as_row(each, passwords)
        for each in found
        if wanted in f"{each.number}\n{each.display_name}\n{each.description}".lower()
    ]
    columns = (_COLUMNS[0], _PASSWORD_COLUMN, *_COLUMNS[1:]) if passwords else _COLUMNS
    print_rows(rows, columns, as_json)


@user.command()
@click.argument("number", shell_complete=complete_number)
@click.option("--passwords", is_flag=True, help="Show the password too.")
@json_option
@pass_installation
def show(installation: Installation, number: str, passwords: bool, as_json: bool) -> None:
    """Show all about the user NUMBER."""
    with open_store(installation) as store:
        found = store.users.get(number)
    row = as_row(found, passwords)
    if as_json:
        print_json(row)
    else:
        print_record((name, _in_words(value)) for name, value in row.items())


@user.command("set")
@click.argument("number", shell_complete=complete_number)
@click.option("--password", metavar="PW", help="New password; - reads it from standard input.")
@click.option("--new-password", is_flag=True, help="Make a new random password and show it.")
@user_options
@json_option
@pass_installation
def set_user(
    installation: Installation, number: str, password: str | None, new_password: bool, as_json: bool,
    **options: str | None,
) -> None:
    """Change fields of the user NUMBER; what is not named stays as it is."""
    changes = parse_options(number, options)
    if new_password and password is not None:
        raise click.UsageError("--password and --new-password exclude each other.")
    if new_password:
        changes["password"] = generate_password()
    elif password is not None:
        changes["password"] = read_password(password)
    if not changes:
        raise click.UsageError("Name at least one field to change, for example --display-name.")
    with open_store(installation) as store:
        changed = store.users.set(number, changes)
    installation.control.tell_users_changed([number])
    if as_json:
        print_json(as_row(changed, passwords=new_password))
    elif new_password:
        click.echo(f"User {number} changed, password {changed.password}")
    else:
        click.echo(f"User {number} changed.")


@user.command()
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...", shell_complete=complete_number)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_installation
def delete(installation: Installation, numbers: tuple[str, ...], yes: bool) -> None:
    """Delete users with their registrations; the records of their calls stay.

    On a terminal you are asked first.  Calls in progress go on.
    """
    wanted = list(dict.fromkeys(numbers))
    with open_store(installation) as store:
        for number in wanted:
            store.users.get(number)
        if not yes and sys.stdin.isatty() and is_terminal():
            click.confirm(f"Delete {', '.join(wanted)}?", abort=True)
        for number in wanted:
            store.users.delete(number)
    installation.control.tell_users_changed(wanted)
    click.echo(f"{len(wanted)} deleted." if len(wanted) > 1 else f"User {wanted[0]} deleted.")


def as_row(found: User, passwords: bool) -> dict[str, Any]:
    """A user's fields by name, with the password only where it was asked for."""
    row = {name: getattr(found, name) for name in USER_FIELDS if passwords or name != "password"}
    row["ip_addresses"] = list(found.ip_addresses)
    return row


def _in_words(value: object) -> str:
    return yes_no(value) if isinstance(value, bool) else or_dash(value)
