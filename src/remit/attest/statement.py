"""In-toto statements: subjects that cannot change, and what is said of them (in-toto Attestation v1, "Statement").

1. A subject is named by digests, and each digest has the length of its algorithm; a name alone is no subject.
2. What is signed are the bytes. They are written in the canonical form, and read from any form that is strict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.attest.shape import Fields, Items, Table, Text, demand, demand_none
from remit.canonical import canonical
from remit.errors import EvidenceRefused
from remit.ledger.strict import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remit.attest.shape import Faults

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATES = "https://remit.example/attestation/"
"""Where the names of our predicates begin; it is a name, and nothing is ever fetched from it."""
LONGEST_PAYLOAD = 11 * 1024 * 1024
DIGEST_LENGTHS = {
    "sha256": (64,),
    "sha384": (96,),
    "sha512": (128,),
    "gitBlob": (40, 64),
    "gitCommit": (40, 64),
    "gitTree": (40, 64),
}
"""The algorithms that a subject is named by, with how many hexadecimal digits each has (1)."""
_HEX = Text(pattern="[0-9a-f]{40,128}", expected="lower-case hexadecimal digits")
_SHAPE = Fields(
    {
        "_type": Text(choices=(STATEMENT,)),
        "subject": Items(
            Fields({"name": Text(), "digest": Table(_HEX, pattern="|".join(DIGEST_LENGTHS), least=1)}), least=1
        ),
        "predicateType": Text(pattern=r"[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,500}", expected="a URI"),
    }
)


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that a statement is about, by the digests of its contents."""

    name: str
    digest: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {"name": self.name, "digest": dict(self.digest)}


@dataclass(frozen=True, slots=True)
class Statement:
    """Subjects and a predicate; the predicate has the shape of its type only once somebody has looked."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {
            "_type": STATEMENT,
            "subject": [subject.as_dict() for subject in self.subjects],
            "predicateType": self.predicate_type,
            "predicate": dict(self.predicate),
        }

    def payload(self) -> bytes:
        """Write the bytes that are signed (2)."""
        return canonical(self.as_dict())


def read_statement(payload: bytes) -> Statement:
    """Read a statement strictly; raise with every fault of it."""
    if len(payload) > LONGEST_PAYLOAD:
        raise EvidenceRefused("statement", f"the statement is longer than {LONGEST_PAYLOAD} bytes")
    try:
        record = read_json(payload.decode().strip(" \t\r\n"))
    except (ValueError, RecursionError) as fault:
        raise EvidenceRefused("statement", f"the statement cannot be read: {fault}") from fault
    if not isinstance(record, dict) or not isinstance(record.get("predicate"), dict):
        raise EvidenceRefused("statement", "the statement is no object with a predicate")
    head = {key: value for key, value in record.items() if key != "predicate"}
    demand(_SHAPE, head, "statement", "the statement")
    subjects = tuple(Subject(row["name"], row["digest"]) for row in record["subject"])
    demand_none(_wrong_lengths(subjects), "statement", "the statement")
    return Statement(subjects, record["predicateType"], record["predicate"])


def _wrong_lengths(subjects: tuple[Subject, ...]) -> Faults:
    for place, subject in enumerate(subjects):
        for name, value in subject.digest.items():
            if len(value) not in DIGEST_LENGTHS[name]:
                yield f"subject[{place}].digest.{name}", f"has {len(value)} digits, not {DIGEST_LENGTHS[name][0]}"
