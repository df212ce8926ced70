"""What is counted of a log, entry by entry."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from remit.gateway.interference import Key, Tally, answer, quantile
from remit.gateway.traffic import Period
from remit.ledger.entry import Entry
from remit.ledger.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

BOUNDARY = "policy/not-that"
HELD_BY = "policy/two-people"


def at(second: int, day: int = 1) -> str:
    return f"2026-11-{day:02d}T10:00:{second:02d}.000Z"


def decision(n: int, effect: str, *rules: str, use: str = "translate", day: int = 1) -> Entry:
    return Entry(n, Kind.DECISION, use, n, at(n, day), {"o": effect, "r": list(rules)})


def later(kind: Kind, of: int, second: int, **fields: object) -> Entry:
    return Entry(100 + of, kind, "translate", 0, at(second), {"of": of, **fields})


ENTRIES = (
    decision(0, "allow", "policy/may"),
    later(Kind.OUTCOME, 0, 1, ms=4, status=200, refused=True),
    decision(1, "deny", BOUNDARY),
    decision(2, "hold", HELD_BY),
    later(Kind.RELEASE, 2, 32, o="approved"),
    later(Kind.OUTCOME, 2, 33),
    decision(3, "hold", HELD_BY),
    later(Kind.RELEASE, 3, 13, o="expired"),
    decision(4, "hold", HELD_BY),
    decision(5, "redirect", "policy/may", use="other"),
    decision(6, "allow", "policy/may", day=2),
    Entry(200, Kind.LOST, "translate", 0, at(0, 3), {"of": 6}),
)


def counted(entries: Sequence[Entry] = ENTRIES, *, window: str = "all", use: str = "") -> Tally:
    return Tally(Period(), window, use).take_all(entries)


def test_each_decision_counts_once_in_all_and_once_under_each_clause() -> None:
    tally = counted()
    assert tally.whole.decisions == 7
    assert tally.whole.effects == Counter(allow=2, deny=1, hold=3, redirect=1)
    assert {key.clause: each.decisions for key, each in tally.by_clause() if key.use == "translate"} == {
        BOUNDARY: 1,
        HELD_BY: 3,
    }
    assert next(key.clause for key, _ in tally.by_clause()) == BOUNDARY


def test_holds_are_told_by_their_answers_and_how_long_they_took() -> None:
    held = counted().figures[Key("translate", HELD_BY, "")]
    assert held.answers == Counter(approved=1, expired=1)
    assert held.unanswered == 1
    assert held.waits == Counter({30: 1, 10: 1})
    assert held.outcomes == 1


def test_a_call_that_is_lost_has_no_delay_and_is_told() -> None:
    tally = counted()
    assert tally.whole.lost == 1
    assert tally.whole.delays == Counter({4: 1})
    assert tally.whole.declined == 1


def test_windows_use_cases_and_periods_narrow_what_is_counted() -> None:
    assert {key.window for key, _ in counted(window="day").by_use()} == {"2026-11-01", "2026-11-02"}
    assert counted(use="other").whole.decisions == 1
    assert Tally(Period(since=at(0, 2)), "all").take_all(ENTRIES).whole.decisions == 1
    assert Tally(Period(until=at(2)), "all").take_all(ENTRIES).whole.decisions == 2


def test_the_answer_is_said_in_sentences() -> None:
    assert list(answer(counted())) == [
        "7 decisions from 2026-11-01T10:00:00.000Z to 2026-11-02T10:00:06.000Z.",
        "3 (42.86 %) went on at once, 1 of them to another model.",
        "1 (14.29 %) refused, 3 (42.86 %) held.",
        "Of the holds: 1 approved, 1 expired, 1 without an answer in this log; half of the answers came within 10 s.",
        "What went on was delayed by 4 ms at the median and 4 ms at the 99th percentile.",
        "1 call lost: nothing is known of what came back.",
    ]
    quiet = counted((decision(0, "allow", "policy/may"),))
    assert list(answer(quiet))[1] == "None was refused, held or sent to another model."


def test_a_quantile_is_a_value_that_was_seen() -> None:
    assert quantile(Counter(), 0.5) is None
    assert quantile(Counter({1: 1}), 0.5) == 1
    assert quantile(Counter({1: 98, 7: 2}), 0.99) == 7
    assert quantile(Counter({1: 50, 2: 50}), 0.5) == 1
