"""`remit catalogue check`: rows that contradict each other, lack something, or have not been looked at for long."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.errors import UsageError
from remit.scan.own_rows import read_own, shipped
from remit.scan.upkeep import faults_in, stale_rows

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
It reads the catalogue that ships, and the rows of your own beside the terms. A row is stale when nobody has looked at
its source for longer than --days. Exit codes: 0 nothing to mend, 2 rows with faults, 4 rows that are stale.

example:
  remit catalogue check --at 2026-11-23
"""
_DAYS = 400


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "check", description="Look for overlapping, faulty and stale rows of the catalogue.", epilog=EPILOG
    )
    add_terms(parser)
    parser.add_argument("--at", metavar="DAY", help="the day to count from (default: today)")
    parser.add_argument("--days", type=int, default=_DAYS, help="how old a look may be (default: %(default)s)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Print every fault, then every stale row."""
    at = _day(args.at)
    ours, own = shipped(), read_own(find_folder(args.terms))
    faults = list(faults_in(ours, ours))
    stale = [*stale_rows(ours, at, args.days), *stale_rows(own, at, args.days)]
    if args.format == "json":
        kinds = (("fault", faults), ("stale", stale))
        print_json([{"kind": kind, "table": t, "row": n, "says": s} for kind, found in kinds for t, n, s in found])
    else:
        print_lines(columns([*faults, *stale]) if faults or stale else [])
        rows = sum(map(len, (*ours.values(), *own.values())))
        print_lines([f"{rows} rows: {len(faults)} with faults, {len(stale)} stale."])
    return Exit.MISUSED if faults else Exit.PARTIAL if stale else Exit.WITHIN


def _day(given: str | None) -> date:
    try:
        return date.fromisoformat(given) if given else datetime.now(UTC).date()
    except ValueError as fault:
        raise UsageError(f"Nothing was checked: --at {given!r} is no day such as 2026-11-23.") from fault
