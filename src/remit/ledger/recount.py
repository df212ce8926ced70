"""Counts a range of entries, and holds a summary against the count (docs/evidence.md, "Entries").

What is counted of an entry is a few marks in its stream, such as `decision:allow` or `boundary:b.surv:ok`.
Delays are counted by the length of their number in binary, so that a long delay stands out and the marks stay few.

1. Every entry of the range is counted, in the stream it bears.
2. A summary in the stream `log` is about all streams, and one in another stream is about that one alone.
3. A summary is right if it is equal to the count, with nothing left out and nothing added.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

from remit.errors import EvidenceRefused
from remit.ledger.kind import LOG_STREAM, Kind

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from remit.ledger.entry import Entry

    Counts = dict[str, dict[str, int]]
    """By stream, and in it by mark."""


class Tally:
    """Remembers of every entry in a row what is counted of it, in four bytes, and counts any range of them."""

    def __init__(self, first: int = 0) -> None:
        self._first = first
        self._codes = array("I")
        self._shapes: dict[Hashable, int] = {}
        self._marks: list[tuple[str, tuple[str, ...]]] = []

    def add(self, entry: Entry) -> None:
        """Count the next entry (1)."""
        shape = _shape(entry)
        code = self._shapes.get(shape)
        if code is None:
            code = self._shapes[shape] = len(self._marks)
            self._marks.append((entry.stream, tuple(_marks(entry))))
        self._codes.append(code)

    def counts(self, first: int, stop: int, stream: str = LOG_STREAM) -> Counts:
        """Count a range, of one stream or of all (2)."""
        counts: Counts = {}
        codes = self._codes[first - self._first : stop - self._first]
        for code, number in Counter(codes).items():
            name, marks = self._marks[code]
            if stream in {LOG_STREAM, name}:
                tally = counts.setdefault(name, {})
                for mark in marks:
                    tally[mark] = tally.get(mark, 0) + number
        return counts


def tally_of(entries: Iterable[Entry], first: int = 0) -> Tally:
    """Tally entries that stand in a row from `first` on."""
    tally = Tally(first)
    for entry in entries:
        tally.add(entry)
    return tally


def last_summary(entries: Iterable[Entry], stream: str) -> int:
    """Return where the last summary of a stream ended, which is where the next one begins."""
    ends = [entry.fields["j"] for entry in entries if entry.kind == Kind.SUMMARY and entry.stream == stream]
    return ends[-1] if ends else 0


def check_summary(summary: Entry, tally: Tally) -> None:
    """Say nothing if a summary is equal to the count of its range; raise with the first difference (3)."""
    fields = summary.fields
    counted = tally.counts(fields["i"], fields["j"], summary.stream)
    if counted == fields["counts"]:
        return
    stream, mark, said, found = _differences(fields["counts"], counted)[0]
    raise EvidenceRefused(
        "summary-count",
        f"the summary at {summary.n} says {said} for {mark} in {stream} from {fields['i']} to {fields['j']},"
        f" and the entries give {found}",
    )


def _differences(said: Mapping[str, Mapping[str, int]], found: Counts) -> list[tuple[str, str, str, str]]:
    """List where two counts differ: the stream, the mark, and what either side has there."""
    differences = []
    for stream in sorted(said.keys() | found.keys()):
        left, right = said.get(stream), found.get(stream)
        if left is None or right is None:
            differences.append((stream, "the stream", _presence(left), _presence(right)))
            continue
        marks = [mark for mark in sorted(left.keys() | right.keys()) if left.get(mark) != right.get(mark)]
        differences += [(stream, mark, _shown(left.get(mark)), _shown(right.get(mark))) for mark in marks]
    return differences


def _presence(side: object) -> str:
    return "nothing" if side is None else "something"


def _shown(number: int | None) -> str:
    return "nothing" if number is None else str(number)


def _shape(entry: Entry) -> Hashable:
    """Return what two entries share if the same is counted of both."""
    fields = entry.fields
    match entry.kind:
        case Kind.DECISION:
            verdicts = fields.get("b")
            return entry.stream, fields["o"], verdicts and tuple(verdicts.items()), tuple(fields.get("r", ()))
        case Kind.OUTCOME:
            outcome = tuple(map(fields.get, ("model", "variant", "status", "refused")))
            return entry.stream, Kind.OUTCOME, outcome, fields["ms"].bit_length() if "ms" in fields else None
        case Kind.BOUNDARY_TEST:
            return entry.stream, Kind.BOUNDARY_TEST, tuple(fields["b"].items())
        case _:
            return entry.stream, entry.kind, fields.get("o", "")


def _marks(entry: Entry) -> Iterator[str]:
    """Yield the marks of an entry."""
    fields, kind = entry.fields, entry.kind
    yield f"{kind}:{fields['o']}" if "o" in fields else kind
    if kind in {Kind.DECISION, Kind.BOUNDARY_TEST}:
        start = "boundary" if kind == Kind.DECISION else "tried"
        yield from (f"{start}:{name}:{verdict}" for name, verdict in fields.get("b", {}).items())
        yield from (f"rule:{name}" for name in dict.fromkeys(fields.get("r", ())))
    elif kind == Kind.OUTCOME:
        yield from (f"{name}:{fields[name]}" for name in ("model", "variant", "status") if name in fields)
        if fields.get("refused"):
            yield "refused"
        if "ms" in fields:
            yield f"delay-bits:{fields['ms'].bit_length()}"
