"""An event known by the one before it passes, and tells, what it would have if it had been read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.dialects.dialect import ReplyFilter
from remit.gateway.dialects.likeness import learn
from remit.gateway.dialects.openai_chat_stream import ChatStream
from remit.gateway.event_stream import Event
from remit.gateway.unreadable import Unreadable
from tests.gateway.dialects.lenient import names_called
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    ask_at,
    block,
    chat,
    chunk,
    deny,
    events,
    filter_at,
    message,
    message_start,
    piece,
    read_through,
    tool_block,
)

PLACE = b"THE WORD"
# What stands inside the string of an event, as bytes: some of it ends the string, and some is no text at all.
inside = st.sampled_from(
    [
        b"a",
        b"word ",
        "né".encode(),
        b"",
        b"\\n",
        b"\\u0063",
        b"\\",
        b'"',
        b"\xff",
        b"\x00",
        b"\n",
        b"\n\n",
        b'"},"finish_reason":"stop","x":{"y":"',
        b'","content":"b',
        b'","tool_calls":[{"index":0,"function":{"name":"drop","arguments":"{}"}}],"a":"',
        b'","text":"b',
        b'","type":"tool_use","name":"drop","input":{},"a":"',
    ]
)


def streams(path: str, words: list[bytes], call: int) -> list[bytes]:
    """Write a reply, an event each, with a call before the word of that number."""
    if path == CHAT:
        called = chunk({"tool_calls": [piece(0, "drop", "{}")]})
        said = [chunk({"content": PLACE.decode()})] * len(words)
        told = chat(*said[:call], *([called] if call < len(said) else []), *said[call:])
    else:
        text = {"type": "text_delta", "text": PLACE.decode()}
        one = block(0, {"type": "text", "text": ""}, *([text] * min(call, len(words))))
        two = block(2, {"type": "text", "text": ""}, *([text] * max(0, len(words) - call)))
        told = message(one, tool_block(1, "drop", "{}"), two) if call < len(words) else message(one)
    for word in words:
        told = told.replace(PLACE, word, 1)
    return [each + b"\n\n" for each in told.split(b"\n\n")[:-1]]


def flow(path: str, pieces: list[bytes], **asked: Any) -> tuple[bytes, ReplyFilter]:
    reply = filter_at(path, streamed=True, **asked)
    flowed: list[bytes] = []
    try:
        read_through(reply, pieces, deny, flowed=flowed)
    except Unreadable:
        flowed.append(reply.refuse(REFUSED))
    return b"".join(flowed), reply


@given(path=st.sampled_from([CHAT, MESSAGES]), words=st.lists(inside, max_size=12), call=st.integers(0, 14))
def test_events_that_come_one_by_one_pass_as_if_they_came_at_once(path: str, words: list[bytes], call: int) -> None:
    each = streams(path, words, call)
    one_by_one, alone = flow(path, each)
    at_once, together = flow(path, [b"".join(each)])
    assert one_by_one == at_once
    assert "drop" not in names_called(one_by_one)
    assert (alone.seen, alone.retold) == (together.seen, together.retold)


def test_a_word_like_the_one_before_it_is_not_read_again() -> None:
    read: list[bytes] = []

    class Noting(ChatStream):
        def _take(self, event: Event) -> None:
            read.append(event.raw)
            super()._take(event)

    each = streams(CHAT, [b"word "] * 20, 30)
    reply = Noting(ask_at(CHAT, stream=True))
    assert b"".join(map(reply.feed, each)) == b"".join(each)
    assert len(read) == len(each) - 19


def test_another_model_in_the_middle_is_seen() -> None:
    reply = filter_at(CHAT, streamed=True)
    for model in ("heron-2", "heron-2", "osprey-1"):
        reply.feed(events(chunk({"content": "a"}, model=model)))
    assert reply.seen.models == ["heron-2", "osprey-1"]


def test_a_word_after_its_block_has_stopped_is_refused() -> None:
    reply = filter_at(MESSAGES, streamed=True)
    start, delta, stop = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a"})
    for event in (message_start(), start, delta, delta, stop):
        reply.feed(events(event, named=True))
    with pytest.raises(Unreadable, match="a block that is open"):
        reply.feed(events(delta, named=True))


@pytest.mark.parametrize(
    "data",
    [
        b'data: {"content":"a"}\n',
        b'data: {"content":"a"}\n\ndata: {"content":"a"}\n\n',
        b'data: {"content":"a"}\r\n\r\n',
        b'data: {"content":"a","b":{"content":"a"}}\n\n',
        b'data: {"content":"\\u0061"}\n\n',
        b'data: {"content":   "a"}\n\n',
        b'\xef\xbb\xbfdata: {"content":"a"}\n\n',
        b'data: {"b":"\\"","content":"a"}\n\n',
    ],
)
def test_nothing_is_learnt_where_the_word_is_not_plain_to_see(data: bytes) -> None:
    assert learn(data, b'"content"', "a", []) is None
