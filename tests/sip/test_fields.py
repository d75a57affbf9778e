# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mss.sip.errors import ParseError
from mss.sip.fields import NameAddr, get_param, parse_name_addr, parse_number, parse_via, split_values, tag_of


@pytest.mark.parametrize(("text", "display", "uri", "params"), [
    ("<sip:a@b>", "", "sip:a@b", ""),
    ("sip:a@b", "", "sip:a@b", ""),
    ("sip:a@b;tag=1", "", "sip:a@b", "tag=1"),
    ("Bob Stone <sip:a@b;lr>;tag=1;x", "Bob Stone", "sip:a@b;lr", "tag=1;x"),
    ("caller<sip:a@b>", "caller", "sip:a@b", ""),
    ('"Stone, Bob"<sip:a@b>', "Stone, Bob", "sip:a@b", ""),
    (r'"say \"hi\" \\" <sip:a@b>', 'say "hi" \\', "sip:a@b", ""),
    ('"<sip:not@this>" <sip:a@b>', "<sip:not@this>", "sip:a@b", ""),
    ("张三 <sip:a@b>", "张三", "sip:a@b", ""),
    ('"A"\r\n <sip:a@b>\r\n\t; tag = 9', "A", "sip:a@b", "tag = 9"),
    ("<tel:+123>", "", "tel:+123", ""),
    ("<http://x/?q=a;b,c>;tag=1", "", "http://x/?q=a;b,c", "tag=1"),
    ('<sip:a@b>;expires=60;+sip.instance="<urn:uuid:1;2>"', "", "sip:a@b", 'expires=60;+sip.instance="<urn:uuid:1;2>"'),
    ("<sip:a@[::1]:5060>;received=[::2]", "", "sip:a@[::1]:5060", "received=[::2]"),
])
def test_name_addr(text: str, display: str, uri: str, params: str) -> None:
    parsed = parse_name_addr(text)
    assert (parsed.display, parsed.uri, parsed.params) == (display, uri, params)


@pytest.mark.parametrize("text", [
    "", "<>", "a@b", "<sip:a@b", "sip:a@b>", '"A <sip:a@b>', "A, B <sip:a@b>", "< sip:a@b>", "<sip:a@b >", "<sip:a b>",
    "sip:a@b?x=y", "sip:a@b,sip:c@d", "<sip:a@b>;;", "<sip:a@b>;", "<sip:a@b>;=1", "<sip:a@b>;a=", "<sip:a@b> x",
    "a@b <sip:a@b>", '"A" "B" <sip:a@b>', "<sip:a@b>,", '<sip:a"@b>', '"A"', "\"A\"<sip:a@b>;x=\"", "*",
])
def test_malformed_name_addr(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_name_addr(text)
    assert caught.value.status == 400


PRINTABLE = st.text(st.characters(blacklist_characters="\r\n\x00", blacklist_categories=("Cs", "Cc")), max_size=40)
TOKENS = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=12)


@given(PRINTABLE, st.dictionaries(TOKENS.map(str.lower), TOKENS, max_size=4))
def test_name_addr_survives_being_written(display: str, params: dict[str, str]) -> None:
    written = str(NameAddr(display, "sip:a@b;lr", ";".join(f"{k}={v}" for k, v in params.items())))
    parsed = parse_name_addr(written)
    assert parsed.display == display
    assert parsed.uri == "sip:a@b;lr"
    assert {name: parsed.param(name) for name in params} == params


@given(st.text(max_size=60))
def test_name_addr_is_parsed_or_refused(text: str) -> None:
    try:
        parsed = parse_name_addr(text)
    except ParseError:
        return
    assert ":" in parsed.uri
    assert parse_name_addr(str(parsed)).uri == parsed.uri


@pytest.mark.parametrize(("params", "name", "value"), [
    ("a=1;b=2", "b", "2"), ("A=1", "a", "1"), ("a;b", "a", ""), (" a = 1 ; b", "a", "1"), ("a=1", "b", None),
    ("", "a", None), ('x="a;b=3;c";b=2', "b", "2"), ('x="a \\" ;b"', "x", 'a " ;b'), ("a=1;a=2", "a", "1"),
    ("ab=1", "b", None),
])
def test_get_param(params: str, name: str, value: str | None) -> None:
    assert get_param(params, name) == value


