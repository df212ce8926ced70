"""Carries an exchange out: takes each step to the ledger, the upstream or the client, and brings back what came of it.

1. What is being written to the ledger is never broken off: who left meanwhile is told of at the next step.
2. A client that has gone, or that takes nothing for too long, ends the wait for the upstream at once.
3. A reply is read no faster than the client takes it.
4. What people have stopped does not wait for the upstream to say something first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from remit.errors import NotRecorded
from remit.gateway.step import (
    Answered,
    ClientGone,
    Cut,
    Finish,
    Flow,
    Give,
    Let,
    Look,
    Record,
    Refresh,
    Relay,
    Send,
    Start,
    Stopped,
    Take,
    Wait,
)
from remit.gateway.upstream.client import UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from remit.gateway.exchange import Steps
    from remit.gateway.oversight.watch import Watch
    from remit.gateway.scribe import Scribe
    from remit.gateway.upstream.client import Response

    Sender = Callable[[Mapping[str, Any]], Awaitable[None]]


class Road(Protocol):
    """Whoever sends a call on."""

    async def send(self, step: Send) -> Response:
        """Send a call to its target; raises `UpstreamFailed`."""

    async def relay(self, step: Relay) -> Response:
        """Send a request on to a tool server; raises `UpstreamFailed`."""


class Carrier:
    """One call under way."""

    __slots__ = (
        "_dispatch",
        "_pieces",
        "_refresh",
        "_reply",
        "_scribe",
        "_send",
        "_time",
        "_watch",
        "busy",
        "ends",
        "gone",
        "since",
        "stopped",
        "task",
        "watched",
    )

    def __init__(
        self,
        scribe: Scribe,
        dispatch: Road,
        refresh: Callable[[], Awaitable[None]],
        send: Sender,
        watch: Watch | None = None,
    ) -> None:
        self._scribe = scribe
        self._dispatch = dispatch
        self._refresh = refresh
        self._send = send
        self._watch = watch
        self._reply: Response | None = None
        self._pieces: AsyncIterator[bytes] | None = None
        self._time = asyncio.get_running_loop().time
        self.task = asyncio.current_task()
        self.gone = False
        self.busy = False
        """Whether the ledger is being written to, which is not broken off (1)."""
        self.watched = self.stopped = False
        self.ends: Callable[[], object] | None = None
        """Tells, while the upstream is waited for, whether people have ended it (4)."""
        self.since: float | None = None
        """Since when a piece waits for the client to take it."""

    def leave(self) -> None:
        """Take note that the client has gone."""
        if not self.gone:
            self.gone = True
            if not self.busy and self.task is not None:
                self.task.cancel()

    def heed(self) -> None:
        """End the wait for the upstream where people have ended what it is for (4)."""
        if self.ends is not None and not self.gone and self.task is not None and self.ends():
            self.ends, self.stopped = None, True
            self.task.cancel()

    async def run(self, steps: Steps) -> None:
        """Carry out every step; returns when there are no more."""
        value: object = None
        error: Exception | None = None
        told = False
        try:
            while True:
                step = steps.send(value) if error is None else steps.throw(error)
                if self.gone and not told and type(step) is not Record:
                    value, error, told = None, ClientGone(), True
                else:
                    value, error = await self._answer(step)
                    told = told or type(error) is ClientGone
        except (StopIteration, ClientGone):
            pass
        finally:
            await self._let_go()

    async def _answer(self, step: Any) -> tuple[object, Exception | None]:  # noqa: ANN401 - each kind has its fields.
        """Do a step; return what came of it, or what went wrong.

        What every call does is done here: a coroutine of its own would cost more than most of it.
        """
        kind = type(step)
        try:
            if kind is Take:
                self.ends = step.ends
                return None if self._pieces is None else await anext(self._pieces, None), None
            if kind is Record:
                self.busy = True
                return await self._scribe.record(step.settle, later=step.later), None
            if kind is Flow:
                self.since = self._time()
                await self._send({"type": "http.response.body", "body": step.data, "more_body": True})
                self.since = None
                return None, None
            return await self._do(step), None
        except (NotRecorded, UpstreamFailed) as failed:
            return None, failed
        except asyncio.CancelledError:
            # Ours, because the client left, or the server's, because it stops: the outcome is recorded first.
            if self.task is not None:
                self.task.uncancel()
            if self.stopped and not self.gone:
                self.stopped = False
                return (b"", None) if kind is Take else (None, Stopped())
            self.gone = True
            return None, ClientGone()
        finally:
            self.busy, self.ends = False, None

    async def _do(self, step: object) -> object:
        """Do a step of those that a call makes once or not at all."""
        match step:
            case Send():
                self.ends = step.ends
                self._reply = await self._dispatch.send(step)
                self._pieces = aiter(self._reply)
                return Answered(self._reply.status, self._reply.headers)
            case Relay():
                self.ends = step.ends
                self._reply = await self._dispatch.relay(step)
                self._pieces = aiter(self._reply)
                return Answered(self._reply.status, self._reply.headers)
            case Look(prefixes=prefixes) if self._watch is not None:
                return [await self._watch.names(prefix) for prefix in prefixes]
            case Start(status=status, headers=headers):
                await self._send({"type": "http.response.start", "status": status, "headers": headers})
            case Finish():
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            case Give(reply=reply):
                headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in reply.headers]
                headers.append((b"content-length", str(len(reply.body)).encode()))
                await self._send({"type": "http.response.start", "status": reply.status, "headers": headers})
                await self._send({"type": "http.response.body", "body": reply.body, "more_body": False})
            case Wait() if self._watch is not None:
                return await self._watch.wait(step.known, step.seconds)
            case Refresh():
                await self._refresh()
            case Let() | Cut():
                await self._let_go()
            case _:
                raise AssertionError(step)
        return None

    async def _let_go(self) -> None:
        reply, self._reply, self._pieces = self._reply, None, None
        if reply is not None:
            await reply.aclose()
