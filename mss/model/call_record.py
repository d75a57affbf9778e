# SPDX-License-Identifier: GPL-2.0-or-later
"""The call detail record (CDR)."""
from __future__ import annotations

from typing import NamedTuple


class CallRecord(NamedTuple):
    """One call, written when it ends.  Times are wall-clock seconds since the epoch, 0.0 = never.

    ``ended_by`` is ``caller``, ``callee`` or ``server``; ``status`` the final SIP status (200 for an
    answered call); ``cause`` the Q.850 cause (a peer's Reason header wins), ``cause_text`` in words.
    ``fci`` holds free charging parameters as ``key=value`` pairs separated by blanks.
    """

    id: str
    call_id: str
    caller: str
    dialled: str
    called: str
    caller_type: str
    called_type: str
    caller_device: str
    called_device: str
    started_at: float
    rang_at: float
    answered_at: float
    ended_at: float
    status: int
    cause: int
    cause_text: str
    ended_by: str
    forwarded_by: str
    transferred_by: str
    service: str
    media: str
    fci: str
