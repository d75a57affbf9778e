# SPDX-License-Identifier: GPL-2.0-or-later
"""The hooks.  Without aliases configured, no call changes its way."""
from __future__ import annotations

import logging
import os
from collections.abc import Mapping

import click

from mss.plugin.api import CallInfo, CallRecord, Metric, Redirect, ServerInfo, hookimpl
from mss_example.aliases import load_aliases
from mss_example.commands import example

log = logging.getLogger("mss_example")


class ExamplePlugin:
    """Redirects calls to an alias and counts the calls that ended.

    All hooks of one plugin run in one thread of its own, so its attributes need no lock.
    """

    #: The version of the hook API that this was written for.
    mss_api = 1

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._aliases: dict[str, str] = {}
        self._answered = 0
        self._unanswered = 0

    @hookimpl
    def mss_start(self, server: ServerInfo) -> None:
        """Read the aliases; a mistake in them takes the plugin out of use, with its reason in the list."""
        self._aliases = load_aliases(server.config_dir, self._environment)
        log.info("%d aliases", len(self._aliases))

    @hookimpl
    def mss_route_call(self, call: CallInfo) -> Redirect | None:
        """Send a call for an alias to its number."""
        number = self._aliases.get(call.dialled)
        return Redirect(number) if number else None

    @hookimpl
    def mss_call_record(self, record: CallRecord) -> None:
        """Count the call."""
        if record.answered_at:
            self._answered += 1
        else:
            self._unanswered += 1

    @hookimpl
    def mss_metrics(self) -> list[Metric]:
        """The calls counted since the plugin was loaded."""
        name = "mss_example_calls_total"
        return [Metric(name, self._answered, {"answered": "yes"}), Metric(name, self._unanswered, {"answered": "no"})]

    @hookimpl
    def mss_cli_commands(self) -> list[click.Command]:
        """Add ``mss example``."""
        return [example]


plugin = ExamplePlugin(os.environ)
