# SPDX-License-Identifier: GPL-2.0-or-later
"""The client side of digest authentication (RFC 7616), for test clients."""
from __future__ import annotations

import hashlib
import re

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def parse_challenge(value: str) -> dict[str, str]:
    """The parameters of a WWW-Authenticate or Proxy-Authenticate header."""
    return {name.lower(): quoted or bare for name, quoted, bare in
            re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', value)}  # fmt: skip


def answer(
    challenge: str, method: str, uri: str, user: str, password: str, nonce_count: int = 1, cnonce: str = "0a4f113b"
) -> str:
    """The value of the Authorization header that answers ``challenge`` with qop=auth."""
    given = parse_challenge(challenge)
    algorithm = given.get("algorithm", "MD5")
    make = _HASHES[algorithm.upper()]

    def digest(text: str) -> str:
        return make(text.encode()).hexdigest()

    secret = digest(f"{user}:{given['realm']}:{password}")
    request = digest(f"{method}:{uri}")
    count = f"{nonce_count:08x}"
    response = digest(f"{secret}:{given['nonce']}:{count}:{cnonce}:auth:{request}")
    text = (
        f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
        f'response="{response}", algorithm={algorithm}, qop=auth, nc={count}, cnonce="{cnonce}"'
    )
    return text + (f', opaque="{given["opaque"]}"' if "opaque" in given else "")
