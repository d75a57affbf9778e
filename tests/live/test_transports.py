# SPDX-License-Identifier: GPL-2.0-or-later
"""A running server on all its transports: calls within each and between them, connections, certificates, NAT, size."""
from __future__ import annotations

import itertools
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.peers.base import User, make_users
from mss.transport.certificate import create_certificate
from tests.support.ports import HOST
from tests.support.server import LiveServer, Settings
from tests.support.sip_client import Phone
from tests.support.sip_dialog import Dialog, answer, connect, hang_up, start_call, take_call
from tests.support.sip_message import sdp
from tests.support.websocket import SecureWebSocketWire, WebSocketWire
from tests.support.wire import StreamWire, TlsWire, UdpWire, Wire

pytestmark = pytest.mark.real

_HOST6 = "::1"
_TRANSPORTS = ["UDP", "TCP", "TLS", "WS", "WSS", "UDP6", "TCP6"]
#: An address of ours that only peers outside would use (RFC 5737).
_PUBLIC = "203.0.113.5"


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((_HOST6, 0))
    except OSError:
        return False
    return True


class EveryTransport(LiveServer):
    """A server with listeners of all transports."""

    def __init__(self, work_dir: Path, users: list[User], settings: Settings | None = None) -> None:
        """``settings`` are further ones of section ``sip``."""
        super().__init__(work_dir, users)
        port = self.port
        self.places = {
            "UDP": (HOST, port), "TCP": (HOST, port), "TLS": (HOST, port + 1), "WS": (HOST, port + 3),
            "WSS": (HOST, port + 4), "UDP6": (_HOST6, port + 5), "TCP6": (_HOST6, port + 5),
        }  # fmt: skip
        if not _has_ipv6():
            del self.places["UDP6"], self.places["TCP6"]
        listen = [f"{name.removesuffix('6').lower()}:{f'[{host}]' if ':' in host else host}:{port}"
                  for name, (host, port) in self.places.items()]  # fmt: skip
        self._settings = {"sip": {"listen": listen, **(settings or {}).get("sip", {})}}


class Udp6Wire(UdpWire):
    """One datagram per message, over IPv6."""

    def __init__(self, server: tuple[str, int]) -> None:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind((_HOST6, 0))
        Wire.__init__(self, sock, server)


class Phone6(Phone):
    """A phone with an IPv6 address."""

    @property
    def domain(self) -> str:
        return f"[{self.wire.server[0]}]:{self.wire.server[1]}"

    @property
    def contact(self) -> str:
        transport = "" if self.wire.transport == "UDP" else ";transport=tcp"
        return f"sip:{self.number}@[{_HOST6}]:{self.wire.port}{transport}"

    def via(self, branch: str) -> str:
        return f"SIP/2.0/{self.wire.transport} [{_HOST6}]:{self.wire.port};branch={branch};rport"


class Browser(Phone):
    """A phone in a web page, which does not know its own address (RFC 7118 5)."""

    @property
    def contact(self) -> str:
        return f"sip:{self.number}@page{self.number}.invalid;transport=ws"

    def via(self, branch: str) -> str:
        return f"SIP/2.0/{self.wire.transport} page{self.number}.invalid;branch={branch}"


_WIRES: dict[str, type[Wire]] = {
    "UDP": UdpWire, "TCP": StreamWire, "TLS": TlsWire, "WS": WebSocketWire, "WSS": SecureWebSocketWire,
    "UDP6": Udp6Wire, "TCP6": StreamWire,
}  # fmt: skip


def make_phone(server: EveryTransport, user: User, transport: str) -> Phone:
    """A registered phone."""
    if transport not in server.places:
        pytest.skip("this machine has no IPv6")
    kind = Browser if transport.startswith("WS") else Phone6 if transport.endswith("6") else Phone
    phone = kind(_WIRES[transport](server.places[transport]), user)
    response = phone.register()
    assert response.status == 200, response
    return phone


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EveryTransport]:
    live = EveryTransport(tmp_path_factory.mktemp("server"), make_users(100))
    try:
        live.start()
        yield live
    finally:
        live.stop()
    live.assert_no_exception()


