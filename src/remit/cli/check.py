"""`remit check`: scan a place, hold what is found against the terms, and print the verdict of each scope."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.cache import add_cache, opened_cache
from remit.cli.change import add_around, add_changed, keep_added
from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.output import add_output, forms_of, put_out, says_sarif
from remit.cli.progress import progress
from remit.cli.screen import print_json
from remit.cli.when import add_when, read_when
from remit.errors import NothingToLookAt
from remit.scan.formats.inventory import Inventory
from remit.scan.formats.record import report_schema
from remit.scan.report import SEVERITY, Report, make_report
from remit.scan.run import known_for, scan_path
from remit.terms.decision import Verdict
from remit.terms.folder import load_terms, terms_files

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
Exit codes: 0 within the terms, 10 outside, 11 a boundary crossed, 4 looked but not at everything, 3 nothing to look at.
With SARIF, whose readers take any other code for a failure of the tool, only 0, 3 and 4.
Verdicts, worst first: outside, unknown, held, contested, stayed, asserted-only, within.

example:
  remit check examples/harbour --at 2026-09-01T12:00:00Z  # exit 10
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "check", description="Hold the models that are part of a system against the terms.", epilog=EPILOG
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="a folder or checkout (default: here)")
    add_terms(parser)
    add_around(parser)
    add_changed(parser)
    add_cache(parser)
    add_when(parser)
    output = add_output(parser)
    output.add_argument("--schema", action="store_true", help="print the schema of the JSON form, and check nothing")
    verdict = parser.add_argument_group("verdict")
    verdict.add_argument(
        "--fail-on",
        choices=[*(v.value for v in SEVERITY if v is not Verdict.WITHIN), "nothing"],
        metavar="VERDICT",
        default=Verdict.HELD.value,
        help="exit with 10 at this verdict (default: held) or a worse one",
    )
    verdict.add_argument("--allow-incomplete", action="store_true", help="exit with 0 though not everything was read")


def run(args: argparse.Namespace) -> int:
    """Scan, judge and print."""
    if args.schema:
        print_json(report_schema())
        return Exit.WITHIN
    forms_of(args)
    path = Path(args.path)
    if not path.exists():
        raise NothingToLookAt(f"Nothing was checked: there is no {path}.")
    folder = find_folder(args.terms, near=path)
    terms = load_terms(folder)
    at, known = read_when(args, terms)
    keep = keep_added(path, args.changed)
    with progress() as show, opened_cache(args) as cache:
        rows = known_for(folder, terms.register)
        spared = terms_files(folder)
        findings = scan_path(path, progress=show, spared=spared, cache=cache, known=rows, around=args.history)
    if not findings.coverage.present:
        raise NothingToLookAt(f"Nothing was checked: there is no file in {path}.")
    findings = keep(findings)
    report = make_report(findings, terms, at, known)
    put_out(Inventory((findings,), report), args)
    return _exit(report, args)


def _exit(report: Report, args: argparse.Namespace) -> Exit:
    """Choose the code: what is found comes before what was not looked at, and SARIF says what is found by itself."""
    if args.fail_on != "nothing" and not says_sarif(args):
        if report.crosses_boundary:
            return Exit.CROSSED
        worst = report.worst()
        if worst is not None and SEVERITY.index(worst) <= SEVERITY.index(Verdict(args.fail_on)):
            return Exit.OUTSIDE
    if not report.findings.coverage.is_complete and not args.allow_incomplete:
        return Exit.PARTIAL
    return Exit.WITHIN
