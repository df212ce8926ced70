"""`remit breakglass`: named people go past a provider's clauses, for a short while, with a reason, loudly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import clock, print_record
from remit.cli.oversight import find_owner, open_place, sign, whoami
from remit.cli.state import add_state
from remit.errors import NothingToLookAt, UsageError

if TYPE_CHECKING:
    import argparse

    from remit.cli.oversight import Place
    from remit.cli.parser import Subparsers
    from remit.gateway.oversight.breakglass import Opening
    from remit.ledger.store import Store

EPILOG = """\
It lifts what providers ask for beside their boundaries, and nothing else: no boundary, no order, no authorisation.
Everyone whom the register names is told by an entry. Without a second signature in time it closes.
Without options it lists what was opened.

example:
  remit serve examples/harbour/remit --state state --check
  remit breakglass --state state
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("breakglass", description="Go past a provider's clauses by name.", epilog=EPILOG)
    parser.add_argument("--use-case", metavar="NAME", help="begin it for this use case; with --reason and --key")
    parser.add_argument("--reason", metavar="TEXT", help="why")
    parser.add_argument("--confirm", metavar="ID", help="confirm as the second person; with --key")
    parser.add_argument("--close", metavar="ID", help="close it before its end; anybody may")
    parser.add_argument("--key", metavar="FILE", help="the SSH key of who signs")
    parser.add_argument("--as", dest="person", metavar="PERSON", help="who of the register (default: whose key it is)")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Begin, confirm, close or list."""
    if sum(option is not None for option in (args.use_case, args.confirm, args.close)) > 1:
        raise UsageError("Nothing was done: one of --use-case, --confirm and --close at a time.")
    with open_place(args) as place:
        if args.close is not None:
            return _close(args, place)
        if args.use_case is not None or args.confirm is not None:
            return _sign(args, place)
        return _list(args, place)


def _sign(args: argparse.Namespace, place: Place) -> int:
    from remit.gateway.activation import read_active
    from remit.gateway.oversight.breakglass import NAMESPACE, Statement, begin_emergency, confirm_emergency
    from remit.gateway.state import KEPT
    from remit.ledger.writer import write_time

    if args.key is None or (args.use_case is not None and not args.reason):
        raise UsageError("Nothing was signed: it takes --key, and to begin it --reason.")
    terms, _ = read_active(place.store, place.state / KEPT)
    person = find_owner(args.key, args.person, terms)
    at = clock()
    if args.use_case is not None:
        said = Statement(person.id, args.use_case, args.reason, write_time(at), terms.digest)
        settle = begin_emergency
    else:
        begun = _find(place.store, args.confirm)
        said = Statement(person.id, begun.statement.use_case, "", write_time(at), terms.digest, begun.digest)
        settle = confirm_emergency
    signature = sign(Path(args.key), said.content, NAMESPACE)
    with place.writer() as writer:
        writer.commit(settle=lambda desk: settle(desk, said, signature, terms, clock()))
    return _list(args, place)


def _close(args: argparse.Namespace, place: Place) -> int:
    from remit.gateway.activation import read_active
    from remit.gateway.oversight.breakglass import close_emergency
    from remit.gateway.state import KEPT

    terms, _ = read_active(place.store, place.state / KEPT)
    found = _find(place.store, args.close)
    with place.writer() as writer:
        writer.commit(settle=lambda desk: close_emergency(desk, found.id, whoami(args.person), terms, clock()))
    return _list(args, place)


def _find(store: Store, name: str) -> Opening:
    from remit.gateway.oversight.breakglass import openings

    found = [opening for opening in openings(store) if opening.id.startswith(name)]
    if len(found) != 1:
        raise NothingToLookAt(f"Nothing was done: no one opening is called {name}.\n  See: remit breakglass")
    return found[0]


def _list(args: argparse.Namespace, place: Place) -> int:
    from remit.gateway.oversight.breakglass import openings
    from remit.ledger.writer import write_time

    at = clock()
    found = sorted(openings(place.store), key=lambda opening: opening.begins, reverse=True)
    if args.format == "json":
        print_record(
            [
                {
                    "confirmed_by": opening.confirmed_by,
                    "ends": write_time(opening.ends),
                    "id": opening.id,
                    "open": opening.is_open(at),
                    "person": opening.statement.person,
                    "reason": opening.statement.reason,
                    "use_case": opening.statement.use_case,
                }
                for opening in found
            ]
        )
        return Exit.WITHIN
    for opening in found:
        state = "open until" if opening.is_open(at) else "closed at"
        second = f"confirmed by {opening.confirmed_by}" if opening.confirmed_by else "not confirmed"
        said = opening.statement
        what = f"{said.use_case} by {said.person}, {second}: {said.reason}"
        print(f"{opening.id}  {state} {write_time(opening.ends)}  {what}")
    if not found:
        print("The glass is whole.")
    return Exit.WITHIN
