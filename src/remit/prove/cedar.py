"""Terms at an instant as Cedar policies and a schema, in a form that an absent fact cannot slip through.

Cedar skips a policy that errs, and a forbid that is skipped allows. So every test is guarded: a forbid applies where
an attribute is absent or empty, a permit does not. What the judge settles by precedence is written out: a forbid has
`unless` for what lifts it, and a hold is a forbid that `context.approved` releases. An answer counts only when a
schema was used and no policy erred. With one value for each fact it is exact. Several values are judged no kinder, but
where one conjunction tests an attribute twice: the judge lets each test be met by another value, and Cedar by one.

Names are sets of strings, since a fact may have several values. A name that no clause lists and that some glob would
match is given as the representative that `cedar_context` chooses, as are numbers that Cedar's Long cannot hold.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from remit.errors import UsageError
from remit.prove.box import bits
from remit.terms.action import Action
from remit.terms.attribute import AttributeType
from remit.terms.use import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from remit.prove.box import Box
    from remit.prove.domain import Axis
    from remit.prove.layout import Layout
    from remit.prove.moment import Moment
    from remit.terms.use import Use

MOST_DIGITS = 4
"""Digits behind the point that Cedar's decimal has."""

APPROVED = "approved"


def cedar_policies(moment: Moment) -> str:
    """Write the policies of every action; the comment at the head names the terms and the instant."""
    lines = [f"// Terms {moment.terms.digest}", f"// in force at {moment.at.isoformat()}, guarded for absent facts."]
    for action in Action:
        layout = moment.layout(action)
        for place in bits(layout.permit | layout.deny | layout.hold):
            lines += ["", *_policy(layout, action, place)]
    return "\n".join(lines) + "\n"


def _policy(layout: Layout, action: Action, place: int) -> Iterator[str]:
    row, bit = layout.rows[place], 1 << place
    cited = row.rule.reference if row.rule is not None else "need-for-an-authorisation"
    permits = bool(layout.permit & bit)
    yield f"@clause({json.dumps(cited)})"
    if layout.hold & bit:
        yield '@hold("context.approved releases it")'
    yield f'{"permit" if permits else "forbid"}(principal, action == Action::"{action}", resource)'
    yield f"when {{ {_condition(layout.axes, row.box, generous=not permits)} }}"
    for lifter in bits(layout.lifters.get(place, 0)):
        yield f"unless {{ {_lifted(layout, lifter, permits=permits)} }}"
    if layout.hold & bit:
        yield f"unless {{ context has {APPROVED} && context.{APPROVED} }}"
    yield ";"


def _lifted(layout: Layout, lifter: int, *, permits: bool) -> str:
    """Write when a row takes another away; a demand does so unless a waiver may have ended it."""
    said = _condition(layout.axes, layout.rows[lifter].box, generous=permits)
    ends = (_condition(layout.axes, layout.rows[n].box, generous=True) for n in bits(layout.lifters.get(lifter, 0)))
    return " && ".join([f"({said})", *(f"!({end})" for end in ends)])


def _condition(axes: Sequence[Axis], box: Box, *, generous: bool) -> str:
    """Write a box: in the generous form what is absent passes, in the other it fails."""
    tests = [_test(axis, mask, generous=generous) for axis, mask in zip(axes, box, strict=True) if mask != axis.full]
    return " && ".join(tests) or "true"


def _test(axis: Axis, mask: int, *, generous: bool) -> str:
    key = json.dumps(axis.attribute)
    value, known = f"context[{key}]", mask & ~axis.missing
    absent = f"{value}.isEmpty() || " if axis.type is AttributeType.NAME else ""
    if generous and mask & axis.missing:
        return f"(if context has {key} then {absent}{_passes(axis, known, value, generous=True)} else true)"
    there = f"!{value}.isEmpty() && " if absent else ""
    return f"(context has {key} && {there}{_passes(axis, known, value, generous=generous)})"


def _passes(axis: Axis, known: int, value: str, *, generous: bool) -> str:
    """Write when a fact that is there passes."""
    if axis.type is AttributeType.NAME:
        return _names(axis, known, value, generous=generous)
    if axis.type is AttributeType.NUMBER:
        return f"({' || '.join(_spans(axis, known, value)) or 'false'})"
    return "false" if not known else value if known == 1 else f"!{value}"


