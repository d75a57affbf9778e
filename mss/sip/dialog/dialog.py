# SPDX-License-Identifier: GPL-2.0-or-later
"""Dialog state and the requests sent inside it (RFC 3261 section 12)."""
from __future__ import annotations

from mypy_extensions import mypyc_attr

from mss.sip.builder import assemble_response, build_request, echo_lines, echo_to, reason_of
from mss.sip.dialog.service import DialogService
from mss.sip.errors import ParseError
from mss.sip.fields import get_param, parse_name_addr
from mss.sip.flow import Flow
from mss.sip.headers import FROM, RECORD_ROUTE, TO
from mss.sip.message import Message
from mss.sip.transaction.client_other import OtherClientTransaction
from mss.sip.transaction.context import ServerTransaction, TransactionUser
from mss.sip.transaction.request import OutgoingRequest


def route_lines(values: list[str]) -> str:
    """Route header lines for a route set given as name-addr values."""
    return "".join([f"Route: {value}\r\n" for value in values])


def record_route_set(message: Message) -> list[str]:
    """The Record-Route values of a message in their order (RFC 3261 12.1)."""
    return message.values(RECORD_ROUTE) if RECORD_ROUTE in message.names else []


def lists(message: Message, header: str, tag: str) -> bool:
    """Whether ``header``, as Require or Supported, lists the option ``tag`` (lower case)."""
    return any(value.lower() == tag for value in message.values(header))


@mypyc_attr(allow_interpreted_subclasses=True)
class Dialog(TransactionUser):
    """One peer relation: identifiers, sequence numbers, route set and remote target.

    ``local_value`` and ``remote_value`` are our and the peer's From or To value with its tag;
    ``target`` is the Request-URI of requests inside the dialog; ``flow`` the way to its next hop.
    """

    __slots__ = ("call_id", "flow", "local_cseq", "local_tag", "local_value", "remote_cseq", "remote_tag",
                 "remote_value", "request_uri", "routes", "service", "target")

    def __init__(self, service: DialogService, flow: Flow, call_id: str, local_tag: str) -> None:
        self.due = -1
        self.service = service
        self.flow = flow
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote_tag = ""
        self.local_value = ""
        self.remote_value = ""
        self.target = ""
        self.request_uri = ""
        self.routes = ""
        self.local_cseq = 0
        self.remote_cseq = -1

    def take_identity(self, request: Message) -> None:
        """Become the dialog that ``request`` creates with us as UAS (RFC 3261 12.1.1); the endpoint knows it then."""
        self.remote_tag = request.from_tag or ""
        self.remote_cseq = request.cseq
        self.remote_value = request.get(FROM) or ""
        self.local_value = f"{request.get(TO) or ''};tag={self.local_tag}"
        contact = request.contact()
        # Without a Contact, as RFC 2543 allowed it, the peer is reached as it calls itself.
        self.target = (contact if contact is not None else parse_name_addr(self.remote_value)).uri
        self.request_uri = self.target
        routes = record_route_set(request)
        if routes:
            self.set_routes(routes)
        else:
            self.flow = self.service.next_hop(self.target, self.flow)
        self.service.sessions[self.local_tag] = self

    def set_target(self, uri: str) -> None:
        """Remote target of the dialog, refreshed by INVITE, UPDATE and their 2xx (RFC 3261 12.2)."""
        last = f"Route: <{self.target}>\r\n"
        if self.request_uri == self.target:
            self.request_uri = uri
        elif self.routes.endswith(last):
            # Behind a strict router the target is the last Route.
            self.routes = f"{self.routes.removesuffix(last)}Route: <{uri}>\r\n"
        self.target = uri
        if not self.routes:
            self.flow = self.service.next_hop(uri, self.flow)

    def take_target(self, response: Message) -> None:
        """Remote target and route set from a response that makes or confirms the dialog (RFC 3261 12.1.2)."""
        contact = response.contact()
        if contact is not None:
            self.target = contact.uri
            self.request_uri = contact.uri
        routes = record_route_set(response)
        if routes:
            routes.reverse()
            self.set_routes(routes)
        elif contact is not None:
            self.routes = ""
            self.flow = self.service.next_hop(contact.uri, self.flow)

    def set_routes(self, values: list[str]) -> None:
        """Route set in the order requests carry it; a strict first router swaps places (12.2.1.1)."""
        if not values:
            self.routes = ""
            self.request_uri = self.target
            return
        try:
            first = parse_name_addr(values[0]).uri.partition("?")[0]
        except ParseError:
            # Of a response; a request is refused for it.
            self.set_routes([])
            return
        if get_param(first.partition(";")[2], "lr") is None:
            self.routes = route_lines([*values[1:], f"<{self.target}>"])
            self.request_uri = first
        else:
            self.routes = route_lines(values)
            self.request_uri = self.target
        self.flow = self.service.next_hop(first, self.flow)

    def build(self, method: str, cseq: int, headers: str, body: bytes) -> OutgoingRequest:
        """A request inside the dialog with sequence number ``cseq`` on a new branch."""
        if not self.flow.is_open:
            self.flow = self.service.replace_flow(self)
        branch = self.service.tokens.token()
        via_line = f"{self.flow.local.via_head}{branch}"
        uri = self.request_uri or self.target
        data = build_request(method, uri, via_line, self.routes, self.local_value, self.remote_value,
                             self.call_id, cseq, headers, body)
        return OutgoingRequest(method, uri, self.local_value, self.remote_value, self.call_id, cseq, self.routes,
                               branch, via_line, data)

    def send_request(self, method: str, headers: str = "", body: bytes = b"") -> OtherClientTransaction:
        """Send a non-INVITE request inside the dialog; its response comes to ``receive_response``."""
        self.local_cseq += 1
        request = self.build(method, self.local_cseq, headers, body)
        return OtherClientTransaction(self.service.context, request, self.flow, self)

    def respond_to(self, transaction: ServerTransaction, status: int, reason: str = "", headers: str = "",
                   body: bytes = b"") -> None:
        """Answer a request inside the dialog; a body without a type in ``headers`` is SDP."""
        request = transaction.request
        if request is None:
            return
        kind = "" if not body or "Content-Type" in headers else "Content-Type: application/sdp\r\n"
        transaction.respond(status, assemble_response(status, reason or reason_of(status), echo_lines(request),
                                                      echo_to(request, self.local_tag), headers + kind, body))

    def receive_request(self, transaction: ServerTransaction, request: Message) -> None:
        """A request inside the dialog that is neither ACK nor CANCEL; wants ``respond_to``."""
        raise NotImplementedError

    def accepts_sequence(self, request: Message) -> bool:
        """Whether the CSeq is above the last one of this peer; remembers it if so (RFC 3261 12.2.2)."""
        if request.cseq <= self.remote_cseq:
            return False
        self.remote_cseq = request.cseq
        return True

    def contact_line(self, user: str) -> str:
        """Our Contact on this dialog's flow."""
        scheme = "sips" if self.target.startswith("sips:") else "sip"
        shown = f"{user}@" if user else ""
        return f"Contact: <{scheme}:{shown}{self.flow.local.contact_host}>\r\n"

    def refresh(self) -> None:
        """Send whatever proves that the peer is still there (RFC 4028 or a probe)."""
        raise NotImplementedError

    def lose(self, cause: str) -> None:
        """Give the dialog up because the peer is gone; ``cause`` in words."""
        raise NotImplementedError
