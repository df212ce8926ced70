from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.errors import ExtraMissing, TermsUnusable, UsageError
from remit.terms.calendar import HolidayCalendars, OpenDays
from remit.terms.clock import KINDS, Span, Unit, Way
from remit.terms.deadline import Deadline, Status, add_months, find_deadlines, say_span, started_by
from remit.terms.folder import Files, read_terms
from remit.terms.instant import parse_instant
from remit.terms.instrument import Kind
from tests.terms.world import REGISTER, order, world

HEAD = "organisation: quayside\nparties: [{id: quayside}, {id: board}]\n"
FOUND = "- {event: found, about: r7, at: 2026-03-05T15:20-05:00, known: 2026-03-05}"


class Weekdays(OpenDays):
    """Calendars in which Saturdays and Sundays are closed, and the days given."""

    def __init__(self, *closed: str) -> None:
        self.closed = {date.fromisoformat(day) for day in closed}

    def is_open(self, calendar: str, day: date) -> bool:
        return bool(calendar) and day.weekday() < 5 and day not in self.closed


def deadlines(
    clocks: str,
    events: str = FOUND,
    at: str = "2026-03-09T12:00Z",
    *,
    standing: str = "",
    known: str = "2027-01-01",
    days: OpenDays | None = None,
) -> list[Deadline]:
    register = f"{HEAD}clocks:\n  {clocks}\nevents: {'[]' if not events else ''}\n  {events}\n"
    instruments = {}
    if standing:
        order = f"instrument: it\nkind: order\nby: board\nstanding:\n{standing}\n"
        instruments["it.yaml"] = f"{order}clauses: [{{id: a, forbid: [integrate]}}]\n".encode()
    terms = read_terms(Files(register.encode(), instruments, {}))
    return find_deadlines(terms, parse_instant(at), parse_instant(known), days or Weekdays())


def due(clock: str) -> str:
    (deadline,) = deadlines(f"- {{id: c, says: Do it., starts: {{event: found}}, {clock}}}")
    assert deadline.due is not None
    return deadline.due.astimezone(deadline.clock.zone).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("within: 3 business days, calendar: US, zone: America/New_York", "2026-03-10 23:59:59"),
        ('within: 3 business days, calendar: US, zone: America/New_York, until: "17:01"', "2026-03-10 17:01:00"),
        ("within: 1 business day, calendar: US", "2026-03-06 23:59:59"),
        ("within: 72 hours", "2026-03-08 20:20:00"),
        # The clocks go forward on 8 March there: 72 hours are 72 hours.
        ("within: 72 hours, zone: America/New_York", "2026-03-08 16:20:00"),
        ("within: 30 days", "2026-04-04 23:59:59"),
        ("within: 30 days, rolls: true, calendar: US", "2026-04-06 23:59:59"),
        ("within: 2 weeks", "2026-03-19 23:59:59"),
        ("within: 6 months", "2026-09-05 23:59:59"),
        ("within: 1 year", "2027-03-05 23:59:59"),
        ("every: 3 months", "2026-06-05 23:59:59"),
        ("ahead: 60 days", "2026-01-04 23:59:59"),
        ("ahead: 3 business days, calendar: US", "2026-03-02 23:59:59"),
        ("ahead: 72 hours", "2026-03-02 20:20:00"),
        ("ahead: 1 month", "2026-02-05 23:59:59"),
        # In Tokyo it was the sixth already.
        ("within: 1 day, zone: Asia/Tokyo", "2026-03-07 23:59:59"),
    ],
)
def test_a_length_is_counted_as_its_unit_its_calendar_and_its_zone_have_it(clock: str, expected: str) -> None:
    assert due(clock) == expected


def test_a_holiday_is_no_business_day() -> None:
    clock = "- {id: c, says: Do it., starts: {event: found}, within: 3 business days, calendar: US}"
    (deadline,) = deadlines(clock, days=Weekdays("2026-03-09"))
    assert deadline.due == datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC)


def test_the_holidays_of_a_country_a_part_and_a_market_are_known() -> None:
    days = HolidayCalendars()
    assert not days.is_open("US", date(2026, 7, 3)), "the fourth is a Saturday, and observed on the third"
    assert days.is_open("US", date(2026, 7, 2))
    assert not days.is_open("DE-BY", date(2026, 1, 6))
    assert days.is_open("DE-BE", date(2026, 1, 6))
    assert not days.is_open("XNYS", date(2026, 4, 3))
    for code in ("XX", "US-ZZ", "XQQQ"):
        with pytest.raises(UsageError, match="no calendar that holidays knows"):
            days.is_open(code, date(2026, 1, 6))


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "holidays", None)
    with pytest.raises(ExtraMissing, match=r"remit\[clock\]"):
        HolidayCalendars().is_open("US", date(2026, 1, 6))


