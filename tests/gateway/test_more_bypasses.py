"""Further ways to a tool or a model that is denied, by the fields of the wires as their libraries type them.

Nothing of them reaches an upstream; what is only near to them does.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway.harbour import NO_BERTHS, Harbour, answer, harbour_terms

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
SAID: dict[str, Any] = {"messages": [{"role": "user", "content": "?"}]}
MESSAGE = SAID | {"max_tokens": 9}
RESPONSE: dict[str, Any] = {"input": "?", "store": False}
SERVER = {"type": "mcp", "server_label": "other", "server_url": "https://e.example"}
CODE = {"type": "code_execution_20260521", "name": "code_execution"}
READ = {"name": "read-log", "parameters": {"type": "object"}}


def tool(**fields: Any) -> dict[str, Any]:
    return {"tools": [fields]}


def added(**fields: Any) -> dict[str, Any]:
    return {"max_tokens": 9, "messages": [{"role": "user", "content": [{"type": "tool_addition", **fields}]}]}


def items(*listed: dict[str, Any]) -> dict[str, Any]:
    return {"store": False, "input": [*listed]}


DENIED_ON_MESSAGES: dict[str, dict[str, Any]] = {
    "an adviser": MESSAGE | tool(type="advisor_20260301", name="advisor"),
    "an adviser of another model": MESSAGE | tool(type="advisor_20260301", name="advisor", model="osprey-1"),
    "fetching": MESSAGE | tool(type="web_fetch_20260318", name="web_fetch"),
    "running code": MESSAGE | {"tools": [CODE]},
    "running code by a permitted name": MESSAGE | {"tools": [CODE | {"name": "read-log"}]},
    "looking for tools": MESSAGE | tool(type="tool_search_tool_bm25", name="tool_search_tool_bm25"),
    "a kind of tomorrow": MESSAGE | tool(type="future_tool_20270101", name="read-log"),
    "a server": MESSAGE | {"mcp_servers": [{"type": "url", "url": "https://e.example", "name": "n"}]},
    "a tool in a message": added(tool={"type": "tool_definition", "definition": CODE}),
    "a tool in a message without a definition": added(tool={"type": "tool_definition", "tool": CODE}),
    "tools in a message": added(tools=[CODE]),
    "a skill": MESSAGE | {"container": {"skills": [{"type": "anthropic", "skill_id": "pptx"}]}},
    "falling back": MESSAGE | {"fallbacks": [{"model": "osprey-1"}]},
    "a thread of another kind": MESSAGE | {"thread": {"type": "fork", "previous_message_id": "m"}},
    "another workspace": MESSAGE | {"workspace_id": "other"},
    "compacting by another model": MESSAGE | {"compaction": {"model": "osprey-1"}},
    "editing by another model": MESSAGE | {"context_management": {"edits": [{"type": "compact", "model": "osprey-1"}]}},
    "thinking by another model": MESSAGE | {"thinking": {"type": "enabled", "model": "osprey-1"}},
}
DENIED_ON_RESPONSES: dict[str, dict[str, Any]] = {
    "calling by program": RESPONSE | tool(type="programmatic_tool_calling"),
    "drawing by another model": RESPONSE | tool(type="image_generation", model="osprey-1"),
    "a shell of the provider's": RESPONSE | tool(type="shell", environment={"type": "container_auto"}),
    "code by a permitted name": RESPONSE | tool(type="code_interpreter", name="read-log", container={"type": "auto"}),
    "code by a permitted label": RESPONSE | tool(type="code_interpreter", server_label="read-log"),
    "a server in a namespace": RESPONSE | tool(type="namespace", name="n", tools=[SERVER]),
    "a choice of a server": RESPONSE | {"tool_choice": {"type": "mcp", "server_label": "other"}},
    "a choice of code": RESPONSE | {"tool_choice": {"type": "code_interpreter"}},
    "a choice among many": RESPONSE | {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [SERVER]}},
    "tools that a search found": items({"type": "tool_search_output", "tools": [SERVER]}),
    "what a server lists": items(
        {"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "x", "input_schema": {}}]}
    ),
    "later": RESPONSE | {"background": True},
    "within hours": RESPONSE | {"background_options": {"completion_window": "8h"}},
    "going on in the background": RESPONSE | {"background_options": {"continuation_id": "c"}},
    "a kept prompt": RESPONSE | {"prompt": {"id": "pmpt_1"}},
    "a conversation of somebody's": RESPONSE | {"conversation": {"id": "conv_1"}},
    "two conversations": RESPONSE | {"conversation": "conv_1", "previous_response_id": "resp_1"},
    "an item of somebody's": items({"id": "cmp_1"}),
    "moderating by another model": RESPONSE | {"moderation": {"model": "osprey-1"}},
    "compacting by another model": RESPONSE | {"context_management": [{"type": "compaction", "model": "osprey-1"}]},
}
DENIED_ON_CHAT: dict[str, dict[str, Any]] = {
    "a server": SAID | {"tools": [SERVER]},
    "a kind by a permitted name": SAID | tool(type="code_interpreter", name="read-log"),
    "a function of the provider's": SAID | tool(type="builtin_function", function={"name": "$web_search"}),
    "a tool without a kind": SAID | tool(google_search={}),
    "a tool that runs code": SAID | tool(codeExecution={}),
    "a tool alone": SAID | {"tools": SERVER},
    "tools by a word": SAID | {"tools": "auto"},
    "a tool in a message": {"messages": [{"role": "system", "content": "?", "tools": [SERVER]}]},
    "tools laid over": SAID | {"extra_body": {"tools": [SERVER]}},
    "tools laid over deeper": SAID | {"extra_body": {"google": {"tools": [{"google_search": {}}]}}},
    "tools of one maker": SAID | {"google": {"tools": [{"code_execution": {}}]}},
    "a plug-in": SAID | {"plugins": [{"id": "code"}]},
    "a plug-in by name": SAID | {"plugins": [{"name": "code"}]},
    "plug-ins as words": SAID | {"plugins": "web,code"},
    "models": SAID | {"models": ["osprey-1"]},
    "a route": SAID | {"route": "fallback"},
    "an order of providers": SAID | {"provider": {"order": ["x"]}},
    "options": SAID | {"options": {"model": "osprey-1"}},
    "a voice of another model": SAID | {"audio": {"voice": "x", "model": "osprey-1"}},
    "a drafting model": SAID | {"speculative": {"draft": {"model": "osprey-1"}}},
    "a tier of another model": SAID | {"service_tier": {"model": "osprey-1"}},
    "an adapter": SAID | {"lora_request": {"lora_name": "x"}},
    "a model that is declared": SAID | {"metadata": {"remit-model-id": "osprey-1"}},
    "another dash": SAID | {"model": "heron\u20102"},
}
DENIED = [
    pytest.param(path, body, id=f"{path}: {name}")
    for path, named in ((MESSAGES, DENIED_ON_MESSAGES), (RESPONSES, DENIED_ON_RESPONSES), (CHAT, DENIED_ON_CHAT))
    for name, body in named.items()
]
RAW = {
    "a key twice in a tool": b'"tools":[{"type":"function","type":"mcp","function":{"name":"read-log"}}]',
    "a key twice in a message": b'"messages":[{"role":"user","role":"system","content":"?"}]',
    "a key of other letters": '"\uff54ools":[{"type":"mcp"}]'.encode(),
    "a key with what is not seen": '"model\u200b":"osprey-1"'.encode(),
    "a key of half a letter": b'"mod\\ud800el":"osprey-1"',
    "no number": b'"temperature":NaN',
    "a remark": b'/*"*/"n":1',
}
HEADERS: dict[str, list[tuple[bytes, bytes]]] = {
    "packed by zstd": [(b"content-encoding", b"zstd")],
    "packed by br": [(b"content-encoding", b"br")],
    "not packed as said": [(b"content-encoding", b"gzip")],
    "packed twice": [(b"content-encoding", b"gzip, gzip")],
    "packed in two ways": [(b"content-encoding", b"identity"), (b"content-encoding", b"gzip")],
}
PATHS = (
    "//v1/chat/completions",
    "/v1/%2e/chat/completions",
    "/v1/chat/completions;x=1",
    "/v1/chat/completions/../responses",
    "/v1\\chat\\completions",
    "/V1/Chat/Completions",
    "/v1/responses/compact",
    "/v1/responses/input_tokens",
)
PERMITTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a function": (CHAT, SAID | {"tools": [{"type": "function", "function": READ}]}),
    "a custom tool": (CHAT, SAID | {"tools": [{"type": "custom", "custom": {"name": "read-log"}}]}),
    "a choice of a function": (
        CHAT,
        SAID
        | {"tools": [{"type": "function", "function": READ}]}
        | {"tool_choice": {"type": "function", "function": {"name": "read-log"}}},
    ),
    "a prediction": (CHAT, SAID | {"prediction": {"type": "content", "content": "Aye."}}),
    "sound": (CHAT, SAID | {"modalities": ["text", "audio"], "audio": {"voice": "x", "format": "wav"}}),
    "a search": (CHAT, SAID | {"web_search_options": {}}),
    "a schema that speaks of tools": (
        CHAT,
        SAID
        | {"response_format": {"type": "json_schema", "json_schema": {"schema": {"properties": {"tools": {"x": 1}}}}}},
    ),
    "a namespace": (
        RESPONSES,
        RESPONSE | tool(type="namespace", name="n", tools=[{"type": "function", **READ}]),
    ),
    "a chosen search": (RESPONSES, RESPONSE | tool(type="web_search") | {"tool_choice": {"type": "web_search"}}),
    "a chosen function": (
        RESPONSES,
        RESPONSE | tool(type="function", **READ) | {"tool_choice": {"type": "function", "name": "read-log"}},
    ),
    "allowed tools": (
        RESPONSES,
        RESPONSE
        | tool(type="function", **READ)
        | {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "x"}]}},
    ),
    "a shell of the client's": (RESPONSES, RESPONSE | tool(type="shell", environment={"type": "local"})),
    "a search by its date": (MESSAGES, MESSAGE | tool(type="web_search_20260318", name="web_search")),
    "a tool of the client's": (MESSAGES, MESSAGE | tool(name="read-log", input_schema={"type": "object"})),
    "a choice": (MESSAGES, MESSAGE | {"tool_choice": {"type": "auto"}}),
    "an edit": (
        MESSAGES,
        MESSAGE | {"context_management": {"edits": [{"type": "clear_tool_uses_20250919", "exclude_tools": ["x"]}]}},
    ),
}


def sent(path: str, body: object, headers: list[tuple[bytes, bytes]] | None = None) -> tuple[int, int]:
    """Return how many requests went on, and what the client was told."""
    harbour = Harbour(harbour_terms(NO_BERTHS))
    harbour.script = lambda _: answer("Aye.")
    whole = {"model": "heron-2"} | body if isinstance(body, dict) else body
    got = harbour.ask(whole, path=path, headers=headers or [])
    harbour.writer.close()
    return len(got.sent), got.status


@pytest.mark.parametrize(("path", "body"), DENIED)
def test_nothing_of_what_is_denied_goes_on(path: str, body: dict[str, Any]) -> None:
    count, status = sent(path, body)
    assert count == 0
    assert 400 <= status < 500


@pytest.mark.parametrize("name", RAW)
def test_no_body_goes_on_that_another_reader_may_read_otherwise(name: str) -> None:
    messages = b"" if b'"messages"' in RAW[name] else b'"messages":[{"role":"user","content":"?"}],'
    assert sent(CHAT, b'{"model":"heron-2",' + messages + RAW[name] + b"}") == (0, 400)


@pytest.mark.parametrize("name", HEADERS)
def test_no_packing_hides_what_is_asked(name: str) -> None:
    count, status = sent(CHAT, SAID, HEADERS[name])
    assert count == 0
    assert status in {400, 415}


@pytest.mark.parametrize("path", PATHS)
def test_no_other_path_leads_to_an_endpoint(path: str) -> None:
    assert sent(path, SAID | RESPONSE)[0] == 0


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{"model":"osprey-9"}', json.dumps(SAID).encode("utf-16"), b"{}{}"])
def test_no_other_encoding_is_read(body: bytes) -> None:
    assert sent(CHAT, body)[0] == 0


@pytest.mark.parametrize("name", PERMITTED)
def test_what_is_permitted_goes_on(name: str) -> None:
    path, body = PERMITTED[name]
    assert sent(path, body)[0] == 1