@pytest.fixture(scope="module")
def users(server: EveryTransport) -> Iterator[User]:
    """Users that no other test has."""
    return iter(server.users)


NewPhone = Callable[[str], Phone]


@pytest.fixture
def phone(server: EveryTransport, users: Iterator[User]) -> Iterator[NewPhone]:
    """Registered phones: ``phone("TCP")``."""
    made: list[Phone] = []

    def make(transport: str) -> Phone:
        made.append(make_phone(server, next(users), transport))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _reinvite(dialog: Dialog, other: Dialog, version: int) -> None:
    """Hold the call from one side."""
    branch = dialog.send("INVITE", dialog.phone.offer("sendonly", version=version))
    invite = other.phone.expect(lambda m: m.method == "INVITE" and m.call_id == other.call_id, "re-INVITE")
    other.phone.respond(invite, 200, "OK", body=other.phone.offer("recvonly", version=version))
    response = dialog.phone.expect_final(branch)
    assert response.status == 200
    dialog.learn(response)
    dialog.ack()
    other.phone.expect_request("ACK")


class TestCalls:
    """No phone here accepts connections: whatever reaches it comes over the connection that it made."""

    @pytest.mark.parametrize("transport", _TRANSPORTS)
    def test_a_call_with_requests_in_the_dialog_from_both_sides(
        self, server: EveryTransport, phone: NewPhone, transport: str
    ) -> None:
        caller, callee = phone(transport), phone(transport)
        outgoing, incoming = connect(caller, callee)
        host, port = server.places[transport]
        own = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        parameter = "" if transport.startswith("UDP") else f";transport={transport.removesuffix('6').lower()}"
        for dialog in (outgoing, incoming):
            assert dialog.target.endswith(f"@{own}{parameter}")
        _reinvite(outgoing, incoming, 2)
        _reinvite(incoming, outgoing, 3)
        assert outgoing.request("INFO").status == 200
        hang_up(incoming, outgoing)

    def test_every_transport_with_every_other(self, server: EveryTransport, phone: NewPhone) -> None:
        phones = [phone(transport) for transport in server.places]
        for caller, callee in itertools.permutations(phones, 2):
            outgoing, incoming = connect(caller, callee)
            hang_up(outgoing, incoming)

    def test_keep_alive_of_a_browser_is_answered(self, phone: NewPhone) -> None:
        browser = phone("WSS")
        browser.wire.send(b"\r\n\r\n")
        assert browser.wire.receive(5) == b"\r\n"
        assert browser.options().status == 200


