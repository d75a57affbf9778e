# SPDX-License-Identifier: GPL-2.0-or-later
"""The facade's promises that a type checker does not see."""
from __future__ import annotations

import pytest

from mss.server.facade import Refused, ServerFacade


def test_every_method_must_be_implemented() -> None:
    with pytest.raises(TypeError, match="abstract"):
        ServerFacade()



def test_refusal_has_code_and_text() -> None:
    refusal = Refused("not_found", "there is no call 7")
    assert (refusal.code, str(refusal)) == ("not_found", "there is no call 7")
