# SPDX-License-Identifier: GPL-2.0-or-later
"""A request that a scripted phone has sent."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mss.testing.phone_call import PhoneCall


class SentRequest:
    """What is needed to send it again, to acknowledge its failure and to cancel it."""

    __slots__ = ("body", "branch", "call", "data", "headers", "is_authenticated", "method", "uri")

    def __init__(self, method: str, uri: str, headers: list[tuple[str, str]], body: bytes, branch: str,
                 call: PhoneCall | None) -> None:
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
        self.branch = branch
        self.call = call
        self.is_authenticated = False
        #: The bytes as they were sent.
        self.data = b""

    @property
    def cseq(self) -> int:
        """The number of CSeq."""
        return int(self.header("CSeq").split()[0])

    def header(self, name: str) -> str:
        """The value of a header, as it was given; "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")
