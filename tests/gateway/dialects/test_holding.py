"""What flows at once, what waits, and what never flows."""

from typing import Any

import pytest

from remit.gateway.dialects.dialect import ReplyFilter, Unreadable, Verdict
from remit.gateway.dialects.held import HeldStream
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    block,
    chat,
    chunk,
    dump,
    events,
    filter_at,
    function_item,
    item_events,
    message,
    message_start,
    permit,
    piece,
    read_through,
    response,
    responses,
    text_block,
    text_item,
    tool_block,
)

PATHS = [CHAT, MESSAGES, RESPONSES]
CALLED = {
    CHAT: chat(chunk({"content": "I will"}), chunk({"tool_calls": [piece(0, "drop", "{}")]})),
    MESSAGES: message(text_block(0, "I will"), tool_block(1, "drop", "{}")),
    RESPONSES: responses(
        item_events(0, text_item("I will")),
        item_events(1, function_item("drop", "{}", 1)),
        final=[text_item("I will"), function_item("drop", "{}", 1)],
    ),
}


def each(data: bytes) -> list[bytes]:
    return [event + b"\n\n" for event in data.split(b"\n\n")[:-1]]


def feed_until_called(path: str) -> tuple[ReplyFilter, bytes, list[bytes]]:
    """Return a filter at whose end a call waits, what flowed, and what is still to come."""
    reply, flowed, told = filter_at(path, streamed=True), b"", each(CALLED[path])
    while not reply.calls:
        flowed += reply.feed(told.pop(0))
    return reply, flowed, told


