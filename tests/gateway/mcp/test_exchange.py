"""What becomes of a tool call where the judge or the ledger fails, with everything outside scripted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway.facts import FactSheet
from remit.gateway.mcp.exchange import mcp_exchange
from remit.gateway.step import Answered, Asked, Relay
from tests.gateway.harbour import BEARER, NO_BERTHS, REGISTER, Got, Harbour, harbour_terms

if TYPE_CHECKING:
    from remit.terms.use import Use

CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "read-log", "arguments": {}}}


@pytest.fixture
def harbour() -> Harbour:
    servers = 'tool_servers: [{id: files, url: "http://files.example/mcp"}]\n'
    return Harbour(harbour_terms(NO_BERTHS, register=REGISTER + servers))


def ask(harbour: Harbour) -> Got:
    asked = Asked("POST", b"/mcp/files", b"", [BEARER], json.dumps(CALL).encode())
    return harbour.carry(mcp_exchange(asked, harbour.gate))


def test_a_judge_that_fails_is_a_refusal_and_an_entry(harbour: Harbour) -> None:
    class Broken(FactSheet):
        def before_model(self, *_: object) -> Use:
            raise ZeroDivisionError

    object.__setattr__(harbour.gate.book, "sheet", Broken(harbour.terms))
    got = ask(harbour)
    assert got.json["error"]["message"] == "Not passed on: it could not be judged."
    assert harbour.entries()[-1].fields["r"] == ["remit#could-not-judge"]
    assert harbour.open_rows() == []


def test_a_call_that_cannot_be_recorded_is_not_carried_out(harbour: Harbour) -> None:
    harbour.disk.fault = "the disk is full"
    assert "could not be recorded" in ask(harbour).json["error"]["message"]


@pytest.mark.parametrize("letters", ["utf-7", "utf-16", "latin1", "cp037"])
def test_a_message_reaches_the_server_in_the_letters_in_which_it_was_judged(harbour: Harbour, letters: str) -> None:
    """A body that is JSON to one reader is another to whoever believes what is said of its letters."""
    passed: list[Relay] = []

    def do(step: Any, got: Got, pieces: list[Any]) -> Any:
        if isinstance(step, Relay):
            passed.append(step)
            return Answered(200, [(b"content-type", b"application/json")])
        return Harbour._do(harbour, step, got, pieces)

    harbour._do = do  # type: ignore[method-assign]
    hidden = "+ACIAfQAsACIAbgBhAG0AZQAiADoAIgBnAHUAbgAiACwAIgBhACIAOgB7ACIAYgAiADoAIg-"
    call = CALL | {"params": {"name": "read-log", "arguments": {"a": hidden}}}
    for said in (call, {"jsonrpc": "2.0", "id": 1, "method": "ping"}):
        headers = [BEARER, (b"content-type", f"application/json; charset={letters}".encode())]
        asked = Asked("POST", b"/mcp/files", b"", headers, json.dumps(said).encode())
        harbour.carry(mcp_exchange(asked, harbour.gate))
    assert [dict(step.headers)[b"content-type"] for step in passed] == [b"application/json"] * 2
