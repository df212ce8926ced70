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
    for entry in instrument.standing.entries:
        if entry.known > known or instrument.standing.entry_at(entry.from_, known, _of(entry)) is not entry:
            continue  # Not known of then, or overtaken at its own instant: it never was what counts.
        yield _turn(instrument, entry, entry.from_, known, Turning.BEGINS)
        if entry.until is not None:
            yield _turn(instrument, entry, entry.until, known, Turning.ENDS)
    first = next(iter(instrument.standing.entries), None)
    for clause in instrument.clauses:
        if clause.phase_out is not None and first is not None and first.known <= known:
            after = _state(instrument, first, clause.phase_out, known)
            yield Turn(clause.phase_out, Turning.PHASED_OUT, instrument, first, after, after, clause.id)


def _turn(instrument: Instrument, entry: Entry, at: datetime, known: datetime, turning: Turning) -> Turn:
    before = _state_before(instrument, entry, at, known)
    return Turn(at, turning, instrument, entry, before, _state(instrument, entry, at, known))


def _of(entry: Entry) -> str | None:
    """Return a party that the entry is about; nothing where it is about everyone."""
    return min(entry.covers, default=None)


def _state(instrument: Instrument, entry: Entry, at: datetime, known: datetime) -> str:
    """Return what the instrument is worth at an instant, for a party the entry is about."""
    current = instrument.standing.entry_at(at, known, _of(entry))
    return NOTHING if current is None else current.state


def _state_before(instrument: Instrument, entry: Entry, at: datetime, known: datetime) -> str:
    """Return what it was worth until just before: standing changes only at instants, so the last one tells."""
    earlier = [moment for moment in instrument.standing.instants() if moment < at]
    return _state(instrument, entry, max(earlier), known) if earlier else NOTHING
