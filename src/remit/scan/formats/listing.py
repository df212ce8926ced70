"""Findings for people, without terms: lines for a terminal, and a page of Markdown.

The most serious maker comes first, then what was left out, then where it looked and where nobody did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.findings import worst
from remit.scan.formats.code import code_span, plain_text, shown
from remit.scan.formats.columns import columns, wrapped
from remit.scan.formats.words import number_of, say_dismissed, say_history, say_read, say_skipped, say_traces
from remit.scan.occurrence import Relation, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.scan.findings import Findings
    from remit.scan.history import Trail
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
_WIDTH = max(len(strength.value) for strength in Strength)
_LABEL = len("not inquired")
_WIDEST = 48
"""A path longer than this pushes its own line alone."""
_INCOMPLETE = "the scan is incomplete: what was not read may use a model"


def listing_lines(findings: Findings, width: int | None = None) -> Iterator[list[Span]]:
    """Yield the lines for a terminal, wrapped to a width; a pipe gets each whole."""
    yield [(shown(findings.path), "bold")]
    yield []
    makers = findings.makers
    if not makers and not findings.history:
        yield [("  no model was found in what was looked at", "")]
    named = max(map(len, [*makers, *(trail.maker for trail in findings.history)]), default=0)
    for maker, places in makers.items():
        strength = worst(places)
        yield _head(strength, f"{maker:<{named}}  {_how(places)}")
        for word, style, rows in _notes(places):
            for number, row in enumerate(rows):
                label = f"{'' if number else word:<{len('default')}}  "
                yield from _note(f"{'':<{_WIDTH + 4}}", label, row, style, width)
    for trail in findings.history:
        yield _head(Strength.HISTORY_ONLY, f"{trail.maker:<{named}}  {Relation.AI_AUTHORED.value}")
        label = f"{'found':<{len('default')}}  "
        yield from _note(f"{'':<{_WIDTH + 4}}", label, _say_trail(trail, findings), "dim", width)
    yield []
    for word, said, style in _looked(findings):
        yield from _note("  ", f"{word:<{_LABEL}}  ", said, style, width)
    yield []


def _head(strength: Strength, said: str) -> list[Span]:
    return [("  ", ""), (strength.value, _STYLES[strength]), (" " * (_WIDTH - len(strength.value)) + "  " + said, "")]


def _note(margin: str, label: str, text: str, style: str, width: int | None) -> Iterator[list[Span]]:
    for number, line in enumerate(wrapped(text, width, len(margin) + len(label))):
        yield [(margin, ""), (" " * len(label) if number else label, "dim"), (line, style)]


def _how(places: list[Integration]) -> str:
    relations = ", ".join(_relations(places))
    channels = ", ".join(_channels(places))
    return relations if channels == "direct" else f"{relations} via {channels}"


def _relations(places: list[Integration]) -> list[str]:
    """The relations, the most serious first."""
    ordered = sorted(places, key=lambda place: (place.strength.rank, place.relation.value))
    return list(dict.fromkeys(place.relation.value for place in ordered))


def _channels(places: list[Integration]) -> list[str]:
    return sorted({place.channel for place in places})


def _models(places: list[Integration]) -> list[str]:
    """The models, the first few of many, and how many more there are."""
    models = sorted({model for place in places for model in place.models})
    return [*models[:_EVIDENCE], *([f"{len(models) - _EVIDENCE} more"] if len(models) > _EVIDENCE else [])]


def _notes(places: list[Integration]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what there is to say of a maker, each with its word and style."""
    if models := _models(places):
        yield "models", "bold", [", ".join(models)]
    if ways := list(_ways(places)):
        yield "default", "", [shown(way) for way in ways]
    rows = [(shown(place), shown(says)) for place, says in _evidence(places)]
    more = len({path for place in places for path, _ in place.files}) - len(rows)
    rest = [f"{number_of(more, 'more file')}; --format json lists each"] if more > 0 else []
    yield "found", "dim", [*columns(rows, widest=_WIDEST), *rest]


