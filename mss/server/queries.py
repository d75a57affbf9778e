# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers to administrators about the running server."""
from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from mss.call.events import HangUpRequested
from mss.call.leg import GONE
from mss.call.routing import find_route
from mss.call.state import DIALLING, ENDED, ROUTING
from mss.plugin.manager import UnknownPluginError
from mss.plugin.record import PluginInfo
from mss.registrar.binding import Binding
from mss.sdp.description import SdpError, parse_description
from mss.sdp.offer_answer import is_hold
from mss.server.active_call import ActiveCall
from mss.server.facade import (
    CallDetails,
    CallStep,
    CallSummary,
    Device,
    Explanation,
    LegDetails,
    Refused,
    ReloadReport,
    RoutingStep,
    ServerFacade,
    Status,
)
from mss.server.tracer import Tracer
from mss.sip.mode import mode_name

if TYPE_CHECKING:
    from mss.server.server import Server


def memory_bytes() -> int:
    """Resident memory of this process."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Queries(ServerFacade):
    """The facade over one ``Server``."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def tracer(self) -> Tracer:
        """The SIP trace of this server."""
        return self._server.tracer

    # ---- the server -----------------------------------------------------------
    def status(self) -> Status:
        """The server in figures."""
        server = self._server
        runner = server.runner
        counters = server.endpoint.context.counters
        usage = resource.getrusage(resource.RUSAGE_SELF)
        plugins = server.dispatcher.list()
        written = server.writer.status()
        now = server.clock.wall()
        return Status(
            version=version("mss"), mode=mode_name(), pid=os.getpid(), started_at=server.started_at,
            uptime_seconds=round(now - server.started_at, 1), config_dir=str(server.paths.config_dir),
            listeners=[str(listener) for listener in server.transports.listeners], database=server.store.name,
            users=len(server.live.users), devices=server.location.counts()[1], calls=len(runner.calls),
            calls_total=runner.total, calls_answered=runner.answered, calls_failed=runner.failed,
            messages_received=counters.received, messages_repeated=counters.retransmitted,
            messages_rejected=counters.malformed, connections=server.transports.connection_count,
            transactions=len(server.endpoint.context.clients) + len(server.endpoint.context.servers),
            records_pending=written.journal_bytes, plugins_active=sum(plugin.state == "active" for plugin in plugins),
            plugins_failed=[plugin.name for plugin in plugins if plugin.state == "failed"],
            cpu_seconds=round(usage.ru_utime + usage.ru_stime, 2), memory_bytes=memory_bytes(),
            warnings=self._warnings(written.error))

    def _warnings(self, database_error: str) -> list[str]:
        warnings = []
        if database_error:
            warnings.append(f"the database does not take what is written: {database_error}")
        for plugin in self._server.dispatcher.list():
            if plugin.state in ("failed", "suspended"):
                warnings.append(f"plugin {plugin.name} is {plugin.state}: {plugin.last_error}")
        return warnings

    def metrics(self) -> str:
        """Counters in the text format of Prometheus."""
        server = self._server
        context = server.endpoint.context
        counters = context.counters
        rows: list[tuple[str, str, float]] = [
            ("mss_messages_received_total", "SIP messages received", counters.received),
            ("mss_messages_malformed_total", "SIP messages refused or dropped as malformed", counters.malformed),
            ("mss_retransmissions_sent_total", "Messages sent again", counters.retransmitted),
            ("mss_retransmissions_received_total", "Messages received again", counters.absorbed),
            ("mss_transaction_timeouts_total", "Requests of ours without a final response", counters.timeouts),
            ("mss_calls_total", "Calls since the start", server.runner.total),
            ("mss_calls_answered_total", "Calls ended after an answer", server.runner.answered),
            ("mss_calls_failed_total", "Calls ended without an answer", server.runner.failed),
            ("mss_requests_refused_total", "Requests with wrong credentials", server.core.admission.refused),
            ("mss_calls", "Calls in progress", len(server.runner.calls)),
            ("mss_dialogs", "Dialogs held", len(server.endpoint.sessions)),
            ("mss_subscriptions", "Subscriptions held", len(server.core.subscriptions)),
            ("mss_transactions", "Transactions held", len(context.clients) + len(context.servers)),
            ("mss_devices", "Registered devices", server.location.counts()[1]),
            ("mss_memory_bytes", "Resident memory", memory_bytes()),
        ]
        lines = []
        for name, text, value in rows:
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
        return "\n".join(lines) + "\n"

    # ---- calls --------------------------------------------------------------
    def list_calls(self, user: str, offset: int, limit: int) -> Sequence[CallSummary]:
        """Calls in progress, oldest first."""
        found = [active for active in self._server.runner.calls.values() if not user or user in active.numbers]
        return [_summary(active) for active in found[offset:offset + limit]]

    def _find(self, call: str) -> ActiveCall:
        calls = self._server.runner.calls
        found = calls.get(call)
        if found is None:
            for active in calls.values():
                if any(leg.session is not None and leg.session.call_id == call for leg in active.legs.values()):
                    return active
            raise Refused("not_found", f"no call {call} is in progress")
        return found

    def show_call(self, call: str) -> CallDetails:
        """One call by its id or by the Call-ID of one of its legs."""
        active = self._find(call)
        state = active.call.state
        legs: list[LegDetails] = []
        for number, leg in active.legs.items():
            session = leg.session
            if session is None or state.legs[number].state == GONE:
                continue
            legs.append(LegDetails(
                side="caller" if number == 0 else "callee", user=leg.number, state=session.state_name(),
                call_id=session.call_id, peer=session.flow.key, contact=session.target, user_agent=leg.user_agent))
        steps = [CallStep(at=at, text=text) for at, text in (
            (state.started_at, f"{state.caller} dialled {state.dialled}"), (state.rang_at, f"{state.called} rang"),
            (state.answered_at, f"{state.called} answered")) if at]
        if state.forwarded_by:
            steps.insert(1, CallStep(at=state.started_at, text=f"forwarded by {state.forwarded_by}"))
        return CallDetails(**_summary(active), media=state.media, legs=legs, steps=steps)

    def hang_up_call(self, call: str) -> None:
        """Release a call on behalf of the administrator."""
        self._find(call).feed(HangUpRequested("released by the administrator"))

    def explain_call(self, caller: str, dialled: str) -> Explanation:
        """Route a call without making it."""
        server = self._server
        steps: list[str] = []
        user = server.live.user(caller) or server.live.user_at(caller) if _is_address(caller) else \
            server.live.user(caller)
        if user is None:
            return Explanation(result="refuse", steps=[RoutingStep(step="caller", outcome=f"{caller} is no user here")],
                               targets=[], status=407, reason="Proxy Authentication Required")
        route = find_route(user, dialled, "", server.live, server.live.limits, server.endpoint.now, steps)
        target = {"busy": route.forward_busy, "unreachable": route.forward_unreachable}.get(route.condition, "")
        if route.status and target:
            steps.append(f"{route.number} is {route.condition}: forward to {target}")
            limits, now = server.live.limits, server.endpoint.now
            route = find_route(user, target, route.number, server.live, limits, now, steps)
        result = "refuse" if route.status else "forward" if target or route.forwards else "ring"
        return Explanation(
            result=result, steps=[RoutingStep(step=str(index + 1), outcome=text) for index, text in enumerate(steps)],
            targets=[device.uri for device in route.devices], status=route.status, reason=route.reason)

    # ---- devices ------------------------------------------------------------
    def list_devices(self, user: str, offset: int, limit: int) -> Sequence[Device]:
        """Devices in order of the numbers."""
        server = self._server
        now = server.endpoint.now
        numbers = [user] if user else sorted(server.live.users)
        found: list[Device] = []
        for number in numbers:
            for binding in server.location.lookup(number, now):
                found.append(_registered(binding, server.clock.wall_offset))
            owner = server.live.user(number)
            if owner is not None and owner.fixed_contact:
                found.append(Device(user=number, kind="fixed", contact=owner.fixed_contact, source="", via_nat=False,
                                    user_agent="", registered_at=0.0, expires_at=0.0, state="unknown", ping_ms=-1.0))
            if len(found) >= offset + limit:
                break
        return found[offset:offset + limit]

    # ---- changes ------------------------------------------------------------
    async def change_users(self, numbers: Sequence[str]) -> None:
        """Read these users again; none named means all."""
        server = self._server
        if not numbers:
            server.live.load(await asyncio.to_thread(server.store.load_users))
        else:
            stored = await asyncio.to_thread(server.store.users.get_many, list(numbers))
            for number in numbers:
                server.live.put(number, stored.get(number))
        server.core.subscriptions.end_orphans()

    async def reload_settings(self) -> ReloadReport:
        """Read all configuration files again."""
        done = self._server.apply_settings()
        if done.errors:
            raise Refused("invalid_settings", "\n".join(str(error) for error in done.errors))
        return ReloadReport(changed=[change.key for change in done.changes if not change.needs_restart],
                            restart_needed=[change.key for change in done.changes if change.needs_restart])

    # ---- plugins ------------------------------------------------------------
    def list_plugins(self) -> Sequence[PluginInfo]:
        """All plugins with their counters."""
        return self._server.dispatcher.list()

    async def enable_plugin(self, name: str) -> PluginInfo:
        """Use a plugin from now on."""
        try:
            return self._server.dispatcher.enable(name)
        except UnknownPluginError as error:
            raise Refused("not_found", str(error)) from error

    async def disable_plugin(self, name: str) -> PluginInfo:
        """Call no hook of a plugin from now on."""
        try:
            return self._server.dispatcher.disable(name)
        except UnknownPluginError as error:
            raise Refused("not_found", str(error)) from error