@pytest.mark.parametrize("path", PATHS)
def test_text_before_a_call_flows_at_once_and_nothing_of_the_call_does(path: str) -> None:
    reply, flowed, _ = feed_until_called(path)
    assert b"I will" in flowed
    assert b"drop" not in flowed
    assert CALLED[path].startswith(flowed)
    assert [call.name for call in reply.calls] == ["drop"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_flows_while_a_call_waits_and_the_calls_stay_what_they_are(path: str) -> None:
    reply, flowed, told = feed_until_called(path)
    waiting = reply.calls
    assert b"".join(reply.feed(event) for event in told) + reply.end() == b""
    assert reply.calls == waiting
    assert flowed + reply.settle([Verdict(passes=True)]) == CALLED[path]
    assert reply.calls == ()


@pytest.mark.parametrize("path", PATHS)
def test_each_call_that_waits_has_its_own_verdict(path: str) -> None:
    reply, _, _ = feed_until_called(path)
    for wrong in ([], [Verdict(passes=True)] * 2):
        with pytest.raises(ValueError, match="a verdict for each of 1 calls"):
            reply.settle(wrong)


@pytest.mark.parametrize("path", PATHS)
def test_a_call_that_the_upstream_cuts_is_not_released_and_the_reply_not_ended(path: str) -> None:
    told = each(CALLED[path])
    first = next(number for number, event in enumerate(told) if b"drop" in event)
    reply = filter_at(path, streamed=True)
    flowed = b"".join(reply.feed(event) for event in told[: first + 1])
    assert flowed == b"".join(told[:first])
    with pytest.raises(Unreadable):
        reply.end()


@pytest.mark.parametrize("path", PATHS)
def test_a_text_that_the_upstream_cuts_is_cut_for_the_client(path: str) -> None:
    told = each(CALLED[path])[:2]
    reply = filter_at(path, streamed=True)
    assert b"".join(reply.feed(event) for event in told) + reply.end() == b"".join(told)


@pytest.mark.parametrize("path", PATHS)
def test_an_event_that_the_upstream_cuts_does_not_flow(path: str) -> None:
    told = b"".join(each(CALLED[path])[:2])
    reply = filter_at(path, streamed=True)
    reply.feed(told[:-12])
    with pytest.raises(Unreadable):
        reply.end()


@pytest.mark.parametrize("path", PATHS)
def test_words_that_keep_a_client_waiting_are_content_each_time(path: str) -> None:
    reply, flowed, told = feed_until_called(path)
    first, second = reply.keep_alive("Waiting. "), reply.keep_alive("Still waiting. ")
    assert b"Waiting. " in first
    assert b"Still waiting. " in second
    flowed += first + second + reply.settle([Verdict(passes=True)])
    flowed += b"".join(reply.feed(event) for event in told) + reply.end()
    again, calls = read_through(filter_at(path, streamed=True), [flowed], permit)
    assert again == flowed
    assert [(call.name, call.arguments) for call in calls] == [("drop", "{}")]


@pytest.mark.parametrize("path", PATHS)
def test_what_flowed_before_an_error_is_not_lost(path: str) -> None:
    good = b"".join(each(CALLED[path])[:2])
    reply = filter_at(path, streamed=True)
    with pytest.raises(Unreadable):
        reply.feed(good + b"data: {broken\n\n")
    assert reply.refuse(REFUSED).startswith(good)


@pytest.mark.parametrize("path", PATHS)
def test_words_have_no_place_before_a_reply_or_after_its_end(path: str) -> None:
    reply, _, told = feed_until_called(path)
    reply.settle([Verdict(passes=True)])
    for event in told:
        reply.feed(event)
    assert reply.end() == reply.keep_alive("Waiting. ") == reply.refuse(REFUSED) == b""


def test_what_is_held_for_a_call_has_an_end() -> None:
    reply = filter_at(MESSAGES, streamed=True)
    assert isinstance(reply, HeldStream)
    reply.most_held = 2_000
    with pytest.raises(Unreadable, match="at most 2000 bytes held for one call"):
        reply.feed(message(tool_block(0, "drop", '{"a":"' + "x" * 2_000 + '"}')))


THOUGHT = block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "hm"},
    {"type": "signature_delta", "signature": "c2ln"},
)
SEARCHED = [
    *block(
        1,
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "input_json_delta", "partial_json": '{"query": "ships"}'},
    ),
    *block(
        2,
        {
            "type": "web_search_tool_result",
            "tool_use_id": "srvtoolu_1",
            "content": [
                {"type": "web_search_result", "url": "https://a.invalid", "title": "A", "encrypted_content": "x"}
            ],
        },
    ),
    *block(
        3,
        {"type": "text", "text": "", "citations": []},
        {"type": "citations_delta", "citation": {"type": "web_search_result_location", "url": "https://a.invalid"}},
        {"type": "text_delta", "text": 'a "tool_use": {"name": "x"}'},
    ),
    *block(4, {"type": "redacted_thinking", "data": "x"}),
    *block(5, {"type": "mcp_tool_use", "id": "m", "name": "echo", "server_name": "docs", "input": {"a": 1}}),
    *block(6, {"type": "mcp_tool_result", "tool_use_id": "m", "content": [{"type": "text", "text": "x"}]}),
]
PROVIDER_ITEMS: list[dict[str, Any]] = [
    {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "x"},
    {"type": "web_search_call", "id": "w", "status": "completed", "action": {"type": "search", "query": "ships"}},
    {
        "type": "code_interpreter_call",
        "id": "c",
        "code": "1",
        "container_id": "k",
        "outputs": [],
        "status": "completed",
    },
    {"type": "mcp_list_tools", "id": "l", "server_label": "docs", "tools": [{"name": "a", "input_schema": {}}]},
    {"type": "mcp_call", "id": "m", "server_label": "docs", "name": "a", "arguments": "{}", "output": "x"},
]
ECHOED = {"tools": [{"type": "function", "name": "find", "parameters": {"properties": {"tool_calls": {"type": "x"}}}}]}
UNTOUCHED = {
    "chat: a first piece without choices": (
        CHAT,
        events(chunk() | {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}) + chat(finish="stop"),
    ),
    "chat: comments, usage and marks": (
        CHAT,
        b": PROCESSING\n\n"
        + events(
            chunk({"content": "a"}, obfuscation="xyz"),
            chunk({"content": "b", "reasoning_content": "c", "reasoning_details": [{"type": "reasoning.text"}]}),
            chunk({"content": ""}, "stop") | {"service_tier": "default", "system_fingerprint": "f"},
            chunk() | {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
            done=True,
        ),
    ),
    "chat: empty lists and nothing of a call": (
        CHAT,
        chat(chunk({"content": "a", "tool_calls": [], "function_call": None, "refusal": None}), finish="stop"),
    ),
    "chat: an error on the way": (CHAT, events(chunk({"content": "a"}), {"error": {"message": "x", "type": "y"}})),
    "chat: probabilities of words": (
        CHAT,
        events(
            chunk() | {"choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [{"token": "a"}]}}]}
        ),
    ),
    "messages: thinking and what the provider ran": (MESSAGES, message(THOUGHT, SEARCHED, stop="end_turn")),
    "messages: pauses, pings and unknown events": (
        MESSAGES,
        message([{"type": "ping"}], text_block(0, "x"), [{"type": "new_event", "a": [1]}], stop="pause_turn"),
    ),
    "messages: an error on the way": (
        MESSAGES,
        events(message_start(), {"type": "error", "error": {"type": "overloaded_error", "message": "x"}}, named=True),
    ),
    "responses: what the provider ran": (
        RESPONSES,
        responses(*(item_events(at, item) for at, item in enumerate(PROVIDER_ITEMS)), final=PROVIDER_ITEMS),
    ),
    "responses: the request's tools, repeated": (
        RESPONSES,
        events(
            {"type": "response.created", "response": response(status="in_progress", **ECHOED)},
            {"type": "response.in_progress", "response": response(status="in_progress", **ECHOED)},
            {"type": "response.completed", "response": response(text_item("x"), **ECHOED)},
            named=True,
        ),
    ),
    "responses: an error on the way": (
        RESPONSES,
        events({"type": "error", "code": "x", "message": "y", "param": None, "sequence_number": 1}, named=True),
    ),
}


@pytest.mark.parametrize(("path", "data"), UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_what_is_no_call_of_the_clients_passes_untouched(path: str, data: bytes) -> None:
    for size in (1, 50, 100_000):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert read_through(filter_at(path, streamed=True), pieces, permit) == (data, [])


def test_a_shell_in_the_providers_container_is_not_the_clients() -> None:
    item = {"type": "shell_call", "id": "s", "call_id": "c", "action": {"commands": ["ls"]}, "status": "completed"}
    for place, calls in (({"type": "container_auto"}, 0), ({"type": "local"}, 1)):
        tools = [{"type": "shell", "environment": place}]
        reply = filter_at(RESPONSES, streamed=False, tools=tools)
        assert len(read_through(reply, [dump(response(item))], permit)[1]) == calls


def test_what_a_reply_says_of_itself_is_noted() -> None:
    reply = filter_at(MESSAGES, streamed=True)
    read_through(reply, [message(text_block(0, "x"), stop="refusal")], permit)
    seen = reply.seen
    assert (seen.reply_id, seen.model, seen.finish, seen.refused) == ("msg_1", "heron-2", "refusal", True)
    assert (seen.input_tokens, seen.output_tokens) == (3, 9)
    reply = filter_at(CHAT, streamed=True)
    usage = chunk() | {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 5}}
    read_through(reply, [events(chunk({"refusal": "no"}, "stop", service_tier="flex"), usage, done=True)], permit)
    seen = reply.seen
    assert (seen.reply_id, seen.variant, seen.finish, seen.refused) == ("chatcmpl-1", "flex", "stop", True)
    assert (seen.input_tokens, seen.output_tokens) == (4, 5)
    reply = filter_at(RESPONSES, streamed=False)
    said = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}
    body = response(said, usage={"input_tokens": 6, "output_tokens": 7}, service_tier="flex")
    read_through(reply, [dump(body)], permit)
    seen = reply.seen
    assert (seen.reply_id, seen.variant, seen.finish, seen.refused) == ("resp_1", "flex", "completed", True)
    assert (seen.input_tokens, seen.output_tokens) == (6, 7)


TWO = {
    CHAT: chat(chunk({"tool_calls": [piece(0, "drop", "{}")]}), chunk({"tool_calls": [piece(1, "raise", "{}")]})),
    MESSAGES: message(tool_block(0, "drop", "{}"), [{"type": "ping"}], tool_block(1, "raise", "{}")),
    RESPONSES: responses(
        item_events(0, function_item("drop", "{}", 0)),
        item_events(1, function_item("raise", "{}", 1)),
        final=[function_item("drop", "{}", 0), function_item("raise", "{}", 1)],
    ),
}


@pytest.mark.parametrize("path", PATHS)
def test_calls_that_come_one_after_another_wait_together(path: str) -> None:
    reply, told = filter_at(path, streamed=True), each(TWO[path])
    flowed = b""
    while not reply.calls:
        flowed += reply.feed(told.pop(0))
    assert [call.name for call in reply.calls] == ["drop", "raise"]
    flowed += reply.settle([Verdict(passes=True)] * 2) + b"".join(map(reply.feed, told)) + reply.end()
    assert flowed == TWO[path]


@pytest.mark.parametrize("path", PATHS)
def test_the_second_of_two_that_wait_together_can_pass_alone(path: str) -> None:
    reply = filter_at(path, streamed=True)
    flowed = reply.feed(TWO[path]) + reply.keep_alive("Waiting. ")
    flowed += reply.settle([Verdict(passes=False, text=REFUSED), Verdict(passes=True)]) + reply.end()
    again, calls = read_through(filter_at(path, streamed=True), [flowed], permit)
    assert again == flowed
    assert [call.name for call in calls] == ["raise"]
    assert REFUSED.encode() in flowed


@pytest.mark.parametrize("path", [MESSAGES, RESPONSES])
def test_text_behind_a_call_waits_for_that_call_and_for_none_behind_it(path: str) -> None:
    said = (
        message(tool_block(0, "drop", "{}"), text_block(1, "then"), tool_block(2, "raise", "{}"))
        if path == MESSAGES
        else responses(
            item_events(0, function_item("drop", "{}", 0)),
            item_events(1, text_item("then", 1)),
            item_events(2, function_item("raise", "{}", 2)),
            final=[function_item("drop", "{}", 0), text_item("then", 1), function_item("raise", "{}", 2)],
        )
    )
    reply = filter_at(path, streamed=True)
    assert b"then" not in reply.feed(said)
    assert [call.name for call in reply.calls] == ["drop"]
    assert b"then" in reply.settle([Verdict(passes=True)])
    assert [call.name for call in reply.calls] == ["raise"]


@pytest.mark.parametrize("path", PATHS)
def test_a_call_that_is_the_last_thing_said_is_judged_at_the_clean_end(path: str) -> None:
    told = each(CALLED[path])
    last = (
        max(
            number
            for number, event in enumerate(told)
            if b"content_block_stop" in event or b"output_item.done" in event
        )
        if path != CHAT
        else len(told) - 2
    )
    reply = filter_at(path, streamed=True)
    flowed = b"".join(reply.feed(event) for event in told[: last + 1]) + reply.end()
    assert [call.name for call in reply.calls] == ["drop"]
    flowed += reply.settle([Verdict(passes=True)])
    assert flowed == b"".join(told[: last + 1])


def test_an_end_without_its_response_goes_on_with_nothing_and_ends_as_it_is() -> None:
    item = function_item("drop", "{}")
    told = [{"type": "response.created", "response": response()}, *item_events(0, item)]
    end = events({"type": "response.completed", "sequence_number": 9}, named=True)
    reply = filter_at(RESPONSES, streamed=True, store=False)
    flowed, _ = read_through(
        reply, [events(*told, named=True) + end], lambda _: Verdict(passes=False, text=REFUSED, again=True)
    )
    assert b"function_call" not in flowed
    assert b"response.completed" in flowed
    assert reply.retold is None
