# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages we send, as bytes.

Header arguments named ``headers`` and ``routes`` are ready lines, each ended by CRLF.
"""
from __future__ import annotations

from typing import Final

from mss.sip.headers import CALL_ID, CSEQ, FROM, RECORD_ROUTE, TIMESTAMP, TO, VIA
from mss.sip.message import Message
from mss.sip.transaction.request import OutgoingRequest

REASONS: Final[dict[int, str]] = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress",
    199: "Early Dialog Terminated", 200: "OK", 202: "Accepted", 204: "No Notification",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    380: "Alternative Service", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
    412: "Conditional Request Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
    415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
    421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
    433: "Anonymity Disallowed", 439: "First Hop Lacks Outbound Support",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
    483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here",
    487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
    493: "Undecipherable", 494: "Security Agreement Required", 500: "Server Internal Error",
    501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out",
    505: "Version Not Supported", 513: "Message Too Large", 580: "Precondition Failure",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}

_ECHOED: Final = frozenset((VIA, FROM, CALL_ID, CSEQ, RECORD_ROUTE, TIMESTAMP))


def reason_of(status: int) -> str:
    """The standard reason phrase, or one for the class of the status."""
    phrase = REASONS.get(status)
    if phrase is not None:
        return phrase
    return REASONS.get(status // 100 * 100, "Unknown")


def echo_lines(request: Message) -> str:
    """The lines a response copies from its request (RFC 3261 8.2.6.2), all but To."""
    unique = request.unique_lines()
    if unique is not None and RECORD_ROUTE not in unique and TIMESTAMP not in unique and request.call_id \
            and FROM in unique:
        # The usual request; its Via line is looked up by place because it was stamped there.
        via = request.lines[request.names.index(VIA)]
        return f"{via}\r\n{unique[FROM]}\r\n{unique[CALL_ID]}\r\n{unique[CSEQ]}\r\n"
    out: list[str] = []
    index = 0
    lines = request.lines
    for name in request.names:
        if name in _ECHOED:
            out.append(lines[index])
        index += 1
    return "\r\n".join(out) + "\r\n"


def echo_to(request: Message, to_tag: str) -> str:
    """The To line of a response: the request's, with ``to_tag`` added where it has none."""
    line = request.first_line(TO)
    if line is None:
        return ""
    if to_tag and request.to_tag is None:
        return f"{line};tag={to_tag}\r\n"
    return line + "\r\n"


def assemble_response(status: int, reason: str, echo: str, to_line: str, headers: str, body: bytes) -> bytes:
    """A response from the parts made by ``echo_lines`` and ``echo_to``."""
    head = (f"SIP/2.0 {status} {reason}\r\n{echo}{to_line}{headers}"
            f"Content-Length: {len(body)}\r\n\r\n").encode("utf-8", "surrogateescape")
    return head + body if body else head


def build_response(request: Message, status: int, reason: str, to_tag: str, headers: str = "",
                   body: bytes = b"") -> bytes:
    """A response to ``request``; an empty ``reason`` means the standard phrase."""
    return assemble_response(status, reason or reason_of(status), echo_lines(request), echo_to(request, to_tag),
                             headers, body)


def build_request(method: str, uri: str, via_line: str, routes: str, from_value: str, to_value: str,
                  call_id: str, cseq: int, headers: str, body: bytes, max_forwards: int = 70) -> bytes:
    """A request with the six mandatory fields of RFC 3261 8.1.1."""
    head = (f"{method} {uri} SIP/2.0\r\n{via_line}\r\nMax-Forwards: {max_forwards}\r\n{routes}From: {from_value}\r\n"
            f"To: {to_value}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n").encode("utf-8", "surrogateescape")
    return head + body if body else head


def build_ack(request: OutgoingRequest, to_value: str) -> bytes:
    """The ACK to a failure response: same branch, routes and CSeq number (RFC 3261 17.1.1.3)."""
    return build_request("ACK", request.uri, request.via_line, request.routes, request.from_value, to_value,
                         request.call_id, request.cseq, "", b"")


def build_cancel(request: OutgoingRequest, headers: str) -> bytes:
    """The CANCEL of an INVITE: same branch, To without tag (RFC 3261 9.1)."""
    return build_request("CANCEL", request.uri, request.via_line, request.routes, request.from_value,
                         request.to_value, request.call_id, request.cseq, headers, b"")
