"""One attribute held against every row at once: for each value, the rows it leaves possible and those it leaves sure.

A fact with several values meets a restriction if any of them does, and a permission only if all of them do.
A name that no condition lists fails every list, except where a glob would match it: there it leaves the row unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from remit.terms.condition import Leaf, OneOf, Within
from remit.terms.use import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.terms.fields import Number

Masks = tuple[int, int]
"""The rows that a value leaves possible, and those it leaves sure; one object twice where no row is unknown."""


@dataclass(slots=True, eq=False)
class NameColumn:
    """An attribute with names; `hits` has for each listed name the rows that list it."""

    attribute: str
    without: int
    hits: dict[str, int]
    negated: int
    patterns: dict[str, int]
    pairs: dict[str, Masks] = field(default_factory=dict)

    def masks(self, value: object, permitting: int) -> Masks | None:
        """Return the masks of a value; nothing for one that is no name and no set of names."""
        if isinstance(value, str):
            return self.pairs.get(value) or (self._masks_of(value) if value else None)
        names = names_in(value)
        if names is None:
            return None
        some_possible, some_sure, all_possible, all_sure = 0, 0, -1, -1
        for name in names:
            possible, sure = self.pairs.get(name) or self._masks_of(name)
            some_possible |= possible
            some_sure |= sure
            all_possible &= possible
            all_sure &= sure
        return (
            (some_possible & ~permitting) | (all_possible & permitting),
            (some_sure & ~permitting) | (all_sure & permitting),
        )

    def _masks_of(self, name: str) -> Masks:
        """Work out the masks of one name; they are kept for a listed name, of which there are finitely many."""
        hit = self.hits.get(name, 0)
        unknown = 0
        for pattern, rows in self.patterns.items():
            if rows & ~hit and fnmatchcase(name, pattern):
                unknown |= rows & ~hit
        passed = self.without | (hit ^ self.negated)
        pair = (passed | unknown, passed & ~unknown) if unknown else (passed, passed)
        if hit:
            self.pairs[name] = pair
        return pair


@dataclass(slots=True, eq=False)
class NumberColumn:
    """An attribute with numbers; `spans` has the masks below, at and above each constant in turn."""

    attribute: str
    without: int
    cuts: list[Number]
    spans: list[Masks]

    def masks(self, value: object, _: int) -> Masks | None:
        """Return the masks of a value; nothing for one that is no number."""
        if type(value) is not int and not (isinstance(value, Decimal) and value.is_finite()):
            return None
        place = bisect_left(self.cuts, value)
        on_cut = place < len(self.cuts) and self.cuts[place] == value
        return self.spans[2 * place + on_cut]


@dataclass(slots=True, eq=False)
class FlagColumn:
    """An attribute that is true or false."""

    attribute: str
    without: int
    true: Masks
    false: Masks

    def masks(self, value: object, _: int) -> Masks | None:
        """Return the masks of a value; nothing for one that is no truth value."""
        if value is True:
            return self.true
        return self.false if value is False else None


Column = NameColumn | NumberColumn | FlagColumn


def make_columns(rows: Sequence[tuple[Leaf, ...]]) -> Iterator[Column]:
    """Yield a column for each attribute, and further ones where a row has several conditions on one attribute."""
    everything = (1 << len(rows)) - 1
    layers: dict[tuple[str, int], dict[int, Leaf]] = defaultdict(dict)
    for row, leaves in enumerate(rows):
        depth: dict[str, int] = defaultdict(int)
        for leaf in leaves:
            layers[leaf.attribute, depth[leaf.attribute]][row] = leaf
            depth[leaf.attribute] += 1
    for (attribute, _), layer in sorted(layers.items(), key=lambda item: item[0]):
        negated = sum(1 << row for row, leaf in layer.items() if leaf.negated)
        without = everything & ~sum(1 << row for row in layer)
        # An attribute has one type, so the tests of a layer are all of one kind.
        names = {row: leaf.test for row, leaf in layer.items() if isinstance(leaf.test, OneOf)}
        bounds = {row: leaf.test for row, leaf in layer.items() if isinstance(leaf.test, Within)}
        if names:
            yield _name_column(attribute, without, negated, names)
        elif bounds:
            yield _number_column(attribute, without, negated, bounds)
        else:
            yield _flag_column(attribute, without, layer)


def _name_column(attribute: str, without: int, negated: int, tests: dict[int, OneOf]) -> NameColumn:
    hits: dict[str, int] = defaultdict(int)
    patterns: dict[str, int] = defaultdict(int)
    for row, test in tests.items():
        for pattern in test.patterns:
            patterns[pattern] |= 1 << row
        for name in test.names:
            hits[name] |= 1 << row
    return NameColumn(attribute, without, dict(hits), negated, dict(patterns))


def _number_column(attribute: str, without: int, negated: int, tests: dict[int, Within]) -> NumberColumn:
    bounds = (bound for test in tests.values() for bound in (test.low, test.high) if bound is not None)
    cuts = sorted(set(bounds))
    at = {cut: 2 * place + 1 for place, cut in enumerate(cuts)}
    turns: list[int] = [0] * (2 * len(cuts) + 2)
    for row, test in tests.items():
        first = 0 if test.low is None else at[test.low] + (not test.low_included)
        last = 2 * len(cuts) if test.high is None else at[test.high] - (not test.high_included)
        if first <= last:
            turns[first] ^= 1 << row
            turns[last + 1] ^= 1 << row
    spans: list[Masks] = []
    inside = 0
    for turn in turns[:-1]:
        inside ^= turn
        passed = without | (inside ^ negated)
        spans.append((passed, passed))
    return NumberColumn(attribute, without, cuts, spans)


def _flag_column(attribute: str, without: int, leaves: dict[int, Leaf]) -> FlagColumn:
    true, false = (
        without | sum(1 << row for row, leaf in leaves.items() if leaf.holds(value)) for value in (True, False)
    )
    return FlagColumn(attribute, without, (true, true), (false, false))
