"""Whether a maker's models are part of a system: where one looked, with what, what was found, what was not looked at.

1. The status is what the record gives: `not-found` only where every surface was looked at and every supplier answered.
2. What was found is counted by relation, and the relations are never merged.
3. An order is named with its version and the digest of its text, since the next version may ask for something else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.parts import (
    AFFIRMATION,
    FILE,
    LOG,
    ORDER,
    TARGET,
    VALIDITY,
    Affirmation,
    File,
    Order,
    Target,
    Validity,
    backwards,
    records,
    told,
)
from remit.attest.shape import (
    INSTANT,
    NAME,
    SHA256,
    WORDS,
    Either,
    Fields,
    Flag,
    Items,
    Number,
    Table,
    Text,
    demand,
    demand_none,
)
from remit.attest.statement import PREDICATES

if TYPE_CHECKING:
    from remit.attest.shape import Faults

PREDICATE_TYPE = f"{PREDICATES}model-integration/v0.1"
NOT_INQUIRED = "not inquired"


class Status(StrEnum):
    """What a statement says was found."""

    FOUND = "found"
    NOT_FOUND = "not-found"
    WITH_GAPS = "not-found with gaps"
    REMOVED = "removed"
    UNDER_REVIEW = "under-review"
    NOT_INQUIRED = "not-inquired"


class Role(StrEnum):
    """What the one who states is to the contract."""

    DEVELOPER = "developer"
    OPERATOR = "operator"
    INTEGRATOR = "integrator"
    SERVICE_PROVIDER = "service-provider"


_SURFACE = Fields(
    {
        "name": WORDS,
        "seen": Number(),
        "unread": Either((Number(), WORDS), "how many were not read, or a text that says why none was"),
    },
    {"present": Number(), "how": WORDS},
)
_SUPPLIER = Either(
    (Fields({"id": NAME, "statement": SHA256}), Fields({"id": NAME, "missing": WORDS})),
    "an id with the digest of a statement, or with what is missing",
)
_VERDICT = Fields(
    {
        "scope": NAME,
        "maker": NAME,
        "channel": NAME,
        "relation": NAME,
        "verdict": NAME,
        "useCase": Text(empty=True),
    }
)
_TERMS = Fields(
    {
        "digest": SHA256,
        "at": INSTANT,
        "known": INSTANT,
        "boundaryCrossed": Flag(),
        "verdicts": Items(_VERDICT),
    }
)
SHAPE = Fields(
    {
        "order": ORDER,
        "target": TARGET,
        "status": Text(choices=tuple(Status)),
        "role": Text(choices=tuple(Role)),
        "scope": Fields(
            {"org": NAME, "contracts": Items(NAME, least=1)},
            {"systems": Items(WORDS), "excluded": Items(Fields({"what": WORDS, "why": WORDS}))},
        ),
        "method": Fields(
            {"kind": NAME, "tool": WORDS, "surfaces": Items(_SURFACE, least=1)},
            {"rules": SHA256, "by": WORDS},
        ),
        "findings": Fields(
            {"open": Number(), "accepted": Number(), "evidence": Items(FILE)},
            {"relations": Table(Number()), "dismissed": Items(Fields({"why": WORDS, "count": Number(1)}))},
        ),
        **VALIDITY,
    },
    {
        "removed": Items(Fields({"what": WORDS, "on": WORDS}, {"replacedBy": WORDS})),
        "suppliers": Items(_SUPPLIER),
        "none": WORDS,
        "terms": _TERMS,
        "request": NAME,
        "affirmedBy": AFFIRMATION,
        "supersedes": SHA256,
        "log": LOG,
    },
)


@dataclass(frozen=True, slots=True)
class Surface:
    """One place where one could look: how much of it is there, was seen, and was not."""

    name: str
    seen: int
    unread: int | str
    present: int | None = None
    how: str | None = None
    """How it was looked at, where no file shows it."""

    @property
    def is_gap(self) -> bool:
        """Tell whether something of it was not looked at."""
        return self.unread != 0

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Surface:
        """Take a record that has the shape."""
        return cls(record["name"], record["seen"], record["unread"], record.get("present"), record.get("how"))

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "name": self.name,
                "present": self.present,
                "seen": self.seen,
                "unread": self.unread,
                "how": self.how,
            }
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom and in what one looked, and what was left out, with the reason."""

    org: str
    contracts: tuple[str, ...]
    systems: tuple[str, ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Scope:
        """Take a record that has the shape."""
        excluded = tuple((row["what"], row["why"]) for row in record.get("excluded", ()))
        return cls(record["org"], tuple(record["contracts"]), tuple(record.get("systems", ())), excluded)

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {
            "org": self.org,
            "contracts": list(self.contracts),
            "systems": list(self.systems),
            "excluded": [{"what": what, "why": why} for what, why in self.excluded],
        }


@dataclass(frozen=True, slots=True)
class Method:
    """How one looked: by which tool with which rules, or by asking people, and at which surfaces."""

    kind: str
    tool: str
    surfaces: tuple[Surface, ...]
    rules: str | None = None
    by: str | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Method:
        """Take a record that has the shape."""
        surfaces = tuple(map(Surface.from_dict, record["surfaces"]))
        rules = record.get("rules", {}).get("sha256")
        return cls(record["kind"], record["tool"], surfaces, rules, record.get("by"))

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "kind": self.kind,
                "tool": self.tool,
                "rules": None if self.rules is None else {"sha256": self.rules},
                "by": self.by,
                "surfaces": records(self.surfaces),
            }
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, counted by relation (2), the near-hits dismissed, and the files that hold all of it."""

    open: int
    accepted: int = 0
    evidence: tuple[File, ...] = ()
    relations: dict[str, int] = field(default_factory=dict)
    dismissed: tuple[tuple[str, int], ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Findings:
        """Take a record that has the shape."""
        evidence = tuple(map(File.from_dict, record["evidence"]))
        dismissed = tuple((row["why"], row["count"]) for row in record.get("dismissed", ()))
        return cls(record["open"], record["accepted"], evidence, record.get("relations", {}), dismissed)

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return {
            "open": self.open,
            "accepted": self.accepted,
            "evidence": records(self.evidence),
            "relations": dict(self.relations),
            "dismissed": [{"why": why, "count": count} for why, count in self.dismissed],
        }


@dataclass(frozen=True, slots=True)
class Removal:
    """What was taken out, when, and what stands in its place."""

    what: str
    on: str
    replaced_by: str | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Removal:
        """Take a record that has the shape."""
        return cls(record["what"], record["on"], record.get("replacedBy"))

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told({"what": self.what, "on": self.on, "replacedBy": self.replaced_by})


@dataclass(frozen=True, slots=True)
class Supplier:
    """One supplier: the digest of its statement, or what is missing."""

    id: str
    statement: str | None = None
    missing: str | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Supplier:
        """Take a record that has the shape."""
        return cls(record["id"], record.get("statement", {}).get("sha256"), record.get("missing"))

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        statement = None if self.statement is None else {"sha256": self.statement}
        return told({"id": self.id, "statement": statement, "missing": self.missing})


@dataclass(frozen=True, slots=True)
class ModelIntegration:
    """The predicate."""

    order: Order
    target: Target
    status: Status
    role: Role
    scope: Scope
    method: Method
    findings: Findings
    validity: Validity
    removed: tuple[Removal, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    none: str | None = None
    """Why there is no supplier to be named, where there is none."""
    terms: dict[str, Any] | None = None
    """The verdicts of terms, by their digest and for two instants."""
    request: str | None = None
    affirmed_by: Affirmation | None = None
    supersedes: str | None = None
    log: dict[str, Any] | None = None

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> ModelIntegration:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        removed = tuple(map(Removal.from_dict, record.get("removed", ())))
        affirmed = record.get("affirmedBy")
        found = cls(
            Order.from_dict(record["order"]),
            Target.from_dict(record["target"]),
            Status(record["status"]),
            Role(record["role"]),
            Scope.from_dict(record["scope"]),
            Method.from_dict(record["method"]),
            Findings.from_dict(record["findings"]),
            Validity.from_dict(record),
            removed,
            tuple(map(Supplier.from_dict, record.get("suppliers", ()))),
            record.get("none"),
            record.get("terms"),
            record.get("request"),
            None if affirmed is None else Affirmation.from_dict(affirmed),
            record.get("supersedes", {}).get("sha256"),
            record.get("log"),
        )
        demand_none(_contradictions(found, record), "predicate", "the predicate")
        return found

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "order": self.order.as_dict(),
                "target": self.target.as_dict(),
                "status": self.status.value,
                "role": self.role.value,
                "scope": self.scope.as_dict(),
                "method": self.method.as_dict(),
                "findings": self.findings.as_dict(),
                **self.validity.as_dict(),
                "removed": records(self.removed) if self.removed else None,
                "suppliers": records(self.suppliers) if self.suppliers else None,
                "none": self.none,
                "terms": self.terms,
                "request": self.request,
                "affirmedBy": None if self.affirmed_by is None else self.affirmed_by.as_dict(),
                "supersedes": None if self.supersedes is None else {"sha256": self.supersedes},
                "log": self.log,
            }
        )

    @property
    def gaps(self) -> tuple[str, ...]:
        """Name what was not looked at, or not wholly, and the suppliers who have not answered."""
        surfaces = [surface.name for surface in self.method.surfaces if surface.is_gap]
        return (*surfaces, *(f"supplier {each.id}" for each in self.suppliers if each.missing is not None))


def status_of(findings: Findings, removed: tuple[Removal, ...], *, gaps: bool) -> Status:
    """Say what was found (1)."""
    if findings.open or findings.accepted:
        return Status.FOUND
    if removed:
        return Status.REMOVED
    return Status.WITH_GAPS if gaps else Status.NOT_FOUND


def _contradictions(found: ModelIntegration, record: dict[str, Any]) -> Faults:
    yield from backwards(record)
    if found.status in {Status.UNDER_REVIEW, Status.NOT_INQUIRED}:
        return
    given = status_of(found.findings, found.removed, gaps=bool(found.gaps))
    if found.status is not given:
        yield "status", f"says {found.status}, and the rest of the record gives {given}"
