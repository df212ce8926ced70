"""An event known by the one before it passes, and tells, what it would have if it had been read."""

import re
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.dialects.dialect import ReplyFilter
from remit.gateway.dialects.held import HeldStream
from remit.gateway.dialects.likeness import LONGEST, Word, learn
from remit.gateway.dialects.responses_stream import ResponseStream
from remit.gateway.event_stream import Event
from remit.gateway.unreadable import Unreadable
from tests.gateway.dialects.lenient import names_called
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    block,
    chat,
    chunk,
    deny,
    events,
    filter_at,
    function_item,
    item_events,
    message,
    message_start,
    piece,
    read_through,
    responses,
    text_item,
    tool_block,
)

PLACE = "THE WORD"
# What stands inside the string of an event, as bytes: some of it ends the string, and some is no text at all.
inside = st.sampled_from(
    [
        b"a",
        b"word ",
        "né".encode(),
        b"",
        b"\\n",
        b'said \\"so\\"\\n',
        b"\\u0063",
        b"\\ud83d\\ude00",
        b"\\ud83d",
        b"\\x",
        b"\\",
        b'"',
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\x00",
        b"\n",
        b"\n\n",
        b'"},"finish_reason":"stop","x":{"y":"',
        b'","content":"b',
        b'","delta":"b',
        b'","tool_calls":[{"index":0,"function":{"name":"drop","arguments":"{}"}}],"a":"',
        b'","text":"b',
        b'","type":"tool_use","name":"drop","input":{},"a":"',
        b'","response":{"output":[{"type":"function_call","name":"drop","arguments":"{}","call_id":"c"}]},"a":"',
    ]
)
filler = st.sampled_from(
    [
        b"x",
        b"aBcD-_19",
        b"",
        b"\\u0061",
        b'","model":"osprey-1","a":"',
        b'","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"drop"}}]}}],"a":"',
        b'","obfuscation":"',
        b"\xff",
    ]
)
number = st.sampled_from([b"", b"", b"", b"7", b"007", b"-1", b"1.0", b"true", b'"3"', b"1e3", b"99999999999999999999"])
said = st.tuples(inside, filler, number)
Said = tuple[bytes, bytes, bytes]


def streams(path: str, words: list[Said], call: int, filled: str = "", key: str = "content") -> list[bytes]:
    """Write a reply, an event each, with a call before the word of that number."""
    beside: dict[str, Any] = {filled: "FILLER"} if filled else {}
    if path == CHAT:
        called = chunk({"tool_calls": [piece(0, "drop", "{}")]})
        each = [chunk({key: PLACE}, **beside)] * len(words)
        told = chat(*each[:call], *([called] if call < len(each) else []), *each[call:])
    elif path == MESSAGES:
        text = {"type": "text_delta", "text": PLACE} if key == "content" else {"type": "thinking_delta", key: PLACE}
        one = block(0, {"type": key.replace("content", "text")}, *([text] * min(call, len(words))))
        two = block(2, {"type": "text", "text": ""}, *([text] * max(0, len(words) - call)))
        told = message(one, tool_block(1, "drop", "{}"), two) if call < len(words) else message(one)
    else:
        told = response_of(len(words), call, beside, key)
    lines = [each + b"\n\n" for each in told.split(b"\n\n")[:-1]]
    waiting = iter(words)
    return [filled_in(line, *next(waiting)) if PLACE.encode() in line else line for line in lines]


def response_of(count: int, call: int, beside: dict[str, Any], key: str) -> bytes:
    kind = "output_text" if key == "content" else "reasoning_text"
    items = [text_item("", 0), function_item("drop", "{}", 1), text_item("", 2)]
    shares = [min(call, count), 0, max(0, count - call)]
    told = []
    for at, (item, share) in enumerate(zip(items, shares, strict=True)):
        place = {"item_id": item["id"], "output_index": at, "content_index": 0}
        word = {"type": f"response.{kind}.delta", "delta": PLACE, "logprobs": []} | place | beside
        first, *rest, last = item_events(at, item)
        if at == 0 or call < count:
            told.append([first, *(rest if at == 1 else [word] * share), last])
    return responses(*told, final=items[: 3 if call < count else 1])


def filled_in(line: bytes, word: bytes, filling: bytes, counted: bytes) -> bytes:
    if counted:
        line = re.sub(rb'"sequence_number":\d+', b'"sequence_number":' + counted, line)
    return line.replace(PLACE.encode(), word).replace(b"FILLER", filling)


def flow(path: str, pieces: list[bytes], **asked: Any) -> tuple[bytes, ReplyFilter]:
    reply = filter_at(path, streamed=True, **asked)
    flowed: list[bytes] = []
    try:
        read_through(reply, pieces, deny, flowed=flowed)
    except Unreadable:
        flowed.append(reply.refuse(REFUSED))
    return b"".join(flowed), reply


