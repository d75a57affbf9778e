# SPDX-License-Identifier: GPL-2.0-or-later
"""A request of ours while its transaction lasts."""
from __future__ import annotations


class OutgoingRequest:
    """The parts of a request that its ACK, CANCEL and retry repeat, and its bytes."""

    __slots__ = ("branch", "call_id", "cseq", "data", "from_value", "method", "routes", "to_value", "uri", "via_line")

    def __init__(self, method: str, uri: str, from_value: str, to_value: str, call_id: str, cseq: int,
                 routes: str, branch: str, via_line: str, data: bytes) -> None:
        self.method = method
        self.uri = uri
        self.from_value = from_value
        self.to_value = to_value
        self.call_id = call_id
        self.cseq = cseq
        self.routes = routes
        self.branch = branch
        self.via_line = via_line
        self.data = data