def _is_address(text: str) -> bool:
    return "." in text or ":" in text


def _summary(active: ActiveCall) -> CallSummary:
    state = active.call.state
    name = {ROUTING: "routing", DIALLING: "ringing", ENDED: "ending"}.get(state.stage, "established")
    if name == "established" and any(_holds(leg.body) for leg in state.legs.values() if leg.state != GONE):
        name = "held"
    return CallSummary(id=state.id, state=name, caller=state.caller, dialled=state.dialled, called=state.called,
                       started_at=state.started_at, answered_at=state.answered_at)


def _holds(body: bytes) -> bool:
    if b"sendonly" not in body and b"inactive" not in body and b"0.0.0.0" not in body:
        return False
    try:
        return is_hold(parse_description(body))
    except SdpError:
        return False


def _registered(binding: Binding, wall_offset: float) -> Device:
    is_timed = binding.answered_at > 0 and binding.pinged_at > 0 and binding.answered_at >= binding.pinged_at
    ping = (binding.answered_at - binding.pinged_at) * 1000 if is_timed else -1.0
    return Device(
        user=binding.aor, kind="registered", contact=binding.contact, source=binding.flow_key, via_nat=binding.via_nat,
        user_agent=binding.user_agent, registered_at=binding.registered_at + wall_offset,
        expires_at=binding.expires_at + wall_offset, state=binding.status, ping_ms=round(ping, 1))
