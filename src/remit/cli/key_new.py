"""`remit key new`: a key for a client, shown once, bound to one use case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.folder import add_terms, find_folder
from remit.cli.log_place import clock, writing
from remit.cli.state import add_state, make_state
from remit.errors import UsageError
from remit.gateway.credential import ROWS, make_credential, new_token
from remit.gateway.state import LEDGER
from remit.ledger.folder import read_folder
from remit.ledger.writer import Turn
from remit.terms.apart import keeps_requester_apart
from remit.terms.fields import say_unknown, unknown
from remit.terms.folder import load_terms
from remit.terms.instant import parse_instant
from remit.terms.quorum import find_person

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from remit.cli.parser import Subparsers
    from remit.terms.terms import Terms

EPILOG = """\
The key is printed once and kept as a digest alone. A gateway that runs takes it within a second.

example:
  remit key new --terms examples/harbour/remit --state state --use find-reports --until 2099-01-01
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("new", description="Make a key for one use case, and show it once.", epilog=EPILOG)
    parser.add_argument("--use", required=True, metavar="USE", help="the use case of the register it is bound to")
    parser.add_argument(
        "--models", metavar="A,B", default="", help="reach these models alone (default: the use case's)"
    )
    parser.add_argument("--tools", metavar="A,B", default="", help="let through these tools alone")
    parser.add_argument(
        "--for",
        dest="person",
        metavar="PERSON",
        help="the person of the register who holds it, and approves nothing of it",
    )
    parser.add_argument("--until", metavar="INSTANT", help="when it ends (default: when it is revoked)")
    add_terms(parser)
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Draw the key, keep its digest, and show it."""
    folder, state = find_folder(args.terms), Path(args.state)
    terms = load_terms(folder)
    case = terms.register.use_case(args.use)
    if case is None:
        says = unknown("use case", args.use, [each.id for each in terms.register.use_cases])
        raise UsageError(f"No key was made: {says}.")
    models = _models(args.models, terms)
    tools = _names(args.tools)
    token = new_token()
    credential = make_credential(token, args.use, clock(), models=models, tools=tools, until=_until(args.until))
    credential = replace(credential, person=_person(args.person, terms))
    make_state(state, folder, None)
    with writing(read_folder(state / LEDGER)) as writer:
        writer.commit(rows={ROWS + credential.id: Turn(None, credential.row())})
    print(token)
    print(f"id {credential.id}; it is shown this once. Send it as authorization: Bearer, or as x-api-key.")
    if not credential.person and (apart := keeps_requester_apart(terms, args.use)):
        print(f"It is made for nobody, though by {', '.join(apart)} whoever asks may not approve: see --for.")
    return Exit.WITHIN


def _person(given: str | None, terms: Terms) -> str:
    if given is not None and find_person(terms.register, given) is None:
        says = unknown("person", given, [each.id for each in terms.register.people])
        raise UsageError(f"No key was made: {says}.")
    return given or ""


def _models(given: str, terms: Terms) -> tuple[str, ...]:
    found = []
    for name in _names(given):
        model = terms.catalogue.model(name)
        if model is None:
            raise UsageError(f"No key was made: {say_unknown('model', name, terms.catalogue.models)}")
        found.append(model.id)
    return tuple(found)


def _names(given: str) -> tuple[str, ...]:
    return tuple(name for part in given.split(",") if (name := part.strip()))


def _until(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return parse_instant(given)
    except ValueError as error:
        raise UsageError(f"No key was made: --until {given!r} is {error}.") from error
