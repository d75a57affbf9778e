# SPDX-License-Identifier: GPL-2.0-or-later
"""One dialog of a scripted phone, as caller or as callee."""
from __future__ import annotations

import re

from tests.support.sip_client import DEFAULT_SECONDS, Extra, Phone, unique
from tests.support.sip_message import SipMessage, uri_of


class Dialog:
    """Call-ID, tags, remote target, route set and CSeq of one side of a call."""

    def __init__(self, phone: Phone, call_id: str, local: str, remote: str, target: str) -> None:
        """``local`` and ``remote`` are the values of From and To in requests that this side sends."""
        self.phone = phone
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.target = target
        self.routes: list[str] = []
        self.cseq = 0
        #: Of the last INVITE sent: its branch, CSeq and further headers (credentials).
        self.invite_branch = ""
        self.invite_cseq = 0
        self.invite_uri = ""
        self._invite_extra: Extra = ()

    @property
    def local_tag(self) -> str:
        """The own tag."""
        return self.local.rpartition(";tag=")[2]

    @property
    def remote_tag(self) -> str:
        """The peer's tag, "" before it is known."""
        return self.remote.rpartition(";tag=")[2] if ";tag=" in self.remote else ""

    def learn(self, response: SipMessage) -> None:
        """Take the peer's tag, target and route set from a response to the INVITE."""
        self.remote = response.get("to")
        if response.has("contact"):
            self.target = response.contact_uri
        self.routes = list(reversed(_split(response.all("record-route"))))

    # ---- requests

    def headers(self, method: str, cseq: int) -> list[tuple[str, str]]:
        """The headers of a request in this dialog."""
        found = [("Route", route) for route in self.routes]
        found += [("From", self.local), ("To", self.remote), ("Call-ID", self.call_id), ("CSeq", f"{cseq} {method}")]
        if method in ("INVITE", "UPDATE", "REFER", "SUBSCRIBE"):
            found.append(("Contact", f"<{self.phone.contact}>"))
        return found

    def send(self, method: str, body: str = "", extra: Extra = (), cseq: int = 0) -> str:
        """Send a request with the next CSeq; returns its branch."""
        if not cseq:
            self.cseq += 1
            cseq = self.cseq
        branch = self.phone.send_request(method, self.target, [*self.headers(method, cseq), *extra], body)
        if method == "INVITE":
            self.invite_branch, self.invite_cseq, self.invite_uri = branch, cseq, self.target
            self._invite_extra = extra
        return branch

    def request(self, method: str, body: str = "", extra: Extra = (), seconds: float = DEFAULT_SECONDS) -> SipMessage:
        """Send a request that is no INVITE, return its final response."""
        return self.phone.expect_final(self.send(method, body, extra), seconds)

    def ack(self, body: str = "") -> None:
        """ACK for the 2xx of the last INVITE."""
        self.phone.send_request("ACK", self.target, self.headers("ACK", self.invite_cseq), body)

    def ack_failure(self, response: SipMessage) -> None:
        """ACK for another final response of the last INVITE: same branch, To of the response."""
        headers = [("Route", route) for route in self.routes]
        headers += [("From", self.local), ("To", response.get("to")), ("Call-ID", self.call_id),
                    ("CSeq", f"{self.invite_cseq} ACK")]  # fmt: skip
        self.phone.send_request("ACK", self.invite_uri, headers, branch=self.invite_branch)

    def cancel(self) -> str:
        """CANCEL the last INVITE."""
        headers = [("From", self.local), ("To", self.remote), ("Call-ID", self.call_id),
                   ("CSeq", f"{self.invite_cseq} CANCEL")]  # fmt: skip
        return self.phone.send_request("CANCEL", self.invite_uri, headers, branch=self.invite_branch)

    def reinvite(self, body: str, extra: Extra = (), seconds: float = DEFAULT_SECONDS) -> SipMessage:
        """Send a re-INVITE, ACK its final response and return it."""
        response = self.phone.expect_final(self.send("INVITE", body, extra), seconds)
        if response.status < 300:
            self.learn(response)
            self.ack()
        else:
            self.ack_failure(response)
        return response

    def prack(self, provisional: SipMessage, body: str = "") -> SipMessage:
        """PRACK a reliable provisional response; returns the final response to it."""
        rack = f"{provisional.get('rseq')} {provisional.get('cseq')}"
        return self.request("PRACK", body, [("RAck", rack)])

    def hang_up(self) -> SipMessage:
        """BYE, and its final response."""
        return self.request("BYE")


