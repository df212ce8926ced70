"""Whether a use that meets a boundary can be permitted: never, by the order of precedence, and looked for still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.prove.finding import Finding, Question
from remit.prove.search import ALLOWED, Budget
from remit.prove.story import cite, say_caller, say_deed, sentence
from remit.prove.witness import find_witness
from remit.terms.action import Action
from remit.terms.clause import Verb
from remit.terms.decision import Effect
from remit.terms.rule import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.prove.moment import Moment
    from remit.prove.witness import Actuality
    from remit.terms.rule import Rule


def boundaries(moment: Moment) -> list[Rule]:
    """Return the boundaries in force that forbid or hold."""
    return [
        rule for rule in moment.rules() if rule.tier is Tier.BOUNDARY and rule.clause.verb in {Verb.FORBID, Verb.HOLD}
    ]


def actions_of(rule: Rule) -> list[Action]:
    """Return what a rule speaks of, in the order of the list of actions."""
    return [action for action in Action if action in rule.clause.actions]


def passing_effects(rule: Rule) -> frozenset[Effect]:
    """Return the effects a use may not have where the boundary applies: a hold is no way past what forbids."""
    return ALLOWED if rule.clause.verb is Verb.FORBID else frozenset({Effect.PERMIT})


def find_passed(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield each boundary that a use passes although it applies."""
    for rule in boundaries(moment):
        boxes = moment.boxes(rule, generous=True)
        for action in actions_of(rule):
            witness = find_witness(moment, action, boxes, passing_effects(rule), actual, budget)
            if witness is not None:
                story = f"{say_caller(witness.caller)} can {say_deed(witness)}, which the boundary does not allow: "
                yield Finding(
                    Question.BOUNDARY,
                    rule.reference,
                    (rule.reference,),
                    sentence(story + cite(rule)),
                    moment.at,
                    rule.clause.where,
                    witness.decision,
                )
