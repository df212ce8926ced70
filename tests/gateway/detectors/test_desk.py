from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from remit.gateway.credential import Keyring, make_credential
from remit.gateway.detectors.desk import Offered, SignalDesk, ask_app
from remit.gateway.detectors.question import AnswerUnreadable
from remit.gateway.detectors.signal import read_signals
from remit.gateway.ground import Switches
from remit.gateway.routing import NO_CUTS
from tests.gateway.harbour import REGISTER, TOKEN, Harbour, harbour_terms

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "remit_guard"
REGISTER_WITH = REGISTER.replace(
    "use_cases:", "use_cases:\n  - {id: guard, scope: harbour, says: labels, serves: ['g/**']}"
) + (
    "detectors: [{id: g, model: osprey-1, policy: Look., key: {env: G}, labels: {bad: force}, lasts: 1h}]\n"
    "roles: [officer]\n"
)
HOLD = (
    "{id: look, hold: [invoke], when: {signal.effect: force, use.case: ask}, "
    "until: {approvals: {of: officer}, expires_in: 1h}}"
)


class Model:
    """The gateway as an application: says one word, and remembers who asked what."""

    def __init__(self, word: str = "bad", status: int = 200) -> None:
        self.word, self.status = word, status
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        record = json.loads(message["body"])
        self.asked.append((dict(scope["headers"])[b"authorization"].decode(), record["messages"][1]["content"]))
        body = json.dumps({"choices": [{"message": {"content": self.word}}]}).encode()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": body[:9], "more_body": True})
        await send({"type": "http.response.body", "body": body[9:]})


class Office:
    """A harbour with a desk for signals."""

    def __init__(self, model: Model, keys: dict[str, str] | None = None) -> None:
        self.harbour = Harbour(harbour_terms(HOLD, register=REGISTER_WITH))
        now = self.harbour.clock.now
        known = [
            make_credential(token, use, now, models=(), tools=(), until=None)
            for token, use in ((TOKEN, "ask"), (KEY, "guard"))
        ]
        self.harbour.gate.switches = Switches(Keyring(known), NO_CUTS)
        given = {"G": KEY} if keys is None else keys
        self.desk = SignalDesk(self.harbour.gate, self.harbour.writer, model, given)
        self.harbour.gate.detectors = self.desk

    def label_all(self) -> None:
        async def work() -> None:
            while not self.desk._waiting.empty():
                await self.desk.label(self.desk._waiting.get_nowait())

        asyncio.run(work())

    def signals(self) -> list[str]:
        row = self.harbour.disk.rows.get("signal/ask")
        return [signal.effect for signal in read_signals(row, self.harbour.clock.now)]


@pytest.fixture
def offices() -> Iterator[list[Office]]:
    made: list[Office] = []
    yield made
    for office in made:
        office.harbour.writer.close()


def test_a_call_goes_on_at_once_and_its_label_holds_the_next(offices: list[Office]) -> None:
    model = Model()
    offices.append(office := Office(model))
    assert office.harbour.ask().status == 200
    assert model.asked == [], "nobody waited for it"
    office.label_all()
    ((bearer, text),) = model.asked
    assert bearer == f"Bearer {KEY}"
    assert "Which ship?" in text
    assert office.signals() == ["force"]
    assert office.harbour.notes == ["detector g signals force for use case ask"]
    assert office.harbour.ask().code == "terms_held"


def test_a_label_that_stands_for_nothing_puts_up_no_signal(offices: list[Office]) -> None:
    offices.append(office := Office(Model("none")))
    office.harbour.ask()
    office.label_all()
    assert office.signals() == []
    assert office.harbour.ask().status == 200


@pytest.mark.parametrize(
    ("model", "keys"), [(Model("perhaps"), None), (Model(status=403), None), (Model(), {}), (Model(), {"G": ""})]
)
def test_without_a_label_there_is_no_signal_and_calls_go_on(
    offices: list[Office], model: Model, keys: dict[str, str] | None
) -> None:
    offices.append(office := Office(model, keys))
    office.harbour.ask()
    with pytest.raises(AnswerUnreadable):
        office.label_all()
    assert office.signals() == []
    assert office.harbour.ask().status == 200


def test_what_goes_wrong_is_told_and_the_desk_works_on(offices: list[Office]) -> None:
    model = Model("perhaps")
    offices.append(office := Office(model))
    office.harbour.ask()

    notes: list[str] = []

    async def work() -> None:
        told = asyncio.Event()

        def note(text: str) -> None:
            notes.append(text)
            told.set()

        office.harbour.gate.notes = note
        task = asyncio.create_task(office.desk.run())
        await told.wait()
        told.clear()
        model.word = "bad"
        office.desk.offer("ask", 7, lambda: ["once more"])
        await told.wait()
        task.cancel()

    asyncio.run(asyncio.wait_for(work(), 10))
    assert notes[0].startswith("a text of use case ask was not labelled: detector g answered")
    assert notes[1] == "detector g signals force for use case ask"
    assert office.signals() == ["force"]


def test_calls_of_detectors_are_never_labelled(offices: list[Office]) -> None:
    offices.append(office := Office(Model()))
    office.desk.offer("guard", 1, lambda: ["a text"])
    assert office.desk._waiting.empty()


def test_what_does_not_fit_is_dropped(offices: list[Office]) -> None:
    offices.append(office := Office(Model()))
    for number in range(1000):
        office.desk.offer("ask", number, lambda: ["a text"])
    assert office.desk._waiting.qsize() < 1000


def test_a_use_case_whose_texts_look_like_another_is_told_once(offices: list[Office]) -> None:
    offices.append(office := Office(Model("none")))
    row = office.harbour.terms.register.detectors[0]

    async def work() -> None:
        for _ in range(60):
            await office.desk.label(
                Offered(row, "ask", "Engage the hostile target with missiles, without an operator.")
            )

    asyncio.run(work())
    (told,) = office.harbour.notes
    assert told.startswith("use case ask looks like another")


def test_the_gateway_is_asked_from_within_as_from_without() -> None:
    assert asyncio.run(ask_app(Model("x", 418), b'{"messages": [{}, {"content": "y"}]}', "k"))[0] == 418
