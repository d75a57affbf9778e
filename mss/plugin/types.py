# SPDX-License-Identifier: GPL-2.0-or-later
"""The plain data that hooks are given and give back.

All are immutable, so a plugin's thread may read them while the server works on.
"""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

#: The version of the hook API, raised when a hook changes so that an old plugin would misbehave.
#: A plugin states what it was written for as ``mss_api = 1`` beside its hooks.
API_VERSION: Final = 1
#: The oldest version that plugins may still state.
OLDEST_API_VERSION: Final = 1

_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


class ServerInfo(NamedTuple):
    """The running server as a plugin may know it.

    ``config_dir`` is where a plugin looks for a settings file of its own, ``data_dir`` where it may
    keep what it writes (in a folder with the plugin's name).
    """

    version: str
    config_dir: Path
    data_dir: Path


class RequestInfo(NamedTuple):
    """A request from outside before anything was done with it; nothing in it is authenticated.

    ``uri`` is the Request-URI as written; ``source_host`` has no port and no brackets;
    ``transport`` is one of ``UDP TCP TLS WS WSS``; ``user_agent`` is empty where there is none.
    """

    method: str
    uri: str
    source_host: str
    source_port: int
    transport: str
    user_agent: str
    call_id: str


class CallEvent(NamedTuple):
    """One step in a call's life.

    ``name`` is ``started``, ``rang``, ``answered``, ``held``, ``resumed``, ``transferred`` or
    ``ended``; ``at`` is wall-clock seconds since the epoch; ``call`` is the call's id as in its
    record; ``status`` is the final SIP status of an ended call and 0 otherwise.
    """

    name: str
    call: str
    at: float
    caller: str
    dialled: str
    called: str
    status: int = 0


class RegistrationChange(NamedTuple):
    """A change of one binding of one AOR (RFC 3261 section 10).

    ``name`` is ``registered``, ``refreshed``, ``unregistered`` or ``expired``; ``expires_at`` is
    wall-clock seconds since the epoch; ``source`` names the flow as in ``udp:192.0.2.7:5060``.
    """

    name: str
    aor: str
    contact: str
    source: str
    user_agent: str
    expires_at: float


class Metric(NamedTuple):
    """One sample: a Prometheus metric name (``mss_`` and the plugin's name before it), value, labels."""

    name: str
    value: float
    labels: Mapping[str, str] = _NO_LABELS
