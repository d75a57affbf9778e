# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests outside dialogs that are neither INVITE nor REGISTER: OPTIONS, MESSAGE, SUBSCRIBE, PUBLISH, ..."""
from __future__ import annotations

from mss.model.user import User
from mss.registrar.binding import Binding
from mss.server.messages import carried_headers, display_name_of
from mss.server.services import Services
from mss.server.subscriptions import ALLOW_EVENTS_LINE, Subscriptions
from mss.sip.builder import assemble_response, build_request, echo_lines, echo_to
from mss.sip.endpoint import ALLOW_LINE, SUPPORTED_LINE
from mss.sip.flow import Flow
from mss.sip.grammar import quote
from mss.sip.headers import CONTENT_TYPE, FROM
from mss.sip.message import Message
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ClientTransaction, ServerTransaction, TransactionUser
from mss.sip.transaction.request import OutgoingRequest
from mss.sip.transaction.server_other import OtherServerTransaction
from mss.sip.validation import max_forwards


class _MessageRelay(TransactionUser):
    """One MESSAGE on its way to all devices of a user: the first 2xx, else the last failure, is the answer."""

    __slots__ = ("_services", "_transaction", "_waiting")

    def __init__(self, services: Services, transaction: ServerTransaction, devices: int) -> None:
        super().__init__()
        self._services = services
        self._transaction: ServerTransaction | None = transaction
        self._waiting = devices

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        """A device answered."""
        if response.status >= 200:
            self._settle(response.status, response.status < 300)

    def receive_failure(self, transaction: ClientTransaction, status: int) -> None:
        """A device did not answer, or could not be reached."""
        self._settle(480 if status == 408 else status, False)

    def _settle(self, status: int, is_final: bool) -> None:
        self._waiting -= 1
        asked = self._transaction
        if asked is not None and (is_final or self._waiting <= 0):
            self._transaction = None
            self._services.endpoint.respond(asked, status)


class OutsideRequests:
    """Answers them."""

    def __init__(self, services: Services, subscriptions: Subscriptions) -> None:
        self._services = services
        self._subscriptions = subscriptions

    def receive(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        """``identity`` is the authenticated user, "" for OPTIONS from anybody."""
        endpoint = self._services.endpoint
        method = request.method
        if method == "OPTIONS":
            # RFC 3261 11.2: as an INVITE would be answered, as far as that can be told to anybody.
            endpoint.respond(transaction, 200, "",
                             f"Accept: application/sdp\r\n{ALLOW_LINE}{SUPPORTED_LINE}{ALLOW_EVENTS_LINE}")
        elif method == "MESSAGE":
            self._relay_message(transaction, request, self._services.live.user(identity))
        elif method == "SUBSCRIBE":
            self._subscriptions.receive(transaction, request, identity)
        elif method == "PUBLISH":
            self._subscriptions.refuse_publication(transaction, request)
        elif method == "NOTIFY":
            endpoint.respond(transaction, 481)
        elif method == "REFER":
            endpoint.respond(transaction, 403, "REFER Outside Dialog")
        else:
            endpoint.respond(transaction, 405, "", ALLOW_LINE)

    # ---- MESSAGE (RFC 3428) ------------------------------------------------
    def _relay_message(self, transaction: ServerTransaction, request: Message, sender: User | None) -> None:
        services = self._services
        number = request.request_uri().user
        target = services.live.user(number)
        if target is None or sender is None:
            services.endpoint.respond(transaction, 404)
            return
        found: list[tuple[Binding, Flow]] = []
        for device in services.live.devices(number, services.endpoint.now):
            if isinstance(device.handle, Binding):
                flow = services.finder.flow_of(device.handle)
                if flow is not None:
                    found.append((device.handle, flow))
        if not found:
            services.endpoint.respond(transaction, 480)
            return
        relay = _MessageRelay(services, transaction, len(found))
        if isinstance(transaction, OtherServerTransaction):
            transaction.defer(assemble_response(100, "Trying", echo_lines(request), echo_to(request, ""), "", b""))
        for binding, flow in found:
            self._send_message(relay, request, sender, number, binding, flow)

    def _send_message(self, relay: _MessageRelay, request: Message, sender: User, number: str, binding: Binding,
                      flow: Flow) -> None:
        endpoint = self._services.endpoint
        branch = endpoint.tokens.token()
        via_line = f"{flow.local.via_head}{branch}"
        domain = self._services.domain or flow.local.host
        name = display_name_of(request.get(FROM) or "") or sender.display_name
        shown = f"{quote(name)} " if name else ""
        from_value = f"{shown}<sip:{sender.number}@{domain}>;tag={endpoint.tokens.token()}"
        to_value = f"<sip:{number}@{domain}>"
        call_id = f"{endpoint.tokens.token()}@{flow.local.host}"
        uri = binding.request_uri()
        headers = f"{carried_headers(request)}Content-Type: {request.get(CONTENT_TYPE) or 'text/plain'}\r\n"
        data = build_request("MESSAGE", uri, via_line, "", from_value, to_value, call_id, 1, headers, request.body,
                             max_forwards(request) - 1)
        OtherClientTransaction(endpoint.context, OutgoingRequest(
            "MESSAGE", uri, from_value, to_value, call_id, 1, "", branch, via_line, data), flow, relay)
