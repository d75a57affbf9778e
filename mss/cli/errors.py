# SPDX-License-Identifier: GPL-2.0-or-later
"""How a command fails: one line per fault on standard error, exit code 1, no traceback.

Exit codes of all commands: 0 done, 1 failed, 2 called in a wrong way.
"""
from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import click

from mss.config.errors import InvalidConfig
from mss.model.user_rules import InvalidUser
from mss.server.control_address import UnusableSocket
from mss.store.errors import StoreError
from mss.transport.errors import TransportError

#: What the layers below raise for a reason that a person can remove; their texts name place and remedy.
EXPECTED: Final = (InvalidConfig, InvalidUser, StoreError, TransportError, UnusableSocket)


class CommandFailed(click.ClickException):
    """The command could not do its work.  The message names the place and the remedy, one fault per line."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message, each line marked as an error."""
        for line in self.format_message().splitlines():
            click.echo(f"Error: {line}", file=sys.stderr if file is None else file)


@contextmanager
def failures_explained() -> Iterator[None]:
    """Turn expected errors into ``CommandFailed``; errors of our own program pass unchanged."""
    try:
        yield
    except EXPECTED as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # the reader of our output has seen enough; click ends quietly
        place = f"{error.filename}: " if error.filename else ""
        raise CommandFailed(f"{place}{error.strerror or error}") from error
