"""Sends a call in Anthropic's form by whichever cloud serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.gateway.upstream import bedrock, vertex
from remit.gateway.upstream.client import UpstreamUnreachable

if TYPE_CHECKING:
    from datetime import datetime

    from remit.gateway.upstream.client import Client, Response, Timeouts
    from remit.gateway.upstream.translated import CloudCall

SERVICES = frozenset(("bedrock", "vertex"))
"""The services, as the catalogue names them, whose calls are signed and in a form of their own."""


class Clouds:
    """Sends calls to the clouds, and keeps what they grant for a while."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tokens: dict[str, vertex.Tokens] = {}

    async def send_bedrock(
        self, call: CloudCall, key: str, region: str, *, at: datetime, timeouts: Timeouts
    ) -> Response:
        """Send a call to Bedrock; the key is `ACCESS:SECRET[:TOKEN]` or Bedrock's own. Raises `UpstreamFailed`."""
        try:
            request = bedrock.write_call(call, key, region, at)
        except UsageError as error:
            raise UpstreamUnreachable(str(error)) from None
        return await bedrock.read_reply(await self._client.send(request, timeouts=timeouts))

    async def send_vertex(
        self, call: CloudCall, key: str, place: tuple[str, str], *, at: datetime, timeouts: Timeouts
    ) -> Response:
        """Send a call to Vertex, in a project and a region; the key is a service account's. Raises `UpstreamFailed`."""
        try:
            tokens = self._tokens.get(key)
            if tokens is None:
                tokens = self._tokens[key] = vertex.Tokens(self._client, vertex.read_account(key))
            token = await tokens.get(at, timeouts)
        except UsageError as error:
            raise UpstreamUnreachable(str(error)) from None
        request = vertex.write_call(call, token, *place)
        return await vertex.read_reply(await self._client.send(request, timeouts=timeouts))
