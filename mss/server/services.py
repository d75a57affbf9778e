# SPDX-License-Identifier: GPL-2.0-or-later
"""What the parts of the signalling core share."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mss.call.call import Call
from mss.model.call_record import CallRecord
from mss.plugin.dispatch import Dispatcher
from mss.plugin.types import CallEvent
from mss.server.clock import Clock
from mss.server.events.watchers import Watchers
from mss.server.flow_finder import FlowFinder
from mss.server.live_data import LiveData
from mss.server.media_link import MediaLink
from mss.server.tracer import Tracer
from mss.sip.endpoint import Endpoint


@dataclass
class Services:
    """One server's shared objects.  ``open_record`` and ``write_record`` keep call records safe from a crash."""

    clock: Clock
    endpoint: Endpoint
    finder: FlowFinder
    live: LiveData
    dispatcher: Dispatcher
    media: MediaLink
    tracer: Tracer
    open_record: Callable[[CallRecord], None]
    write_record: Callable[[CallRecord], None]
    #: Requests above this many bytes go by TCP where the peer has it.
    udp_switch_bytes: int = 1300
    user_agent_line: str = ""
    #: Domain put into From and To on called legs; empty = our address on that leg.
    domain: str = ""
    counters: dict[str, int] = field(default_factory=dict)
    #: Who is to be told of changes in calls and registrations.
    watchers: Watchers = field(default_factory=Watchers)

    def report_call(self, name: str, call: Call, status: int = 0) -> None:
        """Tell plugins of a step in a call's life."""
        if self.dispatcher.has("mss_call_event"):
            state = call.state
            self.dispatcher.tell("mss_call_event", (CallEvent(
                name, state.id, self.clock.wall(), state.caller, state.dialled, state.called, status),))
