# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures for tests that start real processes; a conftest imports what it needs."""
from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.peers.base import User, make_users
from tests.support.baresip import Baresip
from tests.support.server import LiveServer, Settings
from tests.support.sip_client import Phone
from tests.support.wire import StreamWire, TlsWire, UdpWire

MakeServer = Callable[..., LiveServer]
MakePhone = Callable[..., Phone]


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[MakeServer]:
    """Start servers of one's own: ``make_server(users=[...], settings={...})``."""
    started: list[LiveServer] = []

    def make(users: list[User] | None = None, settings: Settings | None = None) -> LiveServer:
        directory = tmp_path / f"server{len(started)}"
        directory.mkdir()
        server = LiveServer(directory, users or make_users(10, first=100), settings)
        started.append(server)
        server.start()
        return server

    yield make
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    """Settings of ``server``; a module that needs others overrides this."""
    return {}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, module_settings: Settings) -> Iterator[LiveServer]:
    """One server for all tests of a module; a traceback in its log fails the module."""
    live = LiveServer(tmp_path_factory.mktemp("server"), make_users(1000), module_settings)
    try:
        live.start()
        yield live
    finally:
        live.stop()
    live.assert_no_exception()


@pytest.fixture(scope="module")
def unused_users(server: LiveServer) -> Iterator[User]:
    """Users of ``server`` that no other test has."""
    return iter(server.users)


@pytest.fixture
def make_phone(server: LiveServer, unused_users: Iterator[User]) -> Iterator[MakePhone]:
    """Registered phones of ``server``: ``make_phone(user=None, transport="UDP", registered=True)``."""
    phones: list[Phone] = []

    def make(user: User | None = None, transport: str = "UDP", registered: bool = True) -> Phone:
        wires = {"UDP": UdpWire, "TCP": StreamWire, "TLS": TlsWire}
        port = server.tls_port if transport == "TLS" else server.port
        phone = Phone(wires[transport]((server.host, port)), user or next(unused_users))
        phones.append(phone)
        if registered:
            response = phone.register()
            assert response.status == 200, response
        return phone

    yield make
    for phone in phones:
        phone.close()


@pytest.fixture
def make_baresip(tmp_path: Path) -> Iterator[Callable[..., Baresip]]:
    """Headless softphones: ``make_baresip(account_line, tone_hertz)``."""
    running: list[Baresip] = []

    def make(account: str, tone_hertz: float, ca_file: Path | None = None) -> Baresip:
        directory = tmp_path / f"phone{len(running)}"
        directory.mkdir()
        phone = Baresip(directory, account, tone_hertz, ca_file)
        running.append(phone)
        return phone

    yield make
    for phone in running:
        phone.stop()


@pytest.fixture(scope="session")
def sipp_program() -> str:
    """Path of SIPp; skips where it is not installed."""
    path = shutil.which("sipp")
    if path is None:
        pytest.skip("sipp is not installed")
    return path
