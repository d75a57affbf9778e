# SPDX-License-Identifier: GPL-2.0-or-later
"""The one STUN exchange that a SIP port answers: keep-alives of phones behind NAT (RFC 5626 4.4.2, RFC 5389)."""
from __future__ import annotations

from mss.transport.addresses import pack_literal

_COOKIE = b"\x21\x12\xa4\x42"
_BINDING_REQUEST = b"\x00\x01"
_BINDING_SUCCESS = b"\x01\x01"
_XOR_MAPPED_ADDRESS = b"\x00\x20"
_HEADER_BYTES = 20


def answer_binding_request(data: bytes, host: str, port: int) -> bytes | None:
    """The response to a Binding request from ``host``:``port``, None when ``data`` is not one."""
    if len(data) < _HEADER_BYTES or data[:2] != _BINDING_REQUEST or data[4:8] != _COOKIE:
        return None
    packed = pack_literal(host)
    if packed is None:
        return None
    transaction = data[8:_HEADER_BYTES]
    family = 1 if len(packed) == 4 else 2
    mask = (_COOKIE + transaction)[: len(packed)]
    hidden = bytes(a ^ b for a, b in zip(packed, mask, strict=True))
    value = bytes((0, family)) + (port ^ 0x2112).to_bytes(2, "big") + hidden
    attribute = _XOR_MAPPED_ADDRESS + len(value).to_bytes(2, "big") + value
    return _BINDING_SUCCESS + len(attribute).to_bytes(2, "big") + _COOKIE + transaction + attribute
