"""Splitting a box until the terms give one effect in each part: exact, and no further than a question needs.

A row is absent from a box, covers it, or is open. Where open rows still matter, the box is split on the axis on which
most of them turn, into parts that they treat alike. Each part is again a box, and holds fewer open rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from remit.prove.box import bits
from remit.prove.layout import refuse
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from remit.prove.box import Box
    from remit.prove.layout import Layout

MOST_BOXES = 150_000
"""Boxes that one question may be split into; some seconds' worth."""

ALLOWED = frozenset({Effect.PERMIT, Effect.HOLD})


@dataclass(slots=True)
class Budget:
    """How many boxes are left to look at before a question is refused as too large."""

    left: int = MOST_BOXES

    def spend(self, layout: Layout) -> None:
        """Count one box; where none is left, name the clause with the most alternatives, or else the most tests."""
        self.left -= 1
        if self.left < 0:
            rules = layout.rules_in((1 << layout.count) - 1)
            largest = max(rules, key=lambda r: (r.condition.row_count(), len(r.condition.attributes())), default=None)
            refuse(largest, f"the clauses overlap in more than {MOST_BOXES} ways")


@dataclass(frozen=True, slots=True)
class Region:
    """A box in which the terms give every use one effect, and the rows that decide so."""

    box: Box
    effect: Effect
    rows: int


def regions(layout: Layout, boxes: Iterable[Box], budget: Budget, *, without: int = 0) -> Iterator[Region]:
    """Yield disjoint regions that fill the given boxes; rows in `without` are passed over."""
    waiting = list(boxes)
    while waiting:
        box = waiting.pop()
        budget.spend(layout)
        meets, whole = layout.look(box)
        effect, rows = weigh(layout, meets & ~without, whole & ~without)
        if effect is not None:
            yield Region(box, effect, rows)
            continue
        waiting.extend(split(layout, box, rows))


def find(
    layout: Layout, boxes: Iterable[Box], wanted: Collection[Effect], budget: Budget, *, without: int = 0
) -> Region | None:
    """Return some region within the boxes with a wanted effect; nothing says that there is none."""
    found = regions(layout, boxes, budget, without=without)
    return next((region for region in found if region.effect in wanted), None)


def split(layout: Layout, box: Box, rows: int) -> list[Box]:
    """Split a box on the axis on which most of some open rows turn."""
    turning = [(rows & ~layout.covering(axis, mask)).bit_count() for axis, mask in enumerate(box)]
    axis = turning.index(max(turning))
    parts = layout.parts(axis, box[axis], rows)
    return [(*box[:axis], part, *box[axis + 1 :]) for part in parts]


def weigh(layout: Layout, meets: int, whole: int) -> tuple[Effect | None, int]:
    """Return the one effect that rows which meet and cover a box give it, or the open rows that must be settled first.

    1. A denial that covers the box, and that nothing could lift, denies all of it.
    2. Where nothing could permit, everything is denied.
    3. Until something surely permits and nothing may deny, the fewer of the open rows are settled first; then holds.
    """
    denies, open_denies = _counting(layout, layout.deny & meets, meets, whole)
    if denies:  # (1)
        return Effect.DENY, denies
    permits, open_permits = _counting(layout, layout.permit & meets, meets, whole)
    if not permits and not open_permits:  # (2)
        return Effect.DENY, 0
    if not permits and (not open_denies or open_permits.bit_count() < open_denies.bit_count()):  # (3)
        return None, open_permits
    if open_denies:
        return None, open_denies
    holds, open_holds = _counting(layout, layout.hold & meets, meets, whole)
    if holds:
        return Effect.HOLD, holds
    return (None, open_holds) if open_holds else (Effect.PERMIT, permits)


def _counting(layout: Layout, rows: int, meets: int, whole: int) -> tuple[int, int]:
    """Return the rows that count throughout the box, and the open rows on which it depends whether others do."""
    firm = rows & ~layout.liftable
    counting, open_rows = firm & whole, firm & ~whole
    for row in bits(rows & layout.liftable):
        lifted, deciding = _lifted(layout, layout.lifters[row] & meets, meets, whole)
        if lifted:
            continue
        bit = 1 << row
        if bit & whole and not deciding:
            counting |= bit
        else:
            open_rows |= deciding | (bit & ~whole)
    return counting, open_rows


def _lifted(layout: Layout, lifters: int, meets: int, whole: int) -> tuple[bool, int]:
    """Tell whether some lifter surely applies, and return the open rows on which it depends."""
    open_rows = 0
    for row in bits(lifters & layout.demand & layout.liftable):
        ends = layout.lifters[row] & meets
        if ends:
            lifters &= ~(1 << row)
        if ends and not ends & whole:
            open_rows |= ends | (1 << row & ~whole)
    if lifters & whole:
        return True, 0
    return False, open_rows | (lifters & ~whole)
