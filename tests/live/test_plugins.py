# SPDX-License-Identifier: GPL-2.0-or-later
"""A running server with plugins of others: bad ones are named in log and list while calls go on; the example works."""
from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.support.plugins import install_example, write_plugin
from tests.support.server import LiveServer
from tests.support.sip_client import Phone, udp_phone
from tests.support.sip_dialog import connect, hang_up, start_call, take_call

pytestmark = pytest.mark.real

MakeServer = Callable[..., LiveServer]
TwoPhones = Callable[[LiveServer], list[Phone]]

_RAISING = """
from mss.plugin.api import hookimpl

@hookimpl
def mss_route_call(call):
    raise LookupError("no table of numbers")
"""

_SLEEPING = """
import time
from mss.plugin.api import hookimpl

@hookimpl
def mss_route_call(call):
    time.sleep(10)
"""

_MISSPELT = """
from mss.plugin.api import hookimpl

@hookimpl
def mss_rout_call(call):
    return None
"""

_NOT_IMPORTABLE = "import a_package_that_nobody_has\n"

_TIMEOUT_SECONDS = 0.5
#: Time-outs in a row after which a plugin is not asked any more.
_TIMEOUTS_UNTIL_SUSPENDED = 3


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of packages that servers and commands started from now on see."""
    if any(point.name == "mss-example" for point in entry_points(group="mss")):
        pytest.skip("mss-example is installed beside the server: pip uninstall it first")
    directory = tmp_path / "site"
    directory.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(directory))
    return directory


@pytest.fixture
def two_phones() -> Iterator[TwoPhones]:
    """Registered phones of the first two users of a server."""
    phones: list[Phone] = []

    def make(server: LiveServer) -> list[Phone]:
        phones.extend(udp_phone((server.host, server.port), user) for user in server.users[:2])
        return phones

    yield make
    for phone in phones:
        phone.close()


def _plugin(server: LiveServer, name: str) -> dict[str, Any]:
    found = [plugin for plugin in server.json("plugin", "list") if plugin["name"] == name]
    assert len(found) == 1, found
    return found[0]


def _seconds_until_rung(caller: Phone, callee: Phone) -> float:
    """Set up a call, end it, and tell how long the server took from the caller's INVITE to its own."""
    outgoing = start_call(caller, callee.number)
    began = time.monotonic()
    incoming, invite = take_call(callee)
    seconds = time.monotonic() - began
    callee.respond(invite, 486, "Busy Here", tag=incoming.local_tag)
    outgoing.ack_failure(caller.expect_final(outgoing.invite_branch))
    return seconds


def _log_of(server: LiveServer, plugin: str) -> str:
    return "\n".join(line for line in server.log().splitlines() if plugin in line)


def test_a_plugin_that_raises_and_two_that_cannot_be_used(
    site: Path, make_server: MakeServer, two_phones: TwoPhones
) -> None:
    write_plugin(site, "raising", _RAISING)
    write_plugin(site, "misspelt", _MISSPELT)
    write_plugin(site, "broken", _NOT_IMPORTABLE)
    server = make_server()
    caller, callee = two_phones(server)
    for _ in range(2):
        outgoing, incoming = connect(caller, callee)
        hang_up(outgoing, incoming)
    raising, misspelt, broken = (_plugin(server, name) for name in ("raising", "misspelt", "broken"))
    assert (raising["state"], raising["calls"], raising["errors"]) == ("active", 2, 2)
    assert "LookupError: no table of numbers" in raising["last_error"]
    assert "raising.py:6" in raising["last_error"]
    assert misspelt["state"] == "failed"
    assert "mss_rout_call" in misspelt["reason"] and "mss_route_call" in misspelt["reason"]
    assert broken["state"] == "failed"
    assert "a_package_that_nobody_has" in broken["reason"]
    for plugin in (raising, misspelt, broken):
        assert (plugin["last_error"] or plugin["reason"]) in _log_of(server, plugin["name"])
    table = server.run_command("plugin", "list")
    assert all(name in table for name in ("raising", "misspelt", "broken"))
    server.assert_no_exception()


def test_a_plugin_that_sleeps(site: Path, make_server: MakeServer, two_phones: TwoPhones) -> None:
    write_plugin(site, "sleeping", _SLEEPING)
    server = make_server()
    caller, callee = two_phones(server)
    for _ in range(_TIMEOUTS_UNTIL_SUSPENDED):
        assert _TIMEOUT_SECONDS - 0.05 < _seconds_until_rung(caller, callee) < _TIMEOUT_SECONDS + 1.5
    assert "no answer to mss_route_call within 500 ms" in _log_of(server, "sleeping")
    sleeping = _plugin(server, "sleeping")
    assert (sleeping["state"], sleeping["slow"]) == ("suspended", _TIMEOUTS_UNTIL_SUSPENDED)
    assert "mss_route_call" in sleeping["reason"]
    assert "sleeping is suspended" in _log_of(server, "sleeping")
    for _ in range(3):
        assert _seconds_until_rung(caller, callee) < _TIMEOUT_SECONDS
    outgoing, incoming = connect(caller, callee)
    hang_up(outgoing, incoming)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5, "the thread that sleeps held up the end of the server"
    server.assert_no_exception()


def _example_command(server: LiveServer) -> subprocess.CompletedProcess[str]:
    command = server.command("example", "aliases", "--json")
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_example_comes_and_goes(
    site: Path, tmp_path: Path, make_server: MakeServer, two_phones: TwoPhones
) -> None:
    install_example(site, tmp_path)
    server = make_server()
    caller, callee = two_phones(server)
    (server.home / "mss-example.toml").write_text(f'[aliases]\nreception = "{callee.number}"\n')
    server.run_command("plugin", "disable", "mss-example")
    server.run_command("plugin", "enable", "mss-example")
    outgoing, incoming = connect(caller, callee, "reception")
    hang_up(outgoing, incoming)
    record = server.wait_for_record(outgoing.call_id)
    assert (record["dialled"], record["called"], record["status"]) == ("reception", callee.number, 200)
    example = _plugin(server, "mss-example")
    assert (example["state"], example["errors"], example["version"]) == ("active", 0, "0.1.0")
    assert json.loads(_example_command(server).stdout) == [{"alias": "reception", "number": callee.number}]

    shutil.rmtree(site)
    site.mkdir()
    server.stop()
    server.restart()
    refused = start_call(caller, "reception")
    response = caller.expect_final(refused.invite_branch)
    refused.ack_failure(response)
    assert response.status == 404
    assert all(plugin["name"] != "mss-example" for plugin in server.json("plugin", "list"))
    gone = _example_command(server)
    assert gone.returncode != 0 and "example" in gone.stderr
    outgoing, incoming = connect(caller, callee)
    hang_up(outgoing, incoming)
    server.assert_no_exception()
