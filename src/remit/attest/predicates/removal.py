"""That a maker's models were taken out: what, when, what stands in their place, and what is left over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remit.attest.predicates.model_integration import Removal
from remit.attest.predicates.parts import (
    AFFIRMATION,
    EVIDENCE,
    ORDER,
    TARGET,
    VALIDITY,
    Affirmation,
    File,
    Order,
    Target,
    Validity,
    backwards,
    evidence_of,
    records,
    told,
)
from remit.attest.shape import NAME, SHA256, WORDS, Fields, Items, demand, demand_none
from remit.attest.statement import PREDICATES

PREDICATE_TYPE = f"{PREDICATES}removal/v0.1"
SHAPE = Fields(
    {
        "order": ORDER,
        "target": TARGET,
        "removed": Items(Fields({"what": WORDS, "on": WORDS}, {"replacedBy": WORDS}), least=1),
        "left": Items(WORDS),
        **VALIDITY,
    },
    {"before": SHA256, "after": SHA256, "request": NAME, "affirmedBy": AFFIRMATION, "evidence": EVIDENCE},
)


@dataclass(frozen=True, slots=True)
class RemovalRecord:
    """The predicate; `before` and `after` are the statements of what was found on either side of it."""

    order: Order
    target: Target
    removed: tuple[Removal, ...]
    left: tuple[str, ...]
    """What still mentions the maker, and why it stays: history, documents, contracts that run out."""
    validity: Validity
    before: str | None = None
    after: str | None = None
    request: str | None = None
    affirmed_by: Affirmation | None = None
    evidence: tuple[File, ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> RemovalRecord:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        demand_none(backwards(record), "predicate", "the predicate")
        affirmed = record.get("affirmedBy")
        return cls(
            Order.from_dict(record["order"]),
            Target.from_dict(record["target"]),
            tuple(map(Removal.from_dict, record["removed"])),
            tuple(record["left"]),
            Validity.from_dict(record),
            record.get("before", {}).get("sha256"),
            record.get("after", {}).get("sha256"),
            record.get("request"),
            None if affirmed is None else Affirmation.from_dict(affirmed),
            evidence_of(record),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "order": self.order.as_dict(),
                "target": self.target.as_dict(),
                "removed": records(self.removed),
                "left": list(self.left),
                **self.validity.as_dict(),
                "before": None if self.before is None else {"sha256": self.before},
                "after": None if self.after is None else {"sha256": self.after},
                "request": self.request,
                "affirmedBy": None if self.affirmed_by is None else self.affirmed_by.as_dict(),
                "evidence": records(self.evidence) or None,
            }
        )
