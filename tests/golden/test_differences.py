"""What changes between every two dates of the history, as one line for each change, in a file that a reader can read.

Where a change of the prover or of the history is wanted: REMIT_WRITE_GOLDEN=1 python -m pytest tests/golden
"""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from remit.prove.difference import compare_terms
from remit.prove.summary import standings, summarise
from remit.terms.folder import load_terms
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

HERE = Path(__file__).parent
HISTORY = load_terms(HERE / "history")
EXPECTED = HERE / "differences.txt"


def told(at: datetime, then: datetime) -> Iterator[str]:
    known = HISTORY.learned[-1]
    difference = compare_terms((HISTORY, at, known), (HISTORY, then, known))
    yield f"{write_instant(at)} .. {write_instant(then)}"
    yield from (f"  {line}" for line in standings(difference))
    for entry in summarise(difference):
        change = entry.change
        was, now = ("+".join(names) or "-" for names in (change.by_before, change.by_after))
        actions = "+".join(action.value for action in entry.actions)
        yield f"  {entry.turn}: {actions} was {change.was.verdict} by {was}, is {change.now.verdict} by {now}"


def test_every_two_dates_of_the_history_differ_as_written_down() -> None:
    pairs = combinations(sorted({*HISTORY.instants}), 2)
    lines = "".join(f"{line}\n" for at, then in pairs for line in told(at, then))
    if os.environ.get("REMIT_WRITE_GOLDEN"):
        EXPECTED.write_text(lines, encoding="utf-8")
    assert lines == EXPECTED.read_text(encoding="utf-8")
