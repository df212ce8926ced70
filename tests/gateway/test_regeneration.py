"""A model whose proposal was refused is asked once more, as a call of its own, and its client reads one reply."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remit.gateway.activation import activate
from remit.gateway.ground import Switches, make_rulebook
from remit.gateway.people.census import Census
from remit.gateway.people.headcount import Headcount
from remit.gateway.people.key import KeyFiles
from remit.gateway.routing import NO_CUTS, Cuts
from remit.gateway.step import Answered, ClientGone, Let
from remit.gateway.upstream.client import UpstreamCut, UpstreamFailed, UpstreamUnreachable
from tests.gateway.dialects.wire import chat, chunk, piece
from tests.gateway.harbour import NO_BERTHS, REGISTER, Got, Harbour, answer, harbour_terms, proposes
from tests.gateway.oversight.test_admission import ONE as ONE_OFFICER
from tests.gateway.oversight.test_admission import Office

TOOLS = [{"type": "function", "function": {"name": name}} for name in ("read-log", "close-berth")]
DENIED = "close-berth"
ONCE = ["allow", "deny", "outcome"]
"""What is on record of one call of which all was refused."""
EVENTS = Answered(200, [(b"content-type", b"text/event-stream")])


class Model:
    """Says one thing after the other, and the last again and again; what is a function happens then."""

    def __init__(self, *says: Any) -> None:
        self._says = list(says)

    def __call__(self, _: object) -> list[Any]:
        said = self._says.pop(0) if len(self._says) > 1 else self._says[0]
        while callable(said):
            said = said()
        return said if isinstance(said, list) else [said]


def called(*tools: str, content: str | None = None) -> list[Any]:
    """Script a reply that calls."""
    reply = answer(proposes(*tools) | {"content": content})
    return [reply[0], reply[1].replace('"finish_reason": "stop"', '"finish_reason": "tool_calls"')]


@pytest.fixture
def harbour() -> Harbour:
    return Harbour()


def ask(harbour: Harbour, *says: Any, **more: Any) -> Got:
    harbour.script = Model(*says)
    return harbour.ask(**({"tools": TOOLS} | more))


def text(got: Got) -> str:
    return str(got.json["choices"][0]["message"]["content"])


def test_a_model_is_told_of_a_refusal_and_answers_otherwise(harbour: Harbour) -> None:
    got = ask(harbour, called(DENIED, content="I will."), answer("I read the log instead."))
    first, then = (json.loads(send.body) for send in got.sent)
    assert then == first | {"messages": then["messages"]}
    assert then["messages"][0] == first["messages"][0]
    own, told = then["messages"][1:]
    assert (own["role"], own["content"], own["tool_calls"][0]["id"]) == ("assistant", "I will.", "call_0")
    assert (told["role"], told["tool_call_id"]) == ("tool", "call_0")
    assert "house/no-berths" in told["content"]
    assert "No grant lifts a boundary" in told["content"]
    assert text(got) == f"I will.\n\n{told['content']}\n\nI read the log instead."
    assert got.json["usage"] == {"prompt_tokens": 10, "completion_tokens": 14, "total_tokens": 24}
    assert harbour.kinds() == [*ONCE, "allow", "outcome"]
    assert harbour.open_rows() == []


def test_what_it_calls_instead_is_judged_and_reaches_the_client(harbour: Harbour) -> None:
    got = ask(harbour, called(DENIED), called("read-log"))
    message = got.json["choices"][0]["message"]
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["read-log"]
    assert "house/no-berths" in message["content"]
    assert harbour.kinds() == [*ONCE, "allow", "allow", "outcome", "outcome"]


@pytest.mark.parametrize("streamed", [False, True])
def test_it_is_asked_three_times_more_and_then_the_reply_ends(harbour: Harbour, streamed: bool) -> None:  # noqa: FBT001
    events = [EVENTS, chat(chunk({"tool_calls": [piece(0, DENIED, "{}")]})).replace(b'"heron-2"', b'"eu.h2"')]
    got = ask(harbour, events if streamed else called(DENIED), stream=streamed)
    assert len(got.sent) == 4
    assert [len(json.loads(send.body)["messages"]) for send in got.sent] == [1, 3, 5, 7]
    assert harbour.kinds() == ONCE * 4
    assert (got.body.count(b"house/no-berths"), got.whole) == (4, True)
    assert got.body.count(b"[DONE]") == streamed
    assert b"tool_calls" not in got.body


@pytest.mark.parametrize("times", [0, 1, 2])
def test_a_use_case_says_how_often_it_is_asked_once_more(times: int) -> None:
    register = REGISTER.replace("{id: ask, ", f"{{id: ask, asks_again: {times}, ")
    got = ask(Harbour(harbour_terms(NO_BERTHS, register=register)), called(DENIED))
    assert len(got.sent) == times + 1
    assert text(got).count("house/no-berths") == times + 1


def test_a_tool_that_a_key_does_not_name_is_refused_with_another_answer(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    got = ask(harbour, called("web_search"), answer("Then not."))
    assert text(got).endswith("Then not.")
    assert "does not name this tool" in json.loads(got.sent[1].body)["messages"][-1]["content"]


def test_where_another_call_passed_the_model_is_not_asked(harbour: Harbour) -> None:
    got = ask(harbour, called("read-log", DENIED))
    assert len(got.sent) == 1
    assert harbour.kinds() == ["allow", "allow", "deny", "outcome", "outcome"]


@pytest.mark.parametrize(
    "fields",
    [{"n": 2}, {"tools": []}, {"tool_choice": {"type": "function", "function": {"name": DENIED}}}, {"store": True}],
)
def test_what_cannot_be_done_exactly_is_not_done(harbour: Harbour, fields: dict[str, Any]) -> None:
    got = ask(harbour, called(DENIED), **fields)
    assert len(got.sent) == 1
    assert "house/no-berths" in text(got)


def test_each_time_is_counted_against_the_limits() -> None:
    limit = "{id: two, forbid: [invoke], when: {requests.window_1d: {above: 2}}}"
    harbour = Harbour(harbour_terms(NO_BERTHS, limit))
    got = ask(harbour, called(DENIED))
    assert (got.status, len(got.sent)) == (200, 2)
    assert harbour.kinds() == [*ONCE, *ONCE, "deny"]
    assert harbour.ask().status == 429


def test_what_it_is_told_is_among_what_it_may_take_at_most() -> None:
    limit = "{id: money, forbid: [invoke], when: {money.window_30d: {above: 0.05}}}"
    harbour = Harbour(harbour_terms(NO_BERTHS, limit))
    # 4,096 tokens that nobody named are 0.041; of the first call 0.00008 were taken by the time of the second.
    assert len(ask(harbour, called(DENIED)).sent) == 4


def test_people_whom_a_model_named_in_what_was_refused_are_counted_when_it_is_told(tmp_path: Path) -> None:
    """They are in the second call, and were in no call before."""
    limit = "{id: mass, boundary: true, forbid: [invoke], when: {people.window_30d: {above: 3}}}"
    for people, calls in ((2, 2), (6, 1)):
        harbour = Harbour(harbour_terms(NO_BERTHS, limit))
        harbour.gate.people = Headcount(Census(KeyFiles(tmp_path / f"people-{people}")))
        told = " ".join(f"person{n}@example.org" for n in range(people))
        reply = called(DENIED)
        got = ask(harbour, [reply[0], reply[1].replace('"{}"', json.dumps(json.dumps({"to": told})))], answer("No."))
        assert len(got.sent) == calls
        assert harbour.kinds()[:3] == ONCE


def test_a_use_that_people_released_once_is_not_gone_on_with_alone() -> None:
    office = Office(ONE_OFFICER, NO_BERTHS)
    office.deeds = [lambda here: here.vote()]
    got = ask(office, called(DENIED))
    assert (len(got.sent), got.status) == (1, 200)
    assert "house/no-berths" in text(got)
    assert office.kinds() == ["hold", "approved", "deny", "outcome", "hold"]
    assert office.open_rows() == []


def ends_as_if_nobody_was_told(harbour: Harbour, got: Got) -> None:
    """Hold that the reply is what it is where the model is not asked once more."""
    alone = Harbour(harbour_terms(NO_BERTHS, register=REGISTER.replace("{id: ask, ", "{id: ask, asks_again: 0, ")))
    assert got.body == ask(alone, called(DENIED)).body
    assert got.whole
    assert "content-length" in got.headers
    assert harbour.open_rows() == []


@pytest.mark.parametrize(
    "then",
    [
        UpstreamUnreachable("nobody there"),
        UpstreamFailed("gone", seen=True),
        [Answered(400, [(b"content-type", b"application/json")]), "{}"],
        [Answered(503, []), ""],
        [Answered(302, []), ""],
        [EVENTS, "data: [DONE]\n\n"],
    ],
)
def test_without_another_reply_it_ends_with_the_text_that_stands_for_the_call(harbour: Harbour, then: Any) -> None:
    got = ask(harbour, called(DENIED), then)
    assert len(got.sent) == 2
    assert harbour.kinds() == [*ONCE, "allow", "outcome"]
    ends_as_if_nobody_was_told(harbour, got)


def test_another_upstream_is_not_asked_in_its_place(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    got = ask(harbour, called("web_search"), UpstreamUnreachable("nobody there"))
    assert [send.target.model for send in got.sent] == ["heron-2", "heron-2"]


@pytest.mark.parametrize(
    "switches",
    [
        lambda now: Switches(now.keyring, Cuts(makers=frozenset({"halden"}))),
        lambda now: Switches(now.keyring, Cuts(uses=frozenset({"ask"}))),
        lambda _: Switches(),
    ],
    ids=["the maker is cut", "the use case is cut", "the key was revoked"],
)
def test_what_was_switched_off_meanwhile_is_not_asked(harbour: Harbour, switches: Any) -> None:
    on_let(harbour, lambda: setattr(harbour.gate, "switches", switches(harbour.gate.switches)))
    got = ask(harbour, called(DENIED))
    assert len(got.sent) == 1
    ends_as_if_nobody_was_told(harbour, got)


def on_let(harbour: Harbour, act: Callable[[], object]) -> None:
    """Let something happen between the first reply and the second call."""
    do = harbour._do

    def watched(step: Any, got: Got, pieces: list[Any]) -> Any:
        if isinstance(step, Let):
            act()
        return do(step, got, pieces)

    harbour._do = watched  # type: ignore[method-assign]


def test_terms_that_became_active_meanwhile_are_the_terms_of_the_second_call(harbour: Harbour) -> None:
    other = harbour_terms(NO_BERTHS, "{id: none, forbid: [invoke], when: {model.maker: halden}}")

    def change() -> None:
        activate(harbour.writer, other, harbour.clock.now)
        harbour.later = lambda: setattr(harbour.gate, "book", make_rulebook(other))

    on_let(harbour, change)
    assert len(ask(harbour, called(DENIED)).sent) == 1
    assert harbour.kinds() == ["allow", "deny", "terms", "outcome", "deny"]


def test_a_call_that_cannot_be_recorded_does_not_leave(harbour: Harbour) -> None:
    on_let(harbour, lambda: setattr(harbour.disk, "fault", "the disk is full"))
    got = ask(harbour, called(DENIED))
    assert (len(got.sent), got.status) == (1, 200)
    assert "house/no-berths" in text(got)
    assert harbour.open_rows() == ["open/0000000000000001"]


def test_a_judge_that_fails_is_an_entry_and_the_reply_ends(harbour: Harbour) -> None:
    class Broken:
        def find(self, *_: object, **__: object) -> None:
            raise ZeroDivisionError

    on_let(harbour, lambda: object.__setattr__(harbour.gate.book, "routes", Broken()))
    got = ask(harbour, called(DENIED))
    assert (len(got.sent), got.status) == (1, 200)
    assert harbour.entries()[-1].fields["r"] == ["remit#could-not-judge"]


def test_a_client_that_goes_meanwhile_is_asked_for_nothing(harbour: Harbour) -> None:
    got = ask(harbour, called(DENIED), ClientGone())
    assert (len(got.sent), got.body) == (2, b"")
    assert harbour.kinds() == [*ONCE, "allow", "outcome"]


def test_a_second_reply_that_is_cut_is_cut_for_the_client(harbour: Harbour) -> None:
    events = [EVENTS, chat(chunk({"tool_calls": [piece(0, DENIED, "{}")]})).replace(b'"heron-2"', b'"eu.h2"')]
    begun = json.dumps(chunk({"content": "Then"}) | {"model": "eu.h2"})
    got = ask(harbour, events, [EVENTS, f"data: {begun}\n\n", UpstreamCut("gone")], stream=True)
    assert (got.status, got.whole) == (200, False)
    assert b"\\n\\nThen" in got.body
    assert harbour.kinds() == [*ONCE, "allow", "outcome"]
    assert harbour.open_rows() == []


def test_another_model_in_the_second_reply_is_refused_as_in_the_first(harbour: Harbour) -> None:
    harbour.key_for("prefer")
    got = ask(harbour, called("web_search"), answer("Aye.", model="heron-1"))
    assert (got.status, got.code) == (502, "other_model")
    assert harbour.kinds() == [*ONCE, "allow", "deny", "outcome"]


def test_a_reply_of_another_model_is_not_gone_on_with(harbour: Harbour) -> None:
    reply = called(DENIED)
    got = ask(harbour, [reply[0], reply[1].replace("eu.h2", "heron-1")])
    assert len(got.sent) == 1


def test_a_redirected_call_goes_on_where_it_went(harbour: Harbour) -> None:
    harbour.key_for("prefer", cuts=NO_CUTS)
    reply = called("web_search")
    other = [reply[0], reply[1].replace("eu.h2", "osprey-1")]
    got = ask(harbour, UpstreamUnreachable("nobody there"), other, answer("Oui.", model="osprey-1"))
    assert [send.target.model for send in got.sent] == ["heron-2", "osprey-1", "osprey-1"]
    assert harbour.kinds() == ["allow", "outcome", "redirect", "deny", "outcome", "redirect", "outcome"]


def test_a_conversation_too_long_to_read_is_not_gone_on_with(harbour: Harbour) -> None:
    harbour.gate.bounds = harbour.gate.bounds._replace(body=400)
    got = ask(harbour, called(DENIED), messages=[{"role": "user", "content": "x" * 100}])
    assert len(got.sent) == 1
