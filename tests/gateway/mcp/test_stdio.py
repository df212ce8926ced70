"""A tool server that is started behind `remit mcp`: a real client and a real server in each version of the protocol.

A gateway serves from the same state meanwhile, so that two processes write one log.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from remit.gateway.record import OPEN
from remit.gateway.state import LEDGER
from remit.ledger.folder import read_folder
from remit.ledger.invariants import Invariants
from remit.ledger.writer import Writer
from tests.gateway.mcp.test_proxy import CALL as GUN
from tests.gateway.mcp.test_proxy import MODES, POLICY, SERVER, free_port
from tests.gateway.oversight.scene import AMADI, BAKER, REGISTER, TWO_OFFICERS
from tests.gateway.oversight.served import Harbour, Model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.ledger.entry import Draft
    from remit.ledger.writer import Desk

CALL: dict[str, Any] = GUN


class Quay(Harbour):
    """A gateway, and beside it a tool server that agents start."""

    def __init__(self, folder: Path) -> None:
        self.done = folder / "done"
        model = Model()
        model.port = free_port()
        super().__init__(folder, model, TWO_OFFICERS)

    def start(self) -> None:
        command = json.dumps([sys.executable, str(SERVER), "stdio", str(self.done)])
        odd = json.dumps([sys.executable, str(SERVER.with_name("odd_server.py")), str(self.done)])
        servers = (
            f"tool_servers:\n  - {{id: quay, command: {command}}}\n"
            f"  - {{id: odd, command: {odd}, key: {{env: QUAY_KEY}}}}\n"
            '  - {id: far, url: "http://127.0.0.1:1/mcp"}\n'
        )
        register = REGISTER.replace("{id: crane,", "{id: look, effect: [read]}\n  - {id: crane,") + servers
        budget = "people: {budget: {kinds: [email], window: 30d, at_most: 2}}"
        rows = [f'{{id: {name}, scope: quay, serves: ["**"], {budget}}}' for name in ("tally", "readers")]
        counted = f"use_cases: [{', '.join(rows)}, "
        register = register.replace("use_cases: [", counted)
        (self.terms_folder / "remit.yaml").write_text(register)
        (self.terms_folder / "instruments/halden.yaml").write_text(POLICY)
        super().start()

    def words(self, server: str = "quay", *more: str) -> list[str]:
        return ["-m", "remit", "mcp", server, "--state", str(self.state), "--use-key-from", "QUAYSIDE_KEY", *more]

    def key_for(self, use: str) -> str:
        return self._remit("key", "new", "--terms", str(self.terms_folder), "--use", use).split()[0]

    def carried_out(self) -> list[str]:
        return self.done.read_text().splitlines() if self.done.exists() else []

    def until_said(self, last: str) -> list[str]:
        """Return what is on record once it ends so: the outcome follows the reply."""
        said: list[str] = []
        for _ in range(100):
            if (said := self.said())[-1:] == [last]:
                return said
            time.sleep(0.05)
        raise AssertionError(said)

    def agent(self, server: str = "quay", *more: str, **environment: str) -> Agent:
        return Agent(self, server, *more, **environment)


class Agent:
    """Speaks in lines to `remit mcp`, as no library would."""

    def __init__(self, quay: Quay, server: str, *more: str, **environment: str) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, *quay.words(server, *more)],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            env={**os.environ, "QUAYSIDE_KEY": quay.key, **environment},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)

    def write(self, *messages: object) -> None:
        assert self.process.stdin is not None
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> tuple[int, list[Any], str]:
        """Close its side; return the exit code, and what was said meanwhile."""
        told, noted = self.process.communicate(timeout=30)
        return self.process.returncode, [json.loads(line) for line in told.splitlines()], noted.decode()


@pytest.fixture(scope="module")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quay]:
    place = Quay(tmp_path_factory.mktemp("quay"))
    yield place
    place.stop()


async def call(quay: Quay, mode: str, tool: str, berth: int, told: list[str] | None = None) -> tuple[bool, str]:
    """Call a tool as an agent does; return whether it went wrong, and what was said."""
    started = StdioServerParameters(command=sys.executable, args=quay.words(), env={"QUAYSIDE_KEY": quay.key})

    async def hear(_: float, __: float | None, message: str | None) -> None:
        if told is not None:
            told.append(message or "")

    async with Client(stdio_client(started), mode=mode, read_timeout_seconds=60) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"look", "crane", "gun"}
        more: dict[str, Any] = {} if told is None else {"progress_callback": hear}
        result = await client.call_tool(tool, {"berth": berth}, **more)
        return bool(result.is_error), "".join(getattr(part, "text", "") for part in result.content)


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_may_be_used_is_carried_out_and_on_record_as_executed(quay: Quay, mode: str) -> None:
    wrong, said = asyncio.run(call(quay, mode, "look", 4))
    assert (wrong, said) == (False, "done: look 4")
    assert quay.until_said("message")[-3:] == ["decision allow", "outcome", "message"]


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_at_a_boundary_is_refused_in_words_that_the_model_reads(quay: Quay, mode: str) -> None:
    before = quay.carried_out()
    wrong, said = asyncio.run(call(quay, mode, "gun", 4))
    assert wrong
    assert "halden/never" in said
    assert quay.carried_out() == before
    quay.until_said("decision deny")


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_waits_for_people_is_carried_out_once_when_they_have_answered(quay: Quay, mode: str) -> None:
    told: list[str] = []

    async def agent() -> tuple[bool, str]:
        task = asyncio.create_task(call(quay, mode, "crane", 7, told))
        held = await asyncio.to_thread(quay.until_held)
        assert "crane 7" not in quay.carried_out()[before:]
        await asyncio.to_thread(quay.answer, held, AMADI, "amadi")
        await asyncio.to_thread(quay.answer, held, BAKER, "baker")
        return await task

    before = len(quay.carried_out())
    assert asyncio.run(agent()) == (False, "done: crane 7")
    assert quay.carried_out()[before:] == ["crane 7"]
    assert quay.until_said("message")[-2:] == ["outcome", "message"]
    assert told
    assert "Waiting for approval of crane" in told[0]


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_people_refuse_is_not_carried_out(quay: Quay, mode: str) -> None:
    async def agent() -> tuple[bool, str]:
        task = asyncio.create_task(call(quay, mode, "crane", 8))
        held = await asyncio.to_thread(quay.until_held)
        await asyncio.to_thread(quay.answer, held, AMADI, "amadi", "refused", reason="not now")
        return await task

    before = quay.carried_out()
    wrong, said = asyncio.run(agent())
    assert wrong
    assert "refused the tool call crane" in said
    assert quay.carried_out() == before


def test_past_the_limit_the_agent_is_told_that_it_is_pending_and_collects_the_answer_later(quay: Quay) -> None:
    crane = {**CALL, "id": 5, "params": {"name": "crane", "arguments": {"berth": 9}}}
    before = len(quay.carried_out())
    with quay.agent("odd", "--wait", "1") as agent:
        agent.write(crane)
        result = agent.read()["result"]
        assert result["isError"]
        assert "propose the same call again" in result["content"][0]["text"]
        held = quay.until_held()
        quay.answer(held, AMADI, "amadi")
        quay.answer(held, BAKER, "baker")
        agent.write({**crane, "id": 6})
        assert agent.read()["result"]["content"][0]["text"] == "done"
    assert quay.carried_out()[before:] == ["crane"]


def test_an_agent_that_waits_no_more_ends_the_call_without_an_answer(quay: Quay) -> None:
    before = quay.carried_out()
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}
    with quay.agent("odd") as agent:
        agent.write({**CALL, "id": 5, "params": {"name": "crane", "arguments": {"berth": 10}}})
        quay.until_held()
        agent.write(cancelled, {"jsonrpc": "2.0", "id": 6, "method": "ping"})
        assert agent.read()["id"] == 6
        code, told, _ = agent.end()
    assert (code, told) == (0, [])
    assert quay.carried_out() == before


def test_a_call_whose_proxy_is_killed_while_people_think_is_not_carried_out_and_nobody_waits_for_it(quay: Quay) -> None:
    before = quay.carried_out()
    with quay.agent("odd") as agent:
        agent.write({**CALL, "id": 5, "params": {"name": "crane", "arguments": {"berth": 11}}})
        held = quay.until_held()
        agent.process.kill()
        agent.process.wait()
        quay.answer(held, AMADI, "amadi")
    with quay.agent("odd") as agent:
        agent.write({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        agent.read()
        now = {found.call.digest: found for found in quay.held()}
        assert now[held.call.digest].left is not None
    assert quay.carried_out() == before


def test_a_call_whose_proxy_is_killed_is_on_record_as_lost_by_the_next_start(quay: Quay) -> None:
    with quay.agent("odd") as agent:
        agent.write({**CALL, "params": {"name": "look", "arguments": {"do": "hang"}}})
        quay.until_said("decision allow")
        agent.process.kill()
        agent.process.wait()
    with quay.agent("odd") as agent:
        agent.write({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        agent.read()
        assert quay.said()[-1] == "lost"


def test_a_stop_of_the_use_case_refuses_the_next_call_of_an_agent_that_runs(quay: Quay) -> None:
    look = {**CALL, "params": {"name": "look", "arguments": {"berth": 1}}}
    with quay.agent("odd") as agent:
        agent.write({**look, "id": 1})
        assert not agent.read()["result"].get("isError")
        row = "kill/use/unload"
        put_row(quay.state, row, b"{}")
        time.sleep(1.2)
        agent.write({**look, "id": 2})
        result = agent.read()["result"]
        put_row(quay.state, row, None)
    assert result["isError"]
    assert "switched off" in result["content"][0]["text"]


def test_a_stop_reaches_a_call_that_the_server_has(quay: Quay) -> None:
    hang = {**CALL, "id": "late", "params": {"name": "look", "arguments": {"do": "hang"}}}
    cancelled, row = quay.done.with_name("done.cancelled"), "kill/use/unload"
    with quay.agent("odd") as agent:
        agent.write(hang)
        quay.until_said("decision allow")
        put_row(quay.state, row, b"{}")
        told = agent.read()
        put_row(quay.state, row, None)
        quay.until_said("outcome")
        # What the server still says of it is for nobody.
        agent.write({"jsonrpc": "2.0", "id": 2, "method": "ping"})
        answer = agent.read()
    assert told["id"] == "late"
    assert told["result"]["isError"]
    assert "people stopped its use case" in told["result"]["content"][0]["text"]
    assert cancelled.read_text().splitlines() == ["late"]
    assert answer["id"] == 2


def test_the_id_of_a_call_that_was_stopped_is_not_taken_before_the_server_has_answered_it(quay: Quay) -> None:
    hang = {**CALL, "id": 11, "params": {"name": "look", "arguments": {"do": "hang"}}}
    row = "kill/use/unload"
    with quay.agent("odd") as agent:
        agent.write(hang)
        quay.until_said("decision allow")
        put_row(quay.state, row, b"{}")
        agent.read()
        put_row(quay.state, row, None)
        agent.write({"jsonrpc": "2.0", "id": 11, "method": "ping"})
        assert "under way" in agent.read()["error"]["message"]


def test_people_in_the_arguments_of_calls_count_towards_the_budget_of_the_use_case(quay: Quay) -> None:
    two, third = "a.amadi@quayside.example, b.baker@quayside.example", "c.cruz@quayside.example"
    look = {**CALL, "params": {"name": "look", "arguments": {"who": two}}}
    with quay.agent("odd", QUAYSIDE_KEY=quay.key_for("tally")) as agent:
        agent.write({**look, "id": 1})
        assert not agent.read()["result"].get("isError")
        agent.write({**look, "id": 2, "params": {"name": "look", "arguments": {"who": third}}})
        result = agent.read()["result"]
    assert result["isError"]
    assert "budget of people" in result["content"][0]["text"]


def put_row(state: Path, row: str, content: bytes | None) -> None:
    """Write a row of a gateway's store from outside, as a command beside it does."""
    log = read_folder(state / LEDGER)
    writer = Writer(log.open_store, log.keyring, lambda: datetime.now(UTC))

    def settle(desk: Desk) -> list[Draft]:
        desk.put(row, content)
        return []

    writer.commit(settle=settle)
    writer.close()


