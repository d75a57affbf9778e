# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS: handshakes, verification, and a certificate renewed while connections are up."""
from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from mss.sip.flow import Flow
from mss.sip.uri import parse_uri
from mss.transport.certificate import create_certificate
from mss.transport.errors import CertificateError
from tests.transport.harness import certificate, on_each_loop, request, transports


def trusting(path: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)


async def connect(port: int, context: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    await asyncio.sleep(0)


def replace(paths: dict[str, str], new: dict[str, str]) -> None:
    for key in ("tls_certificate", "tls_key"):
        shutil.copy(new[key], paths[key] + ".new")
        os.replace(paths[key] + ".new", paths[key])


@on_each_loop
async def test_a_message_travels_both_ways_over_tls(tmp_path: Path) -> None:
    paths = certificate(tmp_path)
    async with transports("tls:127.0.0.1", **paths) as server:
        reader, writer = await connect(server.port("tls"), trusting(paths["tls_certificate"]))
        writer.write(request())
        data, flow = await server.received.get()
        assert data == request()
        assert (flow.transport, flow.secure, flow.reliable) == ("TLS", True, True)
        assert flow.local.via_head.startswith(f"Via: SIP/2.0/TLS 127.0.0.1:{server.port('tls')};")
        flow.send(b"answer")
        assert await reader.readexactly(6) == b"answer"
        await hang_up(writer)
        assert await server.closed.get() is flow


@on_each_loop
async def test_old_versions_and_plain_text_are_refused_and_the_listener_lives(tmp_path: Path) -> None:
    paths = certificate(tmp_path)
    async with transports("tls:127.0.0.1", **paths) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port("tls"))
        writer.write(request())
        await writer.drain()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(4096)
        writer.close()
        _, second = await connect(server.port("tls"), trusting(paths["tls_certificate"]))
        second.write(request())
        await server.received.get()
        assert second.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
        assert any("handshake with 127.0.0.1 failed" in line for line in server.logged.lines)
        assert server.manager.connection_count == 1
        await hang_up(second)


@on_each_loop
async def test_a_handshake_that_does_not_come_to_its_end_is_dropped(tmp_path: Path) -> None:
    async with transports("tls:127.0.0.1", handshake_seconds=0.2, **certificate(tmp_path)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port("tls"))
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    assert server.received.empty()


@on_each_loop
async def test_servers_that_we_connect_to_are_verified_where_it_is_set(tmp_path: Path) -> None:
    trusted, stranger = certificate(tmp_path, "trusted"), certificate(tmp_path, "stranger")
    verify = {"tls_verify": True, "tls_ca_file": trusted["tls_certificate"]}
    async with transports("tls:127.0.0.1", **trusted) as good, transports("tls:127.0.0.1", **stranger) as bad:
        async with transports("udp:127.0.0.1", **verify) as client:
            found: list[Flow] = []
            client.manager.find_flows(parse_uri(f"sips:localhost:{good.port('tls')}"), found.extend)
            assert [flow.key for flow in found] == [f"tls:127.0.0.1:{good.port('tls')}@localhost"]
            found[0].send(request())
            await good.received.get()
            assert client.manager.restore_flow(found[0].key) is found[0]
            flow = client.manager.flow_to("TLS", "127.0.0.1", bad.port("tls"))
            assert flow is not None
            flow.send(request())
            assert await client.closed.get() is flow
            assert any("certificate verify failed" in line.lower() for line in client.logged.lines)
        async with transports("udp:127.0.0.1") as client:
            flow = client.manager.flow_to("TLS", "127.0.0.1", bad.port("tls"))
            assert flow is not None
            flow.send(request())
            await bad.received.get()
            assert flow.key == f"tls:127.0.0.1:{bad.port('tls')}"


