"""A use for a region, such as can happen and as a person reads it, put to the judge before it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.errors import RemitError
from remit.prove.box import bits, meet
from remit.prove.circumstance import AT_LARGE, CONFIGURED, MEASURED, Circumstance, callers, models, tools
from remit.prove.search import Budget, find
from remit.terms.action import Action
from remit.terms.completion import complete_use
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from remit.prove.box import Box
    from remit.prove.domain import Axis
    from remit.prove.moment import Moment
    from remit.terms.decision import Decision, Effect
    from remit.terms.use import Value


@dataclass(frozen=True, slots=True)
class Witness:
    """A use with what the judge says of it, the box it stands for and where it comes from."""

    use: Use
    decision: Decision
    box: Box
    caller: Circumstance
    model: str = ""


@dataclass(frozen=True, slots=True)
class Actuality:
    """What can be at a moment: callers, models and tools, each kind with the open one last."""

    callers: tuple[Circumstance, ...]
    models: tuple[Circumstance, ...]
    tools: tuple[Circumstance, ...]

    def settings(
        self, box: Box, caller: Circumstance, action: Action
    ) -> Iterator[tuple[Box, Circumstance, Circumstance]]:
        """Yield the parts of a box that one caller can bring about, those with listed models and tools first."""
        tools = self.tools if action is Action.ACT else (AT_LARGE,)
        own = _both(box, caller)
        for model in self.models if own is not None else ():
            part = None if own is None else _both(own, model)
            for tool in tools if part is not None else ():
                inner = None if part is None else _both(part, tool)
                if inner is not None:
                    yield inner, model, tool


def _both(box: Box, circumstance: Circumstance) -> Box | None:
    return meet(box, circumstance.box) if circumstance.box else box


def actuality(moment: Moment) -> Actuality:
    """Gather what can be by the register and the catalogue."""
    terms, axes = moment.terms, moment.axes
    return Actuality(tuple(callers(terms, axes)), tuple(models(terms, axes)), tuple(tools(terms, axes)))


def find_witness(  # noqa: PLR0913  # a question, and where it is asked
    moment: Moment,
    action: Action,
    boxes: Iterable[Box],
    wanted: Collection[Effect],
    actual: Actuality,
    budget: Budget,
    *,
    without: int = 0,
) -> Witness | None:
    """Return a use within the boxes that has a wanted effect; nothing says that no use which can happen has."""
    layout = moment.layout(action)
    asked = list(boxes)
    for caller in actual.callers:
        own = [part for box in asked if (part := _both(box, caller)) is not None]
        if not own or find(layout, own, wanted, budget, without=without) is None:
            continue
        for part, model, tool in (setting for box in own for setting in actual.settings(box, caller, action)):
            region = find(layout, [part], wanted, budget, without=without)
            if region is not None:
                use = make_use(moment, action, region.box, (caller, model, tool))
                decision = replay(moment, use, None if without else region.effect)
                return Witness(decision.use, decision, region.box, caller, model.says)
    return None


def make_use(moment: Moment, action: Action, box: Box, circumstances: Sequence[Circumstance]) -> Use:
    """Return one use of a box: with the facts of its circumstances, and the plainest value for each other axis."""
    given: dict[str, Value] = {}
    for circumstance in circumstances:
        given |= circumstance.facts
    if action is not Action.ACT:
        given = {name: value for name, value in given.items() if not name.startswith("tool.")}
    facts = {name: Fact(value, _vouching(name, given)) for name, value in given.items()}
    for axis, mask in zip(moment.axes, box, strict=True):
        name = axis.attribute
        if name in given and axis.mask_of(given[name]) & ~mask == 0:
            continue
        value = None if mask == axis.full else _plainest(moment, axis, mask)
        if value is None:
            facts.pop(name, None)
        else:
            facts[name] = Fact(value, _vouching(name, given))
    return Use(action, facts)


def _plainest(moment: Moment, axis: Axis, mask: int) -> Value | None:
    """Return a name that some condition lists if there is one, else one that is known, else any, else nothing."""
    others = sum(1 << place for place in axis.unlisted.values())
    place = next(bits(mask & ~others & ~axis.missing or mask & ~axis.missing or mask))
    if others >> place & 1:
        attribute = moment.terms.vocabulary.attributes[axis.attribute]
        known = (*attribute.names, *sorted(moment.terms.vocabulary.names_of(axis.attribute)))
        return next((name for name in known if axis.mask_of(name) == 1 << place), axis.elements[place].value)
    return axis.elements[place].value


def _vouching(name: str, given: Collection[str]) -> VouchedBy:
    if name.startswith(MEASURED):
        return VouchedBy.MEASURED
    return VouchedBy.CONFIGURED if name in given or name in CONFIGURED else VouchedBy.DECLARED


def replay(moment: Moment, use: Use, effect: Effect | None) -> Decision:
    """Put a use to the judge, with all that follows from it where that leaves the effect as it is expected."""
    completed = complete_use(moment.terms, use)
    decision = decide(moment.terms, completed, at=moment.at, known=moment.known)
    if effect is None or effect is decision.effect:
        return decision
    decision = decide(moment.terms, use, at=moment.at, known=moment.known)
    if effect is decision.effect:
        return decision
    found = f"the judge said {decision.effect.word} where {effect.word} was expected"
    raise RemitError(f"Nothing was proved: {found}, for {use}.\n  This is a fault of Remit, and not of the terms.")
