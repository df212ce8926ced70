"""Which clocks run at an instant, from which trigger, when each falls due, and since when it stands still.

1. The day of the trigger is not counted. A length in days ends with its last day, at the time of day of the clock.
2. Hours run on through nights and holidays. Months end on the day of the same number, or on the last of the month.
3. While the instrument that a clock belongs to is stayed the clock stands still, and goes on where it stopped when the
   stay ends. A day on which it ran at any moment counts, so that a doubt ends early and never late.
4. When the instrument is set aside, lifted or superseded the clock has ended; in force again, it starts anew.
5. Only what was known by the instant of knowledge counts, and a clock whose trigger lies ahead has not started.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from remit.terms.clock import Clock, Event, Meaning, Span, Unit, Way
from remit.terms.standing import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from remit.terms.calendar import OpenDays
    from remit.terms.instrument import Instrument
    from remit.terms.terms import Terms

_DAY = timedelta(days=1)
_LONGEST = 40 * 366
"""Days after which nothing is looked for any more."""
_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12}


class Status(StrEnum):
    """How a clock stands, worst first."""

    OVERDUE = "overdue"
    RUNNING = "running"
    SUSPENDED = "suspended"
    MET = "met"
    OVER = "over"
    """It was a time to wait, and that is over."""
    ENDED = "ended"
    """What it belongs to no longer counts."""


ORDER = tuple(Status)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One run of a clock; `since` is when it came to stand as it does, where that says more than the due instant."""

    clock: Clock
    about: str
    started: datetime
    status: Status
    due: datetime | None
    since: datetime | None = None


class Pause(NamedTuple):
    """A time in which a clock stands still; it may have no end."""

    first: datetime
    end: datetime | None


class Run(NamedTuple):
    """A clock that was started: when, about what, and where what it belongs to no longer counts, since when."""

    started: datetime
    about: str
    pauses: Sequence[Pause]
    ended: datetime | None


def find_deadlines(terms: Terms, at: datetime, known: datetime, days: OpenDays) -> list[Deadline]:
    """Return every run of every clock that has started by an instant, the worst and then the soonest first."""
    found = [
        _stand(clock, run, terms.register.events, (at, known), days)
        for clock in terms.register.clocks
        for run in _runs(terms, clock, at, known)
    ]
    late = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda each: (ORDER.index(each.status), each.due or late, each.clock.id, each.about))


def started_by(terms: Terms, instrument: Instrument, at: datetime, days: OpenDays) -> list[Deadline]:
    """Return the clocks that an instrument starts, from an instant on."""
    known = max((entry.known for entry in instrument.standing.entries), default=at)
    found = []
    for clock in terms.register.clocks:
        if clock.starts.instrument != instrument.id and clock.starts.kind != instrument.kind:
            continue
        for run in _runs_of_instrument(terms, clock, instrument, max(known, at)):
            if run.started >= at:
                due = _due(clock, run, days)
                found.append(Deadline(clock, run.about, run.started, Status.RUNNING, due))
    return sorted(found, key=lambda each: (each.started, each.clock.id))


def _runs(terms: Terms, clock: Clock, at: datetime, known: datetime) -> Iterator[Run]:
    """Yield every run that has started (5)."""
    if not clock.starts.event:
        for instrument in terms.instruments:
            if clock.starts.instrument == instrument.id or clock.starts.kind == instrument.kind:
                runs = _runs_of_instrument(terms, clock, instrument, known)
                yield from (run for run in runs if run.started <= at)
        return
    belongs = terms.instrument(clock.under) if clock.under else None
    for event in terms.register.events:
        counts = event.name == clock.starts.event and event.known <= known
        if counts and (event.at <= at or clock.way is Way.AHEAD):
            if belongs is None:
                yield Run(event.at, event.about, (), None)
            else:
                states = _states(terms, belongs, known)
                pauses = tuple(_pauses(states))
                yield Run(event.at, event.about, pauses, _ended(states, event.at, at))


def _runs_of_instrument(terms: Terms, clock: Clock, instrument: Instrument, known: datetime) -> Iterator[Run]:
    """Yield a run for each time that an instrument comes into the state that starts the clock (4)."""
    states = _states(terms, instrument, known)
    wanted = clock.starts.state
    pauses = () if wanted is State.STAYED else tuple(_pauses(states))
    begun: datetime | None = None
    for moment, state in states:
        if begun is None and state is wanted:
            begun = moment
        elif begun is not None and state is not wanted and state is not State.STAYED:
            yield Run(begun, instrument.id, pauses, moment)
            begun = None
    if begun is not None:
        yield Run(begun, instrument.id, pauses, None)


def _states(terms: Terms, instrument: Instrument, known: datetime) -> list[tuple[datetime, State | None]]:
    """Return what an instrument is worth for our organisation from each instant on."""
    party = terms.register.organisation or None
    found: list[tuple[datetime, State | None]] = []
    for moment in sorted(set(instrument.standing.instants())):
        entry = instrument.standing.entry_at(moment, known, party)
        state = None if entry is None else entry.state
        if not found or found[-1][1] is not state:
            found.append((moment, state))
    return found


def _pauses(states: Sequence[tuple[datetime, State | None]]) -> Iterator[Pause]:
    """Yield the times in which an instrument is stayed (3)."""
    for number, (moment, state) in enumerate(states):
        if state is State.STAYED:
            yield Pause(moment, states[number + 1][0] if number + 1 < len(states) else None)


