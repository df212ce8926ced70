"""What follows from the facts of a use: its model's maker, its scope's level, its tool's effect.

A fact that follows is vouched for no better than the fact it follows from: a declared scope gives a declared level.
A fact that is given is never overwritten; a model alone is called by the name of its row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from remit.terms.use import Fact, Use, Value, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from remit.terms.terms import Terms

    Found: TypeAlias = Iterator[tuple[str, Value]]

_MODELS = frozenset({"model.id", "model.base"})
HIGHEST_EFFECT = "force"
"""The effect of a tool that is not registered."""


def complete_use(terms: Terms, use: Use) -> Use:
    """Return the use with everything that the register and the catalogue say of it.

    A model that goes by several names is called by that of its row, or another name would pass a clause by.

    1. The use case names the scope and brings its own facts; the scope brings the rest.
    2. The model names its maker, family, licence and what it is derived from; the maker its parent and country.
    3. The tool names its effect; one that is not registered has the most serious.
    """
    facts = {name: _as_listed(terms, name, fact) for name, fact in use.facts.items()}
    for source, follow, best in (
        ("use.case", _of_case, VouchedBy.CONFIGURED),  # (1)
        ("scope.id", _of_scope, VouchedBy.CONFIGURED),
        ("model.id", _of_model, VouchedBy.ATTESTED),  # (2)
        ("model.maker", _of_maker, VouchedBy.ATTESTED),
        ("tool.name", _of_tool, VouchedBy.CONFIGURED),  # (3)
    ):
        fact = facts.get(source)
        names = () if fact is None else _names(fact)
        if fact is None or not names:
            continue
        vouched_by = min(fact.vouched_by, best)
        for name, value in follow(terms, names):
            facts.setdefault(name, Fact(value, vouched_by, f"by {source}"))
    return Use(use.action, facts)


def _as_listed(terms: Terms, name: str, fact: Fact) -> Fact:
    names = _names(fact) if name in _MODELS else ()
    if not names:
        return fact
    listed = frozenset(model.id if (model := terms.catalogue.model(other)) else other for other in names)
    return replace(fact, value=listed if isinstance(fact.value, frozenset) else min(listed))


def _names(fact: Fact) -> tuple[str, ...]:
    """Return a fact's value as names, sorted; none where any part of it is of another type."""
    values = fact.value if isinstance(fact.value, frozenset) else (fact.value,)
    names = [value for value in values if isinstance(value, str)]
    return tuple(sorted(names)) if len(names) == len(values) else ()


def _of_case(terms: Terms, names: tuple[str, ...]) -> Found:
    case = next((c for c in terms.register.use_cases if names == (c.id,)), None)
    if case is not None:
        yield from case.facts.items()
        if case.scope:
            yield "scope.id", case.scope


def _of_scope(terms: Terms, names: tuple[str, ...]) -> Found:
    scope = terms.register.scope(names[0]) if len(names) == 1 else None
    if scope is None:
        return
    yield from scope.facts.items()
    for name, value in (
        ("scope.kind", scope.kind),
        ("scope.level", scope.level),
        ("scope.environment", scope.environment),
        ("organisation", scope.organisation),
        ("customer", scope.customer),
    ):
        if value:
            yield name, value


def _of_model(terms: Terms, names: tuple[str, ...]) -> Found:
    """Yield what is known of every model named; of one that nobody knows the family may still be told by its name."""
    catalogue = terms.catalogue
    models = [catalogue.model(name) or catalogue.guess(name) for name in names]
    for attribute in ("family", "maker", "licence", "weights", "base"):
        yield from _together(f"model.{attribute}", (getattr(model, attribute) for model in models))


def _of_maker(terms: Terms, names: tuple[str, ...]) -> Found:
    makers = [terms.catalogue.makers.get(name) for name in names]
    yield from _together("model.parent", (maker.parent if maker else "" for maker in makers))
    yield from _together("model.domicile", (maker.domicile if maker else "" for maker in makers))


def _of_tool(terms: Terms, names: tuple[str, ...]) -> Found:
    tools = {tool.id: tool for tool in terms.register.tools}
    effects: set[str] = set()
    for name in names:
        tool = tools.get(name)
        effects.update(tool.effects if tool is not None else (HIGHEST_EFFECT,))
    yield "tool.effect", frozenset(effects)


def _together(name: str, values: Iterable[str]) -> Found:
    """Yield an attribute where it is known for every name: a part of the truth would look like all of it."""
    known = list(values)
    if known and all(known):
        yield name, known[0] if len(set(known)) == 1 else frozenset(known)
