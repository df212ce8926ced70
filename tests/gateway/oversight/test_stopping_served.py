"""What people stop: a use case, a model or a maker, and a call that has gone out; by what waits, flows and begins.

Beside what is stopped everything goes on, and a lifted stop leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

import pytest

from remit.cli.main import main
from remit.gateway.state import LEDGER
from remit.ledger.entry import read_entry
from remit.ledger.folder import read_folder
from tests.gateway.oversight.scene import AMADI, BAKER, MAY, REGISTER, TWO_OFFICERS
from tests.gateway.oversight.sdks import CHAT_TOOLS, MESSAGES_TOOLS
from tests.gateway.oversight.served import Harbour, Model, answering, propose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLICY = f"""\
instrument: halden
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses:
  - {MAY}
  - {{id: wait, hold: [act], says: Nothing moves by itself., until: {{{TWO_OFFICERS}}}}}
"""
REACHES = {
    "use": ("--use-case", "unload", ("load", "heron-1")),
    "model": ("--model", "heron-1", ("unload", "heron-2")),
    "maker": ("--maker", "halden", ("unload", "osprey-1")),
}
"""What is stopped, and the use case and model beside it that are not."""
SOON = 6.0
"""Seconds after which a stop has been heeded: it counts within one, and the machine may be busy."""


class TalkingModel(Model):
    """Talks for long, or proposes a call and then talks for long."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(row[15:]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:"))
            body = json.loads(await reader.readexactly(length))
            self.asked.append(body)
            if "mute" in json.dumps(body):
                await reader.read()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
            path, text = head.split()[1].decode(), (body.get("messages") or body["input"])[0]["content"]
            content = propose(path, body, json.dumps({"berth": text}))
            if "hush" in text:
                # One event, and then nothing for as long as anybody waits.
                writer.write(content[: content.index(b"\n\n") + 2])
                await writer.drain()
                await reader.read()
            for piece in _pieces(content, body) if "talk" in text else [content]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.1 if len(piece) < 400 else 0)
        writer.close()


def _pieces(content: bytes, body: dict[str, Any]) -> Iterator[bytes]:
    """Yield a reply with words for half a minute: of messages after the call, of chat completions without one."""
    if "max_tokens" in body:
        head, _, tail = content.partition(b"event: message_delta")
        yield head
        start = {"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": ""}}
        yield _event(start)
        for number in range(300):
            delta = {"type": "text_delta", "text": f"word {number} "}
            yield _event({"type": "content_block_delta", "index": 2, "delta": delta})
        yield _event({"type": "content_block_stop", "index": 2}) + b"event: message_delta" + tail
        return
    chunk = {"id": "c1", "created": 0, "model": body["model"], "object": "chat.completion.chunk"}
    for number in range(300):
        delta = {"role": "assistant", "content": f"word {number} "}
        yield _event(chunk | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


def _event(event: dict[str, Any]) -> bytes:
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


class Quay(Harbour):
    """A gateway with two makers, three models and two use cases, of which each has a key."""

    def start(self) -> None:
        place = f'channel: local, base_url: "http://127.0.0.1:{self.model.port}"'
        rows = ", ".join(f"{{id: {maker}, maker: {maker}, {place}}}" for maker in ("halden", "orrin"))
        register = REGISTER.replace("{id: ministry}", "{id: ministry}, {id: orrin}")
        register = register.replace(
            "{id: halden, domicile: DE}", "{id: halden, domicile: DE}, {id: orrin, domicile: FR}"
        )
        register = register.replace(
            "{id: heron-1, maker: halden}",
            "{id: heron-1, maker: halden}, {id: heron-2, maker: halden}, {id: osprey-1, maker: orrin}",
        )
        register = register.replace(
            '{id: unload, scope: quay, serves: ["**"]}',
            '{id: unload, scope: quay, serves: ["**"]}, {id: load, scope: quay, serves: ["**"]}',
        )
        (self.terms_folder / "remit.yaml").write_text(f"{register}upstreams: [{rows}]\n")
        (self.terms_folder / "instruments/halden.yaml").write_text(POLICY)
        keys = {"load": self._remit("key", "new", "--terms", str(self.terms_folder), "--use", "load").split()[0]}
        self.keys = {"unload": self.key, **keys}
        super().start()


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quay]:
    model = TalkingModel()
    with answering(model):
        found = Quay(tmp_path_factory.mktemp("quay"), model, TWO_OFFICERS)
        try:
            yield found
        finally:
            found.stop()


