"""Nothing goes out but what was approved: cut up, changed, replayed, or with a vote that is not of it or not another's.

Each is tried on a gateway that serves, with its own ledger; what time ends stands in test_veto_envelope_served.
"""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from remit.errors import EvidenceRefused
from remit.gateway.oversight.held import State
from tests.gateway.oversight.scene import AMADI, BAKER
from tests.gateway.oversight.sdks import CHAT_TOOLS, SDKS
from tests.gateway.oversight.served import Model, answering, propose
from tests.gateway.oversight.test_served import ask, may_run
from tests.gateway.oversight.test_veto_envelope_served import Quay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from remit.gateway.oversight.held import HeldCall

STREAMED = ("chat_stream", "messages_stream", "responses_stream")
CUTS = range(5)


class CuttingModel(Model):
    """Proposes a call, its arguments cut anywhere; what it proposes can be changed meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.tool, self.berth = "crane", 4

    def arguments(self, text: str) -> str:
        return f'{{"berth":{self.berth},  "lift": "{text} \\u00e9 \\"}}{{\\""}}'

    def reply(self, path: str, body: dict[str, Any]) -> bytes:
        text = body["input"] if "input" in body else body["messages"][0]["content"]
        content = propose(path, body, self.arguments(text)).replace(b'"crane"', f'"{self.tool}"'.encode())
        return _cut_anew(content, text) if body.get("stream") else content


def _cut_anew(content: bytes, text: str) -> bytes:
    """Join neighbouring pieces of arguments by chance, so that they are cut at other places each time."""
    chance, events = random.Random(text), content.split(b"\n\n")  # noqa: S311 - it must be the same each time
    kept = [events[0]]
    for event in events[1:]:
        joined = _joined(kept[-1], event) if chance.random() < 0.7 else None
        if joined is None:
            kept.append(event)
        else:
            kept[-1] = joined
    return b"\n\n".join(kept)


def _joined(one: bytes, other: bytes) -> bytes | None:
    """Return two events as one where both are pieces of the same arguments."""
    head, _, first = one.partition(b"data: ")
    second = other.partition(b"data: ")[2]
    if not (first.startswith(b"{") and second.startswith(b"{")):
        return None
    a, b = json.loads(first), json.loads(second)
    places = [_piece(a), _piece(b)]
    if None in places:
        return None
    (mine, key), (theirs, _) = places  # type: ignore[misc]
    mine[key] += theirs[key]
    return head + b"data: " + json.dumps(a).encode()


def _piece(event: dict[str, Any]) -> tuple[dict[str, Any], str] | None:
    if event.get("type") == "content_block_delta" and "partial_json" in event["delta"]:
        return event["delta"], "partial_json"
    for choice in event.get("choices", ()):
        calls = choice["delta"].get("tool_calls")
        if calls and "id" not in calls[0]:
            return calls[0]["function"], "arguments"
    return None


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quay]:
    with _a_quay(tmp_path_factory.mktemp("harbour"), CuttingModel()) as found:
        yield found


@contextmanager
def _a_quay(folder: Path, model: Model) -> Iterator[Quay]:
    with answering(model):
        found = Quay(folder, model, "approvals: {of: officer, at_least: 2, not: [requester]}, expires_in: 30s")
        try:
            yield found
        finally:
            found.stop()


def model_of(harbour: Quay) -> CuttingModel:
    assert isinstance(harbour.model, CuttingModel)
    return harbour.model


def end(harbour: Quay) -> None:
    """Refuse whatever still waits."""
    for held in harbour.open_now():
        harbour.answer(held, AMADI, "amadi", "refused")


def _now() -> datetime:
    return datetime.now(UTC)


def leave(harbour: Quay, text: str) -> HeldCall:
    """Propose a call and go away while it waits."""
    connection = HTTPConnection("127.0.0.1", harbour.port, timeout=20)
    body = {"model": "heron-1", "messages": [{"role": "user", "content": text}], "tools": CHAT_TOOLS}
    headers = {"authorization": f"Bearer {harbour.key}", "content-type": "application/json"}
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        held = harbour.until_held()
    finally:
        connection.close()
    until(lambda: next(each for each in harbour.held() if each.id == held.id).left is not None)
    return held


def until(said: Callable[[], object]) -> None:
    """Wait until something is so."""
    for _ in range(200):
        if said():
            return
        time.sleep(0.05)
    raise AssertionError("it has not come to that")


def test_arguments_that_are_cut_anywhere_wait_and_come_whole_or_not_at_all(harbour: Quay) -> None:
    texts = [f"{name} cut {number} {word}" for name in STREAMED for number in CUTS for word in ("yes", "no")]
    with ThreadPoolExecutor(len(texts)) as pool:
        asked = {text: pool.submit(SDKS[text.split()[0]], harbour.address, harbour.key, text) for text in texts}
        harbour.until_held(len(texts))
        expected = {model_of(harbour).arguments(text): text for text in texts}
        waiting = harbour.open_now()
        assert sorted(held.call.arguments for held in waiting) == sorted(expected)
        for held in waiting:
            word = "approved" if expected[held.call.arguments].endswith("yes") else "refused"
            harbour.answer(held, AMADI, "amadi", word)
            if word == "approved":
                harbour.answer(held, BAKER, "baker")
        came = {text: each.result(20) for text, each in asked.items()}
    assert came == {text: [arguments] if text.endswith("yes") else [] for arguments, text in expected.items()}


def test_a_name_that_is_cut_passes_nothing(tmp_path: Path) -> None:
    class NameCutter(CuttingModel):
        def reply(self, path: str, body: dict[str, Any]) -> bytes:
            whole = super().reply(path, body)
            return whole.replace(b'"name": "crane", "arguments": ""', b'"name": "cra", "arguments": ""').replace(
                b'"function": {"arguments"', b'"function": {"name": "ne", "arguments"', 1
            )

    with _a_quay(tmp_path, NameCutter()) as harbour:
        reply = ask(harbour, "Cut the name.", stream=True)
        assert harbour.held() == []
    assert not may_run(reply)


@pytest.mark.parametrize(("what", "value"), [("berth", 5), ("tool", "gun"), ("tool", "letter")])
def test_a_call_that_changed_after_it_was_approved_waits_anew(what: str, value: object, harbour: Quay) -> None:
    text = f"Change {what} to {value}."
    held = leave(harbour, text)
    for signer, person in ((AMADI, "amadi"), (BAKER, "baker")):
        harbour.answer(held, signer, person)
    with changed(harbour, what, value), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, text)
        until(lambda: asked.done() or harbour.open_now())
        (state,) = [each.state for each in harbour.held() if each.id == held.id]
        end(harbour)
        assert not may_run(asked.result(20))
    assert state is State.APPROVED
    assert may_run(ask(harbour, text)), "what was approved still goes out"
    assert not may_run(ask(harbour, text)), "once"


def test_a_call_that_is_written_otherwise_and_says_the_same_goes_out_as_it_is_written(harbour: Quay) -> None:
    held = leave(harbour, "Write it otherwise.")
    for signer, person in ((AMADI, "amadi"), (BAKER, "baker")):
        harbour.answer(held, signer, person)
    with changed(harbour, "berth", "4.0"):
        reply = ask(harbour, "Write it otherwise.")
    assert may_run(reply)
    (call,) = json.loads(reply)["choices"][0]["message"]["tool_calls"]
    assert call["function"]["arguments"].startswith('{"berth":4.0,')


@contextmanager
def changed(harbour: Quay, what: str, value: object) -> Iterator[None]:
    """Have the model propose otherwise for a while."""
    model = model_of(harbour)
    before = getattr(model, what)
    setattr(model, what, value)
    try:
        yield
    finally:
        setattr(model, what, before)


def test_a_vote_for_one_call_is_none_for_the_call_of_another(harbour: Quay) -> None:
    terms = ["--terms", str(harbour.terms_folder), "--use", "unload"]
    mine = harbour.key
    theirs = harbour._remit("key", "new", *terms, "--for", "cruz").split()[0]
    time.sleep(1)  # The gateway looks for new keys twice a second.
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, harbour, "Whose is it?")
        one = harbour.until_held()
        harbour.key = theirs
        second = pool.submit(ask, harbour, "Whose is it?")
        try:
            harbour.until_held(2)
        finally:
            harbour.key = mine
        (other,) = [held for held in harbour.open_now() if held.id != one.id]
        assert (one.call.arguments, other.call.requester) == (other.call.arguments, "cruz")
        signed = AMADI.vote(one, "amadi", at=_now())
        with pytest.raises(EvidenceRefused, match="vote-other"):
            harbour.cast(other.call.digest, signed)
        vote = replace(signed.vote, call=other.call.digest, nonce=other.nonce, shown=other.sheet.digest)
        with pytest.raises(EvidenceRefused, match="vote-signature"):
            harbour.cast(other.call.digest, replace(signed, vote=vote))
        harbour.answer(one, AMADI, "amadi")
        harbour.answer(one, BAKER, "baker")
        assert may_run(first.result(20))
        assert [held.id for held in harbour.open_now()] == [other.id]
        end(harbour)
        assert not may_run(second.result(20))


def test_one_person_under_two_names_of_one_key_approves_nothing(harbour: Quay) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Twice the same person.")
        held = harbour.until_held()
        harbour.answer(held, AMADI, "amadi")
        with pytest.raises(EvidenceRefused, match="vote-person"):
            harbour.answer(held, AMADI, "amadi-too")
        with pytest.raises(EvidenceRefused, match="vote-person"):
            harbour.answer(held, AMADI, "amadi")
        assert [each.id for each in harbour.open_now()] == [held.id]
        harbour.answer(held, BAKER, "baker", "refused")
        assert not may_run(asked.result(20))


def test_a_vote_that_is_cast_again_changes_nothing(harbour: Quay) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, harbour, "Vote again.")
        held = harbour.until_held()
        votes = [signer.vote(held, person, at=_now()) for signer, person in ((AMADI, "amadi"), (BAKER, "baker"))]
        harbour.cast(held.call.digest, votes[0])
        with pytest.raises(EvidenceRefused, match="vote-person"):
            harbour.cast(held.call.digest, votes[0])
        harbour.cast(held.call.digest, votes[1])
        assert may_run(asked.result(20))
        for signed in votes:
            with pytest.raises(EvidenceRefused, match="vote-late"):
                harbour.cast(held.call.digest, signed)
    assert "serves once" in ask(harbour, "Vote again.")


def test_what_a_gateway_says_of_all_this_is_clean_to_agentack(harbour: Quay, tmp_path: Path) -> None:
    from remit.cli.main import main
    from tests.gateway.oversight.test_trace import found_by_agentack

    with ThreadPoolExecutor(1) as pool:
        for word in ("approved", "refused"):
            asked = pool.submit(ask, harbour, f"To be {word}, and told.")
            held = harbour.until_held()
            harbour.answer(held, AMADI, "amadi")
            harbour.answer(held, BAKER, "baker", word)
            assert may_run(asked.result(20)) is (word == "approved")
    assert main(["approvals", "--traces", str(tmp_path / "traces"), "--state", str(harbour.state)]) == 0
    paths = sorted((tmp_path / "traces").glob("*.jsonl"))
    found = [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]
    assert {"action_executed", "action_blocked"} <= {event["type"] for events in found for event in events}
    for number, events in enumerate(found[:8]):
        (folder := tmp_path / str(number)).mkdir()
        assert found_by_agentack(events, folder) == {}
