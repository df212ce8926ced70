"""Deadlines in business days: which rule gives how many, and on which day they end.

The day something is learned is not counted (the first business day after it is day one). Which days are business days
the caller's calendar says. Sources stand in each rule; a person checks that it binds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    IsOpen = Callable[[date], bool]
    """Tells whether a day is a business day."""

_SATURDAY = 5
LONGEST = 366


class Rule(StrEnum):
    """The clause that a notice is given under."""

    FASCSA = "fascsa"
    SECTION_889 = "889"
    KASPERSKY = "kaspersky"


@dataclass(frozen=True, slots=True)
class Clock:
    """How many business days there are for the report, and how many more for what follows it."""

    clause: str
    report: int
    follow_up: int
    asks: str


CLOCKS = {
    Rule.FASCSA: Clock("FAR 52.204-30(c)", 3, 10, "a covered article or source, or a product or service from one"),
    Rule.SECTION_889: Clock("FAR 52.204-25(d)", 1, 10, "covered telecommunications equipment or services"),
    Rule.KASPERSKY: Clock("FAR 52.204-23(c)", 3, 10, "a covered article"),
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Both days: by when to report, and by when to say what was done since."""

    report: date
    follow_up: date
    skipped: tuple[date, ...]
    """The days from Monday to Friday that were passed over on the way."""


def deadlines(clock: Clock, learned: date, is_open: IsOpen) -> Deadlines:
    """Count both; the second counts from the day of the report's own deadline."""
    report = add_business_days(learned, clock.report, is_open)
    follow_up = add_business_days(report, clock.follow_up, is_open)
    days = (learned + timedelta(days=number) for number in range(1, (follow_up - learned).days + 1))
    return Deadlines(report, follow_up, tuple(day for day in days if is_weekday(day) and not is_open(day)))


def is_weekday(day: date) -> bool:
    """Tell whether a day is one from Monday to Friday, which is a business day where no calendar is named."""
    return day.weekday() < _SATURDAY


def add_business_days(start: date, count: int, is_open: IsOpen) -> date:
    """Return the last of so many business days after a day."""
    day = start
    for _ in range(LONGEST):
        if count == 0:
            return day
        day += timedelta(days=1)
        count -= is_open(day)
    raise ValueError(f"no {count} more business days within {LONGEST} days; the calendar has too many holidays")
