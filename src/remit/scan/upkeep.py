"""What is wrong with rows of the catalogue: their form, two that say different things of one name, and old ones.

The form of a table is that of the rows that ship: which columns each of them has, which any of them has, and of which
type. So a table and its form cannot part.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.terms.table import Row

    Faulty = tuple[str, str, str]
    """A table, the name of a row in it, and what is wrong."""

_KEYS = {
    "makers": ("id",),
    "channels": ("id",),
    "families": ("family",),
    "models": ("id",),
    "packages": ("ecosystem", "name"),
    "hosts": ("host", "path"),
    "variables": ("name",),
    "agents": ("id",),
    "licences": ("id",),
}
_OTHER_NAMES = {"models": ("aliases", "bedrock", "vertex")}
_SOURCE = re.compile(r"https://[\w.\-]+(?:[/?#]\S*)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_REFERS = {"maker": "makers", "channel": "channels", "family": "families", "licence": "licences"}


def faults_in(rows: Mapping[str, list[Row]], beside: Mapping[str, list[Row]]) -> Iterator[Faulty]:
    """Say what is wrong with some rows, alone and beside others, whose form they must have."""
    known = {to: {str(row.get(_KEYS[to][0])) for row in (*beside[to], *rows.get(to, ()))} for to in _REFERS.values()}
    for table, found in rows.items():
        ours = beside[table]
        form = _Form(ours)
        refers = {
            key: known[to]
            for key, to in _REFERS.items()
            if key not in _KEYS[table] and all(not row.get(key) or row[key] in known[to] for row in ours)
        }
        for row in found:
            name = name_of(table, row)
            yield from ((table, name, says) for says in (*form.faults(row), *_references(row, refers)))
        yield from _overlaps(table, found, [] if found is ours else ours)


def name_of(table: str, row: Row) -> str:
    """What a row is called."""
    return " ".join(str(row[key]) for key in _KEYS[table] if row.get(key)) or "a row without a name"


def stale_rows(rows: Mapping[str, list[Row]], at: date, days: int) -> Iterator[Faulty]:
    """Name the rows whose source nobody has looked at for so many days."""
    for table, found in rows.items():
        for row in found:
            age = (at - date.fromisoformat(row["date"])).days
            if age > days:
                yield table, name_of(table, row), f"its source was last looked at {age} days ago, on {row['date']}"


class _Form:
    """The columns of a table, as some rows have them."""

    def __init__(self, rows: list[Row]) -> None:
        self.types: dict[str, type] = {}
        for key, value in (pair for row in rows for pair in row.items()):
            if key not in self.types or value not in (None, ""):
                self.types[key] = type(value)
        self.always = sorted(key for key in self.types if all(key in row for row in rows))

    def faults(self, row: Row) -> Iterator[str]:
        """Say where a row has another form."""
        yield from (f"the column {key} is missing" for key in self.always if key not in row)
        for key, value in row.items():
            if key not in self.types:
                near = get_close_matches(key, self.types, n=1)
                yield f"there is no column {key}" + (f"; did you mean {near[0]}?" if near else "")
            elif not isinstance(value, self.types[key]) or (isinstance(value, list) and not all(map(_is_text, value))):
                kind = {str: "a text", list: "a list of texts", bool: "true or false"}[self.types[key]]
                yield f"the column {key} must be {kind}, and is {value!r}"
        if isinstance(row.get("source"), str) and not _SOURCE.fullmatch(row["source"]):
            yield f"the source must be a public https address, and is {row['source']!r}"
        if isinstance(row.get("date"), str) and not _is_day(row["date"]):
            yield f"the date must be a day such as 2026-11-23, and is {row['date']!r}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _references(row: Row, refers: Mapping[str, set[str]]) -> Iterator[str]:
    """A maker, channel, family or licence must have a row, in each column where all of ours have one."""
    for key, known in refers.items():
        value = row.get(key)
        if isinstance(value, str) and value and value not in known:
            yield f"there is no {key} {value} in {_REFERS[key]}"


def _overlaps(table: str, rows: list[Row], beside: list[Row]) -> Iterator[Faulty]:
    taken: dict[str, str] = {}
    for row in beside:
        taken |= dict.fromkeys(_names(table, row), "ours")
    for row in rows:
        for name in _names(table, row):
            if whose := taken.get(name):
                yield table, name_of(table, row), f"{name} has a row already ({whose})"
        taken |= dict.fromkeys(_names(table, row), "this catalogue's")
    if table == "families":
        yield from _beginnings(rows, beside)


def _names(table: str, row: Row) -> set[str]:
    """Every name that only one row of a table may have."""
    others = (row.get(key) or () for key in _OTHER_NAMES.get(table, ()))
    listed = {name for found in others for name in ([found] if isinstance(found, str) else found)}
    fold = str if table == "variables" else str.casefold
    return {fold(name) for name in {name_of(table, row), *listed}}


def _beginnings(rows: list[Row], beside: Iterable[Row]) -> Iterator[Faulty]:
    """No beginning of one maker's ids may be the beginning of another's: the ids would be taken for the other's."""
    starts = {start: row for row in (*beside, *rows) for start in row.get("starts") or ()}
    for row, start in [(each, start) for each in rows for start in each.get("starts") or ()]:
        for short in (start[:end] for end in range(1, len(start)) if start[:end] in starts):
            other = starts[short]["maker"]
            if other != row["maker"]:
                yield "families", row["family"], f"{start} begins as {short} of {other} does"
