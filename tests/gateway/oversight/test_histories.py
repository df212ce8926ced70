"""Any history of a held call: whoever does what, and whenever the process dies, nothing goes out that may not."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from remit.errors import EvidenceRefused, NotRecorded
from remit.gateway.oversight.held import HeldCall, State
from remit.gateway.oversight.waiting import move_call, pass_time, release_call
from remit.ledger.invariants import Invariants
from remit.terms.quorum import same_people
from tests.gateway.oversight.scene import AMADI, BAKER, CRUZ, Quay, a_call

SIGNERS = {"amadi": AMADI, "amadi-too": AMADI, "baker": BAKER, "cruz": CRUZ}
TURNS = st.integers(0, 2)


class Histories(RuleBasedStateMachine):
    """Three calls, four names, one clock; `crash` fails the disk in the middle of the next step."""

    @initialize()
    def begin(self) -> None:
        self.quay = Quay()
        self.calls: dict[int, HeldCall] = {}
        self.released: list[str] = []
        self.refused: set[str] = set()

    @rule(turn=TURNS)
    def propose(self, turn: int) -> None:
        self.calls[turn] = self.quay.hold(turn=turn)

    @precondition(lambda self: self.calls)
    @rule(
        turn=TURNS, name=st.sampled_from(sorted(SIGNERS)), answer=st.sampled_from(["approved", "approved", "refused"])
    )
    def vote(self, turn: int, name: str, answer: str) -> None:
        held = self.calls.get(turn)
        if held is None:
            return
        try:
            after = self.quay.vote(held, SIGNERS[name], name, answer)
        except EvidenceRefused:
            return
        self.calls[turn] = after
        if answer == "refused":
            self.refused.add(held.call.digest)

    @precondition(lambda self: self.calls)
    @rule(turn=TURNS, other=TURNS)
    def release(self, turn: int, other: int) -> None:
        held = self.calls.get(turn)
        if held is None:
            return
        step = release_call(
            a_call(self.quay.terms, turn=other), held.call.digest, self.quay.terms.digest, self.quay.clock.at
        )
        try:
            self.quay.writer.commit(settle=step)
        except EvidenceRefused:
            return
        assert other == turn or held.parked
        people = [answer.person for answer in step.call.answers if answer.answer == "approved"]
        assert len({min(same_people(self.quay.terms.register, person)) for person in people}) >= 2
        assert self.quay.clock.at < step.call.expires
        assert held.call.digest not in self.refused
        self.released.append(held.call.digest)

    @precondition(lambda self: self.calls)
    @rule(turn=TURNS, what=st.sampled_from(["leave", "join", "revoke"]))
    def move(self, turn: int, what: str) -> None:
        held, at = self.calls.get(turn), self.quay.clock.at
        if held is None:
            return
        changes = {
            "leave": lambda call: call.left_at(at),
            "join": lambda call: call.joined(),
            "revoke": lambda call: call.revoked(at, "taken back"),
        }
        self.quay.writer.commit(settle=move_call(held.call.digest, changes[what], at))

    @rule(seconds=st.sampled_from([1, 30, 61, 599]))
    def wait(self, seconds: int) -> None:
        at = self.quay.pass_on(seconds=seconds)
        self.quay.writer.commit(settle=pass_time([held.call.digest for held in self.calls.values()], at))

    @rule(turn=TURNS)
    def crash(self, turn: int) -> None:
        before = (len(self.quay.disk.entries), dict(self.quay.disk.rows))
        self.quay.disk.fault = "the disk is gone"
        held = self.calls.get(turn)
        try:
            if held is None:
                self.quay.hold(turn=turn)
            else:
                self.quay.vote(held, BAKER, "baker")
        except (NotRecorded, EvidenceRefused):
            pass
        self.quay.disk.fault = ""
        assert (len(self.quay.disk.entries), dict(self.quay.disk.rows)) == before or held is not None
        self.quay.crash()

    @invariant()
    def each_goes_out_once_and_the_log_holds(self) -> None:
        if not hasattr(self, "quay"):
            return
        assert len(self.released) == len(set(self.released))
        invariants = Invariants()
        for raw in self.quay.disk.entries:
            invariants.take(raw)

    def teardown(self) -> None:
        if hasattr(self, "quay"):
            self.quay.writer.close()


Histories.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestHistories = Histories.TestCase


def test_held_calls_survive_a_new_process_at_every_step() -> None:
    quay = Quay()
    held = quay.hold()
    quay.crash()
    assert quay.hold() == held
    quay.vote(held, AMADI, "amadi")
    quay.crash()
    quay.vote(held, BAKER, "baker")
    quay.crash()
    assert quay.hold().state is State.APPROVED
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, quay.clock.at))
    quay.crash()
    assert quay.hold().state is State.RELEASED


def test_a_thousand_open_holds_come_back_from_a_real_store() -> None:
    from remit.gateway.oversight.waiting import held_calls, hold_call
    from remit.ledger.sqlite import SqliteStore, create_store
    from remit.ledger.writer import Writer

    quay = Quay("approvals: {of: officer}, expires_in: 10m")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        create_store(path)
        writer = Writer(lambda: SqliteStore(path), quay.keyring, quay.clock)
        steps = [hold_call(quay.proposal(turn=turn), quay.clock.at) for turn in range(200)]

        def settle_all(desk: object) -> list[object]:
            return [draft for step in steps for draft in step(desk)]  # type: ignore[arg-type]

        writer.commit(settle=settle_all)  # type: ignore[arg-type]
        writer.close()
        store = SqliteStore(path)
        found = list(held_calls(store))
        store.close()
    assert len(found) == 200
    assert all(held.expires == quay.clock.at + timedelta(minutes=10) for held in found)
