"""What our HTTP client costs beside aiohttp in the same run: CPU for a JSON post and for an event of a stream.

Each client asks the same mock in a process of its own, in turns; what is printed is the CPU time of this process alone.
`python -m bench.upstream`
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from multiprocessing import get_context
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, cast

import uvloop

from remit.gateway.upstream.client import Origin, Request, Timeouts
from remit.gateway.upstream.pool import PooledClient
from tests.gateway.upstream.aiohttp_client import AiohttpClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from remit.gateway.upstream.client import Client

POSTS = 4_000
STREAMS = 40
EVENTS = 500
AT_ONCE = 32
TURNS = 3
WAIT = Timeouts()
HEADERS = ((b"content-type", b"application/json"),)
ASKED = b'{"model":"heron-2","messages":[{"role":"user","content":"' + b"word " * 160 + b'"}]}'
ANSWER = b'{"id":"m1","model":"heron-2","content":[{"type":"text","text":"' + b"word " * 120 + b'"}]}'
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER
EVENT = b'data: {"id":"m1","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'


class Mock(asyncio.Protocol):
    """Answers a post with JSON, and a GET with a stream of events, each written by itself."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._got = b""

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._got += data
        if self._got.startswith(b"GET"):
            if self._got.endswith(b"\r\n\r\n"):
                self._got = b""
                self._transport.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                self._event(EVENTS)
        elif self._got.endswith(b"}]}"):
            self._got = b""
            self._transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(ANSWER)
                + ANSWER
            )

    def _event(self, left: int) -> None:
        if not left:
            self._transport.write(b"0\r\n\r\n")
            return
        self._transport.write(b"%x\r\n%b\r\n" % (len(EVENT), EVENT))
        asyncio.get_running_loop().call_soon(self._event, left - 1)


def serve(port: Connection) -> None:
    """Run the mock until the process is ended."""

    async def work() -> None:
        server = await asyncio.get_running_loop().create_server(Mock, "127.0.0.1", 0)
        port.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    uvloop.run(work())


async def post(client: Client, origin: Origin, number: int) -> float:
    """Return the microseconds of CPU for one post."""

    async def some() -> None:
        for _ in range(number // AT_ONCE):
            response = await client.send(
                Request("POST", origin, b"/v1/messages", ((b"content-type", b"application/json"),), ASKED),
                timeouts=WAIT,
            )
            body = b"".join([piece async for piece in response])
            if body != ANSWER:
                sys.exit("What came is not what was sent.")

    before = process_time()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return 1e6 * (process_time() - before) / number


async def stream(client: Client, origin: Origin, number: int) -> float:
    """Return the microseconds of CPU for one event, with some streams at once."""

    async def one() -> None:
        response = await client.send(Request("GET", origin, b"/v1/stream"), timeouts=WAIT)
        size = 0
        async for piece in response:
            size += len(piece)
        if size != EVENTS * len(EVENT):
            sys.exit("What came is not what was sent.")

    before = process_time()
    for _ in range(number // 8):
        await asyncio.gather(*(one() for _ in range(8)))
    return 1e6 * (process_time() - before) / (number * EVENTS)


async def measure(make: Callable[[], Client], origin: Origin) -> tuple[float, float]:
    """Measure one client once, after a little practice."""
    client = make()
    await post(client, origin, 320)
    found = await post(client, origin, POSTS), await stream(client, origin, STREAMS)
    await client.aclose()
    return found


def main() -> None:
    """Print both clients, and the ratio."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    mock = context.Process(target=serve, args=(theirs,), daemon=True)
    mock.start()
    origin = Origin("http", "127.0.0.1", ours.recv())
    makes: dict[str, Callable[[], Client]] = {"ours": PooledClient, "aiohttp": AiohttpClient}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in makes}
    for _ in range(TURNS):
        for name, make in makes.items():
            found[name].append(uvloop.run(measure(make, origin)))
    os.kill(mock.pid or 0, signal.SIGTERM)
    print(f"{'us of CPU':<10}{'JSON post':>12}{'SSE event':>12}")
    for name, turns in found.items():
        print(f"{name:<10}{median(turn[0] for turn in turns):>12.1f}{median(turn[1] for turn in turns):>12.2f}")
    ratios = [[b[i] / a[i] for a, b in zip(found["ours"], found["aiohttp"], strict=True)] for i in (0, 1)]
    print(f"{'ratio':<10}{median(ratios[0]):>12.1f}{median(ratios[1]):>12.2f}")


if __name__ == "__main__":
    main()
