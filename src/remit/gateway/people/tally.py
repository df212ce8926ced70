"""The people of one use case or one organisation, as rows of the ledger's store: who was last seen on which day.

A tally is a sketch (sketch.py) for each series of identifiers, cut up so that a call touches only what it changes:

- one row says for each series how many were last seen on each day, which is all that a count needs;
- 256 rows, the shelves, hold the hashes themselves with their days, by the last eight bits of each hash.

1. What a call adds and the decision on it are written in one group, so that two calls cannot both be the last one.
2. A row bears the mark of the key that its hashes were made with; under another key nothing is counted, and refused.
3. Rows hold hashes and days: no identifier, and after their key is gone, nothing that could be told from chance.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Protocol

from remit.errors import NotRecorded
from remit.gateway.people.key import SPAN
from remit.gateway.people.sketch import SLOTS, Bounds, bounds_of, limit_at, read_slots, step_for, write_slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.gateway.people.key import WindowKey
    from remit.ledger.store import Store

ROWS = "people/"
SHELVES = 256
_MARK = 8
_SLOT = 9
_WIDTH = array("I").itemsize * SPAN


class Rows(Protocol):
    """Where rows are read: a group of the ledger, or a look at its store."""

    def row(self, name: str) -> bytes | None:
        """Return a row, or None where there is none."""


class StoreRows:
    """Rows as a store has them, for one who looks and writes nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def row(self, name: str) -> bytes | None:
        """Return a row, or None where there is none."""
        # Of the rows that begin so, the one of exactly that name comes first.
        found, content = next(self._store.rows(name), ("", None))
        return content if found == name else None


class Tally:
    """One tally under one key, as it would be with what was added to it; nothing is written before `changes`."""

    def __init__(self, rows: Rows, key: WindowKey, subject: str, slots: int = SLOTS) -> None:
        self._rows = rows
        self._key = key
        self._slots = slots
        self._name = f"{ROWS}{key.block:06}/{subject}"
        self._steps: dict[str, int] = {}
        self._days: dict[str, array[int]] = {}
        self._shelves: dict[str, bytearray] = {}
        self._touched: set[str] = set()
        self._read(rows.row(self._name))

    @property
    def series(self) -> Iterable[str]:
        """Return every series that anything was seen of."""
        return self._steps.keys()

    def add(self, series: str, hashes: Iterable[int], place: int) -> None:
        """Take hashes as seen on a day, counted from the first of the key."""
        if not 0 <= place < SPAN:
            raise NotRecorded("people cannot be counted on a day that their key is not for")
        days = self._days.setdefault(series, array("I", bytes(_WIDTH)))
        limit = limit_at(self._steps.setdefault(series, 0))
        for each in hashes:
            if each >= limit:
                continue
            name = self._shelf_name(series, each % SHELVES)
            shelf = self._shelf(name)
            slot = each.to_bytes(8)
            found = _find(shelf, slot)
            if found < 0:
                shelf += slot + bytes((place,))
            elif shelf[found + 8] < place:
                days[shelf[found + 8]] -= 1
                shelf[found + 8] = place
            else:
                continue
            days[place] += 1
            self._touched.add(name)
        if sum(days) > self._slots:
            self._fit(series)

    def count(self, series: str, first: int, place: int) -> Bounds:
        """Return how many were seen from one day to another, both counted."""
        return bounds_of(sum(self._days[series][max(0, first) : place + 1]), self._steps[series])

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield the rows that what was added changes."""
        if not self._touched:
            return
        for name in sorted(self._touched):
            yield name, bytes(self._shelves[name]) or None
        yield self._name, self._write()

    def _fit(self, series: str) -> None:
        """Lower the limit until what is kept fits, which is seldom: each time costs a look at every shelf."""
        shelves = [self._shelf_name(series, number) for number in range(SHELVES)]
        slots = {name: dict(read_slots(bytes(self._shelf(name)))) for name in shelves}
        hashes = (each for kept in slots.values() for each in kept)
        step = self._steps[series] = step_for(hashes, self._steps[series], self._slots)
        limit, days = limit_at(step), self._days[series]
        for name, shelf in slots.items():
            gone = [each for each in shelf if each >= limit]
            for each in gone:
                days[shelf.pop(each)] -= 1
            if gone:
                self._shelves[name] = bytearray(write_slots(shelf))
                self._touched.add(name)

    def _shelf_name(self, series: str, number: int) -> str:
        return f"{self._name}/{series}/{number:02x}"

    def _shelf(self, name: str) -> bytearray:
        shelf = self._shelves.get(name)
        if shelf is None:
            shelf = self._shelves[name] = bytearray(self._rows.row(name) or b"")
            if len(shelf) % _SLOT:
                raise NotRecorded("the count of people cannot be read: a shelf is no row of slots")
        return shelf

    def _read(self, content: bytes | None) -> None:
        if content is None:
            return
        if content[:_MARK] != self._key.mark:  # (2)
            raise NotRecorded("people were counted with another key than the one that is here, so the count is lost")
        place = _MARK
        try:
            while place < len(content):
                place = self._read_series(content, place)
        except (IndexError, UnicodeDecodeError) as error:
            raise NotRecorded(f"the count of people cannot be read: {error}") from error

    def _read_series(self, content: bytes, place: int) -> int:
        width, step = content[place], content[place + 1]
        place += 2
        end = place + width + _WIDTH
        name = content[place : place + width].decode()
        if end > len(content):
            raise IndexError("it ends within a series")
        days = array("I")
        days.frombytes(content[end - _WIDTH : end])
        self._steps[name], self._days[name] = step, days
        return end

    def _write(self) -> bytes:
        parts = [self._key.mark]
        for name in sorted(self._steps):
            word = name.encode()
            parts += (bytes((len(word), self._steps[name])), word, self._days[name].tobytes())
        return b"".join(parts)


def _find(shelf: bytearray, slot: bytes) -> int:
    """Return where a hash stands on a shelf, or less than 0; the day after each hash may look like the start of one."""
    found = shelf.find(slot)
    while found >= 0 and found % _SLOT:
        found = shelf.find(slot, found + 1)
    return found


def stale_rows(names: Iterable[str], block: int) -> Iterator[str]:
    """Yield the rows among names whose key is over in a block."""
    for name in names:
        number = name.removeprefix(ROWS).partition("/")[0]
        if name.startswith(ROWS) and number.isdigit() and int(number) < block:
            yield name
