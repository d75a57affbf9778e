# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors of the SIP layers: theirs (a message that cannot be taken) and ours (a rule that we broke)."""
from __future__ import annotations

from typing import TYPE_CHECKING

from mypy_extensions import mypyc_attr

if TYPE_CHECKING:
    from mss.sip.message import Message


@mypyc_attr(allow_interpreted_subclasses=True)
class SipError(Exception):
    """Base of every error that ``mss.sip`` raises."""


class LocalProtocolError(SipError):
    """Our own code asked for something that the protocol forbids: a bug, not an event of the network."""


class RemoteProtocolError(SipError):
    """The peer broke the protocol; ``status`` is the SIP status to answer with, 0 = no answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}" if status else reason)
        self.status = status
        self.reason = reason


class ParseError(RemoteProtocolError):
    """A message that violates the grammar.

    ``status`` is what a request is answered with (400, 416, 505, 513, ...), 0 means: drop silently.
    ``reason`` is the reason phrase and names the place.  ``message`` is what could be read of it, for
    building the response (``None`` when not even a start line was there).
    """

    def __init__(self, status: int, reason: str, message: Message | None = None) -> None:
        super().__init__(status, reason)
        self.message = message


class UnsupportedScheme(ParseError):
    """A URI of a scheme other than sip, sips or tel: 416 (RFC 3261 8.2.2.1)."""

    def __init__(self, scheme: str) -> None:
        super().__init__(416, "Unsupported URI Scheme")
        self.scheme = scheme


class FramingError(ParseError):
    """A stream on which no message boundary can be found any more: answer if ``status`` is not 0, then close it.

    ``completed`` are the whole messages that came before the fault in the same octets.
    """

    def __init__(self, status: int, reason: str, message: Message | None = None) -> None:
        super().__init__(status, reason, message)
        self.completed: list[bytes] = []
