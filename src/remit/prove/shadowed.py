"""Clauses that change no decision: whatever they say, something else says already, or nothing they name can happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of
from remit.prove.finding import Finding, Question
from remit.prove.search import regions
from remit.prove.story import cite, sentence
from remit.terms.clause import Verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.prove.box import Box
    from remit.prove.layout import Layout
    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality
    from remit.terms.rule import Rule

RESTRICTING = frozenset({Verb.FORBID, Verb.HOLD})


def find_shadowed(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each clause that forbids or holds, and without which every use would have the same effect."""
    del actual  # Whether a clause changes a decision is asked of every use there could be.
    for rule in moment.rules():
        if rule.clause.verb not in RESTRICTING:
            continue
        boxes = moment.boxes(rule, generous=True)
        if not any(changes(moment.layout(action), rule, boxes, budget) for action in actions_of(rule)):
            kind = "the boundary" if rule.clause.boundary else "the clause"
            story = f"{kind} changes no decision, as every use it applies to is stopped without it: {cite(rule)}"
            yield Finding(
                Question.SHADOWED,
                rule.reference,
                (rule.reference,),
                sentence(story),
                moment.at,
                rule.clause.where,
            )


def changes(layout: Layout, rule: Rule, boxes: Sequence[Box], budget: Budget) -> bool:
    """Tell whether some use in the boxes has another effect without a rule."""
    own = sum(1 << place for place, row in enumerate(layout.rows) if row.rule is rule)
    for region in regions(layout, boxes, budget):
        without = regions(layout, [region.box], budget, without=own)
        if any(other.effect is not region.effect for other in without):
            return True
    return False
