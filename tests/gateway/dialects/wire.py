"""Writes replies as upstreams send them, and reads them through a filter under a verdict for each call."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from remit.gateway.dialects.dialect import Ask, Dialect, ProposedCall, ReplyFilter, Verdict
from remit.gateway.dialects.register import route

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
REFUSED = "Not within the terms."

Judge = Callable[[ProposedCall], Verdict]


def dialect_at(path: str) -> Dialect:
    found = route("POST", path).dialect
    assert found is not None
    return found


def ask_at(path: str, **fields: Any) -> Ask:
    body = {"model": "heron-2", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}], "input": "hello"}
    return dialect_at(path).read(dump(body | fields), {}, "")


def filter_at(path: str, *, streamed: bool, **fields: Any) -> ReplyFilter:
    return dialect_at(path).filter(ask_at(path, **fields), streamed=streamed)


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def events(*values: Any, done: bool = False, named: bool = False) -> bytes:
    """Write events, named by their type if asked."""
    out = []
    for value in values:
        name = b"event: " + value["type"].encode() + b"\n" if named else b""
        out.append(name + b"data: " + dump(value) + b"\n\n")
    return b"".join(out) + (b"data: [DONE]\n\n" if done else b"")


def chunk(delta: Any = None, finish: str | None = None, at: int = 0, **rest: Any) -> dict[str, Any]:
    choice = {"index": at, "delta": delta or {}, "logprobs": None, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "heron-2"}
    return head | {"choices": [choice]} | rest


def piece(index: int, name: str | None = None, arguments: str | None = None, **rest: Any) -> dict[str, Any]:
    """One entry of `tool_calls`."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    begun = {"id": f"call_{index}", "type": "function"} if name else {}
    return {"index": index} | begun | {"function": function} | rest


def chat(*chunks: dict[str, Any], finish: str = "tool_calls") -> bytes:
    """A chat completion in pieces, from its role to its end."""
    return events(chunk({"role": "assistant", "content": None}), *chunks, chunk({}, finish), done=True)


def message_start(**rest: Any) -> dict[str, Any]:
    usage = {"input_tokens": 3, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "heron-2", "content": []}
    return {"type": "message_start", "message": message | {"stop_reason": None, "usage": usage} | rest}


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """A block of a message, from its start to its stop."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text_block(index: int, text: str) -> list[dict[str, Any]]:
    return block(index, {"type": "text", "text": ""}, {"type": "text_delta", "text": text})


def tool_block(index: int, name: str, arguments: str, cuts: int = 3, **rest: Any) -> list[dict[str, Any]]:
    start = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}} | rest
    size = max(1, len(arguments) // cuts)
    parts = [arguments[at : at + size] for at in range(0, len(arguments), size)]
    return block(index, start, *({"type": "input_json_delta", "partial_json": part} for part in ["", *parts]))


def message(*parts: Iterable[dict[str, Any]], stop: str = "tool_use") -> bytes:
    """A message in events, from its start to its stop."""
    ending = {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}}
    body = [event for part in parts for event in part]
    return events(
        message_start(), *body, ending | {"usage": {"output_tokens": 9}}, {"type": "message_stop"}, named=True
    )


def response(*items: dict[str, Any], **rest: Any) -> dict[str, Any]:
    head = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "heron-2"}
    more: dict[str, Any] = {"error": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    return head | more | {"output": list(items)} | rest


def function_item(name: str, arguments: str, at: int = 0, **rest: Any) -> dict[str, Any]:
    item = {"type": "function_call", "id": f"fc_{at}", "call_id": f"call_{at}", "name": name, "arguments": arguments}
    return item | {"status": "completed"} | rest


def text_item(text: str, at: int = 0) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "message", "id": f"msg_{at}", "status": "completed", "role": "assistant", "content": [part]}


def item_events(at: int, item: dict[str, Any], **added: Any) -> list[dict[str, Any]]:
    """What tells of one item."""
    place = {"output_index": at, "item_id": item.get("id")}
    empty: dict[str, Any] = {"status": "in_progress"}
    middle: list[dict[str, Any]] = []
    if item["type"] == "message":
        text, begun = item["content"][0]["text"], item["content"][0] | {"text": ""}
        empty["content"] = []
        part = place | {"content_index": 0}
        middle = [
            {"type": "response.content_part.added", "part": begun} | part,
            {"type": "response.output_text.delta", "delta": text, "logprobs": []} | part,
            {"type": "response.output_text.done", "text": text, "logprobs": []} | part,
            {"type": "response.content_part.done", "part": item["content"][0]} | part,
        ]
    elif item["type"] in {"function_call", "custom_tool_call"}:
        key, stem = ("arguments", "function_call_arguments"), "custom_tool_call_input"
        field, stem = key if item["type"] == "function_call" else ("input", stem)
        empty[field] = ""
        told, half = item[field], len(item[field]) // 2
        middle = [
            {"type": f"response.{stem}.delta", "delta": told[:half]} | place,
            {"type": f"response.{stem}.delta", "delta": told[half:]} | place,
            {"type": f"response.{stem}.done", field: told} | place,
        ]
    return [
        {"type": "response.output_item.added", "output_index": at, "item": item | empty | added},
        *middle,
        {"type": "response.output_item.done", "output_index": at, "item": item},
    ]


def responses(*told: Iterable[dict[str, Any]], final: Sequence[dict[str, Any]]) -> bytes:
    """A response in events, numbered, from its creation to its end."""
    started = response(status="in_progress")
    body = [
        {"type": "response.created", "response": started},
        *(event for part in told for event in part),
        {"type": "response.completed", "response": response(*final)},
    ]
    return events(*({"sequence_number": n} | event for n, event in enumerate(body)), named=True)


def permit(_: ProposedCall) -> Verdict:
    return Verdict(passes=True)


def deny(_: ProposedCall) -> Verdict:
    return Verdict(passes=False, text=REFUSED)


def denying(name: str) -> Judge:
    return lambda call: Verdict(passes=call.name != name, text=REFUSED)


def read_through(
    reply: ReplyFilter, pieces: Iterable[bytes], judge: Judge, waiting: str = "", flowed: list[bytes] | None = None
) -> tuple[bytes, list[ProposedCall]]:
    """Return what flowed, and the calls that were judged; what flows is put into `flowed` as it does."""
    out = [] if flowed is None else flowed
    calls: list[ProposedCall] = []

    def settle() -> None:
        while reply.calls:
            calls.extend(reply.calls)
            if waiting:
                out.append(reply.keep_alive(waiting))
            out.append(reply.settle([judge(call) for call in reply.calls]))

    for data in pieces:
        out.append(reply.feed(data))
        settle()
    out.append(reply.end())
    settle()
    return b"".join(out), calls