def _names(axis: Axis, known: int, value: str, *, generous: bool) -> str:
    """Ask whether some name is among those that pass, or whether all are, by the shorter list of the two."""
    out = axis.full & ~axis.missing & ~known
    if not known or not out:  # Cedar has no empty sets in a policy, and there is nothing to ask.
        return "true" if known else "false"
    open_out = any(out >> place & 1 for place in axis.unlisted.values())
    if generous:
        return (
            f"{value}.containsAny({_list(axis, known)})" if open_out else f"!({_list(axis, out)}.containsAll({value}))"
        )
    return f"{_list(axis, known)}.containsAll({value})" if open_out else f"!({value}.containsAny({_list(axis, out)}))"


def _list(axis: Axis, mask: int) -> str:
    return json.dumps([str(axis.elements[place].value) for place in bits(mask)], ensure_ascii=False)


def _spans(axis: Axis, known: int, value: str) -> Iterator[str]:
    """Write each run of intervals as comparisons; even places are intervals, odd ones constants."""
    last, place = 2 * len(axis.cuts), 0
    while place <= last:
        if not known >> place & 1:
            place += 1
            continue
        first = place
        while place < last and known >> (place + 1) & 1:
            place += 1
        yield _span(axis, first, place, value)
        place += 1


def _span(axis: Axis, first: int, last: int, value: str) -> str:
    tests = []
    if first:
        tests.append(_compare(axis, value, ">=" if first % 2 else ">", (first - 1) // 2))
    if last < 2 * len(axis.cuts):
        tests.append(_compare(axis, value, "<=" if last % 2 else "<", last // 2))
    return f"({' && '.join(tests)})" if tests else "true"


_METHODS = {">=": "greaterThanOrEqual", ">": "greaterThan", "<=": "lessThanOrEqual", "<": "lessThan"}


def _compare(axis: Axis, value: str, sign: str, cut: int) -> str:
    if _is_whole(axis):
        return f"{value} {sign} {axis.cuts[cut]}"
    return f'{value}.{_METHODS[sign]}(decimal("{_decimal(axis, axis.cuts[cut])}"))'


def _is_whole(axis: Axis) -> bool:
    """Tell whether whole numbers are enough to tell every interval of an axis from its neighbours."""
    return all(isinstance(element.value, int) for element in axis.elements[:-1])


def _decimal(axis: Axis, number: object) -> str:
    whole, _, digits = f"{number}".partition(".")
    if len(digits) > MOST_DIGITS:
        says = f"{axis.attribute} is compared with {number}, and Cedar's decimals have {MOST_DIGITS} digits"
        raise UsageError(f"Nothing was exported: {says}.")
    return f"{whole}.{digits or '0'}"


def cedar_schema(moment: Moment) -> str:
    """Write the schema: one context for every action, each attribute optional."""
    types = {AttributeType.NAME: "Set<String>", AttributeType.FLAG: "Bool"}
    lines = ["entity Caller;", "entity Model;", "type Facts = {"]
    for axis in moment.axes:
        kind = types.get(axis.type) or ("Long" if _is_whole(axis) else "decimal")
        lines.append(f"  {json.dumps(axis.attribute)}?: {kind},")
    lines += [f"  {APPROVED}?: Bool,", "};"]
    actions = ", ".join(action.value for action in Action)
    lines.append(f"action {actions} appliesTo {{ principal: [Caller], resource: [Model], context: Facts }};")
    return "\n".join(lines) + "\n"


def cedar_context(moment: Moment, use: Use) -> dict[str, Any]:
    """Write the facts of a use as Cedar's context; a fact that the judge would not know is left out."""
    context: dict[str, Any] = {}
    for axis in moment.axes:
        fact = use.facts.get(axis.attribute)
        mask = axis.missing if fact is None else axis.mask_of(fact.value)
        if fact is None or mask == axis.missing:
            continue
        if axis.type is AttributeType.NAME:
            names = sorted(names_in(fact.value) or ())
            context[axis.attribute] = sorted({_named(axis, name) for name in names})
        elif axis.type is AttributeType.FLAG:
            context[axis.attribute] = fact.value
        else:
            number = axis.elements[mask.bit_length() - 1].value
            whole = _is_whole(axis)
            context[axis.attribute] = number if whole else {"__extn": {"fn": "decimal", "arg": _decimal(axis, number)}}
    return context


def _named(axis: Axis, name: str) -> str:
    return str(axis.elements[axis.mask_of(name).bit_length() - 1].value)
