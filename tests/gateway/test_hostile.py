"""A hostile client's ways to a denied tool or a denied model, over every wire, whole exchanges long.

One tool is denied by its name, another by its effect; one model is denied by its id. Nothing of a request that may lead
to either goes on, and of what goes on no reply brings a call of either to the client, however it is spelt.
"""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway.step import Answered
from tests.gateway.dialects.lenient import names_called
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    chat,
    chunk,
    dump,
    function_item,
    item_events,
    message,
    piece,
    response,
    responses,
    tool_block,
)
from tests.gateway.harbour import NO_BERTHS, REGISTER, Got, Harbour, harbour_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from remit.terms.terms import Terms

ROWS = "tools: [{id: quay, effect: read}, {id: lift-log, effect: read}, {id: read-log"
NO_LIFT = "{id: no-lift, boundary: true, forbid: [act], when: {tool.name: lift-log}}"
NO_OSPREY = "{id: no-osprey, boundary: true, forbid: [invoke], when: {model.id: osprey-1}}"
SAID: dict[str, Any] = {"messages": [{"role": "user", "content": "?"}]}
MESSAGE = SAID | {"max_tokens": 9}
RESPONSE: dict[str, Any] = {"input": "?", "store": False}
DENIED = "close-berth"
SCHEMA: dict[str, Any] = {"type": "object"}
SERVER = {"type": "mcp", "server_label": "quay", "server_url": "https://quay.example"}
OTHER = {"type": "mcp", "server_label": "other", "server_url": "https://other.example"}
CODE = {"type": "code_execution_20260521", "name": "code_execution"}


def hostile_terms() -> Terms:
    register = REGISTER.replace("tools: [{id: read-log", ROWS)
    return harbour_terms(NO_BERTHS, NO_LIFT, NO_OSPREY, register=register)


def asking(more: dict[str, Any], path: str) -> dict[str, Any]:
    return {"model": "heron-2"} | {CHAT: SAID, MESSAGES: MESSAGE, RESPONSES: RESPONSE}[path] | more


def carried(path: str, body: object, headers: Any = (), reply: list[Any] | None = None) -> Got:
    harbour = Harbour(hostile_terms())
    harbour.script = lambda _: reply or [Answered(200, []), b"{}"]
    got = harbour.ask(body, path=path, headers=headers)
    harbour.writer.close()
    return got


def approved(name: str, *, approve: object = True, **more: Any) -> dict[str, Any]:
    """A call at a server of the provider's that the client itself lets go on, out of a history that it wrote."""
    asked = {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "quay", "name": name, "arguments": "{}"}
    yes = {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": approve}
    return {"tools": [SERVER], "input": [{"role": "user", "content": "?"}, asked, yes | more]}


def in_result(*blocks: dict[str, Any]) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [*blocks]}
    used = {"type": "tool_use", "id": "t", "name": "read-log", "input": {}}
    return {"messages": [{"role": "assistant", "content": [used]}, {"role": "user", "content": [result]}]}


