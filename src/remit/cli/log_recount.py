"""`remit log recount`: the range of a summary counted again from the entries, by whoever has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_place, print_counts, print_record, read_place, read_trust, tell_grade
from remit.ledger.verification import recount

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
The entries are verified against the checkpoint first, so that one left out or changed is noticed.
Exit codes: 0 the summary holds, 12 it does not.

example:
  remit log recount examples/ledger 11 --policy examples/ledger/policy
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "recount", description="Count the range of a summary again, and hold the summary against it.", epilog=EPILOG
    )
    add_place(parser)
    parser.add_argument("n", type=int, metavar="N", help="the place of the summary")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: argparse.Namespace) -> int:
    """Recount and print; a summary that says otherwise is raised."""
    place, path = read_place(args)
    policy, pinned = read_trust(args, path)
    result = recount(place, policy, args.n)
    fields = result.summary.fields
    if args.format == "json":
        print_record({"counts": result.counts, "first": fields["i"], "stop": fields["j"], "summary": args.n})
        return Exit.WITHIN
    print(f"the summary at {args.n} is equal to the count of entries {fields['i']} to before {fields['j']}")
    print_counts(result.counts)
    tell_grade(result.verified, pinned=pinned, recounted=True)
    return Exit.WITHIN
