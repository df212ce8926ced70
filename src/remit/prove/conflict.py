"""Where instruments pull apart: an order demands what is denied, or stops what another party permits.

Nobody says where to look. Every demand is held against every denial, and every permission against every order that
forbids or holds; what the judge decides of the overlap is told, and that people have to settle it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of
from remit.prove.box import covers, meet
from remit.prove.finding import Finding, Question
from remit.prove.search import ALLOWED
from remit.prove.story import DONE, cite, cite_all, few, references, say_caller, say_deed, sentence
from remit.prove.witness import find_witness
from remit.terms.clause import Verb
from remit.terms.decision import Effect
from remit.terms.rule import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.prove.box import Box
    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality, Witness
    from remit.terms.action import Action
    from remit.terms.rule import Rule

DENIED = frozenset({Effect.DENY})
HELD = frozenset({Effect.HOLD})


def find_conflicts(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each pair of a demand and what denies it, and each order that stops what somebody else permits."""
    rules = moment.rules()
    for rule in rules:
        if rule.clause.verb is Verb.COMPEL:
            yield from _denied_demands(moment, actual, budget, rule)
    for rule in rules:
        if rule.tier is Tier.ORDER and rule.clause.verb in {Verb.FORBID, Verb.HOLD}:
            yield from _stopped_rights(moment, actual, budget, rule)


def _denied_demands(moment: Moment, actual: Actuality, budget: Budget, demand: Rule) -> Iterator[Finding]:
    """Yield each clause that denies a part of what an order demands."""
    seen: set[str] = set()
    own = moment.boxes(demand, generous=False)
    for denial in moment.rules():
        if denial.clause.verb is not Verb.FORBID or denial.reference in seen:
            continue
        shared = _shared(own, moment.boxes(denial, generous=True))
        tried = (find_witness(moment, action, shared, DENIED, actual, budget) for action in actions_of(demand))
        witness = next((found for found in tried if found is not None and _opposes(demand, found)), None)
        denials = references(witness.decision) if witness is not None else ()
        if witness is not None and not seen.issuperset(denials):
            yield _tell_demand(demand, witness)
        seen.update(denials)


def _opposes(demand: Rule, witness: Witness) -> bool:
    return demand in (conflict.demands for conflict in witness.decision.conflicts)


def _tell_demand(demand: Rule, witness: Witness) -> Finding:
    decision = witness.decision
    denials = [reason.rule for reason in decision.because]
    story = (
        f"it is demanded that {say_caller(witness.caller)} can {say_deed(witness)} ({cite(demand)}), and it is denied "
        f"({cite_all(denials)}); the judge denies it, and the conflict is for people to settle"
    )
    return Finding(
        Question.CONFLICT,
        f"{demand.reference} against {few(rule.reference for rule in denials)}",
        (demand.reference, *references(decision)),
        sentence(story),
        max(demand.entry.from_, *(rule.entry.from_ for rule in denials)),
        demand.clause.where,
        decision,
    )


def _stopped_rights(moment: Moment, actual: Actuality, budget: Budget, order: Rule) -> Iterator[Finding]:
    """Yield for an order what other parties permit and it alone stops."""
    boxes = moment.boxes(order, generous=True)
    holds = order.clause.verb is Verb.HOLD
    free, stopped = (frozenset({Effect.PERMIT}), HELD) if holds else (ALLOWED, DENIED)
    for action in actions_of(order):
        layout = moment.layout(action)
        own = sum(1 << place for place, row in enumerate(layout.rows) if row.rule is order)
        rights = {rule: moment.boxes(rule, generous=False) for rule in _permissions(moment, order, action)}
        shared = [box for mine in rights.values() for box in _shared(boxes, mine)]
        witness = find_witness(moment, action, shared, free, actual, budget, without=own)
        if witness is not None and witness.decision.effect in stopped:
            inside = [rule for rule, mine in rights.items() if any(covers(box, witness.box) for box in mine)]
            yield _tell_right(order, inside, witness)
            return


def _permissions(moment: Moment, order: Rule, action: Action) -> Iterator[Rule]:
    """Yield what parties other than the order's permit of an action."""
    for rule in moment.rules():
        if rule.clause.verb is Verb.PERMIT and action in rule.clause.actions:
            yield from () if rule.instrument.by == order.instrument.by else (rule,)


def _tell_right(order: Rule, rights: list[Rule], witness: Witness) -> Finding:
    story = (
        f"{say_caller(witness.caller)} may {say_deed(witness)} by {cite_all(rights)}; against that stands "
        f"{cite(order)}, by which it is {DONE[witness.decision.effect]}"
    )
    return Finding(
        Question.CONFLICT,
        f"{order.reference} against {few(rule.reference for rule in rights)}",
        (order.reference, *(rule.reference for rule in rights)),
        sentence(story),
        max(order.entry.from_, *(rule.entry.from_ for rule in rights)),
        order.clause.where,
        witness.decision,
    )


def _shared(some: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    return [box for one in some for other in others if (box := meet(one, other)) is not None]
