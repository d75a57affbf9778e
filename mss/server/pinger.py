# SPDX-License-Identifier: GPL-2.0-or-later
"""OPTIONS pings of registered devices: who is still there, and open paths through NAT (RFC 3261 11)."""
from __future__ import annotations

from mss.registrar.binding import Binding
from mss.server.services import Services
from mss.sip.builder import build_request
from mss.sip.message import Message
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ClientTransaction, TransactionUser
from mss.sip.transaction.request import OutgoingRequest


class _Ping(TransactionUser):
    """One ping; any final response is a sign of life."""

    __slots__ = ("_binding", "_services")

    def __init__(self, services: Services, binding: Binding) -> None:
        super().__init__()
        self._services = services
        self._binding = binding

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        """The device is there."""
        self._binding.mark_answered(self._services.endpoint.now)

    def receive_failure(self, transaction: ClientTransaction, status: int) -> None:
        """The device is not there, or its connection is gone."""
        self._binding.mark_unanswered()


class Pinger:
    """Pings each device every ``interval`` seconds; 0 switches it off."""

    def __init__(self, services: Services, interval: float) -> None:
        self._services = services
        self.interval = interval

    def ping_due(self) -> None:
        """Ping those whose turn it is, a few per call so that the load is spread."""
        if self.interval <= 0:
            return
        services = self._services
        for binding in services.live.location.pings_due(services.endpoint.now, self.interval):
            flow = services.finder.flow_of(binding)
            if flow is None or not flow.is_open:
                continue
            tokens = services.endpoint.tokens
            branch = tokens.token()
            via_line = f"{flow.local.via_head}{branch}"
            uri = binding.request_uri()
            from_value = f"<sip:{flow.local.host}>;tag={tokens.token()}"
            to_value = f"<{uri}>"
            call_id = f"{tokens.token()}@{flow.local.host}"
            headers = f"Contact: <sip:{flow.local.contact_host}>\r\n{services.user_agent_line}"
            data = build_request("OPTIONS", uri, via_line, "", from_value, to_value, call_id, 1, headers, b"")
            OtherClientTransaction(services.endpoint.context, OutgoingRequest(
                "OPTIONS", uri, from_value, to_value, call_id, 1, "", branch, via_line, data), flow,
                _Ping(services, binding))
