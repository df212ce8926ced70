"""A report as Markdown: for a pull request, or for counsel to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.formats.code import code_span
from remit.scan.formats.judged import notes_on, say_counts, say_coverage, say_day, say_scope
from remit.scan.formats.words import say_dismissed, say_models, say_places, say_relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.report import Report


def markdown_lines(report: Report) -> Iterator[str]:
    """Yield the lines of the page."""
    yield f"# What the terms say of the models in {code_span(report.findings.path)}"
    yield ""
    yield f"Judged at {say_day(report.at)}, by what was known at {say_day(report.known)}."
    yield f"The terms have the digest `{report.terms.digest}`."
    yield f"Verdicts: {say_counts(report.rows) or 'none; no scope is served by what was found'}."
    for scope in report.scopes:
        yield ""
        said = say_scope(scope.scope)
        yield f"## {scope.scope.id}{f' ({said})' if said else ''}"
        yield ""
        if not scope.rows:
            yield "Nothing was found that serves this scope."
            continue
        for row in scope.rows:
            word = "boundary crossed" if row.decision.crosses_boundary else row.decision.verdict.value
            found = row.use.integration
            case = f", use case {row.use.case}" if row.use.case else ""
            yield f"- **{word}**: {found.maker}, {say_relation(found)}, {say_models(found)}{case}"
            for label, note in notes_on(row, report):
                yield f"  - {label}: {code_span(note) if label == 'found' else note}"
    if report.unscoped:
        yield ""
        yield "## Findings that serve no scope"
        yield ""
        yield "No verdict is given without a scope."
        yield ""
        for found in report.unscoped:
            yield f"- {found.maker}, {say_relation(found)}, {say_models(found)}"
            yield f"  - found: {code_span(say_places(found))}"
    yield from _looked(report)


def _looked(report: Report) -> Iterator[str]:
    yield ""
    yield "## What was looked at, and what was not"
    yield ""
    yield f"- {say_coverage(report.findings.coverage)[0]}"
    yield f"- dismissed: {say_dismissed(len(report.findings.dismissed))}"
    for surface, settled_by in report.findings.coverage.not_inquired:
        yield f"- not inquired: {surface}; it would be settled by {settled_by}"
