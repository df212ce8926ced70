"""The client over pooled connections: each origin has its own, so many at most, and few that wait idle."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.gateway.upstream.client import Client, UpstreamMalformed, UpstreamUnreachable
from remit.gateway.upstream.connection import Connection
from remit.gateway.upstream.inflate import Inflation
from remit.gateway.upstream.reply import InflatedReply
from remit.gateway.upstream.trust import make_context
from remit.gateway.upstream.wire import host_of, write_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.gateway.upstream.client import Origin, Request, Response, Timeouts
    from remit.gateway.upstream.reply import BufferedReply


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections one origin may have."""

    most: int = 4096
    """In use and idle together; one more is not reached."""
    most_idle: int = 64
    keep: float = 30.0
    """Seconds after which an idle connection is closed; less where the upstream says so."""


@dataclass(slots=True)
class Pool:
    """The connections of one origin; the one used last is used next, so that the others grow old and close."""

    idle: deque[Connection] = field(default_factory=deque)
    live: set[Connection] = field(default_factory=set)
    dialled: int = 0
    """Connections on their way."""
    sweep: asyncio.TimerHandle | None = None


class PooledClient(Client):
    """Sends requests over connections that it keeps; one for each event loop."""

    def __init__(self, bounds: Bounds = Bounds()) -> None:
        self._bounds = bounds
        self._pools: dict[Origin, Pool] = {}
        self._closed = False

    async def send(self, request: Request, *, timeouts: Timeouts) -> Response:  # noqa: D102 - the interface says it.
        try:
            payload = write_request(request)
        except UsageError as error:
            raise UpstreamUnreachable(str(error)) from None
        pool = self._pools.get(request.origin)
        if pool is None:
            pool = self._pools[request.origin] = Pool()
        connection = self._idle_one(pool)
        if connection is None:
            connection = await self._dial(pool, request.origin, timeouts.connect)
        # Nothing awaits between the look at the connection and the write.
        return _readable(await connection.ask(payload, timeouts))

    async def aclose(self) -> None:  # noqa: D102 - the interface says it.
        self._closed = True
        for pool in self._pools.values():
            while pool.idle:
                pool.idle.pop().drop()
            if pool.sweep is not None:
                pool.sweep.cancel()

    def _idle_one(self, pool: Pool) -> Connection | None:
        now = asyncio.get_running_loop().time()
        while pool.idle:
            connection = pool.idle.pop()
            if now < connection.idle_since + self._keep(connection) and connection.usable:
                return connection
            connection.drop()
        return None

    async def _dial(self, pool: Pool, origin: Origin, patience: float) -> Connection:
        """Open a connection; whatever is in the way, nothing was sent."""
        if (number := len(pool.live) + pool.dialled) >= self._bounds.most:
            raise UpstreamUnreachable(
                f"The request was not sent: {host_of(origin)} has {number} connections already, the most it may have."
            )
        try:
            context = make_context(origin.trust) if origin.scheme == "https" else None
        except UsageError as error:
            raise UpstreamUnreachable(str(error)) from None
        pool.dialled += 1
        try:
            async with asyncio.timeout(patience):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self._freed(pool), self._gone(pool)),
                    origin.host,
                    origin.port,
                    ssl=context,
                    server_hostname=origin.host if context else None,
                )
        except (OSError, TimeoutError) as error:
            why = f"{type(error).__name__}: {error}".rstrip(": ")
            raise UpstreamUnreachable(f"The request was not sent: {host_of(origin)} was not reached ({why}).") from None
        finally:
            pool.dialled -= 1
        if connection.closed:
            raise UpstreamUnreachable(f"The request was not sent: {host_of(origin)} closed the connection at once.")
        pool.live.add(connection)
        return connection

    def _freed(self, pool: Pool) -> Callable[[Connection], None]:
        """Return what takes a connection back: it waits idle, or it is one too many."""

        def free(connection: Connection) -> None:
            if self._closed or len(pool.idle) >= self._bounds.most_idle or self._keep(connection) <= 0:
                connection.drop()
                return
            connection.idle_since = asyncio.get_running_loop().time()
            pool.idle.append(connection)
            if pool.sweep is None:
                pool.sweep = asyncio.get_running_loop().call_later(self._bounds.keep, self._sweep, pool)

        return free

    @staticmethod
    def _gone(pool: Pool) -> Callable[[Connection], None]:
        def gone(connection: Connection) -> None:
            pool.live.discard(connection)
            if connection in pool.idle:
                pool.idle.remove(connection)

        return gone

    def _keep(self, connection: Connection) -> float:
        """Return how long a connection may wait: a second less than the upstream says that it keeps it."""
        return self._bounds.keep if connection.keeps is None else min(self._bounds.keep, connection.keeps - 1)

    def _sweep(self, pool: Pool) -> None:
        """Close what has waited too long; the oldest stand first."""
        pool.sweep = None
        loop = asyncio.get_running_loop()
        while pool.idle and loop.time() >= pool.idle[0].idle_since + self._keep(pool.idle[0]):
            pool.idle.popleft().drop()
        if pool.idle:
            pool.sweep = loop.call_later(self._bounds.keep, self._sweep, pool)


def _readable(reply: BufferedReply) -> Response:
    """Return a reply as it is, or as what inflates it."""
    codings = [value for name, value in reply.headers if name == b"content-encoding" and value.lower() != b"identity"]
    if not codings:
        return reply
    try:
        inflation = Inflation(b", ".join(codings))
    except UpstreamMalformed:
        reply.let_go()
        raise
    headers = [header for header in reply.headers if header[0] not in {b"content-encoding", b"content-length"}]
    return InflatedReply(reply, headers, inflation)
