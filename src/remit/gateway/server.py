"""The gateway as an ASGI callable, without a framework: reads a request whole, and has its exchange carried out.

1. A head, a body, a wait and the number of calls are bounded; what passes a bound is refused, or cut.
2. A call that is quick costs no watching. One that lasts is watched: whether its client has gone, and whether it takes
   what waits for it.
3. Asking for health needs no key and tells nothing but that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from remit.gateway.carrier import Carrier
from remit.gateway.exchange import exchange
from remit.gateway.mcp.exchange import is_for_tools, mcp_exchange
from remit.gateway.scribe import Scribe
from remit.gateway.step import Asked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from remit.gateway.dispatch import Dispatch
    from remit.gateway.gate import Gate
    from remit.ledger.writer import Writer

    Message = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Sender = Callable[[Message], Awaitable[None]]
    Pages = Callable[[Message, Receive, Sender], Awaitable[None]]

_LOOK_EVERY = 0.5
_CONSOLE = b"/console"
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")


class GatewayServer:
    """Answers HTTP requests for one worker."""

    def __init__(self, gate: Gate, writer: Writer, dispatch: Dispatch, refresh: Callable[[], Awaitable[None]]) -> None:
        self._gate = gate
        self._scribe = Scribe(writer)
        self._dispatch = dispatch
        self._refresh = refresh
        self._live: dict[Carrier, Receive] = {}
        self._watched: set[asyncio.Task[None]] = set()
        self.counts: Callable[[str, Iterable[tuple[bytes, bytes]]], bytes | None] = lambda *_: None
        """Gives the counts to who may read them; nothing to others."""
        self.pages: Pages | None = None
        """Answers what is asked below `/console`; without it nothing is there."""
        self.ready: Callable[[], str] = lambda: ""
        """Says why calls would be refused now; nothing where they would not."""

    async def __call__(self, scope: Message, receive: Receive, send: Sender) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        path: bytes = scope["raw_path"]
        if path in {b"/healthz", b"/readyz"}:
            await self._tell_health(path, send)
            return
        if path == b"/metrics":
            client = scope.get("client") or ("", 0)
            await _tell_counts(self.counts(client[0], scope["headers"]), send)
            return
        if self.pages is not None and (path == _CONSOLE or path.startswith(_CONSOLE + b"/")):
            await self.pages(scope, receive, send)
            return
        if len(self._live) >= self._gate.bounds.at_once:
            await _tell(send, 503, b"too many calls are under way here", (b"retry-after", b"1"))
            return
        body = await self._body(scope, receive, send)
        if body is None:
            return
        asked = Asked(scope["method"], path, scope["query_string"], scope["headers"], body)
        carrier = Carrier(self._scribe, self._dispatch, self._refresh, send, self._gate.holds)
        self._live[carrier] = receive
        try:
            steps = mcp_exchange(asked, self._gate) if is_for_tools(path) else exchange(asked, self._gate)
            await carrier.run(steps)
        finally:
            self._live.pop(carrier, None)

    def heed(self) -> None:
        """Have every call look whether people have stopped it."""
        for carrier in tuple(self._live):
            carrier.heed()

    async def watch(self) -> None:
        """Look after the calls that last, for as long as the worker lives (2)."""
        loop = asyncio.get_running_loop()
        seen: set[Carrier] = set()
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            lasting = seen & self._live.keys()
            for carrier in lasting:
                receive = self._live.get(carrier)
                if receive is not None and not carrier.watched:
                    carrier.watched = True
                    task = loop.create_task(_watch(carrier, receive))
                    self._watched.add(task)
                    task.add_done_callback(self._watched.discard)
                if carrier.since is not None and loop.time() - carrier.since > self._gate.bounds.stall:
                    carrier.leave()
            seen = set(self._live)

    async def _body(self, scope: Message, receive: Receive, send: Sender) -> bytes | None:
        """Read the body of a request, within its bounds; None where it was refused or nobody waits any more."""
        most = self._gate.bounds.body
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if len(told) > len(str(most)) or int(told) > most:
            await _tell(send, 413, b"The request was not passed on: its body is too long.", (b"connection", b"close"))
            return None
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            return bytes(message["body"])
        try:
            async with asyncio.timeout(self._gate.bounds.read_within):
                return await self._rest(message, receive, send, most)
        except TimeoutError:
            await _tell(send, 408, b"The request was not passed on: it came too slowly.", (b"connection", b"close"))
            return None

    async def _rest(self, message: Message, receive: Receive, send: Sender, most: int) -> bytes | None:
        pieces, size = [], 0
        while message["type"] == "http.request":
            pieces.append(message["body"])
            size += len(message["body"])
            if size > most:
                await _tell(
                    send, 413, b"The request was not passed on: its body is too long.", (b"connection", b"close")
                )
                return None
            if not message.get("more_body"):
                return b"".join(pieces)
            message = await receive()
        return None

    async def _tell_health(self, path: bytes, send: Sender) -> None:
        why = self.ready() if path == b"/readyz" else ""
        await _tell(send, 503 if why else 200, why.encode() or b"ok")


async def _watch(carrier: Carrier, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    carrier.leave()


async def _tell_counts(counts: bytes | None, send: Sender) -> None:
    if counts is None:
        await _tell(send, 403, b"the counts are read on this machine, or with the token of REMIT_METRICS_TOKEN")
        return
    kind = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
    length = (b"content-length", str(len(counts)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [kind, length]})
    await send({"type": "http.response.body", "body": counts})


async def _tell(send: Sender, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(text) + 1).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_PLAIN, length, *headers]})
    await send({"type": "http.response.body", "body": text + b"\n"})
