# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.media.relay import own_answer, own_offer, relay_answer, relay_offer
from mss.sdp.description import parse_description
from mss.sdp.offer_answer import problem_of


def media_lines(description):
    return [line for line in description.to_bytes().decode().split("\r\n") if line[:2] in ("m=", "c=", "a=")]


def test_relayed_offer_shows_our_addresses_only(phone):
    source = parse_description(
        phone(
            "10.0.0.7", "a=ice-lite", "m=audio 4000/2 RTP/SAVP 96", "c=IN IP4 10.0.0.8", "a=rtpmap:96 opus/48000/2",
            "a=candidate:1 1 UDP 1 10.0.0.7 8998 typ host", "a=ice-ufrag:x", "a=rtcp:4001 IN IP4 10.0.0.7",
            "m=video 0 RTP/AVP 99",
        )
    )  # fmt: skip
    relay_offer(source, None, [20000, 0], "192.0.2.1")
    assert media_lines(source) == [
        "c=IN IP4 192.0.2.1", "m=audio 20000 RTP/SAVP 96", "a=rtpmap:96 opus/48000/2", "m=video 0 RTP/AVP 99",
    ]  # fmt: skip


def test_streams_of_an_earlier_offer_stay(phone):
    previous = parse_description(phone("192.0.2.1", "m=audio 1 RTP/AVP 0", "m=video 2 RTP/AVP 99", "a=x"))
    source = parse_description(phone("192.0.2.2", "m=audio 3 RTP/AVP 0"))
    relay_offer(source, previous, [20000], "2001:db8::1")
    assert media_lines(source) == ["c=IN IP6 2001:db8::1", "m=audio 20000 RTP/AVP 0", "m=video 0 RTP/AVP 99"]
    assert previous.media[1].port == 2


@pytest.mark.parametrize(
    ("offered", "answered", "expected"),
    [
        (["m=audio 1 RTP/AVP 0"], ["m=audio 9 RTP/AVP 0"], ["m=audio 20000 RTP/AVP 0"]),
        (["m=audio 1 RTP/AVP 0", "m=video 2 RTP/AVP 99"], ["m=audio 9 RTP/AVP 0"],
         ["m=audio 20000 RTP/AVP 0", "m=video 0 RTP/AVP 99"]),
        (["m=audio 1 RTP/AVP 0"], ["m=audio 9 RTP/AVP 0", "m=video 8 RTP/AVP 99"], ["m=audio 20000 RTP/AVP 0"]),
        (["m=video 1 RTP/AVP 99"], ["m=audio 9 RTP/AVP 0"], ["m=video 0 RTP/AVP 99"]),
        (["m=audio 0 RTP/AVP 0"], ["m=audio 9 RTP/AVP 0"], ["m=audio 0 RTP/AVP 0"]),
    ],
)  # fmt: skip
def test_relayed_answer_has_the_shape_of_the_offer(phone, offered, answered, expected):
    offer = parse_description(phone("192.0.2.10", *offered))
    answer = parse_description(phone("192.0.2.20", *answered))
    relay_answer(answer, offer, [20000, 20002][: len(answered)], "192.0.2.1")
    assert [line for line in media_lines(answer) if line[0] == "m"] == expected
    assert problem_of(offer, answer) == ""


def test_own_offer_is_answered_by_own_answer():
    offer = own_offer(20000, "192.0.2.1")
    answer = own_answer(parse_description(offer.to_bytes()), [30000], "2001:db8::1")
    assert media_lines(answer)[:2] == ["c=IN IP6 2001:db8::1", "m=audio 30000 RTP/AVP 8 0 101"]
    assert problem_of(offer, parse_description(answer.to_bytes())) == ""


def test_own_answer_takes_the_first_audio_it_knows(phone):
    offer = parse_description(
        phone(
            "192.0.2.10", "m=video 1 RTP/AVP 99", "m=audio 2 RTP/AVP 18", "m=audio 3 RTP/AVP 111 97 96 0 98",
            "a=rtpmap:111 opus/48000/2", "a=rtpmap:97 pcma/8000/1", "a=rtpmap:96 telephone-event/8000",
            "a=rtpmap:98 telephone-event/48000", "a=sendonly", "m=audio 4 RTP/AVP 0",
        )
    )  # fmt: skip
    answer = own_answer(offer, [20000, 20002, 20004, 20006], "192.0.2.1")
    assert media_lines(answer) == [
        "c=IN IP4 192.0.2.1", "m=video 0 RTP/AVP 99", "m=audio 0 RTP/AVP 18", "m=audio 20004 RTP/AVP 97 96 0",
        "a=rtpmap:97 PCMA/8000", "a=rtpmap:96 telephone-event/8000", "a=rtpmap:0 PCMU/8000", "a=recvonly",
        "m=audio 0 RTP/AVP 0",
    ]  # fmt: skip
    assert problem_of(offer, answer) == ""


@pytest.mark.parametrize(
    "media", ["m=audio 1 RTP/AVP 18", "m=audio 0 RTP/AVP 0", "m=audio 1 RTP/SAVP 0", "m=image 1 udptl t38"]
)
def test_nothing_in_common_is_no_answer(phone, media):
    assert own_answer(parse_description(phone("192.0.2.10", media)), [20000], "192.0.2.1") is None
