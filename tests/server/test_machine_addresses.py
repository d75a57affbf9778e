# SPDX-License-Identifier: GPL-2.0-or-later
"""The addresses of this machine, as far as a test can know them."""
from __future__ import annotations

import ipaddress

from mss.server import machine_addresses as module
from mss.server.machine_addresses import machine_addresses


def test_real_machine_has_a_usable_address() -> None:
    found = machine_addresses()
    assert found
    assert len(set(found)) == len(found)
    for text in found:
        assert not ipaddress.ip_address(text).is_link_local


def test_order_and_choice(monkeypatch, tmp_path) -> None:
    table = tmp_path / "if_inet6"
    table.write_text(
        "fe800000000000000000000000000001 02 40 20 80 eth0\n"
        "20010db8000000000000000000000001 02 40 00 80 eth0\n"
        "00000000000000000000000000000001 01 80 10 80 lo\n"
    )
    monkeypatch.setattr(module, "_outgoing_address", lambda: ["10.0.0.1"])
    monkeypatch.setattr(module, "_interface_addresses", lambda: ["127.0.0.1", "192.0.2.1", "10.0.0.1", "169.254.1.1"])
    assert machine_addresses(table) == ["10.0.0.1", "192.0.2.1", "2001:db8::1"]


def test_without_network_there_is_loopback(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module, "_outgoing_address", list)
    monkeypatch.setattr(module, "_interface_addresses", lambda: ["127.0.0.1"])
    assert machine_addresses(tmp_path / "none") == ["127.0.0.1"]
