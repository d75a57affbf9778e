# SPDX-License-Identifier: GPL-2.0-or-later
"""The grammar of RFC 3261 section 25 as regular expressions, each under its name in the RFC.

Fragments are strings; compiled expressions end in ``_RE``.  The ``*_LINE_RE`` ones match a whole
header line written the usual way and are the fast paths; what they do not match is not wrong, it only
takes the strict and slower way.  Repetitions are possessive: none of them can backtrack, so that a
hostile value costs time in proportion to its length.
"""
from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final

#: token, RFC 3261 25.1.
TOKEN: Final = r"[A-Za-z0-9.!%*_+`'~-]++"
#: quoted-string; the quoted-pair may be any ASCII character but CR and LF.
QUOTED_STRING: Final = r'"[^"\\\r\n]*+(?:\\[\x00-\x09\x0b\x0c\x0e-\x7f][^"\\\r\n]*+)*+"'
#: LWS, already unfolded.
LWS: Final = r"[ \t\r\n]*+"
#: IPv6reference; whether the address is one is checked by ``is_ipv6_reference``.
IPV6_REFERENCE: Final = r"\[[0-9A-Fa-f:.]++\]"
#: host; underscores are not in the grammar, but in real names.
HOST: Final = rf"(?:[A-Za-z0-9_][A-Za-z0-9._-]*+|{IPV6_REFERENCE})"
PORT: Final = r"[0-9]{1,5}"
#: gen-value without quoted-string: token or host, with or without brackets (RFC 5118 4.5).
GEN_VALUE: Final = r"[A-Za-z0-9.!%*_+`'~:\[\]-]++"
#: Parameters as machines write them: no blanks, no quotes.
PLAIN_PARAMS: Final = rf"(?:;{TOKEN}(?:={GEN_VALUE})?+)*+"
#: Parameters in full generality.
PARAMS: Final = rf"(?:{LWS};{LWS}{TOKEN}(?:{LWS}={LWS}(?:{GEN_VALUE}|{QUOTED_STRING}))?+)*+"
#: scheme of a URI, RFC 3261 25.1.
SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.-]*+"
#: Everything that may stand in a URI inside of angle brackets.
URI_TEXT: Final = rf"{SCHEME}:[^\s<>\"]++"
#: A URI outside of angle brackets has no comma, question mark or semicolon (RFC 3261 20).
BARE_URI_TEXT: Final = rf"{SCHEME}:[^\s<>\",;?]++"
#: display-name made of tokens; raw UTF-8 is tolerated there, separators are not (RFC 4475 3.1.2.15).
PLAIN_DISPLAY: Final = r"[A-Za-z0-9.!%*_+`'~ \t\u0080-\U0010ffff-]*+"

TOKEN_RE: Final = re.compile(TOKEN)
DIGITS_RE: Final = re.compile(r"0*([0-9]{1,10})")
QUOTED_STRING_RE: Final = re.compile(QUOTED_STRING)
ESCAPED_RE: Final = re.compile(r"\\(.)", re.DOTALL)
#: Things between which a comma separates values, and the comma itself.
SEPARATOR_RE: Final = re.compile(rf"{QUOTED_STRING}|<[^>]*+>|,")
#: The same for the semicolons between parameters.
PARAM_SEPARATOR_RE: Final = re.compile(rf"{QUOTED_STRING}|;")
#: The superfluous colon that RFC 3261's ABNF of IPv6 addresses had before an IPv4 part.
THIRD_COLON_RE: Final = re.compile(r"(?<!:):::(?=[0-9]{1,3}(?:\.[0-9]{1,3}){3}\])")
FOLD_RE: Final = re.compile(r"[ \t]*\r\n[ \t]+")
PARAMS_RE: Final = re.compile(PARAMS + LWS)

NAME_ADDR_RE: Final = re.compile(
    rf"(?:({QUOTED_STRING})|({PLAIN_DISPLAY})){LWS}<({URI_TEXT})>({PARAMS}){LWS}")
ADDR_SPEC_RE: Final = re.compile(rf"({BARE_URI_TEXT})({PARAMS}){LWS}")
VIA_RE: Final = re.compile(
    rf"(?i:SIP){LWS}/{LWS}2\.0{LWS}/{LWS}({TOKEN})[ \t\r\n]++({HOST}){LWS}(?::{LWS}({PORT}))?+({PARAMS}){LWS}")
CSEQ_RE: Final = re.compile(rf"0*([0-9]{{1,10}})[ \t]++({TOKEN})")
CALL_ID_RE: Final = re.compile(r"[\x21-\x7e]++")

SIP_VERSION_RE: Final = re.compile(r"(?i:SIP)/[0-9]++\.[0-9]++")
STATUS_LINE_RE: Final = re.compile(r"(?i:SIP)/2\.0 ([1-6][0-9][0-9])(?: ([^\r\n]*))?")
URI_RE: Final = re.compile(URI_TEXT)

