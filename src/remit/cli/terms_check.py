"""`remit terms check`: every fault of a folder of terms, or else what should be known before relying on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_folder, read_folder
from remit.cli.screen import columns, print_json, print_lines
from remit.terms.caveat import CaveatKind, find_caveats

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
A fault exits with 2 and nothing is judged on terms that have one; warnings exit with 0, or with 10 under --strict.

example:
  remit terms check examples/harbour/remit
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("check", description="Find every fault in a folder of terms.", epilog=EPILOG)
    add_folder(parser)
    parser.add_argument("--strict", action="store_true", help="exit with 10 where there is a warning")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Check and print; faults are raised as the error that holds them all."""
    terms = read_folder(args)
    caveats = find_caveats(terms)
    clauses = sum(len(instrument.clauses) for instrument in terms.instruments)
    if args.format == "json":
        rows = [{"kind": c.kind, "where": c.where, "about": c.about, "says": c.says} for c in caveats]
        print_json({"terms": terms.digest, "instruments": len(terms.instruments), "clauses": clauses, "warnings": rows})
    else:
        instruments = len(terms.instruments)
        print(f"No fault in {_count(instruments, 'instrument')} with {_count(clauses, 'clause')}.")
        print(f"terms {terms.digest}")
        for kind in CaveatKind:
            found = [(c.where, c.about, c.says) for c in caveats if c.kind is kind]
            if found:
                print(f"\n{_TITLES[kind]}")
                print_lines(f"  {line}" for line in columns(found))
    return Exit.OUTSIDE if args.strict and caveats else Exit.WITHIN


_TITLES = {
    CaveatKind.READING: "Rests on a reading, which a court may not share:",
    CaveatKind.DECLARED: "Rests on a fact that is only declared:",
    CaveatKind.ROSTER: "Waits for more people than the register has:",
    CaveatKind.SINGLE_MODEL: "Has no replacement at its level:",
    CaveatKind.UNSIGNED: "Is not signed by a key that is pinned:",
    CaveatKind.NOTICE: "Says so itself:",
}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
