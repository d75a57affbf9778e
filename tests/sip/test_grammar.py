# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest

from mss.sip.grammar import is_ipv6_reference, quote, unfold, unquote, without_third_colon


@pytest.mark.parametrize("text", ["[::1]", "[2001:db8::9:1]", "[::ffff:192.0.2.10]", "[2001:db8:::192.0.2.1]", "[::]"])
def test_ipv6_references(text: str) -> None:
    assert is_ipv6_reference(text)


@pytest.mark.parametrize("text", [
    "::1", "[]", "[1]", "[1:2]", "[2001:db8:::1]", "[2001:db8::::192.0.2.1]", "[::1", "[12345::1]", "[1::2::3]",
    "[:::]", "[fe80::1%eth0]",
])
def test_what_is_no_ipv6_reference(text: str) -> None:
    assert not is_ipv6_reference(text)


def test_third_colon() -> None:
    assert without_third_colon("[2001:db8:::192.0.2.1]") == "[2001:db8::192.0.2.1]"
    assert without_third_colon("[2001:db8:::1]") == "[2001:db8:::1]"


def test_unfold() -> None:
    assert unfold("a \r\n\t b\r\n  c ") == "a b c"


@pytest.mark.parametrize(("quoted", "text"), [
    ('"plain"', "plain"), (r'"a \"b\" \\ c"', r'a "b" \ c'), ('""', ""), ("token", "token"), ('"', '"'),
])
def test_unquote(quoted: str, text: str) -> None:
    assert unquote(quoted) == text


@pytest.mark.parametrize("text", ["", "plain", 'with "quotes"', "back\\slash", "字 é"])
def test_quote_is_undone_by_unquote(text: str) -> None:
    assert unquote(quote(text)) == text


def test_quote_lets_no_line_break_out() -> None:
    assert quote("a\r\nVia: x\x00") == '"a  Via: x "'
