# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to a call: the inputs of ``mss.call.call.Call``.

``leg`` is a leg's number inside its call, 0 for the caller's.  ``body`` is a session description as it
came (addresses already fixed for NAT), empty where there is none.  ``headers`` are ready header lines
that pass from leg to leg.
"""
from __future__ import annotations

from typing import NamedTuple

from mss.call.target import Route


class CallReceived(NamedTuple):
    """A caller's INVITE was admitted; the first event of every call."""

    body: bytes
    headers: str


class Routed(NamedTuple):
    """The answer to ``FindRoute``."""

    route: Route


class Rung(NamedTuple):
    """A called leg sent a provisional response above 100."""

    leg: int
    status: int
    reason: str
    body: bytes
    headers: str


class Answered(NamedTuple):
    """A called leg sent its 2xx."""

    leg: int
    body: bytes
    headers: str


class Failed(NamedTuple):
    """A called leg will not answer.  ``contacts`` are the numbers a 3xx named, best first."""

    leg: int
    status: int
    reason: str
    cause: int
    contacts: tuple[str, ...]


class Cancelled(NamedTuple):
    """The caller gave up before an answer."""

    leg: int


class Acknowledged(NamedTuple):
    """The ACK to our 2xx arrived; ``body`` answers an offer that was in the 2xx."""

    leg: int
    body: bytes


class HungUp(NamedTuple):
    """A leg is gone: BYE, or lost (then ``lost`` says why).  ``cause`` is the Q.850 cause, 0 = none given."""

    leg: int
    cause: int
    headers: str
    lost: str


class Reoffered(NamedTuple):
    """A leg sent a re-INVITE or UPDATE with an offer, or an offerless re-INVITE (empty ``body``)."""

    leg: int
    body: bytes
    method: str


class OfferAnswered(NamedTuple):
    """A leg accepted what ``Offer`` sent."""

    leg: int
    body: bytes


class OfferRefused(NamedTuple):
    """A leg refused what ``Offer`` sent; its session goes on as it was."""

    leg: int
    status: int


class TransferRequested(NamedTuple):
    """REFER: connect the leg's peer to ``number``.

    With Replaces, ``replaced_call`` and ``replaced_leg`` name the consultation call's leg of the same
    phone; without, they are "" and -1.
    """

    leg: int
    token: int
    number: str
    replaced_call: str
    replaced_leg: int


class LegAdopted(NamedTuple):
    """The answer to ``AdoptPeer``: ``leg`` is now ours, with the last description of its party."""

    leg: int
    number: str
    body: bytes


class AdoptionFailed(NamedTuple):
    """The consultation call has no answered party to take over; ``number`` is whom it was calling, or ""."""

    number: str


class ReplacementRequested(NamedTuple):
    """INVITE with Replaces: the new ``leg`` wants the place of the leg ``replaced`` (RFC 3891)."""

    leg: int
    replaced: int
    number: str
    body: bytes


class PeerTaken(NamedTuple):
    """Another call takes over the peer of ``leg`` (we are the consultation call of a transfer)."""

    leg: int


class TimerFired(NamedTuple):
    """A timer started with ``StartTimer`` expired."""

    name: str


class DescriptionCarried(NamedTuple):
    """The media gateway's answer to ``CarryDescription``."""

    token: int
    body: bytes


class CarryFailed(NamedTuple):
    """The media gateway could not serve ``CarryDescription``; ``status`` speaks SIP (488, 503, ...)."""

    token: int
    reason: str
    status: int = 503


class HangUpRequested(NamedTuple):
    """An administrator or a service ends the call, or it lost its media; ``cause`` is a Q.850 cause."""

    reason: str
    cause: int = 31


Event = (CallReceived | Routed | Rung | Answered | Failed | Cancelled | Acknowledged | HungUp | Reoffered
         | OfferAnswered | OfferRefused | TransferRequested | LegAdopted | AdoptionFailed | ReplacementRequested
         | PeerTaken | TimerFired | DescriptionCarried | CarryFailed | HangUpRequested)
