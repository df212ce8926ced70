"""`remit suppliers request`: one signed file for each supplier, to be filled in with a text editor."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.screen import columns, print_json, print_lines
from remit.cli.suppliers import add_at, add_key, add_round, desk_folder, read_instant, read_key, read_register
from remit.errors import NothingToLookAt, UsageError
from remit.terms.instant import write_instant

if TYPE_CHECKING:
    import argparse

    from remit.attest.suppliers.register import Round, Supplier
    from remit.cli.parser import Subparsers

EPILOG = """\
Each file says what is asked, and how to answer with a text editor and OpenSSH alone; its signature lies beside it.
A supplier is asked once in a round; --again asks anew, with a new nonce, and the earlier request stays valid.

example:
  remit suppliers request --register examples/harbour-suppliers/suppliers.yaml --at 2026-08-03 \
--key quayside.pem --new-key --desk desk --out requests
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "request", description="Write one signed request for each supplier that must answer.", epilog=EPILOG
    )
    parser.add_argument("supplier", nargs="*", metavar="SUPPLIER", help="whom to ask (default: all who must answer)")
    parser.add_argument("--out", metavar="FOLDER", default="requests", help="where to write (default: requests)")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.add_argument("--again", action="store_true", help="ask those too who were asked in this round")
    add_round(parser)
    add_key(parser)
    add_at(parser, "when it is asked")


def run(args: argparse.Namespace) -> int:
    """Draw a nonce for each, write and sign."""
    from remit.attest.suppliers.desk import Desk
    from remit.attest.suppliers.receipt import sign_file
    from remit.attest.suppliers.request import ENDING, write_request
    from remit.attest.suppliers.statement import Issued
    from remit.cli.output import write_beside

    rounds, at = read_register(args), read_instant(args)
    desk = Desk(desk_folder(args))
    asked = {each.supplier for each in desk.sent().values() if each.round == rounds.id}
    chosen = [each for each in _chosen(rounds, args.supplier) if args.again or each.id not in asked]
    if not chosen:
        raise NothingToLookAt(f"Nothing was asked: everybody was asked in the round {rounds.id}; --again asks anew.")
    signer = read_key(args)
    out = Path(args.out)
    rows = []
    for supplier in chosen:
        nonce = secrets.token_hex(16)
        content = write_request(rounds, supplier, nonce)
        signature = sign_file(content, signer)
        # Noted before it is written: an answer to a request that nobody knows of would count as a replay.
        desk.send(Issued(nonce, supplier.id, rounds.id, rounds.order, at))
        path = out / f"{supplier.id}{ENDING}"
        write_beside(path, content.decode())
        write_beside(path.with_name(f"{path.name}.sig"), signature.decode())
        rows.append((path.as_posix(), supplier.name, f"due {write_instant(supplier.due or rounds.due)}"))
    if args.json:
        names = ("file", "supplier", "due")
        print_json({"round": rounds.id, "asked": [dict(zip(names, row, strict=True)) for row in rows]})
        return Exit.WITHIN
    print_lines([*columns(rows), f"asked {len(rows)} of {len(rounds.suppliers)}, in the round {rounds.id}"])
    return Exit.WITHIN


def _chosen(rounds: Round, names: list[str]) -> list[Supplier]:
    """Return whom to ask."""
    if unknown := [name for name in names if name not in rounds.by_id]:
        raise UsageError(f"Nothing was asked: the register has no supplier {unknown[0]}.")
    found = [rounds.by_id[name] for name in names] or [each for each in rounds.suppliers if each.is_required]
    if not found:
        raise NothingToLookAt(f"Nothing was asked: nobody has to answer. {rounds.none_reason}".rstrip())
    return found
