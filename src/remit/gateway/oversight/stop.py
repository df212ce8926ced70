"""What people have stopped: a use case, a model or a maker, until somebody lifts it.

A stop only ever denies, so no judge is asked for it; what it ends is recorded like everything else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.canonical import canonical, digest
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.writer import write_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk

PREFIX = "kill/"
"""The rows that routing reads its kill switches from."""


class Reach(StrEnum):
    """What a stop is about."""

    USE_CASE = "use"
    MODEL = "model"
    MAKER = "maker"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: what, which, by whom, why and since when."""

    reach: Reach
    name: str
    by: str
    reason: str
    since: str

    @property
    def row(self) -> str:
        """Return the name of its row."""
        return f"{PREFIX}{self.reach}/{self.name}"


def find_stop(look: Callable[[str], bytes | None], use_case: str, model: str, maker: str) -> Stop | None:
    """Return the stop that a use falls under; `look` reads a row, and one that cannot be read raises."""
    for reach, name in ((Reach.USE_CASE, use_case), (Reach.MODEL, model), (Reach.MAKER, maker)):
        if name and (found := look(f"{PREFIX}{reach}/{name}")) is not None:
            return read_stop(found)
    return None


def read_stop(content: bytes) -> Stop:
    """Read a stop from its row."""
    record = json.loads(content)
    return Stop(Reach(record["reach"]), record["name"], record["by"], record["reason"], record["since"])


def stops(store: Store) -> Iterator[Stop]:
    """Yield every stop there is."""
    for _, content in store.rows(PREFIX):
        yield read_stop(content)


def put_stop(desk: Desk, reach: Reach, name: str, by: str, reason: str, at: datetime) -> list[Draft]:
    """Stop something, and say so in the log; what it reaches is ended by whoever keeps it."""
    stop = Stop(reach, name, by, reason, write_time(at))
    record = {"by": by, "name": name, "reach": reach.value, "reason": reason, "since": stop.since}
    desk.put(stop.row, canonical(record))
    return [_message("stopped", record)]


def lift_stop(desk: Desk, reach: Reach, name: str, by: str, reason: str, at: datetime) -> list[Draft]:
    """Lift a stop, and say so in the log; nothing is written where there is none."""
    row = f"{PREFIX}{reach}/{name}"
    if desk.row(row) is None:
        return []
    desk.put(row, None)
    record = {"by": by, "name": name, "reach": reach.value, "reason": reason, "since": write_time(at)}
    return [_message("stop-lifted", record)]


def _message(kind: str, record: dict[str, str]) -> Draft:
    return make_draft(Kind.MESSAGE, LOG_STREAM, {"digest": digest(record), "type": kind}, dict(record))
