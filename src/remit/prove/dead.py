"""Permissions that permit nothing, and use cases left without a model, with the instant from which they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of
from remit.prove.finding import Finding, Question
from remit.prove.moment import make_moment
from remit.prove.search import ALLOWED, Budget, find
from remit.prove.story import cite, few, references, say_caller, sentence
from remit.prove.witness import actuality, find_witness
from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.decision import Basis, Effect
from remit.terms.instant import write_instant
from remit.terms.prose import join_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.prove.circumstance import Circumstance
    from remit.prove.moment import Moment
    from remit.prove.witness import Actuality
    from remit.terms.decision import Decision
    from remit.terms.rule import Rule

_ACTIONS = tuple(Action)
MOST_INSTANTS = 64
"""Later instants that are looked at for use cases left without a model."""


def find_dead_grants(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each permission in force of whose uses none is permitted or held; something else denies them all."""
    for rule in moment.rules():
        if rule.clause.verb not in {Verb.PERMIT, Verb.COMPEL}:
            continue
        boxes = moment.boxes(rule, generous=False)
        dead = (find(moment.layout(action), boxes, ALLOWED, budget) is None for action in actions_of(rule))
        if all(dead):
            yield _dead_grant(moment, actual, budget, rule)


def _dead_grant(moment: Moment, actual: Actuality, budget: Budget, rule: Rule) -> Finding:
    boxes = moment.boxes(rule, generous=False)
    denied = frozenset({Effect.DENY})
    tried = (find_witness(moment, action, boxes, denied, actual, budget) for action in actions_of(rule))
    witness = next(filter(None, tried), None)
    decision = witness.decision if witness is not None else None
    because = _because(decision) if decision is not None else "no use that it names can happen"
    story = f"{cite(rule)}, permits nothing that is not denied by something else: {because}"
    cited = (rule.reference, *(references(decision) if decision is not None else ()))
    return Finding(Question.DEAD_GRANT, rule.reference, cited, sentence(story), moment.at, rule.clause.where, decision)


def _because(decision: Decision) -> str:
    by = join_words(references(decision), "and")
    if by:
        return f"denied by {by}"
    return "denied for want of an authorisation" if decision.basis is Basis.AUTHORISATION else "nothing permits it"


def find_dead_ends(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each use case that no listed model may serve, now or from a later instant on file."""
    known = [caller for caller in actual.callers if caller.says]
    left = {caller.says: models_left(moment, actual, caller, budget) for caller in known}
    for caller in known:
        if not left[caller.says]:
            yield _dead_end(moment, actual, caller, ())
    open_cases = {caller.says for caller in known if left[caller.says]}
    later = [instant for instant in moment.terms.instants if instant > moment.at][:MOST_INSTANTS]
    for instant in later if open_cases else ():
        then = make_moment(moment.terms, instant, max(instant, moment.known))
        there = actuality(then)
        for caller in there.callers:
            if caller.says in open_cases and not models_left(then, there, caller, budget):
                open_cases.discard(caller.says)
                yield _dead_end(then, there, caller, left[caller.says])


def models_left(moment: Moment, actual: Actuality, caller: Circumstance, budget: Budget) -> tuple[str, ...]:
    """Return the classes of listed models that some use of a caller may go on with, by one name of each."""
    one = replace(actual, callers=(caller,))
    return tuple(model.says for model in actual.models if model.says and _serves(moment, one, model, budget))


def _serves(moment: Moment, actual: Actuality, model: Circumstance, budget: Budget) -> bool:
    caller = actual.callers[0]
    inner = replace(actual, models=(model,))
    for action in _ACTIONS:
        layout = moment.layout(action)
        parts = [part for part, _, _ in inner.settings(layout.everything, caller, action)]
        if find(layout, parts, ALLOWED, budget) is not None:
            return True
    return False


def _dead_end(moment: Moment, actual: Actuality, caller: Circumstance, before: tuple[str, ...]) -> Finding:
    decision = _denied(moment, replace(actual, callers=(caller,)))
    since = f"from {write_instant(moment.at)} on " if before else ""
    was = f", where {few(before)} could until then" if before else ""
    case = say_caller(caller).removeprefix("a caller of ")
    because = f": {_because(decision)}" if decision is not None else ": nothing permits any"
    return Finding(
        Question.DEAD_END,
        caller.says,
        references(decision) if decision is not None else (),
        sentence(f"{since}no listed model may serve {case}{was}{because}"),
        moment.at,
        "remit.yaml",
        decision,
    )


def _denied(moment: Moment, actual: Actuality) -> Decision | None:
    """Return the decision on a use that would go on, were it not for what denies it."""
    inner = replace(actual, models=tuple(model for model in actual.models if model.says))
    for action in _ACTIONS:
        layout = moment.layout(action)
        for passed_over in (layout.deny & ~layout.boundary, layout.deny):
            everything = [layout.everything]
            found = find_witness(moment, action, everything, ALLOWED, inner, Budget(), without=passed_over)
            if found is not None and found.decision.effect is Effect.DENY:
                return found.decision
    return None
