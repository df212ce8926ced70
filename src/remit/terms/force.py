"""The rules at an instant as bit masks: one bit for each conjunction, one mask for each value of an attribute.

A use is held against a thousand clauses by a dozen `&` of whole masks instead of a thousand comparisons. For each use
there are two masks: the rows that are not surely false (`possible`) and those that are surely true (`sure`).
A fact with several values meets a restriction if any of them does, and a permission only if all of them do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.condition import Is, Leaf, OneOf, Within
from remit.terms.instrument import Kind
from remit.terms.rule import Light, Rule, Tier, rules_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from remit.terms.fields import Number
    from remit.terms.instrument import Instrument
    from remit.terms.use import Fact

Masks = tuple[int, int]
"""The rows that a value leaves possible, and those it leaves sure."""


@dataclass(slots=True, eq=False)
class Column:
    """One attribute with the masks of its values; a second condition on it in one row gets a column of its own."""

    attribute: str
    without: int
    pairs: dict[object, Masks]
    other: Masks
    cuts: list[Number] = field(default_factory=list)
    spans: list[Masks] = field(default_factory=list)
    flags: bool = False
    patterns: dict[str, int] = field(default_factory=dict)

    def masks(self, value: object, permitting: int) -> Masks | None:
        """Return the masks of a value; nothing for one that is not of the attribute's type."""
        if self.cuts:
            if type(value) is not int and not (isinstance(value, Decimal) and value.is_finite()):
                return None
            place = bisect_left(self.cuts, value)
            on_cut = place < len(self.cuts) and self.cuts[place] == value
            return self.spans[2 * place + on_cut]
        if self.flags:
            return self.pairs[value] if isinstance(value, bool) else None
        if isinstance(value, str):
            return self.pairs.get(value) or self._unlisted(value)
        if not isinstance(value, frozenset) or not value or not all(isinstance(name, str) for name in value):
            return None
        some_possible, some_sure, all_possible, all_sure = 0, 0, -1, -1
        for name in value:
            possible, sure = self.pairs.get(name) or self._unlisted(name)
            some_possible |= possible
            some_sure |= sure
            all_possible &= possible
            all_sure &= sure
        return (
            (some_possible & ~permitting) | (all_possible & permitting),
            (some_sure & ~permitting) | (all_sure & permitting),
        )

    def _unlisted(self, name: str) -> Masks:
        """Return the masks of a name no condition lists; one that a glob would match makes its rows unknown."""
        possible, sure = self.other
        for pattern, rows in self.patterns.items():
            if fnmatchcase(name, pattern):
                possible |= rows
                sure &= ~rows
        return possible, sure


@dataclass(slots=True, eq=False)
class Table:
    """The rows of one action, the columns that tell them apart, and masks for every kind of row."""

    rows: list[Rule]
    leaves: list[tuple[Leaf, ...]]
    columns: list[Column]
    everything: int = 0
    permitting: int = 0
    live: int = 0
    lights: dict[Light, int] = field(default_factory=dict)
    contested: int = 0
    rivalled: int = 0
    boundary_forbid: int = 0
    order_forbid: int = 0
    grant_forbid: int = 0
    policy_forbid: int = 0
    provider_restrict: int = 0
    hold: int = 0
    oblige: int = 0
    compel: int = 0
    grant_permit: int = 0
    policy_permit: int = 0
    authorise: int = 0
    waive: int = 0
    lifts: dict[int, int] = field(default_factory=dict)

    def rules_in(self, mask: int) -> list[Rule]:
        """Return the rules that have a row in a mask, each once, in the order of the terms."""
        seen: dict[int, Rule] = {}
        for row in bits(mask):
            rule = self.rows[row]
            seen.setdefault(id(rule), rule)
        return list(seen.values())

    def lifted_by(self, mask: int) -> int:
        """Return the rows that the given waivers or grants take away."""
        lifted = 0
        for row in bits(mask):
            lifted |= self.lifts.get(row, 0)
        return lifted


