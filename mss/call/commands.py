# SPDX-License-Identifier: GPL-2.0-or-later
"""What a call wants done: the outputs of ``mss.call.call.Call``, in order."""
from __future__ import annotations

from typing import NamedTuple

from mss.call.target import Device
from mss.model.call_record import CallRecord


class FindRoute(NamedTuple):
    """Route ``number`` for this call's caller; answered by ``Routed``.

    ``by`` is the number that forwards or transfers there, "" for what the caller dialled.
    """

    number: str
    by: str


class Dial(NamedTuple):
    """Send an INVITE to a device on the new leg ``leg``; an empty ``body`` asks for an offer.

    ``caller`` is shown as calling instead of the call's caller: the party that stays in a transfer.
    """

    leg: int
    number: str
    device: Device
    body: bytes
    headers: str
    caller: str = ""


class Ring(NamedTuple):
    """Send a provisional response."""

    leg: int
    status: int
    reason: str
    body: bytes
    headers: str


class Answer(NamedTuple):
    """Send the 2xx."""

    leg: int
    body: bytes
    headers: str


class Reject(NamedTuple):
    """Send the final failure to a caller."""

    leg: int
    status: int
    reason: str
    headers: str


class Cancel(NamedTuple):
    """Give up a leg that has not answered."""

    leg: int
    headers: str


class HangUp(NamedTuple):
    """End an answered leg."""

    leg: int
    headers: str


class Acknowledge(NamedTuple):
    """Send the ACK that a 2xx with an offer waits for."""

    leg: int
    body: bytes


class Offer(NamedTuple):
    """Send a re-INVITE or UPDATE (``method`` names the one the offer came by); answered by ``OfferAnswered``
    or ``OfferRefused``."""

    leg: int
    body: bytes
    method: str


class AcceptOffer(NamedTuple):
    """Answer the leg's pending re-INVITE or UPDATE."""

    leg: int
    body: bytes


class RefuseOffer(NamedTuple):
    """Refuse the leg's pending re-INVITE or UPDATE."""

    leg: int
    status: int


class Respond(NamedTuple):
    """Answer the request ``token`` (REFER) of a leg."""

    leg: int
    token: int
    status: int


class Notify(NamedTuple):
    """Tell a transferor how its REFER goes; ``is_final`` ends the subscription (RFC 3515 2.4.5)."""

    leg: int
    status: int
    reason: str
    is_final: bool


class AdoptPeer(NamedTuple):
    """Take over the peer of leg ``leg`` of call ``call``; answered by ``LegAdopted`` or ``AdoptionFailed``."""

    call: str
    leg: int


class StartTimer(NamedTuple):
    """Start or restart a timer; answered by ``TimerFired``."""

    name: str
    seconds: float


class StopTimer(NamedTuple):
    """Stop a timer, running or not."""

    name: str


class CarryDescription(NamedTuple):
    """Give the description of leg ``source`` to the media gateway and get the one for leg ``target``."""

    source: int
    target: int
    body: bytes
    token: int


class OpenRecord(NamedTuple):
    """The call was answered: make sure that a crash leaves a record of it."""

    record: CallRecord


class WriteRecord(NamedTuple):
    """The call is over: keep its record."""

    record: CallRecord


class End(NamedTuple):
    """Nothing more will come; forget the call and its legs."""


Command = (FindRoute | Dial | Ring | Answer | Reject | Cancel | HangUp | Acknowledge | Offer | AcceptOffer
           | RefuseOffer | Respond | Notify | AdoptPeer | StartTimer | StopTimer | CarryDescription | OpenRecord
           | WriteRecord | End)
