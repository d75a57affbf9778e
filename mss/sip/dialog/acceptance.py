# SPDX-License-Identifier: GPL-2.0-or-later
"""What is left to do for an INVITE of ours once it was accepted (RFC 3261 13.2.2.4, RFC 6026)."""
from __future__ import annotations

from mss.sip.dialog.dialog import Dialog
from mss.sip.dialog.service import DialogService
from mss.sip.flow import Flow
from mss.sip.headers import TO
from mss.sip.message import Message
from mss.sip.transaction.context import ClientTransaction, TransactionUser


class Acceptance(TransactionUser):
    """Takes the session's place in an INVITE transaction that got its first 2xx.

    A repeated 2xx gets its ACK again; one of another fork gets ACK and BYE.  The session is not held:
    it may be over long before the transaction.  ``cseq`` is the number that the ACK has to carry.
    """

    __slots__ = ("_ack", "_flow", "_forks", "_service", "_tag", "cseq")

    def __init__(self, service: DialogService, transaction: ClientTransaction, response: Message) -> None:
        self.due = -1
        self.cseq = transaction.request.cseq
        self._service = service
        self._tag = response.to_tag
        self._flow = transaction.flow
        self._ack = b""
        self._forks: dict[str | None, tuple[Flow, bytes]] | None = None
        transaction.user = self

    def acknowledge(self, flow: Flow, ack: bytes) -> None:
        """Send the session's ACK, and again for each repeated 2xx."""
        self._flow = flow
        self._ack = ack
        flow.send(ack)

    def receive_response(self, transaction: ClientTransaction, response: Message) -> None:
        """A further 2xx."""
        known = None if self._forks is None else self._forks.get(response.to_tag)
        if known is not None:
            known[0].send(known[1])
        elif response.to_tag != self._tag:
            self.release(transaction, response)
        elif self._ack:
            self._flow.send(self._ack)

    def release(self, transaction: ClientTransaction, response: Message) -> None:
        """Acknowledge and end a dialog that nobody wants."""
        request = transaction.request
        fork = Dialog(self._service, transaction.flow, request.call_id, "")
        fork.local_value = request.from_value
        fork.remote_value = response.get(TO) or ""
        fork.local_cseq = request.cseq
        fork.target = request.uri
        fork.request_uri = request.uri
        fork.take_target(response)
        ack = fork.build("ACK", request.cseq, "", b"").data
        fork.flow.send(ack)
        if self._forks is None:
            self._forks = {}
        self._forks[response.to_tag] = (fork.flow, ack)
        fork.send_request("BYE")
