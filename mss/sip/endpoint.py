# SPDX-License-Identifier: GPL-2.0-or-later
"""The SIP endpoint: bytes and time in, events to its user and bytes to flows out.

``Endpoint.receive`` takes one message, ``Endpoint.tick`` moves the timers; nothing else drives it.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from mypy_extensions import mypyc_attr

from mss.sip.builder import build_response
from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogService, DialogSettings
from mss.sip.dialog.session import Session
from mss.sip.dialog.uas import InviteServer
from mss.sip.entropy import TokenSource
from mss.sip.errors import FramingError, ParseError
from mss.sip.fields import parse_name_addr, tag_of
from mss.sip.flow import Flow
from mss.sip.headers import CONTENT_ENCODING, CONTENT_TYPE, RECORD_ROUTE, REQUIRE, TO, VIA
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.timers import TimerValues, Wheel
from mss.sip.transaction.context import ServerTransaction, TransactionContext, TransactionUser
from mss.sip.transaction.server_invite import ACCEPTED, InviteServerTransaction
from mss.sip.transaction.server_other import TRYING, OtherServerTransaction
from mss.sip.validation import check_request, check_response, max_forwards, unsupported_extensions

#: Methods we answer, as sent in Allow.
METHODS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PRACK", "REFER",
                  "NOTIFY", "SUBSCRIBE", "MESSAGE")
ALLOW_LINE: Final = "Allow: " + ", ".join(METHODS) + "\r\n"
#: Option tags we understand in Require.
EXTENSIONS: Final = frozenset(("100rel", "replaces", "timer", "path", "norefersub"))
SUPPORTED_LINE: Final = "Supported: 100rel, replaces, timer, path, norefersub\r\n"

#: PUBLISH is understood and refused with 405 (RFC 3261 8.2.1): it is no part of Allow.
_KNOWN: Final = frozenset((*METHODS, "PUBLISH"))
_DIALOG_ONLY: Final = frozenset(("BYE", "UPDATE", "INFO", "PRACK"))
_TAG_MASK: Final = 0xFFFFFFFFFFFF
_BODY_TYPES: Final = ("application/sdp", "multipart/")
_ACCEPT_LINES: Final = "Accept: application/sdp\r\nAccept-Encoding: identity\r\n"
#: Methods whose body is a session description.
_DESCRIBING: Final = frozenset(("INVITE", "UPDATE"))
_RPORT_RE: Final = re.compile(r";[ \t\r\n]*+rport[ \t]*+(?![ \t\r\n]*+[=\w-])", re.IGNORECASE)


@mypyc_attr(allow_interpreted_subclasses=True)
class EndpointUser:
    """The one who decides: what is let in, what answers it, which flow leads where."""

    __slots__ = ()

    def admit(self, request: Message, flow: Flow) -> str | None:
        """Identity behind a request outside dialogs, "" for nobody in particular; None after a refusal.

        A refusal has been sent with ``Endpoint.refuse`` (no transaction is kept for it) or not at all.
        """
        raise NotImplementedError

    def receive_request(self, transaction: ServerTransaction, request: Message, identity: str) -> None:
        """An admitted request outside dialogs; wants ``transaction.respond`` or a session."""
        raise NotImplementedError

    def find_next_hop(self, uri: str, flow: Flow) -> Flow:
        """Flow for requests to ``uri`` of a peer last seen on ``flow``."""
        raise NotImplementedError

    def find_reply_flow(self, flow: Flow, port: int) -> Flow:
        """Flow for responses to the source address of ``flow`` at another port (RFC 3261 18.2.2)."""
        raise NotImplementedError

    def find_other_flow(self, dialog: Dialog) -> Flow:
        """Flow to the peer of ``dialog`` whose own was closed; the closed one if there is none."""
        raise NotImplementedError

    def report_malformed(self, flow: Flow, reason: str) -> None:
        """A message was refused or dropped because it could not be read."""


class Endpoint(DialogService):
    """Transaction layer, dialogs and the checks that every request goes through."""

    __slots__ = ("server_line", "user")

    def __init__(self, user: EndpointUser, settings: DialogSettings, values: TimerValues,
                 fill_random: Callable[[int], bytes], now: float) -> None:
        super().__init__(TransactionContext(Wheel(now), values), TokenSource(fill_random), settings, now)
        self.user = user
        self.server_line = f"Server: {settings.server_name}\r\n" if settings.server_name else ""

    def tick(self, now: float) -> None:
        """Move all timers to ``now``."""
        self.now = now
        self.context.wheel.advance(now)

    def receive(self, data: bytes, flow: Flow, now: float) -> None:
        """One datagram, or one message of a stream."""
        self.now = now
        self.context.counters.received += 1
        try:
            message = parse(data)
            if message.status:
                check_response(message)
            else:
                check_request(message)
        except ParseError as error:
            self._refuse_malformed(error, flow)
            return
        message.flow = flow
        if message.status:
            self._receive_response(message)
        else:
            self._receive_request(message, flow)

    def _refuse_malformed(self, error: ParseError, flow: Flow) -> None:
        self.context.counters.malformed += 1
        self.user.report_malformed(flow, error.reason)
        message = error.message
        if message is None or not error.status or message.status or message.method == "ACK":
            return
        if VIA in message.names:
            self._index_leniently(message)
            reply = self._stamp(message, flow)
            reply.send(build_response(message, error.status, error.reason, self._stateless_tag(message)))

    def _index_leniently(self, message: Message) -> None:
        """Read what a response to a malformed request needs: its top Via and whether To has a tag."""
        try:
            message.index()
        except ParseError:
            if message.to_tag is None:
                message.to_tag = tag_of(message.get(TO) or "")

    def refuse_framing(self, error: FramingError, flow: Flow, now: float) -> None:
        """A stream broke its framing: answer what can be answered before it is closed."""
        self.now = now
        self._refuse_malformed(error, flow)

    def _stateless_tag(self, request: Message) -> str:
        # RFC 3261 8.2.7: the same request gets the same tag although nothing is kept.
        return "%x" % (hash((request.call_id, request.via.branch)) & _TAG_MASK)

    def _receive_response(self, response: Message) -> None:
        transaction = self.context.clients.get(response.via.branch[7:] + response.cseq_method)
        if transaction is not None:
            transaction.receive(response)

    # ---- requests ------------------------------------------------------
    def _stamp(self, request: Message, flow: Flow) -> Flow:
        """Fill received and rport of the top Via (RFC 3581); returns the flow for responses."""
        via = request.via
        index = request.names.index(VIA)
        line = request.lines[index]
        params = via.params
        at = line.find(";rport") if "rport" in params else -1
        if at >= 0:
            after = line[at + 6:]
            if not after or after[0] in ";, \r":
                request.lines[index] = f"{line[:at]};received={flow.host};rport={flow.port}{after}"
                return flow
        if "rport" in params.lower() and via.param("rport") == "":
            # Written in an unusual way.
            request.lines[index] = _RPORT_RE.sub(f";received={flow.host};rport={flow.port}", line, count=1)
            return flow
        if not via.host:
            return flow
        if via.host != flow.host and via.host != f"[{flow.host}]":
            end = min([at for at in (line.find(";"), line.find(","), len(line)) if at >= 0])
            request.lines[index] = f"{line[:end]};received={flow.host}{line[end:]}"
        if flow.reliable:
            return flow
        port = via.port or 5060
        return flow if port == flow.port else self.user.find_reply_flow(flow, port)

    def _receive_request(self, request: Message, flow: Flow) -> None:
        reply = self._stamp(request, flow)
        method = request.method
        base = self._key_of(request)
        if method == "ACK":
            self._receive_ack(request, base)
            return
        key = base if method == "INVITE" else base + method
        transaction = self.context.servers.get(key)
        if transaction is not None:
            transaction.repeat()
        elif method == "CANCEL":
            self._receive_cancel(request, reply, base, key)
        elif request.to_tag is not None and method != "REGISTER":
            self._receive_in_dialog(request, reply, key)
        else:
            self._receive_outside(request, flow, reply, key)

    def _key_of(self, request: Message) -> str:
        """What identifies the transaction of a request, its ACK and its CANCEL (RFC 3261 17.2.3)."""
        via = request.via
        if via.branch.startswith("z9hG4bK") and len(via.branch) > 7:
            return f"{via.branch}|{via.host}:{via.port}"
        # An RFC 2543 peer: these fields are the same in INVITE, ACK and CANCEL.
        return f"{request.uri}|{request.from_tag}|{request.call_id}|{request.cseq}|{via.host}:{via.port}"

    def _receive_ack(self, request: Message, base: str) -> None:
        transaction = self.context.servers.get(base)
        if transaction is not None and transaction.state != ACCEPTED:
            transaction.acknowledge()
            return
        session = self.find_dialog(request)
        if isinstance(session, Session):
            session.acknowledge_received(request)

    def find_dialog(self, request: Message) -> Dialog | None:
        """The dialog a request belongs to by its tags and Call-ID (RFC 3261 12.2.2)."""
        tag = request.to_tag
        if tag is None:
            return None
        dialog = self.sessions.get(tag)
        if isinstance(dialog, Dialog) and dialog.call_id == request.call_id and \
                dialog.remote_tag == (request.from_tag or ""):
            return dialog
        return None

    def _receive_cancel(self, request: Message, reply: Flow, base: str, key: str) -> None:
        transaction = OtherServerTransaction(self.context, key, "", request, reply)
        invite = self.context.servers.get(base)
        if invite is None:
            self.respond(transaction, 481)
            return
        transaction.to_tag = invite.to_tag
        owner = invite.owner
        self.respond(transaction, 200)
        if isinstance(owner, InviteServer):
            owner.receive_cancel(request)

    def _receive_in_dialog(self, request: Message, reply: Flow, key: str) -> None:
        dialog = self.find_dialog(request)
        if dialog is None:
            self.refuse(request, reply, 481)
            return
        if REQUIRE in request.names and not self._check_extensions(request, reply):
            return
        method = request.method
        if method not in _KNOWN:
            self.refuse(request, reply, 501, "", ALLOW_LINE)
        elif request.body and method in _DESCRIBING and not self._check_body(request):
            self.refuse(request, reply, 415, "", _ACCEPT_LINES)
        elif method == "INVITE":
            dialog.receive_request(InviteServerTransaction(self.context, key, "", request, reply), request)
        else:
            transaction = OtherServerTransaction(self.context, key, "", request, reply)
            dialog.receive_request(transaction, request)
            if transaction.state == TRYING:
                self._defer(transaction)

    def _defer(self, transaction: OtherServerTransaction) -> None:
        """Its user answers later: 100 when that takes long, and no waiting for ever (RFC 4320 4.1)."""
        request = transaction.request
        if request is not None and transaction.due < 0:
            transaction.defer(build_response(request, 100, "", ""))

    def _receive_outside(self, request: Message, flow: Flow, reply: Flow, key: str) -> None:
        method = request.method
        merge_key = f"{request.from_tag}|{request.call_id}|{request.cseq}|{method}"
        if not self._check_outside(request, reply, merge_key):
            return
        identity = self.user.admit(request, reply)
        if identity is None:
            return
        transaction: ServerTransaction
        if method == "INVITE":
            transaction = InviteServerTransaction(self.context, key, merge_key, request, reply)
        else:
            transaction = OtherServerTransaction(self.context, key, merge_key, request, reply)
        try:
            self.user.receive_request(transaction, request, identity)
        except Exception:
            # Our mistake must not leave the sender without an answer, nor the transaction for ever.
            owner = transaction.owner
            if isinstance(owner, InviteServer):
                owner.reject(500)
            self.respond(transaction, 500)
            raise
        if isinstance(transaction, OtherServerTransaction) and transaction.state == TRYING:
            self._defer(transaction)

    def _check_outside(self, request: Message, reply: Flow, merge_key: str) -> bool:
        """RFC 3261 8.2.1 to 8.2.3 for a request outside dialogs."""
        method = request.method
        if method not in _KNOWN:
            self.refuse(request, reply, 501, "", ALLOW_LINE)
        elif method in _DIALOG_ONLY:
            self.refuse(request, reply, 481)
        elif max_forwards(request) == 0 and method != "OPTIONS" and method != "REGISTER":
            self.refuse(request, reply, 483)
        elif merge_key in self.context.merged:
            # RFC 3261 8.2.2.2: the same request over another path.
            self.refuse(request, reply, 482)
        elif REQUIRE in request.names and not self._check_extensions(request, reply):
            return False
        elif request.body and method == "INVITE" and not self._check_body(request):
            self.refuse(request, reply, 415, "", _ACCEPT_LINES)
        elif request.has(RECORD_ROUTE) and not self._check_routes(request):
            self.refuse(request, reply, 400, "Bad Record-Route")
        else:
            return True
        return False

    def _check_extensions(self, request: Message, reply: Flow) -> bool:
        unsupported = unsupported_extensions(request, EXTENSIONS)
        if unsupported:
            self.refuse(request, reply, 420, "", f"Unsupported: {', '.join(unsupported)}\r\n")
        return not unsupported

    def _check_routes(self, request: Message) -> bool:
        try:
            for value in request.values(RECORD_ROUTE):
                parse_name_addr(value)
        except ParseError:
            return False
        return True

    def _check_body(self, request: Message) -> bool:
        kind = request.get(CONTENT_TYPE)
        if kind is None:
            return False
        if not kind.startswith("application/sdp") and not kind.lower().startswith(_BODY_TYPES):
            return False
        encoding = request.get(CONTENT_ENCODING)
        return encoding is None or encoding.lower() == "identity"

    def resume(self, request: Message, flow: Flow) -> None:
        """Take a request again whose admission had to wait; ``flow`` is the one ``admit`` was given."""
        if request.method in _KNOWN and request.to_tag is None or request.method == "REGISTER":
            key = self._key_of(request)
            full = key if request.method == "INVITE" else key + request.method
            servers = self.context.servers
            if f"{key}CANCEL" in servers:
                # Given up while it waited.
                self.refuse(request, flow, 487)
            elif full not in servers:
                self._receive_outside(request, flow, flow, full)

    # ---- responses -----------------------------------------------------
    def refuse(self, request: Message, reply: Flow, status: int, reason: str = "", headers: str = "") -> None:
        """Answer without keeping a transaction (RFC 3261 8.2.7)."""
        reply.send(build_response(request, status, reason, self._stateless_tag(request), self.server_line + headers))

    def respond(self, transaction: ServerTransaction, status: int, reason: str = "", headers: str = "",
                body: bytes = b"") -> None:
        """Answer a request outside dialogs on its transaction."""
        request = transaction.request
        if request is None:
            return
        if not transaction.to_tag and status > 100:
            transaction.to_tag = self.tokens.token()
        transaction.respond(status, build_response(request, status, reason, transaction.to_tag,
                                                   self.server_line + headers, body))

    # ---- services for dialogs ------------------------------------------
    def next_hop(self, uri: str, flow: Flow) -> Flow:
        """The flow for requests to ``uri``, given the flow the peer was last seen on."""
        return self.user.find_next_hop(uri, flow)

    def replace_flow(self, dialog: TransactionUser) -> Flow:
        """Another flow to the peer of a dialog whose own was closed."""
        if isinstance(dialog, Dialog):
            return self.user.find_other_flow(dialog)
        raise TypeError("only dialogs lose their flow")

    def lose_flow(self, flow: Flow) -> None:
        """A connection is gone: fail the requests that wait on it (RFC 3261 17.1.4)."""
        for transaction in list(self.context.clients.values()):
            if transaction.flow is flow:
                transaction.fail()
