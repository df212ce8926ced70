"""Attributes as finite axes: every constant of the terms cuts its attribute, and what lies between behaves alike.

An axis has one element for each name that some condition lists, one for each way an unlisted name can match the
globs, one for any other name; for numbers each constant and each interval between; for flags the two values. Each axis
has one element more, "not known", so that the judge's three values become two: a test of a fact that is not known,
or of an unlisted name that its glob would match, counts as passed in a clause that restricts and as failed in one that
permits. A fact of a wrong type is not known. That is exact for facts with one value each. Several values need nothing
of their own: a clause that restricts one of them restricts all together, and a permission must cover each.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from remit.errors import Fault, TermsUnusable
from remit.prove.glob import kinds_of_names
from remit.terms.attribute import AttributeType
from remit.terms.condition import Leaf, OneOf, Within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.terms.attribute import Attribute
    from remit.terms.condition import Test
    from remit.terms.fields import Number
    from remit.terms.use import Value

NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Element:
    """One class of values that every condition treats alike; `value` stands for it, and nothing stands for unknown."""

    says: str
    value: Value | None


@dataclass(slots=True, eq=False)
class Axis:
    """One attribute with its elements, "not known" the last of them."""

    attribute: str
    type: AttributeType
    elements: tuple[Element, ...]
    cuts: tuple[Number, ...] = ()
    globs: tuple[str, ...] = ()
    unlisted: dict[tuple[bool, ...], int] = field(default_factory=dict)
    """The place of the element of unlisted names that match the globs in one way."""
    full: int = 0
    missing: int = 0
    _places: dict[object, int] = field(default_factory=dict)
    _masks: dict[tuple[Leaf, bool], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.full = (1 << len(self.elements)) - 1
        self.missing = 1 << (len(self.elements) - 1)
        self._places = {element.value: place for place, element in enumerate(self.elements)}

    def mask(self, leaf: Leaf, *, generous: bool) -> int:
        """Return the elements that pass a test; those of which it cannot be said pass where that is generous."""
        found = self._masks.get((leaf, generous))
        if found is None:
            passed, unknown = self._passed(leaf.test)
            if leaf.negated:
                passed = self.full & ~passed
            found = (passed | unknown) if generous else passed & ~unknown
            self._masks[leaf, generous] = found
        return found

    def _passed(self, test: Test) -> tuple[int, int]:
        """Return the elements that pass a test, and those of which it cannot be said."""
        if isinstance(test, OneOf):
            hit = sum(1 << self._places[name] for name in test.names)
            return hit, self.missing | (self._matched(test.patterns) & ~hit if test.patterns else 0)
        if isinstance(test, Within):
            first = 0 if test.low is None else self._on(test.low) + (not test.low_included)
            last = 2 * len(self.cuts) if test.high is None else self._on(test.high) - (not test.high_included)
            return (1 << (last + 1)) - (1 << first) if first <= last else 0, self.missing
        return 1 << self._places[test.value], self.missing

    def _matched(self, patterns: tuple[str, ...]) -> int:
        names = [(place, str(element.value)) for place, element in enumerate(self.elements[:-1])]
        return sum(1 << place for place, name in names if any(fnmatchcase(name, glob) for glob in patterns))

    def _on(self, cut: Number) -> int:
        return 2 * bisect_left(self.cuts, cut) + 1

    def mask_of(self, value: object) -> int:
        """Return the elements of a fact's value; one that is not of the attribute's type is not known."""
        if not isinstance(value, frozenset):
            place = self._place_of(value)
            return self.missing if place is None else 1 << place
        places = [self._place_of(name) for name in value] if self.type is AttributeType.NAME else []
        if not places or None in places:
            return self.missing
        return sum({1 << place for place in places if place is not None})

    def _place_of(self, value: object) -> int | None:
        match self.type:
            case AttributeType.NAME:
                if not isinstance(value, str) or not value:
                    return None
                kind = tuple(fnmatchcase(value, glob) for glob in self.globs)
                return self._places.get(value, self.unlisted.get(kind))
            case AttributeType.NUMBER:
                if type(value) is not int and not (isinstance(value, Decimal) and value.is_finite()):
                    return None
                return sum((cut < value) + (cut <= value) for cut in self.cuts)
            case AttributeType.FLAG:
                return self._places[value] if isinstance(value, bool) else None


def make_axes(
    leaves: Iterable[Leaf], attributes: Mapping[str, Attribute], more: Mapping[str, Iterable[str]] | None = None
) -> tuple[Axis, ...]:
    """Return an axis for each attribute that is tested; `more` are further names that matter."""
    tests: dict[str, set[Test]] = defaultdict(set)
    for leaf in leaves:
        tests[leaf.attribute].add(leaf.test)
    further = {name: frozenset(names) for name, names in (more or {}).items()}
    found = sorted(tests.keys() | further.keys())
    return tuple(_make_axis(attributes[name], tests.get(name, set()), further.get(name, frozenset())) for name in found)


def _make_axis(attribute: Attribute, tests: set[Test], more: frozenset[str]) -> Axis:
    match attribute.type:
        case AttributeType.NAME:
            return _name_axis(attribute, [test for test in tests if isinstance(test, OneOf)], more)
        case AttributeType.NUMBER:
            bounds = (bound for test in tests if isinstance(test, Within) for bound in (test.low, test.high))
            cuts = tuple(sorted({bound for bound in bounds if bound is not None}))
            return Axis(attribute.ident, attribute.type, (*_intervals(cuts), _MISSING), cuts)
        case AttributeType.FLAG:
            elements = (Element("true", True), Element("false", False), _MISSING)  # noqa: FBT003  # the two values
            return Axis(attribute.ident, attribute.type, elements)


_MISSING = Element(NOT_KNOWN, None)


def _name_axis(attribute: Attribute, tests: list[OneOf], more: frozenset[str]) -> Axis:
    listed = more.union(*(test.names for test in tests))
    globs = tuple(sorted({glob for test in tests for glob in test.patterns}))
    kinds = kinds_of_names(globs, listed)
    if kinds is None:
        says = f"the globs {', '.join(globs[:3])} and {len(globs) - 3} others overlap in more ways than can be told"
        raise TermsUnusable([Fault("instruments", 0, 0, attribute.ident, says)], "Nothing was proved.")
    elements = [Element(name, name) for name in sorted(listed)]
    unlisted: dict[tuple[bool, ...], int] = {}
    for kind, name in sorted(kinds.items()):
        matched = [glob for glob, matches in zip(globs, kind, strict=True) if matches]
        unlisted[kind] = len(elements)
        elements.append(Element(f"any other that {' and '.join(matched)} matches" if matched else "any other", name))
    return Axis(attribute.ident, attribute.type, (*elements, _MISSING), (), globs, unlisted)


def _intervals(cuts: tuple[Number, ...]) -> Iterator[Element]:
    """Yield the interval below the first constant, each constant, and the interval above each."""
    first = cuts[0]
    yield Element(f"below {first}", 0 if first > 0 else _plain(first - 1))
    for cut, after in zip(cuts, (*cuts[1:], None), strict=True):
        yield Element(str(cut), cut)
        if after is None:
            yield Element(f"above {cut}", _plain(int(cut // 1) + 1))
        else:
            yield Element(f"above {cut} and below {after}", _between(cut, after))


def _between(low: Number, high: Number) -> Number:
    """Return a number between two, a whole one if there is any."""
    whole = int(low // 1) + 1
    return whole if whole < high else (Decimal(low) + Decimal(high)) / 2


def _plain(number: Number) -> Number:
    return int(number) if number == int(number) else number
