# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.media.gateway import MediaGateway
from mss.media.messages import (
    Add,
    Collect,
    Connect,
    Detect,
    Digits,
    Done,
    Failed,
    Inactive,
    Lost,
    Modify,
    Play,
    PlayDone,
    Record,
    RecordDone,
    Release,
    Stats,
    Stop,
    Subtract,
    Tone,
)
from mss.sdp.description import parse_description
from mss.sdp.offer_answer import problem_of


def told(events):
    """The description in the only event, parsed."""
    (event,) = events
    assert isinstance(event, Done), event
    return parse_description(event.local)


def call(desk, phone):
    """A call between 192.0.2.10 (a) and 192.0.2.20 (b)."""
    desk.do(Add, "a", remote=phone("192.0.2.10"))
    desk.do(Add, "b", peer="a")
    desk.do(Modify, "b", remote=phone("192.0.2.20"))
    return desk.do(Modify, "a", peer="b")


def test_a_call_through_the_gateway(desk, phone):
    offer, answer = phone("192.0.2.10"), phone("192.0.2.20")
    own = told(desk.do(Add, "a", remote=offer))
    assert problem_of(parse_description(offer), own) == ""
    to_b = told(desk.do(Add, "b", peer="a"))
    assert to_b.media[0].formats == ["8", "101"]
    assert str(to_b.session.connection) == "IN IP4 192.0.2.1"
    assert desk.do(Modify, "b", remote=answer) == [Done(3, "c", "b", None)]
    to_a = told(desk.do(Modify, "a", peer="b"))
    assert problem_of(parse_description(offer), to_a) == ""
    assert to_a.media[0].port != to_b.media[0].port
    context = desk.gateway.contexts["c"]
    assert context.heard == {("a", "b"), ("b", "a")}
    assert context.terminations["a"].pending == context.terminations["b"].pending == ""


def test_reinvite_keeps_ports_and_counts_versions(desk, phone):
    before = told(call(desk, phone))
    desk.do(Modify, "a", remote=phone("192.0.2.10", "m=audio 4000 RTP/AVP 8", "a=sendonly", version=2))
    to_b = told(desk.do(Modify, "b", peer="a"))
    assert to_b.media[0].attribute("sendonly") == ""
    desk.do(Modify, "b", remote=phone("192.0.2.20", "m=audio 4000 RTP/AVP 8", "a=recvonly"))
    to_a = told(desk.do(Modify, "a", peer="b"))
    assert to_a.media[0].port == before.media[0].port
    assert to_a.origin.session_id == before.origin.session_id
    assert to_a.origin.version > before.origin.version


def test_offer_from_the_other_side(desk, phone):
    call(desk, phone)
    desk.do(Modify, "b", remote=phone("192.0.2.20", "m=audio 4000 RTP/AVP 8", "m=video 5000 RTP/AVP 99"))
    to_a = told(desk.do(Modify, "a", peer="b"))
    assert [media.kind for media in to_a.media] == ["audio", "video"]
    desk.do(Modify, "a", remote=phone("192.0.2.10", "m=audio 4000 RTP/AVP 8", "m=video 0 RTP/AVP 99"))
    to_b = told(desk.do(Modify, "b", peer="a"))
    assert [bool(media.port) for media in to_b.media] == [True, False]


def test_forked_call_and_second_answer(desk, phone):
    offer = phone("192.0.2.10")
    desk.do(Add, "a", remote=offer)
    ports = [told(desk.do(Add, name, peer="a")).media[0].port for name in ("b1", "b2")]
    assert len(set(ports)) == 2
    desk.do(Modify, "b1", remote=phone("192.0.2.21"))
    early = told(desk.do(Modify, "a", peer="b1"))
    desk.do(Modify, "b2", remote=phone("192.0.2.22", "m=audio 4000 RTP/AVP 8"))
    final = told(desk.do(Modify, "a", peer="b2", role="answer"))
    assert problem_of(parse_description(offer), final) == ""
    assert final.media[0].port == early.media[0].port
    assert desk.gateway.contexts["c"].terminations["a"].pending == ""
    desk.do(Subtract, "b1")
    assert desk.gateway.contexts["c"].heard == {("a", "b2"), ("b2", "a")}
    # The same answer once more (183, then 200).
    assert desk.do(Modify, "b2", remote=phone("192.0.2.22"), role="answer") == [Done(desk.last_id, "c", "b2")]