@on_each_loop
async def test_a_renewed_certificate_is_used_by_new_handshakes_and_what_is_up_stays(tmp_path: Path) -> None:
    paths, renewed = certificate(tmp_path), certificate(tmp_path, "renewed")
    former = trusting(paths["tls_certificate"])
    async with transports("tls:127.0.0.1", **paths) as server:
        reader, writer = await connect(server.port("tls"), former)
        writer.write(request())
        _, flow = await server.received.get()
        replace(paths, renewed)
        server.manager.check_certificates()
        # Certificate and key may be replaced one after the other, so the change counts at the second look.
        _, still_former = await connect(server.port("tls"), former)
        server.manager.check_certificates()
        assert any("certificate renewed" in line for line in server.logged.lines)
        _, second = await connect(server.port("tls"), trusting(renewed["tls_certificate"]))
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(server.port("tls"), former)
        writer.write(request("BYE"))
        assert await server.received.get() == (request("BYE"), flow)
        flow.send(b"answer")
        assert await reader.readexactly(6) == b"answer"
        for each in (writer, still_former, second):
            await hang_up(each)


@on_each_loop
async def test_a_bad_new_file_keeps_the_old_certificate_and_is_logged_once(tmp_path: Path) -> None:
    paths, other = certificate(tmp_path), certificate(tmp_path, "other")
    former = trusting(paths["tls_certificate"])
    async with transports("tls:127.0.0.1", **paths) as server:
        shutil.copy(other["tls_key"], paths["tls_key"])
        with pytest.raises(CertificateError) as caught:
            server.manager.reload_certificates()
        assert str(caught.value) == (
            f"{paths['tls_key']}: the key does not belong to the certificate; put both files of one renewal in place"
        )
        for _ in range(4):
            server.manager.check_certificates()
        assert len([line for line in server.logged.lines if "former one stays" in line]) == 1
        _, writer = await connect(server.port("tls"), former)
        await hang_up(writer)
        shutil.copy(other["tls_certificate"], paths["tls_certificate"])
        server.manager.reload_certificates()
        _, writer = await connect(server.port("tls"), trusting(other["tls_certificate"]))
        await hang_up(writer)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "tls.key: No such file or directory; set [sip] tls_key to a PEM file that the server may read"),
        (b"nonsense", "not usable"),
    ],
)
async def test_a_secure_listener_without_usable_files_stops_the_start(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    paths = certificate(tmp_path, "tls")
    os.remove(paths["tls_key"])
    if content is not None:
        Path(paths["tls_key"]).write_bytes(content)
    with pytest.raises(CertificateError) as caught:
        async with transports("udp:127.0.0.1", "tls:127.0.0.1", **paths):
            raise AssertionError
    assert problem in str(caught.value)


async def test_a_key_with_a_password_is_refused_without_asking_the_terminal(tmp_path: Path) -> None:
    paths = certificate(tmp_path)
    key = serialization.load_pem_private_key(Path(paths["tls_key"]).read_bytes(), None)
    Path(paths["tls_key"]).write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    ))
    with pytest.raises(CertificateError):
        async with transports("tls:127.0.0.1", **paths):
            raise AssertionError


def test_a_created_key_is_private_and_nothing_is_overwritten(tmp_path: Path) -> None:
    paths = certificate(tmp_path)
    assert os.stat(paths["tls_key"]).st_mode & 0o777 == 0o600
    before = Path(paths["tls_key"]).read_bytes()
    with pytest.raises(CertificateError, match="the file exists"):
        create_certificate(paths["tls_certificate"], paths["tls_key"], ["localhost"])
    os.remove(paths["tls_certificate"])
    with pytest.raises(CertificateError, match="the file exists"):
        create_certificate(paths["tls_certificate"], paths["tls_key"], ["localhost"])
    assert Path(paths["tls_key"]).read_bytes() == before


def test_a_created_certificate_names_hosts_and_addresses(tmp_path: Path) -> None:
    create_certificate(tmp_path / "a" / "c.pem", tmp_path / "a" / "k.pem", ["pbx.example", "192.0.2.1", "2001:db8::1"])
    made = x509.load_pem_x509_certificate((tmp_path / "a" / "c.pem").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["pbx.example", "192.0.2.1", "2001:db8::1"]
    assert made.subject.rfc4514_string() == "CN=pbx.example"
