"""People are counted where calls are decided on: within the same group, and for tool calls too."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway.detectors.signal import raise_signal, row_of
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import Headcount
from remit.gateway.people.key import KeyFiles
from remit.gateway.recorded import read_use
from remit.gateway.traffic import open_entry
from remit.ledger.entry import read_entry
from remit.terms.decision import Effect
from tests.fakes import MemoryStore
from tests.gateway.harbour import REGISTER, Got, Harbour, answer, harbour_terms
from tests.gateway.people.crowd import Person

if TYPE_CHECKING:
    from pathlib import Path

    from remit.terms.terms import Terms

LIMIT = "{id: mass, boundary: true, forbid: [invoke], when: {people.window_30d: {above: 5}}}"
ACTS = "{id: acts, boundary: true, forbid: [act], when: {people.call: {above: 3}}}"
BUDGET = "serves: ['**'], people: {budget: {kinds: [email], window: 30d, at_most: 5, declared: 2}}}"
TOOL = "{id: read-log, effect: read, people: [customer_no]}"
WAIT = "until: {approvals: {of: officer}, expires_in: 1h}"


def emails(first: int, end: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": " ".join(Person(number).email for number in range(first, end))}]


@pytest.fixture
def place(tmp_path: Path) -> Any:
    made: list[Harbour] = []

    def make(terms: Terms) -> Harbour:
        harbour = Harbour(terms)
        harbour.gate.people = Headcount(Census(KeyFiles(tmp_path / "people")))
        made.append(harbour)
        return harbour

    yield make
    for harbour in made:
        harbour.writer.close()


PICTURE = {"type": "image_url", "image_url": {"url": "https://elsewhere.example/a.png"}}
KEPT = {"type": "file", "file": {"file_id": "file-1"}}
PDF = {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0xLjcK"}}
WORDS = {"type": "file", "file": {"file_data": "data:text/plain;base64,aGVsbG8="}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}


def with_parts(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "Who is it?"}, *parts]}]


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (PICTURE, "a picture"),
        (KEPT, "a file that the provider keeps"),
        (PDF, "a file that is no text"),
        (SOUND, "sound"),
    ],
)
def test_a_budget_of_people_refuses_what_nobody_can_be_counted_in(place: Any, part: dict[str, Any], says: str) -> None:
    harbour = place(harbour_terms(register=REGISTER.replace('serves: ["**"]}', BUDGET, 1)))
    got = harbour.ask(messages=with_parts(part))
    assert (got.status, got.code) == (403, "unseen_content")
    assert f"cannot be counted in {says}" in got.json["error"]["message"]
    assert harbour.kinds() == ["deny"]
    assert harbour.ask(messages=with_parts(WORDS)).status == 200


def test_the_register_may_let_pass_what_nobody_can_be_counted_in(place: Any) -> None:
    lets = BUDGET.replace("declared: 2", "declared: 2, unseen: true")
    harbour = place(harbour_terms(register=REGISTER.replace('serves: ["**"]}', lets, 1)))
    assert harbour.ask(messages=with_parts(PICTURE, KEPT)).status == 200


@pytest.mark.parametrize("part", [PICTURE, KEPT, PDF, SOUND])
def test_a_limit_on_people_lets_nothing_pass_unseen_in_which_more_may_be(place: Any, part: dict[str, Any]) -> None:
    harbour = place(harbour_terms(LIMIT))
    refused = harbour.ask(messages=with_parts(part))
    assert (refused.status, refused.code) == (403, "terms_held")
    assert "cannot be read" in refused.json["error"]["message"]
    assert harbour.ask(messages=with_parts(WORDS)).status == 200
    assert harbour.kinds() == ["hold", "allow", "outcome"]


def test_what_a_model_thought_and_its_provider_sealed_brings_no_people(place: Any) -> None:
    harbour = place(harbour_terms(LIMIT))
    sealed = {"type": "reasoning.encrypted", "data": "AAAA"}
    assert harbour.ask(messages=with_parts(sealed)).status == 200


def test_a_limit_on_people_says_nothing_of_what_other_conditions_leave_out(place: Any) -> None:
    elsewhere = LIMIT.replace("when: {", "when: {model.maker: orrin, ")
    assert place(harbour_terms(elsewhere)).ask(messages=with_parts(PICTURE)).status == 200


def test_terms_may_leave_to_a_limit_only_what_can_be_read(place: Any) -> None:
    leaves = LIMIT.replace("when: {", "when: {content.unseen: none, ")
    harbour = place(harbour_terms(leaves))
    assert harbour.ask(messages=with_parts(PICTURE)).status == 200
    assert harbour.ask(messages=emails(0, 6)).status == 403


@pytest.mark.parametrize(
    ("part", "condition", "status"),
    [
        (PICTURE, "picture", 403),
        (KEPT, "picture", 200),
        (KEPT, "kept-file", 403),
        (SOUND, "sound", 403),
        (WORDS, "{not: [none]}", 200),
        (PDF, "{not: [none]}", 403),
    ],
)
def test_a_clause_may_speak_of_what_cannot_be_read(
    place: Any, part: dict[str, Any], condition: str, status: int
) -> None:
    clause = f"{{id: seen, boundary: true, forbid: [invoke], when: {{content.unseen: {condition}}}}}"
    for harbour in (place(harbour_terms(clause)), Harbour(harbour_terms(clause))):
        assert harbour.ask(messages=with_parts(part)).status == status
        harbour.writer.close()


def test_a_caller_cannot_say_what_is_unseen(place: Any) -> None:
    got = place(harbour_terms(LIMIT)).ask(headers=[(b"remit-content-unseen", b"none")])
    assert got.status in {400, 403}


def said(got: Got) -> str:
    return str(got.json["choices"][0]["message"]["content"])


def test_a_limit_ends_what_would_go_past_it_and_nothing_else(place: Any) -> None:
    harbour = place(harbour_terms(LIMIT))
    assert harbour.ask(messages=emails(0, 4)).status == 200
    refused = harbour.ask(messages=emails(3, 7))
    assert (refused.status, refused.code) == (403, "terms_denied")
    # Who was refused is not counted, so that one more still fits.
    assert harbour.ask(messages=emails(2, 5)).status == 200
    assert harbour.ask(messages=emails(0, 5)).status == 200
    assert harbour.kinds() == ["allow", "outcome", "deny", "allow", "outcome", "allow", "outcome"]


def test_without_a_counter_a_limit_on_people_denies() -> None:
    harbour = Harbour(harbour_terms(LIMIT))
    assert harbour.ask().status == 403
    harbour.writer.close()


def test_a_caller_cannot_say_how_many_people_there_are(place: Any) -> None:
    said = [(b"remit-people-window-30d", b"0")]
    for harbour in (place(harbour_terms(LIMIT)), Harbour(harbour_terms(LIMIT))):
        assert harbour.ask(messages=emails(0, 9), headers=said).status in {400, 403}
        assert harbour.ask(messages=emails(0, 1), headers=said).status in {400, 403}
        harbour.writer.close()
    signal = [(b"remit-signal-effect", b"none")]
    harbour = Harbour(harbour_terms())
    assert harbour.ask(headers=signal).status in {400, 403}
    harbour.writer.close()


def test_what_lies_between_the_ends_waits_for_people(place: Any) -> None:
    harbour = place(harbour_terms(LIMIT))
    both = " ".join(f"{Person(number).email} {Person(number).phone}" for number in range(3))
    got = harbour.ask(messages=[{"role": "user", "content": both}])
    assert (got.status, got.code) == (403, "terms_held")
    assert harbour.kinds() == ["hold"]


def test_a_decision_between_two_ends_is_decided_alike_from_its_record(place: Any) -> None:
    harbour = place(harbour_terms(LIMIT))
    both = " ".join(f"{Person(number).email} {Person(number).phone}" for number in range(3))
    assert harbour.ask(messages=[{"role": "user", "content": both}]).code == "terms_held"
    number = len(harbour.disk.entries) - 1
    entry = read_entry(harbour.disk.entries[number])
    opened = open_entry(MemoryStore(harbour.disk), harbour.writer._keyring, entry)
    use = read_use(harbour.terms, opened.fields)
    assert use is not None
    assert harbour.gate.book.decide(use, harbour.clock.now).effect is Effect.HOLD


def test_the_count_survives_a_restart(place: Any) -> None:
    harbour = place(harbour_terms(LIMIT))
    harbour.ask(messages=emails(0, 4))
    again = Harbour(harbour_terms(LIMIT), disk=harbour.disk)
    again.gate.people = harbour.gate.people
    assert again.ask(messages=emails(4, 6)).status == 403
    again.writer.close()


def test_a_budget_refuses_beyond_it_and_tells_what_was_declared(place: Any) -> None:
    harbour = place(
        harbour_terms(register=REGISTER.replace("serves: ['**']}", BUDGET).replace('serves: ["**"]}', BUDGET, 1))
    )
    assert harbour.terms.register.use_cases[0].people is not None
    assert harbour.ask(messages=emails(0, 4)).status == 200
    got = harbour.ask(messages=emails(4, 6))
    assert (got.status, got.code) == (403, "people_budget")
    assert "6 people in 30d, and its budget is 5" in got.json["error"]["message"]
    assert harbour.kinds() == ["allow", "message", "outcome", "deny"]
    (told,) = harbour.notes
    assert told == "use case ask: 4 people in 30d, of a budget of 5"


def test_a_tool_call_is_judged_by_the_people_of_its_arguments(place: Any) -> None:
    harbour = place(harbour_terms(ACTS, register=REGISTER.replace("{id: read-log, effect: read}", TOOL)))

    def proposing(count: int) -> Any:
        arguments = json.dumps({"customer_no": list(range(count))})
        call = {"id": "c", "type": "function", "function": {"name": "read-log", "arguments": arguments}}
        return lambda _: answer({"role": "assistant", "content": None, "tool_calls": [call]})

    harbour.script = proposing(3)
    assert harbour.ask().json["choices"][0]["message"]["tool_calls"]
    harbour.script = proposing(4)
    assert "refused" in said(harbour.ask()).lower()
    assert harbour.kinds() == ["allow", "allow", "outcome", "outcome", "allow", "deny", "outcome"]


def test_a_signal_that_is_up_holds_and_one_that_is_down_does_not(place: Any) -> None:
    guard = (
        "detectors: [{id: g, model: osprey-1, policy: Look., key: {env: G}, labels: {bad: force}}]\nroles: [officer]\n"
    )
    hold = f"{{id: look, hold: [invoke], when: {{signal.effect: force}}, {WAIT}}}"
    harbour = place(harbour_terms(hold, register=REGISTER + guard))
    assert harbour.ask().status == 200
    at = harbour.clock.now
    harbour.writer.commit(
        settle=lambda desk: desk.put(row_of("ask"), raise_signal(None, "g", "force", at, timedelta(days=1))) or []
    )
    assert harbour.ask().code == "terms_held"


def test_nothing_that_is_written_names_anybody(place: Any) -> None:
    harbour = place(harbour_terms(LIMIT))
    for first in range(4):
        harbour.ask(messages=emails(first, first + 3))
    disk = harbour.disk
    kept = b"".join([*disk.entries, *disk.contents.values(), *disk.rows.values()]) + " ".join(disk.rows).encode()
    for number in range(8):
        assert Person(number).email.encode() not in kept
    assert "example.org" not in " ".join(harbour.notes)
