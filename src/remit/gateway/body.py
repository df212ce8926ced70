"""The body of a request as it is to be read: plain, inflated within bounds where it came compressed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from remit.gateway.step import Asked

_WINDOWS = {b"gzip": 16 + zlib.MAX_WBITS, b"x-gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}


class Bounds(NamedTuple):
    """The most that is taken of anything, in bytes and seconds."""

    body: int = 32 * 1024 * 1024
    """A request's body, as it comes and as it inflates to."""
    held: int = 32 * 1024 * 1024
    """What a reply may keep waiting: all of one that does not stream, and the calls of one that does."""
    read_within: float = 60.0
    """For a request to come in whole."""
    stall: float = 120.0
    """For a client to take anything at all while something waits for it."""
    inline: float = 600.0
    """For people to answer a call while its client waits; after that it is told to come back."""
    ledger: float = 4.0
    """For the ledger while somebody else keeps it; who comes in the meantime waits at most twice as long."""
    at_once: int = 4096
    """Calls under way in one worker."""


BOUNDS = Bounds()


class BodyRefused(Exception):
    """The body is not taken; the status says what is the matter with it."""

    def __init__(self, status: int, says: str) -> None:
        super().__init__(f"The request was not passed on: {says}.")
        self.status = status


def plain_body(asked: Asked, bounds: Bounds) -> bytes:
    """Return the body of a request without its compression; raise where it cannot be had within the bounds."""
    encodings = [value.strip().lower() for name, value in asked.headers if name == b"content-encoding"]
    if len(asked.body) > bounds.body:
        raise BodyRefused(413, f"its body is longer than {bounds.body} bytes")
    if not encodings or encodings == [b"identity"]:
        return asked.body
    window = _WINDOWS.get(encodings[0]) if len(encodings) == 1 else None
    if window is None:
        raise BodyRefused(415, "its body is compressed in a way that is not read here; gzip and deflate are")
    stream = zlib.decompressobj(window)
    try:
        body = stream.decompress(asked.body, bounds.body + 1)
    except zlib.error:
        raise BodyRefused(400, "its body cannot be inflated") from None
    if len(body) > bounds.body:
        raise BodyRefused(413, f"its body inflates to more than {bounds.body} bytes")
    if not stream.eof or stream.unused_data:
        raise BodyRefused(400, "its compressed body does not end where the request does")
    return body
