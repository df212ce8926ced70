"""The HTTP protocol of the server: uvicorn's, with bounds on a request's head that it leaves open, and a leaner cycle.

1. A head is at most so many bytes; the parser would take one without end.
2. A head is there within its time, the first on a connection too.
3. No header of a reply holds the end of a line, wherever it came from.
4. A connection that idles is closed by a timer that it has for as long as it lives: one for every reply costs more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_HEAD = 32 * 1024
HEAD_WITHIN = 20.0
_BODILESS = frozenset((204, 304))


class Cycle(RequestResponseCycle):
    """One request and its reply."""

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send the head of the reply, or a piece of its body."""
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if message["type"] == "http.response.start":
            if self.response_started:
                raise RuntimeError("The reply has begun already.")
            self.response_started = True
            self.waiting_for_100_continue = False
            self.transport.write(self._head(message["status"], message.get("headers", ())))
        elif self.response_complete or not self.response_started:
            raise RuntimeError("No reply is under way.")
        else:
            self._put(message.get("body", b""), more=message.get("more_body", False))

    def _head(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        closes = False
        lines = [STATUS_LINE[status][:-2]]
        for name, value in headers:
            lines.append(b"%b: %b" % (name, value))
            name = name.lower()  # noqa: PLW2901 - as it is compared.
            if name == b"content-length":
                self.expected_content_length, self.chunked_encoding = int(value), False
            elif name == b"connection" and b"close" in value.lower():
                self.keep_alive, closes = False, True
        if not self.keep_alive and not closes:
            lines.append(b"connection: close")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _BODILESS:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked")
        text = b"\r\n".join(lines)
        if text.count(b"\n") != len(lines) - 1 or text.count(b"\r") != len(lines) - 1 or b"\0" in text:  # (3)
            raise RuntimeError("A header of the reply holds the end of a line.")
        return text + b"\r\n\r\n"

    def _put(self, body: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
        elif self.chunked_encoding:
            piece = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self.transport.write(piece if more else piece + b"0\r\n\r\n")
        else:
            self.expected_content_length -= len(body)
            if self.expected_content_length < 0:
                raise RuntimeError("The body of the reply is longer than its length.")
            self.transport.write(body)
        if more:
            return
        if self.expected_content_length:
            raise RuntimeError("The body of the reply is shorter than its length.")
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _head: int | None = 0
    """Bytes of a head that is not complete yet; None within a body or between requests."""
    _timer: asyncio.TimerHandle | None = None
    _idle_since: float | None = None
    _idling: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # noqa: D102 - asyncio says
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._stop_waiting()
        if self._idling is not None:
            self._idling.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        self._idle_since = None
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is None or self.transport.is_closing():
            return
        if self._head > LARGEST_HEAD:  # (1)
            self._stop_waiting()
            self.send_400_response("The head of the request is too long.")
        elif self._head and self._timer is None:
            self._wait()

    def on_message_begin(self) -> None:  # noqa: D102
        self._head = self._head or 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:  # noqa: D102
        size = sum(len(name) + len(value) + 4 for name, value in self.headers) + len(self.url)
        self._head = None
        self._stop_waiting()
        if size > LARGEST_HEAD:
            raise ValueError("the head of the request is too long")
        self._begin()

    def on_message_complete(self) -> None:  # noqa: D102
        super().on_message_complete()
        self._head = 0

    def on_response_complete(self) -> None:  # noqa: D102
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self._idling is None:
            self._idling = self.loop.call_later(self.timeout_keep_alive, self._look_whether_idle)

    def _begin(self) -> None:
        """Begin the cycle of a request, or queue it behind the one that runs."""
        version, parsed = self.parser.get_http_version(), httptools.parse_url(self.url)
        path = parsed.path.decode("ascii")
        self.scope |= {
            "http_version": version,
            "method": self.parser.get_method().decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "query_string": parsed.query or b"",
            "raw_path": parsed.path,
        }
        before = self.cycle
        self.cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:  # type: ignore[redundant-expr]  # there is none at first.
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _look_whether_idle(self) -> None:  # (4)
        """Close what has idled for long enough; else look again when that could be."""
        self._idling = None
        if self._idle_since is None or self.transport.is_closing():
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idling = self.loop.call_later(left, self._look_whether_idle)
        else:
            self.transport.close()

    def _wait(self) -> None:  # (2)
        self._timer = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
