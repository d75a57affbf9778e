# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the session description is in a message body (RFC 5621)."""
from __future__ import annotations

import re
from typing import Final

APPLICATION_SDP: Final = "application/sdp"

_BOUNDARY_RE: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FOLD_RE: Final = re.compile(r"\r?\n[ \t]+")
_BLANK_LINE_RE: Final = re.compile(rb"\r?\n\r?\n")
#: Multiparts in multiparts beyond this depth are not looked into.
_MAX_DEPTH: Final = 3
#: Transfer encodings under which the bytes of a part are the description itself.
_PLAIN_ENCODINGS: Final = ("", "binary", "8bit", "7bit")


def media_type_of(content_type: str) -> str:
    """``type/subtype`` in lower case, without parameters and blanks."""
    return re.sub(r"\s", "", content_type.partition(";")[0]).lower()


def find_sdp(content_type: str | None, body: bytes) -> bytes | None:
    """The session description in ``body``, None when there is none."""
    span = sdp_span(content_type, body)
    return None if span is None else body[span[0]:span[1]]


def sdp_span(content_type: str | None, body: bytes) -> tuple[int, int] | None:
    """Start and end of the session description in ``body``, None when there is none.

    In a multipart/alternative the last description counts (the preferred one), in any other multipart
    the first.  Parts with a disposition other than ``session`` are not the session's.
    """
    if not body or content_type is None:
        return None
    if content_type == APPLICATION_SDP:
        return (0, len(body))
    return _find(content_type, body, 0, len(body), 0)


def _find(content_type: str, body: bytes, start: int, end: int, depth: int) -> tuple[int, int] | None:
    media_type = media_type_of(content_type)
    if media_type == APPLICATION_SDP:
        return (start, end)
    if not media_type.startswith("multipart/") or depth >= _MAX_DEPTH:
        return None
    boundary = _BOUNDARY_RE.search(content_type)
    if boundary is None:
        return None
    delimiter = b"--" + (boundary.group(1) or boundary.group(2)).encode("utf-8", "surrogateescape")
    result: tuple[int, int] | None = None
    for part_start, part_end in _parts(body, start, end, delimiter):
        found = _find_in_part(body, part_start, part_end, depth)
        if found is not None:
            result = found
            if media_type != "multipart/alternative":
                break
    return result


def _parts(body: bytes, start: int, end: int, delimiter: bytes) -> list[tuple[int, int]]:
    """Spans between delimiter lines (RFC 2046 5.1.1); the line end before a delimiter belongs to it."""
    marks: list[tuple[int, int]] = []
    at = body.find(delimiter, start, end)
    while at >= 0:
        after = at + len(delimiter)
        line_end = body.find(b"\n", after, end)
        tail = body[after:line_end if line_end >= 0 else end].strip(b" \t\r\n")
        if (at == start or body[at - 1:at] == b"\n") and tail in (b"", b"--"):
            begin = at
            if at > start:
                begin = at - 2 if body[at - 2:at] == b"\r\n" and at - 2 >= start else at - 1
            marks.append((begin, line_end + 1 if line_end >= 0 else end))
            if tail == b"--":
                break
        at = body.find(delimiter, after, end)
    return [(marks[i][1], max(marks[i][1], marks[i + 1][0])) for i in range(len(marks) - 1)]


def _find_in_part(body: bytes, start: int, end: int, depth: int) -> tuple[int, int] | None:
    headers, content_start = _headers_of(body, start, end)
    content_type = headers.get("content-type", "text/plain")
    if headers.get("content-transfer-encoding", "").lower() not in _PLAIN_ENCODINGS:
        return None
    disposition = headers.get("content-disposition", "session").partition(";")[0].strip(" \t").lower()
    if disposition != "session" and media_type_of(content_type) == APPLICATION_SDP:
        return None
    return _find(content_type, body, content_start, end, depth + 1)


def _headers_of(body: bytes, start: int, end: int) -> tuple[dict[str, str], int]:
    """The header fields of a part (names in lower case) and where its content starts."""
    if body[start:start + 2] == b"\r\n":
        return {}, start + 2
    if body[start:start + 1] == b"\n":
        return {}, start + 1
    blank = _BLANK_LINE_RE.search(body, start, end)
    if blank is None:
        return {}, end
    text = _FOLD_RE.sub(" ", body[start:blank.start()].decode("utf-8", "surrogateescape"))
    headers: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        headers[name.strip(" \t").lower()] = value.strip(" \t")
    return headers, blank.end()
