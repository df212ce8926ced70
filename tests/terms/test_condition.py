"""Conditions as they are read, and the rows of a table that they become."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.terms.column import FlagColumn, NumberColumn, make_columns
from remit.terms.condition import ALWAYS, Condition, Is, Leaf, OneOf, Within
from tests.terms.writing import SCENE, clause, instrument


def when(condition: dict[str, Any]) -> Condition:
    """Read one condition."""
    [policy] = SCENE.with_instruments(instrument("p", "policy", clause("c", "permit", condition))).read().instruments
    return policy.clauses[0].when


@pytest.mark.parametrize(
    ("written", "leaf"),
    [
        ({"use.purpose": "answer"}, Leaf("use.purpose", OneOf(frozenset({"answer"})))),
        ({"use.purpose": ["answer", "search"]}, Leaf("use.purpose", OneOf(frozenset({"answer", "search"})))),
        ({"use.purpose": {"not": "answer"}}, Leaf("use.purpose", OneOf(frozenset({"answer"})), negated=True)),
        ({"model.id": "heron-*"}, Leaf("model.id", OneOf(frozenset({"heron-1", "heron-2"}), ("heron-*",)))),
        ({"people.call": 5}, Leaf("people.call", Within(5, 5))),
        ({"people.call": {"above": 5}}, Leaf("people.call", Within(low=5, low_included=False))),
        ({"people.call": {"at_least": Decimal("0.5")}}, Leaf("people.call", Within(low=Decimal("0.5")))),
        ({"people.call": {"below": -5}}, Leaf("people.call", Within(high=-5, high_included=False))),
        ({"people.call": {"above": 1, "at_most": 5}}, Leaf("people.call", Within(1, 5, low_included=False))),
        ({"people.call": {"not": {"at_most": 5}}}, Leaf("people.call", Within(high=5), negated=True)),
        ({"drill": True}, Leaf("drill", Is(value=True))),
        ({"drill": {"not": False}}, Leaf("drill", Is(value=False), negated=True)),
        ({"model.domicile": "ZZ"}, Leaf("model.domicile", OneOf(frozenset({"ZZ"})))),
    ],
)
def test_a_test_is_read_as_it_is_written(written: dict[str, Any], leaf: Leaf) -> None:
    assert when(written) == Condition((leaf,))


def test_no_condition_always_holds() -> None:
    assert when({}) == ALWAYS
    assert list(ALWAYS.rows()) == [()]


def test_alternatives_become_rows() -> None:
    condition = when(
        {"drill": True, "any": [{"use.purpose": "answer"}, {"any": [{"people.call": 1}, {"people.call": 2}]}]}
    )
    drill, purpose = Leaf("drill", Is(value=True)), Leaf("use.purpose", OneOf(frozenset({"answer"})))
    calls = [Leaf("people.call", Within(number, number)) for number in (1, 2)]
    assert set(condition.rows()) == {(drill, purpose), (drill, calls[0]), (drill, calls[1])}
    assert condition.row_count() == 3
    assert condition.attributes() == {"drill", "use.purpose", "people.call"}


def test_two_groups_of_alternatives_multiply() -> None:
    # A file cannot say this, since a key stands once; what builds conditions may.
    groups = tuple(tuple(Condition((Leaf(name, Is(value=v)),)) for v in (True, False)) for name in ("a", "b"))
    condition = Condition(alternatives=groups)
    assert condition.row_count() == len(list(condition.rows())) == 4


NUMBERS = [-1, 0, Decimal("0.5"), 1, 2]
bounds = st.none() | st.sampled_from(NUMBERS)
ranges = st.builds(Within, bounds, bounds, st.booleans(), st.booleans())


@given(st.lists(st.tuples(ranges, st.booleans()), min_size=1, max_size=4))
def test_a_column_of_numbers_agrees_with_each_range(tests: list[tuple[Within, bool]]) -> None:
    leaves = [Leaf("n", test, negated) for test, negated in tests]
    [column] = make_columns([(leaf,) for leaf in leaves])
    for value in (*NUMBERS, -2, Decimal("0.25"), Decimal("1.5"), 3):
        expected = sum(1 << row for row, leaf in enumerate(leaves) if leaf.holds(value))
        assert column.masks(value, 0) == (expected, expected)


def test_columns_are_told_apart_by_type_and_by_how_often_a_row_speaks_of_one() -> None:
    within, flag = Leaf("n", Within(0, 2)), Leaf("f", Is(value=True))
    rows = [(within, Leaf("n", Within(1, 1), negated=True), flag), (flag,)]
    columns = list(make_columns(rows))
    assert [(type(column), column.attribute, column.without) for column in columns] == [
        (FlagColumn, "f", 0b00),
        (NumberColumn, "n", 0b10),
        (NumberColumn, "n", 0b10),
    ]


@pytest.mark.parametrize("value", ["5", 0.5, None])
def test_a_range_is_not_asked_about_what_is_no_number(value: object) -> None:
    with pytest.raises(TypeError):
        Within(0, 1).holds(value)


@pytest.mark.parametrize(("name", "negated"), list(product(["a", "b"], [False, True])))
def test_a_leaf_holds_of_its_names_or_of_the_others(name: str, *, negated: bool) -> None:
    assert Leaf("x", OneOf(frozenset({"a"})), negated).holds(name) is ((name == "a") is not negated)
