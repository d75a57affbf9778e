# SPDX-License-Identifier: GPL-2.0-or-later
"""RFC 3263 as a table: URI and DNS in, candidates out."""
from __future__ import annotations

import collections
from random import Random

import pytest

from mss.sip.uri import parse_uri
from mss.transport.candidates import (
    Candidate,
    NaptrRecord,
    Question,
    Records,
    SrvRecord,
    find_candidates,
    order_servers,
)

A, B = "192.0.2.1", "192.0.2.2"
A6 = "2001:db8::1"

#: A domain with everything; TLS is what it likes best.
FULL: dict[tuple[str, str], Records] = {
    ("full.example", "NAPTR"): [
        NaptrRecord(20, 10, "s", "SIP+D2U", "_sip._udp.full.example"),
        NaptrRecord(10, 20, "s", "SIP+D2T", "_sip._tcp.full.example"),
        NaptrRecord(10, 10, "s", "SIPS+D2T", "_sips._tcp.full.example"),
        NaptrRecord(1, 1, "s", "SIP+D2S", "_sip._sctp.full.example"),
        NaptrRecord(1, 1, "u", "E2U+SIP", ""),
    ],
    ("_sips._tcp.full.example", "SRV"): [SrvRecord(1, 0, 5071, "a.full.example")],
    ("_sip._tcp.full.example", "SRV"): [SrvRecord(1, 0, 5070, "a.full.example")],
    ("_sip._udp.full.example", "SRV"): [
        SrvRecord(2, 0, 5080, "b.full.example"), SrvRecord(1, 0, 5070, "a.full.example")
    ],
    ("a.full.example", "A"): [A],
    ("a.full.example", "AAAA"): [A6],
    ("b.full.example", "A"): [B],
    ("full.example", "A"): ["192.0.2.99"],
}
#: No NAPTR, SRV for UDP and TCP.
SRV: dict[tuple[str, str], Records] = {
    ("_sip._udp.srv.example", "SRV"): [SrvRecord(1, 0, 5070, "a.full.example")],
    ("_sip._tcp.srv.example", "SRV"): [SrvRecord(1, 0, 5072, "b.full.example")],
    ("a.full.example", "A"): [A],
    ("b.full.example", "A"): [B],
}
#: Addresses only.
BARE: dict[tuple[str, str], Records] = {("bare.example", "A"): [A], ("bare.example", "AAAA"): [A6]}
#: SRV that says: no such service.
ABSENT: dict[tuple[str, str], Records] = {
    ("_sip._udp.absent.example", "SRV"): [SrvRecord(0, 0, 0, "")],
    ("absent.example", "A"): [A],
}


def find(text: str, dns: dict[tuple[str, str], Records], large: bool = False) -> tuple[list[str], list[list[Question]]]:
    """Candidates as text, and the rounds of questions asked."""
    search = find_candidates(parse_uri(text), large=large, random=lambda: 0.5)
    asked: list[list[Question]] = []
    try:
        questions = next(search)
        while True:
            asked.append(questions)
            questions = search.send([dns.get((question.name, question.kind), []) for question in questions])
    except StopIteration as stop:
        return [f"{each.transport} {each.host} {each.port}" for each in stop.value], asked


@pytest.mark.parametrize(
    ("uri", "large", "expected"),
    [
        ("sip:100@192.0.2.1", False, ["UDP 192.0.2.1 5060"]),
        ("sip:192.0.2.1:5090", False, ["UDP 192.0.2.1 5090"]),
        ("sip:[2001:DB8::1]", False, ["UDP 2001:db8::1 5060"]),
        ("sip:192.0.2.1;transport=TCP", False, ["TCP 192.0.2.1 5060"]),
        ("sip:192.0.2.1;transport=tls", False, ["TLS 192.0.2.1 5061"]),
        ("sip:192.0.2.1:5090;transport=ws", False, ["WS 192.0.2.1 5090"]),
        ("sips:192.0.2.1", False, ["TLS 192.0.2.1 5061"]),
        ("sips:192.0.2.1;transport=tcp", False, ["TLS 192.0.2.1 5061"]),
        ("sips:192.0.2.1;transport=ws", False, ["WSS 192.0.2.1 443"]),
        ("sips:192.0.2.1;transport=udp", False, []),
        ("sip:192.0.2.1;transport=sctp", False, []),
        ("sip:name.example;maddr=192.0.2.1", False, ["UDP 192.0.2.1 5060"]),
        ("sip:192.0.2.1", True, ["TCP 192.0.2.1 5060", "UDP 192.0.2.1 5060"]),
        ("sip:192.0.2.1;transport=udp", True, ["UDP 192.0.2.1 5060"]),
        ("sip:192.0.2.1;transport=tcp", True, ["TCP 192.0.2.1 5060"]),
        ("sips:192.0.2.1", True, ["TLS 192.0.2.1 5061"]),
        ("tel:+4930123", False, []),
    ],
)
def test_literals_need_no_dns(uri: str, large: bool, expected: list[str]) -> None:
    assert find(uri, {}, large) == (expected, [])


