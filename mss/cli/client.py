# SPDX-License-Identifier: GPL-2.0-or-later
"""The client side of the control socket (see ``mss.server.control``)."""
from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mss.cli.errors import CommandFailed
from mss.server.control_address import connectable

#: Most that one list request asks for; the server's own limit is not lower.
PAGE: Final = 500
#: Numbers told in one ``users.changed``.
NUMBERS_PER_REQUEST: Final = 1000
#: Seconds to wait for an answer; the server gives up before that.
ANSWER_SECONDS: Final = 75.0


class NoServer(CommandFailed):
    """No server answers on the control socket."""


class ServerRefused(CommandFailed):
    """The server answered with an error; ``code`` is its stable word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ControlClient:
    """Sends commands to the server at ``path``; one connection per command."""

    def __init__(self, path: Path, start_command: str = "mss serve", seconds: float = ANSWER_SECONDS) -> None:
        """``start_command`` is what people are told to type where no server runs."""
        self.path = path
        self._start_command = start_command
        self._seconds = seconds

    def ask(self, command: str, **arguments: object) -> Any:
        """The result of one command.  Raises NoServer, ServerRefused."""
        with self._connected() as connection:
            self._send(connection, command, arguments)
            with connection.makefile("rb") as lines:
                return self._receive(lines.readline()).get("result")

    def ask_all(self, command: str, **arguments: object) -> Iterator[Any]:
        """All entries of a list that the server gives in pages."""
        offset = 0
        while True:
            page = self.ask(command, **arguments, offset=offset, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def stream(self, command: str, **arguments: object) -> Iterator[Any]:
        """Events until the server ends or the caller stops; the first thing is ``None``: it has begun."""
        with self._connected() as connection:
            self._send(connection, command, arguments)
            with connection.makefile("rb") as lines:
                self._receive(lines.readline())
                connection.settimeout(None)
                yield None
                while line := lines.readline():
                    yield self._receive(line)["event"]

    def tell_users_changed(self, numbers: Sequence[str]) -> bool:
        """Let the server read these users again; False if none runs, which then needs no telling."""
        try:
            for start in range(0, len(numbers), NUMBERS_PER_REQUEST):
                self.ask("users.changed", numbers=list(numbers[start:start + NUMBERS_PER_REQUEST]))
        except NoServer:
            return False
        return True

    def is_running(self) -> bool:
        """Whether a server answers."""
        try:
            with self._connected():
                return True
        except NoServer:
            return False

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._seconds)
            try:
                with connectable(self.path) as address:
                    connection.connect(address)
            except PermissionError:
                raise CommandFailed(
                    f"{self.path}: you may not talk to the server; run the command as root or as the server's user"
                ) from None
            except OSError:
                raise NoServer(
                    f"no server is running here ({self.path}); start it by: {self._start_command}"
                ) from None
            try:
                yield connection
            except TimeoutError:
                raise CommandFailed(f"{self.path}: the server did not answer within {self._seconds:.0f} s") from None
            except (ConnectionError, EOFError):
                raise CommandFailed(f"{self.path}: the server closed the connection; it was probably stopped") from None

    @staticmethod
    def _send(connection: socket.socket, command: str, arguments: dict[str, object]) -> None:
        request = {"id": 1, "command": command, "args": arguments}
        connection.sendall(json.dumps(request).encode() + b"\n")

    @staticmethod
    def _receive(line: bytes) -> dict[str, Any]:
        if not line.endswith(b"\n"):
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        error = answer.get("error")
        if error is not None:
            raise ServerRefused(error["code"], error["message"])
        return answer
