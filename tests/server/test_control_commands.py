# SPDX-License-Identifier: GPL-2.0-or-later
"""Every control command: its arguments, its result, its refusals."""
from __future__ import annotations

import inspect
import json

import pytest

from mss.server.control_commands import build_handlers, build_streams
from mss.server.facade import MAX_PAGE, Refused
from mss.server.tracer import IN, MAX_SUBSCRIPTIONS, TraceFilter
from mss.sip.flow import Flow, LocalAddress
from tests.fake_facade import FakeFacade, call

FLOW = Flow("UDP", "192.0.2.7", 5062, LocalAddress("UDP", "192.0.2.1", 5060))


@pytest.fixture
def facade() -> FakeFacade:
    return FakeFacade()


@pytest.fixture
def run(facade):
    async def run_command(command: str, **arguments: object) -> object:
        result = build_handlers(facade)[command](arguments)
        if inspect.isawaitable(result):
            result = await result
        return json.loads(json.dumps(result))

    return run_command


async def test_queries(run) -> None:
    assert (await run("status"))["users"] == 3
    assert await run("metrics") == {"text": "mss_calls 1\n"}
    assert (await run("calls.list"))[0]["id"] == "call1"
    assert await run("calls.list", user="999") == []
    assert len((await run("calls.show", call="call1"))["legs"]) == 2
    assert (await run("calls.explain", caller="100", dialled="101"))["result"] == "ring"
    assert (await run("devices.list", user="100"))[0]["state"] == "reachable"
    assert (await run("plugins.list"))[0]["hooks"] == ["mss_route_call"]


async def test_actions(run, facade) -> None:
    assert await run("calls.hangup", call="call1") == {}
    assert await run("users.changed", numbers=["100", "101"]) == {}
    assert await run("users.changed") == {}
    assert (await run("settings.reload"))["restart_needed"] == ["sip.listen"]
    assert (await run("plugins.disable", name="example"))["name"] == "example"
    assert (await run("plugins.enable", name="example"))["name"] == "example"
    assert facade.asked == [
        ("hang up", "call1"), ("users", "100", "101"), ("users",), ("reload",), ("disable", "example"),
        ("enable", "example"),
    ]  # fmt: skip


async def test_lists_come_in_pages(run, facade) -> None:
    facade.calls = [call(number) for number in range(MAX_PAGE + 10)]
    assert len(await run("calls.list", limit=10 * MAX_PAGE)) == MAX_PAGE
    assert [each["id"] for each in await run("calls.list", offset=MAX_PAGE, limit=2)] == ["call500", "call501"]


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [
        ("calls.show", {}, "bad_argument"),
        ("calls.show", {"call": 5}, "bad_argument"),
        ("calls.show", {"call": ""}, "bad_argument"),
        ("calls.show", {"call": "x" * 2000}, "bad_argument"),
        ("calls.show", {"call": "call9"}, "not_found"),
        ("calls.list", {"limit": 0}, "bad_argument"),
        ("calls.list", {"offset": "1"}, "bad_argument"),
        ("devices.list", {"offset": -1}, "bad_argument"),
        ("users.changed", {"numbers": "100"}, "bad_argument"),
        ("users.changed", {"numbers": [100]}, "bad_argument"),
        ("plugins.enable", {"name": "none"}, "not_found"),
    ],
)
async def test_refusals(run, command: str, arguments: dict, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        await run(command, **arguments)
    assert refusal.value.code == code


async def test_trace(facade) -> None:
    events = build_streams(facade)["trace.start"]({"user": "100"})
    assert await anext(events) is None
    assert facade.tracer.active
    facade.tracer.record(IN, b"OPTIONS sip:100@mss SIP/2.0\r\nCall-ID: c1\r\n\r\n", FLOW, 1.0)
    event = await anext(events)
    assert (event["call_id"], event["direction"], event["dropped"]) == ("c1", "in", 0)
    await events.aclose()
    assert not facade.tracer.active


@pytest.mark.parametrize(("chosen", "expected"), [("call1", "call1-b"), ("call1-a", "call1-b"), ("other", "other")])
async def test_trace_of_a_call_follows_both_legs(facade, chosen: str, expected: str) -> None:
    events = build_streams(facade)["trace.start"]({"call": chosen})
    await anext(events)
    for call_id in ("c9", expected):
        facade.tracer.record(IN, f"BYE sip:x SIP/2.0\r\nCall-ID: {call_id}\r\n\r\n".encode(), FLOW, 1.0)
    assert (await anext(events))["call_id"] == expected
    await events.aclose()


async def test_trace_is_refused(facade) -> None:
    with pytest.raises(Refused) as refusal:
        await anext(build_streams(facade)["trace.start"]({"address": "nowhere"}))
    assert refusal.value.code == "bad_argument"
    for _ in range(MAX_SUBSCRIPTIONS):
        facade.tracer.subscribe(TraceFilter())
    with pytest.raises(Refused) as refusal:
        await anext(build_streams(facade)["trace.start"]({}))
    assert refusal.value.code == "busy"
