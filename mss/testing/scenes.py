# SPDX-License-Identifier: GPL-2.0-or-later
"""Pieces that many scenarios have in common."""
from __future__ import annotations

from mss.testing.message import Headers, Received
from mss.testing.phone import ScriptedPhone
from mss.testing.phone_call import PhoneCall


def connect(caller: ScriptedPhone, callee: ScriptedPhone, number: str = "") -> tuple[PhoneCall, PhoneCall]:
    """A call from ringing to the ACK; ``number`` is dialled where it is not the callee's own."""
    outgoing = caller.call(number or callee.number)
    incoming = callee.take_call()
    incoming.ring()
    outgoing.expect(180)
    incoming.answer()
    outgoing.expect(200)
    outgoing.ack()
    incoming.expect("ACK")
    return outgoing, incoming


def hang_up(ending: PhoneCall, other: PhoneCall, headers: Headers = ()) -> Received:
    """One side hangs up; returns the BYE that the other one got."""
    ending.bye(headers)
    bye = other.expect_bye()
    ending.expect("200 BYE")
    return bye


def change_media(offering: PhoneCall, answering: PhoneCall, offer: bytes, answer: bytes,
                 method: str = "INVITE") -> tuple[Received, Received]:
    """One side offers a change and the other takes it; returns the request that came, and the response."""
    if method == "INVITE":
        offering.invite(offer)
    else:
        offering.request(method, offer)
    request = answering.expect(method)
    answering.reply(request, 200, "", (), answer)
    if method == "INVITE":
        answering.expect("ACK")
    response = offering.expect(200)
    if method == "INVITE":
        offering.ack()
    return request, response
