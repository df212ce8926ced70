"""The findings of one or many places as one record: keyed by path, and joined where there are several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.scan.findings import worst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.scan.findings import Findings
    from remit.scan.integration import Integration

JOINED = "joined"
"""The key of the summary over all places; a place of that very name is written `./joined`."""


def joined_record(findings: Sequence[Findings]) -> dict[str, Any]:
    """Return the record of each place by its path, and what they come to together where there are several."""
    record = {key_of(found): found.as_json() for found in findings}
    return record | {JOINED: _summary(findings)} if len(findings) > 1 else record


def key_of(findings: Findings) -> str:
    """Name a place in the record."""
    return f"./{JOINED}" if findings.path == JOINED else findings.path


def _summary(findings: Sequence[Findings]) -> dict[str, Any]:
    makers: dict[str, dict[str, list[Integration]]] = {}
    history: dict[str, int] = {}
    for found in findings:
        for maker, places in found.makers.items():
            makers.setdefault(maker, {})[key_of(found)] = places
        for trail in found.history:
            history[trail.maker] = history.get(trail.maker, 0) + trail.commits
    return {
        "places": len(findings),
        "makers": {maker: _maker(places) for maker, places in sorted(makers.items())},
        "history": dict(sorted(history.items())),
        "dismissed": sum(len(found.dismissed) for found in findings),
        "coverage": {
            "present": sum(found.coverage.present for found in findings),
            "read": sum(found.coverage.read for found in findings),
            "complete": all(found.coverage.is_complete for found in findings),
            "incomplete": sorted(key_of(found) for found in findings if not found.coverage.is_complete),
        },
    }


def _maker(places: dict[str, list[Integration]]) -> dict[str, Any]:
    every = [integration for found in places.values() for integration in found]
    return {
        "strength": worst(every).value,
        "places": {path: worst(found).value for path, found in sorted(places.items())},
        "channels": sorted({integration.channel for integration in every}),
        "models": sorted({model for integration in every for model in integration.models}),
        "files": sum(
            len({path for integration in found for path, _ in integration.files}) for found in places.values()
        ),
    }
