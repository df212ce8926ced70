"""A reply that somebody on the way has cut short is never taken for the whole one, over TLS and without it."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import uvloop

from remit.gateway.upstream.client import NO_TRUST, Request, Timeouts, Trust, UpstreamCut, read_whole
from remit.gateway.upstream.pool import PooledClient
from tests.gateway.authority import Authority
from tests.gateway.upstream.peers import upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.gateway.upstream.peers import Script, Talk

QUICK = Timeouts(connect=3, first_byte=3, idle=3)
FRAMED = {
    "by-the-end": (b"HTTP/1.1 200 OK\r\n\r\nabc", b"def"),
    "by-the-end-1.0": (b"HTTP/1.0 200 OK\r\n\r\nabc", b"def"),
    "by-length": (b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc", b"def"),
    "by-chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", b"3\r\ndef\r\n0\r\n\r\n"),
    "by-chunks-no-last": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nabcdef\r\n", b"0\r\n\r\n"),
    "by-chunks-no-trailer-end": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n",
        b"\r\n",
    ),
}
"""Bodies in two halves, of which the second may never come."""
BY_THE_END = ["by-the-end", "by-the-end-1.0"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.begin(tmp_path_factory.mktemp("authority"), "house")


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[None, None, bytes]], bytes]:
    return request.param  # type: ignore[no-any-return]


def speaks(*pieces: bytes, ends: str) -> Script:
    async def script(talk: Talk) -> None:
        await talk.heed()
        await talk.say(*pieces)
        # What is said must have left before the connection is broken off.
        await asyncio.sleep(0.1)
        if ends == "broken":
            talk.break_off()
        elif ends == "reset":
            talk.reset()

    return script


async def ask(script: Script, authority: Authority | None) -> bytes:
    tls, trust = None, NO_TRUST
    if authority is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(authority.issue("localhost"))
        trust = Trust(authority.file)
    client = PooledClient()
    async with upstream(script, tls=tls, trust=trust) as peer:
        try:
            response = await client.send(Request("POST", peer.origin, b"/", (), b"{}"), timeouts=QUICK)
            return await read_whole(response, 99)
        finally:
            await client.aclose()


@pytest.mark.parametrize("framed", FRAMED)
def test_over_tls_a_reply_without_a_word_that_it_ends_is_cut(
    framed: str, authority: Authority, run: Callable[..., bytes]
) -> None:
    first, _ = FRAMED[framed]

    with pytest.raises(UpstreamCut):
        run(ask(speaks(first, ends="broken"), authority))


@pytest.mark.parametrize("framed", BY_THE_END)
def test_over_tls_not_even_a_whole_one_counts_that_only_its_end_would_show(
    framed: str, authority: Authority, run: Callable[..., bytes]
) -> None:
    with pytest.raises(UpstreamCut):
        run(ask(speaks(*FRAMED[framed], ends="broken"), authority))


@pytest.mark.parametrize("framed", FRAMED)
def test_over_tls_a_reply_that_ends_in_good_order_is_whole(
    framed: str, authority: Authority, run: Callable[..., bytes]
) -> None:
    assert run(ask(speaks(*FRAMED[framed], ends="in order"), authority)) == b"abcdef"


@pytest.mark.parametrize("framed", [name for name in FRAMED if name not in BY_THE_END])
def test_without_tls_what_lacks_its_end_is_cut(framed: str, run: Callable[..., bytes]) -> None:
    with pytest.raises(UpstreamCut):
        run(ask(speaks(FRAMED[framed][0], ends="in order"), None))


@pytest.mark.parametrize("framed", FRAMED)
def test_a_reset_is_a_cut_whatever_frames_the_reply(framed: str, run: Callable[..., bytes]) -> None:
    with pytest.raises(UpstreamCut):
        run(ask(speaks(FRAMED[framed][0], ends="reset"), None))


@pytest.mark.parametrize("framed", BY_THE_END)
def test_without_tls_the_end_of_the_connection_is_the_end(framed: str, run: Callable[..., bytes]) -> None:
    assert run(ask(speaks(*FRAMED[framed], ends="in order"), None)) == b"abcdef"
