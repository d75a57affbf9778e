# SPDX-License-Identifier: GPL-2.0-or-later
"""Torture messages (RFC 4475, RFC 5118, and our own) against a running server, which answers OPTIONS after each."""
from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from bench.peers.base import make_users
from tests.support.server import LiveServer
from tests.support.sip_client import unique
from tests.support.sip_message import SipMessage, format_message
from tests.support.wire import StreamWire
from tests.torture.verdicts import OWN, RFC4475, RFC5118, Verdict, own_message, rfc_directory, rfc_message

pytestmark = pytest.mark.real

#: An address of the loopback interface where nobody listens on the port that a Via without a port means.
_STRANGER = "127.0.0.77"
_SECONDS = 5.0
#: A stream without a usable Content-Length cannot be read on: it is refused whatever the message says.
_CLOSING = frozenset({400})


def _cases() -> list[tuple[Verdict, bytes]]:
    directory = rfc_directory()
    cases = [(verdict, own_message(verdict)) for verdict in OWN]
    if directory is not None:
        cases += [(verdict, rfc_message(directory, verdict)) for verdict in (*RFC4475, *RFC5118)]
    return cases


def _named(case: tuple[Verdict, bytes]) -> str:
    return f"{case[0].section}-{case[0].name}"


def test_the_messages_of_the_rfcs_are_there() -> None:
    if rfc_directory() is None:
        pytest.skip("the messages of the RFCs are not here (set MSS_TORTURE_DIR): only those of our own are sent")
    assert (len(RFC4475), len(RFC5118)) == (49, 12)


def _options(server: LiveServer, via: str) -> tuple[bytes, str]:
    """An OPTIONS and its Call-ID."""
    call_id = unique("alive")
    headers = [("Via", f"SIP/2.0/{via};branch={unique('z9hG4bK')};rport"), ("Max-Forwards", "70"),
               ("From", "<sip:t@t.example>;tag=t"), ("To", f"<sip:{server.host}:{server.port}>"),
               ("Call-ID", call_id), ("CSeq", "1 OPTIONS")]  # fmt: skip
    return format_message(f"OPTIONS sip:{server.host}:{server.port} SIP/2.0", headers), call_id


def _call_id(data: bytes) -> str:
    """The Call-ID of a message that may be anything, or ""."""
    found = re.search(rb"(?im)^(?:call-id|i)[ \t]*:[ \t\r\n]*([^\r\n]*?)[ \t]*\r", data)
    return found[1].decode("utf-8", "surrogateescape") if found else ""


def _check(verdict: Verdict, answers: list[SipMessage], more: frozenset[int] = frozenset()) -> None:
    """``more``: what it may be answered besides the statuses of its verdict."""
    finals = {message.status for message in answers if message.status >= 200}
    if verdict.name == "missing-via" or not verdict.statuses:
        # Without a Via nobody knows where an answer goes (RFC 3261 18.2.2).
        assert not answers, (verdict, answers)
    else:
        assert len(finals) == 1 and finals <= verdict.statuses | more, (verdict, answers)


class Stranger:
    """Sends from the port to which the answer to a message goes by its Via."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self._sockets: dict[int, socket.socket] = {}

    def _socket(self, data: bytes) -> socket.socket:
        unfolded = re.sub(rb"\r\n[ \t]+", b" ", data)
        found = re.search(rb"(?im)^(?:via|v)\s*:\s*SIP\s*/\s*2\.0\s*/\s*\w+\s[^;,\r]*?:\s*(\d{1,5})\s*[;,\r]", unfolded)
        port = int(found[1]) if found and 0 < int(found[1]) < 65536 else 5060
        if port not in self._sockets:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.settimeout(_SECONDS)
            try:
                sock.bind((_STRANGER, port))
            except OSError:
                sock.close()
                pytest.skip(f"port {port} of {_STRANGER} is taken")
            self._sockets[port] = sock
        return self._sockets[port]

    def send(self, data: bytes) -> list[SipMessage]:
        """Send ``data``, then OPTIONS; returns the answers to it that came before that to the OPTIONS.

        What else comes are copies of earlier answers, which an INVITE of a stranger never acknowledges.
        """
        expected = _call_id(data)
        sock = self._socket(data)
        place = (self._server.host, self._server.port)
        options, call_id = _options(self._server, f"UDP {_STRANGER}:{sock.getsockname()[1]}")
        sock.sendto(data, place)
        sock.sendto(options, place)
        answers: list[SipMessage] = []
        while True:
            message = SipMessage(sock.recv(65535))
            if message.call_id == call_id:
                assert message.status == 200
                return answers
            if message.call_id == expected:
                answers.append(message)

    def close(self) -> None:
        for sock in self._sockets.values():
            sock.close()


@pytest.fixture(scope="class")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server for each way of sending: to it the same message once more would be a copy of the first."""
    live = LiveServer(tmp_path_factory.mktemp("server"), make_users(10))
    try:
        live.start()
        yield live
    finally:
        live.stop()
    live.assert_no_exception()


