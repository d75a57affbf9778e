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

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(240)]

MakePhone = Callable[..., Phone]
_COUNT = 100_000
_WARM_UP = 10_000
#: Messages between two OPTIONS; few enough that the socket's buffer holds them.
_BATCH = 50
_MOST_GROWTH_MB = 5.0


def send_in_batches(phone: Phone, messages: Iterable[bytes]) -> None:
    """Send all; after each batch the server has to answer OPTIONS."""
    stream = iter(messages)
    while batch := list(islice(stream, _BATCH)):
        for data in batch:
            phone.wire.send(data)
        assert phone.options().status == 200
        phone.forget()


def test_mutated_messages(server: LiveServer, make_phone: MakePhone) -> None:
    sender, caller, callee = make_phone(registered=False), make_phone(), make_phone()
    send_in_batches(sender, mutants(_WARM_UP, seed=1))
    before = server.rss_mb()
    send_in_batches(sender, mutants(_COUNT, seed=2))
    growth = server.rss_mb() - before
    server.assert_no_exception()
    outgoing, incoming = connect(caller, callee)
    hang_up(outgoing, incoming)
    assert growth < _MOST_GROWTH_MB
