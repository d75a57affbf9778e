# SPDX-License-Identifier: GPL-2.0-or-later
"""A call server in memory: its signalling core with everything around it replaced by fakes.

The parts are those of ``mss.server.server.Server``: endpoint, core, call runner, registrar, media
link.  Not there are the store (records are kept in lists), sockets, plugins from outside and asyncio.
"""
from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from random import Random

from mss.call.call import Call, CallSettings
from mss.call.routing import RouteLimits
from mss.config.settings import PluginSettings, Settings
from mss.media.memory import MemoryGateway
from mss.model.call_record import CallRecord
from mss.model.user import User
from mss.plugin.dispatch import Dispatcher
from mss.plugin.manager import build_plugin_manager
from mss.registrar.location import LocationService
from mss.registrar.registrar import Registrar
from mss.server.active_call import ActiveCall
from mss.server.call_runner import CallRunner
from mss.server.core import SignallingCore
from mss.server.flow_finder import FlowFinder
from mss.server.live_data import LiveData
from mss.server.media_link import MediaLink
from mss.server.services import Services
from mss.server.tracer import Tracer
from mss.sip.dialog.service import DialogSettings
from mss.sip.dialog.session import Session
from mss.sip.digest import Authenticator
from mss.sip.endpoint import Endpoint
from mss.sip.flow import Flow, LocalAddress
from mss.sip.timers import TimerValues
from mss.sip.transaction.client_invite import InviteClientTransaction
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ClientTransaction, ServerTransaction
from mss.sip.transaction.server_invite import InviteServerTransaction
from mss.sip.transaction.server_other import OtherServerTransaction
from mss.testing.network import FakeNetwork
from mss.testing.transports import FakeTransports

#: Where the server of a test listens.
SERVER_HOST = "198.51.100.1"
#: What must not outlive its call.
_KINDS = frozenset((Session, ActiveCall, Call, InviteClientTransaction, OtherClientTransaction,
                    InviteServerTransaction, OtherServerTransaction))
#: Longer than any timer of the transaction layer, and than one turn of the timer wheel.
LINGERING_SECONDS = 100.0


