"""A report as a JSON record, with its published schema in `report.schema.json`."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from remit.terms.argument import decision_record
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from remit.scan.integration import Integration
    from remit.scan.report import Report, Row

VERSION = "remit-report/1"


def report_record(report: Report) -> dict[str, Any]:
    """Return everything a report says; the same report gives the same record."""
    worst = report.worst()
    return {
        "version": VERSION,
        "path": report.findings.path,
        "at": write_instant(report.at),
        "known": write_instant(report.known),
        "terms": report.terms.digest,
        "verdict": None if worst is None else worst.value,
        "boundary_crossed": report.crosses_boundary,
        "scopes": [
            {
                "scope": scope.scope.id,
                "verdict": None if scope.verdict is None else scope.verdict.value,
                "uses": [_row(row) for row in scope.rows],
            }
            for scope in report.scopes
        ],
        "unscoped": [_integration(found) for found in report.unscoped],
        "findings": report.findings.as_json(),
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "use_case": row.use.case or None,
        **_integration(row.use.integration),
        "decision": decision_record(row.decision),
    }


def _integration(found: Integration) -> dict[str, Any]:
    return {
        "maker": found.maker,
        "channel": found.channel,
        "relation": found.relation.value,
        "strength": found.strength.value,
        "models": list(found.models),
        "files": [{"path": path, "lines": list(lines)} for path, lines in found.files],
    }


def report_schema() -> dict[str, Any]:
    """Return the published JSON Schema of a report."""
    text = (resources.files("remit") / "scan" / "formats" / "report.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
