# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sdp.addresses import SessionOrigin, fix_addresses, is_private, with_origin
from mss.sdp.description import parse_description


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", True), ("172.16.0.1", True), ("172.32.0.1", False), ("192.168.1.1", True), ("100.64.0.1", True),
        ("169.254.1.1", True), ("127.0.0.1", True), ("192.0.2.1", False), ("0.0.0.0", False), ("8.8.8.8", False),
        ("fd00::1", True), ("fe80::1", True), ("::1", True), ("2001:db8::1", False), ("::ffff:10.0.0.1", True),
        ("::ffff:192.0.2.2", False), ("::", False), ("phone.local", False), ("", False),
    ],
)  # fmt: skip
def test_is_private(address, expected):
    assert is_private(address) is expected


def test_private_address_becomes_the_source(phone_sdp):
    fixed = fix_addresses(phone_sdp, "192.0.2.7")
    assert fixed == phone_sdp.replace(b"c=IN IP4 10.0.0.7", b"c=IN IP4 192.0.2.7")
    assert b"o=phone 3891 17 IN IP4 10.0.0.7\r\n" in fixed


def test_nothing_to_fix_is_the_same_object(phone_sdp):
    assert fix_addresses(phone_sdp, "10.0.0.7") is phone_sdp


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_only_private_addresses_are_fixed(sdp, end):
    body = sdp(
        "v=0", "o=- 1 1 IN IP4 10.0.0.7", "s=c=IN IP4 10.0.0.7", "m=audio 1 RTP/AVP 0", "c=IN IP4 10.0.0.7/127",
        "a=rtcp:53020 IN IP4 10.0.0.7", "a=candidate:1 1 UDP 1 10.0.0.7 8998 typ host", "m=audio 2 RTP/AVP 0",
        "c=IN IP4 203.0.113.9", "m=audio 3 RTP/AVP 0", "c=IN IP4 0.0.0.0", "m=audio 4 RTP/AVP 0", "c=IN IP6 fd00::7",
        "m=audio 5 RTP/AVP 0", "c=IN IP4 phone.local", end=end,
    )  # fmt: skip
    assert fix_addresses(body, "192.0.2.7") == sdp(
        "v=0", "o=- 1 1 IN IP4 10.0.0.7", "s=c=IN IP4 10.0.0.7", "m=audio 1 RTP/AVP 0", "c=IN IP4 192.0.2.7/127",
        "a=rtcp:53020 IN IP4 192.0.2.7", "a=candidate:1 1 UDP 1 10.0.0.7 8998 typ host", "m=audio 2 RTP/AVP 0",
        "c=IN IP4 203.0.113.9", "m=audio 3 RTP/AVP 0", "c=IN IP4 0.0.0.0", "m=audio 4 RTP/AVP 0", "c=IN IP4 192.0.2.7",
        "m=audio 5 RTP/AVP 0", "c=IN IP4 phone.local", end=end,
    )  # fmt: skip


def test_family_follows_the_source(phone_sdp):
    assert b"c=IN IP6 2001:db8::7\r\n" in fix_addresses(phone_sdp, "2001:db8::7")


def test_longer_address_with_the_same_start_is_not_taken_for_it(sdp):
    body = sdp("v=0", "o=- 1 1 IN IP4 h", "c=IN IP4 10.0.0.77")
    assert b"c=IN IP4 10.0.0.7\r\n" in fix_addresses(body, "10.0.0.7")


def test_body_without_addresses(sdp):
    assert fix_addresses(b"", "192.0.2.7") == b""
    assert fix_addresses(b"anything", "192.0.2.7") == b"anything"


def test_with_origin(sdp, phone_sdp):
    body = with_origin(phone_sdp, 12, 34, "198.51.100.1")
    assert body == phone_sdp.replace(b"o=phone 3891 17 IN IP4 10.0.0.7", b"o=mss 12 34 IN IP4 198.51.100.1")
    assert str(parse_description(with_origin(phone_sdp, 1, 2, "2001:db8::1")).origin) == "mss 1 2 IN IP6 2001:db8::1"
    for body in (b"", b"v=0\r\n", b"v=0\r\no=cut off"):
        assert with_origin(body, 1, 2, "h") == body


def test_version_grows_when_the_description_changes(phone_sdp):
    origin = SessionOrigin(100, "198.51.100.1")
    versions = []
    held = phone_sdp.replace(b"sendrecv", b"sendonly")
    other_party = phone_sdp.replace(b"o=phone 3891 17", b"o=other 1 1")
    for body in (phone_sdp, phone_sdp, other_party, held, held, phone_sdp):
        versions.append(parse_description(origin.apply(body)).origin.version)
    assert versions == [100, 100, 100, 101, 101, 102]
    assert parse_description(origin.apply(phone_sdp)).origin.session_id == 100
