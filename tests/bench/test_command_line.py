# SPDX-License-Identifier: GPL-2.0-or-later
"""``python3 -m bench`` refuses what it does not know, and names a peer that is not there."""
from __future__ import annotations

from pathlib import Path

import pytest

from bench.__main__ import main
from bench.items import ITEMS
from bench.peers import PEERS
from bench.peers.base import PeerError, fill_template, find_program, make_users


@pytest.mark.parametrize("arguments", [["nonesuch"], ["mss", "--items", "nonesuch"]])
def test_unknown_names_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "nonesuch" in capsys.readouterr().err


def test_every_item_and_peer_says_what_it_is() -> None:
    for item in ITEMS.values():
        assert item.run.__doc__
    for peer in PEERS.values():
        assert peer.name and peer.call_rates


def test_a_program_that_is_not_installed_is_named() -> None:
    with pytest.raises(PeerError, match="no-such-server is not installed"):
        find_program("no-such-server")


def test_templates_are_filled(tmp_path: Path) -> None:
    text = fill_template("kamailio.cfg", {"HOST": "127.0.0.1", "PORT": 5070, "DB": tmp_path})
    assert "listen=udp:127.0.0.1:5070" in text
    assert "@HOST@" not in text and "@DB@" not in text


def test_users_have_passwords_of_their_own() -> None:
    users = make_users(3, first=7)
    assert [user.number for user in users] == ["7", "8", "9"]
    assert len({user.password for user in users}) == 3
