"""Where a call may go: the models of its use case in their order, each at the upstreams that serve it.

1. The model that was asked for comes first, then the others that the use case names, in the order of its preference.
   A use case or a key that names models reaches no others.
2. An upstream serves a model by its own list, or by its maker where it has none; it must answer to the same dialect,
   and stand in the level and the environment of the scope where it says any.
3. What is cut off by a kill switch is no target, nor is an upstream that just could not be reached while others can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from remit.gateway.credential import Credential
    from remit.terms.catalogue import Model
    from remit.terms.register import Register, Scope, UseCase
    from remit.terms.terms import Terms
    from remit.terms.upstream import Upstream


_MOST_KEPT = 4096


class Target(NamedTuple):
    """One model at one upstream, with what it is called there."""

    model: str
    upstream: Upstream
    wire: str


class Cuts(NamedTuple):
    """The kill switches that are thrown."""

    uses: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()

    def reach(self, model: Model) -> str:
        """Return which switch cuts a model off; nothing where none does."""
        if model.id in self.models:
            return f"kill/model/{model.id}"
        return f"kill/maker/{model.maker}" if model.maker in self.makers else ""


NO_CUTS = Cuts()


class Found(NamedTuple):
    """The targets of a call in their order, and of each model that has none why not."""

    targets: tuple[Target, ...]
    why_not: tuple[str, ...]
    rules: tuple[str, ...] = ()
    asked: str = ""
    """The model that was asked for, where it is known."""


class Routes:
    """Finds the targets of calls by one register."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._register: Register = terms.register
        self._kept: dict[tuple[str, str, str, Cuts], Found] = {}

    def find(
        self,
        asked: Model,
        name: str,
        credential: Credential,
        dialect: str,
        *,
        cuts: Cuts,
        is_down: Callable[[str], bool],
    ) -> Found:
        """Return the targets for a model that was asked for under a name."""
        key = credential.id, name, dialect, cuts
        found = self._kept.get(key)
        if found is None:
            found = self._find(asked, name, credential, dialect, cuts)
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = found
        if not any(is_down(target.upstream.id) for target in found.targets):
            return found
        return found._replace(targets=tuple(sorted(found.targets, key=lambda target: is_down(target.upstream.id))))

    def _find(self, asked: Model, name: str, credential: Credential, dialect: str, cuts: Cuts) -> Found:
        case = self._register.use_case(credential.use)
        if case is None:
            return Found((), (f"the terms know no use case {credential.use}",), ("remit#no-use-case",))
        if case.id in cuts.uses:
            return Found((), (f"the use case {case.id} was switched off",), (f"kill/use/{case.id}",))
        allowed = _allowed(case, credential)
        if allowed is not None and asked.id not in allowed:
            return Found((), (f"{case.id} does not name the model {asked.id}",), ("remit#model-not-named",))
        found: list[Target] = []
        why_not, rules = [], []
        for ident in dict.fromkeys((asked.id, *(allowed or ()))):
            model = self._terms.catalogue.model(ident)
            cut = "" if model is None else cuts.reach(model)
            if model is None or cut:
                why_not.append(f"{ident} was switched off")
                rules.append(cut)
                continue
            targets = list(self._targets(model, name if ident == asked.id else ident, case, dialect))
            if not targets:
                why_not.append(f"no upstream serves {ident} in this form")
                rules.append("remit#no-upstream")
            found.extend(targets)
        return Found(tuple(found), tuple(why_not), tuple(rules), asked.id)

    def anywhere(self, model: Model, credential: Credential, cuts: Cuts) -> tuple[Target, ...]:
        """Return the targets of a model in any dialect, for those who ask what there is."""
        case = self._register.use_case(credential.use)
        if case is None or case.id in cuts.uses or cuts.reach(model):
            return ()
        return tuple(self._targets(model, model.id, case, ""))

    def reaches(self, credential: Credential, model: str) -> bool:
        """Tell whether a use case and a key name a model, or name none at all."""
        case = self._register.use_case(credential.use)
        allowed = () if case is None else _allowed(case, credential)
        return allowed is None or model in allowed

    def models(self, credential: Credential) -> tuple[str, ...]:
        """Return the models that a use case could be sent to, in its order, or else by name."""
        case = self._register.use_case(credential.use)
        if case is None:
            return ()
        named = _allowed(case, credential)
        if named is not None:
            return named
        makers = {upstream.maker for upstream in self._register.upstreams if upstream.maker and not upstream.models}
        wired = {model for upstream in self._register.upstreams for model in upstream.models}
        catalogue = self._terms.catalogue.models.values()
        return tuple(sorted({model.id for model in catalogue if model.maker in makers} | wired))

    def _targets(self, model: Model, name: str, case: UseCase, dialect: str) -> Iterator[Target]:
        scope = self._register.scope(case.scope)
        for upstream in self._register.upstreams:
            if answers_to(upstream, dialect) and _stands_in(upstream, scope):
                if model.id in upstream.models:
                    yield Target(model.id, upstream, upstream.models[model.id])
                elif not upstream.models and upstream.maker in {"", model.maker}:
                    # A name wrapped for a cloud or a router says nothing to the maker's own service.
                    plain = upstream.service or self._terms.catalogue.model(name) is not None
                    yield Target(model.id, upstream, name if plain else model.id)


def answers_to(upstream: Upstream, dialect: str) -> bool:
    """Tell whether an upstream answers to a dialect; `openai` means every dialect that begins so."""
    return not (dialect and upstream.dialects) or any(
        dialect == each or dialect.startswith(f"{each}-") for each in upstream.dialects
    )


def _stands_in(upstream: Upstream, scope: Scope | None) -> bool:
    level, environment = ("", "") if scope is None else (scope.level, scope.environment)
    return upstream.level in {"", level} and upstream.environment in {"", environment}


def _allowed(case: UseCase, credential: Credential) -> tuple[str, ...] | None:
    """Return the models that a use case and a key name, which may be none of them; None where neither names any."""
    if case.models and credential.models:
        return tuple(model for model in case.models if model in credential.models)
    return case.models or credential.models or None
