# SPDX-License-Identifier: GPL-2.0-or-later
"""The live SIP trace: copies of chosen messages for administrators, without their secrets.

The hot path asks only ``tracer.active``.  While nobody traces, nothing else runs.  While somebody does, each message
is matched with a few byte patterns, and only those that match are masked and decoded.
"""
from __future__ import annotations

import asyncio
import ipaddress
import re
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, NamedTuple

from mss.server.masking import mask_secrets
from mss.sip.flow import Flow

#: Records a subscriber may have waiting; a terminal that cannot follow loses the newest ones, and is told how many.
QUEUE_RECORDS: Final = 1000
#: Traces at the same time.
MAX_SUBSCRIPTIONS: Final = 16
#: Calls remembered per trace once one of their messages matched.
MAX_STICKY_CALLS: Final = 4096
#: Peer addresses whose verdict is remembered per trace.
MAX_KNOWN_HOSTS: Final = 4096

IN: Final = "in"
OUT: Final = "out"

_CALL_ID: Final = re.compile(rb"^(?:Call-ID|i)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")


class TooManyTraces(Exception):
    """``MAX_SUBSCRIPTIONS`` traces run already."""


class TraceRecord(NamedTuple):
    """One message as an administrator sees it.  ``time`` is wall-clock seconds since the epoch."""

    time: float
    direction: str
    transport: str
    peer: str
    call_id: str
    message: str


class TraceFilter:
    """What one trace shows.  All conditions that are given must hold; none at all means everything.

    ``user`` is compared with the user parts of Request-URI, From and To and with the digest user name; ``network`` is
    an address or a network in CIDR form; ``call_ids`` are SIP Call-IDs.  Raises ``ValueError`` for a bad network.
    """

    def __init__(self, user: str = "", network: str = "", call_ids: frozenset[str] = frozenset()) -> None:
        self.call_ids = frozenset(call_id.encode("utf-8", "surrogateescape") for call_id in call_ids)
        self._network = ipaddress.ip_network(network, strict=False) if network else None
        self._user = _user_pattern(user) if user else None
        self._hosts: dict[str, bool] = {}

    def matches_host(self, host: str) -> bool:
        """Whether a peer at ``host`` is within the network."""
        if self._network is None:
            return True
        verdict = self._hosts.get(host)
        if verdict is None:
            if len(self._hosts) >= MAX_KNOWN_HOSTS:
                self._hosts.clear()
            verdict = self._hosts[host] = _is_within(host, self._network)
        return verdict

    def matches_head(self, head: bytes) -> bool:
        """Whether the header part of a message names the user."""
        return self._user is None or self._user.search(head) is not None


class Subscription:
    """One running trace: a bounded queue between the signalling loop and one reader."""

    def __init__(self, chosen: TraceFilter, queue_records: int = QUEUE_RECORDS) -> None:
        self.filter = chosen
        #: Records that did not fit since the trace began.
        self.dropped = 0
        self._calls: OrderedDict[bytes, None] = OrderedDict.fromkeys(chosen.call_ids)
        self._only_calls = bool(chosen.call_ids)
        self._queue: deque[TraceRecord] = deque()
        self._limit = queue_records
        self._filled = asyncio.Event()

    def wants(self, call_id: bytes, head: bytes, host: str) -> bool:
        """Whether the message belongs here; remembers its call, so that the rest of the call follows."""
        if not self.filter.matches_host(host):
            return False
        if call_id in self._calls:
            return True
        if self._only_calls or not self.filter.matches_head(head):
            return False
        self.remember(call_id)
        return True

    def remember(self, call_id: bytes) -> None:
        """Show the call from now on; the oldest call is forgotten when there are too many."""
        self._calls[call_id] = None
        if len(self._calls) > MAX_STICKY_CALLS:
            self._calls.popitem(last=False)

    def link(self, first: bytes, second: bytes) -> None:
        """Two Call-IDs are legs of one call: whoever follows one follows the other."""
        if first in self._calls:
            self.remember(second)
        elif second in self._calls:
            self.remember(first)

    def put(self, record: TraceRecord) -> None:
        """Queue a record, or count it as dropped."""
        if len(self._queue) >= self._limit:
            self.dropped += 1
            return
        self._queue.append(record)
        self._filled.set()

    async def get(self) -> TraceRecord:
        """The next record; waits for one."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        return self._queue.popleft()


class Tracer:
    """Hands copies of messages to those who trace.  All methods are called on the signalling loop.

    ``wall_offset`` turns the core's clock into wall-clock time (``time.time() - now`` at start); ``on_switch`` is told
    when the first trace begins (True) and when the last one has ended (False).
    """

    def __init__(self, wall_offset: float = 0.0, on_switch: Callable[[bool], None] | None = None) -> None:
        #: The only thing the hot path looks at.
        self.active = False
        self._wall_offset = wall_offset
        self._on_switch = on_switch
        self._subscriptions: list[Subscription] = []

    def subscribe(self, chosen: TraceFilter) -> Subscription:
        """Begin a trace.  Raises ``TooManyTraces``."""
        if len(self._subscriptions) >= MAX_SUBSCRIPTIONS:
            raise TooManyTraces(f"{MAX_SUBSCRIPTIONS} traces are running already; stop one of them")
        subscription = Subscription(chosen)
        self._subscriptions.append(subscription)
        self._switch()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a trace; ending it twice does no harm."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
        self._switch()

    def _switch(self) -> None:
        active = bool(self._subscriptions)
        if active != self.active:
            self.active = active
            if self._on_switch is not None:
                self._on_switch(active)

    def record(self, direction: str, data: bytes, flow: Flow, now: float) -> None:
        """Show one message that came from (``IN``) or goes to (``OUT``) ``flow``.  Call it only when ``active``."""
        head = _FOLD.sub(b" ", data.partition(b"\r\n\r\n")[0])
        found = _CALL_ID.search(head)
        call_id = found.group(1) if found else b""
        wanted = [each for each in self._subscriptions if each.wants(call_id, head, flow.host)]
        if not wanted:
            return
        record = TraceRecord(
            time=now + self._wall_offset,
            direction=direction,
            transport=flow.transport,
            peer=f"[{flow.host}]:{flow.port}" if ":" in flow.host else f"{flow.host}:{flow.port}",
            call_id=_show(call_id),
            message=_show(mask_secrets(data)),
        )
        for subscription in wanted:
            subscription.put(record)

    def link(self, call_id: str, other_call_id: str) -> None:
        """Tell that two SIP Call-IDs are legs of one call.  Call it only when ``active``."""
        first = call_id.encode("utf-8", "surrogateescape")
        second = other_call_id.encode("utf-8", "surrogateescape")
        for subscription in self._subscriptions:
            subscription.link(first, second)


def _user_pattern(user: str) -> re.Pattern[bytes]:
    name = re.escape(user.encode())
    uri = rb"(?:sips?|tel):" + name + rb"(?=[@;:>?\s,]|$)"
    return re.compile(
        rb"^(?:[A-Z]+[ ]+" + uri + rb"|(?:From|f|To|t)[ \t]*:[^\r\n]*?" + uri
        + rb'|(?:Proxy-)?Authorization[ \t]*:[^\r\n]*?\busername[ \t]*=[ \t]*"' + name + rb'")',
        re.IGNORECASE | re.MULTILINE,
    )  # fmt: skip


def _is_within(host: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None and network.version == 4:
        address = address.ipv4_mapped
    return address in network


def _show(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
