"""The verdicts on what a scan found: every use of every scope with its decision, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.scan.use import ScopedUse, scoped_uses, unscoped
from remit.terms.decision import Verdict
from remit.terms.judge import decide

if TYPE_CHECKING:
    from datetime import datetime

    from remit.scan.findings import Findings
    from remit.scan.integration import Integration
    from remit.terms.decision import Decision
    from remit.terms.register import Scope
    from remit.terms.terms import Terms

SEVERITY = list(Verdict)
"""Verdicts, worst first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One use in a scope and what the terms say of it."""

    use: ScopedUse
    decision: Decision

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """Order rows: a boundary crossed, then by verdict, strength and maker."""
        integration = self.use.integration
        return (
            not self.decision.crosses_boundary,
            SEVERITY.index(self.decision.verdict),
            integration.strength.rank,
            integration.maker,
            integration.relation.value,
        )


@dataclass(frozen=True, slots=True)
class ScopeReport:
    """The rows of one scope, worst first."""

    scope: Scope
    rows: tuple[Row, ...]

    @property
    def verdict(self) -> Verdict | None:
        """Return the worst verdict; nothing where nothing was found that serves the scope."""
        return min((row.decision.verdict for row in self.rows), key=SEVERITY.index, default=None)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one check says: verdicts by scope, findings that serve none, and what was not looked at."""

    findings: Findings
    scopes: tuple[ScopeReport, ...]
    unscoped: tuple[Integration, ...]
    at: datetime
    known: datetime
    terms: Terms

    @property
    def rows(self) -> list[Row]:
        """Return the rows of all scopes, worst first."""
        return sorted((row for scope in self.scopes for row in scope.rows), key=lambda row: row.rank)

    @property
    def crosses_boundary(self) -> bool:
        """Tell whether something surely crosses a boundary."""
        return any(row.decision.crosses_boundary for row in self.rows)

    def worst(self) -> Verdict | None:
        """Return the worst verdict of all scopes."""
        return min((row.decision.verdict for row in self.rows), key=SEVERITY.index, default=None)


def make_report(findings: Findings, terms: Terms, at: datetime, known: datetime) -> Report:
    """Ask the judge about every use in every scope; scopes come worst first, then in the order of the register."""
    rows: dict[str, list[Row]] = {scope.id: [] for scope in terms.register.scopes}
    for use in scoped_uses(findings, terms):
        rows[use.scope.id].append(Row(use, decide(terms, use.use, at=at, known=known)))
    scopes = [
        ScopeReport(scope, tuple(sorted(rows[scope.id], key=lambda row: row.rank))) for scope in terms.register.scopes
    ]
    scopes.sort(key=lambda scope: scope.rows[0].rank[:2] if scope.rows else (1, len(SEVERITY)))
    return Report(findings, tuple(scopes), tuple(unscoped(findings, terms)), at, known, terms)
