# SPDX-License-Identifier: GPL-2.0-or-later
"""What to type into a phone: shown on the terminal after the start, never written to a log."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from mss.config.address import Listener
from mss.model.user import User

#: With more users than this only the first ``SHOWN_USERS`` are printed.
FEW_USERS: Final = 10
SHOWN_USERS: Final = 3
#: What a phone that has only one line of settings takes, best known first.
_PHONE_TRANSPORTS: Final = ("udp", "tcp", "tls")


class Reach(NamedTuple):
    """One way to the server: transport in small letters, address in URI form, port."""

    transport: str
    host: str
    port: int


def reaches(listeners: Iterable[Listener], addresses: Sequence[str]) -> list[Reach]:
    """Every way to the server; a wildcard listener is reached at all ``addresses`` of its family."""
    found = []
    for listener in listeners:
        is_ipv6 = ":" in listener.host
        hosts = [each for each in addresses if (":" in each) == is_ipv6] if listener.is_wildcard else [listener.host]
        found += [Reach(listener.transport, f"[{host}]" if is_ipv6 else host, listener.port) for host in hosts]
    return found


def phone_help(
    listeners: Iterable[Listener], addresses: Sequence[str], users: Sequence[User], total: int, certificate: Path
) -> str:
    """The whole text, with passwords.  ``users`` are the first ones, ``total`` is how many there are.

    ``addresses`` are those of the machine (``machine_addresses``), ``certificate`` the one that TLS phones must trust.
    """
    ways = reaches(listeners, addresses)
    if not ways:
        return "No listener is open: set [sip] listen in mss.toml.\n"
    shown = users if total <= FEW_USERS else users[:SHOWN_USERS]
    lines = ["", "The server is ready. Type this into a phone:", "", *_server_lines(ways), ""]
    if not shown:
        lines += ["  There are no users yet. Add one: mss user add 100", ""]
        return "\n".join(lines)
    lines += _user_lines(shown)
    if total > len(shown):
        lines += [f"  ... and {total - len(shown)} more: mss user list --passwords"]
    lines += ["", "For baresip, lines of its file 'accounts' (one of them for each phone):", ""]
    lines += _baresip_lines(ways, shown)
    if any(way.transport == "tls" for way in ways):
        lines += ["", f"Phones that check certificates must trust {certificate}"]
        lines += [f"(baresip: sip_cafile {certificate})"]
    lines += ["", "Then call from one to the other, for example 101 from 100. Ctrl-C stops the server.", ""]
    return "\n".join(lines)


def baresip_account(way: Reach, user: User) -> str:
    """One line of baresip's file ``accounts``."""
    return (
        f"<sip:{user.number}@{way.host}:{way.port};transport={way.transport}>"
        f";auth_pass={user.password};regint=600;answermode=manual"
    )


def _server_lines(ways: Sequence[Reach]) -> list[str]:
    """One line per address, its ports behind it: ``192.0.2.1   port 5060 (UDP, TCP), port 5061 (TLS)``."""
    hosts = list(dict.fromkeys(way.host for way in ways))
    width = max(len(host) for host in hosts)
    lines = []
    for number, host in enumerate(hosts):
        ports: dict[int, list[str]] = {}
        for way in ways:
            if way.host == host:
                ports.setdefault(way.port, []).append(way.transport.upper())
        text = ", ".join(f"port {port} ({', '.join(names)})" for port, names in ports.items())
        lines.append(f"  {'Server' if number == 0 else '    or'}    {host:<{width}}  {text}")
    return lines


def _user_lines(users: Sequence[User]) -> list[str]:
    width = max(len("User"), *(len(user.number) for user in users))
    lines = [f"  {'User':<{width}}    Password"]
    lines += [f"  {user.number:<{width}}    {user.password}" for user in users]
    return lines


def _baresip_lines(ways: Sequence[Reach], users: Sequence[User]) -> list[str]:
    """For each transport that phones use, the lines of all users at the first address that has it."""
    first = {way.transport: way for way in reversed(ways)}
    chosen = [first[transport] for transport in _PHONE_TRANSPORTS if transport in first] or [ways[0]]
    return [f"  {baresip_account(way, user)}" for way in chosen for user in users]