@dataclass(slots=True, eq=False)
class Force:
    """What is in force, or casts a shadow, between two instants at which something changes."""

    rules: tuple[Rule, ...]
    tables: Mapping[Action, Table]


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def make_force(instruments: Iterable[Instrument], at: datetime, known: datetime) -> Force:
    """Lay out the rules of all instruments at an instant, by what was known at another."""
    rules = tuple(rule for instrument in instruments for rule in rules_at(instrument, at, known))
    return Force(rules, {action: make_table(rules, action) for action in Action})


def make_table(rules: Iterable[Rule], action: Action) -> Table:
    """Lay out the rules that speak of one action."""
    table = Table([], [], [])
    for rule in rules:
        if action not in rule.clause.actions:
            continue
        for leaves in rule.condition.rows():
            table.rows.append(rule)
            table.leaves.append((*leaves, *rule.parties))
    table.everything = (1 << len(table.rows)) - 1
    _sort_rows(table)
    _find_lifts(table)
    table.columns = list(_make_columns(table))
    return table


def _sort_rows(table: Table) -> None:
    """Set each row's bit in the masks of its light, tier and verb."""
    lights: dict[Light, int] = defaultdict(int)
    for row, rule in enumerate(table.rows):
        bit = 1 << row
        lights[rule.light] |= bit
        if rule.light is Light.LIVE:
            table.contested |= bit if rule.entry.contested_by else 0
            table.rivalled |= bit if rule.clause.rival is not None else 0
        if not rule.restricting:
            table.permitting |= bit
        _sort_row(table, rule, bit)
    table.lights = dict(lights)
    table.live = lights[Light.LIVE]


def _sort_row(table: Table, rule: Rule, bit: int) -> None:
    kind = _KINDS.get((rule.tier, rule.clause.verb)) or _KINDS[None, rule.clause.verb]
    setattr(table, kind, getattr(table, kind) | bit)
    if rule.restricting and rule.tier in {Tier.GRANT, Tier.POLICY}:
        table.provider_restrict |= bit


_KINDS: dict[tuple[Tier | None, Verb], str] = {
    (Tier.BOUNDARY, Verb.FORBID): "boundary_forbid",
    (Tier.ORDER, Verb.FORBID): "order_forbid",
    (Tier.GRANT, Verb.FORBID): "grant_forbid",
    (Tier.POLICY, Verb.FORBID): "policy_forbid",
    (Tier.GRANT, Verb.PERMIT): "grant_permit",
    (Tier.ORDER, Verb.PERMIT): "grant_permit",
    (None, Verb.PERMIT): "policy_permit",
    (None, Verb.HOLD): "hold",
    (None, Verb.OBLIGE): "oblige",
    (None, Verb.COMPEL): "compel",
    (None, Verb.AUTHORISE): "authorise",
    (None, Verb.LIFT): "waive",
}
"""The mask of a table that a row belongs to, by its tier and verb, or by its verb alone."""


def _find_lifts(table: Table) -> None:
    """Note for each waiver and each grant which rows it takes away; a boundary is never among them."""
    by_reference: dict[str, int] = defaultdict(int)
    by_issuer: dict[str, int] = defaultdict(int)
    for row, rule in enumerate(table.rows):
        if rule.tier is Tier.BOUNDARY or not rule.restricting:
            continue
        by_reference[rule.reference] |= 1 << row
        by_reference[rule.instrument.id] |= 1 << row
        if rule.tier is Tier.POLICY:
            by_issuer[rule.instrument.by] |= 1 << row
    for row in bits(table.waive | table.grant_permit):
        rule = table.rows[row]
        if rule.clause.lifts:
            for name in rule.clause.lifts:
                table.lifts[row] = table.lifts.get(row, 0) | by_reference[name]
        elif rule.instrument.kind is Kind.GRANT:
            table.lifts[row] = by_issuer[rule.instrument.by]


