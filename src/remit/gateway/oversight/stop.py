"""What people have stopped: a use case, a model or a maker, until somebody lifts it.

A stop only ever denies, so no judge is asked for it; what it ends is recorded like everything else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from remit.canonical import canonical, digest
from remit.ledger.entry import make_draft
from remit.ledger.kind import LOG_STREAM, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.ledger.entry import Draft
    from remit.ledger.store import Store
    from remit.ledger.writer import Desk

PREFIX = "kill/"
"""The rows that the routing of calls reads its switches from."""


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

    def reaches(self, use_case: str, model: str, maker: str) -> bool:
        """Tell whether a use falls under it."""
        match self.reach:
            case Reach.USE_CASE:
                return self.name == use_case
            case Reach.MODEL:
                return self.name == model
            case Reach.MAKER:
                return self.name == maker
            case _:
                assert_never(self.reach)

    def record(self) -> dict[str, object]:
        """Return it as a record."""
        return {"by": self.by, "name": self.name, "reach": self.reach.value, "reason": self.reason, "since": self.since}


def stops(store: Store) -> Iterator[Stop]:
    """Yield every stop there is; a row that says nothing of itself still stops what its name says."""
    for name, content in store.rows(PREFIX):
        reach, _, ident = name.removeprefix(PREFIX).partition("/")
        try:
            record = json.loads(content)
            yield Stop(Reach(reach), ident, record["by"], record["reason"], record["since"])
        except (ValueError, KeyError, TypeError):
            yield Stop(Reach(reach), ident, "", "", "")


def put_stop(desk: Desk, stop: Stop) -> list[Draft]:
    """Stop something, and say so in the log; what it reaches is ended by whoever keeps it."""
    desk.put(stop.row, canonical(stop.record()))
    return [_message("stopped", stop)]


def lift_stop(desk: Desk, stop: Stop) -> list[Draft]:
    """Lift a stop, and say so in the log; nothing is written where there is none."""
    if desk.row(stop.row) is None:
        return []
    desk.put(stop.row, None)
    return [_message("stop-lifted", stop)]


def _message(kind: str, stop: Stop) -> Draft:
    record = stop.record()
    return make_draft(Kind.MESSAGE, LOG_STREAM, {"digest": digest(record), "type": kind}, record)
