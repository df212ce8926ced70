"""Shapes: what no predicate happens to use, or only where something is the matter."""

from __future__ import annotations

import pytest

from remit.attest.shape import LONGEST_TEXT, Flag, Items, Number, Table, Text, demand, demand_none
from remit.attest.ssh_signature import sign_with_key, take
from tests.attest.signed import refused


@pytest.mark.parametrize(
    ("shape", "value", "says"),
    [
        (Text(), "", "expected a text, found an empty one"),
        (Text(), "x" * (LONGEST_TEXT + 1), f"expected at most {LONGEST_TEXT} characters, found {LONGEST_TEXT + 1}"),
        (Text(), None, "expected a text, found null"),
        (Text(choices=("a", "b")), "c", "expected one of a, b, found 'c'"),
        (Number(), True, "expected a whole number from 0 on, found true"),
        (Number(1), 0, "expected a whole number from 1 on, found the number 0"),
        (Number(), 2**53, "expected a whole number from 0 on, found the number beyond 2^53 - 1"),
        (Flag(), 1, "expected true or false, found the number 1"),
        (Items(Flag()), {}, "expected a list, found an object"),
        (Items(Flag(), least=1), [], "expected 1 to 100000 items, found 0"),
        (Table(Flag()), [], "expected an object, found a list"),
    ],
)
def test_a_fault_says_what_was_expected_and_what_was_found(shape: Text, value: object, says: str) -> None:
    assert list(shape.faults(value, "at")) == [("at", says)]


def test_what_fits_raises_nothing_and_an_empty_text_may_fit() -> None:
    demand(Text(empty=True), "", "step", "the record")
    demand_none(iter(()), "step", "the record")
    assert Text(empty=True).schema() == {"type": "string", "maxLength": LONGEST_TEXT}
    with refused("step"):
        demand(Text(), 1, "step", "the record")


def test_a_key_of_a_type_that_signs_no_statement_is_refused() -> None:
    with refused("key-type"):
        sign_with_key(object(), b"", b"")  # type: ignore[arg-type]
    assert take(b"\0\0\0\1ab") == (b"a", b"b")
