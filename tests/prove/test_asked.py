"""A change of approvals or of duties is told where the effect stays, with a use that both judges have seen."""

from __future__ import annotations

import pytest

from remit.prove.difference import Change, Turn, compare_terms
from remit.terms.decision import Effect
from tests.terms.world import AT, policy, world

OPEN = "{id: open, permit: [invoke, act]}"
UNTIL = "until: {approvals: {of: officer, at_least: 2}, expires_in: 10m}"
HELD = f"{{id: wait, hold: [act], when: {{use.purpose: answer}}, {UNTIL}}}"
LOGGED = "{id: log, oblige: [invoke], when: {use.purpose: search}, duties: {log: every call}}"


def changes(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[Change, ...]:
    sides = [(world(p=policy(*clauses)), AT, AT) for clauses in (before, after)]
    return compare_terms(*sides).changes


def test_more_approvers_are_asked_for_otherwise_and_held_as_before() -> None:
    (change,) = changes((OPEN, HELD), (OPEN, HELD.replace("at_least: 2", "at_least: 3")))
    assert (change.turn, change.before, change.after) == (Turn.ASKED, Effect.HOLD, Effect.HOLD)
    assert (change.by_before, change.by_after) == (("p/wait",), ("p/wait",))
    assert change.was.hold != change.now.hold


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((OPEN, LOGGED), (OPEN, LOGGED.replace("every call", "every tenth call"))),
        ((OPEN,), (OPEN, LOGGED)),
        ((OPEN, LOGGED), (OPEN,)),
        ((OPEN,), ("{id: open, permit: [invoke, act], duties: {disclose: that a model wrote it}}",)),
    ],
)
def test_a_duty_that_comes_goes_or_changes_is_asked_for_otherwise(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    found = changes(before, after)
    assert {change.turn for change in found} == {Turn.ASKED}
    assert all(change.was.duties != change.now.duties for change in found)


def test_what_another_clause_asks_for_anyway_is_no_change() -> None:
    stricter = HELD.replace("id: wait", "id: more").replace("at_least: 2", "at_least: 5")
    weaker = HELD.replace("at_least: 2", "at_least: 1")
    found = changes((OPEN, stricter, HELD), (OPEN, stricter, weaker))
    assert all(change.was.hold == change.now.hold for change in found if change.turn is Turn.ASKED)
    assert [change for change in found if change.turn is not Turn.STANDING] == []
