"""Words that every form of a report shares: what decided, how it stands, what would settle it, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.coverage import NOT_INQUIRED
from remit.scan.formats.code import shown
from remit.scan.report import SEVERITY
from remit.terms.argument import say_shadow
from remit.terms.decision import Basis, Effect, Verdict
from remit.terms.instant import write_instant
from remit.terms.prose import join_words, say_clause, say_hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from remit.scan.coverage import Coverage
    from remit.scan.findings import Findings
    from remit.scan.integration import Integration
    from remit.scan.report import Report, Row
    from remit.terms.decision import Decision, Reason
    from remit.terms.register import Scope
    from remit.terms.terms import Terms

_SHOWN_PLACES = 4
_SHOWN_MODELS = 3


def say_day(moment: datetime) -> str:
    """Write an instant, as a day alone where it is the first instant of one."""
    return write_instant(moment).removesuffix("T00:00:00Z")


def say_models(integration: Integration) -> str:
    """Name the models, the first few of many."""
    named = list(integration.models[:_SHOWN_MODELS])
    more = len(integration.models) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more else [])]) or "model not named"


def say_relation(integration: Integration) -> str:
    """Say how the model is part of the system: relation, strength and channel."""
    by = "" if integration.channel == "direct" else f" via {integration.channel}"
    return f"{integration.strength.value} {integration.relation.value}{by}"


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


def say_places(integration: Integration) -> str:
    """Name the places that show it best, the first few of many; the rest are in the JSON."""
    first = {place.path: place.line for place in reversed(integration.evidence)}
    order = list(dict.fromkeys([*(place.path for place in integration.evidence), *(p for p, _ in integration.files)]))
    lines = dict(integration.files)
    named = [shown(f"{path}:{first.get(path) or lines[path][0]}") for path in order[:_SHOWN_PLACES]]
    more = len(integration.files) - len(named)
    return ", ".join([*named, *([f"{more} more file{'' if more == 1 else 's'}"] if more > 0 else [])])


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


def say_dismissed(number: int) -> str:
    """Count the places that look like a use and are none, each with its reason in the JSON."""
    if number == 1:
        return "1 place that looks like a use and is none; --format json lists it"
    return f"{number} places that look like a use and are none; --format json lists them"


def number_of(count: int, thing: str) -> str:
    """Count things."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def say_read(coverage: Coverage) -> str:
    """Say how many files were read, of how many."""
    return f"{coverage.read} of {number_of(coverage.present, 'file')}"


def say_history(coverage: Coverage) -> str:
    """Say how much of the history was read, or why none or not all of it."""
    if coverage.history == "read":
        return f"{number_of(coverage.commits, 'commit')} read"
    in_part = coverage.history.startswith("read")
    return f"{coverage.history}, {number_of(coverage.commits, 'commit')}" if in_part else coverage.history


def say_skipped(coverage: Coverage) -> list[str]:
    """Say what was not read, each reason with how many and one of them."""
    return [f"{len(paths)} {why}, such as {min(paths)}" for why, paths in sorted(coverage.skipped.items())]


def say_traces(findings: Findings) -> list[str]:
    """Say what is of a maker and no use of its models; each is among the dismissed with its reason."""
    return [
        f"{found.maker}, {found.relation.value}: {say_places(found)}"
        for found in sorted(findings.traces, key=lambda found: (found.maker, found.relation.value, found.channel))
    ]


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
        f"not inquired: {join_words([surface for surface, _ in NOT_INQUIRED], 'or')}",
    ]
