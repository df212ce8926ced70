"""`remit revoke`: take an approval back, or stop a use case, a model or a maker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock
from remit.cli.oversight import open_place, whoami
from remit.cli.state import add_state
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from remit.cli.oversight import Place
    from remit.cli.parser import Subparsers
    from remit.gateway.oversight.stop import Reach

EPILOG = """\
It only ever takes away, so it needs no key. A stop counts within a second, ends replies that are under way, and lasts
until it is lifted.

example:
  remit serve examples/harbour/remit --state state --check
  remit revoke --model heron-1 --reason "it moved the wrong crane" --state state
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("revoke", description="Take an approval back, or stop something.", epilog=EPILOG)
    parser.add_argument("call", nargs="?", metavar="CALL", help="a call that was approved, or waits")
    parser.add_argument("--use-case", metavar="NAME", help="stop a use case")
    parser.add_argument("--model", metavar="NAME", help="stop a model")
    parser.add_argument("--maker", metavar="NAME", help="stop every model of a maker")
    parser.add_argument("--lift", action="store_true", help="lift a stop again")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    parser.add_argument("--by", metavar="NAME", help="who does it (default: your name here)")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Take back, stop or lift; and say what became of it."""
    reach, name = _what(args)
    with open_place(args) as place:
        if reach is None:
            return _revoke(args, place)
        return _stop(args, place, reach, name)


def _what(args: argparse.Namespace) -> tuple[Reach | None, str]:
    from remit.gateway.oversight.stop import Reach

    given = [
        (reach, name)
        for reach, name in ((Reach.USE_CASE, args.use_case), (Reach.MODEL, args.model), (Reach.MAKER, args.maker))
        if name
    ]
    if len(given) + (args.call is not None) != 1 or (args.lift and args.call is not None):
        raise UsageError("Nothing was revoked: name one call, or one of --use-case, --model and --maker.")
    return given[0] if given else (None, "")


def _revoke(args: argparse.Namespace, place: Place) -> int:
    from remit.gateway.oversight.waiting import find_held, revoke_call

    held = find_held(place.store, args.call)
    with place.writer() as writer:
        step = revoke_call(held.call.digest, whoami(args.by), args.reason, clock())
        writer.commit(settle=step)
    print(f"{step.call.id}: {step.call.state}")
    return Exit.WITHIN


def _stop(args: argparse.Namespace, place: Place, reach: Reach, name: str) -> int:
    from remit.gateway.oversight.stop import Stop, lift_stop, put_stop
    from remit.gateway.oversight.waiting import end_reached
    from remit.ledger.writer import write_time

    terms = place.terms()
    notice = Stop(reach, name, whoami(args.by), args.reason, write_time(clock()))
    with place.writer() as writer:
        if args.lift:
            receipt = writer.commit(settle=lambda desk: lift_stop(desk, notice))
            print(f"{reach} {name}: {'lifted' if receipt.stop > receipt.first else 'was not stopped'}")
            return Exit.WITHIN
        writer.commit(settle=lambda desk: put_stop(desk, notice))
        ended = end_reached(writer, place.store, terms.catalogue, notice)
    print(f"{reach} {name}: stopped; {ended} calls that waited were ended")
    return Exit.WITHIN
