"""What a provider runs of its own accord is on record and judged, though no request offered it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.gateway.dialects.dialect import Offer, Runs
from remit.gateway.dialects.ran import was_offered
from remit.gateway.step import Answered
from tests.gateway.dialects.wire import CHAT, MESSAGES, RESPONSES, block, dump, events, filter_at, message_start
from tests.gateway.harbour import Harbour, harbour_terms

JSON = [(b"content-type", b"application/json")]
SSE = [(b"content-type", b"text/event-stream")]
SEARCH: dict[str, Any] = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "berths"}}
SERVER_USE: dict[str, Any] = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
NOT_THAT = "{id: not-that, boundary: true, forbid: [act], when: {tool.effect: [operate-infrastructure, force]}}"
NO_SEARCH = "{id: no-search, forbid: [act], when: {tool.name: web_search}}"


def response(*items: dict[str, Any]) -> bytes:
    body = {"id": "resp_1", "object": "response", "status": "completed", "model": "eu.h2", "output": [*items]}
    return dump(body)


def streamed(item: dict[str, Any]) -> bytes:
    made = {"id": "resp_1", "model": "eu.h2", "status": "in_progress", "output": []}
    done = json.loads(response(item))
    return events(
        {"type": "response.created", "sequence_number": 0, "response": made},
        {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": item},
        {"type": "response.output_item.done", "sequence_number": 2, "output_index": 0, "item": item},
        {"type": "response.completed", "sequence_number": 3, "response": done},
        named=True,
    )


def ask(harbour: Harbour, **more: Any) -> Any:
    return harbour.ask({"model": "heron-2", "input": "x", "store": False} | more, path="/v1/responses")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "item",
    [
        SEARCH,
        {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "code": "1", "container_id": "c"},
        {"type": "mcp_call", "id": "mcp_1", "server_label": "other", "name": "run", "arguments": "{}", "output": "x"},
        {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "other", "tools": []},
        {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["x"]},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": ""},
    ],
    ids=lambda item: item["type"],
)
def test_a_tool_that_ran_and_was_never_offered_ends_the_reply_where_the_terms_deny_it(
    item: dict[str, Any], *, stream: bool
) -> None:
    harbour = Harbour(harbour_terms(NOT_THAT, NO_SEARCH))
    harbour.script = lambda _: [Answered(200, SSE if stream else JSON), (streamed if stream else response)(item)]
    got = ask(harbour, stream=stream)
    assert b"was not offered" in got.body
    if not stream:
        assert (got.status, json.loads(got.body)["error"]["code"]) == (502, "tool_not_offered")
    assert item["type"].encode() not in got.body
    assert harbour.kinds() == ["allow", "deny", "outcome"]


def test_a_tool_that_ran_and_was_never_offered_is_on_record_where_the_terms_permit_it() -> None:
    harbour = Harbour(harbour_terms(NOT_THAT))
    harbour.script = lambda _: [Answered(200, JSON), response(SEARCH)]
    got = ask(harbour)
    assert (got.status, got.body) == (200, response(SEARCH))
    assert harbour.kinds() == ["allow", "outcome"]


def test_a_tool_that_was_offered_is_judged_with_the_request_alone() -> None:
    harbour = Harbour(harbour_terms(NOT_THAT))
    harbour.script = lambda _: [Answered(200, JSON), response(SEARCH)]
    got = ask(harbour, tools=[{"type": "web_search"}])
    assert got.status == 200
    assert harbour.kinds() == ["allow", "allow", "outcome", "outcome"]


@pytest.mark.parametrize("stream", [False, True])
def test_every_wire_says_which_tools_ran(*, stream: bool) -> None:
    reply = filter_at(RESPONSES, streamed=stream)
    reply.feed(streamed(SEARCH) if stream else response(SEARCH))
    reply.end()
    assert reply.seen.ran == ["web_search"]
    message = filter_at(MESSAGES, streamed=stream)
    if stream:
        ends = [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]
        message.feed(events(message_start(), *block(0, SERVER_USE), *ends, named=True))
    else:
        whole = message_start()["message"] | {"content": [SERVER_USE], "stop_reason": "end_turn"}
        message.feed(dump(whole))
    message.end()
    assert message.seen.ran == ["web_search"]


URL = {"type": "url_citation", "url": "https://e.example", "title": "E", "start_index": 0, "end_index": 1}
PLACE = {"type": "web_search_result_location", "url": "https://e.example", "encrypted_index": "AA", "cited_text": "E"}


def chat_reply(message: dict[str, Any], *, stream: bool, **rest: Any) -> bytes:
    head = {"id": "c1", "created": 0, "model": "eu.h2"}
    said = {"role": "assistant", "content": "Berth 4."} | message
    if not stream:
        choice = {"index": 0, "message": said, "finish_reason": "stop"}
        return dump(head | {"object": "chat.completion", "choices": [choice]} | rest)
    deltas = [({"role": "assistant", "content": "Berth 4."}, None), (message, None), ({}, "stop")]
    chunks = [
        head | {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        for delta, finish in deltas
    ]
    chunks[-1] |= rest
    return events(*chunks, done=True)


def message_reply(text: dict[str, Any], *, stream: bool, usage: dict[str, Any] | None = None) -> bytes:
    used = {"input_tokens": 1, "output_tokens": 1} | (usage or {})
    if not stream:
        whole = message_start()["message"] | {"content": [{"type": "text", "text": "Berth 4."} | text]}
        return dump(whole | {"stop_reason": "end_turn", "usage": used})
    deltas = [{"type": "citations_delta", "citation": cited} for cited in text.get("citations", ())]
    start = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Berth 4."}, *deltas)
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": used}
    return events(message_start(), *start, end, {"type": "message_stop"}, named=True)


def response_reply(part: dict[str, Any], *, stream: bool) -> bytes:
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    return (streamed if stream else response)(item)


def annotated(annotation: dict[str, Any]) -> dict[str, Any]:
    return {"type": "output_text", "text": "Berth 4.", "annotations": [annotation]}


TRACES: dict[str, tuple[str, Any, str]] = {
    "chat-annotations": (CHAT, lambda stream: chat_reply({"annotations": [URL]}, stream=stream), "web_search"),
    "chat-nested": (
        CHAT,
        lambda stream: chat_reply({"annotations": [{"type": "url_citation", "url_citation": URL}]}, stream=stream),
        "web_search",
    ),
    "chat-file": (
        CHAT,
        lambda stream: chat_reply({"annotations": [{"type": "file_citation", "file_id": "f"}]}, stream=stream),
        "file_search",
    ),
    "chat-context": (
        CHAT,
        lambda stream: chat_reply({"context": {"citations": [{"content": "x"}]}}, stream=stream),
        "data_sources",
    ),
    "chat-citations": (CHAT, lambda stream: chat_reply({}, stream=stream, citations=["https://e"]), "web_search"),
    "chat-results": (CHAT, lambda stream: chat_reply({}, stream=stream, search_results=[{"url": "x"}]), "web_search"),
    "chat-queries": (
        CHAT,
        lambda stream: chat_reply({}, stream=stream, usage={"prompt_tokens": 1, "num_search_queries": 2}),
        "web_search",
    ),
    "chat-usage": (
        CHAT,
        lambda stream: chat_reply({}, stream=stream, usage={"server_tool_use": {"web_search_requests": 1}}),
        "web_search",
    ),
    "responses-url": (RESPONSES, lambda stream: response_reply(annotated(URL), stream=stream), "web_search"),
    "responses-file": (
        RESPONSES,
        lambda stream: response_reply(annotated({"type": "file_citation", "file_id": "f"}), stream=stream),
        "file_search",
    ),
    "responses-made": (
        RESPONSES,
        lambda stream: response_reply(
            annotated({"type": "container_file_citation", "container_id": "c"}), stream=stream
        ),
        "code_interpreter",
    ),
    "messages-cited": (MESSAGES, lambda stream: message_reply({"citations": [PLACE]}, stream=stream), "web_search"),
    "messages-usage": (
        MESSAGES,
        lambda stream: message_reply({}, stream=stream, usage={"server_tool_use": {"web_fetch_requests": 1}}),
        "web_fetch",
    ),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", TRACES)
def test_the_trace_of_a_tool_that_ran_counts_as_one_that_did(name: str, *, stream: bool) -> None:
    path, write, tool = TRACES[name]
    reply = filter_at(path, streamed=stream)
    reply.feed(write(stream))
    reply.end()
    assert reply.seen.ran == [tool]

    harbour = Harbour(harbour_terms(NOT_THAT, NO_SEARCH))
    harbour.script = lambda _: [Answered(200, SSE if stream else JSON), write(stream)]
    fields = {"model": "heron-2", "stream": stream, "store": False}
    said: dict[str, Any] = {"input": "x"} if path == RESPONSES else {"messages": [{"role": "user", "content": "x"}]}
    more = {"max_tokens": 9} if path == MESSAGES else {}
    got = harbour.ask(fields | said | more, path=path)
    assert f"ran '{tool}', which was not offered".encode() in got.body
    assert harbour.kinds() == ["allow", "deny", "outcome"]


def test_an_annotation_is_seen_as_it_comes() -> None:
    reply = filter_at(RESPONSES, streamed=True)
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
    made = {"id": "resp_1", "model": "eu.h2", "status": "in_progress", "output": []}
    kind = "response.output_text.annotation.added"
    reply.feed(
        events(
            {"type": "response.created", "sequence_number": 0, "response": made},
            {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": item},
            {"type": kind, "sequence_number": 2, "output_index": 0, "annotation_index": 0, "annotation": URL},
            named=True,
        )
    )
    assert reply.seen.ran == ["web_search"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "write"),
    [
        (CHAT, lambda stream: chat_reply({"annotations": []}, stream=stream, citations=None)),
        (CHAT, lambda stream: chat_reply({}, stream=stream, usage={"server_tool_use": {"web_search_requests": 0}})),
        (RESPONSES, lambda stream: response_reply({"type": "output_text", "text": "x"}, stream=stream)),
        (MESSAGES, lambda stream: message_reply({"citations": [{"type": "char_location"}]}, stream=stream)),
        (MESSAGES, lambda stream: message_reply({"citations": [{"type": "search_result_location"}]}, stream=stream)),
        (MESSAGES, lambda stream: message_reply({}, stream=stream, usage={"server_tool_use": None})),
    ],
)
def test_what_is_no_trace_of_a_tool_counts_as_none(path: str, write: Any, *, stream: bool) -> None:
    reply = filter_at(path, streamed=stream)
    reply.feed(write(stream))
    reply.end()
    assert reply.seen.ran == []


def test_a_search_that_was_asked_for_may_be_cited() -> None:
    harbour = Harbour(harbour_terms(NOT_THAT))
    harbour.script = lambda _: [Answered(200, JSON), chat_reply({"annotations": [URL]}, stream=False)]
    assert harbour.ask(web_search_options={}).status == 200


@pytest.mark.parametrize(
    ("tool", "name", "kind", "offered"),
    [
        ("web_search", "web_search", "web_search_20250305", True),
        ("web_search", "look", "web_search_preview", True),
        ("bash_code_execution", "code_execution", "code_execution_20250825", True),
        ("other", "other", "mcp", True),
        ("other", "mine", "mcp", False),
        ("mcp", "mine", "mcp", True),
        ("web_search", "compound", "compound", True),
        ("web_search", "web_search", "plugins", True),
        ("web_fetch", "web_search", "web_search_20250305", False),
        ("code_interpreter", "web_search", "web_search", False),
    ],
)
def test_what_ran_is_known_again_in_what_was_offered(tool: str, name: str, kind: str, *, offered: bool) -> None:
    assert was_offered(tool, [Offer(name, kind, Runs.PROVIDER)]) is offered
    assert not was_offered(tool, [Offer(name, kind, Runs.CLIENT)])
