# SPDX-License-Identifier: GPL-2.0-or-later
"""Who sees which message, without secrets, and what happens to a reader that is too slow."""
from __future__ import annotations

import asyncio

import pytest

from mss.server.tracer import (
    IN,
    MAX_STICKY_CALLS,
    MAX_SUBSCRIPTIONS,
    OUT,
    Subscription,
    TooManyTraces,
    TraceFilter,
    Tracer,
    TraceRecord,
)
from mss.sip.flow import Flow, LocalAddress

LOCAL = LocalAddress("UDP", "192.0.2.1", 5060)
PHONE = Flow("UDP", "192.0.2.7", 5062, LOCAL)
PHONE6 = Flow("TCP", "2001:db8::7", 5062, LOCAL)


def message(caller: str = "100", called: str = "101", call_id: str = "c1", extra: str = "") -> bytes:
    return (
        f"INVITE sip:{called}@mss SIP/2.0\r\nFrom: <sip:{caller}@mss>;tag=1\r\n"
        f"To: <sip:{called}@mss>\r\nCall-ID: {call_id}\r\n{extra}\r\n"
    ).encode()


def shown(subscription: Subscription) -> list[TraceRecord]:
    """What is waiting, taken out."""
    records = []
    while subscription._queue:
        records.append(subscription._queue.popleft())
    return records


def traced(chosen: TraceFilter, *messages: bytes, flow: Flow = PHONE) -> list[str]:
    """Call-IDs of what a trace shows."""
    tracer = Tracer()
    subscription = tracer.subscribe(chosen)
    for data in messages:
        tracer.record(IN, data, flow, 0.0)
    return [record.call_id for record in shown(subscription)]


def test_active_only_while_somebody_listens() -> None:
    switched: list[bool] = []
    tracer = Tracer(on_switch=switched.append)
    assert not tracer.active
    first, second = tracer.subscribe(TraceFilter()), tracer.subscribe(TraceFilter())
    tracer.unsubscribe(first)
    tracer.unsubscribe(first)
    assert tracer.active
    tracer.unsubscribe(second)
    assert not tracer.active
    assert switched == [True, False]


def test_record_is_complete_and_masked() -> None:
    tracer = Tracer(wall_offset=1000.0)
    subscription = tracer.subscribe(TraceFilter())
    data = message(extra='Authorization: Digest username="100", response="0123"\r\n')
    tracer.record(OUT, data, PHONE6, 5.0)
    (record,) = shown(subscription)
    assert record._replace(message="") == TraceRecord(1005.0, OUT, "TCP", "[2001:db8::7]:5062", "c1", "")
    assert record.message == data.decode().replace("0123", "***")


@pytest.mark.parametrize(
    ("user", "data", "expected"),
    [
        ("100", message("100", "101"), True),
        ("101", message("100", "101"), True),
        ("10", message("100", "101"), False),
        ("102", message("100", "101"), False),
        ("102", message(extra='Authorization: Digest realm="x", username="102"\r\n'), True),
        ("102", message(extra='Proxy-Authorization: Digest\r\n username="102"\r\n'), True),
        ("102", message(extra="Subject: sip:102@mss\r\n"), False),
        ("102", message(extra="\r\nFrom: <sip:102@mss>"), False),
        ("102", b"OPTIONS sip:mss SIP/2.0\r\nf:\r\n <sips:102@mss>\r\ni: c1\r\n\r\n", True),
        ("+49.30", b"INVITE tel:+49.30 SIP/2.0\r\ni: c1\r\n\r\n", True),
        ("+49.30", b"INVITE tel:+49x30 SIP/2.0\r\ni: c1\r\n\r\n", False),
    ],
)
def test_user(user: str, data: bytes, expected: bool) -> None:
    assert traced(TraceFilter(user=user), data) == (["c1"] if expected else [])


def test_call_sticks_once_matched() -> None:
    later = b"BYE sip:192.0.2.9 SIP/2.0\r\nCall-ID:  c1 \r\n\r\n"
    assert traced(TraceFilter(user="100"), later, message("100"), later) == ["c1", "c1"]


def test_other_leg_follows() -> None:
    tracer = Tracer()
    mine, other = tracer.subscribe(TraceFilter(user="100")), tracer.subscribe(TraceFilter(user="300"))
    tracer.record(IN, message("100"), PHONE, 0.0)
    tracer.link("c1", "c2")
    tracer.link("c3", "c2")
    for call_id in ("c2", "c3", "c4"):
        tracer.record(OUT, message("200", "201", call_id), PHONE, 0.0)
    assert [record.call_id for record in shown(mine)] == ["c1", "c2", "c3"]
    assert shown(other) == []


def test_sticky_calls_are_bounded() -> None:
    subscription = Subscription(TraceFilter(user="100"))
    for number in range(MAX_STICKY_CALLS + 1):
        subscription.remember(b"c%d" % number)
    assert not subscription.wants(b"c0", b"", "")
    assert subscription.wants(b"c1", b"", "")


@pytest.mark.parametrize(
    ("network", "flow", "expected"),
    [
        ("192.0.2.7", PHONE, True),
        ("192.0.2.0/24", PHONE, True),
        ("192.0.2.8", PHONE, False),
        ("2001:db8::/32", PHONE6, True),
        ("2001:db8::/32", PHONE, False),
        ("192.0.2.7", Flow("TCP", "::ffff:192.0.2.7", 1, LOCAL), True),
        ("192.0.2.7", Flow("TCP", "phone.example", 1, LOCAL), False),
    ],
)
def test_address(network: str, flow: Flow, expected: bool) -> None:
    assert bool(traced(TraceFilter(network=network), message(), flow=flow)) is expected


def test_bad_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"192\.0\.2"):
        TraceFilter(network="192.0.2")


def test_calls_only() -> None:
    chosen = TraceFilter(call_ids=frozenset(["c2"]))
    assert traced(chosen, message(), message(call_id="c2")) == ["c2"]


def test_message_without_call_id_is_shown_when_all_are() -> None:
    assert traced(TraceFilter(), b"\x00\xffgarbage") == [""]


def test_slow_reader_loses_and_is_told() -> None:
    subscription = Subscription(TraceFilter(), queue_records=2)
    for number in range(5):
        subscription.put(TraceRecord(number, IN, "UDP", "p", "c", ""))
    assert [record.time for record in shown(subscription)] == [0, 1]
    assert subscription.dropped == 3


async def test_reader_is_woken() -> None:
    tracer = Tracer()
    subscription = tracer.subscribe(TraceFilter())
    waiting = asyncio.create_task(subscription.get())
    await asyncio.sleep(0)
    tracer.record(IN, message(), PHONE, 0.0)
    assert (await waiting).call_id == "c1"


def test_number_of_traces_is_bounded() -> None:
    tracer = Tracer()
    for _ in range(MAX_SUBSCRIPTIONS):
        tracer.subscribe(TraceFilter())
    with pytest.raises(TooManyTraces, match="stop one"):
        tracer.subscribe(TraceFilter())
