"""A gateway in a process of its own, before a model that always wants to move the crane, and people who answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

from remit.cli.main import main
from remit.gateway.oversight.waiting import answer_call, held_calls
from remit.gateway.state import KEPT, LEDGER
from remit.ledger.folder import read_folder
from remit.ledger.invariants import Invariants
from remit.ledger.writer import Writer
from tests.gateway.oversight.scene import MAY, REGISTER, TWO_OFFICERS, Signer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from remit.gateway.oversight.held import HeldCall
    from remit.gateway.oversight.vote import SignedVote
    from remit.terms.terms import Terms

_PRINTING = Lock()
CRANE = '{"berth": 4, "lift": "container 7"}'
_UPSTREAM = 'upstreams: [{{id: scripted, maker: halden, channel: local, base_url: "http://127.0.0.1:{port}"}}]\n'
_POLICY = """\
instrument: halden
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses:
  - {may}
  - {{id: wait, hold: [act], when: {{tool.name: crane}}, says: Nothing moves by itself., until: {{{until}}}}}
"""


@dataclass
class Model:
    """A scripted model: it greets, and calls the crane, until it is told what came of it."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split()[1].decode()
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                body = json.loads(await reader.readexactly(length))
                self.asked.append(body)
                if "talk for long" in json.dumps(body):
                    await _talk(body, writer)
                    break
                content = self.reply(path, body)
                kind = b"text/event-stream" if body.get("stream") else b"application/json"
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n" % (kind, len(content))
                )
                writer.write(content)
                await writer.drain()
        writer.close()

    def reply(self, path: str, body: dict[str, Any]) -> bytes:
        """Return the body of the reply to one request."""
        return propose(path, body, CRANE)


