"""Knows an event by the one before it, where they differ in a word alone.

Most of a streamed reply says the same over and over, with another word in it. An event that has the bytes of one that
was read and flowed as it came, but for the inside of one string, means the same with that word in its place: nothing
else in it needs to be read again. What is not alike to the last byte is read as any other.

1. The word was where the dialect found it: its key stands in the event once, and nothing is written by its number.
2. The inside of the string is plain: no quote, no backslash, no control character, and UTF-8.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(rb'[^"\\\x00-\x1f]+').fullmatch


class Likeness:
    """An event that has flowed, and what must be the same in the next."""

    __slots__ = ("_after", "_before", "_least", "said")

    def __init__(self, before: bytes, after: bytes, said: list[str]) -> None:
        self._before = before
        self._after = after
        self._least = len(before) + len(after) + 1
        self.said = said
        """Where the dialect keeps what was said there."""

    def word(self, data: bytes) -> str | None:
        """Return the word of an event that is alike; None for anything else."""
        before, after = self._before, self._after
        if len(data) < self._least or not data.startswith(before) or not data.endswith(after):
            return None
        inside = data[len(before) : -len(after)]
        if not _PLAIN(inside):  # (2)
            return None
        try:
            return inside.decode()
        except UnicodeDecodeError:
            return None


def learn(data: bytes, key: bytes, word: str, said: list[str]) -> Likeness | None:
    """Learn from bytes that are one event, in which a word stands under a key; None where that is not plain to see."""
    if not data.startswith((b"data: ", b"event: ")) or data.find(b"\n\n") != len(data) - 2 or b"\r" in data:
        return None
    if b"\\" in data or data.count(key) != 1:  # (1)
        return None
    inside = word.encode()
    start = data.index(key) + len(key)
    start = data.find(b'"', start, start + 4) + 1
    stop = start + len(inside)
    if start and inside and data[start:stop] == inside and data[stop : stop + 1] == b'"':
        return Likeness(data[:start], data[stop:], said)
    return None
