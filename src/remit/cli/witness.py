"""What both commands of a witness are told: its name, its key, the logs it knows and where it remembers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from remit.errors import NothingToLookAt, UsageError
from remit.ledger.note import COSIGNATURE, VerifierKey, demand_name
from remit.ledger.policy import parse_policy
from remit.ledger.signer import FileSigner
from remit.ledger.witness import Witness
from remit.ledger.witness_folder import WitnessFolder

if TYPE_CHECKING:
    import argparse

LARGEST_FILE = 4 * 1024 * 1024


def add_witness(parser: argparse.ArgumentParser) -> None:
    """Add the options that make a witness, in a group of their own."""
    group = parser.add_argument_group("witness")
    group.add_argument("--name", metavar="NAME", required=True, help="the witness's name, e.g. witness.example/w1")
    group.add_argument("--key", metavar="FILE", required=True, help="its Ed25519 key: unencrypted PKCS #8 in PEM")
    group.add_argument("--new-key", action="store_true", help="draw a new key where the file is not there yet")
    group.add_argument("--logs", metavar="FILE", help="the logs it knows: a C2SP policy whose log lines count")
    group.add_argument(
        "--state", metavar="FOLDER", default="witness", help="where it remembers what it cosigned (default: witness)"
    )


def read_signer(args: argparse.Namespace) -> tuple[FileSigner, VerifierKey]:
    """Return the key that signs and the one others verify by; draw a new one where that is asked for."""
    demand_name(args.name)
    path = Path(args.key)
    if args.new_key and not path.exists():
        _write_key(path, FileSigner.generate().to_pem())
    signer = FileSigner.from_pem(read_file(path, "--new-key draws a key where there is none"))
    return signer, VerifierKey(args.name, COSIGNATURE, signer.public_key)


def read_witness(args: argparse.Namespace) -> Witness:
    """Make the witness."""
    signer, _ = read_signer(args)
    if args.logs is None:
        raise UsageError("Nothing was cosigned: --logs must name the logs the witness knows.")
    logs = parse_policy(read_file(Path(args.logs), "--logs names a C2SP policy file")).logs
    if not logs:
        raise UsageError(f"Nothing was cosigned: {args.logs} has no log line, so the witness knows no log.")
    return Witness(args.name, signer, logs, WitnessFolder(Path(args.state)))


def read_file(path: Path, advice: str) -> bytes:
    """Return a small file's content, or raise and say what would bring it."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NothingToLookAt(f"Nothing was cosigned: {path} was not read: {error.strerror}.\n  {advice}.") from error
    if len(content) > LARGEST_FILE:
        raise NothingToLookAt(f"Nothing was cosigned: {path} is longer than {LARGEST_FILE} bytes.\n  {advice}.")
    return content


def _write_key(path: Path, content: bytes) -> None:
    # Readable by its owner alone from the first byte on, and never in the place of a key that is there.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
