"""Which terms are in force: their digest, who signed which instrument, and what the prover says of them.

The subject is the digest of the terms. The certificate of the prover goes with the statement, for anybody to check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.parts import (
    AFFIRMATION,
    EVIDENCE,
    FILE,
    VALIDITY,
    Affirmation,
    File,
    Validity,
    backwards,
    evidence_of,
    records,
    told,
)
from remit.attest.shape import INSTANT, NAME, SHA256, WORDS, Fields, Flag, Items, Number, Text, demand, demand_none
from remit.attest.statement import PREDICATES

if TYPE_CHECKING:
    from remit.attest.shape import Faults

PREDICATE_TYPE = f"{PREDICATES}terms/v0.1"
_INSTRUMENT = Fields(
    {"id": NAME, "kind": NAME, "by": NAME, "file": FILE, "clauses": Number(), "boundaries": Number()},
    {"signedBy": Text(pattern=r"SHA256:[A-Za-z0-9+/]{43}", expected="the fingerprint of a key")},
)
_PROVER = Fields(
    {"tool": WORDS, "holds": Flag(), "faults": Items(WORDS), "claims": Number()},
    {"certificate": FILE},
)
SHAPE = Fields(
    {
        "digest": SHA256,
        "catalogue": SHA256,
        "at": INSTANT,
        "known": INSTANT,
        "register": FILE,
        "instruments": Items(_INSTRUMENT),
        **VALIDITY,
    },
    {"prover": _PROVER, "request": NAME, "affirmedBy": AFFIRMATION, "evidence": EVIDENCE},
)


@dataclass(frozen=True, slots=True)
class SignedInstrument:
    """One instrument of the terms, and the key that signed it, where one is pinned."""

    id: str
    kind: str
    by: str
    file: File
    clauses: int
    boundaries: int
    signed_by: str | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> SignedInstrument:
        """Take a record that has the shape."""
        return cls(
            record["id"],
            record["kind"],
            record["by"],
            File.from_dict(record["file"]),
            record["clauses"],
            record["boundaries"],
            record.get("signedBy"),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "id": self.id,
                "kind": self.kind,
                "by": self.by,
                "file": self.file.as_dict(),
                "clauses": self.clauses,
                "boundaries": self.boundaries,
                "signedBy": self.signed_by,
            }
        )


@dataclass(frozen=True, slots=True)
class Proved:
    """What the prover says: whether everything it was asked holds, what does not, and its certificate."""

    tool: str
    holds: bool
    faults: tuple[str, ...] = ()
    claims: int = 0
    certificate: File | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Proved:
        """Take a record that has the shape."""
        file = record.get("certificate")
        certificate = None if file is None else File.from_dict(file)
        return cls(record["tool"], record["holds"], tuple(record["faults"]), record["claims"], certificate)

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "tool": self.tool,
                "holds": self.holds,
                "faults": list(self.faults),
                "claims": self.claims,
                "certificate": None if self.certificate is None else self.certificate.as_dict(),
            }
        )


@dataclass(frozen=True, slots=True)
class TermsRecord:
    """The predicate."""

    sha256: str
    catalogue: str
    at: str
    known: str
    register: File
    instruments: tuple[SignedInstrument, ...]
    validity: Validity
    proved: Proved | None = None
    request: str | None = None
    affirmed_by: Affirmation | None = None
    evidence: tuple[File, ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> TermsRecord:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        demand_none(_contradictions(record), "predicate", "the predicate")
        prover, affirmed = record.get("prover"), record.get("affirmedBy")
        return cls(
            record["digest"]["sha256"],
            record["catalogue"]["sha256"],
            record["at"],
            record["known"],
            File.from_dict(record["register"]),
            tuple(map(SignedInstrument.from_dict, record["instruments"])),
            Validity.from_dict(record),
            None if prover is None else Proved.from_dict(prover),
            record.get("request"),
            None if affirmed is None else Affirmation.from_dict(affirmed),
            evidence_of(record),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "digest": {"sha256": self.sha256},
                "catalogue": {"sha256": self.catalogue},
                "at": self.at,
                "known": self.known,
                "register": self.register.as_dict(),
                "instruments": records(self.instruments),
                **self.validity.as_dict(),
                "prover": None if self.proved is None else self.proved.as_dict(),
                "request": self.request,
                "affirmedBy": None if self.affirmed_by is None else self.affirmed_by.as_dict(),
                "evidence": records(self.evidence) or None,
            }
        )


def _contradictions(record: dict[str, Any]) -> Faults:
    yield from backwards(record)
    prover = record.get("prover")
    if prover is not None and prover["holds"] is bool(prover["faults"]):
        yield "prover.holds", f"says {str(prover['holds']).lower()}, and {len(prover['faults'])} faults are named"