STAY = """\
  - {state: in-force, from: 2026-03-06T09:00-05:00, known: 2026-03-06}
  - {state: stayed, from: 2026-04-03T12:00-04:00, known: 2026-04-03, until: 2026-06-03T12:00-04:00}"""
ORDER = "- {id: c, says: Remove it., starts: {instrument: it}, within: 180 days, zone: America/New_York}"


@pytest.mark.parametrize(
    ("at", "status", "last"),
    [
        ("2026-03-06T13:59Z", None, None),
        ("2026-03-06T14:00Z", Status.RUNNING, "2026-09-02"),
        ("2026-04-02T15:59Z", Status.RUNNING, "2026-09-02"),
        ("2026-04-03T16:00Z", Status.SUSPENDED, "2026-11-01"),
        ("2026-06-03T15:59Z", Status.SUSPENDED, "2026-11-01"),
        ("2026-06-03T16:00Z", Status.RUNNING, "2026-11-01"),
        ("2026-11-02T04:59:59Z", Status.OVERDUE, "2026-11-01"),
    ],
)
def test_a_stay_suspends_a_clock_and_its_end_resumes_it(at: str, status: Status | None, last: str | None) -> None:
    # What was known then: the stay is not before its day. 180 days from 6 March are 2 September; 60 days stood still.
    found = deadlines(ORDER, "", at, standing=STAY, known=at)
    assert [each.status for each in found] == ([] if status is None else [status])
    for each in found:
        assert each.due is not None
        assert each.due.astimezone(ZoneInfo("America/New_York")).date().isoformat() == last
        if status is Status.SUSPENDED:
            assert each.since == parse_instant("2026-04-03T12:00-04:00")


def test_a_stay_without_an_end_leaves_no_end_in_sight() -> None:
    endless = STAY.replace(", until: 2026-06-03T12:00-04:00", "")
    for clock in (ORDER, ORDER.replace("180 days", "72 hours"), ORDER.replace("180 days", "6 months")):
        at = "2026-05-01" if "hours" not in clock else "2026-04-20"
        standing = endless if "hours" not in clock else endless.replace("2026-04-03T12:00", "2026-03-07T12:00")
        (deadline,) = deadlines(clock, "", at, standing=standing)
        assert (deadline.status, deadline.due) == (Status.SUSPENDED, None)


def test_hours_go_on_where_a_stay_stopped_them() -> None:
    standing = STAY.replace("2026-04-03T12:00-04:00", "2026-03-07T09:00-05:00")
    (deadline,) = deadlines(ORDER.replace("180 days", "72 hours"), "", "2026-03-06T20:00Z", standing=standing)
    assert deadline.due == parse_instant("2026-06-05T12:00-04:00")


def test_a_stay_after_the_hours_are_over_changes_nothing() -> None:
    (deadline,) = deadlines(ORDER.replace("180 days", "72 hours"), "", "2026-03-06T20:00Z", standing=STAY)
    assert deadline.due == parse_instant("2026-03-09T10:00-04:00")


def test_months_are_longer_by_the_days_of_a_stay() -> None:
    (deadline,) = deadlines(ORDER.replace("180 days", "6 months"), "", "2026-08-01", standing=STAY)
    assert deadline.due is not None
    assert deadline.due.astimezone(ZoneInfo("America/New_York")).date() == date(2026, 9, 6) + timedelta(days=60)


def test_an_order_that_is_set_aside_ends_its_clock_and_one_in_force_again_starts_it_anew() -> None:
    standing = (
        STAY
        + """
  - {state: set-aside, from: 2026-08-27, known: 2026-08-27}
  - {state: in-force, from: 2026-09-25, known: 2026-09-25}"""
    )
    ended, again = sorted(deadlines(ORDER, "", "2026-09-26", standing=standing), key=lambda each: each.started)
    assert (ended.status, ended.since) == (Status.ENDED, parse_instant("2026-08-27"))
    assert (again.status, again.started) == (Status.RUNNING, parse_instant("2026-09-25"))


def test_a_clock_belongs_to_the_instrument_it_is_under() -> None:
    clock = "- {id: c, says: Do it., starts: {event: found}, within: 180 days, under: it}"
    (before,) = deadlines(clock, at="2026-03-05T21:00Z", standing=STAY)
    assert before.status is Status.ENDED, "the order was not in force yet"
    for at, status in (
        ("2026-03-20", Status.RUNNING),
        ("2026-05-01", Status.SUSPENDED),
        ("2026-08-01", Status.RUNNING),
    ):
        (deadline,) = deadlines(clock, at=at, standing=STAY)
        assert deadline.status is status
    lifted = STAY + "\n  - {state: lifted, from: 2026-08-01, known: 2026-08-01}"
    (deadline,) = deadlines(clock, at="2026-08-02", standing=lifted)
    assert (deadline.status, deadline.since) == (Status.ENDED, parse_instant("2026-08-01"))


