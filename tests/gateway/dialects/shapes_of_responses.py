"""The shapes of a call in a response."""

from functools import partial
from typing import Any

from tests.gateway.dialects.shape import Shape, adding, fill
from tests.gateway.dialects.wire import (
    RESPONSES,
    dump,
    events,
    function_item,
    item_events,
    piece,
    response,
    responses,
    text_item,
)

SHAPES: list[Shape] = []
add = adding(SHAPES, RESPONSES)


# Responses, streamed.
def _item(title: str, item: Any, *, read: bool = True, **added: Any) -> None:
    def write(n: str, a: str) -> bytes:
        full = fill(item, n, a)
        return responses(item_events(0, full, **fill(added, n, a)), final=[full])

    add(title, write, read=read)


_no_item = partial(_item, read=False)


_CALL = {"type": "function_call", "id": "f", "call_id": "c", "name": "$n", "arguments": "$a", "status": "completed"}
_item("one function", _CALL)
_item("in a namespace", _CALL | {"namespace": "crm"})
_item("custom tool", {"type": "custom_tool_call", "id": "f", "call_id": "c", "name": "$n", "input": "$a"})
_item(
    "an approval that is asked for",
    {"type": "mcp_approval_request", "id": "f", "name": "$n", "arguments": "$a", "server_label": "s"},
)
_item("unknown kind of call", {"type": "gadget_call", "id": "f", "call_id": "c", "name": "$n", "input": "$a"})
_no_item("unknown kind with name and arguments", {"type": "gadget", "id": "f", "name": "$n", "arguments": "$a"})
_no_item("another name when added", _CALL, name="harmless")
_no_item("another id when added", _CALL, call_id="d")
_no_item("other arguments when added", _CALL, arguments="{}")
_no_item("another kind when added", _CALL, type="web_search_call")
_no_item(
    "a call in a message",
    {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "x"}, _CALL]},
)
_no_item("another spelling", {"type": "function_call", "id": "f", "call_id": "c", "Name": "$n", "arguments": "$a"})
add(
    "after text",
    lambda n, a: responses(
        item_events(0, text_item("x")), item_events(1, function_item(n, a)), final=[text_item("x"), function_item(n, a)]
    ),
)
add(
    "before text",
    lambda n, a: responses(
        item_events(0, function_item(n, a)), item_events(1, text_item("x")), final=[function_item(n, a), text_item("x")]
    ),
)
add(
    "two that overlap",
    lambda n, a: responses(
        item_events(0, function_item("harmless", "{}"))[:1],
        item_events(1, function_item(n, a, 1)),
        item_events(0, function_item("harmless", "{}"))[1:],
        final=[function_item("harmless", "{}"), function_item(n, a, 1)],
    ),
)
add(
    "only when done",
    lambda n, a: responses(item_events(0, function_item(n, a))[-1:], final=[function_item(n, a)]),
)
add(
    "arguments cut off",
    lambda n, a: responses(
        item_events(0, function_item(n, a[:-1], status="incomplete")),
        final=[function_item(n, a[:-1], status="incomplete")],
    ),
)
add("only at the end", lambda n, a: responses(final=[function_item(n, a)]))
add(
    "already at the start",
    lambda n, a: events(
        {"type": "response.created", "response": response(function_item(n, a))},
        {"type": "response.completed", "response": response(function_item(n, a))},
        named=True,
    ),
)
add(
    "in a response that failed",
    lambda n, a: events(
        {"type": "response.created", "response": response()},
        {"type": "response.failed", "response": response(function_item(n, a), status="failed")},
        named=True,
    ),
)
add(
    "another call at the end",
    lambda n, a: responses(item_events(0, function_item("harmless", "{}")), final=[function_item(n, a)]),
    read=False,
)
add(
    "other arguments at the end",
    lambda n, a: responses(item_events(0, function_item(n, "{}")), final=[function_item(n, a)]),
    read=False,
)
add(
    "other arguments once done",
    lambda n, a: responses(
        item_events(0, function_item(n, "{}"))[:-1],
        item_events(0, function_item(n, a))[-1:],
        final=[function_item(n, a)],
    ),
    read=False,
)
add(
    "another name once done",
    lambda n, a: responses(
        item_events(0, function_item("harmless", a))[:-1],
        item_events(0, function_item(n, a))[-1:],
        final=[function_item(n, a)],
    ),
    read=False,
)
add(
    "pieces that are not the whole",
    lambda n, a: responses(
        item_events(0, function_item(n, "{}"))[:2],
        [{"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "fc_0", "delta": a}],
        item_events(0, function_item(n, "{}"))[-1:],
        final=[function_item(n, "{}")],
    ),
    read=False,
)
add(
    "pieces without an item",
    lambda n, a: responses(
        [{"type": "response.function_call_arguments.done", "output_index": 0, "name": n, "arguments": a}], final=[]
    ),
    read=False,
)
add(
    "pieces for another item's id",
    lambda n, a: responses(
        item_events(0, function_item("harmless", "{}"))[:1],
        [{"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "fc_9", "delta": n + a}],
        final=[],
    ),
    read=False,
)
add(
    "in an unknown event",
    lambda n, a: responses(
        [{"type": "response.extra", "call": {"type": "function_call", "name": n, "arguments": a}}], final=[]
    ),
    read=False,
)
add(
    "in the form of chat",
    lambda n, a: events({"type": "response.extra", "choices": [{"delta": {"tool_calls": [piece(0, n, a)]}}]}),
    read=False,
)
add(
    "the event has another name",
    lambda n, a: responses(item_events(0, function_item(n, a)), final=[]).replace(
        b"event: response.output_item", b"event: response.other_item"
    ),
    read=False,
)
add(
    "cut before it is done",
    lambda n, a: responses(item_events(0, function_item(n, a))[:-1], final=[]),
    read=False,
)


# Responses, whole.
def _output(name: str, *items: Any, read: bool = True, **rest: Any) -> None:
    add(
        name,
        lambda n, a: dump(response(*fill(list(items), n, a), **fill(rest, n, a))),
        streamed=False,
        read=read,
    )


_no_output = partial(_output, read=False)


_output("one function", _CALL)
_output("after reasoning", {"type": "reasoning", "id": "r", "summary": []}, _CALL)
_output("the second of two", _CALL | {"name": "harmless", "call_id": "b", "arguments": "{}"}, _CALL)
_output("custom tool", {"type": "custom_tool_call", "call_id": "c", "name": "$n", "input": "$a"})
_output("unknown kind of call", {"type": "gadget_call", "call_id": "c", "name": "$n", "input": "$a"})
_no_output("in a message", {"type": "message", "content": [_CALL]})
_no_output("unknown kind", {"type": "gadget", "name": "$n", "arguments": "$a"})
_no_output("in the form of chat", choices=[{"message": {"tool_calls": [_CALL]}}])
_no_output("another spelling of the output", Oresults=[_CALL])
_no_output("under a key that nobody knows", results=[_CALL])
