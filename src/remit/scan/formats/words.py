"""Words that every form of a report shares: what was found, where it is, and how much was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.scan.formats.code import shown

if TYPE_CHECKING:
    from remit.scan.coverage import Coverage
    from remit.scan.findings import Findings
    from remit.scan.integration import Integration

_SHOWN_PLACES = 4
_SHOWN_MODELS = 3


def say_models(integration: Integration) -> str:
    """Name the models, the first few of many."""
    named = list(integration.models[:_SHOWN_MODELS])
    more = len(integration.models) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more else [])]) or "model not named"


def say_relation(integration: Integration) -> str:
    """Say how the model is part of the system: relation, strength and channel."""
    by = "" if integration.channel == "direct" else f" via {integration.channel}"
    return f"{integration.strength.value} {integration.relation.value}{by}"


def say_places(integration: Integration) -> str:
    """Name the places that show it best, the first few of many; the rest are in the JSON."""
    first = {place.path: place.line for place in reversed(integration.evidence)}
    order = list(dict.fromkeys([*(place.path for place in integration.evidence), *(p for p, _ in integration.files)]))
    lines = dict(integration.files)
    named = [shown(f"{path}:{first.get(path) or lines[path][0]}") for path in order[:_SHOWN_PLACES]]
    more = len(integration.files) - len(named)
    return ", ".join([*named, *([f"{more} more file{'' if more == 1 else 's'}"] if more > 0 else [])])


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
