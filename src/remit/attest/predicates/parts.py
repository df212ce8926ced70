"""What several predicates say alike: an order, a target, who affirms, files by digest, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.attest.shape import INSTANT, NAME, SHA256, WORDS, Fields, Items, Number, Text
from remit.terms.instant import parse_instant, write_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from remit.attest.shape import Faults

INCLUDING_DERIVED = "including-derived"
ORDER = Fields({"id": NAME, "version": Number(1), "digest": SHA256})
TARGET = Fields(
    {
        "provider": NAME,
        "models": Items(NAME, least=1),
        "lineage": Text(choices=(INCLUDING_DERIVED, "named-only")),
    }
)
AFFIRMATION = Fields({"name": WORDS, "role": WORDS, "standard": WORDS})
FILE = Fields({"name": WORDS, "digest": SHA256})
EVIDENCE = Items(FILE)
VALIDITY = {"validFrom": INSTANT, "validUntil": INSTANT}
LOG = Fields({"origin": NAME, "index": Number()})


@dataclass(frozen=True, slots=True)
class Order:
    """One version of one order; the digest is that of its text."""

    id: str
    version: int
    sha256: str

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Order:
        """Take a record that has the shape."""
        return cls(record["id"], record["version"], record["digest"]["sha256"])

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {"id": self.id, "version": self.version, "digest": {"sha256": self.sha256}}


@dataclass(frozen=True, slots=True)
class Target:
    """Whose models are asked about, which of them, and whether what is derived from them counts."""

    provider: str
    models: tuple[str, ...] = ("*",)
    lineage: str = INCLUDING_DERIVED

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Target:
        """Take a record that has the shape."""
        return cls(record["provider"], tuple(record["models"]), record["lineage"])

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {"provider": self.provider, "models": list(self.models), "lineage": self.lineage}


@dataclass(frozen=True, slots=True)
class Affirmation:
    """The person who stands for a statement, in which role, and by which standard of care."""

    name: str
    role: str
    standard: str

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Affirmation:
        """Take a record that has the shape."""
        return cls(record["name"], record["role"], record["standard"])

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {"name": self.name, "role": self.role, "standard": self.standard}


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a statement, by its digest."""

    name: str
    sha256: str

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> File:
        """Take a record that has the shape."""
        return cls(record["name"], record["digest"]["sha256"])

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {"name": self.name, "digest": {"sha256": self.sha256}}


@dataclass(frozen=True, slots=True)
class Validity:
    """From when, and until before when, a statement counts."""

    start: datetime
    end: datetime

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Validity:
        """Take the two instants out of a predicate that has the shape."""
        return cls(parse_instant(record["validFrom"]), parse_instant(record["validUntil"]))

    def as_dict(self) -> dict[str, Any]:
        """Give the two keys of the record."""
        return {"validFrom": write_instant(self.start), "validUntil": write_instant(self.end)}


def evidence_of(record: dict[str, Any]) -> tuple[File, ...]:
    """Take the files out of a predicate that has the shape."""
    return tuple(map(File.from_dict, record.get("evidence", ())))


def backwards(record: dict[str, Any]) -> Faults:
    """Yield a fault where validity ends before it begins; the record has the shape."""
    validity = Validity.from_dict(record)
    if validity.end <= validity.start:
        yield "validUntil", "is not after validFrom"


def told(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not said."""
    return {key: value for key, value in record.items() if value is not None}


def records(parts: Iterable[Any]) -> list[dict[str, Any]]:
    """Give the record of each part."""
    return [part.as_dict() for part in parts]
