"""`remit log rotate`: hand a log on to another key, and later take the old one out of use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import add_log, publish, read_file, read_log, writing
from remit.errors import UsageError
from remit.ledger.signer import FileSigner
from remit.ledger.succession import prepare_key, retire_keys, take_key

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
From then on every checkpoint bears the lines of both keys, and the policy lists both.
Hand the new key to those who pin it; once all of them have it, --finish takes the old one out of use.
A key that was lost cannot hand on: start a log that refers to this one, with remit log init --after.

example:
  remit log rotate examples/ledger
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("rotate", description="Hand a log on to another key.", epilog=EPILOG)
    add_log(parser)
    parser.add_argument("--key", metavar="FILE", help="an Ed25519 key in PEM to hand on to (default: draw a new one)")
    parser.add_argument("--finish", action="store_true", help="take every key but the newest out of use")


def run(args: argparse.Namespace) -> int:
    """Write the entry, take the key up and publish; or take the old keys out of use and publish."""
    log = read_log(args)
    if args.finish:
        if args.key is not None:
            raise UsageError("Nothing was done: --finish takes keys out of use, and --key brings one in.")
        log, gone = retire_keys(log)
        publish(log)
        print("".join(f"out of use {key}\n" for key in gone), end="")
        return Exit.WITHIN
    draft = prepare_key(log, None if args.key is None else FileSigner.from_pem(read_file(Path(args.key))))
    if draft is not None:
        with writing(log) as writer:
            print(f"wrote {writer.commit([draft]).first}: both keys hand the log on")
    log = take_key(log)
    publish(log)
    print(f"old key {log.policy.logs[-2].text}")
    print(f"new key {log.policy.logs[-1].text}")
    print(f"Once everybody has pinned the new key: remit log rotate {log.path} --finish")
    return Exit.WITHIN
