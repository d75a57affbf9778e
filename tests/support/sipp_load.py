# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls of SIPp through a running server, by the scenarios of one folder."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import Load
from bench.sipp import SippResult
from tests.support.ports import free_port_block
from tests.support.server import LiveServer


@contextmanager
def answering(server: LiveServer, folder: Path, *options: str) -> Iterator[Load]:
    """The callees of a scenario folder, registered and answering; ``options`` are given to both SIPps."""
    load = Load(server, free_port_block(), folder, options)
    try:
        load.answer_calls()
        yield load
    finally:
        load.close()


def assert_all_ok(result: SippResult, count: int, errors: str) -> None:
    """All ``count`` calls succeeded."""
    assert (result.ok, result.failed) == (count, 0), errors
