# SPDX-License-Identifier: GPL-2.0-or-later
"""100,000 mutated messages over UDP: the server answers on, keeps its size, and logs no exception."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

import pytest

from tests.fuzz.mutator import mutants
from tests.support.server import LiveServer
from tests.support.sip_client import Phone
from tests.support.sip_dialog import connect, hang_up
from tests.support.wire import UdpWire

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(240)]

MakePhone = Callable[..., Phone]
_COUNT = 100_000
#: Messages between two OPTIONS; few enough that the socket's buffer holds them.
_BATCH = 100
_MOST_GROWTH_MB = 5.0


def send_in_batches(sender: UdpWire, witness: Phone, messages: Iterable[bytes]) -> None:
    """Send all, and read no answers; after each batch the server has to answer OPTIONS of the witness."""
    stream = iter(messages)
    while batch := list(islice(stream, _BATCH)):
        for data in batch:
            sender.send(data)
        assert witness.options().status == 200
        witness.forget()


def test_mutated_messages(server: LiveServer, make_phone: MakePhone) -> None:
    witness, caller, callee = make_phone(registered=False), make_phone(), make_phone()
    hang_up(*connect(caller, callee))
    sender = UdpWire((server.host, server.port))
    before = server.rss_mb()
    send_in_batches(sender, witness, mutants(_COUNT, seed=2))
    growth = server.rss_mb() - before
    sender.close()
    server.assert_no_exception()
    hang_up(*connect(caller, callee))
    assert growth < _MOST_GROWTH_MB
