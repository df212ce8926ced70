"""`remit terms export`: the terms of an instant for another engine, or as the compiled rows the prover reckons with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import find_folder
from remit.cli.screen import print_json
from remit.cli.when import add_when, read_when
from remit.prove.cedar import cedar_policies, cedar_schema
from remit.prove.moment import make_moment
from remit.prove.normal_form import normal_form
from remit.terms.folder import load_terms

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
cedar writes policies in which an absent fact never lets a forbid be skipped, and schema the schema that belongs to
them; json writes the compiled rows with their digest. Rely on Cedar's answer only where it used the schema and reports
no error.

example:
  remit terms export cedar examples/harbour/remit --at 2026-09-01
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("export", description="Write the terms for another engine.", epilog=EPILOG)
    parser.add_argument("form", choices=["cedar", "schema", "json"], help="what to write")
    parser.add_argument("folder", nargs="?", metavar="FOLDER", help="the folder of terms (default: remit)")
    add_when(parser)


def run(args: argparse.Namespace) -> int:
    """Compile and print."""
    terms = load_terms(find_folder(args.folder))
    moment = make_moment(terms, *read_when(args, terms))
    match args.form:
        case "cedar":
            print(cedar_policies(moment), end="")
        case "schema":
            print(cedar_schema(moment), end="")
        case _:
            print_json(normal_form(moment))
    return Exit.WITHIN
