# SPDX-License-Identifier: GPL-2.0-or-later
"""The message layer's verdict on every torture message, whole and as a stream that arrives octet by octet."""
from __future__ import annotations

import pytest

from mss.sip.errors import FramingError, ParseError
from mss.sip.framing import StreamFramer
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.validation import check_request, check_response
from tests.torture.verdicts import (
    OWN,
    OWN_DIRECTORY,
    RFC4475,
    RFC5118,
    Verdict,
    own_message,
    rfc_directory,
    rfc_message,
)

OPTIONS = (b"OPTIONS sip:pbx.example SIP/2.0\r\nVia: SIP/2.0/TCP t.example;branch=z9hG4bKafter\r\nMax-Forwards: 70\r\n"
           b"To: <sip:pbx.example>\r\nFrom: <sip:t@t.example>;tag=1\r\nCall-ID: after@t.example\r\n"
           b"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")


def named(verdicts: tuple[Verdict, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("verdict", verdicts, ids=lambda verdict: f"{verdict.section}-{verdict.name}")


def judge(data: bytes) -> Message:
    message = parse(data)
    if message.method:
        check_request(message)
    else:
        check_response(message)
    return message


def assert_verdict(verdict: Verdict, data: bytes) -> None:
    if verdict.refused is None:
        message = judge(data)
        assert bool(message.method) == (verdict.kind == "request")
        assert message.call_id and message.via.host
        return
    with pytest.raises(ParseError) as caught:
        judge(data)
    assert caught.value.status == verdict.refused
    if verdict.refused:
        assert verdict.refused in verdict.statuses
        assert caught.value.message is not None, "a request that is answered needs its headers"


def assert_stream(verdict: Verdict, data: bytes, step: int) -> None:
    """Feed the message and an OPTIONS after it, ``step`` octets at a time."""
    framer = StreamFramer()
    messages: list[bytes] = []
    stream = data + OPTIONS
    try:
        for at in range(0, len(stream), step):
            messages += framer.feed(stream[at:at + step])
    except FramingError as error:
        assert verdict.stream == "closes"
        messages += error.completed
        assert OPTIONS not in messages
        if not messages:
            assert error.status == 400 and error.message is not None
        return
    if verdict.stream == "waits":
        assert messages == [] and framer.pending == len(stream)
        return
    assert verdict.stream == "reads"
    assert messages[-1] == OPTIONS
    assert_verdict(verdict, messages[0])


@named(OWN)
def test_own_message(verdict: Verdict) -> None:
    assert_verdict(verdict, own_message(verdict))


@named(OWN)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_own_message_in_a_stream(verdict: Verdict, step: int) -> None:
    assert_stream(verdict, own_message(verdict), step)


@named(RFC4475 + RFC5118)
def test_rfc_message(verdict: Verdict) -> None:
    directory = rfc_directory()
    if directory is None:
        pytest.skip("the messages of RFC 4475 and RFC 5118 are not here: set MSS_TORTURE_DIR")
    assert_verdict(verdict, rfc_message(directory, verdict))


@named(RFC4475 + RFC5118)
@pytest.mark.parametrize("step", [1, 100_000])
def test_rfc_message_in_a_stream(verdict: Verdict, step: int) -> None:
    directory = rfc_directory()
    if directory is None:
        pytest.skip("the messages of RFC 4475 and RFC 5118 are not here: set MSS_TORTURE_DIR")
    assert_stream(verdict, rfc_message(directory, verdict), step)


@named(tuple(verdict for verdict in OWN if verdict.refused is None))
def test_own_message_survives_parsing_unchanged(verdict: Verdict) -> None:
    data = own_message(verdict)
    rebuilt = parse(data).to_bytes()
    assert data.startswith(rebuilt)
    assert rebuilt == data or verdict.name == "octets-after-the-body"


def test_the_table_is_complete() -> None:
    assert len(RFC4475) == 49 and len(RFC5118) == 12
    assert {verdict.name for verdict in OWN} == {path.stem for path in OWN_DIRECTORY.glob("*.sip")}
    assert {v.section for v in RFC4475 + RFC5118} == {v.section for v in OWN}
    directory = rfc_directory()
    if directory is not None:
        assert {v.name for v in RFC4475} == {path.stem for path in (directory / "rfc4475").glob("*.dat")}
        assert {v.name for v in RFC5118} == {path.name for path in (directory / "rfc5118").iterdir()}
