"""`remit attest --predicate model-usage`: what a window of a log says, of a log that was verified first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.attest.bundle import seal_record
from remit.attest.predicates.model_usage import PREDICATE_TYPE
from remit.attest.predicates.parts import told
from remit.attest.statement import Subject
from remit.attest.usage import usage_of
from remit.cli.attest_signing import (
    demand_absent,
    put_out,
    read_affirmation,
    read_at,
    read_signers,
    read_validity,
)
from remit.cli.log_place import read_file, write_seconds
from remit.errors import NothingToLookAt, UsageError
from remit.ledger.entry import read_entry
from remit.ledger.folder import POLICY, PUBLIC, is_folder
from remit.ledger.grade import grade_of
from remit.ledger.policy import parse_policy
from remit.ledger.reader import PublishedLog
from remit.ledger.site import FolderSite
from remit.ledger.verification import verify_place

if TYPE_CHECKING:
    import argparse


def attest_usage(args: argparse.Namespace) -> int:
    """Verify a log, count a window of it, and write a bundle that says the counts."""
    demand_absent(args)
    signers = read_signers(args)
    path = Path(args.path)
    if not path.is_dir():
        raise NothingToLookAt(f"Nothing was attested: there is no folder {path}.")
    site = FolderSite(path / PUBLIC if is_folder(path) else path)
    policy = parse_policy(read_file(path / POLICY if args.policy is None else Path(args.policy)))
    verified = verify_place(site, policy).verified
    log = PublishedLog(site, policy)
    stop = log.size if args.stop is None else args.stop
    if not 0 <= args.first < stop <= log.size:
        raise UsageError(
            f"Nothing was attested: the log has {log.size} entries, so {args.first} to {stop} is no window."
        )
    entries = [read_entry(raw) for raw in log.entries(args.first, stop)]
    checkpoint = verified.checkpoint
    affirmed = read_affirmation(args)
    record = told(
        {
            "log": {
                "origin": checkpoint.origin,
                "first": args.first,
                "stop": stop,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
            },
            **usage_of(entries, args.first),
            "witnesses": [
                {"name": who, "at": write_seconds(made.time)} for who, made in sorted(verified.cosigned_by.items())
            ],
            "grade": grade_of(verified, pinned=True, recounted=True).value,
            **read_validity(args, read_at(args)).as_dict(),
            "request": args.nonce,
            "affirmedBy": None if affirmed is None else affirmed.as_dict(),
        }
    )
    subject = Subject(checkpoint.origin, {"sha256": checkpoint.root.hex()})
    files = seal_record(record, PREDICATE_TYPE, [subject], {"checkpoint": log.note}, signers)
    return put_out(args, files, signers, f"{stop - args.first} entries of {checkpoint.origin}, counted by use case.")
