"""What one supplier said, whichever way it came in, and how it came in: plain records without a file or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from remit.attest.suppliers.status import Status


class Claim(StrEnum):
    """What a supplier says of the model that was asked about (evidence, section 6.2)."""

    NOT_FOUND = "not-found"
    FOUND = "found"
    REMOVED = "removed"
    UNDER_REVIEW = "under-review"
    NOT_INQUIRED = "not-inquired"


class Form(StrEnum):
    """The way an answer came in."""

    DSSE = "dsse"
    SSH = "ssh"
    MINISIGN = "minisign"
    TRANSCRIBED = "transcribed"


@dataclass(frozen=True, slots=True)
class Order:
    """One version of one order; the digest is that of its text."""

    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Target:
    """Whose models are asked about."""

    maker: str
    models: tuple[str, ...] = ("*",)
    lineage: str = "including-derived"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something delivered, by name and digest."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a statement is about, or has to be about."""

    contracts: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Surface:
    """One place to look in: how much was seen there, and how much was not, which nobody may know; and why not."""

    name: str
    seen: int = 0
    unread: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A part that was left out, and why; `see` names the supplier that answers for it."""

    what: str
    why: str
    see: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, when, and what took its place."""

    what: str
    on: datetime | None
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A supplier of the supplier: handed on in full by its digest, sealed under a pseudonym, or said to be missing."""

    supplier: str
    statement: str = ""
    sealed: bool = False
    missing: str = ""
    nonce: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A supplier's own signed count of the suppliers it does not name."""

    required: int
    answered: int
    worst: Status


@dataclass(frozen=True, slots=True)
class Statement:
    """What a supplier said; `digest` is that of the bytes it sent."""

    digest: str
    supplier: str
    asked_by: str
    nonce: str
    order: Order
    target: Target
    claim: Claim
    covers: Coverage
    made: datetime
    valid_from: datetime
    valid_until: datetime
    surfaces: tuple[Surface, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    removed: tuple[Removal, ...] = ()
    edges: tuple[Edge, ...] = ()
    none_reason: str = ""
    summary: Summary | None = None
    supersedes: frozenset[str] = frozenset()
    affirmed_by: str = ""
    payload: str = ""
    """The digest of what an envelope holds, which others may name it by as well."""

    @property
    def names(self) -> frozenset[str]:
        """The digests it goes by."""
        return frozenset({self.digest, self.payload} - {""})


@dataclass(frozen=True, slots=True)
class Answer:
    """A statement as it came in.

    `key` is the public key whose signature over the bytes holds; `damage` says why none does. Whether the key counts
    is asked at every instant anew.
    """

    statement: Statement
    received: datetime
    form: Form
    key: str = ""
    damage: str = ""
    transcribed_by: str = ""

    @property
    def ident(self) -> tuple[str, str, str, str]:
        """What tells it from another: the same bytes may come in twice, once signed by somebody else."""
        return self.statement.digest, self.form, self.key, self.damage


@dataclass(frozen=True, slots=True)
class Issued:
    """A request that was sent: to whom, when, and with which nonce."""

    nonce: str
    supplier: str
    round: str
    order: Order
    asked: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """What we saw ourselves in something that a supplier delivered."""

    supplier: str
    maker: str
    models: tuple[str, ...]
    relation: str
    where: str
    source: str
    seen: datetime | None = None
