from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.gateway.people.census import Counts, Interval
from remit.gateway.people.interval import Judged, Span, has_span, judge_interval, judge_use, people_facts, read_fact
from remit.terms.action import Action
from remit.terms.decision import Effect
from remit.terms.folder import Files, read_terms
from remit.terms.hold import Oversight
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from remit.terms.terms import Terms

AT = datetime(2026, 11, 23, tzinfo=UTC)
WAIT = "until: {approvals: {of: officer}, expires_in: 1h}"
LIMIT = "{id: mass, boundary: true, forbid: [invoke], when: {people.window_30d: {above: 500}}}"
NEAR = f"{{id: near, hold: [invoke], when: {{people.window_30d: {{above: 400}}}}, {WAIT}}}"
OPEN = "{id: open, permit: [invoke]}"


def terms_with(*clauses: str) -> Terms:
    register = "organisation: quayside\nparties: [{id: quayside}, {id: halden}]\nroles: [officer, owner]\n"
    standing = "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]"
    policy = f"instrument: it\nkind: policy\nby: halden\n{standing}\nclauses:\n"
    rows = "".join(f"  - {clause}\n" for clause in clauses)
    return read_terms(Files(register.encode(), {"instruments/it.yaml": (policy + rows).encode()}, {}))


def judge(terms: Terms, lower: int, upper: int, attribute: str = "people.window_30d") -> Judged:
    return judge_interval(terms, Use(Action.INVOKE, {}), {attribute: lower}, {attribute: upper}, AT)


@pytest.mark.parametrize(
    ("lower", "upper", "effect"),
    [
        (0, 0, Effect.PERMIT),
        (100, 400, Effect.PERMIT),
        (100, 401, Effect.HOLD),
        (100, 500, Effect.HOLD),
        (100, 900, Effect.HOLD),
        (401, 900, Effect.HOLD),
        (500, 501, Effect.HOLD),
        (501, 501, Effect.DENY),
        (501, 2000, Effect.DENY),
    ],
)
def test_the_limit_acts_on_the_lower_end_and_the_hold_on_the_upper(lower: int, upper: int, effect: Effect) -> None:
    judged = judge(terms_with(LIMIT, NEAR, OPEN), lower, upper)
    assert judged.decision.effect is effect
    if effect is Effect.HOLD:
        assert judged.decision.hold is not None
        assert [approval.of for approval in judged.decision.hold.approvals] == ["officer"]


def test_an_interval_of_one_number_is_judged_as_the_number_is() -> None:
    terms = terms_with(LIMIT, NEAR, OPEN)
    for number in (0, 400, 401, 500, 501):
        use = Use(Action.INVOKE, {"people.window_30d": Fact(number, VouchedBy.MEASURED, "counted by the gateway")})
        assert judge(terms, number, number).decision == decide(terms, use, at=AT)


def test_between_the_ends_of_a_limit_without_a_hold_nobody_can_release_it() -> None:
    judged = judge(terms_with(LIMIT, OPEN), 100, 900)
    assert judged.decision.effect is Effect.HOLD
    assert judged.turns
    assert judged.decision.hold is not None
    assert judged.decision.hold.approvals == ()
    assert [reason.rule.reference for reason in judged.decision.because] == ["it/mass"]


def test_what_may_have_to_be_denied_never_goes_on_at_once() -> None:
    mild = NEAR.replace("expires_in: 1h", "expires_in: 1h, oversight: after")
    hold = judge(terms_with(LIMIT, mild, OPEN), 100, 900).decision.hold
    assert hold is not None
    assert hold.oversight is Oversight.EACH
    hold = judge(terms_with(LIMIT, mild, OPEN), 100, 450).decision.hold
    assert hold is not None
    assert hold.oversight is Oversight.AFTER


def test_a_hole_between_the_ends_is_found() -> None:
    middle = "{id: some, forbid: [invoke], when: {people.window_30d: {at_least: 5, below: 7}}}"
    terms = terms_with(middle, OPEN)
    assert judge(terms, 1, 4).decision.effect is Effect.PERMIT
    assert judge(terms, 1, 9).decision.effect is Effect.HOLD
    assert judge(terms, 5, 6).decision.effect is Effect.DENY
    assert judge(terms, 7, 9).decision.effect is Effect.PERMIT


def test_a_permission_with_a_cap_permits_only_below_it() -> None:
    terms = terms_with("{id: few, permit: [invoke], when: {people.call: {at_most: 10}}}")
    assert judge(terms, 3, 10, "people.call").decision.effect is Effect.PERMIT
    assert judge(terms, 3, 11, "people.call").decision.effect is Effect.HOLD
    assert judge(terms, 11, 20, "people.call").decision.effect is Effect.DENY


