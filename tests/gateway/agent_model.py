"""A scripted model for coding agents: it wants one command run in their shell, and is content once it knows of it."""

from __future__ import annotations

import json
from typing import Any

Body = dict[str, Any]
MARK = "made_by_tool.txt"
COMMAND = f"echo ran >> {MARK}"
_TEXT = "Nothing more is to be done."
_SHELLS: dict[str, Body] = {
    "Bash": {"command": COMMAND, "description": "x"},
    "bash": {"command": COMMAND, "description": "x"},
    "exec_command": {"cmd": COMMAND},
}


def answer(path: str, body: Body) -> bytes:
    """Return the body of the reply to one request."""
    if "count_tokens" in path:
        return json.dumps({"input_tokens": 9}).encode()
    made = {"/v1/messages": _messages, "/v1/responses": _responses}.get(path.partition("?")[0], _chat)
    events, whole = made(body, _wanted(body))
    if not body.get("stream"):
        return json.dumps(whole).encode()
    if made is _chat:
        return "".join([*(f"data: {json.dumps(event)}\n\n" for event in events), "data: [DONE]\n\n"]).encode()
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _wanted(body: Body) -> tuple[str, str] | None:
    """Return the shell tool that is offered with what it shall run; None where it was called already."""
    said = json.dumps([body.get("messages"), body.get("input")])
    if any(word in said for word in ('"tool_result"', '"role": "tool"', '"function_call_output"', "Remit ")):
        return None
    names = [tool.get("name") or tool.get("function", {}).get("name", "") for tool in body.get("tools", ())]
    return next(((name, json.dumps(_SHELLS[name])) for name in names if name in _SHELLS), None)


def _chat(body: Body, wanted: tuple[str, str] | None) -> tuple[list[Body], Body]:
    head: Body = {"id": "c1", "created": 0, "model": body["model"]}
    message: Body = {"role": "assistant", "content": _TEXT}
    deltas: list[Body] = [message]
    if wanted is not None:
        function = {"name": wanted[0], "arguments": wanted[1]}
        call = {"id": "call_1", "type": "function", "function": function}
        message = {"role": "assistant", "content": "I will run it.", "tool_calls": [call]}
        begun = {"index": 0, "id": "call_1", "type": "function", "function": {"name": wanted[0], "arguments": ""}}
        pieces = [{"index": 0, "function": {"arguments": piece}} for piece in (wanted[1][:9], wanted[1][9:])]
        deltas = [message | {"tool_calls": [begun]}, *({"tool_calls": [piece]} for piece in pieces)]
    finish = "stop" if wanted is None else "tool_calls"
    rows: list[Body] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    rows.append({"index": 0, "delta": {}, "finish_reason": finish})
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    chunk = head | {"object": "chat.completion.chunk"}
    events = [chunk | {"choices": [row]} for row in rows] + [chunk | {"choices": [], "usage": usage}]
    return events, head | {"object": "chat.completion", "choices": [choice], "usage": usage}


def _messages(body: Body, wanted: tuple[str, str] | None) -> tuple[list[Body], Body]:
    text: Body = {"type": "text", "text": _TEXT if wanted is None else "I will run it."}
    blocks, deltas = [text], [{"type": "text_delta", "text": text["text"]}]
    if wanted is not None:
        blocks.append({"type": "tool_use", "id": "toolu_1", "name": wanted[0], "input": json.loads(wanted[1])})
        deltas.append({"type": "input_json_delta", "partial_json": wanted[1]})
    usage = {"input_tokens": 9, "output_tokens": 9}
    reason = "end_turn" if wanted is None else "tool_use"
    whole: Body = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "usage": usage}
    whole |= {"content": blocks, "stop_reason": reason, "stop_sequence": None}
    events: list[Body] = [{"type": "message_start", "message": whole | {"content": [], "stop_reason": None}}]
    for number, (block, delta) in enumerate(zip(blocks, deltas, strict=True)):
        nothing: Body = {"input": {}} if "input" in block else {"text": ""}
        empty = block | nothing
        events.append({"type": "content_block_start", "index": number, "content_block": empty})
        events.append({"type": "content_block_delta", "index": number, "delta": delta})
        events.append({"type": "content_block_stop", "index": number})
    ending = {"stop_reason": reason, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 9}})
    return [*events, {"type": "message_stop"}], whole


def _responses(body: Body, wanted: tuple[str, str] | None) -> tuple[list[Body], Body]:
    part: Body = {"type": "output_text", "text": _TEXT, "annotations": []}
    item: Body = {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}
    between: list[Body] = []
    if wanted is not None:
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": wanted[0], "arguments": wanted[1]}
        place = {"item_id": "fc_1", "output_index": 0}
        between = [
            {"type": "response.function_call_arguments.delta", "delta": wanted[1], **place},
            {"type": "response.function_call_arguments.done", "arguments": wanted[1], **place},
        ]
    nothing: Body = {"content": []} if wanted is None else {"arguments": ""}
    begun = item | {"status": "in_progress"} | nothing
    item |= {"status": "completed"}
    usage = {"input_tokens": 9, "output_tokens": 9, "total_tokens": 18}
    head: Body = {"id": "resp_1", "object": "response", "created_at": 0, "model": body["model"]}
    whole = head | {"status": "completed", "output": [item], "usage": usage}
    events: list[Body] = [
        {"type": "response.created", "response": head | {"status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        *between,
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": whole},
    ]
    return [event | {"sequence_number": number} for number, event in enumerate(events)], whole
