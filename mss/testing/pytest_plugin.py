# SPDX-License-Identifier: GPL-2.0-or-later
"""The test kit as pytest fixtures; every environment that has mss installed has them.

``fake_clock``, ``sip_network`` and ``sip_server`` belong together: one clock moves all.  ``sip_phone``
makes registered phones of that server, ``sip_carrier`` a carrier; ``make_sip_server`` makes servers of
one's own, and ``make_playbook`` playbooks that must have been played to their end.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from mss.config.settings import Settings
from mss.model.user import User
from mss.testing.clock import FakeClock
from mss.testing.fake_carrier import FakeCarrier
from mss.testing.network import FakeNetwork
from mss.testing.phone import ScriptedPhone
from mss.testing.playbook import Machine, Playbook
from mss.testing.server import SipServer

#: The password of every user of ``sip_server``.
PASSWORD = "secret"


class MakePhone(Protocol):
    """The type of ``sip_phone``."""

    def __call__(self, number: str = "", *, registered: bool = True, host: str = "", transport: str = "UDP",
                 **options: Any) -> ScriptedPhone:
        """Make a phone of user ``number`` (the next free one, if not given) and register it.

        ``options`` are those of ``ScriptedPhone``.
        """


class MakeServer(Protocol):
    """The type of ``make_sip_server``."""

    def __call__(self, settings: Settings | None = None, **options: Any) -> SipServer:
        """Make a server with users 100 to 109; ``options`` are those of ``SipServer``."""


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that only the test moves, by way of the network."""
    return FakeClock()


@pytest.fixture
def sip_network(fake_clock: FakeClock) -> FakeNetwork:
    """A network in memory."""
    return FakeNetwork(fake_clock)


@pytest.fixture
def make_sip_server(sip_network: FakeNetwork) -> MakeServer:
    """Make a server with settings of one's own."""

    def make(settings: Settings | None = None, **options: Any) -> SipServer:
        users = options.pop("users", None) or [User(str(number), PASSWORD) for number in range(100, 110)]
        return SipServer(sip_network, users, settings, **options)

    return make


@pytest.fixture
def sip_settings() -> Settings:
    """The settings of ``sip_server``; a test module that wants others overrides this fixture."""
    return Settings()


@pytest.fixture
def sip_server(make_sip_server: MakeServer, sip_settings: Settings) -> SipServer:
    """A server with users 100 to 109."""
    return make_sip_server(sip_settings)


@pytest.fixture
def sip_phone(sip_network: FakeNetwork, sip_server: SipServer) -> MakePhone:
    """Make phones of ``sip_server``."""
    made: list[ScriptedPhone] = []

    def make(number: str = "", *, registered: bool = True, host: str = "", transport: str = "UDP",
             **options: Any) -> ScriptedPhone:
        server = sip_server.sockets[transport]
        options.setdefault("server", (server.host, server.port))
        phone = ScriptedPhone(
            sip_network, number or str(100 + len(made)), PASSWORD, host=host or f"192.0.2.{10 + len(made)}",
            transport=transport, **options)
        made.append(phone)
        if registered:
            response = phone.register()
            if response.status != 200:
                raise AssertionError(f"{phone.number} could not register: {response.what}")
        return phone

    return make


@pytest.fixture
def sip_carrier(sip_network: FakeNetwork) -> FakeCarrier:
    """A carrier at 203.0.113.1, with the account "2001"."""
    return FakeCarrier(sip_network, {"2001": PASSWORD})


@pytest.fixture
def make_playbook() -> Iterator[Callable[..., Playbook]]:
    """Make playbooks; commands that nobody expected fail the test at its end, too."""
    made: list[Playbook] = []

    def make(machine: Machine, now: float = 0.0) -> Playbook:
        made.append(Playbook(machine, now))
        return made[-1]

    yield make
    for playbook in made:
        playbook.finish()
