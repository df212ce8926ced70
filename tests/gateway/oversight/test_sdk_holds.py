"""People take longer than clients have patience: makers' libraries and agents' wait for them, and get what was held.

Each client waits three seconds for a sign of life, and people take eight, or two hundred under `make test-deep`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import agent_model
from tests.gateway.live import is_deep
from tests.gateway.oversight.scene import AMADI, BAKER, TWO_OFFICERS
from tests.gateway.oversight.sdks import CHAT_TOOLS, MESSAGES_TOOLS, RESPONSES_TOOLS, SDKS
from tests.gateway.oversight.served import Harbour, Model, answering, propose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.gateway.oversight.held import HeldCall

CLIENTS = Path(os.environ.get("REMIT_CLIENTS", f"{sys.prefix}/clients"))
FRAMEWORKS = Path(__file__).with_name("frameworks.py")
WORDS = ("approved", "refused")
CASES = 10 * len(WORDS)
"""What the frameworks ask: five ways, streamed and not."""
WIRES: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"tools": CHAT_TOOLS}),
    "messages": ("/v1/messages", {"tools": MESSAGES_TOOLS, "max_tokens": 99}),
    "responses": ("/v1/responses", {"tools": RESPONSES_TOOLS}),
}
long = pytest.param(
    200.0, marks=[pytest.mark.deep, pytest.mark.skipif(not is_deep(), reason="it takes minutes: make test-deep")]
)


def arguments_for(text: str) -> str:
    """Write arguments as no writer of JSON would write them again."""
    return f'{{"berth":  4.0,"lift" : "{text}", "crew": "Zo\\u00eb", "tons":1e2}}'


class OddModel(Model):
    """Calls the crane for whoever asks first, in a way of its own, and is content when it was told of it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, bytes] = {}

    def reply(self, path: str, body: dict[str, Any]) -> bytes:
        said = json.dumps([body.get("messages"), body.get("input")])
        if any(word in said for word in ('"tool_result"', '"role": "tool"', '"function_call_output"')):
            return agent_model.answer(path, body)
        text = _first_text(body)
        content = propose(path, body, arguments_for(text))
        plain = json.dumps(json.loads(arguments_for(text))).encode()
        # A document has the input as an object, which stands there in its own spelling.
        self.sent[text] = content.replace(b'"input": ' + plain, b'"input": ' + arguments_for(text).encode())
        return self.sent[text]


def _first_text(body: dict[str, Any]) -> str:
    given = body.get("input") or next(row["content"] for row in body["messages"] if row["role"] == "user")
    while not isinstance(given, str):
        row = given[0]
        given = row.get("content") or row["text"]
    return given


@contextmanager
def an_odd_harbour(folder: Path) -> Iterator[tuple[Harbour, OddModel]]:
    model = OddModel()
    with answering(model):
        harbour = Harbour(folder, model, TWO_OFFICERS)
        try:
            yield harbour, model
        finally:
            harbour.stop()


def answer_all(harbour: Harbour, count: int, seconds: float) -> None:
    """Wait until so many calls are held, wait on, and answer each as its arguments ask for."""
    harbour.until_held(count)
    time.sleep(seconds)
    waiting = [held for held in harbour.held() if held.state.live]
    assert len(waiting) == count
    for held in waiting:
        _answer(harbour, held)


def _answer(harbour: Harbour, held: HeldCall) -> None:
    if json.loads(held.call.arguments)["lift"].endswith(WORDS[0]):
        harbour.answer(held, AMADI, "amadi")
        harbour.answer(held, BAKER, "baker")
    else:
        harbour.answer(held, AMADI, "amadi", "refused", reason="the wrong berth")


