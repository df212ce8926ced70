"""The HTTP protocol of the server, with bounds on a request's head that uvicorn leaves open.

1. A head is at most so many bytes; the parser would take one without end.
2. A head is there within its time, the first on a connection too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

LARGEST_HEAD = 32 * 1024
HEAD_WITHIN = 20.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    _head: int | None = 0
    """Bytes of a head that is not complete yet; None within a body or between requests."""
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # noqa: D102 - asyncio says
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:  # noqa: D102
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
        super().on_headers_complete()

    def on_message_complete(self) -> None:  # noqa: D102
        super().on_message_complete()
        self._head = 0

    def _wait(self) -> None:  # (2)
        self._timer = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
