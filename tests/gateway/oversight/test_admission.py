"""Uses of a model that wait for people: one decision for a call and its repetitions, and the reply it then has."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from remit.gateway.credential import Keyring, make_credential
from remit.gateway.exchange import exchange
from remit.gateway.ground import Switches
from remit.gateway.oversight.held import HeldCall, State
from remit.gateway.oversight.waiting import answer_call, held_calls, pass_time, revoke_call
from remit.gateway.routing import NO_CUTS
from remit.gateway.step import Answered, Asked, ClientGone, Flow, Send, Wait
from remit.gateway.upstream.client import UpstreamUnreachable
from remit.ledger.entry import make_draft
from remit.ledger.invariants import Invariants
from remit.ledger.kind import Kind
from remit.ledger.writer import Turn
from tests.fakes import MemoryStore
from tests.gateway.dialects.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    chat,
    chunk,
    filter_at,
    item_events,
    message,
    permit,
    read_through,
    text_block,
    text_item,
)
from tests.gateway.dialects.wire import responses as response_events
from tests.gateway.harbour import BEARER, REGISTER, Got, Harbour, answer, harbour_terms
from tests.gateway.oversight.scene import AMADI, BAKER, Signer

PEOPLE = f"""\
roles: [officer]
people:
  - {{id: amadi, roles: [officer], key: {AMADI.line}}}
  - {{id: baker, roles: [officer], key: {BAKER.line}}}
