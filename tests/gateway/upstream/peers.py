"""Upstreams that behave, and misbehave, as a script says: raw bytes over real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, cast

from remit.gateway.upstream.client import Origin, Trust

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    Script = Callable[["Talk"], Awaitable[None]]


class Gone(Exception):
    """The other side closed."""


class Talk:
    """One connection, from the upstream's side."""

    def __init__(self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer = peer
        self._reader = reader
        self._writer = writer

    async def heed(self) -> bytes:
        """Read one request, whole."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            _, _, after = head.lower().partition(b"content-length: ")
            body = await self._reader.readexactly(int(after.partition(b"\r\n")[0])) if after else b""
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Gone from None
        self.peer.requests.append(head + body)
        return head + body

    async def say(self, *data: bytes) -> None:
        for piece in data:
            self._writer.write(piece)
            try:
                await self._writer.drain()
            except ConnectionError:
                raise Gone from None

    def say_no_more(self) -> None:
        """Close our half and leave the other open."""
        self._writer.write_eof()

    def reset(self) -> None:
        """Close with a reset in place of an end."""
        sock = cast("socket.socket", self._writer.get_extra_info("socket"))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def break_off(self) -> None:
        """Close without a word; over TLS nothing says that nothing more follows."""
        self._writer.transport.abort()

    async def wait_for_end(self) -> None:
        """Wait until the other side closes."""
        with suppress(ConnectionError):
            while await self._reader.read(65536):
                pass


class Peer:
    """An upstream; it keeps what it was asked and counts its connections."""

    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.open = 0
        self.origin = Origin("http", "127.0.0.1", 0)
        self._script = script
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        try:
            with suppress(Gone, asyncio.CancelledError):
                await self._script(Talk(self, reader, writer))
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def end(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        while self._tasks:  # noqa: ASYNC110 - they end in one turn of the loop.
            await asyncio.sleep(0)

    async def until_left(self) -> None:
        """Wait until nobody is connected any more."""
        async with asyncio.timeout(5):
            while self.open:  # noqa: ASYNC110 - it is seldom waited for.
                await asyncio.sleep(0.005)


@asynccontextmanager
async def upstream(
    script: Script, *, tls: ssl.SSLContext | None = None, host: str = "localhost", trust: Trust | None = None
) -> AsyncIterator[Peer]:
    """Run an upstream by a script for as long as the block lasts."""
    peer = Peer(script)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    peer.origin = Origin("https", host, port, trust or Trust()) if tls else Origin("http", "127.0.0.1", port)
    try:
        yield peer
    finally:
        server.close()
        await peer.end()


def says(*data: bytes, then: str = "wait") -> Script:
    """Make a script that answers each request with the same bytes, and then waits, ends or resets."""

    async def script(talk: Talk) -> None:
        while True:
            await talk.heed()
            await talk.say(*data)
            if then == "end":
                return
            if then == "reset":
                talk.reset()
                return

    return script
