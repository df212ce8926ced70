"""Held calls: who may answer them, what a vote is bound to, and that nothing else ever releases one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from remit.errors import EvidenceRefused
from remit.gateway.oversight.held import GRACE, State
from remit.gateway.oversight.stop import Reach, Stop, lift_stop, put_stop, stops
from remit.gateway.oversight.vote import NAMESPACE, read_vote
from remit.gateway.oversight.waiting import end_reached, hold_call, move_call, pass_time, release_call, revoke_call
from remit.ledger.writer import write_time
from tests.gateway.oversight.scene import AMADI, AT, BAKER, CRUZ, DEEDS, Quay, Signer, a_call

ONE = "approvals: {of: officer}, expires_in: 10m"


def refused(step: str) -> "pytest.RaisesExc[EvidenceRefused]":
    return pytest.raises(EvidenceRefused, match=f"at the step {step}\\.")


def test_two_officers_release_a_call_once_and_the_log_says_so() -> None:
    quay = Quay()
    held = quay.hold()
    assert quay.vote(held, AMADI, "amadi").state is State.OPEN
    assert quay.vote(held, BAKER, "baker").state is State.APPROVED
    quay.writer.commit(settle=(step := release_call(held.call, held.call.digest, quay.terms.digest, AT)))
    assert step.call.state is State.RELEASED
    assert quay.said() == ["decision hold", "release approved", "release approved", "outcome"]
    with refused("release-state"):
        quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, AT))


def test_each_approval_stands_in_the_log_with_its_signature_and_what_was_signed() -> None:
    quay = Quay()
    held = quay.hold()
    quay.vote(held, AMADI, "amadi", ms=4200)
    hidden = quay.hidden(2)
    vote = read_vote(str(hidden["statement"]).encode())
    assert (vote.call, vote.shown, vote.person) == (held.call.digest, held.sheet.digest, "amadi")
    assert (hidden["person"], hidden["role"], hidden["ms"]) == ("amadi", "officer", 4200)
    assert b'"sig":"' in quay.disk.entries[2]


def test_one_refusal_ends_it_and_a_repetition_gets_the_same_answer() -> None:
    quay = Quay()
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    assert quay.vote(held, BAKER, "baker", "refused").state is State.REFUSED
    assert quay.hold().state is State.REFUSED
    assert quay.said() == ["decision hold", "release approved", "release refused"]


def test_a_repetition_joins_the_call_and_is_no_second_decision() -> None:
    quay = Quay()
    first = quay.hold(arguments='{"berth":4,"lift":"container 7"}')
    assert quay.hold(arguments='{ "lift": "container 7", "berth": 4 }').nonce == first.nonce
    assert quay.said() == ["decision hold"]


def test_a_call_whose_argument_changed_is_another_call() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    changed = a_call(quay.terms, arguments='{"berth": 5, "lift": "container 7"}')
    with refused("release-other"):
        quay.writer.commit(settle=release_call(changed, held.call.digest, quay.terms.digest, AT))
    assert quay.hold(arguments=changed.arguments).state is State.OPEN


def test_an_approval_of_one_call_is_none_of_another() -> None:
    quay = Quay(ONE)
    mine, other = quay.hold(), quay.hold(requester="agent-2")
    signed = AMADI.vote(mine, "amadi")
    with refused("vote-other"):
        quay.send(other, signed)
    moved = replace(
        signed, vote=replace(signed.vote, call=other.call.digest, nonce=other.nonce, shown=other.sheet.digest)
    )
    with refused("vote-signature"):
        quay.send(other, moved)


def test_a_vote_serves_once_even_when_the_same_call_is_held_again() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    signed = AMADI.vote(held, "amadi")
    quay.send(held, signed)
    with refused("vote-late"):
        quay.send(held, signed)
    quay.disk.rows.clear()
    again = quay.hold()
    assert again.call.digest == held.call.digest
    with refused("vote-other"):
        quay.send(again, signed)


def test_one_person_under_two_names_of_one_key_is_one_person() -> None:
    quay = Quay()
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    with refused("vote-person"):
        quay.vote(held, AMADI, "amadi-too")
    with refused("vote-person"):
        quay.vote(held, AMADI, "amadi")


FAULTS = {
    "signed by another's key": (lambda held: BAKER.vote(held, "amadi"), "vote-key"),
    "signed by a key that nobody has": (lambda held: Signer.named("nobody").vote(held, "amadi"), "vote-key"),
    "one who has no key": (lambda held: AMADI.vote(held, "keyless"), "vote-key"),
    "nobody of the register": (lambda held: AMADI.vote(held, "zoe"), "vote-person"),
    "not in the role": (lambda held: DEEDS.vote(held, "deeds"), "vote-person"),
    "in a role that is not asked for": (lambda held: DEEDS.vote(held, "deeds", role="harbourmaster"), "vote-person"),
    "of another sheet": (lambda held: AMADI.vote(held, "amadi", shown="sha256:" + "0" * 64), "vote-shown"),
    "of another hold of it": (lambda held: AMADI.vote(held, "amadi", nonce="0" * 32), "vote-other"),
    "too old": (lambda held: AMADI.vote(held, "amadi", at=AT - timedelta(minutes=16)), "vote-time"),
    "not yet": (lambda held: AMADI.vote(held, "amadi", at=AT + timedelta(minutes=5)), "vote-time"),
    "for ever": (lambda held: AMADI.vote(held, "amadi", until="2099-01-01T00:00:00.000Z"), "vote-time"),
    "of no time": (lambda held: AMADI.vote(held, "amadi", until="soon"), "vote-time"),
    "in another namespace": (
        lambda held: replace(
            vote := AMADI.vote(held, "amadi"), signature=AMADI.sign(vote.vote.statement, "remit-instrument@v1")
        ),
        "vote-signature",
    ),
    "not signed at all": (lambda held: replace(AMADI.vote(held, "amadi"), signature=b""), "vote-signature"),
    "with a passkey that the register has not": (
        lambda held: replace(AMADI.vote(held, "amadi"), signature=b'{"id": "AAAA"}'),
        "vote-key",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_vote_that_does_not_hold_changes_nothing(fault: str) -> None:
    quay = Quay(ONE)
    held = quay.hold()
    make, step = FAULTS[fault]
    with refused(step):
        quay.send(held, make(held))  # type: ignore[no-untyped-call]
    assert quay.hold() == held
    assert quay.said() == ["decision hold"]


def test_a_person_whose_time_is_over_does_not_count() -> None:
    quay = Quay("approvals: {of: officer}, expires_in: 3d")
    held = quay.hold()
    quay.pass_on(days=2)
    with refused("vote-person"):
        quay.vote(held, CRUZ, "cruz")
    assert quay.vote(held, AMADI, "amadi").state is State.APPROVED


def test_a_qualification_counts_for_as_long_as_it_is_valid() -> None:
    until = "approvals: {of: officer, qualified: cranes}, expires_in: 60d"
    quay = Quay(until)
    held = quay.hold()
    with refused("vote-person"):
        quay.vote(held, AMADI, "amadi")
    quay.pass_on(days=29)
    assert quay.vote(held, BAKER, "baker").state is State.APPROVED
    later = quay.hold(turn=9)
    quay.pass_on(days=2)
    with refused("vote-person"):
        quay.vote(later, BAKER, "baker")


def test_units_must_differ_where_the_terms_ask_for_it() -> None:
    quay = Quay("approvals: {of: officer, at_least: 2, different_units: true}, expires_in: 10m")
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    with refused("vote-person"):
        quay.vote(held, CRUZ, "cruz")
    assert quay.vote(held, BAKER, "baker").state is State.APPROVED


def test_who_asks_does_not_approve_and_is_not_told_apart_when_not_known() -> None:
    quay = Quay("approvals: {of: officer, not: [requester]}, expires_in: 10m")
    held = quay.hold(requester="amadi-too")
    with refused("vote-person"):
        quay.vote(held, AMADI, "amadi")
    assert quay.vote(held, BAKER, "baker").state is State.APPROVED
    unknown = quay.hold(requester="")
    with refused("vote-person"):
        quay.vote(unknown, BAKER, "baker")


@pytest.mark.parametrize("barred", ["amadi", "north", "officer"])
def test_people_are_excluded_by_name_unit_or_role(barred: str) -> None:
    quay = Quay(f"approvals: {{of: officer, not: [{barred}]}}, expires_in: 10m")
    held = quay.hold()
    with refused("vote-person"):
        quay.vote(held, AMADI, "amadi")


def test_two_persons_means_two_even_where_one_role_would_do() -> None:
    quay = Quay("approvals: {of: officer}, oversight: two-persons, expires_in: 10m")
    held = quay.hold()
    assert held.hold.apart
    assert quay.vote(held, AMADI, "amadi").state is State.OPEN
    assert quay.vote(held, BAKER, "baker").state is State.APPROVED


def test_time_denies_and_says_so_once() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    at = quay.pass_on(minutes=10)
    for _ in range(2):
        quay.writer.commit(settle=pass_time([held.call.digest], at))
    assert quay.said() == ["decision hold", "release approved", "release expired"]
    assert quay.hold().state is State.EXPIRED
    with refused("release-state"):
        quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, at))


def test_a_vote_after_the_time_is_up_does_not_count() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.pass_on(minutes=10)
    with refused("vote-late"):
        quay.vote(held, AMADI, "amadi")


def test_terms_that_changed_since_release_nothing() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    with refused("release-terms"):
        quay.writer.commit(settle=release_call(held.call, held.call.digest, "sha256:" + "0" * 64, AT))


def test_a_call_that_nobody_waits_for_is_void_after_a_while_unless_somebody_asks_again() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.writer.commit(settle=move_call(held.call.digest, lambda call: call.left_at(AT), AT))
    quay.pass_on(seconds=GRACE.total_seconds() - 1)
    assert quay.hold().left is None
    at = quay.clock.at
    quay.writer.commit(settle=move_call(held.call.digest, lambda call: call.left_at(at), at))
    quay.writer.commit(settle=pass_time([held.call.digest], quay.pass_on(seconds=60)))
    assert quay.said() == ["decision hold", "release void"]
    assert quay.hold().state is State.VOID


def test_who_was_told_to_come_back_collects_the_call_in_a_later_turn() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.writer.commit(settle=move_call(held.call.digest, lambda call: call.parked_at(AT), AT))
    quay.pass_on(minutes=5)
    quay.vote(held, AMADI, "amadi")
    later = quay.hold(turn=5)
    assert (later.id, later.state) == (held.id, State.APPROVED)
    call = a_call(quay.terms, turn=5)
    quay.writer.commit(settle=release_call(call, held.call.digest, quay.terms.digest, quay.clock.at))
    assert quay.hold(turn=7).state is State.OPEN
    assert quay.said() == ["decision hold", "release approved", "outcome", "decision hold"]


def test_a_later_turn_does_not_collect_what_it_was_not_told_to_come_back_for() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    assert quay.hold(turn=5).state is State.OPEN


def test_an_approval_can_be_taken_back_until_it_is_used() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    quay.writer.commit(settle=move_call(held.call.digest, lambda call: call.revoked(AT, "second thoughts"), AT))
    assert quay.hold().state is State.REVOKED
    with refused("release-state"):
        quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, AT))
    assert quay.said() == ["decision hold", "release approved", "release revoked"]


def test_what_has_ended_keeps_nothing_of_what_was_asked_for() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    assert any(b"container 7" in row for row in quay.disk.rows.values())
    quay.vote(held, AMADI, "amadi", "refused")
    assert not any(b"container 7" in row for row in quay.disk.rows.values())
    again = quay.hold()
    assert (again.call.digest, again.call.kin) == (held.call.digest, held.call.kin)


def test_what_became_of_a_call_is_forgotten_after_a_week() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi", "refused")
    quay.writer.commit(settle=pass_time([held.call.digest], quay.pass_on(days=8)))
    assert [name for name in quay.disk.rows if name.startswith("hold/")] == []


def test_a_hold_that_cannot_show_what_the_terms_ask_for_is_never_approved() -> None:
    quay = Quay("approvals: {of: officer}, shown: [map], expires_in: 10m")
    held = quay.hold()
    assert held.sheet.missing == ("map",)
    with refused("vote-missing"):
        quay.vote(held, AMADI, "amadi")
    assert quay.vote(held, AMADI, "amadi", "refused").state is State.REFUSED


def test_silence_within_the_window_lets_it_go_on_and_one_veto_stops_it() -> None:
    until = "approvals: {of: officer}, oversight: veto, window: 5m, expires_in: 10m"
    quay = Quay(until)
    held, other = quay.hold(), quay.hold(turn=5)
    quay.pass_on(minutes=4)
    assert quay.vote(other, BAKER, "baker", "refused").state is State.REFUSED
    with refused("release-state"):
        quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, quay.clock.at))
    at = quay.pass_on(minutes=1)
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, at))
    assert quay.said()[-2:] == ["release approved", "outcome"]


def test_silence_does_not_approve_what_could_not_be_shown() -> None:
    quay = Quay("approvals: {of: officer}, oversight: veto, window: 5m, shown: [map], expires_in: 10m")
    held = quay.hold()
    at = quay.pass_on(minutes=6)
    with refused("release-state"):
        quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, at))


ENVELOPE = (
    "approvals: {of: officer}, oversight: envelope, expires_in: 10m, envelope: {at_most: 3, lasts: 30m, same: [berth]"
)


def test_an_envelope_covers_so_many_calls_in_its_area_for_its_time() -> None:
    quay = Quay(ENVELOPE + "}")
    first = quay.hold(tool="letter", effect="inform")
    assert first.state is State.OPEN
    quay.vote(first, AMADI, "amadi")
    mild = {"tool": "letter", "effect": "inform"}
    second = quay.hold(**mild, arguments='{"berth": 4, "lift": "container 8"}')
    assert (second.state, second.why) == (State.APPROVED, f"covered by the approval of {first.id}")
    assert quay.hold(**mild, arguments='{"berth": 5, "lift": "container 8"}').state is State.OPEN
    assert quay.hold(**mild, arguments='{"lift": "container 8"}').state is State.OPEN
    assert quay.hold(**mild, arguments='{"berth": 4}', requester="agent-2").state is State.OPEN
    assert quay.hold(**mild, arguments='{"berth": 4, "lift": "container 9"}').state is State.APPROVED
    assert quay.hold(**mild, arguments='{"berth": 4, "lift": "container 10"}').state is State.OPEN


def test_an_envelope_ends_with_its_time() -> None:
    quay = Quay(ENVELOPE + "}")
    mild = {"tool": "letter", "effect": "inform"}
    quay.vote(quay.hold(**mild), AMADI, "amadi")
    quay.pass_on(minutes=30)
    assert quay.hold(**mild, arguments='{"berth": 4, "lift": "container 8"}').state is State.OPEN


@pytest.mark.parametrize(
    ("below", "effect"), [("", "operate-infrastructure"), (", below: spend", "force"), ("", "new")]
)
def test_no_envelope_covers_an_effect_at_or_above_its_class(below: str, effect: str) -> None:
    quay = Quay(ENVELOPE + below + "}")
    quay.vote(quay.hold(effect=effect), AMADI, "amadi")
    assert quay.hold(effect=effect, arguments='{"berth": 4, "lift": "container 8"}').state is State.OPEN


def test_what_is_reviewed_afterwards_goes_on_at_once_and_an_overdue_review_stops_the_next() -> None:
    quay = Quay("approvals: {of: officer}, oversight: after, expires_in: 1h")
    held = quay.hold()
    assert held.state is State.APPROVED
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, AT))
    assert quay.hold(turn=5).state is State.APPROVED
    quay.pass_on(minutes=61)
    assert quay.hold(turn=7).state is State.OPEN
    assert quay.vote(held, AMADI, "amadi").state is State.RELEASED
    quay.writer.commit(settle=pass_time([quay.proposal(turn=5).call.digest], quay.clock.at))
    assert quay.hold(turn=9).state is State.APPROVED
    assert "message reviewed" in quay.said()


def test_an_objection_afterwards_is_on_record() -> None:
    quay = Quay("approvals: {of: officer}, oversight: after, expires_in: 1h")
    held = quay.hold()
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, AT))
    quay.vote(held, AMADI, "amadi", "refused")
    assert quay.said()[-1] == "message objected"
    with refused("vote-late"):
        quay.vote(held, BAKER, "baker")


def test_a_statement_in_any_other_form_is_no_vote() -> None:
    quay = Quay(ONE)
    vote = AMADI.vote(quay.hold(), "amadi").vote
    assert read_vote(vote.statement) == vote
    spoilt = [
        vote.statement + b" ",
        vote.statement.replace(b'"approved"', b'"yes"'),
        vote.statement.replace(NAMESPACE.encode(), b"other"),
        b"[]",
        b"{}",
        b"\xff",
    ]
    for statement in spoilt:
        with refused("vote-form"):
            read_vote(statement)


def test_a_thousand_calls_wait_side_by_side() -> None:
    quay = Quay(ONE)
    jobs = [hold_call(quay.proposal(turn=turn), AT) for turn in range(1000)]
    for job in jobs:
        quay.writer.commit(settle=job)
    assert len({job.call.id for job in jobs}) == 1000


def test_what_was_released_can_be_taken_back_and_then_nothing_more_is_carried_out() -> None:
    quay = Quay(ENVELOPE + "}")
    mild = {"tool": "letter", "effect": "inform"}
    held = quay.hold(**mild)
    quay.vote(held, AMADI, "amadi")
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, AT))
    assert [name for name in quay.disk.rows if name.startswith("release/")]
    quay.writer.commit(settle=revoke_call(held.call.digest, "deeds", "the wrong berth", AT))
    assert quay.said()[-1] == "message revoked"
    assert not [name for name in quay.disk.rows if name.startswith(("release/", "envelope/"))]
    assert quay.hold(**mild, turn=5).state is State.OPEN


def test_a_stop_ends_what_waits_and_is_told_of_until_it_is_lifted() -> None:
    quay = Quay(ONE)
    held, other = quay.hold(), quay.hold(model="osprey-1")
    stop = Stop(Reach.MODEL, "heron-1", "deeds", "it moved the wrong crane", write_time(AT))
    quay.writer.commit(settle=lambda desk: put_stop(desk, stop))
    assert list(stops(quay.store)) == [stop]
    assert end_reached(quay.writer, quay.store, quay.terms.catalogue, stop) == 1
    assert quay.hold().state is State.REVOKED
    assert quay.hold(model="osprey-1").nonce == other.nonce
    assert held.nonce != other.nonce
    quay.writer.commit(settle=lambda desk: lift_stop(desk, stop))
    assert list(stops(quay.store)) == []
    assert quay.said()[2:] == ["message stopped", "release revoked", "message stop-lifted"]


def test_a_stop_reaches_a_use_case_a_model_and_a_maker() -> None:
    quay = Quay(ONE)
    for reach, name in ((Reach.USE_CASE, "unload"), (Reach.MAKER, "halden")):
        quay.hold(turn=len(quay.disk.entries))
        stop = Stop(reach, name, "deeds", "no more", write_time(AT))
        assert end_reached(quay.writer, quay.store, quay.terms.catalogue, stop) == 1


def test_an_equal_call_some_time_after_the_end_of_the_last_waits_for_people_again() -> None:
    quay = Quay(ONE)
    held = quay.hold()
    quay.vote(held, AMADI, "amadi")
    quay.writer.commit(settle=release_call(held.call, held.call.digest, quay.terms.digest, AT))
    quay.pass_on(seconds=119)
    assert quay.hold().state is State.RELEASED
    quay.pass_on(seconds=1)
    again = quay.hold()
    assert (again.state, again.call.digest) == (State.OPEN, held.call.digest)
    with refused("vote-other"):
        quay.send(again, AMADI.vote(held, "amadi", at=quay.clock.at))