@pytest.mark.parametrize(("text", "values"), [
    ("a, b ,c", ["a", "b", "c"]), ("a", ["a"]), ("", []), (" , ,", []), ("<sip:a,b>,c", ["<sip:a,b>", "c"]),
    ('"x, y" <sip:a>, "\\", z" <sip:b>', ['"x, y" <sip:a>', '"\\", z" <sip:b>']), ('"open, b', ['"open', "b"]),
    ("<open, b", ["<open", "b"]),
])
def test_split_values(text: str, values: list[str]) -> None:
    assert split_values(text) == values


@pytest.mark.parametrize(("text", "tag"), [
    ("<sip:a@b>;tag=1", "1"), ("sip:a@b;tag=1;x=2", "1"), ("<sip:a@b;tag=no>", None), ("<sip:a@b>", None),
    ('";tag=no" <sip:a@b>;tag=yes', "yes"), ("<sip:a@b> ; Tag = 7", "7"), ("<sip:a@b>;x=1", None), ("= <", None),
    ('<sip:a@b>;x=";tag=no";tag=yes', "yes"),
])
def test_tag_of(text: str, tag: str | None) -> None:
    assert tag_of(text) == tag


@pytest.mark.parametrize(("text", "transport", "host", "port", "branch"), [
    ("SIP/2.0/UDP h.example;branch=z9hG4bK1", "UDP", "h.example", 0, "z9hG4bK1"),
    ("SIP/2.0/tls 192.0.2.1:5061;rport;branch=z9hG4bK1;x", "TLS", "192.0.2.1", 5061, "z9hG4bK1"),
    ("SIP / 2.0 / UDP   h : 5070 ; Branch = x", "UDP", "h", 5070, "x"),
    ("SIP/2.0/TCP [2001:db8::1]:5060;received=2001:db8::2", "TCP", "[2001:db8::1]", 5060, ""),
    ("sip/2.0/TLS-SCTP h", "TLS-SCTP", "h", 0, ""),
    ("SIP/2.0/UDP\r\n h;mybranch=2;branch=1", "UDP", "h", 0, "1"),
    ('SIP/2.0/UDP h;x=";branch=no";branch=1', "UDP", "h", 0, "1"),
])
def test_via(text: str, transport: str, host: str, port: int, branch: str) -> None:
    via = parse_via(text)
    assert (via.transport, via.host, via.port, via.branch) == (transport, host, port, branch)


def test_via_parameters() -> None:
    via = parse_via("SIP/2.0/UDP h;RPORT;received=192.0.2.1;branch=z")
    assert via.param("rport") == "" and via.param("received") == "192.0.2.1" and via.param("ttl") is None


@pytest.mark.parametrize("text", [
    "", "SIP/2.0/UDP", "SIP/2.0/UDP ;branch=1", "SIP/3.0/UDP h", "SIP/2.0 h", "SIP/2.0/UDP h;;", "SIP/2.0/UDP h;a=",
    "SIP/2.0/UDP h:0", "SIP/2.0/UDP h:65536", "SIP/2.0/UDP h:x", "SIP/2.0/UDP [::g]", "SIP/2.0/UDP 2001:db8::1",
    "SIP/2.0/UDP h, SIP/2.0/UDP i", "HTTP/2.0/UDP h", "SIP/2.0/UDP h;branch=a b",
])
def test_malformed_via(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_via(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(("text", "most", "number"), [
    ("0", 9, 0), (" 007 ", 9, 7), ("10", 9, None), ("-1", 9, None), ("1.5", 9, None), ("", 9, None), ("٣", 9, None),
    ("9" * 10_000, 2**31, None), ("0" * 10_000 + "5", 9, 5), ("0x1", 9, None), ("1_0", 99, None),
])
def test_parse_number(text: str, most: int, number: int | None) -> None:
    assert parse_number(text, most) == number