def ask_plainly(harbour: Harbour, text: str) -> bytes:
    """Ask by a protocol, with nothing between the wire and us; return what came."""
    kind, how = text.split()[:2]
    path, more = WIRES[kind]
    asked = {"input": text} if kind == "responses" else {"messages": [{"role": "user", "content": text}]}
    body = {"model": "heron-1", "stream": how == "streamed", **asked, **more}
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=3)
    try:
        headers = {"authorization": f"Bearer {harbour.key}", "content-type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        return connection.getresponse().read()
    finally:
        connection.close()


def without_waiting(came: bytes, sent: bytes) -> bytes:
    """Return what came without what was said while people thought, numbered as it was sent; any other change raises."""
    if not sent.startswith((b"data:", b"event:")):
        return came.lstrip()
    kept, rest = [], came.split(b"\n\n")
    for event in sent.split(b"\n\n"):
        while rest and _numberless(rest[0]) != _numberless(event):
            said = rest.pop(0)
            assert not any(word in said for word in (b"tool_calls", b"partial_json", b"function_call")), said
        if rest:
            kept.append(event)
            rest.pop(0)
    assert rest == []
    return b"\n\n".join(kept)


def _numberless(event: bytes) -> object:
    """Return an event without what changes where words come before it: its place, and the list of all that was said."""
    head, _, data = event.partition(b"data: ")
    if not data.startswith(b"{"):
        return event
    body = json.loads(data)
    for name in ("index", "sequence_number", "output_index"):
        body.pop(name, None)
    if "output" in (whole := body.get("response", {})):
        whole["output"] = [item for item in whole["output"] if item["type"] == "function_call"]
    return head, json.dumps(body)


@pytest.mark.parametrize("seconds", [8.0, long])
def test_makers_libraries_wait_longer_than_they_have_patience_and_get_what_was_held(
    seconds: float, tmp_path: Path
) -> None:
    texts = [f"{name} {word}" for name in SDKS for word in WORDS]
    plain = [f"{kind} {how} {word}" for kind in WIRES for how in ("whole", "streamed") for word in WORDS]
    with an_odd_harbour(tmp_path) as (harbour, model), ThreadPoolExecutor(len(texts) + len(plain)) as pool:
        asked = {text: pool.submit(SDKS[text.split()[0]], harbour.address, harbour.key, text) for text in texts}
        wires = {text: pool.submit(ask_plainly, harbour, text) for text in plain}
        answer_all(harbour, len(texts) + len(plain), seconds)
        moved = {text: waiting.result(30) for text, waiting in asked.items()}
        came = {text: waiting.result(30) for text, waiting in wires.items()}
        said = harbour.said()
    assert moved == {text: [arguments_for(text)] if text.endswith(WORDS[0]) else [] for text in texts}
    for text in plain:
        if text.endswith(WORDS[0]):
            assert without_waiting(came[text], model.sent[text]) == model.sent[text]
        else:
            assert b"the wrong berth" in came[text]
            assert b"Zo" not in came[text]
    count = len(SDKS) + 2 * len(WIRES)
    assert [said.count(f"release {word}") for word in WORDS] == [2 * count, count]


@pytest.mark.parametrize("seconds", [8.0, long])
def test_agents_libraries_wait_longer_than_they_have_patience_and_run_what_was_held_once(
    seconds: float, tmp_path: Path
) -> None:
    if not CLIENTS.is_dir():
        pytest.skip("openai-agents and LangChain are not there: make test-deep fetches them")
    path = os.pathsep.join([str(CLIENTS), *sys.path])
    with an_odd_harbour(tmp_path) as (harbour, _):
        words = [sys.executable, str(FRAMEWORKS), harbour.address, harbour.key, *WORDS]
        running = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path})
        try:
            _until_asked(harbour, running)
            answer_all(harbour, CASES, seconds)
            told, _ = running.communicate(timeout=60)
        finally:
            running.kill()
            running.communicate()
    moved = json.loads(told)
    assert len(moved) == CASES
    assert moved == {text: _moved_for(text) if text.endswith(WORDS[0]) else [] for text in moved}


def _moved_for(text: str) -> list[str]:
    """Return what moves a crane: LangChain hands over what it has read, openai-agents what came."""
    arguments = arguments_for(text)
    return [json.dumps(json.loads(arguments)) if text.startswith("langchain") else arguments]


def _until_asked(harbour: Harbour, running: subprocess.Popen[str]) -> None:
    """Wait until every library has asked: to import them takes a while."""
    for _ in range(600):
        if running.poll() is not None or sum(held.state.live for held in harbour.held()) == CASES:
            return
        time.sleep(0.2)
