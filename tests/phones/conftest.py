# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the tests with softphones."""
from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.support.fixtures import make_baresip
from tests.support.server import DemoServer

__all__ = ["demo_server", "make_baresip"]


@pytest.fixture(scope="session")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """A server as ``make run`` starts it, with its three users."""
    if shutil.which("baresip") is None:
        pytest.skip("baresip is not installed")
    server = DemoServer(tmp_path_factory.mktemp("demo"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
    server.assert_no_exception()