def _certificate(server: EveryTransport, transport: str) -> bytes:
    """What the server shows in a new handshake (DER)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(server.places[transport], timeout=5) as sock, context.wrap_socket(sock) as secured:
        return secured.getpeercert(binary_form=True) or b""


def _renew(server: EveryTransport, directory: Path) -> bytes:
    """Put a new certificate in place, as a renewal does; return it (DER)."""
    key, certificate = directory / "new.key", directory / "new.crt"
    create_certificate(certificate, key, ["renewed.example"])
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    os.replace(key, server.home / "tls" / "server.key")
    os.replace(certificate, server.home / "tls" / "server.crt")
    return der


def test_certificate_renewed_while_calls_are_up(server: EveryTransport, phone: NewPhone, tmp_path: Path) -> None:
    calls = [connect(phone(transport), phone(transport)) for transport in ("TLS", "WSS")]
    before = _certificate(server, "TLS")
    (server.home / "tls" / "server.crt").write_text("no certificate")
    server.wait_for(lambda: "renewed certificate not used" in server.log(), 5, "the bad certificate in the log")
    assert _certificate(server, "TLS") == before
    renewed = _renew(server, tmp_path)
    server.wait_for(lambda: _certificate(server, "TLS") == renewed, 5, "the new certificate in use")
    assert _certificate(server, "WSS") == renewed
    for outgoing, incoming in calls:
        _reinvite(outgoing, incoming, 2)
        hang_up(incoming, outgoing)
    outgoing, incoming = connect(phone("TLS"), phone("WSS"))
    hang_up(outgoing, incoming)


class TestLostConnections:
    """The connection of a phone breaks during its call."""

    @pytest.mark.parametrize("transport", ["TCP", "TLS", "WSS"])
    def test_phone_that_comes_back_is_told_of_the_end(
        self, server: EveryTransport, phone: NewPhone, transport: str
    ) -> None:
        caller, callee = phone("UDP"), phone(transport)
        outgoing, incoming = connect(caller, callee)
        callee.close()
        callee.wire = _WIRES[transport](server.places[transport])
        assert callee.register().status == 200
        hang_up(outgoing, incoming)

    @pytest.mark.parametrize("transport", ["TCP", "WS"])
    def test_phone_that_comes_back_hangs_up(self, server: EveryTransport, phone: NewPhone, transport: str) -> None:
        caller, callee = phone(transport), phone("UDP")
        outgoing, incoming = connect(caller, callee)
        caller.close()
        caller.wire = _WIRES[transport](server.places[transport])
        hang_up(outgoing, incoming)

    def test_it_is_not_taken_for_another_phone_of_its_user(self, server: EveryTransport, phone: NewPhone) -> None:
        caller, first = phone("UDP"), phone("TCP")
        server.change_users([first.user], multi_device="yes")
        first.register(expires=0)
        for number in range(2):
            devices = [Phone(StreamWire(server.places["TCP"]), first.user) for _ in range(2)]
            for device in devices:
                assert device.register().status == 200
            callee = devices[number]
            outgoing = start_call(caller, first.number)
            incoming, invite = take_call(callee)
            answer(incoming, invite)
            outgoing.learn(caller.expect_response(200, "INVITE"))
            outgoing.ack()
            callee.expect_request("ACK")
            callee.close()
            callee.wire = StreamWire(server.places["TCP"])
            assert callee.register().status == 200
            hang_up(outgoing, incoming)
            for device in devices:
                device.register(expires=0)
                device.close()

    def test_phone_that_does_not_come_back(self, server: EveryTransport, phone: NewPhone) -> None:
        caller, callee = phone("UDP"), phone("TCP")
        outgoing, _ = connect(caller, callee)
        callee.close()
        assert outgoing.hang_up().status == 200
        assert server.wait_for_record(outgoing.call_id)["ended_by"] == "caller"
        server.wait_until_no_calls(5)
        refused = start_call(caller, callee.number)
        response = caller.expect_final(refused.invite_branch, 2)
        refused.ack_failure(response)
        assert response.status in (480, 503)

    def test_phone_that_is_lost_while_it_rings(self, phone: NewPhone) -> None:
        caller, callee = phone("UDP"), phone("WSS")
        outgoing = start_call(caller, callee.number)
        take_call(callee)
        callee.close()
        response = caller.expect_final(outgoing.invite_branch, 2)
        outgoing.ack_failure(response)
        assert response.status in (480, 503)


class TestNat:
    """A server behind NAT, all of whose peers are outside."""

    @pytest.fixture
    def outside(self, tmp_path: Path) -> Iterator[EveryTransport]:
        settings = {"sip": {"public_address": _PUBLIC, "local_networks": []}}
        server = EveryTransport(tmp_path, make_users(4), settings)
        try:
            server.start()
            yield server
        finally:
            server.stop()
        server.assert_no_exception()

    def test_peers_see_the_public_address(self, outside: EveryTransport) -> None:
        phones = [make_phone(outside, user, transport) for user, transport in
                  zip(outside.users, ("UDP", "TCP", "TLS", "WSS"), strict=True)]  # fmt: skip
        for caller, callee in itertools.pairwise(phones):
            outgoing = start_call(caller, callee.number)
            incoming, invite = take_call(callee)
            _, port = outside.places[callee.wire.transport]
            assert invite.get("via").split()[1].startswith(f"{_PUBLIC}:{port};")
            assert f"@{_PUBLIC}:{port}" in invite.contact_uri
            assert HOST not in invite.get("from") + invite.get("to") + invite.call_id
            answer(incoming, invite)
            outgoing.learn(response := caller.expect_response(200, "INVITE"))
            assert f"@{_PUBLIC}:{outside.places[caller.wire.transport][1]}" in response.contact_uri
            outgoing.ack()
            callee.expect_request("ACK")
            hang_up(incoming, outgoing)
        for phone in phones:
            phone.close()


class AcceptedWire(StreamWire):
    """A connection that the server made."""

    def __init__(self, sock: socket.socket, server: tuple[str, int]) -> None:
        Wire.__init__(self, sock, server)
        self._buffer = b""
        self.is_open = True


class Listening(Phone):
    """A phone on UDP that also accepts TCP connections at its port."""

    def __init__(self, wire: Wire, user: User, backlog: int = 5) -> None:
        super().__init__(wire, user)
        self._listener = socket.create_server((HOST, wire.port), backlog=backlog)
        self._listener.settimeout(5)

    def accept(self) -> StreamWire:
        """The connection that the server makes."""
        sock, _ = self._listener.accept()
        return AcceptedWire(sock, self.wire.server)

    def close(self) -> None:
        super().close()
        self._listener.close()


def _begin_connection(port: int) -> socket.socket:
    """A connection that nobody accepts."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    sock.connect_ex((HOST, port))
    return sock


