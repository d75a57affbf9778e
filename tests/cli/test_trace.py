# SPDX-License-Identifier: GPL-2.0-or-later
"""``mss trace``: messages on the terminal until somebody has seen enough."""
from __future__ import annotations

import asyncio
import json

import pytest

from mss.cli.client import ControlClient
from mss.server.tracer import IN, OUT, Subscription
from mss.sip.flow import Flow, LocalAddress

FLOW = Flow("UDP", "192.0.2.7", 5062, LocalAddress("UDP", "192.0.2.1", 5060))
MESSAGE = (
    b"REGISTER sip:mss SIP/2.0\r\nFrom: <sip:100@mss>\r\nCall-ID: c1\r\nSubject: evil\x1b[2J\r\n"
    b'Authorization: Digest username="100", response="0123"\r\n\r\n'
)


@pytest.fixture
def traffic(server, facade, monkeypatch):
    """As soon as a trace begins, one message in and one out."""
    subscribe = facade.tracer.subscribe

    def subscribe_and_send(chosen) -> Subscription:
        subscription = subscribe(chosen)
        loop = asyncio.get_running_loop()
        loop.call_soon(facade.tracer.record, IN, MESSAGE, FLOW, 1.5)
        loop.call_soon(facade.tracer.record, OUT, b"SIP/2.0 200 OK\r\nCall-ID: c1\r\n\r\n", FLOW, 1.625)
        return subscription

    monkeypatch.setattr(facade.tracer, "subscribe", subscribe_and_send)


def test_text(run, traffic) -> None:
    result = run("trace", "on", "--user", "100", "--limit", "2")
    assert result.stderr == "Tracing; Ctrl-C stops.\n"
    first, second = result.stdout.rstrip("\n").split("\n\n")
    assert first.splitlines()[0].endswith(":01.500 <-- UDP 192.0.2.7:5062")
    assert 'response="***"' in first and "0123" not in first
    assert "evil\\x1b[2J" in first
    assert second.splitlines()[0].endswith(":01.625 --> UDP 192.0.2.7:5062")
    assert second.splitlines()[1:] == ["SIP/2.0 200 OK", "Call-ID: c1"]


def test_json(run, traffic) -> None:
    lines = run("trace", "on", "--all", "--limit", "2", "--json").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["direction"] for event in events] == ["in", "out"]
    assert [(event["call_id"], event["dropped"]) for event in events] == [("c1", 0)] * 2


def test_control_c_is_the_usual_end(run, monkeypatch, home) -> None:
    def interrupted(self, command, **arguments):
        yield None
        raise KeyboardInterrupt

    monkeypatch.setattr(ControlClient, "stream", interrupted)
    run("trace", "on", "--all")


def test_lost_messages_are_told(run, monkeypatch, home) -> None:
    event = {"time": 1.0, "direction": "in", "transport": "UDP", "peer": "p", "call_id": "c", "message": "m"}

    def lossy(self, command, **arguments):
        yield None
        yield {**event, "dropped": 0}
        yield {**event, "dropped": 3}
        yield {**event, "dropped": 3}

    monkeypatch.setattr(ControlClient, "stream", lossy)
    assert run("trace", "on", "--all").stdout.count("... 3 messages left out") == 1


def test_something_must_be_chosen(run, server) -> None:
    assert "--user, --address, --call or --all" in run("trace", "on", code=2).stderr
    assert "address" in run("trace", "on", "--address", "x", code=1).stderr
