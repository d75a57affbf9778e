# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

PHONE = (
    "v=0",
    "o=phone 3891 17 IN IP4 10.0.0.7",
    "s=-",
    "c=IN IP4 10.0.0.7",
    "t=0 0",
    "m=audio 49170 RTP/AVP 8 0 101",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=sendrecv",
    "m=video 51372 RTP/AVP 96",
    "a=rtpmap:96 H264/90000",
)


def text(*lines: str, end: str = "\r\n") -> bytes:
    return "".join(line + end for line in lines).encode("utf-8", "surrogateescape")


@pytest.fixture
def sdp():
    """Make an SDP body of lines."""
    return text


@pytest.fixture
def phone_sdp() -> bytes:
    return text(*PHONE)
