# SPDX-License-Identifier: GPL-2.0-or-later
"""The stored form of a registrar binding (RFC 3261 section 10)."""
from __future__ import annotations

from typing import NamedTuple


class BindingRecord(NamedTuple):
    """One device of one AOR, as written behind the hot path and read at start.

    ``expires_at`` is wall-clock seconds since the epoch.  ``flow_key`` names the flow the REGISTER
    came from (see ``mss.sip.flow.Flow.key``); ``via_nat`` tells that the contact is reached by it.
    """

    aor: str
    contact: str
    flow_key: str
    via_nat: bool
    expires_at: float
    call_id: str
    cseq: int
    user_agent: str
    instance: str
    path: str
    q: int
    registered_at: float
