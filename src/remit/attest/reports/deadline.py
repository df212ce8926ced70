"""Deadlines in business days: which rule gives how many, and on which day they end.

The day something is learned is not counted (the first business day after it is day one). A Saturday, a Sunday and a
holiday of the calendar that was named are no business days. Sources stand in each rule; a person checks that it binds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

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
    skipped: tuple[tuple[date, str], ...]
    """The holidays that were passed over on the way."""


def deadlines(clock: Clock, learned: date, holidays: dict[date, str]) -> Deadlines:
    """Count both; the second counts from the day of the report's own deadline."""
    report = add_business_days(learned, clock.report, holidays)
    follow_up = add_business_days(report, clock.follow_up, holidays)
    skipped = tuple(
        (day, name)
        for day, name in sorted(holidays.items())
        if learned < day <= follow_up and day.weekday() < _SATURDAY
    )
    return Deadlines(report, follow_up, skipped)


def add_business_days(start: date, count: int, holidays: Collection[date]) -> date:
    """Return the last of so many business days after a day."""
    day = start
    for _ in range(LONGEST):
        if count == 0:
            return day
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in holidays:
            count -= 1
    raise ValueError(f"no {count} more business days within {LONGEST} days; the calendar has too many holidays")
