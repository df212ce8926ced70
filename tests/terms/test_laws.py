"""The laws of judgement, on terms and uses drawn at random."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.terms.decision import Basis, Effect
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy
from tests.terms.drawing import (
    ACTIONS,
    DAYS,
    INSTANTS,
    USERS,
    VALUES,
    Lots,
    draw_clause,
    draw_instrument,
    folders,
    instants,
    late_instants,
    uses,
)

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.decision import Decision
    from tests.terms.writing import Document, Folder

ALWAYS = {"state": "in-force", "from": "2026-01-01", "known": "2026-01-01"}
USES_PER_TERMS = 6

questions = st.lists(st.tuples(uses(), instants, late_instants), min_size=USES_PER_TERMS, max_size=USES_PER_TERMS)
lawful = settings(max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def restrictions(draw: st.DrawFn) -> Document:
    """Draw an instrument that restricts and does nothing else."""
    lots = Lots(draw)
    kind = lots.pick(("policy", "order", "grant"))
    instrument = draw_instrument(lots, "added", kind, ())
    restricting = {"forbid", "hold", "oblige"}
    kept = [clause for clause in instrument["clauses"] if restricting & clause.keys()]
    return {**instrument, "clauses": kept or [{"id": "c", "forbid": list(ACTIONS), "when": {}}]}


@st.composite
def grants(draw: st.DrawFn) -> Document:
    return draw_instrument(Lots(draw), "added", "grant", ())


@st.composite
def waivers(draw: st.DrawFn, names: tuple[str, ...] = ("stop",)) -> Document:
    lots = Lots(draw)
    document = draw_instrument(lots, "added", "waiver", ({"instrument": "stop", "kind": "order", "clauses": []},))
    return {**document, "clauses": [draw_clause(lots, "c", "waiver", names)]}


def ruling(decision: Decision) -> tuple[object, ...]:
    """Take from a decision the effect and who gave it."""
    return decision.effect, decision.basis, sorted(reason.rule.reference for reason in decision.because)


def said(decision: Decision) -> tuple[object, ...]:
    """Take from a decision what it says, whatever the order of the terms it was made by."""
    return (
        decision.effect,
        decision.basis,
        decision.settled,
        decision.rests_on,
        decision.lacks,
        decision.hold,
        sorted(reason.rule.reference for reason in decision.because),
        sorted((owed.duty, owed.rule.reference) for owed in decision.duties),
        sorted((one.demands.reference, one.denies.reference) for one in decision.conflicts),
        [(shadow.kind, shadow.effect) for shadow in decision.shadow],
    )


def stop(*entries: Document) -> Document:
    """Write an order that forbids everything."""
    clauses: list[Any] = [{"id": "all", "forbid": list(ACTIONS)}]
    return {"instrument": "stop", "kind": "order", "by": "board", "standing": list(entries), "clauses": clauses}


@lawful
@given(folders(), st.lists(grants(), max_size=2), questions)
def test_a_grant_never_permits_what_a_boundary_denies(
    folder: Folder, added: list[Document], asked: list[tuple[Use, datetime, datetime]]
) -> None:
    more = [{**grant, "instrument": f"added-{number}"} for number, grant in enumerate(added)]
    before, after = folder.read(), folder.with_instruments(*more).read()
    for use, at, known in asked:
        denied = decide(before, use, at=at, known=known)
        if denied.basis is Basis.BOUNDARY:
            granted = decide(after, use, at=at, known=known)
            assert ruling(granted) == ruling(denied)


@lawful
@given(folders(), questions)
def test_a_boundary_denies_whatever_else_the_terms_say(
    folder: Folder, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    clause = {"id": "all", "boundary": True, "forbid": list(ACTIONS)}
    boundary = {"instrument": "never", "kind": "policy", "by": "halden", "standing": [ALWAYS], "clauses": [clause]}
    terms = folder.with_instruments(boundary).read()
    for use, at, known in asked:
        decision = decide(terms, use, at=at, known=known)
        assert (decision.effect, decision.basis, decision.settled) == (Effect.DENY, Basis.BOUNDARY, True)
        assert "never/all" in {reason.rule.reference for reason in decision.because}
        assert decision.crosses_boundary


@lawful
@given(folders(), questions)
def test_a_use_of_several_things_at_once_is_judged_no_kinder_than_any_of_them(
    folder: Folder, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    terms = folder.read()
    for use, at, known in asked:
        several = decide(terms, use, at=at, known=known).effect
        for name, fact in use.facts.items():
            for one in fact.value if isinstance(fact.value, frozenset) else ():
                single = replace(use, facts={**use.facts, name: replace(fact, value=one)})
                assert several >= decide(terms, single, at=at, known=known).effect


@lawful
@given(folders(), st.randoms(use_true_random=False), questions)
def test_the_order_of_instruments_and_of_clauses_does_not_matter(
    folder: Folder, chance: Any, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    shuffled = [
        {**item, "clauses": chance.sample(item["clauses"], len(item["clauses"]))} for item in folder.instruments
    ]
    chance.shuffle(shuffled)
    one, other = folder.read(), replace(folder, instruments=tuple(shuffled)).read()
    for use, at, known in asked:
        assert said(decide(one, use, at=at, known=known)) == said(decide(other, use, at=at, known=known))


@lawful
@given(folders(), st.sampled_from(DAYS), st.lists(uses(), min_size=USES_PER_TERMS, max_size=USES_PER_TERMS))
def test_an_order_works_from_its_instant_on_and_not_before(folder: Folder, day: datetime, asked: list[Use]) -> None:
    order = stop({"state": "in-force", "from": day.isoformat(), "known": "2026-01-01"})
    without, with_order = folder.read(), folder.with_instruments(order).read()
    for use in asked:
        for at in (day - timedelta(microseconds=1), DAYS[0] - timedelta(days=1)):
            if at < day:
                assert said(decide(with_order, use, at=at)) == said(decide(without, use, at=at))
        for at in (day, day + timedelta(microseconds=1), DAYS[-1]):
            decision = decide(with_order, use, at=at, known=DAYS[-1])
            assert decision.effect is Effect.DENY
            assert decision.basis in {Basis.BOUNDARY, Basis.ORDER}


@lawful
@given(folders(), restrictions(), questions)
def test_adding_a_restriction_never_loosens(
    folder: Folder, added: Document, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    before, after = folder.read(), folder.with_instruments(added).read()
    for use, at, known in asked:
        assert decide(after, use, at=at, known=known).effect >= decide(before, use, at=at, known=known).effect


@lawful
@given(folders(), questions, st.data())
def test_taking_a_fact_away_never_loosens(
    folder: Folder, asked: list[tuple[Use, datetime, datetime]], data: st.DataObject
) -> None:
    terms = folder.read()
    for use, at, known in asked:
        missing = data.draw(st.sampled_from(sorted(VALUES)))
        less = Use(use.action, {name: fact for name, fact in use.facts.items() if name != missing})
        assert decide(terms, less, at=at, known=known).effect >= decide(terms, use, at=at, known=known).effect


@lawful
@given(folders(), questions, st.data())
def test_what_is_settled_stays_so_whatever_the_missing_facts_turn_out_to_be(
    folder: Folder, asked: list[tuple[Use, datetime, datetime]], data: st.DataObject
) -> None:
    terms = folder.read()
    for use, at, known in asked:
        decision = decide(terms, use, at=at, known=known)
        told = {name: Fact(data.draw(st.sampled_from(values))) for name, values in VALUES.items()}
        kept = {name: fact for name, fact in use.facts.items() if fact.value in VALUES[name]}
        later = decide(terms, Use(use.action, told | kept), at=at, known=known)
        assert later.effect <= decision.effect
        assert later.effect is decision.effect or not decision.settled


@lawful
@given(folders(), questions)
def test_an_effect_rests_on_no_weaker_fact_than_it_says_and_on_one_that_weak(
    folder: Folder, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    terms = folder.read()
    for use, at, known in asked:
        decision = decide(terms, use, at=at, known=known)
        if decision.effect is Effect.DENY:
            continue
        assert decision.rests_on is not None
        for least in VouchedBy:
            trusted = {name: fact for name, fact in use.facts.items() if fact.vouched_by >= least}
            effect = decide(terms, Use(use.action, trusted), at=at, known=known).effect
            assert (effect is decision.effect) is (least <= decision.rests_on)


STAY_AND_REVERSAL = st.sampled_from(["stayed", "set-aside", "lifted", "superseded"])


@lawful
@given(folders(), STAY_AND_REVERSAL, st.sampled_from(DAYS[2:5]), questions)
def test_a_stay_restores_what_was_before_and_its_end_what_it_stayed(
    folder: Folder, state: str, begins: datetime, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    ends = begins + timedelta(days=1)
    stay = {"state": state, "from": begins.isoformat(), "until": ends.isoformat(), "known": "2026-01-01"}
    without = folder.read()
    ordered = folder.with_instruments(stop(ALWAYS)).read()
    stayed = folder.with_instruments(stop(ALWAYS, stay)).read()
    for use, at, known in asked:
        other = without if begins <= at < ends else ordered
        # The shadow, which comes last, shows the order that is stayed.
        assert said(decide(stayed, use, at=at, known=known))[:-1] == said(decide(other, use, at=at, known=known))[:-1]


@lawful
@given(folders(), st.sampled_from(USERS), questions)
def test_a_stay_for_one_party_leaves_the_others_bound(
    folder: Folder, party: str, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    stay = {"state": "stayed", "from": "2026-01-02", "known": "2026-01-02", "covers": [party]}
    without, stayed = folder.read(), folder.with_instruments(stop(ALWAYS, stay)).read()
    for use, at, known in asked:
        decision = decide(stayed, use, at=at, known=known)
        if set(use.words("organisation")) == {party}:
            assert ruling(decision) == ruling(decide(without, use, at=at, known=known))
        else:
            assert decision.effect is Effect.DENY


@lawful
@given(folders(), waivers(), questions)
def test_a_waiver_never_lifts_a_boundary_and_a_waived_order_leaves_the_rest(
    folder: Folder, waiver: Document, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    order = {**stop(ALWAYS), "waivable_by": ["ministry", "board"]}
    without, ordered = folder.read(), folder.with_instruments(order).read()
    waived = folder.with_instruments(order, waiver).read()
    for use, at, known in asked:
        before, after = (decide(terms, use, at=at, known=known) for terms in (without, waived))
        assert after.effect >= before.effect
        assert after.effect <= decide(ordered, use, at=at, known=known).effect
        if before.basis is Basis.BOUNDARY:
            assert ruling(after) == ruling(before)


@st.composite
def learned_later(draw: st.DrawFn) -> Document:
    """Draw an instrument, any part of whose history is known only from the end of all instants on."""
    lots = Lots(draw)
    kind = lots.pick(("policy", "order", "statement", "grant"))
    instrument = draw_instrument(lots, "later", kind, ())
    known = INSTANTS[-1].isoformat()
    return {**instrument, "standing": [{**entry, "known": known} for entry in instrument["standing"]]}


@lawful
@given(folders(), learned_later(), questions)
def test_what_is_learned_later_does_not_change_the_answer_by_earlier_knowledge(
    folder: Folder, later: Document, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    before, after = folder.read(), folder.with_instruments(later).read()
    for use, at, known in asked:
        earlier = min(known, INSTANTS[-2])
        assert said(decide(after, use, at=at, known=earlier)) == said(decide(before, use, at=at, known=earlier))


@lawful
@given(folders(), questions)
def test_a_later_line_of_a_history_changes_nothing_before_it_was_known(
    folder: Folder, asked: list[tuple[Use, datetime, datetime]]
) -> None:
    more = [
        {"instrument": item["instrument"], "state": "lifted", "from": "2026-01-01", "known": INSTANTS[-1].isoformat()}
        for item in folder.instruments
    ]
    standing = [*folder.register.get("standing", []), *more]
    before, after = folder.read(), folder.with_register(standing=standing).read()
    for use, at, known in asked:
        earlier = min(known, INSTANTS[-2])
        assert said(decide(after, use, at=at, known=earlier)) == said(decide(before, use, at=at, known=earlier))
