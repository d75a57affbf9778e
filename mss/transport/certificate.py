# SPDX-License-Identifier: GPL-2.0-or-later
"""A self-signed certificate for the first start, so that TLS works before a real one is there."""
from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mss.transport.addresses import is_literal
from mss.transport.errors import CertificateError

_DAY = datetime.timedelta(days=1)
#: Phones in the field are visited rarely; a self-signed certificate gains nothing by a short life.
_VALID_DAYS = 3650
#: Phones without battery wake up with a clock that is behind.
_BACKDATED_DAYS = 30


def create_certificate(certificate_path: Path | str, key_path: Path | str, names: Sequence[str]) -> None:
    """Write a new EC P-256 key (mode 0600) and a self-signed certificate for ``names`` (host names, IP literals).

    The first name becomes the common name.  Raises CertificateError when a file is already there or cannot be
    written; an existing file is never replaced.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(key, names)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate_path, key_path = Path(certificate_path), Path(key_path)
    if certificate_path.exists():
        raise CertificateError(str(certificate_path), "the file exists", "remove it to have a new certificate made")
    _write(key_path, key_pem, 0o600)
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _sign(key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = datetime.datetime.now(datetime.UTC)
    public_key = key.public_key()
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=True, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED_DAYS * _DAY)
        .not_valid_after(now + _VALID_DAYS * _DAY)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternative(name: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(name)) if is_literal(name) else x509.DNSName(name)


def _write(path: Path, content: bytes, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise CertificateError(str(path), "the file exists", "remove it to have a new certificate made") from None
    except OSError as error:
        raise CertificateError(
            str(path), error.strerror or str(error), "make the directory writable for the server"
        ) from error
