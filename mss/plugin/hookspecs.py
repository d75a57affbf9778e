# SPDX-License-Identifier: GPL-2.0-or-later
"""Every hook of mss, one function and one docstring each; ``docs/hooks.md`` is made from this file.

An implementation may leave out arguments it does not need.  It may be a plain function or an
``async def``.  Plugins from other packages run in a thread of their own, so they may block; where
the server waits for an answer it waits ``[plugins] timeout_ms`` and then goes on without it.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import click
import pluggy

from mss.config.settings import Settings
from mss.model.call_record import CallRecord
from mss.model.routing import CallInfo, Redirect, Refuse
from mss.plugin.types import CallEvent, Metric, RegistrationChange, RequestInfo, ServerInfo

PROJECT_NAME: Final = "mss"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@hookspec
def mss_start(server: ServerInfo) -> None:
    """Get ready: the server is up and about to take calls, or the plugin was enabled just now.

    The place to read settings, open connections and start threads.  A plugin that raises here is
    marked as failed and none of its other hooks is called.
    """


@hookspec
def mss_stop(server: ServerInfo) -> None:
    """Let go of what ``mss_start`` took: the server ends, or the plugin was disabled.

    All that the plugin was told before is delivered first.  The server waits at most
    ``[plugins] timeout_ms`` for all plugins together.
    """


@hookspec
def mss_media_gateway(settings: Settings) -> Callable[..., object] | None:
    """Provide the media gateway: a factory of a ``mss.media.gateway.MediaGateway``, or None.

    Called once, before the server starts.  The first plugin that returns a factory wins.
    """


@hookspec
def mss_screen_request(request: RequestInfo) -> Refuse | None:
    """Refuse an unwanted request from outside before it costs anything, or let it pass with None.

    Asked for the requests that open something (INVITE, REGISTER, SUBSCRIBE, ... without a To tag),
    before authentication.  The first refusal wins; without an answer in time the request passes.
    """


@hookspec
def mss_route_call(call: CallInfo) -> Redirect | Refuse | None:
    """Redirect a new call to another number, refuse it, or leave it to the next step with None.

    Asked once per call, after authentication and before the server's own routing.  A redirected call
    is routed as if the new number had been dialled, with the rights of the same caller, and is not
    asked again.  The first answer wins; without an answer in time the call goes on.
    """


@hookspec
def mss_call_record(record: CallRecord) -> None:
    """Take the record of an ended call (CDR), answered or not.

    Records come in the order in which the calls ended, up to 0.1 s later, in small batches.  A
    record reaches the server's own store whatever a plugin does with it.
    """


@hookspec
def mss_call_event(event: CallEvent) -> None:
    """Take notice of a step in a call's life, up to 0.1 s after it."""


@hookspec
def mss_registration_changed(change: RegistrationChange) -> None:
    """Take notice of a device that registered, refreshed, left or expired, up to 0.1 s after it."""


@hookspec
def mss_metrics() -> Iterable[Metric]:
    """Give the plugin's own figures as :class:`Metric` samples; asked whenever metrics are read."""


@hookspec
def mss_cli_commands() -> Iterable[click.Command]:
    """Add commands to the ``mss`` command line.

    Called in the process of the command line, not in the server: only what is on disk or reachable
    over the network is at hand.  A name that the server's own commands use is left out, with a warning.
    ``click.get_current_context().find_root().params["home"]`` is the value of ``--home``.
    """
