"""What somebody who observes the gateway is told: of every entry that is on record, names and numbers alone.

It is told by the writer of the ledger, once an entry is durable: what is counted is what is on record, refusals too,
and nothing that is on record is left out. Contents and keys do not come this way, since entries do not show them.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from remit.errors import NotRecorded, RowChanged
from remit.ledger.kind import Effect, Kind
from remit.ledger.loop_writer import LoopWriter
from remit.ledger.writer import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from remit.ledger.entry import Draft
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.ledger.writer import Job

_MOST_OPEN = 100_000
STOPPED = frozenset((Effect.DENY.value, Effect.HOLD.value))


class Decided(NamedTuple):
    """A decision that is on record."""

    n: int
    use: str
    effect: str
    rules: Sequence[str]


class Came(NamedTuple):
    """The outcome of a call that is on record."""

    of: int
    use: str
    model: str
    """What the reply says that served it."""
    status: int
    """What the upstream answered with; 0 where it gave no answer, and for a tool call, which the client carries out."""
    declined: bool
    added_ms: int | None
    """What the gateway itself took; nothing for a tool call."""
    took: float | None
    """Seconds from the decision to the outcome, where both were written by this worker."""


class Observer(Protocol):
    """Somebody who observes; what it does is quick and never raises."""

    def decided(self, decided: Decided) -> None:
        """Take note of a decision."""

    def came(self, came: Came) -> None:
        """Take note of what came back."""

    def not_recorded(self, because: str) -> None:
        """Take note that the ledger did not take something, and why."""


class ObservedWriter(LoopWriter):
    """A writer that tells observers of what it has written for those who wait in the event loop."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        keyring: Keyring,
        clock: Callable[[], datetime],
        observers: Sequence[Observer],
    ) -> None:
        super().__init__(open_store, keyring, clock)
        self._observers = observers
        self._since: dict[int, float] = {}
        if observers:
            self.told = self._observe

    def _observe(self, job: Job) -> None:
        """Tell of what was written, whether or not somebody still waits for it."""
        answer = job.answer
        if isinstance(answer, Receipt):
            for n, draft in enumerate(job.written, start=answer.first):
                self._tell(n, draft)
        elif isinstance(answer, NotRecorded) and not isinstance(answer, RowChanged):
            for observer in self._observers:
                observer.not_recorded(answer.because)

    def _tell(self, n: int, draft: Draft) -> None:
        if draft.kind is Kind.DECISION:
            effect, rules = str(draft.fields["o"]), draft.fields.get("r")
            decided = Decided(n, draft.stream, effect, rules if isinstance(rules, list) else ())
            if effect not in STOPPED and len(self._since) < _MOST_OPEN:
                self._since[n] = monotonic()
            for observer in self._observers:
                observer.decided(decided)
        elif draft.kind is Kind.OUTCOME:
            came = self._read(draft.stream, draft.fields)
            for observer in self._observers:
                observer.came(came)

    def _read(self, use: str, fields: Mapping[str, Any]) -> Came:
        of = fields["of"]
        since = self._since.pop(of, None)
        took = None if since is None else monotonic() - since
        get = fields.get
        return Came(of, use, get("model", ""), get("status", 0), get("refused", False), get("ms"), took)
