# SPDX-License-Identifier: GPL-2.0-or-later
"""What a routing step is asked and what it may answer."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

#: What fits between "sip:" and "@" after escaping: no blanks, no controls, none of the delimiters of a name-addr.
_DIALLABLE: Final = re.compile(r'[^\x00-\x20\x7f<>"]{1,128}')
_PHRASE: Final = re.compile(r"[^\x00-\x1f\x7f]{0,128}")
#: A challenge needs a nonce, so these statuses are the server's own to send (RFC 3261 22.1).
_CHALLENGES: Final = (401, 407)


class CallInfo(NamedTuple):
    """A new call before it is routed.

    ``caller`` and ``dialled`` are numbers as in :class:`mss.model.call_record.CallRecord`;
    ``caller_type`` is ``user``, ``line``, ``trunk`` or ``unknown``; ``source_host`` the address the
    INVITE came from, without port; ``transport`` one of ``UDP TCP TLS WS WSS``; ``call_id`` the
    Call-ID of the caller's leg (empty when a call is only explained, not made).
    """

    caller: str
    dialled: str
    caller_type: str
    source_host: str
    transport: str
    call_id: str


@dataclass(frozen=True)
class Redirect:
    """The verdict "route the call as if ``number`` had been dialled".

    Raises ``ValueError`` for a number that no Request-URI can hold: empty, above 128 characters,
    with a blank, a control character or one of ``< > "``.
    """

    number: str

    def __post_init__(self) -> None:
        if not _DIALLABLE.fullmatch(self.number):
            raise ValueError(f"not a number that can be dialled: {self.number!r}")


@dataclass(frozen=True)
class Refuse:
    """The verdict "answer with this final SIP status", 400 to 699 but neither 401 nor 407.

    ``reason`` is the reason phrase, empty for the standard one.  Raises ``ValueError`` for another
    status or a phrase that does not fit a status line.
    """

    status: int
    reason: str = ""

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 699 or self.status in _CHALLENGES:
            raise ValueError(f"a call cannot be refused with status {self.status}")
        if not _PHRASE.fullmatch(self.reason):
            raise ValueError(f"not a reason phrase: {self.reason!r}")


#: What a routing step answers; ``None`` beside it means "go on".
RouteVerdict = Redirect | Refuse
