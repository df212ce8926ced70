"""People in what a tool server answers are counted, and an answer with too many does not reach the client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway.ground import ACTIVE
from remit.gateway.mcp.exchange import mcp_exchange
from remit.gateway.mcp.result import texts_of
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import Headcount
from remit.gateway.people.key import KeyFiles
from remit.gateway.step import Answered, Asked, Let, Relay
from remit.ledger.writer import Turn
from tests.gateway.harbour import BEARER, FROM_JANUARY, REGISTER, Got, Harbour, harbour_terms
from tests.gateway.people.crowd import Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = "{id: mass, boundary: true, forbid: [act], when: {people.window_30d: {above: 5}}}"
TOOLS = "tools: [{id: read-log"
ROW = "tools: [{id: find, effect: read, people: [customer_no]}, {id: read-log"
BUDGET = 'says: asking, serves: ["**"], people: {budget: {kinds: [email], window: 30d, at_most: 5}}}'
SERVERS = "tool_servers: [{id: quay, url: 'http://127.0.0.1:9/mcp'}]\n"
JSON, STREAM = b"application/json", b"text/event-stream"


class Quay(Harbour):
    """A gateway before a tool server that is a script."""

    def __init__(self, folder: Path, *clauses: str, register: str = REGISTER) -> None:
        register = register.replace(TOOLS, ROW) + SERVERS
        super().__init__(harbour_terms(*clauses, register=register))
        self.gate.people = Headcount(Census(KeyFiles(folder)))
        self.answers: list[Any] = []
        self.let = 0

    def call(self, *answers: Any, kind: bytes = JSON, arguments: object = None, **more: Any) -> Got:
        self.answers = [Answered(200, [(b"content-type", kind)]), *answers]
        params = {"name": "find", "arguments": arguments or {}, **more}
        body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}).encode()
        headers = [BEARER, (b"accept", b"application/json, text/event-stream")]
        return self.carry(mcp_exchange(Asked("POST", b"/mcp/quay", b"", headers, body), self.gate))

    def _do(self, step: Any, got: Got, pieces: list[Any]) -> Any:
        if isinstance(step, Relay):
            head, *pieces[:] = self.answers
            return head
        self.let += isinstance(step, Let)
        return super()._do(step, got, pieces)

    def read(self, method: str, *answers: Any, kind: bytes = JSON, verb: str = "POST") -> Got:
        self.answers = [Answered(200, [(b"content-type", kind)]), *answers]
        params = {"uri": "file:///crew"} if method == "resources/read" else {"name": "crew"}
        body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode()
        headers = [BEARER, (b"accept", b"application/json, text/event-stream")]
        return self.carry(mcp_exchange(Asked(verb, b"/mcp/quay", b"", headers, body), self.gate))


@pytest.fixture
def quay(tmp_path: Path) -> Iterator[Quay]:
    made = Quay(tmp_path, LIMIT)
    yield made
    made.writer.close()


def emails(first: int, end: int) -> str:
    return " ".join(Person(number).email for number in range(first, end))


def result(text: str = "", **more: Any) -> bytes:
    return json.dumps(
        {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": text}], **more}}
    ).encode()


def event(data: bytes) -> bytes:
    return b"event: message\ndata: " + data + b"\n\n"


def test_an_answer_with_few_people_passes_byte_for_byte_and_is_counted(quay: Quay) -> None:
    sent = result(emails(0, 4))
    assert quay.call(sent[:20], sent[20:]).body == sent
    assert quay.call(result(emails(0, 4))).body == sent
    assert "isError" in quay.call(result(emails(4, 6))).json["result"]
    assert quay.kinds() == ["allow", "outcome", "message"] * 2 + ["allow", "deny", "outcome", "message"]


def test_an_answer_with_too_many_is_withheld_and_not_counted(quay: Quay) -> None:
    got = quay.call(result(emails(0, 6)))
    assert got.json["id"] == 7
    text = got.json["result"]["content"][0]["text"]
    assert "Remit refused the result of the tool call find. By house/mass" in text
    assert "The call was carried out." in text
    assert "@" not in got.body.decode()
    assert quay.call(result(emails(0, 5))).body == result(emails(0, 5))


@pytest.mark.parametrize(
    "hidden",
    [
        result(structuredContent={"rows": [{"customer_no": number} for number in range(6)]}),
        result(json.dumps([{"customer_no": number} for number in range(6)])),
        json.dumps({"jsonrpc": "2.0", "id": 7, "error": {"code": 1, "message": emails(0, 6)}}).encode(),
        b"no message: " + emails(0, 6).encode(),
        result(content=[{"type": "resource", "resource": {"uri": "a:b", "text": emails(0, 6)}}]),
    ],
)
def test_wherever_people_stand_in_an_answer_they_are_counted(quay: Quay, hidden: bytes) -> None:
    assert b"isError" in quay.call(hidden).body


def test_a_tool_calls_arguments_and_what_it_answers_are_counted_together(quay: Quay) -> None:
    assert (
        quay.call(result("done"), arguments={"customer_no": [1, 2, 3]}).json["result"]["content"][0]["text"] == "done"
    )
    assert b"isError" in quay.call(result(json.dumps([{"customer_no": number} for number in range(3, 7)]))).body
    assert b"isError" in quay.call(result("done"), arguments={"customer_no": [4, 5, 6]}).body


def test_an_answer_in_events_passes_event_by_event_until_one_has_too_many(quay: Quay) -> None:
    few = event(result(emails(0, 3)))
    assert quay.call(few[:9], few[9:], kind=STREAM).body == few
    got = quay.call(few, event(result(emails(3, 7))), event(result("more")), kind=STREAM)
    assert got.body.startswith(few)
    assert b"isError" in got.body
    assert b"more" not in got.body
    assert quay.let == 1
    assert not quay.call(b"nonsense\n\n", kind=STREAM).whole


def test_a_call_for_a_task_is_refused_where_people_are_counted_and_passes_elsewhere(quay: Quay, tmp_path: Path) -> None:
    assert b"it asks for a task" in quay.call(result("done"), task={"ttl": 1000}).body
    assert quay.kinds() == []
    free = Quay(tmp_path / "free")
    assert free.call(result("done"), task={"ttl": 1000}).body == result("done")
    free.writer.close()


def test_a_budget_of_a_use_case_counts_what_tools_answer(tmp_path: Path) -> None:
    quay = Quay(tmp_path, register=REGISTER.replace('says: asking, serves: ["**"]}', BUDGET))
    assert quay.call(result(emails(0, 5))).body == result(emails(0, 5))
    assert "above its own budget of people" in quay.call(result(emails(5, 6))).body.decode()
    quay.writer.close()


def test_without_anybody_who_asks_for_people_an_answer_is_not_looked_at(tmp_path: Path) -> None:
    quay = Quay(tmp_path)
    assert quay.call(result(emails(0, 50)), b"trailing").body == result(emails(0, 50)) + b"trailing"
    quay.writer.close()


def test_where_the_count_is_lost_an_answer_with_people_does_not_pass(quay: Quay, tmp_path: Path) -> None:
    assert quay.call(result(emails(0, 2))).status == 200
    other = tmp_path / "other"
    quay.gate.people = Headcount(Census(KeyFiles(other)))
    assert b"could not be recorded" in quay.call(result(emails(2, 3))).body
    assert b"@" not in quay.call(result(emails(2, 3))).body


def test_what_is_said_is_found_wherever_it_stands() -> None:
    assert list(texts_of(b"\xffno json")) == ["\ufffdno json"]
    assert list(texts_of(result("a", structuredContent={"b": 1}))) == ["a", '{"b": 1}']


def test_over_stdio_an_answer_with_too_many_people_is_withheld_too(tmp_path: Path) -> None:
    server = (
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    said = json.loads(line)\n"
        "    text = ' '.join(f'p{n}@quayside.example' for n in range(said['params']['arguments']['n']))\n"
        "    result = {'content': [{'type': 'text', 'text': text}]}\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': said['id'], 'result': result}), flush=True)\n"
    )
    (tmp_path / "terms/instruments").mkdir(parents=True)
    row = f"tool_servers: [{{id: quay, command: {json.dumps([sys.executable, '-c', server])}}}]\n"
    (tmp_path / "terms/remit.yaml").write_text(REGISTER.replace(TOOLS, ROW) + row)
    rows = f"clauses:\n  - {LIMIT}\n  - {{id: may, permit: [act]}}\n"
    house = f"instrument: house\nkind: policy\nby: quayside\n{FROM_JANUARY}\n{rows}"
    (tmp_path / "terms/instruments/house.yaml").write_text(house)
    remit = [sys.executable, "-m", "remit"]
    folders = ["--terms", str(tmp_path / "terms"), "--state", str(tmp_path / "state")]
    made = subprocess.run([*remit, "key", "new", *folders, "--use", "ask"], capture_output=True, text=True, check=True)
    calls = [
        {"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": {"name": "find", "arguments": {"n": n}}}
        for n in (5, 6)
    ]
    with subprocess.Popen(
        [*remit, "mcp", "quay", *folders],
        env={**os.environ, "REMIT_KEY": made.stdout.split()[0]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as proxy:
        assert proxy.stdin is not None
        assert proxy.stdout is not None
        answers = []
        for call in calls:
            proxy.stdin.write(json.dumps(call) + "\n")
            proxy.stdin.flush()
            answers.append(json.loads(proxy.stdout.readline()))
        proxy.stdin.close()
    assert "p4@quayside.example" in answers[0]["result"]["content"][0]["text"]
    assert answers[1]["result"]["isError"]
    assert "@" not in json.dumps(answers[1])


def answered(**inner: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "result": inner}).encode()


READ = {
    "resources/read": lambda text: answered(contents=[{"uri": "file:///crew", "mimeType": "text/plain", "text": text}]),
    "prompts/get": lambda text: answered(
        messages=[{"role": "user", "content": {"type": "text", "text": text}}], description="x"
    ),
    "resources/list": lambda text: answered(resources=[{"uri": "file:///1", "name": text}]),
    "completion/complete": lambda text: answered(completion={"values": text.split()}),
}


@pytest.mark.parametrize("method", READ)
def test_people_in_what_is_read_of_a_server_are_counted_and_too_many_withheld(quay: Quay, method: str) -> None:
    few, many = READ[method](emails(0, 4)), READ[method](emails(0, 9))
    assert quay.read(method, few).body == few
    withheld = quay.read(method, many)
    assert b"@" not in withheld.body
    assert "house/mass" in withheld.json["error"]["message"]
    assert quay.read(method, READ[method](emails(3, 5))).status == 200
    refused = quay.read(method, READ[method](emails(5, 7)))
    assert "error" in refused.json
    assert quay.kinds() == ["deny", "deny"]


@pytest.mark.parametrize("clause", [LIMIT, LIMIT.replace("[act]", "[invoke]"), LIMIT.replace("boundary: true, ", "")])
def test_a_limit_on_either_action_holds_for_what_is_read(tmp_path: Path, clause: str) -> None:
    quay = Quay(tmp_path, clause)
    assert "error" in quay.read("resources/read", READ["resources/read"](emails(0, 9))).json
    quay.writer.close()


def test_what_is_read_is_refused_for_its_people_and_for_nothing_else(tmp_path: Path) -> None:
    quay = Quay(tmp_path, LIMIT, "{id: nothing, boundary: true, forbid: [act], when: {tool.effect: force}}")
    assert "result" in quay.read("resources/read", READ["resources/read"](emails(0, 4))).json
    quay.writer.close()


def test_what_is_read_counts_for_a_budget_too(tmp_path: Path) -> None:
    register = REGISTER.replace('says: asking, serves: ["**"]}', BUDGET)
    quay = Quay(tmp_path, register=register)
    assert "result" in quay.read("prompts/get", READ["prompts/get"](emails(0, 5))).json
    assert "budget" in quay.read("prompts/get", READ["prompts/get"](emails(5, 6))).json["error"]["message"]
    quay.writer.close()


def test_what_is_read_does_not_pass_by_terms_that_are_active_no_more(quay: Quay) -> None:
    quay.writer.commit(rows={ACTIVE: Turn(quay.gate.book.terms.digest.encode(), b"others")})
    body = quay.read("resources/read", READ["resources/read"](emails(0, 2))).body
    assert b"could not be recorded" in body
    assert b"@" not in body


def test_what_a_server_sends_on_a_line_of_its_own_is_counted(quay: Quay) -> None:
    few, many = event(result(emails(0, 2))), event(result(emails(0, 9)))
    got = quay.read("", few + many + few, kind=STREAM, verb="GET")
    assert got.body.startswith(few)
    assert got.body.count(b"data:") == 2
    assert b"house/mass" in got.body


def test_without_anybody_who_asks_for_people_what_is_read_passes_as_it_came(tmp_path: Path) -> None:
    quay = Quay(tmp_path)
    answer = READ["resources/read"](emails(0, 9))
    assert quay.read("resources/read", answer[:9], answer[9:]).body == answer
    assert quay.kinds() == []
    quay.writer.close()
