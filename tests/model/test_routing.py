# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.model.routing import Redirect, Refuse


@pytest.mark.parametrize("number", ["100", "+41441234567", "reception", "*43#", "a.b-c_d", "前台"])
def test_redirect_takes_what_can_be_dialled(number):
    assert Redirect(number).number == number


@pytest.mark.parametrize("number", ["", "1 2", "1\r\nVia: x", "a\tb", "<1>", '"1"', "1\x7f", "1" * 129])
def test_redirect_takes_nothing_else(number):
    with pytest.raises(ValueError, match="not a number that can be dialled"):
        Redirect(number)


@pytest.mark.parametrize("status", [400, 403, 486, 503, 603, 699])
def test_refuse_with_a_final_status(status):
    assert Refuse(status, "No").status == status


@pytest.mark.parametrize("status", [0, 100, 180, 200, 302, 399, 401, 407, 700])
def test_refuse_with_nothing_else(status):
    with pytest.raises(ValueError, match=f"status {status}"):
        Refuse(status)


def test_reason_phrase_keeps_to_its_line():
    assert Refuse(486, "Besetzt, später").reason == "Besetzt, später"
    with pytest.raises(ValueError, match="not a reason phrase"):
        Refuse(486, "No\r\nVia: x")
