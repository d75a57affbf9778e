# SPDX-License-Identifier: GPL-2.0-or-later
"""Which servers a URI leads to, and in which order to try them (RFC 3263 section 4).

The rules are a generator: it yields DNS questions, is sent their answers, and returns the candidates.  Whoever
drives it decides where the answers come from.
"""
from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple

from mss.sip.uri import SipUri
from mss.transport.addresses import normalize_literal


class Candidate(NamedTuple):
    """One way to try: transport as in a Via header, IP literal, port."""

    transport: str
    host: str
    port: int


class Question(NamedTuple):
    """A DNS question; ``kind`` is NAPTR, SRV, A or AAAA."""

    name: str
    kind: str


class NaptrRecord(NamedTuple):
    """A NAPTR record (RFC 2915); texts in lower case except ``service`` in capitals."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class SrvRecord(NamedTuple):
    """An SRV record (RFC 2782); ``target`` without the final dot, "" when the service is declared absent."""

    priority: int
    weight: int
    port: int
    target: str


#: What answers a question: records of its kind, IP literals for A and AAAA; empty when there are none.
Records = Sequence[NaptrRecord | SrvRecord | str]
#: Asks any number of questions at a time.
Search = Generator[list[Question], list[Records], list[Candidate]]

_MAX_CANDIDATES = 16
_SERVICES = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}
_SRV_PREFIXES = {
    "UDP": "_sip._udp.", "TCP": "_sip._tcp.", "TLS": "_sips._tcp.", "WS": "_sip._ws.", "WSS": "_sips._ws.",
}
_TRANSPORTS = {"udp": "UDP", "tcp": "TCP", "tls": "TLS", "ws": "WS", "wss": "WSS"}
#: RFC 3261 26.2.2: a sips URI asks for TLS on whatever the parameter names.
_SECURED = {"tcp": "TLS", "tls": "TLS", "ws": "WSS", "wss": "WSS"}
DEFAULT_PORTS = {"UDP": 5060, "TCP": 5060, "TLS": 5061, "WS": 80, "WSS": 443}


def find_candidates(uri: SipUri, *, large: bool, random: Callable[[], float]) -> Search:
    """Follow RFC 3263 4.1 and 4.2 for a request to ``uri``.

    ``random()`` in [0, 1) is for SRV weights.  ``large``: the request is too large for UDP, so TCP comes first
    unless the URI itself asks for UDP (RFC 3261 18.1.1).  Returns nothing for a URI that names no usable
    transport or host.
    """
    is_secure = uri.scheme == "sips"
    host = uri.param("maddr") or uri.host
    asked = (uri.param("transport") or "").lower()
    transport = (_SECURED if is_secure else _TRANSPORTS).get(asked, "")
    if not host or (asked and not transport):
        return []
    default = transport or ("TLS" if is_secure else "UDP")
    literal = normalize_literal(host)
    if literal is not None:
        found = [Candidate(default, literal, uri.port or DEFAULT_PORTS[default])]
    elif uri.port:
        found = yield from _find_hosts([(default, host, uri.port)])
    else:
        found = yield from _find_by_name(host, transport, default, is_secure=is_secure, random=random)
    if large and not transport:
        found = _prefer_reliable(found)
    return found[:_MAX_CANDIDATES]


def _find_by_name(
    host: str, transport: str, default: str, *, is_secure: bool, random: Callable[[], float]
) -> Search:
    """No port: SRV for the transport asked for, else NAPTR, else SRV for each transport, else the bare host."""
    if transport:
        services = [(transport, _SRV_PREFIXES[transport] + host)]
    else:
        (records,) = yield [Question(host, "NAPTR")]
        services = _read_naptr(records, is_secure=is_secure) or [
            (each, _SRV_PREFIXES[each] + host) for each in (("TLS",) if is_secure else ("UDP", "TCP", "TLS"))
        ]
    answers = yield [Question(name, "SRV") for _, name in services]
    if not any(answers):
        return (yield from _find_hosts([(default, host, DEFAULT_PORTS[default])]))
    servers: list[tuple[str, str, int]] = []
    for (each, _), records in zip(services, answers, strict=True):
        servers += [(each, record.target, record.port) for record in order_servers(records, random)]
    return (yield from _find_hosts(servers[:_MAX_CANDIDATES]))


def _read_naptr(records: Records, *, is_secure: bool) -> list[tuple[str, str]]:
    """Transports and SRV names in the order the domain wishes (RFC 3263 4.1)."""
    usable = sorted(
        record
        for record in records
        if isinstance(record, NaptrRecord)
        and record.flags == "s"
        and record.service in _SERVICES
        and (not is_secure or record.service == "SIPS+D2T")
    )
    return [(_SERVICES[record.service], record.replacement) for record in usable]


def order_servers(records: Records, random: Callable[[], float]) -> list[SrvRecord]:
    """SRV records in the order of RFC 2782: by priority, within one by weighted chance; absent ones left out."""
    left = sorted(record for record in records if isinstance(record, SrvRecord) and record.target)
    ordered: list[SrvRecord] = []
    while left:
        group = [record for record in left if record.priority == left[0].priority]
        # Sorted by weight, those of weight 0 stand first and have their small chance.
        pick = random() * sum(record.weight for record in group)
        running = 0
        for record in group:
            running += record.weight
            if running >= pick:
                break
        left.remove(record)
        ordered.append(record)
    return ordered


def _find_hosts(servers: list[tuple[str, str, int]]) -> Search:
    """The addresses of (transport, name, port) each, all asked for at once; IPv4 before IPv6."""
    names = list(dict.fromkeys(name for _, name, _ in servers))
    questions = [Question(name, kind) for name in names for kind in ("A", "AAAA")]
    answers = (yield questions) if questions else []
    hosts: dict[str, list[str]] = {}
    for question, records in zip(questions, answers, strict=True):
        hosts.setdefault(question.name, []).extend(record for record in records if isinstance(record, str))
    return [Candidate(transport, host, port) for transport, name, port in servers for host in hosts[name]]


def _prefer_reliable(found: list[Candidate]) -> list[Candidate]:
    """TCP and TLS first; where the peer has told of none, TCP at the same place, then UDP after all."""
    reliable = [candidate for candidate in found if candidate.transport != "UDP"]
    datagram = [candidate for candidate in found if candidate.transport == "UDP"]
    if not reliable:
        reliable = [candidate._replace(transport="TCP") for candidate in datagram]
    return reliable + datagram
