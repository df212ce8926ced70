"""Inflates a reply that comes compressed though nobody asked for it, within bounds.

1. Only gzip and deflate (RFC 9110, section 8.4.1), one of them and once; whatever else is malformed.
2. What comes out is bounded in all, and against what went in, so that a bomb ends before it fills anything.
3. It comes out in pieces of a bounded size, and only as they are asked for.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from remit.gateway.upstream.client import UpstreamCut, UpstreamMalformed, UpstreamTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 64 * 1024
LARGEST = 256 * 1024 * 1024
"""The most bytes a reply may inflate to."""
RATIO = 200
"""How many times longer it may grow, beyond the first megabyte; ordinary text grows 3 to 20 times."""
_FREE = 1024 * 1024
_WINDOW = {b"gzip": 16 + zlib.MAX_WBITS, b"x-gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}


class Inflation:
    """One compressed body on its way."""

    def __init__(self, encoding: bytes) -> None:
        window = _WINDOW.get(encoding.strip().lower())
        if window is None:
            raise UpstreamMalformed(
                f"The reply was not taken: its content-encoding is {encoding.decode('latin-1')!r}, "
                "and only gzip and deflate are known; none was asked for."
            )
        self._stream = zlib.decompressobj(window)
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what some bytes inflate to, piece by piece."""
        self._taken += len(data)
        more = bool(data)
        while more:
            if self._stream.eof:
                raise UpstreamMalformed("The reply was not taken: bytes follow the end of its compressed body.")
            try:
                piece = self._stream.decompress(data, PIECE)
            except zlib.error:
                raise UpstreamMalformed("The reply was not taken: its compressed body cannot be inflated.") from None
            self._given += len(piece)
            if self._given > LARGEST or self._given > _FREE + RATIO * self._taken:
                raise UpstreamTooLarge(
                    f"The reply was not taken: {self._taken:,} bytes of it inflate to {self._given:,} and more."
                )
            if piece:
                yield piece
            data = self._stream.unconsumed_tail or self._stream.unused_data
            # A full piece may have more behind it though all that came in was consumed.
            more = bool(data) or (len(piece) == PIECE and not self._stream.eof)

    def end(self) -> None:
        """Take the end of the body; it must be the end of what was compressed too."""
        if self._taken and not self._stream.eof:
            raise UpstreamCut("The reply ended within its compressed body.")
