"""What a provider runs of its own accord is on record and judged, though no request offered it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from remit.gateway.dialects.dialect import Offer, Runs
from remit.gateway.dialects.ran import was_offered
from remit.gateway.step import Answered
from tests.gateway.dialects.wire import MESSAGES, RESPONSES, block, dump, events, filter_at, message_start
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


@pytest.mark.parametrize(
    ("tool", "name", "kind", "offered"),
    [
        ("web_search", "web_search", "web_search_20250305", True),
        ("web_search", "look", "web_search_preview", True),
        ("bash_code_execution", "code_execution", "code_execution_20250825", True),
        ("other", "other", "mcp", True),
        ("other", "mine", "mcp", False),
        ("mcp", "mine", "mcp", True),
        ("web_fetch", "web_search", "web_search_20250305", False),
        ("code_interpreter", "web_search", "web_search", False),
    ],
)
def test_what_ran_is_known_again_in_what_was_offered(tool: str, name: str, kind: str, *, offered: bool) -> None:
    assert was_offered(tool, [Offer(name, kind, Runs.PROVIDER)]) is offered
    assert not was_offered(tool, [Offer(name, kind, Runs.CLIENT)])
