from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from remit.errors import UsageError
from remit.gateway.upstream.client import (
    Client,
    Request,
    Timeouts,
    Trust,
    UpstreamFailed,
    UpstreamUnreachable,
    read_whole,
)
from remit.gateway.upstream.pool import PooledClient
from remit.gateway.upstream.trust import make_context
from tests.gateway.upstream.aiohttp_client import AiohttpClient
from tests.gateway.upstream.peers import says, upstream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"
QUICK = Timeouts(connect=3, first_byte=3, idle=3)


class Authority(NamedTuple):
    """Makes certificates that last long past any test."""

    folder: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def begin(cls, folder: Path, name: str) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, name, key, key, x509.BasicConstraints(ca=True, path_length=None))
        (folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
        return cls(folder, name, key, made)

    @property
    def file(self) -> str:
        return str(self.folder / f"{self.name}.pem")

    def issue(self, host: str) -> str:
        """Write a certificate with its key for a host; return the file."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(host, self.name, key, self.key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        path = self.folder / f"{self.name}-{host}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + made.public_bytes(Encoding.PEM))
        return str(path)


def _certificate(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(by, hashes.SHA256())
    )


def server(certificate: str, client_ca: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.begin(tmp_path_factory.mktemp("authority"), "house")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.begin(tmp_path_factory.mktemp("stranger"), "stranger")


async def ask_twice(client: Client, tls: ssl.SSLContext, trust: Trust) -> bytes | type[UpstreamFailed]:
    found = b""
    async with upstream(says(WHOLE), tls=tls, trust=trust) as peer:
        try:
            for _ in range(2):
                response = await client.send(Request("POST", peer.origin, b"/", (), b"{}"), timeouts=QUICK)
                found = await read_whole(response, 9)
            assert peer.connections == 1
        except UpstreamFailed as failure:
            return type(failure)
        else:
            return found
        finally:
            await client.aclose()


@pytest.mark.parametrize("make", [PooledClient, AiohttpClient])
def test_an_upstream_of_a_given_authority_and_the_right_name_is_reached(
    authority: Authority, make: Callable[[], Client]
) -> None:
    tls = server(authority.issue("localhost"))
    assert uvloop.run(ask_twice(make(), tls, Trust(ca_file=authority.file))) == b"abc"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("make", [PooledClient, AiohttpClient])
def test_another_name_and_another_authority_are_not_reached(
    authority: Authority, stranger: Authority, make: Callable[[], Client], run: Callable[..., object]
) -> None:
    other_name = server(authority.issue("other.example"))
    assert run(ask_twice(make(), other_name, Trust(ca_file=authority.file))) is UpstreamUnreachable
    other_authority = server(stranger.issue("localhost"))
    assert run(ask_twice(make(), other_authority, Trust(ca_file=authority.file))) is UpstreamUnreachable
    assert run(ask_twice(make(), other_authority, Trust())) is UpstreamUnreachable


def test_an_upstream_that_asks_who_we_are_is_told(authority: Authority) -> None:
    tls = server(authority.issue("localhost"), client_ca=authority.file)
    ours = Trust(authority.file, authority.issue("gateway.example"))
    assert uvloop.run(ask_twice(PooledClient(), tls, ours)) == b"abc"
    refused = uvloop.run(ask_twice(PooledClient(), tls, Trust(authority.file)))
    assert isinstance(refused, type)
    assert issubclass(refused, UpstreamFailed)


def test_files_that_cannot_be_read_are_named(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(UsageError, match=r"No upstream was reached: the authorities in .*nothing.pem"):
        make_context(Trust(ca_file=str(tmp_path / "nothing.pem")))
    with pytest.raises(UsageError, match=r"No upstream was reached: the certificate .*nothing.pem"):
        make_context(Trust(authority.file, str(tmp_path / "nothing.pem")))


def test_names_and_certificates_are_always_checked(authority: Authority) -> None:
    for context in (make_context(Trust()), make_context(Trust(authority.file))):
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