def _large_offer(phone: Phone) -> str:
    """A description larger than what may go by UDP."""
    lines = [f"a=candidate:{number} 1 udp 2113937151 192.0.2.{number} 40000 typ host\r\n" for number in range(60)]
    return sdp(phone.media_port) + "".join(lines)


class TestLargeRequests:
    """Requests of more than 1300 bytes to a device on UDP (RFC 3261 18.1.1)."""

    def test_device_that_listens_on_tcp_too(
        self, server: EveryTransport, users: Iterator[User], phone: NewPhone
    ) -> None:
        caller = phone("TCP")
        callee = Listening(UdpWire(server.places["UDP"]), next(users))
        assert callee.register().status == 200
        outgoing = start_call(caller, callee.number, body=_large_offer(caller))
        datagrams, callee.wire = callee.wire, callee.accept()
        incoming, invite = take_call(callee)
        assert invite.get("via").startswith("SIP/2.0/TCP ")
        assert "a=candidate:59 " in invite.sdp
        answer(incoming, invite)
        outgoing.learn(caller.expect_response(200, "INVITE"))
        outgoing.ack()
        callee.expect_request("ACK")
        hang_up(outgoing, incoming)
        datagrams.close()
        callee.close()

    def test_device_behind_a_firewall_is_waited_for_only_once(
        self, server: EveryTransport, users: Iterator[User], phone: NewPhone
    ) -> None:
        caller = phone("TCP")
        callee = Listening(UdpWire(server.places["UDP"]), next(users), backlog=0)
        # What fills the queue of connections makes the system drop further attempts, as a firewall does.
        fillers = [_begin_connection(callee.wire.port) for _ in range(2)]
        assert callee.register().status == 200
        waited = []
        for _ in range(2):
            began = time.monotonic()
            outgoing = start_call(caller, callee.number, body=_large_offer(caller))
            incoming, invite = take_call(callee, 10)
            waited.append(time.monotonic() - began)
            callee.respond(invite, 486, "Busy Here", tag=incoming.local_tag)
            outgoing.ack_failure(caller.expect_response(486, "INVITE"))
        assert waited[0] < 6
        assert waited[1] < 1
        for each in (*fillers, callee):
            each.close()

    def test_device_that_does_not(self, phone: NewPhone) -> None:
        caller, callee = phone("TCP"), phone("UDP")
        began = time.monotonic()
        outgoing = start_call(caller, callee.number, body=_large_offer(caller))
        incoming, invite = take_call(callee)
        assert time.monotonic() - began < 1
        assert invite.get("via").startswith("SIP/2.0/UDP ")
        assert "a=candidate:59 " in invite.sdp
        answer(incoming, invite)
        outgoing.learn(caller.expect_response(200, "INVITE"))
        outgoing.ack()
        callee.expect_request("ACK")
        hang_up(incoming, outgoing)
