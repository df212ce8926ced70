"""Small reports made by hand, in which each kind of line of a form stands once."""

from __future__ import annotations

from remit.scan.coverage import BINARY, Coverage
from remit.scan.history import Trail
from remit.scan.occurrence import Dismissal, Relation, Strength
from remit.scan.report import Report, make_report
from remit.terms.instant import parse_instant
from tests.scan.builders import dependency, findings, integration, law, place, scoped

AT = parse_instant("2026-06-01T12:00:00Z")
WAIT = (
    "{id: wait, hold: [integrate], when: {model.maker: halden}, says: Ask first., "
    "until: {approvals: {of: owner}, expires_in: 1h}}"
)
NEVER = "{id: never, boundary: true, forbid: [integrate], when: {model.id: osprey-1}, says: Never.}"
SOME = "{id: some, permit: [integrate], when: {model.maker: [halden, orrin]}, says: Some are fine.}"
POST = "{id: rumour, forbid: [integrate], when: {model.id: heron-2}}"


def full_report(*, path: str = "services/ask/a.py") -> Report:
    """Make a report with a boundary crossed, an unknown, a hold, a trail, a finding without scope and a dismissal."""
    found = findings(
        integration("orrin", place(path, 7, model="osprey-1", chosen=True), dependency("services/ask/pyproject.toml")),
        integration("halden", place("apps/a.py", 3, model="heron-1"), channel="bedrock"),
        integration("other:openrouter", place("apps/r.py", 9), channel="openrouter"),
        integration("halden", place("tools/x.py"), relation=Relation.DEVELOPMENT_TOOL, strength=Strength.DEVTOOL),
        history=(Trail("orrin", 2, (("trailer", 2),), ("0123456789abcdef",)),),
        dismissed=(Dismissal("README.md", 1, "halden", "in a document for people"),),
        coverage=Coverage(read=5, skipped={BINARY: ["logo.png"]}, commits=9, history="read"),
    )
    terms = scoped(SOME, NEVER, law=law(WAIT))
    return make_report(found, terms, AT, AT)


def empty_report() -> Report:
    """Make a report of a place in which nothing was found."""
    return make_report(findings(coverage=Coverage(read=1)), scoped(SOME), AT, AT)
