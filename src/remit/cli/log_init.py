"""`remit log init`: a new log in a folder of its own, with its key, its first entry and its first checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.exit import Exit
from remit.cli.log_place import publish, read_file, writing
from remit.errors import UsageError
from remit.ledger.checkpoint import parse_checkpoint
from remit.ledger.entry import make_draft
from remit.ledger.folder import POLICY, PUBLIC, is_folder, make_folder
from remit.ledger.kind import LOG_STREAM, Kind
from remit.ledger.publisher import read_published
from remit.ledger.signer import FileSigner
from remit.ledger.site import FolderSite

if TYPE_CHECKING:
    import argparse

    from remit.cli.parser import Subparsers

EPILOG = """\
The key that is printed is what others pin; hand it to them by another way than the log.
Witnesses are named in the file `policy` of the log, one line each: witness NAME VKEY ADDRESS.

example:
  remit log init evidence --origin quayside.example/gateway-1/halden
"""


def add_to(subparsers: Subparsers) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "init", description="Start a log, with a key of its own and a first checkpoint.", epilog=EPILOG
    )
    parser.add_argument("log", metavar="LOG", help="the folder to make")
    parser.add_argument("--origin", metavar="NAME", required=True, help="its name for ever: deployment and audience")
    parser.add_argument("--key", metavar="FILE", help="an Ed25519 key in PEM to sign with (default: draw a new one)")
    parser.add_argument("--after", metavar="OLD", help="a log that this one continues, such as one that was set back")


def run(args: argparse.Namespace) -> int:
    """Make the folder, write the first entry and publish."""
    signer = FileSigner.generate() if args.key is None else FileSigner.from_pem(read_file(Path(args.key)))
    fields = {} if args.after is None else _end_of(Path(args.after))
    if fields.get("old_origin") == args.origin:
        raise UsageError("Nothing was made: a log that continues another has an origin of its own.")
    log = make_folder(Path(args.log), args.origin, signer)
    with writing(log) as writer:
        writer.commit([make_draft(Kind.START, LOG_STREAM, fields)])
    publish(log)
    print(f"Made the log {log.origin} in {args.log}")
    print(f"key {log.policy.logs[0].text}")
    print(f"Serve {log.path / PUBLIC}; keep the rest. Witnesses go into {log.path / POLICY}.")
    return Exit.WITHIN


def _end_of(path: Path) -> dict[str, object]:
    """Return what the first entry says of the log before this one: its last published checkpoint."""
    note = read_published(FolderSite(path / PUBLIC if is_folder(path) else path))
    if note is None:
        raise UsageError(f"Nothing was made: {path} has no published checkpoint to refer to.")
    old = parse_checkpoint(note.text)
    return {"old_origin": old.origin, "old_root": f"sha256:{old.root.hex()}", "old_size": old.size}
