# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import hashlib

import pytest

from mss.model.user import User
from mss.sip import digest
from mss.sip.digest import (
    ALGORITHMS,
    Authenticator,
    answer_challenge,
    make_ha1,
    parse_params,
    response_of,
    strongest_challenge,
)
from mss.sip.errors import RemoteProtocolError

URI = "sip:pbx.example"
SECRET = bytes(range(32))
BAD_COUNT = "bad qop, nonce count or cnonce"


class Server:
    """An authenticator with two users and a clock."""

    def __init__(self, *algorithms: str, seconds: float = 300) -> None:
        self.users = {"100": User("100", password="right"), "101": User("101", password="other")}
        self.now = 1000.0
        self.authenticator = Authenticator("mss", SECRET, algorithms or ("MD5",), seconds)

    def challenge(self, index: int = 0) -> str:
        return self.authenticator.challenges(self.now)[index]

    def verify(self, value: str, method: str = "REGISTER") -> digest.Verdict:
        return self.authenticator.verify(value, method, self.users.get, self.now)


def answer(challenge: str, user: str = "100", password: str = "right", nc: int = 1, method: str = "REGISTER") -> str:
    return answer_challenge(challenge, method, URI, user, password, "c0ffee", nc)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_right_password(algorithm: str) -> None:
    server = Server(algorithm)
    verdict = server.verify(answer(server.challenge()))
    assert verdict.ok and verdict.user is server.users["100"] and not verdict.stale and verdict.reason == ""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("user", "password"), [("100", "wrong"), ("nobody", "right"), ("101", "right"), ("", "")])
def test_wrong_user_and_wrong_password_look_alike(algorithm: str, user: str, password: str) -> None:
    server = Server(algorithm)
    verdict = server.verify(answer(server.challenge(), user, password))
    assert not verdict.ok and verdict.user is None and not verdict.stale
    assert verdict.reason == "wrong user or password"


