"""A tool that is denied never reaches the client, in whatever shape a call of it comes."""

import json

import pytest

from remit.gateway.dialects.dialect import Unreadable
from tests.gateway.dialects import shapes_of_chat, shapes_of_messages, shapes_of_responses
from tests.gateway.dialects.shape import Shape
from tests.gateway.dialects.wire import REFUSED, Judge, deny, denying, filter_at, permit, read_through

SHAPES = shapes_of_chat.SHAPES + shapes_of_messages.SHAPES + shapes_of_responses.SHAPES
DENIED, ALLOWED, MARK = "drop_register", "find_ship", "MARKED"
ARGUMENTS = json.dumps({"table": MARK, "n": [1, {"é": None}]})

by_name = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def pieces_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def flow(shape: Shape, name: str, judge: Judge, size: int, waiting: str = "") -> tuple[bytes, bool]:
    """Return what flows, with the refusal where it could not be read, and whether it was read."""
    reply = filter_at(shape.path, streamed=shape.streamed)
    out: list[bytes] = []
    try:
        read_through(reply, pieces_of(shape.write(name, ARGUMENTS), size), judge, waiting, out)
    except Unreadable:
        return b"".join(out) + reply.refuse(REFUSED), False
    return b"".join(out), True


def test_there_are_more_shapes_than_the_bar_asks_for() -> None:
    assert len(SHAPES) > 60
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)


@by_name
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_denied_tool_does_not_reach_the_client(shape: Shape, size: int) -> None:
    flowed, _ = flow(shape, DENIED, denying(DENIED), size)
    assert DENIED.encode() not in flowed
    assert MARK.encode() not in flowed
    assert REFUSED.encode() in flowed or not shape.read


@by_name
def test_a_denied_tool_does_not_reach_the_client_that_was_kept_waiting(shape: Shape) -> None:
    flowed, _ = flow(shape, DENIED, denying(DENIED), 50, "Waiting for approval. ")
    assert DENIED.encode() not in flowed
    assert MARK.encode() not in flowed


@by_name
@pytest.mark.parametrize("size", [1, 10_000])
def test_an_allowed_tool_reaches_the_client_byte_for_byte(shape: Shape, size: int) -> None:
    flowed, was_read = flow(shape, ALLOWED, denying(DENIED), size)
    assert was_read is shape.read
    if shape.read:
        assert flowed == shape.write(ALLOWED, ARGUMENTS)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.read], ids=lambda shape: shape.name)
def test_every_call_is_reported_by_the_name_that_was_sent(shape: Shape) -> None:
    _, calls = read_through(filter_at(shape.path, streamed=shape.streamed), [shape.write(DENIED, ARGUMENTS)], permit)
    assert DENIED in {call.name for call in calls}
    assert {call.name for call in calls} <= {DENIED, "harmless"}


@by_name
def test_refusing_every_call_leaves_none_to_stop_for(shape: Shape) -> None:
    flowed, was_read = flow(shape, DENIED, deny, 10_000)
    assert b'"tool_use"' not in flowed or not was_read or b"end_turn" in flowed
    assert b'"finish_reason":"tool_calls"' not in flowed
