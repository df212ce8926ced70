"""What somebody who observes the gateway is told: of every entry that is on record, names and numbers alone.

It is told by the writer of the ledger, once an entry is durable: what is counted is what is on record, refusals too,
and nothing that is on record is left out. Contents and keys do not come this way, since entries do not show them.
"""

from __future__ import annotations

import asyncio
import re
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

from remit.errors import NotRecorded, RowChanged
from remit.ledger.kind import Effect, Kind
from remit.ledger.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from remit.ledger.entry import Draft
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk, Receipt, Reserve, Settle, Turn

_OF = re.compile(r'"of":(\d+)')
_ADDED = re.compile(r'"ms":(\d+)')
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

    def not_recorded(self) -> None:
        """Take note that the ledger did not take something."""


class ObservedWriter(Writer):
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

    def submit(  # noqa: D102 - the class above says it.
        self,
        entries: Sequence[Draft] = (),
        counters: Mapping[str, Reserve] | None = None,
        rows: Mapping[str, Turn] | None = None,
        settle: Settle | None = None,
    ) -> asyncio.Future[Receipt]:
        if not self._observers:
            return super().submit(entries, counters, rows, settle)
        settled: list[Draft] = []

        def settle_and_keep(desk: Desk) -> Sequence[Draft]:
            drafts = () if settle is None else settle(desk)
            settled[:] = drafts
            return drafts

        def tell(future: asyncio.Future[Receipt]) -> None:
            error = future.exception()
            if error is None:
                for n, draft in enumerate((*entries, *settled), start=future.result().first):
                    self._tell(n, draft)
            elif isinstance(error, NotRecorded) and not isinstance(error, RowChanged):
                for observer in self._observers:
                    observer.not_recorded()

        future = super().submit(entries, counters, rows, settle_and_keep)
        future.add_done_callback(tell)
        # Whoever stops waiting undoes nothing, and what was written is told all the same.
        return asyncio.shield(future)

    def _tell(self, n: int, draft: Draft) -> None:
        if draft.kind == Kind.DECISION:
            effect = str(draft.fields["o"])
            rules = draft.fields.get("r")
            decided = Decided(n, draft.stream, effect, rules if isinstance(rules, list) else ())
            if effect not in STOPPED and len(self._since) < _MOST_OPEN:
                self._since[n] = monotonic()
            for observer in self._observers:
                observer.decided(decided)
        elif draft.kind == Kind.OUTCOME:
            came = self._read(draft)
            for observer in self._observers:
                observer.came(came)

    def _read(self, draft: Draft) -> Came:
        """Read an outcome; its numbers stand in the text, since a draft may have been made from another."""
        of, added = _OF.search(draft.template), _ADDED.search(draft.template)
        number = int(of[1]) if of else 0
        since = self._since.pop(number, None)
        status, model = draft.fields.get("status"), draft.fields.get("model")
        return Came(
            number,
            draft.stream,
            model if isinstance(model, str) else "",
            status if isinstance(status, int) else 0,
            draft.fields.get("refused") is True,
            int(added[1]) if added else None,
            None if since is None else monotonic() - since,
        )
