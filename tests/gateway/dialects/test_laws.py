"""What holds for every reply, however it is cut, whatever is refused, and wherever it is broken."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.dialects.dialect import ProposedCall, Unreadable, Verdict
from tests.gateway.dialects import shapes_of_chat, shapes_of_messages, shapes_of_responses
from tests.gateway.dialects.lenient import names_called
from tests.gateway.dialects.rearranging import rearranged
from tests.gateway.dialects.shape import Shape
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    chat,
    chunk,
    deny,
    filter_at,
    function_item,
    item_events,
    message,
    permit,
    piece,
    read_through,
    responses,
    text_block,
    text_item,
    tool_block,
)

SHAPES = shapes_of_chat.SHAPES + shapes_of_messages.SHAPES + shapes_of_responses.SHAPES
PATHS = [CHAT, MESSAGES, RESPONSES]
DENIED, ARGUMENTS = "drop_register", json.dumps({"table": "MARKED", "n": 1})

# A reply is drawn as parts: a text, or a call by the number of its tool.
parts = st.lists(st.one_of(st.sampled_from(["I will", "né\u2028e", '":"', "\\"]), st.integers(0, 3)), max_size=5)
verdicts = st.lists(st.booleans(), min_size=4, max_size=4)


def write(path: str, drawn: list[Any]) -> bytes:
    if path == CHAT:
        numbers = {at: n for n, at in enumerate(at for at, part in enumerate(drawn) if isinstance(part, int))}
        chunks = []
        for at, part in enumerate(drawn):
            if isinstance(part, str):
                chunks.append(chunk({"content": part}))
            else:
                secret = json.dumps({"secret": f"argument-{part}"})
                chunks.append(chunk({"tool_calls": [piece(numbers[at], f"tool-{part}", secret[:9])]}))
                chunks.append(chunk({"tool_calls": [piece(numbers[at], None, secret[9:])]}))
        return chat(*chunks)
    arguments = {part: json.dumps({"secret": f"argument-{part}"}) for part in range(4)}
    if path == MESSAGES:
        return message(
            *(
                text_block(at, part) if isinstance(part, str) else tool_block(at, f"tool-{part}", arguments[part])
                for at, part in enumerate(drawn)
            )
        )
    items = [
        text_item(part, at) if isinstance(part, str) else function_item(f"tool-{part}", arguments[part], at)
        for at, part in enumerate(drawn)
    ]
    return responses(*(item_events(at, item) for at, item in enumerate(items)), final=items)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({place % (len(data) + 1) for place in at})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


cuts = st.lists(st.integers(0, 5_000), max_size=12)


@given(path=st.sampled_from(PATHS), drawn=parts, at=cuts)
def test_what_passes_is_byte_for_byte_what_the_upstream_sent(path: str, drawn: list[Any], at: list[int]) -> None:
    data = write(path, drawn)
    assert read_through(filter_at(path, streamed=True), cut(data, at), permit)[0] == data


@given(path=st.sampled_from(PATHS), drawn=parts, at=cuts, passes=verdicts, waits=st.booleans())
def test_any_cut_of_the_bytes_gives_the_same_reply_without_what_is_refused(
    path: str,
    drawn: list[Any],
    at: list[int],
    passes: list[bool],
    waits: bool,  # noqa: FBT001
) -> None:
    def judge(call: ProposedCall) -> Verdict:
        return Verdict(passes[int(call.name[-1])], REFUSED)

    data, waiting = write(path, drawn), "Waiting. " if waits else ""
    flowed, calls = read_through(filter_at(path, streamed=True), cut(data, at), judge, waiting)
    whole, same = read_through(filter_at(path, streamed=True), [data], judge, waiting)
    assert (flowed, calls) == (whole, same)
    assert [call.name for call in calls] == [f"tool-{part}" for part in drawn if isinstance(part, int)]
    for part in (part for part in drawn if isinstance(part, int)):
        assert (f"tool-{part}".encode() in flowed) is passes[part]
        assert (f"argument-{part}".encode() in flowed.replace(b'\\"', b'"')) is passes[part] or passes[part]


@given(path=st.sampled_from(PATHS), drawn=parts, passes=verdicts)
def test_a_filter_leaves_a_reply_that_a_filter_can_read(path: str, drawn: list[Any], passes: list[bool]) -> None:
    def judge(call: ProposedCall) -> Verdict:
        return Verdict(passes[int(call.name[-1])], REFUSED)

    flowed, _ = read_through(filter_at(path, streamed=True), [write(path, drawn)], judge, "Waiting. ")
    again, calls = read_through(filter_at(path, streamed=True), [flowed], permit)
    assert again == flowed
    assert [call.name for call in calls] == [f"tool-{p}" for p in drawn if isinstance(p, int) and passes[p]]


@given(path=st.sampled_from(PATHS), drawn=parts, end=st.integers(0, 5_000))
def test_a_reply_refused_anywhere_ends_so_that_a_filter_can_read_it(path: str, drawn: list[Any], end: int) -> None:
    reply = filter_at(path, streamed=True)
    flowed = reply.feed(write(path, drawn)[:end]) if end else b""
    flowed += reply.refuse(REFUSED)
    again, calls = read_through(filter_at(path, streamed=True), [flowed], permit)
    assert (again, calls) == (flowed, [])


# What a fuzzer does to bytes: take some out, put some in, or say them again.
tokens = [b'"', b"{", b"}", b",", b":", b"\n", b"\n\n", b"\r", b"data: ", b'"type":"text",', b'"index":0,', b"[DONE]"]
change = st.tuples(st.integers(0, 5_000), st.integers(0, 60), st.sampled_from([*tokens, b"", b"\\", b"null", b"again"]))


@given(shape=st.sampled_from(SHAPES), changes=st.lists(change, min_size=1, max_size=4), at=cuts)
def test_no_broken_reply_lets_a_call_through(
    shape: Shape, changes: list[tuple[int, int, bytes]], at: list[int]
) -> None:
    data = shape.write(DENIED, ARGUMENTS)
    for place, length, put in changes:
        start = place % (len(data) + 1)
        out = data[start : start + length]
        data = data[:start] + (out * 2 if put == b"again" else put) + data[start + length :]
    assert DENIED not in names_called(flow(shape, cut(data, at)))


@given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 2**32), times=st.integers(1, 4))
def test_no_rearranged_reply_lets_a_call_through(shape: Shape, seed: int, times: int) -> None:
    data = rearranged(shape.write(DENIED, ARGUMENTS), seed, times)
    assert DENIED not in names_called(flow(shape, [data]))


def flow(shape: Shape, pieces: list[bytes]) -> bytes:
    """Return what flows when every call is refused, and the refusal where the reply cannot be read."""
    reply = filter_at(shape.path, streamed=shape.streamed)
    flowed: list[bytes] = []
    try:
        read_through(reply, pieces, deny, flowed=flowed)
    except Unreadable:
        flowed.append(reply.refuse(REFUSED))
    return b"".join(flowed)
