# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sdp.description import parse_description
from mss.sdp.offer_answer import (
    direction_of,
    is_hold,
    make_hold,
    make_inactive,
    make_sendrecv,
    narrow_directions,
    problem_of,
    reject_media,
    rejecting_answer,
    reversed_direction,
    set_direction,
)

HEAD = ("v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-")


@pytest.fixture
def make(sdp):
    """Parse a description with the given lines after v=, o= and s=."""
    return lambda *lines: parse_description(sdp(*HEAD, *lines))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("m=audio 1 RTP/AVP 0",), "sendrecv"),
        (("m=audio 1 RTP/AVP 0", "a=sendonly"), "sendonly"),
        (("a=inactive", "m=audio 1 RTP/AVP 0"), "inactive"),
        (("a=inactive", "m=audio 1 RTP/AVP 0", "a=recvonly"), "recvonly"),
        (("a=inactive", "m=audio 1 RTP/AVP 0", "a=sendrecv"), "sendrecv"),
    ],
)
def test_direction_of_stream_or_session(make, lines, expected):
    description = make(*lines)
    assert direction_of(description, description.media[0]) == expected


def test_reversed_direction():
    assert [reversed_direction(d) for d in ("sendrecv", "sendonly", "recvonly", "inactive")] == [
        "sendrecv", "recvonly", "sendonly", "inactive",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0"), False),
        (("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", "a=sendonly"), True),
        (("c=IN IP4 192.0.2.1", "a=inactive", "m=audio 1 RTP/AVP 0"), True),
        (("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", "a=recvonly"), False),
        (("c=IN IP4 0.0.0.0", "m=audio 1 RTP/AVP 0"), True),
        (("c=IN IP6 ::", "m=audio 1 RTP/AVP 0"), True),
        (("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", "c=IN IP4 0.0.0.0"), True),
        (("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", "a=sendonly", "m=video 1 RTP/AVP 96"), False),
        (("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", "a=sendonly", "m=video 0 RTP/AVP 96"), True),
        (("c=IN IP4 192.0.2.1", "m=audio 0 RTP/AVP 0", "a=sendonly"), False),
        (("c=IN IP4 192.0.2.1",), False),
    ],
)
def test_is_hold(make, lines, expected):
    assert is_hold(make(*lines)) is expected


def test_hold_and_back(make):
    description = make("m=audio 1 RTP/AVP 0", "m=video 2 RTP/AVP 96", "a=recvonly", "m=image 0 udptl t38")
    make_hold(description)
    assert [direction_of(description, media) for media in description.media] == ["sendonly", "inactive", "sendrecv"]
    make_hold(description)
    assert [direction_of(description, media) for media in description.media] == ["sendonly", "inactive", "sendrecv"]
    make_inactive(description)
    assert [direction_of(description, media) for media in description.media] == ["inactive", "inactive", "sendrecv"]
    make_sendrecv(description)
    assert [direction_of(description, media) for media in description.media] == ["sendrecv"] * 3
    assert description.to_bytes().count(b"a=sendrecv\r\n") == 2


def test_reject_media(make):
    description = make("m=audio 1 RTP/AVP 0", "m=video 2/2 RTP/AVP 96 97", "c=IN IP4 192.0.2.1", "a=rtpmap:96 x/1")
    reject_media(description.media[1])
    assert description.to_bytes().endswith(b"m=audio 1 RTP/AVP 0\r\nm=video 0/2 RTP/AVP 96 97\r\n")


def test_rejecting_answer(make):
    description = make("m=audio 1 RTP/AVP 0", "m=video 2 RTP/AVP 96", "m=text 3 RTP/AVP 98")
    rejecting_answer(description, ("audio",))
    assert [media.port for media in description.media] == [1, 0, 0]


C = "c=IN IP4 192.0.2.9"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((C, "m=audio 9 RTP/AVP 0", "m=video 0 RTP/AVP 96"), ""),
        ((C, "m=audio 9 RTP/AVP 0", "a=recvonly", "m=video 7 RTP/AVP 96"), ""),
        (("m=audio 0 RTP/SAVP 0", "m=video 0 RTP/AVP 96"), ""),
        ((C, "m=audio 9 RTP/AVP 0"), "1 streams in answer to 2"),
        ((C, "m=video 9 RTP/AVP 96", "m=audio 9 RTP/AVP 0"), "stream 1: video in answer to audio"),
        ((C, "m=audio 9 RTP/SAVP 0", "m=video 0 RTP/AVP 96"), "stream 1: RTP/SAVP in answer to RTP/AVP"),
        ((C, "m=audio 9 RTP/AVP", "m=video 0 RTP/AVP 96"), "stream 1: no format"),
        (("m=audio 9 RTP/AVP 0", "m=video 0 RTP/AVP 96"), "stream 1: no address"),
    ],
)
def test_problem_of_an_answer(make, answer, problem):
    offer = make(C, "m=audio 1 RTP/AVP 0 8", "m=video 2 RTP/AVP 96")
    assert problem_of(offer, make(*answer)) == problem


@pytest.mark.parametrize(
    ("offered", "fitting"),
    [
        ("sendrecv", ["sendrecv", "sendonly", "recvonly", "inactive"]),
        ("sendonly", ["recvonly", "inactive"]),
        ("recvonly", ["sendonly", "inactive"]),
        ("inactive", ["inactive"]),
    ],
)
def test_direction_of_an_answer(make, offered, fitting):
    offer = make(C, "m=audio 1 RTP/AVP 0")
    set_direction(offer.media[0], offered)
    for direction in ("sendrecv", "sendonly", "recvonly", "inactive"):
        answer = make(C, "m=audio 1 RTP/AVP 0", f"a={direction}")
        expected = "" if direction in fitting else f"stream 1: {direction} in answer to {offered}"
        assert problem_of(offer, answer) == expected


def test_stream_offered_off_stays_off(make):
    offer = make(C, "m=audio 0 RTP/AVP 0")
    assert problem_of(offer, make(C, "m=audio 7 RTP/AVP 0")) == "stream 1: switched on, but offered off"


@pytest.mark.parametrize(("offered", "answered", "narrowed"), [
    ("sendonly", "sendrecv", "recvonly"), ("sendonly", "sendonly", "inactive"), ("recvonly", "sendrecv", "sendonly"),
    ("recvonly", "recvonly", "inactive"), ("inactive", "sendrecv", "inactive"), ("inactive", "recvonly", "inactive"),
    ("sendonly", "recvonly", ""), ("sendrecv", "inactive", ""), ("inactive", "inactive", ""),
])  # fmt: skip
def test_an_answer_that_claims_too_much_is_narrowed(make, offered, answered, narrowed):
    offer = make("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", f"a={offered}")
    answer = make("c=IN IP4 192.0.2.2", "m=audio 2 RTP/AVP 0", f"a={answered}")
    assert narrow_directions(offer, answer) is bool(narrowed)
    assert direction_of(answer, answer.media[0]) == (narrowed or answered)
    assert problem_of(offer, answer) == ""


def test_a_rejected_stream_has_no_direction_to_narrow(make):
    offer = make("c=IN IP4 192.0.2.1", "m=audio 1 RTP/AVP 0", "a=inactive")
    answer = make("c=IN IP4 192.0.2.2", "m=audio 0 RTP/AVP 0")
    assert not narrow_directions(offer, answer)
