"""A second judge, written from the design alone: slow, plain, and sharing nothing with the one that is shipped.

It walks every clause of every instrument for every use. What it shares with the shipped judge is the parsed records
only; conditions, standing, lifting and precedence are worked out here anew, so that an agreement means something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from remit.terms.clause import Clause, Verb
from remit.terms.condition import Condition, Is, Leaf, OneOf, Within
from remit.terms.instrument import Instrument, Kind
from remit.terms.standing import Entry, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from remit.terms.terms import Terms
    from remit.terms.use import Fact, Use

PERMIT, HOLD, DENY = "permit", "hold", "deny"
RESTRICTIONS = {Verb.FORBID, Verb.HOLD, Verb.OBLIGE}


class Truth(IntEnum):
    """Kleene's three values: all of several is their least, any of them their greatest."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True)
class Instance:
    """One clause for the parties one entry is about, and whether it applies to the use, in each reading."""

    clause: Clause
    instrument: Instrument
    entry: Entry
    truth: Truth
    rival: Truth
    ends: Truth
    """Whether it applies where it is read as a restriction: a waiver restricts what a demand permits."""
    rival_ends: Truth

    @property
    def reference(self) -> str:
        return f"{self.instrument.id}/{self.clause.id}"

    @property
    def restricts(self) -> bool:
        return self.clause.verb in RESTRICTIONS

    def is_among(self, names: set[str]) -> bool:
        return not self.clause.boundary and bool({self.reference, self.instrument.id} & names)

    def in_rival_reading(self) -> Instance:
        return replace(self, truth=self.rival, ends=self.rival_ends)


@dataclass(frozen=True)
class Outcome:
    """What the order of precedence makes of some instances."""

    effect: str
    basis: str
    because: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """What the second judge says of a use."""

    outcome: Outcome
    settled: bool
    shadow: tuple[tuple[str, str], ...]


def judge(terms: Terms, use: Use, at: datetime, known: datetime) -> Answer:
    everything = [one for item in terms.instruments for one in _instances(item, use, at, known)]
    live = [one for one in everything if one.entry.state is State.IN_FORCE]
    asked = _asks_for_authorisation(terms, use.facts.get("scope.level"))
    strict = _rule(live, _possibly, _surely, needs=asked is not Truth.NO)
    kind = _rule(live, _surely, _possibly, needs=asked is Truth.YES)
    worlds = [
        ("asserted", live + [one for one in everything if one.entry.state is State.ASSERTED]),
        ("stayed", live + [one for one in everything if one.entry.state is State.STAYED]),
        ("contested", [one for one in live if not one.entry.contested_by]),
        ("contested", [one.in_rival_reading() for one in live]),
    ]
    effects = [(name, _rule(world, _possibly, _surely, needs=asked is not Truth.NO).effect) for name, world in worlds]
    shadow = tuple((name, effect) for name, effect in effects if effect != strict.effect)
    return Answer(strict, strict.effect == kind.effect, shadow)


def _possibly(one: Instance) -> bool:
    return one.truth is not Truth.NO


def _surely(one: Instance) -> bool:
    return one.truth is Truth.YES


def _rule(
    counted: list[Instance],
    restricts: Callable[[Instance], bool],
    permits: Callable[[Instance], bool],
    *,
    needs: bool,
) -> Outcome:
    """Go down the order of precedence; what restricts and what permits are held to different certainty."""
    against = [one for one in counted if one.restricts and restricts(one)]
    towards = [one for one in counted if not one.restricts and permits(one)]
    # Boundaries come first, and nothing takes them away.
    crossed = [one for one in against if one.clause.boundary and one.clause.verb is Verb.FORBID]
    if crossed:
        return _outcome(DENY, "boundary", crossed)
    # Orders, but for what a waiver takes away.
    waived = {name for one in towards if one.clause.verb is Verb.LIFT for name in one.clause.lifts}
    against = [one for one in against if not one.is_among(waived)]
    ordered = [one for one in against if _is_order(one) and one.clause.verb is Verb.FORBID]
    if ordered:
        return _outcome(DENY, "order", ordered)
    if needs and not any(one.clause.verb is Verb.AUTHORISE for one in towards):
        return _outcome(DENY, "authorisation", [])
    # A demand sets aside what providers say below their boundaries, unless it may have been waived itself.
    waivers = [one for one in counted if one.clause.verb is Verb.LIFT]
    ended = {name for one in waivers if restricts(replace(one, truth=one.ends)) for name in one.clause.lifts}
    demands = [one for one in towards if one.clause.verb is Verb.COMPEL and not one.is_among(ended)]
    if demands:
        against = [one for one in against if one.clause.boundary or _is_order(one)]
        return _held_or(against, "order", demands)
    # Grants take away their own issuer's rules, or those they name.
    permits_now = [one for one in towards if one.clause.verb is Verb.PERMIT]
    grants = [one for one in permits_now if one.instrument.kind is not Kind.POLICY]
    against = [one for one in against if not any(_is_lifted_by(one, grant) for grant in grants)]
    for basis, kind in (("grant", Kind.GRANT), ("policy", Kind.POLICY)):
        refused = [one for one in against if one.instrument.kind is kind and one.clause.verb is Verb.FORBID]
        if refused:
            return _outcome(DENY, basis, refused)
    if grants:
        return _held_or(against, "grant", grants)
    if permits_now:
        return _held_or(against, "policy", permits_now)
    return _outcome(DENY, "nothing", [])


def _held_or(against: list[Instance], basis: str, permits: list[Instance]) -> Outcome:
    holds = [one for one in against if one.clause.verb is Verb.HOLD]
    return _outcome(HOLD, basis, holds) if holds else _outcome(PERMIT, basis, permits)


