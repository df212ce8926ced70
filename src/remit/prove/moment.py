"""Terms at one instant, by what was known at another, laid out for the prover as each question first asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.prove.domain import Axis, make_axes
from remit.prove.layout import LEVEL, Layout, make_layout, rule_boxes
from remit.terms.rule import Light

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from remit.prove.box import Box
    from remit.terms.action import Action
    from remit.terms.rule import Rule
    from remit.terms.terms import Terms


class World(StrEnum):
    """Which rules are counted: those in force, or those that a shadow would have count."""

    LIVE = "live"
    ASSERTED = "asserted"
    STAYED = "stayed"
    CONTESTED = "contested"
    RIVAL = "rival"


@dataclass(slots=True, eq=False)
class Moment:
    """The terms at an instant; moments that are compared share their axes."""

    terms: Terms
    at: datetime
    known: datetime
    axes: tuple[Axis, ...]
    _layouts: dict[tuple[Action, World], Layout] = field(default_factory=dict)
    _boxes: dict[tuple[Rule, bool], tuple[Box, ...]] = field(default_factory=dict)

    def layout(self, action: Action, world: World = World.LIVE) -> Layout:
        """Return the rules of one action as boxes."""
        found = self._layouts.get((action, world))
        if found is None:
            found = make_layout(self.axes, self.rules(world), action, self.terms.free_levels)
            self._layouts[action, world] = found
        return found

    def boxes(self, rule: Rule, *, generous: bool) -> tuple[Box, ...]:
        """Return the boxes of a rule: where it may apply, or where it surely does."""
        found = self._boxes.get((rule, generous))
        if found is None:
            found = self._boxes[rule, generous] = tuple(rule_boxes(self.axes, rule, generous=generous))
        return found

    def rules(self, world: World = World.LIVE) -> list[Rule]:
        """Return the rules that count in a world, in the order of the terms."""
        return [rule for rule in self._rules() if _counts(rule, world)]

    def casts(self, world: World) -> bool:
        """Tell whether a shadow world differs from what counts."""
        return any(_counts(rule, world) is not _counts(rule, World.LIVE) for rule in self._rules())

    def _rules(self) -> tuple[Rule, ...]:
        return self.terms.force(self.at, self.known).rules


def _counts(rule: Rule, world: World) -> bool:
    live = rule.light is Light.LIVE
    match world:
        case World.LIVE:
            return live
        case World.ASSERTED:
            return live or rule.light is Light.ASSERTED
        case World.STAYED:
            return live or rule.light is Light.STAYED
        case World.CONTESTED:
            return live and not rule.entry.contested_by
        case World.RIVAL:
            return rule.light is Light.RIVAL or (live and rule.clause.rival is None)


def make_moment(terms: Terms, at: datetime, known: datetime) -> Moment:
    """Lay out the terms at one instant."""
    return make_moments([(terms, at, known)])[0]


def make_moments(asked: Sequence[tuple[Terms, datetime, datetime]]) -> list[Moment]:
    """Lay out several terms or instants on the same axes, so that they can be compared."""
    attributes = {name: one for terms, _, _ in asked for name, one in terms.vocabulary.attributes.items()}
    rules = {id(rule): rule for terms, at, known in asked for rule in terms.force(at, known).rules}
    leaves = {leaf for rule in rules.values() for row in rule.condition.rows() for leaf in (*row, *rule.parties)}
    levels = {level.id for terms, _, _ in asked if terms.free_levels is not None for level in terms.register.levels}
    axes = make_axes(leaves, attributes, {LEVEL: levels} if levels else None)
    return [Moment(terms, at, known, axes) for terms, at, known in asked]