def _ways(places: list[Integration]) -> Iterator[str]:
    """Say how a default leads from one place to another; a step that stands alone is among the places."""
    ordered = sorted(places, key=lambda place: place.strength.rank)
    chains = dict.fromkeys(place.chain for place in ordered if len(place.chain) > 1)
    for chain in list(chains)[:_EVIDENCE]:
        yield " → ".join(f"{path}:{line} {says}" for path, line, says in chain)


def _evidence(places: list[Integration]) -> list[tuple[str, str]]:
    """The first places that say most, each file once."""
    ordered = sorted(places, key=lambda place: place.strength.rank)
    rows: dict[str, tuple[str, str]] = {}
    for occurrence in (found for place in ordered for found in place.evidence):
        rows.setdefault(occurrence.path, (f"{occurrence.path}:{occurrence.line}", occurrence.says))
    return list(rows.values())[:_EVIDENCE]


def _say_trail(trail: Trail, findings: Findings) -> str:
    forms = ", ".join(f"{form} {number}" for form, number in trail.by)
    return f"{trail.commits} of {number_of(findings.coverage.commits, 'commit')} ({forms})"


def _looked(findings: Findings) -> Iterator[tuple[str, str, str]]:
    coverage = findings.coverage
    yield "dismissed", say_dismissed(len(findings.dismissed)), ""
    for number, trace in enumerate(say_traces(findings)):
        yield "" if number else "traces", shown(trace), ""
    yield "looked at", say_read(coverage), ""
    yield "history", shown(say_history(coverage)), ""
    for number, skipped in enumerate(say_skipped(coverage)):
        yield "" if number else "not read", shown(skipped), ""
    if not coverage.is_complete:
        yield "incomplete", _INCOMPLETE, "bold yellow"
    yield "not inquired", "; ".join(surface for surface, _ in coverage.not_inquired), "dim"


def listing_page(findings: Findings) -> Iterator[str]:
    """Yield the lines of the page."""
    coverage = findings.coverage
    yield f"# What a scan of {code_span(findings.path)} found"
    yield ""
    if not coverage.is_complete:
        yield f"**{_INCOMPLETE[0].upper()}{_INCOMPLETE[1:]}.**"
        yield ""
    if findings.makers:
        yield "| strength | maker | channel | relation | models | places |"
        yield "| --- | --- | --- | --- | --- | --- |"
    else:
        yield "No model was found in what was looked at."
    for maker, places in findings.makers.items():
        where = "<br>".join(f"{_code(place)} {_cell(says)}" for place, says in _evidence(places))
        models = ", ".join(map(_cell, _models(places)))
        cells = (worst(places).value, _cell(maker), *map(", ".join, (_channels(places), _relations(places))))
        yield f"| {' | '.join((*cells, models, where))} |"
    yield from _ways_page(findings)
    if findings.history:
        yield from _heading("History")
        yield from (f"- {trail.maker}: {_say_trail(trail, findings)}" for trail in findings.history)
    yield from _heading("Where it looked")
    yield f"- Dismissed: {say_dismissed(len(findings.dismissed))}."
    yield from (f"- Trace: {plain_text(trace)}." for trace in say_traces(findings))
    yield f"- Looked at {say_read(coverage)}; history: {plain_text(say_history(coverage))}."
    yield from (f"- Not read: {plain_text(skipped)}." for skipped in say_skipped(coverage))
    yield from _heading("Where nobody looked")
    yield from (f"- {surface}: {by} would settle it." for surface, by in coverage.not_inquired)
    yield ""


def _ways_page(findings: Findings) -> Iterator[str]:
    ways = [(maker, way) for maker, places in findings.makers.items() for way in _ways(places)]
    if not ways:
        return
    yield from _heading("How the defaults are found")
    yield from (f"- {plain_text(maker)}: {plain_text(way)}" for maker, way in ways)


def _heading(text: str) -> tuple[str, str, str]:
    return ("", f"## {text}", "")


def _code(text: str) -> str:
    """A bar within a cell would begin another one, even within code."""
    return code_span(text).replace("|", "\\|")


def _cell(text: str) -> str:
    return plain_text(text).replace("|", "\\|")
