# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured.  Each item takes a running peer (or starts its own) and yields lines of figures."""
from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.load import Load
from bench.peers import Peer, PeerError
from bench.peers.mss import Mss
from bench.process import Meter, memory_mb

Figures = dict[str, object]
_WARM_UP_CALLS = 200
#: A finished transaction lingers for 64 * T1 = 32 s on UDP (RFC 3261 17.1.1.2).
_LINGER_SECONDS = 35


@dataclass
class Options:
    """What the command line says about the loads."""

    base_port: int = 18160
    register_count: int = 10000
    register_rate: int = 250
    call_rates: list[int] = field(default_factory=list)
    seconds: int = 20
    ladder: list[int] = field(default_factory=lambda: [200, 500, 1000, 1250, 1500, 1750, 2000, 2500])
    memory_calls: list[int] = field(default_factory=lambda: [10000, 100000])
    memory_rate: int = 300
    held_calls: int = 1000


def _per_1000(cpu: float, count: int) -> float | None:
    return round(cpu * 1000 / count, 3) if count else None


@contextmanager
def _answering(peer: Peer, options: Options) -> Iterator[Load]:
    """A load whose callees answer, after a few calls to warm up."""
    load = Load(peer, options.base_port)
    try:
        load.answer_calls()
        load.call(50, _WARM_UP_CALLS)
        yield load
    finally:
        load.close()


def registrations(peer: Peer, options: Options) -> Iterator[Figures]:
    """R: REGISTER, 401, REGISTER with digest, 200, over the user list; refreshes after the first round."""
    load = Load(peer, options.base_port)
    load.register(peer.users[:100])
    meter = Meter(peer.pids())
    result = load.register(peer.users, options.register_count, options.register_rate, meter.sample)
    time.sleep(1)
    cost = meter.stop()
    yield {"item": "R", "rate": options.register_rate, **result.as_dict(), **cost,
           "cpu_s_per_1000": _per_1000(cost["cpu_s"], result.ok)}  # fmt: skip


def _one_call_rate(peer: Peer, load: Load, rate: int, seconds: int, item: str) -> Figures:
    meter = Meter(peer.pids())
    started = time.monotonic()
    result = load.call(rate, rate * seconds, meanwhile=meter.sample)
    took = time.monotonic() - started
    time.sleep(1.5)
    cost = meter.stop()
    return {"item": item, "rate": rate, **result.as_dict(), "rate_reached": round(result.ok / max(took - 0.3, 1), 1),
            **cost, "cpu_s_per_1000": _per_1000(cost["cpu_s"], result.ok)}  # fmt: skip


def calls(peer: Peer, options: Options) -> Iterator[Figures]:
    """C: INVITE, 407, INVITE with digest, 180, 200, ACK, 100 ms, BYE, at each rate."""
    with _answering(peer, options) as load:
        for rate in options.call_rates or peer.call_rates:
            yield _one_call_rate(peer, load, rate, options.seconds, "C")


def highest_call_rate(peer: Peer, options: Options) -> Iterator[Figures]:
    """Cmax: C at rising rates until a call fails or the rate is not reached."""
    best = 0
    with _answering(peer, options) as load:
        for rate in options.ladder:
            figures = _one_call_rate(peer, load, rate, options.seconds, "Cmax")
            yield figures
            if figures["failed"] or figures["ok"] != rate * options.seconds or _is_slow(figures, rate):
                break
            best = rate
    yield {"item": "Cmax-result", "max_calls_per_s": best}


def _is_slow(figures: Figures, rate: int) -> bool:
    reached = figures["rate_reached"]
    return not isinstance(reached, float) or reached < 0.85 * rate


def memory_of_calls(peer: Peer, options: Options) -> Iterator[Figures]:
    """RSS after so many calls in all, at a rate low enough that the first stage is a steady state."""
    done = 0
    with _answering(peer, options) as load:
        for total in options.memory_calls:
            result = load.call(options.memory_rate, total - done)
            done = total
            at_once = memory_mb(peer.pids())[0]
            time.sleep(_LINGER_SECONDS)
            yield {"item": "memory-calls", "calls": total, "rate": options.memory_rate, **result.as_dict(),
                   "rss_mb": round(at_once, 1), "rss_later_mb": round(memory_mb(peer.pids())[0], 1)}  # fmt: skip