def _outcome(effect: str, basis: str, because: list[Instance]) -> Outcome:
    return Outcome(effect, basis, frozenset(one.reference for one in because))


def _is_order(one: Instance) -> bool:
    # A statement counts as an order, where the shadow asks what would be if it counted.
    return one.instrument.kind in {Kind.ORDER, Kind.STATEMENT} and not one.clause.boundary


def _is_lifted_by(one: Instance, grant: Instance) -> bool:
    if grant.clause.lifts:
        return one.is_among(set(grant.clause.lifts))
    return (
        grant.instrument.kind is Kind.GRANT
        and one.instrument.kind is Kind.POLICY
        and one.instrument.by == grant.instrument.by
        and not one.clause.boundary
    )


def _asks_for_authorisation(terms: Terms, level: Fact | None) -> Truth:
    asking = {item.id for item in terms.register.levels if item.needs_authorisation}
    free = {item.id for item in terms.register.levels if not item.needs_authorisation}
    if not asking:
        return Truth.NO
    names = None if level is None else _names(level.value)
    if names is None:
        return Truth.MAYBE
    return Truth.NO if names <= free else Truth.YES


def _instances(item: Instrument, use: Use, at: datetime, known: datetime) -> Iterator[Instance]:
    """Yield each clause once for each entry that decides for some party; for one party only one does."""
    singled = {party for entry in item.standing.entries for party in entry.covers}
    classes: list[str | None] = [None, *sorted(singled)]
    deciding = {party: _deciding(item, at, known, party) for party in classes}
    different: list[Entry] = []
    for entry in deciding.values():
        if entry is not None and not any(entry is other for other in different):
            different.append(entry)
    for entry in different:
        about = {party for party in classes if deciding[party] is entry}
        for clause in item.clauses:
            if use.action not in clause.actions:
                continue
            restricts = clause.verb in RESTRICTIONS
            alone = len(about) == len(classes)
            whom = None if alone else (singled, about)
            truths = [_truth(item, when, use, whom, restricts=restricts) for when in _readings(clause)]
            ends = [_truth(item, when, use, whom, restricts=True) for when in _readings(clause)]
            yield Instance(clause, item, entry, truths[0], truths[-1], ends[0], ends[-1])


def _readings(clause: Clause) -> list[Condition]:
    return [clause.when] if clause.rival is None else [clause.when, clause.rival.when]


def _truth(
    item: Instrument, when: Condition, use: Use, whom: tuple[set[str], set[str | None]] | None, *, restricts: bool
) -> Truth:
    organisation = use.facts.get("organisation")
    applies = Truth.YES if whom is None else _belongs(organisation, *whom, restricts=restricts)
    if item.binds:
        applies = min(applies, _leaf(Leaf("organisation", OneOf(item.binds)), organisation, restricts=restricts))
    return min(applies, _condition(when, use, restricts=restricts))


def _deciding(item: Instrument, at: datetime, known: datetime, party: str | None) -> Entry | None:
    """Take the last entry: by when it took effect, then by when we learned of it, then by where it stands."""
    last = None
    for entry in item.standing.entries:
        if entry.known > known or entry.from_ > at or (entry.until is not None and entry.until <= at):
            continue
        if entry.covers and party not in entry.covers:
            continue
        if last is None or (entry.from_, entry.known) >= (last.from_, last.known):
            last = entry
    return last


def _belongs(fact: Fact | None, singled: set[str], about: set[str | None], *, restricts: bool) -> Truth:
    names = None if fact is None else _names(fact.value)
    if names is None:
        return Truth.MAYBE
    found = [Truth.YES if (name if name in singled else None) in about else Truth.NO for name in names]
    return max(found) if restricts else min(found)


def _condition(condition: Condition, use: Use, *, restricts: bool) -> Truth:
    parts = [_leaf(leaf, use.facts.get(leaf.attribute), restricts=restricts) for leaf in condition.leaves]
    parts += [max(_condition(inner, use, restricts=restricts) for inner in group) for group in condition.alternatives]
    return min(parts, default=Truth.YES)


def _leaf(leaf: Leaf, fact: Fact | None, *, restricts: bool) -> Truth:
    """Ask of each value whether it passes; a restriction is met by any of them, a permission by all."""
    if fact is None:
        return Truth.MAYBE
    found = _passes(leaf, fact.value)
    if leaf.negated:
        found = [Truth(2 - one) for one in found]
    return max(found) if restricts else min(found)


def _passes(leaf: Leaf, value: object) -> list[Truth]:
    test = leaf.test
    if isinstance(test, OneOf):
        names = _names(value)
        return [Truth.MAYBE] if names is None else [_is_named(test, name) for name in names]
    if isinstance(test, Within):
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite():
            return [Truth.MAYBE]
        below = test.low is not None and (value < test.low if test.low_included else value <= test.low)
        above = test.high is not None and (value > test.high if test.high_included else value >= test.high)
        return [Truth.NO if below or above else Truth.YES]
    assert isinstance(test, Is)
    if not isinstance(value, bool):
        return [Truth.MAYBE]
    return [Truth.YES if value == test.value else Truth.NO]


def _is_named(test: OneOf, name: str) -> Truth:
    if name in test.names:
        return Truth.YES
    return Truth.MAYBE if any(fnmatchcase(name, pattern) for pattern in test.patterns) else Truth.NO


def _names(value: object) -> set[str] | None:
    """Return a fact's names; nothing where it holds none, or something that is no name."""
    values = list(value) if isinstance(value, frozenset) else [value]
    names = {one for one in values if isinstance(one, str) and one}
    return names if values and len(names) == len(values) else None
