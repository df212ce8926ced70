"""What clouds have in common: a body in a form of their own, and a reply that is handed on in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from remit.gateway.upstream.client import UpstreamFailed, UpstreamUnreachable, read_whole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from remit.gateway.upstream.client import Header, Origin, Response

LARGEST_ERROR = 1024 * 1024
_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_REQUEST_IDS = frozenset((b"x-amzn-requestid", b"x-request-id"))


class CloudCall(NamedTuple):
    """A call in Anthropic's form that goes to a cloud."""

    origin: Origin
    path: str
    """What the cloud's own paths begin with; mostly nothing."""
    endpoint: str
    """The path as Anthropic has it, such as `/v1/messages`."""
    model: str
    """What the cloud calls the model."""
    headers: Sequence[Header]
    body: bytes


class Translation(Protocol):
    """Turns the bytes of one form into those of another."""

    def feed(self, data: bytes) -> bytes:
        """Return what can be written by now."""

    def end(self) -> bytes:
        """Take the end; return what is left."""


class AsIs(Translation):
    """Leaves the bytes as they are."""

    def feed(self, data: bytes) -> bytes:  # noqa: D102 - the interface says it.
        return data

    def end(self) -> bytes:  # noqa: D102 - the interface says it.
        return b""


class TranslatedReply:
    """A reply in another form than it came in."""

    def __init__(self, inner: Response, content_type: bytes, translation: Translation) -> None:
        self.status = inner.status
        self.headers = renamed(inner.headers, content_type)
        self._inner = inner
        self._translation = translation

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._inner:
                if piece := self._translation.feed(data):
                    yield piece
            if piece := self._translation.end():
                yield piece
        except UpstreamFailed:
            await self._inner.aclose()
            raise

    async def aclose(self) -> None:
        """Let the reply go."""
        await self._inner.aclose()


class WholeReply:
    """A reply that was read whole and written anew."""

    def __init__(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._body:
            yield self._body

    async def aclose(self) -> None:
        """Nothing is left to let go."""


def renamed(headers: Iterable[Header], content_type: bytes = b"") -> list[Header]:
    """Return the headers of a cloud's reply with its id where Anthropic's clients look for one."""
    kept: list[Header] = []
    for name, value in headers:
        if name in _REQUEST_IDS:
            kept.append((b"request-id", value))
        elif name != b"content-length" and not (content_type and name == b"content-type"):
            kept.append((name, value))
    return [*kept, (b"content-type", content_type)] if content_type else kept


async def translate_error(reply: Response, kind: str, says: str) -> WholeReply:
    """Write an error of a cloud as Anthropic's interface has it, its status as it was."""
    error = {"type": kind or _BY_STATUS.get(reply.status, "api_error"), "message": says or f"status {reply.status}"}
    body = msgspec.json.encode({"type": "error", "error": error})
    return WholeReply(reply.status, renamed(reply.headers, b"application/json"), body)


async def read_error(reply: Response) -> bytes:
    """Read what an error says."""
    return await read_whole(reply, LARGEST_ERROR)


def read_members(body: bytes) -> dict[str, msgspec.Raw]:
    """Return the members of a request's body, each as the bytes it was sent as."""
    try:
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        raise UpstreamUnreachable("The request was not sent: its body is no object of JSON.") from None


def write_members(members: dict[str, msgspec.Raw]) -> bytes:
    """Write a body from its members, those that were not touched byte for byte as they were."""
    return msgspec.json.encode(members)


def value_of(header: bytes, headers: Iterable[Header]) -> bytes:
    """Return the values of a header, joined by commas."""
    return b",".join(value for name, value in headers if name == header)
