"""A reply that the gateway had to begin, since people were asked before there was one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.gateway.dialects.dialect import ProposedCall, Verdict
from tests.gateway.dialects.test_laws import PATHS, cut, cuts, parts, verdicts, write
from tests.gateway.dialects.wire import CHAT, MESSAGES, REFUSED, RESPONSES, deny, filter_at, permit, read_through


def events_in(data: bytes) -> list[dict[str, Any]]:
    lines = [line.removeprefix(b"data: ") for line in data.splitlines() if line.startswith(b"data: {")]
    return [json.loads(line) for line in lines]


@given(path=st.sampled_from(PATHS), drawn=parts, at=cuts, passes=verdicts)
def test_a_reply_goes_on_from_a_beginning_as_one_that_a_filter_can_read(
    path: str, drawn: list[Any], at: list[int], passes: list[bool]
) -> None:
    def judge(call: ProposedCall) -> Verdict:
        return Verdict(passes[int(call.name[-1])], REFUSED)

    reply = filter_at(path, streamed=True, store=False)
    flowed = reply.keep_alive("Waiting. ") + reply.keep_alive("· ")
    flowed += read_through(reply, cut(write(path, drawn), at), judge)[0]
    assert flowed.index(b"Waiting. ") < flowed.index("· ".encode())
    again, calls = read_through(filter_at(path, streamed=True), [flowed], permit)
    assert again == flowed
    assert [call.name for call in calls] == [f"tool-{p}" for p in drawn if isinstance(p, int) and passes[p]]
    for part in (part for part in drawn if isinstance(part, str)):
        assert json.dumps(part)[1:-1].encode() in flowed or part.encode() in flowed


@pytest.mark.parametrize("path", PATHS)
def test_a_beginning_can_be_ended_without_any_reply(path: str) -> None:
    reply = filter_at(path, streamed=True, store=False)
    flowed = reply.keep_alive("Waiting. ") + reply.refuse(REFUSED)
    again, calls = read_through(filter_at(path, streamed=True), [flowed], deny)
    assert (again, calls) == (flowed, [])
    assert b"Waiting. " in flowed
    assert REFUSED.encode() in flowed


@given(drawn=parts)
def test_a_message_starts_once_and_its_blocks_are_numbered_without_a_gap(drawn: list[Any]) -> None:
    reply = filter_at(MESSAGES, streamed=True)
    flowed = reply.keep_alive("Waiting. ") + read_through(reply, [write(MESSAGES, drawn)], permit)[0]
    told = events_in(flowed)
    assert [event["type"] for event in told].count("message_start") == 1
    starts = [event["index"] for event in told if event["type"] == "content_block_start"]
    assert starts == list(range(len(drawn) + 1))
    assert next(event for event in told if event["type"] == "message_delta")["usage"]["input_tokens"] == 3


@given(drawn=parts)
def test_a_response_is_one_from_its_beginning_to_its_end(drawn: list[Any]) -> None:
    reply = filter_at(RESPONSES, streamed=True, store=False)
    flowed = reply.keep_alive("Waiting. ") + read_through(reply, [write(RESPONSES, drawn)], permit)[0]
    told = events_in(flowed)
    assert [event["type"] for event in told].count("response.created") == 1
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    last = told[-1]["response"]
    assert {event["response"]["id"] for event in told if "response" in event} == {"resp_remit"}
    assert len(last["output"]) == len(drawn) + 1
    indexes = [event["output_index"] for event in told if event["type"] == "response.output_item.added"]
    assert indexes == list(range(len(drawn) + 1))


def test_a_chat_goes_on_byte_for_byte_after_a_beginning() -> None:
    data = write(CHAT, ["I will", 1])
    reply = filter_at(CHAT, streamed=True)
    begun = reply.keep_alive("Waiting. ")
    assert read_through(reply, [data], permit)[0] == data
    assert b'"content":"Waiting. "' in begun


def test_a_response_that_is_kept_is_not_begun_since_its_name_is_the_upstreams() -> None:
    data = write(RESPONSES, ["I will", 1])
    reply = filter_at(RESPONSES, streamed=True)
    assert reply.keep_alive("Waiting. ") == b""
    assert read_through(reply, [data], permit)[0] == data
