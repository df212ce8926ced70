from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import uvloop

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
from tests.gateway.authority import Authority
from tests.gateway.upstream.aiohttp_client import AiohttpClient
from tests.gateway.upstream.peers import says, upstream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"
QUICK = Timeouts(connect=3, first_byte=3, idle=3)


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
