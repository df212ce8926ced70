"""Whether the limits ever got in the way: refusals, holds and added delay, by clause, use case and window, of a log.

1. Every decision counts once, under each clause that it names and once in all.
2. A delay is what the gateway took itself, as the outcome's entry has it, and for a hold the time until its answer.
3. What the figures do not show is said with them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from remit.ledger.kind import Answer, Effect, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from remit.gateway.traffic import Period
    from remit.ledger.entry import Entry

WINDOWS: Mapping[str, int] = {"all": 0, "month": 7, "day": 10, "hour": 13}
"""How much of an instant's text names its window."""
NOT_SHOWN = (
    "what nobody asked for because they knew that it would be refused, or sent by another way than the gateway",
    "whether a refused use ought to have gone on, or what somebody did in its place",
    "how many tasks or people were affected: one task may ask many times, and each asking is a decision",
    "what was refused before there was a use to judge: a key that does not count, a request that could not be read",
    "the time that the model itself took, and a delay shorter than half a millisecond, which is written as nothing",
    "whether the log is whole: remit log verify says that",
)


class Key(NamedTuple):
    """What figures are of: a use case, a clause and a window; empty is all of them."""

    use: str
    clause: str
    window: str


@dataclass(slots=True)
class Figures:
    """What was counted of one use case, clause and window."""

    decisions: int = 0
    effects: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    delays: Counter[int] = field(default_factory=Counter)
    """Milliseconds that the gateway added, each with how often."""
    waits: Counter[int] = field(default_factory=Counter)
    """Seconds from a hold to its answer."""
    outcomes: int = 0
    lost: int = 0
    declined: int = 0
    """Replies in which the model, or a filter of its provider, declined."""

    @property
    def refused(self) -> int:
        """Return how many were refused."""
        return self.effects[Effect.DENY]

    @property
    def held(self) -> int:
        """Return how many were held."""
        return self.effects[Effect.HOLD]

    @property
    def redirected(self) -> int:
        """Return how many went to another model than was asked for."""
        return self.effects[Effect.REDIRECT]

    @property
    def unanswered(self) -> int:
        """Return how many holds nobody answered, as far as the log goes."""
        return self.held - self.answers.total()


def quantile(counts: Counter[int], share: float) -> int | None:
    """Return the value that this share of a count does not pass; nothing of nothing."""
    left = share * counts.total()
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return None


class Tally:
    """Counts entries as they come; what it keeps grows with the groups, and with the calls that are still open."""

    def __init__(self, period: Period, window: str, use: str = "") -> None:
        self._period = period
        self._cut = WINDOWS[window]
        self._use = use
        self._open: dict[int, tuple[str, tuple[Key, ...]]] = {}
        self.figures: dict[Key, Figures] = defaultdict(Figures)
        self.first = self.last = ""

    def take_all(self, entries: Iterable[Entry]) -> Tally:
        """Count entries; return itself."""
        for entry in entries:
            if not self._use or entry.stream == self._use:
                self._take(entry)
        return self

    @property
    def whole(self) -> Figures:
        """Return the figures of all."""
        return self.figures[Key("", "", "")]

    def by_clause(self) -> list[tuple[Key, Figures]]:
        """Return the figures of each use case, clause and window that refused, held or sent elsewhere, worst first."""
        found = [
            (key, each)
            for key, each in self.figures.items()
            if key.clause and (each.refused or each.held or each.redirected)
        ]
        return sorted(found, key=lambda row: (row[0].window, -row[1].refused, -row[1].held, row[0]))

    def by_use(self) -> list[tuple[Key, Figures]]:
        """Return the figures of each use case and window, worst first."""
        found = [(key, each) for key, each in self.figures.items() if key.use and not key.clause]
        return sorted(found, key=lambda row: (row[0].window, -row[1].refused, -row[1].held, row[0]))

    def _take(self, entry: Entry) -> None:
        if entry.kind == Kind.DECISION:
            self._decision(entry)
            return
        opened = self._open.get(entry.fields["of"])
        if opened is None:
            return
        at, keys = opened
        for key in keys:
            self._came(self.figures[key], entry, at)
        # A hold that was approved goes on, and its outcome is still to come.
        if entry.kind != Kind.RELEASE or entry.fields["o"] != Answer.APPROVED:
            del self._open[entry.fields["of"]]

    def _decision(self, entry: Entry) -> None:
        if not self._period.holds(entry.at):
            return
        self.first, self.last = self.first or entry.at, entry.at
        use, window, effect = entry.stream, entry.at[: self._cut], entry.fields["o"]
        clauses = tuple(dict.fromkeys(entry.fields.get("r", ())))
        keys = (Key("", "", ""), Key(use, "", window), *(Key(use, clause, window) for clause in clauses))
        for key in keys:
            figures = self.figures[key]
            figures.decisions += 1
            figures.effects[effect] += 1
        if effect != Effect.DENY:
            self._open[entry.n] = (entry.at, keys)

    @staticmethod
    def _came(figures: Figures, entry: Entry, at: str) -> None:
        match entry.kind:
            case Kind.OUTCOME:
                figures.outcomes += 1
                if "ms" in entry.fields:
                    figures.delays[entry.fields["ms"]] += 1
                figures.declined += entry.fields.get("refused", False)
            case Kind.LOST:
                figures.lost += 1
            case Kind.RELEASE:
                figures.answers[entry.fields["o"]] += 1
                figures.waits[_seconds(at, entry.at)] += 1


def _seconds(since: str, until: str) -> int:
    return round((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds())


def answer(tally: Tally) -> Iterator[str]:
    """Say in sentences whether the limits got in the way."""
    whole = tally.whole
    yield f"{_number(whole.decisions, 'decision')} from {tally.first} to {tally.last}."
    if not whole.refused and not whole.held and not whole.redirected:
        yield "None was refused, held or sent to another model."
    else:
        at_once = whole.decisions - whole.refused - whole.held
        yield f"{_share(at_once, whole.decisions)} went on at once, {whole.redirected} of them to another model."
        yield f"{_share(whole.refused, whole.decisions)} refused, {_share(whole.held, whole.decisions)} held."
    if whole.held:
        kept = ", ".join(f"{number} {word}" for word, number in sorted(whole.answers.items()))
        waited = quantile(whole.waits, 0.5)
        middle = "" if waited is None else f"; half of the answers came within {waited} s"
        yield f"Of the holds: {kept or 'none answered'}, {whole.unanswered} without an answer in this log{middle}."
    half, most = quantile(whole.delays, 0.5), quantile(whole.delays, 0.99)
    if half is not None:
        yield f"What went on was delayed by {half} ms at the median and {most} ms at the 99th percentile."
    if whole.lost:
        yield f"{_number(whole.lost, 'call')} lost: nothing is known of what came back."


def record_of(figures: Figures) -> dict[str, object]:
    """Return figures for machines."""
    return {
        "decisions": figures.decisions,
        "effects": dict(figures.effects),
        "answers": dict(figures.answers),
        "unanswered": figures.unanswered,
        "outcomes": figures.outcomes,
        "lost": figures.lost,
        "declined_by_model": figures.declined,
        "added_ms": {"p50": quantile(figures.delays, 0.5), "p99": quantile(figures.delays, 0.99)},
        "wait_s": {"p50": quantile(figures.waits, 0.5), "p99": quantile(figures.waits, 0.99)},
    }


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.2f} %)" if whole else f"{part:,}"
