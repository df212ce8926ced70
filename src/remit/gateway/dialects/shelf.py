"""Events that are held behind a call, in the order in which they came.

As long as nobody waits for people they stand as they were read. What may wait for hours is packed to its bytes, and
read again when it goes out: a call that came letter by letter is a hundred events, and a thousand calls may wait.
"""

from __future__ import annotations

import zlib
from array import array
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from remit.gateway import strict_json
from remit.gateway.event_stream import Event, read_event

if TYPE_CHECKING:
    from collections.abc import Iterator

About = TypeVar("About")
_FAST = 1
_NO_FIELDS = frozenset({b"", b"[DONE]"})


class EventShelf(Generic[About]):
    """Keeps events, each with what it is about."""

    __slots__ = "_abouts", "_lengths", "_packed", "_rows"

    def __init__(self) -> None:
        self._rows: list[tuple[Event, dict[str, Any], About | None]] = []
        self._packed = b""
        self._lengths: array[int] = array("I")
        self._abouts: list[About | None] = []

    def __bool__(self) -> bool:
        return bool(self._rows or self._lengths)

    def __iter__(self) -> Iterator[tuple[Event, dict[str, Any], About | None]]:
        raw, at = memoryview(zlib.decompress(self._packed) if self._packed else b""), 0
        for length, about in zip(self._lengths, self._abouts, strict=True):
            # Only the first event of a stream can have had a mark of the order of bytes and have been read.
            event = read_event(bytes(raw[at : at + length]), first=True)
            yield event, fields_of(event), about
            at += length
        yield from self._rows

    def add(self, event: Event, fields: dict[str, Any], about: About | None = None) -> None:
        """Put an event behind those that are there."""
        self._rows.append((event, fields, about))

    def about(self) -> list[About]:
        """Return each thing once that any of the events is about."""
        found = [*self._abouts, *(about for _, _, about in self._rows)]
        return list({id(about): about for about in found if about is not None}.values())

    def pack(self) -> None:
        """Keep nothing of the events but their bytes, and those in little space."""
        if not self._rows:
            return
        before = zlib.decompress(self._packed) if self._packed else b""
        self._packed = zlib.compress(before + b"".join(event.raw for event, _, _ in self._rows), _FAST)
        self._lengths.extend(len(event.raw) for event, _, _ in self._rows)
        self._abouts += [about for _, _, about in self._rows]
        self._rows = []


def fields_of(event: Event) -> dict[str, Any]:
    """Read what an event holds; a mark without an object holds nothing."""
    return {} if event.data.strip() in _NO_FIELDS else strict_json.read_object(event.data, where="event")
