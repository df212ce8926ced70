"""What the prover found: a frozen record with a story that can be read aloud, and a use that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from remit.terms.argument import decision_record
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.decision import Decision


class Question(StrEnum):
    """What was asked, in the order of the output."""

    BOUNDARY = "boundary"
    """Can a use that meets a boundary be permitted?"""
    SPOOFING = "spoofing"
    """Can a caller's mere word get round a boundary?"""
    CONFLICT = "conflict"
    """Does an order demand what is denied, or stop what somebody else granted?"""
    ROSTER = "roster"
    """Can a hold be released by the people there are?"""
    DEAD_END = "dead-end"
    """Is a use case left without a model?"""
    COVERAGE = "coverage"
    """Is every fact that a boundary needs supplied where it is enforced?"""
    LIMITS = "limits"
    """Does an exception allow more than a boundary leaves?"""
    SHADOWED = "shadowed"
    """Does a clause change any decision?"""
    DEAD_GRANT = "dead-grant"
    """Does a permission permit anything?"""


GRAVE = frozenset({Question.BOUNDARY, Question.SPOOFING})
"""A boundary that can be passed or got round is what exit code 11 is for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: what it is about, the clauses, since when, the story, and the witness as the judge decided it."""

    question: Question
    about: str
    clauses: tuple[str, ...]
    story: str
    at: datetime
    where: str = ""
    witness: Decision | None = None


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return a finding as a JSON record."""
    return {
        "question": finding.question.value,
        "about": finding.about,
        "clauses": list(finding.clauses),
        "story": finding.story,
        "from": write_instant(finding.at),
        "where": finding.where or None,
        "witness": None if finding.witness is None else decision_record(finding.witness),
    }
