"""The terms: a register and its instruments, free of faults, checked against each other, and named by a digest."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from remit.errors import UsageError
from remit.terms.force import Force, make_force

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.catalogue import Catalogue
    from remit.terms.instrument import Instrument
    from remit.terms.register import Register
    from remit.terms.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything one decision needs to know; two terms with one digest decide alike."""

    register: Register
    instruments: tuple[Instrument, ...]
    catalogue: Catalogue
    vocabulary: Vocabulary
    digest: str
    free_levels: frozenset[str] | None = None
    """Levels that need no authorisation; nothing where no level needs any."""
    instants: tuple[datetime, ...] = field(default=(), repr=False)
    """Every instant at which an entry begins or ends, in order."""
    learned: tuple[datetime, ...] = field(default=(), repr=False)
    """Every instant at which we learned of an entry, in order."""
    _forces: dict[tuple[int, int], Force] = field(default_factory=dict, repr=False, compare=False)

    def force(self, at: datetime, known: datetime) -> Force:
        """Return what is in force at an instant by what was known at another; the layout is kept for the next use."""
        if at.tzinfo is None or known.tzinfo is None:
            raise UsageError("Nothing was judged: an instant needs a zone.")
        segment = bisect_right(self.instants, at), bisect_right(self.learned, known)
        force = self._forces.get(segment)
        if force is None:
            force = self._forces[segment] = make_force(self.instruments, at, known)
        return force

    def instrument(self, ident: str) -> Instrument | None:
        """Return an instrument by its name."""
        return next((item for item in self.instruments if item.id == ident), None)


def make_terms(
    register: Register,
    instruments: tuple[Instrument, ...],
    catalogue: Catalogue,
    vocabulary: Vocabulary,
    digest: str,
) -> Terms:
    """Put terms together from parts that are free of faults."""
    entries = [entry for instrument in instruments for entry in instrument.standing.entries]
    free = frozenset(level.id for level in register.levels if not level.needs_authorisation)
    return Terms(
        register,
        instruments,
        catalogue,
        vocabulary,
        digest,
        free if len(free) < len(register.levels) else None,
        tuple(sorted({instant for item in instruments for instant in item.standing.instants()})),
        tuple(sorted({entry.known for entry in entries})),
    )
