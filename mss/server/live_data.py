# SPDX-License-Identifier: GPL-2.0-or-later
"""Users, locations and running calls as routing and admission see them: all in memory."""
from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from mss.call.routing import Directory, RouteLimits
from mss.call.target import Device
from mss.model.user import User
from mss.registrar.location import LocationService

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class LiveData(Directory):
    """The loaded objects of one server; changed only on the signalling thread."""

    def __init__(self, location: LocationService, limits: RouteLimits) -> None:
        self.location = location
        self.limits = limits
        self.users: dict[str, User] = {}
        self._calls: dict[str, int] = {}
        self._by_address: dict[str, User] = {}
        self._by_network: list[tuple[Network, User]] = []

    # ---- users ---------------------------------------------------------
    def load(self, users: Iterable[User]) -> None:
        """Replace all users."""
        self.users = {user.number: user for user in users}
        self._index_addresses()

    def put(self, number: str, user: User | None) -> None:
        """One user was added or changed, or (None) deleted."""
        if user is None:
            self.users.pop(number, None)
        else:
            self.users[number] = user
        if user is None or not user.enabled:
            self.location.remove_all(number)
        self._index_addresses()

    def _index_addresses(self) -> None:
        self._by_address.clear()
        self._by_network.clear()
        for user in self.users.values():
            if not user.ip_addresses or not user.enabled:
                continue
            for text in user.ip_addresses:
                network = ipaddress.ip_network(text, strict=False)
                if network.num_addresses == 1:
                    self._by_address[str(network.network_address)] = user
                else:
                    self._by_network.append((network, user))

    def user(self, number: str) -> User | None:
        """The local user with this number."""
        return self.users.get(number)

    def user_at(self, host: str) -> User | None:
        """The user whose requests are known by their source address ``host``."""
        if self._by_address:
            found = self._by_address.get(host)
            if found is not None:
                return found
        if self._by_network:
            address = ipaddress.ip_address(host.partition("%")[0])
            for network, user in self._by_network:
                if address.version == network.version and address in network:
                    return user
        return None

    # ---- devices and calls ---------------------------------------------
    def devices(self, number: str, now: float) -> tuple[Device, ...]:
        """Where this user's devices are reached now, best first; a fixed contact comes last."""
        found = [Device(binding.contact, binding) for binding in self.location.lookup(number, now)
                 if not binding.is_cut_off()]
        user = self.users.get(number)
        if user is not None and user.fixed_contact:
            found.append(Device(user.fixed_contact))
        return tuple(found)

    def active_calls(self, number: str) -> int:
        """Calls this number is in."""
        return self._calls.get(number, 0)

    def count_call(self, number: str, change: int) -> None:
        """``number`` joined (+1) or left (-1) a call."""
        count = self._calls.get(number, 0) + change
        if count > 0:
            self._calls[number] = count
        else:
            self._calls.pop(number, None)
