"""What the judge does at the places where a mistake would let something through."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from remit.terms.action import Action
from remit.terms.decision import Basis, Effect, ShadowKind, Verdict
from remit.terms.use import Fact, VouchedBy
from tests.terms.writing import (
    AT,
    IN_FORCE,
    PERMISSIVE,
    SCENE,
    cited,
    clause,
    instrument,
    judged,
    lifting,
    use,
)

LEVELS = [{"id": "open", "authorisation": "none"}, {"id": "secret"}]


def test_nothing_permits_so_it_is_denied() -> None:
    decision = judged(SCENE, use(organisation="quayside"))
    assert (decision.effect, decision.basis, decision.because) == (Effect.DENY, Basis.NOTHING, ())
    assert decision.verdict is Verdict.OUTSIDE
    assert decision.rests_on is None


@pytest.mark.parametrize(
    "value",
    ["", None, 7, True, 2.5, b"DE", frozenset(), frozenset({""}), frozenset({"DE", ""}), frozenset({1}), ["DE"]],
)
def test_a_value_that_is_no_name_counts_as_unknown(value: Any) -> None:
    boundary = instrument("p", "policy", clause("b", "forbid", {"model.domicile": "FR"}, boundary=True))
    decision = judged(SCENE.with_instruments(PERMISSIVE, boundary), use(model__domicile=value))
    assert decision.effect is Effect.DENY
    assert decision.verdict is Verdict.UNKNOWN
    assert decision.lacks == ("model.domicile",)


@pytest.mark.parametrize("value", ["5", True, 5.0, Decimal("NaN"), Decimal("Infinity"), frozenset({5}), None])
def test_a_value_that_is_no_number_counts_as_unknown(value: Any) -> None:
    boundary = instrument("p", "policy", clause("b", "forbid", {"people.call": {"above": 500}}, boundary=True))
    decision = judged(SCENE.with_instruments(PERMISSIVE, boundary), use(people__call=value))
    assert (decision.effect, decision.lacks) == (Effect.DENY, ("people.call",))


@pytest.mark.parametrize("value", ["true", 1, 0, None])
def test_a_value_that_is_no_truth_value_counts_as_unknown(value: Any) -> None:
    boundary = instrument("p", "policy", clause("b", "forbid", {"drill": False}, boundary=True))
    folder = SCENE.with_instruments(PERMISSIVE, boundary)
    assert judged(folder, use(drill=value)).lacks == ("drill",)
    assert judged(folder, use(drill=True)).effect is Effect.PERMIT
    assert judged(folder, use(drill=False)).effect is Effect.DENY


def test_a_name_that_a_glob_would_match_is_unknown_though_another_clause_lists_it() -> None:
    # Countries need no list, so that a clause may name one that no glob was resolved to.
    globbed = instrument("p", "policy", clause("b", "forbid", {"model.domicile": "D*"}, boundary=True))
    listing = instrument("q", "policy", clause("c", "oblige", {"model.domicile": "DZ"}, duties={"log": "it"}))
    for folder in (SCENE.with_instruments(PERMISSIVE, globbed), SCENE.with_instruments(PERMISSIVE, globbed, listing)):
        decision = judged(folder, use(model__domicile="DZ"))
        assert decision.effect is Effect.DENY
        assert not decision.settled
        assert decision.lacks == ("model.domicile",)


@pytest.mark.parametrize(("test", "unknown"), [("heron-*", True), ({"not": "heron-*"}, True), ("heron-1", False)])
def test_a_model_that_no_list_holds_is_unknown_to_a_glob_it_matches(test: Any, *, unknown: bool) -> None:
    policy = instrument("p", "policy", clause("b", "forbid", {"model.id": test}, boundary=True))
    decision = judged(SCENE.with_instruments(PERMISSIVE, policy), use(model__id="heron-99"))
    assert decision.settled is not unknown
    assert decision.effect is (Effect.DENY if unknown else Effect.PERMIT)


@pytest.mark.parametrize("level", [None, "", 3, frozenset(), frozenset({3}), frozenset({"open", ""})])
def test_a_level_that_is_not_known_needs_an_authorisation_and_leaves_the_answer_open(level: Any) -> None:
    decision = judged(SCENE.with_instruments(PERMISSIVE).with_register(levels=LEVELS), use(scope__level=level))
    assert (decision.effect, decision.basis) == (Effect.DENY, Basis.AUTHORISATION)
    assert decision.verdict is Verdict.UNKNOWN
    assert decision.lacks == ("scope.level",)


@pytest.mark.parametrize(
    ("level", "effect"),
    [
        ("open", Effect.PERMIT),
        ("secret", Effect.DENY),
        ("unheard-of", Effect.DENY),
        (frozenset({"open"}), Effect.PERMIT),
        (frozenset({"open", "secret"}), Effect.DENY),
    ],
)
def test_a_level_needs_an_authorisation_unless_the_register_says_otherwise(level: Any, effect: Effect) -> None:
    decision = judged(SCENE.with_instruments(PERMISSIVE).with_register(levels=LEVELS), use(scope__level=level))
    assert (decision.effect, decision.settled) == (effect, True)


def test_an_authorisation_is_needed_and_not_enough() -> None:
    allowed = instrument("a", "authorisation", clause("m", "authorise", {"model.id": "heron-1"}))
    folder = SCENE.with_register(levels=LEVELS).with_instruments(allowed)
    asked = use(scope__level="secret", model__id="heron-1")
    assert judged(folder, asked).basis is Basis.NOTHING
    assert judged(folder.with_instruments(PERMISSIVE), asked).effect is Effect.PERMIT


ORDER = instrument(
    "o", "order", clause("must", "compel"), clause("stop", "forbid", {"use.purpose": "search"}), waivable_by="board"
)
REFUSING = instrument("p", "policy", clause("no", "forbid"))


def test_a_demand_beats_what_a_provider_says_below_its_boundaries() -> None:
    decision = judged(SCENE.with_instruments(REFUSING, ORDER), use(use__purpose="answer"))
    assert (decision.effect, decision.basis, cited(decision)) == (Effect.PERMIT, Basis.ORDER, ["o/must"])
    assert decision.compelled


@pytest.mark.parametrize("lifted", ["o", "o/must"])
def test_a_waiver_ends_the_demand_it_names(lifted: str) -> None:
    waiver = instrument("w", "waiver", lifting("x", lifted), by="board")
    decision = judged(
        SCENE.with_instruments(REFUSING, ORDER, waiver), use(organisation="quayside", use__purpose="answer")
    )
    assert (decision.effect, decision.basis, decision.conflicts) == (Effect.DENY, Basis.POLICY, ())


def test_a_waiver_that_may_apply_ends_the_demand_and_leaves_the_answer_open() -> None:
    waiver = instrument("w", "waiver", lifting("x", "o/must", when={"drill": True}), by="board")
    decision = judged(
        SCENE.with_instruments(REFUSING, ORDER, waiver), use(organisation="quayside", use__purpose="answer")
    )
    assert (decision.effect, decision.settled) == (Effect.DENY, False)


def test_a_waiver_ends_a_demand_for_a_use_of_which_it_covers_a_part() -> None:
    order = instrument("o", "order", clause("must", "compel", {"use.purpose": ["answer", "search"]}))
    waiver = instrument("w", "waiver", lifting("x", "o/must", when={"use.purpose": "answer"}), by="ministry")
    folder = SCENE.with_instruments({**order, "waivable_by": "ministry"}, waiver)
    effects = {
        purpose: judged(folder, use(organisation="quayside", use__purpose=purpose)).effect
        for purpose in ("answer", "search", frozenset({"answer", "search"}))
    }
    assert list(effects.values()) == [Effect.DENY, Effect.PERMIT, Effect.DENY]


def test_a_waiver_that_may_not_apply_lifts_nothing_of_what_an_order_forbids() -> None:
    waiver = instrument("w", "waiver", lifting("x", "o/stop", when={"drill": True}), by="board")
    folder = SCENE.with_instruments(PERMISSIVE, ORDER, waiver)
    asked = {"organisation": "quayside", "use__purpose": "search"}
    assert judged(folder, use(**asked)).basis is Basis.ORDER
    assert judged(folder, use(**asked, drill=True)).effect is Effect.PERMIT


def test_an_order_against_a_boundary_is_denied_and_reported() -> None:
    boundary = instrument("p", "policy", clause("b", "forbid", boundary=True))
    decision = judged(SCENE.with_instruments(boundary, ORDER), use(use__purpose="answer"))
    assert (decision.effect, cited(decision)) == (Effect.DENY, ["p/b"])
    assert [(c.demands.reference, c.denies.reference) for c in decision.conflicts] == [("o/must", "p/b")]
    assert decision.crosses_boundary


def test_a_boundary_that_only_may_apply_is_not_said_to_be_crossed() -> None:
    boundary = instrument("p", "policy", clause("b", "forbid", {"drill": False}, boundary=True))
    folder = SCENE.with_instruments(boundary)
    # Nothing permits it either, so that the denial is settled though the boundary is not.
    decision = judged(folder, use())
    assert (decision.basis, decision.settled, decision.lacks) == (Basis.BOUNDARY, True, ("drill",))
    assert not decision.crosses_boundary
    assert judged(folder, use(drill=False)).crosses_boundary


def test_what_is_unknown_and_could_change_nothing_is_not_asked_for() -> None:
    policy = instrument("p", "policy", clause("log", "oblige", {"drill": True}, duties={"log": "it"}))
    decision = judged(SCENE.with_instruments(PERMISSIVE, policy), use())
    assert (decision.effect, decision.settled, decision.lacks) == (Effect.PERMIT, True, ())
    assert [owed.rule.reference for owed in decision.duties] == ["p/log"]


def test_a_grant_lifts_the_rules_of_its_issuer_and_of_nobody_else() -> None:
    granted = instrument("g", "grant", clause("yes", "permit"))
    other = instrument("q", "policy", clause("no", "forbid"), by="orrin")
    asked = use(organisation="quayside")
    assert judged(SCENE.with_instruments(REFUSING, granted), asked).effect is Effect.PERMIT
    assert cited(judged(SCENE.with_instruments(REFUSING, other, granted), asked)) == ["q/no"]


def test_a_grant_that_names_what_it_lifts_leaves_the_rest() -> None:
    policy = instrument("p", "policy", clause("no", "forbid", {"drill": True}), clause("wait", "hold"))
    granted = instrument("g", "grant", clause("yes", "permit", lifts="p/no"))
    decision = judged(SCENE.with_instruments(policy, granted), use(organisation="quayside", drill=True))
    assert (decision.effect, cited(decision)) == (Effect.HOLD, ["p/wait"])
    whole = instrument("g", "grant", clause("yes", "permit", lifts="p"))
    decision = judged(SCENE.with_instruments(policy, whole), use(organisation="quayside", drill=True))
    assert (decision.effect, decision.basis) == (Effect.PERMIT, Basis.GRANT)


def test_a_grant_may_refuse_what_a_policy_permits() -> None:
    refusing = instrument("g", "grant", clause("no", "forbid"))
    decision = judged(SCENE.with_instruments(PERMISSIVE, refusing), use(organisation="quayside"))
    assert (decision.basis, cited(decision)) == (Basis.GRANT, ["g/no"])


def test_holds_are_joined_to_the_strictest_and_duties_add_up() -> None:
    def waiting(ident: str, role: str, least: int, wait: str, **more: Any) -> dict[str, Any]:
        approvals = {"of": role, "at_least": least, **more}
        until = {"approvals": approvals, "expires_in": wait, "shown": [ident]}
        return clause(ident, "hold", until=until, duties={"log": "the approval"})

    policy = instrument(
        "p",
        "policy",
        waiting("a", "officer", 1, "8h"),
        waiting("b", "officer", 2, "1d", separately=True, **{"not": "requester"}),
        waiting("c", "commander", 1, "10m"),
        clause("d", "oblige", duties={"report": "monthly", "cap": "5 a day"}),
    )
    hold = judged(SCENE.with_instruments(PERMISSIVE, policy), use()).hold
    assert hold is not None
    officers, commander = hold.approvals[1], hold.approvals[0]
    assert (commander.of, commander.at_least) == ("commander", 1)
    assert (officers.of, officers.at_least, officers.separately, officers.excluded) == (
        *("officer", 2, True),
        frozenset({"requester"}),
    )
    assert (hold.shown, hold.expires_in) == (frozenset("abc"), timedelta(minutes=10))
    owed = judged(SCENE.with_instruments(PERMISSIVE, policy), use()).duties
    assert [(one.duty.value, one.rule.reference) for one in owed] == [
        *(("log", "p/a"), ("log", "p/b"), ("log", "p/c"), ("cap", "p/d"), ("report", "p/d")),
    ]


def test_a_clause_speaks_of_its_own_actions_only() -> None:
    policy = instrument("p", "policy", {"id": "no", "forbid": "act"})
    folder = SCENE.with_instruments(PERMISSIVE, policy)
    effects = {action: judged(folder, use(action)).effect for action in Action}
    assert effects == {Action.INVOKE: Effect.PERMIT, Action.ACT: Effect.DENY, Action.INTEGRATE: Effect.PERMIT}


def test_of_several_values_one_meets_a_restriction_and_all_must_meet_a_permission() -> None:
    searching = {"use.purpose": "search"}
    both, one = frozenset({"search", "answer"}), frozenset({"search"})
    forbidding = SCENE.with_instruments(PERMISSIVE, instrument("p", "policy", clause("no", "forbid", searching)))
    permitting = SCENE.with_instruments(instrument("p", "policy", clause("yes", "permit", searching)))
    assert judged(forbidding, use(use__purpose=both)).effect is Effect.DENY
    assert judged(permitting, use(use__purpose=both)).effect is Effect.DENY
    assert judged(permitting, use(use__purpose=one)).effect is Effect.PERMIT


def test_the_decision_names_its_readings_and_the_day_by_which_a_use_must_be_gone() -> None:
    reading = {"term": "force", "means": "lethal force", "by": "halden", "on": "2026-01-01"}
    order = instrument("o", "order", clause("no", "forbid", phase_out="2026-06-30T17:00:00Z", reading=reading))
    decision = judged(SCENE.with_instruments(order), use())
    assert [reading.means for reading in decision.readings] == ["lethal force"]
    assert decision.phase_out is not None
    assert decision.phase_out.isoformat() == "2026-06-30T17:00:00+00:00"
    assert judged(SCENE.with_instruments(PERMISSIVE), use()).phase_out is None


SHADOWS = {
    ShadowKind.ASSERTED: (instrument("s", "statement", clause("no", "forbid")), Verdict.ASSERTED_ONLY),
    ShadowKind.STAYED: (
        instrument("s", "order", clause("no", "forbid"), standing=[{**IN_FORCE, "state": "stayed"}]),
        Verdict.STAYED,
    ),
}


@pytest.mark.parametrize("kind", SHADOWS)
def test_what_does_not_count_casts_a_shadow_beside_what_is_within(kind: ShadowKind) -> None:
    shading, verdict = SHADOWS[kind]
    decision = judged(SCENE.with_instruments(PERMISSIVE, shading), use())
    assert (decision.effect, decision.verdict) == (Effect.PERMIT, verdict)
    assert [(s.kind, s.effect, [r.reference for r in s.because]) for s in decision.shadow] == [
        (kind, Effect.DENY, ["s/no"])
    ]


def test_a_contested_permission_is_shown_as_what_its_fall_would_change() -> None:
    contested = instrument("p", "policy", clause("yes", "permit"), standing=[{**IN_FORCE, "contested_by": "orrin"}])
    decision = judged(SCENE.with_instruments(contested), use())
    assert decision.verdict is Verdict.CONTESTED
    assert [(s.effect, [r.reference for r in s.because]) for s in decision.shadow] == [(Effect.DENY, ["p/yes"])]


def test_a_rival_reading_is_shown_as_what_it_would_change() -> None:
    rival = {"means": "any use", "by": "board", "when": {}}
    reading = {"term": "force", "means": "lethal", "by": "halden", "on": "2026-01-01", "rival": rival}
    policy = instrument("p", "policy", clause("no", "forbid", {"drill": True}, reading=reading))
    decision = judged(SCENE.with_instruments(PERMISSIVE, policy), use(drill=False))
    assert decision.verdict is Verdict.CONTESTED
    held = judged(SCENE.with_instruments(PERMISSIVE, policy), use(drill=True))
    assert (held.verdict, held.shadow) == (Verdict.OUTSIDE, ())


def test_a_shadow_that_would_loosen_is_shown_too_and_changes_no_verdict() -> None:
    stayed = instrument("g", "grant", clause("yes", "permit"), standing=[{**IN_FORCE, "state": "stayed"}])
    decision = judged(SCENE.with_instruments(stayed), use(organisation="quayside"))
    assert decision.verdict is Verdict.OUTSIDE
    assert [(s.effect, [r.reference for r in s.because]) for s in decision.shadow] == [(Effect.PERMIT, ["g/yes"])]


def test_a_permission_rests_on_the_level_that_asks_for_no_authorisation() -> None:
    folder = SCENE.with_instruments(PERMISSIVE).with_register(levels=LEVELS)
    for vouched_by in VouchedBy:
        assert judged(folder, use(scope__level=Fact(value="open", vouched_by=vouched_by))).rests_on is vouched_by


def test_a_permission_rests_on_the_grant_that_lifts_what_would_forbid_it() -> None:
    lifts = instrument("g", "grant", clause("yes", "permit", {"drill": True}, lifts="p/no"))
    asked = use(
        organisation=Fact(value="quayside", vouched_by=VouchedBy.CONFIGURED),
        drill=Fact(value=True, vouched_by=VouchedBy.DECLARED),
    )
    assert judged(SCENE.with_instruments(PERMISSIVE, REFUSING, lifts), asked).rests_on is VouchedBy.DECLARED


def test_a_denial_rests_on_the_strongest_clause_that_gives_it() -> None:
    order = instrument("o", "order", clause("a", "forbid", {"drill": True}), clause("b", "forbid", {"people.call": 3}))
    asked = use(
        drill=Fact(value=True, vouched_by=VouchedBy.DECLARED),
        people__call=Fact(value=3, vouched_by=VouchedBy.MEASURED),
    )
    assert judged(SCENE.with_instruments(order), asked).rests_on is VouchedBy.MEASURED


def test_what_is_known_later_counts_from_then_on() -> None:
    late = instrument("o", "order", clause("no", "forbid"), standing=[{**IN_FORCE, "known": "2026-05-01"}])
    folder = SCENE.with_instruments(PERMISSIVE, late)
    assert judged(folder, use()).effect is Effect.PERMIT
    assert judged(folder, use(), known=AT + timedelta(days=90)).effect is Effect.DENY
