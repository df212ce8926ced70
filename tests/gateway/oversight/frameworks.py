"""Agents' libraries, unmodified, each with a crane and three seconds of patience: ADDRESS KEY WORD ...

Every library asks once for each word, all of them at once. What their cranes were moved by is printed as JSON.
It runs as a process of its own, since its packages are kept apart from those of the project.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from agents import (
    Agent,
    FunctionTool,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    set_tracing_disabled,
)
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import ToolMessage
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Made = Callable[..., Any]
    Run = Callable[[str, str, str], Awaitable[list[str]]]

PATIENCE = 3.0
SCHEMA: dict[str, Any] = {"type": "object", "properties": {}}


def of_agents(kind: Made, *, streamed: bool) -> Run:
    """Run an agent of openai-agents, with one of the makers' protocols."""

    async def run(address: str, key: str, text: str) -> list[str]:
        moved: list[str] = []

        async def move(_: Any, arguments: str) -> str:
            moved.append(arguments)
            return "moved"

        client = AsyncOpenAI(base_url=f"{address}/v1", api_key=key, timeout=PATIENCE, max_retries=0)
        crane = FunctionTool("crane", "moves the crane", SCHEMA, move, strict_json_schema=False)
        agent = Agent(name="quay", model=kind("heron-1", client), tools=[crane])
        if streamed:
            running = Runner.run_streamed(agent, text, max_turns=4)
            async for _ in running.stream_events():
                pass
        else:
            await Runner.run(agent, text, max_turns=4)
        return moved

    return run


def of_langchain(make: Made, *, streamed: bool) -> Run:
    """Run the loop that LangChain leaves to whoever uses it."""

    async def run(address: str, key: str, text: str) -> list[str]:
        moved: list[str] = []
        tool = {"type": "function", "function": {"name": "crane", "description": "moves", "parameters": SCHEMA}}
        model = make(address, key).bind_tools([tool])
        history: list[Any] = [("user", text)]
        for _ in range(4):
            reply = await (_whole(model, history) if streamed else model.ainvoke(history))
            if not reply.tool_calls:
                break
            moved += [json.dumps(call["args"]) for call in reply.tool_calls]
            history += [reply, *(ToolMessage("moved", tool_call_id=call["id"]) for call in reply.tool_calls)]
        return moved

    return run


async def _whole(model: Any, history: list[Any]) -> Any:
    found: Any = None
    async for chunk in model.astream(history):
        found = chunk if found is None else found + chunk
    return found


def _chat(address: str, key: str) -> Any:
    return ChatOpenAI(model="heron-1", base_url=f"{address}/v1", api_key=key, timeout=PATIENCE, max_retries=0)


def _responses(address: str, key: str) -> Any:
    place = {"base_url": f"{address}/v1", "api_key": key}
    return ChatOpenAI(model="heron-1", use_responses_api=True, timeout=PATIENCE, max_retries=0, **place)


def _messages(address: str, key: str) -> Any:
    return ChatAnthropic(model="heron-1", base_url=address, api_key=key, timeout=PATIENCE, max_retries=0, max_tokens=99)


RUNS = {
    f"{name}{'_stream' if streamed else ''}": make(kind, streamed=streamed)
    for name, make, kind in (
        ("agents_chat", of_agents, OpenAIChatCompletionsModel),
        ("agents_responses", of_agents, OpenAIResponsesModel),
        ("langchain_chat", of_langchain, _chat),
        ("langchain_responses", of_langchain, _responses),
        ("langchain_messages", of_langchain, _messages),
    )
    for streamed in (False, True)
}


async def main(address: str, key: str, *words: str) -> None:
    """Ask with every library for every word, and print what came of it."""
    set_tracing_disabled(disabled=True)
    names = [f"{name} {word}" for word in words for name in RUNS]
    asked = (RUNS[name.split()[0]](address, key, name) for name in names)
    found = await asyncio.gather(*asked, return_exceptions=True)
    rows = {
        name: repr(moved) if isinstance(moved, BaseException) else moved
        for name, moved in zip(names, found, strict=True)
    }
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