def _ended(states: Sequence[tuple[datetime, State | None]], started: datetime, at: datetime) -> datetime | None:
    """Return since when what a clock belongs to no longer counts at an instant, or nothing while it does."""
    since: datetime | None = started
    for moment, state in states:
        if moment > at:
            break
        counts = state in {State.IN_FORCE, State.STAYED}
        since = None if counts else since or moment
    return since


def _stand(
    clock: Clock, run: Run, events: Iterable[Event], when: tuple[datetime, datetime], days: OpenDays
) -> Deadline:
    """Say how one run stands."""
    at, known = when
    done = [
        event.at
        for event in events
        if event.name == clock.stops and event.about == run.about and event.known <= known
        if clock.way is Way.AHEAD or run.started <= event.at
        if event.at <= at
    ]
    if clock.way is Way.EVERY and done:
        run = run._replace(started=max(done))
    due = _due(clock, run, days)
    about, started = run.about, run.started
    closed = [e.at for e in events if e.name == clock.ends and e.about == run.about and e.known <= known]
    if run.ended is None and closed and started <= (first := min(closed)):
        run = run._replace(ended=first)
    if run.ended is not None and run.ended <= at:
        return Deadline(clock, about, started, Status.ENDED, due, run.ended)
    if done and clock.way is not Way.EVERY:
        return Deadline(clock, about, started, Status.MET, due, min(done))
    if due is None or due > at:
        still = next((p for p in run.pauses if p.first <= at and (p.end is None or at < p.end)), None)
        if still is not None:
            return Deadline(clock, about, started, Status.SUSPENDED, due, max(still.first, started))
        return Deadline(clock, about, started, Status.RUNNING, due)
    if clock.meaning is Meaning.NOT_BEFORE:
        return Deadline(clock, about, started, Status.OVER, due)
    return Deadline(clock, about, started, Status.OVERDUE, due)


def _due(clock: Clock, run: Run, days: OpenDays) -> datetime | None:
    """Return when a run falls due; nothing while it stands still without an end in sight."""
    if clock.span.unit is Unit.HOUR:
        return _due_in_hours(clock, run)
    first = run.started.astimezone(clock.zone).date()
    if clock.way is Way.AHEAD:
        last: date | None = _back(clock, first, days)
    elif clock.span.unit in _MONTHS:
        last = _months_on(clock, run, first)
    else:
        last = _days_on(clock, run, first, days)
    if last is None:
        return None
    if clock.rolls and clock.way is not Way.AHEAD:
        while not days.is_open(clock.calendar, last):
            last += _DAY
    return datetime.combine(last, clock.until, clock.zone).astimezone(UTC)


def _due_in_hours(clock: Clock, run: Run) -> datetime | None:
    """Add hours, and whatever of a pause lies before they are over (2), (3)."""
    length = timedelta(hours=clock.span.number)
    if clock.way is Way.AHEAD:
        return run.started - length
    due = run.started + length
    for pause in run.pauses:
        if pause.first < due and (pause.end is None or pause.end > run.started):
            if pause.end is None:
                return None
            due += pause.end - max(pause.first, run.started)
    return due


def _days_on(clock: Clock, run: Run, first: date, days: OpenDays) -> date | None:
    """Count days on from the one after the trigger's (1)."""
    left = clock.span.number * (7 if clock.span.unit is Unit.WEEK else 1)
    for day in (first + _DAY * number for number in range(1, _LONGEST)):
        counts = clock.span.unit is not Unit.BUSINESS_DAY or days.is_open(clock.calendar, day)
        if counts and not _stood_still(clock, run, day):
            left -= 1
        if left == 0:
            return day
    return None


def _months_on(clock: Clock, run: Run, first: date) -> date | None:
    """Go months on, and as many days further as it stood still on the way."""
    last = add_months(first, clock.span.number * _MONTHS[clock.span.unit])
    day = first
    for _ in range(_LONGEST):
        if day >= last:
            return last
        day += _DAY
        if _stood_still(clock, run, day):
            last += _DAY
    return None


def _back(clock: Clock, first: date, days: OpenDays) -> date:
    """Count back from the day of what is ahead."""
    span = clock.span
    if span.unit in _MONTHS:
        return add_months(first, -span.number * _MONTHS[span.unit])
    if span.unit is not Unit.BUSINESS_DAY:
        return first - _DAY * span.number * (7 if span.unit is Unit.WEEK else 1)
    left, day = span.number, first
    while left:
        day -= _DAY
        left -= days.is_open(clock.calendar, day)
    return day


def _stood_still(clock: Clock, run: Run, day: date) -> bool:
    """Tell whether a clock did not run at any moment of a day (3)."""
    start = datetime.combine(day, time(), clock.zone)
    end = datetime.combine(day + _DAY, time(), clock.zone)
    return any(pause.first <= start and (pause.end is None or pause.end >= end) for pause in run.pauses)


def add_months(day: date, months: int) -> date:
    """Return the day of the same number so many months on or back, or the last of that month."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def say_span(span: Span, way: Way) -> str:
    """Say how long a clock runs."""
    return {Way.WITHIN: f"{span}", Way.EVERY: f"every {span}", Way.AHEAD: f"{span} ahead"}[way]
