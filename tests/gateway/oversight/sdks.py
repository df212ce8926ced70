"""The makers' own libraries, unmodified, with three seconds of patience between two signs of life.

Each asks once, and returns the arguments of what may be carried out, as they came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anthropic
import openai

PATIENCE = 3.0
FUNCTION: dict[str, Any] = {"name": "crane", "parameters": {"type": "object"}}
CHAT_TOOLS: Any = [{"type": "function", "function": FUNCTION}]
MESSAGES_TOOLS: Any = [{"name": "crane", "input_schema": {"type": "object"}}]
RESPONSES_TOOLS: Any = [{"type": "function", **FUNCTION}]
Ask = Callable[[str, str, str], list[str]]
"""With an address, a key and a text."""


def chat(address: str, key: str, text: str) -> list[str]:
    messages: Any = [{"role": "user", "content": text}]
    with _openai(address, key) as client:
        reply = client.chat.completions.create(model="heron-1", messages=messages, tools=CHAT_TOOLS)
    return [call.function.arguments for call in reply.choices[0].message.tool_calls or []]  # type: ignore[union-attr]


def chat_stream(address: str, key: str, text: str) -> list[str]:
    messages: Any = [{"role": "user", "content": text}]
    arguments: dict[int, str] = {}
    with _openai(address, key) as client:
        stream = client.chat.completions.create(model="heron-1", messages=messages, tools=CHAT_TOOLS, stream=True)
        for chunk in stream:
            for call in (call for choice in chunk.choices for call in choice.delta.tool_calls or []):
                piece = call.function.arguments or "" if call.function else ""
                arguments[call.index] = arguments.get(call.index, "") + piece
    return list(arguments.values())


def messages(address: str, key: str, text: str) -> list[str]:
    """Ask without a stream: the input of the call is part of a document, and is taken from it as it stands."""
    asked: Any = {"max_tokens": 99, "messages": [{"role": "user", "content": text}], "tools": MESSAGES_TOOLS}
    with _anthropic(address, key) as client:
        raw = client.messages.with_raw_response.create(model="heron-1", **asked)
        calls = [block for block in raw.parse().content if block.type == "tool_use"]
        body = raw.text()
    return [body.partition('"input": ')[2].partition("}")[0] + "}" for _ in calls]


def messages_stream(address: str, key: str, text: str) -> list[str]:
    asked: Any = {"max_tokens": 99, "messages": [{"role": "user", "content": text}], "tools": MESSAGES_TOOLS}
    arguments: dict[int, str] = {}
    with _anthropic(address, key) as client, client.messages.stream(model="heron-1", **asked) as stream:
        for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "input_json_delta":
                arguments[event.index] = arguments.get(event.index, "") + event.delta.partial_json
        calls = [block for block in stream.get_final_message().content if block.type == "tool_use"]
    assert len(calls) == len(arguments)
    return list(arguments.values())


def responses(address: str, key: str, text: str) -> list[str]:
    with _openai(address, key) as client:
        reply = client.responses.create(model="heron-1", input=text, tools=RESPONSES_TOOLS)
    return [item.arguments for item in reply.output if item.type == "function_call"]


def responses_stream(address: str, key: str, text: str) -> list[str]:
    with (
        _openai(address, key) as client,
        client.responses.stream(model="heron-1", input=text, tools=RESPONSES_TOOLS) as stream,
    ):
        reply = stream.get_final_response()
    return [item.arguments for item in reply.output if item.type == "function_call"]


def _openai(address: str, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{address}/v1", api_key=key, timeout=PATIENCE, max_retries=0)


def _anthropic(address: str, key: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=address, api_key=key, timeout=PATIENCE, max_retries=0)


SDKS: dict[str, Ask] = {
    ask.__name__: ask for ask in (chat, chat_stream, messages, messages_stream, responses, responses_stream)
}