def test_offerless_invite_and_codec_nobody_knows(desk, phone):
    offer = told(desk.do(Add, "a"))
    assert offer.media[0].formats == ["8", "0", "101"]
    assert desk.do(Modify, "a", remote=phone()) == [Done(2, "c", "a", None)]
    assert desk.do(Add, "b", remote=phone("192.0.2.10", "m=audio 4000 RTP/AVP 18")) == [Done(3, "c", "b", None)]
    assert told(desk.do(Add, "x", peer="b")).media[0].formats == ["18"]


def test_address_to_show(desk, phone):
    assert str(told(desk.do(Add, "a", address="203.0.113.5")).session.connection) == "IN IP4 203.0.113.5"
    assert str(told(desk.do(Add, "b", address="2001:db8::5")).origin).endswith("IN IP6 2001:db8::5")


def test_ports_run_out_and_come_back(make_desk, phone):
    desk = make_desk(ports=range(10000, 10006))
    call(desk, phone)
    two_streams = phone("192.0.2.10", "m=audio 4000 RTP/AVP 8", "m=video 5000 RTP/AVP 99")
    assert desk.do(Add, "x", remote=two_streams, context="d") == [Failed(5, "d", 503, "No Media Ports Left")]
    assert "d" not in desk.gateway.contexts
    assert desk.gateway.pool.free == 1
    desk.do(Release)
    assert desk.gateway.pool.free == 3
    assert isinstance(desk.do(Add, "x", remote=two_streams, context="d")[0], Done)


def test_subtract_and_release_end_what_runs(desk, phone):
    call(desk, phone)
    desk.do(Play, "a", ("hello.wav",))
    play = desk.last_id
    assert desk.do(Subtract, "a") == [
        PlayDone(play, "c", "a", "stopped"), Stats(desk.last_id, "c", "a"), Done(desk.last_id, "c", "a"),
    ]  # fmt: skip
    desk.do(Record, "", "all.wav")
    record = desk.last_id
    assert desk.do(Release) == [
        RecordDone(record, "c", "", "all.wav", 0.0, "stopped"), Stats(desk.last_id, "c", "b"), Done(desk.last_id, "c"),
    ]  # fmt: skip
    assert desk.gateway.contexts == {}


def test_last_subtract_ends_the_context(desk, phone):
    desk.do(Add, "a")
    desk.do(Record, "", "all.wav")
    assert [type(event) for event in desk.do(Subtract, "a")] == [Stats, RecordDone, Done]
    assert desk.gateway.contexts == {}
    assert desk.gateway.pool.free == desk.gateway.pool.size


def test_a_new_sound_replaces_the_old(desk):
    desk.do(Add, "a")
    assert desk.do(Play, "a", ("one.wav",)) == [Done(2, "c", "a")]
    assert desk.do(Tone, "a", "busy") == [PlayDone(2, "c", "a", "interrupted"), Done(3, "c", "a")]
    assert desk.do(Stop, 3) == [PlayDone(3, "c", "a", "stopped"), Done(4, "c")]
    desk.do(Play, "a", ("one.wav",))
    desk.gateway.finish("c", 5)
    assert desk.take() == [PlayDone(5, "c", "a", "complete")]
    assert desk.gateway.contexts["c"].running == {}


@pytest.mark.parametrize(
    ("settings", "pressed", "digits", "reason"),
    [
        ({"max_digits": 3}, "1234", "123", "complete"),
        ({"max_digits": 9}, "12#4", "12", "terminator"),
        ({"max_digits": 9, "terminators": "*"}, "1#*", "1#", "terminator"),
        ({"max_digits": 9}, "#", "", "terminator"),
    ],
)
def test_collected_digits(desk, settings, pressed, digits, reason):
    desk.do(Add, "a")
    desk.do(Collect, "a", **settings)
    desk.gateway.press("c", "a", pressed)
    assert desk.take() == [Digits(2, "c", "a", digits, reason)]


def test_no_further_digit(desk):
    desk.do(Add, "a")
    desk.do(Add, "b")
    desk.do(Collect, "a", 4)
    desk.gateway.press("c", "a", "7")
    desk.gateway.press("c", "b", "8")
    desk.gateway.time_out("c", 3)
    assert desk.take() == [Digits(3, "c", "a", "7", "timeout")]


def test_barge_in_and_detection(desk):
    desk.do(Add, "a")
    desk.do(Play, "a", ("menu.wav",), barge_in=True)
    desk.do(Detect, "a", inactive_seconds=30.0)
    desk.do(Collect, "a", 1)
    desk.gateway.press("c", "a", "5")
    assert desk.take() == [
        PlayDone(2, "c", "a", "interrupted"), Digits(3, "c", "a", "5"), Digits(4, "c", "a", "5", "complete"),
    ]  # fmt: skip
    desk.gateway.go_silent("c", "a")
    assert desk.take() == [Inactive(3, "c", "a", 30.0)]
    assert desk.do(Stop, 3) == [Done(5, "c")]
    desk.gateway.go_silent("c", "a")
    desk.gateway.press("c", "a", "5")
    assert desk.take() == []


