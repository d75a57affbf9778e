# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss init``: a new installation."""
from __future__ import annotations

import click

from mss.cli.installation import Installation, pass_installation
from mss.cli.output import json_option, print_json
from mss.cli.setup import DEMO_NUMBERS, set_up
from mss.config.template import InitOptions

_DEFAULTS = InitOptions()
_ONLY_NEW = ("bind", "sip_port", "web_port")


@click.command()
@click.option("--bind", metavar="ADDR", default=_DEFAULTS.bind, show_default=True,
              help="IP address to listen on; 0.0.0.0 means all of this machine.")
@click.option("--sip-port", metavar="N", type=int, default=_DEFAULTS.sip_port, show_default=True,
              help="Port for SIP over UDP and TCP; TLS takes the one after it.")
@click.option("--web-port", metavar="N", type=int, default=_DEFAULTS.web_port, show_default=True,
              help="Port for administration pages; 0 = none.")
@click.option("--no-demo-users", is_flag=True, help=f"Do not create the users {', '.join(DEMO_NUMBERS)}.")
@json_option
@pass_installation
def init(
    installation: Installation, bind: str, sip_port: int, web_port: int, no_demo_users: bool, as_json: bool
) -> None:
    """Create configuration, database, certificate and first users.

    The users get random passwords, which are shown.  What is there already is kept as it is, so that the command can
    be repeated.
    """
    made = set_up(installation, InitOptions(bind, sip_port, web_port), not no_demo_users)
    context = click.get_current_context()
    given = [name for name in _ONLY_NEW if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    if given and not made.wrote_settings(installation):
        options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        click.echo(f"Warning: {installation.paths.config_file} is there already and was kept; {options} had no effect",
                   err=True)  # fmt: skip
    if as_json:
        users = [{"number": user.number, "password": user.password} for user in made.users]
        print_json({"created": [str(file) for file in made.files], "users": users})
        return
    for file in made.files:
        click.echo(f"Created {file}")
    for user in made.users:
        click.echo(f"Created user {user.number} with password {user.password}")
    if not made.files and not made.users:
        click.echo("Everything is there already.")
    click.echo(f"Next: {installation.command('serve')}")
