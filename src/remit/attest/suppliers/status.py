"""The words for where a supplier stands, worst first; the order is the one that a roll-up takes its worst by.

Of one answer the faults are asked for in another order: signatures, then freshness, then content (see assess.py),
because the content of a statement that nobody can be held to says nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Status(StrEnum):
    """Where one supplier stands, worst first."""

    BAD_SIGNATURE = "bad-signature"
    REVOKED_KEY = "revoked-key"
    UNKNOWN_KEY = "unknown-key"
    REPLAYED = "replayed"
    CONTRADICTED = "contradicted"
    FOUND = "found"
    MISSING = "missing"
    WRONG_ORDER_VERSION = "wrong-order-version"
    WRONG_SCOPE = "wrong-scope"
    EXPIRED = "expired"
    STALE = "stale"
    GAPS = "gaps"
    TRANSCRIBED = "transcribed"
    SEALED = "sealed"
    REMOVED = "removed"
    CLEAN = "clean"


SEVERITY = {status: place for place, status in enumerate(Status)}
"""The place of each in the order; 0 is the worst."""

GREEN = frozenset({Status.CLEAN, Status.REMOVED})
"""Where nothing is left to ask."""

FORGED = frozenset({Status.BAD_SIGNATURE, Status.REVOKED_KEY, Status.UNKNOWN_KEY, Status.REPLAYED})
"""Where nobody can be held to what was sent."""

UNANSWERED = FORGED | {Status.MISSING, Status.SEALED}
"""Where no answer of the supplier can be read and held against it, so that it does not count as answered."""

ALARMING = frozenset({Status.FOUND, Status.CONTRADICTED})
"""Where what was asked about is there, or may be."""

MEANINGS = {
    Status.BAD_SIGNATURE: "its signature does not hold",
    Status.REVOKED_KEY: "signed with a key that was revoked before the answer came",
    Status.UNKNOWN_KEY: "signed with a key that is not pinned for it",
    Status.REPLAYED: "it answers another question than ours",
    Status.CONTRADICTED: "two things on file cannot both be so",
    Status.FOUND: "what was asked about is there",
    Status.MISSING: "no answer",
    Status.WRONG_ORDER_VERSION: "it speaks of another version of the order",
    Status.WRONG_SCOPE: "it leaves out a part of what was asked",
    Status.EXPIRED: "its time is over, or has not begun",
    Status.STALE: "it speaks of another thing than the one delivered",
    Status.GAPS: "not everywhere was looked",
    Status.TRANSCRIBED: "nobody signed it; somebody typed it in",
    Status.SEALED: "only the digest of an answer was handed on",
    Status.REMOVED: "it was there, and was removed",
    Status.CLEAN: "looked, everywhere that was asked, and not found",
}


def worst_of(statuses: Iterable[Status]) -> Status:
    """Return the worst of some statuses; of none it is `clean`, which is for the caller to make sense of."""
    return min(statuses, key=SEVERITY.__getitem__, default=Status.CLEAN)
