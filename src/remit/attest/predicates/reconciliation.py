"""That a party of another interest held its own records against a log: so many checked, so many found.

It is signed by that party, mostly the provider, and is the one thing that speaks of calls which went past the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remit.attest.predicates.parts import EVIDENCE, File, evidence_of, records, told
from remit.attest.shape import INSTANT, NAME, WORDS, Fields, Items, Number, Text, demand, demand_none
from remit.attest.statement import PREDICATES
from remit.terms.instant import parse_instant, write_instant

if TYPE_CHECKING:
    from datetime import datetime

    from remit.attest.shape import Faults

PREDICATE_TYPE = f"{PREDICATES}reconciliation/v0.1"
_ROOT = Text(pattern="[0-9a-f]{64}", expected="64 hexadecimal digits")
SHAPE = Fields(
    {
        "by": NAME,
        "log": Fields({"origin": NAME, "size": Number(1), "root": _ROOT}),
        "window": Fields({"from": INSTANT, "until": INSTANT}),
        "records": Text(choices=("request-ids", "bills", "egress", "usage-export")),
        "checked": Number(1),
        "found": Number(),
        "method": WORDS,
    },
    {"missing": Items(NAME), "request": NAME, "statement": Fields({"sha256": _ROOT}), "evidence": EVIDENCE},
)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The predicate."""

    by: str
    origin: str
    size: int
    root: str
    start: datetime
    end: datetime
    records: str
    """Which records the claimant does not control: ids of requests, bills, the network's edge, an export of usage."""
    checked: int
    found: int
    method: str
    missing: tuple[str, ...] = ()
    request: str | None = None
    statement: str | None = None
    """The statement that this one supports, by the digest of its payload."""
    evidence: tuple[File, ...] = ()

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Reconciliation:
        """Read a predicate; raise with every fault of it."""
        demand(SHAPE, record, "predicate", "the predicate")
        demand_none(_contradictions(record), "predicate", "the predicate")
        log, window = record["log"], record["window"]
        return cls(
            record["by"],
            log["origin"],
            log["size"],
            log["root"],
            parse_instant(window["from"]),
            parse_instant(window["until"]),
            record["records"],
            record["checked"],
            record["found"],
            record["method"],
            tuple(record.get("missing", ())),
            record.get("request"),
            record.get("statement", {}).get("sha256"),
            evidence_of(record),
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the record."""
        return told(
            {
                "by": self.by,
                "log": {"origin": self.origin, "size": self.size, "root": self.root},
                "window": {"from": write_instant(self.start), "until": write_instant(self.end)},
                "records": self.records,
                "checked": self.checked,
                "found": self.found,
                "method": self.method,
                "missing": list(self.missing) if self.missing else None,
                "request": self.request,
                "statement": None if self.statement is None else {"sha256": self.statement},
                "evidence": records(self.evidence) or None,
            }
        )


def _contradictions(record: dict[str, Any]) -> Faults:
    window = record["window"]
    if parse_instant(window["until"]) <= parse_instant(window["from"]):
        yield "window.until", "is not after from"
    if record["found"] > record["checked"]:
        yield "found", "is more than were checked"
    if len(record.get("missing", ())) > record["checked"] - record["found"]:
        yield "missing", "names more than were not found"
