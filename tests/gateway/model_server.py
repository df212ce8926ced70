"""A scripted server of models for tests over real sockets: chat completions and messages, whole and streamed.

The prompt says what happens: `tool` proposes the first tool offered until the model is told what came of it, `cut`
drops the connection in the middle, `wait` answers after a second, `error 429` answers with that status.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from typing import Any

Body = dict[str, Any]


class ModelServer:
    """Serves from a thread of its own until it is stopped."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Body]] = []
        self._loop = asyncio.new_event_loop()
        self._began = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._began.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._began.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {
                    name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
                }
                body = json.loads(await reader.readexactly(int(headers["content-length"])))
                path = head[0].split()[1]
                self.asked.append((path, headers, body))
                if not await _answer(path, body, writer):
                    return
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()


async def _answer(path: str, body: Body, writer: asyncio.StreamWriter) -> bool:
    prompt = json.dumps(body["messages"])
    if "wait" in prompt:
        await asyncio.sleep(1)
    if status := re.search(r"error (\d+)", prompt):
        await _write(writer, int(status[1]), "application/json", b'{"error": {"message": "no", "type": "x"}}')
        return True
    whole = _message(body) if "/messages" in path else _completion(body)
    if not body.get("stream"):
        await _write(writer, 200, "application/json", json.dumps(whole).encode())
        return True
    events = _message_events(whole) if "/messages" in path else _completion_events(whole)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for number, event in enumerate(events):
        if "cut" in prompt and number == 3:
            return False
        writer.write(b"%x\r\n%b\r\n" % (len(event), event))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    return True


async def _write(writer: asyncio.StreamWriter, status: int, kind: str, content: bytes) -> None:
    writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(content)}\r\n\r\n".encode())
    writer.write(content)
    await writer.drain()


def _tool(body: Body) -> str:
    tools = body.get("tools") or [{}]
    name = tools[0].get("name") or tools[0].get("function", {}).get("name", "")
    said = json.dumps(body["messages"])
    told = '"tool_result"' in said or '"role": "tool"' in said
    return str(name) if "tool" in said and not told else ""


def _completion(body: Body) -> Body:
    message: Body = {"role": "assistant", "content": "one two three four"}
    if tool := _tool(body):
        call = {"id": "call_1", "type": "function", "function": {"name": tool, "arguments": '{"n": 1}'}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    finish = "tool_calls" if tool else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return {"id": "c-1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]} | {
        "usage": usage
    }


def _completion_events(whole: Body) -> list[bytes]:
    (choice,) = whole["choices"]
    frame = {key: whole[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    deltas: list[Body] = [{"role": "assistant"}]
    for call in choice["message"].get("tool_calls", ()):
        name, text = call["function"]["name"], call["function"]["arguments"]
        deltas.append({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": name}}]})
        deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in (text[:3], text[3:])]
    deltas += [{"content": f"{word} "} for word in (choice["message"]["content"] or "").split()]
    rows = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    rows.append({"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]})
    return [f"data: {json.dumps(frame | {'choices': [row]})}\n\n".encode() for row in rows] + [b"data: [DONE]\n\n"]


def _message(body: Body) -> Body:
    content: list[Body] = [{"type": "text", "text": "one two three four"}]
    if tool := _tool(body):
        content = [{"type": "tool_use", "id": "toolu_1", "name": tool, "input": {"n": 1}}]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }


def _message_events(whole: Body) -> list[bytes]:
    (block,) = whole["content"]
    start = whole | {"content": [], "stop_reason": None}
    events: list[Body] = [{"type": "message_start", "message": start}]
    if block["type"] == "tool_use":
        events.append({"type": "content_block_start", "index": 0, "content_block": block | {"input": {}}})
        deltas: list[Body] = [{"type": "input_json_delta", "partial_json": part} for part in ('{"n"', ": 1}")]
    else:
        events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        deltas = [{"type": "text_delta", "text": f"{word} "} for word in block["text"].split()]
    events += [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    events.append({"type": "content_block_stop", "index": 0})
    events.append({"type": "message_delta", "delta": {"stop_reason": whole["stop_reason"]}, "usage": whole["usage"]})
    events.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
