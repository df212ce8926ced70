"""What the register and the catalogue fix together: a use case with its scope, a model with its maker, a tool.

A box over single attributes holds points that no use can have, such as one maker's model under another's name. A
circumstance cuts out what can be: the facts that come with one row of the register or of the catalogue. The last of
each kind is open: what no row lists may have any facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from remit.terms.action import Action
from remit.terms.completion import complete_use
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from remit.prove.box import Box
    from remit.prove.domain import Axis
    from remit.terms.terms import Terms
    from remit.terms.use import Value

CONFIGURED = frozenset(
    {"organisation", "customer", "scope.id", "scope.kind", "scope.level", "scope.environment", "use.case"}
)
"""Attributes that the credential brings: the register binds them, or nobody supplies them."""

MEASURED = ("model.", "people.", "tool.")
"""How attributes begin that gateway and scan see for themselves; `remit terms check` goes by the same list."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """One row of the register or the catalogue: its name, the facts it brings, and the box they cut out."""

    says: str
    box: Box
    facts: Mapping[str, Value] = field(default_factory=dict)

    def is_declared(self, attribute: str) -> bool:
        """Tell whether nothing but the caller's word stands for an attribute here."""
        return attribute not in self.facts and not is_vouched(attribute)


AT_LARGE = Circumstance("", ())
"""Nothing is fixed: no row of the register, and an empty box stands for all."""


def is_vouched(attribute: str) -> bool:
    """Tell whether an attribute comes from the credential, the gateway or the scan, wherever it is used."""
    return attribute in CONFIGURED or attribute.startswith(MEASURED)


def callers(terms: Terms, axes: Sequence[Axis]) -> list[Circumstance]:
    """Return every use case, and every scope that has none; where the register has neither, one caller at large."""
    register = terms.register
    cased = {case.scope for case in register.use_cases}
    found = [
        *(("use case " + case.id, {"use.case": case.id}) for case in register.use_cases),
        *(("scope " + scope.id, {"scope.id": scope.id}) for scope in register.scopes if scope.id not in cased),
    ]
    if not found:
        return [AT_LARGE]
    return [_caller(terms, axes, says, facts) for says, facts in found]


def _caller(terms: Terms, axes: Sequence[Axis], says: str, given: Mapping[str, str]) -> Circumstance:
    facts = _follow(terms, given)
    box = _cut(axes, facts)
    blank = (
        axis.missing if axis.attribute in CONFIGURED and axis.attribute not in facts else mask
        for axis, mask in zip(axes, box, strict=True)
    )
    return Circumstance(says, tuple(blank), facts)


def _follow(terms: Terms, given: Mapping[str, str]) -> dict[str, Value]:
    use = Use(Action.INVOKE, {name: Fact(value, VouchedBy.CONFIGURED) for name, value in given.items()})
    return {name: fact.value for name, fact in complete_use(terms, use).facts.items()}


def _cut(axes: Sequence[Axis], facts: Mapping[str, Value]) -> Box:
    return tuple(axis.mask_of(facts[axis.attribute]) if axis.attribute in facts else axis.full for axis in axes)


def models(terms: Terms, axes: Sequence[Axis]) -> list[Circumstance]:
    """Return every class of models that the conditions tell apart, the terms' own models first, and any other."""
    mentioned = next((axis for axis in axes if axis.attribute == "model.id"), None)
    listed = [str(element.value) for element in mentioned.elements[:-1]] if mentioned else []
    own = [model.id for model in terms.register.models]
    shipped = sorted(terms.catalogue.models, key=lambda name: "/" in name)
    known = [name for name in dict.fromkeys((*own, *listed, *shipped)) if terms.catalogue.model(name)]
    return _distinct(axes, (_named(terms, axes, "model.id", name) for name in known), "model.id")


def tools(terms: Terms, axes: Sequence[Axis]) -> list[Circumstance]:
    """Return every class of tools that the conditions tell apart, and any other."""
    named = (_named(terms, axes, "tool.name", tool.id) for tool in terms.register.tools)
    return _distinct(axes, named, "tool.name")


def _named(terms: Terms, axes: Sequence[Axis], attribute: str, name: str) -> Circumstance:
    facts = _follow(terms, {attribute: name})
    return Circumstance(name, _cut(axes, facts), facts)


def _distinct(axes: Sequence[Axis], rows: Iterable[Circumstance], key: str) -> list[Circumstance]:
    """Return one row for each box, and at the end the open one, whose key names none of those that are listed."""
    found: dict[Box, Circumstance] = {}
    turning = any(axis.attribute.startswith(key.partition(".")[0] + ".") for axis in axes)
    for row in rows if turning else islice(rows, 1):
        found.setdefault(row.box, row)
    return [*found.values(), Circumstance("", tuple(_unlisted(axes, key)))]


def _unlisted(axes: Sequence[Axis], key: str) -> Iterator[int]:
    for axis in axes:
        others = sum(1 << place for place in axis.unlisted.values()) | axis.missing
        yield others if axis.attribute == key else axis.full
