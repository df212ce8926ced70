"""That a statement arrived: whoever asked signs it, so that a supplier can prove that it answered, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.parts import EVIDENCE, File, evidence_of, records, told
from remit.attest.shape import INSTANT, NAME, SHA256, WORDS, Fields, Text, demand
from remit.attest.statement import PREDICATES
from remit.terms.instant import parse_instant, write_instant

if TYPE_CHECKING:
    from datetime import datetime

PREDICATE_TYPE = f"{PREDICATES}receipt/v0.1"
FORMS = ("dsse", "ssh", "minisign", "transcribed")
SHAPE = Fields(
    {"receivedFrom": NAME, "receivedBy": NAME, "received": INSTANT, "statement": SHA256, "form": Text(choices=FORMS)},
    {"request": NAME, "transcribedBy": WORDS, "note": WORDS, "evidence": EVIDENCE},
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The predicate; the statement is named by the digest of the bytes as they came."""

    received_from: str
    received_by: str
    received: datetime
    statement: str
    form: str
    request: str | None = None
    transcribed_by: str | None = None
    note: str | None = None
    evidence: tuple[File, ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Receipt:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        return cls(
            record["receivedFrom"],
            record["receivedBy"],
            parse_instant(record["received"]),
            record["statement"]["sha256"],
            record["form"],
            record.get("request"),
            record.get("transcribedBy"),
            record.get("note"),
            evidence_of(record),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "receivedFrom": self.received_from,
                "receivedBy": self.received_by,
                "received": write_instant(self.received),
                "statement": {"sha256": self.statement},
                "form": self.form,
                "request": self.request,
                "transcribedBy": self.transcribed_by,
                "note": self.note,
                "evidence": records(self.evidence) or None,
            }
        )