class Reply:
    """What comes to a client, as it comes."""

    def __init__(self, quay: Quay, text: str, use: str = "unload", model: str = "heron-1") -> None:
        self._quay, self._text, self._use, self._model = quay, text, use, model
        self.status, self.came, self.ended, self.left = 0, b"", 0.0, False

    def read(self, *, messages: bool = False) -> Reply:
        path, tools = ("/v1/messages", MESSAGES_TOOLS) if messages else ("/v1/chat/completions", CHAT_TOOLS)
        body = {"model": self._model, "messages": [{"role": "user", "content": self._text}], "tools": tools}
        more: dict[str, Any] = {"stream": True} | ({"max_tokens": 99} if messages else {})
        connection = HTTPConnection("127.0.0.1", self._quay.port, timeout=20)
        headers = {"authorization": f"Bearer {self._quay.keys[self._use]}", "content-type": "application/json"}
        with suppress(HTTPException, OSError):
            connection.request("POST", path, json.dumps(body | more), headers)
            response = connection.getresponse()
            self.status = response.status
            while not self.left and (piece := response.read1(65536)):
                self.came += piece
        connection.close()
        self.ended = time.monotonic()
        return self

    def close(self) -> None:
        """Go away."""
        self.left = True


def until(said: Callable[[], object]) -> None:
    for _ in range(200):
        if said():
            return
        time.sleep(0.05)
    raise AssertionError("it has not come to that")


def revoke(quay: Quay, *words: str) -> float:
    """Take something back, or lift a stop; return when."""
    assert main(["revoke", *words, "--by", "deeds", "--reason", "enough", "--state", str(quay.state)]) == 0
    return time.monotonic()


@pytest.mark.parametrize("reach", REACHES)
def test_a_stop_ends_what_waits_and_what_flows_and_lets_nothing_begin_until_it_is_lifted(
    reach: str, quay: Quay
) -> None:
    option, name, (use, model) = REACHES[reach]
    waiting, flowing = Reply(quay, f"wait {reach}"), Reply(quay, f"talk {reach}")
    beside = Reply(quay, f"talk beside {reach}", use, model)
    with ThreadPoolExecutor(3) as pool, closing(waiting), closing(flowing), closing(beside), ExitStack() as lift:
        runs = [pool.submit(each.read) for each in (waiting, flowing, beside)]
        held = quay.until_held()
        until(lambda: b"word 2" in flowing.came and b"word 2" in beside.came)
        at = revoke(quay, option, name)
        lift.callback(revoke, quay, option, name, "--lift")
        until(lambda: runs[0].done() and runs[1].done())
        assert max(waiting.ended, flowing.ended) - at < SOON
        assert b"tool_calls" not in waiting.came
        assert b"deeds took it back: enough" in waiting.came
        assert f"people stopped it (kill/{reach}/{name})" in flowing.came.decode()
        assert all(each.came.rstrip().endswith(b"data: [DONE]") for each in (waiting, flowing))
        assert [each.state.value for each in quay.held() if each.id == held.id] == ["revoked"]

        asked = len(quay.model.asked)
        refused = Reply(quay, f"talk again {reach}").read()
        assert (refused.status, len(quay.model.asked)) == (403, asked)
        assert json.loads(refused.came)["error"]["code"] == f"kill_{reach}_{name}".replace("-", "_")

        words = len(beside.came)
        until(lambda: len(beside.came) > words)
        assert not runs[2].done(), "what is beside it goes on"
        lift.close()
        until(lambda: _begins(quay, pool, f"talk after {reach}"))


def _begins(quay: Quay, pool: ThreadPoolExecutor, text: str) -> bool:
    """Tell whether a reply begins to flow; whoever asks has enough of it then."""
    reply = Reply(quay, text)
    run = pool.submit(reply.read)
    until(lambda: run.done() or b"word 2" in reply.came)
    reply.close()
    return b"word 2" in reply.came