@pytest.fixture(scope="class")
def stranger(server: LiveServer) -> Iterator[Stranger]:
    found = Stranger(server)
    yield found
    found.close()


class TestUdp:
    """One datagram for each message."""

    @pytest.mark.parametrize("case", _cases(), ids=_named)
    def test_message(self, stranger: Stranger, case: tuple[Verdict, bytes]) -> None:
        verdict, data = case
        _check(verdict, stranger.send(data))


def _answers_until(wire: StreamWire, call_id: str) -> list[SipMessage]:
    """What comes before the answer to OPTIONS, or before the server closes."""
    answers: list[SipMessage] = []
    while (data := wire.receive(_SECONDS)) is not None:
        message = SipMessage(data)
        if message.call_id == call_id:
            assert message.status == 200
            return answers
        answers.append(message)
    assert not wire.is_open, "no answer to OPTIONS, and the connection is open"
    return answers


def _assert_alive(server: LiveServer) -> None:
    wire = StreamWire((server.host, server.port))
    options, call_id = _options(server, f"TCP {server.host}:{wire.port}")
    wire.send(options)
    assert _answers_until(wire, call_id) == []
    wire.close()


def _check_stream(server: LiveServer, verdict: Verdict, data: bytes, bytewise: bool) -> None:
    wire = StreamWire((server.host, server.port))
    options, call_id = _options(server, f"TCP {server.host}:{wire.port}")
    try:
        if verdict.stream == "waits":
            (wire.send_bytewise if bytewise else wire.send)(data)
        elif bytewise:
            _send_while_open(wire, data + options)
        else:
            wire.send(data + options)
        if verdict.stream != "waits":
            answers = _answers_until(wire, call_id)
            _check(verdict, answers[:1], _CLOSING if verdict.stream == "closes" else frozenset())
            assert wire.is_open == (verdict.stream == "reads"), (verdict, answers)
    finally:
        wire.close()
    _assert_alive(server)


def _send_while_open(wire: StreamWire, data: bytes) -> None:
    """Octet by octet; a server that has refused the message may close before all of it is sent."""
    try:
        wire.send_bytewise(data)
    except ConnectionError:
        pass


class TestTcpByteByByte:
    """Each octet in a segment of its own."""

    @pytest.mark.parametrize("case", _cases(), ids=_named)
    def test_message(self, server: LiveServer, case: tuple[Verdict, bytes]) -> None:
        _check_stream(server, *case, bytewise=True)


class TestTcpPipelined:
    """OPTIONS in the same segment."""

    @pytest.mark.parametrize("case", _cases(), ids=_named)
    def test_message(self, server: LiveServer, case: tuple[Verdict, bytes]) -> None:
        _check_stream(server, *case, bytewise=False)


def test_all_in_one_stream(server: LiveServer) -> None:
    wire = StreamWire((server.host, server.port))
    chosen = [(verdict, data) for verdict, data in _cases() if verdict.stream == "reads"]
    options, call_id = _options(server, f"TCP {server.host}:{wire.port}")
    wire.send(b"".join(data for _, data in chosen) + options)
    answers = _answers_until(wire, call_id)
    wire.close()
    # Messages of one transaction are taken as copies of one another: not every request has an answer of its own.
    allowed = frozenset().union(*(verdict.statuses for verdict, _ in chosen))
    finals = [message.status for message in answers if message.status >= 200]
    assert set(finals) <= allowed
    assert len(finals) >= 0.8 * sum(bool(verdict.statuses) for verdict, _ in chosen)
