"""Where a call is sent and with whose key: the register's upstream made into an address, headers and a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from remit.errors import UsageError
from remit.gateway.upstream.client import NO_TRUST, Origin, Request, Timeouts, Trust, UpstreamUnreachable
from remit.gateway.upstream.cloud import SERVICES, Clouds
from remit.gateway.upstream.translated import CloudCall

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from remit.gateway.step import Relay, Send
    from remit.gateway.upstream.client import Client, Header, Response
    from remit.terms.upstream import Secured, Upstream

_VERSION = "/v1"
_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """Where an upstream is: its origin, and the path its own paths begin with."""

    origin: Origin
    path: str


def read_address(upstream: Upstream, trust: Trust = NO_TRUST) -> Address:
    """Read the address of an upstream; raise where it is none that can be sent to."""
    parts = urlsplit(upstream.base_url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _PORTS or not parts.hostname or port == -1 or parts.query or parts.username:
        raise UsageError(f"Nothing is served: the base_url of {upstream.id} is no address of a server.")
    origin = Origin(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], trust)
    return Address(origin, parts.path.rstrip("/"))


def path_at(address: Address, path: str, dialect: str) -> str:
    """Return the path of an endpoint at an upstream.

    OpenAI's addresses bear the version, such as `https://server/v1`, and Anthropic's do not; both are taken both ways.
    """
    if address.path.endswith(_VERSION) or (address.path and dialect.startswith("openai")):
        return address.path + path.removeprefix(_VERSION)
    return address.path + path


class Dispatch:
    """Sends calls on; the keys come from the environment, by the names that the register gives."""

    def __init__(
        self,
        client: Client,
        keys: Mapping[str, str],
        timeouts: Timeouts | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._client = client
        self._keys = keys
        self._timeouts = timeouts or Timeouts()
        self._clock = clock
        self._clouds = Clouds(client)
        self._addresses: dict[tuple[str, Secured | None], Address] = {}

    async def send(self, step: Send) -> Response:
        """Send a call to its target; raises `UpstreamFailed`."""
        upstream = step.target.upstream
        place = upstream.base_url, upstream.tls
        address = self._addresses.get(place)
        if address is None:
            address = self._addresses[place] = read_address(upstream, self._trust(upstream))
        target = path_at(address, step.path, step.dialect).encode()
        if step.query:
            target += b"?" + step.query
        if upstream.service in SERVICES:
            return await self._send_to_cloud(step, address)
        headers = [*step.headers, *self._credential(upstream, step.dialect)]
        request = Request("POST", address.origin, target, headers, step.body)
        return await self._client.send(request, timeouts=self._timeouts)

    async def relay(self, step: Relay) -> Response:
        """Send a request on to a tool server; raises `UpstreamFailed`."""
        parts = urlsplit(step.server.url)
        if not parts.hostname or parts.scheme not in _PORTS:
            raise UpstreamUnreachable(f"The url of the tool server {step.server.id} is no address of a server.")
        origin = Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
        target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}".encode()
        headers = list(step.headers)
        if step.server.key_from:
            key = self._keys.get(step.server.key_from, "")
            if not key:
                says = f"The variable {step.server.key_from}, which holds the key of {step.server.id}, is not set."
                raise UpstreamUnreachable(says)
            headers.append((b"authorization", b"Bearer " + key.encode()))
        return await self._client.send(
            Request(step.method, origin, target, headers, step.body), timeouts=self._timeouts
        )

    def _trust(self, upstream: Upstream) -> Trust:
        """Return whom to trust at an upstream; a variable that is not set trusts nobody in place of everybody."""
        if upstream.tls is None:
            return NO_TRUST
        named = upstream.tls.authorities_from, upstream.tls.certificate_from, upstream.tls.key_from
        for name in named:
            if name and not self._keys.get(name):
                says = f"The variable {name}, which names a file for the connection to {upstream.id}, is not set."
                raise UpstreamUnreachable(says)
        return Trust(*(self._keys[name] if name else "" for name in named))

    def _credential(self, upstream: Upstream, dialect: str) -> tuple[Header, ...]:
        if not upstream.key_from:
            return ()
        key = self._key(upstream)
        if dialect.startswith("anthropic"):
            return ((b"x-api-key", key.encode()),)
        if upstream.service == "azure":
            return ((b"api-key", key.encode()),)
        return ((b"authorization", b"Bearer " + key.encode()),)

    def _key(self, upstream: Upstream) -> str:
        key = self._keys.get(upstream.key_from, "")
        if not key:
            raise UpstreamUnreachable(
                f"The variable {upstream.key_from}, which holds the key of {upstream.id}, is not set."
            )
        return key

    async def _send_to_cloud(self, step: Send, address: Address) -> Response:
        """Send a call that is signed and in a form of the cloud's own; without a clock nothing can be signed."""
        upstream = step.target.upstream
        if not step.dialect.startswith("anthropic") or self._clock is None:
            raise UpstreamUnreachable(f"The request was not sent: {upstream.id} answers Anthropic's messages alone.")
        call = CloudCall(address.origin, address.path, step.path, step.target.wire, step.headers, step.body)
        key, at = self._key(upstream), self._clock()
        if upstream.service == "bedrock":
            return await self._clouds.send_bedrock(call, key, upstream.region, at=at, timeouts=self._timeouts)
        place = (upstream.project, upstream.region)
        return await self._clouds.send_vertex(call, key, place, at=at, timeouts=self._timeouts)
