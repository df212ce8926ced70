"""The same interface over aiohttp, as the reference that our own client is held against."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from remit.gateway.upstream.client import (
    UpstreamCut,
    UpstreamFailed,
    UpstreamMalformed,
    UpstreamTooSlow,
    UpstreamUnreachable,
)
from remit.gateway.upstream.trust import make_context
from remit.gateway.upstream.wire import OURS, host_of, write_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from remit.gateway.upstream.client import Header, Request, Timeouts


class AiohttpReply:
    """A reply that aiohttp reads."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status = response.status
        self.headers: list[Header] = [
            (name.lower(), value) for name, value in response.raw_headers if name.lower() not in OURS
        ]
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response.content.iter_any():
                if piece:
                    yield piece
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise translate(error) from error

    async def aclose(self) -> None:
        self._response.close()


class AiohttpClient:
    """Sends requests by aiohttp."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, *, timeouts: Timeouts) -> AiohttpReply:
        write_request(request)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), skip_auto_headers=("Accept-Encoding", "User-Agent", "Accept")
            )
        origin = request.origin
        try:
            response = await self._session.request(
                request.method,
                URL(f"{origin.scheme}://{host_of(origin)}{request.target.decode()}", encoded=True),
                data=request.body,
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers],
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=timeouts.connect, sock_read=min(timeouts.first_byte, timeouts.idle)
                ),
                ssl=make_context(origin.trust) if origin.scheme == "https" else True,
            )
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise translate(error) from error
        return AiohttpReply(response)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)


def translate(error: Exception) -> UpstreamFailed:
    """Name what aiohttp says by our names."""
    says = f"{type(error).__name__}: {error}"
    match error:
        case aiohttp.ConnectionTimeoutError() | aiohttp.ClientConnectorError() | ssl.SSLError():
            return UpstreamUnreachable(says)
        case TimeoutError():
            return UpstreamTooSlow(says)
        case aiohttp.ClientPayloadError() if "encod" in says:
            return UpstreamMalformed(says)
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return UpstreamCut(says)
        case ConnectionError():
            return UpstreamCut(says)
        case _:
            return UpstreamMalformed(says)
