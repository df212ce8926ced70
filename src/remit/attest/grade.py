"""What a statement is worth once it was verified: the lowest grade of the parts that its claim needs.

1. A signature by a key from elsewhere gives E1 to all of it; without one everything is asserted, E0.
2. A part that was repeated with the same result is reproducible, E2; what people were asked stays their word, E1.
3. A cosigned log (E3), a record the claimant does not control (E4) and an assessor (E5) speak for the whole statement.
4. What the statement says it did not look at is no part of its claim, and is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.attest.predicates.model_integration import ModelIntegration
from remit.ledger.grade import MEANINGS, Grade

if TYPE_CHECKING:
    from remit.attest.predicates.register import Predicate

NOT_SHOWN = (
    "places that nobody looked at",
    "whether what people were asked is what they answered truly",
    "uses that leave no trace in what was looked at",
)
"""What no statement of this kind can show, to be said with every result."""
SIGNATURE = "the signature"


@dataclass(frozen=True, slots=True)
class Support:
    """What was found to speak for a statement, beside its signature."""

    pinned: bool
    repeated: frozenset[str] = frozenset()
    """Surfaces that were looked at again with the same result."""
    cosigned: bool = False
    reconciled: bool = False
    assessed: bool = False


def parts_of(predicate: Predicate) -> tuple[str, ...]:
    """Name the parts that a claim needs (4)."""
    if not isinstance(predicate, ModelIntegration):
        return (SIGNATURE,)
    return tuple(surface.name for surface in predicate.method.surfaces if surface.seen or surface.how) or (SIGNATURE,)


def grades_of(predicate: Predicate, support: Support) -> dict[str, Grade]:
    """Grade each part."""
    whole = _whole(support)
    return {part: max(whole, Grade.E2) if part in support.repeated else whole for part in parts_of(predicate)}


def lowest(grades: dict[str, Grade], support: Support) -> Grade:
    """Return the grade of all of it."""
    return min(grades.values()) if support.pinned else Grade.E0


def say_grade(grade: Grade) -> str:
    """Say what a grade means for a statement."""
    return "reproducible: looked at again with the same result" if grade is Grade.E2 else MEANINGS[grade]


def _whole(support: Support) -> Grade:
    if not support.pinned:
        return Grade.E0
    if support.assessed:
        return Grade.E5
    if support.reconciled:
        return Grade.E4
    return Grade.E3 if support.cosigned else Grade.E1
