"""`remit report exposure`: what depends on one maker, how, with what in its place, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.when import add_when, read_when

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
Exit codes: 0 written, 4 written, and not every file of the places looked at was read.

example:
  remit check examples/harbour --at 2026-09-01 --output found.json # exit 10
  remit report exposure --target anthropic --findings found.json --terms examples/harbour/remit --at 2026-09-01 \
--output exposure.html --output exposure.csv
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    from remit.cli.exposed import add_exposed
    from remit.cli.report import add_paper

    parser = subparsers.add_parser(
        "exposure", description="Say what depends on one maker, and what is not known of that.", epilog=EPILOG
    )
    add_exposed(parser)
    add_terms(parser)
    add_when(parser)
    add_paper(parser)


def run(args: argparse.Namespace) -> int:
    """Read, judge and write."""
    from remit.attest.reports.exposure import Exposure, Unknown, exposure_paper
    from remit.cli.exposed import alternatives, read_exposed, supplier_rows
    from remit.cli.report import demand_forms, put_paper
    from remit.terms.folder import load_terms

    demand_forms(args)
    terms = load_terms(find_folder(args.terms))
    at, known = read_when(args, terms)
    exposed = read_exposed(args, terms, at, known)
    suppliers = supplier_rows(args, at)
    unknowns = list(exposed.unknowns)
    if suppliers is not None:
        unknowns = [each for each in unknowns if each.what != "suppliers and their suppliers"]
        unknowns.insert(0, Unknown(f"suppliers: {suppliers[1]}", "below", "an answer of each that has not answered"))
    exposure = Exposure(
        exposed.name,
        at,
        terms.digest,
        exposed.contracts,
        tuple(exposed.dependences),
        alternatives(exposed),
        tuple(dict.fromkeys(unknowns)),
        tuple(exposed.looked),
        None if suppliers is None else suppliers[0],
    )
    put_paper(exposure_paper(exposure), args)
    return Exit.WITHIN if exposed.is_complete else Exit.PARTIAL
