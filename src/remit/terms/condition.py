"""The condition of a clause: a conjunction over attributes, with alternatives, that can never err.

Grammar: a value or a list (any of), `{above|at_least|below|at_most: n}`, `{not: ...}`, and `any: [...]`.
There is no arithmetic, no free text and no pattern at run time: what a condition cannot say, it cannot get wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from remit.terms.attribute import AttributeType
from remit.terms.document import Items, Mapping, Node, Scalar
from remit.terms.fields import Fields, Number, plain_flag, plain_number, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.terms.attribute import Attribute
    from remit.terms.vocabulary import Vocabulary

MOST_ROWS = 4096
"""How many conjunctions the alternatives of one clause may multiply to."""

DEEPEST_ALTERNATIVES = 4

ANY = "any"


@dataclass(frozen=True, slots=True)
class OneOf:
    """True of a value that is among the names; `patterns` are the globs that brought some of them."""

    names: frozenset[str]
    patterns: tuple[str, ...] = ()

    def holds(self, value: object) -> bool:
        """Tell whether a known name is meant."""
        return value in self.names


@dataclass(frozen=True, slots=True)
class Within:
    """True of a number between bounds; a bound that is `None` is open to that side."""

    low: Number | None = None
    high: Number | None = None
    low_included: bool = True
    high_included: bool = True

    def holds(self, value: object) -> bool:
        """Tell whether a number lies between the bounds."""
        if not isinstance(value, (int, Decimal)):
            raise TypeError(value)
        if self.low is not None and (value < self.low or (value == self.low and not self.low_included)):
            return False
        return self.high is None or value < self.high or (value == self.high and self.high_included)


@dataclass(frozen=True, slots=True)
class Is:
    """True of one truth value."""

    value: bool

    def holds(self, value: object) -> bool:
        """Tell whether it is this truth value."""
        return value is self.value


Test = OneOf | Within | Is


@dataclass(frozen=True, slots=True)
class Leaf:
    """A test of one attribute, negated or not."""

    attribute: str
    test: Test
    negated: bool = False

    def holds(self, value: object) -> bool:
        """Tell whether one well-typed value passes."""
        return self.test.holds(value) is not self.negated


Row = tuple[Leaf, ...]
"""A conjunction of leaves; the empty row is always true."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Leaves that must all hold, and groups of alternatives of which one each must hold."""

    leaves: tuple[Leaf, ...] = ()
    alternatives: tuple[tuple[Condition, ...], ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield the conjunctions whose disjunction this is; distribution is exact in Kleene's logic too."""
        yield from self._rows_from(0)

    def _rows_from(self, group: int) -> Iterator[Row]:
        if group == len(self.alternatives):
            yield self.leaves
            return
        for rest in self._rows_from(group + 1):
            for alternative in self.alternatives[group]:
                for row in alternative.rows():
                    yield rest + row

    def row_count(self) -> int:
        """Return how many rows there are, without making them."""
        count = 1
        for group in self.alternatives:
            count *= sum(alternative.row_count() for alternative in group)
        return count

    def attributes(self) -> frozenset[str]:
        """Return every attribute the condition speaks of."""
        inner = (c.attributes() for group in self.alternatives for c in group)
        return frozenset(leaf.attribute for leaf in self.leaves).union(*inner)


ALWAYS = Condition()


def read_condition(fields: Fields, vocabulary: Vocabulary, depth: int = 0) -> Condition:
    """Read a mapping of attributes to tests; faults go to the document."""
    leaves: list[Leaf] = []
    alternatives: list[tuple[Condition, ...]] = []
    for name in fields.node.entries:
        if name == ANY:
            group = _read_alternatives(fields, vocabulary, depth)
            if group:
                alternatives.append(group)
            continue
        node = fields.take(name)
        attribute = vocabulary.attributes.get(name)
        if attribute is None:
            says = unknown("attribute", name, vocabulary.attributes)
            fields.fault(name, says, fields.node.entries[name][0])
        elif node is not None and (leaf := _read_leaf(fields, name, attribute, node, vocabulary)) is not None:
            leaves.append(leaf)
    condition = Condition(tuple(leaves), tuple(alternatives))
    if depth == 0 and condition.row_count() > MOST_ROWS:
        fields.fault(ANY, f"the alternatives multiply to {condition.row_count()} cases; at most {MOST_ROWS} are read")
        return ALWAYS
    return condition


def _read_alternatives(fields: Fields, vocabulary: Vocabulary, depth: int) -> tuple[Condition, ...]:
    if depth >= DEEPEST_ALTERNATIVES:
        fields.fault(ANY, f"alternatives within alternatives, more than {DEEPEST_ALTERNATIVES} deep")
        return ()
    group = tuple(read_condition(inner, vocabulary, depth + 1) for inner in fields.each(ANY))
    _, node = fields.node.entries[ANY]
    if isinstance(node, Items) and not node.items:
        fields.fault(ANY, "expected a list of alternatives; with none of them it would never hold")
    return group


def _read_leaf(fields: Fields, name: str, attribute: Attribute, node: Node, words: Vocabulary) -> Leaf | None:
    negated = False
    if isinstance(node, Mapping) and "not" in node.entries:
        inner = Fields.of(fields.document, node, fields.name_of(name))
        inner.take("not")
        inner.done()
        node, negated = node.entries["not"][1], True
    test = _read_test(fields, name, attribute, node, words)
    return None if test is None else Leaf(name, test, negated)


def _read_test(fields: Fields, name: str, attribute: Attribute, node: Node, words: Vocabulary) -> Test | None:
    match attribute.type:
        case AttributeType.NAME:
            return _read_names(fields, name, node, words)
        case AttributeType.NUMBER:
            return _read_bounds(fields, name, node)
        case AttributeType.FLAG:
            value = plain_flag(node) if isinstance(node, Scalar) else None
            if value is None:
                fields.fault(name, "expected true or false", node)
                return None
            return Is(value)
        case _:
            assert_never(attribute.type)


def _read_names(fields: Fields, name: str, node: Node, words: Vocabulary) -> OneOf | None:
    if isinstance(node, Mapping):
        fields.fault(name, "expected a name or a list of names", node)
        return None
    nodes = node.items if isinstance(node, Items) else [node]
    names: set[str] = set()
    patterns: list[str] = []
    for item in nodes:
        if not isinstance(item, Scalar) or not item.text:
            fields.fault(name, "expected a name", item)
        elif "*" in item.text:
            found = words.matching(name, item.text)
            if not found:
                fields.fault(name, "no known name matches this", item)
            names.update(found)
            patterns.append(item.text)
        elif not words.knows(name, item.text):
            fields.fault(name, unknown(words.noun(name), item.text, words.names_of(name)), item)
        else:
            names.add(item.text)
    if not nodes:
        fields.fault(name, "an empty list would never hold; leave the attribute out, or name something", node)
    return OneOf(frozenset(names), tuple(patterns))


def _read_bounds(fields: Fields, name: str, node: Node) -> Within | None:
    if isinstance(node, Scalar):
        number = plain_number(node)
        if number is not None:
            return Within(number, number)
        fields.fault(name, "expected a number, or {above|at_least|below|at_most: number}", node)
        return None
    if not isinstance(node, Mapping):
        fields.fault(name, "expected a number, or {above|at_least|below|at_most: number}", node)
        return None
    inner = Fields.of(fields.document, node, fields.name_of(name))
    above, at_least = _bound(inner, "above"), _bound(inner, "at_least")
    below, at_most = _bound(inner, "below"), _bound(inner, "at_most")
    inner.done()
    if (above is not None and at_least is not None) or (below is not None and at_most is not None):
        fields.fault(name, "two bounds on one side; give one", node)
    low, high = at_least if above is None else above, at_most if below is None else below
    if not node.entries:
        fields.fault(name, "no bound: expected above, at_least, below or at_most", node)
    test = Within(low, high, above is None, below is None)
    if low is not None and high is not None and not (low < high or test.holds(low)):
        fields.fault(name, "no number lies between these bounds", node)
    return test


def _bound(fields: Fields, key: str) -> Number | None:
    scalar = fields.scalar(key)
    if scalar is None:
        return None
    number = plain_number(scalar)
    if number is None:
        fields.fault(key, "expected a number such as 500 or 0.05")
    return number
