"""`remit report inquiry`: the record of a reasonable inquiry, with two boxes that a person ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.when import add_when, read_when

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
It records where one looked and where not. It ticks no box: whoever signs does, after reading it.
Exit codes: 0 written, 4 written, and not every file of the places looked at was read.

example:
  remit scan examples/harbour --output found.json
  remit report inquiry --target anthropic --findings found.json --terms examples/harbour/remit --at 2026-09-01 \
--order "Order 14, version 2" --by "R. Amadi, compliance" --output inquiry.html
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    from remit.cli.exposed import add_exposed
    from remit.cli.report import add_paper

    parser = subparsers.add_parser(
        "inquiry", description="Record where one looked for a maker's models, for a person to sign.", epilog=EPILOG
    )
    add_exposed(parser)
    parser.add_argument("--order", metavar="WORDS", default="", help="because of what it is asked (default: a blank)")
    parser.add_argument("--by", metavar="WORDS", default="", help="who made the inquiry (default: a blank)")
    add_terms(parser)
    add_when(parser)
    add_paper(parser)


def run(args: argparse.Namespace) -> int:
    """Read and write."""
    from remit.attest.reports.inquiry import Inquiry, inquiry_paper
    from remit.cli.exposed import read_exposed, supplier_rows
    from remit.cli.report import demand_forms, put_paper
    from remit.terms.folder import load_terms

    demand_forms(args)
    terms = load_terms(find_folder(args.terms))
    at, known = read_when(args, terms)
    exposed = read_exposed(args, terms, at, known)
    rows, answered = supplier_rows(args, at) or ((), "")
    party = terms.register.party(terms.register.organisation)
    inquiry = Inquiry(
        exposed.name,
        at,
        party.name if party else terms.register.organisation,
        args.order,
        args.by,
        terms.digest,
        tuple(exposed.dependences),
        tuple(dict.fromkeys(each for each in exposed.unknowns if not (rows and each.what.startswith("suppliers and")))),
        tuple(exposed.looked),
        tuple(exposed.readings),
        rows,
        answered,
    )
    put_paper(inquiry_paper(inquiry), args)
    return Exit.WITHIN if exposed.is_complete else Exit.PARTIAL
