"""`remit witness sign`: cosign a checkpoint that comes as a file, for a witness that no network reaches."""

from __future__ import annotations

import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.witness import add_witness, read_file, read_witness
from remit.errors import EvidenceRefused

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
The request is the body that add-checkpoint of C2SP tlog-witness takes: the size cosigned last, a proof, the checkpoint.
The answer is the signature line that the log adds to its checkpoint; the witness has remembered before it is written.

example:
  remit witness sign examples/witness/request --logs examples/witness/logs --name witness.example/w1 \
--key witness.pem --new-key
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "sign",
        description="Cosign a log's checkpoint from file to file, if the log has only grown since the last.",
        epilog=EPILOG,
    )
    parser.add_argument("request", metavar="REQUEST", help="the file with the request")
    parser.add_argument("--out", metavar="FILE", help="where to write the signature line (default: standard output)")
    add_witness(parser)


def run(args: argparse.Namespace) -> int:
    """Cosign, remember and write, or raise and name the step that refused."""
    request = read_file(Path(args.request), "REQUEST is what add-checkpoint takes")
    answer = read_witness(args).add_checkpoint(request, int(time.time()))
    body = answer.body.decode()
    if answer.status == HTTPStatus.CONFLICT:
        found = f"the witness cosigned size {body.strip()} last, and a request has to begin there"
        raise EvidenceRefused(answer.step, found)
    if answer.status != HTTPStatus.OK:
        raise EvidenceRefused(answer.step, body.strip().removeprefix(f"{answer.step}: "))
    if args.out is None:
        print(body, end="")
    else:
        Path(args.out).write_bytes(answer.body)
    return Exit.WITHIN
