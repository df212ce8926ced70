"""Whether a caller's mere word gets round a boundary.

A boundary is widened over one fact that only the caller declares, and where none alone is enough over all of them:
whatever meets the widened boundary and is permitted would cross the real one, had the caller said otherwise. What the
register binds, and what gateway or scan measure, cannot be declared away and stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from remit.prove.boundary import actions_of, boundaries, passing_effects
from remit.prove.finding import Finding, Question
from remit.prove.story import DONE, cite, cite_all, few, references, say_caller, say_deed, say_mask, sentence
from remit.prove.witness import find_witness
from remit.terms.prose import join_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.prove.box import Box
    from remit.prove.domain import Axis
    from remit.prove.moment import Moment
    from remit.prove.search import Budget
    from remit.prove.witness import Actuality, Witness
    from remit.terms.rule import Rule


def find_spoofed(moment: Moment, actual: Actuality, budget: Budget) -> Iterator[Finding]:
    """Yield for each boundary each fact that a caller can get round it by, or the facts that do so together."""
    for rule in boundaries(moment):
        turning = turning_axes(moment.axes, moment.boxes(rule, generous=True))
        alone = [_spoof(moment, actual, budget, rule, (place,)) for place in turning]
        if any(alone):
            yield from filter(None, alone)
        elif together := _spoof(moment, actual, budget, rule, turning):
            yield together


def turning_axes(axes: tuple[Axis, ...], boxes: Sequence[Box]) -> tuple[int, ...]:
    """Return the axes that some boxes turn on."""
    return tuple(place for place, axis in enumerate(axes) if any(box[place] != axis.full for box in boxes))


def widen(box: Box, axes: tuple[Axis, ...], places: tuple[int, ...]) -> Box:
    """Return a box that no longer turns on some axes."""
    return tuple(axes[place].full if place in places else mask for place, mask in enumerate(box))


def _spoof(moment: Moment, actual: Actuality, budget: Budget, rule: Rule, places: tuple[int, ...]) -> Finding | None:
    """Return a finding where some caller gets round a boundary by what it says of some facts."""
    found: list[tuple[Witness, tuple[int, ...]]] = []
    for caller in actual.callers:
        claimed = tuple(place for place in places if caller.is_declared(moment.axes[place].attribute))
        if not claimed or len(claimed) == 1 < len(places):
            continue
        witness = _first(moment, replace(actual, callers=(caller,)), budget, rule, claimed)
        if witness is not None:
            found.append((witness, claimed))
    return _tell(moment, rule, found) if found else None


def _first(moment: Moment, actual: Actuality, budget: Budget, rule: Rule, claimed: tuple[int, ...]) -> Witness | None:
    widened = [widen(box, moment.axes, claimed) for box in moment.boxes(rule, generous=True)]
    effects = passing_effects(rule)
    found = (find_witness(moment, action, widened, effects, actual, budget) for action in actions_of(rule))
    return next(filter(None, found), None)


def _tell(moment: Moment, rule: Rule, found: list[tuple[Witness, tuple[int, ...]]]) -> Finding:
    first, claimed = found[0]
    names = [moment.axes[place].attribute for place in claimed]
    claims = join_words([_say_claim(moment, rule, first, place) for place in claimed], "and")
    others = few(say_caller(witness.caller) for witness, _ in found[1:])
    decision = first.decision
    story = (
        f"{say_caller(first.caller)} that declares {claims} can {say_deed(first)}: it is {DONE[decision.effect]}, and "
        f"nothing but the caller's word stands for {join_words(names, 'and')}. The boundary is {cite(rule)}; it is "
        f"{DONE[decision.effect]} by {cite_all(reason.rule for reason in decision.because)}."
    )
    return Finding(
        Question.SPOOFING,
        f"{rule.reference} by {join_words(names, 'and')}",
        tuple(dict.fromkeys((rule.reference, *references(decision)))),
        sentence(story) + (f" The same holds for {others}." if others else ""),
        moment.at,
        rule.clause.where,
        decision,
    )


def _say_claim(moment: Moment, rule: Rule, witness: Witness, place: int) -> str:
    """Say what is declared, and what would have met the boundary."""
    axis = moment.axes[place]
    declared = ", ".join(witness.use.words(axis.attribute)) or "nothing"
    crossing = 0
    for box in moment.boxes(rule, generous=False):
        crossing |= box[place] if box[place] != axis.full else 0
    return f"{axis.attribute} *{declared}* instead of {say_mask(axis, crossing or axis.full)}"
