"""What a change asks for otherwise of uses whose effect stays: other approvals before they go on, or other duties.

1. Find the clauses that hold or oblige, or permit with duties, and that only one side has in this form.
2. Take their boxes apart into regions that both sides hold, or both permit.
3. In each look for a use of which the two judges ask something else; a region without one is left out.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from remit.prove.box import subtract_all
from remit.prove.search import regions
from remit.prove.witness import make_use, replay
from remit.terms.clause import Verb
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.prove.box import Box
    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality
    from remit.terms.action import Action
    from remit.terms.decision import Decision
    from remit.terms.rule import Rule

MOST_TRIED = 200
"""Uses of one region that are put to both judges before it is taken to ask the same."""


def regions_asking(old: Moment, new: Moment, action: Action, budget: Budget) -> Iterator[tuple[Box, Effect]]:
    """Yield disjoint boxes that a changed clause of holds or duties reaches, with the effect that both sides give."""
    seen: list[Box] = []
    for whole in _reached(old, new, action):  # (1)
        fresh = subtract_all([whole], seen)
        seen.append(whole)
        for first in regions(old.layout(action), fresh, budget):  # (2)
            if first.effect is Effect.DENY:
                continue
            inner = regions(new.layout(action), [first.box], budget)
            yield from ((second.box, second.effect) for second in inner if second.effect is first.effect)


def find_asked(
    old: Moment, new: Moment, action: Action, region: tuple[Box, Effect], actual: Actuality
) -> tuple[Decision, Decision] | None:
    """Return both decisions on a use of a region of which the two sides ask something else (3)."""
    box, effect = region
    settings = ((caller, found) for caller in actual.callers for found in actual.settings(box, caller, action))
    for caller, (part, model, tool) in islice(settings, MOST_TRIED):
        use = make_use(new, action, part, (caller, model, tool))
        was, now = replay(old, use, effect), replay(new, use, effect)
        if was.hold != now.hold or _duties(was) != _duties(now):
            return was, now
    return None


def _duties(decision: Decision) -> set[tuple[str, str]]:
    return {(owed.duty.value, owed.says) for owed in decision.duties}


def _reached(old: Moment, new: Moment, action: Action) -> Iterator[Box]:
    """Yield the boxes of the clauses that only one side has in their form."""
    sides = [[(side, rule) for rule in side.rules() if _asks(rule, action)] for side in (old, new)]
    keys = [{_key(moment, rule) for moment, rule in side} for side in sides]
    for side, others in zip(sides, reversed(keys), strict=True):
        for moment, rule in side:
            if _key(moment, rule) not in others:
                yield from moment.boxes(rule, generous=rule.restricting)


def _asks(rule: Rule, action: Action) -> bool:
    asking = rule.clause.verb in {Verb.HOLD, Verb.OBLIGE} or bool(rule.clause.duties)
    return asking and action in rule.clause.actions


def _key(moment: Moment, rule: Rule) -> tuple[object, ...]:
    clause = rule.clause
    boxes = moment.boxes(rule, generous=rule.restricting)
    return rule.reference, clause.verb, boxes, clause.until, clause.duties