def smuggled(end: str) -> bytes:
    """One message to a reader of JSON, and three to one who ends lines there too."""
    inner = json.dumps(CALL)
    if end == "\r":
        return b'{"jsonrpc":"2.0","id":7,"method":"ping","params":\r' + inner.encode() + b"\r}"
    text = {"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"a": f"{end}{inner}{end}"}}
    return json.dumps(text, ensure_ascii=False).encode()


TRICKS: list[Any] = [
    [CALL],
    {**CALL, "method": "tools/Call"},
    {**CALL, "method": "tools/run"},
    {"jsonrpc": "2.0", "method": "tools/call", "params": CALL["params"]},
    {**CALL, "id": None},
    {**CALL, "id": 1.5},
    {**CALL, "params": {"name": "look", "Name": "gun", "arguments": {}}},
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"gun"}}',
    b"no JSON",
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call"',
    b"\xff\xfe",
    {**CALL, "params": {"name": "GUN", "arguments": {"berth": 1}}},
    {**CALL, "params": {"name": "gun\u200b", "arguments": {"berth": 1}}},
    json.dumps(CALL).encode() + b" " + json.dumps(CALL).encode(),
    *map(smuggled, ("\r", "\x85", "\u2028", "\u2029")),
]


def _is_refusal(answer: Any) -> bool:
    return "error" in answer or bool(answer["result"].get("isError"))


