"""Holds: the kinds of oversight a contract can name, and that what joins is never milder than its parts."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import TermsUnusable
from remit.terms.action import Action
from remit.terms.attribute import EFFECTS
from remit.terms.decision import Effect
from remit.terms.hold import Approval, Attention, Envelope, Hold, Oversight, join_holds, seriousness
from remit.terms.judge import decide
from remit.terms.prose import say_hold
from tests.terms.world import AT, a_use, policy, world

MINUTES = st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes))
SOME = st.frozensets(st.sampled_from("abc"), max_size=2)
ATTENTIONS = st.builds(
    Attention,
    st.none() | st.sampled_from([Decimal("0.7"), Decimal("0.8")]),
    st.none() | st.integers(1, 40),
    st.none() | st.integers(1, 40),
)
APPROVALS = st.builds(
    Approval,
    st.sampled_from(["officer", "owner"]),
    st.integers(1, 3),
    st.booleans(),
    SOME,
    st.booleans(),
    SOME,
    ATTENTIONS,
)
ENVELOPES = st.builds(Envelope, st.integers(1, 9), MINUTES, SOME, st.sampled_from(EFFECTS))


def whole(hold: Hold) -> Hold:
    """Give a hold the parts that its oversight goes with, and no others."""
    veto, envelope = hold.oversight is Oversight.VETO, hold.oversight is Oversight.ENVELOPE
    return replace(hold, window=hold.window if veto else None, envelope=hold.envelope if envelope else None)


HOLDS = st.builds(
    Hold,
    st.lists(APPROVALS, min_size=1, max_size=2, unique_by=lambda approval: approval.of).map(tuple),
    SOME,
    MINUTES,
    st.sampled_from(Oversight),
    MINUTES,
    ENVELOPES,
).map(whole)


@given(HOLDS, HOLDS)
def test_what_joins_is_never_milder_than_its_parts(one: Hold, other: Hold) -> None:
    both, order = join_holds([one, other]), list(Oversight)
    for part in (one, other):
        assert order.index(both.oversight) <= order.index(part.oversight)
        assert both.people >= part.people
        assert both.apart or not part.apart
        assert both.shown >= part.shown
        assert both.expires_in is not None
        assert part.expires_in is not None
        assert both.expires_in <= part.expires_in
        if both.window is not None and part.window is not None:
            assert both.window >= part.window
        if both.envelope is not None and part.envelope is not None:
            assert both.envelope.at_most <= part.envelope.at_most
            assert both.envelope.lasts <= part.envelope.lasts
            assert both.envelope.same >= part.envelope.same
            assert seriousness(both.envelope.below) <= seriousness(part.envelope.below)
        for asked in part.approvals:
            found = next(approval for approval in both.approvals if approval.of == asked.of)
            assert found.excluded >= asked.excluded
            assert found.qualified >= asked.qualified
            assert found.different_units or not asked.different_units
            if asked.attention.catch_rate is not None:
                assert found.attention.catch_rate is not None
                assert found.attention.catch_rate >= asked.attention.catch_rate


@given(st.lists(HOLDS, max_size=4), st.randoms(use_true_random=False))
def test_holds_join_to_the_same_in_any_order(holds: list[Hold], random: object) -> None:
    shuffled = holds[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert join_holds(shuffled) == join_holds(holds)


def test_an_effect_that_the_register_adds_is_the_most_serious() -> None:
    assert seriousness("none") < seriousness("inform") < seriousness("force") < seriousness("launch")


UNTIL = {
    "oversight: two-persons": "two people at least, apart from each other; after 1h it is denied",
    "oversight: veto, window: 5m": "it goes on after 5m unless one of them refuses it",
    "oversight: after": "it goes on at once and they review it afterwards, in that time",
    "oversight: envelope, envelope: {at_most: 5, lasts: 30m, same: [berth]}": "one approval covers 5 calls of the kind "
    "with the same berth for 30m, below the effect decide-about-people",
}


@pytest.mark.parametrize("until", UNTIL)
def test_each_kind_of_oversight_is_read_held_and_said(until: str) -> None:
    wait = f"{{id: wait, hold: [act], until: {{approvals: {{of: officer}}, expires_in: 1h, {until}}}}}"
    decision = decide(
        world(halden=policy("{id: may, permit: [act]}", wait)), a_use({"scope.level": "open"}, Action.ACT), at=AT
    )
    assert decision.effect is Effect.HOLD
    assert decision.hold is not None
    assert decision.hold.oversight is Oversight(until.split(": ")[1].split(",", maxsplit=1)[0])
    assert UNTIL[until] in say_hold(decision.hold)


def test_who_approves_is_said_with_all_that_is_asked_of_them() -> None:
    asked = Attention(Decimal("0.8"), 30, 40)
    assert say_hold(Hold((Approval("officer", 2, qualified=frozenset({"cranes"}), attention=asked),))) == (
        "2 people in the role officer, qualified for cranes, who surely catch a share of 0.8 of seeded checks, "
        "answer at most 30 an hour and read at most 40 characters a second"
    )


@pytest.mark.parametrize(
    ("until", "says"),
    {
        "oversight: veto": "missing: how long there is to refuse it",
        "window: 5m": "only for oversight: veto",
        "envelope: {at_most: 1, lasts: 1h}": "only for oversight: envelope",
        "oversight: envelope": "missing: how far one approval reaches",
        "oversight: envelope, envelope: {at_most: 1, lasts: 1h, below: launch}": "unknown effect",
        "oversight: always": "unknown value",
    }.items(),
)
def test_oversight_that_lacks_a_part_or_has_one_too_many_is_a_fault(until: str, says: str) -> None:
    wait = f"{{id: wait, hold: [act], until: {{approvals: {{of: officer}}, expires_in: 1h, {until}}}}}"
    with pytest.raises(TermsUnusable, match=says):
        world(halden=policy(wait))


def test_attention_that_asks_for_nothing_is_a_fault() -> None:
    wait = "{id: wait, hold: [act], until: {approvals: {of: officer, attention: {}}, expires_in: 1h}}"
    with pytest.raises(TermsUnusable, match="asks for nothing"):
        world(halden=policy(wait))
