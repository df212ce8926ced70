"""Business days: against the library of holidays, and the two clauses with their own counts."""

from datetime import date
from functools import partial

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.attest.reports.deadline import CLOCKS, Rule, add_business_days, deadlines, is_weekday
from remit.terms.calendar import HolidayCalendars

US = holidays.country_holidays("US", years=range(2025, 2032))
CALENDAR = partial(HolidayCalendars().is_open, "US")


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2030, 12, 1)), st.integers(1, 15))
def test_a_day_is_the_one_that_the_library_counts(start: date, count: int) -> None:
    assert add_business_days(start, count, CALENDAR) == US.get_nth_working_day(start, count)


@pytest.mark.parametrize(
    ("rule", "report", "follow_up"),
    [
        (Rule.FASCSA, date(2026, 9, 9), date(2026, 9, 23)),
        (Rule.SECTION_889, date(2026, 9, 4), date(2026, 9, 21)),
        (Rule.KASPERSKY, date(2026, 9, 9), date(2026, 9, 23)),
    ],
)
def test_both_deadlines_of_each_rule_pass_over_labour_day(rule: Rule, report: date, follow_up: date) -> None:
    found = deadlines(CLOCKS[rule], date(2026, 9, 3), CALENDAR)
    assert (found.report, found.follow_up) == (report, follow_up)
    assert found.skipped == (date(2026, 9, 7),)


def test_what_is_learned_on_a_weekend_begins_to_count_on_monday() -> None:
    for day in (date(2026, 9, 11), date(2026, 9, 12), date(2026, 9, 13)):
        assert add_business_days(day, 1, is_weekday) == date(2026, 9, 14)


def test_a_calendar_of_holidays_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="too many holidays"):
        add_business_days(date(2026, 1, 1), 1, lambda _: False)
