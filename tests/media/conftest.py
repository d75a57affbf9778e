# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.media.memory import MemoryGateway


class Desk:
    """A gateway in memory, and the events it has posted since they were last taken."""

    def __init__(self, **settings) -> None:
        self.events = []
        self.gateway = MemoryGateway(self.events.append, **settings)
        self.last_id = 0

    def do(self, command_class, *fields, context="c", **named):
        """Submit a command with the next id and answer the events it caused."""
        self.last_id += 1
        self.gateway.submit(command_class(self.last_id, context, *fields, **named))
        return self.take()

    def take(self):
        events = list(self.events)
        self.events.clear()
        return events


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def make_desk():
    return Desk


@pytest.fixture
def phone():
    """Make the SDP of a phone."""

    def make(host="192.0.2.10", *media: str, version=1) -> bytes:
        lines = ["v=0", f"o=phone 77 {version} IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
        lines += media or ("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000")
        return "".join(line + "\r\n" for line in lines).encode()

    return make
