# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests inside a call's dialogs other than offers and BYE: transfer, relayed INFO and MESSAGE."""
from __future__ import annotations

from collections.abc import Callable

from mss.call.events import Event, TransferRequested
from mss.server.active_call import ActiveCall, CallLeg
from mss.server.messages import carried_headers
from mss.server.services import Services
from mss.server.subscriptions import ALLOW_EVENTS_LINE
from mss.sip.dialog.session import Session
from mss.sip.dialog.uas import ENDED
from mss.sip.endpoint import ALLOW_LINE
from mss.sip.errors import SipError
from mss.sip.fields import parse_name_addr
from mss.sip.headers import CONTENT_TYPE, REFER_SUB, REFER_TO
from mss.sip.message import Message
from mss.sip.transaction.context import ServerTransaction
from mss.sip.transaction.server_other import OtherServerTransaction
from mss.sip.uri import parse_uri, unescape

_RELAYED = frozenset(("INFO", "MESSAGE"))
FindReplaced = Callable[[str], Session | None]


class InDialogRequests:
    """Takes what ``SessionUser.session_requested`` gets."""

    def __init__(self, services: Services, feed: Callable[[ActiveCall, Event], None]) -> None:
        self._services = services
        self._feed = feed

    def receive(self, session: Session, transaction: ServerTransaction, request: Message,
                find_replaced: FindReplaced) -> None:
        """Answer, relay or turn into an event."""
        leg = session.owner
        method = request.method
        if not isinstance(leg, CallLeg):
            session.respond_to(transaction, 481)
        elif method in _RELAYED:
            self._relay(session, leg, transaction, request)
        elif method == "REFER":
            self._refer(session, leg, transaction, request, find_replaced)
        elif method == "OPTIONS":
            session.respond_to(transaction, 200, "", ALLOW_LINE)
        elif method == "NOTIFY":
            # Only for a subscription, and we have none inside calls (RFC 6665 4.1.3).
            session.respond_to(transaction, 481)
        elif method == "SUBSCRIBE":
            # RFC 6665 4.5.2: a subscription has a dialog of its own.
            session.respond_to(transaction, 489, "", ALLOW_EVENTS_LINE)
        else:
            session.respond_to(transaction, 405, "", ALLOW_LINE)

    # ---- INFO and MESSAGE --------------------------------------------------
    def _relay(self, session: Session, leg: CallLeg, transaction: ServerTransaction, request: Message) -> None:
        active = leg.active
        peer = active.call.state.legs[session.leg].peer
        other = active.legs[peer].session if peer >= 0 and peer in active.legs else None
        if other is None or other.state == ENDED:
            # Nobody to take it: digits before the answer are ours to swallow.
            session.respond_to(transaction, 200 if request.method == "INFO" else 480)
            return
        headers = carried_headers(request)
        kind = request.get(CONTENT_TYPE)
        if kind:
            headers += f"Content-Type: {kind}\r\n"
        for name in ("info-package", "content-disposition"):
            if name in request.names:
                headers += request.lines_of(name)[0] + "\r\n"
        sent = other.send_request(request.method, headers, request.body)
        if active.relayed is None:
            active.relayed = {}
        active.relayed[sent.request.branch] = (leg, transaction)
        if isinstance(transaction, OtherServerTransaction):
            session.defer_response(transaction)

    def pass_response(self, session: Session, branch: str, response: Message) -> None:
        """The other party's answer to a relayed request."""
        self._answer(session, branch, response.status, response)

    def drop_request(self, session: Session, branch: str, status: int) -> None:
        """No answer to a relayed request: the one who sent it finds out by its own timer (RFC 4320)."""
        self._answer(session, branch, status, None)

    def _answer(self, session: Session, branch: str, status: int, response: Message | None) -> None:
        leg = session.owner
        if not isinstance(leg, CallLeg) or leg.active.relayed is None:
            return
        asked, transaction = leg.active.relayed.pop(branch, (None, None))
        if asked is None or transaction is None or asked.session is None:
            return
        headers, body = "", b""
        if response is not None and response.body:
            headers, body = f"Content-Type: {response.get(CONTENT_TYPE)}\r\n", response.body
        asked.session.respond_to(transaction, status, "" if response is None else response.reason, headers, body)

    # ---- REFER -------------------------------------------------------------
    def _refer(self, session: Session, leg: CallLeg, transaction: ServerTransaction, request: Message,
               find_replaced: FindReplaced) -> None:
        values = request.values(REFER_TO)
        if len(values) != 1:
            # RFC 3515 2.4.1: exactly one.
            session.respond_to(transaction, 400, "One Refer-To Wanted")
            return
        try:
            uri = parse_uri(parse_name_addr(values[0]).uri)
        except SipError:
            session.respond_to(transaction, 400, "Bad Refer-To")
            return
        if not uri.user:
            session.respond_to(transaction, 404)
            return
        active = leg.active
        token = len(active.tokens) if active.tokens is not None else 0
        if active.tokens is None:
            active.tokens = {}
        active.tokens[token] = transaction
        leg.wants_notify = (request.get(REFER_SUB) or "true").lower() != "false"
        replaced_call, replaced_leg = "", -1
        replaces = _replaces_of(uri.headers)
        if replaces:
            replaced = find_replaced(replaces)
            owner = replaced.owner if replaced is not None else None
            if replaced is None or not isinstance(owner, CallLeg) or owner.active is active:
                del active.tokens[token]
                session.respond_to(transaction, 481)
                return
            replaced_call, replaced_leg = owner.active.call.id, replaced.leg
        self._feed(active, TransferRequested(session.leg, token, uri.user, replaced_call, replaced_leg))


def _replaces_of(headers: str) -> str:
    """The Replaces header in the ``?`` part of a Refer-To URI, unescaped; "" without one."""
    for item in headers.split("&"):
        name, _, value = item.partition("=")
        if name.lower() == "replaces":
            return unescape(value)
    return ""
