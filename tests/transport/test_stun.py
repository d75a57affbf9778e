# SPDX-License-Identifier: GPL-2.0-or-later
"""STUN keep-alives on the SIP port, against the sample of RFC 5769 2.2 and 2.3."""
from __future__ import annotations

from mss.transport.stun import answer_binding_request

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
REQUEST = bytes.fromhex("000100002112a442") + TRANSACTION


def test_the_address_is_masked_as_in_the_rfc_samples() -> None:
    ipv4 = answer_binding_request(REQUEST, "192.0.2.1", 32853)
    assert ipv4 == bytes.fromhex("0101000c2112a442") + TRANSACTION + bytes.fromhex("002000080001a147e112a643")
    ipv6 = answer_binding_request(REQUEST, "2001:db8:1234:5678:11:2233:4455:6677", 32853)
    assert ipv6 == bytes.fromhex("010100182112a442") + TRANSACTION + bytes.fromhex(
        "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    )


def test_anything_else_is_not_answered() -> None:
    assert answer_binding_request(b"", "192.0.2.1", 1) is None
    assert answer_binding_request(REQUEST[:19], "192.0.2.1", 1) is None
    assert answer_binding_request(b"\x01" + REQUEST[1:], "192.0.2.1", 1) is None
    assert answer_binding_request(REQUEST[:4] + b"\0\0\0\0" + TRANSACTION, "192.0.2.1", 1) is None
