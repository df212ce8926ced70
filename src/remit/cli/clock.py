"""`remit clock`: which deadlines run at an instant, from which trigger, due when, and suspended since when."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from remit.cli.exit import Exit
from remit.cli.folder import add_folder, read_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.cli.when import add_when, read_when
from remit.errors import ExtraMissing, NothingToLookAt, UsageError
from remit.terms.calendar import HolidayCalendars
from remit.terms.clock import Event, Meaning
from remit.terms.deadline import Deadline, Status, find_deadlines, say_span
from remit.terms.instant import parse_instant, write_instant

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from remit.cli.parser import Subparsers
    from remit.terms.terms import Terms

CLOSED = frozenset({Status.MET, Status.OVER, Status.ENDED})

EPILOG = """\
It exits with 10 where something is overdue. --if asks what would run if an event happened; nothing is written.
Business days need the extra: pip install "remit[clock]".

example:
  remit clock examples/clock --at 2026-03-09T12:00Z
  remit clock examples/clock --at 2026-03-09T12:00Z --if covered-article-found=2026-03-06T10:00Z
  remit clock examples/clock --at 2026-03-09T12:00Z --format ics
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "clock", description="List the deadlines that run at an instant, the soonest first.", epilog=EPILOG
    )
    add_folder(parser)
    add_when(parser)
    parser.add_argument(
        "--if", dest="events", action="append", default=[], metavar="EVENT=INSTANT",
        help="as if an event had happened; may be repeated",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="also those that were met, are over, or ended")
    parser.add_argument(
        "--format", choices=["text", "json", "ics"], default="text", help="how to print (default: text)"
    )


def run(args: argparse.Namespace) -> int:
    """Find the deadlines, and print them."""
    terms = _as_if(read_folder(args), args.events)
    if not terms.register.clocks:
        raise NothingToLookAt(
            "No deadline was looked for: the register has no clocks; remit init --pack clocks adds some."
        )
    at, known = read_when(args, terms)
    known = max((known, *(event.known for event in terms.register.events))) if args.known is None else known
    found = find_deadlines(terms, at, known, HolidayCalendars())
    shown = found if args.all else [each for each in found if each.status not in CLOSED]
    if args.format == "json":
        print_json([_record(each, at) for each in shown])
    elif args.format == "ics":
        print(_calendar(shown, terms, at), end="")
    else:
        print_lines(_text(shown, found, terms, at))
    return Exit.OUTSIDE if any(each.status is Status.OVERDUE for each in found) else Exit.WITHIN


def _as_if(terms: Terms, given: Sequence[str]) -> Terms:
    """Return the terms with events that are supposed."""
    from dataclasses import replace

    from remit.terms.fields import say_unknown

    names = {name for clock in terms.register.clocks for name in clock.events}
    events = list(terms.register.events)
    for text in given:
        name, _, instant = text.partition("=")
        if name not in names:
            raise UsageError(f"Nothing was counted: --if {text}: {say_unknown('event', name, names)}")
        try:
            at = parse_instant(instant)
        except ValueError as error:
            raise UsageError(f"Nothing was counted: --if {text}: {error}.") from error
        events.append(Event(name, at, at, "supposed"))
    return replace(terms, register=replace(terms.register, events=tuple(events)))


def _text(shown: Sequence[Deadline], found: Sequence[Deadline], terms: Terms, at: datetime) -> Iterator[str]:
    yield from columns([_row(each, at) for each in shown])
    if not shown:
        yield "no deadline runs"
    idle = len(terms.register.clocks) - len({each.clock.id for each in found})
    hidden = len(found) - len(shown)
    notes = []
    if idle:
        notes.append(f"{idle} of {len(terms.register.clocks)} clocks have not started")
    if hidden:
        notes.append(f"{hidden} met, over or ended (--all)")
    missing = {clock.starts.instrument for clock in terms.register.clocks} - {item.id for item in terms.instruments}
    if missing - {""}:
        notes.append(f"not on file: {', '.join(sorted(missing - {''}))}")
    if notes:
        yield ""
        yield "; ".join(notes)


