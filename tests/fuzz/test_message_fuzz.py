# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever arrives, the message layer raises nothing but its own errors, and takes no time that grows with malice."""
from __future__ import annotations

import itertools
import random
import time

import pytest

from mss.model.user import User
from mss.sip.digest import Authenticator, answer_challenge
from mss.sip.errors import FramingError, ParseError
from mss.sip.fields import parse_name_addr, parse_via, split_values, tag_of
from mss.sip.framing import StreamFramer
from mss.sip.headers import CONTACT, FROM, ROUTE, TO
from mss.sip.message import Message
from mss.sip.parser import parse
from mss.sip.uri import parse_uri
from mss.sip.validation import check_request, check_response
from tests.fuzz.mutator import mutants

MUTANTS = 100_000


def read(data: bytes) -> Message | None:
    """What an endpoint does with a datagram, up to the transaction layer."""
    try:
        message = parse(data)
        if message.method:
            check_request(message)
        else:
            check_response(message)
    except ParseError as error:
        assert error.status == 0 or 400 <= error.status < 600
        assert error.reason
        if error.status:
            assert error.message is not None and error.message.method
            assert b"\r\n\r\n" in error.message.to_bytes()
        return None
    return message


def test_mutated_messages_raise_parse_errors_and_nothing_else() -> None:
    accepted = 0
    for data in mutants(MUTANTS):
        message = read(data)
        if message is not None:
            accepted += 1
            assert message.via.host and message.call_id and message.cseq_method
            assert not any(b"\n" in line.replace("\r\n ", "").replace("\r\n\t", "").encode("utf-8", "surrogateescape")
                           for line in message.lines)
    assert MUTANTS // 10 < accepted < MUTANTS * 9 // 10, "mutants should be neither all good nor all bad"


def test_values_of_accepted_mutants_are_parsed_or_refused() -> None:
    for data in mutants(5_000, seed=2):
        message = read(data)
        if message is None:
            continue
        for name in (FROM, TO, CONTACT, ROUTE):
            for value in message.values(name):
                tag_of(value)
                try:
                    address = parse_name_addr(value)
                    str(address)
                    str(parse_uri(address.uri))
                except ParseError:
                    continue


def test_an_accepted_message_is_accepted_again_after_rebuilding() -> None:
    for data in mutants(5_000, seed=3):
        message = read(data)
        if message is not None:
            again = parse(message.to_bytes())
            assert again.lines == message.lines and again.body == message.body


@pytest.mark.parametrize("step", [1, 17, 5000])
def test_mutated_streams_raise_framing_errors_and_nothing_else(step: int) -> None:
    framer = StreamFramer()
    for data in mutants(300 if step == 1 else 5_000, seed=step):
        try:
            for at in range(0, len(data), step):
                framer.feed(data[at:at + step])
        except FramingError:
            framer = StreamFramer()


def test_mutated_credentials_never_pass_and_never_raise() -> None:
    user = User("100", password="right")
    authenticator = Authenticator("mss", bytes(32), ("MD5", "SHA-256", "MD5-sess"))
    good = [answer_challenge(challenge, "REGISTER", "sip:mss", "100", "wrong", "c0ffee", 1).encode()
            for challenge in authenticator.challenges(10.0)]
    for data in mutants(20_000, seed=4, seeds=good):
        value = data.decode("utf-8", "surrogateescape")
        assert not authenticator.verify(value, "REGISTER", lambda name: user, 11.0).ok


HOSTILE = {
    "quotes": '"' * 30_000, "backslashes": '"' + "\\" * 30_000, "semicolons": "<sip:a@b>" + ";" * 30_000,
    "blanks": "<sip:a@b>" + " " * 30_000 + "x", "blanks in params": "<sip:a@b>;a" + " " * 30_000 + "x",
    "params": "<sip:a@b>" + ";a=b" * 10_000 + "=", "brackets": "<" * 30_000, "tokens": "a " * 15_000,
    "commas": "," * 30_000, "userinfo": "sip:" + "a" * 30_000 + "@", "colons": "sip:a@[" + ":" * 30_000 + "]",
    "escapes": "sip:" + "%41" * 10_000 + "%", "via": "SIP/2.0/UDP h" + ";a=b" * 8_000 + ";",
    "via blanks": "SIP / 2.0 / UDP h " + " " * 30_000 + ";;",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_values_cost_time_in_proportion_to_their_length(text: str) -> None:
    start = time.process_time()
    for read_value in (parse_name_addr, parse_via, parse_uri, split_values, tag_of):
        try:
            read_value(text)
        except ParseError:
            continue
    assert time.process_time() - start < 0.2


def test_random_octets_are_dropped() -> None:
    rng = random.Random(5)
    for size in itertools.islice(itertools.cycle((1, 4, 20, 200)), 2_000):
        with pytest.raises(ParseError) as caught:
            parse(rng.randbytes(size))
        assert caught.value.status == 0
