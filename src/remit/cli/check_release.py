"""`remit check-release`: ask, where a tool is carried out, whether this act was released; yes counts once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock, print_record, read_file
from remit.cli.oversight import open_place
from remit.cli.state import add_state
from remit.errors import EvidenceRefused

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
It exits with 0 where the act may be carried out now, and has used the release up; with 10 where it may not.
Arguments are compared as JSON; what is not JSON is compared as it is written.

example:
  remit serve examples/harbour/remit --state state --check
  remit check-release move_crane examples/harbour/tools/costs/prices.json --state state # exit 10
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("check-release", description="Use the release of an act up.", epilog=EPILOG)
    parser.add_argument("tool", metavar="TOOL", help="the tool that is about to be carried out")
    parser.add_argument("arguments", metavar="FILE", help="its arguments; - reads them from the standard input")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Say whether the act may be carried out."""
    from remit.gateway.oversight.release import check_release

    given = sys.stdin.buffer.read() if args.arguments == "-" else read_file(Path(args.arguments))
    with open_place(args) as place, place.writer() as writer:
        try:
            use = check_release(writer, place.store, args.tool, given.decode("utf-8", "replace").strip(), at=clock())
        except EvidenceRefused as refused:
            if args.format == "json":
                print_record({"because": refused.says, "may": False, "step": refused.step})
            else:
                print(f"not released: {refused.says}")
            return Exit.OUTSIDE
    if args.format == "json":
        print_record({"call": use.call, "decision": use.of, "may": True})
    else:
        print(f"released as {use.call}, decision {use.of}; the release is used up")
    return Exit.WITHIN
