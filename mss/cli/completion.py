# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss completion``: tab completion for shells."""
from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

_HOW: Final = """Print the script that completes commands, options, users and calls by the Tab key.

\b
bash: eval "$(mss completion bash)"           in ~/.bashrc
zsh:  eval "$(mss completion zsh)"            in ~/.zshrc
fish: mss completion fish | source            in ~/.config/fish/config.fish
"""


@click.command(help=_HOW)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script for a shell."""
    script_class = get_completion_class(shell)
    assert script_class is not None
    click.echo(script_class(context.find_root().command, {}, "mss", "_MSS_COMPLETE").source())