def test_no_trick_of_the_wire_carries_out_what_is_refused(quay: Quay) -> None:
    before = quay.carried_out()
    with quay.agent("odd") as agent:
        for number, line in enumerate(TRICKS):
            last = f"last-{number}"
            agent.write(line, {"jsonrpc": "2.0", "id": last, "method": "ping"})
            answers: list[Any] = []
            while not answers or answers[-1].get("id") != last:
                answers.append(agent.read())
            assert all(_is_refusal(each) for each in answers if each["id"] in {None, 1})
        code, rest, _ = agent.end()
    # An answer may come after that to a later line.
    assert code == 0
    assert all(map(_is_refusal, rest))
    assert quay.carried_out() == before


def test_a_line_beyond_the_bound_is_refused_and_the_next_is_read(quay: Quay) -> None:
    with quay.agent("odd") as agent:
        long = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"' + b"a" * (33 << 20) + b'"}}'
        agent.write(long, {"jsonrpc": "2.0", "id": 2, "method": "ping"})
        first, second = agent.read(), agent.read()
    assert "longer than" in first["error"]["message"]
    assert second["id"] == 2


def test_an_id_that_is_under_way_is_not_taken_again(quay: Quay) -> None:
    with quay.agent("odd") as agent:
        hang = {**CALL, "params": {"name": "look", "arguments": {"do": "hang"}}}
        agent.write(hang, hang)
        assert "under way" in agent.read()["error"]["message"]


