"""A tool server behind the gateway, by the real client and a real server of MCP, in each version of the protocol."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from remit.gateway.state import LEDGER
from remit.ledger.folder import read_folder
from remit.ledger.invariants import Invariants
from tests.gateway.oversight.scene import AMADI, BAKER, REGISTER, TWO_OFFICERS
from tests.gateway.oversight.served import Harbour, Model

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = Path(__file__).with_name("tool_server.py")
MODES = ["legacy", "auto"]
POLICY = f"""\
instrument: halden
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses:
  - {{id: may, permit: [invoke, act]}}
  - {{id: never, boundary: true, forbid: [act], when: {{tool.effect: force}}, says: No force.}}
  - {{id: wait, hold: [act], when: {{tool.name: crane}}, until: {{{TWO_OFFICERS}}}}}
"""


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


class Quay(Harbour):
    """The gateway before a tool server."""

    def __init__(self, folder: Path) -> None:
        self.done = folder / "done"
        self.tools = free_port()
        model = Model()
        model.port = free_port()
        super().__init__(folder, model, TWO_OFFICERS)

    def start(self) -> None:
        servers = f'tool_servers: [{{id: quay, url: "http://127.0.0.1:{self.tools}/mcp"}}]\n'
        register = REGISTER.replace("{id: crane,", "{id: look, effect: [read]}\n  - {id: crane,") + servers
        (self.terms_folder / "remit.yaml").write_text(register)
        (self.terms_folder / "instruments/halden.yaml").write_text(POLICY)
        self._start_server()
        super().start()
        for _ in range(200):
            with socket.socket() as place:
                if place.connect_ex(("127.0.0.1", self.tools)) == 0:
                    return
            time.sleep(0.05)

    def _start_server(self) -> None:
        command = [sys.executable, str(SERVER), str(self.tools), str(self.done)]
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        super().stop()
        self.server.terminate()
        self.server.wait(timeout=10)

    def carried_out(self) -> list[str]:
        return self.done.read_text().splitlines() if self.done.exists() else []

    def until_said(self, last: str) -> list[str]:
        """Return what is on record once it ends so: the outcome follows the reply."""
        said = self.said()
        for _ in range(100):
            if said[-1] == last:
                break
            time.sleep(0.05)
            said = self.said()
        assert said[-1] == last
        return said

    def post(self, message: object, **headers: str) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        accept = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        given = {"authorization": f"Bearer {self.key}", **accept}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", "/mcp/quay", body, {name: value for name, value in given.items() if value})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.headers["content-type"].startswith("text/event-stream"):
            return answer.status, content.decode()
        return answer.status, json.loads(content)


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quay]:
    place = Quay(tmp_path_factory.mktemp("quay"))
    yield place
    place.stop()


async def call(quay: Quay, mode: str, tool: str, berth: int) -> tuple[bool, str]:
    """Call a tool as an agent does; return whether it went wrong, and what was said."""
    headers = {"authorization": f"Bearer {quay.key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(f"{quay.address}/mcp/quay", http_client=http)
        async with Client(transport, mode=mode, read_timeout_seconds=60) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == {"look", "crane", "gun"}
            result = await client.call_tool(tool, {"berth": berth})
            return bool(result.is_error), "".join(getattr(part, "text", "") for part in result.content)


@contextmanager
def nothing_more_done(quay: Quay) -> Iterator[None]:
    before = quay.carried_out()
    yield
    assert quay.carried_out() == before


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_may_be_used_is_carried_out_and_on_record_as_executed(quay: Quay, mode: str) -> None:
    wrong, said = asyncio.run(call(quay, mode, "look", 4))
    assert (wrong, said) == (False, "done: look 4")
    assert quay.until_said("message")[-3:] == ["decision allow", "outcome", "message"]


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_at_a_boundary_is_refused_in_words_that_the_model_reads(quay: Quay, mode: str) -> None:
    with nothing_more_done(quay):
        wrong, said = asyncio.run(call(quay, mode, "gun", 4))
    assert wrong
    assert "halden/never" in said
    quay.until_said("decision deny")


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_waits_for_people_is_carried_out_once_when_they_have_answered(quay: Quay, mode: str) -> None:
    async def agent() -> tuple[bool, str]:
        task = asyncio.create_task(call(quay, mode, "crane", 7))
        held = await asyncio.to_thread(quay.until_held)
        assert "crane 7" not in quay.carried_out()[before:]
        await asyncio.to_thread(quay.answer, held, AMADI, "amadi")
        await asyncio.to_thread(quay.answer, held, BAKER, "baker")
        return await task

    before = len(quay.carried_out())
    wrong, said = asyncio.run(agent())
    assert (wrong, said) == (False, "done: crane 7")
    assert quay.carried_out()[before:] == ["crane 7"]
    assert quay.until_said("message")[-2:] == ["outcome", "message"]


def test_a_tool_that_people_refuse_is_not_carried_out(quay: Quay) -> None:
    async def agent() -> tuple[bool, str]:
        task = asyncio.create_task(call(quay, "legacy", "crane", 8))
        held = await asyncio.to_thread(quay.until_held)
        await asyncio.to_thread(quay.answer, held, AMADI, "amadi", "refused", reason="not now")
        return await task

    with nothing_more_done(quay):
        wrong, said = asyncio.run(agent())
    assert wrong
    assert "refused the tool call crane" in said


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "gun", "arguments": {"berth": 1}}}


@pytest.mark.parametrize(
    ("message", "headers"),
    [
        ([CALL], {}),
        ({**CALL, "method": "tools/Call"}, {}),
        ({**CALL, "method": "tools/run"}, {}),
        ({"jsonrpc": "2.0", "method": "tools/call", "params": CALL["params"]}, {}),
        ({**CALL, "id": None}, {}),
        ({**CALL, "id": 1.5}, {}),
        ({**CALL, "params": {"name": ["look"], "arguments": {}}}, {}),
        ({**CALL, "params": {"name": "look", "Name": "gun", "arguments": {}}}, {}),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"gun"}}', {}),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"look","name":"gun"}}', {}),
        ({**CALL, "params": {"name": "look", "arguments": {"berth": 1}}}, {"mcp_name": "gun"}),
        ({**CALL, "params": {"name": "look", "arguments": {"berth": 1}}}, {"mcp_name": "=?base64?Z3Vu?="}),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"mcp_method": "tools/call"}),
        (CALL, {"authorization": ""}),
        (CALL, {"authorization": "Bearer remit_nobody"}),
        (CALL, {"remit_tool_effect": "read"}),
        ({**CALL, "params": {"name": "GUN", "arguments": {"berth": 1}}}, {}),
        ({**CALL, "params": {"name": "gun\u200b", "arguments": {"berth": 1}}}, {}),
    ],
)
def test_no_trick_of_the_wire_carries_out_what_is_refused(quay: Quay, message: object, headers: dict[str, str]) -> None:
    with nothing_more_done(quay):
        status, record = quay.post(message, **headers)
    assert status in {200, 400, 401}
    assert "error" in record or record["result"]["isError"]


def test_a_server_that_is_not_registered_is_not_reached(quay: Quay) -> None:
    connection = HTTPConnection("127.0.0.1", quay.port, timeout=10)
    for path in ("/mcp/other", "/mcp/", "/mcp/quay/", "/mcp/quay/../quay", "/mcp/Quay"):
        connection.request("POST", path, json.dumps(CALL), {"authorization": f"Bearer {quay.key}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404
    connection.close()


def test_what_is_on_record_holds_together(quay: Quay) -> None:
    store = read_folder(quay.state / LEDGER).open_store()
    try:
        invariants = Invariants()
        for raw in store.entries(0, store.head().size):
            invariants.take(raw)
        assert invariants.finish().open == 0
    finally:
        store.close()
