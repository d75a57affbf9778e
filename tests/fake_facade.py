# SPDX-License-Identifier: GPL-2.0-or-later
"""A server that is not there: fixed answers, and a note of what was asked of it."""
from __future__ import annotations

from collections.abc import Sequence

from mss.plugin.record import PluginInfo
from mss.server.facade import (
    CallDetails,
    CallSummary,
    Device,
    Explanation,
    Refused,
    ReloadReport,
    ServerFacade,
    Status,
)
from mss.server.tracer import Tracer

PLUGIN = PluginInfo(
    name="example", version="0.1", source="mss-example", state="active", reason="", hooks=("mss_route_call",),
    calls=5, errors=1, slow=0, dropped=0, last_error="ValueError: no",
)  # fmt: skip


def call(number: int = 1, user: str = "100") -> CallSummary:
    return CallSummary(
        id=f"call{number}", state="established", caller=user, dialled="101", called="101",
        started_at=1000.0 + number, answered_at=1002.0 + number,
    )  # fmt: skip


def device(user: str = "100") -> Device:
    return Device(
        user=user, kind="registered", contact=f"sip:{user}@192.0.2.7:5062", source="udp:192.0.2.7:5062", via_nat=False,
        user_agent="phone", registered_at=1000.0, expires_at=4600.0, state="reachable", ping_ms=1.5,
    )  # fmt: skip


class FakeFacade(ServerFacade):
    """``asked`` holds a tuple per command that changes something; ``calls`` and ``devices`` may be replaced."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.calls = [call()]
        self.devices = [device()]
        self.warnings: list[str] = []
        self.settings_fault = ""
        self._tracer = Tracer()

    @property
    def tracer(self) -> Tracer:
        return self._tracer

    def status(self) -> Status:
        return Status(
            version="0.1.0", mode="interpreted", pid=42, started_at=1000.0, uptime_seconds=93784.0,
            config_dir="/etc/mss",
            listeners=["udp:0.0.0.0:5060"], database="sqlite:////var/lib/mss/mss.db", users=3, devices=2, calls=1,
            calls_total=10, calls_answered=8, calls_failed=1, messages_received=100, messages_repeated=99,
            messages_rejected=1, connections=0, transactions=0, records_pending=0, plugins_active=1, plugins_failed=[],
            cpu_seconds=1.5, memory_bytes=50_000_000, warnings=self.warnings,
        )  # fmt: skip

    def metrics(self) -> str:
        return "mss_calls 1\n"

    def list_calls(self, user: str, offset: int, limit: int) -> Sequence[CallSummary]:
        chosen = [each for each in self.calls if user in ("", each["caller"], each["called"])]
        return chosen[offset:offset + limit]

    def show_call(self, call: str) -> CallDetails:
        for each in self.calls:
            if call in (each["id"], f"{each['id']}-a"):
                return CallDetails(
                    **each, media="direct", steps=[{"at": 1001.0, "text": "rang"}],
                    legs=[
                        {
                            "side": side, "user": user, "state": "established", "call_id": f"{each['id']}-{mark}",
                            "peer": "udp:192.0.2.7:5062", "contact": "sip:x@192.0.2.7", "user_agent": "phone",
                        }
                        for side, user, mark in (("caller", each["caller"], "a"), ("callee", each["called"], "b"))
                    ],
                )  # fmt: skip
        raise Refused("not_found", f"there is no call {call}")

    def hang_up_call(self, call: str) -> None:
        self.show_call(call)
        self.asked.append(("hang up", call))

    def explain_call(self, caller: str, dialled: str) -> Explanation:
        self.asked.append(("explain", caller, dialled))
        return Explanation(
            result="ring", steps=[{"step": "local user", "outcome": f"{dialled} is a user"}],
            targets=[f"sip:{dialled}@192.0.2.8"], status=0, reason="",
        )  # fmt: skip

    def list_devices(self, user: str, offset: int, limit: int) -> Sequence[Device]:
        return [each for each in self.devices if user in ("", each["user"])][offset:offset + limit]

    async def change_users(self, numbers: Sequence[str]) -> None:
        self.asked.append(("users", *numbers))

    async def reload_settings(self) -> ReloadReport:
        if self.settings_fault:
            raise Refused("invalid_settings", self.settings_fault)
        self.asked.append(("reload",))
        return ReloadReport(changed=["log.level"], restart_needed=["sip.listen"])

    def list_plugins(self) -> Sequence[PluginInfo]:
        return [PLUGIN]

    async def enable_plugin(self, name: str) -> PluginInfo:
        return self._plugin("enable", name)

    async def disable_plugin(self, name: str) -> PluginInfo:
        return self._plugin("disable", name)

    def _plugin(self, command: str, name: str) -> PluginInfo:
        if name != PLUGIN.name:
            raise Refused("not_found", f"no plugin {name} is installed")
        self.asked.append((command, name))
        return PLUGIN
