# SPDX-License-Identifier: GPL-2.0-or-later
"""No secret gets through, and nothing else is changed."""
from __future__ import annotations

import pytest

from mss.server.masking import mask_secrets, mask_text, mask_url


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            b'Authorization: Digest username="100", realm="mss", nonce="n", uri="sip:h", response="0123abcd", qop=auth',
            b'Authorization: Digest username="100", realm="mss", nonce="n", uri="sip:h", response="***", qop=auth',
        ),
        (b'Proxy-Authorization: Digest username="1",response=0123abcd,nc=1', None),
        (b'Authentication-Info: rspauth = "0123abcd", cnonce="c"', None),
        (b"Authorization: Basic MTAwOjAxMjNhYmNk\r\nTo: x", b"Authorization: Basic ***\r\nTo: x"),
        (b"Proxy-Authorization:\r\n Bearer 0123abcd\r\nTo: x", b"Proxy-Authorization:\r\n Bearer ***\r\nTo: x"),
        (b"From: <sip:100:0123abcd@192.0.2.1:5060>;tag=1", b"From: <sip:100:***@192.0.2.1:5060>;tag=1"),
        (
            b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:0123abcd|2^20|1:4;inline:0123abcd|2^20\r\n",
            b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20|1:4;inline:***|2^20\r\n",
        ),
        (b"a=ice-pwd:0123abcd\r\na=ice-ufrag:u\r\n", b"a=ice-pwd:***\r\na=ice-ufrag:u\r\n"),
        (b"a=key-mgmt:mikey 0123abcd\r\n", b"a=key-mgmt:***\r\n"),
        (b"v=0\r\nk=clear:0123abcd\r\nm=audio", b"v=0\r\nk=***\r\nm=audio"),
        (b'{"password": "0123abcd", "user": "1"}', None),
        (b"X-Api-Key: 0123abcd", None),
        (b"sip:a@b;auth_pass=0123abcd;x=y", b"sip:a@b;auth_pass=***;x=y"),
        (b"PIN=0123abcd&user=1", None),
        (b"user_password='0123abcd'", None),
    ],
)
def test_secret_is_masked(text: bytes, masked: bytes | None) -> None:
    result = mask_secrets(text)
    assert b"0123abcd" not in result
    assert b"***" in result
    assert masked is None or result == masked


@pytest.mark.parametrize(
    "text",
    [
        b"INVITE sip:100@192.0.2.1:5060 SIP/2.0\r\nContact: <sip:101@192.0.2.2:5062;transport=udp>\r\n",
        b"Contact: sip:192.0.2.1:5060, sip:bob@example.org\r\n",
        b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKpin;rport\r\nSubject: mapping: none\r\n",
        b'WWW-Authenticate: Digest realm="mss", nonce="abc", algorithm=MD5, qop="auth"\r\n',
        b"a=rtpmap:8 PCMA/8000\r\nk=prompt\r\n",
    ],
)
def test_other_text_stays(text: bytes) -> None:
    assert mask_secrets(text) == text


def test_text_and_url() -> None:
    assert mask_text("bad password=hallo\udcff") == "bad password=***"
    assert mask_text("fine \udcff") == "fine \udcff"
    assert mask_url("postgresql://mss:geheim@db:5432/mss") == "postgresql://mss:***@db:5432/mss"
    assert mask_url("sqlite:////var/lib/mss/mss.db") == "sqlite:////var/lib/mss/mss.db"
