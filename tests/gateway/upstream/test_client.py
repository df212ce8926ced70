"""One table of replies, read by our own client and by aiohttp: whatever differs is said in the table."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import TYPE_CHECKING, NamedTuple

import pytest
import uvloop

from remit.gateway.upstream.client import (
    Client,
    Request,
    Timeouts,
    UpstreamCut,
    UpstreamFailed,
    UpstreamMalformed,
    UpstreamTooLarge,
    UpstreamTooSlow,
)
from remit.gateway.upstream.pool import PooledClient
from tests.gateway.upstream.aiohttp_client import AiohttpClient
from tests.gateway.upstream.peers import says, upstream

if TYPE_CHECKING:
    from collections.abc import Callable

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
WHOLE = OK + b"content-length: 3\r\n\r\nabc"
QUICK, PATIENT = Timeouts(5, 0.4, 0.4), Timeouts(5, 5, 5)
Answer = tuple[int, bytes] | type[UpstreamFailed]


class Row(NamedTuple):
    """What an upstream sends, how it goes on, and what our client makes of it."""

    name: str
    sent: tuple[bytes, ...]
    ours: Answer
    then: str = "wait"


ABC = (200, b"abc")
LAST = b"3\r\nabc\r\n0\r\n\r\n"
ZIPPED = gzip.compress(b"abc")
Cut, Malformed, TooLarge, TooSlow = UpstreamCut, UpstreamMalformed, UpstreamTooLarge, UpstreamTooSlow


def coded(coding: bytes, body: bytes) -> bytes:
    """Write a reply that says how its body is coded."""
    return OK + b"content-encoding: %b\r\ncontent-length: %d\r\n\r\n%b" % (coding, len(body), body)


ROWS = (
    Row("a body of a length", (WHOLE,), ABC),
    Row("a body of a length in pieces", (OK, b"content-le", b"ngth: 3\r", b"\n\r\na", b"b", b"c"), ABC),
    Row("no body", (b"HTTP/1.1 204 No\r\n\r\n",), (204, b"")),
    Row("a length of nought", (OK + b"content-length: 0\r\n\r\n",), (200, b"")),
    Row("chunks", (CHUNKED + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",), ABC),
    Row("chunks with an extension", (CHUNKED + b"3;name=value\r\nabc\r\n0\r\n\r\n",), ABC),
    Row("chunks with trailers", (CHUNKED + b"3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n",), ABC),
    Row("a body that ends with the connection", (OK + b"\r\nabc",), ABC, "end"),
    Row("a body of HTTP/1.0", (b"HTTP/1.0 200 OK\r\n\r\nabc",), ABC, "end"),
    Row("an error's status with its body", (b"HTTP/1.1 529 Busy\r\ncontent-length: 3\r\n\r\nabc",), (529, b"abc")),
    Row("a redirect, which is not followed", (b"HTTP/1.1 302 F\r\na:/\r\ncontent-length:0\r\n\r\n",), (302, b"")),
    Row("an interim reply first", (b"HTTP/1.1 103 Hints\r\nlink: a\r\n\r\n" + WHOLE,), ABC),
    Row("interim replies without end", (b"HTTP/1.1 103 Hints\r\n\r\n" * 9 + WHOLE,), Malformed),
    Row("another protocol", (b"HTTP/1.1 101 S\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",), Malformed, "end"),
    Row("bytes after the reply", (WHOLE + b"junk",), ABC),
    Row("another reply after the reply", (WHOLE + WHOLE,), ABC),
    Row("an end before any byte", (b"",), Cut, "end"),
    Row("an end within the head", (b"HTTP/1.1 200 OK\r\ncontent-",), Cut, "end"),
    Row("an end within a length", (OK + b"content-length: 9\r\n\r\nabc",), Cut, "end"),
    Row("an end within a chunk", (CHUNKED + b"9\r\nabc",), Cut, "end"),
    Row("an end before the last chunk", (CHUNKED + b"3\r\nabc\r\n",), Cut, "end"),
    Row("a reset before any byte", (b"",), Cut, "reset"),
    Row("a reset within a length", (OK + b"content-length: 9\r\n\r\nabc",), Cut, "reset"),
    Row("a reset within chunks", (CHUNKED + b"3\r\nabc\r\n",), Cut, "reset"),
    Row("no reply", (b"",), TooSlow),
    Row("half a head", (OK,), TooSlow),
    Row("half a body", (OK + b"content-length: 9\r\n\r\nabc",), TooSlow),
    Row("half an event", (CHUNKED + b"8\r\ndata: {\n\r\n",), TooSlow),
    Row("two lengths that agree", (OK + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",), Malformed),
    Row("two lengths that differ", (OK + b"content-length: 3\r\ncontent-length: 2\r\n\r\nabc",), Malformed),
    Row("two lengths in one line", (OK + b"content-length: 3, 3\r\n\r\nabc",), Malformed),
    Row("a length with a sign", (OK + b"content-length: +3\r\n\r\nabc",), Malformed),
    Row("an empty length", (OK + b"content-length:\r\n\r\nabc",), Malformed),
    Row("a length and chunks", (OK + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n" + LAST,), Malformed),
    Row("chunks and a length", (OK + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n" + LAST,), Malformed),
    Row("chunked twice", (OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n" + LAST,), Malformed),
    Row("chunked not last", (OK + b"transfer-encoding: chunked, gzip\r\n\r\n3\r\nabc\r\n0\r\n\r\n",), Malformed),
    Row("a coding like chunked", (OK + b"transfer-encoding: xchunked\r\n\r\nabc",), Malformed, "end"),
    Row("chunks in HTTP/1.0", (b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + LAST,), Malformed),
    Row("a chunk's size with a sign", (CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",), Malformed),
    Row("a chunk's size with 0x", (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",), Malformed),
    Row("a chunk's size that overflows", (CHUNKED + b"fffffffffffffffff3\r\nabc\r\n0\r\n\r\n",), Malformed),
    Row("a chunk longer than its size", (CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",), Malformed),
    Row("lines that end in LF", (CHUNKED + b"3\nabc\n0\n\n",), Malformed),
    Row("a folded header", (OK + b"x-a: b\r\n c\r\ncontent-length: 3\r\n\r\nabc",), Malformed),
    Row("NUL in a header", (OK + b"x-a: b\0c\r\ncontent-length: 3\r\n\r\nabc",), Malformed),
    Row("CR in a header", (OK + b"x-a: b\rc\r\ncontent-length: 3\r\n\r\nabc",), Malformed),
    Row("a space before the colon", (OK + b"content-length : 3\r\n\r\nabc",), Malformed),
    Row("no HTTP", (b"SSH-2.0-x\r\n\r\n",), Malformed),
    Row("HTTP/2 in a line of HTTP/1", (b"HTTP/2.0 200 OK\r\ncontent-length: 3\r\n\r\nabc",), Malformed),
    Row("a status above 599", (b"HTTP/1.1 999 OK\r\ncontent-length: 3\r\n\r\nabc",), Malformed),
    Row("a header of 70 kB", (OK + b"x-a: " + b"a" * 70_000 + b"\r\n\r\n",), TooLarge),
    Row("a head of many headers", (OK + b"x-a: b\r\n" * 300 + b"\r\n",), TooLarge),
    Row("a head without end", (OK + b"x-a: ", *(b"a" * 8192 for _ in range(12))), TooLarge),
    Row("trailers without end", (CHUNKED + b"0\r\n", *(b"x-a: " + b"a" * 8000 + b"\r\n" for _ in range(12))), TooLarge),
    Row("an extension without end", (CHUNKED + b"3;", *(b"a" * 8192 for _ in range(80))), TooLarge),
    Row("gzip unasked", (coded(b"gzip", ZIPPED),), ABC),
    Row("deflate unasked", (coded(b"deflate", zlib.compress(b"abc")),), ABC),
    Row("gzip that is none", (coded(b"gzip", b"abc"),), Malformed),
    Row("gzip cut short", (coded(b"gzip", ZIPPED[:12]),), Cut),
    Row("gzip with more behind it", (coded(b"gzip", ZIPPED + b"abc"),), Malformed),
    Row("gzip twice", (coded(b"gzip, gzip", ZIPPED),), Malformed),
    Row("a coding nobody knows", (coded(b"br", b"abc"),), Malformed),
)  # fmt: skip


AGAIN = frozenset(
    (
        "a body of a length",
        "a body of a length in pieces",
        "a length of nought",
        "a redirect, which is not followed",
        "an error's status with its body",
        "chunks with an extension",
        "chunks with trailers",
        "chunks",
        "deflate unasked",
        "gzip unasked",
        "no body",
    )
)
"""The replies after which a connection serves again."""
STRICTER = frozenset(("bytes after the reply",))
"""Where aiohttp gives up a whole reply for what follows it, and ours gives up the connection alone."""


async def read_twice(row: Row) -> tuple[Answer, int]:
    """Read a reply, and mostly another; return what it came to and how many connections were made."""
    client = PooledClient()
    async with upstream(says(*row.sent, then=row.then)) as peer:
        request = Request("POST", peer.origin, b"/v1", (), b"{}")
        try:
            timeouts = QUICK if row.ours is TooSlow else PATIENT
            found = await one(client, request, timeouts)
            if found is not UpstreamTooSlow:
                # What follows the reply may come a moment after it.
                await asyncio.sleep(0.02)
                assert await one(client, request, timeouts) == found
        finally:
            await client.aclose()
        return found, peer.connections


async def read_once(client: Client, row: Row) -> Answer:
    async with upstream(says(*row.sent, then=row.then)) as peer:
        try:
            timeouts = PATIENT if isinstance(row.ours, tuple) else QUICK
            return await one(client, Request("POST", peer.origin, b"/v1", (), b"{}"), timeouts)
        finally:
            await client.aclose()


async def one(client: Client, request: Request, timeouts: Timeouts) -> Answer:
    try:
        reply = await client.send(request, timeouts=timeouts)
        try:
            return reply.status, b"".join([piece async for piece in reply])
        finally:
            await reply.aclose()
    except UpstreamFailed as failure:
        return type(failure)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_reply_is_taken_whole_or_named_for_what_is_wrong(row: Row, run: Callable[..., tuple[Answer, int]]) -> None:
    found, connections = run(read_twice(row))
    assert found == row.ours
    if isinstance(found, tuple):
        assert (connections == 1) == (row.name in AGAIN)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_aiohttp_refuses_is_refused_and_what_both_take_is_the_same(row: Row) -> None:
    theirs = asyncio.run(read_once(AiohttpClient(), row))
    if row.name in STRICTER:
        assert theirs is UpstreamMalformed
    elif isinstance(theirs, tuple):
        assert row.ours == theirs or not isinstance(row.ours, tuple)
    else:
        assert not isinstance(row.ours, tuple)
