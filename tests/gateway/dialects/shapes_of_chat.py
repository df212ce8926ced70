"""The shapes of a call in a chat completion."""

from functools import partial
from typing import Any

from tests.gateway.dialects.shape import Shape, adding, fill
from tests.gateway.dialects.wire import CHAT, chat, chunk, dump, events, piece

SHAPES: list[Shape] = []
add = adding(SHAPES, CHAT)


# Chat completions, streamed.
def _chat_split(n: str, a: str) -> bytes:
    return chat(
        chunk({"tool_calls": [piece(0, n, "")]}), *(chunk({"tool_calls": [piece(0, None, letter)]}) for letter in a)
    )


def _chat_parallel(n: str, a: str) -> bytes:
    first, second = a[: len(a) // 2], a[len(a) // 2 :]
    return chat(
        chunk({"tool_calls": [piece(0, "harmless", "{")]}),
        chunk({"tool_calls": [piece(1, n, first)]}),
        chunk({"tool_calls": [piece(0, None, "}"), piece(1, None, second)]}),
    )


def _chat_n2(n: str, a: str) -> bytes:
    return events(
        chunk({"role": "assistant", "content": "a"}, at=0),
        chunk({"role": "assistant", "tool_calls": [piece(0, n, a)]}, at=1),
        chunk({"content": "b"}, at=0),
        chunk({}, "stop", at=0),
        chunk({}, "tool_calls", at=1),
        done=True,
    )


def _chat_delta(name: str, *deltas: Any, finish: str = "tool_calls", read: bool = True) -> None:
    add(name, lambda n, a: chat(*(chunk(fill(d, n, a)) for d in deltas), finish=finish), read=read)


_no_chat_delta = partial(_chat_delta, read=False)


add("one call in one piece", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})))
add("arguments letter by letter", _chat_split)
add("two calls, interleaved", _chat_parallel)
add("the second of two choices", _chat_n2)
add(
    "with the end in the same piece",
    lambda n, a: events(chunk({"tool_calls": [piece(0, n, a)]}, "tool_calls"), done=True),
)
add("arguments cut off", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a[:-1])]}), finish="length"))
add(
    "two calls under one number, the first without arguments",
    lambda n, a: chat(
        chunk({"tool_calls": [piece(0, "harmless", "")]}),
        chunk({"tool_calls": [piece(0, n, a) | {"id": "call_other"}]}),
    ),
    read=False,
)
add(
    "two calls under one number, the second cut off",
    lambda n, a: chat(
        chunk({"tool_calls": [piece(0, "harmless", "{}")]}),
        chunk({"tool_calls": [piece(0, n, a[:-1]) | {"id": "call_other"}]}),
    ),
    read=False,
)
add("the end says stop", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]}), finish="stop"))
add("no finish, only done", lambda n, a: events(chunk({"tool_calls": [piece(0, n, a)]}), done=True))
add("after text", lambda n, a: chat(chunk({"content": "I will"}), chunk({"tool_calls": [piece(0, n, a)]})))
add("before text", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]}), chunk({"content": "so"})))
add("with text in one delta", lambda n, a: chat(chunk({"content": "x", "tool_calls": [piece(0, n, a)]})))
add("an event without a blank line at the end", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]}))[:-2])
add("lines that end in CR LF", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b"\n", b"\r\n"))
add("lines that end in CR", lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b"\n", b"\r"))
add(
    "no space after the colon",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b"data: ", b"data:"),
)
add(
    "comments between",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b"data: ", b": ok\n\ndata: "),
)
add(
    "data over many lines",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b',"', b',\ndata: "'),
)
add(
    "escaped key",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b'"tool_calls"', b'"tool\\u005fcalls"'),
)
add("a byte order mark first", lambda n, a: b"\xef\xbb\xbf" + chat(chunk({"tool_calls": [piece(0, n, a)]})))
add(
    "usage in the same piece",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]}, usage={"prompt_tokens": 1})),
)
add(
    "arguments before the name",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, None, a)]}), chunk({"tool_calls": [piece(0, n)]})),
)
_chat_delta(
    "legacy function",
    {"function_call": {"name": "$n", "arguments": ""}},
    {"function_call": {"arguments": "$a"}},
    finish="function_call",
)
_chat_delta(
    "custom tool",
    {"tool_calls": [{"index": 0, "id": "c", "type": "custom", "custom": {"name": "$n", "input": "$a"}}]},
)
_chat_delta(
    "no index, one call",
    {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "$n", "arguments": "$a"}}]},
)
_chat_delta("no type", {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "$n", "arguments": "$a"}}]})
_chat_delta(
    "unknown type",
    {"tool_calls": [{"index": 0, "id": "c", "type": "shell", "shell": {"name": "$n", "arguments": "$a"}}]},
)
_chat_delta(
    "name null in later pieces",
    {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "$n", "arguments": ""}}]},
    {"tool_calls": [{"index": 0, "id": None, "function": {"name": None, "arguments": "$a"}}]},
)
_chat_delta(
    "index that starts at seven",
    {"tool_calls": [{"index": 7, "id": "c", "type": "function", "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta(
    "both forms at once",
    {
        "function_call": {"name": "$n", "arguments": "$a"},
        "tool_calls": [{"index": 0, "id": "c", "function": {"name": "harmless", "arguments": "{}"}}],
    },
)
_no_chat_delta(
    "no index, two calls",
    {"tool_calls": [{"id": "b", "function": {"name": "harmless", "arguments": "{}"}}]},
    {"tool_calls": [{"index": 1, "id": "c", "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta("no index, no name", {"tool_calls": [{"function": {"arguments": "$a"}}]})
_chat_delta(
    "one index, two ids",
    {"tool_calls": [{"index": 0, "id": "b", "function": {"name": "harmless", "arguments": "{}"}}]},
    {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta(
    "name in two pieces",
    {"tool_calls": [{"index": 0, "id": "b", "function": {"name": "harm", "arguments": ""}}]},
    {"tool_calls": [{"index": 0, "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta(
    "type that changes",
    {"tool_calls": [{"index": 0, "id": "b", "type": "function", "function": {"name": "$n"}}]},
    {"tool_calls": [{"index": 0, "type": "custom", "function": {"arguments": "$a"}}]},
)
_no_chat_delta(
    "function and custom",
    {
        "tool_calls": [
            {"index": 0, "id": "b", "function": {"name": "harmless"}, "custom": {"name": "$n", "input": "$a"}}
        ]
    },
)
_no_chat_delta(
    "another spelling of the key",
    {"Tool_Calls": [{"index": 0, "id": "b", "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta(
    "the key in camel case",
    {"toolCalls": [{"index": 0, "id": "b", "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta(
    "another spelling of name",
    {"tool_calls": [{"index": 0, "id": "b", "function": {"Name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta(
    "the key in full width",
    {"\uff54ool_calls": [{"index": 0, "id": "b", "function": {"name": "$n", "arguments": "$a"}}]},
)
_no_chat_delta("in a list of contents", {"content": [{"type": "tool_call", "name": "$n", "arguments": "$a"}]})
_no_chat_delta("in an unknown field", {"extra": {"steps": [{"function_call": {"name": "$n", "arguments": "$a"}}]}})
_no_chat_delta(
    "arguments as an object",
    {"tool_calls": [{"index": 0, "id": "b", "function": {"name": "$n", "arguments": "$o"}}]},
)
_no_chat_delta(
    "calls as an object", {"tool_calls": {"index": 0, "id": "b", "function": {"name": "$n", "arguments": "$a"}}}
)
_no_chat_delta(
    "index as text", {"tool_calls": [{"index": "0", "id": "b", "function": {"name": "$n", "arguments": "$a"}}]}
)
add(
    "in the message of a piece",
    lambda n, a: events(chunk() | {"choices": [{"index": 0, "message": {"tool_calls": [piece(0, n, a)]}}]}, done=True),
    read=False,
)
add(
    "beside the choices",
    lambda n, a: events(chunk({"content": "x"}, tool_calls=[piece(0, n, a)]), done=True),
    read=False,
)
add(
    "beside the delta",
    lambda n, a: events(chunk() | {"choices": [{"index": 0, "delta": {}, "tool_calls": [piece(0, n, a)]}]}),
    read=False,
)
add(
    "after the end of its choice",
    lambda n, a: events(chunk({}, "stop"), chunk({"tool_calls": [piece(0, n, a)]}), done=True),
    read=False,
)
add(
    "after done",
    lambda n, a: (
        events(chunk({"content": "x"}, "stop"), done=True) + events(chunk({"tool_calls": [piece(0, n, a)]}, at=1))
    ),
    read=False,
)
add("cut before its end", lambda n, a: events(chunk({"tool_calls": [piece(0, n, a)]})), read=False)
add(
    "a key given twice",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(
        b'"delta":{"tool', b'"delta":{"content":"x"},"delta":{"tool'
    ),
    read=False,
)
add(
    "a list of chunks",
    lambda n, a: b"data: " + dump([chunk({"tool_calls": [piece(0, n, a)]})]) + b"\n\n",
    read=False,
)
add("data with blanks before it", lambda n, a: b" " + events(chunk({"tool_calls": [piece(0, n, a)]})), read=False)
add(
    "data in other capitals",
    lambda n, a: b"Data: " + dump(chunk({"tool_calls": [piece(0, n, a)]})) + b"\n\n",
    read=False,
)
add(
    "not events but a whole reply",
    lambda n, a: dump({"choices": [{"index": 0, "message": {"tool_calls": [piece(0, n, a)]}}]}),
    read=False,
)
add(
    "not UTF-8",
    lambda n, a: (
        chat(chunk({"tool_calls": [piece(0, n, a)]})).replace(b"harmless", b"\xff").replace(b"call_0", b"\xff")
    ),
    read=False,
)


# Chat completions, whole.
def _whole(name: str, said: Any, finish: str = "tool_calls", *, read: bool = True, **choice: Any) -> None:
    def write(n: str, a: str) -> bytes:
        told = {"index": 0, "message": {"role": "assistant", "content": None} | fill(said, n, a)}
        body = {"id": "c", "object": "chat.completion", "created": 1, "model": "heron-2"}
        return dump(body | {"choices": [told | {"finish_reason": finish} | fill(choice, n, a)]})

    add(name, write, streamed=False, read=read)


_no_whole = partial(_whole, read=False)


_ENTRY = {"id": "c", "type": "function", "function": {"name": "$n", "arguments": "$a"}}
_whole("one call", {"tool_calls": [_ENTRY]})
add(
    "arguments cut off",
    lambda n, a: dump({"choices": [{"message": {"tool_calls": [piece(0, n, a[:-1])]}, "finish_reason": "length"}]}),
    streamed=False,
)
_whole("with text", {"content": "I will", "tool_calls": [_ENTRY]})
_whole(
    "the second of two",
    {"tool_calls": [{"id": "b", "function": {"name": "harmless", "arguments": "{}"}}, _ENTRY]},
)
_whole("legacy function", {"function_call": {"name": "$n", "arguments": "$a"}}, finish="function_call")
_whole("custom tool", {"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "$n", "input": "$a"}}]})
_no_whole("both forms at once", {"tool_calls": [_ENTRY], "function_call": {"name": "harmless", "arguments": "{}"}})
_no_whole("another spelling", {"toolCalls": [_ENTRY]})
_no_whole("in the delta of a whole reply", {}, delta={"tool_calls": [_ENTRY]})
_no_whole("in a list of contents", {"content": [{"type": "function_call", "name": "$n", "arguments": "$a"}]})
_no_whole("arguments as an object", {"tool_calls": [{"id": "c", "function": {"name": "$n", "arguments": "$o"}}]})
_no_whole(
    "arguments with a key twice",
    {"tool_calls": [{"id": "c", "function": {"name": "$n", "arguments": '{"a":1,"a":"MARKED"}'}}]},
)
add(
    "events, though asked for whole",
    lambda n, a: chat(chunk({"tool_calls": [piece(0, n, a)]})),
    streamed=False,
    read=False,
)
add("nothing that is JSON", lambda n, a: f"<{n} {a}>".encode(), streamed=False, read=False)
