# SPDX-License-Identifier: GPL-2.0-or-later
"""A DNS server on loopback that answers from a small zone text."""
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

ZONE = """
$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 30
@ NS ns
ns A 127.0.0.1
full NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.full
full NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.full
_sip._tcp.full SRV 1 0 5070 a.full
_sip._udp.full SRV 1 0 5070 a.full
_sip._udp.full SRV 2 0 5080 b.full
a.full A 127.0.0.1
b.full A 127.0.0.2
b.full AAAA ::1
bare A 127.0.0.3
gone._sip._udp SRV 0 0 0 .
alias CNAME bare
silent A 127.0.0.9
broken A 127.0.0.9
"""


class FakeDns(asyncio.DatagramProtocol):
    """Answers as an authoritative server; ``silent`` gets no answer, ``broken`` SERVFAIL."""

    def __init__(self) -> None:
        self.zone = dns.zone.from_text(ZONE, "example.", relativize=False)
        self.asked: list[tuple[str, str]] = []
        self.silent: set[str] = {"silent.example."}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text()
        self.asked.append((name, dns.rdatatype.to_text(question.rdtype)))
        if name not in self.silent:
            self.transport.sendto(self.answer(query, question).to_wire(), address)

    def answer(self, query: dns.message.Message, question: dns.rrset.RRset) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if question.name.to_text() == "broken.example.":
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        node = self.zone.get_node(question.name)
        name = question.name
        alias = self.zone.get_rrset(name, "CNAME") if node is not None else None
        if alias is not None:
            response.answer.append(alias)
            name = alias[0].target
        found = self.zone.get_rrset(name, question.rdtype) if node is not None else None
        if found is not None:
            response.answer.append(found)
        else:
            response.authority.append(self.zone.get_rrset("example.", "SOA"))
            if node is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@contextlib.asynccontextmanager
async def fake_dns() -> AsyncIterator[tuple[FakeDns, tuple[tuple[str, int], ...]]]:
    """The server, and the setting that leads to it."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
        FakeDns, local_addr=("127.0.0.1", 0)
    )
    try:
        yield protocol, (transport.get_extra_info("sockname"),)
    finally:
        transport.close()
