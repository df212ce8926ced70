"""`remit witness serve`: cosign the checkpoints that logs send by HTTP."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.witness import add_witness, read_signer, read_witness
from remit.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
It speaks plain HTTP as C2SP tlog-witness asks; beyond this machine, put what ends TLS in front of it.
A witness learns the size and the root of a log and when it asks, and nothing of what is in it.

example:
  remit witness serve --name witness.example/w1 --key witness.pem --new-key --print-key
"""
_HIGHEST_PORT = 65_535


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "serve",
        description="Cosign the checkpoints of logs that have only grown since the last, over HTTP.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", default="127.0.0.1:8473", help="where to listen (default: 127.0.0.1:8473)"
    )
    parser.add_argument(
        "--print-key", action="store_true", help="print the key that others verify by, and do not serve"
    )
    parser.add_argument("--quiet", action="store_true", help="do not say which requests came")
    add_witness(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    _, key = read_signer(args)
    if args.print_key:
        print(key.text)
        return Exit.WITHIN
    from remit.ledger.witness_server import WitnessServer

    address = _read_address(args.listen)
    witness = read_witness(args)
    try:
        server = WitnessServer(address, witness, lambda: int(time.time()), _ignore if args.quiet else _tell)
    except OSError as error:
        raise UsageError(f"Nothing is served: {args.listen} cannot be listened on: {error.strerror}.") from error
    with server:
        host, port = server.server_address[:2]
        print(
            f"http://{host!s}:{port} cosigns for {', '.join(log.name for log in witness.logs)} as {key.text}",
            flush=True,
        )
        server.serve_forever()
    return Exit.WITHIN


def _read_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal()) or int(port) > _HIGHEST_PORT:
        raise UsageError(f"Nothing is served: {text!r} is not an address such as 127.0.0.1:8473.")
    return host, int(port)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _ignore(line: str) -> None:
    """Say nothing."""