def memory_of_users(peer: Peer, options: Options) -> Iterator[Figures]:
    """KB of RSS per registered user (all users of the peer, registered once)."""
    load = Load(peer, options.base_port)
    load.register(peer.users[:50])
    time.sleep(_LINGER_SECONDS)
    before = memory_mb(peer.pids())[0]
    result = load.register(peer.users[50:], rate=options.register_rate)
    time.sleep(_LINGER_SECONDS)
    after = memory_mb(peer.pids())[0]
    yield {"item": "memory-users", "users": result.ok, **result.as_dict(), "rss_before_mb": round(before, 1),
           "rss_mb": round(after, 1), "kb_per_user": round((after - before) * 1024 / max(result.ok, 1), 1)}  # fmt: skip


def memory_of_established(peer: Peer, options: Options) -> Iterator[Figures]:
    """KB of RSS per established call: calls held until their INVITE transactions have ended."""
    count, rate = options.held_calls, 100
    with _answering(peer, options) as load:
        time.sleep(_LINGER_SECONDS)
        before = memory_mb(peer.pids())[0]
        samples: list[tuple[float, float]] = []
        started = time.monotonic()
        hold = count / rate + _LINGER_SECONDS + 5
        result = load.call(rate, count, int(hold * 1000),
                           lambda: samples.append((time.monotonic() - started, memory_mb(peer.pids())[0])))  # fmt: skip
    held = [rss for seconds, rss in samples if seconds < hold - 1]
    after = held[-1] if held else before
    yield {"item": "memory-established", "calls": result.ok, **result.as_dict(), "rss_before_mb": round(before, 1),
           "rss_mb": round(after, 1), "kb_per_call": round((after - before) * 1024 / max(result.ok, 1), 1)}  # fmt: skip


def start_time(peer: Peer, options: Options) -> Iterator[Figures]:
    """Seconds from the start of the process to the first REGISTER answered, all users stored."""
    if not isinstance(peer, Mss):
        raise PeerError(f"{peer.name}: the start is measured only with mss")
    peer.stop()
    started = time.monotonic()
    peer.relaunch()
    _await_register_answer(peer)
    yield {"item": "start", "users": len(peer.users), "seconds": round(time.monotonic() - started, 2)}


def _await_register_answer(peer: Peer) -> None:
    user = peer.users[0].number
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((peer.host, 0))
        sock.settimeout(0.02)
        port = sock.getsockname()[1]
        for number in range(1, 1500):
            request = (
                f"REGISTER sip:{peer.host}:{peer.port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {peer.host}:{port};branch=z9hG4bKstart{number};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{user}@{peer.host}>;tag=start\r\nTo: <sip:{user}@{peer.host}>\r\n"
                f"Call-ID: start-{port}\r\nCSeq: {number} REGISTER\r\n"
                f"Contact: <sip:{user}@{peer.host}:{port}>\r\nContent-Length: 0\r\n\r\n"
            )
            try:
                sock.sendto(request.encode(), (peer.host, peer.port))
                sock.recv(65535)
                return
            except OSError:
                time.sleep(0.01)
    raise PeerError(f"{peer.name}: no REGISTER answered")


@dataclass(frozen=True)
class Item:
    """One item: its function, and how many users the peer has to know."""

    run: Callable[[Peer, Options], Iterator[Figures]]
    users: int = 1000


ITEMS: dict[str, Item] = {
    "R": Item(registrations),
    "C": Item(calls),
    "Cmax": Item(highest_call_rate),
    "memory-calls": Item(memory_of_calls),
    "memory-users": Item(memory_of_users, users=10000),
    "memory-established": Item(memory_of_established),
    "start": Item(start_time, users=10000),
}
