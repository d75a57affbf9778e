# SPDX-License-Identifier: GPL-2.0-or-later
"""Descriptions for parties that are connected anew: transfer and replacement (RFC 3725)."""
from __future__ import annotations

from mss.sdp.description import SdpError, parse_description
from mss.sdp.offer_answer import make_sendrecv


def resume(body: bytes) -> bytes:
    """The description as an offer in which both sides send: a party that was held is taken off hold.

    What cannot be parsed is passed on as it is; the peer will judge it.
    """
    if b"sendonly" not in body and b"recvonly" not in body and b"inactive" not in body:
        return body
    try:
        description = parse_description(body)
    except SdpError:
        return body
    make_sendrecv(description)
    return description.to_bytes()


def same_media(first: bytes, second: bytes) -> bool:
    """Whether two descriptions differ in nothing but their ``o=`` line."""
    return _without_origin(first) == _without_origin(second)


def _without_origin(body: bytes) -> list[bytes]:
    return [line for line in body.replace(b"\r\n", b"\n").split(b"\n") if not line.startswith(b"o=") and line]
