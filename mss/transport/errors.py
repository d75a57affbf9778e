# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong with our own side of the network; each message says where and what to do."""
from __future__ import annotations


class TransportError(Exception):
    """Base of the errors of this package."""


class ListenError(TransportError):
    """A listener cannot be opened.

    ``listener`` is its text in the settings (``udp:0.0.0.0:5060``), ``remedy`` what to do about it.
    """

    def __init__(self, listener: str, problem: str, remedy: str) -> None:
        super().__init__(f"cannot listen on {listener}: {problem}; {remedy}")
        self.listener = listener
        self.remedy = remedy


class CertificateError(TransportError):
    """A certificate or key file cannot be used; the certificate in use, if any, stays in use.

    ``path`` is the file at fault, ``remedy`` what to do about it.
    """

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        super().__init__(f"{path}: {problem}; {remedy}")
        self.path = path
        self.remedy = remedy
