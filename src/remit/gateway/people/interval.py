"""Judges a use whose people are known to lie between two numbers, with the one judge and no other.

The judge takes one number for each attribute. So it is asked at each number between the two ends where its answer
could change, which the constants of the terms tell exactly:

1. Where every answer is to deny, the use is denied: it is, whatever the truth.
2. Where every answer is to permit, it is permitted.
3. Otherwise the answer turns on what nobody knows, and people decide: it is held, by every hold that any of the
   answers has. Where none names anybody, nobody can release it, and it ends as a hold that ran out.

For a limit ("above 500") this means that the lower end denies and the upper end holds, and a hold below the limit
names who may release it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import floor
from typing import TYPE_CHECKING

from remit.canonical import LARGEST_NUMBER
from remit.terms.column import NumberColumn
from remit.terms.decision import Decision, Effect
from remit.terms.hold import Hold, join_holds
from remit.terms.judge import decide
from remit.terms.use import Fact, Use, VouchedBy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from remit.gateway.people.census import Counts, Interval
    from remit.terms.decision import Reason
    from remit.terms.terms import Terms
    from remit.terms.use import Value

ATTRIBUTES = {
    "people.call": "call",
    "people.window_1d": "window_1d",
    "people.window_30d": "window_30d",
    "people.organisation_1d": "organisation_1d",
    "people.organisation_30d": "organisation_30d",
}
"""The attributes that are counted, each with its field of `Counts`."""
UNBOUNDED = LARGEST_NUMBER
"""The upper end of a count that nothing bounds."""
MOST_ASKED = 512
"""Numbers at which the judge is asked; where there would be more, only the ends are, and a permit becomes a hold."""
_SOURCE = "counted by the gateway"
_AT_MOST = " at most"
_MORE = f"{_SOURCE}, and more may be in what cannot be read"
_NEAR = 80


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision about an interval; `turns` is true where the answer lies between the ends."""

    decision: Decision
    turns: bool = False
    nearing: tuple[Reason, ...] = ()
    """What would decide otherwise if the counts were a quarter higher: four fifths of some limit are reached."""


@dataclass(frozen=True, slots=True)
class Span(Fact):
    """A fact that lies between two numbers; its value is the lower one, which is what a plain reader gets."""

    upper: int = 0


def people_facts(counts: Counts, *, whole: bool = True) -> dict[str, Fact]:
    """Return every attribute that is counted, as a fact with two ends.

    Where not the whole call could be read, nobody knows how many more people it brings, and nothing bounds the counts.
    """
    ends: dict[str, Interval] = {name: getattr(counts, part) for name, part in ATTRIBUTES.items()}
    if not whole:
        return {name: Span(end.lower, VouchedBy.MEASURED, _MORE, upper=UNBOUNDED) for name, end in ends.items()}
    return {name: _span(end.lower, end.upper) for name, end in ends.items()}


def _span(lower: int, upper: int) -> Span:
    source = _SOURCE if lower == upper else f"{_SOURCE}, {upper}{_AT_MOST}"
    return Span(lower, VouchedBy.MEASURED, source, upper=upper)


def read_fact(name: str, value: Value, vouched_by: VouchedBy, source: str) -> Fact:
    """Make a fact of one that was written down; one that was counted gets both of its ends again."""
    if name in ATTRIBUTES and type(value) is int and source.startswith(_SOURCE):
        if source == _MORE:
            return Span(value, vouched_by, source, upper=UNBOUNDED)
        upper = source.removeprefix(f"{_SOURCE}, ").removesuffix(_AT_MOST)
        return Span(value, vouched_by, source, upper=int(upper) if upper.isdecimal() else value)
    return Fact(value, vouched_by, source)


def has_span(use: Use) -> bool:
    """Tell whether the people of a use were counted."""
    return type(use.facts.get("people.call")) is Span


def is_unbounded(use: Use) -> bool:
    """Tell whether more people may be in what a call brings and nobody could read."""
    known = use.facts.get("people.call")
    return isinstance(known, Span) and known.upper == UNBOUNDED


