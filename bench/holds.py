"""What a thousand calls that wait for people cost one worker in memory, whole and split letter by letter.

Each hold is a real stream over two sockets: the model has proposed a call, the terms hold it, and a client waits.
Model, clients and gateway are processes of their own; what is printed is the gateway's alone, and beside it what it had
when it began to serve, the pages for approvers too.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from bench.gateway import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDS, MOST = 1_000, 150
ARGUMENTS = json.dumps({"berth": 4, "lift": "container 7", "to": "the yard behind the customs house", "by": "noon"})
PATHS = {"chat": "/v1/chat/completions", "messages": "/v1/messages", "responses": "/v1/responses"}
REGISTER = """\
organisation: quayside
parties: [{{id: quayside}}, {{id: halden}}]
roles: [officer]
people: [{{id: amadi, roles: [officer]}}]
scopes: [{{id: harbour, kind: civil, serves: ["**"]}}]
use_cases: [{{id: unload, scope: harbour, serves: ["**"]}}]
tools: [{{id: crane, effect: [operate-infrastructure]}}]
upstreams: [{{id: up, maker: halden, channel: local, base_url: "http://127.0.0.1:{port}"}}]
makers: [{{id: halden, domicile: DE}}]
models: [{{id: heron-2, maker: halden, family: heron}}]
"""
HOUSE = """\
instrument: house
kind: policy
by: quayside
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - {id: may, permit: [invoke, act], when: {model.maker: halden}}
  - {id: wait, hold: [act], until: {approvals: {of: officer}, expires_in: 1h}}
