"""Signals that are up: what detectors lately took texts of a use case for, as rows of the ledger's store.

A row says which detector, which effect and until when; it holds nothing of the text. The gateway makes one fact of
all rows of a use case, `signal.effect`, which is `none` where none is up, so that a clause never finds it missing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from remit.errors import NotRecorded
from remit.terms.detector import NOTHING_SEEN
from remit.terms.instant import parse_instant, write_instant
from remit.terms.use import Fact, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from remit.gateway.people.tally import Rows

ROWS = "signal/"
ATTRIBUTE = "signal.effect"
_SOURCE = "guessed by a detector"


class Signal(NamedTuple):
    """One signal that is up."""

    detector: str
    effect: str
    until: datetime


def row_of(case: str) -> str:
    """Name the row of a use case."""
    return f"{ROWS}{case}"


def raise_signal(row: bytes | None, detector: str, effect: str, at: datetime, lasts: timedelta) -> bytes:
    """Return the row with one more signal, or the same one for longer; what has run out is left away."""
    kept = {(each.detector, each.effect): each for each in read_signals(row, at)}
    kept[detector, effect] = Signal(detector, effect, at + lasts)
    return _write(kept[name] for name in sorted(kept))


def lower_signals(row: bytes | None, at: datetime, effect: str) -> bytes | None:
    """Return the row after somebody has reviewed what was taken for an effect, or None when no signal is left."""
    left = [each for each in read_signals(row, at) if each.effect != effect]
    return _write(left) if left else None


def read_signals(row: bytes | None, at: datetime) -> list[Signal]:
    """Return the signals that are up at an instant."""
    if row is None:
        return []
    try:
        found = [Signal(name, effect, parse_instant(until)) for name, effect, until in json.loads(row)]
    except (ValueError, TypeError) as error:
        raise NotRecorded(f"the signals of a use case cannot be read: {error}") from error
    return [signal for signal in found if signal.until > at]


def signal_fact(rows: Rows, case: str, at: datetime) -> Fact:
    """Return the effects that are signalled for a use case, or that none is."""
    effects = frozenset(signal.effect for signal in read_signals(rows.row(row_of(case)), at))
    return Fact(effects or NOTHING_SEEN, VouchedBy.MEASURED, _SOURCE)


def _write(signals: Iterable[Signal]) -> bytes:
    rows = [[s.detector, s.effect, write_instant(s.until)] for s in signals]
    return json.dumps(rows, separators=(",", ":")).encode()
