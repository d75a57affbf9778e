# SPDX-License-Identifier: GPL-2.0-or-later
"""The client of the control socket against a real server, and against none."""
from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

import pytest

from mss.cli.client import PAGE, ControlClient, NoServer, ServerRefused
from mss.cli.errors import CommandFailed
from mss.config.paths import Paths
from tests.fake_facade import call


@pytest.fixture
def client(home) -> ControlClient:
    return ControlClient(Paths.for_home(home).socket, "mss --home X serve", seconds=5.0)


@pytest.fixture
def odd_server(home):
    """Begin a server that does one strange thing with its first connection."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(Paths.for_home(home).socket))
    listener.listen()
    threads = []

    def serve(behave: Callable[[socket.socket], None]) -> None:
        def run() -> None:
            with listener.accept()[0] as connection:
                behave(connection)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield serve
    for thread in threads:
        thread.join()
    listener.close()


def test_ask(server, client) -> None:
    assert client.ask("status")["users"] == 3
    with pytest.raises(ServerRefused, match="no call x") as refused:
        client.ask("calls.show", call="x")
    assert refused.value.code == "not_found"


def test_all_pages(server, client, facade) -> None:
    facade.calls = [call(number) for number in range(2 * PAGE + 1)]
    assert [each["id"] for each in client.ask_all("calls.list")] == [each["id"] for each in facade.calls]


def test_users_are_told_in_portions(server, client, facade) -> None:
    numbers = [f"user-with-a-long-name-{number}" for number in range(2500)]
    assert client.tell_users_changed(numbers)
    assert [len(asked) - 1 for asked in facade.asked] == [1000, 1000, 500]
    assert [number for asked in facade.asked for number in asked[1:]] == numbers


def test_without_a_server(client) -> None:
    with pytest.raises(NoServer, match="mss --home X serve"):
        client.ask("status")
    assert not client.tell_users_changed(["100"])
    assert not client.is_running()


def test_running(server, client) -> None:
    assert client.is_running()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every socket")
def test_no_permission(server, client) -> None:
    os.chmod(client.path, 0)
    with pytest.raises(CommandFailed, match="run the command as"):
        client.ask("status")


def test_server_that_closes(odd_server, client) -> None:
    odd_server(lambda connection: connection.recv(1000))
    with pytest.raises(CommandFailed, match="closed the connection"):
        client.ask("status")


def test_server_that_stops_in_the_middle_of_an_answer(odd_server, client) -> None:
    odd_server(lambda connection: connection.sendall(b'{"id": 1, "res'))
    with pytest.raises(CommandFailed, match="closed the connection"):
        client.ask("status")


def test_server_that_is_silent(odd_server, home) -> None:
    done = threading.Event()
    odd_server(lambda connection: done.wait())
    client = ControlClient(Paths.for_home(home).socket, seconds=0.05)
    with pytest.raises(CommandFailed, match="did not answer"):
        client.ask("status")
    done.set()


def test_stream(server, client, facade) -> None:
    events = client.stream("trace.start", user="100")
    assert next(events) is None
    assert facade.tracer.active
    events.close()


def test_refused_stream(server, client) -> None:
    with pytest.raises(ServerRefused, match="address"):
        next(client.stream("trace.start", address="x"))
