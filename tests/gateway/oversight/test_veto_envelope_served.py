"""What one approval covers, what silence lets go on, what is reviewed afterwards and what time ends, for real clients.

Each is a gateway on a real socket before a model that proposes what it is told to, with the ledger that it keeps.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from remit.errors import EvidenceRefused
from remit.gateway.oversight.held import State
from tests.gateway.oversight.scene import AMADI, BAKER, MAY, REGISTER
from tests.gateway.oversight.served import Harbour, Model, answering, propose
from tests.gateway.oversight.test_served import ask, may_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from remit.gateway.oversight.held import HeldCall

POLICY = """\
instrument: halden
kind: policy
by: halden
standing: [{{state: in-force, from: 2026-01-01, known: 2026-01-01}}]
clauses:
  - {may}
  - {{id: wait, hold: [act], says: Nothing moves by itself., until: {{{until}}}}}
"""


class ObedientModel(Model):
    """Proposes the call that the user writes: a tool and its arguments."""

    def reply(self, path: str, body: dict[str, Any]) -> bytes:
        tool, _, arguments = body["messages"][0]["content"].partition(" ")
        return propose(path, body, arguments).replace(b'"name": "crane"', f'"name": "{tool}"'.encode())


class Quay(Harbour):
    """A gateway by whose terms every tool call waits in one way."""

    def __init__(self, folder: Path, model: Model, until: str) -> None:
        self.until = until
        super().__init__(folder, model, until)

    def start(self) -> None:
        place = f'channel: local, base_url: "http://127.0.0.1:{self.model.port}"'
        register = f"{REGISTER}upstreams: [{{id: scripted, maker: halden, {place}}}]\n"
        (self.terms_folder / "remit.yaml").write_text(register)
        (self.terms_folder / "instruments/halden.yaml").write_text(POLICY.format(may=MAY, until=self.until))
        super().start()

    def open_now(self) -> list[HeldCall]:
        return [held for held in self.held() if held.state is State.OPEN]


@contextmanager
def a_quay(folder: Path, until: str) -> Iterator[tuple[Quay, ThreadPoolExecutor]]:
    model = ObedientModel()
    with answering(model), ThreadPoolExecutor(8) as pool:
        quay = Quay(folder, model, until)
        try:
            yield quay, pool
        finally:
            quay.stop()


def call(tool: str = "letter", **arguments: object) -> str:
    return f"{tool} {json.dumps(arguments)}"


def until_settled(quay: Quay, asked: Future[str]) -> bool:
    """Wait until a call waits for people or has gone past them; tell whether it waits."""
    for _ in range(200):
        if asked.done() or quay.open_now():
            return not asked.done()
        time.sleep(0.05)
    raise AssertionError("it neither waits nor ended")


def waits(quay: Quay, pool: ThreadPoolExecutor, text: str) -> bool:
    """Propose a call; tell whether it waits for people, who then refuse it, or goes out by itself."""
    asked = pool.submit(ask, quay, text)
    if until_settled(quay, asked):
        (held,) = quay.open_now()
        quay.answer(held, BAKER, "baker", "refused")
        assert not may_run(asked.result(20))
        return True
    assert may_run(asked.result())
    return False


def approved(quay: Quay, pool: ThreadPoolExecutor, text: str) -> HeldCall:
    """Propose a call, have it approved, and see that it goes out."""
    asked = pool.submit(ask, quay, text)
    assert until_settled(quay, asked)
    (held,) = quay.open_now()
    quay.answer(held, AMADI, "amadi")
    assert may_run(asked.result(20))
    return held


ENVELOPE = "approvals: {of: officer}, oversight: envelope, expires_in: 10m, envelope: {at_most: 3, same: [berth], "


def test_an_approval_covers_so_many_calls_in_its_area_and_nothing_beside(tmp_path: Path) -> None:
    with a_quay(tmp_path, ENVELOPE + "lasts: 30m}") as (quay, pool):
        approved(quay, pool, call(berth=4, to="the pilot"))
        assert waits(quay, pool, call(berth=5, to="the pilot")), "another area"
        assert waits(quay, pool, call(to="the pilot")), "no area"
        assert not waits(quay, pool, call(berth=4, to="the mate"))
        assert waits(quay, pool, call("other", berth=4)), "another tool, which nobody registered"
        assert not waits(quay, pool, call(berth=4, to="the cook"))
        assert waits(quay, pool, call(berth=4, to="the owner")), "above the count"
        said, whys = quay.said(), [held.why for held in quay.held()]
    assert said.count("release approved") == 3
    assert said.count("release refused") == 4
    assert said.count("decision hold") == 7
    assert whys.count("released to who asked") == 3


def test_an_approval_covers_nothing_when_its_time_is_over(tmp_path: Path) -> None:
    with a_quay(tmp_path, ENVELOPE + "lasts: 3s}") as (quay, pool):
        approved(quay, pool, call(berth=4, to="the pilot"))
        assert not waits(quay, pool, call(berth=4, to="the mate"))
        time.sleep(3)
        assert waits(quay, pool, call(berth=4, to="the cook"))


def test_no_approval_covers_a_second_call_of_a_serious_effect(tmp_path: Path) -> None:
    with a_quay(tmp_path, ENVELOPE + "lasts: 30m}") as (quay, pool):
        for tool in ("crane", "gun", "unheard-of"):
            approved(quay, pool, call(tool, berth=4, lift="container 7"))
            assert waits(quay, pool, call(tool, berth=4, lift="container 8"))


def test_what_an_approval_covers_ends_when_it_is_taken_back(tmp_path: Path) -> None:
    from remit.cli.main import main

    with a_quay(tmp_path, ENVELOPE + "lasts: 30m}") as (quay, pool):
        first = approved(quay, pool, call(berth=4, to="the pilot"))
        assert main(["revoke", first.id, "--reason", "the wrong berth", "--state", str(quay.state)]) == 0
        assert waits(quay, pool, call(berth=4, to="the mate"))


VETO = "approvals: {of: officer}, oversight: veto, expires_in: "


def test_silence_lets_a_call_go_on_after_its_window_and_not_before(tmp_path: Path) -> None:
    with a_quay(tmp_path, VETO + "1m, window: 2s") as (quay, pool):
        began = time.monotonic()
        asked = pool.submit(ask, quay, call("crane", berth=4))
        held = quay.until_held()
        assert may_run(asked.result(20))
        assert time.monotonic() - began >= 2
        assert quay.said()[1:4] == ["decision hold", "release approved", "outcome"]
        with pytest.raises(EvidenceRefused, match="vote-late"):
            quay.answer(held, BAKER, "baker", "refused")


def test_one_veto_within_the_window_stops_a_call(tmp_path: Path) -> None:
    with a_quay(tmp_path, VETO + "10m, window: 5m") as (quay, pool):
        assert waits(quay, pool, call("crane", berth=4))
        assert "release refused" in quay.said()
        assert not may_run(ask(quay, call("crane", berth=4))), "a repetition gets the same answer"


def test_silence_lets_nothing_go_on_that_could_not_be_shown(tmp_path: Path) -> None:
    with a_quay(tmp_path, VETO + "2s, window: 1s, shown: [map]") as (quay, _):
        reply = ask(quay, call("crane", berth=4))
        assert not may_run(reply)
        assert "nobody answered in time" in reply
        assert quay.said()[1:3] == ["decision hold", "release expired"]


def test_time_denies_a_call_and_an_approval_after_it_releases_nothing(tmp_path: Path) -> None:
    with a_quay(tmp_path, "approvals: {of: officer, at_least: 2}, expires_in: 3s") as (quay, pool):
        asked = pool.submit(ask, quay, call("crane", berth=4))
        held = quay.until_held()
        quay.answer(held, AMADI, "amadi")
        reply = asked.result(20)
        assert not may_run(reply)
        assert "nobody answered in time" in reply
        with pytest.raises(EvidenceRefused, match="vote-late"):
            quay.answer(held, BAKER, "baker")
        assert not may_run(ask(quay, call("crane", berth=4)))
        assert quay.said().count("release expired") == 1


def test_a_review_afterwards_holds_up_nothing_until_it_is_overdue(tmp_path: Path) -> None:
    with a_quay(tmp_path, "approvals: {of: officer}, oversight: after, expires_in: 3s") as (quay, pool):
        assert not waits(quay, pool, call("crane", berth=4))
        (first,) = quay.held()
        assert first.reviewing
        time.sleep(3)
        assert waits(quay, pool, call("crane", berth=5)), "the review of the first is overdue"
        quay.answer(first, AMADI, "amadi", "refused")
        assert not waits(quay, pool, call("crane", berth=6))
        second = next(held for held in quay.held() if held.reviewing)
        quay.answer(second, BAKER, "baker")
        told = quay.said()
    assert told.count("release approved") == 2
    assert told.count("message") == 2, "an objection and a consent"
