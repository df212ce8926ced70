"""Knows an event by the one before it, where they differ in a word alone.

Most of a streamed reply says the same over and over, with another word in it. An event that has the bytes of one that
was read and flowed as it came, but for the inside of one string, means the same with that word in its place: nothing
else in it needs to be read again. What is not alike to the last byte is read as any other.

1. The word was where the dialect found it: its key stands in the event once, and nothing is written by its number.
2. The inside of the string is one text to every reader: no bare quote, no control character, UTF-8, and nothing in it
   is half of a pair of numbers.
3. Beside the word two things may differ that no dialect takes a meaning from: the number of the event, and what fills
   it up so that its length tells nothing. Each is where the event was read to have it, and a number or a plain string.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER, FILLER = "sequence_number", "obfuscation"
LONGEST = 1024 * 1024
"""The most bytes that are known by what went before; more than that is read."""

_WORD = re.compile(rb'(?:[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))+').match
_BARE = re.compile(rb'[^"\\\x00-\x1f]+').fullmatch
_PLAIN = re.compile(rb"[ !#-\[\]-~]*").match
_DIGITS = re.compile(rb"0|[1-9][0-9]{0,15}").match
_text = msgspec.json.Decoder(str).decode


class Word(NamedTuple):
    """What an event says that says a word alone, and the event."""

    event: bytes
    fields: Mapping[str, Any]
    key: str
    """What the word stands under."""
    word: str
    said: list[str] | None
    """Where the dialect keeps what was said there, if it does."""


class Likeness:
    """An event that has flowed, and what must be the same in the next."""

    __slots__ = ("_first", "_only", "_rest", "said")

    def __init__(self, first: bytes, rest: list[tuple[str, bytes]], said: list[str] | None) -> None:
        self._first = first
        self._rest = rest
        """What may differ, each by its key (the word has none), with the bytes that follow it."""
        self._only = rest[0][1] if len(rest) == 1 else None
        """What follows the word, where nothing else may differ."""
        self.said = said

    def words(self, data: bytes) -> tuple[list[str], int] | None:
        """Return the words of events that are all alike, and the number of the last or -1; None for anything else."""
        first, only, size = self._first, self._only, len(data)
        if not 0 < size <= LONGEST:
            return None
        if only is None or not data.endswith(only) or _BARE(data, len(first), size - len(only)) is None:
            return self._each(data)
        # Nearly every event is one alone with a bare word in it; read as any other it would only take longer.
        try:
            return ([data[len(first) : size - len(only)].decode()], -1) if data.startswith(first) else None
        except UnicodeDecodeError:
            return None

    def _each(self, data: bytes) -> tuple[list[str], int] | None:
        first, size, at, number = self._first, len(data), 0, -1
        words: list[bytes] = []
        while at < size:
            if not data.startswith(first, at):
                return None
            at += len(first)
            for key, after in self._rest:
                match = (_PLAIN if key == FILLER else _DIGITS if key else _WORD)(data, at)
                if match is None or not data.startswith(after, match.end()):
                    return None
                if key == NUMBER:
                    number = int(match[0])
                elif not key:
                    words.append(match[0])
                at = match.end() + len(after)
        try:
            return [_text(b'"%b"' % word) for word in words], number  # (2)
        except (msgspec.MsgspecError, ValueError):
            return None


def learn(told: Word) -> Likeness | None:
    """Learn from bytes that are one event, in which a word stands under a key; None where that is not plain to see."""
    data = told.event
    if not data.startswith((b"data: ", b"event: ")) or data.find(b"\n\n") != len(data) - 2 or b"\r" in data:
        return None
    places = [_place(data, told.key, b'"%b"' % told.word.encode(), "")]
    number, filler = told.fields.get(NUMBER), told.fields.get(FILLER)
    if type(number) is int:  # (3)
        places.append(_place(data, NUMBER, b"%d" % number, NUMBER))
    if type(filler) is str:
        places.append(_place(data, FILLER, b'"%b"' % filler.encode(), FILLER))
    if b"\\" in data or None in places:  # (1)
        return None
    known = sorted(place for place in places if place is not None)
    ends = [start for start, _, _ in known[1:]] + [len(data)]
    rest = [(key, data[stop:end]) for (_, stop, key), end in zip(known, ends, strict=True)]
    return Likeness(data[: known[0][0]], rest, told.said)


def _place(data: bytes, key: str, value: bytes, known_by: str) -> tuple[int, int, str] | None:
    """Return where a value begins and stops under a key that stands there once, the inside alone of a string."""
    quoted = b'"%b":' % key.encode()
    if data.count(quoted[:-1]) != 1:
        return None
    start = data.find(quoted) + len(quoted)
    start += data[start : start + 1] == b" "
    stop = start + len(value)
    if start < len(quoted) or data[start:stop] != value or data[stop : stop + 1] not in {b",", b"}"}:
        return None
    inside = value.startswith(b'"')
    return start + inside, stop - inside, known_by
