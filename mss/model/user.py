# SPDX-License-Identifier: GPL-2.0-or-later
"""A local user (extension) as the call server sees it."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class User:
    """One extension.  ``number`` is the AOR's user part and the digest user name.

    Times are seconds, 0 means "system default" (or "no limit" for ``max_call_seconds`` and
    ``max_calls``).  ``password`` is the SIP secret; it never appears in a log.
    """

    number: str
    password: str = field(default="", repr=False)
    display_name: str = ""
    description: str = ""
    enabled: bool = True
    #: Right "one number, multi-devices"; without it a newer binding replaces the older.
    multi_device: bool = False
    max_devices: int = 3
    #: Addresses or networks whose requests are taken as this user's without a password.
    ip_addresses: tuple[str, ...] = ()
    #: Where a device that cannot register is called: a SIP URI, or empty.
    fixed_contact: str = ""
    #: Simultaneous calls, in and out, of all devices together.
    max_calls: int = 0
    max_call_seconds: int = 0
    no_answer_seconds: int = 0
    forward_all: str = ""
    forward_busy: str = ""
    forward_no_answer: str = ""
    forward_unreachable: str = ""
    #: "direct", "anchored" or "" (system default).
    media: str = ""
    #: RFC 4028 in seconds, 0 = off.
    session_expires: int = 0
    #: HA1 per digest algorithm name, filled on first use (never stored, never logged).
    ha1: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
