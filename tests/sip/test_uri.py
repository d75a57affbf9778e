# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mss.sip.errors import ParseError, UnsupportedScheme
from mss.sip.uri import SipUri, escape_user, parse_uri, unescape, uris_equal


@pytest.mark.parametrize(("text", "scheme", "user", "host", "port", "params"), [
    ("sip:b.example", "sip", "", "b.example", 0, ""),
    ("SIPS:Al@B.Example:5061;transport=TCP", "sips", "Al", "b.example", 5061, "transport=TCP"),
    ("sip:100@[2001:db8::10]:5070", "sip", "100", "[2001:db8::10]", 5070, ""),
    ("sip:[2001:db8::10:5070]", "sip", "", "[2001:db8::10:5070]", 0, ""),
    ("sip:a@[2001:db8:::192.0.2.1]", "sip", "a", "[2001:db8::192.0.2.1]", 0, ""),
    ("sip:user;par=u%40e.example@b.example", "sip", "user;par=u@e.example", "b.example", 0, ""),
    ("sip:*21#100@b", "sip", "*21#100", "b", 0, ""),
    ("sip:null-%00@b", "sip", "null-\x00", "b", 0, ""),
    ("sip:b;lr;transport=udp", "sip", "", "b", 0, "lr;transport=udp"),
    ("sip:gw_1.example", "sip", "", "gw_1.example", 0, ""),
    ("tel:+1-201-555-0123;phone-context=x", "tel", "+12015550123", "", 0, "phone-context=x"),
    ("TEL:(100)", "tel", "100", "", 0, ""),
])
def test_uri(text: str, scheme: str, user: str, host: str, port: int, params: str) -> None:
    uri = parse_uri(text)
    assert (uri.scheme, uri.user, uri.host, uri.port, uri.params) == (scheme, user, host, port, params)


def test_password_and_headers() -> None:
    uri = parse_uri("sip:a:secret@b?Subject=x%20y&Priority=")
    assert (uri.user, uri.password, uri.headers) == ("a", "secret", "Subject=x%20y&Priority=")


@pytest.mark.parametrize("text", [
    "", "sip:", "sip:@b", "sip:a@", "sip:a@b@c", "sip:a b@c", "sip:a@b:0", "sip:a@b:65536", "sip:a@b:5060x", "sip:b;",
    "sip:b;;lr", "sip:b;=1", "sip:b;a=", "sip:2001:db8::10", "sip:a@[::g]", "sip:a@[::1", "<sip:a@b>", "sip:a%4@b",
    "sip:a%zz@b", "a@b", "100", "sip:a@b?", "sip:a@b?x", "tel:", "tel:+", "tel:abc-xyz", "tel:;x", "sip:a@-b",
    'sip:a"@b', "sip:a@b\r\n", "sip:a@b\n", "sip:ä@b",
])
def test_malformed_uri(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_uri(text)
    assert caught.value.status == 400


@pytest.mark.parametrize("text", ["mailto:a@b", "http://b/", "urn:service:sos", "soap.beep://192.0.2.1:3002", "h323:a"])
def test_unsupported_scheme(text: str) -> None:
    with pytest.raises(UnsupportedScheme) as caught:
        parse_uri(text)
    assert caught.value.status == 416 and caught.value.scheme == text.partition(":")[0]


def test_param() -> None:
    uri = parse_uri("sip:b;lr;Transport=tcp;n%61me=v%25")
    assert uri.param("lr") == "" and uri.param("transport") == "tcp"
    assert uri.param("name") == "v%" and uri.param("maddr") is None
    assert parse_uri("sip:b").param("lr") is None


EQUAL = [
    ("sip:%61lice@atlanta.example;transport=TCP", "sip:alice@AtLanTa.Example;Transport=tcp"),
    ("sip:carol@chicago.example", "sip:carol@chicago.example;newparam=5"),
    ("sip:carol@chicago.example;newparam=5", "sip:carol@chicago.example;security=on"),
    ("sip:b.example;transport=tcp;method=REGISTER", "sip:b.example;method=REGISTER;transport=tcp"),
    ("sip:a@b?to=x&from=y", "sip:a@b?from=y&to=x"),
    ("tel:+1-201-555", "tel:+1201555"),
]
UNEQUAL = [
    ("SIP:ALICE@atlanta.example", "sip:alice@atlanta.example"),
    ("sip:bob@biloxi.example", "sip:bob@biloxi.example:5060"),
    ("sip:bob@biloxi.example", "sip:bob@biloxi.example;transport=udp"),
    ("sip:bob@biloxi.example;maddr=x", "sip:bob@biloxi.example"),
    ("sip:b?Subject=1", "sip:b"), ("sip:a@b", "sips:a@b"), ("sip:a:p@b", "sip:a@b"), ("sip:a@b;x=1", "sip:a@b;x=2"),
    ("sip:a@b;user=phone", "sip:a@b"), ("tel:100", "tel:100;phone-context=x"), ("tel:100", "sip:100@b"),
    ("sip:a@b", "sip:a@c"),
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal(a: str, b: str) -> None:
    assert uris_equal(parse_uri(a), parse_uri(b)) and uris_equal(parse_uri(b), parse_uri(a))


@pytest.mark.parametrize(("a", "b"), UNEQUAL)
def test_unequal(a: str, b: str) -> None:
    assert not uris_equal(parse_uri(a), parse_uri(b)) and not uris_equal(parse_uri(b), parse_uri(a))


HOSTS = st.sampled_from(["b", "b.example", "192.0.2.1", "[::1]", "[2001:db8::1]"])


@given(st.text(min_size=1, max_size=30), HOSTS, st.integers(0, 65535), st.sampled_from(["", "lr", "a=1;b", "x=%20"]))
def test_uri_survives_being_written(user: str, host: str, port: int, params: str) -> None:
    written = str(SipUri("sip", user, "", host, port, params, "")) if _is_text(user) else "sip:u@b"
    parsed = parse_uri(written)
    assert str(parsed) == written
    if _is_text(user):
        assert (parsed.user, parsed.host, parsed.port, parsed.params) == (user, host, port, params)
    assert uris_equal(parsed, parse_uri(written))


def _is_text(text: str) -> bool:
    return not any(0xD800 <= ord(char) < 0xE000 for char in text)


@given(st.binary(max_size=20))
def test_escapes_lose_nothing(octets: bytes) -> None:
    text = octets.decode("utf-8", "surrogateescape")
    assert unescape(escape_user(text)) == text


@given(st.text(max_size=60))
def test_uri_is_parsed_or_refused(text: str) -> None:
    for candidate in (text, "sip:" + text, "sip:a@" + text):
        try:
            parsed = parse_uri(candidate)
        except ParseError:
            continue
        assert uris_equal(parsed, parse_uri(str(parsed)))
