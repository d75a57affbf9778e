# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages out of a stream of octets: TCP and TLS (RFC 3261 18.3, keep-alives of RFC 5626 4.4.1)."""
from __future__ import annotations

import re
from typing import Final

from mss.sip.errors import FramingError
from mss.sip.parser import MAX_HEAD_BYTES, read_head

#: What a client sends to see whether the flow is alive, and what it is answered with.
KEEPALIVE_PING: Final = b"\r\n\r\n"
KEEPALIVE_PONG: Final = b"\r\n"

_LF: Final = 10
_LINE_END: Final = (10, 13)
_CONTENT_LENGTH_RE: Final = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)", re.IGNORECASE)
_CONTENT_TYPE_RE: Final = re.compile(rb"\r\n(?:content-type|c)[ \t]*:", re.IGNORECASE)
_START_LINE_RE: Final = re.compile(rb"sip/[^ ]+ .*|.* sip/[0-9.]+[ \t]*", re.IGNORECASE | re.DOTALL)
_DIGITS_RE: Final = re.compile(rb"[0-9]{1,10}")


class FrameLimits:
    """The most that one message of a stream may take, in octets."""

    __slots__ = ("start_line", "head", "body")

    def __init__(self, start_line: int = 8192, head: int = MAX_HEAD_BYTES, body: int = 65535) -> None:
        self.start_line = start_line
        self.head = head
        self.body = body


class StreamFramer:
    """Cuts one stream into messages.  Takes time in proportion to the octets, however they are divided.

    ``pongs_due`` counts the keep-alive pings seen; the transport answers each with KEEPALIVE_PONG and
    sets it back.
    """

    __slots__ = ("limits", "pongs_due", "_buffer", "_scanned", "_total", "_start_checked", "_is_half_ping")

    def __init__(self, limits: FrameLimits | None = None) -> None:
        self.limits = limits if limits is not None else FrameLimits()
        self.pongs_due = 0
        self._buffer = bytearray()
        #: How far the end of the headers was looked for.
        self._scanned = 0
        #: Length of the message at the start of the buffer, 0 until its headers are complete.
        self._total = 0
        self._start_checked = False
        #: Whether one half of a ping was seen between two messages.
        self._is_half_ping = False

    @property
    def pending(self) -> int:
        """Octets of a message that is not complete yet; a transport bounds how long it waits for the rest."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Add octets and return the messages that they complete.

        Raises FramingError when the stream cannot be cut any further: a limit is exceeded (513), the
        length of a body is not known (400), or what comes is not SIP (0).
        """
        self._buffer += data
        messages: list[bytes] = []
        try:
            while self._next():
                messages.append(bytes(self._buffer[:self._total]))
                del self._buffer[:self._total]
                self._total = self._scanned = 0
                self._start_checked = False
        except FramingError as error:
            error.completed = messages
            self._buffer.clear()
            raise
        return messages

    def _next(self) -> bool:
        """Whether the buffer starts with a whole message, whose length is then in ``_total``."""
        buffer = self._buffer
        if not self._total:
            if not self._scanned:
                self._skip_keepalives()
            if not buffer:
                return False
            end = buffer.find(b"\r\n\r\n", max(0, self._scanned - 3))
            self._scanned = len(buffer)
            if not self._start_checked:
                self._check_start()
            if (end if end >= 0 else len(buffer)) > self.limits.head:
                raise FramingError(513, "Header Section Too Large", read_head(bytes(buffer[:self.limits.head])))
            if end < 0:
                return False
            self._total = end + 4 + self._body_length(bytes(buffer[:end]))
        return len(buffer) >= self._total

    def _skip_keepalives(self) -> None:
        """Drop line ends between messages, two in a row being a ping; stray CR and LF are tolerated there."""
        buffer = self._buffer
        count = 0
        while count < len(buffer) and buffer[count] in _LINE_END:
            if buffer[count] == _LF:
                if self._is_half_ping:
                    self.pongs_due += 1
                self._is_half_ping = not self._is_half_ping
            count += 1
        if count:
            del buffer[:count]
        if buffer:
            self._is_half_ping = False

    def _check_start(self) -> None:
        """Refuse what is not SIP as soon as its first line is there, or is too long to be one."""
        buffer = self._buffer
        end = buffer.find(b"\r\n", 0, self.limits.start_line + 2)
        if end >= 0:
            if _START_LINE_RE.fullmatch(buffer, 0, end) is None:
                raise FramingError(0, "Not SIP")
            self._start_checked = True
        elif len(buffer) > self.limits.start_line + 1:
            raise FramingError(0, "Start Line Too Long")

    def _body_length(self, head: bytes) -> int:
        """Content-Length of complete headers.  Absent, it is 0, unless there is a Content-Type."""
        values = {value.strip(b" \t") for value in _CONTENT_LENGTH_RE.findall(head)}
        if not values:
            if _CONTENT_TYPE_RE.search(head) is not None:
                raise FramingError(400, "Missing Content-Length", read_head(head))
            return 0
        if len(values) > 1:
            raise FramingError(400, "Multiple Content-Length Fields", read_head(head))
        value = values.pop()
        if _DIGITS_RE.fullmatch(value) is None:
            raise FramingError(400, "Bad Content-Length", read_head(head))
        length = int(value)
        if length > self.limits.body:
            raise FramingError(513, "Message Too Large", read_head(head))
        return length
