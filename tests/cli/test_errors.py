# SPDX-License-Identifier: GPL-2.0-or-later
"""Which errors are explained and which are not."""
from __future__ import annotations

import pytest

from mss.cli.errors import CommandFailed, failures_explained
from mss.model.user_rules import InvalidUser
from mss.server.control_address import UnusableSocket
from mss.transport.errors import ListenError


@pytest.mark.parametrize(
    "error",
    [
        InvalidUser("100", "media", "is not known", "use direct"),
        UnusableSocket("/run/mss/mss.sock: another server"),
        ListenError("udp:0.0.0.0:5060", "in use", "stop the other"),
        FileNotFoundError(2, "No such file", "/x"),
        OSError("odd"),
    ],
)
def test_expected(error: Exception) -> None:
    with pytest.raises(CommandFailed) as failed, failures_explained():
        raise error
    assert failed.value.exit_code == 1
    assert failed.value.message


@pytest.mark.parametrize("error", [ValueError(), BrokenPipeError(32, "Broken pipe"), KeyError("x")])
def test_others_pass(error: Exception) -> None:
    with pytest.raises(type(error)), failures_explained():
        raise error
