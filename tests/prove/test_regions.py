"""Regions and judges agree, and regions fill what they are asked to fill."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.prove.box import size
from remit.prove.moment import make_moment
from remit.prove.search import Budget, regions
from remit.terms.action import Action
from remit.terms.decision import Basis
from remit.terms.judge import decide
from remit.terms.use import Fact, Use
from tests.terms.drawing import folders, instants, late_instants, uses
from tests.terms.naive import judge

if TYPE_CHECKING:
    from datetime import datetime

    from remit.prove.box import Box
    from remit.prove.domain import Axis
    from remit.prove.moment import Moment
    from remit.terms.use import Value
    from tests.terms.writing import Folder

USES_PER_TERMS = 8
TERMS = max(300, settings.default.max_examples if settings.default else 0)

questions = st.lists(uses(), min_size=USES_PER_TERMS, max_size=USES_PER_TERMS)


def box_of(moment: Moment, use: Use) -> Box:
    facts = {name: fact.value for name, fact in use.facts.items()}
    return tuple(axis.mask_of(facts.get(axis.attribute)) for axis in moment.axes)


@settings(max_examples=TERMS, suppress_health_check=list(HealthCheck))
@given(folders(), instants, late_instants, questions)
def test_the_region_of_a_use_has_the_effect_that_both_judges_give_it(
    folder: Folder, at: datetime, known: datetime, asked: list[Use]
) -> None:
    terms = folder.read()
    moment = make_moment(terms, at, known)
    for use in asked:
        box = box_of(moment, use)
        found = list(regions(moment.layout(use.action), [box], Budget()))
        worst = max(region.effect for region in found)
        said = decide(terms, use, at=at, known=known).effect
        assert said.word == judge(terms, use, at, known).outcome.effect
        assert sum(size(region.box) for region in found) == size(box)
        if size(box) == 1:
            assert worst is said, (use, found)


@settings(max_examples=TERMS // 3, suppress_health_check=list(HealthCheck))
@given(folders(), instants, late_instants, questions)
def test_a_boundary_that_stops_one_of_several_values_stops_all_of_them_together(
    folder: Folder, at: datetime, known: datetime, asked: list[Use]
) -> None:
    terms = folder.read()
    for use in asked:
        together = decide(terms, use, at=at, known=known)
        alone = [decide(terms, one, at=at, known=known) for one in single_uses(use)]
        if any(decision.basis is Basis.BOUNDARY for decision in alone):
            assert together.basis is Basis.BOUNDARY


def single_uses(use: Use) -> list[Use]:
    choices = [[(name, Fact(value)) for value in alone(fact.value)] for name, fact in use.facts.items()]
    return [Use(use.action, dict(chosen)) for chosen in product(*choices)]


def alone(value: Value) -> list[Value]:
    """Return the names of a set one by one; a set that is no set of names is not known, and stays as it is."""
    if not isinstance(value, frozenset):
        return [value]
    names: list[object] = list(value)
    return [*value] if names and all(isinstance(name, str) and name for name in names) else [value]


@settings(max_examples=TERMS // 3, suppress_health_check=list(HealthCheck))
@given(folders(), instants, late_instants)
def test_regions_fill_everything_and_share_nothing(folder: Folder, at: datetime, known: datetime) -> None:
    moment = make_moment(folder.read(), at, known)
    for layout in (moment.layout(action) for action in Action):
        boxes = [region.box for region in regions(layout, [layout.everything], Budget())]
        assert sum(map(size, boxes)) == reduce(lambda many, axis: many * elements(axis), moment.axes, 1)
        pairs = ((one, other) for one, other in product(boxes, boxes) if one is not other)
        if len(boxes) < 100:
            assert all(any(not a & b for a, b in zip(one, other, strict=True)) for one, other in pairs)


def elements(axis: Axis) -> int:
    return len(axis.elements)
