"""The shape of a record: what it may hold, checked with every fault at once, and written as a JSON Schema.

One description serves both, so that the reader and the published schema cannot part.

1. A key that the shape has not is a fault: what a reader does not know may change what the rest means.
2. A text has a bound, and holds nothing that a terminal or a page would not show as it is; a number is whole and
   within 2^53 - 1.
3. A fault says where, as `scope.contracts[0]`, what was expected and what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from unicodedata import category

from remit.canonical import LARGEST_NUMBER
from remit.errors import EvidenceRefused
from remit.terms.instant import parse_instant

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_TEXT = 8192
MOST_ITEMS = 100_000
_MOST_FAULTS = 50
_UNFIT = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}
"""Of the marks that are not seen, the two that some scripts are written with."""
Faults = Iterator[tuple[str, str]]
"""Places with what is wrong there."""


class Shape(Protocol):
    """What a value may be."""

    def faults(self, value: object, place: str) -> Faults:
        """Yield every fault of a value."""

    def schema(self) -> dict[str, Any]:
        """Write the shape as a JSON Schema."""


@dataclass(frozen=True)
class Text(Shape):
    """A text: any, one of a few, or one that a pattern describes."""

    choices: tuple[str, ...] = ()
    pattern: str = ""
    expected: str = "a text"
    empty: bool = False

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102  # the interface says it
        if type(value) is not str:
            yield place, f"expected {self._expected()}, found {_found(value)}"
        elif not self._is_among(value):
            yield place, f"expected {self._expected()}, found {value!r:.80}"
        elif not value and not self.empty:
            yield place, "expected a text, found an empty one"
        elif len(value) > LONGEST_TEXT:
            yield place, f"expected at most {LONGEST_TEXT} characters, found {len(value)}"
        elif unfit := next(filter(_is_unfit, value), None):
            yield place, f"holds the character U+{ord(unfit):04X}, which is not shown as it is"

    def schema(self) -> dict[str, Any]:  # noqa: D102
        if self.choices:
            return {"enum": list(self.choices)}
        said: dict[str, Any] = {"type": "string", "maxLength": LONGEST_TEXT}
        if self.pattern:
            return {**said, "pattern": f"^(?:{self.pattern})$"}
        return said if self.empty else {**said, "minLength": 1}

    def _is_among(self, value: str) -> bool:
        if self.choices:
            return value in self.choices
        return not self.pattern or re.fullmatch(self.pattern, value, re.ASCII) is not None

    def _expected(self) -> str:
        return f"one of {', '.join(self.choices)}" if self.choices else self.expected


@dataclass(frozen=True)
class Number(Shape):
    """A whole number from a least one on."""

    least: int = 0

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102
        if type(value) is not int or not self.least <= value <= LARGEST_NUMBER:
            yield place, f"expected a whole number from {self.least} on, found {_found(value)}"

    def schema(self) -> dict[str, Any]:  # noqa: D102
        return {"type": "integer", "minimum": self.least, "maximum": LARGEST_NUMBER}


@dataclass(frozen=True)
class Flag(Shape):
    """True or false."""

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102
        if type(value) is not bool:
            yield place, f"expected true or false, found {_found(value)}"

    def schema(self) -> dict[str, Any]:  # noqa: D102
        return {"type": "boolean"}


@dataclass(frozen=True)
class Items(Shape):
    """A list."""

    of: Shape
    least: int = 0

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102
        if type(value) is not list:
            yield place, f"expected a list, found {_found(value)}"
            return
        if not self.least <= len(value) <= MOST_ITEMS:
            yield place, f"expected {self.least} to {MOST_ITEMS} items, found {len(value)}"
            return
        for index, item in enumerate(value):
            yield from self.of.faults(item, f"{place}[{index}]")

    def schema(self) -> dict[str, Any]:  # noqa: D102
        return {"type": "array", "items": self.of.schema(), "minItems": self.least, "maxItems": MOST_ITEMS}


@dataclass(frozen=True)
class Table(Shape):
    """An object whose keys are names of one kind and whose values have one shape."""

    of: Shape
    pattern: str = r"[\x21-\x7e]{1,256}"
    least: int = 0

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102
        if type(value) is not dict:
            yield place, f"expected an object, found {_found(value)}"
            return
        if len(value) < self.least:
            yield place, f"expected at least {self.least} entries, found {len(value)}"
        for key, each in value.items():
            if not re.fullmatch(self.pattern, key, re.ASCII):
                yield place, f"has the key {key!r:.80}, which is no name here"
            yield from self.of.faults(each, _below(place, key))

    def schema(self) -> dict[str, Any]:  # noqa: D102
        names = {"pattern": f"^(?:{self.pattern})$"}
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": self.of.schema(),
            "minProperties": self.least,
        }


@dataclass(frozen=True)
class Either(Shape):
    """One of several shapes, which differ in type."""

    shapes: tuple[Shape, ...]
    expected: str

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102
        if all(any(shape.faults(value, place)) for shape in self.shapes):
            yield place, f"expected {self.expected}, found {_found(value)}"

    def schema(self) -> dict[str, Any]:  # noqa: D102
        return {"anyOf": [shape.schema() for shape in self.shapes]}


@dataclass(frozen=True)
class Fields(Shape):
    """An object with the keys that it must have and those that it may have, and no other."""

    needed: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def faults(self, value: object, place: str) -> Faults:  # noqa: D102
        if type(value) is not dict:
            yield place, f"expected an object, found {_found(value)}"
            return
        for key in self.needed:
            if key not in value:
                yield _below(place, key), "missing"
        for key, each in value.items():
            shape = self.needed.get(key) or self.optional.get(key)
            if shape is None:  # (1)
                yield _below(place, key), "not a key of this record"
            else:
                yield from shape.faults(each, _below(place, key))

    def schema(self) -> dict[str, Any]:  # noqa: D102
        every = {**self.needed, **self.optional}
        return {
            "type": "object",
            "properties": {key: shape.schema() for key, shape in every.items()},
            "required": list(self.needed),
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class Instant(Text):
    """An instant in UTC, as RFC 3339 writes it; a day that no calendar has is a fault."""

    pattern: str = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z"
    expected: str = "an instant in UTC such as 2026-03-06T00:00:00Z"

    def faults(self, value: object, place: str) -> Faults:
        """Yield every fault of a value."""
        found = list(super().faults(value, place))
        yield from found
        if not found:
            try:
                parse_instant(str(value))
            except ValueError as fault:
                yield place, f"expected {self.expected}, found {value!r}: {fault}"


INSTANT = Instant()
SHA256 = Fields({"sha256": Text(pattern="[0-9a-f]{64}", expected="64 hexadecimal digits")})
NAME = Text(pattern=r"[\x21-\x7e]{1,256}", expected="a name without spaces")
WORDS = Text()


def demand(shape: Shape, value: object, step: str, what: str) -> None:
    """Say nothing if a value has a shape; raise with every fault otherwise."""
    demand_none(shape.faults(value, ""), step, what)


def demand_none(faults: Faults, step: str, what: str) -> None:
    """Say nothing if there is no fault; raise with all of them otherwise (3)."""
    found = [f"{place}: {says}" if place else says for place, says in faults]
    if found:
        told = found[:_MOST_FAULTS]
        more = [] if len(found) == len(told) else [f"and {len(found) - len(told)} more"]
        raise EvidenceRefused(step, "\n    ".join([f"{what} has {_faults(len(found))}", *told, *more]))


def _faults(count: int) -> str:
    return "a fault" if count == 1 else f"{count} faults"


def _below(place: str, key: str) -> str:
    shown = ascii(key[:80])[1:-1]
    return f"{place}.{shown}" if place else shown


def _found(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return f"the number {value if abs(value) <= LARGEST_NUMBER else 'beyond 2^53 - 1'}"
        case str():
            return f"{value!r:.80}"
        case list():
            return "a list"
        case _:
            return "an object"


def _is_unfit(character: str) -> bool:
    """Tell a character that moves the cursor, turns the line round, or has no UTF-8 (2)."""
    return category(character) in _UNFIT and character not in _JOINERS
