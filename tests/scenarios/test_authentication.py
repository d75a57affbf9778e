# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stranger can and cannot learn or do with REGISTER."""
from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest

from bench.peers.base import User
from tests.support import digest
from tests.support.server import LiveServer, Settings
from tests.support.sip_client import Phone, unique
from tests.support.sip_message import SipMessage

pytestmark = pytest.mark.real

MakePhone = Callable[..., Phone]
_ATTEMPTS = 400


@pytest.fixture(scope="module")
def module_settings() -> Settings:
    return {"sip": {"digest_algorithms": ["MD5", "SHA-256"]}}


class Attempt(NamedTuple):
    """A refused answer and how long it took in seconds."""

    response: SipMessage
    seconds: float


def _send_register(phone: Phone, aor: str, call_id: str, cseq: int, extra: list[tuple[str, str]]) -> SipMessage:
    headers = [("From", f"<{aor}>;tag=f"), ("To", f"<{aor}>"), ("Call-ID", call_id), ("CSeq", f"{cseq} REGISTER"),
               ("Contact", f"<{phone.contact}>"), *extra]  # fmt: skip
    return phone.expect_final(phone.send_request("REGISTER", f"sip:{phone.domain}", headers))


def attempt(phone: Phone, number: str) -> Attempt:
    """A REGISTER of ``number`` with a wrong password, against a fresh challenge."""
    aor = f"sip:{number}@{phone.domain}"
    call_id = unique("reg")
    challenge = _send_register(phone, aor, call_id, 1, []).get("www-authenticate")
    credentials = digest.answer(challenge, "REGISTER", f"sip:{phone.domain}", number, "wrong password")
    started = time.perf_counter()
    response = _send_register(phone, aor, call_id, 2, [("Authorization", credentials)])
    return Attempt(response, time.perf_counter() - started)


def shape(response: SipMessage) -> str:
    """A response without what differs from request to request."""
    text = response.raw.decode()
    for name in ("Via", "From", "To", "Call-ID", "CSeq", "Date"):
        text = re.sub(rf"(?im)^{name}:.*$", f"{name}:", text)
    return re.sub(r'(nonce|opaque)="[^"]*"', r"\1", text)


def probability_first_is_slower(first: list[float], second: list[float]) -> float:
    """Mann-Whitney: 0.5 when the two samples cannot be told apart."""
    ordered = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    rank_sum = sum(rank for rank, (_, group) in enumerate(ordered, 1) if group == 0)
    return (rank_sum - len(first) * (len(first) + 1) / 2) / (len(first) * len(second))


def test_wrong_password_and_unknown_user_look_the_same(server: LiveServer, make_phone: MakePhone) -> None:
    phone = make_phone(registered=False)
    known, unknown = phone.number, "9" + phone.number[1:]
    assert unknown not in [user.number for user in server.users]
    wrong = [attempt(phone, known) for _ in range(5)]
    missing = [attempt(phone, unknown) for _ in range(5)]
    assert {a.response.status for a in wrong} == {a.response.status for a in missing}
    assert {len(a.response.raw) for a in wrong[:1]} == {len(a.response.raw) for a in missing[:1]}
    assert {shape(a.response) for a in wrong} == {shape(a.response) for a in missing}


def test_wrong_password_and_unknown_user_take_the_same_time(make_phone: MakePhone) -> None:
    phone = make_phone(registered=False)
    known, unknown = phone.number, "9" + phone.number[1:]
    wrong: list[float] = []
    missing: list[float] = []
    for _ in range(_ATTEMPTS):
        wrong.append(attempt(phone, known).seconds)
        missing.append(attempt(phone, unknown).seconds)
    # For two equal distributions this is 0.5 with a standard deviation of 0.02.
    told_apart = probability_first_is_slower(wrong, missing)
    assert 0.4 < told_apart < 0.6, (told_apart, statistics.median(wrong), statistics.median(missing))


def test_right_password_is_accepted_with_each_algorithm(make_phone: MakePhone) -> None:
    phone = make_phone(registered=False)
    for wanted in ("MD5", "SHA-256"):
        challenges = _send_register(phone, phone.aor, unique("reg"), 1, []).all("www-authenticate")
        offered = {digest.parse_challenge(challenge).get("algorithm", "MD5"): challenge for challenge in challenges}
        assert set(offered) == {"MD5", "SHA-256"}
        uri = f"sip:{phone.domain}"
        credentials = digest.answer(offered[wanted], "REGISTER", uri, phone.number, phone.user.password)
        response = _send_register(phone, phone.aor, unique("reg"), 1, [("Authorization", credentials)])
        assert response.status == 200, wanted


def test_a_used_nonce_count_is_refused(make_phone: MakePhone) -> None:
    phone = make_phone(registered=False)
    uri = f"sip:{phone.domain}"
    call_id = unique("reg")
    challenge = _send_register(phone, phone.aor, call_id, 1, []).get("www-authenticate")

    def register(nonce_count: int, cseq: int) -> SipMessage:
        value = digest.answer(challenge, "REGISTER", uri, phone.number, phone.user.password, nonce_count)
        return _send_register(phone, phone.aor, call_id, cseq, [("Authorization", value)])

    assert register(1, 2).status == 200
    assert register(1, 3).status == 401
    assert register(2, 4).status == 200
    assert register(2, 5).status == 401
    assert register(1, 6).status == 401


def test_credentials_for_another_method_are_refused(make_phone: MakePhone) -> None:
    phone = make_phone(registered=False)
    call_id = unique("reg")
    challenge = _send_register(phone, phone.aor, call_id, 1, []).get("www-authenticate")
    value = digest.answer(challenge, "INVITE", f"sip:{phone.domain}", phone.number, phone.user.password)
    assert _send_register(phone, phone.aor, call_id, 2, [("Authorization", value)]).status == 401


def test_nobody_registers_for_somebody_else(server: LiveServer, make_phone: MakePhone) -> None:
    thief, victim = make_phone(registered=False), make_phone()
    aor = victim.aor
    call_id = unique("reg")
    challenge = _send_register(thief, aor, call_id, 1, []).get("www-authenticate")
    value = digest.answer(challenge, "REGISTER", f"sip:{thief.domain}", thief.number, thief.user.password)
    response = _send_register(thief, aor, call_id, 2, [("Authorization", value)])
    assert response.status == 403, response
    devices = server.json("device", "list", "--user", victim.number)
    assert [device["contact"] for device in devices] == [victim.contact]


def test_a_caller_without_credentials_is_challenged_and_with_wrong_ones_refused(make_phone: MakePhone) -> None:
    callee, caller = make_phone(), make_phone(registered=False)
    stranger = Phone(caller.wire, User(caller.number, "wrong password"))
    uri = f"sip:{callee.number}@{caller.domain}"

    def headers(cseq: int) -> list[tuple[str, str]]:
        return [("From", f"<{caller.aor}>;tag=f"), ("To", f"<{uri}>"), ("Call-ID", call_id),
                ("CSeq", f"{cseq} INVITE"), ("Contact", f"<{caller.contact}>")]  # fmt: skip

    call_id = unique("call")
    response = stranger.transact("INVITE", uri, headers, stranger.offer())
    assert response.status in (401, 403, 407)
    callee.expect_silence(0.3, lambda message: message.method == "INVITE")
