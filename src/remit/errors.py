"""The errors a caller can tell apart, split by what the caller does about them.

RemitError
├── UsageError        called wrongly: call it otherwise
├── NothingToLookAt   the place named holds nothing of the kind: name another place
├── TermsUnusable     the terms have faults, and all of them are here: mend the files
├── RecordUnusable    a record has no canonical form: mend what made the record
├── EvidenceRefused   a proof, a signature or its format does not hold: do not rely on it
├── NotRecorded       the ledger did not take it: refuse what waited for it, and try again once that is mended
│   ├── LimitReached  a counter would pass its limit: deny
│   └── RowChanged    somebody else was first: read the row again
├── LogRewound        the store is older than what was signed from it: start a new log that refers to this one
└── ExtraMissing      an optional dependency is not installed: install the extra

The first line of every message says what did not happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class RemitError(Exception):
    """Something Remit was asked for did not happen."""


def say_refused(error: OSError) -> str:
    """Say what the system refused in words: the file it was about and what is the matter with it."""
    words = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {words}" if error.filename else words


class UsageError(RemitError):
    """The call itself was wrong; nothing was looked at."""


class NothingToLookAt(RemitError):
    """The place named holds nothing of the kind asked for."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong at one place of one file; line and column count from 1, and line 0 is the whole file."""

    path: str
    line: int
    column: int
    key: str
    says: str
    excerpt: str = ""
    width: int = 1

    def __str__(self) -> str:
        return "\n".join(_table([self]))


class TermsUnusable(RemitError):
    """The terms have faults, so nothing was judged by them; it holds every fault at once."""

    def __init__(self, faults: Iterable[Fault], says: str = "The terms are not usable; nothing was checked.") -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join((says, *_table(self.faults))))


def _table(faults: Iterable[Fault]) -> list[str]:
    """Write faults in aligned columns, each with its line of the file and the words underlined."""
    rows = [(f"{f.path}:{f.line}:{f.column}" if f.line else f.path, f.key, f) for f in faults]
    place = max((len(row[0]) for row in rows), default=0)
    key = max((len(row[1]) for row in rows), default=0)
    lines = []
    for where, name, fault in rows:
        lines.append(f"  {where:<{place}}  {name:<{key}}  {fault.says}".rstrip())
        if fault.excerpt.strip():
            indent = len(fault.excerpt) - len(fault.excerpt.lstrip())
            under = max(1, min(fault.width, len(fault.excerpt) - fault.column + 1))
            lines.append(f"      {fault.excerpt.strip()}")
            lines.append(f"      {' ' * (fault.column - 1 - indent)}{'~' * under}")
    return lines


class RecordUnusable(RemitError):
    """A record holds something that has no one canonical form; it was not written."""

    def __init__(self, place: str, found: str) -> None:
        self.place = place
        super().__init__(f"The record was not written: {place} {found}.")


class EvidenceRefused(RemitError):
    """A piece of evidence does not hold, so nothing follows from it; `step` names the check that refused it."""

    def __init__(self, step: str, says: str) -> None:
        self.step = step
        self.says = says
        super().__init__(f"The evidence was not accepted: {says}.\n  Refused at the step {step}.")


class NotRecorded(RemitError):
    """The ledger did not take what it was given, all of it or nothing, so whatever waited for it must not go on."""

    def __init__(self, because: str) -> None:
        self.because = because
        super().__init__(f"Nothing was written to the log: {because}.")


class StoreBusy(NotRecorded):
    """Somebody else is writing, and the store was told not to wait."""

    def __init__(self) -> None:
        super().__init__("others keep the store")


class LimitReached(NotRecorded):
    """A counter would pass its limit."""

    def __init__(self, counter: str, limit: int, found: int) -> None:
        self.counter = counter
        super().__init__(f"the counter {counter} would come to {found}, and its limit is {limit}")


class RowChanged(NotRecorded):
    """A row is not what the caller took it to be, since somebody else was first."""

    def __init__(self, row: str) -> None:
        self.row = row
        super().__init__(f"the row {row} is not what it was taken to be; somebody else was first")


class LogRewound(RemitError):
    """The store of a log holds less than was signed from it: to go on would make a second history."""

    def __init__(self, held: int, signed: int, where: str) -> None:
        self.held = held
        self.signed = signed
        super().__init__(
            f"Nothing was written to the log: its store holds {held} entries, but {where} speaks of {signed}.\n"
            "  The store was restored from a copy or is not the one it was; going on would make a second history.\n"
            "  Start a new log that refers to this one: remit log init NEW --origin NEW-ORIGIN --after THIS"
        )


class ExtraMissing(RemitError):
    """A command needs an optional dependency that is not installed."""

    def __init__(self, command: str, module: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f'remit {command} did not run: it needs {module}, which is not installed.\n  pip install "remit[{extra}]"'
        )
