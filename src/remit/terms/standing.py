"""The standing of an instrument over time: what it is worth at an instant, by what was known at another.

Two times, kept apart: `from` is when an entry took effect, `known` is when we learned of it. The question "was it in
force on 1 March?" has one answer asked on 1 March and may have another asked in May, and both are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from remit.terms.fields import Fields


class State(StrEnum):
    """What an instrument is worth; `asserted` is the most that a statement can be."""

    IN_FORCE = "in-force"
    ASSERTED = "asserted"
    STAYED = "stayed"
    SET_ASIDE = "set-aside"
    LIFTED = "lifted"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an instrument's history; `covers` names the only parties it is about, none means all."""

    state: State
    from_: datetime
    known: datetime
    until: datetime | None = None
    by: str = ""
    covers: frozenset[str] = frozenset()
    contested_by: str = ""
    source: str = ""
    note: str = ""

    def is_current(self, at: datetime) -> bool:
        """Tell whether the entry has begun and not ended; its end is the first instant without it."""
        return self.from_ <= at and (self.until is None or at < self.until)

    def covers_party(self, party: str | None) -> bool:
        """Tell whether the entry is about a party; one that is not known is not covered by a partial entry."""
        return not self.covers or party in self.covers


@dataclass(frozen=True, slots=True)
class Standing:
    """The history of one instrument, in the order of its instants."""

    entries: tuple[Entry, ...]

    def entry_at(self, at: datetime, known: datetime, party: str | None) -> Entry | None:
        """Return the entry that decides for one party, or nothing where none covers the instant.

        The last to take effect wins, among those the last we learned of, among those the last written. An entry that
        has ended no longer counts, so what stood before it stands again: a stay that runs out revives an order.
        """
        last: Entry | None = None
        for entry in self.entries:
            if entry.known <= known and entry.is_current(at) and entry.covers_party(party):
                last = entry
        return last

    def covered_parties(self) -> frozenset[str]:
        """Return every party that some entry singles out."""
        return frozenset[str]().union(*(entry.covers for entry in self.entries))

    def instants(self) -> Iterator[datetime]:
        """Yield every instant at which an entry begins or ends."""
        for entry in self.entries:
            yield entry.from_
            if entry.until is not None:
                yield entry.until

    def with_entries(self, more: Iterable[Entry]) -> Standing:
        """Return a standing with further entries."""
        return make_standing((*self.entries, *more))


def make_standing(entries: Iterable[Entry]) -> Standing:
    """Order entries by the instant they took effect, then by the instant we learned of them."""
    return Standing(tuple(sorted(entries, key=lambda entry: (entry.from_, entry.known))))


def read_entry(fields: Fields) -> Entry | None:
    """Read one entry of a `standing` list."""
    state = fields.choice("state", State, "one of " + ", ".join(State))
    from_ = fields.instant("from", "the instant it took effect")
    known = fields.instant("known", "the instant you learned of it")
    until = fields.instant("until")
    if from_ is not None and until is not None and until <= from_:
        fields.fault("until", "not after from; the entry would never count")
    by, source, note = fields.ident("by"), fields.text("source"), fields.text("note")
    covers, contested = frozenset(fields.names("covers")), fields.ident("contested_by")
    if state is None or from_ is None or known is None:
        return None
    return Entry(state, from_, known, until, by, covers, contested, source, note)
