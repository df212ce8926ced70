"""What waits for people takes little space, and is afterwards what it was."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.dialects.dialect import ReplyFilter, Verdict
from remit.gateway.dialects.shelf import EventShelf, fields_of
from remit.gateway.event_stream import Event, EventStream
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    chat,
    chunk,
    filter_at,
    function_item,
    item_events,
    message,
    permit,
    piece,
    read_through,
    responses,
    tool_block,
)

ARGUMENTS = json.dumps({"berth": 4, "lift": "container 7, and then the one that stands behind it. " * 8})
_BEGUN, _, _, *_ENDED = item_events(0, function_item("crane", ARGUMENTS))
_PLACE = {"type": "response.function_call_arguments.delta", "item_id": "fc_0", "output_index": 0}
LETTERS = {
    CHAT: chat(
        chunk({"tool_calls": [piece(0, "crane", "")]}),
        *(chunk({"tool_calls": [piece(0, None, letter)]}) for letter in ARGUMENTS),
    ),
    MESSAGES: message(tool_block(0, "crane", ARGUMENTS, len(ARGUMENTS))),
    RESPONSES: responses(
        [_BEGUN, *(_PLACE | {"delta": letter} for letter in ARGUMENTS), *_ENDED],
        final=[function_item("crane", ARGUMENTS)],
    ),
}
lines = st.sampled_from(
    [
        b'data: {"a": 1}\n\n',
        b": sign\n\n",
        b"event: x\ndata: {}\n\n",
        b"data: [DONE]\n\n",
        b'data: {"b": "\xc3"}\r\n\r\n',
    ]
)


@given(drawn=st.lists(lines, max_size=6), at=st.integers(0, 6), marked=st.booleans())
def test_what_was_packed_is_read_again_as_it_was(drawn: list[bytes], at: int, marked: bool) -> None:  # noqa: FBT001
    stream, shelf = EventStream(), EventShelf[int]()
    stream.push((b"\xef\xbb\xbf" if marked and drawn else b"") + b"".join(drawn).replace(b"\xc3", b"\xc3\xa9"))
    told: list[tuple[Event, dict[str, Any], int | None]] = []
    while (event := stream.next() or stream.rest()) is not None:
        told.append((event, fields_of(event), len(told) or None))
        shelf.add(*told[-1])
        if len(told) == at:
            shelf.pack()
    shelf.pack()
    assert list(shelf) == told
    assert shelf.about() == [about for _, _, about in told if about]
    assert bool(shelf) == bool(told)


def held(path: str) -> tuple[ReplyFilter, bytes]:
    """Return a reply whose call waits for people, and what flowed of it."""
    reply = filter_at(path, streamed=True)
    flowed = reply.feed(LETTERS[path])
    return reply, flowed + reply.keep_alive("Waiting. ")


@pytest.mark.parametrize("path", LETTERS)
def test_a_call_that_came_letter_by_letter_waits_in_little_space(path: str) -> None:
    held(path)
    tracemalloc.start()
    try:
        kept = [held(path)[0] for _ in range(10)]
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [[call.arguments for call in reply.calls] for reply in kept] == [[ARGUMENTS]] * 10
    assert size / len(kept) < len(LETTERS[path]) / 2


@pytest.mark.parametrize("path", LETTERS)
@pytest.mark.parametrize("passes", [True, False])
def test_what_waited_long_goes_out_as_what_did_not(path: str, passes: bool) -> None:  # noqa: FBT001
    verdicts = [Verdict(passes, REFUSED)]
    patient, flowed = held(path)
    flowed += patient.settle(verdicts) + patient.end()
    quick = filter_at(path, streamed=True)
    plain = quick.feed(LETTERS[path]) + quick.settle(verdicts) + quick.end()
    assert (plain == LETTERS[path]) is passes
    for said in (plain, flowed):
        again, calls = read_through(filter_at(path, streamed=True), [said], permit)
        assert again == said
        assert [call.arguments for call in calls] == [ARGUMENTS] * passes
        assert (REFUSED.encode() in said) is not passes
    if path == CHAT and passes:
        assert b"\n\n".join(part for part in flowed.split(b"\n\n") if b"Waiting" not in part) == plain
