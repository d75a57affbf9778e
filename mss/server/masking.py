# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes secrets out of SIP messages and log texts before anybody sees them.

What is masked: digest responses, credentials of other schemes, passwords in URIs, SDP keys (RFC 4568, RFC 8839 and the
``k=`` line) and whatever calls itself a password, secret or PIN.  Not even a hash of a secret is shown.
"""
from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"

_FLAGS = re.IGNORECASE | re.MULTILINE

#: Pairs of (what, by what); each keeps its first group, which tells the reader what stood there.
_RULES: Final[tuple[tuple[re.Pattern[bytes], bytes], ...]] = (
    # RFC 7616 3.4 and 3.5: the response is a hash of the password.
    (re.compile(rb'((?<![\w-])(?:response|rspauth)\s*=\s*)(?:"[^"\r\n]*"?|[^\s,;]+)', _FLAGS), rb'\1"***"'),
    # Basic, Bearer and whatever else is not digest: everything after the scheme.
    (
        re.compile(
            rb"^((?:Proxy-)?Authorization[ \t]*:\s*(?!Digest\b)[^\s,]+)[ \t]+[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
            _FLAGS,
        ),
        rb"\1 ***",
    ),
    # RFC 3261 19.1.1: sip:user:password@host.
    (re.compile(rb'(\bsips?:[^\s:@<>"]+:)[^\s@<>"]+(?=@)', _FLAGS), rb"\1***"),
    # RFC 4568: a=crypto:1 SUITE inline:KEY|lifetime|MKI, several keys separated by semicolons.
    (re.compile(rb"(\binline:)[^\s|;]+", _FLAGS), rb"\1***"),
    # RFC 8839 5.4, RFC 4567 (MIKEY) and the obsolete key line of RFC 4566 5.12.
    (re.compile(rb"^(a=ice-pwd:)[^\r\n]*", _FLAGS), rb"\1***"),
    (re.compile(rb"^(a=key-mgmt:)[^\r\n]*", _FLAGS), rb"\1***"),
    (re.compile(rb"^(k=)(?!prompt\s*$)[^\r\n]*", _FLAGS), rb"\1***"),
    # Parameters, JSON members and headers of any vendor.
    (
        re.compile(
            rb"((?<![\w])(?:[\w-]*(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?token|auth_pass|pwd)|pin)"
            rb"[\"']?\s*[:=]\s*)(?:\"[^\"\r\n]*\"?|'[^'\r\n]*'?|[^\s,;&\"'<>]+)",
            _FLAGS,
        ),
        rb"\1***",
    ),
)


def mask_secrets(data: bytes) -> bytes:
    """``data`` (a whole SIP message or a part of one) with every secret replaced by ``***``."""
    for pattern, replacement in _RULES:
        data = pattern.sub(replacement, data)
    return data


def mask_text(text: str) -> str:
    """The same for text, for example an error message that quotes a peer."""
    return mask_secrets(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def mask_url(url: str) -> str:
    """A database or service URL without its password: ``postgresql://mss:***@db/mss``."""
    return re.sub(r"(://[^/:@\s]+:)[^@\s]+(?=@)", r"\1***", url)