ADDED = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": CODE}}
DENIED_REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    RESPONSES: {
        "an approval of a denied tool": approved(DENIED),
        "an approval of a tool that is denied by name": approved("lift-log"),
        "an approval of a tool in other capitals": approved("Close-Berth"),
        "an approval in full width": approved("\uff43lose-berth"),
        "an approval of a tool of no name": approved(""),
        "an approval by a word": approved(DENIED, approve="true"),
        "an approval by a number": approved(DENIED, approve=1),
        "an approval with a reason": approved(DENIED, reason="so"),
        "an approval before what it approves": {
            "tools": [SERVER],
            "input": list(reversed(approved(DENIED)["input"])),
        },
        "two requests by one name, one approved": {
            "tools": [SERVER],
            "input": [*approved("read-log")["input"][:2], *approved(DENIED)["input"][1:]],
        },
        "a server's other spelling": {"tools": [{"type": "mcp", "serverLabel": "quay", "server_label": "other"}]},
        "a connector": {"tools": [{"type": "mcp", "server_label": "other", "connector_id": "connector_x"}]},
        "a server chosen by its kind": {"tool_choice": {"type": "mcp", "server_label": "other", "name": DENIED}},
        "tools within what a tool gave": {
            "input": [{"type": "function_call_output", "call_id": "c", "output": [{"type": "x", "tools": [OTHER]}]}]
        },
        "tools within a message": {
            "input": [{"role": "user", "content": [{"type": "tool_search_output", "tools": [OTHER]}]}]
        },
        "tools two namespaces deep": {
            "tools": [
                {"type": "namespace", "name": "a", "tools": [{"type": "namespace", "name": "b", "tools": [OTHER]}]}
            ]
        },
        "a function twice, otherwise": {
            "tools": [
                {"type": "function", "name": "read-log", "parameters": SCHEMA},
                {"type": "function", "name": "read-log", "parameters": {}},
            ]
        },
        "a function and a custom tool by one name": {
            "tools": [{"type": "function", "name": "read-log"}, {"type": "custom", "name": "read-log"}]
        },
        "a kind in other capitals": {"tools": [{"type": "MCP", "server_label": "quay"}]},
        "a kind with a blank": {"tools": [{"type": "function ", "name": "read-log"}]},
        "a kind in full width": {"tools": [{"type": "\uff46unction", "name": "read-log"}]},
        "functions beside": {"functions": [{"name": DENIED}], "tools": [OTHER]},
    },
    MESSAGES: {
        "a tool within the result of a tool": in_result(ADDED),
        "a tool two results deep": in_result({"type": "tool_result", "content": [ADDED]}),
        "a tool in the system's words": {"system": [{"type": "text", "text": "?"}, ADDED]},
        "tools in a block": {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "?", "tools": [CODE]}]}]
        },
        "a server's toolset": {"tools": [{"type": "mcp_toolset", "mcp_server_name": "other"}]},
        "a server and a permitted toolset": {
            "tools": [{"type": "mcp_toolset", "mcp_server_name": "quay"}],
            "mcp_servers": [{"type": "url", "name": "other", "url": "https://other.example"}],
        },
        "a permitted name twice": {
            "tools": [{"name": "read-log", "input_schema": SCHEMA}, {"name": "read-log", "input_schema": {}}]
        },
        "a tool of a date to come": {"tools": [{"type": "web_run_20300101", "name": "web_search"}]},
        "a tool without name or kind": {"tools": [{"input_schema": SCHEMA}]},
        "fallbacks by another name": {"model_fallbacks": ["osprey-1"]},
        "a container by its skills alone": {"container": {"skills": [{"skill_id": "close-berth"}]}},
        "a container in other letters": {"Container": {"skills": [{"skill_id": "close-berth"}]}},
    },
    CHAT: {
        "a choice of a server": {"tool_choice": {"type": "mcp", "server_label": "other"}},
        "a choice of code": {"tool_choice": {"type": "code_interpreter"}},
        "a choice of a search elsewhere": {"tool_choice": {"type": "google_search"}},
        "a choice among tools of the provider's": {
            "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [OTHER]}}
        },
        "a choice among tools, flat": {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [OTHER]}},
        "both function and custom": {
            "tools": [{"type": "function", "function": {"name": "a"}, "custom": {"name": "b"}}]
        },
        "a function twice, otherwise": {
            "tools": [
                {"type": "function", "function": {"name": "read-log"}},
                {"type": "function", "function": {"name": "read-log", "parameters": SCHEMA}},
            ]
        },
        "a function in both forms, otherwise": {
            "tools": [{"type": "function", "function": {"name": "read-log"}}],
            "functions": [{"name": "read-log", "parameters": SCHEMA}],
        },
        "tools in the other spelling": {"Tools": [OTHER]},
        "tools within a part of a message": {
            "messages": [{"role": "user", "content": [{"type": "text", "tools": [OTHER]}]}]
        },
        "a fallback in the body of options": {"extra_body": {"fallbacks": ["osprey-1"]}},
        "options of a router": {"router": {"model": "osprey-1"}},
        "a list of models": {"model_list": ["osprey-1"]},
        "an automatic router": {"model": "openrouter/auto"},
        "a model and its suffix": {"model": "heron-2:online"},
        "a model and a plug-in's suffix": {"model": "heron-2:nitro,osprey-1"},
        "another model": {"model": "osprey-1"},
        "another model in capitals": {"model": "OSPREY-1"},
        "another model of a maker": {"model": "orrin/osprey-1"},
        "another model with a mark": {"model": "osprey-1\u200b"},
        "a model as an object": {"model": {"id": "osprey-1"}},
        "metadata that says another model": {"metadata": {"remit-model-maker": "orrin"}},
        "metadata that says another tool": {"metadata": {"remit-tool-effect": "read"}},
        "metadata that says another use": {"metadata": {"remit-use-case": "secret"}},
        "metadata in other letters": {"metadata": {"Remit-Model-Id": "osprey-1"}},
    },
}
REQUESTS = [
    pytest.param(path, more, id=f"{path}: {name}")
    for path, named in DENIED_REQUESTS.items()
    for name, more in named.items()
]


