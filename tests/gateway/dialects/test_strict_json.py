"""What two readers of JSON could take for two things is read by neither."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway import strict_json
from remit.gateway.unreadable import Unreadable

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('ab":\\ \n\té', max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab":\\ ', max_size=4), inner, max_size=4),
    max_leaves=20,
)
ways = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"separators": (" ,", " \t: ")}])


@given(value=values, way=ways, escaped=st.booleans())
def test_what_one_reader_can_only_take_one_way_is_read(value: Any, way: Any, escaped: bool) -> None:  # noqa: FBT001
    assert strict_json.read(json.dumps(value, ensure_ascii=escaped, **way).encode()) == value


@given(value=values, key=st.text('ab":\\ ', max_size=4), way=ways)
def test_a_key_given_twice_is_refused_at_any_depth(value: Any, key: str, way: Any) -> None:
    class Twice(dict[str, Any]):
        def items(self) -> Any:
            return [(key, value), ("other", 1), (key, 2)]

    text = json.dumps([{"in": Twice(x=1)}], **way).encode()
    with pytest.raises(Unreadable, match="each key once"):
        strict_json.read(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":01}',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\n"}',
        b'{"a":1} // b',
        b"[" * 201 + b"]" * 201,
        b"[" * 200_000,
        '{"a":1}'.encode("utf-16"),
        b'{"model":"a","mod\\u0065l":"b"}',
    ],
)
def test_what_readers_differ_over_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        strict_json.read(text)


def test_a_body_over_its_size_is_refused() -> None:
    with pytest.raises(Unreadable, match="at most 8 bytes"):
        strict_json.read(b'{"a": 1234}', most=8)


@pytest.mark.parametrize("key", ["Model", "MODEL", "mod_el", "mo-del", "ｍodel", "mode\u200bl", "ＭＯＤＥＬ", "model "])  # noqa: RUF001
def test_a_key_that_a_forgiving_server_takes_for_one_that_decides_is_refused(key: str) -> None:
    with pytest.raises(Unreadable, match="the key model in its own spelling"):
        strict_json.only_exact([key], frozenset({"model"}), "body")


@pytest.mark.parametrize("key", ["model", "models", "mod", "modest", "m" * 5_000])
def test_a_key_that_nobody_takes_for_one_that_decides_passes(key: str) -> None:
    strict_json.only_exact([key], frozenset({"model"}), "body")


def test_another_value_changes_no_other_byte() -> None:
    body = ' { "é" : {"model":"x"}, "mod\\u0065l" :"a\\"b" ,"z":[1.0] }\n'.encode()
    expected = ' { "é" : {"model":"x"}, "mod\\u0065l" :"osprey-1" ,"z":[1.0] }\n'.encode()
    assert strict_json.with_value(body, "model", b'"osprey-1"') == expected
    with pytest.raises(Unreadable):
        strict_json.with_value(b'{"a":{"model":1}}', "model", b"2")
