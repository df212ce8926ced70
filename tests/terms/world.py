"""A small world to write terms in: two makers, an authority, a court, and two firms that use models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.folder import Files, read_terms
from remit.terms.instant import parse_instant
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remit.terms.terms import Terms
    from remit.terms.use import Value

REGISTER = """\
organisation: quayside
parties: [{id: quayside}, {id: tidewater}, {id: halden}, {id: orrin}, {id: ministry}, {id: court}]
roles: [officer, owner]
levels: [{id: open, authorisation: none}, {id: secret, authorisation: required}]
environments: [cloud-a, office]
people: [{id: amadi, roles: [officer]}]
names: {use.purpose: [answer, search], use.sector: [harbours]}
attributes: [{id: drill, says: whether it is a drill, type: flag}]
makers:
  - {id: halden, domicile: DE}
  - {id: orrin, parent: orrin-holding, domicile: FR}
models:
  - {id: heron-1, maker: halden, family: heron, licence: heron-licence, weights: closed}
  - {id: heron-2, maker: halden, family: heron, licence: heron-licence, base: heron-1, weights: open}
  - {id: osprey-1, maker: orrin, family: osprey, aliases: [osprey]}
tools: [{id: letter, effect: [inform, write]}, {id: gate, effect: [force]}]
scopes:
  - id: watch
    kind: defence
    customer: ministry
    level: secret
    environment: cloud-a
    serves: ["services/**"]
    facts: {use.sector: harbours}
use_cases:
  - {id: ask, scope: watch, serves: ["services/ask/**"], facts: {use.purpose: answer}}
"""

AT = parse_instant("2026-06-01T12:00:00Z")
FROM_JANUARY = "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01}]"
FOR_A_YEAR = "standing: [{state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2027-01-01}]"


def world(register: str = REGISTER, **instruments: str) -> Terms:
    """Read instruments beside the register; each is given without its first line, which is its keyword."""
    files = {f"instruments/{name}.yaml": f"instrument: {name}\n{text}".encode() for name, text in instruments.items()}
    return read_terms(Files(register.encode(), files, {}))


def policy(*clauses: str, by: str = "halden", standing: str = FROM_JANUARY) -> str:
    """Write a policy, without its first line, with the given clauses in flow style."""
    return document("policy", *clauses, by=by, standing=standing)


def order(*clauses: str, by: str = "ministry", standing: str = FROM_JANUARY) -> str:
    """Write an order as `policy` writes a policy."""
    return document("order", *clauses, by=by, standing=standing)


def document(kind: str, *clauses: str, by: str, standing: str, more: str = "") -> str:
    """Write an instrument of any kind, without its first line."""
    rows = "".join(f"\n  - {clause}" for clause in clauses)
    return f"kind: {kind}\nby: {by}\n{standing}\n{more}clauses:{rows}\n"


def a_use(
    facts: Mapping[str, Value] | None = None,
    action: Action = Action.INVOKE,
    vouched_by: VouchedBy = VouchedBy.DECLARED,
) -> Use:
    """Make a use whose facts are all vouched for alike."""
    return Use(action, {name: Fact(value, vouched_by) for name, value in (facts or {}).items()})