def test_four_fifths_of_a_limit_are_told() -> None:
    terms = terms_with(LIMIT, OPEN)
    assert judge(terms, 399, 399).nearing == ()
    (reason,) = judge(terms, 401, 450).nearing
    assert reason.rule.reference == "it/mass"
    assert judge(terms, 501, 600).nearing == ()


def test_too_many_questions_end_in_a_hold() -> None:
    many = ", ".join(f"{{people.call: {number}}}" for number in range(2, 1000, 2))
    terms = terms_with(f"{{id: odd, forbid: [invoke], when: {{any: [{many}]}}}}", OPEN)
    assert judge(terms, 1, 3, "people.call").decision.effect is Effect.HOLD
    assert judge(terms, 1, 1001, "people.call").decision.effect is Effect.HOLD
    assert judge(terms, 1001, 1003, "people.call").decision.effect is Effect.PERMIT


def test_every_count_becomes_a_fact_with_two_ends() -> None:
    facts = people_facts(
        Counts(Interval(1, 2), Interval(3, 4), Interval(5, 6), Interval(7, 8), Interval(9, 9), Interval(0, 0))
    )
    assert {name: (fact.value, fact.upper) for name, fact in facts.items() if isinstance(fact, Span)} == {
        "people.call": (1, 2),
        "people.window_1d": (3, 4),
        "people.window_30d": (5, 6),
        "people.organisation_1d": (7, 8),
        "people.organisation_30d": (9, 9),
    }
    assert facts["people.call"].source == "counted by the gateway, 2 at most"
    assert facts["people.organisation_30d"].source == "counted by the gateway"


def test_what_was_written_down_of_a_count_is_read_with_both_ends() -> None:
    for name, fact in people_facts(Counts(Interval(1, 2), Interval(3, 3))).items():
        assert read_fact(name, fact.value, fact.vouched_by, fact.source) == fact
    said = Fact(3, VouchedBy.DECLARED, "said by the caller")
    assert read_fact("people.call", said.value, said.vouched_by, said.source) == said


def test_a_use_with_two_ends_keeps_them_in_its_decision() -> None:
    terms = terms_with(LIMIT, NEAR, OPEN)
    counts = Counts(window_30d=Interval(100, 900))
    use = Use(Action.INVOKE, people_facts(counts))
    assert has_span(use)
    assert not has_span(Use(Action.INVOKE, {}))
    decision = judge_use(terms, use, AT).decision
    assert decision.effect is Effect.HOLD
    assert decision.use is use
    permitted = judge_use(terms, Use(Action.INVOKE, people_facts(Counts())), AT).decision
    assert permitted.effect is Effect.PERMIT


VERBS = st.sampled_from(["forbid: [invoke]", "permit: [invoke]", f"hold: [invoke], {WAIT}"])
BOUNDS = st.sampled_from(["above", "at_least", "below", "at_most"])
ATTRIBUTES = st.sampled_from(["people.call", "people.window_30d"])
CLAUSES = st.lists(st.tuples(VERBS, ATTRIBUTES, BOUNDS, st.integers(0, 12)), max_size=4)
ENDS = st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 12), st.integers(0, 6))


@settings(max_examples=60, deadline=None)
@given(CLAUSES, ENDS)
def test_the_answer_is_that_of_every_truth_or_a_hold(
    clauses: list[tuple[str, str, str, int]], ends: tuple[int, int, int, int]
) -> None:
    rows = [
        f"{{id: c{n}, {verb}, when: {{{attribute}: {{{bound}: {number}}}}}}}"
        for n, (verb, attribute, bound, number) in enumerate(clauses)
    ]
    terms = terms_with(OPEN.replace("permit: [invoke]", "permit: [invoke], when: {people.call: {above: 3}}"), *rows)
    call, wider, window, widest = ends
    lower = {"people.call": call, "people.window_30d": window}
    upper = {"people.call": call + wider, "people.window_30d": window + widest}
    truths = {
        decide(
            terms,
            Use(
                Action.INVOKE,
                {
                    "people.call": Fact(one, VouchedBy.MEASURED),
                    "people.window_30d": Fact(other, VouchedBy.MEASURED),
                },
            ),
            at=AT,
        ).effect
        for one in range(call, call + wider + 1)
        for other in range(window, window + widest + 1)
    }
    judged = judge_interval(terms, Use(Action.INVOKE, {}), lower, upper, AT)
    assert judged.decision.effect is (truths.pop() if len(truths) == 1 else Effect.HOLD)
