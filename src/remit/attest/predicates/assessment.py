"""That a third party has examined statements: which, how, what it upholds, and with what reservations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.parts import EVIDENCE, VALIDITY, File, Validity, backwards, evidence_of, records, told
from remit.attest.shape import NAME, SHA256, WORDS, Fields, Items, Text, demand, demand_none
from remit.attest.statement import PREDICATES

if TYPE_CHECKING:
    from remit.attest.shape import Faults

PREDICATE_TYPE = f"{PREDICATES}assessment/v0.1"


class Result(StrEnum):
    """What the assessor concludes."""

    UPHELD = "upheld"
    WITH_RESERVATIONS = "upheld with reservations"
    NOT_UPHELD = "not upheld"


SHAPE = Fields(
    {
        "assessor": Fields({"id": NAME, "name": WORDS, "independence": WORDS}),
        "statements": Items(SHA256, least=1),
        "procedure": Items(WORDS, least=1),
        "result": Text(choices=tuple(Result)),
        **VALIDITY,
    },
    {"reservations": Items(WORDS), "notExamined": Items(WORDS), "request": NAME, "evidence": EVIDENCE},
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The predicate; statements are named by the digest of their payload."""

    assessor: str
    name: str
    independence: str
    """Who pays the assessor, and what ties there are."""
    statements: tuple[str, ...]
    procedure: tuple[str, ...]
    result: Result
    validity: Validity
    reservations: tuple[str, ...] = ()
    not_examined: tuple[str, ...] = ()
    request: str | None = None
    evidence: tuple[File, ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Assessment:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        demand_none(_contradictions(record), "predicate", "the predicate")
        assessor = record["assessor"]
        return cls(
            assessor["id"],
            assessor["name"],
            assessor["independence"],
            tuple(row["sha256"] for row in record["statements"]),
            tuple(record["procedure"]),
            Result(record["result"]),
            Validity.from_dict(record),
            tuple(record.get("reservations", ())),
            tuple(record.get("notExamined", ())),
            record.get("request"),
            evidence_of(record),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "assessor": {"id": self.assessor, "name": self.name, "independence": self.independence},
                "statements": [{"sha256": each} for each in self.statements],
                "procedure": list(self.procedure),
                "result": self.result.value,
                **self.validity.as_dict(),
                "reservations": list(self.reservations) if self.reservations else None,
                "notExamined": list(self.not_examined) if self.not_examined else None,
                "request": self.request,
                "evidence": records(self.evidence) or None,
            }
        )


def _contradictions(record: dict[str, Any]) -> Faults:
    yield from backwards(record)
    reserved = bool(record.get("reservations"))
    if reserved is not (record["result"] == Result.WITH_RESERVATIONS) and record["result"] != Result.NOT_UPHELD:
        yield "result", f"says {record['result']}, and there are {'some' if reserved else 'no'} reservations"
