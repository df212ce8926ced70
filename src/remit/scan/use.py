"""Make a `Use` of each integration for each scope it serves, so that the judge can be asked.

1. An integration is narrowed to the files that serve the scope, and within it to each use case that they serve.
   What only makes a model available, a dependency or a key, belongs to the use cases that call it. A service whose
   models are all named where it is called is told of with them.
2. What the scan saw is measured; what the register says of the scope and the use case is configured.
3. A service that is reported under its own name has no known maker: that fact is left out, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from remit.scan.integration import Integration
from remit.scan.occurrence import Relation, Role, Strength
from remit.scan.verdict import strength_of
from remit.terms.action import Action
from remit.terms.completion import complete_use
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from remit.scan.findings import Findings
    from remit.scan.history import Trail
    from remit.scan.verdict import Landscape
    from remit.terms.register import Scope
    from remit.terms.terms import Terms
    from remit.terms.use import Value

_SOURCE = "by the scan"
_AVAILABLE = frozenset({Role.DEPENDENCY, Role.CREDENTIAL})


@dataclass(frozen=True, slots=True)
class ScopedUse:
    """One use in one scope, with the integration it was made of, narrowed to the scope's files."""

    scope: Scope
    case: str
    integration: Integration
    use: Use


def scoped_uses(findings: Findings, terms: Terms) -> Iterator[ScopedUse]:
    """Yield the uses of every scope, in the order of the register."""
    for scope in terms.register.scopes:
        serves = _serving(scope)
        cases = [(case.id, _matcher(case.serves)) for case in terms.register.use_cases if case.scope == scope.id]
        landscape = findings.landscape.within(serves)
        found = [narrow(each, serves, landscape) for each in (*findings.integrations, *findings.traces)]  # (1)
        for inside in _told(each for each in found if each is not None):
            for case, part in _by_case(inside, cases, landscape):
                yield ScopedUse(scope, case, part, make_use(part, scope, case, terms))
        for trail in findings.history:
            part = _of_history(trail)
            yield ScopedUse(scope, "", part, make_use(part, scope, "", terms))


def _told(integrations: Iterable[Integration]) -> list[Integration]:
    """Leave out a service whose models are named in each file that calls it: they have told of it already."""
    every = list(integrations)
    named: dict[str, set[str]] = {}
    for each in every:
        named.setdefault(each.channel, set()).update(place.path for place in each.evidence if place.model)
    return [
        each
        for each in every
        if each.models
        or each.maker.removeprefix("other:") != each.channel
        or not {place.path for place in each.evidence if place.role not in _AVAILABLE} <= named[each.channel]
    ]


def unscoped(findings: Findings, terms: Terms) -> list[Integration]:
    """Return what serves no scope: findings that no verdict is given on."""
    scopes = [_serving(scope) for scope in terms.register.scopes]
    landscape = findings.landscape.within(lambda path: not any(serves(path) for serves in scopes))
    left = (
        narrow(found, lambda path: not any(serves(path) for serves in scopes), landscape)
        for found in (*findings.integrations, *findings.traces)
    )
    return [integration for integration in left if integration is not None]


def narrow(integration: Integration, inside: Callable[[str], bool], landscape: Landscape) -> Integration | None:
    """Return the integration with only the files that lie inside; nothing when none does.

    Its models are those named there. Where no file there names one the model is not known: another scope's choice
    is never taken for this one's. Its strength is what the places there say together, whatever stands elsewhere.
    """
    files = tuple((path, lines) for path, lines in integration.files if inside(path))
    if not files:
        return None
    places = tuple(place for place in integration.evidence if inside(place.path))
    models = tuple(sorted({place.model for place in places if place.model}))
    own = [place for place in places if place.role is not Role.INDIRECT]
    strength = strength_of(integration.maker, own, landscape) if own else integration.strength
    further = tuple(place for place in integration.further if inside(place.path))
    return replace(integration, files=files, evidence=places, models=models, strength=strength, further=further)


def make_use(integration: Integration, scope: Scope, case: str, terms: Terms) -> Use:
    """Make the use that the judge is asked about."""
    catalogue = terms.catalogue
    service = integration.maker.removeprefix("other:")
    measured: dict[str, Value] = {
        "model.relation": integration.relation.value,
        "model.strength": integration.strength.value,
    }
    if kind := catalogue.services.get(integration.channel):
        measured["model.channel"] = kind
    models = {model.id if (model := catalogue.model(name)) else name for name in integration.models}
    if models:
        measured["model.id"] = frozenset(models) if len(models) > 1 else models.pop()
    if integration.channel != "direct":
        measured["model.service"] = integration.channel
    if catalogue.makes_models(integration.maker):
        measured["model.maker"] = integration.maker
    elif service in catalogue.services:  # (3)
        measured["model.service"] = service
    facts = {name: Fact(value, VouchedBy.MEASURED, _SOURCE) for name, value in measured.items()}  # (2)
    facts["scope.id"] = Fact(scope.id, VouchedBy.CONFIGURED, "by the register")
    if case:
        facts["use.case"] = Fact(case, VouchedBy.CONFIGURED, "by the register")
    return complete_use(terms, Use(Action.INTEGRATE, facts))


def _by_case(
    integration: Integration, cases: Iterable[tuple[str, Callable[[str], bool]]], landscape: Landscape
) -> Iterator[tuple[str, Integration]]:
    """Split an integration by the use cases its files serve; a file that serves several counts for each."""
    parts = [(case, part) for case, serves in cases if (part := narrow(integration, serves, landscape)) is not None]
    served = {path for _, part in parts for path, _ in part.files}
    rest = narrow(integration, lambda path: path not in served, landscape)
    yield from parts
    if rest is not None and not (parts and rest.evidence and all(each.role in _AVAILABLE for each in rest.evidence)):
        yield "", rest


def _of_history(trail: Trail) -> Integration:
    """Make an integration of an agent's trail in the history: it serves every scope of the repository."""
    return Integration(trail.maker, "direct", Relation.AI_AUTHORED, Strength.HISTORY_ONLY, (), (), "high", ())


def _serving(scope: Scope) -> Callable[[str], bool]:
    """Return a test of the paths that serve a scope and are not spared."""
    serves, spares = _matcher(scope.serves), _matcher(scope.spares)
    return lambda path: serves(path) and not spares(path)


def _matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a test of paths by patterns as `.gitignore` has them; no pattern matches nothing."""
    if not patterns:
        return lambda _: False
    return GitIgnoreSpec.from_lines(patterns).match_file
