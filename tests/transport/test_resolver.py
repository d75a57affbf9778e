# SPDX-License-Identifier: GPL-2.0-or-later
"""Resolution against a DNS server on loopback: order, cache, failures, and what stays synchronous."""
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mss.sip.flow import Flow
from mss.sip.uri import parse_uri
from mss.transport.candidates import Candidate, Question, SrvRecord
from mss.transport.dns_lookup import DnsLookup
from mss.transport.hosts_file import HostsFile
from mss.transport.resolver import Answer, LookupFailed, Resolver
from tests.transport.fake_dns import fake_dns
from tests.transport.harness import Transports, on_each_loop, request, silent_log, transports


async def keys(server: Transports, uri: str, large: bool = False) -> list[str]:
    found: asyncio.Future[list[Flow]] = asyncio.get_running_loop().create_future()
    server.manager.find_flows(parse_uri(uri), found.set_result, large=large)
    return [flow.key for flow in await found]


@on_each_loop
async def test_flows_come_in_the_order_of_naptr_and_srv() -> None:
    async with fake_dns() as (zone, servers), transports("udp:127.0.0.1", dns_servers=servers) as server:
        assert await keys(server, "sip:100@full.example") == [
            "tcp:127.0.0.1:5070", "udp:127.0.0.1:5070", "udp:127.0.0.2:5080"
        ]
        assert await keys(server, "sip:full.example;transport=udp") == ["udp:127.0.0.1:5070", "udp:127.0.0.2:5080"]
        assert await keys(server, "sip:bare.example") == ["udp:127.0.0.3:5060"]
        assert await keys(server, "sip:bare.example", large=True) == ["tcp:127.0.0.3:5060", "udp:127.0.0.3:5060"]
        assert await keys(server, "sips:bare.example") == ["tls:127.0.0.3:5061"]
        assert await keys(server, "sip:alias.example") == ["udp:127.0.0.3:5060"]
        assert await keys(server, "sip:nowhere.example") == []
        zone.asked.clear()
        assert await keys(server, "sip:ns.example:5077") == ["udp:127.0.0.1:5077"]
        assert sorted(zone.asked) == [("ns.example.", "A"), ("ns.example.", "AAAA")]


@on_each_loop
async def test_addresses_of_both_versions_lead_to_flows_where_there_are_listeners() -> None:
    async with fake_dns() as (_, servers):
        async with transports("udp:127.0.0.1", "udp:::1", dns_servers=servers) as server:
            assert await keys(server, "sip:b.full.example:5077") == ["udp:127.0.0.2:5077", "udp:[::1]:5077"]
            assert await keys(server, "sip:[::1]:5077;transport=tcp") == ["tcp:[::1]:5077"]
        async with transports("udp:127.0.0.1", dns_servers=servers) as server:
            assert await keys(server, "sip:[::1]:5077;transport=tcp") == []


@on_each_loop
async def test_a_repeated_search_and_a_literal_are_answered_before_the_call_returns() -> None:
    async with fake_dns() as (zone, servers), transports("udp:127.0.0.1", dns_servers=servers) as server:
        found: list[list[Flow]] = []
        server.manager.find_flows(parse_uri("sip:127.0.0.1:5099"), found.append)
        assert [[flow.key for flow in flows] for flows in found] == [["udp:127.0.0.1:5099"]]
        assert zone.asked == []
        first = await keys(server, "sip:full.example")
        assert len(first) == 3
        asked = len(zone.asked)
        server.manager.find_flows(parse_uri("sip:full.example"), found.append)
        assert [flow.key for flow in found[1]] == first
        # "There is none" is remembered as well.
        assert await keys(server, "sip:nowhere.example") == []
        asked_none = len(zone.asked)
        server.manager.find_flows(parse_uri("sip:nowhere.example"), found.append)
        assert found[2] == []
        assert (len(zone.asked), asked_none > asked) == (asked_none, True)


@on_each_loop
async def test_searches_at_the_same_time_ask_once() -> None:
    async with fake_dns() as (zone, servers), transports("udp:127.0.0.1", dns_servers=servers) as server:
        await asyncio.gather(*(keys(server, "sip:full.example") for _ in range(50)))
        assert len(zone.asked) == len(set(zone.asked))