"""
WAITS = "{id: wait, hold: [invoke], when: {model.id: heron-2}, says: Nobody asks it alone., until: {%s}}"
ONE = "approvals: {of: officer}, expires_in: 10m"
STREAMS = {
    CHAT: chat(chunk({"content": "Aye."}), finish="stop"),
    MESSAGES: message(text_block(0, "Aye."), stop="end_turn"),
    RESPONSES: response_events(item_events(0, text_item("Aye.")), final=[text_item("Aye.")]),
}
Deed = Callable[["Office"], None]


class Office(Harbour):
    """A gateway at which people do something each time that somebody waits."""

    def __init__(self, until: str = ONE, *more: str) -> None:
        super().__init__(harbour_terms(*more, WAITS % until, register=REGISTER + PEOPLE))
        self.seconds = 0.0
        self.gate.tick = lambda: self.seconds
        self.gate.holds = self  # type: ignore[assignment]
        self.deeds: list[Deed] = []
        self.others = 0

    def waited_for(self, _: str) -> bool:
        return self.others > 0

    def state_of(self, digest: str) -> State | None:
        return next((held.state for held in self.held() if held.call.digest == digest), None)

    def held(self) -> list[HeldCall]:
        return list(held_calls(MemoryStore(self.disk)))

    def vote(self, signer: Signer = AMADI, person: str = "amadi", said: str = "approved", **more: Any) -> None:
        held = max((held for held in self.held() if held.state is State.OPEN), key=lambda each: each.begun)
        signed = signer.vote(held, person, said, at=self.clock.now, **more)
        step = answer_call(held.call.digest, signed, self.terms.register, self.clock.now, ms=60_000)
        self.writer.commit(settle=step)

    def pass_on(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.now += timedelta(seconds=seconds)

    def _do(self, step: Any, got: Got, pieces: list[Any]) -> Any:
        if not isinstance(step, Wait):
            return super()._do(step, got, pieces)
        self.pass_on(step.seconds)
        if self.deeds:
            self.deeds.pop(0)(self)
        self.writer.commit(settle=pass_time(step.known, self.clock.now))
        return {held.call.digest: held for held in self.held() if held.call.digest in step.known}


def approve(office: Office) -> None:
    office.vote()


def nothing(_: Office) -> None:
    pass


def refuse(office: Office) -> None:
    office.vote(said="refused", reason="not this one")


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.writer.close()


def text_of(got: Got) -> str:
    return str(got.json["choices"][0]["message"]["content"])


def test_a_use_that_people_release_at_once_has_the_upstreams_own_reply(office: Office) -> None:
    sent = answer("Aye.")
    office.script, office.deeds = lambda _: sent, [approve]
    got = office.ask()
    assert (got.status, got.body) == (200, sent[1].encode())
    assert office.kinds() == ["hold", "approved", "outcome"]
    assert office.entries()[-1].fields["status"] == 200
    assert office.open_rows() == []
    assert got.headers["remit-decision"] == "1"


def test_what_nobody_could_be_shown_is_not_waited_for_and_refused_with_the_reason() -> None:
    office = Office("approvals: {of: officer}, shown: [the-answer, the-question], expires_in: 8h")
    got = office.ask()
    assert (got.status, got.code, got.sent) == (403, "terms_held", [])
    assert "ask to show the-answer, which cannot be shown before the model answers" in got.body.decode()
    assert (office.kinds(), office.held()) == (["hold"], [])
    office.writer.close()
    office = Office("approvals: {of: officer}, shown: [the-question, session], expires_in: 8h")
    office.deeds = [approve]
    assert office.ask().status == 200
    office.writer.close()


def test_without_anything_to_wait_by_a_use_is_refused(office: Office) -> None:
    office.gate.holds = None
    got = office.ask()
    assert (got.status, got.code, got.sent) == (403, "terms_held", [])


@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_is_a_reply_with_the_reason_and_nothing_is_sent(office: Office, streamed: bool) -> None:  # noqa: FBT001
    office.deeds = [refuse]
    got = office.ask(stream=streamed)
    assert (got.status, got.whole, got.sent) == (200, True, [])
    assert b"a person refused it: not this one" in got.body
    assert office.kinds() == ["hold", "refused"]


def test_what_is_shown_is_what_is_asked_and_by_which_rule(office: Office) -> None:
    office.deeds = [approve]
    office.ask(messages=[{"role": "user", "content": "Which ship\u202e is late?"}])
    seen: list[HeldCall] = []
    office.deeds = [lambda here: seen.extend(held for held in here.held() if held.state.live)]
    office.gate.bounds = office.gate.bounds._replace(inline=1)
    office.ask(messages=[{"role": "user", "content": "Which ship\u202e is lost?"}])
    (held,) = seen
    shown = dict(held.sheet.parts)
    assert held.call.title == "use of heron-2"
    assert shown["asked"] == "Which ship⟨U+202E⟩ is lost?"
    assert shown["use"].startswith("use of heron-2")
    assert "Nobody asks it alone." in shown["rule"]
    assert held.sheet.missing == ()


def test_a_repetition_streamed_or_not_joins_and_the_use_goes_out_once(office: Office) -> None:
    got: list[Got] = []

    def repeat(here: Office) -> None:
        here.deeds = [approve]
        got.append(here.ask(stream=True, max_tokens=9))

    office.deeds = [repeat]
    office.script = lambda send: (
        [Answered(200, [(b"content-type", b"text/event-stream")]), STREAMS[CHAT]]
        if b'"stream": true' in send.body
        else answer("Aye.")
    )
    got.append(office.ask())
    assert [len(each.sent) for each in got] == [1, 0]
    assert "serves once" in text_of(got[1])
    assert office.kinds() == ["hold", "approved", "outcome"]


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [{"role": "user", "content": "Which ship!"}]},
        {"temperature": 1.0},
        {"tools": [{"type": "function", "function": {"name": "read-log"}}]},
        {"user": "another"},
    ],
)
def test_an_approval_of_one_use_releases_no_other(office: Office, other: dict[str, Any]) -> None:
    office.gate.bounds = office.gate.bounds._replace(inline=1)
    office.deeds = [nothing]
    assert "It is pending" in text_of(office.ask())
    office.vote()
    got = office.ask(**other)
    assert "It is pending" in text_of(got)
    assert got.sent == []


def test_past_the_limit_it_is_pending_and_the_same_request_collects_it_once(office: Office) -> None:
    office.gate.bounds = office.gate.bounds._replace(inline=1)
    assert "It is pending" in text_of(office.ask())
    office.vote()
    assert text_of(office.ask()) == "Aye."
    assert "serves once" in text_of(office.ask())
    assert office.kinds() == ["hold", "approved", "outcome"]


def test_the_approval_of_one_key_serves_no_other(office: Office) -> None:
    office.gate.bounds = office.gate.bounds._replace(inline=1)
    office.ask()
    office.vote()
    other = make_credential("remit_other", "ask", office.clock.now, models=(), tools=(), until=None)
    office.gate.switches = Switches(Keyring([other]), NO_CUTS)
    assert office.ask(headers=[(b"authorization", b"Bearer remit_other")]).sent == []
    assert office.kinds() == ["hold", "approved", "hold"]


@pytest.mark.parametrize("path", STREAMS)
def test_a_stream_that_waits_has_content_in_its_own_form_and_then_the_reply(
    office: Office, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.script = lambda _: [Answered(200, [(b"content-type", b"text/event-stream")]), STREAMS[path]]
    flowed: list[tuple[float, bytes]] = []
    office.deeds = [nothing] * 24 + [approve]
    body: dict[str, Any] = {"max_tokens": 9, "input": "Which ship?", "stream": True, "store": False}
    do = office._do

    def timed(step: Any, got: Got, pieces: list[Any]) -> Any:
        if isinstance(step, Flow):
            flowed.append((office.seconds, step.data))
        return do(step, got, pieces)

    monkeypatch.setattr(office, "_do", timed)
    got = office.ask(path=path, **body)
    assert got.status == 200
    assert got.headers["content-type"].startswith("text/event-stream")
    waited = [(at, data) for at, data in flowed if b"Aye." not in data]
    assert waited[0][0] == 2.0
    assert b"Waiting for approval of use of heron-2" in waited[0][1]
    content = [at for at, data in waited if b"data:" in data]
    assert max(b - a for a, b in pairwise(content)) <= 22
    assert len(content) >= 3
    again, calls = read_through(
        filter_at(path, streamed=True, store=False), [got.body.replace(b": waiting\n\n", b"")], permit
    )
    assert (again, calls) == (got.body.replace(b": waiting\n\n", b""), [])
    assert b"Aye." in got.body
    assert got.whole


def test_a_reply_in_one_piece_is_kept_by_blank_lines_and_is_then_the_upstreams(office: Office) -> None:
    sent = answer("Aye.")
    office.script, office.deeds = lambda _: sent, [nothing] * 5 + [approve]
    got = office.ask()
    assert got.headers["content-type"] == "application/json"
    assert got.body.strip() == sent[1].encode()
    assert got.body.startswith(b"\n\n")


@pytest.mark.parametrize("streamed", [False, True])
def test_what_the_upstream_refuses_after_a_beginning_is_said_in_the_reply(office: Office, streamed: bool) -> None:  # noqa: FBT001
    office.script = lambda _: answer("no", status=429)
    office.deeds = [nothing] * 3 + [approve]
    got = office.ask(stream=streamed)
    assert (got.status, got.whole) == (200, True)
    assert b"People approved the call, and h answered 429." in got.body
    assert office.kinds() == ["hold", "approved", "outcome"]


def test_embeddings_wait_in_silence_and_are_refused_by_an_error(office: Office) -> None:
    office.deeds = [nothing] * 3 + [refuse]
    got = office.ask({"model": "heron-2", "input": "Aye."}, path="/v1/embeddings")
    assert (got.status, got.code) == (403, "approval_refused")


def test_a_client_that_goes_leaves_a_use_that_is_void_soon(office: Office) -> None:
    raw = json.dumps({"model": "heron-2", "messages": [{"role": "user", "content": "Which ship?"}]}).encode()
    steps = exchange(Asked("POST", CHAT.encode(), b"", [BEARER], raw), office.gate)
    step = next(steps)
    while not isinstance(step, Wait):
        step = steps.send(office._do(step, Got(), []))
    leave = steps.throw(ClientGone())
    with pytest.raises(StopIteration):
        steps.send(office._do(leave, Got(), []))
    (held,) = office.held()
    assert held.left is not None
    office.pass_on(61)
    office.writer.commit(settle=pass_time([held.call.digest], office.clock.now))
    assert office.held()[0].state is State.VOID
    assert office.kinds() == ["hold", "void"]


def test_a_use_that_is_denied_by_the_time_it_is_released_does_not_go_out() -> None:
    office = Office(ONE, "{id: few, boundary: true, forbid: [invoke], when: {requests.window_1h: {above: 1}}}")

    def another(here: Office) -> None:
        here.deeds = [approve]
        assert here.ask(messages=[{"role": "user", "content": "Another?"}]).status == 200
        here.deeds = [approve]

    office.deeds = [another]
    got = office.ask()
    assert got.sent == []
    assert b"house/few" in got.body
    assert office.kinds() == ["hold", "hold", "approved", "outcome", "approved", "deny"]
    office.writer.close()


def test_a_stop_ends_what_waits(office: Office) -> None:
    def stop(here: Office) -> None:
        held = next(held for held in here.held() if held.state.live)
        here.writer.commit(settle=revoke_call(held.call.digest, "deeds", "enough", here.clock.now))

    office.deeds = [stop]
    assert "deeds took it back: enough" in text_of(office.ask())


def test_what_the_log_says_of_it_holds(office: Office) -> None:
    office.deeds = [approve]
    office.ask()
    check = Invariants()
    for raw in office.disk.entries:
        check.take(raw)
    assert check.finish().open == 0


@pytest.mark.parametrize("waits", [0, 3])
def test_an_attempt_uses_the_approval_up_and_what_failed_is_said_and_on_record(office: Office, waits: int) -> None:
    office.script = lambda _: [UpstreamUnreachable("nobody answers")]
    office.deeds = [nothing] * waits + [approve]
    got = office.ask()
    assert got.status == (200 if waits else 503)
    assert b"h gave no answer" in got.body
    assert office.kinds() == ["hold", "approved", "outcome"]
    assert office.open_rows() == []
    assert "serves once" in text_of(office.ask())


def test_a_worker_that_dies_after_the_release_leaves_a_use_that_is_lost_and_goes_out_no_more(office: Office) -> None:
    raw = json.dumps({"model": "heron-2", "messages": [{"role": "user", "content": "Which ship?"}]}).encode()
    steps = exchange(Asked("POST", CHAT.encode(), b"", [BEARER], raw), office.gate)
    office.deeds = [approve]
    step = next(steps)
    while not isinstance(step, Send):
        step = steps.send(office._do(step, Got(), []))
    steps.close()
    (name,) = office.open_rows()
    assert name == "open/0000000000000001"
    assert office.held()[0].state is State.RELEASED
    lost = make_draft(Kind.LOST, "ask", {"of": 1})
    office.writer.commit([lost], rows={name: Turn(office.disk.rows[name], None)})
    assert office.kinds() == ["hold", "approved", "lost"]
    assert "serves once" in text_of(office.ask())
