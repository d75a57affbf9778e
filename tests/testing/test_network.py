# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip.flow import LocalAddress
from mss.testing.network import FakeNetwork, describe
from mss.testing.wire import FakeFlow

PING = b"PING sip:b SIP/2.0\r\n\r\n"


class Station:
    """Keeps what it is sent, and answers nothing."""

    def __init__(self, network: FakeNetwork, host: str, transport: str = "UDP", seen_as=None) -> None:
        self.got: list[bytes] = []
        self.sources: list[str] = []
        self.lost: list[FakeFlow] = []
        self.network = network
        self.socket = network.bind(self, LocalAddress(transport, host, 5060), seen_as=seen_as)

    def receive(self, data, flow, now) -> None:
        self.got.append(data)
        self.sources.append(flow.key)

    def lose_flow(self, flow) -> None:
        self.lost.append(flow)

    def send(self, other: Station, *messages: bytes) -> None:
        for data in messages:
            self.socket.flow_to(*other.socket.seen_as).send(data)
        self.network.settle()


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork(seed=3)


@pytest.fixture
def pair(network) -> tuple[Station, Station]:
    return Station(network, "192.0.2.1"), Station(network, "192.0.2.2")


def test_delivered_in_order_and_at_once(network, pair) -> None:
    a, b = pair
    a.send(b, b"one", b"two", b"three")
    assert b.got == [b"one", b"two", b"three"]
    assert set(b.sources) == {"udp:192.0.2.1:5060"}
    assert network.now == 1000.0


def test_addresses_are_taken_once(network, pair) -> None:
    with pytest.raises(ValueError, match="taken"):
        Station(network, "192.0.2.1")
    network.unbind(pair[0].socket)
    Station(network, "192.0.2.1")


def test_behind_nat_one_is_seen_and_reached_elsewhere(network, pair) -> None:
    a, _ = pair
    home = Station(network, "10.0.0.1", seen_as=("203.0.113.1", 4000))
    home.send(a, b"out")
    assert a.sources == ["udp:203.0.113.1:4000"]
    a.send(home, b"in")
    assert home.got == [b"in"]
    a.socket.flow_to("10.0.0.1", 5060).send(b"nowhere")
    network.settle()
    assert home.got == [b"in"]
    assert "(nobody there)" in network.ladder()


def test_rules_for_the_next_packets(network, pair) -> None:
    a, b = pair
    network.lose("PING", 2)
    network.duplicate("PONG", source="192.0.2.1:5060")
    a.send(b, PING, b"other", PING, PING, PING.replace(b"PING", b"PONG"))
    assert [describe(data) for data in b.got] == ["?", "PING", "PONG", "PONG"]
    network.lose(count=5, destination="192.0.2.9:5060")
    network.lose()
    network.clear_rules()
    a.send(b, PING)
    assert b.got[-1] == PING
    network.delay("PING", 1.0)
    a.send(b, PING, b"overtakes")
    assert b.got[-1] == b"overtakes"
    network.advance(1.0)
    assert b.got[-1] == PING


def test_messages_that_cross(network, pair) -> None:
    a, b = pair
    with network.held():
        a.send(b, b"from a")
        b.send(a, b"from b")
        assert a.got == b.got == []
    assert (a.got, b.got) == ([b"from b"], [b"from a"])


@pytest.mark.parametrize(("name", "least", "most"), [("loss", 250, 350), ("duplication", 1250, 1350)])
def test_weather(network, pair, name: str, least: int, most: int) -> None:
    a, b = pair
    setattr(network.weather, name, 0.3)
    a.send(b, *[PING] * 1000)
    assert least <= (1000 - len(b.got) if name == "loss" else len(b.got)) <= most


def test_weather_that_reorders_and_delays(network, pair) -> None:
    a, b = pair
    network.weather.delay = 0.5
    network.weather.reordering = 0.5
    messages = [b"%d" % number for number in range(100)]
    a.send(b, *messages)
    network.advance(0.499)
    assert b.got == []
    network.advance(0.5)
    assert sorted(b.got, key=int) == messages != b.got


def test_chances_are_repeatable() -> None:
    found = []
    for _ in range(2):
        network = FakeNetwork(seed=9)
        a, b = Station(network, "192.0.2.1"), Station(network, "192.0.2.2")
        network.weather.loss = 0.5
        a.send(b, *[b"%d" % number for number in range(50)])
        found.append(b.got)
    assert found[0] == found[1]
    assert 10 < len(found[0]) < 40


class TestConnections:
    """Reliable transports."""

    @pytest.fixture
    def pair(self, network) -> tuple[Station, Station]:
        return Station(network, "192.0.2.1", "TCP"), Station(network, "192.0.2.2", "TCP")

    def test_both_ways_whatever_the_weather(self, network, pair) -> None:
        a, b = pair
        network.weather.loss = 1.0
        near = network.connect(a.socket, "192.0.2.2", 5060)
        near.send(b"hello")
        near.far.send(b"welcome")
        network.settle()
        assert (a.got, b.got) == ([b"welcome"], [b"hello"])

    def test_closed_by_either_side(self, network, pair) -> None:
        a, b = pair
        near = network.connect(a.socket, "192.0.2.2", 5060)
        far = near.far
        far.close()
        assert not near.is_open and not far.is_open
        assert (a.lost, b.lost) == ([near], [far])
        near.send(b"too late")
        far.close()
        network.settle()
        assert b.got == [] and len(a.lost) == 1
        assert a.socket.connection_to("192.0.2.2", 5060) is None

    def test_what_is_on_the_way_when_it_is_closed_gets_lost(self, network, pair) -> None:
        a, b = pair
        near = network.connect(a.socket, "192.0.2.2", 5060)
        near.send(b"x")
        near.close()
        network.settle()
        assert b.got == []

    def test_nobody_listens(self, network, pair) -> None:
        assert network.connect(pair[0].socket, "192.0.2.9", 5060) is None


def test_a_flow_of_its_own_records() -> None:
    flow = FakeFlow("TLS", "192.0.2.7", 5061, LocalAddress("TLS", "192.0.2.1", 5061))
    flow.send(b"x")
    assert flow.sent == [b"x"] and flow.reliable and flow.secure
    flow.close()
    flow.send(b"y")
    assert flow.sent == [b"x"]


@pytest.mark.parametrize(("data", "what"), [
    (b"INVITE sip:a SIP/2.0\r\n\r\n", "INVITE"), (b"SIP/2.0 200 OK\r\nCSeq: 1 BYE\r\n\r\n", "200 BYE"),
    (b"SIP/2.0 200 OK\r\n\r\n", "200"), (b"\r\n\r\n", "?"), (b"\xff\xfe", "?"),
])  # fmt: skip
def test_what_a_packet_is(data: bytes, what: str) -> None:
    assert describe(data) == what


def test_what_was_sent(network, pair) -> None:
    a, b = pair
    network.lose("PING")
    a.send(b, PING)
    a.send(b, PING.replace(b"PING", b"PONG"))
    assert [packet.what for packet in network.packets()] == ["PING", "PONG"]
    assert network.packets("PONG", source="192.0.2.1:5060")[0].destination == "192.0.2.2:5060"
    lost, delivered = network.ladder().splitlines()
    assert lost.endswith("PING   (lost)") and delivered.endswith("PONG")
    assert FakeNetwork().ladder() == "(nothing was sent)"
