"""A rule: one clause as its instrument's standing has it at an instant, for the parties that standing is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, assert_never

from remit.terms.clause import RESTRICTING, Clause
from remit.terms.condition import Leaf, OneOf
from remit.terms.instrument import Instrument, Kind
from remit.terms.standing import Entry, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remit.terms.condition import Condition


class Tier(IntEnum):
    """Precedence: what stands higher is asked first, and nothing below it can change the answer."""

    BOUNDARY = 5
    ORDER = 4
    GRANT = 3
    POLICY = 2
    NONE = 1


class Light(StrEnum):
    """Whether a rule counts, or only casts a shadow."""

    LIVE = "live"
    ASSERTED = "asserted"
    STAYED = "stayed"
    RIVAL = "rival"
    """The clause in another party's reading."""


_LIGHTS = {State.IN_FORCE: Light.LIVE, State.ASSERTED: Light.ASSERTED, State.STAYED: Light.STAYED}


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One clause with its instrument, the entry of the standing that decides, and the parties it is about."""

    clause: Clause
    instrument: Instrument
    entry: Entry
    light: Light
    parties: tuple[Leaf, ...]

    @property
    def reference(self) -> str:
        """Return how the clause is cited: instrument/clause."""
        return f"{self.instrument.id}/{self.clause.id}"

    @property
    def restricting(self) -> bool:
        """Tell whether it applies unless it surely does not."""
        return self.clause.verb in RESTRICTING

    @property
    def tier(self) -> Tier:
        """Return its place in the order of precedence."""
        return tier_of(self.instrument, self.clause)

    @property
    def condition(self) -> Condition:
        """Return the condition in the reading this rule stands for."""
        rival = self.clause.rival
        return rival.when if self.light is Light.RIVAL and rival is not None else self.clause.when


def tier_of(instrument: Instrument, clause: Clause) -> Tier:
    """Return a clause's place in the order of precedence; a statement counts, in its shadow, as an order would."""
    if clause.boundary:
        return Tier.BOUNDARY
    match instrument.kind:
        case Kind.ORDER | Kind.STATEMENT:
            return Tier.ORDER
        case Kind.GRANT:
            return Tier.GRANT
        case Kind.POLICY:
            return Tier.POLICY
        case Kind.WAIVER | Kind.AUTHORISATION:
            return Tier.NONE
        case _:
            assert_never(instrument.kind)


def rules_at(instrument: Instrument, at: datetime, known: datetime) -> Iterator[Rule]:
    """Yield the rules of one instrument at an instant, by what was known at another.

    Parties that some entry singles out get rules of their own; a party nobody named gets those of everyone else.
    """
    for entry, parties in _entries_at(instrument, at, known):
        light = _LIGHTS.get(entry.state)
        if light is None:
            continue
        leaves = (*_bound(instrument), *parties)
        for clause in instrument.clauses:
            yield Rule(clause, instrument, entry, light, leaves)
            if clause.rival is not None and light is Light.LIVE:
                yield Rule(clause, instrument, entry, Light.RIVAL, leaves)


def _bound(instrument: Instrument) -> tuple[Leaf, ...]:
    return (Leaf("organisation", OneOf(instrument.binds)),) if instrument.binds else ()


def _entries_at(instrument: Instrument, at: datetime, known: datetime) -> Iterator[tuple[Entry, tuple[Leaf, ...]]]:
    """Yield each entry that decides for somebody, with the leaf that says for whom."""
    standing = instrument.standing
    singled = standing.covered_parties()
    general = standing.entry_at(at, known, None)
    by_entry: dict[int, tuple[Entry, set[str]]] = {}
    others: set[str] = set()
    for party in sorted(singled):
        entry = standing.entry_at(at, known, party)
        if entry is None or entry is general:
            continue
        others.add(party)
        by_entry.setdefault(id(entry), (entry, set()))[1].add(party)
    if general is not None:
        yield general, (Leaf("organisation", OneOf(frozenset(others)), negated=True),) if others else ()
    for entry, parties in by_entry.values():
        yield entry, (Leaf("organisation", OneOf(frozenset(parties))),)
