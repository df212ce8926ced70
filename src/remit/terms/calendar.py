"""Which days are business days: by the `holidays` library, which is an extra, or by whatever a caller has instead.

A calendar is a country (`US`), one of its parts (`DE-BY`) or a market (`XECB`, `XNYS`), as that library names them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from remit.errors import ExtraMissing, UsageError

if TYPE_CHECKING:
    from datetime import date

CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?|X[A-Z]{3}")


class OpenDays(Protocol):
    """Knows the business days of calendars."""

    def is_open(self, calendar: str, day: date) -> bool:
        """Tell whether a day is a business day."""


class HolidayCalendars(OpenDays):
    """The calendars of the `holidays` library; each is made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def is_open(self, calendar: str, day: date) -> bool:  # noqa: D102
        made = self._made.get(calendar)
        if made is None:
            made = self._made[calendar] = _make(calendar)
        return bool(made.is_working_day(day))


def _make(calendar: str) -> Any:  # noqa: ANN401  # the library's own class, which may not be there
    try:
        import holidays  # noqa: PLC0415  # an extra, needed only where business days are counted
    except ImportError as error:
        raise ExtraMissing("clock", "holidays", "clock") from error
    country, _, part = calendar.partition("-")
    try:
        if len(country) > 2:  # noqa: PLR2004  # a market
            return holidays.financial_holidays(country)
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise UsageError(
            f"No deadline was counted: {calendar} is no calendar that holidays knows ({error})."
        ) from error
