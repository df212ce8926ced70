"""`remit attest --predicate removal` and the like: a predicate that people filled in, about what lies at a path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from remit.attest.bundle import seal_record
from remit.attest.predicates.register import SHAPES, type_of
from remit.cli.attest_signing import (
    demand_absent,
    name,
    put_out,
    read_affirmation,
    read_at,
    read_signers,
    read_validity,
)
from remit.errors import UsageError
from remit.ledger.strict import read_json

if TYPE_CHECKING:
    import argparse


def attest_record(args: argparse.Namespace) -> int:
    """Read a predicate, fill in what the options say, and write a bundle about what lies at the path."""
    demand_absent(args)
    if args.record is None:
        raise UsageError(f"Nothing was attested: give the predicate as JSON: --record FILE, for {args.predicate}.")
    signers = read_signers(args)
    kind = type_of(args.predicate)
    record = _read(Path(args.record))
    every = {**SHAPES[kind].needed, **SHAPES[kind].optional}
    affirmed = read_affirmation(args)
    given = {
        **read_validity(args, read_at(args)).as_dict(),
        "request": args.nonce,
        "affirmedBy": None if affirmed is None else affirmed.as_dict(),
    }
    for key, value in given.items():
        if value is not None and key in every:
            record.setdefault(key, value)
    files = seal_record(record, kind, name(args).subjects, {}, signers)
    return put_out(args, files, signers, f"{args.predicate}, as {args.record} says it.")


def _read(file: Path) -> dict[str, object]:
    try:
        record = read_json(file.read_bytes().decode().strip())
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"Nothing was attested: {file} cannot be read: {fault}.") from fault
    if not isinstance(record, dict) or "evidence" in record:
        raise UsageError(f"Nothing was attested: {file} is no object, or it names evidence, which is ours to name.")
    return record