def test_lost_gateway(desk, phone):
    call(desk, phone)
    desk.do(Add, "x", context="d")
    desk.gateway.lose("d")
    assert desk.take() == [Lost(0, "d", "Gateway Down")]
    desk.gateway.lose(reason="connection closed")
    assert desk.take() == [Lost(0, "", "connection closed")]
    assert desk.gateway.contexts == {}
    assert desk.gateway.pool.free == desk.gateway.pool.size


class Unheard(Release):
    """A command that no gateway knows."""


SDP = b"v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 h\r\nm=audio 4000 RTP/AVP 8\r\n"


@pytest.mark.parametrize(
    ("command", "fields", "status"),
    [
        (Modify, ("x",), 404),
        (Subtract, ("x",), 404),
        (Connect, ("a", "x"), 404),
        (Connect, ("a", "b", "sideways"), 400),
        (Play, ("x", ("f",)), 404),
        (Play, ("a", ()), 400),
        (Play, ("a", ("f",), -1), 400),
        (Tone, ("a", "jingle"), 400),
        (Tone, ("x", "busy"), 404),
        (Collect, ("a", 0), 400),
        (Collect, ("x", 1), 404),
        (Record, ("x", "f"), 404),
        (Record, ("a", ""), 400),
        (Detect, ("x",), 404),
        (Stop, (999,), 404),
        (Add, ("a",), 409),
        (Add, ("",), 400),
        (Add, ("n", SDP, "a"), 400),
        (Add, ("n", None, "x"), 404),
        (Add, ("n", None, None, "question"), 400),
        (Add, ("n", None, None, "answer"), 400),
        (Add, ("n", SDP, None, "answer"), 400),
        (Add, ("n", None, "a", "answer"), 400),
        (Add, ("n", b"nonsense"), 488),
        (Modify, ("a", None, "a"), 400),
        (Modify, ("b", SDP.replace(b"audio", b"video")), 488),
        (Modify, ("b", b"v=0\r\no=- 1 1 IN IP4 h\r\nm=\r\n"), 488),
        (Unheard, (), 400),
    ],
)
def test_misuse_is_refused_and_changes_nothing(desk, phone, command, fields, status):
    desk.do(Add, "a", remote=phone())
    desk.do(Add, "b", peer="a")
    context = desk.gateway.contexts["c"]
    free, heard = desk.gateway.pool.free, set(context.heard)
    pending = [termination.pending for termination in context.terminations.values()]
    (failed,) = desk.do(command, *fields)
    assert isinstance(failed, Failed)
    assert (failed.id, failed.status) == (3, status)
    assert (desk.gateway.pool.free, context.heard, context.running) == (free, heard, {})
    assert [termination.pending for termination in context.terminations.values()] == pending


@pytest.mark.parametrize(("command", "fields"), [
    (Modify, ("a",)), (Subtract, ("a",)), (Connect, ("a", "b")), (Play, ("a", ("f",))), (Tone, ("a", "busy")),
    (Collect, ("a", 1)), (Record, ("a", "f")), (Detect, ("a",)), (Stop, (1,)), (Release, ()), (Add, ("b", None, "a")),
])  # fmt: skip
def test_unknown_context(desk, command, fields):
    (failed,) = desk.do(command, *fields)
    assert (failed.id, failed.context, failed.status) == (1, "c", 404)
    assert desk.gateway.contexts == {}


def test_peer_that_has_said_nothing_yet(desk):
    desk.do(Add, "a")
    assert desk.do(Add, "b", peer="a")[0].status == 400


@pytest.mark.parametrize(("command", "fields"), [(Collect, ("a", 1)), (Record, ("a", "f")), (Detect, ("a",))])
def test_one_at_a_time(desk, command, fields):
    desk.do(Add, "a")
    desk.do(command, *fields)
    assert desk.do(command, *fields)[0].status == 409


def test_ids_grow(desk):
    desk.do(Add, "a")
    desk.gateway.submit(Release(1, "c"))
    assert desk.take()[0].status == 400
    assert "c" in desk.gateway.contexts


def test_closed_gateway_has_no_contexts(desk):
    desk.do(Add, "a")
    desk.gateway.close()
    assert (desk.gateway.contexts, desk.take()) == ({}, [])
    assert isinstance(desk.gateway, MediaGateway)
