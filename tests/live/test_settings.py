# SPDX-License-Identifier: GPL-2.0-or-later
"""Settings of a running server: mistakes stop a start and change nothing at a reload; the service manager is told."""
from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.peers.base import PeerError, make_users
from tests.support.server import LiveServer, Settings, format_toml
from tests.support.sip_client import Phone, unique
from tests.support.sip_dialog import Dialog, connect, hang_up
from tests.support.wire import UdpWire

pytestmark = pytest.mark.real

MakePhone = Callable[..., Phone]

_SECONDS = 10.0


def _file(server: LiveServer) -> Path:
    """A file of settings that is read after mss.toml."""
    return server.home / "conf.d" / "test.toml"


def _run(server: LiveServer, *arguments: str) -> tuple[int, str]:
    """Run a command that is expected to fail; its status and all that it printed."""
    done = subprocess.run(server.command(*arguments), capture_output=True, text=True, check=False, timeout=20)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def _first_line_with(text: str, output: str) -> str:
    return next((line for line in output.splitlines() if text in line), f"{text!r} is not in: {output}")


def _place(server: LiveServer) -> tuple[str, int]:
    return server.host, server.port


def _realm(phone: Phone) -> str:
    """The realm by which the server asks for a password."""
    headers = [("From", f"<{phone.aor}>;tag={unique('f')}"), ("To", f"<{phone.aor}>"), ("Call-ID", unique("realm")),
               ("CSeq", "1 REGISTER"), ("Contact", f"<{phone.contact}>")]  # fmt: skip
    branch = phone.send_request("REGISTER", f"sip:{phone.domain}", headers)
    return phone.expect_final(branch).param("www-authenticate", "realm")


def _hold(dialog: Dialog, other: Dialog) -> None:
    """Change a call in progress, which both sides must see."""
    branch = dialog.send("INVITE", dialog.phone.offer("sendonly", version=2))
    invite = other.phone.expect(lambda m: m.method == "INVITE" and m.call_id == other.call_id, "re-INVITE")
    other.phone.respond(invite, 200, "OK", body=other.phone.offer("recvonly", version=2))
    assert dialog.phone.expect_final(branch).status == 200
    dialog.ack()
    other.phone.expect_request("ACK")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> LiveServer:
    """A server with a home, never started."""
    server = LiveServer(tmp_path_factory.mktemp("server"), make_users(2, first=100))
    server.prepare()
    return server


class TestStart:
    """Nothing starts with a wrong setting."""

    @pytest.mark.parametrize(
        ("text", "line", "key", "remedy"),
        [
            ("[sip]\nt1 = 'fast'\n", 2, "sip.t1", "as in t1 = 0.5"),
            ("[sip]\n\nrelam = 'x'\n", 3, "sip.relam", "did you mean realm?"),
            ("[call]\nmedia = 'direct'\nmax_calls = -1\n", 3, "call.max_calls", "use a value from 0"),
            ("[sip]\nlisten = ['udp:127.0.0.1:5060',\n  'udp:127.0.0.1']\n", 3, "sip.listen", "as in tls:0.0.0.0:5061"),
            ("[sip]\ntls_certificate = '/no/a.pem'\ntls_key = '/no/k.pem'\n", 2, "sip.tls_certificate", "/no/a.pem"),
            ("[registrar]\nmax_expires = 600\n", 2, "registrar.max_expires", "lower default_expires, or raise"),
            ("[call]\nmax_hops = 5\nmax_hops = 6\n", 3, "", "correct the line"),
        ],
        ids=["type", "name", "range", "item", "file", "conflict", "syntax"],
    )
    def test_a_mistake_is_named_with_place_and_remedy(
        self, home: LiveServer, text: str, line: int, key: str, remedy: str
    ) -> None:
        _file(home).write_text(text)
        status, output = _run(home, "serve")
        assert status == 1
        assert remedy in _first_line_with(f"{_file(home)}:{line}: {key}", output)

    def test_check_tells_the_same_as_a_start(self, home: LiveServer) -> None:
        _file(home).write_text("[sip]\nrelam = 'x'\n")
        (home.home / "mss_var_param.ini").write_text("[sip]\ngVarSipRegSameDialogue=0\n")
        for command in ("serve", "check"):
            status, output = _run(home, command)
            assert status == 1
            assert "did you mean realm?" in _first_line_with(f"{_file(home)}:2: sip.relam", output)
            assert "did you mean" in _first_line_with(f"{home.home / 'mss_var_param.ini'}:2: [sip]", output)
        (home.home / "mss_var_param.ini").unlink()

    def test_a_port_that_is_taken(self, home: LiveServer) -> None:
        _file(home).write_text("")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(_place(home))
            status, output = _run(home, "serve")
        assert status == 1
        assert "sip" in _first_line_with(f"udp:{home.host}:{home.port}", output)


