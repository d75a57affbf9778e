# SPDX-License-Identifier: GPL-2.0-or-later
"""Which flow leads to a URI, a device or a peer whose connection was lost."""
from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Protocol

from mss.registrar.binding import Binding
from mss.registrar.devices import device_key
from mss.sip.errors import SipError
from mss.sip.flow import Flow
from mss.sip.uri import SipUri, parse_uri

_MAX_CACHED = 20000


class Transports(Protocol):
    """What is needed of the transports: ``mss.transport.manager.TransportManager``, or a fake of the tests."""

    def flow_to(self, transport: str, host: str, port: int, *, near: Flow | None = None) -> Flow | None:
        """The flow to an IP literal."""

    def find_flows(self, uri: SipUri, on_found: Callable[[list[Flow]], None], *, large: bool = False) -> None:
        """The flows to a URI, best first (RFC 3263)."""

    def restore_flow(self, key: str) -> Flow | None:
        """The flow of a persisted key."""


def is_literal(host: str) -> bool:
    """Whether ``host`` (without brackets) is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def newer_connection(bindings: list[Binding], target: str, transport: str) -> Flow | None:
    """The connection by which a device came back that was at the URI ``target`` by ``transport``; None if it did not.

    A device without a port of its own comes back under another contact: it is known by its instance id or the
    Call-ID of its registrations as long as the old binding is held, else the newest of its user is taken for it.
    """
    known = ""
    for binding in bindings:
        if binding.contact == target:
            known = device_key(binding.instance, binding.call_id)
    best: Flow | None = None
    best_rank = (False, False, 0.0)
    for binding in bindings:
        flow = binding.flow
        is_same = binding.contact == target
        if flow is None or not flow.reliable or not flow.is_open or not (is_same or flow.transport == transport):
            continue
        rank = (is_same, device_key(binding.instance, binding.call_id) == known, binding.registered_at)
        if best is None or rank > best_rank:
            best, best_rank = flow, rank
    return best


class FlowFinder:
    """Decisions about flows; the transports carry them out."""

    def __init__(self, transports: Transports) -> None:
        self._transports = transports
        self._hops: dict[tuple[str, str], Flow] = {}
        self._devices: dict[tuple[str, str], Flow] = {}

    def next_hop(self, uri: str, flow: Flow) -> Flow:
        """The flow for requests to ``uri`` (a Contact or a Route) of a peer last seen on ``flow``.

        A connection is used as long as it is open.  A Contact with another host than the source is a
        peer behind NAT or a proxy: it is reached where it was seen.  A Route names its own host.
        """
        if flow.reliable and flow.is_open and ";lr" not in uri:
            return flow
        key = (uri, flow.key)
        found = self._hops.get(key)
        if found is not None and found.is_open:
            return found
        found = self._find_hop(uri, flow)
        if len(self._hops) >= _MAX_CACHED:
            self._hops.clear()
        self._hops[key] = found
        return found

    def _find_hop(self, uri: str, flow: Flow) -> Flow:
        try:
            parsed = parse_uri(uri)
        except SipError:
            return flow
        host = parsed.host.strip("[]")
        is_route = parsed.param("lr") is not None
        transport = (parsed.param("transport") or ("TLS" if parsed.scheme == "sips" else "UDP")).upper()
        port = parsed.port or (5061 if transport in ("TLS", "WSS") else 5060)
        if host != flow.host and not (is_route and is_literal(host)):
            return flow
        if host == flow.host and port == flow.port and transport == flow.transport:
            return flow
        if flow.reliable and flow.is_open and host == flow.host:
            return flow
        return self._transports.flow_to(transport, host, port, near=flow) or flow

    def reply_flow(self, flow: Flow, port: int) -> Flow:
        """Where responses go to a UDP peer that asked for another port than its source (RFC 3261 18.2.2)."""
        return self._transports.flow_to("UDP", flow.host, port, near=flow) or flow

    def flow_of(self, binding: Binding) -> Flow | None:
        """The flow to a registered device, None where its host name has to be looked up first."""
        flow = binding.flow
        if flow is not None and binding.is_reached_by_flow():
            return flow if flow.is_open else self._transports.restore_flow(binding.flow_key)
        key = (binding.path[-1] if binding.path else binding.contact, binding.flow_key)
        found = self._devices.get(key)
        if found is None or not found.is_open:
            found = self._find_device(binding)
            if found is not None:
                if len(self._devices) >= _MAX_CACHED:
                    self._devices.clear()
                self._devices[key] = found
        return found

    def _find_device(self, binding: Binding) -> Flow | None:
        flow = binding.flow
        if binding.path:
            return self._literal_flow(binding.path[-1], flow)
        transport = binding.transport or ("TLS" if binding.contact.startswith("sips:") else "UDP")
        port = binding.port or (5061 if transport == "TLS" else 5060)
        if flow is not None and flow.host == binding.host and flow.port == port and flow.transport == transport \
                and flow.is_open:
            return flow
        if not is_literal(binding.host):
            return None
        return self._transports.flow_to(transport, binding.host, port, near=flow)

    def _literal_flow(self, value: str, near: Flow | None) -> Flow | None:
        try:
            parsed = parse_uri(value.strip().lstrip("<").partition(">")[0])
        except SipError:
            return None
        host = parsed.host.strip("[]")
        if not is_literal(host):
            return None
        transport = (parsed.param("transport") or "UDP").upper()
        return self._transports.flow_to(transport, host, parsed.port or 5060, near=near)

    def find_flows(self, uri: str, on_found: Callable[[list[Flow]], None], large: bool = False) -> None:
        """All flows to a URI, best first; [] when it leads nowhere."""
        try:
            parsed = parse_uri(uri)
        except SipError:
            on_found([])
            return
        self._transports.find_flows(parsed, on_found, large=large)

    def restore(self, binding: Binding) -> None:
        """Give a binding read from the store its flow back, where that is possible (UDP)."""
        if binding.flow is None and binding.flow_key:
            binding.flow = self._transports.restore_flow(binding.flow_key)
