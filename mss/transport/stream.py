# SPDX-License-Identifier: GPL-2.0-or-later
"""SIP over TCP and TLS: messages cut out of the stream, keep-alives answered (RFC 3261 18.3, RFC 5626 4.4.1)."""
from __future__ import annotations

from mss.sip.errors import FramingError
from mss.sip.framing import KEEPALIVE_PONG, FrameLimits, StreamFramer
from mss.transport.connection import Connection, ConnectionContext, StreamFlow


class StreamConnection(Connection):
    """One connection on which messages follow each other."""

    def __init__(self, flow: StreamFlow, context: ConnectionContext, *, is_accepted: bool) -> None:
        super().__init__(flow, context, is_accepted=is_accepted)
        self._framer = StreamFramer(FrameLimits(body=context.max_message_bytes))

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        framer = self._framer
        fault: FramingError | None = None
        try:
            messages = framer.feed(data)
        except FramingError as error:
            fault = error
            messages = error.completed
        if framer.pongs_due:
            self.write_raw(KEEPALIVE_PONG * framer.pongs_due)
            framer.pongs_due = 0
            self.last_heard = self.context.clock()
        for message in messages:
            self.deliver(message)
            if not self.flow.is_open:
                break
        if fault is not None:
            self._give_up(fault)
        elif not framer.pending:
            self.partial_since = 0.0
        elif messages or not self.partial_since:
            self.partial_since = self.context.clock()
        self.end_batch()

    def _give_up(self, fault: FramingError) -> None:
        """No boundary can be found any more: let the core answer what can be answered, then close."""
        self.context.log.note("framing", "%s: closed, %s", self.flow.key, fault)
        if self.flow.is_open and self.context.on_framing_error is not None:
            self.context.on_framing_error(fault, self.flow)
        self.close()
