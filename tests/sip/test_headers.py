# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip import headers
from mss.sip.headers import canonical


@pytest.mark.parametrize(("written", "name"), [
    ("Via", "via"), ("VIA", "via"), ("v", "via"), ("V", "via"), ("vIa", "via"), (" Via \t", "via"),
    ("Call-ID", "call-id"), ("call-Id", "call-id"), ("i", "call-id"), ("f", "from"), ("T", "to"), ("m", "contact"),
    ("l", "content-length"), ("C", "content-type"), ("k", "supported"), ("s", "subject"), ("e", "content-encoding"),
    ("o", "event"), ("u", "allow-events"), ("r", "refer-to"), ("b", "referred-by"), ("x", "session-expires"),
    ("a", "accept-contact"), ("y", "identity"), ("X-Own", "x-own"), ("x-OWN ", "x-own"), ("", ""), ("q", "q"),
])
def test_canonical(written: str, name: str) -> None:
    assert canonical(written) == name


def test_constants_are_canonical() -> None:
    names = {key: value for key, value in vars(headers).items() if key.isupper() and isinstance(value, str)}
    assert len(names) > 50
    for key, value in names.items():
        assert value == key.lower().replace("_", "-")
        assert canonical(value) == value
        assert canonical(value.upper()) == value
