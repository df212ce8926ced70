"""Reads JSON in the one way that every other reader would read it, or not at all.

1. UTF-8 only, one value, no NaN, within a size and a depth.
2. No key twice in one object, at any depth: two readers could take different ones.
3. A key that decides is spelt exactly: no other key may become it by folding case, width or underscores.
"""

from __future__ import annotations

import json
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES = 64 * 1024 * 1024
DEEPEST = 200
LONGEST_KEY = 64
"""A key longer than this is no spelling of one that decides."""

_BLANKS = b" \t\r\n"
_CUT = "Input data was truncated"
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def read(body: bytes, *, where: str = "body", most: int = MOST_BYTES) -> Any:  # noqa: ANN401 - it is what was sent
    """Return the value of a text of JSON; raise `Unreadable` where two readers could differ over it."""
    if len(body) > most:
        raise Unreadable(where, f"at most {most} bytes, found {len(body)}")
    try:
        value = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(where, f"JSON in UTF-8: {error}") from None
    if not _is_written_alike(body, value):
        pairs = _count_pairs(value, where)
        if pairs and _count_written(body) != pairs:
            _read_each_pair(body, where)
    return value


def is_cut(text: bytes) -> bool:
    """Tell whether a text is JSON as far as it goes and only lacks its end."""
    try:
        _decode(text)
    except msgspec.DecodeError as error:
        return str(error) == _CUT
    return False


def read_object(body: bytes, *, where: str = "body", most: int = MOST_BYTES) -> dict[str, Any]:
    """Return an object of JSON; raise `Unreadable` for anything else."""
    value = read(body, where=where, most=most)
    if type(value) is not dict:
        raise Unreadable(where, "an object")
    return value


def only_exact(keys: Iterable[str], deciding: frozenset[str], where: str) -> None:
    """Say nothing if no key is another spelling of one that decides."""
    for key in keys:
        if key not in deciding and (exact := _spelling_of(key, deciding)):
            raise Unreadable(f"{where}.{key}", f"the key {exact} in its own spelling")


def with_value(body: bytes, key: str, value: bytes) -> bytes:
    """Return an object's text with another value for one key at its top; every other byte stays."""
    text = body.decode()
    for name, start, stop in _members(text):
        if name == key:
            return text[:start].encode() + value + text[stop:].encode()
    raise Unreadable(key, "to be there")


def with_more(body: bytes, key: str, more: Iterable[object]) -> bytes:
    """Return an object's text with more at the end of one list at its top; every other byte stays."""
    text = body.decode()
    for name, start, stop in _members(text):
        if name == key and text[start] == "[":
            before, kept = text[: stop - 1], text[start + 1 : stop - 1].strip(" \t\r\n")
            added = b",".join(msgspec.json.encode(part) for part in more)
            return before.encode() + (b"," if kept else b"") + added + text[stop - 1 :].encode()
    raise Unreadable(key, "a list")


@lru_cache(maxsize=4096)
def fold(key: str) -> str:
    """Return a key as the most forgiving reader would know it."""
    if not key.isascii():
        kept = (char for char in unicodedata.normalize("NFKC", key) if unicodedata.category(char) != "Cf")
        key = unicodedata.normalize("NFKC", "".join(kept).casefold())
    return key.lower().replace("_", "").replace("-", "").strip()


@lru_cache(maxsize=4096)
def _known_spelling(key: str, deciding: frozenset[str]) -> str:
    folded = fold(key)
    return next((exact for exact in deciding if fold(exact) == folded), "")


def _spelling_of(key: str, deciding: frozenset[str]) -> str:
    return _known_spelling(key, deciding) if len(key) <= LONGEST_KEY else ""


def _count_pairs(value: object, where: str) -> int:
    """Count the members of every object; raise `Unreadable` past the depth."""
    pairs, depth = 0, 0
    level: list[Any] = [value] if isinstance(value, (dict, list)) else []
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(where, f"at most {DEEPEST} levels")
        below: list[Any] = []
        for part in level:
            if part.__class__ is dict:
                pairs += len(part)
                below += [x for x in part.values() if x.__class__ is dict or x.__class__ is list]
            else:
                below += [x for x in part if x.__class__ is dict or x.__class__ is list]
        level = below
    return pairs


def _is_written_alike(body: bytes, value: object) -> bool:
    """Tell whether a text surely has each member once, and no depth to speak of.

    Written anew, what was read has each member once. Where the two texts have the same bytes in the same order, blanks
    left out, they have the same tokens: nothing in JSON begins or ends with a blank, or is one token without it and two
    with it. Nearly every program writes as is written here, but for blanks, numbers and what is written by its number;
    where those differ the members are counted.
    """
    if body.count(b"{") + body.count(b"[") > DEEPEST:
        return False
    written = _encode(value)
    if written == body or written.translate(None, _BLANKS) == body.translate(None, _BLANKS):
        return True
    if b"\\u" in body:
        return False
    count = _count_written(body)
    return count >= 0 and count == _count_written(written)


def _count_written(body: bytes) -> int:
    """Count the members as they are written, or return -1 where only reading each can tell.

    Without blanks a key ends in a quote and a colon. Inside a string every quote has a backslash before it, so those
    are taken off, unless some string ends in a backslash. A value that starts with a colon makes the count too high,
    never too low, and a count that differs is looked into.
    """
    closed = body.translate(None, _BLANKS)
    if b'\\\\":' in closed:
        return -1
    return closed.count(b'":') - closed.count(b'\\":')


def _read_each_pair(body: bytes, where: str) -> None:
    """Raise `Unreadable` for the first key that stands twice in one object."""

    def build(pairs: list[tuple[str, Any]]) -> None:
        names: set[str] = set()
        for name, _ in pairs:
            if name in names:
                raise Unreadable(where, f"each key once, found {name[:LONGEST_KEY]!r} twice")
            names.add(name)

    json.loads(body, object_pairs_hook=build)


def _members(text: str) -> Iterable[tuple[str, int, int]]:
    """Yield each key at the top of an object that was read already, and where its value starts and stops."""
    scan = json.JSONDecoder().raw_decode
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = scan(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, stop = scan(text, start)
        yield key, start, stop
        at = _skip(text, stop)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
