# SPDX-License-Identifier: GPL-2.0-or-later
"""What administrators can ask of the running server, apart from how they ask (control socket today).

All methods run on the signalling loop.  The plain ones answer from memory and must be quick: lists are cut to one page
of at most ``MAX_PAGE`` entries.  Only the ``async`` ones may wait, for the database or for files.  All times are
wall-clock seconds since the epoch, 0.0 = not (yet); all results are plain data that JSON can carry.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, TypedDict

from mss.plugin.record import PluginInfo
from mss.server.tracer import Tracer

#: Most entries in one answer: keeps an answer below some milliseconds of the signalling loop.
MAX_PAGE: Final = 500


class Refused(Exception):
    """The server understood and says no.  ``code`` is a stable word for scripts, the text is for people.

    Codes in use: ``not_found``, ``bad_argument``, ``invalid_settings``, ``busy``, ``failed``.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Status(TypedDict):
    """The server in figures.  ``listeners`` are texts as ``udp:192.0.2.1:5060``; ``database`` has no password."""

    version: str
    #: ``interpreted`` or ``compiled``.
    mode: str
    pid: int
    started_at: float
    uptime_seconds: float
    config_dir: str
    listeners: list[str]
    database: str
    users: int
    devices: int
    calls: int
    calls_total: int
    calls_answered: int
    calls_failed: int
    messages_received: int
    messages_repeated: int
    messages_rejected: int
    connections: int
    transactions: int
    records_pending: int
    plugins_active: int
    plugins_failed: list[str]
    cpu_seconds: float
    memory_bytes: int
    #: What an administrator should look into, one sentence each; empty when all is well.
    warnings: list[str]


class CallSummary(TypedDict):
    """One call in progress.  ``state`` is ``routing``, ``ringing``, ``established``, ``held`` or ``ending``."""

    id: str
    state: str
    caller: str
    dialled: str
    called: str
    started_at: float
    answered_at: float


class LegDetails(TypedDict):
    """One dialog of a call.  ``side`` is ``caller`` or ``callee``; ``peer`` a flow as ``udp:192.0.2.7:5060``."""

    side: str
    user: str
    state: str
    call_id: str
    peer: str
    contact: str
    user_agent: str


class CallStep(TypedDict):
    """Something that happened in a call, in words."""

    at: float
    text: str


class CallDetails(CallSummary):
    """All that is known of a call in progress.  ``media`` is ``direct`` or ``anchored``."""

    media: str
    legs: list[LegDetails]
    steps: list[CallStep]


class RoutingStep(TypedDict):
    """One question that routing asked and what came out of it."""

    step: str
    outcome: str


class Explanation(TypedDict):
    """What would become of a call.  ``result`` is ``ring``, ``forward``, ``service`` or ``refuse``.

    ``targets`` are the contacts that would ring; ``status`` and ``reason`` say how it would be refused (0 if not).
    """

    result: str
    steps: list[RoutingStep]
    targets: list[str]
    status: int
    reason: str


class Device(TypedDict):
    """One device of a user.  ``kind`` is ``registered`` or ``fixed``; ``source`` a flow as ``udp:192.0.2.7:5060``.

    ``state`` is ``reachable``, ``unreachable`` or ``unknown`` by the last OPTIONS ping, ``ping_ms`` its time or -1.0.
    """

    user: str
    kind: str
    contact: str
    source: str
    via_nat: bool
    user_agent: str
    registered_at: float
    expires_at: float
    state: str
    ping_ms: float


class ReloadReport(TypedDict):
    """Settings as ``section.key``: those in force now, and those that wait for a restart."""

    changed: list[str]
    restart_needed: list[str]


class ServerFacade(ABC):
    """The running server.  Any method may raise ``Refused``."""

    @property
    @abstractmethod
    def tracer(self) -> Tracer:
        """The SIP trace of this server."""

    @abstractmethod
    def status(self) -> Status:
        """The server in figures."""

    @abstractmethod
    def metrics(self) -> str:
        """All counters in the text format of Prometheus."""

    @abstractmethod
    def list_calls(self, user: str, offset: int, limit: int) -> Sequence[CallSummary]:
        """Calls in progress, oldest first, of one user or (``""``) of all."""

    @abstractmethod
    def show_call(self, call: str) -> CallDetails:
        """One call by its id or by the SIP Call-ID of one of its legs.  Raises ``Refused`` ``not_found``."""

    @abstractmethod
    def hang_up_call(self, call: str) -> None:
        """Release a call on behalf of the administrator.  Raises ``Refused`` ``not_found``."""

    @abstractmethod
    def explain_call(self, caller: str, dialled: str) -> Explanation:
        """Route a call without making it: ``caller`` is a user or an address, ``dialled`` what is dialled."""

    @abstractmethod
    def list_devices(self, user: str, offset: int, limit: int) -> Sequence[Device]:
        """Devices of one user or (``""``) of all, in order of the numbers."""

    @abstractmethod
    async def change_users(self, numbers: Sequence[str]) -> None:
        """These users were added, changed or deleted in the database; none named means any may have been."""

    @abstractmethod
    async def reload_settings(self) -> ReloadReport:
        """Read all configuration files again.  Raises ``Refused`` ``invalid_settings``, and the old ones stay."""

    @abstractmethod
    def list_plugins(self) -> Sequence[PluginInfo]:
        """All plugins of this server with their counters."""

    @abstractmethod
    async def enable_plugin(self, name: str) -> PluginInfo:
        """Use a plugin from now on, a newly installed one too.  Raises ``Refused`` ``not_found``."""

    @abstractmethod
    async def disable_plugin(self, name: str) -> PluginInfo:
        """Call no hook of a plugin from now on.  Raises ``Refused`` ``not_found``."""
