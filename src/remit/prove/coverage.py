"""Whether every place that enforces a boundary is supplied with every fact the boundary needs.

A scan sees models and what uses them, and hears no caller; a gateway measures models and people and hears what a
caller declares; only where a tool is called is there a tool. What is not supplied is not known, and a boundary applies
unless it is surely missed, so that the gap shows as denials nobody meant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of, boundaries
from remit.prove.box import meet
from remit.prove.circumstance import is_vouched
from remit.prove.finding import Finding, Question
from remit.prove.spoofing import turning_axes
from remit.prove.story import cite, few, say_caller, sentence
from remit.prove.witness import find_witness
from remit.terms.action import Action
from remit.terms.decision import Effect
from remit.terms.prose import join_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from remit.prove.circumstance import Circumstance
    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality, Witness
    from remit.terms.rule import Rule

_SCANNED = ("model.relation", "model.strength")
PLACES = {
    Action.INVOKE: "the gateway",
    Action.ACT: "the place where tools are called",
    Action.INTEGRATE: "a scan",
}
STOPPED = frozenset({Effect.DENY, Effect.HOLD})


def is_supplied(action: Action, attribute: str, caller: Circumstance) -> bool:
    """Tell whether the place that enforces an action can know an attribute of a caller."""
    if attribute in caller.facts:
        return True
    kind = attribute.partition(".")[0]
    match action:
        case Action.INTEGRATE:
            return kind == "model"
        case Action.INVOKE:
            return (
                attribute not in _SCANNED
                and kind != "tool"
                and (kind in {"model", "people", "signal"} or _is_said(attribute))
            )
        case Action.ACT:
            return attribute not in _SCANNED and (kind in {"model", "people", "signal", "tool"} or _is_said(attribute))


def _is_said(attribute: str) -> bool:
    """Tell whether a caller can declare an attribute; what the credential should bring, it cannot."""
    return not is_vouched(attribute)


def find_gaps(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield for each boundary and place the facts that it lacks there, with the callers whom that stops."""
    for rule in boundaries(moment):
        for action in actions_of(rule):
            yield from _gap(moment, actual, budget, rule, action)


def _gap(moment: Moment, actual: Actuality, budget: Budget, rule: Rule, action: Action) -> Iterator[Finding]:
    boxes = moment.boxes(rule, generous=True)
    turning = turning_axes(moment.axes, boxes)
    stopped: list[tuple[Witness, tuple[str, ...]]] = []
    for caller in (caller for caller in actual.callers if caller.says):
        lacking = [p for p in turning if not is_supplied(action, moment.axes[p].attribute, caller)]
        unknown = [axis.missing if place in lacking else axis.full for place, axis in enumerate(moment.axes)]
        parts = [part for box in boxes if (part := meet(box, tuple(unknown))) is not None] if lacking else []
        one = replace(actual, callers=(caller,))
        witness = find_witness(moment, action, parts, STOPPED, one, budget) if parts else None
        if witness is not None and rule in (reason.rule for reason in witness.decision.because):
            stopped.append((witness, tuple(moment.axes[place].attribute for place in lacking)))
    if stopped:
        yield _tell(moment, rule, action, stopped)


def _tell(moment: Moment, rule: Rule, action: Action, stopped: list[tuple[Witness, tuple[str, ...]]]) -> Finding:
    witness, lacking = stopped[0]
    callers = few(say_caller(found.caller).removeprefix("a caller of ") for found, _ in stopped)
    what = join_words(lacking, "and")
    story = (
        f"{PLACES[action]} is not told {what} of {callers}, so that whatever else meets the boundary is stopped there "
        f"for want of it: {cite(rule)}"
    )
    return Finding(
        Question.COVERAGE,
        f"{rule.reference} lacks {what}",
        (rule.reference,),
        sentence(story),
        moment.at,
        rule.clause.where,
        witness.decision,
    )
