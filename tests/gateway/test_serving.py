"""The gateway as it is run, over real sockets, with clients that know nothing of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest

from remit.ledger.folder import read_folder
from remit.ledger.invariants import Invariants
from tests.gateway.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.ledger.entry import Entry

REGISTER = """\
organisation: quayside
parties: [{{id: quayside}}, {{id: halden}}]
scopes: [{{id: harbour, says: ships, kind: civil, serves: ["**"]}}]
use_cases: [{{id: ask, scope: harbour, says: asking, serves: ["**"]}}]
tools: [{{id: read-log, effect: read}}, {{id: close-berth, effect: operate-infrastructure}}]
upstreams:
  - {{id: up, maker: halden, channel: local, base_url: "http://127.0.0.1:{port}", key: {{env: UP_KEY}}}}
makers: [{{id: halden, domicile: DE}}]
models: [{{id: heron-2, maker: halden, family: heron}}]
"""
HOUSE = """\
instrument: house
kind: policy
by: quayside
standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]
clauses:
  - {id: no-berths, boundary: true, forbid: [act], when: {tool.effect: [operate-infrastructure, force]}}
  - {id: may, permit: [invoke, act], when: {model.maker: halden}}
"""
TOOL: Any = {"type": "function", "function": {"name": "read-log", "parameters": {"type": "object", "properties": {}}}}
BERTH: Any = {"name": "close-berth", "input_schema": {"type": "object", "properties": {}}}


class Served:
    """A gateway in a process of its own, in front of a scripted model."""

    def __init__(self, place: Path, model: ModelServer) -> None:
        self.place = place
        self.model = model
        (place / "terms/instruments").mkdir(parents=True)
        (place / "terms/remit.yaml").write_text(REGISTER.format(port=model.port))
        (place / "terms/instruments/house.yaml").write_text(HOUSE)
        self.key = self._remit("key", "new", "--use", "ask", "--terms", "terms", "--state", "state").split()[0]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "remit", "serve", "terms", "--state", "state"]
        process = subprocess.Popen(
            [*words, "--listen", f"127.0.0.1:{self.port}", "--grace", "2"],
            cwd=self.place,
            env=os.environ | {"UP_KEY": "sk-up"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(200):
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return process
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the gateway did not begin")

    def stop(self, signum: int = signal.SIGTERM) -> bytes:
        self.process.send_signal(signum)
        return self.process.communicate(timeout=20)[1]

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"authorization": f"Bearer {self.key}"})
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def entries(self) -> list[Entry]:
        store = read_folder(self.place / "state/ledger").open_store()
        try:
            check = Invariants()
            return [check.take(raw) for raw in store.entries(0, store.head().size)]
        finally:
            store.close()

    def _remit(self, *words: str) -> str:
        run = [sys.executable, "-m", "remit", *words]
        return subprocess.run(run, cwd=self.place, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.stop()


@pytest.fixture
def served(tmp_path: Path, model: ModelServer) -> Iterator[Served]:
    served = Served(tmp_path, model)
    yield served
    if served.process.poll() is None:
        served.stop()


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]


def test_unmodified_libraries_run_within_the_terms(served: Served) -> None:
    base = f"http://127.0.0.1:{served.port}"
    with openai.OpenAI(base_url=f"{base}/v1", api_key=served.key, max_retries=0) as client:
        chat = client.chat.completions
        assert chat.create(model="heron-2", messages=user("x")).choices[0].message.content == "one two three four"
        words = [
            part.choices[0].delta.content for part in chat.create(model="heron-2", messages=user("x"), stream=True)
        ]
        assert "".join(word or "" for word in words) == "one two three four "
        with chat.stream(model="heron-2", messages=user("tool"), tools=[TOOL]) as stream:
            (call,) = stream.get_final_completion().choices[0].message.tool_calls or []
        assert (call.function.name, call.function.arguments) == ("read-log", '{"n": 1}')
        with pytest.raises(openai.APIError):
            list(chat.create(model="heron-2", messages=user("cut"), stream=True))
        with pytest.raises(openai.RateLimitError):
            chat.create(model="heron-2", messages=user("error 429"))
        with pytest.raises(openai.PermissionDeniedError, match="heron-9"):
            chat.create(model="heron-9", messages=user("x"))
    with anthropic.Anthropic(base_url=base, api_key=served.key, max_retries=0) as other:
        ask: Any = {"model": "heron-2", "max_tokens": 50}
        assert other.messages.create(messages=user("x"), **ask).stop_reason == "end_turn"
        with other.messages.stream(messages=user("tool"), tools=[BERTH], **ask) as reply:
            final = reply.get_final_message()
        assert (final.stop_reason, [block.type for block in final.content]) == ("end_turn", ["text", "text"])
        assert "house/no-berths" in final.content[0].text  # type: ignore[union-attr]
        assert final.content[1].text == "one two three four "  # type: ignore[union-attr]
        assert (final.usage.input_tokens, final.usage.output_tokens) == (6, 8)
        with pytest.raises(anthropic.PermissionDeniedError):
            other.messages.create(messages=user("x"), **ask | {"model": "heron-9"})
    assert {headers.get("authorization") or headers["x-api-key"] for _, headers, _ in served.model.asked} == {
        "Bearer sk-up",
        "sk-up",
    }
    assert served.stop() == b""
    kinds = [entry.kind for entry in served.entries()]
    allowed = [entry for entry in served.entries() if entry.fields.get("o") == "allow"]
    assert kinds.count("outcome") == len(allowed)


def test_new_terms_count_without_a_stop_and_faulty_ones_change_nothing(served: Served) -> None:
    body = {"model": "heron-2", "messages": user("x")}
    before = served.ask("POST", "/v1/chat/completions", body)
    house = served.place / "terms/instruments/house.yaml"
    house.write_text(HOUSE.replace("halden}", "haldn}"))
    served.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert served.ask("POST", "/v1/chat/completions", body)[0] == 200
    house.write_text(HOUSE.replace("permit: [invoke, act]", "permit: [act]"))
    served.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while served.ask("POST", "/v1/chat/completions", body)[0] == 200 and time.monotonic() < deadline:
        time.sleep(0.1)
    status, headers, _ = served.ask("POST", "/v1/chat/completions", body)
    assert (status, before[0]) == (403, 200)
    assert headers["remit-terms"] != before[1]["remit-terms"]
    said = served.stop().decode()
    assert "did you mean halden?" in said
    assert [entry.fields["tm"] for entry in served.entries() if entry.kind == "terms"] == [
        before[1]["remit-terms"],
        headers["remit-terms"],
    ]


def test_a_worker_that_is_killed_loses_no_decision_and_leaves_none_open(served: Served) -> None:
    acknowledged: list[str] = []

    def load() -> None:
        while True:
            try:
                body = {"model": "heron-2", "messages": user("x")}
                _, headers, _ = served.ask("POST", "/v1/chat/completions", body)
            except OSError:
                return
            acknowledged.append(headers["remit-decision"])

    def hang() -> None:
        try:
            served.ask("POST", "/v1/chat/completions", {"model": "heron-2", "messages": user("wait")})
        except OSError:
            return

    threads = [threading.Thread(target=work) for work in (load, load, load, hang, hang)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    served.stop(signal.SIGKILL)
    for thread in threads:
        thread.join(10)
    served.process = served.start()
    served.stop()
    entries = served.entries()
    decided = {entry.n for entry in entries if entry.fields.get("o") == "allow"}
    closed = {entry.fields["of"] for entry in entries if entry.kind in {"outcome", "lost"}}
    assert acknowledged
    assert set(map(int, acknowledged)) <= decided
    assert decided == closed
    assert [entry.kind for entry in entries].count("lost") >= 2


def test_a_client_that_leaves_ends_the_call_upstream_and_its_outcome_is_on_record(served: Served) -> None:
    body = json.dumps({"model": "heron-2", "messages": user("wait")}).encode()
    path = "/v1/chat/completions"
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {served.key}\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.sendall(head.encode() + body)
        time.sleep(0.3)
    time.sleep(2)
    served.stop()
    assert [entry.kind for entry in served.entries()].count("outcome") == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\nbig: " + b"x" * 70_000 + b"\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n",
    ],
)
def test_a_request_that_is_too_large_or_framed_twice_is_refused(served: Served, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
        client.sendall(raw)
        status = client.recv(4096)[9:12]
    assert status in {b"400", b"413", b"431"}
    assert served.ask("HEAD", "/")[0] == 200
