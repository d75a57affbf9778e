# SPDX-License-Identifier: GPL-2.0-or-later
"""Under which addresses this machine can be reached, to tell people what to type into a phone."""
from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path
from typing import Final

_SIOCGIFADDR: Final = 0x8915
#: A documentation address (RFC 5737): connecting a UDP socket to it sends nothing, but chooses the outgoing address.
_FAR_AWAY: Final = ("192.0.2.1", 9)


def machine_addresses(inet6_table: Path = Path("/proc/net/if_inet6")) -> list[str]:
    """The machine's addresses that other machines may reach, the one of the default route first.

    IPv4 before IPv6, without link-local ones.  A machine without a network has only its loopback address.
    """
    found = dict.fromkeys([*_outgoing_address(), *_interface_addresses(), *_inet6_addresses(inet6_table)])
    reachable = [text for text in found if _is_reachable(text)]
    return reachable or ["127.0.0.1"]


def _is_reachable(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _outgoing_address() -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR_AWAY)
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def _interface_addresses() -> list[str]:
    """The first IPv4 address of each interface (netdevice(7))."""
    addresses = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue
            addresses.append(socket.inet_ntop(socket.AF_INET, answer[20:24]))
    return addresses


def _inet6_addresses(table: Path) -> list[str]:
    """The addresses in Linux's table: 32 hexadecimal digits at the beginning of each line."""
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return []
    return [socket.inet_ntop(socket.AF_INET6, bytes.fromhex(line[:32])) for line in lines if len(line) >= 32]
