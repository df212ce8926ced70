"""A difference holds just the uses that two sides judge otherwise, each box with a use that both judges have seen."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.prove.box import meet
from remit.prove.difference import Turn, compare_terms, differing
from remit.prove.moment import make_moments
from remit.prove.search import Budget
from remit.prove.summary import standings, summarise
from remit.terms.decision import Effect
from remit.terms.folder import load_terms
from remit.terms.judge import decide
from tests.prove.test_regions import box_of, single_uses
from tests.terms.drawing import folders, instants, late_instants, uses

if TYPE_CHECKING:
    from remit.terms.use import Use
    from tests.terms.writing import Folder

HISTORY = load_terms(Path(__file__).parents[1] / "golden" / "history")
DATES = sorted({*HISTORY.instants})
TERMS = max(200, settings.default.max_examples if settings.default else 0)

questions = st.lists(uses(), min_size=6, max_size=6)


@settings(max_examples=TERMS, suppress_health_check=list(HealthCheck))
@given(folders(), folders(), instants, instants, late_instants, questions)
def test_a_use_lies_in_the_difference_just_where_the_judge_says_otherwise(
    one: Folder, other: Folder, at: datetime, then: datetime, known: datetime, asked: list[Use]
) -> None:
    sides = (one.read(), at, known), (other.read(), then, known)
    old, new = make_moments(sides)
    boxes = {a: list(differing(old.layout(a), new.layout(a), Budget())) for a in {one.action for one in asked}}
    for use in (single for several in asked for single in single_uses(several)[:2]):
        effects = [decide(terms, use, at=instant, known=known).effect for terms, instant, known in sides]
        inside = [found for found in boxes[use.action] if meet(found[0], box_of(new, use)) is not None]
        assert len(inside) == (effects[0] is not effects[1]), use
        assert [(a.effect, b.effect) for _, a, b in inside] in ([], [tuple(effects)])


@pytest.mark.parametrize(("at", "then"), [*pairwise(DATES), (DATES[0], DATES[-1])])
def test_every_change_between_two_dates_of_the_history_is_told_with_a_use(at: datetime, then: datetime) -> None:
    known = HISTORY.learned[-1]
    difference = compare_terms((HISTORY, at, known), (HISTORY, then, known))
    for change in difference.changes:
        was = decide(HISTORY, change.was.use, at=at, known=known)
        now = decide(HISTORY, change.now.use, at=then, known=known)
        if change.turn is Turn.STANDING:
            assert was.effect is now.effect
            assert was.verdict is not now.verdict
        else:
            assert (was.effect, now.effect) == (change.before, change.after)
            assert was.effect is not now.effect


def test_all_pairs_of_dates_differ_alike_there_and_back() -> None:
    known = HISTORY.learned[-1]
    for at in DATES[::3]:
        for then in DATES[1::3]:
            there = compare_terms((HISTORY, at, known), (HISTORY, then, known))
            back = compare_terms((HISTORY, then, known), (HISTORY, at, known))
            lost = {(c.action, c.box) for c in there.changes if (c.before, c.after) == (Effect.PERMIT, Effect.DENY)}
            won = {(c.action, c.box) for c in back.changes if (c.before, c.after) == (Effect.DENY, Effect.PERMIT)}
            assert lost == won


def test_terms_do_not_differ_from_themselves() -> None:
    at = DATES[-1]
    assert compare_terms((HISTORY, at, at), (HISTORY, at, at)).changes == ()


def test_the_day_of_a_designation_is_told_by_clause_and_scope() -> None:
    at, then = datetime.fromisoformat("2026-03-01T00:00:00+00:00"), datetime.fromisoformat("2026-03-10T00:00:00+00:00")
    difference = compare_terms((HISTORY, at, then), (HISTORY, then, then))
    assert standings(difference) == [
        "agencies-directive: without effect → in-force",
        "cio-memo: without effect → in-force",
        "designation-a: without effect → in-force",
        "designation-b: without effect → in-force",
    ]
    told = {(entry.turn.value, entry.change.by_after, entry.lines) for entry in summarise(difference)}
    both = ("cio-memo/remove", "designation-a/covered-contracts", "designation-b/covered-contracts")
    line = (
        "the organisation that uses the model is quayside; the maker of the model is halden; "
        "the kind of scope is covered-contract"
    )
    assert ("newly forbidden", both, (line,)) in told
