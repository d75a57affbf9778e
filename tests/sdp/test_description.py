# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mss.sdp.description import Connection, Origin, SdpError, parse_description


def test_phone_sdp_is_read(phone_sdp):
    description = parse_description(phone_sdp)
    origin = description.origin
    assert (origin.user, origin.session_id, origin.version) == ("phone", 3891, 17)
    audio, video = description.media
    assert (audio.kind, audio.port, audio.protocol, audio.formats) == ("audio", 49170, "RTP/AVP", ["8", "0", "101"])
    assert (video.kind, video.port, video.formats) == ("video", 51372, ["96"])
    assert audio.attribute("sendrecv") == ""
    assert audio.attribute("fmtp") == "101 0-15"
    assert audio.attribute("sendonly") is None
    assert audio.connection is None
    assert description.connection_of(audio).address == "10.0.0.7"
    assert description.to_bytes() == phone_sdp


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_unchanged_text_comes_out_byte_for_byte(sdp, end):
    body = sdp(
        "v=0", "o=- 1 1 IN IP4 host.example.com", "s=\udcff\u00e9 \u2028 \x0b ", "z=0 0", "x=unknown type",
        "m=audio 9/2 RTP/AVP 0 ", "k=clear:x", "i=", "a=", "m=image 0 udptl t38", end=end,
    )  # fmt: skip
    assert parse_description(body).to_bytes() == body
    for tail in (b"\r\n", b"\r\n\r\n\n"):
        assert parse_description(body + tail).to_bytes() == body + tail
    assert parse_description(body.rstrip()).to_bytes() == body.rstrip()


@given(st.lists(st.sampled_from([
    b"v=0", b"o=- 1 1 IN IP4 h", b"s=", b"c=IN IP4 1.2.3.4", b"m=audio 1 RTP/AVP 0", b"a=x", b"\r\n", b"\n", b"\r",
    b"=", b"\xff", b" ", b"\0", b"m=", b"c=IN",
])))  # fmt: skip
def test_any_bytes_are_refused_or_kept(parts):
    body = b"".join(parts)
    try:
        description = parse_description(body)
    except SdpError:
        return
    assert description.to_bytes() == body


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ((), 0),
        (("v=0",), 0),
        (("v=1", "o=- 1 1 IN IP4 h"), 1),
        (("o=- 1 1 IN IP4 h", "v=0"), 1),
        (("v=0", "s=-", "o=- 1 1 IN IP4 h"), 2),
        (("v=0", "o=- 1 IN IP4 h"), 2),
        (("v=0", "o=- x 1 IN IP4 h"), 2),
        (("v=0", "o=- 1 " + "9" * 5000 + " IN IP4 h"), 2),
        (("v=0", "o=- 1 1 IN IP5 h"), 2),
        (("v=0", "o=- 1 1 IN IP4 h", "o=- 1 1 IN IP4 h"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "v=0"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "m=audio 1 RTP/AVP 0", "o=- 1 1 IN IP4 h"), 4),
        (("v=0", "o=- 1 1 IN IP4 h", "c=IN IP4"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "c=IP4 1.2.3.4"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "m=audio RTP/AVP 0"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "m=audio 99999 RTP/AVP 0"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "m=audio -1 RTP/AVP 0"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "nonsense"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "", "s=-"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "s=a\0b"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", "s=a\rb"), 3),
        (("v=0", "o=- 1 1 IN IP4 h", " s=-"), 3),
    ],
)
def test_error_names_the_line(sdp, lines, line):
    with pytest.raises(SdpError) as caught:
        parse_description(sdp(*lines))
    assert caught.value.line == line
    assert (f"line {line}" in str(caught.value)) == bool(line)


@pytest.mark.parametrize(
    ("address", "family"),
    [("2001:db8::20", "IP6"), ("::ffff:192.0.2.2", "IP6"), ("fe80::1%eth0", "IP6"), ("host.example.com", "IP4")],
)
def test_addresses_of_both_families(sdp, address, family):
    description = parse_description(
        sdp("v=0", f"o=assistant 971731711378798081 0 IN {family} {address}", "s=", f"c=IN {family} {address}",
            "m=audio 6000 RTP/AVP 2")
    )  # fmt: skip
    assert description.origin.address == address
    connection = description.connection_of(description.media[0])
    assert (connection.family, connection.address) == (family, address)


def test_each_stream_may_have_an_address_of_its_own(sdp):
    description = parse_description(
        sdp("v=0", "o=bob 280744730 28977631 IN IP4 host.example.com", "s=", "t=0 0", "m=audio 22334 RTP/AVP 0",
            "c=IN IP4 192.0.2.1", "m=video 6024 RTP/AVP 107", "c=IN IP6 2001:db8::1", "a=rtpmap:107 H263-1998/90000",
            "m=audio 1 RTP/AVP 0")
    )  # fmt: skip
    shown = [description.connection_of(media) for media in description.media]
    assert [str(connection) for connection in shown] == ["IN IP4 192.0.2.1", "IN IP6 2001:db8::1", "None"]


def test_multicast_suffix_is_kept(sdp):
    description = parse_description(sdp("v=0", "o=- 1 1 IN IP4 h", "c=IN IP4 224.2.36.42/127/3"))
    assert str(description.session.connection) == "IN IP4 224.2.36.42/127/3"
    assert description.session.connection.address == "224.2.36.42"


def test_changes_touch_their_line_only(sdp, phone_sdp):
    description = parse_description(phone_sdp)
    description.origin = Origin("mss", 5, 6, "IP4", "192.0.2.1")
    description.session.connection = Connection("IP4", "192.0.2.1")
    audio, video = description.media
    audio.set_port(20400)
    audio.remove_attributes("sendrecv", "fmtp")
    audio.add_attribute("ptime", "20")
    video.connection = Connection("IP6", "2001:db8::1")
    assert description.to_bytes() == sdp(
        "v=0", "o=mss 5 6 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 20400 RTP/AVP 8 0 101",
        "a=rtpmap:101 telephone-event/8000", "a=ptime:20", "m=video 51372 RTP/AVP 96", "c=IN IP6 2001:db8::1",
        "a=rtpmap:96 H264/90000",
    )  # fmt: skip


def test_new_lines_find_their_place(sdp):
    description = parse_description(sdp("v=0", "o=- 1 1 IN IP4 h", "s=-", "t=0 0", "m=audio 1 RTP/AVP 0")[:-2])
    description.session.put("c", "IN IP4 192.0.2.1")
    description.media[0].put("i", "hall")
    description.media[0].add_attribute("sendonly")
    assert description.to_bytes() == sdp(
        "v=0", "o=- 1 1 IN IP4 h", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 1 RTP/AVP 0", "i=hall", "a=sendonly"
    )
