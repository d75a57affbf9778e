# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that is sent can be seen, by any transport, and only while somebody looks."""
from __future__ import annotations

import asyncio
import socket

import pytest

from mss.sip.flow import Flow
from tests.transport.harness import request, transports


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
async def test_sent_messages_are_shown(kind: socket.SocketKind) -> None:
    transport = "udp" if kind == socket.SOCK_DGRAM else "tcp"
    async with transports(f"{transport}:127.0.0.1") as server:
        shown: list[tuple[bytes, Flow]] = []
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, kind) as peer:
            peer.setblocking(False)
            await loop.sock_connect(peer, ("127.0.0.1", server.port(transport)))
            await loop.sock_sendall(peer, request())
            _, flow = await server.received.get()
            flow.send(b"not seen")
            server.manager.tap.show = lambda data, flow: shown.append((data, flow))
            flow.send(b"seen")
            server.manager.tap.show = None
            flow.send(b"not seen")
        assert shown == [(b"seen", flow)]