@given(
    path=st.sampled_from([CHAT, MESSAGES, RESPONSES]),
    words=st.lists(said, max_size=12),
    call=st.integers(0, 14),
    beside=st.sampled_from(["", "obfuscation"]),
    key=st.sampled_from(["content", "thinking"]),
    cuts=st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_events_that_come_one_by_one_pass_as_if_they_were_all_read(
    path: str, words: list[Said], call: int, beside: str, key: str, cuts: list[int]
) -> None:
    each = streams(path, words, call, beside, key)
    pieces, at, sizes = [], 0, cycle(cuts)
    while at < len(each):
        size = next(sizes)
        pieces.append(b"".join(each[at : at + size]))
        at += size
    known, alone = flow(path, pieces)
    read, together = flow(path, [b"".join(each)])
    assert known == read
    assert "drop" not in names_called(known)
    assert (alone.seen, alone.retold) == (together.seen, together.retold)
    assert kept_of(alone) == kept_of(together)


def kept_of(reply: ReplyFilter) -> object:
    """Return what a response keeps of its items and numbers, which shows in what the gateway writes itself."""
    if not isinstance(reply, ResponseStream):
        return None
    return [(item.out, "".join(item.text)) for item in reply._items.values()], reply._writer.__dict__


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("beside", ["", "obfuscation"])
@pytest.mark.parametrize("key", ["content", "thinking"])
@pytest.mark.parametrize("at_once", [1, 3])
def test_a_word_like_the_one_before_it_is_not_read_again(path: str, beside: str, key: str, at_once: int) -> None:
    key = "reasoning" if (path, key) == (CHAT, "thinking") else key
    each = streams(
        path,
        [(word, b"x" * n, b"") for n, word in enumerate([b"word ", b'\\"so\\"\\n'] * 15)],
        40,
        beside,
        key,
    )
    reply = filter_at(path, streamed=True)
    read = reads_of(reply)
    pieces = [b"".join(each[at : at + at_once]) for at in range(0, len(each), at_once)]
    assert b"".join(map(reply.feed, pieces)) == b"".join(each)
    assert len(read) <= len(each) - 24


def reads_of(reply: ReplyFilter) -> list[bytes]:
    """Note every event that a reply's dialect reads."""
    assert isinstance(reply, HeldStream)
    read: list[bytes] = []
    take = reply._take

    def noting(event: Event) -> None:
        read.append(event.raw)
        take(event)

    reply._take = noting  # type: ignore[method-assign]
    return read


def test_what_a_refusal_numbers_goes_on_from_the_last_event_that_was_known() -> None:
    each = streams(RESPONSES, [(b"word ", b"x", b"")] * 20, 20, "obfuscation")
    reply = filter_at(RESPONSES, streamed=True)
    told = b"".join(map(reply.feed, each[:18])) + reply.refuse(REFUSED)
    numbers = [int(n) for n in re.findall(rb'"sequence_number":(\d+)', told)]
    assert numbers == list(range(len(numbers)))
    assert b"word " * 16 in told


def test_an_event_that_has_grown_past_the_limit_is_read() -> None:
    each = streams(CHAT, [(b"word ", b"", b"")] * 3, 20)
    reply = filter_at(CHAT, streamed=True)
    read = reads_of(reply)
    for event in (each[1], each[1], each[1].replace(b"word", b"w" * LONGEST)):
        reply.feed(event)
    assert len(read) == 2


def test_another_model_in_the_middle_is_seen() -> None:
    reply = filter_at(CHAT, streamed=True)
    for model in ("heron-2", "heron-2", "osprey-1"):
        reply.feed(events(chunk({"content": "a"}, model=model)))
    assert reply.seen.models == ["heron-2", "osprey-1"]


@pytest.mark.parametrize("kind", [{"a": 1}, ["text_delta"], 1, None])
@pytest.mark.parametrize("again", [True, False])
def test_a_delta_of_no_kind_by_name_says_no_word_and_passes(kind: object, again: bool) -> None:  # noqa: FBT001
    reply = filter_at(MESSAGES, streamed=True, **({"tools": [{"name": "a", "input_schema": {}}]} if again else {}))
    start, delta, _ = block(0, {"type": "text", "text": ""}, {"type": kind, "text": "a"})
    for event in (message_start(), start, delta, delta):
        told = events(event, named=True)
        assert reply.feed(told) == told


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
    assert learn(Word(data, {}, "content", "a", [])) is None


@pytest.mark.parametrize(
    "more",
    [
        b'"sequence_number":01',
        b'"sequence_number":1.0',
        b'"sequence_number" :1',
        b'"sequence_number":1,"x":{"sequence_number":1}',
        b'"x":{"obfuscation":"ab"},"obfuscation":"ab","sequence_number":1',
    ],
)
def test_nothing_is_learnt_where_what_else_may_differ_is_not_plain_to_see(more: bytes) -> None:
    told = {"sequence_number": 1, "obfuscation": "ab"}
    plain = b'data: {"content":"a","sequence_number":1,"obfuscation":"ab"}\n\n'
    assert learn(Word(plain, told, "content", "a", [])) is not None
    assert learn(Word(b'data: {"content":"a",' + more + b"}\n\n", told, "content", "a", [])) is None
