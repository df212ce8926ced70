"""How well people look: the bound on a catch rate, the measures of a reviewer, and what a hold demands of them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import EvidenceRefused
from remit.gateway.oversight.attention import Look, Record, catch_rate_low, pace_of
from remit.gateway.oversight.held import State
from remit.gateway.oversight.seeded import commit_batch, new_session, open_answered
from remit.gateway.oversight.waiting import attention_records, hold_call
from tests.gateway.oversight.scene import AMADI, AT, BAKER, Quay


@pytest.mark.parametrize(
    ("caught", "seeded", "low"),
    [(16, 16, "0.829"), (10, 10, "0.741"), (90, 100, "0.836"), (0, 5, "0"), (1, 1, "0.05"), (15, 16, "0.736")],
)
def test_few_checks_show_little(caught: int, seeded: int, low: str) -> None:
    found = catch_rate_low(caught, seeded)
    assert abs(found - Decimal(low)) <= Decimal("0.001")


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_the_bound_lies_below_the_share_and_as_low_as_the_exact_one(counts: tuple[int, int]) -> None:
    caught, seeded = counts
    low = catch_rate_low(caught, seeded)
    assert low <= Decimal(caught) / seeded
    if caught == seeded:
        exact = 0.05 ** (1 / seeded)
        assert exact - 0.0011 <= float(low) <= exact


ENOUGH = {
    "0.95": (59, 93, 124, 153, 181, 208),
    "0.9": (29, 46, 61, 76, 89, 103),
}
"""How many trials show a share with 95 % confidence when none, one, two and so on fail: the table of Wilks."""


@pytest.mark.parametrize(("share", "missed"), [(share, missed) for share in ENOUGH for missed in range(6)])
def test_as_many_checks_are_enough_as_the_published_table_says_and_one_fewer_is_not(share: str, missed: int) -> None:
    seeded = ENOUGH[share][missed]
    assert catch_rate_low(seeded - missed, seeded) >= Decimal(share)
    assert catch_rate_low(seeded - 1 - missed, seeded - 1) < Decimal(share)


def test_a_reviewer_who_has_had_thousands_of_checks_still_has_a_bound() -> None:
    found = catch_rate_low(1000, 2000)
    assert Decimal("0.48") <= found < Decimal("0.5")


def a_record(times: list[int]) -> Record:
    looks = (Look(AT + timedelta(minutes=minute), 2000, 100, approved=True, held="x") for minute in times)
    return Record("amadi", tuple(looks))


def test_the_busiest_hour_is_found_wherever_it_lies() -> None:
    assert a_record([0, 10, 59, 60, 61, 119, 200]).busiest_hour == 4
    assert a_record([]).busiest_hour == 0


def test_the_pace_is_characters_a_second() -> None:
    assert pace_of(100, 2000) == 50
    assert pace_of(101, 2000) == 51
    assert pace_of(10, 0) == 10_000
    assert a_record([1]).pace == 50


def test_a_record_comes_back_whole() -> None:
    record = a_record([1, 2]).with_check(caught=True).with_other(agreed=False)
    assert Record.from_record(record.record()) == record
    assert (record.together, record.agreed, record.approval_rate) == (1, 0, Decimal(1))


def test_what_people_answer_is_measured_with_what_the_other_said() -> None:
    quay = Quay()
    held = quay.hold()
    quay.vote(held, AMADI, "amadi", ms=5000)
    quay.vote(held, BAKER, "baker", "refused", ms=1000)
    first, second = attention_records(quay.store)
    assert [look.ms for look in first.looks] == [5000]
    assert (first.together, first.agreed, second.together, second.agreed) == (1, 0, 1, 0)


def seed(quay: Quay, count: int) -> list[str]:
    """Seed made-up calls as a drill does."""
    proposals = [quay.proposal(session=new_session(), turn=n) for n in range(count)]
    rows, entry = commit_batch([proposal.call.digest for proposal in proposals], quay.keyring)

    def settle(desk: object) -> list[object]:
        for name, content in rows.items():
            desk.put(name, content)  # type: ignore[attr-defined]
        return [entry]

    quay.writer.commit(settle=settle)  # type: ignore[arg-type]
    for proposal in proposals:
        quay.writer.commit(settle=hold_call(proposal, quay.clock.at))
    return [proposal.call.digest for proposal in proposals]


WATCHED = "approvals: {of: officer, attention: {catch_rate: 0.8}}, expires_in: 10m"


def test_nobody_approves_who_has_not_shown_that_they_catch_what_must_be_refused() -> None:
    quay = Quay(WATCHED)
    held = quay.hold()
    with pytest.raises(EvidenceRefused, match="0 of 0 seeded checks were refused"):
        quay.vote(held, AMADI, "amadi")
    for digest in seed(quay, 16):
        quay.vote(next(call for call in map_held(quay) if call.call.digest == digest), AMADI, "amadi", "refused")
    assert sum(opened.caught for opened in open_answered(quay.writer, quay.store, quay.keyring)) == 16
    assert quay.vote(held, AMADI, "amadi").state is State.APPROVED


def map_held(quay: Quay) -> list:  # type: ignore[type-arg]
    from remit.gateway.oversight.waiting import held_calls

    return list(held_calls(quay.store))


def test_a_grant_that_demands_attention_stands_still_when_it_falls() -> None:
    quay = Quay(WATCHED)
    for digest in seed(quay, 16):
        quay.vote(next(call for call in map_held(quay) if call.call.digest == digest), AMADI, "amadi", "refused")
    open_answered(quay.writer, quay.store, quay.keyring)
    record = next(attention_records(quay.store))
    spoilt = record.with_check(caught=False)
    quay.disk.rows["attention/amadi"] = __import__("remit.canonical").canonical.canonical(spoilt.record())
    with pytest.raises(EvidenceRefused, match="16 of 17 seeded checks were refused"):
        quay.vote(quay.hold(), AMADI, "amadi")


def test_a_seeded_check_is_committed_to_before_and_opened_after_and_looks_like_any_other() -> None:
    quay = Quay("approvals: {of: officer}, expires_in: 10m")
    quay.hold(session="real")
    (digest,) = seed(quay, 1)
    real, made_up = sorted(map_held(quay), key=lambda call: call.call.digest == digest)
    assert [name for name, _ in real.sheet.parts] == [name for name, _ in made_up.sheet.parts]
    assert set(real.record()) == set(made_up.record())
    assert not any(digest.encode() in content for name, content in quay.disk.rows.items() if name.startswith("seeded/"))
    assert open_answered(quay.writer, quay.store, quay.keyring) == []
    quay.vote(made_up, BAKER, "baker", "refused")
    (opened,) = open_answered(quay.writer, quay.store, quay.keyring)
    assert (opened.call, opened.person, opened.caught) == (made_up.id, "baker", True)
    assert [word for word in quay.said() if "seeded" in word] == ["message seeded", "message seeded-opened"]
    hidden = quay.hidden(len(quay.disk.entries) - 1)
    from remit.canonical import digest as digest_of

    assert digest_of({"calls": hidden["calls"], "secret": hidden["secret"]}) == hidden["batch"]
    assert open_answered(quay.writer, quay.store, quay.keyring) == []


def test_who_lets_a_seeded_check_through_has_missed_it() -> None:
    quay = Quay("approvals: {of: officer}, expires_in: 10m")
    (digest,) = seed(quay, 1)
    quay.vote(map_held(quay)[0], AMADI, "amadi")
    (opened,) = open_answered(quay.writer, quay.store, quay.keyring)
    assert not opened.caught
    assert digest not in {name for name in quay.disk.rows if name.startswith("release/")}


def test_reading_faster_than_wanted_does_not_count_as_reading() -> None:
    quay = Quay("approvals: {of: officer, attention: {pace: 40}}, expires_in: 10m")
    held = quay.hold()
    with pytest.raises(EvidenceRefused, match="at most 40 are wanted"):
        quay.vote(held, AMADI, "amadi", ms=100)
    assert quay.vote(held, AMADI, "amadi", ms=60_000).state is State.APPROVED


def test_more_than_so_many_an_hour_are_not_answered_by_one_person() -> None:
    quay = Quay("approvals: {of: officer, attention: {items_per_hour: 2}}, expires_in: 2h")
    for turn in range(2):
        quay.vote(quay.hold(turn=turn), AMADI, "amadi")
    third = quay.hold(turn=3)
    with pytest.raises(EvidenceRefused, match="2 were answered in the last hour"):
        quay.vote(third, AMADI, "amadi")
    quay.pass_on(minutes=61)
    assert quay.vote(third, AMADI, "amadi").state is State.APPROVED