def judge_use(terms: Terms, use: Use, at: datetime) -> Judged:
    """Judge a use by the two ends that its facts have."""
    spans = {name: fact for name in ATTRIBUTES if isinstance(fact := use.facts.get(name), Span)}
    lower = {name: int(span.value) for name, span in spans.items() if isinstance(span.value, int)}
    judged = judge_interval(terms, use, lower, {name: spans[name].upper for name in lower}, at)
    # Whoever goes on from this decision, as a tool call does, needs both ends again.
    return replace(judged, decision=replace(judged.decision, use=use))


def judge_interval(terms: Terms, use: Use, lower: Mapping[str, int], upper: Mapping[str, int], at: datetime) -> Judged:
    """Judge a use whose counts lie between two ends."""
    columns = terms.force(at, at).tables[use.action].columns
    cuts = {name: _cuts(columns, name) for name in lower}
    asked = {name: _numbers(cuts[name], lower[name], upper[name]) for name in lower if cuts[name]}
    few = _size(asked) <= MOST_ASKED
    if not few:
        asked = {name: (numbers[0], numbers[-1]) for name, numbers in asked.items()}
    plain = _with(use, lower)
    answers = [
        decide(terms, _with(plain, dict(zip(asked, numbers, strict=True))), at=at)
        for numbers in product(*asked.values())
    ]
    judged = _join(answers, certain=few)
    return replace(judged, nearing=_nearing(terms, plain, judged.decision, asked, at))


def _join(answers: Sequence[Decision], *, certain: bool) -> Judged:
    worst = max(answers, key=lambda answer: answer.effect)
    effects = {answer.effect for answer in answers}
    if certain and len(effects) == 1 and worst.effect is not Effect.HOLD:  # (1) (2)
        return Judged(answers[0])
    if effects == {Effect.DENY}:
        return Judged(answers[0])
    if certain and len(answers) == 1:
        return Judged(worst)
    holds = [answer.hold for answer in answers if answer.hold is not None]  # (3)
    if Effect.DENY in effects:
        # No milder oversight may let go on at once what may have to be denied.
        holds.append(Hold())
    reasons = tuple({id(r.rule): r for a in answers if a.effect is not Effect.PERMIT for r in a.because}.values())
    goes_on = min(answers, key=lambda answer: answer.effect)
    held = replace(
        worst,
        effect=Effect.HOLD,
        basis=goes_on.basis if reasons == () else worst.basis,
        because=reasons or worst.because,
        hold=join_holds(holds),
        duties=tuple(dict.fromkeys(owed for answer in answers for owed in answer.duties)),
    )
    return Judged(held, turns=len(effects) > 1)


def _nearing(
    terms: Terms, plain: Use, decision: Decision, asked: Mapping[str, Sequence[int]], at: datetime
) -> tuple[Reason, ...]:
    """Ask once more with counts a quarter higher, where they could matter; say what would be stricter then."""
    if decision.effect is Effect.DENY or not asked:
        return ()
    higher = {name: -(-numbers[0] * 100 // _NEAR) for name, numbers in asked.items()}
    then = decide(terms, _with(plain, higher), at=at)
    return then.because if then.effect > decision.effect else ()


def _with(use: Use, numbers: Mapping[str, int]) -> Use:
    counted = {name: Fact(number, VouchedBy.MEASURED, _SOURCE) for name, number in numbers.items()}
    return Use(use.action, {**use.facts, **counted})


def _cuts(columns: Iterable[object], name: str) -> list[int]:
    """Return the whole numbers at or below each constant that any condition in force compares a count with."""
    found = {
        floor(cut)
        for column in columns
        if isinstance(column, NumberColumn) and column.attribute == name
        for cut in column.cuts
    }
    return sorted(found)


def _numbers(cuts: Sequence[int], lower: int, upper: int) -> tuple[int, ...]:
    """Return one number of each part that the cuts make of an interval, its ends among them."""
    inner = {number for cut in cuts for number in (cut, cut + 1) if lower < number < upper}
    return tuple(sorted({lower, upper, *inner}))


def _size(asked: Mapping[str, Sequence[int]]) -> int:
    size = 1
    for numbers in asked.values():
        size *= len(numbers)
    return size
