# SPDX-License-Identifier: GPL-2.0-or-later
"""Offer and answer (RFC 3264): directions, hold, rejected media, and whether an answer fits its offer."""
from __future__ import annotations

from typing import Final

from mss.sdp.description import Description, Media

SENDRECV: Final = "sendrecv"
SENDONLY: Final = "sendonly"
RECVONLY: Final = "recvonly"
INACTIVE: Final = "inactive"

_DIRECTIONS: Final = (SENDRECV, SENDONLY, RECVONLY, INACTIVE)
#: The same media seen from the other side (RFC 3264 section 6.1).
_REVERSED: Final = {SENDRECV: SENDRECV, SENDONLY: RECVONLY, RECVONLY: SENDONLY, INACTIVE: INACTIVE}
#: What a party on hold is offered instead of its direction (RFC 3264 section 8.4).
_HELD: Final = {SENDRECV: SENDONLY, SENDONLY: SENDONLY, RECVONLY: INACTIVE, INACTIVE: INACTIVE}
#: Directions that may answer an offered one (RFC 3264 section 6.1).
_ANSWERS: Final = {
    SENDRECV: _DIRECTIONS,
    SENDONLY: (RECVONLY, INACTIVE),
    RECVONLY: (SENDONLY, INACTIVE),
    INACTIVE: (INACTIVE,),
}
#: What an answer that claims too much is taken for: (offered, answered) -> direction.
_NARROWED: Final = {
    (SENDONLY, SENDRECV): RECVONLY,
    (SENDONLY, SENDONLY): INACTIVE,
    (RECVONLY, SENDRECV): SENDONLY,
    (RECVONLY, RECVONLY): INACTIVE,
}
_NOWHERE: Final = ("0.0.0.0", "::")


def direction_of(description: Description, media: Media) -> str:
    """The direction of ``media`` as its sender sees it: its own, else the session's, else sendrecv."""
    for section in (media, description.session):
        for name in _DIRECTIONS:
            if section.attribute(name) is not None:
                return name
    return SENDRECV


def set_direction(media: Media, direction: str) -> None:
    """Give ``media`` a direction of its own; sendrecv is written too, the session may say otherwise."""
    media.remove_attributes(*_DIRECTIONS)
    media.add_attribute(direction)


def reversed_direction(direction: str) -> str:
    """The direction as the other side sees it: sendonly <-> recvonly."""
    return _REVERSED[direction]


def is_held(description: Description, media: Media) -> bool:
    """Whether the sender of ``media`` does not want to receive: sendonly, inactive, or address 0.0.0.0 (8.4)."""
    if direction_of(description, media) in (SENDONLY, INACTIVE):
        return True
    connection = description.connection_of(media)
    return connection is not None and connection.address in _NOWHERE


def is_hold(description: Description) -> bool:
    """Whether all media that is on is held; False when there is none."""
    active = [media for media in description.media if media.port]
    return bool(active) and all(is_held(description, media) for media in active)


def make_hold(description: Description) -> None:
    """Turn an offer into a hold: sendrecv to sendonly, recvonly to inactive (RFC 3264 8.4)."""
    for media in description.media:
        if media.port:
            set_direction(media, _HELD[direction_of(description, media)])


def make_inactive(description: Description) -> None:
    """Turn an offer or answer into one where nobody sends."""
    for media in description.media:
        if media.port:
            set_direction(media, INACTIVE)


def make_sendrecv(description: Description) -> None:
    """Turn an offer into one where both send: the end of a hold."""
    for media in description.media:
        if media.port:
            set_direction(media, SENDRECV)


def reject_media(media: Media) -> None:
    """Reject one stream in an answer, or switch it off in an offer: port 0, formats kept (RFC 3264 6, 8.2)."""
    media.set_port(0)
    media.lines = [line for line in media.lines if line[0] == "m"]


def rejecting_answer(offer: Description, accepted: tuple[str, ...]) -> None:
    """Reject in place every stream of a kind that is not ``accepted`` ("audio", ...)."""
    for media in offer.media:
        if media.port and media.kind not in accepted:
            reject_media(media)


def narrow_directions(offer: Description, answer: Description) -> bool:
    """Make the directions of ``answer`` fit ``offer``, in place; False where they did already.

    There are phones that answer a hold with sendrecv, or without any direction, which means the same.
    """
    narrowed = False
    for offered, answered in zip(offer.media, answer.media, strict=False):
        wanted, given = direction_of(offer, offered), direction_of(answer, answered)
        if answered.port and given not in _ANSWERS[wanted]:
            set_direction(answered, _NARROWED.get((wanted, given), INACTIVE))
            narrowed = True
    return narrowed


def problem_of(offer: Description, answer: Description) -> str:
    """What is wrong with ``answer`` as an answer to ``offer``; "" when it fits (RFC 3264 section 6).

    Checked: number, order, kind and protocol of the streams, no stream switched on that was offered off,
    directions, and that each stream taken has a format and an address.
    """
    if len(answer.media) != len(offer.media):
        return f"{len(answer.media)} streams in answer to {len(offer.media)}"
    for number, (offered, answered) in enumerate(zip(offer.media, answer.media, strict=True), 1):
        problem = _stream_problem(offer, offered, answer, answered)
        if problem:
            return f"stream {number}: {problem}"
    return ""


def _stream_problem(offer: Description, offered: Media, answer: Description, answered: Media) -> str:
    if answered.kind != offered.kind:
        return f"{answered.kind} in answer to {offered.kind}"
    if not answered.port:
        return ""
    if not offered.port:
        return "switched on, but offered off"
    if answered.protocol != offered.protocol:
        return f"{answered.protocol} in answer to {offered.protocol}"
    if not answered.formats:
        return "no format"
    if answer.connection_of(answered) is None:
        return "no address"
    offered_direction = direction_of(offer, offered)
    direction = direction_of(answer, answered)
    if direction not in _ANSWERS[offered_direction]:
        return f"{direction} in answer to {offered_direction}"
    return ""
