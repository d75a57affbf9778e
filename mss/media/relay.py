# SPDX-License-Identifier: GPL-2.0-or-later
"""Session descriptions of a relay: what one party said, told to the other with our addresses (RFC 3264).

Also the offer and the answer of a gateway that is itself the party (a prompt, a conference).
"""
from __future__ import annotations

from typing import Final

from mss.sdp.description import Connection, Description, Media, Section
from mss.sdp.offer_answer import direction_of, reject_media, reversed_direction, set_direction

#: What a gateway can decode everywhere: encoding name and clock rate -> payload type of our offers.
OWN_CODECS: Final = {"PCMA/8000": "8", "PCMU/8000": "0", "telephone-event/8000": "101"}
_STATIC: Final = {"8": "PCMA/8000", "0": "PCMU/8000"}
#: Attributes of a party's own path to its address; they do not hold for ours (RFC 8839, RFC 3605).
_PATH_ATTRIBUTES: Final = (
    "candidate", "remote-candidates", "end-of-candidates", "ice-ufrag", "ice-pwd", "ice-options", "ice-lite", "rtcp",
)  # fmt: skip


def connection_to(address: str) -> Connection:
    """The ``c=`` value of an address of ours."""
    return Connection("IP6" if ":" in address else "IP4", address)


def active_streams(description: Description) -> list[int]:
    """Indexes of the streams that are switched on."""
    return [index for index, media in enumerate(description.media) if media.port]


def relay_offer(source: Description, previous: Description | None, ports: list[int], address: str) -> None:
    """Turn ``source`` in place into our offer; stream i is received at ``ports[i]`` of ``address``.

    ``previous`` is what this party was sent before: streams beyond those of ``source`` stay, switched off
    (RFC 3264 section 8).
    """
    _place(source, ports, address)
    if previous is not None:
        for media in previous.media[len(source.media):]:
            gone = Media(list(media.lines))
            reject_media(gone)
            source.media.append(gone)


def relay_answer(source: Description, offer: Description, ports: list[int], address: str) -> None:
    """Turn ``source`` in place into our answer to ``offer``: as many streams, those that do not fit rejected."""
    _place(source, ports, address)
    del source.media[len(offer.media):]
    for index, offered in enumerate(offer.media):
        if index == len(source.media):
            source.media.append(_rejected(offered))
        elif source.media[index].kind != offered.kind:
            source.media[index] = _rejected(offered)
        elif not offered.port and source.media[index].port:
            reject_media(source.media[index])


def _rejected(offered: Media) -> Media:
    media = Media(list(offered.lines))
    reject_media(media)
    return media


def _place(source: Description, ports: list[int], address: str) -> None:
    source.session.remove_attributes(*_PATH_ATTRIBUTES)
    source.session.connection = connection_to(address)
    for media, port in zip(source.media, ports, strict=True):
        media.lines = [line for line in media.lines if line[0] != "c"]
        media.remove_attributes(*_PATH_ATTRIBUTES)
        if media.port:
            media.port_count = 1
            media.set_port(port)


def own_offer(port: int, address: str) -> Description:
    """An offer of the gateway's own codecs at ``port`` of ``address``."""
    media = Media([f"m=audio {port} RTP/AVP {' '.join(OWN_CODECS.values())}\r\n"])
    for name, payload in OWN_CODECS.items():
        media.add_attribute("rtpmap", f"{payload} {name}")
    media.add_attribute("fmtp", f"{OWN_CODECS['telephone-event/8000']} 0-15")
    return Description(_own_session(address), [media])


def own_answer(offer: Description, ports: list[int], address: str) -> Description | None:
    """An answer of the gateway's own codecs: the first fitting audio stream; None when there is none.

    Stream i of the offer would be received at ``ports[i]`` of ``address``.
    """
    answer = Description(_own_session(address), [])
    taken = False
    for offered, port in zip(offer.media, ports, strict=True):
        known = {} if taken else _known_formats(offered)
        if not known:
            answer.media.append(_rejected(offered))
            continue
        taken = True
        media = Media([f"m=audio {port} {offered.protocol} {' '.join(known)}\r\n"])
        for payload, name in known.items():
            media.add_attribute("rtpmap", f"{payload} {name}")
        set_direction(media, reversed_direction(direction_of(offer, offered)))
        answer.media.append(media)
    return answer if taken else None


def _own_session(address: str) -> Section:
    connection = connection_to(address)
    origin = f"o=mss 0 0 IN {connection.family} {address}\r\n"
    return Section(["v=0\r\n", origin, "s=mss\r\n", f"c={connection}\r\n", "t=0 0\r\n"])


def _known_formats(offered: Media) -> dict[str, str]:
    """Payload types of ``offered`` that are ours, by the offerer's numbers; {} if there is no audio codec."""
    if offered.kind != "audio" or not offered.port or offered.protocol != "RTP/AVP":
        return {}
    names = dict(_STATIC)
    for value in offered.attributes("rtpmap"):
        payload, _, name = value.partition(" ")
        names[payload] = name.removesuffix("/1")
    own = {name.lower(): name for name in OWN_CODECS}
    known = {payload: own[names[payload].lower()] for payload in offered.formats
             if names.get(payload, "").lower() in own}  # fmt: skip
    return known if any(name.startswith("PCM") for name in known.values()) else {}
