"""Replies that go on with one another: what is asked for, how each is written, and what flows of all of them."""

import json
from typing import Any

from remit.gateway.dialects.dialect import Ask, ProposedCall, ReplyFilter, Verdict
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    REFUSED,
    RESPONSES,
    ask_at,
    chunk,
    dialect_at,
    dump,
    events,
    function_item,
    item_events,
    message_start,
    piece,
    read_through,
    response,
    text_block,
    text_item,
    tool_block,
)

PATHS = [CHAT, MESSAGES, RESPONSES]
DENIED, ALLOWED, MARK = "drop_register", "find_ship", "MARKED"
ARGUMENTS = json.dumps({"table": MARK})
TOOLS: Any = {
    CHAT: [{"type": "function", "function": {"name": name}} for name in (DENIED, ALLOWED)],
    MESSAGES: [{"name": name, "input_schema": {"type": "object"}} for name in (DENIED, ALLOWED)],
    RESPONSES: [{"type": "function", "name": name} for name in (DENIED, ALLOWED)],
}
USAGE: Any = {
    CHAT: {"prompt_tokens": 3, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 1}},
    MESSAGES: {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 1, "service_tier": "standard"},
    RESPONSES: {"input_tokens": 3, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 1}, "total_tokens": 7},
}


def again(call: ProposedCall) -> Verdict:
    return Verdict(call.name != DENIED, REFUSED, again=True)


def ask_for(path: str, **fields: Any) -> Ask:
    return ask_at(path, **({"tools": TOOLS[path], "store": False} | fields))


def filter_for(path: str, *, streamed: bool, **fields: Any) -> ReplyFilter:
    return dialect_at(path).filter(ask_for(path, **fields), streamed=streamed)


def reply(path: str, text: str, *tools: str, streamed: bool, name: str = "1") -> bytes:
    """Write a reply with a text and calls."""
    calls = [(tool, ARGUMENTS, f"{name}_{at}") for at, tool in enumerate(tools)]
    write = _streamed if streamed else _whole
    return write(path, text, calls, name)


def _whole(path: str, text: str, calls: list[tuple[str, str, str]], name: str) -> bytes:
    if path == CHAT:
        parts = [{"id": i, "type": "function", "function": {"name": tool, "arguments": a}} for tool, a, i in calls]
        said = {"role": "assistant", "content": text or None, **({"tool_calls": parts} if calls else {})}
        choice = {"index": 0, "message": said, "finish_reason": "tool_calls" if calls else "stop"}
        head = {"id": name, "object": "chat.completion", "created": 1, "model": "heron-2"}
        return dump(head | {"choices": [choice], "usage": USAGE[path]})
    if path == MESSAGES:
        blocks = [{"type": "text", "text": text}] if text else []
        uses = [{"type": "tool_use", "id": i, "name": tool, "input": json.loads(a)} for tool, a, i in calls]
        head = message_start()["message"] | {"id": name, "stop_reason": "tool_use" if calls else "end_turn"}
        return dump(head | {"content": blocks + uses, "usage": USAGE[path]})
    items = [text_item(text) | {"id": f"msg_{name}"}] if text else []
    items += [function_item(tool, a, at, call_id=i) for at, (tool, a, i) in enumerate(calls, start=len(items))]
    return dump(response(*items, id=name, usage=USAGE[path]))


def _streamed(path: str, text: str, calls: list[tuple[str, str, str]], name: str) -> bytes:
    if path == CHAT:
        told = [chunk({"role": "assistant", "content": text[:3]}, id=name), chunk({"content": text[3:]}, id=name)]
        for at, (tool, a, i) in enumerate(calls):
            told += [chunk({"tool_calls": [piece(at, tool, a[:4]) | {"id": i}]}, id=name)]
            told += [chunk({"tool_calls": [piece(at, None, a[4:])]}, id=name)]
        ends = [chunk({}, "tool_calls" if calls else "stop", id=name)]
        ends.append(chunk(id=name) | {"choices": [], "usage": USAGE[path]})
        return events(*told, *ends, done=True)
    if path == MESSAGES:
        start = message_start(id=name, usage=USAGE[path] | {"output_tokens": 1})
        parts = [text_block(0, text)] if text else []
        parts += [tool_block(at, tool, a) for at, (tool, a, _) in enumerate(calls, start=len(parts))]
        for part, (_, _, i) in zip(parts[len(parts) - len(calls) :], calls, strict=True):
            part[0]["content_block"]["id"] = i
        ending = {"stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}
        body = [event for part in parts for event in part]
        body.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 4}})
        return events(start, *body, {"type": "message_stop"}, named=True)
    items = [text_item(text) | {"id": f"msg_{name}"}] if text else []
    items += [function_item(tool, a, at, call_id=i) for at, (tool, a, i) in enumerate(calls, start=len(items))]
    told = [event for at, item in enumerate(items) for event in item_events(at, item)]
    last = response(*items, id=name, usage=USAGE[path])
    body = [
        {"type": "response.created", "response": response(status="in_progress", id=name)},
        {"type": "response.in_progress", "response": response(status="in_progress", id=name)},
        *told,
        {"type": "response.completed", "response": last},
    ]
    return events(*({"sequence_number": n} | event for n, event in enumerate(body)), named=True)


def read_all(reading: ReplyFilter, *replies: bytes, judge: Any = again, size: int = 0) -> bytes:
    """Return what flows of several replies, each of which goes on with the one before."""
    flowed: list[bytes] = []
    for number, data in enumerate(replies):
        if number:
            assert reading.retold is not None
            reading.go_on()
        pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
        read_through(reading, pieces, judge, flowed=flowed)
    if reading.retold is not None:
        flowed.append(reading.conclude())
    return b"".join(flowed)
