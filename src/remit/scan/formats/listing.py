"""Findings for people, without terms: lines for a terminal, and a page of Markdown.

The most serious maker comes first, then what was left out, then where it looked and where nobody did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.coverage import NOT_INQUIRED
from remit.scan.findings import worst
from remit.scan.formats.code import code_span
from remit.scan.formats.columns import columns
from remit.scan.occurrence import Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.findings import Findings
    from remit.scan.integration import Integration

Span = tuple[str, str]
"""A text and its style, in the words of rich."""

_STYLES = {
    Strength.INTEGRATED: "bold red",
    Strength.OPTIONAL: "bold yellow",
    Strength.TEST_ONLY: "cyan",
    Strength.DEVTOOL: "blue",
    Strength.HISTORY_ONLY: "magenta",
}
_EVIDENCE = 3


def listing_lines(findings: Findings) -> Iterator[list[Span]]:
    """Yield the lines for a terminal."""
    yield [(findings.path, "bold")]
    makers = findings.makers
    if not makers and not findings.history:
        yield [("  no model was found in what was looked at", "")]
    rows = [(worst(places).value, maker, _channels(places), _models(places)) for maker, places in makers.items()]
    for line, places in zip(columns(rows), makers.values(), strict=True):
        strength = worst(places)
        cut = len(strength.value)
        yield [("  ", ""), (line[:cut], _STYLES[strength]), (line[cut:].rstrip(), "")]
        yield from ([("      ", ""), (row, "dim")] for row in columns(_evidence(places)))
    for trail in findings.history:
        forms = ", ".join(f"{form} {number}" for form, number in trail.by)
        said = f"  {trail.maker}  {trail.commits} of {findings.coverage.commits} commits ({forms})"
        yield [("  ", ""), ("history", _STYLES[Strength.HISTORY_ONLY]), (said, "")]
    yield from ([(f"  {line}", "")] for line in _looked(findings))
    yield [("", "")]


def _channels(places: list[Integration]) -> str:
    return ", ".join(sorted({place.channel for place in places}))


def _models(places: list[Integration]) -> str:
    models = sorted({model for place in places for model in place.models})
    shown = ", ".join(models[:_EVIDENCE])
    return f"{shown} and {len(models) - _EVIDENCE} more" if len(models) > _EVIDENCE else shown


def _evidence(places: list[Integration]) -> list[tuple[str, str]]:
    """The first places that say most, each file once."""
    ordered = sorted(places, key=lambda place: place.strength.rank)
    rows: dict[str, tuple[str, str]] = {}
    for occurrence in (found for place in ordered for found in place.evidence):
        rows.setdefault(occurrence.path, (f"{occurrence.path}:{occurrence.line}", occurrence.says))
    return list(rows.values())[:_EVIDENCE]


def _looked(findings: Findings) -> Iterator[str]:
    coverage = findings.coverage
    yield f"{len(findings.dismissed)} places look like a use and are none; --format json lists each with the reason"
    yield f"looked at {coverage.read} of {coverage.present} files; history {coverage.history}"
    for why, paths in sorted(coverage.skipped.items()):
        yield f"  not read: {len(paths)} {why}, such as {min(paths)}"
    if not coverage.is_complete:
        yield "  so the scan is incomplete: what was not read may use a model"
    yield f"not looked at, since no tree shows it: {'; '.join(surface for surface, _ in NOT_INQUIRED)}"


def listing_page(findings: Findings) -> Iterator[str]:
    """Yield the lines of the page."""
    yield f"# What a scan of {code_span(findings.path)} found\n"
    if findings.makers:
        yield "| strength | maker | channel | relation | models | places |"
        yield "| --- | --- | --- | --- | --- | --- |"
    for maker, places in findings.makers.items():
        relations = ", ".join(sorted({place.relation.value for place in places}))
        where = "<br>".join(f"{_cell(code_span(place))} {_cell(says)}" for place, says in _evidence(places))
        models = _cell(_models(places))
        yield f"| {worst(places).value} | {maker} | {_channels(places)} | {relations} | {models} | {where} |"
    if not findings.makers:
        yield "No model was found in what was looked at."
    if findings.history:
        yield "\n## History\n"
        yield from (
            f"- {trail.maker}: {trail.commits} of {findings.coverage.commits} commits" for trail in findings.history
        )
    coverage = findings.coverage
    yield "\n## Where it looked\n"
    yield f"- {len(findings.dismissed)} places look like a use and are none."
    yield f"- Read {coverage.read} of {coverage.present} files; history {coverage.history}."
    yield from (f"- Not read: {len(paths)} {why}." for why, paths in sorted(coverage.skipped.items()))
    if not coverage.is_complete:
        yield "- So the scan is incomplete: what was not read may use a model."
    yield "\n## Where nobody looked\n"
    yield from (f"- {surface}: {by} would settle it." for surface, by in NOT_INQUIRED)


def _cell(text: str) -> str:
    """A bar within a cell would begin another one."""
    return text.replace("|", "\\|").replace("\n", " ")