def _row(each: Deadline, at: datetime) -> tuple[str, ...]:
    about = f" ({each.about})" if each.about and each.about != each.clock.starts.instrument else ""
    since = f"{each.clock.starts}{about} {_local(each, each.started)}"
    return each.status.value, _when(each, at), each.clock.id, each.clock.says, f"from {since}"


def _when(each: Deadline, at: datetime) -> str:
    match each.status:
        case Status.SUSPENDED:
            due = f", due {_local(each, each.due)} as it stands" if each.due else ""
            return f"since {_local(each, each.since or each.started)}{due}"
        case Status.MET | Status.ENDED:
            late = " late" if each.due and each.since and each.status is Status.MET and each.since > each.due else ""
            return f"{_local(each, each.since or each.started)}{late}"
        case _:
            if each.due is None:
                return "no end in sight"
            return f"{_local(each, each.due)} {each.clock.zone.key}, {_left(each.due - at)}"


def _local(each: Deadline, moment: datetime) -> str:
    return moment.astimezone(each.clock.zone).strftime("%Y-%m-%d %H:%M")


def _left(length: timedelta) -> str:
    """Say how long there is left, or how long ago it was."""
    size = abs(length)
    hours = int(size.total_seconds()) // 3600
    said = f"{size.days} days" if size.days > 1 else f"{hours} hours" if hours else "less than an hour"
    return f"in {said}" if length > timedelta(0) else f"{said} ago"


def _record(each: Deadline, at: datetime) -> dict[str, Any]:
    clock = each.clock
    return {
        "clock": clock.id,
        "says": clock.says,
        "status": each.status.value,
        "started_by": str(clock.starts),
        "about": each.about or None,
        "started": write_instant(each.started),
        "runs": say_span(clock.span, clock.way),
        "means": clock.meaning.value,
        "calendar": clock.calendar or None,
        "zone": clock.zone.key,
        "due": write_instant(each.due) if each.due else None,
        "seconds_left": int((each.due - at).total_seconds()) if each.due else None,
        "since": write_instant(each.since) if each.since else None,
        "source": clock.source or None,
        "note": clock.note or None,
    }


def _calendar(found: Sequence[Deadline], terms: Terms, at: datetime) -> str:
    """Write the deadlines as a calendar (RFC 5545), each with an alarm a day before it."""
    try:
        from icalendar import Alarm, Calendar
        from icalendar import Event as Entry
    except ImportError as error:
        raise ExtraMissing("clock", "icalendar", "clock") from error
    calendar = Calendar()
    calendar.add("prodid", "-//Remit//clock//EN")
    calendar.add("version", "2.0")
    for each in found:
        if each.due is None:
            continue
        entry, clock = Entry(), each.clock
        name = f"{terms.register.organisation}\n{clock.id}\n{each.about}\n{write_instant(each.started)}"
        entry.add("uid", f"{sha256(name.encode()).hexdigest()[:32]}@remit")
        entry.add("dtstamp", at)
        entry.add("dtstart", each.due.astimezone(clock.zone))
        entry.add("dtend", each.due.astimezone(clock.zone))
        about = f" ({each.about})" if each.about else ""
        waits = "May be done from now on: " if clock.meaning is Meaning.NOT_BEFORE else ""
        entry.add("summary", f"{waits}{clock.says}{about}")
        runs = f"{say_span(clock.span, clock.way)} from {clock.starts} at {write_instant(each.started)}"
        entry.add("description", "\n".join(filter(None, (f"{clock.id}: {runs}", clock.source, clock.note))))
        entry.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", clock.says)
        alarm.add("trigger", timedelta(days=-1))
        entry.add_component(alarm)
        calendar.add_component(entry)
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())
