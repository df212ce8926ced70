"""What is no fault and should still be known before anyone relies on the terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.clause import RESTRICTING, Verb
from remit.terms.condition import OneOf
from remit.terms.instrument import Kind
from remit.terms.prose import join_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.terms.clause import Clause
    from remit.terms.condition import Row
    from remit.terms.instrument import Instrument
    from remit.terms.terms import Terms


class CaveatKind(StrEnum):
    """What a warning is about; the order is that of the output."""

    READING = "reading"
    DECLARED = "only declared"
    ROSTER = "roster"
    SINGLE_MODEL = "single model"
    UNSIGNED = "not signed"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Caveat:
    """One warning, with the clause or instrument and the place it is about."""

    kind: CaveatKind
    where: str
    about: str
    says: str


_MEASURED = ("content.", "model.", "people.", "tool.")
_ANSWER = "the-answer"
_BY_NAME = frozenset({"model.id", "model.family", "model.maker"})
_CONFIGURED = frozenset(
    {"organisation", "customer", "scope.id", "scope.kind", "scope.level", "scope.environment", "use.case"}
)


def find_caveats(terms: Terms) -> list[Caveat]:
    """Return every warning, by kind and then in the order of the files."""
    kinds = list(CaveatKind)
    found = [
        *_readings(terms),
        *_declared(terms),
        *_rosters(terms),
        *_single_models(terms),
        *_unsigned(terms),
        *_notices(terms),
    ]
    return sorted(found, key=lambda caveat: kinds.index(caveat.kind))


def _clauses(terms: Terms) -> Iterator[tuple[Instrument, Clause]]:
    return ((instrument, clause) for instrument in terms.instruments for clause in instrument.clauses)


def _readings(terms: Terms) -> Iterator[Caveat]:
    for instrument, clause in _clauses(terms):
        for reading in clause.readings:
            says = f"rests on a reading by {reading.by}: “{reading.term}” means {reading.means}"
            yield Caveat(CaveatKind.READING, clause.where, f"{instrument.id}/{clause.id}", says)
        if clause.rival is not None:
            says = f"{clause.rival.by} reads it otherwise: {clause.rival.means}"
            yield Caveat(CaveatKind.READING, clause.where, f"{instrument.id}/{clause.id}", says)


def _declared(terms: Terms) -> Iterator[Caveat]:
    """Warn of facts that neither the register binds, nor gateway or scan measures: a caller's word decides there."""
    register = terms.register
    for attribute in sorted({name for _, clause in _clauses(terms) for name in _attributes(clause)}):
        if attribute in _CONFIGURED or attribute.startswith(_MEASURED):
            continue
        bound = {scope.id for scope in register.scopes if attribute in scope.facts}
        open_cases = [c.id for c in register.use_cases if c.scope not in bound and attribute not in c.facts]
        open_scopes = [
            s.id for s in register.scopes if s.id not in bound and not _all_cases_bind(terms, s.id, attribute)
        ]
        if register.scopes and not open_cases and not open_scopes:
            continue
        citing = [(i, c) for i, c in _clauses(terms) if attribute in _attributes(c)]
        strict = any(clause.verb in RESTRICTING for _, clause in citing)
        where = citing[0][1].where
        cited = [f"{i.id}/{c.id}" for i, c in citing[:3]]
        cited += [f"{len(citing) - 3} more"] if len(citing) > 3 else []  # noqa: PLR2004  # a line's worth
        effect = "a caller's word can avoid it" if strict else "a caller's word can bring it about"
        places = join_words(sorted({*open_cases, *open_scopes}), "and")
        where_declared = f" in {places}" if places else ", since no scope binds it"
        says = f"only declared{where_declared}; asked for by {join_words(cited, 'and')}, so {effect}"
        yield Caveat(CaveatKind.DECLARED, where, attribute, says)


def _attributes(clause: Clause) -> frozenset[str]:
    """Return every attribute that a clause asks for, in its own reading and in the other."""
    return clause.when.attributes() | (clause.rival.when.attributes() if clause.rival is not None else frozenset())


def _all_cases_bind(terms: Terms, scope: str, attribute: str) -> bool:
    cases = [case for case in terms.register.use_cases if case.scope == scope]
    return bool(cases) and all(attribute in case.facts for case in cases)


def _rosters(terms: Terms) -> Iterator[Caveat]:
    """Warn of holds that nobody can release: people are too few, or what they must be shown is not there yet."""
    for instrument, clause in _clauses(terms):
        if clause.verb is Verb.HOLD and Action.INVOKE in clause.actions and _ANSWER in clause.until.shown:
            says = f"asks to show {_ANSWER} before there is one, so that nobody can approve; hold the act that sends it"
            yield Caveat(CaveatKind.ROSTER, clause.where, f"{instrument.id}/{clause.id}", says)
        for approval in clause.until.approvals if clause.verb is Verb.HOLD else ():
            people = sum(approval.of in person.roles for person in terms.register.people)
            if people < approval.at_least:
                says = f"asks for {approval.at_least} in the role {approval.of}; the register has {people}"
                yield Caveat(CaveatKind.ROSTER, clause.where, f"{instrument.id}/{clause.id}", says)


def _single_models(terms: Terms) -> Iterator[Caveat]:
    """Warn of levels that need an authorisation and have one for a single model, or for none."""
    for level in terms.register.levels:
        if not level.needs_authorisation:
            continue
        papers = (c for instrument, c in _clauses(terms) if instrument.kind is Kind.AUTHORISATION)
        rows = [row for clause in papers for row in clause.when.rows() if _serves(row, level.id)]
        named = [_models(row) for row in rows]
        models = frozenset[str]().union(*named)
        if all(named) and len(models) < 2:  # noqa: PLR2004  # one has no replacement
            who = f"only {min(models)} is" if models else "no model is"
            yield Caveat(CaveatKind.SINGLE_MODEL, "remit.yaml", level.id, f"{who} authorised for this level")


def _serves(row: Row, level: str) -> bool:
    return all(leaf.holds(level) for leaf in row if leaf.attribute == "scope.level")


def _models(row: Row) -> frozenset[str]:
    """Return the models, families or makers that a row is about, the narrowest; none where it is about any."""
    tests = [leaf.test for leaf in row if leaf.attribute in _BY_NAME and not leaf.negated]
    return min((test.names for test in tests if isinstance(test, OneOf)), key=len, default=frozenset())


def _unsigned(terms: Terms) -> Iterator[Caveat]:
    parties = {party.id: party for party in terms.register.parties}
    for instrument in terms.instruments:
        party = parties.get(instrument.by)
        if (party is None or not party.keys) and instrument.by != terms.register.organisation:
            says = f"no key of {instrument.by} is pinned, so nobody checks that the text is theirs"
            yield Caveat(CaveatKind.UNSIGNED, instrument.path, instrument.id, says)


def _notices(terms: Terms) -> Iterator[Caveat]:
    for instrument in terms.instruments:
        if instrument.notice:
            yield Caveat(CaveatKind.NOTICE, instrument.path, instrument.id, instrument.notice)
