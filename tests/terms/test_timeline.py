"""The timeline names every instant at which a decision can change, and who brought the change about."""

from datetime import datetime, timedelta

from hypothesis import given

from remit.terms.instant import parse_instant, write_instant
from remit.terms.judge import decide
from remit.terms.timeline import NOTHING, Turn, Turning, timeline
from remit.terms.use import Use
from tests.terms.drawing import DAYS, INSTANTS, folders, late_instants, uses
from tests.terms.world import order, world
from tests.terms.writing import Folder

NO = "{id: no, forbid: [act]}"
BEFORE_ALL = DAYS[0] - timedelta(days=1)


def turns_of(standing: str, known: str = "2027-01-01", clause: str = NO, more: str = "") -> list[Turn]:
    return timeline(world(it=order(clause, standing=f"standing: [{standing}]") + more), parse_instant(known))


def shown(turns: list[Turn]) -> list[str]:
    return [f"{write_instant(t.at)[:10]} {t.turning}: {t.before} > {t.after}" for t in turns]


@given(folders(), uses(), late_instants)
def test_a_decision_changes_only_at_an_instant_of_the_timeline(folder: Folder, use: Use, known: datetime) -> None:
    terms = folder.read()
    turns = sorted({BEFORE_ALL, *(turn.at for turn in timeline(terms, known))})
    for instant in INSTANTS:
        last = max(turn for turn in turns if turn <= instant)
        then, now = (decide(terms, use, at=at, known=known) for at in (last, instant))
        assert (now.effect, now.basis, now.verdict, now.lacks) == (then.effect, then.basis, then.verdict, then.lacks)
        assert [reason.rule.reference for reason in now.because] == [reason.rule.reference for reason in then.because]


@given(folders(), late_instants)
def test_the_timeline_is_in_the_order_of_time_and_holds_only_what_was_known(folder: Folder, known: datetime) -> None:
    turns = timeline(folder.read(), known)
    assert [turn.at for turn in turns] == sorted(turn.at for turn in turns)
    assert all(turn.entry.known <= known for turn in turns)


@given(folders(), late_instants)
def test_what_an_instrument_is_worth_after_one_turn_it_is_worth_before_the_next(
    folder: Folder, known: datetime
) -> None:
    terms = folder.read()
    last: dict[str, Turn] = {}
    for turn in timeline(terms, known):
        if turn.turning is Turning.PHASED_OUT or turn.instrument.standing.covered_parties():
            continue
        before = last.get(turn.instrument.id)
        if before is not None and before.at < turn.at:
            assert turn.before == before.after
        last[turn.instrument.id] = turn


def test_an_entry_begins_and_ends() -> None:
    assert shown(turns_of("{state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2026-03-01}")) == [
        f"2026-01-01 begins: {NOTHING} > in-force",
        f"2026-03-01 ends: in-force > {NOTHING}",
    ]


def test_an_entry_that_ends_brings_back_what_stood_before_it() -> None:
    turns = turns_of(
        "{state: in-force, from: 2026-01-01, known: 2026-01-01}, "
        "{state: stayed, from: 2026-02-01, known: 2026-02-01, until: 2026-03-01, by: court}"
    )
    assert shown(turns) == [
        f"2026-01-01 begins: {NOTHING} > in-force",
        "2026-02-01 begins: in-force > stayed",
        "2026-03-01 ends: stayed > in-force",
    ]
    assert [turn.authority for turn in turns] == ["ministry", "court", "court"]


def test_a_turn_is_told_for_the_parties_it_is_about() -> None:
    turns = turns_of(
        "{state: in-force, from: 2026-01-01, known: 2026-01-01}, "
        "{state: stayed, from: 2026-02-01, known: 2026-02-01, covers: [quayside]}, "
        "{state: lifted, from: 2026-04-01, known: 2026-04-01}"
    )
    assert shown(turns)[1:] == ["2026-02-01 begins: in-force > stayed", "2026-04-01 begins: in-force > lifted"]
    assert turns[1].entry.covers == {"quayside"}


def test_an_entry_that_is_overtaken_at_its_own_instant_begins_nothing_and_ends_what_it_came_to_be() -> None:
    turns = turns_of(
        "{state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2026-05-01}, "
        "{state: stayed, from: 2026-01-01, known: 2026-01-02, until: 2026-03-01}"
    )
    assert shown(turns) == [
        f"2026-01-01 begins: {NOTHING} > stayed",
        "2026-03-01 ends: stayed > in-force",
        f"2026-05-01 ends: in-force > {NOTHING}",
    ]


def test_an_entry_that_counts_for_one_of_its_parties_alone_is_told() -> None:
    turns = turns_of(
        "{state: in-force, from: 2026-01-01, known: 2026-01-01, covers: [quayside, tidewater], until: 2026-05-01}, "
        "{state: stayed, from: 2026-01-01, known: 2026-01-02, covers: [quayside]}"
    )
    assert shown(turns) == [
        f"2026-01-01 begins: {NOTHING} > in-force",
        f"2026-01-01 begins: {NOTHING} > stayed",
        f"2026-05-01 ends: in-force > {NOTHING}",
    ]


def test_an_entry_that_has_long_been_overtaken_ends_nothing() -> None:
    turns = turns_of(
        "{state: in-force, from: 2026-01-01, known: 2026-01-01, until: 2026-05-01}, "
        "{state: lifted, from: 2026-03-01, known: 2026-03-01}"
    )
    assert shown(turns)[1:] == ["2026-03-01 begins: in-force > lifted"]


def test_what_was_not_known_is_left_out_and_does_not_count_before_what_was() -> None:
    standing = (
        "{state: in-force, from: 2026-01-01, known: 2026-06-01}, {state: stayed, from: 2026-02-01, known: 2026-02-01}"
    )
    assert shown(turns_of(standing, "2026-03-01")) == [f"2026-02-01 begins: {NOTHING} > stayed"]
    assert len(turns_of(standing, "2026-06-01")) == 2
    assert turns_of(standing, "2026-01-31") == []


def test_the_end_of_a_phase_out_is_told_with_what_the_instrument_is_worth_then() -> None:
    clause = "{id: no, forbid: [act], phase_out: 2026-05-01}"
    turns = turns_of(
        "{state: in-force, from: 2026-01-01, known: 2026-01-01}, {state: stayed, from: 2026-02-01, known: 2026-02-01}",
        clause=clause,
    )
    assert shown(turns)[-1] == "2026-05-01 phase-out over: stayed > stayed"
    assert [turn.clause for turn in turns] == ["", "", "no"]


def test_the_end_of_a_phase_out_is_told_once_anything_is_known_of_the_instrument() -> None:
    clause = "{id: no, forbid: [act], phase_out: 2026-05-01}"
    standing = (
        "{state: stayed, from: 2026-01-01, known: 2026-04-01}, {state: in-force, from: 2026-02-01, known: 2026-02-01}"
    )
    assert shown(turns_of(standing, "2026-03-01", clause))[-1] == "2026-05-01 phase-out over: in-force > in-force"
    assert turns_of(standing, "2026-01-15", clause) == []


def test_turns_of_one_instant_come_by_the_name_of_the_instrument() -> None:
    terms = world(b=order(NO), a=order(NO), c=order(NO))
    assert [turn.instrument.id for turn in timeline(terms, parse_instant("2027-01-01"))] == ["a", "b", "c"]
