"""A clause: one rule of an instrument, with its condition, what it does, and the reading it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.condition import ALWAYS, Condition, read_condition
from remit.terms.detector import SIGNALS
from remit.terms.fields import Fields, unknown
from remit.terms.hold import Hold, read_hold

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.vocabulary import Vocabulary


class Verb(StrEnum):
    """What a clause does with the uses it applies to."""

    FORBID = "forbid"
    HOLD = "hold"
    PERMIT = "permit"
    OBLIGE = "oblige"
    """Adds duties and settles nothing."""
    COMPEL = "compel"
    """An order that demands the use."""
    AUTHORISE = "authorise"
    """A model may serve a level; needed, never enough."""
    LIFT = "lift"
    """Takes named clauses of an order away."""


RESTRICTING = frozenset({Verb.FORBID, Verb.HOLD, Verb.OBLIGE})
"""These apply unless they surely do not; the others only where they surely do."""


class Duty(StrEnum):
    """What must be done beside a use that may go on."""

    LOG = "log"
    RETAIN = "retain"
    DISCLOSE = "disclose"
    CAP = "cap"
    REPORT = "report"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Reading:
    """How an open word of a clause is read, by whom and since when; a verdict says which readings it rests on."""

    term: str
    means: str
    by: str
    on: datetime | None
    memo: str = ""


@dataclass(frozen=True, slots=True)
class RivalReading:
    """Another party's reading of the same clause, with the condition it would have; it casts a shadow."""

    means: str
    by: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule; `where` is its file and line, so that everything said of it can be looked up."""

    id: str
    verb: Verb
    actions: frozenset[Action]
    when: Condition
    boundary: bool = False
    says: str = ""
    lifts: tuple[str, ...] = ()
    until: Hold = field(default_factory=Hold)
    duties: tuple[tuple[Duty, str], ...] = ()
    phase_out: datetime | None = None
    readings: tuple[Reading, ...] = ()
    rival: RivalReading | None = None
    where: str = ""


def read_clause(fields: Fields, verbs: frozenset[Verb], vocabulary: Vocabulary) -> Clause:
    """Read one clause that may use the given verbs; faults go to the document."""
    ident = fields.ident("id", "a clause needs a name to be cited by")
    verb, actions, lifts = _read_verb(fields, verbs)
    boundary = fields.flag("boundary")
    if boundary and verb not in RESTRICTING:
        fields.fault("boundary", "a boundary forbids, holds or obliges; it cannot " + verb)
    when = fields.inner("when")
    condition = ALWAYS if when is None else read_condition(when, vocabulary)
    lifted = tuple(lifts) if verb is Verb.LIFT else fields.names("lifts") if verb is Verb.PERMIT else ()
    readings, rival = _read_readings(fields, vocabulary)
    _refuse_signals(fields, verb, condition if rival is None else Condition((), ((condition, rival.when),)))
    clause = Clause(
        id=ident,
        verb=verb,
        actions=actions,
        when=condition,
        boundary=boundary,
        says=" ".join(fields.text("says").split()),
        lifts=lifted,
        until=_read_hold(fields, verb, vocabulary),
        duties=_read_duties(fields, verb),
        phase_out=fields.instant("phase_out") if verb is Verb.FORBID else None,
        readings=readings,
        rival=rival,
        where=f"{fields.document.path}:{fields.node.line}",
    )
    fields.done()
    return clause


def _refuse_signals(fields: Fields, verb: Verb, condition: Condition) -> None:
    """Note a signal in a clause that would permit or forbid by it: a score may hold, and no more."""
    if verb in {Verb.HOLD, Verb.OBLIGE}:
        return
    for name in sorted(name for name in condition.attributes() if name.startswith(SIGNALS)):
        fields.fault("when", f"{name} is a detector's guess: it may hold or oblige, and it cannot {verb}")


def _read_verb(fields: Fields, verbs: frozenset[Verb]) -> tuple[Verb, frozenset[Action], list[str]]:
    """Read the one verb of a clause with what stands behind it: actions, or for `lift` the clauses lifted."""
    present = [verb for verb in Verb if fields.has(verb)]
    for verb in present:
        fields.take(verb)
    allowed = ", ".join(sorted(verbs))
    if not present:
        fields.missing("forbid", f"what the clause does; expected one of {allowed}")
        return Verb.FORBID, frozenset(Action), []
    if len(present) > 1:
        fields.fault(present[1], f"a clause does one thing; it has {' and '.join(present)} already")
    verb = present[0]
    if verb not in verbs:
        fields.fault(verb, f"this kind of instrument cannot {verb}; it can {allowed}")
    scalars = fields.scalars(verb)
    if verb is Verb.LIFT:
        return verb, frozenset(Action), [scalar.text for scalar in scalars]
    actions = set()
    for scalar in scalars:
        if scalar.text in Action.__members__.values():
            actions.add(Action(scalar.text))
        else:
            fields.fault(verb, unknown("action", scalar.text, list(Action)), scalar)
    return verb, frozenset(actions), []


def _read_hold(fields: Fields, verb: Verb, vocabulary: Vocabulary) -> Hold:
    if verb is not Verb.HOLD:
        return Hold()
    inner = fields.inner("until", "a hold must say who approves: until: {approvals: {of: ROLE}, expires_in: 10m}")
    if inner is None:
        return Hold()
    return read_hold(inner, vocabulary)


def _read_duties(fields: Fields, verb: Verb) -> tuple[tuple[Duty, str], ...]:
    if verb not in {Verb.PERMIT, Verb.OBLIGE, Verb.HOLD, Verb.COMPEL}:
        return ()
    inner = fields.inner("duties", "the duties it adds" if verb is Verb.OBLIGE else "")
    if inner is None:
        return ()
    if not inner.node.entries:
        fields.fault("duties", f"no duty: expected {', '.join(Duty)}")
    duties = tuple((duty, inner.text(duty)) for duty in Duty if inner.has(duty))
    for duty in Duty:
        inner.take(duty)
    inner.done()
    return duties


def _read_readings(fields: Fields, vocabulary: Vocabulary) -> tuple[tuple[Reading, ...], RivalReading | None]:
    """Read the reading or readings of a clause; one of them may name a rival with a condition of its own."""
    readings, rival = [], None
    for row in fields.one_or_each("reading"):
        readings.append(
            Reading(
                row.text("term", "the word that is open to readings"),
                row.text("means", "how it is read here"),
                row.ident("by", "who reads it so"),
                row.instant("on", "since when"),
                row.text("memo"),
            )
        )
        other = row.inner("rival")
        if other is not None:
            when = other.inner("when", "the condition the clause has in the other reading")
            condition = ALWAYS if when is None else read_condition(when, vocabulary)
            rival = RivalReading(other.text("means", "the other reading"), other.ident("by", "whose it is"), condition)
            other.done()
        row.done()
    return tuple(readings), rival
