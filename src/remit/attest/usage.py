"""What a window of a log says of the use of models: counts, holds, delays and terms, of entries that were verified.

1. Counts are those of the ledger's own recount, so that a summary in the log and this statement cannot part.
2. The delay added is a percentile by nearest rank over the outcomes that bear one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.ledger.kind import Answer, Effect, Kind
from remit.ledger.recount import tally_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.ledger.entry import Entry

_BOUNDARY = "boundary:"


def usage_of(entries: Sequence[Entry], first: int) -> dict[str, Any]:
    """Return what a window says, in the keys of the predicate."""
    counts = tally_of(entries, first).counts(first, first + len(entries))
    return {
        "window": {"from": entries[0].at, "until": entries[-1].at},
        "counts": counts,
        "boundaries": _boundaries(counts),
        "holds": {
            "held": _sum(counts, f"{Kind.DECISION}:{Effect.HOLD}"),
            **{str(answer): _sum(counts, f"{Kind.RELEASE}:{answer}") for answer in Answer},
        },
        "terms": _terms(entries),
        **_delays(entries),
    }


def _boundaries(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for marks in counts.values():
        for mark, number in marks.items():
            if mark.startswith(_BOUNDARY):
                name, _, verdict = mark.removeprefix(_BOUNDARY).rpartition(":")
                tally = found.setdefault(name, {})
                tally[verdict] = tally.get(verdict, 0) + number
    return found


def _sum(counts: dict[str, dict[str, int]], mark: str) -> int:
    return sum(marks.get(mark, 0) for marks in counts.values())


def _terms(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Name the terms that are activated in the window, or that a decision there was made by."""
    found = {entry.fields["tm"]: entry.at for entry in reversed(entries) if "tm" in entry.fields}
    since = {entry.fields["tm"]: entry.fields["from"] for entry in entries if entry.kind == Kind.TERMS}
    return [
        {"digest": {"sha256": digest.removeprefix("sha256:")}, "from": since.get(digest, at)}
        for digest, at in sorted(found.items(), key=lambda row: (row[1], row[0]))
    ]


def _delays(entries: Sequence[Entry]) -> dict[str, Any]:
    delays = sorted(entry.fields["ms"] for entry in entries if entry.kind == Kind.OUTCOME and "ms" in entry.fields)
    if not delays:
        return {}
    ranks = {f"p{share}": delays[-(-share * len(delays) // 100) - 1] for share in (50, 90, 99)}  # (2)
    return {"delayMs": {"of": len(delays), **ranks, "most": delays[-1]}}
