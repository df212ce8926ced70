"""`remit approve`: see a call that waits, and sign that it may go on."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.oversight import add_signing, cast_vote, open_place, show_sheet
from remit.cli.state import add_state
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.gateway.oversight.held import HeldCall

EPILOG = """\
It shows what must be seen and asks to type the call's name; the time that takes is recorded beside the signature.
What is signed names this call, these arguments, these terms and what was shown, and serves once.

example:
  remit approve 3f2a --key ~/.ssh/id_ed25519 --state state # exit 3
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("approve", description="Approve a call that waits for people.", epilog=EPILOG)
    parser.add_argument("call", metavar="CALL", help="the call, as remit approvals names it, or how its name begins")
    parser.add_argument("--yes", action="store_true", help="do not ask; it then counts as not looked at")
    add_signing(parser)
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Show the call, have it signed, and say what has become of it."""
    from remit.gateway.oversight.vote import APPROVED
    from remit.gateway.oversight.waiting import find_held

    with open_place(args) as place:
        held = find_held(place.store, args.call)
        show_sheet(held)
        ms = 0 if args.yes else _ask(held)
        after = cast_vote(args, place, held, APPROVED, ms)
    print(f"{after.id}: {after.state}{_waits(after)}")
    return Exit.WITHIN


def _ask(held: HeldCall) -> int:
    """Ask to type the name of the call; return how many milliseconds its sheet was looked at."""
    began = time.monotonic()
    if not sys.stdin.isatty():
        raise UsageError("Nothing was signed: nobody is there to ask; --yes signs without asking.")
    typed = input(f"To approve, type {held.id}: ").strip()
    if typed != held.id:
        raise UsageError(f"Nothing was signed: {typed!r} is not {held.id}.")
    return round((time.monotonic() - began) * 1000)


def _waits(held: HeldCall) -> str:
    if held.state.value != "open":
        return ""
    return "; it waits for others, apart" if held.hold.apart else "; it waits for others"
