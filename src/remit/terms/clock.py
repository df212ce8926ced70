"""Clocks: what starts one, how long it runs, in which calendar and zone, and what stops it; rows of the register.

```yaml
clocks:
  - id: covered-article
    says: Report the covered article.
    starts: {event: covered-article-found}
    stops: covered-article-reported
    within: 3 business days
    calendar: US
    zone: America/New_York
events:
  - {event: covered-article-found, about: router-7, at: 2026-03-06T10:00-05:00, known: 2026-03-06}
```

What is counted, and when it falls due, stands in deadline.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from remit.terms.calendar import CODE
from remit.terms.fields import unknown
from remit.terms.reference import INSTRUMENT, Reference
from remit.terms.standing import State

if TYPE_CHECKING:
    from datetime import datetime

    from remit.terms.fields import Fields

_LENGTH = re.compile(r"([1-9][0-9]{0,3}) (hour|business day|day|week|month|year)s?")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
KINDS = ("policy", "grant", "authorisation", "order", "waiver", "statement")
"""The kinds of instruments, any of which may start a clock."""
UTC = ZoneInfo("UTC")
END_OF_DAY = time(23, 59, 59)


class Unit(StrEnum):
    """What a length is counted in."""

    HOUR = "hour"
    BUSINESS_DAY = "business day"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Way(StrEnum):
    """How a length stands to what starts it."""

    WITHIN = "within"
    """It falls due so long after."""
    EVERY = "every"
    """It falls due so long after, and again so long after each time it was done."""
    AHEAD = "ahead"
    """It falls due so long before."""


class Meaning(StrEnum):
    """What an end means."""

    DEADLINE = "deadline"
    NOT_BEFORE = "not-before"
    """Until then something must not be done, such as delete a log."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as people write it."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a clock: an event by its name, or a state that an instrument, or any of a kind, comes into."""

    event: str = ""
    instrument: str = ""
    kind: str = ""
    state: State = State.IN_FORCE

    def __str__(self) -> str:
        if self.event:
            return self.event
        return f"{self.instrument or f'any {self.kind}'} {self.state}"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock."""

    id: str
    says: str
    starts: Trigger
    span: Span
    way: Way = Way.WITHIN
    stops: str = ""
    """The event that ends it in time, or with `every` begins it anew."""
    ends: str = ""
    """The event after which nothing is due any more."""
    under: str = ""
    """The instrument without which it does not run: while that is stayed the clock stands still."""
    zone: ZoneInfo = UTC
    until: time = END_OF_DAY
    """The time of day at which its last day ends."""
    calendar: str = ""
    rolls: bool = False
    """Whether a last day that is no business day moves on to the next one."""
    meaning: Meaning = Meaning.DEADLINE
    source: str = ""
    note: str = ""

    @property
    def events(self) -> frozenset[str]:
        """Return the names of the events that it knows."""
        return frozenset({self.starts.event, self.stops, self.ends} - {""})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, and when we learned of it; `about` tells one such event from another."""

    name: str
    at: datetime
    known: datetime
    about: str = ""


def read_clock(fields: Fields, references: list[Reference]) -> Clock | None:
    """Read one row; faults go to the document, and the instruments that it names are noted for checking."""
    ident, says = fields.ident("id", "a clock needs a name"), fields.text("says", "what must be done in time")
    trigger, measure = _trigger(fields, references), _length(fields)
    calendar = fields.text("calendar")
    if calendar and not CODE.fullmatch(calendar):
        fields.fault("calendar", "expected a country such as US, a part such as DE-BY, or a market such as XNYS")
    rolls = fields.flag("rolls")
    counted = measure is not None and measure[1].unit is Unit.BUSINESS_DAY
    if (rolls or counted) and not calendar:
        fields.missing("calendar", "which days are business days: calendar: US")
    zone, until = _zone(fields), _until(fields)
    stops, ends, under = fields.ident("stops"), fields.ident("ends"), fields.ident("under")
    if under:
        references.append(Reference(fields, "under", INSTRUMENT, under))
    meaning = fields.choice("means", Meaning) or Meaning.DEADLINE
    source, note = fields.text("source"), fields.text("note")
    if measure is None or trigger is None:
        return None
    way, span = measure
    return Clock(
        ident, says, trigger, span, way, stops, ends, under, zone, until, calendar, rolls, meaning, source, note
    )


def read_events(top: Fields, clocks: tuple[Clock, ...]) -> tuple[Event, ...]:
    """Read what happened; an event that no clock knows would be without effect."""
    names = {name for clock in clocks for name in clock.events}
    found = []
    for fields in top.each("events"):
        name = fields.ident("event", "what happened")
        if name and name not in names:
            fields.fault("event", unknown("event", name, names))
        at = fields.instant("at", "the instant it happened")
        known = fields.instant("known", "the instant you learned of it")
        about = fields.text("about")
        fields.done()
        if at is not None and known is not None:
            found.append(Event(name, at, known, about))
    return tuple(found)


def _trigger(fields: Fields, references: list[Reference]) -> Trigger | None:
    inner = fields.inner("starts", "what starts it: starts: {event: NAME} or {instrument: NAME} or {kind: order}")
    if inner is None:
        return None
    event, instrument, kind = inner.ident("event"), inner.ident("instrument"), inner.ident("kind")
    if instrument:
        references.append(Reference(inner, "instrument", INSTRUMENT, instrument))
    if kind and kind not in KINDS:
        inner.fault("kind", unknown("kind of instrument", kind, KINDS))
    state = inner.choice("state", State)
    inner.done()
    if sum(map(bool, (event, instrument, kind))) != 1:
        fields.fault("starts", "expected one of event, instrument and kind")
        return None
    if event and state is not None:
        fields.fault("starts", "an event has no state; name an instrument or a kind")
    return Trigger(event, instrument, kind, state or State.IN_FORCE)


def _length(fields: Fields) -> tuple[Way, Span] | None:
    given = [(way, fields.text(way)) for way in Way if fields.has(way)]
    if len(given) != 1:
        fields.missing("within", "how long it runs: one of within, every and ahead, such as within: 3 business days")
        return None
    way, text = given[0]
    found = _LENGTH.fullmatch(" ".join(text.split()))
    if found is None:
        fields.fault(way, f"expected a length such as 72 hours, {', '.join(f'3 {unit}s' for unit in Unit)}")
        return None
    return way, Span(int(found[1]), Unit(found[2]))


def _zone(fields: Fields) -> ZoneInfo:
    name = fields.text("zone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fields.fault("zone", "unknown zone: expected a name such as America/New_York")
        return UTC


def _until(fields: Fields) -> time:
    text = fields.text("until")
    if not text:
        return END_OF_DAY
    if not _TIME.fullmatch(text):
        fields.fault("until", 'expected a time of day in quotes, such as "17:01"')
        return END_OF_DAY
    return time.fromisoformat(text)