def test_any_instrument_of_a_kind_and_any_state_may_start_a_clock() -> None:
    clock = "- {id: c, says: Ask., starts: {kind: order, state: stayed}, within: 5 days}"
    (deadline,) = deadlines(clock, "", "2026-04-05", standing=STAY)
    assert (deadline.about, deadline.started, deadline.status) == (
        "it",
        parse_instant("2026-04-03T12:00-04:00"),
        Status.RUNNING,
    )
    assert deadlines(clock.replace("order", "waiver"), "", "2026-04-05", standing=STAY) == []


def test_what_was_done_in_time_is_met_and_what_was_done_late_says_so() -> None:
    clock = "- {id: c, says: Do it., starts: {event: found}, stops: told, within: 3 days}"
    told = "{event: told, about: r7, at: 2026-03-07, known: 2026-03-07}"
    (deadline,) = deadlines(clock, f"{FOUND}\n  - {told}")
    assert (deadline.status, deadline.since) == (Status.MET, parse_instant("2026-03-07"))
    (other,) = deadlines(clock, f"{FOUND}\n  - {told.replace('r7', 'r8')}")
    assert other.status is Status.OVERDUE, "what was told of another thing stops nothing"
    (unknown,) = deadlines(
        clock, f"{FOUND}\n  - {told.replace('known: 2026-03-07', 'known: 2026-04-07')}", known="2026-03-09"
    )
    assert unknown.status is Status.OVERDUE


def test_what_is_due_every_so_often_is_due_again_after_each_time() -> None:
    clock = "- {id: c, says: Look., starts: {event: found}, stops: told, ends: closed, every: 1 month}"
    looked = "\n".join(
        [FOUND, *(f"  - {{event: told, about: r7, at: 2026-0{m}-01, known: 2026-0{m}-01}}" for m in (4, 5))]
    )
    (deadline,) = deadlines(clock, looked, "2026-05-20")
    assert (deadline.status, deadline.due) == (Status.RUNNING, datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC))
    (late,) = deadlines(clock, looked, "2026-06-02")
    assert late.status is Status.OVERDUE
    closed = looked + "\n  - {event: closed, about: r7, at: 2026-05-25, known: 2026-05-25}"
    (ended,) = deadlines(clock, closed, "2026-06-02")
    assert (ended.status, ended.since) == (Status.ENDED, parse_instant("2026-05-25"))


def test_what_is_ahead_is_due_before_its_event() -> None:
    clock = "- {id: c, says: Tell., starts: {event: found}, stops: told, ahead: 30 days}"
    (running,) = deadlines(clock, at="2026-02-01")
    assert (running.status, running.due) == (Status.RUNNING, datetime(2026, 2, 3, 23, 59, 59, tzinfo=UTC))
    (late,) = deadlines(clock, at="2026-02-04")
    assert late.status is Status.OVERDUE
    told = f"{FOUND}\n  - {{event: told, about: r7, at: 2026-01-20, known: 2026-01-20}}"
    (met,) = deadlines(clock, told, "2026-02-04")
    assert met.status is Status.MET


def test_a_time_to_wait_is_never_overdue() -> None:
    clock = "- {id: c, says: Keep., starts: {event: found}, within: 6 months, means: not-before}"
    assert [each.status for each in deadlines(clock)] == [Status.RUNNING]
    assert [each.status for each in deadlines(clock, at="2026-10-01")] == [Status.OVER]


def test_what_was_not_known_has_started_nothing() -> None:
    clock = "- {id: c, says: Do it., starts: {event: found}, within: 3 days}"
    assert deadlines(clock, known="2026-03-04T23:00Z") == []
    assert deadlines(clock, at="2026-03-05T20:00Z") == []


def test_the_worst_and_then_the_soonest_come_first() -> None:
    clocks = "\n  ".join(
        f"- {{id: {name}, says: Do it., starts: {{event: found}}, within: {span}}}"
        for name, span in (("late", "9 days"), ("soon", "5 days"), ("gone", "1 day"), ("long", "2 days"))
    )
    assert [each.clock.id for each in deadlines(clocks)] == ["gone", "long", "soon", "late"]


def test_what_an_order_would_start_is_told_beforehand() -> None:
    register = f"{HEAD}clocks:\n  {ORDER}\n  {ORDER.replace('id: c', 'id: d').replace('instrument: it', 'event: e')}\n"
    order = f"instrument: it\nkind: order\nby: board\nstanding:\n{STAY}\nclauses: [{{id: a, forbid: [integrate]}}]\n"
    terms = read_terms(Files(register.encode(), {"it.yaml": order.encode()}, {}))
    (instrument,) = terms.instruments
    (deadline,) = started_by(terms, instrument, parse_instant("2026-03-01"), Weekdays())
    assert deadline.clock.id == "c"
    assert started_by(terms, instrument, parse_instant("2026-03-07"), Weekdays()) == []


