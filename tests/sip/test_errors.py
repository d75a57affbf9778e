# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from mss.sip.errors import (
    FramingError,
    LocalProtocolError,
    ParseError,
    RemoteProtocolError,
    SipError,
    UnsupportedScheme,
)


def test_theirs_and_ours_are_apart() -> None:
    assert issubclass(ParseError, RemoteProtocolError) and issubclass(FramingError, ParseError)
    assert not issubclass(LocalProtocolError, RemoteProtocolError) and issubclass(LocalProtocolError, SipError)


def test_text_names_status_and_place() -> None:
    assert str(ParseError(400, "Bad Via")) == "400 Bad Via"
    assert str(ParseError(0, "Not SIP")) == "Not SIP"
    assert UnsupportedScheme("http").status == 416
