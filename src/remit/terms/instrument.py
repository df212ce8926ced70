"""An instrument: one dated document by one party, with its clauses and its standing over time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.terms.clause import Clause, Verb, read_clause
from remit.terms.fields import Fields, unknown
from remit.terms.standing import Entry, Standing, State, make_standing, read_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remit.terms.vocabulary import Vocabulary


class Kind(StrEnum):
    """What an instrument is."""

    POLICY = "policy"
    """A provider's, or an organisation's own."""
    GRANT = "grant"
    """An exception to a policy, for one customer."""
    AUTHORISATION = "authorisation"
    """A model may serve a level in an environment."""
    ORDER = "order"
    """Of an authority."""
    WAIVER = "waiver"
    """An exception to an order."""
    STATEMENT = "statement"
    """An assertion that binds nobody: a post, a press release."""


VERBS: dict[Kind, frozenset[Verb]] = {
    Kind.POLICY: frozenset({Verb.FORBID, Verb.HOLD, Verb.PERMIT, Verb.OBLIGE}),
    Kind.GRANT: frozenset({Verb.FORBID, Verb.HOLD, Verb.PERMIT, Verb.OBLIGE}),
    Kind.AUTHORISATION: frozenset({Verb.AUTHORISE}),
    Kind.ORDER: frozenset({Verb.FORBID, Verb.HOLD, Verb.OBLIGE, Verb.COMPEL}),
    Kind.WAIVER: frozenset({Verb.LIFT}),
    Kind.STATEMENT: frozenset({Verb.FORBID, Verb.HOLD, Verb.OBLIGE, Verb.COMPEL, Verb.PERMIT}),
}
ENDS = frozenset({Kind.GRANT, Kind.AUTHORISATION, Kind.WAIVER})
"""Exceptions and authorisations must say when they end."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One document: who issued it, whom it binds (none means everyone), what it says and when it counts."""

    id: str
    kind: Kind
    by: str
    title: str
    standing: Standing
    clauses: tuple[Clause, ...]
    binds: frozenset[str] = frozenset()
    waivable_by: frozenset[str] = frozenset()
    source: str = ""
    notice: str = ""
    path: str = ""

    def clause(self, ident: str) -> Clause | None:
        """Return a clause by its name."""
        return next((clause for clause in self.clauses if clause.id == ident), None)

    def with_standing(self, entries: Iterable[Entry]) -> Instrument:
        """Return the instrument with more entries in its history."""
        return replace(self, standing=self.standing.with_entries(entries))


def read_instrument(top: Fields, vocabulary: Vocabulary) -> Instrument | None:
    """Read one instrument; nothing when its head is too faulty to go on, with the faults in the document."""
    ident = top.ident("instrument", "an instrument needs a name to be cited by")
    if "/" in ident:
        top.fault("instrument", "a slash stands between an instrument and its clause; it cannot be part of the name")
    kind = top.choice("kind", Kind, "one of " + ", ".join(Kind))
    by = _party(top, "by", vocabulary, "the party that issued it")
    if kind is None:
        return None
    receives = kind in {Kind.GRANT, Kind.WAIVER}
    binds = _parties(top, "to", vocabulary, f"a {kind} must say to whom it is given") if receives else frozenset()
    if not receives:
        binds = _parties(top, "binds", vocabulary)
    instrument = Instrument(
        id=ident,
        kind=kind,
        by=by,
        title=top.text("title") or ident.replace("-", " "),
        standing=_read_standing(top, kind, vocabulary),
        clauses=_read_clauses(top, kind, vocabulary),
        binds=binds,
        waivable_by=_parties(top, "waivable_by", vocabulary) if kind is Kind.ORDER else frozenset(),
        source=top.text("source"),
        notice=top.text("notice"),
        path=top.document.path,
    )
    top.done()
    return instrument


def _party(fields: Fields, key: str, vocabulary: Vocabulary, missing: str = "") -> str:
    name = fields.ident(key, missing)
    if name and not vocabulary.knows("organisation", name):
        fields.fault(key, unknown("party", name, vocabulary.names_of("organisation")))
    return name


def _parties(fields: Fields, key: str, vocabulary: Vocabulary, missing: str = "") -> frozenset[str]:
    found = set()
    for scalar in fields.scalars(key, missing):
        found.add(scalar.text)
        if not vocabulary.knows("organisation", scalar.text):
            fields.fault(key, unknown("party", scalar.text, vocabulary.names_of("organisation")), scalar)
    return frozenset(found)


def _read_standing(top: Fields, kind: Kind, vocabulary: Vocabulary) -> Standing:
    entries: list[Entry] = []
    for fields in top.each("standing", "its history: - {state: in-force, from: INSTANT, known: INSTANT}"):
        entry = read_entry(fields)
        fields.done()
        check_parties(fields, vocabulary)
        check_entry(fields, kind, entry)
        if entry is not None:
            entries.append(entry)
    return make_standing(entries)


def check_parties(fields: Fields, vocabulary: Vocabulary) -> None:
    """Note parties of an entry that the register does not know: a misspelt one would be covered by nothing."""
    for key in ("by", "contested_by"):
        _party(fields, key, vocabulary)
    _parties(fields, "covers", vocabulary)


def check_entry(fields: Fields, kind: Kind, entry: Entry | None) -> None:
    """Note where an entry of a standing does not fit the kind of instrument."""
    if entry is None:
        return
    if kind is Kind.STATEMENT and entry.state is State.IN_FORCE:
        fields.fault("state", "a statement is at most asserted; it binds nobody")
    if kind is not Kind.STATEMENT and entry.state is State.ASSERTED:
        fields.fault("state", f"a {kind} is in force or it is not; only a statement is asserted")
    if kind in ENDS and entry.state is State.IN_FORCE and entry.until is None and not fields.has("until"):
        fields.missing("until", f"{_article(kind)} must say when it ends")


def _article(kind: Kind) -> str:
    return f"an {kind}" if kind[0] in "aeo" else f"a {kind}"


def _read_clauses(top: Fields, kind: Kind, vocabulary: Vocabulary) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    seen: set[str] = set()
    for fields in top.each("clauses", "the rules of this instrument"):
        clause = read_clause(fields, VERBS[kind], vocabulary)
        if clause.id and clause.id in seen:
            fields.fault("id", "a clause of this name stands in the instrument already")
        if clause.boundary and kind is not Kind.POLICY:
            fields.fault("boundary", "only a policy draws a boundary")
        seen.add(clause.id)
        clauses.append(clause)
    return tuple(clauses)