class SipServer:
    """A server on a network in memory.

    ``users`` may be changed later with ``add_user``; ``plugins`` are objects with hooks, by name, called
    on the spot.  ``records`` are the call records written, ``opened`` those of calls that were answered.
    """

    def __init__(self, network: FakeNetwork, users: Iterable[User] = (), settings: Settings | None = None, *,
                 host: str = SERVER_HOST, plugins: Mapping[str, object] | None = None, seed: int = 7) -> None:
        self.network = network
        self.settings = settings if settings is not None else Settings()
        self.clock = network.loop.clock.server_clock()
        self.records: list[CallRecord] = []
        self.opened: list[CallRecord] = []
        self._random = Random(seed)
        shown = f"[{host}]" if ":" in host else host
        ports = {"UDP": 5060, "TCP": 5060, "TLS": 5061, "WS": 8088, "WSS": 8089}
        self.sockets = {transport: network.bind(self, LocalAddress(transport, shown, port))
                        for transport, port in ports.items()}
        self.transports = FakeTransports(network, self.sockets)
        self.location = LocationService()
        self.finder = FlowFinder(self.transports)
        self.core = SignallingCore(self.finder)
        sip = self.settings.sip
        self.endpoint = Endpoint(
            self.core, DialogSettings(sip.server_header, sip.session_expires, sip.min_se, sip.probe_seconds),
            TimerValues(sip.t1), self._random.randbytes, network.now)
        self.live = LiveData(self.location, self._route_limits())
        self.live.load(users)
        manager = build_plugin_manager(PluginSettings(), plugins or {}, lambda: [])
        self.dispatcher = Dispatcher(manager, network.loop.call_soon, network.call_later, self.clock.now)
        self.services = self._build_services()
        call = self.settings.call
        self.runner = CallRunner(self.services, CallSettings(call.max_hops, call.send_181))
        self.runner.max_calls = call.max_calls
        authenticator = Authenticator(sip.realm, self._random.randbytes(32), sip.digest_algorithms, sip.nonce_seconds)
        self.core.connect(self.services, self.runner, authenticator, Registrar(self.settings.registrar, self.location),
                          sip.options_ping_seconds)
        self._worked_at = network.now
        network.loop.add_ticker(self.tick)

    def _route_limits(self) -> RouteLimits:
        call = self.settings.call
        return RouteLimits(call.no_answer_seconds, call.max_call_seconds, call.max_hops, call.media)

    def _build_services(self) -> Services:
        sip = self.settings.sip
        media = MediaLink(self.endpoint.context.wheel, self.network.loop.call_soon)
        return Services(
            clock=self.clock, endpoint=self.endpoint, finder=self.finder, live=self.live, dispatcher=self.dispatcher,
            media=media, tracer=Tracer(self.clock.wall_offset), open_record=self.opened.append,
            write_record=self.records.append, udp_switch_bytes=sip.udp_switch_bytes,
            user_agent_line=f"User-Agent: {sip.server_header}\r\n" if sip.server_header else "",
            domain=sip.domains[0] if sip.domains else "")

    # ---- driven by the network ---------------------------------------------
    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """Take a message from the network."""
        self.endpoint.receive(data, flow, now)

    def lose_flow(self, flow: Flow) -> None:
        """A connection was closed."""
        self.endpoint.lose_flow(flow)

    def tick(self, now: float) -> None:
        """Move the timers; once a second also the periodic work."""
        self.endpoint.tick(now)
        if now - self._worked_at >= 1.0:
            self._worked_at = now
            self.core.work(now)

    # ---- what a test does to it ------------------------------------------
    def add_user(self, user: User) -> User:
        """Add a user, or change the one with the same number."""
        self.live.put(user.number, user)
        return user

    def use_memory_gateway(self, ports: range = range(10000, 20000)) -> MemoryGateway:
        """Give the server a media gateway; calls with anchored media use it from now on."""
        gateway = MemoryGateway(self.services.media.post, "198.51.100.2", ports)
        self.services.media.gateway = gateway
        return gateway

    def end_calls(self, reason: str = "server stopped") -> None:
        """End every call, as at the stop of the server."""
        self.runner.end_all(reason)
        self.network.settle()

    # ---- what a test looks at ----------------------------------------------
    @property
    def record(self) -> CallRecord:
        """The one call record written so far; raises AssertionError when there are none or several."""
        if len(self.records) != 1:
            raise AssertionError(f"{len(self.records)} call records\n{self.network.ladder()}")
        return self.records[0]

    def leftovers(self) -> dict[str, int]:
        """What is still kept of calls and transactions, by name; empty when nothing is."""
        context = self.endpoint.context
        media = self.services.media.gateway
        found = {
            "sessions": len(self.endpoint.sessions), "calls": len(self.runner.calls),
            "client transactions": len(context.clients), "server transactions": len(context.servers),
            "merge keys": len(context.merged), "timers": context.wheel.pending(),
            "numbers in calls": sum(1 for number in self.live.users if self.live.active_calls(number)),
            "media contexts": len(media.contexts) if isinstance(media, MemoryGateway) else 0,
        }
        return {name: number for name, number in found.items() if number}

    def expect_no_calls(self) -> None:
        """Raise AssertionError if a call or a dialog is left; transactions may still absorb what comes late."""
        left = {name: number for name, number in self.leftovers().items()
                if name in ("sessions", "calls", "numbers in calls", "media contexts")}
        if left:
            raise AssertionError(f"left over: {left}\n{self.network.ladder()}")

    def expect_idle(self) -> None:
        """Let all timers run out; raise AssertionError if anything of calls is left after that, in memory too."""
        self.core.pinger.interval = 0
        self.network.advance(LINGERING_SECONDS)
        left = {**self.leftovers(), **self._objects()}
        if left:
            raise AssertionError(f"left over: {left}\n{self.network.ladder()}")

    def _objects(self) -> dict[str, int]:
        """Objects of calls that somebody still holds."""
        gc.collect()
        found: dict[str, int] = {}
        for thing in gc.get_objects():
            # There are many objects: first the quick look.
            if type(thing) in _KINDS and self._is_ours(thing):
                name = f"{type(thing).__name__} objects"
                found[name] = found.get(name, 0) + 1
        return found

    def _is_ours(self, thing: object) -> bool:
        if isinstance(thing, Session):
            return thing.service is self.endpoint
        if isinstance(thing, ClientTransaction | ServerTransaction):
            return thing.context is self.endpoint.context
        if isinstance(thing, ActiveCall):
            return thing.take == self.runner.feed
        return isinstance(thing, Call) and thing.state.settings is self.runner.settings
