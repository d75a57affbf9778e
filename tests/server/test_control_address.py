# SPDX-License-Identifier: GPL-2.0-or-later
"""Socket addresses of paths of any length."""
from __future__ import annotations

import socket

import pytest

from mss.server.control_address import connectable


@pytest.mark.parametrize("depth", [1, 4])
def test_socket_can_be_bound_and_reached(tmp_path, depth: int) -> None:
    directory = tmp_path.joinpath(*["d" * 40] * depth)
    directory.mkdir(parents=True)
    path = directory / "mss.sock"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        with connectable(path) as address:
            server.bind(address)
        server.listen()
        with connectable(path) as address:
            client.connect(address)
    assert path.is_socket()


def test_missing_directory_is_an_os_error(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), connectable(tmp_path.joinpath(*["d" * 40] * 4) / "mss.sock"):
        pass
