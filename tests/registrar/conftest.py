# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.config.settings import RegistrarSettings
from mss.model.user import User
from mss.registrar.location import LocationService
from mss.registrar.registrar import RegisterOutcome, Registrar
from mss.sip.flow import Flow, LocalAddress
from mss.sip.message import Message
from mss.sip.parser import parse


class Device:
    """One registering device: a Call-ID, a CSeq that counts, and a flow."""

    def __init__(self, office: Office, name: str, host: str, port: int, transport: str) -> None:
        self.office = office
        self.call_id = name
        self.cseq = 0
        self.via_host = host
        self.flow = Flow(transport, host, port, LocalAddress(transport, "198.51.100.1", 5060))
        self.contact = f"<sip:100@{host}:{port}>"

    def message(self, contact: str | None, *headers: str, to: str = "<sip:100@198.51.100.1>") -> Message:
        self.cseq += 1
        lines = [
            "REGISTER sip:198.51.100.1 SIP/2.0",
            f"Via: SIP/2.0/{self.flow.transport} {self.via_host}:5060;rport;branch=z9hG4bK{self.call_id}{self.cseq}",
            "Max-Forwards: 70",
            "From: <sip:100@198.51.100.1>;tag=a",
            f"To: {to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.cseq} REGISTER",
        ]
        if contact is not None:
            lines.append(f"Contact: {contact}")
        lines += [*headers, "Content-Length: 0"]
        m = parse(("\r\n".join(lines) + "\r\n\r\n").encode())
        m.index()
        m.flow = self.flow
        return m

    def register(self, *headers: str, contact: str | None = "") -> RegisterOutcome:
        """Register ``contact``; "" = the device's own, None = no Contact header at all."""
        m = self.message(self.contact if contact == "" else contact, *headers)
        return self.office.registrar.register(m, self.office.user, self.flow, self.office.now)


class Office:
    """A registrar, one user with number 100, and a clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.user = User("100")
        self.location = LocationService()
        self.registrar = Registrar(RegistrarSettings(), self.location)

    def device(self, name: str = "phone", host: str = "192.0.2.10", port: int = 5060, transport: str = "UDP") -> Device:
        return Device(self, name, host, port, transport)

    def contacts(self) -> list[str]:
        return [binding.contact for binding in self.location.lookup("100", self.now)]


@pytest.fixture
def office() -> Office:
    return Office()
