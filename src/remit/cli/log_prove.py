"""`remit log prove`: the proof that one entry stands in a log, or the request that a witness is asked with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, read_log, write_out
from remit.errors import UsageError
from remit.ledger.note import parse_note
from remit.ledger.tlog_proof import write_proof
from remit.ledger.witness_call import write_witness_request

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers
    from remit.ledger.folder import LogFolder

EPILOG = """\
The proof is a file of C2SP tlog-proof, with the checkpoint inside; hand it over with the entry it is about.
With --seen it is instead what a witness takes that no network reaches: remit witness sign.

example:
  remit log prove examples/ledger 2 --out 2.tlog-proof --entry 2.entry
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("prove", description="Prove that an entry stands in a log.", epilog=EPILOG)
    add_log(parser)
    parser.add_argument("n", nargs="?", type=int, metavar="N", help="the place of the entry")
    parser.add_argument("--out", metavar="FILE", help="where to write the proof (default: standard output)")
    parser.add_argument("--entry", metavar="FILE", help="write the bytes of the entry there")
    parser.add_argument("--seen", type=int, metavar="SIZE", help="prove growth since the size a witness saw last")


def run(args: argparse.Namespace) -> int:
    """Write the proof."""
    log = read_log(args)
    if (args.n is None) == (args.seen is None):
        raise UsageError("Nothing was proved: name the place of an entry, or --seen with a size, and not both.")
    content = _request(log, args.seen) if args.n is None else _proof(log, args)
    if args.out is None:
        sys.stdout.write(content.decode())
    else:
        write_out(Path(args.out), content)
    return Exit.WITHIN


def _proof(log: LogFolder, args: argparse.Namespace) -> bytes:
    published = log.published()
    raw, hashes = published.entry(args.n)
    if args.entry is not None:
        write_out(Path(args.entry), raw)
    return write_proof(args.n, hashes, published.note)


def _request(log: LogFolder, seen: int) -> bytes:
    published = log.newest()
    return write_witness_request(parse_note(published.note), published.size, seen, published.node)
