"""Lines from a pipe and lines into one: none is longer than a bound, and nobody writes faster than is read."""

from __future__ import annotations

import asyncio
from typing import IO, TYPE_CHECKING, cast

from remit.gateway.step import ClientGone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PIECE = 65_536


async def read_lines(reader: asyncio.StreamReader, most: int) -> AsyncIterator[bytes | None]:
    """Yield each line without its end; None in place of one that is longer than a bound."""
    held, over = bytearray(), False
    while piece := await reader.read(_PIECE):
        *whole, rest = piece.split(b"\n")
        for part in whole:
            yield None if over or len(held) + len(part) > most else bytes(held) + part
            held.clear()
            over = False
        over = over or len(held) + len(rest) > most
        if over:
            held.clear()
        else:
            held += rest
    if over or held:
        yield None if over else bytes(held)


async def open_inlet(pipe: IO[bytes]) -> asyncio.StreamReader:
    """Read from a pipe of this process."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


class Outlet(asyncio.BaseProtocol):
    """Writes lines into a pipe of this process, and waits where its reader is slow."""

    def __init__(self) -> None:
        self._room = asyncio.Event()
        self._room.set()
        self._pipe: asyncio.WriteTransport | None = None

    @classmethod
    async def open(cls, pipe: IO[bytes]) -> Outlet:
        """Write to a pipe of this process."""
        return (await asyncio.get_running_loop().connect_write_pipe(cls, pipe))[1]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take what is written to."""
        self._pipe = cast("asyncio.WriteTransport", transport)

    def pause_writing(self) -> None:
        """Wait from now on."""
        self._room.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it.
        """Take note that nobody reads any more."""
        self._pipe = None
        self._room.set()

    async def put(self, line: bytes) -> None:
        """Write a line; raises `ClientGone` where nobody reads."""
        await self._room.wait()
        if self._pipe is None or self._pipe.is_closing():
            raise ClientGone
        self._pipe.write(line if line.endswith(b"\n") else line + b"\n")

    async def aclose(self) -> None:
        """Write what is left, and end."""
        await self._room.wait()
        if self._pipe is not None:
            self._pipe.close()