class TestRunning:
    """One server, whose settings each test leaves as it found them."""

    @pytest.fixture(autouse=True)
    def restored_settings(self, server: LiveServer) -> Iterator[None]:
        """The settings of the start, in force again after the test."""
        yield
        _file(server).write_text("")
        server.run_command("reload")

    def _send(self, server: LiveServer, number: signal.Signals) -> None:
        (pid,) = server.pids()
        os.kill(pid, number)

    @pytest.mark.parametrize("by", ["command", "signal"])
    def test_a_change_does_not_touch_the_call_in_progress(
        self, server: LiveServer, make_phone: MakePhone, by: str
    ) -> None:
        caller, callee = make_phone(), make_phone()
        outgoing, incoming = connect(caller, callee)
        changed: Settings = {"sip": {"realm": by, "public_address": "203.0.113.5"}, "registrar": {"nat_expires": 90}}
        _file(server).write_text(format_toml(changed))
        if by == "command":
            report = server.json("reload")
            assert report == {"changed": ["sip.realm", "registrar.nat_expires"],
                              "restart_needed": ["sip.public_address"]}  # fmt: skip
        else:
            self._send(server, signal.SIGHUP)
            server.wait_for(lambda: _realm(caller) == by, _SECONDS, "the new realm")
        assert _realm(caller) == by
        _hold(outgoing, incoming)
        hang_up(incoming, outgoing)
        assert server.wait_for_record(outgoing.call_id)["status"] == 200
        contact = f"<sip:{caller.number}@192.0.2.7:5060>"
        assert caller.register(contact=contact).param("contact", "expires") == "90"

    @pytest.mark.parametrize("by", ["command", "signal"])
    def test_a_mistake_leaves_the_old_settings(self, server: LiveServer, make_phone: MakePhone, by: str) -> None:
        caller, callee = make_phone(), make_phone()
        outgoing, incoming = connect(caller, callee)
        before = _realm(caller)
        _file(server).write_text("[sip]\nrealm = 'new'\n[registrar]\nmax_expires = 'long'\n")
        told = f"{_file(server)}:4: registrar.max_expires: "
        if by == "command":
            with pytest.raises(PeerError) as failed:
                server.run_command("reload")
            assert told in str(failed.value)
        else:
            self._send(server, signal.SIGHUP)
            server.wait_for(lambda: f"not reloaded: {told}" in server.log(), _SECONDS, "the mistake in the log")
        assert _realm(caller) == before
        hang_up(outgoing, incoming)

    def test_a_second_server_of_the_same_home_is_refused(self, server: LiveServer, make_phone: MakePhone) -> None:
        outgoing, incoming = connect(make_phone(), make_phone())
        status, output = _run(server, "serve")
        assert status == 1
        assert "stop the other server" in _first_line_with(str(server.home), output)
        assert len(server.json("call", "list")) == 1
        hang_up(outgoing, incoming)
        assert server.wait_for_record(outgoing.call_id)["status"] == 200


class ServiceManager:
    """The socket on which a service of Type=notify tells its states."""

    def __init__(self, path: Path) -> None:
        """Listen at ``path``."""
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(_SECONDS)
        self._socket.bind(str(path))

    def expect(self, state: str) -> list[str]:
        """Wait for a notification with ``state``; the lines of all that came with and before it."""
        lines: list[str] = []
        while state not in lines:
            lines += self._socket.recv(65535).decode().splitlines()
        return lines

    def close(self) -> None:
        """Stop to listen."""
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceManager]:
    """The manager of services started from now on, which wants a sign of life each second."""
    found = ServiceManager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(found.path))
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    yield found
    found.close()


def test_the_service_manager_is_told(tmp_path: Path, manager: ServiceManager) -> None:
    server = LiveServer(tmp_path, make_users(2, first=100))
    try:
        server.launch()
        manager.expect("READY=1")
        # One datagram, sent once: whoever says that it is ready has to answer it.
        phone = Phone(UdpWire(_place(server)), server.users[0])
        assert _realm(phone) == "mss"
        phone.close()
        manager.expect("WATCHDOG=1")
        manager.expect("WATCHDOG=1")
        (pid,) = server.pids()
        os.kill(pid, signal.SIGHUP)
        lines = manager.expect("RELOADING=1")
        assert any(line.startswith("MONOTONIC_USEC=") for line in lines)
        manager.expect("READY=1")
        os.kill(pid, signal.SIGTERM)
        assert "READY=1" not in manager.expect("STOPPING=1")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        server.stop()
    server.assert_no_exception()
