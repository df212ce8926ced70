"""What a scan of one place found, in the form in which it is printed and published."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from remit.scan.occurrence import Role
from remit.scan.verdict import Landscape

if TYPE_CHECKING:
    from remit.scan.coverage import Coverage
    from remit.scan.history import Trail
    from remit.scan.integration import Integration
    from remit.scan.occurrence import Dismissal, Occurrence, Strength


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything one place says about the models in it, and about what was not looked at."""

    path: str
    integrations: tuple[Integration, ...]
    traces: tuple[Integration, ...]
    """What is of a maker and calls no model of it; terms may still ask about it."""
    history: tuple[Trail, ...]
    dismissed: tuple[Dismissal, ...]
    coverage: Coverage
    landscape: Landscape = field(default_factory=lambda: Landscape({}, {}, frozenset()), repr=False)
    """What the whole place says about how it chooses, so that a part of it can be judged apart."""

    @property
    def makers(self) -> dict[str, list[Integration]]:
        """The integrations of each maker, the most serious maker first."""
        found: dict[str, list[Integration]] = defaultdict(list)
        for integration in self.integrations:
            found[integration.maker].append(integration)
        return dict(sorted(found.items(), key=lambda pair: (worst(pair[1]).rank, pair[0])))

    def as_json(self) -> dict[str, Any]:
        """Give the published form: sorted, so that the same place gives the same bytes."""
        makers = self.makers
        return {
            "makers": {maker: _maker(makers[maker]) for maker in sorted(makers)},
            "history": {trail.maker: trail.commits for trail in self.history},
            "dismissed": [
                {"path": found.path, "line": found.line, "maker": found.maker, "why": found.why}
                for found in self.dismissed
            ],
            "coverage": self.coverage.as_json(),
        } | ({"traces": [_trace(found) for found in self.traces]} if self.traces else {})


def worst(integrations: list[Integration]) -> Strength:
    """The most serious strength among some integrations."""
    return min((integration.strength for integration in integrations), key=lambda strength: strength.rank)


def _maker(integrations: list[Integration]) -> dict[str, Any]:
    files: dict[str, set[int]] = defaultdict(set)
    for integration in integrations:
        for path, lines in integration.files:
            files[path].update(lines)
    direct = {path for integration in integrations for path in integration.named}
    return {
        "strength": worst(integrations).value,
        "channels": sorted({integration.channel for integration in integrations}),
        "relations": sorted({integration.relation.value for integration in integrations}),
        "models": sorted({model for integration in integrations for model in integration.models}),
        "files": [
            {"path": path, "lines": sorted(lines)} | ({} if path in direct else {"indirect": True})
            for path, lines in sorted(files.items())
        ],
        "integrations": [_integration(integration) for integration in integrations],
    }


def _integration(integration: Integration) -> dict[str, Any]:
    return {
        "channel": integration.channel,
        "relation": integration.relation.value,
        "strength": integration.strength.value,
        "models": list(integration.models),
        "confidence": integration.confidence,
        "evidence": [
            {
                "path": place.path,
                "line": place.line,
                "detector": place.detector,
                "role": place.role.value,
                "says": place.says,
            }
            | ({"through": [_step(step) for step in place.steps]} if place.role is Role.INDIRECT else {})
            for place in integration.evidence
        ],
        "chain": [_step(step) for step in integration.chain],
    } | ({"further": [_further(place) for place in integration.further]} if integration.further else {})


def _trace(trace: Integration) -> dict[str, Any]:
    return {"maker": trace.maker} | _integration(trace)


def _further(place: Occurrence) -> dict[str, Any]:
    return {
        "path": place.path,
        "line": place.line,
        "says": place.says,
        "through": [_step(step) for step in place.steps],
    }


def _step(step: tuple[str, int, str]) -> dict[str, Any]:
    path, line, says = step
    return {"path": path, "line": line, "says": says}


def schema() -> dict[str, Any]:
    """The published JSON Schema of what `as_json` gives."""
    from importlib import resources  # noqa: PLC0415 - a scan has no use for it, and it takes a while to import.

    text = (resources.files("remit") / "scan" / "findings.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
