"""A model whose call a person refused is told so and asked once more; one whose call merely did not go out is not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from remit.gateway.oversight.waiting import revoke_call
from remit.gateway.step import Answered, ClientGone, Flow
from tests.gateway.dialects.continued import reply
from tests.gateway.dialects.wire import CHAT, MESSAGES, RESPONSES
from tests.gateway.harbour import REGISTER, Got, Harbour, harbour_terms
from tests.gateway.oversight.test_admission import ONE, PEOPLE, Office, approve, nothing, refuse

HOLDS = f"{{id: wait, hold: [act], when: {{tool.name: close-berth}}, until: {{{ONE}}}}}"
NAMES = {CHAT: "messages", MESSAGES: "messages", RESPONSES: "input"}
TOOL = "close-berth"
TOOLS: Any = {
    CHAT: [{"type": "function", "function": {"name": TOOL}}],
    MESSAGES: [{"name": TOOL, "input_schema": {"type": "object"}}],
    RESPONSES: [{"type": "function", "name": TOOL}],
}


class Quay(Office):
    """An office where people answer for the berths, and a model that says one thing after the other."""

    def __init__(self) -> None:
        Harbour.__init__(self, harbour_terms(HOLDS, register=REGISTER + PEOPLE))
        self.seconds, self.deeds, self.others = 0.0, [], 0
        self.gate.tick = lambda: self.seconds
        self.gate.holds = self  # type: ignore[assignment]

    def ask_for(self, path: str, *says: str, streamed: bool = True) -> Got:
        """Ask; the model says texts, of which those with an exclamation mark come with a call."""
        said = list(says)
        kind = b"text/event-stream" if streamed else b"application/json"

        def script(_: object) -> list[Any]:
            text = said.pop(0)
            calls = [TOOL] if text.endswith("!") else []
            data = reply(path, text, *calls, streamed=streamed, name=f"r{len(said)}")
            return [Answered(200, [(b"content-type", kind)]), data.replace(b'"MARKED', b'"' + text.encode())]

        self.script = script
        return self.ask(path=path, input="Which ship?", max_tokens=9, store=False, stream=streamed, tools=TOOLS[path])


@pytest.fixture
def quay() -> Iterator[Quay]:
    made = Quay()
    yield made
    made.writer.close()


@pytest.mark.parametrize("path", TOOLS)
@pytest.mark.parametrize("streamed", [True, False])
def test_a_model_is_told_what_a_person_said_and_answers_otherwise(quay: Quay, path: str, streamed: bool) -> None:  # noqa: FBT001
    quay.deeds = [nothing, refuse]
    got = quay.ask_for(path, "I close it!", "Then not.", streamed=streamed)
    told = json.loads(got.sent[1].body)[NAMES[path]][-1]
    assert "a person refused it: not this one" in json.dumps(told)
    assert got.body.count(b"not this one") >= 1
    assert b"n not." in got.body
    assert quay.kinds() == ["allow", "hold", "refused", "outcome", "allow", "outcome"]
    assert quay.open_rows() == []


def test_the_same_call_again_is_the_call_that_was_refused(quay: Quay) -> None:
    quay.deeds = [refuse]
    got = quay.ask_for(CHAT, *["I close it!"] * 4)
    assert len(got.sent) == 4
    assert got.body.count(b"a person refused it: not this one") == 4
    assert [kind for kind in quay.kinds() if kind in {"hold", "refused"}] == ["hold", "refused"]


def test_another_call_waits_for_people_and_goes_out_as_it_was_held(quay: Quay) -> None:
    quay.deeds = [refuse, nothing, approve]
    got = quay.ask_for(CHAT, "I close it!", "I close another!")
    assert got.body.count(b'"tool_calls":[') == 2, "the two pieces of the second call"
    assert b"I close another!" in got.body
    assert quay.kinds() == ["allow", "hold", "refused", "outcome", "allow", "hold", "approved", "outcome", "outcome"]


def test_a_call_that_ran_out_of_time_is_not_told_of(quay: Quay) -> None:
    quay.deeds = [lambda here: here.pass_on(600)]
    got = quay.ask_for(CHAT, "I close it!")
    assert (len(got.sent), got.whole) == (1, True)
    assert quay.kinds()[:3] == ["allow", "hold", "expired"]


def test_a_call_that_is_pending_is_not_told_of(quay: Quay) -> None:
    quay.gate.bounds = quay.gate.bounds._replace(inline=1)
    got = quay.ask_for(CHAT, "I close it!")
    assert len(got.sent) == 1
    assert b"It is pending and not refused" in got.body


def test_a_call_that_was_taken_back_is_not_told_of(quay: Quay) -> None:
    def take_back(here: Office) -> None:
        (held,) = here.held()
        here.writer.commit(settle=revoke_call(held.call.digest, "baker", "enough", here.clock.now))

    quay.deeds = [take_back]
    assert len(quay.ask_for(CHAT, "I close it!").sent) == 1


def test_a_call_that_went_out_before_is_not_told_of(quay: Quay) -> None:
    quay.deeds = [approve]
    assert b'"tool_calls":[' in quay.ask_for(CHAT, "I close it!").body
    got = quay.ask_for(CHAT, "I close it!")
    assert len(got.sent) == 1
    assert b"serves once" in got.body


def test_a_client_that_goes_while_it_waits_leaves_nothing_to_be_told(
    quay: Quay, monkeypatch: pytest.MonkeyPatch
) -> None:
    do = quay._do

    def gone(step: Any, got: Got, pieces: list[Any]) -> Any:
        if isinstance(step, Flow) and b"Waiting for approval" in step.data:
            raise ClientGone
        return do(step, got, pieces)

    monkeypatch.setattr(quay, "_do", gone)
    assert len(quay.ask_for(CHAT, "I close it!").sent) == 1
    assert quay.kinds() == ["allow", "hold", "outcome"]
