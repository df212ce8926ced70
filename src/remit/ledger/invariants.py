"""What must hold between entries, and is checked without asking anybody (docs/evidence.md, "Entries").

The steps, by the names they are refused under:

1. `place`: an entry says the place at which it stands.
2. `time`: no entry is earlier than the one before it.
3. `stream-place`: the entries of a stream are numbered from 0 without a gap.
4. `reference`: a release, an outcome or a loss names one earlier decision that waits for it.
5. `denied-outcome`: nothing comes back for a use that was denied.
6. `unreleased-outcome`: nothing comes back for a use that was held, unless a release approved it.
7. `terms`: a decision was taken by the last terms in the log whose time had come.
8. `summary-range`, `summary-count`: a summary is about earlier entries, and equal to their count.
9. `key-rotation`: the log is handed on to another key by both, in one chain.

Gaps between beats are no fault: they are noted (`silence.py`), since a log that was switched off says so by them.
A check that begins in the middle takes the first number of each stream as given, and notes what it could not check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.entry import read_entry
from remit.ledger.kind import Answer, Effect, KeyChange, Kind
from remit.ledger.recount import Tally, check_summary
from remit.ledger.rotation import verify_rotation
from remit.ledger.silence import Silence

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from remit.ledger.entry import Entry


class State(IntEnum):
    """What an entry waits for; a byte for each entry is all that is kept of them."""

    NONE = 0
    DENIED = 1
    OPEN = 2
    """Allowed: an outcome or a loss may follow."""
    HELD = 3
    APPROVED = 4
    """Held and then approved: an outcome or a loss may follow."""
    ENDED = 5
    """Refused or expired after a hold: nothing may follow."""
    CLOSED = 6
    """Its outcome or its loss is there."""


_AFTER_DECISION = {
    Effect.ALLOW.value: State.OPEN,
    Effect.REDIRECT.value: State.OPEN,
    Effect.HOLD.value: State.HELD,
    Effect.DENY.value: State.DENIED,
}
_RELEASABLE = (State.HELD, State.APPROVED)
"""Further approvals may follow the first, where a hold asks for several."""
_WAITING = (State.OPEN, State.APPROVED)


@dataclass(slots=True)
class Findings:
    """What a check that found no fault has to say beside it."""

    first: int
    stop: int
    silent: list[tuple[str, str]] = field(default_factory=list)
    """Stretches without a beat, by the times they lie between."""
    stopped: list[tuple[str, str]] = field(default_factory=list)
    """Stretches in which it was stopped in good order."""
    unstopped: int = 0
    """Starts with no stop before them: whoever wrote was ended and did not end."""
    open: int = 0
    """Uses that went on and of which nothing is known yet."""
    outside: int = 0
    """References and terms that lie before the range, and could not be checked."""
    summaries: int = 0
    summaries_outside: int = 0
    """Summaries of entries before the range, which could not be recounted."""


class Invariants:
    """Takes entries one after the other, from `first` on, and raises at the first that does not hold."""

    def __init__(self, first: int = 0, *, beat: timedelta | None = None) -> None:
        self._first = first
        self._next = first
        self._at = ""
        self._streams: dict[str, int] = {}
        self._states = bytearray()
        self._terms: list[tuple[str, str]] = []
        self._tally = Tally(first)
        self._silence = Silence(beat)
        self._key = ""
        self._findings = Findings(first, first)

    def take(self, raw: bytes) -> Entry:
        """Read the next entry and hold it against those before it."""
        entry = read_entry(raw)
        n, kind = entry.n, entry.kind
        if n != self._next:  # (1)
            raise EvidenceRefused("place", f"the entry at {self._next} says that it stands at {n}")
        if entry.at < self._at:  # (2)
            raise EvidenceRefused("time", f"the entry at {n} is of {entry.at}, after one of {self._at}")
        self._in_stream(entry)  # (3)
        state = State.NONE
        if kind == Kind.DECISION:
            state = _AFTER_DECISION[entry.fields["o"]]
            self._by_terms(entry)  # (7)
        elif take := _TAKERS.get(kind):
            take(self, entry)
        self._states.append(state)
        self._tally.add(entry)
        self._at = entry.at
        self._next = n + 1
        return entry

    def finish(self) -> Findings:
        """Return what there is to say beside that nothing was refused."""
        findings = self._findings
        findings.stop = self._next
        findings.open = sum(map(self._states.count, _WAITING))
        silence = self._silence
        silence.finish(self._at)
        findings.silent, findings.stopped, findings.unstopped = silence.silent, silence.stopped, silence.unstopped
        return findings

    def _in_stream(self, entry: Entry) -> None:
        stream, sn = entry.stream, entry.sn
        expected = self._streams.get(stream, 0 if self._first == 0 else sn)
        if sn != expected:
            found = f"the entry at {entry.n} is number {sn} of {stream}, where {expected} belongs"
            raise EvidenceRefused("stream-place", found)
        self._streams[stream] = sn + 1

    def _by_terms(self, entry: Entry) -> None:
        at, named = entry.at, entry.fields["tm"]
        for begins, digest in reversed(self._terms):
            if begins <= at:
                if digest != named:
                    found = f"the decision at {entry.n} was taken by {named}, while {digest} was in force"
                    raise EvidenceRefused("terms", found)
                return
        if self._first == 0:
            raise EvidenceRefused("terms", f"the decision at {entry.n} was taken while no terms were in force")
        self._findings.outside += 1

    def _take_terms(self, entry: Entry) -> None:
        begins, digest = entry.fields["from"], entry.fields["tm"]
        # Whatever begins no earlier can never be the last again, so the list stays as short as what is still to come.
        self._terms = [item for item in self._terms if item[0] < begins]
        self._terms.append((begins, digest))

    def _take_answer(self, entry: Entry) -> None:
        """Hold a release, an outcome or a loss against the decision it names."""
        of = entry.fields["of"]
        if of >= entry.n:
            raise EvidenceRefused("reference", f"the {entry.kind} at {entry.n} names {of}, which is no earlier entry")
        if of < self._first:
            self._findings.outside += 1
            return
        state = self._states[of - self._first]
        if entry.kind == Kind.RELEASE:
            if state not in _RELEASABLE:  # (4)
                raise EvidenceRefused("reference", f"the release at {entry.n} names {of}, which is not held")
            approved = entry.fields["o"] == Answer.APPROVED
            self._states[of - self._first] = State.APPROVED if approved else State.ENDED
            return
        if state == State.DENIED:  # (5)
            raise EvidenceRefused("denied-outcome", f"the {entry.kind} at {entry.n} is of {of}, which was denied")
        if state in {State.HELD, State.ENDED}:  # (6)
            found = f"the {entry.kind} at {entry.n} is of {of}, which was held and not released"
            raise EvidenceRefused("unreleased-outcome", found)
        if state not in _WAITING:
            found = f"the {entry.kind} at {entry.n} names {of}, which is no decision that waits for one"
            raise EvidenceRefused("reference", found)
        self._states[of - self._first] = State.CLOSED

    def _take_summary(self, entry: Entry) -> None:
        first, stop = entry.fields["i"], entry.fields["j"]
        if not first <= stop <= entry.n:  # (8)
            found = f"the summary at {entry.n} is about {first} to {stop}, which are not earlier entries"
            raise EvidenceRefused("summary-range", found)
        if first < self._first:
            self._findings.summaries_outside += 1
            return
        check_summary(entry, self._tally)
        self._findings.summaries += 1

    def _take_key(self, entry: Entry) -> None:
        if entry.fields["change"] == KeyChange.ROTATED:
            self._key = verify_rotation(entry.fields, self._key)  # (9)

    def _take_life(self, entry: Entry) -> None:
        self._silence.take(entry)


_TAKERS: dict[str, Callable[[Invariants, Entry], None]] = {
    Kind.TERMS: Invariants._take_terms,  # noqa: SLF001 - the table of the class itself.
    Kind.RELEASE: Invariants._take_answer,  # noqa: SLF001
    Kind.OUTCOME: Invariants._take_answer,  # noqa: SLF001
    Kind.LOST: Invariants._take_answer,  # noqa: SLF001
    Kind.SUMMARY: Invariants._take_summary,  # noqa: SLF001
    Kind.KEY: Invariants._take_key,  # noqa: SLF001
    Kind.BEAT: Invariants._take_life,  # noqa: SLF001
    Kind.START: Invariants._take_life,  # noqa: SLF001
    Kind.STOP: Invariants._take_life,  # noqa: SLF001
}
