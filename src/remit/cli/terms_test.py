"""`remit terms test`: the examples that stand beside the terms, judged, with those that fail explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_folder, find_folder
from remit.cli.screen import print_json, print_lines
from remit.errors import NothingToLookAt, TermsUnusable
from remit.terms.argument import argue
from remit.terms.cases import Outcome, read_cases, run_case
from remit.terms.document import read_document
from remit.terms.folder import CASES, load_terms

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.terms.cases import Case
    from remit.terms.terms import Terms

EPILOG = """\
Cases are files of example uses with the decision expected, by default all of FOLDER/cases.
Exit codes: 0 all come out as expected, 10 one comes out otherwise.

example:
  remit terms test examples/harbour/remit
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("test", description="Judge the examples that stand beside the terms.", epilog=EPILOG)
    add_folder(parser)
    parser.add_argument(
        "--cases", action="append", metavar="FILE", help="a file of cases (default: FOLDER/cases/*.yaml)"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Judge every case and print those that differ."""
    folder = find_folder(args.folder)
    terms = load_terms(folder)
    paths = [Path(path) for path in args.cases or ()] or sorted((folder / CASES).glob("*.yaml"))
    if not paths:
        raise NothingToLookAt(f"Nothing was tested: {folder / CASES} holds no file of cases.")
    outcomes = [run_case(terms, case) for case in _read(paths, terms)]
    failed = [outcome for outcome in outcomes if outcome.differences]
    if args.format == "json":
        print_json([_record(outcome) for outcome in outcomes])
    else:
        for outcome in failed:
            _explain(outcome, terms)
        print(f"{len(outcomes) - len(failed)} of {len(outcomes)} cases come out as expected.")
    return Exit.OUTSIDE if failed else Exit.WITHIN


def _read(paths: list[Path], terms: Terms) -> list[Case]:
    cases, faults = [], []
    for path in paths:
        if not path.is_file():
            raise NothingToLookAt(f"Nothing was tested: there is no file {path}.")
        document = read_document(path.as_posix(), path.read_bytes())
        cases.extend(read_cases(document, terms))
        faults.extend(document.faults)
    if faults:
        raise TermsUnusable(faults, "The cases are not usable; nothing was tested.")
    return cases


def _explain(outcome: Outcome, terms: Terms) -> None:
    print(f"{outcome.case.where}  {outcome.case.name}")
    print_lines(f"  {difference}" for difference in outcome.differences)
    print_lines(f"    {line}" if line else "" for line in argue(terms, outcome.decision))
    print()


def _record(outcome: Outcome) -> dict[str, object]:
    return {
        "case": outcome.case.name,
        "where": outcome.case.where,
        "effect": outcome.decision.effect.word,
        "verdict": outcome.decision.verdict.value,
        "clauses": [reason.rule.reference for reason in outcome.decision.because],
        "differences": list(outcome.differences),
    }
