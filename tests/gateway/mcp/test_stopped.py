"""What is stopped while a tool server has it: nobody waits for it any longer, and everybody is told."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway.activation import activate
from remit.gateway.ground import Switches, make_rulebook
from remit.gateway.mcp.exchange import mcp_exchange
from remit.gateway.routing import NO_CUTS, Cuts
from remit.gateway.step import Answered, Asked, Let, Relay, Stopped, Take
from remit.gateway.upstream.client import UpstreamCut
from remit.terms.folder import Files, read_terms
from tests.gateway.harbour import BEARER, FROM_JANUARY, MAY, NO_BERTHS, REGISTER, Got, Harbour, harbour_terms
from tests.gateway.mcp.test_proxy import Quay as Proxied
from tests.gateway.mcp.test_stdio import put_row
from tests.gateway.oversight.served import Harbour as Harboured

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from remit.gateway.step import Step

SERVERS = 'tool_servers: [{id: files, url: "http://files.example/mcp"}]\n'
JSON, STREAM = b"application/json", b"text/event-stream"
PART = b'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n'
STOP = Cuts(uses=frozenset({"ask"}))


class Quay(Harbour):
    """A gateway before a tool server that is a script, in which something happens while it is waited for."""

    def __init__(self) -> None:
        super().__init__(harbour_terms(NO_BERTHS, register=REGISTER + SERVERS))
        self.deed: Callable[[], None] = self.stop_use
        self.head: Answered | None = None
        self.pieces: list[bytes] = []
        self.told: list[Relay] = []
        self.hangs = self.fails = False
        self.let = 0

    def stop_use(self) -> None:
        self.gate.switches = Switches(self.gate.switches.keyring, STOP)

    def stay(self) -> None:
        """Change nothing."""

    def change_terms(self, *clauses: str, register: str = REGISTER) -> None:
        self.gate.book = make_rulebook(harbour_terms(NO_BERTHS, *clauses, register=register + SERVERS))

    def call(self, ident: int | str = 7, *, accept: bytes = JSON + b", " + STREAM) -> Got:
        params = {"name": "read-log", "arguments": {}}
        body = json.dumps({"jsonrpc": "2.0", "id": ident, "method": "tools/call", "params": params}).encode()
        named = [(b"mcp-method", b"tools/call"), (b"mcp-name", b"read-log"), (b"mcp-session-id", b"s1")]
        headers = [BEARER, (b"accept", accept), *named]
        return self.carry(mcp_exchange(Asked("POST", b"/mcp/files", b"", headers, body), self.gate))

    def _do(self, step: Step, got: Got, pieces: list[Any]) -> Any:
        match step:
            case Relay(only_tells=True):
                self.told.append(step)
                if self.fails:
                    raise UpstreamCut("it has gone")
                return Answered(202, [])
            case Relay() if self.head is None:
                return self._wait(step)
            case Relay():
                return self.head
            case Take() if not self.pieces:
                return None if self.hangs else self._wait(step)
            case Take():
                return self.pieces.pop(0)
            case Let():
                self.let += 1
        return super()._do(step, got, pieces)

    def _wait(self, step: Relay | Take) -> Any:
        """Wait as a carrier does: what ends it is looked for, and nothing comes where nothing does."""
        assert step.ends is not None
        assert not step.ends()
        self.deed()
        if not step.ends():
            self.hangs = True
            return Answered(200, [(b"content-type", JSON)]) if isinstance(step, Relay) else None
        if isinstance(step, Relay):
            raise Stopped
        return b""


@pytest.fixture
def quay() -> Quay:
    return Quay()


class Hanging(BaseHTTPRequestHandler):
    """A tool server that begins to answer and never does, as most do while they work."""

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        heard: list[Any] = self.server.heard  # type: ignore[attr-defined]
        heard.append(said)
        if said["method"] != "tools/call":
            self.send_response(202)
            self.end_headers()
            return
        if said["params"]["arguments"].get("head"):
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(PART)
            self.wfile.flush()
        # The other side closes the line, for which this waits.
        heard.append(self.rfile.read(1))

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Served(Proxied):
    """A gateway that is served before such a server."""

    def start(self) -> None:
        self.server_at = ThreadingHTTPServer(("127.0.0.1", self.tools), Hanging)
        self.heard: list[Any] = []
        self.server_at.heard = self.heard  # type: ignore[attr-defined]
        Thread(target=self.server_at.serve_forever, daemon=True).start()
        super().start()

    def _start_server(self) -> None:
        """Start none: there is one."""

    def stop(self) -> None:
        Harboured.stop(self)
        self.server_at.shutdown()
        self.server_at.server_close()


def result_of(got: Got) -> Any:
    assert got.json["id"] == 7
    assert got.json["result"]["isError"]
    return got.json["result"]["content"][0]["text"]


def test_a_stop_before_the_server_answers_ends_the_call_and_everybody_is_told(quay: Quay) -> None:
    text = result_of(quay.call())
    assert "people stopped its use case (kill/use/ask)" in text
    assert "whether it was carried out is not known (decision 1)" in text
    assert quay.kinds() == ["allow", "outcome"]
    assert quay.open_rows() == []
    (told,) = quay.told
    assert json.loads(told.body) == {
        "jsonrpc": "2.0",
        "method": "notifications/cancelled",
        "params": {"reason": "stopped by Remit", "requestId": 7},
    }
    assert dict(told.headers) == {b"accept": JSON + b", " + STREAM, b"mcp-session-id": b"s1"}
    assert quay.let == 2


@pytest.mark.parametrize("pieces", [[], [PART], [PART[:9], PART[9:]], [PART, PART.replace(b"\n", b"\r\n")]])
def test_a_stop_between_the_events_of_an_answer_is_an_event_of_its_own(quay: Quay, pieces: list[bytes]) -> None:
    quay.head, quay.pieces = Answered(200, [(b"content-type", STREAM)]), list(pieces)
    got = quay.call()
    before = b"".join(pieces)
    assert got.whole
    assert got.body.startswith(before)
    (line,) = [line for line in got.body[len(before) :].splitlines() if line.startswith(b"data: ")]
    assert json.loads(line[6:])["result"]["isError"]
    assert len(quay.told) == 1


@pytest.mark.parametrize(("kind", "pieces"), [(STREAM, [PART[:20]]), (JSON, []), (JSON, [b'{"jsonrpc"'])])
def test_a_stop_in_the_middle_of_a_message_cuts_it(quay: Quay, kind: bytes, pieces: list[bytes]) -> None:
    quay.head, quay.pieces = Answered(200, [(b"content-type", kind)]), list(pieces)
    got = quay.call()
    assert (got.body, got.whole) == (b"".join(pieces), False)
    assert quay.kinds() == ["allow", "outcome"]


HOUSE = f"instrument: house\nkind: policy\nby: quayside\n{FROM_JANUARY}\nclauses:\n  - {MAY}\n"
ORDER = "{id: no-logs, boundary: true, forbid: [act], when: {tool.name: read-log}, says: No logs.}"


def test_terms_that_forbid_the_act_meanwhile_end_it(quay: Quay) -> None:
    quay.deed = lambda: quay.change_terms(ORDER)
    text = result_of(quay.call())
    assert text.startswith("Remit refused to wait for the tool call read-log. By house/no-logs")
    assert quay.kinds() == ["allow", "outcome"]


def test_a_tool_that_is_of_another_effect_meanwhile_is_judged_by_it(quay: Quay) -> None:
    quay.deed = lambda: quay.change_terms(
        register=REGISTER.replace("read-log, effect: read", "read-log, effect: force")
    )
    assert "house/no-berths" in result_of(quay.call())


def test_a_use_case_that_names_the_tool_no_more_ends_it(quay: Quay) -> None:
    tools = REGISTER.replace('says: asking, serves: ["**"]', 'says: asking, serves: ["**"], tools: [close-berth]')
    quay.deed = lambda: quay.change_terms(register=tools)
    assert "does not name this tool any more" in result_of(quay.call())


def test_a_clause_that_begins_meanwhile_ends_it_at_its_instant_and_not_before(quay: Quay) -> None:
    later = (quay.clock.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
    standing = f"standing: [{{state: in-force, from: {later}, known: 2026-01-01}}]"
    text = f"instrument: later\nkind: policy\nby: halden\n{standing}\nclauses:\n  - {ORDER}\n"
    files = {"instruments/house.yaml": HOUSE.encode(), "instruments/later.yaml": text.encode()}
    terms = read_terms(Files((REGISTER + SERVERS).encode(), files, {}))
    activate(quay.writer, terms, quay.clock.now)
    quay.gate.book = make_rulebook(terms)
    quay.deed = lambda: None
    assert quay.call().whole
    assert quay.told == []

    def pass_time() -> None:
        quay.clock.now += timedelta(hours=2)

    quay.hangs, quay.deed = False, pass_time
    assert "later/no-logs" in result_of(quay.call())


@pytest.mark.parametrize(
    "deed",
    [
        Quay.stay,
        lambda quay: quay.change_terms(ORDER.replace("read-log", "close-berth")),
        lambda quay: setattr(
            quay.gate, "switches", Switches(quay.gate.switches.keyring, Cuts(uses=frozenset({"other"})))
        ),
    ],
)
def test_what_does_not_reach_the_call_does_not_end_it(quay: Quay, deed: Callable[[Quay], None]) -> None:
    quay.deed = lambda: deed(quay)
    got = quay.call()
    assert got.whole
    assert quay.told == []
    assert quay.kinds() == ["allow", "outcome", "message"]


def test_a_server_that_cannot_be_told_does_not_keep_the_client_waiting(quay: Quay) -> None:
    quay.fails = True
    assert "people stopped" in result_of(quay.call())
    assert quay.notes == ["the tool server files could not be told that a call was stopped"]


def test_a_stop_that_is_lifted_at_once_does_not_pass_a_part_for_the_whole(quay: Quay) -> None:
    quay.head, quay.pieces = Answered(200, [(b"content-type", STREAM)]), [PART]
    wait = quay._wait

    def lift(step: Relay | Take) -> Any:
        came = wait(step)
        quay.gate.switches = Switches(quay.gate.switches.keyring, NO_CUTS)
        return came

    quay._wait = lift  # type: ignore[method-assign]
    got = quay.call()
    assert b"people stopped" in got.body
    assert quay.kinds() == ["allow", "outcome"]


@pytest.mark.parametrize("head", [True, False])
def test_a_stop_reaches_a_call_that_a_real_server_has(tmp_path: Path, head: bool) -> None:  # noqa: FBT001
    quay = Served(tmp_path)
    try:
        with ThreadPoolExecutor(1) as beside:
            params = {"name": "look", "arguments": {"head": head}}
            asked = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
            answer = beside.submit(quay.post, asked)
            until(lambda: bool(quay.heard))
            put_row(quay.state, "kill/use/unload", b"{}")
            status, said = answer.result(timeout=10)
        assert status == 200
        assert "people stopped its use case" in json.dumps(said)
        until(lambda: len(quay.heard) == 3)
        assert {b"", "notifications/cancelled"} == {x if x == b"" else x["method"] for x in quay.heard[1:]}
        assert quay.until_said("outcome")[-2:] == ["decision allow", "outcome"]
    finally:
        quay.stop()


def until(done: Callable[[], bool]) -> None:
    for _ in range(200):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError
