# SPDX-License-Identifier: GPL-2.0-or-later
"""Who sent a request outside dialogs, and may they: screening, digest, addresses (RFC 3261 22)."""
from __future__ import annotations

from collections.abc import Callable

from mss.model.user import User
from mss.server.live_data import LiveData
from mss.server.services import Services
from mss.sip.digest import Authenticator, parse_params
from mss.sip.flow import Flow
from mss.sip.headers import AUTHORIZATION, PROXY_AUTHORIZATION
from mss.sip.message import Message

#: Told of every refused attempt: flow, what was wrong, the user name that was tried.
ReportRefusal = Callable[[Flow, str, str], None]


class Admission:
    """Identifies senders; refuses on the endpoint what cannot be identified."""

    def __init__(self, services: Services, authenticator: Authenticator, report: ReportRefusal) -> None:
        self._services = services
        self._live: LiveData = services.live
        self._authenticator = authenticator
        self._report = report
        self.refused = 0

    def replace_authenticator(self, authenticator: Authenticator) -> None:
        """Use other settings for challenges from now on; nonces given out before are stale."""
        self._authenticator = authenticator

    def admit_registration(self, request: Message, flow: Flow) -> str | None:
        """The user whose AOR this REGISTER may change; None after a refusal.

        A wrong user, a wrong password and a user that is switched off look alike: a new challenge.
        """
        user = self._authenticate(request, flow, AUTHORIZATION, 401)
        return None if user is None else user.number

    def admit_user(self, request: Message, flow: Flow) -> str | None:
        """The user who sent this request, by address or by digest; None after a refusal."""
        known = self._live.user_at(flow.host)
        if known is not None:
            return known.number
        user = self._authenticate(request, flow, PROXY_AUTHORIZATION, 407)
        return None if user is None else user.number

    def _authenticate(self, request: Message, flow: Flow, header: str, status: int) -> User | None:
        if header not in request.names:
            # Some clients answer a 407 with Authorization; both are looked at (RFC 3261 22.3).
            header = AUTHORIZATION if header == PROXY_AUTHORIZATION else PROXY_AUTHORIZATION
            if header not in request.names:
                self._challenge(request, flow, status, False)
                return None
        now = self._services.endpoint.now
        stale = False
        reason = ""
        value = ""
        for value in request.get_all(header):
            verdict = self._authenticator.verify(value, request.method, self._live.user, now)
            if verdict.ok:
                return verdict.user
            stale = stale or verdict.stale
            reason = verdict.reason
        if not stale and reason != "credentials of another realm":
            self.refused += 1
            params = parse_params(value) or {}
            self._report(flow, f"{request.method}: {reason}", params.get("username", ""))
        self._challenge(request, flow, status, stale)
        return None

    def _challenge(self, request: Message, flow: Flow, status: int, stale: bool) -> None:
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        lines = "".join([f"{name}: {value}\r\n"
                         for value in self._authenticator.challenges(self._services.endpoint.now, stale)])
        self._services.endpoint.refuse(request, flow, status, "", lines)
