"""The one byte form of a record.

JSON canonicalisation (RFC 8785), narrowed to what a record may hold: text, whole numbers, booleans,
null, lists, and objects with text for keys. Two parties who hold the same record thereby hold the same bytes.

1. Only the exact types count, since a subclass may print otherwise than it compares.
2. Text is Unicode; a lone surrogate is refused, because it has no UTF-8 (section 3.2.2.2).
3. A whole number stays within 2^53 - 1 either way, so that every reader of JSON reads the same one (3.2.2.3).
4. A fraction is refused, whether float or Decimal: the writer states it as a whole number of a named unit.
5. Keys are sorted by their UTF-16 code units, which is not Python's order beyond U+FFFF (3.2.3).

>>> canonical({"b": [1, True, None], "a": "é"}).decode()
'{"a":"é","b":[1,true,null]}'
"""

from __future__ import annotations

import hashlib
import json

from remit.errors import RecordUnusable

LARGEST_NUMBER = 2**53 - 1
DEEPEST_NESTING = 64
"""Nesting beyond this is a mistake or a circle, and either is better named than followed."""

Place = tuple[str | int, ...]


def canonical(record: object) -> bytes:
    """Write a record in its one byte form, or raise and name the place that has none."""
    return json.dumps(_ordered(record, ()), ensure_ascii=False, separators=(",", ":")).encode()


def digest(record: object) -> str:
    """Name a record by the SHA-256 of its byte form: `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(canonical(record)).hexdigest()}"


def _ordered(value: object, place: Place) -> object:
    """Rebuild a value with its keys in order, having looked at everything in it."""
    if len(place) > DEEPEST_NESTING:
        raise RecordUnusable(_shown(place), f"lies deeper than {DEEPEST_NESTING} levels")
    # (1) So `type(...) is`, not `isinstance`: an enum's member or a bool passing as int is not let through.
    if value is None or type(value) is bool:
        return value
    if type(value) is str:
        return _text(value, place)
    if type(value) is int:
        return _number(value, place)
    if type(value) is list:
        return [_ordered(item, (*place, index)) for index, item in enumerate(value)]
    if type(value) is dict:
        return _object(value, place)
    found = f"is of type {type(value).__name__}, which has no canonical form"  # (4)
    raise RecordUnusable(_shown(place), found)


def _text(text: str, place: Place) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as fault:  # (2)
            found = f"holds a lone surrogate at character {fault.start}"
            raise RecordUnusable(_shown(place), found) from fault
    return text


def _number(number: int, place: Place) -> int:
    if abs(number) > LARGEST_NUMBER:  # (3)
        raise RecordUnusable(_shown(place), f"is {number}, further from zero than 2^53 - 1")
    return number


def _object(members: dict[object, object], place: Place) -> dict[str, object]:
    keys = [_key(key, place) for key in members]
    keys.sort(key=_utf_16)  # (5)
    return {key: _ordered(members[key], (*place, key)) for key in keys}


def _key(key: object, place: Place) -> str:
    if type(key) is not str:
        raise RecordUnusable(_shown(place), f"has the key {key!r}, which is not text")
    return _text(key, (*place, key))


def _utf_16(text: str) -> bytes:
    """Big-endian, so that comparing the bytes compares the code units."""
    return text.encode("utf-16-be")


def _shown(place: Place) -> str:
    """Write a place as JSONPath does: `$["use"]["facts"][3]`."""
    return "$" + "".join(f"[{json.dumps(step)}]" for step in place)
