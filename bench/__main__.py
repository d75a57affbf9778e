# SPDX-License-Identifier: GPL-2.0-or-later
"""``python3 -m bench``: see ``docs/performance.md``."""
from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.items import ITEMS, Figures, Item, Options
from bench.peers import PEERS, Peer, PeerError, User
from bench.peers.base import make_users
from bench.peers.external import External
from bench.report import append_json, format_table
from bench.sipp import SippError

_DEFAULT_PEERS = ["mss", "mss-compiled", "asterisk", "kamailio"]
_DEFAULT_ITEMS = "R,C,start"


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    defaults = Options()
    add = parser.add_argument
    add("peers", nargs="*", metavar="PEER", help=f"of {', '.join(PEERS)}; default: {' '.join(_DEFAULT_PEERS)}")
    add("--items", default=_DEFAULT_ITEMS, help=f"comma list of {', '.join(ITEMS)}; all; default: {_DEFAULT_ITEMS}")
    add("--rate", type=_numbers, default=[], metavar="N,N", help="calls per second of C (default: 1000,100 for mss)")
    add("--seconds", type=int, default=defaults.seconds, help="length of each C and Cmax step")
    add("--ladder", type=_numbers, default=defaults.ladder, metavar="N,N", help="the steps of Cmax")
    add("--register-count", type=int, default=defaults.register_count)
    add("--register-rate", type=int, default=defaults.register_rate)
    add("--memory-calls", type=_numbers, default=defaults.memory_calls, metavar="N,N")
    add("--memory-rate", type=int, default=defaults.memory_rate)
    add("--held-calls", type=int, default=defaults.held_calls)
    add("--compiled", action="store_true", help="mss means mss-compiled")
    add("--json", type=Path, metavar="FILE", help="append the figures as JSON lines")
    add("--host", default="127.0.0.1", help="address of the servers and of SIPp")
    add("--port", type=int, default=18060, help="SIP port of the servers")
    add("--base-port", type=int, default=defaults.base_port, help="first of 100 ports for SIPp")
    add("--pids", type=_numbers, default=[], metavar="N,N", help="external: the processes to measure")
    add("--users", type=Path, metavar="CSV", help="external: its users, one NUMBER,PASSWORD per line")
    add("--keep", action="store_true", help="keep the scratch directory and say where it is")
    return parser.parse_args(arguments)


def _options(given: argparse.Namespace) -> Options:
    return Options(given.base_port, given.register_count, given.register_rate, given.rate, given.seconds,
                   given.ladder, given.memory_calls, given.memory_rate, given.held_calls)  # fmt: skip


def _users(given: argparse.Namespace, item: Item) -> list[User]:
    if given.users is None:
        return make_users(item.users)
    rows = [line.split(",")[:2] for line in given.users.read_text().splitlines() if "," in line]
    return [User(number, password) for number, password in rows if number != "number"]


def _peer(name: str, given: argparse.Namespace, item: Item, work_dir: Path) -> Peer:
    if given.compiled and name == "mss":
        name = "mss-compiled"
    peer = PEERS[name](given.host, given.port, _users(given, item), work_dir)
    if isinstance(peer, External):
        peer.process_ids = tuple(given.pids)
    return peer


def _measure(peer_name: str, item_name: str, given: argparse.Namespace, work_dir: Path) -> Iterator[Figures]:
    """One item on one freshly started peer."""
    item = ITEMS[item_name]
    peer = _peer(peer_name, given, item, work_dir)
    try:
        peer.start()
        for figures in item.run(peer, _options(given)):
            yield {"peer": peer.name, **figures}
    except (PeerError, SippError) as error:
        yield {"peer": peer.name, "item": item_name, "error": str(error).splitlines()[0]}
        print(error, file=sys.stderr)
    finally:
        peer.stop()


def main(arguments: list[str]) -> int:
    """Run what the command line asks for; 1 when a call or a registration failed or nothing could run."""
    given = _parse_arguments(arguments)
    peers = given.peers or _DEFAULT_PEERS
    items = list(ITEMS) if given.items == "all" else given.items.split(",")
    unknown = [name for name in peers if name not in PEERS] + [name for name in items if name not in ITEMS]
    if unknown or shutil.which("sipp") is None:
        print(f"bench: {'unknown: ' + ', '.join(unknown) if unknown else 'sipp is not installed'}", file=sys.stderr)
        return 2
    work_dir = Path(tempfile.mkdtemp(prefix="mss-bench-"))
    lines: list[Figures] = []
    try:
        for peer_name in peers:
            for item_name in items:
                for line in _measure(peer_name, item_name, given, work_dir):
                    lines.append(line)
                    print(json.dumps(line), flush=True)
                    if given.json is not None:
                        append_json(given.json, line)
    finally:
        if given.keep:
            print(f"bench: files are in {work_dir}", file=sys.stderr)
        else:
            shutil.rmtree(work_dir, ignore_errors=True)
    print("\n" + format_table(lines))
    return 1 if any(line.get("failed") for line in lines if line["item"] != "Cmax") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
