"""Findings made by hand, so that a test says what a scan found and looks at what is made of it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from remit.scan.coverage import Coverage
from remit.scan.findings import Findings
from remit.scan.integration import Integration
from remit.scan.occurrence import Occurrence, Relation, Role, Strength
from remit.scan.verdict import Landscape
from tests.terms.world import FROM_JANUARY, order, policy, world

if TYPE_CHECKING:
    from remit.scan.history import Trail
    from remit.terms.terms import Terms

SCOPES = """\
organisation: quayside
parties: [{id: quayside}, {id: halden}, {id: orrin}, {id: ministry}, {id: port}]
roles: [owner]
makers: [{id: halden, domicile: DE}, {id: orrin, domicile: FR}]
models: [{id: heron-1, maker: halden, aliases: [heron]}, {id: heron-2, maker: halden}, {id: osprey-1, maker: orrin}]
names: {use.purpose: [answer, search]}
attributes: [{id: drill, type: flag}]
scopes:
  - {id: watch, kind: defence, customer: ministry, serves: [services/**, infra/**], spares: [services/old/**]}
  - {id: desk, customer: port, serves: [apps/**]}
  - {id: spare, serves: [nothing/**]}
use_cases:
  - {id: ask, scope: watch, serves: [services/ask/**], facts: {use.purpose: answer}}
  - {id: find, scope: watch, serves: [services/find/**, services/ask/shared.py], facts: {use.purpose: search}}
"""


def place(path: str, line: int = 1, **more: Any) -> Occurrence:  # the type checker sees to the names
    """Make one place; its maker and channel are those of the integration it is put into."""
    return Occurrence(detector=more.pop("detector", "python-call"), path=path, line=line, maker="", **more)


def integration(
    maker: str,
    *places: Occurrence,
    channel: str = "direct",
    relation: Relation = Relation.RUNTIME_CALL,
    strength: Strength = Strength.INTEGRATED,
) -> Integration:
    """Make an integration of its places."""
    files: dict[str, set[int]] = defaultdict(set)
    for each in places:
        files[each.path].add(each.line)
    return Integration(
        maker=maker,
        channel=channel,
        relation=relation,
        strength=strength,
        models=tuple(sorted({each.model for each in places if each.model})),
        files=tuple((path, tuple(sorted(lines))) for path, lines in sorted(files.items())),
        confidence="high",
        evidence=places,
    )


def findings(*integrations: Integration, **more: Any) -> Findings:
    """Make findings, in which every place ships; `history`, `traces`, `dismissed` and `coverage` as they are given."""
    kept: dict[str, list[Occurrence]] = defaultdict(list)
    for each in integrations:
        kept[each.maker].extend(each.evidence)
    history: tuple[Trail, ...] = more.get("history", ())
    return Findings(
        "tree",
        integrations,
        more.get("traces", ()),
        history,
        more.get("dismissed", ()),
        more.get("coverage") or Coverage(read=3),
        Landscape(kept, {}, frozenset()),
    )


def scoped(*clauses: str, register: str = SCOPES, standing: str = FROM_JANUARY, **more: str) -> Terms:
    """Read terms with two scopes that are served, one that is not, and a house policy of the given clauses."""
    clauses = clauses or ("{id: all, permit: [integrate]}",)
    return world(register, house=policy(*clauses, by="quayside", standing=standing), **more)


def law(*clauses: str, standing: str = FROM_JANUARY) -> str:
    """Write an order of the ministry."""
    return order(*clauses, standing=standing)


def dependency(path: str, line: int = 1) -> Occurrence:
    """Make a place that only makes a model available."""
    return place(path, line, role=Role.DEPENDENCY, detector="dependency")
