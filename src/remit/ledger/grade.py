"""How much a piece of evidence is worth: a grade from E0 to E5, and in words what it does not show.

A bundle gets the lowest grade of the parts its claim needs. A witness under the control of the log counts as none,
which no program can see: it is for whoever pins the policy to name witnesses of another interest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.ledger.policy import VerifiedCheckpoint


class Grade(StrEnum):
    """The grades, the lowest first."""

    E0 = "E0"
    E1 = "E1"
    E2 = "E2"
    E3 = "E3"
    E4 = "E4"
    E5 = "E5"


MEANINGS = {
    Grade.E0: "asserted",
    Grade.E1: "signed by a key known beforehand",
    Grade.E2: "reproducible: recounted from the entries",
    Grade.E3: "in a log that others have cosigned",
    Grade.E4: "reconciled with a record the claimant does not control",
    Grade.E5: "assessed and cosigned by a third party",
}

NOT_SHOWN = (
    "calls that went past the gateway",
    "whether declared facts, such as a purpose, are true",
    "whether a classifier was right, or an approver thought",
)
"""What no log can show, to be said with every result."""
NO_OUTSIDE_TIME = "when it happened, since no witness gives a time"
NO_SECOND_HISTORY = "that others were shown the same history, since no witness cosigned it"


def grade_of(verified: VerifiedCheckpoint, *, pinned: bool, recounted: bool) -> Grade:
    """Grade what was verified: by a pinned key or not, recounted from the entries or not, cosigned or not."""
    if not pinned:
        return Grade.E0
    if verified.cosigned_by:
        return Grade.E3
    return Grade.E2 if recounted else Grade.E1


def not_shown(verified: VerifiedCheckpoint) -> tuple[str, ...]:
    """Say what remains open."""
    return NOT_SHOWN if verified.cosigned_by else (*NOT_SHOWN, NO_OUTSIDE_TIME, NO_SECOND_HISTORY)
