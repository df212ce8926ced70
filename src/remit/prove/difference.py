"""What a change of the terms, or of the day, changes: disjoint boxes of uses with another effect, and a use of each.

1. Find the rows that only one side has. Where none of them applies, both sides have the same rows, and one effect.
2. Split what is left until both sides give one effect in each part, and keep the parts where they differ.
3. Join parts that differ on one axis only, and find for each a use that can happen, judged by both sides.
4. Where the effect stays, find what is asked for otherwise: other approvals, other duties (asked.py).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from remit.prove.asked import find_asked, regions_asking
from remit.prove.box import merge, subtract_all
from remit.prove.circumstance import AT_LARGE
from remit.prove.moment import World, make_moments
from remit.prove.search import Budget, Region, regions, split, weigh
from remit.prove.witness import Actuality, actuality, make_use, replay
from remit.terms.action import Action
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from remit.prove.box import Box
    from remit.prove.layout import Layout
    from remit.prove.moment import Moment
    from remit.terms.decision import Decision
    from remit.terms.terms import Terms


class Turn(StrEnum):
    """How uses are changed, in the order of the output."""

    FORBIDDEN = "newly forbidden"
    HELD = "newly held"
    PERMITTED = "newly permitted"
    ASKED = "asked for otherwise"
    STANDING = "changed only in standing"


@dataclass(frozen=True, slots=True)
class Change:
    """Uses that are changed alike: their box, both effects, and one of the uses with both decisions."""

    turn: Turn
    action: Action
    box: Box
    before: Effect
    after: Effect
    by_before: tuple[str, ...] = ()
    """The clauses that denied or held all of it before."""
    by_after: tuple[str, ...] = ()
    """The clauses that deny or hold all of it now."""
    decisions: tuple[Decision, ...] = ()

    @property
    def was(self) -> Decision:
        """Return the earlier decision on the use that stands for all."""
        return self.decisions[0]

    @property
    def now(self) -> Decision:
        """Return the later decision on it."""
        return self.decisions[-1]


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that changes from one moment to another; the boxes are on the axes of both."""

    before: Moment
    after: Moment
    changes: tuple[Change, ...]


def compare_terms(before: tuple[Terms, datetime, datetime], after: tuple[Terms, datetime, datetime]) -> Difference:
    """Return what changes from some terms at an instant to others, or to the same at another."""
    old, new = make_moments([before, after])
    actual = actuality(new)
    open_to_all = Actuality((*actual.callers, AT_LARGE), actual.models, actual.tools)
    changes = [change for action in Action for change in _changes(old, new, action, open_to_all)]
    turns = list(Turn)
    return Difference(old, new, tuple(sorted(changes, key=lambda change: turns.index(change.turn))))


def _changes(old: Moment, new: Moment, action: Action, actual: Actuality) -> Iterator[Change]:
    budget = Budget()
    layouts = old.layout(action), new.layout(action)
    found: dict[tuple[Effect, Effect, tuple[str, ...], tuple[str, ...]], list[Box]] = defaultdict(list)
    for box, first, second in differing(*layouts, budget):
        cited = _cited(layouts[0], first), _cited(layouts[1], second)
        found[first.effect, second.effect, *cited].append(box)
    for (before, after, by_before, by_after), boxes in sorted(found.items()):
        for box in merge(boxes):  # (3)
            change = Change(_turn(after), action, box, before, after, by_before, by_after)
            yield from _told(old, new, change, actual)
    for region in regions_asking(old, new, action, budget):  # (4)
        asked = find_asked(old, new, action, region, actual)
        if asked is not None:
            box, effect = region
            was, now = (_asking(decision) for decision in asked)
            yield Change(Turn.ASKED, action, box, effect, effect, was, now, asked)
    seen: list[Box] = []
    for world in (world for world in World if world is not World.LIVE):
        boxes = merge(_shadowed_otherwise(old, new, action, world, budget))
        for box in (fresh for whole in boxes for fresh in subtract_all([whole], seen)):
            told = _told(old, new, Change(Turn.STANDING, action, box, Effect.PERMIT, Effect.PERMIT), actual)
            yield from (change for change in told if change.was.verdict is not change.now.verdict)
        seen.extend(boxes)


