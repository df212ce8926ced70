"""Words of what the terms say, for every form of a report: what decided, how it stands, and what would settle it.

They stand apart from the words of a scan, which needs no terms and starts sooner without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.formats.words import say_history, say_places
from remit.scan.report import SEVERITY
from remit.terms.argument import say_shadow
from remit.terms.decision import Basis, Effect, Verdict
from remit.terms.instant import write_instant
from remit.terms.prose import join_words, say_clause, say_hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from remit.scan.coverage import Coverage
    from remit.scan.report import Report, Row
    from remit.terms.decision import Decision, Reason
    from remit.terms.register import Scope
    from remit.terms.terms import Terms


def say_day(moment: datetime) -> str:
    """Write an instant, as a day alone where it is the first instant of one."""
    return write_instant(moment).removesuffix("T00:00:00Z")


def say_reason(reason: Reason, terms: Terms) -> str:
    """Say which clause decided and how its instrument stands."""
    rule, entry = reason.rule, reason.rule.entry
    by = f" by {entry.by}" if entry.by else ""
    contest = f", contested by {entry.contested_by}" if entry.contested_by else ""
    until = f" until {say_day(entry.until)}" if entry.until is not None else ""
    standing = f"{entry.state.value.replace('-', ' ')} since {say_day(entry.from_)}{until}{by}{contest}"
    says = rule.clause.says or say_clause(rule.clause, terms.vocabulary.attributes)
    return f"{rule.reference}, {rule.instrument.kind} by {rule.instrument.by}, {standing}: {says}"


def notes_on(row: Row, report: Report) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a row, each with a word that tells what it is."""
    decision, terms = row.decision, report.terms
    if decision.verdict is Verdict.WITHIN:
        yield "clause", join_words((reason.rule.reference for reason in decision.because), "and")
    else:
        yield from (("clause", say_reason(reason, terms)) for reason in decision.because)
    if not decision.because:
        yield "clause", _say_nothing(decision)
    yield from _notes_on_effect(decision)
    for shadow in decision.shadow:
        yield "shadow", say_shadow(shadow)
    for conflict in decision.conflicts:
        yield "conflict", f"{conflict.demands.reference} demands what {conflict.denies.reference} denies"
    for reading in decision.readings:
        yield "reading", f"“{reading.term}” read by {reading.by or 'nobody named'} as: {reading.means}"
    yield "found", say_places(row.use.integration) or _say_trail(row, report)


def _notes_on_effect(decision: Decision) -> Iterator[tuple[str, str]]:
    if decision.phase_out is not None and decision.effect is Effect.DENY:
        over = decision.at >= decision.phase_out
        yield "phase-out", f"{'was over on' if over else 'runs until'} {say_day(decision.phase_out)}"
    if decision.hold is not None:
        yield "waits for", say_hold(decision.hold)
    if not decision.settled:
        yield "settled by", f"knowing {join_words(decision.lacks, 'and')}"
    duties = [
        f"{o.duty.value}{f' ({o.says})' if o.says not in {'true', o.duty.value} else ''}" for o in decision.duties
    ]
    if duties:
        yield "duties", join_words(duties, "and")


def _say_nothing(decision: Decision) -> str:
    if decision.basis is Basis.AUTHORISATION:
        level = ", ".join(decision.use.words("scope.level")) or "that is not known"
        return f"no authorisation surely covers it at the level {level}"
    return "no clause in force surely permits it"


def _say_trail(row: Row, report: Report) -> str:
    """Say how much of the history shows it; what no file shows, the history does."""
    maker, coverage = row.use.integration.maker, report.findings.coverage
    trails = [trail for trail in report.findings.history if trail.maker == maker]
    count = f"{sum(trail.commits for trail in trails)} of {coverage.commits} commits"
    first = next((commit for trail in trails for commit in trail.examples), "")
    return f"{count}, such as {first[:12]}" if first else count


def say_scope(scope: Scope) -> str:
    """Say what a scope is: its kind, for whom, at which level and where."""
    parts = [
        scope.kind.replace("-", " "),
        f"for {scope.customer}" if scope.customer else "",
        f"level {scope.level}" if scope.level else "",
        f"in {scope.environment}" if scope.environment else "",
    ]
    return ", ".join(part for part in parts if part)


def say_counts(rows: Sequence[Row]) -> str:
    """Count rows by verdict, worst first."""
    crossed = sum(row.decision.crosses_boundary for row in rows)
    parts = [f"{crossed} across a boundary"] if crossed else []
    for verdict in SEVERITY:
        count = sum(row.decision.verdict is verdict and not row.decision.crosses_boundary for row in rows)
        parts += [f"{count} {verdict.value}"] if count else []
    return " · ".join(parts)


def say_coverage(coverage: Coverage) -> list[str]:
    """Say what was looked at and what was not, in a few lines."""
    skipped = sum(len(paths) for paths in coverage.skipped.values())
    why = join_words([f"{len(paths)} {reason}" for reason, paths in sorted(coverage.skipped.items())], "and")
    read = f"{coverage.read} of {coverage.present} files read"
    history = say_history(coverage)
    history = history if coverage.history == "read" else f"history: {history}"
    incomplete = "" if coverage.is_complete else "; the scan is incomplete: what was not read may use a model"
    return [
        f"{read}{f', {skipped} skipped: {why}' if skipped else ''}{incomplete}; {history}",
        f"not inquired: {join_words([surface for surface, _ in coverage.not_inquired], 'or')}",
    ]