@pytest.mark.parametrize(("path", "more"), REQUESTS)
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_nothing_goes_on_that_may_lead_to_what_is_denied(path: str, more: dict[str, Any], streamed: bool) -> None:  # noqa: FBT001
    got = carried(path, asking({"stream": streamed} | more, path))
    assert got.sent == []
    assert 400 <= got.status < 500


PERMITTED_REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    RESPONSES: {
        "an approval of a permitted tool": approved("read-log"),
        "a denied tool that is not approved": approved(DENIED, approve=False),
        "an approval of what the provider keeps": {"input": approved(DENIED)["input"][2:], "tools": [SERVER]},
        "a denied call in the history": {
            "input": [
                {"type": "function_call", "call_id": "c", "name": DENIED, "arguments": '{"tools":["a"]}'},
                {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "tools"}]},
            ]
        },
        "a denied tool on offer, which is held in the answer": {
            "tools": [{"type": "function", "name": DENIED, "parameters": SCHEMA}],
            "tool_choice": {"type": "function", "name": DENIED},
        },
        "the same function twice": {"tools": [{"type": "function", "name": "read-log", "parameters": SCHEMA}] * 2},
    },
    MESSAGES: {
        "a denied call in the history": {
            "messages": [
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t", "name": DENIED, "input": {"tools": [1], "tool": "x"}}],
                },
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "done"}]},
            ]
        },
        "a forced tool": {
            "tools": [{"name": DENIED, "input_schema": SCHEMA}],
            "tool_choice": {"type": "tool", "name": DENIED},
        },
    },
    CHAT: {
        "a denied call in the history": {
            "messages": [
                {"role": "user", "content": "?"},
                {"role": "assistant", "content": None, "tool_calls": [piece(0, DENIED, "{}")]},
                {"role": "tool", "tool_call_id": "call_0", "content": "done"},
                {"role": "assistant", "content": None, "function_call": {"name": DENIED, "arguments": "{}"}},
                {"role": "function", "name": DENIED, "content": "done"},
            ]
        },
        "a forced tool": {
            "tools": [{"type": "function", "function": {"name": DENIED}}],
            "tool_choice": {"type": "function", "function": {"name": DENIED}},
        },
        "a forced function": {"functions": [{"name": DENIED}], "function_call": {"name": DENIED}},
        "allowed tools": {
            "tools": [{"type": "custom", "custom": {"name": DENIED}}],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "custom", "custom": {"name": DENIED}}]},
            },
        },
        "a choice by a word": {"tool_choice": "required"},
    },
}
PERMITTED = [
    pytest.param(path, more, id=f"{path}: {name}")
    for path, named in PERMITTED_REQUESTS.items()
    for name, more in named.items()
]


@pytest.mark.parametrize(("path", "more"), PERMITTED)
def test_what_only_speaks_of_a_denied_tool_goes_on(path: str, more: dict[str, Any]) -> None:
    assert len(carried(path, asking(more, path)).sent) == 1


def test_two_requests_for_one_approval_are_not_told_apart_by_anybody() -> None:
    asked = approved("read-log")["input"]
    body = asking({"tools": [SERVER], "input": [asked[0], asked[1], asked[1] | {"name": DENIED}, asked[2]]}, RESPONSES)
    assert carried(RESPONSES, body).status == 400