@pytest.mark.parametrize(
    ("clock", "says"),
    [
        ("within: 3 business days", "which days are business days"),
        ("within: 30 days, rolls: true", "which days are business days"),
        ("within: 3 moons", "expected a length"),
        ("within: 3 days, every: 3 days", "how long it runs"),
        ("", "how long it runs"),
        ("within: 3 days, zone: Mars/Olympus", "unknown zone"),
        ('within: 3 days, until: "25:00"', "expected a time of day"),
        ("within: 3 days, calendar: Germany", "expected a country"),
        ("within: 3 days, starts: {kind: ordre}", "did you mean order?"),
        ("within: 3 days, starts: {event: a, instrument: b}", "expected one of"),
        ("within: 3 days, starts: {event: a, state: stayed}", "an event has no state"),
        ("within: 3 days, starts: {}", "expected one of"),
    ],
)
def test_a_fault_in_a_clock_says_what_was_expected(clock: str, says: str) -> None:
    starts = "" if "starts" in clock else "starts: {event: found}, "
    with pytest.raises(TermsUnusable) as error:
        deadlines(f"- {{id: c, says: Do it., {starts}{clock}}}", "")
    assert any(says in fault.says for fault in error.value.faults)


def test_an_event_that_no_clock_knows_is_a_fault() -> None:
    clock = "- {id: c, says: Do it., starts: {event: found}, within: 3 days}"
    with pytest.raises(TermsUnusable, match="did you mean found"):
        deadlines(clock, FOUND.replace("event: found", "event: fund"))


def test_an_event_without_its_two_times_is_a_fault() -> None:
    clock = "- {id: c, says: Do it., starts: {event: found}, within: 3 days}"
    for missing, says in ((", known: 2026-03-05", "learned of it"), ("at: 2026-03-05T15:20-05:00, ", "happened")):
        with pytest.raises(TermsUnusable, match=says):
            deadlines(clock, FOUND.replace(missing, ""))
    with pytest.raises(TermsUnusable, match="what starts it"):
        deadlines("- {id: c, says: Do it., within: 3 days}", "")


def test_the_kinds_that_start_a_clock_are_those_of_instruments() -> None:
    assert set(KINDS) == set(Kind)


def test_a_span_is_said_as_people_say_it() -> None:
    assert say_span(Span(3, Unit.BUSINESS_DAY), Way.WITHIN) == "3 business days"
    assert say_span(Span(1, Unit.MONTH), Way.EVERY) == "every 1 month"
    assert say_span(Span(60, Unit.DAY), Way.AHEAD) == "60 days ahead"


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-60, 60))
def test_months_on_and_back_end_in_the_month_meant(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day <= day.day


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 80), st.integers(1, 40))
def test_a_stay_never_brings_a_deadline_nearer_and_never_moves_it_by_more_than_itself(
    length: int, begins: int, lasts: int
) -> None:
    first = datetime(2026, 3, 6, 14, tzinfo=UTC)
    stayed, until = first + timedelta(days=begins, hours=1), first + timedelta(days=begins + lasts, hours=1)
    force = f"  - {{state: in-force, from: {first.isoformat()}, known: 2026-03-06}}"
    stay = f"\n  - {{state: stayed, from: {stayed.isoformat()}, known: 2026-03-06, until: {until.isoformat()}}}"
    clock = ORDER.replace("180 days", f"{length} days").replace(", zone: America/New_York", "")
    (plain,), (held,) = (deadlines(clock, "", "2026-03-07", standing=text) for text in (force, force + stay))
    assert plain.due is not None
    assert held.due is not None
    assert timedelta(0) <= held.due - plain.due <= until - stayed


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ("board-order-3", ""),
        ("bord-order-3", "did you mean board-order-3?"),  # misspelt on purpose
        ("board-ordr-3", "did you mean board-order-3?"),  # misspelt on purpose
        ("board-order-4", ""),
        ("export-letter-9", ""),
    ],
)
@pytest.mark.parametrize("key", ["starts: {{instrument: {name}}}", "starts: {{event: found}}, under: {name}"])
def test_a_clock_that_names_an_instrument_wrongly_is_a_fault_and_one_that_is_to_come_is_none(
    key: str, named: str, fault: str
) -> None:
    clock = f"- {{id: c, says: Do it., {key.format(name=named)}, within: 3 days}}"
    register = f"{REGISTER}clocks:\n  {clock}\n"
    paper = {"board-order-3": order("{id: no, forbid: [act]}")}
    if not fault:
        assert world(register, **paper).register.clocks
        return
    with pytest.raises(TermsUnusable, match=re.escape(fault)):
        world(register, **paper)
