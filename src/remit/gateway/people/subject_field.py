"""Finds the values of registered fields: a customer's own row numbers, which no pattern could tell from any number.

A field is looked for by its name in JSON, at any depth, and as the head of a column in tables of text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEPARATORS = ",;\t|"
_LONGEST = 128


def find_fields(text: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the name of a field with each value that stands under it."""
    if not any(name in text for name in names):
        return
    start = text.lstrip()[:1]
    if start in {"{", "["}:
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            yield from _in_lines(text, names)
            return
        yield from _in_record(record, names)
    else:
        yield from _in_lines(text, names)


def _in_record(record: object, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    waiting = [record]
    while waiting:
        match waiting.pop():
            case list() as items:
                waiting.extend(items)
            case dict() as fields:
                waiting.extend(fields.values())
                for name in names & fields.keys():
                    yield from ((name, form) for form in _forms(fields[name]))
            case str() as inner if inner.lstrip()[:1] in {"{", "["}:
                yield from find_fields(inner, names)


def _forms(value: object) -> Iterator[str]:
    """Yield a value, or each of a list of them, as one text."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, (str, int)) and not isinstance(each, bool) and (form := str(each).strip()):
            yield form[:_LONGEST]


def _in_lines(text: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Read lines of JSON one by one, and what stands below the head of a column."""
    columns: list[tuple[int, str]] = []
    separator = ""
    for line in text.splitlines():
        if line.lstrip()[:1] == "{":
            yield from _in_one_line(line, names)
            continue
        heads = _heads(line, names) if any(name in line for name in names) else None
        if heads is not None:
            separator, columns = heads
            continue
        cells = line.split(separator) if columns else []
        for place, name in columns:
            if place < len(cells) and (form := cells[place].strip().strip('"')):
                yield name, form[:_LONGEST]


def _in_one_line(line: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return
    yield from _in_record(record, names)


def _heads(line: str, names: frozenset[str]) -> tuple[str, list[tuple[int, str]]] | None:
    """Return where fields stand in a line of heads, or nothing where it is none."""
    for separator in _SEPARATORS:
        cells = [cell.strip().strip('"') for cell in line.split(separator)]
        found = [(place, name) for place, name in enumerate(cells) if name in names]
        if found and len(cells) > 1:
            return separator, found
    return None
