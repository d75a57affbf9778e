# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from mss.testing.phone import ScriptedPhone
from mss.testing.pytest_plugin import MakePhone
from mss.testing.server import SipServer


@pytest.fixture(autouse=True)
def nothing_is_left(sip_server: SipServer) -> Iterator[None]:
    """After every flow: once all timers have run out the server keeps nothing of it, not even in memory."""
    yield
    sip_server.expect_idle()


@pytest.fixture
def alice(sip_phone: MakePhone) -> ScriptedPhone:
    return sip_phone("100")


@pytest.fixture
def bob(sip_phone: MakePhone) -> ScriptedPhone:
    return sip_phone("101")


@pytest.fixture
def carol(sip_phone: MakePhone) -> ScriptedPhone:
    return sip_phone("102")
