# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Callable

import pytest

from mss.call.call import Call, CallSettings
from mss.call.commands import Answer, Dial, FindRoute, OpenRecord, Ring, StartTimer, StopTimer
from mss.call.events import Answered, CallReceived, Routed, Rung
from mss.call.target import Device, Route
from mss.testing.playbook import ANY, Playbook

OFFER = b"offer of the caller"
ANSWER = b"answer of the callee"
DESK = Device("sip:101@192.0.2.11")
MOBILE = Device("sip:101@192.0.2.12")


@pytest.fixture
def new_call(make_playbook) -> Callable[..., Playbook]:
    """A playbook of a new call from 100 to ``dialled``."""

    def make(dialled: str = "101", max_hops: int = 5, send_181: bool = True) -> Playbook:
        return make_playbook(Call("c1", "100", dialled, "call-id@phone", CallSettings(max_hops, send_181), 1000.0),
                             1000.0)

    return make


@pytest.fixture
def ringing_call(new_call) -> Callable[..., Playbook]:
    """A playbook of a call that rings; options are those of ``Route``."""

    def make(devices: tuple[Device, ...] = (DESK,), offer: bytes = OFFER, **options) -> Playbook:
        route = Route("101", devices, **{"no_answer_seconds": 60, **options})
        play = new_call() >> CallReceived(offer, "X-Shown: 1\r\n") << FindRoute("101", "") >> Routed(route)
        for leg, device in enumerate(devices, 1):
            play = play << Dial(leg, "101", device, offer, "X-Shown: 1\r\n")
        return play << StartTimer("no answer", 60)

    return make


@pytest.fixture
def talking_call(ringing_call) -> Callable[..., Playbook]:
    """A playbook of a call that was answered by leg 1."""

    def make(**options) -> Playbook:
        play = (
            ringing_call(**options)
            >> Rung(1, 180, "Ringing", b"", "")
            << Ring(0, 180, "Ringing", b"", "")
            >> Answered(1, ANSWER, "")
            << StopTimer("no answer")
            << Answer(0, ANSWER, "")
        )
        if options.get("max_seconds"):
            play = play << StartTimer("duration", options["max_seconds"])
        return play << OpenRecord(ANY)

    return make
