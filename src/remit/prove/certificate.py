"""A certificate: claims that some uses are never permitted, each with the steps by which anybody can check it.

A claim names a row of a boundary, the axes it is widened over, and the caller it is made for. Its proof is a tree: a
box is split on one axis, until each part is denied (or held) by a row that nothing lifts, or permitted by nothing.
`check_certificate.py` beside this file walks the tree with nothing but Python, and trusts none of what made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.prove.boundary import passing_effects
from remit.prove.box import Box, bits, meet
from remit.prove.normal_form import normal_form, write_box
from remit.prove.search import ALLOWED, Budget, find, split, weigh
from remit.prove.spoofing import turning_axes, widen
from remit.terms.action import Action
from remit.terms.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remit.prove.layout import Layout
    from remit.prove.moment import Moment
    from remit.prove.witness import Actuality


def make_certificate(moment: Moment, actual: Actuality, sums: Mapping[str, str]) -> dict[str, Any]:
    """Return every claim that holds at a moment, with its proof; `sums` are the SHA-256 of the files of the terms."""
    budget = Budget()
    return {
        "remit": "certificate-1",
        "catalogue": moment.terms.catalogue.digest,
        "files": dict(sums),
        "form": normal_form(moment),
        "claims": [claim for action in Action for claim in _claims(moment, actual, action, budget)],
    }


def _claims(moment: Moment, actual: Actuality, action: Action, budget: Budget) -> Iterator[dict[str, Any]]:
    """Yield the claims of each row of a boundary: never passed, and never got round by what a caller declares."""
    layout = moment.layout(action)
    for place in bits(layout.boundary & (layout.deny | layout.hold)):
        row = layout.rows[place]
        effects = passing_effects(row.rule) if row.rule is not None else ALLOWED
        yield _claim(layout, action, place, (), layout.everything, "", effects)
        for caller in actual.callers:
            turning = turning_axes(moment.axes, (row.box,))
            declared = tuple(axis for axis in turning if caller.is_declared(moment.axes[axis].attribute))
            within = caller.box or layout.everything
            region = meet(widen(row.box, moment.axes, declared), within)
            if declared and region is not None and find(layout, [region], effects, budget) is None:
                yield _claim(layout, action, place, declared, within, caller.says or "anybody", effects)


def _claim(  # noqa: PLR0913, PLR0917  # all that a claim says
    layout: Layout,
    action: Action,
    place: int,
    declared: tuple[int, ...],
    within: Box,
    caller: str,
    effects: frozenset[Effect],
) -> dict[str, Any]:
    region = meet(widen(layout.rows[place].box, layout.axes, declared), within)
    rule = layout.rows[place].rule
    return {
        "clause": rule.reference if rule is not None else "",
        "action": action.value,
        "row": place,
        "widened": list(declared),
        "caller": caller,
        "within": write_box(within),
        "held_is_enough": Effect.HOLD not in effects,
        "proof": None if region is None else _prove(layout, region, effects),
    }


def _prove(layout: Layout, box: Box, effects: frozenset[Effect]) -> dict[str, Any]:
    """Return the tree of one box: split on an axis, or settled by a row, or by there being no permission."""
    meets, whole = layout.look(box)
    effect, rows = weigh(layout, meets, whole)
    if effect is None:
        parts = split(layout, box, rows)
        axis = next(place for place, mask in enumerate(box) if parts[0][place] != mask)
        branches = [[f"{part[axis]:x}", _prove(layout, part, effects)] for part in parts]
        return {"axis": axis, "parts": branches}
    if effect in effects:
        raise ValueError(box)
    return {"row": next(bits(rows))} if rows else {"nothing": True}
