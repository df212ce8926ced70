"""`remit report notice`: the fields of a notice that something covered was found, and the two days it is due by."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from remit.cli.parser import Subparsers

RULES = ("fascsa", "889", "kaspersky")
EPILOG = """\
It prepares and never files. A field that is not given is a blank; the day of learning is not counted.
Fields: contract, task_order, supplier, uei, cage, brand, model, item, order, learned, action, and for the follow-up
mitigation, efforts, additional.

example:
  remit report notice --rule fascsa --learned 2026-09-03 --holidays US --at 2026-09-04 --field brand=Heron \
--field supplier="Fulmar Integration" --output notice.html
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    from remit.cli.report import add_paper
    from remit.cli.suppliers import add_at

    parser = subparsers.add_parser(
        "notice", description="Prepare a notice, with its fields and both of its deadlines.", epilog=EPILOG
    )
    parser.add_argument("--rule", choices=RULES, required=True, help="the clause it is given under")
    parser.add_argument("--learned", metavar="DATE", required=True, help="the day it was learned, such as 2026-09-03")
    parser.add_argument("--holidays", metavar="COUNTRY", help="whose holidays are no business days: US, DE-BY, XNYS")
    parser.add_argument(
        "--field", action="append", default=[], metavar="NAME=VALUE", help="a field of the form; may be repeated"
    )
    parser.add_argument("--target", metavar="MAKER", default="", help="the maker whose places --findings shows")
    parser.add_argument(
        "--findings",
        action="append",
        default=[],
        metavar="FILE",
        help="what remit scan or check printed with --format json",
    )
    add_at(parser, "the day it is prepared")
    add_paper(parser)


def run(args: argparse.Namespace) -> int:
    """Count the days and write."""
    from remit.attest.reports.deadline import CLOCKS, Rule, deadlines
    from remit.attest.reports.notice import FIELDS, LATER, Notice, notice_paper
    from remit.cli.report import demand_forms, put_paper
    from remit.cli.suppliers import read_instant

    demand_forms(args)
    at, learned = read_instant(args), _day(args.learned)
    clock = CLOCKS[Rule(args.rule)]
    given = dict(_pair(text, {*FIELDS, *LATER}) for text in args.field)
    calendar, is_open = _calendar(args.holidays)
    if learned > at.date():
        raise UsageError(f"Nothing was counted: --learned {learned} is after the day it is prepared, {at.date()}.")
    due = deadlines(clock, learned, is_open)
    notice = Notice(clock.clause, clock.asks, at, learned, clock, due, calendar, given, tuple(_places(args)))
    put_paper(notice_paper(notice), args)
    return Exit.WITHIN


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"Nothing was counted: --learned {text!r} is no day such as 2026-09-03.") from error


def _pair(text: str, known: set[str]) -> tuple[str, str]:
    from remit.terms.fields import say_unknown

    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"Nothing was written: --field {text!r} is not NAME=VALUE.")
    if name not in known:
        raise UsageError(f"Nothing was written: --field {name!r} is an {say_unknown('field', name, known)}")
    return name, value


def _calendar(given: str | None) -> tuple[str, Callable[[date], bool]]:
    """Return the calendar's name and what tells its business days; without one, weekends alone are passed over."""
    from remit.attest.reports.deadline import is_weekday
    from remit.terms.calendar import CODE, HolidayCalendars

    if given is None:
        return "weekends only: no --holidays was named", is_weekday
    if not CODE.fullmatch(given):
        raise UsageError(f"Nothing was counted: --holidays {given!r} is no calendar such as US, DE-BY or XNYS.")
    return given, partial(HolidayCalendars().is_open, given)


def _places(args: argparse.Namespace) -> list[tuple[str, str, str]]:
    """Return where a scan found the maker."""
    from remit.cli.suppliers import read_findings

    if bool(args.findings) != bool(args.target):
        raise UsageError("Nothing was written: --findings shows places, and --target says whose; name both or neither.")
    found = [pair for name in args.findings for pair in read_findings(Path(name)).items()]
    rows = [
        (f"{place}/{evidence['path']}:{evidence['line']}", each["relation"], ", ".join(each["models"]) or "not named")
        for place, findings in found
        for each in findings["makers"].get(args.target, {"integrations": []})["integrations"]
        for evidence in each["evidence"]
    ]
    return list(dict.fromkeys(rows))
