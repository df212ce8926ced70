"""A reply on its way: what the connection puts in and the reader takes out, with a bound in between."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from remit.gateway.upstream.client import UpstreamCut, UpstreamFailed, UpstreamTooSlow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from remit.gateway.upstream.client import Header, Response
    from remit.gateway.upstream.inflate import Inflation

FULL = 64 * 1024
"""How many bytes may wait for a reader before the upstream is made to wait; thousands may read slowly at once."""


class Line(Protocol):
    """What a reply asks of the connection it comes by."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read on."""

    def drop(self) -> None:
        """Close at once; nothing more is wanted."""


class BufferedReply:
    """One reply; the connection calls `put`, `finish` and `fail`, and the reader iterates."""

    def __init__(self, line: Line, status: int, headers: Sequence[Header], idle: float) -> None:
        self.status = status
        self.headers = headers
        self._line = line
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._pieces: list[bytes] = []
        self._size = 0
        self._paused = False
        self._ended = False
        self._failure: UpstreamFailed | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > FULL and not self._paused:
            self._paused = True
            self._line.pause()
        self._wake()

    def finish(self) -> None:
        """Take the end of the body."""
        self._end(None)

    def fail(self, failure: UpstreamFailed) -> None:
        """Take what went wrong; what came before it can still be read."""
        self._end(failure)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                raise StopAsyncIteration
            await self._wait()
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if self._paused:
            self._paused = False
            if not self._ended:
                self._line.resume()
        return piece

    async def aclose(self) -> None:
        """Let the reply go."""
        self.let_go()

    def let_go(self) -> None:
        """Let the reply go; what has not been read is never read."""
        self._pieces.clear()
        if not self._ended:
            self._line.drop()
            self._end(UpstreamCut("The reply was let go before its end."))

    def _end(self, failure: UpstreamFailed | None) -> None:
        if self._ended:
            return
        self._ended = True
        self._failure = failure
        if self._timer is not None:
            self._timer.cancel()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        """Wait for something to happen; one timer serves all waits, as setting one for each would cost more."""
        self._waiter = self._loop.create_future()
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._idle, self._look)
        try:
            await self._waiter
        except asyncio.CancelledError:
            self.let_go()
            raise
        finally:
            self._waiter = None

    def _look(self) -> None:
        """End the reply if somebody has waited too long; else look again when that could be."""
        self._timer = None
        if self._waiter is None or self._ended:
            return
        left = self._since + self._idle - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
            return
        self._line.drop()
        self._end(UpstreamTooSlow(f"The reply stopped: nothing came for {self._idle:g} seconds."))


class InflatedReply:
    """A reply that came compressed, handed on as what it inflates to."""

    def __init__(self, inner: Response, headers: Sequence[Header], inflation: Inflation) -> None:
        self.status = inner.status
        self.headers = headers
        self._inner = inner
        self._inflation = inflation

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._inner:
                for piece in self._inflation.feed(data):
                    yield piece
            self._inflation.end()
        except UpstreamFailed:
            await self._inner.aclose()
            raise

    async def aclose(self) -> None:
        """Let the reply go."""
        await self._inner.aclose()