"""


def main() -> None:
    """Hold a thousand calls in each form, and print what the worker then has in memory."""
    too_much = False
    with tempfile.TemporaryDirectory(prefix="remit-bench-") as made:
        for dialect in PATHS:
            for how in ("whole", "letters"):
                place = Path(made) / f"{dialect}-{how}"
                start, full = measure(place, dialect, how)
                label = f"{HOLDS:,} holds, {dialect}, {how}, MB"
                print(f"{label:<40}{full:>15.0f}{start:>15.0f}{full / start:>10.1f}", flush=True)
                too_much = too_much or full > MOST
    if too_much:
        raise SystemExit(f"A worker with {HOLDS:,} holds has more than {MOST} MB.")


def measure(place: Path, dialect: str, how: str) -> tuple[float, float]:
    """Return what a worker has in memory once it serves, and when it holds the calls, in MB."""
    port = 20_000 + os.getpid() % 20_000
    here = [sys.executable, "-m", "bench.holds"]
    with ExitStack() as running:
        running.enter_context(started([*here, "model", str(port), how]))
        wait_for(port)
        key = prepare(place, port)
        serve = ["serve", str(place / "terms"), "--state", str(place / "state"), "--listen", f"127.0.0.1:{port + 1}"]
        gateway = running.enter_context(started([sys.executable, "-m", "remit", *serve]))
        wait_for(port + 1)
        with urlopen(f"http://127.0.0.1:{port + 1}/console") as page:
            page.read()
        start = resident(gateway.pid)
        clients = running.enter_context(started([*here, "clients", str(port + 1), key, dialect]))
        told = clients.stdout.readline() if clients.stdout else b""
        if told != b"waiting\n":
            raise SystemExit(f"The clients do not wait: {told!r}")
        return start, resident(gateway.pid)


def prepare(place: Path, port: int) -> str:
    """Write terms under which every tool call waits, and return a key."""
    (place / "terms/instruments").mkdir(parents=True)
    (place / "terms/remit.yaml").write_text(REGISTER.format(port=port), encoding="utf-8")
    (place / "terms/instruments/house.yaml").write_text(HOUSE, encoding="utf-8")
    words = ["key", "new", "--use", "unload", "--terms", str(place / "terms"), "--state", str(place / "state")]
    made = subprocess.run([sys.executable, "-m", "remit", *words], capture_output=True, check=True)
    return made.stdout.split()[0].decode()


@contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command for a while."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def resident(pid: int) -> float:
    """Return what a process has in memory, in MB."""
    rows = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmRSS")) / 1024


async def serve_model(port: int, how: str) -> None:
    """Propose one call in whatever form is asked for, and leave the connection open."""
    pieces = list(ARGUMENTS) if how == "letters" else [ARGUMENTS]
    replies = {path: b"".join(map(framed, EVENTS[dialect](pieces))) for dialect, path in PATHS.items()}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                )
                reply = replies.get(head.split()[1].decode(), b"")
                writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(reply), reply) if reply else b"0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=2_048)
    await server.serve_forever()


def framed(event: dict[str, Any] | None) -> bytes:
    """Write an event as the wire has it; None is the mark at the end of a chat."""
    if event is None:
        return b"data: [DONE]\n\n"
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def chat(pieces: list[str]) -> list[dict[str, Any] | None]:
    """Return a chat completion that calls the crane."""
    begun = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "crane", "arguments": ""}}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "I will."}, {"tool_calls": [begun]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    rows: list[dict[str, Any]] = [
        {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} for delta in deltas
    ]
    rows.append({"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls"})
    head: dict[str, Any] = {
        "id": "chatcmpl-Bq1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "heron-2",
    }
    return [*(head | {"system_fingerprint": "fp_1", "choices": [row]} for row in rows), None]


def messages(pieces: list[str]) -> list[dict[str, Any] | None]:
    """Return a message that calls the crane."""
    usage = {"input_tokens": 9, "output_tokens": 9}
    message: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "heron-2", "content": []}
    call = {"type": "tool_use", "id": "toolu_1", "name": "crane", "input": {}}
    delta = {"stop_reason": "tool_use", "stop_sequence": None}
    made: list[dict[str, Any]] = [{"type": "message_start", "message": message | {"usage": usage}}]
    made.append({"type": "content_block_start", "index": 0, "content_block": call})
    for piece in pieces:
        said = {"type": "input_json_delta", "partial_json": piece}
        made.append({"type": "content_block_delta", "index": 0, "delta": said})
    made.append({"type": "content_block_stop", "index": 0})
    return [*made, {"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]


def responses(pieces: list[str]) -> list[dict[str, Any] | None]:
    """Return a response that calls the crane."""
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "crane", "arguments": ARGUMENTS}
    head: dict[str, Any] = {"id": "resp_1", "object": "response", "created_at": 0, "model": "heron-2"}
    place = {"item_id": "fc_1", "output_index": 0}
    made: list[dict[str, Any]] = [
        {"type": "response.created", "response": head | {"status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item | {"arguments": ""}},
        *({"type": "response.function_call_arguments.delta", **place, "delta": piece} for piece in pieces),
        {"type": "response.function_call_arguments.done", **place, "arguments": ARGUMENTS},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": head | {"status": "completed", "output": [item]}},
    ]
    return [event | {"sequence_number": number} for number, event in enumerate(made)]


EVENTS = {"chat": chat, "messages": messages, "responses": responses}


async def wait_as_clients(port: int, key: str, dialect: str) -> None:
    """Ask, each client over a connection of its own, and tell when every one has read that its call waits."""

    async def ask(number: int) -> asyncio.StreamWriter:
        text = [{"role": "user", "content": f"Unload the ship, for client {number}."}]
        body: dict[str, Any] = {"model": "heron-2", "stream": True, "max_tokens": 64, "messages": text}
        if dialect == "responses":
            body = {"model": "heron-2", "stream": True, "input": text}
        content = json.dumps(body).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST {PATHS[dialect]} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nx-session-id: s{number}\r\n"
        )
        writer.write(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        got = b""
        while b"aiting" not in got:
            more = await reader.read(65_536)
            if not more:
                raise SystemExit(f"A call was not held: {got!r}")
            got += more
        task = asyncio.create_task(read_on(reader))
        reading.add(task)
        return writer

    async def read_on(reader: asyncio.StreamReader) -> None:
        while await reader.read(65_536):
            pass

    reading: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []
    for first in range(0, HOLDS, 50):
        writers += await asyncio.gather(*map(ask, range(first, min(first + 50, HOLDS))))
    await asyncio.sleep(3)
    if any(task.done() for task in reading):
        raise SystemExit("A call did not go on waiting.")
    print("waiting", flush=True)
    await asyncio.sleep(60)


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))
    match sys.argv[1:]:
        case ["model", port, how]:
            asyncio.run(serve_model(int(port), how))
        case ["clients", port, key, dialect]:
            asyncio.run(wait_as_clients(int(port), key, dialect))
        case _:
            main()
