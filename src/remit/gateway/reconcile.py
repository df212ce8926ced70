"""Holds the log against what a provider says: its own ids of requests, or its bill by month and model.

1. A row of the provider's and an outcome of ours match by the id that came with the reply; the outcome commits to it.
2. Where the provider gives no ids, requests are counted by month and model on both sides, and the lesser count matches.
3. A call whose outcome is unknown may be at the provider or not; it is counted apart and matches nothing.
4. Rows that cannot be read, and outcomes that cannot be opened, are told; with any of either nothing is settled.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from remit.errors import UsageError
from remit.gateway.traffic import open_entry, read_traffic
from remit.ledger.kind import Effect, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from remit.gateway.traffic import Period
    from remit.ledger.entry import Entry
    from remit.ledger.sidecar import Keyring
    from remit.ledger.store import Store

IDS = ("request_id", "request-id", "requestid", "generation_id", "response_id", "message_id", "id")
TIMES = ("timestamp", "created_at", "created", "time", "date", "usage_date", "start_time", "month")
MODELS = ("model", "model_id", "model_name", "model_version")
COUNTS = ("requests", "num_requests", "n_requests", "request_count", "num_model_requests", "count")
UNKNOWN = "unknown"
_MONTH = 7
_SECONDS = 10


class Row(NamedTuple):
    """One row of the provider's."""

    line: int
    ident: str
    month: str
    model: str
    number: int


class Group(NamedTuple):
    """A month and a model."""

    month: str
    model: str


@dataclass(slots=True)
class Match:
    """What was found for one month and model."""

    matched: int = 0
    missing_here: int = 0
    """At the provider, and not in the log."""
    missing_there: int = 0
    """In the log, and not at the provider."""


@dataclass(slots=True)
class Reconciled:
    """What came of it."""

    by_id: bool
    groups: dict[Group, Match] = field(default_factory=lambda: defaultdict(Match))
    missing_here: list[Row] = field(default_factory=list)
    missing_there: list[tuple[int, str]] = field(default_factory=list)
    """The entries without a row, each with its id."""
    unreadable: list[int] = field(default_factory=list)
    """Lines of the file that could not be read."""
    unopened: int = 0
    without_id: int = 0
    unknown: int = 0
    """Calls that are lost, or still without an outcome."""
    doubled: int = 0
    """Rows whose id stood in the file before."""

    @property
    def unmatched(self) -> int:
        """Return how many stand on one side alone."""
        return sum(each.missing_here + each.missing_there for each in self.groups.values())


class Columns(NamedTuple):
    """Which columns of the file say what; empty where none does."""

    ident: str
    time: str
    model: str
    number: str


def find_columns(heads: Sequence[str], given: Columns) -> Columns:
    """Find the columns by the names that providers give them, unless they were named."""

    def find(named: str, known: Iterable[str], what: str) -> str:
        if named and named not in heads:
            raise UsageError(f"Nothing was held against the log: the file has no column {named!r} for {what}.")
        spelt = {head.strip().lower().replace(" ", "_"): head for head in heads}
        return named or next((spelt[name] for name in known if name in spelt), "")

    return Columns(
        find(given.ident, IDS, "ids"),
        find(given.time, TIMES, "times"),
        find(given.model, MODELS, "models"),
        find(given.number, COUNTS, "counts"),
    )


def read_rows(lines: Iterable[str], given: Columns, found: Reconciled | None = None) -> tuple[Columns, Iterator[Row]]:
    """Read the file of a provider; a line that cannot be read is told in what was found."""
    reader = csv.DictReader(lines)
    columns = find_columns(reader.fieldnames or (), given)
    if not columns.ident and not columns.time:
        raise UsageError(
            "Nothing was held against the log: the file has no column of ids, and none of times to count by.\n"
            "  Name them with --id-column, --time-column and --model-column."
        )
    return columns, _rows(reader, columns, found)


