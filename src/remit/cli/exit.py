"""What the exit code of a command says; docs/exit-codes.md is the same table for users."""

from __future__ import annotations

from enum import IntEnum

from remit.errors import EvidenceRefused, NothingToLookAt, RemitError, TermsUnusable, UsageError


class Exit(IntEnum):
    """The codes, in two bands: below 10 how the command went, from 10 on what it found."""

    WITHIN = 0
    """The command did what it was asked, and what it judged is within the terms."""
    FAILED = 1
    """Remit failed; nothing can be concluded."""
    MISUSED = 2
    """Called wrongly, or with terms that have faults; nothing was looked at."""
    NOTHING = 3
    """The place named holds nothing to look at."""
    PARTIAL = 4
    """Looked, but not at everything, so the absence of a finding says less than it seems."""
    OUTSIDE = 10
    """Something is outside the terms."""
    CROSSED = 11
    """A boundary is crossed, which no grant can lift."""
    REFUSED = 12
    """What was to be verified does not hold, at the step that the message names."""
    INTERRUPTED = 130
    """Stopped by the user, as shells say it: 128 and the number of the signal."""
    UNREAD = 141
    """Whoever read the output stopped reading, so what was printed is not all there was to say."""


def for_error(error: RemitError) -> Exit:
    """Choose the code for an error by what its caller has to do about it."""
    match error:
        case UsageError() | TermsUnusable():
            return Exit.MISUSED
        case NothingToLookAt():
            return Exit.NOTHING
        case EvidenceRefused():
            return Exit.REFUSED
        case _:
            return Exit.FAILED
