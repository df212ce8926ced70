"""`remit terms prove`: whether a boundary holds, whether words get round it, and what else the terms leave open."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from remit.canonical import canonical
from remit.cli.exit import Exit
from remit.cli.folder import add_folder, find_folder, read_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.cli.when import add_when, read_when
from remit.prove.certificate import make_certificate
from remit.prove.finding import GRAVE, Finding, Question, finding_record
from remit.prove.moment import make_moment
from remit.prove.study import study_terms
from remit.prove.witness import actuality
from remit.terms.folder import CASES, SIGNATURE, terms_files
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from remit.cli.parser import Subparsers
    from remit.terms.terms import Terms

EPILOG = """\
A boundary that can be passed, or got round by what a caller merely says, exits with 11; under --strict every other
finding exits with 10. Each finding that has a witness has put it to the judge first.

example:
  remit terms prove examples/harbour/remit --at 2026-09-01
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "prove", description="Ask whether the terms hold by themselves, whatever a caller says.", epilog=EPILOG
    )
    add_folder(parser)
    add_when(parser)
    parser.add_argument(
        "--ask", action="append", choices=[q.value for q in Question], metavar="QUESTION",
        help="ask this question only; may be repeated",
    )  # fmt: skip
    parser.add_argument("--strict", action="store_true", help="exit with 10 on findings that touch no boundary")
    parser.add_argument("--table", action="store_true", help="one line for each finding instead of its story")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    parser.add_argument(
        "--certificate", metavar="FILE", help="write what holds with its proof, for check_certificate.py to check"
    )


def run(args: argparse.Namespace) -> int:
    """Ask, print, and choose the code by the worst finding."""
    terms = read_folder(args)
    at, known = read_when(args, terms)
    asked = [Question(word) for word in args.ask or Question]
    findings = study_terms(terms, at, known, asked)
    if args.certificate is not None:
        _write_certificate(args, terms, at, known)
    if args.format == "json":
        rows = [finding_record(finding) for finding in findings]
        print_json({"terms": terms.digest, "at": write_instant(at), "known": write_instant(known), "findings": rows})
    else:
        print(f"{_count(findings)} at {write_instant(at)}, by what was known at {write_instant(known)}.")
        print(f"terms {terms.digest}")
        print_lines(_table(findings) if args.table else _stories(findings))
    if any(finding.question in GRAVE for finding in findings):
        return Exit.CROSSED
    return Exit.OUTSIDE if args.strict and findings else Exit.WITHIN


def _write_certificate(args: argparse.Namespace, terms: Terms, at: datetime, known: datetime) -> None:
    folder = find_folder(args.folder)
    files = [path for path in terms_files(folder) if path.suffix != SIGNATURE and CASES not in path.parts]
    sums = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
    moment = make_moment(terms, at, known)
    certificate = make_certificate(moment, actuality(moment), sums)
    Path(args.certificate).write_bytes(canonical(certificate) + b"\n")


def _count(findings: list[Finding]) -> str:
    return f"{len(findings) or 'No'} finding{'' if len(findings) == 1 else 's'}"


def _table(findings: list[Finding]) -> list[str]:
    return columns([(f.question.value, f.about, write_instant(f.at), f.where) for f in findings])


def _stories(findings: list[Finding]) -> list[str]:
    lines: list[str] = []
    for question in Question:
        found = [finding for finding in findings if finding.question is question]
        lines += ["", _TITLES[question]] if found else []
        for finding in found:
            lines += [f"  {finding.about}  [{finding.where}]" if finding.where else f"  {finding.about}"]
            lines += [f"    {finding.story}"]
    return lines


_TITLES = {
    Question.BOUNDARY: "A boundary can be passed:",
    Question.SPOOFING: "A boundary can be got round by what the caller says:",
    Question.CONFLICT: "One instrument demands or grants what another stops:",
    Question.ROSTER: "A hold cannot be released by the people there are:",
    Question.DEAD_END: "A use case is left without a model:",
    Question.COVERAGE: "A fact that a boundary needs is not supplied:",
    Question.LIMITS: "An exception allows more than a boundary leaves:",
    Question.SHADOWED: "A clause changes no decision:",
    Question.DEAD_GRANT: "A permission permits nothing:",
}
