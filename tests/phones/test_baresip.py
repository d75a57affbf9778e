# SPDX-License-Identifier: GPL-2.0-or-later
"""Two and three baresip processes, configured only with what the server prints at its start.

Each plays a tone of its own and records what it hears, so that the recordings prove who heard whom.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.support.baresip import Baresip
from tests.support.server import DemoServer

pytestmark = pytest.mark.real

MakeBaresip = Callable[..., Baresip]
_TONES = (440.0, 880.0, 1400.0)
TRANSPORTS = ("udp", "tcp", "tls")


class SoftPhone(NamedTuple):
    """A baresip and the number of its account."""

    program: Baresip
    number: str


def start_phones(server: DemoServer, make_baresip: MakeBaresip, *transports: str) -> list[SoftPhone]:
    """One phone for each transport, with the first users, registered."""
    phones = []
    for index, transport in enumerate(transports):
        line = server.account_lines(transport)[index]
        ca_file = server.ca_file() if transport == "tls" else None
        found = re.match(r"<sip:(\w+)@", line)
        assert found, line
        phones.append(SoftPhone(make_baresip(line, _TONES[index], ca_file), found[1]))
    for phone in phones:
        phone.program.wait_until_registered()
    return phones


def connect(caller: SoftPhone, callee: SoftPhone) -> None:
    """A call that is up on both sides."""
    caller.program.command("dial", callee.number)
    callee.program.expect("CALL_INCOMING")
    callee.program.command("accept")
    for phone in (caller, callee):
        phone.program.expect("CALL_ESTABLISHED")


def assert_talking(first: SoftPhone, second: SoftPhone) -> None:
    """Each hears another half second of the other."""
    before = [(a, b, a.program.heard_seconds(b.program.tone_hertz)) for a, b in ((first, second), (second, first))]
    for listener, speaker, heard in before:
        listener.program.wait_until_heard(speaker.program.tone_hertz, heard + 0.5)


def last_record(server: DemoServer) -> dict[str, object]:
    return server.records()[0]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_call_hold_resume_hang_up(demo_server: DemoServer, make_baresip: MakeBaresip, transport: str) -> None:
    server = demo_server
    known = len(server.records())
    caller, callee = start_phones(server, make_baresip, transport, transport)
    connect(caller, callee)
    assert_talking(caller, callee)
    for holder, held in ((caller, callee), (callee, caller)):
        for command, flows in (("hold", False), ("resume", True)):
            holder.program.command(command)
            held.program.expect("CALL_REMOTE_SDP", matches=lambda event: event["param"] == "offer")
            holder.program.wait_until_media(flows)
            held.program.wait_until_media(flows)
    callee.program.command("hangup")
    caller.program.expect("CALL_CLOSED")
    server.wait_for(lambda: len(server.records()) == known + 1, 3, "one call record")
    record = last_record(server)
    assert (record["caller"], record["called"]) == (caller.number, callee.number)
    assert (record["status"], record["cause"], record["ended_by"]) == (200, 16, "callee")


def test_blind_transfer(demo_server: DemoServer, make_baresip: MakeBaresip) -> None:
    caller, transferor, target = start_phones(demo_server, make_baresip, *TRANSPORTS)
    connect(caller, transferor)
    assert_talking(caller, transferor)
    transferor.program.command("transfer", f"sip:{target.number}@{demo_server.host}:{demo_server.port}")
    target.program.expect("CALL_INCOMING")
    target.program.command("accept")
    target.program.expect("CALL_ESTABLISHED")
    transferor.program.expect("CALL_CLOSED")
    target.program.wait_until_heard(caller.program.tone_hertz, 0.5)
    caller.program.wait_until_media(flows=True)
    caller.program.command("hangup")
    target.program.expect("CALL_CLOSED")
    demo_server.wait_for(lambda: demo_server.json("status")["calls"] == 0, 5, "no call left")
    assert transferor.number in {record["transferred_by"] for record in demo_server.records()}


def test_a_call_that_is_refused(demo_server: DemoServer, make_baresip: MakeBaresip) -> None:
    caller, callee = start_phones(demo_server, make_baresip, "udp", "tls")
    caller.program.command("dial", callee.number)
    callee.program.expect("CALL_INCOMING")
    callee.program.command("hangup")
    caller.program.expect("CALL_CLOSED")
    demo_server.wait_for(lambda: demo_server.json("status")["calls"] == 0, 5, "no call left")
    record = last_record(demo_server)
    assert (record["answered_at"], record["ended_by"]) == (0.0, "callee")
    assert record["status"] in (486, 603)