async def _talk(body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Stream words for half a minute."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    chunk = {"id": "c1", "created": 0, "model": body["model"], "object": "chat.completion.chunk"}
    for number in range(150):
        delta = {"role": "assistant", "content": f"word {number} "}
        event = chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        writer.write(f"data: {json.dumps(event)}\n\n".encode())
        await writer.drain()
        await asyncio.sleep(0.2)


def propose(path: str, body: dict[str, Any], arguments: str) -> bytes:
    """Write a reply that calls the crane."""
    if path.startswith("/v1/messages"):
        events, whole = _messages(body, arguments)
        text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    elif path.endswith("/responses"):
        events, whole = _responses(body, arguments)
        text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    else:
        events, whole = _chat(body, arguments)
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return text.encode() if body.get("stream") else json.dumps(whole).encode()


def _chat(body: dict[str, Any], arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    head = {"id": "c1", "created": 0, "model": body["model"]}
    function = {"name": "crane", "arguments": arguments}
    call = {"id": "call_1", "type": "function", "function": function}
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    message = {"role": "assistant", "content": "I will move it.", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "crane", "arguments": ""}}
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": "I will move it."},
        {"tool_calls": [first]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": letter}}]} for letter in arguments),
    ]
    chunk = head | {"object": "chat.completion.chunk"}
    events = [chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append(chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return events, head | {"object": "chat.completion", "choices": [choice], "usage": usage}


def _messages(body: dict[str, Any], arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "crane", "input": json.loads(arguments)}
    usage = {"input_tokens": 9, "output_tokens": 9}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    whole = head | {
        "content": [{"type": "text", "text": "I will move it."}, call],
        "stop_reason": "tool_use",
        "usage": usage,
    }
    delta = {"stop_reason": "tool_use", "stop_sequence": None}
    pieces = [{"type": "input_json_delta", "partial_json": letter} for letter in arguments]
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": head | {"content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "I will move it."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": call | {"input": {}}},
        *({"type": "content_block_delta", "index": 1, "delta": piece} for piece in pieces),
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    return events, whole


def _responses(body: dict[str, Any], arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "crane", "arguments": arguments}
    begun = item | {"arguments": "", "status": "in_progress"}
    done = item | {"status": "completed"}
    head: dict[str, Any] = {
        "id": "resp_1", "object": "response", "created_at": 0, "model": body["model"], "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None, "instructions": None,
        "metadata": {}, "temperature": 1.0, "top_p": 1.0,
    }  # fmt: skip
    usage = {
        "input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 18,
    }  # fmt: skip
    whole = head | {"status": "completed", "output": [done], "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": head | {"status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 0, "delta": arguments},
        {"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 0, "arguments": arguments},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {"type": "response.completed", "response": whole},
    ]
    return [event | {"sequence_number": number} for number, event in enumerate(events)], whole


class Harbour:
    """The gateway's process, its state, and the model behind it."""

    program: Sequence[str] = (sys.executable, "-m", "remit")
    """What serves."""

    def __init__(self, folder: Path, model: Model, until: str, *options: str) -> None:
        self.terms_folder, self.state, self.model = folder / "terms", folder / "state", model
        (self.terms_folder / "instruments").mkdir(parents=True)
        register = REGISTER + _UPSTREAM.format(port=model.port)
        (self.terms_folder / "remit.yaml").write_text(register)
        (self.terms_folder / "instruments/halden.yaml").write_text(_POLICY.format(may=MAY, until=until))
        self.key = self._remit("key", "new", "--terms", str(self.terms_folder), "--use", "unload").split()[0]
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.options = options
        self.start()

    def _remit(self, *words: str) -> str:
        """Run a command here, where it takes a tenth of what it takes in a process of its own; return what it says."""
        with _PRINTING, redirect_stdout(StringIO()) as said:
            assert main([*words, "--state", str(self.state)]) == 0
        return said.getvalue()

    def start(self) -> None:
        place = f"127.0.0.1:{self.port}"
        command = [*self.program, "serve", str(self.terms_folder), "--state", str(self.state), "--grace", "1"]
        self.process = subprocess.Popen([*command, "--listen", place, *self.options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().strip().rpartition(":")[2])

    def kill(self) -> None:
        """Kill the gateway as a machine that loses its power would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._close()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=20)
        self._close()

    def _close(self) -> None:
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def terms(self) -> Terms:
        from remit.gateway.activation import active_terms

        store = read_folder(self.state / LEDGER).open_store()
        try:
            return active_terms(store, self.state / KEPT)
        finally:
            store.close()

    def plain_digest(self) -> str:
        """The digest of the terms as they are written, whatever stands beside them."""
        from remit.terms.folder import load_terms

        return load_terms(self.terms_folder).digest

    def held(self) -> list[HeldCall]:
        store = read_folder(self.state / LEDGER).open_store()
        try:
            return list(held_calls(store))
        finally:
            store.close()

    def until_held(self, count: int = 1) -> HeldCall:
        """Wait until a call waits, and return the newest."""
        for _ in range(200):
            waiting = [held for held in self.held() if held.state.live]
            if len(waiting) >= count:
                return max(waiting, key=lambda held: held.begun)
            time.sleep(0.05)
        raise AssertionError("nothing was held")

    def answer(self, held: HeldCall, signer: Signer, person: str, answer: str = "approved", **more: Any) -> HeldCall:
        return self.cast(held.call.digest, signer.vote(held, person, answer, at=datetime.now(UTC), **more))

    def cast(self, digest: str, signed: SignedVote) -> HeldCall:
        """Have a vote that was signed taken for a call, or raise where it does not count."""
        log = read_folder(self.state / LEDGER)
        writer = Writer(log.open_store, log.keyring, lambda: datetime.now(UTC))
        try:
            step = answer_call(digest, signed, self.terms().register, datetime.now(UTC), ms=9000)
            writer.commit(settle=step)
        finally:
            writer.close()
        return step.call

    def said(self) -> list[str]:
        """What the log says about calls, once it is held against all that must hold."""
        store = read_folder(self.state / LEDGER).open_store()
        try:
            invariants = Invariants()
            entries = [invariants.take(raw) for raw in store.entries(0, store.head().size)]
        finally:
            store.close()
        told = {"decision", "release", "outcome", "lost", "message"}
        return [f"{entry.kind} {entry.fields.get('o', '')}".strip() for entry in entries if entry.kind in told]


class Answering(Protocol):
    """A model that can be started, and its server."""

    server: asyncio.Server

    async def start(self) -> None: ...


@contextmanager
def answering(model: Answering) -> Iterator[None]:
    """Let a model answer, in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(model.start(), loop).result()
    try:
        yield
    finally:

        async def end() -> None:
            model.server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def a_harbour(folder: Path, until: str = TWO_OFFICERS, *options: str) -> Iterator[Harbour]:
    """Run a gateway with its model."""
    model = Model()
    with answering(model):
        harbour = Harbour(folder, model, until, *options)
        try:
            yield harbour
        finally:
            harbour.stop()
