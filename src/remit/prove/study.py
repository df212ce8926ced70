"""Every question about the terms at an instant, asked in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.boundary import find_passed
from remit.prove.conflict import find_conflicts
from remit.prove.coverage import find_gaps
from remit.prove.dead import find_dead_ends, find_dead_grants
from remit.prove.finding import Finding, Question
from remit.prove.limits import find_loose_limits
from remit.prove.moment import make_moment
from remit.prove.roster import find_rosters
from remit.prove.search import Budget
from remit.prove.shadowed import find_shadowed
from remit.prove.spoofing import find_spoofed
from remit.prove.witness import actuality

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from remit.prove.moment import Moment
    from remit.prove.witness import Actuality
    from remit.terms.terms import Terms

    Ask = Callable[[Moment, Actuality, Budget], Iterator[Finding]]

QUESTIONS: dict[Question, Ask] = {
    Question.BOUNDARY: find_passed,
    Question.SPOOFING: find_spoofed,
    Question.CONFLICT: find_conflicts,
    Question.ROSTER: find_rosters,
    Question.DEAD_END: find_dead_ends,
    Question.COVERAGE: find_gaps,
    Question.LIMITS: find_loose_limits,
    Question.SHADOWED: find_shadowed,
    Question.DEAD_GRANT: find_dead_grants,
}


def study_terms(
    terms: Terms, at: datetime, known: datetime, asked: Collection[Question] = frozenset(Question)
) -> list[Finding]:
    """Ask every question at an instant, by what was known at another; each has a budget of its own."""
    moment = make_moment(terms, at, known)
    actual = actuality(moment)
    return [
        finding for question, ask in QUESTIONS.items() if question in asked for finding in ask(moment, actual, Budget())
    ]
