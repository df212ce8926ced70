"""The identity of a call: what changes it, and what does not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.oversight.call import Call, argument_named, normal_arguments
from tests.gateway.oversight.scene import a_call, terms_with

TERMS = terms_with("approvals: {of: officer}, expires_in: 10m")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "other",
    [
        {"tool": "gun"},
        {"arguments": '{"berth": 5, "lift": "container 7"}'},
        {"model": "heron-2"},
        {"use_case": "load"},
        {"requester": "agent-2"},
        {"session": "s2"},
        {"turn": 4},
        {"terms": "sha256:" + "0" * 64},
        {"schema": "sha256:" + "1" * 64},
        {"kind": "custom"},
        {"number": 1},
    ],
)
def test_whatever_changes_of_a_call_makes_it_another(other: dict[str, object]) -> None:
    assert a_call(TERMS, **other).digest != a_call(TERMS).digest


def test_the_same_call_in_another_turn_is_kin_and_not_the_same() -> None:
    now, later = a_call(TERMS), a_call(TERMS, turn=5)
    assert now.digest != later.digest
    assert now.kin == later.kin
    assert now.kin != a_call(TERMS, session="s2").kin


@given(JSON)
def test_arguments_are_the_same_however_json_writes_them(value: object) -> None:
    texts = {json.dumps(value), json.dumps(value, indent=3), json.dumps(value, ensure_ascii=False)}
    assert len({normal_arguments(text) for text in texts}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1}', '{"a":1.0}'),
        ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }'),
        ("[10]", "[1e1]"),
        ("[0.5]", "[5e-1]"),
        ("[0]", "[-0]"),
    ],
)
def test_arguments_that_every_reader_reads_alike_are_the_same(one: str, other: str) -> None:
    assert normal_arguments(one) == normal_arguments(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":"1"}', '{"a":1}'),
        ('{"a":1}', '{"a":1,"a":1}'),
        ("[0.1]", "[0.10000000000000000001]"),
        ("[9007199254740993]", "[9007199254740992]"),
        ("[1e400]", "[1e401]"),
        ('"\\ud800"', '"\\ud801"'),
        ("rm -rf x", "rm -rf  x"),
        ("\ud800", "\ud801"),
        ("{", "{ "),
    ],
)
def test_arguments_that_some_reader_reads_otherwise_are_others(one: str, other: str) -> None:
    assert normal_arguments(one) != normal_arguments(other)


def test_arguments_nested_too_deep_to_read_are_compared_as_written() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert normal_arguments(deep) == "text:" + deep


def test_an_argument_is_found_by_its_name_in_an_object_alone() -> None:
    assert argument_named('{"berth": 4.0}', "berth") == "4"
    assert argument_named('{"berth": 4}', "lift") is None
    assert argument_named("[1]", "berth") is None
    assert argument_named("free text", "berth") is None


def test_a_call_comes_back_from_its_record() -> None:
    call = a_call(TERMS)
    assert Call.from_record(json.loads(json.dumps(call.record()))) == call
    assert call.digest.removeprefix("sha256:").startswith(call.id)


def test_a_number_beyond_all_arithmetic_stays_as_it_is_written() -> None:
    from remit.gateway.oversight.call import normal_arguments

    assert normal_arguments('{"n": 1e99999999999999999999}').startswith("text:")
