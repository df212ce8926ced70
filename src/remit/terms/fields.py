"""The fields of one mapping, read by type; every fault goes to the document and reading goes on.

A method that meets a fault notes it and returns the empty value of its type: the document is refused as a whole
later, so that all faults come at once and no half-read record is ever used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar, assert_never

from remit.terms.document import Document, Items, Mapping, Node, Scalar
from remit.terms.instant import parse_instant, parse_length

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta
    from enum import StrEnum

    Choice = TypeVar("Choice", bound=StrEnum)

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?")
_IDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")

Number = int | Decimal

MOST_COMPARED = 200
"""Names that a misspelt one is compared with, whatever they begin with."""


@dataclass(slots=True, eq=False)
class Fields:
    """A mapping of a document with the key path that leads to it; `asked` holds the keys somebody asked for."""

    document: Document
    node: Mapping
    path: str
    asked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, document: Document, node: Mapping, path: str = "") -> Fields:
        """Take a mapping of the document."""
        return cls(document, node, path)

    def name_of(self, key: str) -> str:
        """Return the key path of a key of this mapping."""
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str, says: str, node: Node | None = None) -> None:
        """Note a fault at a key, at the given node or else at the key's value or the mapping itself."""
        entry = self.node.entries.get(key)
        place = node if node is not None else entry[1] if entry is not None else self.node
        if entry is not None and node is None and not isinstance(entry[1], Scalar):
            place = entry[0]
        self.document.fault(place, self.name_of(key), says)

    def missing(self, key: str, says: str) -> None:
        """Note that a key is not there; it has a place, the mapping's, and no words to show."""
        self.document.missing(self.node, self.name_of(key), says)

    def has(self, key: str) -> bool:
        """Tell whether the key stands in the mapping."""
        return key in self.node.entries

    def take(self, key: str, missing: str = "") -> Node | None:
        """Return a value and mark its key as read; note `missing` when it is absent and that is a fault."""
        self.asked.add(key)
        entry = self.node.entries.get(key)
        if entry is not None:
            return entry[1]
        if missing:
            self.missing(key, missing)
        return None

    def scalar(self, key: str, missing: str = "") -> Scalar | None:
        """Return one written word or text."""
        node = self.take(key, missing)
        if node is None:
            return None
        if isinstance(node, Scalar):
            if not _is_empty(node):
                return node
            self.fault(key, "empty: expected a value")
            return None
        self.fault(key, f"expected one value, found {_kind(node)}")
        return None

    def text(self, key: str, missing: str = "") -> str:
        """Return a text, or the empty text."""
        scalar = self.scalar(key, missing)
        return "" if scalar is None else scalar.text

    def ident(self, key: str, missing: str = "") -> str:
        """Return a name made of letters, digits and `._:/@+-`, or the empty text."""
        scalar = self.scalar(key, missing)
        if scalar is None:
            return ""
        if not _IDENT.fullmatch(scalar.text):
            self.fault(key, "not a name: letters, digits and . _ : / @ + - only, at most 128 of them")
            return ""
        return scalar.text

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return `true` or `false`, written just so."""
        scalar = self.scalar(key)
        if scalar is None:
            return default
        value = plain_flag(scalar)
        if value is None:
            self.fault(key, "expected true or false")
            return default
        return value

    def count(self, key: str, missing: str = "", *, least: int = 0, most: int = 10**9) -> int:
        """Return a whole number between two bounds."""
        scalar = self.scalar(key, missing)
        if scalar is None:
            return least
        number = plain_number(scalar)
        if not isinstance(number, int) or not least <= number <= most:
            self.fault(key, f"expected a whole number from {least} to {most}")
            return least
        return number

    def choice(self, key: str, among: type[Choice], missing: str = "") -> Choice | None:
        """Return one of the members of an enumeration."""
        scalar = self.scalar(key, missing)
        if scalar is None:
            return None
        for member in among:
            if member.value == scalar.text:
                return member
        self.fault(key, unknown("value", scalar.text, [m.value for m in among]))
        return None

    def instant(self, key: str, missing: str = "") -> datetime | None:
        """Return an instant in UTC."""
        scalar = self.scalar(key, missing)
        if scalar is None:
            return None
        try:
            return parse_instant(scalar.text)
        except ValueError as error:
            self.fault(key, str(error))
            return None

    def length(self, key: str, missing: str = "") -> timedelta | None:
        """Return a length of time."""
        scalar = self.scalar(key, missing)
        if scalar is None:
            return None
        try:
            return parse_length(scalar.text)
        except ValueError as error:
            self.fault(key, str(error))
            return None

    def scalars(self, key: str, missing: str = "") -> list[Scalar]:
        """Return one value or a list of values, each one word or text."""
        node = self.take(key, missing)
        if node is None:
            return []
        nodes = node.items if isinstance(node, Items) else [node]
        if isinstance(node, Items) and not nodes:
            self.fault(key, "an empty list: leave the key out, or name something")
        found = []
        for item in nodes:
            if isinstance(item, Scalar) and not _is_empty(item):
                found.append(item)
            else:
                self.fault(key, f"expected words, found {_kind(item)}", item)
        return found

    def names(self, key: str, missing: str = "") -> tuple[str, ...]:
        """Return one name or a list of names."""
        return tuple(scalar.text for scalar in self.scalars(key, missing))

    def inner(self, key: str, missing: str = "") -> Fields | None:
        """Return the fields of a mapping within this one."""
        node = self.take(key, missing)
        if node is None:
            return None
        if isinstance(node, Mapping):
            return Fields.of(self.document, node, self.name_of(key))
        self.fault(key, f"expected keys with values, found {_kind(node)}")
        return None

    def each(self, key: str, missing: str = "") -> Iterator[Fields]:
        """Yield the fields of each mapping in a list."""
        node = self.take(key, missing)
        if node is None:
            return
        if not isinstance(node, Items):
            self.fault(key, f"expected a list, found {_kind(node)}")
            return
        if missing and not node.items:
            self.fault(key, f"an empty list; expected {missing}")
        for number, item in enumerate(node.items):
            path = f"{self.name_of(key)}[{number}]"
            if isinstance(item, Mapping):
                yield Fields.of(self.document, item, path)
            else:
                self.document.fault(item, path, f"expected keys with values, found {_kind(item)}")

    def one_or_each(self, key: str, missing: str = "") -> Iterator[Fields]:
        """Yield the fields of one mapping, or of each in a list of them."""
        entry = self.node.entries.get(key)
        if entry is not None and isinstance(entry[1], Items):
            yield from self.each(key, missing)
        elif (inner := self.inner(key, missing)) is not None:
            yield inner

    def done(self) -> None:
        """Note every key that nothing read: it would be silently without effect."""
        for name, key in self.node.entries.items():
            if name not in self.asked:
                self.document.fault(key[0], self.name_of(name), unknown("key", name, self.asked))


def unknown(what: str, found: str, known: Iterable[str]) -> str:
    """Say that a word is unknown, and which known word it may be meant to be."""
    names = sorted(filter(None, known))
    # Among very many, only those that begin alike are compared: a file with many faults is told of them soon.
    alike = names if len(names) <= MOST_COMPARED else [name for name in names if name[:1] == found[:1]]
    near = get_close_matches(found, alike, n=1, cutoff=0.6)
    if near:
        return f"unknown {what}; did you mean {near[0]}?"
    listed = ", ".join(names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""  # noqa: PLR2004  # a line's worth of names
    return f"unknown {what}; known: {listed}{more}" if names else f"unknown {what}: none is known here"


def say_unknown(what: str, found: str, known: Iterable[str]) -> str:
    """Say the same as the end of a sentence."""
    said = unknown(what, found, known)
    return said if said.endswith("?") else f"{said}."


def plain_flag(scalar: Scalar) -> bool | None:
    """Return the truth value of an unquoted `true` or `false`, and nothing for every other word."""
    return {"true": True, "false": False}.get(scalar.text) if scalar.plain else None


def plain_number(scalar: Scalar) -> Number | None:
    """Return the number of an unquoted decimal numeral of at most 16 digits before and 9 after the point."""
    if not scalar.plain or not _NUMBER.fullmatch(scalar.text):
        return None
    return Decimal(scalar.text) if "." in scalar.text else int(scalar.text)


def _is_empty(scalar: Scalar) -> bool:
    return not scalar.text or (scalar.plain and scalar.text in {"~", "null"})


def _kind(node: Node) -> str:
    match node:
        case Mapping():
            return "keys with values"
        case Items():
            return "a list"
        case Scalar():
            return "nothing" if _is_empty(node) else "one value"
        case _:
            assert_never(node)
