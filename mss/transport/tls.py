# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS contexts of both roles, and their renewal while connections are up."""
from __future__ import annotations

import logging
import os
import ssl

from mss.transport.errors import CertificateError

#: Modification times and sizes of certificate and key.
_Stamp = tuple[int, ...]


class TlsContexts:
    """The certificate in use.

    New handshakes take ``server`` or ``client`` at their begin, so that a renewal never touches what is up.
    """

    def __init__(self, certificate: str, key: str, *, verify: bool, ca_file: str, log: logging.Logger) -> None:
        """Loads nothing yet; ``verify`` and ``ca_file`` are about the servers that we connect to."""
        self._certificate = certificate
        self._key = key
        self._verify = verify
        self._ca_file = ca_file
        self._log = log
        self._server: ssl.SSLContext | None = None
        self._client: ssl.SSLContext | None = None
        self._loaded: _Stamp = ()
        self._noticed: _Stamp = ()

    @property
    def server(self) -> ssl.SSLContext:
        """For accepted connections; loads the files when first used.  Raises CertificateError."""
        if self._server is None:
            self.reload()
        assert self._server is not None
        return self._server

    @property
    def client(self) -> ssl.SSLContext:
        """For connections that we make; shows our certificate where we have one.  Raises CertificateError."""
        if self._client is None:
            if self._certificate and os.path.exists(self._certificate):
                self.reload()
            else:
                self._client = self._client_context()
        assert self._client is not None
        return self._client

    def reload(self) -> None:
        """Read certificate and key again.  Raises CertificateError; what was in use then stays in use."""
        stamp = self._stamp()
        self._noticed = stamp
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load_chain(server)
        client = self._client_context()
        self._load_chain(client)
        self._server, self._client, self._loaded = server, client, stamp

    def check(self) -> None:
        """Reload when the files have changed since; call it every few seconds.

        Certificate and key are often replaced one after the other: a change counts when it has lasted from one
        call to the next.  A file that is no good is logged once.
        """
        if self._server is None:
            return
        stamp = self._stamp()
        if stamp == self._loaded or stamp != self._noticed:
            self._noticed = stamp
            return
        self._loaded = stamp
        try:
            self.reload()
        except CertificateError as error:
            self._log.error("renewed certificate not used, the former one stays: %s", error)
        else:
            self._log.info("certificate renewed from %s", self._certificate)

    def _stamp(self) -> _Stamp:
        stamp: list[int] = []
        for path in (self._certificate, self._key):
            try:
                status = os.stat(path)
            except OSError:
                stamp.append(0)
            else:
                stamp += (status.st_mtime_ns, status.st_size, status.st_ino)
        return tuple(stamp)

    def _client_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self._verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif not self._ca_file:
            context.load_default_certs()
        else:
            try:
                context.load_verify_locations(self._ca_file)
            except (OSError, ssl.SSLError) as error:
                raise CertificateError(
                    self._ca_file, f"the authorities' certificates cannot be read ({error})",
                    "give a PEM file that the server may read",
                ) from error
        return context

    def _load_chain(self, context: ssl.SSLContext) -> None:
        for path, setting in ((self._certificate, "tls_certificate"), (self._key, "tls_key")):
            try:
                with open(path, "rb"):
                    pass
            except OSError as error:
                raise CertificateError(
                    path or f"[sip] {setting}", error.strerror or str(error),
                    f"set [sip] {setting} to a PEM file that the server may read",
                ) from error
        try:
            context.load_cert_chain(self._certificate, self._key, _no_password)
        except ssl.SSLError as error:
            at_fault, problem, remedy = _explain(error)
            path = self._key if at_fault == "key" else self._certificate
            raise CertificateError(path, problem, remedy) from error


def _no_password() -> str:
    """Instead of OpenSSL's question on the terminal."""
    return ""


def _explain(error: ssl.SSLError) -> tuple[str, str, str]:
    """Which file is at fault, what is wrong with it, what to do."""
    reason = error.reason or str(error)
    if reason == "KEY_VALUES_MISMATCH":
        return "key", "the key does not belong to the certificate", "put both files of one renewal in place"
    if "DECRYPT" in reason or "PASSWORD" in reason:
        return "key", "the key is protected by a password", "store it without (openssl pkey -in OLD -out NEW)"
    return (
        "certificate", f"certificate or key is not usable ({reason})",
        "give the certificate with its chain, and its key, as PEM files",
    )
