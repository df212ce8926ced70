"""Exceptions that allow more than a boundary leaves: above the boundary's limit they are empty words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of, boundaries
from remit.prove.box import meet
from remit.prove.finding import Finding, Question
from remit.prove.story import cite, few, say_mask, sentence
from remit.prove.witness import find_witness
from remit.terms.attribute import AttributeType
from remit.terms.clause import Verb
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.prove.box import Box
    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality
    from remit.terms.rule import Rule

DENIED = frozenset({Effect.DENY})


def find_loose_limits(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each permission with a limit of its own that reaches into what boundaries forbid by theirs."""
    numbers = [place for place, axis in enumerate(moment.axes) if axis.type is AttributeType.NUMBER]
    firm = [rule for rule in boundaries(moment) if rule.clause.verb is Verb.FORBID]
    for place in numbers:
        limiting = [rule for rule in firm if _limits(moment, rule, place)]
        for rule in moment.rules() if limiting else ():
            if rule.clause.verb is Verb.PERMIT and _limits(moment, rule, place):
                reached = [other for other in limiting if _shared(moment, rule, other)]
                yield from _tell(moment, actual, budget, rule, reached, place) if reached else ()


def _limits(moment: Moment, rule: Rule, place: int) -> bool:
    axis = moment.axes[place]
    return any(box[place] | axis.missing != axis.full for box in moment.boxes(rule, generous=False))


def _shared(moment: Moment, rule: Rule, boundary: Rule) -> list[Box]:
    """Return where a permission and a boundary overlap."""
    if not rule.clause.actions & boundary.clause.actions:
        return []
    some, others = moment.boxes(rule, generous=False), moment.boxes(boundary, generous=False)
    return [both for one in some for other in others if (both := meet(one, other)) is not None]


def _tell(  # a question, and the two sides of it
    moment: Moment, actual: Actuality, budget: Budget, rule: Rule, reached: list[Rule], place: int
) -> Iterator[Finding]:
    boundary = reached[0]
    shared = [box for other in reached for box in _shared(moment, rule, other)]
    tried = (find_witness(moment, action, shared, DENIED, actual, budget) for action in actions_of(rule))
    witness = next(filter(None, tried), None)
    if witness is None:
        return
    axis = moment.axes[place]
    others = few(other.reference for other in reached[1:])
    story = (
        f"{cite(rule)}, permits where {axis.attribute} is {_say(moment, rule, place)}, and a boundary forbids where it "
        f"is {_say(moment, boundary, place)} ({cite(boundary)}), so that the exception is void there"
    )
    yield Finding(
        Question.LIMITS,
        f"{rule.reference} beyond {boundary.reference}",
        (rule.reference, *(other.reference for other in reached)),
        sentence(story) + (f" The same holds of {others}." if others else ""),
        moment.at,
        rule.clause.where,
        witness.decision,
    )


def _say(moment: Moment, rule: Rule, place: int) -> str:
    mask = 0
    for box in moment.boxes(rule, generous=False):
        mask |= box[place]
    return say_mask(moment.axes[place], mask)