def test_what_a_server_says_passes_only_where_it_is_a_message_that_somebody_waits_for(quay: Quay) -> None:
    with quay.agent("odd") as agent:
        agent.write({**CALL, "params": {"name": "look", "arguments": {"do": "noise"}}})
        answers = [agent.read(), agent.read()]
        code, rest, noted = agent.end()
    assert [answer.get("id", answer.get("method")) for answer in answers] == ["notifications/message", 1]
    assert (code, rest) == (0, [])
    assert noted.count("no message") == 3
    assert "said on stderr" in noted


def test_a_server_that_dies_ends_the_call_with_an_error_and_is_told_of(quay: Quay) -> None:
    with quay.agent("odd") as agent:
        agent.write({**CALL, "params": {"name": "look", "arguments": {"do": "die"}}})
        assert "the server gave no answer" in agent.read()["error"]["message"]
        assert agent.process.wait(timeout=20) == 1
        assert agent.process.stderr is not None
        assert b"the tool server odd ended by itself, with code 3" in agent.process.stderr.read()
    assert quay.said()[-2:] == ["decision allow", "outcome"]


def test_a_server_sees_of_the_environment_only_what_it_is_given(quay: Quay) -> None:
    with quay.agent("odd", "--pass", "BERTH", QUAY_KEY="for the server", BERTH="4", OPENAI_API_KEY="secret") as agent:
        agent.write({**CALL, "params": {"name": "look", "arguments": {"do": "environment"}}})
        seen = json.loads(agent.read()["result"]["content"][0]["text"])
    assert seen["QUAY_KEY"] == "for the server"
    assert seen["BERTH"] == "4"
    assert not {"QUAYSIDE_KEY", "OPENAI_API_KEY"} & seen.keys()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_proxy_and_server(quay: Quay, number: signal.Signals) -> None:
    with quay.agent("odd") as agent:
        agent.write({**CALL, "params": {"name": "look", "arguments": {"do": "pid"}}})
        pid = int(agent.read()["result"]["content"][0]["text"])
        agent.process.send_signal(number)
        assert agent.process.wait(timeout=20) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_an_agent_that_goes_takes_a_server_with_it_that_would_stay(quay: Quay) -> None:
    with quay.agent("odd") as agent:
        agent.write({**CALL, "params": {"name": "look", "arguments": {"do": "stay"}}})
        pid = int(agent.read()["result"]["content"][0]["text"])
        code, _, _ = agent.end()
    assert code == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        (["other"], {}, "names no tool server other; it names far, odd, quay"),
        (["far"], {}, "far is reached by its url, at /mcp/far of remit serve"),
        (["quay"], {"QUAYSIDE_KEY": ""}, "the variable QUAYSIDE_KEY, which holds the key, is not set"),
        (["quay"], {"QUAYSIDE_KEY": "remit_nobody"}, "this key is not known here"),
        (["quay", "--pass", "QUAYSIDE_KEY"], {}, "would give the key of the use case to the server"),
    ],
)
def test_what_is_called_wrongly_starts_nothing(
    quay: Quay, words: list[str], environment: dict[str, str], says: str
) -> None:
    with quay.agent(*words, **environment) as agent:
        code, told, noted = agent.end()
    assert (code, told) == (2, [])
    assert "No tool server was started: " in noted
    assert says in noted


def test_what_is_on_record_holds_together(quay: Quay) -> None:
    with quay.agent("odd") as agent:  # One that starts writes off what killed ones left.
        agent.write({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        agent.read()
    store = read_folder(quay.state / LEDGER).open_store()
    try:
        invariants = Invariants()
        for raw in store.entries(0, store.head().size):
            invariants.take(raw)
        # A hold whose proxy was killed still waits, and may have one of two votes: it is no call under way.
        assert list(store.rows(OPEN)) == []
    finally:
        store.close()
