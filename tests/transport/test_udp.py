# SPDX-License-Identifier: GPL-2.0-or-later
"""The UDP listener on real sockets of the loopback interface."""
from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

import pytest

from mss.config.address import Listener
from mss.sip.flow import Flow
from mss.transport.addresses import AddressBook
from mss.transport.errors import ListenError
from mss.transport.tap import SendTap
from mss.transport.udp import UdpListener
from tests.transport.harness import on_each_loop, request, silent_log, transports


def phone(family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    made.setblocking(False)
    return made


def listener(receive: Callable[[bytes, Flow], None], max_flows: int = 100) -> tuple[UdpListener, list[str]]:
    log, lines = silent_log()
    made = UdpListener(
        Listener("udp", "127.0.0.1", 0), AddressBook("", ()), receive,
        loop=asyncio.get_running_loop(), on_batch_end=None, log=log, max_flows=max_flows,
        buffer_bytes=1 << 20, tap=SendTap(),
    )
    return made, lines


@on_each_loop
async def test_a_datagram_is_answered_over_its_flow() -> None:
    async with transports("udp:127.0.0.1") as server:
        with phone() as peer:
            peer.sendto(request(), ("127.0.0.1", server.port("udp")))
            data, flow = await server.received.get()
            assert data == request()
            assert flow.key == f"udp:127.0.0.1:{peer.getsockname()[1]}"
            assert flow.local.contact_host == f"127.0.0.1:{server.port('udp')}"
            assert server.batches == 1
            flow.send(b"answer")
            assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"answer"
            assert server.manager.flow_to("UDP", flow.host, flow.port) is flow


@on_each_loop
async def test_ipv6_flows_are_spelt_with_brackets() -> None:
    async with transports("udp:::1") as server:
        with phone(socket.AF_INET6) as peer:
            peer.sendto(request(), ("::1", server.port("udp", "::1")))
            _, flow = await server.received.get()
            assert flow.key == f"udp:[::1]:{peer.getsockname()[1]}"
            assert flow.host == "::1"
            assert flow.local.contact_host == f"[::1]:{server.port('udp', '::1')}"
            assert server.manager.flow_to("UDP", "[0::1]", flow.port) is flow


@on_each_loop
async def test_a_flood_is_drained_in_batches_and_nothing_is_lost() -> None:
    async with transports("udp:127.0.0.1") as server:
        with phone() as peer:
            peer.connect(("127.0.0.1", server.port("udp")))
            for number in range(200):
                peer.send(b"M%d" % number)
            taken = [await server.received.get() for _ in range(200)]
            assert [data for data, _ in taken] == [b"M%d" % number for number in range(200)]
            assert len({id(flow) for _, flow in taken}) == 1
            assert 200 // 64 <= server.batches <= 200


@on_each_loop
async def test_keepalives_are_swallowed_and_stun_is_answered() -> None:
    async with transports("udp:127.0.0.1") as server:
        with phone() as peer:
            peer.connect(("127.0.0.1", server.port("udp")))
            for data in (b"\r\n\r\n", b"\0\0\0\0", b"", b"\r\n" + request()):
                peer.send(data)
            # What has more than white space is the parser's business.
            assert (await server.received.get())[0] == b"\r\n" + request()
            peer.send(bytes.fromhex("000100002112a442") + b"t" * 12)
            answer = await asyncio.get_running_loop().sock_recv(peer, 100)
            assert answer[:2] == b"\x01\x01"
            assert server.received.empty()


@on_each_loop
async def test_icmp_errors_do_not_stop_the_listener() -> None:
    async with transports("udp:127.0.0.1") as server:
        with phone() as gone:
            port = gone.getsockname()[1]
        flow = server.manager.flow_to("UDP", "127.0.0.1", port)
        assert flow is not None
        for _ in range(10):
            flow.send(b"to nobody")
        with phone() as peer:
            peer.connect(("127.0.0.1", server.port("udp")))
            peer.send(request())
            assert (await server.received.get())[0] == request()
        assert flow.is_open


@on_each_loop
async def test_what_cannot_be_sent_is_logged_and_dropped() -> None:
    async with transports("udp:127.0.0.1") as server:
        flow = server.manager.flow_to("UDP", "127.0.0.1", 9)
        assert flow is not None
        flow.send(b"x" * 70000)
        assert len(server.logged.lines) == 1
        assert "70000 bytes to 127.0.0.1 port 9 not sent" in server.logged.lines[0]
    flow.send(b"after the end")
    assert len(server.logged.lines) == 1


@on_each_loop
async def test_a_full_send_buffer_queues_and_catches_up() -> None:
    sending, lines = listener(lambda data, flow: None)
    with phone() as peer:
        blocked = BlockingIOError(errno.EAGAIN, "full")
        address = peer.getsockname()
        for number in range(1030):
            sending.keep_unsent(blocked, b"%d" % number, address)
        assert lines == [f"{sending.where}: send queue full, datagram dropped"] * 5
        loop = asyncio.get_running_loop()
        got = [await loop.sock_recv(peer, 100) for _ in range(100)]
        assert got == [b"%d" % number for number in range(100)]
        sending.close()


@on_each_loop
async def test_evicted_flows_go_on_working_for_who_holds_them() -> None:
    sending, _ = listener(lambda data, flow: None, max_flows=8)
    with phone() as peer:
        held = sending.flow_to(*peer.getsockname())
        for port in range(1, 50):
            sending.flow_to("127.0.0.1", port)
        assert len(sending._flows) <= 8
        held.send(b"still here")
        assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"still here"
        again = sending.flow_to(*peer.getsockname())
        assert again is not held
        assert again.key == held.key
        sending.close()


@on_each_loop
async def test_an_address_taken_or_absent_is_named_with_the_remedy() -> None:
    taken, _ = listener(lambda data, flow: None)
    with pytest.raises(ListenError) as caught:
        async with transports("udp:192.0.2.77"):
            raise AssertionError
    assert str(caught.value) == (
        "cannot listen on udp:192.0.2.77:0: no interface of this machine has the address; "
        "use 0.0.0.0 or [::] for all interfaces, or one of those shown by: ip address"
    )
    log, _ = silent_log()
    with pytest.raises(ListenError) as caught:
        UdpListener(
            taken.where, AddressBook("", ()), lambda data, flow: None, loop=asyncio.get_running_loop(),
            on_batch_end=None, log=log, max_flows=1, buffer_bytes=0, tap=SendTap(),
        )
    assert caught.value.listener == str(taken.where)
    assert f"ss -lnp 'sport = :{taken.where.port}'" in caught.value.remedy
    taken.close()
