"""What a run has to print, in one shape for every form: uses by place, with a verdict where terms were asked.

A form that another tool reads takes its items from here, so that no form knows more than another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from remit.scan.coverage import SHALLOW
from remit.scan.formats.words import number_of, say_history, say_skipped, say_traces
from remit.scan.integration import Integration
from remit.scan.occurrence import Relation, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.coverage import Coverage
    from remit.scan.findings import Findings
    from remit.scan.report import Report, Row

INCOMPLETE = "the scan is incomplete: not everything was read, and what was left out may use a model"
COMPLETE = "every file that could hold text was read; what no file shows was not looked at"


@dataclass(frozen=True)
class Item:
    """One use of a maker's models in one place, and what the terms say of it in one scope."""

    place: str
    integration: Integration
    row: Row | None = None
    commits: int = 0
    """How many commits of the history bear it; nought for what stands in files."""

    @property
    def verdict(self) -> str:
        """The word of the terms; empty where no terms were asked, or no scope is served."""
        return "" if self.row is None else self.row.decision.verdict.value

    @property
    def scope(self) -> str:
        """The scope it was judged in."""
        return "" if self.row is None else self.row.use.scope.id

    @property
    def case(self) -> str:
        """The use case it was judged in."""
        return "" if self.row is None else self.row.use.case

    @property
    def says(self) -> str:
        """Say in a sentence how the maker's model is part of the place."""
        found = self.integration
        models = f": {', '.join(found.models)}" if found.models else "; the model is not named"
        by = "" if found.channel == "direct" else f" by way of {found.channel}"
        if self.commits:
            return f"{found.maker} left a trail in {number_of(self.commits, 'commit')} of the history."
        return f"{found.maker} is used{by} ({found.strength.value}, {found.relation.value}){models}."


@dataclass(frozen=True)
class Inventory:
    """The findings of each place; in a check there is one place, and its report."""

    findings: tuple[Findings, ...]
    report: Report | None = None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every use, in the order of the places; in a check worst first, then what serves no scope."""
        if self.report is None:
            return tuple(item for findings in self.findings for item in _of_findings(findings))
        place = self.report.findings.path
        commits = {trail.maker: trail.commits for trail in self.report.findings.history}
        judged = [
            Item(place, row.use.integration, row, commits.get(row.use.integration.maker, 0) * _is_trail(row))
            for row in self.report.rows
        ]
        return (*judged, *(Item(place, found) for found in self.report.unscoped))

    @property
    def is_complete(self) -> bool:
        """Say whether everything that could hold text was read in every place."""
        return all(findings.coverage.is_complete for findings in self.findings)


def _of_findings(findings: Findings) -> Iterator[Item]:
    for integration in findings.integrations:
        yield Item(findings.path, integration)
    for trail in findings.history:
        found = Integration(
            trail.maker, "direct", Relation.AI_AUTHORED, Strength.HISTORY_ONLY, (), (), "high", ()
        )  # fmt: skip
        yield Item(findings.path, found, None, trail.commits)


def _is_trail(row: Row) -> bool:
    return row.use.integration.relation is Relation.AI_AUTHORED


def say_limits(findings: Findings) -> list[tuple[str, str]]:
    """Say what one place's findings rest on, each with a word: counts, what was left out, where nobody looked."""
    coverage = findings.coverage
    return [
        ("complete", "yes" if coverage.is_complete else "no"),
        ("says", _whole(coverage) if coverage.is_complete else INCOMPLETE),
        ("present", str(coverage.present)),
        ("read", str(coverage.read)),
        *(("not read", said) for said in say_skipped(coverage)),
        ("history", say_history(coverage)),
        ("dismissed", str(len(findings.dismissed))),
        *(("trace", said) for said in say_traces(findings)),
        *(("not inquired", f"{surface}; settled by {by}") for surface, by in coverage.not_inquired),
    ]


def _whole(coverage: Coverage) -> str:
    """What was read in part is never called complete: of a shallow clone that is the history."""
    return f"{COMPLETE}; the history was read in part" if coverage.history == SHALLOW else COMPLETE


def located(place: str, path: str) -> str:
    """Put a path of a place behind the place, unless the place is where the command runs or stands elsewhere."""
    if place in {".", ""} or place.startswith("/"):
        return path
    place = place.rstrip("/").removeprefix("./")
    return place if place.rsplit("/", 1)[-1] == path and "/" not in path else f"{place}/{path}"
