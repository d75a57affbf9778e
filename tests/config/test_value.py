# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import tomllib

import pytest

from mss.config.settings import all_settings
from mss.config.value import WrongValue, convert, toml_text

INFOS = {info.key: info for info in all_settings()}


@pytest.mark.parametrize("info", INFOS.values(), ids=lambda info: info.key)
def test_default_is_a_valid_value(info):
    raw = tomllib.loads(f"value = {toml_text(info.default)}")["value"]
    assert convert(info, raw) == info.default


@pytest.mark.parametrize(
    ("key", "raw", "problem"),
    [
        ("sip.listen", "udp:0.0.0.0:5060", "must be a list, not a text"),
        ("sip.listen", [1], "must be a list of texts; 1 is a number"),
        ("sip.realm", 5, "must be a text, not a number"),
        ("sip.realm", 'a"b', "has a character that cannot stand in a SIP header"),
        ("sip.server_header", "a\r\nb", "has a character that cannot stand in a SIP header"),
        ("sip.t1", "x", "must be a number, not a text"),
        ("sip.t1", True, "must be a number, not true or false"),
        ("sip.t1", float("nan"), "nan is out of range"),
        ("sip.t1", float("inf"), "inf is out of range"),
        ("sip.nonce_seconds", 1.5, "must be a whole number, not a number"),
        ("sip.nonce_seconds", {}, "must be a whole number, not a table"),
        ("sip.nonce_seconds", 9, "9 is out of range"),
        ("call.send_181", 1, "must be true or false, not a number"),
        ("call.media", "relay", "'relay' is not known"),
        ("sip.digest_algorithms", ["MD4"], "'MD4' is not known"),
        ("sip.public_address", "sip:pbx", "'sip:pbx' is neither an IP address nor a host name"),
        ("sip.domains", ["a b"], "'a b' is neither an IP address nor a host name"),
        ("web.address", "localhost", "'localhost' is not an IP address"),
        ("database.url", "mysql://x", "is not a URL of a supported database"),
    ],
)
def test_wrong_value_is_explained(key, raw, problem):
    with pytest.raises(WrongValue) as raised:
        convert(INFOS[key], raw)
    assert raised.value.problem == problem
    assert raised.value.remedy


def test_range_is_told_with_its_unit():
    with pytest.raises(WrongValue) as raised:
        convert(INFOS["sip.nonce_seconds"], 9)
    assert raised.value.remedy == "use a value from 10 to 86400 seconds"


def test_guilty_item_is_told():
    with pytest.raises(WrongValue) as raised:
        convert(INFOS["sip.listen"], ["udp:0.0.0.0:5060", "udp:x:1"])
    assert raised.value.item == "udp:x:1"


def test_texts_are_normalised():
    assert convert(INFOS["sip.listen"], ["UDP:[2001:DB8:0::1]:5060"]) == ("udp:[2001:db8::1]:5060",)
    assert convert(INFOS["call.media"], "Anchored") == "anchored"


@pytest.mark.parametrize("value", [True, 5, 0.5, "a\"b\\c", ("x", "y"), ()])
def test_toml_text_can_be_read_again(value):
    read = tomllib.loads(f"value = {toml_text(value)}")["value"]
    assert (tuple(read) if isinstance(read, list) else read) == value
