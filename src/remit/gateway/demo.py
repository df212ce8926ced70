"""What `remit serve --demo` shows: terms of invented parties, a scripted model, and a tour of what the gateway does.

The model is a script: it answers in a few words, and where the question speaks of a berth and a tool for it is offered,
it proposes to call that tool, until it is told what came of it. Where the extra `local` is installed, a real small
model is served beside it, under its maker's terms. Nothing of either leaves the machine.
"""

from __future__ import annotations

import asyncio
import json
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, NamedTuple

from remit.gateway.local_model import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USE = "answer-the-harbour"
_REGISTER = """\
organisation: quayside
parties:
  - {{id: quayside, name: Quayside, role: integrator}}
  - {{id: halden, name: Halden, role: provider}}
  - {{id: orrin, name: Orrin, role: provider}}
  - {{id: ministry, name: the Ministry, role: customer}}
{party}scopes:
  - {{id: harbour, says: The harbour asks about ships., kind: civil, customer: ministry, serves: ["**"]}}
use_cases:
  - {{id: answer-the-harbour, scope: harbour, says: Questions about ships and berths., serves: ["**"],
     models: [heron-2, heron-1{models}]{facts}}}
tools:
  - {{id: look-up-berth, effect: read, says: Says which ship lies at a berth.}}
  - {{id: close-berth, effect: operate-infrastructure, says: Closes a berth to ships.}}
upstreams:
  - {{id: scripted, maker: halden, channel: local, base_url: "http://127.0.0.1:{port}/v1", dialects: [openai]}}
{upstream}makers: [{{id: halden, name: Halden, domicile: DE}}, {{id: orrin, name: Orrin, domicile: FR}}]
models:
  - {{id: heron-2, maker: halden, family: heron, aliases: [heron]}}
  - {{id: heron-1, maker: halden, family: heron}}
  - {{id: osprey-1, maker: orrin, family: osprey}}
{row}"""
_LOCAL_UPSTREAM = """\
  - {{id: this-machine, maker: google, channel: local, base_url: "{address}/v1", dialects: [openai-chat]}}
"""
# In our own words, for the demonstration; what counts is the text at the source.
_LOCAL_TERMS = f"""\
instrument: gemma-terms-of-use
kind: policy
by: google
title: Gemma Terms of Use with its Prohibited Use Policy, in our own words
source: >-
  https://ai.google.dev/gemma/terms, last modified on 1 April 2026, 3.2, with
  https://ai.google.dev/gemma/prohibited_use_policy, last modified on 21 February 2024, 2.5.6 and 3.4
notice: >-
  In our own words and not whole; the text at the source is what counts. Both dates and the clauses were read on
  24 November 2026 in stored copies and not at the source; whether either text has changed since is not known here.
standing: [{{state: in-force, from: 2026-04-01, known: 2026-11-24}}]
clauses:
  - id: no-decisions-about-rights
    boundary: true
    forbid: [invoke, act]
    when: {{model.family: gemma, use.effect: decide-about-people}}
    says: Not for automated decisions about people's rights or well-being, such as on credit, work, housing or health.
  - id: no-tracking
    boundary: true
    forbid: [invoke, act]
    when: {{model.family: gemma, use.effect: [track-people, profile-people]}}
    says: Not for tracking or watching people who did not agree to it.
  - id: may
    permit: [invoke, act]
    when: {{model.family: gemma, model.id: {MODEL}}}
    says: What nothing else forbids; the maker may restrict a use that it believes breaks its terms.
"""
_POLICY = """\
instrument: halden-usage-policy
kind: policy
by: halden
title: Halden's usage policy
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - id: no-infrastructure
    boundary: true
    forbid: [act]
    when: {model.maker: halden, tool.effect: [operate-infrastructure, force]}
    says: Not for operating infrastructure.
  - id: not-more-than-twenty
    forbid: [invoke]
    when: {model.maker: halden, requests.window_1h: {above: 20}}
    says: Twenty calls an hour, for the demonstration.
  - id: may
    permit: [invoke, act]
    when: {model.maker: halden}
    says: What nothing else forbids.
"""


class Stop(NamedTuple):
    """One stop of the tour: what was asked, and what came of it."""

    asked: str
    came: str
    decision: str