#: user and password, RFC 3261 25.1, and "#", which phones send in feature codes.
_USER: Final = r"(?:[A-Za-z0-9_.!~*'()&=+$,;?/#-]++|%[0-9A-Fa-f]{2})"
_PASSWORD: Final = r"(?:[A-Za-z0-9_.!~*'()&=+$,-]++|%[0-9A-Fa-f]{2})"
#: paramchar and hname/hvalue.
_PARAM_CHARS: Final = r"(?:[A-Za-z0-9\[\]/:&+$_.!~*'()-]++|%[0-9A-Fa-f]{2})"
_HEADER_CHARS: Final = r"(?:[A-Za-z0-9\[\]/?:+$_.!~*'()-]++|%[0-9A-Fa-f]{2})"
SIP_URI_RE: Final = re.compile(
    rf"([sS][iI][pP][sS]?):(?:({_USER}++)(?::({_PASSWORD}*+))?@)?({HOST})(?::({PORT}))?+"
    rf"((?:;{_PARAM_CHARS}++(?:={_PARAM_CHARS}++)?+)*+)"
    rf"(\?{_HEADER_CHARS}++={_HEADER_CHARS}*+(?:&{_HEADER_CHARS}++={_HEADER_CHARS}*+)*+)?+")
TEL_URI_RE: Final = re.compile(
    rf"[tT][eE][lL]:(\+?[0-9A-Fa-f*#.()-]++)((?:;{_PARAM_CHARS}++(?:={_PARAM_CHARS}++)?+)*+)")

_HEAD: Final = r"[^:]*+:[ \t]*+"
#: Via with a host name or IPv4 address: transport, host, port, parameters.
VIA_LINE_RE: Final = re.compile(
    rf"{_HEAD}SIP/2\.0/([A-Z]++) ([A-Za-z0-9_][A-Za-z0-9._-]*+)(?::({PORT}))?+({PLAIN_PARAMS})")
#: The Via that nearly all write: transport, host, port, parameters, and the branch among them.
USUAL_VIA_LINE_RE: Final = re.compile(
    rf"{_HEAD}SIP/2\.0/([A-Z]++) ([A-Za-z0-9_][A-Za-z0-9._-]*+)(?::({PORT}))?+;"
    rf"((?:rport;)?+branch=({TOKEN})(?:;rport)?+)")
#: From and To whose only parameter, if any, is the tag.
TAGGED_LINE_RE: Final = re.compile(
    rf"{_HEAD}(?:\"[^\"\\\r\n]*+\" *+|{PLAIN_DISPLAY})<sips?:[^\s<>\"]++>(?:;tag=({TOKEN}))?+")
CSEQ_LINE_RE: Final = re.compile(rf"{_HEAD}([0-9]{{1,9}}) ([A-Z]++)")
CALL_ID_LINE_RE: Final = re.compile(rf"{_HEAD}([\x21-\x7e]++)[ \t]*+")
MAX_FORWARDS_LINE_RE: Final = re.compile(rf"{_HEAD}(?:[0-9]{{1,2}}|1[0-9][0-9]|2[0-4][0-9]|25[0-5])")
#: Contact with one address: display name (in quotes or not), URI, parameters.
CONTACT_LINE_RE: Final = re.compile(
    rf"{_HEAD}(?:\"([^\"\\\r\n]*+)\" *+|({PLAIN_DISPLAY}))<(sips?:[^\s<>\"]++)>({PLAIN_PARAMS})")


def is_ipv6_reference(text: str) -> bool:
    """Whether ``text`` is an IPv6 address in brackets (RFC 3986 3.2.2, as RFC 5954 has it).

    The third colon that the ABNF of RFC 3261 demands before an IPv4 part is tolerated (RFC 5118 4.10).
    """
    if len(text) < 4 or text[0] != "[" or text[-1] != "]" or "%" in text:
        return False
    try:
        IPv6Address(without_third_colon(text)[1:-1])
    except AddressValueError:
        return False
    return True


def without_third_colon(text: str) -> str:
    """``[2001:db8:::192.0.2.1]`` as ``[2001:db8::192.0.2.1]``; other text is returned as it is."""
    if ":::" in text:
        return THIRD_COLON_RE.sub("::", text, count=1)
    return text


def unfold(text: str) -> str:
    """Line folding (RFC 3261 7.3.1) replaced by single blanks, blanks around removed."""
    return FOLD_RE.sub(" ", text).strip(" \t\r\n")


def unquote(text: str) -> str:
    """Content of a quoted-string with its escapes resolved; other text is returned as it is."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    inner = text[1:-1]
    return ESCAPED_RE.sub(r"\1", inner) if "\\" in inner else inner


def quote(text: str) -> str:
    """``text`` as a quoted-string; line breaks and NUL, which would need escapes nobody reads, become blanks."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\r", " ").replace("\n", " ").replace("\x00", " ") + '"'
