# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing of one leg's signalling is seen on the other one."""
from __future__ import annotations

from mss.testing.scenes import change_media, hang_up


def heads_to(network, phone) -> str:
    """The header parts of all that a phone was sent."""
    return "\n".join(packet.data.partition(b"\r\n\r\n")[0].decode() for packet in network.packets()
                     if packet.destination == phone.address and "REGISTER" not in packet.what)


def test_a_call_with_a_change_and_an_end(sip_network, alice, bob) -> None:
    alice.extra = [("User-Agent", "Alice/1"), ("Record-Route", "<sip:proxy.alice.example;lr>"),
                   ("P-Secret", "of alice"), ("Organization", "shown")]
    outgoing = alice.call("101")
    incoming = bob.take_call()
    incoming.progress(183, bob.sdp(), headers=[("Server", "Bob/1"), ("P-Secret", "of bob")])
    outgoing.expect(183)
    incoming.answer(headers=[("Server", "Bob/1"), ("Record-Route", "<sip:proxy.bob.example;lr>")])
    outgoing.expect(200)
    outgoing.routes = []
    outgoing.ack()
    incoming.expect("ACK")
    change_media(outgoing, incoming, alice.sdp(direction="sendonly"), bob.sdp(direction="recvonly"))
    hang_up(outgoing, incoming)
    to_alice, to_bob = heads_to(sip_network, alice), heads_to(sip_network, bob)
    # What the server itself sends alice: her own Via, tags, Call-ID and routes, never bob's, and the other way round.
    for secret in ("192.0.2.11", "proxy.bob", "Bob/1", "of bob", incoming.call_id, incoming.local_tag,
                   incoming.remote_tag):
        assert secret not in to_alice
    for secret in ("192.0.2.10", "proxy.alice", "Alice/1", "of alice", outgoing.call_id, outgoing.local_tag,
                   outgoing.remote_tag):
        assert secret not in to_bob
    assert "Organization: shown" in to_bob


def test_the_only_via_and_contact_are_ours(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    invite = incoming.invitation
    assert len(invite.headers("Via")) == 1
    assert invite.contact_uri == "sip:100@198.51.100.1:5060"
    assert not invite.has("Record-Route")
    assert not invite.has("Proxy-Authorization")
    incoming.reject(486, headers=[("Contact", "<sip:secret@10.0.0.1>")])
    assert not outgoing.expect(486).has("Contact")


def test_origin_of_the_description(alice, bob) -> None:
    outgoing = alice.call("101")
    incoming = bob.take_call()
    assert "o=mss " in incoming.invitation.sdp
    assert "o=phone" not in incoming.invitation.sdp
    incoming.answer()
    assert "o=mss " in outgoing.expect(200).sdp
    outgoing.ack()
    incoming.expect("ACK")
    hang_up(incoming, outgoing)