def _make_columns(table: Table) -> Iterator[Column]:
    """Yield a column for each attribute, and further ones where a row has several conditions on one attribute."""
    layers: dict[tuple[str, int], dict[int, Leaf]] = defaultdict(dict)
    for row, leaves in enumerate(table.leaves):
        depth: dict[str, int] = defaultdict(int)
        for leaf in leaves:
            layers[leaf.attribute, depth[leaf.attribute]][row] = leaf
            depth[leaf.attribute] += 1
    for (attribute, _), column in sorted(layers.items(), key=lambda item: item[0]):
        tests = {type(leaf.test) for leaf in column.values()}
        without = table.everything & ~sum(1 << row for row in column)
        if tests == {OneOf}:
            yield _name_column(attribute, without, column)
        elif tests == {Within}:
            yield _number_column(attribute, without, column)
        else:
            yield _flag_column(attribute, without, column)


def _name_column(attribute: str, without: int, leaves: dict[int, Leaf]) -> Column:
    """Lay out a column of names."""
    hits: dict[str, int] = defaultdict(int)
    patterns: dict[str, int] = defaultdict(int)
    negated = 0
    for row, leaf in leaves.items():
        test = leaf.test
        if not isinstance(test, OneOf):
            raise TypeError(test)
        bit = 1 << row
        negated |= bit if leaf.negated else 0
        for pattern in test.patterns:
            patterns[pattern] |= bit
        for name in test.names:
            hits[name] |= bit
    pairs: dict[object, Masks] = {}
    for name, hit in hits.items():
        passed = without | (hit & ~negated) | (negated & ~hit)
        pairs[name] = (passed, passed)
    outside = without | negated
    return Column(attribute, without, pairs, (outside, outside), patterns=dict(patterns))


def _number_column(attribute: str, without: int, leaves: dict[int, Leaf]) -> Column:
    """Lay out a column of numbers: a span below, at and above each constant."""
    tests = {row: leaf.test for row, leaf in leaves.items() if isinstance(leaf.test, Within)}
    bounds = (bound for test in tests.values() for bound in (test.low, test.high) if bound is not None)
    cuts = sorted(set(bounds))
    at = {cut: 2 * place + 1 for place, cut in enumerate(cuts)}
    turns: list[int] = [0] * (2 * len(cuts) + 2)
    negated = 0
    for row, test in tests.items():
        first = 0 if test.low is None else at[test.low] + (not test.low_included)
        last = 2 * len(cuts) if test.high is None else at[test.high] - (not test.high_included)
        if first <= last:
            turns[first] ^= 1 << row
            turns[last + 1] ^= 1 << row
        negated |= (1 << row) if leaves[row].negated else 0
    spans: list[Masks] = []
    inside = 0
    for turn in turns[:-1]:
        inside ^= turn
        passed = without | (inside ^ negated)
        spans.append((passed, passed))
    return Column(attribute, without, {}, (0, 0), cuts, spans)


def _flag_column(attribute: str, without: int, leaves: dict[int, Leaf]) -> Column:
    pairs: dict[object, Masks] = {}
    for value in (True, False):
        passed = without | sum(1 << row for row, leaf in leaves.items() if leaf.holds(value))
        pairs[value] = (passed, passed)
    if not all(isinstance(leaf.test, Is) for leaf in leaves.values()):
        raise TypeError(attribute)
    return Column(attribute, without, pairs, (0, 0), flags=True)


@dataclass(slots=True)
class Match:
    """What a use leaves of the rows: possible, sure, and possible by the facts of each strength of vouching."""

    possible: int
    sure: int
    by_vouching: list[int]


def match_use(table: Table, facts: Mapping[str, Fact]) -> Match:
    """Hold the facts of a use against every row."""
    possible = sure = table.everything
    by_vouching = [possible] * 5
    permitting = table.permitting
    for column in table.columns:
        fact = facts.get(column.attribute)
        pair = None if fact is None else column.masks(fact.value, permitting)
        if fact is None or pair is None:
            sure &= column.without
            continue
        possible &= pair[0]
        sure &= pair[1]
        by_vouching[fact.vouched_by] &= pair[0]
    return Match(possible, sure, by_vouching)
