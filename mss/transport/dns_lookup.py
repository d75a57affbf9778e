# SPDX-License-Identifier: GPL-2.0-or-later
"""DNS questions by dnspython, on the loop but never on the way of a message."""
from __future__ import annotations

import dns.asyncresolver
import dns.exception
import dns.message
import dns.rdata
import dns.resolver
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from mss.transport.candidates import NaptrRecord, Question, SrvRecord
from mss.transport.resolver import Answer, LookupFailed

#: For a negative answer whose zone does not say.
_NEGATIVE_SECONDS = 60.0


class DnsLookup:
    """Asks the given servers, (address, port) each, or those of the system; ``seconds`` bounds each question."""

    def __init__(self, servers: tuple[tuple[str, int], ...], seconds: float) -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            # A machine without DNS still serves its local phones.
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        if servers:
            self._resolver.nameservers = [address for address, _ in servers]
            self._resolver.nameserver_ports = dict(servers)
        self._seconds = seconds

    async def __call__(self, question: Question) -> Answer:
        """Ask; raises LookupFailed when no server answers within the time limit."""
        try:
            found = await self._resolver.resolve(
                question.name, question.kind, lifetime=self._seconds, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN as error:
            responses = list(error.kwargs["responses"].values())
            return Answer((), _seconds_of(responses[-1]) if responses else _NEGATIVE_SECONDS)
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise LookupFailed(str(error) or type(error).__name__) from error
        if found.rrset is None:
            return Answer((), _seconds_of(found.response))
        records = [_convert(record) for record in found.rrset]
        return Answer([record for record in records if record is not None], found.rrset.ttl)


def _seconds_of(response: dns.message.Message) -> float:
    """Lifetime of a negative answer (RFC 2308)."""
    if not isinstance(response, dns.message.QueryMessage) or not response.authority:
        return _NEGATIVE_SECONDS
    return float(response.resolve_chaining().minimum_ttl)


def _convert(record: dns.rdata.Rdata) -> NaptrRecord | SrvRecord | str | None:
    if isinstance(record, NAPTR):
        return NaptrRecord(
            record.order, record.preference, record.flags.decode("ascii", "replace").lower(),
            record.service.decode("ascii", "replace").upper(), record.replacement.to_text(omit_final_dot=True).lower(),
        )
    if isinstance(record, SRV):
        target = record.target.to_text(omit_final_dot=True).lower()
        return SrvRecord(record.priority, record.weight, record.port, "" if target == "." else target)
    address = getattr(record, "address", None)
    return address if isinstance(address, str) else None
