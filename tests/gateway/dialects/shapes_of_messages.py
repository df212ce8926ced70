"""The shapes of a call in a message."""

import json
from functools import partial
from typing import Any

from tests.gateway.dialects.shape import Shape, Write, adding, fill
from tests.gateway.dialects.wire import MESSAGES, block, dump, events, message, message_start, text_block, tool_block

SHAPES: list[Shape] = []
add = adding(SHAPES, MESSAGES)


# Messages, streamed.
def _block_of(kind: str) -> Write:
    return lambda n, a: message(block(0, {"type": kind, "id": "t", "name": n, "input": json.loads(a)}))


add("one block", lambda n, a: message(tool_block(0, n, a)))
add("letter by letter", lambda n, a: message(tool_block(0, n, a, cuts=len(a))))
add("after text", lambda n, a: message(text_block(0, "I will"), tool_block(1, n, a)))
add("between texts", lambda n, a: message(text_block(0, "I"), tool_block(1, n, a), text_block(2, "did")))
add(
    "after thinking",
    lambda n, a: message(
        block(
            0,
            {"type": "thinking", "thinking": ""},
            {"type": "thinking_delta", "thinking": "hm"},
            {"type": "signature_delta", "signature": "s"},
        ),
        tool_block(1, n, a),
    ),
)
add("the second of two", lambda n, a: message(tool_block(0, "harmless", "{}"), tool_block(1, n, a)))
add(
    "two that overlap",
    lambda n, a: message(tool_block(0, "harmless", "{}")[:1], tool_block(1, n, a), tool_block(0, "harmless", "{}")[1:]),
)
add("input given at the start", _block_of("tool_use"))
add("no input at all", lambda n, a: message(block(0, {"type": "tool_use", "id": a, "name": n, "input": {}})))
add("unknown kind of call", _block_of("shell_call"))
add("another kind of use", _block_of("client_tool_use"))
add("the stop says end_turn", lambda n, a: message(tool_block(0, n, a), stop="end_turn"))
add("pause_turn", lambda n, a: message(tool_block(0, n, a), stop="pause_turn"))
add("without names of events", lambda n, a: message(tool_block(0, n, a)).replace(b"event: ", b": "))
add("lines that end in CR LF", lambda n, a: message(tool_block(0, n, a)).replace(b"\n", b"\r\n"))
add("pings inside", lambda n, a: message(tool_block(0, n, a)[:2], [{"type": "ping"}], tool_block(0, n, a)[2:]))
add(
    "called by code",
    lambda n, a: message(tool_block(0, n, a, caller={"type": "code_execution_20260120", "tool_id": "x"})),
)
add("member of a toolset", lambda n, a: message(tool_block(0, n, a, toolset_name="computer")))
add(
    "in the start of the message",
    lambda n, a: events(
        message_start(content=[{"type": "tool_use", "id": "t", "name": n, "input": json.loads(a)}]),
        {"type": "message_stop"},
        named=True,
    ),
    read=False,
)
add(
    "the event has another name",
    lambda n, a: message(tool_block(0, n, a)).replace(b"event: content_block_start", b"event: ping"),
    read=False,
)
add("input twice", lambda n, a: message(tool_block(0, n, a, input={"x": 1})), read=False)
add(
    "input for a block of text",
    lambda n, a: message(block(0, {"type": "text", "text": ""}, {"type": "input_json_delta", "partial_json": n + a})),
    read=False,
)
add("one index twice", lambda n, a: message(text_block(0, "x"), tool_block(0, n, a)), read=False)
add(
    "a piece before its start",
    lambda n, a: message(
        [{"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": n + a}}]
    ),
    read=False,
)
add("before the message starts", lambda n, a: events(*tool_block(0, n, a), named=True), read=False)
add(
    "unknown event with a call",
    lambda n, a: message([{"type": "extra", "content": {"type": "tool_use", "name": n, "input": json.loads(a)}}]),
    read=False,
)
add("unknown block with name and input", _block_of("gadget"), read=False)
add("kind in other capitals", _block_of("Tool_Use"))
add(
    "another spelling of the block",
    lambda n, a: message(tool_block(0, n, a)).replace(b'"content_block"', b'"contentBlock"'),
    read=False,
)
add(
    "cut before its stop",
    lambda n, a: events(message_start(), *tool_block(0, n, a)[:-1], named=True),
    read=False,
)
add("message ends inside the block", lambda n, a: message(tool_block(0, n, a)[:-1]), read=False)
add("arguments cut off", lambda n, a: message(tool_block(0, n, a[:-1]), stop="max_tokens"))
add("arguments with a key twice", lambda n, a: message(tool_block(0, n, f'{{"a":1,"a":{a}}}')), read=False)
add(
    "no name",
    lambda n, a: message(block(0, {"type": "tool_use", "id": n, "input": json.loads(a)})),
    read=False,
)


# Messages, whole.
def _content(name: str, *blocks: Any, read: bool = True, **rest: Any) -> None:
    def write(n: str, a: str) -> bytes:
        return dump(
            message_start()["message"]
            | {"content": fill(list(blocks), n, a), "stop_reason": "tool_use"}
            | fill(rest, n, a)
        )

    add(name, write, streamed=False, read=read)


_no_content = partial(_content, read=False)


_USE = {"type": "tool_use", "id": "t", "name": "$n", "input": "$o"}
_content("one block", _USE)
_content("after text", {"type": "text", "text": "I will"}, _USE)
_content("the second of two", {"type": "tool_use", "id": "s", "name": "harmless", "input": {}}, _USE)
_content("unknown kind of call", {"type": "shell_call", "id": "t", "name": "$n", "input": "$o"})
_no_content("inside a block of another kind", {"type": "gadget", "parts": [_USE]})
_no_content("beside the content", {"type": "text", "text": "x"}, extra=[_USE])
_no_content("another spelling of the content", Content=[_USE])
_no_content("no name", {"type": "tool_use", "id": "$n", "input": "$o"})
