# SPDX-License-Identifier: GPL-2.0-or-later
"""What a server must make of each torture message: RFC 4475, RFC 5118, and messages of our own for each point.

``statuses`` are the final statuses that a server may give, over UDP; empty: no answer.  ``refused`` is
the status with which the message layer itself refuses (0: drops), None where it must accept.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

#: What a healthy server may answer to a well-formed request of a stranger.
WELL_FORMED = frozenset({200, 202, 401, 403, 404, 405, 407, 480, 481, 484, 489})
BAD = frozenset({400})
NO_ANSWER: frozenset[int] = frozenset()

OWN_DIRECTORY = Path(__file__).parent / "messages"
_HERE = Path(__file__).resolve()


class Verdict(NamedTuple):
    """One message.  ``stream`` tells what a TCP server does: "reads" on, "closes" after its answer, or "waits"."""

    name: str
    section: str
    kind: str
    statuses: frozenset[int]
    refused: int | None = None
    stream: str = "reads"


def _good(name: str, section: str, *more: int) -> Verdict:
    return Verdict(name, section, "request", WELL_FORMED | set(more))


def _bad(name: str, section: str, *more: int, refused: int = 400, stream: str = "reads") -> Verdict:
    return Verdict(name, section, "request", frozenset({refused, *more}), refused, stream)


def _lenient(name: str, section: str, refused: int | None = 400) -> Verdict:
    """A request that may be refused with 400, or understood all the same."""
    return Verdict(name, section, "request", WELL_FORMED | BAD, refused)


def _response(name: str, section: str, refused: int | None = None) -> Verdict:
    return Verdict(name, section, "response", NO_ANSWER, refused)


RFC4475 = (
    _good("wsinv", "3.1.1.1"), _good("intmeth", "3.1.1.2", 501), _good("esc01", "3.1.1.3"),
    _good("escnull", "3.1.1.4"), _good("esc02", "3.1.1.5", 501), _good("lwsdisp", "3.1.1.6"),
    _good("longreq", "3.1.1.7"), _good("dblreq", "3.1.1.8")._replace(stream="closes"), _good("semiuri", "3.1.1.9"),
    _good("transports", "3.1.1.10"), _good("mpart01", "3.1.1.11", 415), _response("unreason", "3.1.1.12"),
    _response("noreason", "3.1.1.13"),
    _bad("badinv01", "3.1.2.1"), _bad("clerr", "3.1.2.2", stream="waits"), _bad("ncl", "3.1.2.3", stream="closes"),
    _bad("scalar02", "3.1.2.4"), _response("scalarlg", "3.1.2.5", 0), _bad("quotbal", "3.1.2.6"),
    _bad("ltgtruri", "3.1.2.7"), _bad("lwsruri", "3.1.2.8"), _lenient("lwsstart", "3.1.2.9"),
    _lenient("trws", "3.1.2.10"), _lenient("escruri", "3.1.2.11"), _lenient("baddate", "3.1.2.12", None),
    _lenient("regbadct", "3.1.2.13"), _lenient("badaspec", "3.1.2.14"), _lenient("baddn", "3.1.2.15"),
    _bad("badvers", "3.1.2.16", refused=505), _bad("mismatch01", "3.1.2.17"), _bad("mismatch02", "3.1.2.18", 501),
    _response("bigcode", "3.1.2.19", 0),
    _lenient("badbranch", "3.2.1", None),
    _bad("insuf", "3.3.1"), _bad("unkscm", "3.3.2", refused=416), _bad("novelsc", "3.3.3", refused=416),
    _good("unksm2", "3.3.4", 400, 416), Verdict("bext01", "3.3.5", "request", frozenset({420})),
    _good("invut", "3.3.6", 415), _good("regaut01", "3.3.7"), _bad("multi01", "3.3.8"),
    _bad("mcl01", "3.3.9", stream="closes"), _response("bcast", "3.3.10", 0), _good("zeromf", "3.3.11", 483),
    _good("cparam01", "3.3.12"), _good("cparam02", "3.3.13"), _good("regescrt", "3.3.14"),
    _good("sdp01", "3.3.15", 406, 488), _good("inv2543", "3.4.1")._replace(stream="closes"),
)

RFC5118 = (
    _good("ipv6-good", "4.1"), _bad("ipv6-bad", "4.2"), _good("port-ambiguous", "4.3"),
    _good("port-unambiguous", "4.4"), _good("via-received-param-with-delim", "4.5"),
    _good("via-received-param-no-delim", "4.5"), _good("ipv6-in-sdp", "4.6"), _good("mult-ip-in-header", "4.7"),
    _good("mult-ip-in-sdp", "4.8"), _good("ipv4-mapped-ipv6", "4.9"), _good("ipv6-bug-abnf-3-colons", "4.10"),
    _good("ipv6-correct-abnf-2-colons", "4.10"),
)

#: Messages of our own; the section is that of RFC 4475 (3.x) or RFC 5118 (4.x) whose point they make.
OWN = (
    _good("folding-and-blanks", "3.1.1.1"), _good("unusual-characters", "3.1.1.2", 501),
    _good("percent-escapes", "3.1.1.3"), _good("escaped-nul", "3.1.1.4"),
    _good("percent-without-escape", "3.1.1.5", 501), _good("no-blank-before-bracket", "3.1.1.6"),
    _good("long-values", "3.1.1.7"), _good("octets-after-the-body", "3.1.1.8")._replace(stream="closes"),
    _good("semicolon-in-user", "3.1.1.9"), _good("via-transports", "3.1.1.10"),
    _good("multipart-body", "3.1.1.11", 415), _response("reason-phrase-of-any-text", "3.1.1.12"),
    _response("no-reason-phrase", "3.1.1.13"),
    _bad("separators-without-values", "3.1.2.1"), _bad("content-length-too-large", "3.1.2.2", stream="waits"),
    _bad("content-length-negative", "3.1.2.3", stream="closes"),
    _bad("content-length-not-a-number", "3.1.2.3", stream="closes"), _bad("numbers-too-large", "3.1.2.4"),
    _bad("cseq-beyond-31-bits", "3.1.2.4"), _bad("max-forwards-too-large", "3.1.2.4"),
    _response("response-numbers-too-large", "3.1.2.5", 0), _bad("quote-not-closed", "3.1.2.6"),
    _bad("request-uri-in-brackets", "3.1.2.7"), _bad("request-uri-with-blanks", "3.1.2.8"),
    _lenient("blanks-between-start-line-parts", "3.1.2.9"), _lenient("blanks-after-start-line", "3.1.2.10"),
    _lenient("headers-in-request-uri", "3.1.2.11"), _lenient("date-with-local-time-zone", "3.1.2.12", None),
    _lenient("contact-with-question-mark-unbracketed", "3.1.2.13"), _lenient("blanks-inside-brackets", "3.1.2.14"),
    _lenient("comma-in-display-name", "3.1.2.15"), _bad("version-seven", "3.1.2.16", refused=505),
    _bad("cseq-of-another-method", "3.1.2.17"), _bad("unknown-method-and-another-in-cseq", "3.1.2.18", 501),
    _response("status-of-four-digits", "3.1.2.19", 0), _response("status-above-699", "3.1.2.19", 0),
    _lenient("branch-is-only-the-cookie", "3.2.1", None),
    _bad("mandatory-headers-missing", "3.3.1"), _bad("missing-to", "3.3.1"), _bad("missing-from", "3.3.1"),
    _bad("missing-call-id", "3.3.1"), _bad("missing-cseq", "3.3.1"), _bad("missing-via", "3.3.1"),
    _bad("request-uri-of-no-known-scheme", "3.3.2", refused=416),
    _bad("request-uri-of-another-known-scheme", "3.3.3", refused=416),
    _good("other-schemes-in-headers", "3.3.4", 400, 416),
    Verdict("require-and-proxy-require", "3.3.5", "request", frozenset({420})),
    _good("body-of-unknown-type", "3.3.6", 415), _good("authorization-of-unknown-scheme", "3.3.7"),
    _bad("single-headers-twice", "3.3.8"), _bad("two-content-lengths", "3.3.9", stream="closes"),
    _response("response-with-two-vias", "3.3.10", 0), _good("max-forwards-zero", "3.3.11", 483),
    _good("contact-parameter", "3.3.12"), _good("contact-uri-parameter", "3.3.13"),
    _good("contact-uri-with-headers", "3.3.14"), _good("accept-of-unknown-type", "3.3.15", 406, 488),
    _good("old-client", "3.4.1")._replace(stream="closes"),
    _good("ipv6-reference", "4.1"), _bad("ipv6-without-brackets", "4.2"), _good("ipv6-port-inside-brackets", "4.3"),
    _good("ipv6-port-after-brackets", "4.4"), _good("via-received-in-brackets", "4.5"),
    _good("via-received-without-brackets", "4.5"), _good("ipv6-in-session-description", "4.6"),
    _good("addresses-of-both-families", "4.7"), _good("both-families-in-session-description", "4.8"),
    _good("ipv4-mapped-addresses", "4.9"), _good("ipv6-three-colons", "4.10"), _good("ipv6-two-colons", "4.10"),
    _bad("ipv6-four-colons", "4.10"),
)


def rfc_directory() -> Path | None:
    """Where the messages of the RFCs are: MSS_TORTURE_DIR, or ``shared/data`` beside the repository; None: nowhere."""
    chosen = os.environ.get("MSS_TORTURE_DIR")
    candidate = Path(chosen) if chosen else _HERE.parents[3] / "shared" / "data"
    return candidate if (candidate / "rfc4475").is_dir() and (candidate / "rfc5118").is_dir() else None


def own_message(verdict: Verdict) -> bytes:
    """One of ``OWN`` as it goes over the wire."""
    return (OWN_DIRECTORY / f"{verdict.name}.sip").read_bytes()


def rfc_message(directory: Path, verdict: Verdict) -> bytes:
    """One of ``RFC4475`` or ``RFC5118`` as it goes over the wire: one archived file lacks its empty line."""
    path = directory / "rfc4475" / f"{verdict.name}.dat"
    if path.exists():
        data = path.read_bytes()
        return data if b"\r\n\r\n" in data else data + b"\r\n"
    return _wire_form((directory / "rfc5118" / verdict.name).read_bytes())


def _wire_form(data: bytes) -> bytes:
    """RFC 5118's archive as it is meant: CRLF, the empty line, and the length that its bodies have with CRLF."""
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    body = body.replace(b"\n", b"\r\n")
    lines = [line for line in head.rstrip(b"\n").split(b"\n") if not line.lower().startswith(b"content-length")]
    lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
