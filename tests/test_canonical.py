"""The one byte form, held against an implementation that others wrote."""

import json
import re
from decimal import Decimal
from enum import IntEnum, StrEnum
from hashlib import sha256
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from remit.canonical import DEEPEST_NESTING, LARGEST_NUMBER, canonical, digest
from remit.errors import RecordUnusable

# Hypothesis leaves lone surrogates out only when told so.
text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(min_value=-LARGEST_NUMBER, max_value=LARGEST_NUMBER)
records: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=20,
)


class Colour(StrEnum):
    RED = "red"


class Count(IntEnum):
    ONE = 1


@given(records)
def test_every_record_has_the_bytes_another_implementation_gives_it(record: Any) -> None:
    assert canonical(record) == rfc8785.dumps(record)


@given(records)
def test_reading_the_bytes_gives_the_record_back(record: Any) -> None:
    assert json.loads(canonical(record)) == record


@given(st.dictionaries(text, numbers), st.randoms(use_true_random=False))
def test_the_order_of_writing_keys_does_not_matter(record: dict[str, int], chance: Random) -> None:
    members = list(record.items())
    chance.shuffle(members)
    assert canonical(dict(members)) == canonical(record)


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    # The example of RFC 8785, section 3.2.3; U+1F600 comes before U+FB33 only in UTF-16.
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical(dict.fromkeys(keys))
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_control_characters_are_escaped_in_lower_case_and_the_short_way_where_there_is_one() -> None:
    assert canonical('\x00\x1f\b\t\n\f\r"\\/\x7f\u2028') == (
        rb'"\u0000\u001f\b\t\n\f\r\"\\/' + "\x7f\u2028".encode() + b'"'
    )


def test_the_digest_names_its_algorithm() -> None:
    assert digest({}) == f"sha256:{sha256(b'{}').hexdigest()}"


def test_the_largest_numbers_are_written_and_the_next_are_not() -> None:
    assert canonical([LARGEST_NUMBER, -LARGEST_NUMBER]) == b"[9007199254740991,-9007199254740991]"
    for beyond in (LARGEST_NUMBER + 1, -LARGEST_NUMBER - 1):
        with pytest.raises(RecordUnusable, match=re.escape(str(beyond))):
            canonical(beyond)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), Decimal(1), (), {1}, b"", Colour.RED, Count.ONE, object()],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_one_form_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(RecordUnusable) as refusal:
        canonical({"use": [None, {"a b": value}]})
    assert str(refusal.value).startswith('The record was not written: $["use"][1]["a b"] is of type ')
    assert refusal.value.place == '$["use"][1]["a b"]'


@pytest.mark.parametrize("record", ["a\ud800", {"a\ud800": 1}, ["\udfff"]])
def test_a_lone_surrogate_is_refused(record: object) -> None:
    with pytest.raises(RecordUnusable, match="lone surrogate at character"):
        canonical(record)


@pytest.mark.parametrize("key", [1, None, True, 1.5, Colour.RED, ("a",)])
def test_a_key_that_is_not_text_is_refused(key: object) -> None:
    with pytest.raises(RecordUnusable, match="has the key"):
        canonical({"a": {key: 1}})


def test_a_circle_is_refused_by_its_depth() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(RecordUnusable, match=f"deeper than {DEEPEST_NESTING} levels"):
        canonical(circle)


def test_nesting_up_to_the_limit_is_written() -> None:
    record: object = "leaf"
    for _ in range(DEEPEST_NESTING):
        record = [record]
    assert canonical(record) == b"[" * DEEPEST_NESTING + b'"leaf"' + b"]" * DEEPEST_NESTING
