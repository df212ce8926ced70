"""The compiled terms of an instant as plain data: axes, rows, what each row does and which rows take it away.

It is what the prover reckons with, so that others can reckon too. A box is a list of masks, one for each axis, each
written as a hexadecimal number whose lowest bit is the first element of the axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.canonical import digest
from remit.prove.box import bits
from remit.terms.action import Action
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    from remit.prove.box import Box
    from remit.prove.layout import Layout
    from remit.prove.moment import Moment


def normal_form(moment: Moment) -> dict[str, Any]:
    """Return the compiled terms with a digest over all of it."""
    form: dict[str, Any] = {
        "terms": moment.terms.digest,
        "at": write_instant(moment.at),
        "known": write_instant(moment.known),
        "axes": [
            {"attribute": axis.attribute, "elements": [element.says for element in axis.elements]}
            for axis in moment.axes
        ],
        "actions": {action.value: _rows(moment.layout(action)) for action in Action},
    }
    return {**form, "digest": digest(form)}


def _rows(layout: Layout) -> list[dict[str, Any]]:
    return [_row(layout, place) for place in range(layout.count)]


def _row(layout: Layout, place: int) -> dict[str, Any]:
    row, bit = layout.rows[place], 1 << place
    does = "deny" if layout.deny & bit else "hold" if layout.hold & bit else "permit" if layout.permit & bit else "lift"
    return {
        "clause": row.rule.reference if row.rule is not None else "need for an authorisation",
        "does": does,
        "boundary": bool(layout.boundary & bit),
        "box": write_box(row.box),
        "lifted_by": list(bits(layout.lifters.get(place, 0))),
    }


def write_box(box: Box) -> list[str]:
    """Write a box as plain data."""
    return [f"{mask:x}" for mask in box]