WHOLE = dump({"model": "osprey-1", **SAID})
GOOD = dump({"model": "heron-2", **SAID})
PACKED: dict[str, tuple[bytes, list[tuple[bytes, bytes]]]] = {
    "gzip": (gzip.compress(WHOLE), [(b"content-encoding", b"gzip")]),
    "x-gzip": (gzip.compress(WHOLE), [(b"content-encoding", b"x-gzip")]),
    "deflate": (zlib.compress(WHOLE), [(b"content-encoding", b"deflate")]),
    "gzip that is not said": (gzip.compress(WHOLE), []),
    "two members of gzip": (gzip.compress(GOOD) + gzip.compress(WHOLE), [(b"content-encoding", b"gzip")]),
    "gzip and words": (gzip.compress(GOOD) + WHOLE, [(b"content-encoding", b"gzip")]),
    "gzip within gzip": (gzip.compress(gzip.compress(WHOLE)), [(b"content-encoding", b"gzip")]),
    "half of gzip": (gzip.compress(GOOD)[:-4], [(b"content-encoding", b"gzip")]),
    "gzip in other capitals": (gzip.compress(WHOLE), [(b"content-encoding", b"GZip")]),
    "UTF-16": (WHOLE.decode().encode("utf-16"), [(b"content-type", b"application/json; charset=utf-16")]),
    "UTF-32": (WHOLE.decode().encode("utf-32-le"), []),
    "a mark of the order of bytes": (b"\xef\xbb\xbf" + WHOLE, []),
    "a form": (b"model=osprey-1&messages=", [(b"content-type", b"application/x-www-form-urlencoded")]),
    "parts": (b'--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nosprey-1\r\n--x--', []),
    "two lines": (GOOD + b"\n" + WHOLE, []),
    "a list of one": (b"[" + WHOLE + b"]", []),
    "a nested double": (b'{"model":"heron-2","messages":[{"role":"user","content":"?","content":"!"}]}', []),
    "a double deep in a tool": (GOOD[:-1] + b',"tools":[{"type":"function","function":{"name":"a","name":"b"}}]}', []),
    "a double by its number": (b'{"model":"heron-2","\\u006dodel":"osprey-1","messages":[]}', []),
    "a model after a NUL": (b'{"model":"heron-2\\u0000osprey-1","messages":[]}', []),
    "a model that begins with one that is permitted": (b'{"model":"heron-2\\nosprey-1","messages":[]}', []),
}


@pytest.mark.parametrize("name", PACKED)
def test_no_packing_and_no_letters_reach_a_denied_model(name: str) -> None:
    body, headers = PACKED[name]
    got = carried(CHAT, body, headers)
    assert got.sent == []
    assert got.status in {400, 403, 404, 415}


HEADERS = [
    (b"content-type", b"application/json; charset=utf-7"),
    (b"content-type", b"multipart/form-data; boundary=x"),
    (b"x-model", b"osprey-1"),
    (b"model", b"osprey-1"),
    (b"x-portkey-config", b'{"targets":[{"override_params":{"model":"osprey-1"}}]}'),
    (b"x-portkey-provider", b"orrin"),
    (b"x-litellm-model", b"osprey-1"),
    (b"x-litellm-fallbacks", b"osprey-1"),
    (b"helicone-fallbacks", b'[{"target-url":"https://o.example"}]'),
    (b"helicone-target-url", b"https://o.example"),
    (b"cf-aig-custom-provider", b"orrin"),
    (b"x-openrouter-model", b"osprey-1"),
    (b"x-bf-model", b"osprey-1"),
    (b"x-base-url", b"https://o.example"),
    (b"x-upstream", b"o"),
    (b"azure-openai-deployment", b"osprey-1"),
    (b"x-ms-model-mesh-model-name", b"osprey-1"),
    (b"x-original-url", b"/v1/files"),
    (b"x-http-method-override", b"DELETE"),
    (b"api-key", b"stolen"),
]


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header[0].decode() + "=" + header[1].decode()[:24])
def test_no_header_goes_on_by_which_another_model_or_reading_could_be_taken(header: tuple[bytes, bytes]) -> None:
    got = carried(CHAT, asking({}, CHAT), [header])
    for send in got.sent:
        assert all(b"osprey" not in value and b"o.example" not in value for _, value in send.headers)
        assert header not in send.headers
        assert [value for name, value in send.headers if name == b"content-type"] in ([], [b"application/json"])


SPELT = [
    DENIED,
    "Close-Berth",
    "CLOSE-BERTH",
    "close_berth",
    "closeBerth",
    "close-berth ",
    " close-berth",
    "close-berth\n",
    "close-berth\u200b",
    "close\u2010berth",
    "\uff43\uff4c\uff4f\uff53\uff45-berth",
    "cl\u043ese-berth",
    "functions.close-berth",
    "mcp__quay__close-berth",
    "quay/close-berth",
    "quay.close-berth",
    "$close-berth",
    "close-berth\x00",
    "close-berth;read-log",
    "lift-log",
    "Lift-Log",
    "\uff4cift-log",
    "no-such-tool",
    "web_search",
]
PERMITTED_NAMES = {"web_search"}


def _custom(name: str) -> dict[str, Any]:
    return {"type": "custom_tool_call", "id": "f", "call_id": "c", "name": name, "input": "{}", "status": "completed"}


def _choice(said: dict[str, Any]) -> bytes:
    told = {"index": 0, "message": {"role": "assistant", "content": None} | said, "finish_reason": "tool_calls"}
    return dump({"id": "c", "object": "chat.completion", "model": "heron-2", "choices": [told]})


