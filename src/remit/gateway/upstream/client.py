"""What the gateway asks of an HTTP client, and the few ways in which an upstream fails.

The rules every client keeps:

1. A request is sent once. It is sent anew on another connection only where not a byte of it was written.
2. A reply that could be read in two ways is refused, and its connection is never used again.
3. Memory is bounded, however much the upstream sends and however slowly the reader takes it.
4. To cancel `send`, or the wait for a piece, closes the connection: nobody else will read what comes on it. Who wants
   to wait for a while only puts the wait into a task of its own and leaves that task be.
5. The framing is the client's own: `host`, `content-length`, `connection` and their like are never taken from the
   caller, `accept-encoding` is not sent, and what comes compressed is handed on inflated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

Header = tuple[bytes, bytes]
"""A name in lower case and a value."""


class UpstreamFailed(Exception):
    """An upstream gave no whole reply; `seen` says whether it may have seen the request, and so acted on it."""

    def __init__(self, says: str, *, seen: bool) -> None:
        super().__init__(says)
        self.seen = seen


class UpstreamUnreachable(UpstreamFailed):
    """No connection came about, so that nothing was sent."""

    def __init__(self, says: str) -> None:
        super().__init__(says, seen=False)


class UpstreamCut(UpstreamFailed):
    """The connection ended before the reply did."""

    def __init__(self, says: str) -> None:
        super().__init__(says, seen=True)


class UpstreamMalformed(UpstreamFailed):
    """The reply is not HTTP, or could be read in two ways."""

    def __init__(self, says: str) -> None:
        super().__init__(says, seen=True)


class UpstreamTooSlow(UpstreamFailed):
    """The reply did not begin, or go on, within its time."""

    def __init__(self, says: str) -> None:
        super().__init__(says, seen=True)


class UpstreamTooLarge(UpstreamFailed):
    """The reply is larger than its bounds: its head, or what it inflates to."""

    def __init__(self, says: str) -> None:
        super().__init__(says, seen=True)


class Trust(NamedTuple):
    """Whom to trust behind a TLS connection, and who we are there; files in PEM."""

    ca_file: str = ""
    """The authorities to trust in place of the system's."""
    certificate: str = ""
    """Our own certificate, where the upstream asks for one."""
    key: str = ""
    """The key of that certificate, where it stands in a file of its own."""


NO_TRUST = Trust()
"""The system's authorities, and nobody in particular."""


class Origin(NamedTuple):
    """Where an upstream is; connections are shared within one origin only."""

    scheme: str
    """`http` or `https`."""
    host: str
    port: int
    trust: Trust = NO_TRUST


class Timeouts(NamedTuple):
    """How long to wait, in seconds."""

    connect: float = 10.0
    """For a connection, with its name looked up and TLS agreed."""
    first_byte: float = 600.0
    """For the whole head of the reply, from when the request was written."""
    idle: float = 300.0
    """For the next piece of the reply, while somebody waits for it."""


class Request(NamedTuple):
    """One HTTP request, whole."""

    method: str
    origin: Origin
    target: bytes
    """The path with its query, as it goes on the wire."""
    headers: Sequence[Header] = ()
    body: bytes = b""


class Response(Protocol):
    """A reply whose head has come; iterate over it once for the pieces of its body, as they come."""

    @property
    def status(self) -> int:
        """The status, from 200 to 599."""

    @property
    def headers(self) -> Sequence[Header]:
        """The headers in their order, without those that were about the connection alone."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield pieces, none of them empty; raises `UpstreamFailed` where the reply does not end as it should."""

    async def aclose(self) -> None:
        """Let the reply go; what has not been read yet is never read."""


class Client(Protocol):
    """Sends requests to upstreams."""

    async def send(self, request: Request, *, timeouts: Timeouts) -> Response:
        """Send a request and return its reply once the head has come; raises `UpstreamFailed`."""

    async def aclose(self) -> None:
        """Close every connection that nobody is using."""


async def read_whole(response: Response, at_most: int) -> bytes:
    """Read the whole body of a reply, closed in any case; raises `UpstreamTooLarge` where it is longer than a bound."""
    pieces, size = [], 0
    try:
        async for piece in response:
            size += len(piece)
            if size > at_most:
                raise UpstreamTooLarge(f"The reply was not taken: its body is longer than {at_most:,} bytes.")
            pieces.append(piece)
    finally:
        await response.aclose()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
