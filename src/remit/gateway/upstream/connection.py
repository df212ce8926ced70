"""One connection to an upstream: a request out, a reply in, and whether the next request may go by it.

llhttp, behind httptools, is strict by default: it refuses two lengths, a length beside chunks, sizes of chunks that
are no plain hexadecimal numbers, folded lines, NUL, and lines that end in LF alone. Beside that:

1. A reply is framed by a length, by the one transfer coding `chunked`, or by the end of the connection, and by nothing
   else; the version is 1.0 or 1.1 and the status from 200 to 599 (RFC 9112, section 6.3).
2. The head, trailers and whatever else carries no body are bounded.
3. Nothing goes by a connection again after an error, an interim reply, HTTP/1.0, `connection: close`, a body that ends
   with the connection, a byte too many, or while our own request is still being written.
4. Bytes that come while nobody asked anything close the connection.
5. A body ends with the connection only where the other side says that nothing more follows: over TLS by its own word
   (RFC 8446, section 6.1), since anybody on the way can close the connection below it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from select import POLLIN, poll
from typing import TYPE_CHECKING, cast

import httptools

from remit.gateway.upstream.client import (
    UpstreamCut,
    UpstreamFailed,
    UpstreamMalformed,
    UpstreamTooLarge,
    UpstreamTooSlow,
)
from remit.gateway.upstream.reply import BufferedReply
from remit.gateway.upstream.wire import OURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.gateway.upstream.client import Header, Timeouts

LARGEST_HEAD = 64 * 1024
"""The most bytes of a head, of trailers, and of whatever comes between two pieces of a body."""
_MOST_INTERIM = 8
_MOST_HEADERS = 256
_SWITCHING = 101
_LOWEST, _HIGHEST = 200, 599
_BODILESS = frozenset((204, 304))
_FRAMING = frozenset((b"content-length", b"keep-alive", b"transfer-encoding"))
_KEEP = re.compile(rb"timeout=(\d{1,6})")


class Connection(asyncio.Protocol):
    """A connection that carries one exchange at a time; the pool is told when it is free again and when it is gone."""

    def __init__(self, free: Callable[[Connection], None], gone: Callable[[Connection], None]) -> None:
        self.idle_since = 0.0
        self.keeps: float | None = None
        """How many seconds the upstream says that it keeps an idle connection."""
        self.closed = False
        self._free = free
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._look: poll | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._head: asyncio.Future[BufferedReply] | None = None
        self._reply: BufferedReply | None = None
        self._fault: UpstreamFailed | None = None
        self._headers: list[Header] = []
        self._head_size = 0
        self._stray = 0
        self._interim = 0
        self._in_interim = False
        self._finished = True
        self._reusable = True
        self._until_close = False
        self._idle = 0.0
        self._due: float | None = None
        """When a reply must have begun."""
        self._patience = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # What the pool and the reader ask for.

    @property
    def usable(self) -> bool:
        """Tell whether a request may go by it now: nothing has come, and neither side has closed."""
        transport = self._transport
        if transport is None or transport.is_closing() or not self._reusable:
            return False
        # The end may lie in the socket and not have been read yet; then a request would go nowhere.
        if self._look is None:
            self._look = poll()
            self._look.register(transport.get_extra_info("socket").fileno(), POLLIN)
        return not self._look.poll(0)

    async def ask(self, payload: bytes, timeouts: Timeouts) -> BufferedReply:
        """Send a request and return its reply once the head has come."""
        assert self._transport is not None  # noqa: S101 - create_connection returns when the connection is made.
        head: asyncio.Future[BufferedReply] = self._loop.create_future()
        self._head, self._reply, self._fault = head, None, None
        self._headers, self._head_size, self._stray, self._interim = [], 0, 0, 0
        self._finished = self._until_close = False
        self._idle = timeouts.idle
        self._begin_by(timeouts.first_byte)
        self._transport.write(payload)
        try:
            return await head
        except asyncio.CancelledError:
            # Once the whole reply is there the connection may serve somebody else already.
            if self._head is head:
                self.drop()
            raise
        finally:
            if self._head is head:
                self._head = self._due = None

    def pause(self) -> None:
        """Read no more for now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def drop(self) -> None:
        """Close at once."""
        self._reusable = False
        if self._transport is not None:
            self._transport.abort()

    # What the transport says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102 - as asyncio.Protocol says.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # noqa: D102 - as asyncio.Protocol says.
        if self._finished:  # (4)
            self.drop()
            return
        self._stray += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._break(self._fault or UpstreamMalformed(f"The reply was not taken: it is not HTTP/1.1 ({error})."))
            return
        self._after_bytes()

    def eof_received(self) -> None:  # noqa: D102 - as asyncio.Protocol says.
        self._over(None, in_order=self._said_so())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102 - as asyncio.Protocol says.
        self.closed = True
        self._reusable = False
        if self._timer is not None:
            self._timer.cancel()
        self._over(exc)
        self._gone(self)

    # What the parser says.

    def on_message_begin(self) -> None:
        """Refuse a second reply to one request."""
        if self._finished:
            raise self._mark(UpstreamMalformed("More than the reply came."))
        self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers are counted and read over."""
        self._head_size += len(name) + len(value) + 4
        if self._head_size > LARGEST_HEAD or len(self._headers) >= _MOST_HEADERS:
            raise self._mark(_too_large())
        if self._reply is None:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Look at the whole head and, if it is not an interim one, hand the reply to who waits for it."""
        status = self._parser.get_status_code()
        version = self._parser.get_http_version()
        if version not in {"1.0", "1.1"}:  # (1)
            raise self._mark(UpstreamMalformed(f"The reply was not taken: its version is HTTP/{version}."))
        self._in_interim = status < _LOWEST
        if self._in_interim:
            self._pass_interim(status)
            return
        if status > _HIGHEST:  # (1)
            raise self._mark(UpstreamMalformed(f"The reply was not taken: its status is {status}."))
        self._frame(status, version)
        self._stray, self._due = 0, None
        headers = [header for header in self._headers if header[0] not in OURS]
        self._reply = BufferedReply(self, status, headers, self._idle)
        if self._head is not None and not self._head.done():
            self._head.set_result(self._reply)

    def on_body(self, piece: bytes) -> None:
        """Hand a piece on."""
        self._stray = 0
        if self._reply is not None:
            self._reply.put(piece)

    def on_message_complete(self) -> None:
        """Take the end of a reply, or of an interim one."""
        if self._in_interim:
            self._in_interim = False
            return
        self._finished = True
        if self._reply is not None:
            self._reply.finish()

    # How it ends.

    def _pass_interim(self, status: int) -> None:
        """Let an interim reply pass, a few of them at most; the connection serves nobody else after it (3)."""
        self._interim += 1
        self._reusable = False
        if status == _SWITCHING or self._interim > _MOST_INTERIM:
            raise self._mark(UpstreamMalformed(f"The reply was not taken: the upstream sent {status} instead."))

    def _frame(self, status: int, version: str) -> None:
        """Settle how the body ends, and whether the connection may serve again after it (1, 3)."""
        found = {name: value for name, value in self._headers if name in _FRAMING}
        coding = found.get(b"transfer-encoding")
        if coding is not None:
            doubled = sum(name == b"transfer-encoding" for name, _ in self._headers) > 1
            if version == "1.0" or doubled or coding.strip().lower() != b"chunked":
                raise self._mark(
                    UpstreamMalformed("The reply was not taken: its transfer-encoding is not chunked alone.")
                )
        closes = any(name == b"connection" and b"close" in value.lower() for name, value in self._headers)
        framed = coding is not None or b"content-length" in found or status in _BODILESS
        self._until_close = not framed
        if version == "1.0" or closes or not framed:
            self._reusable = False
        if (keep := found.get(b"keep-alive")) is not None and (match := _KEEP.search(keep)):
            self.keeps = float(match[1])

    def _after_bytes(self) -> None:
        """Look at what the bytes amounted to: too much that is no body, or the end of the reply."""
        if self._finished:
            self._settle()
        elif self._stray > LARGEST_HEAD:
            self._break(_too_large())

    def _settle(self) -> None:
        """Give the connection back after a whole reply, or close it (3)."""
        transport = self._transport
        if self._reusable and transport is not None and not transport.get_write_buffer_size():
            transport.resume_reading()
            self._free(self)
        else:
            self.drop()

    def _mark(self, fault: UpstreamFailed) -> UpstreamFailed:
        """Keep a fault, since the parser raises one of its own in its place."""
        self._fault = fault
        return fault

    def _break(self, failure: UpstreamFailed) -> None:
        """End the exchange with a failure; a reply that was whole before stays whole."""
        self.drop()
        self._fail(failure)

    def _begin_by(self, seconds: float) -> None:
        """Give a reply so long to begin; one timer serves many calls, as setting one for each would cost more."""
        self._patience, self._due = seconds, self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._due:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._look_at_time)

    def _look_at_time(self) -> None:
        """End an exchange whose reply has not begun in time; else look again when that could be."""
        self._timer = None
        if self._due is None:
            return
        left = self._due - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look_at_time)
        else:
            self._break(UpstreamTooSlow(f"No reply began within {self._patience:g} seconds."))

    def _said_so(self) -> bool:
        """Tell whether the other side said that it ends; asyncio tells of an end below TLS in the same way (5)."""
        tls = None if self._transport is None else self._transport.get_extra_info("ssl_object")
        try:
            return tls is None or not tls.read(1)
        except ssl.SSLError:
            return False

    def _over(self, error: Exception | None, *, in_order: bool = False) -> None:
        """Take the end of the connection: the end of a body that ends with it, and a cut for any other (5)."""
        if self._finished:
            return
        if in_order and self._until_close and self._reply is not None:
            self._finished = True
            self._reply.finish()
            return
        began = "The reply broke off" if self._reply is not None else "The connection ended before a reply began"
        self._fail(UpstreamCut(f"{began}{f' ({type(error).__name__})' if error else ''}."))

    def _fail(self, failure: UpstreamFailed) -> None:
        if self._finished:
            return
        self._finished = True
        if self._reply is not None:
            self._reply.fail(failure)
        elif self._head is not None and not self._head.done():
            self._head.set_exception(failure)


def _too_large() -> UpstreamTooLarge:
    return UpstreamTooLarge(
        f"The reply was not taken: more than {LARGEST_HEAD:,} bytes or {_MOST_HEADERS} headers came that are no body."
    )
