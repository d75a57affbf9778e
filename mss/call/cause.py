# SPDX-License-Identifier: GPL-2.0-or-later
"""Q.850 causes for SIP statuses (RFC 3398 8.2.6.1) and Reason headers (RFC 3326)."""
from __future__ import annotations

from typing import Final

NORMAL_CLEARING: Final = 16
NO_ANSWER: Final = 19

_CAUSES: Final[dict[int, int]] = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127,
    415: 79, 416: 127, 420: 127, 421: 127, 423: 127, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17,
    487: 16, 488: 88, 500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127, 580: 47, 600: 17, 603: 21,
    604: 1, 606: 88,
}
_TEXTS: Final[dict[int, str]] = {
    1: "unallocated number", 16: "normal call clearing", 17: "user busy", 18: "no user responding",
    19: "no answer from user", 21: "call rejected", 22: "number changed", 25: "exchange routing error",
    28: "invalid number format", 31: "normal, unspecified", 38: "network out of order", 41: "temporary failure",
    47: "resource unavailable", 63: "service not available", 79: "service not implemented",
    88: "incompatible destination", 102: "recovery on timer expiry", 127: "interworking, unspecified",
}

#: Reason of a CANCEL to a device that lost the race.
COMPLETED_ELSEWHERE: Final = 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n'


def cause_of(status: int) -> int:
    """Q.850 cause of a final SIP status."""
    if status < 300:
        return NORMAL_CLEARING
    return _CAUSES.get(status, 31 if status < 500 else 41)


def text_of(cause: int) -> str:
    """The cause in words."""
    return _TEXTS.get(cause, f"cause {cause}")


def reason_header(cause: int) -> str:
    """A Reason header line with a Q.850 cause."""
    return f'Reason: Q.850;cause={cause};text="{text_of(cause)}"\r\n'


def parse_cause(reason: str | None) -> int:
    """The Q.850 cause of a Reason header value, 0 when it has none."""
    if reason is None:
        return 0
    for value in reason.split(","):
        protocol, _, params = value.partition(";")
        if protocol.strip().upper() != "Q.850":
            continue
        for param in params.split(";"):
            name, _, number = param.partition("=")
            if name.strip().lower() == "cause" and number.strip().isdecimal():
                return int(number)
    return 0