def _tool_use(name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": "t", "name": name, "input": {}}


def _message(*blocks: dict[str, Any]) -> bytes:
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": "m", "type": "message", "role": "assistant", "model": "heron-2", "stop_reason": "tool_use"}
    return dump(head | {"content": list(blocks), "usage": usage})


def _crm(name: str) -> dict[str, Any]:
    return function_item(name, "{}", namespace="crm")


Reply = tuple[str, bool, "Callable[[str], bytes]"]
REPLIES: dict[str, Reply] = {
    "chat": (CHAT, False, lambda n: _choice({"tool_calls": [piece(0, n, "{}")]})),
    "chat, beside a permitted one": (
        CHAT,
        False,
        lambda n: _choice({"tool_calls": [piece(0, "read-log", "{}"), piece(1, n, "{}")]}),
    ),
    "chat, older": (CHAT, False, lambda n: _choice({"function_call": {"name": n, "arguments": "{}"}})),
    "chat, custom": (
        CHAT,
        False,
        lambda n: _choice({"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": n, "input": "x"}}]}),
    ),
    "chat, streamed": (CHAT, True, lambda n: chat(chunk({"tool_calls": [piece(0, n, "{}")]}))),
    "chat, streamed after a permitted one": (
        CHAT,
        True,
        lambda n: chat(chunk({"tool_calls": [piece(0, "read-log", "{}")]}), chunk({"tool_calls": [piece(1, n, "{}")]})),
    ),
    "chat, streamed after many words": (
        CHAT,
        True,
        lambda n: chat(*[chunk({"content": "a"}, obfuscation="x")] * 9, chunk({"tool_calls": [piece(0, n, "{}")]})),
    ),
    "messages": (MESSAGES, False, lambda n: _message(_tool_use(n))),
    "messages, beside a permitted one": (MESSAGES, False, lambda n: _message(_tool_use("read-log"), _tool_use(n))),
    "messages, streamed": (MESSAGES, True, lambda n: message(tool_block(0, n, "{}"))),
    "messages, streamed after a permitted one": (
        MESSAGES,
        True,
        lambda n: message(tool_block(0, "read-log", "{}"), tool_block(1, n, "{}")),
    ),
    "responses": (RESPONSES, False, lambda n: dump(response(function_item(n, "{}")))),
    "responses, in a namespace": (RESPONSES, False, lambda n: dump(response(_crm(n)))),
    "responses, free words": (RESPONSES, False, lambda n: dump(response(_custom(n)))),
    "responses, streamed": (
        RESPONSES,
        True,
        lambda n: responses(item_events(0, function_item(n, "{}")), final=[function_item(n, "{}")]),
    ),
    "responses, streamed in a namespace": (
        RESPONSES,
        True,
        lambda n: responses(item_events(0, _crm(n)), final=[_crm(n)]),
    ),
    "responses, streamed and free words": (
        RESPONSES,
        True,
        lambda n: responses(item_events(0, _custom(n)), final=[_custom(n)]),
    ),
}


@pytest.mark.parametrize("name", SPELT, ids=ascii)
@pytest.mark.parametrize("form", REPLIES)
@pytest.mark.parametrize("cut", [0, 37])
def test_no_spelling_of_a_denied_tool_reaches_the_client(form: str, name: str, cut: int) -> None:
    path, streamed, write = REPLIES[form]
    data = write(name)
    pieces = [data[at : at + cut] for at in range(0, len(data), cut)] if cut else [data]
    kind = b"text/event-stream" if streamed else b"application/json"
    got = carried(path, asking({"stream": streamed}, path), reply=[Answered(200, [(b"content-type", kind)]), *pieces])
    called = names_called(got.body)
    assert called <= {"read-log"} | ({name} & PERMITTED_NAMES)
    if name in PERMITTED_NAMES:
        assert name in called


def test_there_are_more_shapes_than_the_bar_asks_for() -> None:
    assert len(REQUESTS) + len(PACKED) + len(HEADERS) > 60
    assert len(REPLIES) * len(SPELT) > 60


@pytest.mark.parametrize("model", ["osprey-1", "OSPREY-1", "orrin/osprey-1", "osprey-1\u200b", ["osprey-1"], None])
@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES, f"{MESSAGES}/count_tokens", "/v1/embeddings"])
def test_a_denied_model_is_reached_on_no_wire(path: str, model: object) -> None:
    got = carried(path, SAID | {"max_tokens": 9, "input": "?", "store": False, "model": model})
    assert got.sent == []
    assert 400 <= got.status < 500
