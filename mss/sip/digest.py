# SPDX-License-Identifier: GPL-2.0-or-later
"""Digest authentication, both sides (RFC 3261 22, RFC 7616, RFC 8760; RFC 2617 clients are tolerated).

A nonce proves by itself that it is ours and how old it is, so that nothing is kept for a challenge
that nobody answers.  Kept is, for each nonce that was used, the highest nonce count.
"""
from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from hashlib import blake2s
from hmac import compare_digest
from typing import Final

from mss.model.user import User
from mss.sip.errors import RemoteProtocolError
from mss.sip.grammar import TOKEN, quote, unquote

_hash_of: Final[dict[str, Callable[[bytes], hashlib._Hash]]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
#: Algorithms that we speak, the stronger ones first.
ALGORITHMS: Final = ("SHA-256", "SHA-256-sess", "MD5", "MD5-sess")
_BY_UPPER: Final = {name.upper(): name for name in ALGORITHMS}

_PARAM_RE: Final = re.compile(rf'({TOKEN})[ \t]*+=[ \t]*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^\s,"]*+))')
#: Parameters of all credentials with qop, and those that may stand beside them.
_USUAL: Final = frozenset(("username", "realm", "nonce", "uri", "response", "nc", "cnonce", "qop"))
_EXPECTED: Final = _USUAL | {"algorithm", "opaque"}
_COUNT_RE: Final = re.compile(r"[0-9A-Fa-f]{1,8}")
_NONCE_RE: Final = re.compile(r"[0-9A-F]{32}")
#: The count noted for a nonce that was used without one: nothing comes after it.
_SPENT: Final = 0x1_0000_0000


class Verdict:
    """What became of credentials.

    ``ok`` with the ``user``; or not ok, ``stale`` when only the nonce was at fault (the challenge then
    says so and the client repeats without asking anybody), and a ``reason`` for the log.
    """

    __slots__ = ("ok", "user", "stale", "reason")

    def __init__(self, user: User | None, stale: bool, reason: str) -> None:
        self.ok = user is not None
        self.user = user
        self.stale = stale
        self.reason = reason


class Authenticator:
    """The server side for one realm.

    ``secret`` (of which 32 octets are used) signs the nonces and must be new at each start;
    ``algorithms`` are offered in this order and no others are taken; a nonce is good for
    ``nonce_seconds``; at most twice ``max_tracked`` nonce counts are kept.  Raises ValueError for an
    unknown algorithm.
    """

    __slots__ = ("realm", "algorithms", "nonce_seconds", "_signer", "_dummy", "_counter", "_counts", "_old_counts",
                 "_turned", "_forgotten", "_max_tracked")

    def __init__(self, realm: str, secret: bytes, algorithms: tuple[str, ...] = ("MD5", "SHA-256"),
                 nonce_seconds: float = 300, max_tracked: int = 100_000) -> None:
        for name in algorithms:
            if name not in ALGORITHMS:
                raise ValueError(f"unknown digest algorithm {name!r}, known are: {', '.join(ALGORITHMS)}")
        self.realm = realm
        self.algorithms = algorithms
        self.nonce_seconds = nonce_seconds
        self._max_tracked = max_tracked
        self._signer = blake2s(key=secret[:32], digest_size=8)
        #: HA1 that stands in for users that do not exist: no password gives it.
        self._dummy = blake2s(b"no such user", key=secret[:32]).hexdigest()
        self._counter = 0
        self._counts: dict[str, int] = {}
        self._old_counts: dict[str, int] = {}
        self._turned = 0.0
        #: No nonce of this time or before is taken without a count kept for it.
        self._forgotten = -1.0

    def challenges(self, now: float, stale: bool = False) -> list[str]:
        """Values of WWW-Authenticate or Proxy-Authenticate headers, one per algorithm, with one new nonce."""
        nonce = self._make_nonce(now)
        tail = ', qop="auth", stale=true' if stale else ', qop="auth"'
        head = f'Digest realm={quote(self.realm)}, nonce="{nonce}", algorithm='
        return [head + name + tail for name in self.algorithms]

    def verify(self, value: str, method: str, lookup: Callable[[str], User | None], now: float) -> Verdict:
        """Check the value of an Authorization or Proxy-Authorization header of a ``method`` request.

        ``lookup`` finds the user of a digest user name.  Unknown users, disabled ones and those without
        a password cost the same work as a wrong password and look the same from outside.
        """
        params = parse_params(value)
        if params is None:
            return Verdict(None, False, "no digest credentials")
        if params.get("realm") != self.realm:
            return Verdict(None, False, "credentials of another realm")
        algorithm = params.get("algorithm", "MD5")
        if algorithm not in self.algorithms:
            algorithm = _BY_UPPER.get(algorithm.upper(), "")
            if algorithm not in self.algorithms:
                return Verdict(None, False, "algorithm not offered")
        qop = params.get("qop", "")
        count = _SPENT
        if qop:
            if qop != "auth" or _COUNT_RE.fullmatch(params.get("nc", "")) is None or not params.get("cnonce"):
                return Verdict(None, False, "bad qop, nonce count or cnonce")
            count = int(params["nc"], 16)
        name = params.get("username", "")
        user = lookup(unquote(f'"{name}"') if "\\" in name else name)
        if user is not None and user.enabled and user.password:
            ha1 = self._ha1(user, algorithm)
        else:
            user = None
            ha1 = self._dummy
        want = response_of(algorithm, ha1, method, params)
        given = params.get("response", "")
        if not given.isascii() or not compare_digest(want, given.lower()) or user is None:
            return Verdict(None, False, "wrong user or password")
        return self._count(user, params.get("nonce", ""), count, now)

    def _ha1(self, user: User, algorithm: str) -> str:
        """H(user:realm:password), computed once per user."""
        key = algorithm.removesuffix("-sess") + ":" + self.realm
        ha1 = user.ha1.get(key)
        if ha1 is None:
            ha1 = user.ha1[key] = make_ha1(algorithm, user.number, self.realm, user.password)
        return ha1

    def _count(self, user: User, nonce: str, count: int, now: float) -> Verdict:
        """The verdict on a right response: its nonce must be ours, young, and its count the highest so far."""
        last = self._counts.get(nonce)
        if last is None:
            last = self._old_counts.get(nonce, -1)
            if last < 0 and not self._is_ours(nonce):
                return Verdict(None, True, "nonce not ours")
        made = int(nonce[:8], 16)
        if now - made > self.nonce_seconds or made > now or (last < 0 and made <= self._forgotten):
            return Verdict(None, True, "nonce expired")
        if count <= last:
            return Verdict(None, True, "nonce count replayed")
        if now - self._turned > self.nonce_seconds or len(self._counts) >= self._max_tracked:
            self._turn(now)
        self._counts[nonce] = count
        return Verdict(user, False, "")

    def _turn(self, now: float) -> None:
        """Start a new generation of counts.

        The counts that are dropped belong to nonces that were made before the last turn; such nonces
        have expired, or, when the turn came early because of their number, are called so from now on.
        """
        if self._old_counts:
            self._forgotten = self._turned
        self._old_counts = self._counts
        self._counts = {}
        self._turned = now

    def _make_nonce(self, now: float) -> str:
        self._counter = (self._counter + 1) & 0xFFFFFFFF
        head = f"{int(now):08X}{self._counter:08X}"
        return head + self._sign(head)

    def _sign(self, head: str) -> str:
        signer = self._signer.copy()
        signer.update(head.encode())
        return signer.hexdigest().upper()

    def _is_ours(self, nonce: str) -> bool:
        return _NONCE_RE.fullmatch(nonce) is not None and compare_digest(self._sign(nonce[:16]), nonce[16:])


def parse_params(value: str) -> dict[str, str] | None:
    """Parameters of a Digest challenge or credentials, names in lower case, values without their quotes.

    Escapes inside of quotes are left, as they are hashed.  None when the scheme is another one.
    """
    if value[:7] != "Digest " and value[:7].lower() not in ("digest ", "digest\t"):
        return None
    params: dict[str, str] = {}
    if "\\" not in value:
        # The usual credentials: no escapes, no commas in values.  Whatever differs is read again with care.
        items = value[7:].replace('"', "").replace(", ", ",").split(",")
        params = {name: text for name, _, text in [item.partition("=") for item in items]}
        if _USUAL <= params.keys() <= _EXPECTED:
            return params
        params = {}
    for name, quoted, plain in _PARAM_RE.findall(value, 7):
        params[name] = quoted or plain
    if "nonce" not in params or "realm" not in params or ("response" in params and "username" not in params):
        params = {name.lower(): text for name, text in params.items()}
    return params


def make_ha1(algorithm: str, user: str, realm: str, password: str) -> str:
    """H(user:realm:password) in hex, the same for an algorithm and its session variant."""
    data = f"{user}:{realm}:{password}".encode("utf-8", "surrogateescape")
    return _hash_of[algorithm.removesuffix("-sess")](data).hexdigest()


def response_of(algorithm: str, ha1: str, method: str, params: dict[str, str]) -> str:
    """The response that proves ``ha1`` (RFC 7616 3.4.1; without qop that of RFC 2069), in hex."""
    if algorithm.endswith("-sess"):
        new_hash = _hash_of[algorithm[:-5]]
        ha1 = _hex(new_hash, f"{ha1}:{params.get('nonce', '')}:{params.get('cnonce', '')}")
    else:
        new_hash = _hash_of[algorithm]
    ha2 = _hex(new_hash, f"{method}:{params.get('uri', '')}")
    qop = params.get("qop")
    if qop:
        return _hex(new_hash, f"{ha1}:{params.get('nonce', '')}:{params['nc']}:{params['cnonce']}:{qop}:{ha2}")
    return _hex(new_hash, f"{ha1}:{params.get('nonce', '')}:{ha2}")


def _hex(new_hash: Callable[[bytes], hashlib._Hash], text: str) -> str:
    return new_hash(text.encode("utf-8", "surrogateescape")).hexdigest()


def strongest_challenge(values: list[str]) -> str | None:
    """The challenge with the strongest algorithm that we can answer, None when we can answer none."""
    best: str | None = None
    best_rank = len(ALGORITHMS)
    for value in values:
        params = parse_params(value)
        if params is not None and "nonce" in params and _offers_auth(params.get("qop", "")):
            name = _BY_UPPER.get(params.get("algorithm", "MD5").upper())
            if name is not None and ALGORITHMS.index(name) < best_rank:
                best = value
                best_rank = ALGORITHMS.index(name)
    return best


def _offers_auth(qop: str) -> bool:
    return not qop or "auth" in [part.strip(" \t").lower() for part in qop.split(",")]


def answer_challenge(challenge: str, method: str, uri: str, user: str, password: str, cnonce: str, nc: int) -> str:
    """Value of the Authorization or Proxy-Authorization header that answers a challenge.

    ``cnonce`` is fresh random text, ``nc`` counts the requests with this nonce from 1.  Raises
    RemoteProtocolError when the challenge cannot be answered (see ``strongest_challenge``).
    """
    given = parse_params(challenge)
    if given is None or strongest_challenge([challenge]) is None:
        raise RemoteProtocolError(0, "challenge with a scheme, algorithm or qop that we do not speak")
    algorithm = _BY_UPPER[given.get("algorithm", "MD5").upper()]
    realm = given.get("realm", "")
    params = {"nonce": given["nonce"], "uri": uri, "cnonce": cnonce}
    if given.get("qop"):
        params["qop"] = "auth"
        params["nc"] = f"{nc:08x}"
    ha1 = make_ha1(algorithm, user, realm, password)
    response = response_of(algorithm, ha1, method, params)
    out = [f'Digest username={quote(user)}, realm="{realm}", nonce="{given["nonce"]}", uri="{uri}", '
           f'response="{response}"']
    if "algorithm" in given:
        out.append(f"algorithm={given['algorithm']}")
    if "qop" in params:
        out.append(f'qop=auth, nc={params["nc"]}, cnonce="{cnonce}"')
    elif algorithm.endswith("-sess"):
        out.append(f'cnonce="{cnonce}"')
    if "opaque" in given:
        out.append(f'opaque="{given["opaque"]}"')
    return ", ".join(out)