def test_the_example_of_rfc_7616() -> None:
    params = {"nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "uri": "/dir/index.html", "qop": "auth",
              "nc": "00000001", "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}
    for algorithm, expected in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        ha1 = make_ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")
        assert response_of(algorithm, ha1, "GET", params) == expected


def test_session_variant_hashes_nonce_and_cnonce_into_ha1() -> None:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    ha1 = md5(f"{md5('u:r:p')}:N:C")
    expected = md5(f"{ha1}:N:00000002:C:auth:{md5('INVITE:sip:x')}")
    params = {"nonce": "N", "uri": "sip:x", "qop": "auth", "nc": "00000002", "cnonce": "C"}
    assert response_of("MD5-sess", make_ha1("MD5-sess", "u", "r", "p"), "INVITE", params) == expected


def test_challenges_name_realm_nonce_algorithm_and_qop() -> None:
    server = Server("SHA-256", "MD5")
    strong, weak = [parse_params(value) for value in server.authenticator.challenges(server.now)]
    assert strong is not None and weak is not None
    assert strong["realm"] == "mss" and strong["algorithm"] == "SHA-256" and strong["qop"] == "auth"
    assert weak["algorithm"] == "MD5" and weak["nonce"] == strong["nonce"] and "stale" not in weak
    stale = parse_params(server.authenticator.challenges(server.now, stale=True)[0])
    assert stale is not None and stale["stale"] == "true" and stale["nonce"] != strong["nonce"]


def test_a_replayed_or_lower_nonce_count_is_refused_as_stale() -> None:
    server = Server()
    challenge = server.challenge()
    assert server.verify(answer(challenge, nc=1)).ok
    assert server.verify(answer(challenge, nc=5)).ok
    for count in (5, 4, 1):
        verdict = server.verify(answer(challenge, nc=count))
        assert not verdict.ok and verdict.stale and verdict.reason == "nonce count replayed"
    assert server.verify(answer(challenge, nc=6)).ok


def test_a_wrong_password_does_not_use_up_a_nonce_count() -> None:
    server = Server()
    challenge = server.challenge()
    assert not server.verify(answer(challenge, password="wrong", nc=9)).ok
    assert server.verify(answer(challenge, nc=1)).ok


def test_an_old_nonce_is_stale_and_only_for_those_who_know_the_password() -> None:
    server = Server(seconds=60)
    challenge = server.challenge()
    server.now += 59
    assert server.verify(answer(challenge, nc=1)).ok
    server.now += 2
    verdict = server.verify(answer(challenge, nc=2))
    assert not verdict.ok and verdict.stale and verdict.reason == "nonce expired"
    assert not server.verify(answer(challenge, password="wrong", nc=2)).stale


@pytest.mark.parametrize("nonce", ["", "0" * 32, "x" * 32, "000003E800000001" + "0" * 16, "字" * 32, "000003e8" * 4])
def test_a_nonce_of_others_is_stale(nonce: str) -> None:
    server = Server()
    verdict = server.verify(answer(f'Digest realm="mss", nonce="{nonce}", algorithm=MD5, qop="auth"'))
    assert not verdict.ok and verdict.stale and verdict.reason == "nonce not ours"


def test_a_right_response_without_a_nonce_is_refused() -> None:
    server = Server()
    params = {"uri": URI, "qop": "auth", "nc": "00000001", "cnonce": "c"}
    response = response_of("MD5", make_ha1("MD5", "100", "mss", "right"), "REGISTER", params)
    verdict = server.verify('Digest username="100", realm="mss", uri="sip:pbx.example", qop=auth, nc=00000001, '
                            f'cnonce="c", response="{response}"')
    assert not verdict.ok and verdict.reason == "nonce not ours"


def test_a_nonce_of_a_former_start_is_stale() -> None:
    server = Server()
    other = Authenticator("mss", bytes(32), ("MD5",)).challenges(server.now)[0]
    assert server.verify(answer(other)).stale
    future = server.authenticator.challenges(server.now + 100)[0]
    assert server.verify(answer(future)).stale


def test_a_client_without_qop_gets_in_once_per_nonce() -> None:
    server = Server()
    params = parse_params(server.challenge())
    assert params is not None
    value = answer(f'Digest realm="mss", nonce="{params["nonce"]}"')
    assert "qop" not in value and "nc=" not in value
    assert server.verify(value).ok
    assert server.verify(value).stale


def test_credentials_hold_for_one_method() -> None:
    server = Server()
    assert not server.verify(answer(server.challenge()), "INVITE").ok


@pytest.mark.parametrize(("changed", "reason"), [
    (("realm=\"mss\"", "realm=\"other\""), "credentials of another realm"),
    (("Digest", "Basic"), "no digest credentials"), (("algorithm=MD5", "algorithm=SHA-256"), "algorithm not offered"),
    (("algorithm=MD5", "algorithm=ROT13"), "algorithm not offered"),
    (("qop=auth", "qop=auth-int"), BAD_COUNT), (("nc=00000001", "nc=zz"), BAD_COUNT),
    (("nc=00000001", "nc="), BAD_COUNT), (("nc=00000001", "nc=000000001"), BAD_COUNT), (("nc=", "xx="), BAD_COUNT),
    (('cnonce="c0ffee"', 'cnonce=""'), BAD_COUNT), (("response=", "answer="), "wrong user or password"),
    (("username=", "name="), "wrong user or password"), ((" nonce=", " no="), "wrong user or password"),
    (('response="', 'response="字'), "wrong user or password"), (("uri=", "uri=x, u="), "wrong user or password"),
])
def test_bad_credentials(changed: tuple[str, str], reason: str) -> None:
    server = Server()
    value = answer(server.challenge())
    assert changed[0] in value
    verdict = server.verify(value.replace(*changed))
    assert not verdict.ok and verdict.reason == reason and not verdict.stale


@pytest.mark.parametrize("value", ["", "Digest", "Digest ", "Digest ,,,", "Bearer abc", "Digest =", "digest nonce"])
def test_empty_credentials(value: str) -> None:
    assert not Server().verify(value).ok


@pytest.mark.parametrize("change", [
    lambda value: value.replace("Digest", "dIGEST"), lambda value: value.replace(", ", ","),
    lambda value: value.replace("=", " = "), lambda value: value.replace("username=", "UserName="),
    lambda value: value.replace("nonce=", "NONCE="), lambda value: value.replace("algorithm=MD5", 'algorithm="md5"'),
    lambda value: value.replace("qop=auth", 'qop="auth"'), lambda value: value.replace(", ", " ,\t"),
    lambda value: value.replace("Digest ", 'Digest opaque="a, nonce=\\"x\\"", '), lambda value: value + ", extra=1",
    lambda value: value.replace('username="100"', "username=100"),
    lambda value: value[:value.index('response="') + 10] + value[value.index('response="') + 10:].upper()[:32]
    + value[value.index('response="') + 42:],
])
def test_credentials_in_other_spellings(change: object) -> None:
    server = Server()
    assert callable(change)
    verdict = server.verify(change(answer(server.challenge())))
    assert verdict.ok, verdict.reason


def test_disabled_users_and_users_without_password_are_nobody() -> None:
    server = Server()
    server.users["100"].enabled = False
    server.users["101"].password = ""
    assert server.verify(answer(server.challenge())).reason == "wrong user or password"
    assert server.verify(answer(server.challenge(), "101", "")).reason == "wrong user or password"


def test_unknown_users_cost_the_same_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    if not hasattr(digest.response_of, "__code__"):
        pytest.skip("compiled functions cannot be watched")
    calls: list[str] = []
    original = digest._hash_of["MD5"]

    def counted(data: bytes) -> object:
        calls.append("md5")
        return original(data)

    server.verify(answer(server.challenge()))
    values = [answer(server.challenge(), password="wrong"), answer(server.challenge(), user="nobody")]
    monkeypatch.setitem(digest._hash_of, "MD5", counted)  # type: ignore[misc]
    server.verify(values[0])
    known = len(calls)
    server.verify(values[1])
    assert len(calls) == 2 * known > 0


def test_ha1_is_computed_once_per_algorithm_and_realm() -> None:
    server = Server("MD5", "SHA-256", "MD5-sess")
    for index in range(3):
        assert server.verify(answer(server.challenge(index))).ok
    assert len(server.users["100"].ha1) == 2
    server.users["100"].password = "changed"
    assert server.verify(answer(server.challenge())).ok, "a changed password comes with a new User"
    server.users["100"] = User("100", password="changed")
    assert server.verify(answer(server.challenge(), password="changed")).ok


@pytest.mark.parametrize("name", ['o"neil', "back\\slash", "Zoë 张", "a, b=c"])
def test_unusual_user_names(name: str) -> None:
    server = Server()
    server.users[name] = User(name, password="right")
    assert server.verify(answer(server.challenge(), user=name)).ok


def test_memory_is_bounded_and_forgotten_nonces_stay_refused() -> None:
    server = Server()
    server.authenticator = Authenticator("mss", SECRET, ("MD5",), 300, max_tracked=10)
    first = server.challenge()
    assert server.verify(answer(first)).ok
    for _ in range(60):
        server.now += 1
        assert server.verify(answer(server.challenge())).ok
    authenticator = server.authenticator
    assert len(authenticator._counts) + len(authenticator._old_counts) <= 20
    assert server.verify(answer(first)).stale
    assert server.verify(answer(first, nc=2)).stale


def test_counts_are_kept_as_long_as_their_nonce_lives() -> None:
    server = Server(seconds=100)
    assert server.verify(answer(server.challenge())).ok
    server.now += 99
    challenge = server.challenge()
    assert server.verify(answer(challenge)).ok
    for _ in range(9):
        server.now += 11
        assert server.verify(answer(server.challenge())).ok
        assert server.verify(answer(challenge)).stale


def test_unknown_algorithm_is_a_setting_error() -> None:
    with pytest.raises(ValueError, match="CRC32"):
        Authenticator("mss", SECRET, ("MD5", "CRC32"))


CHALLENGES = {
    "md5": 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"',
    "sha": 'Digest realm="r",nonce="n",algorithm=SHA-256',
    "other": 'Digest realm="r", nonce="n", algorithm=SHA-512-256', "basic": 'Basic realm="r"',
    "plain": 'Digest realm="r", nonce="n"', "int": 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth-int"',
    "both": 'Digest realm="r", nonce="n", algorithm=md5-sess, qop="auth-int , Auth"',
}


@pytest.mark.parametrize(("offered", "chosen"), [
    (("md5", "sha"), "sha"), (("sha", "md5"), "sha"), (("other", "md5"), "md5"), (("basic", "other", "int"), None),
    (("plain", "both"), "plain"), (("both",), "both"), ((), None), (("int", "plain"), "plain"),
])
def test_strongest_challenge(offered: tuple[str, ...], chosen: str | None) -> None:
    assert strongest_challenge([CHALLENGES[name] for name in offered]) == (CHALLENGES[chosen] if chosen else None)


@pytest.mark.parametrize("name", ["other", "basic", "int"])
def test_a_challenge_that_we_cannot_answer(name: str) -> None:
    with pytest.raises(RemoteProtocolError):
        answer(CHALLENGES[name])


def test_answer_echoes_what_the_server_needs() -> None:
    value = answer('Digest realm="a \\"b\\"", nonce="n/+=", opaque="o, p", algorithm=md5, qop="auth,auth-int"', nc=26)
    assert value.startswith('Digest username="100", realm="a \\"b\\"", nonce="n/+=", uri="sip:pbx.example", response="')
    assert value.endswith(', algorithm=md5, qop=auth, nc=0000001a, cnonce="c0ffee", opaque="o, p"')


def test_no_secret_is_shown() -> None:
    server = Server()
    verdict = server.verify(answer(server.challenge()))
    assert "right" not in repr(server.users["100"]) and "right" not in repr(verdict)
    assert all(ha1 not in repr(server.users["100"]) for ha1 in server.users["100"].ha1.values())