def _read_silence(quay: Quay, path: str, text: str, came: list[bytes], status: list[int], told: list[str]) -> float:
    """Read a stream of a model that falls silent; return when it ended."""
    key, said = ("input" if path.endswith("responses") else "messages"), [{"role": "user", "content": text}]
    body = {"model": "heron-1", key: said, "stream": True, "max_tokens": 99}
    connection = HTTPConnection("127.0.0.1", quay.port, timeout=20)
    headers = {"authorization": f"Bearer {quay.keys['unload']}", "content-type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    status.append(response.status)
    told.append(response.headers["remit-decision"])
    while piece := response.read1(65536):
        came.append(piece)
    connection.close()
    return time.monotonic()


def _has_outcome(quay: Quay, decision: str) -> bool:
    store = read_folder(quay.state / LEDGER).open_store()
    try:
        entries = [read_entry(raw) for raw in store.entries(0, store.head().size)]
    finally:
        store.close()
    return any(each.kind == "outcome" and each.fields.get("of") == int(decision) for each in entries)


ENDINGS = {
    "/v1/chat/completions": b"data: [DONE]",
    "/v1/messages": b'"message_stop"}',
    "/v1/responses": b'"response.completed"',
}


@pytest.mark.parametrize("path", ENDINGS)
def test_a_stop_ends_at_once_a_stream_in_which_nothing_comes(path: str, quay: Quay) -> None:
    came: list[bytes] = []
    status: list[int] = []
    told: list[str] = []
    with ThreadPoolExecutor(1) as pool, ExitStack() as lift:
        run = pool.submit(_read_silence, quay, path, f"hush {path}", came, status, told)
        until(lambda: came)
        at = revoke(quay, "--use-case", "unload")
        lift.callback(revoke, quay, "--use-case", "unload", "--lift")
        until(run.done)
        assert run.result() - at < SOON
        text = b"".join(came)
        assert b"people stopped it (kill/use/unload)" in text
        assert ENDINGS[path] in text[-4000:]
        until(lambda: _has_outcome(quay, told[0]))
        lift.close()
        until(lambda: _begins(quay, pool, f"talk after {path}"))


def test_a_stop_ends_a_call_that_has_no_reply_yet(quay: Quay) -> None:
    came: list[bytes] = []
    status: list[int] = []
    told: list[str] = []
    asked = len(quay.model.asked)
    with ThreadPoolExecutor(1) as pool, ExitStack() as lift:
        run = pool.submit(_read_silence, quay, "/v1/chat/completions", "mute", came, status, told)
        until(lambda: len(quay.model.asked) > asked)
        at = revoke(quay, "--model", "heron-1")
        lift.callback(revoke, quay, "--model", "heron-1", "--lift")
        until(run.done)
        assert run.result() - at < SOON
        assert status == [403]
        assert json.loads(b"".join(came))["error"]["code"] == "stopped"
        until(lambda: _has_outcome(quay, told[0]))
        lift.close()
        until(lambda: _begins(quay, pool, "talk after silence"))


def test_a_call_that_is_taken_back_after_it_went_out_ends_the_reply_that_it_came_in(quay: Quay) -> None:
    reply, other = Reply(quay, "talk on after the call"), Reply(quay, "talk beside the call")
    with ThreadPoolExecutor(2) as pool, closing(reply), closing(other):
        runs = [pool.submit(reply.read, messages=True), pool.submit(other.read)]
        held = quay.until_held()
        assert b"tool_use" not in reply.came
        quay.answer(held, AMADI, "amadi")
        quay.answer(held, BAKER, "baker")
        until(lambda: b"word 2" in reply.came)
        assert b"tool_use" in reply.came
        at = revoke(quay, held.id)
        until(runs[0].done)
        assert reply.ended - at < SOON
        assert b"was taken back" in reply.came
        assert b"message_stop" in reply.came
        words = len(other.came)
        until(lambda: len(other.came) > words)
        assert not runs[1].done()
    assert [each.state.value for each in quay.held() if each.id == held.id] == ["revoked"]
    assert main(["check-release", "crane", _file(quay, held.call.arguments), "--state", str(quay.state)]) == 10


def _file(quay: Quay, content: str) -> str:
    path = quay.state.parent / "arguments.json"
    path.write_text(content)
    return str(path)
