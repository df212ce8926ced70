"""What beats, starts and stops say: an absence is evidence only where presence was promised.

1. A beat that says how often beats come promises the next within twice that time; a bound given from outside comes
   before what is promised.
2. A stop ends the promise: until the next beat the log was stopped in good order.
3. A start while the promise holds has no stop before it: whoever wrote was ended and did not end.
4. None of it is a fault; it is told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from remit.ledger.kind import Kind

if TYPE_CHECKING:
    from remit.ledger.entry import Entry

    Stretch = tuple[str, str]
    """The times between which something lies."""

KINDS = frozenset((Kind.BEAT, Kind.START, Kind.STOP))
"""The kinds of entries that say something of it."""
_SLACK = 2


class Silence:
    """Takes beats, starts and stops one after the other."""

    def __init__(self, within: timedelta | None = None) -> None:
        self._given = within
        self._within: timedelta | None = None
        self._last = ""
        """When the log was last heard of under a promise that holds."""
        self._ended = ""
        """When it was stopped under a promise that held."""
        self.silent: list[Stretch] = []
        """Stretches without a beat that was promised."""
        self.stopped: list[Stretch] = []
        """Stretches in which it was stopped in good order, longer than beats are apart."""
        self.unstopped = 0
        """Starts that have no stop before them."""

    def take(self, entry: Entry) -> None:
        """Take a beat, a start or a stop."""
        if entry.kind == Kind.BEAT:
            self._note(entry.at)
            every = entry.fields.get("every")
            promised = None if every is None else timedelta(seconds=_SLACK * every)
            self._within = promised if self._given is None else self._given
            self._last, self._ended = entry.at, ""
        elif entry.kind == Kind.STOP:
            self._note(entry.at)
            if self._last:
                self._last, self._ended = "", entry.at
        elif self._last and self._within:
            self.unstopped += 1

    def finish(self, at: str) -> None:
        """Take the end of what there is to look at, and its time."""
        if self._last:
            self._note(at)

    def _note(self, until: str) -> None:
        since = self._last or self._ended
        if since and self._within and datetime.fromisoformat(until) - datetime.fromisoformat(since) > self._within:
            (self.silent if self._last else self.stopped).append((since, until))