def _cited(layout: Layout, region: Region) -> tuple[str, ...]:
    """Return the clauses that deny or hold a region; for what is permitted one use will tell."""
    rules = layout.rules_in(region.rows) if region.effect is not Effect.PERMIT else []
    return tuple(sorted({rule.reference for rule in rules}))


def _asking(decision: Decision) -> tuple[str, ...]:
    """Return the clauses that ask something of a use that may go on, or that waits."""
    held = [reason.rule.reference for reason in decision.because] if decision.hold is not None else []
    return tuple(sorted({*held, *(owed.rule.reference for owed in decision.duties)}))


def _turn(effect: Effect) -> Turn:
    match effect:
        case Effect.DENY:
            return Turn.FORBIDDEN
        case Effect.HOLD:
            return Turn.HELD
        case Effect.PERMIT:
            return Turn.PERMITTED


def differing(old: Layout, new: Layout, budget: Budget) -> Iterator[tuple[Box, Region, Region]]:
    """Yield disjoint boxes in which two layouts on the same axes give different effects, with both."""
    changed_old, changed_new = _changed(old, new)  # (1)
    waiting = [old.everything] if changed_old or changed_new else []
    while waiting:
        box = waiting.pop()
        budget.spend(new if new.count else old)
        (met_old, whole_old), (met_new, whole_new) = old.look(box), new.look(box)
        if not (met_old & changed_old or met_new & changed_new):
            continue
        before, rows_old = weigh(old, met_old, whole_old)  # (2)
        after, rows_new = weigh(new, met_new, whole_new)
        if before is not None and after is not None:
            if before is not after:
                yield box, Region(box, before, rows_old), Region(box, after, rows_new)
            continue
        if whole_old & changed_old or whole_new & changed_new:
            waiting.extend(split(old, box, rows_old) if before is None else split(new, box, rows_new))
        elif turning := met_old & changed_old:
            waiting.extend(split(old, box, turning))
        else:
            waiting.extend(split(new, box, met_new & changed_new))


def _changed(old: Layout, new: Layout) -> tuple[int, int]:
    """Return the rows that only one side has; a row is known by what it does, to whom, and what can take it away."""
    keys_old, keys_new = _keys(old), _keys(new)
    only_old = sum(rows for key, rows in keys_old.items() if key not in keys_new)
    only_new = sum(rows for key, rows in keys_new.items() if key not in keys_old)
    return only_old, only_new


def _keys(layout: Layout) -> dict[tuple[object, ...], int]:
    found: dict[tuple[object, ...], int] = defaultdict(int)
    for place, row in enumerate(layout.rows):
        rule = row.rule
        key: tuple[object, ...] = (row.box,)
        if rule is not None:
            clause, instrument = rule.clause, rule.instrument
            key = (row.box, clause.verb, rule.tier, rule.reference, instrument.by, instrument.kind, clause.lifts)
        found[key] |= 1 << place
    return found


def _shadowed_otherwise(old: Moment, new: Moment, action: Action, world: World, budget: Budget) -> Iterator[Box]:
    """Yield boxes of uses that both sides permit, and that one shadow would change on one side only."""
    if not (old.casts(world) or new.casts(world)):
        return
    for box, _, _ in differing(old.layout(action, world), new.layout(action, world), budget):
        for first in regions(old.layout(action), [box], budget):
            if first.effect is Effect.PERMIT:
                inner = regions(new.layout(action), [first.box], budget)
                yield from (second.box for second in inner if second.effect is Effect.PERMIT)


def _told(old: Moment, new: Moment, change: Change, actual: Actuality) -> Iterator[Change]:
    """Yield the change with a use that can happen, judged by both sides; a box that holds no such use is left out."""
    for caller in actual.callers:
        for part, model, tool in actual.settings(change.box, caller, change.action):
            use = make_use(new, change.action, part, (caller, model, tool))
            decisions = replay(old, use, change.before), replay(new, use, change.after)
            yield replace(change, decisions=decisions)
            return
