"""What would change a decision: the next instant at which it differs, and single facts that would make it differ.

Nothing here is guessed: every candidate is put to the judge, and only those that come out otherwise are told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from remit.terms.condition import Is, Leaf, OneOf, Within
from remit.terms.judge import decide
from remit.terms.use import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.terms.decision import Decision, Effect
    from remit.terms.rule import Rule
    from remit.terms.terms import Terms
    from remit.terms.use import Value

MOST_TRIED = 2000
"""Single facts that are tried; the nearest clauses come first."""

_OTHER = "any-other"


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that would change the effect if it were as the leaf says, and the clause that asks for it."""

    leaf: Leaf
    effect: Effect
    rule: Rule


def next_change(terms: Terms, decision: Decision) -> Decision | None:
    """Return the decision at the first later instant at which its effect differs; nothing if none is on file."""
    for instant in terms.instants:
        if instant > decision.at:
            later = decide(terms, decision.use, at=instant, known=max(instant, decision.known))
            if later.effect is not decision.effect:
                return later
    return None


def fact_changes(terms: Terms, decision: Decision) -> list[FactChange]:
    """Return single facts that would change the effect, each once, in the order of the terms."""
    found: dict[tuple[str, Effect, str], FactChange] = {}
    for tried, (rule, leaf, value) in enumerate(_candidates(terms, decision)):
        if tried >= MOST_TRIED:
            break
        facts = {**decision.use.facts, leaf.attribute: Fact(value)}
        other = decide(terms, replace(decision.use, facts=facts), at=decision.at, known=decision.known)
        if other.effect is not decision.effect and any(reason.rule is rule for reason in other.because):
            found.setdefault((leaf.attribute, other.effect, rule.reference), FactChange(leaf, other.effect, rule))
        elif other.effect < decision.effect and any(reason.rule is rule for reason in decision.because):
            avoided = replace(leaf, negated=not leaf.negated)
            found.setdefault((leaf.attribute, other.effect, rule.reference), FactChange(avoided, other.effect, rule))
    return list(found.values())


def _candidates(terms: Terms, decision: Decision) -> Iterator[tuple[Rule, Leaf, Value]]:
    """Yield facts that would bring one more clause to bear, and those that would take a deciding one away."""
    table = terms.force(decision.at, decision.known).tables[decision.use.action]
    deciding = {id(reason.rule) for reason in decision.because}
    for rule, leaves in zip(table.rows, table.leaves, strict=True):
        passing = id(rule) not in deciding
        turning = [leaf for leaf in leaves if not _passes(leaf, decision)] if passing else leaves
        if passing and len(turning) != 1:
            continue
        values = ((leaf, _value(leaf, passing=passing)) for leaf in turning)
        yield from ((rule, leaf, value) for leaf, value in values if value is not None)


def _passes(leaf: Leaf, decision: Decision) -> bool:
    fact = decision.use.facts.get(leaf.attribute)
    if fact is None:
        return False
    values = fact.value if isinstance(fact.value, frozenset) else [fact.value]
    try:
        return any(leaf.holds(value) for value in values)
    except TypeError:
        return False


def _value(leaf: Leaf, *, passing: bool) -> Value | None:
    """Return some value that passes, or does not pass, a leaf."""
    wanted = passing is not leaf.negated
    match leaf.test:
        case OneOf(names=names):
            return min(names, default=None) if wanted else _OTHER
        case Within() as bounds:
            steps = (bound + step for bound in (bounds.low, bounds.high) if bound is not None for step in (-1, 0, 1))
            return next((number for number in steps if bounds.holds(number) is wanted), None)
        case Is(value=value):
            return value if wanted else not value
