"""The errors a caller can tell apart, split by what the caller does about them.

RemitError
├── UsageError        called wrongly: call it otherwise
├── NothingToLookAt   the place named holds nothing of the kind: name another place
├── TermsUnusable     the terms have faults, and all of them are here: mend the files
├── RecordUnusable    a record has no canonical form: mend what made the record
└── ExtraMissing      an optional dependency is not installed: install the extra

The first line of every message says what did not happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RemitError(Exception):
    """Something Remit was asked for did not happen."""


class UsageError(RemitError):
    """The call itself was wrong; nothing was looked at."""


class NothingToLookAt(RemitError):
    """The place named holds nothing of the kind asked for."""


class TermsUnusable(RemitError):
    """The terms have faults, so nothing was judged by them; it holds every fault at once."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        lines = ("The terms are not usable; nothing was checked.", *(f"  {fault}" for fault in self.faults))
        super().__init__("\n".join(lines))


class RecordUnusable(RemitError):
    """A record holds something that has no one canonical form; it was not written."""

    def __init__(self, place: str, found: str) -> None:
        self.place = place
        super().__init__(f"The record was not written: {place} {found}.")


class ExtraMissing(RemitError):
    """A command needs an optional dependency that is not installed."""

    def __init__(self, command: str, module: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f"remit {command} did not run: it needs {module}, which is not installed.\n"
            f'  pip install "remit[{extra}]"'
        )
