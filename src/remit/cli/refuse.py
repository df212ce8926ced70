"""`remit refuse`: see a call that waits, and sign that it may not go on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.oversight import add_signing, cast_vote, open_place, show_sheet
from remit.cli.state import add_state

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
One refusal ends it, whoever has approved. Whoever asked is told the reason, in the words given here.

example:
  remit refuse 3f2a --reason "wrong berth" --key ~/.ssh/id_ed25519 --state state # exit 3
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("refuse", description="Refuse a call that waits for people.", epilog=EPILOG)
    parser.add_argument("call", metavar="CALL", help="the call, as remit approvals names it, or how its name begins")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why not; who asked is told")
    add_signing(parser)
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Show the call, have the refusal signed, and say what has become of it."""
    from remit.gateway.oversight.vote import REFUSED
    from remit.gateway.oversight.waiting import find_held

    with open_place(args) as place:
        held = find_held(place.store, args.call)
        began = time.monotonic()
        show_sheet(held)
        after = cast_vote(args, place, held, REFUSED, round((time.monotonic() - began) * 1000))
    print(f"{after.id}: {after.state}")
    return Exit.WITHIN
