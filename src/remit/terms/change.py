"""What would change a decision: the next instant at which it differs, and single facts that would make it differ.

Nothing here is guessed: every value that a clause tells apart is put to the judge. What a clause says of a fact is told
where the effect is the same for all of those values, and is narrowed to the values that give it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from remit.terms.condition import Leaf, OneOf, Within
from remit.terms.judge import decide
from remit.terms.use import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.terms.condition import Test
    from remit.terms.decision import Decision, Effect
    from remit.terms.fields import Number
    from remit.terms.rule import Rule
    from remit.terms.terms import Terms
    from remit.terms.use import Value

MOST_TRIED = 2000
"""Single facts that are tried; the first clauses of the terms come first."""

ANY_OTHER = "any-other"
"""A name that stands for every name that no clause lists."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """A fact that would change the effect if it were as the leaf says, and the clause that asks for it."""

    leaf: Leaf
    effect: Effect
    rule: Rule


def next_change(terms: Terms, decision: Decision) -> Decision | None:
    """Return the decision at the first later instant at which its effect differs; nothing if none is on file.

    What is learned later counts from then on: an effect can change on the day we hear of an order.
    """
    for instant in sorted({*terms.instants, *terms.learned}):
        if instant > decision.at:
            later = decide(terms, decision.use, at=instant, known=max(instant, decision.known))
            if later.effect is not decision.effect:
                return later
    return None


def fact_changes(terms: Terms, decision: Decision) -> list[FactChange]:
    """Return single facts that would change the effect, each once, in the order of the terms."""
    found: dict[tuple[str, Effect, str], FactChange] = {}
    trial = _Trial(terms, decision)
    for rule, leaf, passing in _candidates(terms, decision):
        for change in trial.changes(rule, leaf, passing=passing):
            found.setdefault((leaf.attribute, change.effect, rule.reference), change)
    return list(found.values())


def _candidates(terms: Terms, decision: Decision) -> Iterator[tuple[Rule, Leaf, bool]]:
    """Yield tests that would bring one more clause to bear if they were passed, or take a deciding one away if not."""
    table = terms.force(decision.at, decision.known).tables[decision.use.action]
    deciding = {id(reason.rule) for reason in decision.because}
    for rule, leaves in zip(table.rows, table.leaves, strict=True):
        passing = id(rule) not in deciding
        turning = [leaf for leaf in leaves if not _passes(leaf, rule, decision)] if passing else leaves
        if passing and len(turning) != 1:
            continue
        yield from ((rule, leaf, passing) for leaf in turning)


def _passes(leaf: Leaf, rule: Rule, decision: Decision) -> bool:
    """Tell whether a fact passes a test: one of several values is enough for a restriction, all count elsewhere."""
    fact = decision.use.facts.get(leaf.attribute)
    if fact is None:
        return False
    values = fact.value if isinstance(fact.value, frozenset) else [fact.value]
    try:
        passed = [leaf.holds(value) for value in values]
    except (TypeError, ArithmeticError):  # Of the wrong type, or no number at all: the judge passes nothing by it.
        return False
    return any(passed) if rule.restricting else all(passed)


@dataclass(slots=True, eq=False)
class _Trial:
    """A decision put to the judge again and again, each time with another value of one fact."""

    terms: Terms
    decision: Decision
    left: int = MOST_TRIED
    values: dict[str, list[Value]] = field(default_factory=dict)
    outcomes: dict[tuple[str, Value], Decision] = field(default_factory=dict)

    def changes(self, rule: Rule, leaf: Leaf, *, passing: bool) -> Iterator[FactChange]:
        """Yield what would come of a test that is passed, or not; nothing where not every value could be tried."""
        told = leaf if passing else replace(leaf, negated=not leaf.negated)
        found: dict[Effect, list[Value]] = {}
        for value in filter(told.holds, self._values_of(leaf.attribute)):
            outcome = self._outcome(leaf.attribute, value)
            if outcome is None:
                return
            found.setdefault(outcome.effect, []).append(value)
        for effect, values in found.items():
            brought = any(self._rests_on(leaf.attribute, value, rule) for value in values)
            changed = effect is not self.decision.effect and brought if passing else effect < self.decision.effect
            if changed:
                yield FactChange(told if len(found) == 1 else self._narrowed(told, values), effect, rule)

    def _outcome(self, attribute: str, value: Value) -> Decision | None:
        """Return what the judge says of another value of a fact; nothing once enough has been tried."""
        outcome = self.outcomes.get((attribute, value))
        if outcome is None and self.left > 0:
            self.left -= 1
            use = replace(self.decision.use, facts={**self.decision.use.facts, attribute: Fact(value)})
            outcome = decide(self.terms, use, at=self.decision.at, known=self.decision.known)
            self.outcomes[attribute, value] = outcome
        return outcome

    def _rests_on(self, attribute: str, value: Value, rule: Rule) -> bool:
        return any(reason.rule is rule for reason in self.outcomes[attribute, value].because)

    def _narrowed(self, told: Leaf, values: list[Value]) -> Leaf:
        """Return a test that these values pass and no other: names without the rest, of numbers the first span."""
        every = self._values_of(told.attribute)
        names = frozenset(value for value in values if isinstance(value, str))
        if ANY_OTHER in names:
            others = frozenset(value for value in every if isinstance(value, str)) - names
            return Leaf(told.attribute, OneOf(others), negated=True)
        if names:
            return Leaf(told.attribute, OneOf(names))
        return Leaf(
            told.attribute, _first_span([value for value in every if isinstance(value, (int, Decimal))], values)
        )

    def _values_of(self, attribute: str) -> list[Value]:
        """Return a value for each way in which the clauses tell values of an attribute apart."""
        if not self.values:
            table = self.terms.force(self.decision.at, self.decision.known).tables[self.decision.use.action]
            tests: dict[str, list[Test]] = {}
            for leaf in chain.from_iterable(table.leaves):
                tests.setdefault(leaf.attribute, []).append(leaf.test)
            self.values = {name: _values_told_apart(of_one) for name, of_one in tests.items()}
        return self.values[attribute]


def _values_told_apart(tests: list[Test]) -> list[Value]:
    names = frozenset[str]().union(*(test.names for test in tests if isinstance(test, OneOf)))
    if names:
        return [*sorted(names), ANY_OTHER]
    spans = [(test.low, test.high) for test in tests if isinstance(test, Within)]
    bounds = sorted({bound for span in spans for bound in span if bound is not None})
    if not bounds:
        return [True, False]
    between = [_between(low, high) for low, high in pairwise(bounds)]
    return sorted([bounds[0] - 1, *bounds, *between, bounds[-1] + 1])


def _first_span(points: list[Number], values: list[Value]) -> Within:
    """Return the span of the first values that stand side by side; every second point is a bound of some clause."""
    first = last = points.index(next(point for point in points if point in values))
    while last + 1 < len(points) and points[last + 1] in values:
        last += 1
    at_bound, to_bound = bool(first % 2), bool(last % 2)
    low = None if first == 0 else points[first if at_bound else first - 1]
    high = None if last == len(points) - 1 else points[last if to_bound else last + 1]
    return Within(low, high, at_bound, to_bound)


def _between(low: Number, high: Number) -> Number:
    """Return a number between two others, a whole one where there is one."""
    whole = int(low // 1) + 1
    return whole if whole < high else (Decimal(low) + Decimal(high)) / 2