@pytest.mark.parametrize(
    ("uri", "dns", "large", "expected"),
    [
        # NAPTR: order, then preference; then SRV by priority; IPv4 before IPv6 of one server.
        ("sip:full.example", FULL, False, [
            f"TLS {A} 5071", f"TLS {A6} 5071", f"TCP {A} 5070", f"TCP {A6} 5070",
            f"UDP {A} 5070", f"UDP {A6} 5070", f"UDP {B} 5080",
        ]),
        ("sips:full.example", FULL, False, [f"TLS {A} 5071", f"TLS {A6} 5071"]),
        ("sip:full.example;transport=udp", FULL, False, [f"UDP {A} 5070", f"UDP {A6} 5070", f"UDP {B} 5080"]),
        ("sip:full.example;transport=tcp", FULL, False, [f"TCP {A} 5070", f"TCP {A6} 5070"]),
        ("sip:full.example:5060", FULL, False, ["UDP 192.0.2.99 5060"]),
        ("sip:full.example", FULL, True, [
            f"TLS {A} 5071", f"TLS {A6} 5071", f"TCP {A} 5070", f"TCP {A6} 5070",
            f"UDP {A} 5070", f"UDP {A6} 5070", f"UDP {B} 5080",
        ]),
        ("sip:srv.example", SRV, False, [f"UDP {A} 5070", f"TCP {B} 5072"]),
        ("sip:srv.example", SRV, True, [f"TCP {B} 5072", f"UDP {A} 5070"]),
        ("sips:srv.example", SRV, False, []),
        ("sip:bare.example", BARE, False, [f"UDP {A} 5060", f"UDP {A6} 5060"]),
        ("sip:bare.example", BARE, True, [f"TCP {A} 5060", f"TCP {A6} 5060", f"UDP {A} 5060", f"UDP {A6} 5060"]),
        ("sip:bare.example;transport=tcp", BARE, False, [f"TCP {A} 5060", f"TCP {A6} 5060"]),
        ("sips:bare.example", BARE, False, [f"TLS {A} 5061", f"TLS {A6} 5061"]),
        ("sip:absent.example", ABSENT, False, []),
        ("sip:nowhere.example", {}, False, []),
        ("sip:x.example;maddr=bare.example", BARE, False, [f"UDP {A} 5060", f"UDP {A6} 5060"]),
    ],
)
def test_names_are_followed_as_the_rfc_says(
    uri: str, dns: dict[tuple[str, str], Records], large: bool, expected: list[str]
) -> None:
    assert find(uri, dns, large)[0] == expected


def test_a_port_means_that_only_addresses_are_asked_for() -> None:
    assert find("sip:bare.example:5070", BARE)[1] == [[Question("bare.example", "A"), Question("bare.example", "AAAA")]]


def test_questions_of_one_step_are_asked_at_once() -> None:
    _, rounds = find("sip:srv.example", SRV)
    assert [[question.kind for question in questions] for questions in rounds] == [
        ["NAPTR"], ["SRV", "SRV", "SRV"], ["A", "AAAA", "A", "AAAA"]
    ]


def test_candidates_are_bounded() -> None:
    many: dict[tuple[str, str], Records] = {("many.example", "A"): [f"192.0.2.{number}" for number in range(200)]}
    assert len(find("sip:many.example", many)[0]) == 16


def test_weights_share_the_load_and_zero_is_last_but_not_never() -> None:
    weights = (("a", 60), ("b", 30), ("c", 10))
    records = [SrvRecord(0, 0, 4, "first"), *(SrvRecord(1, weight, 1, target) for target, weight in weights)]
    random = Random(7).random
    orders = [order_servers(records, random) for _ in range(2000)]
    assert {order[0].target for order in orders} == {"first"}
    second = collections.Counter(order[1].target for order in orders)
    assert 1100 < second["a"] < 1300
    assert 500 < second["b"] < 700
    assert 100 < second["c"] < 300
    assert order_servers([SrvRecord(1, 0, 1, "zero"), SrvRecord(1, 5, 2, "five")], lambda: 0.0)[0].target == "zero"
    assert order_servers([SrvRecord(1, 0, 1, "zero"), SrvRecord(1, 5, 2, "five")], lambda: 0.9)[0].target == "five"


def test_a_candidate_reads_as_what_flow_to_wants() -> None:
    assert tuple(Candidate("UDP", A, 5060)) == ("UDP", A, 5060)
