"""`remit key revoke`: end a key at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import writing
from remit.cli.state import add_state, read_state
from remit.errors import NothingToLookAt
from remit.gateway.credential import ROWS
from remit.ledger.writer import Turn

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
A gateway that runs refuses the key within a second; calls under way go on.

example:
  remit key new --terms examples/harbour/remit --state state --use find-reports
  remit key revoke --state state nobody-has-this-id  # exit 3
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("revoke", description="End a key.", epilog=EPILOG)
    parser.add_argument("id", metavar="ID", help="the id of the key, as remit key list shows it")
    add_state(parser)


def run(args: argparse.Namespace) -> int:
    """Take the key away."""
    log = read_state(Path(args.state))
    store = log.open_store()
    try:
        row = next((content for name, content in store.rows(ROWS) if name == ROWS + args.id), None)
    finally:
        store.close()
    if row is None:
        raise NothingToLookAt(f"Nothing was revoked: there is no key {args.id}; remit key list shows those there are.")
    with writing(log) as writer:
        writer.commit(rows={ROWS + args.id: Turn(row, None)})
    print(f"Revoked {args.id}.")
    return Exit.WITHIN