@pytest.mark.parametrize("name", ["silent.example", "broken.example"])
@on_each_loop
async def test_a_server_that_fails_gives_an_empty_answer_after_the_time_limit(name: str) -> None:
    async with (
        fake_dns() as (zone, servers),
        transports("udp:127.0.0.1", dns_servers=servers, dns_seconds=0.2) as server,
    ):
        assert await keys(server, f"sip:{name}:5060") == []
        assert any(f"A of {name} cannot be looked up" in line for line in server.logged.lines)
        asked = len(zone.asked)
        assert await keys(server, f"sip:{name}:5060") == []
        assert len(zone.asked) == asked


@on_each_loop
async def test_the_first_candidate_fails_and_the_second_takes_the_call() -> None:
    async with fake_dns() as (_, servers), transports("udp:127.0.0.1", dns_servers=servers) as server:
        found: asyncio.Future[list[Flow]] = asyncio.get_running_loop().create_future()
        server.manager.find_flows(parse_uri("sip:full.example"), found.set_result)
        flows = await found
        flows[0].send(request())
        assert await server.closed.get() is flows[0]
        assert flows[1].is_open


@on_each_loop
async def test_records_are_converted_and_names_that_cannot_be_are_refused() -> None:
    async with fake_dns() as (_, servers):
        lookup = DnsLookup(servers, 1.0)
        assert await lookup(Question("_sip._tcp.full.example", "SRV")) == Answer(
            [SrvRecord(1, 0, 5070, "a.full.example")], 300
        )
        assert await lookup(Question("gone._sip._udp.example", "SRV")) == Answer([SrvRecord(0, 0, 0, "")], 300)
        assert await lookup(Question("bare.example", "AAAA")) == Answer((), 30)
        assert await lookup(Question("nowhere.example", "A")) == Answer((), 30)
        with pytest.raises(LookupFailed):
            await lookup(Question("a" * 64 + ".example", "A"))


@on_each_loop
async def test_an_outdated_answer_serves_while_the_dns_is_down(tmp_path: Path) -> None:
    answers: list[Answer | LookupFailed] = [Answer(["192.0.2.1"], 0), LookupFailed("down"), Answer(["192.0.2.2"], 0)]
    now = [0.0]
    loop = asyncio.get_running_loop()

    class Clock:
        create_task = loop.create_task

        def time(self) -> float:
            return now[0]

    async def lookup(question: Question) -> Answer:
        if question.kind == "AAAA":
            return Answer((), 0)
        answer = answers.pop(0)
        if isinstance(answer, LookupFailed):
            raise answer
        return answer

    log, _ = silent_log()
    resolver = Resolver(
        lookup, hosts=HostsFile(tmp_path / "none"), random=lambda: 0.0, loop=Clock(), log=log  # type: ignore[arg-type]
    )

    async def find() -> list[Candidate]:
        found: asyncio.Future[list[Candidate]] = loop.create_future()
        resolver.find(parse_uri("sip:a.example:5060"), found.set_result)
        return await found

    first = [Candidate("UDP", "192.0.2.1", 5060)]
    assert await find() == first
    now[0] = 6.0
    assert await find() == first
    assert len(answers) == 1
    now[0] = 15.0
    assert await find() == first
    now[0] = 17.0
    assert await find() == [Candidate("UDP", "192.0.2.2", 5060)]
    await resolver.close()


@on_each_loop
async def test_the_hosts_file_goes_before_the_dns(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("# a table\n192.0.2.5 carrier.test Carrier # the carrier\n2001:db8::5 carrier.test\nnonsense x\n\n")
    hosts = HostsFile(path)
    assert hosts.addresses("CARRIER.test.", want_ipv6=False) == ["192.0.2.5"]
    assert hosts.addresses("carrier.test", want_ipv6=True) == ["2001:db8::5"]
    assert hosts.addresses("carrier", want_ipv6=True) == []
    assert hosts.addresses("x", want_ipv6=False) is None
    path.unlink()
    assert hosts.addresses("carrier", want_ipv6=False) is None

    async with fake_dns() as (zone, servers), transports("udp:127.0.0.1", dns_servers=servers) as server:
        assert await keys(server, "sip:localhost:5060") == ["udp:127.0.0.1:5060"]
        assert zone.asked == []
