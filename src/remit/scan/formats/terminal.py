"""A report for the terminal: lines of styled text, the worst first, so that the first screen holds what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.formats.code import shown
from remit.scan.formats.columns import wrapped
from remit.scan.formats.judged import notes_on, say_counts, say_coverage, say_day, say_scope
from remit.scan.formats.words import say_dismissed, say_models, say_places, say_relation
from remit.terms.decision import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.report import Report, Row, ScopeReport

Span = tuple[str, str]
"""A text and its style, in the words of rich."""

_STYLES = {
    Verdict.OUTSIDE: "bold red",
    Verdict.UNKNOWN: "bold magenta",
    Verdict.HELD: "bold yellow",
    Verdict.CONTESTED: "bold cyan",
    Verdict.STAYED: "bold cyan",
    Verdict.ASSERTED_ONLY: "bold cyan",
    Verdict.WITHIN: "green",
}
_BOUNDARY = "bold white on red"
_WIDTH = max(len(verdict) for verdict in Verdict)
_NOTE_WIDTH = len("settled by")


def terminal_lines(report: Report, width: int | None = None) -> Iterator[list[Span]]:
    """Yield the lines of the report; notes are wrapped to a width, and left whole where none is given."""
    terms = report.terms
    yield [
        ("remit check ", "bold"),
        (shown(report.findings.path), "bold"),
        (f"   at {say_day(report.at)}", ""),
        (f", as known {say_day(report.known)}" if report.known < report.at else "", ""),
        (f"   terms {terms.digest[:19]}…", "dim"),
    ]
    for scope in report.scopes:
        yield []
        yield from _scope_lines(scope, report, width)
    if report.unscoped:
        yield []
        yield [("no scope", "bold"), ("  findings only; no verdict without a scope that they serve", "dim")]
        for found in report.unscoped:
            head = [(f"{'':<{_WIDTH + 4}}", ""), (found.maker, "bold"), (f"  {say_relation(found)}", "")]
            yield [*head, (f"  {say_places(found)}", "blue")]
    yield []
    yield from _tail(report, width)


def _scope_lines(scope: ScopeReport, report: Report, width: int | None) -> Iterator[list[Span]]:
    said = say_scope(scope.scope)
    yield [(scope.scope.id, "bold underline"), (f"  {said}" if said else "", "dim")]
    if not scope.rows:
        yield [("  nothing was found that serves it", "dim")]
    maker = max(len(row.use.integration.maker) for row in report.rows) if scope.rows else 0
    relation = max(len(say_relation(row.use.integration)) for row in report.rows) if scope.rows else 0
    for row in scope.rows:
        yield _head(row, maker, relation)
        for word, note in notes_on(row, report):
            yield from _note(word, note, width)


def _note(word: str, note: str, width: int | None) -> Iterator[list[Span]]:
    label = f"{word:<{_NOTE_WIDTH}}  "
    margin = " " * (_WIDTH + 4)
    for number, line in enumerate(wrapped(note, width, len(margin) + len(label))):
        yield [(margin, ""), (label if number == 0 else " " * len(label), "dim"), (line, _note_style(word))]


def _head(row: Row, maker: int, relation: int) -> list[Span]:
    integration, verdict = row.use.integration, row.decision.verdict
    word, style = (verdict.value, _STYLES[verdict])
    if row.decision.crosses_boundary:
        word, style = "BOUNDARY", _BOUNDARY
    case = f"  use case {row.use.case}" if row.use.case else ""
    return [
        ("  ", ""),
        (word, style),
        (" " * (_WIDTH - len(word)) + "  ", ""),
        (f"{integration.maker:<{maker}}", "bold"),
        (f"  {say_relation(integration):<{relation}}  {say_models(integration)}", ""),
        (case, "dim"),
    ]


def _note_style(word: str) -> str:
    return {"found": "blue", "settled by": "magenta", "shadow": "cyan", "conflict": "bold red"}.get(word, "")


def _tail(report: Report, width: int | None) -> Iterator[list[Span]]:
    read, *left = say_coverage(report.findings.coverage)
    lines = [
        ("verdicts", say_counts(report.rows) or "none: no scope is served by what was found", "bold"),
        ("dismissed", say_dismissed(len(report.findings.dismissed)), ""),
        ("looked at", read, ""),
        *(("", line, "dim") for line in left),
    ]
    for word, said, style in lines:
        label = f"{word:<{len('dismissed')}}  "
        for number, line in enumerate(wrapped(said, width, len(label))):
            yield [(label if number == 0 else " " * len(label), "dim"), (line, style)]