def start_call(phone: Phone, number: str, body: str | None = None, extra: Extra = (), uri: str = "") -> Dialog:
    """Send an INVITE to ``number``, answer the challenge; returns after the INVITE with credentials is sent.

    Another final response than a challenge is left to be expected by the test.
    """
    uri = uri or f"sip:{number}@{phone.domain}"
    dialog = Dialog(phone, unique("call"), f"<{phone.aor}>;tag={unique('a')}", f"<{uri}>", uri)
    offer = phone.offer() if body is None else body
    challenge = phone.expect_final(dialog.send("INVITE", offer, extra))
    if challenge.status not in (401, 407):
        phone.backlog.append(challenge)
        return dialog
    dialog.ack_failure(challenge)
    dialog.send("INVITE", offer, [*extra, phone.authorization(challenge, "INVITE", uri)])
    return dialog


def take_call(phone: Phone, seconds: float = DEFAULT_SECONDS) -> tuple[Dialog, SipMessage]:
    """Wait for an INVITE outside a dialog; returns the callee's dialog and the INVITE, which is not answered yet."""
    invite = phone.expect(
        lambda message: message.method == "INVITE" and not message.tag("to"), "INVITE", seconds
    )
    return dialog_of(phone, invite), invite


def dialog_of(phone: Phone, invite: SipMessage) -> Dialog:
    """The callee's side of the dialog that ``invite`` opens, with a new tag."""
    local = f"{invite.get('to')};tag={unique('b')}"
    dialog = Dialog(phone, invite.call_id, local, invite.get("from"), invite.contact_uri)
    dialog.routes = _split(invite.all("record-route"))
    return dialog


def answer(dialog: Dialog, invite: SipMessage, body: str | None = None, extra: Extra = ()) -> None:
    """Send 200 with SDP to an INVITE."""
    offer = dialog.phone.offer() if body is None else body
    dialog.phone.respond(invite, 200, "OK", tag=dialog.local_tag, body=offer, headers=extra)


def ring(dialog: Dialog, invite: SipMessage) -> None:
    """Send 180 to an INVITE."""
    dialog.phone.respond(invite, 180, "Ringing", tag=dialog.local_tag)


def connect(caller: Phone, callee: Phone, number: str = "") -> tuple[Dialog, Dialog]:
    """A call from ``caller`` to ``callee``, answered and acknowledged; both sides' dialogs."""
    outgoing = start_call(caller, number or callee.number)
    incoming, invite = take_call(callee)
    ring(incoming, invite)
    caller.expect_response(180, "INVITE", call_id=outgoing.call_id)
    answer(incoming, invite)
    outgoing.learn(caller.expect_response(200, "INVITE", call_id=outgoing.call_id))
    outgoing.ack()
    callee.expect_request("ACK")
    return outgoing, incoming


def hang_up(ending: Dialog, other: Dialog) -> None:
    """End a call from one side; the other side gets BYE and confirms it."""
    branch = ending.send("BYE")
    bye = other.phone.expect(lambda m: m.method == "BYE" and m.call_id == other.call_id, "BYE")
    other.phone.respond(bye, 200, "OK")
    assert ending.phone.expect_final(branch).status == 200


def _split(values: list[str]) -> list[str]:
    """The routes of Record-Route lines, one by one."""
    return [route.strip() for value in values for route in re.split(r",(?=\s*(?:\"|<))", value) if uri_of(route)]
