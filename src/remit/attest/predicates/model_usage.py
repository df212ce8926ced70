"""How models were used in a window of a log: counts by use case, and nothing of what was asked or answered.

1. The counts are those of the ledger's recount, mark by mark, so that whoever has the entries gets the same.
2. Interference is told as what it is: calls held, refused, answered by people, and the delay added, as percentiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.parts import (
    AFFIRMATION,
    EVIDENCE,
    VALIDITY,
    Affirmation,
    File,
    Validity,
    backwards,
    evidence_of,
    records,
    told,
)
from remit.attest.shape import INSTANT, NAME, Fields, Items, Number, Table, Text, demand, demand_none
from remit.attest.statement import PREDICATES
from remit.ledger.grade import Grade

if TYPE_CHECKING:
    from remit.attest.shape import Faults

PREDICATE_TYPE = f"{PREDICATES}model-usage/v0.1"
_HASH = Text(pattern="[0-9a-f]{64}", expected="64 hexadecimal digits")
_DELAY = Fields({"of": Number(1), "p50": Number(), "p90": Number(), "p99": Number(), "most": Number()})
SHAPE = Fields(
    {
        "log": Fields({"origin": NAME, "first": Number(), "stop": Number(), "size": Number(), "root": _HASH}),
        "window": Fields({"from": INSTANT, "until": INSTANT}),
        "counts": Table(Table(Number())),
        "boundaries": Table(Table(Number())),
        "holds": Table(Number()),
        "terms": Items(Fields({"digest": Fields({"sha256": _HASH}), "from": INSTANT})),
        "witnesses": Items(Fields({"name": NAME, "at": INSTANT})),
        "grade": Text(choices=tuple(Grade)),
        **VALIDITY,
    },
    {"delayMs": _DELAY, "request": NAME, "affirmedBy": AFFIRMATION, "evidence": EVIDENCE},
)


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """The predicate; `counts` are by stream, and in it by mark (1)."""

    log: dict[str, Any]
    window: dict[str, str]
    counts: dict[str, dict[str, int]]
    boundaries: dict[str, dict[str, int]]
    holds: dict[str, int]
    terms: tuple[tuple[str, str], ...]
    witnesses: tuple[tuple[str, str], ...]
    grade: Grade
    validity: Validity
    delay_ms: dict[str, int] = field(default_factory=dict)
    request: str | None = None
    affirmed_by: Affirmation | None = None
    evidence: tuple[File, ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> ModelUsage:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        demand_none(_contradictions(record), "predicate", "the predicate")
        affirmed = record.get("affirmedBy")
        return cls(
            record["log"],
            record["window"],
            record["counts"],
            record["boundaries"],
            record["holds"],
            tuple((row["digest"]["sha256"], row["from"]) for row in record["terms"]),
            tuple((row["name"], row["at"]) for row in record["witnesses"]),
            Grade(record["grade"]),
            Validity.from_dict(record),
            record.get("delayMs", {}),
            record.get("request"),
            None if affirmed is None else Affirmation.from_dict(affirmed),
            evidence_of(record),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "log": self.log,
                "window": self.window,
                "counts": self.counts,
                "boundaries": self.boundaries,
                "holds": self.holds,
                "terms": [{"digest": {"sha256": sha256}, "from": start} for sha256, start in self.terms],
                "witnesses": [{"name": name, "at": at} for name, at in self.witnesses],
                "grade": self.grade.value,
                **self.validity.as_dict(),
                "delayMs": self.delay_ms or None,
                "request": self.request,
                "affirmedBy": None if self.affirmed_by is None else self.affirmed_by.as_dict(),
                "evidence": records(self.evidence) or None,
            }
        )


def _contradictions(record: dict[str, Any]) -> Faults:
    yield from backwards(record)
    log = record["log"]
    if not log["first"] < log["stop"] <= log["size"]:
        yield "log", "first comes before stop, and stop is within the size of the log"
    delay = record.get("delayMs")
    if delay is not None and not delay["p50"] <= delay["p90"] <= delay["p99"] <= delay["most"]:
        yield "delayMs", "the percentiles do not rise"
    if bool(record["witnesses"]) is not (record["grade"] >= Grade.E3):
        yield "grade", f"says {record['grade']}, and {len(record['witnesses'])} witnesses are named"
