# SPDX-License-Identifier: GPL-2.0-or-later
"""The command ``mss``: the table of commands and the options that all of them share."""
from __future__ import annotations

from typing import Final

import click

from mss import __version__
from mss.cli.lazy_group import LazyCommand, LazyGroup
from mss.sip.mode import mode_name

#: Command name -> its module and the line that ``mss --help`` shows, in the order of a first day with the program.
COMMANDS: Final = {
    "init": LazyCommand("mss.cli.init:init", "Create configuration, database, certificate and first users."),
    "serve": LazyCommand("mss.cli.serve:serve", "Run the server until it is told to stop."),
    "check": LazyCommand("mss.cli.check:check", "Look for mistakes in the configuration and around it."),
    "status": LazyCommand("mss.cli.status:status", "Show how the running server is doing."),
    "user": LazyCommand("mss.cli.user:user", "Add, import, list, change and delete users."),
    "device": LazyCommand("mss.cli.device:device", "Show which devices are registered."),
    "call": LazyCommand("mss.cli.call:call", "Show, end and explain calls."),
    "cdr": LazyCommand("mss.cli.cdr:cdr", "Look up the records of ended calls."),
    "trace": LazyCommand("mss.cli.trace:trace", "Watch SIP messages as they come and go."),
    "plugin": LazyCommand("mss.cli.plugin:plugin", "List, enable, disable and check plugins."),
    "reload": LazyCommand("mss.cli.reload:reload", "Let the running server read its settings again."),
    "completion": LazyCommand("mss.cli.completion:completion", "Print the script for tab completion in a shell."),
}

_EPILOG: Final = "Exit codes: 0 done, 1 failed, 2 called in a wrong way. With --json results are for scripts."


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    more="mss.cli.plugin_commands:find_plugin_commands",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.option(
    "--home",
    envvar="MSS_HOME",
    show_envvar=True,
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Keep everything (mss.toml, database, socket, recordings) in this directory, instead of in /etc/mss, "
    "/var/lib/mss and /run/mss.",
)
@click.version_option(__version__, prog_name="mss", message=f"%(prog)s, version %(version)s, {mode_name()}")
def main(home: str | None) -> None:
    """The mss telephone server: SIP registrar, call control, and the tools of its administrator."""
    # Commands get at --home by ``mss.cli.installation``, plugins' commands by the root context's parameters.
