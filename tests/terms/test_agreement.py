"""The shipped judge and a deliberately naive one give the same answer, on terms and uses drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.terms.judge import decide
from tests.terms.drawing import folders, instants, late_instants, uses
from tests.terms.naive import judge

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.decision import Decision
    from remit.terms.use import Use
    from tests.terms.naive import Answer
    from tests.terms.writing import Folder

USES_PER_TERMS = 10
TERMS = max(1_000, settings().max_examples)

questions = st.lists(st.tuples(uses(), instants, late_instants), min_size=USES_PER_TERMS, max_size=USES_PER_TERMS)


@settings(max_examples=TERMS, suppress_health_check=[HealthCheck.too_slow])
@given(folders(), questions)
def test_two_judges_that_share_no_code_agree(folder: Folder, asked: list[tuple[Use, datetime, datetime]]) -> None:
    terms = folder.read()
    for use, at, known in asked:
        ours, theirs = decide(terms, use, at=at, known=known), judge(terms, use, at, known)
        assert said_by_us(ours) == said_by_them(theirs), (use, at, known)


def said_by_us(decision: Decision) -> tuple[object, ...]:
    return (
        decision.effect.word,
        decision.basis.value,
        sorted({reason.rule.reference for reason in decision.because}),
        decision.settled,
        [(shadow.kind.value, shadow.effect.word) for shadow in decision.shadow],
    )


def said_by_them(answer: Answer) -> tuple[object, ...]:
    outcome = answer.outcome
    return (outcome.effect, outcome.basis, sorted(outcome.because), answer.settled, list(answer.shadow))
