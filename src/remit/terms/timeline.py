"""Every instant at which some decision can change: what began or ended there, and on whose authority."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remit.terms.instrument import Instrument
    from remit.terms.standing import Entry
    from remit.terms.terms import Terms


class Turning(StrEnum):
    """What happens at an instant."""

    BEGINS = "begins"
    ENDS = "ends"
    PHASED_OUT = "phase-out over"


@dataclass(frozen=True, slots=True)
class Turn:
    """One change: the instrument, what it is worth from then on, for whom, by whom, and when we learned of it."""

    at: datetime
    turning: Turning
    instrument: Instrument
    entry: Entry
    before: str
    after: str
    clause: str = ""

    @property
    def authority(self) -> str:
        """Return who brought the change about: who is named in the entry, else who issued the instrument."""
        return self.entry.by or self.instrument.by


NOTHING = "without effect"


def timeline(terms: Terms, known: datetime) -> list[Turn]:
    """Return every change known by an instant, in the order of time."""
    turns = [turn for instrument in terms.instruments for turn in _turns_of(instrument, known)]
    return sorted(turns, key=lambda turn: (turn.at, turn.instrument.id, turn.turning, turn.clause))


def _turns_of(instrument: Instrument, known: datetime) -> Iterator[Turn]:
    entries = [entry for entry in instrument.standing.entries if entry.known <= known]
    for entry in entries:
        yield from _turns_of_entry(instrument, entry, known)
    for clause in instrument.clauses:
        if clause.phase_out is not None and entries:
            after = _state(instrument, clause.phase_out, known, _parties(entries[0])[0])
            yield Turn(clause.phase_out, Turning.PHASED_OUT, instrument, entries[0], after, after, clause.id)


def _turns_of_entry(instrument: Instrument, entry: Entry, known: datetime) -> Iterator[Turn]:
    """Yield where an entry begins and where it ends, each where it is what counts for somebody.

    One that is overtaken at its own instant begins nothing; it ends something still if it came to count later.
    """
    entry_at = instrument.standing.entry_at
    begun = [party for party in _parties(entry) if entry_at(entry.from_, known, party) is entry]
    if begun:
        yield _turn(instrument, entry, entry.from_, known, Turning.BEGINS, begun[0])
    if entry.until is not None:
        last = _last_before(instrument, entry.until) or entry.from_
        ended = [party for party in _parties(entry) if entry_at(last, known, party) is entry]
        if ended:
            yield _turn(instrument, entry, entry.until, known, Turning.ENDS, ended[0])


def _parties(entry: Entry) -> list[str | None]:
    """Return the parties that the entry is about; where it is about everyone, one whom nobody names."""
    return [*sorted(entry.covers)] or [None]


def _turn(
    instrument: Instrument, entry: Entry, at: datetime, known: datetime, turning: Turning, party: str | None
) -> Turn:
    last = _last_before(instrument, at)
    before = NOTHING if last is None else _state(instrument, last, known, party)
    return Turn(at, turning, instrument, entry, before, _state(instrument, at, known, party))


def _state(instrument: Instrument, at: datetime, known: datetime, party: str | None) -> str:
    """Return what the instrument is worth at an instant for a party."""
    current = instrument.standing.entry_at(at, known, party)
    return NOTHING if current is None else current.state


def _last_before(instrument: Instrument, at: datetime) -> datetime | None:
    """Return the last instant before another at which the standing changes: what counts there counts until then."""
    return max((moment for moment in instrument.standing.instants() if moment < at), default=None)