def write_terms(folder: Path, port: int, local: str = "") -> None:
    """Write the terms of the demonstration, with the real model at an address if there is one."""
    (folder / "instruments").mkdir(parents=True)
    more = dict.fromkeys(("party", "models", "facts", "upstream", "row"), "")
    if local:
        more = {
            "party": "  - {id: google, name: Google, role: provider}\n",
            "models": f", {MODEL}",
            "facts": ", facts: {use.effect: inform}",
            "upstream": _LOCAL_UPSTREAM.format(address=local),
            "row": f"  - {{id: {MODEL}, maker: google, family: gemma, licence: gemma-terms, weights: open}}\n",
        }
        (folder / "instruments/gemma-terms-of-use.yaml").write_text(_LOCAL_TERMS, encoding="utf-8")
    (folder / "remit.yaml").write_text(_REGISTER.format(port=port, **more), encoding="utf-8")
    (folder / "instruments/halden-usage-policy.yaml").write_text(_POLICY, encoding="utf-8")


async def start_model() -> tuple[asyncio.Server, int]:
    """Start the scripted model, and return its server and its port."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


def tour(port: int, key: str, *, local: bool = False) -> Iterator[Stop]:
    """Ask the gateway a few things, and yield what came of each."""
    stops: list[tuple[str, str, str, tuple[str, ...]]] = [
        ("heron-2", "Which ship is the largest?", "heron-2", ()),
        ("heron-2 by another name", "Which ship is the largest?", "HERON", ()),
        ("heron-2 with a tool that only reads", "Who lies at berth 4?", "heron-2", ("look-up-berth",)),
        ("heron-2 with a tool that closes a berth", "Close berth 4.", "heron-2", ("close-berth",)),
        ("heron-2 with a tool that nobody registered", "Dredge berth 4.", "heron-2", ("Look_Up_Berth_2",)),
        ("osprey-1, a model that the use case does not name", "Which ship is the largest?", "osprey-1", ()),
    ]
    if local:
        stops.append((f"{MODEL}, a real model on this machine", "A harbour is a place where ships", MODEL, ()))
    for says, question, model, tools in stops:
        status, headers, reply = ask(port, key, question, model, tools)
        yield Stop(f"{says}: {question}", _say(status, reply), headers.get("remit-decision", ""))


def ask(port: int, key: str, question: str, model: str, tools: tuple[str, ...] = ()) -> tuple[int, dict[str, str], Any]:
    """Ask one question as an OpenAI client would."""
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": question}]}
    if tools:
        body["tools"] = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in tools]
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, json.loads(reply.read())
    finally:
        connection.close()


def _say(status: int, reply: Any) -> str:  # noqa: ANN401 - whatever the wire holds.
    if "error" in reply:
        return f"{status}: {reply['error']['message']}"
    message = reply["choices"][0]["message"]
    if calls := message.get("tool_calls"):
        return f"{status}: may call {calls[0]['function']['name']}({calls[0]['function']['arguments']})"
    return f"{status}: {message['content']}"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
            body = json.loads(await reader.readexactly(length))
            stream = bool(body.get("stream"))
            content = _stream(body) if stream else json.dumps(_script(body)).encode()
            kind = b"text/event-stream" if stream else b"application/json"
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, len(content)))
            writer.write(content)
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, StopIteration, ValueError):
        pass
    finally:
        writer.close()


def _script(body: dict[str, Any]) -> dict[str, Any]:
    question, told = str(body["messages"][-1].get("content")), body["messages"][-1].get("role") == "tool"
    tools = [tool["function"]["name"] for tool in body.get("tools", ()) if "function" in tool]
    message: dict[str, Any] = {"role": "assistant", "content": "The largest ship is the Alcyone, at berth 4."}
    if told:
        message["content"] = "Then I leave it to somebody who may."
    elif tools and "berth" in question:
        call = {"id": "call_1", "type": "function", "function": {"name": tools[0], "arguments": '{"berth": 4}'}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if "tool_calls" in message else "stop"}
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": usage,
    }


def _stream(body: dict[str, Any]) -> bytes:
    whole = _script(body)
    message = whole["choices"][0]["message"]
    for number, call in enumerate(message.get("tool_calls", ())):
        call["index"] = number
    frame = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    events = [
        frame | {"choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": whole["choices"][0]["finish_reason"]}]},
    ]
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"
