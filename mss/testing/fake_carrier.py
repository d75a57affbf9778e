# SPDX-License-Identifier: GPL-2.0-or-later
"""A carrier: a registrar and a peer that challenges, answers, and misbehaves as real ones do."""
from __future__ import annotations

from mss.model.user import User
from mss.sip.digest import Authenticator
from mss.testing.message import Headers, Received, audio
from mss.testing.network import FakeNetwork
from mss.testing.phone import ScriptedPhone


class FakeCarrier(ScriptedPhone):
    """A carrier with accounts (number -> password) at ``host``.

    Calls it receives are taken and steered with ``take_call`` as on a phone, or answered by themselves
    where ``answers`` is set.  How it treats others is set by its attributes.
    """

    def __init__(self, network: FakeNetwork, accounts: dict[str, str], *, host: str = "203.0.113.1", port: int = 5060,
                 server: tuple[str, int] = ("198.51.100.1", 5060), transport: str = "UDP",
                 realm: str = "carrier.example") -> None:
        super().__init__(network, "carrier", host=host, port=port, server=server, transport=transport)
        self.accounts = accounts
        self._authenticator = Authenticator(realm, b"a secret of thirty-two octets...", ("MD5",))
        #: Contact that each account has registered.
        self.registered: dict[str, str] = {}
        #: Requests that were refused by the carrier itself, and PRACKs, which it answers by itself.
        self.refused: list[Received] = []
        self.pracks: list[Received] = []
        #: Lifetime granted, and the shortest one accepted; seconds.
        self.granted_seconds = 3600
        self.min_seconds = 60
        #: Whether INVITEs are challenged (REGISTER always is).
        self.challenges_calls = False
        #: A registrar that takes the answer to its challenge for a replay: 400 with P-Registrar-Error unless
        #: it comes under another Call-ID.
        self.complains_about_cseq = False
        #: Status for PRACK; there are carriers that demand 100rel and answer PRACK with 405.
        self.prack_status = 200
        #: RSeq of the 183 sent to each call, 0 = no 183; 200 follows where ``answers``.
        self.early_rseq = 0
        self.answers = False
        #: Status of the refusal of each call, 0 = none.
        self.refuses_with = 0
        self._challenged: set[str] = set()

    def receive_request(self, request: Received) -> None:
        """Take a request as a carrier does."""
        if request.method == "REGISTER":
            self._receive_register(request)
        elif request.method == "PRACK":
            self.pracks.append(request)
            self.respond(request, self.prack_status)
        elif request.method == "INVITE" and not request.to_tag:
            self._receive_invite(request)
        else:
            super().receive_request(request)

    # ---- registrations ---------------------------------------------------
    def _receive_register(self, request: Received) -> None:
        account = self._identify(request, "Authorization", 401)
        if account is None:
            return
        if self.complains_about_cseq and request.call_id in self._challenged:
            self.refused.append(request)
            self.respond(request, 400, "", [("P-Registrar-Error", "Invalid CSeq number")])
            return
        asked = request.message.contact()
        wanted = (asked.param("expires") if asked is not None else None) or request.header("Expires") or "3600"
        seconds = int(wanted)
        if 0 < seconds < self.min_seconds:
            self.refused.append(request)
            self.respond(request, 423, "", [("Min-Expires", str(self.min_seconds))])
            return
        headers: list[tuple[str, str]] = []
        if seconds and asked is not None:
            self.registered[account] = asked.uri
            headers.append(("Contact", f"<{asked.uri}>;expires={min(seconds, self.granted_seconds)}"))
        else:
            self.registered.pop(account, None)
        self.respond(request, 200, "", headers)

    def _identify(self, request: Received, header: str, status: int) -> str | None:
        """The account that a request comes from, None after a challenge."""
        value = request.header(header)
        if value:
            verdict = self._authenticator.verify(value, request.method, self._user, self.network.now)
            if verdict.user is not None:
                return verdict.user.number
            self.refused.append(request)
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        self._challenged.add(request.call_id)
        challenges: Headers = [(name, text) for text in self._authenticator.challenges(self.network.now)]
        self.respond(request, status, "", challenges)
        return None

    def _user(self, number: str) -> User | None:
        password = self.accounts.get(number)
        return None if password is None else User(number, password)

    # ---- calls -----------------------------------------------------------
    def _receive_invite(self, request: Received) -> None:
        if self.challenges_calls and self._identify(request, "Proxy-Authorization", 407) is None:
            return
        super().receive_request(request)
        if request.call_id not in self.calls:
            return
        call = self.calls[request.call_id]
        if self.refuses_with:
            call.reject(self.refuses_with)
            return
        if self.early_rseq:
            call.progress(183, audio(self.socket.host, 6000), self.early_rseq)
        if self.answers:
            call.answer(audio(self.socket.host, 6000))