def _rows(reader: csv.DictReader[str], columns: Columns, found: Reconciled | None) -> Iterator[Row]:
    for record in reader:
        ident = (record.get(columns.ident) or "").strip() if columns.ident else ""
        month = month_of((record.get(columns.time) or "").strip()) if columns.time else UNKNOWN
        model = (record.get(columns.model) or "").strip() if columns.model else UNKNOWN
        told = (record.get(columns.number) or "").strip() if columns.number and not columns.ident else "1"
        if (columns.ident and not ident) or not month or not told.isascii() or not told.isdigit() or None in record:
            if found is not None:
                found.unreadable.append(reader.line_num)
            continue
        yield Row(reader.line_num, ident, month, model or UNKNOWN, int(told))


def month_of(text: str) -> str:
    """Return the month of an instant, as `2026-11`; empty where it cannot be read."""
    if text.isascii() and text.isdigit() and len(text) >= _SECONDS:
        return datetime.fromtimestamp(int(text[:_SECONDS]), UTC).strftime("%Y-%m")
    try:
        instant = datetime.fromisoformat(f"{text}-01" if len(text) == _MONTH else text)
    except ValueError:
        return ""
    return (instant.astimezone(UTC) if instant.tzinfo else instant).strftime("%Y-%m")


class Ours(NamedTuple):
    """One call of ours that a provider should know of."""

    n: int
    ids: tuple[str, ...]
    month: str
    model: str


class Book:
    """Our side: calls that reached a provider, by their outcomes."""

    def __init__(self, store: Store, keyring: Keyring, period: Period, resolve: Callable[[str], str]) -> None:
        self._store = store
        self._keyring = keyring
        self._period = period
        self._resolve = resolve

    def calls(self, found: Reconciled) -> Iterator[Ours]:
        """Yield the calls of a period, each by its outcome; what has none is counted apart (3)."""
        open_calls: set[int] = set()
        for entry in read_traffic(self._store):
            if entry.kind == Kind.DECISION:
                if entry.fields["o"] in {Effect.ALLOW, Effect.REDIRECT} and self._period.holds(entry.at):
                    open_calls.add(entry.n)
            elif entry.kind in {Kind.OUTCOME, Kind.LOST} and entry.fields["of"] in open_calls:
                open_calls.discard(entry.fields["of"])
                if entry.kind == Kind.LOST:
                    found.unknown += 1
                elif "status" in entry.fields:
                    yield from self._call(entry, found)
        found.unknown += len(open_calls)

    def _call(self, entry: Entry, found: Reconciled) -> Iterator[Ours]:
        opened = open_entry(self._store, self._keyring, entry)
        if opened.why_not:
            found.unopened += 1
            return
        ids = tuple(str(opened.fields[name]) for name in ("provider_request", "reply") if opened.fields.get(name))
        found.without_id += not ids
        yield Ours(entry.n, ids, entry.at[:_MONTH], self._resolve(entry.fields.get("model", "")) or UNKNOWN)


def reconcile_ids(rows: Iterable[Row], ours: Iterable[Ours], found: Reconciled, resolve: Callable[[str], str]) -> None:
    """Match by ids (1)."""
    theirs: dict[str, Row] = {}
    for row in rows:
        if row.ident in theirs:
            found.doubled += 1
        theirs[row.ident] = row
    for call in ours:
        known = next((ident for ident in call.ids if ident in theirs), None)
        match = found.groups[Group(call.month, call.model)]
        if known is None:
            match.missing_there += 1
            found.missing_there.append((call.n, call.ids[0] if call.ids else ""))
        else:
            del theirs[known]
            match.matched += 1
    for row in theirs.values():
        found.groups[Group(row.month, resolve(row.model) or row.model)].missing_here += 1
        found.missing_here.append(row)


def reconcile_counts(
    rows: Iterable[Row], ours: Iterable[Ours], found: Reconciled, resolve: Callable[[str], str]
) -> None:
    """Match by counts for each month and model (2)."""
    here = Counter(Group(call.month, call.model) for call in ours)
    there: Counter[Group] = Counter()
    for row in rows:
        there[Group(row.month, resolve(row.model) or row.model)] += row.number
    for group in here.keys() | there.keys():
        both = min(here[group], there[group])
        found.groups[group] = Match(both, there[group] - both, here[group] - both)
