"""Reads server-sent events from any cut of their bytes, and keeps each one's bytes as they came.

1. An event ends at a blank line, whether lines end in CR, LF or both; comments and names belong to their event.
2. A line that no reader of events knows is unreadable, since a forgiving one may find data in it.
3. An event that does not end within a size is unreadable, so that nothing is kept without bound.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from remit.gateway.unreadable import Unreadable

MOST_BYTES = 16 * 1024 * 1024
"""The most bytes of one event: an image may come in one."""
MOST_WAITING = 64 * 1024 * 1024
"""The most bytes that wait behind a call."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A lone CR ends a line only when something else follows: it may be the first half of CR LF.
_END_OF_LINE = rb"(?:\r\n|\n|\r(?=[^\n]))"
_END_OF_EVENT = re.compile(_END_OF_LINE + _END_OF_LINE)


class Event(NamedTuple):
    """One event: the bytes that came, its name if it has one, its data."""

    raw: bytes
    name: str
    data: bytes


class EventStream:
    """Takes bytes as they come and gives whole events, one at a time."""

    def __init__(self, most: int = MOST_BYTES, most_waiting: int = MOST_WAITING) -> None:
        self._buffer: bytes | bytearray = b""
        self._start = 0
        self._seen = 0
        self._most = most
        self._most_waiting = most_waiting
        self._begun = False
        self._returns = False

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was taken that has not been given."""
        return self._start >= len(self._buffer)

    def push(self, data: bytes) -> None:
        """Take what came."""
        self._returns = self._returns or b"\r" in data
        if self._start >= len(self._buffer):
            self._buffer, self._start, self._seen = data, 0, 0
            return
        if isinstance(self._buffer, bytearray):
            del self._buffer[: self._start]
        else:
            self._buffer = bytearray(self._buffer[self._start :])
        self._seen = max(0, self._seen - self._start)
        self._start = 0
        self._buffer += data
        if len(self._buffer) > self._most_waiting:
            raise Unreadable("events", f"at most {self._most_waiting} bytes waiting")

    def next(self) -> Event | None:
        """Return the next whole event, if there is one."""
        buffer = self._buffer
        if self._returns:
            found = _END_OF_EVENT.search(buffer, self._seen)
            end = found.end() if found else -1
        else:
            end = buffer.find(b"\n\n", self._seen) + 2
            end = end if end >= 2 else -1  # noqa: PLR2004 - the length of what was looked for
        if end < 0:
            # The end of an event is up to four bytes, of which all but the last may have come.
            self._seen = max(self._start, len(buffer) - 3)
            if len(buffer) - self._start > self._most:
                raise Unreadable("event", f"at most {self._most} bytes")
            return None
        raw = bytes(buffer[self._start : end])
        self._start = self._seen = end
        return self._read(raw)

    def rest(self) -> Event | None:
        """Return what came after the last blank line as an event, since some readers take it for one."""
        raw = bytes(self._buffer[self._start :])
        self._buffer, self._start, self._seen = b"", 0, 0
        return self._read(raw) if raw else None

    def pack(self) -> None:
        """Keep nothing of what was taken, since the rest may wait for long."""
        self._buffer = self._buffer[self._start :]
        self._seen = max(0, self._seen - self._start)
        self._start = 0

    def _read(self, raw: bytes) -> Event:
        if len(raw) > self._most:
            raise Unreadable("event", f"at most {self._most} bytes")
        first, self._begun = not self._begun, True
        return read_event(raw, first=first)


def read_event(raw: bytes, *, first: bool = False) -> Event:
    """Read one event from its bytes; the first of a stream may begin with a mark of their order."""
    text = raw.removeprefix(_BYTE_ORDER_MARK) if first else raw
    # Nearly every event is one line of data.
    if text.startswith(b"data: ") and text.find(b"\n") == len(text) - 2 and b"\r" not in text:
        return Event(raw, "", text[6:-2])
    return _read_lines(raw, text)


def _read_lines(raw: bytes, text: bytes) -> Event:
    name: bytes | None = None
    data: list[bytes] = []
    for line in text.splitlines():
        field, _, value = line.partition(b":")
        if not field:
            continue
        value = value[1:] if value.startswith(b" ") else value
        if field == b"data":
            data.append(value)
        elif field == b"event":
            if name is not None:
                raise Unreadable("event", "one name")
            name = value
        elif field not in {b"id", b"retry"}:
            raise Unreadable("event", "lines of data, event, id, retry or comments only")
    try:
        return Event(raw, name.decode() if name else "", b"\n".join(data))
    except UnicodeDecodeError:
        raise Unreadable("event", "a name in UTF-8") from None
